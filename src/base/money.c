#include "base/money.h"

#include <string.h>

__extension__ typedef __int128 wide;

zy_status zy_money_add(zy_money a, zy_money b, zy_money *ret_sum)
{
    int64_t sum;
    if (__builtin_add_overflow(a.fen, b.fen, &sum))
        return ZY_OVERFLOW;
    ret_sum->fen = sum;
    return ZY_OK;
}

zy_status zy_money_sub(zy_money a, zy_money b, zy_money *ret_difference)
{
    int64_t difference;
    if (__builtin_sub_overflow(a.fen, b.fen, &difference))
        return ZY_OVERFLOW;
    ret_difference->fen = difference;
    return ZY_OK;
}

zy_status zy_money_negate(zy_money a, zy_money *ret_negated)
{
    return zy_money_sub((zy_money){ 0 }, a, ret_negated);
}

zy_status zy_money_split(zy_money total, size_t count, zy_money *ret_parts)
{
    if (count == 0 || count > INT64_MAX)
        return ZY_BAD_FIELD;
    int64_t each = total.fen / (int64_t)count, rest = total.fen % (int64_t)count;
    if (rest < 0) { /* round down, so that the rest is given out fen by fen from the first part on */
        each--;
        rest += (int64_t)count;
    }
    for (size_t i = 0; i < count; i++)
        ret_parts[i].fen = each + ((int64_t)i < rest);
    return ZY_OK;
}

zy_status zy_money_scale_half_even(zy_money a, int64_t numerator, int64_t denominator,
                                   zy_money *ret_scaled)
{
    if (denominator <= 0)
        return ZY_BAD_FIELD;
    wide product = (wide)a.fen * numerator;
    wide quotient = product / denominator, rest = product % denominator;
    wide twice = rest < 0 ? -2 * rest : 2 * rest;
    if (twice > denominator || (twice == denominator && quotient % 2 != 0))
        quotient += product < 0 ? -1 : 1;
    if (quotient > INT64_MAX || quotient < INT64_MIN)
        return ZY_OVERFLOW;
    ret_scaled->fen = (int64_t)quotient;
    return ZY_OK;
}

/* "", ".5" and ".50" give 0, 50 and 50. */
static zy_status parse_decimals(zy_str s, unsigned *ret_fen)
{
    unsigned fen = 0;
    for (size_t i = 1; i < 3 && s.n > 0; i++) {
        char digit = i < s.n ? s.p[i] : '0';
        if (digit < '0' || digit > '9')
            return ZY_BAD_FIELD;
        fen = fen * 10 + (unsigned)(digit - '0');
    }
    if (s.n == 1 || s.n > 3)
        return ZY_BAD_FIELD;
    *ret_fen = fen;
    return ZY_OK;
}

zy_status zy_money_parse(zy_str s, zy_money *ret_money)
{
    bool negative = s.n > 0 && s.p[0] == '-';
    zy_str digits = negative ? zy_str_sub(s, 1, s.n) : s;
    const char *dot = digits.n != 0 ? memchr(digits.p, '.', digits.n) : NULL;
    size_t whole = dot != NULL ? (size_t)(dot - digits.p) : digits.n;
    unsigned decimals;
    uint64_t yuan;
    ZY_TRY(parse_decimals(zy_str_sub(digits, whole, digits.n), &decimals));
    ZY_TRY(zy_str_u64(zy_str_sub(digits, 0, whole), &yuan));
    wide fen = (wide)yuan * 100 + decimals;
    if (negative && fen == 0)
        return ZY_BAD_FIELD; /* minus nothing is no amount */
    if (negative)
        fen = -fen;
    if (fen > INT64_MAX || fen < INT64_MIN)
        return ZY_OVERFLOW;
    ret_money->fen = (int64_t)fen;
    return ZY_OK;
}

/* Written from the last digit backwards; group: a comma after each three digits of yuan. */
static void format(zy_money m, bool group, char out[ZY_MONEY_TEXT_MAX])
{
    char text[ZY_MONEY_TEXT_MAX];
    size_t at = sizeof text;
    uint64_t rest = m.fen < 0 ? 0 - (uint64_t)m.fen : (uint64_t)m.fen;
    text[--at] = 0;
    for (int place = 0; place < 3 || rest != 0; place++) {
        if (place == 2)
            text[--at] = '.';
        else if (group && place > 2 && (place - 2) % 3 == 0)
            text[--at] = ',';
        text[--at] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (m.fen < 0)
        text[--at] = '-';
    memcpy(out, text + at, sizeof text - at);
}

void zy_money_format(zy_money m, char out[ZY_MONEY_TEXT_MAX])
{
    format(m, false, out);
}

void zy_money_format_grouped(zy_money m, char out[ZY_MONEY_TEXT_MAX])
{
    format(m, true, out);
}
