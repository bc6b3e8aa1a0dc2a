/* The bank's staff: identities, login (password + TOTP), roles and permissions, cookie sessions. */
#pragma once

#include "api/api.h"

#define ZY_STAFF_COOKIE "zy_staff"   /* HttpOnly, Secure, SameSite=Strict, Path=/ */

typedef struct zy_staff_new {
    zy_str user, name, role;         /* role: "teller" | "risk" | "auditor" | "admin" */
    const zy_secret *password;
    const uint8_t *totp_secret;      /* 20 bytes */
    unsigned password_rounds;
} zy_staff_new;
typedef struct zy_staff_row zy_staff_row;
/* Hashing before the transaction, as with customers. */
ZY_CHECKED zy_status zy_staff_prepare(zy_env *env, const zy_staff_new *staff, zy_staff_row **ret_row, zy_err *err);
ZY_CHECKED zy_status zy_staff_insert(zy_tx *tx, zy_env *env, const zy_staff_row *row, zy_id *ret_staff, zy_err *err);
void zy_staff_row_free(zy_staff_row *row);

/* A session of the staff door. The token (32 random bytes, base64url) lives in the cookie alone; the row keeps its SM3.
 * csrf: HMAC-SM3 of the token under a label; sent back by the page in X-CSRF-Token on every POST. */
typedef struct zy_staff_session {
    zy_id staff, session;
    char user[64], name[64], role[32], csrf[65];
    zy_time login_at;
} zy_staff_session;
/* The session of a cookie: ZY_LOGIN_REQUIRED when unknown, ended, idle for 15 min or older than 8 h. */
ZY_CHECKED zy_status zy_staff_session_find(zy_env *env, zy_str token, zy_time now, zy_staff_session *ret_session, zy_err *err);
/* Permission words: "customer.view", "order.view", "audit.view", "audit.verify", "api.make", "api.check", "param.make",
 * "param.check", "approval.view", "customer.unlock.make", "customer.unlock.check". */
bool zy_staff_may(const zy_staff_session *session, const char *permission);
/* Names of the staff for lists; "" when unknown. */
ZY_CHECKED zy_status zy_staff_name(zy_rtx *rtx, zy_env *env, zy_id staff, char *out, size_t size, zy_err *err);

/* staff.login {user, password, code} (PUBLIC: answers name, role, permissions, csrf; the door sets the cookie out of
 * body member "token" and takes it out of the answer), staff.session, staff.logout. */
extern const zy_api ZY_STAFF_APIS[];
extern const size_t ZY_STAFF_API_COUNT;
