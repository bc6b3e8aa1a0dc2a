#include "base/money.h"

#include "zy_test.h"

#define FEN(n) ((zy_money){ (n) })

static void sums_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    zy_money m = FEN(1);
    ASSERT_STATUS(zy_money_add(FEN(INT64_MAX), FEN(1), &m), ZY_OVERFLOW);
    ASSERT_STATUS(zy_money_sub(FEN(INT64_MIN), FEN(1), &m), ZY_OVERFLOW);
    ASSERT_STATUS(zy_money_negate(FEN(INT64_MIN), &m), ZY_OVERFLOW);
    ASSERT_FEN(m, 1);
    ASSERT_OK(zy_money_add(FEN(INT64_MAX), FEN(INT64_MIN), &m));
    ASSERT_FEN(m, -1);
    ASSERT_OK(zy_money_sub(FEN(5), FEN(7), &m));
    ASSERT_FEN(m, -2);
    ASSERT_OK(zy_money_negate(FEN(INT64_MAX), &m));
    ASSERT_FEN(m, -INT64_MAX);
}

static void split_keeps_the_total(void **state)
{
    (void)state;
    static const int64_t TOTALS[] = { 0, 1, 2, 100, -1, -100, INT64_MAX, INT64_MIN, 999999999 };
    zy_money part[7];
    for (size_t t = 0; t < ZY_COUNT(TOTALS); t++)
        for (size_t count = 1; count <= ZY_COUNT(part); count++) {
            zy_money sum = FEN(0);
            ASSERT_OK(zy_money_split(FEN(TOTALS[t]), count, part));
            for (size_t i = 0; i < count; i++) {
                ASSERT_OK(zy_money_add(sum, part[i], &sum));
                assert_true(i == 0 || part[i - 1].fen >= part[i].fen);
            }
            ASSERT_FEN(sum, TOTALS[t]);
            assert_true(part[0].fen - part[count - 1].fen <= 1);
        }
    ASSERT_OK(zy_money_split(FEN(100), 3, part));
    ASSERT_FEN(part[0], 34);
    ASSERT_FEN(part[2], 33);
    ASSERT_STATUS(zy_money_split(FEN(1), 0, part), ZY_BAD_FIELD);
}

static void halves_round_to_the_even_neighbour(void **state)
{
    (void)state;
    static const struct {
        int64_t fen, numerator, denominator, want;
    } ROWS[] = {
        { 1, 1, 2, 0 },    { 3, 1, 2, 2 },       { 5, 1, 2, 2 },   { -1, 1, 2, 0 },   { -3, 1, 2, -2 },
        { -5, 1, 2, -2 },  { 10, 1, 3, 3 },      { 20, 1, 3, 7 },  { -20, 1, 3, -7 }, { 7, -1, 2, -4 },
        { 100, 35, 1000, 4 }, { 100000000, 15, 36000, 41667 },
        { INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX }, { INT64_MIN, 3, 3, INT64_MIN },
    };
    zy_money m;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        ASSERT_OK(zy_money_scale_half_even(FEN(ROWS[i].fen), ROWS[i].numerator, ROWS[i].denominator, &m));
        ASSERT_FEN(m, ROWS[i].want);
    }
    ASSERT_STATUS(zy_money_scale_half_even(FEN(INT64_MAX), 2, 1, &m), ZY_OVERFLOW);
    ASSERT_STATUS(zy_money_scale_half_even(FEN(INT64_MIN), -1, 1, &m), ZY_OVERFLOW);
    ASSERT_STATUS(zy_money_scale_half_even(FEN(1), 1, 0, &m), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_money_scale_half_even(FEN(1), 1, -2, &m), ZY_BAD_FIELD);
}

static void amounts_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t fen;
    } GOOD[] = {
        { "0", 0 },          { "0.00", 0 },     { "12", 1200 },    { "12.5", 1250 }, { "1234.56", 123456 },
        { "-0.05", -5 },     { "0.50", 50 },    { "92233720368547758.07", INT64_MAX },
        { "-92233720368547758.08", INT64_MIN },
    };
    static const zy_str BAD[] = {
        ZY_STR_INIT(""),     ZY_STR_INIT("-"),    ZY_STR_INIT("."),      ZY_STR_INIT(".5"),   ZY_STR_INIT("5."),
        ZY_STR_INIT("1.234"), ZY_STR_INIT("01"),  ZY_STR_INIT("00.5"),   ZY_STR_INIT("+1"),   ZY_STR_INIT("1,000"),
        ZY_STR_INIT("1e3"),  ZY_STR_INIT(" 1"),   ZY_STR_INIT("1 "),     ZY_STR_INIT("--1"),  ZY_STR_INIT("1.-5"),
        ZY_STR_INIT("-0"),   ZY_STR_INIT("-0.00"), ZY_STR_INIT("1.2.3"), ZY_STR_INIT("１"),   ZY_STR_INIT("1.5\0"),
        ZY_STR_INIT("NaN"),  ZY_STR_INIT("1..2"),
    };
    zy_money m = FEN(7);
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        ASSERT_STATUS(zy_money_parse(BAD[i], &m), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_money_parse(ZY_STR("92233720368547758.08"), &m), ZY_OVERFLOW);
    ASSERT_STATUS(zy_money_parse(ZY_STR("-92233720368547758.09"), &m), ZY_OVERFLOW);
    ASSERT_STATUS(zy_money_parse(ZY_STR("99999999999999999999"), &m), ZY_OVERFLOW);
    ASSERT_FEN(m, 7);
    for (size_t i = 0; i < ZY_COUNT(GOOD); i++) {
        ASSERT_OK(zy_money_parse(zy_str_of(GOOD[i].text), &m));
        ASSERT_FEN(m, GOOD[i].fen);
    }
}

static void amounts_print_with_two_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t fen;
        const char *plain, *grouped;
    } ROWS[] = {
        { 0, "0.00", "0.00" },
        { 5, "0.05", "0.05" },
        { -5, "-0.05", "-0.05" },
        { 99999, "999.99", "999.99" },
        { 100000, "1000.00", "1,000.00" },
        { -12345678, "-123456.78", "-123,456.78" },
        { 123456789, "1234567.89", "1,234,567.89" },
        { INT64_MIN, "-92233720368547758.08", "-92,233,720,368,547,758.08" },
        { INT64_MAX, "92233720368547758.07", "92,233,720,368,547,758.07" },
    };
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        char text[ZY_MONEY_TEXT_MAX];
        zy_money_format(FEN(ROWS[i].fen), text);
        assert_string_equal(text, ROWS[i].plain);
        zy_money_format_grouped(FEN(ROWS[i].fen), text);
        assert_string_equal(text, ROWS[i].grouped);
    }
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(sums_that_do_not_fit_are_refused),
        cmocka_unit_test(split_keeps_the_total),
        cmocka_unit_test(halves_round_to_the_even_neighbour),
        cmocka_unit_test(amounts_are_read_exactly),
        cmocka_unit_test(amounts_print_with_two_decimals),
    };
    return zy_test_main("money", TESTS, ZY_COUNT(TESTS));
}
