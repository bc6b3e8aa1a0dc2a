/* A gesture opens one bound device: its record stands with the device, with tries of its own. */
#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/device_internal.h"
#include "service/identity/gesture.h"
#include "service/identity/hash_pool.h"
#include "service/notify/notify.h"

#define POINTS_MIN      5 /* DECISIONS "gesture" */
#define POINTS_MAX      9

/* Points are the digits 1 to 9 of a square, each touched once. */
static bool is_gesture(const zy_secret *s)
{
    unsigned seen = 0;
    if (s->n < POINTS_MIN || s->n > POINTS_MAX)
        return false;
    for (size_t i = 0; i < s->n; i++) {
        unsigned point = (unsigned)(s->bytes[i] - '0');
        if (point < 1 || point > 9 || (seen >> point & 1) != 0)
            return false;
        seen |= 1u << point;
    }
    return true;
}

zy_status zy_gesture_record(zy_call *call, zy_str challenge_id, zy_str cipher, uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_err *err)
{
    ZY_AUTO_SECRET secret = { .n = 0 };
    const zy_secret_in in = { challenge_id, cipher };
    ZY_TRY(zy_secret_take(call, &in, ZY_SECRET_GESTURE, &secret, err));
    if (!is_gesture(&secret))
        return zy_fail(err, ZY_BAD_FIELD, "gesture", "at least five points, each once");
    return zy_password_make(call->env->keys, &secret, (unsigned)zy_config_int(call->env->config, "password.iterations"), record);
}

static zy_status audit_by_order(zy_tx *tx, zy_env *env, zy_id customer, const char *event, zy_id device, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = customer, .object_kind = "device", .object = device,
                              .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

zy_status zy_gesture_put(zy_tx *tx, zy_env *env, zy_id customer, zy_id device, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                         zy_time now, zy_err *err)
{
    char state[16];
    ZY_TRY(customer_lock(tx, customer, err));
    ZY_TRY(device_state_find(zy_tx_read(tx), customer, device, state, err));
    if (strcmp(state, "bound") != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "a gesture is for a bound device");
    ZY_TRY(gesture_put(tx, device, record, now, err));
    ZY_TRY(audit_by_order(tx, env, customer, "gesture.set", device, err));
    return zy_notify_add(tx, env, customer, "security", ZY_STR("手势登录已开启"),
                         ZY_STR("您的设备已开启手势登录。如非本人操作，请立即解除设备绑定并联系客服。"), err);
}

/* --- gesture.off --- */

static zy_status off_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const zy_call *call = arg;
    int64_t dropped = 0;
    ZY_TRY(gesture_drop(tx, call->caller->device, &dropped, err));
    if (dropped == 0)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "no gesture is set on this device");
    return device_audit(tx, call, call->caller->customer, "gesture.off", call->caller->device, (zy_str){ 0 }, err);
}

zy_status zy_gesture_off_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    (void)body;
    return zy_db_run(call->env->db, "gesture.off", off_unit, call, err);
}

/* --- checking: as all secrets, a try is counted before the secret is looked at --- */

typedef struct check_job {
    zy_call *call;
    zy_id customer, device;
    int64_t taken; /* which try this is; 0: there is none left */
    bool right;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
} check_job;

static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    check_job *job = arg;
    ZY_TRY(gesture_take_try(tx, job->device, GESTURE_WRONG_MAX, &job->taken, err));
    return job->taken == 0 ? ZY_OK : gesture_find(zy_tx_read(tx), job->device, job->record, err);
}

static zy_status switch_off(zy_tx *tx, const check_job *job, zy_err *err)
{
    ZY_TRY(gesture_drop(tx, job->device, NULL, err));
    ZY_TRY(device_audit(tx, job->call, job->customer, "gesture.off", job->device, ZY_STR("{\"reason\":\"wrong\"}"), err));
    return zy_notify_add(tx, job->call->env, job->customer, "security", ZY_STR("手势登录已关闭"),
                         ZY_STR("手势连续输错5次，手势登录已关闭。请使用密码登录后重新设置。如非本人操作，请尽快检查您的设备。"), err);
}

static zy_status result_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const check_job *job = arg;
    if (job->right)
        return gesture_forgive(tx, job->device, err);
    const zy_audit record = { .event = "login.gesture_wrong", .actor_kind = "customer", .actor = job->customer,
                              .object_kind = "device", .object = job->device, .address = job->call->caller->address,
                              .device = zy_str_of(job->call->caller->device_id), .trace = zy_str_of(job->call->trace),
                              .result = ZY_STR("LOGIN_FAILED") };
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, NULL, err));
    return job->taken >= GESTURE_WRONG_MAX ? switch_off(tx, job, err) : ZY_OK;
}

zy_status gesture_check(zy_call *call, zy_id customer, zy_id device, const zy_secret_in *in, zy_err *err)
{
    check_job job = { .call = call, .customer = customer, .device = device };
    ZY_AUTO_SECRET secret = { .n = 0 };
    ZY_TRY(zy_secret_take(call, in, ZY_SECRET_GESTURE, &secret, err));
    ZY_TRY(zy_db_run(call->env->db, "gesture.try", take_unit, &job, err));
    if (job.taken == 0)
        return zy_fail(err, ZY_LOGIN_FAILED, NULL, "no gesture on this device");
    zy_status status = zy_hash_pool_check(call->env->keys, &secret, job.record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    job.right = status == ZY_OK;
    ZY_TRY(zy_db_run(call->env->db, "gesture.result", result_unit, &job, err));
    return job.right ? ZY_OK : zy_fail(err, ZY_LOGIN_FAILED, NULL, "gesture");
}
