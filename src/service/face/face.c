/* What is registered at start, the factor of orders, consent and its withdrawal, housekeeping. */
#include "service/face/face.h"

#include <string.h>

#include "service/audit/audit.h"
#include "service/face/face_internal.h"
#include "service/factor/factor.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

static const zy_param_row PARAMS[] = {
    { "face.actions", 3, 2, ZY_FACE_ACTIONS_MAX, "actions", "人脸识别随机动作个数", "random actions of one face challenge" },
    { "face.life_s", 90, 30, 180, "s", "人脸识别动作有效时间", "life of a face challenge" },
    { "face.score_min", 8000, 6000, ZY_FACE_SCORE_MAX, "1/10000", "人脸比对最低分", "lowest score of a face that counts" },
    { "face.keep_days", 1825, 365, 3650, "days", "人脸核验记录保存天数", "days that records of face comparisons are kept" },
};

/* --- the factor --- */

static zy_status is_enrolled(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool *ret_enrolled, zy_err *err)
{
    FACE_AUTO_ROW row = { .state = "" };
    *ret_enrolled = false;
    if (env->face == NULL)
        return ZY_OK;
    zy_status status = face_find(rtx, env, caller->customer, &row, err);
    *ret_enrolled = status == ZY_OK && strcmp(row.state, "enrolled") == 0;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static capture_use use_of(const zy_factor_subject *subject)
{
    capture_use use = { .customer = subject->customer, .object = subject->object, .purpose = "order" };
    memcpy(use.digest, subject->digest, sizeof use.digest);
    return use;
}

static zy_status factor_begin(zy_call *call, const zy_factor_subject *subject, zy_json *body, zy_err *err)
{
    const capture_use use = use_of(subject);
    return face_begin(call, &use, body, err);
}

static zy_status factor_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence,
                              zy_err *err)
{
    face_compare compare = { .call = call, .use = use_of(subject), .event_ok = "factor.face_ok", .event_wrong = "factor.face_wrong" };
    if (value->has_secret)
        return zy_fail(err, ZY_BAD_FIELD, "value", "not a value of this factor");
    ZY_TRY(face_compare_run(&compare, value->text, err));
    return face_evidence_write(call->env, &compare, evidence);
}

static zy_status factor_verify(zy_rtx *rtx, zy_env *env, const zy_factor_subject *subject, const zy_json *evidence, zy_err *err)
{
    (void)rtx;
    if (face_evidence_check(env, subject->customer, subject->digest, evidence) != ZY_OK)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the provider's verdict is not of this order");
    return ZY_OK;
}

const zy_factor ZY_FACE_FACTOR = {
    .bit = ZY_FACTOR_FACE, .name = "face", .title_zh = "人脸识别", .title_en = "Face recognition", .kind = ZY_FK_INHERENCE,
    .enrolled = is_enrolled, .begin = factor_begin, .check = factor_check, .verify_evidence = factor_verify,
};

zy_status zy_face_start(zy_env *env, zy_err *err)
{
    (void)env;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    return zy_factor_register(&ZY_FACE_FACTOR) == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "the factor face");
}

void zy_face_stop(void)
{
    capture_clear_all();
}

/* --- consent --- */

zy_status zy_face_may_consent(zy_rtx *rtx, zy_env *env, zy_id customer, zy_err *err)
{
    FACE_AUTO_ROW row = { .state = "" };
    if (env->face == NULL)
        return zy_fail(err, ZY_FACTOR_AWAY, NULL, "the bank has no face provider");
    zy_status status = face_find(rtx, env, customer, &row, err);
    if (status == ZY_OK)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "he has agreed already");
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

zy_status zy_face_consent(zy_tx *tx, zy_env *env, zy_id customer, zy_id order, zy_time now, zy_err *err)
{
    const zy_audit record = { .event = "face.consented", .actor_kind = "customer", .actor = customer, .object_kind = "order",
                              .object = order, .result = ZY_STR("OK"), .detail = ZY_STR("{\"version\":\"" ZY_FACE_CONSENT_VERSION "\"}") };
    ZY_TRY(face_insert(tx, customer, order, now, err));
    ZY_TRY(zy_audit_add(tx, env, &record, NULL, err));
    return zy_notify_add(tx, env, customer, "security", ZY_STR("已同意使用人脸识别"),
                         ZY_STR("您已单独同意使用人脸识别服务，可随时在安全中心撤回。如非本人操作，请立即联系客服。"), err);
}

/* --- housekeeping --- */

/* 1 min, doubling, a day at most: withdrawn is withdrawn, however long the provider is away. */
static zy_time next_try(const face_forget_row *row, zy_time now)
{
    int64_t minutes = row->tries < 11 ? INT64_C(1) << row->tries : 1440;
    return zy_time_add(now, ZY_MINUTES(minutes < 1440 ? minutes : 1440));
}

typedef struct forget_job {
    zy_env *env;
    face_forget_row row;
    zy_status told;
} forget_job;

static zy_status read_due(zy_rtx *rtx, void *arg, zy_err *err)
{
    forget_job *job = arg;
    return face_forget_due(rtx, job->env, zy_env_now(job->env), &job->row, err);
}

static zy_status forget_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const forget_job *job = arg;
    zy_time now = zy_env_now(job->env);
    if (job->told != ZY_OK)
        return face_forget_later(tx, &job->row, next_try(&job->row, now), err);
    const zy_audit record = { .event = "face.forgotten", .actor_kind = "system", .object_kind = "face", .object = job->row.id,
                              .result = ZY_STR("OK") };
    ZY_TRY(face_forget_done(tx, job->row.id, err));
    return zy_audit_add(tx, job->env, &record, NULL, err);
}

static zy_status tell_provider(zy_env *env, int max, zy_err *err)
{
    for (int i = 0; i < max; i++) {
        forget_job job = { .env = env };
        zy_status status = zy_db_read(env->db, "face.forget_due", read_due, &job, err);
        if (status != ZY_OK)
            return status == ZY_NOT_FOUND ? ZY_OK : status;
        job.told = zy_face_forget(env->face, zy_str_of(job.row.reference), zy_env_now(env), err);
        ZY_TRY(zy_db_run(env->db, "face.forget", forget_unit, &job, err));
        if (job.told != ZY_OK)
            return ZY_OK; /* it is away: the others wait, too */
    }
    return ZY_OK;
}

typedef struct drop_job {
    zy_time before;
    int max;
} drop_job;

static zy_status drop_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const drop_job *job = arg;
    return face_checks_drop(tx, job->before, job->max, err);
}

zy_status zy_face_keep(zy_env *env, int max, zy_err *err)
{
    zy_time now = zy_env_now(env);
    drop_job job = { { now.ms - ZY_DAYS(zy_param_get(env, "face.keep_days")).ms }, max };
    capture_clear(now);
    ZY_TRY(tell_provider(env, max, err));
    return zy_db_run(env->db, "face.drop", drop_unit, &job, err);
}
