/* Cards: by number, PIN and the phone left with the bank somebody proves at registration that an account is his. */
#pragma once

#include "bank/account/account.h"

typedef struct zy_card {
    zy_id account, customer;
    bool usable;                                  /* its account is active */
    uint8_t pin_record[ZY_PASSWORD_RECORD_BYTES]; /* for zy_hash_pool_check */
    uint8_t phone_index[ZY_SM3_BYTES];
} zy_card;
/* The counter hands out a card of an account that has none. pin_record: of zy_password_make. ZY_ALREADY_EXISTS. */
ZY_CHECKED zy_status zy_card_issue(zy_tx *tx, zy_env *env, zy_id account, zy_str phone,
                                   const uint8_t pin_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err);
/* By whole number. ZY_NOT_FOUND: no such account, or an account without a card. */
ZY_CHECKED zy_status zy_card_find(zy_rtx *rtx, zy_env *env, zy_str number, zy_card *ret_card, zy_err *err);
ZY_CHECKED zy_status zy_card_of_account(zy_rtx *rtx, zy_id account, zy_card *ret_card, zy_err *err);
/* The index that the phone of a card is kept by. */
ZY_CHECKED zy_status zy_card_phone_index(zy_env *env, zy_str phone, uint8_t out[ZY_SM3_BYTES]);
