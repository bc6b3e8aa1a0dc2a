#include <string.h>

#include "bank/registration/registration_internal.h"

void registration_row_wipe(registration_row *row)
{
    zy_wipe(row, sizeof *row);
}

/* ---- registrations ---- */

static zy_cell phone_cell(zy_id id)
{
    return (zy_cell){ "registration", "phone", id };
}

static const zy_sql SQL_ADD = { "registration.add",
    "INSERT INTO registration (id, registration_id, customer, account, state, session_digest, device_id, consent, grade, reference,"
    " phone, login_record, pay_record, created_at, decided_at, expires_at)"
    " VALUES ($1, $2, $3, $4, 'started', $5, $6, $7, $8, $9, $10, $11, $11, $12, 0, $13)", 13, NULL };

zy_status registration_insert(zy_tx *tx, zy_env *env, const registration_row *r, zy_err *err)
{
    ZY_AUTO_BUF phone = { 0 };
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, phone_cell(r->id), r->phone, strlen(r->phone), &phone));
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->token), ZY_I(r->customer.v), ZY_I(r->account.v),
                                  ZY_B(r->session_digest, sizeof r->session_digest), ZY_TC(r->device_id), ZY_TC(r->consent),
                                  ZY_TC(r->grade), ZY_TC(r->reference), ZY_B(phone.p, phone.n), ZY_B("", 0),
                                  ZY_I(r->created_at.ms), ZY_I(r->expires_at.ms)),
                          1, ZY_INTERNAL, err);
}

#define COLUMNS                                                                                                    \
    "id, registration_id, customer, account, state, session_digest, device_id, consent, grade, reference, phone, " \
    "login_record, pay_record, created_at, expires_at"
static const zy_sql SQL_BY_TOKEN = { "registration.by_token",
    "SELECT " COLUMNS " FROM registration WHERE registration_id = $1", 1, NULL };
static const zy_sql SQL_BY_ID = { "registration.by_id", "SELECT " COLUMNS " FROM registration WHERE id = $1", 1, NULL };

static zy_status copy_bytes(zy_str from, uint8_t *out, size_t size)
{
    if (from.n != size)
        return ZY_INTERNAL;
    memcpy(out, from.p, size);
    return ZY_OK;
}

static zy_status read_texts(const zy_stmt *s, registration_row *r)
{
    const struct {
        int column;
        char *out;
        size_t size;
    } TEXTS[] = { { 1, r->token, sizeof r->token }, { 4, r->state, sizeof r->state }, { 6, r->device_id, sizeof r->device_id },
                  { 7, r->consent, sizeof r->consent }, { 8, r->grade, sizeof r->grade }, { 9, r->reference, sizeof r->reference } };
    for (size_t i = 0; i < ZY_COUNT(TEXTS); i++)
        ZY_TRY(zy_str_copy(zy_col_text(s, TEXTS[i].column), TEXTS[i].out, TEXTS[i].size));
    return ZY_OK;
}

static zy_status read_row(const zy_stmt *s, zy_env *env, registration_row *r)
{
    ZY_AUTO_SECRET_BUF phone = { 0 };
    zy_str sealed = zy_col_blob(s, 10), record = zy_col_blob(s, 11);
    *r = (registration_row){ .id = zy_col_id(s, 0), .customer = zy_col_id(s, 2), .account = zy_col_id(s, 3),
                             .has_records = record.n > 0, .created_at = zy_col_time(s, 13), .expires_at = zy_col_time(s, 14) };
    ZY_TRY(read_texts(s, r));
    ZY_TRY(copy_bytes(zy_col_blob(s, 5), r->session_digest, sizeof r->session_digest));
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, phone_cell(r->id), sealed.p, sealed.n, &phone));
    ZY_TRY(zy_str_copy(zy_buf_view(&phone), r->phone, sizeof r->phone));
    if (!r->has_records)
        return ZY_OK;
    ZY_TRY(copy_bytes(record, r->login_record, sizeof r->login_record));
    return copy_bytes(zy_col_blob(s, 12), r->pay_record, sizeof r->pay_record);
}

zy_status registration_by_token(zy_rtx *rtx, zy_env *env, zy_str token, registration_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BY_TOKEN, ZY_ARGS(ZY_T(token)), &stmt, err));
    return read_row(stmt, env, ret_row);
}

zy_status registration_by_id(zy_rtx *rtx, zy_env *env, zy_id id, registration_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BY_ID, ZY_ARGS(ZY_I(id.v)), &stmt, err));
    return read_row(stmt, env, ret_row);
}

static const zy_sql SQL_WAITS = { "registration.waits",
    "SELECT count(*) FROM registration WHERE customer = $1 AND state = 'waiting' AND expires_at > $2", 2, NULL };

zy_status registration_waits(zy_rtx *rtx, zy_id customer, zy_time now, bool *ret_waits, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_WAITS, ZY_ARGS(ZY_I(customer.v), ZY_I(now.ms)), &stmt, err));
    *ret_waits = zy_col_int(stmt, 0) > 0;
    return ZY_OK;
}

static const zy_sql SQL_MOVE = { "registration.move",
    "UPDATE registration SET state = $3, login_record = $4, pay_record = $5, decided_at = $6, expires_at = $7"
    " WHERE id = $1 AND state = $2", 7, NULL };

zy_status registration_move(zy_tx *tx, const registration_row *r, const char *to, zy_time now, zy_time expires_at, zy_err *err)
{
    bool keeps = strcmp(to, "waiting") == 0;
    zy_val none = ZY_B("", 0);
    return zy_exec_expect(tx, &SQL_MOVE,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->state), ZY_TC(to),
                                  keeps ? ZY_B(r->login_record, sizeof r->login_record) : none,
                                  keeps ? ZY_B(r->pay_record, sizeof r->pay_record) : none, ZY_I(now.ms), ZY_I(expires_at.ms)),
                          1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_DROP = { "registration.drop",
    "DELETE FROM registration WHERE id IN (SELECT id FROM registration WHERE state = 'started' AND expires_at < $1"
    " ORDER BY expires_at LIMIT $2)", 2, NULL };

zy_status registration_drop(zy_tx *tx, zy_time now, int max, zy_err *err)
{
    return zy_exec(tx, &SQL_DROP, ZY_ARGS(ZY_I(now.ms), ZY_I(max)), NULL, err);
}

static const zy_sql SQL_OVERDUE = { "registration.overdue",
    "SELECT id FROM registration WHERE state = 'waiting' AND expires_at < $1 ORDER BY expires_at LIMIT $2", 2, NULL };

zy_status registration_overdue(zy_rtx *rtx, zy_time now, int max, zy_id *ret_ids, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_OVERDUE, ZY_ARGS(ZY_I(now.ms), ZY_I(max)), &rows, err));
    for (*ret_count = 0; *ret_count < max; ++*ret_count) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ret_ids[*ret_count] = zy_col_id(rows, 0);
    }
    return ZY_OK;
}

/* ---- changes ---- */

static zy_cell change_cell(zy_id id)
{
    return (zy_cell){ "customer_change", "content", id };
}

static const zy_sql SQL_CHANGE_ADD = { "customer_change.add",
    "INSERT INTO customer_change (id, customer, content, created_at) VALUES ($1, $2, $3, $4)", 4, NULL };

zy_status customer_change_insert(zy_tx *tx, zy_env *env, const customer_change *c, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *content = zy_json_object();
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO_BUF sealed = { 0 };
    zy_json_set_c(content, "name", c->name);
    zy_json_set_c(content, "phone", c->phone);
    zy_json_write(content, &plain);
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, change_cell(c->id), plain.p, plain.n, &sealed));
    return zy_exec_expect(tx, &SQL_CHANGE_ADD,
                          ZY_ARGS(ZY_I(c->id.v), ZY_I(c->customer.v), ZY_B(sealed.p, sealed.n), ZY_I(zy_env_now(env).ms)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_CHANGE = { "customer_change.read", "SELECT customer, content FROM customer_change WHERE id = $1", 1, NULL };

zy_status customer_change_read(zy_rtx *rtx, zy_env *env, zy_id id, customer_change *c, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO(zy_json_free) zy_json *content = NULL;
    zy_str name, phone;
    ZY_TRY(zy_query_one(rtx, &SQL_CHANGE, ZY_ARGS(ZY_I(id.v)), &stmt, err));
    *c = (customer_change){ .id = id, .customer = zy_col_id(stmt, 0) };
    zy_str sealed = zy_col_blob(stmt, 1);
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, change_cell(id), sealed.p, sealed.n, &plain));
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &content));
    if (!zy_json_str(content, "name", &name) || !zy_json_str(content, "phone", &phone))
        return zy_fail(err, ZY_INTERNAL, NULL, "a change of another shape");
    ZY_TRY(zy_str_copy(name, c->name, sizeof c->name));
    return zy_str_copy(phone, c->phone, sizeof c->phone);
}

static const zy_sql SQL_CHANGE_DELETE = { "customer_change.delete", "DELETE FROM customer_change WHERE id = $1", 1, NULL };
static const zy_sql SQL_CHANGE_DROP = { "customer_change.drop",
    "DELETE FROM customer_change WHERE id IN (SELECT id FROM customer_change WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
    2, NULL };

zy_status customer_change_delete(zy_tx *tx, zy_id id, zy_err *err)
{
    return zy_exec(tx, &SQL_CHANGE_DELETE, ZY_ARGS(ZY_I(id.v)), NULL, err);
}

zy_status customer_change_drop(zy_tx *tx, zy_time older_than, int max, zy_err *err)
{
    return zy_exec(tx, &SQL_CHANGE_DROP, ZY_ARGS(ZY_I(older_than.ms), ZY_I(max)), NULL, err);
}
