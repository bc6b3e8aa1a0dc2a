/* The statements of approval_request; used by src/service/approval alone. */
#pragma once

#include "service/approval/approval.h"

typedef struct approval_row {
    zy_id id, maker, checker;
    zy_str kind, state, payload, before, after, reason, comment; /* borrowed from the statement */
    zy_time created_at, expires_at, decided_at;
} approval_row;

zy_status approval_insert(zy_tx *tx, const approval_row *row, zy_err *err);
/* The row, kept open in *ret_stmt; ZY_NOT_FOUND. */
zy_status approval_read(zy_rtx *rtx, zy_id id, zy_stmt **ret_stmt, approval_row *ret_row, zy_err *err);
/* waiting -> state; ZY_STATE_CONFLICT when somebody decided first. */
zy_status approval_close(zy_tx *tx, zy_id id, const char *state, zy_id checker, zy_str comment, zy_time now, zy_err *err);
zy_status approval_count_waiting(zy_rtx *rtx, zy_time now, int64_t *ret_count, zy_err *err);
zy_status approval_page(zy_rtx *rtx, zy_str state, zy_id before, int limit, zy_stmt **ret_rows, zy_err *err);
void approval_row_read(const zy_stmt *stmt, approval_row *ret_row);
