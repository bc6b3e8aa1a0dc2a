/* SM2 on OpenSSL. Its keys of type "SM2" cannot derive, and those of type "EC" take no key on this
 * curve from outside, so the ECDH multiplies points (constant-time ladder) as OpenSSL's own ECDH
 * does. Z (user id, curve, public key) is hashed once per key, not per signature. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "crypto/internal.h"

#define PLAIN_MAX  4096 /* SM2 encrypts passwords and keys, nothing longer */
#define CIPHER_MAX (PLAIN_MAX + 128)

struct zy_sm2_key {
    BIGNUM *d;
    EVP_PKEY *sm2; /* NULL in an ephemeral key: it can only agree on a secret */
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    uint8_t z[ZY_SM3_BYTES];
};

struct zy_sm2_pub {
    EVP_PKEY *sm2;
    uint8_t z[ZY_SM3_BYTES];
};

/* ENTL || ID || a || b || xG || yG of GB/T 32918.5, in front of the public key's coordinates. */
static const uint8_t Z_PREFIX[] = {
    0x00, 0x80, '1',  '2',  '3',  '4',  '5',  '6',  '7',  '8',  '1',  '2',  '3',  '4',  '5',
    '6',  '7',  '8',  0xff, 0xff, 0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xfc, 0x28, 0xe9, 0xfa, 0x9e, 0x9d, 0x9f, 0x5e, 0x34, 0x4d, 0x5a,
    0x9e, 0x4b, 0xcf, 0x65, 0x09, 0xa7, 0xf3, 0x97, 0x89, 0xf5, 0x15, 0xab, 0x8f, 0x92, 0xdd,
    0xbc, 0xbd, 0x41, 0x4d, 0x94, 0x0e, 0x93, 0x32, 0xc4, 0xae, 0x2c, 0x1f, 0x19, 0x81, 0x19,
    0x5f, 0x99, 0x04, 0x46, 0x6a, 0x39, 0xc9, 0x94, 0x8f, 0xe3, 0x0b, 0xbf, 0xf2, 0x66, 0x0b,
    0xe1, 0x71, 0x5a, 0x45, 0x89, 0x33, 0x4c, 0x74, 0xc7, 0xbc, 0x37, 0x36, 0xa2, 0xf4, 0xf6,
    0x77, 0x9c, 0x59, 0xbd, 0xce, 0xe3, 0x6b, 0x69, 0x21, 0x53, 0xd0, 0xa9, 0x87, 0x7c, 0xc6,
    0x2a, 0x47, 0x40, 0x02, 0xdf, 0x32, 0xe5, 0x21, 0x39, 0xf0, 0xa0,
};

static zy_status hash_z(const uint8_t public_key[ZY_SM2_PUB_BYTES], uint8_t z[ZY_SM3_BYTES])
{
    return zy_sm3(
        ZY_PARTS(ZY_PART(Z_PREFIX, sizeof Z_PREFIX), ZY_PART(public_key + 1, ZY_SM2_PUB_BYTES - 1)),
        z);
}

/* Builds a key object from its parts; d may be NULL. OpenSSL checks that the point lies on the
 * curve. */
static EVP_PKEY *pkey_from(const uint8_t public_key[ZY_SM2_PUB_BYTES], const BIGNUM *d)
{
    EVP_PKEY *pkey = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    if (bld == NULL || ctx == NULL ||
        OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, "SM2", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, public_key,
                                         ZY_SM2_PUB_BYTES) != 1 ||
        (d != NULL && OSSL_PARAM_BLD_push_BN_pad(bld, OSSL_PKEY_PARAM_PRIV_KEY, d, 32) != 1))
        goto done;
    params = OSSL_PARAM_BLD_to_param(bld);
    if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &pkey, d != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) !=
            1)
        pkey = NULL;
done:
    if (params != NULL && d != NULL) {
        OSSL_PARAM *scalar = OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PRIV_KEY);
        if (scalar != NULL)
            zy_wipe(scalar->data, scalar->data_size);
    }
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);
    if (pkey == NULL)
        ERR_clear_error();
    return pkey;
}

static bool point_form_right(const uint8_t *p, size_t n)
{
    return n == ZY_SM2_PUB_BYTES &&
           p[0] == 0x04; /* OpenSSL would take compressed and hybrid points too */
}

zy_status zy_sm2_pub_from(const void *p, size_t n, zy_sm2_pub **ret_pub)
{
    ZY_TRY(zy_crypto_gate());
    if (!point_form_right(p, n))
        return ZY_BAD_FIELD;
    EVP_PKEY *sm2 = pkey_from(p, NULL);
    if (sm2 == NULL)
        return ZY_BAD_FIELD;
    zy_sm2_pub *pub = calloc(1, sizeof *pub);
    if (pub == NULL || hash_z(p, pub->z) != ZY_OK) {
        EVP_PKEY_free(sm2);
        free(pub);
        return ZY_CRYPTO_FAILED;
    }
    pub->sm2 = sm2;
    *ret_pub = pub;
    return ZY_OK;
}

void zy_sm2_pub_free(zy_sm2_pub *pub)
{
    if (pub == NULL)
        return;
    EVP_PKEY_free(pub->sm2);
    free(pub);
}

void zy_sm2_key_free(zy_sm2_key *key)
{
    if (key == NULL)
        return;
    BN_clear_free(key->d);
    EVP_PKEY_free(key->sm2); /* OpenSSL clears its copy of the scalar */
    free(key);
}

EVP_PKEY *zy_sm2_key_pkey(const zy_sm2_key *key)
{
    return key->sm2;
}

void zy_sm2_public(const zy_sm2_key *key, uint8_t out[ZY_SM2_PUB_BYTES])
{
    memcpy(out, key->public_key, ZY_SM2_PUB_BYTES);
}

/* d within 1 .. n-2, as GB/T 32918.1 asks. */
static BIGNUM *scalar_limit(void)
{
    BIGNUM *limit = BN_dup(EC_GROUP_get0_order(zy_alg.curve));
    if (limit != NULL && BN_sub_word(limit, 1) == 1)
        return limit;
    BN_free(limit);
    return NULL;
}

static bool scalar_in_range(const BIGNUM *d)
{
    BIGNUM *limit = scalar_limit();
    bool good = limit != NULL && !BN_is_zero(d) && BN_cmp(d, limit) < 0;
    BN_free(limit);
    return good;
}

static BIGNUM *scalar_random(void)
{
    BIGNUM *limit = scalar_limit(), *d = BN_secure_new();
    bool good = limit != NULL && d != NULL && BN_sub_word(limit, 1) == 1 &&
                BN_priv_rand_range(d, limit) == 1 && BN_add_word(d, 1) == 1;
    BN_free(limit);
    if (good)
        return d;
    BN_clear_free(d);
    return NULL;
}

static bool public_of_scalar(const BIGNUM *d, uint8_t out[ZY_SM2_PUB_BYTES])
{
    EC_POINT *point = EC_POINT_new(zy_alg.curve);
    bool good = point != NULL && EC_POINT_mul(zy_alg.curve, point, d, NULL, NULL, NULL) == 1 &&
                EC_POINT_point2oct(zy_alg.curve, point, POINT_CONVERSION_UNCOMPRESSED, out,
                                   ZY_SM2_PUB_BYTES, NULL) == ZY_SM2_PUB_BYTES;
    EC_POINT_free(point);
    return good;
}

/* Takes d over, on failure too. */
static zy_sm2_key *key_of_scalar(BIGNUM *d)
{
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        BN_clear_free(d);
        return NULL;
    }
    BN_set_flags(d, BN_FLG_CONSTTIME);
    key->d = d;
    return public_of_scalar(d, key->public_key) ? ZY_STEAL(key) : NULL;
}

/* Adds what a static key has and an ephemeral one has not. */
static zy_status key_complete(zy_sm2_key *key)
{
    key->sm2 = pkey_from(key->public_key, key->d);
    return key->sm2 != NULL ? hash_z(key->public_key, key->z) : ZY_CRYPTO_FAILED;
}

zy_status zy_sm2_generate_ephemeral(zy_sm2_key **ret_key)
{
    ZY_TRY(zy_crypto_gate());
    BIGNUM *d = scalar_random();
    zy_sm2_key *key = d != NULL ? key_of_scalar(d) : NULL;
    if (key == NULL)
        return zy_ossl_fail(ZY_CRYPTO_FAILED);
    *ret_key = key;
    return ZY_OK;
}

/* What a new pair must do before it is given out: sign and verify, encrypt and decrypt. */
static zy_status pairwise_test(const zy_sm2_key *key)
{
    ZY_FAULT("crypto.pairwise");
    static const uint8_t PROBE[32] = "pairwise consistency of this key";
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_TRY(zy_sm2_pub_from(key->public_key, ZY_SM2_PUB_BYTES, &pub));
    uint8_t sig[ZY_SM2_SIG_BYTES], back[sizeof PROBE];
    const zy_part probe = ZY_PART(PROBE, sizeof PROBE);
    ZY_TRY(zy_sm2_sign(key, ZY_STR("ZY pairwise"), &probe, 1, sig));
    ZY_TRY(zy_sm2_verify(pub, ZY_STR("ZY pairwise"), &probe, 1, sig));
    ZY_AUTO_BUF cipher = {0};
    size_t n = 0;
    ZY_TRY(zy_sm2_encrypt(pub, PROBE, sizeof PROBE, &cipher));
    ZY_TRY(zy_sm2_decrypt(key, cipher.p, cipher.n, back, sizeof back, &n));
    return n == sizeof PROBE && zy_ct_equal(back, PROBE, n) ? ZY_OK : ZY_CRYPTO_FAILED;
}

zy_status zy_sm2_generate(zy_sm2_key **ret_key)
{
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ZY_TRY(zy_sm2_generate_ephemeral(&key));
    ZY_TRY(key_complete(key));
    if (pairwise_test(key) != ZY_OK) {
        zy_crypto_stop("pairwise test of a new SM2 key failed");
        return ZY_CRYPTO_STOPPED;
    }
    *ret_key = ZY_STEAL(key);
    return ZY_OK;
}

zy_status zy_sm2_from_scalar(const uint8_t scalar[32], zy_sm2_key **ret_key)
{
    ZY_TRY(zy_crypto_gate());
    BIGNUM *d = BN_secure_new();
    if (d == NULL || BN_bin2bn(scalar, 32, d) == NULL || !scalar_in_range(d)) {
        BN_clear_free(d);
        return zy_ossl_fail(d == NULL ? ZY_NO_MEMORY : ZY_BAD_FIELD);
    }
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = key_of_scalar(d);
    if (key == NULL)
        return zy_ossl_fail(ZY_CRYPTO_FAILED);
    ZY_TRY(key_complete(key));
    *ret_key = ZY_STEAL(key);
    return ZY_OK;
}

zy_status zy_sm2_to_scalar(const zy_sm2_key *key, uint8_t scalar[32])
{
    ZY_TRY(zy_crypto_gate());
    return BN_bn2binpad(key->d, scalar, 32) == 32 ? ZY_OK : zy_ossl_fail(ZY_CRYPTO_FAILED);
}

#define PARTS_MAX 16

/* e = SM3(z || parts) */
static zy_status message_digest(const uint8_t z[ZY_SM3_BYTES], zy_str label, const zy_part *parts,
                                size_t count, uint8_t e[ZY_SM3_BYTES])
{
    zy_part all[PARTS_MAX + 2] = {ZY_PART(z, ZY_SM3_BYTES), ZY_PART_STR(label)};
    if (count > PARTS_MAX)
        return ZY_BAD_FIELD;
    for (size_t i = 0; i < count; i++)
        all[i + 2] = parts[i];
    return zy_sm3(all, count + 2, e);
}

zy_status zy_sm2_pub_digest(const zy_sm2_pub *pub, const zy_part *parts, size_t count,
                            uint8_t e[ZY_SM3_BYTES])
{
    return message_digest(pub->z, (zy_str){NULL, 0}, parts, count, e);
}

zy_status zy_sm2_sign(const zy_sm2_key *key, zy_str label, const zy_part *parts, size_t count,
                      uint8_t sig[ZY_SM2_SIG_BYTES])
{
    ZY_TRY(zy_crypto_gate());
    if (label.n == 0 || key->sm2 == NULL)
        return ZY_BAD_FIELD;
    uint8_t e[ZY_SM3_BYTES], der[ZY_SM2_SIG_DER_MAX + 8];
    ZY_TRY(message_digest(key->z, label, parts, count, e));
    size_t n = sizeof der;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->sm2, NULL);
    bool good = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
                EVP_PKEY_sign(ctx, der, &n, e, sizeof e) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!good || zy_sm2_sig_from_der(der, n, sig) != ZY_OK)
        return zy_ossl_fail(ZY_CRYPTO_FAILED);
    return ZY_OK;
}

zy_status zy_sm2_verify_digest(const zy_sm2_pub *pub, const uint8_t e[ZY_SM3_BYTES],
                               const uint8_t sig[ZY_SM2_SIG_BYTES])
{
    ZY_TRY(zy_crypto_gate());
    uint8_t der[ZY_SM2_SIG_DER_MAX];
    size_t n = zy_sm2_sig_to_der(sig, der);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pub->sm2, NULL);
    if (ctx == NULL || EVP_PKEY_verify_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return zy_ossl_fail(ZY_CRYPTO_FAILED);
    }
    bool right = EVP_PKEY_verify(ctx, der, n, e, ZY_SM3_BYTES) == 1;
    EVP_PKEY_CTX_free(ctx);
    return right ? ZY_OK : zy_ossl_fail(ZY_SIGNATURE_BAD);
}

zy_status zy_sm2_verify(const zy_sm2_pub *pub, zy_str label, const zy_part *parts, size_t count,
                        const uint8_t sig[ZY_SM2_SIG_BYTES])
{
    if (label.n == 0)
        return ZY_BAD_FIELD;
    uint8_t e[ZY_SM3_BYTES];
    ZY_TRY(message_digest(pub->z, label, parts, count, e));
    return zy_sm2_verify_digest(pub, e, sig);
}

zy_status zy_sm2_encrypt(const zy_sm2_pub *pub, const void *plain, size_t n, zy_buf *ret_cipher)
{
    ZY_TRY(zy_crypto_gate());
    if (n == 0 || n > PLAIN_MAX)
        return ZY_BAD_FIELD;
    uint8_t der[CIPHER_MAX];
    size_t der_n = sizeof der;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pub->sm2, NULL);
    bool good = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
                EVP_PKEY_encrypt(ctx, der, &der_n, plain, n) == 1;
    EVP_PKEY_CTX_free(ctx);
    if (!good)
        return zy_ossl_fail(ZY_CRYPTO_FAILED);
    zy_buf_add(ret_cipher, der, der_n);
    return zy_buf_failed(ret_cipher) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

zy_status zy_sm2_decrypt(const zy_sm2_key *key, const void *cipher, size_t n, uint8_t *out,
                         size_t size, size_t *ret_n)
{
    ZY_TRY(zy_crypto_gate());
    size_t plain_n = 0;
    if (key->sm2 == NULL)
        return ZY_BAD_FIELD;
    if (n > CIPHER_MAX || zy_sm2_cipher_check(cipher, n, &plain_n) != ZY_OK || plain_n > size ||
        plain_n > PLAIN_MAX)
        return ZY_SIGNATURE_BAD;
    /* OpenSSL wants room for its own upper bound, so it writes aside. */
    uint8_t aside[CIPHER_MAX];
    size_t aside_n = sizeof aside;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->sm2, NULL);
    bool good = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
                EVP_PKEY_decrypt(ctx, aside, &aside_n, cipher, n) == 1 && aside_n == plain_n;
    EVP_PKEY_CTX_free(ctx);
    if (good) {
        memcpy(out, aside, plain_n);
        *ret_n = plain_n;
    }
    zy_wipe(aside, sizeof aside);
    return good ? ZY_OK : zy_ossl_fail(ZY_SIGNATURE_BAD);
}

zy_status zy_sm2_ecdh(const zy_sm2_key *own, const uint8_t peer[ZY_SM2_PUB_BYTES], uint8_t z[32])
{
    ZY_TRY(zy_crypto_gate());
    if (!point_form_right(peer, ZY_SM2_PUB_BYTES))
        return ZY_BAD_FIELD;
    zy_status status = ZY_CRYPTO_FAILED;
    EC_POINT *point = EC_POINT_new(zy_alg.curve), *shared = EC_POINT_new(zy_alg.curve);
    BIGNUM *x = BN_secure_new();
    if (point == NULL || shared == NULL || x == NULL)
        goto done;
    /* Reading the point checks that it lies on the curve; with a cofactor of 1 that is enough. */
    if (EC_POINT_oct2point(zy_alg.curve, point, peer, ZY_SM2_PUB_BYTES, NULL) != 1) {
        status = ZY_BAD_FIELD;
        goto done;
    }
    if (EC_POINT_mul(zy_alg.curve, shared, NULL, point, own->d, NULL) == 1 &&
        EC_POINT_get_affine_coordinates(zy_alg.curve, shared, x, NULL, NULL) == 1 &&
        BN_bn2binpad(x, z, 32) == 32)
        status = ZY_OK;
done:
    EC_POINT_free(point);
    EC_POINT_clear_free(shared);
    BN_clear_free(x);
    return status == ZY_OK ? ZY_OK : zy_ossl_fail(status);
}
