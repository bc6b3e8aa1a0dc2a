/* SQLite: what connections, reads and the writer share. */
#pragma once

#include <pthread.h>
#include <sqlite3.h>

#include "db/db_internal.h"
#include "db/db_pool.h"

typedef struct sqlite_conn {
    zy_tx tx; /* first: a zy_tx or zy_rtx of this engine points here */
    sqlite3 *h;
    zy_sql_cache cache;
    int open_stmts; /* results not yet freed */
} sqlite_conn;

typedef struct sqlite_waiter sqlite_waiter;

/* The thread that writes, and the queue of those who wait for it. */
typedef struct sqlite_writer {
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t work;
    sqlite_waiter *first, **end;
    bool asleep, stopping;
    zy_status (*before_commit)(zy_tx *tx, void *arg, zy_err *err);
    void *before_commit_arg;
    sqlite_conn *conn; /* NULL after a failure: opened again for the next group */
} sqlite_writer;

typedef struct sqlite_db {
    zy_db db;
    sqlite_writer writer;
    zy_pool readers; /* of sqlite_conn */
} sqlite_db;

zy_status sqlite_conn_open(zy_db *db, bool writes, sqlite_conn **ret_conn, zy_err *err);
void sqlite_conn_close(sqlite_conn *c);
/* Statements of our own without parameters or rows: BEGIN, COMMIT ... */
zy_status sqlite_run(sqlite_conn *c, const zy_sql *sql, zy_err *err);
zy_status sqlite_fail(sqlite_conn *c, const zy_sql *sql, zy_err *err);

zy_status sqlite_writer_start(sqlite_db *d, zy_err *err);
void sqlite_writer_stop(sqlite_db *d); /* after the last unit that waits */
zy_status sqlite_writer_run(zy_db *db, const zy_unit *unit, zy_outcome *ret_outcome, zy_err *err);
