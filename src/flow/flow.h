/* Orders: one engine for every critical operation. An order kind is a table entry; the engine owns the life. */
#pragma once

#include "api/api.h"
#include "service/factor/factor.h"
#include "service/ledger/ledger.h"

typedef enum { ZY_OS_PREPARED = 1, ZY_OS_AUTHORISED, ZY_OS_POSTED, ZY_OS_HELD, ZY_OS_PENDING, ZY_OS_SETTLED,
               ZY_OS_REFUSED, ZY_OS_CANCELLED, ZY_OS_EXPIRED, ZY_OS_FAILED, ZY_OS_REVERSED } zy_order_state;
const char *zy_order_state_name(zy_order_state state); /* "prepared" … as the wire says it */

#define ZY_ORDER_LIFE ZY_MINUTES(10)
#define ZY_ORDER_REASON_MAX 40 /* name of a status or an ISO 20022 code, and a NUL */

typedef struct zy_order {
    zy_id id, customer, login;
    const struct zy_order_kind *kind;
    zy_order_state state;
    zy_money amount, fee;
    zy_id from_account, to_account;
    zy_str text;               /* the canonical order; sealed at rest */
    uint8_t digest[ZY_SM3_BYTES];
    zy_time created_at, expires_at, done_at;
    zy_id journal, audit;      /* journal: the id that execute must post under */
    unsigned factors_needed, factors_done; /* bits of service/factor/factor.h */
    zy_id mandate;             /* the order that authorised this one beforehand; 0: none */
    zy_day limit_day;          /* the Beijing day whose limits it counts in; 0: in none */
    zy_time moved_at;          /* the last change of state behind the confirmation; 0: none */
    char reason[ZY_ORDER_REASON_MAX]; /* why it failed or came back; "" */
} zy_order;

/* Lines of the canonical text and of the display, built by the kind. */
typedef struct zy_order_lines zy_order_lines;
/* Adds `name=value` to the text and {label, value} to the display (label and shown value may be NULL to leave it out of
 * the display). value: NFC UTF-8 without control characters. */
void zy_order_line(zy_order_lines *lines, const char *name, zy_str value, const char *label, zy_str shown);

typedef struct zy_order_draft { /* what prepare decides from server data */
    zy_money amount, fee;
    zy_id from_account, to_account;
    zy_order_state then;       /* where confirm leaves it: ZY_OS_POSTED (or 0), ZY_OS_HELD, ZY_OS_PENDING */
    const char *risk;          /* "low" … */
    zy_json *payload;          /* owned by the engine afterwards; holds what execute needs */
    zy_str sms_purpose;        /* Chinese: names purpose, amount, payee tail */
    zy_str notice;             /* Chinese: a warning that the client shows before the factors; may be empty */
} zy_order_draft;

typedef struct zy_order_kind {
    const char *name;          /* "transfer.internal" */
    const char *title_zh;
    const char *scene;         /* of the policy, which says the factors: "transfer", "device.bind" */
    const char *limit_category;/* counters per customer and Beijing day: "transfer"; NULL: moves no money, amount 0 */
    /* In confirm's transaction: does the deed as order->state says. Posted: the money is where it belongs. Pending: it has left the
     * customer's account and stands in transit. Held: a hold keeps it. Posts under order->journal at order->done_at. audit: id of the
     * order's audit record, written already. */
    zy_status (*execute)(zy_tx *tx, zy_env *env, const zy_order *order, const zy_json *payload, zy_id audit, zy_err *err);
    /* The customer cancels an order that is held: gives back what execute kept. NULL: held orders cannot be cancelled. */
    zy_status (*cancel)(zy_tx *tx, zy_env *env, const zy_order *order, const zy_json *payload, zy_id audit, zy_err *err);
    /* After the postings, same transaction: messages to both parties. May be NULL. */
    zy_status (*notify)(zy_tx *tx, zy_env *env, const zy_order *order, const zy_json *payload, zy_err *err);
    /* Adds the kind's own members (masked values) to the receipt of confirm's answer. May be NULL. */
    void (*receipt)(const zy_order *order, const zy_json *payload, zy_json *receipt);
    /* per-transaction and daily limits: parameter names; NULL without limit_category. The factors' own caps
     * (zy_policy_cap) hold besides. */
    const char *limit_once_param, *limit_day_param;
} zy_order_kind;
ZY_CHECKED zy_status zy_flow_register(const zy_order_kind *kind);
/* Is there a kind of orders in this scene of the policy? */
bool zy_flow_asks(zy_str scene);

/* Prepares inside the caller's handler: builds the canonical text (first lines zhangyin-order/1, order_id, kind), digest,
 * stores everything in one unit with the idempotency answer and audit record, and fills the answer body (order_id, text,
 * digest, display, fee_fen, factors, factor_options, risk, notice, expires_at). What the policy refuses is refused here:
 * ZY_TRANSFER_LIMIT, ZY_FACTOR_MISSING. lines: filled by `describe`. */
typedef struct zy_prepare {
    const zy_order_kind *kind;
    zy_order_draft draft;
    void (*describe)(zy_order_lines *lines, const void *arg);
    const void *arg;
} zy_prepare;
ZY_CHECKED zy_status zy_order_prepare(zy_call *call, const zy_prepare *prepare, zy_json *body, zy_err *err);
/* What a handler asks first: was this call answered before? Then body is that answer, whatever has changed since. */
ZY_CHECKED zy_status zy_order_repeat(zy_call *call, zy_json *body, bool *ret_repeated, zy_err *err);
/* Has the customer paid to this account by an order that was carried out? */
ZY_CHECKED zy_status zy_order_paid_before(zy_rtx *rtx, zy_id customer, zy_id to_account, bool *ret_paid, zy_err *err);
/* What a receipt of the customer's own order says: its figures, and in ret_receipt (the caller frees it) the masked receipt of the
 * answer that confirmed it. ZY_NOT_FOUND; ZY_ORDER_STATE: it was not carried out. */
typedef struct zy_order_facts {
    const char *kind, *title_zh;
    zy_money amount;
    zy_time at;
} zy_order_facts;
ZY_CHECKED zy_status zy_order_receipt(zy_call *call, zy_id order, zy_order_facts *ret_facts, zy_json **ret_receipt, zy_err *err);
/* The answer of zy_order_prepare, for .outs of prepare APIs. */
extern const zy_out ZY_ORDER_PREPARED_OUTS[];
#define ZY_ORDER_PREPARED_OUT_COUNT 11

/* ---- what becomes of an order behind its confirmation (later.c) ---- */

/* An order as a task reads it, whoever's it is; freed by zy_kept_order_free. */
typedef struct zy_kept_order {
    zy_order order;            /* .text is empty: it belongs to its customer */
    zy_json *content;          /* owned */
    const zy_json *payload;    /* of content */
} zy_kept_order;
void zy_kept_order_free(zy_kept_order *kept);
#define ZY_KEPT_ORDER_AUTO __attribute__((cleanup(zy_kept_order_free))) zy_kept_order
/* Reads and opens it, and checks that it is still the one that was confirmed. Not inside a unit of work. ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_order_read(zy_env *env, zy_id order, zy_kept_order *ret_kept, zy_err *err);

/* held -> posted | pending | failed | cancelled; pending -> settled | failed; posted, settled -> reversed. failed: it never happened,
 * the money is the customer's again; reversed: it had happened, and came back. */
typedef struct zy_order_move {
    const zy_order *order;     /* its state is the one it leaves */
    zy_order_state to;
    const char *step;          /* "due", "clearing", "return" */
    zy_str reason;             /* why it failed or came back; "" */
    zy_time at;
} zy_order_move;
/* In the unit that moves the money: compare and set of the state, a step, an audit record (*ret_audit, for the journal). An order that
 * fails or is cancelled frees the limits that it counts in, on the very day that it was counted. ZY_ORDER_STATE: it was moved by
 * somebody else. */
ZY_CHECKED zy_status zy_order_move_on(zy_tx *tx, zy_env *env, const zy_order_move *move, zy_id *ret_audit, zy_err *err);
/* Frees a part of the limits that an order counts in, on the very day that it was counted; later it does nothing. */
ZY_CHECKED zy_status zy_order_limit_give_back(zy_tx *tx, const zy_order *order, zy_money amount, zy_time now, zy_err *err);

/* ---- orders by mandate (mandate.c) ---- */

/* An order that its customer has authorised by another one: the run of a schedule, the row of a batch. */
typedef struct zy_mandated {
    zy_id mandate;             /* the customer's order that carried the factors; it is posted */
    int64_t seq;               /* 1 and above: which one of that order's */
    zy_id customer;
    bool counted;              /* the mandate has counted the amount in its own limits already */
    const zy_prepare *prepare; /* payload: owned by zy_order_carry_out afterwards */
} zy_mandated;
/* Prepares, authorises and carries out in one unit, exactly once for (mandate, seq): *ret_order is the first call's order for every later
 * one, too. What the customer's limits and the kind refuse (ZY_BALANCE_TOO_LOW, ZY_TRANSFER_LIMIT, ZY_ACCOUNT_STATE, …) is returned,
 * changes nothing and leaves a step on the mandate and an audit record. ZY_ORDER_STATE: no such mandate. Not inside a unit of work. */
ZY_CHECKED zy_status zy_order_carry_out(zy_env *env, const zy_mandated *mandated, zy_time now, zy_id *ret_order, zy_order_state *ret_state,
                                        zy_err *err);

/* The order that was carried out for (mandate, seq). ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_order_mandated(zy_env *env, zy_id mandate, int64_t seq, zy_id *ret_order, zy_order_state *ret_state, zy_err *err);

/* How the orders of a mandate stand now, in the order of their numbers: what has left may still fail at the other bank. */
typedef struct zy_mandated_now {
    int64_t seq;
    zy_order_state state;
    zy_str reason; /* why it failed or came back; lives until each returns */
    zy_money amount;
} zy_mandated_now;
ZY_CHECKED zy_status zy_order_each_mandated(zy_rtx *rtx, zy_id mandate, zy_status (*each)(const zy_mandated_now *now, void *arg, zy_err *err),
                                            void *arg, zy_err *err);

/* What a customer allows himself of the bank's limits, of one transaction and of a day; 0: nothing of his own. Holds from the moment
 * that it is kept, also for orders that were prepared before. */
typedef struct zy_own_limit {
    zy_money once, day;
} zy_own_limit;
ZY_CHECKED zy_status zy_own_limit_read(zy_rtx *rtx, zy_id customer, zy_own_limit *ret_own, zy_err *err);
ZY_CHECKED zy_status zy_own_limit_put(zy_tx *tx, zy_id customer, zy_own_limit own, zy_time now, zy_err *err);
/* What a customer has used of a limit category on a Beijing day. */
ZY_CHECKED zy_status zy_order_day_used(zy_rtx *rtx, zy_id customer, const char *category, zy_day day, zy_money *ret_used, zy_err *err);

/* order.factors.choose, order.factor.begin, order.factor.verify, order.confirm, order.cancel, order.get, order.list */
extern const zy_api ZY_FLOW_APIS[];
extern const size_t ZY_FLOW_API_COUNT;
/* Housekeeping: marks prepared orders past their life as expired, at most max; idempotency rows of over 30 days. */
ZY_CHECKED zy_status zy_flow_expire(zy_env *env, int max, int64_t *ret_done, zy_err *err);
/* For the console: orders newest first, filters optional: customer, state, from/to. Masked objects. */
typedef struct zy_order_filter { zy_id customer; zy_str state; zy_time from, to; zy_id before; int limit; } zy_order_filter;
ZY_CHECKED zy_status zy_order_search(zy_rtx *rtx, zy_env *env, const zy_order_filter *filter, zy_json *ret_array, zy_id *ret_next,
                                     zy_err *err);
/* Orders made since `since` (a day at most: it reads them all): pushes {state, count, amount_fen} for each state as it is kept. */
ZY_CHECKED zy_status zy_order_figures(zy_rtx *rtx, zy_time since, zy_json *ret_array, zy_err *err);
/* For auditors, years later: is the order's text still the one that was proven, and does what each factor left still fit it?
 * Fills {order_id, kind, state, customer_id, audit_id, digest, text_right, steps: [{step, at, result, proof, evidence}]}, proof:
 * "right", "wrong", "unknown" (a factor that is not registered here) or "" (nothing to be checked again); never the text, which is personal. ret_right: nothing is wrong.
 * ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_order_prove(zy_rtx *rtx, zy_env *env, zy_id order, zy_json *report, bool *ret_right, zy_err *err);
