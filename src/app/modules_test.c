/* What the program serves: the tables of every room at once, and what is made from them. */
#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "base/log.h"
#include "office/staff/staff.h"
#include "zy_api_negative.h"
#include "zy_test.h"

#define TYPES_FILE "web/shared/src/api.gen.ts" /* tests run at the top of the source */

static zy_env env;
static zy_clock *fake;
static zy_api_registry *registry;

static zy_status log_in(zy_env *e, zy_caller *who, const zy_api *api, zy_time now, zy_err *err)
{
    (void)e;
    (void)api;
    (void)now;
    return who->login.v != 0 ? ZY_OK : zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "nobody");
}

static int start(void **state)
{
    static const zy_api_hooks HOOKS = { .login = log_in };
    (void)state;
    fake = zy_clock_fake_new((zy_time){ INT64_C(1795399200000) });
    env = (zy_env){ .clock = fake };
    if (zy_registry_new(&env, &registry, NULL) != ZY_OK || zy_app_register(&env, registry, NULL) != ZY_OK)
        return 1;
    zy_registry_hooks(registry, &HOOKS); /* there is no database: whatever got as far as a handler would crash */
    return 0;
}

static int stop(void **state)
{
    (void)state;
    zy_registry_free(registry);
    zy_clock_fake_free(fake);
    return 0;
}

static bool read_answer(zy_str text, zy_negative_answer *ret_answer)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_str code, field = { 0 };
    if (zy_json_parse(text, &answer) != ZY_OK || !zy_json_str(answer, "code", &code))
        return false;
    zy_json_as_str(zy_json_at(zy_json_get(answer, "fields"), 0), &field);
    return zy_str_copy(code, ret_answer->code, sizeof ret_answer->code) == ZY_OK &&
           zy_str_copy(field, ret_answer->field, sizeof ret_answer->field) == ZY_OK;
}

static bool call_as_customer(void *arg, const zy_negative_call *c, zy_negative_answer *ret_answer)
{
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    ZY_AUTO_BUF text = { 0 };
    ZY_AUTO_BUF out = { 0 };
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.1"), .customer = { c->logged_in ? 77 : 0 },
                         .login = { c->logged_in ? 5 : 0 } };
    (void)arg;
    zy_buf_fmt(&text, "{\"api\":\"%s\",\"v\":%lld,\"t\":%lld", c->api, (long long)c->version,
               (long long)(zy_clock_now(fake).ms + c->skew_ms));
    if (c->id != NULL)
        zy_buf_fmt(&text, ",\"id\":\"%s\"", c->id);
    zy_buf_fmt(&text, ",\"body\":%s}", c->body);
    (void)zy_dispatch(registry, &caller, arena, zy_buf_view(&text), &out);
    return read_answer(zy_buf_view(&out), ret_answer);
}

static bool may_all(const zy_caller *caller, const char *permission)
{
    (void)caller;
    (void)permission;
    return true;
}

static bool call_as_staff(void *arg, const zy_negative_call *c, zy_negative_answer *ret_answer)
{
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    ZY_AUTO_BUF out = { 0 };
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = ZY_STR("10.0.0.7"), .has_permission = may_all,
                         .staff = { c->logged_in ? 9 : 0 } };
    zy_status status;
    (void)arg;
    zy_dispatch_named(registry, &caller, arena, zy_str_of(c->api), zy_str_of(c->id), zy_str_of(c->body), &out, &status);
    return read_answer(zy_buf_view(&out), ret_answer);
}

static void turn_a_minute(void *arg)
{
    (void)arg;
    zy_clock_fake_turn(fake, ZY_MINUTES(1));
}

static void what_the_tables_of_the_customer_door_forbid_is_refused_and_named(void **state)
{
    ZY_PROVES("j225.6.2.4.c", "j225.6.2.4.e1", "mb.server-validation.a", "mb.server-validation.b");
    (void)state;
    const zy_negative n = { .registry = registry, .door = ZY_DOOR_CUSTOMER, .call = call_as_customer, .rest = turn_a_minute };
    assert_true(zy_api_negative(&n) > 500);
}

static void what_the_tables_of_the_staff_door_forbid_is_refused_and_named(void **state)
{
    ZY_PROVES("j225.6.2.4.c", "j225.6.2.4.e1", "mb.server-validation.a", "mb.server-validation.b");
    (void)state;
    const zy_negative n = { .registry = registry, .door = ZY_DOOR_STAFF, .call = call_as_staff, .rest = turn_a_minute,
                            .no_envelope = true };
    assert_true(zy_api_negative(&n) > 200);
}

/* By its text: the document is deeper than what zy_json_parse takes from outside. */
static void every_api_stands_in_the_document_of_its_door_alone(void **state)
{
    (void)state;
    for (zy_door door = ZY_DOOR_CUSTOMER; door <= ZY_DOOR_PARTNER; door++) {
        ZY_AUTO_BUF text = { .max = 16u << 20 };
        zy_openapi_write(registry, door, &text);
        assert_false(zy_buf_failed(&text));
        for (size_t i = 0; i < zy_registry_count(registry); i++) {
            char path[128];
            const zy_api *api = zy_registry_at(registry, i);
            snprintf(path, sizeof path, "\"/%s\": {", api->name);
            bool wanted = zy_registry_find(registry, door, zy_str_of(api->name)) != NULL;
            assert_int_equal(strstr(text.p, path) != NULL, wanted);
        }
    }
}

static void the_types_of_the_web_clients_are_up_to_date(void **state)
{
    ZY_AUTO_BUF types = { .max = 1u << 20 };
    static char kept[1u << 20];
    (void)state;
    FILE *file = fopen(TYPES_FILE, "rb");
    assert_non_null(file);
    size_t n = fread(kept, 1, sizeof kept, file);
    fclose(file);
    zy_typescript_write(registry, ZY_DOOR_CUSTOMER, &types);
    if (!zy_str_eq(zy_str_bytes(kept, n), zy_buf_view(&types)))
        fail_msg(TYPES_FILE " is old: zhangyin typescript > " TYPES_FILE);
}

/* --- who of the staff may call what: written here by hand, beside the tables of the program ---
 * t teller, r risk, a auditor, d admin, s security */
static const struct {
    const char *api, *roles;
} MATRIX[] = {
    { "customer.search", "trad" },  { "customer.unlock", "tr" },    { "order.search", "trad" },  { "audit.search", "ad" },
    { "audit.verify", "ad" },       { "ledger.verify", "ad" },      { "api.switch", "rd" },      { "param.change", "rd" },
    { "approval.list", "trads" },   { "approval.decide", "trads" }, { "staff.list", "as" },      { "staff.review", "a" },
    { "staff.create", "s" },        { "staff.change", "s" },        { "staff.reset", "s" },      { "staff.suspend", "s" },
    { "staff.close", "s" },         { "staff.reopen", "s" },        { "staff.unlock", "s" },     { "staff.session.end", "s" },
    { "role.list", "as" },          { "role.change", "s" },         { "token.search", "tad" },   { "token.import", "t" },
    { "token.assign", "t" },        { "token.replace", "t" },       { "token.lost", "t" },       { "token.unlock", "t" },
    { "token.retire", "t" },        { "cert.search", "tad" },       { "cert.register", "t" },    { "cert.freeze", "t" },
    { "cert.unfreeze", "t" },       { "cert.revoke", "t" },
    { "customer.sign", "tr" },      { "customer.change", "tr" },    { "customer.suspend", "tr" }, { "customer.resume", "tr" },
    { "customer.cancel", "tr" },    { "customer.login_password_reset", "tr" }, { "customer.pay_password_reset", "tr" },
    { "policy.change", "r" },       { "account.search", "trad" },   { "account.freeze", "tr" },   { "account.unfreeze", "tr" },
    { "case.list", "rad" },         { "case.close", "r" },           { "order.recall", "tr" },     { "recall.list", "trad" },
    { "account.stop_payment", "tr" }, { "account.resume_payment", "tr" },
};
static const struct {
    char letter;
    const char *role;
} ROLES[] = { { 't', "teller" }, { 'r', "risk" }, { 'a', "auditor" }, { 'd', "admin" }, { 's', "security" } };

static zy_status call_as_role(const char *role, const char *api, const char *body)
{
    zy_status status = ZY_INTERNAL;
    ZY_AUTO_BUF out = { 0 };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    zy_staff_call staff = { .session = { .staff = { 7 }, .session = { 8 } } };
    snprintf(staff.session.role, sizeof staff.session.role, "%s", role);
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = ZY_STR("10.0.0.7"), .staff = { 7 },
                         .has_permission = zy_staff_has_permission, .staff_session = &staff };
    zy_dispatch_named(registry, &caller, arena, zy_str_of(api), (zy_str){ 0 }, zy_str_of(body), &out, &status);
    return status;
}

/* A field that no API knows: who may call gets as far as the fields and no further. */
static void each_role_of_the_staff_reaches_exactly_what_the_table_says(void **state)
{
    (void)state;
    ZY_PROVES("mb.pi-management.h.1", "mb.pi-management.h.2", "mb.pi-management.o", "mb.server-validation.e", "mb.sec-mgmt.e",
              "mb.system-design-tech.a27", "mb.auth-tech-choice.p1");
    for (size_t i = 0; i < ZY_COUNT(MATRIX); i++)
        for (size_t k = 0; k < ZY_COUNT(ROLES); k++) {
            bool may = strchr(MATRIX[i].roles, ROLES[k].letter) != NULL;
            zy_status status = call_as_role(ROLES[k].role, MATRIX[i].api, "{\"no_such_field\":1}");
            if (status != (may ? ZY_BAD_FIELD : ZY_PERMISSION_DENIED))
                fail_msg("%s by %s: %s", MATRIX[i].api, ROLES[k].role, zy_status_name(status));
        }
}

static bool in_matrix(const char *api)
{
    for (size_t i = 0; i < ZY_COUNT(MATRIX); i++)
        if (strcmp(MATRIX[i].api, api) == 0)
            return true;
    return false;
}

static void no_permission_of_the_staff_is_missing_from_the_table(void **state)
{
    (void)state;
    ZY_PROVES("mb.server-validation.e");
    for (size_t i = 0; i < zy_registry_count(registry); i++) {
        const zy_api *api = zy_registry_at(registry, i);
        if (api->door == ZY_DOOR_STAFF && api->permission != NULL && !in_matrix(api->name))
            fail_msg("%s is missing from the table of who may call what", api->name);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
        T(what_the_tables_of_the_customer_door_forbid_is_refused_and_named),
        T(what_the_tables_of_the_staff_door_forbid_is_refused_and_named), T(every_api_stands_in_the_document_of_its_door_alone),
        T(the_types_of_the_web_clients_are_up_to_date), T(each_role_of_the_staff_reaches_exactly_what_the_table_says),
        T(no_permission_of_the_staff_is_missing_from_the_table),
#undef T
    };
    zy_log_open(2, ZY_LOG_ERROR + 1);
    return zy_crypto_start(NULL) == ZY_OK ? zy_test_main("modules", tests, ZY_COUNT(tests)) : 1;
}
