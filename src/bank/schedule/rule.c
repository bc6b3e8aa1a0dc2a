#include "bank/schedule/rule.h"

#define WEEK 7

static const char *const EVERY[] = { [ZY_EVERY_ONCE] = "once", [ZY_EVERY_DAYS] = "days", [ZY_EVERY_WEEK] = "week",
                                     [ZY_EVERY_MONTH] = "month" };

const char *zy_every_name(zy_every every)
{
    return EVERY[every];
}

zy_every zy_every_parse(zy_str name)
{
    for (size_t i = 1; i < ZY_COUNT(EVERY); i++)
        if (zy_str_eq_c(name, EVERY[i]))
            return (zy_every)i;
    return (zy_every)0;
}

/* 1970-01-01 was a Thursday. 1 Monday to 7 Sunday. */
static int weekday_of(zy_day day)
{
    return (int)(((day.days + 3) % WEEK + WEEK) % WEEK) + 1;
}

static zy_day week_day(const zy_schedule_rule *r, int64_t n)
{
    int ahead = (r->on_day - weekday_of(r->first) + WEEK) % WEEK;
    return (zy_day){ (int32_t)(r->first.days + ahead + n * WEEK * r->step) };
}

/* The months are counted from that of the first day, or the one behind it when its day has gone by there. */
static zy_day month_day(const zy_schedule_rule *r, int64_t n)
{
    zy_day first = zy_day_in_month(r->first, 0, r->on_day);
    int64_t skipped = first.days < r->first.days;
    return zy_day_in_month(r->first, skipped + n * r->step, r->on_day);
}

static zy_day nth(const zy_schedule_rule *r, int64_t n)
{
    switch (r->every) {
    case ZY_EVERY_DAYS:
        return (zy_day){ (int32_t)(r->first.days + n * r->step) };
    case ZY_EVERY_WEEK:
        return week_day(r, n);
    case ZY_EVERY_MONTH:
        return month_day(r, n);
    case ZY_EVERY_ONCE:
        break;
    }
    return r->first;
}

bool zy_schedule_day(const zy_schedule_rule *r, int64_t seq, zy_day *ret_day)
{
    int64_t most = r->every == ZY_EVERY_ONCE ? 1 : r->runs_max != 0 ? r->runs_max : ZY_SCHEDULE_RUNS;
    if (seq < 1 || seq > most)
        return false;
    *ret_day = nth(r, seq - 1);
    zy_day end = zy_day_in_month(r->first, 12 * ZY_SCHEDULE_YEARS, zy_day_of_month(r->first));
    return ret_day->days <= end.days && (r->last.days == 0 || ret_day->days <= r->last.days);
}

typedef struct bounds {
    int step_max, day_min, day_max;
} bounds;
static const bounds BOUNDS[] = { [ZY_EVERY_ONCE] = { 1, 0, 0 }, [ZY_EVERY_DAYS] = { 366, 0, 0 }, [ZY_EVERY_WEEK] = { 52, 1, 7 },
                                 [ZY_EVERY_MONTH] = { 12, 1, 31 } };

zy_status zy_schedule_check(const zy_schedule_rule *r, zy_day today, zy_err *err)
{
    zy_day day;
    if (r->every < ZY_EVERY_ONCE || r->every > ZY_EVERY_MONTH)
        return zy_fail(err, ZY_BAD_FIELD, "every", "no such rule");
    const bounds *b = &BOUNDS[r->every];
    if (r->step < 1 || r->step > b->step_max)
        return zy_fail(err, ZY_BAD_FIELD, "step", "1 to %d", b->step_max);
    if (r->on_day < b->day_min || r->on_day > b->day_max)
        return zy_fail(err, ZY_BAD_FIELD, "on_day", "%d to %d", b->day_min, b->day_max);
    if (r->first.days < today.days || r->first.days > today.days + 366)
        return zy_fail(err, ZY_BAD_FIELD, "first", "from today to a year ahead");
    if (r->runs_max < 0 || r->runs_max > ZY_SCHEDULE_RUNS)
        return zy_fail(err, ZY_BAD_FIELD, "runs", "at most %d", ZY_SCHEDULE_RUNS);
    if (!zy_schedule_day(r, 1, &day))
        return zy_fail(err, ZY_BAD_FIELD, "last", "it would never run");
    return ZY_OK;
}
