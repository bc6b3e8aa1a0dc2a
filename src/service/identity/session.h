/* Login sessions: what auth.login.finish, auth.session and auth.resume answer, and how logins end. Used by
 * src/service/identity alone. */
#pragma once

#include "service/identity/device.h"
#include "service/identity/environment.h"
#include "service/identity/identity_repo.h"

#define ZY_SESSION_OUT_COUNT 7
extern const zy_out ZY_SESSION_OUTS[ZY_SESSION_OUT_COUNT];

/* Fills {login_id?, customer, last_login, must_change_password, device_state} of a login. */
ZY_CHECKED zy_status zy_session_facts(zy_env *env, const login_row *login, zy_json *body, zy_err *err);
/* True when the login was idle for longer than login.idle_s. */
bool zy_session_is_idle(zy_env *env, const login_row *login, zy_time now);
/* Rotates the caller's channel and seals the resumption key for the login's row: fills session_digest and k_res. */
ZY_CHECKED zy_status zy_session_rotate(zy_call *call, const char *login_id, login_row *login, zy_err *err);
/* Ends one login with its audit record. reason: "logout", "idle", "background", "later_login",
 * "device_unbound", "device_changed", "environment". */
ZY_CHECKED zy_status zy_session_end(zy_tx *tx, const zy_call *call, const login_row *login, const char *reason, zy_err *err);
/* The row of the session that the call came on; ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_session_current(zy_env *env, const zy_caller *caller, login_row *ret_login, zy_err *err);

const zy_identity_hooks *zy_identity_hooks_now(void);

typedef struct resume_in { /* of auth.resume */
    zy_str login_id, proof;
    zy_device_in device;
    bool has_environment;
    zy_environment_in environment;
} resume_in;

/* Handlers of session.c, listed in identity_api.c. */
zy_status zy_auth_session(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_resume(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_logout(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_profile_get(zy_call *call, const void *in, zy_json *body, zy_err *err);
