/* A definite answer about a transfer of ours: settled, or rejected and the money given back. Once, whoever tells it first. */
#include "bank/interbank/interbank_internal.h"

#include <stdio.h>
#include <string.h>

#include "service/notify/notify.h"

const char *outcome_name(zy_clearing_outcome there)
{
    static const char *const NAMES[] = { [ZY_CLEARING_SETTLED] = "settled", [ZY_CLEARING_PENDING] = "pending",
                                         [ZY_CLEARING_REJECTED] = "rejected", [ZY_CLEARING_UNKNOWN_THERE] = "unknown" };
    return there > 0 && there < (int)ZY_COUNT(NAMES) ? NAMES[there] : "";
}

bool out_is_open(const out_row *row)
{
    return strcmp(row->state, "ready") == 0 || strcmp(row->state, "asked") == 0;
}

zy_status order_of_message(zy_str message_id, zy_id *ret_order)
{
    return zy_id_parse(message_id, ret_order) == ZY_OK ? ZY_OK : ZY_NOT_FOUND;
}

/* ---- what the customer is told ---- */

/* ISO 20022 external status reason codes that a payee's bank gives. */
static const char *reason_zh(const char *code)
{
    static const struct {
        const char *code, *text;
    } REASONS[] = { { "AC01", "收款账号不存在" }, { "AC04", "收款账户已销户" }, { "AC06", "收款账户状态异常" },
                    { "BE01", "收款户名与账号不符" }, { "AM02", "超过收款方限额" }, { "NOOR", "清算机构未收到" } };
    for (size_t i = 0; i < ZY_COUNT(REASONS); i++)
        if (strcmp(code, REASONS[i].code) == 0)
            return REASONS[i].text;
    return "对方银行未受理";
}

int payee_text(const zy_json *payload, char *out, size_t size)
{
    zy_str name = { 0 }, number = { 0 };
    (void)zy_json_str(payload, "payee", &name);
    (void)zy_json_str(payload, "to", &number);
    zy_str tail = zy_str_sub(number, number.n > 4 ? number.n - 4 : 0, 4);
    return snprintf(out, size, ZY_STR_FMT "（尾号" ZY_STR_FMT "）", ZY_STR_ARG(name), ZY_STR_ARG(tail));
}

static zy_status tell(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, const char *title, const char *what, zy_err *err)
{
    char payee[300], yuan[ZY_MONEY_TEXT_MAX], text[700];
    payee_text(payload, payee, sizeof payee);
    zy_money_format_grouped(o->amount, yuan);
    snprintf(text, sizeof text, "您向%s的跨行转账%s元%s。", payee, yuan, what);
    return zy_notify_add(tx, env, o->customer, "transfer", zy_str_of(title), zy_str_of(text), err);
}

/* ---- settled ---- */

zy_status outcome_settle(zy_tx *tx, zy_env *env, const out_row *out, zy_order *o, const zy_json *payload, zy_time now, zy_err *err)
{
    zy_id audit = { 0 };
    const zy_order_move move = { .order = o, .to = ZY_OS_SETTLED, .step = "clearing", .at = now };
    ZY_TRY(out_close(tx, out, "settled", "", err));
    ZY_TRY(zy_order_move_on(tx, env, &move, &audit, err));
    const zy_journal journal = { .id = zy_id_next(env->ids), .order = o->id, .audit = audit, .summary_code = "STL",
                                 .summary = ZY_STR("跨行清算"), .leg_count = 2,
                                 .legs = { { .account = ZY_LEDGER_TRANSIT, .amount = { -o->amount.fen }, .internal = true },
                                           { .account = ZY_LEDGER_CLEARING, .amount = o->amount, .internal = true } } };
    ZY_TRY(zy_ledger_post(tx, &journal, now, err));
    o->state = ZY_OS_SETTLED;
    return tell(tx, env, o, payload, "跨行转账到账", "已到账", err);
}

/* ---- rejected ---- */

static zy_status give_back(zy_tx *tx, const outcome *oc, const out_row *out, const zy_order *o, const zy_json *payload, zy_err *err)
{
    zy_id audit = { 0 };
    char to[300], what[160];
    const zy_order_move move = { .order = o, .to = ZY_OS_FAILED, .step = "clearing", .reason = zy_str_of(oc->answer.reason),
                                 .at = oc->now };
    ZY_TRY(out_close(tx, out, "rejected", oc->answer.reason, err));
    ZY_TRY(zy_order_move_on(tx, oc->env, &move, &audit, err));
    zy_journal journal = { .id = zy_id_next(oc->env->ids), .order = o->id, .audit = audit, .summary_code = "REV",
                           .summary = ZY_STR("跨行转账退回") };
    ZY_TRY(zy_ledger_mirror(zy_tx_read(tx), o->journal, &journal, err));
    payee_text(payload, to, sizeof to);
    for (int i = 0; i < journal.leg_count; i++)
        if (!journal.legs[i].internal)
            journal.legs[i].counterparty = zy_str_of(to);
    ZY_TRY(zy_ledger_post(tx, &journal, oc->now, err));
    snprintf(what, sizeof what, "未成功（%s），款项已退回您的账户", reason_zh(oc->answer.reason));
    return tell(tx, oc->env, o, payload, "跨行转账未成功", what, err);
}

/* ---- once ---- */

typedef struct outcome_job {
    const outcome *oc;
    zy_kept_order *kept;
    out_row out;
    bool known; /* it was decided before */
} outcome_job;

static zy_status outcome_unit(zy_tx *tx, void *arg, zy_err *err)
{
    outcome_job *job = arg;
    zy_order o = job->kept->order;
    ZY_TRY(out_select(zy_tx_read(tx), job->oc->order, &job->out, err));
    job->known = !out_is_open(&job->out);
    if (job->known)
        return ZY_OK;
    if (job->oc->answer.outcome == ZY_CLEARING_SETTLED)
        return outcome_settle(tx, job->oc->env, &job->out, &o, job->kept->payload, job->oc->now, err);
    return give_back(tx, job->oc, &job->out, &o, job->kept->payload, err);
}

static zy_status check_contradiction(const outcome_job *job, zy_err *err)
{
    const outcome *oc = job->oc;
    bool rejected_here = strcmp(job->out.state, "rejected") == 0, rejected_there = oc->answer.outcome == ZY_CLEARING_REJECTED;
    bool is_new = false;
    char id[ZY_ID_TEXT_MAX];
    if (rejected_here == rejected_there)
        return ZY_OK;
    zy_id_format(oc->order, id);
    const case_row row = { .day = zy_day_of(oc->now), .message_id = zy_str_of(id), .difference = "outcome", .our = job->out.amount,
                           .their = job->out.amount, .our_state = job->out.state, .their_state = outcome_name(oc->answer.outcome) };
    return case_open_now(oc->env, &row, oc->now, &is_new, err);
}

zy_status outcome_apply(const outcome *oc, zy_err *err)
{
    ZY_KEPT_ORDER_AUTO kept = { 0 };
    outcome_job job = { .oc = oc, .kept = &kept };
    ZY_TRY(zy_order_read(oc->env, oc->order, &kept, err));
    zy_status status = zy_db_run(oc->env->db, "interbank.outcome", outcome_unit, &job, err);
    if (status == ZY_STATE_CONFLICT || status == ZY_ORDER_STATE) /* another node was faster */
        status = zy_db_run(oc->env->db, "interbank.outcome", outcome_unit, &job, err);
    ZY_TRY(status);
    return job.known ? check_contradiction(&job, err) : ZY_OK;
}
