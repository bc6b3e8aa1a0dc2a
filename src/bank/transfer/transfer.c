/* transfer.prepare, and what the kinds of transfers share. */
#include "bank/transfer/transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank/directory/directory.h"
#include "bank/phonepay/phonepay.h"
#include "bank/transfer/transfer_internal.h"
#include "service/param/param.h"

/* The most that any factor may stand for (mb.enhanced-auth); how much a text message may, factor.sms.cap_fen says. */
static const zy_param_row PARAMS[] = {
    { .name = "transfer.once_limit_fen", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen",
      .title_zh = "单笔转账限额", .title_en = "Limit of one transfer" },
    { .name = "transfer.day_limit_fen", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen",
      .title_zh = "当日累计转账限额", .title_en = "Limit of a day's transfers" },
};

#define WARNING "首次向该收款人转账：请确认您认识对方，并通过其他方式核实。银行、公检法人员不会要求您转账到“安全账户”。"

/* ---- texts and figures of all kinds ---- */

zy_str transfer_notice(const zy_transfer_plan *plan)
{
    return plan->known ? (zy_str){ 0 } : ZY_STR(WARNING);
}

void zy_transfer_line_fen(zy_order_lines *lines, const char *name, zy_money amount, const char *label)
{
    char fen[32], yuan[ZY_MONEY_TEXT_MAX], shown[ZY_MONEY_TEXT_MAX + 16];
    snprintf(fen, sizeof fen, "%lld", (long long)amount.fen);
    zy_money_format_grouped(amount, yuan);
    snprintf(shown, sizeof shown, "¥ %s", yuan);
    zy_order_line(lines, name, zy_str_of(fen), label, zy_str_of(shown));
}

zy_json *transfer_payload(const zy_transfer_plan *plan)
{
    zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "from", plan->masks.from);
    zy_json_set_c(payload, "to", plan->masks.to);
    zy_json_set_c(payload, "payer", plan->masks.payer);
    zy_json_set_c(payload, "payee", plan->masks.payee);
    zy_json_set_str(payload, "memo", plan->ask->memo);
    arrival_payload(payload, plan->arrival);
    return payload;
}

zy_str transfer_member(const zy_json *payload, const char *name)
{
    zy_str value = { 0 };
    (void)zy_json_str(payload, name, &value);
    return value;
}

zy_str transfer_tail(const zy_json *payload, const char *name)
{
    zy_str number = transfer_member(payload, name);
    return zy_str_sub(number, number.n > 4 ? number.n - 4 : 0, 4);
}

int transfer_counterparty(const zy_json *payload, const char *name, const char *number, char *out, size_t size)
{
    return snprintf(out, size, ZY_STR_FMT " " ZY_STR_FMT, ZY_STR_ARG(transfer_member(payload, name)),
                    ZY_STR_ARG(transfer_member(payload, number)));
}

void transfer_receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    static const char *const MEMBERS[] = { "from", "to", "payee", "memo" };
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++)
        zy_json_set_str(out, MEMBERS[i], transfer_member(payload, MEMBERS[i]));
    arrival_receipt(o, payload, out);
}

/* ---- plans ---- */

void zy_transfer_plan_free(zy_transfer_plan *plan)
{
    if (plan == NULL)
        return;
    zy_json_free(plan->prepare.draft.payload);
    zy_wipe(plan, sizeof *plan);
    free(plan);
}

static zy_status read_token(zy_rtx *rtx, zy_transfer_plan *plan, zy_err *err)
{
    const zy_transfer_ask *ask = plan->ask;
    ZY_AUTO_PHONEPAY_PAYEE found = { 0 };
    ZY_TRY(zy_phonepay_payee_find(rtx, plan->env, ask->customer, ask->login, ask->payee_token, &found, err));
    plan->payee.hidden = true;
    if (!found.own)
        ZY_TRY(zy_str_copy(zy_str_of(found.bank), plan->payee.bank, sizeof plan->payee.bank));
    ZY_TRY(zy_str_copy(zy_str_of(found.name), plan->payee.name, sizeof plan->payee.name));
    return zy_str_copy(zy_str_of(found.number), plan->payee.number, sizeof plan->payee.number);
}

static zy_status read_payee(zy_rtx *rtx, zy_transfer_plan *plan, zy_err *err)
{
    const zy_transfer_ask *ask = plan->ask;
    if (ask->payee_token.n > 0)
        return read_token(rtx, plan, err);
    plan->payee.hidden = ask->payee.v != 0;
    if (ask->payee.v != 0)
        return payee_own(rtx, plan->env, ask->customer, ask->payee, &plan->payee, err);
    ZY_TRY(zy_str_copy(ask->to_bank, plan->payee.bank, sizeof plan->payee.bank));
    ZY_TRY(zy_str_copy(zy_str_trim(ask->to_name), plan->payee.name, sizeof plan->payee.name));
    return zy_str_copy(ask->to_number, plan->payee.number, sizeof plan->payee.number);
}

static bool is_internal(const zy_transfer_plan *plan)
{
    return zy_bank_is_own(plan->env, zy_str_of(plan->payee.bank));
}

static zy_status plan_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    zy_transfer_plan *plan = arg;
    zy_env *env = plan->env;
    zy_balance balance;
    ZY_TRY(zy_account_own(rtx, env, plan->ask->customer, plan->ask->from_account, &plan->from, err));
    ZY_TRY(zy_customer_person(rtx, env, plan->ask->customer, &plan->payer, err));
    ZY_TRY(read_payee(rtx, plan, err));
    ZY_TRY(zy_ledger_balance(rtx, plan->from.id, &balance, err));
    plan->available = balance.available;
    return is_internal(plan) ? transfer_internal_read(rtx, plan, err) : transfer_interbank_read(rtx, plan, err);
}

static zy_status check_payer(const zy_transfer_plan *plan, zy_err *err)
{
    if (strcmp(plan->from.state, "active") != 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "from_account_id", "the payer's account is %s", plan->from.state);
    if (!plan->ask->later && plan->ask->amount.fen + plan->fee.fen > plan->available.fen)
        return zy_fail(err, ZY_BALANCE_TOO_LOW, "amount_fen", "not enough is available");
    return ZY_OK;
}

static void fill_masks(zy_transfer_plan *plan)
{
    transfer_masks *m = &plan->masks;
    char yuan[ZY_MONEY_TEXT_MAX];
    size_t n = strlen(plan->payee.number);
    zy_mask_card(zy_str_of(plan->from.number), m->from);
    zy_mask_card(zy_str_of(plan->payee.number), m->to);
    zy_mask_name(zy_str_of(plan->payer.name), m->payer);
    zy_mask_name(zy_str_of(plan->payee.name), m->payee);
    zy_money_format_grouped(plan->ask->amount, yuan);
    snprintf(plan->purpose, sizeof plan->purpose, "向%s转账%s元，收款账号尾号%s", m->payee, yuan,
             plan->payee.number + (n > 4 ? n - 4 : 0));
}

static zy_status plan_fill(zy_transfer_plan *plan, zy_err *err)
{
    if (!arrival_parse(plan->ask->arrival, &plan->arrival))
        return zy_fail(err, ZY_BAD_FIELD, "arrival", "now, two_hours or next_day");
    ZY_TRY(zy_db_read(plan->env->db, "transfer.plan", plan_read, plan, err));
    ZY_TRY(check_payer(plan, err));
    fill_masks(plan);
    if (is_internal(plan))
        transfer_internal_fill(plan);
    else
        transfer_interbank_fill(plan);
    return ZY_OK;
}

zy_status zy_transfer_plan_new(zy_env *env, const zy_transfer_ask *ask, zy_time now, zy_transfer_plan **ret_plan, zy_err *err)
{
    zy_transfer_plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "no memory for a transfer");
    plan->env = env;
    plan->ask = ask;
    plan->now = now;
    zy_status status = plan_fill(plan, err);
    if (status != ZY_OK) {
        zy_transfer_plan_free(plan);
        return status;
    }
    *ret_plan = plan;
    return ZY_OK;
}

zy_transfer_facts zy_transfer_plan_facts(const zy_transfer_plan *plan)
{
    const payee *p = &plan->payee;
    const transfer_masks *m = &plan->masks;
    return (zy_transfer_facts){ .to_name = zy_str_of(p->name), .to_number = zy_str_of(p->number), .to_bank = zy_str_of(p->bank),
                                .from_mask = zy_str_of(m->from), .to_name_mask = zy_str_of(m->payee),
                                .to_number_mask = zy_str_of(m->to), .hidden = p->hidden, .known = plan->known,
                                .fee = plan->fee, .list_fee = plan->offer.list_fee, .available = plan->available };
}

bool zy_transfer_refused(zy_status status)
{
    static const zy_status REFUSALS[] = { ZY_BALANCE_TOO_LOW, ZY_TRANSFER_LIMIT, ZY_ACCOUNT_STATE, ZY_PAYEE_MISMATCH, ZY_ACCOUNT_QUOTA,
                                          ZY_NOT_FOUND, ZY_SCOPE_LIMITED, ZY_SAME_ACCOUNT, ZY_ROUTE_CLOSED, ZY_API_CLOSED, ZY_OVERFLOW };
    for (size_t i = 0; i < ZY_COUNT(REFUSALS); i++)
        if (REFUSALS[i] == status)
            return true;
    return false;
}

zy_prepare zy_transfer_plan_take(zy_transfer_plan *plan)
{
    zy_prepare prepare = plan->prepare;
    plan->prepare.draft.payload = NULL;
    return prepare;
}

/* ---- transfer.prepare ---- */

/* Either number and name, or a payee of the book, or one that a phone number led to. */
static zy_status check_input(const transfer_in *in, zy_err *err)
{
    bool typed = in->to_account_no.n > 0 && in->to_name.n > 0;
    bool any = in->to_account_no.n > 0 || in->to_name.n > 0 || in->to_bank.n > 0;
    bool found = in->has_payee_id || in->payee_token.n > 0, both = in->has_payee_id && in->payee_token.n > 0;
    if (both || (found ? any : !typed))
        return zy_fail(err, ZY_BAD_FIELD, in->has_payee_id ? "payee_id" : found ? "payee_token" : "to_account_no",
                       "number and name, or payee_id, or payee_token");
    return ZY_OK;
}

zy_status transfer_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const transfer_in *in = input;
    bool repeated = false;
    ZY_TRY(check_input(in, err));
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    const zy_transfer_ask ask = { .customer = call->caller->customer, .from_account = in->from_account_id, .payee = in->payee_id,
                                  .to_number = in->to_account_no, .to_name = in->to_name, .to_bank = in->to_bank, .way = in->way,
                                  .payee_token = in->payee_token, .login = call->caller->login, .arrival = in->arrival,
                                  .amount = in->amount_fen, .memo = in->memo };
    ZY_AUTO(zy_transfer_plan_free) zy_transfer_plan *plan = NULL;
    ZY_TRY(zy_transfer_plan_new(call->env, &ask, call->now, &plan, err));
    const zy_prepare prepare = zy_transfer_plan_take(plan);
    return zy_order_prepare(call, &prepare, body, err);
}

zy_status zy_transfer_start(zy_env *env, zy_err *err)
{
    (void)env;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    zy_ledger_start();
    return zy_flow_register(&TRANSFER_KIND) == ZY_OK && zy_flow_register(&INTERBANK_KIND) == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "too many kinds of orders");
}
