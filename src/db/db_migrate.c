/* Migrations: each numbered file once, in one transaction with its record; a changed file is
 * refused. */
#include <inttypes.h>
#include <stdio.h>

#include "db/db_internal.h"

enum { HASH_TEXT = 17 };

typedef struct migration {
    const zy_migration_file *file;
    char hash[HASH_TEXT];
    bool applied;
} migration;

/* Two nodes that start at once migrate one after the other: on SQLite the file has one writer. */
static const char PG_PREPARE[] = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;"
                                 "SELECT pg_advisory_xact_lock(20261122);"
                                 "CREATE TABLE IF NOT EXISTS zy_migration (number BIGINT PRIMARY "
                                 "KEY, name TEXT NOT NULL, hash TEXT NOT NULL,"
                                 " applied_at BIGINT NOT NULL);";
static const char SQLITE_PREPARE[] = "CREATE TABLE IF NOT EXISTS zy_migration (number INTEGER NOT "
                                     "NULL PRIMARY KEY, name TEXT NOT NULL,"
                                     " hash TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT;";

static const zy_sql SQL_TABLE_EXISTS = {
    "migration.table_exists", "SELECT count(*) FROM sqlite_master WHERE name = 'zy_migration'", 0,
    "SELECT count(*) FROM pg_class WHERE oid = to_regclass('zy_migration')"};
static const zy_sql SQL_FIND = {"migration.find",
                                "SELECT name, hash FROM zy_migration WHERE number = $1", 1, NULL};
static const zy_sql SQL_COUNT = {"migration.count", "SELECT count(*) FROM zy_migration", 0, NULL};
static const zy_sql SQL_RECORD = {
    "migration.record",
    "INSERT INTO zy_migration (number, name, hash, applied_at) VALUES ($1, $2, $3, $4)", 4, NULL};

/* FNV-1a 64: tells a changed file; a forged one is a matter of who may write to the program. */
static void hash_of(const zy_migration_file *file, char out[HASH_TEXT])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < file->size; i++)
        h = (h ^ (unsigned char)file->text[i]) * UINT64_C(0x100000001b3);
    snprintf(out, HASH_TEXT, "%016" PRIx64, h);
}

/* Fills m->applied; ZY_CONFIG_BAD when the record differs from the file. */
static zy_status find(zy_rtx *rtx, migration *m, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query(rtx, &SQL_FIND, ZY_ARGS(ZY_I(m->file->number)), &stmt, err));
    ZY_TRY(zy_stmt_next(stmt, &m->applied, err));
    if (m->applied && !zy_str_eq_c(zy_col_text(stmt, 1), m->hash))
        return zy_fail(
            err, ZY_CONFIG_BAD, m->file->name,
            "migration %s was changed after it had been applied; restore the released file",
            m->file->name);
    return ZY_OK;
}

static zy_status apply(zy_tx *tx, void *arg, zy_err *err)
{
    migration *m = arg;
    const zy_db_engine *engine = tx->r.db->engine;
    ZY_TRY(engine->script(tx, engine->kind == ZY_DB_PG ? PG_PREPARE : SQLITE_PREPARE, err));
    ZY_TRY(find(&tx->r, m, err));
    if (m->applied)
        return ZY_OK;
    zy_status status = engine->script(tx, m->file->text, err);
    if (status != ZY_OK) {
        char why[sizeof err->detail] = "";
        if (err != NULL)
            snprintf(why, sizeof why, "%s", err->detail);
        return zy_fail(err, status, m->file->name, "migration %s: %.180s", m->file->name, why);
    }
    return zy_exec_expect(tx, &SQL_RECORD,
                          ZY_ARGS(ZY_I(m->file->number), ZY_TC(m->file->name), ZY_TC(m->hash),
                                  ZY_I(zy_clock_now(zy_clock_system()).ms)),
                          1, ZY_DB_ERROR, err);
}

static zy_status was_applied(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    migration m = *(migration *)arg;
    ZY_TRY(find(rtx, &m, err));
    *ret_committed = m.applied;
    return ZY_OK;
}

typedef struct currency {
    const zy_migration_file *files;
    bool current;
} currency;

static zy_status count_of(zy_rtx *rtx, const zy_sql *sql, int64_t *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, sql, ZY_NO_ARGS, &stmt, err));
    *ret_count = zy_col_int(stmt, 0);
    return ZY_OK;
}

static bool has_files(const zy_migration_file *files, zy_db_kind kind)
{
    while (files->name != NULL && files->kind != kind)
        files++;
    return files->name != NULL;
}

static zy_status check_current(zy_rtx *rtx, void *arg, zy_err *err)
{
    currency *c = arg;
    int64_t tables = 0, recorded = 0, known = 0;
    ZY_TRY(count_of(rtx, &SQL_TABLE_EXISTS, &tables, err));
    c->current = tables == 0 && !has_files(c->files, zy_rtx_kind(rtx));
    if (tables == 0)
        return ZY_OK;
    for (const zy_migration_file *file = c->files; file->name != NULL; file++) {
        if (file->kind != zy_rtx_kind(rtx))
            continue;
        migration m = {.file = file};
        hash_of(file, m.hash);
        ZY_TRY(find(rtx, &m, err));
        if (!m.applied)
            return ZY_OK;
        known++;
    }
    ZY_TRY(count_of(rtx, &SQL_COUNT, &recorded, err));
    c->current = recorded == known; /* more: the database is newer than this program */
    return ZY_OK;
}

static zy_status schema_current(zy_db *db, const zy_migration_file *files, bool *ret_current,
                                zy_err *err)
{
    currency c = {files, false};
    ZY_TRY(zy_db_read_snapshot(db, "migration.check", check_current, &c, err));
    *ret_current = c.current;
    return ZY_OK;
}

zy_status zy_db_schema_current(zy_db *db, bool *ret_current, zy_err *err)
{
    return schema_current(db, ZY_MIGRATION_FILES, ret_current, err);
}

static zy_status migrate(zy_db *db, const zy_migration_file *files,
                         void (*progress)(const char *, void *), void *arg, zy_err *err)
{
    for (const zy_migration_file *file = files; file->name != NULL; file++) {
        if (file->kind != db->engine->kind)
            continue;
        migration m = {.file = file};
        hash_of(file, m.hash);
        ZY_TRY(zy_db_run_schema(db, "migration.apply", apply, was_applied, &m, err));
        if (progress != NULL && !m.applied)
            progress(file->name, arg);
    }
    bool current = false;
    ZY_TRY(schema_current(db, files, &current, err));
    if (!current)
        return zy_fail(err, ZY_CONFIG_BAD, "db.target", "the database is newer than this program");
    return ZY_OK;
}

zy_status zy_db_migrate(zy_db *db, void (*progress)(const char *file, void *arg), void *arg,
                        zy_err *err)
{
    return migrate(db, ZY_MIGRATION_FILES, progress, arg, err);
}

#ifdef ZY_FAULTS
zy_status zy_db_test_migrate(zy_db *db, const zy_migration_file *files, zy_err *err)
{
    return migrate(db, files, NULL, NULL, err);
}
#endif
