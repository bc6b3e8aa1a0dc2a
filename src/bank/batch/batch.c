/* transfer.batch: the order that confirms a batch. Its text names how many rows, their sum, the most that they cost, and the SM3 digest of
 * all of them, so that the factors are given for exactly these rows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bank/account/account.h"
#include "bank/batch/batch_internal.h"
#include "service/param/param.h"

static const zy_param_row PARAMS[] = {
    { .name = "batch.total_limit_fen", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen",
      .title_zh = "单个批量转账合计限额", .title_en = "Most that one batch of transfers comes to" },
};

/* ---- what it comes to ---- */

typedef struct prepare_job {
    zy_call *call;
    batch b;
    zy_money total, fee;
    zy_buf rows; /* canonical: a line for each */
    char digest[2 * ZY_SM3_BYTES + 1];
    char from[ZY_MASK_MAX];
    zy_balance balance;
} prepare_job;

static zy_status add_row(const batch_row *r, void *arg, zy_err *err)
{
    prepare_job *job = arg;
    ZY_TRY(zy_money_add(job->total, r->amount, &job->total));
    ZY_TRY(zy_money_add(job->fee, r->fee, &job->fee));
    (void)err;
    zy_buf_fmt(&job->rows, "%" PRId64 "\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64 "\t%s\n", r->seq, r->to_number, r->to_name, r->to_bank,
               r->amount.fen, r->fee.fen, r->memo);
    return ZY_OK;
}

static zy_status sum_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prepare_job *job = arg;
    zy_id id = job->b.id;
    job->total = job->fee = (zy_money){ 0 };
    zy_buf_clear(&job->rows);
    zy_account from;
    ZY_TRY(batch_select(rtx, id, job->call->caller->customer, &job->b, err));
    ZY_TRY(zy_account_own(rtx, job->call->env, job->b.customer, job->b.from_account, &from, err));
    zy_mask_card(zy_str_of(from.number), job->from);
    ZY_TRY(zy_ledger_balance(rtx, job->b.from_account, &job->balance, err));
    return batch_rows_page(rtx, job->call->env, id, 0, false, BATCH_ROWS_MAX, add_row, job, err);
}

static zy_status check_batch(const prepare_job *job, zy_err *err)
{
    const batch *b = &job->b;
    if (strcmp(b->state, "open") != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "", "the batch is %s", b->state);
    if (b->row_count == 0 || b->bad_count > 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "rows", "%" PRId64 " rows, %" PRId64 " of them bad", b->row_count, b->bad_count);
    return ZY_OK;
}

/* ---- batch.prepare ---- */

static void describe(zy_order_lines *lines, const void *arg)
{
    const prepare_job *job = arg;
    char count[24];
    snprintf(count, sizeof count, "%" PRId64, job->b.row_count);
    zy_order_line(lines, "from_account", zy_str_of(job->from), "付款账户", zy_str_of(job->from));
    zy_order_line(lines, "rows", zy_str_of(count), "笔数", zy_str_of(count));
    zy_transfer_line_fen(lines, "amount_fen", job->total, "合计金额");
    zy_transfer_line_fen(lines, "fee_fen", job->fee, "手续费（最高）");
    zy_order_line(lines, "currency", ZY_STR("CNY"), NULL, (zy_str){ 0 });
    zy_order_line(lines, "rows_sm3", zy_str_of(job->digest), "明细摘要", zy_str_of(job->digest));
}

static zy_json *payload_of(const prepare_job *job)
{
    zy_json *p = zy_json_object();
    zy_json_set_int(p, "batch", job->b.id.v);
    zy_json_set_int(p, "version", job->b.version);
    zy_json_set_int(p, "rows", job->b.row_count);
    zy_json_set_c(p, "from", job->from);
    return p;
}

static zy_status digest_rows(prepare_job *job)
{
    uint8_t digest[ZY_SM3_BYTES];
    const zy_part part = { job->rows.p, job->rows.n };
    ZY_TRY(zy_sm3(&part, 1, digest));
    zy_hex_encode(digest, sizeof digest, job->digest);
    return ZY_OK;
}

static zy_status prepare_order(prepare_job *job, zy_json *body, zy_err *err)
{
    char purpose[200], yuan[ZY_MONEY_TEXT_MAX];
    zy_money_format_grouped(job->total, yuan);
    snprintf(purpose, sizeof purpose, "批量转账%" PRId64 "笔，合计%s元", job->b.row_count, yuan);
    const zy_prepare prepare = { .kind = &BATCH_KIND, .describe = describe, .arg = job,
                                 .draft = { .amount = job->total, .fee = job->fee, .from_account = job->b.from_account, .risk = "medium",
                                            .payload = payload_of(job), .sms_purpose = zy_str_of(purpose) } };
    return zy_order_prepare(job->call, &prepare, body, err);
}

static zy_status prepare_with(prepare_job *job, zy_json *body, zy_err *err)
{
    ZY_TRY(zy_db_read(job->call->env->db, "batch.sum", sum_read, job, err));
    ZY_TRY(check_batch(job, err));
    if (job->total.fen + job->fee.fen > job->balance.available.fen)
        return zy_fail(err, ZY_BALANCE_TOO_LOW, "", "not enough is available for all rows");
    ZY_TRY(digest_rows(job));
    return prepare_order(job, body, err);
}

zy_status batch_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const batch_id_in *in = input;
    prepare_job job = { .call = call, .b = { .id = in->batch_id } };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    zy_status status = prepare_with(&job, body, err);
    zy_buf_wipe(&job.rows);
    return status;
}

/* ---- the order kind ---- */

/* Nobody has changed the rows since: each change makes another version. */
static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    int64_t id = 0, version = 0;
    (void)env, (void)audit;
    if (!zy_json_int(payload, "batch", &id) || !zy_json_int(payload, "version", &version))
        return zy_fail(err, ZY_INTERNAL, NULL, "an order whose content is not of its kind");
    return batch_take(tx, (zy_id){ id }, o->customer, version, o->id, err);
}

static void receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    zy_str from = { 0 };
    (void)o;
    if (zy_json_str(payload, "from", &from))
        zy_json_set_str(out, "from", from);
}

/* Counts in the limits of transfers, all at once; its rows do not again. */
const zy_order_kind BATCH_KIND = {
    .name = "transfer.batch", .title_zh = "批量转账", .scene = "transfer", .limit_category = "transfer", .execute = execute,
    .receipt = receipt, .limit_once_param = "batch.total_limit_fen", .limit_day_param = "transfer.day_limit_fen",
};

zy_status zy_batch_start(zy_env *env, zy_err *err)
{
    (void)env;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    return zy_flow_register(&BATCH_KIND) == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "too many kinds of orders");
}
