#include <string.h>

#include "service/cert/cert_internal.h"

#define COLUMNS                                                                                                          \
    "id, customer, kind, state, device, authority, serial, request, body, not_before, not_after, created_at, issued_at, " \
    "ended_at, reason"

void cert_row_free(cert_row *row)
{
    zy_buf_free(&row->request);
    zy_buf_free(&row->body);
}

static zy_status read_texts(const zy_stmt *s, cert_row *r)
{
    ZY_TRY(zy_str_copy(zy_col_text(s, 2), r->kind, sizeof r->kind));
    ZY_TRY(zy_str_copy(zy_col_text(s, 4), r->device, sizeof r->device));
    ZY_TRY(zy_str_copy(zy_col_text(s, 6), r->serial, sizeof r->serial));
    return zy_str_copy(zy_col_text(s, 14), r->reason, sizeof r->reason);
}

zy_status cert_row_read(const zy_stmt *s, cert_row *ret_row, zy_err *err)
{
    cert_row r = { .id = zy_col_id(s, 0), .customer = zy_col_id(s, 1), .state = cert_state_parse(zy_col_text(s, 3)),
                   .authority = zy_col_id(s, 5), .not_before = zy_col_time(s, 9), .not_after = zy_col_time(s, 10),
                   .created_at = zy_col_time(s, 11), .issued_at = zy_col_time(s, 12), .ended_at = zy_col_time(s, 13) };
    if (r.state == 0 || read_texts(s, &r) != ZY_OK)
        return zy_fail(err, ZY_INTERNAL, NULL, "a certificate's row that is none");
    zy_buf_str(&r.request, zy_col_blob(s, 7));
    zy_buf_str(&r.body, zy_col_blob(s, 8));
    cert_row_free(ret_row);
    *ret_row = r;
    return ZY_OK;
}

static const zy_sql SQL_ADD = { "certificate.add",
    "INSERT INTO certificate (" COLUMNS ", key_digest, reminded, told)"
    " VALUES ($1, $2, $3, 'granted', $4, 0, '', $5, $6, 0, 0, $7, 0, 0, '', $8, 0, 0) ON CONFLICT (key_digest) DO NOTHING", 8, NULL };

zy_status cert_insert(zy_tx *tx, const zy_cert_request *r, zy_id id, const uint8_t key_digest[ZY_SM3_BYTES], zy_time now,
                      zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(id.v), ZY_I(r->customer.v), ZY_TC(r->kind), ZY_T(r->device), ZY_B(r->csr.p, r->csr.n),
                                  ZY_B("", 0), ZY_I(now.ms), ZY_B(key_digest, ZY_SM3_BYTES)),
                          1, ZY_ALREADY_EXISTS, err);
}

static const zy_sql SQL_DROP_GRANTED = { "certificate.drop_granted",
    "UPDATE certificate SET state = 'revoked', reason = 'replaced', ended_at = $3"
    " WHERE customer = $1 AND kind = $2 AND state = 'granted'", 3, NULL };

zy_status cert_drop_granted(zy_tx *tx, zy_id customer, const char *kind, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_DROP_GRANTED, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind), ZY_I(now.ms)), NULL, err);
}

static const zy_sql SQL_KEY_KNOWN = { "certificate.key_known", "SELECT count(*) FROM certificate WHERE key_digest = $1", 1, NULL };

zy_status cert_key_known(zy_rtx *rtx, const uint8_t key_digest[ZY_SM3_BYTES], bool *ret_known, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_KEY_KNOWN, ZY_ARGS(ZY_B(key_digest, ZY_SM3_BYTES)), &stmt, err));
    *ret_known = zy_col_int(stmt, 0) != 0;
    return ZY_OK;
}

static zy_status read_one(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int count, cert_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, sql, args, count, &stmt, err));
    return cert_row_read(stmt, ret_row, err);
}

static const zy_sql SQL_BY_ID = { "certificate.by_id", "SELECT " COLUMNS " FROM certificate WHERE id = $1", 1, NULL };
static const zy_sql SQL_IN_USE = { "certificate.in_use",
    "SELECT " COLUMNS " FROM certificate WHERE customer = $1 AND kind = $2 AND state IN ('valid', 'frozen')", 2, NULL };
static const zy_sql SQL_GRANTED = { "certificate.granted",
    "SELECT " COLUMNS " FROM certificate WHERE customer = $1 AND kind = $2 AND state = 'granted'", 2, NULL };

zy_status cert_by_id(zy_rtx *rtx, zy_id id, cert_row *ret_row, zy_err *err)
{
    return read_one(rtx, &SQL_BY_ID, ZY_ARGS(ZY_I(id.v)), ret_row, err);
}

zy_status cert_in_use(zy_rtx *rtx, zy_id customer, const char *kind, cert_row *ret_row, zy_err *err)
{
    return read_one(rtx, &SQL_IN_USE, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind)), ret_row, err);
}

zy_status cert_granted(zy_rtx *rtx, zy_id customer, const char *kind, cert_row *ret_row, zy_err *err)
{
    return read_one(rtx, &SQL_GRANTED, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind)), ret_row, err);
}

#define PAGE_END " ORDER BY id DESC LIMIT $2"
static const zy_sql SQL_PAGE = { "certificate.page", "SELECT " COLUMNS " FROM certificate WHERE id < $1" PAGE_END, 2, NULL };
static const zy_sql SQL_PAGE_CUSTOMER = { "certificate.page_customer",
    "SELECT " COLUMNS " FROM certificate WHERE id < $1 AND customer = $3" PAGE_END, 3, NULL };
static const zy_sql SQL_PAGE_STATE = { "certificate.page_state",
    "SELECT " COLUMNS " FROM certificate WHERE id < $1 AND state = $3" PAGE_END, 3, NULL };

zy_status cert_page(zy_rtx *rtx, const cert_filter *f, zy_stmt **ret_rows, zy_err *err)
{
    const zy_val before = ZY_I(f->before.v != 0 ? f->before.v : INT64_MAX), limit = ZY_I(f->limit);
    if (f->customer.v != 0)
        return zy_query(rtx, &SQL_PAGE_CUSTOMER, ZY_ARGS(before, limit, ZY_I(f->customer.v)), ret_rows, err);
    if (f->state.n > 0)
        return zy_query(rtx, &SQL_PAGE_STATE, ZY_ARGS(before, limit, ZY_T(f->state)), ret_rows, err);
    return zy_query(rtx, &SQL_PAGE, ZY_ARGS(before, limit), ret_rows, err);
}

static const zy_sql SQL_ENDING = { "certificate.ending",
    "SELECT " COLUMNS " FROM certificate WHERE state = 'valid' AND reminded = 0 AND not_after < $1 ORDER BY not_after LIMIT $2", 2,
    NULL };

zy_status cert_ending(zy_rtx *rtx, zy_time before, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_ENDING, ZY_ARGS(ZY_I(before.ms), ZY_I(limit)), ret_rows, err);
}

static const zy_sql SQL_UNTOLD = { "certificate.untold",
    "SELECT " COLUMNS " FROM certificate WHERE state = 'revoked' AND told = 0 AND authority <> 0 ORDER BY id LIMIT $1", 1, NULL };

zy_status cert_untold(zy_rtx *rtx, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_UNTOLD, ZY_ARGS(ZY_I(limit)), ret_rows, err);
}

/* --- changes --- */

static const zy_sql SQL_TOLD = { "certificate.told", "UPDATE certificate SET told = 1 WHERE id = $1", 1, NULL };

zy_status cert_update_told(zy_tx *tx, zy_id id, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_TOLD, ZY_ARGS(ZY_I(id.v)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_ISSUED = { "certificate.issued",
    "UPDATE certificate SET state = 'valid', authority = $2, serial = $3, body = $4, not_before = $5, not_after = $6,"
    " issued_at = $7 WHERE id = $1 AND state = 'granted'", 7, NULL };

zy_status cert_update_issued(zy_tx *tx, const cert_row *r, const zy_x509_info *info, zy_str body, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ISSUED,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->authority.v), ZY_TC(info->serial), ZY_B(body.p, body.n),
                                  ZY_I(info->not_before.ms), ZY_I(info->not_after.ms), ZY_I(now.ms)),
                          1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_STATE = { "certificate.state",
    "UPDATE certificate SET state = $3, reason = $4, ended_at = $5 WHERE id = $1 AND state = $2", 5, NULL };

zy_status cert_update_state(zy_tx *tx, const cert_row *r, cert_state state, const char *reason, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_STATE,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(cert_state_name(r->state)), ZY_TC(cert_state_name(state)), ZY_TC(reason),
                                  ZY_I(state == CERT_REVOKED ? now.ms : 0)),
                          1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_REMINDED = { "certificate.reminded", "UPDATE certificate SET reminded = 1 WHERE id = $1 AND reminded = 0",
                                     1, NULL };

zy_status cert_update_reminded(zy_tx *tx, zy_id id, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_REMINDED, ZY_ARGS(ZY_I(id.v)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_SUPERSEDE = { "certificate.supersede",
    "UPDATE certificate SET state = 'revoked', reason = 'superseded', ended_at = $3"
    " WHERE customer = $1 AND kind = $2 AND state IN ('valid', 'frozen')", 3, NULL };

zy_status cert_supersede(zy_tx *tx, const cert_row *fresh, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_SUPERSEDE, ZY_ARGS(ZY_I(fresh->customer.v), ZY_TC(fresh->kind), ZY_I(now.ms)), NULL, err);
}

/* --- authorities and their lists --- */

static zy_status read_authority(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int count, zy_id *ret_id, zy_buf *ret_cas,
                                zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, sql, args, count, &stmt, err));
    *ret_id = zy_col_id(stmt, 0);
    zy_buf_str(ret_cas, zy_col_blob(stmt, 1));
    return zy_buf_failed(ret_cas) ? ZY_NO_MEMORY : ZY_OK;
}

static const zy_sql SQL_AUTHORITY_NEWEST = { "cert_authority.newest", "SELECT id, cas FROM cert_authority ORDER BY id DESC LIMIT 1",
                                             0, NULL };
static const zy_sql SQL_AUTHORITY = { "cert_authority.by_id", "SELECT id, cas FROM cert_authority WHERE id = $1", 1, NULL };

zy_status cert_authority_newest(zy_rtx *rtx, zy_id *ret_id, zy_buf *ret_cas, zy_err *err)
{
    return read_authority(rtx, &SQL_AUTHORITY_NEWEST, ZY_NO_ARGS, ret_id, ret_cas, err);
}

zy_status cert_authority_by_id(zy_rtx *rtx, zy_id id, zy_buf *ret_cas, zy_err *err)
{
    return read_authority(rtx, &SQL_AUTHORITY, ZY_ARGS(ZY_I(id.v)), &id, ret_cas, err);
}

static const zy_sql SQL_AUTHORITY_ADD = { "cert_authority.add",
    "INSERT INTO cert_authority (id, cas, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING", 3, NULL };

zy_status cert_authority_insert(zy_tx *tx, zy_id id, zy_str cas, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_AUTHORITY_ADD, ZY_ARGS(ZY_I(id.v), ZY_B(cas.p, cas.n), ZY_I(now.ms)), NULL, err);
}

static const zy_sql SQL_LIST = { "cert_list.read", "SELECT body, number, made_at FROM cert_list WHERE authority = $1", 1, NULL };

zy_status cert_list_read(zy_rtx *rtx, zy_id authority, zy_buf *ret_body, int64_t *ret_number, zy_time *ret_made_at, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LIST, ZY_ARGS(ZY_I(authority.v)), &stmt, err));
    zy_buf_str(ret_body, zy_col_blob(stmt, 0));
    *ret_number = zy_col_int(stmt, 1);
    *ret_made_at = zy_col_time(stmt, 2);
    return zy_buf_failed(ret_body) ? ZY_NO_MEMORY : ZY_OK;
}

/* A list never gives way to an older one: nodes may make them at the same time. */
static const zy_sql SQL_LIST_PUT = { "cert_list.put",
    "INSERT INTO cert_list (authority, body, number, made_at, next_at) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (authority) DO UPDATE SET body = $2, number = $3, made_at = $4, next_at = $5 WHERE cert_list.number < $3", 5,
    NULL };

zy_status cert_list_put(zy_tx *tx, zy_id authority, zy_str body, int64_t number, zy_time now, zy_time next, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LIST_PUT,
                          ZY_ARGS(ZY_I(authority.v), ZY_B(body.p, body.n), ZY_I(number), ZY_I(now.ms), ZY_I(next.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_REVOKED = { "certificate.revoked",
    "SELECT serial, ended_at FROM certificate WHERE authority = $1 AND state = 'revoked' ORDER BY ended_at LIMIT $2", 2, NULL };

zy_status cert_revoked_rows(zy_rtx *rtx, zy_id authority, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_REVOKED, ZY_ARGS(ZY_I(authority.v), ZY_I(limit)), ret_rows, err);
}
