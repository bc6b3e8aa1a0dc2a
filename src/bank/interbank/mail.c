/* Our mailbox at the clearing house: read in the order of its numbers, each message taken once, whatever it holds twice. */
#include "bank/interbank/interbank_internal.h"

#include <stdio.h>

#include "base/log.h"

zy_status mail_advance(zy_tx *tx, const mail *m, zy_err *err)
{
    return mailbox_advance(tx, m->behind, m->in->number, err);
}

static zy_status advance_unit(zy_tx *tx, void *arg, zy_err *err)
{
    return mail_advance(tx, arg, err);
}

static zy_status advance(const mail *m, zy_err *err)
{
    return zy_db_run(m->env->db, "interbank.mailbox", advance_unit, (void *)(uintptr_t)m, err);
}

/* ---- kinds ---- */

static zy_status open_case(const mail *m, const char *difference, const char *their_state, zy_err *err)
{
    char number[32];
    bool is_new = false;
    snprintf(number, sizeof number, "mailbox %lld", (long long)m->in->number);
    const case_row row = { .day = zy_day_of(m->now), .message_id = m->in->message_id.n > 0 ? m->in->message_id : zy_str_of(number),
                           .difference = difference, .their = m->in->amount, .our_state = "", .their_state = their_state };
    ZY_TRY(case_open_now(m->env, &row, m->now, &is_new, err));
    return advance(m, err);
}

static zy_status take_status(const mail *m, zy_err *err)
{
    outcome o = { .env = m->env, .answer = m->in->answer, .now = m->now };
    zy_status status = ZY_OK;
    if (order_of_message(m->in->original_id, &o.order) != ZY_OK)
        return open_case(m, "unknown_here", outcome_name(o.answer.outcome), err);
    if (o.answer.outcome == ZY_CLEARING_SETTLED || o.answer.outcome == ZY_CLEARING_REJECTED)
        status = outcome_apply(&o, err);
    if (status == ZY_NOT_FOUND)
        return open_case(m, "unknown_here", outcome_name(o.answer.outcome), err);
    ZY_TRY(status);
    return advance(m, err);
}

static zy_status take_recall_answer(const mail *m, zy_err *err)
{
    zy_status status = recall_answered(m, err);
    return status == ZY_NOT_FOUND ? open_case(m, "unknown_here", outcome_name(m->in->answer.outcome), err) : status;
}

static zy_status take_unreadable(const mail *m, zy_err *err)
{
    return open_case(m, "unreadable", "", err);
}

static zy_status (*const TAKE[])(const mail *m, zy_err *err) = {
    [ZY_CLEARING_IN_CREDIT] = credit_take,
    [ZY_CLEARING_IN_STATUS] = take_status,
    [ZY_CLEARING_IN_RETURN] = comeback_take,
    [ZY_CLEARING_IN_RECALL_ANSWER] = take_recall_answer,
    [ZY_CLEARING_IN_UNREADABLE] = take_unreadable,
};

/* ---- the round ---- */

typedef struct collect_job {
    zy_env *env;
    int64_t behind, done;
} collect_job;

static zy_status take(const zy_clearing_in *in, void *arg)
{
    collect_job *job = arg;
    zy_err err = { 0 };
    const mail m = { .env = job->env, .in = in, .behind = job->behind, .now = zy_env_now(job->env) };
    zy_status status = TAKE[in->kind](&m, &err);
    if (status != ZY_OK) {
        zy_log_err("interbank.mail", &err); /* it stays where it is, and comes again */
        return status;
    }
    job->behind = in->number;
    job->done += 1;
    return ZY_OK;
}

static zy_status read_mailbox(zy_rtx *rtx, void *arg, zy_err *err)
{
    collect_job *job = arg;
    return mailbox_read(rtx, &job->behind, err);
}

zy_status zy_interbank_collect(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    collect_job job = { .env = env };
    *ret_done = 0;
    if (env->clearing == NULL)
        return ZY_OK;
    ZY_TRY(zy_db_read(env->db, "interbank.mailbox", read_mailbox, &job, err));
    zy_status status = zy_clearing_collect(env->clearing, job.behind, max, zy_env_now(env), take, &job, err);
    *ret_done = job.done;
    ZY_TRY(status);
    return credits_answer(env, max, ret_done, err);
}
