/* What a customer sees of his logins, ending those of others, and the client in the background. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/factor/factor.h"
#include "service/identity/device_internal.h"
#include "service/identity/session.h"

#define LOGINS_SHOWN 20

/* --- session.list --- */

typedef struct list_job {
    zy_call *call;
    zy_json *sessions;
} list_job;

static const char *method_of(unsigned factors)
{
    return (factors & ZY_FACTOR_GESTURE) != 0 ? "gesture" : (factors & ZY_FACTOR_PASSKEY) != 0 ? "passkey" : "password";
}

static zy_status push_login(const list_job *job, const zy_stmt *row)
{
    zy_id device = zy_col_id(row, 6);
    char name[DEVICE_NAME_MAX];
    ZY_TRY(device_name_open(job->call->env, device, zy_col_blob(row, 7), name));
    zy_json *o = zy_json_object();
    zy_json_set_str(o, "state", zy_col_text(row, 1));
    zy_json_set_int(o, "at", zy_col_int(row, 2));
    if (zy_col_int(row, 3) != 0)
        zy_json_set_int(o, "ended_at", zy_col_int(row, 3));
    zy_json_set_str(o, "ended_reason", zy_col_text(row, 4));
    zy_json_set_str(o, "address", zy_col_text(row, 5));
    zy_json_set_c(o, "device", name);
    zy_json_set_str(o, "os", zy_col_text(row, 8));
    zy_json_set_c(o, "method", method_of((unsigned)zy_col_int(row, 9)));
    zy_json_set_bool(o, "current", zy_id_eq(zy_col_id(row, 0), job->call->caller->login));
    zy_json_push(job->sessions, o);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const list_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(login_page(rtx, job->call->caller->customer, LOGINS_SHOWN, &rows, err));
    for (bool more = true;;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(push_login(job, rows));
    }
}

zy_status zy_session_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    list_job job = { call, zy_json_array() };
    zy_json_set(body, "sessions", job.sessions);
    return zy_db_read(call->env->db, "session.list", list_read, &job, err);
}

/* --- session.end_others: a customer has one login; others may have begun one with his password --- */

typedef struct others_job {
    zy_call *call;
    int64_t ended;
} others_job;

static zy_status others_unit(zy_tx *tx, void *arg, zy_err *err)
{
    others_job *job = arg;
    const zy_caller *c = job->call->caller;
    ZY_TRY(customer_lock(tx, c->customer, err));
    ZY_TRY(login_drop_pending(tx, c->customer, &job->ended, err));
    const zy_audit record = { .event = "login.others_ended", .actor_kind = "customer", .actor = c->customer, .object_kind = "login",
                              .object = c->login, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(job->call->trace), .result = ZY_STR("OK") };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

zy_status zy_session_end_others_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    others_job job = { .call = call };
    ZY_TRY(zy_db_run(call->env->db, "session.end_others", others_unit, &job, err));
    zy_json_set_int(body, "ended", job.ended);
    return ZY_OK;
}

/* --- session.background --- */

static zy_status background_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const zy_call *call = arg;
    return login_set_background(tx, call->caller->login, call->now, err);
}

/* The first report counts: telling it again does not make the time in the background shorter (zy_identity_login leaves the
 * row alone for this API). */
zy_status zy_session_background_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    (void)body;
    login_row login;
    ZY_TRY(zy_session_current(call->env, call->caller, &login, err));
    return login.background_at.ms != 0 ? ZY_OK : zy_db_run(call->env->db, "session.background", background_unit, call, err);
}
