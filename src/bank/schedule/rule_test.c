/* On which days schedules run: tables, and what holds for every rule. */
#include <stdio.h>
#include <stdlib.h>

#include "bank/schedule/rule.h"
#include "zy_test.h"

static zy_day day(const char *text)
{
    zy_day d = { 0 };
    ASSERT_OK(zy_day_parse(zy_str_of(text), &d));
    return d;
}

typedef struct example {
    zy_every every;
    int step, on_day;
    const char *first, *last;
    int64_t runs;
    const char *days[6]; /* the first runs; NULL: no more */
} example;

static const example EXAMPLES[] = {
    { ZY_EVERY_ONCE, 1, 0, "2026-12-01", NULL, 0, { "2026-12-01", NULL } },
    { ZY_EVERY_DAYS, 1, 0, "2026-12-30", NULL, 3, { "2026-12-30", "2026-12-31", "2027-01-01", NULL } },
    { ZY_EVERY_DAYS, 10, 0, "2028-02-20", "2028-03-11", 0, { "2028-02-20", "2028-03-01", "2028-03-11", NULL } }, /* a leap year */
    { ZY_EVERY_WEEK, 1, 1, "2026-11-23", "2026-12-07", 0, { "2026-11-23", "2026-11-30", "2026-12-07", NULL } },  /* a Monday */
    { ZY_EVERY_WEEK, 2, 7, "2026-11-23", NULL, 3, { "2026-11-29", "2026-12-13", "2026-12-27", NULL } },
    { ZY_EVERY_MONTH, 1, 31, "2027-01-31", NULL, 4, { "2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30", NULL } },
    { ZY_EVERY_MONTH, 1, 30, "2028-01-31", NULL, 2, { "2028-02-29", "2028-03-30", NULL } }, /* the 30th of January has gone by */
    { ZY_EVERY_MONTH, 3, 15, "2026-11-16", NULL, 3, { "2026-12-15", "2027-03-15", "2027-06-15", NULL } },
    { ZY_EVERY_MONTH, 12, 29, "2028-02-29", NULL, 3, { "2028-02-29", "2029-02-28", "2030-02-28", NULL } },
    { ZY_EVERY_MONTH, 1, 10, "2026-12-10", "2026-12-31", 0, { "2026-12-10", NULL } },
};

static zy_schedule_rule rule_of(const example *e)
{
    return (zy_schedule_rule){ .every = e->every, .step = e->step, .on_day = e->on_day, .first = day(e->first),
                               .last = e->last != NULL ? day(e->last) : (zy_day){ 0 }, .runs_max = e->runs };
}

static void runs_are_on_the_days_of_the_table(void **state)
{
    (void)state;
    ZY_PROVES("mb.transfer.b.1", "mb.transfer.b.2");
    for (size_t i = 0; i < ZY_COUNT(EXAMPLES); i++) {
        const zy_schedule_rule rule = rule_of(&EXAMPLES[i]);
        ASSERT_OK(zy_schedule_check(&rule, rule.first, NULL));
        for (int64_t seq = 1;; seq++) {
            const char *expected = EXAMPLES[i].days[seq - 1];
            zy_day got = { 0 };
            char text[ZY_DAY_TEXT_MAX];
            bool there = zy_schedule_day(&rule, seq, &got);
            if (there != (expected != NULL))
                fail_msg("example %zu, run %d: %s", i, (int)seq, there ? "one too many" : "missing");
            if (expected == NULL)
                break;
            zy_day_format(got, text);
            assert_string_equal(text, expected);
        }
    }
}

static unsigned seed = 7;

static int some(int from, int to)
{
    seed = seed * 1103515245u + 12345u;
    return from + (int)(seed >> 8) % (to - from + 1);
}

static void days_only_go_on_and_stay_inside(void **state)
{
    (void)state;
    static const int STEP_MAX[] = { [ZY_EVERY_ONCE] = 1, [ZY_EVERY_DAYS] = 366, [ZY_EVERY_WEEK] = 52, [ZY_EVERY_MONTH] = 12 };
    static const int DAY_MAX[] = { [ZY_EVERY_ONCE] = 0, [ZY_EVERY_DAYS] = 0, [ZY_EVERY_WEEK] = 7, [ZY_EVERY_MONTH] = 31 };
    for (int i = 0; i < 5000; i++) {
        zy_every every = (zy_every)some(ZY_EVERY_ONCE, ZY_EVERY_MONTH);
        zy_schedule_rule r = { .every = every, .step = some(1, STEP_MAX[every]), .first = { some(20000, 22000) },
                               .on_day = DAY_MAX[every] > 0 ? some(1, DAY_MAX[every]) : 0, .runs_max = some(0, 40) };
        r.last = some(0, 1) == 1 ? (zy_day){ r.first.days + some(400, 3000) } : (zy_day){ 0 };
        ASSERT_OK(zy_schedule_check(&r, r.first, NULL));
        zy_day before = { r.first.days - 1 }, now;
        int64_t seq = 1;
        for (; zy_schedule_day(&r, seq, &now); seq++) {
            assert_true(now.days > before.days);
            assert_true(now.days >= r.first.days && (r.last.days == 0 || now.days <= r.last.days));
            before = now;
        }
        assert_true(seq > 1 && seq <= ZY_SCHEDULE_RUNS + 1);
        assert_true(r.runs_max == 0 || seq <= r.runs_max + 1);
    }
}

static void rules_that_cannot_be_kept_are_refused(void **state)
{
    (void)state;
    const zy_day today = day("2026-11-23");
    const zy_schedule_rule good = { .every = ZY_EVERY_MONTH, .step = 1, .on_day = 5, .first = today };
    zy_schedule_rule bad[10];
    for (size_t i = 0; i < ZY_COUNT(bad); i++)
        bad[i] = good;
    bad[0].every = (zy_every)0;
    bad[1].every = (zy_every)5;
    bad[2].step = 0;
    bad[3].step = 13;
    bad[4].on_day = 32;
    bad[5].on_day = 0;
    bad[6].first.days = today.days - 1;
    bad[7].first.days = today.days + 367;
    bad[8].last.days = today.days + 5; /* the 5th of December lies behind it */
    bad[9].runs_max = ZY_SCHEDULE_RUNS + 1;
    ASSERT_OK(zy_schedule_check(&good, today, NULL));
    for (size_t i = 0; i < ZY_COUNT(bad); i++)
        ASSERT_STATUS(zy_schedule_check(&bad[i], today, NULL), ZY_BAD_FIELD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_are_on_the_days_of_the_table),
        cmocka_unit_test(days_only_go_on_and_stay_inside),
        cmocka_unit_test(rules_that_cannot_be_kept_are_refused),
    };
    return zy_test_main("schedule_rule", tests, ZY_COUNT(tests));
}
