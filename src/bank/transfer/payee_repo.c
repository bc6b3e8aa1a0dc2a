#include "bank/transfer/transfer_internal.h"

static const zy_sql SQL_ADD = { "payee.add",
    "INSERT INTO bank_payee (id, customer, account, content, added_at) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (customer, account) DO NOTHING", 5, NULL };

zy_status payee_insert(zy_tx *tx, zy_id id, zy_id customer, zy_id account, zy_str content, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(id.v), ZY_I(customer.v), ZY_I(account.v), ZY_B(content.p, content.n), ZY_I(now.ms)), 1,
                          ZY_ALREADY_EXISTS, err);
}

static const zy_sql SQL_DELETE = { "payee.delete", "DELETE FROM bank_payee WHERE id = $1 AND customer = $2", 2, NULL };

zy_status payee_delete(zy_tx *tx, zy_id customer, zy_id id, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_DELETE, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v)), 1, ZY_NOT_FOUND, err);
}

static const zy_sql SQL_COUNT = { "payee.count", "SELECT count(*) FROM bank_payee WHERE customer = $1", 1, NULL };

zy_status payee_count(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_COUNT, ZY_ARGS(ZY_I(customer.v)), &row, err));
    *ret_count = zy_col_int(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_OWN = { "payee.own",
    "SELECT id, content, added_at FROM bank_payee WHERE id = $1 AND customer = $2", 2, NULL };

zy_status payee_select(zy_rtx *rtx, zy_id customer, zy_id id, zy_stmt **ret_row, zy_err *err)
{
    return zy_query_one(rtx, &SQL_OWN, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v)), ret_row, err);
}

static const zy_sql SQL_PAGE = { "payee.page",
    "SELECT id, content, added_at FROM bank_payee WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT $3", 3, NULL };

zy_status payee_select_page(zy_rtx *rtx, zy_id customer, zy_id before, int64_t limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(before.v), ZY_I(limit)), ret_rows, err);
}
