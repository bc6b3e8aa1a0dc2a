#include "base/json.h"

#include "zy_test.h"

static void refuses(zy_str text)
{
    zy_json *j = NULL;
    zy_status status = zy_json_parse(text, &j);
    zy_json_free(j);
    if (status != ZY_BAD_REQUEST)
        fail_msg("accepted: " ZY_STR_FMT, ZY_STR_ARG(text));
}

static void what_is_not_strict_json_is_refused(void **state)
{
    (void)state;
    static const zy_str BAD[] = {
        ZY_STR_INIT(""),          ZY_STR_INIT("{"),           ZY_STR_INIT("{\"a\":1,}"), ZY_STR_INIT("[1] x"),
        ZY_STR_INIT("{'a':1}"),   ZY_STR_INIT("{a:1}"),       ZY_STR_INIT("// c\n1"),    ZY_STR_INIT("NaN"),
        ZY_STR_INIT("01"),        ZY_STR_INIT("+1"),          ZY_STR_INIT("\"\n\""),     ZY_STR_INIT("[1]\0"),
        ZY_STR_INIT("\"\xff\""),  ZY_STR_INIT("\"\xed\xa0\x80\""), ZY_STR_INIT("\"\\ud800\""), ZY_STR_INIT("\xef\xbb\xbf{}"),
        ZY_STR_INIT("]"),         ZY_STR_INIT("\"\\x41\""),
    };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        refuses(BAD[i]);
}

static void duplicate_keys_reals_and_nul_are_refused(void **state)
{
    (void)state;
    refuses(ZY_STR("{\"amount\":1,\"amount\":2}"));
    refuses(ZY_STR("{\"a\":{\"b\":1,\"b\":1}}"));
    refuses(ZY_STR("1.0"));
    refuses(ZY_STR("{\"a\":[{\"b\":1e2}]}"));
    refuses(ZY_STR("\"a\\u0000b\""));
    refuses(ZY_STR("{\"a\\u0000\":1}"));
    refuses(ZY_STR("9223372036854775808"));
    refuses(ZY_STR("-9223372036854775809"));
}

static zy_status parse_depth(size_t depth)
{
    ZY_AUTO_BUF b = { 0 };
    for (size_t i = 0; i < depth; i++)
        zy_buf_c(&b, i % 2 == 0 ? "[" : "{\"a\":");
    zy_buf_c(&b, "1");
    for (size_t i = depth; i-- > 0;)
        zy_buf_c(&b, i % 2 == 0 ? "]" : "}");
    ZY_AUTO(zy_json_free) zy_json *j = NULL;
    return zy_json_parse(zy_buf_view(&b), &j);
}

static void depth_ends_at_the_limit(void **state)
{
    (void)state;
    ASSERT_OK(parse_depth(ZY_JSON_DEPTH_MAX));
    ASSERT_STATUS(parse_depth(ZY_JSON_DEPTH_MAX + 1), ZY_BAD_REQUEST);
    ASSERT_STATUS(parse_depth(60000), ZY_BAD_REQUEST);
    ZY_AUTO(zy_json_free) zy_json *j = NULL; /* brackets inside a text do not count */
    ASSERT_OK(zy_json_parse(ZY_STR("\"\\\"[[[[[[[[[[[[[[[[[[[[[{{{{{\""), &j));
}

static void values_are_read_by_their_type(void **state)
{
    (void)state;
    ZY_AUTO(zy_json_free) zy_json *j = NULL;
    ASSERT_OK(zy_json_parse(ZY_STR("{\"s\":\"掌银\",\"i\":-9223372036854775808,\"b\":true,\"n\":null,\"a\":[1,2]}"), &j));
    zy_str s;
    int64_t i = 0;
    bool b = false;
    assert_true(zy_json_str(j, "s", &s) && zy_json_int(j, "i", &i) && zy_json_bool(j, "b", &b));
    ASSERT_STR(s, "掌银");
    assert_true(i == INT64_MIN && b);
    assert_false(zy_json_str(j, "i", &s) || zy_json_int(j, "s", &i) || zy_json_bool(j, "i", &b));
    assert_false(zy_json_str(j, "missing", &s) || zy_json_int(j, "n", &i));
    assert_int_equal(zy_json_type(zy_json_get(j, "n")), ZY_JSON_NULL);
    assert_int_equal(zy_json_type(zy_json_get(j, "missing")), ZY_JSON_NULL);
    assert_null(zy_json_get(NULL, "s"));
    assert_null(zy_json_get(zy_json_get(j, "a"), "s"));
    assert_int_equal(zy_json_count(zy_json_get(j, "a")), 2);
    assert_int_equal(zy_json_count(j), 5);
    assert_null(zy_json_at(zy_json_get(j, "a"), 2));
    assert_true(zy_json_as_int(zy_json_at(zy_json_get(j, "a"), 1), &i) && i == 2);
}

static void text_is_written_in_order_or_sorted(void **state)
{
    (void)state;
    ZY_AUTO(zy_json_free) zy_json *j = zy_json_object();
    zy_json *list = zy_json_array();
    zy_json_set_int(j, "z", 1);
    zy_json_set_c(j, "a", "x\"\n掌");
    zy_json_set_bool(j, "m", false);
    zy_json_push(list, zy_json_new_null());
    zy_json_push(list, zy_json_new_int(INT64_MAX));
    zy_json_set(j, "l", list);
    ZY_AUTO_BUF b = { 0 };
    zy_json_write(j, &b);
    ASSERT_STR(zy_buf_view(&b), "{\"z\":1,\"a\":\"x\\\"\\n掌\",\"m\":false,\"l\":[null,9223372036854775807]}");
    zy_buf_clear(&b);
    ZY_AUTO(zy_json_free) zy_json *copy = zy_json_copy(j);
    zy_json_set_int(j, "z", 2);
    zy_json_write_sorted(copy, &b);
    ASSERT_STR(zy_buf_view(&b), "{\"a\":\"x\\\"\\n掌\",\"l\":[null,9223372036854775807],\"m\":false,\"z\":1}");
    zy_buf_clear(&b);
    zy_json_write(NULL, &b);
    ASSERT_STR(zy_buf_view(&b), "null");
}

static void members_are_walked_in_order(void **state)
{
    (void)state;
    ZY_AUTO(zy_json_free) zy_json *j = NULL;
    ASSERT_OK(zy_json_parse(ZY_STR("{\"z\":1,\"a\":2,\"m\":3}"), &j));
    static const char *const KEYS[] = { "z", "a", "m" };
    void *iter = NULL;
    const char *key;
    const zy_json *value;
    for (int64_t i = 0; i < 3; i++) {
        int64_t got = 0;
        assert_true(zy_json_next(j, &iter, &key, &value));
        assert_string_equal(key, KEYS[i]);
        assert_true(zy_json_as_int(value, &got) && got == i + 1);
    }
    assert_false(zy_json_next(j, &iter, &key, &value));
}

static void malformed_text_becomes_replacement_characters(void **state)
{
    (void)state;
    ZY_AUTO(zy_json_free) zy_json *j = zy_json_new_str(ZY_STR("a\xff\0掌\xe6"));
    ZY_AUTO_BUF b = { 0 };
    zy_json_write(j, &b);
    ASSERT_STR(zy_buf_view(&b), "\"a\xef\xbf\xbd\xef\xbf\xbd掌\xef\xbf\xbd\"");
    ZY_AUTO(zy_json_free) zy_json *empty = zy_json_new_str((zy_str){ NULL, 0 });
    zy_buf_clear(&b);
    zy_json_write(empty, &b);
    ASSERT_STR(zy_buf_view(&b), "\"\"");
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(what_is_not_strict_json_is_refused),
        cmocka_unit_test(duplicate_keys_reals_and_nul_are_refused),
        cmocka_unit_test(depth_ends_at_the_limit),
        cmocka_unit_test(values_are_read_by_their_type),
        cmocka_unit_test(text_is_written_in_order_or_sorted),
        cmocka_unit_test(members_are_walked_in_order),
        cmocka_unit_test(malformed_text_becomes_replacement_characters),
    };
    return zy_test_main("json", TESTS, ZY_COUNT(TESTS));
}
