/* What customers and staff do about an account: loss, freezing, alias, which are used here, limits. Inside this room only. */
#pragma once

#include "bank/account/eaccount.h"

typedef struct account_alias_in {
    zy_id account_id;
    zy_str alias;
} account_alias_in;
typedef struct account_add_in {
    zy_str card_no, phone;
    cipher_in pin;
} account_add_in;
typedef struct limit_in {
    zy_money once_fen, day_fen;
} limit_in;
typedef struct account_search_in {
    zy_id customer_id;
} account_search_in;
typedef struct account_deed_in {
    zy_id account_id;
    zy_str reason;
} account_deed_in;

zy_status account_loss_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status account_loss_lift_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status account_alias_set_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status account_remove_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status account_add_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status limit_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status limit_lower_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status limit_raise_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status account_search_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status account_deed_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
extern const zy_order_kind ACCOUNT_LOSS_KIND, ACCOUNT_LOSS_LIFT_KIND, ACCOUNT_ADD_KIND, LIMIT_RAISE_KIND;
void account_staff_start(void);

/* An audit record of what a customer did with an account in this unit. */
ZY_CHECKED zy_status account_audit(zy_tx *tx, const zy_call *call, const char *event, zy_id account, zy_err *err);

/* --- block.c --- */
/* Nothing is debited while a reason ("loss", "freeze", "stop_payment") stands. ZY_STATE_CONFLICT: it stands already; the account is
 * closed. */
ZY_CHECKED zy_status account_block(zy_tx *tx, zy_id account, const char *reason, zy_time now, zy_err *err);
/* The account is active again when no other reason stands. ZY_STATE_CONFLICT: this one does not. */
ZY_CHECKED zy_status account_unblock(zy_tx *tx, zy_id account, const char *reason, zy_err *err);

/* --- manage_repo.c --- */
zy_status block_insert(zy_tx *tx, zy_id account, const char *reason, zy_time now, zy_err *err);
zy_status block_delete(zy_tx *tx, zy_id account, const char *reason, zy_err *err);
zy_status block_stands(zy_rtx *rtx, zy_id account, const char *reason, bool *ret_stands, zy_err *err); /* reason NULL: any */
/* Each fails with ZY_STATE_CONFLICT when the account stands so already, or is closed. */
zy_status account_set_operable(zy_tx *tx, zy_id customer, zy_id account, bool operable, zy_err *err);
zy_status account_set_content(zy_tx *tx, zy_id customer, zy_id account, zy_str sealed, zy_err *err);
