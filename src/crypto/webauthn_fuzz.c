/* A stranger's client data and authenticator data: nothing is taken for a challenge that he does not know, and a key that is
 * taken lies on the curve. Input: one byte that says what follows, two of a length, client data, authenticator data (and for an
 * assertion the signature in its last 72 bytes). */
#include <assert.h>
#include <string.h>

#include "crypto/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The challenge of the corpus, and another one. */
static const uint8_t KNOWN[32] = { 1, 2, 3 }, UNKNOWN[32] = { 9, 9, 9 };
static const zy_webauthn_site SITE = { ZY_STR_INIT("bank.example"), ZY_STR_INIT("https://bank.example,https://m.bank.example") };
#define SIGNATURE 72

static void made(zy_str client, zy_str data)
{
    zy_webauthn_made m, never;
    assert(zy_webauthn_made_check(&SITE, UNKNOWN, client, data, &never) != ZY_OK);
    if (zy_webauthn_made_check(&SITE, KNOWN, client, data, &m) != ZY_OK)
        return;
    assert(m.id_n > 0 && m.id_n <= sizeof m.id);
    zy_webauthn_made again;
    assert(zy_webauthn_made_check(&SITE, KNOWN, client, data, &again) == ZY_OK);
    assert(again.id_n == m.id_n && memcmp(again.public_key, m.public_key, sizeof m.public_key) == 0);
}

static void used(zy_str client, zy_str rest)
{
    static const uint8_t GENERATOR[ZY_WEBAUTHN_KEY_BYTES] = {
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb,
        0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a,
        0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };
    uint32_t count = 0;
    size_t n = rest.n > SIGNATURE ? rest.n - SIGNATURE : 0;
    const zy_webauthn_assertion a = { client, zy_str_sub(rest, 0, n), zy_str_sub(rest, n, SIGNATURE) };
    assert(zy_webauthn_verify(&SITE, UNKNOWN, GENERATOR, &a, &count) == ZY_SIGNATURE_BAD);
    (void)!zy_webauthn_verify(&SITE, KNOWN, GENERATOR, &a, &count); /* its private half is 1: whoever tries may sign */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3)
        return 0;
    zy_str all = zy_str_bytes(data + 3, size - 3);
    size_t n = ((size_t)data[1] << 8 | data[2]) % (all.n + 1);
    zy_str client = zy_str_sub(all, 0, n), rest = zy_str_sub(all, n, all.n);
    if ((data[0] & 1) == 0)
        made(client, rest);
    else
        used(client, rest);
    return 0;
}
