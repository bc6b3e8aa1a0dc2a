#include "bank/account/manage.h"

static const zy_sql SQL_BLOCK = { "block.add",
    "INSERT INTO bank_block (account, reason, since) VALUES ($1, $2, $3) ON CONFLICT (account, reason) DO NOTHING", 3, NULL };

zy_status block_insert(zy_tx *tx, zy_id account, const char *reason, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_BLOCK, ZY_ARGS(ZY_I(account.v), ZY_TC(reason), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_UNBLOCK = { "block.remove", "DELETE FROM bank_block WHERE account = $1 AND reason = $2", 2, NULL };

zy_status block_delete(zy_tx *tx, zy_id account, const char *reason, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_UNBLOCK, ZY_ARGS(ZY_I(account.v), ZY_TC(reason)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_STANDS = { "block.stands",
    "SELECT count(*) FROM bank_block WHERE account = $1 AND ($2 = '' OR reason = $2)", 2, NULL };

zy_status block_stands(zy_rtx *rtx, zy_id account, const char *reason, bool *ret_stands, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_STANDS, ZY_ARGS(ZY_I(account.v), ZY_TC(reason != NULL ? reason : "")), &row, err));
    *ret_stands = zy_col_int(row, 0) > 0;
    return ZY_OK;
}

static const zy_sql SQL_OPERABLE = { "account.operable",
    "UPDATE bank_account SET operable = $3 WHERE id = $1 AND customer = $2 AND operable <> $3 AND closed_at = 0", 3, NULL };

zy_status account_set_operable(zy_tx *tx, zy_id customer, zy_id account, bool operable, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_OPERABLE, ZY_ARGS(ZY_I(account.v), ZY_I(customer.v), ZY_I(operable)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_CONTENT = { "account.content",
    "UPDATE bank_account SET content = $3 WHERE id = $1 AND customer = $2 AND operable = 1 AND closed_at = 0", 3, NULL };

zy_status account_set_content(zy_tx *tx, zy_id customer, zy_id account, zy_str sealed, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CONTENT, ZY_ARGS(ZY_I(account.v), ZY_I(customer.v), ZY_B(sealed.p, sealed.n)), 1, ZY_STATE_CONFLICT,
                          err);
}
