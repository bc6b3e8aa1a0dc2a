#include <string.h>

#include "service/audit/audit_repo.h"

#define ROW_COLUMNS                                                                                           \
    "id, node, tx, at, event, actor_kind, actor, object_kind, object, address, device, trace, result, detail, " \
    "digest"
#define BLOCK_COLUMNS      "node, no, upto_tx, upto_id, records, total, h, at"
#define CHECKPOINT_COLUMNS "node, no, total, h, at, key_version, sig"

static const zy_sql SQL_ADD = { "audit.add",
    "INSERT INTO audit_record (id, node, at, event, actor_kind, actor, object_kind, object, address, device, trace,"
    " result, detail, digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)", 14, NULL };

zy_status audit_insert(zy_tx *tx, const audit_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->node), ZY_I(r->at.ms), ZY_T(r->event), ZY_T(r->actor_kind),
                                  ZY_I(r->actor.v), ZY_T(r->object_kind), ZY_I(r->object.v), ZY_T(r->address),
                                  ZY_T(r->device), ZY_T(r->trace), ZY_T(r->result), ZY_T(r->detail),
                                  ZY_B(r->digest.p, r->digest.n)),
                          1, ZY_INTERNAL, err);
}

void audit_row_read(const zy_stmt *s, audit_row *ret_row)
{
    *ret_row = (audit_row){
        .id = zy_col_id(s, 0), .node = zy_col_int(s, 1), .tx = zy_col_int(s, 2), .at = zy_col_time(s, 3),
        .event = zy_col_text(s, 4), .actor_kind = zy_col_text(s, 5), .actor = zy_col_id(s, 6),
        .object_kind = zy_col_text(s, 7), .object = zy_col_id(s, 8), .address = zy_col_text(s, 9),
        .device = zy_col_text(s, 10), .trace = zy_col_text(s, 11), .result = zy_col_text(s, 12),
        .detail = zy_col_text(s, 13), .digest = zy_col_blob(s, 14),
    };
}

static void copy_hash(zy_str from, uint8_t *out, size_t n)
{
    memset(out, 0, n);
    memcpy(out, from.p, from.n < n ? from.n : n);
}

void audit_block_read(const zy_stmt *s, audit_block *b)
{
    *b = (audit_block){ .node = zy_col_int(s, 0), .no = zy_col_int(s, 1), .upto_tx = zy_col_int(s, 2),
                        .upto_id = zy_col_int(s, 3), .records = zy_col_int(s, 4), .total = zy_col_int(s, 5),
                        .at = zy_col_time(s, 7) };
    copy_hash(zy_col_blob(s, 6), b->h, sizeof b->h);
}

void audit_checkpoint_read(const zy_stmt *s, audit_checkpoint *c)
{
    *c = (audit_checkpoint){ .node = zy_col_int(s, 0), .no = zy_col_int(s, 1), .total = zy_col_int(s, 2),
                             .at = zy_col_time(s, 4), .key_version = (uint16_t)zy_col_int(s, 5) };
    copy_hash(zy_col_blob(s, 3), c->h, sizeof c->h);
    copy_hash(zy_col_blob(s, 6), c->sig, sizeof c->sig);
}

static const zy_sql SQL_LAST_BLOCK = { "audit.last_block",
    "SELECT " BLOCK_COLUMNS " FROM audit_block WHERE node = $1 ORDER BY no DESC LIMIT 1", 1, NULL };

zy_status audit_last_block(zy_rtx *rtx, int64_t node, audit_block *ret_block, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    zy_status status = zy_query_one(rtx, &SQL_LAST_BLOCK, ZY_ARGS(ZY_I(node)), &stmt, err);
    if (status == ZY_NOT_FOUND) {
        *ret_block = (audit_block){ .node = node };
        return ZY_OK;
    }
    ZY_TRY(status);
    audit_block_read(stmt, ret_block);
    return ZY_OK;
}

static const zy_sql SQL_BLOCK_FIND = { "audit.block_find",
    "SELECT " BLOCK_COLUMNS " FROM audit_block WHERE node = $1 AND no = $2", 2, NULL };

zy_status audit_block_find(zy_rtx *rtx, int64_t node, int64_t no, audit_block *ret_block, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BLOCK_FIND, ZY_ARGS(ZY_I(node), ZY_I(no)), &stmt, err));
    audit_block_read(stmt, ret_block);
    return ZY_OK;
}

static const zy_sql SQL_BLOCK_ADD = { "audit.block_add",
    "INSERT INTO audit_block (" BLOCK_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", 8, NULL };

zy_status audit_block_insert(zy_tx *tx, const audit_block *b, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_BLOCK_ADD,
                          ZY_ARGS(ZY_I(b->node), ZY_I(b->no), ZY_I(b->upto_tx), ZY_I(b->upto_id), ZY_I(b->records),
                                  ZY_I(b->total), ZY_B(b->h, sizeof b->h), ZY_I(b->at.ms)),
                          1, ZY_INTERNAL, err);
}

/* On SQLite ids ascend in commit order, and the sealer sits inside the commit: the horizon is open. */
static const zy_sql SQL_UNSEALED = { "audit.unsealed",
    "SELECT id, tx, digest FROM audit_record WHERE node = $1 AND id > $3 AND tx >= $2 AND tx < $4 ORDER BY id LIMIT $5",
    5,
    "SELECT id, tx, digest FROM audit_record WHERE node = $1 AND (tx, id) > ($2, $3) AND tx < $4"
    " ORDER BY tx, id LIMIT $5" };

zy_status audit_unsealed(zy_rtx *rtx, const audit_block *last, int64_t horizon_tx, int limit, zy_stmt **ret_rows,
                         zy_err *err)
{
    return zy_query(rtx, &SQL_UNSEALED,
                    ZY_ARGS(ZY_I(last->node), ZY_I(last->upto_tx), ZY_I(last->upto_id), ZY_I(horizon_tx), ZY_I(limit)),
                    ret_rows, err);
}

static const zy_sql SQL_HORIZON = { "audit.horizon", "SELECT 1", 0,
    "SELECT (era << 48) | (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint FROM audit_era" };

zy_status audit_horizon(zy_rtx *rtx, int64_t *ret_horizon_tx, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_HORIZON, ZY_NO_ARGS, &stmt, err));
    *ret_horizon_tx = zy_col_int(stmt, 0);
    return ZY_OK;
}

static const zy_sql SQL_LOCK_NODE = { "audit.lock_node", "SELECT $1", 1,
    "SELECT 1 FROM (SELECT pg_advisory_xact_lock(20482, CAST($1 AS INTEGER))) l" };

zy_status audit_lock_node(zy_tx *tx, int64_t node, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    return zy_query_one(zy_tx_read(tx), &SQL_LOCK_NODE, ZY_ARGS(ZY_I(node)), &stmt, err);
}

static const zy_sql SQL_NEXT_ERA = { "audit.next_era", "UPDATE audit_era SET era = era + 1 WHERE one = 1", 0,
    "SELECT zy_audit_next_era()" };

zy_status audit_next_era(zy_tx *tx, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_NEXT_ERA, ZY_NO_ARGS, 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_CHECKPOINT_ADD = { "audit.checkpoint_add",
    "INSERT INTO audit_checkpoint (" CHECKPOINT_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)", 7, NULL };

zy_status audit_checkpoint_insert(zy_tx *tx, const audit_checkpoint *c, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CHECKPOINT_ADD,
                          ZY_ARGS(ZY_I(c->node), ZY_I(c->no), ZY_I(c->total), ZY_B(c->h, sizeof c->h), ZY_I(c->at.ms),
                                  ZY_I(c->key_version), ZY_B(c->sig, sizeof c->sig)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_LAST_CHECKPOINT = { "audit.last_checkpoint",
    "SELECT " CHECKPOINT_COLUMNS " FROM audit_checkpoint WHERE node = $1 ORDER BY no DESC LIMIT 1", 1, NULL };

zy_status audit_last_checkpoint(zy_rtx *rtx, int64_t node, audit_checkpoint *ret_checkpoint, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_LAST_CHECKPOINT, ZY_ARGS(ZY_I(node)), &stmt, err));
    audit_checkpoint_read(stmt, ret_checkpoint);
    return ZY_OK;
}

static const zy_sql SQL_ROWS_AFTER = { "audit.rows_after",
    "SELECT " ROW_COLUMNS " FROM audit_record WHERE node = $1 AND id > $3 AND tx >= $2 ORDER BY id LIMIT $4", 4,
    "SELECT " ROW_COLUMNS " FROM audit_record WHERE node = $1 AND (tx, id) > ($2, $3) ORDER BY tx, id LIMIT $4" };

zy_status audit_rows_after(zy_rtx *rtx, int64_t node, int64_t tx, int64_t id, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_ROWS_AFTER, ZY_ARGS(ZY_I(node), ZY_I(tx), ZY_I(id), ZY_I(limit)), ret_rows, err);
}

static const zy_sql SQL_BLOCKS_AFTER = { "audit.blocks_after",
    "SELECT " BLOCK_COLUMNS " FROM audit_block WHERE node = $1 AND no > $2 ORDER BY no LIMIT $3", 3, NULL };

zy_status audit_blocks_after(zy_rtx *rtx, int64_t node, int64_t no, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_BLOCKS_AFTER, ZY_ARGS(ZY_I(node), ZY_I(no), ZY_I(limit)), ret_rows, err);
}

static const zy_sql SQL_CHECKPOINTS_AFTER = { "audit.checkpoints_after",
    "SELECT " CHECKPOINT_COLUMNS " FROM audit_checkpoint WHERE node = $1 AND no > $2 ORDER BY no LIMIT $3", 3, NULL };

zy_status audit_checkpoints_after(zy_rtx *rtx, int64_t node, int64_t no, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_CHECKPOINTS_AFTER, ZY_ARGS(ZY_I(node), ZY_I(no), ZY_I(limit)), ret_rows, err);
}

/* A node that has blocks or checkpoints but no record left is listed too: that is a fault to be found. */
static const zy_sql SQL_HAS_NODE = { "audit.has_node",
    "SELECT (SELECT count(*) FROM (SELECT 1 FROM audit_block WHERE node = $1 LIMIT 1) b)"
    " + (SELECT count(*) FROM (SELECT 1 FROM audit_checkpoint WHERE node = $1 LIMIT 1) c)"
    " + (SELECT count(*) FROM (SELECT 1 FROM audit_record WHERE node = $1 LIMIT 1) r)", 1, NULL };

zy_status audit_nodes(zy_rtx *rtx, bool ret_present[64], zy_err *err)
{
    for (int node = 0; node < 64; node++) {
        ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
        ZY_TRY(zy_query_one(rtx, &SQL_HAS_NODE, ZY_ARGS(ZY_I(node)), &stmt, err));
        ret_present[node] = zy_col_int(stmt, 0) > 0;
    }
    return ZY_OK;
}

static const zy_sql SQL_SEARCH = { "audit.search",
    "SELECT " ROW_COLUMNS " FROM audit_record WHERE id < $1"
    " AND ($2 = '' OR substr(event, 1, length($2)) = $2) AND ($3 = '' OR actor_kind = $3)"
    " AND (CAST($4 AS BIGINT) = 0 OR actor = CAST($4 AS BIGINT)) AND (CAST($5 AS BIGINT) = 0 OR object = CAST($5 AS BIGINT))"
    " AND at >= $6 AND at < $7 ORDER BY id DESC LIMIT $8", 8, NULL };
static const zy_sql SQL_SEARCH_ACTOR = { "audit.search_actor",
    "SELECT " ROW_COLUMNS " FROM audit_record WHERE id < $1"
    " AND ($2 = '' OR substr(event, 1, length($2)) = $2) AND ($3 = '' OR actor_kind = $3)"
    " AND actor = $4 AND (CAST($5 AS BIGINT) = 0 OR object = CAST($5 AS BIGINT))"
    " AND at >= $6 AND at < $7 ORDER BY id DESC LIMIT $8", 8, NULL };
static const zy_sql SQL_SEARCH_OBJECT = { "audit.search_object",
    "SELECT " ROW_COLUMNS " FROM audit_record WHERE id < $1"
    " AND ($2 = '' OR substr(event, 1, length($2)) = $2) AND ($3 = '' OR actor_kind = $3)"
    " AND (CAST($4 AS BIGINT) = 0 OR actor = CAST($4 AS BIGINT)) AND object = $5"
    " AND at >= $6 AND at < $7 ORDER BY id DESC LIMIT $8", 8, NULL };

zy_status audit_search_rows(zy_rtx *rtx, const zy_audit_filter *f, zy_stmt **ret_rows, zy_err *err)
{
    /* One text each, so that an engine that plans once still uses the index of the given filter. */
    const zy_sql *sql = f->object.v != 0 ? &SQL_SEARCH_OBJECT : f->actor.v != 0 ? &SQL_SEARCH_ACTOR : &SQL_SEARCH;
    int64_t before = f->before.v != 0 ? f->before.v : INT64_MAX;
    int64_t to = f->to.ms != 0 ? f->to.ms : INT64_MAX;
    return zy_query(rtx, sql,
                    ZY_ARGS(ZY_I(before), ZY_T(f->event_prefix), ZY_T(f->actor_kind), ZY_I(f->actor.v),
                            ZY_I(f->object.v), ZY_I(f->from.ms), ZY_I(to), ZY_I(f->limit)),
                    ret_rows, err);
}
