/* Proving the records on request: one run of each kind at a time in a process, since it reads everything. */
#include <stdatomic.h>

#include "office/console/console_internal.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

typedef struct verify_job {
    zy_call *call;
    const char *event, *result;
} verify_job;

static zy_status record_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const verify_job *job = arg;
    const zy_call *call = job->call;
    const zy_audit record = { .event = job->event, .actor_kind = "staff", .actor = call->caller->staff, .object_kind = "",
                              .address = call->caller->address, .trace = zy_str_of(call->trace),
                              .result = zy_str_of(job->result) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* Faults are the report's content, not a failure of the call. */
static zy_status record_run(zy_call *call, const char *event, zy_status status, zy_err *err)
{
    if (status != ZY_OK && status != ZY_AUDIT_BROKEN)
        return status;
    verify_job job = { call, event, zy_status_name(status) };
    return zy_db_run(call->env->db, "console.verified", record_unit, &job, err);
}

static zy_status verify_audit(zy_call *call, zy_json *body, zy_err *err)
{
    zy_audit_report r = { 0 };
    ZY_TRY(record_run(call, "audit.verified", zy_audit_verify(call->env, NULL, NULL, &r, err), err));
    zy_json_set_bool(body, "good", r.faults == 0);
    zy_json_set_int(body, "records", r.records);
    zy_json_set_int(body, "sealed", r.sealed);
    zy_json_set_int(body, "unsealed", r.unsealed);
    zy_json_set_int(body, "checkpoints", r.checkpoints);
    zy_json_set_int(body, "nodes", r.nodes);
    zy_json_set_int(body, "linked", r.linked);
    zy_json_set_int(body, "faults", r.faults);
    zy_json_set_c(body, "first_fault", r.first_fault);
    return ZY_OK;
}

static zy_status verify_ledger(zy_call *call, zy_json *body, zy_err *err)
{
    zy_ledger_report r = { 0 };
    ZY_TRY(record_run(call, "ledger.verified", zy_ledger_verify(call->env, NULL, NULL, &r, err), err));
    zy_json_set_bool(body, "good", r.faults == 0);
    zy_json_set_int(body, "accounts", r.accounts);
    zy_json_set_int(body, "journals", r.journals);
    zy_json_set_int(body, "postings", r.postings);
    zy_json_set_int(body, "total_customer_fen", r.total_customer.fen);
    zy_json_set_int(body, "total_internal_fen", r.total_internal.fen);
    zy_json_set_int(body, "faults", r.faults);
    zy_json_set_c(body, "first_fault", r.first_fault);
    return ZY_OK;
}

static zy_status alone(atomic_flag *running, zy_status (*verify)(zy_call *, zy_json *, zy_err *), zy_call *call, zy_json *body,
                       zy_err *err)
{
    if (atomic_flag_test_and_set(running))
        return zy_fail(err, ZY_BUSY, NULL, "a run of this kind is on its way");
    zy_status status = verify(call, body, err);
    atomic_flag_clear(running);
    return status;
}

zy_status console_audit_verify(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    static atomic_flag running = ATOMIC_FLAG_INIT;
    (void)input;
    return alone(&running, verify_audit, call, body, err);
}

zy_status console_ledger_verify(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    static atomic_flag running = ATOMIC_FLAG_INIT;
    (void)input;
    return alone(&running, verify_ledger, call, body, err);
}
