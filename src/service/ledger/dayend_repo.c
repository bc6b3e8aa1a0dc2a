#include "service/ledger/dayend.h"

#define OPEN_ROW                                                                                             \
    "SELECT day, after, accounts, accrued_fen, paid_count, paid_fen, started_at, stage FROM ledger_day_end" \
    " WHERE stage <> 'done' ORDER BY day LIMIT 1"
static const zy_sql SQL_OPEN = { "day_end.open", OPEN_ROW, 0, OPEN_ROW " FOR UPDATE" };

zy_status day_end_select_open(zy_tx *tx, day_end_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_OPEN, ZY_NO_ARGS, &row, err));
    day_end_row read = { .day = { (int32_t)zy_col_int(row, 0) }, .after = zy_col_int(row, 1), .accounts = zy_col_int(row, 2),
                         .accrued = zy_col_money(row, 3), .paid_count = zy_col_int(row, 4), .paid = zy_col_money(row, 5),
                         .started_at = zy_col_time(row, 6) };
    ZY_TRY(zy_str_copy(zy_col_text(row, 7), read.stage, sizeof read.stage));
    *ret_row = read;
    return ZY_OK;
}

static const zy_sql SQL_NEXT = { "day_end.next",
    "SELECT coalesce((SELECT min(c.day) FROM ledger_cut_off c WHERE c.day > (SELECT max(e.day) FROM ledger_day_end e)),"
    " (SELECT max(c.day) FROM ledger_cut_off c WHERE NOT EXISTS (SELECT 1 FROM ledger_day_end e)))", 0, NULL };

zy_status day_end_select_next(zy_rtx *rtx, zy_day *ret_day, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_NEXT, ZY_NO_ARGS, &row, err));
    if (zy_col_null(row, 0))
        return ZY_NOT_FOUND;
    *ret_day = (zy_day){ (int32_t)zy_col_int(row, 0) };
    return ZY_OK;
}

static const zy_sql SQL_DONE = { "day_end.done",
    "SELECT day FROM ledger_day_end WHERE stage = 'done' ORDER BY day DESC LIMIT 1", 0, NULL };

zy_status day_end_select_done(zy_rtx *rtx, zy_day *ret_day, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_DONE, ZY_NO_ARGS, &row, err));
    *ret_day = (zy_day){ (int32_t)zy_col_int(row, 0) };
    return ZY_OK;
}

static const zy_sql SQL_INSERT = { "day_end.add",
    "INSERT INTO ledger_day_end (day, stage, after, accounts, accrued_fen, paid_count, paid_fen, started_at, ended_at)"
    " VALUES ($1, $2, 0, 0, 0, 0, 0, $3, 0) ON CONFLICT (day) DO NOTHING", 3, NULL };

zy_status day_end_insert(zy_tx *tx, const day_end_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_INSERT, ZY_ARGS(ZY_I(r->day.days), ZY_TC(r->stage), ZY_I(r->started_at.ms)), 1, ZY_DB_CONFLICT,
                          err);
}

static const zy_sql SQL_UPDATE = { "day_end.update",
    "UPDATE ledger_day_end SET stage = $2, after = $3, accounts = $4, accrued_fen = $5, paid_count = $6, paid_fen = $7, ended_at = $8"
    " WHERE day = $1 AND stage <> 'done'", 8, NULL };

zy_status day_end_update(zy_tx *tx, const day_end_row *r, zy_time ended_at, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_UPDATE,
                          ZY_ARGS(ZY_I(r->day.days), ZY_TC(r->stage), ZY_I(r->after), ZY_I(r->accounts), ZY_I(r->accrued.fen),
                                  ZY_I(r->paid_count), ZY_I(r->paid.fen), ZY_I(ended_at.ms)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_ACCRUED = { "day_end.accrued",
    "SELECT coalesce(max(day), 0) FROM ledger_day_end WHERE stage <> 'accrue'", 0, NULL };

zy_status day_end_accrued(zy_rtx *rtx, zy_day *ret_day, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_ACCRUED, ZY_NO_ARGS, &row, err));
    *ret_day = (zy_day){ (int32_t)zy_col_int(row, 0) };
    return ZY_OK;
}

/* ---- trial balance ---- */

static const zy_sql SQL_SPAN = { "trial.span",
    "SELECT c.last_posting, coalesce((SELECT max(s.id) FROM (SELECT p.id FROM ledger_posting p"
    " WHERE p.id > $2 AND p.id <= c.last_posting ORDER BY p.id LIMIT $3) s), c.last_posting) FROM ledger_cut_off c WHERE c.day = $1",
    3, NULL };

zy_status trial_span(zy_rtx *rtx, zy_day day, int64_t after, int64_t *ret_last, bool *ret_all, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_SPAN, ZY_ARGS(ZY_I(day.days), ZY_I(after), ZY_I(DAY_END_POSTINGS)), &row, err));
    *ret_last = zy_col_int(row, 1);
    *ret_all = zy_col_int(row, 1) == zy_col_int(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_BEGIN = { "trial.begin",
    "INSERT INTO ledger_trial (day, branch, subject, internal, debit_fen, credit_fen, balance_fen)"
    " SELECT $1, t.branch, t.subject, t.internal, 0, 0, t.balance_fen FROM ledger_trial t"
    " WHERE t.day = (SELECT max(e.day) FROM ledger_day_end e WHERE e.day < $1)", 1, NULL };
static const zy_sql SQL_FROM = { "trial.from",
    "SELECT coalesce(max(c.last_posting), 0) FROM ledger_cut_off c"
    " WHERE c.day = (SELECT max(e.day) FROM ledger_day_end e WHERE e.day < $1)", 1, NULL };

zy_status trial_begin(zy_tx *tx, zy_day day, int64_t *ret_from, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_exec(tx, &SQL_BEGIN, ZY_ARGS(ZY_I(day.days)), NULL, err));
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_FROM, ZY_ARGS(ZY_I(day.days)), &row, err));
    *ret_from = zy_col_int(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_ADD = { "trial.add",
    "INSERT INTO ledger_trial (day, branch, subject, internal, debit_fen, credit_fen, balance_fen)"
    " SELECT $1, a.branch, a.subject, a.internal, CAST(sum(CASE WHEN p.amount_fen < 0 THEN -p.amount_fen ELSE 0 END) AS BIGINT),"
    " CAST(sum(CASE WHEN p.amount_fen > 0 THEN p.amount_fen ELSE 0 END) AS BIGINT), CAST(sum(p.amount_fen) AS BIGINT)"
    " FROM ledger_posting p JOIN ledger_account a ON a.id = p.account WHERE p.id > $2 AND p.id <= $3"
    " GROUP BY a.branch, a.subject, a.internal"
    " ON CONFLICT (day, branch, subject, internal) DO UPDATE SET debit_fen = ledger_trial.debit_fen + excluded.debit_fen,"
    " credit_fen = ledger_trial.credit_fen + excluded.credit_fen, balance_fen = ledger_trial.balance_fen + excluded.balance_fen",
    3, NULL };

zy_status trial_add(zy_tx *tx, zy_day day, int64_t after, int64_t last, zy_err *err)
{
    return zy_exec(tx, &SQL_ADD, ZY_ARGS(ZY_I(day.days), ZY_I(after), ZY_I(last)), NULL, err);
}

/* One statement, so one snapshot: balances without what was posted after the day. */
static const zy_sql SQL_FAULTS = { "trial.faults",
    "SELECT (CASE WHEN coalesce((SELECT sum(balance_fen) FROM ledger_trial WHERE day = $1), 0) <> 0 THEN 1 ELSE 0 END)"
    " + (CASE WHEN coalesce((SELECT sum(balance_fen) FROM ledger_trial WHERE day = $1 AND internal = 0), 0) <>"
    " coalesce((SELECT sum(b.balance_fen) FROM ledger_balance b), 0) - coalesce((SELECT sum(p.amount_fen) FROM ledger_posting p"
    " JOIN ledger_account a ON a.id = p.account AND a.internal = 0"
    " WHERE p.id > (SELECT c.last_posting FROM ledger_cut_off c WHERE c.day = $1)), 0) THEN 1 ELSE 0 END)", 1, NULL };

zy_status trial_faults(zy_rtx *rtx, zy_day day, int64_t *ret_faults, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FAULTS, ZY_ARGS(ZY_I(day.days)), &row, err));
    *ret_faults = zy_col_int(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_ROWS = { "trial.rows",
    "SELECT internal, debit_fen, credit_fen, balance_fen, branch, subject FROM ledger_trial WHERE day = $1"
    " ORDER BY branch, subject, internal", 1, NULL };

zy_status trial_select(zy_rtx *rtx, zy_day day, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_ROWS, ZY_ARGS(ZY_I(day.days)), ret_rows, err);
}
