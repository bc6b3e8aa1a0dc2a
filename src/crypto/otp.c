/* One-time codes: GB/T 38556 on SM3, and RFC 6238 for authenticator apps. */
#include <stdio.h>

#include "crypto/internal.h"

#define ID_MIN        16 /* the standard: ID of at least 128 bits, zeros behind */
#define KEY_MIN       16
#define CHALLENGE_MAX 64
#define TOTP_STEP_S   30

static const uint32_t POWERS_OF_TEN[] = {1,      10,      100,      1000,     10000,
                                         100000, 1000000, 10000000, 100000000};

/* The decimal with leading zeros: `digits` characters and the terminator. */
static void decimals(uint32_t number, unsigned digits, char *out)
{
    number %= POWERS_OF_TEN[digits];
    for (unsigned i = digits; i > 0; i--, number /= 10)
        out[i - 1] = (char)('0' + number % 10);
    out[digits] = '\0';
}

static size_t otp_id(const uint64_t *t, const uint32_t *counter, zy_str challenge, uint8_t *id)
{
    size_t n = 0;
    if (t != NULL) {
        zy_put_u64(id, *t);
        n += 8;
    }
    if (counter != NULL) {
        zy_put_u32(id + n, *counter);
        n += 4;
    }
    for (size_t i = 0; i < challenge.n; i++)
        id[n++] = (uint8_t)challenge.p[i];
    return n > ID_MIN ? n : ID_MIN;
}

zy_status zy_otp_sm3(const void *key, size_t key_n, const uint64_t *t, const uint32_t *counter,
                     zy_str challenge, unsigned digits, char *ret_code)
{
    if (key_n < KEY_MIN || digits < 6 || digits > 8 || challenge.n > CHALLENGE_MAX ||
        (t == NULL && counter == NULL))
        return ZY_BAD_FIELD;
    uint8_t id[12 + CHALLENGE_MAX] = {0};
    size_t id_n = otp_id(t, counter, challenge, id);
    uint8_t s[ZY_SM3_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(key, key_n), ZY_PART(id, id_n)), s));
    uint32_t sum = 0; /* of eight 32-bit words, modulo 2^32 */
    for (size_t i = 0; i < sizeof s; i += 4)
        sum += zy_get_u32(s + i);
    zy_wipe(s, sizeof s);
    decimals(sum, digits, ret_code);
    return ZY_OK;
}

zy_status zy_totp(const void *key, size_t key_n, int64_t unix_s, char ret_code[7])
{
    if (unix_s < 0)
        return ZY_BAD_FIELD;
    uint8_t step[8], mac[20];
    zy_put_u64(step, (uint64_t)unix_s / TOTP_STEP_S);
    ZY_TRY(zy_hmac_sha1(key, key_n, step, sizeof step, mac));
    uint32_t number = zy_get_u32(mac + (mac[19] & 15)) & 0x7fffffff;
    zy_wipe(mac, sizeof mac);
    decimals(number, 6, ret_code);
    return ZY_OK;
}
