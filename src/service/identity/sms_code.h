/* Codes by SMS (GB/T 38556 on SM3): 6 digits, 60 s, one use, 3 wrong tries. */
#pragma once

#include "api/api.h"
#include "service/param/param.h"

/* Registers the sms.* parameters; zy_identity_start calls it. Test and bench banks have wider limits. */
void zy_sms_code_start(zy_env *env);
extern const zy_param_row ZY_SMS_CODE_PARAMS[]; /* those of a real bank */
extern const size_t ZY_SMS_CODE_PARAM_COUNT;

/* Makes a code for `binding` (a login or an order's digest; 1 to 100 bytes), keeps its keyed digest and queues the text in one
 * unit. text_purpose: Chinese words for what it is for ("登录手机银行", "向*三转账100.00元，尾号1234"); ZY_BAD_FIELD without
 * any. in_session: the count group of DECISIONS. An earlier code of the same binding is dead from then on. Answers the masked
 * phone and the end of the code's life. ZY_RATE_LIMITED: wait; ZY_LOCKED: the day's, or the binding's, codes are used up. */
ZY_CHECKED zy_status zy_sms_code_begin(zy_call *call, zy_id customer, zy_str binding, bool in_session, zy_str text_purpose,
                                       char ret_phone[ZY_MASK_MAX], zy_time *ret_expires_at, zy_err *err);
/* The same, to another phone than the customer's: one that he left with the bank. Never in a session. */
ZY_CHECKED zy_status zy_sms_code_begin_to(zy_call *call, zy_id customer, zy_str phone, zy_str binding, zy_str text_purpose,
                                          char ret_phone[ZY_MASK_MAX], zy_time *ret_expires_at, zy_err *err);
/* ZY_FACTOR_WRONG; ZY_CODE_EXPIRED when no code of the binding is live (too old, used, replaced, tried too often, never
 * made). A code used at the same time from many connections succeeds once. Takes its own unit. */
ZY_CHECKED zy_status zy_sms_code_check(zy_call *call, zy_id customer, zy_str binding, zy_str code, zy_err *err);
/* Drops rows that no limit counts any more; at most `max` of each table a call. */
ZY_CHECKED zy_status zy_sms_code_expire(zy_tx *tx, zy_time now, int max, int64_t *ret_dropped, zy_err *err);

/* One code as it is made, with a fresh random key; for sms_code.c and its tests. */
ZY_CHECKED zy_status zy_sms_code_digits(zy_str challenge, uint32_t event, char ret_digits[7]);
