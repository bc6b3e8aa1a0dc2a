/* Which accounts a customer uses here (account.add, account.remove), and what he calls them (account.alias.set). */
#include <string.h>

#include "bank/account/account_repo.h"
#include "bank/account/manage.h"
#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "service/identity/login.h"
#include "service/identity/password_aid.h"


zy_status account_audit(zy_tx *tx, const zy_call *call, const char *event, zy_id account, zy_err *err)
{
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = c->customer, .object_kind = "account", .object = account,
                              .address = c->address, .device = zy_str_of(c->device_id), .trace = zy_str_of(call->trace),
                              .result = ZY_STR("OK") };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* ---- account.alias.set ---- */

typedef struct alias_job {
    zy_call *call;
    const account_alias_in *in;
    zy_account own;
    zy_str sealed;
} alias_job;

static void alias_job_wipe(alias_job *job)
{
    zy_wipe(&job->own, sizeof job->own);
}

/* A name, not a piece of a page or a statement. */
static bool is_plain(zy_str alias)
{
    for (size_t i = 0; i < alias.n; i++)
        if (strchr("<>\"'`&;\\%{}=", alias.p[i]) != NULL)
            return false;
    return alias.n > 0;
}

static zy_status alias_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    alias_job *job = arg;
    return zy_account_own(rtx, job->call->env, job->call->caller->customer, job->in->account_id, &job->own, err);
}

static zy_status alias_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const alias_job *job = arg;
    ZY_TRY(account_set_content(tx, job->call->caller->customer, job->own.id, job->sealed, err));
    return account_audit(tx, job->call, "account.alias_set", job->own.id, err);
}

zy_status account_alias_set_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const account_alias_in *in = input;
    __attribute__((cleanup(alias_job_wipe))) alias_job job = { .call = call, .in = in };
    ZY_AUTO_BUF sealed = { 0 };
    zy_str alias = zy_str_trim(in->alias);
    if (!is_plain(alias))
        return zy_fail(err, ZY_BAD_FIELD, "alias", "letters, digits and simple signs");
    ZY_TRY(zy_db_read(call->env->db, "account.alias", alias_read, &job, err));
    ZY_TRY(account_seal_content(call->env, job.own.id, zy_str_of(job.own.number), alias, &sealed));
    job.sealed = zy_buf_view(&sealed);
    return zy_db_run(call->env->db, "account.alias", alias_unit, &job, err);
}

/* ---- account.remove ---- */

typedef struct remove_job {
    zy_call *call;
    zy_id account;
} remove_job;

static zy_status remove_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const remove_job *job = arg;
    zy_id customer = job->call->caller->customer;
    ZY_AUTO_ACCOUNT own = { 0 };
    ZY_TRY(zy_account_own(zy_tx_read(tx), job->call->env, customer, job->account, &own, err));
    ZY_TRY(account_needs(&own, ZY_USE_REMOVE, err));
    ZY_TRY(account_set_operable(tx, customer, job->account, false, err));
    return account_audit(tx, job->call, "account.removed", job->account, err);
}

zy_status account_remove_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const account_id_in *in = input;
    remove_job job = { call, in->account_id };
    return zy_db_run(call->env->db, "account.remove", remove_unit, &job, err);
}

/* ---- account.add: a further card of one's own, by number, PIN and the phone left with the bank for it ---- */

typedef struct add_job {
    zy_call *call;
    const account_add_in *in;
    uint8_t keys[2][ZY_SM3_BYTES], phone_index[ZY_SM3_BYTES]; /* keys: of the card, of the customer */
    uint8_t nobodys_pin[ZY_PASSWORD_RECORD_BYTES];
    zy_card card;
    bool locked, known;
} add_job;

static void add_job_wipe(add_job *job)
{
    zy_wipe(job, sizeof *job);
}

/* Counted before anything is looked at, by the card that was typed and by who types. */
static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    add_job *job = arg;
    zy_time now = job->call->now;
    ZY_TRY(zy_try_source_take(tx, job->call->env, ZY_FROM_REGISTER_CARD, job->keys[0], now, &job->locked, err));
    return job->locked ? ZY_OK : zy_try_take(tx, job->keys[1], now, &job->locked, err);
}

static zy_status forgive_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const add_job *job = arg;
    for (int i = 0; i < 2; i++)
        ZY_TRY(zy_try_forgive(tx, job->keys[i], job->call->now, err));
    return ZY_OK;
}

static zy_status add_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    add_job *job = arg;
    zy_id customer = job->call->caller->customer;
    zy_status status = zy_card_find(rtx, job->call->env, job->in->card_no, &job->card, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    if (status == ZY_NOT_FOUND)
        memcpy(job->card.pin_record, job->nobodys_pin, sizeof job->card.pin_record);
    bool same_phone = zy_ct_equal(job->card.phone_index, job->phone_index, sizeof job->phone_index);
    job->known = status == ZY_OK && zy_id_eq(job->card.customer, customer) && job->card.usable && same_phone;
    return ZY_OK;
}

/* Unknown, another's, another phone and a wrong PIN answer alike, after the same work. */
static zy_status identify(add_job *job, const zy_secret *pin, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_TRY(zy_password_dummy(env->keys, (unsigned)zy_config_int(env->config, "password.iterations"), job->nobodys_pin));
    ZY_TRY(zy_try_source_key(env, ZY_FROM_REGISTER_CARD, job->in->card_no, job->keys[0]));
    ZY_TRY(zy_try_key(env, ZY_TRY_ACCOUNT, job->call->caller->customer, NULL, job->keys[1]));
    ZY_TRY(zy_card_phone_index(env, job->in->phone, job->phone_index));
    ZY_TRY(zy_db_run(env->db, "account.add_try", take_unit, job, err));
    if (job->locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many tries with this card, or of this customer");
    ZY_TRY(zy_db_read(env->db, "account.add", add_read, job, err));
    zy_status status = zy_hash_pool_check(env->keys, pin, job->card.pin_record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    if (status != ZY_OK || !job->known)
        return zy_fail(err, ZY_REGISTER_FAILED, NULL, "what was typed does not belong together");
    return zy_db_run(env->db, "account.add_right", forgive_unit, job, err);
}

typedef struct used_job {
    zy_call *call;
    zy_id account;
} used_job;

static zy_status used_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const used_job *job = arg;
    ZY_AUTO_ACCOUNT own = { 0 };
    zy_status status = zy_account_own(rtx, job->call->env, job->call->caller->customer, job->account, &own, err);
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    return status == ZY_OK ? zy_fail(err, ZY_ALREADY_EXISTS, "card_no", "it is used here already") : status;
}

static void add_describe(zy_order_lines *lines, const void *arg)
{
    const add_job *job = arg;
    char masked[ZY_MASK_MAX];
    zy_mask_card(job->in->card_no, masked);
    zy_order_line(lines, "account", zy_str_of(masked), "加入手机银行的卡", zy_str_of(masked));
}

zy_status account_add_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const account_add_in *in = input;
    __attribute__((cleanup(add_job_wipe))) add_job job = { .call = call, .in = in };
    ZY_AUTO_SECRET pin = { .n = 0 };
    const zy_secret_in cipher = { in->pin.challenge_id, in->pin.cipher };
    bool repeated = false;
    char masked[ZY_MASK_MAX];
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_secret_take(call, &cipher, ZY_SECRET_CARD_PIN, &pin, err));
    ZY_TRY(identify(&job, &pin, err));
    used_job used = { call, job.card.account };
    ZY_TRY(zy_db_read(call->env->db, "account.add_used", used_read, &used, err));
    zy_mask_card(in->card_no, masked);
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "account", job.card.account.v);
    zy_json_set_c(payload, "number", masked);
    const zy_prepare prepare = { .kind = &ACCOUNT_ADD_KIND, .describe = add_describe, .arg = &job,
                                 .draft = { .risk = "medium", .payload = payload, .sms_purpose = ZY_STR("将银行卡加入手机银行") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status add_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)env;
    (void)audit;
    return account_set_operable(tx, o->customer, payload_id(payload, "account"), true, err);
}

static zy_status add_notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    ZY_AUTO_BUF words = { 0 };
    zy_str number = payload_str(payload, "number");
    zy_buf_fmt(&words, "您尾号" ZY_STR_FMT "的卡已加入手机银行。如非本人操作，请立即联系客服。",
               ZY_STR_ARG(zy_str_sub(number, number.n > 4 ? number.n - 4 : 0, 4)));
    return zy_customer_tell(tx, env, o->customer, ZY_STR("银行卡已加入手机银行"), zy_buf_view(&words), err);
}

static void add_receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    (void)o;
    zy_json_set_str(out, "number", payload_str(payload, "number"));
}

const zy_order_kind ACCOUNT_ADD_KIND = { .name = "account.add", .title_zh = "添加账户", .scene = "account.add", .execute = add_execute,
                                         .notify = add_notify, .receipt = add_receipt };
