/* What the files on devices, gestures and lists of logins share; used by src/service/identity alone. */
#pragma once

#include "service/identity/device_repo.h"
#include "service/identity/environment.h"
#include "service/identity/login.h"

#define GESTURE_WRONG_MAX 5 /* then it is off: DECISIONS "gesture" */

/* The name that a device was given, opened. */
#define DEVICE_NAME_MAX ZY_DEVICE_NAME_MAX
zy_status device_name_open(zy_env *env, zy_id device, zy_str sealed, char out[DEVICE_NAME_MAX]);
/* "device" audit record of a customer's deed or of what the server did about a device. */
zy_status device_audit(zy_tx *tx, const zy_call *call, zy_id customer, const char *event, zy_id device, zy_str detail, zy_err *err);
/* Bound no more: its gesture and passkeys are dropped, the customer is told. why: "changed", "dormant", "replaced", "unbound". */
zy_status device_lower(zy_tx *tx, const zy_call *call, zy_id customer, zy_id device, const char *why, zy_err *err);
/* The same for all bound ones. */
zy_status device_lower_all(zy_tx *tx, const zy_call *call, zy_id customer, const char *why, zy_err *err);
/* A login on a device that is known: is it the same device still? Lowers it when its fingerprint is another. */
zy_status device_follow(zy_tx *tx, const zy_call *call, zy_id customer, zy_id device, zy_str fingerprint, zy_err *err);
zy_status device_fingerprint(zy_env *env, zy_str typed, uint8_t out[ZY_SM3_BYTES]);
bool device_is_limited(zy_env *env, int64_t environment);

typedef struct device_id_in {
    zy_id device_id;
    bool has_device;
} device_id_in;
typedef struct device_rename_in {
    zy_id device_id;
    zy_str name;
} device_rename_in;
typedef struct quick_start_in {
    zy_device_in device;
    bool has_environment;
    zy_environment_in environment;
    zy_str factor; /* "gesture" (also when absent) or "passkey" */
} quick_start_in;
typedef struct quick_finish_in {
    zy_str login_id;
    zy_secret_in gesture;
} quick_finish_in;

/* Handlers, listed in device_api.c. */
zy_status zy_device_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_device_rename_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_device_unbind_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_device_lost_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_gesture_off_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_quick_start(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_quick_finish(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_session_list_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_session_end_others_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_session_background_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
