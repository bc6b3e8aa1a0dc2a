/* Factors of an order: verified one after the other, each once, bound to the order's digest and to one login. Which ones, the
 * policy says; what each of them is, its own room. */
#include "flow/flow_internal.h"

zy_json *order_factors_left(unsigned needed, unsigned done)
{
    zy_json *names = zy_json_array();
    for (unsigned left = needed & ~done, bit; left != 0; left &= ~bit) {
        bit = zy_factor_next(left);
        const zy_factor *f = zy_factor_by_bit(bit);
        zy_json_push(names, zy_json_new_str(zy_str_of(f != NULL ? f->name : "?")));
    }
    return names;
}

zy_json *order_options_json(const zy_policy_options *options)
{
    zy_json *texts = zy_json_array();
    for (int i = 0; i < options->count; i++) {
        ZY_AUTO_BUF text = { 0 };
        zy_factor_mask_text(options->mask[i], &text);
        zy_json_push(texts, zy_json_new_str(zy_buf_view(&text)));
    }
    return texts;
}

bool order_option_offered(const zy_json *content, unsigned mask)
{
    const zy_json *options = zy_json_get(content, "options");
    for (size_t i = 0; i < zy_json_count(options); i++) {
        zy_str text;
        if (zy_json_as_str(zy_json_at(options, i), &text) && zy_factor_mask_parse(text) == mask && mask != 0)
            return true;
    }
    return false;
}

zy_status order_factor_turn(const zy_order *o, unsigned bit, zy_err *err)
{
    if (bit == 0 || bit != zy_factor_next(o->factors_needed & ~o->factors_done))
        return zy_fail(err, ZY_FACTOR_ORDER, "factor", "not the turn of this factor");
    return ZY_OK;
}

static zy_factor_subject subject_of(const order_row *row)
{
    zy_factor_subject subject = { .customer = row->order.customer, .object = row->order.id, .digest = row->order.digest,
                                  .text = row->order.text };
    (void)zy_json_str(row->content, "sms", &subject.purpose);
    return subject;
}

static zy_status load_for_factor(zy_call *call, zy_id id, zy_str name, order_row *row, const zy_factor **ret_factor, zy_err *err)
{
    *ret_factor = zy_factor_by_name(name);
    ZY_TRY(order_load(call, id, row, err));
    ZY_TRY(order_check_live(call, &row->order, err));
    return order_factor_turn(&row->order, *ret_factor != NULL ? (*ret_factor)->bit : 0, err);
}

/* ---- another combination ---- */

typedef struct choose_job {
    zy_call *call;
    const zy_order *order;
    unsigned mask;
    zy_str name;
    zy_id step;
} choose_job;

static zy_status choose_unit(zy_tx *tx, void *arg, zy_err *err)
{
    choose_job *job = arg;
    zy_id audit = { 0 };
    zy_audit record = order_audit(job->call, "order.factors_chosen", job->order->id, ZY_OK, job->name);
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, &audit, err));
    ZY_TRY(order_update_choice(tx, job->order, job->mask, job->call->now, audit, err));
    return order_insert_step(tx, job->step, job->order->id, "choose", job->call->now, ZY_OK, (zy_str){ 0 }, err);
}

zy_status order_factors_choose_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_choose_in *in = input;
    ORDER_ROW_AUTO row = { 0 };
    ZY_AUTO_BUF name = { 0 };
    unsigned mask = zy_factor_mask_parse(in->factors);
    ZY_TRY(order_load(call, in->order_id, &row, err));
    ZY_TRY(order_check_live(call, &row.order, err));
    if (!order_option_offered(row.content, mask))
        return zy_fail(err, ZY_BAD_FIELD, "factors", "not one of factor_options");
    zy_factor_mask_text(mask, &name);
    choose_job job = { call, &row.order, mask, zy_buf_view(&name), zy_id_next(call->env->ids) };
    if (mask != row.order.factors_needed)
        ZY_TRY(zy_db_run(call->env->db, "order.choose", choose_unit, &job, err));
    zy_json_set(body, "factors", order_factors_left(mask, mask == row.order.factors_needed ? row.order.factors_done : 0));
    return ZY_OK;
}

/* ---- begin and verify ---- */

zy_status order_factor_begin_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_factor_in *in = input;
    ORDER_ROW_AUTO row = { 0 };
    const zy_factor *factor;
    ZY_TRY(load_for_factor(call, in->order_id, in->factor, &row, &factor, err));
    zy_factor_subject subject = subject_of(&row);
    return factor->begin != NULL ? factor->begin(call, &subject, body, err) : ZY_OK;
}

typedef struct factor_job {
    zy_call *call;
    const zy_order *order;
    const zy_factor *factor;
    bool last;
    zy_id step;
    zy_str evidence, detail;
} factor_job;

static zy_status factor_unit(zy_tx *tx, void *arg, zy_err *err)
{
    factor_job *job = arg;
    zy_id audit = { 0 };
    zy_audit record = order_audit(job->call, "order.factor", job->order->id, ZY_OK, job->detail);
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, &audit, err));
    ZY_TRY(order_update_factor(tx, job->order, job->factor->bit, job->last, job->call->now, audit, err));
    return order_insert_step(tx, job->step, job->order->id, job->factor->name, job->call->now, ZY_OK, job->evidence, err);
}

static zy_status factor_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    factor_job *job = arg;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_select(rtx, job->order->id, job->order->customer, &row, err));
    *ret_committed = (row.order.factors_done & job->factor->bit) != 0;
    return ZY_OK;
}

/* What proves the factor later is sealed into the step, and its digest stands in the audit chain. */
static zy_status seal_evidence(zy_env *env, zy_id step, const zy_json *evidence, zy_buf *sealed, char digest[2 * ZY_SM3_BYTES + 1])
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    uint8_t sum[ZY_SM3_BYTES];
    digest[0] = '\0';
    if (zy_json_count(evidence) == 0)
        return ZY_OK;
    zy_json_write(evidence, &plain);
    if (zy_buf_failed(&plain))
        return ZY_REQUEST_TOO_LARGE;
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(plain.p, plain.n)), sum));
    zy_hex_encode(sum, sizeof sum, digest);
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, (zy_cell){ "order_step", "evidence", step }, plain.p, plain.n, sealed);
}

static zy_status keep_factor(zy_call *call, const zy_order *o, const zy_factor *factor, const zy_json *evidence, zy_err *err)
{
    ZY_AUTO_BUF sealed = { 0 };
    ZY_AUTO_BUF detail = { 0 };
    char digest[2 * ZY_SM3_BYTES + 1];
    factor_job job = { call, o, factor, (o->factors_done | factor->bit) == o->factors_needed, zy_id_next(call->env->ids),
                       { 0 }, { 0 } };
    ZY_TRY(seal_evidence(call->env, job.step, evidence, &sealed, digest));
    zy_buf_fmt(&detail, "{\"factor\":\"%s\"%s%s%s}", factor->name, digest[0] != '\0' ? ",\"evidence\":\"" : "", digest,
               digest[0] != '\0' ? "\"" : "");
    job.evidence = zy_buf_view(&sealed);
    job.detail = zy_buf_view(&detail);
    return zy_db_run_decided(call->env->db, "order.factor", factor_unit, factor_decided, &job, err);
}

/* A wrong try is a stored step, too. */
static bool is_wrong_try(zy_status status)
{
    return status == ZY_FACTOR_WRONG || status == ZY_LOCKED || status == ZY_CODE_EXPIRED || status == ZY_CHALLENGE_BAD;
}

zy_status order_factor_verify_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_verify_in *in = input;
    ORDER_ROW_AUTO row = { 0 };
    const zy_factor *factor;
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    const zy_factor_value value = { in->has_password, in->password.challenge_id, in->password.cipher, in->text };
    ZY_TRY(load_for_factor(call, in->order_id, in->factor, &row, &factor, err));
    if (in->has_password != ((factor->kind & ZY_FK_KNOWLEDGE) != 0))
        return zy_fail(err, ZY_BAD_FIELD, "value", "not a value of this factor");
    zy_factor_subject subject = subject_of(&row);
    zy_status status = factor->check(call, &subject, &value, evidence, err);
    if (is_wrong_try(status))
        order_note(call, row.order.id, factor->name, status);
    ZY_TRY(status);
    ZY_TRY(keep_factor(call, &row.order, factor, evidence, err));
    zy_json_set(body, "factors", order_factors_left(row.order.factors_needed, row.order.factors_done | factor->bit));
    return ZY_OK;
}
