/* Opening mobile banking for whoever registered; for a high anti-money-laundering grade only after the head office has accepted. */
#include <string.h>

#include "bank/registration/registration_internal.h"
#include "service/audit/audit.h"
#include "service/notify/notify.h"
#include "service/outbox/outbox.h"

#define NOTICE_LIFE ZY_DAYS(1)

zy_status registration_text(zy_tx *tx, zy_env *env, zy_str phone, zy_str words, zy_err *err)
{
    ZY_AUTO_SECRET_BUF text = { 0 };
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】" ZY_STR_FMT, ZY_STR_ARG(zy_config_text(env->config, "brand.name")), ZY_STR_ARG(words));
    return zy_outbox_sms(tx, env, phone, zy_buf_view(&text), "notice", zy_time_add(zy_env_now(env), NOTICE_LIFE), err);
}

zy_status registration_audit(zy_tx *tx, zy_env *env, const char *event, const registration_row *row, zy_str detail, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = row->customer, .object_kind = "registration",
                              .object = row->id, .device = zy_str_of(row->device_id), .result = ZY_STR("OK"), .detail = detail };
    return zy_audit_add(tx, env, &record, NULL, err);
}

zy_status registration_open(zy_tx *tx, zy_env *env, const registration_row *row, zy_err *err)
{
    const zy_enrolment enrolment = { .phone = zy_str_of(row->phone), .login_record = row->login_record,
                                     .pay_record = row->pay_record, .scope = "self" };
    ZY_TRY(zy_customer_enrol(tx, env, row->customer, &enrolment, err));
    ZY_TRY(registration_audit(tx, env, "register.done", row, ZY_STR("{\"scope\":\"self\"}"), err));
    ZY_TRY(zy_notify_add(tx, env, row->customer, "security", ZY_STR("欢迎使用手机银行"),
                         ZY_STR("您已自助注册成功，可以查询账户、在本人账户之间转账。携带证件到网点签约后，可以向他人转账。"), err));
    return registration_text(tx, env, zy_str_of(row->phone),
                             ZY_STR("您已成功注册手机银行。如非本人操作，请立即联系客服。"), err);
}

/* --- the head office --- */

static zy_status read_waiting(zy_rtx *rtx, zy_env *env, const zy_json *payload, registration_row *ret_row, zy_err *err)
{
    zy_str text;
    zy_id id;
    if (!zy_json_str(payload, "registration_id", &text) || zy_id_parse(text, &id) != ZY_OK)
        return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
    ZY_TRY(registration_by_id(rtx, env, id, ret_row, err));
    return strcmp(ret_row->state, "waiting") == 0 ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, NULL, "the registration waits no more");
}

static void set_masked(zy_json *o, const char *key, void (*mask)(zy_str, char *), const char *value)
{
    char masked[ZY_MASK_MAX];
    mask(zy_str_of(value), masked);
    zy_json_set_c(o, key, masked);
}

static zy_status accept_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    REGISTRATION_AUTO row = { 0 };
    ZY_AUTO_PERSON person = { 0 };
    zy_standing standing;
    ZY_TRY(read_waiting(rtx, env, payload, &row, err));
    ZY_TRY(zy_customer_person(rtx, env, row.customer, &person, err));
    ZY_TRY(zy_customer_standing(rtx, row.customer, &standing, err));
    for (int i = 0; i < 2; i++) {
        zy_json *o = i == 0 ? before : after;
        zy_json_set_id(o, "customer_id", row.customer);
        set_masked(o, "name", zy_mask_name, person.name);
        set_masked(o, "id_no", zy_mask_id_no, person.id_no);
        set_masked(o, "phone", zy_mask_phone, row.phone);
        zy_json_set_c(o, "grade", row.grade);
        zy_json_set_c(o, "reference", row.reference);
        zy_json_set_c(o, "state", i == 0 ? standing.state : "active");
        zy_json_set_c(o, "scope", i == 0 ? "" : "self");
    }
    return ZY_OK;
}

static zy_status audit_decision(zy_tx *tx, zy_env *env, const char *event, zy_id checker, const registration_row *row, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "staff", .actor = checker, .object_kind = "registration",
                              .object = row->id, .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

static zy_status accept_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    REGISTRATION_AUTO row = { 0 };
    ZY_TRY(read_waiting(zy_tx_read(tx), env, payload, &row, err));
    ZY_TRY(registration_move(tx, &row, "done", zy_env_now(env), row.expires_at, err));
    ZY_TRY(audit_decision(tx, env, "register.accepted", checker, &row, err));
    return registration_open(tx, env, &row, err);
}

static zy_status end_waiting(zy_tx *tx, zy_env *env, const registration_row *row, const char *to, zy_err *err)
{
    ZY_TRY(registration_move(tx, row, to, zy_env_now(env), row->expires_at, err));
    return registration_text(tx, env, zy_str_of(row->phone),
                             ZY_STR("您的手机银行注册申请未通过审核，请携带有效证件和银行卡到网点办理。"), err);
}

static zy_status accept_refuse(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id checker, zy_err *err)
{
    REGISTRATION_AUTO row = { 0 };
    ZY_TRY(read_waiting(zy_tx_read(tx), env, payload, &row, err));
    ZY_TRY(audit_decision(tx, env, "register.refused", checker, &row, err));
    return end_waiting(tx, env, &row, "refused", err);
}

const zy_approval_kind REGISTRATION_ACCEPT = { .name = "registration.accept", .permission_make = "registration.check",
                                               .permission_check = "registration.check", .describe = accept_describe,
                                               .apply = accept_apply, .refuse = accept_refuse };

/* --- what is left behind --- */

#define OVERDUE_MAX 100

typedef struct expire_job {
    zy_env *env;
    int max;
} expire_job;

static zy_status expire_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const expire_job *job = arg;
    zy_time now = zy_env_now(job->env);
    zy_id overdue[OVERDUE_MAX];
    int count = 0;
    ZY_TRY(registration_drop(tx, now, job->max, err));
    ZY_TRY(customer_change_drop(tx, (zy_time){ now.ms - REGISTRATION_WAITS.ms }, job->max, err));
    ZY_TRY(registration_overdue(zy_tx_read(tx), now, job->max < OVERDUE_MAX ? job->max : OVERDUE_MAX, overdue, &count, err));
    for (int i = 0; i < count; i++) {
        REGISTRATION_AUTO row = { 0 };
        ZY_TRY(registration_by_id(zy_tx_read(tx), job->env, overdue[i], &row, err));
        ZY_TRY(registration_audit(tx, job->env, "register.expired", &row, (zy_str){ 0 }, err));
        ZY_TRY(end_waiting(tx, job->env, &row, "expired", err));
    }
    return ZY_OK;
}

zy_status zy_registration_expire(zy_env *env, int max, zy_err *err)
{
    expire_job job = { env, max };
    return zy_db_run(env->db, "registration.expire", expire_unit, &job, err);
}

zy_status zy_registration_start(zy_env *env, zy_err *err)
{
    zy_approval_register(&REGISTRATION_ACCEPT);
    registration_counter_start();
    return registration_rules_start(env, err);
}
