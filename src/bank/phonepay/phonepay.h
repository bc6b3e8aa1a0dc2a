/* 手机号支付: a customer's phone number stands for one of his accounts, registered at the clearing house; whoever pays gives the number
 * instead of the account. mb.innovation-content.j, k-i, k-ii. */
#pragma once

#include "api/api.h"
#include "base/mask.h"

/* Whom a phone number led to, as the login that asked for it may use it for a while. */
typedef struct zy_phonepay_payee {
    bool own;                           /* at this bank: an account of its own, with its whole name */
    char bank[ZY_CLEARING_BANK_MAX];    /* clearing code; own: as zy_bank_own_code says it, perhaps "" */
    char number[ZY_CLEARING_NUMBER_MAX]; /* whole: never goes back to a client */
    char name[ZY_CLEARING_NAME_MAX];    /* own: whole; else as the house gave it, masked, which the house takes for the name */
    char phone[ZY_MASK_MAX];            /* masked, for what the customer sees */
} zy_phonepay_payee;
void zy_phonepay_payee_wipe(zy_phonepay_payee *payee);
#define ZY_AUTO_PHONEPAY_PAYEE __attribute__((cleanup(zy_phonepay_payee_wipe))) zy_phonepay_payee

/* token: `payee_token` of phone.lookup. ZY_NOT_FOUND (payee_token): there is none, it is over, or it is another customer's or login's. */
ZY_CHECKED zy_status zy_phonepay_payee_find(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id login, zy_str token, zy_phonepay_payee *ret_payee,
                                            zy_err *err);

/* The customer has another number now, or leaves mobile banking: what is bound is unbound, in the caller's unit. */
ZY_CHECKED zy_status zy_phonepay_leave(zy_tx *tx, zy_env *env, zy_id customer, zy_time now, zy_err *err);

/* Task: tells the house what is to be bound and unbound, at most max questions (each may take the connector's timeout: never inside a
 * unit). Repeating does no harm; any node may do it. ret_done: questions with a definite answer. */
ZY_CHECKED zy_status zy_phonepay_keep(zy_env *env, int max, int64_t *ret_done, zy_err *err);
/* Housekeeping: drops payees that are over, at most max. */
ZY_CHECKED zy_status zy_phonepay_expire(zy_env *env, int max, int64_t *ret_done, zy_err *err);

extern const zy_api ZY_PHONEPAY_APIS[];
extern const size_t ZY_PHONEPAY_API_COUNT;
/* Registers the kinds of orders phone.bind and phone.unbind and the parameters phonepay.*. */
ZY_CHECKED zy_status zy_phonepay_start(zy_env *env, zy_err *err);
