#include "service/identity/password_repo.h"

#include <string.h>

static const zy_sql SQL_PENDING_ADD = { "password.pending_add",
    "INSERT INTO password_pending (id, token, customer, login, session_digest, kind, record, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", 8, NULL };

zy_status password_pending_insert(zy_tx *tx, const password_pending *p, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PENDING_ADD,
                          ZY_ARGS(ZY_I(p->id.v), ZY_TC(p->token), ZY_I(p->customer.v), ZY_I(p->login.v),
                                  ZY_B(p->session_digest, ZY_SM3_BYTES), ZY_TC(p->kind),
                                  ZY_B(p->record, p->has_record ? sizeof p->record : 0), ZY_I(p->created_at.ms)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_PENDING = { "password.pending",
    "SELECT id, customer, login, session_digest, kind, record, created_at FROM password_pending WHERE token = $1", 1, NULL };

zy_status password_pending_find(zy_rtx *rtx, zy_str token, password_pending *p, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    *p = (password_pending){ 0 };
    ZY_TRY(zy_query_one(rtx, &SQL_PENDING, ZY_ARGS(ZY_T(token)), &row, err));
    zy_str digest = zy_col_blob(row, 3), record = zy_col_blob(row, 5);
    if (digest.n != sizeof p->session_digest || (record.n != 0 && record.n != sizeof p->record))
        return zy_fail(err, ZY_INTERNAL, NULL, "a pending password of another form");
    p->id = zy_col_id(row, 0);
    p->customer = zy_col_id(row, 1);
    p->login = zy_col_id(row, 2);
    memcpy(p->session_digest, digest.p, digest.n);
    p->has_record = record.n > 0;
    if (p->has_record)
        memcpy(p->record, record.p, record.n);
    p->created_at = zy_col_time(row, 6);
    ZY_TRY(zy_str_copy(token, p->token, sizeof p->token));
    return zy_str_copy(zy_col_text(row, 4), p->kind, sizeof p->kind);
}

static const zy_sql SQL_PENDING_TAKE = { "password.pending_take", "DELETE FROM password_pending WHERE id = $1", 1, NULL };

zy_status password_pending_take(zy_tx *tx, zy_id id, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PENDING_TAKE, ZY_ARGS(ZY_I(id.v)), 1, ZY_CODE_EXPIRED, err);
}

static const zy_sql SQL_PENDING_DROP = { "password.pending_drop",
    "DELETE FROM password_pending WHERE id IN (SELECT id FROM password_pending WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
    2, NULL };

zy_status password_pending_drop(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_PENDING_DROP, ZY_ARGS(ZY_I(older_than.ms), ZY_I(max)), ret_dropped, err);
}

static const zy_sql SQL_HISTORY = { "password.history",
    "SELECT record FROM password_history WHERE customer = $1 AND kind = $2 ORDER BY at DESC LIMIT $3", 3, NULL };

zy_status password_history_read(zy_rtx *rtx, zy_id customer, const char *kind, int count,
                                uint8_t (*ret_records)[ZY_PASSWORD_RECORD_BYTES], int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_HISTORY, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind), ZY_I(count)), &rows, err));
    for (*ret_count = 0; *ret_count < PASSWORD_HISTORY_MAX; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        zy_str record = zy_col_blob(rows, 0);
        if (record.n != ZY_PASSWORD_RECORD_BYTES)
            return zy_fail(err, ZY_INTERNAL, NULL, "a password record of another length");
        memcpy(ret_records[*ret_count], record.p, record.n);
    }
    return ZY_OK;
}

static const zy_sql SQL_HISTORY_ADD = { "password.history_add",
    "INSERT INTO password_history (customer, kind, at, record)"
    " SELECT customer, kind, changed_at, record FROM credential WHERE customer = $1 AND kind = $2", 2, NULL };
static const zy_sql SQL_HISTORY_TRIM = { "password.history_trim",
    "DELETE FROM password_history WHERE customer = $1 AND kind = $2 AND at NOT IN"
    " (SELECT at FROM password_history WHERE customer = $1 AND kind = $2 ORDER BY at DESC LIMIT $3)", 3, NULL };
static const zy_sql SQL_REPLACE = { "credential.replace",
    "UPDATE credential SET record = $3, changed_at = $4, until_at = 0 WHERE customer = $1 AND kind = $2 AND changed_at < $4", 4, NULL };

zy_status credential_replace(zy_tx *tx, zy_id customer, const char *kind, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], int keep,
                             zy_time now, zy_err *err)
{
    ZY_TRY(zy_exec_expect(tx, &SQL_HISTORY_ADD, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind)), 1, ZY_INTERNAL, err));
    ZY_TRY(zy_exec(tx, &SQL_HISTORY_TRIM, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind), ZY_I(keep)), NULL, err));
    return zy_exec_expect(tx, &SQL_REPLACE,
                          ZY_ARGS(ZY_I(customer.v), ZY_TC(kind), ZY_B(record, ZY_PASSWORD_RECORD_BYTES), ZY_I(now.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_CHANGED = { "customer.changed_password", "UPDATE customer SET must_change = 0 WHERE id = $1", 1, NULL };

static const zy_sql SQL_MUST_CHANGE = { "customer.must_change", "UPDATE customer SET must_change = 1 WHERE id = $1", 1, NULL };

zy_status customer_must_change(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_MUST_CHANGE, ZY_ARGS(ZY_I(customer.v)), 1, ZY_INTERNAL, err);
}

zy_status customer_changed_password(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CHANGED, ZY_ARGS(ZY_I(customer.v)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_AGE = { "credential.age", "SELECT changed_at FROM credential WHERE customer = $1 AND kind = $2", 2, NULL };

zy_status credential_age(zy_rtx *rtx, zy_id customer, const char *kind, zy_time *ret_changed_at, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_AGE, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind)), &row, err));
    *ret_changed_at = zy_col_time(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_UNTIL = { "credential.until", "SELECT until_at FROM credential WHERE customer = $1 AND kind = $2", 2, NULL };
static const zy_sql SQL_UNTIL_SET = { "credential.until_set",
    "UPDATE credential SET until_at = $3 WHERE customer = $1 AND kind = $2", 3, NULL };

zy_status credential_until(zy_rtx *rtx, zy_id customer, const char *kind, zy_time *ret_until, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_UNTIL, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind)), &row, err));
    *ret_until = zy_col_time(row, 0);
    return ZY_OK;
}

zy_status credential_until_set(zy_tx *tx, zy_id customer, const char *kind, zy_time until, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_UNTIL_SET, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind), ZY_I(until.ms)), 1, ZY_INTERNAL, err);
}

/* --- pay_password_aid --- */

static const zy_sql SQL_AID = { "pay_aid.read", "SELECT set_until, unlocked_at FROM pay_password_aid WHERE customer = $1", 1, NULL };

zy_status pay_aid_read(zy_rtx *rtx, zy_id customer, pay_aid *ret_aid, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    *ret_aid = (pay_aid){ 0 };
    zy_status status = zy_query_one(rtx, &SQL_AID, ZY_ARGS(ZY_I(customer.v)), &row, err);
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    ZY_TRY(status);
    *ret_aid = (pay_aid){ .set_until = zy_col_time(row, 0), .unlocked_at = zy_col_time(row, 1) };
    return ZY_OK;
}

static const zy_sql SQL_AID_GRANT = { "pay_aid.grant",
    "INSERT INTO pay_password_aid (customer, set_until, unlocked_at) VALUES ($1, $2, 0)"
    " ON CONFLICT (customer) DO UPDATE SET set_until = excluded.set_until", 2, NULL };
static const zy_sql SQL_AID_TAKE = { "pay_aid.take",
    "UPDATE pay_password_aid SET set_until = 0 WHERE customer = $1 AND set_until > $2", 2, NULL };
static const zy_sql SQL_AID_END = { "pay_aid.end", "UPDATE pay_password_aid SET set_until = 0 WHERE customer = $1", 1, NULL };
static const zy_sql SQL_AID_UNLOCKED = { "pay_aid.unlocked",
    "INSERT INTO pay_password_aid (customer, set_until, unlocked_at) VALUES ($1, 0, $2)"
    " ON CONFLICT (customer) DO UPDATE SET unlocked_at = excluded.unlocked_at", 2, NULL };

zy_status pay_aid_grant(zy_tx *tx, zy_id customer, zy_time until, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_AID_GRANT, ZY_ARGS(ZY_I(customer.v), ZY_I(until.ms)), 1, ZY_INTERNAL, err);
}

zy_status pay_aid_take(zy_tx *tx, zy_id customer, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_AID_TAKE, ZY_ARGS(ZY_I(customer.v), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err);
}

zy_status pay_aid_end(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec(tx, &SQL_AID_END, ZY_ARGS(ZY_I(customer.v)), NULL, err);
}

zy_status pay_aid_unlocked(zy_tx *tx, zy_id customer, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_AID_UNLOCKED, ZY_ARGS(ZY_I(customer.v), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}
