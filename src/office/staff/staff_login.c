/* Logging in: password and one-time code together, one answer for whatever is wrong. */
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"

#define IN_A_ROW_MAX 5
#define LOCKED_FOR   ZY_MINUTES(30)
#define TRIES_KEPT   ZY_DAYS(1)
#define TOTP_STEP_S  30
#define CODE_DIGITS  6

typedef struct login_job {
    zy_call *call;
    const staff_login_in *in;
    char user[64];
    uint8_t try_key[ZY_SM3_BYTES];
    staff_row staff;   /* id 0: nobody has that name; then a record that no password fits */
    int64_t step;      /* whose code was given; 0: none */
    bool password_right, granted;
    uint8_t token[STAFF_TOKEN_BYTES], digest[ZY_SM3_BYTES];
    zy_id session;
} login_job;

/* --- who --- */

static zy_status find_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    login_job *job = arg;
    return staff_by_user(rtx, zy_str_of(job->user), &job->staff, err);
}

static zy_status find_who(login_job *job, zy_err *err)
{
    zy_env *env = job->call->env;
    if (staff_user_normal(job->in->user, job->user) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "user", "too long");
    ZY_TRY(zy_keys_index(env->keys, "try.staff", zy_str_of(job->user), job->try_key));
    zy_status status = zy_db_read(env->db, "staff.find", find_unit, job, err);
    if (status != ZY_NOT_FOUND)
        return status;
    job->staff = (staff_row){ 0 };
    return zy_password_dummy(env->keys, (unsigned)zy_config_int(env->config, "password.iterations"), job->staff.password);
}

/* --- tries: counted before a secret is looked at, so that many at once cannot slip through together --- */

static zy_status take_try(zy_tx *tx, void *arg, zy_err *err)
{
    const login_job *job = arg;
    zy_time now = job->call->now;
    staff_try t;
    ZY_TRY(staff_try_forget(tx, (zy_time){ now.ms - TRIES_KEPT.ms }, err));
    ZY_TRY(staff_try_read(tx, job->try_key, now, &t, err));
    if (t.locked_until.ms > now.ms)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong tries");
    if (t.locked_until.ms != 0) /* a lock that has run out: a new row of tries begins */
        t = (staff_try){ 0 };
    if (++t.in_a_row >= IN_A_ROW_MAX)
        t.locked_until = zy_time_add(now, LOCKED_FOR);
    return staff_try_write(tx, job->try_key, &t, now, err);
}

/* --- the secrets --- */

static zy_status check_password(login_job *job, zy_err *err)
{
    ZY_AUTO_SECRET secret = { .n = job->in->password.n };
    if (secret.n > sizeof secret.bytes)
        return zy_fail(err, ZY_BAD_FIELD, "password", "more than 64 bytes");
    memcpy(secret.bytes, job->in->password.p, secret.n);
    zy_status status = zy_hash_pool_check(job->call->env->keys, &secret, job->staff.password, err);
    job->password_right = status == ZY_OK;
    return status == ZY_FACTOR_WRONG ? ZY_OK : status;
}

static zy_status open_totp(const login_job *job, uint8_t ret_secret[STAFF_TOTP_BYTES])
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    memset(ret_secret, 0, STAFF_TOTP_BYTES);
    if (job->staff.id.v == 0)
        return ZY_OK;
    ZY_TRY(zy_keys_open_cell(job->call->env->keys, ZY_KEY_TOKEN, staff_cell("totp", job->staff.id), job->staff.totp,
                             job->staff.totp_n, &plain));
    if (plain.n != STAFF_TOTP_BYTES)
        return ZY_INTERNAL;
    memcpy(ret_secret, plain.p, plain.n);
    return ZY_OK;
}

/* One step to either side: clocks differ, and people type slowly. All three are computed, whichever fits. */
static zy_status check_code(login_job *job)
{
    uint8_t secret[STAFF_TOTP_BYTES];
    int64_t now_step = job->call->now.ms / 1000 / TOTP_STEP_S;
    zy_status status = open_totp(job, secret);
    for (int64_t step = now_step - 1; step <= now_step + 1 && status == ZY_OK; step++) {
        char code[CODE_DIGITS + 1];
        status = zy_totp(secret, sizeof secret, step * TOTP_STEP_S, code);
        if (status == ZY_OK && zy_ct_equal(code, job->in->code.p, CODE_DIGITS))
            job->step = step;
        zy_wipe(code, sizeof code);
    }
    zy_wipe(secret, sizeof secret);
    return status;
}

/* --- what comes of it --- */

static zy_status audit_login(zy_tx *tx, const login_job *job, const char *event, const char *result, zy_err *err)
{
    const zy_call *call = job->call;
    const zy_audit record = { .event = event, .actor_kind = job->staff.id.v != 0 ? "staff" : "anonymous",
                              .actor = job->staff.id, .object_kind = "staff_session", .object = job->session,
                              .address = call->caller->address, .trace = zy_str_of(call->trace), .result = zy_str_of(result) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

static zy_status refuse(zy_tx *tx, login_job *job, zy_err *err)
{
    staff_try t;
    ZY_TRY(audit_login(tx, job, "staff.login_failed", "LOGIN_FAILED", err));
    ZY_TRY(staff_try_read(tx, job->try_key, job->call->now, &t, err));
    return t.locked_until.ms > job->call->now.ms ? audit_login(tx, job, "staff.locked", "LOCKED", err) : ZY_OK;
}

static zy_status end_earlier(zy_tx *tx, const login_job *job, zy_err *err)
{
    zy_id earlier;
    const zy_call *call = job->call;
    ZY_TRY(staff_session_active(zy_tx_read(tx), job->staff.id, &earlier, err));
    if (earlier.v == 0)
        return ZY_OK;
    return staff_session_close(tx, call->env, job->staff.id, earlier, "later_login", zy_str_of(call->trace),
                               call->caller->address, err);
}

static zy_status grant(zy_tx *tx, login_job *job, zy_err *err)
{
    zy_time now = job->call->now;
    const staff_try none = { 0 };
    staff_session_row row = { .id = job->session, .staff = job->staff.id, .created_at = now, .last_seen = now,
                              .address = job->call->caller->address };
    memcpy(row.digest, job->digest, sizeof row.digest);
    ZY_TRY(staff_try_write(tx, job->try_key, &none, now, err));
    ZY_TRY(end_earlier(tx, job, err));
    ZY_TRY(staff_session_insert(tx, &row, err));
    return audit_login(tx, job, "staff.login_ok", "OK", err);
}

static zy_status decide_unit(zy_tx *tx, void *arg, zy_err *err)
{
    login_job *job = arg;
    job->granted = false;
    if (job->password_right && job->staff.id.v != 0 && job->step != 0)
        ZY_TRY(staff_take_step(tx, job->staff.id, job->step, &job->granted, err));
    return job->granted ? grant(tx, job, err) : refuse(tx, job, err);
}

static zy_status new_token(login_job *job)
{
    ZY_TRY(zy_random(job->token, sizeof job->token));
    job->session = zy_id_next(job->call->env->ids);
    return staff_token_digest(job->token, job->digest);
}

/* The same work for somebody and for nobody: one try, one hash, three codes, one record. */
static zy_status check(login_job *job, zy_err *err)
{
    zy_db *db = job->call->env->db;
    ZY_TRY(find_who(job, err));
    ZY_TRY(zy_db_run(db, "staff.try", take_try, job, err));
    ZY_TRY(check_password(job, err));
    ZY_TRY(check_code(job));
    ZY_TRY(new_token(job));
    ZY_TRY(zy_db_run(db, "staff.login", decide_unit, job, err));
    return job->granted ? ZY_OK : zy_fail(err, ZY_LOGIN_FAILED, NULL, "name, password or code");
}

static zy_status answer(const login_job *job, zy_staff_call *staff, zy_json *body)
{
    zy_staff_session s = { .staff = job->staff.id, .session = job->session, .login_at = job->call->now };
    memcpy(s.user, job->staff.user, sizeof s.user);
    memcpy(s.role, job->staff.role, sizeof s.role);
    ZY_TRY(staff_open_name(job->call->env, &job->staff, s.name, sizeof s.name));
    ZY_TRY(staff_token_csrf(job->token, s.csrf));
    zy_base64url_encode(job->token, sizeof job->token, staff->token);
    staff->session = s;
    staff_session_facts(&s, body);
    return ZY_OK;
}

zy_status staff_login_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    login_job job = { .call = call, .in = input };
    zy_status status = call->caller->staff_session == NULL ? zy_fail(err, ZY_INTERNAL, NULL, "a door without staff sessions")
                                                           : check(&job, err);
    if (status == ZY_OK)
        status = answer(&job, call->caller->staff_session, body);
    zy_wipe(&job, sizeof job);
    return status;
}
