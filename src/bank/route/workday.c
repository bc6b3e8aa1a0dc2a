#include "bank/route/workday.h"

#include <stdlib.h>

#include "bank/route/workday_internal.h"

#define EPOCH_WEEKDAY 4 /* 1970-01-01 was a Thursday; 0: Sunday */

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

bool zy_workday_known(zy_day day)
{
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format(day, text);
    return strtol(text, NULL, 10) <= WORKDAY_LAST_YEAR;
}

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
    const workday_exception *e = bsearch(&day.days, WORKDAY_EXCEPTIONS, WORKDAY_EXCEPTION_COUNT, sizeof *WORKDAY_EXCEPTIONS, compare_day);
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
