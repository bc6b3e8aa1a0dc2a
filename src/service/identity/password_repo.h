/* The statements of password_history, password_pending, pay_password_aid and of changing credentials; used by src/service/identity alone. */
#pragma once

#include "service/identity/identity_repo.h"

#define PASSWORD_KIND_MAX    8  /* "login", "pay" */
#define PASSWORD_TOKEN_MAX   23 /* base64url of 16 bytes, terminated */
#define PASSWORD_HISTORY_MAX 10

typedef struct password_pending {
    zy_id id, customer, login;
    char token[PASSWORD_TOKEN_MAX], kind[PASSWORD_KIND_MAX];
    uint8_t session_digest[ZY_SM3_BYTES], record[ZY_PASSWORD_RECORD_BYTES];
    bool has_record;
    zy_time created_at;
} password_pending;
zy_status password_pending_insert(zy_tx *tx, const password_pending *p, zy_err *err);
zy_status password_pending_find(zy_rtx *rtx, zy_str token, password_pending *ret_pending, zy_err *err); /* ZY_NOT_FOUND */
/* Once: ZY_CODE_EXPIRED when it is gone. */
zy_status password_pending_take(zy_tx *tx, zy_id id, zy_err *err);
zy_status password_pending_drop(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err);

/* The last `count` records of a kind, newest first, at most PASSWORD_HISTORY_MAX. */
zy_status password_history_read(zy_rtx *rtx, zy_id customer, const char *kind, int count,
                                uint8_t (*ret_records)[ZY_PASSWORD_RECORD_BYTES], int *ret_count, zy_err *err);
/* The present record goes into the history, of which `keep` stay; the new one takes its place. */
zy_status credential_replace(zy_tx *tx, zy_id customer, const char *kind, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], int keep,
                             zy_time now, zy_err *err);
zy_status customer_must_change(zy_tx *tx, zy_id customer, zy_err *err);
zy_status customer_changed_password(zy_tx *tx, zy_id customer, zy_err *err); /* nothing must be changed any more */
zy_status credential_age(zy_rtx *rtx, zy_id customer, const char *kind, zy_time *ret_changed_at, zy_err *err);
/* The end of a temporary password; 0: it is none. Replacing a record ends that. */
zy_status credential_until(zy_rtx *rtx, zy_id customer, const char *kind, zy_time *ret_until, zy_err *err);
zy_status credential_until_set(zy_tx *tx, zy_id customer, const char *kind, zy_time until, zy_err *err);

typedef struct pay_aid {
    zy_time set_until, unlocked_at; /* 0: no */
} pay_aid;
zy_status pay_aid_read(zy_rtx *rtx, zy_id customer, pay_aid *ret_aid, zy_err *err);
zy_status pay_aid_grant(zy_tx *tx, zy_id customer, zy_time until, zy_err *err);
/* Once, and in time: else ZY_STATE_CONFLICT. */
zy_status pay_aid_take(zy_tx *tx, zy_id customer, zy_time now, zy_err *err);
zy_status pay_aid_end(zy_tx *tx, zy_id customer, zy_err *err);
zy_status pay_aid_unlocked(zy_tx *tx, zy_id customer, zy_time now, zy_err *err);
