/* Certificates: X.509 v3, requests (PKCS#10) and revocation lists with SM2 keys and SM2-with-SM3 signatures (GM/T 0015), user
 * id 1234567812345678. Written and read by OpenSSL; every signature is checked over the strict DER of what it signs. */
#pragma once

#include "base/clock.h"
#include "crypto/keys.h"

#define ZY_X509_DER_MAX     4096 /* of one certificate or request */
#define ZY_X509_CRL_MAX     (4u << 20)
#define ZY_X509_CAS_MAX     4    /* certificates of authorities in a row, the root first */
#define ZY_X509_SERIAL_BYTES 16
#define ZY_X509_SERIAL_MAX  (2 * 20 + 1) /* hex, terminated */
#define ZY_X509_NAME_MAX    129

/* --- Reading --- */
typedef struct zy_x509_info {
    char serial[ZY_X509_SERIAL_MAX];   /* lower-case hex */
    char subject[ZY_X509_NAME_MAX], issuer[ZY_X509_NAME_MAX]; /* common names */
    zy_time not_before, not_after;
    uint8_t public_key[ZY_SM2_PUB_BYTES];
} zy_x509_info;
/* One certificate with an SM2 key, nothing behind it: ZY_BAD_FIELD otherwise. Checks no signature. */
ZY_CHECKED zy_status zy_x509_read(zy_str der, zy_x509_info *ret_info);
/* A request: its key is on the curve, and whoever signed it has the private half. ZY_BAD_FIELD: none, or no SM2 key;
 * ZY_SIGNATURE_BAD: no proof of possession. */
ZY_CHECKED zy_status zy_x509_request_check(zy_str der, uint8_t ret_public_key[ZY_SM2_PUB_BYTES]);
/* A user's certificate (no authority, key usage digitalSignature or nonRepudiation) that leads to the first of `cas` (DER,
 * one behind the other) and was in force at `at`. ZY_BAD_FIELD: no certificate of ours; ZY_SIGNATURE_BAD: anything else. */
ZY_CHECKED zy_status zy_x509_verify(zy_str der, zy_str cas, zy_time at, zy_x509_info *ret_info, zy_err *err);
/* Is the serial of a certificate on the list that its issuer signed? ZY_SIGNATURE_BAD: not a list of that issuer, or not in
 * force at `at`. */
ZY_CHECKED zy_status zy_x509_crl_has(zy_str crl, zy_str certificate, zy_str cas, zy_time at, bool *ret_revoked, zy_err *err);

/* --- Making --- what is made is appended to ret_der */
/* Whose private key signs: a key at hand, or the CA key of the key service. */
typedef struct zy_x509_signer {
    const zy_sm2_key *key;
    zy_keys *keys;
} zy_x509_signer;
/* A request of a device, for its own key. */
ZY_CHECKED zy_status zy_x509_request_make(const zy_sm2_key *key, zy_str common_name, zy_buf *ret_der);
/* A self-signed root. */
ZY_CHECKED zy_status zy_x509_root_make(zy_x509_signer signer, zy_str common_name, zy_time from, zy_time to, zy_buf *ret_der);
typedef struct zy_x509_leaf {
    uint8_t serial[ZY_X509_SERIAL_BYTES]; /* random; the first bit is not used */
    zy_str common_name, unit; /* unit: what kind of key it is */
    zy_time from, to;
    uint8_t public_key[ZY_SM2_PUB_BYTES];
} zy_x509_leaf;
ZY_CHECKED zy_status zy_x509_issue(zy_x509_signer signer, zy_str root, const zy_x509_leaf *leaf, zy_buf *ret_der);
typedef struct zy_x509_revoked {
    char serial[ZY_X509_SERIAL_MAX];
    zy_time at;
} zy_x509_revoked;
ZY_CHECKED zy_status zy_x509_crl_make(zy_x509_signer signer, zy_str root, const zy_x509_revoked *revoked, size_t count,
                                      uint64_t number, zy_time this_update, zy_time next_update, zy_buf *ret_der);
