#include "base/clock.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DAY_MS     INT64_C(86400000)
#define BEIJING_MS (8 * INT64_C(3600000)) /* UTC+8 without summer time: the bank's calendar */
#define LAST_DAY   2932896                /* 9999-12-31 */

struct zy_clock {
    bool fake;
    _Atomic int64_t ms; /* fake only */
};

const zy_clock *zy_clock_system(void)
{
    static const zy_clock SYSTEM = { .fake = false };
    return &SYSTEM;
}

zy_clock *zy_clock_fake_new(zy_time start)
{
    zy_clock *clock = calloc(1, sizeof *clock);
    if (clock == NULL)
        abort();
    clock->fake = true;
    atomic_init(&clock->ms, start.ms);
    return clock;
}

void zy_clock_fake_turn(zy_clock *clock, zy_dur by)
{
    assert(clock->fake);
    atomic_fetch_add(&clock->ms, by.ms);
}

void zy_clock_fake_free(zy_clock *clock)
{
    free(clock);
}

zy_time zy_clock_now(const zy_clock *clock)
{
    if (clock->fake)
        return (zy_time){ atomic_load(&clock->ms) };
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (zy_time){ (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 };
}

int64_t zy_clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t add_clamped(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return a < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

zy_time zy_time_add(zy_time t, zy_dur d)
{
    return (zy_time){ add_clamped(t.ms, d.ms) };
}

zy_dur zy_time_since(zy_time later, zy_time earlier)
{
    int64_t difference;
    if (__builtin_sub_overflow(later.ms, earlier.ms, &difference))
        difference = later.ms < 0 ? INT64_MIN : INT64_MAX;
    return (zy_dur){ difference };
}

bool zy_time_passed(zy_time now, zy_time since, zy_dur d)
{
    return zy_time_since(now, since).ms >= d.ms;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

zy_day zy_day_of(zy_time t)
{
    int64_t days = floor_div(add_clamped(t.ms, BEIJING_MS), DAY_MS);
    return (zy_day){ days > INT32_MAX ? INT32_MAX : days < INT32_MIN ? INT32_MIN : (int32_t)days };
}

zy_time zy_day_start(zy_day d)
{
    return (zy_time){ (int64_t)d.days * DAY_MS - BEIJING_MS };
}

typedef struct date {
    int year, month, day;
} date;

/* Proleptic Gregorian calendar. Years are counted from March, so that the leap day comes last. */
static date date_of(int64_t days)
{
    int64_t since = days + 719468; /* since 0000-03-01 */
    int64_t era = floor_div(since, 146097);
    int64_t in_era = since - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153;
    return (date){ .year = (int)(year + era * 400 + (month >= 10)),
                   .month = (int)(month < 10 ? month + 3 : month - 9),
                   .day = (int)(in_year - (153 * month + 2) / 5 + 1) };
}

static int32_t days_of(date d)
{
    int64_t year = d.year - (d.month <= 2);
    int64_t era = floor_div(year, 400);
    int64_t in_era = year - era * 400;
    int64_t in_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return (int32_t)(era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468);
}

int64_t zy_day_count_360(zy_day d)
{
    date at = date_of(d.days);
    return INT64_C(360) * at.year + 30 * at.month + (at.day < 30 ? at.day : 30);
}

int zy_day_of_month(zy_day d)
{
    return date_of(d.days).day;
}

int zy_day_month(zy_day d)
{
    return date_of(d.days).month;
}

zy_day zy_day_in_month(zy_day d, int64_t months, int day)
{
    date at = date_of(d.days);
    int64_t month = (int64_t)at.year * 12 + at.month - 1 + months;
    date first = { .year = (int)(month / 12), .month = (int)(month % 12) + 1, .day = 1 };
    date next = { .year = (int)((month + 1) / 12), .month = (int)((month + 1) % 12) + 1, .day = 1 };
    int length = days_of(next) - days_of(first);
    return (zy_day){ days_of(first) + (day < length ? day : length) - 1 };
}

/* The texts have four digits for the year: what lies outside 1970-9999 is shown as the nearest end. */
static date shown_date(int64_t days)
{
    return date_of(days < 0 ? 0 : days > LAST_DAY ? LAST_DAY : days);
}

void zy_day_format(zy_day d, char out[ZY_DAY_TEXT_MAX])
{
    date x = shown_date(d.days);
    snprintf(out, ZY_DAY_TEXT_MAX, "%04u-%02u-%02u", (unsigned)x.year % 10000u,
             (unsigned)x.month % 100u, (unsigned)x.day % 100u);
}

zy_status zy_day_parse(zy_str s, zy_day *ret_day)
{
    if (s.n != 10)
        return ZY_BAD_FIELD;
    int part[3] = { 0 }, at = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (i == 4 || i == 7) {
            if (s.p[i] != '-')
                return ZY_BAD_FIELD;
            at++;
        } else if (s.p[i] < '0' || s.p[i] > '9')
            return ZY_BAD_FIELD;
        else
            part[at] = part[at] * 10 + (s.p[i] - '0');
    }
    date d = { part[0], part[1], part[2] };
    if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1)
        return ZY_BAD_FIELD;
    zy_day day = { days_of(d) };
    date back = date_of(day.days); /* 02-30 comes back as March */
    if (back.month != d.month || back.day != d.day)
        return ZY_BAD_FIELD;
    *ret_day = day;
    return ZY_OK;
}

static void format_time(zy_time t, char between, bool exact, char out[ZY_TIME_TEXT_MAX])
{
    zy_day day = zy_day_of(t);
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format(day, text);
    int64_t in_day = add_clamped(t.ms, BEIJING_MS) - (int64_t)day.days * DAY_MS;
    if (in_day < 0 || in_day >= DAY_MS)
        in_day = 0;
    unsigned ms = (unsigned)in_day, s = ms / 1000;
    int n = snprintf(out, ZY_TIME_TEXT_MAX, "%.10s%c%02u:%02u:%02u", text, between, s / 3600,
                     s / 60 % 60, s % 60);
    if (exact)
        snprintf(out + n, ZY_TIME_TEXT_MAX - (size_t)n, ".%03u+08:00", ms % 1000);
}

void zy_time_format(zy_time t, char out[ZY_TIME_TEXT_MAX])
{
    format_time(t, 'T', true, out);
}

void zy_time_format_short(zy_time t, char out[ZY_TIME_TEXT_MAX])
{
    format_time(t, ' ', false, out);
}
