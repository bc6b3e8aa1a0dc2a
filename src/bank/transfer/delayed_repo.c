#include "bank/transfer/transfer_internal.h"

static const zy_sql SQL_ADD = { "transfer.delayed_add", "INSERT INTO transfer_delayed (order_id, due_at) VALUES ($1, $2)", 2, NULL };

zy_status delayed_insert(zy_tx *tx, zy_id order, zy_time due, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD, ZY_ARGS(ZY_I(order.v), ZY_I(due.ms)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_DELETE = { "transfer.delayed_delete", "DELETE FROM transfer_delayed WHERE order_id = $1", 1, NULL };

zy_status delayed_delete(zy_tx *tx, zy_id order, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_DELETE, ZY_ARGS(ZY_I(order.v)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_DUE = { "transfer.delayed_due",
    "SELECT order_id, due_at FROM transfer_delayed WHERE due_at <= $1 AND (due_at, order_id) > ($2, $3)"
    " ORDER BY due_at, order_id LIMIT $4", 4, NULL };

zy_status delayed_due(zy_rtx *rtx, zy_time now, delayed_cursor *after, int max, zy_id *ret_ids, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_DUE, ZY_ARGS(ZY_I(now.ms), ZY_I(after->due.ms), ZY_I(after->order.v), ZY_I(max)), &rows, err));
    for (*ret_count = 0; *ret_count < max; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ret_ids[*ret_count] = zy_col_id(rows, 0);
        *after = (delayed_cursor){ zy_col_time(rows, 1), zy_col_id(rows, 0) };
    }
    return ZY_OK;
}
