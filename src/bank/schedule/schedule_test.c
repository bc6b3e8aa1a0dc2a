/* Scheduled transfers from the order that arranges them to the runs, on both engines. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank/schedule/schedule.h"
#include "bank/security/order_world.h"
#include "flow/flow.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_env.h"

enum { MONEY = 10000000, EACH = 100000, NODES = 4 };

static int set_up(void **state)
{
    zy_err err = { 0 };
    order_world_open(state);
    world *w = *state;
    ASSERT_OK(zy_registry_add(w->registry, ZY_SCHEDULE_APIS, ZY_SCHEDULE_API_COUNT, &err));
    ASSERT_OK(zy_schedule_start(w->env, &err));
    return 0;
}

/* ---- what the tests do and ask ---- */

static zy_status prepare(phone *p, int fen, const char *rule, order *o)
{
    char from[ZY_ID_TEXT_MAX], body[600];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%d,%s}", from,
             cards.to_number, WANG.name, fen, rule);
    return order_prepare(p, "schedule.prepare", body, o);
}

static void arrange(phone *p, int fen, const char *rule, order *o)
{
    ASSERT_OK(prepare(p, fen, rule, o));
    order_carry(p, o);
}

static int64_t run_due(world *w)
{
    zy_err err = { 0 };
    int64_t done = 0;
    ASSERT_OK(zy_schedule_run(w->env, 64, &done, &err));
    return done;
}

static zy_status drain_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    const zy_journal j = { .id = zy_id_next(w->env->ids), .summary_code = "TST", .summary = ZY_STR("测试"), .leg_count = 2,
                           .legs = { { .account = cards.account, .amount = { -(MONEY - EACH / 2) } },
                                     { .account = ZY_LEDGER_CAPITAL, .amount = { MONEY - EACH / 2 }, .internal = true } } };
    return zy_ledger_post(tx, &j, zy_env_now(w->env), err);
}

static zy_status refill_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    const zy_journal j = { .id = zy_id_next(w->env->ids), .summary_code = "TST", .summary = ZY_STR("测试"), .leg_count = 2,
                           .legs = { { .account = ZY_LEDGER_CAPITAL, .amount = { -MONEY }, .internal = true },
                                     { .account = cards.account, .amount = { MONEY } } } };
    return zy_ledger_post(tx, &j, zy_env_now(w->env), err);
}

static void money(world *w, zy_unit_fn unit)
{
    zy_err err = { 0 };
    ASSERT_OK(zy_db_run(w->env->db, "test.money", unit, w, &err));
}

static void log_in_again(phone *p, world *w)
{
    phone_hello(p);
    ASSERT_OK(phone_login(p, &LI));
    world_turn(w, ZY_MINUTES(1));
}

static void get(phone *p, const order *o)
{
    char body[100];
    snprintf(body, sizeof body, "{\"schedule_id\":\"%s\"}", o->id);
    ASSERT_OK(phone_call(p, "schedule.get", body));
}

static zy_str run_text(phone *p, size_t i, const char *name)
{
    zy_str text = { 0 };
    const zy_json *runs = zy_json_get(zy_json_get(p->answer, "body"), "runs");
    (void)zy_json_str(zy_json_at(runs, i), name, &text);
    return text;
}

static size_t run_count(phone *p)
{
    return zy_json_count(zy_json_get(zy_json_get(p->answer, "body"), "runs"));
}

#define DAILY "\"every\":\"days\",\"first\":\"2026-11-24\""

/* ---- tests; the clock starts on 2026-11-23 at ten ---- */

static void a_transfer_runs_on_its_date_once(void **state)
{
    ZY_PROVES("mb.transfer.b.1", "mb.transfer.p1");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, "\"every\":\"once\",\"first\":\"2026-11-24\"", &o);
    assert_int_equal(run_due(w), 0);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY);
    world_turn(w, ZY_HOURS(22)); /* the 24th, before nine */
    assert_int_equal(run_due(w), 0);
    world_turn(w, ZY_HOURS(2));
    assert_int_equal(run_due(w), 1);
    assert_int_equal(run_due(w), 0);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - EACH);
    log_in_again(&p, w);
    get(&p, &o);
    assert_string_equal(phone_text(&p, "schedule.state"), "ended");
    assert_int_equal(run_count(&p), 1);
    assert_true(zy_str_eq_c(run_text(&p, 0, "result"), "OK"));
    assert_true(run_text(&p, 0, "order_id").n > 0);
    phone_free(&p);
}

static void a_rule_runs_again_and_again_until_its_end(void **state)
{
    ZY_PROVES("mb.transfer.b.2");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY ",\"runs\":3", &o);
    for (int day = 0; day < 5; day++) {
        world_turn(w, ZY_HOURS(24));
        assert_int_equal(run_due(w), day < 3 ? 1 : 0);
    }
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - 3 * EACH);
    assert_int_equal(world_audits(w, "schedule.run"), 3);
    phone_free(&p);
}

static void what_was_missed_is_made_up_for_some_days_and_then_left_out(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY ",\"runs\":6", &o);
    world_turn(w, ZY_HOURS(6 * 24)); /* the 29th: six runs are due, two of them too late */
    int64_t all = 0;
    for (int64_t done = 1; done > 0; all += done)
        done = run_due(w);
    assert_int_equal(all, 6);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - 4 * EACH);
    log_in_again(&p, w);
    get(&p, &o);
    assert_int_equal(run_count(&p), 6);
    assert_true(zy_str_eq_c(run_text(&p, 5, "result"), "LATE"));
    assert_true(zy_str_eq_c(run_text(&p, 4, "result"), "LATE"));
    assert_true(zy_str_eq_c(run_text(&p, 3, "result"), "OK"));
    phone_free(&p);
}

static void short_money_is_tried_again_as_the_customer_said(void **state)
{
    world *w = *state;
    phone p;
    order retry, skip;
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, "\"every\":\"once\",\"first\":\"2026-11-24\",\"short\":\"retry\",\"retry_days\":2", &retry);
    arrange(&p, EACH, "\"every\":\"once\",\"first\":\"2026-11-24\"", &skip);
    money(w, drain_unit);
    world_turn(w, ZY_HOURS(24));
    run_due(w);
    assert_int_equal(order_balance(w, cards.account).balance.fen, EACH / 2);
    money(w, refill_unit);
    world_turn(w, ZY_HOURS(24));
    assert_int_equal(run_due(w), 1);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - EACH / 2);
    log_in_again(&p, w);
    get(&p, &skip);
    assert_string_equal(phone_text(&p, "schedule.state"), "ended");
    assert_true(zy_str_eq_c(run_text(&p, 0, "result"), "BALANCE_TOO_LOW"));
    get(&p, &retry);
    assert_true(zy_str_eq_c(run_text(&p, 0, "result"), "OK"));
    phone_free(&p);
}

static void three_misses_end_what_should_stop(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY ",\"short\":\"stop\"", &o);
    money(w, drain_unit);
    for (int day = 0; day < 5; day++) {
        world_turn(w, ZY_HOURS(24));
        assert_int_equal(run_due(w), day < 3 ? 1 : 0);
    }
    log_in_again(&p, w);
    get(&p, &o);
    assert_string_equal(phone_text(&p, "schedule.state"), "ended");
    phone_free(&p);
}

static void a_customer_stops_and_leaves_out(void **state)
{
    world *w = *state;
    phone p;
    order stopped, skipped;
    char body[100];
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY, &stopped);
    arrange(&p, EACH, DAILY, &skipped);
    snprintf(body, sizeof body, "{\"schedule_id\":\"%s\"}", stopped.id);
    ASSERT_OK(phone_call(&p, "schedule.stop", body));
    assert_string_equal(phone_text(&p, "schedule.state"), "stopped");
    ASSERT_STATUS(phone_call(&p, "schedule.stop", body), ZY_STATE_CONFLICT);
    ASSERT_STATUS(phone_call(&p, "schedule.skip_next", body), ZY_STATE_CONFLICT);
    snprintf(body, sizeof body, "{\"schedule_id\":\"%s\"}", skipped.id);
    ASSERT_OK(phone_call(&p, "schedule.skip_next", body));
    assert_string_equal(phone_text(&p, "schedule.next"), "2026-11-25");
    world_turn(w, ZY_HOURS(24));
    assert_int_equal(run_due(w), 0);
    world_turn(w, ZY_HOURS(24));
    assert_int_equal(run_due(w), 1);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - EACH);
    phone_free(&p);
}

static zy_status leave_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    return zy_schedule_leave(tx, LI.id, zy_env_now(w->env), err);
}

/* Frozen by himself, suspended by the counter: nothing runs. Whoever leaves mobile banking finds nothing running when he comes back. */
static void nothing_runs_for_a_customer_who_is_not_served(void **state)
{
    ZY_PROVES("mb.transfer.b.2");
    world *w = *state;
    phone p;
    order o;
    static const char *const STATES[] = { "frozen", "suspended" };
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY, &o);
    for (size_t i = 0; i < ZY_COUNT(STATES); i++) {
        order_set_standing(w, "active", STATES[i]);
        world_turn(w, ZY_HOURS(24));
        assert_int_equal(run_due(w), 1);
        assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY);
        order_set_standing(w, STATES[i], "active");
    }
    assert_int_equal(world_audits(w, "order.refused"), 2);
    log_in_again(&p, w);
    get(&p, &o);
    assert_true(zy_str_eq_c(run_text(&p, 0, "result"), "ACCOUNT_STATE"));
    world_turn(w, ZY_HOURS(24));
    assert_int_equal(run_due(w), 1);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - EACH);
    money(w, leave_unit);
    world_turn(w, ZY_HOURS(24));
    assert_int_equal(run_due(w), 0);
    log_in_again(&p, w);
    get(&p, &o);
    assert_string_equal(phone_text(&p, "schedule.state"), "stopped");
    phone_free(&p);
}

static void a_limit_that_is_lowered_holds_for_what_was_arranged_before(void **state)
{
    world *w = *state;
    phone p;
    order o;
    char body[80];
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY, &o);
    snprintf(body, sizeof body, "{\"once_fen\":%d,\"day_fen\":%d}", EACH - 1, EACH - 1);
    ASSERT_OK(phone_call(&p, "limit.lower", body));
    world_turn(w, ZY_HOURS(24));
    assert_int_equal(run_due(w), 1);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY);
    log_in_again(&p, w);
    get(&p, &o);
    assert_true(zy_str_eq_c(run_text(&p, 0, "result"), "TRANSFER_LIMIT"));
    phone_free(&p);
}

static void the_calendar_shows_what_was_and_what_comes(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY ",\"runs\":4", &o);
    world_turn(w, ZY_HOURS(24));
    assert_int_equal(run_due(w), 1);
    log_in_again(&p, w);
    ASSERT_OK(phone_call(&p, "schedule.calendar", "{\"month\":\"2026-11-01\"}"));
    assert_int_equal(run_count(&p), 1);
    assert_true(zy_str_eq_c(run_text(&p, 0, "to_name"), "**二"));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "coming")), 3);
    ASSERT_OK(phone_call(&p, "schedule.calendar", "{\"month\":\"2026-12-31\"}"));
    assert_int_equal(run_count(&p), 0);
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "coming")), 0);
    phone_free(&p);
}

static zy_status runs_unit(zy_tx *tx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.runs", "INSERT INTO schedule_run (schedule, seq, due_day, at, order_id, result)"
                                             " VALUES ($1, $2, $3, 1, 0, 'LATE')", 3, NULL };
    zy_id id = { 0 };
    ZY_TRY(zy_id_parse(zy_str_of(((const order *)arg)->id), &id));
    for (int64_t seq = 1; seq <= 60; seq++)
        ZY_TRY(zy_exec(tx, &SQL, ZY_ARGS(ZY_I(id.v), ZY_I(seq), ZY_I(20000 + seq)), NULL, err));
    return ZY_OK;
}

static void old_runs_are_turned_to_page_by_page(void **state)
{
    world *w = *state;
    zy_err err = { 0 };
    phone p;
    order o;
    char body[200];
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY, &o);
    ASSERT_OK(zy_db_run(w->env->db, "test.runs", runs_unit, &o, &err));
    get(&p, &o);
    assert_int_equal(run_count(&p), 50);
    snprintf(body, sizeof body, "{\"schedule_id\":\"%s\",\"cursor\":\"%s\"}", o.id, phone_text(&p, "cursor"));
    ASSERT_OK(phone_call(&p, "schedule.get", body));
    assert_int_equal(run_count(&p), 10);
    assert_string_equal(phone_text(&p, "cursor"), "");
    snprintf(body, sizeof body, "{\"schedule_id\":\"%s\",\"cursor\":\"nowhere\"}", o.id);
    ASSERT_STATUS(phone_call(&p, "schedule.get", body), ZY_BAD_FIELD);
    phone_free(&p);
}

static void what_is_not_ones_own_or_makes_no_sense_is_refused(void **state)
{
    ZY_PROVES("mb.server-validation.d");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(prepare(&p, EACH, "\"every\":\"once\",\"first\":\"2026-11-22\"", &o), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare(&p, EACH, "\"every\":\"month\",\"first\":\"2026-11-24\"", &o), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare(&p, EACH, DAILY ",\"short\":\"retry\"", &o), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare(&p, EACH, DAILY ",\"payee_id\":\"0CNAVR94C0000\"", &o), ZY_BAD_FIELD);
    ASSERT_STATUS(phone_call(&p, "schedule.get", "{\"schedule_id\":\"0CNAVR94C0000\"}"), ZY_NOT_FOUND);
    ASSERT_STATUS(phone_call(&p, "schedule.stop", "{\"schedule_id\":\"0CNAVR94C0000\"}"), ZY_NOT_FOUND);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY);
    phone_free(&p);
}

static void a_strangers_schedule_is_not_found(void **state)
{
    ZY_PROVES("mb.server-validation.d");
    static const char *const ASK[] = { "schedule.get", "schedule.stop", "schedule.skip_next" };
    world *w = *state;
    phone p, wang;
    order o;
    char body[100];
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY, &o);
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE customer SET must_change = 0", "UPDATE customer SET must_change = 0", NULL));
    phone_make(&wang, w, "wang", "203.0.113.8");
    ASSERT_OK(phone_login(&wang, &WANG));
    snprintf(body, sizeof body, "{\"schedule_id\":\"%s\"}", o.id);
    for (size_t i = 0; i < ZY_COUNT(ASK); i++)
        ASSERT_STATUS(phone_call(&wang, ASK[i], body), ZY_NOT_FOUND);
    ASSERT_OK(phone_call(&wang, "schedule.list", "{}"));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(wang.answer, "body"), "schedules")), 0);
    get(&p, &o);
    assert_string_equal(phone_text(&p, "schedule.state"), "active");
    phone_free(&wang);
    phone_free(&p);
}

static void *node(void *arg)
{
    (void)run_due(arg);
    return NULL;
}

static void of_four_nodes_one_pays(void **state)
{
    world *w = *state;
    phone p;
    order o;
    pthread_t threads[NODES];
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY ",\"runs\":2", &o);
    world_turn(w, ZY_HOURS(24));
    for (int i = 0; i < NODES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, node, w), 0);
    for (int i = 0; i < NODES; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - EACH);
    phone_free(&p);
}

/* Each day another call of the database fails; what is left is done by the next round, and paid once. */
static void any_call_may_fail_and_a_run_pays_once(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    arrange(&p, EACH, DAILY, &o);
    for (int n = 1; n <= 40; n++) {
        zy_err err = { 0 };
        int64_t done = 0;
        world_turn(w, ZY_HOURS(24));
        zy_fault_arm("db.", n, ZY_DB_ERROR);
        (void)!zy_schedule_run(w->env, 64, &done, &err);
        zy_fault_arm("", 0, ZY_OK);
        (void)run_due(w);
        assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - n * EACH);
    }
    phone_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transfer_runs_on_its_date_once),
        TEST(a_rule_runs_again_and_again_until_its_end),
        TEST(what_was_missed_is_made_up_for_some_days_and_then_left_out),
        TEST(short_money_is_tried_again_as_the_customer_said),
        TEST(three_misses_end_what_should_stop),
        TEST(a_customer_stops_and_leaves_out),
        TEST(nothing_runs_for_a_customer_who_is_not_served),
        TEST(a_limit_that_is_lowered_holds_for_what_was_arranged_before),
        TEST(the_calendar_shows_what_was_and_what_comes),
        TEST(old_runs_are_turned_to_page_by_page),
        TEST(what_is_not_ones_own_or_makes_no_sense_is_refused),
        TEST(a_strangers_schedule_is_not_found),
        TEST(of_four_nodes_one_pays),
        TEST(any_call_may_fail_and_a_run_pays_once),
    };
    return zy_test_main("schedule", tests, ZY_COUNT(tests));
}
