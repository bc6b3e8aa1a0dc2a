/* Logging in: password and one-time code together, one answer for whatever is wrong. */
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"

typedef struct login_job {
    zy_call *call;
    const staff_login_in *in;
    char user[64];
    staff_tries tries;
    staff_row staff;   /* id 0: nobody has that name; then a record that no password fits */
    int64_t step;      /* whose code was given; 0: none */
    bool password_right, initial_right, granted;
    uint8_t token[STAFF_TOKEN_BYTES];
    staff_session_row row;
    staff_role_rights rights;
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
    zy_status status = zy_db_read(env->db, "staff.find", find_unit, job, err);
    if (status == ZY_NOT_FOUND) {
        job->staff = (staff_row){ .enrolled = true };
        status = staff_no_password(env, job->staff.password);
    }
    ZY_TRY(status);
    return staff_tries_of(env, job->user, job->staff.id, job->call->caller->address, &job->tries);
}

static zy_status take_try(zy_tx *tx, void *arg, zy_err *err)
{
    const login_job *job = arg;
    return staff_tries_take(tx, &job->tries, job->call->now, err);
}

/* --- the secrets --- */

static zy_status check_password(login_job *job, zy_err *err)
{
    ZY_AUTO_SECRET secret = { 0 };
    ZY_TRY(staff_secret(job->in->password, "password", &secret, err));
    ZY_TRY(staff_password_fits(job->call->env, &secret, job->staff.password, &job->password_right, err));
    return staff_first_fits(job->call->env, &job->staff, &secret, job->call->now, &job->initial_right);
}

/* --- what comes of it --- */

static zy_status audit_login(zy_tx *tx, const login_job *job, const char *event, const char *result, zy_err *err)
{
    const zy_call *call = job->call;
    const zy_audit record = { .event = event, .actor_kind = job->staff.id.v != 0 ? "staff" : "anonymous",
                              .actor = job->staff.id, .object_kind = "staff_session", .object = job->row.id,
                              .address = call->caller->address, .trace = zy_str_of(call->trace), .result = zy_str_of(result) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

static zy_status refuse(zy_tx *tx, login_job *job, zy_err *err)
{
    staff_lock lock;
    const zy_call *call = job->call;
    ZY_TRY(audit_login(tx, job, "staff.login_failed", "LOGIN_FAILED", err));
    ZY_TRY(staff_add_failed(tx, job->staff.id, err));
    ZY_TRY(staff_tries_locked(zy_tx_read(tx), call->env, job->user, call->now, &lock, err));
    return lock != STAFF_OPEN ? audit_login(tx, job, lock == STAFF_BLOCKED ? "staff.blocked" : "staff.locked", "LOCKED", err)
                              : ZY_OK;
}

static zy_status grant(zy_tx *tx, login_job *job, zy_err *err)
{
    const zy_call *call = job->call;
    staff_session_row *row = &job->row;
    row->staff = job->staff.id;
    row->created_at = row->last_seen = call->now;
    row->previous_at = job->staff.login_at;
    row->failed_before = job->staff.failed;
    memcpy(row->previous_address, job->staff.login_address, sizeof row->previous_address);
    ZY_TRY(zy_str_copy(call->caller->address, row->address, sizeof row->address));
    ZY_TRY(staff_tries_forgive(tx, &job->tries, call->now, err));
    ZY_TRY(staff_end_session(tx, call, job->staff.id, "later_login", err));
    ZY_TRY(staff_session_insert(tx, row, err));
    ZY_TRY(staff_rights_of(zy_tx_read(tx), job->staff.role, &job->rights, err));
    return audit_login(tx, job, "staff.login_ok", "OK", err);
}

/* Who has set up the code generator proves it each time; a first password opens nothing but the way to one's own. */
static bool secrets_right(const login_job *job)
{
    const staff_row *s = &job->staff;
    bool password = s->must_change ? job->initial_right : job->password_right && s->enrolled;
    return s->id.v != 0 && password && (job->step != 0 || !s->enrolled);
}

static zy_status decide_unit(zy_tx *tx, void *arg, zy_err *err)
{
    login_job *job = arg;
    const zy_call *call = job->call;
    job->granted = false;
    if (secrets_right(job))
        ZY_TRY(staff_logged_in(tx, &job->staff, job->staff.enrolled ? job->step : job->staff.totp_step, call->now,
                               call->caller->address, &job->granted, err));
    return job->granted ? grant(tx, job, err) : refuse(tx, job, err);
}

static zy_status new_token(login_job *job)
{
    ZY_TRY(zy_random(job->token, sizeof job->token));
    job->row.id = zy_id_next(job->call->env->ids);
    return staff_token_digest(job->token, job->row.digest);
}

/* The same work for somebody and for nobody: one try, one hash, three codes, one record. */
static zy_status check(login_job *job, zy_err *err)
{
    zy_db *db = job->call->env->db;
    ZY_TRY(find_who(job, err));
    ZY_TRY(zy_db_run(db, "staff.try", take_try, job, err));
    ZY_TRY(check_password(job, err));
    ZY_TRY(staff_code_step(job->call->env, &job->staff, job->in->code, job->call->now, &job->step));
    ZY_TRY(new_token(job));
    ZY_TRY(zy_db_run(db, "staff.login", decide_unit, job, err));
    return job->granted ? ZY_OK : zy_fail(err, ZY_LOGIN_FAILED, NULL, "name, password or code");
}

static zy_status answer(const login_job *job, zy_staff_call *staff, zy_json *body)
{
    zy_staff_session s = { 0 };
    ZY_TRY(staff_session_fill(job->call->env, &job->row, &job->staff, &job->rights, job->token, &s));
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
