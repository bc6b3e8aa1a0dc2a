/* The message table's statements; used by src/service/notify alone. */
#pragma once

#include "service/notify/notify.h"

zy_status message_insert(zy_tx *tx, zy_id id, zy_id customer, zy_time at, const char *kind, zy_str content, zy_err *err);
/* Newest first, ids below `before`: id, at, kind, content, read_at. */
zy_status message_page(zy_rtx *rtx, zy_id customer, zy_id before, int64_t limit, zy_stmt **ret_rows, zy_err *err);
/* The customer's own message only: ZY_NOT_FOUND. */
zy_status message_mark_read(zy_tx *tx, zy_id customer, zy_id id, zy_time now, zy_err *err);
zy_status message_unread(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_err *err);
