/* The own-number check at every place where it may stand for a code by SMS, with the simulated gateway behind a real connection;
 * both engines. Registration is in bank/registration. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bank/security/order_world.h"
#include "connector/signed.h"
#include "service/factor/factor.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_carrier.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

static int set_up(void **state)
{
    WANG.must_change = false;
    order_world_open(state);
    world *w = *state;
    carrier_beside_start(w->env);
    snprintf(carrier_beside.phone, sizeof carrier_beside.phone, "%s", LI.phone);
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    carrier_beside_stop(w->env);
    return world_close(state);
}

/* The password was right: what comes next. */
static void begin_login(phone *p, world *w, const char *name, const char *password)
{
    phone_make(p, w, name, "203.0.113.7");
    const attempt a = { .user = LI.phone, .password = password };
    ASSERT_OK(phone_login_start(p, &a));
}

static void token_for(const char *nonce, char out[40])
{
    ASSERT_OK(carrier_token(&carrier_beside, zy_str_of(nonce), out, NULL));
}

static zy_status begin_carrier(phone *p)
{
    char body[120];
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"carrier\"}", p->login_id);
    return phone_call(p, "auth.login.factor.begin", body);
}

static zy_status finish_carrier(phone *p, const char *token)
{
    char body[200];
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"token\":\"%s\"}", p->login_id, token);
    return phone_call(p, "auth.login.carrier", body);
}

/* A token for this very login. */
static void own_token(phone *p, char out[40])
{
    ASSERT_OK(begin_carrier(p));
    token_for(phone_text(p, "nonce"), out);
}

/* --- login --- */

static void the_carriers_word_stands_for_the_code_at_login(void **state)
{
    ZY_PROVES("mb.auth-methods.a-i", "mb.auth-methods.a-ii");
    world *w = *state;
    phone p;
    char token[40];
    begin_login(&p, w, "own", LI.password);
    zy_str word = { 0 };
    assert_true(zy_json_as_str(zy_json_at(zy_json_get(zy_json_get(p.answer, "body"), "instead"), 0), &word));
    ASSERT_STR(word, "carrier");
    own_token(&p, token);
    ASSERT_OK(finish_carrier(&p, token));
    assert_string_equal(phone_text(&p, "device_state"), "new");
    assert_int_equal(world_audits(w, "factor.carrier_ok"), 1);
    assert_int_equal(world_audits(w, "login.ok"), 1);
    assert_string_equal(world_newest_text(w, LI.phone), ""); /* no code was sent */
    phone_free(&p);
}

static void it_never_stands_for_the_password(void **state)
{
    world *w = *state;
    phone p;
    char token[40];
    phone_make(&p, w, "thief", "203.0.113.66");
    const attempt a = { .user = LI.phone, .password = "Wrong2026tree" };
    ASSERT_STATUS(phone_login_start(&p, &a), ZY_LOGIN_FAILED);
    snprintf(p.login_id, sizeof p.login_id, "AAAAAAAAAAAAAAAAAAAAAA");
    ASSERT_STATUS(begin_carrier(&p), ZY_LOGIN_REQUIRED);
    token_for("anything", token);
    ASSERT_STATUS(finish_carrier(&p, token), ZY_LOGIN_REQUIRED);
    phone_free(&p);
}

static void another_number_a_replayed_and_an_expired_token_are_refused(void **state)
{
    ZY_PROVES("mb.auth-methods.a-i");
    world *w = *state;
    phone p, q;
    char first[40], second[40];
    begin_login(&p, w, "one", LI.password);
    snprintf(carrier_beside.phone, sizeof carrier_beside.phone, "%s", WANG.phone);
    own_token(&p, first);
    ASSERT_STATUS(finish_carrier(&p, first), ZY_FACTOR_WRONG); /* another number */
    snprintf(carrier_beside.phone, sizeof carrier_beside.phone, "%s", LI.phone);
    own_token(&p, first);
    world_turn(w, CARRIER_TOKEN_LIFE);
    ASSERT_STATUS(finish_carrier(&p, first), ZY_FACTOR_WRONG); /* too old */
    own_token(&p, first);
    begin_login(&q, w, "two", LI.password);
    ASSERT_STATUS(finish_carrier(&q, first), ZY_FACTOR_WRONG); /* of another login */
    own_token(&p, second);
    ASSERT_OK(finish_carrier(&p, second));
    ASSERT_STATUS(finish_carrier(&q, second), ZY_FACTOR_WRONG); /* used */
    assert_int_equal(world_audits(w, "factor.carrier_wrong"), 4);
    assert_int_equal(world_audits(w, "login.ok"), 1);
    phone_free(&p);
    phone_free(&q);
}

static void five_wrong_ones_lock_it_and_the_code_goes_on(void **state)
{
    world *w = *state;
    phone p;
    char token[40], code[7];
    begin_login(&p, w, "one", LI.password);
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(finish_carrier(&p, "not_a_token_of_anybody"), ZY_FACTOR_WRONG);
    own_token(&p, token);
    ASSERT_STATUS(finish_carrier(&p, token), ZY_LOCKED); /* a right one, too */
    ASSERT_OK(phone_code(&p, LI.phone, code));
    ASSERT_OK(phone_login_finish(&p, code));
    phone_free(&p);
}

static zy_status unlock_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    return zy_identity_unlock(tx, w->env, LI.id, err);
}

static void staff_lift_its_lock_as_every_other(void **state)
{
    ZY_PROVES("mb.auth-failure.b-iii");
    world *w = *state;
    phone p;
    char token[40];
    begin_login(&p, w, "one", LI.password);
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(finish_carrier(&p, "not_a_token_of_anybody"), ZY_FACTOR_WRONG);
    ASSERT_STATUS(finish_carrier(&p, "not_a_token_of_anybody"), ZY_LOCKED);
    ASSERT_OK(zy_db_run(w->env->db, "test.unlock", unlock_unit, w, NULL));
    own_token(&p, token);
    ASSERT_OK(finish_carrier(&p, token));
    phone_free(&p);
}

static void a_silent_gateway_costs_no_try(void **state)
{
    world *w = *state;
    phone p;
    char token[40];
    begin_login(&p, w, "one", LI.password);
    carrier_beside.silent = true;
    for (int i = 0; i < 7; i++)
        ASSERT_STATUS(finish_carrier(&p, "whatever"), ZY_FACTOR_AWAY);
    carrier_beside.silent = false;
    own_token(&p, token);
    ASSERT_OK(finish_carrier(&p, token));
    phone_free(&p);
}

static void without_a_gateway_nobody_is_offered_it(void **state)
{
    world *w = *state;
    phone p;
    carrier_beside_stop(w->env);
    begin_login(&p, w, "one", LI.password);
    assert_null(zy_json_get(zy_json_get(p.answer, "body"), "instead"));
    ASSERT_STATUS(begin_carrier(&p), ZY_FACTOR_AWAY);
    ASSERT_STATUS(finish_carrier(&p, "whatever"), ZY_FACTOR_AWAY);
    phone_free(&p);
    carrier_beside_start(w->env);
}

/* --- orders --- */

static zy_status begin_order(phone *p, const order *o)
{
    char body[120];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"carrier\"}", o->id);
    return phone_call(p, "order.factor.begin", body);
}

static zy_status verify_token(phone *p, const order *o, const char *token)
{
    char base64[80], value[90];
    zy_base64_encode(token, strlen(token), base64);
    snprintf(value, sizeof value, "\"%s\"", base64);
    return order_verify(p, o, "carrier", value);
}

static zy_status verify_carrier(phone *p, const order *o)
{
    char token[40];
    ZY_TRY(begin_order(p, o));
    token_for(phone_text(p, "nonce"), token);
    return verify_token(p, o, token);
}

static bool is_offered(const phone *p, const char *option)
{
    const zy_json *options = zy_json_get(zy_json_get(p->answer, "body"), "factor_options");
    for (size_t i = 0; i < zy_json_count(options); i++) {
        zy_str text;
        if (zy_json_as_str(zy_json_at(options, i), &text) && zy_str_eq_c(text, option))
            return true;
    }
    return false;
}

static zy_status prepare_amount(phone *p, int64_t fen, order *o)
{
    char from[ZY_ID_TEXT_MAX], body[300];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%lld}", from,
             cards.to_number, WANG.name, (long long)fen);
    return order_prepare(p, "transfer.prepare", body, o);
}

static void it_pays_small_amounts_beside_the_password_and_no_larger_ones(void **state)
{
    ZY_PROVES("mb.auth-methods.a-ii");
    world *w = *state;
    phone p;
    order o;
    int64_t line = zy_param_get(w->env, "factor.carrier.cap_fen");
    phone_log_in(&p, w, "one");
    ASSERT_OK(prepare_amount(&p, line + 1, &o));
    assert_false(is_offered(&p, "pay_password+carrier"));
    ASSERT_STATUS(order_choose(&p, &o, "pay_password+carrier"), ZY_BAD_FIELD);
    ASSERT_OK(prepare_amount(&p, line, &o));
    assert_true(is_offered(&p, "pay_password+carrier"));
    ASSERT_OK(order_choose(&p, &o, "pay_password+carrier"));
    ASSERT_STATUS(begin_order(&p, &o), ZY_FACTOR_ORDER); /* after the password */
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_OK(verify_carrier(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    assert_string_equal(phone_text(&p, "state"), "posted");
    phone_free(&p);
}

static void a_token_is_worth_something_for_its_own_order(void **state)
{
    world *w = *state;
    phone p;
    order o, other;
    char token[40];
    phone_log_in(&p, w, "one");
    ASSERT_OK(order_prepare_transfer(&p, &other));
    ASSERT_OK(order_choose(&p, &other, "pay_password+carrier"));
    ASSERT_OK(order_verify_password(&p, &other, LI.pay_password));
    ASSERT_OK(begin_order(&p, &other));
    token_for(phone_text(&p, "nonce"), token);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_OK(order_choose(&p, &o, "pay_password+carrier"));
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_STATUS(verify_token(&p, &o, token), ZY_FACTOR_WRONG);
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    phone_free(&p);
}

static void it_binds_a_device_beside_the_password(void **state)
{
    ZY_PROVES("mb.auth-methods.a-ii");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "one");
    ASSERT_OK(order_prepare(&p, "device.bind.prepare", "{}", &o));
    ASSERT_OK(order_choose(&p, &o, "pay_password+carrier"));
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_OK(verify_carrier(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(phone_call(&p, "auth.session", "{}"));
    assert_string_equal(phone_text(&p, "device_state"), "bound");
    phone_free(&p);
}

/* --- the connection --- */

static void a_gateway_with_another_key_is_none(void **state)
{
    world *w = *state;
    phone p;
    begin_login(&p, w, "one", LI.password);
    carrier_beside_change_key();
    ASSERT_STATUS(finish_carrier(&p, "whatever"), ZY_FACTOR_AWAY);
    phone_free(&p);
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    static const struct CMUnitTest TESTS[] = {
        WORLD(the_carriers_word_stands_for_the_code_at_login),
        WORLD(it_never_stands_for_the_password),
        WORLD(another_number_a_replayed_and_an_expired_token_are_refused),
        WORLD(five_wrong_ones_lock_it_and_the_code_goes_on),
        WORLD(staff_lift_its_lock_as_every_other),
        WORLD(a_silent_gateway_costs_no_try),
        WORLD(without_a_gateway_nobody_is_offered_it),
        WORLD(it_pays_small_amounts_beside_the_password_and_no_larger_ones),
        WORLD(a_token_is_worth_something_for_its_own_order),
        WORLD(it_binds_a_device_beside_the_password),
        WORLD(a_gateway_with_another_key_is_none),
    };
    return zy_test_main("carrier", TESTS, ZY_COUNT(TESTS));
}
