/* Known answers and pairwise tests, run before the module answers anything. */
#include <gcrypt.h>
#include <string.h>

#include "base/fault.h"
#include "crypto/internal.h"

/* Known answers: SM3 GM/T 0004 (GB/T 32905) annex A; SM4 GM/T 0002 (GB/T 32907) annex A; SM4-GCM
 * RFC 8998 A.1; SM2 GB/T 32918.5 annexes A and C (recommended curve); one-time code GM/T 0021-2012.
 * There are no official ones for HMAC, HKDF and PBKDF2 on SM3 or for the ECDH: those were computed
 * by two libraries (libgcrypt, Python on OpenSSL) and, for the ECDH, by plain integer arithmetic.
 */
#define SM4_KEY "0123456789abcdeffedcba9876543210"
#define SM2_D   "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define SM2_P                                                                                      \
    "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"                           \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define SM2_PEER                                                                                   \
    "046ae848c57c53c7b1b5fa99eb2286af078ba64c64591b8b566f7357d576f16dfb"                           \
    "ee489d771621a27b36c5c7992062e9cd09a9264386f3fbea54dff69305621c4d"
#define SM2_Z "217fcd6b00e7c5b7b6daad9c8c188df0557af0c93801fa788c6be24fd94562a9"
#define SM2_SIG                                                                                    \
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"                             \
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
/* DER of C1, C3, C2 for the plaintext "encryption standard". */
#define SM2_CIPHER                                                                                 \
    "307c022004ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"                     \
    "022100e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"                       \
    "042059983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"                         \
    "041321886ca989ca9c7d58087307ca93092d651efa"

#define BYTES_MAX 160

typedef struct {
    uint8_t p[BYTES_MAX];
    size_t n;
} bytes;

static bytes hex(const char *text)
{
    bytes b = {.n = 0};
    if (zy_hex_decode(zy_str_of(text), b.p, sizeof b.p, &b.n) != ZY_OK)
        b.n = 0; /* then nothing compares equal */
    return b;
}

static zy_status same(const void *got, size_t n, const char *want)
{
    bytes b = hex(want);
    return b.n == n && zy_ct_equal(got, b.p, n) ? ZY_OK : ZY_CRYPTO_FAILED;
}

static zy_status test_sm3(void)
{
    uint8_t out[ZY_SM3_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_LABEL("abc")), out));
    ZY_TRY(
        same(out, sizeof out, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_LABEL("abcdabcdabcdabcdabcdabcdabcdabcd"),
                           ZY_PART_LABEL("abcdabcdabcdabcdabcdabcdabcdabcd")),
                  out));
    return same(out, sizeof out,
                "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

static zy_status test_sm4(void)
{
    bytes block = hex(SM4_KEY);
    gcry_cipher_hd_t h;
    if (gcry_cipher_open(&h, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_ECB, 0) != 0)
        return ZY_CRYPTO_FAILED;
    bool good = gcry_cipher_setkey(h, block.p, ZY_SM4_BYTES) == 0 &&
                gcry_cipher_encrypt(h, block.p, ZY_SM4_BYTES, NULL, 0) == 0;
    gcry_cipher_close(h);
    return good ? same(block.p, ZY_SM4_BYTES, "681edf34d206965e86b3e94f536e4246")
                : ZY_CRYPTO_FAILED;
}

static zy_status test_sm4_gcm(void)
{
    const bytes key = hex(SM4_KEY), iv = hex("00001234567800000000abcd");
    const bytes aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    const bytes plain = hex("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
                            "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa");
    const zy_part part = ZY_PART(aad.p, aad.n);
    uint8_t sealed[BYTES_MAX + ZY_GCM_TAG_BYTES], back[BYTES_MAX];
    size_t sealed_n = plain.n + ZY_GCM_TAG_BYTES;
    ZY_TRY(zy_sm4_gcm_seal(key.p, iv.p, &part, 1, plain.p, plain.n, sealed));
    ZY_TRY(same(sealed, sealed_n,
                "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
                "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
                "83de3541e4c2b58177e065a9bf7b62ec"));
    ZY_TRY(zy_sm4_gcm_open(key.p, iv.p, &part, 1, sealed, sealed_n, back));
    if (!zy_ct_equal(back, plain.p, plain.n))
        return ZY_CRYPTO_FAILED;
    sealed[0] ^= 1;
    return zy_sm4_gcm_open(key.p, iv.p, &part, 1, sealed, sealed_n, back) == ZY_SIGNATURE_BAD
               ? ZY_OK
               : ZY_CRYPTO_FAILED;
}

static zy_status test_hmac(void)
{
    const bytes key = hex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");
    uint8_t out[ZY_SM3_BYTES];
    ZY_TRY(zy_hmac_sm3(key.p, key.n, ZY_PARTS(ZY_PART_LABEL("abc")), out));
    return same(out, sizeof out,
                "44809d3ff5336f44071be1917887380730ae145f940a53819279801784c65e17");
}

static zy_status test_hkdf(void)
{
    const bytes salt = hex("000102030405060708090a0b0c"),
                ikm = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    const bytes info = hex("f0f1f2f3f4f5f6f7f8f9");
    uint8_t prk[ZY_SM3_BYTES], okm[42];
    ZY_TRY(zy_hkdf_extract(salt.p, salt.n, ikm.p, ikm.n, prk));
    ZY_TRY(
        same(prk, sizeof prk, "e0d6f7b0bd056327b7659f1f39ad850561fbcf4fb10fb58e88eafa55cf7cd01e"));
    ZY_TRY(zy_hkdf_expand(prk, zy_str_bytes(info.p, info.n), okm, sizeof okm));
    return same(
        okm, sizeof okm,
        "c69fe91b7aaee2dd5718d72dcaee0cce93f1b8e41f792da51261b6a517e68b36ed2c595572b01dfa359b");
}

static zy_status test_pbkdf2(void)
{
    uint8_t out[32];
    ZY_TRY(zy_pbkdf2_sm3("password", 8, "salt", 4, 2, out, sizeof out));
    return same(out, sizeof out,
                "fee723a2bc966e11dffb66133f4e8df577383c78ade30e3298edbd3e54ed85b7");
}

static zy_status test_sm2_verify(void)
{
    const bytes point = hex(SM2_P);
    bytes sig = hex(SM2_SIG);
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_TRY(zy_sm2_pub_from(point.p, point.n, &pub));
    uint8_t e[ZY_SM3_BYTES];
    ZY_TRY(zy_sm2_pub_digest(pub, ZY_PARTS(ZY_PART_LABEL("message digest")), e));
    ZY_TRY(zy_sm2_verify_digest(pub, e, sig.p));
    sig.p[40] ^= 1;
    return zy_sm2_verify_digest(pub, e, sig.p) == ZY_SIGNATURE_BAD ? ZY_OK : ZY_CRYPTO_FAILED;
}

static zy_status test_sm2_private(void)
{
    const bytes d = hex(SM2_D), cipher = hex(SM2_CIPHER), peer = hex(SM2_PEER);
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ZY_TRY(zy_sm2_from_scalar(d.p, &key));
    uint8_t point[ZY_SM2_PUB_BYTES], plain[64], z[32];
    zy_sm2_public(key, point);
    ZY_TRY(same(point, sizeof point, SM2_P));
    size_t n = 0;
    ZY_TRY(zy_sm2_decrypt(key, cipher.p, cipher.n, plain, sizeof plain, &n));
    if (n != 19 || memcmp(plain, "encryption standard", n) != 0)
        return ZY_CRYPTO_FAILED;
    ZY_TRY(zy_sm2_ecdh(key, peer.p, z));
    return same(z, sizeof z, SM2_Z);
}

static zy_status test_sm2_pairwise(void)
{
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    return zy_sm2_generate(&key); /* tests the pair it makes */
}

static zy_status test_random(void)
{
    static const uint8_t ZEROS[32];
    uint8_t a[32] = {0}, b[32] = {0};
    ZY_TRY(zy_random(a, sizeof a));
    ZY_TRY(zy_random(b, sizeof b));
    return memcmp(a, b, sizeof a) != 0 && memcmp(a, ZEROS, sizeof a) != 0 &&
                   memcmp(b, ZEROS, sizeof b) != 0
               ? ZY_OK
               : ZY_CRYPTO_FAILED;
}

static zy_status test_otp(void)
{
    const bytes key = hex("1234567890abcdef1234567890abcdef");
    const uint64_t t = 1313998979;
    const uint32_t counter = 1234;
    char code[7];
    ZY_TRY(zy_otp_sm3(key.p, key.n, &t, &counter, ZY_STR("5678"), 6, code));
    return strcmp(code, "814095") == 0 ? ZY_OK : ZY_CRYPTO_FAILED;
}

static const struct selftest {
    const char *name;
    zy_status (*run)(void);
} SELFTESTS[] = {
    {"random", test_random},
    {"sm3", test_sm3},
    {"sm4", test_sm4},
    {"sm4-gcm", test_sm4_gcm},
    {"hmac-sm3", test_hmac},
    {"hkdf-sm3", test_hkdf},
    {"pbkdf2-sm3", test_pbkdf2},
    {"sm2-verify", test_sm2_verify},
    {"sm2-private", test_sm2_private},
    {"sm2-pairwise", test_sm2_pairwise},
    {"otp-sm3", test_otp},
};

static zy_status run_one(const struct selftest *test)
{
    ZY_FAULT("crypto.selftest");
    return test->run();
}

zy_status zy_selftest_run(const char **ret_failed)
{
    for (size_t i = 0; i < ZY_COUNT(SELFTESTS); i++) {
        if (run_one(&SELFTESTS[i]) == ZY_OK)
            continue;
        *ret_failed = SELFTESTS[i].name;
        return ZY_CRYPTO_FAILED;
    }
    return ZY_OK;
}
