/* The APIs of devices, quick login and login sessions as rows. */
#include "service/identity/device_internal.h"
#include "service/identity/passkey.h"
#include "service/identity/session.h"

static const zy_field DEVICE_ID_FIELDS[] = { ZY_FIELD(device_id_in, device_id, ZY_F_ID, 1, 40) };
static const zy_field LOST_FIELDS[] = {
    ZY_FIELD(device_id_in, device_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(device_id_in, has_device), .help = "the lost one"),
};
static const zy_field RENAME_FIELDS[] = {
    ZY_FIELD(device_rename_in, device_id, ZY_F_ID, 1, 40),
    ZY_FIELD(device_rename_in, name, ZY_F_TEXT, 1, 30),
};
static const zy_field QUICK_START_FIELDS[] = {
    ZY_FIELD(quick_start_in, device, ZY_F_OBJECT, 0, 0, .object = ZY_DEVICE_FIELDS, .object_count = ZY_COUNT(ZY_DEVICE_FIELDS)),
    ZY_ENVIRONMENT_FIELD(quick_start_in),
    ZY_FIELD(quick_start_in, factor, ZY_F_ENUM, 1, 10, ZY_OPTIONAL, .choices = "gesture|passkey", .help = "gesture when absent"),
};
static const zy_field QUICK_FINISH_FIELDS[] = {
    ZY_FIELD(quick_finish_in, login_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(quick_finish_in, gesture, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
};

static const zy_out DEVICE_OUTS[] = {
    ZY_OUT("device_id", ZY_O_STR), ZY_OUT("state", ZY_O_STR, .help = "new, bound or lost"), ZY_OUT("name", ZY_O_STR),
    ZY_OUT("os", ZY_O_STR), ZY_OUT("first_at", ZY_O_INT), ZY_OUT("last_at", ZY_O_INT), ZY_OUT("bound_at", ZY_O_INT, .optional = true),
    ZY_OUT("gesture", ZY_O_BOOL), ZY_OUT("current", ZY_O_BOOL),
};
static const zy_out DEVICE_LIST_OUTS[] = {
    ZY_OUT("devices", ZY_O_LIST, ZY_MEMBERS(DEVICE_OUTS)), ZY_OUT("bound_max", ZY_O_INT, .help = "how many may be bound"),
};
static const zy_out QUICK_START_OUTS[] = {
    ZY_OUT("login_id", ZY_O_STR), ZY_OUT("factors", ZY_O_STRS),
    ZY_OUT("passkey", ZY_O_OBJECT, .members = PASSKEY_ASK_OUTS, .member_count = PASSKEY_ASK_OUT_COUNT, .optional = true,
           .help = "what a passkey is to sign"),
};
static const zy_out SESSION_OUTS[] = {
    ZY_OUT("state", ZY_O_STR, .help = "active or ended"), ZY_OUT("at", ZY_O_INT), ZY_OUT("ended_at", ZY_O_INT, .optional = true),
    ZY_OUT("ended_reason", ZY_O_STR), ZY_OUT("address", ZY_O_STR, .help = "masked"), ZY_OUT("device", ZY_O_STR),
    ZY_OUT("os", ZY_O_STR), ZY_OUT("method", ZY_O_STR, .help = "password, gesture or passkey"), ZY_OUT("current", ZY_O_BOOL),
};
static const zy_out SESSION_LIST_OUTS[] = { ZY_OUT("sessions", ZY_O_LIST, ZY_MEMBERS(SESSION_OUTS)) };
static const zy_out ENDED_OUTS[] = { ZY_OUT("ended", ZY_O_INT) };

#define CUSTOMER_API(api_name, api_class, rate, words, handler) \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = (api_class), .per_minute = (rate), .title = (words), .run = (handler)

const zy_api ZY_DEVICE_APIS[] = {
    { CUSTOMER_API("auth.quick.start", ZY_PUBLIC, 20, "Begins a quick login: the bound device proves itself", zy_auth_quick_start),
      .audited = true, ZY_FIELDS(quick_start_in, QUICK_START_FIELDS), ZY_OUTS(QUICK_START_OUTS) },
    { CUSTOMER_API("auth.quick.finish", ZY_PUBLIC, 20, "The gesture of a quick login; the channel rotates", zy_auth_quick_finish),
      .audited = true, ZY_FIELDS(quick_finish_in, QUICK_FINISH_FIELDS), .outs = ZY_SESSION_OUTS, .out_count = ZY_SESSION_OUT_COUNT },
    { CUSTOMER_API("device.list", ZY_PROTECTED, 60, "The customer's devices", zy_device_list_run), ZY_NO_FIELDS,
      ZY_OUTS(DEVICE_LIST_OUTS) },
    { CUSTOMER_API("device.rename", ZY_PROTECTED, 20, "Names a device", zy_device_rename_run), .audited = true,
      ZY_FIELDS(device_rename_in, RENAME_FIELDS) },
    { CUSTOMER_API("device.unbind", ZY_PROTECTED, 10, "Unbinds a device; a login on it ends", zy_device_unbind_run), .audited = true,
      ZY_FIELDS(device_id_in, DEVICE_ID_FIELDS) },
    { CUSTOMER_API("device.lost", ZY_PROTECTED, 10, "Freezes everything: a device was lost", zy_device_lost_run), .audited = true,
      ZY_FIELDS(device_id_in, LOST_FIELDS) },
    { CUSTOMER_API("gesture.off", ZY_PROTECTED, 10, "Switches the gesture of this device off", zy_gesture_off_run), .audited = true,
      ZY_NO_FIELDS },
    { CUSTOMER_API("session.list", ZY_PROTECTED, 60, "This login and the last ones", zy_session_list_run), ZY_NO_FIELDS,
      ZY_OUTS(SESSION_LIST_OUTS) },
    { CUSTOMER_API("session.end_others", ZY_PROTECTED, 10, "Ends every login but this one, begun ones, too",
                   zy_session_end_others_run), .audited = true, ZY_NO_FIELDS, ZY_OUTS(ENDED_OUTS) },
    { CUSTOMER_API("session.background", ZY_PROTECTED, 60, "The client goes to the background", zy_session_background_run),
      ZY_NO_FIELDS },
};
const size_t ZY_DEVICE_API_COUNT = ZY_COUNT(ZY_DEVICE_APIS);
