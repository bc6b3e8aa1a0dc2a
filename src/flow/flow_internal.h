/* What the files of this room share. */
#pragma once

#include "flow/flow.h"
#include "service/audit/audit.h"

/* An order as read; what it points to is owned and freed by order_row_free. */
typedef struct order_row {
    zy_order order;
    zy_own_limit own; /* as it stands now; read with the customer's own orders */
    char kind_name[48], state_name[16], risk[16];
    zy_buf content_sealed, answer_sealed;
    zy_json *content; /* {"text","display","payload","sms","notice", and the bound columns}; NULL until opened */
} order_row;
#define ORDER_EVIDENCE_MAX 16384 /* sealed, of one step */
void order_row_free(order_row *row);
#define ORDER_ROW_AUTO __attribute__((cleanup(order_row_free))) order_row

/* ---- flow.c ---- */
const zy_order_kind *order_kind_find(zy_str name);
zy_order_state order_state_parse(zy_str name); /* 0: none of ours */
/* Reads the customer's own order and opens its content. ZY_NOT_FOUND. */
zy_status order_load(zy_call *call, zy_id id, order_row *ret_row, zy_err *err);
zy_status order_seal(zy_env *env, const char *column, zy_id order, const zy_json *json, zy_buf *ret_sealed);
zy_status order_open(zy_env *env, const char *column, zy_id order, zy_str sealed, zy_json **ret_json);
/* The columns that are sealed with the text, too. */
#define ORDER_BOUND_COUNT 5
extern const char *const ORDER_BOUND_NAMES[ORDER_BOUND_COUNT];
int64_t order_bound_value(const zy_order *o, size_t i);
/* What was shown and signed is what the row says. ZY_INTERNAL. */
zy_status order_check_sealed(const order_row *row, zy_err *err);
/* The state that counts now: an unfinished order whose life is over is expired, marked or not. */
zy_order_state order_state_at(const zy_order *order, zy_time now);
/* May this login take the next step now? ZY_ORDER_EXPIRED, ZY_ORDER_STATE. */
zy_status order_check_live(const zy_call *call, const zy_order *order, zy_err *err);
/* "order" audit record of a customer's step. */
zy_audit order_audit(const zy_call *call, const char *event, zy_id order, zy_status result, zy_str detail);
/* Whose limits, of which kind: on a device that is not safe, less. */
typedef struct order_limits {
    zy_env *env;
    const zy_order_kind *kind;
    zy_own_limit own;
    bool device_limited;
} order_limits;
order_limits order_limits_of(const zy_call *call, const zy_order_kind *kind, const zy_own_limit *own);
/* Refuses past the figures in force; used: what the day has seen so far; *ret_total: with this order. ZY_TRANSFER_LIMIT. */
zy_status order_limit_check(const order_limits *limits, zy_money amount, zy_money used, zy_money *ret_total, zy_err *err);
/* What the day may see: the kind's limit, or less when the customer allows less. */
zy_money order_day_limit(const order_limits *limits);
/* Adds a step and an audit record in a unit of their own; its failure does not change what the customer is told. */
void order_note(zy_call *call, zy_id order, const char *step, zy_status result);

/* Sealed content of a new order; options may be NULL. The caller frees it. */
zy_json *order_content(const zy_order *o, const zy_order_lines *lines, const zy_order_draft *draft, const zy_policy_options *options);

/* ---- confirm.c: what a confirmation does, and a mandate ---- */
typedef struct order_deed {
    const zy_order *order;     /* written already; its state says where the money goes */
    const zy_json *payload;
    bool count;                /* in the limits of order->limit_day */
    zy_money day_limit;
    zy_id step;
    const char *step_name;
} order_deed;
zy_status order_do(zy_tx *tx, zy_env *env, const order_deed *deed, zy_id audit, zy_err *err);
/* What confirm answers; the caller frees it. */
zy_json *order_answer(const zy_order *o, const zy_json *payload);
/* What the audit chain remembers of an order that was carried out. */
void order_detail(const zy_order *o, zy_buf *out);
bool order_is_business_refusal(zy_status status);

/* ---- later.c ---- */
const char *order_event(zy_order_state state); /* "order.posted", … */
/* The customer ends an order that is held. ZY_ORDER_STATE. */
zy_status order_cancel_held(zy_call *call, const order_row *row, zy_err *err);

/* ---- order_text.c ---- */
struct zy_order_lines {
    zy_buf text;
    zy_json *display;
    bool bad; /* a value that must not stand in a canonical text */
};
void order_lines_begin(zy_order_lines *lines, zy_id id, const char *kind);
/* Adds the last line; fails when a line was bad. */
zy_status order_lines_end(zy_order_lines *lines, zy_time now, uint8_t ret_digest[ZY_SM3_BYTES], zy_err *err);
void order_lines_free(zy_order_lines *lines);

/* ---- factor.c ---- */
/* Names of what is still to be verified, in its order. */
zy_json *order_factors_left(unsigned needed, unsigned done);
zy_json *order_options_json(const zy_policy_options *options); /* ["pay_password+sms", …] */
/* Is this one of the combinations that the policy offered when the order was prepared? */
bool order_option_offered(const zy_json *content, unsigned mask);
/* May this factor be verified now? Not needed, done already, or one before it is missing: ZY_FACTOR_ORDER. */
zy_status order_factor_turn(const zy_order *order, unsigned bit, zy_err *err);

/* ---- handlers ---- */
zy_status order_factors_choose_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status order_factor_begin_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status order_factor_verify_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status order_confirm_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status order_cancel_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status order_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status order_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
typedef struct order_id_in {
    zy_id order_id;
} order_id_in;
typedef struct order_choose_in {
    zy_id order_id;
    zy_str factors;
} order_choose_in;
typedef struct order_factor_in {
    zy_id order_id;
    zy_str factor;
} order_factor_in;
typedef struct order_password_in {
    zy_str challenge_id, cipher;
} order_password_in;
typedef struct order_verify_in {
    zy_id order_id;
    zy_str factor;
    order_password_in password; /* `value` as an object */
    bool has_password;
    zy_str text;                /* `value` as a text */
} order_verify_in;
typedef struct order_confirm_in {
    zy_id order_id;
    zy_str digest;
} order_confirm_in;
typedef struct order_list_in {
    int64_t limit;
    zy_str cursor;
} order_list_in;

/* ---- flow_repo.c ---- */
extern const zy_sql ORDER_AUDIT_LINK;
zy_status order_insert(zy_tx *tx, const zy_order *o, const char *risk, zy_str content_sealed, zy_err *err);
/* By id and customer. */
zy_status order_select(zy_rtx *rtx, zy_id id, zy_id customer, order_row *ret_row, zy_err *err);
/* Whoever's it is. */
zy_status order_select_any(zy_rtx *rtx, zy_id id, order_row *ret_row, zy_err *err);
typedef struct order_step_row {
    zy_id id;
    char name[48], result[40];
    zy_time at;
    uint8_t sealed[ORDER_EVIDENCE_MAX];
    size_t sealed_n;
} order_step_row;
/* The order's next step; ZY_NOT_FOUND behind the last one. */
zy_status order_step_after(zy_rtx *rtx, zy_id order, zy_id after, order_step_row *ret_row, zy_err *err);
zy_status order_select_page(zy_rtx *rtx, zy_id customer, zy_id before, int64_t limit, zy_stmt **ret_rows, zy_err *err);
zy_status order_select_search(zy_rtx *rtx, const zy_order_filter *f, zy_stmt **ret_rows, zy_err *err);
zy_status order_select_figures(zy_rtx *rtx, zy_time since, zy_stmt **ret_rows, zy_err *err); /* state, count, fen */
zy_status order_row_read(const zy_stmt *stmt, order_row *ret_row);
/* evidence: sealed for this step; may be empty. */
zy_status order_insert_step(zy_tx *tx, zy_id id, zy_id order, const char *step, zy_time at, zy_status result, zy_str evidence,
                            zy_err *err);
/* Each fails with ZY_ORDER_STATE when the order is not in the state in which this step may happen. */
zy_status order_update_choice(zy_tx *tx, const zy_order *o, unsigned mask, zy_time now, zy_id audit, zy_err *err);
zy_status order_update_factor(zy_tx *tx, const zy_order *o, unsigned bit, bool last, zy_time now, zy_id audit, zy_err *err);
/* Into the state that the order has. */
zy_status order_update_posted(zy_tx *tx, const zy_order *o, zy_str answer_sealed, zy_id audit, zy_err *err);
zy_status order_update_moved(zy_tx *tx, const zy_order_move *move, zy_id audit, zy_err *err);
/* One that a mandate authorised and that is carried out in this unit. ZY_ALREADY_EXISTS: (mandate, seq) is there. */
zy_status order_insert_mandated(zy_tx *tx, const zy_order *o, int64_t seq, const char *risk, zy_str content_sealed, zy_str answer_sealed,
                                zy_err *err);
/* ZY_NOT_FOUND. */
zy_status order_select_mandated(zy_rtx *rtx, zy_id mandate, int64_t seq, zy_id *ret_order, zy_order_state *ret_state, zy_err *err);
zy_status order_update_cancelled(zy_tx *tx, const zy_order *o, zy_time now, zy_id audit, zy_err *err);
zy_status order_expire_some(zy_tx *tx, zy_time now, int max, int64_t *ret_done, zy_err *err);
/* Counts amount + used; ZY_TRANSFER_LIMIT when the day's sum would pass limit. */
zy_status order_limit_take(zy_tx *tx, zy_id customer, const char *category, zy_day day, zy_money amount, zy_money limit, zy_err *err);
zy_status order_limit_free(zy_tx *tx, zy_id customer, const char *category, zy_day day, zy_money amount, zy_err *err);
zy_status order_limit_used(zy_rtx *rtx, zy_id customer, const char *category, zy_day day, zy_money *ret_used, zy_err *err);
zy_status order_select_paid(zy_rtx *rtx, zy_id customer, zy_id to_account, bool *ret_paid, zy_err *err);
