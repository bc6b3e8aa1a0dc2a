/* Telling the clearing house. A question is written down before it is asked and its answer afterwards, each in a unit of its own; without
 * an answer it is asked again. As long as a question without an answer may still arrive there (unsure_until), its opposite is not asked. */
#include <stdio.h>
#include <string.h>

#include "bank/phonepay/phonepay_internal.h"
#include "base/log.h"
#include "service/audit/audit.h"
#include "service/identity/password_aid.h"

#define LEASE        ZY_MINUTES(2) /* longer than any question takes */
#define BACKOFF      ZY_SECONDS(5) /* doubled with each try */
#define BACKOFF_MOST ZY_MINUTES(10)

typedef struct keep_job {
    zy_env *env;
    zy_time now;
    binding due, asked, to; /* as it stood; with the question written down; with its answer */
    const char *event;      /* of the answer; NULL: it will be asked again */
    zy_status answer;
    bool none;
} keep_job;

static void keep_job_wipe(keep_job *job)
{
    zy_wipe(job, sizeof *job);
}

static zy_status due_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    keep_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    zy_str sealed;
    zy_status status = binding_due(rtx, job->now, &job->due, &row, &sealed, NULL);
    job->none = status == ZY_NOT_FOUND;
    if (status != ZY_OK)
        return job->none ? ZY_OK : zy_fail(err, status, NULL, "numbers that are due");
    return binding_open(job->env, sealed, &job->due, err);
}

static zy_status ask_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const keep_job *job = arg;
    return binding_move(tx, &job->due, &job->asked, err);
}

/* What the customer is told and the audit keeps of an answer. */
static const struct {
    const char *event, *title, *words;
} TOLD[] = {
    { "phone.bound", "手机号收款已开通", "您的手机号已绑定为收款号码，他人可凭手机号向您转账。如非本人操作，请立即联系客服。" },
    { "phone.refused", "手机号收款未开通", "您的手机号已在其他账户登记为收款号码，请先在原银行解除后再绑定。" },
    { "phone.unbound", "手机号收款已解除", "您的手机号不再是收款号码。如非本人操作，请立即联系客服。" },
};

static zy_status tell(zy_tx *tx, const keep_job *job, zy_err *err)
{
    for (size_t i = 0; i < ZY_COUNT(TOLD); i++)
        if (strcmp(TOLD[i].event, job->event) == 0)
            return zy_customer_tell(tx, job->env, job->due.customer, zy_str_of(TOLD[i].title), zy_str_of(TOLD[i].words), err);
    return ZY_INTERNAL;
}

static zy_status answer_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const keep_job *job = arg;
    ZY_TRY(binding_move(tx, &job->asked, &job->to, err));
    if (job->event == NULL)
        return ZY_OK;
    const zy_audit record = { .event = job->event, .actor_kind = "system", .object_kind = "customer", .object = job->due.customer,
                              .result = zy_str_of(zy_status_name(job->answer)) };
    ZY_TRY(zy_audit_add(tx, job->env, &record, NULL, err));
    return tell(tx, job, err);
}

static zy_dur backoff(int64_t tries)
{
    zy_dur wait = BACKOFF;
    for (int64_t i = 1; i < tries && wait.ms < BACKOFF_MOST.ms; i++)
        wait.ms *= 2;
    return wait.ms < BACKOFF_MOST.ms ? wait : BACKOFF_MOST;
}

static void finish(keep_job *job, const char *state, const char *event)
{
    snprintf(job->to.state, sizeof job->to.state, "%s", state);
    job->to.changed_at = job->now;
    job->to.next_try_at = (zy_time){ 0 };
    job->to.tries = 0;
    job->to.unsure_until = job->due.unsure_until; /* of earlier questions; this one was answered */
    job->event = event;
}

/* What an answer makes of a number. */
static void judge(keep_job *job)
{
    bool binds = strcmp(job->due.state, "binding") == 0;
    job->to = job->asked;
    if (binds && job->answer == ZY_OK) {
        finish(job, "bound", "phone.bound");
    } else if (binds && (job->answer == ZY_ALREADY_EXISTS || job->answer == ZY_BAD_FIELD)) {
        finish(job, "released", "phone.refused");
    } else if (!binds && (job->answer == ZY_OK || job->answer == ZY_NOT_FOUND)) {
        finish(job, "released", "phone.unbound");
    } else {
        job->to.next_try_at = zy_time_add(job->now, backoff(job->asked.tries));
        if (job->answer == ZY_BUSY) /* nothing was sent */
            job->to.unsure_until = job->due.unsure_until;
    }
}

static zy_status ask_house(keep_job *job, zy_err *err)
{
    const binding *b = &job->due;
    job->asked = *b;
    job->asked.tries = b->tries + 1;
    job->asked.next_try_at = zy_time_add(job->now, LEASE);
    job->asked.unsure_until = zy_time_add(job->now, ZY_CLEARING_WINDOW);
    ZY_TRY(zy_db_run(job->env->db, "phonepay.ask", ask_unit, job, err));
    zy_err why = { 0 };
    job->answer = zy_clearing_bind_phone(job->env->clearing, zy_str_of(b->phone), zy_str_of(b->number), zy_str_of(b->name),
                                         strcmp(b->state, "binding") == 0, job->now, &why);
    judge(job);
    if (job->event == NULL)
        zy_log_err("phonepay.ask", &why);
    return zy_db_run(job->env->db, "phonepay.answer", answer_unit, job, err);
}

zy_status zy_phonepay_keep(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    __attribute__((cleanup(keep_job_wipe))) keep_job job = { 0 };
    *ret_done = 0;
    for (int i = 0; i < max && env->clearing != NULL; i++) {
        job = (keep_job){ .env = env, .now = zy_env_now(env) };
        ZY_TRY(zy_db_read(env->db, "phonepay.due", due_read, &job, err));
        if (job.none)
            return ZY_OK;
        zy_status status = ask_house(&job, err);
        if (status == ZY_STATE_CONFLICT) /* another node has it */
            continue;
        ZY_TRY(status);
        *ret_done += job.event != NULL;
    }
    return ZY_OK;
}
