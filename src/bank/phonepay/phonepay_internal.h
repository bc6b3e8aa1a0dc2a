/* What the files of this room share. */
#pragma once

#include "bank/account/account.h"
#include "bank/phonepay/phonepay.h"
#include "flow/flow.h"
#include "service/identity/identity.h"

#define PHONE_TEXT_MAX 32

/* A number that is or was bound. */
typedef struct binding {
    uint8_t index[ZY_SM3_BYTES];
    zy_id customer, account;
    char state[12]; /* "binding", "bound", "unbinding", "released" */
    zy_time changed_at, next_try_at, unsure_until;
    int64_t tries;
    char phone[PHONE_TEXT_MAX], number[24], name[200]; /* opened */
} binding;
void binding_wipe(binding *b);
#define BINDING_AUTO __attribute__((cleanup(binding_wipe))) binding

typedef struct bind_in {
    zy_id account_id;
} bind_in;
typedef struct lookup_in {
    zy_str phone;
} lookup_in;

zy_status phone_bind_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status phone_unbind_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status phone_bindings_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status phone_lookup_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
extern const zy_order_kind PHONE_BIND_KIND, PHONE_UNBIND_KIND;

/* The blind index of a number. */
ZY_CHECKED zy_status phone_index(zy_env *env, zy_str phone, uint8_t out[ZY_SM3_BYTES]);
/* Phone, number and name, sealed for their customer. */
ZY_CHECKED zy_status binding_seal(zy_env *env, const binding *b, zy_buf *ret_sealed);
ZY_CHECKED zy_status binding_open(zy_env *env, zy_str sealed, binding *b, zy_err *err);
/* The customer's number that is binding, bound or unbinding. ZY_NOT_FOUND. */
ZY_CHECKED zy_status binding_of(zy_rtx *rtx, zy_env *env, zy_id customer, binding *ret_binding, zy_err *err);

/* --- phonepay_repo.c: rows without what is sealed, which comes as it stands in the row and lives as long as the statement --- */
/* ZY_ALREADY_EXISTS: the number is bound, or on its way. */
zy_status binding_put(zy_tx *tx, const binding *b, zy_str sealed, zy_err *err);
zy_status binding_by_customer(zy_rtx *rtx, zy_id customer, binding *ret_binding, zy_stmt **ret_row, zy_str *ret_sealed, zy_err *err);
zy_status binding_by_index(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], binding *ret_binding, zy_stmt **ret_row, zy_str *ret_sealed,
                           zy_err *err);
/* The one that is due for the longest time. ZY_NOT_FOUND. */
zy_status binding_due(zy_rtx *rtx, zy_time now, binding *ret_binding, zy_stmt **ret_row, zy_str *ret_sealed, zy_err *err);
/* From the state and next_try_at that it was read with to those of `to`; ZY_STATE_CONFLICT when somebody else was there. */
zy_status binding_move(zy_tx *tx, const binding *from, const binding *to, zy_err *err);

typedef struct payee_row {
    zy_id id, customer, login;
    zy_time expires_at;
} payee_row;
zy_status phone_payee_insert(zy_tx *tx, const payee_row *row, zy_str sealed, zy_err *err);
/* Columns: content. ZY_NOT_FOUND. */
zy_status phone_payee_select(zy_rtx *rtx, const payee_row *row, zy_time now, zy_stmt **ret_row, zy_err *err);
zy_status phone_payee_expire(zy_tx *tx, zy_time now, int max, int64_t *ret_dropped, zy_err *err);
/* One more of the day; ZY_RATE_LIMITED when the customer has had as many. */
zy_status lookup_count(zy_tx *tx, zy_id customer, zy_day day, int64_t most, zy_err *err);
