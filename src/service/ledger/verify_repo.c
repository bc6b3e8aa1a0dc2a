/* The offline check of the books: recomputes everything from journals and postings with statements of its own, so that
 * a fault of the posting code cannot hide itself. Reads one snapshot; the database adds up, faults alone come back. */
#include <inttypes.h>
#include <stdio.h>

#include "service/ledger/ledger.h"

#define GIVEN_BACK                                                                                   \
    "(SELECT id AS journal, reverses AS original FROM ledger_journal WHERE reverses <> 0 UNION ALL"   \
    " SELECT journal, refunds FROM ledger_refund)"

/* Each gives: how many faults, and the id of the first. The first row guards the sums of the others against overflow. */
static const struct check {
    zy_sql sql;
    const char *what, *says;
} CHECKS[] = {
    { { "ledger.verify_amounts",
        "SELECT count(*), min(id) FROM ledger_posting"
        " WHERE amount_fen = 0 OR amount_fen > 100000000000000000 OR amount_fen < -100000000000000000", 0, NULL },
      "posting", "an impossible amount" },
    { { "ledger.verify_owners",
        "SELECT count(*), min(p.id) FROM ledger_posting p"
        " WHERE NOT EXISTS (SELECT 1 FROM ledger_journal j WHERE j.id = p.journal AND j.day = p.day)"
        " OR NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = p.account)", 0, NULL },
      "posting", "no journal of its day, or no account" },
    { { "ledger.verify_legs",
        "SELECT count(*), min(j.id) FROM ledger_journal j"
        " LEFT JOIN (SELECT journal, count(*) AS legs, count(DISTINCT leg) AS numbers, max(leg) AS last"
        " FROM ledger_posting GROUP BY journal) p ON p.journal = j.id"
        " WHERE p.legs IS NULL OR p.legs <> j.leg_count OR p.numbers <> j.leg_count OR p.last <> j.leg_count", 0, NULL },
      "journal", "a posting is missing or too many" },
    { { "ledger.verify_sums",
        "SELECT count(*), min(journal) FROM (SELECT p.journal FROM ledger_posting p JOIN ledger_account a ON a.id = p.account"
        " GROUP BY p.journal, a.currency HAVING sum(p.amount_fen) <> 0) s", 0, NULL },
      "journal", "does not balance" },
    { { "ledger.verify_running",
        "SELECT count(*), min(id) FROM (SELECT p.id, p.balance_after_fen AS told,"
        " sum(p.amount_fen) OVER (PARTITION BY p.account ORDER BY p.id) AS adds_up, a.internal"
        " FROM ledger_posting p JOIN ledger_account a ON a.id = p.account) s"
        " WHERE (internal = 0 AND (told IS NULL OR told <> adds_up OR adds_up < 0)) OR (internal = 1 AND told IS NOT NULL)", 0, NULL },
      "posting", "the balance after it does not add up" },
    { { "ledger.verify_balances",
        "SELECT count(*), min(a.id) FROM ledger_account a LEFT JOIN ledger_balance b ON b.account = a.id"
        " LEFT JOIN (SELECT account, sum(amount_fen) AS total FROM ledger_posting GROUP BY account) p ON p.account = a.id"
        " WHERE (a.internal = 0 AND (b.account IS NULL OR b.balance_fen <> coalesce(p.total, 0)))"
        " OR (a.internal = 1 AND b.account IS NOT NULL)", 0, NULL },
      "account", "the balance is not the sum of its postings" },
    { { "ledger.verify_holds",
        "SELECT count(*), min(b.account) FROM ledger_balance b WHERE b.held_fen < 0 OR b.held_fen > b.balance_fen"
        " OR NOT EXISTS (SELECT 1 FROM ledger_account a WHERE a.id = b.account)", 0, NULL },
      "account", "an impossible hold, or a balance without account" },
    { { "ledger.verify_hold_rows",
        "SELECT count(*), min(b.account) FROM ledger_balance b LEFT JOIN (SELECT account, sum(amount_fen) AS total"
        " FROM ledger_hold WHERE state = 'held' GROUP BY account) h ON h.account = b.account"
        " WHERE b.held_fen <> coalesce(h.total, 0)", 0, NULL },
      "account", "what is held is not the sum of its holds" },
    { { "ledger.verify_captured",
        "SELECT count(*), min(h.id) FROM ledger_hold h WHERE (h.state = 'captured') <> (h.journal <> 0)"
        " OR (h.journal <> 0 AND NOT EXISTS (SELECT 1 FROM ledger_journal j WHERE j.id = h.journal))", 0, NULL },
      "hold", "captured by no journal" },
    { { "ledger.verify_returned",
        "SELECT count(*), min(r.journal) FROM ledger_returned r"
        " LEFT JOIN (SELECT g.original, p.account, abs(sum(p.amount_fen)) AS back FROM " GIVEN_BACK " g"
        " JOIN ledger_posting p ON p.journal = g.journal GROUP BY g.original, p.account) b"
        " ON b.original = r.journal AND b.account = r.account"
        " LEFT JOIN (SELECT p.journal, p.account, abs(sum(p.amount_fen)) AS moved FROM ledger_posting p"
        " WHERE p.journal IN (SELECT x.journal FROM ledger_returned x) GROUP BY p.journal, p.account) m"
        " ON m.journal = r.journal AND m.account = r.account"
        " WHERE b.back IS NULL OR m.moved IS NULL OR b.back <> r.returned_fen OR m.moved <> r.total_fen"
        " OR r.returned_fen > r.total_fen", 0, NULL },
      "journal", "more or less was given back of it than is told" },
    { { "ledger.verify_given_back",
        "SELECT count(*), min(b.journal) FROM (SELECT g.journal, g.original, p.account FROM " GIVEN_BACK " g"
        " JOIN ledger_posting p ON p.journal = g.journal GROUP BY g.journal, g.original, p.account HAVING sum(p.amount_fen) <> 0) b"
        " WHERE NOT EXISTS (SELECT 1 FROM ledger_returned r WHERE r.journal = b.original AND r.account = b.account)", 0, NULL },
      "journal", "gives back what nobody counted" },
    { { "ledger.verify_trial",
        "SELECT count(*), min(day) FROM (SELECT day FROM (SELECT p.day, a.currency, a.branch, a.subject, sum(p.amount_fen) AS total"
        " FROM ledger_posting p JOIN ledger_account a ON a.id = p.account"
        " GROUP BY p.day, a.currency, a.branch, a.subject) t GROUP BY day, currency HAVING sum(total) <> 0) s", 0, NULL },
      "accounting day", "the trial balance is not zero" },
    { { "ledger.verify_days",
        "SELECT count(*), min(j.id) FROM ledger_journal j WHERE j.day > (SELECT d.day FROM ledger_day d WHERE d.one = 1)"
        " OR (j.reverses <> 0 AND NOT EXISTS (SELECT 1 FROM ledger_journal r WHERE r.id = j.reverses))", 0, NULL },
      "journal", "of a day to come, or reverses nothing" },
    { { "ledger.verify_day_ends",
        "SELECT count(*), min(t.day) FROM ledger_trial t LEFT JOIN (SELECT a.branch, a.subject, a.internal, sum(p.amount_fen) AS total"
        " FROM ledger_posting p JOIN ledger_account a ON a.id = p.account WHERE p.id <= (SELECT c.last_posting FROM ledger_cut_off c"
        " WHERE c.day = (SELECT max(e.day) FROM ledger_day_end e WHERE e.stage = 'done'))"
        " GROUP BY a.branch, a.subject, a.internal) s"
        " ON s.branch = t.branch AND s.subject = t.subject AND s.internal = t.internal"
        " WHERE t.day = (SELECT max(e.day) FROM ledger_day_end e WHERE e.stage = 'done') AND t.balance_fen <> coalesce(s.total, 0)",
        0, NULL },
      "accounting day", "its stored trial balance is not the sum of its postings" },
    { { "ledger.verify_interest",
        "SELECT count(*), min(q.account) FROM ledger_interest_paid q WHERE NOT EXISTS (SELECT 1 FROM ledger_posting p"
        " WHERE p.account = q.account AND p.journal = q.journal AND p.amount_fen = q.paid_fen AND p.day > q.day)", 0, NULL },
      "account", "interest that was told was not posted" },
};

static const zy_sql SQL_COUNTS = { "ledger.verify_counts",
    "SELECT (SELECT count(*) FROM ledger_account), (SELECT count(*) FROM ledger_journal), (SELECT count(*) FROM ledger_posting)",
    0, NULL };
static const zy_sql SQL_TOTALS = { "ledger.verify_totals",
    "SELECT coalesce(sum(CASE WHEN a.internal = 0 THEN p.amount_fen ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN a.internal = 1 THEN p.amount_fen ELSE 0 END), 0)"
    " FROM ledger_posting p JOIN ledger_account a ON a.id = p.account", 0, NULL };

typedef struct verify_job {
    zy_ledger_report report;
    void (*progress)(int64_t done, void *);
    void *arg;
} verify_job;

static void fault(zy_ledger_report *r, int64_t count, const char *what, int64_t first, const char *says)
{
    if (r->faults == 0)
        snprintf(r->first_fault, sizeof r->first_fault, "%s %" PRId64 ": %s", what, first, says);
    r->faults += count;
}

static zy_status run_check(zy_rtx *rtx, const struct check *check, zy_ledger_report *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &check->sql, ZY_NO_ARGS, &row, err));
    int64_t faults = zy_col_int(row, 0);
    if (faults > 0)
        fault(r, faults, check->what, zy_col_int(row, 1), check->says);
    return ZY_OK;
}

static zy_status count_rows(zy_rtx *rtx, zy_ledger_report *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_COUNTS, ZY_NO_ARGS, &row, err));
    r->accounts = zy_col_int(row, 0);
    r->journals = zy_col_int(row, 1);
    r->postings = zy_col_int(row, 2);
    return ZY_OK;
}

static zy_status add_totals(zy_rtx *rtx, zy_ledger_report *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_TOTALS, ZY_NO_ARGS, &row, err));
    r->total_customer = zy_col_money(row, 0);
    r->total_internal = zy_col_money(row, 1);
    zy_money total = { 1 };
    if (zy_money_add(r->total_customer, r->total_internal, &total) != ZY_OK || total.fen != 0)
        fault(r, 1, "total", total.fen, "fen too much or too little in all accounts together");
    return ZY_OK;
}

static zy_status verify(zy_rtx *rtx, void *arg, zy_err *err)
{
    verify_job *job = arg;
    zy_ledger_report *r = &job->report;
    *r = (zy_ledger_report){ 0 };
    ZY_TRY(count_rows(rtx, r, err));
    for (size_t i = 0; i < ZY_COUNT(CHECKS); i++) {
        ZY_TRY(run_check(rtx, &CHECKS[i], r, err));
        if (i == 0 && r->faults > 0)
            return ZY_OK;
        if (job->progress != NULL)
            job->progress(r->postings * (int64_t)(i + 1) / (int64_t)ZY_COUNT(CHECKS), job->arg);
    }
    return add_totals(rtx, r, err);
}

zy_status zy_ledger_verify(zy_env *env, void (*progress)(int64_t done, void *), void *arg, zy_ledger_report *ret_report, zy_err *err)
{
    verify_job job = { .progress = progress, .arg = arg };
    ZY_TRY(zy_db_read_snapshot(env->db, "ledger.verify", verify, &job, err));
    *ret_report = job.report;
    if (job.report.faults > 0)
        return zy_fail(err, ZY_AUDIT_BROKEN, "", "%s", job.report.first_fault);
    return ZY_OK;
}
