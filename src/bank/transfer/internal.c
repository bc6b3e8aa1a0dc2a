/* transfer.internal: from an own account to a customer of the bank. */
#include <stdio.h>
#include <string.h>

#include "bank/transfer/transfer_internal.h"
#include "service/ledger/ledger.h"
#include "service/notify/notify.h"

#define SUMMARY "转账"

/* ---- what it would do ---- */

static zy_status check_quota(zy_rtx *rtx, const zy_transfer_plan *plan, zy_err *err)
{
    const zy_account_move move = { plan->from.id, plan->to.id, plan->ask->amount };
    return zy_quota_check(rtx, plan->env, &move, plan->now, err);
}

zy_status transfer_internal_read(zy_rtx *rtx, zy_transfer_plan *plan, zy_err *err)
{
    zy_env *env = plan->env;
    if (strcmp(plan->payee.number, plan->from.number) == 0)
        return zy_fail(err, ZY_SAME_ACCOUNT, "to_account_no", "payer and payee are one account");
    ZY_TRY(payee_account(rtx, env, plan->ask->customer, &plan->payee, &plan->to, err));
    plan->quota = zy_account_may(&plan->from, ZY_USE_QUOTA) || zy_account_may(&plan->to, ZY_USE_QUOTA);
    if (plan->quota && !plan->ask->later)
        ZY_TRY(check_quota(rtx, plan, err));
    if (zy_id_eq(plan->to.customer, plan->ask->customer)) {
        plan->known = true;
        return ZY_OK;
    }
    return zy_order_paid_before(rtx, plan->ask->customer, plan->to.id, &plan->known, err);
}

/* A payee that was typed stands there as typed, one of the book masked. Which accounts are meant is sealed with the text. */
static void describe(zy_order_lines *lines, const void *arg)
{
    const zy_transfer_plan *plan = arg;
    const transfer_masks *m = &plan->masks;
    bool hidden = plan->payee.hidden;
    zy_str number = zy_str_of(hidden ? m->to : plan->payee.number), name = zy_str_of(hidden ? m->payee : plan->payee.name);
    zy_order_line(lines, "from_account", zy_str_of(m->from), "付款账户", zy_str_of(m->from));
    zy_order_line(lines, "to_account", number, "收款账号", number);
    zy_order_line(lines, "to_name", name, "收款户名", name);
    zy_transfer_line_fen(lines, "amount_fen", plan->ask->amount, "转账金额");
    zy_transfer_line_fen(lines, "fee_fen", (zy_money){ 0 }, "手续费");
    zy_order_line(lines, "currency", ZY_STR("CNY"), NULL, (zy_str){ 0 });
    arrival_line(lines, plan->arrival);
    zy_order_line(lines, "memo", plan->ask->memo, "附言", plan->ask->memo);
}

static zy_json *payload_of(const zy_transfer_plan *plan)
{
    zy_json *payload = transfer_payload(plan);
    zy_json_set_int(payload, "to_customer", plan->to.customer.v);
    zy_json_set_bool(payload, "quota", plan->quota);
    return payload;
}

void transfer_internal_fill(zy_transfer_plan *plan)
{
    plan->prepare = (zy_prepare){
        .kind = &TRANSFER_KIND,
        .draft = { .amount = plan->ask->amount, .from_account = plan->from.id, .to_account = plan->to.id,
                   .then = plan->arrival != ARRIVAL_NOW ? ZY_OS_HELD : ZY_OS_POSTED, .risk = plan->known ? "low" : "medium", .payload = payload_of(plan), .sms_purpose = zy_str_of(plan->purpose),
                   .notice = transfer_notice(plan) },
        .describe = describe,
        .arg = plan,
    };
}

/* ---- the order kind ---- */

static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    char to[2 * ZY_MASK_MAX], from[2 * ZY_MASK_MAX];
    if (o->state == ZY_OS_HELD)
        return transfer_keep(tx, o, payload, err);
    transfer_counterparty(payload, "payee", "to", to, sizeof to);
    transfer_counterparty(payload, "payer", "from", from, sizeof from);
    zy_str memo = transfer_member(payload, "memo");
    zy_journal journal = {
        .id = o->journal, .order = o->id, .audit = audit, .summary_code = "TRF",
        .summary = memo.n > 0 ? memo : ZY_STR(SUMMARY),
        .legs = { { .account = o->from_account, .amount = { -o->amount.fen }, .counterparty = zy_str_of(to),
                    .hold = transfer_hold(o, payload) },
                  { .account = o->to_account, .amount = o->amount, .counterparty = zy_str_of(from) } },
        .leg_count = 2,
    };
    bool quota = false;
    ZY_TRY(zy_ledger_post(tx, &journal, o->done_at, err));
    (void)zy_json_bool(payload, "quota", &quota);
    const zy_account_move move = { o->from_account, o->to_account, o->amount };
    return quota ? zy_quota_count(tx, env, &move, o->done_at, err) : ZY_OK;
}

static zy_status notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    char yuan[ZY_MONEY_TEXT_MAX], at[ZY_TIME_TEXT_MAX], text[600];
    int64_t to_customer = 0;
    if (o->state == ZY_OS_HELD)
        return transfer_tell_kept(tx, env, o, payload, err);
    zy_str from = transfer_tail(payload, "from"), to = transfer_tail(payload, "to");
    (void)zy_json_int(payload, "to_customer", &to_customer);
    zy_money_format_grouped(o->amount, yuan);
    zy_time_format_short(o->done_at, at);
    snprintf(text, sizeof text, "您尾号" ZY_STR_FMT "的账户于%s向" ZY_STR_FMT "（尾号" ZY_STR_FMT "）转账%s元。", ZY_STR_ARG(from), at,
             ZY_STR_ARG(transfer_member(payload, "payee")), ZY_STR_ARG(to), yuan);
    ZY_TRY(zy_notify_add(tx, env, o->customer, "transfer", ZY_STR("转账成功"), zy_str_of(text), err));
    snprintf(text, sizeof text, "您尾号" ZY_STR_FMT "的账户于%s收到" ZY_STR_FMT "（尾号" ZY_STR_FMT "）转账%s元。", ZY_STR_ARG(to), at,
             ZY_STR_ARG(transfer_member(payload, "payer")), ZY_STR_ARG(from), yuan);
    return zy_notify_add(tx, env, (zy_id){ to_customer }, "transfer", ZY_STR("到账通知"), zy_str_of(text), err);
}

const zy_order_kind TRANSFER_KIND = {
    .name = "transfer.internal", .title_zh = "行内转账", .scene = "transfer", .limit_category = "transfer", .execute = execute,
    .cancel = transfer_cancel, .notify = notify, .receipt = transfer_receipt, .limit_once_param = "transfer.once_limit_fen", .limit_day_param = "transfer.day_limit_fen",
};
