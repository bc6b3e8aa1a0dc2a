/* What can be told from a form alone: check digits, dates, age, and whether a card is one of ours. */
#include <string.h>

#include "bank/registration/registration_internal.h"
#include "service/param/param.h"

#define REGION_OF_NOBODY 990000 /* demo people's */

const zy_config_row ZY_REGISTRATION_CONFIG[] = {
    { "register.cards", ZY_C_TEXT, "629988:16:云澜借记卡", 0, 1000, NULL,
      "cards by which people may register: PREFIX:DIGITS:NAME, parted by commas" },
};
const size_t ZY_REGISTRATION_CONFIG_COUNT = ZY_COUNT(ZY_REGISTRATION_CONFIG);

static const zy_param_row PARAMS[] = {
    { "register.age_min", 16, 16, 18, "years", "自助注册最低年龄", "youngest who may register alone" },
    { "register.age_max", 100, 60, 120, "years", "自助注册最高年龄", "oldest who may register alone" },
};

static card_table cards;

/* --- the table of cards --- */

static bool is_number(zy_str s, size_t min, size_t max)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n >= min && s.n <= max;
}

static zy_status parse_kind(zy_str text, card_kind *ret_kind)
{
    zy_str rest = text, prefix, digits, name;
    uint64_t n = 0;
    if (!zy_str_next(&rest, ':', &prefix) || !zy_str_next(&rest, ':', &digits) || !zy_str_next(&rest, ':', &name) || rest.p != NULL)
        return ZY_CONFIG_BAD;
    if (!is_number(prefix, 6, 9) || zy_str_u64(digits, &n) != ZY_OK || n < 16 || n > 19 || name.n == 0)
        return ZY_CONFIG_BAD;
    *ret_kind = (card_kind){ .digits = (unsigned)n };
    ZY_TRY(zy_str_copy(prefix, ret_kind->prefix, sizeof ret_kind->prefix));
    return zy_str_copy(name, ret_kind->name, sizeof ret_kind->name);
}

zy_status card_table_parse(zy_str text, card_table *ret_table, zy_err *err)
{
    card_table table = { .count = 0 };
    zy_str rest = text, part;
    while (text.n > 0 && zy_str_next(&rest, ',', &part)) {
        if (table.count == CARD_KINDS_MAX || parse_kind(zy_str_trim(part), &table.kinds[table.count]) != ZY_OK)
            return zy_fail(err, ZY_CONFIG_BAD, "register.cards", "PREFIX:DIGITS:NAME is expected, at most %d of them", CARD_KINDS_MAX);
        table.count++;
    }
    *ret_table = table;
    return ZY_OK;
}

const card_kind *card_table_find(const card_table *table, zy_str number)
{
    const card_kind *best = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const card_kind *kind = &table->kinds[i];
        if (zy_str_starts(number, zy_str_of(kind->prefix)) && (best == NULL || strlen(kind->prefix) > strlen(best->prefix)))
            best = kind;
    }
    return best != NULL && number.n == best->digits && zy_card_luhn(number) ? best : NULL;
}

zy_status registration_rules_start(zy_env *env, zy_err *err)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    if (env->config == NULL) /* no bank is open: the tables of the program alone are asked for */
        return ZY_OK;
    return card_table_parse(zy_config_text(env->config, "register.cards"), &cards, err);
}

/* --- the form --- */

static bool is_mobile(zy_str phone)
{
    return is_number(phone, 11, 11) && phone.p[0] == '1' && phone.p[1] >= '3';
}

static bool is_region(const zy_env *env, int region)
{
    return zy_id_no_region_known(region) || (env->demo && region == REGION_OF_NOBODY);
}

zy_status registration_read_numbers(zy_str text, register_form *form, zy_err *err)
{
    zy_str rest = text;
    zy_str *const parts[] = { &form->id_no, &form->card_no, &form->phone };
    for (size_t i = 0; i < ZY_COUNT(parts); i++)
        if (!zy_str_next(&rest, ' ', parts[i]) || parts[i]->n == 0)
            return zy_fail(err, ZY_BAD_FIELD, "numbers", "three numbers are expected");
    return rest.p == NULL ? ZY_OK : zy_fail(err, ZY_BAD_FIELD, "numbers", "more than three numbers");
}

zy_status registration_check_form(zy_env *env, const register_form *form, zy_id_no *ret_id_no, zy_err *err)
{
    zy_id_no id;
    if (zy_id_no_parse(form->id_no, &id) != ZY_OK || !is_region(env, id.region))
        return zy_fail(err, ZY_BAD_FIELD, "id_no", "no identity number");
    int age = zy_id_no_age(&id, zy_day_of(zy_env_now(env)));
    if (age < 0)
        return zy_fail(err, ZY_BAD_FIELD, "id_no", "not born yet");
    if (card_table_find(&cards, form->card_no) == NULL)
        return zy_fail(err, ZY_BAD_FIELD, "card_no", "no number of a card by which people may register");
    if (!is_mobile(form->phone))
        return zy_fail(err, ZY_BAD_FIELD, "phone", "no mobile phone");
    if (age < zy_param_get(env, "register.age_min") || age > zy_param_get(env, "register.age_max"))
        return zy_fail(err, ZY_REGISTER_COUNTER, "id_no", "too young or too old to register alone");
    *ret_id_no = id;
    return ZY_OK;
}

zy_status register_rules_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    (void)err;
    zy_json *list = zy_json_array();
    for (size_t i = 0; i < cards.count; i++) {
        zy_json *o = zy_json_object();
        zy_json_set_c(o, "prefix", cards.kinds[i].prefix);
        zy_json_set_int(o, "digits", cards.kinds[i].digits);
        zy_json_set_c(o, "name", cards.kinds[i].name);
        zy_json_push(list, o);
    }
    zy_json_set(body, "cards", list);
    zy_json_set_c(body, "privacy_version", ZY_PRIVACY_VERSION);
    zy_json_set_int(body, "age_min", zy_param_get(call->env, "register.age_min"));
    zy_json_set_int(body, "age_max", zy_param_get(call->env, "register.age_max"));
    return ZY_OK;
}
