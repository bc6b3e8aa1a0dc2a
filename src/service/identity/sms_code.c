/* Codes by SMS: making, limiting, checking. */
#include "service/identity/sms_code_repo.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/identity.h"
#include "service/outbox/outbox.h"

#define DIGITS            6
#define KEY_BYTES         32 /* of the key of one code */
#define BINDING_MAX_BYTES 100
#define PURPOSE_MAX_BYTES 300
#define TYPED_MAX_BYTES   16      /* of a code that is too long, more need not be looked at */
#define KEPT              ZY_DAYS(2) /* limits look back a day */

/* Figures of DECISIONS, "SMS code". Life, tries and digits: the bound is the clause's own. Many customers share an address. */
#define ROWS(wait, wait_min, hour, day, device, address, session_day, widest)                                                      \
    { "sms.code_life_s", 60, 30, 60, "s", "短信验证码有效期", "life of a code" },                                         \
    { "sms.code_tries", 3, 1, 3, "", "短信验证码可试次数", "wrong tries that kill a code" },                              \
    { "sms.login_wait_s", wait, wait_min, 3600, "s", "登录验证码发送间隔", "login codes to a phone: wait" },                     \
    { "sms.login_per_hour", hour, 1, widest, "", "登录验证码每小时次数", "login codes to a phone in an hour" },           \
    { "sms.login_per_day", day, 1, widest, "", "登录验证码每日次数", "login codes to a phone in a day" },                 \
    { "sms.device_per_hour", device, 1, widest, "", "登录验证码每设备每小时次数", "login codes for a device in an hour" }, \
    { "sms.address_per_hour", address, 1, widest, "", "登录验证码每地址每小时次数",                                        \
      "login codes for an address in an hour" },                                                                          \
    { "sms.session_wait_s", 30, 10, 600, "s", "交易验证码发送间隔", "codes for one order: wait" },                        \
    { "sms.session_per_order", 3, 1, 10, "", "交易验证码每笔次数", "codes for one order" },                               \
    { "sms.session_per_day", session_day, 1, widest, "", "交易验证码每日次数", "codes for orders to a phone in a day" },

const zy_param_row ZY_SMS_CODE_PARAMS[] = { ROWS(60, 10, 5, 10, 20, 200, 100, 1000) };
const size_t ZY_SMS_CODE_PARAM_COUNT = ZY_COUNT(ZY_SMS_CODE_PARAMS);
/* A load generator logs in again and again from one place. */
static const zy_param_row TEST_PARAMS[] = { ROWS(0, 0, 1000000, 1000000, 1000000, 1000000, 1000000, 1000000) };

void zy_sms_code_start(zy_env *env)
{
    zy_str kind = zy_config_text(env->config, "bank.kind");
    bool wide = zy_str_eq_c(kind, "test") || zy_str_eq_c(kind, "bench");
    zy_param_register(wide ? TEST_PARAMS : ZY_SMS_CODE_PARAMS, ZY_SMS_CODE_PARAM_COUNT);
}

/* --- digests --- */

static zy_status digest_of_binding(zy_env *env, zy_id customer, zy_str binding, uint8_t out[ZY_SM3_BYTES])
{
    char text[BINDING_MAX_BYTES + 24];
    if (binding.n == 0 || binding.n > BINDING_MAX_BYTES)
        return ZY_BAD_FIELD;
    int n = snprintf(text, sizeof text, "%" PRId64 ":" ZY_STR_FMT, customer.v, ZY_STR_ARG(binding));
    return zy_keys_index(env->keys, "sms.binding", zy_str_bytes(text, (size_t)n), out);
}

static zy_status digest_of_code(zy_env *env, const uint8_t binding[ZY_SM3_BYTES], zy_str code, uint8_t out[ZY_SM3_BYTES])
{
    uint8_t both[ZY_SM3_BYTES + TYPED_MAX_BYTES];
    size_t n = code.n < TYPED_MAX_BYTES ? code.n : TYPED_MAX_BYTES;
    memcpy(both, binding, ZY_SM3_BYTES);
    if (n > 0)
        memcpy(both + ZY_SM3_BYTES, code.p, n);
    zy_status status = zy_keys_index(env->keys, "sms.code", zy_str_bytes(both, ZY_SM3_BYTES + n), out);
    zy_wipe(both, sizeof both);
    return status;
}

static zy_status audit_code(zy_tx *tx, const zy_call *call, const sms_code_row *row, const char *event, zy_status result,
                            zy_err *err)
{
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = row->customer, .object_kind = "sms_code",
                              .object = row->id, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = zy_str_of(zy_status_name(result)) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* --- making --- */

typedef struct limits {
    int64_t wait_s, per_hour, per_day, per_device, per_address, binding_wait_s, per_binding;
} limits;

typedef struct begin_job {
    zy_call *call;
    zy_str purpose;
    bool in_session;
    limits limits;
    zy_person person;
    uint8_t device[ZY_SM3_BYTES], address[ZY_SM3_BYTES];
    bool has_device, has_address;
    sms_code_row row;
} begin_job;

static void begin_job_wipe(begin_job *job)
{
    zy_wipe(job, sizeof *job);
}

static limits limits_of(zy_env *env, bool in_session)
{
    if (in_session)
        return (limits){ .per_hour = INT64_MAX, .per_day = zy_param_get(env, "sms.session_per_day"),
                         .binding_wait_s = zy_param_get(env, "sms.session_wait_s"),
                         .per_binding = zy_param_get(env, "sms.session_per_order") };
    return (limits){ .wait_s = zy_param_get(env, "sms.login_wait_s"), .per_hour = zy_param_get(env, "sms.login_per_hour"),
                     .per_day = zy_param_get(env, "sms.login_per_day"), .per_device = zy_param_get(env, "sms.device_per_hour"),
                     .per_address = zy_param_get(env, "sms.address_per_hour"), .per_binding = INT64_MAX };
}

static zy_status take_from(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_time now, int64_t limit, zy_err *err)
{
    int64_t events = 0, taken = 0;
    ZY_TRY(sms_sender_take(tx, who, now, &events, &taken, err));
    return taken <= limit ? ZY_OK : zy_fail(err, ZY_RATE_LIMITED, NULL, "login codes for one device or address");
}

static bool too_soon(zy_time last, zy_time now, int64_t wait_s)
{
    return last.ms != 0 && !zy_time_passed(now, last, ZY_SECONDS(wait_s));
}

/* The phone's row is locked first, then the device's, then the address's: nobody can wait in a circle. */
static zy_status check_limits(zy_tx *tx, begin_job *job, zy_err *err)
{
    const limits *l = &job->limits;
    zy_time now = job->row.created_at;
    sms_sent sent;
    int64_t taken = 0;
    ZY_TRY(sms_sender_take(tx, job->row.phone, now, &job->row.event, &taken, err));
    ZY_TRY(sms_code_sent(zy_tx_read(tx), &job->row, &sent, err));
    if (sent.in_day >= l->per_day)
        return zy_fail(err, ZY_LOCKED, NULL, "the day's %s codes are used up", job->row.kind);
    if (sent.of_binding >= l->per_binding)
        return zy_fail(err, ZY_LOCKED, NULL, "the codes of this order are used up");
    if (sent.in_hour >= l->per_hour || too_soon(sent.last, now, l->wait_s) ||
        too_soon(sent.last_of_binding, now, l->binding_wait_s))
        return zy_fail(err, ZY_RATE_LIMITED, NULL, "%s codes follow too soon", job->row.kind);
    if (!job->in_session && job->has_device)
        ZY_TRY(take_from(tx, job->device, now, l->per_device, err));
    if (!job->in_session && job->has_address)
        ZY_TRY(take_from(tx, job->address, now, l->per_address, err));
    return ZY_OK;
}

/* GB/T 38556 with a key that is used for this code alone and forgotten. */
zy_status zy_sms_code_digits(zy_str challenge, uint32_t event, char ret_digits[DIGITS + 1])
{
    uint8_t key[KEY_BYTES];
    ZY_TRY(zy_random(key, sizeof key));
    zy_status status = zy_otp_sm3(key, sizeof key, NULL, &event, challenge, DIGITS, ret_digits);
    zy_wipe(key, sizeof key);
    return status;
}

/* The phone's counter is the event, the binding the challenge. */
static zy_status make_code(begin_job *job, char code[DIGITS + 1])
{
    ZY_TRY(zy_sms_code_digits(zy_str_bytes(job->row.binding, ZY_SM3_BYTES), (uint32_t)job->row.event, code));
    return digest_of_code(job->call->env, job->row.binding, zy_str_bytes(code, DIGITS), job->row.digest);
}

static zy_status queue_text(zy_tx *tx, const begin_job *job, const char *code, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_AUTO_SECRET_BUF text = { 0 };
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】验证码%s，您正在" ZY_STR_FMT "，%" PRId64 "秒内有效。切勿告诉他人，银行工作人员不会索要。",
               ZY_STR_ARG(zy_config_text(env->config, "brand.name")), code, ZY_STR_ARG(job->purpose),
               zy_time_since(job->row.expires_at, job->row.created_at).ms / 1000);
    return zy_outbox_sms(tx, env, zy_str_of(job->person.phone), zy_buf_view(&text), job->in_session ? "order" : "login",
                         job->row.expires_at, err);
}

static zy_status begin_unit(zy_tx *tx, void *arg, zy_err *err)
{
    begin_job *job = arg;
    char code[DIGITS + 1];
    ZY_TRY(check_limits(tx, job, err));
    ZY_TRY(make_code(job, code));
    ZY_TRY(sms_code_replace(tx, job->row.binding, job->row.created_at, err));
    ZY_TRY(sms_code_insert(tx, &job->row, err));
    zy_status status = queue_text(tx, job, code, err);
    zy_wipe(code, sizeof code);
    ZY_TRY(status);
    return audit_code(tx, job->call, &job->row, "sms.sent", ZY_OK, err);
}

static zy_status read_person(zy_rtx *rtx, void *arg, zy_err *err)
{
    begin_job *job = arg;
    return zy_customer_person(rtx, job->call->env, job->row.customer, &job->person, err);
}

static zy_status index_of(zy_env *env, const char *domain, zy_str value, uint8_t out[ZY_SM3_BYTES], bool *ret_has)
{
    *ret_has = value.n > 0;
    return zy_keys_index(env->keys, domain, value, out);
}

/* Everything that the unit needs and that is not the database's. */
static zy_status prepare(begin_job *job, zy_str binding, zy_err *err)
{
    zy_call *call = job->call;
    zy_env *env = call->env;
    sms_code_row *row = &job->row;
    bool has_phone = false;
    if (job->purpose.n == 0 || job->purpose.n > PURPOSE_MAX_BYTES || !zy_str_is_utf8(job->purpose))
        return zy_fail(err, ZY_BAD_FIELD, NULL, "a code without a purpose, or with one too long");
    if (digest_of_binding(env, row->customer, binding, row->binding) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "a code is bound to 1 to %d bytes", BINDING_MAX_BYTES);
    job->limits = limits_of(env, job->in_session);
    row->id = zy_id_next(env->ids);
    row->kind = job->in_session ? "session" : "login";
    row->created_at = call->now;
    row->expires_at = zy_time_add(call->now, ZY_SECONDS(zy_param_get(env, "sms.code_life_s")));
    if (job->person.phone[0] == '\0')
        ZY_TRY(zy_db_read(env->db, "sms.person", read_person, job, err));
    ZY_TRY(index_of(env, "sms.phone", zy_str_of(job->person.phone), row->phone, &has_phone));
    ZY_TRY(index_of(env, "sms.device", zy_str_of(call->caller->device_id), job->device, &job->has_device));
    char network[ZY_NETWORK_TEXT_MAX];
    return index_of(env, "sms.address", zy_network_of(call->caller->address, network), job->address, &job->has_address);
}

static zy_status begin(begin_job *job, zy_str binding, char ret_phone[ZY_MASK_MAX], zy_time *ret_expires_at, zy_err *err)
{
    ZY_TRY(prepare(job, binding, err));
    ZY_TRY(zy_db_run(job->call->env->db, "sms.begin", begin_unit, job, err));
    zy_outbox_poke();
    zy_mask_phone(zy_str_of(job->person.phone), ret_phone);
    *ret_expires_at = job->row.expires_at;
    return ZY_OK;
}

zy_status zy_sms_code_begin(zy_call *call, zy_id customer, zy_str binding, bool in_session, zy_str text_purpose,
                            char ret_phone[ZY_MASK_MAX], zy_time *ret_expires_at, zy_err *err)
{
    __attribute__((cleanup(begin_job_wipe))) begin_job job = { .call = call, .purpose = text_purpose, .in_session = in_session,
                                                               .row = { .customer = customer } };
    return begin(&job, binding, ret_phone, ret_expires_at, err);
}

zy_status zy_sms_code_begin_to(zy_call *call, zy_id customer, zy_str phone, zy_str binding, zy_str text_purpose,
                               char ret_phone[ZY_MASK_MAX], zy_time *ret_expires_at, zy_err *err)
{
    __attribute__((cleanup(begin_job_wipe))) begin_job job = { .call = call, .purpose = text_purpose, .row = { .customer = customer } };
    ZY_TRY(zy_str_copy(phone, job.person.phone, sizeof job.person.phone));
    return begin(&job, binding, ret_phone, ret_expires_at, err);
}

/* --- checking --- */

typedef struct check_job {
    zy_call *call;
    int64_t tries_max;
    uint8_t binding[ZY_SM3_BYTES], digest[ZY_SM3_BYTES];
    zy_id customer;
    zy_status result; /* the unit commits in any case: a wrong try counts */
} check_job;

static zy_status count_wrong(zy_tx *tx, const check_job *job, const sms_code_row *row, zy_err *err)
{
    ZY_TRY(sms_code_count_try(tx, row->id, err));
    return row->tries + 1 < job->tries_max ? ZY_OK : sms_code_close(tx, row->id, "wrong", job->call->now, err);
}

/* A live code, or none: decides, and writes what follows from it. */
static zy_status decide(zy_tx *tx, check_job *job, sms_code_row *row, zy_err *err)
{
    zy_time now = job->call->now;
    zy_status status = sms_code_live(tx, job->binding, row, err);
    bool live = status == ZY_OK && now.ms < row->expires_at.ms;
    bool right = zy_ct_equal(row->digest, job->digest, sizeof row->digest);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    job->result = !live ? ZY_CODE_EXPIRED : right ? ZY_OK : ZY_FACTOR_WRONG;
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    if (live && !right)
        return count_wrong(tx, job, row, err);
    return sms_code_close(tx, row->id, live ? "used" : "expired", now, err);
}

static zy_status check_unit(zy_tx *tx, void *arg, zy_err *err)
{
    check_job *job = arg;
    sms_code_row row = { .customer = job->customer };
    ZY_TRY(decide(tx, job, &row, err));
    return audit_code(tx, job->call, &row, job->result == ZY_OK ? "sms.ok" : "sms.wrong", job->result, err);
}

zy_status zy_sms_code_check(zy_call *call, zy_id customer, zy_str binding, zy_str code, zy_err *err)
{
    zy_env *env = call->env;
    check_job job = { .call = call, .customer = customer, .tries_max = zy_param_get(env, "sms.code_tries") };
    if (digest_of_binding(env, customer, binding, job.binding) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "a code is bound to 1 to %d bytes", BINDING_MAX_BYTES);
    ZY_TRY(digest_of_code(env, job.binding, code, job.digest));
    ZY_TRY(zy_db_run(env->db, "sms.check", check_unit, &job, err));
    return job.result == ZY_OK ? ZY_OK : zy_fail(err, job.result, NULL, "code by SMS");
}

zy_status zy_sms_code_expire(zy_tx *tx, zy_time now, int max, int64_t *ret_dropped, zy_err *err)
{
    return sms_code_drop(tx, (zy_time){ now.ms - KEPT.ms }, max, ret_dropped, err);
}
