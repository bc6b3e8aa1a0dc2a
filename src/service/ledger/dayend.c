/* The day-end (日终): after the cut-off, in short units while service goes on. Its row says how far it came, and each unit moves the row
 * along with what it does, so that it goes on where it was killed, on any node, and does nothing twice. */
#include "service/ledger/dayend.h"

#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/ledger/interest.h"

typedef struct day_end_job {
    zy_env *env;
    zy_time now;
    bool idle; /* nothing is due */
    day_end_row row;
} day_end_job;

static void enter(day_end_row *row, const char *stage)
{
    snprintf(row->stage, sizeof row->stage, "%s", stage);
    row->after = 0;
}

static zy_status add_record(zy_tx *tx, const day_end_job *job, const char *event, zy_id *ret_audit, zy_err *err)
{
    char day[ZY_DAY_TEXT_MAX], detail[64];
    zy_day_format(job->row.day, day);
    snprintf(detail, sizeof detail, "{\"day\":\"%s\"}", day);
    const zy_audit record = { .event = event, .actor_kind = "system", .object_kind = "", .result = ZY_STR("OK"),
                              .detail = zy_str_of(detail) };
    return zy_audit_add(tx, job->env, &record, ret_audit, err);
}

/* ---- the stages: each does a part, and enters the next one after the last ---- */

static zy_status accrue_step(zy_tx *tx, day_end_job *job, zy_err *err)
{
    day_end_row *row = &job->row;
    account_span span;
    zy_money worth;
    if (row->after == 0)
        ZY_TRY(interest_note_rate(tx, row->day, err));
    ZY_TRY(interest_span(zy_tx_read(tx), row->after, &span, err));
    if (span.count == 0) {
        enter(row, "book");
        return ZY_OK;
    }
    ZY_TRY(interest_accrue_day(tx, &span, row->day, err));
    ZY_TRY(interest_worth(zy_tx_read(tx), &span, row->day, &worth, err));
    ZY_TRY(zy_money_add(row->accrued, worth, &row->accrued));
    row->accounts += span.count;
    row->after = span.last;
    return ZY_OK;
}

/* The bank's expense and debt follow what all products are worth, rounding and changes of the rate included. */
static zy_status book_step(zy_tx *tx, day_end_job *job, zy_err *err)
{
    zy_money payable, more;
    ZY_TRY(interest_payable(zy_tx_read(tx), &payable, err));
    ZY_TRY(zy_money_sub(job->row.accrued, payable, &more));
    if (more.fen != 0) {
        zy_journal j = { .id = zy_id_next(job->env->ids), .summary_code = "ACR", .summary = ZY_STR("计提利息"), .leg_count = 2,
                         .legs = { { .account = ZY_LEDGER_INTEREST_EXPENSE, .amount = { -more.fen }, .internal = true },
                                   { .account = ZY_LEDGER_INTEREST_PAYABLE, .amount = more, .internal = true } } };
        ZY_TRY(add_record(tx, job, "ledger.accrued", &j.audit, err));
        ZY_TRY(zy_ledger_post(tx, &j, job->now, err));
        ZY_TRY(interest_add_payable(tx, more, err));
    }
    enter(&job->row, interest_settles_on(job->row.day) ? "settle" : "trial");
    return ZY_OK;
}

static zy_status settle_step(zy_tx *tx, day_end_job *job, zy_err *err)
{
    day_end_row *row = &job->row;
    interest_payment p = { .day = row->day, .now = job->now };
    ZY_TRY(interest_span(zy_tx_read(tx), row->after, &p.span, err));
    if (p.span.count == 0) {
        enter(row, "trial");
        return ZY_OK;
    }
    ZY_TRY(add_record(tx, job, "ledger.interest_paid", &p.audit, err));
    ZY_TRY(interest_settle(tx, job->env, &p, err));
    ZY_TRY(zy_money_add(row->paid, p.total, &row->paid));
    row->paid_count += p.count;
    row->after = p.span.last;
    return ZY_OK;
}

static zy_status trial_step(zy_tx *tx, day_end_job *job, zy_err *err)
{
    day_end_row *row = &job->row;
    int64_t last = 0, faults = 0;
    bool all = false;
    if (row->after == 0)
        ZY_TRY(trial_begin(tx, row->day, &row->after, err));
    ZY_TRY(trial_span(zy_tx_read(tx), row->day, row->after, &last, &all, err));
    ZY_TRY(trial_add(tx, row->day, row->after, last, err));
    row->after = last;
    if (!all)
        return ZY_OK;
    ZY_TRY(trial_faults(zy_tx_read(tx), row->day, &faults, err));
    if (faults != 0)
        return zy_fail(err, ZY_AUDIT_BROKEN, "", "day %d: the trial balance does not add up", (int)row->day.days);
    enter(row, "done");
    return add_record(tx, job, "ledger.day_ended", NULL, err);
}

static const struct stage {
    const char *name;
    zy_status (*step)(zy_tx *tx, day_end_job *job, zy_err *err);
} STAGES[] = { { "accrue", accrue_step }, { "book", book_step }, { "settle", settle_step }, { "trial", trial_step } };

static zy_status run_stage(zy_tx *tx, day_end_job *job, zy_err *err)
{
    for (size_t i = 0; i < ZY_COUNT(STAGES); i++)
        if (strcmp(job->row.stage, STAGES[i].name) == 0) {
            ZY_TRY(STAGES[i].step(tx, job, err));
            bool done = strcmp(job->row.stage, "done") == 0;
            return day_end_update(tx, &job->row, done ? job->now : (zy_time){ 0 }, err);
        }
    return zy_fail(err, ZY_INTERNAL, "", "no stage %s of a day-end", job->row.stage);
}

static zy_status begin_next(zy_tx *tx, day_end_job *job, zy_err *err)
{
    day_end_row row = { .stage = "accrue", .started_at = job->now };
    zy_status status = day_end_select_next(zy_tx_read(tx), &row.day, err);
    job->idle = status == ZY_NOT_FOUND;
    if (status != ZY_OK)
        return job->idle ? ZY_OK : status;
    return day_end_insert(tx, &row, err);
}

static zy_status day_end_unit(zy_tx *tx, void *arg, zy_err *err)
{
    day_end_job *job = arg;
    job->idle = false;
    zy_status status = day_end_select_open(tx, &job->row, err);
    if (status == ZY_NOT_FOUND)
        return begin_next(tx, job, err);
    ZY_TRY(status);
    return run_stage(tx, job, err);
}

zy_status zy_ledger_day_end(zy_env *env, zy_dur budget, bool *ret_done, zy_err *err)
{
    int64_t start = zy_clock_monotonic_ns();
    day_end_job job = { .env = env };
    do {
        job.now = zy_env_now(env);
        ZY_TRY(zy_db_run(env->db, "ledger.day_end", day_end_unit, &job, err));
    } while (!job.idle && (zy_clock_monotonic_ns() - start) / 1000000 < budget.ms);
    *ret_done = job.idle;
    return ZY_OK;
}

/* ---- reading ---- */

zy_status zy_ledger_last_day_end(zy_rtx *rtx, zy_day *ret_day, zy_err *err)
{
    return day_end_select_done(rtx, ret_day, err);
}

static zy_trial_row trial_row_of(const zy_stmt *row)
{
    return (zy_trial_row){ .internal = zy_col_int(row, 0) == 1, .debit = zy_col_money(row, 1), .credit = zy_col_money(row, 2),
                           .balance = zy_col_money(row, 3), .branch = zy_col_text(row, 4), .subject = zy_col_text(row, 5) };
}

zy_status zy_ledger_trial(zy_rtx *rtx, zy_day day, zy_status (*each)(const zy_trial_row *row, void *arg), void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(trial_select(rtx, day, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        zy_trial_row row = trial_row_of(rows);
        ZY_TRY(each(&row, arg));
    }
}
