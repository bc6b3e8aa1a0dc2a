/* A customer's own limits inside the bank's: lowered at once, raised by an order. */
#include <stdio.h>

#include "bank/account/manage.h"
#include "service/audit/audit.h"
#include "service/identity/password_aid.h"
#include "service/param/param.h"

#define CATEGORY "transfer"

static zy_own_limit bank_limit(zy_env *env)
{
    return (zy_own_limit){ { zy_param_get(env, "transfer.once_limit_fen") }, { zy_param_get(env, "transfer.day_limit_fen") } };
}

static zy_money at_most(zy_money bank, zy_money own)
{
    return own.fen > 0 && own.fen < bank.fen ? own : bank;
}

typedef struct limit_job {
    zy_call *call;
    const limit_in *in;
    zy_own_limit own;
    zy_money used;
} limit_job;

static zy_status limit_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    limit_job *job = arg;
    zy_id customer = job->call->caller->customer;
    ZY_TRY(zy_own_limit_read(rtx, customer, &job->own, err));
    return zy_order_day_used(rtx, customer, CATEGORY, zy_day_of(job->call->now), &job->used, err);
}

zy_status limit_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    limit_job job = { .call = call };
    zy_own_limit bank = bank_limit(call->env);
    ZY_TRY(zy_db_read(call->env->db, "limit.get", limit_read, &job, err));
    zy_json_set_int(body, "once_fen", at_most(bank.once, job.own.once).fen);
    zy_json_set_int(body, "day_fen", at_most(bank.day, job.own.day).fen);
    zy_json_set_int(body, "bank_once_fen", bank.once.fen);
    zy_json_set_int(body, "bank_day_fen", bank.day.fen);
    zy_json_set_int(body, "day_used_fen", job.used.fen);
    return ZY_OK;
}

/* Is it inside the bank's limits, and does it raise one of those in force? */
static zy_status compare(const limit_job *job, bool *ret_raises, zy_err *err)
{
    const limit_in *in = job->in;
    zy_own_limit bank = bank_limit(job->call->env);
    if (in->once_fen.fen > bank.once.fen || in->day_fen.fen > bank.day.fen)
        return zy_fail(err, ZY_TRANSFER_LIMIT, in->once_fen.fen > bank.once.fen ? "once_fen" : "day_fen", "above the bank's limit");
    if (in->once_fen.fen > in->day_fen.fen)
        return zy_fail(err, ZY_BAD_FIELD, "once_fen", "more at once than in a day");
    *ret_raises = in->once_fen.fen > at_most(bank.once, job->own.once).fen || in->day_fen.fen > at_most(bank.day, job->own.day).fen;
    return ZY_OK;
}

/* ---- limit.lower ---- */

static void yuan_of(zy_money fen, char out[ZY_MONEY_TEXT_MAX])
{
    zy_money_format_grouped(fen, out);
}

static zy_status tell(zy_tx *tx, zy_env *env, zy_id customer, zy_own_limit own, zy_err *err)
{
    char once[ZY_MONEY_TEXT_MAX], day[ZY_MONEY_TEXT_MAX];
    ZY_AUTO_BUF words = { 0 };
    yuan_of(own.once, once);
    yuan_of(own.day, day);
    zy_buf_fmt(&words, "您的转账限额已设为单笔%s元、当日%s元。如非本人操作，请立即联系客服。", once, day);
    return zy_customer_tell(tx, env, customer, ZY_STR("转账限额已变更"), zy_buf_view(&words), err);
}

static zy_status lower_unit(zy_tx *tx, void *arg, zy_err *err)
{
    limit_job *job = arg;
    const zy_call *call = job->call;
    zy_id customer = call->caller->customer;
    zy_own_limit own = { job->in->once_fen, job->in->day_fen };
    bool raises = false;
    ZY_TRY(zy_own_limit_read(zy_tx_read(tx), customer, &job->own, err));
    ZY_TRY(compare(job, &raises, err));
    if (raises)
        return zy_fail(err, ZY_STATE_CONFLICT, "once_fen", "higher than now: that is an order");
    ZY_TRY(zy_own_limit_put(tx, customer, own, call->now, err));
    ZY_TRY(account_audit(tx, call, "limit.lowered", (zy_id){ 0 }, err));
    return tell(tx, call->env, customer, own, err);
}

zy_status limit_lower_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    limit_job job = { .call = call, .in = input };
    return zy_db_run(call->env->db, "limit.lower", lower_unit, &job, err);
}

/* ---- limit.raise ---- */

static void line_fen(zy_order_lines *lines, const char *name, zy_money fen, const char *label)
{
    char text[32], yuan[ZY_MONEY_TEXT_MAX], shown[ZY_MONEY_TEXT_MAX + 16];
    snprintf(text, sizeof text, "%lld", (long long)fen.fen);
    yuan_of(fen, yuan);
    snprintf(shown, sizeof shown, "¥ %s", yuan);
    zy_order_line(lines, name, zy_str_of(text), label, zy_str_of(shown));
}

static void raise_describe(zy_order_lines *lines, const void *arg)
{
    const limit_job *job = arg;
    line_fen(lines, "once_fen", job->in->once_fen, "单笔限额");
    line_fen(lines, "day_fen", job->in->day_fen, "当日限额");
}

zy_status limit_raise_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    limit_job job = { .call = call, .in = input };
    bool repeated = false, raises = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "limit.raise", limit_read, &job, err));
    ZY_TRY(compare(&job, &raises, err));
    if (!raises)
        return zy_fail(err, ZY_STATE_CONFLICT, "once_fen", "not higher than now: that needs no order");
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "once_fen", job.in->once_fen.fen);
    zy_json_set_int(payload, "day_fen", job.in->day_fen.fen);
    const zy_prepare prepare = { .kind = &LIMIT_RAISE_KIND, .describe = raise_describe, .arg = &job,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = ZY_STR("提高转账限额"),
                                            .notice = ZY_STR("请勿应他人要求提高限额。银行人员不会要求您提高限额或转账。") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status raise_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    zy_own_limit own = { 0 };
    if (!zy_json_int(payload, "once_fen", &own.once.fen) || !zy_json_int(payload, "day_fen", &own.day.fen))
        return zy_fail(err, ZY_INTERNAL, NULL, "an order without its figures");
    ZY_TRY(zy_own_limit_put(tx, o->customer, own, o->done_at, err));
    return tell(tx, env, o->customer, own, err);
}

const zy_order_kind LIMIT_RAISE_KIND = { .name = "limit.raise", .title_zh = "提高限额", .scene = "limit.raise", .execute = raise_execute };
