/* 延时到账: the money is held when the customer confirms, and leaves two hours later or the next day. Until then he takes it back. */
#include <stdio.h>

#include "bank/transfer/transfer_internal.h"
#include "base/log.h"
#include "service/identity/standing.h"
#include "service/notify/notify.h"

#define HOLD_LIFE    ZY_DAYS(60) /* far behind any arrival: a bank that stood still pays late, or gives back */
#define DUE_AT_ONCE  64
#define NEXT_DAY_AT  ZY_HOURS(9)

static const struct {
    const char *name, *title_zh;
} ARRIVALS[] = {
    [ARRIVAL_NOW] = { "now", "实时到账" },
    [ARRIVAL_TWO_HOURS] = { "two_hours", "2小时后到账" },
    [ARRIVAL_NEXT_DAY] = { "next_day", "次日到账" },
};

bool arrival_parse(zy_str name, arrival *ret)
{
    *ret = ARRIVAL_NOW;
    for (size_t i = 0; i < ZY_COUNT(ARRIVALS); i++)
        if (zy_str_eq_c(name, ARRIVALS[i].name)) {
            *ret = (arrival)i;
            return true;
        }
    return name.n == 0;
}

zy_time arrival_at(arrival when, zy_time confirmed)
{
    if (when == ARRIVAL_TWO_HOURS)
        return zy_time_add(confirmed, ZY_HOURS(2));
    if (when == ARRIVAL_NEXT_DAY)
        return zy_time_add(zy_day_start((zy_day){ zy_day_of(confirmed).days + 1 }), NEXT_DAY_AT);
    return confirmed;
}

static arrival arrival_of(const zy_json *payload)
{
    arrival when;
    return arrival_parse(transfer_member(payload, "arrival"), &when) ? when : ARRIVAL_NOW;
}

void arrival_line(zy_order_lines *lines, arrival when)
{
    if (when != ARRIVAL_NOW)
        zy_order_line(lines, "arrival", zy_str_of(ARRIVALS[when].name), "到账时间", zy_str_of(ARRIVALS[when].title_zh));
}

void arrival_payload(zy_json *payload, arrival when)
{
    if (when != ARRIVAL_NOW)
        zy_json_set_c(payload, "arrival", ARRIVALS[when].name);
}

void arrival_receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    arrival when = arrival_of(payload);
    if (when != ARRIVAL_NOW)
        zy_json_set_int(out, "arrives_at", arrival_at(when, o->done_at).ms);
}

/* ---- keeping and giving back ---- */

zy_id transfer_hold(const zy_order *o, const zy_json *payload)
{
    return arrival_of(payload) != ARRIVAL_NOW ? o->journal : (zy_id){ 0 };
}

zy_status transfer_keep(zy_tx *tx, const zy_order *o, const zy_json *payload, zy_err *err)
{
    zy_time due = arrival_at(arrival_of(payload), o->done_at);
    const zy_hold hold = { .id = o->journal, .account = o->from_account, .order = o->id,
                           .amount = { o->amount.fen + o->fee.fen }, .expires_at = zy_time_add(due, HOLD_LIFE) };
    ZY_TRY(zy_ledger_hold(tx, &hold, o->done_at, err));
    return delayed_insert(tx, o->id, due, err);
}

/* "您于…提交的向X（尾号…）转账…元" and what became of it. */
static zy_status tell(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, const char *title, const char *what, zy_err *err)
{
    char yuan[ZY_MONEY_TEXT_MAX], at[ZY_TIME_TEXT_MAX], text[700];
    zy_money_format_grouped(o->amount, yuan);
    zy_time_format_short(o->done_at, at);
    snprintf(text, sizeof text, "您尾号" ZY_STR_FMT "的账户于%s提交的向" ZY_STR_FMT "（尾号" ZY_STR_FMT "）转账%s元%s。",
             ZY_STR_ARG(transfer_tail(payload, "from")), at, ZY_STR_ARG(transfer_member(payload, "payee")),
             ZY_STR_ARG(transfer_tail(payload, "to")), yuan, what);
    return zy_notify_add(tx, env, o->customer, "transfer", zy_str_of(title), zy_str_of(text), err);
}

zy_status transfer_tell_kept(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    char due[ZY_TIME_TEXT_MAX], what[200];
    zy_time_format_short(arrival_at(arrival_of(payload), o->done_at), due);
    snprintf(what, sizeof what, "已受理，将于%s转出，此前可撤销", due);
    return tell(tx, env, o, payload, "延时转账已受理", what, err);
}

/* zy_order_kind.cancel of both kinds. */
zy_status transfer_cancel(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    ZY_TRY(zy_ledger_release(tx, o->journal, zy_env_now(env), err));
    ZY_TRY(delayed_delete(tx, o->id, err));
    return tell(tx, env, o, payload, "转账已撤销", "已撤销，资金已恢复可用", err);
}

/* ---- when its time has come ---- */

typedef struct deliver_job {
    zy_env *env;
    const zy_kept_order *kept;
    zy_order_state then;
    zy_time now;
    zy_status why; /* fail_unit: what it failed of */
} deliver_job;

static zy_status deliver_unit(zy_tx *tx, void *arg, zy_err *err)
{
    deliver_job *job = arg;
    zy_order o = job->kept->order;
    const zy_order_move move = { .order = &job->kept->order, .to = job->then, .step = "due", .at = job->now };
    zy_id audit = { 0 };
    ZY_TRY(zy_order_move_on(tx, job->env, &move, &audit, err));
    ZY_TRY(delayed_delete(tx, o.id, err));
    ZY_TRY(zy_customer_needs_active(zy_tx_read(tx), o.customer, err));
    o.state = job->then;
    o.done_at = job->now;
    ZY_TRY(o.kind->execute(tx, job->env, &o, job->kept->payload, audit, err));
    return o.kind->notify(tx, job->env, &o, job->kept->payload, err);
}

static zy_status fail_unit(zy_tx *tx, void *arg, zy_err *err)
{
    deliver_job *job = arg;
    const zy_order *o = &job->kept->order;
    const zy_order_move move = { .order = o, .to = ZY_OS_FAILED, .step = "due", .reason = zy_str_of(zy_status_name(job->why)),
                                 .at = job->now };
    zy_id audit = { 0 };
    ZY_TRY(zy_order_move_on(tx, job->env, &move, &audit, err));
    ZY_TRY(delayed_delete(tx, o->id, err));
    ZY_TRY(zy_ledger_release(tx, o->journal, job->now, err));
    return tell(tx, job->env, o, job->kept->payload, "转账未成功", "未能转出，资金已恢复可用", err);
}

static zy_status deliver(zy_env *env, zy_id order, bool *ret_done, zy_err *err)
{
    ZY_KEPT_ORDER_AUTO kept = { 0 };
    ZY_TRY(zy_order_read(env, order, &kept, err));
    deliver_job job = { .env = env, .kept = &kept, .now = zy_env_now(env),
                        .then = kept.order.kind == &INTERBANK_KIND ? ZY_OS_PENDING : ZY_OS_POSTED };
    job.why = zy_db_run(env->db, "transfer.deliver", deliver_unit, &job, err);
    zy_status status = zy_transfer_refused(job.why) ? zy_db_run(env->db, "transfer.fail", fail_unit, &job, err) : job.why;
    *ret_done = status == ZY_OK;
    return status == ZY_ORDER_STATE ? ZY_OK : status; /* another node or the customer was faster */
}

typedef struct due_job {
    delayed_cursor after;
    zy_time now;
    int max, count;
    zy_id ids[DUE_AT_ONCE];
} due_job;

static zy_status due_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    due_job *job = arg;
    return delayed_due(rtx, job->now, &job->after, job->max, job->ids, &job->count, err);
}

zy_status zy_transfer_run_due(zy_env *env, int64_t *ret_done, zy_err *err)
{
    due_job job = { .now = zy_env_now(env), .max = DUE_AT_ONCE, .count = DUE_AT_ONCE };
    *ret_done = 0;
    while (job.count == job.max) {
        ZY_TRY(zy_db_read(env->db, "transfer.due", due_read, &job, err));
        for (int i = 0; i < job.count; i++) {
            bool done = false;
            zy_err why = { 0 };
            if (deliver(env, job.ids[i], &done, &why) != ZY_OK)
                zy_log_err("transfer.due_failed", &why);
            *ret_done += done;
        }
    }
    return ZY_OK;
}
