/* The registry's refusals, masks, cursors, rate limits and documents. */
#include <stdio.h>
#include <stdlib.h>

#include "zy_sample_api.h"
#include "zy_test.h"

static zy_env env;
static zy_clock *fake;
static zy_api_registry *registry;

static int open_registry(void **state)
{
    (void)state;
    fake = zy_clock_fake_new((zy_time){ INT64_C(1795399200000) });
    env = (zy_env){ .clock = fake };
    return zy_registry_new(&env, &registry, NULL) == ZY_OK ? 0 : 1;
}

static int close_registry(void **state)
{
    (void)state;
    zy_registry_free(registry);
    zy_clock_fake_free(fake);
    return 0;
}

static zy_status do_nothing(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    (void)call;
    (void)in;
    (void)body;
    (void)err;
    return ZY_OK;
}

#define SAMPLE_ROW                                                                                                   \
    .name = "sample.make", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 5, .idempotent = true,       \
    .audited = true, .critical = true, .title = "Makes a sample", ZY_FIELDS(sample_in, SAMPLE_FIELDS),               \
    ZY_OUTS(SAMPLE_OUTS), .run = do_nothing

/* --- the registry --- */

static void refused(zy_api api, const char *why)
{
    zy_err err = { 0 };
    ASSERT_STATUS(zy_registry_add(registry, &api, 1, &err), ZY_CONFIG_BAD);
    if (strstr(err.detail, why) == NULL)
        fail_msg("refused because \"%s\", not because \"%s\"", err.detail, why);
    assert_int_equal(zy_registry_count(registry), 0);
}

static void an_entry_without_class_rate_title_or_handler_is_refused(void **state)
{
    static const zy_api GOOD = { SAMPLE_ROW };
    ZY_PROVES("mb.x-open-api.p1");
    (void)state;
    zy_api api = GOOD;
    api.class = 0;
    refused(api, "no class");
    api = GOOD, api.class = 4;
    refused(api, "no class");
    api = GOOD, api.door = 0;
    refused(api, "no class or door");
    api = GOOD, api.per_minute = 0;
    refused(api, "no rate limit");
    api = GOOD, api.title = NULL;
    refused(api, "title");
    api = GOOD, api.run = NULL;
    refused(api, "handler");
    api = GOOD, api.name = NULL;
    refused(api, "no name");
    api = GOOD, api.class = ZY_PUBLIC;
    refused(api, "idempotency");
}

static void wrong_tables_of_fields_are_refused(void **state)
{
    static const zy_field CROSSED[] = { ZY_FIELD(sample_in, number, ZY_F_INT, 5, -5) };
    static const zy_field TWICE[] = { ZY_FIELD(sample_in, number, ZY_F_INT, 0, 5), ZY_FIELD(sample_in, number, ZY_F_INT, 0, 5) };
    static const zy_field OUTSIDE[] = { { .name = "far", .type = ZY_F_TEXT, .offset = sizeof(sample_in) - 8, .max = 5 } };
    static const zy_field HAS_OUTSIDE[] = { ZY_FIELD(sample_in, number, ZY_F_INT, 0, 5, .has_offset = sizeof(sample_in)) };
    static const zy_field NAMELESS[] = { { .type = ZY_F_TEXT, .max = 5 } };
    static const zy_field TYPELESS[] = { { .name = "x", .max = 5 } };
    static const zy_field NO_CHOICES[] = { ZY_FIELD(sample_in, choice, ZY_F_ENUM, 0, 0) };
    static const zy_field LONG_NAME[] = { { .name = "a_name_longer_than_it_may_be", .type = ZY_F_TEXT, .max = 5 } };
    static const zy_field NEVER[] = { ZY_FIELD(sample_in, text, ZY_F_TEXT, 0, 0) };
    static const zy_field BELOW[] = { ZY_FIELD(sample_in, text, ZY_F_TEXT, -1, 5) };
    static const zy_field NO_OBJECT[] = { ZY_FIELD(sample_in, number, ZY_F_INT, 0, 5, .or_text = &SAMPLE_EITHER_TEXT) };
    static const zy_field DEEP[] = { ZY_FIELD(sample_in, inner, ZY_F_OBJECT, 0, 0, .object = CROSSED, .object_count = 1) };
    static const struct {
        const zy_field *fields;
        size_t count;
        const char *why;
    } ROWS[] = {
        { CROSSED, 1, "crossed" },      { TWICE, 2, "twice" },       { OUTSIDE, 1, "outside" },    { HAS_OUTSIDE, 1, "outside" },
        { NAMELESS, 1, "without name" }, { TYPELESS, 1, "or type" }, { NO_CHOICES, 1, "choices" }, { LONG_NAME, 1, "does not fit" },
        { DEEP, 1, "crossed" },         { NEVER, 1, "never be right" }, { BELOW, 1, "never be right" },
        { NO_OBJECT, 1, "no object" },
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        zy_api api = { SAMPLE_ROW };
        api.fields = ROWS[i].fields;
        api.field_count = ROWS[i].count;
        refused(api, ROWS[i].why);
    }
}

static void wrong_tables_of_answers_are_refused(void **state)
{
    static const zy_out NAMELESS[] = { { .type = ZY_O_STR } };
    static const zy_out TYPELESS[] = { { .name = "phone" } };
    static const zy_out TWICE[] = { ZY_OUT("phone", ZY_O_STR), ZY_OUT("phone", ZY_O_STR, .mask = ZY_M_PHONE) };
    static const zy_out NUMBER[] = { ZY_OUT("phone", ZY_O_INT, .mask = ZY_M_PHONE) };
    static const zy_out NO_RULE[] = { ZY_OUT("phone", ZY_O_STR, .mask = ZY_M_ID_NO + 1) };
    static const zy_out EMPTY[] = { ZY_OUT("item", ZY_O_OBJECT) };
    static const zy_out TEXT_WITH[] = { ZY_OUT("item", ZY_O_STR, ZY_MEMBERS(NUMBER)) };
    static const zy_out DEEP[] = { ZY_OUT("items", ZY_O_LIST, ZY_MEMBERS(NUMBER)) };
    static const struct {
        const zy_out *outs;
        size_t count;
        const char *why;
    } ROWS[] = {
        { NAMELESS, 1, "without name" }, { TYPELESS, 1, "or type" },      { TWICE, 2, "twice" }, { NUMBER, 1, "no text" },
        { NO_RULE, 1, "mask" },          { EMPTY, 1, "without members" }, { TEXT_WITH, 1, "of no object" },
        { DEEP, 1, "no text" },
    };
    ZY_PROVES("j225.6.2.3.a2");
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        zy_api api = { SAMPLE_ROW };
        api.outs = ROWS[i].outs;
        api.out_count = ROWS[i].count;
        refused(api, ROWS[i].why);
    }
}

static void a_name_stands_once_at_a_door(void **state)
{
    static const zy_api APIS[] = { { SAMPLE_ROW }, { SAMPLE_ROW } };
    static const zy_api STAFF = { .name = "sample.make", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = 5,
                                  .title = "The staff's own", .run = do_nothing };
    zy_err err = { 0 };
    (void)state;
    ASSERT_STATUS(zy_registry_add(registry, APIS, 2, &err), ZY_CONFIG_BAD);
    assert_non_null(strstr(err.detail, "twice"));
    ASSERT_OK(zy_registry_add(registry, &STAFF, 1, &err));
    assert_ptr_equal(zy_registry_find(registry, ZY_DOOR_CUSTOMER, ZY_STR("sample.make")), &APIS[0]);
    assert_ptr_equal(zy_registry_find(registry, ZY_DOOR_STAFF, ZY_STR("sample.make")), &STAFF);
    assert_null(zy_registry_find(registry, ZY_DOOR_PARTNER, ZY_STR("sample.make")));
    assert_null(zy_registry_find(registry, ZY_DOOR_CUSTOMER, ZY_STR("sample.mak")));
}

static void added_apis_are_found_in_any_order(void **state)
{
    static const char *const NAMES[] = { "m", "z", "a", "mm", "b", "y", "aa" };
    zy_api apis[ZY_COUNT(NAMES)];
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++) {
        apis[i] = (zy_api){ SAMPLE_ROW };
        apis[i].name = NAMES[i];
    }
    ASSERT_OK(zy_registry_add(registry, apis, ZY_COUNT(apis), NULL));
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++)
        assert_ptr_equal(zy_registry_find(registry, ZY_DOOR_CUSTOMER, zy_str_of(NAMES[i])), &apis[i]);
    for (size_t i = 1; i < ZY_COUNT(NAMES); i++)
        assert_true(strcmp(zy_registry_at(registry, i - 1)->name, zy_registry_at(registry, i)->name) < 0);
}

/* --- masks --- */

static void mask_and_write(const char *json, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *body = NULL;
    ASSERT_OK(zy_json_parse(zy_str_of(json), &body));
    ZY_AUTO(zy_json_free) zy_json *masked = zy_mask_body(SAMPLE_OUTS, ZY_COUNT(SAMPLE_OUTS), body);
    zy_buf_clear(out);
    zy_json_write(masked, out);
}

static void personal_values_leave_masked(void **state)
{
    ZY_AUTO_BUF out = { 0 };
    ZY_PROVES("mb.masking-rules.c", "j225.6.2.3.a2", "mb.masking-rules.f", "mb.masking-rules.p1");
    (void)state;
    mask_and_write("{\"phone\":\"13800000001\",\"name\":\"张三丰\",\"card\":\"6217000012341234\",\"id_no\":\"11010119900101123X\","
                   "\"items\":[{\"card\":\"6217000012345678\",\"fen\":7}],\"item\":{\"card\":\"6217000012349999\"}}", &out);
    ASSERT_STR(zy_buf_view(&out), "{\"phone\":\"138****0001\",\"name\":\"**丰\",\"card\":\"6217 **** **** 1234\","
                                  "\"id_no\":\"1****************X\",\"item\":{\"card\":\"6217 **** **** 9999\"},"
                                  "\"items\":[{\"card\":\"6217 **** **** 5678\",\"fen\":7}]}");
}

static void members_that_the_table_does_not_name_never_leave(void **state)
{
    ZY_AUTO_BUF out = { 0 };
    ZY_PROVES("mb.server-validation.k", "mb.masking.b", "mb.masking.c", "mb.masking-rules.f");
    (void)state;
    mask_and_write("{\"password\":\"x\",\"fen\":1,\"items\":[{\"fen\":2,\"pin\":\"1\"}],\"item\":{\"fen\":3,\"owner\":9}}", &out);
    ASSERT_STR(zy_buf_view(&out), "{\"fen\":1,\"item\":{\"fen\":3},\"items\":[{\"fen\":2}]}");
}

static void members_of_another_type_are_left_out(void **state)
{
    ZY_PROVES("mb.masking-rules.p1");
    ZY_AUTO_BUF out = { 0 };
    (void)state;
    mask_and_write("{\"phone\":13800000001,\"name\":{\"x\":1},\"fen\":\"1\",\"good\":1,\"item\":[{\"fen\":1}],"
                   "\"items\":{\"fen\":1},\"words\":[\"a\",1,{\"b\":2}]}", &out);
    ASSERT_STR(zy_buf_view(&out), "{\"words\":[\"a\"]}");
    mask_and_write("[{\"fen\":1}]", &out);
    ASSERT_STR(zy_buf_view(&out), "{}");
}

/* --- cursors --- */

static void cursors_come_back(void **state)
{
    static const int64_t TIMES[] = { 0, 1, 1795399200000, INT64_MAX }, IDS[] = { 1, 32, INT64_MAX };
    (void)state;
    for (size_t t = 0; t < ZY_COUNT(TIMES); t++) {
        for (size_t i = 0; i < ZY_COUNT(IDS); i++) {
            char text[ZY_CURSOR_MAX];
            zy_time at;
            zy_id id;
            zy_cursor_write((zy_time){ TIMES[t] }, (zy_id){ IDS[i] }, text);
            ASSERT_OK(zy_cursor_parse(zy_str_of(text), &at, &id, NULL));
            assert_int_equal(at.ms, TIMES[t]);
            assert_int_equal(id.v, IDS[i]);
        }
    }
}

static void forged_cursors_are_refused(void **state)
{
    static const char *const FORGED[] = {
        "", ".", "1", "1.", ".0000000000001", "1.0000000000000", "01.0000000000001", "+1.0000000000001", "1.000000000000u",
        "1.00000000000011", "1.0000000000001 ", " 1.0000000000001", "1..0000000000001", "1.0000000000001.2",
        "99999999999999999999.0000000000001", "1;0000000000001", "1' OR 1=1--.0000000000001",
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(FORGED); i++) {
        zy_time at;
        zy_id id;
        zy_err err = { 0 };
        ASSERT_STATUS(zy_cursor_parse(zy_str_of(FORGED[i]), &at, &id, &err), ZY_BAD_FIELD);
        assert_string_equal(err.field, "cursor");
    }
}

/* --- rates --- */

static void a_window_lets_so_many_through_and_opens_again(void **state)
{
    zy_rates *rates = zy_rates_new(1000, fake);
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(zy_rates_take(rates, "what", ZY_STR("me"), 3, ZY_MINUTES(1)));
    assert_false(zy_rates_take(rates, "what", ZY_STR("me"), 3, ZY_MINUTES(1)));
    assert_true(zy_rates_take(rates, "what", ZY_STR("you"), 3, ZY_MINUTES(1)));
    assert_true(zy_rates_take(rates, "other", ZY_STR("me"), 3, ZY_MINUTES(1)));
    zy_clock_fake_turn(fake, ZY_MS(59999));
    assert_false(zy_rates_take(rates, "what", ZY_STR("me"), 3, ZY_MINUTES(1)));
    zy_clock_fake_turn(fake, ZY_MS(1));
    assert_true(zy_rates_take(rates, "what", ZY_STR("me"), 3, ZY_MINUTES(1)));
    zy_rates_free(rates);
}

static void what_was_taken_is_told(void **state)
{
    zy_rates *rates = zy_rates_new(1000, fake);
    (void)state;
    assert_int_equal(zy_rates_taken(rates, "what", ZY_STR("me")), 0);
    for (int i = 0; i < 5; i++)
        (void)zy_rates_take(rates, "what", ZY_STR("me"), 2, ZY_MINUTES(1));
    assert_int_equal(zy_rates_taken(rates, "what", ZY_STR("me")), 2);
    zy_clock_fake_turn(fake, ZY_MINUTES(1));
    assert_int_equal(zy_rates_taken(rates, "what", ZY_STR("me")), 0);
    zy_rates_free(rates);
}

/* A flood of new names takes no more memory, and cannot wash the limit of a name away but with many times the keys. */
static void the_number_of_keys_is_bounded(void **state)
{
    zy_rates *rates = zy_rates_new(1000, fake);
    (void)state;
    for (int i = 0; i < 100000; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        assert_true(zy_rates_take(rates, "flood", zy_str_of(name), 1, ZY_MINUTES(1)));
    }
    int remembered = 0;
    for (int i = 0; i < 100000; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%d", i);
        remembered += zy_rates_taken(rates, "flood", zy_str_of(name)) > 0;
    }
    assert_true(remembered >= 500 && remembered <= 1500);
    zy_rates_free(rates);
}

/* --- documents --- */

static const zy_json *at(const zy_json *j, const char *path)
{
    char part[64];
    while (*path != '\0' && j != NULL) {
        size_t n = strcspn(path, ">");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        j = zy_json_get(j, part);
        path += n + (path[n] == '>');
    }
    return j;
}

static void says(const zy_json *j, const char *path, const char *json)
{
    ZY_AUTO_BUF text = { 0 };
    if (at(j, path) == NULL)
        fail_msg("nothing at %s", path);
    zy_json_write(at(j, path), &text);
    if (!zy_str_eq_c(zy_buf_view(&text), json))
        fail_msg("%s is %s, not %s", path, text.p, json);
}

static const zy_api DOCUMENTED[] = {
    { SAMPLE_ROW },
    { .name = "sample.see", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 9, .per_minute_address = 30,
      .version = 2, .title = "Shows */ a sample", .run = do_nothing },
    { .name = "desk.see", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .per_minute = 9, .permission = "desk.read",
      .title = "Staff's", .run = do_nothing },
};

static zy_json *openapi(zy_door door)
{
    ZY_AUTO_BUF text = { 0 };
    zy_json *document = NULL;
    ASSERT_OK(zy_registry_add(registry, DOCUMENTED, ZY_COUNT(DOCUMENTED), NULL));
    zy_openapi_write(registry, door, &text);
    assert_false(zy_buf_failed(&text));
    ASSERT_OK(zy_json_parse(zy_buf_view(&text), &document));
    return document;
}

/* Each schema has a type, const, $ref or oneOf that 3.1 knows, and requires only properties that it has. */
static void check_schema(const zy_json *schema)
{
    static const char *const TYPES[] = { "string", "integer", "boolean", "object", "array" };
    zy_str type;
    const zy_json *properties = zy_json_get(schema, "properties"), *required = zy_json_get(schema, "required");
    bool known = zy_json_get(schema, "const") != NULL || zy_json_get(schema, "$ref") != NULL || zy_json_get(schema, "oneOf") != NULL;
    if (zy_json_str(schema, "type", &type))
        for (size_t i = 0; i < ZY_COUNT(TYPES); i++)
            known = known || zy_str_eq_c(type, TYPES[i]);
    assert_true(known);
    void *iter = NULL;
    const char *key;
    const zy_json *value;
    while (properties != NULL && zy_json_next(properties, &iter, &key, &value))
        check_schema(value);
    for (size_t i = 0; i < zy_json_count(zy_json_get(schema, "oneOf")); i++)
        check_schema(zy_json_at(zy_json_get(schema, "oneOf"), i));
    if (zy_json_get(schema, "items") != NULL)
        check_schema(zy_json_get(schema, "items"));
    for (size_t i = 0; required != NULL && i < zy_json_count(required); i++) {
        zy_str name;
        char text[64];
        assert_true(zy_json_as_str(zy_json_at(required, i), &name));
        ASSERT_OK(zy_str_copy(name, text, sizeof text));
        assert_non_null(zy_json_get(properties, text));
    }
}

static void the_document_has_the_structure_of_openapi_3_1(void **state)
{
    ZY_AUTO(zy_json_free) zy_json *document = openapi(ZY_DOOR_CUSTOMER);
    (void)state;
    says(document, "openapi", "\"3.1.0\"");
    assert_non_null(at(document, "info>title"));
    assert_non_null(at(document, "info>version"));
    says(document, "servers", "[{\"url\":\"/zsc/1/call\"}]");
    void *iter = NULL;
    const char *path;
    const zy_json *item;
    int paths = 0;
    while (zy_json_next(at(document, "paths"), &iter, &path, &item)) {
        zy_str id, title;
        paths++;
        assert_int_equal(path[0], '/');
        assert_true(zy_json_str(at(item, "post"), "operationId", &id) && zy_str_eq_c(id, path + 1));
        assert_true(zy_json_str(at(item, "post"), "summary", &title) && title.n > 0);
        check_schema(at(item, "post>requestBody>content>application/json>schema"));
        check_schema(at(item, "post>responses>200>content>application/json>schema"));
        says(item, "post>responses>default>content>application/json>schema", "{\"$ref\":\"#/components/schemas/Error\"}");
        assert_non_null(at(item, "post>responses>200>description"));
    }
    assert_int_equal(paths, 2);
    check_schema(at(document, "components>schemas>Error"));
    says(document, "components>securitySchemes>login", "{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"ZSC-Session\"}");
}

static void the_document_tells_what_the_rows_demand(void **state)
{
    ZY_AUTO(zy_json_free) zy_json *document = openapi(ZY_DOOR_CUSTOMER);
    const zy_json *make = at(document, "paths>/sample.make>post"), *see = at(document, "paths>/sample.see>post");
    const zy_json *in = at(make, "requestBody>content>application/json>schema>properties");
    const zy_json *out = at(make, "responses>200>content>application/json>schema>properties>body>properties");
    ZY_PROVES("mb.x-open-api.p1");
    (void)state;
    says(make, "x-class", "\"private\"");
    says(make, "security", "[{\"login\":[]}]");
    says(make, "x-critical", "true");
    says(make, "x-idempotency>name", "\"id\"");
    says(make, "x-idempotency>pattern", "\"^[A-Za-z0-9_-]{16,64}$\"");
    says(see, "x-class", "\"public\"");
    says(see, "security", "[]");
    says(see, "x-version", "2");
    says(see, "x-per-minute-address", "30");
    assert_null(at(see, "x-idempotency"));
    says(in, "money", "{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1,\"maximum\":100000,\"x-unit\":\"fen\"}");
    says(in, "code", "{\"type\":\"string\",\"minLength\":2,\"maxLength\":8,\"pattern\":\"^[\\\\u002d.0-:A-Z_a-z]*$\"}");
    says(in, "text>pattern", "\"^[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f]*$\"");
    says(in, "digits>writeOnly", "true");
    says(in, "choice>enum", "[\"red\",\"green\",\"blue\"]");
    says(in, "either>oneOf", "[{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":4,"
                             "\"pattern\":\"^[\\\\u002d.0-:A-Z_a-z]*$\"},\"count\":{\"type\":\"integer\",\"format\":\"int64\","
                             "\"minimum\":0,\"maximum\":9}},\"required\":[\"code\"],\"additionalProperties\":false},"
                             "{\"type\":\"string\",\"minLength\":6,\"maxLength\":6,\"pattern\":\"^[0-9]*$\",\"writeOnly\":true,"
                             "\"x-sensitive\":true}]");
    says(out, "phone>x-masked", "\"phone\"");
    says(out, "items>items>properties>card>x-masked", "\"card\"");
    assert_null(at(document, "paths>/desk.see"));
}

static void the_errors_are_the_list_of_statuses(void **state)
{
    ZY_AUTO(zy_json_free) zy_json *document = openapi(ZY_DOOR_STAFF);
    const zy_json *codes = at(document, "components>schemas>Error>properties>code>enum");
    ZY_PROVES("j225.6.2.4.a1");
    (void)state;
    int listed = -1; /* OK is no error */
#define COUNT_STATUS(name, number, http, text) listed++;
    ZY_STATUS_LIST(COUNT_STATUS)
#undef COUNT_STATUS
    assert_int_equal(zy_json_count(codes), listed);
    says(document, "paths>/desk.see>post>x-permission", "\"desk.read\"");
    assert_null(at(document, "paths>/sample.see"));
}

static void types_for_the_web_clients_are_written(void **state)
{
    ZY_AUTO_BUF text = { 0 };
    static const char *const PARTS[] = {
        "export type Code =\n  | 'OK'\n  | 'BAD_FIELD'\n",
        "/** Makes a sample */\nexport type SampleMakeInput = {\n  id: string\n  money: number\n",
        "  flag: boolean\n", "  choice: 'red' | 'green' | 'blue'\n",
        "  inner: {\n    code: string\n    count?: number\n  }\n",
        "  either?: {\n    code: string\n    count?: number\n  } | string\n",
        "  /** free text */\n  text: string\n",
        "export type SampleMakeAnswer = {\n  phone: string\n",
        "  items?: Array<{\n    card: string\n    fen: number\n  }>\n  words?: string[]\n}\n",
        "/** Shows +/ a sample */\nexport type SampleSeeInput = Record<string, never>\nexport type SampleSeeAnswer = Record<string, never>\n",
        "export interface Apis {\n"
        "  'sample.make': { input: SampleMakeInput; answer: SampleMakeAnswer; class: 'private'; version: 1; idempotent: true }\n"
        "  'sample.see': { input: SampleSeeInput; answer: SampleSeeAnswer; class: 'public'; version: 2; idempotent: false }\n}\n",
    };
    (void)state;
    ASSERT_OK(zy_registry_add(registry, DOCUMENTED, ZY_COUNT(DOCUMENTED), NULL));
    zy_typescript_write(registry, ZY_DOOR_CUSTOMER, &text);
    for (size_t i = 0; i < ZY_COUNT(PARTS); i++)
        if (strstr(text.p, PARTS[i]) == NULL)
            fail_msg("is missing: %s", PARTS[i]);
    assert_null(strstr(text.p, "desk.see"));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, open_registry, close_registry)
        T(an_entry_without_class_rate_title_or_handler_is_refused), T(wrong_tables_of_fields_are_refused), T(wrong_tables_of_answers_are_refused),
        T(a_name_stands_once_at_a_door), T(added_apis_are_found_in_any_order), T(personal_values_leave_masked),
        T(members_that_the_table_does_not_name_never_leave), T(members_of_another_type_are_left_out), T(cursors_come_back),
        T(forged_cursors_are_refused), T(a_window_lets_so_many_through_and_opens_again), T(what_was_taken_is_told),
        T(the_number_of_keys_is_bounded), T(the_document_has_the_structure_of_openapi_3_1),
        T(the_document_tells_what_the_rows_demand), T(the_errors_are_the_list_of_statuses),
        T(types_for_the_web_clients_are_written),
#undef T
    };
    return zy_crypto_start(NULL) == ZY_OK ? zy_test_main("api", tests, ZY_COUNT(tests)) : 1;
}
