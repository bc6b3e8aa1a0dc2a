/* The outbox table's statements; used by src/service/outbox alone. */
#pragma once

#include "service/outbox/outbox.h"

typedef struct outbox_row {
    zy_id id;
    int64_t tries;
    zy_time expires_at;
    zy_buf payload; /* sealed; owned */
} outbox_row;

zy_status outbox_insert(zy_tx *tx, zy_id id, const char *channel, const char *purpose, zy_str payload, zy_time now,
                        zy_time expires_at, zy_err *err);
/* Reads up to max due rows (locked against other nodes). The caller moves their due_at on in the same transaction. */
zy_status outbox_due(zy_tx *tx, zy_time now, int max, outbox_row *ret_rows, int *ret_count, zy_err *err);
zy_status outbox_lease(zy_tx *tx, zy_id id, zy_time due_at, zy_err *err);
/* Ends a row; its payload is emptied. */
zy_status outbox_done(zy_tx *tx, zy_id id, const char *state, zy_time now, const char *error, zy_err *err);
zy_status outbox_retry(zy_tx *tx, zy_id id, zy_time due_at, const char *error, zy_err *err);
