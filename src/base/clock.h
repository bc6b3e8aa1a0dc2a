/* Points in time, lengths of time, accounting days; the only file that asks the system's clock. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

typedef struct zy_time { int64_t ms; } zy_time; /* UTC milliseconds since 1970 */
typedef struct zy_dur { int64_t ms; } zy_dur;
typedef struct zy_day { int32_t days; } zy_day; /* days since 1970-01-01; the Beijing calendar */

#define ZY_MS(n)      ((zy_dur){ (n) })
#define ZY_SECONDS(n) ((zy_dur){ (int64_t)(n) * 1000 })
#define ZY_MINUTES(n) ((zy_dur){ (int64_t)(n) * 60000 })
#define ZY_HOURS(n)   ((zy_dur){ (int64_t)(n) * 3600000 })
#define ZY_DAYS(n)    ((zy_dur){ (int64_t)(n) * 86400000 })

/* Where "now" comes from: the system, or in tests a fake that stands until it is turned. */
typedef struct zy_clock zy_clock;
const zy_clock *zy_clock_system(void);
zy_clock *zy_clock_fake_new(zy_time start);
void zy_clock_fake_turn(zy_clock *clock, zy_dur by); /* thread-safe */
void zy_clock_fake_free(zy_clock *clock);
zy_time zy_clock_now(const zy_clock *clock);
int64_t zy_clock_monotonic_ns(void); /* for measuring only */

zy_time zy_time_add(zy_time t, zy_dur d);
zy_dur zy_time_since(zy_time later, zy_time earlier);
/* True when at least d has gone by since `since`. */
bool zy_time_passed(zy_time now, zy_time since, zy_dur d);
zy_day zy_day_of(zy_time t);    /* Beijing (UTC+8) calendar day */
zy_time zy_day_start(zy_day d); /* its first millisecond */
/* Days of a year of twelve months of 30 days (30/360): the difference of two counts is the days between them; a month's
 * 31st counts as its 30th. */
int64_t zy_day_count_360(zy_day d);
/* Its day of the month, and its month. */
int zy_day_of_month(zy_day d);
int zy_day_month(zy_day d);
/* Day `day` (1 to 31) of the month that lies `months` (0 or more) behind d's; a shorter month's last day stands for what it has not. */
zy_day zy_day_in_month(zy_day d, int64_t months, int day);
#define ZY_DAY_TEXT_MAX 16
void zy_day_format(zy_day d, char out[ZY_DAY_TEXT_MAX]); /* "2026-11-22" */
ZY_CHECKED zy_status zy_day_parse(zy_str s, zy_day *ret_day); /* strict, real dates 1970-9999 */
#define ZY_TIME_TEXT_MAX 40
void zy_time_format(zy_time t, char out[ZY_TIME_TEXT_MAX]); /* "2026-11-22T20:15:00.123+08:00" */
void zy_time_format_short(zy_time t, char out[ZY_TIME_TEXT_MAX]); /* "2026-11-22 20:15:00", Beijing */
