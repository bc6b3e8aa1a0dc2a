#include "service/identity/device_repo.h"

#include <string.h>

static zy_status read_digest(zy_str from, uint8_t out[ZY_SM3_BYTES], zy_err *err)
{
    if (from.n != ZY_SM3_BYTES)
        return zy_fail(err, ZY_INTERNAL, NULL, "a fingerprint of another length");
    memcpy(out, from.p, ZY_SM3_BYTES);
    return ZY_OK;
}

static const zy_sql SQL_FIND = { "device.seen_before",
    "SELECT id, state, fingerprint FROM device WHERE customer = $1 AND device_id = $2", 2, NULL };

zy_status device_find(zy_rtx *rtx, zy_id customer, const char *device_id, device_seen *d, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FIND, ZY_ARGS(ZY_I(customer.v), ZY_TC(device_id)), &row, err));
    d->id = zy_col_id(row, 0);
    ZY_TRY(zy_str_copy(zy_col_text(row, 1), d->state, sizeof d->state));
    return read_digest(zy_col_blob(row, 2), d->fingerprint, err);
}

static const zy_sql SQL_FIND_BOUND = { "device.find_bound",
    "SELECT d.id, d.customer, d.fingerprint, c.state, coalesce(g.wrong < $2, FALSE) FROM device d JOIN customer c ON c.id = d.customer"
    " LEFT JOIN device_gesture g ON g.device = d.id WHERE d.device_id = $1 AND d.state = 'bound'", 2,
    "SELECT d.id, d.customer, d.fingerprint, c.state, CAST(coalesce(g.wrong < $2, FALSE) AS INTEGER) FROM device d"
    " JOIN customer c ON c.id = d.customer LEFT JOIN device_gesture g ON g.device = d.id"
    " WHERE d.device_id = $1 AND d.state = 'bound'" };

zy_status device_find_bound(zy_rtx *rtx, const char *device_id, int64_t wrong_max, device_bound *d, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FIND_BOUND, ZY_ARGS(ZY_TC(device_id), ZY_I(wrong_max)), &row, err));
    *d = (device_bound){ .id = zy_col_id(row, 0), .customer = zy_col_id(row, 1), .has_gesture = zy_col_int(row, 4) != 0 };
    ZY_TRY(zy_str_copy(zy_col_text(row, 3), d->customer_state, sizeof d->customer_state));
    return read_digest(zy_col_blob(row, 2), d->fingerprint, err);
}

static const zy_sql SQL_PAGE = { "device.page",
    "SELECT d.id, d.state, d.name, d.os, d.first_at, d.last_at, d.bound_at, coalesce(g.device, 0) FROM device d"
    " LEFT JOIN device_gesture g ON g.device = d.id WHERE d.customer = $1 ORDER BY d.last_at DESC, d.id DESC LIMIT $2", 2, NULL };

zy_status device_page(zy_rtx *rtx, zy_id customer, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(limit)), ret_rows, err);
}

static const zy_sql SQL_STATE = { "device.state", "SELECT state FROM device WHERE id = $1 AND customer = $2", 2, NULL };

zy_status device_state_find(zy_rtx *rtx, zy_id customer, zy_id device, char ret_state[16], zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_STATE, ZY_ARGS(ZY_I(device.v), ZY_I(customer.v)), &row, err));
    return zy_str_copy(zy_col_text(row, 0), ret_state, 16);
}

static const zy_sql SQL_BOUND_COUNT = { "device.bound_count",
    "SELECT count(*), coalesce((SELECT id FROM device WHERE customer = $1 AND state = 'bound' ORDER BY bound_at, id LIMIT 1), 0)"
    " FROM device WHERE customer = $1 AND state = 'bound'", 1, NULL };

zy_status device_bound_count(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_id *ret_oldest, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BOUND_COUNT, ZY_ARGS(ZY_I(customer.v)), &row, err));
    *ret_count = zy_col_int(row, 0);
    *ret_oldest = zy_col_id(row, 1);
    return ZY_OK;
}

static const zy_sql SQL_RENAME = { "device.rename", "UPDATE device SET name = $3 WHERE id = $1 AND customer = $2", 3, NULL };

zy_status device_rename(zy_tx *tx, zy_id customer, zy_id device, zy_str name, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RENAME, ZY_ARGS(ZY_I(device.v), ZY_I(customer.v), ZY_B(name.p, name.n)), 1, ZY_NOT_FOUND, err);
}

/* A second binding of the same device is looked for here; the unique index holds against one at the same moment. */
static const zy_sql SQL_SET_STATE = { "device.set_state",
    "UPDATE device SET state = $3, bound_at = $4 WHERE id = $1 AND state = $2 AND NOT EXISTS (SELECT 1 FROM device o"
    " WHERE $3 = 'bound' AND o.device_id = device.device_id AND o.state = 'bound')", 4, NULL };

zy_status device_set_state(zy_tx *tx, zy_id device, const char *from, const char *to, zy_time bound_at, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_SET_STATE, ZY_ARGS(ZY_I(device.v), ZY_TC(from), ZY_TC(to), ZY_I(bound_at.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_SET_FINGERPRINT = { "device.set_fingerprint", "UPDATE device SET fingerprint = $2 WHERE id = $1", 2, NULL };

zy_status device_set_fingerprint(zy_tx *tx, zy_id device, const uint8_t fingerprint[ZY_SM3_BYTES], zy_err *err)
{
    return zy_exec_expect(tx, &SQL_SET_FINGERPRINT, ZY_ARGS(ZY_I(device.v), ZY_B(fingerprint, ZY_SM3_BYTES)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_UNBIND_ALL = { "device.unbind_all",
    "UPDATE device SET state = $2, bound_at = 0 WHERE customer = $1 AND state = 'bound'", 2, NULL };

zy_status device_unbind_all(zy_tx *tx, zy_id customer, const char *to, int64_t *ret_count, zy_err *err)
{
    return zy_exec(tx, &SQL_UNBIND_ALL, ZY_ARGS(ZY_I(customer.v), ZY_TC(to)), ret_count, err);
}

/* --- gestures --- */

static const zy_sql SQL_GESTURE_PUT = { "gesture.put",
    "INSERT INTO device_gesture (device, record, wrong, set_at) VALUES ($1, $2, 0, $3)"
    " ON CONFLICT (device) DO UPDATE SET record = excluded.record, wrong = 0, set_at = excluded.set_at", 3, NULL };
static const zy_sql SQL_GESTURE_DROP = { "gesture.drop", "DELETE FROM device_gesture WHERE device = $1", 1, NULL };
static const zy_sql SQL_GESTURE_DROP_ALL = { "gesture.drop_all",
    "DELETE FROM device_gesture WHERE device IN (SELECT id FROM device WHERE customer = $1)", 1, NULL };
static const zy_sql SQL_GESTURE_FIND = { "gesture.find", "SELECT record FROM device_gesture WHERE device = $1", 1, NULL };
static const zy_sql SQL_GESTURE_TRY = { "gesture.try",
    "UPDATE device_gesture SET wrong = wrong + 1 WHERE device = $1 AND wrong < $2", 2, NULL };
static const zy_sql SQL_GESTURE_WRONG = { "gesture.wrong", "SELECT wrong FROM device_gesture WHERE device = $1", 1, NULL };
static const zy_sql SQL_GESTURE_FORGIVE = { "gesture.forgive", "UPDATE device_gesture SET wrong = 0 WHERE device = $1", 1, NULL };

zy_status gesture_put(zy_tx *tx, zy_id device, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_GESTURE_PUT,
                          ZY_ARGS(ZY_I(device.v), ZY_B(record, ZY_PASSWORD_RECORD_BYTES), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}

zy_status gesture_drop(zy_tx *tx, zy_id device, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_GESTURE_DROP, ZY_ARGS(ZY_I(device.v)), ret_dropped, err);
}

zy_status gesture_drop_all(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec(tx, &SQL_GESTURE_DROP_ALL, ZY_ARGS(ZY_I(customer.v)), NULL, err);
}

zy_status gesture_find(zy_rtx *rtx, zy_id device, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_GESTURE_FIND, ZY_ARGS(ZY_I(device.v)), &row, err));
    zy_str record = zy_col_blob(row, 0);
    if (record.n != ZY_PASSWORD_RECORD_BYTES)
        return zy_fail(err, ZY_INTERNAL, NULL, "a gesture of another shape");
    memcpy(ret_record, record.p, record.n);
    return ZY_OK;
}

/* The UPDATE holds the row until the transaction ends, so what is read then is this try's own number. */
zy_status gesture_take_try(zy_tx *tx, zy_id device, int64_t wrong_max, int64_t *ret_taken, zy_err *err)
{
    int64_t changed = 0;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    *ret_taken = 0;
    ZY_TRY(zy_exec(tx, &SQL_GESTURE_TRY, ZY_ARGS(ZY_I(device.v), ZY_I(wrong_max)), &changed, err));
    if (changed == 0)
        return ZY_OK;
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_GESTURE_WRONG, ZY_ARGS(ZY_I(device.v)), &row, err));
    *ret_taken = zy_col_int(row, 0);
    return ZY_OK;
}

zy_status gesture_forgive(zy_tx *tx, zy_id device, zy_err *err)
{
    return zy_exec(tx, &SQL_GESTURE_FORGIVE, ZY_ARGS(ZY_I(device.v)), NULL, err);
}

/* --- logins --- */

static const zy_sql SQL_LOGIN_PAGE = { "login.page",
    "SELECT l.id, l.state, l.login_at, l.ended_at, l.ended_reason, l.address, l.device, d.name, d.os, l.factors_needed"
    " FROM login_session l JOIN device d ON d.id = l.device WHERE l.customer = $1 AND l.login_at > 0 ORDER BY l.id DESC LIMIT $2", 2,
    NULL };

zy_status login_page(zy_rtx *rtx, zy_id customer, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_LOGIN_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(limit)), ret_rows, err);
}

static const zy_sql SQL_LOGIN_DROP_PENDING = { "login.drop_pending",
    "DELETE FROM login_session WHERE customer = $1 AND state = 'pending'", 1, NULL };

zy_status login_drop_pending(zy_tx *tx, zy_id customer, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_LOGIN_DROP_PENDING, ZY_ARGS(ZY_I(customer.v)), ret_dropped, err);
}

static const zy_sql SQL_LOGIN_BACKGROUND = { "login.background",
    "UPDATE login_session SET background_at = $2 WHERE id = $1 AND state = 'active'", 2, NULL };

zy_status login_set_background(zy_tx *tx, zy_id login, zy_time at, zy_err *err)
{
    return zy_exec(tx, &SQL_LOGIN_BACKGROUND, ZY_ARGS(ZY_I(login.v), ZY_I(at.ms)), NULL, err);
}

static const zy_sql SQL_CUSTOMER_STATE = { "customer.set_state", "UPDATE customer SET state = $3 WHERE id = $1 AND state = $2", 3, NULL };

zy_status customer_set_state(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CUSTOMER_STATE, ZY_ARGS(ZY_I(customer.v), ZY_TC(from), ZY_TC(to)), 1, ZY_STATE_CONFLICT, err);
}
