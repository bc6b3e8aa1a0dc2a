/* What can be shown of an order years later: its text is the one that was proven, and what each factor left still fits it. */
#include <string.h>

#include "flow/flow_internal.h"

#define STEPS_MAX 200

static zy_factor_subject subject_of(const order_row *row)
{
    return (zy_factor_subject){ .customer = row->order.customer, .object = row->order.id, .digest = row->order.digest,
                                .text = row->order.text };
}

static zy_status open_evidence(zy_env *env, zy_id step, zy_str sealed, zy_json **ret_evidence)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, (zy_cell){ "order_step", "evidence", step }, sealed.p, sealed.n, &plain));
    return zy_json_parse(zy_buf_view(&plain), ret_evidence);
}

/* "right", "wrong", "unknown" (a factor that this program does not have), or "" where there is nothing to be checked again. */
static const char *judge(zy_rtx *rtx, zy_env *env, const order_row *row, zy_str step, const zy_json *evidence)
{
    zy_err err = { 0 };
    const zy_factor *factor = zy_factor_by_name(step);
    zy_factor_subject subject = subject_of(row);
    if (factor == NULL)
        return "unknown";
    if (factor->verify_evidence == NULL)
        return "";
    return factor->verify_evidence(rtx, env, &subject, evidence, &err) == ZY_OK ? "right" : "wrong";
}

static bool push_step(zy_rtx *rtx, zy_env *env, const order_row *row, const order_step_row *step, zy_json *ret_steps)
{
    const char *proof = "";
    ZY_AUTO(zy_json_free) zy_json *evidence = NULL;
    zy_json *o = zy_json_object();
    zy_json_push(ret_steps, o);
    zy_json_set_c(o, "step", step->name);
    zy_json_set_int(o, "at", step->at.ms);
    zy_json_set_c(o, "result", step->result);
    if (step->sealed_n == 0)
        return true;
    if (open_evidence(env, step->id, zy_str_bytes(step->sealed, step->sealed_n), &evidence) != ZY_OK)
        proof = "wrong";
    else
        proof = judge(rtx, env, row, zy_str_of(step->name), evidence);
    zy_json_set_c(o, "proof", proof);
    if (evidence != NULL)
        zy_json_set(o, "evidence", ZY_STEAL(evidence));
    return strcmp(proof, "wrong") != 0;
}

static zy_status prove_steps(zy_rtx *rtx, zy_env *env, const order_row *row, zy_json *steps, bool *ret_right, zy_err *err)
{
    zy_id after = { 0 };
    for (int i = 0; i < STEPS_MAX; i++) {
        order_step_row step;
        zy_status status = order_step_after(rtx, row->order.id, after, &step, err);
        if (status != ZY_OK)
            return status == ZY_NOT_FOUND ? ZY_OK : status;
        *ret_right &= push_step(rtx, env, row, &step, steps);
        after = step.id;
    }
    return zy_fail(err, ZY_OVERFLOW, NULL, "more than %d steps of one order", STEPS_MAX);
}

static zy_status open_order(zy_env *env, order_row *row, zy_err *err)
{
    ZY_TRY(order_open(env, "content", row->order.id, zy_buf_view(&row->content_sealed), &row->content));
    if (!zy_json_str(row->content, "text", &row->order.text))
        return zy_fail(err, ZY_INTERNAL, NULL, "an order without text");
    return ZY_OK;
}

zy_status zy_order_prove(zy_rtx *rtx, zy_env *env, zy_id order, zy_json *report, bool *ret_right, zy_err *err)
{
    ORDER_ROW_AUTO row = { 0 };
    char digest[2 * ZY_SM3_BYTES + 1];
    zy_json *steps = zy_json_array();
    zy_json_set(report, "steps", steps);
    ZY_TRY(order_select_any(rtx, order, &row, err));
    ZY_TRY(open_order(env, &row, err));
    zy_err why = { 0 };
    bool right = order_check_sealed(&row, &why) == ZY_OK;
    zy_hex_encode(row.order.digest, sizeof row.order.digest, digest);
    zy_json_set_id(report, "order_id", order);
    zy_json_set_c(report, "kind", row.kind_name);
    zy_json_set_c(report, "state", row.state_name);
    zy_json_set_id(report, "customer_id", row.order.customer);
    zy_json_set_id(report, "audit_id", row.order.audit);
    zy_json_set_c(report, "digest", digest);
    zy_json_set_bool(report, "text_right", right);
    ZY_TRY(prove_steps(rtx, env, &row, steps, &right, err));
    *ret_right = right;
    return ZY_OK;
}
