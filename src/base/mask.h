/* Masking of personal values: one rule per type, used by answers, messages and the log. */
#pragma once

#include "base/str.h"

#define ZY_MASK_MAX 128
/* "138****0001"; short or odd input becomes all stars. */
void zy_mask_phone(zy_str phone, char out[ZY_MASK_MAX]);
/* "*三", "**丰" (all but the last character); "J*** S****" style is not needed: Latin names keep the
 * last word's first letter only. */
void zy_mask_name(zy_str name, char out[ZY_MASK_MAX]);
/* "6217 **** **** 1234": first and last four. */
void zy_mask_card(zy_str number, char out[ZY_MASK_MAX]);
/* "1***************8X"-like: first and last character of an identity number. */
void zy_mask_id_no(zy_str id_no, char out[ZY_MASK_MAX]);
/* "10.1.*.*": keeps the network half. */
void zy_mask_ip(zy_str address, char out[ZY_MASK_MAX]);
/* Stars over what looks like a phone, card or identity number inside a text of ours, in place: the
 * second net under the log, for details that were put together carelessly. Lengths do not change. */
void zy_mask_in_text(char *text, size_t n);
