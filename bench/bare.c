/* bench_bare: the peer of bench_posting: plain loops over the databases' own libraries that write the same rows.
 *
 *   bench_bare sqlite FILE BATCH SECONDS       BATCH transfers in one durable commit
 *   bench_bare pg CONNINFO THREADS SECONDS     a connection a thread, one transfer in one pipelined transaction
 *
 * With `orders` behind the seconds: also the order's row, made and changed, its step and the limit of the day.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ACCOUNTS    1000
#define THREADS_MAX 256

static bool orders;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void tell(int64_t count, int64_t start)
{
    printf("per_s=%.0f\n", (double)count / ((double)(now_ns() - start) / 1e9));
}

/* Ids that no earlier run has used: the lanes of the threads, and in a lane the second of the start. */
static int64_t first_id(int64_t lane)
{
    return (INT64_C(1) << 61) + (lane << 52) + ((int64_t)(time(NULL) & 0x3ffffff) << 24);
}

/* --- SQLite --- */

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_bare: %s in %s\n", sqlite3_errmsg(db), sql);
        exit(1);
    }
    return stmt;
}

static void step(sqlite3_stmt *stmt, const int64_t *v, int n)
{
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(stmt, i + 1, v[i]);
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
        fprintf(stderr, "bench_bare: %s\n", sqlite3_errmsg(sqlite3_db_handle(stmt)));
        exit(1);
    }
    sqlite3_reset(stmt);
}

#define STEP(stmt, ...) step(stmt, (const int64_t[]){ __VA_ARGS__ }, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

/* The same tables, columns and settings as the bank's; the values are of the same sizes. */
static int bare_sqlite(const char *file, int batch, int seconds)
{
    sqlite3 *db = NULL;
    static const char SETUP[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 4000;"
                                "PRAGMA journal_size_limit = 67108864;"
                                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
                                "INSERT OR IGNORE INTO ledger_balance SELECT i, 1000000000, 0, 'active' FROM n";
    if (sqlite3_open(file, &db) != SQLITE_OK || sqlite3_exec(db, SETUP, NULL, NULL, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_bare: %s\n", sqlite3_errmsg(db));
        return 1;
    }
    sqlite3_stmt *journal = prepare(db, "INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count,"
                                        " summary_code, summary) VALUES (?1, 1, 1, ?2, ?3, ?1, 0, 2, 'TRF', 'bench')"),
                 *posting = prepare(db, "INSERT INTO ledger_posting (id, journal, leg, account, day, amount_fen, balance_after_fen,"
                                        " counterparty) VALUES (?1, ?2, ?3, ?4, 1, ?5, 1, '')"),
                 *balance = prepare(db, "UPDATE ledger_balance SET balance_fen = balance_fen + ?2 WHERE account = ?1"),
                 *audit = prepare(db, "INSERT INTO audit_record (id, node, at, event, actor_kind, actor, object_kind, object, address,"
                                      " device, trace, result, detail, digest) VALUES (?1, 0, ?2, 'bench.posted', 'customer', ?3,"
                                      " 'journal', ?1, '', '', '', 'OK', '', zeroblob(32))"),
                 *idem = prepare(db, "INSERT INTO api_idempotency (owner, id, api, digest, answer, created_at)"
                                     " VALUES (?1, 'bench-' || ?2, 'bench.post', zeroblob(32), '{\"journal\":\"0000000000000\"}', ?3)"),
                 *order = prepare(db, "INSERT INTO flow_order (id, customer, login, kind, state, risk, amount_fen, fee_fen, from_account,"
                                      " to_account, content, digest, factors_needed, factors_done, created_at, expires_at, done_at,"
                                      " journal_id, audit_id, answer) VALUES (?1, ?2, ?2, 'transfer.internal', 'authorised', 'low', 1, 0,"
                                      " ?2, ?3, zeroblob(700), zeroblob(32), 0, 0, ?4, ?4 + 600000, 0, 0, ?1, x'')"),
                 *posted = prepare(db, "UPDATE flow_order SET state = 'posted', done_at = ?2, journal_id = ?1, answer = zeroblob(400),"
                                       " audit_id = ?1 WHERE id = ?1"),
                 *limit = prepare(db, "INSERT INTO order_limit (customer, category, day, used_fen, uses) VALUES (?1, 'transfer', 1, 1, 1)"
                                      " ON CONFLICT (customer, category, day) DO UPDATE SET used_fen = order_limit.used_fen + 1,"
                                      " uses = order_limit.uses + 1"),
                 *done_step = prepare(db, "INSERT INTO order_step (id, order_id, step, at, result, evidence)"
                                          " VALUES (?1, ?1, 'confirm', ?2, 'OK', x'')"),
                 *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
    int64_t id = first_id(0), posting_id = id, start = now_ns(), count = 0;
    while (now_ns() - start < seconds * INT64_C(1000000000)) {
        step(begin, NULL, 0);
        for (int i = 0; i < batch; i++, count++) {
            int64_t at = 1795399200000 + count, from = rand() % ACCOUNTS, to = rand() % ACCOUNTS;
            id++;
            STEP(journal, id, at, orders ? id : 0);
            STEP(balance, from, -1);
            STEP(balance, to, 1);
            STEP(posting, ++posting_id, id, 0, from, -1);
            STEP(posting, ++posting_id, id, 1, to, 1);
            STEP(audit, id, at, from);
            STEP(idem, from, id, at);
            if (!orders)
                continue;
            STEP(order, id, from, to, at);
            STEP(posted, id, at);
            STEP(limit, from);
            STEP(done_step, id, at);
        }
        step(commit, NULL, 0);
    }
    tell(count, start);
    return 0;
}

/* --- PostgreSQL --- */

static const struct {
    const char *name, *sql;
    int params;
} PG[] = {
    { "b", "BEGIN", 0 },
    { "j", "INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count, summary_code, summary)"
           " VALUES ($1::bigint, 1, 1, $2::bigint, $3::bigint, $1::bigint, 0, 2, 'TRF', 'bench')", 3 },
    { "l", "UPDATE ledger_balance SET balance_fen = balance_fen + $2::bigint WHERE account = $1::bigint", 2 },
    { "p", "INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty)"
           " VALUES ($1::bigint, $2::bigint, $3::bigint, 1, $4::bigint, 1, '')", 4 },
    { "a", "INSERT INTO audit_record (id, node, at, event, actor_kind, actor, object_kind, object, address, device, trace, result,"
           " detail, digest) VALUES ($1::bigint, 0, $2::bigint, 'bench.posted', 'customer', $3::bigint, 'journal', $1::bigint, '',"
           " '', '', 'OK', '', decode(repeat('00', 32), 'hex'))", 3 },
    { "i", "INSERT INTO api_idempotency (owner, id, api, digest, answer, created_at) VALUES ($1::bigint, 'bench-' || $2::bigint,"
           " 'bench.post', decode(repeat('00', 32), 'hex'), '{\"journal\":\"0000000000000\"}', $3::bigint)", 3 },
    { "o", "INSERT INTO flow_order (id, customer, login, kind, state, risk, amount_fen, fee_fen, from_account, to_account, content, digest,"
           " factors_needed, factors_done, created_at, expires_at, done_at, journal_id, audit_id, answer) VALUES ($1::bigint, $2::bigint,"
           " $2::bigint, 'transfer.internal', 'authorised', 'low', 1, 0, $2::bigint, $3::bigint, decode(repeat('00', 700), 'hex'),"
           " decode(repeat('00', 32), 'hex'), 0, 0, $4::bigint, $4::bigint + 600000, 0, 0, $1::bigint, '')", 4 },
    { "u", "UPDATE flow_order SET state = 'posted', done_at = $2::bigint, journal_id = $1::bigint,"
           " answer = decode(repeat('00', 400), 'hex'), audit_id = $1::bigint WHERE id = $1::bigint", 2 },
    { "m", "INSERT INTO order_limit (customer, category, day, used_fen, uses) VALUES ($1::bigint, 'transfer', 1, 1, 1)"
           " ON CONFLICT (customer, category, day) DO UPDATE SET used_fen = order_limit.used_fen + 1, uses = order_limit.uses + 1", 1 },
    { "s", "INSERT INTO order_step (id, order_id, step, at, result, evidence)"
           " VALUES ($1::bigint, $1::bigint, 'confirm', $2::bigint, 'OK', '')", 2 },
    { "c", "COMMIT", 0 },
};

static const char *conninfo;
static atomic_bool stop;
static atomic_llong done;

static void pg_die(PGconn *c)
{
    fprintf(stderr, "bench_bare: %s\n", PQerrorMessage(c));
    exit(1);
}

static void send_one(PGconn *c, const char *name, const int64_t *v, int n)
{
    char text[8][24];
    const char *values[8];
    for (int i = 0; i < n; i++) {
        snprintf(text[i], sizeof text[i], "%lld", (long long)v[i]);
        values[i] = text[i];
    }
    if (PQsendQueryPrepared(c, name, n, values, NULL, NULL, 0) != 1)
        pg_die(c);
}

#define SEND(c, name, ...) send_one(c, name, (const int64_t[]){ __VA_ARGS__ }, sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))

static void take_answers(PGconn *c)
{
    for (bool synced = false; !synced;) {
        PGresult *r = PQgetResult(c);
        if (r == NULL)
            continue; /* between two statements of the pipeline */
        ExecStatusType status = PQresultStatus(r);
        if (status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
            pg_die(c);
        synced = status == PGRES_PIPELINE_SYNC;
        PQclear(r);
    }
}

static void *pg_work(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    int64_t id = first_id((int64_t)(uintptr_t)arg);
    PGconn *c = PQconnectdb(conninfo);
    if (PQstatus(c) != CONNECTION_OK)
        pg_die(c);
    for (size_t i = 0; i < sizeof PG / sizeof PG[0]; i++) {
        PGresult *r = PQprepare(c, PG[i].name, PG[i].sql, PG[i].params, NULL);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            pg_die(c);
        PQclear(r);
    }
    PQenterPipelineMode(c);
    for (int64_t at = 1795399200000; !stop; at++) {
        int64_t from = rand_r(&seed) % ACCOUNTS, to = (from + 1 + rand_r(&seed) % (ACCOUNTS - 1)) % ACCOUNTS;
        int64_t low = from < to ? from : to, high = from < to ? to : from;
        id++;
        send_one(c, "b", NULL, 0);
        if (orders) { /* the limit's row before the balances', as the flow does */
            SEND(c, "o", id, from, to, at);
            SEND(c, "u", id, at);
            SEND(c, "m", from);
            SEND(c, "s", id, at);
        }
        SEND(c, "j", id, at, orders ? id : 0);
        SEND(c, "l", low, low == from ? -1 : 1); /* in the order of the accounts: no deadlock */
        SEND(c, "l", high, high == from ? -1 : 1);
        SEND(c, "p", id, 1, from, -1);
        SEND(c, "p", id, 2, to, 1);
        SEND(c, "a", id, at, from);
        SEND(c, "i", from, id, at);
        send_one(c, "c", NULL, 0);
        if (PQpipelineSync(c) != 1)
            pg_die(c);
        take_answers(c);
        done++;
    }
    PQfinish(c);
    return NULL;
}

static void pg_accounts(void)
{
    PGconn *c = PQconnectdb(conninfo);
    PGresult *r = PQexec(c, "INSERT INTO ledger_balance SELECT i, 1000000000, 0, 'active' FROM generate_series(0, 999) AS n (i) ON CONFLICT DO NOTHING");
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        pg_die(c);
    PQclear(r);
    PQfinish(c);
}

static int bare_pg(int threads, int seconds)
{
    pthread_t thread[THREADS_MAX];
    pg_accounts();
    int64_t start = now_ns();
    for (int i = 0; i < threads; i++)
        pthread_create(&thread[i], NULL, pg_work, (void *)(uintptr_t)(i + 1));
    nanosleep(&(struct timespec){ .tv_sec = seconds }, NULL);
    stop = true;
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    tell(done, start);
    return 0;
}

int main(int argc, char **argv)
{
    int n = argc >= 5 ? atoi(argv[3]) : 0, seconds = argc >= 5 ? atoi(argv[4]) : 0;
    orders = argc == 6 && strcmp(argv[5], "orders") == 0;
    conninfo = argv[2];
    if (n > 0 && seconds > 0 && strcmp(argv[1], "sqlite") == 0)
        return bare_sqlite(argv[2], n, seconds);
    if (n > 0 && n <= THREADS_MAX && seconds > 0 && strcmp(argv[1], "pg") == 0)
        return bare_pg(n, seconds);
    fputs("usage: bench_bare sqlite FILE BATCH SECONDS [orders] | pg CONNINFO THREADS SECONDS [orders]\n", stderr);
    return 2;
}
