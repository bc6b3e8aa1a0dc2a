/* Returns (pacs.004): the money of a transfer of ours comes back from its payee's bank. */
#include "bank/interbank/interbank_internal.h"

#include <stdio.h>
#include <string.h>

#include "service/notify/notify.h"

typedef struct comeback_job {
    const mail *m;
    zy_kept_order *kept;
    in_row row;
    bool is_new;
} comeback_job;

static zy_status fill_row(comeback_job *job)
{
    const zy_clearing_in *in = job->m->in;
    job->row = (in_row){ .kind = "return", .state = "taken", .number = in->number, .amount = in->amount, .day = in->day,
                         .answered = true, .at = job->m->now };
    ZY_TRY(zy_str_copy(in->message_id, job->row.message_id, sizeof job->row.message_id));
    return zy_str_copy(zy_str_of(in->answer.reason), job->row.reason, sizeof job->row.reason);
}

static zy_status tell(zy_tx *tx, const comeback_job *job, const zy_order *o, zy_err *err)
{
    char payee[300], yuan[ZY_MONEY_TEXT_MAX], text[700];
    payee_text(job->kept->payload, payee, sizeof payee);
    zy_money_format_grouped(job->row.amount, yuan);
    snprintf(text, sizeof text, "您向%s的跨行转账被对方银行退回，%s元已退回您的账户。", payee, yuan);
    return zy_notify_add(tx, job->m->env, o->customer, "transfer", ZY_STR("转账退回"), zy_str_of(text), err);
}

/* The whole amount turns the order back; a part of it leaves the order as it is, with a record of its own. */
static zy_status move_order(zy_tx *tx, const comeback_job *job, const out_row *out, const zy_order *o, zy_id *ret_audit, zy_err *err)
{
    const zy_order_move move = { .order = o, .to = ZY_OS_REVERSED, .step = "return", .reason = zy_str_of(job->row.reason),
                                 .at = job->m->now };
    const zy_audit record = { .event = "interbank.partial_return", .actor_kind = "system", .object = o->id, .object_kind = "order",
                              .result = ZY_STR("OK"), .detail = zy_str_of(job->row.message_id) };
    if (job->row.amount.fen != o->amount.fen)
        return zy_audit_add(tx, job->m->env, &record, ret_audit, err);
    out_row settled = *out;
    snprintf(settled.state, sizeof settled.state, "settled");
    ZY_TRY(out_close(tx, &settled, "returned", job->row.reason, err));
    return zy_order_move_on(tx, job->m->env, &move, ret_audit, err);
}

static zy_status book(zy_tx *tx, const comeback_job *job, const zy_order *o, zy_id audit, zy_err *err)
{
    zy_env *env = job->m->env;
    zy_money amount = job->row.amount;
    char payee[300];
    payee_text(job->kept->payload, payee, sizeof payee);
    const zy_journal from_clearing = { .id = zy_id_next(env->ids), .audit = audit, .summary_code = "RTC",
                                       .summary = ZY_STR("跨行退汇"), .leg_count = 2,
                                       .legs = { { .account = ZY_LEDGER_CLEARING, .amount = { -amount.fen }, .internal = true },
                                                 { .account = ZY_LEDGER_TRANSIT, .amount = amount, .internal = true } } };
    const zy_journal to_customer = { .id = zy_id_next(env->ids), .order = o->id, .audit = audit, .refunds = o->journal,
                                     .summary_code = "RTN", .summary = ZY_STR("跨行退汇"), .leg_count = 2,
                                     .legs = { { .account = ZY_LEDGER_TRANSIT, .amount = { -amount.fen }, .internal = true },
                                               { .account = o->from_account, .amount = amount, .counterparty = zy_str_of(payee) } } };
    ZY_TRY(zy_ledger_post(tx, &from_clearing, job->m->now, err));
    return zy_ledger_post(tx, &to_customer, job->m->now, err);
}

/* A return may overtake the news that the transfer was settled. */
static zy_status comeback_unit(zy_tx *tx, void *arg, zy_err *err)
{
    comeback_job *job = arg;
    zy_order o = job->kept->order;
    out_row out;
    zy_id audit = { 0 };
    ZY_TRY(in_insert(tx, &job->row, &job->is_new, err));
    ZY_TRY(mail_advance(tx, job->m, err));
    if (!job->is_new)
        return ZY_OK;
    ZY_TRY(out_select(zy_tx_read(tx), o.id, &out, err));
    if (out_is_open(&out))
        ZY_TRY(outcome_settle(tx, job->m->env, &out, &o, job->kept->payload, job->m->now, err));
    else if (strcmp(out.state, "settled") != 0)
        return zy_fail(err, ZY_ORDER_STATE, "", "a return of what is %s", out.state);
    ZY_TRY(move_order(tx, job, &out, &o, &audit, err));
    ZY_TRY(book(tx, job, &o, audit, err));
    return tell(tx, job, &o, err);
}

/* Money that cannot be put where it came from stays on the clearing account until a person has decided. */
static zy_status unplaced_unit(zy_tx *tx, void *arg, zy_err *err)
{
    comeback_job *job = arg;
    snprintf(job->row.state, sizeof job->row.state, "open");
    ZY_TRY(in_insert(tx, &job->row, &job->is_new, err));
    ZY_TRY(mail_advance(tx, job->m, err));
    if (!job->is_new)
        return ZY_OK;
    const case_row row = { .day = zy_day_of(job->m->now), .message_id = zy_str_of(job->row.message_id), .difference = "unplaced",
                           .their = job->row.amount, .our_state = job->row.order.v != 0 ? "known" : "", .their_state = "settled" };
    return case_open(tx, job->m->env, &row, job->m->now, err);
}

static bool cannot_be_placed(zy_status status)
{
    return status == ZY_ACCOUNT_STATE || status == ZY_STATE_CONFLICT || status == ZY_ORDER_STATE || status == ZY_NOT_FOUND;
}

zy_status comeback_take(const mail *m, zy_err *err)
{
    ZY_KEPT_ORDER_AUTO kept = { 0 };
    comeback_job job = { .m = m, .kept = &kept };
    ZY_TRY(fill_row(&job));
    zy_status status = order_of_message(m->in->original_id, &job.row.order);
    if (status == ZY_OK)
        status = zy_order_read(m->env, job.row.order, &kept, err);
    if (status == ZY_OK) {
        job.row.account = kept.order.from_account;
        status = zy_db_run(m->env->db, "interbank.return", comeback_unit, &job, err);
    }
    if (!cannot_be_placed(status))
        return status;
    return zy_db_run(m->env->db, "interbank.unplaced", unplaced_unit, &job, err);
}
