/* The audit tables' statements; used by src/service/audit alone. */
#pragma once

#include "service/audit/audit.h"

typedef struct audit_row { /* a record as it stands in the table; texts are borrowed */
    zy_id id;
    int64_t node, tx;
    zy_time at;
    zy_str event, actor_kind, object_kind, address, device, trace, result, detail, digest;
    zy_id actor, object;
} audit_row;

typedef struct audit_block {
    int64_t node, no, upto_tx, upto_id, records, total;
    uint8_t h[ZY_SM3_BYTES];
    zy_time at;
} audit_block;

typedef struct audit_checkpoint {
    int64_t node, no, total;
    uint8_t h[ZY_SM3_BYTES];
    zy_time at;
    uint16_t key_version;
    uint8_t sig[ZY_SM2_SIG_BYTES];
} audit_checkpoint;

zy_status audit_insert(zy_tx *tx, const audit_row *row, zy_err *err);
/* The node's last block, or its zero block (no 0, h all zero) when it has none. */
zy_status audit_last_block(zy_rtx *rtx, int64_t node, audit_block *ret_block, zy_err *err);
zy_status audit_block_find(zy_rtx *rtx, int64_t node, int64_t no, audit_block *ret_block, zy_err *err); /* ZY_NOT_FOUND */
zy_status audit_block_insert(zy_tx *tx, const audit_block *block, zy_err *err);
/* SQLite: the writer's own unsealed records. PostgreSQL: those below `horizon_tx`. Columns id, tx, digest. */
zy_status audit_unsealed(zy_rtx *rtx, const audit_block *last, int64_t horizon_tx, int limit, zy_stmt **ret_rows, zy_err *err);
zy_status audit_horizon(zy_rtx *rtx, int64_t *ret_horizon_tx, zy_err *err); /* PostgreSQL */
zy_status audit_lock_node(zy_tx *tx, int64_t node, zy_err *err);            /* PostgreSQL: one sealer of a node at a time */
zy_status audit_next_era(zy_tx *tx, zy_err *err);
zy_status audit_checkpoint_insert(zy_tx *tx, const audit_checkpoint *checkpoint, zy_err *err);
/* The newest checkpoint of a node; ZY_NOT_FOUND. */
zy_status audit_last_checkpoint(zy_rtx *rtx, int64_t node, audit_checkpoint *ret_checkpoint, zy_err *err);

/* Streams for verification, in order; the caller pages with the last key. */
zy_status audit_rows_after(zy_rtx *rtx, int64_t node, int64_t tx, int64_t id, int limit, zy_stmt **ret_rows, zy_err *err);
void audit_row_read(const zy_stmt *stmt, audit_row *ret_row);
zy_status audit_blocks_after(zy_rtx *rtx, int64_t node, int64_t no, int limit, zy_stmt **ret_rows, zy_err *err);
void audit_block_read(const zy_stmt *stmt, audit_block *ret_block);
zy_status audit_checkpoints_after(zy_rtx *rtx, int64_t node, int64_t no, int limit, zy_stmt **ret_rows, zy_err *err);
void audit_checkpoint_read(const zy_stmt *stmt, audit_checkpoint *ret_checkpoint);
zy_status audit_nodes(zy_rtx *rtx, bool ret_present[64], zy_err *err);
zy_status audit_search_rows(zy_rtx *rtx, const zy_audit_filter *filter, zy_stmt **ret_rows, zy_err *err);

/* Digest of a record: every column in a fixed order, each with its length. */
zy_status audit_digest(const audit_row *row, uint8_t out[ZY_SM3_BYTES]);
/* h = SM3(h || digest). */
zy_status audit_chain(uint8_t h[ZY_SM3_BYTES], const void *digest);
/* What a checkpoint's signature covers, after the label. */
#define AUDIT_CHECKPOINT_BYTES (1 + 8 + 8 + 8 + ZY_SM3_BYTES)
void audit_checkpoint_message(const audit_checkpoint *checkpoint, uint8_t out[AUDIT_CHECKPOINT_BYTES]);
