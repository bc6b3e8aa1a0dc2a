/* The open platform's door tells what partners may call, and nothing else. */
#include "door/partner/partner_door.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_http.h"

static zy_env *env;
static zy_api_registry *registry;
static zy_partner_door *door;
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
    { .name = "open.ping", .door = ZY_DOOR_PARTNER, .class = ZY_PUBLIC, .per_minute = 1, ZY_NO_FIELDS, .title = "a test", .run = ping },
    { .name = "inner.ping", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 1, ZY_NO_FIELDS, .title = "a test", .run = ping },
};

static int set_up(void **state)
{
    (void)state;
    zy_err err = { 0 };
    size_t count = 0;
    if (zy_test_env_open(&env) != ZY_OK || zy_registry_new(env, &registry, &err) != ZY_OK ||
        zy_registry_add(registry, APIS, ZY_COUNT(APIS), &err) != ZY_OK ||
        zy_partner_door_new(env, registry, &door, &err) != ZY_OK)
        return -1;
    zy_param_reload();
    const zy_route *routes = zy_partner_door_routes(door, &count);
    return zy_test_http_start(routes, count) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_http_stop();
    zy_partner_door_free(door);
    zy_registry_free(registry);
    zy_test_env_close(env);
    return 0;
}

static zy_status close_unit(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_switch_set(tx, env, ZY_STR("open.ping"), true, err);
}

static void the_list_names_partner_apis_and_their_state(void **state)
{
    (void)state;
    zy_err err = { 0 };
    zy_test_http_ask("GET", "/open/v1/apis", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
    assert_string_equal(said.body, "{\"apis\":[{\"name\":\"open.ping\",\"version\":1,\"state\":\"open\"}]}");
    ASSERT_OK(zy_db_run(env->db, "test.close", close_unit, NULL, &err));
    zy_param_reload();
    zy_test_http_ask("GET", "/open/v1/apis", NULL, NULL, &said);
    assert_non_null(strstr(said.body, "\"closed\""));
}

static void the_document_describes_partner_apis_alone(void **state)
{
    (void)state;
    ZY_AUTO(zy_json_free) zy_json *document = NULL;
    zy_str version;
    zy_test_http_ask("GET", "/open/v1/openapi.json", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
    ASSERT_OK(zy_json_parse(zy_str_of(said.body), &document));
    assert_true(zy_json_str(document, "openapi", &version));
    assert_non_null(strstr(said.body, "open.ping"));
    assert_null(strstr(said.body, "inner.ping"));
}

static void everything_else_is_not_there(void **state)
{
    (void)state;
    static const char *const PATHS[] = { "/", "/open/v1/apis/x", "/open/v1/", "/api/open.ping", "/config.json" };
    for (size_t i = 0; i < ZY_COUNT(PATHS); i++) {
        zy_test_http_ask("GET", PATHS[i], NULL, NULL, &said);
        assert_int_equal(said.status, 404);
    }
    zy_test_http_ask("POST", "/open/v1/apis", NULL, "{}", &said);
    assert_int_equal(said.status, 405);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_list_names_partner_apis_and_their_state),
        T(the_document_describes_partner_apis_alone),
        T(everything_else_is_not_there),
    };
    return zy_test_main("partner_door", tests, ZY_COUNT(tests));
}
