/* Customers' accounts: numbers, aliases, state; account.list, account.transactions. */
#pragma once

#include "api/api.h"

typedef struct zy_account {
    zy_id id, customer;
    char kind[16];           /* "debit" */
    char state[16];          /* "active", "frozen", "closed" */
    char number[24];         /* whole card number, opened; wiped by zy_account_wipe */
    char alias[128];
} zy_account;
void zy_account_wipe(zy_account *a);
#define ZY_AUTO_ACCOUNT __attribute__((cleanup(zy_account_wipe))) zy_account
/* Opens an account for a customer in the ledger with its sealed, blind-indexed number (Luhn checked). */
ZY_CHECKED zy_status zy_account_open(zy_tx *tx, zy_env *env, zy_id customer, zy_str number, const char *kind, zy_str alias,
                                     zy_id *ret_account, zy_err *err);
/* The customer's own account; somebody else's is ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_account_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, zy_account *ret_account, zy_err *err);
/* By whole number, whoever owns it: ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_account_by_number(zy_rtx *rtx, zy_env *env, zy_str number, zy_account *ret_account, zy_err *err);
/* The customer's accounts, oldest first, with balance and what may be spent of it. */
typedef zy_status (*zy_account_fn)(const zy_account *account, zy_money balance, zy_money available, void *arg);
ZY_CHECKED zy_status zy_account_each(zy_rtx *rtx, zy_env *env, zy_id customer, int limit, zy_account_fn each, void *arg, zy_err *err);
bool zy_card_luhn(zy_str digits);
/* Makes a number of `bin` + 9-digit serial + check digit (16 digits for a 6-digit BIN). */
void zy_card_number(const char *bin, uint32_t serial, char out[24]);

extern const zy_api ZY_ACCOUNT_APIS[];
extern const size_t ZY_ACCOUNT_API_COUNT;
