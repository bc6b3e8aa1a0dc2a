/* The statements of the staff tables; used by src/office/staff alone. */
#pragma once

#include "office/staff/staff.h"

#define STAFF_TOTP_BYTES 20

typedef struct staff_row {
    zy_id id; /* 0: nobody */
    char user[64], role[32], state[16];
    uint8_t name[64 + ZY_SEALED_EXTRA], totp[STAFF_TOTP_BYTES + ZY_SEALED_EXTRA]; /* sealed */
    size_t name_n, totp_n;
    uint8_t password[ZY_PASSWORD_RECORD_BYTES];
    int64_t totp_step;
} staff_row;
zy_status staff_insert(zy_tx *tx, const staff_row *row, zy_time now, zy_err *err); /* ZY_ALREADY_EXISTS */
zy_status staff_by_user(zy_rtx *rtx, zy_str user, staff_row *ret_row, zy_err *err);  /* ZY_NOT_FOUND */
zy_status staff_by_id(zy_rtx *rtx, zy_id id, staff_row *ret_row, zy_err *err);       /* ZY_NOT_FOUND */
/* Uses up a code: *ret_taken is false when this step or a later one was used, or the person is not active. */
zy_status staff_take_step(zy_tx *tx, zy_id staff, int64_t step, bool *ret_taken, zy_err *err);

typedef struct staff_try {
    int64_t in_a_row;
    zy_time locked_until;
} staff_try;
/* Locks the row on PostgreSQL until the transaction ends; zeroes when it is new. */
zy_status staff_try_read(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_time now, staff_try *ret_try, zy_err *err);
zy_status staff_try_write(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], const staff_try *t, zy_time now, zy_err *err);
/* Rows that nobody has touched since `before`: at most a few a call, so that invented names do not pile up. */
zy_status staff_try_forget(zy_tx *tx, zy_time before, zy_err *err);

typedef struct staff_session_row {
    zy_id id, staff;
    uint8_t digest[ZY_SM3_BYTES];
    zy_time created_at, last_seen;
    zy_str address; /* when written */
} staff_session_row;
zy_status staff_session_insert(zy_tx *tx, const staff_session_row *row, zy_err *err);
/* An active session of somebody active, with the person. ZY_NOT_FOUND. */
zy_status staff_session_by_digest(zy_rtx *rtx, const uint8_t digest[ZY_SM3_BYTES], staff_session_row *ret_session,
                                  staff_row *ret_staff, zy_err *err);
zy_status staff_session_touch(zy_tx *tx, zy_id session, zy_time now, zy_err *err);
zy_status staff_session_end(zy_tx *tx, zy_id session, const char *reason, zy_time now, int64_t *ret_ended, zy_err *err);
/* The session that a later login ends; id 0: none. */
zy_status staff_session_active(zy_rtx *rtx, zy_id staff, zy_id *ret_session, zy_err *err);
