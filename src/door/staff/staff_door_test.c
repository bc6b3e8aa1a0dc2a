/* The console's door over TLS, as a browser meets it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "door/staff/staff_door.h"
#include "office/staff/staff.h"
#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_http.h"
#include "zy_test_staff.h"

static zy_env *env;
static zy_api_registry *registry;
static zy_static *files;
static zy_staff_door *door;
static zy_test_answer said;
static int runs; /* of test.deed */

static zy_status deed(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)call;
    (void)in;
    (void)body;
    (void)err;
    runs++;
    return ZY_OK;
}

static const zy_api APIS[] = {
    { .name = "test.deed", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = 100, ZY_NO_FIELDS, .title = "a test", .run = deed },
    { .name = "test.audit", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = "audit.view", .per_minute = 100,
      ZY_NO_FIELDS, .title = "a test", .run = deed },
};

static zy_status write_page(void)
{
    char path[300];
    zy_err err = { 0 };
    snprintf(path, sizeof path, "%s/index.html", zy_test_env_folder());
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return ZY_IO_ERROR;
    fputs("<!doctype html><title>console</title>", f);
    fclose(f);
    return zy_static_load(zy_test_env_folder(), 1u << 20, &files, &err);
}

static zy_status open_door(void)
{
    zy_err err = { 0 };
    size_t count = 0;
    ZY_TRY(zy_hash_pool_start(2, 64, &err));
    ZY_TRY(zy_registry_new(env, &registry, &err));
    ZY_TRY(zy_registry_add(registry, ZY_STAFF_APIS, ZY_STAFF_API_COUNT, &err));
    ZY_TRY(zy_registry_add(registry, APIS, ZY_COUNT(APIS), &err));
    ZY_TRY(write_page());
    ZY_TRY(zy_staff_door_new(env, registry, files, &door, &err));
    const zy_route *routes = zy_staff_door_routes(door, &count);
    return zy_test_http_start(routes, count);
}

static int set_up(void **state)
{
    (void)state;
    runs = 0;
    return zy_test_env_open(&env) == ZY_OK && zy_test_staff_add(env, "teller01", "方圆", "teller", NULL) == ZY_OK &&
                   open_door() == ZY_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_http_stop();
    zy_staff_door_free(door);
    zy_static_free(files);
    zy_registry_free(registry);
    zy_hash_pool_stop();
    zy_test_env_close(env);
    return 0;
}

/* --- a browser --- */

typedef struct browser {
    char cookie[160], csrf[128], origin[128];
} browser;

static void post(const browser *b, const char *api, const char *body)
{
    const char *headers[6] = { "Content-Type: application/json" };
    int n = 1;
    char path[80];
    if (b->cookie[0] != '\0')
        headers[n++] = b->cookie;
    if (b->csrf[0] != '\0')
        headers[n++] = b->csrf;
    if (b->origin[0] != '\0')
        headers[n++] = b->origin;
    snprintf(path, sizeof path, "/api/%s", api);
    zy_test_http_ask("POST", path, headers, body, &said);
}

static void take_cookie(browser *b, char *ret_attributes, size_t size)
{
    char set[300];
    assert_true(zy_test_http_header(&said, "Set-Cookie", set, sizeof set));
    char *end = strchr(set, ';');
    assert_non_null(end);
    snprintf(ret_attributes, size, "%s", end);
    *end = '\0';
    snprintf(b->cookie, sizeof b->cookie, "Cookie: %.140s", set);
}

static void take_csrf(browser *b)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_str csrf;
    ASSERT_OK(zy_json_parse(zy_str_of(said.body), &answer));
    assert_true(zy_json_str(zy_json_get(answer, "body"), "csrf", &csrf));
    snprintf(b->csrf, sizeof b->csrf, "X-CSRF-Token: %.*s", ZY_STR_ARG(csrf));
}

static browser logged_in(char *ret_attributes, size_t size)
{
    browser b = { .origin = "" };
    char code[7], body[200];
    snprintf(b.origin, sizeof b.origin, "Origin: %s", zy_test_http_origin());
    zy_test_staff_code(env, "teller01", 0, code);
    snprintf(body, sizeof body, "{\"user\":\"teller01\",\"password\":\"%s\",\"code\":\"%s\"}", ZY_TEST_STAFF_PASSWORD, code);
    post(&b, "staff.login", body);
    assert_int_equal(said.status, 200);
    take_cookie(&b, ret_attributes, size);
    take_csrf(&b);
    return b;
}

static browser logged_in_plainly(void)
{
    char attributes[200];
    return logged_in(attributes, sizeof attributes);
}

/* --- what holds --- */

static void login_sets_a_cookie_that_scripts_and_other_sites_cannot_use(void **state)
{
    (void)state;
    char attributes[200], token[64];
    browser b = logged_in(attributes, sizeof attributes);
    assert_string_equal(attributes, "; Path=/; Secure; HttpOnly; SameSite=Strict");
    assert_int_equal(sscanf(b.cookie, "Cookie: __Host-zy_staff=%63s", token), 1);
    assert_int_equal(strlen(token), 43);
    assert_null(strstr(said.body, token));
    assert_non_null(strcasestr(said.head, "cache-control: no-store"));
    assert_non_null(strcasestr(said.head, "frame-ancestors 'none'"));
    post(&b, "staff.session", "{}");
    assert_int_equal(said.status, 200);
    assert_non_null(strstr(said.body, "teller01"));
}

static void without_a_cookie_nobody_is_logged_in(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.6.3.p1");
    browser nobody = { .origin = "" };
    post(&nobody, "test.deed", "{}");
    assert_int_equal(said.status, 401);
    assert_non_null(strstr(said.body, "LOGIN_REQUIRED"));
    strcpy(nobody.cookie, "Cookie: __Host-zy_staff=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    post(&nobody, "test.deed", "{}");
    assert_int_equal(said.status, 401);
    assert_int_equal(runs, 0);
}

static void a_call_without_the_csrf_token_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.6.3.p1");
    browser b = logged_in_plainly();
    post(&b, "test.deed", "{}");
    assert_int_equal(said.status, 200);
    assert_int_equal(runs, 1);
    browser forged = b;
    forged.csrf[0] = '\0';
    post(&forged, "test.deed", "{}");
    assert_int_equal(said.status, 403);
    assert_string_equal(said.body, "{\"code\":\"CSRF_BAD\"}");
    forged = b;
    char *last = &forged.csrf[strlen(forged.csrf) - 1];
    *last = *last == '0' ? '1' : '0';
    post(&forged, "test.deed", "{}");
    assert_int_equal(said.status, 403);
    *last = '\0'; /* a prefix of the right one */
    post(&forged, "test.deed", "{}");
    assert_int_equal(said.status, 403);
    post(&forged, "staff.logout", "{}");
    assert_int_equal(said.status, 403);
    assert_int_equal(runs, 1);
}

static void a_page_loaded_anew_gets_its_token_from_its_own_origin_alone(void **state)
{
    (void)state;
    browser b = logged_in_plainly(), again = b;
    again.csrf[0] = '\0';
    post(&again, "staff.session", "{}");
    assert_int_equal(said.status, 200);
    take_csrf(&again);
    assert_string_equal(again.csrf, b.csrf);
    again.csrf[0] = '\0';
    strcpy(again.origin, "Origin: https://evil.example");
    post(&again, "staff.session", "{}");
    assert_int_equal(said.status, 403);
    again.origin[0] = '\0';
    post(&again, "staff.session", "{}");
    assert_int_equal(said.status, 403);
}

static void a_call_from_another_origin_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.6.3.p1");
    static const char *const ORIGINS[] = { "https://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1" };
    browser b = logged_in_plainly();
    for (size_t i = 0; i < ZY_COUNT(ORIGINS); i++) {
        browser other = b;
        snprintf(other.origin, sizeof other.origin, "Origin: %s", ORIGINS[i]);
        post(&other, "test.deed", "{}");
        assert_int_equal(said.status, 403);
        post(&other, "staff.login", "{\"user\":\"teller01\",\"password\":\"x\",\"code\":\"000000\"}");
        assert_int_equal(said.status, 403);
    }
    b.origin[0] = '\0'; /* a program, not a page of another origin */
    post(&b, "test.deed", "{}");
    assert_int_equal(said.status, 200);
    assert_int_equal(runs, 1);
}

static void only_json_bodies_are_taken(void **state)
{
    (void)state;
    browser b = logged_in_plainly();
    static const char *const TYPES[] = { "Content-Type: text/plain", "Content-Type: application/x-www-form-urlencoded",
                                         "Content-Type: multipart/form-data; boundary=x" };
    for (size_t i = 0; i < ZY_COUNT(TYPES); i++) {
        const char *const headers[] = { TYPES[i], b.cookie, b.csrf, b.origin, NULL };
        zy_test_http_ask("POST", "/api/test.deed", headers, "{}", &said);
        assert_int_equal(said.status, 415);
    }
    post(&b, "test.deed", "not json");
    assert_int_equal(said.status, 400);
    assert_int_equal(runs, 0);
}

static void get_changes_nothing(void **state)
{
    (void)state;
    browser b = logged_in_plainly();
    const char *const headers[] = { b.cookie, b.csrf, NULL };
    zy_test_http_ask("GET", "/api/test.deed", headers, NULL, &said);
    assert_int_equal(said.status, 405);
    assert_int_equal(runs, 0);
}

static void a_permission_that_the_role_lacks_closes_the_api(void **state)
{
    (void)state;
    ZY_PROVES("mb.server-validation.e");
    browser b = logged_in_plainly();
    post(&b, "test.audit", "{}");
    assert_int_equal(said.status, 403);
    assert_non_null(strstr(said.body, "PERMISSION_DENIED"));
    assert_int_equal(runs, 0);
}

static void a_password_that_ran_out_opens_nothing_but_its_change(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.d");
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_DAYS(91));
    browser b = logged_in_plainly();
    assert_non_null(strstr(said.body, "\"stage\":\"password\""));
    post(&b, "test.deed", "{}");
    assert_int_equal(said.status, 403);
    assert_non_null(strstr(said.body, "MUST_CHANGE_PASSWORD"));
    assert_int_equal(runs, 0);
    post(&b, "staff.password.change", "{\"old\":\"" ZY_TEST_STAFF_PASSWORD "\",\"new\":\"Bamboo#raft7\"}");
    assert_int_equal(said.status, 200);
    char set[300];
    assert_true(zy_test_http_header(&said, "Set-Cookie", set, sizeof set));
    assert_non_null(strstr(set, "Max-Age=0"));
    post(&b, "test.deed", "{}");
    assert_int_equal(said.status, 401);
}

static void logout_takes_the_cookie_back_and_ends_the_session(void **state)
{
    (void)state;
    char set[300];
    browser b = logged_in_plainly();
    post(&b, "staff.logout", "{}");
    assert_int_equal(said.status, 200);
    assert_true(zy_test_http_header(&said, "Set-Cookie", set, sizeof set));
    assert_non_null(strstr(set, "__Host-zy_staff=; Max-Age=0"));
    post(&b, "test.deed", "{}");
    assert_int_equal(said.status, 401);
    assert_int_equal(runs, 0);
}

static void a_wrong_login_sets_no_cookie(void **state)
{
    (void)state;
    char set[300];
    browser nobody = { .origin = "" };
    post(&nobody, "staff.login", "{\"user\":\"teller01\",\"password\":\"Wrong#4horse\",\"code\":\"000000\"}");
    assert_int_equal(said.status, 401);
    assert_non_null(strstr(said.body, "LOGIN_FAILED"));
    assert_false(zy_test_http_header(&said, "Set-Cookie", set, sizeof set));
}

static void apis_of_other_doors_and_unknown_ones_are_not_there(void **state)
{
    (void)state;
    static const char *const NAMES[] = { "transfer.prepare", "", "test.deed/x", "no.such" };
    browser b = logged_in_plainly();
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++) {
        post(&b, NAMES[i], "{}");
        assert_int_equal(said.status, 404);
    }
}

static void the_page_and_its_configuration_need_no_login(void **state)
{
    (void)state;
    zy_test_http_ask("GET", "/config.json", NULL, NULL, &said);
    assert_int_equal(said.status, 200);
    assert_string_equal(said.body, "{\"brand\":{\"name\":\"云澜银行\",\"name_en\":\"Yunlan Bank\"},\"demo\":true}");
    static const char *const PAGES[] = { "/", "/audit", "/approvals/waiting" };
    for (size_t i = 0; i < ZY_COUNT(PAGES); i++) {
        zy_test_http_ask("GET", PAGES[i], NULL, NULL, &said);
        assert_int_equal(said.status, 200);
        assert_non_null(strstr(said.body, "<title>console"));
    }
}

static zy_status count_refusals(zy_rtx *rtx, void *arg, zy_err *err)
{
    zy_id next;
    ZY_AUTO(zy_json_free) zy_json *records = zy_json_array();
    const zy_audit_filter filter = { .event_prefix = ZY_STR("staff.call_refused"), .limit = 100 };
    ZY_TRY(zy_audit_search(rtx, &filter, records, &next, err));
    *(size_t *)arg = zy_json_count(records);
    return ZY_OK;
}

static void refusals_are_recorded_but_do_not_flood_the_books(void **state)
{
    (void)state;
    zy_err err = { 0 };
    size_t recorded = 0;
    browser b = logged_in_plainly();
    b.csrf[0] = '\0';
    for (int i = 0; i < 15; i++)
        post(&b, "test.deed", "{}");
    ASSERT_OK(zy_db_read(env->db, "test.refusals", count_refusals, &recorded, &err));
    assert_int_equal(recorded, 10);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(login_sets_a_cookie_that_scripts_and_other_sites_cannot_use),
        T(without_a_cookie_nobody_is_logged_in),
        T(a_call_without_the_csrf_token_is_refused),
        T(a_page_loaded_anew_gets_its_token_from_its_own_origin_alone),
        T(a_call_from_another_origin_is_refused),
        T(only_json_bodies_are_taken),
        T(get_changes_nothing),
        T(a_permission_that_the_role_lacks_closes_the_api),
        T(a_password_that_ran_out_opens_nothing_but_its_change),
        T(logout_takes_the_cookie_back_and_ends_the_session),
        T(a_wrong_login_sets_no_cookie),
        T(apis_of_other_doors_and_unknown_ones_are_not_there),
        T(the_page_and_its_configuration_need_no_login),
        T(refusals_are_recorded_but_do_not_flood_the_books),
    };
    return zy_test_main("staff_door", tests, ZY_COUNT(tests));
}
