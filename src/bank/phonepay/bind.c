/* phone.bind, phone.unbind: orders that write down what is wanted; keep.c tells the clearing house. phone.bindings. */
#include <stdio.h>
#include <string.h>

#include "bank/phonepay/phonepay_internal.h"
#include "service/identity/standing.h"

#define MOBILE_DIGITS 11

typedef struct bind_job {
    zy_call *call;
    zy_id account;
    binding b;
} bind_job;

static void bind_job_wipe(bind_job *job)
{
    zy_wipe(job, sizeof *job);
}
#define BIND_JOB_AUTO __attribute__((cleanup(bind_job_wipe))) bind_job

/* ---- phone.bind ---- */

static bool is_mobile(const char *phone)
{
    return strlen(phone) == MOBILE_DIGITS && phone[0] == '1' && strspn(phone, "0123456789") == MOBILE_DIGITS;
}

/* The customer's own number and one of his class I accounts, as they are now. */
static zy_status facts_of(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, binding *b, zy_err *err)
{
    ZY_AUTO_ACCOUNT own = { 0 };
    ZY_AUTO_PERSON person = { 0 };
    ZY_TRY(zy_account_own(rtx, env, customer, account, &own, err));
    ZY_TRY(zy_customer_person(rtx, env, customer, &person, err));
    if (!zy_account_may(&own, ZY_USE_BACK))
        return zy_fail(err, ZY_ACCOUNT_KIND, "account_id", "numbers stand for class I accounts alone");
    if (strcmp(own.state, "active") != 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "account_id", "the account is %s", own.state);
    if (!is_mobile(person.phone))
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the customer's phone is no mobile number of the mainland");
    b->customer = customer;
    b->account = account;
    ZY_TRY(zy_str_copy(zy_str_of(person.phone), b->phone, sizeof b->phone));
    ZY_TRY(zy_str_copy(zy_str_of(own.number), b->number, sizeof b->number));
    return zy_str_copy(zy_str_of(person.name), b->name, sizeof b->name);
}

/* One number a customer. */
static zy_status nothing_bound(zy_rtx *rtx, zy_env *env, zy_id customer, zy_err *err)
{
    BINDING_AUTO other = { 0 };
    zy_status status = binding_of(rtx, env, customer, &other, NULL);
    if (status == ZY_OK)
        return zy_fail(err, ZY_ALREADY_EXISTS, NULL, "the customer's number is %s", other.state);
    return status == ZY_NOT_FOUND ? ZY_OK : zy_fail(err, status, NULL, "the customer's bound number");
}

static zy_status bind_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    bind_job *job = arg;
    zy_id customer = job->call->caller->customer;
    ZY_TRY(facts_of(rtx, job->call->env, customer, job->account, &job->b, err));
    return nothing_bound(rtx, job->call->env, customer, err);
}

static void describe(zy_order_lines *lines, const void *arg)
{
    const binding *b = arg;
    char phone[ZY_MASK_MAX], number[ZY_MASK_MAX];
    zy_mask_phone(zy_str_of(b->phone), phone);
    zy_mask_card(zy_str_of(b->number), number);
    zy_order_line(lines, "phone", zy_str_of(phone), "手机号", zy_str_of(phone));
    zy_order_line(lines, "to_account", zy_str_of(number), "收款账户", zy_str_of(number));
}

static zy_status prepare_order(bind_job *job, const zy_order_kind *kind, const char *words, zy_json *body, zy_err *err)
{
    char purpose[160];
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "account", job->b.account.v);
    zy_json_set_c(payload, "phone", job->b.phone);
    snprintf(purpose, sizeof purpose, "%s，账户尾号%s", words, job->b.number + strlen(job->b.number) - 4);
    const zy_prepare prepare = { .kind = kind, .describe = describe, .arg = &job->b,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = zy_str_of(purpose) } };
    return zy_order_prepare(job->call, &prepare, body, err);
}

zy_status phone_bind_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const bind_in *in = input;
    BIND_JOB_AUTO job = { .call = call, .account = in->account_id };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    if (call->env->clearing == NULL)
        return zy_fail(err, ZY_API_CLOSED, NULL, "this bank clears with nobody");
    ZY_TRY(zy_db_read(call->env->db, "phone.bind", bind_read, &job, err));
    return prepare_order(&job, &PHONE_BIND_KIND, "绑定手机号收款", body, err);
}

static zy_status payload_of(const zy_json *payload, zy_id *ret_account, zy_str *ret_phone, zy_err *err)
{
    if (!zy_json_int(payload, "account", &ret_account->v) || !zy_json_str(payload, "phone", ret_phone))
        return zy_fail(err, ZY_INTERNAL, NULL, "an order whose content is not of its kind");
    return ZY_OK;
}

/* What was prepared has to hold still: the number is the customer's, the account can be paid to. */
static zy_status bind_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    BINDING_AUTO b = { 0 };
    ZY_AUTO_BUF sealed = { 0 };
    zy_id account;
    zy_str phone;
    (void)audit;
    ZY_TRY(payload_of(payload, &account, &phone, err));
    ZY_TRY(facts_of(zy_tx_read(tx), env, o->customer, account, &b, err));
    if (!zy_str_eq_c(phone, b.phone))
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the customer has another number now");
    ZY_TRY(nothing_bound(zy_tx_read(tx), env, o->customer, err));
    b.changed_at = o->done_at;
    ZY_TRY(phone_index(env, phone, b.index));
    ZY_TRY(binding_seal(env, &b, &sealed));
    return binding_put(tx, &b, zy_buf_view(&sealed), err);
}

/* ---- phone.unbind ---- */

/* Only what the house has confirmed is unbound: before, its answer is awaited. */
static zy_status bound_one(zy_rtx *rtx, zy_env *env, zy_id customer, binding *b, zy_err *err)
{
    ZY_TRY(binding_of(rtx, env, customer, b, err));
    return strcmp(b->state, "bound") == 0 ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, NULL, "the customer's number is %s", b->state);
}

static zy_status unbind_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    bind_job *job = arg;
    return bound_one(rtx, job->call->env, job->call->caller->customer, &job->b, err);
}

zy_status phone_unbind_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    BIND_JOB_AUTO job = { .call = call };
    bool repeated = false;
    (void)input;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "phone.unbind", unbind_read, &job, err));
    return prepare_order(&job, &PHONE_UNBIND_KIND, "解除手机号收款", body, err);
}

/* Not before the last question to bind it is dead: else that one would bind it again. */
static zy_status start_unbinding(zy_tx *tx, const binding *b, zy_time now, zy_err *err)
{
    binding to = { .state = "unbinding", .changed_at = now, .unsure_until = b->unsure_until,
                   .next_try_at = b->unsure_until.ms > now.ms ? b->unsure_until : now };
    return binding_move(tx, b, &to, err);
}

static zy_status unbind_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    BINDING_AUTO b = { 0 };
    zy_id account;
    zy_str phone;
    (void)audit;
    ZY_TRY(payload_of(payload, &account, &phone, err));
    ZY_TRY(bound_one(zy_tx_read(tx), env, o->customer, &b, err));
    if (!zy_str_eq_c(phone, b.phone) || !zy_id_eq(account, b.account))
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "another number is bound now");
    return start_unbinding(tx, &b, o->done_at, err);
}

zy_status zy_phonepay_leave(zy_tx *tx, zy_env *env, zy_id customer, zy_time now, zy_err *err)
{
    BINDING_AUTO b = { 0 };
    zy_status status = binding_of(zy_tx_read(tx), env, customer, &b, NULL);
    if (status == ZY_NOT_FOUND || (status == ZY_OK && strcmp(b.state, "unbinding") == 0))
        return ZY_OK;
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "the customer's bound number");
    return start_unbinding(tx, &b, now, err);
}

/* ---- phone.bindings ---- */

static zy_status bindings_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    bind_job *job = arg;
    zy_status status = binding_of(rtx, job->call->env, job->call->caller->customer, &job->b, NULL);
    return status == ZY_OK || status == ZY_NOT_FOUND ? ZY_OK : zy_fail(err, status, NULL, "the customer's bound number");
}

zy_status phone_bindings_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    BIND_JOB_AUTO job = { .call = call };
    zy_json *list = zy_json_array();
    (void)input;
    zy_json_set(body, "bindings", list);
    zy_json_set_bool(body, "open", call->env->clearing != NULL);
    ZY_TRY(zy_db_read(call->env->db, "phone.bindings", bindings_read, &job, err));
    if (job.b.customer.v == 0)
        return ZY_OK;
    zy_json *o = zy_json_object();
    zy_json_set_c(o, "phone", job.b.phone);
    zy_json_set_id(o, "account_id", job.b.account);
    zy_json_set_c(o, "number", job.b.number);
    zy_json_set_c(o, "state", job.b.state);
    zy_json_set_int(o, "since", job.b.changed_at.ms);
    zy_json_push(list, o);
    return ZY_OK;
}

const zy_order_kind PHONE_BIND_KIND = { .name = "phone.bind", .title_zh = "绑定手机号收款", .scene = "phone.bind", .execute = bind_execute };
const zy_order_kind PHONE_UNBIND_KIND = { .name = "phone.unbind", .title_zh = "解除手机号收款", .scene = "phone.bind",
                                          .execute = unbind_execute };
