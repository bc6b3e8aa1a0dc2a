#include "service/ledger/ledger_repo.h"

static const zy_sql SQL_NETS = { "ledger.nets",
    "SELECT p.account, max(a.internal), sum(p.amount_fen) FROM ledger_posting p JOIN ledger_account a ON a.id = p.account"
    " WHERE p.journal = $1 GROUP BY p.account HAVING sum(p.amount_fen) <> 0 ORDER BY p.account", 1, NULL };

zy_status ledger_select_nets(zy_rtx *rtx, zy_id journal, zy_leg ret_nets[ZY_LEGS_MAX], int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_NETS, ZY_ARGS(ZY_I(journal.v)), &rows, err));
    for (int count = 0;; count++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more || count == ZY_LEGS_MAX) {
            *ret_count = count;
            return ZY_OK;
        }
        ret_nets[count] = (zy_leg){ .account = zy_col_id(rows, 0), .internal = zy_col_int(rows, 1) == 1, .amount = zy_col_money(rows, 2) };
    }
}

/* One row an account of the journal, changed under its lock: two refunds at once add up. */
static const zy_sql SQL_CLAIM = { "ledger.claim_return",
    "INSERT INTO ledger_returned (journal, account, total_fen, returned_fen) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (journal, account) DO UPDATE SET returned_fen = ledger_returned.returned_fen + $4"
    " WHERE ledger_returned.returned_fen + $4 <= ledger_returned.total_fen", 4, NULL };

zy_status ledger_claim_return(zy_tx *tx, zy_id journal, zy_id account, zy_money total, zy_money back, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CLAIM, ZY_ARGS(ZY_I(journal.v), ZY_I(account.v), ZY_I(total.fen), ZY_I(back.fen)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_REFUND = { "ledger.refund_add", "INSERT INTO ledger_refund (journal, refunds) VALUES ($1, $2)", 2, NULL };

zy_status ledger_insert_refund(zy_tx *tx, zy_id journal, zy_id refunds, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_REFUND, ZY_ARGS(ZY_I(journal.v), ZY_I(refunds.v)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_VALUED = { "ledger.valued_add",
    "INSERT INTO ledger_value_dated (account, day, journal, value_day, amount_fen, fen_days, fen_days_360)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)", 7, NULL };

zy_status ledger_insert_valued(zy_tx *tx, const ledger_valued *v, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_VALUED,
                          ZY_ARGS(ZY_I(v->account.v), ZY_I(v->day.days), ZY_I(v->journal.v), ZY_I(v->value_day.days),
                                  ZY_I(v->amount.fen), ZY_I(v->amount.fen * v->days), ZY_I(v->amount.fen * v->days_360)),
                          1, ZY_INTERNAL, err);
}
