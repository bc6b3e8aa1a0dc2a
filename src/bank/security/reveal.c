/* data.reveal: a card number, id number or phone shown whole, once, after a fresh factor. */
#include <string.h>

#include "bank/account/account.h"
#include "bank/security/security_internal.h"
#include "service/audit/audit.h"

typedef struct reveal_job {
    zy_call *call;
    reveal_row row;
    char value[32]; /* whole; wiped */
} reveal_job;

static void reveal_job_wipe(reveal_job *job)
{
    zy_wipe(job, sizeof *job);
}
#define REVEAL_JOB_AUTO __attribute__((cleanup(reveal_job_wipe))) reveal_job

/* ---- where the values come from ---- */

static zy_status card_number(zy_rtx *rtx, reveal_job *job, zy_err *err)
{
    ZY_AUTO_ACCOUNT account = { 0 };
    ZY_TRY(zy_account_own(rtx, job->call->env, job->row.customer, job->row.account, &account, err));
    return zy_str_copy(zy_str_of(account.number), job->value, sizeof job->value);
}

static zy_status id_no(zy_rtx *rtx, reveal_job *job, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    ZY_TRY(zy_customer_person(rtx, job->call->env, job->row.customer, &person, err));
    return zy_str_copy(zy_str_of(person.id_no), job->value, sizeof job->value);
}

static zy_status phone(zy_rtx *rtx, reveal_job *job, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    ZY_TRY(zy_customer_person(rtx, job->call->env, job->row.customer, &person, err));
    return zy_str_copy(zy_str_of(person.phone), job->value, sizeof job->value);
}

static const struct {
    const char *what, *title;
    bool account; /* of an account, else of the customer */
    zy_status (*read)(zy_rtx *rtx, reveal_job *job, zy_err *err);
    void (*mask)(zy_str value, char out[ZY_MASK_MAX]);
} SOURCES[] = {
    { "card_number", "完整卡号", true, card_number, zy_mask_card },
    { "id_no", "完整证件号码", false, id_no, zy_mask_id_no },
    { "phone", "完整手机号码", false, phone, zy_mask_phone },
};

static size_t source_of(zy_str what)
{
    size_t i = 0;
    while (i < ZY_COUNT(SOURCES) && !zy_str_eq_c(what, SOURCES[i].what))
        i++;
    return i;
}

static zy_status value_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    reveal_job *job = arg;
    size_t i = source_of(zy_str_of(job->row.what));
    return i < ZY_COUNT(SOURCES) ? SOURCES[i].read(rtx, job, err) : zy_fail(err, ZY_INTERNAL, NULL, "nothing of that kind");
}

/* ---- the order ---- */

static void describe(zy_order_lines *lines, const void *arg)
{
    const reveal_job *job = arg;
    size_t i = source_of(zy_str_of(job->row.what));
    char masked[ZY_MASK_MAX];
    SOURCES[i].mask(zy_str_of(job->value), masked);
    zy_order_line(lines, "what", zy_str_of(job->row.what), "查看内容", zy_str_of(SOURCES[i].title));
    zy_order_line(lines, "masked", zy_str_of(masked), "号码", zy_str_of(masked));
}

zy_status reveal_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const reveal_in *in = input;
    REVEAL_JOB_AUTO job = { .call = call, .row = { .customer = call->caller->customer, .account = in->account_id } };
    bool repeated = false;
    size_t i = source_of(in->what);
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    if (in->has_account != SOURCES[i].account)
        return zy_fail(err, ZY_BAD_FIELD, "account_id", "an account is for its card number");
    ZY_TRY(zy_str_copy(in->what, job.row.what, sizeof job.row.what));
    ZY_TRY(zy_db_read(call->env->db, "reveal.value", value_read, &job, err));
    zy_json *payload = zy_json_object();
    zy_json_set_str(payload, "what", in->what);
    zy_json_set_int(payload, "account", in->account_id.v);
    const zy_prepare prepare = { .kind = &REVEAL_KIND, .describe = describe, .arg = &job,
                                 .draft = { .risk = "medium", .payload = payload, .sms_purpose = ZY_STR("查看完整信息") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)env;
    (void)audit;
    zy_str what = { 0 };
    reveal_row row = { .order = o->id, .customer = o->customer, .login = o->login, .account = security_payload_id(payload, "account") };
    (void)zy_json_str(payload, "what", &what);
    ZY_TRY(zy_str_copy(what, row.what, sizeof row.what));
    return reveal_allow(tx, &row, o->done_at, err);
}

const zy_order_kind REVEAL_KIND = { .name = "data.reveal", .title_zh = "查看完整信息", .scene = "data.reveal", .execute = execute };

/* ---- reveal.get ---- */

static zy_status get_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    reveal_job *job = arg;
    ZY_TRY(reveal_find(rtx, job->row.order, job->call->caller->customer, &job->row, err));
    return value_read(rtx, job, err);
}

/* Taken and recorded together: what cannot be recorded is not shown. */
static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const reveal_job *job = arg;
    const zy_call *call = job->call;
    const zy_caller *c = call->caller;
    const reveal_row mine = { .order = job->row.order, .customer = c->customer, .login = c->login };
    ZY_AUTO_BUF detail = { 0 };
    ZY_TRY(reveal_take(tx, &mine, (zy_time){ call->now.ms - REVEAL_LIFE.ms }, call->now, err));
    zy_buf_fmt(&detail, "{\"what\":\"%s\"}", job->row.what);
    const zy_audit record = { .event = "data.revealed", .actor_kind = "customer", .actor = c->customer, .object_kind = "order",
                              .object = job->row.order, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK"), .detail = zy_buf_view(&detail) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

zy_status reveal_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const reveal_get_in *in = input;
    REVEAL_JOB_AUTO job = { .call = call, .row = { .order = in->order_id } };
    ZY_TRY(zy_db_read(call->env->db, "reveal.get", get_read, &job, err));
    ZY_TRY(zy_db_run(call->env->db, "reveal.take", take_unit, &job, err));
    zy_json_set_c(body, "what", job.row.what);
    zy_json_set_c(body, "value", job.value);
    zy_json_set_int(body, "show_s", REVEAL_LIFE.ms / 1000);
    return ZY_OK;
}
