/* The ledger's statements. Inside this room only. */
#pragma once

#include "service/ledger/ledger.h"

/* No amount and no balance is above this: two of them added stay far inside 64 bits. The CHECKs in sql/ say the same. */
#define LEDGER_FEN_MAX INT64_C(100000000000000000)

extern const zy_sql LEDGER_AUDIT_LINK;
zy_status ledger_insert_account(zy_tx *tx, const zy_ledger_account *account, zy_time now, zy_err *err);
zy_status ledger_insert_balance(zy_tx *tx, zy_id account, zy_err *err);
/* Adds to balance and held; false when the row is missing or a rule forbids it (SQLite). */
zy_status ledger_move(zy_tx *tx, zy_id account, zy_money amount, zy_money from_hold, bool *ret_moved, zy_err *err);
/* The same on PostgreSQL, where the unit fails with the reason before its commit: ZY_BALANCE_TOO_LOW, ZY_ACCOUNT_STATE,
 * ZY_OVERFLOW, ZY_INTERNAL. */
zy_status ledger_must_move(zy_tx *tx, zy_id account, zy_money amount, zy_money from_hold, zy_err *err);
zy_status ledger_hold_more(zy_tx *tx, zy_id account, zy_money amount, bool *ret_done, zy_err *err);
zy_status ledger_hold_less(zy_tx *tx, zy_id account, zy_money amount, bool *ret_done, zy_err *err);
typedef struct ledger_balance_row {
    zy_money balance, held;
    char state[16];
} ledger_balance_row;
/* ZY_NOT_FOUND */
zy_status ledger_read_balance(zy_rtx *rtx, zy_id account, ledger_balance_row *ret_row, zy_err *err);
zy_status ledger_update_state(zy_tx *tx, zy_id account, const char *state, zy_err *err);
zy_status ledger_insert_journal(zy_tx *tx, const zy_journal *journal, zy_time now, zy_err *err);
/* After the account's balance has moved. PostgreSQL: fails when the account is not there or not of that kind. */
zy_status ledger_insert_posting(zy_tx *tx, zy_id journal, int leg_no, const zy_leg *leg, zy_err *err);
zy_status ledger_is_internal(zy_rtx *rtx, zy_id account, bool *ret_internal, zy_err *err);
zy_status ledger_journal_exists(zy_rtx *rtx, zy_id journal, bool *ret_exists, zy_err *err);

zy_status ledger_read_day(zy_rtx *rtx, zy_day *ret_day, zy_err *err);
zy_status ledger_insert_day(zy_tx *tx, zy_day day, zy_time now, zy_err *err);
/* Waits until no posting of the running day is open (PostgreSQL; SQLite has one writer). */
zy_status ledger_lock_day(zy_tx *tx, zy_err *err);
zy_status ledger_move_day(zy_tx *tx, zy_day from, zy_time now, zy_err *err);

/* Newest first; columns as read by ledger.c. */
zy_status ledger_select_entries(zy_rtx *rtx, const zy_entry_filter *filter, zy_stmt **ret_rows, zy_err *err);
