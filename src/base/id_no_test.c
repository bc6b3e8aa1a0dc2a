/* Identity numbers: what GB 11643 takes, and that no slip of a finger passes. */
#include <stdio.h>
#include <stdlib.h>

#include "base/id_no.h"
#include "zy_test.h"

#define ROUNDS 2000

static bool taken(const char *text)
{
    zy_id_no id;
    return zy_id_no_parse(zy_str_of(text), &id) == ZY_OK;
}

/* A number with another region, birth date and sequence at each call. */
static void any_number(unsigned i, char out[19])
{
    snprintf(out, 19, "%06u%04u%02u%02u%03u", 110000 + i * 37 % 540000, 1850 + i * 7 % 170, 1 + i % 12, 1 + i * 5 % 28, i % 1000);
    out[17] = zy_id_no_check(out);
    out[18] = '\0';
}

static void the_standards_examples_are_taken(void **state)
{
    (void)state;
    zy_id_no id;
    ASSERT_OK(zy_id_no_parse(ZY_STR("11010519491231002X"), &id)); /* GB 11643-1999, 4.4 */
    assert_int_equal(id.region, 110105);
    assert_int_equal(id.year * 10000 + id.month * 100 + id.day, 19491231);
    assert_true(id.female);
    ASSERT_OK(zy_id_no_parse(ZY_STR("440524188001010014"), &id));
    assert_false(id.female);
    ASSERT_OK(zy_id_no_parse(ZY_STR("11010519491231002x"), &id));
    assert_string_equal(id.text, "11010519491231002X");
}

static void every_single_wrong_digit_is_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char number[19];
        any_number(i, number);
        assert_true(taken(number));
        size_t at = i % 17;
        for (char c = '0'; c <= '9'; c++) {
            char wrong[19];
            memcpy(wrong, number, sizeof wrong);
            wrong[at] = c;
            assert_true(c == number[at] || !taken(wrong));
        }
    }
}

static void every_swap_of_neighbours_is_found(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        char number[19], swapped[19];
        any_number(i, number);
        memcpy(swapped, number, sizeof swapped);
        size_t at = i % 16;
        swapped[at] = number[at + 1];
        swapped[at + 1] = number[at];
        assert_true(swapped[at] == number[at] || !taken(swapped));
    }
}

static void dates_that_no_calendar_has_are_refused(void **state)
{
    (void)state;
    static const char *const DATES[] = { "19900230", "19900431", "19901301", "19900001", "19900100", "19000229", "18491231",
                                         "20230229" };
    static const char *const REAL[] = { "20000229", "20240229", "18500101", "19991231" };
    for (size_t i = 0; i < ZY_COUNT(DATES) + ZY_COUNT(REAL); i++) {
        bool real = i >= ZY_COUNT(DATES);
        char number[19];
        snprintf(number, sizeof number, "110101%s001", real ? REAL[i - ZY_COUNT(DATES)] : DATES[i]);
        number[17] = zy_id_no_check(number);
        number[18] = '\0';
        assert_int_equal(taken(number), real);
    }
}

static void other_shapes_are_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = { "", "X", "11010519491231002", "11010519491231002XX", "1101051949123100 X",
                                         "110105491231002", "1101051949123100２X", "-1010519491231002X", "11010519491231002Y" };
    for (size_t i = 0; i < ZY_COUNT(TEXTS); i++)
        assert_false(taken(TEXTS[i]));
}

static void regions_are_those_of_provinces(void **state)
{
    (void)state;
    static const int KNOWN[] = { 110101, 659001, 440524, 500101, 710000, 810000, 820000, 830000 };
    static const int UNKNOWN[] = { 0, 101101, 160101, 240101, 380101, 470101, 550101, 660101, 720000, 840000, 990000, 110000 };
    for (size_t i = 0; i < ZY_COUNT(KNOWN); i++)
        assert_true(zy_id_no_region_known(KNOWN[i]));
    for (size_t i = 0; i < ZY_COUNT(UNKNOWN); i++)
        assert_false(zy_id_no_region_known(UNKNOWN[i]));
}

static void age_steps_on_the_birthday(void **state)
{
    (void)state;
    const zy_id_no id = { .year = 2010, .month = 11, .day = 23 };
    static const struct {
        const char *day;
        int age;
    } AGES[] = { { "2026-11-22", 15 }, { "2026-11-23", 16 }, { "2026-12-01", 16 }, { "2027-10-30", 16 }, { "2010-11-23", 0 },
                 { "2010-11-22", -1 } };
    for (size_t i = 0; i < ZY_COUNT(AGES); i++) {
        zy_day day;
        ASSERT_OK(zy_day_parse(zy_str_of(AGES[i].day), &day));
        assert_int_equal(zy_id_no_age(&id, day), AGES[i].age);
    }
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(the_standards_examples_are_taken), cmocka_unit_test(every_single_wrong_digit_is_found),
        cmocka_unit_test(every_swap_of_neighbours_is_found), cmocka_unit_test(dates_that_no_calendar_has_are_refused),
        cmocka_unit_test(other_shapes_are_refused), cmocka_unit_test(regions_are_those_of_provinces),
        cmocka_unit_test(age_steps_on_the_birthday),
    };
    return zy_test_main("id_no", TESTS, ZY_COUNT(TESTS));
}
