/* The customer's view of his schedules: list, one with its runs, a month's calendar; stopping, leaving the next run out. */
#include <stdio.h>
#include <string.h>

#include "bank/directory/directory.h"
#include "bank/schedule/schedule_internal.h"
#include "service/audit/audit.h"

#define PAGE_DEFAULT 20
#define RUNS_SHOWN   50
#define MONTH_DAYS   31

/* ---- as JSON ---- */

static void put_day(zy_json *out, const char *name, zy_day day)
{
    char text[ZY_DAY_TEXT_MAX] = "";
    if (day.days != 0)
        zy_day_format(day, text);
    zy_json_set_c(out, name, text);
}

static zy_json *schedule_json(zy_env *env, const schedule *s)
{
    const zy_schedule_rule *r = &s->rule;
    bool active = strcmp(s->state, "active") == 0;
    zy_json *out = zy_json_object();
    zy_json_set_id(out, "schedule_id", s->id);
    zy_json_set_c(out, "state", s->state);
    zy_json_set_id(out, "from_account_id", s->content.from_account);
    zy_json_set_c(out, "to_name", s->content.to_name);
    zy_json_set_c(out, "to_account_no", s->content.to_number);
    zy_json_set_str(out, "bank", zy_bank_name_of(env, zy_str_of(s->content.to_bank)));
    zy_json_set_int(out, "amount_fen", s->amount.fen);
    zy_json_set_c(out, "memo", s->content.memo);
    zy_json_set_c(out, "every", zy_every_name(r->every));
    zy_json_set_int(out, "step", r->step);
    zy_json_set_int(out, "on_day", r->on_day);
    put_day(out, "first", r->first);
    put_day(out, "last", r->last);
    zy_json_set_int(out, "runs", r->runs_max);
    zy_json_set_c(out, "short", short_name(s->on_short));
    zy_json_set_int(out, "retry_days", s->retry_days);
    put_day(out, "next", active ? s->try_on : (zy_day){ 0 });
    zy_json_set_int(out, "done", s->seq - 1);
    zy_json_set_int(out, "created_at", s->created_at.ms);
    return out;
}

static zy_json *run_json(const run_row *r)
{
    zy_json *out = zy_json_object();
    char id[ZY_ID_TEXT_MAX] = "";
    if (r->order.v != 0)
        zy_id_format(r->order, id);
    zy_json_set_id(out, "schedule_id", r->schedule);
    put_day(out, "day", r->due);
    zy_json_set_int(out, "at", r->at.ms);
    zy_json_set_c(out, "order_id", id);
    zy_json_set_c(out, "result", r->result);
    return out;
}

/* ---- schedule.list ---- */

typedef struct list_job {
    zy_call *call;
    zy_id before, last;
    zy_time last_at;
    int limit;
    zy_json *list;
} list_job;

static zy_status push_schedule(const schedule *s, void *arg)
{
    list_job *job = arg;
    job->last = s->id;
    job->last_at = s->created_at;
    zy_json_push(job->list, schedule_json(job->call->env, s));
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    return schedule_page(rtx, job->call->env, job->call->caller->customer, job->before, job->limit, push_schedule, job, err);
}

zy_status schedule_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const schedule_list_in *in = input;
    list_job job = { .call = call, .before = { INT64_MAX }, .limit = in->limit != 0 ? (int)in->limit : PAGE_DEFAULT, .list = zy_json_array() };
    zy_time at = { 0 };
    char cursor[ZY_CURSOR_MAX] = "";
    zy_json_set(body, "schedules", job.list);
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.before, err));
    ZY_TRY(zy_db_read(call->env->db, "schedule.list", list_read, &job, err));
    if ((int)zy_json_count(job.list) == job.limit)
        zy_cursor_write(job.last_at, job.last, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

/* ---- schedule.get ---- */

typedef struct get_job {
    zy_call *call;
    zy_id id;
    schedule *s;
    zy_json *runs; /* NULL: not asked for */
    int64_t before;
    run_row last;
} get_job;

static zy_status push_run(const run_row *row, void *arg)
{
    get_job *job = arg;
    job->last = *row;
    zy_json_push(job->runs, run_json(row));
    return ZY_OK;
}

static zy_status get_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    get_job *job = arg;
    schedule_wipe(job->s);
    ZY_TRY(schedule_select(rtx, job->call->env, job->id, job->call->caller->customer, job->s, err));
    return job->runs != NULL ? run_page(rtx, job->id, job->before, RUNS_SHOWN, push_run, job, err) : ZY_OK;
}

zy_status schedule_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const schedule_get_in *in = input;
    SCHEDULE_AUTO s = { 0 };
    get_job job = { call, in->schedule_id, &s, zy_json_array(), .before = INT64_MAX };
    zy_time at = { 0 };
    zy_id before = { 0 };
    char cursor[ZY_CURSOR_MAX] = "";
    zy_json_set(body, "runs", job.runs);
    if (in->cursor.n > 0) {
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &before, err));
        job.before = before.v;
    }
    ZY_TRY(zy_db_read(call->env->db, "schedule.get", get_read, &job, err));
    if (zy_json_count(job.runs) == RUNS_SHOWN)
        zy_cursor_write(job.last.at, (zy_id){ job.last.seq }, cursor);
    zy_json_set(body, "schedule", schedule_json(call->env, &s));
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

/* ---- schedule.calendar ---- */

typedef struct month_job {
    zy_call *call;
    zy_day from, to;
    zy_json *days;
} month_job;

/* What is still to come in that month: at most one a day of each schedule. */
static zy_status push_coming(const schedule *s, void *arg)
{
    month_job *job = arg;
    zy_day day = s->try_on;
    for (int64_t seq = s->seq; day.days <= job->to.days; ) {
        if (day.days >= job->from.days) {
            zy_json *out = zy_json_object();
            zy_json_set_id(out, "schedule_id", s->id);
            put_day(out, "day", day);
            zy_json_set_int(out, "amount_fen", s->amount.fen);
            zy_json_set_c(out, "to_name", s->content.to_name);
            zy_json_push(job->days, out);
        }
        if (!zy_schedule_day(&s->rule, ++seq, &day))
            return ZY_OK;
    }
    return ZY_OK;
}

static zy_status month_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    month_job *job = arg;
    return schedule_each_active(rtx, job->call->env, job->call->caller->customer, push_coming, job, err);
}

static zy_status push_past(const schedule *s, const run_row *row, void *arg)
{
    month_job *job = arg;
    zy_json *out = run_json(row);
    zy_json_set_int(out, "amount_fen", s->amount.fen);
    zy_json_set_c(out, "to_name", s->content.to_name);
    zy_json_push(job->days, out);
    return ZY_OK;
}

static zy_status span_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    month_job *job = arg;
    return run_span(rtx, job->call->env, job->call->caller->customer, job->from, job->to, push_past, job, err);
}

zy_status schedule_calendar_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const schedule_month_in *in = input;
    zy_day from = zy_day_in_month(in->month, 0, 1), to = zy_day_in_month(in->month, 0, MONTH_DAYS);
    month_job coming = { call, from, to, zy_json_array() }, past = { call, from, to, zy_json_array() };
    zy_json_set(body, "coming", coming.days);
    zy_json_set(body, "runs", past.days);
    ZY_TRY(zy_db_read(call->env->db, "schedule.month", month_read, &coming, err));
    return zy_db_read(call->env->db, "schedule.span", span_read, &past, err);
}

/* ---- schedule.stop, schedule.skip_next ---- */

typedef struct change_job {
    zy_call *call;
    const schedule *s;
    const char *event;
    bool skip;
} change_job;

static zy_status skip_next(zy_tx *tx, const change_job *job, zy_err *err)
{
    const schedule *s = job->s;
    SCHEDULE_AUTO to = *s;
    run_row run = { .schedule = s->id, .seq = s->seq, .due = s->due, .at = job->call->now, .result = "SKIPPED" };
    to.seq = s->seq + 1;
    if (zy_schedule_day(&s->rule, to.seq, &to.due))
        to.try_on = to.due;
    else {
        to.due = s->due;
        to.ended_at = job->call->now;
        snprintf(to.state, sizeof to.state, "ended");
    }
    ZY_TRY(schedule_move(tx, s, &to, err));
    return run_insert(tx, &run, err);
}

static zy_status change_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const change_job *job = arg;
    zy_call *call = job->call;
    const zy_audit record = { .event = job->event, .actor_kind = "customer", .actor = call->caller->customer, .object = job->s->id,
                              .object_kind = "schedule", .address = call->caller->address, .device = zy_str_of(call->caller->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK") };
    ZY_TRY(job->skip ? skip_next(tx, job, err) : schedule_stop(tx, job->s, "stopped", call->now, err));
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

static zy_status change(zy_call *call, zy_id id, const char *event, bool skip, zy_json *body, zy_err *err)
{
    SCHEDULE_AUTO s = { 0 };
    get_job load = { .call = call, .id = id, .s = &s };
    change_job job = { call, &s, event, skip };
    ZY_TRY(zy_db_read(call->env->db, "schedule.get", get_read, &load, err));
    if (strcmp(s.state, "active") != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the schedule is %s", s.state);
    ZY_TRY(zy_db_run(call->env->db, event, change_unit, &job, err));
    ZY_TRY(zy_db_read(call->env->db, "schedule.get", get_read, &load, err));
    zy_json_set(body, "schedule", schedule_json(call->env, &s));
    return ZY_OK;
}

zy_status schedule_stop_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const schedule_id_in *in = input;
    return change(call, in->schedule_id, "schedule.stopped", false, body, err);
}

zy_status schedule_skip_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const schedule_id_in *in = input;
    return change(call, in->schedule_id, "schedule.skipped", true, body, err);
}

/* ---- tables ---- */

static const zy_field PREPARE_FIELDS[] = {
    ZY_FIELD(schedule_prepare_in, from_account_id, ZY_F_ID, 1, 40),
    ZY_FIELD(schedule_prepare_in, payee_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(schedule_prepare_in, has_payee_id)),
    ZY_FIELD(schedule_prepare_in, to_account_no, ZY_F_CARD, 16, 19, ZY_OPTIONAL, .help = "with to_name, or payee_id instead"),
    ZY_FIELD(schedule_prepare_in, to_name, ZY_F_NAME, 2, 60, ZY_OPTIONAL),
    ZY_FIELD(schedule_prepare_in, to_bank, ZY_F_DIGITS, 12, 12, ZY_OPTIONAL, .help = "clearing code; without it: this bank"),
    ZY_FIELD(schedule_prepare_in, amount_fen, ZY_F_MONEY, 1, 100000000, .help = "of each run"),
    ZY_FIELD(schedule_prepare_in, memo, ZY_F_TEXT, 0, 50, ZY_OPTIONAL),
    ZY_FIELD(schedule_prepare_in, every, ZY_F_ENUM, 1, 10, .choices = "once|days|week|month"),
    ZY_FIELD(schedule_prepare_in, step, ZY_F_INT, 1, 366, ZY_OPTIONAL, .help = "every so many days, weeks, months; 1"),
    ZY_FIELD(schedule_prepare_in, on_day, ZY_F_INT, 1, 31, ZY_OPTIONAL,
             .help = "week: 1 Monday to 7; month: its day, a shorter month's last day stands for what it has not"),
    ZY_FIELD(schedule_prepare_in, first, ZY_F_DAY, 0, 0, .help = "not before"),
    ZY_FIELD(schedule_prepare_in, last, ZY_F_DAY, 0, 0, ZY_OPTIONAL, ZY_HAS(schedule_prepare_in, has_last)),
    ZY_FIELD(schedule_prepare_in, runs, ZY_F_INT, 1, ZY_SCHEDULE_RUNS, ZY_OPTIONAL, .help = "ends behind so many"),
    { .name = "short", .type = ZY_F_ENUM, .offset = offsetof(schedule_prepare_in, short_rule), .min = 1, .max = 10, .optional = true,
      .choices = "skip|retry|stop", .help = "when money is short: leave that run out, try the next days, end after three in a row" },
    ZY_FIELD(schedule_prepare_in, retry_days, ZY_F_INT, 1, RETRY_DAYS_MAX, ZY_OPTIONAL, .help = "with short = retry"),
};
static const zy_field ID_FIELDS[] = { ZY_FIELD(schedule_id_in, schedule_id, ZY_F_ID, 1, 40) };
static const zy_field GET_FIELDS[] = {
    ZY_FIELD(schedule_get_in, schedule_id, ZY_F_ID, 1, 40),
    ZY_FIELD(schedule_get_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL, .help = "of the runs"),
};
static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(schedule_list_in, limit, ZY_F_INT, 1, 50, ZY_OPTIONAL),
    ZY_FIELD(schedule_list_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};
static const zy_field MONTH_FIELDS[] = { ZY_FIELD(schedule_month_in, month, ZY_F_DAY, 0, 0, .help = "any day of it") };

static const zy_out SCHEDULE_OUTS[] = {
    ZY_OUT("schedule_id", ZY_O_STR), ZY_OUT("state", ZY_O_STR, .help = "active, ended, stopped"), ZY_OUT("from_account_id", ZY_O_STR),
    ZY_OUT("to_name", ZY_O_STR, .mask = ZY_M_NAME), ZY_OUT("to_account_no", ZY_O_STR, .mask = ZY_M_CARD), ZY_OUT("bank", ZY_O_STR),
    ZY_OUT("amount_fen", ZY_O_INT), ZY_OUT("memo", ZY_O_STR), ZY_OUT("every", ZY_O_STR), ZY_OUT("step", ZY_O_INT),
    ZY_OUT("on_day", ZY_O_INT), ZY_OUT("first", ZY_O_STR), ZY_OUT("last", ZY_O_STR, .help = "empty: none"),
    ZY_OUT("runs", ZY_O_INT, .help = "0: no such end"), ZY_OUT("short", ZY_O_STR), ZY_OUT("retry_days", ZY_O_INT),
    ZY_OUT("next", ZY_O_STR, .help = "empty: none"), ZY_OUT("done", ZY_O_INT, .help = "runs so far, left out ones too"),
    ZY_OUT("created_at", ZY_O_INT),
};
#define RUN_OUTS_COMMON                                                                                                           \
    ZY_OUT("schedule_id", ZY_O_STR), ZY_OUT("day", ZY_O_STR), ZY_OUT("at", ZY_O_INT), ZY_OUT("order_id", ZY_O_STR, .help = "empty: none"), \
    ZY_OUT("result", ZY_O_STR, .help = "OK, SKIPPED, LATE, or why not")
static const zy_out RUN_OUTS[] = { RUN_OUTS_COMMON };
static const zy_out PAST_OUTS[] = { RUN_OUTS_COMMON, ZY_OUT("amount_fen", ZY_O_INT), ZY_OUT("to_name", ZY_O_STR, .mask = ZY_M_NAME) };
static const zy_out COMING_OUTS[] = { ZY_OUT("schedule_id", ZY_O_STR), ZY_OUT("day", ZY_O_STR), ZY_OUT("amount_fen", ZY_O_INT),
                                      ZY_OUT("to_name", ZY_O_STR, .mask = ZY_M_NAME) };
static const zy_out LIST_OUTS[] = { ZY_OUT("schedules", ZY_O_LIST, ZY_MEMBERS(SCHEDULE_OUTS)), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out GET_OUTS[] = { ZY_OUT("schedule", ZY_O_OBJECT, ZY_MEMBERS(SCHEDULE_OUTS)), ZY_OUT("runs", ZY_O_LIST, ZY_MEMBERS(RUN_OUTS)),
                                   ZY_OUT("cursor", ZY_O_STR, .help = "to older runs; empty: none") };
static const zy_out MONTH_OUTS[] = { ZY_OUT("coming", ZY_O_LIST, ZY_MEMBERS(COMING_OUTS)), ZY_OUT("runs", ZY_O_LIST, ZY_MEMBERS(PAST_OUTS)) };
static const zy_out CHANGED_OUTS[] = { ZY_OUT("schedule", ZY_O_OBJECT, ZY_MEMBERS(SCHEDULE_OUTS)) };

#define CUSTOMER_API .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED
const zy_api ZY_SCHEDULE_APIS[] = {
    { .name = "schedule.prepare", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .idempotent = true, .audited = true,
      .critical = true, .title = "Prepares transfers on a date or by a rule", ZY_FIELDS(schedule_prepare_in, PREPARE_FIELDS),
      .outs = ZY_ORDER_PREPARED_OUTS, .out_count = ZY_ORDER_PREPARED_OUT_COUNT, .run = schedule_prepare_run },
    { .name = "schedule.list", CUSTOMER_API, .per_minute = 60, .title = "The customer's scheduled transfers, newest first",
      ZY_FIELDS(schedule_list_in, LIST_FIELDS), ZY_OUTS(LIST_OUTS), .run = schedule_list_run },
    { .name = "schedule.get", CUSTOMER_API, .per_minute = 60, .title = "A scheduled transfer and what its runs came to",
      ZY_FIELDS(schedule_get_in, GET_FIELDS), ZY_OUTS(GET_OUTS), .run = schedule_get_run },
    { .name = "schedule.calendar", CUSTOMER_API, .per_minute = 60, .title = "What is due in a month, and what was",
      ZY_FIELDS(schedule_month_in, MONTH_FIELDS), ZY_OUTS(MONTH_OUTS), .run = schedule_calendar_run },
    { .name = "schedule.stop", CUSTOMER_API, .per_minute = 20, .audited = true, .title = "Ends a scheduled transfer at once",
      ZY_FIELDS(schedule_id_in, ID_FIELDS), ZY_OUTS(CHANGED_OUTS), .run = schedule_stop_run },
    { .name = "schedule.skip_next", CUSTOMER_API, .per_minute = 20, .audited = true, .title = "Leaves the next run out",
      ZY_FIELDS(schedule_id_in, ID_FIELDS), ZY_OUTS(CHANGED_OUTS), .run = schedule_skip_run },
};
const size_t ZY_SCHEDULE_API_COUNT = ZY_COUNT(ZY_SCHEDULE_APIS);
