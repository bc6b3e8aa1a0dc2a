/* bench_posting: durable postings a second through the ledger, and a bare loop that makes the same row writes.
 *
 *   bench_posting ledger HOME THREADS SECONDS      journal, 2 postings, 2 balances, audit record, idempotency row in one unit
 *   bench_posting bare FILE BATCH SECONDS          the same rows on SQLite by hand, BATCH transfers in one durable commit
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

#define ACCOUNTS    1000
#define THREADS_MAX 256
#define SAMPLES_MAX 200000

static zy_app *app;
static zy_id accounts[ACCOUNTS];
static atomic_bool stop;
static atomic_llong done;
static int64_t *samples;
static atomic_llong sample_count;

typedef struct transfer {
    zy_id from, to, journal;
    zy_call call;
} transfer;

static zy_status open_accounts(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    zy_env *env = &app->env;
    zy_time now = zy_env_now(env);
    for (int i = 0; i < ACCOUNTS; i++) {
        accounts[i] = zy_id_next(env->ids);
        const zy_ledger_account a = { accounts[i], "CNY", "2011", "0001", false };
        zy_journal j = { .id = zy_id_next(env->ids), .summary_code = "OPN", .summary = ZY_STR("bench"), .leg_count = 2,
                         .legs = { { .account = accounts[i], .amount = { 1000000000 } },
                                   { .account = ZY_LEDGER_CAPITAL, .amount = { -1000000000 }, .internal = true } } };
        const zy_audit record = { .event = "bench.opened", .actor_kind = "system", .object_kind = "journal", .object = j.id };
        ZY_TRY(zy_ledger_open_account(tx, &a, now, err));
        ZY_TRY(zy_audit_add(tx, env, &record, &j.audit, err));
        ZY_TRY(zy_ledger_post(tx, &j, now, err));
    }
    return ZY_OK;
}

static zy_status post(zy_tx *tx, void *arg, zy_err *err)
{
    transfer *t = arg;
    zy_env *env = &app->env;
    zy_time now = zy_env_now(env);
    zy_journal j = { .id = zy_id_next(env->ids), .summary_code = "TRF", .summary = ZY_STR("bench"), .leg_count = 2,
                     .legs = { { .account = t->from, .amount = { -1 } }, { .account = t->to, .amount = { 1 } } } };
    const zy_audit record = { .event = "bench.posted", .actor_kind = "customer", .actor = t->from, .object_kind = "journal",
                              .object = j.id, .result = ZY_STR("OK") };
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json_set_id(answer, "journal", j.id);
    ZY_TRY(zy_audit_add(tx, env, &record, &j.audit, err));
    ZY_TRY(zy_ledger_post(tx, &j, now, err));
    return zy_idempotency_keep(tx, &t->call, answer, err);
}

static void *work(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    static const zy_api API = { .name = "bench.post" };
    for (unsigned n = 0; !stop; n++) {
        char id[40];
        zy_err err = { 0 };
        unsigned from = (unsigned)rand_r(&seed) % ACCOUNTS, to = (from + 1 + (unsigned)rand_r(&seed) % (ACCOUNTS - 1)) % ACCOUNTS;
        zy_caller caller = { .customer = accounts[from] };
        snprintf(id, sizeof id, "bench-%lx-%08x-%08x", (unsigned long)getpid(), (unsigned)(uintptr_t)arg, n);
        transfer t = { .from = accounts[from], .to = accounts[to],
                       .call = { .env = &app->env, .api = &API, .caller = &caller, .now = zy_env_now(&app->env),
                                 .idempotency_id = zy_str_of(id) } };
        int64_t start = zy_clock_monotonic_ns();
        zy_status status = zy_db_run(app->env.db, "bench.post", post, &t, &err);
        if (status != ZY_OK) {
            fprintf(stderr, "bench_posting: %s %s\n", zy_status_name(status), err.detail);
            exit(1);
        }
        long long at = sample_count++;
        if (at < SAMPLES_MAX)
            samples[at] = zy_clock_monotonic_ns() - start;
        done++;
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int ledger(const char *home, int threads, int seconds)
{
    pthread_t thread[THREADS_MAX];
    zy_err err = { 0 };
    zy_sealer *sealer = NULL;
    if (zy_app_open(home, ZY_APP_SERVER, &app, &err) != ZY_OK || zy_sealer_start(&app->env, &sealer, &err) != ZY_OK ||
        zy_db_run(app->env.db, "bench.open", open_accounts, NULL, &err) != ZY_OK) {
        fprintf(stderr, "bench_posting: %s\n", err.detail);
        return 1;
    }
    samples = calloc(SAMPLES_MAX, sizeof *samples);
    int64_t start = zy_clock_monotonic_ns();
    for (int i = 0; i < threads; i++)
        pthread_create(&thread[i], NULL, work, (void *)(uintptr_t)(i + 1));
    sleep((unsigned)seconds);
    stop = true;
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    double took = (double)(zy_clock_monotonic_ns() - start) / 1e9;
    size_t n = (size_t)(sample_count < SAMPLES_MAX ? sample_count : SAMPLES_MAX);
    qsort(samples, n, sizeof *samples, by_value);
    zy_sealer_stop(sealer);
    zy_ledger_report books = { 0 };
    zy_audit_report audit = { 0 };
    bool clean = zy_ledger_verify(&app->env, NULL, NULL, &books, &err) == ZY_OK &&
                 zy_audit_verify(&app->env, NULL, NULL, &audit, &err) == ZY_OK;
    zy_db_stats stats = zy_db_stats_now(app->env.db);
    printf("per_s=%.0f p50_ms=%.1f p95_ms=%.1f p99_ms=%.1f group=%.0f clean=%s\n", (double)done / took, (double)samples[n / 2] / 1e6,
           (double)samples[n * 95 / 100] / 1e6, (double)samples[n * 99 / 100] / 1e6,
           stats.commits > 0 ? (double)stats.units / (double)stats.commits : 1.0, clean ? "yes" : "NO");
    zy_app_close(app);
    return clean ? 0 : 1;
}

/* --- the bare loop --- */

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_posting: %s in %s\n", sqlite3_errmsg(db), sql);
        exit(1);
    }
    return stmt;
}

static void step(sqlite3_stmt *stmt)
{
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
        fprintf(stderr, "bench_posting: %s\n", sqlite3_errmsg(sqlite3_db_handle(stmt)));
        exit(1);
    }
    sqlite3_reset(stmt);
}

static void bind_ints(sqlite3_stmt *stmt, const int64_t *v, int n)
{
    for (int i = 0; i < n; i++)
        sqlite3_bind_int64(stmt, i + 1, v[i]);
}

/* The same tables and columns as the bank's; the values are of the same sizes. */
static int bare(const char *file, int batch, int seconds)
{
    sqlite3 *db = NULL;
    static const char SETUP[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                                "PRAGMA cache_size=-65536;"
                                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
                                "INSERT INTO ledger_balance SELECT i, 1000000000, 0, 'active' FROM n";
    if (sqlite3_open(file, &db) != SQLITE_OK || sqlite3_exec(db, SETUP, NULL, NULL, NULL) != SQLITE_OK)
        return 1;
    sqlite3_stmt *journal = prepare(db, "INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count,"
                                        " summary_code, summary) VALUES (?1, 1, 1, ?2, 0, ?1, 0, 2, 'TRF', 'bench')"),
                 *posting = prepare(db, "INSERT INTO ledger_posting (id, journal, leg, account, day, amount_fen, balance_after_fen, counterparty)"
                                        " VALUES (?1, ?2, ?3, ?4, 1, ?5, 1, '')"),
                 *balance = prepare(db, "UPDATE ledger_balance SET balance_fen = balance_fen + ?2 WHERE account = ?1"),
                 *audit = prepare(db, "INSERT INTO audit_record (id, node, at, event, actor_kind, actor, object_kind, object, address,"
                                      " device, trace, result, detail, digest) VALUES (?1, 0, ?2, 'bench.posted', 'customer', ?3,"
                                      " 'journal', ?1, '', '', '', 'OK', '', zeroblob(32))"),
                 *idem = prepare(db, "INSERT INTO api_idempotency (owner, id, api, digest, answer, created_at)"
                                     " VALUES (?1, 'bench-' || ?2, 'bench.post', zeroblob(32), '{\"journal\":\"0000000000000\"}', ?3)"),
                 *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT");
    int64_t id = INT64_C(1) << 61, start = zy_clock_monotonic_ns(), count = 0;
    while (zy_clock_monotonic_ns() - start < seconds * INT64_C(1000000000)) {
        step(begin);
        for (int i = 0; i < batch; i++, count++) {
            int64_t at = 1795399200000 + count, from = rand() % ACCOUNTS, to = rand() % ACCOUNTS;
            bind_ints(journal, (int64_t[]){ ++id, at }, 2);
            step(journal);
            bind_ints(balance, (int64_t[]){ from, -1 }, 2);
            step(balance);
            bind_ints(balance, (int64_t[]){ to, 1 }, 2);
            step(balance);
            bind_ints(posting, (int64_t[]){ 2 * id - (INT64_C(1) << 62) + (INT64_C(1) << 61), id, 0, from, -1 }, 5);
            step(posting);
            bind_ints(posting, (int64_t[]){ 2 * id - (INT64_C(1) << 62) + (INT64_C(1) << 61) + 1, id, 1, to, 1 }, 5);
            step(posting);
            bind_ints(audit, (int64_t[]){ id, at, from }, 3);
            step(audit);
            bind_ints(idem, (int64_t[]){ from, id, at }, 3);
            step(idem);
        }
        step(commit);
    }
    printf("per_s=%.0f\n", (double)count / ((double)(zy_clock_monotonic_ns() - start) / 1e9));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "ledger") == 0 && atoi(argv[3]) <= THREADS_MAX)
        return ledger(argv[2], atoi(argv[3]), atoi(argv[4]));
    if (argc == 5 && strcmp(argv[1], "bare") == 0)
        return bare(argv[2], atoi(argv[3]), atoi(argv[4]));
    fputs("usage: bench_posting ledger HOME THREADS SECONDS | bare FILE BATCH SECONDS\n", stderr);
    return 2;
}
