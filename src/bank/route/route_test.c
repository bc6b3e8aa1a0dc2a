/* Which way a transfer goes, what it costs, and when: a table of cases; on both engines what a month has free. */
#include "bank/directory/directory.h"
#include "bank/route/fee.h"
#include "bank/route/workday.h"
#include "bank/security/order_world.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define ICBC   "102100099996"
#define US     "313999000016"
#define MONDAY INT64_C(1795399200000) /* 2026-11-23 10:00 Beijing */
#define HOUR   INT64_C(3600000)
#define NIGHT  (MONDAY + 13 * HOUR)      /* 23:00 */
#define SUNDAY (MONDAY - 24 * HOUR)

static world *w;
static zy_clearing *const SOMEBODY = (zy_clearing *)1; /* only whether there is one is asked */

typedef struct ask_job {
    zy_route_ask ask;
    const char *wish;
    zy_route_offer offers[ZY_ROUTE_WAYS], chosen;
    int n;
} ask_job;

static zy_status offers_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    ask_job *job = arg;
    return zy_route_offers(rtx, w->env, &job->ask, job->offers, &job->n, err);
}

static zy_status choose_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    ask_job *job = arg;
    return zy_route_choose(rtx, w->env, &job->ask, zy_str_of(job->wish), &job->chosen, err);
}

static zy_status choose(ask_job *job)
{
    return zy_db_read(w->env->db, "test.choose", choose_read, job, NULL);
}

static void set_param(const char *name, int64_t value);

/* ---- the choice ---- */

static void a_transfer_goes_the_right_way_by_bank_amount_and_time(void **state)
{
    ZY_PROVES("mb.innovation-content.f");
    (void)state;
    static const struct {
        const char *bank, *wish;
        int64_t fen, at, by;
        zy_status status;
        zy_route_way way;
        int64_t arrives_in;
    } CASES[] = {
        { US, "", 100, MONDAY, 0, ZY_OK, ZY_ROUTE_INTERNAL, 0 },
        { "", "", 100000000, NIGHT, 0, ZY_OK, ZY_ROUTE_INTERNAL, 0 },
        { US, "instant", 100, MONDAY, 0, ZY_BAD_FIELD, 0, 0 },
        { ICBC, "internal", 100, MONDAY, 0, ZY_BAD_FIELD, 0, 0 },
        { ICBC, "pigeon", 100, MONDAY, 0, ZY_BAD_FIELD, 0, 0 },
        { "999999999999", "", 100, MONDAY, 0, ZY_NOT_FOUND, 0, 0 },
        { ICBC, "", 100, MONDAY, 0, ZY_OK, ZY_ROUTE_INSTANT, 60000 },
        { ICBC, "", 5000000, NIGHT, 0, ZY_OK, ZY_ROUTE_INSTANT, 60000 },
        { ICBC, "", 5000000, SUNDAY, 0, ZY_OK, ZY_ROUTE_INSTANT, 60000 },
        { ICBC, "", 5000001, MONDAY, 0, ZY_OK, ZY_ROUTE_LARGE, 60000 },
        { ICBC, "", 5000001, NIGHT, 0, ZY_OK, ZY_ROUTE_BATCH, 2 * HOUR },
        { ICBC, "", 5000001, SUNDAY, 0, ZY_OK, ZY_ROUTE_BATCH, 2 * HOUR },
        { ICBC, "", 100000001, MONDAY, 0, ZY_OK, ZY_ROUTE_LARGE, 60000 },
        { ICBC, "", 100000001, NIGHT, 0, ZY_ROUTE_CLOSED, 0, 0 },
        { ICBC, "batch", 100, MONDAY, 0, ZY_OK, ZY_ROUTE_BATCH, 2 * HOUR },
        { ICBC, "instant", 5000001, MONDAY, 0, ZY_TRANSFER_LIMIT, 0, 0 },
        { ICBC, "large", 100, SUNDAY, 0, ZY_ROUTE_CLOSED, 0, 0 },
        { ICBC, "batch", 100, MONDAY, MONDAY + HOUR, ZY_ROUTE_CLOSED, 0, 0 },
        { ICBC, "", 5000001, NIGHT, NIGHT + HOUR, ZY_ROUTE_CLOSED, 0, 0 },
        { ICBC, "", 100, MONDAY, MONDAY + 60000, ZY_OK, ZY_ROUTE_INSTANT, 60000 },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        ask_job job = { .ask = { .to_bank = zy_str_of(CASES[i].bank), .amount = { CASES[i].fen }, .at = { CASES[i].at }, .by = { CASES[i].by } },
                        .wish = CASES[i].wish };
        zy_status status = choose(&job);
        if (status != CASES[i].status || job.chosen.way != CASES[i].way)
            fail_msg("case %zu: %s, %s", i, zy_status_name(status), status == ZY_OK ? zy_route_way_name(job.chosen.way) : "");
        if (status == ZY_OK)
            assert_int_equal(job.chosen.arrives_at.ms, CASES[i].at + CASES[i].arrives_in);
    }
}

static void the_cheapest_is_chosen_then_the_quickest(void **state)
{
    (void)state;
    ask_job job = { .ask = { .to_bank = ZY_STR(ICBC), .amount = { 1000000 }, .at = { MONDAY } }, .wish = "" };
    ASSERT_OK(choose(&job));
    assert_int_equal(job.chosen.way, ZY_ROUTE_INSTANT); /* all cost the same */
    ASSERT_FEN(job.chosen.fee, 500);
    set_param("fee.batch_percent", 50);
    ASSERT_OK(choose(&job));
    assert_int_equal(job.chosen.way, ZY_ROUTE_BATCH);
    ASSERT_FEN(job.chosen.fee, 250);
    job.ask.by = (zy_time){ MONDAY + HOUR };
    ASSERT_OK(choose(&job));
    assert_int_equal(job.chosen.way, ZY_ROUTE_INSTANT); /* the cheap one is not there in time */
}

static void the_bank_decides_caps_hours_and_switches(void **state)
{
    ZY_PROVES("mb.server-validation.f");
    (void)state;
    ask_job job = { .ask = { .to_bank = ZY_STR(ICBC), .amount = { 100 }, .at = { MONDAY } }, .wish = "" };
    set_param("route.instant_on", 0);
    ASSERT_OK(choose(&job));
    assert_int_equal(job.chosen.way, ZY_ROUTE_LARGE);
    set_param("route.large_closes", 600); /* 10:00: it is just closing */
    ASSERT_OK(choose(&job));
    assert_int_equal(job.chosen.way, ZY_ROUTE_BATCH);
    set_param("route.batch_cap_fen", 99);
    ASSERT_STATUS(choose(&job), ZY_ROUTE_CLOSED);
    set_param("route.large_on", 0);
    ASSERT_STATUS(choose(&job), ZY_TRANSFER_LIMIT);
    set_param("route.batch_on", 0);
    ASSERT_STATUS(choose(&job), ZY_API_CLOSED);
    w->env->clearing = NULL;
    set_param("route.instant_on", 1);
    ASSERT_STATUS(choose(&job), ZY_API_CLOSED);
    job.ask.to_bank = (zy_str){ 0 };
    ASSERT_OK(choose(&job));
}

static void a_closed_way_says_when_it_opens(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        int64_t hour;
        const char *opens_on;
    } CASES[] = {
        { "2026-11-23", 8, "2026-11-23" },  { "2026-11-23", 18, "2026-11-24" }, { "2026-11-27", 18, "2026-11-30" },
        { "2026-11-28", 12, "2026-11-30" }, { "2026-09-30", 20, "2026-10-08" }, /* the national holidays */
        { "2026-10-09", 20, "2026-10-10" }, /* a Saturday that is worked */
        { "2026-02-13", 20, "2026-02-14" }, { "2026-02-14", 20, "2026-02-24" },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_day day, opens;
        ASSERT_OK(zy_day_parse(zy_str_of(CASES[i].day), &day));
        ASSERT_OK(zy_day_parse(zy_str_of(CASES[i].opens_on), &opens));
        ask_job job = { .ask = { .to_bank = ZY_STR(ICBC), .amount = { 100 }, .at = zy_time_add(zy_day_start(day), ZY_HOURS(CASES[i].hour)) } };
        ASSERT_OK(zy_db_read(w->env->db, "test.offers", offers_read, &job, NULL));
        assert_int_equal(job.n, 3);
        assert_int_equal(job.offers[1].why, ZY_ROUTE_CLOSED);
        assert_int_equal(job.offers[1].opens_at.ms, zy_time_add(zy_day_start(opens), ZY_MINUTES(510)).ms);
        assert_int_equal(job.offers[1].arrives_at.ms, 0);
    }
}

static void working_days_follow_the_arrangement_of_the_state_council(void **state)
{
    (void)state;
    static const struct {
        const char *day;
        bool works, known;
    } CASES[] = {
        { "2026-11-23", true, true },  { "2026-11-22", false, true }, { "2026-10-01", false, true }, { "2026-10-07", false, true },
        { "2026-10-08", true, true },  { "2026-10-10", true, true },  { "2026-02-17", false, true }, { "2025-10-11", true, true },
        { "2027-01-01", false, false }, { "2027-01-04", true, false }, { "2027-10-01", false, false }, { "2027-05-03", true, false },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_day day;
        ASSERT_OK(zy_day_parse(zy_str_of(CASES[i].day), &day));
        if (zy_workday(day) != CASES[i].works || zy_workday_known(day) != CASES[i].known)
            fail_msg("%s", CASES[i].day);
    }
}

static bool works(const char *text)
{
    zy_day day;
    ASSERT_OK(zy_day_parse(zy_str_of(text), &day));
    return zy_workday(day);
}

static void a_bank_names_the_days_that_the_release_does_not_have(void **state)
{
    (void)state;
    zy_day next_year;
    ASSERT_OK(zy_day_parse(ZY_STR("2027-06-01"), &next_year));
    ASSERT_OK(zy_workday_configure(ZY_STR(" 2027-02-20:on, 2027-02-08:off,2026-11-24:off "), NULL));
    assert_true(works("2027-02-20")); /* a Saturday */
    assert_false(works("2027-02-08"));
    assert_false(works("2026-11-24")); /* goes before the release's table */
    assert_true(zy_workday_known(next_year));
    static const char *const BAD[] = { "2027-02-30:off", "2027-02-08", "2027-02-08:maybe", "2027-02-08:off,", ":off",
                                       "2027-02-08:on,2027-02-08:off" };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        ASSERT_STATUS(zy_workday_configure(zy_str_of(BAD[i]), NULL), ZY_CONFIG_BAD);
    ASSERT_OK(zy_workday_configure(ZY_STR(""), NULL));
    assert_false(works("2027-02-20"));
    assert_true(works("2026-11-24"));
    assert_false(zy_workday_known(next_year));
}

/* ---- fees ---- */

static void fees_follow_the_schedule_at_its_edges(void **state)
{
    (void)state;
    static const struct {
        int64_t fen, fee;
    } CASES[] = {
        { 1, 0 }, { 500000, 0 }, { 500001, 500 }, { 1000000, 500 }, { 1000001, 750 }, { 5000000, 750 }, { 5000001, 750 },
        { 5010000, 752 }, /* 751.5, half to even */ { 16666666, 2500 }, { 100000000, 2500 },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        ASSERT_FEN(fee_of(w->env, ZY_ROUTE_LARGE, (zy_money){ CASES[i].fen }), CASES[i].fee);
        ASSERT_FEN(fee_of(w->env, ZY_ROUTE_INTERNAL, (zy_money){ CASES[i].fen }), 0);
    }
    set_param("fee.free_up_to_fen", 0);
    ASSERT_FEN(fee_of(w->env, ZY_ROUTE_LARGE, (zy_money){ 200000 }), 200);
    ASSERT_FEN(fee_of(w->env, ZY_ROUTE_LARGE, (zy_money){ 200001 }), 500);
}

static zy_status count_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const zy_time *at = arg;
    return zy_route_count_free(tx, LI.id, *at, err);
}

static void a_months_free_transfers_are_counted_by_customer(void **state)
{
    (void)state;
    zy_time at = { MONDAY }, december = { MONDAY + 10 * 24 * HOUR };
    ask_job job = { .ask = { .customer = LI.id, .to_bank = ZY_STR(ICBC), .amount = { 1000000 }, .at = at }, .wish = "" };
    set_param("fee.free_per_month", 2);
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(choose(&job));
        assert_true(job.chosen.free_use);
        ASSERT_FEN(job.chosen.fee, 0);
        ASSERT_FEN(job.chosen.list_fee, 500);
        ASSERT_OK(zy_db_run(w->env->db, "test.count", count_unit, &at, NULL));
    }
    ASSERT_OK(choose(&job));
    assert_false(job.chosen.free_use);
    ASSERT_FEN(job.chosen.fee, 500);
    job.ask.customer = WANG.id;
    ASSERT_OK(choose(&job));
    assert_true(job.chosen.free_use);
    job.ask.customer = LI.id;
    job.ask.amount = (zy_money){ 500000 }; /* free anyhow: nothing is used up */
    ASSERT_OK(choose(&job));
    assert_false(job.chosen.free_use);
    job.ask.amount = (zy_money){ 1000000 };
    job.ask.at = december;
    ASSERT_OK(choose(&job));
    assert_true(job.chosen.free_use);
    ASSERT_OK(zy_db_run(w->env->db, "test.count", count_unit, &december, NULL));
    ASSERT_OK(zy_db_run(w->env->db, "test.count", count_unit, &december, NULL));
    ASSERT_OK(choose(&job));
    assert_false(job.chosen.free_use);
}

/* ---- the customers' call ---- */

static void a_customer_sees_the_ways_and_the_one_that_is_taken(void **state)
{
    (void)state;
    phone p;
    phone_log_in(&p, w, "own");
    ASSERT_OK(phone_call(&p, "transfer.routes", "{\"to_bank\":\"" ICBC "\",\"amount_fen\":5000001}"));
    const zy_json *routes = zy_json_get(zy_json_get(p.answer, "body"), "routes");
    assert_int_equal(zy_json_count(routes), 3);
    static const struct {
        const char *way, *why;
        bool chosen;
    } EXPECTED[] = { { "instant", "TRANSFER_LIMIT", false }, { "large", "", true }, { "batch", "", false } };
    for (size_t i = 0; i < ZY_COUNT(EXPECTED); i++) {
        zy_str way = { 0 }, why = { 0 };
        bool chosen = false;
        const zy_json *route = zy_json_at(routes, i);
        assert_true(zy_json_str(route, "way", &way) && zy_json_str(route, "why", &why) && zy_json_bool(route, "chosen", &chosen));
        assert_true(zy_str_eq_c(way, EXPECTED[i].way) && zy_str_eq_c(why, EXPECTED[i].why));
        assert_int_equal(chosen, EXPECTED[i].chosen);
    }
    ASSERT_OK(phone_call(&p, "transfer.routes", "{\"amount_fen\":100}"));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "routes")), 1);
    ASSERT_STATUS(phone_call(&p, "transfer.routes", "{\"to_bank\":\"999999999999\",\"amount_fen\":1}"), ZY_NOT_FOUND);
    ASSERT_STATUS(phone_call(&p, "transfer.routes", "{\"to_bank\":\"" ICBC "\",\"amount_fen\":0}"), ZY_BAD_FIELD);
    ASSERT_STATUS(phone_call(&p, "transfer.routes", "{\"to_bank\":\"" ICBC "\",\"amount_fen\":1,\"fee_fen\":0}"), ZY_BAD_FIELD);
    phone_free(&p);
}

/* ---- the world ---- */

typedef struct param_set {
    const char *name;
    int64_t value;
} param_set;

static zy_status param_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const param_set *p = arg;
    return zy_param_set(tx, w->env, zy_str_of(p->name), p->value, err);
}

static void set_param(const char *name, int64_t value)
{
    param_set p = { name, value };
    ASSERT_OK(zy_db_run(w->env->db, "test.param", param_unit, &p, NULL));
    zy_param_reload();
}

static int open_world(void **state)
{
    order_world_open(state);
    w = *state;
    w->env->clearing = SOMEBODY;
    ASSERT_OK(zy_directory_start(w->env, NULL));
    ASSERT_OK(zy_route_start(w->env, NULL));
    ASSERT_OK(zy_registry_add(w->registry, ZY_ROUTE_APIS, ZY_ROUTE_API_COUNT, NULL));
    zy_param_reload();
    return 0;
}

static int close_world(void **state)
{
    w->env->clearing = NULL;
    return world_close(state);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_transfer_goes_the_right_way_by_bank_amount_and_time),
        STORY(the_cheapest_is_chosen_then_the_quickest),
        STORY(the_bank_decides_caps_hours_and_switches),
        STORY(a_closed_way_says_when_it_opens),
        STORY(working_days_follow_the_arrangement_of_the_state_council),
        STORY(a_bank_names_the_days_that_the_release_does_not_have),
        STORY(fees_follow_the_schedule_at_its_edges),
        STORY(a_months_free_transfers_are_counted_by_customer),
        STORY(a_customer_sees_the_ways_and_the_one_that_is_taken),
    };
    return zy_test_main("route", tests, ZY_COUNT(tests));
}
