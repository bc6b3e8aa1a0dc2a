/* The APIs of this room as rows. */
#include "bank/security/security_internal.h"

static const zy_field FOUND_FIELDS[] = { ZY_FIELD(found_in, device_id, ZY_F_ID, 1, 40) };
static const zy_field CIPHER_FIELDS[] = {
    ZY_FIELD(cipher_in, challenge_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(cipher_in, cipher, ZY_F_BASE64, 100, 400, ZY_SENSITIVE),
};
static const zy_field GESTURE_SET_FIELDS[] = {
    ZY_FIELD(gesture_set_in, gesture, ZY_F_OBJECT, 0, 0, .object = CIPHER_FIELDS, .object_count = ZY_COUNT(CIPHER_FIELDS),
             .help = "the points as digits 1 to 9, encrypted like a password, purpose 5"),
};
#define TEXT_OF(bytes) (4 * (((bytes) + 2) / 3)) /* base64url */
static const zy_field PASSKEY_SET_FIELDS[] = {
    ZY_FIELD(passkey_set_in, name, ZY_F_TEXT, 1, 30),
    ZY_FIELD(passkey_set_in, client_data, ZY_F_TOKEN, 20, TEXT_OF(ZY_WEBAUTHN_CLIENT_MAX), ZY_SENSITIVE,
             .help = "clientDataJSON that the browser made for the challenge of passkey.begin, base64url"),
    ZY_FIELD(passkey_set_in, authenticator_data, ZY_F_TOKEN, 50, TEXT_OF(ZY_WEBAUTHN_DATA_MAX), ZY_SENSITIVE,
             .help = "base64url; with the key"),
};
static const zy_field REVEAL_FIELDS[] = {
    ZY_FIELD(reveal_in, what, ZY_F_ENUM, 1, 20, .choices = "card_number|id_no|phone"),
    ZY_FIELD(reveal_in, account_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(reveal_in, has_account), .help = "for card_number"),
};
static const zy_field REVEAL_GET_FIELDS[] = { ZY_FIELD(reveal_get_in, order_id, ZY_F_ID, 1, 40) };
static const zy_field FACE_AGREE_FIELDS[] = {
    ZY_FIELD(face_agree_in, consent_version, ZY_F_DIGITS, 1, 4, .help = "of the text that was shown: face.get"),
};
static const zy_out REVEAL_GET_OUTS[] = {
    ZY_OUT("what", ZY_O_STR), ZY_OUT("value", ZY_O_STR, .help = "whole; told once"),
    ZY_OUT("show_s", ZY_O_INT, .help = "the client masks it again after this"),
};

static const zy_field PAY_SET_FIELDS[] = {
    ZY_FIELD(pay_password_set_in, password, ZY_F_OBJECT, 0, 0, .object = CIPHER_FIELDS, .object_count = ZY_COUNT(CIPHER_FIELDS),
             .help = "the new one, encrypted with purpose 3"),
};
static const zy_out PAY_GET_OUTS[] = {
    ZY_OUT("locked", ZY_O_BOOL), ZY_OUT("may_unlock", ZY_O_BOOL, .help = "by an order of one's own; else: the counter"),
    ZY_OUT("set_until", ZY_O_INT, .help = "a new one may be set until then; 0: it may not"),
};
#define PREFERENCE_SCENE ZY_FIELD(preference_in, scene, ZY_F_CODE, 1, 63)
static const zy_field PREFERENCE_SET_FIELDS[] = {
    PREFERENCE_SCENE,
    ZY_FIELD(preference_in, options, ZY_F_TEXT, 1, 399, .help = "allowed combinations: \"pay_password+token|pay_password+soft_key\""),
};
static const zy_field PREFERENCE_LOWER_FIELDS[] = {
    PREFERENCE_SCENE,
    ZY_FIELD(preference_in, options, ZY_F_TEXT, 0, 399, ZY_OPTIONAL, .help = "empty: whatever the bank's policy says"),
};
static const zy_out PREFERENCE_OPTION_OUTS[] = {
    ZY_OUT("factors", ZY_O_STR), ZY_OUT("usable", ZY_O_BOOL, .help = "set up, on this device"), ZY_OUT("allowed", ZY_O_BOOL),
};
static const zy_out PREFERENCE_SCENE_OUTS[] = {
    ZY_OUT("scene", ZY_O_STR), ZY_OUT("title_zh", ZY_O_STR), ZY_OUT("title_en", ZY_O_STR),
    ZY_OUT("chosen", ZY_O_BOOL, .help = "the customer has chosen; else the bank's policy alone"),
    ZY_OUT("options", ZY_O_LIST, ZY_MEMBERS(PREFERENCE_OPTION_OUTS)),
};
static const zy_out PREFERENCE_GET_OUTS[] = { ZY_OUT("scenes", ZY_O_LIST, ZY_MEMBERS(PREFERENCE_SCENE_OUTS)) };

#define PREPARE_API(api_name, rate, words, handler)                                                                           \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = (rate), .idempotent = true, .audited = true, \
    .critical = true, .title = (words), .run = (handler), .outs = ZY_ORDER_PREPARED_OUTS, .out_count = ZY_ORDER_PREPARED_OUT_COUNT

const zy_api ZY_SECURITY_APIS[] = {
    { PREPARE_API("device.bind.prepare", 10, "Prepares the binding of the device of this login", device_bind_prepare_run), ZY_NO_FIELDS },
    { PREPARE_API("device.found.prepare", 10, "Prepares that a lost device may log in again", device_found_prepare_run),
      ZY_FIELDS(found_in, FOUND_FIELDS) },
    { PREPARE_API("gesture.set.prepare", 10, "Prepares a gesture for the bound device of this login", gesture_set_prepare_run),
      ZY_FIELDS(gesture_set_in, GESTURE_SET_FIELDS) },
    { PREPARE_API("passkey.set.prepare", 10, "Prepares a passkey that the bound device of this login made", passkey_set_prepare_run),
      ZY_FIELDS(passkey_set_in, PASSKEY_SET_FIELDS) },
    { PREPARE_API("data.reveal.prepare", 20, "Prepares that a number is shown whole", reveal_prepare_run),
      ZY_FIELDS(reveal_in, REVEAL_FIELDS) },
    { PREPARE_API("face.agree.prepare", 10, "Prepares the separate consent to face recognition", face_agree_prepare_run),
      ZY_FIELDS(face_agree_in, FACE_AGREE_FIELDS) },
    { .name = "pay_password.get", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 30,
      .title = "Is the transaction password locked, and what may be done about it", ZY_NO_FIELDS, ZY_OUTS(PAY_GET_OUTS),
      .run = pay_password_get_run },
    { PREPARE_API("pay_password.set.prepare", 5, "Prepares a new transaction password after the counter's reset",
                  pay_password_set_prepare_run), ZY_FIELDS(pay_password_set_in, PAY_SET_FIELDS) },
    { PREPARE_API("pay_password.unlock.prepare", 5, "Prepares that the lock of the transaction password is lifted",
                  pay_password_unlock_prepare_run), ZY_NO_FIELDS },
    { .name = "preference.get", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 30,
      .title = "Which combinations of factors each scene takes, and which of them the customer allows", ZY_NO_FIELDS,
      ZY_OUTS(PREFERENCE_GET_OUTS), .run = preference_get_run },
    { .name = "preference.set", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .audited = true,
      .title = "Allows fewer combinations of factors, at once", ZY_FIELDS(preference_in, PREFERENCE_SET_FIELDS),
      .run = preference_set_run },
    { PREPARE_API("preference.lower.prepare", 10, "Prepares that more combinations of factors are allowed",
                  preference_lower_prepare_run), ZY_FIELDS(preference_in, PREFERENCE_LOWER_FIELDS) },
    { .name = "reveal.get", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 20, .audited = true, .critical = true,
      .title = "The whole number, once, within 30 s of the order's confirmation", ZY_FIELDS(reveal_get_in, REVEAL_GET_FIELDS),
      ZY_OUTS(REVEAL_GET_OUTS), .run = reveal_get_run },
};
const size_t ZY_SECURITY_API_COUNT = ZY_COUNT(ZY_SECURITY_APIS);
