/* What the files of this room share. */
#pragma once

#include "bank/account/account.h"
#include "bank/route/route.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "service/identity/identity.h"

#define PAYEE_NAME_MAX 60 /* characters */

/* A payee as typed or as read from the book; wiped by payee_wipe. */
typedef struct payee {
    zy_id id; /* of the book; 0: typed, or found by a phone number */
    bool hidden; /* its number is not the customer's to see: masked in texts */
    char name[ZY_CLEARING_NAME_MAX], number[ZY_CLEARING_NUMBER_MAX], alias[128], bank[16]; /* bank: its code; empty: this bank */
} payee;
void payee_wipe(payee *p);
#define PAYEE_AUTO __attribute__((cleanup(payee_wipe))) payee

/* The account of number and name. Unknown number, other name, closed account: ZY_PAYEE_MISMATCH, after the same work; ZY_SCOPE_LIMITED: any other than
 * an own account, for a customer whom the counter has not signed. caller:
 * the customer who asks; own account and person are read in place of unknown ones. */
zy_status payee_account(zy_rtx *rtx, zy_env *env, zy_id caller, const payee *p, zy_account *ret_account, zy_err *err);
/* From the customer's own book. ZY_NOT_FOUND. */
zy_status payee_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id id, payee *ret_payee, zy_err *err);

/* When the money leaves. Order: as ARRIVALS. */
typedef enum { ARRIVAL_NOW, ARRIVAL_TWO_HOURS, ARRIVAL_NEXT_DAY } arrival;

typedef struct transfer_masks {
    char from[ZY_MASK_MAX], to[ZY_MASK_MAX], payer[ZY_MASK_MAX], payee[ZY_MASK_MAX];
} transfer_masks;

struct zy_transfer_plan {
    zy_env *env;
    const zy_transfer_ask *ask;
    zy_time now;
    payee payee;
    zy_account from, to;
    zy_person payer;
    zy_money available, fee;
    arrival arrival;
    zy_route_offer offer; /* to another bank: by which way */
    bool quota; /* one of both accounts has quotas */
    bool known; /* an own account, or one paid to before */
    transfer_masks masks;
    char purpose[256]; /* what the text message says */
    zy_prepare prepare;
};

/* ---- transfer.c: what the kinds share ---- */
/* {from, to, payer, payee, memo}, masked. The caller adds his kind's own. */
zy_json *transfer_payload(const zy_transfer_plan *plan);
zy_str transfer_member(const zy_json *payload, const char *name); /* empty: not there */
zy_str transfer_tail(const zy_json *payload, const char *name);   /* the last four digits */
/* "name number" of the other side, as statements show it. */
int transfer_counterparty(const zy_json *payload, const char *name, const char *number, char *out, size_t size);
zy_str transfer_notice(const zy_transfer_plan *plan); /* a warning before the first payment to somebody */
void transfer_receipt(const zy_order *o, const zy_json *payload, zy_json *out);

/* ---- delayed.c ---- */
bool arrival_parse(zy_str name, arrival *ret); /* empty: now. false: none of ours */
zy_time arrival_at(arrival when, zy_time confirmed); /* when it leaves */
/* The line of the canonical text, the member of the payload, and the receipt's arrives_at; now: nothing. */
void arrival_line(zy_order_lines *lines, arrival when);
void arrival_payload(zy_json *payload, arrival when);
void arrival_receipt(const zy_order *o, const zy_json *payload, zy_json *out);
zy_id transfer_hold(const zy_order *o, const zy_json *payload); /* which hold the debit captures; 0: none */
/* Instead of posting, when the order is to be held; and what the customer is told then. */
zy_status transfer_keep(zy_tx *tx, const zy_order *o, const zy_json *payload, zy_err *err);
zy_status transfer_tell_kept(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err);
zy_status transfer_cancel(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err);

/* ---- delayed_repo.c ---- */
typedef struct delayed_cursor {
    zy_time due;
    zy_id order;
} delayed_cursor;
zy_status delayed_insert(zy_tx *tx, zy_id order, zy_time due, zy_err *err);
zy_status delayed_delete(zy_tx *tx, zy_id order, zy_err *err);
/* Those due by now, oldest first, from behind *after on, which moves to the last one. */
zy_status delayed_due(zy_rtx *rtx, zy_time now, delayed_cursor *after, int max, zy_id *ret_ids, int *ret_count, zy_err *err);

/* ---- internal.c ---- */
zy_status transfer_internal_read(zy_rtx *rtx, zy_transfer_plan *plan, zy_err *err);
void transfer_internal_fill(zy_transfer_plan *plan);

/* ---- interbank.c ---- */
zy_status transfer_interbank_read(zy_rtx *rtx, zy_transfer_plan *plan, zy_err *err);
void transfer_interbank_fill(zy_transfer_plan *plan);

zy_status transfer_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status payee_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status payee_add_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status payee_remove_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
typedef struct transfer_in {
    zy_id from_account_id;
    zy_str to_account_no, to_name;
    zy_id payee_id;
    bool has_payee_id;
    zy_money amount_fen;
    zy_str memo, to_bank, way, payee_token, arrival;
} transfer_in;
typedef struct payee_add_in {
    zy_str name, number, alias, bank;
} payee_add_in;
typedef struct payee_list_in {
    int64_t limit;
    zy_str cursor;
} payee_list_in;
typedef struct payee_id_in {
    zy_id payee_id;
} payee_id_in;
extern const zy_order_kind TRANSFER_KIND, INTERBANK_KIND;

/* ---- payee_repo.c ---- */
/* ZY_ALREADY_EXISTS when the account stands in the book. */
zy_status payee_insert(zy_tx *tx, zy_id id, zy_id customer, zy_id account, zy_str content_sealed, zy_time now, zy_err *err);
zy_status payee_delete(zy_tx *tx, zy_id customer, zy_id id, zy_err *err);
zy_status payee_count(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_err *err);
/* Columns: id, content, added_at. */
zy_status payee_select(zy_rtx *rtx, zy_id customer, zy_id id, zy_stmt **ret_row, zy_err *err);
zy_status payee_select_page(zy_rtx *rtx, zy_id customer, zy_id before, int64_t limit, zy_stmt **ret_rows, zy_err *err);
