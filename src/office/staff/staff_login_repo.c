/* Tries and sessions. */
#include "office/staff/staff_repo.h"

#include <string.h>

/* --- tries --- */

static const zy_sql SQL_TRY_ENSURE = { "staff_try.ensure",
    "INSERT INTO staff_try (who, in_a_row, locked_until, changed_at) VALUES ($1, 0, 0, $2) ON CONFLICT (who) DO NOTHING", 2,
    NULL };
#define TRY_SELECT "SELECT in_a_row, locked_until, staff, day, in_day, blocked FROM staff_try WHERE who = $1"
static const zy_sql SQL_TRY_READ = { "staff_try.read", TRY_SELECT, 1, TRY_SELECT " FOR UPDATE" };
static const zy_sql SQL_TRY_PEEK = { "staff_try.peek", TRY_SELECT, 1, NULL };

static staff_try read_try(const zy_stmt *s)
{
    return (staff_try){ .in_a_row = zy_col_int(s, 0), .locked_until = zy_col_time(s, 1), .staff = zy_col_id(s, 2),
                        .day = { (int32_t)zy_col_int(s, 3) }, .in_day = zy_col_int(s, 4), .blocked = zy_col_int(s, 5) != 0 };
}

zy_status staff_try_read(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_time now, staff_try *ret_try, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_exec(tx, &SQL_TRY_ENSURE, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES), ZY_I(now.ms)), NULL, err));
    zy_status status = zy_query_one(zy_tx_read(tx), &SQL_TRY_READ, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES)), &stmt, err);
    if (status == ZY_NOT_FOUND) /* forgotten by another login between the two statements */
        return zy_fail(err, ZY_DB_CONFLICT, NULL, "the row of tries went away");
    ZY_TRY(status);
    *ret_try = read_try(stmt);
    return ZY_OK;
}

zy_status staff_try_peek(zy_rtx *rtx, const uint8_t who[ZY_SM3_BYTES], staff_try *ret_try, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    zy_status status = zy_query_one(rtx, &SQL_TRY_PEEK, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES)), &stmt, err);
    *ret_try = status == ZY_OK ? read_try(stmt) : (staff_try){ 0 };
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static const zy_sql SQL_TRY_WRITE = { "staff_try.write",
    "UPDATE staff_try SET in_a_row = $2, locked_until = $3, changed_at = $4, staff = $5, day = $6, in_day = $7, blocked = $8"
    " WHERE who = $1", 8, NULL };

zy_status staff_try_write(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], const staff_try *t, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_TRY_WRITE,
                          ZY_ARGS(ZY_B(who, ZY_SM3_BYTES), ZY_I(t->in_a_row), ZY_I(t->locked_until.ms), ZY_I(now.ms),
                                  ZY_I(t->staff.v), ZY_I(t->day.days), ZY_I(t->in_day), ZY_I(t->blocked)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_TRY_DROP = { "staff_try.drop", "DELETE FROM staff_try WHERE who = $1", 1, NULL };

zy_status staff_try_drop(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_err *err)
{
    return zy_exec(tx, &SQL_TRY_DROP, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES)), NULL, err);
}

static const zy_sql SQL_TRY_FORGET = { "staff_try.forget",
    "DELETE FROM staff_try WHERE who IN (SELECT who FROM staff_try WHERE changed_at < $1 AND (blocked = 0 OR"
    " (staff = 0 AND changed_at < $2)) ORDER BY changed_at LIMIT 8)", 2, NULL };

zy_status staff_try_forget(zy_tx *tx, zy_time before, zy_time long_before, zy_err *err)
{
    return zy_exec(tx, &SQL_TRY_FORGET, ZY_ARGS(ZY_I(before.ms), ZY_I(long_before.ms)), NULL, err);
}

/* --- sessions --- */

static const zy_sql SQL_SESSION_ADD = { "staff_session.add",
    "INSERT INTO staff_session (id, staff, token_digest, created_at, last_seen, address, state, ended_at, ended_reason,"
    " previous_at, previous_address, failed_before) VALUES ($1, $2, $3, $4, $5, $6, 'active', 0, '', $7, $8, $9)", 9, NULL };

zy_status staff_session_insert(zy_tx *tx, const staff_session_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_SESSION_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->staff.v), ZY_B(r->digest, sizeof r->digest), ZY_I(r->created_at.ms),
                                  ZY_I(r->last_seen.ms), ZY_TC(r->address), ZY_I(r->previous_at.ms),
                                  ZY_TC(r->previous_address), ZY_I(r->failed_before)),
                          1, ZY_INTERNAL, err);
}

#define SESSION_COLUMNS "l.id, l.created_at, l.last_seen, l.previous_at, l.previous_address, l.failed_before, "
#define SESSION_COLUMN_COUNT 6
static const zy_sql SQL_SESSION_FIND = { "staff_session.find",
    "SELECT " SESSION_COLUMNS STAFF_COLUMNS " FROM staff_session l JOIN staff s ON s.id = l.staff"
    " WHERE l.token_digest = $1 AND l.state = 'active' AND s.state = 'active'", 1, NULL };

zy_status staff_session_by_digest(zy_rtx *rtx, const uint8_t digest[ZY_SM3_BYTES], staff_session_row *l, staff_row *ret_staff,
                                  zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_SESSION_FIND, ZY_ARGS(ZY_B(digest, ZY_SM3_BYTES)), &stmt, err));
    *l = (staff_session_row){ .id = zy_col_id(stmt, 0), .created_at = zy_col_time(stmt, 1), .last_seen = zy_col_time(stmt, 2),
                              .previous_at = zy_col_time(stmt, 3), .failed_before = zy_col_int(stmt, 5) };
    ZY_TRY(zy_str_copy(zy_col_text(stmt, 4), l->previous_address, sizeof l->previous_address));
    ZY_TRY(staff_read_columns(stmt, SESSION_COLUMN_COUNT, ret_staff));
    l->staff = ret_staff->id;
    return ZY_OK;
}

static const zy_sql SQL_SESSION_TOUCH = { "staff_session.touch",
    "UPDATE staff_session SET last_seen = $2 WHERE id = $1 AND state = 'active' AND last_seen < $2", 2, NULL };

zy_status staff_session_touch(zy_tx *tx, zy_id session, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_SESSION_TOUCH, ZY_ARGS(ZY_I(session.v), ZY_I(now.ms)), NULL, err);
}

static const zy_sql SQL_SESSION_END = { "staff_session.end",
    "UPDATE staff_session SET state = 'ended', ended_reason = $2, ended_at = $3 WHERE id = $1 AND state = 'active'", 3, NULL };

zy_status staff_session_end(zy_tx *tx, zy_id session, const char *reason, zy_time now, int64_t *ret_ended, zy_err *err)
{
    return zy_exec(tx, &SQL_SESSION_END, ZY_ARGS(ZY_I(session.v), ZY_TC(reason), ZY_I(now.ms)), ret_ended, err);
}

static const zy_sql SQL_SESSION_ACTIVE = { "staff_session.active",
    "SELECT id FROM staff_session WHERE staff = $1 AND state = 'active'", 1, NULL };

zy_status staff_session_active(zy_rtx *rtx, zy_id staff, zy_id *ret_session, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    zy_status status = zy_query_one(rtx, &SQL_SESSION_ACTIVE, ZY_ARGS(ZY_I(staff.v)), &stmt, err);
    *ret_session = status == ZY_OK ? zy_col_id(stmt, 0) : (zy_id){ 0 };
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}
