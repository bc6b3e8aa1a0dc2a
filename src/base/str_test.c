#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

#include "zy_test.h"

static void whole_numbers_are_read_strictly(void **state)
{
    (void)state;
    uint64_t u = 7;
    int64_t i = 7;
    ASSERT_OK(zy_str_u64(ZY_STR("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    ASSERT_OK(zy_str_i64(ZY_STR("-9223372036854775808"), &i));
    assert_true(i == INT64_MIN);
    ASSERT_OK(zy_str_i64(ZY_STR("9223372036854775807"), &i));
    assert_true(i == INT64_MAX);
    ASSERT_OK(zy_str_u64(ZY_STR("0"), &u));
    ASSERT_STATUS(zy_str_u64(ZY_STR("18446744073709551616"), &u), ZY_OVERFLOW);
    ASSERT_STATUS(zy_str_u64(ZY_STR("99999999999999999999999"), &u), ZY_OVERFLOW);
    ASSERT_STATUS(zy_str_i64(ZY_STR("9223372036854775808"), &i), ZY_OVERFLOW);
    ASSERT_STATUS(zy_str_i64(ZY_STR("-9223372036854775809"), &i), ZY_OVERFLOW);
    assert_true(u == 0 && i == INT64_MAX); /* a refusal writes nothing */
    static const zy_str BAD[] = { ZY_STR_INIT(""),   ZY_STR_INIT("01"),  ZY_STR_INIT("+1"), ZY_STR_INIT(" 1"),
                                  ZY_STR_INIT("1 "), ZY_STR_INIT("1e3"), ZY_STR_INIT("-0"), ZY_STR_INIT("-"),
                                  ZY_STR_INIT("--1"), ZY_STR_INIT("1\0"), ZY_STR_INIT("0x10") };
    for (size_t k = 0; k < ZY_COUNT(BAD); k++) {
        ASSERT_STATUS(zy_str_u64(BAD[k], &u), ZY_BAD_FIELD);
        ASSERT_STATUS(zy_str_i64(BAD[k], &i), ZY_BAD_FIELD);
    }
}

static void parts_join_to_the_whole(void **state)
{
    (void)state;
    zy_str rest = ZY_STR("a,,b,"), part;
    static const char *const WANT[] = { "a", "", "b", "" };
    for (size_t i = 0; i < ZY_COUNT(WANT); i++) {
        assert_true(zy_str_next(&rest, ',', &part));
        ASSERT_STR(part, WANT[i]);
    }
    assert_false(zy_str_next(&rest, ',', &part));
    rest = (zy_str){ NULL, 0 };
    assert_false(zy_str_next(&rest, ',', &part));
}

static void cuts_stay_inside(void **state)
{
    (void)state;
    zy_str s = ZY_STR(" \t掌银 ok\r\n");
    ASSERT_STR(zy_str_trim(s), "掌银 ok");
    ASSERT_STR(zy_str_trim(ZY_STR(" \n ")), "");
    ASSERT_STR(zy_str_sub(ZY_STR("abc"), 1, SIZE_MAX), "bc");
    ASSERT_STR(zy_str_sub(ZY_STR("abc"), 9, 1), "");
    assert_true(zy_str_starts(ZY_STR("abc"), ZY_STR("")) && zy_str_starts(ZY_STR("abc"), ZY_STR("abc")));
    assert_false(zy_str_starts(ZY_STR("ab"), ZY_STR("abc")) || zy_str_ends(ZY_STR("bc"), ZY_STR("abc")));
    assert_true(zy_str_ends(ZY_STR("abc"), ZY_STR("bc")));
    assert_true(zy_str_cmp(ZY_STR("a"), ZY_STR("ab")) < 0 && zy_str_cmp(ZY_STR("b"), ZY_STR("ab")) > 0);
    assert_true(zy_str_eq(zy_str_of(NULL), ZY_STR("")) && !zy_str_eq(ZY_STR("a\0b"), ZY_STR("a\0c")));
}

static void only_well_formed_utf8_is_utf8(void **state)
{
    (void)state;
    static const zy_str GOOD[] = { ZY_STR_INIT(""), ZY_STR_INIT("abc"), ZY_STR_INIT("掌银"),
                                   ZY_STR_INIT("\xf0\x9f\x98\x80"), ZY_STR_INIT("\xf4\x8f\xbf\xbf"),
                                   ZY_STR_INIT("\xed\x9f\xbf"), ZY_STR_INIT("\xc2\x80") };
    static const zy_str BAD[] = {
        ZY_STR_INIT("\xc0\x80"),         ZY_STR_INIT("\xc1\xbf"),         ZY_STR_INIT("\xe0\x9f\xbf"),
        ZY_STR_INIT("\xf0\x8f\xbf\xbf"), ZY_STR_INIT("\xed\xa0\x80"),     ZY_STR_INIT("\xf4\x90\x80\x80"),
        ZY_STR_INIT("\xf5\x80\x80\x80"), ZY_STR_INIT("\x80"),             ZY_STR_INIT("\xe6\x8e"),
        ZY_STR_INIT("\xff"),             ZY_STR_INIT("a\0b"),             ZY_STR_INIT("\xc2\x41"),
    };
    for (size_t i = 0; i < ZY_COUNT(GOOD); i++)
        assert_true(zy_str_is_utf8(GOOD[i]));
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        assert_false(zy_str_is_utf8(BAD[i]));
}

static void code_points_are_counted_clipped_and_read(void **state)
{
    (void)state;
    zy_str s = ZY_STR("a掌\xf0\x9f\x98\x80");
    size_t at = 0;
    assert_int_equal(zy_str_chars(s), 3);
    assert_int_equal(zy_str_rune(s, &at), 'a');
    assert_int_equal(zy_str_rune(s, &at), 0x638c);
    assert_int_equal(zy_str_rune(s, &at), 0x1f600);
    assert_int_equal(at, s.n);
    at = 0;
    assert_int_equal(zy_str_rune(ZY_STR("\xe6\x8e"), &at), 0xfffd);
    assert_int_equal(at, 1);
    static const size_t LEFT[] = { 0, 1, 1, 1, 4, 4, 4, 4, 8, 8 };
    for (size_t max = 0; max < ZY_COUNT(LEFT); max++)
        assert_int_equal(zy_str_clip_utf8(s, max).n, LEFT[max]);
}

static void copying_needs_room_for_the_terminator(void **state)
{
    (void)state;
    char out[4] = "xyz";
    ASSERT_STATUS(zy_str_copy(ZY_STR("abcd"), out, sizeof out), ZY_REQUEST_TOO_LARGE);
    ASSERT_STATUS(zy_str_copy(ZY_STR("a\0b"), out, sizeof out), ZY_BAD_FIELD);
    assert_string_equal(out, "xyz");
    ASSERT_OK(zy_str_copy(ZY_STR("abc"), out, sizeof out));
    assert_string_equal(out, "abc");
    char *copy = zy_str_dup(ZY_STR("掌银"));
    assert_string_equal(copy, "掌银");
    free(copy);
}

static void buffer_keeps_what_it_has_at_its_ceiling(void **state)
{
    (void)state;
    ZY_AUTO_BUF b = { .max = 8 };
    zy_buf_c(&b, "12345");
    zy_buf_c(&b, "6789");
    assert_true(zy_buf_failed(&b));
    zy_buf_char(&b, 'x'); /* would fit, but would leave a hole */
    ASSERT_STR(zy_buf_view(&b), "12345");
    zy_buf_clear(&b);
    assert_false(zy_buf_failed(&b));
    zy_buf_fmt(&b, "%d-%s", 12345, "78");
    ASSERT_STR(zy_buf_view(&b), "12345-78");
    assert_false(zy_buf_failed(&b));
    assert_int_equal(b.p[8], 0);
    zy_buf_fmt(&b, "%d", 1);
    assert_true(zy_buf_failed(&b));
}

static void buffer_without_a_ceiling_stops_at_one_mebibyte(void **state)
{
    (void)state;
    ZY_AUTO_SECRET_BUF b = { 0 };
    static const char PIECE[1024] = "";
    for (int i = 0; i < 1024; i++)
        zy_buf_add(&b, PIECE, sizeof PIECE);
    assert_false(zy_buf_failed(&b));
    zy_buf_char(&b, 1);
    assert_true(zy_buf_failed(&b));
    assert_int_equal(b.n, 1 << 20);
}

typedef void (*encoder)(const void *, size_t, char *);
typedef zy_status (*decoder)(zy_str, uint8_t *, size_t, size_t *);
static const struct {
    encoder encode;
    decoder decode;
} CODECS[] = {
    { zy_hex_encode, zy_hex_decode },
    { zy_base64_encode, zy_base64_decode },
    { zy_base64url_encode, zy_base64url_decode },
    { zy_base32_encode, zy_base32_decode },
};

static void encodings_come_back_at_every_length(void **state)
{
    (void)state;
    uint8_t bytes[70], back[70];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 255);
    for (size_t k = 0; k < ZY_COUNT(CODECS); k++)
        for (size_t n = 0; n <= sizeof bytes; n++) {
            char text[200];
            size_t got = 999;
            CODECS[k].encode(bytes, n, text);
            ASSERT_OK(CODECS[k].decode(zy_str_of(text), back, n, &got));
            assert_int_equal(got, n);
            assert_memory_equal(back, bytes, n);
            if (n > 0)
                ASSERT_STATUS(CODECS[k].decode(zy_str_of(text), back, n - 1, &got), ZY_REQUEST_TOO_LARGE);
        }
}

static void encodings_give_the_published_texts(void **state)
{
    (void)state;
    char text[40];
    zy_base64_encode("fooba", 5, text);
    assert_string_equal(text, "Zm9vYmE="); /* RFC 4648, section 10 */
    zy_base32_encode("fooba", 5, text);
    assert_string_equal(text, "MZXW6YTB");
    zy_base64url_encode("\xfb\xff", 2, text);
    assert_string_equal(text, "-_8");
    zy_hex_encode("\x00\xab", 2, text);
    assert_string_equal(text, "00ab");
}

static void each_value_has_one_text(void **state)
{
    (void)state;
    uint8_t out[16];
    size_t n;
    static const zy_str BASE64[] = { ZY_STR_INIT("Zg"),    ZY_STR_INIT("Zg="),   ZY_STR_INIT("Zh=="),  ZY_STR_INIT("Zg==\n"),
                                     ZY_STR_INIT("Z g="),  ZY_STR_INIT("===="),  ZY_STR_INIT("Z==="),  ZY_STR_INIT("Zm9="),
                                     ZY_STR_INIT("-_8="),  ZY_STR_INIT("Zg==Zg=="), ZY_STR_INIT("Zm\0v") };
    for (size_t i = 0; i < ZY_COUNT(BASE64); i++)
        ASSERT_STATUS(zy_base64_decode(BASE64[i], out, sizeof out, &n), ZY_BAD_FIELD);
    static const zy_str URL[] = { ZY_STR_INIT("A"), ZY_STR_INIT("Zh"), ZY_STR_INIT("Zg=="), ZY_STR_INIT("+/8") };
    for (size_t i = 0; i < ZY_COUNT(URL); i++)
        ASSERT_STATUS(zy_base64url_decode(URL[i], out, sizeof out, &n), ZY_BAD_FIELD);
    static const zy_str BASE32[] = { ZY_STR_INIT("M"),  ZY_STR_INIT("MZX"), ZY_STR_INIT("MZXW6Y"),
                                     ZY_STR_INIT("MZ"), ZY_STR_INIT("my"),  ZY_STR_INIT("MY======") };
    for (size_t i = 0; i < ZY_COUNT(BASE32); i++)
        ASSERT_STATUS(zy_base32_decode(BASE32[i], out, sizeof out, &n), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_hex_decode(ZY_STR("abc"), out, sizeof out, &n), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_hex_decode(ZY_STR("0g"), out, sizeof out, &n), ZY_BAD_FIELD);
    ASSERT_OK(zy_hex_decode(ZY_STR("aBCd"), out, sizeof out, &n));
    assert_memory_equal(out, "\xab\xcd", 2);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(whole_numbers_are_read_strictly),
        cmocka_unit_test(parts_join_to_the_whole),
        cmocka_unit_test(cuts_stay_inside),
        cmocka_unit_test(only_well_formed_utf8_is_utf8),
        cmocka_unit_test(code_points_are_counted_clipped_and_read),
        cmocka_unit_test(copying_needs_room_for_the_terminator),
        cmocka_unit_test(buffer_keeps_what_it_has_at_its_ceiling),
        cmocka_unit_test(buffer_without_a_ceiling_stops_at_one_mebibyte),
        cmocka_unit_test(encodings_come_back_at_every_length),
        cmocka_unit_test(encodings_give_the_published_texts),
        cmocka_unit_test(each_value_has_one_text),
    };
    return zy_test_main("str", TESTS, ZY_COUNT(TESTS));
}
