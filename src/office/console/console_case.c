/* Cases: what the day's comparison with the clearing house could not decide. Whoever has found out closes them with what was found. */
#include "bank/interbank/interbank.h"
#include "office/console/console_internal.h"
#include "service/audit/audit.h"

typedef struct list_job {
    zy_case_filter filter;
    zy_id next;
    zy_json *cases;
} list_job;

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    return zy_interbank_cases(rtx, &job->filter, job->cases, &job->next, err);
}

zy_status console_case_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const case_list_in *in = input;
    list_job job = { .filter = { .state = in->state, .limit = (int)(in->limit != 0 ? in->limit : CONSOLE_PAGE) }, .cases = zy_json_array() };
    zy_time at = { 0 };
    char cursor[ZY_CURSOR_MAX] = "";
    zy_json_set(body, "cases", job.cases);
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.filter.before, err));
    ZY_TRY(zy_db_read(call->env->db, "console.cases", list_read, &job, err));
    if (job.next.v != 0)
        zy_cursor_write((zy_time){ 0 }, job.next, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

typedef struct close_job {
    zy_call *call;
    const case_close_in *in;
} close_job;

static zy_status close_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const close_job *job = arg;
    zy_call *call = job->call;
    const zy_audit record = { .event = "interbank.case_closed", .actor_kind = "staff", .actor = call->caller->staff,
                              .object = job->in->case_id, .object_kind = "case", .address = call->caller->address,
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK"), .detail = job->in->note };
    ZY_TRY(zy_interbank_close_case(tx, call->env, job->in->case_id, job->in->note, call->caller->staff, err));
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

zy_status console_case_close(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    close_job job = { call, input };
    (void)body;
    return zy_db_run(call->env->db, "console.case_close", close_unit, &job, err);
}
