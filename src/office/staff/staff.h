/* The bank's staff: identities, login (password + TOTP), roles and permissions, cookie sessions. */
#pragma once

#include "api/api.h"

#define ZY_STAFF_COOKIE    "__Host-zy_staff" /* HttpOnly, Secure, SameSite=Strict, Path=/ */
#define ZY_STAFF_IDLE      ZY_MINUTES(15)
#define ZY_STAFF_LIFE      ZY_HOURS(8)
#define ZY_STAFF_TOKEN_MAX 44                /* 32 random bytes, base64url, terminated */

typedef struct zy_staff_new {
    zy_str user, name, role;         /* role: "teller" | "risk" | "auditor" | "admin" */
    const zy_secret *password;       /* one that staff_password.c lets pass */
    const uint8_t *totp_secret;      /* 20 bytes */
    unsigned password_rounds;
} zy_staff_new;
typedef struct zy_staff_row zy_staff_row;
/* Hashing before the transaction, as with customers. ZY_BAD_FIELD names what does not fit. */
ZY_CHECKED zy_status zy_staff_prepare(zy_env *env, const zy_staff_new *staff, zy_staff_row **ret_row, zy_err *err);
/* ZY_ALREADY_EXISTS for a user that is taken. */
ZY_CHECKED zy_status zy_staff_insert(zy_tx *tx, zy_env *env, const zy_staff_row *row, zy_id *ret_staff, zy_err *err);
void zy_staff_row_free(zy_staff_row *row);
ZY_AUTO_DEFINE(zy_staff_row, zy_staff_row_free)

/* A session of the staff door. The token (32 random bytes, base64url) lives in the cookie alone; the row keeps its SM3.
 * csrf: HMAC-SM3 of the token under a label; sent back by the page in X-CSRF-Token on every POST. */
typedef enum { ZY_STAFF_READY = 0, ZY_STAFF_ENROL, ZY_STAFF_PASSWORD } zy_staff_stage; /* what must be done first */
typedef struct zy_staff_session {
    zy_id staff, session;
    char user[64], name[64], role[32], csrf[65], previous_address[64];
    zy_time login_at, previous_at, password_until; /* previous_at: the login before this one; 0: none */
    int64_t failed_before;       /* wrong tries between the two */
    zy_staff_stage stage;
    uint64_t granted, withdrawn; /* how the bank's role differs from the delivered one: bits of permissions */
} zy_staff_session;
/* The session of a cookie: ZY_LOGIN_REQUIRED when unknown, ended, idle for 15 min or older than 8 h. */
ZY_CHECKED zy_status zy_staff_session_find(zy_env *env, zy_str token, zy_time now, zy_staff_session *ret_session, zy_err *err);
/* Permission words and who holds them: the table in staff_roles.c. */
bool zy_staff_may(const zy_staff_session *session, const char *permission);
/* What may be called before the session is ready: ZY_MUST_CHANGE_PASSWORD for everything else. */
ZY_CHECKED zy_status zy_staff_gate(const zy_staff_session *session, zy_str api, zy_err *err);
/* Names of the staff for lists; "" when unknown. */
ZY_CHECKED zy_status zy_staff_name(zy_rtx *rtx, zy_env *env, zy_id staff, char *out, size_t size, zy_err *err);

/* What the door hands over with a call (zy_caller.staff_session): the session of its cookie (session.staff 0: none), and
 * what the call made of it, for the cookie of the answer. The token never stands in a body. */
typedef struct zy_staff_call {
    zy_staff_session session;
    char token[ZY_STAFF_TOKEN_MAX]; /* staff.login: of the new session; "" otherwise */
    bool ended;                     /* staff.logout */
} zy_staff_call;
/* For zy_caller.has_permission. */
bool zy_staff_has_permission(const zy_caller *caller, const char *permission);

/* staff.login {user, password, code} (PUBLIC: answers name, role, permissions, csrf; the door makes the cookie),
 * staff.session, staff.logout; one's own password and code generator; people and roles by maker and checker. */
extern const zy_api ZY_STAFF_APIS[];
extern const size_t ZY_STAFF_API_COUNT;

/* Registers parameters (staff.*) and approval kinds (staff.create, …, role.change). */
ZY_CHECKED zy_status zy_staff_start(zy_env *env, zy_err *err);
/* Housekeeping: accounts that nobody used for staff.unused_days are put to sleep, at most `max` a call; never so that too few
 * remain to make and check changes of the staff. */
ZY_CHECKED zy_status zy_staff_sleep_unused(zy_env *env, int max, int64_t *ret_count, zy_err *err);

/* The first two administrators of a bank (role security), who make everybody else: two different people. Answers their first
 * passwords, which open nothing but the setting-up of a code generator and of a password, for 60 minutes.
 * ZY_ALREADY_EXISTS when there is any account; ZY_BAD_FIELD names what does not fit ("0.user", "1.phone"). */
#define ZY_STAFF_FIRST_PASSWORD_MAX 16
typedef struct zy_staff_person {
    zy_str user, name, staff_no, id_no, phone, branch;
} zy_staff_person;
ZY_CHECKED zy_status zy_staff_first(zy_env *env, const zy_staff_person people[2],
                                    char ret_passwords[2][ZY_STAFF_FIRST_PASSWORD_MAX], zy_err *err);
/* Lifts the lock of one name without a second person: for the server's own command line, when nobody is left who could. */
ZY_CHECKED zy_status zy_staff_unlock_at_server(zy_env *env, zy_str user, zy_err *err);
/* The access review as CSV: one line a person, oldest account last; *before: 0 for the first page, then what was answered, 0 at
 * the end. Without the line of titles unless *before is 0. */
ZY_CHECKED zy_status zy_staff_review(zy_rtx *rtx, zy_env *env, zy_id *before, zy_buf *ret_csv, zy_err *err);
