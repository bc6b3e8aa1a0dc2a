#include <string.h>

#include "service/token/token_internal.h"

#define COLUMNS                                                                                                         \
    "id, serial, seed, step_s, state, customer, drift, last_step, imported_at, assigned_at, activated_at"

static const zy_sql SQL_ADD = { "token.add",
    "INSERT INTO token (" COLUMNS ", changed_at) VALUES ($1, $2, $3, $4, $5, $6, 0, 0, $7, $8, 0, $7)"
    " ON CONFLICT DO NOTHING", 8, NULL };

zy_status token_insert(zy_tx *tx, const token_row *r, zy_str sealed, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->serial), ZY_B(sealed.p, sealed.n), ZY_I(r->step_s),
                                  ZY_TC(token_state_name(r->state)), ZY_I(r->customer.v), ZY_I(now.ms),
                                  ZY_I(r->customer.v != 0 ? now.ms : 0)),
                          1, ZY_ALREADY_EXISTS, err);
}

zy_status token_row_read(const zy_stmt *s, token_row *ret_row, zy_err *err)
{
    zy_str sealed = zy_col_blob(s, 2);
    token_row r = { .id = zy_col_id(s, 0), .sealed_n = sealed.n, .step_s = zy_col_int(s, 3),
                    .state = token_state_parse(zy_col_text(s, 4)), .customer = zy_col_id(s, 5), .drift = zy_col_int(s, 6),
                    .last_step = zy_col_int(s, 7), .imported_at = zy_col_time(s, 8), .assigned_at = zy_col_time(s, 9),
                    .activated_at = zy_col_time(s, 10) };
    if (sealed.n > sizeof r.sealed || r.state == 0 || r.step_s <= 0)
        return zy_fail(err, ZY_INTERNAL, NULL, "a token's row that is none");
    if (sealed.n > 0)
        memcpy(r.sealed, sealed.p, sealed.n);
    ZY_TRY(zy_str_copy(zy_col_text(s, 1), r.serial, sizeof r.serial));
    *ret_row = r;
    return ZY_OK;
}

static zy_status read_one(zy_rtx *rtx, const zy_sql *sql, zy_val arg, token_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, sql, ZY_ARGS(arg), &stmt, err));
    return token_row_read(stmt, ret_row, err);
}

#define IN_USE "state IN ('inactive', 'active', 'locked')"
static const zy_sql SQL_IN_USE = { "token.in_use", "SELECT " COLUMNS " FROM token WHERE customer = $1 AND " IN_USE, 1, NULL };
static const zy_sql SQL_LOST = { "token.lost",
    "SELECT " COLUMNS " FROM token WHERE customer = $1 AND state = 'lost' ORDER BY id DESC LIMIT 1", 1, NULL };

zy_status token_of_customer(zy_rtx *rtx, zy_id customer, token_row *ret_row, zy_err *err)
{
    zy_status status = read_one(rtx, &SQL_IN_USE, ZY_I(customer.v), ret_row, err);
    return status == ZY_NOT_FOUND ? read_one(rtx, &SQL_LOST, ZY_I(customer.v), ret_row, err) : status;
}

#define SELECT_IN_USE "SELECT " COLUMNS " FROM token WHERE customer = $1 AND " IN_USE
static const zy_sql SQL_IN_USE_LOCK = { "token.in_use_lock", SELECT_IN_USE, 1, SELECT_IN_USE " FOR UPDATE" };

zy_status token_of_customer_lock(zy_tx *tx, zy_id customer, token_row *ret_row, zy_err *err)
{
    return read_one(zy_tx_read(tx), &SQL_IN_USE_LOCK, ZY_I(customer.v), ret_row, err);
}

static const zy_sql SQL_BY_SERIAL = { "token.by_serial", "SELECT " COLUMNS " FROM token WHERE serial = $1", 1, NULL };

zy_status token_by_serial(zy_rtx *rtx, zy_str serial, token_row *ret_row, zy_err *err)
{
    return read_one(rtx, &SQL_BY_SERIAL, ZY_T(serial), ret_row, err);
}

#define PAGE_END " ORDER BY id DESC LIMIT $2"
static const zy_sql SQL_PAGE = { "token.page", "SELECT " COLUMNS " FROM token WHERE id < $1" PAGE_END, 2, NULL };
static const zy_sql SQL_PAGE_SERIAL = { "token.page_serial",
    "SELECT " COLUMNS " FROM token WHERE id < $1 AND serial = $3" PAGE_END, 3, NULL };
static const zy_sql SQL_PAGE_STATE = { "token.page_state",
    "SELECT " COLUMNS " FROM token WHERE id < $1 AND state = $3" PAGE_END, 3, NULL };
static const zy_sql SQL_PAGE_CUSTOMER = { "token.page_customer",
    "SELECT " COLUMNS " FROM token WHERE id < $1 AND customer = $3" PAGE_END, 3, NULL };

zy_status token_page(zy_rtx *rtx, const token_filter *f, zy_stmt **ret_rows, zy_err *err)
{
    const zy_val before = ZY_I(f->before.v != 0 ? f->before.v : INT64_MAX), limit = ZY_I(f->limit);
    if (f->serial.n > 0)
        return zy_query(rtx, &SQL_PAGE_SERIAL, ZY_ARGS(before, limit, ZY_T(f->serial)), ret_rows, err);
    if (f->customer.v != 0)
        return zy_query(rtx, &SQL_PAGE_CUSTOMER, ZY_ARGS(before, limit, ZY_I(f->customer.v)), ret_rows, err);
    if (f->state.n > 0)
        return zy_query(rtx, &SQL_PAGE_STATE, ZY_ARGS(before, limit, ZY_T(f->state)), ret_rows, err);
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(before, limit), ret_rows, err);
}

/* --- changes --- */

static const zy_sql SQL_USED = { "token.used",
    "UPDATE token SET last_step = $3, drift = $4, state = 'active', changed_at = $5,"
    " activated_at = CASE WHEN state = 'inactive' THEN $5 ELSE activated_at END"
    " WHERE id = $1 AND state = $2 AND last_step < $3", 5, NULL };

zy_status token_update_used(zy_tx *tx, const token_row *r, int64_t step, int64_t drift, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_USED,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(token_state_name(r->state)), ZY_I(step), ZY_I(drift), ZY_I(now.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_STATE = { "token.state",
    "UPDATE token SET state = $3, changed_at = $4 WHERE id = $1 AND state = $2", 4, NULL };

zy_status token_update_state(zy_tx *tx, const token_row *r, token_state state, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_STATE,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(token_state_name(r->state)), ZY_TC(token_state_name(state)),
                                  ZY_I(now.ms)),
                          1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_ASSIGN = { "token.assign",
    "UPDATE token SET state = 'inactive', customer = $2, assigned_at = $3, changed_at = $3"
    " WHERE id = $1 AND state = 'stock'"
    " AND NOT EXISTS (SELECT 1 FROM token t WHERE t.customer = $2 AND t." IN_USE ")", 3, NULL };

zy_status token_update_assigned(zy_tx *tx, const token_row *r, zy_id customer, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ASSIGN, ZY_ARGS(ZY_I(r->id.v), ZY_I(customer.v), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err);
}

/* The seed goes for good. */
static const zy_sql SQL_RETIRE = { "token.retire",
    "UPDATE token SET state = 'retired', seed = $4, changed_at = $3 WHERE id = $1 AND state = $2", 4, NULL };

zy_status token_update_retired(zy_tx *tx, const token_row *r, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RETIRE,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(token_state_name(r->state)), ZY_I(now.ms), ZY_B("", 0)), 1,
                          ZY_STATE_CONFLICT, err);
}

/* --- import files that wait --- */

static const zy_sql SQL_BATCH_ADD = { "token_batch.add",
    "INSERT INTO token_batch (id, content, tokens, created_at) VALUES ($1, $2, $3, $4)", 4, NULL };
static const zy_sql SQL_BATCH_READ = { "token_batch.read", "SELECT content FROM token_batch WHERE id = $1", 1, NULL };
static const zy_sql SQL_BATCH_DELETE = { "token_batch.delete", "DELETE FROM token_batch WHERE id = $1", 1, NULL };
static const zy_sql SQL_BATCH_DROP = { "token_batch.drop",
    "DELETE FROM token_batch WHERE id IN (SELECT id FROM token_batch WHERE created_at < $1 ORDER BY created_at LIMIT $2)", 2,
    NULL };

zy_status token_batch_insert(zy_tx *tx, zy_id id, zy_str sealed, size_t tokens, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_BATCH_ADD, ZY_ARGS(ZY_I(id.v), ZY_B(sealed.p, sealed.n), ZY_I(tokens), ZY_I(now.ms)), 1,
                          ZY_INTERNAL, err);
}

zy_status token_batch_read(zy_rtx *rtx, zy_id id, zy_buf *ret_sealed, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BATCH_READ, ZY_ARGS(ZY_I(id.v)), &stmt, err));
    zy_buf_str(ret_sealed, zy_col_blob(stmt, 0));
    return zy_buf_failed(ret_sealed) ? ZY_NO_MEMORY : ZY_OK;
}

zy_status token_batch_delete(zy_tx *tx, zy_id id, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_BATCH_DELETE, ZY_ARGS(ZY_I(id.v)), 1, ZY_STATE_CONFLICT, err);
}

zy_status token_batch_drop(zy_tx *tx, zy_time before, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_BATCH_DROP, ZY_ARGS(ZY_I(before.ms), ZY_I(max)), ret_dropped, err);
}
