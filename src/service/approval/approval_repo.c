#include "service/approval/approval_repo.h"

#define COLUMNS                                                                                              \
    "id, kind, state, maker, checker, payload, before_state, after_state, reason, comment, created_at, expires_at, " \
    "decided_at"

static const zy_sql SQL_ADD = { "approval.add",
    "INSERT INTO approval_request (" COLUMNS ") VALUES ($1, $2, 'waiting', $3, 0, $4, $5, $6, $7, '', $8, $9, 0)", 9, NULL };

zy_status approval_insert(zy_tx *tx, const approval_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_T(r->kind), ZY_I(r->maker.v), ZY_T(r->payload), ZY_T(r->before),
                                  ZY_T(r->after), ZY_T(r->reason), ZY_I(r->created_at.ms), ZY_I(r->expires_at.ms)),
                          1, ZY_INTERNAL, err);
}

void approval_row_read(const zy_stmt *s, approval_row *r)
{
    *r = (approval_row){
        .id = zy_col_id(s, 0), .kind = zy_col_text(s, 1), .state = zy_col_text(s, 2), .maker = zy_col_id(s, 3),
        .checker = zy_col_id(s, 4), .payload = zy_col_text(s, 5), .before = zy_col_text(s, 6), .after = zy_col_text(s, 7),
        .reason = zy_col_text(s, 8), .comment = zy_col_text(s, 9), .created_at = zy_col_time(s, 10),
        .expires_at = zy_col_time(s, 11), .decided_at = zy_col_time(s, 12),
    };
}

static const zy_sql SQL_READ = { "approval.read", "SELECT " COLUMNS " FROM approval_request WHERE id = $1", 1, NULL };

zy_status approval_read(zy_rtx *rtx, zy_id id, zy_stmt **ret_stmt, approval_row *ret_row, zy_err *err)
{
    ZY_TRY(zy_query_one(rtx, &SQL_READ, ZY_ARGS(ZY_I(id.v)), ret_stmt, err));
    approval_row_read(*ret_stmt, ret_row);
    return ZY_OK;
}

static const zy_sql SQL_CLOSE = { "approval.close",
    "UPDATE approval_request SET state = $2, checker = $3, comment = $4, decided_at = $5"
    " WHERE id = $1 AND state = 'waiting'", 5, NULL };

zy_status approval_close(zy_tx *tx, zy_id id, const char *state, zy_id checker, zy_str comment, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CLOSE,
                          ZY_ARGS(ZY_I(id.v), ZY_TC(state), ZY_I(checker.v), ZY_T(comment), ZY_I(now.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_PAGE = { "approval.page",
    "SELECT " COLUMNS " FROM approval_request WHERE ($1 = '' OR state = $1) AND id < $2 ORDER BY id DESC LIMIT $3", 3, NULL };

zy_status approval_page(zy_rtx *rtx, zy_str state, zy_id before, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_T(state), ZY_I(before.v != 0 ? before.v : INT64_MAX), ZY_I(limit)), ret_rows,
                    err);
}

static const zy_sql SQL_WAITING = { "approval.waiting",
    "SELECT count(*) FROM approval_request WHERE state = 'waiting' AND expires_at > $1", 1, NULL };

zy_status approval_count_waiting(zy_rtx *rtx, zy_time now, int64_t *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_WAITING, ZY_ARGS(ZY_I(now.ms)), &stmt, err));
    *ret_count = zy_col_int(stmt, 0);
    return ZY_OK;
}
