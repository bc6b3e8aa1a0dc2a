#include "bank/route/fee.h"

static const zy_sql SQL_FREE_READ = { "route.free_read", "SELECT used FROM route_free_use WHERE customer = $1 AND month = $2", 2, NULL };

zy_status free_use_read(zy_rtx *rtx, zy_id customer, zy_day month, int64_t *ret_used, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    zy_status status = zy_query_one(rtx, &SQL_FREE_READ, ZY_ARGS(ZY_I(customer.v), ZY_I(month.days)), &row, err);
    if (status == ZY_OK)
        *ret_used = zy_col_int(row, 0);
    else if (status == ZY_NOT_FOUND)
        *ret_used = 0;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static const zy_sql SQL_FREE_ADD = { "route.free_add",
    "INSERT INTO route_free_use (customer, month, used) VALUES ($1, $2, 1)"
    " ON CONFLICT (customer) DO UPDATE SET used = CASE WHEN route_free_use.month = excluded.month THEN route_free_use.used + 1 ELSE 1 END,"
    " month = excluded.month", 2, NULL };

zy_status free_use_add(zy_tx *tx, zy_id customer, zy_day month, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_FREE_ADD, ZY_ARGS(ZY_I(customer.v), ZY_I(month.days)), 1, ZY_INTERNAL, err);
}
