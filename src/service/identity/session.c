#include "service/identity/session.h"

#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/device_internal.h"
#include "service/identity/presence.h"
#include "service/param/param.h"

static const zy_out CUSTOMER_OUTS[] = {
    ZY_OUT("name", ZY_O_STR, .mask = ZY_M_NAME),
    ZY_OUT("phone", ZY_O_STR, .mask = ZY_M_PHONE),
    ZY_OUT("customer_no", ZY_O_STR, .mask = ZY_M_CARD),
};
static const zy_out LAST_LOGIN_OUTS[] = { ZY_OUT("at", ZY_O_INT), ZY_OUT("device", ZY_O_STR) };
const zy_out ZY_SESSION_OUTS[ZY_SESSION_OUT_COUNT] = {
    ZY_OUT("login_id", ZY_O_STR),
    ZY_OUT("customer", ZY_O_OBJECT, ZY_MEMBERS(CUSTOMER_OUTS)),
    ZY_OUT("last_login", ZY_O_OBJECT, ZY_MEMBERS(LAST_LOGIN_OUTS), .optional = true, .help = "absent at the first login"),
    ZY_OUT("must_change_password", ZY_O_BOOL),
    ZY_OUT("device_state", ZY_O_STR, .help = "new or bound"),
    ZY_OUT("login_at", ZY_O_INT),
    ZY_OUT("environment", ZY_O_STR, .help = "safe; warn: tell the customer; limit: lower limits and no bound device"),
};

/* --- facts --- */

typedef struct facts_job {
    zy_env *env;
    const login_row *login;
    zy_person person;
    char device[200];
} facts_job;

static zy_status read_device_name(zy_rtx *rtx, facts_job *job, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_str sealed;
    zy_id device = job->login->previous_device;
    ZY_TRY(device_name_find(rtx, device, &stmt, &sealed, err));
    ZY_TRY(zy_keys_open_cell(job->env->keys, ZY_KEY_FIELD, (zy_cell){ "device", "name", device }, sealed.p, sealed.n, &plain));
    return zy_str_copy(zy_buf_view(&plain), job->device, sizeof job->device);
}

static zy_status read_facts(zy_rtx *rtx, void *arg, zy_err *err)
{
    facts_job *job = arg;
    ZY_TRY(zy_customer_person(rtx, job->env, job->login->customer, &job->person, err));
    return job->login->previous_device.v != 0 ? read_device_name(rtx, job, err) : ZY_OK;
}

zy_status zy_session_facts(zy_env *env, const login_row *login, zy_json *body, zy_err *err)
{
    facts_job job = { .env = env, .login = login };
    zy_status status = zy_db_read(env->db, "login.facts", read_facts, &job, err);
    if (status == ZY_OK) {
        zy_json *customer = zy_json_object();
        zy_json_set_c(customer, "name", job.person.name);
        zy_json_set_c(customer, "phone", job.person.phone);
        zy_json_set_c(customer, "customer_no", job.person.customer_no);
        zy_json_set(body, "customer", customer);
        zy_json_set_c(body, "login_id", login->login_id);
        zy_json_set_bool(body, "must_change_password", login->must_change);
        zy_json_set_c(body, "device_state", login->device_state);
        zy_json_set_int(body, "login_at", login->login_at.ms);
        zy_json_set_c(body, "environment", zy_environment_word(zy_environment_judge(env, login->environment)));
    }
    if (status == ZY_OK && login->previous_login_at.ms != 0) {
        zy_json *last = zy_json_object();
        zy_json_set_int(last, "at", login->previous_login_at.ms);
        zy_json_set_c(last, "device", job.device);
        zy_json_set(body, "last_login", last);
    }
    zy_person_wipe(&job.person);
    return status;
}

/* --- the dispatcher's question: who is logged in? --- */

typedef struct find_job {
    const uint8_t *digest;
    zy_str login_id;
    login_row *login;
} find_job;

static zy_status find_by_session(zy_rtx *rtx, void *arg, zy_err *err)
{
    find_job *job = arg;
    return login_by_session(rtx, job->digest, job->login, err);
}

static zy_status find_by_login_id(zy_rtx *rtx, void *arg, zy_err *err)
{
    find_job *job = arg;
    return login_by_id(rtx, job->login_id, job->login, err);
}

zy_status zy_session_current(zy_env *env, const zy_caller *caller, login_row *ret_login, zy_err *err)
{
    uint8_t digest[ZY_SM3_BYTES];
    zy_identity_hooks_now()->session_digest(caller, digest);
    find_job job = { .digest = digest, .login = ret_login };
    return zy_db_read(env->db, "login.by_session", find_by_session, &job, err);
}

bool zy_session_is_idle(zy_env *env, const login_row *login, zy_time now)
{
    zy_time last = zy_presence_last(login->id, login->last_seen);
    return zy_time_passed(now, last, ZY_SECONDS(zy_param_get(env, "login.idle_s")));
}

typedef struct end_job {
    const zy_call *call;
    const login_row *login;
    const char *reason;
} end_job;

/* call: the call that ended it; NULL when no customer did. */
static zy_status audit_end(zy_tx *tx, zy_env *env, const login_row *login, const char *reason, const zy_call *call, zy_err *err)
{
    ZY_AUTO_BUF detail = { 0 };
    zy_buf_fmt(&detail, "{\"reason\":\"%s\"}", reason);
    zy_audit record = { .event = "login.ended", .actor_kind = "system", .object_kind = "login", .object = login->id,
                        .device = zy_str_of(login->device_id), .result = ZY_STR("OK"), .detail = zy_buf_view(&detail) };
    if (call != NULL) {
        record.actor_kind = "customer";
        record.actor = login->customer;
        record.address = call->caller->address;
        record.trace = zy_str_of(call->trace);
    }
    return zy_audit_add(tx, env, &record, NULL, err);
}

zy_status zy_session_end(zy_tx *tx, const zy_call *call, const login_row *login, const char *reason, zy_err *err)
{
    int64_t ended = 0;
    ZY_TRY(login_end(tx, login->id, reason, call->now, &ended, err));
    if (ended == 0) /* it has ended meanwhile */
        return ZY_OK;
    return audit_end(tx, call->env, login, reason, call, err);
}

static zy_status end_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const end_job *job = arg;
    return zy_session_end(tx, job->call, job->login, job->reason, err);
}

/* The APIs that a customer who must change the password may still call. */
static bool is_allowed_before_change(const zy_api *api)
{
    zy_str name = zy_str_of(api->name);
    return zy_str_starts(name, ZY_STR("auth.")) || zy_str_starts(name, ZY_STR("password.change."));
}

/* Asking whether one is still logged in is no activity, and neither is going to the background. */
static bool is_heartbeat(const zy_api *api)
{
    return strcmp(api->name, "auth.session") == 0 || strcmp(api->name, "session.background") == 0;
}

static zy_status foreground_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const login_row *login = arg;
    return login_set_background(tx, login->id, (zy_time){ 0 }, err);
}

/* Why a login that is active in its row may not go on; NULL: it may. */
static const char *why_over(zy_env *env, const login_row *login, zy_time now)
{
    if (zy_session_is_idle(env, login, now))
        return "idle";
    bool away = login->background_at.ms != 0 &&
                zy_time_passed(now, login->background_at, ZY_SECONDS(zy_param_get(env, "login.background_s")));
    if (away)
        return "background";
    return zy_environment_judge(env, login->environment) == ZY_ENVIRONMENT_REFUSE ? "environment" : NULL;
}

zy_status zy_identity_login(zy_env *env, zy_caller *caller, const zy_api *api, zy_time now, zy_err *err)
{
    login_row login;
    zy_status status = zy_session_current(env, caller, &login, err);
    if (status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "no login on this channel");
    ZY_TRY(status);
    const char *over = why_over(env, &login, now);
    if (over != NULL) {
        const zy_call call = { .env = env, .caller = caller, .now = now };
        end_job job = { &call, &login, over };
        ZY_TRY(zy_db_run(env->db, "login.over", end_unit, &job, err));
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the login is over: %s", over);
    }
    if (strcmp(login.customer_state, "active") != 0)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the customer is %s", login.customer_state);
    if (login.must_change && !is_allowed_before_change(api))
        return zy_fail(err, ZY_MUST_CHANGE_PASSWORD, NULL, "a first password opens nothing else");
    if (!is_heartbeat(api)) {
        zy_presence_touch(login.id, now, login.last_seen);
        if (login.background_at.ms != 0)
            ZY_TRY(zy_db_run(env->db, "login.foreground", foreground_unit, &login, err));
    }
    caller->customer = login.customer;
    caller->login = login.id;
    caller->login_at = login.login_at;
    caller->device = login.device;
    caller->device_limited = device_is_limited(env, login.environment);
    caller->device_bound = strcmp(login.device_state, "bound") == 0 && !caller->device_limited;
    return zy_str_copy(zy_str_of(login.device_id), caller->device_id, sizeof caller->device_id);
}

zy_status zy_identity_end_logins(zy_tx *tx, zy_env *env, zy_id customer, const char *reason, zy_err *err)
{
    login_row login;
    int64_t ended = 0;
    ZY_TRY(customer_lock(tx, customer, err));
    zy_status status = login_active(zy_tx_read(tx), customer, &login, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    ZY_TRY(login_end(tx, login.id, reason, zy_env_now(env), &ended, err));
    return ended == 0 ? ZY_OK : audit_end(tx, env, &login, reason, NULL, err);
}

/* --- rotation --- */

zy_status zy_session_rotate(zy_call *call, const char *login_id, login_row *login, zy_err *err)
{
    uint8_t k_res[ZY_SM3_BYTES];
    ZY_AUTO_BUF sealed = { 0 };
    zy_status status = zy_identity_hooks_now()->rotate(call->caller, zy_str_of(login_id), login->session_digest, k_res, err);
    if (status == ZY_OK)
        status = zy_keys_seal(call->env->keys, ZY_KEY_SESSION, (zy_cell){ "login_session", "k_res", login->id }, k_res,
                              sizeof k_res, &sealed);
    zy_wipe(k_res, sizeof k_res);
    ZY_TRY(status);
    if (sealed.n > sizeof login->k_res)
        return ZY_INTERNAL;
    memcpy(login->k_res, sealed.p, sealed.n);
    login->k_res_n = sealed.n;
    return ZY_OK;
}

/* --- the APIs --- */

zy_status zy_auth_session(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)in;
    login_row login;
    ZY_TRY(zy_session_current(call->env, call->caller, &login, err));
    return zy_session_facts(call->env, &login, body, err);
}

zy_status zy_profile_get(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    return zy_auth_session(call, in, body, err);
}

zy_status zy_auth_logout(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)in;
    (void)body;
    login_row login;
    ZY_TRY(zy_session_current(call->env, call->caller, &login, err));
    end_job job = { call, &login, "logout" };
    return zy_db_run(call->env->db, "login.logout", end_unit, &job, err);
}

/* Whether the proof is made with the resumption key that the row keeps. */
static zy_status check_proof(const zy_call *call, const login_row *login, zy_str proof_text, zy_err *err)
{
    uint8_t proof[ZY_SM3_BYTES], want[ZY_SM3_BYTES];
    size_t n = 0;
    ZY_AUTO_SECRET_BUF k_res = { 0 };
    if (zy_base64_decode(proof_text, proof, sizeof proof, &n) != ZY_OK || n != sizeof proof)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "a proof of another shape");
    ZY_TRY(zy_keys_open_cell(call->env->keys, ZY_KEY_SESSION, (zy_cell){ "login_session", "k_res", login->id }, login->k_res,
                             login->k_res_n, &k_res));
    if (k_res.n != ZY_SM3_BYTES)
        return ZY_INTERNAL;
    ZY_TRY(zy_zsc_resume_proof((const uint8_t *)k_res.p, call->caller->channel_th, want));
    bool right = zy_ct_equal(proof, want, sizeof want);
    zy_wipe(want, sizeof want);
    return right ? ZY_OK : zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the proof is wrong");
}

static zy_status check_resumable(const zy_call *call, const resume_in *in, const login_row *login, zy_err *err)
{
    zy_device device;
    if (strcmp(login->state, "active") != 0 || strcmp(login->customer_state, "active") != 0)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the login is %s", login->state);
    const char *over = why_over(call->env, login, call->now);
    if (over != NULL)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the login is over: %s", over);
    if (zy_device_prove(call, &in->device, &device, err) != ZY_OK ||
        !zy_ct_equal(device.public_key, login->public_key, sizeof device.public_key))
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "another device");
    return check_proof(call, login, in->proof, err);
}

typedef struct changed_job {
    const zy_call *call;
    const resume_in *in;
    const login_row *login;
    const char *reason;
} changed_job;

static zy_status changed_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const changed_job *job = arg;
    const login_row *l = job->login;
    ZY_TRY(device_follow(tx, job->call, l->customer, l->device, job->in->device.fingerprint, err));
    return zy_session_end(tx, job->call, l, job->reason, err);
}

typedef struct move_job {
    const zy_call *call;
    const login_row *login;
    uint8_t from[ZY_SM3_BYTES];
} move_job;

static zy_status move_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const move_job *job = arg;
    const login_row *l = job->login;
    ZY_TRY(login_move(tx, l->id, job->from, l->session_digest, zy_str_bytes(l->k_res, l->k_res_n), l->environment, job->call->now, err));
    const zy_audit record = { .event = "login.resumed", .actor_kind = "customer", .actor = l->customer,
                              .object_kind = "login", .object = l->id, .address = job->call->caller->address,
                              .device = zy_str_of(l->device_id), .trace = zy_str_of(job->call->trace),
                              .result = ZY_STR("OK") };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

/* What proved itself is the same key on what is not the same device any more, or one that is not safe any more: the login is
 * over, and nobody is logged in here. */
static zy_status end_changed(zy_call *call, const resume_in *in, const login_row *login, const char *reason, zy_err *err)
{
    changed_job job = { call, in, login, reason };
    ZY_TRY(zy_db_run(call->env->db, "login.changed", changed_unit, &job, err));
    return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the login is over: %s", reason);
}

static zy_status check_surroundings(zy_call *call, const resume_in *in, login_row *login, zy_err *err)
{
    uint8_t fingerprint[ZY_SM3_BYTES];
    memcpy(call->caller->device_id, login->device_id, sizeof login->device_id);
    ZY_TRY(device_fingerprint(call->env, in->device.fingerprint, fingerprint));
    if (!zy_ct_equal(fingerprint, login->fingerprint, sizeof fingerprint))
        return end_changed(call, in, login, "device_changed", err);
    int64_t found = zy_environment_bits(call->env, &in->environment);
    if (zy_environment_check(call, found, err) != ZY_OK)
        return end_changed(call, in, login, "environment", err);
    login->environment |= found; /* what was found once holds until the login ends */
    return ZY_OK;
}

zy_status zy_auth_resume(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const resume_in *in = input;
    login_row login;
    find_job find = { .login_id = in->login_id, .login = &login };
    zy_status status = zy_db_read(call->env->db, "login.by_id", find_by_login_id, &find, err);
    if (status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "no such login");
    ZY_TRY(status);
    ZY_TRY(check_resumable(call, in, &login, err));
    ZY_TRY(check_surroundings(call, in, &login, err));
    move_job job = { .call = call, .login = &login };
    memcpy(job.from, login.session_digest, sizeof job.from);
    ZY_TRY(zy_session_rotate(call, login.login_id, &login, err));
    ZY_TRY(zy_db_run(call->env->db, "login.resume", move_unit, &job, err));
    zy_presence_touch(login.id, call->now, call->now);
    return zy_session_facts(call->env, &login, body, err);
}
