/* The generated negative tests, on tables of our own: they find nothing wrong here, and they do find what is wrong. */
#include "base/log.h"
#include "zy_api_negative.h"
#include "zy_sample_api.h"
#include "zy_test.h"

static zy_env env;
static zy_clock *fake;
static zy_api_registry *registry;
static int runs;
static bool mute_field; /* the caller forgets to tell the field: a door that does not say what is wrong */

static zy_status sample_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)call;
    (void)in;
    (void)body;
    (void)err;
    runs++;
    return ZY_OK;
}

static zy_status log_in(zy_env *e, zy_caller *who, const zy_api *api, zy_time now, zy_err *err)
{
    (void)e;
    (void)api;
    (void)now;
    return who->login.v != 0 ? ZY_OK : zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "nobody");
}

#define ALL ZY_FIELDS(sample_in, SAMPLE_FIELDS), ZY_OUTS(SAMPLE_OUTS), .run = sample_run
static const zy_api APIS[] = {
    { .name = "sample.open", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 4, .title = "Opens", ALL },
    { .name = "sample.make", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 9, .idempotent = true, .version = 3,
      .title = "Makes", ALL },
    { .name = "sample.list", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 2, .title = "Lists", .run = sample_run },
};

static int start(void **state)
{
    static const zy_api_hooks HOOKS = { .login = log_in };
    (void)state;
    runs = 0;
    mute_field = false;
    fake = zy_clock_fake_new((zy_time){ INT64_C(1795399200000) });
    env = (zy_env){ .clock = fake };
    if (zy_registry_new(&env, &registry, NULL) != ZY_OK || zy_registry_add(registry, APIS, ZY_COUNT(APIS), NULL) != ZY_OK)
        return 1;
    zy_registry_hooks(registry, &HOOKS);
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
    if (mute_field)
        field = (zy_str){ 0 };
    return zy_str_copy(code, ret_answer->code, sizeof ret_answer->code) == ZY_OK &&
           zy_str_copy(field, ret_answer->field, sizeof ret_answer->field) == ZY_OK;
}

static bool dispatch(void *arg, const zy_negative_call *c, zy_negative_answer *ret_answer)
{
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1 << 20);
    ZY_AUTO_BUF text = { 0 };
    ZY_AUTO_BUF out = { 0 };
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.1"), .customer = { 77 },
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

static bool dispatch_named(void *arg, const zy_negative_call *c, zy_negative_answer *ret_answer)
{
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1 << 20);
    ZY_AUTO_BUF out = { 0 };
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.1"), .login = { c->logged_in ? 5 : 0 } };
    zy_status status;
    (void)arg;
    zy_dispatch_named(registry, &caller, arena, zy_str_of(c->api), zy_str_of(c->id), zy_str_of(c->body), &out, &status);
    return read_answer(zy_buf_view(&out), ret_answer);
}

static void rest(void *arg)
{
    (void)arg;
    zy_clock_fake_turn(fake, ZY_MINUTES(1));
}

static zy_negative negative(void)
{
    return (zy_negative){ .registry = registry, .door = ZY_DOOR_CUSTOMER, .call = dispatch, .rest = rest };
}

static void whatever_a_table_forbids_is_refused_and_named(void **state)
{
    ZY_PROVES("j225.6.2.4.c", "j225.6.2.4.e1", "mb.server-validation.a", "mb.server-validation.b");
    (void)state;
    zy_negative n = negative();
    size_t made = zy_api_negative(&n);
    assert_true(made > 300); /* 19 fields, twice, and the calls around them */
    assert_int_equal(runs, 0);
}

static void calls_without_an_envelope_are_refused_alike(void **state)
{
    (void)state;
    zy_negative n = negative();
    n.call = dispatch_named;
    n.no_envelope = true;
    static const char *const SKIP[] = { "sample.make", NULL }; /* of version 3, which a call by name cannot say */
    n.skip = SKIP;
    assert_true(zy_api_negative(&n) > 100);
    assert_int_equal(runs, 0);
}

static void the_body_that_the_cases_start_from_is_right(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(APIS); i++) {
        ZY_AUTO_BUF body = { 0 };
        zy_negative_answer answer;
        zy_api_good_body(&APIS[i], &body);
        zy_negative_call good = { APIS[i].name, APIS[i].version != 0 ? APIS[i].version : 1, 0,
                                  APIS[i].idempotent ? "negative-test-0000" : NULL, body.p, true };
        assert_true(dispatch(NULL, &good, &answer));
        assert_string_equal(answer.code, "OK");
    }
    assert_int_equal(runs, ZY_COUNT(APIS));
}

static void rounds_within_the_rates_reach_every_case_once(void **state)
{
    static const char *const SKIP[] = { "sample.open", "sample.list", NULL };
    (void)state;
    zy_negative n = negative();
    n.rest = NULL;
    n.within_rates = true;
    n.skip = SKIP;
    size_t all = zy_api_negative_cases(&APIS[1], false), made = 0;
    for (n.round = 0; n.round < (all + 7) / 8; n.round++) { /* per_minute 9: at most 8 */
        size_t now = zy_api_negative(&n);
        assert_in_range(now, 1, 8);
        made += now;
        zy_clock_fake_turn(fake, ZY_MINUTES(1));
    }
    assert_int_equal(made, all);
}

static void a_door_that_checks_less_is_found(void **state)
{
    size_t made = 0;
    (void)state;
    zy_negative n = negative();
    assert_int_equal(zy_api_negative_failures(&n, &made), 0);
    mute_field = true;
    assert_true(zy_api_negative_failures(&n, &made) > made / 2);
    mute_field = false;
    n.rest = NULL; /* the rates speak before the fields: seen, too */
    assert_true(zy_api_negative_failures(&n, &made) > made / 2);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
        T(whatever_a_table_forbids_is_refused_and_named), T(calls_without_an_envelope_are_refused_alike),
        T(the_body_that_the_cases_start_from_is_right), T(rounds_within_the_rates_reach_every_case_once),
        T(a_door_that_checks_less_is_found),
#undef T
    };
    zy_log_open(2, ZY_LOG_ERROR + 1);
    return zy_crypto_start(NULL) == ZY_OK ? zy_test_main("api_negative", tests, ZY_COUNT(tests)) : 1;
}
