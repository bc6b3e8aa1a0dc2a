/* transfer.schedule: the order that arranges transfers to come. Its amount is that of one run, so that the factors are asked as for it. */
#include <stdio.h>
#include <string.h>

#include "bank/directory/directory.h"
#include "bank/schedule/schedule_internal.h"
#include "service/audit/audit.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

/* Every run counts in the limits of transfers on its own day, too. */
static const zy_param_row PARAMS[] = {
    { .name = "schedule.once_limit_fen", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen",
      .title_zh = "预约转账单次金额上限", .title_en = "Most of one run of a scheduled transfer" },
    { .name = "schedule.day_limit_fen", .fallback = 100000000, .min = 1, .max = 100000000, .unit = "fen",
      .title_zh = "当日新设预约转账合计上限", .title_en = "Most that a day's new schedules arrange, by one run each" },
    { .name = "schedule.hour", .fallback = 9, .min = 0, .max = 22, .unit = "h",
      .title_zh = "预约转账执行时间（北京时间，时）", .title_en = "Hour of the day when scheduled transfers begin, Beijing" },
    { .name = "schedule.late_days", .fallback = 3, .min = 0, .max = 31, .unit = "d",
      .title_zh = "系统停机后补做预约转账的天数", .title_en = "Days after which a run that the bank missed is left out" },
};

void schedule_wipe(schedule *s)
{
    zy_wipe(s, sizeof *s);
}

static const char *const SHORT[] = { [SHORT_SKIP] = "skip", [SHORT_RETRY] = "retry", [SHORT_STOP] = "stop" };

const char *short_name(short_rule rule)
{
    return SHORT[rule];
}

short_rule short_parse(zy_str name)
{
    for (size_t i = 1; i < ZY_COUNT(SHORT); i++)
        if (zy_str_eq_c(name, SHORT[i]))
            return (short_rule)i;
    return (short_rule)0;
}

/* ---- sealed ---- */

static zy_cell content_cell(zy_id id)
{
    return (zy_cell){ "schedule", "content", id };
}

zy_status content_seal(zy_env *env, zy_id id, const content *c, zy_buf *ret_sealed)
{
    ZY_AUTO(zy_json_free) zy_json *json = zy_json_object();
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_json_set_int(json, "from", c->from_account.v);
    zy_json_set_c(json, "name", c->to_name);
    zy_json_set_c(json, "number", c->to_number);
    zy_json_set_c(json, "bank", c->to_bank);
    zy_json_set_c(json, "memo", c->memo);
    zy_json_write(json, &plain);
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, content_cell(id), plain.p, plain.n, ret_sealed);
}

static zy_status copy_member(const zy_json *json, const char *name, char *out, size_t size, zy_err *err)
{
    zy_str value;
    if (!zy_json_str(json, name, &value))
        return zy_fail(err, ZY_INTERNAL, NULL, "a schedule without %s", name);
    return zy_str_copy(value, out, size);
}

static zy_status content_of(const zy_json *json, content *ret, zy_err *err)
{
    if (!zy_json_int(json, "from", &ret->from_account.v))
        return zy_fail(err, ZY_INTERNAL, NULL, "a schedule without payer");
    ZY_TRY(copy_member(json, "name", ret->to_name, sizeof ret->to_name, err));
    ZY_TRY(copy_member(json, "number", ret->to_number, sizeof ret->to_number, err));
    ZY_TRY(copy_member(json, "bank", ret->to_bank, sizeof ret->to_bank, err));
    return copy_member(json, "memo", ret->memo, sizeof ret->memo, err);
}

zy_status content_open(zy_env *env, zy_id id, zy_str sealed, content *ret, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO(zy_json_free) zy_json *json = NULL;
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, content_cell(id), sealed.p, sealed.n, &plain));
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &json));
    return content_of(json, ret, err);
}

/* ---- schedule.prepare ---- */

typedef struct prepare_job {
    zy_call *call;
    const schedule_prepare_in *in;
    zy_schedule_rule rule;
    short_rule on_short;
    zy_transfer_facts facts;
    int64_t active;
} prepare_job;

static zy_status rule_of(prepare_job *job, zy_err *err)
{
    const schedule_prepare_in *in = job->in;
    job->rule = (zy_schedule_rule){ .every = zy_every_parse(in->every), .step = in->step != 0 ? (int)in->step : 1, .on_day = (int)in->on_day,
                                    .first = in->first, .last = in->has_last ? in->last : (zy_day){ 0 }, .runs_max = in->runs };
    job->on_short = in->short_rule.n > 0 ? short_parse(in->short_rule) : SHORT_SKIP;
    if (job->on_short == 0 || (job->on_short == SHORT_RETRY) != (in->retry_days > 0))
        return zy_fail(err, ZY_BAD_FIELD, "retry_days", "days for the rule retry, for no other");
    if (in->has_payee_id == (in->to_account_no.n > 0 || in->to_name.n > 0 || in->to_bank.n > 0))
        return zy_fail(err, ZY_BAD_FIELD, in->has_payee_id ? "payee_id" : "to_account_no", "number and name, or payee_id");
    return zy_schedule_check(&job->rule, zy_day_of(job->call->now), err);
}

static zy_status active_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prepare_job *job = arg;
    return schedule_active(rtx, job->call->caller->customer, &job->active, err);
}

static void line_day(zy_order_lines *lines, const char *name, zy_day day, const char *label)
{
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format(day, text);
    zy_order_line(lines, name, zy_str_of(text), label, zy_str_of(text));
}

static void line_int(zy_order_lines *lines, const char *name, int64_t value, const char *label)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    zy_order_line(lines, name, zy_str_of(text), label, zy_str_of(text));
}

static void describe_rule(zy_order_lines *lines, const prepare_job *job)
{
    const zy_schedule_rule *r = &job->rule;
    zy_str every = zy_str_of(zy_every_name(r->every)), on_short = zy_str_of(short_name(job->on_short));
    zy_order_line(lines, "every", every, "周期", every);
    if (r->every != ZY_EVERY_ONCE)
        line_int(lines, "step", r->step, "间隔");
    if (r->on_day != 0)
        line_int(lines, "on_day", r->on_day, "日");
    line_day(lines, "first", r->first, "开始日期");
    if (r->last.days != 0)
        line_day(lines, "last", r->last, "结束日期");
    if (r->runs_max != 0)
        line_int(lines, "runs", r->runs_max, "次数");
    zy_order_line(lines, "short", on_short, "余额不足时", on_short);
    if (job->on_short == SHORT_RETRY)
        line_int(lines, "retry_days", job->in->retry_days, "顺延天数");
}

static void describe(zy_order_lines *lines, const void *arg)
{
    const prepare_job *job = arg;
    const zy_transfer_facts *f = &job->facts;
    zy_str number = f->hidden ? f->to_number_mask : f->to_number, name = f->hidden ? f->to_name_mask : f->to_name;
    zy_str bank_name = zy_bank_name_of(job->call->env, f->to_bank);
    zy_order_line(lines, "from_account", f->from_mask, "付款账户", f->from_mask);
    if (f->to_bank.n > 0) {
        zy_order_line(lines, "to_bank", f->to_bank, "收款行号", f->to_bank);
        zy_order_line(lines, "to_bank_name", bank_name, "收款银行", bank_name);
    }
    zy_order_line(lines, "to_account", number, "收款账号", number);
    zy_order_line(lines, "to_name", name, "收款户名", name);
    zy_transfer_line_fen(lines, "amount_fen", job->in->amount_fen, "每次金额");
    zy_order_line(lines, "currency", ZY_STR("CNY"), NULL, (zy_str){ 0 });
    describe_rule(lines, job);
    zy_order_line(lines, "memo", job->in->memo, "附言", job->in->memo);
}

static zy_json *payload_of(const prepare_job *job)
{
    const zy_schedule_rule *r = &job->rule;
    const zy_transfer_facts *f = &job->facts;
    zy_json *p = zy_json_object();
    zy_json_set_int(p, "from", job->in->from_account_id.v);
    zy_json_set_str(p, "name", f->to_name);
    zy_json_set_str(p, "number", f->to_number);
    zy_json_set_str(p, "bank", f->to_bank);
    zy_json_set_str(p, "memo", job->in->memo);
    zy_json_set_c(p, "every", zy_every_name(r->every));
    zy_json_set_int(p, "step", r->step);
    zy_json_set_int(p, "on_day", r->on_day);
    zy_json_set_int(p, "first", r->first.days);
    zy_json_set_int(p, "last", r->last.days);
    zy_json_set_int(p, "runs", r->runs_max);
    zy_json_set_c(p, "short", short_name(job->on_short));
    zy_json_set_int(p, "retry_days", job->in->retry_days);
    zy_json_set_str(p, "payee", f->to_name_mask);
    zy_json_set_str(p, "to", f->to_number_mask);
    return p;
}

static zy_status prepare_with(prepare_job *job, zy_json *body, zy_err *err)
{
    const schedule_prepare_in *in = job->in;
    char purpose[300], yuan[ZY_MONEY_TEXT_MAX];
    const zy_transfer_ask ask = { .customer = job->call->caller->customer, .from_account = in->from_account_id, .payee = in->payee_id,
                                  .to_number = in->to_account_no, .to_name = in->to_name, .to_bank = in->to_bank,
                                  .amount = in->amount_fen, .memo = in->memo, .later = true };
    ZY_AUTO(zy_transfer_plan_free) zy_transfer_plan *plan = NULL;
    ZY_TRY(zy_transfer_plan_new(job->call->env, &ask, job->call->now, &plan, err));
    job->facts = zy_transfer_plan_facts(plan);
    zy_money_format_grouped(in->amount_fen, yuan);
    snprintf(purpose, sizeof purpose, "设置预约转账，向" ZY_STR_FMT "每次%s元", ZY_STR_ARG(job->facts.to_name_mask), yuan);
    const zy_prepare prepare = { .kind = &SCHEDULE_KIND, .describe = describe, .arg = job,
                                 .draft = { .amount = in->amount_fen, .from_account = in->from_account_id,
                                            .risk = job->facts.known ? "low" : "medium", .payload = payload_of(job),
                                            .sms_purpose = zy_str_of(purpose) } };
    return zy_order_prepare(job->call, &prepare, body, err);
}

zy_status schedule_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    prepare_job job = { .call = call, .in = input };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(rule_of(&job, err));
    ZY_TRY(zy_db_read(call->env->db, "schedule.active", active_read, &job, err));
    if (job.active >= SCHEDULES_MAX)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "as many schedules as there may be");
    return prepare_with(&job, body, err);
}

/* ---- the order kind ---- */

static int int_member(const zy_json *payload, const char *name)
{
    int64_t value = 0;
    (void)zy_json_int(payload, name, &value);
    return (int)value;
}

static zy_str str_member(const zy_json *payload, const char *name)
{
    zy_str value = { 0 };
    (void)zy_json_str(payload, name, &value);
    return value;
}

static zy_status schedule_of(const zy_order *o, const zy_json *p, schedule *s, zy_err *err)
{
    *s = (schedule){ .id = o->id, .customer = o->customer, .amount = o->amount, .seq = 1, .created_at = o->done_at,
                     .on_short = short_parse(str_member(p, "short")), .retry_days = int_member(p, "retry_days"),
                     .rule = { .every = zy_every_parse(str_member(p, "every")), .step = int_member(p, "step"),
                               .on_day = int_member(p, "on_day"), .first = { int_member(p, "first") }, .last = { int_member(p, "last") },
                               .runs_max = int_member(p, "runs") } };
    if (s->on_short == 0 || s->rule.every == 0 || !zy_schedule_day(&s->rule, 1, &s->due))
        return zy_fail(err, ZY_INTERNAL, NULL, "an order whose content is not of its kind");
    return content_of(p, &s->content, err);
}

static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    SCHEDULE_AUTO s = { 0 };
    ZY_AUTO_BUF sealed = { 0 };
    (void)audit;
    ZY_TRY(schedule_of(o, payload, &s, err));
    ZY_TRY(content_seal(env, s.id, &s.content, &sealed));
    return schedule_insert(tx, &s, zy_buf_view(&sealed), err);
}

static zy_status notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    char yuan[ZY_MONEY_TEXT_MAX], day[ZY_DAY_TEXT_MAX], text[600];
    SCHEDULE_AUTO s = { 0 };
    ZY_TRY(schedule_of(o, payload, &s, err));
    zy_money_format_grouped(o->amount, yuan);
    zy_day_format(s.due, day);
    snprintf(text, sizeof text, "您已设置向" ZY_STR_FMT "的预约转账，每次%s元，首次执行日期%s。", ZY_STR_ARG(str_member(payload, "payee")), yuan,
             day);
    return zy_notify_add(tx, env, o->customer, "transfer", ZY_STR("预约转账已设置"), zy_str_of(text), err);
}

static void receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    static const char *const MEMBERS[] = { "to", "payee", "memo" };
    (void)o;
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++)
        zy_json_set_str(out, MEMBERS[i], str_member(payload, MEMBERS[i]));
}

const zy_order_kind SCHEDULE_KIND = {
    .name = "transfer.schedule", .title_zh = "预约转账", .scene = "transfer", .limit_category = "schedule", .execute = execute,
    .notify = notify, .receipt = receipt, .limit_once_param = "schedule.once_limit_fen", .limit_day_param = "schedule.day_limit_fen",
};

zy_status zy_schedule_start(zy_env *env, zy_err *err)
{
    (void)env;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    return zy_flow_register(&SCHEDULE_KIND) == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "too many kinds of orders");
}
