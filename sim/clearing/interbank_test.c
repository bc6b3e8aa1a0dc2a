/* Money between banks, against the simulator of a clearing house: settled, refused, lost, late, twice, returned, incoming, reconciled. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank/batch/batch.h"
#include "bank/interbank/interbank.h"
#include "bank/security/order_world.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "service/approval/approval.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_clearing.h"

#define ICBC  "102100099996"
#define CCB   "105100000017"
#define PAYEE "6222021001112223337" /* 王小丽 at ICBC */
enum { MONEY = 10000000, PAID = 123400 };

static clearing_house *house;

static int set_up(void **state)
{
    zy_err err = { 0 };
    order_world_open(state);
    world *w = *state;
    ASSERT_OK(zy_registry_add(w->registry, ZY_BATCH_APIS, ZY_BATCH_API_COUNT, &err));
    ASSERT_OK(zy_batch_start(w->env, &err));
    zy_interbank_start();
    house = clearing_beside_start(w->env);
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    clearing_beside_stop(w->env);
    return world_close(state);
}

/* ---- what the tests do and ask ---- */

static void plan(house_trick trick, const char *on, const char *reason, int64_t ms)
{
    house_plan p = { .trick = trick, .count = 1, .ms = ms };
    snprintf(p.on, sizeof p.on, "%s", on);
    snprintf(p.reason, sizeof p.reason, "%s", reason);
    clearing_house_plan(house, &p);
}

static zy_status prepare_for(phone *p, const char *number, const char *name, int fen, const char *arrival, order *o)
{
    char from[ZY_ID_TEXT_MAX], body[400];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body,
             "{\"from_account_id\":\"%s\",\"to_bank\":\"" ICBC "\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%d,"
             "\"memo\":\"房租\",\"arrival\":\"%s\"}",
             from, number, name, fen, arrival);
    return order_prepare(p, "transfer.prepare", body, o);
}

static zy_status prepare(phone *p, const char *number, const char *name, int fen, order *o)
{
    return prepare_for(p, number, name, fen, "now", o);
}

static void pay_to(phone *p, const char *number, const char *name, order *o)
{
    ASSERT_OK(prepare(p, number, name, PAID, o));
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    ASSERT_OK(order_confirm(p, o));
}

static void pay(phone *p, order *o)
{
    pay_to(p, PAYEE, "王小丽", o);
}

static void send_all(world *w)
{
    zy_err err = { 0 };
    int64_t done = 0;
    ASSERT_OK(zy_interbank_send(w->env, 16, &done, &err));
}

static void collect_all(world *w)
{
    zy_err err = { 0 };
    int64_t done = 1;
    while (done > 0)
        ASSERT_OK(zy_interbank_collect(w->env, 100, &done, &err));
}

static void assert_state(world *w, const order *o, const char *state, const char *reason)
{
    zy_err err = { 0 };
    zy_id id = { 0 };
    ZY_KEPT_ORDER_AUTO kept = { 0 };
    ASSERT_OK(zy_id_parse(zy_str_of(o->id), &id));
    ASSERT_OK(zy_order_read(w->env, id, &kept, &err));
    assert_string_equal(zy_order_state_name(kept.order.state), state);
    assert_string_equal(kept.order.reason, reason);
}

typedef struct sums {
    zy_balance customer;
    int64_t transit;
} sums;

static zy_status add_entry(const zy_entry *entry, void *arg)
{
    *(int64_t *)arg += entry->amount.fen;
    return ZY_OK;
}

static zy_status read_sums(zy_rtx *rtx, void *arg, zy_err *err)
{
    sums *s = arg;
    const zy_entry_filter transit = { .account = ZY_LEDGER_TRANSIT, .limit = 1000 };
    s->transit = 0;
    ZY_TRY(zy_ledger_balance(rtx, cards.account, &s->customer, err));
    return zy_ledger_entries(rtx, &transit, add_entry, &s->transit, err);
}

static void assert_money(world *w, int64_t customer, int64_t transit)
{
    zy_err err = { 0 };
    sums s;
    ASSERT_OK(zy_db_read(w->env->db, "test.sums", read_sums, &s, &err));
    assert_int_equal(s.customer.balance.fen, customer);
    assert_int_equal(s.customer.held.fen, 0);
    assert_int_equal(s.transit, transit);
}

static void assert_books(world *w)
{
    zy_err err = { 0 };
    zy_ledger_report report = { 0 };
    if (zy_ledger_verify(w->env, NULL, NULL, &report, &err) != ZY_OK)
        fail_msg("%s", report.first_fault);
}

static void assert_house(const order *o, const char *status)
{
    char said[5];
    bool returned = false;
    clearing_house_status(house, zy_str_of(o->id), said, &returned);
    assert_string_equal(said, status);
}

typedef struct case_list {
    zy_json *array;
    zy_id next;
} case_list;

static zy_status read_cases(zy_rtx *rtx, void *arg, zy_err *err)
{
    case_list *list = arg;
    const zy_case_filter open = { .state = ZY_STR("open"), .limit = 50 };
    return zy_interbank_cases(rtx, &open, list->array, &list->next, err);
}

/* "difference message_id" of every open case, newest first. */
static size_t open_cases(world *w, char out[][80], size_t max)
{
    zy_err err = { 0 };
    case_list list = { .array = zy_json_array() };
    ASSERT_OK(zy_db_read(w->env->db, "test.cases", read_cases, &list, &err));
    size_t n = zy_json_count(list.array);
    for (size_t i = 0; i < n && i < max; i++) {
        zy_str difference = { 0 }, id = { 0 };
        const zy_json *c = zy_json_at(list.array, i);
        assert_true(zy_json_str(c, "difference", &difference) && zy_json_str(c, "message_id", &id));
        snprintf(out[i], 80, ZY_STR_FMT " " ZY_STR_FMT, ZY_STR_ARG(difference), ZY_STR_ARG(id));
    }
    zy_json_free(list.array);
    return n;
}

static void assert_no_cases(world *w)
{
    char cases[8][80];
    size_t n = open_cases(w, cases, 8);
    if (n > 0)
        fail_msg("a case: %s", cases[0]);
}

static void credit(const char *id, const char *number, const char *name, int64_t fen)
{
    const house_credit c = { .id = zy_str_of(id), .order_ref = ZY_STR("REF1"), .from_bank = ZY_STR(CCB), .from_name = ZY_STR("刘洋"),
                             .from_number = ZY_STR("6217000010001112225"), .to_bank = ZY_STR(CLEARING_BESIDE_US), .to_name = zy_str_of(name),
                             .to_number = zy_str_of(number), .memo = ZY_STR("还款"), .amount = { fen } };
    ASSERT_OK(clearing_house_credit(house, &c));
}

/* ---- going out ---- */

static void a_transfer_leaves_at_once_and_settles(void **state)
{
    ZY_PROVES("mb.transfer.a.2");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    assert_string_equal(phone_text(&p, "state"), "pending");
    assert_non_null(strstr(o.text, "to_bank=" ICBC));
    assert_non_null(strstr(o.text, "way=instant"));
    assert_money(w, MONEY - PAID, PAID);
    assert_house(&o, "");
    send_all(w);
    assert_house(&o, "ACSC");
    assert_state(w, &o, "settled", "");
    assert_money(w, MONEY - PAID, 0);
    send_all(w);
    assert_money(w, MONEY - PAID, 0);
    ASSERT_OK(order_confirm(&p, &o)); /* its first answer */
    assert_string_equal(phone_text(&p, "state"), "pending");
    assert_int_equal(world_audits(w, "order.settled"), 1);
    assert_books(w);
    phone_free(&p);
}

static void run_due(world *w, int64_t expected)
{
    zy_err err = { 0 };
    int64_t done = 0;
    ASSERT_OK(zy_transfer_run_due(w->env, &done, &err));
    assert_int_equal(done, expected);
}

static void a_delayed_transfer_leaves_when_its_time_has_come(void **state)
{
    world *w = *state;
    phone p;
    order kept, taken_back;
    phone_log_in(&p, w, "own");
    order *const ORDERS[] = { &kept, &taken_back };
    for (size_t i = 0; i < ZY_COUNT(ORDERS); i++) {
        ASSERT_OK(prepare_for(&p, PAYEE, "王小丽", PAID, "two_hours", ORDERS[i]));
        ASSERT_OK(order_verify_password(&p, ORDERS[i], LI.pay_password));
        ASSERT_OK(order_verify_sms(&p, ORDERS[i]));
        ASSERT_OK(order_confirm(&p, ORDERS[i]));
        assert_state(w, ORDERS[i], "held", "");
        world_turn(w, ZY_MINUTES(2));
    }
    char body[80];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", taken_back.id);
    ASSERT_OK(phone_call(&p, "order.cancel", body));
    send_all(w);
    assert_house(&kept, ""); /* nothing has left */
    world_turn(w, ZY_HOURS(2));
    run_due(w, 1);
    assert_state(w, &kept, "pending", "");
    assert_money(w, MONEY - PAID, PAID);
    send_all(w);
    assert_state(w, &kept, "settled", "");
    assert_state(w, &taken_back, "cancelled", "");
    assert_money(w, MONEY - PAID, 0);
    assert_house(&taken_back, "");
    assert_books(w);
    phone_free(&p);
}

static void a_batch_pays_other_banks_by_their_cards(void **state)
{
    world *w = *state;
    phone p;
    order o;
    zy_err err = { 0 };
    char from[ZY_ID_TEXT_MAX], body[400], batch[ZY_ID_TEXT_MAX];
    int64_t done = 0;
    phone_log_in(&p, w, "own");
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\"}", from);
    ASSERT_OK(phone_call(&p, "batch.start", body));
    snprintf(batch, sizeof batch, "%s", phone_text(&p, "batch_id"));
    snprintf(body, sizeof body,
             "{\"batch_id\":\"%s\",\"first\":1,\"rows\":[{\"to_name\":\"王小丽\",\"to_account_no\":\"" PAYEE "\",\"amount_fen\":%d}]}",
             batch, PAID);
    ASSERT_OK(phone_call(&p, "batch.rows", body));
    snprintf(body, sizeof body, "{\"batch_id\":\"%s\"}", batch);
    ASSERT_OK(order_prepare(&p, "batch.prepare", body, &o));
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(zy_batch_run(w->env, 10, &done, &err));
    assert_int_equal(done, 1);
    assert_money(w, MONEY - PAID, PAID);
    send_all(w);
    assert_money(w, MONEY - PAID, 0);
    assert_int_equal(world_audits(w, "order.settled"), 1);
    assert_books(w);
    phone_free(&p);
}

static void a_refusal_gives_everything_back_and_says_why(void **state)
{
    world *w = *state;
    phone p;
    order closed, other;
    phone_log_in(&p, w, "own");
    pay_to(&p, "6222021001112223345", "赵国强", &closed);
    send_all(w);
    assert_state(w, &closed, "failed", "AC04");
    pay_to(&p, PAYEE, "王大丽", &other);
    send_all(w);
    assert_state(w, &other, "failed", "BE01");
    assert_money(w, MONEY, 0);
    assert_int_equal(world_audits(w, "order.failed"), 2);
    assert_books(w);
    phone_free(&p);
}

static void an_unknown_outcome_stays_unknown_until_there_is_an_answer(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    plan(HOUSE_SWALLOW_AFTER, "pacs.008", "", 0); /* done there, no answer here */
    send_all(w);
    assert_state(w, &o, "pending", "");
    assert_money(w, MONEY - PAID, PAID);
    clearing_house_plans_clear(house);
    send_all(w); /* not due yet: nobody asks */
    assert_state(w, &o, "pending", "");
    world_turn(w, ZY_SECONDS(10));
    send_all(w);
    assert_state(w, &o, "settled", "");
    assert_money(w, MONEY - PAID, 0);
    phone_free(&p);
}

static void what_never_came_is_sent_again_only_when_it_cannot_come_any_more(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    plan(HOUSE_SWALLOW_BEFORE, "pacs.008", "", 0);
    send_all(w);
    assert_house(&o, "");
    world_turn(w, ZY_SECONDS(10));
    send_all(w); /* "never received", but it may be on its way */
    assert_state(w, &o, "pending", "");
    assert_house(&o, "");
    world_turn(w, ZY_MINUTES(6));
    send_all(w); /* now it is final: to be sent again */
    send_all(w);
    assert_house(&o, "ACSC");
    assert_state(w, &o, "settled", "");
    assert_money(w, MONEY - PAID, 0);
    phone_free(&p);
}

static void a_house_that_is_silent_for_a_day_takes_nothing(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    house_plan silent = { .trick = HOUSE_SWALLOW_AFTER, .count = 1000000 };
    clearing_house_plan(house, &silent);
    for (int i = 0; i < 30; i++) {
        send_all(w);
        world_turn(w, ZY_HOURS(1));
    }
    assert_money(w, MONEY - PAID, PAID); /* no timeout gives it back */
    clearing_house_plans_clear(house);
    world_turn(w, ZY_HOURS(1));
    send_all(w);
    assert_money(w, MONEY - PAID, 0);
    phone_free(&p);
}

static void late_answers_come_by_mail_and_twice_is_once(void **state)
{
    world *w = *state;
    phone p;
    order late, refused, twice;
    phone_log_in(&p, w, "own");
    pay(&p, &late);
    plan(HOUSE_LATE, "pacs.008", "", 1000);
    send_all(w);
    clearing_house_plans_clear(house);
    pay(&p, &refused);
    plan(HOUSE_LATE_REJECT, "pacs.008", "AC06", 1000);
    send_all(w);
    clearing_house_plans_clear(house);
    pay(&p, &twice);
    plan(HOUSE_TWICE, "pacs.008", "", 0);
    send_all(w);
    clearing_house_plans_clear(house);
    assert_state(w, &late, "pending", "");
    world_turn(w, ZY_SECONDS(2));
    collect_all(w);
    assert_state(w, &late, "settled", "");
    assert_state(w, &refused, "failed", "AC06");
    assert_state(w, &twice, "settled", "");
    assert_money(w, MONEY - 2 * PAID, 0);
    assert_int_equal(world_audits(w, "order.settled"), 2);
    assert_no_cases(w);
    assert_books(w);
    phone_free(&p);
}

static void a_return_brings_the_money_back(void **state)
{
    ZY_PROVES("mb.rollback.a");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    send_all(w);
    ASSERT_OK(clearing_house_return(house, zy_str_of(o.id), "AC04"));
    collect_all(w);
    assert_state(w, &o, "reversed", "AC04");
    assert_money(w, MONEY, 0);
    collect_all(w);
    assert_money(w, MONEY, 0);
    assert_no_cases(w);
    assert_books(w);
    phone_free(&p);
}

static void a_return_may_overtake_the_news_of_the_settlement(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    plan(HOUSE_SWALLOW_AFTER, "pacs.008", "", 0);
    send_all(w);
    ASSERT_OK(clearing_house_return(house, zy_str_of(o.id), "CUST"));
    collect_all(w);
    assert_state(w, &o, "reversed", "CUST");
    assert_money(w, MONEY, 0);
    clearing_house_plans_clear(house);
    world_turn(w, ZY_MINUTES(1));
    send_all(w);
    assert_money(w, MONEY, 0);
    phone_free(&p);
}

/* ---- recalls ---- */

static zy_status staff_recall(world *w, const order *o, const char *code)
{
    zy_err err = { 0 };
    zy_id request, maker = { 71 }, checker = { 72 };
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "order_id", o->id);
    zy_json_set_c(payload, "code", code);
    zy_status status = zy_approval_request(w->env, zy_approval_find(ZY_STR("order.recall")), maker, payload, ZY_STR("客户重复转账"), &request,
                                           &err);
    if (status != ZY_OK)
        return status;
    ASSERT_STATUS(zy_approval_decide(w->env, request, maker, true, ZY_STR("同意"), &err), ZY_MAKER_IS_CHECKER);
    return zy_approval_decide(w->env, request, checker, true, ZY_STR("同意"), &err);
}

static int64_t recall_all(world *w)
{
    zy_err err = { 0 };
    int64_t done = 0;
    ASSERT_OK(zy_interbank_recall(w->env, 8, &done, &err));
    return done;
}

static zy_status read_recall(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.recall", "SELECT state || ' ' || answer FROM interbank_recall", 0, NULL };
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL, NULL, 0, &row, err));
    return zy_str_copy(zy_col_text(row, 0), arg, 32);
}

static void assert_recall(world *w, const char *expected)
{
    zy_err err = { 0 };
    char found[32];
    ASSERT_OK(zy_db_read(w->env->db, "test.recall", read_recall, found, &err));
    assert_string_equal(found, expected);
}

static void what_two_of_the_staff_ask_back_comes_back_when_the_other_bank_agrees(void **state)
{
    ZY_PROVES("mb.rollback.a");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    ASSERT_STATUS(staff_recall(w, &o, "DUPL"), ZY_STATE_CONFLICT); /* on its way still */
    send_all(w);
    ASSERT_STATUS(staff_recall(w, &o, "NONE"), ZY_INTERNAL);
    ASSERT_OK(staff_recall(w, &o, "DUPL"));
    ASSERT_STATUS(staff_recall(w, &o, "DUPL"), ZY_STATE_CONFLICT);
    assert_recall(w, "ready ");
    assert_money(w, MONEY - PAID, 0);
    assert_int_equal(recall_all(w), 1);
    assert_int_equal(recall_all(w), 0);
    collect_all(w);
    assert_recall(w, "agreed ");
    assert_state(w, &o, "reversed", "FOCR");
    assert_money(w, MONEY, 0);
    assert_int_equal(world_audits(w, "interbank.recall_asked"), 1);
    assert_int_equal(world_audits(w, "interbank.recall_answer"), 1);
    assert_no_cases(w);
    assert_books(w);
    phone_free(&p);
}

static zy_status forget_recall(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    static const zy_sql SQL = { "test.forget", "DELETE FROM interbank_recall", 0, NULL };
    return zy_exec(tx, &SQL, NULL, 0, NULL, err);
}

static void a_recall_that_is_refused_leaves_everything_as_it_is(void **state)
{
    world *w = *state;
    phone p;
    order o;
    static const struct {
        const char *policy, *then;
    } CASES[] = { { "wait", "waiting " }, { "refuse", "refused CUST" } };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        phone_log_in(&p, w, "own");
        ASSERT_OK(clearing_house_recalls(house, CASES[i].policy));
        pay(&p, &o);
        send_all(w);
        ASSERT_OK(staff_recall(w, &o, "CUST"));
        assert_int_equal(recall_all(w), 1);
        collect_all(w);
        assert_recall(w, CASES[i].then);
        assert_state(w, &o, "settled", "");
        phone_free(&p);
        zy_err err = { 0 };
        ASSERT_OK(zy_db_run(w->env->db, "test.forget", forget_recall, NULL, &err));
        world_turn(w, ZY_MINUTES(2));
    }
    assert_money(w, MONEY - 2 * PAID, 0);
    assert_no_cases(w);
}

static void a_recall_that_nobody_answers_is_sent_again(void **state)
{
    world *w = *state;
    zy_err err = { 0 };
    phone p;
    order o;
    int64_t done = 0;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    send_all(w);
    ASSERT_OK(staff_recall(w, &o, "FRAD"));
    plan(HOUSE_SWALLOW_AFTER, "camt.056", "", 0); /* they have it, and we do not know */
    ASSERT_STATUS(zy_interbank_recall(w->env, 8, &done, &err), ZY_CONNECTOR_FAILED);
    assert_recall(w, "ready ");
    assert_int_equal(recall_all(w), 0); /* not before its time */
    collect_all(w);
    assert_recall(w, "agreed "); /* the answer was faster than the second try */
    world_turn(w, ZY_SECONDS(10));
    assert_int_equal(recall_all(w), 0);
    assert_money(w, MONEY, 0);
    phone_free(&p);
}

static void what_the_server_refuses_moves_nothing(void **state)
{
    ZY_PROVES("mb.server-validation.d");
    world *w = *state;
    phone p;
    order o;
    char from[ZY_ID_TEXT_MAX], body[400];
    phone_log_in(&p, w, "own");
    zy_id_format(cards.account, from);
    ASSERT_STATUS(prepare(&p, PAYEE, "王小丽", MONEY + 1, &o), ZY_BALANCE_TOO_LOW);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_bank\":\"999999999999\",\"to_account_no\":\"" PAYEE
             "\",\"to_name\":\"王小丽\",\"amount_fen\":100}", from);
    ASSERT_STATUS(order_prepare(&p, "transfer.prepare", body, &o), ZY_NOT_FOUND);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_bank\":\"" ICBC "\",\"to_account_no\":\"" PAYEE
             "\",\"to_name\":\"王小丽\",\"amount_fen\":100,\"way\":\"internal\"}", from);
    ASSERT_STATUS(order_prepare(&p, "transfer.prepare", body, &o), ZY_BAD_FIELD);
    zy_id_format(cards.to_account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_bank\":\"" ICBC "\",\"to_account_no\":\"" PAYEE
             "\",\"to_name\":\"王小丽\",\"amount_fen\":100}", from);
    ASSERT_STATUS(order_prepare(&p, "transfer.prepare", body, &o), ZY_NOT_FOUND); /* WANG's account */
    assert_money(w, MONEY, 0);
    phone_free(&p);
}

static void payees_of_other_banks_stand_in_the_book(void **state)
{
    world *w = *state;
    phone p;
    order o;
    char from[ZY_ID_TEXT_MAX], body[300];
    phone_log_in(&p, w, "own");
    ASSERT_OK(phone_order(&p, "payee.add", "{\"name\":\"王小丽\",\"number\":\"" PAYEE "\",\"bank\":\"" ICBC "\"}"));
    char payee[40];
    snprintf(payee, sizeof payee, "%s", phone_text(&p, "payee_id"));
    ASSERT_STATUS(phone_order(&p, "payee.add", "{\"name\":\"王小丽\",\"number\":\"" PAYEE "\",\"bank\":\"" ICBC "\"}"), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(phone_order(&p, "payee.add", "{\"name\":\"王小丽\",\"number\":\"" PAYEE "\",\"bank\":\"999999999999\"}"), ZY_BAD_FIELD);
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"payee_id\":\"%s\",\"amount_fen\":%d}", from, payee, PAID);
    ASSERT_OK(order_prepare(&p, "transfer.prepare", body, &o));
    assert_non_null(strstr(o.text, "to_bank=" ICBC));
    assert_null(strstr(o.text, PAYEE)); /* masked */
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    send_all(w);
    assert_state(w, &o, "settled", "");
    phone_free(&p);
}

/* ---- coming in ---- */

static void a_credit_comes_to_whom_it_names_once(void **state)
{
    world *w = *state;
    credit("C1", cards.number, LI.name, 5000);
    collect_all(w);
    collect_all(w);
    assert_money(w, MONEY + 5000, 0);
    char said[5];
    bool returned = false;
    clearing_house_status(house, ZY_STR("C1"), said, &returned);
    assert_string_equal(said, "ACSC");
    assert_int_equal(world_audits(w, "interbank.credit"), 1);
    assert_books(w);
}

static void a_credit_to_nobody_or_another_name_is_refused(void **state)
{
    world *w = *state;
    char said[5];
    bool returned = false;
    credit("C1", cards.number, "李大龙", 5000);
    credit("C2", "6217009999999999", LI.name, 5000);
    collect_all(w);
    assert_money(w, MONEY, 0);
    clearing_house_status(house, ZY_STR("C1"), said, &returned);
    assert_string_equal(said, "RJCT");
    clearing_house_status(house, ZY_STR("C2"), said, &returned);
    assert_string_equal(said, "RJCT");
    assert_int_equal(world_audits(w, "interbank.credit_refused"), 2);
}

static void an_answer_that_was_lost_is_told_again(void **state)
{
    world *w = *state;
    char said[5];
    bool returned = false;
    credit("C1", cards.number, LI.name, 5000);
    house_plan lost = { .trick = HOUSE_SWALLOW_BEFORE, .on = "pacs.002", .count = 1 };
    clearing_house_plan(house, &lost);
    zy_err err = { 0 };
    int64_t done = 0;
    ASSERT_OK(zy_interbank_collect(w->env, 100, &done, &err));
    assert_money(w, MONEY + 5000, 0);
    clearing_house_plans_clear(house);
    collect_all(w);
    clearing_house_status(house, ZY_STR("C1"), said, &returned);
    assert_string_equal(said, "ACSC");
    assert_money(w, MONEY + 5000, 0);
}

/* ---- whatever fails ---- */

/* Sends or collects while the n-th call of the database fails, and then until all is done. */
static void fail_once(world *w, int n, zy_status (*task)(zy_env *, int, int64_t *, zy_err *))
{
    zy_err err = { 0 };
    int64_t done = 0;
    zy_fault_arm("db.", n, ZY_DB_ERROR);
    (void)!task(w->env, 16, &done, &err);
    zy_fault_arm("", 0, ZY_OK);
    for (int i = 0; i < 3; i++) {
        world_turn(w, ZY_MINUTES(7)); /* longer than a message can be on its way */
        send_all(w);
        collect_all(w);
    }
}

/* Every other one is refused by the payee's bank, and comes back. */
static void any_call_may_fail_and_money_goes_or_comes_back_once(void **state)
{
    enum { CALLS = 30 };
    world *w = *state;
    phone p;
    int64_t paid = 0;
    phone_log_in(&p, w, "own");
    for (int n = 1; n <= CALLS; n++) {
        order o;
        bool refused = n % 2 == 0;
        if (n > 1) {
            phone_hello(&p);
            ASSERT_OK(phone_login(&p, &LI));
        }
        world_turn(w, ZY_MINUTES(2));
        pay_to(&p, PAYEE, refused ? "王大丽" : "王小丽", &o);
        fail_once(w, (n + 1) / 2, zy_interbank_send);
        paid += refused ? 0 : PAID;
        assert_state(w, &o, refused ? "failed" : "settled", refused ? "BE01" : "");
        assert_money(w, MONEY - paid, 0);
    }
    assert_int_equal(world_audits(w, "order.settled"), CALLS / 2);
    assert_int_equal(world_audits(w, "order.failed"), CALLS / 2);
    assert_no_cases(w);
    assert_books(w);
    phone_free(&p);
}

static void any_call_may_fail_and_a_credit_comes_once(void **state)
{
    world *w = *state;
    for (int n = 1; n <= 20; n++) {
        char id[16], said[5];
        bool returned = false;
        snprintf(id, sizeof id, "C%d", n);
        credit(id, cards.number, LI.name, 5000);
        fail_once(w, n, zy_interbank_collect);
        assert_money(w, MONEY + n * 5000, 0);
        clearing_house_status(house, zy_str_of(id), said, &returned);
        assert_string_equal(said, "ACSC");
    }
    assert_no_cases(w);
    assert_books(w);
}

/* ---- the day's file ---- */

static int64_t reconcile(world *w, zy_status expected)
{
    zy_err err = { 0 };
    int64_t cases = 0;
    ASSERT_STATUS(zy_interbank_reconcile(w->env, &cases, &err), expected);
    return cases;
}

static void next_day(world *w)
{
    clearing_house_close_day(house, zy_day_of(zy_env_now(w->env)));
    world_turn(w, ZY_HOURS(24));
}

static void a_day_without_differences_opens_no_case(void **state)
{
    ZY_PROVES("mb.org-operations.p2");
    world *w = *state;
    phone p;
    order settled, refused, back;
    phone_log_in(&p, w, "own");
    assert_int_equal(reconcile(w, ZY_NOT_FOUND), 0);
    pay(&p, &settled);
    pay_to(&p, PAYEE, "王大丽", &refused);
    pay(&p, &back);
    send_all(w);
    ASSERT_OK(clearing_house_return(house, zy_str_of(back.id), "AC04"));
    credit("C1", cards.number, LI.name, 5000);
    credit("C2", cards.number, "李大龙", 5000);
    collect_all(w);
    assert_int_equal(reconcile(w, ZY_NOT_FOUND), 0); /* today has not ended */
    next_day(w);
    assert_int_equal(reconcile(w, ZY_OK), 0);
    assert_no_cases(w);
    assert_int_equal(reconcile(w, ZY_NOT_FOUND), 0);
    phone_free(&p);
}

static void the_file_decides_what_is_still_unknown(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    plan(HOUSE_SWALLOW_AFTER, "pacs.008", "", 0);
    send_all(w);
    clearing_house_plans_clear(house);
    assert_state(w, &o, "pending", "");
    next_day(w);
    assert_int_equal(reconcile(w, ZY_OK), 0);
    assert_state(w, &o, "settled", "");
    assert_money(w, MONEY - PAID, 0);
    phone_free(&p);
}

typedef struct close_job {
    world *w;
    zy_id id;
} close_job;

static zy_status close_unit(zy_tx *tx, void *arg, zy_err *err)
{
    close_job *job = arg;
    return zy_interbank_close_case(tx, job->w->env, job->id, ZY_STR("查明：重复记录"), (zy_id){ 7 }, err);
}

static void a_case_is_closed_once(world *w)
{
    zy_err err = { 0 };
    case_list list = { .array = zy_json_array() };
    close_job job = { .w = w };
    zy_str id = { 0 };
    char left[8][80];
    ASSERT_OK(zy_db_read(w->env->db, "test.cases", read_cases, &list, &err));
    size_t before = zy_json_count(list.array);
    assert_true(zy_json_str(zy_json_at(list.array, 0), "case_id", &id));
    ASSERT_OK(zy_id_parse(id, &job.id));
    zy_json_free(list.array);
    ASSERT_OK(zy_db_run(w->env->db, "test.close", close_unit, &job, &err));
    ASSERT_STATUS(zy_db_run(w->env->db, "test.close", close_unit, &job, &err), ZY_STATE_CONFLICT);
    assert_int_equal(open_cases(w, left, 8), before - 1);
}

static void every_planted_difference_is_found(void **state)
{
    ZY_PROVES("mb.org-operations.p2");
    world *w = *state;
    phone p;
    order missing, amount, outcome;
    zy_day today = zy_day_of(zy_env_now(w->env));
    char cases[8][80], expected[80];
    phone_log_in(&p, w, "own");
    pay(&p, &missing);
    pay(&p, &amount);
    pay(&p, &outcome);
    send_all(w);
    credit("C1", cards.number, LI.name, 5000);
    collect_all(w);
    ASSERT_OK(clearing_house_plant(house, HOUSE_LINE_MISSING, zy_str_of(missing.id), today, (zy_money){ 0 }));
    ASSERT_OK(clearing_house_plant(house, HOUSE_LINE_AMOUNT, zy_str_of(amount.id), today, (zy_money){ PAID + 1 }));
    ASSERT_OK(clearing_house_plant(house, HOUSE_LINE_OUTCOME, zy_str_of(outcome.id), today, (zy_money){ 0 }));
    ASSERT_OK(clearing_house_plant(house, HOUSE_LINE_EXTRA, ZY_STR("EXTRA1"), today, (zy_money){ 777 }));
    next_day(w);
    assert_int_equal(reconcile(w, ZY_OK), 4);
    assert_int_equal(open_cases(w, cases, 8), 4);
    const struct {
        const char *difference, *id;
    } FOUND[] = { { "missing_there", missing.id }, { "amount", amount.id }, { "outcome", outcome.id }, { "unknown_here", "EXTRA1" } };
    for (size_t i = 0; i < ZY_COUNT(FOUND); i++) {
        bool found = false;
        snprintf(expected, sizeof expected, "%s %s", FOUND[i].difference, FOUND[i].id);
        for (int c = 0; c < 4; c++)
            found = found || strcmp(cases[c], expected) == 0;
        if (!found)
            fail_msg("not found: %s", expected);
    }
    assert_money(w, MONEY - 3 * PAID + 5000, 0); /* nothing is booked on the file's word against ours */
    assert_int_equal(world_audits(w, "interbank.case"), 4);
    a_case_is_closed_once(w);
    phone_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transfer_leaves_at_once_and_settles),
        TEST(a_delayed_transfer_leaves_when_its_time_has_come),
        TEST(a_batch_pays_other_banks_by_their_cards),
        TEST(a_refusal_gives_everything_back_and_says_why),
        TEST(an_unknown_outcome_stays_unknown_until_there_is_an_answer),
        TEST(what_never_came_is_sent_again_only_when_it_cannot_come_any_more),
        TEST(a_house_that_is_silent_for_a_day_takes_nothing),
        TEST(late_answers_come_by_mail_and_twice_is_once),
        TEST(a_return_brings_the_money_back),
        TEST(a_return_may_overtake_the_news_of_the_settlement),
        TEST(what_two_of_the_staff_ask_back_comes_back_when_the_other_bank_agrees),
        TEST(a_recall_that_is_refused_leaves_everything_as_it_is),
        TEST(a_recall_that_nobody_answers_is_sent_again),
        TEST(what_the_server_refuses_moves_nothing),
        TEST(payees_of_other_banks_stand_in_the_book),
        TEST(a_credit_comes_to_whom_it_names_once),
        TEST(a_credit_to_nobody_or_another_name_is_refused),
        TEST(an_answer_that_was_lost_is_told_again),
        TEST(any_call_may_fail_and_money_goes_or_comes_back_once),
        TEST(any_call_may_fail_and_a_credit_comes_once),
        TEST(a_day_without_differences_opens_no_case),
        TEST(the_file_decides_what_is_still_unknown),
        TEST(every_planted_difference_is_found),
    };
    return zy_test_main("interbank", tests, ZY_COUNT(tests));
}
