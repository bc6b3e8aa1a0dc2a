#include "service/ledger/ledger_repo.h"

static zy_status changes_one(zy_tx *tx, const zy_sql *sql, const zy_val *args, int arg_count, bool *ret_one, zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, sql, args, arg_count, &changed, err));
    *ret_one = changed == 1;
    return ZY_OK;
}

static const zy_sql SQL_MORE = { "ledger.hold",
    "UPDATE ledger_balance SET held_fen = held_fen + $2"
    " WHERE account = $1 AND balance_fen - held_fen >= $2 AND state = 'active'", 2, NULL };

zy_status ledger_hold_more(zy_tx *tx, zy_id account, zy_money amount, bool *ret_done, zy_err *err)
{
    return changes_one(tx, &SQL_MORE, ZY_ARGS(ZY_I(account.v), ZY_I(amount.fen)), ret_done, err);
}

static const zy_sql SQL_LESS = { "ledger.release",
    "UPDATE ledger_balance SET held_fen = held_fen - $2 WHERE account = $1 AND held_fen >= $2", 2, NULL };

zy_status ledger_hold_less(zy_tx *tx, zy_id account, zy_money amount, bool *ret_done, zy_err *err)
{
    return changes_one(tx, &SQL_LESS, ZY_ARGS(ZY_I(account.v), ZY_I(amount.fen)), ret_done, err);
}

static const zy_sql SQL_ADD = { "ledger.hold_add",
    "INSERT INTO ledger_hold (id, account, order_id, amount_fen, made_at, expires_at, state, captured_fen, journal, ended_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, 'held', 0, 0, 0)", 6, NULL };

zy_status ledger_insert_hold(zy_tx *tx, const zy_hold *h, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(h->id.v), ZY_I(h->account.v), ZY_I(h->order.v), ZY_I(h->amount.fen), ZY_I(now.ms),
                                  ZY_I(h->expires_at.ms)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_END = { "ledger.hold_end",
    "UPDATE ledger_hold SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'held'", 3, NULL };

zy_status ledger_end_hold(zy_tx *tx, zy_id id, const char *state, zy_time now, bool *ret_ended, zy_err *err)
{
    return changes_one(tx, &SQL_END, ZY_ARGS(ZY_I(id.v), ZY_TC(state), ZY_I(now.ms)), ret_ended, err);
}

/* From its expiry on a hold is not captured, whether housekeeping was there yet or not. */
static const zy_sql SQL_CAPTURE = { "ledger.hold_capture",
    "UPDATE ledger_hold SET state = 'captured', journal = $2, ended_at = $3,"
    " captured_fen = CASE WHEN amount_fen < $4 THEN amount_fen ELSE $4 END"
    " WHERE id = $1 AND account = $5 AND state = 'held' AND expires_at > $3", 5, NULL };

zy_status ledger_capture_hold(zy_tx *tx, const zy_leg *leg, zy_id journal, zy_time now, bool *ret_captured, zy_err *err)
{
    return changes_one(tx, &SQL_CAPTURE,
                       ZY_ARGS(ZY_I(leg->hold.v), ZY_I(journal.v), ZY_I(now.ms), ZY_I(-leg->amount.fen), ZY_I(leg->account.v)),
                       ret_captured, err);
}

static const zy_sql SQL_READ = { "ledger.hold_read",
    "SELECT account, order_id, amount_fen, expires_at FROM ledger_hold WHERE id = $1", 1, NULL };

zy_status ledger_read_hold(zy_rtx *rtx, zy_id id, zy_hold *ret_hold, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_READ, ZY_ARGS(ZY_I(id.v)), &row, err));
    *ret_hold = (zy_hold){ .id = id, .account = zy_col_id(row, 0), .order = zy_col_id(row, 1), .amount = zy_col_money(row, 2),
                           .expires_at = zy_col_time(row, 3) };
    return ZY_OK;
}

/* In the order of the accounts, which is the order of the locks. */
static const zy_sql SQL_EXPIRED = { "ledger.hold_expired",
    "SELECT id FROM (SELECT id, account FROM ledger_hold WHERE state = 'held' AND expires_at <= $1"
    " ORDER BY expires_at, id LIMIT $2) h ORDER BY account, id", 2, NULL };

zy_status ledger_select_expired(zy_rtx *rtx, zy_time now, int max, zy_id *ret_ids, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_EXPIRED, ZY_ARGS(ZY_I(now.ms), ZY_I(max)), &rows, err));
    for (int count = 0;; count++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more || count == max) {
            *ret_count = count;
            return ZY_OK;
        }
        ret_ids[count] = zy_col_id(rows, 0);
    }
}
