/* Double entry: append-only journal and postings, balances with holds. A posting is signed: positive
 * raises the account's balance (credits a customer's deposit), negative lowers it; a journal's postings sum
 * to zero per currency. Customer accounts have a balance row; the bank's own accounts (internal) have postings alone and
 * are summed at day-end. */
#pragma once

#include "api/env.h"

/* Account ids are made by the rooms that own accounts (bank/account); the ledger keeps the money side. */
typedef struct zy_ledger_account {
    zy_id id;
    const char *currency;   /* "CNY" */
    const char *subject;    /* 科目: "2011" personal demand deposits, "1001" cash, "3001" clearing, … */
    const char *branch;     /* 机构 "0001" */
    bool internal;          /* the bank's own: no balance row */
} zy_ledger_account;
ZY_CHECKED zy_status zy_ledger_open_account(zy_tx *tx, const zy_ledger_account *account, zy_time now, zy_err *err);

typedef struct zy_balance {
    zy_money balance, held, available;
    char state[16]; /* "active", "frozen", "closed" */
} zy_balance;
ZY_CHECKED zy_status zy_ledger_balance(zy_rtx *rtx, zy_id account, zy_balance *ret_balance, zy_err *err);

#define ZY_LEGS_MAX 16
typedef struct zy_leg {
    zy_id account;
    zy_money amount;        /* signed, not zero */
    bool internal;
    zy_str counterparty;    /* masked by the caller, or empty: what the statement shows of the other side */
    zy_id hold;             /* debit legs: captures this hold, once; what it held beyond the debit is free again (0: none) */
} zy_leg;
typedef struct zy_journal {
    zy_id id;               /* from env->ids */
    zy_id order;            /* 0: none */
    zy_id audit;            /* the audit record of the deed */
    zy_id reverses;         /* 冲正: the journal that this one corrects, as its mirror; 0: none */
    zy_id refunds;          /* 部分退回: the journal that this one gives a part of back; 0: none */
    zy_day value_day;       /* 起息日: within ZY_VALUE_DAYS_*; 0: interest counts from the accounting day */
    const char *summary_code; /* "TRF", "OPN", "REV": statement texts stand in i18n */
    zy_str summary;         /* what the statement shows, <= 60 characters */
    zy_leg legs[ZY_LEGS_MAX];
    int leg_count;
} zy_journal;
/* Registers what audit verification follows: the audit records that journals name. Once, at start. */
void zy_ledger_start(void);
/* How far from the accounting day a value day may lie. */
#define ZY_VALUE_DAYS_BACK  31
#define ZY_VALUE_DAYS_AHEAD 7
/* Posts in the caller's transaction (which must fail when this fails): reads the accounting day, refuses journals that do not balance
 * (ZY_INTERNAL), locks and changes balances in id order, never below zero or into held money
 * (ZY_BALANCE_TOO_LOW), writes journal and postings with the balance after. ZY_ACCOUNT_STATE for a frozen or
 * closed account. `reverses` and `refunds`: ZY_NOT_FOUND when there is no such journal; ZY_STATE_CONFLICT when it is not mirrored, or
 * more than it moved would be given back in all. A hold that is not held (any more): ZY_STATE_CONFLICT. Several journals of one unit stand
 * or fall together. On PostgreSQL the statements travel with what the unit sends next, so a refusal may be told when the unit ends. */
ZY_CHECKED zy_status zy_ledger_post(zy_tx *tx, const zy_journal *journal, zy_time now, zy_err *err);
/* Fills legs and `reverses` of a journal that corrects `original` (the caller adds counterparties). ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_ledger_mirror(zy_rtx *rtx, zy_id original, zy_journal *journal, zy_err *err);

/* Money kept for one purpose: it cannot be spent but by the journal that captures the hold. Ends once: captured by a posting
 * (zy_leg.hold), released, or expired by housekeeping; from expires_at on it is captured no more. */
typedef struct zy_hold {
    zy_id id;               /* from env->ids */
    zy_id account, order;   /* order: 0: none */
    zy_money amount;
    zy_time expires_at;     /* at most 400 days ahead */
} zy_hold;
/* ZY_BALANCE_TOO_LOW, ZY_ACCOUNT_STATE. */
ZY_CHECKED zy_status zy_ledger_hold(zy_tx *tx, const zy_hold *hold, zy_time now, zy_err *err);
/* ZY_STATE_CONFLICT when it is not held (any more). */
ZY_CHECKED zy_status zy_ledger_release(zy_tx *tx, zy_id hold, zy_time now, zy_err *err);
/* Housekeeping: frees holds whose time is over, at most max (1000). */
ZY_CHECKED zy_status zy_ledger_expire_holds(zy_env *env, int max, int64_t *ret_done, zy_err *err);
/* state: "active" | "frozen" (no debits) | "closed" */
ZY_CHECKED zy_status zy_ledger_set_state(zy_tx *tx, zy_id account, const char *state, zy_err *err);

ZY_CHECKED zy_status zy_ledger_day(zy_rtx *rtx, zy_day *ret_day, zy_err *err);
/* Cut-off (日切): the accounting day moves on by one; service goes on. */
ZY_CHECKED zy_status zy_ledger_cut_off(zy_tx *tx, zy_day expected_now, zy_time now, zy_err *err);

/* The day-end (日终) of every day that has ended, oldest first, in short units while service goes on: accrues interest, books the bank's
 * expense, settles the quarter (on the day-end of the 20th of its last month), sums the day by branch and subject. Stops after
 * `budget`; *ret_done: nothing is left to do. May be killed and called again at any point, on several nodes at once.
 * ZY_AUDIT_BROKEN: the trial balance does not add up; the day stays open. The first day-end of a bank is that of its last ended day. */
ZY_CHECKED zy_status zy_ledger_day_end(zy_env *env, zy_dur budget, bool *ret_done, zy_err *err);
/* The last day whose day-end is done; ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_ledger_last_day_end(zy_rtx *rtx, zy_day *ret_day, zy_err *err);
/* The stored trial balance of a day: what its postings moved below and above zero, and the balance at its end. */
typedef struct zy_trial_row {
    zy_str branch, subject; /* valid during the callback */
    bool internal;
    zy_money debit, credit, balance;
} zy_trial_row;
ZY_CHECKED zy_status zy_ledger_trial(zy_rtx *rtx, zy_day day, zy_status (*each)(const zy_trial_row *row, void *arg), void *arg,
                                     zy_err *err);
/* Posts what an account that is about to close has earned up to yesterday (*ret_interest: 0 when nothing). */
ZY_CHECKED zy_status zy_ledger_settle_account(zy_tx *tx, zy_env *env, zy_id account, zy_id audit, zy_time now, zy_money *ret_interest,
                                              zy_err *err);
/* Accounts of the subject bear interest; basis: "ACT/360", "ACT/365", "30/360". ZY_STATE_CONFLICT once products are kept. */
ZY_CHECKED zy_status zy_ledger_set_rule(zy_tx *tx, const char *subject, const char *basis, zy_err *err);
/* In 10^-8 a year (0.05 % = 50000), from a day on that no day-end has begun: ZY_STATE_CONFLICT, ZY_BAD_FIELD. The rate of demand deposits
 * is a parameter instead, which staff change by maker and checker: it holds from the first day whose end sees it. */
ZY_CHECKED zy_status zy_ledger_set_rate(zy_tx *tx, const char *subject, zy_day from, int64_t rate_e8, zy_err *err);
#define ZY_LEDGER_DEMAND_RATE "ledger.demand_rate_e8"

/* Entries of an account, newest first, keyset paged by posting id; from/to are accounting days (0: open). */
typedef struct zy_entry {
    zy_id posting, journal, order;
    zy_time at;
    zy_money amount, balance_after;
    zy_str counterparty;    /* as given to the leg; valid during the callback */
    zy_str summary_code, summary;
} zy_entry;
typedef struct zy_entry_filter { zy_id account; zy_day from, to; zy_id before; int limit; } zy_entry_filter;
ZY_CHECKED zy_status zy_ledger_entries(zy_rtx *rtx, const zy_entry_filter *filter,
                                       zy_status (*each)(const zy_entry *entry, void *arg), void *arg, zy_err *err);

/* The offline check (`zhangyin audit ledger`): recomputes all balances from postings, every journal's sum, the
 * trial balance by currency, day, branch and subject, holds >= 0, running balance_after of each account's postings.
 * ZY_AUDIT_BROKEN with the report filled. */
typedef struct zy_ledger_report {
    int64_t accounts, journals, postings, faults;
    zy_money total_customer, total_internal; /* add up to zero */
    char first_fault[200];
} zy_ledger_report;
ZY_CHECKED zy_status zy_ledger_verify(zy_env *env, void (*progress)(int64_t done, void *), void *arg,
                                      zy_ledger_report *ret_report, zy_err *err);

/* The bank's own accounts: fixed ids, opened by `init`. */
#define ZY_LEDGER_CASH     ((zy_id){ 1 }) /* 1001 */
#define ZY_LEDGER_FEES     ((zy_id){ 2 }) /* 5111 */
#define ZY_LEDGER_CLEARING ((zy_id){ 3 }) /* 3001 */
#define ZY_LEDGER_CAPITAL  ((zy_id){ 4 }) /* 4001 */
#define ZY_LEDGER_INTEREST_EXPENSE ((zy_id){ 5 }) /* 5211 */
#define ZY_LEDGER_INTEREST_PAYABLE ((zy_id){ 6 }) /* 2231 */
#define ZY_LEDGER_TRANSIT  ((zy_id){ 7 }) /* 3002: has left a customer, has not settled between the banks */
ZY_CHECKED zy_status zy_ledger_init(zy_tx *tx, zy_day first_day, zy_time now, zy_err *err);
