/* Used by src/office/staff alone. */
#pragma once

#include "office/staff/staff_repo.h"
#include "service/approval/approval.h"
#include "service/identity/identity.h"

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
int staff_permission_find(const char *word); /* -1: none */
size_t staff_role_count(void);
int staff_role_find(const char *role); /* -1: none */
uint64_t staff_delivered(int role);    /* bits of permissions */
/* May one role hold all of these? */
bool staff_duties_fit(uint64_t permissions);
/* Pushes the permission words that the session has. */
void staff_permissions(const zy_staff_session *session, zy_json *ret_array);

/* The token in the cookie, its digest in the row, and what the page must send back beside the cookie. */
zy_status staff_token_digest(const uint8_t token[STAFF_TOKEN_BYTES], uint8_t out[ZY_SM3_BYTES]);
zy_status staff_token_csrf(const uint8_t token[STAFF_TOKEN_BYTES], char out[2 * ZY_SM3_BYTES + 1]);
/* Ends a session with its audit record; nothing when it has ended already. */
zy_status staff_session_close(zy_tx *tx, zy_env *env, zy_id staff, zy_id session, const char *reason, zy_str trace,
                              zy_str address, zy_err *err);
/* What staff.login and staff.session answer. */
extern const zy_out STAFF_SESSION_OUTS[14];
void staff_session_facts(const zy_staff_session *session, zy_json *body);

/* Ends the open session of somebody, if there is one: by a call, or by a rule of the house. */
zy_status staff_end_session(zy_tx *tx, const zy_call *call, zy_id staff, const char *reason, zy_err *err);
zy_status staff_end_session_by_rule(zy_tx *tx, zy_env *env, zy_id staff, const char *reason, zy_err *err);

/* --- staff_roles.c --- */
/* The bank's own changes of a role. */
typedef struct staff_role_rights {
    uint64_t granted, withdrawn;
} staff_role_rights;
zy_status staff_rights_of(zy_rtx *rtx, const char *role, staff_role_rights *ret_rights, zy_err *err);
/* Do enough people remain who can work, so that one can make and another check changes of the staff? Called at the end of a unit
 * that began with staff_lock_active. ZY_STATE_CONFLICT */
zy_status staff_check_enough(zy_rtx *rtx, zy_err *err);
extern const zy_approval_kind STAFF_ROLE_CHANGE;
zy_status staff_session_fill(zy_env *env, const staff_session_row *row, const staff_row *staff, const staff_role_rights *rights,
                             const uint8_t token[STAFF_TOKEN_BYTES], zy_staff_session *ret_session);

/* --- staff_tries.c --- */
typedef struct staff_tries {
    zy_id staff; /* whose name it is; 0: nobody's */
    uint8_t name[ZY_SM3_BYTES], address[ZY_SM3_BYTES];
    int64_t address_max;
} staff_tries;
typedef enum { STAFF_OPEN, STAFF_LOCKED, STAFF_BLOCKED } staff_lock; /* blocked: until somebody lifts it */
zy_status staff_tries_key(zy_env *env, const char *user, uint8_t out[ZY_SM3_BYTES]);
zy_status staff_tries_of(zy_env *env, const char *user, zy_id staff, zy_str address, staff_tries *ret_tries);
/* ZY_LOCKED: 5 wrong in a row less than 30 min ago, or 10 in a day, or too many from the address. */
zy_status staff_tries_take(zy_tx *tx, const staff_tries *who, zy_time now, zy_err *err);
zy_status staff_tries_forgive(zy_tx *tx, const staff_tries *who, zy_time now, zy_err *err);
zy_status staff_tries_locked(zy_rtx *rtx, zy_env *env, const char *user, zy_time now, staff_lock *ret_lock, zy_err *err);

/* --- staff_secrets.c --- */
#define STAFF_CODE_DIGITS 6
zy_status staff_secret(zy_str text, const char *field, zy_secret *ret_secret, zy_err *err);
/* One hash on the pool, whatever comes of it. */
zy_status staff_password_fits(zy_env *env, const zy_secret *secret, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                              bool *ret_fits, zy_err *err);
zy_status staff_no_password(zy_env *env, uint8_t record[ZY_PASSWORD_RECORD_BYTES]); /* that nothing fits */
/* What one may choose (service/identity/password_rules.h, with the bank's own length): ZY_BAD_FIELD names `field`. */
zy_status staff_password_rules(zy_env *env, const zy_secret *secret, const zy_person *person, const char *field, zy_err *err);
/* What a password must not be like: name, phone, number (customer_no), user (alias). The caller wipes it. */
zy_status staff_person_of(zy_env *env, const staff_row *row, zy_person *ret_person);
/* A first password in the row: digest, end, a record that nothing fits. The text is for the person alone. */
zy_status staff_make_first(zy_env *env, staff_row *row, zy_time now, char ret_text[ZY_STAFF_FIRST_PASSWORD_MAX]);
zy_status staff_first_fits(zy_env *env, const staff_row *row, const zy_secret *secret, zy_time now, bool *ret_fits);
/* The step whose code was given, one to either side of now; 0: none. The same work for nobody. */
zy_status staff_code_step(zy_env *env, const staff_row *row, zy_str code, zy_time now, int64_t *ret_step);
zy_status staff_seal(zy_env *env, zy_key_purpose purpose, zy_cell cell, const void *plain, size_t n, uint8_t *out, size_t size,
                     size_t *ret_n);

/* --- staff_person.c: who gets an account --- */
/* Checks and seals a person into a new row: id, user, name, number, phone, person index; ZY_BAD_FIELD. */
zy_status staff_person_row(zy_env *env, const zy_staff_person *person, const char *role, staff_row *ret_row, zy_err *err);
zy_status staff_phone_row(zy_env *env, zy_str phone, staff_row *row, zy_err *err);
/* A new secret for the code generator; ret_base32 (may be NULL): for the person alone. */
#define STAFF_TOTP_TEXT_MAX 40
zy_status staff_new_totp(zy_env *env, staff_row *row, char ret_base32[STAFF_TOTP_TEXT_MAX]);
/* The phone in clear, for a text to it or a mask; "" when there is none. */
zy_status staff_open_phone(zy_env *env, const staff_row *row, char *out, size_t size);

/* --- staff_request.c: people by maker and checker --- */
void staff_register_kinds(void);

/* --- the APIs --- */
typedef struct staff_login_in {
    zy_str user, password, code;
} staff_login_in;
typedef struct staff_password_in {
    zy_str old, new;
} staff_password_in;
typedef struct staff_code_in {
    zy_str code;
} staff_code_in;
typedef struct staff_list_in {
    zy_str q, role, state, cursor;
    int64_t limit;
} staff_list_in;
typedef struct staff_create_in {
    zy_str user, name, staff_no, id_no, phone, role, branch, reason;
} staff_create_in;
typedef struct staff_change_in {
    zy_id staff_id;
    zy_str role, branch, phone, reason;
} staff_change_in;
typedef struct staff_reset_in {
    zy_id staff_id;
    bool totp;
    zy_str reason;
} staff_reset_in;
typedef struct staff_one_in {
    zy_id staff_id;
    zy_str reason;
} staff_one_in;
typedef struct staff_review_in {
    zy_str cursor;
} staff_review_in;
typedef struct role_change_in {
    zy_str role, permission, reason;
    bool granted;
} role_change_in;
zy_status staff_login_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_session_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_logout_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_totp_begin_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_totp_confirm_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_password_change_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_review_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_create_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_change_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_reset_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_suspend_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_reopen_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_close_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_unlock_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status staff_session_end_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status role_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status role_change_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
/* Makes the request of a kind in the caller's name and answers its id. */
zy_status staff_request(zy_call *call, const zy_approval_kind *kind, const zy_json *payload, zy_str reason, zy_json *body,
                        zy_err *err);
