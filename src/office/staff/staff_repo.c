#include "office/staff/staff_repo.h"

#include <string.h>

/* --- reading --- */

static zy_status copy_bytes(zy_str from, uint8_t *out, size_t size, size_t *ret_n)
{
    if (from.n > size)
        return ZY_INTERNAL;
    if (from.n > 0)
        memcpy(out, from.p, from.n);
    *ret_n = from.n;
    return ZY_OK;
}

static zy_status read_texts(const zy_stmt *s, int at, staff_row *r)
{
    const struct {
        int column;
        char *out;
        size_t size;
    } texts[] = { { 1, r->user, sizeof r->user },         { 3, r->role, sizeof r->role },
                  { 7, r->state, sizeof r->state },       { 8, r->staff_no, sizeof r->staff_no },
                  { 9, r->branch, sizeof r->branch },     { 16, r->login_address, sizeof r->login_address } };
    for (size_t i = 0; i < ZY_COUNT(texts); i++)
        ZY_TRY(zy_str_copy(zy_col_text(s, at + texts[i].column), texts[i].out, texts[i].size));
    return ZY_OK;
}

zy_status staff_read_columns(const zy_stmt *s, int at, staff_row *r)
{
    size_t password_n = 0, initial_n = 0;
    *r = (staff_row){ .id = zy_col_id(s, at), .totp_step = zy_col_int(s, at + 6), .enrolled = zy_col_int(s, at + 11) != 0,
                      .must_change = zy_col_int(s, at + 12) != 0, .initial_until = zy_col_time(s, at + 14),
                      .login_at = zy_col_time(s, at + 15), .failed = zy_col_int(s, at + 17), .used_at = zy_col_time(s, at + 18),
                      .created_at = zy_col_time(s, at + 19), .password_changed_at = zy_col_time(s, at + 20) };
    ZY_TRY(read_texts(s, at, r));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 2), r->name, sizeof r->name, &r->name_n));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 5), r->totp, sizeof r->totp, &r->totp_n));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 10), r->phone, sizeof r->phone, &r->phone_n));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 4), r->password, sizeof r->password, &password_n));
    ZY_TRY(copy_bytes(zy_col_blob(s, at + 13), r->initial, sizeof r->initial, &initial_n));
    r->has_initial = initial_n == sizeof r->initial;
    return password_n == sizeof r->password ? ZY_OK : ZY_INTERNAL;
}

static const zy_sql SQL_BY_USER = { "staff.by_user", "SELECT " STAFF_COLUMNS " FROM staff s WHERE s.user_name = $1", 1, NULL };

zy_status staff_by_user(zy_rtx *rtx, zy_str user, staff_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BY_USER, ZY_ARGS(ZY_T(user)), &stmt, err));
    return staff_read_columns(stmt, 0, ret_row);
}

static const zy_sql SQL_BY_ID = { "staff.by_id", "SELECT " STAFF_COLUMNS " FROM staff s WHERE s.id = $1", 1, NULL };

zy_status staff_by_id(zy_rtx *rtx, zy_id id, staff_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BY_ID, ZY_ARGS(ZY_I(id.v)), &stmt, err));
    return staff_read_columns(stmt, 0, ret_row);
}

static const zy_sql SQL_EXISTS = { "staff.exists",
    "SELECT count(*) FROM staff WHERE user_name = $1 OR staff_no = $2 OR person = $3", 3, NULL };

zy_status staff_exists(zy_rtx *rtx, zy_str user, zy_str staff_no, const uint8_t person[ZY_SM3_BYTES], bool *ret_exists,
                       zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_EXISTS, ZY_ARGS(ZY_T(user), ZY_T(staff_no), ZY_B(person, ZY_SM3_BYTES)), &stmt, err));
    *ret_exists = zy_col_int(stmt, 0) > 0;
    return ZY_OK;
}

static const zy_sql SQL_COUNT = { "staff.count", "SELECT count(*) FROM staff", 0, NULL };

zy_status staff_count(zy_rtx *rtx, int64_t *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_COUNT, ZY_NO_ARGS, &stmt, err));
    *ret_count = zy_col_int(stmt, 0);
    return ZY_OK;
}

/* --- writing --- */

static const zy_sql SQL_ADD = { "staff.add",
    "INSERT INTO staff (id, user_name, name, role, password, totp, totp_step, state, created_at, password_changed_at, staff_no,"
    " person, branch, phone, enrolled, must_change, initial, initial_until, used_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, 0, 'active', $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $7) ON CONFLICT DO NOTHING",
    15, NULL };

static zy_val text_or_null(const char *text)
{
    return text[0] != '\0' ? ZY_TC(text) : ZY_N;
}

static zy_val blob_or_null(const uint8_t *p, size_t n)
{
    return n > 0 ? ZY_B(p, n) : ZY_N;
}

zy_status staff_insert(zy_tx *tx, const staff_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->user), ZY_B(r->name, r->name_n), ZY_TC(r->role),
                                  ZY_B(r->password, sizeof r->password), ZY_B(r->totp, r->totp_n), ZY_I(r->created_at.ms),
                                  text_or_null(r->staff_no), blob_or_null(r->person, r->has_person ? sizeof r->person : 0),
                                  ZY_TC(r->branch), blob_or_null(r->phone, r->phone_n), ZY_I(r->enrolled), ZY_I(r->must_change),
                                  blob_or_null(r->initial, r->has_initial ? sizeof r->initial : 0), ZY_I(r->initial_until.ms)),
                          1, ZY_ALREADY_EXISTS, err);
}

static const zy_sql SQL_LOGGED_IN = { "staff.logged_in",
    "UPDATE staff SET totp_step = $2, login_at = $3, login_address = $4, used_at = $3, failed = 0"
    " WHERE id = $1 AND state = 'active' AND (totp_step < $2 OR enrolled = 0) AND password = $5 AND initial_until = $6"
    " AND enrolled = $7 AND must_change = $8", 8, NULL };

zy_status staff_logged_in(zy_tx *tx, const staff_row *seen, int64_t step, zy_time now, zy_str address, bool *ret_taken,
                          zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, &SQL_LOGGED_IN,
                   ZY_ARGS(ZY_I(seen->id.v), ZY_I(step), ZY_I(now.ms), ZY_T(address), ZY_B(seen->password, sizeof seen->password),
                           ZY_I(seen->initial_until.ms), ZY_I(seen->enrolled), ZY_I(seen->must_change)),
                   &changed, err));
    *ret_taken = changed == 1;
    return ZY_OK;
}

static const zy_sql SQL_FAILED = { "staff.add_failed", "UPDATE staff SET failed = failed + 1 WHERE id = $1", 1, NULL };

zy_status staff_add_failed(zy_tx *tx, zy_id staff, zy_err *err)
{
    return zy_exec(tx, &SQL_FAILED, ZY_ARGS(ZY_I(staff.v)), NULL, err);
}

static const zy_sql SQL_STATE = { "staff.set_state",
    "UPDATE staff SET state = $3, used_at = $4 WHERE id = $1 AND state = $2", 4, NULL };

zy_status staff_set_state(zy_tx *tx, zy_id staff, const char *from, const char *to, zy_time used_at, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_STATE, ZY_ARGS(ZY_I(staff.v), ZY_TC(from), ZY_TC(to), ZY_I(used_at.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_POST = { "staff.set_post", "UPDATE staff SET role = $2, branch = $3, phone = $4 WHERE id = $1", 4, NULL };

zy_status staff_set_post(zy_tx *tx, const staff_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_POST,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->role), ZY_TC(r->branch), blob_or_null(r->phone, r->phone_n)), 1,
                          ZY_NOT_FOUND, err);
}

static const zy_sql SQL_FIRST = { "staff.set_first",
    "UPDATE staff SET password = $2, initial = $3, initial_until = $4, enrolled = $5, totp = $6, must_change = 1"
    " WHERE id = $1", 6, NULL };

zy_status staff_set_first(zy_tx *tx, const staff_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_FIRST,
                          ZY_ARGS(ZY_I(r->id.v), ZY_B(r->password, sizeof r->password), ZY_B(r->initial, sizeof r->initial),
                                  ZY_I(r->initial_until.ms), ZY_I(r->enrolled), ZY_B(r->totp, r->totp_n)),
                          1, ZY_NOT_FOUND, err);
}

static const zy_sql SQL_TOTP = { "staff.set_totp",
    "UPDATE staff SET totp = $2 WHERE id = $1 AND enrolled = 0 AND state = 'active'", 2, NULL };

zy_status staff_set_totp(zy_tx *tx, const staff_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_TOTP, ZY_ARGS(ZY_I(r->id.v), ZY_B(r->totp, r->totp_n)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_ENROL = { "staff.enrol",
    "UPDATE staff SET enrolled = 1, totp_step = $3 WHERE id = $1 AND enrolled = 0 AND totp = $2 AND state = 'active'", 3, NULL };

zy_status staff_enrol(zy_tx *tx, const staff_row *r, int64_t step, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ENROL, ZY_ARGS(ZY_I(r->id.v), ZY_B(r->totp, r->totp_n), ZY_I(step)), 1, ZY_STATE_CONFLICT,
                          err);
}

/* --- passwords --- */

static const zy_sql SQL_PASSWORD = { "staff.set_password",
    "UPDATE staff SET password = $2, must_change = 0, initial = NULL, initial_until = 0, password_changed_at = $3"
    " WHERE id = $1 AND password = $4 AND initial_until = $5 AND state = 'active'", 5, NULL };
static const zy_sql SQL_OLD_ADD = { "staff_password_old.add",
    "INSERT INTO staff_password_old (id, staff, record) VALUES ($1, $2, $3)", 3, NULL };

zy_status staff_set_password(zy_tx *tx, const staff_row *seen, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_time now,
                             zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PASSWORD,
                          ZY_ARGS(ZY_I(seen->id.v), ZY_B(record, ZY_PASSWORD_RECORD_BYTES), ZY_I(now.ms),
                                  ZY_B(seen->password, sizeof seen->password), ZY_I(seen->initial_until.ms)),
                          1, ZY_STATE_CONFLICT, err);
}

zy_status staff_keep_password(zy_tx *tx, zy_id id, const staff_row *r, zy_err *err)
{
    if (r->must_change) /* nothing fits the record in the row */
        return ZY_OK;
    return zy_exec_expect(tx, &SQL_OLD_ADD, ZY_ARGS(ZY_I(id.v), ZY_I(r->id.v), ZY_B(r->password, sizeof r->password)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_OLD = { "staff_password_old.newest",
    "SELECT record FROM staff_password_old WHERE staff = $1 ORDER BY id DESC LIMIT $2", 2, NULL };

zy_status staff_old_passwords(zy_rtx *rtx, zy_id staff, int max, uint8_t (*ret_records)[ZY_PASSWORD_RECORD_BYTES],
                              int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    *ret_count = 0;
    ZY_TRY(zy_query(rtx, &SQL_OLD, ZY_ARGS(ZY_I(staff.v), ZY_I(max)), &rows, err));
    for (bool more = true; *ret_count < max; (*ret_count)++) {
        size_t n = 0;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        ZY_TRY(copy_bytes(zy_col_blob(rows, 0), ret_records[*ret_count], ZY_PASSWORD_RECORD_BYTES, &n));
        if (n != ZY_PASSWORD_RECORD_BYTES)
            return ZY_INTERNAL;
    }
    return ZY_OK;
}

/* --- lists --- */

#define PAGE_FROM                                                                                                 \
    "SELECT " STAFF_COLUMNS ", l.id, l.created_at, l.address FROM staff s"                                        \
    " LEFT JOIN staff_session l ON l.staff = s.id AND l.state = 'active' WHERE s.id < $1 "
#define PAGE_END " ORDER BY s.id DESC LIMIT $2"
static const zy_sql SQL_PAGE = { "staff.page", PAGE_FROM PAGE_END, 2, NULL };
static const zy_sql SQL_PAGE_USER = { "staff.page_user", PAGE_FROM "AND (s.user_name = $3 OR s.staff_no = $3)" PAGE_END, 3, NULL };
static const zy_sql SQL_PAGE_ROLE = { "staff.page_role", PAGE_FROM "AND s.role = $3" PAGE_END, 3, NULL };
static const zy_sql SQL_PAGE_STATE = { "staff.page_state", PAGE_FROM "AND s.state = $3" PAGE_END, 3, NULL };

zy_status staff_page(zy_rtx *rtx, const staff_filter *f, zy_stmt **ret_rows, zy_err *err)
{
    const struct {
        zy_str value;
        const zy_sql *sql;
    } choices[] = { { f->user, &SQL_PAGE_USER }, { f->role, &SQL_PAGE_ROLE }, { f->state, &SQL_PAGE_STATE } };
    zy_val before = ZY_I(f->before.v != 0 ? f->before.v : INT64_MAX), limit = ZY_I(f->limit);
    for (size_t i = 0; i < ZY_COUNT(choices); i++)
        if (choices[i].value.n > 0)
            return zy_query(rtx, choices[i].sql, ZY_ARGS(before, limit, ZY_T(choices[i].value)), ret_rows, err);
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(before, limit), ret_rows, err);
}

zy_status staff_page_row(const zy_stmt *stmt, staff_seen *seen)
{
    const int at = STAFF_COLUMN_COUNT;
    ZY_TRY(staff_read_columns(stmt, 0, &seen->staff));
    bool none = zy_col_null(stmt, at);
    seen->session = none ? (zy_id){ 0 } : zy_col_id(stmt, at);
    seen->session_at = none ? (zy_time){ 0 } : zy_col_time(stmt, at + 1);
    return zy_str_copy(none ? (zy_str){ 0 } : zy_col_text(stmt, at + 2), seen->session_address, sizeof seen->session_address);
}

static const zy_sql SQL_UNUSED = { "staff.unused",
    "SELECT id FROM staff WHERE state = 'active' AND used_at < $1 ORDER BY used_at LIMIT $2", 2, NULL };

zy_status staff_unused(zy_rtx *rtx, zy_time before, int max, zy_id *ret_ids, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    *ret_count = 0;
    ZY_TRY(zy_query(rtx, &SQL_UNUSED, ZY_ARGS(ZY_I(before.ms), ZY_I(max)), &rows, err));
    for (bool more = true; *ret_count < max; (*ret_count)++) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        ret_ids[*ret_count] = zy_col_id(rows, 0);
    }
    return ZY_OK;
}

static const zy_sql SQL_LOCK = { "staff.lock_active", "SELECT id FROM staff WHERE state = 'active' ORDER BY id", 0,
                                 "SELECT id FROM staff WHERE state = 'active' ORDER BY id FOR UPDATE" };

zy_status staff_lock_active(zy_tx *tx, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(zy_tx_read(tx), &SQL_LOCK, ZY_NO_ARGS, &rows, err));
    for (bool more = true; more;)
        ZY_TRY(zy_stmt_next(rows, &more, err));
    return ZY_OK;
}

static const zy_sql SQL_ABLE = { "staff.able_by_role",
    "SELECT role, count(*) FROM staff WHERE state = 'active' AND enrolled = 1 AND must_change = 0 GROUP BY role", 0, NULL };

zy_status staff_able_by_role(zy_rtx *rtx, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_ABLE, ZY_NO_ARGS, ret_rows, err);
}

/* --- roles --- */

static const zy_sql SQL_ROLE_CHANGES = { "staff_role_change.of_role",
    "SELECT permission, granted FROM staff_role_change WHERE role = $1", 1, NULL };

zy_status staff_role_changes(zy_rtx *rtx, const char *role, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_ROLE_CHANGES, ZY_ARGS(ZY_TC(role)), ret_rows, err);
}

static const zy_sql SQL_ROLE_SET = { "staff_role_change.set",
    "INSERT INTO staff_role_change (role, permission, granted, changed_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (role, permission) DO UPDATE SET granted = $3, changed_at = $4", 4, NULL };

zy_status staff_role_set(zy_tx *tx, const char *role, const char *permission, bool granted, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ROLE_SET, ZY_ARGS(ZY_TC(role), ZY_TC(permission), ZY_I(granted), ZY_I(now.ms)), 1,
                          ZY_INTERNAL, err);
}
