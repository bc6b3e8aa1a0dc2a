/* Verification: every digest, every chain, every checkpoint's signature, every record that another row names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/audit/audit_repo.h"

#define PAGE          1000
#define LINKS_MAX     16
#define SEAL_DEADLINE ZY_SECONDS(60)

static const zy_sql *links[LINKS_MAX];
static int link_count;

void zy_audit_link(const zy_sql *sql)
{
    for (int i = 0; i < link_count; i++)
        if (links[i] == sql)
            return;
    if (link_count < LINKS_MAX)
        links[link_count++] = sql;
}

typedef struct ids { /* ascending only after a sort: all record ids, to look up what other rows name */
    int64_t *v;
    size_t n, cap;
} ids;

typedef struct check {
    zy_env *env;
    zy_audit_report *report;
    void (*progress)(int64_t done, void *arg);
    void *progress_arg;
    ids seen;
    zy_time newest_unsealed_allowed;
} check;

static void fault(check *c, const char *what, int64_t node, int64_t where)
{
    if (c->report->faults++ == 0)
        snprintf(c->report->first_fault, sizeof c->report->first_fault, "%s (node %lld, %lld)", what, (long long)node,
                 (long long)where);
}

static zy_status remember(ids *seen, int64_t id)
{
    if (seen->n == seen->cap) {
        size_t cap = seen->cap ? seen->cap * 2 : 4096;
        int64_t *v = realloc(seen->v, cap * sizeof *v);
        if (v == NULL)
            return ZY_NO_MEMORY;
        seen->v = v;
        seen->cap = cap;
    }
    seen->v[seen->n++] = id;
    return ZY_OK;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Walks a node's records and its blocks side by side. */
typedef struct walk {
    int64_t node;
    zy_stmt *rows, *blocks;
    int64_t last_tx, last_id, last_no;
    int row_page, block_page;
    audit_row row;
    audit_block block;
    bool has_row, has_block;
} walk;

static zy_status next_row(zy_rtx *rtx, walk *w, zy_err *err)
{
    for (;;) {
        if (w->rows == NULL) {
            w->row_page = 0;
            ZY_TRY(audit_rows_after(rtx, w->node, w->last_tx, w->last_id, PAGE, &w->rows, err));
        }
        ZY_TRY(zy_stmt_next(w->rows, &w->has_row, err));
        if (w->has_row) {
            audit_row_read(w->rows, &w->row);
            w->last_tx = w->row.tx;
            w->last_id = w->row.id.v;
            w->row_page++;
            return ZY_OK;
        }
        zy_stmt_free(w->rows);
        w->rows = NULL;
        if (w->row_page < PAGE)
            return ZY_OK;
    }
}

static zy_status next_block(zy_rtx *rtx, walk *w, zy_err *err)
{
    for (;;) {
        if (w->blocks == NULL) {
            w->block_page = 0;
            ZY_TRY(audit_blocks_after(rtx, w->node, w->last_no, PAGE, &w->blocks, err));
        }
        ZY_TRY(zy_stmt_next(w->blocks, &w->has_block, err));
        if (w->has_block) {
            audit_block_read(w->blocks, &w->block);
            w->last_no = w->block.no;
            w->block_page++;
            return ZY_OK;
        }
        zy_stmt_free(w->blocks);
        w->blocks = NULL;
        if (w->block_page < PAGE)
            return ZY_OK;
    }
}

/* The record's own digest is recomputed; the chain goes on with the recomputed one. */
static zy_status check_row(check *c, const walk *w, uint8_t h[ZY_SM3_BYTES])
{
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(audit_digest(&w->row, digest));
    if (w->row.digest.n != sizeof digest || !zy_ct_equal(digest, w->row.digest.p, sizeof digest))
        fault(c, "a record was altered", w->node, w->row.id.v);
    ZY_TRY(audit_chain(h, digest));
    ZY_TRY(remember(&c->seen, w->row.id.v));
    c->report->records++;
    if (c->progress != NULL && c->report->records % 10000 == 0)
        c->progress(c->report->records, c->progress_arg);
    return ZY_OK;
}

/* One block: exactly its number of records, ending at its mark, giving its hash. */
static zy_status check_block(zy_rtx *rtx, check *c, walk *w, uint8_t h[ZY_SM3_BYTES], int64_t *total, zy_err *err)
{
    const audit_block b = w->block;
    int64_t records = 0, upto = 0;
    while (w->has_row && records < b.records) {
        ZY_TRY(check_row(c, w, h));
        upto = w->row.id.v;
        records++;
        ZY_TRY(next_row(rtx, w, err));
    }
    *total += records;
    c->report->sealed += records;
    if (records != b.records || upto != b.upto_id)
        fault(c, "records of a sealed block are missing or moved", w->node, b.no);
    if (*total != b.total || !zy_ct_equal(h, b.h, ZY_SM3_BYTES))
        fault(c, "a block's hash does not follow from its records", w->node, b.no);
    memcpy(h, b.h, ZY_SM3_BYTES); /* one break is reported once */
    *total = b.total;
    return ZY_OK;
}

static zy_status check_unsealed(zy_rtx *rtx, check *c, walk *w, zy_err *err)
{
    uint8_t scratch[ZY_SM3_BYTES] = { 0 };
    while (w->has_row) {
        ZY_TRY(check_row(c, w, scratch));
        c->report->unsealed++;
        if (w->row.at.ms < c->newest_unsealed_allowed.ms)
            fault(c, "an old record was never sealed", w->node, w->row.id.v);
        ZY_TRY(next_row(rtx, w, err));
    }
    return ZY_OK;
}

static zy_status check_chain(zy_rtx *rtx, check *c, walk *w, zy_err *err)
{
    uint8_t h[ZY_SM3_BYTES] = { 0 };
    int64_t total = 0, expected_no = 1;
    ZY_TRY(next_row(rtx, w, err));
    ZY_TRY(next_block(rtx, w, err));
    for (; w->has_block; expected_no++) {
        if (w->block.no != expected_no)
            fault(c, "a block is missing", w->node, expected_no);
        expected_no = w->block.no;
        ZY_TRY(check_block(rtx, c, w, h, &total, err));
        ZY_TRY(next_block(rtx, w, err));
    }
    return check_unsealed(rtx, c, w, err);
}

static bool signature_is_right(check *c, const audit_checkpoint *k)
{
    uint8_t public_key[ZY_SM2_PUB_BYTES], message[AUDIT_CHECKPOINT_BYTES];
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    audit_checkpoint_message(k, message);
    return zy_keys_public(c->env->keys, ZY_KEY_AUDIT, k->key_version, public_key) == ZY_OK &&
           zy_sm2_pub_from(public_key, sizeof public_key, &pub) == ZY_OK &&
           zy_sm2_verify(pub, ZY_LABEL_AUDIT_CHECKPOINT, ZY_PARTS(ZY_PART(message, sizeof message)), k->sig) == ZY_OK;
}

static zy_status check_checkpoint(zy_rtx *rtx, check *c, const audit_checkpoint *k, zy_err *err)
{
    c->report->checkpoints++;
    audit_block block;
    zy_status status = audit_block_find(rtx, k->node, k->no, &block, err);
    if (status == ZY_NOT_FOUND) {
        fault(c, "a signed block is gone", k->node, k->no);
        return ZY_OK;
    }
    ZY_TRY(status);
    if (!zy_ct_equal(block.h, k->h, ZY_SM3_BYTES) || block.total != k->total)
        fault(c, "a block differs from its signed checkpoint", k->node, k->no);
    if (!signature_is_right(c, k))
        fault(c, "a checkpoint's signature is wrong", k->node, k->no);
    return ZY_OK;
}

static zy_status check_checkpoints(zy_rtx *rtx, check *c, int64_t node, zy_err *err)
{
    int64_t after = 0;
    for (int page = PAGE; page == PAGE;) {
        ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
        ZY_TRY(audit_checkpoints_after(rtx, node, after, PAGE, &rows, err));
        for (page = 0;; page++) {
            bool more = false;
            audit_checkpoint k;
            ZY_TRY(zy_stmt_next(rows, &more, err));
            if (!more)
                break;
            audit_checkpoint_read(rows, &k);
            after = k.no;
            ZY_TRY(check_checkpoint(rtx, c, &k, err));
        }
    }
    return ZY_OK;
}

/* A row of another room that names a record: the record must be there, so that none vanishes unsealed. */
static zy_status check_link(zy_rtx *rtx, check *c, const zy_sql *sql, zy_err *err)
{
    int64_t after = 0;
    for (int page = PAGE; page == PAGE;) {
        ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
        ZY_TRY(zy_query(rtx, sql, ZY_ARGS(ZY_I(after), ZY_I(PAGE)), &rows, err));
        for (page = 0;; page++) {
            bool more = false;
            ZY_TRY(zy_stmt_next(rows, &more, err));
            if (!more)
                break;
            after = zy_col_int(rows, 0);
            int64_t audit = zy_col_int(rows, 1);
            c->report->linked++;
            if (c->seen.n == 0 || bsearch(&audit, c->seen.v, c->seen.n, sizeof audit, by_value) == NULL)
                fault(c, sql->name, -1, after);
        }
    }
    return ZY_OK;
}

static zy_status verify_all(zy_rtx *rtx, void *arg, zy_err *err)
{
    check *c = arg;
    bool present[64];
    ZY_TRY(audit_nodes(rtx, present, err));
    for (int node = 0; node < 64; node++) {
        if (!present[node])
            continue;
        c->report->nodes++;
        walk w = { .node = node };
        zy_status status = check_chain(rtx, c, &w, err);
        zy_stmt_free(w.rows);
        zy_stmt_free(w.blocks);
        ZY_TRY(status);
        ZY_TRY(check_checkpoints(rtx, c, node, err));
    }
    if (c->seen.n > 0)
        qsort(c->seen.v, c->seen.n, sizeof *c->seen.v, by_value);
    for (int i = 0; i < link_count; i++)
        ZY_TRY(check_link(rtx, c, links[i], err));
    return ZY_OK;
}

zy_status zy_audit_verify(zy_env *env, void (*progress)(int64_t done, void *), void *arg, zy_audit_report *ret_report,
                          zy_err *err)
{
    *ret_report = (zy_audit_report){ 0 };
    check c = { .env = env, .report = ret_report, .progress = progress, .progress_arg = arg,
                .newest_unsealed_allowed = { zy_env_now(env).ms - SEAL_DEADLINE.ms } };
    zy_status status = zy_db_read_snapshot(env->db, "audit.verify", verify_all, &c, err);
    free(c.seen.v);
    ZY_TRY(status);
    if (ret_report->faults > 0)
        return zy_fail(err, ZY_AUDIT_BROKEN, NULL, "%s", ret_report->first_fault);
    return ZY_OK;
}

static void export_line(zy_buf *out, const audit_checkpoint *k)
{
    char h[2 * ZY_SM3_BYTES + 1], sig[2 * ZY_SM2_SIG_BYTES + 1];
    zy_hex_encode(k->h, sizeof k->h, h);
    zy_hex_encode(k->sig, sizeof k->sig, sig);
    zy_buf_fmt(out, "{\"node\":%lld,\"block\":%lld,\"records\":%lld,\"at\":%lld,\"key\":%u,\"h\":\"%s\",\"sig\":\"%s\"}\n",
               (long long)k->node, (long long)k->no, (long long)k->total, (long long)k->at.ms, k->key_version, h, sig);
}

static zy_status export_all(zy_rtx *rtx, void *arg, zy_err *err)
{
    zy_buf *out = arg;
    for (int node = 0; node < 64; node++) {
        int64_t after = 0;
        for (int page = PAGE; page == PAGE;) {
            ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
            ZY_TRY(audit_checkpoints_after(rtx, node, after, PAGE, &rows, err));
            for (page = 0;; page++) {
                bool more = false;
                audit_checkpoint k;
                ZY_TRY(zy_stmt_next(rows, &more, err));
                if (!more)
                    break;
                audit_checkpoint_read(rows, &k);
                after = k.no;
                export_line(out, &k);
            }
        }
    }
    return zy_buf_failed(out) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

zy_status zy_audit_export_checkpoints(zy_env *env, zy_buf *out, zy_err *err)
{
    return zy_db_read_snapshot(env->db, "audit.export", export_all, out, err);
}
