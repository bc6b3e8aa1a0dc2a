/* transfer.interbank: from an own account to one at another bank, by the way that the routing chooses. The money leaves the customer when he
 * confirms, and stands in transit until the clearing house has answered. */
#include <stdio.h>
#include <string.h>

#include "bank/directory/directory.h"
#include "bank/interbank/interbank.h"
#include "bank/transfer/transfer_internal.h"
#include "service/identity/standing.h"
#include "service/ledger/ledger.h"
#include "service/notify/notify.h"

#define SUMMARY "跨行转账"

/* ---- what it would do ---- */

zy_status transfer_interbank_read(zy_rtx *rtx, zy_transfer_plan *plan, zy_err *err)
{
    zy_env *env = plan->env;
    const zy_transfer_ask *ask = plan->ask;
    zy_str bank = zy_str_of(plan->payee.bank);
    const zy_account_move move = { plan->from.id, { 0 }, ask->amount };
    const zy_route_ask route = { .customer = ask->customer, .to_bank = bank, .amount = ask->amount, .at = arrival_at(plan->arrival, plan->now) };
    ZY_TRY(zy_customer_needs_full(rtx, ask->customer, err));
    if (ask->later && zy_bank_by_code(bank) == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "to_bank", "no such bank");
    if (!ask->later)
        ZY_TRY(zy_route_choose(rtx, env, &route, ask->way, &plan->offer, err));
    plan->fee = plan->offer.fee;
    plan->quota = zy_account_may(&plan->from, ZY_USE_QUOTA);
    if (plan->quota && !ask->later)
        ZY_TRY(zy_quota_check(rtx, env, &move, plan->now, err));
    ZY_TRY(zy_interbank_place(env, bank, zy_str_of(plan->payee.number), &plan->to.id, err));
    return zy_order_paid_before(rtx, ask->customer, plan->to.id, &plan->known, err);
}

static void describe(zy_order_lines *lines, const void *arg)
{
    const zy_transfer_plan *plan = arg;
    const transfer_masks *m = &plan->masks;
    bool hidden = plan->payee.hidden;
    zy_str number = zy_str_of(hidden ? m->to : plan->payee.number), name = zy_str_of(hidden ? m->payee : plan->payee.name);
    zy_order_line(lines, "from_account", zy_str_of(m->from), "付款账户", zy_str_of(m->from));
    zy_str bank = zy_str_of(plan->payee.bank), bank_name = zy_bank_name_of(plan->env, bank);
    zy_order_line(lines, "to_bank", bank, "收款行号", bank);
    zy_order_line(lines, "to_bank_name", bank_name, "收款银行", bank_name);
    zy_order_line(lines, "to_account", number, "收款账号", number);
    zy_order_line(lines, "to_name", name, "收款户名", name);
    zy_transfer_line_fen(lines, "amount_fen", plan->ask->amount, "转账金额");
    zy_transfer_line_fen(lines, "fee_fen", plan->fee, "手续费");
    zy_order_line(lines, "currency", ZY_STR("CNY"), NULL, (zy_str){ 0 });
    zy_order_line(lines, "way", zy_str_of(zy_route_way_name(plan->offer.way)), "转账方式",
                  zy_str_of(zy_route_way_title_zh(plan->offer.way)));
    arrival_line(lines, plan->arrival);
    zy_order_line(lines, "memo", plan->ask->memo, "附言", plan->ask->memo);
}

/* Whole names and numbers go to the clearing house; the payload is sealed at rest. */
static zy_json *payload_of(const zy_transfer_plan *plan)
{
    zy_json *payload = transfer_payload(plan);
    zy_json_set_c(payload, "from_name", plan->payer.name);
    zy_json_set_c(payload, "from_number", plan->from.number);
    zy_json_set_c(payload, "to_name", plan->payee.name);
    zy_json_set_c(payload, "to_number", plan->payee.number);
    zy_json_set_c(payload, "to_bank", plan->payee.bank);
    zy_json_set_str(payload, "bank", zy_bank_name_of(plan->env, zy_str_of(plan->payee.bank)));
    zy_json_set_int(payload, "way", plan->offer.way);
    zy_json_set_bool(payload, "free_use", plan->offer.free_use);
    zy_json_set_bool(payload, "quota", plan->quota);
    return payload;
}

void transfer_interbank_fill(zy_transfer_plan *plan)
{
    plan->prepare = (zy_prepare){
        .kind = &INTERBANK_KIND,
        .draft = { .amount = plan->ask->amount, .fee = plan->fee, .from_account = plan->from.id, .to_account = plan->to.id,
                   .then = plan->arrival != ARRIVAL_NOW ? ZY_OS_HELD : ZY_OS_PENDING, .risk = plan->known ? "low" : "medium",
                   .payload = payload_of(plan), .sms_purpose = zy_str_of(plan->purpose), .notice = transfer_notice(plan) },
        .describe = describe,
        .arg = plan,
    };
}

/* ---- the order kind ---- */

static zy_status debit(zy_tx *tx, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    char to[2 * ZY_MASK_MAX];
    transfer_counterparty(payload, "payee", "to", to, sizeof to);
    zy_str memo = transfer_member(payload, "memo");
    zy_journal journal = {
        .id = o->journal, .order = o->id, .audit = audit, .summary_code = "TRF", .summary = memo.n > 0 ? memo : ZY_STR(SUMMARY),
        .legs = { { .account = o->from_account, .amount = { -o->amount.fen - o->fee.fen }, .counterparty = zy_str_of(to),
                    .hold = transfer_hold(o, payload) },
                  { .account = ZY_LEDGER_TRANSIT, .amount = o->amount, .internal = true },
                  { .account = ZY_LEDGER_FEES, .amount = o->fee, .internal = true } },
        .leg_count = o->fee.fen > 0 ? 3 : 2,
    };
    return zy_ledger_post(tx, &journal, o->done_at, err);
}

static zy_status count_free(zy_tx *tx, const zy_order *o, const zy_json *payload, zy_err *err)
{
    bool free_use = false;
    (void)zy_json_bool(payload, "free_use", &free_use);
    return free_use ? zy_route_count_free(tx, o->customer, o->done_at, err) : ZY_OK;
}

static zy_status leave(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    int64_t way = 0;
    bool quota = false;
    (void)zy_json_int(payload, "way", &way);
    (void)zy_json_bool(payload, "quota", &quota);
    if (way < ZY_ROUTE_INSTANT || way > ZY_ROUTE_BATCH)
        return zy_fail(err, ZY_INTERNAL, "", "a transfer to another bank without a way");
    const zy_interbank_out out = { .order = o->id, .journal = o->journal, .way = zy_route_clearing_way((zy_route_way)way),
                                   .to_bank = transfer_member(payload, "to_bank"), .amount = o->amount, .send_at = o->done_at };
    const zy_account_move move = { o->from_account, { 0 }, o->amount };
    ZY_TRY(debit(tx, o, payload, audit, err));
    ZY_TRY(zy_interbank_queue(tx, &out, err));
    return quota ? zy_quota_count(tx, env, &move, o->done_at, err) : ZY_OK;
}

/* A free transfer is used up when it is confirmed, also when it leaves later. */
static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    if (o->state == ZY_OS_HELD)
        ZY_TRY(transfer_keep(tx, o, payload, err));
    else
        ZY_TRY(leave(tx, env, o, payload, audit, err));
    return o->state != ZY_OS_HELD && transfer_hold(o, payload).v != 0 ? ZY_OK : count_free(tx, o, payload, err);
}

static zy_status notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    char yuan[ZY_MONEY_TEXT_MAX], at[ZY_TIME_TEXT_MAX], text[700];
    if (o->state == ZY_OS_HELD)
        return transfer_tell_kept(tx, env, o, payload, err);
    zy_str from = transfer_tail(payload, "from"), to = transfer_tail(payload, "to");
    zy_money_format_grouped(o->amount, yuan);
    zy_time_format_short(o->done_at, at);
    snprintf(text, sizeof text, "您尾号" ZY_STR_FMT "的账户于%s提交向" ZY_STR_FMT "（" ZY_STR_FMT "，尾号" ZY_STR_FMT "）的跨行转账%s元，结果另行通知。",
             ZY_STR_ARG(from), at, ZY_STR_ARG(transfer_member(payload, "payee")), ZY_STR_ARG(transfer_member(payload, "bank")),
             ZY_STR_ARG(to), yuan);
    return zy_notify_add(tx, env, o->customer, "transfer", ZY_STR("跨行转账已提交"), zy_str_of(text), err);
}

static void receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    transfer_receipt(o, payload, out);
    zy_json_set_str(out, "bank", transfer_member(payload, "bank"));
}

const zy_order_kind INTERBANK_KIND = {
    .name = "transfer.interbank", .title_zh = "跨行转账", .scene = "transfer", .limit_category = "transfer", .execute = execute,
    .cancel = transfer_cancel, .notify = notify, .receipt = receipt, .limit_once_param = "transfer.once_limit_fen", .limit_day_param = "transfer.day_limit_fen",
};
