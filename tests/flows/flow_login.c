/* Story: somebody tries names, passwords and codes at the front door. */
#include <stdio.h>

#include "server.h"

#define WRONG "Wrong-Password-1"
#define NOBODY "nobody77"
#define TRIES_UNTIL_LOCKED 5

static bank *the_bank(void)
{
    static bank *made;
    if (made == NULL)
        made = bank_new("test", 16);
    return made;
}

static void secret_of(bank_client *c, uint8_t purpose, const char *password, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *secret = NULL;
    zy_err err = { 0 };
    zy_buf_clear(out);
    ASSERT_OK(zy_client_secret(c->zy, purpose, password, &secret, &err));
    zy_json_write(secret, out);
}

static const zy_json *start_with(bank_client *c, const char *code, const char *user, const char *secret, const char *captcha)
{
    ZY_AUTO(zy_json_free) zy_json *device = NULL;
    ZY_AUTO_BUF text = { 0 };
    zy_err err = { 0 };
    ASSERT_OK(zy_client_device(c->zy, &device, &err));
    zy_json_write(device, &text);
    return bank_ask(c, code, "auth.login.start", NULL, "{\"user\":\"%s\",\"password\":%s,%s\"device\":%s}", user, secret, captcha,
                    text.p);
}

static const zy_json *start(bank_client *c, const char *code, const char *user, const char *password)
{
    ZY_AUTO_BUF secret = { 0 };
    secret_of(c, 1, password, &secret);
    return start_with(c, code, user, secret.p, "");
}

/* One try from a device that nobody has seen. *ret_text: the answer but for its trace. */
static void try_once(const char *code, const char *user, const char *password, zy_buf *ret_text)
{
    static const char *const MEMBERS[] = { "code", "message", "fields", "body" };
    bank_client c;
    ZY_AUTO(zy_json_free) zy_json *kept = zy_json_object();
    bank_client_open(the_bank(), 3, &c);
    start(&c, code, user, password);
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++) {
        const zy_json *member = zy_json_get(c.answer, MEMBERS[i]);
        if (member != NULL)
            zy_json_set(kept, MEMBERS[i], zy_json_copy(member));
    }
    zy_buf_clear(ret_text);
    zy_json_write_sorted(kept, ret_text);
    bank_client_close(&c);
}

static void somebody_and_nobody_fail_alike(void **state)
{
    (void)state;
    ZY_AUTO_BUF somebody = { 0 }, nobody = { 0 };
    try_once("LOGIN_FAILED", bank_people(the_bank(), 4)->user, WRONG, &somebody);
    try_once("LOGIN_FAILED", "nobody01", WRONG, &nobody);
    assert_string_equal(somebody.p, nobody.p);
}

static void after_a_failure_a_captcha_is_asked(void **state)
{
    (void)state;
    bank_client c;
    ZY_AUTO_BUF answer = { 0 }, secret = { 0 };
    char captcha[200], id[64], image[100000];
    bool required = false;
    const bank_person *p = bank_people(the_bank(), 5);
    try_once("LOGIN_FAILED", p->user, WRONG, &answer);
    bank_client_open(the_bank(), 5, &c);
    const zy_json *body = start(&c, "CAPTCHA_REQUIRED", p->user, p->password); /* even with the right password */
    assert_true(zy_json_bool(body, "captcha_required", &required) && required);
    body = bank_ask(&c, "OK", "auth.captcha", NULL, "{}");
    bank_text(body, "captcha_id", id, sizeof id);
    bank_text(body, "image", image, sizeof image);
    assert_memory_equal(image, "iVBORw0KGgo", 11); /* a PNG */
    snprintf(captcha, sizeof captcha, "\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"0000\"},", id);
    secret_of(&c, 1, p->password, &secret);
    start_with(&c, "CAPTCHA_REQUIRED", p->user, secret.p, captcha);
    bank_client_close(&c);
}

/* What asks for captchas forgets at a restart; what counts wrong passwords must not. */
static void five_wrong_passwords_lock_somebody_and_nobody_alike(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.1.1.base.b2");
    ZY_AUTO_BUF somebody = { 0 }, nobody = { 0 };
    const bank_person *p = bank_people(the_bank(), 6);
    for (int i = 0; i < TRIES_UNTIL_LOCKED; i++) {
        bank_stop(the_bank());
        bank_start(the_bank());
        try_once("LOGIN_FAILED", p->user, WRONG, &somebody);
        try_once("LOGIN_FAILED", NOBODY, WRONG, &nobody);
        assert_string_equal(somebody.p, nobody.p);
    }
    bank_stop(the_bank());
    bank_start(the_bank());
    try_once("LOCKED", p->user, p->password, &somebody);
    try_once("LOCKED", NOBODY, p->password, &nobody);
    assert_string_equal(somebody.p, nobody.p);
}

static void begin_code(bank_client *c, char login_id[40], char code[16])
{
    bank_text(start(c, "OK", c->person->user, c->person->password), "login_id", login_id, 40);
    bank_ask(c, "OK", "auth.login.factor.begin", NULL, "{\"login_id\":\"%s\",\"factor\":\"sms\"}", login_id);
    assert_true(bank_read_code(c, "", code));
}

#define FINISH "{\"login_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}"

static void a_code_opens_one_login_once(void **state)
{
    (void)state;
    bank_client c, again;
    char login_id[40], code[16], wrong[16], next_id[40], next_code[16];
    zy_channel rotated;
    uint8_t k_res[ZY_SM3_BYTES];
    bank_client_open(the_bank(), 7, &c);
    bank_client_open(the_bank(), 7, &again);
    begin_code(&c, login_id, code);
    snprintf(wrong, sizeof wrong, "%s", code);
    wrong[5] = wrong[5] == '9' ? '0' : (char)(wrong[5] + 1);
    bank_ask(&c, "FACTOR_WRONG", "auth.login.finish", NULL, FINISH, login_id, wrong);
    bank_ask(&again, "LOGIN_REQUIRED", "auth.login.finish", NULL, FINISH, login_id, code); /* another channel */
    bank_ask(&c, "OK", "auth.login.finish", NULL, FINISH, login_id, code);
    ASSERT_OK(zy_zsc_rotate(zy_client_channel(c.zy), zy_str_of(login_id), &rotated, k_res));
    *zy_client_channel(c.zy) = rotated;
    bank_ask(&c, "OK", "account.list", NULL, "{}");
    bank_ask(&c, "LOGIN_REQUIRED", "auth.login.finish", NULL, FINISH, login_id, code);
    begin_code(&again, next_id, next_code);
    if (strcmp(code, next_code) != 0)
        bank_ask(&again, "FACTOR_WRONG", "auth.login.finish", NULL, FINISH, next_id, code);
    bank_ask(&again, "OK", "auth.login.finish", NULL, FINISH, next_id, next_code);
    bank_client_close(&c);
    bank_client_close(&again);
}

static void spent_and_misused_challenges_are_no_wrong_passwords(void **state)
{
    (void)state;
    bank_client c, other;
    ZY_AUTO_BUF secret = { 0 };
    char login_id[40], code[16];
    bank_client_open(the_bank(), 8, &c);
    bank_client_open(the_bank(), 8, &other);
    for (int i = 0; i < TRIES_UNTIL_LOCKED + 1; i++) {
        secret_of(&c, 2, c.person->password, &secret); /* encrypted for an order */
        start_with(&c, "CHALLENGE_BAD", c.person->user, secret.p, "");
    }
    secret_of(&c, 1, c.person->password, &secret);
    start_with(&other, "CHALLENGE_BAD", c.person->user, secret.p, ""); /* another channel's */
    start_with(&c, "OK", c.person->user, secret.p, "");
    start_with(&c, "CHALLENGE_BAD", c.person->user, secret.p, "");     /* once */
    begin_code(&c, login_id, code);                                     /* no captcha, no lock: nothing was counted */
    bank_ask(&c, "OK", "auth.login.finish", NULL, FINISH, login_id, code);
    bank_client_close(&c);
    bank_client_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_opens_one_login_once),
        cmocka_unit_test(spent_and_misused_challenges_are_no_wrong_passwords),
        cmocka_unit_test(somebody_and_nobody_fail_alike),
        cmocka_unit_test(after_a_failure_a_captcha_is_asked),
        cmocka_unit_test(five_wrong_passwords_lock_somebody_and_nobody_alike),
    };
    return zy_test_main("flow_login", tests, ZY_COUNT(tests));
}
