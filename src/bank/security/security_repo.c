#include "bank/security/security_internal.h"

static const zy_sql SQL_ALLOW = { "reveal.allow",
    "INSERT INTO data_reveal (order_id, customer, login, what, account, allowed_at, taken_at) VALUES ($1, $2, $3, $4, $5, $6, 0)", 6,
    NULL };
static const zy_sql SQL_TAKE = { "reveal.take",
    "UPDATE data_reveal SET taken_at = $5 WHERE order_id = $1 AND customer = $2 AND login = $3 AND taken_at = 0 AND allowed_at > $4", 5,
    NULL };
static const zy_sql SQL_FIND = { "reveal.find",
    "SELECT login, what, account FROM data_reveal WHERE order_id = $1 AND customer = $2", 2, NULL };
static const zy_sql SQL_EXPIRE = { "reveal.expire",
    "DELETE FROM data_reveal WHERE order_id IN"
    " (SELECT order_id FROM data_reveal WHERE allowed_at < $1 ORDER BY allowed_at LIMIT $2)", 2, NULL };

zy_status reveal_allow(zy_tx *tx, const reveal_row *r, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ALLOW,
                          ZY_ARGS(ZY_I(r->order.v), ZY_I(r->customer.v), ZY_I(r->login.v), ZY_TC(r->what), ZY_I(r->account.v),
                                  ZY_I(now.ms)),
                          1, ZY_INTERNAL, err);
}

zy_status reveal_take(zy_tx *tx, const reveal_row *r, zy_time since, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_TAKE,
                          ZY_ARGS(ZY_I(r->order.v), ZY_I(r->customer.v), ZY_I(r->login.v), ZY_I(since.ms), ZY_I(now.ms)), 1,
                          ZY_NOT_FOUND, err);
}

zy_status reveal_find(zy_rtx *rtx, zy_id order, zy_id customer, reveal_row *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FIND, ZY_ARGS(ZY_I(order.v), ZY_I(customer.v)), &row, err));
    *r = (reveal_row){ .order = order, .customer = customer, .login = zy_col_id(row, 0), .account = zy_col_id(row, 2) };
    return zy_str_copy(zy_col_text(row, 1), r->what, sizeof r->what);
}

zy_status reveal_expire(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_EXPIRE, ZY_ARGS(ZY_I(older_than.ms), ZY_I(max)), ret_dropped, err);
}
