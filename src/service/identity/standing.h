/* Where somebody stands with mobile banking, and how that changes: people whom the counter knows become customers by themselves
 * (bank/registration), and the counter signs, changes, suspends and cancels. Everything here runs in the caller's unit, and leaves
 * the audit record to the caller's deed. */
#pragma once

#include "service/identity/identity.h"

/* States: counter (known at the counter, never had mobile banking), active, suspended (by the counter), frozen (by the customer),
 * cancelled. Scopes: full, self (queries, and transfers between own accounts). */
typedef struct zy_standing {
    char state[16], scope[16];
    zy_time phone_changed_at; /* 0: never */
} zy_standing;
/* ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_customer_standing(zy_rtx *rtx, zy_id customer, zy_standing *ret_standing, zy_err *err);
/* Whoever changed the phone number is not at once given a new password by it: password.after_phone_change_h hours have to pass, in
 * which the customer, who was told on the old number, can object. */
bool zy_customer_phone_rests(zy_env *env, const zy_standing *standing, zy_time now);
/* Is he served? ZY_ACCOUNT_STATE while he is suspended or frozen, and when he is cancelled: what was arranged before stops with him. */
ZY_CHECKED zy_status zy_customer_needs_active(zy_rtx *rtx, zy_id customer, zy_err *err);
/* May he pay others? Else ZY_SCOPE_LIMITED, which says the way out. */
ZY_CHECKED zy_status zy_customer_needs_full(zy_rtx *rtx, zy_id customer, zy_err *err);
/* By identity number, as it stands on the card. ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_customer_by_id_no(zy_rtx *rtx, zy_env *env, zy_str id_no, zy_id *ret_customer, zy_err *err);
/* Whose login name is it (phone, customer number, alias)? ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_customer_by_login_name(zy_rtx *rtx, zy_env *env, zy_str name, zy_id *ret_customer, zy_err *err);

typedef struct zy_enrolment {
    zy_str phone;
    const uint8_t *login_record, *pay_record; /* password records */
    const char *scope;
} zy_enrolment;
/* Opens mobile banking for a person of state counter or cancelled: login names, passwords, phone. ZY_STATE_CONFLICT: somebody was
 * first (of many at once one succeeds); ZY_ALREADY_EXISTS: the phone is the login name of another customer. */
ZY_CHECKED zy_status zy_customer_enrol(zy_tx *tx, zy_env *env, zy_id customer, const zy_enrolment *enrolment, zy_err *err);
/* ZY_STATE_CONFLICT when he does not stand at `from`. */
ZY_CHECKED zy_status zy_customer_set_state(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err);
ZY_CHECKED zy_status zy_customer_set_scope(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err);
/* The phone is a login name, too. ZY_ALREADY_EXISTS: another customer's. */
ZY_CHECKED zy_status zy_customer_set_phone(zy_tx *tx, zy_env *env, zy_id customer, zy_str phone, zy_err *err);
ZY_CHECKED zy_status zy_customer_set_name(zy_tx *tx, zy_env *env, zy_id customer, zy_str name, zy_err *err);
/* Ends mobile banking: login, login names, alias, passwords, locks and device bindings are gone; who he is stays. `from` as above. */
ZY_CHECKED zy_status zy_customer_cancel(zy_tx *tx, zy_env *env, zy_id customer, const char *from, zy_err *err);

/* Do two spellings name the same person? Spaces, middle dots and case of Latin letters do not count. Takes the same time
 * wherever they differ. */
bool zy_same_name(zy_str a, zy_str b);

/* --- Aliases (alias.c) --- */
typedef struct alias_set_in {
    zy_str alias;
} alias_set_in;
/* 6 to 20 letters, digits, dots, dashes and underlines, a letter first, and nothing of what others know about the person. */
ZY_CHECKED zy_status zy_alias_check(zy_str alias, const zy_person *person, zy_err *err);
zy_status zy_alias_set(zy_call *call, const void *in, zy_json *body, zy_err *err);
