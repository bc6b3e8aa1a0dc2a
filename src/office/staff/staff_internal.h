/* Used by src/office/staff alone. */
#pragma once

#include "office/staff/staff_repo.h"

#define STAFF_TOKEN_BYTES 32

/* One spelling for one user name: ASCII letters become small. */
zy_status staff_user_normal(zy_str typed, char out[64]);
zy_cell staff_cell(const char *column, zy_id staff);
zy_status staff_open_name(zy_env *env, const staff_row *row, char *out, size_t size);

/* What one may do. A permission belongs to a duty; the duties of administrators exclude each other and business. */
typedef enum { STAFF_DUTY_LOOK = 1, STAFF_DUTY_BUSINESS, STAFF_DUTY_SYSTEM, STAFF_DUTY_SECURITY, STAFF_DUTY_AUDIT } staff_duty;
typedef struct staff_permission {
    const char *word;
    staff_duty duty;
    unsigned roles; /* bit i: the role i has it as delivered */
} staff_permission;
size_t staff_permission_count(void);
const staff_permission *staff_permission_at(size_t i);
int staff_permission_find(const char *word); /* -1: none */
size_t staff_role_count(void);
const char *staff_role_at(size_t i);
int staff_role_find(const char *role); /* -1: none */
/* Pushes the permission words that the session has. */
void staff_permissions(const zy_staff_session *session, zy_json *ret_array);

/* The token in the cookie, its digest in the row, and what the page must send back beside the cookie. */
zy_status staff_token_digest(const uint8_t token[STAFF_TOKEN_BYTES], uint8_t out[ZY_SM3_BYTES]);
zy_status staff_token_csrf(const uint8_t token[STAFF_TOKEN_BYTES], char out[2 * ZY_SM3_BYTES + 1]);
/* Ends a session with its audit record; nothing when it has ended already. */
zy_status staff_session_close(zy_tx *tx, zy_env *env, zy_id staff, zy_id session, const char *reason, zy_str trace,
                              zy_str address, zy_err *err);
/* What staff.login and staff.session answer. */
extern const zy_out STAFF_SESSION_OUTS[9];
void staff_session_facts(const zy_staff_session *session, zy_json *body);

typedef struct staff_login_in {
    zy_str user, password, code;
} staff_login_in;
zy_status staff_login_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_session_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_logout_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
