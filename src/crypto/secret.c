/* What people type: opening it, and the password record. */
#include <string.h>

#include "crypto/internal.h"
#include "crypto/keys.h"

#define SALT_BYTES    16
#define ROUNDS_MAX    10000000
#define CHALLENGE     16
#define SECRET_AT     (CHALLENGE + 2)
#define MESSAGE_BYTES (SECRET_AT + 64)
#define CIPHER_MAX    256 /* DER of 82 bytes is about 190 */

/* salt 16 | rounds u32 | pepper version u16 | digest 32 */
#define ROUNDS_AT  SALT_BYTES
#define VERSION_AT (ROUNDS_AT + 4)
#define DIGEST_AT  (VERSION_AT + 2)
_Static_assert(DIGEST_AT + ZY_SM3_BYTES == ZY_PASSWORD_RECORD_BYTES, "the record's layout");

void zy_secret_wipe(zy_secret *s)
{
    zy_wipe(s, sizeof *s);
}

static bool secret_usable(const zy_secret *s)
{
    return s->n > 0 && s->n <= sizeof s->bytes;
}

/* HMAC(pepper, PBKDF2(secret, salt, rounds)); version 0: the active pepper. */
static zy_status digest(zy_keys *keys, const zy_secret *secret, const uint8_t *salt,
                        unsigned rounds, uint16_t version, uint8_t out[ZY_SM3_BYTES],
                        uint16_t *ret_version)
{
    uint8_t hash[ZY_SM3_BYTES];
    zy_status status =
        zy_pbkdf2_sm3(secret->bytes, secret->n, salt, SALT_BYTES, rounds, hash, sizeof hash);
    if (status == ZY_OK)
        status = zy_keys_pepper(keys, version, hash, sizeof hash, out, ret_version);
    zy_wipe(hash, sizeof hash);
    return status;
}

zy_status zy_password_make(zy_keys *keys, const zy_secret *secret, unsigned rounds,
                           uint8_t record[ZY_PASSWORD_RECORD_BYTES])
{
    if (!secret_usable(secret) || rounds == 0 || rounds > ROUNDS_MAX)
        return ZY_BAD_FIELD;
    uint8_t made[ZY_PASSWORD_RECORD_BYTES];
    uint16_t version = 0;
    ZY_TRY(zy_random(made, SALT_BYTES));
    ZY_TRY(digest(keys, secret, made, rounds, 0, made + DIGEST_AT, &version));
    zy_put_u32(made + ROUNDS_AT, rounds);
    zy_put_u16(made + VERSION_AT, version);
    memcpy(record, made, sizeof made);
    return ZY_OK;
}

zy_status zy_password_dummy(zy_keys *keys, unsigned rounds,
                            uint8_t record[ZY_PASSWORD_RECORD_BYTES])
{
    if (rounds == 0 || rounds > ROUNDS_MAX)
        return ZY_BAD_FIELD;
    zy_key_info pepper;
    ZY_TRY(zy_keys_active(keys, ZY_KEY_PEPPER, &pepper));
    ZY_TRY(zy_random(record, ZY_PASSWORD_RECORD_BYTES)); /* a random digest matches no password */
    zy_put_u32(record + ROUNDS_AT, rounds);
    zy_put_u16(record + VERSION_AT, pepper.version);
    return ZY_OK;
}

zy_status zy_password_check(zy_keys *keys, const zy_secret *secret,
                            const uint8_t record[ZY_PASSWORD_RECORD_BYTES])
{
    const unsigned rounds = zy_get_u32(record + ROUNDS_AT);
    const uint16_t version = zy_get_u16(record + VERSION_AT);
    if (!secret_usable(secret))
        return ZY_FACTOR_WRONG;
    if (rounds == 0 || rounds > ROUNDS_MAX || version == 0)
        return ZY_CRYPTO_FAILED; /* the stored record is damaged */
    uint8_t got[ZY_SM3_BYTES];
    zy_status status = digest(keys, secret, record, rounds, version, got, NULL);
    if (status == ZY_OK && !zy_ct_equal(got, record + DIGEST_AT, sizeof got))
        status = ZY_FACTOR_WRONG;
    zy_wipe(got, sizeof got);
    return status;
}

/* challenge 16 | purpose u8 | length u8 | secret, padded with zeros to 64. All checks run, whatever
 * fails. */
static bool message_right(const uint8_t m[MESSAGE_BYTES], const uint8_t challenge[CHALLENGE],
                          uint8_t purpose)
{
    const size_t n = m[CHALLENGE + 1];
    uint8_t wrong = (uint8_t)!zy_ct_equal(m, challenge, CHALLENGE);
    wrong |= m[CHALLENGE] ^ purpose;
    wrong |= (uint8_t)(n == 0 || n > 64);
    for (size_t i = 0; i < 64; i++)
        wrong |= (uint8_t)((i >= n) * m[SECRET_AT + i]);
    return wrong == 0 && zy_str_is_utf8(zy_str_bytes(m + SECRET_AT, n));
}

zy_status zy_secret_open(zy_keys *keys, uint16_t key_id, const void *cipher, size_t n,
                         const uint8_t challenge[CHALLENGE], uint8_t purpose, zy_secret *ret_secret)
{
    ZY_TRY(zy_crypto_gate());
    if (key_id == 0 || n > CIPHER_MAX) /* 0 would mean "the active one": a client names its key */
        return ZY_CHALLENGE_BAD;
    uint8_t message[MESSAGE_BYTES];
    size_t message_n = 0;
    zy_status status =
        zy_keys_decrypt(keys, key_id, cipher, n, message, sizeof message, &message_n);
    if (status == ZY_OK && message_n == sizeof message &&
        message_right(message, challenge, purpose)) {
        ret_secret->n = message[CHALLENGE + 1];
        memcpy(ret_secret->bytes, message + SECRET_AT, sizeof ret_secret->bytes);
    } else if (status != ZY_CRYPTO_STOPPED) {
        status = ZY_CHALLENGE_BAD;
    }
    zy_wipe(message, sizeof message);
    return status;
}
