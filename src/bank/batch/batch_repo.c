#include "bank/batch/batch_internal.h"

#define COLUMNS                                                                                                              \
    "id, customer, from_account, state, order_id, version, row_count, bad_count, misses, paid_count, paid_fen, failed_count,"  \
    " failed_fen, created_at, ended_at"

static zy_status read_batch(const zy_stmt *s, batch *ret)
{
    *ret = (batch){ .id = zy_col_id(s, 0), .customer = zy_col_id(s, 1), .from_account = zy_col_id(s, 2), .order = zy_col_id(s, 4),
                    .version = zy_col_int(s, 5), .row_count = zy_col_int(s, 6), .bad_count = zy_col_int(s, 7), .misses = zy_col_int(s, 8),
                    .paid_count = zy_col_int(s, 9), .paid = zy_col_money(s, 10), .failed_count = zy_col_int(s, 11),
                    .failed = zy_col_money(s, 12), .created_at = zy_col_time(s, 13), .ended_at = zy_col_time(s, 14) };
    return zy_str_copy(zy_col_text(s, 3), ret->state, sizeof ret->state);
}

static const zy_sql SQL_ADD = { "batch.add",
    "INSERT INTO batch (" COLUMNS ") VALUES ($1, $2, $3, 'open', 0, 1, 0, 0, 0, 0, 0, 0, 0, $4, 0)", 4, NULL };

zy_status batch_insert(zy_tx *tx, const batch *b, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD, ZY_ARGS(ZY_I(b->id.v), ZY_I(b->customer.v), ZY_I(b->from_account.v), ZY_I(b->created_at.ms)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_ONE = { "batch.one", "SELECT " COLUMNS " FROM batch WHERE id = $1 AND ($2 = 0 OR customer = $2)", 2, NULL };

zy_status batch_select(zy_rtx *rtx, zy_id id, zy_id customer, batch *ret, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_ONE, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v)), &row, err));
    return read_batch(row, ret);
}

static const zy_sql SQL_COUNTS = { "batch.counts",
    "SELECT coalesce(sum(CASE WHEN state = 'open' THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN created_at >= $2 THEN 1 ELSE 0 END), 0)"
    " FROM batch WHERE customer = $1 AND (state = 'open' OR created_at >= $2)", 2, NULL };

zy_status batch_counts(zy_rtx *rtx, zy_id customer, zy_time since, int64_t *ret_open, int64_t *ret_since, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_COUNTS, ZY_ARGS(ZY_I(customer.v), ZY_I(since.ms)), &row, err));
    *ret_open = zy_col_int(row, 0);
    *ret_since = zy_col_int(row, 1);
    return ZY_OK;
}

static const zy_sql SQL_PAGE = { "batch.page",
    "SELECT " COLUMNS " FROM batch WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT $3", 3, NULL };

zy_status batch_page(zy_rtx *rtx, zy_id customer, zy_id before, int limit, batch_fn each, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(before.v), ZY_I(limit)), &rows, err));
    for (;;) {
        batch b;
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(read_batch(rows, &b));
        ZY_TRY(each(&b, arg, err));
    }
}

static const zy_sql SQL_CHANGE = { "batch.change",
    "UPDATE batch SET version = $3, row_count = $4, bad_count = $5, misses = $6 WHERE id = $1 AND version = $2 AND state = 'open'", 6, NULL };

zy_status batch_change(zy_tx *tx, const batch *from, const batch *to, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CHANGE,
                          ZY_ARGS(ZY_I(from->id.v), ZY_I(from->version), ZY_I(to->version), ZY_I(to->row_count), ZY_I(to->bad_count),
                                  ZY_I(to->misses)),
                          1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_TAKE = { "batch.take",
    "UPDATE batch SET state = 'running', order_id = $4 WHERE id = $1 AND customer = $2 AND version = $3 AND state = 'open' AND bad_count = 0",
    4, NULL };

zy_status batch_take(zy_tx *tx, zy_id id, zy_id customer, int64_t version, zy_id order, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_TAKE, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v), ZY_I(version), ZY_I(order.v)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_DROP = { "batch.drop", "DELETE FROM batch WHERE id = $1 AND state = 'open'", 1, NULL };

zy_status batch_delete_open(zy_tx *tx, zy_id id, zy_err *err)
{
    ZY_TRY(zy_exec_expect(tx, &SQL_DROP, ZY_ARGS(ZY_I(id.v)), 1, ZY_STATE_CONFLICT, err));
    return batch_rows_delete_from(tx, id, 1, err);
}

static const zy_sql SQL_STALE = { "batch.stale",
    "SELECT id FROM batch WHERE state = 'open' AND created_at < $1 ORDER BY created_at, id LIMIT $2", 2, NULL };

zy_status batch_select_stale(zy_rtx *rtx, zy_time before, int max, zy_id *ret_ids, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_STALE, ZY_ARGS(ZY_I(before.ms), ZY_I(max)), &rows, err));
    for (*ret_count = 0; *ret_count < max; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ret_ids[*ret_count] = zy_col_id(rows, 0);
    }
    return ZY_OK;
}

static const zy_sql SQL_RUNNING = { "batch.running", "SELECT id FROM batch WHERE state = 'running' AND id > $1 ORDER BY id LIMIT 1", 1, NULL };

zy_status batch_select_running(zy_rtx *rtx, zy_id after, zy_id *ret_id, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_RUNNING, ZY_ARGS(ZY_I(after.v)), &row, err));
    *ret_id = zy_col_id(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_COUNT = { "batch.count",
    "UPDATE batch SET paid_count = paid_count + $2, paid_fen = paid_fen + $3, failed_count = failed_count + $4, failed_fen = failed_fen + $5,"
    " state = CASE WHEN paid_count + failed_count + 1 >= row_count THEN 'done' ELSE state END,"
    " ended_at = CASE WHEN paid_count + failed_count + 1 >= row_count THEN $6 ELSE ended_at END WHERE id = $1 AND state = 'running'", 6, NULL };

zy_status batch_count(zy_tx *tx, const batch_row *r, bool paid, zy_time now, zy_err *err)
{
    int64_t fen = r->amount.fen;
    return zy_exec_expect(tx, &SQL_COUNT,
                          ZY_ARGS(ZY_I(r->batch.v), ZY_I(paid), ZY_I(paid ? fen : 0), ZY_I(!paid), ZY_I(paid ? 0 : fen), ZY_I(now.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

/* ---- rows ---- */

#define ROW_COLUMNS "id, batch, seq, state, reason, field, amount_fen, fee_fen, order_id, content"
static const zy_sql SQL_ROW_ADD = { "batch.row_add",
    "INSERT INTO batch_row (" ROW_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)", 9, NULL };

zy_status batch_row_insert(zy_tx *tx, const batch_row *r, zy_str sealed, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ROW_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->batch.v), ZY_I(r->seq), ZY_TC(r->state), ZY_TC(r->reason), ZY_TC(r->field),
                                  ZY_I(r->amount.fen), ZY_I(r->fee.fen), ZY_B(sealed.p, sealed.n)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_BAD_FROM = { "batch.bad_from", "SELECT count(*) FROM batch_row WHERE batch = $1 AND seq >= $2 AND state = 'bad'", 2, NULL };

zy_status batch_rows_bad_from(zy_rtx *rtx, zy_id id, int64_t seq, int64_t *ret_bad, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BAD_FROM, ZY_ARGS(ZY_I(id.v), ZY_I(seq)), &row, err));
    *ret_bad = zy_col_int(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_DELETE_FROM = { "batch.delete_from", "DELETE FROM batch_row WHERE batch = $1 AND seq >= $2", 2, NULL };

zy_status batch_rows_delete_from(zy_tx *tx, zy_id id, int64_t seq, zy_err *err)
{
    return zy_exec(tx, &SQL_DELETE_FROM, ZY_ARGS(ZY_I(id.v), ZY_I(seq)), NULL, err);
}

static zy_status read_row(zy_env *env, const zy_stmt *s, batch_row *ret, zy_err *err)
{
    *ret = (batch_row){ .id = zy_col_id(s, 0), .batch = zy_col_id(s, 1), .seq = zy_col_int(s, 2), .amount = zy_col_money(s, 6),
                        .fee = zy_col_money(s, 7), .order = zy_col_id(s, 8) };
    ZY_TRY(zy_str_copy(zy_col_text(s, 3), ret->state, sizeof ret->state));
    ZY_TRY(zy_str_copy(zy_col_text(s, 4), ret->reason, sizeof ret->reason));
    ZY_TRY(zy_str_copy(zy_col_text(s, 5), ret->field, sizeof ret->field));
    return batch_row_open(env, zy_col_blob(s, 9), ret, err);
}

static const zy_sql SQL_ROWS = { "batch.rows",
    "SELECT " ROW_COLUMNS " FROM batch_row WHERE batch = $1 AND seq > $2 ORDER BY seq LIMIT $3", 3, NULL };
static const zy_sql SQL_READY = { "batch.ready",
    "SELECT " ROW_COLUMNS " FROM batch_row WHERE batch = $1 AND seq > $2 AND state = 'ready' ORDER BY seq LIMIT $3", 3, NULL };

zy_status batch_rows_page(zy_rtx *rtx, zy_env *env, zy_id id, int64_t after, bool ready, int limit, batch_row_fn each, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, ready ? &SQL_READY : &SQL_ROWS, ZY_ARGS(ZY_I(id.v), ZY_I(after), ZY_I(limit)), &rows, err));
    for (;;) {
        BATCH_ROW_AUTO r = { 0 };
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(read_row(env, rows, &r, err));
        ZY_TRY(each(&r, arg, err));
    }
}

static const zy_sql SQL_ROW_DONE = { "batch.row_done",
    "UPDATE batch_row SET state = $3, order_id = $4, reason = $5 WHERE batch = $1 AND seq = $2 AND state = 'ready'", 5, NULL };

zy_status batch_row_done(zy_tx *tx, const batch_row *r, const char *state, zy_id order, const char *reason, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ROW_DONE, ZY_ARGS(ZY_I(r->batch.v), ZY_I(r->seq), ZY_TC(state), ZY_I(order.v), ZY_TC(reason)), 1,
                          ZY_STATE_CONFLICT, err);
}
