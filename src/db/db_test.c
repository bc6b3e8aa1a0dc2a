#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/db.h"
#include "db/db_internal.h"
#include "zy_test.h"
#include "zy_test_db.h"

static const char SQLITE_TABLES[] = "CREATE TABLE t_row (id INTEGER NOT NULL PRIMARY KEY, n "
                                    "INTEGER NOT NULL, word TEXT, bytes BLOB) STRICT;"
                                    "CREATE TABLE t_once (key TEXT NOT NULL PRIMARY KEY) STRICT;"
                                    "CREATE TABLE t_child (id INTEGER NOT NULL PRIMARY KEY, parent "
                                    "INTEGER NOT NULL REFERENCES t_row (id)) STRICT;"
                                    "INSERT INTO t_row (id, n) VALUES (1, 0), (2, 0);";
static const char PG_TABLES[] =
    "CREATE TABLE t_row (id BIGINT PRIMARY KEY, n BIGINT NOT NULL, word TEXT, bytes BYTEA);"
    "CREATE TABLE t_once (key TEXT PRIMARY KEY);"
    "CREATE TABLE t_child (id BIGINT PRIMARY KEY, parent BIGINT NOT NULL REFERENCES t_row (id));"
    "INSERT INTO t_row (id, n) VALUES (1, 0), (2, 0);";

static const zy_sql ADD = {"t.add", "UPDATE t_row SET n = n + $2 WHERE id = $1", 2, NULL};
static const zy_sql PUT = {
    "t.put", "INSERT INTO t_row (id, n, word, bytes) VALUES ($1, $2, $3, $4)", 4, NULL};
static const zy_sql GET = {"t.get", "SELECT n, word, bytes FROM t_row WHERE id = $1", 1, NULL};
static const zy_sql ALL = {"t.all", "SELECT id FROM t_row ORDER BY id", 0, NULL};
static const zy_sql SUM = {"t.sum", "SELECT sum(n), count(*) FROM t_row", 0, NULL};
static const zy_sql ONCE = {"t.once", "INSERT INTO t_once (key) VALUES ($1)", 1, NULL};
static const zy_sql ONCE_COUNT = {"t.once_count", "SELECT count(*) FROM t_once", 0, NULL};
static const zy_sql CHILD = {"t.child", "INSERT INTO t_child (id, parent) VALUES ($1, $2)", 2,
                             NULL};

typedef struct fixture {
    zy_db *db;
    zy_err err;
} fixture;

static zy_status open_fixture(fixture *f, const zy_db_options *options)
{
    *f = (fixture){0};
    ZY_TRY(options == NULL ? zy_test_db_open(&f->db) : zy_test_db_open_with(options, &f->db));
    return zy_db_test_exec_script(f->db, SQLITE_TABLES, PG_TABLES, &f->err);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    ASSERT_OK(open_fixture(f, NULL));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    zy_fault_arm("", 0, ZY_OK);
    zy_test_db_close(f->db);
    free(f);
    return 0;
}

/* ---- what the units do ---- */

typedef struct pair {
    int64_t sum, rows;
} pair;

static zy_status read_pair(zy_rtx *rtx, void *arg, zy_err *err)
{
    pair *p = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SUM, ZY_NO_ARGS, &stmt, err));
    *p = (pair){zy_col_int(stmt, 0), zy_col_int(stmt, 1)};
    return ZY_OK;
}

static pair pair_now(fixture *f)
{
    pair p = {-1, -1};
    ASSERT_OK(zy_db_read(f->db, "t.sum", read_pair, &p, &f->err));
    return p;
}

static zy_status read_once(zy_rtx *rtx, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &ONCE_COUNT, ZY_NO_ARGS, &stmt, err));
    *(int64_t *)arg = zy_col_int(stmt, 0);
    return ZY_OK;
}

static int64_t once_now(fixture *f)
{
    int64_t n = -1;
    ASSERT_OK(zy_db_read(f->db, "t.once", read_once, &n, &f->err));
    return n;
}

static zy_status add_one(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_exec_expect(tx, &ADD, ZY_ARGS(ZY_I(1), ZY_I(1)), 1, ZY_NOT_FOUND, err);
}

static zy_status add_then_refuse(zy_tx *tx, void *arg, zy_err *err)
{
    ZY_TRY(add_one(tx, arg, err));
    return zy_fail(err, ZY_BALANCE_TOO_LOW, "amount", "for the test");
}

static zy_status add_and_read_own(zy_tx *tx, void *arg, zy_err *err)
{
    ZY_TRY(add_one(tx, NULL, err));
    return read_pair(zy_tx_read(tx), arg, err);
}

/* ---- transactions ---- */

static void committed_unit_is_read_back(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_run(f->db, "t.add", add_one, NULL, &f->err));
    assert_int_equal(pair_now(f).sum, 1);
}

static void unit_reads_its_own_writes(void **state)
{
    fixture *f = *state;
    pair p = {0};
    ASSERT_OK(zy_db_run(f->db, "t.add", add_and_read_own, &p, &f->err));
    assert_int_equal(p.sum, 1);
}

static void refused_unit_leaves_nothing_and_tells_its_reason(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(zy_db_run(f->db, "t.refuse", add_then_refuse, NULL, &f->err), ZY_BALANCE_TOO_LOW);
    assert_string_equal(f->err.field, "amount");
    assert_int_equal(pair_now(f).sum, 0);
}

static zy_status add_and_look_outside(zy_tx *tx, void *arg, zy_err *err)
{
    pair inside;
    ZY_TRY(add_and_read_own(tx, &inside, err));
    return zy_db_read(tx->r.db, "t.sum", read_pair, arg, err);
}

static void uncommitted_write_is_not_seen_by_others(void **state)
{
    fixture *f = *state;
    pair outside = {-1, -1};
    ASSERT_OK(zy_db_run(f->db, "t.add", add_and_look_outside, &outside, &f->err));
    assert_int_equal(outside.sum, 0);
    assert_int_equal(pair_now(f).sum, 1);
}

static zy_status add_to_missing_row(zy_tx *tx, void *arg, zy_err *err)
{
    ZY_TRY(add_one(tx, arg, err));
    return zy_exec_expect(tx, &ADD, ZY_ARGS(ZY_I(99), ZY_I(1)), 1, ZY_ACCOUNT_STATE, err);
}

static zy_status go_on_after_mismatch(zy_tx *tx, void *arg, zy_err *err)
{
    zy_status ignored = add_to_missing_row(tx, arg, err);
    pair p;
    ignored = ignored == ZY_OK ? read_pair(zy_tx_read(tx), &p, err) : ignored;
    return ignored == ZY_ACCOUNT_STATE ? ZY_OK : ZY_INTERNAL;
}

static void expectation_that_fails_gives_its_status_and_undoes(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(zy_db_run(f->db, "t.expect", add_to_missing_row, NULL, &f->err),
                  ZY_ACCOUNT_STATE);
    assert_int_equal(pair_now(f).sum, 0);
    /* A unit that overlooks the failure does not commit either. */
    ASSERT_STATUS(zy_db_run(f->db, "t.expect", go_on_after_mismatch, NULL, &f->err),
                  ZY_ACCOUNT_STATE);
    assert_int_equal(pair_now(f).sum, 0);
}

static zy_status many_expects(zy_tx *tx, void *arg, zy_err *err)
{
    for (int i = 0; i < 300; i++)
        ZY_TRY(add_one(tx, arg, err));
    return ZY_OK;
}

static void queue_longer_than_the_pipeline_holds(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_run(f->db, "t.many", many_expects, NULL, &f->err));
    assert_int_equal(pair_now(f).sum, 300);
}

static zy_status insert_once(zy_tx *tx, void *arg, zy_err *err)
{
    ZY_TRY(add_one(tx, NULL, err));
    return zy_exec(tx, &ONCE, ZY_ARGS(ZY_TC((const char *)arg)), NULL, err);
}

static char KEY[] = "k";

static void unique_violation_has_its_own_status(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_run(f->db, "t.once", insert_once, KEY, &f->err));
    ASSERT_STATUS(zy_db_run(f->db, "t.once", insert_once, KEY, &f->err), ZY_DB_UNIQUE);
    assert_int_equal(pair_now(f).sum, 1);
    assert_null(strstr(f->err.detail, "(k)")); /* values stay out of the log */
}

static zy_status orphan(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_exec(tx, &CHILD, ZY_ARGS(ZY_I(1), ZY_I(404)), NULL, err);
}

static void foreign_key_holds(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(zy_db_run(f->db, "t.child", orphan, NULL, &f->err), ZY_DB_ERROR);
}

/* ---- values ---- */

static const char BYTES[] = "a\0b\xff\0";

static zy_status put_values(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_TRY(zy_exec_expect(tx, &PUT,
                          ZY_ARGS(ZY_I(10), ZY_I(INT64_MIN), ZY_TC("掌银"), ZY_B(BYTES, 6)), 1,
                          ZY_DB_ERROR, err));
    ZY_TRY(zy_exec_expect(tx, &PUT, ZY_ARGS(ZY_I(11), ZY_I(INT64_MAX), ZY_N, ZY_N), 1, ZY_DB_ERROR,
                          err));
    return zy_exec_expect(tx, &PUT,
                          ZY_ARGS(ZY_I(12), ZY_I(0), ZY_T(((zy_str){NULL, 0})), ZY_B(NULL, 0)), 1,
                          ZY_DB_ERROR, err);
}

static zy_status check_values(zy_rtx *rtx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *a = NULL;
    ZY_TRY(zy_query_one(rtx, &GET, ZY_ARGS(ZY_I(10)), &a, err));
    assert_true(zy_col_int(a, 0) == INT64_MIN);
    ASSERT_STR(zy_col_text(a, 1), "掌银");
    assert_int_equal(zy_col_blob(a, 2).n, 6);
    assert_memory_equal(zy_col_blob(a, 2).p, BYTES, 6);
    ZY_AUTO(zy_stmt_free) zy_stmt *b = NULL; /* the same statement, open twice */
    ZY_TRY(zy_query_one(rtx, &GET, ZY_ARGS(ZY_I(11)), &b, err));
    assert_true(zy_col_int(b, 0) == INT64_MAX);
    assert_true(zy_col_null(b, 1) && zy_col_null(b, 2));
    ZY_AUTO(zy_stmt_free) zy_stmt *c = NULL;
    ZY_TRY(zy_query_one(rtx, &GET, ZY_ARGS(ZY_I(12)), &c, err));
    assert_false(zy_col_null(c, 1) || zy_col_null(c, 2));
    assert_int_equal(zy_col_text(c, 1).n + zy_col_blob(c, 2).n, 0);
    assert_true(zy_col_int(a, 0) == INT64_MIN);
    return ZY_OK;
}

static void null_blob_text_and_extreme_numbers_round_trip(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_run(f->db, "t.put", put_values, NULL, &f->err));
    ASSERT_OK(zy_db_read(f->db, "t.get", check_values, NULL, &f->err));
}

static zy_status put_null_first(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_TRY(zy_exec(tx, &PUT, ZY_ARGS(ZY_I(20), ZY_I(1), ZY_N, ZY_N), NULL, err));
    ZY_TRY(zy_exec(tx, &PUT, ZY_ARGS(ZY_I(21), ZY_I(1), ZY_TC("w"), ZY_N), NULL, err));
    return zy_exec(tx, &PUT, ZY_ARGS(ZY_I(22), ZY_I(1), ZY_N, ZY_B(BYTES, 6)), NULL, err);
}

static void parameter_may_be_null_before_its_type_is_seen(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_run(f->db, "t.put", put_null_first, NULL, &f->err));
    assert_int_equal(pair_now(f).rows, 5);
}

static const zy_sql BACKWARDS = {
    "t.backwards",
    "SELECT $3 || '-' || $1 || '-' || $2 || '-' || $11, $12 - 1, $4, $5, $6, $7, $8, $9, $10", 12,
    "SELECT $3 || '-' || $1 || '-' || $2 || '-' || $11, $12 - 1, $4, $5, $6, $7, $8, $9, $10"};

static zy_status check_backwards(zy_rtx *rtx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
    ZY_TRY(zy_query_one(rtx, &BACKWARDS,
                        ZY_ARGS(ZY_TC("one"), ZY_TC("two"), ZY_TC("three"), ZY_I(4), ZY_I(5),
                                ZY_I(6), ZY_I(7), ZY_I(8), ZY_I(9), ZY_I(10), ZY_TC("eleven"),
                                ZY_I(5000000000)),
                        &s, err));
    ASSERT_STR(zy_col_text(s, 0), "three-one-two-eleven");
    assert_true(zy_col_int(s, 1) == 4999999999);
    for (int i = 0; i < 7; i++)
        assert_int_equal(zy_col_int(s, 2 + i), 4 + i);
    return ZY_OK;
}

static void parameters_are_bound_by_their_number_not_their_place(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_read(f->db, "t.backwards", check_backwards, NULL, &f->err));
}

static const zy_sql BY_WORD = {"t.by_word", "SELECT id FROM t_row WHERE word = $1", 1, NULL};
static const char *const PAYLOADS[] = {
    "' OR 1=1 --", "'; DROP TABLE t_row; --", "x' UNION SELECT key FROM t_once --",
    "$1",          "\\'; SELECT 1",           "%_\"`",
};

static zy_status put_payloads(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    for (size_t i = 0; i < ZY_COUNT(PAYLOADS); i++)
        ZY_TRY(zy_exec_expect(tx, &PUT,
                              ZY_ARGS(ZY_I(100 + (int64_t)i), ZY_I(0), ZY_TC(PAYLOADS[i]), ZY_N), 1,
                              ZY_DB_ERROR, err));
    return ZY_OK;
}

static zy_status find_payloads(zy_rtx *rtx, void *arg, zy_err *err)
{
    for (size_t i = 0; i < ZY_COUNT(PAYLOADS); i++) {
        ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
        ZY_TRY(zy_query(rtx, &BY_WORD, ZY_ARGS(ZY_TC(PAYLOADS[i])), &s, err));
        for (bool row = true; row;) {
            ZY_TRY(zy_stmt_next(s, &row, err));
            *(int *)arg += row && zy_col_int(s, 0) == 100 + (int64_t)i ? 1 : row ? 1000 : 0;
        }
    }
    return ZY_OK;
}

static void injection_payload_stays_a_value(void **state)
{
    ZY_PROVES("mb.server-validation.m");
    fixture *f = *state;
    int found = 0;
    ASSERT_OK(zy_db_read(f->db, "t.find", find_payloads, &found, &f->err));
    assert_int_equal(found, 0);
    ASSERT_OK(zy_db_run(f->db, "t.put", put_payloads, NULL, &f->err));
    ASSERT_OK(zy_db_read(f->db, "t.find", find_payloads, &found, &f->err));
    assert_int_equal(found, ZY_COUNT(PAYLOADS)); /* each finds its own row and no other */
    assert_int_equal(pair_now(f).rows, 2 + ZY_COUNT(PAYLOADS));
}

static zy_status count_rows(zy_rtx *rtx, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
    ZY_TRY(zy_query(rtx, &ALL, ZY_NO_ARGS, &s, err));
    for (bool row = true; row; *(int *)arg += row)
        ZY_TRY(zy_stmt_next(s, &row, err));
    return ZY_OK;
}

static void all_rows_are_given_once(void **state)
{
    fixture *f = *state;
    int rows = 0;
    ASSERT_OK(zy_db_read_snapshot(f->db, "t.all", count_rows, &rows, &f->err));
    assert_int_equal(rows, 2);
}

static zy_status get_missing(zy_rtx *rtx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
    return zy_query_one(rtx, &GET, ZY_ARGS(ZY_I(404)), &s, err);
}

static void missing_row_is_not_found(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(zy_db_read(f->db, "t.get", get_missing, NULL, &f->err), ZY_NOT_FOUND);
}

static const zy_sql SLY = {"t.sly", "INSERT INTO t_once (key) VALUES ('sly') RETURNING key", 0,
                           NULL};

static zy_status write_while_reading(zy_rtx *rtx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
    return zy_query_one(rtx, &SLY, ZY_NO_ARGS, &s, err);
}

static void read_connection_cannot_write(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(zy_db_read(f->db, "t.sly", write_while_reading, NULL, &f->err), ZY_DB_ERROR);
    ASSERT_STATUS(zy_db_read_snapshot(f->db, "t.sly", write_while_reading, NULL, &f->err),
                  ZY_DB_ERROR);
    assert_int_equal(once_now(f), 0);
}

static zy_status read_twice(zy_rtx *rtx, void *arg, zy_err *err)
{
    fixture *f = arg;
    pair first, second;
    ZY_TRY(read_pair(rtx, &first, err));
    ZY_TRY(zy_db_run(f->db, "t.add", add_one, NULL, err));
    ZY_TRY(read_pair(rtx, &second, err));
    assert_int_equal(first.sum, second.sum);
    return ZY_OK;
}

static void snapshot_does_not_move(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_read_snapshot(f->db, "t.twice", read_twice, f, &f->err));
    assert_int_equal(pair_now(f).sum, 1);
}

/* ---- many at once ---- */

enum { THREADS = 64, TURNS = 20 };

typedef struct crowd {
    fixture *f;
    zy_unit_fn fn;
    atomic_int next, ok, refused, other;
} crowd;

static void *one_of_crowd(void *arg)
{
    crowd *c = arg;
    for (int i = 0; i < TURNS; i++) {
        zy_err err = {0};
        int turn = atomic_fetch_add(&c->next, 1);
        zy_status status = zy_db_run(c->f->db, "t.crowd", c->fn, &turn, &err);
        atomic_fetch_add(status == ZY_OK                ? &c->ok
                         : status == ZY_BALANCE_TOO_LOW ? &c->refused
                                                        : &c->other,
                         1);
    }
    return NULL;
}

static void run_crowd(crowd *c)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_of_crowd, c), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void sixty_four_threads_count_exactly(void **state)
{
    fixture *f = *state;
    crowd c = {.f = f, .fn = add_one};
    run_crowd(&c);
    assert_int_equal(c.ok, THREADS * TURNS);
    assert_int_equal(pair_now(f).sum, THREADS * TURNS);
    zy_db_stats stats = zy_db_stats_now(f->db);
    assert_true(stats.units >= THREADS * TURNS && stats.commits <= stats.units &&
                stats.waiting == 0);
    if (zy_test_db_kind() == ZY_DB_SQLITE)
        assert_true(stats.commits < stats.units); /* they did share commits */
}

static zy_status every_third_refuses(zy_tx *tx, void *arg, zy_err *err)
{
    ZY_TRY(add_one(tx, NULL, err));
    return *(int *)arg % 3 == 0 ? zy_fail(err, ZY_BALANCE_TOO_LOW, "", "turn") : ZY_OK;
}

static void failing_unit_leaves_the_others_of_its_group(void **state)
{
    fixture *f = *state;
    crowd c = {.f = f, .fn = every_third_refuses};
    run_crowd(&c);
    int refused = (THREADS * TURNS + 2) / 3;
    assert_int_equal(c.refused, refused);
    assert_int_equal(c.other, 0);
    assert_int_equal(pair_now(f).sum, THREADS * TURNS - refused);
}

typedef struct crossing {
    fixture *f;
    pthread_barrier_t *meet;
    int64_t first, second;
    int runs;
    zy_status status;
} crossing;

static zy_status cross(zy_tx *tx, void *arg, zy_err *err)
{
    crossing *c = arg;
    c->runs++;
    ZY_TRY(zy_exec(tx, &ADD, ZY_ARGS(ZY_I(c->first), ZY_I(1)), NULL, err));
    if (c->runs == 1 && zy_rtx_kind(zy_tx_read(tx)) == ZY_DB_PG)
        pthread_barrier_wait(c->meet); /* both hold their first row now */
    return zy_exec(tx, &ADD, ZY_ARGS(ZY_I(c->second), ZY_I(1)), NULL, err);
}

static void *run_crossing(void *arg)
{
    crossing *c = arg;
    zy_err err;
    c->status = zy_db_run(c->f->db, "t.cross", cross, c, &err);
    return NULL;
}

static void deadlocked_unit_runs_again(void **state)
{
    fixture *f = *state;
    pthread_barrier_t meet;
    pthread_barrier_init(&meet, NULL, 2);
    crossing c[2] = {{.f = f, .meet = &meet, .first = 1, .second = 2},
                     {.f = f, .meet = &meet, .first = 2, .second = 1}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, run_crossing, &c[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&meet);
    ASSERT_OK(c[0].status);
    ASSERT_OK(c[1].status);
    assert_int_equal(pair_now(f).sum, 4);
    if (zy_test_db_kind() == ZY_DB_PG)
        assert_true(c[0].runs + c[1].runs >= 3); /* the one that runs again may overtake the other and cross it once more */
    else
        assert_int_equal(c[0].runs + c[1].runs, 2);
}

/* ---- faults ---- */

static zy_status two_writes_and_a_read(zy_tx *tx, void *arg, zy_err *err)
{
    pair p;
    ZY_TRY(zy_exec(tx, &ADD, ZY_ARGS(ZY_I(2), ZY_I(5)), NULL, err));
    ZY_TRY(read_pair(zy_tx_read(tx), &p, err));
    return add_one(tx, arg, err);
}

static void fault_at_every_call_leaves_nothing(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *point;
        long times;
    } POINTS[] = {{"db.begin", 1}, {"db.exec", 3}, {"db.commit", 1}};
    for (size_t p = 0; p < ZY_COUNT(POINTS); p++)
        for (long n = 1; n <= POINTS[p].times; n++) {
            zy_fault_arm(POINTS[p].point, n, ZY_DB_ERROR);
            ASSERT_STATUS(zy_db_run(f->db, "t.fault", two_writes_and_a_read, NULL, &f->err),
                          ZY_DB_ERROR);
            assert_int_equal(zy_fault_passed(), n);
            zy_fault_arm("", 0, ZY_OK);
            assert_int_equal(pair_now(f).sum, 0);
        }
    ASSERT_OK(zy_db_run(f->db, "t.fault", two_writes_and_a_read, NULL, &f->err));
    assert_int_equal(pair_now(f).sum, 6);
}

static void lost_commit_is_unknown(void **state)
{
    fixture *f = *state;
    zy_fault_arm("db.commit_lost", 1, ZY_DB_ERROR);
    ASSERT_STATUS(zy_db_run(f->db, "t.lost", add_one, NULL, &f->err), ZY_OUTCOME_UNKNOWN);
    zy_fault_arm("", 0, ZY_OK);
    assert_int_equal(pair_now(f).sum, 1); /* it had been committed */
    ASSERT_OK(zy_db_run(f->db, "t.add", add_one, NULL, &f->err));
    assert_int_equal(pair_now(f).sum, 2);
    assert_int_equal(zy_db_stats_now(f->db).lost, 1);
}

static zy_status decided_by_row(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    (void)arg;
    int64_t n = 0;
    ZY_TRY(read_once(rtx, &n, err));
    *ret_committed = n == 1;
    return ZY_OK;
}

static void lost_commit_is_decided_by_its_row(void **state)
{
    fixture *f = *state;
    zy_fault_arm("db.commit_lost", 1, ZY_DB_ERROR);
    ASSERT_OK(zy_db_run_decided(f->db, "t.lost", insert_once, decided_by_row, KEY, &f->err));
    zy_fault_arm("", 0, ZY_OK);
    assert_int_equal(once_now(f), 1);
    assert_int_equal(pair_now(f).sum, 1);
}

static zy_status decided_never(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    (void)rtx;
    (void)arg;
    (void)err;
    *ret_committed = false;
    return ZY_OK;
}

static zy_status decided_fails(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    (void)rtx;
    (void)arg;
    (void)ret_committed;
    return zy_fail(err, ZY_DB_ERROR, "", "cannot tell");
}

static void lost_commit_that_lands_after_all_is_not_applied_twice(void **state)
{
    fixture *f = *state;
    /* `decided` sees nothing yet, the commit has landed: the second run meets the unique row. */
    zy_fault_arm("db.commit_lost", 1, ZY_DB_ERROR);
    ASSERT_STATUS(zy_db_run_decided(f->db, "t.lost", insert_once, decided_never, KEY, &f->err),
                  ZY_OUTCOME_UNKNOWN);
    zy_fault_arm("", 0, ZY_OK);
    assert_int_equal(pair_now(f).sum, 1);
}

static void lost_commit_that_nobody_can_decide_is_unknown(void **state)
{
    fixture *f = *state;
    zy_fault_arm("db.commit_lost", 1, ZY_DB_ERROR);
    ASSERT_STATUS(zy_db_run_decided(f->db, "t.lost", insert_once, decided_fails, KEY, &f->err),
                  ZY_OUTCOME_UNKNOWN);
    zy_fault_arm("", 0, ZY_OK);
    assert_int_equal(pair_now(f).sum, 1);
}

/* ---- the hook of the group ---- */

static zy_status hook_adds(zy_tx *tx, void *arg, zy_err *err)
{
    ++*(int *)arg;
    return zy_exec_expect(tx, &ADD, ZY_ARGS(ZY_I(2), ZY_I(100)), 1, ZY_DB_ERROR, err);
}

static zy_status hook_fails(zy_tx *tx, void *arg, zy_err *err)
{
    (void)tx;
    (void)arg;
    return zy_fail(err, ZY_AUDIT_BROKEN, "", "for the test");
}

static void sqlite_hook_writes_in_the_same_commit_or_stops_it(void **state)
{
    fixture *f = *state;
    int calls = 0;
    zy_db_set_before_commit(f->db, hook_adds, &calls);
    ASSERT_OK(zy_db_run(f->db, "t.add", add_one, NULL, &f->err));
    assert_int_equal(calls, zy_test_db_kind() == ZY_DB_SQLITE ? 1 : 0);
    if (zy_test_db_kind() != ZY_DB_SQLITE)
        return;
    assert_int_equal(pair_now(f).sum, 101);
    ASSERT_STATUS(zy_db_run(f->db, "t.refuse", add_then_refuse, NULL, &f->err), ZY_BALANCE_TOO_LOW);
    assert_int_equal(calls, 1); /* nothing to commit, nothing to seal */
    zy_db_set_before_commit(f->db, hook_fails, NULL);
    ASSERT_STATUS(zy_db_run(f->db, "t.add", add_one, NULL, &f->err), ZY_AUDIT_BROKEN);
    zy_db_set_before_commit(f->db, NULL, NULL);
    assert_int_equal(pair_now(f).sum, 101);
}

/* ---- connections ---- */

static void committed_data_outlives_a_restart(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_run(f->db, "t.add", add_one, NULL, &f->err));
    ASSERT_OK(zy_test_db_reopen(&f->db));
    assert_int_equal(pair_now(f).sum, 1);
}

static zy_status read_within_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    (void)rtx;
    pair p;
    return zy_db_read(((fixture *)arg)->db, "t.inner", read_pair, &p, err);
}

static void exhausted_pool_says_busy_after_a_bounded_wait(void **state)
{
    (void)state;
    fixture f;
    ASSERT_OK(open_fixture(&f, &(zy_db_options){.connections = 1, .lock_timeout_ms = 100}));
    ASSERT_STATUS(zy_db_read(f.db, "t.outer", read_within_read, &f, &f.err), ZY_BUSY);
    assert_int_equal(pair_now(&f).rows, 2);
    zy_test_db_close(f.db);
}

static const zy_sql KILL_OTHERS = {
    "t.kill", "SELECT 0", 0,
    "SELECT count(pg_terminate_backend(pid, 2000)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"};
static const zy_sql KILL_SELF = {"t.kill_self", "SELECT 0", 0,
                                 "SELECT pg_terminate_backend(pg_backend_pid())"};

static zy_status kill_others(zy_rtx *rtx, void *arg, zy_err *err)
{
    fixture *f = arg;
    pair p;
    if (f != NULL) /* three connections are open then, two of them idle */
        ZY_TRY(zy_db_read(f->db, "t.open", read_within_read, f, err));
    ZY_TRY(read_pair(rtx, &p, err));
    ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
    return zy_query_one(rtx, &KILL_OTHERS, ZY_NO_ARGS, &s, err);
}

static void idle_connections_that_were_cut_are_replaced(void **state)
{
    fixture *f = *state;
    ASSERT_OK(zy_db_read(f->db, "t.kill", kill_others, f, &f->err));
    ASSERT_OK(zy_db_read(f->db, "t.nested", read_within_read, f, &f->err));
    assert_int_equal(pair_now(f).sum, 0);
}

static zy_status add_and_be_killed_once(zy_tx *tx, void *arg, zy_err *err)
{
    ZY_TRY(add_one(tx, NULL, err));
    if ((*(int *)arg)++ > 0)
        return ZY_OK;
    ZY_AUTO(zy_stmt_free) zy_stmt *s = NULL;
    return zy_query_one(zy_tx_read(tx), &KILL_SELF, ZY_NO_ARGS, &s, err);
}

static void connection_cut_before_commit_is_tried_again(void **state)
{
    fixture *f = *state;
    int runs = 0;
    ASSERT_OK(zy_db_run(f->db, "t.killed", add_and_be_killed_once, &runs, &f->err));
    assert_int_equal(runs, zy_test_db_kind() == ZY_DB_PG ? 2 : 1);
    assert_int_equal(pair_now(f).sum, 1);
}

static void unusable_options_are_refused(void **state)
{
    (void)state;
    zy_db *db = NULL;
    zy_err err;
    const zy_db_options BAD[] = {
        {.kind = ZY_DB_SQLITE, .target = ZY_STR("")},
        {.kind = ZY_DB_SQLITE, .target = ZY_STR("x"), .group_max = 1025},
        {.kind = ZY_DB_PG, .target = ZY_STR("x"), .connections = 257},
        {.kind = ZY_DB_PG, .target = ZY_STR("x"), .lock_timeout_ms = -1},
    };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        ASSERT_STATUS(zy_db_open(&BAD[i], &db, &err), ZY_CONFIG_BAD);
    ASSERT_STATUS(
        zy_db_open(&(zy_db_options){.kind = ZY_DB_SQLITE, .target = ZY_STR("/nonexistent/x.db")},
                   &db, &err),
        ZY_IO_ERROR);
    ASSERT_STATUS(
        zy_db_open(&(zy_db_options){.kind = ZY_DB_PG, .target = ZY_STR("host=/nonexistent")}, &db,
                   &err),
        ZY_BUSY);
}

/* ---- the copy ---- */

static void online_copy_is_complete_and_private(void **state)
{
    fixture *f = *state;
    if (zy_test_db_kind() != ZY_DB_SQLITE) {
        ASSERT_STATUS(zy_db_copy_sqlite(f->db, "x", NULL, NULL, &f->err), ZY_BAD_REQUEST);
        return;
    }
    ASSERT_OK(zy_db_run(f->db, "t.put", put_values, NULL, &f->err));
    zy_str target = zy_test_db_target(f->db);
    char path[1100];
    snprintf(path, sizeof path, ZY_STR_FMT ".copy", ZY_STR_ARG(target));
    ASSERT_OK(zy_db_copy_sqlite(f->db, path, NULL, NULL, &f->err));
    ASSERT_STATUS(zy_db_copy_sqlite(f->db, path, NULL, NULL, &f->err),
                  ZY_IO_ERROR); /* never over a file */
    zy_db *copy = NULL;
    ASSERT_OK(zy_db_open(&(zy_db_options){.kind = ZY_DB_SQLITE, .target = zy_str_of(path)}, &copy,
                         &f->err));
    ASSERT_OK(zy_db_read(copy, "t.get", check_values, NULL, &f->err));
    zy_db_close(copy);
    unlink(path);
}

/* ---- migrations ---- */

#define BOTH_KINDS(n, title, sql)                                                                  \
    {ZY_DB_SQLITE, n, title, sql, sizeof(sql) - 1},                                                \
    {                                                                                              \
        ZY_DB_PG, n, title, sql, sizeof(sql) - 1                                                   \
    }
#define NO_MORE                                                                                    \
    {                                                                                              \
        ZY_DB_SQLITE, 0, NULL, NULL, 0                                                             \
    }

/* Numbers far above the embedded ones, which the test database already has. */
#define ROOM_A                                                                                     \
    BOTH_KINDS(9001, "9001_a",                                                                     \
               "CREATE TABLE m_a (id INTEGER NOT NULL); CREATE TABLE m_b (id INTEGER);")

/* The embedded files, then the given ones: what a program knows. */
static zy_migration_file *known_with(const zy_migration_file *more)
{
    size_t n = 0, m = 0;
    while (ZY_MIGRATION_FILES[n].name != NULL)
        n++;
    while (more[m].name != NULL)
        m++;
    zy_migration_file *all = calloc(n + m + 1, sizeof *all);
    memcpy(all, ZY_MIGRATION_FILES, n * sizeof *all);
    memcpy(all + n, more, m * sizeof *all);
    return all;
}

static zy_status migrate_with(fixture *f, const zy_migration_file *more)
{
    zy_migration_file *all = known_with(more);
    zy_status status = zy_db_test_migrate(f->db, all, &f->err);
    free(all);
    return status;
}

static void migrations_run_once(void **state)
{
    fixture *f = *state;
    const zy_migration_file files[] = {ROOM_A, NO_MORE};
    bool current = false;
    ASSERT_OK(zy_db_schema_current(f->db, &current, &f->err));
    assert_true(current);
    ASSERT_OK(migrate_with(f, files));
    ASSERT_OK(migrate_with(f, files));
    ASSERT_OK(zy_db_schema_current(f->db, &current, &f->err));
    assert_false(current); /* newer than the embedded list */
    ASSERT_STATUS(zy_db_migrate(f->db, NULL, NULL, &f->err), ZY_CONFIG_BAD);
}

static void changed_migration_is_refused(void **state)
{
    fixture *f = *state;
    const zy_migration_file files[] = {ROOM_A, NO_MORE};
    const zy_migration_file changed[] = {
        BOTH_KINDS(9001, "9001_a", "CREATE TABLE m_c (id INTEGER);"), NO_MORE};
    ASSERT_OK(migrate_with(f, files));
    ASSERT_STATUS(migrate_with(f, changed), ZY_CONFIG_BAD);
    assert_string_equal(f->err.field, "9001_a");
}

static void failing_migration_leaves_nothing(void **state)
{
    fixture *f = *state;
    const zy_migration_file broken[] = {
        BOTH_KINDS(9001, "9001_a", "CREATE TABLE m_a (id INTEGER); NONSENSE;"), NO_MORE};
    const zy_migration_file mended[] = {ROOM_A, NO_MORE};
    ASSERT_STATUS(migrate_with(f, broken), ZY_DB_ERROR);
    ASSERT_OK(migrate_with(f, mended)); /* m_a is not there yet */
}

typedef struct node {
    fixture *f;
    zy_status status;
} node;

static void *migrate_as_node(void *arg)
{
    node *n = arg;
    const zy_migration_file files[] = {ROOM_A, NO_MORE};
    zy_migration_file *all = known_with(files);
    zy_err err;
    n->status = zy_db_test_migrate(n->f->db, all, &err);
    free(all);
    return NULL;
}

static void nodes_that_start_at_once_migrate_once(void **state)
{
    fixture *f = *state;
    node nodes[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        nodes[i].f = f;
        pthread_create(&threads[i], NULL, migrate_as_node, &nodes[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ASSERT_OK(nodes[i].status);
    }
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DB(committed_unit_is_read_back),
        WITH_DB(unit_reads_its_own_writes),
        WITH_DB(refused_unit_leaves_nothing_and_tells_its_reason),
        WITH_DB(uncommitted_write_is_not_seen_by_others),
        WITH_DB(expectation_that_fails_gives_its_status_and_undoes),
        WITH_DB(queue_longer_than_the_pipeline_holds),
        WITH_DB(unique_violation_has_its_own_status),
        WITH_DB(foreign_key_holds),
        WITH_DB(null_blob_text_and_extreme_numbers_round_trip),
        WITH_DB(parameter_may_be_null_before_its_type_is_seen),
        WITH_DB(parameters_are_bound_by_their_number_not_their_place),
        WITH_DB(injection_payload_stays_a_value),
        WITH_DB(all_rows_are_given_once),
        WITH_DB(missing_row_is_not_found),
        WITH_DB(read_connection_cannot_write),
        WITH_DB(snapshot_does_not_move),
        WITH_DB(sixty_four_threads_count_exactly),
        WITH_DB(failing_unit_leaves_the_others_of_its_group),
        WITH_DB(deadlocked_unit_runs_again),
        WITH_DB(fault_at_every_call_leaves_nothing),
        WITH_DB(lost_commit_is_unknown),
        WITH_DB(lost_commit_is_decided_by_its_row),
        WITH_DB(lost_commit_that_lands_after_all_is_not_applied_twice),
        WITH_DB(lost_commit_that_nobody_can_decide_is_unknown),
        WITH_DB(sqlite_hook_writes_in_the_same_commit_or_stops_it),
        WITH_DB(committed_data_outlives_a_restart),
        cmocka_unit_test(exhausted_pool_says_busy_after_a_bounded_wait),
        WITH_DB(idle_connections_that_were_cut_are_replaced),
        WITH_DB(connection_cut_before_commit_is_tried_again),
        cmocka_unit_test(unusable_options_are_refused),
        WITH_DB(online_copy_is_complete_and_private),
        WITH_DB(migrations_run_once),
        WITH_DB(changed_migration_is_refused),
        WITH_DB(failing_migration_leaves_nothing),
        WITH_DB(nodes_that_start_at_once_migrate_once),
    };
    return zy_test_main("db", tests, ZY_COUNT(tests));
}
