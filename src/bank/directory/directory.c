#include "bank/directory/directory.h"

#include <stdlib.h>
#include <string.h>

#include "bank/account/account.h"
#include "bank/directory/directory_internal.h"

#define OWN_CARD_DIGITS 16 /* of an e-account's number */

const zy_config_row ZY_DIRECTORY_CONFIG[] = {
    { "directory.own_code", ZY_C_TEXT, "", 0, ZY_BANK_CODE_DIGITS, NULL,
      "clearing code of this bank, 12 digits; empty: clearing.member, when that has 12" },
};
const size_t ZY_DIRECTORY_CONFIG_COUNT = ZY_COUNT(ZY_DIRECTORY_CONFIG);

const char *zy_card_kind_name(zy_card_kind kind)
{
    static const char *const NAMES[] = { [ZY_CARD_DEBIT] = "debit", [ZY_CARD_CREDIT] = "credit", [ZY_CARD_SEMI_CREDIT] = "semi_credit",
                                         [ZY_CARD_PREPAID] = "prepaid" };
    return NAMES[kind];
}

/* ---- banks ---- */

static bool only_digits(zy_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return true;
}

zy_str zy_bank_own_code(const zy_env *env)
{
    zy_str code = zy_config_text(env->config, "directory.own_code");
    if (code.n == 0)
        code = zy_config_text(env->config, "clearing.member");
    return code.n == ZY_BANK_CODE_DIGITS ? code : (zy_str){ 0 };
}

zy_str zy_bank_own_name(const zy_env *env)
{
    return zy_config_text(env->config, "brand.name");
}

bool zy_bank_is_own(const zy_env *env, zy_str code)
{
    return code.n == 0 || zy_str_eq(code, zy_bank_own_code(env));
}

static int compare_code(const void *key, const void *row)
{
    const zy_str *code = key;
    return zy_str_cmp(*code, zy_str_of(((const zy_bank *)row)->code));
}

const zy_bank *zy_bank_by_code(zy_str code)
{
    return bsearch(&code, DIRECTORY_BANKS, DIRECTORY_BANK_COUNT, sizeof *DIRECTORY_BANKS, compare_code);
}

zy_str zy_bank_name_of(const zy_env *env, zy_str code)
{
    if (zy_bank_is_own(env, code))
        return zy_bank_own_name(env);
    const zy_bank *bank = zy_bank_by_code(code);
    return bank != NULL ? zy_str_of(bank->name) : (zy_str){ 0 };
}

/* ---- cards ---- */

/* The first row whose prefix is not before this one. */
static size_t lower_bound(zy_str prefix)
{
    size_t low = 0, high = DIRECTORY_BIN_COUNT;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zy_str_cmp(zy_str_of(DIRECTORY_BINS[middle].prefix), prefix) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of the rows of one prefix: the one with that length; else the first that is longer; else the last. NULL: no row. */
static const directory_bin *best_of_prefix(zy_str prefix, size_t length)
{
    const directory_bin *best = NULL;
    for (size_t i = lower_bound(prefix); i < DIRECTORY_BIN_COUNT && zy_str_eq_c(prefix, DIRECTORY_BINS[i].prefix); i++) {
        best = &DIRECTORY_BINS[i];
        if (best->length >= length)
            break;
    }
    return best;
}

static const directory_bin *find_bin(zy_str digits)
{
    size_t longest = digits.n < DIRECTORY_PREFIX_MAX ? digits.n : DIRECTORY_PREFIX_MAX;
    for (size_t n = longest; n > 0; n--) {
        const directory_bin *bin = best_of_prefix((zy_str){ digits.p, n }, digits.n);
        if (bin != NULL)
            return bin;
    }
    return NULL;
}

/* "PREFIX:DIGITS:NAME": does the number begin so, and how long is it when it is whole? */
static bool begins_like(zy_str digits, zy_str kind, uint64_t *ret_length)
{
    zy_str prefix, length;
    return zy_str_next(&kind, ':', &prefix) && prefix.n > 0 && zy_str_starts(digits, prefix) && zy_str_next(&kind, ':', &length) &&
           zy_str_u64(length, ret_length) == ZY_OK;
}

/* The cards by which people register, and e-accounts. */
static bool own_card(const zy_env *env, zy_str digits, uint64_t *ret_length)
{
    zy_str rest = zy_config_text(env->config, "register.cards"), kind;
    while (zy_str_next(&rest, ',', &kind))
        if (begins_like(digits, zy_str_trim(kind), ret_length))
            return true;
    *ret_length = OWN_CARD_DIGITS;
    return zy_str_starts(digits, zy_config_text(env->config, "account.eaccount_bin"));
}

bool zy_bank_recognise(const zy_env *env, zy_str digits, zy_bank_card *ret_card)
{
    uint64_t length = 0;
    bool right = zy_card_luhn(digits);
    if (own_card(env, digits, &length)) {
        *ret_card = (zy_bank_card){ .own = true, .code = zy_bank_own_code(env), .name = zy_bank_own_name(env), .kind = ZY_CARD_DEBIT,
                                    .whole = digits.n == length && right };
        return true;
    }
    const directory_bin *bin = find_bin(digits);
    if (bin == NULL)
        return false;
    const zy_bank *bank = &DIRECTORY_BANKS[bin->bank];
    *ret_card = (zy_bank_card){ .own = zy_str_eq_c(zy_bank_own_code(env), bank->code), .code = zy_str_of(bank->code),
                                .name = zy_str_of(bank->name), .kind = bin->kind, .whole = digits.n == bin->length && right };
    return true;
}

/* ---- start ---- */

zy_status zy_directory_start(zy_env *env, zy_err *err)
{
    if (env->config == NULL) /* no bank is open: the tables of the program alone are asked for */
        return ZY_OK;
    zy_str code = zy_config_text(env->config, "directory.own_code");
    if (code.n > 0 && (code.n != ZY_BANK_CODE_DIGITS || !only_digits(code)))
        return zy_fail(err, ZY_CONFIG_BAD, "directory.own_code", "12 digits");
    return ZY_OK;
}
