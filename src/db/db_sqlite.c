/* SQLite: connections, prepared statements, read connections, the online copy. */
#include "db/db_sqlite.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { COPY_PAGES_A_STEP = 512, LOOKASIDE_BYTES = 1200, LOOKASIDE_SLOTS = 500 };

typedef struct sqlite_prepared {
    zy_stmt stmt; /* first: handed out as the open result */
    sqlite_conn *conn;
    const zy_sql *sql;
    sqlite3_stmt *h;
    int index[ZY_DB_PARAMS_MAX]; /* of $1, $2 …: SQLite numbers names by first appearance */
    bool reads;                  /* changes nothing */
    bool busy;                   /* handed out */
    bool cached;
} sqlite_prepared;

/* ---- failures ---- */

static zy_status status_of(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ZY_DB_UNIQUE;
    default:
        break;
    }
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ZY_BUSY;
    case SQLITE_NOMEM:
        return ZY_NO_MEMORY;
    default:
        return ZY_DB_ERROR;
    }
}

/* SQLite's messages name tables, columns and words of the statement, never values. */
zy_status sqlite_fail(sqlite_conn *c, const zy_sql *sql, zy_err *err)
{
    int code = sqlite3_extended_errcode(c->h);
    return zy_fail(err, status_of(code), "", "%s: sqlite %d: %s", sql->name, code,
                   sqlite3_errmsg(c->h));
}

/* ---- connections ---- */

static zy_status pragmas(sqlite_conn *c, bool writes, zy_err *err)
{
    static const char WRITER[] =
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;"
        "PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;";
    static const char READER[] = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA "
                                 "temp_store = MEMORY; PRAGMA cache_size = -8192;";
    if (sqlite3_exec(c->h, writes ? WRITER : READER, NULL, NULL, NULL) != SQLITE_OK)
        return zy_fail(err, ZY_DB_ERROR, "db.target", "cannot set up the database file: %s",
                       sqlite3_errmsg(c->h));
    return ZY_OK;
}

zy_status sqlite_conn_open(zy_db *db, bool writes, sqlite_conn **ret_conn, zy_err *err)
{
    sqlite_conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "a database connection");
    c->tx.r.db = db;
    int flags = SQLITE_OPEN_NOMUTEX | (writes ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    zy_status status = ZY_OK;
    if (sqlite3_open_v2(db->options.target.p, &c->h, flags, NULL) != SQLITE_OK) {
        status = zy_fail(err, ZY_DB_ERROR, "db.target", "cannot open the database file: %s",
                         c->h != NULL ? sqlite3_errmsg(c->h) : "no memory");
    } else {
        sqlite3_extended_result_codes(c->h, 1);
        if (writes)
            sqlite3_db_config(c->h, SQLITE_DBCONFIG_LOOKASIDE, NULL, LOOKASIDE_BYTES, LOOKASIDE_SLOTS);
        sqlite3_busy_timeout(c->h, (int)db->options.lock_timeout_ms);
        status = pragmas(c, writes, err);
    }
    if (status != ZY_OK) {
        sqlite_conn_close(c);
        return status;
    }
    *ret_conn = c;
    return ZY_OK;
}

static void prepared_free(void *value)
{
    sqlite_prepared *p = value;
    sqlite3_finalize(p->h);
    free(p);
}

void sqlite_conn_close(sqlite_conn *c)
{
    if (c == NULL)
        return;
    assert(c->open_stmts == 0);
    zy_sql_cache_clear(&c->cache, prepared_free);
    sqlite3_close(c->h);
    free(c);
}

/* ---- statements ---- */

static zy_status map_params(sqlite_prepared *p, zy_err *err)
{
    if (sqlite3_bind_parameter_count(p->h) != p->sql->params)
        return zy_fail(err, ZY_DB_ERROR, "", "%s: says %d parameters, its text has %d",
                       p->sql->name, p->sql->params, sqlite3_bind_parameter_count(p->h));
    for (int i = 0; i < p->sql->params; i++) {
        char name[16];
        snprintf(name, sizeof name, "$%d", i + 1);
        p->index[i] = sqlite3_bind_parameter_index(p->h, name);
        if (p->index[i] == 0)
            return zy_fail(err, ZY_DB_ERROR, "", "%s: %s does not stand in its text", p->sql->name,
                           name);
    }
    return ZY_OK;
}

static zy_status prepare(sqlite_conn *c, const zy_sql *sql, sqlite_prepared **ret_prepared,
                         zy_err *err)
{
    sqlite_prepared *p = calloc(1, sizeof *p);
    if (p == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "%s", sql->name);
    *p = (sqlite_prepared){.stmt.engine = &ZY_ENGINE_SQLITE, .conn = c, .sql = sql};
    zy_status status = ZY_OK;
    if (sqlite3_prepare_v3(c->h, sql->text, -1, SQLITE_PREPARE_PERSISTENT, &p->h, NULL) !=
        SQLITE_OK)
        status = sqlite_fail(c, sql, err);
    else
        status = map_params(p, err);
    if (status != ZY_OK) {
        prepared_free(p);
        return status;
    }
    p->reads = sqlite3_stmt_readonly(p->h);
    *ret_prepared = p;
    return ZY_OK;
}

/* A statement that is already open further up gets a second copy, which is not kept. */
static zy_status checkout(sqlite_conn *c, const zy_sql *sql, sqlite_prepared **ret_prepared,
                          zy_err *err)
{
    sqlite_prepared *p = zy_sql_cache_get(&c->cache, sql);
    if (p == NULL || p->busy) {
        bool keep = p == NULL;
        ZY_TRY(prepare(c, sql, &p, err));
        if (keep)
            zy_sql_cache_put(&c->cache, sql, p);
        p->cached = keep;
    }
    p->busy = true;
    c->open_stmts++;
    *ret_prepared = p;
    return ZY_OK;
}

static void checkin(sqlite_prepared *p)
{
    p->conn->open_stmts--;
    p->busy = false;
    if (!p->cached) {
        prepared_free(p);
        return;
    }
    sqlite3_reset(p->h);
    if (p->sql->params > 0)
        sqlite3_clear_bindings(p->h);
}

static int bind_one(sqlite3_stmt *h, int index, const zy_val *v, sqlite3_destructor_type keep)
{
    const char *p = v->s.p != NULL ? v->s.p : "";
    switch (v->kind) {
    case ZY_V_INT:
        return sqlite3_bind_int64(h, index, v->i);
    case ZY_V_TEXT:
        return sqlite3_bind_text64(h, index, p, v->s.n, keep, SQLITE_UTF8);
    case ZY_V_BLOB:
        return sqlite3_bind_blob64(h, index, p, v->s.n, keep);
    case ZY_V_NULL:
        return sqlite3_bind_null(h, index);
    }
    return SQLITE_MISUSE;
}

/* keep: SQLITE_STATIC when the statement ends before the call returns. */
static zy_status bind(sqlite_prepared *p, const zy_val *args, sqlite3_destructor_type keep,
                      zy_err *err)
{
    for (int i = 0; i < p->sql->params; i++)
        if (bind_one(p->h, p->index[i], &args[i], keep) != SQLITE_OK)
            return sqlite_fail(p->conn, p->sql, err);
    return ZY_OK;
}

static zy_status exec(zy_tx *tx, const zy_sql *sql, const zy_val *args, int64_t *ret_changed,
                      zy_err *err)
{
    sqlite_conn *c = (sqlite_conn *)tx;
    sqlite_prepared *p = NULL;
    ZY_TRY(checkout(c, sql, &p, err));
    zy_status status = bind(p, args, SQLITE_STATIC, err);
    if (status == ZY_OK) {
        int code;
        do
            code = sqlite3_step(p->h);
        while (code == SQLITE_ROW);
        if (code != SQLITE_DONE)
            status = sqlite_fail(c, sql, err);
        else if (ret_changed != NULL)
            *ret_changed = p->reads ? 0 : sqlite3_changes64(c->h);
    }
    checkin(p);
    return status;
}

static zy_status expect(zy_tx *tx, const zy_sql *sql, const zy_val *args, int64_t rows,
                        zy_status otherwise, zy_err *err)
{
    int64_t changed = 0;
    zy_status status = exec(tx, sql, args, &changed, err);
    if (status == ZY_OK && changed != rows)
        status = zy_fail(err, otherwise, "", "%s: %lld rows instead of %lld", sql->name,
                         (long long)changed, (long long)rows);
    return status == ZY_OK ? ZY_OK : zy_tx_doom(tx, status);
}

static zy_status query(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, zy_stmt **ret_stmt,
                       zy_err *err)
{
    sqlite_conn *c = (sqlite_conn *)rtx;
    sqlite_prepared *p = NULL;
    ZY_TRY(checkout(c, sql, &p, err));
    zy_status status = bind(p, args, SQLITE_TRANSIENT, err);
    if (status != ZY_OK) {
        checkin(p);
        return status;
    }
    *ret_stmt = &p->stmt;
    return ZY_OK;
}

zy_status sqlite_run(sqlite_conn *c, const zy_sql *sql, zy_err *err)
{
    return exec(&c->tx, sql, NULL, NULL, err);
}

static zy_status script(zy_tx *tx, const char *text, zy_err *err)
{
    sqlite_conn *c = (sqlite_conn *)tx;
    if (sqlite3_exec(c->h, text, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_fail(c, &(zy_sql){.name = "script"}, err);
    return ZY_OK;
}

static zy_status next(zy_stmt *stmt, bool *ret_row, zy_err *err)
{
    sqlite_prepared *p = (sqlite_prepared *)stmt;
    int code = sqlite3_step(p->h);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return sqlite_fail(p->conn, p->sql, err);
    *ret_row = code == SQLITE_ROW;
    return ZY_OK;
}

static void stmt_free(zy_stmt *stmt)
{
    checkin((sqlite_prepared *)stmt);
}

static sqlite3_stmt *handle(const zy_stmt *stmt, int col)
{
    sqlite3_stmt *h = ((const sqlite_prepared *)stmt)->h;
    assert(col >= 0 && col < sqlite3_data_count(h));
    return h;
}

/* A silent 0 for a column that is no number would be a wrong amount. */
static int64_t col_int(const zy_stmt *stmt, int col)
{
    sqlite3_stmt *h = handle(stmt, col);
    int type = sqlite3_column_type(h, col);
    assert(type == SQLITE_INTEGER || type == SQLITE_NULL);
    return type == SQLITE_INTEGER ? sqlite3_column_int64(h, col) : 0;
}

static zy_str col_bytes(const zy_stmt *stmt, int col)
{
    sqlite3_stmt *h = handle(stmt, col);
    int type = sqlite3_column_type(h, col);
    assert(type == SQLITE_TEXT || type == SQLITE_BLOB || type == SQLITE_NULL);
    const void *p = sqlite3_column_blob(h, col);
    return zy_str_bytes(p, (size_t)sqlite3_column_bytes(h, col));
}

static bool col_null(const zy_stmt *stmt, int col)
{
    return sqlite3_column_type(handle(stmt, col), col) == SQLITE_NULL;
}

/* ---- read connections ---- */

static zy_status reader_get(sqlite_db *d, sqlite_conn **ret_conn, zy_err *err)
{
    void *item = NULL;
    ZY_TRY(zy_pool_take(&d->readers, d->db.options.lock_timeout_ms, &item, err));
    sqlite_conn *c = item;
    zy_status status = c != NULL ? ZY_OK : sqlite_conn_open(&d->db, false, &c, err);
    if (status == ZY_OK)
        *ret_conn = c;
    else
        zy_pool_give(&d->readers, NULL);
    return status;
}

static const zy_sql SQL_BEGIN_READ = {"db.begin_read", "BEGIN", 0, NULL};
static const zy_sql SQL_END_READ = {"db.end_read", "ROLLBACK", 0, NULL};

/* In WAL mode a transaction that reads sees one snapshot, so both kinds of read are the same here.
 */
static zy_status read_run(zy_db *db, bool snapshot, zy_read_fn fn, void *arg, zy_err *err)
{
    (void)snapshot;
    sqlite_db *d = (sqlite_db *)db;
    sqlite_conn *c = NULL;
    ZY_TRY(reader_get(d, &c, err));
    zy_status status = sqlite_run(c, &SQL_BEGIN_READ, err);
    if (status == ZY_OK) {
        status = fn(&c->tx.r, arg, err);
        assert(c->open_stmts == 0);
        zy_status ended = sqlite_run(c, &SQL_END_READ, status == ZY_OK ? err : NULL);
        if (status == ZY_OK)
            status = ended;
    }
    if (sqlite3_get_autocommit(c->h) == 0) { /* could not end: do not keep an old snapshot */
        sqlite_conn_close(c);
        c = NULL;
    }
    zy_pool_give(&d->readers, c);
    return status;
}

/* ---- opening and closing ---- */

/* The file and those beside it are for this program's user only: SQLite gives -wal and -shm the
 * same mode. */
static zy_status file_make(const char *path, int extra_flags, zy_err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | extra_flags, 0600);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, "db.target", "cannot create the database file: error %d",
                       errno);
    close(fd);
    return ZY_OK;
}

static void reader_free(void *item)
{
    sqlite_conn_close(item);
}

static zy_status db_start(sqlite_db *d, zy_err *err)
{
    ZY_TRY(zy_pool_init(&d->readers, d->db.options.connections, err));
    zy_status status = sqlite_writer_start(d, err);
    if (status != ZY_OK)
        zy_pool_close(&d->readers, reader_free);
    return status;
}

/* Nobody asks how much memory SQLite uses: without that count its allocations take no lock that all connections share. */
static void library_set_up(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static zy_status db_open(const zy_db_options *options, zy_db **ret_db, zy_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, library_set_up);
    ZY_TRY(file_make(options->target.p, 0, err));
    sqlite_db *d = calloc(1, sizeof *d);
    if (d == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "the database");
    d->db.engine = &ZY_ENGINE_SQLITE;
    d->db.options = *options;
    zy_status status = db_start(d, err);
    if (status != ZY_OK) {
        free(d);
        return status;
    }
    *ret_db = &d->db;
    return ZY_OK;
}

static void db_close(zy_db *db)
{
    sqlite_db *d = (sqlite_db *)db;
    zy_pool_close(&d->readers, reader_free);
    sqlite_writer_stop(d); /* last: closing the last connection folds the WAL into the file */
    free(d);
}

/* ---- the online copy ---- */

static zy_status copy_pages(sqlite3 *from, sqlite3 *to, void (*progress)(int, int, void *),
                            void *arg, zy_err *err)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    if (b == NULL)
        return zy_fail(err, ZY_DB_ERROR, "", "copy: %s", sqlite3_errmsg(to));
    int code;
    do {
        code = sqlite3_backup_step(b, COPY_PAGES_A_STEP);
        if (progress != NULL && (code == SQLITE_OK || code == SQLITE_DONE))
            progress(sqlite3_backup_pagecount(b) - sqlite3_backup_remaining(b),
                     sqlite3_backup_pagecount(b), arg);
    } while (code == SQLITE_OK);
    sqlite3_backup_finish(b);
    if (code != SQLITE_DONE)
        return zy_fail(err, ZY_DB_ERROR, "", "copy: sqlite %d", code);
    /* One file that needs no -wal beside it. */
    if (sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
        return zy_fail(err, ZY_DB_ERROR, "", "copy: %s", sqlite3_errmsg(to));
    return ZY_OK;
}

/* The source stands in one read transaction, so that writing meanwhile does not start the copy
 * over. */
static zy_status copy_snapshot(sqlite_conn *from, const char *path,
                               void (*progress)(int, int, void *), void *arg, zy_err *err)
{
    static const char HOLD_SNAPSHOT[] = "BEGIN; SELECT count(*) FROM sqlite_master;";
    if (sqlite3_exec(from->h, HOLD_SNAPSHOT, NULL, NULL, NULL) != SQLITE_OK)
        return zy_fail(err, ZY_DB_ERROR, "", "copy: %s", sqlite3_errmsg(from->h));
    sqlite3 *to = NULL;
    zy_status status = ZY_OK;
    if (sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        status = zy_fail(err, ZY_IO_ERROR, "", "copy: cannot open the target");
    else
        status = copy_pages(from->h, to, progress, arg, err);
    sqlite3_close(to);
    return status;
}

zy_status zy_db_copy_sqlite(zy_db *db, const char *path,
                            void (*progress)(int done, int total, void *), void *arg, zy_err *err)
{
    if (db->engine->kind != ZY_DB_SQLITE)
        return zy_fail(err, ZY_BAD_REQUEST, "", "PostgreSQL is copied by pg_dump");
    ZY_TRY(file_make(path, O_EXCL, err));
    sqlite_conn *from = NULL;
    zy_status status = sqlite_conn_open(db, false, &from, err);
    if (status == ZY_OK)
        status = copy_snapshot(from, path, progress, arg, err);
    sqlite_conn_close(from);
    if (status != ZY_OK)
        unlink(path);
    return status;
}

const zy_db_engine ZY_ENGINE_SQLITE = {
    .kind = ZY_DB_SQLITE,
    .open = db_open,
    .close = db_close,
    .run = sqlite_writer_run,
    .read = read_run,
    .exec = exec,
    .expect = expect,
    .query = query,
    .script = script,
    .next = next,
    .stmt_free = stmt_free,
    .col_int = col_int,
    .col_bytes = col_bytes,
    .col_null = col_null,
};
