/* register.factor.begin, register.finish: the phone is at hand, two passwords are set, and mobile banking is open, or waits for
 * the head office. */
#include <stdio.h>
#include <string.h>

#include "bank/registration/registration_internal.h"
#include "service/identity/hash_pool.h"
#include "service/identity/password_rules.h"
#include "service/identity/session.h"
#include "service/outbox/outbox.h"

#define HIGH_RISK   "反洗钱评级为高，自助注册待总行审批"

typedef struct finish_job {
    zy_call *call;
    zy_str token;
    registration_row row;
    zy_card card;
    zy_person person;
} finish_job;

static void finish_job_wipe(finish_job *job)
{
    zy_wipe(job, sizeof *job);
}

/* --- the registration that began on this very channel --- */

static zy_status read_pending(zy_rtx *rtx, void *arg, zy_err *err)
{
    finish_job *job = arg;
    zy_env *env = job->call->env;
    ZY_TRY(registration_by_token(rtx, env, job->token, &job->row, err));
    ZY_TRY(zy_card_of_account(rtx, job->row.account, &job->card, err));
    return zy_customer_person(rtx, env, job->row.customer, &job->person, err);
}

static zy_status load_pending(finish_job *job, zy_err *err)
{
    uint8_t digest[ZY_SM3_BYTES];
    zy_status status = zy_db_read(job->call->env->db, "register.pending", read_pending, job, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    zy_identity_hooks_now()->session_digest(job->call->caller, digest);
    if (status == ZY_NOT_FOUND || strcmp(job->row.state, "started") != 0 || job->row.expires_at.ms <= job->call->now.ms ||
        !zy_ct_equal(digest, job->row.session_digest, sizeof digest))
        return zy_fail(err, ZY_NOT_FOUND, NULL, "no registration waits for this on this channel");
    memcpy(job->call->caller->device_id, job->row.device_id, sizeof job->call->caller->device_id);
    return ZY_OK;
}

static zy_str binding_of(const finish_job *job, char out[64])
{
    snprintf(out, 64, "register:%s", job->row.token);
    return zy_str_of(out);
}

zy_status register_begin_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const register_begin_in *in = input;
    __attribute__((cleanup(finish_job_wipe))) finish_job job = { .call = call, .token = in->registration_id };
    char binding[64], phone[ZY_MASK_MAX];
    zy_time expires_at;
    bool by_carrier = zy_str_eq_c(in->factor, "carrier");
    if (!by_carrier && !zy_str_eq_c(in->factor, "sms"))
        return zy_fail(err, ZY_BAD_FIELD, "factor", "only sms or carrier is asked for here");
    ZY_TRY(load_pending(&job, err));
    if (by_carrier)
        return zy_carrier_begin(call, binding_of(&job, binding), body, err);
    ZY_TRY(zy_sms_code_begin_to(call, job.row.customer, zy_str_of(job.row.phone), binding_of(&job, binding),
                                ZY_STR("注册手机银行"), phone, &expires_at, err));
    zy_json_set_c(body, "phone", phone);
    zy_json_set_int(body, "expires_at", expires_at.ms);
    return ZY_OK;
}

/* --- passwords --- */

static zy_status refuse_weak(zy_password_flaw flaw, const char *field, zy_json *body, zy_err *err)
{
    if (flaw == ZY_FLAW_NONE)
        return ZY_OK;
    zy_json_set_c(body, "flaw", zy_password_flaw_name(flaw));
    return zy_fail(err, ZY_PASSWORD_WEAK, field, "%s", zy_password_flaw_name(flaw));
}

/* The transaction password is none that opens something else: not the card's PIN, not the login password. */
static zy_status check_apart(finish_job *job, const zy_secret *login, const zy_secret *pay, zy_json *body, zy_err *err)
{
    zy_status status = zy_hash_pool_check(job->call->env->keys, pay, job->card.pin_record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    bool same = status == ZY_OK || (login->n == pay->n && zy_ct_equal(login->bytes, pay->bytes, pay->n));
    return refuse_weak(same ? ZY_FLAW_USED : ZY_FLAW_NONE, "pay_password", body, err);
}

/* The rules look at the person as he will be: with the phone that he registers by. */
static zy_status check_passwords(finish_job *job, const zy_secret *login, const zy_secret *pay, zy_json *body, zy_err *err)
{
    ZY_TRY(zy_str_copy(zy_str_of(job->row.phone), job->person.phone, sizeof job->person.phone));
    ZY_TRY(refuse_weak(zy_password_rules_login(login, &job->person), "login_password", body, err));
    ZY_TRY(refuse_weak(zy_password_rules_pay(pay, &job->person), "pay_password", body, err));
    return check_apart(job, login, pay, body, err);
}

static zy_status make_records(finish_job *job, const zy_secret *login, const zy_secret *pay)
{
    zy_env *env = job->call->env;
    unsigned rounds = (unsigned)zy_config_int(env->config, "password.iterations");
    ZY_TRY(zy_password_make(env->keys, login, rounds, job->row.login_record));
    return zy_password_make(env->keys, pay, rounds, job->row.pay_record);
}

/* --- the end --- */

static bool is_high(const registration_row *row)
{
    return strcmp(row->grade, zy_aml_grade_name(ZY_AML_HIGH)) == 0;
}

static zy_status ask_head_office(zy_tx *tx, finish_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    zy_id request;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_id(payload, "registration_id", job->row.id);
    ZY_TRY(registration_move(tx, &job->row, "waiting", job->call->now, zy_time_add(job->call->now, REGISTRATION_WAITS), err));
    ZY_TRY(zy_approval_request_in(tx, env, &REGISTRATION_ACCEPT, job->row.customer, true, payload, ZY_STR(HIGH_RISK), &request, err));
    ZY_TRY(registration_audit(tx, env, "register.waiting", &job->row, (zy_str){ 0 }, err));
    return registration_text(tx, env, zy_str_of(job->row.phone),
                             ZY_STR("您的手机银行注册申请已提交，正在审核，结果将以短信通知您。如非本人操作，请立即联系客服。"), err);
}

static zy_status finish_unit(zy_tx *tx, void *arg, zy_err *err)
{
    finish_job *job = arg;
    if (is_high(&job->row))
        return ask_head_office(tx, job, err);
    ZY_TRY(registration_move(tx, &job->row, "done", job->call->now, job->row.expires_at, err));
    return registration_open(tx, job->call->env, &job->row, err);
}

/* Somebody was first, or the phone is another customer's: whoever came so far has proven who he is, and is told where to go. */
static zy_status judge(zy_status status, zy_err *err)
{
    switch (status) {
    case ZY_STATE_CONFLICT:
        return zy_fail(err, ZY_REGISTER_FAILED, NULL, "registered meanwhile");
    case ZY_DB_UNIQUE:
        return zy_fail(err, ZY_REGISTER_WAITING, NULL, "another registration of the same person waits");
    case ZY_ALREADY_EXISTS:
        return zy_fail(err, ZY_REGISTER_COUNTER, NULL, "the phone is another customer's login name");
    default:
        return status;
    }
}

/* Is the phone at hand: the code that it got, or its carrier's word. */
static zy_status check_phone(finish_job *job, const register_finish_in *in, zy_err *err)
{
    char binding[64];
    if (in->carrier_token.n == 0)
        return zy_sms_code_check(job->call, job->row.customer, binding_of(job, binding), in->value, err);
    return zy_carrier_verify(job->call, job->row.customer, zy_str_of(job->row.phone), binding_of(job, binding), in->carrier_token, NULL,
                             err);
}

zy_status register_finish_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const register_finish_in *in = input;
    __attribute__((cleanup(finish_job_wipe))) finish_job job = { .call = call, .token = in->registration_id };
    ZY_AUTO_SECRET login = { .n = 0 };
    ZY_AUTO_SECRET pay = { .n = 0 };
    if ((in->value.n == 0) == (in->carrier_token.n == 0))
        return zy_fail(err, ZY_BAD_FIELD, "value", "either a code or a carrier's token");
    ZY_TRY(load_pending(&job, err));
    ZY_TRY(zy_secret_take(call, &in->login_password, ZY_SECRET_NEW, &login, err));
    ZY_TRY(zy_secret_take(call, &in->pay_password, ZY_SECRET_NEW, &pay, err));
    ZY_TRY(check_passwords(&job, &login, &pay, body, err));
    ZY_TRY(check_phone(&job, in, err));
    ZY_TRY(make_records(&job, &login, &pay));
    ZY_TRY(judge(zy_db_run(call->env->db, "register.finish", finish_unit, &job, err), err));
    zy_outbox_poke();
    zy_json_set_c(body, "state", is_high(&job.row) ? "waiting" : "done");
    return ZY_OK;
}
