/* account.open: a class II or III account, opened online, bound to a class I account of the same person. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bank/account/eaccount.h"
#include "service/audit/audit.h"
#include "service/identity/password_aid.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

#define NUMBER_TRIES 8 /* of a thousand million numbers, one that is free */

typedef struct open_job {
    zy_call *call;
    const eaccount_open_in *in;
    const account_kind *kind;
    zy_account bound;
    zy_person person;
    int64_t slot;
    zy_screening_result screening;
    char number[24];
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
} open_job;

static void open_job_wipe(open_job *job)
{
    zy_wipe(job, sizeof *job);
}

/* ---- may he? ---- */

/* A class I account of the same person at this bank. One at another bank is that bank's to confirm, by the clearing house
 * (connector/clearing.h): until it does, it backs nothing. */
static zy_status check_bound(zy_rtx *rtx, open_job *job, zy_err *err)
{
    ZY_TRY(zy_account_own(rtx, job->call->env, job->call->caller->customer, job->in->bound_account_id, &job->bound, err));
    if (!zy_account_may(&job->bound, ZY_USE_BACK))
        return zy_fail(err, ZY_ACCOUNT_KIND, "bound_account_id", "a %s account backs no other", job->bound.kind);
    if (strcmp(job->bound.state, "active") != 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "bound_account_id", "the account is %s", job->bound.state);
    return ZY_OK;
}

static zy_status check_slot(zy_rtx *rtx, zy_env *env, zy_id customer, const account_kind *kind, int64_t *ret_slot, zy_err *err)
{
    ZY_TRY(eaccount_free_slot(rtx, customer, kind->class, ret_slot, err));
    return *ret_slot <= zy_param_get(env, kind->max) ? ZY_OK : zy_fail(err, ZY_ACCOUNT_MAX, "kind", "as many as there may be");
}

static zy_status open_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    open_job *job = arg;
    zy_id customer = job->call->caller->customer;
    ZY_TRY(check_bound(rtx, job, err));
    ZY_TRY(check_slot(rtx, job->call->env, customer, job->kind, &job->slot, err));
    return zy_customer_person(rtx, job->call->env, customer, &job->person, err);
}

static zy_status refused_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const open_job *job = arg;
    const zy_call *call = job->call;
    const zy_caller *c = call->caller;
    char detail[160];
    snprintf(detail, sizeof detail, "{\"grade\":\"%s\",\"reference\":\"%s\"}", zy_aml_grade_name(job->screening.grade),
             job->screening.reference);
    const zy_audit record = { .event = "account.open_refused", .actor_kind = "customer", .actor = c->customer, .object_kind = "customer",
                              .object = c->customer, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("REGISTER_COUNTER"), .detail = zy_str_of(detail) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* Without an answer nothing is opened; who is listed or graded high goes to the counter. */
static zy_status screen(open_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    if (env->screening == NULL)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "nobody screens");
    ZY_TRY(zy_screening_ask(env->screening, zy_str_of(job->person.name), zy_str_of(job->person.id_no), job->call->now, &job->screening,
                            err));
    if (!job->screening.blacklisted && job->screening.grade != ZY_AML_HIGH)
        return ZY_OK;
    ZY_TRY(zy_db_run(env->db, "account.open_refused", refused_unit, job, err));
    return zy_fail(err, ZY_REGISTER_COUNTER, NULL, "cannot be done alone");
}

/* ---- its number ---- */

static zy_status number_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    open_job *job = arg;
    const char *bin = zy_config_text(job->call->env->config, "account.eaccount_bin").p;
    for (int i = 0; i < NUMBER_TRIES; i++) {
        ZY_AUTO_ACCOUNT taken = { 0 };
        uint32_t serial = 0;
        ZY_TRY(zy_random(&serial, sizeof serial));
        zy_card_number(bin, serial, job->number);
        zy_status status = zy_account_by_number(rtx, job->call->env, zy_str_of(job->number), &taken, err);
        if (status != ZY_OK)
            return status == ZY_NOT_FOUND ? ZY_OK : status;
    }
    return zy_fail(err, ZY_BUSY, NULL, "no free number found");
}

/* ---- prepare ---- */

static void describe(zy_order_lines *lines, const void *arg)
{
    const open_job *job = arg;
    char bound[ZY_MASK_MAX];
    zy_mask_card(zy_str_of(job->bound.number), bound);
    zy_order_line(lines, "class", zy_str_of(job->kind->name), "账户类型", zy_str_of(job->kind->title_zh));
    zy_order_line(lines, "bound_account", zy_str_of(bound), "绑定账户", zy_str_of(bound));
    zy_order_line(lines, "alias", job->in->alias, "账户别名", job->in->alias);
}

static zy_status store(open_job *job, zy_json *body, zy_err *err)
{
    zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "class", job->kind->name);
    zy_json_set_int(payload, "bound", job->bound.id.v);
    zy_json_set_str(payload, "alias", zy_str_trim(job->in->alias));
    zy_json_set_c(payload, "number", job->number);
    payload_set_record(payload, job->record);
    const zy_prepare prepare = { .kind = &EACCOUNT_OPEN_KIND, .describe = describe, .arg = job,
                                 .draft = { .risk = "medium", .payload = payload, .sms_purpose = ZY_STR("开立电子账户") } };
    return zy_order_prepare(job->call, &prepare, body, err);
}

zy_status eaccount_open_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    __attribute__((cleanup(open_job_wipe))) open_job job = { .call = call, .in = input };
    bool repeated = false;
    job.kind = account_kind_find(job.in->kind);
    if (job.kind == NULL || job.kind->class == 0)
        return zy_fail(err, ZY_BAD_FIELD, "kind", "not opened online");
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "account.open", open_read, &job, err));
    ZY_TRY(screen(&job, err));
    ZY_TRY(zy_pay_password_record(call, job.in->password.challenge_id, job.in->password.cipher, job.record, body, err));
    ZY_TRY(zy_db_read(call->env->db, "account.open_number", number_read, &job, err));
    return store(&job, body, err);
}

/* ---- confirm ---- */

static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    const account_kind *kind = account_kind_find(payload_str(payload, "class"));
    eaccount_row row = { .customer = o->customer, .bound = payload_id(payload, "bound") };
    ZY_AUTO_ACCOUNT bound = { 0 };
    if (kind == NULL)
        return zy_fail(err, ZY_INTERNAL, NULL, "an order for no kind of account");
    row.class = kind->class;
    ZY_TRY(payload_record(payload, row.pin_record, err));
    ZY_TRY(account_owned(zy_tx_read(tx), env, o->customer, row.bound, &bound, err));
    if (strcmp(bound.state, "active") != 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, NULL, "the account that it is bound to is %s", bound.state);
    ZY_TRY(check_slot(zy_tx_read(tx), env, o->customer, kind, &row.slot, err));
    ZY_TRY(zy_account_open(tx, env, o->customer, payload_str(payload, "number"), kind->name, payload_str(payload, "alias"), &row.account,
                           err));
    zy_status status = eaccount_insert(tx, &row, o->done_at, err);
    zy_wipe(&row, sizeof row);
    ZY_TRY(status);
    return eaccount_forgive(tx, env, ZY_TRY_USED, o->customer, o->done_at, err);
}

static zy_status notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    const account_kind *kind = account_kind_find(payload_str(payload, "class"));
    zy_str number = payload_str(payload, "number");
    ZY_AUTO_BUF words = { 0 };
    zy_buf_fmt(&words, "您已成功开立%s（尾号" ZY_STR_FMT "）。如非本人操作，请立即联系客服。", kind->title_zh,
               ZY_STR_ARG(zy_str_sub(number, number.n - 4, 4)));
    return zy_customer_tell(tx, env, o->customer, ZY_STR("电子账户已开立"), zy_buf_view(&words), err);
}

static void receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    (void)o;
    char number[ZY_MASK_MAX];
    zy_mask_card(payload_str(payload, "number"), number);
    zy_json_set_str(out, "account_kind", payload_str(payload, "class"));
    zy_json_set_c(out, "number", number);
}

const zy_order_kind EACCOUNT_OPEN_KIND = { .name = "account.open", .title_zh = "开立电子账户", .scene = "account.open",
                                           .execute = execute, .notify = notify, .receipt = receipt };
