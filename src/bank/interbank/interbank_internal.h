/* What the files of this room share. */
#pragma once

#include "bank/account/account.h"
#include "bank/interbank/interbank.h"
#include "service/audit/audit.h"
#include "service/identity/identity.h"

typedef struct out_row {
    zy_id order, journal;
    char state[12], way[10], to_bank[ZY_CLEARING_BANK_MAX], reason[ZY_ORDER_REASON_MAX];
    zy_money amount;
    zy_time sent_at, due_at;
    int64_t tries;
    zy_day filed_day;
} out_row;
bool out_is_open(const out_row *row); /* ready or asked */

typedef struct in_row {
    char message_id[ZY_CLEARING_ID_MAX], kind[8], state[8], reason[5], from_bank[ZY_CLEARING_BANK_MAX];
    int64_t number;
    zy_id order, account;
    zy_money amount;
    zy_day day;
    bool answered;
    zy_time at;
    zy_day filed_day;
} in_row;

typedef struct case_row {
    zy_day day;
    zy_str message_id;
    const char *difference, *our_state, *their_state;
    zy_money our, their;
} case_row;

typedef struct recall_row {
    zy_id id, order;
    zy_money amount;
    char code[5], state[8], answer[5];
    int64_t tries;
    zy_time due_at, made_at, answered_at;
} recall_row;

/* ---- outcome.c: what is definite about an order of ours ---- */
typedef struct outcome {
    zy_env *env;
    zy_id order;
    zy_clearing_answer answer; /* SETTLED or REJECTED */
    zy_time now;
} outcome;
/* Settles it, or gives the money back, once. What was decided before stays; an answer that contradicts it opens a case. ZY_NOT_FOUND: no
 * such order was sent. */
zy_status outcome_apply(const outcome *o, zy_err *err);
const char *outcome_name(zy_clearing_outcome there); /* "settled", "pending", "rejected", "unknown" */
/* The order that a message's id names, when it was one of ours. ZY_NOT_FOUND. */
zy_status order_of_message(zy_str message_id, zy_id *ret_order);
/* In the unit of the caller: out and order go from pending to settled. */
zy_status outcome_settle(zy_tx *tx, zy_env *env, const out_row *out, zy_order *order, const zy_json *payload, zy_time now, zy_err *err);
/* {name tail} of the payee, for notices. */
int payee_text(const zy_json *payload, char *out, size_t size);

/* ---- mail.c, credit.c, comeback.c: a message of our mailbox; each takes its effect and advances the mailbox in one unit ---- */
typedef struct mail {
    zy_env *env;
    const zy_clearing_in *in;
    int64_t behind;            /* the number of the message before it */
    zy_time now;
} mail;
zy_status mail_advance(zy_tx *tx, const mail *m, zy_err *err);
zy_status credit_take(const mail *m, zy_err *err);
zy_status credits_answer(zy_env *env, int max, int64_t *ret_done, zy_err *err);
zy_status comeback_take(const mail *m, zy_err *err);
/* What a recall was answered. ZY_NOT_FOUND: none of ours. */
zy_status recall_answered(const mail *m, zy_err *err);

/* ---- cases.c ---- */
/* Opens a case, once for its day, message and difference, with an audit record. */
zy_status case_open(zy_tx *tx, zy_env *env, const case_row *row, zy_time now, zy_err *err);
/* In a unit of its own. */
zy_status case_open_now(zy_env *env, const case_row *row, zy_time now, bool *ret_new, zy_err *err);

/* ---- interbank_repo.c ---- */
zy_status out_insert(zy_tx *tx, const zy_interbank_out *out, const char *way, zy_err *err);
/* Due rows, locked on PostgreSQL where others have not. */
zy_status out_due(zy_tx *tx, zy_time now, int max, out_row *ret_rows, int *ret_count, zy_err *err);
/* Until then nobody else takes it up; a ready row counts as sent from now on. */
zy_status out_lease(zy_tx *tx, const out_row *row, zy_time due_at, zy_time now, zy_err *err);
zy_status out_again(zy_tx *tx, zy_id order, const char *state, zy_time due_at, zy_err *err);
zy_status out_select(zy_rtx *rtx, zy_id order, out_row *ret_row, zy_err *err);
/* Compare and set. ZY_STATE_CONFLICT. */
zy_status out_close(zy_tx *tx, const out_row *row, const char *state, const char *reason, zy_err *err);
zy_status out_file(zy_tx *tx, zy_id order, zy_day day, zy_err *err);
/* Sent in [from, to), in the order of their sending, and in no day's file so far. after: the last one of the page before, or NULL. */
zy_status out_unfiled(zy_rtx *rtx, zy_time from, zy_time to, const out_row *after, int max, out_row *ret_rows, int *ret_count, zy_err *err);
zy_status in_insert(zy_tx *tx, const in_row *row, bool *ret_new, zy_err *err);
zy_status in_select(zy_rtx *rtx, zy_str message_id, in_row *ret_row, zy_err *err);
zy_status in_unanswered(zy_rtx *rtx, int64_t after, int max, in_row *ret_rows, int *ret_count, zy_err *err);
zy_status in_answered(zy_tx *tx, zy_str message_id, zy_err *err);
zy_status in_file(zy_tx *tx, zy_str message_id, zy_day day, zy_err *err);
zy_status in_unfiled(zy_rtx *rtx, zy_day day, zy_str after, int max, in_row *ret_rows, int *ret_count, zy_err *err);
zy_status mailbox_read(zy_rtx *rtx, int64_t *ret_number, zy_err *err);
/* Only from the message before it: what another node has not finished is never passed over. */
zy_status mailbox_advance(zy_tx *tx, int64_t behind, int64_t number, zy_err *err);
/* The day behind the last one that was compared, or that of the first transfer; ZY_NOT_FOUND: there was none yet. */
zy_status day_next(zy_rtx *rtx, zy_day *ret_day, zy_err *err);
zy_status day_done(zy_tx *tx, zy_day day, int64_t lines, int64_t cases, zy_time now, zy_err *err);
zy_status case_insert(zy_tx *tx, zy_id id, const case_row *row, zy_time now, bool *ret_new, zy_err *err);
zy_status case_close(zy_tx *tx, zy_id id, zy_str note, zy_id staff, zy_time now, zy_err *err);
zy_status case_page(zy_rtx *rtx, const zy_case_filter *filter, zy_stmt **ret_rows, zy_err *err);
zy_status recall_insert(zy_tx *tx, const recall_row *r, zy_err *err); /* ZY_STATE_CONFLICT: the order was asked back already */
zy_status recall_select(zy_rtx *rtx, zy_id id, recall_row *ret, zy_err *err);
zy_status recall_of(zy_rtx *rtx, zy_id order, recall_row *ret, zy_err *err);
/* The ready one that is due first. ZY_NOT_FOUND. */
zy_status recall_due(zy_rtx *rtx, zy_time now, recall_row *ret, zy_err *err);
/* Compare and set by its tries: until then nobody else sends it. ZY_STATE_CONFLICT. */
zy_status recall_lease(zy_tx *tx, const recall_row *r, zy_time due_at, zy_err *err);
zy_status recall_asked(zy_tx *tx, zy_id id, zy_err *err);
/* ret_changed: it had no definite answer so far. */
zy_status recall_answer(zy_tx *tx, const recall_row *r, const char *state, zy_time now, bool *ret_changed, zy_err *err);
typedef zy_status (*recall_fn)(const recall_row *r, void *arg);
/* Newest first; order 0: of all orders. */
zy_status recall_page(zy_rtx *rtx, zy_id order, zy_id before, int limit, recall_fn each, void *arg, zy_err *err);
