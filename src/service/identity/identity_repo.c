#include "service/identity/identity_repo.h"

#include <string.h>

/* --- customers --- */

static const zy_sql SQL_CUSTOMER_ADD = { "customer.add",
    "INSERT INTO customer (id, state, must_change, created_at) VALUES ($1, $4, $2, $3)", 4, NULL };
static const zy_sql SQL_IDENTITY_ADD = { "customer.identity_add",
    "INSERT INTO customer_identity (customer, name, phone, id_no, customer_no, alias, id_no_index)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)", 7, NULL };
static const zy_sql SQL_NAME_ADD = { "login_name.add",
    "INSERT INTO login_name (name_index, customer, kind) VALUES ($1, $2, $3) ON CONFLICT (name_index) DO NOTHING", 3, NULL };
static const zy_sql SQL_CREDENTIAL_ADD = { "credential.add",
    "INSERT INTO credential (customer, kind, record, changed_at) VALUES ($1, $2, $3, $4)", 4, NULL };

static zy_val cell(zy_str s)
{
    return ZY_B(s.p, s.n);
}

zy_status customer_insert(zy_tx *tx, zy_id id, const char *state, bool must_change, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CUSTOMER_ADD, ZY_ARGS(ZY_I(id.v), ZY_I(must_change), ZY_I(now.ms), ZY_TC(state)), 1,
                          ZY_INTERNAL, err);
}

zy_status customer_identity_insert(zy_tx *tx, zy_id id, const identity_cells *c, const uint8_t id_no_index[ZY_SM3_BYTES],
                                   zy_err *err)
{
    return zy_exec_expect(tx, &SQL_IDENTITY_ADD,
                          ZY_ARGS(ZY_I(id.v), cell(c->name), cell(c->phone), cell(c->id_no), cell(c->customer_no),
                                  cell(c->alias), ZY_B(id_no_index, ZY_SM3_BYTES)),
                          1, ZY_INTERNAL, err);
}

zy_status login_name_insert(zy_tx *tx, zy_id customer, const char *kind, const uint8_t index[ZY_SM3_BYTES], zy_err *err)
{
    return zy_exec_expect(tx, &SQL_NAME_ADD, ZY_ARGS(ZY_B(index, ZY_SM3_BYTES), ZY_I(customer.v), ZY_TC(kind)), 1,
                          ZY_ALREADY_EXISTS, err);
}

zy_status credential_insert(zy_tx *tx, zy_id customer, const char *kind, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                            zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CREDENTIAL_ADD,
                          ZY_ARGS(ZY_I(customer.v), ZY_TC(kind), ZY_B(record, ZY_PASSWORD_RECORD_BYTES), ZY_I(now.ms)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_IDENTITY_FIND = { "customer.identity",
    "SELECT name, phone, id_no, customer_no, alias FROM customer_identity WHERE customer = $1", 1, NULL };

zy_status customer_identity_find(zy_rtx *rtx, zy_id customer, zy_stmt **ret_stmt, identity_cells *c, zy_err *err)
{
    ZY_TRY(zy_query_one(rtx, &SQL_IDENTITY_FIND, ZY_ARGS(ZY_I(customer.v)), ret_stmt, err));
    zy_str *const cells[] = { &c->name, &c->phone, &c->id_no, &c->customer_no, &c->alias };
    for (int i = 0; i < (int)ZY_COUNT(cells); i++)
        *cells[i] = zy_col_blob(*ret_stmt, i);
    return ZY_OK;
}

static const zy_sql SQL_NAME_FIND = { "login_name.find", "SELECT customer FROM login_name WHERE name_index = $1", 1, NULL };
static const zy_sql SQL_ID_NO_FIND = { "customer.by_id_no",
    "SELECT customer FROM customer_identity WHERE id_no_index = $1", 1, NULL };

static zy_status find_by_index(zy_rtx *rtx, const zy_sql *sql, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_customer,
                               zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, sql, ZY_ARGS(ZY_B(index, ZY_SM3_BYTES)), &stmt, err));
    *ret_customer = zy_col_id(stmt, 0);
    return ZY_OK;
}

zy_status login_name_find(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_customer, zy_err *err)
{
    return find_by_index(rtx, &SQL_NAME_FIND, index, ret_customer, err);
}

zy_status id_no_find(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_customer, zy_err *err)
{
    return find_by_index(rtx, &SQL_ID_NO_FIND, index, ret_customer, err);
}

/* Copies a column of a fixed length; false when the row holds another. */
static bool copy_exact(zy_str from, void *out, size_t n)
{
    if (from.n != n)
        return false;
    memcpy(out, from.p, n);
    return true;
}

static const zy_sql SQL_NAMES = { "login_name.of",
    "SELECT name_index FROM login_name WHERE customer = $1 ORDER BY name_index LIMIT $2", 2, NULL };

zy_status login_names(zy_rtx *rtx, zy_id customer, uint8_t ret_names[LOGIN_NAMES_MAX][ZY_SM3_BYTES], int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_NAMES, ZY_ARGS(ZY_I(customer.v), ZY_I(LOGIN_NAMES_MAX)), &rows, err));
    int count = 0;
    for (bool more = true;; count++) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        if (!copy_exact(zy_col_blob(rows, 0), ret_names[count], ZY_SM3_BYTES))
            return zy_fail(err, ZY_INTERNAL, NULL, "a name index of another length");
    }
    *ret_count = count;
    return ZY_OK;
}

static const zy_sql SQL_LOOK_UP = { "login.look_up",
    "SELECT c.id, c.state, k.record, k.until_at FROM login_name n JOIN customer c ON c.id = n.customer"
    " JOIN credential k ON k.customer = c.id AND k.kind = 'login' WHERE n.name_index = $1", 1, NULL };

zy_status login_look_up(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_customer,
                        uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], char ret_state[16], zy_time *ret_until, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LOOK_UP, ZY_ARGS(ZY_B(index, ZY_SM3_BYTES)), &stmt, err));
    if (!copy_exact(zy_col_blob(stmt, 2), ret_record, ZY_PASSWORD_RECORD_BYTES))
        return zy_fail(err, ZY_INTERNAL, NULL, "a password record of another length");
    *ret_customer = zy_col_id(stmt, 0);
    *ret_until = zy_col_time(stmt, 3);
    return zy_str_copy(zy_col_text(stmt, 1), ret_state, 16);
}

#define CUSTOMER_LOCK "SELECT id FROM customer WHERE id = $1"
static const zy_sql SQL_CUSTOMER_LOCK = { "customer.lock", CUSTOMER_LOCK, 1, CUSTOMER_LOCK " FOR UPDATE" };

zy_status customer_lock(zy_tx *tx, zy_id customer, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    return zy_query_one(zy_tx_read(tx), &SQL_CUSTOMER_LOCK, ZY_ARGS(ZY_I(customer.v)), &stmt, err);
}

static const zy_sql SQL_CREDENTIAL_FIND = { "credential.find",
    "SELECT k.record, c.state FROM credential k JOIN customer c ON c.id = k.customer WHERE k.customer = $1 AND k.kind = $2", 2,
    NULL };

zy_status credential_find(zy_rtx *rtx, zy_id customer, const char *kind, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES],
                          char ret_state[16], zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_CREDENTIAL_FIND, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind)), &stmt, err));
    if (!copy_exact(zy_col_blob(stmt, 0), ret_record, ZY_PASSWORD_RECORD_BYTES))
        return zy_fail(err, ZY_INTERNAL, NULL, "a password record of another length");
    return zy_str_copy(zy_col_text(stmt, 1), ret_state, 16);
}

static const zy_sql SQL_CUSTOMER_PAGE = { "customer.page",
    "SELECT id, state, created_at, scope FROM customer WHERE id < $1 ORDER BY id DESC LIMIT $2", 2, NULL };
static const zy_sql SQL_CUSTOMER_ONE = { "customer.one", "SELECT id, state, created_at, scope FROM customer WHERE id = $1", 1, NULL };

zy_status customer_page(zy_rtx *rtx, zy_id only, zy_id before, int limit, zy_stmt **ret_rows, zy_err *err)
{
    if (only.v != 0)
        return zy_query(rtx, &SQL_CUSTOMER_ONE, ZY_ARGS(ZY_I(only.v)), ret_rows, err);
    return zy_query(rtx, &SQL_CUSTOMER_PAGE, ZY_ARGS(ZY_I(before.v != 0 ? before.v : INT64_MAX), ZY_I(limit)), ret_rows, err);
}

static const zy_sql SQL_CUSTOMER_COUNT = { "customer.count", "SELECT count(*) FROM customer", 0, NULL };

static zy_status read_count(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int arg_count, int64_t *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, sql, args, arg_count, &stmt, err));
    *ret_count = zy_col_int(stmt, 0);
    return ZY_OK;
}

zy_status customer_count(zy_rtx *rtx, int64_t *ret_count, zy_err *err)
{
    return read_count(rtx, &SQL_CUSTOMER_COUNT, ZY_NO_ARGS, ret_count, err);
}

static const zy_sql SQL_LOGIN_COUNT = { "login.count",
    "SELECT count(*) FROM login_session WHERE id >= $1 AND login_at >= $2", 2, NULL };

zy_status login_count(zy_rtx *rtx, zy_time since, int64_t *ret_count, zy_err *err)
{
    zy_time begun = { since.ms - ZY_MINUTES(15).ms }; /* a login has its id from when it was begun */
    return read_count(rtx, &SQL_LOGIN_COUNT, ZY_ARGS(ZY_I(zy_id_floor(begun).v), ZY_I(since.ms)), ret_count, err);
}

static const zy_sql SQL_FROZEN = { "customer.frozen", "SELECT count(*) FROM customer WHERE id = $1 AND state = 'frozen'", 1, NULL };
static const zy_sql SQL_THAW = { "customer.thaw", "UPDATE customer SET state = 'active' WHERE id = $1 AND state = 'frozen'", 1, NULL };

zy_status customer_is_frozen(zy_rtx *rtx, zy_id customer, bool *ret_frozen, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FROZEN, ZY_ARGS(ZY_I(customer.v)), &row, err));
    *ret_frozen = zy_col_int(row, 0) > 0;
    return ZY_OK;
}

zy_status customer_thaw(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec(tx, &SQL_THAW, ZY_ARGS(ZY_I(customer.v)), NULL, err);
}

/* --- tries --- */

#define TRY_SELECT "SELECT in_a_row, day, in_day, locked_until, blocked FROM try_counter WHERE who = $1"
static const zy_sql SQL_TRY_READ = { "try.read", TRY_SELECT, 1, TRY_SELECT " FOR UPDATE" };
static const zy_sql SQL_TRY_PEEK = { "try.peek", TRY_SELECT, 1, NULL };
static const zy_sql SQL_TRY_MAKE = { "try.make",
    "INSERT INTO try_counter (who, in_a_row, day, in_day, locked_until, blocked, changed_at)"
    " VALUES ($1, 0, 0, 0, 0, 0, $2) ON CONFLICT (who) DO NOTHING", 2, NULL };
static const zy_sql SQL_TRY_WRITE = { "try.write",
    "UPDATE try_counter SET in_a_row = $2, day = $3, in_day = $4, locked_until = $5, blocked = $6, changed_at = $7"
    " WHERE who = $1", 7, NULL };
static const zy_sql SQL_TRY_DELETE = { "try.delete", "DELETE FROM try_counter WHERE who = $1", 1, NULL };
/* A block stays until somebody lifts it, also one of a name that is nobody's: its end would tell. */
static const zy_sql SQL_TRY_EXPIRE = { "try.expire",
    "DELETE FROM try_counter WHERE who IN"
    " (SELECT who FROM try_counter WHERE blocked = 0 AND changed_at < $1 ORDER BY changed_at LIMIT $2)", 2, NULL };

static zy_status read_try(zy_rtx *rtx, const zy_sql *sql, const uint8_t who[ZY_SM3_BYTES], try_row *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    *r = (try_row){ 0 };
    zy_status status = zy_query_one(rtx, sql, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES)), &stmt, err);
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    ZY_TRY(status);
    *r = (try_row){ .in_a_row = zy_col_int(stmt, 0), .day = { (int32_t)zy_col_int(stmt, 1) }, .in_day = zy_col_int(stmt, 2),
                    .locked_until = zy_col_time(stmt, 3), .blocked = zy_col_int(stmt, 4) != 0 };
    return ZY_OK;
}

zy_status try_read(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], try_row *ret_row, zy_err *err)
{
    ZY_TRY(zy_exec(tx, &SQL_TRY_MAKE, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES), ZY_I(0)), NULL, err));
    return read_try(zy_tx_read(tx), &SQL_TRY_READ, who, ret_row, err);
}

zy_status try_peek(zy_rtx *rtx, const uint8_t who[ZY_SM3_BYTES], try_row *ret_row, zy_err *err)
{
    return read_try(rtx, &SQL_TRY_PEEK, who, ret_row, err);
}

zy_status try_write(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], const try_row *r, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_TRY_WRITE,
                          ZY_ARGS(ZY_B(who, ZY_SM3_BYTES), ZY_I(r->in_a_row), ZY_I(r->day.days), ZY_I(r->in_day),
                                  ZY_I(r->locked_until.ms), ZY_I(r->blocked), ZY_I(now.ms)),
                          1, ZY_INTERNAL, err);
}

zy_status try_delete(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_err *err)
{
    return zy_exec(tx, &SQL_TRY_DELETE, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES)), NULL, err);
}

zy_status try_expire(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_TRY_EXPIRE, ZY_ARGS(ZY_I(older_than.ms), ZY_I(max)), ret_dropped, err);
}

/* --- devices --- */

static const zy_sql SQL_DEVICE_FIND = { "device.find", "SELECT id FROM device WHERE customer = $1 AND device_id = $2", 2, NULL };
static const zy_sql SQL_DEVICE_ADD = { "device.add",
    "INSERT INTO device (id, customer, device_id, public_key, name, os, fingerprint, state, first_at, last_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, 'new', $8, $8) ON CONFLICT (customer, device_id) DO NOTHING", 8, NULL };
static const zy_sql SQL_DEVICE_SEEN = { "device.seen", "UPDATE device SET last_at = $2 WHERE id = $1", 2, NULL };
static const zy_sql SQL_DEVICE_NAME = { "device.name", "SELECT name FROM device WHERE id = $1", 1, NULL };

zy_status device_ensure(zy_tx *tx, const device_row *r, zy_time now, zy_id *ret_device, bool *ret_known, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    zy_status status = zy_query_one(zy_tx_read(tx), &SQL_DEVICE_FIND, ZY_ARGS(ZY_I(r->customer.v), ZY_TC(r->device_id)), &stmt,
                                    err);
    if (status == ZY_OK) { /* the sealed name is bound to the first row's id and stays as it was */
        *ret_device = zy_col_id(stmt, 0);
        *ret_known = true;
        return zy_exec_expect(tx, &SQL_DEVICE_SEEN, ZY_ARGS(ZY_I(ret_device->v), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
    }
    if (status != ZY_NOT_FOUND)
        return status;
    *ret_device = r->id;
    *ret_known = false;
    return zy_exec_expect(tx, &SQL_DEVICE_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->customer.v), ZY_TC(r->device_id),
                                  ZY_B(r->public_key, ZY_SM2_PUB_BYTES), cell(r->name), ZY_T(r->os),
                                  ZY_B(r->fingerprint, ZY_SM3_BYTES), ZY_I(now.ms)),
                          1, ZY_DB_CONFLICT, err);
}

static const zy_sql SQL_DEVICES_BOUND = { "device.all_bound",
    "SELECT device_id FROM device WHERE customer = $1 AND state = 'bound' ORDER BY id LIMIT $2", 2, NULL };

zy_status devices_bound(zy_rtx *rtx, zy_id customer, char ret_ids[DEVICES_BOUND_MAX][ZY_DEVICE_ID_MAX], int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query(rtx, &SQL_DEVICES_BOUND, ZY_ARGS(ZY_I(customer.v), ZY_I(DEVICES_BOUND_MAX)), &stmt, err));
    for (*ret_count = 0;; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(stmt, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(zy_str_copy(zy_col_text(stmt, 0), ret_ids[*ret_count], ZY_DEVICE_ID_MAX));
    }
}

zy_status device_name_find(zy_rtx *rtx, zy_id device, zy_stmt **ret_stmt, zy_str *ret_sealed, zy_err *err)
{
    ZY_TRY(zy_query_one(rtx, &SQL_DEVICE_NAME, ZY_ARGS(ZY_I(device.v)), ret_stmt, err));
    *ret_sealed = zy_col_blob(*ret_stmt, 0);
    return ZY_OK;
}

/* --- login sessions --- */

static const zy_sql SQL_LOGIN_ADD = { "login.add",
    "INSERT INTO login_session (id, login_id, customer, device, state, session_digest, k_res, created_at, login_at, last_seen,"
    " previous_login_at, previous_device, ended_at, ended_reason, factors_needed, environment, address)"
    " VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, 0, $7, $8, $9, 0, '', $10, $11, $12)", 12, NULL };

zy_status login_insert(zy_tx *tx, const login_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LOGIN_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->login_id), ZY_I(r->customer.v), ZY_I(r->device.v),
                                  ZY_B(r->session_digest, ZY_SM3_BYTES), ZY_B("", 0), ZY_I(r->created_at.ms),
                                  ZY_I(r->previous_login_at.ms), ZY_I(r->previous_device.v), ZY_I(r->factors_needed),
                                  ZY_I(r->environment), ZY_TC(r->address)),
                          1, ZY_INTERNAL, err);
}

#define LOGIN_SELECT                                                                                                 \
    "SELECT l.id, l.login_id, l.customer, l.device, l.state, l.session_digest, l.k_res, l.created_at, l.login_at,"       \
    " l.last_seen, l.previous_login_at, l.previous_device, d.device_id, d.public_key, d.state, c.state, c.must_change,"  \
    " l.factors_needed, l.factors_done, l.environment, l.background_at, d.fingerprint"                                   \
    " FROM login_session l JOIN device d ON d.id = l.device JOIN customer c ON c.id = l.customer"
static const zy_sql SQL_LOGIN_BY_ID = { "login.by_id", LOGIN_SELECT " WHERE l.login_id = $1", 1, NULL };
static const zy_sql SQL_LOGIN_BY_SESSION = { "login.by_session",
    LOGIN_SELECT " WHERE l.session_digest = $1 AND l.state = 'active'", 1, NULL };
static const zy_sql SQL_LOGIN_ACTIVE = { "login.active",
    LOGIN_SELECT " WHERE l.customer = $1 AND l.state = 'active'", 1, NULL };

static zy_status copy_some(zy_str from, uint8_t *out, size_t size, size_t *ret_n)
{
    if (from.n > size)
        return ZY_INTERNAL;
    if (from.n > 0)
        memcpy(out, from.p, from.n);
    *ret_n = from.n;
    return ZY_OK;
}

static zy_status read_login(const zy_stmt *s, login_row *r, zy_err *err)
{
    *r = (login_row){ .id = zy_col_id(s, 0), .customer = zy_col_id(s, 2), .device = zy_col_id(s, 3),
                      .created_at = zy_col_time(s, 7), .login_at = zy_col_time(s, 8), .last_seen = zy_col_time(s, 9),
                      .previous_login_at = zy_col_time(s, 10), .previous_device = zy_col_id(s, 11),
                      .must_change = zy_col_int(s, 16) != 0, .factors_needed = (unsigned)zy_col_int(s, 17),
                      .factors_done = (unsigned)zy_col_int(s, 18), .environment = zy_col_int(s, 19),
                      .background_at = zy_col_time(s, 20) };
    ZY_TRY(zy_str_copy(zy_col_text(s, 1), r->login_id, sizeof r->login_id));
    ZY_TRY(zy_str_copy(zy_col_text(s, 4), r->state, sizeof r->state));
    ZY_TRY(zy_str_copy(zy_col_text(s, 12), r->device_id, sizeof r->device_id));
    ZY_TRY(zy_str_copy(zy_col_text(s, 14), r->device_state, sizeof r->device_state));
    ZY_TRY(zy_str_copy(zy_col_text(s, 15), r->customer_state, sizeof r->customer_state));
    ZY_TRY(copy_some(zy_col_blob(s, 6), r->k_res, sizeof r->k_res, &r->k_res_n));
    if (!copy_exact(zy_col_blob(s, 5), r->session_digest, ZY_SM3_BYTES) ||
        !copy_exact(zy_col_blob(s, 21), r->fingerprint, ZY_SM3_BYTES) ||
        !copy_exact(zy_col_blob(s, 13), r->public_key, ZY_SM2_PUB_BYTES))
        return zy_fail(err, ZY_INTERNAL, NULL, "a login row of another shape");
    return ZY_OK;
}

zy_status login_by_id(zy_rtx *rtx, zy_str login_id, login_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LOGIN_BY_ID, ZY_ARGS(ZY_T(login_id)), &stmt, err));
    return read_login(stmt, ret_row, err);
}

zy_status login_by_session(zy_rtx *rtx, const uint8_t digest[ZY_SM3_BYTES], login_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LOGIN_BY_SESSION, ZY_ARGS(ZY_B(digest, ZY_SM3_BYTES)), &stmt, err));
    return read_login(stmt, ret_row, err);
}

zy_status login_active(zy_rtx *rtx, zy_id customer, login_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LOGIN_ACTIVE, ZY_ARGS(ZY_I(customer.v)), &stmt, err));
    return read_login(stmt, ret_row, err);
}

static const zy_sql SQL_LOGIN_ACTIVATE = { "login.activate",
    "UPDATE login_session SET state = 'active', session_digest = $2, k_res = $3, login_at = $4, last_seen = $4"
    " WHERE id = $1 AND state = 'pending'", 4, NULL };

zy_status login_activate(zy_tx *tx, const login_row *r, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LOGIN_ACTIVATE,
                          ZY_ARGS(ZY_I(r->id.v), ZY_B(r->session_digest, ZY_SM3_BYTES), ZY_B(r->k_res, r->k_res_n),
                                  ZY_I(now.ms)),
                          1, ZY_LOGIN_REQUIRED, err);
}

static const zy_sql SQL_LOGIN_FACTOR = { "login.factor_done",
    "UPDATE login_session SET factors_done = factors_done + $3 WHERE id = $1 AND state = 'pending' AND factors_done = $2", 3, NULL };

zy_status login_factor_done(zy_tx *tx, const login_row *r, unsigned bit, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LOGIN_FACTOR, ZY_ARGS(ZY_I(r->id.v), ZY_I(r->factors_done), ZY_I(bit)), 1,
                          ZY_LOGIN_REQUIRED, err);
}

static const zy_sql SQL_LOGIN_MOVE = { "login.move",
    "UPDATE login_session SET session_digest = $3, k_res = $4, last_seen = $5, environment = $6, background_at = 0"
    " WHERE id = $1 AND state = 'active' AND session_digest = $2", 6, NULL };

zy_status login_move(zy_tx *tx, zy_id login, const uint8_t from[ZY_SM3_BYTES], const uint8_t to[ZY_SM3_BYTES], zy_str k_res,
                     int64_t environment, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LOGIN_MOVE,
                          ZY_ARGS(ZY_I(login.v), ZY_B(from, ZY_SM3_BYTES), ZY_B(to, ZY_SM3_BYTES), cell(k_res),
                                  ZY_I(now.ms), ZY_I(environment)),
                          1, ZY_LOGIN_REQUIRED, err);
}

static const zy_sql SQL_LOGIN_END = { "login.end",
    "UPDATE login_session SET state = 'ended', ended_at = $3, ended_reason = $2, k_res = $4 WHERE id = $1 AND state = 'active'",
    4, NULL };
static const zy_sql SQL_LOGIN_EXPIRE = { "login.expire_pending",
    "DELETE FROM login_session WHERE id IN"
    " (SELECT id FROM login_session WHERE state = 'pending' AND created_at < $1 ORDER BY created_at LIMIT $2)", 2, NULL };

zy_status login_end(zy_tx *tx, zy_id login, const char *reason, zy_time now, int64_t *ret_ended, zy_err *err)
{
    return zy_exec(tx, &SQL_LOGIN_END, ZY_ARGS(ZY_I(login.v), ZY_TC(reason), ZY_I(now.ms), ZY_B("", 0)), ret_ended, err);
}

zy_status login_expire_pending(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_LOGIN_EXPIRE, ZY_ARGS(ZY_I(older_than.ms), ZY_I(max)), ret_dropped, err);
}

static const zy_sql SQL_LOGIN_TOUCH = { "login.touch",
    "UPDATE login_session SET last_seen = $2 WHERE id = $1 AND state = 'active' AND last_seen < $2", 2, NULL };

zy_status login_touch(zy_tx *tx, zy_id login, zy_time last_seen, zy_err *err)
{
    return zy_exec(tx, &SQL_LOGIN_TOUCH, ZY_ARGS(ZY_I(login.v), ZY_I(last_seen.ms)), NULL, err);
}

static const zy_sql SQL_LOGIN_PREVIOUS = { "login.previous",
    "SELECT login_at, device FROM login_session WHERE customer = $1 AND login_at > 0 ORDER BY id DESC LIMIT 1", 1, NULL };

zy_status login_previous(zy_rtx *rtx, zy_id customer, zy_time *ret_at, zy_id *ret_device, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LOGIN_PREVIOUS, ZY_ARGS(ZY_I(customer.v)), &stmt, err));
    *ret_at = zy_col_time(stmt, 0);
    *ret_device = zy_col_id(stmt, 1);
    return ZY_OK;
}
