/* The account book's statements. Inside this room only. */
#pragma once

#include "bank/account/card.h"

typedef struct account_row {
    zy_id id, customer;
    char kind[16];
    zy_buf content_sealed;
} account_row;
void account_row_free(account_row *row);
#define ACCOUNT_ROW_AUTO __attribute__((cleanup(account_row_free))) account_row

/* ZY_ALREADY_EXISTS when the number is taken. */
zy_status account_insert(zy_tx *tx, const account_row *row, const uint8_t index[ZY_SM3_BYTES], zy_time now, zy_err *err);
/* removed_too: also one that the customer removed from mobile banking. */
zy_status account_select_own(zy_rtx *rtx, zy_id customer, zy_id id, bool removed_too, account_row *ret_row, zy_err *err);
zy_status account_select_any(zy_rtx *rtx, zy_id id, account_row *ret_row, zy_err *err);
zy_status account_select_by_index(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], account_row *ret_row, zy_err *err);
zy_status account_select_all(zy_rtx *rtx, zy_id customer, zy_account_which which, int limit, zy_stmt **ret_rows, zy_err *err);
zy_status account_row_read(const zy_stmt *stmt, account_row *ret_row);

/* ---- cards ---- */
/* ZY_ALREADY_EXISTS when the account has a card. */
zy_status card_insert(zy_tx *tx, const zy_card *card, zy_time now, zy_err *err);
/* Fills account, pin_record and phone_index. */
zy_status card_select(zy_rtx *rtx, zy_id account, zy_card *ret_card, zy_err *err);
