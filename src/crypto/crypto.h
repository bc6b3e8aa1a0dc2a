/* The algorithms: SM2, SM3, SM4-GCM and what is built on them, over OpenSSL 3 and libgcrypt.
 * Nothing else in the house includes those libraries (src/net uses OpenSSL's TLS only).
 * Every function answers ZY_CRYPTO_STOPPED once a self-test or a device has failed (fail closed). */
#pragma once

#include <stdbool.h>
#include "base/str.h"

#define ZY_SM3_BYTES     32
#define ZY_SM4_BYTES     16
#define ZY_GCM_IV_BYTES  12
#define ZY_GCM_TAG_BYTES 16
#define ZY_SM2_PUB_BYTES 65 /* 04||X||Y */
#define ZY_SM2_SIG_BYTES 64 /* r||s */

/* Starts the libraries and runs the self-tests: published vectors of SM3 (GM/T 0004), SM4 (GM/T
 * 0002, and GCM: RFC 8998), HMAC/HKDF/PBKDF2, SM2 verification, and a pairwise test of each SM2
 * operation. Idempotent, thread-safe. ZY_CRYPTO_STOPPED when one fails. */
ZY_CHECKED zy_status zy_crypto_start(zy_err *err);
/* Puts the module into the failed state for good: every output stops until the process ends. */
void zy_crypto_stop(const char *reason);
bool zy_crypto_stopped(void);

void zy_wipe(void *p, size_t n);                              /* not optimised away */
bool zy_ct_equal(const void *a, const void *b, size_t n);     /* constant time */
ZY_CHECKED zy_status zy_random(void *out, size_t n);          /* OpenSSL's private DRBG */

/* --- SM3 and what rests on it --- */
typedef struct zy_part { const void *p; size_t n; } zy_part; /* pieces of one message, in order */
#define ZY_PART(ptr, len)   ((zy_part){ (ptr), (len) })
#define ZY_PART_STR(s)      ((zy_part){ (s).p, (s).n })
#define ZY_PART_LABEL(lit)  ((zy_part){ "" lit, sizeof(lit) - 1 }) /* ASCII, no terminator */
#define ZY_PARTS(...)       ((const zy_part[]){ __VA_ARGS__ }), (sizeof((const zy_part[]){ __VA_ARGS__ }) / sizeof(zy_part))

ZY_CHECKED zy_status zy_sm3(const zy_part *parts, size_t count, uint8_t out[ZY_SM3_BYTES]);
ZY_CHECKED zy_status zy_hmac_sm3(const void *key, size_t key_n, const zy_part *parts, size_t count,
                                 uint8_t out[ZY_SM3_BYTES]);
ZY_CHECKED zy_status zy_hkdf_extract(const void *salt, size_t salt_n, const void *ikm, size_t ikm_n,
                                     uint8_t prk[ZY_SM3_BYTES]);
ZY_CHECKED zy_status zy_hkdf_expand(const uint8_t prk[ZY_SM3_BYTES], zy_str info, void *out, size_t n);
ZY_CHECKED zy_status zy_pbkdf2_sm3(const void *secret, size_t secret_n, const void *salt, size_t salt_n,
                                   unsigned rounds, void *out, size_t n);
/* HMAC-SHA-1 exists for RFC 6238 authenticator apps of the staff alone. */
ZY_CHECKED zy_status zy_hmac_sha1(const void *key, size_t key_n, const void *p, size_t n, uint8_t out[20]);

/* --- SM4-GCM; in and out may be the same memory --- */
/* out: n bytes of ciphertext, then the 16-byte tag. */
ZY_CHECKED zy_status zy_sm4_gcm_seal(const uint8_t key[ZY_SM4_BYTES], const uint8_t iv[ZY_GCM_IV_BYTES],
                                     const zy_part *aad, size_t aad_count, const void *plain, size_t n, uint8_t *out);
/* in: ciphertext and tag, in_n >= 16; out: in_n - 16 bytes, written only when the tag is right.
 * ZY_SIGNATURE_BAD otherwise. */
ZY_CHECKED zy_status zy_sm4_gcm_open(const uint8_t key[ZY_SM4_BYTES], const uint8_t iv[ZY_GCM_IV_BYTES],
                                     const zy_part *aad, size_t aad_count, const void *in, size_t in_n, uint8_t *out);

/* --- SM2. Keys are opaque, may be shared between threads. User id 1234567812345678. --- */
typedef struct zy_sm2_key zy_sm2_key; /* a private key with its public half */
typedef struct zy_sm2_pub zy_sm2_pub;
ZY_CHECKED zy_status zy_sm2_generate(zy_sm2_key **ret_key); /* with pairwise consistency test */
/* ephemeral pair for one ECDH: no pairwise test */
ZY_CHECKED zy_status zy_sm2_generate_ephemeral(zy_sm2_key **ret_key);
ZY_CHECKED zy_status zy_sm2_from_scalar(const uint8_t d[32], zy_sm2_key **ret_key); /* ZY_BAD_FIELD out of range */
ZY_CHECKED zy_status zy_sm2_to_scalar(const zy_sm2_key *key, uint8_t d[32]);        /* for the keystore alone */
void zy_sm2_key_free(zy_sm2_key *key);
ZY_AUTO_DEFINE(zy_sm2_key, zy_sm2_key_free)
void zy_sm2_public(const zy_sm2_key *key, uint8_t out[ZY_SM2_PUB_BYTES]);
/* Checks length 65, first byte 04, on the curve, not infinity, before any arithmetic: ZY_BAD_FIELD. */
ZY_CHECKED zy_status zy_sm2_pub_from(const void *p, size_t n, zy_sm2_pub **ret_pub);
void zy_sm2_pub_free(zy_sm2_pub *pub);
ZY_AUTO_DEFINE(zy_sm2_pub, zy_sm2_pub_free)

/* Labels: every SM2 signature of the product begins with one of these (secure-channel.md). */
#define ZY_LABEL_SERVER_HELLO     ZY_STR("ZSC1 server hello")
#define ZY_LABEL_DEVICE           ZY_STR("ZSC1 device")
#define ZY_LABEL_ORDER            ZY_STR("ZSC1 order")
#define ZY_LABEL_AUDIT_CHECKPOINT ZY_STR("ZY audit checkpoint")
#define ZY_LABEL_RECEIPT          ZY_STR("ZY receipt")
#define ZY_LABEL_PACKAGE          ZY_STR("ZY package")
#define ZY_LABEL_PARTNER          ZY_STR("ZY partner")
#define ZY_LABEL_CLEARING         ZY_STR("ZY clearing")
/* Signs label || parts. */
ZY_CHECKED zy_status zy_sm2_sign(const zy_sm2_key *key, zy_str label, const zy_part *parts, size_t count,
                                 uint8_t sig[ZY_SM2_SIG_BYTES]);
/* ZY_SIGNATURE_BAD when it does not fit. */
ZY_CHECKED zy_status zy_sm2_verify(const zy_sm2_pub *pub, zy_str label, const zy_part *parts, size_t count,
                                   const uint8_t sig[ZY_SM2_SIG_BYTES]);
/* DER, C1C3C2. */
ZY_CHECKED zy_status zy_sm2_encrypt(const zy_sm2_pub *pub, const void *plain, size_t n, zy_buf *ret_cipher);
ZY_CHECKED zy_status zy_sm2_decrypt(const zy_sm2_key *key, const void *cipher, size_t n, uint8_t *out,
                                    size_t size, size_t *ret_n); /* ZY_SIGNATURE_BAD */
/* X coordinate of the shared point. peer: 65 bytes, checked as in zy_sm2_pub_from. */
ZY_CHECKED zy_status zy_sm2_ecdh(const zy_sm2_key *own, const uint8_t peer[ZY_SM2_PUB_BYTES], uint8_t z[32]);

/* --- One-time codes --- */
/* GB/T 38556 / GM/T 0021 dynamic password on SM3: S = SM3(K || ID), ID = T (u64) || C (u32) || Q
 * (zero-padded to >= 4 bytes as the standard says), truncated to `digits` (6..8) decimals.
 * t: time step number; counter: event; challenge: Q. ret: terminated digits. */
ZY_CHECKED zy_status zy_otp_sm3(const void *key, size_t key_n, const uint64_t *t, const uint32_t *counter,
                                zy_str challenge, unsigned digits, char *ret_code);
/* RFC 6238, 6 digits, 30 s, HMAC-SHA-1. */
ZY_CHECKED zy_status zy_totp(const void *key, size_t key_n, int64_t unix_s, char ret_code[7]);
