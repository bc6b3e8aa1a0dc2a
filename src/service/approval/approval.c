/* Maker and checker. */
#include <assert.h>
#include <stddef.h>

#include "service/approval/approval_repo.h"
#include "service/audit/audit.h"

#define KINDS_MAX 64
#define LIFE      ZY_DAYS(7)

static const zy_approval_kind *kinds[KINDS_MAX];
static size_t kind_count;

void zy_approval_register(const zy_approval_kind *kind)
{
    if (zy_approval_find(zy_str_of(kind->name)) != NULL)
        return;
    assert(kind_count < KINDS_MAX && kind->describe != NULL && (kind->apply != NULL) != (kind->apply_made != NULL));
    assert(kind->made_size <= ZY_APPROVAL_MADE_MAX && (kind->make != NULL) == (kind->apply_made != NULL));
    kinds[kind_count++] = kind;
}

const zy_approval_kind *zy_approval_find(zy_str name)
{
    for (size_t i = 0; i < kind_count; i++)
        if (zy_str_eq_c(name, kinds[i]->name))
            return kinds[i];
    return NULL;
}

static zy_status audit_step(zy_tx *tx, zy_env *env, const char *event, const char *actor_kind, zy_id actor, zy_id request, zy_str detail, zy_err *err)
{
    zy_audit record = { .event = event, .actor_kind = actor_kind, .actor = actor, .object = request,
                        .object_kind = "approval_request", .result = ZY_STR("OK"), .detail = detail };
    return zy_audit_add(tx, env, &record, NULL, err);
}

/* Before and after as text, from the kind's own description. */
static zy_status describe(zy_rtx *rtx, zy_env *env, const zy_approval_kind *kind, const zy_json *payload, zy_buf *ret_before,
                          zy_buf *ret_after, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *before = zy_json_object();
    ZY_AUTO(zy_json_free) zy_json *after = zy_json_object();
    ZY_TRY(kind->describe(rtx, env, payload, before, after, err));
    zy_buf_clear(ret_before);
    zy_buf_clear(ret_after);
    zy_json_write_sorted(before, ret_before);
    zy_json_write_sorted(after, ret_after);
    return zy_buf_failed(ret_before) || zy_buf_failed(ret_after) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

zy_status zy_approval_request_in(zy_tx *tx, zy_env *env, const zy_approval_kind *kind, zy_id maker, bool customer,
                                 const zy_json *payload, zy_str reason, zy_id *ret_request, zy_err *err)
{
    ZY_AUTO_BUF before = { 0 }, after = { 0 }, text = { 0 };
    ZY_TRY(describe(zy_tx_read(tx), env, kind, payload, &before, &after, err));
    zy_json_write(payload, &text);
    zy_time now = zy_env_now(env);
    const approval_row row = { .id = zy_id_next(env->ids), .kind = zy_str_of(kind->name), .maker = maker,
                               .payload = zy_buf_view(&text), .before = zy_buf_view(&before), .after = zy_buf_view(&after),
                               .reason = reason, .created_at = now, .expires_at = zy_time_add(now, LIFE) };
    ZY_TRY(approval_insert(tx, &row, err));
    *ret_request = row.id;
    return audit_step(tx, env, "approval.requested", customer ? "customer" : "staff", maker, row.id, zy_buf_view(&after), err);
}

typedef struct request_job {
    zy_env *env;
    const zy_approval_kind *kind;
    zy_id maker, id;
    const zy_json *payload;
    zy_str reason;
} request_job;

static zy_status request_unit(zy_tx *tx, void *arg, zy_err *err)
{
    request_job *job = arg;
    return zy_approval_request_in(tx, job->env, job->kind, job->maker, false, job->payload, job->reason, &job->id, err);
}

zy_status zy_approval_request(zy_env *env, const zy_approval_kind *kind, zy_id maker, const zy_json *payload, zy_str reason,
                              zy_id *ret_request, zy_err *err)
{
    request_job job = { env, kind, maker, { 0 }, payload, reason };
    ZY_TRY(zy_db_run(env->db, "approval.request", request_unit, &job, err));
    *ret_request = job.id;
    return ZY_OK;
}

typedef struct decide_job {
    zy_env *env;
    zy_id request, checker;
    bool approve;
    zy_str comment;
    const zy_approval_kind *kind;
    _Alignas(max_align_t) uint8_t made[ZY_APPROVAL_MADE_MAX];
} decide_job;

static void decide_job_wipe(decide_job *job)
{
    zy_wipe(job, sizeof *job);
}

/* What the checker saw must still be what is: otherwise the comparison was of another state. */
static zy_status check_unchanged(zy_tx *tx, decide_job *job, const zy_json *payload, zy_str seen_before, zy_err *err)
{
    ZY_AUTO_BUF before = { 0 }, after = { 0 };
    ZY_TRY(describe(zy_tx_read(tx), job->env, job->kind, payload, &before, &after, err));
    if (!zy_str_eq(zy_buf_view(&before), seen_before))
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the state changed since the request was made");
    return ZY_OK;
}

static zy_status carry_out(zy_tx *tx, decide_job *job, const approval_row *row, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *payload = NULL;
    ZY_TRY(zy_json_parse(row->payload, &payload));
    if (!job->approve)
        return job->kind->refuse != NULL ? job->kind->refuse(tx, job->env, payload, job->checker, err) : ZY_OK;
    ZY_TRY(check_unchanged(tx, job, payload, row->before, err));
    if (job->kind->apply_made != NULL)
        return job->kind->apply_made(tx, job->env, payload, job->made, job->checker, err);
    return job->kind->apply(tx, job->env, payload, row->maker, job->checker, err);
}

static zy_status decide_unit(zy_tx *tx, void *arg, zy_err *err)
{
    decide_job *job = arg;
    zy_time now = zy_env_now(job->env);
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    approval_row row;
    ZY_TRY(approval_read(zy_tx_read(tx), job->request, &stmt, &row, err));
    if (!zy_str_eq_c(row.state, "waiting") || row.expires_at.ms <= now.ms)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the request was decided or is too old");
    if (zy_id_eq(row.maker, job->checker))
        return zy_fail(err, ZY_MAKER_IS_CHECKER, NULL, "a maker cannot check");
    ZY_TRY(carry_out(tx, job, &row, err));
    ZY_TRY(approval_close(tx, job->request, job->approve ? "approved" : "refused", job->checker, job->comment, now, err));
    return audit_step(tx, job->env, job->approve ? "approval.approved" : "approval.refused", "staff", job->checker, job->request,
                      row.after, err);
}

static zy_status kind_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    decide_job *job = arg;
    return zy_approval_kind_of(rtx, job->request, &job->kind, err);
}

static zy_status make(decide_job *job, zy_err *err)
{
    ZY_TRY(zy_db_read(job->env->db, "approval.kind", kind_read, job, err));
    return job->approve && job->kind->make != NULL ? job->kind->make(job->env, job->made, err) : ZY_OK;
}

zy_status zy_approval_decide(zy_env *env, zy_id request, zy_id checker, bool approve, zy_str comment, zy_err *err)
{
    __attribute__((cleanup(decide_job_wipe))) decide_job job = { .env = env, .request = request, .checker = checker,
                                                                 .approve = approve, .comment = comment };
    ZY_TRY(make(&job, err));
    ZY_TRY(zy_db_run(env->db, "approval.decide", decide_unit, &job, err));
    if (approve && job.kind->after != NULL)
        job.kind->after(env);
    return ZY_OK;
}

zy_status zy_approval_kind_of(zy_rtx *rtx, zy_id request, const zy_approval_kind **ret_kind, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    approval_row row;
    ZY_TRY(approval_read(rtx, request, &stmt, &row, err));
    const zy_approval_kind *kind = zy_approval_find(row.kind);
    if (kind == NULL)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "no room carries out this kind any more");
    *ret_kind = kind;
    return ZY_OK;
}

zy_status zy_approval_waiting(zy_rtx *rtx, zy_time now, int64_t *ret_count, zy_err *err)
{
    return approval_count_waiting(rtx, now, ret_count, err);
}

static zy_json *to_json(const approval_row *r)
{
    zy_json *o = zy_json_object();
    zy_json_set_id(o, "request_id", r->id);
    zy_json_set_id(o, "maker", r->maker);
    zy_json_set_id(o, "checker", r->checker);
    const struct {
        const char *key;
        zy_str value;
    } texts[] = { { "kind", r->kind },     { "state", r->state },   { "reason", r->reason }, { "comment", r->comment },
                  { "before", r->before }, { "after", r->after } };
    for (size_t i = 0; i < ZY_COUNT(texts); i++)
        zy_json_set_str(o, texts[i].key, texts[i].value);
    zy_json_set_int(o, "at", r->created_at.ms);
    zy_json_set_int(o, "decided_at", r->decided_at.ms);
    return o;
}

zy_status zy_approval_list(zy_rtx *rtx, zy_str state, zy_id before, int limit, zy_json *ret_array, zy_id *ret_next, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(approval_page(rtx, state, before, limit, &rows, err));
    zy_id last = { 0 };
    int count = 0;
    for (bool more = true;; count++) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        approval_row row;
        approval_row_read(rows, &row);
        last = row.id;
        zy_json_push(ret_array, to_json(&row));
    }
    *ret_next = count == limit ? last : (zy_id){ 0 };
    return ZY_OK;
}
