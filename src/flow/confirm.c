/* order.confirm: exactly once. Order, limit counters, postings, messages and audit record are one transaction; the
 * answer is stored with them, and a repeat gets it again. */
#include "flow/flow_internal.h"
#include "service/param/param.h"

zy_status order_do(zy_tx *tx, zy_env *env, const order_deed *deed, zy_id audit, zy_err *err)
{
    const zy_order *o = deed->order;
    if (deed->count)
        ZY_TRY(order_limit_take(tx, o->customer, o->kind->limit_category, o->limit_day, o->amount, deed->day_limit, err));
    ZY_TRY(order_insert_step(tx, deed->step, o->id, deed->step_name, o->done_at, ZY_OK, (zy_str){ 0 }, err));
    ZY_TRY(o->kind->execute(tx, env, o, deed->payload, audit, err));
    return o->kind->notify != NULL ? o->kind->notify(tx, env, o, deed->payload, err) : ZY_OK;
}

typedef struct confirm_job {
    zy_call *call;
    zy_order order;
    order_deed deed;
    zy_str answer_sealed, detail;
} confirm_job;

static zy_status confirm_unit(zy_tx *tx, void *arg, zy_err *err)
{
    confirm_job *job = arg;
    zy_env *env = job->call->env;
    const zy_order *o = &job->order;
    zy_id audit = { 0 };
    zy_audit record = order_audit(job->call, order_event(o->state), o->id, ZY_OK, job->detail);
    ZY_TRY(zy_audit_add(tx, env, &record, &audit, err));
    ZY_TRY(order_update_posted(tx, o, job->answer_sealed, audit, err));
    return order_do(tx, env, &job->deed, audit, err);
}

/* Only this attempt's own commit counts: another's answer is found by reading the order anew. */
static zy_status confirm_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    confirm_job *job = arg;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_select(rtx, job->order.id, job->order.customer, &row, err));
    *ret_committed = zy_id_eq(row.order.journal, job->order.journal);
    return ZY_OK;
}

zy_json *order_answer(const zy_order *o, const zy_json *payload)
{
    char digest[2 * ZY_SM3_BYTES + 1];
    zy_hex_encode(o->digest, sizeof o->digest, digest);
    zy_json *receipt = zy_json_object();
    zy_json_set_id(receipt, "order_id", o->id);
    zy_json_set_c(receipt, "kind", o->kind->name);
    zy_json_set_int(receipt, "at", o->done_at.ms);
    zy_json_set_int(receipt, "amount_fen", o->amount.fen);
    zy_json_set_int(receipt, "fee_fen", o->fee.fen);
    zy_json_set_id(receipt, "journal_id", o->journal);
    zy_json_set_c(receipt, "digest", digest);
    if (o->kind->receipt != NULL)
        o->kind->receipt(o, payload, receipt);
    zy_json *answer = zy_json_object();
    zy_json_set_c(answer, "state", zy_order_state_name(o->state));
    zy_json_set(answer, "receipt", receipt);
    return answer;
}

static void put_answer(const zy_json *answer, zy_json *body)
{
    static const char *const MEMBERS[] = { "state", "receipt" };
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++)
        zy_json_set(body, MEMBERS[i], zy_json_copy(zy_json_get(answer, MEMBERS[i])));
}

static zy_status give_answer(zy_call *call, const order_row *row, zy_json *body, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_TRY(order_open(call->env, "answer", row->order.id, zy_buf_view(&row->answer_sealed), &answer));
    if (zy_json_get(answer, "state") == NULL || zy_json_get(answer, "receipt") == NULL)
        return zy_fail(err, ZY_INTERNAL, "", "a stored answer without state or receipt");
    put_answer(answer, body);
    return ZY_OK;
}

static zy_status check_digest(const zy_order *o, zy_str digest, zy_err *err)
{
    uint8_t given[ZY_SM3_BYTES];
    size_t n = 0;
    if (zy_hex_decode(digest, given, sizeof given, &n) != ZY_OK || n != sizeof given || !zy_ct_equal(given, o->digest, n))
        return zy_fail(err, ZY_DIGEST_MISMATCH, "digest", "not the digest of this order");
    return ZY_OK;
}

/* The row is as it was sealed, its kind is one that this release knows, its factors are those that were offered. */
static zy_status check_row(const order_row *row, zy_err *err)
{
    ZY_TRY(order_check_sealed(row, err));
    if (row->order.kind == NULL || !order_option_offered(row->content, row->order.factors_needed))
        return zy_fail(err, ZY_INTERNAL, "", "the stored order is not the one that was signed");
    return ZY_OK;
}

void order_detail(const zy_order *o, zy_buf *out)
{
    char digest[2 * ZY_SM3_BYTES + 1];
    zy_hex_encode(o->digest, sizeof o->digest, digest);
    ZY_AUTO(zy_json_free) zy_json *detail = zy_json_object();
    zy_json_set_c(detail, "kind", o->kind->name);
    zy_json_set_int(detail, "amount_fen", o->amount.fen);
    zy_json_set_int(detail, "fee_fen", o->fee.fen);
    zy_json_set_id(detail, "journal_id", o->journal);
    zy_json_set_c(detail, "digest", digest);
    if (o->mandate.v != 0)
        zy_json_set_id(detail, "mandate", o->mandate);
    zy_json_write(detail, out);
}

bool order_is_business_refusal(zy_status status)
{
    return status == ZY_BALANCE_TOO_LOW || status == ZY_TRANSFER_LIMIT || status == ZY_ACCOUNT_STATE || status == ZY_PAYEE_MISMATCH ||
           status == ZY_STATE_CONFLICT || status == ZY_ACCOUNT_QUOTA || status == ZY_ACCOUNT_MAX;
}

static zy_order_state then_of(const order_row *row)
{
    zy_str name = { 0 };
    zy_order_state then = zy_json_str(row->content, "then", &name) ? order_state_parse(name) : ZY_OS_POSTED;
    return then != 0 ? then : ZY_OS_POSTED;
}

/* What its factors stand for holds besides. */
static zy_money confirm_day_limit(const zy_call *call, const order_row *row)
{
    const order_limits limits = order_limits_of(call, row->order.kind, &row->own);
    zy_money day = order_day_limit(&limits), cap = zy_policy_cap(call->env, row->order.factors_needed);
    return day.fen < cap.fen ? day : cap;
}

/* Everything that costs time is done before the unit: it runs on the one writer of SQLite. */
static zy_status post_order(zy_call *call, const order_row *row, zy_json *body, zy_err *err)
{
    zy_env *env = call->env;
    ZY_AUTO_BUF sealed = { 0 };
    ZY_AUTO_BUF detail = { 0 };
    confirm_job job = { .call = call, .order = row->order };
    job.deed = (order_deed){ .order = &job.order, .payload = zy_json_get(row->content, "payload"), .step = zy_id_next(env->ids),
                             .step_name = "confirm", .count = row->order.kind->limit_category != NULL };
    if (job.deed.count) {
        job.deed.day_limit = confirm_day_limit(call, row);
        job.order.limit_day = zy_day_of(call->now);
    }
    job.order.state = then_of(row);
    job.order.journal = zy_id_next(env->ids);
    job.order.done_at = call->now;
    ZY_AUTO(zy_json_free) zy_json *answer = order_answer(&job.order, job.deed.payload);
    ZY_TRY(order_seal(env, "answer", job.order.id, answer, &sealed));
    order_detail(&job.order, &detail);
    job.answer_sealed = zy_buf_view(&sealed);
    job.detail = zy_buf_view(&detail);
    ZY_TRY(zy_db_run_decided(env->db, "order.confirm", confirm_unit, confirm_decided, &job, err));
    put_answer(answer, body);
    return ZY_OK;
}

static zy_status confirm_open(zy_call *call, const order_row *row, zy_json *body, zy_err *err)
{
    const zy_order *o = &row->order;
    ZY_TRY(order_check_live(call, o, err));
    if (o->state != ZY_OS_AUTHORISED || o->factors_done != o->factors_needed)
        return zy_fail(err, ZY_FACTOR_ORDER, "", "a factor is missing");
    ZY_TRY(check_row(row, err));
    zy_money total;
    const order_limits limits = order_limits_of(call, o->kind, &row->own);
    zy_status status = order_limit_check(&limits, o->amount, (zy_money){ 0 }, &total, err);
    if (status == ZY_OK)
        status = post_order(call, row, body, err);
    if (order_is_business_refusal(status))
        order_note(call, o->id, "confirm", status);
    return status;
}

zy_status order_confirm_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_confirm_in *in = input;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_load(call, in->order_id, &row, err));
    ZY_TRY(check_digest(&row.order, in->digest, err));
    if (row.answer_sealed.n > 0)
        return give_answer(call, &row, body, err);
    zy_err why = { 0 };
    zy_status status = confirm_open(call, &row, body, &why);
    if (status == ZY_OK)
        return ZY_OK;
    order_row_free(&row);
    ZY_TRY(order_load(call, in->order_id, &row, err));
    if (row.answer_sealed.n > 0)
        return give_answer(call, &row, body, err); /* another call was faster, or a lost COMMIT has landed */
    if (err != NULL)
        *err = why;
    return status;
}

zy_status zy_order_receipt(zy_call *call, zy_id order, zy_order_facts *ret_facts, zy_json **ret_receipt, zy_err *err)
{
    ORDER_ROW_AUTO row = { 0 };
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_TRY(order_load(call, order, &row, err));
    bool done = row.order.state == ZY_OS_POSTED || row.order.state == ZY_OS_SETTLED;
    if (!done || row.answer_sealed.n == 0 || row.order.kind == NULL)
        return zy_fail(err, ZY_ORDER_STATE, "order_id", "the order was not carried out, or not yet");
    ZY_TRY(order_open(call->env, "answer", row.order.id, zy_buf_view(&row.answer_sealed), &answer));
    const zy_json *receipt = zy_json_get(answer, "receipt");
    if (receipt == NULL)
        return zy_fail(err, ZY_INTERNAL, "", "a stored answer without receipt");
    *ret_facts = (zy_order_facts){ row.order.kind->name, row.order.kind->title_zh, row.order.amount, row.order.done_at };
    *ret_receipt = zy_json_copy(receipt);
    return ZY_OK;
}
