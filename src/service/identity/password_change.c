/* password.change.*: the old password, then a code by SMS; and what resets share with it. */
#include "service/identity/password_change.h"

#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "service/identity/session.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/outbox/outbox.h"
#include "service/param/param.h"

#define NOTICE_LIFE ZY_HOURS(1)

static const zy_param_row PARAMS[] = {
    { "password.days", 180, 30, 180, "days", "登录密码有效期", "days after which a login password must be changed" },
    { "password.history", 5, 1, PASSWORD_HISTORY_MAX, "passwords", "不得与最近几次密码相同", "former passwords that a new one must not be" },
};

/* What differs between the two passwords. */
static const struct password_kind {
    const char *name;
    zy_secret_purpose purpose; /* of the client's encryption */
    zy_try_kind tries;
    zy_password_flaw (*rules)(const zy_secret *secret, const zy_person *person);
    const char *sms, *title, *message;
} KINDS[] = {
    { "login", ZY_SECRET_LOGIN, ZY_TRY_LOGIN, zy_password_rules_login, "修改登录密码", "登录密码已修改",
      "您的登录密码刚刚修改，请用新密码重新登录。如非本人操作，请立即联系客服。" },
    { "pay", ZY_SECRET_TRANSACTION, ZY_TRY_PAY, zy_password_rules_pay, "修改交易密码", "交易密码已修改",
      "您的交易密码刚刚修改。如非本人操作，请立即联系客服。" },
};

static const struct password_kind *kind_of(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        if (zy_str_eq_c(name, KINDS[i].name))
            return &KINDS[i];
    return NULL;
}

void zy_password_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
}

zy_status zy_password_is_old(zy_rtx *rtx, zy_env *env, zy_id customer, zy_time now, bool *ret_old, zy_err *err)
{
    zy_time changed_at;
    ZY_TRY(credential_age(rtx, customer, "login", &changed_at, err));
    *ret_old = zy_time_passed(now, changed_at, ZY_DAYS(zy_param_get(env, "password.days")));
    return ZY_OK;
}

/* --- judging --- */

typedef struct judge_job {
    zy_env *env;
    zy_id customer;
    const char *kind;
    zy_person person;
    uint8_t records[PASSWORD_HISTORY_MAX + 1][ZY_PASSWORD_RECORD_BYTES]; /* the present one first */
    int count;
    bool locked;
} judge_job;

static zy_status judge_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    judge_job *job = arg;
    char state[16];
    int keep = (int)zy_param_get(job->env, "password.history");
    ZY_TRY(zy_customer_person(rtx, job->env, job->customer, &job->person, err));
    ZY_TRY(credential_find(rtx, job->customer, job->kind, job->records[0], state, err));
    ZY_TRY(password_history_read(rtx, job->customer, job->kind, keep, &job->records[1], &job->count, err));
    job->count++;
    return ZY_OK;
}

/* Whoever holds a reset that began, but not its code, must not learn here which passwords were this customer's: comparing is a
 * try, given back when the password is set. */
static zy_status used_unit(zy_tx *tx, void *arg, zy_err *err)
{
    judge_job *job = arg;
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(zy_try_key(job->env, ZY_TRY_USED, job->customer, NULL, key));
    return zy_try_take(tx, key, zy_env_now(job->env), &job->locked, err);
}

static zy_status take_used_try(judge_job *job, zy_err *err)
{
    ZY_TRY(zy_db_run(job->env->db, "password.used_try", used_unit, job, err));
    return job->locked ? zy_fail(err, ZY_LOCKED, NULL, "too many passwords compared with former ones") : ZY_OK;
}

static zy_status was_used(zy_call *call, const judge_job *job, const zy_secret *secret, zy_password_flaw *flaw, zy_err *err)
{
    for (int i = 0; i < job->count && *flaw == ZY_FLAW_NONE; i++) {
        zy_status status = zy_hash_pool_check(call->env->keys, secret, job->records[i], err);
        if (status != ZY_OK && status != ZY_FACTOR_WRONG)
            return status;
        if (status == ZY_OK)
            *flaw = ZY_FLAW_USED;
    }
    return ZY_OK;
}

zy_status password_judge(zy_call *call, zy_id customer, const char *kind, const zy_secret *secret, zy_json *body, zy_err *err)
{
    judge_job job = { .env = call->env, .customer = customer, .kind = kind };
    zy_status status = zy_db_read(call->env->db, "password.judge", judge_read, &job, err);
    zy_password_flaw flaw = status == ZY_OK ? kind_of(zy_str_of(kind))->rules(secret, &job.person) : ZY_FLAW_NONE;
    if (status == ZY_OK && flaw == ZY_FLAW_NONE)
        status = take_used_try(&job, err);
    if (status == ZY_OK)
        status = was_used(call, &job, secret, &flaw, err);
    zy_person_wipe(&job.person);
    ZY_TRY(status);
    if (flaw == ZY_FLAW_NONE)
        return ZY_OK;
    zy_json_set_c(body, "flaw", zy_password_flaw_name(flaw));
    return zy_fail(err, ZY_PASSWORD_WEAK, "password", "%s", zy_password_flaw_name(flaw));
}

/* --- what waits for its code --- */

zy_status password_pending_make(zy_call *call, password_pending *p, zy_err *err)
{
    uint8_t random[16];
    zy_status status = zy_random(random, sizeof random);
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "no randomness");
    zy_base64url_encode(random, sizeof random, p->token);
    p->id = zy_id_next(call->env->ids);
    p->created_at = call->now;
    zy_identity_hooks_now()->session_digest(call->caller, p->session_digest);
    return ZY_OK;
}

zy_str password_binding(const password_pending *p, char out[64])
{
    snprintf(out, 64, "password:%s", p->token);
    return zy_str_of(out);
}

typedef struct find_job {
    zy_str token;
    password_pending *pending;
} find_job;

static zy_status find_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    find_job *job = arg;
    return password_pending_find(rtx, job->token, job->pending, err);
}

zy_status password_pending_load(zy_call *call, zy_str token, bool reset, password_pending *p, zy_err *err)
{
    uint8_t digest[ZY_SM3_BYTES];
    find_job job = { token, p };
    zy_status status = zy_db_read(call->env->db, "password.pending", find_read, &job, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    zy_identity_hooks_now()->session_digest(call->caller, digest);
    if (status == ZY_NOT_FOUND || !zy_ct_equal(digest, p->session_digest, sizeof digest) || (p->login.v == 0) != reset ||
        (!reset && !zy_id_eq(p->login, call->caller->login)) || zy_time_passed(call->now, p->created_at, PASSWORD_PENDING_LIFE))
        return zy_fail(err, ZY_CODE_EXPIRED, NULL, "nothing waits for this code on this channel");
    return ZY_OK;
}

static zy_audit audit_of(const zy_call *call, zy_id customer, const char *event, const char *kind, const char *result)
{
    return (zy_audit){ .event = event, .actor_kind = "customer", .actor = customer, .object_kind = "credential",
                       .address = call->caller->address, .device = zy_str_of(call->caller->device_id),
                       .trace = zy_str_of(call->trace), .result = zy_str_of(result), .detail = zy_str_of(kind) };
}

bool password_is_over(zy_time until, zy_time now)
{
    return until.ms != 0 && until.ms <= now.ms;
}

zy_status password_put(zy_tx *tx, zy_env *env, zy_id customer, const char *kind, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                       zy_time now, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(zy_try_key(env, ZY_TRY_USED, customer, NULL, key));
    ZY_TRY(zy_try_forgive(tx, key, now, err));
    return credential_replace(tx, customer, kind, record, (int)zy_param_get(env, "password.history"), now, err);
}

/* Not read on a screen that somebody else may hold, so by a text, too. */
zy_status password_tell(zy_tx *tx, zy_env *env, zy_id customer, const char *kind_name, zy_time now, zy_err *err)
{
    const struct password_kind *kind = kind_of(zy_str_of(kind_name));
    ZY_AUTO_PERSON person = { 0 };
    ZY_AUTO_SECRET_BUF text = { 0 };
    ZY_TRY(zy_notify_add(tx, env, customer, "security", zy_str_of(kind->title), zy_str_of(kind->message), err));
    ZY_TRY(zy_customer_person(zy_tx_read(tx), env, customer, &person, err));
    zy_str brand = zy_config_text(env->config, "brand.name");
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】%s", ZY_STR_ARG(brand), kind->message);
    return zy_outbox_sms(tx, env, zy_str_of(person.phone), zy_buf_view(&text), "notice", zy_time_add(now, NOTICE_LIFE), err);
}

zy_status password_apply(zy_tx *tx, zy_call *call, const password_pending *p, const char *event, zy_err *err)
{
    zy_env *env = call->env;
    const struct password_kind *kind = kind_of(zy_str_of(p->kind));
    const zy_audit record = audit_of(call, p->customer, event, p->kind, "OK");
    ZY_TRY(zy_audit_add(tx, env, &record, NULL, err));
    ZY_TRY(password_pending_take(tx, p->id, err));
    ZY_TRY(password_put(tx, env, p->customer, p->kind, p->record, call->now, err));
    if (kind->tries == ZY_TRY_LOGIN) { /* mb.session-security: a session ends with the password that opened it */
        ZY_TRY(customer_changed_password(tx, p->customer, err));
        ZY_TRY(zy_identity_end_logins(tx, env, p->customer, "password_changed", err));
    }
    return password_tell(tx, env, p->customer, p->kind, call->now, err);
}

/* --- password.change.start --- */

typedef struct start_job {
    zy_call *call;
    const struct password_kind *kind;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES], key[ZY_SM3_BYTES];
    bool locked, right;
    zy_time until;
    password_pending pending;
} start_job;

static zy_status old_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    start_job *job = arg;
    zy_id customer = job->call->caller->customer;
    char state[16];
    ZY_TRY(credential_until(rtx, customer, job->kind->name, &job->until, err));
    return credential_find(rtx, customer, job->kind->name, job->record, state, err);
}

static zy_status old_try(zy_tx *tx, void *arg, zy_err *err)
{
    start_job *job = arg;
    return zy_try_take(tx, job->key, job->call->now, &job->locked, err);
}

static zy_status old_result(zy_tx *tx, void *arg, zy_err *err)
{
    const start_job *job = arg;
    const zy_call *call = job->call;
    if (job->right)
        return zy_try_forgive(tx, job->key, call->now, err);
    const zy_audit record = audit_of(call, call->caller->customer, "password.old_wrong", job->kind->name, "FACTOR_WRONG");
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* On a bound device the login password has the counter that its logins there have: strangers who guess elsewhere do not keep the
 * customer from changing it. */
static zy_status tries_key(start_job *job)
{
    const zy_caller *caller = job->call->caller;
    zy_env *env = job->call->env;
    if (job->kind->tries == ZY_TRY_LOGIN && caller->device_bound)
        return zy_try_bound_key(env, ZY_TRY_LOGIN, caller->customer, zy_str_of(caller->device_id), job->key);
    return zy_try_key(env, job->kind->tries, caller->customer, NULL, job->key);
}

/* mb.static-password.c3-ii: the old one first, within the limits of its kind. */
static zy_status check_old(start_job *job, const zy_secret *old, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_TRY(tries_key(job));
    ZY_TRY(zy_db_read(env->db, "password.old", old_read, job, err));
    ZY_TRY(zy_db_run(env->db, "password.old_try", old_try, job, err));
    if (job->locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong passwords");
    zy_status status = zy_hash_pool_check(env->keys, old, job->record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    job->right = status == ZY_OK && !password_is_over(job->until, job->call->now);
    ZY_TRY(zy_db_run(env->db, "password.old_result", old_result, job, err));
    return job->right ? ZY_OK : zy_fail(err, ZY_FACTOR_WRONG, "old", "the old password");
}

static zy_status keep_pending(zy_tx *tx, void *arg, zy_err *err)
{
    const start_job *job = arg;
    const zy_audit record = audit_of(job->call, job->pending.customer, "password.change_begun", job->kind->name, "OK");
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, NULL, err));
    return password_pending_insert(tx, &job->pending, err);
}

zy_status zy_password_change_start(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const password_start_in *in = input;
    zy_env *env = call->env;
    char binding[64], phone[ZY_MASK_MAX];
    zy_time expires_at;
    ZY_AUTO_SECRET old = { .n = 0 };
    ZY_AUTO_SECRET fresh = { .n = 0 };
    start_job job = { .call = call, .kind = kind_of(in->kind) };
    if (job.kind == NULL)
        return zy_fail(err, ZY_BAD_FIELD, "kind", "no such password");
    ZY_TRY(zy_secret_take(call, &in->old, job.kind->purpose, &old, err));
    ZY_TRY(zy_secret_take(call, &in->password, ZY_SECRET_NEW, &fresh, err));
    ZY_TRY(check_old(&job, &old, err));
    ZY_TRY(password_judge(call, call->caller->customer, job.kind->name, &fresh, body, err));
    job.pending = (password_pending){ .customer = call->caller->customer, .login = call->caller->login, .has_record = true };
    memcpy(job.pending.kind, job.kind->name, strlen(job.kind->name) + 1);
    ZY_TRY(password_pending_make(call, &job.pending, err));
    ZY_TRY(zy_password_make(env->keys, &fresh, (unsigned)zy_config_int(env->config, "password.iterations"), job.pending.record));
    ZY_TRY(zy_db_run(env->db, "password.pending", keep_pending, &job, err));
    ZY_TRY(zy_sms_code_begin(call, call->caller->customer, password_binding(&job.pending, binding), true,
                             zy_str_of(job.kind->sms), phone, &expires_at, err));
    zy_json_set_c(body, "change_id", job.pending.token);
    zy_json_set_c(body, "phone", phone);
    zy_json_set_int(body, "expires_at", expires_at.ms);
    return ZY_OK;
}

/* --- password.change.finish --- */

typedef struct finish_job {
    zy_call *call;
    password_pending pending;
} finish_job;

static zy_status finish_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const finish_job *job = arg;
    return password_apply(tx, job->call, &job->pending, "password.changed", err);
}

zy_status zy_password_change_finish(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const password_finish_in *in = input;
    finish_job job = { .call = call };
    char binding[64];
    (void)body;
    ZY_TRY(password_pending_load(call, in->change_id, false, &job.pending, err));
    ZY_TRY(zy_sms_code_check(call, job.pending.customer, password_binding(&job.pending, binding), in->code, err));
    ZY_TRY(zy_db_run(call->env->db, "password.change", finish_unit, &job, err));
    zy_outbox_poke();
    return ZY_OK;
}
