/* Accounts that nothing is debited from: lost (account.loss, account.loss_lift), and frozen or stopped by two members of the staff. */
#include <stdio.h>
#include <string.h>

#include "bank/account/manage.h"
#include "service/approval/approval.h"
#include "service/audit/audit.h"
#include "service/identity/password_aid.h"
#include "service/ledger/ledger.h"
#include "service/notify/notify.h"

/* The state first: it locks the balance row, so that nothing is debited behind it and two reasons see each other. */
zy_status account_block(zy_tx *tx, zy_id account, const char *reason, zy_time now, zy_err *err)
{
    ZY_TRY(zy_ledger_set_state(tx, account, "frozen", err));
    return block_insert(tx, account, reason, now, err);
}

zy_status account_unblock(zy_tx *tx, zy_id account, const char *reason, zy_err *err)
{
    bool stands = false;
    ZY_TRY(zy_ledger_set_state(tx, account, "frozen", err));
    ZY_TRY(block_delete(tx, account, reason, err));
    ZY_TRY(block_stands(zy_tx_read(tx), account, NULL, &stands, err));
    return stands ? ZY_OK : zy_ledger_set_state(tx, account, "active", err);
}

/* ---- account.loss, account.loss_lift ---- */

typedef struct loss_job {
    zy_call *call;
    zy_id account;
    bool lifts, stands;
    zy_account own;
} loss_job;

static void loss_job_wipe(loss_job *job)
{
    zy_wipe(job, sizeof *job);
}

static zy_status loss_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    loss_job *job = arg;
    ZY_TRY(zy_account_own(rtx, job->call->env, job->call->caller->customer, job->account, &job->own, err));
    if (strcmp(job->own.state, "closed") == 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "account_id", "the account is closed");
    return block_stands(rtx, job->account, "loss", &job->stands, err);
}

static void loss_describe(zy_order_lines *lines, const void *arg)
{
    const loss_job *job = arg;
    char masked[ZY_MASK_MAX];
    zy_mask_card(zy_str_of(job->own.number), masked);
    zy_order_line(lines, "account", zy_str_of(masked), job->lifts ? "解除挂失账户" : "挂失账户", zy_str_of(masked));
}

static zy_status prepare_loss(zy_call *call, zy_id account, bool lifts, zy_json *body, zy_err *err)
{
    __attribute__((cleanup(loss_job_wipe))) loss_job job = { .call = call, .account = account, .lifts = lifts };
    bool repeated = false;
    char masked[ZY_MASK_MAX];
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, call->api->name, loss_read, &job, err));
    if (job.stands != lifts)
        return zy_fail(err, ZY_STATE_CONFLICT, "account_id", lifts ? "the account is not lost" : "the account is lost already");
    zy_mask_card(zy_str_of(job.own.number), masked);
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "account", account.v);
    zy_json_set_c(payload, "number", masked);
    const zy_prepare prepare = { .kind = lifts ? &ACCOUNT_LOSS_LIFT_KIND : &ACCOUNT_LOSS_KIND, .describe = loss_describe, .arg = &job,
                                 .draft = { .risk = lifts ? "high" : "low", .payload = payload,
                                            .sms_purpose = lifts ? ZY_STR("解除账户挂失") : ZY_STR("账户挂失"),
                                            .notice = lifts ? (zy_str){ 0 } : ZY_STR("挂失后立即停止付款，资金仍可转入；解除挂失须重新核验身份。") } };
    return zy_order_prepare(call, &prepare, body, err);
}

zy_status account_loss_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const account_id_in *in = input;
    return prepare_loss(call, in->account_id, false, body, err);
}

zy_status account_loss_lift_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const account_id_in *in = input;
    return prepare_loss(call, in->account_id, true, body, err);
}

static zy_status loss_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)env;
    (void)audit;
    return account_block(tx, payload_id(payload, "account"), "loss", o->done_at, err);
}

static zy_status lift_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)env;
    (void)o;
    (void)audit;
    return account_unblock(tx, payload_id(payload, "account"), "loss", err);
}

static zy_status tell_owner(zy_tx *tx, zy_env *env, zy_id customer, const char *masked, const char *title, const char *words, zy_err *err)
{
    ZY_AUTO_BUF text = { 0 };
    zy_buf_fmt(&text, "您尾号" ZY_STR_FMT "的账户%s如非本人办理，请立即联系客服。", ZY_STR_ARG(number_tail(masked)), words);
    return zy_customer_tell(tx, env, customer, zy_str_of(title), zy_buf_view(&text), err);
}

static zy_status tell_payload(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, const char *title, const char *words,
                              zy_err *err)
{
    char number[ZY_MASK_MAX] = "";
    ZY_TRY(zy_str_copy(payload_str(payload, "number"), number, sizeof number));
    return tell_owner(tx, env, o->customer, number, title, words, err);
}

static zy_status loss_notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    return tell_payload(tx, env, o, payload, "账户已挂失", "已挂失，停止付款。", err);
}

static zy_status lift_notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    return tell_payload(tx, env, o, payload, "账户已解除挂失", "已解除挂失。", err);
}

static void receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    (void)o;
    zy_json_set_str(out, "number", payload_str(payload, "number"));
}

const zy_order_kind ACCOUNT_LOSS_KIND = { .name = "account.loss", .title_zh = "账户挂失", .scene = "account.loss", .execute = loss_execute,
                                          .notify = loss_notify, .receipt = receipt };
const zy_order_kind ACCOUNT_LOSS_LIFT_KIND = { .name = "account.loss_lift", .title_zh = "解除挂失", .scene = "loss.lift",
                                               .execute = lift_execute, .notify = lift_notify, .receipt = receipt };

/* ---- the staff: one asks, another decides ---- */

typedef struct deed {
    const char *name, *event, *reason;
    bool lifts;
    const char *title, *words; /* to the customer */
} deed;
static const deed DEEDS[] = {
    { "account.freeze", "account.frozen", "freeze", false, "账户已冻结", "已被冻结，暂停付款。" },
    { "account.unfreeze", "account.unfrozen", "freeze", true, "账户已解除冻结", "已解除冻结。" },
    { "account.stop_payment", "account.payment_stopped", "stop_payment", false, "账户已止付", "已止付，暂停付款。" },
    { "account.resume_payment", "account.payment_resumed", "stop_payment", true, "账户已解除止付", "已解除止付。" },
};

static const deed *deed_find(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(DEEDS); i++)
        if (zy_str_eq_c(name, DEEDS[i].name))
            return &DEEDS[i];
    return NULL;
}

typedef struct deed_case {
    const deed *deed;
    zy_account account;
} deed_case;

static void deed_case_wipe(deed_case *c)
{
    zy_wipe(c, sizeof *c);
}
#define DEED_CASE_AUTO __attribute__((cleanup(deed_case_wipe))) deed_case

static zy_status read_case(zy_rtx *rtx, zy_env *env, const zy_json *payload, deed_case *c, zy_err *err)
{
    zy_id account;
    bool stands = false;
    c->deed = deed_find(payload_str(payload, "deed"));
    if (c->deed == NULL || zy_id_parse(payload_str(payload, "account_id"), &account) != ZY_OK)
        return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
    zy_status status = account_any(rtx, env, account, &c->account, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? zy_fail(err, ZY_NOT_FOUND, "account_id", "no such account") : status;
    if (strcmp(c->account.state, "closed") == 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "account_id", "the account is closed");
    ZY_TRY(block_stands(rtx, account, c->deed->reason, &stands, err));
    return stands == c->deed->lifts ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, "account_id", "it stands so already");
}

static zy_status deed_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    DEED_CASE_AUTO c = { 0 };
    char masked[ZY_MASK_MAX];
    ZY_TRY(read_case(rtx, env, payload, &c, err));
    zy_mask_card(zy_str_of(c.account.number), masked);
    for (int i = 0; i < 2; i++) {
        zy_json *o = i == 0 ? before : after;
        zy_json_set_id(o, "account_id", c.account.id);
        zy_json_set_id(o, "customer_id", c.account.customer);
        zy_json_set_c(o, "number", masked);
        zy_json_set_bool(o, c.deed->reason, (i == 1) != c.deed->lifts);
    }
    return ZY_OK;
}

static zy_status deed_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    DEED_CASE_AUTO c = { 0 };
    ZY_TRY(read_case(zy_tx_read(tx), env, payload, &c, err));
    const deed *d = c.deed;
    ZY_TRY(d->lifts ? account_unblock(tx, c.account.id, d->reason, err)
                    : account_block(tx, c.account.id, d->reason, zy_env_now(env), err));
    const zy_audit record = { .event = d->event, .actor_kind = "staff", .actor = checker, .object_kind = "account",
                              .object = c.account.id, .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, env, &record, NULL, err));
    return tell_owner(tx, env, c.account.customer, c.account.number, d->title, d->words, err);
}

#define DEED_KIND(kind_name)                                                                                            \
    { .name = kind_name, .permission_make = "customer.make", .permission_check = "customer.check", .describe = deed_describe, \
      .apply = deed_apply }
static const zy_approval_kind KINDS[] = { DEED_KIND("account.freeze"), DEED_KIND("account.unfreeze"), DEED_KIND("account.stop_payment"),
                                          DEED_KIND("account.resume_payment") };

void account_staff_start(void)
{
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        zy_approval_register(&KINDS[i]);
}

zy_status account_deed_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const account_deed_in *in = input;
    zy_id request;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "deed", call->api->name);
    zy_json_set_id(payload, "account_id", in->account_id);
    ZY_TRY(zy_approval_request(call->env, zy_approval_find(zy_str_of(call->api->name)), call->caller->staff, payload, in->reason, &request,
                               err));
    zy_json_set_id(body, "request_id", request);
    return ZY_OK;
}

/* ---- account.search: a customer's accounts, for whoever may look at customers ---- */

#define SEARCH_MAX 50

typedef struct search_job {
    zy_call *call;
    zy_id customer;
    zy_rtx *rtx;
    zy_json *accounts;
} search_job;

static zy_status push_found(const zy_account *a, zy_money balance, zy_money available, void *arg)
{
    (void)balance;
    (void)available;
    static const char *const REASONS[] = { "loss", "freeze", "stop_payment" };
    search_job *job = arg;
    zy_json *out = zy_json_object(), *blocks = zy_json_array();
    zy_json_set_id(out, "account_id", a->id);
    zy_json_set_c(out, "kind", a->kind);
    zy_json_set_c(out, "number", a->number);
    zy_json_set_c(out, "state", a->state);
    zy_json_set(out, "blocks", blocks);
    zy_json_push(job->accounts, out);
    for (size_t i = 0; i < ZY_COUNT(REASONS); i++) {
        bool stands = false;
        ZY_TRY(block_stands(job->rtx, a->id, REASONS[i], &stands, NULL));
        if (stands)
            zy_json_push(blocks, zy_json_new_str(zy_str_of(REASONS[i])));
    }
    return ZY_OK;
}

static zy_status search_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_account_which ALL[] = { ZY_ACCOUNTS_USED, ZY_ACCOUNTS_REMOVED, ZY_ACCOUNTS_CLOSED };
    search_job *job = arg;
    job->rtx = rtx;
    for (size_t i = 0; i < ZY_COUNT(ALL); i++)
        ZY_TRY(zy_account_each(rtx, job->call->env, job->customer, ALL[i], SEARCH_MAX, push_found, job, err));
    return ZY_OK;
}

static zy_status looked_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const search_job *job = arg;
    const zy_call *call = job->call;
    const zy_audit record = { .event = "staff.account_search", .actor_kind = "staff", .actor = call->caller->staff,
                              .object_kind = "customer", .object = job->customer, .address = call->caller->address,
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK") };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

zy_status account_search_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const account_search_in *in = input;
    search_job job = { .call = call, .customer = in->customer_id, .accounts = zy_json_array() };
    zy_json_set(body, "accounts", job.accounts);
    ZY_TRY(zy_db_run(call->env->db, "account.search_looked", looked_unit, &job, err));
    return zy_db_read(call->env->db, "account.search", search_read, &job, err);
}
