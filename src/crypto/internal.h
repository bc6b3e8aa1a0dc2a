/* Shared by the files of this room alone. */
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/crypto.h"

/* ZY_OK when output is allowed. The first caller runs the self-tests; the thread that runs them
 * passes. */
ZY_CHECKED zy_status zy_crypto_gate(void);

/* Algorithms fetched once: a fetch per call would cost more than a short hash. */
typedef struct zy_algorithms {
    EVP_MD *sm3;
    EVP_MAC_CTX *hmac_sm3; /* templates, duplicated per call */
    EVP_MAC_CTX *hmac_sha1;
    EVP_KDF *hkdf;
    EVP_KDF *pbkdf2;
    EC_GROUP *curve; /* of SM2; only read after the start */
} zy_algorithms;
extern zy_algorithms zy_alg;

/* Empties OpenSSL's error queue of this thread (the TLS code reads the same queue) and answers
 * status. */
zy_status zy_ossl_fail(zy_status status);

/* Runs the known answers and pairwise tests; the caller holds the start lock. */
ZY_CHECKED zy_status zy_selftest_run(const char **ret_failed);

/* As zy_sm4_gcm_open, but decrypts straight into out (must not overlap in) and wipes out on
 * failure. */
ZY_CHECKED zy_status zy_sm4_gcm_open_into(const uint8_t key[ZY_SM4_BYTES],
                                          const uint8_t iv[ZY_GCM_IV_BYTES], const zy_part *aad,
                                          size_t aad_count, const void *in, size_t in_n,
                                          uint8_t *out);

/* DER of SM2: strict (canonical lengths and integers, nothing trailing). ZY_SIGNATURE_BAD. */
#define ZY_SM2_SIG_DER_MAX 72
size_t zy_sm2_sig_to_der(const uint8_t sig[ZY_SM2_SIG_BYTES], uint8_t der[ZY_SM2_SIG_DER_MAX]);
ZY_CHECKED zy_status zy_sm2_sig_from_der(const uint8_t *der, size_t n,
                                         uint8_t sig[ZY_SM2_SIG_BYTES]);
/* Checks SEQUENCE { x INTEGER, y INTEGER, hash OCTET STRING (32), cipher OCTET STRING }. */
ZY_CHECKED zy_status zy_sm2_cipher_check(const uint8_t *der, size_t n, size_t *ret_plain_n);

/* e = SM3(z || label || parts); z is the SM3 of user id, curve and public key (GB/T 32918.2, 5.5).
 */
ZY_CHECKED zy_status zy_sm2_verify_digest(const zy_sm2_pub *pub, const uint8_t e[ZY_SM3_BYTES],
                                          const uint8_t sig[ZY_SM2_SIG_BYTES]);
ZY_CHECKED zy_status zy_sm2_pub_digest(const zy_sm2_pub *pub, const zy_part *parts, size_t count,
                                       uint8_t e[ZY_SM3_BYTES]);

/* OpenSSL's side of a key, borrowed; NULL of an ephemeral one. */
EVP_PKEY *zy_sm2_key_pkey(const zy_sm2_key *key);
/* Lends the active SM2 key of a purpose to fn while the table is held. ZY_NOT_FOUND: there is none. */
struct zy_keys;
ZY_CHECKED zy_status zy_keys_lend(struct zy_keys *keys, int purpose,
                                  zy_status (*fn)(const zy_sm2_key *key, void *arg), void *arg);

/* Memory for keys: whole pages, locked and kept out of core dumps where the system lets us, zeroed.
 */
void *zy_locked_new(size_t n);          /* NULL when out of memory */
void zy_locked_free(void *p, size_t n); /* wipes */

static inline void zy_put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void zy_put_u32(uint8_t *p, uint32_t v)
{
    zy_put_u16(p, (uint16_t)(v >> 16));
    zy_put_u16(p + 2, (uint16_t)v);
}

static inline void zy_put_u64(uint8_t *p, uint64_t v)
{
    zy_put_u32(p, (uint32_t)(v >> 32));
    zy_put_u32(p + 4, (uint32_t)v);
}

static inline uint16_t zy_get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t zy_get_u32(const uint8_t *p)
{
    return (uint32_t)zy_get_u16(p) << 16 | zy_get_u16(p + 2);
}

static inline uint64_t zy_get_u64(const uint8_t *p)
{
    return (uint64_t)zy_get_u32(p) << 32 | zy_get_u32(p + 4);
}
