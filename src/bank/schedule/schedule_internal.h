/* What the files of this room share. */
#pragma once

#include "bank/schedule/rule.h"
#include "bank/schedule/schedule.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"

#define SCHEDULES_MAX  50 /* active ones of a customer */
#define RETRY_DAYS_MAX 3
#define MISSES_MAX     3  /* in a row, before a schedule whose rule says "stop" ends */

typedef enum { SHORT_SKIP = 1, SHORT_RETRY, SHORT_STOP } short_rule; /* when money is short */
const char *short_name(short_rule rule); /* "skip", "retry", "stop" */
short_rule short_parse(zy_str name);     /* 0: none of ours */

/* Whom it pays; whole, sealed at rest. Wiped by content_wipe. */
typedef struct content {
    char to_name[ZY_CLEARING_NAME_MAX], to_number[ZY_CLEARING_NUMBER_MAX], to_bank[16], memo[256];
    zy_id from_account;
} content;

typedef struct schedule {
    zy_id id, customer;
    char state[12];
    zy_schedule_rule rule;
    short_rule on_short;
    int retry_days;
    int64_t seq;
    zy_day due, try_on;
    int64_t misses;
    zy_money amount;
    content content;
    zy_time created_at, ended_at;
} schedule;
void schedule_wipe(schedule *s);
#define SCHEDULE_AUTO __attribute__((cleanup(schedule_wipe))) schedule

typedef struct run_row {
    zy_id schedule;
    int64_t seq;
    zy_day due;
    zy_time at;
    zy_id order;
    char result[ZY_ORDER_REASON_MAX];
} run_row;

/* ---- schedule.c ---- */
extern const zy_order_kind SCHEDULE_KIND;
zy_status content_seal(zy_env *env, zy_id id, const content *c, zy_buf *ret_sealed);
zy_status content_open(zy_env *env, zy_id id, zy_str sealed, content *ret, zy_err *err);

/* ---- advance.c ---- */
/* What a run came to: writes it down, sets the next one or ends the schedule, and tells the customer. */
typedef struct advance {
    zy_env *env;
    const schedule *s;
    zy_id order;         /* 0: none */
    zy_status result;
    const char *word;    /* instead of the status's name: "SKIPPED", "LATE"; NULL: none */
    zy_time now;
} advance;
/* In the caller's unit. ZY_STATE_CONFLICT: another node was faster. */
zy_status advance_run(zy_tx *tx, const advance *a, zy_err *err);

/* ---- schedule_repo.c ---- */
zy_status schedule_insert(zy_tx *tx, const schedule *s, zy_str content_sealed, zy_err *err);
zy_status schedule_active(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_err *err);
/* Its customer's own; customer 0: whoever's. ZY_NOT_FOUND. */
zy_status schedule_select(zy_rtx *rtx, zy_env *env, zy_id id, zy_id customer, schedule *ret, zy_err *err);
/* Ids of what is due on that day or before. */
zy_status schedule_due(zy_rtx *rtx, zy_day today, int max, zy_id *ret_ids, int *ret_count, zy_err *err);
/* Compare and set by the number of the next run. state "active": to is what comes next. ZY_STATE_CONFLICT. */
zy_status schedule_move(zy_tx *tx, const schedule *from, const schedule *to, zy_err *err);
zy_status schedule_stop(zy_tx *tx, const schedule *s, const char *state, zy_time now, zy_err *err);
zy_status run_insert(zy_tx *tx, const run_row *row, zy_err *err);
typedef zy_status (*schedule_fn)(const schedule *s, void *arg);
/* The customer's, newest first. */
zy_status schedule_page(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id before, int limit, schedule_fn each, void *arg, zy_err *err);
/* The customer's active ones: SCHEDULES_MAX at most. */
zy_status schedule_each_active(zy_rtx *rtx, zy_env *env, zy_id customer, schedule_fn each, void *arg, zy_err *err);
typedef zy_status (*run_fn)(const run_row *row, void *arg);
/* Of one schedule, newest first. */
zy_status run_page(zy_rtx *rtx, zy_id schedule, int64_t before, int limit, run_fn each, void *arg, zy_err *err);
typedef zy_status (*span_fn)(const schedule *s, const run_row *row, void *arg);
/* Of all of a customer's schedules, due in [from, to]. */
zy_status run_span(zy_rtx *rtx, zy_env *env, zy_id customer, zy_day from, zy_day to, span_fn each, void *arg, zy_err *err);

/* ---- handlers ---- */
typedef struct schedule_prepare_in {
    zy_id from_account_id, payee_id;
    bool has_payee_id;
    zy_str to_account_no, to_name, to_bank, memo, every, short_rule;
    zy_money amount_fen;
    int64_t step, on_day, runs, retry_days;
    zy_day first, last;
    bool has_last;
} schedule_prepare_in;
typedef struct schedule_id_in {
    zy_id schedule_id;
} schedule_id_in;
typedef struct schedule_get_in {
    zy_id schedule_id;
    zy_str cursor;
} schedule_get_in;
typedef struct schedule_list_in {
    int64_t limit;
    zy_str cursor;
} schedule_list_in;
typedef struct schedule_month_in {
    zy_day month; /* any day of it */
} schedule_month_in;
zy_status schedule_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status schedule_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status schedule_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status schedule_calendar_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status schedule_stop_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status schedule_skip_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
