/* Maker and checker: nobody checks his own request, nothing is carried out twice or on a changed state. */
#include <pthread.h>

#include "service/approval/approval.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

static zy_env *env;
static const zy_id MAKER = { 11 }, CHECKER = { 12 };

static int set_up(void **state)
{
    (void)state;
    return zy_test_env_open(&env) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_env_close(env);
    return 0;
}

/* A kind that switches an API, with what is now as `before`. */
static zy_status describe(zy_rtx *rtx, zy_env *e, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    static const zy_sql SQL = { "test.closed", "SELECT coalesce(max(closed), 0) FROM api_switch", 0, NULL };
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    (void)e;
    (void)payload;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_NO_ARGS, &stmt, err));
    zy_json_set_int(before, "closed", zy_col_int(stmt, 0));
    zy_json_set_int(after, "closed", 1);
    return ZY_OK;
}

static zy_status apply(zy_tx *tx, zy_env *e, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)payload;
    assert_true(maker.v != checker.v);
    return zy_switch_set(tx, e, ZY_STR("a.b"), true, err);
}

static void drop_cache(zy_env *e)
{
    (void)e;
    zy_param_reload();
}

static const zy_approval_kind KIND = { "test.switch", "make", "check", describe, apply, drop_cache };

static zy_id make_request_of(const zy_approval_kind *kind)
{
    zy_err err = { 0 };
    zy_id id = { 0 };
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_approval_register(kind);
    ASSERT_OK(zy_approval_request(env, kind, MAKER, payload, ZY_STR("维护"), &id, &err));
    return id;
}

static zy_id make_request(void)
{
    return make_request_of(&KIND);
}

static zy_status decide(zy_id request, zy_id who, bool approve)
{
    zy_err err = { 0 };
    return zy_approval_decide(env, request, who, approve, ZY_STR("看过"), &err);
}

static void a_checked_request_is_carried_out(void **state)
{
    (void)state;
    zy_id id = make_request();
    assert_false(zy_switch_closed(env, "a.b"));
    ASSERT_OK(decide(id, CHECKER, true));
    assert_true(zy_switch_closed(env, "a.b"));
}

static void the_maker_cannot_check(void **state)
{
    (void)state;
    zy_id id = make_request();
    ASSERT_STATUS(decide(id, MAKER, true), ZY_MAKER_IS_CHECKER);
    zy_param_reload();
    assert_false(zy_switch_closed(env, "a.b"));
}

static void a_refused_request_changes_nothing_and_is_over(void **state)
{
    (void)state;
    zy_id id = make_request();
    ASSERT_OK(decide(id, CHECKER, false));
    ASSERT_STATUS(decide(id, CHECKER, true), ZY_STATE_CONFLICT);
    zy_param_reload();
    assert_false(zy_switch_closed(env, "a.b"));
}

static void a_request_is_decided_once(void **state)
{
    (void)state;
    zy_id id = make_request();
    ASSERT_OK(decide(id, CHECKER, true));
    ASSERT_STATUS(decide(id, CHECKER, true), ZY_STATE_CONFLICT);
    ASSERT_STATUS(decide((zy_id){ 99 }, CHECKER, true), ZY_NOT_FOUND);
}

static void a_state_that_changed_since_is_not_overwritten(void **state)
{
    (void)state;
    zy_id first = make_request(), second = make_request();
    ASSERT_OK(decide(first, CHECKER, true));
    ASSERT_STATUS(decide(second, CHECKER, true), ZY_STATE_CONFLICT);
}

static void a_request_dies_after_seven_days(void **state)
{
    (void)state;
    zy_id id = make_request();
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_DAYS(7));
    ASSERT_STATUS(decide(id, CHECKER, true), ZY_STATE_CONFLICT);
}

static void *decide_in_a_thread(void *arg)
{
    return decide(*(zy_id *)arg, CHECKER, true) == ZY_OK ? arg : NULL;
}

static void of_many_checkers_at_once_one_decides(void **state)
{
    (void)state;
    enum { THREADS = 8 };
    zy_id id = make_request();
    pthread_t thread[THREADS];
    int decided = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, decide_in_a_thread, &id), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        pthread_join(thread[i], &result);
        decided += result != NULL;
    }
    assert_int_equal(decided, 1);
}

/* ---- what is costly ---- */

static int made_count;

static zy_status nothing(zy_rtx *rtx, void *arg, zy_err *err)
{
    (void)rtx;
    (void)arg;
    (void)err;
    return ZY_OK;
}

static zy_status make_slowly(zy_env *e, void *made, zy_err *err)
{
    ZY_TRY(zy_db_read(e->db, "test.outside", nothing, NULL, err)); /* inside a unit of work this would abort */
    *(int *)made = 71;
    made_count++;
    return ZY_OK;
}

static zy_status apply_made(zy_tx *tx, zy_env *e, const zy_json *payload, const void *made, zy_id checker, zy_err *err)
{
    assert_int_equal(*(const int *)made, 71);
    return apply(tx, e, payload, MAKER, checker, err);
}

static const zy_approval_kind COSTLY = { .name = "test.costly", .permission_make = "make", .permission_check = "check",
                                         .describe = describe, .make = make_slowly, .made_size = sizeof(int),
                                         .apply_made = apply_made };

static void what_is_costly_is_made_before_the_unit_and_for_an_approval_alone(void **state)
{
    (void)state;
    made_count = 0;
    ASSERT_OK(decide(make_request_of(&COSTLY), CHECKER, false));
    assert_int_equal(made_count, 0);
    ASSERT_OK(decide(make_request_of(&COSTLY), CHECKER, true));
    assert_int_equal(made_count, 1);
    ASSERT_STATUS(decide((zy_id){ 404 }, CHECKER, true), ZY_NOT_FOUND);
    assert_int_equal(made_count, 1);
}

typedef struct list_job {
    zy_json *requests;
    zy_id next;
} list_job;

static zy_status list(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    return zy_approval_list(rtx, ZY_STR("waiting"), (zy_id){ 0 }, 2, job->requests, &job->next, err);
}

static void the_inbox_shows_what_waits_with_before_and_after(void **state)
{
    (void)state;
    zy_err err = { 0 };
    zy_str before;
    for (int i = 0; i < 3; i++)
        (void)make_request();
    list_job job = { zy_json_array(), { 0 } };
    ASSERT_OK(zy_db_read(env->db, "test.list", list, &job, &err));
    assert_int_equal(zy_json_count(job.requests), 2);
    assert_true(job.next.v != 0);
    assert_true(zy_json_str(zy_json_at(job.requests, 0), "before", &before));
    ASSERT_STR(before, "{\"closed\":0}");
    zy_json_free(job.requests);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_checked_request_is_carried_out),
        T(the_maker_cannot_check),
        T(a_refused_request_changes_nothing_and_is_over),
        T(a_request_is_decided_once),
        T(a_state_that_changed_since_is_not_overwritten),
        T(a_request_dies_after_seven_days),
        T(of_many_checkers_at_once_one_decides),
        T(what_is_costly_is_made_before_the_unit_and_for_an_approval_alone),
        T(the_inbox_shows_what_waits_with_before_and_after),
    };
    return zy_test_main("approval", tests, ZY_COUNT(tests));
}
