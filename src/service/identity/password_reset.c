/* password.reset.*: a forgotten login password. What one knows (name, id number, transaction password) and a code by SMS, all on
 * one channel; only then a new password (DECISIONS "forgotten password"). The transaction password itself: the counter. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/captcha.h"
#include "service/identity/device_internal.h"
#include "service/identity/hash_pool.h"
#include "service/identity/password_change.h"
#include "service/identity/reset.h"
#include "service/identity/session.h"
#include "service/identity/standing_repo.h"
#include "service/identity/tries.h"
#include "service/outbox/outbox.h"

/* Somebody's and nobody's reset cost the same and answer the same: the same look-ups, counted tries, one hash, one record. As at
 * the login a try counts for the typed name and for whom it means, and on a customer's own bound device for that alone. */
typedef struct reset_job {
    zy_call *call;
    const reset_start_in *in;
    const zy_secret *id_no;
    zy_device device;
    uint8_t name_index[ZY_SM3_BYTES], name_key[ZY_SM3_BYTES], who_key[ZY_SM3_BYTES];
    uint8_t device_key[ZY_SM3_BYTES], address_key[ZY_SM3_BYTES];
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    zy_id customer; /* 0: nobody */
    bool bound, usable, id_right, name_locked, who_locked, source_locked, right;
    password_pending pending;
} reset_job;

/* Nobody has no standing, but is looked for. */
static zy_status look_up_rest(zy_rtx *rtx, reset_job *job, zy_err *err)
{
    zy_standing standing = { .state = "" };
    zy_status status = standing_read(rtx, job->customer, &standing, err);
    job->usable = job->usable && !zy_customer_phone_rests(job->call->env, &standing, job->call->now);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status read_person(zy_rtx *rtx, reset_job *job, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    ZY_TRY(zy_customer_person(rtx, job->call->env, job->customer, &person, err));
    job->id_right = job->id_no->n == strlen(person.id_no) && zy_ct_equal(job->id_no->bytes, person.id_no, job->id_no->n);
    return ZY_OK;
}

/* Nobody's name is followed by the same look-ups as somebody's. */
static zy_status look_up_customer(zy_rtx *rtx, reset_job *job, zy_err *err)
{
    char state[16] = "";
    zy_time until; /* a temporary password that is over may be forgotten like another */
    zy_status status = login_look_up(rtx, job->name_index, &job->customer, job->record, state, &until, err);
    if (status == ZY_NOT_FOUND)
        job->customer = (zy_id){ 0 };
    else if (status != ZY_OK)
        return status;
    status = credential_find(rtx, job->customer, "pay", job->record, state, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    if (status == ZY_NOT_FOUND)
        zy_login_nobody(job->record);
    job->usable = status == ZY_OK && strcmp(state, "active") == 0;
    ZY_TRY(look_up_rest(rtx, job, err));
    return job->usable ? read_person(rtx, job, err) : zy_customer_nobody(rtx, job->call->env, err);
}

/* A device that was reported lost opens nothing. */
static zy_status look_up_device(zy_rtx *rtx, reset_job *job, zy_err *err)
{
    device_seen seen = { .state = "" };
    zy_status status = device_find(rtx, job->customer, job->device.device_id, &seen, err);
    job->bound = strcmp(seen.state, "bound") == 0;
    job->usable = job->usable && strcmp(seen.state, "lost") != 0;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status look_up(zy_rtx *rtx, void *arg, zy_err *err)
{
    reset_job *job = arg;
    bool device = false, address = false;
    ZY_TRY(look_up_customer(rtx, job, err));
    ZY_TRY(look_up_device(rtx, job, err));
    ZY_TRY(zy_try_is_locked(rtx, job->device_key, job->call->now, &device, err));
    ZY_TRY(zy_try_is_locked(rtx, job->address_key, job->call->now, &address, err));
    job->source_locked = (device || address) && !job->bound;
    return ZY_OK;
}

static zy_status make_who_key(reset_job *job)
{
    zy_env *env = job->call->env;
    if (job->bound)
        return zy_try_bound_key(env, ZY_TRY_RESET_OF, job->customer, zy_str_of(job->device.device_id), job->who_key);
    zy_try_kind kind = job->customer.v != 0 ? ZY_TRY_RESET_OF : ZY_TRY_RESET_NOBODY;
    return zy_try_key(env, kind, job->customer, job->name_index, job->who_key);
}

static zy_status find_who(reset_job *job, zy_err *err)
{
    ZY_AUTO_SECRET id_no = { .n = 0 };
    ZY_TRY(zy_secret_take(job->call, &job->in->id_no, ZY_SECRET_NUMBERS, &id_no, err));
    job->id_no = &id_no;
    zy_status status = zy_db_read(job->call->env->db, "password.reset_look_up", look_up, job, err);
    job->id_no = NULL;
    ZY_TRY(status);
    return make_who_key(job);
}

static zy_status take_try(zy_tx *tx, void *arg, zy_err *err)
{
    reset_job *job = arg;
    if (job->bound) {
        ZY_TRY(zy_try_take(tx, job->who_key, job->call->now, &job->who_locked, err));
        job->name_locked = job->who_locked; /* who holds the device's key may know */
        return ZY_OK;
    }
    ZY_TRY(zy_try_take(tx, job->name_key, job->call->now, &job->name_locked, err));
    return zy_try_take(tx, job->who_key, job->call->now, &job->who_locked, err);
}

static zy_status audit_reset(zy_tx *tx, const reset_job *job, const char *result, zy_err *err)
{
    const zy_caller *caller = job->call->caller;
    const zy_audit record = { .event = "password.reset_begun", .actor_kind = job->customer.v != 0 ? "customer" : "anonymous",
                              .actor = job->customer, .object_kind = "credential", .address = caller->address,
                              .device = zy_str_of(job->device.device_id), .trace = zy_str_of(job->call->trace),
                              .result = zy_str_of(result), .detail = ZY_STR("login") };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

static zy_status keep_right(zy_tx *tx, const reset_job *job, zy_err *err)
{
    if (!job->bound)
        ZY_TRY(zy_try_forgive(tx, job->name_key, job->call->now, err));
    ZY_TRY(zy_try_forgive(tx, job->who_key, job->call->now, err));
    return password_pending_insert(tx, &job->pending, err);
}

static zy_status start_result(zy_tx *tx, void *arg, zy_err *err)
{
    const reset_job *job = arg;
    zy_env *env = job->call->env;
    zy_time now = job->call->now;
    ZY_TRY(audit_reset(tx, job, job->right ? "OK" : "LOGIN_FAILED", err));
    if (job->right)
        return keep_right(tx, job, err);
    if (job->name_locked || job->source_locked)
        return ZY_OK;
    ZY_TRY(zy_try_source_wrong(tx, env, ZY_FROM_ADDRESS, job->address_key, now, err));
    return job->bound ? ZY_OK : zy_try_source_wrong(tx, env, ZY_FROM_DEVICE, job->device_key, now, err);
}

static zy_status make_keys(reset_job *job)
{
    zy_env *env = job->call->env;
    char network[ZY_NETWORK_TEXT_MAX];
    ZY_TRY(zy_try_key(env, ZY_TRY_RESET, (zy_id){ 0 }, job->name_index, job->name_key));
    ZY_TRY(zy_try_source_key(env, ZY_FROM_DEVICE, zy_str_of(job->device.device_id), job->device_key));
    return zy_try_source_key(env, ZY_FROM_ADDRESS, zy_network_of(job->call->caller->address, network), job->address_key);
}

static zy_status identify(reset_job *job, zy_err *err)
{
    ZY_TRY(zy_device_prove(job->call, &job->in->device, &job->device, err));
    ZY_TRY(zy_login_name_index(job->call->env, job->in->user, job->name_index));
    return make_keys(job);
}

static bool is_locked(const reset_job *job)
{
    return job->source_locked || job->name_locked || job->who_locked;
}

static zy_status check_knowledge(reset_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_AUTO_SECRET secret = { .n = 0 };
    ZY_TRY(zy_secret_take(job->call, &job->in->pay_password, ZY_SECRET_TRANSACTION, &secret, err));
    ZY_TRY(find_who(job, err));
    ZY_TRY(zy_db_run(env->db, "password.reset_try", take_try, job, err));
    zy_status status = zy_hash_pool_check(env->keys, &secret, job->record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    job->right = status == ZY_OK && job->usable && job->id_right && !is_locked(job);
    job->pending.customer = job->customer;
    ZY_TRY(password_pending_make(job->call, &job->pending, err));
    ZY_TRY(zy_db_run(env->db, "password.reset_result", start_result, job, err));
    if (job->name_locked || job->source_locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tries");
    return job->right ? ZY_OK : zy_fail(err, ZY_LOGIN_FAILED, NULL, "name, id number or transaction password");
}

/* Its codes are counted by device, too. */
static zy_status send_code(reset_job *job, zy_json *body, zy_err *err)
{
    zy_call *call = job->call;
    char binding[64], phone[ZY_MASK_MAX];
    zy_time expires_at;
    memcpy(call->caller->device_id, job->device.device_id, sizeof call->caller->device_id);
    ZY_TRY(zy_sms_code_begin(call, job->customer, password_binding(&job->pending, binding), false, ZY_STR("重置登录密码"), phone,
                             &expires_at, err));
    zy_json_set_c(body, "reset_id", job->pending.token);
    zy_json_set_c(body, "phone", phone);
    zy_json_set_int(body, "expires_at", expires_at.ms);
    return ZY_OK;
}

zy_status zy_password_reset_start(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    reset_job job = { .call = call, .in = input, .pending = { .kind = "login" } };
    ZY_TRY(identify(&job, err));
    ZY_TRY(zy_captcha_check(call->caller->channel_th, job.in->captcha.captcha_id, job.in->captcha.text, call->now));
    ZY_TRY(check_knowledge(&job, err));
    return send_code(&job, body, err);
}

/* --- another way than the transaction password --- */

/* The hash that a transaction password costs, here too: what differs between somebody and nobody is lost in it. */
static zy_status cost_a_hash(reset_job *job, zy_err *err)
{
    ZY_AUTO_SECRET none = { .n = 0 };
    zy_status status = zy_hash_pool_check(job->call->env->keys, &none, job->record, err);
    return status == ZY_FACTOR_WRONG ? ZY_OK : status;
}

zy_status zy_reset_claim_begin(zy_call *call, const zy_reset_claim_in *in, zy_reset_claim *ret_claim, zy_err *err)
{
    const reset_start_in start = { .user = in->user, .id_no = in->id_no, .captcha = in->captcha, .device = in->device };
    reset_job job = { .call = call, .in = &start, .pending = { .kind = "login" } };
    zy_db *db = call->env->db;
    ZY_TRY(identify(&job, err));
    ZY_TRY(zy_captcha_check(call->caller->channel_th, in->captcha.captcha_id, in->captcha.text, call->now));
    ZY_TRY(find_who(&job, err));
    ZY_TRY(zy_db_run(db, "password.reset_try", take_try, &job, err));
    ZY_TRY(cost_a_hash(&job, err));
    if (job.name_locked || job.source_locked) {
        ZY_TRY(zy_db_run(db, "password.reset_result", start_result, &job, err));
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tries");
    }
    bool somebody = job.usable && job.id_right && !is_locked(&job);
    *ret_claim = (zy_reset_claim){ .customer = somebody ? job.customer : (zy_id){ 0 }, .bound = job.bound };
    memcpy(ret_claim->name_index, job.name_index, sizeof job.name_index);
    memcpy(ret_claim->device_id, job.device.device_id, sizeof job.device.device_id);
    return ZY_OK;
}

static zy_status job_of(zy_call *call, const zy_reset_claim *claim, reset_job *job)
{
    *job = (reset_job){ .call = call, .customer = claim->customer, .bound = claim->bound, .pending = { .kind = "login", .customer = claim->customer } };
    memcpy(job->name_index, claim->name_index, sizeof job->name_index);
    memcpy(job->device.device_id, claim->device_id, sizeof job->device.device_id);
    ZY_TRY(make_keys(job));
    return make_who_key(job);
}

zy_status zy_reset_claim_proven(zy_call *call, const zy_reset_claim *claim, zy_json *body, zy_err *err)
{
    reset_job job;
    ZY_TRY(job_of(call, claim, &job));
    job.right = true;
    ZY_TRY(password_pending_make(call, &job.pending, err));
    ZY_TRY(zy_db_run(call->env->db, "password.reset_result", start_result, &job, err));
    return send_code(&job, body, err);
}

zy_status zy_reset_claim_wrong(zy_call *call, const zy_reset_claim *claim, zy_err *err)
{
    reset_job job;
    ZY_TRY(job_of(call, claim, &job));
    return zy_db_run(call->env->db, "password.reset_result", start_result, &job, err);
}

typedef struct finish_job {
    zy_call *call;
    password_pending pending;
} finish_job;

/* Whoever proved all this may log in again at once: locks of guesses that failed are lifted. */
static zy_status finish_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const finish_job *job = arg;
    ZY_TRY(password_apply(tx, job->call, &job->pending, "password.reset", err));
    return zy_identity_unlock_login(tx, job->call->env, job->pending.customer, err);
}

zy_status zy_password_reset_finish(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const reset_finish_in *in = input;
    zy_env *env = call->env;
    finish_job job = { .call = call };
    char binding[64];
    ZY_AUTO_SECRET fresh = { .n = 0 };
    ZY_TRY(password_pending_load(call, in->reset_id, true, &job.pending, err));
    ZY_TRY(zy_secret_take(call, &in->password, ZY_SECRET_NEW, &fresh, err));
    ZY_TRY(password_judge(call, job.pending.customer, "login", &fresh, body, err));
    ZY_TRY(zy_sms_code_check(call, job.pending.customer, password_binding(&job.pending, binding), in->code, err));
    ZY_TRY(zy_password_make(env->keys, &fresh, (unsigned)zy_config_int(env->config, "password.iterations"), job.pending.record));
    ZY_TRY(zy_db_run(env->db, "password.reset", finish_unit, &job, err));
    zy_outbox_poke();
    return ZY_OK;
}
