/* What a customer allows of the policy: preference.get, preference.set (stricter, at once), preference.lower (an order). */
#include "bank/security/security_internal.h"

#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/password_aid.h"

typedef struct preference_job {
    zy_call *call;
    const preference_in *in;
    zy_buf options; /* in the spelling that is kept; empty: whatever the policy says */
    bool raises;
    zy_json *scenes;
} preference_job;

static void preference_job_free(preference_job *job)
{
    zy_buf_free(&job->options);
}
#define PREFERENCE_JOB_AUTO __attribute__((cleanup(preference_job_free))) preference_job

/* ---- preference.get ---- */

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    preference_job *job = arg;
    return zy_preference_list(rtx, job->call->env, job->call->caller, zy_flow_asks, job->scenes, err);
}

zy_status preference_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    PREFERENCE_JOB_AUTO job = { .call = call, .scenes = zy_json_array() };
    zy_json_set(body, "scenes", job.scenes);
    return zy_db_read(call->env->db, "preference.get", list_read, &job, err);
}

/* ---- preference.set ---- */

static zy_status check(zy_rtx *rtx, preference_job *job, zy_err *err)
{
    if (!zy_flow_asks(job->in->scene)) /* nothing here would follow from it */
        return zy_fail(err, ZY_NOT_FOUND, "scene", "no order of this scene");
    return zy_preference_check(rtx, job->call->env, job->call->caller, job->in->scene, job->in->options, &job->options, &job->raises,
                               err);
}

static zy_status tell(zy_tx *tx, zy_env *env, zy_id customer, zy_str scene, zy_err *err)
{
    ZY_AUTO_BUF words = { 0 };
    zy_buf_c(&words, "您对“");
    zy_buf_str(&words, zy_policy_scene_title(scene));
    zy_buf_c(&words, "”的安全验证要求已变更。如非本人操作，请立即联系客服。");
    return zy_customer_tell(tx, env, customer, ZY_STR("安全验证要求已变更"), zy_buf_view(&words), err);
}

static zy_status raise_unit(zy_tx *tx, void *arg, zy_err *err)
{
    preference_job *job = arg;
    const zy_call *call = job->call;
    const zy_caller *c = call->caller;
    ZY_AUTO_BUF detail = { 0 };
    ZY_TRY(check(zy_tx_read(tx), job, err));
    if (!job->raises)
        return zy_fail(err, ZY_STATE_CONFLICT, "options", "less strict than now: that is an order");
    ZY_TRY(zy_preference_put(tx, call->env, c->customer, job->in->scene, zy_buf_view(&job->options), err));
    ZY_TRY(tell(tx, call->env, c->customer, job->in->scene, err));
    zy_buf_fmt(&detail, "{\"scene\":\"" ZY_STR_FMT "\",\"options\":\"" ZY_STR_FMT "\"}", ZY_STR_ARG(job->in->scene),
               ZY_STR_ARG(zy_buf_view(&job->options)));
    const zy_audit record = { .event = "preference.raised", .actor_kind = "customer", .actor = c->customer, .object_kind = "customer",
                              .object = c->customer, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK"), .detail = zy_buf_view(&detail) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

zy_status preference_set_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    PREFERENCE_JOB_AUTO job = { .call = call, .in = input };
    return zy_db_run(call->env->db, "preference.set", raise_unit, &job, err);
}

/* ---- preference.lower ---- */

static zy_status check_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    return check(rtx, arg, err);
}

/* "交易密码+短信验证码" for "pay_password+sms". */
static void option_words(zy_str options, zy_buf *out)
{
    while (options.n > 0) {
        size_t n = 0;
        while (n < options.n && options.p[n] != '+' && options.p[n] != '|')
            n++;
        const zy_factor *f = zy_factor_by_name((zy_str){ options.p, n });
        zy_buf_c(out, f != NULL ? f->title_zh : "?");
        if (n < options.n)
            zy_buf_c(out, options.p[n] == '+' ? "+" : " 或 ");
        n += n < options.n ? 1 : 0;
        options = (zy_str){ options.p + n, options.n - n };
    }
}

static void lower_describe(zy_order_lines *lines, const void *arg)
{
    const preference_job *job = arg;
    ZY_AUTO_BUF words = { 0 };
    zy_str options = zy_buf_view(&job->options);
    option_words(options, &words);
    zy_order_line(lines, "scene", job->in->scene, "适用业务", zy_policy_scene_title(job->in->scene));
    zy_order_line(lines, "options", options.n > 0 ? options : ZY_STR("policy"), "验证方式",
                  options.n > 0 ? zy_buf_view(&words) : ZY_STR("恢复为银行默认"));
}

zy_status preference_lower_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    PREFERENCE_JOB_AUTO job = { .call = call, .in = input };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "preference.lower", check_read, &job, err));
    if (job.raises)
        return zy_fail(err, ZY_STATE_CONFLICT, "options", "not less strict than now: that needs no order");
    zy_json *payload = zy_json_object();
    zy_json_set_str(payload, "scene", job.in->scene);
    zy_json_set_str(payload, "options", zy_buf_view(&job.options));
    const zy_prepare prepare = { .kind = &PREFERENCE_LOWER_KIND, .describe = lower_describe, .arg = &job,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = ZY_STR("降低安全验证要求") } };
    return zy_order_prepare(call, &prepare, body, err);
}

/* Checked at prepare, sealed since; what the policy no longer has is not offered, whatever stands here. */
static zy_status lower_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    zy_str scene, options;
    if (!zy_json_str(payload, "scene", &scene) || !zy_json_str(payload, "options", &options))
        return zy_fail(err, ZY_INTERNAL, NULL, "an order whose content is not of its kind");
    ZY_TRY(zy_preference_put(tx, env, o->customer, scene, options, err));
    return tell(tx, env, o->customer, scene, err);
}

const zy_order_kind PREFERENCE_LOWER_KIND = { .name = "preference.lower", .title_zh = "降低安全验证要求", .scene = "preference.lower",
                                              .execute = lower_execute };
