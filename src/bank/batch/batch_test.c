/* Batches from their rows to the results, on both engines. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank/account/account.h"
#include "bank/batch/batch.h"
#include "bank/security/order_world.h"
#include "flow/flow.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

enum { MONEY = 10000000, EACH = 1000, NODES = 4, MANY = 20 };

static struct {
    char number[24];
    zy_id account;
} second; /* another account of WANG's */

static zy_status second_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    return zy_account_open(tx, w->env, WANG.id, zy_str_of(second.number), "debit", ZY_STR("备用"), &second.account, err);
}

static int set_up(void **state)
{
    zy_err err = { 0 };
    zy_test_env_set("register.cards = 621700:16:测试卡"); /* the cards of this world are the bank's own */
    order_world_open(state);
    world *w = *state;
    zy_card_number("621700", 3, second.number);
    ASSERT_OK(zy_registry_add(w->registry, ZY_BATCH_APIS, ZY_BATCH_API_COUNT, &err));
    ASSERT_OK(zy_batch_start(w->env, &err));
    ASSERT_OK(zy_db_run(w->env->db, "test.second", second_unit, w, &err));
    return 0;
}

/* ---- what the tests do and ask ---- */

typedef struct made {
    char id[ZY_ID_TEXT_MAX];
} made;

static void start(phone *p, made *m)
{
    char from[ZY_ID_TEXT_MAX], body[100];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\"}", from);
    ASSERT_OK(phone_call(p, "batch.start", body));
    snprintf(m->id, sizeof m->id, "%s", phone_text(p, "batch_id"));
}

/* A row's text; to: 0 WANG's card, 1 the other one, 2 nobody's. */
static void add_row(zy_buf *rows, int to, int64_t fen)
{
    const char *numbers[] = { cards.to_number, second.number, "6217000000000999" };
    zy_buf_fmt(rows, "%s{\"to_name\":\"%s\",\"to_account_no\":\"%s\",\"amount_fen\":%lld}", rows->n > 0 ? "," : "", WANG.name, numbers[to],
               (long long)fen);
}

static zy_status send_rows(phone *p, const made *m, int first, const zy_buf *rows)
{
    ZY_AUTO_BUF body = { 0 };
    zy_buf_fmt(&body, "{\"batch_id\":\"%s\",\"first\":%d,\"rows\":[" ZY_STR_FMT "]}", m->id, first, ZY_STR_ARG(zy_buf_view(rows)));
    zy_buf_char(&body, '\0');
    return phone_call(p, "batch.rows", body.p);
}

/* As many rows as there are digits; each says to whom. */
static void put_rows(phone *p, const made *m, int first, const char *to, int64_t fen)
{
    ZY_AUTO_BUF rows = { 0 };
    for (const char *c = to; *c != '\0'; c++)
        add_row(&rows, *c - '0', fen);
    ASSERT_OK(send_rows(p, m, first, &rows));
}

static zy_status by_id(phone *p, const char *api, const made *m)
{
    char body[100];
    snprintf(body, sizeof body, "{\"batch_id\":\"%s\"}", m->id);
    return phone_call(p, api, body);
}

static zy_status prepare(phone *p, const made *m, order *o)
{
    char body[100];
    snprintf(body, sizeof body, "{\"batch_id\":\"%s\"}", m->id);
    return order_prepare(p, "batch.prepare", body, o);
}

static void prove(phone *p, const order *o)
{
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
}

static void confirm_batch(phone *p, const made *m, order *o)
{
    ASSERT_OK(prepare(p, m, o));
    prove(p, o);
    ASSERT_OK(order_confirm(p, o));
}

static int64_t run_all(world *w)
{
    zy_err err = { 0 };
    int64_t done = 0;
    ASSERT_OK(zy_batch_run(w->env, 2000, &done, &err));
    return done;
}

static const zy_json *answer_list(phone *p, const char *name)
{
    return zy_json_get(zy_json_get(p->answer, "body"), name);
}

static void assert_member(const zy_json *object, const char *name, const char *expected)
{
    zy_str text = { 0 };
    assert_true(zy_json_str(object, name, &text));
    ASSERT_STR(text, expected);
}

static void assert_count(phone *p, const char *name, int64_t expected)
{
    int64_t n = -1;
    assert_true(zy_json_int(zy_json_get(zy_json_get(p->answer, "body"), "batch"), name, &n));
    assert_int_equal(n, expected);
}

static void assert_money(world *w, int64_t from, int64_t to, int64_t other)
{
    assert_int_equal(order_balance(w, cards.account).balance.fen, from);
    assert_int_equal(order_balance(w, cards.to_account).balance.fen, to);
    assert_int_equal(order_balance(w, second.account).balance.fen, other);
}

typedef struct ledger_job {
    zy_env *env;
    zy_id close;
    int64_t drain;
} ledger_job;

static zy_status ledger_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const ledger_job *job = arg;
    if (job->close.v != 0)
        return zy_ledger_set_state(tx, job->close, "closed", err);
    const zy_journal j = { .id = zy_id_next(job->env->ids), .summary_code = "TST", .summary = ZY_STR("测试"), .leg_count = 2,
                           .legs = { { .account = cards.account, .amount = { -job->drain } },
                                     { .account = ZY_LEDGER_CAPITAL, .amount = { job->drain }, .internal = true } } };
    return zy_ledger_post(tx, &j, zy_env_now(job->env), err);
}

static void change_ledger(world *w, ledger_job job)
{
    zy_err err = { 0 };
    job.env = w->env;
    ASSERT_OK(zy_db_run(w->env->db, "test.ledger", ledger_unit, &job, &err));
}

static void sql(world *w, const char *text)
{
    zy_err err = { 0 };
    ASSERT_OK(zy_db_test_exec_script(w->env->db, text, text, &err));
}

/* ---- tests ---- */

static void of_three_two_are_paid_and_the_third_says_why(void **state)
{
    ZY_PROVES("mb.transfer.p2", "mb.transfer.p1");
    world *w = *state;
    phone p;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "010", EACH);
    confirm_batch(&p, &m, &o);
    assert_non_null(strstr(o.text, "rows=3"));
    assert_non_null(strstr(o.text, "amount_fen=3000"));
    assert_int_equal(order_used_today(w), 3 * EACH);
    assert_money(w, MONEY, 0, 0);
    change_ledger(w, (ledger_job){ .close = second.account });
    assert_int_equal(run_all(w), 3);
    assert_money(w, MONEY - 2 * EACH, 2 * EACH, 0);
    assert_int_equal(order_used_today(w), 2 * EACH);
    ASSERT_OK(by_id(&p, "batch.get", &m));
    assert_member(answer_list(&p, "batch"), "state", "done");
    assert_count(&p, "paid", 2);
    assert_count(&p, "paid_fen", 2 * EACH);
    assert_count(&p, "failed", 1);
    const zy_json *rows = answer_list(&p, "rows");
    assert_member(zy_json_at(rows, 0), "state", "paid");
    assert_member(zy_json_at(rows, 1), "state", "failed");
    assert_member(zy_json_at(rows, 1), "code", "PAYEE_MISMATCH");
    assert_member(zy_json_at(rows, 1), "order_id", "");
    ASSERT_OK(order_confirm(&p, &o)); /* once more: the first answer, nothing twice */
    assert_int_equal(run_all(w), 0);
    assert_money(w, MONEY - 2 * EACH, 2 * EACH, 0);
    assert_int_equal(world_audits(w, "batch.done"), 1);
    phone_free(&p);
}

static zy_status become_unit(zy_tx *tx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.become", "UPDATE flow_order SET state = $1, reason = $2 WHERE mandate_seq = 2", 2, NULL };
    bool failed = *(bool *)arg;
    return zy_exec(tx, &SQL, ZY_ARGS(ZY_TC(failed ? "failed" : "pending"), ZY_TC(failed ? "BE01" : "")), NULL, err);
}

/* A row for another bank has left when the batch is done; what that bank says later is the row's result. */
static void a_row_that_comes_back_later_has_failed(void **state)
{
    ZY_PROVES("mb.transfer.p1");
    world *w = *state;
    zy_err err = { 0 };
    phone p;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "000", EACH);
    confirm_batch(&p, &m, &o);
    assert_int_equal(run_all(w), 3);
    for (int failed = 0; failed < 2; failed++) {
        bool is = failed != 0;
        ASSERT_OK(zy_db_run(w->env->db, "test.become", become_unit, &is, &err));
        ASSERT_OK(by_id(&p, "batch.get", &m));
        assert_count(&p, "paid_fen", 2 * EACH);
        assert_count(&p, "pending", !failed);
        assert_count(&p, "failed_fen", failed * EACH);
        assert_member(zy_json_at(answer_list(&p, "rows"), 1), "state", failed ? "failed" : "pending");
        assert_member(zy_json_at(answer_list(&p, "rows"), 1), "code", failed ? "BE01" : "");
        assert_member(zy_json_at(answer_list(&p, "rows"), 2), "state", "paid");
    }
    ASSERT_OK(phone_call(&p, "batch.list", "{}"));
    int64_t listed = 0;
    assert_true(zy_json_int(zy_json_at(answer_list(&p, "batches"), 0), "failed", &listed));
    assert_int_equal(listed, 1);
    phone_free(&p);
}

static void rows_that_cannot_be_paid_are_named_and_replaced(void **state)
{
    world *w = *state;
    phone p;
    made m;
    order o;
    int64_t row = 0;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "020", EACH);
    const zy_json *errors = answer_list(&p, "errors");
    assert_int_equal(zy_json_count(errors), 1);
    assert_true(zy_json_int(zy_json_at(errors, 0), "row", &row));
    assert_int_equal(row, 2);
    assert_member(zy_json_at(errors, 0), "code", "PAYEE_MISMATCH");
    ASSERT_STATUS(prepare(&p, &m, &o), ZY_STATE_CONFLICT);
    put_rows(&p, &m, 2, "10", EACH);
    assert_int_equal(zy_json_count(answer_list(&p, "errors")), 0);
    confirm_batch(&p, &m, &o);
    assert_int_equal(run_all(w), 3);
    assert_money(w, MONEY - 3 * EACH, 2 * EACH, EACH);
    phone_free(&p);
}

/* This world clears with nobody: what is known to belong to another bank cannot be paid, but is not taken for an own number. */
static void another_banks_card_is_known_by_its_number(void **state)
{
    world *w = *state;
    phone p;
    made m;
    ZY_AUTO_BUF rows = { 0 };
    phone_log_in(&p, w, "own");
    start(&p, &m);
    zy_buf_c(&rows, "{\"to_name\":\"王小丽\",\"to_account_no\":\"6222021001112223337\",\"amount_fen\":1000}");
    ASSERT_OK(send_rows(&p, &m, 1, &rows));
    assert_member(zy_json_at(answer_list(&p, "errors"), 0), "code", "API_CLOSED");
    phone_free(&p);
}

static void a_part_that_is_sent_twice_is_there_once(void **state)
{
    world *w = *state;
    phone p;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "00", EACH);
    put_rows(&p, &m, 3, "11", EACH);
    put_rows(&p, &m, 3, "11", EACH);
    confirm_batch(&p, &m, &o);
    assert_non_null(strstr(o.text, "rows=4"));
    ASSERT_STATUS(by_id(&p, "batch.drop", &m), ZY_STATE_CONFLICT);
    assert_int_equal(run_all(w), 4);
    assert_money(w, MONEY - 4 * EACH, 2 * EACH, 2 * EACH);
    phone_free(&p);
}

static void what_was_changed_behind_the_text_is_not_confirmed(void **state)
{
    ZY_PROVES("mb.server-validation.h-ii");
    world *w = *state;
    phone p;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "00", EACH);
    ASSERT_OK(prepare(&p, &m, &o));
    prove(&p, &o);
    put_rows(&p, &m, 2, "1", 90 * EACH);
    ASSERT_STATUS(order_confirm(&p, &o), ZY_STATE_CONFLICT);
    assert_int_equal(run_all(w), 0);
    assert_money(w, MONEY, 0, 0);
    assert_int_equal(order_used_today(w), 0);
    phone_free(&p);
}

static void rows_that_were_changed_in_the_database_are_not_paid(void **state)
{
    static const char *const CHANGES[] = {
        "UPDATE batch_row SET amount_fen = amount_fen * 10",
        "UPDATE batch_row SET content = (SELECT r.content FROM batch_row r WHERE r.batch = batch_row.batch AND r.seq = 3 - batch_row.seq)",
    };
    world *w = *state;
    phone p;
    phone_log_in(&p, w, "own");
    for (size_t i = 0; i < ZY_COUNT(CHANGES); i++) {
        made m;
        order o;
        start(&p, &m);
        put_rows(&p, &m, 1, "01", EACH);
        confirm_batch(&p, &m, &o);
        sql(w, CHANGES[i]);
        zy_err err = { 0 };
        int64_t done = 0;
        assert_int_not_equal(zy_batch_run(w->env, 100, &done, &err), ZY_OK);
        assert_int_equal(done, 0);
        assert_money(w, MONEY, 0, 0);
        sql(w, "DELETE FROM batch_row");
        sql(w, "DELETE FROM batch");
        world_turn(w, ZY_MINUTES(2));
    }
    phone_free(&p);
}

static void what_is_not_ones_own_or_not_well_made_is_refused(void **state)
{
    ZY_PROVES("mb.server-validation.d");
    static const char *const APIS[] = { "batch.get", "batch.drop" };
    static const int64_t AMOUNTS[] = { 0, -1, 100000001 };
    world *w = *state;
    phone p, wang;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    ASSERT_STATUS(prepare(&p, &m, &o), ZY_STATE_CONFLICT); /* no rows */
    for (size_t i = 0; i < ZY_COUNT(AMOUNTS); i++) {
        ZY_AUTO_BUF rows = { 0 };
        add_row(&rows, 0, EACH);
        add_row(&rows, 0, AMOUNTS[i]);
        ASSERT_STATUS(send_rows(&p, &m, 1, &rows), ZY_BAD_FIELD);
    }
    ZY_AUTO_BUF one = { 0 };
    add_row(&one, 0, EACH);
    ASSERT_STATUS(send_rows(&p, &m, 2, &one), ZY_BAD_FIELD);    /* a gap */
    ASSERT_STATUS(send_rows(&p, &m, 1001, &one), ZY_BAD_FIELD); /* more than there may be */
    ASSERT_OK(send_rows(&p, &m, 1, &one));
    sql(w, "UPDATE customer SET must_change = 0");
    phone_make(&wang, w, "wang", "203.0.113.8");
    ASSERT_OK(phone_login(&wang, &WANG));
    for (size_t i = 0; i < ZY_COUNT(APIS); i++)
        ASSERT_STATUS(by_id(&wang, APIS[i], &m), ZY_NOT_FOUND);
    ASSERT_STATUS(send_rows(&wang, &m, 1, &one), ZY_NOT_FOUND);
    ASSERT_STATUS(prepare(&wang, &m, &o), ZY_NOT_FOUND);
    ASSERT_OK(phone_call(&wang, "batch.list", "{}"));
    assert_int_equal(zy_json_count(answer_list(&wang, "batches")), 0);
    ASSERT_OK(by_id(&p, "batch.drop", &m));
    ASSERT_STATUS(by_id(&p, "batch.get", &m), ZY_NOT_FOUND);
    phone_free(&wang);
    phone_free(&p);
}

static void a_batch_finds_out_nobodys_account(void **state)
{
    world *w = *state;
    phone p;
    made m;
    ZY_AUTO_BUF rows = { 0 };
    phone_log_in(&p, w, "own");
    start(&p, &m);
    for (int i = 0; i < 50; i++)
        add_row(&rows, 2, EACH);
    ASSERT_OK(send_rows(&p, &m, 1, &rows));
    ASSERT_OK(send_rows(&p, &m, 1, &rows));
    ASSERT_STATUS(send_rows(&p, &m, 1, &rows), ZY_RATE_LIMITED);
    start(&p, &m);
    start(&p, &m);
    ASSERT_STATUS(phone_call(&p, "batch.start", "{\"from_account_id\":\"0CNAVR94C0000\"}"), ZY_NOT_FOUND);
    char from[ZY_ID_TEXT_MAX], body[100];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\"}", from);
    ASSERT_STATUS(phone_call(&p, "batch.start", body), ZY_RATE_LIMITED); /* three are open */
    phone_free(&p);
}

static void money_that_runs_short_leaves_the_rest_alone(void **state)
{
    world *w = *state;
    phone p;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "000", EACH);
    put_rows(&p, &m, 4, "0", 2 * EACH);
    put_rows(&p, &m, 5, "1", EACH / 2);
    confirm_batch(&p, &m, &o);
    change_ledger(w, (ledger_job){ .drain = MONEY - 4 * EACH });
    assert_int_equal(run_all(w), 5);
    assert_money(w, EACH / 2, 3 * EACH, EACH / 2);
    ASSERT_OK(by_id(&p, "batch.get", &m));
    assert_member(zy_json_at(answer_list(&p, "rows"), 3), "code", "BALANCE_TOO_LOW");
    assert_int_equal(order_used_today(w), 3 * EACH + EACH / 2);
    phone_free(&p);
}

static void more_than_there_is_or_than_the_limit_is_not_prepared(void **state)
{
    world *w = *state;
    phone p;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "01", MONEY / 2 + 1);
    ASSERT_STATUS(prepare(&p, &m, &o), ZY_BALANCE_TOO_LOW);
    put_rows(&p, &m, 1, "01", MONEY + 1);
    assert_int_equal(zy_json_count(answer_list(&p, "errors")), 2);
    phone_free(&p);
}

static void *node(void *arg)
{
    zy_err err = { 0 };
    int64_t done = 0;
    (void)!zy_batch_run(arg, 2000, &done, &err);
    return NULL;
}

static void twenty_rows(phone *p, made *m, order *o)
{
    start(p, m);
    put_rows(p, m, 1, "01010101010101010101", EACH);
    confirm_batch(p, m, o);
}

static void of_four_nodes_each_row_is_paid_once(void **state)
{
    world *w = *state;
    phone p;
    made m;
    order o;
    pthread_t threads[NODES];
    phone_log_in(&p, w, "own");
    twenty_rows(&p, &m, &o);
    for (int i = 0; i < NODES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, node, w->env), 0);
    for (int i = 0; i < NODES; i++)
        pthread_join(threads[i], NULL);
    (void)run_all(w);
    assert_money(w, MONEY - MANY * EACH, MANY / 2 * EACH, MANY / 2 * EACH);
    ASSERT_OK(by_id(&p, "batch.get", &m));
    assert_member(answer_list(&p, "batch"), "state", "done");
    assert_count(&p, "paid", MANY);
    assert_int_equal(world_audits(w, "batch.done"), 1);
    phone_free(&p);
}

static void any_call_may_fail_and_each_row_is_paid_once(void **state)
{
    world *w = *state;
    phone p;
    made m;
    order o;
    phone_log_in(&p, w, "own");
    twenty_rows(&p, &m, &o);
    for (int n = 1; n <= 60; n++) {
        zy_err err = { 0 };
        int64_t done = 0;
        zy_fault_arm("db.", n, ZY_DB_ERROR);
        (void)!zy_batch_run(w->env, 1, &done, &err);
        zy_fault_arm("", 0, ZY_OK);
    }
    (void)run_all(w);
    assert_money(w, MONEY - MANY * EACH, MANY / 2 * EACH, MANY / 2 * EACH);
    ASSERT_OK(by_id(&p, "batch.get", &m));
    assert_count(&p, "paid", MANY);
    phone_free(&p);
}

static void what_nobody_confirms_is_dropped_after_a_day(void **state)
{
    world *w = *state;
    phone p;
    made m, kept;
    order o;
    zy_err err = { 0 };
    int64_t done = 0;
    phone_log_in(&p, w, "own");
    start(&p, &m);
    put_rows(&p, &m, 1, "0", EACH);
    start(&p, &kept);
    put_rows(&p, &kept, 1, "0", EACH);
    confirm_batch(&p, &kept, &o);
    world_turn(w, ZY_HOURS(23));
    ASSERT_OK(zy_batch_expire(w->env, 10, &done, &err));
    assert_int_equal(done, 0);
    world_turn(w, ZY_HOURS(2));
    ASSERT_OK(zy_batch_expire(w->env, 10, &done, &err));
    assert_int_equal(done, 1);
    assert_int_equal(run_all(w), 1);
    phone_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(of_three_two_are_paid_and_the_third_says_why),
        TEST(a_row_that_comes_back_later_has_failed),
        TEST(rows_that_cannot_be_paid_are_named_and_replaced),
        TEST(another_banks_card_is_known_by_its_number),
        TEST(a_part_that_is_sent_twice_is_there_once),
        TEST(what_was_changed_behind_the_text_is_not_confirmed),
        TEST(rows_that_were_changed_in_the_database_are_not_paid),
        TEST(what_is_not_ones_own_or_not_well_made_is_refused),
        TEST(a_batch_finds_out_nobodys_account),
        TEST(money_that_runs_short_leaves_the_rest_alone),
        TEST(more_than_there_is_or_than_the_limit_is_not_prepared),
        TEST(of_four_nodes_each_row_is_paid_once),
        TEST(any_call_may_fail_and_each_row_is_paid_once),
        TEST(what_nobody_confirms_is_dropped_after_a_day),
    };
    return zy_test_main("batch", tests, ZY_COUNT(tests));
}
