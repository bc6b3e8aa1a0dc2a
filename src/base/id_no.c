#include "base/id_no.h"

#include <stdio.h>

#define YEAR_FIRST 1850

char zy_id_no_check(const char digits[17])
{
    static const int WEIGHTS[17] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 }; /* 2^(17-i) mod 11 */
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (digits[i] - '0') * WEIGHTS[i];
    return "10X98765432"[sum % 11];
}

static bool all_digits(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < '0' || p[i] > '9')
            return false;
    return true;
}

static int number(const char *p, size_t n)
{
    int value = 0;
    for (size_t i = 0; i < n; i++)
        value = value * 10 + (p[i] - '0');
    return value;
}

static bool is_date(int year, int month, int day)
{
    static const int DAYS[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year >= YEAR_FIRST && month >= 1 && month <= 12 && day >= 1 && day <= DAYS[month - 1] + (month == 2 && leap);
}

zy_status zy_id_no_parse(zy_str s, zy_id_no *ret_id_no)
{
    if (s.n != 18 || !all_digits(s.p, 17))
        return ZY_BAD_FIELD;
    char check = s.p[17] == 'x' ? 'X' : s.p[17];
    zy_id_no id = { .region = number(s.p, 6), .year = number(s.p + 6, 4), .month = number(s.p + 10, 2),
                    .day = number(s.p + 12, 2), .female = (s.p[16] - '0') % 2 == 0 };
    if (check != zy_id_no_check(s.p) || !is_date(id.year, id.month, id.day))
        return ZY_BAD_FIELD;
    snprintf(id.text, sizeof id.text, "%.17s%c", s.p, check);
    *ret_id_no = id;
    return ZY_OK;
}

bool zy_id_no_region_known(int region)
{
    /* 11 Beijing … 65 Xinjiang, 71 Taiwan, 81 to 83 residence permits of Hong Kong, Macao and Taiwan. */
    static const struct {
        int first, last;
    } PROVINCES[] = { { 11, 15 }, { 21, 23 }, { 31, 37 }, { 41, 46 }, { 50, 54 }, { 61, 65 }, { 71, 71 }, { 81, 83 } };
    int province = region / 10000;
    for (size_t i = 0; i < ZY_COUNT(PROVINCES); i++)
        if (province >= PROVINCES[i].first && province <= PROVINCES[i].last)
            return province > 65 || region % 10000 != 0;
    return false;
}

int zy_id_no_age(const zy_id_no *id_no, zy_day on)
{
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format(on, text); /* "2026-11-22" */
    int year = number(text, 4), month = number(text + 5, 2), day = number(text + 8, 2);
    bool before = month < id_no->month || (month == id_no->month && day < id_no->day);
    return year - id_no->year - before;
}
