/* Orders that their customer has authorised by another one: prepared and carried out in one unit, once for (mandate, seq). */
#include "base/log.h"
#include "flow/flow_internal.h"
#include "service/identity/standing.h"

typedef struct mandate_job {
    zy_env *env;
    const zy_mandated *m;
    zy_order order;
    order_deed deed;
    order_limits limits;
    zy_str content_sealed, answer_sealed, detail;
    zy_id found;                 /* of an earlier call */
    zy_order_state found_state;
} mandate_job;

static zy_status find_earlier(zy_rtx *rtx, mandate_job *job, zy_err *err)
{
    zy_status status = order_select_mandated(rtx, job->m->mandate, job->m->seq, &job->found, &job->found_state, err);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

/* The mandate stands, and is the customer's own. */
static zy_status check_mandate(zy_rtx *rtx, const mandate_job *job, zy_day *ret_limit_day, zy_err *err)
{
    ORDER_ROW_AUTO row = { 0 };
    zy_status status = order_select(rtx, job->m->mandate, job->m->customer, &row, err);
    if (status == ZY_NOT_FOUND || (status == ZY_OK && row.order.state != ZY_OS_POSTED))
        return zy_fail(err, ZY_ORDER_STATE, "", "no such mandate");
    *ret_limit_day = row.order.limit_day;
    return status;
}

static zy_status ask_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    mandate_job *job = arg;
    zy_order *o = &job->order;
    zy_money used = { 0 }, total;
    zy_day counted_on = { 0 };
    ZY_TRY(find_earlier(rtx, job, err));
    if (job->found.v != 0)
        return ZY_OK;
    ZY_TRY(check_mandate(rtx, job, &counted_on, err));
    job->deed.count = !job->m->counted && o->kind->limit_category != NULL;
    o->limit_day = job->m->counted ? counted_on : job->deed.count ? zy_day_of(o->done_at) : (zy_day){ 0 };
    if (!job->deed.count)
        return ZY_OK;
    ZY_TRY(zy_own_limit_read(rtx, o->customer, &job->limits.own, err));
    ZY_TRY(order_limit_used(rtx, o->customer, o->kind->limit_category, o->limit_day, &used, err));
    return order_limit_check(&job->limits, o->amount, used, &total, err);
}

static zy_status carry_out_unit(zy_tx *tx, void *arg, zy_err *err)
{
    mandate_job *job = arg;
    job->found = (zy_id){ 0 };
    ZY_TRY(find_earlier(zy_tx_read(tx), job, err));
    if (job->found.v != 0)
        return ZY_OK;
    zy_order *o = &job->order;
    ZY_TRY(zy_customer_needs_active(zy_tx_read(tx), o->customer, err));
    const zy_audit record = { .event = order_event(o->state), .actor_kind = "system", .actor = o->customer, .object = o->id,
                              .object_kind = "order", .result = ZY_STR("OK"), .detail = job->detail };
    ZY_TRY(zy_audit_add(tx, job->env, &record, &o->audit, err));
    ZY_TRY(order_insert_mandated(tx, o, job->m->seq, job->m->prepare->draft.risk, job->content_sealed, job->answer_sealed, err));
    return order_do(tx, job->env, &job->deed, o->audit, err);
}

static zy_status carry_out_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    mandate_job *job = arg;
    ORDER_ROW_AUTO row = { 0 };
    zy_status status = order_select_any(rtx, job->order.id, &row, err);
    *ret_committed = status == ZY_OK;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_order order_of(zy_env *env, const zy_mandated *m, zy_time now)
{
    const zy_order_draft *d = &m->prepare->draft;
    return (zy_order){ .id = zy_id_next(env->ids), .customer = m->customer, .kind = m->prepare->kind, .mandate = m->mandate,
                       .state = d->then != 0 ? d->then : ZY_OS_POSTED, .amount = d->amount, .fee = d->fee,
                       .from_account = d->from_account, .to_account = d->to_account, .journal = zy_id_next(env->ids),
                       .created_at = now, .expires_at = now, .done_at = now };
}

static zy_status seal_and_run(mandate_job *job, const zy_order_lines *lines, zy_err *err)
{
    zy_env *env = job->env;
    ZY_AUTO_BUF content_sealed = { 0 };
    ZY_AUTO_BUF answer_sealed = { 0 };
    ZY_AUTO_BUF detail = { 0 };
    ZY_AUTO(zy_json_free) zy_json *content = order_content(&job->order, lines, &job->m->prepare->draft, NULL);
    ZY_AUTO(zy_json_free) zy_json *answer = order_answer(&job->order, job->deed.payload);
    ZY_TRY(order_seal(env, "content", job->order.id, content, &content_sealed));
    ZY_TRY(order_seal(env, "answer", job->order.id, answer, &answer_sealed));
    order_detail(&job->order, &detail);
    job->content_sealed = zy_buf_view(&content_sealed);
    job->answer_sealed = zy_buf_view(&answer_sealed);
    job->detail = zy_buf_view(&detail);
    zy_status status = zy_db_run_decided(env->db, "order.mandated", carry_out_unit, carry_out_decided, job, err);
    if (status == ZY_ALREADY_EXISTS || status == ZY_DB_CONFLICT) /* another node was faster: its order is there now */
        status = zy_db_run_decided(env->db, "order.mandated", carry_out_unit, carry_out_decided, job, err);
    return status;
}

static zy_status describe_and_run(mandate_job *job, zy_err *err)
{
    zy_order_lines lines;
    char mandate[ZY_ID_TEXT_MAX];
    zy_id_format(job->m->mandate, mandate);
    order_lines_begin(&lines, job->order.id, job->order.kind->name);
    zy_order_line(&lines, "mandate", zy_str_of(mandate), NULL, (zy_str){ 0 });
    job->m->prepare->describe(&lines, job->m->prepare->arg);
    zy_status status = order_lines_end(&lines, job->order.done_at, job->order.digest, err);
    if (status == ZY_OK)
        status = seal_and_run(job, &lines, err);
    order_lines_free(&lines);
    return status;
}

static zy_status found_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    mandate_job *job = arg;
    return order_select_mandated(rtx, job->m->mandate, job->m->seq, &job->found, &job->found_state, err);
}

zy_status zy_order_mandated(zy_env *env, zy_id mandate, int64_t seq, zy_id *ret_order, zy_order_state *ret_state, zy_err *err)
{
    const zy_mandated m = { .mandate = mandate, .seq = seq };
    mandate_job job = { .env = env, .m = &m };
    ZY_TRY(zy_db_read(env->db, "order.mandated", found_read, &job, err));
    *ret_order = job.found;
    *ret_state = job.found_state;
    return ZY_OK;
}

typedef struct refusal {
    zy_env *env;
    const zy_mandated *m;
    zy_status status;
    zy_time now;
} refusal;

static zy_status refusal_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const refusal *r = arg;
    const zy_audit record = { .event = "order.refused", .actor_kind = "system", .actor = r->m->customer, .object = r->m->mandate,
                              .object_kind = "order", .result = zy_str_of(zy_status_name(r->status)) };
    ZY_TRY(zy_audit_add(tx, r->env, &record, NULL, err));
    return order_insert_step(tx, zy_id_next(r->env->ids), r->m->mandate, "carry_out", r->now, r->status, (zy_str){ 0 }, err);
}

static zy_status carry_out(mandate_job *job, zy_err *err)
{
    ZY_TRY(zy_db_read(job->env->db, "order.mandate", ask_read, job, err));
    if (job->found.v != 0)
        return ZY_OK;
    if (job->deed.count)
        job->deed.day_limit = order_day_limit(&job->limits);
    return describe_and_run(job, err);
}

zy_status zy_order_carry_out(zy_env *env, const zy_mandated *m, zy_time now, zy_id *ret_order, zy_order_state *ret_state, zy_err *err)
{
    mandate_job job = { .env = env, .m = m, .order = order_of(env, m, now) };
    job.deed = (order_deed){ .order = &job.order, .payload = m->prepare->draft.payload, .step = zy_id_next(env->ids),
                             .step_name = "mandate" };
    job.limits = (order_limits){ .env = env, .kind = m->prepare->kind };
    zy_status status = carry_out(&job, err);
    if (order_is_business_refusal(status)) {
        refusal r = { env, m, status, now };
        zy_err lost = { 0 };
        if (zy_db_run(env->db, "order.mandate_refused", refusal_unit, &r, &lost) != ZY_OK)
            zy_log_err("order.note_lost", &lost);
    }
    *ret_order = job.found.v != 0 ? job.found : job.order.id;
    *ret_state = job.found.v != 0 ? job.found_state : job.order.state;
    zy_json_free(m->prepare->draft.payload);
    return status;
}
