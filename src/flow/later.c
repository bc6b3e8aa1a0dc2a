/* What becomes of an order behind its confirmation: held money is posted or given back, pending money arrives or comes back. */
#include "flow/flow_internal.h"

/* ---- which moves there are ---- */

#define MOVE(from, to) ((unsigned)(from) << 8 | (unsigned)(to))
static const unsigned MOVES[] = {
    MOVE(ZY_OS_HELD, ZY_OS_POSTED),     MOVE(ZY_OS_HELD, ZY_OS_PENDING),   MOVE(ZY_OS_HELD, ZY_OS_FAILED),
    MOVE(ZY_OS_HELD, ZY_OS_CANCELLED),  MOVE(ZY_OS_PENDING, ZY_OS_SETTLED), MOVE(ZY_OS_PENDING, ZY_OS_FAILED),
    MOVE(ZY_OS_POSTED, ZY_OS_REVERSED), MOVE(ZY_OS_SETTLED, ZY_OS_REVERSED),
};

static bool is_move(zy_order_state from, zy_order_state to)
{
    for (size_t i = 0; i < ZY_COUNT(MOVES); i++)
        if (MOVES[i] == MOVE(from, to))
            return true;
    return false;
}

static const char *const EVENTS[] = {
    [ZY_OS_POSTED] = "order.posted",       [ZY_OS_HELD] = "order.held",     [ZY_OS_PENDING] = "order.pending",
    [ZY_OS_SETTLED] = "order.settled",     [ZY_OS_FAILED] = "order.failed", [ZY_OS_REVERSED] = "order.reversed",
    [ZY_OS_CANCELLED] = "order.cancelled",
};

const char *order_event(zy_order_state state)
{
    return EVENTS[state];
}

/* ---- reading ---- */

void zy_kept_order_free(zy_kept_order *kept)
{
    zy_json_free(kept->content);
    *kept = (zy_kept_order){ 0 };
}

typedef struct read_job {
    zy_id id;
    order_row *row;
} read_job;

static zy_status read_any(zy_rtx *rtx, void *arg, zy_err *err)
{
    read_job *job = arg;
    order_row_free(job->row);
    return order_select_any(rtx, job->id, job->row, err);
}

zy_status zy_order_read(zy_env *env, zy_id order, zy_kept_order *ret_kept, zy_err *err)
{
    ORDER_ROW_AUTO row = { 0 };
    read_job job = { order, &row };
    *ret_kept = (zy_kept_order){ 0 };
    ZY_TRY(zy_db_read(env->db, "order.read", read_any, &job, err));
    ZY_TRY(order_open(env, "content", order, zy_buf_view(&row.content_sealed), &row.content));
    if (!zy_json_str(row.content, "text", &row.order.text) || row.order.kind == NULL)
        return zy_fail(err, ZY_INTERNAL, "", "an order without text or kind");
    ZY_TRY(order_check_sealed(&row, err));
    row.order.text = (zy_str){ 0 };
    *ret_kept = (zy_kept_order){ row.order, row.content, zy_json_get(row.content, "payload") };
    row.content = NULL;
    return ZY_OK;
}

/* ---- moving ---- */

zy_status zy_order_limit_give_back(zy_tx *tx, const zy_order *o, zy_money amount, zy_time now, zy_err *err)
{
    if (o->limit_day.days == 0 || o->limit_day.days != zy_day_of(now).days || amount.fen == 0)
        return ZY_OK;
    return order_limit_free(tx, o->customer, o->kind->limit_category, o->limit_day, amount, err);
}

static zy_status move_order(zy_tx *tx, zy_env *env, const zy_order_move *m, const zy_audit *record, zy_id *ret_audit, zy_err *err)
{
    if (!is_move(m->order->state, m->to))
        return zy_fail(err, ZY_ORDER_STATE, "", "an order does not go from %s to %s", zy_order_state_name(m->order->state),
                       zy_order_state_name(m->to));
    ZY_TRY(zy_audit_add(tx, env, record, ret_audit, err));
    ZY_TRY(order_update_moved(tx, m, *ret_audit, err));
    ZY_TRY(order_insert_step(tx, zy_id_next(env->ids), m->order->id, m->step, m->at, ZY_OK, (zy_str){ 0 }, err));
    if (m->to != ZY_OS_FAILED && m->to != ZY_OS_CANCELLED)
        return ZY_OK;
    return zy_order_limit_give_back(tx, m->order, m->order->amount, m->at, err);
}

static void move_detail(const zy_order_move *m, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *detail = zy_json_object();
    zy_json_set_c(detail, "kind", m->order->kind->name);
    zy_json_set_c(detail, "step", m->step);
    zy_json_set_str(detail, "reason", m->reason);
    zy_json_set_int(detail, "amount_fen", m->order->amount.fen);
    zy_json_write(detail, out);
}

zy_status zy_order_move_on(zy_tx *tx, zy_env *env, const zy_order_move *move, zy_id *ret_audit, zy_err *err)
{
    ZY_AUTO_BUF detail = { 0 };
    move_detail(move, &detail);
    const zy_audit record = { .event = order_event(move->to), .actor_kind = "system", .object = move->order->id, .object_kind = "order",
                              .result = ZY_STR("OK"), .detail = zy_buf_view(&detail) };
    return move_order(tx, env, move, &record, ret_audit, err);
}

/* ---- the customer's cancelling ---- */

typedef struct cancel_job {
    zy_call *call;
    const zy_order *order;
    const zy_json *payload;
} cancel_job;

static zy_status cancel_unit(zy_tx *tx, void *arg, zy_err *err)
{
    cancel_job *job = arg;
    zy_env *env = job->call->env;
    zy_id audit = { 0 };
    const zy_order_move move = { .order = job->order, .to = ZY_OS_CANCELLED, .step = "cancel", .at = job->call->now };
    const zy_audit record = order_audit(job->call, "order.cancelled", job->order->id, ZY_OK, (zy_str){ 0 });
    ZY_TRY(move_order(tx, env, &move, &record, &audit, err));
    return job->order->kind->cancel(tx, env, job->order, job->payload, audit, err);
}

static zy_status cancel_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    cancel_job *job = arg;
    ORDER_ROW_AUTO row = { 0 };
    ZY_TRY(order_select(rtx, job->order->id, job->order->customer, &row, err));
    *ret_committed = row.order.state == ZY_OS_CANCELLED;
    return ZY_OK;
}

zy_status order_cancel_held(zy_call *call, const order_row *row, zy_err *err)
{
    const zy_order *o = &row->order;
    if (o->kind == NULL || o->kind->cancel == NULL)
        return zy_fail(err, ZY_ORDER_STATE, "", "what is held of this kind is not cancelled");
    ZY_TRY(order_check_sealed(row, err));
    cancel_job job = { call, o, zy_json_get(row->content, "payload") };
    return zy_db_run_decided(call->env->db, "order.cancel_held", cancel_unit, cancel_decided, &job, err);
}
