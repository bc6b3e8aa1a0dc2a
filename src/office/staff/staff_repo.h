/* The statements of the staff tables; used by src/office/staff alone. */
#pragma once

#include "office/staff/staff.h"

#define STAFF_TOTP_BYTES    20
#define STAFF_NO_SIZE       24
#define STAFF_ADDRESS_SIZE  64
#define STAFF_PHONE_SEALED  (16 + ZY_SEALED_EXTRA)

typedef struct staff_row {
    zy_id id; /* 0: nobody */
    char user[64], role[32], state[16], staff_no[STAFF_NO_SIZE], branch[STAFF_NO_SIZE], login_address[STAFF_ADDRESS_SIZE];
    uint8_t name[64 + ZY_SEALED_EXTRA], totp[STAFF_TOTP_BYTES + ZY_SEALED_EXTRA], phone[STAFF_PHONE_SEALED]; /* sealed */
    size_t name_n, totp_n, phone_n;
    uint8_t password[ZY_PASSWORD_RECORD_BYTES], initial[ZY_SM3_BYTES], person[ZY_SM3_BYTES];
    bool has_initial, has_person; /* person: when written */
    bool enrolled, must_change;
    zy_time initial_until, login_at, used_at, created_at, password_changed_at;
    int64_t totp_step, failed;
} staff_row;
/* ZY_ALREADY_EXISTS: the user, number or person has an account. */
zy_status staff_insert(zy_tx *tx, const staff_row *row, zy_err *err);
zy_status staff_by_user(zy_rtx *rtx, zy_str user, staff_row *ret_row, zy_err *err);  /* ZY_NOT_FOUND */
zy_status staff_by_id(zy_rtx *rtx, zy_id id, staff_row *ret_row, zy_err *err);       /* ZY_NOT_FOUND */
/* Has this user, number or person an account? */
zy_status staff_exists(zy_rtx *rtx, zy_str user, zy_str staff_no, const uint8_t person[ZY_SM3_BYTES], bool *ret_exists,
                       zy_err *err);
zy_status staff_count(zy_rtx *rtx, int64_t *ret_count, zy_err *err);
/* The login takes place when the row still is what was checked: uses up the code (step 0: none is asked yet). */
zy_status staff_logged_in(zy_tx *tx, const staff_row *seen, int64_t step, zy_time now, zy_str address, bool *ret_taken,
                          zy_err *err);
/* One more wrong try since the last login; of nobody (id 0) nothing. */
zy_status staff_add_failed(zy_tx *tx, zy_id staff, zy_err *err);
/* from -> to; ZY_STATE_CONFLICT. used_at: where the count of unused days begins. */
zy_status staff_set_state(zy_tx *tx, zy_id staff, const char *from, const char *to, zy_time used_at, zy_err *err);
zy_status staff_set_post(zy_tx *tx, const staff_row *row, zy_err *err); /* role, branch, phone */
/* A first password, with or without a new code generator to be set up; `password` fits nothing. */
zy_status staff_set_first(zy_tx *tx, const staff_row *row, zy_err *err);
/* Only while it is not set up. ZY_STATE_CONFLICT */
zy_status staff_set_totp(zy_tx *tx, const staff_row *row, zy_err *err);
zy_status staff_enrol(zy_tx *tx, const staff_row *row, int64_t step, zy_err *err);
/* The chosen password instead of the one in `seen`. ZY_STATE_CONFLICT */
zy_status staff_set_password(zy_tx *tx, const staff_row *seen, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_time now,
                             zy_err *err);
/* The password of the row, when it is one that was chosen, joins the earlier ones. id: of the new row. */
zy_status staff_keep_password(zy_tx *tx, zy_id id, const staff_row *row, zy_err *err);
/* The earlier passwords, newest first, at most `max`. */
zy_status staff_old_passwords(zy_rtx *rtx, zy_id staff, int max, uint8_t (*ret_records)[ZY_PASSWORD_RECORD_BYTES],
                              int *ret_count, zy_err *err);

typedef struct staff_filter {
    zy_str user, role, state; /* user: a whole user or number; at most one of the three is used, in this order */
    zy_id before;             /* 0: newest */
    int limit;
} staff_filter;
/* A person with the session that is open; session.id 0: none. */
typedef struct staff_seen {
    staff_row staff;
    zy_id session;
    zy_time session_at;
    char session_address[STAFF_ADDRESS_SIZE];
} staff_seen;
zy_status staff_page(zy_rtx *rtx, const staff_filter *filter, zy_stmt **ret_rows, zy_err *err);
zy_status staff_page_row(const zy_stmt *stmt, staff_seen *ret_seen);
/* Active people whom nobody saw since `before`. */
zy_status staff_unused(zy_rtx *rtx, zy_time before, int max, zy_id *ret_ids, int *ret_count, zy_err *err);

/* Everybody active, locked until the transaction ends: what counts them afterwards counts alone. */
zy_status staff_lock_active(zy_tx *tx, zy_err *err);
/* How many of each role can work: active, set up, no first password. Columns: role, count. */
zy_status staff_able_by_role(zy_rtx *rtx, zy_stmt **ret_rows, zy_err *err);

/* The bank's changes of a role. Columns: permission, granted. */
zy_status staff_role_changes(zy_rtx *rtx, const char *role, zy_stmt **ret_rows, zy_err *err);
zy_status staff_role_set(zy_tx *tx, const char *role, const char *permission, bool granted, zy_time now, zy_err *err);

/* --- staff_login_repo.c --- */

typedef struct staff_try {
    zy_id staff;
    int64_t in_a_row, in_day;
    zy_day day;
    zy_time locked_until;
    bool blocked;
} staff_try;
/* Locks the row on PostgreSQL until the transaction ends; zeroes when it is new. */
zy_status staff_try_read(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_time now, staff_try *ret_try, zy_err *err);
zy_status staff_try_peek(zy_rtx *rtx, const uint8_t who[ZY_SM3_BYTES], staff_try *ret_try, zy_err *err); /* zeroes: none */
zy_status staff_try_write(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], const staff_try *t, zy_time now, zy_err *err);
zy_status staff_try_drop(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_err *err);
/* Rows that nobody has touched since `before`, or `long_before` when they are blocked and nobody's: at most a few a call, so
 * that invented names do not pile up. */
zy_status staff_try_forget(zy_tx *tx, zy_time before, zy_time long_before, zy_err *err);

typedef struct staff_session_row {
    zy_id id, staff;
    uint8_t digest[ZY_SM3_BYTES];
    zy_time created_at, last_seen, previous_at;
    int64_t failed_before;
    char address[STAFF_ADDRESS_SIZE], previous_address[STAFF_ADDRESS_SIZE];
} staff_session_row;
zy_status staff_session_insert(zy_tx *tx, const staff_session_row *row, zy_err *err);
/* An active session of somebody active, with the person. ZY_NOT_FOUND. */
zy_status staff_session_by_digest(zy_rtx *rtx, const uint8_t digest[ZY_SM3_BYTES], staff_session_row *ret_session,
                                  staff_row *ret_staff, zy_err *err);
zy_status staff_session_touch(zy_tx *tx, zy_id session, zy_time now, zy_err *err);
zy_status staff_session_end(zy_tx *tx, zy_id session, const char *reason, zy_time now, int64_t *ret_ended, zy_err *err);
/* The session that a later login ends; id 0: none. */
zy_status staff_session_active(zy_rtx *rtx, zy_id staff, zy_id *ret_session, zy_err *err);

/* STAFF_COLUMNS from column `at` on. */
#define STAFF_COLUMNS                                                                                                  \
    "s.id, s.user_name, s.name, s.role, s.password, s.totp, s.totp_step, s.state, s.staff_no, s.branch, s.phone, s.enrolled," \
    " s.must_change, s.initial, s.initial_until, s.login_at, s.login_address, s.failed, s.used_at, s.created_at,"       \
    " s.password_changed_at"
#define STAFF_COLUMN_COUNT 21
zy_status staff_read_columns(const zy_stmt *stmt, int at, staff_row *ret_row);
