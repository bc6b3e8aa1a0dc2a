/* Cookie sessions of the console. */
#include <stdio.h>
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"
#include "service/param/param.h"

#define TOUCH_EVERY ZY_SECONDS(20) /* a session that is used costs one write in so long; idle ends that much early at most */

zy_status staff_token_digest(const uint8_t token[STAFF_TOKEN_BYTES], uint8_t out[ZY_SM3_BYTES])
{
    return zy_sm3(ZY_PARTS(ZY_PART(token, STAFF_TOKEN_BYTES)), out);
}

zy_status staff_token_csrf(const uint8_t token[STAFF_TOKEN_BYTES], char out[2 * ZY_SM3_BYTES + 1])
{
    uint8_t mac[ZY_SM3_BYTES];
    ZY_TRY(zy_hmac_sm3(token, STAFF_TOKEN_BYTES, ZY_PARTS(ZY_PART_LABEL("ZY staff csrf")), mac));
    zy_hex_encode(mac, sizeof mac, out);
    return ZY_OK;
}

zy_status staff_session_close(zy_tx *tx, zy_env *env, zy_id staff, zy_id session, const char *reason, zy_str trace,
                              zy_str address, zy_err *err)
{
    int64_t ended = 0;
    ZY_TRY(staff_session_end(tx, session, reason, zy_env_now(env), &ended, err));
    if (ended == 0)
        return ZY_OK;
    ZY_AUTO_BUF detail = { 0 };
    zy_buf_fmt(&detail, "{\"reason\":\"%s\"}", reason);
    const zy_audit record = { .event = "staff.session_ended", .actor_kind = "staff", .actor = staff,
                              .object_kind = "staff_session", .object = session, .address = address, .trace = trace,
                              .result = ZY_STR("OK"), .detail = zy_buf_view(&detail) };
    return zy_audit_add(tx, env, &record, NULL, err);
}

zy_status staff_end_session(zy_tx *tx, const zy_call *call, zy_id staff, const char *reason, zy_err *err)
{
    zy_id session;
    ZY_TRY(staff_session_active(zy_tx_read(tx), staff, &session, err));
    if (session.v == 0)
        return ZY_OK;
    return staff_session_close(tx, call->env, staff, session, reason, zy_str_of(call->trace), call->caller->address, err);
}

zy_status staff_end_session_by_rule(zy_tx *tx, zy_env *env, zy_id staff, const char *reason, zy_err *err)
{
    zy_id session;
    ZY_TRY(staff_session_active(zy_tx_read(tx), staff, &session, err));
    return session.v == 0 ? ZY_OK : staff_session_close(tx, env, staff, session, reason, (zy_str){ 0 }, (zy_str){ 0 }, err);
}

/* Every call of the session is held against the rows as they are now: a role that was changed, a password that ran out. */
static zy_staff_stage stage_of(zy_env *env, const staff_row *staff)
{
    if (!staff->enrolled)
        return ZY_STAFF_ENROL;
    bool old = zy_time_passed(zy_env_now(env), staff->password_changed_at, ZY_DAYS(zy_param_get(env, "staff.password_days")));
    return staff->must_change || old ? ZY_STAFF_PASSWORD : ZY_STAFF_READY;
}

zy_status staff_session_fill(zy_env *env, const staff_session_row *row, const staff_row *staff, const staff_role_rights *rights,
                             const uint8_t token[STAFF_TOKEN_BYTES], zy_staff_session *s)
{
    s->staff = staff->id;
    s->session = row->id;
    s->login_at = row->created_at;
    s->previous_at = row->previous_at;
    s->failed_before = row->failed_before;
    s->stage = stage_of(env, staff);
    s->password_until = zy_time_add(staff->password_changed_at, ZY_DAYS(zy_param_get(env, "staff.password_days")));
    s->granted = rights->granted;
    s->withdrawn = rights->withdrawn;
    memcpy(s->user, staff->user, sizeof s->user);
    memcpy(s->role, staff->role, sizeof s->role);
    memcpy(s->previous_address, row->previous_address, sizeof s->previous_address);
    ZY_TRY(staff_token_csrf(token, s->csrf));
    return staff_open_name(env, staff, s->name, sizeof s->name);
}

/* --- a session of a cookie --- */

typedef struct find_job {
    zy_env *env;
    const uint8_t *digest;
    staff_session_row session;
    staff_row staff;
    staff_role_rights rights;
    const char *reason; /* why it ends */
    zy_time now;
} find_job;

static zy_status find_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    find_job *job = arg;
    ZY_TRY(staff_session_by_digest(rtx, job->digest, &job->session, &job->staff, err));
    return staff_rights_of(rtx, job->staff.role, &job->rights, err);
}

static zy_status end_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const find_job *job = arg;
    return staff_session_close(tx, job->env, job->staff.id, job->session.id, job->reason, (zy_str){ 0 }, (zy_str){ 0 }, err);
}

static zy_status touch_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const find_job *job = arg;
    return staff_session_touch(tx, job->session.id, job->now, err);
}

static const char *why_over(const staff_session_row *s, zy_time now)
{
    if (zy_time_passed(now, s->created_at, ZY_STAFF_LIFE))
        return "too_old";
    return zy_time_passed(now, s->last_seen, ZY_STAFF_IDLE) ? "idle" : NULL;
}

static zy_status use(find_job *job, zy_err *err)
{
    job->reason = why_over(&job->session, job->now);
    if (job->reason != NULL) {
        ZY_TRY(zy_db_run(job->env->db, "staff_session.end", end_unit, job, err));
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the session is over: %s", job->reason);
    }
    if (zy_time_passed(job->now, job->session.last_seen, TOUCH_EVERY))
        return zy_db_run(job->env->db, "staff_session.touch", touch_unit, job, err);
    return ZY_OK;
}

zy_status zy_staff_session_find(zy_env *env, zy_str token_text, zy_time now, zy_staff_session *ret_session, zy_err *err)
{
    uint8_t token[STAFF_TOKEN_BYTES], digest[ZY_SM3_BYTES];
    size_t n = 0;
    if (zy_base64url_decode(token_text, token, sizeof token, &n) != ZY_OK || n != sizeof token)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "no token of a session");
    ZY_TRY(staff_token_digest(token, digest));
    find_job job = { .env = env, .digest = digest, .now = now };
    zy_status status = zy_db_read(env->db, "staff_session.find", find_unit, &job, err);
    if (status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "no such session");
    ZY_TRY(status);
    ZY_TRY(use(&job, err));
    zy_staff_session session = { 0 };
    ZY_TRY(staff_session_fill(env, &job.session, &job.staff, &job.rights, token, &session));
    *ret_session = session;
    return ZY_OK;
}

/* --- the APIs --- */

const zy_out STAFF_SESSION_OUTS[14] = {
    ZY_OUT("staff_id", ZY_O_STR),
    ZY_OUT("user", ZY_O_STR),
    ZY_OUT("name", ZY_O_STR, .help = "the caller's own"),
    ZY_OUT("role", ZY_O_STR, .help = "teller, risk, auditor, admin or security"),
    ZY_OUT("permissions", ZY_O_STRS),
    ZY_OUT("csrf", ZY_O_STR, .help = "to be sent in X-CSRF-Token with every call"),
    ZY_OUT("login_at", ZY_O_INT),
    ZY_OUT("expires_at", ZY_O_INT),
    ZY_OUT("idle_s", ZY_O_INT, .help = "a session without a call ends after this"),
    ZY_OUT("stage", ZY_O_STR, .help = "ready; enrol: set up the code generator first; password: change the password first"),
    ZY_OUT("previous_login_at", ZY_O_INT, .help = "0: none"),
    ZY_OUT("previous_address", ZY_O_STR),
    ZY_OUT("failed_before", ZY_O_INT, .help = "wrong tries between that login and this one"),
    ZY_OUT("password_until", ZY_O_INT),
};

static const char *const STAGES[] = { [ZY_STAFF_READY] = "ready", [ZY_STAFF_ENROL] = "enrol", [ZY_STAFF_PASSWORD] = "password" };

void staff_session_facts(const zy_staff_session *s, zy_json *body)
{
    zy_json *permissions = zy_json_array();
    staff_permissions(s, permissions);
    zy_json_set_id(body, "staff_id", s->staff);
    zy_json_set_c(body, "user", s->user);
    zy_json_set_c(body, "name", s->name);
    zy_json_set_c(body, "role", s->role);
    zy_json_set(body, "permissions", permissions);
    zy_json_set_c(body, "csrf", s->csrf);
    zy_json_set_int(body, "login_at", s->login_at.ms);
    zy_json_set_int(body, "expires_at", zy_time_add(s->login_at, ZY_STAFF_LIFE).ms);
    zy_json_set_int(body, "idle_s", ZY_STAFF_IDLE.ms / 1000);
    zy_json_set_c(body, "stage", STAGES[s->stage]);
    zy_json_set_int(body, "previous_login_at", s->previous_at.ms);
    zy_json_set_c(body, "previous_address", s->previous_address);
    zy_json_set_int(body, "failed_before", s->failed_before);
    zy_json_set_int(body, "password_until", s->password_until.ms);
}

zy_status staff_session_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)in;
    (void)err;
    const zy_staff_call *staff = call->caller->staff_session;
    staff_session_facts(&staff->session, body);
    return ZY_OK;
}

static zy_status logout_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const zy_call *call = arg;
    const zy_staff_call *staff = call->caller->staff_session;
    return staff_session_close(tx, call->env, staff->session.staff, staff->session.session, "logout", zy_str_of(call->trace),
                               call->caller->address, err);
}

zy_status staff_logout_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)in;
    (void)body;
    zy_staff_call *staff = call->caller->staff_session;
    ZY_TRY(zy_db_run(call->env->db, "staff.logout", logout_unit, call, err));
    staff->ended = true;
    return ZY_OK;
}
