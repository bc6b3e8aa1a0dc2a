/* One interface over SQLite (embedded default) and PostgreSQL (production). Only src/db includes
 * sqlite3.h and libpq-fe.h; only `_repo.c` files hold SQL. */
#pragma once

#include <stdbool.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/id.h"
#include "base/money.h"
#include "base/str.h"

typedef enum { ZY_DB_SQLITE, ZY_DB_PG } zy_db_kind;
typedef struct zy_db zy_db;   /* thread-safe */
typedef struct zy_rtx zy_rtx; /* a transaction that reads */
typedef struct zy_tx zy_tx;   /* a transaction that writes */
typedef struct zy_stmt zy_stmt;

typedef struct zy_db_options {
    zy_db_kind kind;
    zy_str target;        /* SQLite: file path; PostgreSQL: libpq connection string */
    unsigned connections; /* PostgreSQL pool; SQLite: read connections; 0: default (16; 4), at most 256 */
    unsigned group_max;   /* SQLite: transactions in one durable commit, 1..1024; 0: default (128) */
    int64_t lock_timeout_ms; /* waiting for a row, the file or a free connection; 0: default (5000) */
    /* Runs inside every durable commit of the SQLite writer, after the group's transactions and
     * before COMMIT (the audit sealer); NULL for none. */
    zy_status (*before_commit)(zy_tx *tx, void *arg, zy_err *err);
    void *before_commit_arg;
} zy_db_options;

ZY_CHECKED zy_status zy_db_open(const zy_db_options *options, zy_db **ret_db, zy_err *err);
void zy_db_close(zy_db *db); /* waits for running transactions */
ZY_AUTO_DEFINE(zy_db, zy_db_close)
zy_db_kind zy_db_kind_of(const zy_db *db);
void zy_db_set_before_commit(zy_db *db, zy_status (*fn)(zy_tx *, void *, zy_err *), void *arg);

/* Counters for the metrics, since the database was opened. */
typedef struct zy_db_stats {
    uint64_t commits; /* durable commits: SQLite: groups */
    uint64_t units;   /* committed units of work */
    uint64_t failed;  /* units that were undone */
    uint64_t retries; /* PostgreSQL: units run again after a conflict */
    uint64_t lost;    /* commits whose answer was lost */
    unsigned waiting; /* now: SQLite: units queued or running; PostgreSQL: waiting for a connection */
} zy_db_stats;
zy_db_stats zy_db_stats_now(zy_db *db);

/* Migrations: numbered files sql/<kind>/NNNN_name.sql embedded in the program; each is run once in a
 * transaction and its SM3-free content hash (FNV-1a 64 of the text, recorded) must not change.
 * progress (may be NULL) is told each file. ZY_CONFIG_BAD when a recorded hash differs. */
ZY_CHECKED zy_status zy_db_migrate(zy_db *db, void (*progress)(const char *file, void *arg), void *arg, zy_err *err);
ZY_CHECKED zy_status zy_db_schema_current(zy_db *db, bool *ret_current, zy_err *err);

/* A statement: a named constant with $1 $2 …; pg_text where PostgreSQL needs another wording. */
typedef struct zy_sql {
    const char *name; /* "account.hold_add" */
    const char *text;
    int params;
    const char *pg_text;
    bool sure; /* PostgreSQL: changes the expected rows, or it or what the unit sends behind it fails: COMMIT need not wait */
} zy_sql;

typedef struct zy_val {
    enum { ZY_V_NULL, ZY_V_INT, ZY_V_TEXT, ZY_V_BLOB } kind;
    int64_t i;
    zy_str s;
} zy_val;
#define ZY_I(v)       ((zy_val){ ZY_V_INT, (int64_t)(v), { 0 } })
#define ZY_T(str)     ((zy_val){ ZY_V_TEXT, 0, (str) })
#define ZY_TC(cstr)   ((zy_val){ ZY_V_TEXT, 0, zy_str_of(cstr) })
#define ZY_B(ptr, n)  ((zy_val){ ZY_V_BLOB, 0, zy_str_bytes((ptr), (n)) })
#define ZY_N          ((zy_val){ ZY_V_NULL, 0, { 0 } })
#define ZY_ARGS(...)  ((const zy_val[]){ __VA_ARGS__ }), (int)(sizeof((const zy_val[]){ __VA_ARGS__ }) / sizeof(zy_val))
#define ZY_NO_ARGS    NULL, 0

/* A unit of work. fn runs inside a transaction and may run again after a conflict: it touches nothing
 * but the database and what arg points to. On SQLite it runs on the writer thread in a savepoint of
 * the group's transaction: no network, no SM2, no password hash, no log. When fn fails, everything it
 * wrote is undone and its status is returned. Returns only when the commit is durable.
 * PostgreSQL: READ COMMITTED; 40001 and 40P01 are retried, and so is, on both, a unit that
 * itself answers ZY_DB_CONFLICT. A COMMIT whose answer was lost gives
 * ZY_OUTCOME_UNKNOWN unless `decided` is given: it is called with a read transaction on a new
 * connection and tells whether the unit was committed. Must not be called inside another unit. */
typedef zy_status (*zy_unit_fn)(zy_tx *tx, void *arg, zy_err *err);
typedef zy_status (*zy_read_fn)(zy_rtx *rtx, void *arg, zy_err *err);
typedef zy_status (*zy_decided_fn)(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err);
ZY_CHECKED zy_status zy_db_run(zy_db *db, const char *name, zy_unit_fn fn, void *arg, zy_err *err);
ZY_CHECKED zy_status zy_db_run_decided(zy_db *db, const char *name, zy_unit_fn fn, zy_decided_fn decided, void *arg,
                                       zy_err *err);
/* Reads of one snapshot (SQLite: own read connection; PostgreSQL: REPEATABLE READ READ ONLY only when
 * fn needs more than one statement to agree: here always READ COMMITTED read-only). */
ZY_CHECKED zy_status zy_db_read(zy_db *db, const char *name, zy_read_fn fn, void *arg, zy_err *err);
/* One snapshot over all statements (REPEATABLE READ): trial balance, verification, backup. */
ZY_CHECKED zy_status zy_db_read_snapshot(zy_db *db, const char *name, zy_read_fn fn, void *arg, zy_err *err);

zy_rtx *zy_tx_read(zy_tx *tx); /* a writing transaction reads, too */
zy_db_kind zy_rtx_kind(const zy_rtx *rtx);

/* Runs a statement that gives no rows; ret_changed may be NULL. A unique violation gives ZY_DB_UNIQUE
 * (the transaction goes on only on SQLite: use ON CONFLICT DO NOTHING where a repeat is expected). */
ZY_CHECKED zy_status zy_exec(zy_tx *tx, const zy_sql *sql, const zy_val *args, int arg_count, int64_t *ret_changed,
                             zy_err *err);
/* The same where the only wanted result is "exactly `rows` rows": otherwise `otherwise` is the unit's
 * status. On PostgreSQL it is queued in pipeline mode and judged before COMMIT (or before the next
 * query); on SQLite it runs at once. Arguments are copied. */
ZY_CHECKED zy_status zy_exec_expect(zy_tx *tx, const zy_sql *sql, const zy_val *args, int arg_count, int64_t rows,
                                    zy_status otherwise, zy_err *err);
/* Opens a result; zy_stmt_next tells whether there is a row; columns are numbered from 0 and what they
 * give is valid until the next call on the statement. */
ZY_CHECKED zy_status zy_query(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int arg_count, zy_stmt **ret_stmt,
                              zy_err *err);
ZY_CHECKED zy_status zy_stmt_next(zy_stmt *stmt, bool *ret_row, zy_err *err);
/* For statements that give one row or none: ZY_NOT_FOUND when none. */
ZY_CHECKED zy_status zy_query_one(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int arg_count,
                                  zy_stmt **ret_stmt, zy_err *err);
void zy_stmt_free(zy_stmt *stmt);
ZY_AUTO_DEFINE(zy_stmt, zy_stmt_free)
int64_t zy_col_int(const zy_stmt *stmt, int col);
zy_str zy_col_text(const zy_stmt *stmt, int col);
zy_str zy_col_blob(const zy_stmt *stmt, int col);
bool zy_col_null(const zy_stmt *stmt, int col);
static inline zy_id zy_col_id(const zy_stmt *s, int c) { return (zy_id){ zy_col_int(s, c) }; }
static inline zy_money zy_col_money(const zy_stmt *s, int c) { return (zy_money){ zy_col_int(s, c) }; }
static inline zy_time zy_col_time(const zy_stmt *s, int c) { return (zy_time){ zy_col_int(s, c) }; }

/* A consistent copy while serving: SQLite's online backup into `path`; PostgreSQL has pg_dump
 * (the backup command runs it). ZY_BAD_REQUEST on PostgreSQL. */
ZY_CHECKED zy_status zy_db_copy_sqlite(zy_db *db, const char *path, void (*progress)(int done, int total, void *), void *arg,
                                       zy_err *err);

#ifdef ZY_FAULTS
/* Test programs only: runs statements without parameters as one unit (tables for a test). */
ZY_CHECKED zy_status zy_db_test_exec_script(zy_db *db, const char *sqlite_text, const char *pg_text, zy_err *err);
/* Migrates from another list than the embedded one (ends with a row without name). */
struct zy_migration_file;
ZY_CHECKED zy_status zy_db_test_migrate(zy_db *db, const struct zy_migration_file *files, zy_err *err);
#endif
