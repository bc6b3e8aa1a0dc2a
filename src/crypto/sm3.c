/* SM3, HMAC, HKDF and PBKDF2 on OpenSSL. */
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "crypto/internal.h"

zy_status zy_sm3(const zy_part *parts, size_t count, uint8_t out[ZY_SM3_BYTES])
{
    ZY_TRY(zy_crypto_gate());
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx != NULL && EVP_DigestInit_ex2(ctx, zy_alg.sm3, NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(ctx, parts[i].p, parts[i].n) == 1;
    good = good && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return good ? ZY_OK : zy_ossl_fail(ZY_CRYPTO_FAILED);
}

static zy_status hmac(const EVP_MAC_CTX *model, const void *key, size_t key_n, const zy_part *parts,
                      size_t count, uint8_t *out, size_t out_n)
{
    static const uint8_t NO_KEY[1]; /* a NULL key would mean "the key of before" */
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(model);
    bool good = ctx != NULL && EVP_MAC_init(ctx, key_n > 0 ? key : NO_KEY, key_n, NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = EVP_MAC_update(ctx, parts[i].p, parts[i].n) == 1;
    size_t got = 0;
    good = good && EVP_MAC_final(ctx, out, &got, out_n) == 1 && got == out_n;
    EVP_MAC_CTX_free(ctx);
    return good ? ZY_OK : zy_ossl_fail(ZY_CRYPTO_FAILED);
}

zy_status zy_hmac_sm3(const void *key, size_t key_n, const zy_part *parts, size_t count,
                      uint8_t out[ZY_SM3_BYTES])
{
    ZY_TRY(zy_crypto_gate());
    return hmac(zy_alg.hmac_sm3, key, key_n, parts, count, out, ZY_SM3_BYTES);
}

zy_status zy_hmac_sha1(const void *key, size_t key_n, const void *p, size_t n, uint8_t out[20])
{
    ZY_TRY(zy_crypto_gate());
    return hmac(zy_alg.hmac_sha1, key, key_n, &ZY_PART(p, n), 1, out, 20);
}

static zy_status derive(EVP_KDF *kdf, const OSSL_PARAM *params, void *out, size_t n)
{
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    bool good = ctx != NULL && EVP_KDF_derive(ctx, out, n, params) == 1;
    EVP_KDF_CTX_free(ctx); /* clears the secret it copied */
    return good ? ZY_OK : zy_ossl_fail(ZY_CRYPTO_FAILED);
}

/* OpenSSL's parameters take non-const pointers that it only reads. */
static OSSL_PARAM octets(const char *name, const void *p, size_t n)
{
    static uint8_t none[1];
    union {
        const void *read;
        void *param;
    } u = {n > 0 ? p : none};
    return OSSL_PARAM_construct_octet_string(name, u.param, n);
}

static OSSL_PARAM digest_sm3(void)
{
    static char name[] = "SM3";
    return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
}

/* HKDF-Extract(salt, ikm) is by definition HMAC(salt, ikm); an empty salt equals 32 zero bytes. */
zy_status zy_hkdf_extract(const void *salt, size_t salt_n, const void *ikm, size_t ikm_n,
                          uint8_t prk[ZY_SM3_BYTES])
{
    return zy_hmac_sm3(salt, salt_n, &ZY_PART(ikm, ikm_n), 1, prk);
}

zy_status zy_hkdf_expand(const uint8_t prk[ZY_SM3_BYTES], zy_str info, void *out, size_t n)
{
    ZY_TRY(zy_crypto_gate());
    if (n == 0 || n > 255 * ZY_SM3_BYTES)
        return ZY_BAD_FIELD;
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    const OSSL_PARAM params[] = {
        digest_sm3(),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        octets(OSSL_KDF_PARAM_KEY, prk, ZY_SM3_BYTES),
        octets(OSSL_KDF_PARAM_INFO, info.p, info.n),
        OSSL_PARAM_construct_end(),
    };
    return derive(zy_alg.hkdf, params, out, n);
}

zy_status zy_pbkdf2_sm3(const void *secret, size_t secret_n, const void *salt, size_t salt_n,
                        unsigned rounds, void *out, size_t n)
{
    ZY_TRY(zy_crypto_gate());
    if (rounds == 0 || n == 0 || n > INT_MAX || secret_n > INT_MAX || salt_n > INT_MAX)
        return ZY_BAD_FIELD;
    unsigned iterations = rounds;
    int pkcs5 = 1; /* RFC 8018 bounds; the minimum of rounds is the caller's policy */
    const OSSL_PARAM params[] = {
        digest_sm3(),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &pkcs5),
        octets(OSSL_KDF_PARAM_PASSWORD, secret, secret_n),
        octets(OSSL_KDF_PARAM_SALT, salt, salt_n),
        OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &iterations),
        OSSL_PARAM_construct_end(),
    };
    return derive(zy_alg.pbkdf2, params, out, n);
}
