/* What the files of this room share. */
#pragma once

#include "bank/batch/batch.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"

#define BATCH_ROWS_MAX  1000
#define BATCH_PART_MAX  100 /* rows of one call */
#define BATCH_OPEN_MAX  3   /* of a customer */
#define BATCH_DAY_MAX   20  /* started by a customer on one day */
#define BATCH_MISSES    100 /* refused rows of one batch, replaced ones too: it is no way to find out whose account a number is */

typedef struct batch {
    zy_id id, customer, from_account, order;
    char state[12];
    int64_t version, row_count, bad_count, misses, paid_count, failed_count;
    zy_money paid, failed;
    zy_time created_at, ended_at;
} batch;

typedef struct batch_row {
    zy_id id, batch, order;
    int64_t seq;
    char state[12], reason[ZY_ORDER_REASON_MAX], field[64];
    zy_money amount, fee;
    char to_name[ZY_CLEARING_NAME_MAX], to_number[ZY_CLEARING_NUMBER_MAX], to_bank[16], memo[256]; /* sealed at rest */
} batch_row;
void batch_row_wipe(batch_row *r);
#define BATCH_ROW_AUTO __attribute__((cleanup(batch_row_wipe))) batch_row
typedef zy_status (*batch_row_fn)(const batch_row *r, void *arg, zy_err *err);
typedef zy_status (*batch_fn)(const batch *b, void *arg, zy_err *err);

extern const zy_order_kind BATCH_KIND;
/* How a row's payee and amount are asked for. Strings are the row's. */
zy_transfer_ask batch_ask(const batch *b, const batch_row *r);

/* ---- seal.c ---- */
zy_status batch_row_seal(zy_env *env, const batch_row *r, zy_buf *ret_sealed);
/* ZY_INTERNAL: the row's amount is not the one that was sealed. */
zy_status batch_row_open(zy_env *env, zy_str sealed, batch_row *r, zy_err *err);

/* ---- batch_repo.c ---- */
zy_status batch_insert(zy_tx *tx, const batch *b, zy_err *err);
/* customer 0: whoever's. ZY_NOT_FOUND. */
zy_status batch_select(zy_rtx *rtx, zy_id id, zy_id customer, batch *ret, zy_err *err);
/* Of a customer: open ones, and those started since. */
zy_status batch_counts(zy_rtx *rtx, zy_id customer, zy_time since, int64_t *ret_open, int64_t *ret_since, zy_err *err);
zy_status batch_page(zy_rtx *rtx, zy_id customer, zy_id before, int limit, batch_fn each, void *arg, zy_err *err);
/* Compare and set by the version: to's version, row_count, bad_count and misses. ZY_STATE_CONFLICT. */
zy_status batch_change(zy_tx *tx, const batch *from, const batch *to, zy_err *err);
/* Open, and of that version: it runs from now on. ZY_STATE_CONFLICT. */
zy_status batch_take(zy_tx *tx, zy_id id, zy_id customer, int64_t version, zy_id order, zy_err *err);
zy_status batch_delete_open(zy_tx *tx, zy_id id, zy_err *err);
zy_status batch_select_stale(zy_rtx *rtx, zy_time before, int max, zy_id *ret_ids, int *ret_count, zy_err *err);
zy_status batch_select_running(zy_rtx *rtx, zy_id after, zy_id *ret_id, zy_err *err); /* the next one. ZY_NOT_FOUND */
/* Counts a row that has a result; with the last one the batch is done. */
zy_status batch_count(zy_tx *tx, const batch_row *r, bool paid, zy_time now, zy_err *err);

zy_status batch_row_insert(zy_tx *tx, const batch_row *r, zy_str sealed, zy_err *err);
/* Rows from that number on; how many of them were bad. */
zy_status batch_rows_bad_from(zy_rtx *rtx, zy_id batch, int64_t seq, int64_t *ret_bad, zy_err *err);
zy_status batch_rows_delete_from(zy_tx *tx, zy_id batch, int64_t seq, zy_err *err);
/* By number, behind `after`; ready: those alone. */
zy_status batch_rows_page(zy_rtx *rtx, zy_env *env, zy_id batch, int64_t after, bool ready, int limit, batch_row_fn each, void *arg, zy_err *err);
/* Ready rows alone. ZY_STATE_CONFLICT: another node was faster. */
zy_status batch_row_done(zy_tx *tx, const batch_row *r, const char *state, zy_id order, const char *reason, zy_err *err);

/* ---- handlers ---- */
typedef struct batch_start_in {
    zy_id from_account_id;
} batch_start_in;
typedef struct batch_row_in {
    zy_str to_name, to_account_no, to_bank, memo;
    zy_money amount_fen;
} batch_row_in;
typedef struct batch_rows_in {
    zy_id batch_id;
    int64_t first;
    zy_items rows;
} batch_rows_in;
typedef struct batch_id_in {
    zy_id batch_id;
} batch_id_in;
typedef struct batch_get_in {
    zy_id batch_id;
    int64_t after, limit;
} batch_get_in;
typedef struct batch_list_in {
    int64_t limit;
    zy_str cursor;
} batch_list_in;
zy_status batch_start_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status batch_rows_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status batch_drop_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status batch_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status batch_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status batch_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
