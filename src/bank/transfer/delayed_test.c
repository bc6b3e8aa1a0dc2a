/* Transfers that leave later: held, taken back, carried out when their time has come. On both engines. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bank/security/order_world.h"
#include "bank/statement/statement.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_env.h"

enum { MONEY = 10000000, PAID = 250000, NODES = 4 };

static int set_up(void **state)
{
    zy_err err = { 0 };
    order_world_open(state);
    world *w = *state;
    ASSERT_OK(zy_registry_add(w->registry, ZY_STATEMENT_APIS, ZY_STATEMENT_API_COUNT, &err));
    return 0;
}

/* ---- what the tests do and ask ---- */

static zy_status prepare(phone *p, const char *arrival, order *o)
{
    char from[ZY_ID_TEXT_MAX], body[400];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body,
             "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%d,\"arrival\":\"%s\"}", from,
             cards.to_number, WANG.name, PAID, arrival);
    return order_prepare(p, "transfer.prepare", body, o);
}

static void pay(phone *p, const char *arrival, order *o)
{
    ASSERT_OK(prepare(p, arrival, o));
    order_carry(p, o);
}

static zy_status ask(phone *p, const char *api, const order *o)
{
    char body[80];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", o->id);
    return phone_call(p, api, body);
}

static void log_in_again(phone *p)
{
    phone_hello(p);
    ASSERT_OK(phone_login(p, &LI));
}

static int64_t run_due(world *w)
{
    zy_err err = { 0 };
    int64_t done = 0;
    ASSERT_OK(zy_transfer_run_due(w->env, &done, &err));
    return done;
}

static void assert_money(world *w, int64_t from, int64_t held, int64_t to)
{
    zy_balance own = order_balance(w, cards.account);
    assert_int_equal(own.balance.fen, from);
    assert_int_equal(own.held.fen, held);
    assert_int_equal(order_balance(w, cards.to_account).balance.fen, to);
}

static void assert_state(phone *p, const order *o, const char *state)
{
    ASSERT_OK(ask(p, "order.get", o));
    assert_string_equal(phone_text(p, "state"), state);
}

typedef struct state_job {
    zy_id account;
    const char *state;
} state_job;

static zy_status state_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const state_job *job = arg;
    return zy_ledger_set_state(tx, job->account, job->state, err);
}

static void set_state(world *w, zy_id account, const char *state)
{
    zy_err err = { 0 };
    state_job job = { account, state };
    ASSERT_OK(zy_db_run(w->env->db, "test.state", state_unit, &job, &err));
}

/* ---- tests; the clock starts on 2026-11-23 at ten ---- */

static void money_leaves_two_hours_later(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    int64_t to = order_balance(w, cards.to_account).balance.fen;
    pay(&p, "two_hours", &o);
    assert_string_equal(phone_text(&p, "state"), "held");
    int64_t at = 0, arrives = 0;
    const zy_json *receipt = zy_json_get(zy_json_get(p.answer, "body"), "receipt");
    assert_true(zy_json_int(receipt, "at", &at) && zy_json_int(receipt, "arrives_at", &arrives));
    assert_int_equal(arrives - at, ZY_HOURS(2).ms);
    assert_money(w, MONEY, PAID, to);
    ASSERT_STATUS(ask(&p, "order.receipt", &o), ZY_ORDER_STATE); /* nothing that could be shown as paid */
    world_turn(w, ZY_MINUTES(119));
    assert_int_equal(run_due(w), 0);
    world_turn(w, ZY_MINUTES(1));
    assert_int_equal(run_due(w), 1);
    assert_int_equal(run_due(w), 0);
    assert_money(w, MONEY - PAID, 0, to + PAID);
    log_in_again(&p);
    assert_state(&p, &o, "posted");
    ASSERT_OK(ask(&p, "order.receipt", &o));
    ASSERT_STATUS(ask(&p, "order.cancel", &o), ZY_ORDER_STATE);
    assert_int_equal(world_audits(w, "order.held"), 1);
    assert_int_equal(world_audits(w, "order.posted"), 1);
    phone_free(&p);
}

static void money_leaves_the_next_day(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    int64_t to = order_balance(w, cards.to_account).balance.fen;
    pay(&p, "next_day", &o);
    assert_non_null(strstr(o.text, "arrival=next_day"));
    world_turn(w, ZY_HOURS(22));
    assert_int_equal(run_due(w), 0);
    world_turn(w, ZY_HOURS(1));
    assert_int_equal(run_due(w), 1);
    assert_money(w, MONEY - PAID, 0, to + PAID);
    phone_free(&p);
}

static void a_customer_takes_it_back_until_then(void **state)
{
    ZY_PROVES("mb.rollback.a");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    int64_t to = order_balance(w, cards.to_account).balance.fen;
    pay(&p, "two_hours", &o);
    ASSERT_OK(ask(&p, "order.cancel", &o));
    assert_string_equal(phone_text(&p, "state"), "cancelled");
    assert_money(w, MONEY, 0, to);
    world_turn(w, ZY_HOURS(3));
    assert_int_equal(run_due(w), 0);
    assert_money(w, MONEY, 0, to);
    phone_free(&p);
}

static void held_money_cannot_be_spent_twice(void **state)
{
    world *w = *state;
    phone p;
    order o, more;
    char from[ZY_ID_TEXT_MAX], body[300];
    phone_log_in(&p, w, "own");
    pay(&p, "two_hours", &o);
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%d}", from,
             cards.to_number, WANG.name, MONEY - PAID + 1);
    ASSERT_STATUS(order_prepare(&p, "transfer.prepare", body, &more), ZY_BALANCE_TOO_LOW);
    phone_free(&p);
}

static void an_account_that_is_stopped_meanwhile_gets_its_money_back(void **state)
{
    world *w = *state;
    phone p;
    order out, in;
    phone_log_in(&p, w, "own");
    int64_t to = order_balance(w, cards.to_account).balance.fen;
    pay(&p, "two_hours", &out);
    set_state(w, cards.account, "frozen");
    world_turn(w, ZY_HOURS(2));
    assert_int_equal(run_due(w), 1);
    assert_money(w, MONEY, 0, to);
    set_state(w, cards.account, "active");
    log_in_again(&p);
    assert_state(&p, &out, "failed");
    assert_string_equal(phone_text(&p, "reason"), "ACCOUNT_STATE");
    world_turn(w, ZY_MINUTES(2));
    pay(&p, "two_hours", &in);
    world_turn(w, ZY_HOURS(2));
    set_state(w, cards.to_account, "closed");
    assert_int_equal(run_due(w), 1);
    assert_int_equal(order_balance(w, cards.account).available.fen, MONEY);
    assert_int_equal(world_audits(w, "order.failed"), 2);
    phone_free(&p);
}

/* Whoever lost his device has everything frozen: what a thief sent before that comes back. */
static void a_customer_who_is_not_served_any_more_gets_his_money_back(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    int64_t to = order_balance(w, cards.to_account).balance.fen;
    pay(&p, "two_hours", &o);
    order_set_standing(w, "active", "frozen");
    world_turn(w, ZY_HOURS(2));
    assert_int_equal(run_due(w), 1);
    assert_money(w, MONEY, 0, to);
    order_set_standing(w, "frozen", "active");
    log_in_again(&p);
    assert_state(&p, &o, "failed");
    phone_free(&p);
}

static void other_arrivals_are_refused(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(prepare(&p, "someday", &o), ZY_BAD_FIELD);
    ASSERT_OK(prepare(&p, "now", &o));
    assert_null(strstr(o.text, "arrival="));
    phone_free(&p);
}

static void *node(void *arg)
{
    zy_err err = { 0 };
    int64_t done = 0;
    (void)!zy_transfer_run_due(arg, &done, &err);
    return NULL;
}

static void of_four_nodes_one_pays(void **state)
{
    world *w = *state;
    phone p;
    order o;
    pthread_t threads[NODES];
    phone_log_in(&p, w, "own");
    int64_t to = order_balance(w, cards.to_account).balance.fen;
    pay(&p, "two_hours", &o);
    world_turn(w, ZY_HOURS(2));
    for (int i = 0; i < NODES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, node, w->env), 0);
    for (int i = 0; i < NODES; i++)
        pthread_join(threads[i], NULL);
    assert_money(w, MONEY - PAID, 0, to + PAID);
    assert_int_equal(world_audits(w, "order.posted"), 1);
    phone_free(&p);
}

static void any_call_may_fail_and_it_is_paid_once(void **state)
{
    world *w = *state;
    phone p;
    phone_log_in(&p, w, "own");
    int64_t to = order_balance(w, cards.to_account).balance.fen;
    for (int n = 1; n <= 20; n++) {
        zy_err err = { 0 };
        int64_t done = 0;
        order o;
        if (n > 1)
            log_in_again(&p);
        world_turn(w, ZY_MINUTES(2));
        pay(&p, "two_hours", &o);
        world_turn(w, ZY_HOURS(2));
        zy_fault_arm("db.", n, ZY_DB_ERROR);
        (void)!zy_transfer_run_due(w->env, &done, &err);
        zy_fault_arm("", 0, ZY_OK);
        (void)run_due(w);
        assert_money(w, MONEY - n * PAID, 0, to + n * PAID);
    }
    phone_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(money_leaves_two_hours_later),
        TEST(money_leaves_the_next_day),
        TEST(a_customer_takes_it_back_until_then),
        TEST(held_money_cannot_be_spent_twice),
        TEST(an_account_that_is_stopped_meanwhile_gets_its_money_back),
        TEST(a_customer_who_is_not_served_any_more_gets_his_money_back),
        TEST(other_arrivals_are_refused),
        TEST(of_four_nodes_one_pays),
        TEST(any_call_may_fail_and_it_is_paid_once),
    };
    return zy_test_main("delayed", tests, ZY_COUNT(tests));
}
