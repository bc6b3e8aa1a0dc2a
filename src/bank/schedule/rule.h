/* On which days a schedule runs. Pure. */
#pragma once

#include "base/clock.h"

typedef enum { ZY_EVERY_ONCE = 1, ZY_EVERY_DAYS, ZY_EVERY_WEEK, ZY_EVERY_MONTH } zy_every;
const char *zy_every_name(zy_every every); /* "once", "days", "week", "month" */
zy_every zy_every_parse(zy_str name);      /* 0: none of ours */

typedef struct zy_schedule_rule {
    zy_every every;
    int step;         /* every so many days (1 to 366), weeks (1 to 52) or months (1 to 12); ONCE: 1 */
    int on_day;       /* WEEK: 1 Monday to 7 Sunday; MONTH: 1 to 31, a shorter month's last day stands for what it has not; else 0 */
    zy_day first;     /* not before */
    zy_day last;      /* not behind; 0: none */
    int64_t runs_max; /* 0: none */
} zy_schedule_rule;
#define ZY_SCHEDULE_YEARS 10 /* the longest that one runs */
#define ZY_SCHEDULE_RUNS  1000

/* Is it one that can be kept from `today` on, and does it run at all? ZY_BAD_FIELD with the field's name. */
ZY_CHECKED zy_status zy_schedule_check(const zy_schedule_rule *rule, zy_day today, zy_err *err);
/* The day of run `seq` (1 and above); false behind the last one. */
bool zy_schedule_day(const zy_schedule_rule *rule, int64_t seq, zy_day *ret_day);
