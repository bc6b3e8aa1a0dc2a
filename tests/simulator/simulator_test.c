/* A bank of 48 accounts, simulated from a seed: orders over the real ledger on SQLite, a clock that is turned, answers of a clearing
 * house that come late, twice, out of order or never, requests that are sent again, database calls that fail, a program that
 * dies and starts again. The simulator knows what each deed must answer and what every account must hold; at the
 * end a checker of its own adds up the file. The same seed gives the same trace.
 *
 * An order here is what the flow asks of the ledger: idempotency, audit record, postings and holds in one unit; the flow's own steps and
 * factors are tested elsewhere. ZY_TEST_FULL=1: a million orders; ZY_TEST_SEED repeats a run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/api.h"
#include "checker.h"
#include "crypto/crypto.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"
#include "service/param/param.h"
#include "zy_test.h"

enum { ACCOUNTS = 48, FIRST = 100, FOLLOW_UPS = 400, FEE = 50 };
#define START ((zy_time){ INT64_C(1797638400000) }) /* 2026-12-19 in Beijing: a quarter of interest ends the next day */
#define RATE  50000

typedef enum { PAY, OUT, BACK, REFUND, HOLD, CAPTURE, RELEASE, DEPOSIT } deed_kind;
static const char *const CODES[] = { "TRF", "OUT", "REV", "RFD", "HLD", "CAP", "REL", "DEP" };

typedef struct order {
    int64_t number;
    deed_kind kind;              /* PAY, OUT, HOLD or DEPOSIT */
    int from, to;
    int64_t fen;
    zy_id journal;               /* of its first posting */
    bool reversed, open, captured; /* OUT: given back; HOLD: still held, or spent */
    int64_t refunded;
    zy_time expires_at;
    int deeds;                   /* how many follow-ups were made: their request ids */
} order;

typedef struct deed {
    deed_kind kind;
    order *o;
    int64_t fen;
    char id[40];
} deed;

typedef struct world {
    char file[80];
    zy_db *db;
    zy_env env;
    zy_clock *clock;
    zy_err err;
    uint64_t random, digest;
    int64_t orders, follow_ups, failures, crashes, repeats, refusals, days;
    order *live[FOLLOW_UPS];     /* may still be answered */
    int live_count;
    /* what must be */
    int64_t balance[ACCOUNTS], held[ACCOUNTS], product[ACCOUNTS];
    order *holds[FOLLOW_UPS];    /* the open ones */
    int hold_count;
    zy_day day;
} world;

/* ---- chance ---- */

static uint64_t draw(world *w)
{
    uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static int64_t below(world *w, int64_t n)
{
    return (int64_t)(draw(w) % (uint64_t)n);
}

static bool one_in(world *w, int64_t n)
{
    return below(w, n) == 0;
}

static void trace(world *w, int64_t value)
{
    for (int i = 0; i < 8; i++)
        w->digest = (w->digest ^ (uint8_t)(value >> (8 * i))) * UINT64_C(0x100000001b3);
}

/* ---- the database, and its deaths ---- */

static void open_bank(world *w)
{
    const zy_db_options options = { .kind = ZY_DB_SQLITE, .target = zy_str_of(w->file) };
    ASSERT_OK(zy_db_open(&options, &w->db, &w->err));
    w->env.db = w->db;
}

static void die_and_start_again(world *w)
{
    zy_db_close(w->db);
    open_bank(w);
    zy_param_reload();
    w->crashes++;
}

/* ---- deeds ---- */

static zy_id account_of(int i)
{
    return (zy_id){ FIRST + i };
}

static zy_leg customer(int account, int64_t fen)
{
    return (zy_leg){ .account = account_of(account), .amount = { fen } };
}

static zy_leg own(zy_id account, int64_t fen)
{
    return (zy_leg){ .account = account, .amount = { fen }, .internal = true };
}

static void add_leg(zy_journal *j, zy_leg leg)
{
    j->legs[j->leg_count++] = leg;
}

typedef struct deed_job {
    world *w;
    const deed *d;
    zy_call call;
    zy_id journal;
    bool repeated;
} deed_job;

static zy_status make_journal(zy_tx *tx, const deed *d, zy_journal *j, zy_err *err)
{
    const order *o = d->o;
    switch (d->kind) {
    case PAY:
        add_leg(j, customer(o->from, -d->fen - FEE));
        add_leg(j, customer(o->to, d->fen));
        add_leg(j, own(ZY_LEDGER_FEES, FEE));
        return ZY_OK;
    case OUT:
        add_leg(j, customer(o->from, -d->fen));
        add_leg(j, own(ZY_LEDGER_CLEARING, d->fen));
        return ZY_OK;
    case BACK:
        return zy_ledger_mirror(zy_tx_read(tx), o->journal, j, err);
    case REFUND:
        add_leg(j, customer(o->to, -d->fen));
        add_leg(j, customer(o->from, d->fen));
        j->refunds = o->journal;
        return ZY_OK;
    case CAPTURE:
        add_leg(j, customer(o->from, -d->fen));
        add_leg(j, customer(o->to, d->fen));
        j->legs[0].hold = (zy_id){ o->number };
        return ZY_OK;
    default:
        add_leg(j, own(ZY_LEDGER_CASH, -d->fen));
        add_leg(j, customer(o->to, d->fen));
        return ZY_OK;
    }
}

static zy_status act(zy_tx *tx, deed_job *job, zy_id audit, zy_err *err)
{
    const order *o = job->d->o;
    zy_time now = job->call.now;
    if (job->d->kind == HOLD) {
        const zy_hold hold = { .id = { o->number }, .account = account_of(o->from), .order = { o->number }, .amount = { job->d->fen },
                               .expires_at = o->expires_at };
        return zy_ledger_hold(tx, &hold, now, err);
    }
    if (job->d->kind == RELEASE)
        return zy_ledger_release(tx, (zy_id){ o->number }, now, err);
    zy_journal j = { .id = job->journal, .order = { job->d->kind == REFUND ? 0 : o->number }, .audit = audit,
                     .summary_code = CODES[job->d->kind], .summary = ZY_STR("simulated") };
    ZY_TRY(make_journal(tx, job->d, &j, err));
    return zy_ledger_post(tx, &j, now, err);
}

static zy_status deed_unit(zy_tx *tx, void *arg, zy_err *err)
{
    deed_job *job = arg;
    zy_id audit = { 0 };
    ZY_AUTO(zy_json_free) zy_json *known = NULL;
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    ZY_TRY(zy_idempotency_find(zy_tx_read(tx), &job->call, &known, err));
    job->repeated = known != NULL;
    if (job->repeated) {
        zy_str text = { 0 };
        return zy_json_str(known, "journal", &text) ? zy_id_parse(text, &job->journal) : ZY_DB_ERROR;
    }
    job->journal = zy_id_next(job->w->env.ids);
    zy_json_set_id(answer, "journal", job->journal);
    const zy_audit record = { .event = "simulated", .actor_kind = "customer", .actor = account_of(job->d->o->from),
                              .object_kind = "order", .object = { job->d->o->number }, .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, &job->w->env, &record, &audit, err));
    ZY_TRY(act(tx, job, audit, err));
    return zy_idempotency_keep(tx, &job->call, answer, err);
}

static bool is_answer(zy_status status)
{
    return status == ZY_OK || status == ZY_BALANCE_TOO_LOW || status == ZY_STATE_CONFLICT || status == ZY_IDEMPOTENCY_CONFLICT ||
           status == ZY_DB_UNIQUE;
}

static zy_status request(world *w, const deed *d, deed_job *job)
{
    static const zy_api API = { .name = "simulated" };
    zy_caller caller = { .customer = account_of(d->o->from) };
    *job = (deed_job){ .w = w, .d = d,
                       .call = { .env = &w->env, .api = &API, .caller = &caller, .now = zy_env_now(&w->env), .idempotency_id = zy_str_of(d->id) } };
    memcpy(job->call.request_digest, &d->fen, sizeof d->fen);
    return zy_db_run(w->db, "simulated", deed_unit, job, &w->err);
}

/* As a client does: asks again under the same id until there is an answer. The first time the n-th database call may fail,
 * and the program may die of it. */
static zy_status request_until_answered(world *w, const deed *d, deed_job *job)
{
    if (one_in(w, 40))
        zy_fault_arm("db.", 1 + below(w, 24), ZY_DB_ERROR);
    zy_status status = ZY_OK;
    for (int tries = 0; tries < 5; tries++) {
        status = request(w, d, job);
        zy_fault_arm("", 0, ZY_OK);
        w->repeats += job->repeated && status == ZY_OK;
        if (is_answer(status))
            return status;
        w->failures++;
        if (one_in(w, 4))
            die_and_start_again(w);
    }
    fail_msg("a deed that never ends: %s %s: %s", CODES[d->kind], zy_status_name(status), w->err.detail);
    return ZY_INTERNAL;
}

/* ---- what must happen ---- */

static int64_t available(const world *w, int account)
{
    return w->balance[account] - w->held[account];
}

static zy_status short_of(const world *w, int account, int64_t fen)
{
    return available(w, account) < fen ? ZY_BALANCE_TOO_LOW : ZY_OK;
}

static zy_status foretell(const world *w, const deed *d)
{
    const order *o = d->o;
    bool held = o->open && (d->kind == RELEASE || o->expires_at.ms > zy_env_now(&w->env).ms);
    switch (d->kind) {
    case PAY:
        return short_of(w, o->from, d->fen + FEE);
    case OUT:
    case HOLD:
        return short_of(w, o->from, d->fen);
    case BACK:
        return o->reversed ? ZY_STATE_CONFLICT : ZY_OK;
    case REFUND:
        return o->refunded + d->fen > o->fen ? ZY_STATE_CONFLICT : short_of(w, o->to, d->fen);
    case CAPTURE:
        return o->captured ? ZY_DB_UNIQUE /* this order posted under this code */ : !held ? ZY_STATE_CONFLICT : available(w, o->from) + o->fen < d->fen ? ZY_BALANCE_TOO_LOW : ZY_OK;
    case RELEASE:
        return held ? ZY_OK : ZY_STATE_CONFLICT;
    default:
        return ZY_OK;
    }
}

static void move(world *w, int from, int to, int64_t fen)
{
    w->balance[from] -= fen;
    w->balance[to] += fen;
}

static void end_hold(world *w, order *o)
{
    o->open = false;
    w->held[o->from] -= o->fen;
    for (int i = 0; i < w->hold_count; i++)
        if (w->holds[i] == o)
            w->holds[i] = w->holds[--w->hold_count];
}

static void take_effect(world *w, const deed *d)
{
    order *o = d->o;
    switch (d->kind) {
    case PAY:
        move(w, o->from, o->to, d->fen);
        w->balance[o->from] -= FEE;
        return;
    case OUT:
        w->balance[o->from] -= d->fen;
        return;
    case BACK:
        o->reversed = true;
        w->balance[o->from] += d->fen;
        return;
    case REFUND:
        o->refunded += d->fen;
        move(w, o->to, o->from, d->fen);
        return;
    case HOLD:
        o->open = true;
        w->held[o->from] += d->fen;
        w->holds[w->hold_count++] = o;
        return;
    case CAPTURE:
        o->captured = true;
        end_hold(w, o);
        move(w, o->from, o->to, d->fen);
        return;
    case RELEASE:
        end_hold(w, o);
        return;
    case DEPOSIT:
        w->balance[o->to] += d->fen;
        return;
    }
}

/* Does the deed and compares; true when it took effect. */
static bool perform(world *w, const deed *d)
{
    deed_job job;
    zy_status wanted = foretell(w, d), got = request_until_answered(w, d, &job);
    trace(w, (int64_t)d->kind << 32 | (int64_t)got);
    trace(w, d->fen);
    ASSERT_STATUS(got, wanted);
    w->refusals += got != ZY_OK;
    if (got != ZY_OK)
        return false;
    take_effect(w, d);
    if (d->kind == PAY || d->kind == OUT)
        d->o->journal = job.journal;
    if (one_in(w, 20)) { /* sent again: the first answer, and nothing moves */
        zy_id first = job.journal;
        ASSERT_OK(request_until_answered(w, d, &job));
        assert_true(job.repeated && zy_id_eq(job.journal, first));
    }
    if (one_in(w, 100)) { /* the id with another amount */
        deed other = *d;
        other.fen++;
        ASSERT_STATUS(request_until_answered(w, &other, &job), ZY_IDEMPOTENCY_CONFLICT);
    }
    return true;
}

/* ---- orders and what follows them ---- */

static void new_order(world *w)
{
    static const deed_kind KINDS[] = { PAY, PAY, PAY, OUT, OUT, HOLD, HOLD, DEPOSIT };
    order *o = calloc(1, sizeof *o);
    int64_t much = one_in(w, 50) ? 2000000 : 40000; /* some ask for more than there is */
    o->number = ++w->orders;
    o->kind = KINDS[below(w, ZY_COUNT(KINDS))];
    o->from = (int)below(w, ACCOUNTS);
    o->to = (o->from + 1 + (int)below(w, ACCOUNTS - 1)) % ACCOUNTS;
    o->fen = 1 + below(w, o->kind == DEPOSIT ? 10 * much : much);
    o->expires_at = zy_time_add(zy_env_now(&w->env), ZY_MINUTES(1 + below(w, 60)));
    deed d = { .kind = o->kind, .o = o, .fen = o->fen };
    snprintf(d.id, sizeof d.id, "order-%lld", (long long)o->number);
    bool follows = perform(w, &d) && o->kind != DEPOSIT && (o->kind != PAY || one_in(w, 5));
    if (follows)
        w->live[w->live_count++] = o;
    else
        free(o);
}

/* Which deed an answer, a merchant or a customer brings about; false: none, and nothing more will follow. */
static bool choose_follow_up(world *w, order *o, deed *d)
{
    *d = (deed){ .o = o, .fen = o->fen, .kind = BACK };
    if (o->kind == PAY) {
        *d = (deed){ .o = o, .kind = REFUND, .fen = 1 + below(w, o->fen) };
        return true;
    }
    if (o->kind == OUT)
        return one_in(w, 3); /* rejected or returned; else it is settled, or its answer is lost for good */
    d->kind = one_in(w, 3) ? RELEASE : CAPTURE;
    if (d->kind == CAPTURE)
        d->fen = 1 + below(w, o->fen + o->fen / 5 + 1);
    return !one_in(w, 4); /* else it is forgotten and expires */
}

static void follow_up(world *w)
{
    int at = (int)below(w, w->live_count); /* in any order */
    order *o = w->live[at];
    deed d;
    bool more = choose_follow_up(w, o, &d);
    if (more) {
        w->follow_ups++;
        snprintf(d.id, sizeof d.id, "follow-%lld-%d", (long long)o->number, o->deeds++);
        perform(w, &d);
        more = one_in(w, 2); /* the same answer comes again, under another id */
    }
    if (more || o->open)
        return;
    w->live[at] = w->live[--w->live_count];
    free(o);
}

/* ---- time ---- */

static void expire_holds(world *w)
{
    int64_t done = 0, wanted = 0;
    zy_time now = zy_env_now(&w->env);
    ASSERT_OK(zy_ledger_expire_holds(&w->env, 1000, &done, &w->err));
    for (int i = 0; i < w->hold_count;)
        if (w->holds[i]->expires_at.ms <= now.ms) {
            end_hold(w, w->holds[i]);
            wanted++;
        } else {
            i++;
        }
    assert_int_equal(done, wanted);
}

static zy_status cut_off(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    return zy_ledger_cut_off(tx, w->day, zy_env_now(&w->env), err);
}

static void end_interest_day(world *w)
{
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format(w->day, text);
    bool settles = strcmp(text + 8, "20") == 0 && atoi(text + 5) % 3 == 0;
    for (int i = 0; i < ACCOUNTS; i++) {
        w->product[i] += w->balance[i];
        if (settles) {
            __int128 n = (__int128)360 * 100000000;
            w->balance[i] += (int64_t)((2 * (__int128)w->product[i] * RATE + n) / (2 * n));
            w->product[i] = 0;
        }
    }
}

static void end_day(world *w)
{
    ASSERT_OK(zy_db_run(w->db, "simulated.cut_off", cut_off, w, &w->err));
    bool done = false;
    for (int tries = 0; !done && tries < 20; tries++) {
        if (tries < 4)
            zy_fault_arm("db.", 1 + below(w, 60), ZY_DB_ERROR);
        zy_status status = zy_ledger_day_end(&w->env, ZY_HOURS(1), &done, &w->err);
        zy_fault_arm("", 0, ZY_OK);
        done = done && status == ZY_OK;
        if (status != ZY_OK)
            die_and_start_again(w);
    }
    assert_true(done);
    end_interest_day(w);
    w->day.days++;
    w->days++;
}

static void turn_clock(world *w)
{
    zy_clock_fake_turn(w->clock, ZY_MS(below(w, 25000)));
    if (one_in(w, 5000))
        zy_clock_fake_turn(w->clock, one_in(w, 2) ? ZY_HOURS(3) : ZY_MINUTES(-20)); /* somebody set it */
    if (one_in(w, 300))
        expire_holds(w);
    while (zy_day_of(zy_env_now(&w->env)).days > w->day.days)
        end_day(w);
}

/* ---- a run ---- */

static zy_status first_rows(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_TRY(zy_ledger_init(tx, zy_day_of(START), START, err));
    for (int i = 0; i < ACCOUNTS; i++) {
        const zy_ledger_account a = { .id = account_of(i), .currency = "CNY", .subject = "2011", .branch = i % 2 ? "0001" : "0002" };
        ZY_TRY(zy_ledger_open_account(tx, &a, START, err));
    }
    return ZY_OK;
}

static void compare(world *w)
{
    checked_books books;
    assert_int_equal(check_books(w->file, &books), 0);
    if (books.faults != 0)
        print_error("%s\n", books.first_fault);
    assert_int_equal(books.faults, 0);
    for (int i = 0; i < ACCOUNTS; i++) {
        assert_int_equal(books.balance[FIRST + i], w->balance[i]);
        assert_int_equal(books.held[FIRST + i], w->held[i]);
        trace(w, w->balance[i]);
    }
    zy_ledger_report report = { 0 };
    ASSERT_OK(zy_ledger_verify(&w->env, NULL, NULL, &report, &w->err));
    assert_int_equal(report.postings, books.postings);
    trace(w, books.journals);
}

static void remove_file(const world *w)
{
    static const char *const ENDS[] = { "", "-wal", "-shm" };
    char path[100];
    for (size_t i = 0; i < ZY_COUNT(ENDS); i++) {
        snprintf(path, sizeof path, "%s%s", w->file, ENDS[i]);
        unlink(path);
    }
}

/* Returns the digest of everything that was asked and answered. */
static uint64_t simulate(uint64_t seed, int64_t orders)
{
    static world w;
    w = (world){ .random = seed, .digest = UINT64_C(0xcbf29ce484222325), .clock = zy_clock_fake_new(START), .day = zy_day_of(START) };
    snprintf(w.file, sizeof w.file, "%s/zy_simulator_%d.db", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
    remove_file(&w);
    w.env.clock = w.clock;
    w.env.ids = zy_id_maker_new(1, w.clock);
    ASSERT_OK(zy_crypto_start(&w.err));
    open_bank(&w);
    ASSERT_OK(zy_db_migrate(w.db, NULL, NULL, &w.err));
    zy_ledger_start();
    zy_param_reload();
    ASSERT_OK(zy_db_run(w.db, "simulated.bank", first_rows, NULL, &w.err));
    while (w.orders < orders) {
        turn_clock(&w);
        if (w.live_count == FOLLOW_UPS || (w.live_count > 0 && one_in(&w, 3)))
            follow_up(&w);
        else
            new_order(&w);
    }
    compare(&w);
    print_message("# seed %llu: %lld orders, %lld follow-ups, %lld refusals, %lld failed calls, %lld deaths, %lld repeats, %lld days\n",
                  (unsigned long long)seed, (long long)w.orders, (long long)w.follow_ups, (long long)w.refusals, (long long)w.failures,
                  (long long)w.crashes, (long long)w.repeats, (long long)w.days);
    assert_true(w.failures > 0 && w.crashes > 0 && w.repeats > 0 && w.refusals > 0);
    zy_db_close(w.db);
    remove_file(&w);
    for (int i = 0; i < w.live_count; i++)
        free(w.live[i]);
    zy_id_maker_free(w.env.ids);
    zy_clock_fake_free(w.clock);
    return w.digest;
}

static uint64_t first_seed(void)
{
    const char *given = getenv("ZY_TEST_SEED");
    return given != NULL ? strtoull(given, NULL, 10) : 20261123;
}

/* A seed of its own in a process of its own, so that a million orders use all cores. */
#define PART_ENV "ZY_SIMULATOR_PART" /* how far it is from the first seed */
enum { PARTS = 4, PART_ORDERS = 250000 };

static pid_t start_part(int part)
{
    char number[16];
    snprintf(number, sizeof number, "%d", part);
    pid_t pid = fork();
    if (pid == 0) {
        setenv(PART_ENV, number, 1);
        execl("/proc/self/exe", "simulator", (char *)NULL);
        _exit(127);
    }
    return pid;
}

static void money_is_conserved_whatever_fails_repeats_or_comes_late(void **state)
{
    ZY_PROVES("mb.rollback.p1");
    (void)state;
    pid_t parts[PARTS];
    if (getenv("ZY_TEST_FULL") == NULL) {
        (void)simulate(first_seed(), 12000);
        return;
    }
    for (int i = 0; i < PARTS; i++)
        parts[i] = start_part(i);
    for (int i = 0; i < PARTS; i++) {
        int status = -1;
        assert_int_equal(waitpid(parts[i], &status, 0), parts[i]);
        assert_int_equal(status, 0);
    }
}

static void one_part(void **state)
{
    (void)state;
    (void)simulate(first_seed() + strtoull(getenv(PART_ENV), NULL, 10), PART_ORDERS);
}

static void the_same_seed_gives_the_same_trace(void **state)
{
    (void)state;
    uint64_t first = simulate(first_seed(), 2000);
    assert_int_equal(simulate(first_seed(), 2000), first);
    assert_int_not_equal(simulate(first_seed() + 1, 2000), first);
}

int main(void)
{
    const struct CMUnitTest part[] = { cmocka_unit_test(one_part) };
    if (getenv(PART_ENV) != NULL)
        return cmocka_run_group_tests_name("part of the simulator", part, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_conserved_whatever_fails_repeats_or_comes_late),
        cmocka_unit_test(the_same_seed_gives_the_same_trace),
    };
    return zy_test_main("simulator", tests, ZY_COUNT(tests));
}
