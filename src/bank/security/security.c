/* device.bind, device.found, gesture.set */
#include "bank/security/security_internal.h"

#include <stdio.h>
#include <string.h>

zy_id security_payload_id(const zy_json *payload, const char *name)
{
    int64_t v = 0;
    (void)zy_json_int(payload, name, &v);
    return (zy_id){ v };
}

zy_status security_payload_record(const zy_json *payload, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err)
{
    zy_str hex = { 0 };
    size_t n = 0;
    (void)zy_json_str(payload, "record", &hex);
    if (zy_hex_decode(hex, ret_record, ZY_PASSWORD_RECORD_BYTES, &n) != ZY_OK || n != ZY_PASSWORD_RECORD_BYTES)
        return zy_fail(err, ZY_INTERNAL, NULL, "an order without its secret");
    return ZY_OK;
}

static void line_id(zy_order_lines *lines, const char *name, zy_id id)
{
    char text[ZY_ID_TEXT_MAX];
    zy_id_format(id, text);
    zy_order_line(lines, name, zy_str_of(text), NULL, (zy_str){ 0 });
}

/* ---- device.bind ---- */

typedef struct bind_job {
    zy_call *call;
    zy_device_facts facts;
    char replaced[ZY_DEVICE_NAME_MAX]; /* "": nothing is */
} bind_job;

static zy_status bind_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    bind_job *job = arg;
    const zy_caller *c = job->call->caller;
    ZY_TRY(zy_device_current(rtx, job->call->env, c, &job->facts, err));
    if (strcmp(job->facts.state, "new") != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the device is %s", job->facts.state);
    job->replaced[0] = '\0';
    if (job->facts.replaces.v == 0)
        return ZY_OK;
    return zy_device_name(rtx, job->call->env, c->customer, job->facts.replaces, job->replaced, err);
}

static void bind_describe(zy_order_lines *lines, const void *arg)
{
    const bind_job *job = arg;
    zy_str name = zy_str_of(job->facts.name), replaced = zy_str_of(job->replaced);
    line_id(lines, "device_id", job->facts.device);
    zy_order_line(lines, "device", name, "绑定设备", name);
    zy_order_line(lines, "replaces", replaced, "同时解除绑定", replaced);
}

zy_status device_bind_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    bind_job job = { .call = call };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    if (call->caller->device_limited)
        return zy_fail(err, ZY_DEVICE_UNSAFE, NULL, "no binding in this environment");
    ZY_TRY(zy_db_read(call->env->db, "device.bind", bind_read, &job, err));
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "device", job.facts.device.v);
    zy_json_set_int(payload, "replaces", job.facts.replaces.v);
    const zy_prepare prepare = { .kind = &DEVICE_BIND_KIND, .describe = bind_describe, .arg = &job,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = ZY_STR("绑定手机银行设备"),
                                            .notice = ZY_STR("绑定后，该设备可用手势、通行密钥等方式快捷登录并确认交易。请只绑定本人设备。") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status bind_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    return zy_device_bind(tx, env, o->customer, security_payload_id(payload, "device"), security_payload_id(payload, "replaces"),
                          o->done_at, err);
}

/* ---- device.found ---- */

typedef struct found_job {
    zy_call *call;
    zy_id device;
    char name[ZY_DEVICE_NAME_MAX];
} found_job;

static zy_status found_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    found_job *job = arg;
    return zy_device_name(rtx, job->call->env, job->call->caller->customer, job->device, job->name, err);
}

static void found_describe(zy_order_lines *lines, const void *arg)
{
    const found_job *job = arg;
    line_id(lines, "device_id", job->device);
    zy_order_line(lines, "device", zy_str_of(job->name), "恢复使用的设备", zy_str_of(job->name));
}

zy_status device_found_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const found_in *in = input;
    found_job job = { .call = call, .device = in->device_id };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "device.found", found_read, &job, err));
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "device", job.device.v);
    const zy_prepare prepare = { .kind = &DEVICE_FOUND_KIND, .describe = found_describe, .arg = &job,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = ZY_STR("恢复已报失设备的使用") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status found_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    return zy_device_found(tx, env, o->customer, security_payload_id(payload, "device"), err);
}

/* ---- gesture.set ---- */

typedef struct gesture_job {
    zy_call *call;
    zy_device_facts facts;
} gesture_job;

static zy_status gesture_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    gesture_job *job = arg;
    return zy_device_current(rtx, job->call->env, job->call->caller, &job->facts, err);
}

static void gesture_describe(zy_order_lines *lines, const void *arg)
{
    const gesture_job *job = arg;
    line_id(lines, "device_id", job->facts.device);
    zy_order_line(lines, "device", zy_str_of(job->facts.name), "设置手势的设备", zy_str_of(job->facts.name));
}

static zy_status gesture_store(gesture_job *job, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_json *body, zy_err *err)
{
    char hex[2 * ZY_PASSWORD_RECORD_BYTES + 1];
    zy_hex_encode(record, ZY_PASSWORD_RECORD_BYTES, hex);
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "device", job->facts.device.v);
    zy_json_set_c(payload, "record", hex);
    zy_wipe(hex, sizeof hex);
    const zy_prepare prepare = { .kind = &GESTURE_SET_KIND, .describe = gesture_describe, .arg = job,
                                 .draft = { .risk = "medium", .payload = payload, .sms_purpose = ZY_STR("设置手势登录") } };
    return zy_order_prepare(job->call, &prepare, body, err);
}

zy_status gesture_set_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const gesture_set_in *in = input;
    gesture_job job = { .call = call };
    bool repeated = false;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    if (!call->caller->device_bound)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "a gesture is for a bound device");
    ZY_TRY(zy_db_read(call->env->db, "gesture.set", gesture_read, &job, err));
    ZY_TRY(zy_gesture_record(call, in->gesture.challenge_id, in->gesture.cipher, record, err));
    zy_status status = gesture_store(&job, record, body, err);
    zy_wipe(record, sizeof record);
    return status;
}

static zy_status gesture_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    ZY_TRY(security_payload_record(payload, record, err));
    zy_status status = zy_gesture_put(tx, env, o->customer, security_payload_id(payload, "device"), record, o->done_at, err);
    zy_wipe(record, sizeof record);
    return status;
}

/* ---- start, housekeeping ---- */

const zy_order_kind DEVICE_BIND_KIND = { .name = "device.bind", .title_zh = "绑定设备", .scene = "device.bind",
                                         .execute = bind_execute };
const zy_order_kind DEVICE_FOUND_KIND = { .name = "device.found", .title_zh = "恢复报失设备", .scene = "loss.lift",
                                          .execute = found_execute };
const zy_order_kind GESTURE_SET_KIND = { .name = "gesture.set", .title_zh = "设置手势", .scene = "gesture.set",
                                         .execute = gesture_execute };

zy_status zy_security_start(zy_env *env, zy_err *err)
{
    (void)env;
    const zy_order_kind *const KINDS[] = { &DEVICE_BIND_KIND, &DEVICE_FOUND_KIND, &GESTURE_SET_KIND, &PASSKEY_SET_KIND,
                                           &REVEAL_KIND,      &FACE_AGREE_KIND,   &PAY_SET_KIND,     &PAY_UNLOCK_KIND,
                                           &PREFERENCE_LOWER_KIND };
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        if (zy_flow_register(KINDS[i]) != ZY_OK)
            return zy_fail(err, ZY_CONFIG_BAD, "", "too many kinds of orders");
    return ZY_OK;
}

typedef struct expire_job {
    zy_time older_than;
    int max;
    int64_t dropped;
} expire_job;

static zy_status expire_unit(zy_tx *tx, void *arg, zy_err *err)
{
    expire_job *job = arg;
    return reveal_expire(tx, job->older_than, job->max, &job->dropped, err);
}

zy_status zy_security_expire(zy_env *env, int max, int64_t *ret_dropped, zy_err *err)
{
    expire_job job = { .older_than = { zy_env_now(env).ms - ZY_DAYS(2).ms }, .max = max };
    ZY_TRY(zy_db_run(env->db, "security.expire", expire_unit, &job, err));
    *ret_dropped = job.dropped;
    return ZY_OK;
}
