/* What comes behind a run: the next one, another try, or the end. */
#include <stdio.h>

#include "bank/schedule/schedule_internal.h"
#include "service/audit/audit.h"
#include "service/notify/notify.h"

static bool is_miss(const advance *a)
{
    return a->result != ZY_OK;
}

/* Money that is short may be there tomorrow; nothing else is tried again. */
static bool tries_again(const advance *a)
{
    const schedule *s = a->s;
    return a->word == NULL && a->result == ZY_BALANCE_TOO_LOW && s->on_short == SHORT_RETRY &&
           s->try_on.days - s->due.days < s->retry_days;
}

static void next_of(const advance *a, schedule *to)
{
    const schedule *s = a->s;
    *to = *s;
    if (tries_again(a)) {
        to->try_on.days = zy_day_of(a->now).days + 1;
        return;
    }
    to->seq = s->seq + 1;
    to->misses = a->word != NULL ? s->misses : is_miss(a) ? s->misses + 1 : 0;
    bool more = zy_schedule_day(&s->rule, to->seq, &to->due);
    bool given_up = s->on_short == SHORT_STOP && to->misses >= MISSES_MAX;
    to->try_on = more ? to->due : s->try_on;
    if (!more)
        to->due = s->due;
    if (!more || given_up) {
        snprintf(to->state, sizeof to->state, "ended");
        to->ended_at = a->now;
    }
}

static const char *why_zh(zy_status status)
{
    static const struct {
        zy_status status;
        const char *text;
    } WHY[] = { { ZY_BALANCE_TOO_LOW, "账户余额不足" }, { ZY_TRANSFER_LIMIT, "超过转账限额" }, { ZY_ACCOUNT_STATE, "账户状态异常" },
                { ZY_PAYEE_MISMATCH, "收款户名与账号不符" }, { ZY_ACCOUNT_QUOTA, "超过账户限额" }, { ZY_ROUTE_CLOSED, "不在受理时间" } };
    for (size_t i = 0; i < ZY_COUNT(WHY); i++)
        if (WHY[i].status == status)
            return WHY[i].text;
    return "业务未受理";
}

static zy_status tell(zy_tx *tx, const advance *a, const schedule *to, zy_err *err)
{
    char name[ZY_MASK_MAX], yuan[ZY_MONEY_TEXT_MAX], day[ZY_DAY_TEXT_MAX], text[700];
    bool ended = to->ended_at.ms != 0;
    const char *title = !is_miss(a) ? "预约转账已执行" : tries_again(a) ? "预约转账将顺延" : "预约转账未执行";
    zy_mask_name(zy_str_of(a->s->content.to_name), name);
    zy_money_format_grouped(a->s->amount, yuan);
    zy_day_format(a->s->due, day);
    if (!is_miss(a))
        snprintf(text, sizeof text, "%s向%s的预约转账%s元已执行%s。", day, name, yuan, ended ? "，本预约已全部完成" : "");
    else
        snprintf(text, sizeof text, "%s向%s的预约转账%s元未执行：%s%s。", day, name, yuan,
                 a->word != NULL ? "银行未能按时执行" : why_zh(a->result),
                 tries_again(a) ? "，明日再试" : ended ? "，本预约已结束" : "");
    return zy_notify_add(tx, a->env, a->s->customer, "transfer", zy_str_of(title), zy_str_of(text), err);
}

zy_status advance_run(zy_tx *tx, const advance *a, zy_err *err)
{
    SCHEDULE_AUTO to = { 0 };
    next_of(a, &to);
    ZY_TRY(schedule_move(tx, a->s, &to, err));
    if (to.seq != a->s->seq) {
        run_row run = { .schedule = a->s->id, .seq = a->s->seq, .due = a->s->due, .at = a->now, .order = a->order };
        snprintf(run.result, sizeof run.result, "%s", a->word != NULL ? a->word : zy_status_name(a->result));
        ZY_TRY(run_insert(tx, &run, err));
    }
    const zy_audit record = { .event = "schedule.run", .actor_kind = "system", .actor = a->s->customer, .object = a->s->id,
                              .object_kind = "schedule", .result = zy_str_of(a->word != NULL ? a->word : zy_status_name(a->result)) };
    ZY_TRY(zy_audit_add(tx, a->env, &record, NULL, err));
    return tell(tx, a, &to, err);
}
