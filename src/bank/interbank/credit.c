/* Money from other banks: to the account whose number and name it has, or refused. The house is told behind the unit, until it has heard. */
#include "bank/interbank/interbank_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "service/identity/standing.h"
#include "service/notify/notify.h"

#define ANSWERS_AT_ONCE 32
#define SUMMARY_MAX     60 /* characters of a statement's line */

typedef struct credit_job {
    const mail *m;
    zy_account account;
    in_row row;
    char from[300], from_tail[8]; /* masked */
    bool is_new;
} credit_job;

static void credit_job_wipe(credit_job *job)
{
    zy_wipe(job, sizeof *job);
}

static void refuse(credit_job *job, const char *reason)
{
    snprintf(job->row.state, sizeof job->row.state, "refused");
    snprintf(job->row.reason, sizeof job->row.reason, "%s", reason);
}

/* Whom it is for: AC01 nobody, BE01 another name, AC04 closed, AM02 more than the account may take. */
static zy_status place_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    credit_job *job = arg;
    const mail *m = job->m;
    zy_env *env = m->env;
    ZY_AUTO_PERSON owner = { 0 };
    zy_status found = zy_account_by_number(rtx, env, m->in->to_number, &job->account, NULL);
    if (found == ZY_NOT_FOUND) {
        refuse(job, "AC01");
        return ZY_OK;
    }
    ZY_TRY(found);
    job->row.account = job->account.id;
    ZY_TRY(zy_customer_person(rtx, env, job->account.customer, &owner, err));
    const zy_account_move move = { { 0 }, job->account.id, m->in->amount };
    if (!zy_same_name(zy_str_of(owner.name), m->in->to_name))
        refuse(job, "BE01");
    else if (strcmp(job->account.state, "closed") == 0)
        refuse(job, "AC04");
    else if (zy_account_may(&job->account, ZY_USE_QUOTA) && zy_quota_check(rtx, env, &move, m->now, NULL) != ZY_OK)
        refuse(job, "AM02");
    return ZY_OK;
}

static zy_status fill_row(credit_job *job)
{
    const zy_clearing_in *in = job->m->in;
    char mask[ZY_MASK_MAX], name[ZY_MASK_MAX];
    job->row = (in_row){ .kind = "credit", .state = "taken", .number = in->number, .amount = in->amount, .day = in->day, .at = job->m->now };
    zy_mask_card(in->from_number, mask);
    zy_mask_name(in->from_name, name);
    snprintf(job->from, sizeof job->from, "%s %s", name, mask);
    ZY_TRY(zy_str_copy(in->message_id, job->row.message_id, sizeof job->row.message_id));
    return zy_str_copy(in->from_bank, job->row.from_bank, sizeof job->row.from_bank);
}

static zy_status tell(zy_tx *tx, const credit_job *job, zy_err *err)
{
    char yuan[ZY_MONEY_TEXT_MAX], text[700];
    size_t n = strlen(job->account.number);
    zy_money_format_grouped(job->row.amount, yuan);
    snprintf(text, sizeof text, "您尾号%s的账户收到%s的跨行转账%s元。", job->account.number + (n > 4 ? n - 4 : 0), job->from, yuan);
    return zy_notify_add(tx, job->m->env, job->account.customer, "transfer", ZY_STR("到账通知"), zy_str_of(text), err);
}

static zy_status book(zy_tx *tx, const credit_job *job, zy_err *err)
{
    zy_env *env = job->m->env;
    zy_id audit = { 0 };
    const zy_audit record = { .event = "interbank.credit", .actor_kind = "system", .actor = job->account.customer,
                              .object = job->account.id, .object_kind = "account", .result = ZY_STR("OK"),
                              .detail = zy_str_of(job->row.message_id) };
    ZY_TRY(zy_audit_add(tx, env, &record, &audit, err));
    zy_str memo = job->m->in->memo;
    if (zy_str_chars(memo) > SUMMARY_MAX)
        memo = zy_str_clip_utf8(memo, SUMMARY_MAX);
    const zy_journal journal = { .id = zy_id_next(env->ids), .audit = audit, .summary_code = "INC",
                                 .summary = memo.n > 0 ? memo : ZY_STR("跨行转入"), .leg_count = 2,
                                 .legs = { { .account = ZY_LEDGER_CLEARING, .amount = { -job->row.amount.fen }, .internal = true },
                                           { .account = job->account.id, .amount = job->row.amount,
                                             .counterparty = zy_str_of(job->from) } } };
    const zy_account_move move = { { 0 }, job->account.id, job->row.amount };
    ZY_TRY(zy_ledger_post(tx, &journal, job->m->now, err));
    if (zy_account_may(&job->account, ZY_USE_QUOTA))
        ZY_TRY(zy_quota_count(tx, env, &move, job->m->now, err));
    return tell(tx, job, err);
}

static zy_status credit_unit(zy_tx *tx, void *arg, zy_err *err)
{
    credit_job *job = arg;
    ZY_TRY(in_insert(tx, &job->row, &job->is_new, err));
    ZY_TRY(mail_advance(tx, job->m, err));
    if (!job->is_new)
        return ZY_OK;
    if (strcmp(job->row.state, "taken") == 0)
        return book(tx, job, err);
    const zy_audit record = { .event = "interbank.credit_refused", .actor_kind = "system", .object = job->row.account,
                              .object_kind = "account", .result = ZY_STR("OK"), .detail = zy_str_of(job->row.reason) };
    return zy_audit_add(tx, job->m->env, &record, NULL, err);
}

zy_status credit_take(const mail *m, zy_err *err)
{
    __attribute__((cleanup(credit_job_wipe))) credit_job job = { .m = m };
    ZY_TRY(fill_row(&job));
    ZY_TRY(zy_db_read(m->env->db, "interbank.place", place_read, &job, err));
    zy_status status = zy_db_run(m->env->db, "interbank.credit", credit_unit, &job, err);
    if (status == ZY_ACCOUNT_STATE || status == ZY_ACCOUNT_QUOTA) { /* closed, or full, in between */
        refuse(&job, status == ZY_ACCOUNT_STATE ? "AC04" : "AM02");
        status = zy_db_run(m->env->db, "interbank.credit", credit_unit, &job, err);
    }
    return status;
}

/* ---- telling the house ---- */

typedef struct answers {
    in_row rows[ANSWERS_AT_ONCE];
    int max, count;
    int64_t after;
} answers;

static zy_status answers_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    answers *a = arg;
    return in_unanswered(rtx, a->after, a->max, a->rows, &a->count, err);
}

static zy_status answered_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const in_row *row = arg;
    return in_answered(tx, zy_str_of(row->message_id), err);
}

/* The first answer stands there, too: another one than ours is a case for people. */
static zy_status answer_one(zy_env *env, in_row *row, zy_err *err)
{
    bool taken = strcmp(row->state, "taken") == 0, is_new = false;
    zy_time now = zy_env_now(env);
    zy_status status = zy_clearing_answer_credit(env->clearing, zy_str_of(row->message_id), taken, row->reason, now, err);
    const case_row c = { .day = row->day, .message_id = zy_str_of(row->message_id),
                         .difference = status == ZY_NOT_FOUND ? "missing_there" : "outcome", .our = row->amount, .their = row->amount,
                         .our_state = row->state, .their_state = status == ZY_NOT_FOUND ? "" : taken ? "rejected" : "settled" };
    if (status == ZY_NOT_FOUND || status == ZY_STATE_CONFLICT)
        status = case_open_now(env, &c, now, &is_new, err);
    return status == ZY_OK ? zy_db_run(env->db, "interbank.answered", answered_unit, row, err) : status;
}

zy_status credits_answer(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    answers a = { .max = max < ANSWERS_AT_ONCE ? max : ANSWERS_AT_ONCE };
    ZY_TRY(zy_db_read(env->db, "interbank.unanswered", answers_read, &a, err));
    for (int i = 0; i < a.count; i++) {
        zy_err why = { 0 };
        if (answer_one(env, &a.rows[i], &why) != ZY_OK)
            zy_log_err("interbank.answer", &why); /* the next round tells it again */
        else
            *ret_done += 1;
    }
    return ZY_OK;
}
