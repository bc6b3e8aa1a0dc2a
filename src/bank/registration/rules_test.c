/* What can be told from a form alone: Luhn, the table of cards, ages, and which field is wrong. */
#include <stdio.h>

#include "bank/registration/registration_internal.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define ROUNDS 3000
#define ADULT  "99000019900412701"

static zy_env *env;

static int set_up(void **state)
{
    (void)state;
    zy_err err = { 0 };
    ASSERT_OK(zy_test_env_open(&env));
    ASSERT_OK(zy_registration_start(env, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    zy_test_env_close(env);
    return 0;
}

/* --- Luhn --- */

static void luhn_finds_every_wrong_digit_and_nearly_every_swap(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        char number[24], wrong[24];
        zy_card_number("629988", i * 331777 % 1000000000, number);
        assert_true(zy_card_luhn(zy_str_of(number)));
        for (char c = '0'; c <= '9'; c++) {
            memcpy(wrong, number, sizeof wrong);
            wrong[i % 16] = c;
            assert_true(c == number[i % 16] || !zy_card_luhn(zy_str_of(wrong)));
        }
        memcpy(wrong, number, sizeof wrong);
        size_t at = i % 15;
        wrong[at] = number[at + 1];
        wrong[at + 1] = number[at];
        bool blind = number[at] == number[at + 1] || (number[at] % 9 == '0' % 9 && number[at + 1] % 9 == '0' % 9); /* 09, 90 */
        assert_true(blind || !zy_card_luhn(zy_str_of(wrong)));
    }
}

/* --- the table of cards --- */

static void the_longest_prefix_says_which_card_it_is(void **state)
{
    (void)state;
    card_table t;
    zy_err err = { 0 };
    char number[24];
    ASSERT_OK(card_table_parse(ZY_STR("629988:16:卡一, 62998812:16:卡二,622200:19:卡三"), &t, &err));
    assert_int_equal(t.count, 3);
    zy_card_number("629988", 120000000, number);
    assert_string_equal(card_table_find(&t, zy_str_of(number))->name, "卡二");
    zy_card_number("629988", 340000000, number);
    assert_string_equal(card_table_find(&t, zy_str_of(number))->name, "卡一");
    zy_card_number("622200", 340000000, number);
    assert_null(card_table_find(&t, zy_str_of(number))); /* 16 digits, this card has 19 */
    zy_card_number("621700", 340000000, number);
    assert_null(card_table_find(&t, zy_str_of(number)));
}

static void tables_of_another_shape_stop_the_start(void **state)
{
    (void)state;
    static const char *const BAD[] = { "629988", "629988:16", "629988:16:", "62998:16:卡", "6299881234:16:卡", "62998x:16:卡",
                                       "629988:15:卡", "629988:20:卡", "629988:x:卡", "629988:16:卡:卡", "629988:16:卡,,", "," };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++) {
        card_table t;
        zy_err err = { 0 };
        ASSERT_STATUS(card_table_parse(zy_str_of(BAD[i]), &t, &err), ZY_CONFIG_BAD);
        ASSERT_STR(zy_str_of(err.field), "register.cards");
    }
}

/* --- the form --- */

typedef struct form_case {
    const char *id_no_17, *card_no, *phone; /* NULL: a good one */
    zy_status status;
    const char *field;
} form_case;

static void check_case(const form_case *c)
{
    char id_no[19], card_no[24];
    zy_id_no parsed;
    zy_err err = { 0 };
    snprintf(id_no, sizeof id_no, "%s", c->id_no_17 != NULL ? c->id_no_17 : ADULT);
    if (strlen(id_no) == 17) {
        id_no[17] = zy_id_no_check(id_no);
        id_no[18] = '\0';
    }
    zy_card_number("629988", 17, card_no);
    const register_form form = { ZY_STR("张三"), zy_str_of(id_no), zy_str_of(c->card_no != NULL ? c->card_no : card_no),
                                 zy_str_of(c->phone != NULL ? c->phone : "13911110001") };
    ASSERT_STATUS(registration_check_form(env, &form, &parsed, &err), c->status);
    if (c->status != ZY_OK) {
        ASSERT_STR(zy_str_of(err.field), c->field);
        assert_null(strstr(err.detail, id_no));
    }
}

static void a_slip_is_told_by_its_field(void **state)
{
    (void)state;
    static const form_case CASES[] = {
        { NULL, NULL, NULL, ZY_OK, NULL },
        { "11010519491231002", NULL, NULL, ZY_OK, NULL },
        { "990000199004127010", NULL, NULL, ZY_BAD_FIELD, "id_no" },   /* check character */
        { "98000119900412701", NULL, NULL, ZY_BAD_FIELD, "id_no" },    /* no such province */
        { "11010119900231701", NULL, NULL, ZY_BAD_FIELD, "id_no" },    /* 31 February */
        { "11010120991231001", NULL, NULL, ZY_BAD_FIELD, "id_no" },    /* not born yet */
        { NULL, "6299880000000011", NULL, ZY_BAD_FIELD, "card_no" },
        { NULL, "6217000000000000", NULL, ZY_BAD_FIELD, "card_no" },
        { NULL, NULL, "12911110001", ZY_BAD_FIELD, "phone" },
        { NULL, NULL, "02911110001", ZY_BAD_FIELD, "phone" },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++)
        check_case(&CASES[i]);
}

/* The environment's day is 2026-11-23. */
static void the_very_young_and_the_very_old_go_to_the_counter(void **state)
{
    (void)state;
    static const form_case CASES[] = {
        { "11010120101123001", NULL, NULL, ZY_OK, NULL },                            /* 16 today */
        { "11010120101124001", NULL, NULL, ZY_REGISTER_COUNTER, "id_no" },           /* tomorrow */
        { "11010119261123001", NULL, NULL, ZY_OK, NULL },                            /* 100 */
        { "11010119251123001", NULL, NULL, ZY_REGISTER_COUNTER, "id_no" },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++)
        check_case(&CASES[i]);
}

static void regions_of_nobody_are_for_demo_banks(void **state)
{
    (void)state;
    static const form_case NOBODY = { NULL, NULL, NULL, ZY_BAD_FIELD, "id_no" };
    env->demo = false;
    check_case(&NOBODY);
    env->demo = true;
}

static void three_numbers_stand_behind_each_other(void **state)
{
    ZY_PROVES("mb.secure-input.a5");
    (void)state;
    static const char *const WRONG[] = { "", " ", "1", "1 2", "1 2 ", " 1 2", "1  2", "1 2 3 4", "1 2 3 " };
    register_form form = { .name = { 0 } };
    ASSERT_OK(registration_read_numbers(ZY_STR("11010119900412301X 6299880000000998 13922220003"), &form, NULL));
    ASSERT_STR(form.id_no, "11010119900412301X");
    ASSERT_STR(form.card_no, "6299880000000998");
    ASSERT_STR(form.phone, "13922220003");
    for (size_t i = 0; i < ZY_COUNT(WRONG); i++)
        assert_int_equal(registration_read_numbers(zy_str_of(WRONG[i]), &form, NULL), ZY_BAD_FIELD);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        TEST(luhn_finds_every_wrong_digit_and_nearly_every_swap), TEST(the_longest_prefix_says_which_card_it_is),
        TEST(tables_of_another_shape_stop_the_start),             TEST(a_slip_is_told_by_its_field),
        TEST(three_numbers_stand_behind_each_other),
        TEST(the_very_young_and_the_very_old_go_to_the_counter),  TEST(regions_of_nobody_are_for_demo_banks),
    };
    return zy_test_main("registration_rules", TESTS, ZY_COUNT(TESTS));
}
