/* The statements of sms_code and sms_sender; used by sms_code.c alone. */
#pragma once

#include "service/identity/sms_code.h"

typedef struct sms_code_row {
    zy_id id, customer;
    const char *kind; /* "login", "session" */
    uint8_t phone[ZY_SM3_BYTES], binding[ZY_SM3_BYTES], digest[ZY_SM3_BYTES];
    int64_t event, tries;
    zy_time created_at, expires_at;
} sms_code_row;
/* What was sent before. */
typedef struct sms_sent {
    int64_t in_hour, in_day, of_binding;
    zy_time last, last_of_binding; /* 0: none */
} sms_sent;

/* Counts one for a phone, device or address, and locks its row until the transaction ends: what is counted after it cannot
 * change meanwhile. ret_events: ever; ret_taken: in the hour that runs. */
zy_status sms_sender_take(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_time now, int64_t *ret_events, int64_t *ret_taken,
                          zy_err *err);
zy_status sms_code_sent(zy_rtx *rtx, const sms_code_row *row, sms_sent *ret_sent, zy_err *err);
zy_status sms_code_insert(zy_tx *tx, const sms_code_row *row, zy_err *err);
/* The live code of a binding, locked: id, digest, tries, expires_at. ZY_NOT_FOUND. */
zy_status sms_code_live(zy_tx *tx, const uint8_t binding[ZY_SM3_BYTES], sms_code_row *ret_row, zy_err *err);
zy_status sms_code_count_try(zy_tx *tx, zy_id id, zy_err *err);
/* live -> state; the digest is emptied. */
zy_status sms_code_close(zy_tx *tx, zy_id id, const char *state, zy_time now, zy_err *err);
zy_status sms_code_replace(zy_tx *tx, const uint8_t binding[ZY_SM3_BYTES], zy_time now, zy_err *err);
zy_status sms_code_drop(zy_tx *tx, zy_time before, int max, int64_t *ret_dropped, zy_err *err);
