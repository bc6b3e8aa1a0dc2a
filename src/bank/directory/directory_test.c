/* Whose card a number is, and which banks there are. */
#include <stdio.h>

#include "bank/account/account.h"
#include "bank/directory/directory_internal.h"
#include "bank/security/order_world.h"
#include "zy_test.h"
#include "zy_test_env.h"

static void tables_are_in_order_and_well_formed(void **state)
{
    (void)state;
    for (size_t i = 0; i < DIRECTORY_BANK_COUNT; i++) {
        assert_int_equal(strlen(DIRECTORY_BANKS[i].code), ZY_BANK_CODE_DIGITS);
        assert_true(i == 0 || strcmp(DIRECTORY_BANKS[i - 1].code, DIRECTORY_BANKS[i].code) < 0);
        assert_ptr_equal(zy_bank_by_code(zy_str_of(DIRECTORY_BANKS[i].code)), &DIRECTORY_BANKS[i]);
    }
    for (size_t i = 0; i < DIRECTORY_BIN_COUNT; i++) {
        const directory_bin *bin = &DIRECTORY_BINS[i];
        size_t n = strlen(bin->prefix);
        int before = i == 0 ? -1 : strcmp(bin[-1].prefix, bin->prefix);
        assert_true(before < 0 || (before == 0 && bin[-1].length < bin->length));
        assert_true(n >= 2 && n <= DIRECTORY_PREFIX_MAX && bin->length >= 13 && bin->length <= 19 && n < bin->length);
        assert_true(bin->bank < DIRECTORY_BANK_COUNT && bin->kind >= ZY_CARD_DEBIT && bin->kind <= ZY_CARD_PREPAID);
    }
    assert_null(zy_bank_by_code(ZY_STR("102100099997")));
    assert_null(zy_bank_by_code(ZY_STR("")));
}

static void a_card_is_recognised_while_it_is_typed(void **state)
{
    world *w = *state;
    static const struct {
        const char *digits, *name, *kind;
        bool whole, own;
    } CASES[] = {
        { "622202", "中国工商银行", "debit", false, false },
        { "6222021001112223331", "中国工商银行", "debit", true, false },
        { "6222021001112223332", "中国工商银行", "debit", false, false }, /* the check digit */
        { "622848001000123456", "中国农业银行", "debit", false, false },
        { "621661010001112223", "中国银行", "debit", false, false },
        { "6217000010001112229", "中国建设银行", "debit", true, false },
        { "356390", "中信银行", "credit", false, false },
        { "62215049", "中国邮政储蓄银行", "debit", false, false },
        { "629988", "云澜银行", "debit", false, true },
        { "629989", "云澜银行", "debit", false, true },
        { "000000", NULL, NULL, false, false },
        { "8888888888888888", NULL, NULL, false, false },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_bank_card card;
        if (zy_bank_recognise(w->env, zy_str_of(CASES[i].digits), &card) != (CASES[i].name != NULL))
            fail_msg("%s", CASES[i].digits);
        if (CASES[i].name == NULL)
            continue;
        assert_true(zy_str_eq_c(card.name, CASES[i].name));
        assert_string_equal(zy_card_kind_name(card.kind), CASES[i].kind);
        assert_int_equal(card.whole, CASES[i].whole);
        assert_int_equal(card.own, CASES[i].own);
    }
}

static void whole_numbers_of_this_bank_are_known_by_their_length(void **state)
{
    world *w = *state;
    char number[24];
    zy_bank_card card;
    zy_card_number("629988", 7, number);
    assert_true(zy_bank_recognise(w->env, zy_str_of(number), &card) && card.own && card.whole);
    assert_true(zy_str_eq_c(card.code, "313999000016"));
    strcat(number, "0");
    assert_true(zy_bank_recognise(w->env, zy_str_of(number), &card) && !card.whole);
}

/* Every beginning that the table has leads to its own row's bank, or to a longer beginning's. */
static void every_beginning_of_the_table_is_found(void **state)
{
    world *w = *state;
    for (size_t i = 0; i < DIRECTORY_BIN_COUNT; i++) {
        const directory_bin *bin = &DIRECTORY_BINS[i];
        char number[24];
        zy_bank_card card;
        snprintf(number, sizeof number, "%-*s", bin->length, bin->prefix);
        for (char *c = number; *c != '\0'; c++)
            *c = *c == ' ' ? '0' : *c;
        assert_true(zy_bank_recognise(w->env, zy_str_of(number), &card));
        zy_str known = zy_str_of(DIRECTORY_BANKS[bin->bank].code);
        if (!zy_str_eq(card.code, known)) { /* a longer beginning that goes on with zeros */
            bool longer = false;
            for (size_t j = 0; j < DIRECTORY_BIN_COUNT; j++)
                longer = longer || (strlen(DIRECTORY_BINS[j].prefix) > strlen(bin->prefix) &&
                                    zy_str_starts(zy_str_of(number), zy_str_of(DIRECTORY_BINS[j].prefix)));
            assert_true(longer);
        }
    }
}

/* ---- the customers' calls ---- */

static const zy_json *first_bank(const phone *p)
{
    return zy_json_at(zy_json_get(zy_json_get(p->answer, "body"), "banks"), 0);
}

static size_t found(const phone *p)
{
    return zy_json_count(zy_json_get(zy_json_get(p->answer, "body"), "banks"));
}

static void a_customer_finds_banks_by_card_name_code_and_letters(void **state)
{
    world *w = *state;
    phone p;
    zy_str code = { 0 };
    phone_make(&p, w, "own", "203.0.113.7");
    ASSERT_STATUS(phone_call(&p, "bank.recognise", "{\"number\":\"622202\"}"), ZY_LOGIN_REQUIRED);
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(phone_call(&p, "bank.recognise", "{\"number\":\"6222021001112223331\"}"));
    assert_string_equal(phone_text(&p, "bank_code"), "102100099996");
    assert_string_equal(phone_text(&p, "card_kind"), "debit");
    assert_true(phone_flag(&p, "whole"));
    assert_false(phone_flag(&p, "own"));
    ASSERT_STATUS(phone_call(&p, "bank.recognise", "{\"number\":\"000000\"}"), ZY_NOT_FOUND);
    ASSERT_STATUS(phone_call(&p, "bank.recognise", "{\"number\":\"62220\"}"), ZY_BAD_FIELD);
    static const struct {
        const char *text, *code;
    } CASES[] = { { "工商", "102100099996" }, { "ccb", "105100000017" }, { "3085", "308584000013" }, { "云澜", "313999000016" },
                  { "3139", "313999000016" } };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        char body[80];
        snprintf(body, sizeof body, "{\"text\":\"%s\"}", CASES[i].text);
        ASSERT_OK(phone_call(&p, "bank.search", body));
        assert_true(zy_json_str(first_bank(&p), "bank_code", &code));
        assert_true(zy_str_eq_c(code, CASES[i].code));
    }
    ASSERT_OK(phone_call(&p, "bank.search", "{}"));
    assert_int_equal(found(&p), 20);
    ASSERT_OK(phone_call(&p, "bank.search", "{\"text\":\"%_'\"}"));
    assert_int_equal(found(&p), 0);
    phone_free(&p);
}

static int open_world(void **state)
{
    order_world_open(state);
    world *w = *state;
    ASSERT_OK(zy_directory_start(w->env, NULL));
    ASSERT_OK(zy_registry_add(w->registry, ZY_DIRECTORY_APIS, ZY_DIRECTORY_API_COUNT, NULL));
    return 0;
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, open_world, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_in_order_and_well_formed),
        STORY(a_card_is_recognised_while_it_is_typed),
        STORY(whole_numbers_of_this_bank_are_known_by_their_length),
        STORY(every_beginning_of_the_table_is_found),
        STORY(a_customer_finds_banks_by_card_name_code_and_letters),
    };
    return zy_test_main("directory", tests, ZY_COUNT(tests));
}
