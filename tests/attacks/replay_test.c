/* Somebody recorded what a customer's phone said: the plain calls themselves, as after the channel was opened. Sent again, on the
 * same channel, on another one, by another login or after a restart of the server, none of them works a second time. (Records of the
 * channel, sent again as bytes: tests/flows/flow_channel.c.) */
#include <stdio.h>
#include <stdlib.h>

#include "attacked.h"
#include "service/identity/captcha.h"
#include "zy_test.h"
#include "zy_test_env.h"
#include "zy_test_staff.h"

#define BODY_MAX 3000

typedef struct capture {
    const char *api;
    char body[BODY_MAX];
} capture;

static zy_status say(phone *p, capture *c)
{
    return phone_call(p, c->api, c->body);
}

/* On the channel where it was said, on a fresh channel of the same phone, from another phone, and after a restart. */
static void never_again(phone *p, capture *c)
{
    world *w = p->w;
    phone thief;
    zy_channel own = p->channel;
    phone_make(&thief, w, "thief", "10.6.6.6");
    assert_int_not_equal(say(p, c), ZY_OK);
    phone_hello(p);
    assert_int_not_equal(say(p, c), ZY_OK);
    assert_int_not_equal(say(&thief, c), ZY_OK);
    p->channel = own;
    thief.channel = own; /* even with the keys of the channel */
    assert_int_not_equal(say(&thief, c), ZY_OK);
    world_restart(w);
    assert_int_not_equal(say(p, c), ZY_OK);
    phone_hello(&thief);
    phone_free(&thief);
}

static void once(phone *p, capture *c)
{
    zy_channel before = p->channel;
    ASSERT_OK(say(p, c));
    zy_channel after = p->channel;
    p->channel = before; /* what was said on the channel of before, where it rotated */
    never_again(p, c);
    p->channel = after;
    never_again(p, c);
    p->channel = after;
}

static void take(phone *p, const char *member, char *out, size_t size)
{
    ASSERT_OK(zy_str_copy(zy_str_of(phone_text(p, member)), out, size));
}

static void a_login_is_not_repeated(void **state)
{
    ZY_PROVES("j225.6.2.2.a4", "mb.system-design-ops.c5-1");
    phone p;
    char code[7];
    capture c = { .api = "auth.login.start" };
    phone_make(&p, *state, "own", "203.0.113.7");
    attack_login_body(&p, LI.phone, LI.password, c.body, sizeof c.body);
    zy_channel begun = p.channel;
    ASSERT_OK(say(&p, &c));
    take(&p, "login_id", p.login_id, sizeof p.login_id);
    never_again(&p, &c);
    p.channel = begun;
    ASSERT_OK(phone_code(&p, LI.phone, code));
    capture finish = { .api = "auth.login.finish" };
    snprintf(finish.body, BODY_MAX, "{\"login_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", p.login_id, code);
    once(&p, &finish);
    ASSERT_OK(phone_call(&p, "auth.session", "{}")); /* nobody was thrown out by all that */
    phone_free(&p);
}

static void bound(phone *p, world *w)
{
    phone_make(p, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(p, &LI));
    attack_bind(p);
}

static void a_quick_login_is_not_repeated(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p;
    char secret[700], device[500];
    capture c = { .api = "auth.quick.start" };
    bound(&p, *state);
    attack_gesture(&p);
    phone_hello(&p);
    phone_device(&p, device, sizeof device);
    snprintf(c.body, BODY_MAX, "{\"device\":%s}", device);
    ASSERT_OK(say(&p, &c));
    take(&p, "login_id", p.login_id, sizeof p.login_id);
    zy_channel own = p.channel;
    phone_hello(&p); /* the proof is of one channel: elsewhere it is nothing */
    assert_int_not_equal(say(&p, &c), ZY_OK);
    p.channel = own;
    capture finish = { .api = "auth.quick.finish" };
    phone_secret(&p, ATTACK_GESTURE, 5, secret, sizeof secret);
    snprintf(finish.body, BODY_MAX, "{\"login_id\":\"%s\",\"gesture\":%s}", p.login_id, secret);
    once(&p, &finish);
    phone_free(&p);
}

/* The order of a binding: its transaction password, its code, its confirmation. A repeat of the confirmation hears the first answer,
 * and nothing is bound by it. */
static void a_binding_is_not_repeated(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p, next;
    attack_thing order;
    char code[7];
    phone_make(&p, *state, "own", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(attack_order(&p, "device.bind.prepare", "{}"));
    take(&p, "order_id", order.id, sizeof order.id);
    take(&p, "digest", order.digest, sizeof order.digest);
    capture pay = { .api = "order.factor.verify" }, sms = { .api = "order.factor.verify" }, confirm = { .api = "order.confirm" };
    attack_pay_body(&p, &order, LI.pay_password, pay.body, sizeof pay.body);
    once(&p, &pay);
    attack_order_sms(&p, &order, code);
    snprintf(sms.body, BODY_MAX, "{\"order_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", order.id, code);
    once(&p, &sms);
    snprintf(confirm.body, BODY_MAX, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", order.id, order.digest);
    ASSERT_OK(say(&p, &confirm));
    ASSERT_OK(say(&p, &confirm));
    assert_int_equal(world_audits(*state, "device.bound"), 1);
    phone_make(&next, *state, "next", "203.0.113.9");
    world_turn(*state, ZY_MINUTES(2));
    ASSERT_OK(phone_login(&next, &LI)); /* another login of the same customer */
    assert_int_not_equal(say(&next, &pay), ZY_OK);
    assert_int_not_equal(say(&next, &sms), ZY_OK);
    ASSERT_OK(say(&next, &confirm)); /* he may read his receipt */
    assert_int_equal(world_audits(*state, "device.bound"), 1);
    phone_free(&p);
    phone_free(&next);
}

static void a_revealed_number_is_not_shown_again(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p;
    attack_thing order;
    capture c = { .api = "reveal.get" };
    phone_make(&p, *state, "own", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(attack_order(&p, "data.reveal.prepare", "{\"what\":\"id_no\"}"));
    take(&p, "order_id", order.id, sizeof order.id);
    take(&p, "digest", order.digest, sizeof order.digest);
    ASSERT_OK(attack_pay(&p, &order, LI.pay_password));
    ASSERT_OK(attack_confirm(&p, &order));
    snprintf(c.body, BODY_MAX, "{\"order_id\":\"%s\"}", order.id);
    once(&p, &c);
    ASSERT_OK(attack_confirm(&p, &order)); /* the receipt, again; it opens nothing anew */
    assert_int_not_equal(say(&p, &c), ZY_OK);
    phone_free(&p);
}

static void a_registration_is_not_repeated(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p;
    attack_thing r;
    char code[7], login[700], pay[700];
    capture start = { .api = "register.start" }, finish = { .api = "register.finish" };
    phone_make(&p, *state, "own", "203.0.113.7");
    attack_register_body(&p, ATTACK_PIN, start.body, sizeof start.body);
    zy_channel own = p.channel;
    ASSERT_OK(say(&p, &start));
    take(&p, "registration_id", r.id, sizeof r.id);
    never_again(&p, &start);
    p.channel = own;
    ASSERT_OK(attack_call(&p, "register.factor.begin", "{\"registration_id\":\"%s\",\"factor\":\"sms\"}", r.id));
    world_newest_code(*state, LOOT.he_phone, code);
    phone_secret(&p, ATTACK_NEW, 3, login, sizeof login);
    phone_secret(&p, ATTACK_NEW_PAY, 3, pay, sizeof pay);
    snprintf(finish.body, BODY_MAX, "{\"registration_id\":\"%s\",\"value\":\"%s\",\"login_password\":%s,\"pay_password\":%s}", r.id, code,
             login, pay);
    once(&p, &finish);
    phone_free(&p);
}

static void a_reset_and_a_change_are_not_repeated(void **state)
{
    ZY_PROVES("j225.6.2.2.a4", "j225.6.2.1.2.e2");
    phone p;
    attack_thing thing;
    char code[7], secret[700];
    capture start = { .api = "password.reset.start" }, reset = { .api = "password.reset.finish" },
            change = { .api = "password.change.finish" };
    phone_make(&p, *state, "own", "203.0.113.7");
    attack_reset_body(&p, LI.phone, LI.id_no, LI.pay_password, start.body, sizeof start.body);
    zy_channel own = p.channel;
    ASSERT_OK(say(&p, &start));
    take(&p, "reset_id", thing.id, sizeof thing.id);
    never_again(&p, &start);
    p.channel = own;
    world_newest_code(*state, LI.phone, code);
    phone_secret(&p, ATTACK_NEW, 3, secret, sizeof secret);
    snprintf(reset.body, BODY_MAX, "{\"reset_id\":\"%s\",\"code\":\"%s\",\"password\":%s}", thing.id, code, secret);
    once(&p, &reset);
    person li = LI;
    li.password = ATTACK_NEW;
    world_turn(*state, ZY_MINUTES(40));
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &li));
    ASSERT_OK(attack_change_start(&p, "pay", LI.pay_password, ATTACK_NEW_PAY, &thing));
    world_newest_code(*state, LI.phone, code);
    snprintf(change.body, BODY_MAX, "{\"change_id\":\"%s\",\"code\":\"%s\"}", thing.id, code);
    once(&p, &change);
    phone_free(&p);
}

static void a_code_of_the_generator_is_not_taken_again(void **state)
{
    world *w = *state;
    char code[7];
    zy_test_staff_code(w->env, ATTACK_STAFF, 0, code);
    ASSERT_OK(attack_staff(w, "10.0.0.7", ZY_TEST_STAFF_PASSWORD, code));
    ASSERT_STATUS(attack_staff(w, "10.0.0.7", ZY_TEST_STAFF_PASSWORD, code), ZY_LOGIN_FAILED);
    world_restart(w);
    ASSERT_STATUS(attack_staff(w, "10.0.0.8", ZY_TEST_STAFF_PASSWORD, code), ZY_LOGIN_FAILED);
}

#define ATTACK(name) cmocka_unit_test_setup_teardown(name, attacked_open, attacked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ATTACK(a_login_is_not_repeated),
        ATTACK(a_quick_login_is_not_repeated),
        ATTACK(a_binding_is_not_repeated),
        ATTACK(a_revealed_number_is_not_shown_again),
        ATTACK(a_registration_is_not_repeated),
        ATTACK(a_reset_and_a_change_are_not_repeated),
        ATTACK(a_code_of_the_generator_is_not_taken_again),
    };
    return zy_test_main("attack_replay", tests, ZY_COUNT(tests));
}
