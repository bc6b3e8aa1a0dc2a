/* Shared by the files of this room alone. */
#pragma once

#include "service/cert/cert.h"

typedef enum { CERT_GRANTED = 1, CERT_VALID = 2, CERT_FROZEN = 4, CERT_REVOKED = 8 } cert_state;
const char *cert_state_name(cert_state state);
cert_state cert_state_parse(zy_str name); /* 0: none of ours */

#define CERT_KIND_MAX   16
#define CERT_DEVICE_MAX 33
typedef struct cert_row {
    zy_id id, customer, authority;
    char kind[CERT_KIND_MAX], device[CERT_DEVICE_MAX], serial[ZY_X509_SERIAL_MAX], reason[32];
    cert_state state;
    zy_buf request, body; /* DER; freed by cert_row_free */
    zy_time not_before, not_after, created_at, issued_at, ended_at;
} cert_row;
void cert_row_free(cert_row *row);
#define CERT_AUTO_ROW __attribute__((cleanup(cert_row_free))) cert_row

/* What a kind of key is. */
typedef struct cert_kind {
    const char *name, *title_zh;
    bool at_counter;     /* registered by staff, not by the customer's device */
    const char *years_param;
} cert_kind;
const cert_kind *cert_kind_find(zy_str name); /* NULL: none of ours */

/* --- cert.c --- */
/* "valid" whose last moment is over is "expired". */
const char *cert_state_shown(const cert_row *row, zy_time now);
zy_status cert_audit(zy_tx *tx, const zy_call *call, const char *event, zy_id certificate, zy_status result, zy_err *err);
zy_status cert_notify(zy_tx *tx, zy_env *env, const cert_row *row, const char *title, const char *what, zy_err *err);
zy_status cert_key_digest(const uint8_t public_key[ZY_SM2_PUB_BYTES], uint8_t out[ZY_SM3_BYTES]);
/* --- cert_factor.c --- */
/* Wrong signatures of a customer's keys of a kind. */
zy_status cert_try_key(zy_env *env, zy_id customer, const char *kind, uint8_t out[ZY_SM3_BYTES]);
/* --- cert_issue.c --- */
/* Has a granted request issued by the authority. ZY_STATE_CONFLICT: somebody else has done it. */
zy_status cert_issue(zy_env *env, const cert_row *row, zy_err *err);
/* Tells the authority what was revoked and makes the list anew. A failure is logged: housekeeping comes again. */
void cert_after_revoking(zy_env *env);

/* --- handlers --- */
typedef struct cert_revoke_in {
    zy_id certificate_id;
    zy_str reason;
} cert_revoke_in;
typedef struct cert_register_in {
    zy_id customer_id;
    zy_str kind, csr, reason;
} cert_register_in;
typedef struct cert_search_in {
    zy_str state, cursor;
    zy_id customer_id;
    bool has_customer;
    int64_t limit;
} cert_search_in;
zy_status cert_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status cert_issue_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status cert_revoke_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status cert_register_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
/* The deed that is asked for is the API's name. */
zy_status cert_deed_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status cert_search_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
void cert_register_deeds(void);

/* --- cert_repo.c --- */
zy_status cert_insert(zy_tx *tx, const zy_cert_request *request, zy_id id, const uint8_t key_digest[ZY_SM3_BYTES], zy_time now,
                      zy_err *err);
/* A request of this customer and kind that waits is over. */
zy_status cert_drop_granted(zy_tx *tx, zy_id customer, const char *kind, zy_time now, zy_err *err);
zy_status cert_key_known(zy_rtx *rtx, const uint8_t key_digest[ZY_SM3_BYTES], bool *ret_known, zy_err *err);
zy_status cert_by_id(zy_rtx *rtx, zy_id id, cert_row *ret_row, zy_err *err);
/* Of a customer and kind: the one in one of the two states in use; ZY_NOT_FOUND. */
zy_status cert_in_use(zy_rtx *rtx, zy_id customer, const char *kind, cert_row *ret_row, zy_err *err);
zy_status cert_granted(zy_rtx *rtx, zy_id customer, const char *kind, cert_row *ret_row, zy_err *err);
typedef struct cert_filter { /* at most one of customer, state */
    zy_id customer, before;
    zy_str state;
    int limit;
} cert_filter;
zy_status cert_page(zy_rtx *rtx, const cert_filter *filter, zy_stmt **ret_rows, zy_err *err);
zy_status cert_ending(zy_rtx *rtx, zy_time before, int limit, zy_stmt **ret_rows, zy_err *err);
/* Revoked ones that the authority was not told of. */
zy_status cert_untold(zy_rtx *rtx, int limit, zy_stmt **ret_rows, zy_err *err);
zy_status cert_row_read(const zy_stmt *stmt, cert_row *ret_row, zy_err *err);
/* Each fails with ZY_STATE_CONFLICT when the certificate is not in the state of `row` any more. */
zy_status cert_update_issued(zy_tx *tx, const cert_row *row, const zy_x509_info *info, zy_str body, zy_time now, zy_err *err);
zy_status cert_update_state(zy_tx *tx, const cert_row *row, cert_state state, const char *reason, zy_time now, zy_err *err);
zy_status cert_update_told(zy_tx *tx, zy_id id, zy_err *err);
zy_status cert_update_reminded(zy_tx *tx, zy_id id, zy_err *err);
/* Whatever of this customer and kind is in use ends. */
zy_status cert_supersede(zy_tx *tx, const cert_row *fresh, zy_time now, zy_err *err);

zy_status cert_authority_newest(zy_rtx *rtx, zy_id *ret_id, zy_buf *ret_cas, zy_err *err);
zy_status cert_authority_by_id(zy_rtx *rtx, zy_id id, zy_buf *ret_cas, zy_err *err);
zy_status cert_authority_insert(zy_tx *tx, zy_id id, zy_str cas, zy_time now, zy_err *err);
zy_status cert_list_read(zy_rtx *rtx, zy_id authority, zy_buf *ret_body, int64_t *ret_number, zy_time *ret_made_at, zy_err *err);
zy_status cert_list_put(zy_tx *tx, zy_id authority, zy_str body, int64_t number, zy_time now, zy_time next, zy_err *err);
zy_status cert_revoked_rows(zy_rtx *rtx, zy_id authority, int limit, zy_stmt **ret_rows, zy_err *err); /* serial, ended_at */
