/* Idempotency in the database: one answer for one id of one person. */
#include <pthread.h>
#include <stdio.h>

#include "api/api.h"
#include "base/log.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define ID    "0123456789abcdef"
#define MANY  8

static zy_env *env;
static zy_api_registry *registry;

typedef struct deed {
    zy_call *call;
    zy_json *answer, *earlier;
} deed;

/* What a deed leaves behind besides its answer: counted to see that it was done once. */
static const zy_sql SQL_DEED = { "test.deed", "INSERT INTO api_test_deed (id) VALUES ($1)", 1, NULL };
static const zy_sql SQL_DEEDS = { "test.deeds", "SELECT count(*) FROM api_test_deed", 0, NULL };
static const zy_sql SQL_ANSWERS = { "test.answers", "SELECT count(*) FROM api_idempotency", 0, NULL };

static zy_status do_once(zy_tx *tx, void *arg, zy_err *err)
{
    deed *d = arg;
    zy_json_free(d->earlier);
    d->earlier = NULL;
    ZY_TRY(zy_idempotency_find(zy_tx_read(tx), d->call, &d->earlier, err));
    if (d->earlier != NULL)
        return ZY_OK;
    zy_id id = zy_id_next(d->call->env->ids);
    ZY_TRY(zy_exec(tx, &SQL_DEED, ZY_ARGS(ZY_I(id.v)), NULL, err));
    zy_json_free(d->answer);
    d->answer = zy_json_object();
    zy_json_set_id(d->answer, "made", id);
    return zy_idempotency_keep(tx, d->call, d->answer, err);
}

static void copy_into(const zy_json *from, zy_json *to)
{
    zy_str made;
    if (zy_json_str(from, "made", &made))
        zy_json_set_str(to, "made", made);
}

static zy_status make_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    deed d = { call, NULL, NULL };
    (void)in;
    zy_status status = zy_db_run(call->env->db, "test.make", do_once, &d, err);
    ZY_AUTO(zy_json_free) zy_json *answer = d.answer;
    ZY_AUTO(zy_json_free) zy_json *earlier = d.earlier;
    ZY_TRY(status);
    copy_into(earlier != NULL ? earlier : answer, body);
    return ZY_OK;
}

static zy_status log_in(zy_env *e, zy_caller *who, const zy_api *api, zy_time now, zy_err *err)
{
    (void)e;
    (void)api;
    (void)now;
    return who->customer.v != 0 ? ZY_OK : zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "nobody");
}

typedef struct make_in {
    int64_t amount;
} make_in;
static const zy_field FIELDS[] = { ZY_FIELD(make_in, amount, ZY_F_INT, 1, 100) };
static const zy_out OUTS[] = { ZY_OUT("made", ZY_O_STR) };
#define MAKE .class = ZY_PRIVATE, .per_minute = 1000, .idempotent = true, .title = "Makes", ZY_FIELDS(make_in, FIELDS), \
    ZY_OUTS(OUTS), .run = make_run
static const zy_api APIS[] = {
    { .name = "test.make", .door = ZY_DOOR_CUSTOMER, MAKE },
    { .name = "test.other", .door = ZY_DOOR_CUSTOMER, MAKE },
    { .name = "test.make", .door = ZY_DOOR_STAFF, MAKE },
};

static int start(void **state)
{
    static const zy_api_hooks HOOKS = { .login = log_in };
    static const char TABLE[] = "CREATE TABLE api_test_deed (id BIGINT NOT NULL PRIMARY KEY)";
    (void)state;
    ASSERT_OK(zy_test_env_open(&env));
    ASSERT_OK(zy_db_test_exec_script(env->db, "CREATE TABLE api_test_deed (id INTEGER NOT NULL PRIMARY KEY) STRICT", TABLE, NULL));
    ASSERT_OK(zy_registry_new(env, &registry, NULL));
    ASSERT_OK(zy_registry_add(registry, APIS, ZY_COUNT(APIS), NULL));
    zy_registry_hooks(registry, &HOOKS);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    zy_registry_free(registry);
    zy_test_env_close(env);
    return 0;
}

/* The answer's `made`, or "" with the status. */
static zy_status make_at(zy_caller caller, const char *api, const char *id, int amount, char made[32])
{
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(65536);
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_AUTO_BUF out = { 0 };
    char body[64];
    zy_status status;
    zy_str text = { 0 };
    snprintf(body, sizeof body, "{\"amount\":%d}", amount);
    zy_dispatch_named(registry, &caller, arena, zy_str_of(api), zy_str_of(id), zy_str_of(body), &out, &status);
    made[0] = '\0';
    if (zy_json_parse(zy_buf_view(&out), &answer) == ZY_OK && zy_json_str(zy_json_get(answer, "body"), "made", &text))
        snprintf(made, 32, ZY_STR_FMT, ZY_STR_ARG(text));
    return status;
}

static zy_caller customer(int64_t id)
{
    return (zy_caller){ .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.1"), .customer = { id } };
}

static zy_status make(int64_t who, const char *id, int amount, char made[32])
{
    return make_at(customer(who), "test.make", id, amount, made);
}

static zy_status count_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    int64_t *counts = arg;
    const zy_sql *const statements[] = { &SQL_DEEDS, &SQL_ANSWERS };
    for (size_t i = 0; i < ZY_COUNT(statements); i++) {
        ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
        ZY_TRY(zy_query_one(rtx, statements[i], ZY_NO_ARGS, &stmt, err));
        counts[i] = zy_col_int(stmt, 0);
    }
    return ZY_OK;
}

static void count_is(int64_t deeds, int64_t answers)
{
    int64_t counts[2];
    ASSERT_OK(zy_db_read(env->db, "test.count", count_read, counts, NULL));
    assert_int_equal(counts[0], deeds);
    assert_int_equal(counts[1], answers);
}

static void a_repeat_gives_the_first_answer(void **state)
{
    char first[32], again[32];
    ZY_PROVES("mb.enhanced-auth-tech.h");
    (void)state;
    ASSERT_OK(make(77, ID, 5, first));
    assert_int_equal(strlen(first), 13);
    ASSERT_OK(make(77, ID, 5, again));
    assert_string_equal(again, first);
    count_is(1, 1);
    ASSERT_OK(make(77, ID "2", 5, again));
    assert_string_not_equal(again, first);
    count_is(2, 2);
}

static void other_content_under_the_same_id_conflicts(void **state)
{
    char made[32];
    (void)state;
    ASSERT_OK(make(77, ID, 5, made));
    ASSERT_STATUS(make(77, ID, 6, made), ZY_IDEMPOTENCY_CONFLICT);
    assert_string_equal(made, "");
    ASSERT_STATUS(make_at(customer(77), "test.other", ID, 5, made), ZY_IDEMPOTENCY_CONFLICT);
    count_is(1, 1);
}

static void a_refusal_is_not_kept(void **state)
{
    char made[32];
    (void)state;
    ASSERT_STATUS(make(77, ID, 101, made), ZY_BAD_FIELD);
    count_is(0, 0);
    ASSERT_OK(make(77, ID, 100, made));
    count_is(1, 1);
}

static void ids_of_two_people_never_meet(void **state)
{
    char first[32], second[32], third[32], fourth[32];
    zy_caller staff = { .door = ZY_DOOR_STAFF, .address = ZY_STR("127.0.0.1"), .staff = { 501 } };
    (void)state;
    ASSERT_OK(make(77, ID, 5, first));
    ASSERT_OK(make(78, ID, 6, second));
    ASSERT_OK(make_at(staff, "test.make", ID, 7, third));
    staff.staff.v = 502;
    ASSERT_OK(make_at(staff, "test.make", ID, 8, fourth));
    assert_string_not_equal(first, second);
    assert_string_not_equal(third, fourth);
    count_is(4, 4);
}

typedef struct racer {
    pthread_t thread;
    char made[32];
    zy_status status;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    r->status = make(77, ID, 5, r->made);
    return NULL;
}

static void of_many_at_once_one_is_done_and_all_get_its_answer(void **state)
{
    racer racers[MANY] = { 0 };
    ZY_PROVES("mb.enhanced-auth-tech.h");
    (void)state;
    for (int i = 0; i < MANY; i++)
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    for (int i = 0; i < MANY; i++)
        pthread_join(racers[i].thread, NULL);
    for (int i = 0; i < MANY; i++) {
        ASSERT_OK(racers[i].status);
        assert_string_equal(racers[i].made, racers[0].made);
    }
    count_is(1, 1);
}

typedef struct expiry {
    int max;
    int64_t dropped;
} expiry;

static zy_status expire(zy_tx *tx, void *arg, zy_err *err)
{
    expiry *e = arg;
    return zy_idempotency_expire(tx, zy_env_now(env), e->max, &e->dropped, err);
}

static int64_t expire_some(int max)
{
    expiry e = { max, -1 };
    ASSERT_OK(zy_db_run(env->db, "test.expire", expire, &e, NULL));
    return e.dropped;
}

static void answers_are_kept_thirty_days(void **state)
{
    char first[32], again[32], id[32];
    (void)state;
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof id, ID "%d", i);
        ASSERT_OK(make(77, id, 5, first));
        zy_clock_fake_turn(zy_test_env_clock(env), ZY_MS(1));
    }
    zy_clock_fake_turn(zy_test_env_clock(env), (zy_dur){ ZY_DAYS(30).ms - 5 });
    assert_int_equal(expire_some(100), 0); /* the eldest is thirty days old to the millisecond */
    ASSERT_OK(make(77, ID "4", 5, again));
    assert_string_equal(again, first);
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_MS(1));
    assert_int_equal(expire_some(100), 1);
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_DAYS(1));
    assert_int_equal(expire_some(3), 3); /* no more than was asked for */
    assert_int_equal(expire_some(3), 1);
    assert_int_equal(expire_some(3), 0);
    ASSERT_OK(make(77, ID "4", 6, again)); /* free again */
}

static void a_call_drops_no_more_than_it_may_though_all_are_of_one_moment(void **state)
{
    char made[32], id[32];
    (void)state;
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof id, ID "%d", i);
        ASSERT_OK(make(77, id, 5, made));
    }
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_DAYS(31));
    assert_int_equal(expire_some(2), 2);
    assert_int_equal(expire_some(2), 2);
    assert_int_equal(expire_some(2), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
        T(a_repeat_gives_the_first_answer), T(other_content_under_the_same_id_conflicts), T(a_refusal_is_not_kept),
        T(ids_of_two_people_never_meet), T(of_many_at_once_one_is_done_and_all_get_its_answer),
        T(answers_are_kept_thirty_days), T(a_call_drops_no_more_than_it_may_though_all_are_of_one_moment),
#undef T
    };
    zy_log_open(2, ZY_LOG_ERROR);
    return zy_test_main("api_db", tests, ZY_COUNT(tests));
}
