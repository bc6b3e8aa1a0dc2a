/* Customers' accounts: numbers, aliases, state, what they can be used for; class II and III accounts. */
#pragma once

#include "api/api.h"

typedef struct zy_account {
    zy_id id, customer;
    char kind[16];           /* "debit", "class2", "class3" */
    char state[16];          /* "active", "frozen", "closed" */
    char number[24];         /* whole card number, opened; wiped by zy_account_wipe */
    char alias[128];
} zy_account;
void zy_account_wipe(zy_account *a);
#define ZY_AUTO_ACCOUNT __attribute__((cleanup(zy_account_wipe))) zy_account
/* Opens an account for a customer in the ledger with its sealed, blind-indexed number (Luhn checked). */
ZY_CHECKED zy_status zy_account_open(zy_tx *tx, zy_env *env, zy_id customer, zy_str number, const char *kind, zy_str alias,
                                     zy_id *ret_account, zy_err *err);
/* The customer's own account that he uses in mobile banking; somebody else's, and one that he removed, is ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_account_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, zy_account *ret_account, zy_err *err);
/* By whole number, whoever owns it: ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_account_by_number(zy_rtx *rtx, zy_env *env, zy_str number, zy_account *ret_account, zy_err *err);
/* The customer's accounts (those that he uses, removed ones, closed ones), oldest first, with balance and what may be spent of it. */
typedef enum { ZY_ACCOUNTS_USED, ZY_ACCOUNTS_REMOVED, ZY_ACCOUNTS_CLOSED } zy_account_which;
typedef zy_status (*zy_account_fn)(const zy_account *account, zy_money balance, zy_money available, void *arg);
ZY_CHECKED zy_status zy_account_each(zy_rtx *rtx, zy_env *env, zy_id customer, zy_account_which which, int limit, zy_account_fn each, void *arg, zy_err *err);

/* What an account can be used for in mobile banking, by its kind. Bits; wire names in kinds.c. */
enum {
    ZY_USE_BACK = 1,    /* an e-account can be bound to it */
    ZY_USE_REMOVE = 2,  /* added to and removed from mobile banking */
    ZY_USE_CLOSE = 4,   /* closed online */
    ZY_USE_PASSWORD = 8, /* has a password of its own */
    ZY_USE_QUOTA = 16,   /* what passes through it is limited */
};
bool zy_account_may(const zy_account *account, unsigned use);

/* --- Quotas of class II and III accounts --- what moves to or from an account that may ZY_USE_QUOTA is checked when it is prepared,
 * and counted behind the posting in its unit; between it and its bound account nothing is counted. */
typedef struct zy_account_move {
    zy_id from, to;          /* 0: outside this bank */
    zy_money amount;
} zy_account_move;
/* ZY_ACCOUNT_QUOTA */
ZY_CHECKED zy_status zy_quota_check(zy_rtx *rtx, zy_env *env, const zy_account_move *move, zy_time at, zy_err *err);
ZY_CHECKED zy_status zy_quota_count(zy_tx *tx, zy_env *env, const zy_account_move *move, zy_time at, zy_err *err);

/* Registers the kinds of orders and the parameters of this room. */
ZY_CHECKED zy_status zy_account_start(zy_env *env, zy_err *err);
extern const zy_config_row ZY_ACCOUNT_CONFIG[]; /* account.* */
extern const size_t ZY_ACCOUNT_CONFIG_COUNT;

bool zy_card_luhn(zy_str digits);
/* Makes a number of `bin` + 9-digit serial + check digit (16 digits for a 6-digit BIN). */
void zy_card_number(const char *bin, uint32_t serial, char out[24]);

extern const zy_api ZY_ACCOUNT_APIS[];
extern const size_t ZY_ACCOUNT_API_COUNT;
