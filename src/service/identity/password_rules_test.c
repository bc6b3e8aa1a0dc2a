/* The rules of passwords, and the list of common ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/identity/password_rules.h"
#include "zy_test.h"

static const zy_person LIN = { .name = "林晓岚", .phone = "13800000001", .id_no = "110101199003070134",
                               .customer_no = "1000000001", .alias = "bluemist" };

static zy_secret secret_of(const char *text)
{
    zy_secret s = { .n = strlen(text) };
    memcpy(s.bytes, text, s.n);
    return s;
}

static void login_passwords_are_judged(void **state)
{
    ZY_PROVES("mb.static-password.c1", "mb.static-password.c3-i", "mb.login-factors.b-ii", "mb.password-reset.h-i",
              "mb.static-password.p1");
    static const struct {
        const char *text;
        zy_password_flaw flaw;
    } CASES[] = {
        { "Yunlan2026", ZY_FLAW_NONE },        { "kite-9-river", ZY_FLAW_NONE },     { "Ab1defg", ZY_FLAW_LENGTH },
        { "", ZY_FLAW_LENGTH },                { "short 1 space", ZY_FLAW_LENGTH },  { "onlyletters", ZY_FLAW_CLASSES },
        { "9182736455", ZY_FLAW_CLASSES },     { "Password1", ZY_FLAW_COMMON },      { "12Dragon12", ZY_FLAW_COMMON },
        { "!!iloveyou!!7", ZY_FLAW_COMMON },   { "1qaz2wsx", ZY_FLAW_COMMON },       { "kiteaaaa9", ZY_FLAW_REPEATS },
        { "kite12345x", ZY_FLAW_REPEATS },     { "kiteedcba7", ZY_FLAW_REPEATS },    { "linxiaolan9", ZY_FLAW_SIMILAR },
        { "9LinXiaoLan", ZY_FLAW_SIMILAR },    { "rvlt000001", ZY_FLAW_REPEATS },   { "k19900307z", ZY_FLAW_SIMILAR },
        { "kite138000q", ZY_FLAW_SIMILAR },    { "xbluemist77", ZY_FLAW_SIMILAR },
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_secret s = secret_of(CASES[i].text);
        zy_password_flaw flaw = zy_password_rules_login(&s, &LIN);
        if (flaw != CASES[i].flaw)
            fail_msg("%s: %s", CASES[i].text, zy_password_flaw_name(flaw));
    }
}

static void transaction_passwords_are_judged(void **state)
{
    ZY_PROVES("mb.static-password.c2-i", "mb.static-password.c2-ii", "mb.static-password.c3-v", "mb.auth-mechanism.a.2",
              "mb.login-factors.b-ii", "mb.password-reset.a-ii", "mb.static-password.p1");
    static const struct {
        const char *text;
        zy_password_flaw flaw;
    } CASES[] = {
        { "258036", ZY_FLAW_NONE },     { "25803", ZY_FLAW_LENGTH },    { "2580361", ZY_FLAW_LENGTH },  { "25803a", ZY_FLAW_LENGTH },
        { "111111", ZY_FLAW_REPEATS },  { "222580", ZY_FLAW_REPEATS },  { "123456", ZY_FLAW_REPEATS },  { "654321", ZY_FLAW_REPEATS },
        { "112233", ZY_FLAW_REPEATS },  { "252525", ZY_FLAW_REPEATS },  { "258258", ZY_FLAW_REPEATS },  { "900307", ZY_FLAW_SIMILAR },
        { "070134", ZY_FLAW_SIMILAR },  { "380000", ZY_FLAW_REPEATS },
    };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_secret s = secret_of(CASES[i].text);
        zy_password_flaw flaw = zy_password_rules_pay(&s, &LIN);
        if (flaw != CASES[i].flaw)
            fail_msg("%s: %s", CASES[i].text, zy_password_flaw_name(flaw));
    }
}

/* No six digits of the phone or the id number, wherever they stand. */
static void no_window_of_the_numbers_is_a_transaction_password(void **state)
{
    ZY_PROVES("mb.auth-mechanism.a.1", "mb.login-factors.b-iii", "mb.password-reset.a-ii");
    const char *const numbers[] = { LIN.phone, LIN.id_no };
    (void)state;
    for (size_t n = 0; n < ZY_COUNT(numbers); n++)
        for (size_t at = 0; at + 6 <= strlen(numbers[n]); at++) {
            char piece[7] = "";
            memcpy(piece, numbers[n] + at, 6);
            zy_secret s = secret_of(piece);
            assert_int_not_equal(zy_password_rules_pay(&s, &LIN), ZY_FLAW_NONE);
        }
}

/* The list is sorted, so every word of it is found, and what stands between two words is not. */
static void every_listed_word_is_found(void **state)
{
    ZY_PROVES("mb.password-reset.h-i");
    zy_str rest = zy_str_of(ZY_COMMON_PASSWORDS), line = { 0 }, before = { 0 };
    size_t count = 0;
    (void)state;
    while (zy_str_next(&rest, '\n', &line)) {
        if (line.n == 0)
            continue;
        char more[80];
        assert_true(before.n == 0 || memcmp(before.p, line.p, before.n < line.n ? before.n : line.n) <= 0);
        assert_true(zy_password_is_listed(line));
        snprintf(more, sizeof more, ZY_STR_FMT "\x7f", ZY_STR_ARG(line));
        assert_false(zy_password_is_listed(zy_str_of(more)));
        before = line;
        count++;
    }
    assert_true(count > 30000);
    assert_false(zy_password_is_listed(ZY_STR("")));
    assert_false(zy_password_is_listed(ZY_STR("~~~~~")));
}

static void names_are_read_as_pinyin(void **state)
{
    char out[64];
    (void)state;
    ASSERT_OK(zy_pinyin(ZY_STR("林晓岚"), out, sizeof out));
    assert_string_equal(out, "linxiaolan");
    ASSERT_OK(zy_pinyin(ZY_STR("Ana-María O'Neil"), out, sizeof out));
    assert_string_equal(out, "anamariaoneil");
    ASSERT_OK(zy_pinyin(ZY_STR(""), out, sizeof out));
    assert_string_equal(out, "");
    ASSERT_STATUS(zy_pinyin(ZY_STR("林晓岚"), out, 5), ZY_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(login_passwords_are_judged), cmocka_unit_test(transaction_passwords_are_judged),
        cmocka_unit_test(no_window_of_the_numbers_is_a_transaction_password), cmocka_unit_test(every_listed_word_is_found),
        cmocka_unit_test(names_are_read_as_pinyin),
    };
    return zy_test_main("password_rules", tests, ZY_COUNT(tests));
}
