/* The APIs of passkeys as rows. */
#include "service/identity/passkey.h"
#include "service/identity/session.h"

#define TEXT_OF(bytes) (4 * (((bytes) + 2) / 3)) /* base64url */

const zy_field PASSKEY_FIELDS[4] = {
    ZY_FIELD(passkey_in, credential_id, ZY_F_TOKEN, 2, TEXT_OF(ZY_WEBAUTHN_ID_MAX), .help = "base64url, like the others"),
    ZY_FIELD(passkey_in, client_data, ZY_F_TOKEN, 20, TEXT_OF(ZY_WEBAUTHN_CLIENT_MAX), ZY_SENSITIVE, .help = "clientDataJSON"),
    ZY_FIELD(passkey_in, authenticator_data, ZY_F_TOKEN, 50, TEXT_OF(ZY_WEBAUTHN_DATA_MAX), ZY_SENSITIVE),
    ZY_FIELD(passkey_in, signature, ZY_F_TOKEN, 10, TEXT_OF(ZY_WEBAUTHN_SIGNATURE_MAX), ZY_SENSITIVE),
};
static const zy_field ID_FIELDS[] = { ZY_FIELD(passkey_id_in, passkey_id, ZY_F_ID, 1, 40) };
static const zy_field RENAME_FIELDS[] = {
    ZY_FIELD(passkey_rename_in, passkey_id, ZY_F_ID, 1, 40),
    ZY_FIELD(passkey_rename_in, name, ZY_F_TEXT, 1, 30),
};
static const zy_field QUICK_FIELDS[] = {
    ZY_FIELD(quick_passkey_in, login_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(quick_passkey_in, passkey, ZY_F_OBJECT, 0, 0, .object = PASSKEY_FIELDS, .object_count = ZY_COUNT(PASSKEY_FIELDS)),
};

#define ASK_OUTS                                                                                                    \
    ZY_OUT("challenge", ZY_O_STR, .help = "base64url; one use, 120 s"), ZY_OUT("rp_id", ZY_O_STR),                   \
    ZY_OUT("credentials", ZY_O_STRS, .help = "ids of this device's passkeys, base64url"), ZY_OUT("expires_at", ZY_O_INT)
const zy_out PASSKEY_ASK_OUTS[PASSKEY_ASK_OUT_COUNT] = { ASK_OUTS };
static const zy_out BEGIN_OUTS[] = {
    ZY_OUT("rp_name", ZY_O_STR), ZY_OUT("user", ZY_O_STR, .help = "user handle, base64url; tells nothing"), ASK_OUTS,
};
static const zy_out PASSKEY_OUTS[] = {
    ZY_OUT("passkey_id", ZY_O_STR), ZY_OUT("name", ZY_O_STR), ZY_OUT("state", ZY_O_STR, .help = "on or off"),
    ZY_OUT("reason", ZY_O_STR, .help = "why it is off: wrong, cloned"), ZY_OUT("made_at", ZY_O_INT),
    ZY_OUT("used_at", ZY_O_INT, .optional = true), ZY_OUT("current", ZY_O_BOOL, .help = "works on this device"),
};
static const zy_out LIST_OUTS[] = {
    ZY_OUT("passkeys", ZY_O_LIST, ZY_MEMBERS(PASSKEY_OUTS)), ZY_OUT("max", ZY_O_INT),
    ZY_OUT("rp_id", ZY_O_STR, .help = "empty: this bank has no passkeys"),
};

#define CUSTOMER_API(api_name, api_class, rate, words, handler) \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = (api_class), .per_minute = (rate), .title = (words), .run = (handler)

const zy_api ZY_PASSKEY_APIS[] = {
    { CUSTOMER_API("passkey.begin", ZY_PRIVATE, 10, "What a browser needs to make a passkey", passkey_begin_run), .audited = true,
      .critical = true, ZY_NO_FIELDS, ZY_OUTS(BEGIN_OUTS) },
    { CUSTOMER_API("passkey.list", ZY_PROTECTED, 60, "The customer's passkeys", passkey_list_run), ZY_NO_FIELDS, ZY_OUTS(LIST_OUTS) },
    { CUSTOMER_API("passkey.rename", ZY_PROTECTED, 20, "Names a passkey", passkey_rename_run), .audited = true,
      ZY_FIELDS(passkey_rename_in, RENAME_FIELDS) },
    { CUSTOMER_API("passkey.remove", ZY_PROTECTED, 10, "Removes a passkey", passkey_remove_run), .audited = true,
      ZY_FIELDS(passkey_id_in, ID_FIELDS) },
    { CUSTOMER_API("auth.quick.passkey", ZY_PUBLIC, 20, "The passkey of a quick login; the channel rotates", zy_auth_quick_passkey),
      .audited = true, ZY_FIELDS(quick_passkey_in, QUICK_FIELDS), .outs = ZY_SESSION_OUTS, .out_count = ZY_SESSION_OUT_COUNT },
};
const size_t ZY_PASSKEY_API_COUNT = ZY_COUNT(ZY_PASSKEY_APIS);
