/* The message centre: one's own messages alone, newest first, page by page. */
#include <stdio.h>

#include "service/notify/notify.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

static zy_env *env;
static zy_api_registry *registry;
static const zy_id OWNER = { 501 }, OTHER = { 502 };

static int set_up(void **state)
{
    (void)state;
    zy_err err = { 0 };
    if (zy_test_env_open(&env) != ZY_OK || zy_registry_new(env, &registry, &err) != ZY_OK)
        return -1;
    return zy_registry_add(registry, ZY_NOTIFY_APIS, ZY_NOTIFY_API_COUNT, &err) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_registry_free(registry);
    zy_test_env_close(env);
    return 0;
}

static zy_id logged_in;

static zy_status login_as(zy_env *e, zy_caller *caller, const zy_api *api, zy_time now, zy_err *err)
{
    (void)e;
    (void)api;
    (void)now;
    (void)err;
    caller->customer = logged_in;
    return ZY_OK;
}

static zy_json *call(zy_id who, const char *api, const char *body, zy_status want)
{
    const zy_api_hooks hooks = { .login = login_as };
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("10.0.0.9") };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1 << 20);
    ZY_AUTO_BUF out = { 0 };
    zy_json *answer = NULL;
    zy_status status = ZY_OK;
    logged_in = who;
    zy_registry_hooks(registry, &hooks);
    zy_dispatch_named(registry, &caller, arena, zy_str_of(api), (zy_str){ 0 }, zy_str_of(body), &out, &status);
    ASSERT_STATUS(status, want);
    ASSERT_OK(zy_json_parse(zy_buf_view(&out), &answer));
    return answer;
}

static zy_status add(zy_tx *tx, void *arg, zy_err *err)
{
    const zy_id *who = arg;
    return zy_notify_add(tx, env, *who, "transfer", ZY_STR("转账到账"), ZY_STR("您收到转账88.08元"), err);
}

static void add_messages(zy_id who, int count)
{
    zy_err err = { 0 };
    for (int i = 0; i < count; i++)
        ASSERT_OK(zy_db_run(env->db, "test.add", add, &who, &err));
}

static void messages_come_in_pages_newest_first(void **state)
{
    (void)state;
    zy_str cursor;
    int64_t unread = 0;
    char body[128];
    add_messages(OWNER, 5);
    add_messages(OTHER, 1);
    ZY_AUTO(zy_json_free) zy_json *first = call(OWNER, "message.list", "{\"limit\":3}", ZY_OK);
    const zy_json *page = zy_json_get(first, "body");
    assert_int_equal(zy_json_count(zy_json_get(page, "messages")), 3);
    assert_true(zy_json_int(page, "unread", &unread) && unread == 5);
    assert_true(zy_json_str(page, "cursor", &cursor) && cursor.n > 0);
    snprintf(body, sizeof body, "{\"limit\":3,\"cursor\":\"" ZY_STR_FMT "\"}", ZY_STR_ARG(cursor));
    ZY_AUTO(zy_json_free) zy_json *second = call(OWNER, "message.list", body, ZY_OK);
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(second, "body"), "messages")), 2);
    assert_true(zy_json_str(zy_json_get(second, "body"), "cursor", &cursor) && cursor.n == 0);
}

static void reading_marks_ones_own_message_and_nobody_elses(void **state)
{
    (void)state;
    zy_str id;
    int64_t unread = -1;
    char body[128];
    add_messages(OWNER, 1);
    ZY_AUTO(zy_json_free) zy_json *list = call(OWNER, "message.list", "{}", ZY_OK);
    const zy_json *message = zy_json_at(zy_json_get(zy_json_get(list, "body"), "messages"), 0);
    assert_true(zy_json_str(message, "message_id", &id));
    snprintf(body, sizeof body, "{\"message_id\":\"" ZY_STR_FMT "\"}", ZY_STR_ARG(id));
    zy_json_free(call(OTHER, "message.read", body, ZY_NOT_FOUND));
    zy_json_free(call(OWNER, "message.read", body, ZY_OK));
    zy_json_free(call(OWNER, "message.read", body, ZY_OK));
    ZY_AUTO(zy_json_free) zy_json *after = call(OWNER, "message.list", "{}", ZY_OK);
    assert_true(zy_json_int(zy_json_get(after, "body"), "unread", &unread) && unread == 0);
}

static void bad_limits_and_cursors_are_refused(void **state)
{
    (void)state;
    static const char *const BODIES[] = { "{\"limit\":0}", "{\"limit\":101}", "{\"cursor\":\"abc\"}", "{\"cursor\":\"1.2\"}",
                                          "{\"limit\":\"3\"}", "{\"offset\":1}" };
    for (size_t i = 0; i < ZY_COUNT(BODIES); i++)
        zy_json_free(call(OWNER, "message.list", BODIES[i], ZY_BAD_FIELD));
}

static zy_status content_hides(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.content", "SELECT content FROM message", 0, NULL };
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    (void)arg;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_NO_ARGS, &stmt, err));
    zy_str content = zy_col_blob(stmt, 0);
    assert_null(memmem(content.p, content.n, "88.08", 5));
    return ZY_OK;
}

static void texts_are_sealed_in_the_database(void **state)
{
    (void)state;
    zy_err err = { 0 };
    add_messages(OWNER, 1);
    ASSERT_OK(zy_db_read(env->db, "test.content", content_hides, NULL, &err));
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(messages_come_in_pages_newest_first),
        T(reading_marks_ones_own_message_and_nobody_elses),
        T(bad_limits_and_cursors_are_refused),
        T(texts_are_sealed_in_the_database),
    };
    return zy_test_main("notify", tests, ZY_COUNT(tests));
}
