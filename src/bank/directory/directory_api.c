/* bank.recognise while a number is typed, bank.search for those whose bank is chosen by hand. */
#include "bank/directory/directory_internal.h"

#define SEARCH_MAX 20

typedef struct recognise_in {
    zy_str number;
} recognise_in;
typedef struct search_in {
    zy_str text;
} search_in;

static zy_status recognise_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const recognise_in *in = input;
    zy_bank_card card;
    if (!zy_bank_recognise(call->env, in->number, &card))
        return zy_fail(err, ZY_NOT_FOUND, "number", "no known card begins so");
    zy_json_set_str(body, "bank_code", card.code);
    zy_json_set_str(body, "bank_name", card.name);
    zy_json_set_c(body, "card_kind", zy_card_kind_name(card.kind));
    zy_json_set_bool(body, "own", card.own);
    zy_json_set_bool(body, "whole", card.whole);
    return ZY_OK;
}

/* ---- bank.search ---- */

static bool holds(zy_str whole, zy_str part)
{
    for (size_t i = 0; i + part.n <= whole.n; i++)
        if (zy_str_starts((zy_str){ whole.p + i, whole.n - i }, part))
            return true;
    return false;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool begins_with(const char *letters, zy_str text)
{
    size_t i = 0;
    while (i < text.n && letters[i] != '\0' && letters[i] == upper(text.p[i]))
        i++;
    return i == text.n;
}

static bool matches(const zy_bank *bank, zy_str text)
{
    return holds(zy_str_of(bank->name), text) || zy_str_starts(zy_str_of(bank->code), text) || begins_with(bank->letters, text);
}

static void push(zy_json *banks, zy_str code, zy_str name, bool own)
{
    zy_json *o = zy_json_object();
    zy_json_set_str(o, "bank_code", code);
    zy_json_set_str(o, "bank_name", name);
    zy_json_set_bool(o, "own", own);
    zy_json_push(banks, o);
}

static zy_status search_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const search_in *in = input;
    zy_str text = zy_str_trim(in->text), own = zy_bank_own_code(call->env);
    zy_json *banks = zy_json_array();
    (void)err;
    zy_json_set(body, "banks", banks);
    if (holds(zy_bank_own_name(call->env), text) || (own.n > 0 && zy_str_starts(own, text)))
        push(banks, own, zy_bank_own_name(call->env), true);
    for (size_t i = 0; i < DIRECTORY_BANK_COUNT && zy_json_count(banks) < SEARCH_MAX; i++) {
        const zy_bank *bank = &DIRECTORY_BANKS[i];
        if (matches(bank, text) && !zy_str_eq_c(own, bank->code))
            push(banks, zy_str_of(bank->code), zy_str_of(bank->name), false);
    }
    return ZY_OK;
}

static const zy_field RECOGNISE_FIELDS[] = {
    ZY_FIELD(recognise_in, number, ZY_F_CARD, 6, 19, ZY_SENSITIVE, .help = "as far as it is typed"),
};
static const zy_field SEARCH_FIELDS[] = {
    ZY_FIELD(search_in, text, ZY_F_TEXT, 0, 30, ZY_OPTIONAL, .help = "part of the name, beginning of the code or of its letters; empty: the first"),
};
static const zy_out RECOGNISE_OUTS[] = {
    ZY_OUT("bank_code", ZY_O_STR), ZY_OUT("bank_name", ZY_O_STR), ZY_OUT("card_kind", ZY_O_STR, .help = "debit, credit, semi_credit, prepaid"),
    ZY_OUT("own", ZY_O_BOOL, .help = "of this bank"), ZY_OUT("whole", ZY_O_BOOL, .help = "the number has all its digits and the right check digit"),
};
static const zy_out BANK_OUTS[] = { ZY_OUT("bank_code", ZY_O_STR), ZY_OUT("bank_name", ZY_O_STR), ZY_OUT("own", ZY_O_BOOL) };
static const zy_out SEARCH_OUTS[] = { ZY_OUT("banks", ZY_O_LIST, ZY_MEMBERS(BANK_OUTS)) };

const zy_api ZY_DIRECTORY_APIS[] = {
    { .name = "bank.recognise", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 120,
      .title = "Whose card a number is, also while it is typed", ZY_FIELDS(recognise_in, RECOGNISE_FIELDS), ZY_OUTS(RECOGNISE_OUTS),
      .run = recognise_run },
    { .name = "bank.search", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 120,
      .title = "Banks by name, code or letters, at most 20", ZY_FIELDS(search_in, SEARCH_FIELDS), ZY_OUTS(SEARCH_OUTS), .run = search_run },
};
const size_t ZY_DIRECTORY_API_COUNT = ZY_COUNT(ZY_DIRECTORY_APIS);
