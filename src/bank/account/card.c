#include "bank/account/card.h"

#include <string.h>

#include "bank/account/account_repo.h"
#include "service/ledger/ledger.h"

zy_status zy_card_phone_index(zy_env *env, zy_str phone, uint8_t out[ZY_SM3_BYTES])
{
    return zy_keys_index(env->keys, "card.phone", phone, out);
}

zy_status zy_card_issue(zy_tx *tx, zy_env *env, zy_id account, zy_str phone, const uint8_t pin_record[ZY_PASSWORD_RECORD_BYTES],
                        zy_err *err)
{
    zy_card card = { .account = account };
    ZY_TRY(zy_card_phone_index(env, phone, card.phone_index));
    memcpy(card.pin_record, pin_record, sizeof card.pin_record);
    return card_insert(tx, &card, zy_env_now(env), err);
}

zy_status zy_card_of_account(zy_rtx *rtx, zy_id account, zy_card *ret_card, zy_err *err)
{
    return card_select(rtx, account, ret_card, err);
}

/* The reads of a number that is somebody's: how long it takes must not tell whether it is. */
static zy_status read_nobody(zy_rtx *rtx, zy_card *card, zy_err *err)
{
    zy_balance balance;
    zy_status status = zy_ledger_balance(rtx, (zy_id){ 0 }, &balance, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    return card_select(rtx, (zy_id){ 0 }, card, err);
}

zy_status zy_card_find(zy_rtx *rtx, zy_env *env, zy_str number, zy_card *ret_card, zy_err *err)
{
    ZY_AUTO_ACCOUNT account = { 0 };
    zy_status status = zy_account_by_number(rtx, env, number, &account, err);
    if (status == ZY_NOT_FOUND)
        status = read_nobody(rtx, ret_card, err);
    else if (status == ZY_OK)
        status = card_select(rtx, account.id, ret_card, err);
    ZY_TRY(status);
    ret_card->customer = account.customer;
    ret_card->usable = strcmp(account.state, "active") == 0;
    return ZY_OK;
}
