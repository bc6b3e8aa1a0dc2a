/* Ways out of a locked or forgotten transaction password, and what customers allow of the policy; from real logins, on both engines. */
#include <stdio.h>
#include <string.h>

#include "bank/security/order_world.h"
#include "service/approval/approval.h"
#include "service/factor/factor.h"
#include "service/identity/password_aid.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define FRESH_PIN "864209"
#define WRONG_PIN "975310"

static int set_up(void **state)
{
    zy_approval_register(&ZY_POLICY_CHANGE);
    return order_world_open(state);
}

/* ---- what a customer does with an order ---- */

static zy_status verify_secret(phone *p, const order *o, const char *factor, const char *password)
{
    char secret[700];
    phone_secret(p, password, strcmp(factor, "login_password") == 0 ? 1 : 2, secret, sizeof secret);
    return order_verify(p, o, factor, secret);
}

static zy_status begin_sms(phone *p, const order *o)
{
    char body[120];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"sms\"}", o->id);
    return phone_call(p, "order.factor.begin", body);
}

/* Proves an order with that password and a code. */
static void prove(phone *p, const order *o, const char *factor, const char *password)
{
    ASSERT_OK(verify_secret(p, o, factor, password));
    ASSERT_OK(order_verify_sms(p, o));
    ASSERT_OK(order_confirm(p, o));
}

static void log_in_again(phone *p)
{
    world_turn(p->w, ZY_MINUTES(2));
    phone_hello(p);
    ASSERT_OK(phone_login(p, &LI));
    world_turn(p->w, ZY_MINUTES(1));
}

/* ---- a locked transaction password ---- */

static void lock_pay(phone *p, int times)
{
    order o;
    ASSERT_OK(order_prepare_transfer(p, &o));
    for (int i = 0; i < times; i++) {
        world_turn(p->w, ZY_SECONDS(20));
        ASSERT_STATUS(verify_secret(p, &o, "pay_password", WRONG_PIN), ZY_FACTOR_WRONG);
    }
    ASSERT_STATUS(verify_secret(p, &o, "pay_password", LI.pay_password), ZY_LOCKED);
}

/* Ten in a day, over two logins. */
static void lock_for_good(phone *p)
{
    lock_pay(p, 5);
    world_turn(p->w, ZY_MINUTES(31));
    log_in_again(p);
    lock_pay(p, 5);
    world_turn(p->w, ZY_DAYS(2));
    log_in_again(p);
}

static void a_lock_until_somebody_lifts_it_is_lifted_by_two_factors(void **state)
{
    ZY_PROVES("mb.auth-failure.b-iii");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(order_prepare(&p, "pay_password.unlock.prepare", "{}", &o), ZY_STATE_CONFLICT);
    lock_for_good(&p);
    ASSERT_OK(phone_call(&p, "pay_password.get", "{}"));
    assert_true(phone_flag(&p, "locked"));
    assert_true(phone_flag(&p, "may_unlock"));
    ASSERT_OK(order_prepare(&p, "pay_password.unlock.prepare", "{}", &o));
    ASSERT_STATUS(begin_sms(&p, &o), ZY_FACTOR_ORDER); /* no text before the password was right */
    ASSERT_STATUS(verify_secret(&p, &o, "login_password", "Wrong2026tree"), ZY_FACTOR_WRONG);
    ASSERT_OK(verify_secret(&p, &o, "login_password", LI.password));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER); /* one is not enough */
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    assert_non_null(strstr(world_newest_text(w, LI.phone), "自助解除"));
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_OK(verify_secret(&p, &o, "pay_password", LI.pay_password));
    phone_free(&p);
}

/* Else whoever holds phone and login password could guess on for ever. */
static void nobody_lifts_his_own_lock_again_and_again(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    lock_pay(&p, 5);
    ASSERT_OK(order_prepare(&p, "pay_password.unlock.prepare", "{}", &o));
    prove(&p, &o, "login_password", LI.password);
    world_turn(w, ZY_MINUTES(2));
    log_in_again(&p);
    lock_pay(&p, 5);
    ASSERT_OK(phone_call(&p, "pay_password.get", "{}"));
    assert_true(phone_flag(&p, "locked"));
    assert_false(phone_flag(&p, "may_unlock"));
    ASSERT_STATUS(order_prepare(&p, "pay_password.unlock.prepare", "{}", &o), ZY_LOCKED);
    phone_free(&p);
}

static void wrong_login_passwords_of_an_order_lock_like_those_of_a_login(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    lock_pay(&p, 5);
    ASSERT_OK(order_prepare(&p, "pay_password.unlock.prepare", "{}", &o));
    for (int i = 0; i < 5; i++) {
        world_turn(w, ZY_SECONDS(20));
        ASSERT_STATUS(verify_secret(&p, &o, "login_password", "Wrong2026tree"), ZY_FACTOR_WRONG);
    }
    ASSERT_STATUS(verify_secret(&p, &o, "login_password", LI.password), ZY_LOCKED);
    assert_int_equal(world_audits(w, "factor.login_password_wrong"), 5);
    phone_free(&p);
}

/* ---- the counter's reset ---- */

static zy_status grant_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    ZY_TRY(zy_pay_password_grant(tx, w->env, LI.id, err));
    return zy_identity_end_logins(tx, w->env, LI.id, "customer.pay_password_reset", err);
}

static void grant(world *w)
{
    zy_err err = { 0 };
    ASSERT_OK(zy_db_run(w->env->db, "test.grant", grant_unit, w, &err));
}

static zy_status prepare_set(phone *p, const char *pin, order *o)
{
    char secret[700], body[800];
    phone_secret(p, pin, 3, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"password\":%s}", secret);
    return order_prepare(p, "pay_password.set.prepare", body, o);
}

static void a_forgotten_transaction_password_is_set_anew_after_the_counter(void **state)
{
    ZY_PROVES("mb.static-password.h-i", "mb.static-password.h-ii");
    world *w = *state;
    phone p;
    order o, again;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(prepare_set(&p, FRESH_PIN, &o), ZY_STATE_CONFLICT); /* not without the counter */
    grant(w);
    ASSERT_STATUS(phone_call(&p, "auth.session", "{}"), ZY_LOGIN_REQUIRED);
    log_in_again(&p);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_STATUS(verify_secret(&p, &o, "pay_password", LI.pay_password), ZY_LOCKED); /* the old one is over */
    ASSERT_STATUS(order_prepare(&p, "pay_password.unlock.prepare", "{}", &o), ZY_LOCKED);   /* and does not come back like this */
    ASSERT_STATUS(prepare_set(&p, "123456", &o), ZY_PASSWORD_WEAK);
    assert_string_equal(phone_text(&p, "flaw"), "repeats");
    ASSERT_STATUS(prepare_set(&p, LI.pay_password, &o), ZY_PASSWORD_WEAK);
    assert_string_equal(phone_text(&p, "flaw"), "used");
    ASSERT_OK(prepare_set(&p, FRESH_PIN, &o));
    assert_null(strstr(o.text, FRESH_PIN));
    ASSERT_OK(prepare_set(&p, "731942", &again));
    prove(&p, &o, "login_password", LI.password);
    assert_non_null(strstr(world_newest_text(w, LI.phone), "交易密码刚刚修改"));
    ASSERT_OK(verify_secret(&p, &again, "login_password", LI.password));
    world_turn(w, ZY_SECONDS(40));
    ASSERT_OK(order_verify_sms(&p, &again));
    ASSERT_STATUS(order_confirm(&p, &again), ZY_STATE_CONFLICT); /* once */
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_STATUS(verify_secret(&p, &o, "pay_password", LI.pay_password), ZY_FACTOR_WRONG);
    ASSERT_OK(verify_secret(&p, &o, "pay_password", FRESH_PIN));
    phone_free(&p);
}

static void what_the_counter_allowed_is_over_after_an_hour(void **state)
{
    ZY_PROVES("mb.static-password.h-i");
    world *w = *state;
    phone p;
    order o;
    phone_make(&p, w, "own", "203.0.113.7");
    grant(w);
    world_turn(w, ZY_MINUTES(54));
    log_in_again(&p);
    ASSERT_OK(prepare_set(&p, FRESH_PIN, &o));
    ASSERT_OK(verify_secret(&p, &o, "login_password", LI.password));
    ASSERT_OK(order_verify_sms(&p, &o));
    world_turn(w, ZY_MINUTES(4)); /* 61 min; order and login still live */
    ASSERT_STATUS(order_confirm(&p, &o), ZY_STATE_CONFLICT);
    log_in_again(&p);
    ASSERT_STATUS(prepare_set(&p, FRESH_PIN, &o), ZY_STATE_CONFLICT);
    ASSERT_OK(phone_call(&p, "pay_password.get", "{}"));
    assert_true(phone_flag(&p, "locked"));
    assert_false(phone_flag(&p, "may_unlock")); /* the counter locked it */
    phone_free(&p);
}

/* ---- what a customer allows ---- */

static zy_status allow(phone *p, const char *scene, const char *options)
{
    char body[600];
    snprintf(body, sizeof body, "{\"scene\":\"%s\",\"options\":\"%s\"}", scene, options);
    return phone_call(p, "preference.set", body);
}

static zy_status prepare_lower(phone *p, const char *scene, const char *options, order *o)
{
    char body[600];
    snprintf(body, sizeof body, "{\"scene\":\"%s\",\"options\":\"%s\"}", scene, options);
    return order_prepare(p, "preference.lower.prepare", body, o);
}

static size_t options_of(phone *p)
{
    return zy_json_count(zy_json_get(zy_json_get(p->answer, "body"), "factor_options"));
}

static void a_customer_asks_for_more_at_once_and_for_less_by_two_factors(void **state)
{
    ZY_PROVES("mb.enhanced-auth.p1");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    assert_int_equal(options_of(&p), 2);
    ASSERT_OK(allow(&p, "transfer", "device_key+pay_password"));
    assert_non_null(strstr(world_newest_text(w, LI.phone), "“转账”的安全验证要求已变更"));
    assert_int_equal(world_audits(w, "preference.raised"), 1);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    assert_int_equal(options_of(&p), 1);
    ASSERT_OK(verify_secret(&p, &o, "pay_password", LI.pay_password));
    ASSERT_STATUS(begin_sms(&p, &o), ZY_FACTOR_ORDER); /* not offered, so it does not count */
    ASSERT_STATUS(allow(&p, "transfer", "pay_password+sms|pay_password+device_key"), ZY_STATE_CONFLICT);
    ASSERT_STATUS(prepare_lower(&p, "transfer", "pay_password+device_key", &o), ZY_STATE_CONFLICT); /* no less than now */
    ASSERT_OK(prepare_lower(&p, "transfer", "", &o));
    assert_non_null(strstr(o.text, "scene=transfer"));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    prove(&p, &o, "pay_password", LI.pay_password);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    assert_int_equal(options_of(&p), 2);
    phone_free(&p);
}

static void what_a_customer_allows_holds_on_every_device(void **state)
{
    world *w = *state;
    phone own, other;
    order o;
    phone_log_in(&own, w, "own");
    phone_bind(&own);
    ASSERT_OK(allow(&own, "transfer", "pay_password+device_key"));
    ASSERT_OK(allow(&own, "preference.lower", "pay_password+sms"));
    world_turn(w, ZY_MINUTES(2));
    phone_log_in(&other, w, "other");
    ASSERT_STATUS(order_prepare_transfer(&other, &o), ZY_FACTOR_MISSING); /* never a weaker way instead */
    ASSERT_OK(prepare_lower(&other, "transfer", "", &o));
    prove(&other, &o, "pay_password", LI.pay_password);
    ASSERT_OK(order_prepare_transfer(&other, &o));
    phone_free(&own);
    phone_free(&other);
}

static void nobody_allows_what_the_policy_does_not(void **state)
{
    world *w = *state;
    phone p;
    order o;
    static const struct {
        const char *scene, *options;
        zy_status expected;
    } CASES[] = {
        { "transfer", "pay_password", ZY_BAD_FIELD },          { "transfer", "sms", ZY_BAD_FIELD },
        { "transfer", "pay_password+sms|", ZY_BAD_FIELD },     { "transfer", "pay_password+sms|sms+pay_password", ZY_BAD_FIELD },
        { "transfer", "login_password+sms", ZY_BAD_FIELD },    { "transfer", "|", ZY_BAD_FIELD },
        { "no.such", "pay_password+sms", ZY_NOT_FOUND },       { "password.change", "pay_password+sms", ZY_NOT_FOUND },
        { "transfer", "pay_password+device_key", ZY_FACTOR_MISSING },
    };
    phone_log_in(&p, w, "own");
    for (size_t i = 0; i < ZY_COUNT(CASES); i++)
        ASSERT_STATUS(allow(&p, CASES[i].scene, CASES[i].options), CASES[i].expected);
    ASSERT_STATUS(prepare_lower(&p, "no.such", "", &o), ZY_NOT_FOUND);
    ASSERT_STATUS(prepare_lower(&p, "transfer", "pay_password", &o), ZY_BAD_FIELD);
    ASSERT_STATUS(phone_call(&p, "preference.set", "{\"scene\":\"transfer\",\"options\":\"\"}"), ZY_BAD_FIELD);
    phone_free(&p);
}

static void change_policy(world *w, const char *scene, const char *options)
{
    zy_err err = { 0 };
    zy_id request;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "scene", scene);
    zy_json_set_c(payload, "options", options);
    ASSERT_OK(zy_approval_request(w->env, &ZY_POLICY_CHANGE, (zy_id){ 11 }, payload, ZY_STR("试"), &request, &err));
    ASSERT_OK(zy_approval_decide(w->env, request, (zy_id){ 12 }, true, ZY_STR("好"), &err));
}

/* The customer's choice stays when the bank's policy moves; only the way back never closes. */
static void a_policy_that_moves_away_never_weakens_what_the_customer_chose(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    ASSERT_OK(allow(&p, "transfer", "pay_password+device_key"));
    ASSERT_OK(allow(&p, "preference.lower", "pay_password+sms"));
    change_policy(w, "transfer", "pay_password+sms");
    change_policy(w, "preference.lower", "login_password+sms");
    ASSERT_STATUS(order_prepare_transfer(&p, &o), ZY_FACTOR_MISSING);
    ASSERT_OK(prepare_lower(&p, "transfer", "pay_password+sms", &o));
    prove(&p, &o, "login_password", LI.password);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    phone_free(&p);
}

static void the_list_tells_what_is_offered_set_up_and_allowed(void **state)
{
    world *w = *state;
    phone p;
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    ASSERT_OK(allow(&p, "transfer", "pay_password+device_key"));
    ASSERT_OK(phone_call(&p, "preference.get", "{}"));
    const zy_json *transfer = zy_json_at(zy_json_get(zy_json_get(p.answer, "body"), "scenes"), 0);
    const zy_json *options = zy_json_get(transfer, "options");
    bool chosen = false, allowed = true, usable = false;
    assert_true(zy_json_bool(transfer, "chosen", &chosen) && chosen);
    assert_in_range(zy_json_count(options), 2, 8);
    assert_true(zy_json_bool(zy_json_at(options, 0), "allowed", &allowed) && !allowed); /* SMS, carrier, device key */
    assert_true(zy_json_bool(zy_json_at(options, 2), "allowed", &allowed) && allowed);
    assert_true(zy_json_bool(zy_json_at(options, 2), "usable", &usable) && usable);
    phone_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lock_until_somebody_lifts_it_is_lifted_by_two_factors),
        TEST(nobody_lifts_his_own_lock_again_and_again),
        TEST(wrong_login_passwords_of_an_order_lock_like_those_of_a_login),
        TEST(a_forgotten_transaction_password_is_set_anew_after_the_counter),
        TEST(what_the_counter_allowed_is_over_after_an_hour),
        TEST(a_customer_asks_for_more_at_once_and_for_less_by_two_factors),
        TEST(what_a_customer_allows_holds_on_every_device),
        TEST(nobody_allows_what_the_policy_does_not),
        TEST(a_policy_that_moves_away_never_weakens_what_the_customer_chose),
        TEST(the_list_tells_what_is_offered_set_up_and_allowed),
    };
    return zy_test_main("security_ways", tests, ZY_COUNT(tests));
}
