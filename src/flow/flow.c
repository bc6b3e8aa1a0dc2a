/* The engine's shared ground: kinds, states, reading and sealing orders, prepare, housekeeping. */
#include <assert.h>
#include <string.h>

#include "flow/flow_internal.h"
#include "base/log.h"
#include "service/param/param.h"

#define KINDS_MAX 64

/* ---- kinds: registered at start, read afterwards ---- */

static const zy_order_kind *kinds[KINDS_MAX];
static size_t kind_count;

const zy_order_kind *order_kind_find(zy_str name)
{
    for (size_t i = 0; i < kind_count; i++)
        if (zy_str_eq_c(name, kinds[i]->name))
            return kinds[i];
    return NULL;
}

zy_status zy_flow_register(const zy_order_kind *kind)
{
    bool limited = kind->limit_category != NULL;
    assert(kind->execute != NULL && kind->scene != NULL && (kind->limit_once_param != NULL) == limited &&
           (kind->limit_day_param != NULL) == limited);
    zy_audit_link(&ORDER_AUDIT_LINK);
    const zy_order_kind *known = order_kind_find(zy_str_of(kind->name));
    if (known == kind)
        return ZY_OK;
    if (known != NULL || kind_count == KINDS_MAX)
        return ZY_CONFIG_BAD;
    kinds[kind_count++] = kind;
    return ZY_OK;
}

bool zy_flow_asks(zy_str scene)
{
    for (size_t i = 0; i < kind_count; i++)
        if (zy_str_eq_c(scene, kinds[i]->scene))
            return true;
    return false;
}

/* ---- states ---- */

static const char *const STATES[] = {
    [ZY_OS_PREPARED] = "prepared", [ZY_OS_AUTHORISED] = "authorised", [ZY_OS_POSTED] = "posted", [ZY_OS_HELD] = "held",
    [ZY_OS_PENDING] = "pending", [ZY_OS_SETTLED] = "settled", [ZY_OS_REFUSED] = "refused", [ZY_OS_CANCELLED] = "cancelled",
    [ZY_OS_EXPIRED] = "expired", [ZY_OS_FAILED] = "failed", [ZY_OS_REVERSED] = "reversed",
};

const char *zy_order_state_name(zy_order_state state)
{
    assert(state >= ZY_OS_PREPARED && state <= ZY_OS_REVERSED);
    return STATES[state];
}

zy_order_state order_state_parse(zy_str name)
{
    for (size_t i = ZY_OS_PREPARED; i < ZY_COUNT(STATES); i++)
        if (zy_str_eq_c(name, STATES[i]))
            return (zy_order_state)i;
    return (zy_order_state)0;
}

static bool is_open(zy_order_state state)
{
    return state == ZY_OS_PREPARED || state == ZY_OS_AUTHORISED;
}

zy_order_state order_state_at(const zy_order *order, zy_time now)
{
    return is_open(order->state) && now.ms >= order->expires_at.ms ? ZY_OS_EXPIRED : order->state;
}

zy_status order_check_live(const zy_call *call, const zy_order *o, zy_err *err)
{
    zy_order_state state = order_state_at(o, call->now);
    if (state == ZY_OS_EXPIRED)
        return zy_fail(err, ZY_ORDER_EXPIRED, "", "the order's life is over");
    if (!is_open(state))
        return zy_fail(err, ZY_ORDER_STATE, "", "the order is %s", zy_order_state_name(state));
    if (!zy_id_eq(o->login, call->caller->login))
        return zy_fail(err, ZY_ORDER_STATE, "", "the order belongs to another login");
    return ZY_OK;
}

/* ---- sealed columns ---- */

zy_status order_seal(zy_env *env, const char *column, zy_id order, const zy_json *json, zy_buf *ret_sealed)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_json_write(json, &plain);
    if (zy_buf_failed(&plain))
        return ZY_REQUEST_TOO_LARGE;
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, (zy_cell){ "flow_order", column, order }, plain.p, plain.n, ret_sealed);
}

zy_status order_open(zy_env *env, const char *column, zy_id order, zy_str sealed, zy_json **ret_json)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, (zy_cell){ "flow_order", column, order }, sealed.p, sealed.n, &plain));
    return zy_json_parse(zy_buf_view(&plain), ret_json);
}

void order_row_free(order_row *row)
{
    zy_buf_free(&row->content_sealed);
    zy_buf_free(&row->answer_sealed);
    zy_json_free(row->content);
    row->content = NULL;
}

typedef struct load_job {
    zy_id id, customer;
    order_row *row;
} load_job;

static zy_status load(zy_rtx *rtx, void *arg, zy_err *err)
{
    load_job *job = arg;
    order_row_free(job->row);
    return order_select(rtx, job->id, job->customer, job->row, err);
}

zy_status order_load(zy_call *call, zy_id id, order_row *row, zy_err *err)
{
    *row = (order_row){ 0 };
    load_job job = { id, call->caller->customer, row };
    ZY_TRY(zy_db_read(call->env->db, "order.load", load, &job, err));
    ZY_TRY(order_open(call->env, "content", id, zy_buf_view(&row->content_sealed), &row->content));
    if (!zy_json_str(row->content, "text", &row->order.text))
        return zy_fail(err, ZY_INTERNAL, "", "an order without text");
    return ZY_OK;
}

const char *const ORDER_BOUND_NAMES[ORDER_BOUND_COUNT] = { "customer", "amount_fen", "fee_fen", "from_account", "to_account" };

int64_t order_bound_value(const zy_order *o, size_t i)
{
    const int64_t values[ORDER_BOUND_COUNT] = { o->customer.v, o->amount.fen, o->fee.fen, o->from_account.v, o->to_account.v };
    return values[i];
}

zy_status order_check_sealed(const order_row *row, zy_err *err)
{
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_STR(row->order.text)), digest));
    bool right = zy_ct_equal(digest, row->order.digest, sizeof digest);
    for (size_t i = 0; i < ORDER_BOUND_COUNT; i++) {
        int64_t sealed = -1;
        right = zy_json_int(row->content, ORDER_BOUND_NAMES[i], &sealed) && sealed == order_bound_value(&row->order, i) && right;
    }
    return right ? ZY_OK : zy_fail(err, ZY_INTERNAL, "", "the stored order is not the one that was signed");
}

/* ---- records and limits ---- */

zy_audit order_audit(const zy_call *call, const char *event, zy_id order, zy_status result, zy_str detail)
{
    return (zy_audit){ .event = event, .actor_kind = "customer", .actor = call->caller->customer, .object = order,
                       .object_kind = "order", .address = call->caller->address, .device = zy_str_of(call->caller->device_id),
                       .trace = zy_str_of(call->trace), .result = zy_str_of(zy_status_name(result)), .detail = detail };
}

typedef struct note_job {
    zy_call *call;
    zy_id order, step_id;
    const char *step;
    zy_status result;
} note_job;

static zy_status note_unit(zy_tx *tx, void *arg, zy_err *err)
{
    note_job *job = arg;
    zy_audit record = order_audit(job->call, "order.refused", job->order, job->result, (zy_str){ 0 });
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, NULL, err));
    return order_insert_step(tx, job->step_id, job->order, job->step, job->call->now, job->result, (zy_str){ 0 }, err);
}

void order_note(zy_call *call, zy_id order, const char *step, zy_status result)
{
    zy_err err = { 0 };
    note_job job = { call, order, zy_id_next(call->env->ids), step, result };
    if (zy_db_run(call->env->db, "order.note", note_unit, &job, &err) != ZY_OK)
        zy_log_err("order.note_lost", &err);
}

order_limits order_limits_of(const zy_call *call, const zy_order_kind *kind, const zy_own_limit *own)
{
    return (order_limits){ call->env, kind, *own, call->caller->device_limited };
}

static int64_t limit_in_force(const order_limits *limits, const char *param, const char *unsafe_param)
{
    int64_t limit = zy_param_get(limits->env, param);
    int64_t unsafe = limits->device_limited ? zy_param_get(limits->env, unsafe_param) : limit;
    return unsafe < limit ? unsafe : limit;
}

static int64_t at_most(int64_t limit, zy_money own)
{
    return own.fen > 0 && own.fen < limit ? own.fen : limit;
}

zy_money order_day_limit(const order_limits *limits)
{
    return (zy_money){ at_most(limit_in_force(limits, limits->kind->limit_day_param, "environment.day_limit_fen"), limits->own.day) };
}

zy_status order_limit_check(const order_limits *limits, zy_money amount, zy_money used, zy_money *ret_total, zy_err *err)
{
    const zy_order_kind *kind = limits->kind;
    *ret_total = (zy_money){ 0 };
    if (kind->limit_category == NULL)
        return amount.fen == 0 ? ZY_OK : zy_fail(err, ZY_INTERNAL, "", "%s moves no money", kind->name);
    if (amount.fen > at_most(limit_in_force(limits, kind->limit_once_param, "environment.once_limit_fen"), limits->own.once))
        return zy_fail(err, ZY_TRANSFER_LIMIT, "amount_fen", "above the limit of one transaction");
    if (zy_money_add(amount, used, ret_total) != ZY_OK || ret_total->fen > order_day_limit(limits).fen)
        return zy_fail(err, ZY_TRANSFER_LIMIT, "amount_fen", "above the limit of the day");
    return ZY_OK;
}

zy_status zy_order_day_used(zy_rtx *rtx, zy_id customer, const char *category, zy_day day, zy_money *ret_used, zy_err *err)
{
    return order_limit_used(rtx, customer, category, day, ret_used, err);
}

zy_status zy_order_paid_before(zy_rtx *rtx, zy_id customer, zy_id to_account, bool *ret_paid, zy_err *err)
{
    return order_select_paid(rtx, customer, to_account, ret_paid, err);
}

/* ---- prepare ---- */

static zy_json *member_copy(const zy_json *object, const char *name)
{
    const zy_json *value = zy_json_get(object, name);
    return value != NULL ? zy_json_copy(value) : zy_json_new_null();
}

/* The same from the order that is about to be stored and from the stored one: so a repeat hears what the first call heard. */
static void put_prepared(const zy_order *o, const char *risk, const zy_json *content, zy_json *body)
{
    char digest[2 * ZY_SM3_BYTES + 1];
    zy_hex_encode(o->digest, sizeof o->digest, digest);
    zy_json_set_id(body, "order_id", o->id);
    zy_json_set(body, "text", member_copy(content, "text"));
    zy_json_set_c(body, "digest", digest);
    zy_json_set(body, "display", member_copy(content, "display"));
    zy_json_set_int(body, "fee_fen", o->fee.fen);
    zy_json_set(body, "factors", order_factors_left(o->factors_needed, 0));
    zy_json_set(body, "factor_options", member_copy(content, "options"));
    zy_json_set_c(body, "risk", risk);
    zy_json_set(body, "notice", member_copy(content, "notice"));
    zy_json_set_int(body, "expires_at", o->expires_at.ms);
}

/* What is kept of the answer is the order's id alone: its text holds the payee's name and number, which are sealed. */
static zy_status put_kept(zy_call *call, const zy_json *kept, zy_json *body, zy_err *err)
{
    zy_str text = { 0 };
    zy_id id = { 0 };
    ORDER_ROW_AUTO row = { 0 };
    (void)zy_json_str(kept, "order_id", &text);
    if (zy_id_parse(text, &id) != ZY_OK)
        return zy_fail(err, ZY_INTERNAL, "", "a kept answer without order");
    ZY_TRY(order_load(call, id, &row, err));
    put_prepared(&row.order, row.risk, row.content, body);
    return ZY_OK;
}

typedef struct repeat_job {
    const zy_call *call;
    zy_json *answer;
} repeat_job;

static zy_status repeat_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    repeat_job *job = arg;
    zy_json_free(job->answer);
    job->answer = NULL;
    return zy_idempotency_find(rtx, job->call, &job->answer, err);
}

zy_status zy_order_repeat(zy_call *call, zy_json *body, bool *ret_repeated, zy_err *err)
{
    repeat_job job = { call, NULL };
    zy_status status = zy_db_read(call->env->db, "order.repeat", repeat_read, &job, err);
    ZY_AUTO(zy_json_free) zy_json *answer = job.answer;
    ZY_TRY(status);
    if (answer != NULL)
        ZY_TRY(put_kept(call, answer, body, err));
    *ret_repeated = answer != NULL;
    return ZY_OK;
}

typedef struct prepare_job {
    zy_call *call;
    zy_order order;
    const zy_order_draft *draft;
    zy_policy_options options;
    zy_str content_sealed, detail;
    zy_id step;
    zy_json *kept;    /* what a repeat will find */
    zy_json *earlier; /* what an attempt with the same id has kept before */
} prepare_job;

static zy_status prepare_unit(zy_tx *tx, void *arg, zy_err *err)
{
    prepare_job *job = arg;
    zy_json_free(job->earlier);
    job->earlier = NULL;
    ZY_TRY(zy_idempotency_find(zy_tx_read(tx), job->call, &job->earlier, err));
    if (job->earlier != NULL)
        return ZY_OK;
    zy_audit record = order_audit(job->call, "order.prepared", job->order.id, ZY_OK, job->detail);
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, &job->order.audit, err));
    ZY_TRY(order_insert(tx, &job->order, job->draft->risk, job->content_sealed, err));
    ZY_TRY(order_insert_step(tx, job->step, job->order.id, "prepare", job->call->now, ZY_OK, (zy_str){ 0 }, err));
    return zy_idempotency_keep(tx, job->call, job->kept, err);
}

static zy_status prepare_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    prepare_job *job = arg;
    ORDER_ROW_AUTO row = { 0 };
    zy_status status = order_select(rtx, job->order.id, job->order.customer, &row, err);
    *ret_committed = status == ZY_OK;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

/* Sealed for this row alone: also which accounts and amounts the text speaks of, so that a column that was changed in
 * the database is noticed before it is carried out. */
zy_json *order_content(const zy_order *o, const zy_order_lines *lines, const zy_order_draft *draft, const zy_policy_options *options)
{
    zy_json *content = zy_json_object();
    for (size_t i = 0; i < ORDER_BOUND_COUNT; i++)
        zy_json_set_int(content, ORDER_BOUND_NAMES[i], order_bound_value(o, i));
    zy_json_set_str(content, "text", zy_buf_view(&lines->text));
    zy_json_set(content, "display", zy_json_copy(lines->display));
    zy_json_set(content, "payload", zy_json_copy(draft->payload));
    zy_json_set_c(content, "then", zy_order_state_name(draft->then != 0 ? draft->then : ZY_OS_POSTED));
    if (options != NULL)
        zy_json_set(content, "options", order_options_json(options));
    zy_json_set_str(content, "sms", draft->sms_purpose);
    zy_json_set_str(content, "notice", draft->notice);
    return content;
}

/* What the audit chain remembers of an order: no personal data, but the digest that every later step is bound to. */
static void detail_of(const zy_order *o, zy_buf *out)
{
    char digest[2 * ZY_SM3_BYTES + 1];
    zy_hex_encode(o->digest, sizeof o->digest, digest);
    ZY_AUTO(zy_json_free) zy_json *detail = zy_json_object();
    zy_json_set_c(detail, "kind", o->kind->name);
    zy_json_set_int(detail, "amount_fen", o->amount.fen);
    zy_json_set_int(detail, "fee_fen", o->fee.fen);
    zy_json_set_c(detail, "digest", digest);
    zy_json_write(detail, out);
}

static zy_order order_of(const zy_call *call, const zy_prepare *p)
{
    return (zy_order){ .id = zy_id_next(call->env->ids), .customer = call->caller->customer, .login = call->caller->login,
                       .kind = p->kind, .state = ZY_OS_PREPARED, .amount = p->draft.amount, .fee = p->draft.fee,
                       .from_account = p->draft.from_account, .to_account = p->draft.to_account,
                       .created_at = call->now,
                       .expires_at = zy_time_add(call->now, ZY_ORDER_LIFE) };
}

static zy_status prepare_store(prepare_job *job, const zy_order_lines *lines, zy_json *body, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_AUTO_BUF sealed = { 0 };
    ZY_AUTO_BUF detail = { 0 };
    ZY_AUTO(zy_json_free) zy_json *content = order_content(&job->order, lines, job->draft, &job->options);
    ZY_TRY(order_seal(env, "content", job->order.id, content, &sealed));
    detail_of(&job->order, &detail);
    job->content_sealed = zy_buf_view(&sealed);
    job->detail = zy_buf_view(&detail);
    zy_status status = zy_db_run_decided(env->db, "order.prepare", prepare_unit, prepare_decided, job, err);
    if (status == ZY_DB_CONFLICT) /* another call with the same id was faster: its answer is there now */
        status = zy_db_run_decided(env->db, "order.prepare", prepare_unit, prepare_decided, job, err);
    ZY_TRY(status);
    if (job->earlier != NULL)
        return put_kept(job->call, job->earlier, body, err);
    put_prepared(&job->order, job->draft->risk, content, body);
    return ZY_OK;
}

/* Limits and factors: what the day has seen counts for both. */
static zy_status ask_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prepare_job *job = arg;
    zy_call *call = job->call;
    const zy_order *o = &job->order;
    zy_money used = { 0 }, total;
    zy_own_limit own = { 0 };
    if (o->kind->limit_category != NULL)
        ZY_TRY(zy_own_limit_read(rtx, o->customer, &own, err));
    if (o->kind->limit_category != NULL)
        ZY_TRY(order_limit_used(rtx, o->customer, o->kind->limit_category, zy_day_of(call->now), &used, err));
    const order_limits limits = order_limits_of(call, o->kind, &own);
    ZY_TRY(order_limit_check(&limits, o->amount, used, &total, err));
    return zy_policy_ask(rtx, call->env, call->caller, o->kind->scene, total, &job->options, err);
}

static zy_status prepare_order(zy_call *call, const zy_prepare *p, zy_json *body, zy_err *err)
{
    prepare_job job = { .call = call, .order = order_of(call, p), .draft = &p->draft, .step = zy_id_next(call->env->ids) };
    ZY_TRY(zy_db_read(call->env->db, "order.ask", ask_read, &job, err));
    job.order.factors_needed = job.options.mask[0];
    zy_order_lines lines;
    order_lines_begin(&lines, job.order.id, p->kind->name);
    p->describe(&lines, p->arg);
    zy_status status = order_lines_end(&lines, call->now, job.order.digest, err);
    if (status == ZY_OK) {
        job.kept = zy_json_object();
        zy_json_set_id(job.kept, "order_id", job.order.id);
        status = prepare_store(&job, &lines, body, err);
    }
    order_lines_free(&lines);
    zy_json_free(job.kept);
    zy_json_free(job.earlier);
    return status;
}

zy_status zy_order_prepare(zy_call *call, const zy_prepare *p, zy_json *body, zy_err *err)
{
    zy_status status = prepare_order(call, p, body, err);
    zy_json_free(p->draft.payload);
    return status;
}

/* ---- housekeeping ---- */

typedef struct expire_job {
    zy_env *env;
    int max;
    int64_t orders, answers;
} expire_job;

static zy_status expire_unit(zy_tx *tx, void *arg, zy_err *err)
{
    expire_job *job = arg;
    zy_time now = zy_env_now(job->env);
    ZY_TRY(order_expire_some(tx, now, job->max, &job->orders, err));
    return zy_idempotency_expire(tx, now, job->max, &job->answers, err);
}

zy_status zy_flow_expire(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    expire_job job = { .env = env, .max = max };
    ZY_TRY(zy_db_run(env->db, "order.expire", expire_unit, &job, err));
    *ret_done = job.orders + job.answers;
    return ZY_OK;
}
