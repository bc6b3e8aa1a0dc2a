#include "service/identity/tries.h"

#include <stdio.h>

#include "service/identity/identity_repo.h"
#include "service/identity/password_repo.h"
#include "service/param/param.h"

#define IN_A_ROW_MAX 5
#define IN_DAY_MAX   10
#define LOCKED_FOR   ZY_MINUTES(30)

static const char *const DOMAINS[] = {
    [ZY_TRY_LOGIN] = "try.login", [ZY_TRY_PAY] = "try.pay",           [ZY_TRY_PASSKEY] = "try.passkey",
    [ZY_TRY_FACE] = "try.face",   [ZY_TRY_CARRIER] = "try.carrier",   [ZY_TRY_RESET_OF] = "try.reset_of",
    [ZY_TRY_USED] = "try.used",   [ZY_TRY_ACCOUNT] = "try.account",   [ZY_TRY_NAME] = "try.name",
    [ZY_TRY_NOBODY] = "try.nobody", [ZY_TRY_RESET] = "try.reset",
    [ZY_TRY_RESET_NOBODY] = "try.reset_nobody",
};

zy_status zy_try_key(zy_env *env, zy_try_kind kind, zy_id customer, const uint8_t *name_index, uint8_t out[ZY_SM3_BYTES])
{
    char text[ZY_ID_TEXT_MAX];
    if (kind >= ZY_TRY_NAME)
        return zy_keys_index(env->keys, DOMAINS[kind], zy_str_bytes(name_index, ZY_SM3_BYTES), out);
    zy_id_format(customer, text);
    return zy_keys_index(env->keys, DOMAINS[kind], zy_str_of(text), out);
}

/* --- where tries come from --- */

/* Many customers share an address (a carrier's, a company's); nobody tries thirty wrong passwords on his phone in a day. */
static const zy_param_row PARAMS[] = {
    { "login.device_wrong_step", 10, 5, 50, "tries", "设备登录失败多少次后暂停30分钟", "wrong logins of a device that lock it 30 min" },
    { "login.device_wrong_day", 30, 10, 100, "tries", "设备当日登录失败上限", "wrong logins of a device in a day" },
    { "login.address_wrong_step", 200, 20, 2000, "tries", "地址登录失败多少次后暂停30分钟", "wrong logins of an address that lock it 30 min" },
    { "login.address_wrong_day", 1000, 50, 10000, "tries", "地址当日登录失败上限", "wrong logins of an address in a day" },
    { "register.address_step", 50, 10, 500, "tries", "地址自助注册多少次后暂停30分钟", "registrations of an address that lock it 30 min" },
    { "register.address_day", 200, 20, 5000, "tries", "地址当日自助注册上限", "registrations of an address in a day" },
    { "register.device_step", 5, 3, 20, "tries", "设备自助注册多少次后暂停30分钟", "registrations of a device that lock it 30 min" },
    { "register.device_day", 10, 5, 50, "tries", "设备当日自助注册上限", "registrations of a device in a day" },
    { "register.typed_step", 5, 3, 5, "tries", "同一手机号、卡号或证件号注册失败多少次后暂停30分钟",
      "wrong registrations with one phone, card or identity number that lock it 30 min" },
    { "register.typed_day", 10, 5, 10, "tries", "同一手机号、卡号或证件号当日注册失败上限",
      "wrong registrations with one phone, card or identity number in a day" },
    { "alias.step", 10, 5, 50, "tries", "尝试登录名多少次后暂停30分钟", "aliases tried that lock further ones for 30 min" },
    { "face.device_step", 5, 3, 5, "tries", "同一设备人脸识别失败多少次后暂停30分钟", "wrong faces in front of a device that lock it 30 min" },
    { "face.device_day", 10, 5, 10, "tries", "同一设备当日人脸识别失败上限", "wrong faces in front of a device in a day" },
    { "alias.day", 20, 5, 100, "tries", "当日尝试登录名上限", "aliases tried in a day" },
};
static const struct {
    const char *domain, *step, *day;
} SOURCES[] = {
    [ZY_FROM_DEVICE] = { "try.device", "login.device_wrong_step", "login.device_wrong_day" },
    [ZY_FROM_ADDRESS] = { "try.address", "login.address_wrong_step", "login.address_wrong_day" },
    [ZY_FROM_REGISTER_ADDRESS] = { "try.register_address", "register.address_step", "register.address_day" },
    [ZY_FROM_REGISTER_DEVICE] = { "try.register_device", "register.device_step", "register.device_day" },
    [ZY_FROM_REGISTER_PHONE] = { "try.register_phone", "register.typed_step", "register.typed_day" },
    [ZY_FROM_REGISTER_CARD] = { "try.register_card", "register.typed_step", "register.typed_day" },
    [ZY_FROM_REGISTER_ID] = { "try.register_id", "register.typed_step", "register.typed_day" },
    [ZY_FROM_ALIAS] = { "try.alias", "alias.step", "alias.day" },
    [ZY_FROM_FACE_DEVICE] = { "try.face_device", "face.device_step", "face.device_day" },
};

void zy_tries_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
}

zy_status zy_try_source_key(zy_env *env, zy_try_source source, zy_str value, uint8_t out[ZY_SM3_BYTES])
{
    return zy_keys_index(env->keys, SOURCES[source].domain, value, out);
}

zy_status zy_try_bound_key(zy_env *env, zy_try_kind kind, zy_id customer, zy_str device_id, uint8_t out[ZY_SM3_BYTES])
{
    char text[ZY_ID_TEXT_MAX + ZY_DEVICE_ID_MAX + 1], id[ZY_ID_TEXT_MAX];
    zy_id_format(customer, id);
    snprintf(text, sizeof text, "%s:" ZY_STR_FMT, id, ZY_STR_ARG(device_id));
    return zy_keys_index(env->keys, kind == ZY_TRY_LOGIN ? "try.bound" : "try.bound_reset", zy_str_of(text), out);
}

static bool is_locked(const try_row *r, zy_time now)
{
    return r->blocked || r->locked_until.ms > now.ms;
}

static zy_status count_source(zy_tx *tx, zy_env *env, zy_try_source source, const uint8_t key[ZY_SM3_BYTES], zy_time now, try_row *r,
                              zy_err *err)
{
    zy_day today = zy_day_of(now);
    if (r->day.days != today.days)
        *r = (try_row){ .day = today };
    r->in_day++;
    if (r->in_day >= zy_param_get(env, SOURCES[source].day))
        r->locked_until = zy_day_start((zy_day){ today.days + 1 });
    else if (r->in_day % zy_param_get(env, SOURCES[source].step) == 0)
        r->locked_until = zy_time_add(now, LOCKED_FOR);
    return try_write(tx, key, r, now, err);
}

zy_status zy_try_source_wrong(zy_tx *tx, zy_env *env, zy_try_source source, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err)
{
    try_row r;
    ZY_TRY(try_read(tx, key, &r, err));
    return count_source(tx, env, source, key, now, &r, err);
}

zy_status zy_try_source_take(zy_tx *tx, zy_env *env, zy_try_source source, const uint8_t key[ZY_SM3_BYTES], zy_time now,
                             bool *ret_locked, zy_err *err)
{
    try_row r;
    ZY_TRY(try_read(tx, key, &r, err));
    *ret_locked = is_locked(&r, now);
    return *ret_locked ? ZY_OK : count_source(tx, env, source, key, now, &r, err);
}

zy_status zy_try_take(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, bool *ret_locked, zy_err *err)
{
    try_row r;
    ZY_TRY(try_read(tx, key, &r, err));
    *ret_locked = is_locked(&r, now);
    if (*ret_locked)
        return ZY_OK;
    if (r.locked_until.ms != 0) { /* a lock that has run out: a new row of tries begins */
        r.locked_until.ms = 0;
        r.in_a_row = 0;
    }
    zy_day today = zy_day_of(now);
    if (r.day.days != today.days) {
        r.day = today;
        r.in_day = 0;
    }
    r.in_a_row++;
    r.in_day++;
    if (r.in_a_row >= IN_A_ROW_MAX)
        r.locked_until = zy_time_add(now, LOCKED_FOR);
    r.blocked = r.in_day >= IN_DAY_MAX;
    return try_write(tx, key, &r, now, err);
}

zy_status zy_try_forgive(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err)
{
    try_row r;
    ZY_TRY(try_read(tx, key, &r, err));
    r.in_a_row = 0;
    r.in_day -= r.in_day > 0;
    r.locked_until.ms = 0;
    r.blocked = false;
    return try_write(tx, key, &r, now, err);
}

zy_status zy_try_return(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err)
{
    try_row r;
    ZY_TRY(try_read(tx, key, &r, err));
    r.in_a_row -= r.in_a_row > 0;
    r.in_day -= r.in_day > 0;
    if (r.in_day < IN_DAY_MAX)
        r.blocked = false;
    if (r.in_a_row < IN_A_ROW_MAX)
        r.locked_until.ms = 0;
    return try_write(tx, key, &r, now, err);
}

zy_status zy_try_is_locked(zy_rtx *rtx, const uint8_t key[ZY_SM3_BYTES], zy_time now, bool *ret_locked, zy_err *err)
{
    try_row r;
    ZY_TRY(try_peek(rtx, key, &r, err));
    *ret_locked = is_locked(&r, now);
    return ZY_OK;
}

zy_status zy_try_is_blocked(zy_rtx *rtx, const uint8_t key[ZY_SM3_BYTES], bool *ret_blocked, zy_err *err)
{
    try_row r;
    ZY_TRY(try_peek(rtx, key, &r, err));
    *ret_blocked = r.blocked;
    return ZY_OK;
}

zy_status zy_try_block(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err)
{
    try_row r;
    ZY_TRY(try_read(tx, key, &r, err));
    r.blocked = true;
    return try_write(tx, key, &r, now, err);
}

/* --- all counters of a customer --- */

typedef zy_status (*key_fn)(void *arg, const uint8_t key[ZY_SM3_BYTES], zy_err *err);

static zy_status own_key(zy_env *env, zy_try_kind kind, zy_id customer, const uint8_t *name, key_fn each, void *arg, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(zy_try_key(env, kind, customer, name, key));
    return each(arg, key, err);
}

/* Those of the names by which the customer logs in. */
static zy_status name_keys(zy_rtx *rtx, zy_env *env, zy_id customer, key_fn each, void *arg, zy_err *err)
{
    uint8_t names[LOGIN_NAMES_MAX][ZY_SM3_BYTES];
    int count = 0;
    ZY_TRY(login_names(rtx, customer, names, &count, err));
    for (int i = 0; i < count; i++) {
        ZY_TRY(own_key(env, ZY_TRY_NAME, customer, names[i], each, arg, err));
        ZY_TRY(own_key(env, ZY_TRY_RESET, customer, names[i], each, arg, err));
    }
    return ZY_OK;
}

static zy_status bound_keys(zy_rtx *rtx, zy_env *env, zy_try_kind kind, zy_id customer, key_fn each, void *arg, zy_err *err)
{
    char devices[DEVICES_BOUND_MAX][ZY_DEVICE_ID_MAX];
    int count = 0;
    ZY_TRY(devices_bound(rtx, customer, devices, &count, err));
    for (int i = 0; i < count; i++) {
        uint8_t key[ZY_SM3_BYTES];
        ZY_TRY(zy_try_bound_key(env, kind, customer, zy_str_of(devices[i]), key));
        ZY_TRY(each(arg, key, err));
    }
    return ZY_OK;
}

static zy_status login_keys(zy_rtx *rtx, zy_env *env, zy_id customer, key_fn each, void *arg, zy_err *err)
{
    ZY_TRY(name_keys(rtx, env, customer, each, arg, err));
    ZY_TRY(bound_keys(rtx, env, ZY_TRY_LOGIN, customer, each, arg, err));
    ZY_TRY(bound_keys(rtx, env, ZY_TRY_RESET_OF, customer, each, arg, err));
    ZY_TRY(own_key(env, ZY_TRY_RESET_OF, customer, NULL, each, arg, err));
    ZY_TRY(own_key(env, ZY_TRY_USED, customer, NULL, each, arg, err));
    return own_key(env, ZY_TRY_LOGIN, customer, NULL, each, arg, err);
}

/* Those of what else proves who it is. */
static zy_status other_keys(zy_env *env, zy_id customer, key_fn each, void *arg, zy_err *err)
{
    ZY_TRY(own_key(env, ZY_TRY_PASSKEY, customer, NULL, each, arg, err));
    ZY_TRY(own_key(env, ZY_TRY_FACE, customer, NULL, each, arg, err));
    ZY_TRY(own_key(env, ZY_TRY_CARRIER, customer, NULL, each, arg, err));
    ZY_TRY(own_key(env, ZY_TRY_ACCOUNT, customer, NULL, each, arg, err));
    return own_key(env, ZY_TRY_PAY, customer, NULL, each, arg, err);
}

typedef struct locked_job {
    zy_rtx *rtx;
    zy_time now;
    bool locked;
} locked_job;

static zy_status look_at(void *arg, const uint8_t key[ZY_SM3_BYTES], zy_err *err)
{
    locked_job *job = arg;
    return job->locked ? ZY_OK : zy_try_is_locked(job->rtx, key, job->now, &job->locked, err);
}

zy_status zy_tries_locked(zy_rtx *rtx, zy_env *env, zy_id customer, bool *ret_locked, zy_err *err)
{
    locked_job job = { .rtx = rtx, .now = zy_env_now(env) };
    ZY_TRY(customer_is_frozen(rtx, customer, &job.locked, err));
    if (!job.locked)
        ZY_TRY(other_keys(env, customer, look_at, &job, err));
    if (!job.locked)
        ZY_TRY(login_keys(rtx, env, customer, look_at, &job, err));
    *ret_locked = job.locked;
    return ZY_OK;
}

static zy_status drop(void *arg, const uint8_t key[ZY_SM3_BYTES], zy_err *err)
{
    return try_delete(arg, key, err);
}

zy_status zy_identity_unlock_login(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err)
{
    ZY_TRY(customer_thaw(tx, customer, err));
    return login_keys(zy_tx_read(tx), env, customer, drop, tx, err);
}

zy_status zy_identity_unlock_pay(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err)
{
    return own_key(env, ZY_TRY_PAY, customer, NULL, drop, tx, err);
}

zy_status zy_identity_unlock(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err)
{
    ZY_TRY(zy_identity_unlock_login(tx, env, customer, err));
    ZY_TRY(pay_aid_end(tx, customer, err));
    return other_keys(env, customer, drop, tx, err);
}
