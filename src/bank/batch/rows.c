/* A batch while it is made: started, filled part by part, dropped. Each row is checked as a transfer of its own would be. */
#include "bank/batch/batch_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank/account/account.h"
#include "bank/directory/directory.h"

/* ---- batch.start ---- */

typedef struct start_job {
    zy_call *call;
    batch b;
    int64_t open, today;
} start_job;

static zy_status start_unit(zy_tx *tx, void *arg, zy_err *err)
{
    start_job *job = arg;
    const batch *b = &job->b;
    zy_account from;
    ZY_TRY(zy_account_own(zy_tx_read(tx), job->call->env, b->customer, b->from_account, &from, err));
    if (strcmp(from.state, "active") != 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "from_account_id", "the payer's account is %s", from.state);
    ZY_TRY(batch_counts(zy_tx_read(tx), b->customer, zy_day_start(zy_day_of(b->created_at)), &job->open, &job->today, err));
    if (job->open >= BATCH_OPEN_MAX || job->today >= BATCH_DAY_MAX)
        return zy_fail(err, ZY_RATE_LIMITED, "", "as many batches as there may be");
    return batch_insert(tx, b, err);
}

zy_status batch_start_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const batch_start_in *in = input;
    start_job job = { .call = call, .b = { .id = zy_id_next(call->env->ids), .customer = call->caller->customer,
                                           .from_account = in->from_account_id, .created_at = call->now } };
    ZY_TRY(zy_db_run(call->env->db, "batch.start", start_unit, &job, err));
    zy_json_set_id(body, "batch_id", job.b.id);
    zy_json_set_int(body, "rows_max", BATCH_ROWS_MAX);
    zy_json_set_int(body, "part_max", BATCH_PART_MAX);
    return ZY_OK;
}

/* ---- batch.rows ---- */

typedef struct rows_job {
    zy_call *call;
    const batch_rows_in *in;
    batch from, to;
    batch_row rows[BATCH_PART_MAX];
    zy_buf sealed[BATCH_PART_MAX];
    int64_t bad_replaced;
} rows_job;

static void rows_job_free(rows_job *job)
{
    if (job == NULL)
        return;
    for (size_t i = 0; i < BATCH_PART_MAX; i++)
        zy_buf_free(&job->sealed[i]);
    zy_wipe(job->rows, sizeof job->rows);
    free(job);
}
ZY_AUTO_DEFINE(rows_job, rows_job_free)

static zy_status load_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    rows_job *job = arg;
    ZY_TRY(batch_select(rtx, job->in->batch_id, job->call->caller->customer, &job->from, err));
    return batch_rows_bad_from(rtx, job->in->batch_id, job->in->first, &job->bad_replaced, err);
}

static zy_status check_place(const rows_job *job, zy_err *err)
{
    const batch *b = &job->from;
    if (strcmp(b->state, "open") != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "", "the batch is %s", b->state);
    if (job->in->first > b->row_count + 1 || job->in->first - 1 + (int64_t)job->in->rows.n > BATCH_ROWS_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "first", "rows follow one another, up to %d", BATCH_ROWS_MAX);
    if (b->misses >= BATCH_MISSES)
        return zy_fail(err, ZY_RATE_LIMITED, "", "too many refused rows");
    return ZY_OK;
}

/* The bank that the row names, or else the one whose card its number is. */
static zy_status fill_bank(const rows_job *job, const batch_row_in *in, batch_row *r)
{
    zy_bank_card card;
    zy_str bank = in->to_bank;
    if (bank.n == 0 && zy_bank_recognise(job->call->env, in->to_account_no, &card) && !card.own)
        bank = card.code;
    return zy_str_copy(bank, r->to_bank, sizeof r->to_bank);
}

static zy_status fill_row(const rows_job *job, size_t i, batch_row *r)
{
    const batch_row_in *in = (const batch_row_in *)job->in->rows.items + i;
    *r = (batch_row){ .id = zy_id_next(job->call->env->ids), .batch = job->from.id, .seq = job->in->first + (int64_t)i,
                      .amount = in->amount_fen };
    ZY_TRY(zy_str_copy(zy_str_trim(in->to_name), r->to_name, sizeof r->to_name));
    ZY_TRY(zy_str_copy(in->to_account_no, r->to_number, sizeof r->to_number));
    ZY_TRY(fill_bank(job, in, r));
    return zy_str_copy(in->memo, r->memo, sizeof r->memo);
}

zy_transfer_ask batch_ask(const batch *b, const batch_row *r)
{
    return (zy_transfer_ask){ .customer = b->customer, .from_account = b->from_account, .to_number = zy_str_of(r->to_number),
                              .to_name = zy_str_of(r->to_name), .to_bank = zy_str_of(r->to_bank), .amount = r->amount,
                              .memo = zy_str_of(r->memo) };
}

/* Its fee is what it costs without the month's free ones: by then others may have used them up. */
static zy_status check_row(const rows_job *job, batch_row *r, zy_err *err)
{
    zy_err why = { 0 };
    const zy_transfer_ask ask = batch_ask(&job->from, r);
    ZY_AUTO(zy_transfer_plan_free) zy_transfer_plan *plan = NULL;
    zy_status status = zy_transfer_plan_new(job->call->env, &ask, job->call->now, &plan, &why);
    if (status == ZY_OK) {
        r->fee = zy_transfer_plan_facts(plan).list_fee;
        snprintf(r->state, sizeof r->state, "ready");
        return ZY_OK;
    }
    if (!zy_transfer_refused(status)) {
        *err = why;
        return status;
    }
    snprintf(r->state, sizeof r->state, "bad");
    snprintf(r->reason, sizeof r->reason, "%s", zy_status_name(status));
    snprintf(r->field, sizeof r->field, "%s", why.field);
    return ZY_OK;
}

static zy_status check_rows(rows_job *job, zy_err *err)
{
    int64_t bad = 0;
    for (size_t i = 0; i < job->in->rows.n; i++) {
        batch_row *r = &job->rows[i];
        ZY_TRY(fill_row(job, i, r));
        ZY_TRY(check_row(job, r, err));
        ZY_TRY(batch_row_seal(job->call->env, r, &job->sealed[i]));
        bad += strcmp(r->state, "bad") == 0;
    }
    job->to = job->from;
    job->to.version++;
    job->to.row_count = job->in->first - 1 + (int64_t)job->in->rows.n;
    job->to.bad_count += bad - job->bad_replaced;
    job->to.misses += bad;
    return ZY_OK;
}

static zy_status rows_unit(zy_tx *tx, void *arg, zy_err *err)
{
    rows_job *job = arg;
    ZY_TRY(batch_change(tx, &job->from, &job->to, err));
    ZY_TRY(batch_rows_delete_from(tx, job->from.id, job->in->first, err));
    for (size_t i = 0; i < job->in->rows.n; i++)
        ZY_TRY(batch_row_insert(tx, &job->rows[i], zy_buf_view(&job->sealed[i]), err));
    return ZY_OK;
}

static void put_rows_answer(const rows_job *job, zy_json *body)
{
    zy_json *errors = zy_json_array();
    for (size_t i = 0; i < job->in->rows.n; i++) {
        const batch_row *r = &job->rows[i];
        if (strcmp(r->state, "bad") != 0)
            continue;
        zy_json *e = zy_json_object();
        zy_json_set_int(e, "row", r->seq);
        zy_json_set_c(e, "code", r->reason);
        zy_json_set_c(e, "field", r->field);
        zy_json_push(errors, e);
    }
    zy_json_set_int(body, "rows", job->to.row_count);
    zy_json_set(body, "errors", errors);
}

zy_status batch_rows_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    ZY_AUTO(rows_job_free) rows_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "no memory for a batch's rows");
    job->call = call;
    job->in = input;
    ZY_TRY(zy_db_read(call->env->db, "batch.load", load_read, job, err));
    ZY_TRY(check_place(job, err));
    ZY_TRY(check_rows(job, err));
    ZY_TRY(zy_db_run(call->env->db, "batch.rows", rows_unit, job, err));
    put_rows_answer(job, body);
    return ZY_OK;
}

/* ---- batch.drop ---- */

typedef struct drop_job {
    zy_env *env;
    zy_id id, customer;
    zy_time before; /* of housekeeping */
    int max, count;
    zy_id ids[64];
} drop_job;

static zy_status drop_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const drop_job *job = arg;
    batch b;
    ZY_TRY(batch_select(zy_tx_read(tx), job->id, job->customer, &b, err));
    return batch_delete_open(tx, job->id, err);
}

zy_status batch_drop_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const batch_id_in *in = input;
    drop_job job = { .env = call->env, .id = in->batch_id, .customer = call->caller->customer };
    (void)body;
    return zy_db_run(call->env->db, "batch.drop", drop_unit, &job, err);
}

static zy_status stale_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    drop_job *job = arg;
    return batch_select_stale(rtx, job->before, job->max, job->ids, &job->count, err);
}

zy_status zy_batch_expire(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    drop_job job = { .env = env, .before = zy_time_add(zy_env_now(env), ZY_HOURS(-24)), .max = max < 64 ? max : 64 };
    *ret_done = 0;
    ZY_TRY(zy_db_read(env->db, "batch.stale", stale_read, &job, err));
    for (int i = 0; i < job.count; i++) {
        job.id = job.ids[i];
        zy_status status = zy_db_run(env->db, "batch.drop", drop_unit, &job, err);
        if (status != ZY_OK && status != ZY_NOT_FOUND && status != ZY_STATE_CONFLICT)
            return status; /* those two: another node, or the customer has just confirmed it */
        *ret_done += status == ZY_OK;
    }
    return ZY_OK;
}
