#include "bank/schedule/schedule_internal.h"

#define COLUMNS                                                                                                            \
    "id, customer, state, every, step, on_day, first_day, last_day, runs_max, short_rule, retry_days, seq, due_day, try_day, misses," \
    " amount_fen, content, created_at, ended_at"

static zy_day day_at(const zy_stmt *s, int column)
{
    return (zy_day){ (int32_t)zy_col_int(s, column) };
}

static zy_status read_row(zy_env *env, const zy_stmt *s, schedule *ret, zy_err *err)
{
    *ret = (schedule){
        .id = zy_col_id(s, 0), .customer = zy_col_id(s, 1),
        .rule = { .every = zy_every_parse(zy_col_text(s, 3)), .step = (int)zy_col_int(s, 4), .on_day = (int)zy_col_int(s, 5),
                  .first = day_at(s, 6), .last = day_at(s, 7), .runs_max = zy_col_int(s, 8) },
        .on_short = short_parse(zy_col_text(s, 9)), .retry_days = (int)zy_col_int(s, 10), .seq = zy_col_int(s, 11), .due = day_at(s, 12),
        .try_on = day_at(s, 13), .misses = zy_col_int(s, 14), .amount = zy_col_money(s, 15), .created_at = zy_col_time(s, 17),
        .ended_at = zy_col_time(s, 18),
    };
    ZY_TRY(zy_str_copy(zy_col_text(s, 2), ret->state, sizeof ret->state));
    if (ret->rule.every == 0 || ret->on_short == 0)
        return zy_fail(err, ZY_INTERNAL, NULL, "a schedule whose rule this release does not know");
    return content_open(env, ret->id, zy_col_blob(s, 16), &ret->content, err);
}

static const zy_sql SQL_ADD = { "schedule.add",
    "INSERT INTO schedule (" COLUMNS ") VALUES ($1, $2, 'active', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, 0, $13, $14, $15, 0)",
    15, NULL };

zy_status schedule_insert(zy_tx *tx, const schedule *s, zy_str content_sealed, zy_err *err)
{
    const zy_schedule_rule *r = &s->rule;
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(s->id.v), ZY_I(s->customer.v), ZY_TC(zy_every_name(r->every)), ZY_I(r->step), ZY_I(r->on_day),
                                  ZY_I(r->first.days), ZY_I(r->last.days), ZY_I(r->runs_max), ZY_TC(short_name(s->on_short)),
                                  ZY_I(s->retry_days), ZY_I(s->seq), ZY_I(s->due.days), ZY_I(s->amount.fen),
                                  ZY_B(content_sealed.p, content_sealed.n), ZY_I(s->created_at.ms)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_ACTIVE = { "schedule.active", "SELECT count(*) FROM schedule WHERE customer = $1 AND state = 'active'", 1, NULL };

zy_status schedule_active(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_ACTIVE, ZY_ARGS(ZY_I(customer.v)), &row, err));
    *ret_count = zy_col_int(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_ONE = { "schedule.one", "SELECT " COLUMNS " FROM schedule WHERE id = $1 AND ($2 = 0 OR customer = $2)", 2, NULL };

zy_status schedule_select(zy_rtx *rtx, zy_env *env, zy_id id, zy_id customer, schedule *ret, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_ONE, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v)), &row, err));
    return read_row(env, row, ret, err);
}

static const zy_sql SQL_DUE = { "schedule.due",
    "SELECT id FROM schedule WHERE state = 'active' AND try_day <= $1 ORDER BY try_day, id LIMIT $2", 2, NULL };

zy_status schedule_due(zy_rtx *rtx, zy_day today, int max, zy_id *ret_ids, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_DUE, ZY_ARGS(ZY_I(today.days), ZY_I(max)), &rows, err));
    for (*ret_count = 0; *ret_count < max; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ret_ids[*ret_count] = zy_col_id(rows, 0);
    }
    return ZY_OK;
}

static const zy_sql SQL_MOVE = { "schedule.move",
    "UPDATE schedule SET seq = $3, due_day = $4, try_day = $5, misses = $6, state = $7, ended_at = $8"
    " WHERE id = $1 AND seq = $2 AND try_day = $9 AND state = 'active'", 9, NULL };

zy_status schedule_move(zy_tx *tx, const schedule *from, const schedule *to, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_MOVE,
                          ZY_ARGS(ZY_I(from->id.v), ZY_I(from->seq), ZY_I(to->seq), ZY_I(to->due.days), ZY_I(to->try_on.days),
                                  ZY_I(to->misses), ZY_TC(to->state), ZY_I(to->ended_at.ms), ZY_I(from->try_on.days)),
                          1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_STOP = { "schedule.stop",
    "UPDATE schedule SET state = $2, ended_at = $3 WHERE id = $1 AND state = 'active'", 3, NULL };

static const zy_sql SQL_STOP_ALL = { "schedule.stop_all",
    "UPDATE schedule SET state = 'stopped', ended_at = $2 WHERE customer = $1 AND state = 'active'", 2, NULL };

zy_status zy_schedule_leave(zy_tx *tx, zy_id customer, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_STOP_ALL, ZY_ARGS(ZY_I(customer.v), ZY_I(now.ms)), NULL, err);
}

zy_status schedule_stop(zy_tx *tx, const schedule *s, const char *state, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_STOP, ZY_ARGS(ZY_I(s->id.v), ZY_TC(state), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err);
}

static zy_status each_schedule(zy_env *env, zy_stmt *rows, schedule_fn each, void *arg, zy_err *err)
{
    for (;;) {
        SCHEDULE_AUTO s = { 0 };
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(read_row(env, rows, &s, err));
        ZY_TRY(each(&s, arg));
    }
}

static const zy_sql SQL_PAGE = { "schedule.page",
    "SELECT " COLUMNS " FROM schedule WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT $3", 3, NULL };

zy_status schedule_page(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id before, int limit, schedule_fn each, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(before.v), ZY_I(limit)), &rows, err));
    return each_schedule(env, rows, each, arg, err);
}

static const zy_sql SQL_COMING = { "schedule.coming",
    "SELECT " COLUMNS " FROM schedule WHERE customer = $1 AND state = 'active' ORDER BY id", 1, NULL };

zy_status schedule_each_active(zy_rtx *rtx, zy_env *env, zy_id customer, schedule_fn each, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_COMING, ZY_ARGS(ZY_I(customer.v)), &rows, err));
    return each_schedule(env, rows, each, arg, err);
}

/* ---- runs ---- */

#define RUN_COLUMNS "schedule, seq, due_day, at, order_id, result"
static const zy_sql SQL_RUN_ADD = { "schedule.run_add",
    "INSERT INTO schedule_run (" RUN_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (schedule, seq) DO NOTHING", 6, NULL };

zy_status run_insert(zy_tx *tx, const run_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RUN_ADD,
                          ZY_ARGS(ZY_I(r->schedule.v), ZY_I(r->seq), ZY_I(r->due.days), ZY_I(r->at.ms), ZY_I(r->order.v),
                                  ZY_TC(r->result)),
                          1, ZY_STATE_CONFLICT, err);
}

/* Its columns begin at `column`. */
static zy_status read_run(const zy_stmt *rows, int column, run_row *ret)
{
    *ret = (run_row){ .schedule = zy_col_id(rows, column), .seq = zy_col_int(rows, column + 1), .due = day_at(rows, column + 2),
                      .at = zy_col_time(rows, column + 3), .order = zy_col_id(rows, column + 4) };
    return zy_str_copy(zy_col_text(rows, column + 5), ret->result, sizeof ret->result);
}

static const zy_sql SQL_RUNS = { "schedule.runs",
    "SELECT " RUN_COLUMNS " FROM schedule_run WHERE schedule = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3", 3, NULL };

zy_status run_page(zy_rtx *rtx, zy_id id, int64_t before, int limit, run_fn each, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_RUNS, ZY_ARGS(ZY_I(id.v), ZY_I(before), ZY_I(limit)), &rows, err));
    for (;;) {
        bool more = false;
        run_row r;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(read_run(rows, 0, &r));
        ZY_TRY(each(&r, arg));
    }
}

static const zy_sql SQL_SPAN = { "schedule.span",
    "SELECT " COLUMNS ", run_of, run_seq, run_day, run_at, order_id, result FROM schedule JOIN"
    " (SELECT schedule AS run_of, seq AS run_seq, due_day AS run_day, at AS run_at, order_id, result FROM schedule_run) AS r ON run_of = id"
    " WHERE customer = $1 AND run_day >= $2 AND run_day <= $3 ORDER BY run_day, run_of, run_seq LIMIT 2000", 3, NULL };
#define RUN_IN_SPAN 19 /* its first column, behind those of the schedule */

zy_status run_span(zy_rtx *rtx, zy_env *env, zy_id customer, zy_day from, zy_day to, span_fn each, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_SPAN, ZY_ARGS(ZY_I(customer.v), ZY_I(from.days), ZY_I(to.days)), &rows, err));
    for (;;) {
        SCHEDULE_AUTO s = { 0 };
        run_row r;
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(read_row(env, rows, &s, err));
        ZY_TRY(read_run(rows, RUN_IN_SPAN, &r));
        ZY_TRY(each(&s, &r, arg));
    }
}
