#include "bank/transfer/transfer_internal.h"

static const zy_field TRANSFER_FIELDS[] = {
    ZY_FIELD(transfer_in, from_account_id, ZY_F_ID, 1, 40),
    ZY_FIELD(transfer_in, to_account_no, ZY_F_CARD, 16, 19, ZY_OPTIONAL, .help = "with to_name, or payee_id instead"),
    ZY_FIELD(transfer_in, to_name, ZY_F_NAME, 2, PAYEE_NAME_MAX, ZY_OPTIONAL),
    ZY_FIELD(transfer_in, payee_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(transfer_in, has_payee_id)),
    ZY_FIELD(transfer_in, payee_token, ZY_F_TOKEN, 1, 64, ZY_OPTIONAL, .help = "of phone.lookup"),
    ZY_FIELD(transfer_in, to_bank, ZY_F_DIGITS, 12, 12, ZY_OPTIONAL, .help = "clearing code of the payee's bank; without it: this bank"),
    ZY_FIELD(transfer_in, way, ZY_F_CODE, 1, 10, ZY_OPTIONAL, .help = "to another bank: one of transfer.routes; without it: the best"),
    ZY_FIELD(transfer_in, arrival, ZY_F_CODE, 1, 10, ZY_OPTIONAL, .help = "now, two_hours, next_day: held and can be cancelled until then"),
    ZY_FIELD(transfer_in, amount_fen, ZY_F_MONEY, 1, 100000000),
    ZY_FIELD(transfer_in, memo, ZY_F_TEXT, 0, 50, ZY_OPTIONAL),
};
static const zy_field ADD_FIELDS[] = {
    ZY_FIELD(payee_add_in, name, ZY_F_NAME, 2, PAYEE_NAME_MAX),
    ZY_FIELD(payee_add_in, number, ZY_F_CARD, 16, 19),
    ZY_FIELD(payee_add_in, bank, ZY_F_DIGITS, 12, 12, ZY_OPTIONAL, .help = "clearing code; without it: this bank"),
    ZY_FIELD(payee_add_in, alias, ZY_F_TEXT, 0, 20, ZY_OPTIONAL),
};
static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(payee_list_in, limit, ZY_F_INT, 1, 100, ZY_OPTIONAL),
    ZY_FIELD(payee_list_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};
static const zy_field ID_FIELDS[] = { ZY_FIELD(payee_id_in, payee_id, ZY_F_ID, 1, 40) };

static const zy_out PAYEE_OUTS[] = {
    ZY_OUT("payee_id", ZY_O_STR), ZY_OUT("name", ZY_O_STR, .mask = ZY_M_NAME), ZY_OUT("number", ZY_O_STR, .mask = ZY_M_CARD),
    ZY_OUT("bank", ZY_O_STR, .help = "its name"), ZY_OUT("bank_code", ZY_O_STR, .help = "empty: this bank"), ZY_OUT("alias", ZY_O_STR),
};
static const zy_out LIST_OUTS[] = { ZY_OUT("payees", ZY_O_LIST, ZY_MEMBERS(PAYEE_OUTS)), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out ADD_OUTS[] = { ZY_OUT("payee_id", ZY_O_STR) };

const zy_api ZY_TRANSFER_APIS[] = {
    { .name = "transfer.prepare", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 20, .idempotent = true,
      .audited = true, .critical = true, .title = "Prepares a transfer, to a customer of this bank or of another one",
      ZY_FIELDS(transfer_in, TRANSFER_FIELDS), .outs = ZY_ORDER_PREPARED_OUTS, .out_count = ZY_ORDER_PREPARED_OUT_COUNT,
      .run = transfer_prepare_run },
    { .name = "payee.list", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "The customer's payee book, newest first", ZY_FIELDS(payee_list_in, LIST_FIELDS), ZY_OUTS(LIST_OUTS),
      .run = payee_list_run },
    { .name = "payee.add", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 10, .idempotent = true,
      .audited = true, .title = "Adds a payee whose number and name belong together", ZY_FIELDS(payee_add_in, ADD_FIELDS),
      ZY_OUTS(ADD_OUTS), .run = payee_add_run },
    { .name = "payee.remove", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 30, .audited = true,
      .title = "Removes a payee from the book", ZY_FIELDS(payee_id_in, ID_FIELDS), .run = payee_remove_run },
};
const size_t ZY_TRANSFER_API_COUNT = ZY_COUNT(ZY_TRANSFER_APIS);
