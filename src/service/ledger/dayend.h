/* What the files of the day-end share. Inside this room only. */
#pragma once

#include "service/ledger/ledger_repo.h"

/* Accounts, and postings, in one unit: short, because on SQLite everybody waits for it. */
#define DAY_END_ACCOUNTS 4000
#define DAY_END_POSTINGS 50000

typedef struct day_end_row {
    zy_day day;
    char stage[12];
    int64_t after, accounts, paid_count;
    zy_money accrued, paid;
    zy_time started_at;
} day_end_row;

/* The accounts of a unit: above `after`, up to `last`; none: count is 0. */
typedef struct account_span {
    int64_t after, last, count;
} account_span;

/* The oldest day-end that is not done, locked; ZY_NOT_FOUND. */
zy_status day_end_select_open(zy_tx *tx, day_end_row *ret_row, zy_err *err);
/* The ended day after the last day-end's (the first time: the last that ended); ZY_NOT_FOUND. */
zy_status day_end_select_next(zy_rtx *rtx, zy_day *ret_day, zy_err *err);
zy_status day_end_select_done(zy_rtx *rtx, zy_day *ret_day, zy_err *err); /* the last that is done; ZY_NOT_FOUND */
zy_status day_end_insert(zy_tx *tx, const day_end_row *row, zy_err *err);
zy_status day_end_update(zy_tx *tx, const day_end_row *row, zy_time ended_at, zy_err *err);

/* ---- interest ---- */
zy_status interest_span(zy_rtx *rtx, int64_t after, account_span *ret_span, zy_err *err);
zy_status interest_accrue(zy_tx *tx, const account_span *span, zy_day day, int64_t days, int64_t days_360, zy_err *err);
/* What their products are worth at the day's rate. */
zy_status interest_worth(zy_rtx *rtx, const account_span *span, zy_day day, zy_money *ret_worth, zy_err *err);
zy_status interest_payable(zy_rtx *rtx, zy_money *ret_payable, zy_err *err);
zy_status interest_add_payable(zy_tx *tx, zy_money more, zy_err *err);
/* The accounts' rows of interest and balance, in this order and by account. SQLite: nothing to do. */
zy_status interest_lock(zy_tx *tx, const account_span *span, zy_err *err);
typedef struct interest_payment {
    account_span span;
    zy_day day;             /* the last that is paid for */
    zy_id first_journal, audit;
    zy_time now;
    int64_t count;          /* of accounts that are paid */
    zy_money total;
} interest_payment;
/* Works out who gets what (fills count and total), keeps it and empties the products. */
zy_status interest_decide(zy_tx *tx, interest_payment *p, zy_err *err);
/* Journals, balances and postings of what was decided. */
zy_status interest_pay(zy_tx *tx, const interest_payment *p, zy_err *err);
/* Accrues one account up to the day before `today`, in days that no day-end has looked at. */
typedef struct interest_account_row {
    zy_day through;         /* the last day in the product */
    bool bears;             /* its subject has a rule */
} interest_account_row;
zy_status interest_lock_account(zy_tx *tx, zy_id account, interest_account_row *ret_row, zy_err *err);
/* The last day whose accruals are complete; 0: none. */
zy_status day_end_accrued(zy_rtx *rtx, zy_day *ret_day, zy_err *err);

/* ---- trial balance ---- */
/* Up to which posting the unit goes, and whether that is the day's last. */
zy_status trial_span(zy_rtx *rtx, zy_day day, int64_t after, int64_t *ret_last, bool *ret_all, zy_err *err);
/* The rows of the day, as the day before left them; *ret_from: the last posting in them. */
zy_status trial_begin(zy_tx *tx, zy_day day, int64_t *ret_from, zy_err *err);
zy_status trial_add(zy_tx *tx, zy_day day, int64_t after, int64_t last, zy_err *err);
/* Rows of the day that do not add up: to zero, and to the customers' balances. */
zy_status trial_faults(zy_rtx *rtx, zy_day day, int64_t *ret_faults, zy_err *err);
zy_status trial_select(zy_rtx *rtx, zy_day day, zy_stmt **ret_rows, zy_err *err);
