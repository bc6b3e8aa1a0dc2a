/* Passkeys: keys that a customer's bound device made, and that it releases by fingerprint or face. Used by
 * src/service/identity; what orders need of them stands in identity.h. */
#pragma once

#include "service/factor/factor.h"
#include "service/identity/passkey_repo.h"

#define PASSKEY_CHALLENGE_LIFE ZY_SECONDS(120)

/* What a page sends when a passkey signed: texts in base64url. */
typedef struct passkey_in {
    zy_str credential_id, client_data, authenticator_data, signature;
} passkey_in;
extern const zy_field PASSKEY_FIELDS[4];
extern const zy_out PASSKEY_ASK_OUTS[];
#define PASSKEY_ASK_OUT_COUNT 4

/* passkey.rp_id and passkey.origins; ZY_CONFIG_BAD. */
ZY_CHECKED zy_status passkey_start(zy_env *env, zy_err *err);
/* Does this bank have passkeys, and are they switched on? */
bool passkey_is_on(zy_env *env);
zy_webauthn_site passkey_site(zy_env *env);
/* SM3 over purpose, nonce and what it is for: what is signed, and what can be computed again years later. */
ZY_CHECKED zy_status passkey_challenge_bytes(const passkey_challenge *c, uint8_t out[ZY_WEBAUTHN_CHALLENGE]);
/* Makes a challenge: its login, purpose and bound are given. A former one for the same is worth nothing then.
 * Fills {challenge, rp_id, expires_at}. */
ZY_CHECKED zy_status passkey_challenge_make(zy_call *call, passkey_challenge *c, zy_json *body, zy_err *err);
/* The same, with the keys of the device that may answer: {credentials}. */
ZY_CHECKED zy_status passkey_ask(zy_call *call, passkey_challenge *c, zy_id customer, zy_id device, zy_json *body, zy_err *err);

typedef struct passkey_check_job {
    zy_call *call;
    zy_id customer, device;
    passkey_challenge challenge; /* login, purpose, bound: given; the rest is found */
    const passkey_in *in;
    passkey_row row;             /* found: the key that signed */
    bool asked, found, locked, verified, right, cloned;
    uint32_t sign_count;
} passkey_check_job;
/* Takes the challenge, takes a try, looks at what was signed. ZY_CHALLENGE_BAD: no challenge waits; ZY_LOCKED; ZY_FACTOR_WRONG
 * whatever is wrong. 5 wrong ones in a row switch the device's passkeys off, a counter that goes back that one key. */
ZY_CHECKED zy_status passkey_check(passkey_check_job *job, zy_err *err);

/* Audit record about a passkey (0: those of the device). reason: NULL for none. */
ZY_CHECKED zy_status passkey_audit(zy_tx *tx, const zy_call *call, zy_id customer, const char *event, zy_id passkey, const char *reason,
                                   zy_status result, zy_err *err);

extern const zy_factor PASSKEY_FACTOR;

/* Handlers, listed in passkey_api.c. */
typedef struct passkey_id_in {
    zy_id passkey_id;
} passkey_id_in;
typedef struct passkey_rename_in {
    zy_id passkey_id;
    zy_str name;
} passkey_rename_in;
typedef struct quick_passkey_in {
    zy_str login_id;
    passkey_in passkey;
} quick_passkey_in;
zy_status passkey_begin_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status passkey_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status passkey_rename_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status passkey_remove_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_quick_passkey(zy_call *call, const void *in, zy_json *body, zy_err *err);
