/* For tests: an authenticator in software, and the browser in front of it. It can lie in each way that a server has to notice. */
#pragma once

#include "crypto/webauthn.h"

typedef struct zy_test_passkey {
    void *key;              /* ES256 */
    uint8_t id[16], public_key[ZY_WEBAUTHN_KEY_BYTES];
    uint32_t count;         /* counts signatures; kept at 0 when it does not count */
    bool counts;
    /* What it does and says otherwise than it should. */
    const char *rp_id, *origin, *type;
    bool no_verification, no_presence, crossed;
} zy_test_passkey;

void zy_test_passkey_make(zy_test_passkey *k, const char *rp_id, const char *origin);
void zy_test_passkey_free(zy_test_passkey *k);

/* What a page sends: bytes. */
typedef struct zy_test_passkey_answer {
    char client_data[1024];
    size_t client_data_n;
    uint8_t data[512], signature[80];
    size_t data_n, signature_n;
} zy_test_passkey_answer;
void zy_test_passkey_create(const zy_test_passkey *k, const uint8_t challenge[32], zy_test_passkey_answer *ret_answer);
/* Counts one further, if it counts. */
void zy_test_passkey_sign(zy_test_passkey *k, const uint8_t challenge[32], zy_test_passkey_answer *ret_answer);
/* The same as JSON of texts in base64url: {"credential_id","client_data","authenticator_data","signature"}; no signature of
 * one that was made. */
void zy_test_passkey_json(const zy_test_passkey *k, const zy_test_passkey_answer *answer, char *out, size_t size);
