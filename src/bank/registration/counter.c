/* What the counter does about customers, each by maker and checker: signing, changes, suspension and its end, cancellation, and
 * help with forgotten passwords. */
#include <string.h>

#include "bank/phonepay/phonepay.h"
#include "bank/registration/registration_internal.h"
#include "bank/schedule/schedule.h"
#include "service/audit/audit.h"
#include "service/notify/notify.h"

typedef struct deed deed;

/* A request as it was asked for, with the customer as he is now. */
typedef struct deed_case {
    const deed *deed;
    zy_id customer;
    zy_standing standing;
    zy_person person;
    customer_change change; /* of customer.change; id 0: none */
} deed_case;
static void deed_case_wipe(deed_case *c)
{
    zy_wipe(c, sizeof *c);
}
#define DEED_CASE_AUTO __attribute__((cleanup(deed_case_wipe))) deed_case

struct deed {
    const char *name, *event;
    const char *states[3];   /* in which it may be done */
    const char *scope;       /* that the customer must have; NULL: any */
    const char *to_state, *to_scope; /* NULL: stays */
    bool ends_login;
    const char *words;       /* to the customer */
    const char *what;        /* of the comparison, when neither state nor scope changes: "login_password" */
    const char *becomes;     /* what stands there afterwards; before: "kept" */
    /* made: a temporary password where the deed needs one. NULL: to_state, to_scope or the change */
    zy_status (*carry)(zy_tx *tx, zy_env *env, zy_id customer, const zy_temporary_password *made, zy_err *err);
    bool rests;              /* not soon after the phone number was changed */
    bool texts;              /* carry sends the text to the phone itself */
};

static zy_status grant_pay_password(zy_tx *tx, zy_env *env, zy_id customer, const zy_temporary_password *made, zy_err *err)
{
    (void)made;
    return zy_pay_password_grant(tx, env, customer, err);
}

static const deed DEEDS[] = {
    { "customer.sign", "customer.signed", { "active" }, "self", NULL, "full", false,
      "您已在网点签约手机银行，现在可以向他人转账。" },
    { "customer.change", "customer.changed", { "active", "suspended", "frozen" }, NULL, NULL, NULL, true,
      "您在本行预留的姓名或手机号已变更，手机银行已退出登录。" },
    { "customer.suspend", "customer.suspended", { "active", "frozen" }, NULL, "suspended", NULL, true, "您的手机银行已暂停使用。" },
    { "customer.resume", "customer.resumed", { "suspended" }, NULL, "active", NULL, false, "您的手机银行已恢复使用。" },
    { "customer.cancel", "customer.cancelled", { "active", "suspended", "frozen" }, NULL, "cancelled", NULL, true,
      "您的手机银行已注销，账户和资金不受影响。" },
    { "customer.login_password_reset", "customer.login_password_reset", { "active" }, NULL, NULL, NULL, true,
      "网点已为您重置登录密码，临时密码已发送到您的手机，原登录密码作废。", "login_password", "temporary", zy_password_temporary,
      true, true },
    { "customer.pay_password_reset", "customer.pay_password_reset", { "active" }, NULL, NULL, NULL, true,
      "网点已受理交易密码重置，原交易密码停用。请尽快登录手机银行，在安全中心设置新的交易密码。", "pay_password", "may_set",
      grant_pay_password, true, false },
};
#define IF_NOT_YOU "如非本人办理，请立即联系客服。"

static const deed *deed_find(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(DEEDS); i++)
        if (zy_str_eq_c(name, DEEDS[i].name))
            return &DEEDS[i];
    return NULL;
}

/* --- reading --- */

static zy_status bad_payload(zy_err *err)
{
    return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
}

static zy_status check_state(zy_env *env, const deed_case *c, zy_err *err)
{
    const deed *d = c->deed;
    bool may = false;
    for (size_t i = 0; i < ZY_COUNT(d->states) && d->states[i] != NULL; i++)
        may |= strcmp(c->standing.state, d->states[i]) == 0;
    if (!may)
        return zy_fail(err, ZY_STATE_CONFLICT, "customer_id", "the customer is %s", c->standing.state);
    if (d->scope != NULL && strcmp(c->standing.scope, d->scope) != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "customer_id", "the customer's scope is %s", c->standing.scope);
    if (d->rests && zy_customer_phone_rests(env, &c->standing, zy_env_now(env)))
        return zy_fail(err, ZY_PHONE_TOO_NEW, "customer_id", "the phone number was changed a short time ago");
    return ZY_OK;
}

/* The new phone must be nobody else's login name. */
static zy_status check_phone(zy_rtx *rtx, zy_env *env, const deed_case *c, zy_err *err)
{
    zy_id owner;
    if (c->change.phone[0] == '\0')
        return ZY_OK;
    zy_status status = zy_customer_by_login_name(rtx, env, zy_str_of(c->change.phone), &owner, err);
    if (status == ZY_OK && !zy_id_eq(owner, c->customer))
        return zy_fail(err, ZY_ALREADY_EXISTS, "phone", "another customer's");
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status read_change(zy_rtx *rtx, zy_env *env, const zy_json *payload, deed_case *c, zy_err *err)
{
    zy_str text;
    zy_id id;
    if (!zy_json_str(payload, "change_id", &text))
        return ZY_OK;
    if (zy_id_parse(text, &id) != ZY_OK)
        return bad_payload(err);
    zy_status status = customer_change_read(rtx, env, id, &c->change, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? zy_fail(err, ZY_STATE_CONFLICT, NULL, "the change is gone") : status;
    return zy_id_eq(c->change.customer, c->customer) ? check_phone(rtx, env, c, err) : bad_payload(err);
}

static zy_status read_case(zy_rtx *rtx, zy_env *env, const zy_json *payload, deed_case *c, zy_err *err)
{
    zy_str name, customer;
    if (!zy_json_str(payload, "deed", &name) || !zy_json_str(payload, "customer_id", &customer) ||
        (c->deed = deed_find(name)) == NULL || zy_id_parse(customer, &c->customer) != ZY_OK)
        return bad_payload(err);
    zy_status status = zy_customer_standing(rtx, c->customer, &c->standing, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? zy_fail(err, ZY_NOT_FOUND, "customer_id", "no such customer") : status;
    ZY_TRY(check_state(env, c, err));
    ZY_TRY(zy_customer_person(rtx, env, c->customer, &c->person, err));
    return read_change(rtx, env, payload, c, err);
}

/* --- the comparison --- */

static void set_masked(zy_json *o, const char *key, void (*mask)(zy_str, char *), const char *value)
{
    char masked[ZY_MASK_MAX];
    mask(zy_str_of(value), masked);
    zy_json_set_c(o, key, masked);
}

static const char *either(const char *first, const char *otherwise)
{
    return first != NULL && *first != '\0' ? first : otherwise;
}

static zy_status deed_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    DEED_CASE_AUTO c = { 0 };
    ZY_TRY(read_case(rtx, env, payload, &c, err));
    for (int i = 0; i < 2; i++) {
        zy_json *o = i == 0 ? before : after;
        bool then = i == 1;
        zy_json_set_id(o, "customer_id", c.customer);
        set_masked(o, "name", zy_mask_name, then ? either(c.change.name, c.person.name) : c.person.name);
        set_masked(o, "phone", zy_mask_phone, then ? either(c.change.phone, c.person.phone) : c.person.phone);
        zy_json_set_c(o, "state", then ? either(c.deed->to_state, c.standing.state) : c.standing.state);
        zy_json_set_c(o, "scope", then ? either(c.deed->to_scope, c.standing.scope) : c.standing.scope);
        if (c.deed->what != NULL)
            zy_json_set_c(o, c.deed->what, then ? c.deed->becomes : "kept");
    }
    return ZY_OK;
}

/* --- the deed --- */

static zy_status apply_change(zy_tx *tx, zy_env *env, const deed_case *c, zy_err *err)
{
    if (c->change.name[0] != '\0')
        ZY_TRY(zy_customer_set_name(tx, env, c->customer, zy_str_of(c->change.name), err));
    if (c->change.phone[0] != '\0') {
        ZY_TRY(zy_phonepay_leave(tx, env, c->customer, zy_env_now(env), err));
        ZY_TRY(zy_customer_set_phone(tx, env, c->customer, zy_str_of(c->change.phone), err));
    }
    return customer_change_delete(tx, c->change.id, err);
}

static zy_status carry_out(zy_tx *tx, zy_env *env, const deed_case *c, const zy_temporary_password *made, zy_err *err)
{
    const deed *d = c->deed;
    if (d->to_state != NULL && strcmp(d->to_state, "cancelled") == 0) {
        ZY_TRY(zy_phonepay_leave(tx, env, c->customer, zy_env_now(env), err));
        ZY_TRY(zy_schedule_leave(tx, c->customer, zy_env_now(env), err));
        return zy_customer_cancel(tx, env, c->customer, c->standing.state, err);
    }
    if (d->ends_login)
        ZY_TRY(zy_identity_end_logins(tx, env, c->customer, d->name, err));
    if (d->carry != NULL)
        return d->carry(tx, env, c->customer, made, err);
    if (c->change.id.v != 0)
        return apply_change(tx, env, c, err);
    if (d->to_scope != NULL)
        return zy_customer_set_scope(tx, c->customer, c->standing.scope, d->to_scope, err);
    return zy_customer_set_state(tx, c->customer, c->standing.state, d->to_state, err);
}

/* By a message, and by a text to the phone that was his until now; a new phone is told, too. */
static zy_status tell(zy_tx *tx, zy_env *env, const deed_case *c, zy_err *err)
{
    ZY_AUTO_BUF words = { 0 };
    zy_buf_c(&words, c->deed->words);
    zy_buf_c(&words, IF_NOT_YOU);
    ZY_TRY(zy_notify_add(tx, env, c->customer, "security", ZY_STR("网点业务办理通知"), zy_buf_view(&words), err));
    if (c->deed->texts)
        return ZY_OK;
    ZY_TRY(registration_text(tx, env, zy_str_of(c->person.phone), zy_buf_view(&words), err));
    if (c->change.phone[0] == '\0')
        return ZY_OK;
    return registration_text(tx, env, zy_str_of(c->change.phone), zy_buf_view(&words), err);
}

static zy_status deed_apply_made(zy_tx *tx, zy_env *env, const zy_json *payload, const void *made, zy_id checker, zy_err *err)
{
    DEED_CASE_AUTO c = { 0 };
    ZY_TRY(read_case(zy_tx_read(tx), env, payload, &c, err));
    ZY_TRY(carry_out(tx, env, &c, made, err));
    ZY_TRY(tell(tx, env, &c, err));
    const zy_audit record = { .event = c.deed->event, .actor_kind = "staff", .actor = checker, .object_kind = "customer",
                              .object = c.customer, .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

static zy_status deed_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    return deed_apply_made(tx, env, payload, NULL, checker, err);
}

/* Made before the unit: 100,000 rounds of a hash must not hold up everybody who writes. */
static zy_status make_temporary(zy_env *env, void *made, zy_err *err)
{
    return zy_password_temporary_make(env, made, err);
}

static zy_status deed_refuse(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id checker, zy_err *err)
{
    (void)env;
    (void)checker;
    zy_str text;
    zy_id id;
    if (!zy_json_str(payload, "change_id", &text))
        return ZY_OK;
    return zy_id_parse(text, &id) == ZY_OK ? customer_change_delete(tx, id, err) : bad_payload(err);
}

#define DEED_KIND(kind_name, ...)                                                                                       \
    { .name = kind_name, .permission_make = "customer.make", .permission_check = "customer.check", .describe = deed_describe, \
      .refuse = deed_refuse, __VA_ARGS__ }
static const zy_approval_kind KINDS[] = {
    DEED_KIND("customer.sign", .apply = deed_apply),
    DEED_KIND("customer.change", .apply = deed_apply),
    DEED_KIND("customer.suspend", .apply = deed_apply),
    DEED_KIND("customer.resume", .apply = deed_apply),
    DEED_KIND("customer.cancel", .apply = deed_apply),
    DEED_KIND("customer.login_password_reset", .make = make_temporary, .made_size = sizeof(zy_temporary_password),
              .apply_made = deed_apply_made),
    DEED_KIND("customer.pay_password_reset", .apply = deed_apply),
};

void registration_counter_start(void)
{
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        zy_approval_register(&KINDS[i]);
}

/* --- asking for it --- */

typedef struct deed_job {
    zy_call *call;
    const customer_deed_in *in;
    customer_change change;
    zy_id request;
} deed_job;

static void deed_job_wipe(deed_job *job)
{
    zy_wipe(job, sizeof *job);
}

static zy_status request_unit(zy_tx *tx, void *arg, zy_err *err)
{
    deed_job *job = arg;
    const zy_call *call = job->call;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "deed", call->api->name);
    zy_json_set_id(payload, "customer_id", job->in->customer_id);
    if (job->change.id.v != 0) {
        zy_json_set_id(payload, "change_id", job->change.id);
        ZY_TRY(customer_change_insert(tx, call->env, &job->change, err));
    }
    return zy_approval_request_in(tx, call->env, zy_approval_find(zy_str_of(call->api->name)), call->caller->staff, false, payload,
                                  job->in->reason, &job->request, err);
}

static zy_status fill_change(deed_job *job, zy_err *err)
{
    const customer_deed_in *in = job->in;
    if (strcmp(job->call->api->name, "customer.change") != 0)
        return ZY_OK;
    if (in->name.n == 0 && in->phone.n == 0)
        return zy_fail(err, ZY_BAD_FIELD, "phone", "a name or a phone is expected");
    job->change = (customer_change){ .id = zy_id_next(job->call->env->ids), .customer = in->customer_id };
    ZY_TRY(zy_str_copy(in->name, job->change.name, sizeof job->change.name));
    return zy_str_copy(in->phone, job->change.phone, sizeof job->change.phone);
}

zy_status customer_deed_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    __attribute__((cleanup(deed_job_wipe))) deed_job job = { .call = call, .in = input };
    ZY_TRY(fill_change(&job, err));
    ZY_TRY(zy_db_run(call->env->db, call->api->name, request_unit, &job, err));
    zy_json_set_id(body, "request_id", job.request);
    return ZY_OK;
}
