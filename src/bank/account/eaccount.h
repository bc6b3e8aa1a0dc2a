/* Class II and III accounts: opening, closing, their passwords, and what may pass through them. Inside this room only. */
#pragma once

#include "bank/account/account.h"
#include "flow/flow.h"
#include "service/identity/tries.h"

typedef struct account_kind {
    const char *name, *title_zh;
    int class;            /* 0: class I */
    unsigned uses;        /* bits ZY_USE_… */
    const char *max;      /* parameter: how many one person may have open */
    const char *limit[2]; /* parameters: most of a day and of a year that comes from or goes to unbound accounts */
    const char *balance;  /* parameter: the most that it holds; NULL: whatever comes */
} account_kind;
void account_kinds_start(void);
const account_kind *account_kind_find(zy_str name); /* NULL: none */
/* ZY_ACCOUNT_KIND when accounts of its kind are not for that. */
ZY_CHECKED zy_status account_needs(const zy_account *account, unsigned use, zy_err *err);
zy_json *account_uses_json(const zy_account *account); /* ["close", …] */

typedef struct eaccount_row {
    zy_id account, customer, bound;
    int64_t class, slot;
    uint8_t pin_record[ZY_PASSWORD_RECORD_BYTES];
} eaccount_row;

typedef struct cipher_in { /* a secret, encrypted */
    zy_str challenge_id, cipher;
} cipher_in;
typedef struct eaccount_open_in {
    zy_str kind, alias;
    zy_id bound_account_id;
    cipher_in password;
} eaccount_open_in;
typedef struct eaccount_close_in {
    zy_id account_id;
    cipher_in password;
} eaccount_close_in;
typedef struct eaccount_password_in {
    zy_id account_id;
    cipher_in old; /* of a change alone */
    cipher_in password;
} eaccount_password_in;
typedef struct account_id_in {
    zy_id account_id;
} account_id_in;

zy_status eaccount_open_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status eaccount_close_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status eaccount_password_change_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status eaccount_password_reset_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status account_quota_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
extern const zy_order_kind EACCOUNT_OPEN_KIND, EACCOUNT_CLOSE_KIND, EACCOUNT_PASSWORD_KIND;

/* The account's own password, 5 wrong in a row lock it 30 min. ZY_FACTOR_WRONG, ZY_LOCKED, ZY_CHALLENGE_BAD. */
ZY_CHECKED zy_status eaccount_password_check(zy_call *call, const eaccount_row *row, const cipher_in *in, zy_err *err);
/* Tries that led to an order which was carried out do not count (ZY_TRY_ACCOUNT of an account, ZY_TRY_USED of a customer). */
ZY_CHECKED zy_status eaccount_forgive(zy_tx *tx, zy_env *env, zy_try_kind kind, zy_id whose, zy_time now, zy_err *err);
/* An own, open e-account that may be used so, with its row. ZY_NOT_FOUND, ZY_ACCOUNT_KIND, ZY_ACCOUNT_STATE. */
ZY_CHECKED zy_status eaccount_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, unsigned use, zy_account *ret_account,
                                  eaccount_row *ret_row, zy_err *err);
/* The customer's account, also one that he removed from mobile banking. ZY_NOT_FOUND. */
ZY_CHECKED zy_status account_owned(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, zy_account *ret_account, zy_err *err);
/* Whoever's it is. ZY_NOT_FOUND. */
ZY_CHECKED zy_status account_any(zy_rtx *rtx, zy_env *env, zy_id account, zy_account *ret_account, zy_err *err);
ZY_CHECKED zy_status account_seal_content(zy_env *env, zy_id id, zy_str number, zy_str alias, zy_buf *ret_sealed);
/* Members of a payload. */
zy_id payload_id(const zy_json *payload, const char *name);
zy_str payload_str(const zy_json *payload, const char *name);
void payload_set_record(zy_json *payload, const uint8_t record[ZY_PASSWORD_RECORD_BYTES]);
ZY_CHECKED zy_status payload_record(const zy_json *payload, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err);
zy_str number_tail(const char *number); /* its last four digits */

/* --- eaccount_repo.c --- */
/* ZY_DB_CONFLICT (the unit runs again) when somebody was first in that slot. */
zy_status eaccount_insert(zy_tx *tx, const eaccount_row *row, zy_time now, zy_err *err);
zy_status eaccount_select(zy_rtx *rtx, zy_id account, eaccount_row *ret_row, zy_err *err); /* ZY_NOT_FOUND */
/* The smallest number that none of the customer's open accounts of that class has. */
zy_status eaccount_free_slot(zy_rtx *rtx, zy_id customer, int64_t class, int64_t *ret_slot, zy_err *err);
zy_status eaccount_set_password(zy_tx *tx, zy_id account, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_err *err);
/* ZY_STATE_CONFLICT: it is closed. */
zy_status eaccount_close(zy_tx *tx, zy_id account, zy_time now, zy_err *err);

typedef struct quota_use {
    zy_id account;
    const char *direction, *span; /* "in", "out"; "day", "year" */
    zy_day start;
    zy_money limit;
} quota_use;
/* ZY_ACCOUNT_QUOTA when the sum would pass the limit. */
zy_status quota_take(zy_tx *tx, const quota_use *use, zy_money amount, zy_err *err);
zy_status quota_used(zy_rtx *rtx, const quota_use *use, zy_money *ret_used, zy_err *err);
