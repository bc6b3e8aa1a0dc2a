/* One's own secrets: the code generator at the first login, the password when it must or may change. */
#include <stdio.h>
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"
#include "service/param/param.h"

#define HISTORY_MAX 24 /* the upper bound of staff.password_history */

typedef struct self_job {
    zy_call *call;
    staff_row staff;
    staff_tries tries;
    int64_t step;
    uint8_t old[HISTORY_MAX][ZY_PASSWORD_RECORD_BYTES], record[ZY_PASSWORD_RECORD_BYTES];
    int old_count;
} self_job;

static const zy_staff_session *session_of(const zy_call *call)
{
    const zy_staff_call *staff = call->caller->staff_session;
    return &staff->session;
}

static zy_status audit_self(zy_tx *tx, const zy_call *call, const char *event, const char *result, zy_err *err)
{
    const zy_staff_session *s = session_of(call);
    const zy_audit record = { .event = event, .actor_kind = "staff", .actor = s->staff, .object_kind = "staff",
                              .object = s->staff, .address = call->caller->address, .trace = zy_str_of(call->trace),
                              .result = zy_str_of(result) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* --- the tries of these secrets are those of the login: guessing here locks as guessing there --- */

static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    self_job *job = arg;
    ZY_TRY(staff_by_id(zy_tx_read(tx), session_of(job->call)->staff, &job->staff, err));
    ZY_TRY(staff_tries_of(job->call->env, job->staff.user, job->staff.id, job->call->caller->address, &job->tries));
    ZY_TRY(staff_tries_take(tx, &job->tries, job->call->now, err));
    return staff_old_passwords(zy_tx_read(tx), job->staff.id, (int)zy_param_get(job->call->env, "staff.password_history"),
                               job->old, &job->old_count, err);
}

static zy_status forgive_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const self_job *job = arg;
    return staff_tries_forgive(tx, &job->tries, job->call->now, err);
}

/* --- the code generator --- */

static zy_status read_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    self_job *job = arg;
    return staff_by_id(rtx, session_of(job->call)->staff, &job->staff, err);
}

static zy_status begin_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const self_job *job = arg;
    ZY_TRY(staff_set_totp(tx, &job->staff, err));
    return audit_self(tx, job->call, "staff.generator_begun", "OK", err);
}

/* For the authenticator: otpauth://totp/ISSUER:USER?secret=...&issuer=ISSUER; the issuer percent-encoded. */
static void write_uri(zy_str issuer, const char *user, const char *secret, zy_buf *out)
{
    ZY_AUTO_BUF name = { 0 };
    for (size_t i = 0; i < issuer.n; i++) {
        char c = issuer.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (plain)
            zy_buf_char(&name, c);
        else
            zy_buf_fmt(&name, "%%%02X", (unsigned char)c);
    }
    zy_buf_fmt(out, "otpauth://totp/" ZY_STR_FMT ":%s?secret=%s&issuer=" ZY_STR_FMT "&algorithm=SHA1&digits=6&period=30",
               ZY_STR_ARG(zy_buf_view(&name)), user, secret, ZY_STR_ARG(zy_buf_view(&name)));
}

zy_status staff_totp_begin_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    char secret[STAFF_TOTP_TEXT_MAX];
    ZY_AUTO_SECRET_BUF uri = { 0 };
    self_job job = { .call = call };
    if (session_of(call)->stage != ZY_STAFF_ENROL)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the code generator is set up");
    ZY_TRY(zy_db_read(call->env->db, "staff.self", read_unit, &job, err));
    ZY_TRY(staff_new_totp(call->env, &job.staff, secret));
    zy_status status = zy_db_run(call->env->db, "staff.totp_begin", begin_unit, &job, err);
    if (status == ZY_OK) {
        write_uri(zy_config_text(call->env->config, "brand.name_en"), job.staff.user, secret, &uri);
        zy_json_set_c(body, "secret", secret);
        zy_json_set_str(body, "uri", zy_buf_view(&uri));
    }
    zy_wipe(secret, sizeof secret);
    return status;
}

static zy_status wrong_code_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const self_job *job = arg;
    return audit_self(tx, job->call, "staff.generator_refused", "FACTOR_WRONG", err);
}

static zy_status enrol_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const self_job *job = arg;
    ZY_TRY(staff_enrol(tx, &job->staff, job->step, err));
    ZY_TRY(staff_tries_forgive(tx, &job->tries, job->call->now, err));
    return audit_self(tx, job->call, "staff.generator_set_up", "OK", err);
}

zy_status staff_totp_confirm_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const staff_code_in *in = input;
    zy_db *db = call->env->db;
    self_job job = { .call = call };
    if (session_of(call)->stage != ZY_STAFF_ENROL)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the code generator is set up");
    ZY_TRY(zy_db_run(db, "staff.try", take_unit, &job, err));
    ZY_TRY(staff_code_step(call->env, &job.staff, in->code, call->now, &job.step));
    if (job.step != 0)
        return zy_db_run(db, "staff.enrol", enrol_unit, &job, err);
    ZY_TRY(zy_db_run(db, "staff.enrol_refused", wrong_code_unit, &job, err));
    return zy_fail(err, ZY_FACTOR_WRONG, NULL, "not a code of the new generator");
}

/* --- the password --- */

static zy_status refused_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const self_job *job = arg;
    return audit_self(tx, job->call, "staff.password_refused", "FACTOR_WRONG", err);
}

static zy_status old_fits(const self_job *job, const zy_secret *old, bool *ret_fits, zy_err *err)
{
    bool first = false;
    ZY_TRY(staff_password_fits(job->call->env, old, job->staff.password, ret_fits, err));
    ZY_TRY(staff_first_fits(job->call->env, &job->staff, old, job->call->now, &first));
    *ret_fits = *ret_fits || first;
    return ZY_OK;
}

static zy_status check_rules(const self_job *job, const zy_secret *chosen, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    ZY_TRY(staff_person_of(job->call->env, &job->staff, &person));
    return staff_password_rules(job->call->env, chosen, &person, "new", err);
}

/* Neither the one in force nor one of the last so many. */
static zy_status check_history(const self_job *job, const zy_secret *chosen, zy_err *err)
{
    bool same = false;
    ZY_TRY(staff_password_fits(job->call->env, chosen, job->staff.password, &same, err));
    for (int i = 0; i < job->old_count && !same; i++)
        ZY_TRY(staff_password_fits(job->call->env, chosen, job->old[i], &same, err));
    return same ? zy_fail(err, ZY_BAD_FIELD, "new", "one of the last passwords") : ZY_OK;
}

/* Whoever knew the old one is out, here and everywhere. */
static zy_status set_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const self_job *job = arg;
    zy_call *call = job->call;
    ZY_TRY(staff_keep_password(tx, zy_id_next(call->env->ids), &job->staff, err));
    ZY_TRY(staff_set_password(tx, &job->staff, job->record, call->now, err));
    ZY_TRY(staff_tries_forgive(tx, &job->tries, call->now, err));
    ZY_TRY(staff_end_session(tx, call, job->staff.id, "password_changed", err));
    return audit_self(tx, call, "staff.password_changed", "OK", err);
}

static zy_status change(self_job *job, const zy_secret *old, const zy_secret *chosen, zy_err *err)
{
    zy_env *env = job->call->env;
    bool fits = false;
    ZY_TRY(zy_db_run(env->db, "staff.try", take_unit, job, err));
    ZY_TRY(old_fits(job, old, &fits, err));
    if (!fits) {
        ZY_TRY(zy_db_run(env->db, "staff.password_refused", refused_unit, job, err));
        return zy_fail(err, ZY_FACTOR_WRONG, "old", "not the password");
    }
    zy_status status = check_rules(job, chosen, err);
    if (status == ZY_OK)
        status = check_history(job, chosen, err);
    if (status != ZY_OK) { /* the old one was right: this is no try */
        ZY_TRY(zy_db_run(env->db, "staff.forgive", forgive_unit, job, NULL));
        return status;
    }
    ZY_TRY(zy_password_make(env->keys, chosen, (unsigned)zy_config_int(env->config, "password.iterations"), job->record));
    return zy_db_run(env->db, "staff.password", set_unit, job, err);
}

zy_status staff_password_change_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const staff_password_in *in = input;
    zy_staff_call *staff = call->caller->staff_session;
    self_job job = { .call = call };
    ZY_AUTO_SECRET old = { 0 };
    ZY_AUTO_SECRET chosen = { 0 };
    if (staff->session.stage == ZY_STAFF_ENROL)
        return zy_fail(err, ZY_FACTOR_ORDER, NULL, "the code generator comes first");
    ZY_TRY(staff_secret(in->old, "old", &old, err));
    ZY_TRY(staff_secret(in->new, "new", &chosen, err));
    ZY_TRY(change(&job, &old, &chosen, err));
    staff->ended = true;
    return ZY_OK;
}
