#include "office/staff/staff_repo.h"

#include <string.h>

#define STAFF_COLUMNS "s.id, s.user_name, s.name, s.role, s.password, s.totp, s.totp_step, s.state"

/* --- people --- */

static const zy_sql SQL_ADD = { "staff.add",
    "INSERT INTO staff (id, user_name, name, role, password, totp, totp_step, state, created_at, password_changed_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, 0, 'active', $7, $7) ON CONFLICT (user_name) DO NOTHING", 7, NULL };

zy_status staff_insert(zy_tx *tx, const staff_row *r, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->user), ZY_B(r->name, r->name_n), ZY_TC(r->role),
                                  ZY_B(r->password, sizeof r->password), ZY_B(r->totp, r->totp_n), ZY_I(now.ms)),
                          1, ZY_ALREADY_EXISTS, err);
}

static zy_status copy_bytes(zy_str from, uint8_t *out, size_t size, size_t *ret_n)
{
    if (from.n > size)
        return ZY_INTERNAL;
    memcpy(out, from.p, from.n);
    *ret_n = from.n;
    return ZY_OK;
}

/* STAFF_COLUMNS from column `at` on. */
static zy_status read_staff(const zy_stmt *s, int at, staff_row *r)
{
    size_t n = 0;
    r->id = zy_col_id(s, at);
    r->totp_step = zy_col_int(s, at + 6);
    ZY_TRY(zy_str_copy(zy_col_text(s, at + 1), r->user, sizeof r->user));
    ZY_TRY(zy_str_copy(zy_col_text(s, at + 3), r->role, sizeof r->role));
    ZY_TRY(zy_str_copy(zy_col_text(s, at + 7), r->state, sizeof r->state));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 2), r->name, sizeof r->name, &r->name_n));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 5), r->totp, sizeof r->totp, &r->totp_n));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 4), r->password, sizeof r->password, &n));
    return n == sizeof r->password ? ZY_OK : ZY_INTERNAL;
}

static const zy_sql SQL_BY_USER = { "staff.by_user", "SELECT " STAFF_COLUMNS " FROM staff s WHERE s.user_name = $1", 1, NULL };

zy_status staff_by_user(zy_rtx *rtx, zy_str user, staff_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BY_USER, ZY_ARGS(ZY_T(user)), &stmt, err));
    return read_staff(stmt, 0, ret_row);
}

static const zy_sql SQL_BY_ID = { "staff.by_id", "SELECT " STAFF_COLUMNS " FROM staff s WHERE s.id = $1", 1, NULL };

zy_status staff_by_id(zy_rtx *rtx, zy_id id, staff_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BY_ID, ZY_ARGS(ZY_I(id.v)), &stmt, err));
    return read_staff(stmt, 0, ret_row);
}

static const zy_sql SQL_TAKE_STEP = { "staff.take_step",
    "UPDATE staff SET totp_step = $2 WHERE id = $1 AND totp_step < $2 AND state = 'active'", 2, NULL };

zy_status staff_take_step(zy_tx *tx, zy_id staff, int64_t step, bool *ret_taken, zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, &SQL_TAKE_STEP, ZY_ARGS(ZY_I(staff.v), ZY_I(step)), &changed, err));
    *ret_taken = changed == 1;
    return ZY_OK;
}

/* --- tries --- */

static const zy_sql SQL_TRY_ENSURE = { "staff_try.ensure",
    "INSERT INTO staff_try (who, in_a_row, locked_until, changed_at) VALUES ($1, 0, 0, $2) ON CONFLICT (who) DO NOTHING", 2,
    NULL };
static const zy_sql SQL_TRY_READ = { "staff_try.read", "SELECT in_a_row, locked_until FROM staff_try WHERE who = $1", 1,
    "SELECT in_a_row, locked_until FROM staff_try WHERE who = $1 FOR UPDATE" };

zy_status staff_try_read(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_time now, staff_try *ret_try, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_exec(tx, &SQL_TRY_ENSURE, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES), ZY_I(now.ms)), NULL, err));
    zy_status status = zy_query_one(zy_tx_read(tx), &SQL_TRY_READ, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES)), &stmt, err);
    if (status == ZY_NOT_FOUND) /* forgotten by another login between the two statements */
        return zy_fail(err, ZY_DB_CONFLICT, NULL, "the row of tries went away");
    ZY_TRY(status);
    *ret_try = (staff_try){ zy_col_int(stmt, 0), zy_col_time(stmt, 1) };
    return ZY_OK;
}

static const zy_sql SQL_TRY_WRITE = { "staff_try.write",
    "UPDATE staff_try SET in_a_row = $2, locked_until = $3, changed_at = $4 WHERE who = $1", 4, NULL };

zy_status staff_try_write(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], const staff_try *t, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_TRY_WRITE,
                          ZY_ARGS(ZY_B(who, ZY_SM3_BYTES), ZY_I(t->in_a_row), ZY_I(t->locked_until.ms), ZY_I(now.ms)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_TRY_FORGET = { "staff_try.forget",
    "DELETE FROM staff_try WHERE who IN (SELECT who FROM staff_try WHERE changed_at < $1 ORDER BY changed_at LIMIT 8)", 1,
    NULL };

zy_status staff_try_forget(zy_tx *tx, zy_time before, zy_err *err)
{
    return zy_exec(tx, &SQL_TRY_FORGET, ZY_ARGS(ZY_I(before.ms)), NULL, err);
}

/* --- sessions --- */

static const zy_sql SQL_SESSION_ADD = { "staff_session.add",
    "INSERT INTO staff_session (id, staff, token_digest, created_at, last_seen, address, state, ended_at, ended_reason)"
    " VALUES ($1, $2, $3, $4, $5, $6, 'active', 0, '')", 6, NULL };

zy_status staff_session_insert(zy_tx *tx, const staff_session_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_SESSION_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->staff.v), ZY_B(r->digest, sizeof r->digest), ZY_I(r->created_at.ms),
                                  ZY_I(r->last_seen.ms), ZY_T(r->address)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_SESSION_FIND = { "staff_session.find",
    "SELECT l.id, l.created_at, l.last_seen, " STAFF_COLUMNS " FROM staff_session l JOIN staff s ON s.id = l.staff"
    " WHERE l.token_digest = $1 AND l.state = 'active' AND s.state = 'active'", 1, NULL };

zy_status staff_session_by_digest(zy_rtx *rtx, const uint8_t digest[ZY_SM3_BYTES], staff_session_row *l, staff_row *ret_staff,
                                  zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_SESSION_FIND, ZY_ARGS(ZY_B(digest, ZY_SM3_BYTES)), &stmt, err));
    *l = (staff_session_row){ .id = zy_col_id(stmt, 0), .created_at = zy_col_time(stmt, 1), .last_seen = zy_col_time(stmt, 2) };
    ZY_TRY(read_staff(stmt, 3, ret_staff));
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
