#include "flow/flow.h"

static const zy_sql SQL_READ = { "own_limit.read", "SELECT once_fen, day_fen FROM order_own_limit WHERE customer = $1", 1, NULL };

zy_status zy_own_limit_read(zy_rtx *rtx, zy_id customer, zy_own_limit *ret_own, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    zy_status status = zy_query_one(rtx, &SQL_READ, ZY_ARGS(ZY_I(customer.v)), &row, err);
    *ret_own = (zy_own_limit){ 0 };
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    *ret_own = (zy_own_limit){ zy_col_money(row, 0), zy_col_money(row, 1) };
    return ZY_OK;
}

static const zy_sql SQL_PUT = { "own_limit.put",
    "INSERT INTO order_own_limit (customer, once_fen, day_fen, changed_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (customer) DO UPDATE SET once_fen = excluded.once_fen, day_fen = excluded.day_fen,"
    " changed_at = excluded.changed_at", 4, NULL };

zy_status zy_own_limit_put(zy_tx *tx, zy_id customer, zy_own_limit own, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PUT, ZY_ARGS(ZY_I(customer.v), ZY_I(own.once.fen), ZY_I(own.day.fen), ZY_I(now.ms)), 1,
                          ZY_INTERNAL, err);
}
