/* The ledger's statements. Inside this room only. */
#pragma once

#include "service/ledger/ledger.h"

/* No amount and no balance is above this: two of them added stay far inside 64 bits. The CHECKs in sql/ say the same. */
#define LEDGER_FEN_MAX INT64_C(100000000000000000)

/* Above this a value day of its own is refused: its product with the days stays far inside 64 bits. */
#define LEDGER_VALUED_FEN_MAX INT64_C(1000000000000000)

/* ---- ledger.c ---- */
/* Why an account's row did not change. zy_ledger_refuse in sql/pg decides in the same order. */
zy_status ledger_refusal(zy_tx *tx, zy_id account, zy_money amount, zy_err *err);

/* ---- hold.c ---- */
/* The leg's hold ends as captured by the journal; *ret_freed: its whole amount, which the balance row is to give free. */
zy_status ledger_capture(zy_tx *tx, const zy_journal *j, const zy_leg *leg, zy_time now, zy_money *ret_freed, zy_err *err);

/* ---- interest.c ---- */
void interest_start(void);
zy_status ledger_upsert_rule(zy_tx *tx, const char *subject, const char *basis, zy_err *err);
zy_status ledger_upsert_rate(zy_tx *tx, const char *subject, zy_day from, int64_t rate_e8, zy_err *err);
zy_status ledger_read_rate(zy_rtx *rtx, const char *subject, zy_day day, int64_t *ret_rate, zy_err *err); /* ZY_NOT_FOUND */

/* ---- giveback.c: for journals whose legs are sorted ---- */
/* May this journal correct or refund what it names? Counts it when it may. ZY_NOT_FOUND, ZY_STATE_CONFLICT. */
zy_status ledger_check_return(zy_tx *tx, const zy_journal *j, zy_err *err);
/* Keeps a value day that the caller chose. ZY_BAD_FIELD when it is out of bounds. */
zy_status ledger_keep_value_day(zy_tx *tx, const zy_journal *j, zy_err *err);

/* ---- *_repo.c ---- */
extern const zy_sql LEDGER_AUDIT_LINK;
zy_status ledger_insert_account(zy_tx *tx, const zy_ledger_account *account, zy_time now, zy_err *err);
zy_status ledger_insert_balance(zy_tx *tx, zy_id account, zy_err *err);
/* Adds to balance and held; false when the row is missing or a rule forbids it (SQLite). */
zy_status ledger_move(zy_tx *tx, zy_id account, zy_money amount, zy_money from_hold, bool *ret_moved, zy_err *err);
typedef struct ledger_balance_row {
    zy_money balance, held;
    char state[16];
} ledger_balance_row;
/* ZY_NOT_FOUND */
zy_status ledger_read_balance(zy_rtx *rtx, zy_id account, ledger_balance_row *ret_row, zy_err *err);
zy_status ledger_update_state(zy_tx *tx, zy_id account, const char *state, zy_err *err);
zy_status ledger_insert_journal(zy_tx *tx, const zy_journal *journal, zy_time now, zy_err *err);
/* To one of the bank's own accounts (PostgreSQL: fails when it is none), or after the balance has moved (SQLite). */
zy_status ledger_insert_posting(zy_tx *tx, zy_id journal, int leg_no, const zy_leg *leg, zy_err *err);
/* PostgreSQL: moves a customer's balance and writes the posting. The unit fails with the reason before its commit:
 * ZY_BALANCE_TOO_LOW, ZY_ACCOUNT_STATE, ZY_OVERFLOW, ZY_INTERNAL. */
zy_status ledger_move_and_insert(zy_tx *tx, zy_id journal, int leg_no, const zy_leg *leg, zy_money from_hold, zy_err *err);
zy_status ledger_is_internal(zy_rtx *rtx, zy_id account, bool *ret_internal, zy_err *err);

zy_status ledger_hold_more(zy_tx *tx, zy_id account, zy_money amount, bool *ret_done, zy_err *err);
zy_status ledger_hold_less(zy_tx *tx, zy_id account, zy_money amount, bool *ret_done, zy_err *err);
zy_status ledger_insert_hold(zy_tx *tx, const zy_hold *hold, zy_time now, zy_err *err);
/* False: it is not held (any more). */
zy_status ledger_end_hold(zy_tx *tx, zy_id id, const char *state, zy_time now, bool *ret_ended, zy_err *err);
zy_status ledger_capture_hold(zy_tx *tx, const zy_leg *leg, zy_id journal, zy_time now, bool *ret_captured, zy_err *err);
/* ZY_NOT_FOUND */
zy_status ledger_read_hold(zy_rtx *rtx, zy_id id, zy_hold *ret_hold, zy_err *err);
/* At most max ids of holds whose time is over. */
zy_status ledger_select_expired(zy_rtx *rtx, zy_time now, int max, zy_id *ret_ids, int *ret_count, zy_err *err);

/* What a journal moved, an entry an account, in their order; none: there is no such journal. */
zy_status ledger_select_nets(zy_rtx *rtx, zy_id journal, zy_leg ret_nets[ZY_LEGS_MAX], int *ret_count, zy_err *err);
/* ZY_STATE_CONFLICT when more than `total` would have been given back. */
zy_status ledger_claim_return(zy_tx *tx, zy_id journal, zy_id account, zy_money total, zy_money back, zy_err *err);
zy_status ledger_insert_refund(zy_tx *tx, zy_id journal, zy_id refunds, zy_err *err);
typedef struct ledger_valued {
    zy_id journal, account;
    zy_money amount;
    zy_day day, value_day;
    int64_t days, days_360; /* from the value day to the accounting day */
} ledger_valued;
zy_status ledger_insert_valued(zy_tx *tx, const ledger_valued *valued, zy_err *err);

zy_status ledger_read_day(zy_rtx *rtx, zy_day *ret_day, zy_err *err);
zy_status ledger_insert_day(zy_tx *tx, zy_day day, zy_time now, zy_err *err);
/* Waits until no posting of the running day is open (PostgreSQL; SQLite has one writer). */
zy_status ledger_lock_day(zy_tx *tx, zy_err *err);
zy_status ledger_move_day(zy_tx *tx, zy_day from, zy_time now, zy_err *err);

/* Newest first; columns as read by ledger.c. */
zy_status ledger_select_entries(zy_rtx *rtx, const zy_entry_filter *filter, zy_stmt **ret_rows, zy_err *err);
