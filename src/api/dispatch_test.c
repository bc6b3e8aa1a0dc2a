/* The dispatcher without a database: the order of its checks, what each refuses, and what an answer says. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "zy_sample_api.h"
#include "zy_test.h"

#define ID "0123456789abcdef"

static zy_env env;
static zy_clock *fake;
static zy_api_registry *registry;
static zy_arena *arena;
static zy_caller caller;

/* What the handler and the hooks saw, and what they shall say. */
static struct {
    int runs, logins, refusals;
    sample_in in;
    char id[80];
    uint8_t digest[32];
    zy_status run_status, login_status, refused_status;
    const char *closed, *refused_api;
} seen;

static zy_status sample_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    seen.runs++;
    if (in != NULL && call->api->input_size == sizeof(sample_in))
        memcpy(&seen.in, in, sizeof seen.in);
    snprintf(seen.id, sizeof seen.id, ZY_STR_FMT, ZY_STR_ARG(call->idempotency_id));
    memcpy(seen.digest, call->request_digest, sizeof seen.digest);
    zy_json_set_c(body, "phone", "13800000001");
    zy_json_set_c(body, "secret", "never");
    if (seen.run_status != ZY_OK)
        return zy_fail(err, seen.run_status, "card", "row 42 of table account, key 0xdeadbeef");
    return ZY_OK;
}

static bool is_closed(zy_env *e, const char *api)
{
    (void)e;
    return seen.closed != NULL && strcmp(seen.closed, api) == 0;
}

static zy_status log_in(zy_env *e, zy_caller *who, const zy_api *api, zy_time now, zy_err *err)
{
    (void)e;
    (void)api;
    (void)now;
    seen.logins++;
    if (seen.login_status != ZY_OK)
        return zy_fail(err, seen.login_status, NULL, "nobody");
    if (who->customer.v == 0)
        who->customer = (zy_id){ 77 };
    return ZY_OK;
}

static void note_refusal(const zy_call *call, zy_status status, const zy_err *err)
{
    (void)err;
    seen.refusals++;
    seen.refused_status = status;
    seen.refused_api = call->api->name;
}

static bool may_read(const zy_caller *who, const char *permission)
{
    (void)who;
    return strcmp(permission, "desk.read") == 0;
}

static const zy_api APIS[] = {
    { .name = "sample.make", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 3, .idempotent = true,
      .audited = true, .title = "Makes", ZY_FIELDS(sample_in, SAMPLE_FIELDS), ZY_OUTS(SAMPLE_OUTS), .run = sample_run },
    { .name = "sample.open", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 3, .title = "Opens",
      ZY_OUTS(SAMPLE_OUTS), .run = sample_run },
    { .name = "sample.list", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 3, .per_minute_address = 5,
      .version = 2, .title = "Lists", ZY_OUTS(SAMPLE_OUTS), .run = sample_run },
    { .name = "desk.see", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = 99, .permission = "desk.read",
      .audited = true, .title = "Sees", ZY_OUTS(SAMPLE_OUTS), .run = sample_run },
    { .name = "desk.change", .door = ZY_DOOR_STAFF, .class = ZY_PRIVATE, .per_minute = 99, .permission = "desk.write",
      .title = "Changes", ZY_OUTS(SAMPLE_OUTS), .run = sample_run },
    { .name = "partner.see", .door = ZY_DOOR_PARTNER, .class = ZY_PROTECTED, .per_minute = 99, .title = "Sees",
      .run = sample_run },
};

static int start(void **state)
{
    static const zy_api_hooks HOOKS = { .closed = is_closed, .login = log_in, .refused = note_refusal };
    (void)state;
    memset(&seen, 0, sizeof seen);
    fake = zy_clock_fake_new((zy_time){ INT64_C(1795399200000) });
    env = (zy_env){ .clock = fake };
    arena = zy_arena_new(1 << 20);
    caller = (zy_caller){ .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.1") };
    if (zy_registry_new(&env, &registry, NULL) != ZY_OK || zy_registry_add(registry, APIS, ZY_COUNT(APIS), NULL) != ZY_OK)
        return 1;
    zy_registry_hooks(registry, &HOOKS);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    zy_registry_free(registry);
    zy_arena_free(arena);
    zy_clock_fake_free(fake);
    return 0;
}

typedef struct call {
    const char *api, *id, *body; /* NULL: left out */
    int64_t version, skew_ms;
} call;

static zy_json *answer; /* of the last call; tests own it through ask() */

static zy_status ask_text(const char *text)
{
    ZY_AUTO_BUF out = { 0 };
    zy_status status = zy_dispatch(registry, &caller, arena, zy_str_of(text), &out);
    zy_json_free(answer);
    answer = NULL;
    ASSERT_OK(zy_json_parse(zy_buf_view(&out), &answer));
    zy_str code;
    assert_true(zy_json_str(answer, "code", &code) && zy_str_eq_c(code, zy_status_name(status)));
    return status;
}

static zy_status ask(call c)
{
    ZY_AUTO_BUF text = { 0 };
    zy_buf_fmt(&text, "{\"api\":\"%s\",\"v\":%lld,\"t\":%lld", c.api, (long long)(c.version != 0 ? c.version : 1),
               (long long)(zy_clock_now(fake).ms + c.skew_ms));
    if (c.id != NULL)
        zy_buf_fmt(&text, ",\"id\":\"%s\"", c.id);
    if (c.body != NULL)
        zy_buf_fmt(&text, ",\"body\":%s", c.body);
    zy_buf_char(&text, '}');
    return ask_text(text.p);
}

static void field_is(const char *name)
{
    const zy_json *fields = zy_json_get(answer, "fields");
    zy_str field = { 0 };
    if (zy_json_count(fields) > 0)
        assert_true(zy_json_as_str(zy_json_at(fields, 0), &field));
    ASSERT_STR(field, name);
}

static const call GOOD = { .api = "sample.make", .id = ID, .body = SAMPLE_BODY };
static const call OPEN = { .api = "sample.open" };

/* --- what is well --- */

static void a_good_call_runs_and_its_answer_is_masked(void **state)
{
    (void)state;
    ASSERT_OK(ask(GOOD));
    assert_int_equal(seen.runs, 1);
    ASSERT_FEN(seen.in.money, 100);
    assert_string_equal(seen.id, ID);
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(answer, &text);
    ASSERT_STR(zy_buf_view(&text), "{\"code\":\"OK\",\"body\":{\"phone\":\"138****0001\"}}");
}

static void a_call_by_name_is_checked_alike(void **state)
{
    ZY_AUTO_BUF out = { 0 };
    zy_status status;
    (void)state;
    zy_dispatch_named(registry, &caller, arena, ZY_STR("sample.make"), ZY_STR(ID), ZY_STR(SAMPLE_BODY), &out, &status);
    ASSERT_OK(status);
    zy_dispatch_named(registry, &caller, arena, ZY_STR("sample.make"), (zy_str){ 0 }, ZY_STR(SAMPLE_BODY), &out, &status);
    ASSERT_STATUS(status, ZY_BAD_FIELD);
    zy_dispatch_named(registry, &caller, arena, ZY_STR("sample.make"), ZY_STR(ID), ZY_STR(""), &out, &status);
    ASSERT_STATUS(status, ZY_BAD_REQUEST);
    zy_dispatch_named(registry, &caller, arena, ZY_STR("sample.nothing"), ZY_STR(ID), ZY_STR("{}"), &out, &status);
    ASSERT_STATUS(status, ZY_API_UNKNOWN);
    assert_int_equal(seen.runs, 1);
}

/* --- the envelope --- */

static void malformed_envelopes_are_refused(void **state)
{
    static const struct {
        const char *text, *field;
    } ROWS[] = {
        { "", "" }, { "{", "" }, { "[]", "" }, { "7", "" }, { "{\"v\":1,\"t\":1}", "api" }, { "{\"api\":7,\"v\":1,\"t\":1}", "api" },
        { "{\"api\":\"sample.open\",\"t\":1}", "v" }, { "{\"api\":\"sample.open\",\"v\":\"1\",\"t\":1}", "v" },
        { "{\"api\":\"sample.open\",\"v\":1}", "t" }, { "{\"api\":\"sample.open\",\"v\":1,\"t\":\"1\"}", "t" },
        { "{\"api\":\"sample.open\",\"v\":1,\"t\":1.5}", "" }, { "{\"api\":\"sample.open\",\"v\":1,\"t\":1,\"id\":7}", "id" },
        { "{\"api\":\"sample.open\",\"v\":1,\"t\":1,\"more\":7}", "" }, { "{\"api\":\"a\",\"api\":\"b\",\"v\":1,\"t\":1}", "" },
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        ASSERT_STATUS(ask_text(ROWS[i].text), ZY_BAD_REQUEST);
        field_is(ROWS[i].field);
    }
    assert_int_equal(seen.runs, 0);
}

static void a_body_that_is_no_object_is_refused(void **state)
{
    static const char *const BODIES[] = { "[]", "null", "7", "\"{}\"" };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(BODIES); i++) {
        call c = GOOD;
        c.body = BODIES[i];
        zy_clock_fake_turn(fake, ZY_MINUTES(1));
        ASSERT_STATUS(ask(c), ZY_BAD_FIELD);
    }
    assert_int_equal(seen.runs, 0);
}

/* --- each check --- */

static void unknown_apis_and_versions_are_refused(void **state)
{
    (void)state;
    ASSERT_STATUS(ask((call){ .api = "sample.none" }), ZY_API_UNKNOWN);
    field_is("api");
    ASSERT_STATUS(ask((call){ .api = "desk.see" }), ZY_API_UNKNOWN); /* of another door */
    ASSERT_STATUS(ask((call){ .api = "sample.open", .version = 2 }), ZY_API_UNKNOWN);
    field_is("v");
    ASSERT_STATUS(ask((call){ .api = "sample.open", .version = -1 }), ZY_API_UNKNOWN);
    ASSERT_STATUS(ask((call){ .api = "sample.list", .version = 1 }), ZY_API_UNKNOWN);
    ASSERT_OK(ask((call){ .api = "sample.list", .version = 2 }));
}

static void a_closed_api_is_refused_and_others_go_on(void **state)
{
    (void)state;
    seen.closed = "sample.make";
    ASSERT_STATUS(ask(GOOD), ZY_API_CLOSED);
    assert_int_equal(seen.logins, 0);
    ASSERT_OK(ask(OPEN));
}

static void calls_from_another_time_are_refused(void **state)
{
    static const struct {
        int64_t skew_ms;
        zy_status want;
    } ROWS[] = {
        { 300000, ZY_OK }, { -300000, ZY_OK }, { 300001, ZY_CLOCK_SKEW }, { -300001, ZY_CLOCK_SKEW },
        { INT64_MAX / 2, ZY_CLOCK_SKEW }, { -INT64_MAX / 2, ZY_CLOCK_SKEW },
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        call c = OPEN;
        c.skew_ms = ROWS[i].skew_ms;
        ASSERT_STATUS(ask(c), ROWS[i].want);
    }
}

static void who_is_not_logged_in_reaches_public_apis_only(void **state)
{
    ZY_PROVES("mb.x-open-api.p1", "mb.server-validation.d");
    (void)state;
    seen.login_status = ZY_LOGIN_REQUIRED;
    ASSERT_STATUS(ask(GOOD), ZY_LOGIN_REQUIRED);
    ASSERT_STATUS(ask((call){ .api = "sample.list", .version = 2 }), ZY_LOGIN_REQUIRED);
    assert_int_equal(seen.runs, 0);
    ASSERT_OK(ask(OPEN));
    assert_int_equal(seen.logins, 2);
}

static void without_a_login_hook_nobody_is_logged_in(void **state)
{
    static const zy_api_hooks NONE = { 0 };
    (void)state;
    zy_registry_hooks(registry, &NONE);
    caller.customer = (zy_id){ 77 };
    ASSERT_STATUS(ask(GOOD), ZY_LOGIN_REQUIRED);
    caller = (zy_caller){ .door = ZY_DOOR_PARTNER, .address = ZY_STR("192.0.2.1"), .customer = { 77 } };
    ASSERT_STATUS(ask((call){ .api = "partner.see" }), ZY_LOGIN_REQUIRED);
}

static void staff_need_a_session_and_the_permission(void **state)
{
    ZY_PROVES("mb.server-validation.e");
    (void)state;
    caller = (zy_caller){ .door = ZY_DOOR_STAFF, .address = ZY_STR("127.0.0.1"), .has_permission = may_read };
    ASSERT_STATUS(ask((call){ .api = "desk.see" }), ZY_LOGIN_REQUIRED);
    caller.staff = (zy_id){ 5 };
    ASSERT_OK(ask((call){ .api = "desk.see" }));
    ASSERT_STATUS(ask((call){ .api = "desk.change" }), ZY_PERMISSION_DENIED);
    caller.has_permission = NULL;
    ASSERT_STATUS(ask((call){ .api = "desk.see" }), ZY_PERMISSION_DENIED);
    assert_int_equal(seen.runs, 1);
    assert_int_equal(seen.logins, 0);
}

/* --- rates --- */

static void a_person_has_a_rate_of_an_api(void **state)
{
    ZY_PROVES("mb.system-design-tech.a6-2", "j225.6.2.2.g");
    (void)state;
    for (int i = 0; i < 3; i++)
        ASSERT_OK(ask((call){ .api = "sample.list", .version = 2 }));
    ASSERT_STATUS(ask((call){ .api = "sample.list", .version = 2 }), ZY_RATE_LIMITED);
    ASSERT_OK(ask(GOOD)); /* another API */
    caller.customer = (zy_id){ 78 };
    ASSERT_OK(ask((call){ .api = "sample.list", .version = 2 }));
    caller.customer = (zy_id){ 77 };
    zy_clock_fake_turn(fake, ZY_MINUTES(1));
    ASSERT_OK(ask((call){ .api = "sample.list", .version = 2 }));
}

static void a_device_has_a_rate_whoever_uses_it(void **state)
{
    ZY_PROVES("j225.6.2.2.g");
    (void)state;
    snprintf(caller.device_id, sizeof caller.device_id, "00112233445566778899aabbccddeeff");
    for (int i = 0; i < 3; i++) {
        caller.customer = (zy_id){ 100 + i };
        ASSERT_OK(ask((call){ .api = "sample.list", .version = 2 }));
    }
    caller.customer = (zy_id){ 200 };
    ASSERT_STATUS(ask((call){ .api = "sample.list", .version = 2 }), ZY_RATE_LIMITED);
}

static void an_address_has_a_rate_of_its_own(void **state)
{
    ZY_PROVES("mb.system-design-tech.a6-2");
    (void)state;
    for (int i = 0; i < 50; i++) { /* per_minute_address 5 times api.address_factor 10 */
        caller.customer = (zy_id){ 100 + i };
        ASSERT_OK(ask((call){ .api = "sample.list", .version = 2 }));
    }
    caller.customer = (zy_id){ 200 };
    ASSERT_STATUS(ask((call){ .api = "sample.list", .version = 2 }), ZY_RATE_LIMITED);
    caller.address = ZY_STR("192.0.2.2");
    ASSERT_OK(ask((call){ .api = "sample.list", .version = 2 }));
}

static int let_through(const char *address)
{
    int n = 0;
    caller.address = zy_str_of(address);
    for (int i = 0; i < 60; i++) {
        caller.customer = (zy_id){ 100 + i };
        n += ask((call){ .api = "sample.list", .version = 2 }) == ZY_OK;
    }
    return n;
}

static void the_addresses_of_one_ipv6_network_share_a_rate(void **state)
{
    ZY_PROVES("mb.system-design-tech.a6-2");
    (void)state;
    assert_int_equal(let_through("2001:db8:0:1::1"), 50);
    assert_int_equal(let_through("2001:db8:0:1:ffff::2"), 0);
    assert_int_equal(let_through("2001:db8:0:2::1"), 50);
}

static void a_high_factor_opens_and_does_not_close(void **state)
{
    /* 65536 times 65536 is nought in 32 bits */
    static const zy_api BUSY = { .name = "sample.busy", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 65536,
                                 .title = "Is called much", .run = sample_run };
    const zy_config_row *const tables[] = { ZY_API_CONFIG };
    zy_config *config = NULL;
    (void)state;
    ASSERT_OK(zy_config_load("none", false, tables, &ZY_API_CONFIG_COUNT, 1, &config, NULL));
    ASSERT_OK(zy_config_set(config, "api.address_factor", ZY_STR("65536"), NULL));
    env.config = config;
    zy_registry_free(registry);
    registry = NULL;
    ASSERT_OK(zy_registry_new(&env, &registry, NULL));
    ASSERT_OK(zy_registry_add(registry, &BUSY, 1, NULL));
    ASSERT_OK(ask((call){ .api = "sample.busy" }));
    zy_config_free(config);
}

static void refused_calls_count_for_the_rate(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        ASSERT_STATUS(ask((call){ .api = "sample.make", .id = ID, .body = "{}" }), ZY_BAD_FIELD);
    ASSERT_STATUS(ask(GOOD), ZY_RATE_LIMITED);
    assert_int_equal(seen.runs, 0);
}

/* --- idempotency ids --- */

static void an_idempotency_id_has_its_form(void **state)
{
    static const struct {
        const char *id;
        zy_status want;
    } ROWS[] = {
        { NULL, ZY_BAD_FIELD }, { "", ZY_BAD_FIELD }, { "0123456789abcde", ZY_BAD_FIELD }, { ID, ZY_OK },
        { "0123456789abcdefABCDEF_-0123456789abcdef0123456789abcdef01234567", ZY_OK },
        { "0123456789abcdefABCDEF_-0123456789abcdef0123456789abcdef012345678", ZY_BAD_FIELD },
        { "0123456789abcde.", ZY_BAD_FIELD }, { "0123456789abcde ", ZY_BAD_FIELD }, { "0123456789abcde号", ZY_BAD_FIELD },
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        call c = GOOD;
        c.id = ROWS[i].id;
        zy_clock_fake_turn(fake, ZY_MINUTES(1));
        ASSERT_STATUS(ask(c), ROWS[i].want);
        if (ROWS[i].want != ZY_OK)
            field_is("id");
    }
    ASSERT_STATUS(ask((call){ .api = "sample.open", .id = ID }), ZY_BAD_FIELD); /* asks for none */
    field_is("id");
}

static void the_digest_is_of_the_content_not_of_its_spelling(void **state)
{
    uint8_t first[32];
    call c = GOOD;
    (void)state;
    c.body = SAMPLE_BODY;
    ASSERT_OK(ask(c));
    memcpy(first, seen.digest, sizeof first);
    c.body = "{ \"inner\":{\"code\":\"ok\"}, \"choice\":\"green\", \"hex\":\"00ff\",\"base64\":\"AQID\",\"user\":\"a@b.cn\","
             "\"text\":\"\\u65e9上好\",\"name\":\"张三\",\"phone\":\"13800000001\",\"card\":\"6217000012345678\","
             "\"digits\":\"123456\",\"token\":\"a_b-c\",\"code\":\"a.b:c\",\"day\":\"2026-11-22\",\"flag\":true,\"number\":-5,"
             "\"money\":100,\"id\":\"0000000000001\"}";
    ASSERT_OK(ask(c));
    assert_memory_equal(seen.digest, first, sizeof first);
    ZY_AUTO_BUF other = { 0 };
    zy_buf_fmt(&other, "{\"extra\":1,%s", &SAMPLE_BODY[1]);
    c.body = other.p;
    ASSERT_OK(ask(c));
    assert_memory_not_equal(seen.digest, first, sizeof first);
}

/* --- the order of the checks --- */

/* Each row is wrong in all that the later rows are wrong in; so the earliest check must be the one that speaks. */
static void the_checks_speak_in_their_order(void **state)
{
    ZY_PROVES("mb.server-validation.c-i", "mb.server-validation.p1");
    (void)state;
    seen.closed = "sample.make";
    seen.login_status = ZY_LOGIN_REQUIRED;
    for (int i = 0; i < 3; i++) { /* the rate is used up, by another way than those that are refused earlier */
        seen.closed = NULL;
        seen.login_status = ZY_OK;
        ASSERT_OK(ask(GOOD));
    }
    seen.closed = "sample.make";
    seen.login_status = ZY_LOGIN_REQUIRED;
    call bad = { .api = "sample.make", .id = "short", .body = "{\"unknown\":1}", .skew_ms = 400000, .version = 9 };
    ASSERT_STATUS(ask(bad), ZY_API_UNKNOWN);
    bad.version = 1;
    ASSERT_STATUS(ask(bad), ZY_API_CLOSED);
    seen.closed = NULL;
    ASSERT_STATUS(ask(bad), ZY_CLOCK_SKEW);
    bad.skew_ms = 0;
    ASSERT_STATUS(ask(bad), ZY_LOGIN_REQUIRED);
    seen.login_status = ZY_OK;
    ASSERT_STATUS(ask(bad), ZY_RATE_LIMITED);
    zy_clock_fake_turn(fake, ZY_MINUTES(1));
    ASSERT_STATUS(ask(bad), ZY_BAD_FIELD);
    field_is("id");
    bad.id = ID;
    ASSERT_STATUS(ask(bad), ZY_BAD_FIELD);
    field_is("id"); /* now the body's own first field */
    assert_int_equal(seen.runs, 3);
}

/* --- answers --- */

static void an_error_says_no_inner_details(void **state)
{
    static const zy_status STATUSES[] = {
        ZY_INTERNAL, ZY_DB_ERROR, ZY_DB_UNIQUE, ZY_OVERFLOW, ZY_NO_MEMORY, ZY_CRYPTO_FAILED, ZY_IO_ERROR, ZY_CONFIG_BAD,
    };
    ZY_PROVES("j225.6.2.4.a2", "j225.6.2.5.p1");
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(STATUSES); i++) {
        ZY_AUTO_BUF text = { 0 };
        seen.run_status = STATUSES[i];
        zy_clock_fake_turn(fake, ZY_MINUTES(1));
        ASSERT_STATUS(ask(GOOD), ZY_INTERNAL);
        zy_json_write(answer, &text);
        assert_null(strstr(text.p, "row 42"));
        assert_null(strstr(text.p, "account"));
        assert_null(strstr(text.p, "deadbeef"));
        assert_null(strstr(text.p, "never"));
        field_is("");
    }
}

static void passing_troubles_of_ours_ask_to_try_again(void **state)
{
    static const zy_status STATUSES[] = { ZY_DB_CONFLICT, ZY_CRYPTO_STOPPED, ZY_CONNECTOR_FAILED, ZY_TIMEOUT, ZY_OUTCOME_UNKNOWN };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(STATUSES); i++) {
        seen.run_status = STATUSES[i];
        zy_clock_fake_turn(fake, ZY_MINUTES(1));
        ASSERT_STATUS(ask(GOOD), ZY_BUSY);
        field_is("");
    }
}

static void every_error_has_one_form(void **state)
{
    zy_str message, trace;
    ZY_PROVES("j225.6.2.4.a1");
    (void)state;
    seen.run_status = ZY_BALANCE_TOO_LOW;
    ASSERT_STATUS(ask(GOOD), ZY_BALANCE_TOO_LOW);
    field_is("card");
    assert_true(zy_json_str(answer, "message", &message));
    ASSERT_STR(message, zy_status_text(ZY_BALANCE_TOO_LOW));
    assert_true(zy_json_str(answer, "trace", &trace) && trace.n == 16);
    assert_non_null(zy_json_get(answer, "body")); /* what the handler filled in, masked */
    assert_null(zy_json_get(zy_json_get(answer, "body"), "secret"));
}

static void the_log_keeps_the_details_and_the_trace_finds_them(void **state)
{
    FILE *log = tmpfile();
    char line[4096] = { 0 };
    zy_str trace;
    ZY_PROVES("j225.6.2.4.f");
    (void)state;
    assert_non_null(log);
    zy_log_open(fileno(log), ZY_LOG_INFO);
    seen.run_status = ZY_DB_ERROR;
    ASSERT_STATUS(ask(GOOD), ZY_INTERNAL);
    zy_log_open(STDERR_FILENO, ZY_LOG_ERROR);
    rewind(log);
    size_t n = fread(line, 1, sizeof line - 1, log);
    fclose(log);
    assert_true(n > 0);
    assert_non_null(strstr(line, "DB_ERROR"));
    assert_non_null(strstr(line, "row 42 of table account"));
    assert_null(strstr(line, "6217000012345678")); /* nothing of what was sent */
    assert_true(zy_json_str(answer, "trace", &trace));
    assert_non_null(memmem(line, n, trace.p, trace.n));
}

static void refusals_of_audited_apis_are_recorded(void **state)
{
    (void)state;
    seen.login_status = ZY_LOGIN_REQUIRED;
    ASSERT_STATUS(ask(GOOD), ZY_LOGIN_REQUIRED);
    assert_int_equal(seen.refusals, 1);
    assert_int_equal(seen.refused_status, ZY_LOGIN_REQUIRED);
    assert_string_equal(seen.refused_api, "sample.make");
    ASSERT_STATUS(ask((call){ .api = "sample.list", .version = 2 }), ZY_LOGIN_REQUIRED); /* not audited */
    ASSERT_STATUS(ask((call){ .api = "sample.none" }), ZY_API_UNKNOWN);
    assert_int_equal(seen.refusals, 1);
    seen.login_status = ZY_OK;
    ASSERT_OK(ask(GOOD));
    assert_int_equal(seen.refusals, 1); /* the deed records itself */
}

static void one_name_at_two_doors_is_counted_apart(void **state)
{
    static const zy_api STAFF = { .name = "sample.open", .door = ZY_DOOR_STAFF, .class = ZY_PUBLIC, .per_minute = 9,
                                  .title = "Opens", .run = sample_run };
    ZY_AUTO_BUF text = { 0 };
    (void)state;
    ASSERT_OK(zy_registry_add(registry, &STAFF, 1, NULL));
    ASSERT_OK(ask(OPEN));
    zy_api_metrics_write(registry, &text);
    assert_non_null(strstr(text.p, "zy_api_seconds_count{door=\"customer\",api=\"sample.open\"} 1\n"));
    assert_non_null(strstr(text.p, "zy_api_seconds_count{door=\"staff\",api=\"sample.open\"} 0\n"));
}

static void calls_are_counted_by_api_and_code(void **state)
{
    ZY_AUTO_BUF text = { 0 };
    (void)state;
    ASSERT_OK(ask(OPEN));
    ASSERT_OK(ask(OPEN));
    seen.run_status = ZY_BALANCE_TOO_LOW;
    ASSERT_STATUS(ask(OPEN), ZY_BALANCE_TOO_LOW);
    zy_api_metrics_write(registry, &text);
    assert_non_null(strstr(text.p, "zy_api_calls_total{door=\"customer\",api=\"sample.open\",code=\"OK\"} 2\n"));
    assert_non_null(strstr(text.p, "zy_api_calls_total{door=\"customer\",api=\"sample.open\",code=\"BALANCE_TOO_LOW\"} 1\n"));
    assert_non_null(strstr(text.p, "zy_api_seconds_count{door=\"customer\",api=\"sample.open\"} 3\n"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)
        T(a_good_call_runs_and_its_answer_is_masked), T(a_call_by_name_is_checked_alike), T(malformed_envelopes_are_refused),
        T(a_body_that_is_no_object_is_refused), T(unknown_apis_and_versions_are_refused),
        T(a_closed_api_is_refused_and_others_go_on), T(calls_from_another_time_are_refused),
        T(who_is_not_logged_in_reaches_public_apis_only), T(without_a_login_hook_nobody_is_logged_in),
        T(staff_need_a_session_and_the_permission), T(a_person_has_a_rate_of_an_api), T(a_device_has_a_rate_whoever_uses_it),
        T(an_address_has_a_rate_of_its_own),
        T(the_addresses_of_one_ipv6_network_share_a_rate), T(a_high_factor_opens_and_does_not_close), T(refused_calls_count_for_the_rate), T(an_idempotency_id_has_its_form),
        T(the_digest_is_of_the_content_not_of_its_spelling), T(the_checks_speak_in_their_order),
        T(an_error_says_no_inner_details), T(passing_troubles_of_ours_ask_to_try_again), T(every_error_has_one_form),
        T(the_log_keeps_the_details_and_the_trace_finds_them), T(refusals_of_audited_apis_are_recorded),
        T(calls_are_counted_by_api_and_code), T(one_name_at_two_doors_is_counted_apart),
#undef T
    };
    zy_log_open(STDERR_FILENO, ZY_LOG_ERROR);
    int status = zy_crypto_start(NULL) == ZY_OK ? zy_test_main("api_dispatch", tests, ZY_COUNT(tests)) : 1;
    zy_json_free(answer);
    return status;
}
