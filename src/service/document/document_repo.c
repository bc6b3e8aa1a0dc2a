#include "service/document/document_internal.h"

const zy_sql DOCUMENT_AUDIT_LINK = { "document.audit_link", "SELECT id, audit_id FROM document WHERE id > $1 ORDER BY id LIMIT $2", 2,
    NULL };

static const zy_sql SQL_ADD = { "document.add",
    "INSERT INTO document (id, code, customer, kind, format, facts, digest, bytes, chunks, made_at, audit_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)", 11, NULL };

zy_status document_insert(zy_tx *tx, const document_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_TC(r->code), ZY_I(r->customer.v), ZY_TC(r->kind), ZY_TC(r->format), ZY_T(r->facts),
                                  ZY_B(r->digest, sizeof r->digest), ZY_I(r->bytes), ZY_I(r->chunks), ZY_I(r->made_at.ms),
                                  ZY_I(r->audit.v)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_CHUNK_ADD = { "document.chunk_add",
    "INSERT INTO document_chunk (document, seq, content, made_at) VALUES ($1, $2, $3, $4)", 4, NULL };

zy_status document_insert_chunk(zy_tx *tx, zy_id document, int64_t seq, zy_str sealed, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CHUNK_ADD, ZY_ARGS(ZY_I(document.v), ZY_I(seq), ZY_B(sealed.p, sealed.n), ZY_I(now.ms)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_CHUNK = { "document.chunk",
    "SELECT c.content, d.chunks FROM document_chunk c JOIN document d ON d.id = c.document"
    " WHERE d.customer = $1 AND c.document = $2 AND c.seq = $3", 3, NULL };

zy_status document_select_chunk(zy_rtx *rtx, zy_id customer, zy_id document, int64_t seq, zy_stmt **ret_row, zy_err *err)
{
    return zy_query_one(rtx, &SQL_CHUNK, ZY_ARGS(ZY_I(customer.v), ZY_I(document.v), ZY_I(seq)), ret_row, err);
}

static const zy_sql SQL_CODE = { "document.code", "SELECT kind, made_at, facts FROM document WHERE code = $1", 1, NULL };

zy_status document_select_code(zy_rtx *rtx, zy_str code, zy_stmt **ret_row, zy_err *err)
{
    return zy_query_one(rtx, &SQL_CODE, ZY_ARGS(ZY_T(code)), ret_row, err);
}

static const zy_sql SQL_DROP = { "document.drop",
    "DELETE FROM document_chunk WHERE (document, seq) IN"
    " (SELECT document, seq FROM document_chunk WHERE made_at < $1 ORDER BY made_at LIMIT $2)", 2, NULL };

zy_status document_drop_chunks(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_DROP, ZY_ARGS(ZY_I(older_than.ms), ZY_I(max)), ret_dropped, err);
}
