/* Transfers to and from other banks: the queue to the clearing house, what comes from it, the day's reconciliation. An outcome that
 * nobody knows is a state of its own: the money stands in transit until a definite answer, never until a timeout. */
#pragma once

#include "flow/flow.h"

typedef struct zy_interbank_out {
    zy_id order, journal;   /* journal: the debit */
    zy_clearing_way way;
    zy_str to_bank;
    zy_money amount;
    zy_time send_at;        /* not before */
} zy_interbank_out;
/* In the unit that confirms the order, whose payload has {from_name, from_number, to_name, to_number, memo} (sealed at rest) and which is
 * pending. The message's id is the text of the order's. */
ZY_CHECKED zy_status zy_interbank_queue(zy_tx *tx, const zy_interbank_out *out, zy_err *err);
/* A number of its own for an account of another bank, below 0: the same for the same bank and number. For orders and payee books. */
ZY_CHECKED zy_status zy_interbank_place(zy_env *env, zy_str bank, zy_str number, zy_id *ret_place, zy_err *err);

/* Tasks: each does at most `max` and may run on several nodes at once. They block for the connector's timeout. */
/* Sends what is due, asks about what was sent, and settles or gives back what is answered. */
ZY_CHECKED zy_status zy_interbank_send(zy_env *env, int max, int64_t *ret_done, zy_err *err);
/* Takes up what lies in our mailbox at the house: credits, late statuses, returns. Then tells the house which credits were taken. */
ZY_CHECKED zy_status zy_interbank_collect(zy_env *env, int max, int64_t *ret_done, zy_err *err);
/* Compares the file of the oldest ended day that is not compared yet. What it decides (sent, and settled or rejected or never there) is
 * done; every other difference opens a case. *ret_cases: how many were opened; ZY_NOT_FOUND: there is no such day, or no file yet. */
ZY_CHECKED zy_status zy_interbank_reconcile(zy_env *env, int64_t *ret_cases, zy_err *err);

/* Asks the house for the return of what two of the staff want back (camt.056). ret_done: sent ones. */
ZY_CHECKED zy_status zy_interbank_recall(zy_env *env, int max, int64_t *ret_done, zy_err *err);

/* The threads that send and collect, and bind phone numbers (bank/phonepay), half a second apart when there is nothing. NULL when the bank
 * clears with nobody. */
typedef struct zy_courier zy_courier;
ZY_CHECKED zy_status zy_courier_start(zy_env *env, zy_courier **ret_courier, zy_err *err);
void zy_courier_stop(zy_courier *courier);

/* For staff. Pushes {case_id, day, message_id, difference, our_fen, their_fen, our_state, their_state, state, note, opened_at, closed_at},
 * newest first; state "": all. */
typedef struct zy_case_filter {
    zy_str state;
    zy_id before;
    int limit;
} zy_case_filter;
ZY_CHECKED zy_status zy_interbank_cases(zy_rtx *rtx, const zy_case_filter *filter, zy_json *ret_array, zy_id *ret_next, zy_err *err);
/* Closes an open case with a note of what was found. ZY_STATE_CONFLICT: it is not open. */
ZY_CHECKED zy_status zy_interbank_close_case(zy_tx *tx, zy_env *env, zy_id id, zy_str note, zy_id staff, zy_err *err);

/* For staff: order.recall (a request), recall.list. */
extern const zy_api ZY_INTERBANK_APIS[];
extern const size_t ZY_INTERBANK_API_COUNT;
/* Registers the approval kind order.recall. */
void zy_interbank_start(void);
