/* The APIs of this room as rows. */
#include "bank/registration/registration_internal.h"

static const zy_out CARD_OUTS[] = { ZY_OUT("prefix", ZY_O_STR), ZY_OUT("digits", ZY_O_INT), ZY_OUT("name", ZY_O_STR) };
static const zy_out RULES_OUTS[] = {
    ZY_OUT("privacy_version", ZY_O_STR), ZY_OUT("cards", ZY_O_LIST, ZY_MEMBERS(CARD_OUTS)), ZY_OUT("age_min", ZY_O_INT),
    ZY_OUT("age_max", ZY_O_INT),
};

static const zy_field CAPTCHA_FIELDS[] = {
    ZY_FIELD(captcha_in, captcha_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(captcha_in, text, ZY_F_CODE, 1, 10),
};
static const zy_field START_FIELDS[] = {
    ZY_FIELD(register_start_in, privacy_version, ZY_F_CODE, 1, 20, .help = "of the privacy text that was agreed to"),
    ZY_FIELD(register_start_in, name, ZY_F_NAME, 2, 60, ZY_SENSITIVE),
    ZY_FIELD(register_start_in, numbers, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS),
             .help = "encrypted with purpose 6: identity number (GB 11643), card number, and the phone left with the bank for this card,"
                     " parted by single spaces"),
    ZY_FIELD(register_start_in, card_pin, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS,
             .object_count = ZY_COUNT(ZY_SECRET_FIELDS), .help = "encrypted with purpose 4"),
    ZY_FIELD(register_start_in, captcha, ZY_F_OBJECT, 0, 0, .object = CAPTCHA_FIELDS, .object_count = ZY_COUNT(CAPTCHA_FIELDS)),
    ZY_FIELD(register_start_in, device, ZY_F_OBJECT, 0, 0, .object = ZY_DEVICE_FIELDS, .object_count = ZY_COUNT(ZY_DEVICE_FIELDS)),
};
static const zy_out START_OUTS[] = {
    ZY_OUT("registration_id", ZY_O_STR), ZY_OUT("phone", ZY_O_STR, .help = "masked"), ZY_OUT("expires_at", ZY_O_INT),
    ZY_OUT("instead", ZY_O_STRS, .optional = true, .help = "what may stand in the place of sms: carrier"),
};
static const zy_field BEGIN_FIELDS[] = {
    ZY_FIELD(register_begin_in, registration_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(register_begin_in, factor, ZY_F_TOKEN, 1, 20),
};
static const zy_out BEGIN_OUTS[] = {
    ZY_OUT("phone", ZY_O_STR, .optional = true, .help = "sms: masked"),
    ZY_OUT("expires_at", ZY_O_INT, .optional = true, .help = "sms"),
    ZY_OUT("nonce", ZY_O_STR, .optional = true, .help = "carrier: what the phone asks its carrier with"),
    ZY_OUT("page_url", ZY_O_STR, .optional = true, .help = "carrier: where a page asks; empty: an app asks by its own library"),
};
static const zy_field FINISH_FIELDS[] = {
    ZY_FIELD(register_finish_in, registration_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(register_finish_in, value, ZY_F_DIGITS, 6, 6, ZY_OPTIONAL, ZY_SENSITIVE, .help = "the code by SMS, or"),
    ZY_FIELD(register_finish_in, carrier_token, ZY_F_TEXT, 1, ZY_CARRIER_TOKEN_MAX, ZY_OPTIONAL, ZY_SENSITIVE, .help = "the carrier's token"),
    ZY_FIELD(register_finish_in, login_password, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS,
             .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
    ZY_FIELD(register_finish_in, pay_password, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS,
             .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
};
static const zy_out FINISH_OUTS[] = {
    ZY_OUT("state", ZY_O_STR, .help = "done, or waiting for the head office"),
    ZY_OUT("flaw", ZY_O_STR, .optional = true, .help = "with PASSWORD_WEAK: length, classes, common, repeats, similar or used"),
};

#define DEED_FIELDS                                                   \
    ZY_FIELD(customer_deed_in, customer_id, ZY_F_ID, 1, 40),          \
    ZY_FIELD(customer_deed_in, reason, ZY_F_TEXT, 2, 200, .help = "for whoever checks it")
static const zy_field PLAIN_DEED_FIELDS[] = { DEED_FIELDS };
static const zy_field CHANGE_FIELDS[] = {
    DEED_FIELDS,
    ZY_FIELD(customer_deed_in, name, ZY_F_NAME, 2, 60, ZY_OPTIONAL, ZY_SENSITIVE),
    ZY_FIELD(customer_deed_in, phone, ZY_F_DIGITS, 11, 11, ZY_OPTIONAL, ZY_SENSITIVE),
};
static const zy_out REQUESTED_OUTS[] = { ZY_OUT("request_id", ZY_O_STR) };

#define CUSTOMER_API(api_name, rate, words, handler) \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = (rate), .title = (words), .run = (handler)
#define DEED_API(api_name, fields, words)                                                                                        \
    { .name = (api_name), .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = "customer.make", .per_minute = 20,         \
      .audited = true, .title = (words), .run = customer_deed_run, ZY_FIELDS(customer_deed_in, fields), ZY_OUTS(REQUESTED_OUTS) }

const zy_api ZY_REGISTRATION_APIS[] = {
    { CUSTOMER_API("register.rules", 30, "What a registration needs", register_rules_run), ZY_NO_FIELDS, ZY_OUTS(RULES_OUTS) },
    { CUSTOMER_API("register.start", 10, "Who registers: name, identity, card, its PIN and phone", register_start_run), .audited = true,
      ZY_FIELDS(register_start_in, START_FIELDS), ZY_OUTS(START_OUTS) },
    { CUSTOMER_API("register.factor.begin", 10, "Sends the code of a registration", register_begin_run), .audited = true,
      ZY_FIELDS(register_begin_in, BEGIN_FIELDS), ZY_OUTS(BEGIN_OUTS) },
    { CUSTOMER_API("register.finish", 10, "The code and the passwords: mobile banking opens, or waits", register_finish_run),
      .audited = true, ZY_FIELDS(register_finish_in, FINISH_FIELDS), ZY_OUTS(FINISH_OUTS) },
    DEED_API("customer.sign", PLAIN_DEED_FIELDS, "Asks to let a self-registered customer pay others"),
    DEED_API("customer.change", CHANGE_FIELDS, "Asks to change a customer's name or phone"),
    DEED_API("customer.suspend", PLAIN_DEED_FIELDS, "Asks to suspend a customer's mobile banking"),
    DEED_API("customer.resume", PLAIN_DEED_FIELDS, "Asks to end a suspension"),
    DEED_API("customer.cancel", PLAIN_DEED_FIELDS, "Asks to cancel a customer's mobile banking"),
    DEED_API("customer.login_password_reset", PLAIN_DEED_FIELDS, "Asks to send a customer a temporary login password"),
    DEED_API("customer.pay_password_reset", PLAIN_DEED_FIELDS, "Asks to let a customer set a new transaction password"),
};
const size_t ZY_REGISTRATION_API_COUNT = ZY_COUNT(ZY_REGISTRATION_APIS);
