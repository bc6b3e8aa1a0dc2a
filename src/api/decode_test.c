/* The decoder: each field type at, below and past its limits. */
#include <stdio.h>

#include "zy_sample_api.h"
#include "zy_test.h"

static zy_arena *arena;
static sample_in in;

static int arena_open(void **state)
{
    (void)state;
    arena = zy_arena_new(65536);
    return arena == NULL;
}

static int arena_close(void **state)
{
    (void)state;
    zy_arena_free(arena);
    return 0;
}

/* SAMPLE_BODY with one member set to a JSON text; "" takes it out. Returns the decoder's status. */
static zy_status decode_with(const char *name, const char *json, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = NULL;
    ZY_AUTO(zy_json_free) zy_json *changed = zy_json_object();
    ASSERT_OK(zy_json_parse(ZY_STR(SAMPLE_BODY), &body));
    void *iter = NULL;
    const char *key;
    const zy_json *value;
    while (zy_json_next(body, &iter, &key, &value))
        if (strcmp(key, name) != 0)
            zy_json_set(changed, key, zy_json_copy(value));
    if (json[0] != '\0') {
        ZY_AUTO_BUF wrapped = { 0 };
        ZY_AUTO(zy_json_free) zy_json *list = NULL;
        zy_buf_fmt(&wrapped, "[%s]", json);
        ASSERT_OK(zy_json_parse(zy_buf_view(&wrapped), &list));
        zy_json_set(changed, name, zy_json_copy(zy_json_at(list, 0)));
    }
    memset(&in, 0, sizeof in);
    *err = (zy_err){ 0 };
    zy_arena_reset(arena);
    return zy_decode(SAMPLE_FIELDS, ZY_COUNT(SAMPLE_FIELDS), changed, arena, &in, err);
}

typedef struct try_row {
    const char *name, *json;
    const char *refused; /* the field that is named; NULL: taken */
} try_row;

static void try_all(const try_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        zy_err err;
        zy_status status = decode_with(rows[i].name, rows[i].json, &err);
        if (rows[i].refused == NULL ? status == ZY_OK : status == ZY_BAD_FIELD && strcmp(err.field, rows[i].refused) == 0)
            continue;
        fail_msg("%s = %s gave %s for field \"%s\"", rows[i].name, rows[i].json, zy_status_name(status), err.field);
    }
}
#define TRY_ALL(rows) try_all((rows), ZY_COUNT(rows))

static void a_right_body_fills_the_struct(void **state)
{
    zy_err err;
    (void)state;
    ASSERT_OK(decode_with("extra", "7", &err));
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(in.id, id);
    assert_string_equal(id, "0000000000001");
    ASSERT_FEN(in.money, 100);
    assert_int_equal(in.number, -5);
    assert_true(in.flag);
    char day[ZY_DAY_TEXT_MAX];
    zy_day_format(in.day, day);
    assert_string_equal(day, "2026-11-22");
    ASSERT_STR(in.code, "a.b:c");
    ASSERT_STR(in.name, "张三");
    ASSERT_STR(in.text, "早上好");
    ASSERT_STR(in.choice, "green");
    ASSERT_STR(in.inner.code, "ok");
    assert_true(in.has_inner && !in.inner.has_count && !in.has_either);
    assert_true(in.has_extra && in.extra == 7);
}

static void an_absent_optional_field_leaves_zero(void **state)
{
    zy_err err;
    (void)state;
    ASSERT_OK(decode_with("extra", "", &err));
    assert_false(in.has_extra);
    assert_int_equal(in.extra, 0);
    assert_null(in.either_text.p);
}

static void every_missing_required_field_is_named(void **state)
{
    ZY_PROVES("mb.server-validation.a", "j225.6.2.4.c");
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(SAMPLE_FIELDS); i++) {
        zy_err err;
        const zy_field *f = &SAMPLE_FIELDS[i];
        ASSERT_STATUS(decode_with(f->name, "", &err), f->optional ? ZY_OK : ZY_BAD_FIELD);
        assert_string_equal(err.field, f->optional ? "" : f->name);
    }
}

static void null_is_no_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(SAMPLE_FIELDS); i++) {
        zy_err err;
        ASSERT_STATUS(decode_with(SAMPLE_FIELDS[i].name, "null", &err), ZY_BAD_FIELD);
        assert_string_equal(err.field, SAMPLE_FIELDS[i].name);
    }
}

static void numbers_keep_their_range(void **state)
{
    static const try_row ROWS[] = {
        { "money", "1", NULL }, { "money", "0", "money" }, { "money", "-1", "money" }, { "money", "100000", NULL },
        { "money", "100001", "money" }, { "money", "9223372036854775807", "money" }, { "money", "\"100\"", "money" },
        { "number", "-5", NULL }, { "number", "-6", "number" }, { "number", "5", NULL }, { "number", "6", "number" },
        { "number", "-9223372036854775808", "number" }, { "number", "true", "number" }, { "number", "[1]", "number" },
        { "extra", "0", "extra" }, { "extra", "101", "extra" }, { "extra", "100", NULL },
    };
    ZY_PROVES("j225.6.2.4.c", "mb.server-validation.b");
    (void)state;
    TRY_ALL(ROWS);
}

static void lengths_are_counted_in_characters(void **state)
{
    static const try_row ROWS[] = {
        { "text", "\"\"", "text" }, { "text", "\"一\"", NULL }, { "text", "\"一二三四五六七八九十\"", NULL },
        { "text", "\"一二三四五六七八九十百\"", "text" }, { "text", "\"0123456789\"", NULL },
        { "text", "\"0123456789a\"", "text" }, { "text", "\"\xf0\x9f\x98\x80\"", NULL },
        { "name", "\"张\"", "name" }, { "name", "\"一二三四五六七八九十一二三四五六七八九十\"", NULL },
        { "name", "\"一二三四五六七八九十一二三四五六七八九十百\"", "name" },
        { "code", "\"a\"", "code" }, { "code", "\"ab\"", NULL }, { "code", "\"abcdefgh\"", NULL },
        { "code", "\"abcdefghi\"", "code" }, { "digits", "\"12345\"", "digits" }, { "digits", "\"1234567\"", "digits" },
        { "card", "\"621700001234567\"", "card" }, { "card", "\"6217000012345678901\"", NULL },
        { "card", "\"62170000123456789012\"", "card" }, { "phone", "\"1380000000\"", "phone" },
        { "phone", "\"+86 1380000000\"", "phone" }, { "phone", "\"+8613800000001\"", NULL },
    };
    ZY_PROVES("j225.6.2.4.c");
    (void)state;
    TRY_ALL(ROWS);
}

static void each_type_takes_only_its_characters(void **state)
{
    static const try_row ROWS[] = {
        { "code", "\"a/b\"", "code" }, { "code", "\"a b\"", "code" }, { "code", "\"a'b\"", "code" },
        { "token", "\"a.b\"", "token" }, { "token", "\"a=b\"", "token" }, { "digits", "\"12345a\"", "digits" },
        { "digits", "\"１２３４５６\"", "digits" }, { "card", "\"6217 0000 1234 5678\"", "card" },
        { "phone", "\"138-0000-0001\"", "phone" }, { "user", "\"a b c\"", "user" }, { "user", "\"a;b\"", "user" },
        { "user", "\"张三丰\"", "user" }, { "user", "\"a+b@c.d\"", NULL }, { "hex", "\"00FF\"", "hex" },
        { "hex", "\"0g\"", "hex" }, { "name", "\"a1\"", "name" }, { "name", "\"张三<\"", "name" },
        { "name", "\"O'Neil-Li Jr.\"", NULL }, { "name", "\"阿卜杜拉·艾山\"", NULL }, { "name", "\"Ünal Ş\"", NULL },
        { "name", "\"张三；\"", "name" }, { "name", "\"a=b\"", "name" }, { "name", "\"a#b\"", "name" },
        { "name", "\"a&b\"", "name" }, { "name", "\"张\xf0\x9f\x98\x80\"", "name" },
        { "text", "\"<b>&'\\\"\"", NULL }, /* free text is data: written as JSON text, bound as a parameter */
    };
    ZY_PROVES("j225.6.2.4.e1", "j225.6.2.4.c", "mb.server-validation.b");
    (void)state;
    TRY_ALL(ROWS);
}

static void hidden_characters_are_refused_everywhere(void **state)
{
    static const char *const HIDDEN[] = {
        "\\u0007", "\\r\\n", "\\t", "\\u007f", "\\u0085", "\\u00ad", "\\u061c", "\\u200b", "\\u200d", "\\u200e", "\\u2028",
        "\\u202e", "\\u2066", "\\u2069", "\\ufe0f", "\\ufeff", "\\ufffd", "\\udb40\\udc41",
    };
    static const char *const FIELDS[] = { "code", "token", "digits", "card", "phone", "name", "text", "user", "base64", "hex" };
    ZY_PROVES("j225.6.2.4.e1");
    (void)state;
    for (size_t f = 0; f < ZY_COUNT(FIELDS); f++) {
        for (size_t h = 0; h < ZY_COUNT(HIDDEN); h++) {
            char json[64];
            snprintf(json, sizeof json, "\"ab%scd\"", HIDDEN[h]);
            zy_err err;
            ASSERT_STATUS(decode_with(FIELDS[f], json, &err), ZY_BAD_FIELD);
            assert_string_equal(err.field, FIELDS[f]);
        }
    }
}

static void combining_marks_are_refused_and_composed_letters_taken(void **state)
{
    static const try_row ROWS[] = {
        { "name", "\"Jose\\u0301\"", "name" }, { "name", "\"Jos\\u00e9\"", NULL }, { "text", "\"e\\u0301\"", "text" },
        { "text", "\"\\u00e9\"", NULL }, { "text", "\"a\\u20dd\"", "text" },
    };
    (void)state;
    TRY_ALL(ROWS);
}

static void only_canonical_base64_is_taken(void **state)
{
    static const try_row ROWS[] = {
        { "base64", "\"AQID\"", NULL }, { "base64", "\"AQI=\"", NULL }, { "base64", "\"AQ==\"", NULL },
        { "base64", "\"AQJ=\"", "base64" }, { "base64", "\"AR==\"", "base64" }, { "base64", "\"AQIDA\"", "base64" },
        { "base64", "\"A===\"", "base64" }, { "base64", "\"AQ=A\"", "base64" }, { "base64", "\"====\"", "base64" },
        { "base64", "\"AQ-_\"", "base64" }, { "base64", "\"AQIDAQIDAQIDAQID\"", "base64" },
    };
    (void)state;
    TRY_ALL(ROWS);
}

static void ids_days_choices_and_flags_are_exact(void **state)
{
    static const try_row ROWS[] = {
        { "id", "\"0000000000000\"", "id" }, { "id", "\"000000000001\"", "id" }, { "id", "\"000000000000U\"", "id" },
        { "id", "1", "id" }, { "day", "\"2026-02-28\"", NULL }, { "day", "\"2026-02-29\"", "day" },
        { "day", "\"2026-13-01\"", "day" }, { "day", "\"2026-1-1\"", "day" }, { "day", "20261122", "day" },
        { "choice", "\"blue\"", NULL }, { "choice", "\"Blue\"", "choice" }, { "choice", "\"\"", "choice" },
        { "choice", "\"red|green\"", "choice" }, { "choice", "0", "choice" }, { "flag", "false", NULL },
        { "flag", "1", "flag" }, { "flag", "\"true\"", "flag" },
    };
    (void)state;
    TRY_ALL(ROWS);
}

static void nested_fields_are_checked_and_named_by_path(void **state)
{
    static const try_row ROWS[] = {
        { "inner", "{\"code\":\"abc\",\"count\":9}", NULL }, { "inner", "{}", "inner.code" },
        { "inner", "{\"code\":\"abc\",\"count\":10}", "inner.count" }, { "inner", "{\"code\":\"abcde\"}", "inner.code" },
        { "inner", "{\"code\":\"abc\",\"more\":1}", "inner.more" }, { "inner", "[]", "inner" }, { "inner", "\"abc\"", "inner" },
    };
    ZY_PROVES("mb.server-validation.a");
    (void)state;
    TRY_ALL(ROWS);
}

static void lists_are_checked_item_by_item(void **state)
{
    static const try_row ROWS[] = {
        { "items", "[{\"code\":\"ab\"}]", NULL },
        { "items", "[{\"code\":\"ab\"},{\"code\":\"cd\",\"count\":9},{\"code\":\"ef\"}]", NULL },
        { "items", "[]", "items" },
        { "items", "[{\"code\":\"ab\"},{\"code\":\"ab\"},{\"code\":\"ab\"},{\"code\":\"ab\"}]", "items" },
        { "items", "{\"code\":\"ab\"}", "items" },
        { "items", "[{\"code\":\"ab\"},1]", "items.1." },
        { "items", "[{\"code\":\"ab\"},{\"code\":\"ab\",\"count\":10}]", "items.1.count" },
        { "items", "[{\"code\":\"a\"}]", "items.0.code" },
        { "items", "[{\"code\":\"ab\",\"more\":1}]", "items.0.more" },
    };
    zy_err err;
    (void)state;
    TRY_ALL(ROWS);
    ASSERT_OK(decode_with("items", ROWS[1].json, &err));
    const sample_inner *items = in.items.items;
    assert_true(in.has_items);
    assert_int_equal(in.items.n, 3);
    ASSERT_STR(items[1].code, "cd");
    assert_int_equal(items[1].count, 9);
    assert_false(items[2].has_count);
}

static void an_object_or_a_text_is_told_apart(void **state)
{
    static const try_row ROWS[] = {
        { "either", "\"123456\"", NULL }, { "either", "\"12345\"", "either" }, { "either", "{\"code\":\"abc\"}", NULL },
        { "either", "{\"code\":1}", "either.code" }, { "either", "7", "either" },
    };
    zy_err err;
    (void)state;
    TRY_ALL(ROWS);
    ASSERT_OK(decode_with("either", "\"123456\"", &err));
    assert_false(in.has_either);
    ASSERT_STR(in.either_text, "123456");
    ASSERT_OK(decode_with("either", "{\"code\":\"abc\"}", &err));
    assert_true(in.has_either);
    assert_null(in.either_text.p);
}

static void unknown_fields_are_refused_and_odd_names_not_said_back(void **state)
{
    static const try_row ROWS[] = {
        { "amount", "1", "amount" }, { "__proto__", "{}", "__proto__" }, { "a b", "1", "?" },
        { "<script>", "1", "?" }, { "a_very_long_name_of_a_field", "1", "?" }, { "", "1", "?" },
    };
    ZY_PROVES("mb.server-validation.a");
    (void)state;
    TRY_ALL(ROWS);
}

static void a_body_past_the_arena_is_refused(void **state)
{
    ZY_AUTO(zy_json_free) zy_json *body = NULL;
    ZY_AUTO(zy_arena_free) zy_arena *small = zy_arena_new(16);
    zy_err err = { 0 };
    (void)state;
    ASSERT_OK(zy_json_parse(ZY_STR(SAMPLE_BODY), &body));
    memset(&in, 0, sizeof in);
    ASSERT_STATUS(zy_decode(SAMPLE_FIELDS, ZY_COUNT(SAMPLE_FIELDS), body, small, &in, &err), ZY_REQUEST_TOO_LARGE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, arena_open, arena_close)
        T(a_right_body_fills_the_struct), T(an_absent_optional_field_leaves_zero), T(every_missing_required_field_is_named),
        T(null_is_no_value), T(numbers_keep_their_range), T(lengths_are_counted_in_characters),
        T(each_type_takes_only_its_characters), T(hidden_characters_are_refused_everywhere),
        T(combining_marks_are_refused_and_composed_letters_taken), T(only_canonical_base64_is_taken),
        T(ids_days_choices_and_flags_are_exact), T(nested_fields_are_checked_and_named_by_path),
        T(lists_are_checked_item_by_item), T(an_object_or_a_text_is_told_apart), T(unknown_fields_are_refused_and_odd_names_not_said_back),
        T(a_body_past_the_arena_is_refused),
#undef T
    };
    return zy_test_main("api_decode", tests, ZY_COUNT(tests));
}
