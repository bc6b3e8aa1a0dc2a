#include "zy_test_db.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "zy_test.h"

#define OPEN_MAX 16
#define TARGET_MAX 1024

/* What is open now; tests open and close on one thread. */
static struct opened {
    zy_db *db;
    zy_db_options options;
    char folder[TARGET_MAX]; /* SQLite */
    char name[64];           /* PostgreSQL */
    char target[TARGET_MAX];
    pid_t owner; /* a forked child must not remove its parent's databases */
} opened[OPEN_MAX];

zy_db_kind zy_test_db_kind(void)
{
    const char *kind = getenv("ZY_TEST_DB");
    return kind != NULL && strcmp(kind, "pg") == 0 ? ZY_DB_PG : ZY_DB_SQLITE;
}

static const char *pg_server(void)
{
    const char *server = getenv("ZY_TEST_PG");
    if (server == NULL)
        fail_msg("ZY_TEST_PG must be the connection string of a test server");
    return server;
}

static bool pg_command(const char *before, const char *name, const char *after)
{
    char sql[256];
    snprintf(sql, sizeof sql, "%s %s %s", before, name, after);
    PGconn *connection = PQconnectdb(pg_server());
    PGresult *result = PQexec(connection, sql);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!done)
        print_error("%s: %s\n", sql, PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return done;
}

static void make_pg(struct opened *o)
{
    static unsigned count;
    snprintf(o->name, sizeof o->name, "zt_%ld_%u", (long)getpid(), ++count);
    if (!pg_command("CREATE DATABASE", o->name, ""))
        fail_msg("the test server makes no database");
    snprintf(o->target, sizeof o->target, "%s dbname=%s", pg_server(), o->name);
}

static void make_sqlite(struct opened *o)
{
    const char *folder = getenv("TMPDIR");
    snprintf(o->folder, sizeof o->folder, "%.900s/zt_XXXXXX", folder != NULL ? folder : "/tmp");
    if (mkdtemp(o->folder) == NULL)
        fail_msg("cannot make %s", o->folder);
    snprintf(o->target, sizeof o->target, "%.900s/bank.db", o->folder);
}

/* With what the test itself put beside the database (copies, backups); the folder is flat. */
static void remove_sqlite(const struct opened *o)
{
    DIR *folder = opendir(o->folder);
    for (struct dirent *e; folder != NULL && (e = readdir(folder)) != NULL;)
        unlinkat(dirfd(folder), e->d_name, 0);
    if (folder != NULL)
        closedir(folder);
    rmdir(o->folder);
}

static void remove_opened(struct opened *o)
{
    if (o->options.kind == ZY_DB_PG)
        pg_command("DROP DATABASE IF EXISTS", o->name, "WITH (FORCE)");
    else
        remove_sqlite(o);
    *o = (struct opened){ 0 };
}

static void remove_rest(void)
{
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (opened[i].target[0] != 0 && opened[i].owner == getpid())
            remove_opened(&opened[i]);
}

static struct opened *find(const zy_db *db)
{
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (opened[i].db == db && (db != NULL || opened[i].target[0] == 0))
            return &opened[i];
    fail_msg("%s", db == NULL ? "too many test databases are open" : "this database was not opened here");
    return NULL;
}

static void open_now(struct opened *o)
{
    zy_err err = { 0 };
    zy_status status = zy_db_open(&o->options, &o->db, &err);
    if (status == ZY_OK)
        status = zy_db_migrate(o->db, NULL, NULL, &err);
    if (status != ZY_OK)
        fail_msg("cannot open the test database: %s %s", zy_status_name(status), err.detail);
}

zy_status zy_test_db_open_with(const zy_db_options *options, zy_db **ret_db)
{
    static bool registered;
    if (!registered)
        registered = atexit(remove_rest) == 0;
    struct opened *o = find(NULL);
    o->options = *options;
    o->options.kind = zy_test_db_kind();
    o->owner = getpid();
    if (o->options.kind == ZY_DB_PG)
        make_pg(o);
    else
        make_sqlite(o);
    o->options.target = zy_str_of(o->target);
    open_now(o);
    *ret_db = o->db;
    return ZY_OK;
}

zy_status zy_test_db_open(zy_db **ret_db)
{
    static const zy_db_options PLAIN = { .connections = 16, .group_max = 64, .lock_timeout_ms = 5000 };
    return zy_test_db_open_with(&PLAIN, ret_db);
}

void zy_test_db_close(zy_db *db)
{
    if (db == NULL)
        return;
    struct opened *o = find(db);
    zy_db_close(db);
    remove_opened(o);
}

zy_status zy_test_db_reopen(zy_db **db)
{
    struct opened *o = find(*db);
    zy_db_close(*db);
    o->db = NULL;
    open_now(o);
    *db = o->db;
    return ZY_OK;
}

zy_str zy_test_db_target(const zy_db *db)
{
    return zy_str_of(find(db)->target);
}
