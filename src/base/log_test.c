#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mask.h"
#include "zy_test.h"

static FILE *file;

static int open_file(void **state)
{
    (void)state;
    file = tmpfile();
    zy_log_open(fileno(file), ZY_LOG_INFO);
    zy_log_trace(ZY_STR(""));
    return file != NULL ? 0 : -1;
}

static int close_file(void **state)
{
    (void)state;
    zy_log_open(STDERR_FILENO, ZY_LOG_INFO);
    return fclose(file);
}

/* Everything written so far, terminated. */
static const char *written(void)
{
    static char text[1 << 20];
    ssize_t n = pread(fileno(file), text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = 0;
    return text;
}

static zy_json *only_line(void)
{
    zy_json *j = NULL;
    zy_str text = zy_str_of(written());
    assert_true(zy_str_ends(text, ZY_STR("}\n")));
    ASSERT_OK(zy_json_parse(text, &j));
    return j;
}

static void assert_member(const zy_json *j, const char *key, const char *want)
{
    zy_str s = { NULL, 0 };
    assert_true(zy_json_str(j, key, &s));
    ASSERT_STR(s, want);
}

static void personal_fields_are_masked_by_their_type(void **state)
{
    (void)state;
    zy_log_info("login.failed", ZY_L_PHONE("phone", ZY_STR("13800000001")), ZY_L_NAME("name", ZY_STR("张三丰")),
                ZY_L_CARD("card", ZY_STR("6217000012345678")), ZY_L_INT("tries", 3),
                ((zy_log_field){ .key = "from", .kind = ZY_LOGF_ADDR_IP, .s = ZY_STR("10.1.2.3") }));
    ZY_AUTO(zy_json_free) zy_json *j = only_line();
    assert_member(j, "level", "info");
    assert_member(j, "event", "login.failed");
    assert_member(j, "phone", "138****0001");
    assert_member(j, "name", "**丰");
    assert_member(j, "card", "6217 **** **** 5678");
    assert_member(j, "from", "10.1.*.*");
    assert_null(strstr(written(), "13800000001"));
    assert_null(strstr(written(), "00001234"));
    assert_null(strstr(written(), "张三"));
}

static void value_cannot_start_a_line_of_its_own(void **state)
{
    (void)state;
    zy_log_warn("odd\n{\"event\":\"forged\"}", ZY_L_TEXT("t", ZY_STR("a\"}\n{\"event\":\"x\"\xff\x1b[31m\\\0\xc2\x85\xe2\x80\xa8")));
    const char *text = written();
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
    assert_null(strchr(text, 0x1b));
    assert_non_null(strstr(text, "\\u0000"));
    assert_non_null(strstr(text, "\\u0085"));
    assert_non_null(strstr(text, "\\u2028"));
}

static void trace_id_stands_on_every_line_of_its_thread(void **state)
{
    ZY_PROVES("j225.6.2.4.f");
    (void)state;
    zy_log_trace(ZY_STR("T-1"));
    zy_log_info("a");
    ZY_AUTO(zy_json_free) zy_json *j = only_line();
    assert_member(j, "trace", "T-1");
    ASSERT_STR(zy_log_trace_now(), "T-1");
    char longer[200];
    memset(longer, 'x', sizeof longer);
    zy_log_trace(zy_str_bytes(longer, sizeof longer));
    assert_int_equal(zy_log_trace_now().n, 63);
}

static void lower_levels_are_left_out(void **state)
{
    (void)state;
    zy_log_debug("hidden");
    assert_string_equal(written(), "");
    zy_log_open(fileno(file), ZY_LOG_ERROR);
    zy_log_warn("hidden");
    assert_string_equal(written(), "");
    zy_err err = { 0 };
    assert_int_equal(zy_fail(&err, ZY_DB_ERROR, "amount", "row %d", 7), ZY_DB_ERROR);
    zy_log_err("order.failed", &err);
    ZY_AUTO(zy_json_free) zy_json *j = only_line();
    assert_member(j, "status", "DB_ERROR");
    assert_member(j, "field", "amount");
    assert_member(j, "detail", "row 7");
}

static void line_has_a_ceiling_and_stays_whole(void **state)
{
    (void)state;
    static char longer[100000];
    memset(longer, '"', sizeof longer);
    zy_str s = zy_str_bytes(longer, sizeof longer);
    zy_log_info("big", ZY_L_TEXT("a", s), ZY_L_TEXT("b", s), ZY_L_TEXT("c", s), ZY_L_TEXT("d", s), ZY_L_TEXT("e", s),
                ZY_L_TEXT("f", s), ZY_L_TEXT("g", s), ZY_L_TEXT("h", s), ZY_L_TEXT("i", s), ZY_L_INT("last", 1));
    ZY_AUTO(zy_json_free) zy_json *j = only_line();
    int64_t last = 0;
    assert_true(zy_json_int(j, "last", &last) && last == 1);
    assert_true(strlen(written()) <= 8192);
}

static void *write_lines(void *arg)
{
    (void)arg;
    for (int i = 0; i < 200; i++)
        zy_log_info("thread", ZY_L_INT("i", i), ZY_L_C("filler", "0123456789012345678901234567890123456789"));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    pthread_t thread[4];
    for (size_t i = 0; i < ZY_COUNT(thread); i++)
        assert_int_equal(pthread_create(&thread[i], NULL, write_lines, NULL), 0);
    for (size_t i = 0; i < ZY_COUNT(thread); i++)
        pthread_join(thread[i], NULL);
    zy_str rest = zy_str_of(written()), one;
    size_t lines = 0;
    while (zy_str_next(&rest, '\n', &one) && one.n > 0) {
        zy_json *j = NULL;
        ASSERT_OK(zy_json_parse(one, &j));
        zy_json_free(j);
        lines++;
    }
    assert_int_equal(lines, 4 * 200);
}

static void assert_screened(const char *text, const char *want)
{
    char copy[100];
    ASSERT_OK(zy_str_copy(zy_str_of(text), copy, sizeof copy));
    zy_mask_in_text(copy, strlen(copy));
    assert_string_equal(copy, want);
}

static void numbers_of_people_inside_a_text_are_starred(void **state)
{
    ZY_PROVES("j225.6.2.4.f");
    (void)state;
    assert_screened("phone 13800000001.", "phone 138****0001.");
    assert_screened("13800000001", "138****0001");
    assert_screened("to 6217000012345670, 2", "to 621*********5670, 2");
    assert_screened("id 11010519491231002X!", "id 110***********002X!");
    assert_screened("110105194912310021", "110105194912310021"); /* a wrong check character: none */
    assert_screened("row 1795349700123 of 12345678901", "row 1795349700123 of 12345678901");
    assert_screened("", "");
    zy_err err = { 0 };
    assert_int_equal(zy_fail(&err, ZY_DB_ERROR, NULL, "duplicate key (phone)=(13800000001)"), ZY_DB_ERROR);
    zy_log_err("order.failed", &err);
    assert_non_null(strstr(written(), "(138****0001)"));
}

static void assert_mask(void (*mask)(zy_str, char *), const char *value, const char *want)
{
    char out[ZY_MASK_MAX];
    mask(zy_str_of(value), out);
    assert_string_equal(out, want);
}

static void masks_hide_what_they_do_not_know(void **state)
{
    (void)state;
    assert_mask(zy_mask_phone, "13800000001", "138****0001");
    assert_mask(zy_mask_phone, "1380000", "*******");
    assert_mask(zy_mask_phone, "+8613800000001", "**************");
    assert_mask(zy_mask_phone, "", "");
    assert_mask(zy_mask_name, "张三", "*三");
    assert_mask(zy_mask_name, "欧阳娜娜", "***娜");
    assert_mask(zy_mask_name, "三", "*");
    assert_mask(zy_mask_name, "John Smith", "**** S****");
    assert_mask(zy_mask_name, "John", "****");
    assert_mask(zy_mask_name, "\xff\xfe\xfd", "***");
    assert_mask(zy_mask_card, "6217000012341234", "6217 **** **** 1234");
    assert_mask(zy_mask_card, "621700001", "*********");
    assert_mask(zy_mask_card, "6217-0000-1234-1234", "*******************");
    assert_mask(zy_mask_id_no, "11010119900307001X", "1****************X");
    assert_mask(zy_mask_id_no, "G1", "**");
    assert_mask(zy_mask_ip, "192.168.7.9", "192.168.*.*");
    assert_mask(zy_mask_ip, "2001:db8:1::7", "2001:db8:*");
    assert_mask(zy_mask_ip, "::ffff:10.1.2.3", "10.1.*.*");
    assert_mask(zy_mask_ip, "evil\n", "*");
}

static void masks_stay_inside_their_array(void **state)
{
    (void)state;
    static void (*const MASKS[])(zy_str, char *) = { zy_mask_phone, zy_mask_name, zy_mask_card, zy_mask_id_no,
                                                     zy_mask_ip };
    static char longer[5000];
    static const char FILL[] = { '1', 'a', ' ', '.', ':', '\xe6' };
    for (size_t f = 0; f < sizeof FILL; f++) {
        memset(longer, FILL[f], sizeof longer);
        for (size_t m = 0; m < ZY_COUNT(MASKS); m++) {
            char *out = malloc(ZY_MASK_MAX); /* the sanitizer watches both its ends */
            MASKS[m](zy_str_bytes(longer, sizeof longer), out);
            assert_true(strlen(out) < ZY_MASK_MAX);
            free(out);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test_setup_teardown(personal_fields_are_masked_by_their_type, open_file, close_file),
        cmocka_unit_test_setup_teardown(value_cannot_start_a_line_of_its_own, open_file, close_file),
        cmocka_unit_test_setup_teardown(trace_id_stands_on_every_line_of_its_thread, open_file, close_file),
        cmocka_unit_test_setup_teardown(lower_levels_are_left_out, open_file, close_file),
        cmocka_unit_test_setup_teardown(line_has_a_ceiling_and_stays_whole, open_file, close_file),
        cmocka_unit_test_setup_teardown(lines_of_threads_do_not_mix, open_file, close_file),
        cmocka_unit_test_setup_teardown(numbers_of_people_inside_a_text_are_starred, open_file, close_file),
        cmocka_unit_test(masks_hide_what_they_do_not_know),
        cmocka_unit_test(masks_stay_inside_their_array),
    };
    return zy_test_main("log", TESTS, ZY_COUNT(TESTS));
}
