#include "zy_test.h"

static const struct {
    int number, http;
    const char *name, *text;
} LIST[] = {
#define LIST_ROW(name, number, http, text) { number, http, #name, text },
    ZY_STATUS_LIST(LIST_ROW)
#undef LIST_ROW
};

static void each_status_has_a_number_of_its_own_and_a_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(LIST); i++) {
        zy_status status = (zy_status)LIST[i].number;
        assert_string_equal(zy_status_name(status), LIST[i].name);
        assert_string_equal(zy_status_text(status), LIST[i].text);
        assert_int_equal(zy_status_http(status), LIST[i].http);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(LIST[i].number, LIST[k].number);
    }
}

static void our_own_failures_do_not_say_what_failed(void **state)
{
    (void)state;
    const char *busy = zy_status_text(ZY_INTERNAL);
    static const zy_status OURS[] = { ZY_DB_ERROR, ZY_CRYPTO_FAILED, ZY_NO_MEMORY, ZY_OVERFLOW,
                                      ZY_IO_ERROR, ZY_DB_CONFLICT,   ZY_DB_UNIQUE, ZY_CONNECTOR_FAILED };
    for (size_t i = 0; i < ZY_COUNT(OURS); i++)
        assert_string_equal(zy_status_text(OURS[i]), busy);
}

static void unknown_number_counts_as_internal(void **state)
{
    (void)state;
    zy_status unknown = (zy_status)(ZY_TIMEOUT + 4000);
    assert_string_equal(zy_status_name(unknown), "INTERNAL");
    assert_int_equal(zy_status_http(unknown), 500);
}

static void failure_keeps_field_and_detail_within_their_arrays(void **state)
{
    (void)state;
    zy_err err = { 0 };
    char longer[400];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    ASSERT_STATUS(zy_fail(&err, ZY_BAD_FIELD, longer, "%s", longer), ZY_BAD_FIELD);
    assert_int_equal(strlen(err.field), sizeof err.field - 1);
    assert_int_equal(strlen(err.detail), sizeof err.detail - 1);
    ASSERT_STATUS(zy_fail(NULL, ZY_BUSY, "a", "no room to write to"), ZY_BUSY);
    ASSERT_STATUS(zy_fail(&err, ZY_BUSY, NULL, "n %d", 7), ZY_BUSY);
    assert_string_equal(err.field, "");
    assert_string_equal(err.detail, "n 7");
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(each_status_has_a_number_of_its_own_and_a_text),
        cmocka_unit_test(our_own_failures_do_not_say_what_failed),
        cmocka_unit_test(unknown_number_counts_as_internal),
        cmocka_unit_test(failure_keeps_field_and_detail_within_their_arrays),
    };
    return zy_test_main("status", TESTS, ZY_COUNT(TESTS));
}
