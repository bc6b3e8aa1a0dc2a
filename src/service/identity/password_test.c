/* Passwords: changed by who knows the old one, reset by who proves himself otherwise, too old ones, first ones. */
#include <stdio.h>
#include <string.h>

#include "service/identity/login_world.h"
#include "service/identity/captcha.h"
#include "zy_test.h"

#define NEW_ONE "Harvest-71-moon"
#define NEW_TWO "Copper-82-lake"

/* --- change --- */

static zy_status change_start(phone *p, const char *kind, const char *old, const char *fresh)
{
    char a[700], b[700], body[1600];
    uint8_t purpose = strcmp(kind, "login") == 0 ? 1 : 2;
    phone_secret(p, old, purpose, a, sizeof a);
    phone_secret(p, fresh, 3, b, sizeof b);
    snprintf(body, sizeof body, "{\"kind\":\"%s\",\"old\":%s,\"password\":%s}", kind, a, b);
    return phone_call(p, "password.change.start", body);
}

static zy_status change_finish(phone *p, const char *id, const char *code)
{
    char body[200];
    snprintf(body, sizeof body, "{\"change_id\":\"%s\",\"code\":\"%s\"}", id, code);
    return phone_call(p, "password.change.finish", body);
}

static zy_status change(phone *p, const person *who, const char *kind, const char *old, const char *fresh)
{
    char id[40], code[7];
    world_turn(p->w, ZY_MINUTES(2));
    zy_status status = change_start(p, kind, old, fresh);
    if (status != ZY_OK)
        return status;
    snprintf(id, sizeof id, "%s", phone_text(p, "change_id"));
    world_newest_code(p->w, who->phone, code);
    return change_finish(p, id, code);
}

static zy_status log_in(phone *p, const person *who, const char *password)
{
    person as = *who;
    as.password = password;
    world_turn(p->w, ZY_MINUTES(2));
    phone_hello(p);
    return phone_login(p, &as);
}

static void open_phone(phone *p, world *w, const person *who)
{
    phone_make(p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(p, who));
}

static void a_changed_password_ends_the_login_and_opens_the_next(void **state)
{
    ZY_PROVES("mb.static-password.c3-ii", "mb.convenience.e");
    world *w = *state;
    phone p;
    open_phone(&p, w, &LI);
    ASSERT_OK(change(&p, &LI, "login", LI.password, NEW_ONE));
    ASSERT_STATUS(phone_call(&p, "auth.session", "{}"), ZY_LOGIN_REQUIRED);
    assert_non_null(strstr(world_newest_text(w, LI.phone), "登录密码刚刚修改"));
    assert_int_equal(world_audits(w, "password.changed"), 1);
    ASSERT_STATUS(log_in(&p, &LI, LI.password), ZY_LOGIN_FAILED);
    phone_free(&p);
    phone_make(&p, w, "second", "203.0.113.8");
    ASSERT_STATUS(log_in(&p, &LI, NEW_ONE), ZY_CAPTCHA_REQUIRED); /* after the failure with this name */
    world_turn(w, ZY_MINUTES(31));
    ASSERT_OK(log_in(&p, &LI, NEW_ONE));
    phone_free(&p);
}

static void the_last_passwords_are_not_taken_again(void **state)
{
    ZY_PROVES("mb.static-password.c3-iii");
    world *w = *state;
    phone p;
    open_phone(&p, w, &LI);
    ASSERT_STATUS(change(&p, &LI, "login", LI.password, LI.password), ZY_PASSWORD_WEAK);
    assert_string_equal(phone_text(&p, "flaw"), "used");
    ASSERT_OK(change(&p, &LI, "login", LI.password, NEW_ONE));
    ASSERT_OK(log_in(&p, &LI, NEW_ONE));
    ASSERT_STATUS(change(&p, &LI, "login", NEW_ONE, LI.password), ZY_PASSWORD_WEAK);
    assert_string_equal(phone_text(&p, "flaw"), "used");
    ASSERT_OK(change(&p, &LI, "login", NEW_ONE, NEW_TWO));
    phone_free(&p);
}

static void weak_passwords_are_refused_with_the_reason(void **state)
{
    ZY_PROVES("j225.6.2.1.2.c1", "j225.6.2.1.2.c2", "mb.static-password.c1", "mb.static-password.c2-ii",
              "mb.static-password.c3-i", "mb.static-password.c3-v", "mb.auth-mechanism.a.1", "mb.auth-mechanism.a.2",
              "mb.login-factors.b-iii", "mb.password-reset.a-i", "mb.static-password.c");
    static const struct {
        const char *kind, *password, *flaw;
    } CASES[] = {
        { "login", "Short1", "length" },      { "login", "Password1", "common" }, { "login", "onlyletters", "classes" },
        { "pay", "123456", "repeats" },       { "pay", "13900", "length" },
    };
    world *w = *state;
    phone p;
    char own[20];
    open_phone(&p, w, &LI);
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        const char *old = strcmp(CASES[i].kind, "login") == 0 ? LI.password : LI.pay_password;
        ASSERT_STATUS(change(&p, &LI, CASES[i].kind, old, CASES[i].password), ZY_PASSWORD_WEAK);
        assert_string_equal(phone_text(&p, "flaw"), CASES[i].flaw);
    }
    snprintf(own, sizeof own, "%.6s", LI.id_no + 6);
    ASSERT_STATUS(change(&p, &LI, "pay", LI.pay_password, own), ZY_PASSWORD_WEAK);
    phone_free(&p);
}

static void five_wrong_old_passwords_lock(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "j225.6.2.1.2.e1");
    world *w = *state;
    phone p;
    open_phone(&p, w, &LI);
    for (int i = 0; i < 5; i++) {
        world_turn(w, ZY_SECONDS(20));
        ASSERT_STATUS(change_start(&p, "pay", "975310", "864209"), ZY_FACTOR_WRONG);
    }
    ASSERT_STATUS(change_start(&p, "pay", LI.pay_password, "864209"), ZY_LOCKED);
    assert_int_equal(world_audits(w, "password.old_wrong"), 5);
    phone_free(&p);
}

static void the_code_is_of_this_change_and_used_once(void **state)
{
    ZY_PROVES("j225.6.2.1.2.e1", "mb.password-reset.g");
    world *w = *state;
    phone p;
    char id[40], code[7], wrong[7] = "000000";
    open_phone(&p, w, &LI);
    world_turn(w, ZY_MINUTES(2));
    ASSERT_OK(change_start(&p, "pay", LI.pay_password, "864209"));
    snprintf(id, sizeof id, "%s", phone_text(&p, "change_id"));
    world_newest_code(w, LI.phone, code);
    wrong[0] = code[0] == '9' ? '8' : '9';
    ASSERT_STATUS(change_finish(&p, id, wrong), ZY_FACTOR_WRONG);
    ASSERT_STATUS(change_finish(&p, "AAAAAAAAAAAAAAAAAAAAAA", code), ZY_CODE_EXPIRED);
    ASSERT_OK(change_finish(&p, id, code));
    ASSERT_STATUS(change_finish(&p, id, code), ZY_CODE_EXPIRED);
    ASSERT_OK(phone_call(&p, "auth.session", "{}")); /* the login lives: it was not opened by this password */
    ASSERT_STATUS(change(&p, &LI, "pay", LI.pay_password, "975310"), ZY_FACTOR_WRONG);
    ASSERT_OK(change(&p, &LI, "pay", "864209", "975310"));
    phone_free(&p);
}

static void a_first_password_opens_its_own_change_alone(void **state)
{
    ZY_PROVES("mb.static-password.f-i");
    world *w = *state;
    phone p;
    open_phone(&p, w, &WANG);
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_MUST_CHANGE_PASSWORD);
    ASSERT_OK(change(&p, &WANG, "login", WANG.password, NEW_ONE));
    ASSERT_OK(log_in(&p, &WANG, NEW_ONE));
    assert_false(phone_flag(&p, "must_change_password"));
    ASSERT_OK(phone_call(&p, "profile.get", "{}"));
    phone_free(&p);
}

static void an_old_password_opens_its_own_change_alone(void **state)
{
    ZY_PROVES("mb.static-password.a", "j225.6.2.1.2.d");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    world_turn(w, ZY_DAYS(179));
    ASSERT_OK(log_in(&p, &LI, LI.password));
    assert_false(phone_flag(&p, "must_change_password"));
    world_turn(w, ZY_DAYS(2));
    ASSERT_OK(log_in(&p, &LI, LI.password));
    assert_true(phone_flag(&p, "must_change_password"));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_MUST_CHANGE_PASSWORD);
    ASSERT_OK(change(&p, &LI, "login", LI.password, NEW_ONE));
    ASSERT_OK(log_in(&p, &LI, NEW_ONE));
    ASSERT_OK(phone_call(&p, "profile.get", "{}"));
    phone_free(&p);
}

/* --- reset --- */

typedef struct forgotten {
    const char *user, *id_no, *pay_password;
} forgotten;

static zy_status reset_start(phone *p, const forgotten *f)
{
    return phone_reset_start(p, f->user, f->id_no, f->pay_password);
}

static zy_status reset_finish(phone *p, const char *id, const char *code, const char *password)
{
    char secret[700], body[900];
    phone_secret(p, password, 3, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"reset_id\":\"%s\",\"code\":\"%s\",\"password\":%s}", id, code, secret);
    return phone_call(p, "password.reset.finish", body);
}

static void a_forgotten_password_is_reset_by_two_other_factors(void **state)
{
    ZY_PROVES("mb.convenience.e", "mb.static-password.h-ii", "j225.6.2.1.2.e2", "mb.password-reset.f", "mb.password-reset.g");
    world *w = *state;
    phone p, other;
    char id[40], code[7];
    const forgotten li = { LI.phone, LI.id_no, LI.pay_password };
    world_turn(w, ZY_MINUTES(1));
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(reset_start(&p, &li));
    assert_string_equal(phone_text(&p, "phone"), "139****0001");
    snprintf(id, sizeof id, "%s", phone_text(&p, "reset_id"));
    world_newest_code(w, LI.phone, code);
    phone_make(&other, w, "other", "203.0.113.8");
    ASSERT_STATUS(reset_finish(&other, id, code, NEW_ONE), ZY_CODE_EXPIRED); /* another channel */
    ASSERT_STATUS(reset_finish(&p, id, code, "Password1"), ZY_PASSWORD_WEAK);
    ASSERT_OK(reset_finish(&p, id, code, NEW_ONE));
    ASSERT_STATUS(reset_finish(&p, id, code, NEW_TWO), ZY_CODE_EXPIRED);
    ASSERT_OK(log_in(&p, &LI, NEW_ONE));
    assert_int_equal(world_audits(w, "password.reset_begun"), 1);
    phone_free(&p);
    phone_free(&other);
}

/* ZSC1's channel ends where TLS does not: the identity number is in a box of its own besides. */
static void the_identity_number_of_a_reset_travels_in_a_box_of_its_own(void **state)
{
    ZY_PROVES("mb.secure-input.a5");
    world *w = *state;
    phone p;
    char pay[700], id_no[700], device[500], captcha[ZY_CAPTCHA_ID_MAX], body[2400];
    phone_make(&p, w, "first", "203.0.113.7");
    for (int i = 0; i < 2; i++) { /* as a text, and in a box that was made for something else */
        ASSERT_OK(zy_captcha_keep(p.channel.th, zy_env_now(w->env), "ACEFH", captcha));
        phone_secret(&p, LI.pay_password, 2, pay, sizeof pay);
        phone_secret(&p, LI.id_no, 4, id_no, sizeof id_no);
        phone_device(&p, device, sizeof device);
        snprintf(body, sizeof body,
                 "{\"user\":\"%s\",\"id_no\":%s,\"pay_password\":%s,\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"acefh\"},\"device\":%s}",
                 LI.phone, i == 0 ? "\"110101199003070134\"" : id_no, pay, captcha, device);
        ASSERT_STATUS(phone_call(&p, "password.reset.start", body), i == 0 ? ZY_BAD_FIELD : ZY_CHALLENGE_BAD);
    }
    assert_int_equal(world_audits(w, "password.reset_begun"), 0);
    phone_free(&p);
}

static void a_reset_lifts_the_lock_of_the_login(void **state)
{
    world *w = *state;
    phone p;
    char id[40], code[7], captcha[ZY_CAPTCHA_ID_MAX];
    const forgotten li = { LI.phone, LI.id_no, LI.pay_password };
    phone_make(&p, w, "first", "203.0.113.7");
    for (int i = 0; i < 5; i++) {
        ASSERT_OK(zy_captcha_keep(p.channel.th, zy_env_now(w->env), "ACEFH", captcha));
        const attempt wrong = { .user = LI.phone, .password = "Wrong2026tree", .captcha_id = captcha, .captcha_text = "acefh" };
        ASSERT_STATUS(phone_login_start(&p, &wrong), ZY_LOGIN_FAILED);
    }
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(reset_start(&p, &li));
    snprintf(id, sizeof id, "%s", phone_text(&p, "reset_id"));
    world_newest_code(w, LI.phone, code);
    ASSERT_OK(reset_finish(&p, id, code, NEW_ONE));
    ASSERT_OK(zy_captcha_keep(p.channel.th, zy_env_now(w->env), "ACEFH", captcha));
    const attempt right = { .user = LI.phone, .password = NEW_ONE, .captcha_id = captcha, .captcha_text = "acefh" };
    ASSERT_OK(phone_login_start(&p, &right));
    phone_free(&p);
}

static void collect(phone *p, const forgotten *f, zy_buf *out)
{
    for (int i = 0; i < 7; i++) {
        zy_str code = { 0 }, message = { 0 };
        (void)reset_start(p, f);
        (void)zy_json_str(p->answer, "code", &code);
        (void)zy_json_str(p->answer, "message", &message);
        zy_buf_fmt(out, ZY_STR_FMT " " ZY_STR_FMT "\n", ZY_STR_ARG(code), ZY_STR_ARG(message));
        assert_null(zy_json_get(p->answer, "body"));
    }
}

/* Nobody's name, a wrong id number, a wrong transaction password: one answer, and the same lock. */
static void a_reset_that_fails_tells_nothing(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i", "mb.auth-failure.b-i", "j225.6.2.1.2.e2");
    world *w = *state;
    const forgotten CASES[] = { { "13900000099", LI.id_no, LI.pay_password }, { LI.phone, "110101199003070000", LI.pay_password },
                                { LI.customer_no, LI.id_no, "975310" } };
    ZY_AUTO_BUF first = { 0 };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        phone p;
        ZY_AUTO_BUF found = { 0 };
        phone_make(&p, w, "guess", i == 0 ? "203.0.113.9" : i == 1 ? "203.0.113.10" : "203.0.113.11");
        collect(&p, &CASES[i], i == 0 ? &first : &found);
        if (i > 0)
            assert_string_equal(found.p, first.p);
        phone_free(&p);
    }
    assert_non_null(strstr(first.p, "LOGIN_FAILED"));
    assert_non_null(strstr(first.p, "LOCKED"));
    assert_int_equal(world_audits(w, "sms.sent"), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_changed_password_ends_the_login_and_opens_the_next),
        STORY(the_last_passwords_are_not_taken_again),
        STORY(weak_passwords_are_refused_with_the_reason),
        STORY(five_wrong_old_passwords_lock),
        STORY(the_code_is_of_this_change_and_used_once),
        STORY(a_first_password_opens_its_own_change_alone),
        STORY(an_old_password_opens_its_own_change_alone),
        STORY(a_forgotten_password_is_reset_by_two_other_factors),
        STORY(the_identity_number_of_a_reset_travels_in_a_box_of_its_own),
        STORY(a_reset_lifts_the_lock_of_the_login),
        STORY(a_reset_that_fails_tells_nothing),
    };
    return zy_test_main("password", tests, ZY_COUNT(tests));
}
