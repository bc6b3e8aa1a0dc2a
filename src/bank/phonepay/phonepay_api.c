#include "bank/phonepay/phonepay_internal.h"

static const zy_field BIND_FIELDS[] = {
    ZY_FIELD(bind_in, account_id, ZY_F_ID, 1, 40, .help = "an own class I account"),
};
static const zy_field LOOKUP_FIELDS[] = { ZY_FIELD(lookup_in, phone, ZY_F_DIGITS, 11, 11, ZY_SENSITIVE) };
static const zy_out BINDING_OUTS[] = {
    ZY_OUT("phone", ZY_O_STR, .mask = ZY_M_PHONE), ZY_OUT("account_id", ZY_O_STR), ZY_OUT("number", ZY_O_STR, .mask = ZY_M_CARD),
    ZY_OUT("state", ZY_O_STR, .help = "binding and unbinding: the clearing house has not answered yet; bound"), ZY_OUT("since", ZY_O_INT),
};
static const zy_out BINDINGS_OUTS[] = {
    ZY_OUT("bindings", ZY_O_LIST, ZY_MEMBERS(BINDING_OUTS), .help = "at most one"),
    ZY_OUT("open", ZY_O_BOOL, .help = "can a number be bound at this bank?"),
};
static const zy_out LOOKUP_OUTS[] = {
    ZY_OUT("payee_token", ZY_O_STR, .help = "for the prepare calls of transfers, in this login alone"),
    ZY_OUT("name", ZY_O_STR, .mask = ZY_M_NAME), ZY_OUT("bank_code", ZY_O_STR), ZY_OUT("bank_name", ZY_O_STR),
    ZY_OUT("tail", ZY_O_STR, .help = "last digits of the account"), ZY_OUT("own", ZY_O_BOOL, .help = "of this bank"),
    ZY_OUT("expires_at", ZY_O_INT),
};

#define PREPARE_API(api_name, words, handler)                                                                              \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .idempotent = true, .audited = true, \
    .critical = true, .title = (words), .run = (handler), .outs = ZY_ORDER_PREPARED_OUTS, .out_count = ZY_ORDER_PREPARED_OUT_COUNT

const zy_api ZY_PHONEPAY_APIS[] = {
    { PREPARE_API("phone.bind.prepare", "Prepares that the customer's phone number stands for an own account", phone_bind_prepare_run),
      ZY_FIELDS(bind_in, BIND_FIELDS) },
    { PREPARE_API("phone.unbind.prepare", "Prepares that the phone number stands for nothing any more", phone_unbind_prepare_run),
      ZY_NO_FIELDS },
    { .name = "phone.bindings", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "The customer's phone number that stands for an account", ZY_NO_FIELDS, ZY_OUTS(BINDINGS_OUTS), .run = phone_bindings_run },
    { .name = "phone.lookup", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 10, .audited = true,
      .title = "Whom a phone number leads to, masked", ZY_FIELDS(lookup_in, LOOKUP_FIELDS), ZY_OUTS(LOOKUP_OUTS), .run = phone_lookup_run },
};
const size_t ZY_PHONEPAY_API_COUNT = ZY_COUNT(ZY_PHONEPAY_APIS);
