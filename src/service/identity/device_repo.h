/* The statements of devices, their gestures and lists of logins; used by src/service/identity alone. */
#pragma once

#include "service/identity/identity_repo.h"

typedef struct device_seen {      /* as a login finds it */
    zy_id id;
    char state[16];
    uint8_t fingerprint[ZY_SM3_BYTES];
} device_seen;
/* ZY_NOT_FOUND. */
zy_status device_find(zy_rtx *rtx, zy_id customer, const char *device_id, device_seen *ret_device, zy_err *err);
/* Whose bound device that is, with its gesture's record when one is set and on. ZY_NOT_FOUND. */
typedef struct device_bound {
    zy_id id, customer;
    uint8_t fingerprint[ZY_SM3_BYTES];
    char customer_state[16];
    bool has_gesture;
} device_bound;
zy_status device_find_bound(zy_rtx *rtx, const char *device_id, int64_t wrong_max, device_bound *ret_device, zy_err *err);

/* id, state, name (sealed), os, first_at, last_at, bound_at, has gesture; those seen last first. */
zy_status device_page(zy_rtx *rtx, zy_id customer, int limit, zy_stmt **ret_rows, zy_err *err);
/* Of that customer. ZY_NOT_FOUND. */
zy_status device_state_find(zy_rtx *rtx, zy_id customer, zy_id device, char ret_state[16], zy_err *err);
/* How many are bound, and the one that was bound first (0: none). */
zy_status device_bound_count(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_id *ret_oldest, zy_err *err);
zy_status device_rename(zy_tx *tx, zy_id customer, zy_id device, zy_str name_sealed, zy_err *err);
/* Compare and set; bound_at: 0 unless it becomes bound. ZY_STATE_CONFLICT when it is not `from`; also when `to` is bound and it
 * is another customer's. */
zy_status device_set_state(zy_tx *tx, zy_id device, const char *from, const char *to, zy_time bound_at, zy_err *err);
zy_status device_set_fingerprint(zy_tx *tx, zy_id device, const uint8_t fingerprint[ZY_SM3_BYTES], zy_err *err);
/* All bound ones of the customer become `to`. */
zy_status device_unbind_all(zy_tx *tx, zy_id customer, const char *to, int64_t *ret_count, zy_err *err);

/* --- gestures --- */
zy_status gesture_put(zy_tx *tx, zy_id device, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_time now, zy_err *err);
zy_status gesture_drop(zy_tx *tx, zy_id device, int64_t *ret_dropped, zy_err *err);
zy_status gesture_drop_all(zy_tx *tx, zy_id customer, zy_err *err);
zy_status gesture_find(zy_rtx *rtx, zy_id device, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err);
/* Takes one of the tries; *ret_taken: which, 0 when it is off. */
zy_status gesture_take_try(zy_tx *tx, zy_id device, int64_t wrong_max, int64_t *ret_taken, zy_err *err);
zy_status gesture_forgive(zy_tx *tx, zy_id device, zy_err *err);

/* --- logins --- */
/* id, state, login_at, ended_at, ended_reason, address, device, device name (sealed), os, factors; newest first, finished ones. */
zy_status login_page(zy_rtx *rtx, zy_id customer, int limit, zy_stmt **ret_rows, zy_err *err);
/* Takes back what others have begun and not finished. */
zy_status login_drop_pending(zy_tx *tx, zy_id customer, int64_t *ret_dropped, zy_err *err);
/* at: 0 when it is back. */
zy_status login_set_background(zy_tx *tx, zy_id login, zy_time at, zy_err *err);
zy_status customer_set_state(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err); /* ZY_STATE_CONFLICT */
