/* The APIs of this room as rows. */
#include "bank/security/security_internal.h"

static const zy_field FOUND_FIELDS[] = { ZY_FIELD(found_in, device_id, ZY_F_ID, 1, 40) };
static const zy_field GESTURE_FIELDS[] = {
    ZY_FIELD(gesture_in, challenge_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(gesture_in, cipher, ZY_F_BASE64, 100, 400, ZY_SENSITIVE),
};
static const zy_field GESTURE_SET_FIELDS[] = {
    ZY_FIELD(gesture_set_in, gesture, ZY_F_OBJECT, 0, 0, .object = GESTURE_FIELDS, .object_count = ZY_COUNT(GESTURE_FIELDS),
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
    { .name = "reveal.get", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 20, .audited = true, .critical = true,
      .title = "The whole number, once, within 30 s of the order's confirmation", ZY_FIELDS(reveal_get_in, REVEAL_GET_FIELDS),
      ZY_OUTS(REVEAL_GET_OUTS), .run = reveal_get_run },
};
const size_t ZY_SECURITY_API_COUNT = ZY_COUNT(ZY_SECURITY_APIS);
