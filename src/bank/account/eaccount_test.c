/* Class II and III accounts from real logins through the dispatcher, and their quotas under concurrency, on both engines. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bank/account/account.h"
#include "bank/security/order_world.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define PASSWORD       "730591"
#define OTHER_PASSWORD "284016"

typedef struct eaccount {
    char id[ZY_ID_TEXT_MAX];
    zy_id account;
    char number[24];
} eaccount;

/* ---- the bank ---- */

static void write_list(const char *verdict, const person *who)
{
    char path[300];
    snprintf(path, sizeof path, "%s/screening-list.txt", zy_test_env_folder());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    if (verdict != NULL)
        fprintf(f, "%s %s\n", verdict, who->id_no);
    fclose(f);
    assert_int_equal(chmod(path, 0600), 0);
}

static int set_up(void **state)
{
    zy_err err = { 0 };
    order_world_open(state);
    world *w = *state;
    write_list(NULL, NULL);
    ASSERT_OK(zy_screening_open(w->env->config, &w->env->screening, &err));
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    zy_screening_free(w->env->screening);
    return world_close(state);
}

/* ---- what a customer does ---- */

static zy_status prepare_open(phone *p, const char *kind, zy_id bound, const char *password, order *o)
{
    char id[ZY_ID_TEXT_MAX], secret[700], body[900];
    zy_id_format(bound, id);
    phone_secret(p, password, 3, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"kind\":\"%s\",\"bound_account_id\":\"%s\",\"alias\":\"旅行\",\"password\":%s}", kind, id, secret);
    return order_prepare(p, "account.open.prepare", body, o);
}

static void prove(phone *p, const order *o)
{
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    world_turn(p->w, ZY_SECONDS(6));
}

static zy_status number_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    void **args = arg;
    eaccount *e = args[1];
    ZY_AUTO_ACCOUNT account = { 0 };
    ZY_TRY(zy_account_own(rtx, args[0], LI.id, e->account, &account, err));
    snprintf(e->number, sizeof e->number, "%s", account.number);
    return ZY_OK;
}

/* The newest account of the list. */
static void newest(phone *p, eaccount *e)
{
    zy_str id = { 0 };
    zy_err err = { 0 };
    ASSERT_OK(phone_call(p, "account.list", "{}"));
    const zy_json *list = zy_json_get(zy_json_get(p->answer, "body"), "accounts");
    assert_true(zy_json_str(zy_json_at(list, zy_json_count(list) - 1), "account_id", &id));
    ASSERT_OK(zy_str_copy(id, e->id, sizeof e->id));
    ASSERT_OK(zy_id_parse(id, &e->account));
    ASSERT_OK(zy_db_read(p->w->env->db, "test.number", number_read, (void *[]){ p->w->env, e }, &err));
}

static void open_eaccount(phone *p, const char *kind, eaccount *e)
{
    order o;
    ASSERT_OK(prepare_open(p, kind, cards.account, PASSWORD, &o));
    prove(p, &o);
    ASSERT_OK(order_confirm(p, &o));
    newest(p, e);
}

static zy_status prepare_move(phone *p, zy_id from, const char *number, const person *to, int64_t fen, order *o)
{
    char id[ZY_ID_TEXT_MAX], body[400];
    zy_id_format(from, id);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%lld}", id, number,
             to->name, (long long)fen);
    return order_prepare(p, "transfer.prepare", body, o);
}

static zy_status move(phone *p, zy_id from, const char *number, const person *to, int64_t fen)
{
    order o;
    zy_status status = prepare_move(p, from, number, to, fen, &o);
    if (status != ZY_OK)
        return status;
    prove(p, &o);
    return order_confirm(p, &o);
}

static int64_t figure(const phone *p, const char *object, const char *name)
{
    int64_t value = -1;
    const zy_json *body = zy_json_get(p->answer, "body");
    assert_true(zy_json_int(object != NULL ? zy_json_get(body, object) : body, name, &value));
    return value;
}

static void ask_quota(phone *p, const eaccount *e)
{
    char body[80];
    snprintf(body, sizeof body, "{\"account_id\":\"%s\"}", e->id);
    ASSERT_OK(phone_call(p, "account.quota", body));
}

static zy_status balance_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    void **args = arg;
    return zy_ledger_balance(rtx, *(zy_id *)args[0], args[1], err);
}

static zy_balance balance_of(world *w, zy_id account)
{
    zy_balance balance;
    zy_err err = { 0 };
    ASSERT_OK(zy_db_read(w->env->db, "test.balance", balance_read, (void *[]){ &account, &balance }, &err));
    return balance;
}

/* ---- opening ---- */

static void an_eaccount_is_opened_online_and_bound_to_an_own_card(void **state)
{
    ZY_PROVES("mb.account-service.d.1", "mb.account-service.c");
    world *w = *state;
    phone p;
    order o;
    eaccount e;
    static const char *const KINDS[] = { "class2", "class3" };
    phone_log_in(&p, w, "own");
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++) {
        ASSERT_OK(prepare_open(&p, KINDS[i], cards.account, PASSWORD, &o));
        ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
        prove(&p, &o);
        ASSERT_OK(order_confirm(&p, &o));
        ASSERT_OK(order_confirm(&p, &o)); /* a repeat opens nothing more */
        newest(&p, &e);
        assert_memory_equal(e.number, "629989", 6);
        assert_true(zy_card_luhn(zy_str_of(e.number)));
        assert_string_equal(balance_of(w, e.account).state, "active");
    }
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "accounts")), 3);
    phone_free(&p);
}

static void only_an_own_class_one_account_backs_an_eaccount(void **state)
{
    ZY_PROVES("mb.account-service.c", "mb.account-service.d.1");
    phone p;
    order o;
    eaccount e;
    phone_log_in(&p, *state, "own");
    ASSERT_STATUS(prepare_open(&p, "class2", cards.to_account, PASSWORD, &o), ZY_NOT_FOUND);
    open_eaccount(&p, "class2", &e);
    ASSERT_STATUS(prepare_open(&p, "class3", e.account, PASSWORD, &o), ZY_ACCOUNT_KIND);
    ASSERT_STATUS(prepare_open(&p, "debit", cards.account, PASSWORD, &o), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare_open(&p, "class2", cards.account, "123456", &o), ZY_PASSWORD_WEAK);
    ASSERT_STATUS(prepare_open(&p, "class2", cards.account, LI.pay_password, &o), ZY_PASSWORD_WEAK);
    phone_free(&p);
}

static void whoever_is_listed_or_graded_high_goes_to_the_counter(void **state)
{
    ZY_PROVES("mb.account-service.d.1");
    world *w = *state;
    phone p;
    order o;
    static const char *const VERDICTS[] = { "blacklist", "high" };
    phone_log_in(&p, w, "own");
    for (size_t i = 0; i < ZY_COUNT(VERDICTS); i++) {
        write_list(VERDICTS[i], &LI);
        ASSERT_STATUS(prepare_open(&p, "class2", cards.account, PASSWORD, &o), ZY_REGISTER_COUNTER);
        assert_int_equal(world_audits(w, "account.open_refused"), (int)i + 1);
    }
    zy_screening_free(w->env->screening);
    w->env->screening = NULL;
    ASSERT_STATUS(prepare_open(&p, "class2", cards.account, PASSWORD, &o), ZY_BUSY); /* no answer opens nothing */
    phone_free(&p);
}

static void one_person_has_at_most_five_of_a_class(void **state)
{
    phone p;
    order o[2];
    eaccount e;
    phone_log_in(&p, *state, "own");
    for (int i = 0; i < 4; i++)
        open_eaccount(&p, "class3", &e);
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(prepare_open(&p, "class3", cards.account, PASSWORD, &o[i]));
        prove(&p, &o[i]);
    }
    ASSERT_OK(order_confirm(&p, &o[0]));
    ASSERT_STATUS(order_confirm(&p, &o[1]), ZY_ACCOUNT_MAX);
    world_turn(*state, ZY_MINUTES(1));
    ASSERT_STATUS(prepare_open(&p, "class3", cards.account, PASSWORD, &o[0]), ZY_ACCOUNT_MAX);
    ASSERT_OK(prepare_open(&p, "class2", cards.account, PASSWORD, &o[0]));
    phone_free(&p);
}

/* ---- quotas ---- */

static void quotas_count_what_comes_from_and_goes_to_unbound_accounts(void **state)
{
    ZY_PROVES("mb.account-service.d.2");
    phone p;
    order o;
    eaccount e;
    phone_log_in(&p, *state, "own");
    open_eaccount(&p, "class2", &e);
    ASSERT_OK(move(&p, cards.account, e.number, &LI, 2500000)); /* of the bound account: more than a day's quota */
    ask_quota(&p, &e);
    assert_int_equal(figure(&p, "in", "day_used_fen"), 0);
    ASSERT_OK(move(&p, e.account, cards.to_number, &WANG, 300000));
    ask_quota(&p, &e);
    assert_int_equal(figure(&p, "out", "day_used_fen"), 300000);
    assert_int_equal(figure(&p, "out", "year_used_fen"), 300000);
    assert_int_equal(figure(&p, "out", "day_limit_fen"), 1000000);
    assert_int_equal(figure(&p, "out", "year_limit_fen"), 20000000);
    assert_int_equal(figure(&p, "in", "day_used_fen"), 0);
    assert_string_equal(phone_text(&p, "kind"), "class2");
    ASSERT_STATUS(prepare_move(&p, e.account, cards.to_number, &WANG, 700001, &o), ZY_ACCOUNT_QUOTA);
    ASSERT_OK(move(&p, e.account, cards.to_number, &WANG, 700000));
    ASSERT_STATUS(prepare_move(&p, e.account, cards.to_number, &WANG, 1, &o), ZY_ACCOUNT_QUOTA);
    ASSERT_OK(move(&p, e.account, cards.number, &LI, 1000000)); /* back to the bound account */
    phone_free(&p);
}

static void a_quota_that_was_used_up_between_prepare_and_confirm_refuses(void **state)
{
    phone p;
    order first, second;
    eaccount e;
    phone_log_in(&p, *state, "own");
    open_eaccount(&p, "class2", &e);
    ASSERT_OK(move(&p, cards.account, e.number, &LI, 2000000));
    ASSERT_OK(prepare_move(&p, e.account, cards.to_number, &WANG, 600000, &first));
    ASSERT_OK(prepare_move(&p, e.account, cards.to_number, &WANG, 600000, &second));
    prove(&p, &first);
    prove(&p, &second);
    ASSERT_OK(order_confirm(&p, &first));
    ASSERT_STATUS(order_confirm(&p, &second), ZY_ACCOUNT_QUOTA);
    ASSERT_FEN(balance_of(*state, e.account).balance, 1400000);
    ask_quota(&p, &e);
    assert_int_equal(figure(&p, "out", "day_used_fen"), 600000);
    phone_free(&p);
}

static void a_class_three_account_holds_no_more_than_its_bound(void **state)
{
    phone p;
    order o;
    eaccount e;
    phone_log_in(&p, *state, "own");
    open_eaccount(&p, "class3", &e);
    ASSERT_OK(move(&p, cards.account, e.number, &LI, 150000));
    ASSERT_STATUS(prepare_move(&p, cards.account, e.number, &LI, 50001, &o), ZY_ACCOUNT_QUOTA);
    ASSERT_OK(move(&p, cards.account, e.number, &LI, 50000));
    ask_quota(&p, &e);
    assert_int_equal(figure(&p, NULL, "balance_max_fen"), 200000);
    phone_free(&p);
}

/* A movement as orders post it, at any time. */
typedef struct post_job {
    world *w;
    zy_account_move move;
    zy_time at;
} post_job;

static zy_status post_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const post_job *job = arg;
    zy_journal j = { .id = zy_id_next(job->w->env->ids), .summary_code = "TRF", .summary = ZY_STR("转账"), .leg_count = 2,
                     .legs = { { .account = job->move.from, .amount = { -job->move.amount.fen } },
                               { .account = job->move.to, .amount = job->move.amount } } };
    ZY_TRY(zy_ledger_post(tx, &j, job->at, err));
    return zy_quota_count(tx, job->w->env, &job->move, job->at, err);
}

static zy_status post(world *w, zy_id from, zy_id to, int64_t fen, zy_time at)
{
    zy_err err = { 0 };
    post_job job = { w, { from, to, { fen } }, at };
    return zy_db_run(w->env->db, "test.post", post_unit, &job, &err);
}

static void days_and_years_begin_in_beijing(void **state)
{
    ZY_PROVES("mb.account-service.d.2");
    world *w = *state;
    phone p;
    eaccount e;
    phone_log_in(&p, w, "own");
    open_eaccount(&p, "class2", &e);
    zy_day day = { 0 };
    ASSERT_OK(zy_day_parse(ZY_STR("2026-12-31"), &day));
    zy_time midnight = zy_day_start((zy_day){ day.days + 1 });
    ASSERT_OK(post(w, cards.account, e.account, 9000000, midnight));
    ASSERT_OK(post(w, e.account, cards.to_account, 1000000, (zy_time){ midnight.ms - 1 }));
    ASSERT_STATUS(post(w, e.account, cards.to_account, 1, (zy_time){ midnight.ms - 1 }), ZY_ACCOUNT_QUOTA);
    ASSERT_OK(post(w, e.account, cards.to_account, 1000000, midnight));
    ASSERT_STATUS(post(w, e.account, cards.to_account, 1, midnight), ZY_ACCOUNT_QUOTA);
    ASSERT_OK(post(w, e.account, cards.account, 1000000, midnight)); /* the bound account */
    for (int i = 1; i < 20; i++) { /* a year's quota is twenty days' */
        zy_time at = zy_time_add(midnight, ZY_DAYS(i));
        ASSERT_OK(post(w, cards.to_account, cards.account, 1000000, at));
        ASSERT_OK(post(w, cards.account, e.account, 1000000, at));
        ASSERT_OK(post(w, e.account, cards.to_account, 1000000, at));
    }
    ASSERT_STATUS(post(w, e.account, cards.to_account, 1, zy_time_add(midnight, ZY_DAYS(30))), ZY_ACCOUNT_QUOTA);
    ASSERT_OK(post(w, e.account, cards.to_account, 1, zy_time_add(midnight, ZY_DAYS(365))));
    phone_free(&p);
}

enum { THREADS = 16, PIECE = 20000 };
typedef struct racer {
    post_job job;
    zy_status status;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    zy_err err = { 0 };
    r->status = zy_db_run(r->job.w->env->db, "test.post", post_unit, &r->job, &err);
    return NULL;
}

static void of_many_at_once_exactly_those_pass_that_fit(void **state)
{
    ZY_PROVES("mb.account-service.d.2");
    world *w = *state;
    phone p;
    eaccount e;
    pthread_t threads[THREADS];
    racer racers[THREADS];
    int passed = 0;
    phone_log_in(&p, w, "own");
    open_eaccount(&p, "class3", &e);
    ASSERT_OK(post(w, cards.account, cards.to_account, 1000000, zy_env_now(w->env)));
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (racer){ .job = { w, { cards.to_account, e.account, { PIECE } }, zy_env_now(w->env) } };
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(racers[i].status == ZY_OK || racers[i].status == ZY_ACCOUNT_QUOTA);
        passed += racers[i].status == ZY_OK;
    }
    assert_int_equal(passed, 200000 / PIECE);
    ASSERT_FEN(balance_of(w, e.account).balance, 200000);
    phone_free(&p);
}

/* ---- the account's password ---- */

static zy_status prepare_password(phone *p, const eaccount *e, const char *old, const char *fresh, order *o)
{
    char old_secret[700], secret[700], body[1600];
    phone_secret(p, fresh, 3, secret, sizeof secret);
    if (old == NULL) {
        snprintf(body, sizeof body, "{\"account_id\":\"%s\",\"password\":%s}", e->id, secret);
        return order_prepare(p, "account.password.reset.prepare", body, o);
    }
    phone_secret(p, old, 4, old_secret, sizeof old_secret);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\",\"old\":%s,\"password\":%s}", e->id, old_secret, secret);
    return order_prepare(p, "account.password.change.prepare", body, o);
}

static void a_password_is_changed_with_the_old_one_and_reset_with_two_factors(void **state)
{
    ZY_PROVES("mb.account-service.d.3");
    phone p;
    order o;
    eaccount e;
    phone_log_in(&p, *state, "own");
    open_eaccount(&p, "class2", &e);
    ASSERT_STATUS(prepare_password(&p, &e, OTHER_PASSWORD, OTHER_PASSWORD, &o), ZY_FACTOR_WRONG);
    assert_int_equal(world_audits(*state, "account.password_wrong"), 1);
    ASSERT_OK(prepare_password(&p, &e, PASSWORD, OTHER_PASSWORD, &o));
    prove(&p, &o);
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_STATUS(prepare_password(&p, &e, PASSWORD, "916482", &o), ZY_FACTOR_WRONG); /* the old one is over */
    ASSERT_OK(prepare_password(&p, &e, NULL, "916482", &o));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER); /* one factor is not enough */
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    world_turn(*state, ZY_MINUTES(1));
    ASSERT_STATUS(prepare_password(&p, &e, OTHER_PASSWORD, PASSWORD, &o), ZY_FACTOR_WRONG);
    ASSERT_OK(prepare_password(&p, &e, "916482", PASSWORD, &o));
    phone_free(&p);
}

static void wrong_passwords_lock_and_a_reset_opens(void **state)
{
    phone p;
    order o;
    eaccount e;
    phone_log_in(&p, *state, "own");
    open_eaccount(&p, "class3", &e);
    for (int i = 0; i < 5; i++) {
        ASSERT_STATUS(prepare_password(&p, &e, OTHER_PASSWORD, "916482", &o), ZY_FACTOR_WRONG);
        world_turn(*state, ZY_SECONDS(10));
    }
    ASSERT_STATUS(prepare_password(&p, &e, PASSWORD, "916482", &o), ZY_LOCKED);
    ASSERT_OK(prepare_password(&p, &e, NULL, "916482", &o));
    prove(&p, &o);
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(prepare_password(&p, &e, "916482", PASSWORD, &o));
    phone_free(&p);
}

/* ---- closing ---- */

static zy_status prepare_close(phone *p, const char *id, const char *password, order *o)
{
    char secret[700], body[800];
    phone_secret(p, password, 4, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\",\"password\":%s}", id, secret);
    return order_prepare(p, "account.close.prepare", body, o);
}

static void closing_returns_the_balance_and_ends_everything(void **state)
{
    ZY_PROVES("mb.account-service.d.4");
    world *w = *state;
    phone p;
    order o, late;
    eaccount e;
    char body[100];
    phone_log_in(&p, w, "own");
    open_eaccount(&p, "class2", &e);
    ASSERT_OK(move(&p, cards.account, e.number, &LI, 123456));
    ASSERT_STATUS(prepare_close(&p, e.id, OTHER_PASSWORD, &o), ZY_FACTOR_WRONG);
    ASSERT_OK(prepare_move(&p, e.account, cards.to_number, &WANG, 100, &late));
    ASSERT_OK(prepare_close(&p, e.id, PASSWORD, &o));
    assert_non_null(strstr(o.text, "balance=all"));
    prove(&p, &late);
    prove(&p, &o);
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_FEN(balance_of(w, cards.account).balance, 10000000);
    assert_string_equal(balance_of(w, e.account).state, "closed");
    ASSERT_STATUS(order_confirm(&p, &late), ZY_ACCOUNT_STATE);
    ASSERT_STATUS(prepare_move(&p, cards.account, e.number, &LI, 100, &late), ZY_PAYEE_MISMATCH);
    ASSERT_STATUS(prepare_move(&p, e.account, cards.number, &LI, 100, &late), ZY_ACCOUNT_STATE);
    ASSERT_STATUS(prepare_close(&p, e.id, PASSWORD, &o), ZY_ACCOUNT_STATE);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\"}", e.id);
    ASSERT_OK(phone_call(&p, "account.transactions", body)); /* the record is kept */
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "entries")), 2);
    ASSERT_OK(phone_call(&p, "account.list", "{}"));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "accounts")), 1);
    ASSERT_OK(phone_call(&p, "account.list", "{\"which\":\"closed\"}"));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "accounts")), 1);
    phone_free(&p);
}

static void a_card_account_is_not_closed_online_and_has_no_quota(void **state)
{
    ZY_PROVES("mb.account-service.c");
    phone p;
    order o;
    char id[ZY_ID_TEXT_MAX], body[100];
    phone_log_in(&p, *state, "own");
    zy_id_format(cards.account, id);
    ASSERT_STATUS(prepare_close(&p, id, PASSWORD, &o), ZY_ACCOUNT_KIND);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\"}", id);
    ASSERT_STATUS(phone_call(&p, "account.quota", body), ZY_ACCOUNT_KIND);
    zy_id_format(cards.to_account, id);
    ASSERT_STATUS(prepare_close(&p, id, PASSWORD, &o), ZY_NOT_FOUND);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\"}", id);
    ASSERT_STATUS(phone_call(&p, "account.quota", body), ZY_NOT_FOUND);
    phone_free(&p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_eaccount_is_opened_online_and_bound_to_an_own_card),
        TEST(only_an_own_class_one_account_backs_an_eaccount),
        TEST(whoever_is_listed_or_graded_high_goes_to_the_counter),
        TEST(one_person_has_at_most_five_of_a_class),
        TEST(quotas_count_what_comes_from_and_goes_to_unbound_accounts),
        TEST(a_quota_that_was_used_up_between_prepare_and_confirm_refuses),
        TEST(a_class_three_account_holds_no_more_than_its_bound),
        TEST(days_and_years_begin_in_beijing),
        TEST(of_many_at_once_exactly_those_pass_that_fit),
        TEST(a_password_is_changed_with_the_old_one_and_reset_with_two_factors),
        TEST(wrong_passwords_lock_and_a_reset_opens),
        TEST(closing_returns_the_balance_and_ends_everything),
        TEST(a_card_account_is_not_closed_online_and_has_no_quota),
    };
    return zy_test_main("eaccount", tests, ZY_COUNT(tests));
}
