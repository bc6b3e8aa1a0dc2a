/* A customer's devices: which there are, their names, and how they are bound, unbound and lost. */
#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/device_internal.h"
#include "service/identity/passkey_repo.h"
#include "service/identity/session.h"
#include "service/notify/notify.h"
#include "service/outbox/outbox.h"
#include "service/param/param.h"

#define DEVICES_SHOWN 50
#define NOTICE_LIFE   ZY_HOURS(1)

zy_status device_name_open(zy_env *env, zy_id device, zy_str sealed, char out[DEVICE_NAME_MAX])
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, (zy_cell){ "device", "name", device }, sealed.p, sealed.n, &plain));
    return zy_str_copy(zy_buf_view(&plain), out, DEVICE_NAME_MAX);
}

zy_status device_fingerprint(zy_env *env, zy_str typed, uint8_t out[ZY_SM3_BYTES])
{
    return zy_keys_index(env->keys, "device.fingerprint", typed, out);
}

bool device_is_limited(zy_env *env, int64_t environment)
{
    return zy_environment_judge(env, environment) >= ZY_ENVIRONMENT_LIMIT;
}

zy_status device_audit(zy_tx *tx, const zy_call *call, zy_id customer, const char *event, zy_id device, zy_str detail, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = customer, .object_kind = "device", .object = device,
                              .address = call->caller->address, .device = zy_str_of(call->caller->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK"), .detail = detail };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* --- lowering --- */

static zy_str reason_json(const char *why, char out[64])
{
    snprintf(out, 64, "{\"reason\":\"%s\"}", why);
    return zy_str_of(out);
}

zy_status device_lower(zy_tx *tx, const zy_call *call, zy_id customer, zy_id device, const char *why, zy_err *err)
{
    char detail[64];
    ZY_TRY(device_set_state(tx, device, "bound", "new", (zy_time){ 0 }, err));
    ZY_TRY(gesture_drop(tx, device, NULL, err));
    ZY_TRY(passkey_drop_device(tx, device, why, call->now, NULL, err));
    ZY_TRY(device_audit(tx, call, customer, "device.unbound", device, reason_json(why, detail), err));
    return zy_notify_add(tx, call->env, customer, "security", ZY_STR("设备已解除绑定"),
                         ZY_STR("您的一台设备已解除绑定，手势、通行密钥等快捷登录同时关闭。如非本人操作，请立即修改密码并联系客服。"), err);
}

zy_status device_lower_all(zy_tx *tx, const zy_call *call, zy_id customer, const char *why, zy_err *err)
{
    int64_t count = 0;
    char detail[64];
    ZY_TRY(device_unbind_all(tx, customer, "new", &count, err));
    ZY_TRY(gesture_drop_all(tx, customer, err));
    ZY_TRY(passkey_drop_all(tx, customer, why, call->now, NULL, err));
    return count == 0 ? ZY_OK : device_audit(tx, call, customer, "device.unbound", (zy_id){ 0 }, reason_json(why, detail), err);
}

zy_status device_follow(zy_tx *tx, const zy_call *call, zy_id customer, zy_id device, zy_str typed, zy_err *err)
{
    uint8_t fingerprint[ZY_SM3_BYTES];
    device_seen seen;
    ZY_TRY(device_fingerprint(call->env, typed, fingerprint));
    ZY_TRY(device_find(zy_tx_read(tx), customer, call->caller->device_id, &seen, err));
    if (!zy_id_eq(seen.id, device) || zy_ct_equal(seen.fingerprint, fingerprint, sizeof fingerprint))
        return ZY_OK;
    ZY_TRY(device_set_fingerprint(tx, device, fingerprint, err));
    if (strcmp(seen.state, "bound") == 0)
        return device_lower(tx, call, customer, device, "changed", err);
    return device_audit(tx, call, customer, "device.changed", device, (zy_str){ 0 }, err);
}

/* --- device.list --- */

typedef struct list_job {
    zy_call *call;
    zy_json *devices;
} list_job;

static zy_status push_device(const list_job *job, const zy_stmt *row)
{
    zy_id id = zy_col_id(row, 0);
    char name[DEVICE_NAME_MAX];
    ZY_TRY(device_name_open(job->call->env, id, zy_col_blob(row, 2), name));
    zy_json *o = zy_json_object();
    zy_json_set_id(o, "device_id", id);
    zy_json_set_str(o, "state", zy_col_text(row, 1));
    zy_json_set_c(o, "name", name);
    zy_json_set_str(o, "os", zy_col_text(row, 3));
    zy_json_set_int(o, "first_at", zy_col_int(row, 4));
    zy_json_set_int(o, "last_at", zy_col_int(row, 5));
    if (zy_col_int(row, 6) != 0)
        zy_json_set_int(o, "bound_at", zy_col_int(row, 6));
    zy_json_set_bool(o, "gesture", zy_col_int(row, 7) != 0);
    zy_json_set_bool(o, "current", zy_id_eq(id, job->call->caller->device));
    zy_json_push(job->devices, o);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const list_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(device_page(rtx, job->call->caller->customer, DEVICES_SHOWN, &rows, err));
    for (bool more = true;;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(push_device(job, rows));
    }
}

zy_status zy_device_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    list_job job = { call, zy_json_array() };
    zy_json_set(body, "devices", job.devices);
    zy_json_set_int(body, "bound_max", zy_param_get(call->env, "device.bound_max"));
    return zy_db_read(call->env->db, "device.list", list_read, &job, err);
}

/* --- device.rename --- */

typedef struct rename_job {
    zy_call *call;
    zy_id device;
    zy_str sealed;
} rename_job;

static zy_status rename_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const rename_job *job = arg;
    ZY_TRY(device_rename(tx, job->call->caller->customer, job->device, job->sealed, err));
    return device_audit(tx, job->call, job->call->caller->customer, "device.renamed", job->device, (zy_str){ 0 }, err);
}

zy_status zy_device_rename_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const device_rename_in *in = input;
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(zy_keys_seal(call->env->keys, ZY_KEY_FIELD, (zy_cell){ "device", "name", in->device_id }, in->name.p, in->name.n, &sealed));
    rename_job job = { call, in->device_id, zy_buf_view(&sealed) };
    return zy_db_run(call->env->db, "device.rename", rename_unit, &job, err);
}

/* --- device.unbind: lowers what the device may do, so a session is enough for it --- */

typedef struct device_job {
    zy_call *call;
    zy_id device; /* 0: none is named */
} device_job;

/* The login on the device ends with its binding. */
static zy_status end_login_on(zy_tx *tx, const zy_call *call, zy_id customer, zy_id device, const char *reason, zy_err *err)
{
    login_row login;
    zy_status status = login_active(zy_tx_read(tx), customer, &login, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    return zy_id_eq(login.device, device) ? zy_session_end(tx, call, &login, reason, err) : ZY_OK;
}

static zy_status unbind_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const device_job *job = arg;
    zy_id customer = job->call->caller->customer;
    char state[16];
    ZY_TRY(customer_lock(tx, customer, err));
    ZY_TRY(device_state_find(zy_tx_read(tx), customer, job->device, state, err));
    ZY_TRY(device_lower(tx, job->call, customer, job->device, "unbound", err));
    return end_login_on(tx, job->call, customer, job->device, "device_unbound", err);
}

zy_status zy_device_unbind_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const device_id_in *in = input;
    device_job job = { call, in->device_id };
    return zy_db_run(call->env->db, "device.unbind", unbind_unit, &job, err);
}

/* --- device.lost: everything is closed at once; staff open it again by maker and checker (customer.unlock) --- */

static zy_status mark_lost(zy_tx *tx, const device_job *job, zy_err *err)
{
    char state[16];
    if (job->device.v == 0)
        return ZY_OK;
    ZY_TRY(device_state_find(zy_tx_read(tx), job->call->caller->customer, job->device, state, err));
    return strcmp(state, "lost") == 0 ? ZY_OK : device_set_state(tx, job->device, state, "lost", (zy_time){ 0 }, err);
}

static zy_status text_frozen(zy_tx *tx, const zy_call *call, zy_err *err)
{
    zy_env *env = call->env;
    zy_str brand = zy_config_text(env->config, "brand.name");
    ZY_AUTO_PERSON person = { 0 };
    ZY_AUTO_SECRET_BUF text = { 0 };
    ZY_TRY(zy_customer_person(zy_tx_read(tx), env, call->caller->customer, &person, err));
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】您已报告设备丢失，手机银行已冻结，所有设备已解除绑定。恢复使用请到网点或联系客服。", ZY_STR_ARG(brand));
    return zy_outbox_sms(tx, env, zy_str_of(person.phone), zy_buf_view(&text), "notice", zy_time_add(call->now, NOTICE_LIFE), err);
}

static zy_status lost_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const device_job *job = arg;
    zy_call *call = job->call;
    zy_id customer = call->caller->customer;
    int64_t dropped = 0;
    ZY_TRY(zy_identity_end_logins(tx, call->env, customer, "device_lost", err));
    ZY_TRY(login_drop_pending(tx, customer, &dropped, err));
    ZY_TRY(mark_lost(tx, job, err));
    ZY_TRY(device_lower_all(tx, call, customer, "lost", err));
    ZY_TRY(customer_set_state(tx, customer, "active", "frozen", err));
    ZY_TRY(device_audit(tx, call, customer, "device.lost", job->device, (zy_str){ 0 }, err));
    return text_frozen(tx, call, err);
}

zy_status zy_device_lost_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const device_id_in *in = input;
    device_job job = { call, in->device_id };
    ZY_TRY(zy_db_run(call->env->db, "device.lost", lost_unit, &job, err));
    zy_outbox_poke();
    return ZY_OK;
}

/* --- for orders --- */

zy_status zy_device_current(zy_rtx *rtx, zy_env *env, const zy_caller *caller, zy_device_facts *f, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    zy_str sealed;
    *f = (zy_device_facts){ .device = caller->device };
    ZY_TRY(device_state_find(rtx, caller->customer, caller->device, f->state, err));
    ZY_TRY(device_name_find(rtx, caller->device, &stmt, &sealed, err));
    ZY_TRY(device_name_open(env, caller->device, sealed, f->name));
    int64_t bound = 0;
    zy_id oldest = { 0 };
    ZY_TRY(device_bound_count(rtx, caller->customer, &bound, &oldest, err));
    if (bound >= zy_param_get(env, "device.bound_max"))
        f->replaces = oldest;
    return ZY_OK;
}

zy_status zy_device_name(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id device, char out[ZY_DEVICE_NAME_MAX], zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    zy_str sealed;
    char state[16];
    ZY_TRY(device_state_find(rtx, customer, device, state, err));
    ZY_TRY(device_name_find(rtx, device, &stmt, &sealed, err));
    return device_name_open(env, device, sealed, out);
}

static zy_status audit_by_order(zy_tx *tx, zy_env *env, zy_id customer, const char *event, zy_id device, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = customer, .object_kind = "device", .object = device,
                              .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

/* As many as may be bound: the one that the order named makes room. */
static zy_status make_room(zy_tx *tx, zy_env *env, zy_id customer, zy_id replaces, zy_err *err)
{
    int64_t bound = 0;
    zy_id oldest = { 0 };
    ZY_TRY(device_bound_count(zy_tx_read(tx), customer, &bound, &oldest, err));
    if (bound < zy_param_get(env, "device.bound_max"))
        return ZY_OK;
    if (!zy_id_eq(oldest, replaces))
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "other devices are bound than the order says");
    ZY_TRY(device_set_state(tx, oldest, "bound", "new", (zy_time){ 0 }, err));
    ZY_TRY(gesture_drop(tx, oldest, NULL, err));
    ZY_TRY(passkey_drop_device(tx, oldest, "replaced", zy_env_now(env), NULL, err));
    return audit_by_order(tx, env, customer, "device.unbound", oldest, err);
}

zy_status zy_device_bind(zy_tx *tx, zy_env *env, zy_id customer, zy_id device, zy_id replaces, zy_time now, zy_err *err)
{
    ZY_TRY(customer_lock(tx, customer, err));
    ZY_TRY(make_room(tx, env, customer, replaces, err));
    ZY_TRY(device_set_state(tx, device, "new", "bound", now, err));
    ZY_TRY(audit_by_order(tx, env, customer, "device.bound", device, err));
    return zy_notify_add(tx, env, customer, "security", ZY_STR("设备已绑定"),
                         ZY_STR("您的手机银行已绑定新的设备。如非本人操作，请立即报告设备丢失并联系客服。"), err);
}

zy_status zy_device_found(zy_tx *tx, zy_env *env, zy_id customer, zy_id device, zy_err *err)
{
    char state[16];
    ZY_TRY(customer_lock(tx, customer, err));
    ZY_TRY(device_state_find(zy_tx_read(tx), customer, device, state, err));
    ZY_TRY(device_set_state(tx, device, "lost", "new", (zy_time){ 0 }, err));
    return audit_by_order(tx, env, customer, "device.found", device, err);
}
