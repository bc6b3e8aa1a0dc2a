/* Certificates of customers' keys: the soft UKey that a device makes and a PIN protects, Bluetooth keys and phone shields that the
 * counter registers. What such a key signs stands for the customer, and can be checked years later. */
#pragma once

#include "api/api.h"
#include "crypto/x509.h"

/* Registers the cert.* parameters and the approval kinds cert.register, cert.freeze, cert.unfreeze, cert.revoke. */
ZY_CHECKED zy_status zy_cert_start(zy_env *env, zy_err *err);
/* Opens the connector to the authority and makes sure that its certificates and a revocation list are kept; for programs that
 * serve. Without it nothing can be issued, but what was signed can be checked. */
ZY_CHECKED zy_status zy_cert_open(zy_env *env, zy_err *err);
void zy_cert_close(void);
/* Now and then: issues what was granted, renews the revocation list, reminds of certificates that end. At most max of each. */
ZY_CHECKED zy_status zy_cert_keep(zy_env *env, int max, zy_err *err);

/* The factors soft_key, bluetooth_key, phone_shield: the value is base64 of a signature over "ZSC1 order" || SM3(text). */
extern const struct zy_factor ZY_SOFT_KEY_FACTOR, ZY_BLUETOOTH_KEY_FACTOR, ZY_PHONE_SHIELD_FACTOR;

/* What a customer asks to be certified. */
typedef struct zy_cert_request {
    zy_id customer;
    const char *kind;   /* "soft_key" … */
    zy_str device;      /* soft_key: the device that holds the key */
    zy_str csr;         /* DER */
    uint8_t public_key[ZY_SM2_PUB_BYTES];
} zy_cert_request;
/* Reads a request (base64 of PKCS#10) into the call's arena; checks the key, that its private half signed, and that the key
 * was never certified. ZY_BAD_FIELD, ZY_SIGNATURE_BAD (field csr), ZY_ALREADY_EXISTS. */
ZY_CHECKED zy_status zy_cert_request_read(zy_call *call, zy_str csr_base64, zy_cert_request *ret_request, zy_err *err);
/* In the deed's transaction: the request may be issued from now on. One that waits already is replaced. */
ZY_CHECKED zy_status zy_cert_grant(zy_tx *tx, zy_env *env, const zy_cert_request *request, zy_id *ret_certificate, zy_err *err);

/* For the doors: the authority's certificates, and the revocation list in force (DER). ZY_NOT_FOUND before the first. */
ZY_CHECKED zy_status zy_cert_authority(zy_env *env, zy_buf *ret_cas, zy_err *err);
ZY_CHECKED zy_status zy_cert_list(zy_env *env, zy_buf *ret_crl, zy_err *err);

/* Customers' door: cert.get, cert.issue, cert.revoke. Staff: cert.search, cert.register, cert.freeze, cert.unfreeze, cert.revoke. */
extern const zy_api ZY_CERT_APIS[];
extern const size_t ZY_CERT_API_COUNT;
