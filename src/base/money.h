/* Money: whole fen in 64 bits. No floating point on the way of money. */
#pragma once

#include "base/str.h"

typedef struct zy_money {
    int64_t fen;
} zy_money;

/* ZY_OVERFLOW when the sum or difference does not fit. */
ZY_CHECKED zy_status zy_money_add(zy_money a, zy_money b, zy_money *ret_sum);
ZY_CHECKED zy_status zy_money_sub(zy_money a, zy_money b, zy_money *ret_difference);
ZY_CHECKED zy_status zy_money_negate(zy_money a, zy_money *ret_negated);
/* Splits into `count` parts that differ by at most one fen, larger ones first, and add up to the
 * total. ZY_BAD_FIELD for count 0. */
ZY_CHECKED zy_status zy_money_split(zy_money total, size_t count, zy_money *ret_parts);
/* a * numerator / denominator, rounded half to even; ZY_OVERFLOW, ZY_BAD_FIELD (denominator <= 0). */
ZY_CHECKED zy_status zy_money_scale_half_even(zy_money a, int64_t numerator, int64_t denominator,
                                              zy_money *ret_scaled);
/* "1234.56", "-0.05", "12": at most two decimals, no grouping, no leading zeros, no "+".
 * ZY_BAD_FIELD, ZY_OVERFLOW. */
ZY_CHECKED zy_status zy_money_parse(zy_str s, zy_money *ret_money);
#define ZY_MONEY_TEXT_MAX 32
void zy_money_format(zy_money m, char out[ZY_MONEY_TEXT_MAX]);         /* "1234.56" */
void zy_money_format_grouped(zy_money m, char out[ZY_MONEY_TEXT_MAX]); /* "1,234.56" */
