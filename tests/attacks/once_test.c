/* What is good for one time is good for one of 32 who use it at the same moment. On both engines: each of the 32 has a connection
 * of its own to the bank, and on PostgreSQL one to the database, too. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "attacked.h"
#include "service/identity/captcha.h"
#include "zy_test.h"
#include "zy_test_env.h"
#include "zy_test_staff.h"

#define BODY_MAX 3000

/* A challenge is used up by the first who sends it. Where something else is tried, the 32 send this many different ones: a
 * channel holds 16. */
#define BODIES 16
typedef struct pack {
    char body[BODIES][BODY_MAX];
    racer racers[ATTACK_AT_ONCE];
} pack;

static pack *pack_of(phone *p, const char *api, int bodies)
{
    pack *k = calloc(1, sizeof *k);
    assert_non_null(k);
    for (int i = 0; i < ATTACK_AT_ONCE; i++)
        k->racers[i] = (racer){ p, api, k->body[i % bodies], ZY_INTERNAL };
    return k;
}

static int statuses(const pack *k, zy_status status)
{
    int n = 0;
    for (int i = 0; i < ATTACK_AT_ONCE; i++)
        n += k->racers[i].status == status;
    return n;
}

static void logged_in(phone *p, world *w)
{
    phone_make(p, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(p, &LI));
}

static void bound(phone *p, world *w)
{
    logged_in(p, w);
    attack_bind(p);
}

/* --- codes by SMS --- */

static void a_code_logs_in_once(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.d", "mb.auth-mechanism.b2.2", "mb.login-factors.d2-i", "mb.login-factors.d");
    phone p;
    char code[7], body[160];
    phone_make(&p, *state, "own", "203.0.113.7");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    ASSERT_OK(phone_code(&p, LI.phone, code));
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", p.login_id, code);
    assert_int_equal(attack_at_once(&p, "auth.login.finish", body), 1);
    assert_int_equal(world_audits(*state, "login.ok"), 1);
    phone_free(&p);
}

static void a_code_proves_an_order_once(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.2", "mb.login-factors.d2-i", "mb.login-factors.d");
    phone p;
    attack_thing order;
    char code[7], body[200];
    logged_in(&p, *state);
    attack_transfer(&p, &order);
    ASSERT_OK(attack_pay(&p, &order, LI.pay_password));
    attack_order_sms(&p, &order, code);
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", order.id, code);
    assert_int_equal(attack_at_once(&p, "order.factor.verify", body), 1);
    phone_free(&p);
}

static void a_code_resets_a_password_once(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.2", "mb.login-factors.d2-i", "mb.login-factors.d");
    phone p;
    attack_thing reset;
    char code[7], secret[700];
    phone_make(&p, *state, "own", "203.0.113.7");
    ASSERT_OK(attack_reset_start(&p, &reset));
    world_newest_code(*state, LI.phone, code);
    pack *k = pack_of(&p, "password.reset.finish", BODIES);
    for (int i = 0; i < BODIES; i++) {
        phone_secret(&p, ATTACK_NEW, 3, secret, sizeof secret);
        snprintf(k->body[i], BODY_MAX, "{\"reset_id\":\"%s\",\"code\":\"%s\",\"password\":%s}", reset.id, code, secret);
    }
    assert_int_equal(attack_race(k->racers), 1);
    assert_int_equal(world_audits(*state, "password.reset"), 2); /* begun, done */
    free(k);
    phone_free(&p);
}

static void a_code_registers_once(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.2", "mb.login-factors.d2-i");
    phone p;
    attack_thing registration;
    char code[7], login[700], pay[700];
    phone_make(&p, *state, "own", "203.0.113.7");
    ASSERT_OK(attack_register_start(&p, &registration));
    ASSERT_OK(attack_call(&p, "register.factor.begin", "{\"registration_id\":\"%s\",\"factor\":\"sms\"}", registration.id));
    world_newest_code(*state, LOOT.he_phone, code);
    pack *k = pack_of(&p, "register.finish", BODIES / 2); /* two challenges each */
    for (int i = 0; i < BODIES / 2; i++) {
        phone_secret(&p, ATTACK_NEW, 3, login, sizeof login);
        phone_secret(&p, ATTACK_NEW_PAY, 3, pay, sizeof pay);
        snprintf(k->body[i], BODY_MAX, "{\"registration_id\":\"%s\",\"value\":\"%s\",\"login_password\":%s,\"pay_password\":%s}",
                 registration.id, code, login, pay);
    }
    assert_int_equal(attack_race(k->racers), 1);
    assert_int_equal(world_audits(*state, "register.done"), 1);
    free(k);
    phone_free(&p);
}

static void a_code_changes_a_password_once(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.2", "mb.login-factors.d2-i");
    phone p;
    attack_thing change;
    char code[7], body[200];
    logged_in(&p, *state);
    ASSERT_OK(attack_change_start(&p, "pay", LI.pay_password, ATTACK_NEW_PAY, &change));
    world_newest_code(*state, LI.phone, code);
    snprintf(body, sizeof body, "{\"change_id\":\"%s\",\"code\":\"%s\"}", change.id, code);
    assert_int_equal(attack_at_once(&p, "password.change.finish", body), 1);
    phone_free(&p);
}

/* Wrong ones at the same moment are counted one by one: three are looked at, and the right one after them is refused. */
static void thirty_two_wrong_codes_at_once_are_three_tries(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c");
    phone p;
    char code[7], wrong[7];
    phone_make(&p, *state, "own", "203.0.113.7");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    ASSERT_OK(phone_code(&p, LI.phone, code));
    attack_wrong(code, wrong);
    pack *k = pack_of(&p, "auth.login.finish", 1);
    snprintf(k->body[0], BODY_MAX, "{\"login_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", p.login_id, wrong);
    assert_int_equal(attack_race(k->racers), 0);
    assert_int_equal(statuses(k, ZY_FACTOR_WRONG), 3);
    assert_int_equal(statuses(k, ZY_CODE_EXPIRED), ATTACK_AT_ONCE - 3);
    ASSERT_STATUS(phone_login_finish(&p, code), ZY_CODE_EXPIRED);
    free(k);
    phone_free(&p);
}

/* --- captchas and challenges --- */

static void a_captcha_is_good_for_one_call(void **state)
{
    ZY_PROVES("j225.6.2.1.3.img.c1", "mb.auth-mechanism.b9.1", "mb.login-factors.e-i");
    phone p;
    char captcha[120], secret[700], device[500];
    phone_make(&p, *state, "own", "203.0.113.7");
    attack_captcha(&p, captcha);
    phone_device(&p, device, sizeof device);
    pack *k = pack_of(&p, "auth.login.start", BODIES);
    for (int i = 0; i < BODIES; i++) {
        phone_secret(&p, LI.password, 1, secret, sizeof secret);
        snprintf(k->body[i], BODY_MAX, "{\"user\":\"%s\",\"password\":%s,\"device\":%s,\"captcha\":%s}", LI.phone, secret, device, captcha);
    }
    assert_int_equal(attack_race(k->racers), 1);
    assert_int_equal(statuses(k, ZY_CAPTCHA_REQUIRED), ATTACK_AT_ONCE - 1);
    free(k);
    phone_free(&p);
}

static void an_encrypted_password_is_good_for_one_call(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p;
    char secret[700], device[500], body[BODY_MAX];
    phone_make(&p, *state, "own", "203.0.113.7");
    phone_secret(&p, LI.password, 1, secret, sizeof secret);
    phone_device(&p, device, sizeof device);
    snprintf(body, sizeof body, "{\"user\":\"%s\",\"password\":%s,\"device\":%s}", LI.phone, secret, device);
    assert_int_equal(attack_at_once(&p, "auth.login.start", body), 1);
    phone_free(&p);
}

static void an_encrypted_transaction_password_is_good_for_one_call(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p;
    attack_thing order;
    char body[BODY_MAX];
    logged_in(&p, *state);
    attack_transfer(&p, &order);
    attack_pay_body(&p, &order, LI.pay_password, body, sizeof body);
    assert_int_equal(attack_at_once(&p, "order.factor.verify", body), 1);
    phone_free(&p);
}

/* --- quick login --- */

static void with_gesture(phone *p, world *w)
{
    bound(p, w);
    attack_gesture(p);
    phone_hello(p);
    ASSERT_OK(phone_quick_start(p));
}

static void an_encrypted_gesture_is_good_for_one_call(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p;
    char secret[700], body[900];
    with_gesture(&p, *state);
    phone_secret(&p, ATTACK_GESTURE, 5, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"gesture\":%s}", p.login_id, secret);
    assert_int_equal(attack_at_once(&p, "auth.quick.finish", body), 1);
    phone_free(&p);
}

/* The right gesture 32 times, encrypted anew: what began once ends once. */
static void a_quick_login_that_began_once_ends_once(void **state)
{
    phone p;
    char secret[700];
    with_gesture(&p, *state);
    pack *k = pack_of(&p, "auth.quick.finish", BODIES);
    for (int i = 0; i < BODIES; i++) {
        phone_secret(&p, ATTACK_GESTURE, 5, secret, sizeof secret);
        snprintf(k->body[i], BODY_MAX, "{\"login_id\":\"%s\",\"gesture\":%s}", p.login_id, secret);
    }
    assert_int_equal(attack_race(k->racers), 1);
    free(k);
    phone_free(&p);
}

/* --- devices, tokens, certificates --- */

static void a_resumption_proof_works_once(void **state)
{
    ZY_PROVES("j225.6.2.2.a4");
    phone p;
    uint8_t proof[ZY_SM3_BYTES];
    char proof_text[48], device[500], body[900];
    logged_in(&p, *state);
    phone_hello(&p);
    ASSERT_OK(zy_zsc_resume_proof(p.k_res, p.channel.th, proof));
    zy_base64_encode(proof, sizeof proof, proof_text);
    phone_device(&p, device, sizeof device);
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"proof\":\"%s\",\"device\":%s}", p.login_id, proof_text, device);
    assert_int_equal(attack_at_once(&p, "auth.resume", body), 1);
    phone_free(&p);
}

static void two_codes_activate_a_token_once(void **state)
{
    phone p;
    char first[7], second[7], body[200];
    logged_in(&p, *state);
    attack_token_code(*state, -1, "", first);
    attack_token_code(*state, 0, "", second);
    snprintf(body, sizeof body, "{\"serial\":\"" ATTACK_SERIAL "\",\"code\":\"%s\",\"next_code\":\"%s\"}", first, second);
    assert_int_equal(attack_at_once(&p, "token.activate", body), 1);
    assert_int_equal(world_audits(*state, "token.activated"), 1);
    phone_free(&p);
}

/* Of one order, and of any other order in the same step of the clock. */
static void a_step_of_a_token_proves_once(void **state)
{
    phone p;
    attack_thing order, another;
    char code[7], body[200];
    logged_in(&p, *state);
    ASSERT_OK(attack_activate(&p));
    world_turn(*state, ZY_MINUTES(2));
    attack_transfer(&p, &order);
    attack_transfer(&p, &another);
    ASSERT_OK(attack_choose(&p, &order, "pay_password+token"));
    ASSERT_OK(attack_choose(&p, &another, "pay_password+token"));
    ASSERT_OK(attack_pay(&p, &order, LI.pay_password));
    ASSERT_OK(attack_pay(&p, &another, LI.pay_password));
    attack_token_order(&p, &order, code);
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"token\",\"value\":\"%s\"}", order.id, code);
    assert_int_equal(attack_at_once(&p, "order.factor.verify", body), 1);
    world_turn(*state, ZY_SECONDS(1));
    attack_token_order(&p, &another, code);
    zy_status second = attack_verify(&p, &another, "token", code);
    assert_true(second == ZY_FACTOR_WRONG || second == ZY_LOCKED || second == ZY_RATE_LIMITED);
    phone_free(&p);
}

static void a_signature_proves_an_order_once(void **state)
{
    static const char *const FACTORS[] = { "soft_key", "device_key" };
    phone p;
    bound(&p, *state);
    attack_soft_key(&p);
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++) {
        attack_thing order;
        char sig[96], body[300], combination[40];
        world_turn(*state, ZY_MINUTES(2));
        snprintf(combination, sizeof combination, "pay_password+%s", FACTORS[i]);
        attack_transfer(&p, &order);
        ASSERT_OK(attack_choose(&p, &order, combination));
        ASSERT_OK(attack_pay(&p, &order, LI.pay_password));
        attack_sign(&p, &order, sig);
        snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"%s\",\"value\":\"%s\"}", order.id, FACTORS[i], sig);
        assert_int_equal(attack_at_once(&p, "order.factor.verify", body), 1);
        ASSERT_OK(attack_confirm(&p, &order));
    }
    phone_free(&p);
}

static void a_number_is_shown_whole_once(void **state)
{
    phone p;
    attack_thing order;
    char body[80];
    logged_in(&p, *state);
    ASSERT_OK(attack_order(&p, "data.reveal.prepare", "{\"what\":\"phone\"}"));
    snprintf(order.id, sizeof order.id, "%s", phone_text(&p, "order_id"));
    snprintf(order.digest, sizeof order.digest, "%s", phone_text(&p, "digest"));
    ASSERT_OK(attack_pay(&p, &order, LI.pay_password));
    ASSERT_OK(attack_confirm(&p, &order));
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", order.id);
    assert_int_equal(attack_at_once(&p, "reveal.get", body), 1);
    phone_free(&p);
}

/* --- staff --- */

typedef struct desk {
    world *w;
    char code[7];
    zy_status status;
} desk;

static void *log_in_at_desk(void *arg)
{
    desk *d = arg;
    d->status = attack_staff(d->w, "10.0.0.7", ZY_TEST_STAFF_PASSWORD, d->code);
    return NULL;
}

static void a_code_of_the_generator_logs_a_member_of_staff_in_once(void **state)
{
    world *w = *state;
    pthread_t threads[ATTACK_AT_ONCE];
    desk desks[ATTACK_AT_ONCE];
    int right = 0;
    for (int i = 0; i < ATTACK_AT_ONCE; i++) {
        desks[i] = (desk){ .w = w };
        zy_test_staff_code(w->env, ATTACK_STAFF, 0, desks[i].code);
        assert_int_equal(pthread_create(&threads[i], NULL, log_in_at_desk, &desks[i]), 0);
    }
    for (int i = 0; i < ATTACK_AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        right += desks[i].status == ZY_OK;
    }
    assert_int_equal(right, 1);
    assert_int_equal(world_audits(w, "staff.login_ok"), 1);
}

#define ATTACK(name) cmocka_unit_test_setup_teardown(name, attacked_open, attacked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ATTACK(a_code_logs_in_once),
        ATTACK(a_code_proves_an_order_once),
        ATTACK(a_code_resets_a_password_once),
        ATTACK(a_code_registers_once),
        ATTACK(a_code_changes_a_password_once),
        ATTACK(thirty_two_wrong_codes_at_once_are_three_tries),
        ATTACK(a_captcha_is_good_for_one_call),
        ATTACK(an_encrypted_password_is_good_for_one_call),
        ATTACK(an_encrypted_transaction_password_is_good_for_one_call),
        ATTACK(an_encrypted_gesture_is_good_for_one_call),
        ATTACK(a_quick_login_that_began_once_ends_once),
        ATTACK(a_resumption_proof_works_once),
        ATTACK(two_codes_activate_a_token_once),
        ATTACK(a_step_of_a_token_proves_once),
        ATTACK(a_signature_proves_an_order_once),
        ATTACK(a_number_is_shown_whole_once),
        ATTACK(a_code_of_the_generator_logs_a_member_of_staff_in_once),
    };
    return zy_test_main("attack_once", tests, ZY_COUNT(tests));
}
