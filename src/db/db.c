/* The front of both engines: checks of our own calls, retries, and the question of a lost COMMIT.
 */
#include "db/db.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "db/db_internal.h"

enum { RUN_ATTEMPTS = 8, ASK_ATTEMPTS = 3 };

static _Thread_local bool inside_unit;

static const zy_db_engine *const ENGINES[] = {
    [ZY_DB_SQLITE] = &ZY_ENGINE_SQLITE, [ZY_DB_PG] = &ZY_ENGINE_PG};

static zy_status options_check(zy_db_options *o, zy_err *err)
{
    if (o->kind != ZY_DB_SQLITE && o->kind != ZY_DB_PG)
        return zy_fail(err, ZY_CONFIG_BAD, "db.kind", "unknown kind of database");
    if (o->target.n == 0)
        return zy_fail(err, ZY_CONFIG_BAD, "db.target", "no database named");
    if (o->connections > 256)
        return zy_fail(err, ZY_CONFIG_BAD, "db.connections", "more than 256 connections");
    if (o->group_max > 1024)
        return zy_fail(err, ZY_CONFIG_BAD, "db.group_max",
                       "more than 1024 transactions in one commit");
    if (o->lock_timeout_ms < 0 || o->lock_timeout_ms > 600000)
        return zy_fail(err, ZY_CONFIG_BAD, "db.lock_timeout_ms", "outside 0..600000 ms");
    if (o->connections == 0)
        o->connections = o->kind == ZY_DB_PG ? 16 : 4;
    if (o->group_max == 0)
        o->group_max = 128;
    if (o->lock_timeout_ms == 0)
        o->lock_timeout_ms = 5000;
    return ZY_OK;
}

zy_status zy_db_open(const zy_db_options *options, zy_db **ret_db, zy_err *err)
{
    zy_db_options checked = *options;
    ZY_TRY(options_check(&checked, err));
    checked.target.p = zy_str_dup(checked.target);
    zy_status status = ENGINES[checked.kind]->open(&checked, ret_db, err);
    if (status != ZY_OK)
        free((void *)(uintptr_t)checked.target.p);
    return status;
}

void zy_db_close(zy_db *db)
{
    if (db == NULL)
        return;
    const char *target = db->options.target.p;
    db->engine->close(db);
    free((void *)(uintptr_t)target);
}

zy_db_kind zy_db_kind_of(const zy_db *db)
{
    return db->engine->kind;
}

zy_db_stats zy_db_stats_now(zy_db *db)
{
    return (zy_db_stats){
        .commits = atomic_load(&db->count.commits),
        .units = atomic_load(&db->count.units),
        .failed = atomic_load(&db->count.failed),
        .retries = atomic_load(&db->count.retries),
        .lost = atomic_load(&db->count.lost),
        .waiting = atomic_load(&db->count.waiting),
    };
}

/* ---- units of work ---- */

/* Two units that met once must not meet again in step. */
static void pause_before_retry(int attempt)
{
    int64_t span_us = INT64_C(1000) << (attempt < 6 ? attempt : 6);
    int64_t us = 200 + zy_clock_monotonic_ns() / 100 % span_us;
    nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
}

typedef struct question {
    zy_decided_fn decided;
    void *arg;
    bool committed;
} question;

static zy_status ask(zy_rtx *rtx, void *arg, zy_err *err)
{
    question *q = arg;
    return q->decided(rtx, q->arg, &q->committed, err);
}

static zy_status ask_decided(zy_db *db, const char *name, zy_decided_fn decided, void *arg,
                             bool *ret_committed, zy_err *err)
{
    question q = {decided, arg, false};
    zy_status status = ZY_DB_ERROR;
    for (int attempt = 0; attempt < ASK_ATTEMPTS && status != ZY_OK; attempt++) {
        if (attempt > 0)
            pause_before_retry(6);
        status = zy_db_read(db, name, ask, &q, err);
    }
    if (status == ZY_OK)
        *ret_committed = q.committed;
    return status;
}

static zy_status unknown(zy_err *err, const char *name)
{
    return zy_fail(err, ZY_OUTCOME_UNKNOWN, "", "the answer to COMMIT of %s was lost", name);
}

/* After a lost COMMIT that `decided` did not find, the unit runs again: should the first COMMIT
 * still land, its idempotency row stops the second. Whatever else happens then, only success is
 * certain. */
static zy_status run(zy_db *db, const zy_unit *unit, zy_decided_fn decided, zy_err *err)
{
    assert(!inside_unit);
    bool lost = false;
    zy_status status = ZY_DB_CONFLICT;
    for (int attempt = 0; attempt < RUN_ATTEMPTS; attempt++) {
        if (attempt > 0) {
            atomic_fetch_add(&db->count.retries, 1);
            pause_before_retry(attempt);
        }
        zy_outcome outcome = ZY_RAN;
        status = db->engine->run(db, unit, &outcome, err);
        if (outcome == ZY_RAN && status != ZY_DB_CONFLICT)
            break;
        if (outcome != ZY_COMMIT_LOST)
            continue;
        lost = true;
        atomic_fetch_add(&db->count.lost, 1);
        zy_log_warn("db.commit_lost", ZY_L_C("unit", unit->name));
        bool committed = false;
        if (decided == NULL ||
            ask_decided(db, unit->name, decided, unit->arg, &committed, err) != ZY_OK)
            return unknown(err, unit->name);
        if (committed)
            return ZY_OK;
    }
    return lost && status != ZY_OK ? unknown(err, unit->name) : status;
}

zy_status zy_db_run(zy_db *db, const char *name, zy_unit_fn fn, void *arg, zy_err *err)
{
    return run(db, &(zy_unit){name, fn, arg, false}, NULL, err);
}

zy_status zy_db_run_decided(zy_db *db, const char *name, zy_unit_fn fn, zy_decided_fn decided,
                            void *arg, zy_err *err)
{
    return run(db, &(zy_unit){name, fn, arg, false}, decided, err);
}

zy_status zy_db_run_schema(zy_db *db, const char *name, zy_unit_fn fn, zy_decided_fn decided,
                           void *arg, zy_err *err)
{
    return run(db, &(zy_unit){name, fn, arg, true}, decided, err);
}

zy_status zy_unit_call(const zy_unit *unit, zy_tx *tx, zy_err *err)
{
    tx->doomed = ZY_OK;
    inside_unit = true;
    zy_status status = unit->fn(tx, unit->arg, err);
    inside_unit = false;
    if (status == ZY_OK && tx->doomed != ZY_OK)
        return zy_fail(err, tx->doomed, "", "%s went on after a failed statement", unit->name);
    return status;
}

zy_status zy_db_read(zy_db *db, const char *name, zy_read_fn fn, void *arg, zy_err *err)
{
    (void)name;
    return db->engine->read(db, false, fn, arg, err);
}

zy_status zy_db_read_snapshot(zy_db *db, const char *name, zy_read_fn fn, void *arg, zy_err *err)
{
    (void)name;
    return db->engine->read(db, true, fn, arg, err);
}

zy_rtx *zy_tx_read(zy_tx *tx)
{
    return &tx->r;
}

zy_db_kind zy_rtx_kind(const zy_rtx *rtx)
{
    return rtx->db->engine->kind;
}

/* ---- statements ---- */

static zy_status statement_fault(const zy_sql *sql, zy_err *err)
{
    zy_status status = zy_db_fault_exec();
    return status == ZY_OK ? ZY_OK : zy_fail(err, status, "", "%s: injected fault", sql->name);
}

zy_status zy_exec(zy_tx *tx, const zy_sql *sql, const zy_val *args, int arg_count,
                  int64_t *ret_changed, zy_err *err)
{
    assert(arg_count == sql->params && arg_count <= ZY_DB_PARAMS_MAX);
    zy_status status = statement_fault(sql, err);
    if (status != ZY_OK)
        return zy_tx_doom(tx, status);
    return tx->r.db->engine->exec(tx, sql, args, ret_changed, err);
}

zy_status zy_exec_expect(zy_tx *tx, const zy_sql *sql, const zy_val *args, int arg_count,
                         int64_t rows, zy_status otherwise, zy_err *err)
{
    assert(arg_count == sql->params && arg_count <= ZY_DB_PARAMS_MAX);
    assert(otherwise != ZY_OK);
    zy_status status = statement_fault(sql, err);
    if (status != ZY_OK)
        return zy_tx_doom(tx, status);
    return tx->r.db->engine->expect(tx, sql, args, rows, otherwise, err);
}

zy_status zy_query(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int arg_count,
                   zy_stmt **ret_stmt, zy_err *err)
{
    assert(arg_count == sql->params && arg_count <= ZY_DB_PARAMS_MAX);
    ZY_TRY(statement_fault(sql, err));
    return rtx->db->engine->query(rtx, sql, args, ret_stmt, err);
}

zy_status zy_query_one(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int arg_count,
                       zy_stmt **ret_stmt, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query(rtx, sql, args, arg_count, &stmt, err));
    bool row = false;
    ZY_TRY(zy_stmt_next(stmt, &row, err));
    if (!row)
        return zy_fail(err, ZY_NOT_FOUND, "", "%s: no row", sql->name);
    *ret_stmt = ZY_STEAL(stmt);
    return ZY_OK;
}

zy_status zy_stmt_next(zy_stmt *stmt, bool *ret_row, zy_err *err)
{
    return stmt->engine->next(stmt, ret_row, err);
}

void zy_stmt_free(zy_stmt *stmt)
{
    if (stmt != NULL)
        stmt->engine->stmt_free(stmt);
}

int64_t zy_col_int(const zy_stmt *stmt, int col)
{
    return stmt->engine->col_int(stmt, col);
}

zy_str zy_col_text(const zy_stmt *stmt, int col)
{
    return stmt->engine->col_bytes(stmt, col);
}

zy_str zy_col_blob(const zy_stmt *stmt, int col)
{
    return stmt->engine->col_bytes(stmt, col);
}

bool zy_col_null(const zy_stmt *stmt, int col)
{
    return stmt->engine->col_null(stmt, col);
}

#ifdef ZY_FAULTS
static zy_status run_script(zy_tx *tx, void *arg, zy_err *err)
{
    return tx->r.db->engine->script(tx, arg, err);
}

zy_status zy_db_test_exec_script(zy_db *db, const char *sqlite_text, const char *pg_text,
                                 zy_err *err)
{
    const char *text = zy_db_kind_of(db) == ZY_DB_PG ? pg_text : sqlite_text;
    return zy_db_run_schema(db, "test.script", run_script, NULL, (void *)(uintptr_t)text, err);
}
#endif
