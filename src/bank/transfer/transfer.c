/* transfer.internal: from an own account to a customer of the bank. */
#include "bank/transfer/transfer.h"

#include <stdio.h>
#include <string.h>

#include "bank/transfer/transfer_internal.h"
#include "service/ledger/ledger.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

#define SUMMARY "转账"
#define WARNING "首次向该收款人转账：请确认您认识对方，并通过其他方式核实。银行、公检法人员不会要求您转账到“安全账户”。"

/* 50,000.00 yuan is what a text message may vouch for, by transaction and by day; the bank may allow less. */
/* The most that any factor may stand for (mb.enhanced-auth); how much a text message may, factor.sms.cap_fen says. */
static const zy_param_row PARAMS[] = {
    { .name = "transfer.once_limit_fen", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen",
      .title_zh = "单笔转账限额", .title_en = "Limit of one transfer" },
    { .name = "transfer.day_limit_fen", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen",
      .title_zh = "当日累计转账限额", .title_en = "Limit of a day's transfers" },
};

/* ---- prepare ---- */

typedef struct prepare_job {
    zy_call *call;
    const transfer_in *in;
    payee payee;
    zy_account from, to;
    zy_person payer;
    zy_money available;
    bool quota; /* one of both accounts has quotas */
    bool known; /* an own account, or one paid to before */
} prepare_job;

static void prepare_job_wipe(prepare_job *job)
{
    zy_wipe(job, sizeof *job);
}

static zy_status read_payee(zy_rtx *rtx, prepare_job *job, zy_err *err)
{
    const transfer_in *in = job->in;
    if (in->has_payee_id)
        return payee_own(rtx, job->call->env, job->call->caller->customer, in->payee_id, &job->payee, err);
    ZY_TRY(zy_str_copy(zy_str_trim(in->to_name), job->payee.name, sizeof job->payee.name));
    return zy_str_copy(in->to_account_no, job->payee.number, sizeof job->payee.number);
}

static zy_status check_quota(zy_rtx *rtx, const prepare_job *job, zy_err *err)
{
    const zy_account_move move = { job->from.id, job->to.id, job->in->amount_fen };
    return zy_quota_check(rtx, job->call->env, &move, job->call->now, err);
}

static zy_status prepare_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prepare_job *job = arg;
    zy_env *env = job->call->env;
    zy_id customer = job->call->caller->customer;
    zy_balance balance;
    ZY_TRY(zy_account_own(rtx, env, customer, job->in->from_account_id, &job->from, err));
    ZY_TRY(zy_customer_person(rtx, env, customer, &job->payer, err));
    ZY_TRY(read_payee(rtx, job, err));
    if (strcmp(job->payee.number, job->from.number) == 0)
        return zy_fail(err, ZY_SAME_ACCOUNT, "to_account_no", "payer and payee are one account");
    ZY_TRY(payee_account(rtx, env, customer, &job->payee, &job->to, err));
    ZY_TRY(zy_ledger_balance(rtx, job->from.id, &balance, err));
    job->available = balance.available;
    job->quota = zy_account_may(&job->from, ZY_USE_QUOTA) || zy_account_may(&job->to, ZY_USE_QUOTA);
    if (job->quota)
        ZY_TRY(check_quota(rtx, job, err));
    if (zy_id_eq(job->to.customer, customer)) {
        job->known = true;
        return ZY_OK;
    }
    return zy_order_paid_before(rtx, customer, job->to.id, &job->known, err);
}

static zy_status check_payer(const prepare_job *job, zy_err *err)
{
    if (strcmp(job->from.state, "active") != 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "from_account_id", "the payer's account is %s", job->from.state);
    if (job->in->amount_fen.fen > job->available.fen)
        return zy_fail(err, ZY_BALANCE_TOO_LOW, "amount_fen", "not enough is available");
    return ZY_OK;
}

/* Either number and name, or a payee of the book. */
static zy_status check_input(const transfer_in *in, zy_err *err)
{
    bool typed = in->to_account_no.n > 0 && in->to_name.n > 0;
    if (in->has_payee_id ? in->to_account_no.n > 0 || in->to_name.n > 0 : !typed)
        return zy_fail(err, ZY_BAD_FIELD, in->has_payee_id ? "payee_id" : "to_account_no", "number and name, or payee_id");
    return ZY_OK;
}

typedef struct masks {
    char from[ZY_MASK_MAX], to[ZY_MASK_MAX], payer[ZY_MASK_MAX], payee[ZY_MASK_MAX];
} masks;

static masks masks_of(const prepare_job *job)
{
    masks m;
    zy_mask_card(zy_str_of(job->from.number), m.from);
    zy_mask_card(zy_str_of(job->to.number), m.to);
    zy_mask_name(zy_str_of(job->payer.name), m.payer);
    zy_mask_name(zy_str_of(job->payee.name), m.payee);
    return m;
}

typedef struct describe_arg {
    const prepare_job *job;
    const masks *m;
} describe_arg;

static void line_fen(zy_order_lines *lines, const char *name, zy_money amount, const char *label)
{
    char fen[32], yuan[ZY_MONEY_TEXT_MAX], shown[ZY_MONEY_TEXT_MAX + 16];
    snprintf(fen, sizeof fen, "%lld", (long long)amount.fen);
    zy_money_format_grouped(amount, yuan);
    snprintf(shown, sizeof shown, "¥ %s", yuan);
    zy_order_line(lines, name, zy_str_of(fen), label, zy_str_of(shown));
}

/* A payee that was typed stands there as typed, one of the book masked. Which accounts are meant is sealed with the text. */
static void describe(zy_order_lines *lines, const void *arg)
{
    const describe_arg *d = arg;
    const prepare_job *job = d->job;
    bool book = job->in->has_payee_id;
    zy_str number = zy_str_of(book ? d->m->to : job->payee.number), name = zy_str_of(book ? d->m->payee : job->payee.name);
    zy_order_line(lines, "from_account", zy_str_of(d->m->from), "付款账户", zy_str_of(d->m->from));
    zy_order_line(lines, "to_account", number, "收款账号", number);
    zy_order_line(lines, "to_name", name, "收款户名", name);
    line_fen(lines, "amount_fen", job->in->amount_fen, "转账金额");
    line_fen(lines, "fee_fen", (zy_money){ 0 }, "手续费");
    zy_order_line(lines, "currency", ZY_STR("CNY"), NULL, (zy_str){ 0 });
    zy_order_line(lines, "memo", job->in->memo, "附言", job->in->memo);
}

static zy_json *payload_of(const prepare_job *job, const masks *m)
{
    zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "from", m->from);
    zy_json_set_c(payload, "to", m->to);
    zy_json_set_c(payload, "payer", m->payer);
    zy_json_set_c(payload, "payee", m->payee);
    zy_json_set_int(payload, "to_customer", job->to.customer.v);
    zy_json_set_str(payload, "memo", job->in->memo);
    zy_json_set_bool(payload, "quota", job->quota);
    return payload;
}

static const char *tail_of(const char *number)
{
    size_t n = strlen(number);
    return n > 4 ? number + n - 4 : number;
}

static zy_status store(prepare_job *job, zy_json *body, zy_err *err)
{
    masks m = masks_of(job);
    char yuan[ZY_MONEY_TEXT_MAX], purpose[256];
    zy_money_format_grouped(job->in->amount_fen, yuan);
    snprintf(purpose, sizeof purpose, "向%s转账%s元，收款账号尾号%s", m.payee, yuan, tail_of(job->to.number));
    describe_arg arg = { job, &m };
    zy_prepare prepare = {
        .kind = &TRANSFER_KIND,
        .draft = { .amount = job->in->amount_fen, .from_account = job->from.id, .to_account = job->to.id,
                   .risk = job->known ? "low" : "medium",
                   .payload = payload_of(job, &m), .sms_purpose = zy_str_of(purpose),
                   .notice = job->known ? (zy_str){ 0 } : ZY_STR(WARNING) },
        .describe = describe,
        .arg = &arg,
    };
    return zy_order_prepare(job->call, &prepare, body, err);
}

zy_status transfer_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    __attribute__((cleanup(prepare_job_wipe))) prepare_job job = { .call = call, .in = input };
    bool repeated = false;
    ZY_TRY(check_input(job.in, err));
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "transfer.prepare", prepare_read, &job, err));
    ZY_TRY(check_payer(&job, err));
    return store(&job, body, err);
}

/* ---- the order kind ---- */

static zy_str member(const zy_json *payload, const char *name)
{
    zy_str value = { 0 };
    (void)zy_json_str(payload, name, &value);
    return value;
}

static int counterparty(const zy_json *payload, const char *name, const char *number, char *out, size_t size)
{
    return snprintf(out, size, ZY_STR_FMT " " ZY_STR_FMT, ZY_STR_ARG(member(payload, name)), ZY_STR_ARG(member(payload, number)));
}

static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    char to[2 * ZY_MASK_MAX], from[2 * ZY_MASK_MAX];
    counterparty(payload, "payee", "to", to, sizeof to);
    counterparty(payload, "payer", "from", from, sizeof from);
    zy_str memo = member(payload, "memo");
    zy_journal journal = {
        .id = o->journal, .order = o->id, .audit = audit, .summary_code = "TRF",
        .summary = memo.n > 0 ? memo : ZY_STR(SUMMARY),
        .legs = { { .account = o->from_account, .amount = { -o->amount.fen }, .counterparty = zy_str_of(to) },
                  { .account = o->to_account, .amount = o->amount, .counterparty = zy_str_of(from) } },
        .leg_count = 2,
    };
    bool quota = false;
    ZY_TRY(zy_ledger_post(tx, &journal, o->done_at, err));
    (void)zy_json_bool(payload, "quota", &quota);
    const zy_account_move move = { o->from_account, o->to_account, o->amount };
    return quota ? zy_quota_count(tx, env, &move, o->done_at, err) : ZY_OK;
}

static zy_str tail_member(const zy_json *payload, const char *name)
{
    zy_str number = member(payload, name);
    return zy_str_sub(number, number.n > 4 ? number.n - 4 : 0, 4);
}

static zy_status notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    char yuan[ZY_MONEY_TEXT_MAX], at[ZY_TIME_TEXT_MAX], text[600];
    int64_t to_customer = 0;
    zy_str from = tail_member(payload, "from"), to = tail_member(payload, "to");
    (void)zy_json_int(payload, "to_customer", &to_customer);
    zy_money_format_grouped(o->amount, yuan);
    zy_time_format_short(o->done_at, at);
    snprintf(text, sizeof text, "您尾号" ZY_STR_FMT "的账户于%s向" ZY_STR_FMT "（尾号" ZY_STR_FMT "）转账%s元。", ZY_STR_ARG(from), at,
             ZY_STR_ARG(member(payload, "payee")), ZY_STR_ARG(to), yuan);
    ZY_TRY(zy_notify_add(tx, env, o->customer, "transfer", ZY_STR("转账成功"), zy_str_of(text), err));
    snprintf(text, sizeof text, "您尾号" ZY_STR_FMT "的账户于%s收到" ZY_STR_FMT "（尾号" ZY_STR_FMT "）转账%s元。", ZY_STR_ARG(to), at,
             ZY_STR_ARG(member(payload, "payer")), ZY_STR_ARG(from), yuan);
    return zy_notify_add(tx, env, (zy_id){ to_customer }, "transfer", ZY_STR("到账通知"), zy_str_of(text), err);
}

static void receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    (void)o;
    static const char *const MEMBERS[] = { "from", "to", "payee", "memo" };
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++)
        zy_json_set_str(out, MEMBERS[i], member(payload, MEMBERS[i]));
}

const zy_order_kind TRANSFER_KIND = {
    .name = "transfer.internal", .title_zh = "行内转账", .scene = "transfer", .limit_category = "transfer", .execute = execute, .notify = notify,
    .receipt = receipt, .limit_once_param = "transfer.once_limit_fen", .limit_day_param = "transfer.day_limit_fen",
};

zy_status zy_transfer_start(zy_env *env, zy_err *err)
{
    (void)env;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    zy_ledger_start();
    return zy_flow_register(&TRANSFER_KIND) == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "too many kinds of orders");
}
