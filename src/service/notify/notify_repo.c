#include "service/notify/notify_repo.h"

static const zy_sql SQL_ADD = { "message.add",
    "INSERT INTO message (id, customer, at, kind, content, read_at) VALUES ($1, $2, $3, $4, $5, 0)", 5, NULL };

zy_status message_insert(zy_tx *tx, zy_id id, zy_id customer, zy_time at, const char *kind, zy_str content, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(id.v), ZY_I(customer.v), ZY_I(at.ms), ZY_TC(kind), ZY_B(content.p, content.n)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_PAGE = { "message.page",
    "SELECT id, at, kind, content, read_at FROM message WHERE customer = $1 AND id < $2 ORDER BY id DESC LIMIT $3", 3, NULL };

zy_status message_page(zy_rtx *rtx, zy_id customer, zy_id before, int64_t limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(before.v), ZY_I(limit)), ret_rows, err);
}

static const zy_sql SQL_READ = { "message.read",
    "UPDATE message SET read_at = CASE WHEN read_at = 0 THEN $3 ELSE read_at END WHERE id = $1 AND customer = $2", 3, NULL };

zy_status message_mark_read(zy_tx *tx, zy_id customer, zy_id id, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_READ, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v), ZY_I(now.ms)), 1, ZY_NOT_FOUND, err);
}

/* Counting stops at 99: that is what a badge shows. */
static const zy_sql SQL_UNREAD = { "message.unread",
    "SELECT count(*) FROM (SELECT 1 FROM message WHERE customer = $1 AND read_at = 0 LIMIT 99) m", 1, NULL };

zy_status message_unread(zy_rtx *rtx, zy_id customer, int64_t *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_UNREAD, ZY_ARGS(ZY_I(customer.v)), &stmt, err));
    *ret_count = zy_col_int(stmt, 0);
    return ZY_OK;
}
