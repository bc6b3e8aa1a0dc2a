#include "bank/route/workday.h"

#include <stdlib.h>

#include "bank/route/workday_internal.h"

#define EPOCH_WEEKDAY 4 /* 1970-01-01 was a Thursday; 0: Sunday */

#define CONFIGURED_MAX 100

static struct {
    workday_exception days[CONFIGURED_MAX]; /* by day */
    size_t count;
} configured; /* written at start alone */

static int compare_day(const void *key, const void *row)
{
    int32_t day = *(const int32_t *)key, other = ((const workday_exception *)row)->day;
    return day < other ? -1 : day > other;
}

static bool weekend(zy_day day)
{
    int weekday = (int)(((day.days + EPOCH_WEEKDAY) % 7 + 7) % 7);
    return weekday == 0 || weekday == 6;
}

static long year_of(zy_day day)
{
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format(day, text);
    return strtol(text, NULL, 10);
}

bool zy_workday_known(zy_day day)
{
    long year = year_of(day);
    for (size_t i = 0; i < configured.count; i++)
        if (year_of((zy_day){ configured.days[i].day }) == year)
            return true;
    return year <= WORKDAY_LAST_YEAR;
}

/* ---- the configuration ---- */

static zy_status parse_day(zy_str part, workday_exception *ret_day)
{
    zy_str text, verdict = part;
    zy_day day;
    if (!zy_str_next(&verdict, ':', &text) || zy_day_parse(zy_str_trim(text), &day) != ZY_OK)
        return ZY_CONFIG_BAD;
    verdict = zy_str_trim(verdict);
    *ret_day = (workday_exception){ day.days, zy_str_eq_c(verdict, "on") };
    return ret_day->works || zy_str_eq_c(verdict, "off") ? ZY_OK : ZY_CONFIG_BAD;
}

static int compare_rows(const void *a, const void *b)
{
    return compare_day(&((const workday_exception *)a)->day, b);
}

zy_status zy_workday_configure(zy_str text, zy_err *err)
{
    zy_str rest = zy_str_trim(text), part;
    size_t n = 0;
    configured.count = 0;
    while (text.n > 0 && zy_str_next(&rest, ',', &part))
        if (n == CONFIGURED_MAX || parse_day(part, &configured.days[n++]) != ZY_OK)
            return zy_fail(err, ZY_CONFIG_BAD, "route.workdays", "YYYY-MM-DD:on or YYYY-MM-DD:off, at most %d of them", CONFIGURED_MAX);
    qsort(configured.days, n, sizeof *configured.days, compare_rows);
    for (size_t i = 1; i < n; i++)
        if (configured.days[i].day == configured.days[i - 1].day)
            return zy_fail(err, ZY_CONFIG_BAD, "route.workdays", "a day stands there twice");
    configured.count = n;
    return ZY_OK;
}

/* ---- the days ---- */

static bool fixed_holiday(zy_day day)
{
    static const struct {
        int month, first, last;
    } FIXED[] = { { 1, 1, 1 }, { 5, 1, 1 }, { 10, 1, 3 } };
    int month = zy_day_month(day), of_month = zy_day_of_month(day);
    for (size_t i = 0; i < ZY_COUNT(FIXED); i++)
        if (month == FIXED[i].month && of_month >= FIXED[i].first && of_month <= FIXED[i].last)
            return true;
    return false;
}

bool zy_workday(zy_day day)
{
    const workday_exception *e = bsearch(&day.days, configured.days, configured.count, sizeof *configured.days, compare_day);
    if (e == NULL)
        e = bsearch(&day.days, WORKDAY_EXCEPTIONS, WORKDAY_EXCEPTION_COUNT, sizeof *WORKDAY_EXCEPTIONS, compare_day);
    if (e != NULL)
        return e->works;
    return !weekend(day) && (zy_workday_known(day) || !fixed_holiday(day));
}

zy_day zy_workday_next(zy_day day)
{
    do {
        day.days++;
    } while (!zy_workday(day));
    return day;
}
