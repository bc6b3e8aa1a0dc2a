/* Phone numbers that stand for accounts: from real logins, through the dispatcher, to a clearing house and back, on both engines. */
#include <pthread.h>
#include <stdio.h>

#include "bank/directory/directory.h"
#include "bank/interbank/interbank.h"
#include "bank/phonepay/phonepay_internal.h"
#include "bank/security/order_world.h"
#include "service/identity/standing.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_clearing.h"
#include "zy_test_env.h"

#define AT_ICBC  "13900000001" /* the house knows it: 王小丽 */
#define AT_NOBODY "13900009999"

static world *w;
static clearing_house *house;

/* ---- what a customer does ---- */

static zy_status prepare_bind(phone *p, zy_id account, order *o)
{
    char id[ZY_ID_TEXT_MAX], body[60];
    zy_id_format(account, id);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\"}", id);
    return order_prepare(p, "phone.bind.prepare", body, o);
}

static zy_status carry_out(phone *p, const order *o)
{
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    zy_status status = order_confirm(p, o);
    world_turn(w, ZY_SECONDS(31)); /* the next text may be sent */
    return status;
}

static void order_bind(phone *p)
{
    order o;
    ASSERT_OK(prepare_bind(p, cards.account, &o));
    ASSERT_OK(carry_out(p, &o));
}

static void order_unbind(phone *p)
{
    order o;
    ASSERT_OK(order_prepare(p, "phone.unbind.prepare", "{}", &o));
    ASSERT_OK(carry_out(p, &o));
}

static int64_t keep(void)
{
    int64_t done = 0;
    ASSERT_OK(zy_phonepay_keep(w->env, 10, &done, NULL));
    return done;
}

/* "" when nothing is bound or on its way. */
static const char *state_of(phone *p)
{
    static char state[20];
    zy_str value = { 0 };
    ASSERT_OK(phone_call(p, "phone.bindings", "{}"));
    (void)zy_json_str(zy_json_at(zy_json_get(zy_json_get(p->answer, "body"), "bindings"), 0), "state", &value);
    snprintf(state, sizeof state, ZY_STR_FMT, ZY_STR_ARG(value));
    return state;
}

static zy_status look_up(phone *p, const char *number)
{
    char body[60];
    snprintf(body, sizeof body, "{\"phone\":\"%s\"}", number);
    return phone_call(p, "phone.lookup", body);
}

static void swallow(house_trick trick, int64_t count)
{
    const house_plan plan = { .trick = trick, .on = "acmt.022", .count = count };
    clearing_house_plan(house, &plan);
}

static zy_status house_finds(const char *number, zy_clearing_account *ret)
{
    return zy_clearing_lookup_phone(w->env->clearing, zy_str_of(number), zy_env_now(w->env), ret, NULL);
}

typedef struct find_job {
    zy_id customer, login;
    const char *token;
    zy_phonepay_payee payee;
} find_job;

static zy_status find_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    find_job *job = arg;
    return zy_phonepay_payee_find(rtx, w->env, job->customer, job->login, zy_str_of(job->token), &job->payee, err);
}

static zy_status find(find_job *job)
{
    return zy_db_read(w->env->db, "test.find", find_read, job, NULL);
}

/* The login of the newest payee that was looked up. */
static zy_status login_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.login", "SELECT login FROM phone_payee ORDER BY id DESC LIMIT 1", 0, NULL };
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_NO_ARGS, &row, err));
    *(zy_id *)arg = zy_col_id(row, 0);
    return ZY_OK;
}

static void script(const char *sql)
{
    ASSERT_OK(zy_db_test_exec_script(w->env->db, sql, sql, NULL));
}

/* ---- binding ---- */

static void a_number_is_bound_at_the_house_and_unbound_again(void **state)
{
    ZY_PROVES("mb.innovation-content.j", "mb.innovation-content.k-i");
    (void)state;
    phone p;
    order o;
    zy_clearing_account found;
    phone_log_in(&p, w, "own");
    ASSERT_OK(prepare_bind(&p, cards.account, &o));
    assert_non_null(strstr(o.text, "kind=phone.bind"));
    assert_null(strstr(o.text, LI.phone));
    assert_null(strstr(o.text, cards.number));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(carry_out(&p, &o));
    assert_string_equal(state_of(&p), "binding"); /* no house was asked inside the unit */
    ASSERT_STATUS(house_finds(LI.phone, &found), ZY_NOT_FOUND);
    assert_int_equal(keep(), 1);
    assert_int_equal(keep(), 0);
    assert_string_equal(state_of(&p), "bound");
    ASSERT_OK(house_finds(LI.phone, &found));
    assert_string_equal(found.bank, CLEARING_BESIDE_US);
    assert_string_equal(found.number, cards.number);
    assert_int_equal(world_audits(w, "phone.bound"), 1);
    ASSERT_STATUS(prepare_bind(&p, cards.account, &o), ZY_ALREADY_EXISTS);
    order_unbind(&p);
    assert_string_equal(state_of(&p), "unbinding");
    ASSERT_STATUS(order_prepare(&p, "phone.unbind.prepare", "{}", &o), ZY_STATE_CONFLICT);
    ASSERT_STATUS(look_up(&p, LI.phone), ZY_NOT_FOUND); /* at once */
    assert_int_equal(keep(), 1);
    assert_string_equal(state_of(&p), "");
    ASSERT_STATUS(house_finds(LI.phone, &found), ZY_NOT_FOUND);
    ASSERT_STATUS(order_prepare(&p, "phone.unbind.prepare", "{}", &o), ZY_NOT_FOUND);
    order_bind(&p); /* and once more */
    assert_int_equal(keep(), 1);
    assert_string_equal(state_of(&p), "bound");
    phone_free(&p);
}

static void a_number_that_another_bank_has_is_refused(void **state)
{
    ZY_PROVES("mb.innovation-content.k-i");
    (void)state;
    phone p;
    zy_clearing_account found;
    phone_log_in(&p, w, "own");
    ASSERT_OK(zy_clearing_bind_phone(w->env->clearing, zy_str_of(LI.phone), ZY_STR("6299880000000002"), ZY_STR("别人"), true, zy_env_now(w->env),
                                     NULL));
    order_bind(&p);
    assert_int_equal(keep(), 1);
    assert_string_equal(state_of(&p), "");
    assert_int_equal(world_audits(w, "phone.refused"), 1);
    ASSERT_OK(house_finds(LI.phone, &found));
    assert_string_equal(found.number, "6299880000000002");
    phone_free(&p);
}

static void a_question_without_an_answer_is_asked_again(void **state)
{
    (void)state;
    static const house_trick TRICKS[] = { HOUSE_SWALLOW_BEFORE, HOUSE_SWALLOW_AFTER, HOUSE_BAD_SIGNATURE };
    phone p;
    phone_log_in(&p, w, "own");
    for (size_t i = 0; i < ZY_COUNT(TRICKS); i++) {
        swallow(TRICKS[i], 2);
        order_bind(&p);
        assert_int_equal(keep(), 0);
        assert_string_equal(state_of(&p), "binding");
        assert_int_equal(keep(), 0); /* not yet again */
        world_turn(w, ZY_SECONDS(5));
        assert_int_equal(keep(), 0); /* the second one is swallowed, too */
        world_turn(w, ZY_SECONDS(5));
        assert_int_equal(keep(), 0);
        world_turn(w, ZY_SECONDS(5));
        assert_int_equal(keep(), 1);
        assert_string_equal(state_of(&p), "bound");
        order_unbind(&p);
        world_turn(w, ZY_MINUTES(6));
        phone_hello(&p);
        ASSERT_OK(phone_login(&p, &LI));
        assert_int_equal(keep(), 1);
        assert_string_equal(state_of(&p), "");
        world_turn(w, ZY_MINUTES(1));
    }
    phone_free(&p);
}

/* A question that may still arrive would undo what was asked behind it. */
static void nothing_is_unbound_while_an_old_question_may_bind_it_again(void **state)
{
    (void)state;
    phone p;
    phone_log_in(&p, w, "own");
    swallow(HOUSE_SWALLOW_BEFORE, 1);
    order_bind(&p);
    assert_int_equal(keep(), 0);
    zy_time asked = zy_env_now(w->env);
    world_turn(w, ZY_SECONDS(5));
    assert_int_equal(keep(), 1);
    order_unbind(&p);
    world_turn(w, ZY_MINUTES(3));
    assert_int_equal(keep(), 0);
    assert_true(zy_time_since(zy_env_now(w->env), asked).ms < ZY_CLEARING_WINDOW.ms);
    world_turn(w, ZY_MINUTES(2));
    assert_int_equal(keep(), 1);
    phone_free(&p);
}

static void a_crash_between_question_and_answer_does_no_harm(void **state)
{
    (void)state;
    phone p;
    phone_log_in(&p, w, "own");
    order_bind(&p);
    /* Written down as asked, heard by the house, and then the node died. */
    script("UPDATE phone_binding SET tries = 1, unsure_until = next_try_at + 300000, next_try_at = next_try_at + 120000");
    ASSERT_OK(zy_clearing_bind_phone(w->env->clearing, zy_str_of(LI.phone), zy_str_of(cards.number), zy_str_of(LI.name), true,
                                     zy_env_now(w->env), NULL));
    assert_int_equal(keep(), 0); /* another node may still be at it */
    world_turn(w, ZY_MINUTES(2));
    assert_int_equal(keep(), 1);
    assert_string_equal(state_of(&p), "bound");
    assert_int_equal(world_audits(w, "phone.bound"), 1);
    phone_free(&p);
}

#define NODES 4

static void *keep_on_a_node(void *arg)
{
    int64_t *done = arg;
    zy_status status = zy_phonepay_keep(w->env, 10, done, NULL);
    return status == ZY_OK ? NULL : arg;
}

static void nodes_that_look_at_once_ask_once(void **state)
{
    (void)state;
    phone p;
    pthread_t threads[NODES];
    int64_t done[NODES] = { 0 }, all = 0;
    phone_log_in(&p, w, "own");
    order_bind(&p);
    for (int i = 0; i < NODES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_on_a_node, &done[i]), 0);
    for (int i = 0; i < NODES; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
        all += done[i];
    }
    assert_int_equal(all, 1);
    assert_string_equal(state_of(&p), "bound");
    assert_int_equal(world_audits(w, "phone.bound"), 1);
    phone_free(&p);
}

static void only_an_own_class_one_account_and_the_own_number_are_bound(void **state)
{
    (void)state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(prepare_bind(&p, cards.to_account, &o), ZY_NOT_FOUND); /* WANG's */
    script("UPDATE bank_account SET kind = 'class3' WHERE kind = 'debit'");
    ASSERT_STATUS(prepare_bind(&p, cards.account, &o), ZY_ACCOUNT_KIND);
    script("UPDATE bank_account SET kind = 'debit' WHERE kind = 'class3'");
    ASSERT_STATUS(phone_order(&p, "phone.bind.prepare", "{\"account_id\":\"0000000000001\",\"phone\":\"13900000001\"}"), ZY_BAD_FIELD);
    phone_free(&p);
}

/* Prepared for one number, confirmed with another: the order binds nothing. */
static zy_status change_phone(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_TRY(zy_phonepay_leave(tx, w->env, LI.id, zy_env_now(w->env), err));
    return zy_customer_set_phone(tx, w->env, LI.id, ZY_STR("13700001234"), err);
}

static void another_number_of_the_customer_ends_the_old_ones_payments(void **state)
{
    (void)state;
    phone p;
    order o;
    zy_clearing_account found;
    phone_log_in(&p, w, "own");
    order_bind(&p);
    assert_int_equal(keep(), 1);
    ASSERT_OK(zy_db_run(w->env->db, "test.phone", change_phone, NULL, NULL));
    assert_string_equal(state_of(&p), "unbinding");
    assert_int_equal(keep(), 1);
    ASSERT_STATUS(house_finds(LI.phone, &found), ZY_NOT_FOUND);
    ASSERT_OK(zy_db_run(w->env->db, "test.phone", change_phone, NULL, NULL)); /* nothing is bound: nothing happens */
    ASSERT_OK(prepare_bind(&p, cards.account, &o));
    assert_null(strstr(o.text, LI.phone));
    phone_free(&p);
}

static void without_a_house_nothing_is_bound(void **state)
{
    (void)state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    zy_clearing *clearing = w->env->clearing;
    w->env->clearing = NULL;
    ASSERT_STATUS(prepare_bind(&p, cards.account, &o), ZY_API_CLOSED);
    ASSERT_STATUS(look_up(&p, AT_ICBC), ZY_NOT_FOUND);
    assert_int_equal(keep(), 0);
    w->env->clearing = clearing;
    phone_free(&p);
}

/* ---- looking a number up ---- */

static void a_number_leads_to_a_masked_payee_of_this_login(void **state)
{
    ZY_PROVES("mb.innovation-content.k-ii");
    (void)state;
    phone p;
    char token[40];
    zy_id login = { 0 };
    phone_log_in(&p, w, "own");
    ASSERT_OK(look_up(&p, AT_ICBC));
    assert_string_equal(phone_text(&p, "name"), "**丽");
    assert_string_equal(phone_text(&p, "bank_code"), "102100099996");
    assert_string_equal(phone_text(&p, "bank_name"), "中国工商银行");
    assert_string_equal(phone_text(&p, "tail"), "3337");
    assert_false(phone_flag(&p, "own"));
    snprintf(token, sizeof token, "%s", phone_text(&p, "payee_token"));
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(p.answer, &text);
    assert_null(strstr(text.p, "6222021001112223337"));
    ASSERT_OK(zy_db_read(w->env->db, "test.login", login_read, &login, NULL));
    find_job job = { LI.id, login, token, { 0 } };
    ASSERT_OK(find(&job));
    assert_string_equal(job.payee.number, "6222021001112223337");
    assert_string_equal(job.payee.name, "王*丽");
    assert_string_equal(job.payee.bank, "102100099996");
    assert_string_equal(job.payee.phone, "139****0001");
    const find_job WRONG[] = { { WANG.id, login, token, { 0 } }, { LI.id, { login.v + 1 }, token, { 0 } },
                               { LI.id, login, "0000000000001", { 0 } }, { LI.id, login, "", { 0 } }, { LI.id, login, "'--", { 0 } } };
    for (size_t i = 0; i < ZY_COUNT(WRONG); i++) {
        find_job wrong = WRONG[i];
        ASSERT_STATUS(find(&wrong), ZY_NOT_FOUND);
    }
    world_turn(w, ZY_MINUTES(10));
    ASSERT_STATUS(find(&job), ZY_NOT_FOUND); /* it is over */
    int64_t dropped = 0;
    ASSERT_OK(zy_phonepay_expire(w->env, 100, &dropped, NULL));
    assert_int_equal(dropped, 1);
    ASSERT_STATUS(zy_db_read(w->env->db, "test.login", login_read, &login, NULL), ZY_NOT_FOUND); /* and dropped */
    phone_free(&p);
}

static void a_number_of_this_bank_is_found_without_the_house(void **state)
{
    (void)state;
    phone p;
    zy_id login = { 0 };
    phone_log_in(&p, w, "own");
    order_bind(&p);
    assert_int_equal(keep(), 1);
    zy_clearing *clearing = w->env->clearing;
    w->env->clearing = NULL;
    ASSERT_OK(look_up(&p, LI.phone));
    assert_true(phone_flag(&p, "own"));
    assert_string_equal(phone_text(&p, "bank_name"), "云澜银行");
    find_job job = { .customer = LI.id, .token = phone_text(&p, "payee_token") };
    ASSERT_OK(zy_db_read(w->env->db, "test.login", login_read, &login, NULL));
    job.login = login;
    ASSERT_OK(find(&job));
    assert_true(job.payee.own);
    assert_string_equal(job.payee.number, cards.number);
    assert_string_equal(job.payee.name, LI.name);
    w->env->clearing = clearing;
    phone_free(&p);
}

static void whoever_tries_numbers_learns_little_and_is_stopped(void **state)
{
    ZY_PROVES("mb.innovation-content.j");
    (void)state;
    phone p;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(look_up(&p, AT_NOBODY), ZY_NOT_FOUND);
    ASSERT_STATUS(look_up(&p, WANG.phone), ZY_NOT_FOUND); /* a customer who has bound nothing */
    ASSERT_STATUS(look_up(&p, "1390000000"), ZY_BAD_FIELD);
    script("UPDATE phone_lookup SET used = 49"); /* of phonepay.lookups_per_day */
    ASSERT_OK(look_up(&p, AT_ICBC));
    ASSERT_STATUS(look_up(&p, AT_ICBC), ZY_RATE_LIMITED);
    ASSERT_STATUS(look_up(&p, AT_NOBODY), ZY_RATE_LIMITED);
    world_turn(w, ZY_DAYS(1));
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(look_up(&p, AT_ICBC));
    ZY_AUTO(zy_json_free) zy_json *records = world_audit_records(w, "phone.looked_up");
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(records, &text);
    assert_int_equal(zy_json_count(records), 2);
    assert_null(strstr(text.p, AT_ICBC));
    phone_free(&p);
}

static void whoever_may_not_pay_others_asks_for_nobody(void **state)
{
    (void)state;
    phone p;
    phone_log_in(&p, w, "own");
    script("UPDATE customer SET scope = 'self'");
    ASSERT_STATUS(look_up(&p, AT_ICBC), ZY_SCOPE_LIMITED);
    ASSERT_STATUS(look_up(&p, AT_NOBODY), ZY_SCOPE_LIMITED);
    phone_free(&p);
}

static void a_house_that_says_nothing_is_no_answer(void **state)
{
    (void)state;
    phone p;
    const house_plan plan = { .trick = HOUSE_SWALLOW_BEFORE, .on = "acmt.023", .count = 1 };
    phone_log_in(&p, w, "own");
    clearing_house_plan(house, &plan);
    ASSERT_STATUS(look_up(&p, AT_ICBC), ZY_BUSY); /* nobody is told that the number leads nowhere */
    ASSERT_OK(look_up(&p, AT_ICBC));
    phone_free(&p);
}

/* ---- paying ---- */

enum { MONEY = 10000000, PAID = 123400 };

static zy_status prepare_payment(phone *p, const char *token, const char *more, order *o)
{
    char from[ZY_ID_TEXT_MAX], body[300];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"payee_token\":\"%s\",\"amount_fen\":%d%s}", from, token, PAID, more);
    return order_prepare(p, "transfer.prepare", body, o);
}

/* Looks the number up and pays: what a customer does with a phone number. */
static void pay_to(phone *p, const char *number, order *o)
{
    char token[40];
    ASSERT_OK(look_up(p, number));
    snprintf(token, sizeof token, "%s", phone_text(p, "payee_token"));
    ASSERT_OK(prepare_payment(p, token, "", o));
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    ASSERT_OK(order_confirm(p, o));
}

static zy_status balances_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    zy_balance *balances = arg;
    ZY_TRY(zy_ledger_balance(rtx, cards.account, &balances[0], err));
    return zy_ledger_balance(rtx, cards.to_account, &balances[1], err);
}

static void assert_balances(int64_t payer, int64_t payee)
{
    zy_balance balances[2];
    ASSERT_OK(zy_db_read(w->env->db, "test.balances", balances_read, balances, NULL));
    ASSERT_FEN(balances[0].balance, payer);
    ASSERT_FEN(balances[1].balance, payee);
}

static void send_all(void)
{
    int64_t done = 0;
    ASSERT_OK(zy_interbank_send(w->env, 16, &done, NULL));
}

static void assert_house(const order *o, const char *status)
{
    char said[5];
    bool returned = false;
    clearing_house_status(house, zy_str_of(o->id), said, &returned);
    assert_string_equal(said, status);
}

static void a_transfer_by_phone_number_arrives_at_another_bank(void **state)
{
    ZY_PROVES("mb.innovation-content.j", "mb.innovation-content.k-ii");
    (void)state;
    phone p;
    order o;
    zy_money paid, received;
    phone_log_in(&p, w, "own");
    pay_to(&p, AT_ICBC, &o);
    assert_string_equal(phone_text(&p, "state"), "pending");
    assert_non_null(strstr(o.text, "kind=transfer.interbank"));
    assert_null(strstr(o.text, "6222021001112223337"));
    assert_null(strstr(o.text, AT_ICBC));
    send_all();
    assert_house(&o, "ACSC");
    assert_balances(MONEY - PAID, 0);
    clearing_house_position(house, ZY_STR("102100099996"), &paid, &received);
    ASSERT_FEN(received, PAID);
    phone_free(&p);
}

/* The house did it, and its answer was lost: asked about, never sent as another one. */
static void a_payment_without_an_answer_is_reconciled_and_debited_once(void **state)
{
    ZY_PROVES("mb.innovation-content.k-ii");
    (void)state;
    phone p;
    order o;
    zy_money paid, received;
    const house_plan plan = { .trick = HOUSE_SWALLOW_AFTER, .on = "pacs.008", .count = 1 };
    phone_log_in(&p, w, "own");
    clearing_house_plan(house, &plan);
    pay_to(&p, AT_ICBC, &o);
    send_all();
    ASSERT_OK(order_confirm(&p, &o));
    assert_string_equal(phone_text(&p, "state"), "pending"); /* its first answer */
    for (int i = 0; i < 6; i++) {
        world_turn(w, ZY_MINUTES(1));
        send_all();
    }
    assert_int_equal(world_audits(w, "order.settled"), 1);
    assert_balances(MONEY - PAID, 0);
    clearing_house_position(house, ZY_STR("102100099996"), &paid, &received);
    ASSERT_FEN(received, PAID);
    phone_free(&p);
}

static zy_status bind_wang(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_AUTO_BUF sealed = { 0 };
    BINDING_AUTO b = { .customer = WANG.id, .account = cards.to_account, .changed_at = zy_env_now(w->env) };
    ZY_TRY(zy_str_copy(zy_str_of(WANG.phone), b.phone, sizeof b.phone));
    ZY_TRY(zy_str_copy(zy_str_of(cards.to_number), b.number, sizeof b.number));
    ZY_TRY(zy_str_copy(zy_str_of(WANG.name), b.name, sizeof b.name));
    ZY_TRY(phone_index(w->env, zy_str_of(WANG.phone), b.index));
    ZY_TRY(binding_seal(w->env, &b, &sealed));
    return binding_put(tx, &b, zy_buf_view(&sealed), err);
}

static zy_status leave_wang(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_phonepay_leave(tx, w->env, WANG.id, zy_env_now(w->env), err);
}

static void a_transfer_by_phone_number_arrives_inside_the_bank(void **state)
{
    ZY_PROVES("mb.innovation-content.j");
    (void)state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(look_up(&p, WANG.phone), ZY_NOT_FOUND); /* not bound yet */
    ASSERT_OK(zy_db_run(w->env->db, "test.bind", bind_wang, NULL, NULL));
    assert_int_equal(keep(), 1);
    pay_to(&p, WANG.phone, &o);
    assert_string_equal(phone_text(&p, "state"), "posted");
    assert_non_null(strstr(o.text, "kind=transfer.internal"));
    assert_null(strstr(o.text, cards.to_number));
    assert_null(strstr(o.text, WANG.name));
    assert_balances(MONEY - PAID, PAID);
    ASSERT_OK(zy_db_run(w->env->db, "test.leave", leave_wang, NULL, NULL));
    ASSERT_STATUS(look_up(&p, WANG.phone), ZY_NOT_FOUND); /* unbinding stops it */
    phone_free(&p);
}

static void a_token_pays_nobody_but_whom_it_was_given_for(void **state)
{
    (void)state;
    phone p;
    order o;
    char token[40];
    phone_log_in(&p, w, "own");
    ASSERT_OK(look_up(&p, AT_ICBC));
    snprintf(token, sizeof token, "%s", phone_text(&p, "payee_token"));
    static const char *const MORE[] = { ",\"to_bank\":\"105100000017\"", ",\"to_account_no\":\"6217000010001112225\",\"to_name\":\"刘洋\"",
                                        ",\"payee_id\":\"0000000000001\"" };
    for (size_t i = 0; i < ZY_COUNT(MORE); i++)
        ASSERT_STATUS(prepare_payment(&p, token, MORE[i], &o), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare_payment(&p, "0000000000001", "", &o), ZY_NOT_FOUND);
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_STATUS(prepare_payment(&p, token, "", &o), ZY_NOT_FOUND); /* another login */
    assert_balances(MONEY, 0);
    phone_free(&p);
}

/* ---- the world ---- */

static int open_world(void **state)
{
    order_world_open(state);
    w = *state;
    house = clearing_beside_start(w->env);
    ASSERT_OK(zy_directory_start(w->env, NULL));
    ASSERT_OK(zy_phonepay_start(w->env, NULL));
    ASSERT_OK(zy_registry_add(w->registry, ZY_PHONEPAY_APIS, ZY_PHONEPAY_API_COUNT, NULL));
    return 0;
}

static int close_world(void **state)
{
    clearing_beside_stop(w->env);
    return world_close(state);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_number_is_bound_at_the_house_and_unbound_again),
        STORY(a_number_that_another_bank_has_is_refused),
        STORY(a_question_without_an_answer_is_asked_again),
        STORY(nothing_is_unbound_while_an_old_question_may_bind_it_again),
        STORY(a_crash_between_question_and_answer_does_no_harm),
        STORY(nodes_that_look_at_once_ask_once),
        STORY(only_an_own_class_one_account_and_the_own_number_are_bound),
        STORY(another_number_of_the_customer_ends_the_old_ones_payments),
        STORY(without_a_house_nothing_is_bound),
        STORY(a_number_leads_to_a_masked_payee_of_this_login),
        STORY(a_number_of_this_bank_is_found_without_the_house),
        STORY(whoever_tries_numbers_learns_little_and_is_stopped),
        STORY(whoever_may_not_pay_others_asks_for_nobody),
        STORY(a_house_that_says_nothing_is_no_answer),
        STORY(a_transfer_by_phone_number_arrives_at_another_bank),
        STORY(a_payment_without_an_answer_is_reconciled_and_debited_once),
        STORY(a_transfer_by_phone_number_arrives_inside_the_bank),
        STORY(a_token_pays_nobody_but_whom_it_was_given_for),
    };
    return zy_test_main("phonepay", tests, ZY_COUNT(tests));
}
