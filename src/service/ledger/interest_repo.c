/* Interest, in sets of accounts. All of it is whole numbers: fen, days, rates in 10^-8 a year. */
#include "service/ledger/dayend.h"

/* What one payment decided; others of the same day are of accounts that closed. */
#define DECIDED "q.account > $1 AND q.account <= $2 AND q.day = $3 AND q.journal >= $4"
#define TODAY "(SELECT d.day FROM ledger_day d WHERE d.one = 1)"

/* Rates in force on day $n, and what the product of fen and days is divided by. */
#define RATES(day)                                                                                                        \
    "(SELECT r.subject, CASE r.basis WHEN 'ACT/365' THEN 36500000000 ELSE 36000000000 END AS n, coalesce((SELECT t.rate_e8" \
    " FROM ledger_rate t WHERE t.subject = r.subject AND t.from_day <= " day " ORDER BY t.from_day DESC LIMIT 1), 0) AS rate" \
    " FROM ledger_interest_rule r)"
/* fen_days * rate / n, half a fen upwards (四舍五入), without a product that leaves 64 bits: the whole part of fen_days / n
 * is at most 2.6e8, the rest below 3.65e10, the rate at most 1e8. */
#define WORTH                                                                                             \
    "CASE WHEN i.fen_days > 0 THEN i.fen_days / k.n * k.rate + (i.fen_days % k.n * k.rate * 2 + k.n) / (2 * k.n)" \
    " ELSE 0 END"

static const zy_sql SQL_SPAN = { "interest.span",
    "SELECT coalesce(max(account), 0), count(*) FROM"
    " (SELECT account FROM ledger_balance WHERE account > $1 ORDER BY account LIMIT $2) s", 2, NULL };

zy_status interest_span(zy_rtx *rtx, int64_t after, account_span *ret_span, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_SPAN, ZY_ARGS(ZY_I(after), ZY_I(DAY_END_ACCOUNTS)), &row, err));
    *ret_span = (account_span){ .after = after, .last = zy_col_int(row, 0), .count = zy_col_int(row, 1) };
    return ZY_OK;
}

/* Joined tables are held to the span, too: else PostgreSQL may read the whole of them for each span.
 * The balance at the end of the day is today's without what came since; what callers valued on another day is put right
 * by the product of that. `through` lets a day in once. */
static const zy_sql SQL_ACCRUE = { "interest.accrue",
    "INSERT INTO ledger_interest (account, subject, through, fen_days)"
    " SELECT e.account, e.subject, $3, e.at_end * CASE e.basis WHEN '30/360' THEN CAST($5 AS BIGINT) ELSE CAST($4 AS BIGINT) END + e.valued FROM"
    " (SELECT b.account, a.subject, r.basis,"
    " CAST(b.balance_fen - coalesce((SELECT sum(p.amount_fen) FROM ledger_posting p WHERE p.account = b.account AND p.day > $3), 0)"
    " AS BIGINT) AS at_end,"
    " CAST(coalesce((SELECT sum(CASE r.basis WHEN '30/360' THEN v.fen_days_360 ELSE v.fen_days END) FROM ledger_value_dated v"
    " WHERE v.account = b.account AND v.day = $3), 0) AS BIGINT) AS valued"
    " FROM ledger_balance b JOIN ledger_account a ON a.id = b.account JOIN ledger_interest_rule r ON r.subject = a.subject"
    " WHERE b.account > $1 AND b.account <= $2 AND a.id > $1 AND a.id <= $2) e WHERE e.at_end <> 0 OR e.valued <> 0"
    " ON CONFLICT (account) DO UPDATE SET fen_days = ledger_interest.fen_days + excluded.fen_days, through = excluded.through"
    " WHERE ledger_interest.through < excluded.through", 5, NULL };

zy_status interest_accrue(zy_tx *tx, const account_span *s, zy_day day, int64_t days, int64_t days_360, zy_err *err)
{
    return zy_exec(tx, &SQL_ACCRUE, ZY_ARGS(ZY_I(s->after), ZY_I(s->last), ZY_I(day.days), ZY_I(days), ZY_I(days_360)), NULL, err);
}

static const zy_sql SQL_WORTH = { "interest.worth",
    "SELECT CAST(coalesce(sum(" WORTH "), 0) AS BIGINT) FROM ledger_interest i JOIN " RATES("$3") " k ON k.subject = i.subject"
    " WHERE i.account > $1 AND i.account <= $2", 3, NULL };

zy_status interest_worth(zy_rtx *rtx, const account_span *s, zy_day day, zy_money *ret_worth, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_WORTH, ZY_ARGS(ZY_I(s->after), ZY_I(s->last), ZY_I(day.days)), &row, err));
    *ret_worth = zy_col_money(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_PAYABLE = { "interest.payable", "SELECT payable_fen FROM ledger_interest_book WHERE one = 1", 0, NULL };

zy_status interest_payable(zy_rtx *rtx, zy_money *ret_payable, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_PAYABLE, ZY_NO_ARGS, &row, err));
    *ret_payable = zy_col_money(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_PAYABLE_ADD = { "interest.payable_add",
    "UPDATE ledger_interest_book SET payable_fen = payable_fen + $1 WHERE one = 1", 1, NULL };

zy_status interest_add_payable(zy_tx *tx, zy_money more, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PAYABLE_ADD, ZY_ARGS(ZY_I(more.fen)), 1, ZY_INTERNAL, err);
}

/* ---- settlement ---- */

static const zy_sql SQL_LOCK_INTEREST = { "interest.lock",
    "SELECT count(*) FROM (SELECT account FROM ledger_interest WHERE account > $1 AND account <= $2 ORDER BY account FOR UPDATE) s",
    2, NULL };
static const zy_sql SQL_LOCK_BALANCE = { "interest.lock_balance",
    "SELECT count(*) FROM (SELECT account FROM ledger_balance WHERE account > $1 AND account <= $2 ORDER BY account FOR UPDATE) s",
    2, NULL };

zy_status interest_lock(zy_tx *tx, const account_span *s, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *interest = NULL;
    ZY_AUTO(zy_stmt_free) zy_stmt *balance = NULL;
    if (zy_rtx_kind(zy_tx_read(tx)) == ZY_DB_SQLITE)
        return ZY_OK;
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_LOCK_INTEREST, ZY_ARGS(ZY_I(s->after), ZY_I(s->last)), &interest, err));
    return zy_query_one(zy_tx_read(tx), &SQL_LOCK_BALANCE, ZY_ARGS(ZY_I(s->after), ZY_I(s->last)), &balance, err);
}

/* A closed account was settled when it closed. */
static const zy_sql SQL_DECIDE = { "interest.decide",
    "INSERT INTO ledger_interest_paid (account, day, journal, fen_days, rate_e8, paid_fen)"
    " SELECT w.account, $3, $4 + row_number() OVER (ORDER BY w.account) - 1, w.fen_days, w.rate, w.fen FROM"
    " (SELECT i.account, i.fen_days, k.rate, " WORTH " AS fen FROM ledger_interest i JOIN " RATES("$3") " k ON k.subject = i.subject"
    " JOIN ledger_balance b ON b.account = i.account AND b.state <> 'closed' WHERE i.account > $1 AND i.account <= $2"
    " AND b.account > $1 AND b.account <= $2) w"
    " WHERE w.fen > 0", 4, NULL };
static const zy_sql SQL_DECIDED = { "interest.decided",
    "SELECT CAST(coalesce(sum(paid_fen), 0) AS BIGINT) FROM ledger_interest_paid WHERE account > $1 AND account <= $2 AND day = $3"
    " AND journal >= $4", 4, NULL };
/* A product below zero, from value days, waits for the next settlement. */
static const zy_sql SQL_EMPTY = { "interest.empty",
    "UPDATE ledger_interest SET fen_days = 0 WHERE account > $1 AND account <= $2 AND fen_days > 0", 2, NULL };

zy_status interest_decide(zy_tx *tx, interest_payment *p, zy_err *err)
{
    const account_span *s = &p->span;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_exec(tx, &SQL_DECIDE, ZY_ARGS(ZY_I(s->after), ZY_I(s->last), ZY_I(p->day.days), ZY_I(p->first_journal.v)), &p->count,
                   err));
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_DECIDED,
                        ZY_ARGS(ZY_I(s->after), ZY_I(s->last), ZY_I(p->day.days), ZY_I(p->first_journal.v)), &row, err));
    p->total = zy_col_money(row, 0);
    return zy_exec(tx, &SQL_EMPTY, ZY_ARGS(ZY_I(s->after), ZY_I(s->last)), NULL, err);
}

static const zy_sql SQL_PAY_JOURNALS = { "interest.pay_journals",
    "INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count, summary_code, summary)"
    " SELECT q.journal, " TODAY ", $3 + 1, $5, 0, $6, 0, 2, 'INT', '结息' FROM ledger_interest_paid q"
    " WHERE " DECIDED " ORDER BY q.journal", 6, NULL };
static const zy_sql SQL_PAY_BALANCES = { "interest.pay_balances",
    "UPDATE ledger_balance SET balance_fen = balance_fen + q.paid_fen FROM ledger_interest_paid q"
    " WHERE q.account = ledger_balance.account AND " DECIDED " AND ledger_balance.state <> 'closed'"
    " AND ledger_balance.account > $1 AND ledger_balance.account <= $2", 4, NULL };
/* The balances' rows are locked by now, so the ids ascend in the order of an account's balances. Account 6 comes before
 * every customer's. */
static const zy_sql SQL_PAY_POSTINGS = { "interest.pay_postings",
    "INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty)"
    " SELECT q.journal, l.leg, CASE l.leg WHEN 1 THEN 6 ELSE q.account END, " TODAY ","
    " CASE l.leg WHEN 1 THEN -q.paid_fen ELSE q.paid_fen END, CASE l.leg WHEN 1 THEN NULL ELSE b.balance_fen END, ''"
    " FROM ledger_interest_paid q JOIN ledger_balance b ON b.account = q.account"
    " CROSS JOIN (SELECT 1 AS leg UNION ALL SELECT 2) l"
    " WHERE " DECIDED " AND b.account > $1 AND b.account <= $2 ORDER BY q.journal, l.leg", 4, NULL };

static zy_status changes(zy_tx *tx, const zy_sql *sql, const zy_val *args, int arg_count, int64_t wanted, zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, sql, args, arg_count, &changed, err));
    return changed == wanted ? ZY_OK : zy_fail(err, ZY_INTERNAL, "", "%s: not as many rows as accounts are paid", sql->name);
}

zy_status interest_pay(zy_tx *tx, const interest_payment *p, zy_err *err)
{
    zy_val from = ZY_I(p->span.after), to = ZY_I(p->span.last), day = ZY_I(p->day.days), first = ZY_I(p->first_journal.v);
    ZY_TRY(changes(tx, &SQL_PAY_JOURNALS, ZY_ARGS(from, to, day, first, ZY_I(p->now.ms), ZY_I(p->audit.v)), p->count, err));
    ZY_TRY(changes(tx, &SQL_PAY_BALANCES, ZY_ARGS(from, to, day, first), p->count, err));
    return changes(tx, &SQL_PAY_POSTINGS, ZY_ARGS(from, to, day, first), 2 * p->count, err);
}

/* ---- one account, when it closes ---- */

static const zy_sql SQL_TOUCH = { "interest.touch",
    "INSERT INTO ledger_interest (account, subject, through, fen_days) SELECT a.id, a.subject, -1, 0 FROM ledger_account a"
    " JOIN ledger_interest_rule r ON r.subject = a.subject WHERE a.id = $1 AND a.internal = 0"
    " ON CONFLICT (account) DO UPDATE SET through = ledger_interest.through", 1, NULL };
static const zy_sql SQL_THROUGH = { "interest.through", "SELECT through FROM ledger_interest WHERE account = $1", 1, NULL };

zy_status interest_lock_account(zy_tx *tx, zy_id account, interest_account_row *ret_row, zy_err *err)
{
    int64_t touched = 0;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    *ret_row = (interest_account_row){ .bears = false };
    ZY_TRY(zy_exec(tx, &SQL_TOUCH, ZY_ARGS(ZY_I(account.v)), &touched, err));
    if (touched == 0)
        return ZY_OK;
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_THROUGH, ZY_ARGS(ZY_I(account.v)), &row, err));
    *ret_row = (interest_account_row){ .bears = true, .through = { (int32_t)zy_col_int(row, 0) } };
    return ZY_OK;
}

/* ---- rules and rates ---- */

static const zy_sql SQL_RULE = { "interest.rule",
    "INSERT INTO ledger_interest_rule (subject, basis) VALUES ($1, $2) ON CONFLICT (subject) DO UPDATE SET basis = excluded.basis"
    " WHERE NOT EXISTS (SELECT 1 FROM ledger_interest i WHERE i.subject = excluded.subject)", 2, NULL };

zy_status ledger_upsert_rule(zy_tx *tx, const char *subject, const char *basis, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RULE, ZY_ARGS(ZY_TC(subject), ZY_TC(basis)), 1, ZY_STATE_CONFLICT, err);
}

/* Only for days that no day-end has looked at. */
static const zy_sql SQL_RATE = { "interest.rate",
    "INSERT INTO ledger_rate (subject, from_day, rate_e8) SELECT r.subject, $2, $3 FROM ledger_interest_rule r WHERE r.subject = $1"
    " AND NOT EXISTS (SELECT 1 FROM ledger_day_end e WHERE e.day >= $2 AND (e.stage <> 'accrue' OR e.after > 0))"
    " ON CONFLICT (subject, from_day) DO UPDATE SET rate_e8 = excluded.rate_e8", 3, NULL };

zy_status ledger_upsert_rate(zy_tx *tx, const char *subject, zy_day from, int64_t rate_e8, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RATE, ZY_ARGS(ZY_TC(subject), ZY_I(from.days), ZY_I(rate_e8)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_RATE_AT = { "interest.rate_at",
    "SELECT rate_e8 FROM ledger_rate WHERE subject = $1 AND from_day <= $2 ORDER BY from_day DESC LIMIT 1", 2, NULL };

zy_status ledger_read_rate(zy_rtx *rtx, const char *subject, zy_day day, int64_t *ret_rate, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_RATE_AT, ZY_ARGS(ZY_TC(subject), ZY_I(day.days)), &row, err));
    *ret_rate = zy_col_int(row, 0);
    return ZY_OK;
}
