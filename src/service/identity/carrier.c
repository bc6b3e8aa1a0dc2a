#include "service/identity/carrier.h"

#include "service/audit/audit.h"
#include "service/factor/factor.h"
#include "service/identity/identity_factors.h"
#include "service/identity/identity_repo.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

#define NONCE_BYTES 16
#define NONCE_MAX   23 /* base64url, terminated */

/* mb.auth-methods.a-ii: small amounts. */
static const zy_param_row PARAMS[] = {
    { .name = "factor.carrier.cap_fen", .fallback = 100000, .min = 1, .max = 500000, .unit = "fen",
      .title_zh = "本机号码认证单笔及单日限额", .title_en = "Most that the own-number check stands for, one transfer and a day" },
};

bool zy_carrier_is_on(zy_env *env)
{
    return env->carrier != NULL && zy_param_get(env, "factor.carrier.on") == 1;
}

void zy_carrier_tell(zy_env *env, zy_json *body)
{
    if (!zy_carrier_is_on(env))
        return;
    zy_json *instead = zy_json_array();
    zy_json_push(instead, zy_json_new_str(ZY_STR("carrier")));
    zy_json_set(body, "instead", instead);
}

/* Of one purpose alone: a token that was got for another one is none. */
static zy_status make_nonce(zy_str binding, char out[NONCE_MAX])
{
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_LABEL("ZY carrier nonce\n"), ZY_PART_STR(binding)), digest));
    zy_base64url_encode(digest, NONCE_BYTES, out);
    return ZY_OK;
}

zy_status zy_carrier_begin(zy_call *call, zy_str binding, zy_json *body, zy_err *err)
{
    char nonce[NONCE_MAX];
    if (!zy_carrier_is_on(call->env))
        return zy_fail(err, ZY_FACTOR_AWAY, NULL, "no gateway of the carriers");
    ZY_TRY(make_nonce(binding, nonce));
    zy_json_set_c(body, "nonce", nonce);
    zy_json_set_str(body, "page_url", zy_config_text(call->env->config, "carrier.page_url"));
    return ZY_OK;
}

/* --- redeeming --- */

typedef struct check_job {
    zy_call *call;
    zy_id customer;
    uint8_t key[ZY_SM3_BYTES];
    bool locked;
    zy_carrier_verdict verdict;
} check_job;

static zy_status audit_check(zy_tx *tx, const check_job *job, const char *event, const char *result, zy_err *err)
{
    const zy_caller *c = job->call->caller;
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = job->customer, .object_kind = "",
                              .address = c->address, .device = zy_str_of(c->device_id), .trace = zy_str_of(job->call->trace),
                              .result = zy_str_of(result) };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    check_job *job = arg;
    ZY_TRY(zy_try_take(tx, job->key, job->call->now, &job->locked, err));
    return job->locked ? audit_check(tx, job, "factor.carrier_wrong", "LOCKED", err) : ZY_OK;
}

static zy_status return_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const check_job *job = arg;
    return zy_try_return(tx, job->key, job->call->now, err);
}

static zy_status result_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const check_job *job = arg;
    bool locked = false;
    if (job->verdict.match) {
        ZY_TRY(zy_try_forgive(tx, job->key, job->call->now, err));
        return audit_check(tx, job, "factor.carrier_ok", "OK", err);
    }
    ZY_TRY(audit_check(tx, job, "factor.carrier_wrong", "FACTOR_WRONG", err));
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), job->key, job->call->now, &locked, err));
    return locked ? zy_notify_add(tx, job->call->env, job->customer, "security", ZY_STR("本机号码认证已暂时锁定"),
                                  ZY_STR("本机号码认证多次失败，已暂停使用30分钟。如非本人操作，请立即联系客服。"), err)
                  : ZY_OK;
}

/* Asked outside of any unit; whatever keeps the gateway from answering costs the customer no try. */
static zy_status ask(check_job *job, zy_str phone, zy_str token, zy_str nonce, zy_err *err)
{
    zy_env *env = job->call->env;
    zy_err why = { 0 };
    if (zy_carrier_check(env->carrier, phone, token, nonce, job->call->now, &job->verdict, &why) == ZY_OK)
        return ZY_OK;
    ZY_TRY(zy_db_run(env->db, "carrier.return", return_unit, job, err));
    return zy_fail(err, ZY_FACTOR_AWAY, NULL, "%s", why.detail);
}

zy_status zy_carrier_verify(zy_call *call, zy_id customer, zy_str phone, zy_str binding, zy_str token, zy_json *evidence, zy_err *err)
{
    zy_env *env = call->env;
    check_job job = { .call = call, .customer = customer };
    char nonce[NONCE_MAX];
    if (!zy_carrier_is_on(env))
        return zy_fail(err, ZY_FACTOR_AWAY, NULL, "no gateway of the carriers");
    if (token.n == 0 || token.n > ZY_CARRIER_TOKEN_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "value", "no token of a carrier");
    ZY_TRY(make_nonce(binding, nonce));
    ZY_TRY(zy_try_key(env, ZY_TRY_CARRIER, customer, NULL, job.key));
    ZY_TRY(zy_db_run(env->db, "carrier.take", take_unit, &job, err));
    if (job.locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tokens of a carrier");
    ZY_TRY(ask(&job, phone, token, zy_str_of(nonce), err));
    ZY_TRY(zy_db_run(env->db, "carrier.result", result_unit, &job, err));
    if (!job.verdict.match)
        return zy_fail(err, ZY_FACTOR_WRONG, NULL, "the carrier does not know this number on this phone");
    if (evidence != NULL) {
        zy_json_set_c(evidence, "carrier", job.verdict.name);
        zy_json_set_c(evidence, "number", job.verdict.number);
        zy_json_set_int(evidence, "at", call->now.ms);
    }
    return ZY_OK;
}

typedef struct phone_job {
    zy_env *env;
    zy_id customer;
    zy_person *person;
} phone_job;

static zy_status read_person(zy_rtx *rtx, void *arg, zy_err *err)
{
    const phone_job *job = arg;
    return zy_customer_person(rtx, job->env, job->customer, job->person, err);
}

zy_status zy_carrier_verify_own(zy_call *call, zy_id customer, zy_str binding, zy_str token, zy_json *evidence, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    phone_job job = { call->env, customer, &person };
    ZY_TRY(zy_db_read(call->env->db, "carrier.phone", read_person, &job, err));
    return zy_carrier_verify(call, customer, zy_str_of(person.phone), binding, token, evidence, err);
}

/* --- of orders --- */

static zy_str binding_of(const zy_factor_subject *subject, char out[2 * ZY_SM3_BYTES + 1])
{
    zy_hex_encode(subject->digest, ZY_SM3_BYTES, out);
    return zy_str_of(out);
}

static zy_status factor_enrolled(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool *ret_enrolled, zy_err *err)
{
    (void)rtx;
    (void)caller;
    (void)err;
    *ret_enrolled = env->carrier != NULL;
    return ZY_OK;
}

static zy_status factor_begin(zy_call *call, const zy_factor_subject *subject, zy_json *body, zy_err *err)
{
    char binding[2 * ZY_SM3_BYTES + 1];
    return zy_carrier_begin(call, binding_of(subject, binding), body, err);
}

static zy_status factor_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence,
                              zy_err *err)
{
    char binding[2 * ZY_SM3_BYTES + 1];
    uint8_t token[ZY_CARRIER_TOKEN_MAX];
    size_t n = 0;
    if (zy_base64_decode(value->text, token, sizeof token, &n) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "value", "no token of a carrier in base64");
    return zy_carrier_verify_own(call, subject->customer, binding_of(subject, binding), zy_str_bytes(token, n), evidence, err);
}

/* sent_last: the phone says who it is only after another factor was right. */
static const zy_factor CARRIER = { .bit = ZY_FACTOR_CARRIER, .name = "carrier", .title_zh = "本机号码认证",
                                   .title_en = "Own-number check", .kind = ZY_FK_POSSESSION, .sent_last = true,
                                   .cap_param = "factor.carrier.cap_fen", .enrolled = factor_enrolled, .begin = factor_begin,
                                   .check = factor_check };

zy_status zy_carrier_factor_start(zy_err *err)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    return zy_factor_register(&CARRIER) == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "the factor carrier");
}
