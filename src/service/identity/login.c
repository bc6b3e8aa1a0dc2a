#include "service/identity/login.h"

#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/factor/factor.h"
#include "service/identity/captcha.h"
#include "service/identity/carrier.h"
#include "service/identity/challenge.h"
#include "service/identity/device_internal.h"
#include "service/identity/hash_pool.h"
#include "service/identity/passkey_repo.h"
#include "service/identity/password_change.h"
#include "service/identity/presence.h"
#include "service/identity/session.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/outbox/outbox.h"
#include "service/param/param.h"

#define PENDING_LIFE         ZY_MINUTES(10)
#define NOTICE_LIFE          ZY_HOURS(1)
#define EXPIRE_AFTER         ZY_DAYS(2) /* a counter of a day counts nothing after the next midnight */
#define CAPTCHA_MEMORY       ZY_MINUTES(30)
#define ATTACK_WINDOW        ZY_MINUTES(1)
#define ADDRESS_FAILURES     5 /* many customers share an address; a device or a name is asked after its first failure */
#define FAILURE_KEYS         100000

const zy_field ZY_SECRET_FIELDS[2] = {
    ZY_FIELD(zy_secret_in, challenge_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(zy_secret_in, cipher, ZY_F_BASE64, 100, 400, ZY_SENSITIVE),
};

/* What failed lately, to know who must solve a captcha; and the record that unknown names are hashed against. */
static zy_rates *failures;
static uint8_t dummy_record[ZY_PASSWORD_RECORD_BYTES];

zy_status zy_login_rules_start(zy_env *env, zy_err *err)
{
    const zy_secret nobody = { .bytes = "nobody's", .n = 8 };
    ZY_TRY(zy_password_make(env->keys, &nobody, (unsigned)zy_config_int(env->config, "password.iterations"), dummy_record));
    failures = zy_rates_new(FAILURE_KEYS, env->clock);
    return failures != NULL ? ZY_OK : zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for login failures");
}

void zy_login_rules_stop(void)
{
    zy_rates_free(failures);
    failures = NULL;
}

void zy_login_nobody(uint8_t record[ZY_PASSWORD_RECORD_BYTES])
{
    memcpy(record, dummy_record, sizeof dummy_record);
}

zy_status zy_secret_take(zy_call *call, const zy_secret_in *in, zy_secret_purpose purpose, zy_secret *ret_secret, zy_err *err)
{
    uint8_t challenge[16], cipher[400];
    size_t n = 0;
    zy_key_info key;
    ZY_TRY(zy_challenge_take(call->caller->channel_th, in->challenge_id, call->now, challenge));
    if (zy_base64_decode(in->cipher, cipher, sizeof cipher, &n) != ZY_OK)
        return zy_fail(err, ZY_CHALLENGE_BAD, NULL, "a cipher that is no base64");
    ZY_TRY(zy_keys_active(call->env->keys, ZY_KEY_PASSWORD_BOX, &key));
    return zy_secret_open(call->env->keys, key.version, cipher, n, challenge, purpose, ret_secret);
}

/* --- who is it, as far as the name tells --- */

typedef struct login_job {
    zy_call *call;
    const login_start_in *in;
    zy_device device;
    uint8_t name_index[ZY_SM3_BYTES], name_key[ZY_SM3_BYTES], who_key[ZY_SM3_BYTES];
    uint8_t device_key[ZY_SM3_BYTES], address_key[ZY_SM3_BYTES];
    char name_text[2 * ZY_SM3_BYTES + 1];
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    zy_id customer; /* 0: nobody has that name */
    bool bound; /* the customer's own bound device: what strangers did elsewhere does not lock it */
    bool usable, source_locked, name_locked, who_locked, right;
    int64_t environment;
    login_row login;
} login_job;

/* A device that was reported lost opens nothing. Looked for nobody (customer 0), too: the same work for everybody. */
static zy_status look_up_device(zy_rtx *rtx, login_job *job, zy_err *err)
{
    device_seen seen = { .state = "" };
    zy_status status = device_find(rtx, job->customer, job->device.device_id, &seen, err);
    job->bound = strcmp(seen.state, "bound") == 0;
    job->usable = job->usable && strcmp(seen.state, "lost") != 0;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status look_up(zy_rtx *rtx, void *arg, zy_err *err)
{
    login_job *job = arg;
    char state[16] = "";
    zy_time until = { 0 };
    bool device = false, address = false;
    zy_status status = login_look_up(rtx, job->name_index, &job->customer, job->record, state, &until, err);
    if (status == ZY_NOT_FOUND) {
        job->customer = (zy_id){ 0 };
        zy_login_nobody(job->record);
        status = ZY_OK;
    }
    ZY_TRY(status);
    job->usable = strcmp(state, "active") == 0 && !password_is_over(until, job->call->now);
    ZY_TRY(look_up_device(rtx, job, err));
    ZY_TRY(zy_try_is_locked(rtx, job->device_key, job->call->now, &device, err));
    ZY_TRY(zy_try_is_locked(rtx, job->address_key, job->call->now, &address, err));
    job->source_locked = (device || address) && !job->bound;
    return ZY_OK;
}

static zy_status find_who(login_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    char network[ZY_NETWORK_TEXT_MAX];
    zy_str device = zy_str_of(job->device.device_id);
    ZY_TRY(zy_try_source_key(env, ZY_FROM_DEVICE, device, job->device_key));
    ZY_TRY(zy_try_source_key(env, ZY_FROM_ADDRESS, zy_network_of(job->call->caller->address, network), job->address_key));
    ZY_TRY(zy_db_read(env->db, "login.look_up", look_up, job, err));
    zy_try_kind kind = job->customer.v != 0 ? ZY_TRY_LOGIN : ZY_TRY_NOBODY;
    ZY_TRY(zy_try_key(env, ZY_TRY_NAME, job->customer, job->name_index, job->name_key));
    if (job->bound)
        return zy_try_bound_key(env, ZY_TRY_LOGIN, job->customer, device, job->who_key);
    return zy_try_key(env, kind, job->customer, job->name_index, job->who_key);
}

/* --- captcha --- */

static bool needs_captcha(const login_job *job)
{
    char network[ZY_NETWORK_TEXT_MAX];
    zy_str address = zy_network_of(job->call->caller->address, network);
    return zy_rates_taken(failures, "name", zy_str_of(job->name_text)) > 0 ||
           zy_rates_taken(failures, "device", zy_str_of(job->device.device_id)) > 0 ||
           zy_rates_taken(failures, "address", address) >= ADDRESS_FAILURES ||
           zy_rates_taken(failures, "bank", ZY_STR("")) >= zy_param_get(job->call->env, "login.attack_failures");
}

static void note_failure(const login_job *job)
{
    char network[ZY_NETWORK_TEXT_MAX];
    zy_rates_take(failures, "name", zy_str_of(job->name_text), UINT32_MAX, CAPTCHA_MEMORY);
    zy_rates_take(failures, "device", zy_str_of(job->device.device_id), UINT32_MAX, CAPTCHA_MEMORY);
    zy_rates_take(failures, "address", zy_network_of(job->call->caller->address, network), UINT32_MAX, CAPTCHA_MEMORY);
    zy_rates_take(failures, "bank", ZY_STR(""), UINT32_MAX, ATTACK_WINDOW);
}

static zy_status check_captcha(const login_job *job, zy_err *err)
{
    const login_start_in *in = job->in;
    if (in->has_captcha)
        return zy_captcha_check(job->call->caller->channel_th, in->captcha.captcha_id, in->captcha.text, job->call->now);
    return needs_captcha(job) ? zy_fail(err, ZY_CAPTCHA_REQUIRED, NULL, "after a failure") : ZY_OK;
}

/* --- the password --- */

static zy_status audit_login(zy_tx *tx, const login_job *job, const char *event, const char *result, zy_err *err)
{
    const zy_caller *caller = job->call->caller;
    const zy_audit record = { .event = event, .actor_kind = job->customer.v != 0 ? "customer" : "anonymous",
                              .actor = job->customer, .object_kind = "login", .object = job->login.id,
                              .address = caller->address, .device = zy_str_of(job->device.device_id),
                              .trace = zy_str_of(job->call->trace), .result = zy_str_of(result) };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

static zy_status take_try(zy_tx *tx, void *arg, zy_err *err)
{
    login_job *job = arg;
    if (job->bound) {
        ZY_TRY(zy_try_take(tx, job->who_key, job->call->now, &job->who_locked, err));
        job->name_locked = job->who_locked; /* who holds the device's key may know */
        return ZY_OK;
    }
    ZY_TRY(zy_try_take(tx, job->name_key, job->call->now, &job->name_locked, err));
    return zy_try_take(tx, job->who_key, job->call->now, &job->who_locked, err);
}

zy_status zy_login_previous(zy_rtx *rtx, login_row *login, zy_err *err)
{
    zy_status status = login_previous(rtx, login->customer, &login->previous_login_at, &login->previous_device, err);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

bool zy_login_is_dormant(zy_env *env, const login_row *login, zy_time now)
{
    return login->previous_login_at.ms != 0 &&
           zy_time_passed(now, login->previous_login_at, ZY_DAYS(zy_param_get(env, "login.dormant_days")));
}

/* The device's row: identity data of the customer, so its name is sealed and its fingerprint only compared. */
static zy_status ensure_device(zy_tx *tx, login_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_AUTO_BUF name = { 0 };
    uint8_t fingerprint[ZY_SM3_BYTES];
    bool known = false;
    device_row row = { .id = zy_id_next(env->ids), .customer = job->customer, .device_id = job->device.device_id,
                       .public_key = job->device.public_key, .os = job->in->device.os, .fingerprint = fingerprint };
    ZY_TRY(device_fingerprint(env, job->in->device.fingerprint, fingerprint));
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, (zy_cell){ "device", "name", row.id }, job->in->device.name.p,
                        job->in->device.name.n, &name));
    row.name = zy_buf_view(&name);
    ZY_TRY(device_ensure(tx, &row, job->call->now, &job->login.device, &known, err));
    if (known)
        return device_follow(tx, job->call, job->customer, job->login.device, job->in->device.fingerprint, err);
    return audit_login(tx, job, "device.new", "OK", err);
}

static zy_status password_was_right(zy_tx *tx, login_job *job, zy_err *err)
{
    login_row *login = &job->login;
    login->customer = job->customer;
    if (!job->bound)
        ZY_TRY(zy_try_forgive(tx, job->name_key, job->call->now, err));
    ZY_TRY(zy_try_forgive(tx, job->who_key, job->call->now, err));
    ZY_TRY(ensure_device(tx, job, err));
    ZY_TRY(zy_login_previous(zy_tx_read(tx), login, err));
    login->factors_needed = ZY_FACTOR_SMS;
    if (zy_login_is_dormant(job->call->env, login, job->call->now))
        login->factors_needed |= ZY_FACTOR_PAY_PASSWORD;
    ZY_TRY(login_insert(tx, login, err));
    return audit_login(tx, job, "login.password_ok", "OK", err);
}

/* The try that locks is recorded, and the customer told. */
static zy_status tell_locked(zy_tx *tx, const login_job *job, zy_err *err)
{
    bool locked = false;
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), job->who_key, job->call->now, &locked, err));
    if (!locked || job->who_locked)
        return ZY_OK;
    ZY_TRY(audit_login(tx, job, "login.locked", "LOCKED", err));
    if (job->customer.v == 0)
        return ZY_OK;
    return zy_notify_add(tx, job->call->env, job->customer, "security", ZY_STR("登录已暂时锁定"),
                         ZY_STR("登录密码多次输入错误，登录已暂停30分钟。如非本人操作，请尽快修改密码或联系客服。"), err);
}

static bool is_locked(const login_job *job)
{
    return job->source_locked || job->name_locked || job->who_locked;
}

/* Counted for the device and the address, too, in the order in which everybody takes these rows. What a lock refused that
 * the caller was told of is no further guess. */
static zy_status count_sources(zy_tx *tx, const login_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    if (job->source_locked || job->name_locked)
        return ZY_OK;
    ZY_TRY(zy_try_source_wrong(tx, env, ZY_FROM_ADDRESS, job->address_key, job->call->now, err));
    return job->bound ? ZY_OK : zy_try_source_wrong(tx, env, ZY_FROM_DEVICE, job->device_key, job->call->now, err);
}

static zy_status record_result(zy_tx *tx, void *arg, zy_err *err)
{
    login_job *job = arg;
    if (job->right)
        return password_was_right(tx, job, err);
    ZY_TRY(audit_login(tx, job, "login.failed", is_locked(job) ? "LOCKED" : "LOGIN_FAILED", err));
    ZY_TRY(count_sources(tx, job, err));
    return tell_locked(tx, job, err);
}

zy_status zy_login_new(const zy_call *call, login_row *login)
{
    uint8_t random[16];
    *login = (login_row){ .id = zy_id_next(call->env->ids), .created_at = call->now };
    ZY_TRY(zy_random(random, sizeof random));
    zy_base64url_encode(random, sizeof random, login->login_id);
    zy_mask_ip(call->caller->address, login->address);
    zy_identity_hooks_now()->session_digest(call->caller, login->session_digest);
    return ZY_OK;
}

static zy_json *factors_left(const login_row *login, unsigned done)
{
    zy_json *names = zy_json_array();
    for (unsigned left = login->factors_needed & ~done, bit; left != 0; left &= ~bit) {
        bit = left & -left;
        zy_json_push(names, zy_json_new_str(zy_str_of(zy_factor_by_bit(bit)->name)));
    }
    return names;
}

/* What is said is the same for somebody, for nobody and for a suspended customer; a lock shows where the typed name itself
 * was tried too often, whoever it belongs to (tries.h). */
static zy_status refusal(const login_job *job, zy_err *err)
{
    if (job->source_locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tries from this device or address");
    if (job->name_locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tries with this name");
    return zy_fail(err, ZY_LOGIN_FAILED, NULL, job->who_locked ? "too many wrong tries" : "name or password");
}

/* The same work for all of them, locked or not: one try, one hash, one record. */
static zy_status check_password(login_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_AUTO_SECRET secret = { .n = 0 };
    ZY_TRY(zy_secret_take(job->call, &job->in->password, ZY_SECRET_LOGIN, &secret, err));
    ZY_TRY(find_who(job, err));
    ZY_TRY(zy_db_run(env->db, "login.try", take_try, job, err));
    zy_status status = zy_hash_pool_check(env->keys, &secret, job->record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    job->right = status == ZY_OK && job->customer.v != 0 && job->usable && !is_locked(job);
    ZY_TRY(zy_login_new(job->call, &job->login));
    job->login.environment = job->environment;
    ZY_TRY(zy_db_run(env->db, "login.result", record_result, job, err));
    return job->right ? ZY_OK : refusal(job, err);
}

zy_status zy_auth_login_start(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    login_job job = { .call = call, .in = input };
    ZY_TRY(zy_device_prove(call, &job.in->device, &job.device, err));
    memcpy(call->caller->device_id, job.device.device_id, sizeof job.device.device_id);
    job.environment = zy_environment_bits(call->env, &job.in->environment);
    ZY_TRY(zy_environment_check(call, job.environment, err));
    ZY_TRY(zy_login_name_index(call->env, job.in->user, job.name_index));
    zy_hex_encode(job.name_index, ZY_SM3_BYTES, job.name_text);
    zy_status status = check_captcha(&job, err);
    if (status == ZY_OK)
        status = check_password(&job, err);
    if (status == ZY_LOGIN_FAILED || status == ZY_LOCKED)
        note_failure(&job);
    if (status != ZY_OK) {
        zy_json_set_bool(body, "captcha_required", needs_captcha(&job));
        return status;
    }
    zy_json_set_c(body, "login_id", job.login.login_id);
    zy_json_set(body, "factors", factors_left(&job.login, 0));
    zy_carrier_tell(call->env, body);
    if ((job.login.factors_needed & ZY_FACTOR_PAY_PASSWORD) != 0)
        zy_json_set_c(body, "reason", "dormant");
    return ZY_OK;
}

/* --- the code --- */

typedef struct pending_job {
    zy_str login_id;
    login_row *login;
} pending_job;

static zy_status find_pending(zy_rtx *rtx, void *arg, zy_err *err)
{
    pending_job *job = arg;
    return login_by_id(rtx, job->login_id, job->login, err);
}

/* In the order of the bits: no text message leaves before a password that is asked for was right. */
static unsigned next_factor(const login_row *login)
{
    unsigned left = login->factors_needed & ~login->factors_done;
    return left & -left;
}

zy_status zy_login_pending(zy_call *call, zy_str login_id, unsigned bit, login_row *ret_login, zy_err *err)
{
    uint8_t digest[ZY_SM3_BYTES];
    pending_job job = { login_id, ret_login };
    zy_status status = zy_db_read(call->env->db, "login.pending", find_pending, &job, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    zy_identity_hooks_now()->session_digest(call->caller, digest);
    if (status == ZY_NOT_FOUND || strcmp(ret_login->state, "pending") != 0 ||
        !zy_ct_equal(digest, ret_login->session_digest, sizeof digest) ||
        zy_time_passed(call->now, ret_login->created_at, PENDING_LIFE))
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "no login waits for this on this channel");
    if (next_factor(ret_login) != bit)
        return zy_fail(err, ZY_FACTOR_ORDER, "factor", "not the turn of this factor");
    return zy_str_copy(zy_str_of(ret_login->device_id), call->caller->device_id, sizeof call->caller->device_id);
}

/* The code by SMS is the last factor of these; the carrier's word for the number stands in its place. */
static zy_status pending_sms(zy_call *call, zy_str login_id, zy_str factor, login_row *ret_login, zy_err *err)
{
    if (!zy_str_eq_c(factor, "sms"))
        return zy_fail(err, ZY_BAD_FIELD, "factor", "only sms is asked for here");
    return zy_login_pending(call, login_id, ZY_FACTOR_SMS, ret_login, err);
}

static zy_str binding_of(const login_row *login, char out[64])
{
    snprintf(out, 64, "login:%s", login->login_id);
    return zy_str_of(out);
}

zy_status zy_auth_login_factor_begin(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const factor_begin_in *in = input;
    login_row login;
    char binding[64], phone[ZY_MASK_MAX];
    zy_time expires_at;
    if (zy_str_eq_c(in->factor, "carrier")) {
        ZY_TRY(zy_login_pending(call, in->login_id, ZY_FACTOR_SMS, &login, err));
        return zy_carrier_begin(call, binding_of(&login, binding), body, err);
    }
    ZY_TRY(pending_sms(call, in->login_id, in->factor, &login, err));
    ZY_TRY(zy_sms_code_begin(call, login.customer, binding_of(&login, binding), false, ZY_STR("登录手机银行"), phone, &expires_at,
                             err));
    zy_json_set_c(body, "phone", phone);
    zy_json_set_int(body, "expires_at", expires_at.ms);
    return ZY_OK;
}

/* --- the transaction password of somebody who was away for long --- */

typedef struct verified_job {
    const login_row *login;
    unsigned bit;
} verified_job;

static zy_status verified_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const verified_job *job = arg;
    return login_factor_done(tx, job->login, job->bit, err);
}

zy_status zy_auth_login_factor_verify(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const login_verify_in *in = input;
    login_row login;
    if (!zy_str_eq_c(in->factor, "pay_password"))
        return zy_fail(err, ZY_BAD_FIELD, "factor", "only pay_password is verified here");
    ZY_TRY(zy_login_pending(call, in->login_id, ZY_FACTOR_PAY_PASSWORD, &login, err));
    call->caller->customer = login.customer; /* whose password it is; nobody is logged in yet */
    zy_status status = zy_factor_pay_password(call, in->value.challenge_id, in->value.cipher, err);
    call->caller->customer = (zy_id){ 0 };
    ZY_TRY(status);
    verified_job job = { &login, ZY_FACTOR_PAY_PASSWORD };
    ZY_TRY(zy_db_run(call->env->db, "login.verified", verified_unit, &job, err));
    zy_json_set(body, "factors", factors_left(&login, login.factors_done | ZY_FACTOR_PAY_PASSWORD));
    return ZY_OK;
}

/* --- the end --- */

typedef struct finish_job {
    zy_call *call;
    login_row *login;
} finish_job;

/* The earlier device cannot read messages any more: its owner is told by a text. */
static zy_status text_earlier(zy_tx *tx, const finish_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    zy_str brand = zy_config_text(env->config, "brand.name");
    char at[ZY_TIME_TEXT_MAX];
    ZY_AUTO_PERSON person = { 0 };
    ZY_AUTO_SECRET_BUF text = { 0 };
    ZY_TRY(zy_customer_person(zy_tx_read(tx), env, job->login->customer, &person, err));
    zy_time_format_short(job->call->now, at);
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】您的手机银行于%s在另一台设备登录，此前的登录已退出。如非本人操作，请立即联系客服。",
               ZY_STR_ARG(brand), at);
    return zy_outbox_sms(tx, env, zy_str_of(person.phone), zy_buf_view(&text), "notice",
                         zy_time_add(job->call->now, NOTICE_LIFE), err);
}

/* The later login ends the earlier one, and both are told. */
static zy_status end_earlier(zy_tx *tx, const finish_job *job, zy_err *err)
{
    login_row earlier;
    ZY_TRY(customer_lock(tx, job->login->customer, err));
    zy_status status = login_active(zy_tx_read(tx), job->login->customer, &earlier, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    ZY_TRY(zy_session_end(tx, job->call, &earlier, "later_login", err));
    ZY_TRY(zy_notify_add(tx, job->call->env, job->login->customer, "security", ZY_STR("此前的登录已退出"),
                         ZY_STR("您的手机银行刚刚再次登录，此前的登录已退出。如非本人操作，请立即修改密码并联系客服。"), err));
    return strcmp(earlier.device_id, job->login->device_id) == 0 ? ZY_OK : text_earlier(tx, job, err);
}

/* A password that is too old opens nothing but its own change. */
static zy_status ask_for_change(zy_tx *tx, const finish_job *job, zy_err *err)
{
    login_row *l = job->login;
    bool old = false;
    ZY_TRY(zy_password_is_old(zy_tx_read(tx), job->call->env, l->customer, job->call->now, &old, err));
    if (!old || l->must_change)
        return ZY_OK;
    l->must_change = true;
    return customer_must_change(tx, l->customer, err);
}

/* After a long absence nothing that was trusted before is trusted still: devices are new, their gestures gone. */
static zy_status welcome_back(zy_tx *tx, const finish_job *job, zy_err *err)
{
    ZY_TRY(device_lower_all(tx, job->call, job->login->customer, "dormant", err));
    return zy_notify_add(tx, job->call->env, job->login->customer, "security", ZY_STR("长时间未登录提醒"),
                         ZY_STR("您已较长时间未登录手机银行，为保障资金安全，原有设备绑定已解除。请核对账户与登录记录，并重新绑定本人设备。"),
                         err);
}

static zy_status finish_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const finish_job *job = arg;
    const login_row *l = job->login;
    ZY_TRY(end_earlier(tx, job, err));
    if ((l->factors_needed & ZY_FACTOR_PAY_PASSWORD) != 0)
        ZY_TRY(welcome_back(tx, job, err));
    ZY_TRY(login_activate(tx, l, job->call->now, err));
    ZY_TRY(ask_for_change(tx, job, err));
    const zy_audit record = { .event = "login.ok", .actor_kind = "customer", .actor = l->customer, .object_kind = "login",
                              .object = l->id, .address = job->call->caller->address, .device = zy_str_of(l->device_id),
                              .trace = zy_str_of(job->call->trace), .result = ZY_STR("OK") };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

zy_status zy_login_complete(zy_call *call, login_row *login, zy_json *body, zy_err *err)
{
    finish_job job = { call, login };
    ZY_TRY(zy_session_rotate(call, login->login_id, login, err));
    ZY_TRY(zy_db_run(call->env->db, "login.finish", finish_unit, &job, err));
    login->login_at = call->now;
    if ((login->factors_needed & ZY_FACTOR_PAY_PASSWORD) != 0)
        memcpy(login->device_state, "new", sizeof "new");
    zy_presence_touch(login->id, call->now, call->now);
    zy_outbox_poke();
    return zy_session_facts(call->env, login, body, err);
}

zy_status zy_auth_login_finish(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const login_finish_in *in = input;
    login_row login;
    char binding[64];
    ZY_TRY(pending_sms(call, in->login_id, in->factor, &login, err));
    ZY_TRY(zy_sms_code_check(call, login.customer, binding_of(&login, binding), in->value, err));
    return zy_login_complete(call, &login, body, err);
}

zy_status zy_auth_login_carrier(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const login_carrier_in *in = input;
    login_row login;
    char binding[64];
    ZY_TRY(zy_login_pending(call, in->login_id, ZY_FACTOR_SMS, &login, err));
    ZY_TRY(zy_carrier_verify_own(call, login.customer, binding_of(&login, binding), in->token, NULL, err));
    return zy_login_complete(call, &login, body, err);
}

/* --- what is left behind --- */

typedef struct expire_job {
    zy_time now;
    int max;
} expire_job;

static zy_status expire_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const expire_job *job = arg;
    int64_t dropped = 0;
    zy_time older_than = { job->now.ms - EXPIRE_AFTER.ms };
    ZY_TRY(login_expire_pending(tx, older_than, job->max, &dropped, err));
    ZY_TRY(try_expire(tx, older_than, job->max, &dropped, err));
    ZY_TRY(password_pending_drop(tx, older_than, job->max, &dropped, err));
    ZY_TRY(passkey_challenge_expire(tx, older_than, job->max, &dropped, err));
    return zy_sms_code_expire(tx, job->now, job->max, &dropped, err);
}

zy_status zy_identity_expire(zy_env *env, int max, zy_err *err)
{
    expire_job job = { zy_env_now(env), max };
    return zy_db_run(env->db, "identity.expire", expire_unit, &job, err);
}
