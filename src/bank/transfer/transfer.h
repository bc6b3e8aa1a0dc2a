/* Transfers, their order kinds, and the payee book: transfer.prepare, payee.list, payee.add, payee.remove. */
#pragma once

#include "flow/flow.h"

/* What a customer asks for. Strings are borrowed and must outlive the plan. */
typedef struct zy_transfer_ask {
    zy_id customer, from_account;
    zy_id payee;                /* of the customer's book; 0: number and name stand here, or a token */
    zy_str payee_token;         /* of phone.lookup, with the login that asked for it */
    zy_id login;
    zy_str to_number, to_name;
    zy_str to_bank;             /* 12-digit code; empty: this bank */
    zy_str way;                 /* to another bank: "instant", "large", "batch"; empty: the cheapest, then the quickest */
    zy_str arrival;             /* "now" or empty, "two_hours", "next_day": until then it is held and can be cancelled */
    zy_money amount;
    zy_str memo;                /* at most 50 characters; may be empty */
    bool later;                 /* for a day to come: balance, quotas and hours of today do not count; such a plan is not carried out */
} zy_transfer_ask;

/* A transfer that everything was read and checked for: payer, payee, balance, quotas. For transfer.prepare, and for what pays without the
 * customer (zy_order_carry_out). Errors: those of transfer.prepare (ZY_PAYEE_MISMATCH, ZY_BALANCE_TOO_LOW, ZY_ACCOUNT_STATE,
 * ZY_ACCOUNT_QUOTA, ZY_SAME_ACCOUNT, ZY_SCOPE_LIMITED, ZY_NOT_FOUND; to other banks those of zy_route_choose). */
typedef struct zy_transfer_plan zy_transfer_plan;
ZY_CHECKED zy_status zy_transfer_plan_new(zy_env *env, const zy_transfer_ask *ask, zy_time now, zy_transfer_plan **ret_plan, zy_err *err);
void zy_transfer_plan_free(zy_transfer_plan *plan); /* accepts NULL */
ZY_AUTO_DEFINE(zy_transfer_plan, zy_transfer_plan_free)
/* Who pays whom, whole and masked; lives as long as the plan. */
typedef struct zy_transfer_facts {
    zy_str to_name, to_number, to_bank;              /* to_bank: empty for this bank */
    zy_str from_mask, to_name_mask, to_number_mask;
    bool hidden;                                     /* the customer may not see the payee's whole number */
    bool known;                                      /* an own account, or one that was paid before */
    zy_money fee, list_fee, available;               /* what it costs; what it would without free ones; what the payer can spend */
} zy_transfer_facts;
zy_transfer_facts zy_transfer_plan_facts(const zy_transfer_plan *plan);
/* Once: the payload of what it gives is zy_order_prepare's or zy_order_carry_out's; everything else lives as long as the plan. */
zy_prepare zy_transfer_plan_take(zy_transfer_plan *plan);

/* Is it what the bank says no to (balance, limits, states, payees, hours), and not something that fails? What pays without the customer tries
 * again when something fails. */
bool zy_transfer_refused(zy_status status);

/* An amount as a line of the canonical text. */
void zy_transfer_line_fen(zy_order_lines *lines, const char *name, zy_money amount, const char *label);

/* Carries out what was held and whose time has come; any node may do it at any time. ret_done: those that have an outcome now. */
ZY_CHECKED zy_status zy_transfer_run_due(zy_env *env, int64_t *ret_done, zy_err *err);

extern const zy_api ZY_TRANSFER_APIS[];
extern const size_t ZY_TRANSFER_API_COUNT;
/* Registers the order kinds transfer.internal and transfer.interbank, and the parameters transfer.once_limit_fen, transfer.day_limit_fen. */
ZY_CHECKED zy_status zy_transfer_start(zy_env *env, zy_err *err);
