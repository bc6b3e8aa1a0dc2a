/* Passkeys (WebAuthn level 2 or 3, ES256): what a browser says when one was made and when one signed. libfido2 reads the
 * authenticator's data and verifies; nothing of CBOR, COSE or ECDSA is written here. */
#pragma once

#include "crypto/crypto.h"

#define ZY_WEBAUTHN_ID_MAX        1023 /* bytes of a credential id, as the standard has it */
#define ZY_WEBAUTHN_KEY_BYTES     64   /* x and y on P-256 */
#define ZY_WEBAUTHN_CHALLENGE     32
#define ZY_WEBAUTHN_CLIENT_MAX    1024 /* bytes of clientDataJSON */
#define ZY_WEBAUTHN_DATA_MAX      1400 /* bytes of authenticator data: 37, AAGUID, id, COSE key */
#define ZY_WEBAUTHN_SIGNATURE_MAX 80   /* bytes of DER */
#define ZY_WEBAUTHN_ORIGINS_MAX   8

/* For whom: the domain that credentials belong to, and the origins that may ask for them, with a comma between. An origin is
 * https://host or https://host:port, its host the domain or below it; localhost may also have http, and ":*" for any port. */
typedef struct zy_webauthn_site {
    zy_str rp_id, origins;
} zy_webauthn_site;
/* ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_webauthn_site_check(const zy_webauthn_site *site);

typedef struct zy_webauthn_made {
    uint8_t id[ZY_WEBAUTHN_ID_MAX];
    size_t id_n;
    uint8_t public_key[ZY_WEBAUTHN_KEY_BYTES];
    uint32_t count; /* of signatures so far */
} zy_webauthn_made;
/* A credential that was made for this challenge on this site, with the user verified (fingerprint, face or the device's lock).
 * Where it was made is not attested: the browser was asked for attestation "none". ZY_SIGNATURE_BAD. */
ZY_CHECKED zy_status zy_webauthn_made_check(const zy_webauthn_site *site, const uint8_t challenge[ZY_WEBAUTHN_CHALLENGE],
                                            zy_str client_data, zy_str authenticator_data, zy_webauthn_made *ret_made);

typedef struct zy_webauthn_assertion {
    zy_str client_data, authenticator_data, signature; /* bytes */
} zy_webauthn_assertion;
/* The key signed this challenge on this site, with the user verified. *ret_count: the authenticator's counter, 0 when it has
 * none. ZY_SIGNATURE_BAD whatever is wrong. */
ZY_CHECKED zy_status zy_webauthn_verify(const zy_webauthn_site *site, const uint8_t challenge[ZY_WEBAUTHN_CHALLENGE],
                                        const uint8_t public_key[ZY_WEBAUTHN_KEY_BYTES], const zy_webauthn_assertion *assertion,
                                        uint32_t *ret_count);
