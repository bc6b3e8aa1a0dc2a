/* bench_posting HOME THREADS SECONDS [orders]: durable postings a second through the ledger of a bank, on its database: journal,
 * 2 postings, 2 balances, audit record and idempotency row in one unit. With `orders` the rows of a whole order are in it, too: the
 * order, made and posted by the flow's own statements, its step, the customer's limit of the day. Both verifications run
 * afterwards. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "flow/flow_internal.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

#define ACCOUNTS    1000
#define THREADS_MAX 256
#define SAMPLES_MAX 200000

static zy_app *app;
static zy_id accounts[ACCOUNTS];
static bool orders;
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

/* What prepare and confirm leave of an order, sealed contents of their usual sizes included. */
static zy_status keep_order(zy_tx *tx, const transfer *t, zy_order *o, zy_id audit, zy_err *err)
{
    static const zy_order_kind KIND = { .name = "transfer.internal" };
    static const char SEALED[700];
    zy_env *env = &app->env;
    zy_time now = zy_env_now(env);
    *o = (zy_order){ .id = o->id, .customer = t->from, .login = t->from, .kind = &KIND, .state = ZY_OS_AUTHORISED, .amount = { 1 },
                     .from_account = t->from, .to_account = t->to, .created_at = now, .expires_at = zy_time_add(now, ZY_ORDER_LIFE),
                     .done_at = now, .journal = o->journal, .audit = audit };
    ZY_TRY(order_insert(tx, o, "low", zy_str_bytes(SEALED, sizeof SEALED), err));
    ZY_TRY(order_update_posted(tx, o, zy_str_bytes(SEALED, 400), audit, err));
    ZY_TRY(order_limit_take(tx, t->from, "transfer", zy_day_of(now), o->amount, (zy_money){ INT64_C(1000000000) }, err));
    return order_insert_step(tx, zy_id_next(env->ids), o->id, "confirm", now, ZY_OK, (zy_str){ 0 }, err);
}

static zy_status post(zy_tx *tx, void *arg, zy_err *err)
{
    transfer *t = arg;
    zy_order o = { .id = { 0 } };
    zy_env *env = &app->env;
    zy_time now = zy_env_now(env);
    zy_journal j = { .id = zy_id_next(env->ids), .summary_code = "TRF", .summary = ZY_STR("bench"), .leg_count = 2,
                     .legs = { { .account = t->from, .amount = { -1 } }, { .account = t->to, .amount = { 1 } } } };
    const zy_audit record = { .event = "bench.posted", .actor_kind = "customer", .actor = t->from, .object_kind = "journal",
                              .object = j.id, .result = ZY_STR("OK") };
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json_set_id(answer, "journal", j.id);
    ZY_TRY(zy_audit_add(tx, env, &record, &j.audit, err));
    if (orders) {
        o.id = j.order = zy_id_next(env->ids);
        o.journal = j.id;
        ZY_TRY(keep_order(tx, t, &o, j.audit, err));
    }
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

int main(int argc, char **argv)
{
    orders = argc == 5 && strcmp(argv[4], "orders") == 0;
    if ((argc == 4 || orders) && atoi(argv[2]) > 0 && atoi(argv[2]) <= THREADS_MAX)
        return ledger(argv[1], atoi(argv[2]), atoi(argv[3]));
    fputs("usage: bench_posting HOME THREADS SECONDS [orders]\n", stderr);
    return 2;
}
