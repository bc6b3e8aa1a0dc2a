#include <string.h>

#include "flow/flow_internal.h"

#define ORDER_COLUMNS                                                                                                  \
    "id, customer, login, kind, state, risk, amount_fen, fee_fen, from_account, to_account, content, digest,"          \
    " factors_needed, factors_done, created_at, expires_at, done_at, journal_id, audit_id, answer, mandate, limit_day,"       \
    " moved_at, reason"

const zy_sql ORDER_AUDIT_LINK = { "order.audit_link",
    "SELECT id, audit_id FROM flow_order WHERE id > $1 ORDER BY id LIMIT $2", 2, NULL };

static const zy_sql SQL_ADD = { "order.add",
    "INSERT INTO flow_order (" ORDER_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, 0, 0,"
    " $16, $17, 0, 0, 0, '')", 17, NULL };

zy_status order_insert(zy_tx *tx, const zy_order *o, const char *risk, zy_str content, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(o->id.v), ZY_I(o->customer.v), ZY_I(o->login.v), ZY_TC(o->kind->name),
                                  ZY_TC(zy_order_state_name(o->state)), ZY_TC(risk), ZY_I(o->amount.fen), ZY_I(o->fee.fen),
                                  ZY_I(o->from_account.v), ZY_I(o->to_account.v), ZY_B(content.p, content.n),
                                  ZY_B(o->digest, sizeof o->digest), ZY_I(o->factors_needed), ZY_I(o->created_at.ms),
                                  ZY_I(o->expires_at.ms), ZY_I(o->audit.v), ZY_B("", 0)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_ADD_MANDATED = { "order.add_mandated",
    "INSERT INTO flow_order (" ORDER_COLUMNS ", mandate_seq) VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, $12, $12, $12,"
    " $13, $14, $15, $16, $17, 0, '', $18) ON CONFLICT (mandate, mandate_seq) WHERE mandate <> 0 DO NOTHING", 18, NULL };

zy_status order_insert_mandated(zy_tx *tx, const zy_order *o, int64_t seq, const char *risk, zy_str content, zy_str answer, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD_MANDATED,
                          ZY_ARGS(ZY_I(o->id.v), ZY_I(o->customer.v), ZY_TC(o->kind->name), ZY_TC(zy_order_state_name(o->state)),
                                  ZY_TC(risk), ZY_I(o->amount.fen), ZY_I(o->fee.fen), ZY_I(o->from_account.v), ZY_I(o->to_account.v),
                                  ZY_B(content.p, content.n), ZY_B(o->digest, sizeof o->digest), ZY_I(o->done_at.ms),
                                  ZY_I(o->journal.v), ZY_I(o->audit.v), ZY_B(answer.p, answer.n), ZY_I(o->mandate.v),
                                  ZY_I(o->limit_day.days), ZY_I(seq)),
                          1, ZY_ALREADY_EXISTS, err);
}

static const zy_sql SQL_MANDATED = { "order.mandated",
    "SELECT id, state FROM flow_order WHERE mandate = $1 AND mandate_seq = $2 AND mandate <> 0", 2, NULL };

zy_status order_select_mandated(zy_rtx *rtx, zy_id mandate, int64_t seq, zy_id *ret_order, zy_order_state *ret_state, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_MANDATED, ZY_ARGS(ZY_I(mandate.v), ZY_I(seq)), &row, err));
    *ret_order = zy_col_id(row, 0);
    *ret_state = order_state_parse(zy_col_text(row, 1));
    return ZY_OK;
}

static const zy_sql SQL_EACH_MANDATED = { "order.each_mandated",
    "SELECT mandate_seq, state, reason, amount_fen FROM flow_order WHERE mandate = $1 AND mandate <> 0 ORDER BY mandate_seq", 1, NULL };

zy_status zy_order_each_mandated(zy_rtx *rtx, zy_id mandate, zy_status (*each)(const zy_mandated_now *now, void *arg, zy_err *err), void *arg,
                                 zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_EACH_MANDATED, ZY_ARGS(ZY_I(mandate.v)), &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        const zy_mandated_now now = { .seq = zy_col_int(rows, 0), .state = order_state_parse(zy_col_text(rows, 1)),
                                      .reason = zy_col_text(rows, 2), .amount = zy_col_money(rows, 3) };
        ZY_TRY(each(&now, arg, err));
    }
}

static zy_status read_names(const zy_stmt *s, order_row *row)
{
    ZY_TRY(zy_str_copy(zy_col_text(s, 3), row->kind_name, sizeof row->kind_name));
    ZY_TRY(zy_str_copy(zy_col_text(s, 4), row->state_name, sizeof row->state_name));
    return zy_str_copy(zy_col_text(s, 5), row->risk, sizeof row->risk);
}

zy_status order_row_read(const zy_stmt *s, order_row *row)
{
    *row = (order_row){ 0 };
    ZY_TRY(read_names(s, row));
    zy_str digest = zy_col_blob(s, 11);
    row->order = (zy_order){
        .id = zy_col_id(s, 0), .customer = zy_col_id(s, 1), .login = zy_col_id(s, 2),
        .kind = order_kind_find(zy_col_text(s, 3)), .state = order_state_parse(zy_col_text(s, 4)),
        .amount = zy_col_money(s, 6), .fee = zy_col_money(s, 7), .from_account = zy_col_id(s, 8),
        .to_account = zy_col_id(s, 9), .factors_needed = (unsigned)zy_col_int(s, 12),
        .factors_done = (unsigned)zy_col_int(s, 13), .created_at = zy_col_time(s, 14), .expires_at = zy_col_time(s, 15),
        .done_at = zy_col_time(s, 16), .journal = zy_col_id(s, 17), .audit = zy_col_id(s, 18), .mandate = zy_col_id(s, 20),
        .limit_day = { (int32_t)zy_col_int(s, 21) }, .moved_at = zy_col_time(s, 22),
    };
    ZY_TRY(zy_str_copy(zy_col_text(s, 23), row->order.reason, sizeof row->order.reason));
    if (digest.n != sizeof row->order.digest || row->order.state == 0)
        return ZY_INTERNAL;
    memcpy(row->order.digest, digest.p, digest.n);
    zy_buf_str(&row->content_sealed, zy_col_blob(s, 10));
    zy_buf_str(&row->answer_sealed, zy_col_blob(s, 19));
    return ZY_OK;
}

static const zy_sql SQL_OWN = { "order.own",
    "SELECT " ORDER_COLUMNS ", coalesce((SELECT once_fen FROM order_own_limit WHERE customer = $2), 0),"
    " coalesce((SELECT day_fen FROM order_own_limit WHERE customer = $2), 0) FROM flow_order WHERE id = $1 AND customer = $2", 2, NULL };

zy_status order_select(zy_rtx *rtx, zy_id id, zy_id customer, order_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_OWN, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v)), &row, err));
    ZY_TRY(order_row_read(row, ret_row));
    ret_row->own = (zy_own_limit){ zy_col_money(row, 24), zy_col_money(row, 25) };
    return ZY_OK;
}

static const zy_sql SQL_ANY = { "order.any", "SELECT " ORDER_COLUMNS " FROM flow_order WHERE id = $1", 1, NULL };

zy_status order_select_any(zy_rtx *rtx, zy_id id, order_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_ANY, ZY_ARGS(ZY_I(id.v)), &row, err));
    return order_row_read(row, ret_row);
}

static const zy_sql SQL_STEP_AFTER = { "order.step_after",
    "SELECT id, step, at, result, evidence FROM order_step WHERE order_id = $1 AND id > $2 ORDER BY id LIMIT 1", 2, NULL };

zy_status order_step_after(zy_rtx *rtx, zy_id order, zy_id after, order_step_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_STEP_AFTER, ZY_ARGS(ZY_I(order.v), ZY_I(after.v)), &s, err));
    zy_str sealed = zy_col_blob(s, 4);
    if (sealed.n > sizeof ret_row->sealed)
        return zy_fail(err, ZY_INTERNAL, NULL, "evidence of %zu bytes", sealed.n);
    if (sealed.n > 0)
        memcpy(ret_row->sealed, sealed.p, sealed.n);
    ret_row->sealed_n = sealed.n;
    ret_row->id = zy_col_id(s, 0);
    ret_row->at = zy_col_time(s, 2);
    ZY_TRY(zy_str_copy(zy_col_text(s, 1), ret_row->name, sizeof ret_row->name));
    return zy_str_copy(zy_col_text(s, 3), ret_row->result, sizeof ret_row->result);
}

static const zy_sql SQL_PAGE = { "order.page",
    "SELECT " ORDER_COLUMNS " FROM flow_order WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT $3", 3, NULL };

zy_status order_select_page(zy_rtx *rtx, zy_id customer, zy_id before, int64_t limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(before.v), ZY_I(limit)), ret_rows, err);
}

#define SEARCH_REST " AND created_at >= $2 AND created_at < $3 AND id < $4 ORDER BY id DESC LIMIT $5"
static const zy_sql SQL_SEARCH = { "order.search",
    "SELECT " ORDER_COLUMNS " FROM flow_order WHERE $1 = 0" SEARCH_REST, 5, NULL };
static const zy_sql SQL_SEARCH_STATE = { "order.search_state",
    "SELECT " ORDER_COLUMNS " FROM flow_order WHERE state = $1" SEARCH_REST, 5, NULL };
static const zy_sql SQL_SEARCH_CUSTOMER = { "order.search_customer",
    "SELECT " ORDER_COLUMNS " FROM flow_order WHERE customer = $1" SEARCH_REST, 5, NULL };
static const zy_sql SQL_SEARCH_BOTH = { "order.search_both",
    "SELECT " ORDER_COLUMNS " FROM flow_order WHERE customer = $1 AND state = $6" SEARCH_REST, 6, NULL };

zy_status order_select_search(zy_rtx *rtx, const zy_order_filter *f, zy_stmt **ret_rows, zy_err *err)
{
    zy_val who = ZY_I(f->customer.v), state = ZY_T(f->state), from = ZY_I(f->from.ms),
           to = ZY_I(f->to.ms != 0 ? f->to.ms : INT64_MAX), before = ZY_I(f->before.v != 0 ? f->before.v : INT64_MAX),
           limit = ZY_I(f->limit);
    if (f->customer.v != 0 && f->state.n != 0)
        return zy_query(rtx, &SQL_SEARCH_BOTH, ZY_ARGS(who, from, to, before, limit, state), ret_rows, err);
    if (f->customer.v != 0)
        return zy_query(rtx, &SQL_SEARCH_CUSTOMER, ZY_ARGS(who, from, to, before, limit), ret_rows, err);
    if (f->state.n != 0)
        return zy_query(rtx, &SQL_SEARCH_STATE, ZY_ARGS(state, from, to, before, limit), ret_rows, err);
    return zy_query(rtx, &SQL_SEARCH, ZY_ARGS(who, from, to, before, limit), ret_rows, err);
}

static const zy_sql SQL_FIGURES = { "order.figures",
    "SELECT state, count(*), CAST(sum(amount_fen) AS BIGINT) FROM flow_order WHERE id >= $1 AND created_at >= $2"
    " GROUP BY state ORDER BY state", 2, NULL };

zy_status order_select_figures(zy_rtx *rtx, zy_time since, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_FIGURES, ZY_ARGS(ZY_I(zy_id_floor(since).v), ZY_I(since.ms)), ret_rows, err);
}

static const zy_sql SQL_STEP = { "order.step_add",
    "INSERT INTO order_step (id, order_id, step, at, result, evidence) VALUES ($1, $2, $3, $4, $5, $6)", 6, NULL };

zy_status order_insert_step(zy_tx *tx, zy_id id, zy_id order, const char *step, zy_time at, zy_status result, zy_str evidence,
                            zy_err *err)
{
    return zy_exec_expect(tx, &SQL_STEP,
                          ZY_ARGS(ZY_I(id.v), ZY_I(order.v), ZY_TC(step), ZY_I(at.ms), ZY_TC(zy_status_name(result)),
                                  ZY_B(evidence.p, evidence.n)),
                          1, ZY_INTERNAL, err);
}

/* Another combination, as long as nothing was verified. */
static const zy_sql SQL_CHOICE = { "order.choice",
    "UPDATE flow_order SET factors_needed = $2, audit_id = $3 WHERE id = $1 AND state = 'prepared' AND factors_done = 0"
    " AND login = $4 AND expires_at > $5", 5, NULL };

zy_status order_update_choice(zy_tx *tx, const zy_order *o, unsigned mask, zy_time now, zy_id audit, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CHOICE, ZY_ARGS(ZY_I(o->id.v), ZY_I(mask), ZY_I(audit.v), ZY_I(o->login.v), ZY_I(now.ms)), 1,
                          ZY_ORDER_STATE, err);
}

/* Compare and set: of two that verify the same factor at once, one wins. */
static const zy_sql SQL_FACTOR = { "order.factor",
    "UPDATE flow_order SET factors_done = factors_done + $2, state = $3, audit_id = $4"
    " WHERE id = $1 AND state = 'prepared' AND factors_done = $5 AND login = $6 AND expires_at > $7"
    " AND factors_needed = $8", 8, NULL };

zy_status order_update_factor(zy_tx *tx, const zy_order *o, unsigned bit, bool last, zy_time now, zy_id audit, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_FACTOR,
                          ZY_ARGS(ZY_I(o->id.v), ZY_I(bit), ZY_TC(zy_order_state_name(last ? ZY_OS_AUTHORISED : ZY_OS_PREPARED)),
                                  ZY_I(audit.v), ZY_I(o->factors_done), ZY_I(o->login.v), ZY_I(now.ms), ZY_I(o->factors_needed)),
                          1, ZY_ORDER_STATE, err);
}

static const zy_sql SQL_POSTED = { "order.posted",
    "UPDATE flow_order SET state = $7, done_at = $2, journal_id = $3, answer = $4, audit_id = $6, limit_day = $8"
    " WHERE id = $1 AND state = 'authorised' AND factors_done = factors_needed AND login = $5 AND expires_at > $2", 8, NULL };

zy_status order_update_posted(zy_tx *tx, const zy_order *o, zy_str answer, zy_id audit, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_POSTED,
                          ZY_ARGS(ZY_I(o->id.v), ZY_I(o->done_at.ms), ZY_I(o->journal.v), ZY_B(answer.p, answer.n),
                                  ZY_I(o->login.v), ZY_I(audit.v), ZY_TC(zy_order_state_name(o->state)), ZY_I(o->limit_day.days)),
                          1, ZY_ORDER_STATE, err);
}

static const zy_sql SQL_MOVED = { "order.moved",
    "UPDATE flow_order SET state = $3, moved_at = $4, reason = $5, audit_id = $6 WHERE id = $1 AND state = $2", 6, NULL };

zy_status order_update_moved(zy_tx *tx, const zy_order_move *move, zy_id audit, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_MOVED,
                          ZY_ARGS(ZY_I(move->order->id.v), ZY_TC(zy_order_state_name(move->order->state)),
                                  ZY_TC(zy_order_state_name(move->to)), ZY_I(move->at.ms), ZY_T(move->reason), ZY_I(audit.v)),
                          1, ZY_ORDER_STATE, err);
}

static const zy_sql SQL_CANCELLED = { "order.cancelled",
    "UPDATE flow_order SET state = 'cancelled', done_at = $2, audit_id = $3"
    " WHERE id = $1 AND state IN ('prepared', 'authorised')", 3, NULL };

zy_status order_update_cancelled(zy_tx *tx, const zy_order *o, zy_time now, zy_id audit, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CANCELLED, ZY_ARGS(ZY_I(o->id.v), ZY_I(now.ms), ZY_I(audit.v)), 1, ZY_ORDER_STATE, err);
}

static const zy_sql SQL_EXPIRE = { "order.expire",
    "UPDATE flow_order SET state = 'expired', done_at = $1 WHERE state IN ('prepared', 'authorised') AND id IN"
    " (SELECT id FROM flow_order WHERE state IN ('prepared', 'authorised') AND expires_at <= $1 ORDER BY expires_at LIMIT $2)",
    2, NULL };

zy_status order_expire_some(zy_tx *tx, zy_time now, int max, int64_t *ret_done, zy_err *err)
{
    return zy_exec(tx, &SQL_EXPIRE, ZY_ARGS(ZY_I(now.ms), ZY_I(max)), ret_done, err);
}

/* The first of the day is below the limit by itself: the caller has compared it. */
static const zy_sql SQL_LIMIT_TAKE = { "order.limit_take",
    "INSERT INTO order_limit (customer, category, day, used_fen, uses) VALUES ($1, $2, $3, $4, 1)"
    " ON CONFLICT (customer, category, day) DO UPDATE SET used_fen = order_limit.used_fen + excluded.used_fen,"
    " uses = order_limit.uses + 1 WHERE order_limit.used_fen + excluded.used_fen <= $5", 5, NULL };

zy_status order_limit_take(zy_tx *tx, zy_id customer, const char *category, zy_day day, zy_money amount, zy_money limit, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LIMIT_TAKE,
                          ZY_ARGS(ZY_I(customer.v), ZY_TC(category), ZY_I(day.days), ZY_I(amount.fen), ZY_I(limit.fen)), 1,
                          ZY_TRANSFER_LIMIT, err);
}

static const zy_sql SQL_LIMIT_FREE = { "order.limit_free",
    "UPDATE order_limit SET used_fen = used_fen - $4 WHERE customer = $1 AND category = $2 AND day = $3 AND used_fen >= $4", 4, NULL };

zy_status order_limit_free(zy_tx *tx, zy_id customer, const char *category, zy_day day, zy_money amount, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LIMIT_FREE, ZY_ARGS(ZY_I(customer.v), ZY_TC(category), ZY_I(day.days), ZY_I(amount.fen)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_LIMIT_USED = { "order.limit_used",
    "SELECT coalesce(sum(used_fen), 0) FROM order_limit WHERE customer = $1 AND category = $2 AND day = $3", 3, NULL };

zy_status order_limit_used(zy_rtx *rtx, zy_id customer, const char *category, zy_day day, zy_money *ret_used, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LIMIT_USED, ZY_ARGS(ZY_I(customer.v), ZY_TC(category), ZY_I(day.days)), &row, err));
    *ret_used = zy_col_money(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_PAID = { "order.paid",
    "SELECT count(*) FROM (SELECT 1 FROM flow_order WHERE customer = $1 AND to_account = $2 AND state IN ('posted', 'settled')"
    " LIMIT 1) p", 2, NULL };

zy_status order_select_paid(zy_rtx *rtx, zy_id customer, zy_id to_account, bool *ret_paid, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_PAID, ZY_ARGS(ZY_I(customer.v), ZY_I(to_account.v)), &row, err));
    *ret_paid = zy_col_int(row, 0) > 0;
    return ZY_OK;
}
