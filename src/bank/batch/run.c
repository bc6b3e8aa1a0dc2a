/* The task that pays the rows of confirmed batches, in their order. A row is one order for (mandate, number), so that a death between paying
 * and writing it down, or two nodes at once, pay once. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bank/batch/batch_internal.h"
#include "base/log.h"
#include "service/audit/audit.h"
#include "service/notify/notify.h"

#define ROWS_AT_ONCE 32

typedef struct rows_read_job {
    zy_env *env;
    zy_id after; /* the last batch */
    batch b;
    batch_row rows[ROWS_AT_ONCE];
    int count, max;
} rows_read_job;

static zy_status keep_row(const batch_row *r, void *arg, zy_err *err)
{
    rows_read_job *job = arg;
    (void)err;
    job->rows[job->count++] = *r;
    return ZY_OK;
}

static zy_status next_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    rows_read_job *job = arg;
    zy_id id;
    job->count = 0;
    ZY_TRY(batch_select_running(rtx, job->after, &id, err));
    ZY_TRY(batch_select(rtx, id, (zy_id){ 0 }, &job->b, err));
    return batch_rows_page(rtx, job->env, id, 0, true, job->max, keep_row, job, err);
}

/* ---- one row ---- */

/* More than was confirmed is not taken: the way that was agreed is closed by now. */
static zy_status check_fee(const batch_row *r, const zy_transfer_plan *plan, zy_err *err)
{
    return zy_transfer_plan_facts(plan).fee.fen <= r->fee.fen ? ZY_OK : zy_fail(err, ZY_ROUTE_CLOSED, "", "it would cost more than was agreed");
}

static zy_status pay(zy_env *env, const batch *b, const batch_row *r, zy_id *ret_order, zy_err *err)
{
    zy_order_state state;
    zy_time now = zy_env_now(env);
    const zy_transfer_ask ask = batch_ask(b, r);
    ZY_AUTO(zy_transfer_plan_free) zy_transfer_plan *plan = NULL;
    ZY_TRY(zy_transfer_plan_new(env, &ask, now, &plan, err));
    ZY_TRY(check_fee(r, plan, err));
    const zy_prepare prepare = zy_transfer_plan_take(plan);
    const zy_mandated m = { .mandate = b->order, .seq = r->seq, .customer = b->customer, .counted = true, .prepare = &prepare };
    return zy_order_carry_out(env, &m, now, ret_order, &state, err);
}

/* A row that was paid before a death has its order, whatever would be said of it now. */
static zy_status pay_once(zy_env *env, const batch *b, const batch_row *r, zy_id *ret_order, zy_err *err)
{
    zy_order_state state;
    zy_err why = { 0 };
    zy_status found = zy_order_mandated(env, b->order, r->seq, ret_order, &state, &why);
    if (found != ZY_NOT_FOUND)
        return found == ZY_OK ? ZY_OK : zy_fail(err, found, NULL, "the row's order");
    return pay(env, b, r, ret_order, err);
}

/* ---- its result ---- */

typedef struct done_job {
    zy_env *env;
    const batch *b;
    const batch_row *r;
    const zy_order *mandate;
    zy_id order;
    zy_status result;
    zy_time now;
} done_job;

static zy_status tell_end(zy_tx *tx, const done_job *job, const batch *b, zy_err *err)
{
    char paid[ZY_MONEY_TEXT_MAX], text[300];
    const zy_audit record = { .event = "batch.done", .actor_kind = "system", .actor = b->customer, .object = b->id, .object_kind = "batch",
                              .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, job->env, &record, NULL, err));
    zy_money_format_grouped(b->paid, paid);
    snprintf(text, sizeof text, "您的批量转账已处理完毕：成功%" PRId64 "笔，合计%s元；未成功%" PRId64 "笔。", b->paid_count, paid,
             b->failed_count);
    return zy_notify_add(tx, job->env, b->customer, "transfer", ZY_STR("批量转账处理完毕"), zy_str_of(text), err);
}

static zy_status done_unit(zy_tx *tx, void *arg, zy_err *err)
{
    done_job *job = arg;
    bool paid = job->result == ZY_OK;
    batch now;
    ZY_TRY(batch_row_done(tx, job->r, paid ? "paid" : "failed", job->order, paid ? "" : zy_status_name(job->result), err));
    ZY_TRY(batch_count(tx, job->r, paid, job->now, err));
    if (!paid)
        ZY_TRY(zy_order_limit_give_back(tx, job->mandate, job->r->amount, job->now, err));
    ZY_TRY(batch_select(zy_tx_read(tx), job->b->id, (zy_id){ 0 }, &now, err));
    return strcmp(now.state, "done") == 0 ? tell_end(tx, job, &now, err) : ZY_OK;
}

static zy_status run_row(zy_env *env, const batch *b, const zy_order *mandate, const batch_row *r, bool *ret_done, zy_err *err)
{
    done_job job = { .env = env, .b = b, .r = r, .mandate = mandate };
    job.result = pay_once(env, b, r, &job.order, err);
    if (job.result != ZY_OK && !zy_transfer_refused(job.result))
        return job.result;
    if (job.result != ZY_OK)
        job.order = (zy_id){ 0 };
    job.now = zy_env_now(env);
    zy_status status = zy_db_run(env->db, "batch.row_done", done_unit, &job, err);
    *ret_done = status == ZY_OK;
    return status == ZY_STATE_CONFLICT ? ZY_OK : status; /* another node was faster */
}

static zy_status run_rows(zy_env *env, const rows_read_job *rows, int64_t *ret_done, zy_err *err)
{
    ZY_KEPT_ORDER_AUTO kept = { 0 };
    ZY_TRY(zy_order_read(env, rows->b.order, &kept, err));
    for (int i = 0; i < rows->count; i++) {
        bool done = false;
        ZY_TRY(run_row(env, &rows->b, &kept.order, &rows->rows[i], &done, err));
        *ret_done += done;
    }
    return ZY_OK;
}

/* A batch that fails waits for the next round; it does not hold up the others. */
zy_status zy_batch_run(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    rows_read_job job = { .env = env, .max = max < ROWS_AT_ONCE ? max : ROWS_AT_ONCE };
    zy_status status = ZY_OK;
    *ret_done = 0;
    while (*ret_done < max && (status = zy_db_read(env->db, "batch.next", next_read, &job, err)) == ZY_OK) {
        zy_err why = { 0 };
        int64_t before = *ret_done;
        if (run_rows(env, &job, ret_done, &why) != ZY_OK)
            zy_log_err("batch.failed", &why);
        if (*ret_done == before)
            job.after = job.b.id;
    }
    zy_wipe(job.rows, sizeof job.rows);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}
