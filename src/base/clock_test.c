#include "base/clock.h"

#include <stdio.h>

#include "zy_test.h"

#define AT(n) ((zy_time){ (n) })

static void fake_clock_stands_until_it_is_turned(void **state)
{
    (void)state;
    zy_clock *clock = zy_clock_fake_new(AT(1000));
    assert_int_equal(zy_clock_now(clock).ms, 1000);
    zy_clock_fake_turn(clock, ZY_MINUTES(2));
    assert_int_equal(zy_clock_now(clock).ms, 121000);
    zy_clock_fake_turn(clock, ZY_SECONDS(-60));
    assert_int_equal(zy_clock_now(clock).ms, 61000);
    zy_clock_fake_free(clock);
}

static void system_clock_is_after_the_release_of_this_test(void **state)
{
    (void)state;
    zy_day today = zy_day_of(zy_clock_now(zy_clock_system())), written;
    ASSERT_OK(zy_day_parse(ZY_STR("2025-01-01"), &written));
    assert_true(today.days > written.days);
    int64_t before = zy_clock_monotonic_ns();
    assert_true(zy_clock_monotonic_ns() >= before);
}

static void period_has_passed_at_its_exact_end(void **state)
{
    (void)state;
    assert_false(zy_time_passed(AT(1059), AT(1000), ZY_MS(60)));
    assert_true(zy_time_passed(AT(1060), AT(1000), ZY_MS(60)));
    assert_false(zy_time_passed(AT(900), AT(1000), ZY_MS(60))); /* the clock stepped back */
}

static void time_arithmetic_stops_at_the_ends(void **state)
{
    (void)state;
    assert_true(zy_time_add(AT(INT64_MAX), ZY_DAYS(1)).ms == INT64_MAX);
    assert_true(zy_time_add(AT(INT64_MIN), ZY_DAYS(-1)).ms == INT64_MIN);
    assert_true(zy_time_since(AT(INT64_MAX), AT(-1)).ms == INT64_MAX);
    assert_true(zy_time_since(AT(INT64_MIN), AT(1)).ms == INT64_MIN);
    assert_int_equal(zy_day_of(AT(INT64_MAX)).days, INT32_MAX);
    assert_int_equal(zy_day_of(AT(INT64_MIN)).days, INT32_MIN);
}

static void accounting_day_begins_at_midnight_in_beijing(void **state)
{
    (void)state;
    zy_day day;
    ASSERT_OK(zy_day_parse(ZY_STR("2026-11-22"), &day));
    zy_time start = zy_day_start(day);
    char text[ZY_TIME_TEXT_MAX];
    zy_time_format(start, text);
    assert_string_equal(text, "2026-11-22T00:00:00.000+08:00");
    assert_int_equal(zy_day_of(start).days, day.days);
    assert_int_equal(zy_day_of(AT(start.ms - 1)).days, day.days - 1);
    assert_int_equal(zy_day_of(AT(start.ms + 86400000 - 1)).days, day.days);
    assert_int_equal(zy_day_of(AT(0)).days, 0);
    assert_int_equal(zy_day_of(AT(-8 * 3600000)).days, 0);
    assert_int_equal(zy_day_of(AT(-8 * 3600000 - 1)).days, -1);
}

static void every_day_of_the_calendar_comes_back(void **state)
{
    (void)state;
    char text[ZY_DAY_TEXT_MAX], before[ZY_DAY_TEXT_MAX] = "";
    for (int32_t days = 0; days <= 2932896; days++) {
        zy_day back = { -1 };
        zy_day_format((zy_day){ days }, text);
        if (zy_day_parse(zy_str_of(text), &back) != ZY_OK || back.days != days || strcmp(before, text) >= 0)
            fail_msg("day %d prints as %s", days, text);
        memcpy(before, text, sizeof before);
    }
    assert_string_equal(text, "9999-12-31");
}

static int64_t days_360(const char *from, const char *to)
{
    zy_day a, b;
    ASSERT_OK(zy_day_parse(zy_str_of(from), &a));
    ASSERT_OK(zy_day_parse(zy_str_of(to), &b));
    return zy_day_count_360(b) - zy_day_count_360(a);
}

static void every_month_has_thirty_days_in_thirty_360(void **state)
{
    (void)state;
    assert_int_equal(days_360("2026-01-01", "2027-01-01"), 360);
    assert_int_equal(days_360("2026-01-30", "2026-01-31"), 0);
    assert_int_equal(days_360("2026-01-31", "2026-02-01"), 1);
    assert_int_equal(days_360("2026-02-28", "2026-03-01"), 3);
    assert_int_equal(days_360("2028-02-29", "2028-03-01"), 2);
    assert_int_equal(days_360("2026-03-21", "2026-06-21"), 90);
}

static void a_day_of_a_shorter_month_is_its_last_one(void **state)
{
    (void)state;
    static const struct {
        const char *from;
        int64_t months;
        int day;
        const char *want;
    } ROWS[] = { { "2026-01-15", 0, 31, "2026-01-31" }, { "2026-01-31", 1, 31, "2026-02-28" }, { "2028-01-31", 1, 30, "2028-02-29" },
                 { "2026-01-31", 3, 31, "2026-04-30" }, { "2026-11-30", 2, 30, "2027-01-30" }, { "2026-12-01", 120, 1, "2036-12-01" } };
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        zy_day from;
        char text[ZY_DAY_TEXT_MAX];
        assert_int_equal(zy_day_parse(zy_str_of(ROWS[i].from), &from), ZY_OK);
        zy_day_format(zy_day_in_month(from, ROWS[i].months, ROWS[i].day), text);
        assert_string_equal(text, ROWS[i].want);
    }
}

static void dates_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = { "2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-04-31",
                                       "2026-01-00", "1969-12-31", "2026-1-01",  "2026/01/01", "2026-01-011",
                                       "",           "2026-01-1 ", "+026-01-01", "2026-01-32" };
    zy_day day = { 5 };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        ASSERT_STATUS(zy_day_parse(zy_str_of(BAD[i]), &day), ZY_BAD_FIELD);
    assert_int_equal(day.days, 5);
    ASSERT_OK(zy_day_parse(ZY_STR("2000-02-29"), &day));
    ASSERT_OK(zy_day_parse(ZY_STR("2024-02-29"), &day));
    assert_int_equal(day.days, 19782);
}

static void points_in_time_print_as_beijing_time(void **state)
{
    (void)state;
    char text[ZY_TIME_TEXT_MAX];
    zy_time_format(AT(INT64_C(1795349700123)), text);
    assert_string_equal(text, "2026-11-22T20:15:00.123+08:00");
    zy_time_format_short(AT(INT64_C(1795349700123)), text);
    assert_string_equal(text, "2026-11-22 20:15:00");
    zy_time_format(AT(INT64_MAX), text); /* far away, but never past the array */
    assert_in_range(strlen(text), 1, ZY_TIME_TEXT_MAX - 1);
    zy_time_format(AT(INT64_MIN), text);
    assert_in_range(strlen(text), 1, ZY_TIME_TEXT_MAX - 1);
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(fake_clock_stands_until_it_is_turned),
        cmocka_unit_test(system_clock_is_after_the_release_of_this_test),
        cmocka_unit_test(period_has_passed_at_its_exact_end),
        cmocka_unit_test(time_arithmetic_stops_at_the_ends),
        cmocka_unit_test(accounting_day_begins_at_midnight_in_beijing),
        cmocka_unit_test(every_day_of_the_calendar_comes_back),
        cmocka_unit_test(every_month_has_thirty_days_in_thirty_360),
        cmocka_unit_test(a_day_of_a_shorter_month_is_its_last_one),
        cmocka_unit_test(dates_that_do_not_exist_are_refused),
        cmocka_unit_test(points_in_time_print_as_beijing_time),
    };
    return zy_test_main("clock", TESTS, ZY_COUNT(TESTS));
}
