/* Shared by the files of this room alone. */
#pragma once

#include "service/token/token.h"

typedef enum { TOKEN_STOCK = 1, TOKEN_INACTIVE = 2, TOKEN_ACTIVE = 4, TOKEN_LOCKED = 8, TOKEN_LOST = 16, TOKEN_RETIRED = 32 } token_state;
const char *token_state_name(token_state state);
token_state token_state_parse(zy_str name); /* 0: none of ours */

#define TOKEN_SEALED_MAX (ZY_TOKEN_SEED_MAX + ZY_SEALED_EXTRA)
typedef struct token_row {
    zy_id id, customer;
    char serial[ZY_TOKEN_SERIAL_MAX + 1];
    token_state state;
    uint8_t sealed[TOKEN_SEALED_MAX];
    size_t sealed_n;
    int64_t step_s, drift, last_step;
    zy_time imported_at, assigned_at, activated_at;
} token_row;

typedef struct token_seed {
    uint8_t bytes[ZY_TOKEN_SEED_MAX];
    size_t n;
} token_seed;
void token_seed_wipe(token_seed *seed);
#define TOKEN_AUTO_SEED __attribute__((cleanup(token_seed_wipe))) token_seed

/* --- token_code.c --- */
/* What the customer typed: one code, or two that followed each other. */
typedef struct token_proof {
    zy_str challenge, codes[2];
    int count;
    int64_t window; /* steps to either side */
} token_proof;
/* The first step after `after` whose code (and the next one's) is right; ret_step: the last step that was used. Looks at every
 * step of the window, wherever the right one is. */
zy_status token_find_step(const token_seed *seed, const token_proof *proof, int64_t centre, int64_t after, bool *ret_found,
                          int64_t *ret_step);

/* --- token.c: seals --- */
zy_status token_seal(zy_env *env, zy_id token, const void *seed, size_t n, zy_buf *ret_sealed);
zy_status token_seal_batch(zy_env *env, zy_id batch, zy_str text, zy_buf *ret_sealed);
zy_status token_open_batch(zy_env *env, zy_id batch, zy_str sealed, zy_buf *ret_text);
/* Wrong codes of a customer's tokens. */
zy_status token_try_key(zy_env *env, zy_id customer, uint8_t out[ZY_SM3_BYTES]);
zy_status token_audit(zy_tx *tx, const zy_call *call, const char *event, const token_row *row, zy_status result, zy_err *err);

/* --- token_customer.c, token_staff.c: handlers --- */
typedef struct token_codes_in {
    zy_str serial, code, next_code;
} token_codes_in;
typedef struct token_import_in {
    zy_str file, reason;
} token_import_in;
typedef struct token_deed_in { /* of assign, replace, lost, unlock, retire */
    zy_str serial, new_serial, reason;
    zy_id customer_id;
} token_deed_in;
typedef struct token_search_in {
    zy_str serial, state, cursor;
    zy_id customer_id;
    bool has_customer;
    int64_t limit;
} token_search_in;
zy_status token_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status token_activate_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status token_sync_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status token_lost_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status token_import_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
/* The deed that is asked for is the API's name. */
zy_status token_deed_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status token_search_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
void token_register_deeds(void);

/* --- token_repo.c --- */
zy_status token_insert(zy_tx *tx, const token_row *row, zy_str sealed, zy_time now, zy_err *err);
/* The one of a customer's tokens that counts: in use, else the last that he reported lost. ZY_NOT_FOUND. */
zy_status token_of_customer(zy_rtx *rtx, zy_id customer, token_row *ret_row, zy_err *err);
/* The same, in use alone; its row is locked until the transaction ends. */
zy_status token_of_customer_lock(zy_tx *tx, zy_id customer, token_row *ret_row, zy_err *err);
zy_status token_by_serial(zy_rtx *rtx, zy_str serial, token_row *ret_row, zy_err *err);
typedef struct token_filter { /* at most one of serial, customer, state */
    zy_str serial, state;
    zy_id customer, before;
    int limit;
} token_filter;
zy_status token_page(zy_rtx *rtx, const token_filter *filter, zy_stmt **ret_rows, zy_err *err);
zy_status token_row_read(const zy_stmt *stmt, token_row *ret_row, zy_err *err);
/* Each fails with ZY_STATE_CONFLICT when the token is not in the state of `row` any more. */
zy_status token_update_used(zy_tx *tx, const token_row *row, int64_t step, int64_t drift, zy_time now, zy_err *err);
zy_status token_update_state(zy_tx *tx, const token_row *row, token_state state, zy_time now, zy_err *err);
zy_status token_update_assigned(zy_tx *tx, const token_row *row, zy_id customer, zy_time now, zy_err *err);
zy_status token_update_retired(zy_tx *tx, const token_row *row, zy_time now, zy_err *err);
zy_status token_batch_insert(zy_tx *tx, zy_id id, zy_str sealed, size_t tokens, zy_time now, zy_err *err);
zy_status token_batch_read(zy_rtx *rtx, zy_id id, zy_buf *ret_sealed, zy_err *err);
zy_status token_batch_delete(zy_tx *tx, zy_id id, zy_err *err);
zy_status token_batch_drop(zy_tx *tx, zy_time before, int max, int64_t *ret_dropped, zy_err *err);
