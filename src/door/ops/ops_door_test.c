/* What operators and balancers see. */
#include "door/ops/ops_door.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_http.h"

static zy_env *env;
static zy_api_registry *registry;
static zy_ops_door *door;
static zy_test_answer said;

static zy_status ping(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)call;
    (void)in;
    (void)body;
    (void)err;
    return ZY_OK;
}

static const zy_api APIS[] = {
    { .name = "test.ping", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 1, ZY_NO_FIELDS, .title = "a test", .run = ping },
};

static void more(void *arg, zy_buf *out)
{
    zy_buf_fmt(out, "zy_test_figure %d\n", *(int *)arg);
}

static int set_up(void **state)
{
    (void)state;
    static int figure = 42;
    zy_err err = { 0 };
    size_t count = 0;
    if (zy_test_env_open(&env) != ZY_OK || zy_registry_new(env, &registry, &err) != ZY_OK ||
        zy_registry_add(registry, APIS, ZY_COUNT(APIS), &err) != ZY_OK ||
        zy_ops_door_new(env, registry, more, &figure, &door, &err) != ZY_OK)
        return -1;
    zy_param_reload();
    const zy_route *routes = zy_ops_door_routes(door, &count);
    return zy_test_http_start(routes, count) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_http_stop();
    zy_ops_door_free(door);
    zy_registry_free(registry);
    zy_test_env_close(env);
    return 0;
}

static void a_healthy_node_is_live_and_ready(void **state)
{
    (void)state;
    zy_test_http_ask("GET", "/live", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
    zy_test_http_ask("GET", "/ready", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
    assert_string_equal(said.body, "{\"ready\":true,\"database\":true,\"schema\":true,\"crypto\":true}");
}

static void a_node_on_another_schema_is_not_ready(void **state)
{
    (void)state;
    zy_err err = { 0 };
    const char *script = "DELETE FROM zy_migration WHERE number = 9";
    ASSERT_OK(zy_db_test_exec_script(env->db, script, script, &err));
    zy_test_http_ask("GET", "/ready", NULL, NULL, &said);
    assert_int_equal(said.status, 503);
    assert_non_null(strstr(said.body, "\"schema\":false"));
    zy_test_http_ask("GET", "/live", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
}

static void a_node_whose_crypto_stopped_is_not_ready(void **state)
{
    (void)state;
    zy_crypto_stop("test"); /* for good: this test is the last */
    zy_test_http_ask("GET", "/ready", NULL, NULL, &said);
    assert_int_equal(said.status, 503);
    assert_non_null(strstr(said.body, "\"crypto\":false"));
}

static void metrics_hold_calls_database_and_the_programs_own(void **state)
{
    (void)state;
    static const char *const NAMES[] = { "zy_db_units_total", "zy_crypto_stopped 0", "zy_test_figure 42" };
    zy_arena *arena = zy_arena_new(65536);
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER };
    zy_status status = ZY_INTERNAL;
    ZY_AUTO_BUF out = { 0 };
    zy_dispatch_named(registry, &caller, arena, ZY_STR("test.ping"), (zy_str){ 0 }, ZY_STR("{}"), &out, &status);
    zy_arena_free(arena);
    ASSERT_OK(status);
    zy_test_http_ask("GET", "/metrics", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++)
        assert_non_null(strstr(said.body, NAMES[i]));
    assert_non_null(strstr(said.body, "test.ping"));
}

static zy_status close_unit(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_switch_set(tx, env, ZY_STR("test.ping"), true, err);
}

static void status_tells_version_and_closed_apis(void **state)
{
    (void)state;
    zy_err err = { 0 };
    ASSERT_OK(zy_db_run(env->db, "test.close", close_unit, NULL, &err));
    zy_param_reload();
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_SECONDS(61));
    zy_test_http_ask("GET", "/status", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
    assert_non_null(strstr(said.body, "\"version\":\"" ZY_VERSION "\""));
    assert_non_null(strstr(said.body, "\"uptime_s\":61"));
    assert_non_null(strstr(said.body, "\"closed_apis\":[\"test.ping\"]"));
}

static void the_door_takes_nothing(void **state)
{
    (void)state;
    zy_test_http_ask("POST", "/status", NULL, "{}", &said);
    assert_int_equal(said.status, 405);
    zy_test_http_ask("GET", "/api/staff.session", NULL, NULL, &said);
    assert_int_equal(said.status, 404);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_healthy_node_is_live_and_ready),
        T(a_node_on_another_schema_is_not_ready),
        T(metrics_hold_calls_database_and_the_programs_own),
        T(status_tells_version_and_closed_apis),
        T(the_door_takes_nothing),
        T(a_node_whose_crypto_stopped_is_not_ready),
    };
    return zy_test_main("ops_door", tests, ZY_COUNT(tests));
}
