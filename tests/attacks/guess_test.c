/* Guessing passwords, codes, signatures: see siege.h. What somebody is or holds beyond them: held_test.c. */
#include <stdio.h>
#include <stdlib.h>

#include "siege.h"
#include "zy_test.h"
#include "zy_test_env.h"
#include "zy_test_staff.h"

#define BODY_MAX   3000
#define BURSTS     4 /* a day has two rows of five; the right secret is tried between and after */
#define CODE_TRIES 3

/* As many codes as are sent: three wrong tries each, then the right one in vain. */
static void besiege_code(const front *f, world *w)
{
    siege s;
    unsigned each = guesses_of(f) / (f->days * 10); /* ten codes a day */
    open_siege(&s, w);
    for (unsigned day = 0; day < f->days; day++) {
        for (int sent = 0; sent < 12; sent++) {
            world_turn(w, sent % 4 == 0 ? ZY_HOURS(1) : ZY_SECONDS(61));
            if (f->send(&s) != ZY_OK)
                continue;
            for (int i = 0; i < CODE_TRIES; i++)
                guess_wrong(f, &s);
            guess_right_in_vain(f, &s, each - CODE_TRIES);
        }
        world_turn(w, ZY_HOURS(24));
    }
    end_siege(f, &s);
}

/* --- login password: each guess from another device and address, by all of the customer's names --- */

#define DEVICES 40
static phone devices[DEVICES];

static zy_status guess_login(siege *s, bool right)
{
    static const char *const *const NAMES[] = { &LI.phone, &LI.customer_no, &LI.alias };
    char body[BODY_MAX];
    phone *p = &devices[s->serial % DEVICES];
    attack_from_elsewhere(p);
    phone_hello(p);
    attack_login_body(p, *NAMES[s->serial++ % ZY_COUNT(NAMES)], right ? LI.password : "Wrong2026tree", body, sizeof body);
    return phone_call(p, "auth.login.start", body);
}

static void make_devices(world *w)
{
    static char names[DEVICES][16];
    for (int i = 0; i < DEVICES; i++) {
        snprintf(names[i], sizeof names[i], "device %d", i);
        phone_make(&devices[i], w, names[i], "10.0.0.1");
    }
}

static void free_devices(void)
{
    for (int i = 0; i < DEVICES; i++)
        phone_free(&devices[i]);
}

/* --- codes by SMS --- */

static zy_status send_login_code(siege *s)
{
    const attempt a = { .user = LI.phone, .password = LI.password };
    phone_hello(&s->p);
    attack_from_elsewhere(&s->p);
    ZY_TRY(phone_login_start(&s->p, &a));
    return phone_code(&s->p, LI.phone, s->code);
}

static const char *pick(const siege *s, bool right, char wrong[7])
{
    attack_wrong(s->code, wrong);
    return right ? s->code : wrong;
}

static zy_status guess_login_code(siege *s, bool right)
{
    char wrong[7];
    attack_from_elsewhere(&s->p);
    return phone_login_finish(&s->p, pick(s, right, wrong));
}

static zy_status send_reset_code(siege *s)
{
    phone_hello(&s->p);
    attack_from_elsewhere(&s->p);
    ZY_TRY(attack_reset_start(&s->p, &s->thing));
    world_newest_code(s->w, LI.phone, s->code);
    return ZY_OK;
}

static zy_status guess_reset_code(siege *s, bool right)
{
    char secret[700], wrong[7];
    attack_from_elsewhere(&s->p);
    phone_secret(&s->p, ATTACK_NEW, 3, secret, sizeof secret);
    return attack_call(&s->p, "password.reset.finish", "{\"reset_id\":\"%s\",\"code\":\"%s\",\"password\":%s}", s->thing.id,
                       pick(s, right, wrong), secret);
}

static zy_status send_register_code(siege *s)
{
    phone_hello(&s->p);
    attack_from_elsewhere(&s->p);
    ZY_TRY(attack_register_start(&s->p, &s->thing));
    ZY_TRY(attack_call(&s->p, "register.factor.begin", "{\"registration_id\":\"%s\",\"factor\":\"sms\"}", s->thing.id));
    world_newest_code(s->w, LOOT.he_phone, s->code);
    return ZY_OK;
}

static zy_status guess_register_code(siege *s, bool right)
{
    char login[700], pay[700], wrong[7];
    attack_from_elsewhere(&s->p);
    phone_secret(&s->p, ATTACK_NEW, 3, login, sizeof login);
    phone_secret(&s->p, ATTACK_NEW_PAY, 3, pay, sizeof pay);
    return attack_call(&s->p, "register.finish",
                       "{\"registration_id\":\"%s\",\"value\":\"%s\",\"login_password\":%s,\"pay_password\":%s}", s->thing.id,
                       pick(s, right, wrong), login, pay);
}

static zy_status send_order_code(siege *s)
{
    ZY_TRY(log_in_and_pay(s));
    ZY_TRY(attack_pay(&s->p, &s->thing, LI.pay_password));
    attack_order_sms(&s->p, &s->thing, s->code);
    return ZY_OK;
}

static zy_status guess_order_code(siege *s, bool right)
{
    char wrong[7];
    attack_from_elsewhere(&s->p);
    return attack_verify(&s->p, &s->thing, "sms", pick(s, right, wrong));
}

static zy_status send_change_code(siege *s)
{
    ZY_TRY(log_in(s));
    ZY_TRY(attack_change_start(&s->p, "pay", LI.pay_password, ATTACK_NEW_PAY, &s->thing));
    world_newest_code(s->w, LI.phone, s->code);
    return ZY_OK;
}

static zy_status guess_change_code(siege *s, bool right)
{
    char wrong[7];
    attack_from_elsewhere(&s->p);
    return attack_call(&s->p, "password.change.finish", "{\"change_id\":\"%s\",\"code\":\"%s\"}", s->thing.id, pick(s, right, wrong));
}

/* --- transaction password --- */

static zy_status guess_pay(siege *s, bool right)
{
    take_time(s, 1);
    return attack_pay(&s->p, &s->thing, right ? LI.pay_password : "975310");
}

static zy_status guess_old_password(siege *s, bool right)
{
    char body[BODY_MAX];
    take_time(s, 1);
    attack_change_body(&s->p, "login", right ? LI.password : "Wrong2026tree", ATTACK_NEW, body, sizeof body);
    return phone_call(&s->p, "password.change.start", body);
}

static zy_status guess_reset_pay(siege *s, bool right)
{
    static const char *const *const NAMES[] = { &LI.phone, &LI.customer_no, &LI.alias };
    char body[BODY_MAX];
    phone *p = &devices[s->serial % DEVICES];
    attack_from_elsewhere(p);
    phone_hello(p);
    attack_reset_body(p, *NAMES[s->serial++ % ZY_COUNT(NAMES)], LI.id_no, right ? LI.pay_password : "975310", body, sizeof body);
    return phone_call(p, "password.reset.start", body);
}

/* What a new password must not be tells what the present one is: PASSWORD_WEAK is what the thief wants to hear. He knows the
 * transaction password, but has no code. */
static zy_status guess_by_new_password(siege *s, bool right)
{
    char secret[700], wrong[7];
    attack_from_elsewhere(&s->p);
    attack_wrong(s->code, wrong);
    phone_secret(&s->p, right ? LI.password : ATTACK_NEW, 3, secret, sizeof secret);
    zy_status status = attack_call(&s->p, "password.reset.finish", "{\"reset_id\":\"%s\",\"code\":\"%s\",\"password\":%s}", s->thing.id, wrong,
                                   secret);
    if (status == ZY_PASSWORD_WEAK)
        return ZY_OK;
    return status == ZY_CODE_EXPIRED ? ZY_FACTOR_WRONG : status; /* compared all the same */
}

/* --- gesture, token, certificate --- */

static zy_status start_quick(siege *s)
{
    phone_hello(&s->p);
    attack_from_elsewhere(&s->p);
    zy_status status = phone_quick_start(&s->p);
    return s->guesses == 0 ? status : ZY_OK; /* later it is switched off, and he goes on with what he has */
}

static zy_status guess_gesture(siege *s, bool right)
{
    attack_from_elsewhere(&s->p);
    return phone_quick_finish(&s->p, right ? ATTACK_GESTURE : "12369");
}

static zy_status order_for(siege *s, const char *factors)
{
    ZY_TRY(log_in_and_pay(s));
    zy_status status = attack_choose(&s->p, &s->thing, factors);
    return status == ZY_OK ? attack_pay(&s->p, &s->thing, LI.pay_password) : status;
}

static zy_status order_by_token(siege *s)
{
    return order_for(s, "pay_password+token");
}

static zy_status guess_token(siege *s, bool right)
{
    char code[7];
    take_time(s, 1);
    attack_token_order(&s->p, &s->thing, code);
    if (!right)
        attack_wrong(code, code);
    return attack_verify(&s->p, &s->thing, "token", code);
}

static zy_status guess_activation(siege *s, bool right)
{
    char first[7], second[7];
    take_time(s, 1);
    attack_token_code(s->w, -1, "", first);
    attack_token_code(s->w, 0, "", second);
    if (!right)
        attack_wrong(second, second);
    return attack_call(&s->p, "token.activate", "{\"serial\":\"" ATTACK_SERIAL "\",\"code\":\"%s\",\"next_code\":\"%s\"}", first, second);
}

static zy_status order_by_soft_key(siege *s)
{
    return order_for(s, "pay_password+soft_key");
}

static zy_status guess_signature(siege *s, bool right)
{
    char sig[96];
    attack_thing another = s->thing;
    take_time(s, 1);
    another.digest[0] = another.digest[0] == '0' ? '1' : '0';
    attack_sign(&s->p, right ? &s->thing : &another, sig);
    return attack_verify(&s->p, &s->thing, "soft_key", sig);
}

/* --- card PIN, captcha, staff --- */

static zy_status guess_card_pin(siege *s, bool right)
{
    char body[BODY_MAX];
    phone *p = &devices[s->serial++ % DEVICES];
    attack_from_elsewhere(p);
    phone_hello(p);
    attack_register_body(p, right ? ATTACK_PIN : "975310", body, sizeof body);
    return phone_call(p, "register.start", body);
}

/* The first submission of each captcha is wrong, what follows is right. */
static zy_status guess_captcha(siege *s, bool right)
{
    char body[BODY_MAX], captcha[120], *text;
    static char kept[120];
    phone *p = &s->p;
    attack_from_elsewhere(p);
    if (!right)
        attack_captcha(p, kept);
    attack_login_body(p, LI.phone, LI.password, body, sizeof body);
    text = strstr(body, "\"captcha\":");
    assert_non_null(text);
    snprintf(captcha, sizeof captcha, "%s", kept);
    if (!right)
        memcpy(strstr(captcha, ATTACK_CAPTCHA), "XXXXX", 5);
    snprintf(text, sizeof body - (size_t)(text - body), "\"captcha\":%s}", captcha);
    zy_status status = phone_call(p, "auth.login.start", body);
    return status == ZY_CAPTCHA_REQUIRED && !right ? ZY_FACTOR_WRONG : status;
}

static zy_status guess_staff(siege *s, bool right, const char *password, bool right_code)
{
    char code[7], address[20];
    unsigned n = s->serial++;
    snprintf(address, sizeof address, "10.9.%u.%u", n >> 8 & 255, n & 255);
    zy_test_staff_code(s->w->env, ATTACK_STAFF, 0, code);
    if (!right && !right_code)
        attack_wrong(code, code);
    return attack_staff(s->w, address, right ? ZY_TEST_STAFF_PASSWORD : password, code);
}

static zy_status guess_staff_password(siege *s, bool right)
{
    return guess_staff(s, right, "Wrong#4horse", true);
}

static zy_status guess_staff_code(siege *s, bool right)
{
    return guess_staff(s, right, ZY_TEST_STAFF_PASSWORD, false);
}

/* --- the sieges. 5 in a row, 10 a day, then blocked until somebody lifts it: so 10 in all the days. --- */

/* The limits of a real bank; a test's are wider. */
static void limits_of_a_bank(world *w)
{
    attacked_param(w, "sms.login_wait_s", 60);
    attacked_param(w, "sms.login_per_hour", 5);
    attacked_param(w, "sms.login_per_day", 10);
    attacked_param(w, "sms.device_per_hour", 20);
    attacked_param(w, "sms.address_per_hour", 200);
}

static void login_passwords(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.p1");
    static const front F = { "login password", 20, 3, 10, NULL, guess_login };
    make_devices(*state);
    besiege_secret(&F, *state);
    free_devices();
}

static void old_passwords(void **state)
{
    ZY_PROVES("mb.static-password.c3-ii", "mb.auth-failure.b-i", "j225.6.2.1.2.e1");
    static const front F = { "old password of a change", 10, 3, 10, log_in, guess_old_password };
    besiege_secret(&F, *state);
}

static void transaction_passwords(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.p1");
    static const front F = { "transaction password", 20, 3, 10, log_in_and_pay, guess_pay };
    besiege_secret(&F, *state);
}

static void transaction_passwords_by_reset(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "j225.6.2.1.2.e2");
    static const front F = { "transaction password at a reset", 10, 3, 10, NULL, guess_reset_pay };
    make_devices(*state);
    besiege_secret(&F, *state);
    free_devices();
}

static void former_passwords_by_reset(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    static const front F = { "login password by a new one", 10, 3, 10, send_reset_code, guess_by_new_password };
    besiege_secret(&F, *state);
}

static void codes_of_logins(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c");
    static const front F = { "SMS code at login", 150, 3, 3 * 10 * CODE_TRIES, send_login_code, guess_login_code };
    limits_of_a_bank(*state);
    besiege_code(&F, *state);
}

static void codes_of_resets(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c", "mb.password-reset.f");
    static const front F = { "SMS code of a reset", 15, 3, 3 * 10 * CODE_TRIES, send_reset_code, guess_reset_code };
    limits_of_a_bank(*state);
    besiege_code(&F, *state);
}

static void codes_of_registrations(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c");
    static const front F = { "SMS code of a registration", 15, 3, 3 * 10 * CODE_TRIES, send_register_code, guess_register_code };
    limits_of_a_bank(*state);
    besiege_code(&F, *state);
}

static void codes_of_orders(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c");
    static const front F = { "SMS code of an order", 150, 3, 3 * 12 * CODE_TRIES, send_order_code, guess_order_code };
    besiege_code(&F, *state);
}

static void codes_of_changes(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c");
    static const front F = { "SMS code of a changed password", 150, 3, 3 * 12 * CODE_TRIES, send_change_code, guess_change_code };
    besiege_code(&F, *state);
}

/* The thief holds the phone itself. */
static void gestures(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.login-factors.d", "mb.auth-failure.p1");
    static const front F = { "gesture", 10, 1, IN_A_ROW, start_quick, guess_gesture };
    siege s;
    own_phone(&s, *state);
    attack_gesture(&s.p);
    ASSERT_OK(F.send(&s));
    for (int i = 0; i < IN_A_ROW; i++)
        guess_wrong(&F, &s);
    guess_right_in_vain(&F, &s, guesses_of(&F) / 2);
    world_turn(*state, ZY_HOURS(25));
    phone_hello(&s.p);
    ASSERT_STATUS(phone_quick_start(&s.p), ZY_LOGIN_FAILED);
    guess_right_in_vain(&F, &s, guesses_of(&F) / 2);
    end_siege(&F, &s);
}

static void codes_of_tokens(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.p1");
    static const front F = { "dynamic token", 150, 3, 10, order_by_token, guess_token };
    siege s;
    own_phone(&s, *state);
    ASSERT_OK(attack_activate(&s.p));
    phone_free(&s.p);
    world_turn(*state, ZY_MINUTES(5));
    besiege_secret(&F, *state);
}

static void activations_of_tokens(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    static const front F = { "activation of a token", 110, 3, 10, log_in, guess_activation };
    besiege_secret(&F, *state);
}

/* The PIN of a soft key never leaves its device: what arrives here is a signature. */
static void signatures(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.p1");
    static const front F = { "signature of a soft key", 20, 3, 10, order_by_soft_key, guess_signature };
    siege s;
    unsigned each = guesses_of(&F) / 3;
    own_phone(&s, *state);
    attack_soft_key(&s.p);
    for (int row = 0; row < 3; row++) {
        zy_status may = F.send(&s);
        for (int i = 0; i < IN_A_ROW && may == ZY_OK; i++)
            guess_wrong(&F, &s);
        guess_right_in_vain(&F, &s, each - IN_A_ROW);
        world_turn(*state, ZY_MINUTES(31));
    }
    end_siege(&F, &s);
}

static void card_pins(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.p1");
    static const front F = { "card PIN at registration", 10, 3, 3 * 10, NULL, guess_card_pin };
    make_devices(*state);
    besiege_secret(&F, *state);
    free_devices();
}

static void captchas(void **state)
{
    ZY_PROVES("j225.6.2.1.3.img.c1");
    static const front F = { "captcha", 20, 1, 1000000, NULL, guess_captcha };
    siege s;
    open_siege(&s, *state);
    while (s.guesses < guesses_of(&F)) {
        phone_hello(&s.p);
        guess_wrong(&F, &s);
        guess_right_in_vain(&F, &s, 3);
    }
    assert_int_equal(s.looked_at, s.guesses / 4); /* each captcha is compared once */
    end_siege(&F, &s);
}

static void staff_passwords(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.p1");
    static const front F = { "staff password", 70, 3, 10, NULL, guess_staff_password };
    besiege_secret(&F, *state);
}

static void staff_codes(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    static const front F = { "staff code", 70, 3, 10, NULL, guess_staff_code };
    besiege_secret(&F, *state);
}

/* --- and the customer --- */

static void on_two_days(world *w, zy_status (*guess)(siege *s, bool right))
{
    siege s = { .w = w };
    for (int row = 0; row < BURSTS; row++) {
        for (int i = 0; i < IN_A_ROW; i++)
            (void)guess(&s, false);
        world_turn(w, row % 2 == 0 ? ZY_MINUTES(31) : ZY_HOURS(24));
    }
}

/* Strangers have blocked all names for good, at the login and for resets. On the bound device all goes on, and the password that
 * they are after can be changed. */
static void a_bound_device_goes_on_through_all_of_this(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    siege s;
    char body[BODY_MAX], code[7];
    own_phone(&s, w);
    make_devices(w);
    on_two_days(w, guess_login);
    on_two_days(w, guess_reset_pay);
    siege stranger = { .w = w };
    for (int i = 0; i < 3; i++) { /* one for each of the names */
        assert_int_not_equal(guess_login(&stranger, true), ZY_OK);
        assert_int_not_equal(guess_reset_pay(&stranger, true), ZY_OK);
    }
    phone_hello(&s.p);
    attack_login_body(&s.p, LI.phone, LI.password, body, sizeof body);
    ASSERT_OK(phone_call(&s.p, "auth.login.start", body));
    ASSERT_OK(zy_str_copy(zy_str_of(phone_text(&s.p, "login_id")), s.p.login_id, sizeof s.p.login_id));
    ASSERT_OK(phone_code(&s.p, LI.phone, code));
    ASSERT_OK(phone_login_finish(&s.p, code));
    assert_string_equal(phone_text(&s.p, "device_state"), "bound");
    attack_transfer(&s.p, &s.thing);
    ASSERT_OK(attack_pay(&s.p, &s.thing, LI.pay_password));
    ASSERT_OK(attack_change_start(&s.p, "login", LI.password, ATTACK_NEW, &s.thing));
    phone_hello(&s.p);
    ASSERT_OK(attack_reset_start(&s.p, &s.thing));
    free_devices();
    phone_free(&s.p);
}

#define SIEGE(name) cmocka_unit_test_setup_teardown(name, attacked_open, attacked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIEGE(login_passwords),
        SIEGE(old_passwords),
        SIEGE(transaction_passwords),
        SIEGE(transaction_passwords_by_reset),
        SIEGE(former_passwords_by_reset),
        SIEGE(codes_of_logins),
        SIEGE(codes_of_resets),
        SIEGE(codes_of_registrations),
        SIEGE(codes_of_orders),
        SIEGE(codes_of_changes),
        SIEGE(gestures),
        SIEGE(codes_of_tokens),
        SIEGE(activations_of_tokens),
        SIEGE(signatures),
        SIEGE(card_pins),
        SIEGE(captchas),
        SIEGE(staff_passwords),
        SIEGE(staff_codes),
        SIEGE(a_bound_device_goes_on_through_all_of_this),
    };
    return zy_test_main("attack_guess", tests, ZY_COUNT(tests));
}
