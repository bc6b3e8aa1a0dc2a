/* Quick login: the bound device proves its key (possession); then the gesture is right (knowledge), or a passkey signs that the
 * device releases by fingerprint or face (inherence, judged there). Who holds no bound device learns nothing here: every reason why
 * not is LOGIN_FAILED. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/factor/factor.h"
#include "service/identity/device_internal.h"
#include "service/identity/gesture.h"
#include "service/identity/passkey.h"
#include "service/identity/session.h"

typedef struct quick_job {
    zy_call *call;
    const quick_start_in *in;
    device_bound device;
    bool usable, changed;
    login_row login;
} quick_job;

/* Is what the customer wants to show set on this device, and on? */
static zy_status has_factor(zy_rtx *rtx, const quick_job *job, bool *ret_has, zy_err *err)
{
    int64_t kept = 0, on = 0;
    *ret_has = job->device.has_gesture;
    if (job->login.factors_needed != ZY_FACTOR_PASSKEY)
        return ZY_OK;
    ZY_TRY(passkey_count(rtx, job->device.customer, job->device.id, &kept, &on, err));
    *ret_has = on > 0 && passkey_is_on(job->call->env);
    return ZY_OK;
}

/* A device that reports another fingerprint than when it was bound is not trusted as that device. */
static zy_status judge(zy_rtx *rtx, quick_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    uint8_t fingerprint[ZY_SM3_BYTES];
    bool has = false;
    job->login.customer = job->device.customer;
    job->login.device = job->device.id;
    ZY_TRY(device_fingerprint(env, job->in->device.fingerprint, fingerprint));
    ZY_TRY(zy_login_previous(rtx, &job->login, err));
    ZY_TRY(has_factor(rtx, job, &has, err));
    job->changed = !zy_ct_equal(fingerprint, job->device.fingerprint, sizeof fingerprint);
    job->usable = has && strcmp(job->device.customer_state, "active") == 0 && !job->changed &&
                  !zy_login_is_dormant(env, &job->login, job->call->now) && !device_is_limited(env, job->login.environment);
    return ZY_OK;
}

static zy_status find_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    quick_job *job = arg;
    zy_status status = device_find_bound(rtx, job->call->caller->device_id, GESTURE_WRONG_MAX, &job->device, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    return judge(rtx, job, err);
}

static zy_status start_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const quick_job *job = arg;
    const zy_call *call = job->call;
    if (job->changed)
        ZY_TRY(device_follow(tx, call, job->device.customer, job->device.id, job->in->device.fingerprint, err));
    if (job->usable)
        ZY_TRY(login_insert(tx, &job->login, err));
    const zy_audit record = { .event = job->usable ? "login.quick_begun" : "login.quick_refused",
                              .actor_kind = job->device.customer.v != 0 ? "customer" : "anonymous", .actor = job->device.customer,
                              .object_kind = "login", .object = job->login.id, .address = call->caller->address,
                              .device = zy_str_of(call->caller->device_id), .trace = zy_str_of(call->trace),
                              .result = job->usable ? ZY_STR("OK") : ZY_STR("LOGIN_FAILED") };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* The answer is worth something on this login and this channel alone. */
static passkey_challenge login_challenge(const zy_call *call, zy_id login)
{
    passkey_challenge c = { .login = login, .purpose = "login" };
    memcpy(c.bound, call->caller->channel_th, sizeof c.bound);
    return c;
}

static zy_status tell_begun(const quick_job *job, zy_json *body, zy_err *err)
{
    bool passkey = job->login.factors_needed == ZY_FACTOR_PASSKEY;
    zy_json *needed = zy_json_array(), *asked;
    zy_json_push(needed, zy_json_new_str(passkey ? ZY_STR("passkey") : ZY_STR("gesture")));
    zy_json_set_c(body, "login_id", job->login.login_id);
    zy_json_set(body, "factors", needed);
    if (!passkey)
        return ZY_OK;
    passkey_challenge c = login_challenge(job->call, job->login.id);
    asked = zy_json_object();
    zy_json_set(body, "passkey", asked);
    return passkey_ask(job->call, &c, job->device.customer, job->device.id, asked, err);
}

zy_status zy_auth_quick_start(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    quick_job job = { .call = call, .in = input };
    zy_device device;
    ZY_TRY(zy_device_prove(call, &job.in->device, &device, err));
    memcpy(call->caller->device_id, device.device_id, sizeof device.device_id);
    ZY_TRY(zy_login_new(call, &job.login));
    job.login.factors_needed = zy_str_eq_c(job.in->factor, "passkey") ? ZY_FACTOR_PASSKEY : ZY_FACTOR_GESTURE;
    job.login.environment = zy_environment_bits(call->env, &job.in->environment);
    ZY_TRY(zy_environment_check(call, job.login.environment, err));
    ZY_TRY(zy_db_read(call->env->db, "login.quick_find", find_read, &job, err));
    ZY_TRY(zy_db_run(call->env->db, "login.quick_start", start_unit, &job, err));
    if (!job.usable)
        return zy_fail(err, ZY_LOGIN_FAILED, NULL, "no quick login on this device");
    return tell_begun(&job, body, err);
}

zy_status zy_auth_quick_finish(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const quick_finish_in *in = input;
    login_row login;
    ZY_TRY(zy_login_pending(call, in->login_id, ZY_FACTOR_GESTURE, &login, err));
    if (strcmp(login.device_state, "bound") != 0)
        return zy_fail(err, ZY_LOGIN_FAILED, NULL, "the device was unbound meanwhile");
    ZY_TRY(gesture_check(call, login.customer, login.device, &in->gesture, err));
    return zy_login_complete(call, &login, body, err);
}

/* Why not is nobody's business: a stale challenge alone is told, so that a slow finger may try again. */
static zy_status refusal(zy_status status, zy_err *err)
{
    return status == ZY_FACTOR_WRONG || status == ZY_LOCKED ? zy_fail(err, ZY_LOGIN_FAILED, NULL, "passkey") : status;
}

zy_status zy_auth_quick_passkey(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const quick_passkey_in *in = input;
    login_row login;
    ZY_TRY(zy_login_pending(call, in->login_id, ZY_FACTOR_PASSKEY, &login, err));
    if (strcmp(login.device_state, "bound") != 0)
        return zy_fail(err, ZY_LOGIN_FAILED, NULL, "the device was unbound meanwhile");
    passkey_check_job job = { .call = call, .customer = login.customer, .device = login.device,
                              .challenge = login_challenge(call, login.id), .in = &in->passkey };
    zy_status status = passkey_check(&job, err);
    if (status != ZY_OK)
        return refusal(status, err);
    return zy_login_complete(call, &login, body, err);
}
