/* Factors of an order: verified one after the other, each once, bound to the order's digest and to one login. */
#include "flow/flow_internal.h"
#include "service/identity/identity.h"

/* In the order in which they must be verified: no text message leaves before the password was right. */
static const struct {
    unsigned bit;
    const char *name;
} FACTORS[] = { { ZY_FACTOR_PAY_PASSWORD, "pay_password" }, { ZY_FACTOR_SMS, "sms" } };

const char *order_factor_name(unsigned bit)
{
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++)
        if (FACTORS[i].bit == bit)
            return FACTORS[i].name;
    return "";
}

unsigned order_factor_bit(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++)
        if (zy_str_eq_c(name, FACTORS[i].name))
            return FACTORS[i].bit;
    return 0;
}

zy_json *order_factors_left(unsigned needed, unsigned done)
{
    zy_json *names = zy_json_array();
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++)
        if ((needed & ~done & FACTORS[i].bit) != 0)
            zy_json_push(names, zy_json_new_str(zy_str_of(FACTORS[i].name)));
    return names;
}

zy_status order_factor_turn(const zy_order *o, unsigned bit, zy_err *err)
{
    unsigned left = o->factors_needed & ~o->factors_done;
    unsigned next = left & -left; /* the lowest bit comes first */
    if (bit == 0 || bit != next)
        return zy_fail(err, ZY_FACTOR_ORDER, "factor", "not the turn of %s", order_factor_name(bit));
    return ZY_OK;
}

/* A code is worth something for this text alone. */
static void binding_of(const zy_order *o, char out[2 * ZY_SM3_BYTES + 1])
{
    zy_hex_encode(o->digest, sizeof o->digest, out);
}

static zy_status load_for_factor(zy_call *call, zy_id id, unsigned bit, order_row *row, zy_err *err)
{
    ZY_TRY(order_load(call, id, row, err));
    ZY_TRY(order_check_live(call, &row->order, err));
    return order_factor_turn(&row->order, bit, err);
}

zy_status order_factor_begin_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const order_factor_in *in = input;
    ORDER_ROW_AUTO row = { 0 };
    unsigned bit = order_factor_bit(in->factor);
    ZY_TRY(load_for_factor(call, in->order_id, bit, &row, err));
    if (bit != ZY_FACTOR_SMS)
        return ZY_OK; /* nothing has to be sent for a password */
    char binding[2 * ZY_SM3_BYTES + 1], phone[ZY_MASK_MAX];
    zy_str purpose = { 0 };
    zy_time expires_at = { 0 };
    binding_of(&row.order, binding);
    (void)zy_json_str(row.content, "sms", &purpose);
    ZY_TRY(zy_sms_code_begin(call, call->caller->customer, zy_str_of(binding), true, purpose, phone, &expires_at, err));
    zy_json_set_c(body, "phone", phone);
    zy_json_set_int(body, "expires_at", expires_at.ms);
    return ZY_OK;
}

static zy_status check_value(zy_call *call, const order_verify_in *in, const zy_order *o, unsigned bit, zy_err *err)
{
    if (in->has_password != (bit == ZY_FACTOR_PAY_PASSWORD))
        return zy_fail(err, ZY_BAD_FIELD, "value", "not a value of this factor");
    if (bit == ZY_FACTOR_PAY_PASSWORD)
        return zy_factor_pay_password(call, in->password.challenge_id, in->password.cipher, err);
    char binding[2 * ZY_SM3_BYTES + 1];
    binding_of(o, binding);
    return zy_sms_code_check(call, call->caller->customer, zy_str_of(binding), in->code, err);
}

typedef struct factor_job {
    zy_call *call;
    const zy_order *order;
    unsigned bit;
    bool last;
    zy_id step;
} factor_job;

static zy_status factor_unit(zy_tx *tx, void *arg, zy_err *err)
{
    factor_job *job = arg;
    zy_id audit = { 0 };
    zy_audit record = order_audit(job->call, job->bit == ZY_FACTOR_SMS ? "order.sms" : "order.pay_password", job->order->id, ZY_OK,
                                  (zy_str){ 0 });
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, &audit, err));
    ZY_TRY(order_update_factor(tx, job->order, job->bit, job->last, job->call->now, audit, err));
    return order_insert_step(tx, job->step, job->order->id, order_factor_name(job->bit), job->call->now, ZY_OK, err);
}

static zy_status factor_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    factor_job *job = arg;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_select(rtx, job->order->id, job->order->customer, &row, err));
    *ret_committed = (row.order.factors_done & job->bit) != 0;
    return ZY_OK;
}

static zy_status keep_factor(zy_call *call, const zy_order *o, unsigned bit, zy_err *err)
{
    factor_job job = { call, o, bit, (o->factors_done | bit) == o->factors_needed, zy_id_next(call->env->ids) };
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
    unsigned bit = order_factor_bit(in->factor);
    ZY_TRY(load_for_factor(call, in->order_id, bit, &row, err));
    zy_status status = check_value(call, in, &row.order, bit, err);
    if (is_wrong_try(status))
        order_note(call, row.order.id, order_factor_name(bit), status);
    ZY_TRY(status);
    ZY_TRY(keep_factor(call, &row.order, bit, err));
    zy_json_set(body, "factors", order_factors_left(row.order.factors_needed, row.order.factors_done | bit));
    return ZY_OK;
}
