/* The task that carries out what is due. A run is one order for (schedule, number), so that a death between paying and writing it down, or
 * two nodes at once, pay once. */
#include "bank/schedule/schedule_internal.h"

#include "base/log.h"
#include "service/audit/audit.h"
#include "service/param/param.h"

#define DUE_AT_ONCE 64

typedef struct due_job {
    zy_day today;
    int max, count;
    zy_id ids[DUE_AT_ONCE];
} due_job;

static zy_status due_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    due_job *job = arg;
    return schedule_due(rtx, job->today, job->max, job->ids, &job->count, err);
}

typedef struct load_job {
    zy_env *env;
    zy_id id;
    schedule *s;
} load_job;

static zy_status load_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    load_job *job = arg;
    schedule_wipe(job->s);
    return schedule_select(rtx, job->env, job->id, (zy_id){ 0 }, job->s, err);
}

static zy_status advance_unit(zy_tx *tx, void *arg, zy_err *err)
{
    return advance_run(tx, arg, err);
}

static zy_status pay(zy_env *env, const schedule *s, zy_time now, zy_id *ret_order, zy_err *err)
{
    const content *c = &s->content;
    zy_order_state state;
    const zy_transfer_ask ask = { .customer = s->customer, .from_account = c->from_account, .to_number = zy_str_of(c->to_number),
                                  .to_name = zy_str_of(c->to_name), .to_bank = zy_str_of(c->to_bank), .amount = s->amount,
                                  .memo = zy_str_of(c->memo) };
    ZY_AUTO(zy_transfer_plan_free) zy_transfer_plan *plan = NULL;
    ZY_TRY(zy_transfer_plan_new(env, &ask, now, &plan, err));
    const zy_prepare prepare = zy_transfer_plan_take(plan);
    const zy_mandated m = { .mandate = s->id, .seq = s->seq, .customer = s->customer, .prepare = &prepare };
    return zy_order_carry_out(env, &m, now, ret_order, &state, err);
}

/* A run that was paid before a death has its order, whatever would be said of it now. */
static zy_status pay_once(zy_env *env, const schedule *s, zy_time now, zy_id *ret_order, zy_err *err)
{
    zy_order_state state;
    zy_err why = { 0 };
    zy_status found = zy_order_mandated(env, s->id, s->seq, ret_order, &state, &why);
    if (found != ZY_NOT_FOUND)
        return found == ZY_OK ? ZY_OK : zy_fail(err, found, NULL, "the run's order");
    return pay(env, s, now, ret_order, err);
}

static zy_status run_one(zy_env *env, zy_id id, zy_day today, bool *ret_done, zy_err *err)
{
    SCHEDULE_AUTO s = { 0 };
    load_job load = { env, id, &s };
    zy_time now = zy_env_now(env);
    ZY_TRY(zy_db_read(env->db, "schedule.load", load_read, &load, err));
    if (!zy_str_eq_c(zy_str_of(s.state), "active") || s.try_on.days > today.days)
        return ZY_OK; /* another node was faster */
    advance a = { .env = env, .s = &s, .now = now };
    bool late = today.days - s.try_on.days > zy_param_get(env, "schedule.late_days");
    a.result = late ? ZY_ORDER_EXPIRED : pay_once(env, &s, now, &a.order, err);
    if (late)
        a.word = "LATE";
    if (a.result != ZY_OK && !late && !zy_transfer_refused(a.result))
        return a.result;
    if (a.result != ZY_OK)
        a.order = (zy_id){ 0 };
    zy_status status = zy_db_run(env->db, "schedule.advance", advance_unit, &a, err);
    *ret_done = status == ZY_OK;
    return status == ZY_STATE_CONFLICT ? ZY_OK : status;
}

static bool is_open_hour(zy_env *env, zy_time now)
{
    zy_time from = zy_time_add(zy_day_start(zy_day_of(now)), ZY_HOURS(zy_param_get(env, "schedule.hour")));
    return now.ms >= from.ms;
}

zy_status zy_schedule_run(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    zy_time now = zy_env_now(env);
    due_job job = { .today = zy_day_of(now), .max = max < DUE_AT_ONCE ? max : DUE_AT_ONCE };
    *ret_done = 0;
    if (!is_open_hour(env, now))
        return ZY_OK;
    ZY_TRY(zy_db_read(env->db, "schedule.due", due_read, &job, err));
    for (int i = 0; i < job.count; i++) {
        bool done = false;
        zy_err why = { 0 };
        if (run_one(env, job.ids[i], job.today, &done, &why) != ZY_OK)
            zy_log_err("schedule.failed", &why);
        *ret_done += done;
    }
    return ZY_OK;
}
