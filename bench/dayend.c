/* bench_day_end HOME ACCOUNTS: the day-end of a bank of so many accounts, of a plain day and of a quarter's last, while eight
 * threads go on posting. The accounts and their first postings are made in sets. Verification runs afterwards. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

#define FIRST_ACCOUNT 1000
#define PART          50000 /* accounts in a unit of the filling */
#define BALANCE       10000000
#define THREADS       8
#define SAMPLES_MAX   1000000
#define QUARTER_END   20716 /* 2026-09-20 */

static zy_app *app;
static int64_t accounts;
static atomic_bool stop;
static int64_t *samples;
static atomic_llong sample_count;

static void check(zy_status status, const zy_err *err)
{
    if (status != ZY_OK) {
        fprintf(stderr, "bench_day_end: %s %s\n", zy_status_name(status), err->detail);
        exit(1);
    }
}

/* --- filling: n accounts from $1 on, a journal and two postings each --- */

#define NUMBERS "WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST($2 AS BIGINT)) "
static const zy_sql FILL[] = {
    { "bench.accounts", "INSERT INTO ledger_account (id, currency, subject, branch, internal, opened_at) " NUMBERS
      "SELECT i, 'CNY', '2011', '0001', 0, 0 FROM n", 2, NULL },
    { "bench.balances", "INSERT INTO ledger_balance (account, balance_fen, held_fen, state) " NUMBERS
      "SELECT i, 10000000, 0, 'active' FROM n", 2, NULL },
    { "bench.journals", "INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count, summary_code, summary) "
      NUMBERS "SELECT i, 20715, 20715, 0, 0, 0, 0, 2, 'OPN', 'bench' FROM n", 2, NULL },
    { "bench.postings", "INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty) " NUMBERS
      "SELECT i, l.leg, CASE l.leg WHEN 1 THEN 4 ELSE i END, 20715, CASE l.leg WHEN 1 THEN -10000000 ELSE 10000000 END,"
      " CASE l.leg WHEN 1 THEN NULL ELSE 10000000 END, '' FROM n CROSS JOIN (SELECT 1 AS leg UNION ALL SELECT 2) l", 2, NULL },
};
static const zy_sql SET_DAY = { "bench.day", "UPDATE ledger_day SET day = 20715", 0, NULL };

static zy_status set_day(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_exec(tx, &SET_DAY, ZY_NO_ARGS, NULL, err);
}

static zy_status fill_part(zy_tx *tx, void *arg, zy_err *err)
{
    const int64_t *from = arg;
    int64_t to = *from + PART < FIRST_ACCOUNT + accounts ? *from + PART : FIRST_ACCOUNT + accounts;
    for (size_t i = 0; i < ZY_COUNT(FILL); i++)
        ZY_TRY(zy_exec(tx, &FILL[i], ZY_ARGS(ZY_I(*from), ZY_I(to)), NULL, err));
    return ZY_OK;
}

static void fill(void)
{
    zy_err err = { 0 };
    check(zy_db_run(app->env.db, "bench.day", set_day, NULL, &err), &err);
    for (int64_t from = FIRST_ACCOUNT; from < FIRST_ACCOUNT + accounts; from += PART)
        check(zy_db_run(app->env.db, "bench.fill", fill_part, &from, &err), &err);
}

/* --- customers meanwhile --- */

static zy_status post(zy_tx *tx, void *arg, zy_err *err)
{
    unsigned *seed = arg;
    int64_t from = FIRST_ACCOUNT + rand_r(seed) % accounts, to = FIRST_ACCOUNT + rand_r(seed) % accounts;
    zy_journal j = { .id = zy_id_next(app->env.ids), .summary_code = "TRF", .summary = ZY_STR("bench"), .leg_count = 2,
                     .legs = { { .account = { from }, .amount = { -1 } }, { .account = { to != from ? to : from + 1 }, .amount = { 1 } } } };
    const zy_audit record = { .event = "bench.posted", .actor_kind = "customer", .actor = { from }, .object_kind = "journal",
                              .object = j.id, .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, &app->env, &record, &j.audit, err));
    return zy_ledger_post(tx, &j, zy_env_now(&app->env), err);
}

static void *pay(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    while (!stop) {
        zy_err err = { 0 };
        int64_t start = zy_clock_monotonic_ns();
        check(zy_db_run(app->env.db, "bench.post", post, &seed, &err), &err);
        long long at = sample_count++;
        if (at < SAMPLES_MAX)
            samples[at] = zy_clock_monotonic_ns() - start;
        zy_dur rest = ZY_MS(10); /* about 500 postings a second in all: service, not load */
        nanosleep(&(struct timespec){ .tv_nsec = rest.ms * 1000000 }, NULL);
    }
    return NULL;
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* --- the day-ends --- */

static zy_status cut_off(zy_tx *tx, void *arg, zy_err *err)
{
    return zy_ledger_cut_off(tx, *(zy_day *)arg, zy_env_now(&app->env), err);
}

static double end_day(zy_day day)
{
    zy_err err = { 0 };
    bool done = false;
    int64_t start = zy_clock_monotonic_ns();
    check(zy_db_run(app->env.db, "bench.cut_off", cut_off, &day, &err), &err);
    check(zy_ledger_day_end(&app->env, ZY_HOURS(1), &done, &err), &err);
    return (double)(zy_clock_monotonic_ns() - start) / 1e9;
}

int main(int argc, char **argv)
{
    zy_err err = { 0 };
    zy_sealer *sealer = NULL;
    pthread_t threads[THREADS];
    zy_ledger_report books = { 0 };
    accounts = argc == 3 ? atoll(argv[2]) : 0;
    if (accounts < 2 || accounts > 10000000) {
        fputs("usage: bench_day_end HOME ACCOUNTS\n", stderr);
        return 2;
    }
    check(zy_app_open(argv[1], ZY_APP_SERVER, &app, &err), &err);
    check(zy_sealer_start(&app->env, &sealer, &err), &err);
    fill();
    samples = calloc(SAMPLES_MAX, sizeof *samples);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, pay, (void *)(uintptr_t)(i + 1));
    double plain = end_day((zy_day){ QUARTER_END - 1 }), quarter = end_day((zy_day){ QUARTER_END });
    stop = true;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    size_t n = (size_t)(sample_count < SAMPLES_MAX ? sample_count : SAMPLES_MAX);
    qsort(samples, n, sizeof *samples, by_value);
    zy_sealer_stop(sealer);
    bool clean = zy_ledger_verify(&app->env, NULL, NULL, &books, &err) == ZY_OK;
    printf("day_s=%.1f quarter_s=%.1f posted=%zu p99_ms=%.1f clean=%s\n", plain, quarter, n, (double)samples[n * 99 / 100] / 1e6,
           clean ? "yes" : "NO");
    zy_app_close(app);
    return clean ? 0 : 1;
}
