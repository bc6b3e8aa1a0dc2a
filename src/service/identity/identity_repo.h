/* The statements of the identity tables; used by src/service/identity alone. */
#pragma once

#include "service/identity/identity.h"

/* --- customers --- */
typedef struct identity_cells { /* sealed */
    zy_str name, phone, id_no, customer_no, alias;
} identity_cells;
zy_status customer_insert(zy_tx *tx, zy_id id, const char *state, bool must_change, zy_time now, zy_err *err);
zy_status customer_identity_insert(zy_tx *tx, zy_id id, const identity_cells *cells, const uint8_t id_no_index[ZY_SM3_BYTES],
                                   zy_err *err);
zy_status login_name_insert(zy_tx *tx, zy_id customer, const char *kind, const uint8_t index[ZY_SM3_BYTES], zy_err *err);
zy_status credential_insert(zy_tx *tx, zy_id customer, const char *kind, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                            zy_time now, zy_err *err);
/* The cells stay valid while *ret_stmt is open. ZY_NOT_FOUND. */
zy_status customer_identity_find(zy_rtx *rtx, zy_id customer, zy_stmt **ret_stmt, identity_cells *ret_cells, zy_err *err);
zy_status login_name_find(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_customer, zy_err *err);
#define LOGIN_NAMES_MAX 8
zy_status login_names(zy_rtx *rtx, zy_id customer, uint8_t ret_names[LOGIN_NAMES_MAX][ZY_SM3_BYTES], int *ret_count, zy_err *err);
/* Who logs in by that name, in one statement whoever it is. ret_until: the end of a temporary password, 0: it is none.
 * ZY_NOT_FOUND. */
zy_status login_look_up(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_customer,
                        uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], char ret_state[16], zy_time *ret_until, zy_err *err);
/* One login at a time: holds the customer's row until the transaction ends. ZY_NOT_FOUND. */
zy_status customer_lock(zy_tx *tx, zy_id customer, zy_err *err);
zy_status id_no_find(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_customer, zy_err *err);
/* state: not NULL, 16 bytes. */
zy_status credential_find(zy_rtx *rtx, zy_id customer, const char *kind, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES],
                          char ret_state[16], zy_err *err);
zy_status customer_page(zy_rtx *rtx, zy_id only, zy_id before, int limit, zy_stmt **ret_rows, zy_err *err); /* id, state, created_at, scope */

/* Frozen by himself (device.lost); customer_thaw: active again if it was. */
zy_status customer_is_frozen(zy_rtx *rtx, zy_id customer, bool *ret_frozen, zy_err *err);
zy_status customer_thaw(zy_tx *tx, zy_id customer, zy_err *err);
zy_status customer_count(zy_rtx *rtx, int64_t *ret_count, zy_err *err);

/* --- tries --- */
typedef struct try_row {
    int64_t in_a_row, in_day;
    zy_day day;
    zy_time locked_until;
    bool blocked;
} try_row;
/* Locks the row on PostgreSQL until the transaction ends; a zero row when there is none. */
zy_status try_read(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], try_row *ret_row, zy_err *err);
zy_status try_peek(zy_rtx *rtx, const uint8_t who[ZY_SM3_BYTES], try_row *ret_row, zy_err *err);
zy_status try_write(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], const try_row *row, zy_time now, zy_err *err);
zy_status try_delete(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_err *err);
/* Drops counters that count nothing any more. */
zy_status try_expire(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err);

/* --- devices --- */
typedef struct device_row {
    zy_id id, customer;
    const char *device_id;
    const uint8_t *public_key;
    zy_str name; /* sealed */
    zy_str os;
    const uint8_t *fingerprint;
} device_row;
/* Adds the device as new unless it is known; *ret_device is its row, *ret_known whether it was there. */
zy_status device_ensure(zy_tx *tx, const device_row *row, zy_time now, zy_id *ret_device, bool *ret_known, zy_err *err);
#define DEVICES_BOUND_MAX 16
zy_status devices_bound(zy_rtx *rtx, zy_id customer, char ret_ids[DEVICES_BOUND_MAX][ZY_DEVICE_ID_MAX], int *ret_count, zy_err *err);
zy_status device_name_find(zy_rtx *rtx, zy_id device, zy_stmt **ret_stmt, zy_str *ret_sealed, zy_err *err);

/* --- login sessions --- */
typedef struct login_row {
    zy_id id, customer, device;
    char login_id[32];
    char state[16], device_id[ZY_DEVICE_ID_MAX], device_state[16], customer_state[16];
    uint8_t public_key[ZY_SM2_PUB_BYTES], session_digest[ZY_SM3_BYTES];
    uint8_t k_res[ZY_SM3_BYTES + ZY_SEALED_EXTRA];
    size_t k_res_n;
    zy_time created_at, login_at, last_seen, previous_login_at, background_at;
    zy_id previous_device;
    bool must_change;
    unsigned factors_needed, factors_done; /* bits of service/factor/factor.h */
    int64_t environment;                   /* bits of environment.h */
    uint8_t fingerprint[ZY_SM3_BYTES];
    char address[ZY_MASK_MAX];             /* masked; written, not read */
} login_row;
zy_status login_count(zy_rtx *rtx, zy_time since, int64_t *ret_count, zy_err *err); /* finished ones */
zy_status login_insert(zy_tx *tx, const login_row *row, zy_err *err);
zy_status login_by_id(zy_rtx *rtx, zy_str login_id, login_row *ret_row, zy_err *err);
/* Active sessions only. */
zy_status login_by_session(zy_rtx *rtx, const uint8_t digest[ZY_SM3_BYTES], login_row *ret_row, zy_err *err);
zy_status login_activate(zy_tx *tx, const login_row *row, zy_time now, zy_err *err); /* pending -> active; ZY_LOGIN_REQUIRED */
/* A factor of a pending login was right; ZY_LOGIN_REQUIRED when it was not its turn. */
zy_status login_factor_done(zy_tx *tx, const login_row *row, unsigned bit, zy_err *err);
/* Moves an active login to another channel; ZY_LOGIN_REQUIRED when it moved or ended meanwhile. */
zy_status login_move(zy_tx *tx, zy_id login, const uint8_t from[ZY_SM3_BYTES], const uint8_t to[ZY_SM3_BYTES], zy_str k_res,
                     int64_t environment, zy_time now, zy_err *err);
zy_status login_end(zy_tx *tx, zy_id login, const char *reason, zy_time now, int64_t *ret_ended, zy_err *err);
/* The customer's one active login; ZY_NOT_FOUND. */
zy_status login_active(zy_rtx *rtx, zy_id customer, login_row *ret_row, zy_err *err);
/* Drops logins that were begun and never finished. */
zy_status login_expire_pending(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err);
zy_status login_touch(zy_tx *tx, zy_id login, zy_time last_seen, zy_err *err);
/* The customer's last finished login; ZY_NOT_FOUND. */
zy_status login_previous(zy_rtx *rtx, zy_id customer, zy_time *ret_at, zy_id *ret_device, zy_err *err);
