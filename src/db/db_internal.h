/* What this room's files share: the shape of an engine, and the statement cache. */
#pragma once

#include <stdatomic.h>

#include "db/db.h"

#define ZY_DB_PARAMS_MAX 64

/* ---- embedded migrations (made by sql/embed-migrations); the last row has no name ---- */
typedef struct zy_migration_file {
    zy_db_kind kind;
    int number;
    const char *name; /* "0006_ledger" */
    const char *text; /* terminated */
    size_t size;
} zy_migration_file;
extern const zy_migration_file ZY_MIGRATION_FILES[];

/* ---- engines ---- */
typedef struct zy_unit {
    const char *name;
    zy_unit_fn fn;
    void *arg;
    bool schema; /* a migration: the before_commit hook stays out of it */
} zy_unit;

typedef enum {
    ZY_RAN,         /* committed or surely undone; a unit that itself says ZY_DB_CONFLICT runs again */
    ZY_CONFLICTED,  /* surely undone, and worth another try */
    ZY_COMMIT_LOST, /* COMMIT was sent, its answer did not come */
} zy_outcome;

typedef struct zy_db_engine {
    zy_db_kind kind;
    zy_status (*open)(const zy_db_options *options, zy_db **ret_db, zy_err *err);
    void (*close)(zy_db *db);
    /* One attempt. */
    zy_status (*run)(zy_db *db, const zy_unit *unit, zy_outcome *ret_outcome, zy_err *err);
    zy_status (*read)(zy_db *db, bool snapshot, zy_read_fn fn, void *arg, zy_err *err);
    zy_status (*exec)(zy_tx *tx, const zy_sql *sql, const zy_val *args, int64_t *ret_changed,
                      zy_err *err);
    zy_status (*expect)(zy_tx *tx, const zy_sql *sql, const zy_val *args, int64_t rows,
                        zy_status otherwise, zy_err *err);
    zy_status (*query)(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, zy_stmt **ret_stmt,
                       zy_err *err);
    /* Several statements without parameters: migrations. */
    zy_status (*script)(zy_tx *tx, const char *text, zy_err *err);
    zy_status (*next)(zy_stmt *stmt, bool *ret_row, zy_err *err);
    void (*stmt_free)(zy_stmt *stmt);
    int64_t (*col_int)(const zy_stmt *stmt, int col);
    zy_str (*col_bytes)(const zy_stmt *stmt, int col);
    bool (*col_null)(const zy_stmt *stmt, int col);
} zy_db_engine;

extern const zy_db_engine ZY_ENGINE_SQLITE;
extern const zy_db_engine ZY_ENGINE_PG;

/* Each engine's own structs begin with these. */
struct zy_db {
    const zy_db_engine *engine;
    zy_db_options options; /* with the defaults filled in; target is owned and terminated */
    struct {
        atomic_ullong commits, units, failed, retries, lost;
        atomic_uint waiting;
    } count;
};
struct zy_rtx {
    zy_db *db;
};
struct zy_tx {
    zy_rtx r;
    zy_status doomed; /* why this unit must not commit, whatever its function returns */
};
struct zy_stmt {
    const zy_db_engine *engine;
};

/* Marks the unit so that it cannot commit even if its function goes on; returns status. */
static inline zy_status zy_tx_doom(zy_tx *tx, zy_status status)
{
    if (tx->doomed == ZY_OK)
        tx->doomed = status;
    return status;
}

/* What an engine calls to run the unit's function inside the transaction it has begun: a doomed
 * unit fails whatever the function returns. */
zy_status zy_unit_call(const zy_unit *unit, zy_tx *tx, zy_err *err);

/* zy_db_run for a migration. */
zy_status zy_db_run_schema(zy_db *db, const char *name, zy_unit_fn fn, zy_decided_fn decided,
                           void *arg, zy_err *err);

/* ---- a map from statement constants to what a connection has prepared for them ---- */
typedef struct zy_sql_cache {
    struct zy_sql_slot {
        const zy_sql *key;
        void *value;
    } * slots;
    size_t size, used; /* size is a power of two */
} zy_sql_cache;
void *zy_sql_cache_get(const zy_sql_cache *c, const zy_sql *key);
void zy_sql_cache_put(zy_sql_cache *c, const zy_sql *key, void *value); /* key is new */
void zy_sql_cache_clear(zy_sql_cache *c, void (*free_value)(void *value));

/* ---- fault points ---- */
#define ZY_DB_FAULT_POINT(function, name)                                                          \
    static inline zy_status function(void)                                                         \
    {                                                                                              \
        ZY_FAULT(name);                                                                            \
        return ZY_OK;                                                                              \
    }
ZY_DB_FAULT_POINT(zy_db_fault_begin, "db.begin")
ZY_DB_FAULT_POINT(zy_db_fault_exec, "db.exec")
ZY_DB_FAULT_POINT(zy_db_fault_commit, "db.commit")
ZY_DB_FAULT_POINT(zy_db_fault_commit_lost, "db.commit_lost")
