/* The first answer of a call with an id: kept with the deed, given again to a repeat. */
#include "api/api.h"

#define KEPT ZY_DAYS(30)

/* Ids of one person never meet those of another; row ids of customers and staff come from one maker. */
static int64_t owner_of(const zy_call *call)
{
    return call->api->door == ZY_DOOR_STAFF ? call->caller->staff.v : call->caller->customer.v;
}

static const zy_sql SQL_FIND = { "idempotency.find",
    "SELECT api, digest, answer FROM api_idempotency WHERE owner = $1 AND id = $2", 2, NULL };

zy_status zy_idempotency_find(zy_rtx *rtx, const zy_call *call, zy_json **ret_answer, zy_err *err)
{
    *ret_answer = NULL;
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    zy_status status = zy_query_one(rtx, &SQL_FIND,
                                    ZY_ARGS(ZY_I(owner_of(call)), ZY_T(call->idempotency_id)), &stmt, err);
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    ZY_TRY(status);
    zy_str digest = zy_col_blob(stmt, 1);
    if (!zy_str_eq_c(zy_col_text(stmt, 0), call->api->name) ||
        !zy_str_eq(digest, zy_str_bytes(call->request_digest, sizeof call->request_digest)))
        return zy_fail(err, ZY_IDEMPOTENCY_CONFLICT, "id", "the id was used for another content");
    return zy_json_parse(zy_col_text(stmt, 2), ret_answer);
}

static const zy_sql SQL_KEEP = { "idempotency.keep",
    "INSERT INTO api_idempotency (owner, id, api, digest, answer, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (owner, id) DO NOTHING", 6,
    /* on PostgreSQL who comes second fails: nothing has to be read before COMMIT */
    "INSERT INTO api_idempotency (owner, id, api, digest, answer, created_at) VALUES ($1, $2, $3, $4, $5, $6)" };

zy_status zy_idempotency_keep(zy_tx *tx, const zy_call *call, const zy_json *answer, zy_err *err)
{
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(answer, &text);
    if (zy_buf_failed(&text))
        return ZY_REQUEST_TOO_LARGE;
    return zy_exec_expect(tx, &SQL_KEEP,
                          ZY_ARGS(ZY_I(owner_of(call)), ZY_T(call->idempotency_id), ZY_TC(call->api->name),
                                  ZY_B(call->request_digest, sizeof call->request_digest), ZY_T(zy_buf_view(&text)),
                                  ZY_I(call->now.ms)),
                          1, ZY_DB_CONFLICT, err);
}

static const zy_sql SQL_EXPIRE = { "idempotency.expire",
    "DELETE FROM api_idempotency WHERE (owner, id) IN"
    " (SELECT owner, id FROM api_idempotency WHERE created_at < $1 ORDER BY created_at LIMIT $2)", 2, NULL };

zy_status zy_idempotency_expire(zy_tx *tx, zy_time now, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_EXPIRE, ZY_ARGS(ZY_I(now.ms - KEPT.ms), ZY_I(max)), ret_dropped, err);
}
