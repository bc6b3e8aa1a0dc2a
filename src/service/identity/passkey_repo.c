#include "service/identity/passkey_repo.h"

#include <string.h>

static const zy_sql SQL_ADD = { "passkey.add",
    "INSERT INTO passkey (id, customer, device, credential, credential_digest, public_key, name, state, reason, sign_count, made_at,"
    " used_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'on', '', $8, $9, 0, 0) ON CONFLICT (credential_digest) DO NOTHING", 9,
    NULL };

zy_status passkey_insert(zy_tx *tx, const passkey_new *r, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->customer.v), ZY_I(r->device.v), ZY_B(r->credential.p, r->credential.n),
                                  ZY_B(r->credential_digest, ZY_SM3_BYTES), ZY_B(r->public_key, ZY_WEBAUTHN_KEY_BYTES),
                                  ZY_B(r->name.p, r->name.n), ZY_I(r->sign_count), ZY_I(now.ms)),
                          1, ZY_ALREADY_EXISTS, err);
}

#define COLUMNS "SELECT id, customer, device, state, reason, public_key, sign_count, made_at, ended_at FROM passkey"

static const zy_sql SQL_FIND = { "passkey.find",
    COLUMNS " WHERE credential_digest = $1 AND customer = $2 AND device = $3 AND state = 'on'", 3, NULL };
static const zy_sql SQL_BY_ID = { "passkey.by_id", COLUMNS " WHERE id = $1", 1, NULL };

static zy_status read_row(const zy_stmt *s, passkey_row *r, zy_err *err)
{
    zy_str key = zy_col_blob(s, 5);
    *r = (passkey_row){ .id = zy_col_id(s, 0), .customer = zy_col_id(s, 1), .device = zy_col_id(s, 2), .sign_count = zy_col_int(s, 6),
                        .made_at = { zy_col_int(s, 7) }, .ended_at = { zy_col_int(s, 8) } };
    ZY_TRY(zy_str_copy(zy_col_text(s, 3), r->state, sizeof r->state));
    ZY_TRY(zy_str_copy(zy_col_text(s, 4), r->reason, sizeof r->reason));
    if (key.n != sizeof r->public_key)
        return zy_fail(err, ZY_INTERNAL, NULL, "a passkey of another shape");
    memcpy(r->public_key, key.p, key.n);
    return ZY_OK;
}

zy_status passkey_find(zy_rtx *rtx, zy_id customer, zy_id device, const uint8_t credential_digest[ZY_SM3_BYTES], passkey_row *ret_row,
                       zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FIND, ZY_ARGS(ZY_B(credential_digest, ZY_SM3_BYTES), ZY_I(customer.v), ZY_I(device.v)), &row, err));
    return read_row(row, ret_row, err);
}

zy_status passkey_by_id(zy_rtx *rtx, zy_id id, passkey_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BY_ID, ZY_ARGS(ZY_I(id.v)), &row, err));
    return read_row(row, ret_row, err);
}

static const zy_sql SQL_PAGE = { "passkey.page",
    "SELECT id, name, state, reason, made_at, used_at, device FROM passkey WHERE customer = $1 AND state <> 'removed'"
    " ORDER BY id DESC LIMIT $2", 2, NULL };
static const zy_sql SQL_CREDENTIALS = { "passkey.credentials",
    "SELECT credential FROM passkey WHERE device = $2 AND customer = $1 AND state = 'on' ORDER BY id DESC LIMIT $3", 3, NULL };
static const zy_sql SQL_COUNT = { "passkey.count",
    "SELECT (SELECT count(*) FROM passkey WHERE customer = $1 AND state <> 'removed'),"
    " (SELECT count(*) FROM passkey WHERE device = $2 AND customer = $1 AND state = 'on')", 2, NULL };

zy_status passkey_page(zy_rtx *rtx, zy_id customer, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(ZY_I(customer.v), ZY_I(limit)), ret_rows, err);
}

zy_status passkey_credentials(zy_rtx *rtx, zy_id customer, zy_id device, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_CREDENTIALS, ZY_ARGS(ZY_I(customer.v), ZY_I(device.v), ZY_I(limit)), ret_rows, err);
}

zy_status passkey_count(zy_rtx *rtx, zy_id customer, zy_id device, int64_t *ret_kept, int64_t *ret_on, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_COUNT, ZY_ARGS(ZY_I(customer.v), ZY_I(device.v)), &row, err));
    *ret_kept = zy_col_int(row, 0);
    *ret_on = zy_col_int(row, 1);
    return ZY_OK;
}

/* --- changes --- */

static const zy_sql SQL_USE = { "passkey.use",
    "UPDATE passkey SET sign_count = $2, used_at = $3 WHERE id = $1 AND state = 'on'"
    " AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))", 3, NULL };
static const zy_sql SQL_RENAME = { "passkey.rename",
    "UPDATE passkey SET name = $3 WHERE id = $1 AND customer = $2 AND state <> 'removed'", 3, NULL };
static const zy_sql SQL_REMOVE = { "passkey.remove",
    "UPDATE passkey SET state = 'removed', reason = 'removed', ended_at = CASE WHEN ended_at = 0 THEN $3 ELSE ended_at END"
    " WHERE id = $1 AND customer = $2 AND state <> 'removed'", 3, NULL };
static const zy_sql SQL_OFF = { "passkey.off",
    "UPDATE passkey SET state = 'off', reason = $2, ended_at = $3 WHERE id = $1 AND state = 'on'", 3, NULL };
static const zy_sql SQL_OFF_DEVICE = { "passkey.off_device",
    "UPDATE passkey SET state = 'off', reason = $3, ended_at = $4 WHERE device = $2 AND customer = $1 AND state = 'on'", 4, NULL };
static const zy_sql SQL_DROP_DEVICE = { "passkey.drop_device",
    "UPDATE passkey SET state = 'removed', reason = $2, ended_at = CASE WHEN ended_at = 0 THEN $3 ELSE ended_at END"
    " WHERE device = $1 AND state <> 'removed'", 3, NULL };
static const zy_sql SQL_DROP_ALL = { "passkey.drop_all",
    "UPDATE passkey SET state = 'removed', reason = $2, ended_at = CASE WHEN ended_at = 0 THEN $3 ELSE ended_at END"
    " WHERE customer = $1 AND state <> 'removed'", 3, NULL };

zy_status passkey_use(zy_tx *tx, zy_id id, int64_t sign_count, zy_time now, bool *ret_counted, zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, &SQL_USE, ZY_ARGS(ZY_I(id.v), ZY_I(sign_count), ZY_I(now.ms)), &changed, err));
    *ret_counted = changed == 1;
    return ZY_OK;
}

zy_status passkey_rename(zy_tx *tx, zy_id customer, zy_id id, zy_str name, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RENAME, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v), ZY_B(name.p, name.n)), 1, ZY_NOT_FOUND, err);
}

zy_status passkey_remove(zy_tx *tx, zy_id customer, zy_id id, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_REMOVE, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v), ZY_I(now.ms)), 1, ZY_NOT_FOUND, err);
}

zy_status passkey_switch_off(zy_tx *tx, zy_id id, const char *reason, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_OFF, ZY_ARGS(ZY_I(id.v), ZY_TC(reason), ZY_I(now.ms)), NULL, err);
}

zy_status passkey_switch_off_device(zy_tx *tx, zy_id customer, zy_id device, const char *reason, zy_time now, int64_t *ret_count,
                                    zy_err *err)
{
    return zy_exec(tx, &SQL_OFF_DEVICE, ZY_ARGS(ZY_I(customer.v), ZY_I(device.v), ZY_TC(reason), ZY_I(now.ms)), ret_count, err);
}

zy_status passkey_drop_device(zy_tx *tx, zy_id device, const char *reason, zy_time now, int64_t *ret_count, zy_err *err)
{
    return zy_exec(tx, &SQL_DROP_DEVICE, ZY_ARGS(ZY_I(device.v), ZY_TC(reason), ZY_I(now.ms)), ret_count, err);
}

zy_status passkey_drop_all(zy_tx *tx, zy_id customer, const char *reason, zy_time now, int64_t *ret_count, zy_err *err)
{
    return zy_exec(tx, &SQL_DROP_ALL, ZY_ARGS(ZY_I(customer.v), ZY_TC(reason), ZY_I(now.ms)), ret_count, err);
}

/* --- challenges --- */

static const zy_sql SQL_CHALLENGE_PUT = { "passkey.challenge_put",
    "INSERT INTO passkey_challenge (login, purpose, nonce, bound, made_at) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (login, purpose, bound) DO UPDATE SET nonce = excluded.nonce, made_at = excluded.made_at", 5, NULL };
/* Whoever comes at the same moment waits here until the first one has taken it, and then finds none. */
#define CHALLENGE_SELECT "SELECT nonce, made_at FROM passkey_challenge WHERE login = $1 AND purpose = $2 AND bound = $3"
static const zy_sql SQL_CHALLENGE_FIND = { "passkey.challenge_find", CHALLENGE_SELECT, 3, CHALLENGE_SELECT " FOR UPDATE" };
static const zy_sql SQL_CHALLENGE_TAKE = { "passkey.challenge_take",
    "DELETE FROM passkey_challenge WHERE login = $1 AND purpose = $2 AND bound = $3 AND nonce = $4", 4, NULL };
static const zy_sql SQL_CHALLENGE_EXPIRE = { "passkey.challenge_expire",
    "DELETE FROM passkey_challenge WHERE made_at < $1 AND (login, purpose, bound) IN"
    " (SELECT login, purpose, bound FROM passkey_challenge WHERE made_at < $1 ORDER BY made_at LIMIT $2)", 2, NULL };

zy_status passkey_challenge_put(zy_tx *tx, const passkey_challenge *c, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CHALLENGE_PUT,
                          ZY_ARGS(ZY_I(c->login.v), ZY_TC(c->purpose), ZY_B(c->nonce, sizeof c->nonce), ZY_B(c->bound, sizeof c->bound),
                                  ZY_I(c->made_at.ms)),
                          1, ZY_INTERNAL, err);
}

static zy_status challenge_find(zy_rtx *rtx, passkey_challenge *c, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_CHALLENGE_FIND, ZY_ARGS(ZY_I(c->login.v), ZY_TC(c->purpose), ZY_B(c->bound, sizeof c->bound)), &row,
                        err));
    zy_str nonce = zy_col_blob(row, 0);
    if (nonce.n != sizeof c->nonce)
        return zy_fail(err, ZY_INTERNAL, NULL, "a challenge of another shape");
    memcpy(c->nonce, nonce.p, nonce.n);
    c->made_at.ms = zy_col_int(row, 1);
    return ZY_OK;
}

zy_status passkey_challenge_take(zy_tx *tx, passkey_challenge *c, zy_err *err)
{
    ZY_TRY(challenge_find(zy_tx_read(tx), c, err));
    return zy_exec_expect(tx, &SQL_CHALLENGE_TAKE,
                          ZY_ARGS(ZY_I(c->login.v), ZY_TC(c->purpose), ZY_B(c->bound, sizeof c->bound), ZY_B(c->nonce, sizeof c->nonce)),
                          1, ZY_NOT_FOUND, err);
}

zy_status passkey_challenge_expire(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_CHALLENGE_EXPIRE, ZY_ARGS(ZY_I(older_than.ms), ZY_I(max)), ret_dropped, err);
}
