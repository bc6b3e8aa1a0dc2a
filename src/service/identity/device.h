/* The device proves itself: a signature over the transcript of the hello that is at hand. Used by src/service/identity. */
#pragma once

#include "service/identity/identity.h"

/* The `device` member of auth.login.start and auth.resume. */
typedef struct zy_device_in {
    zy_str name, os, fingerprint, public_key, sig;
} zy_device_in;
extern const zy_field ZY_DEVICE_FIELDS[5];

typedef struct zy_device {
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    char device_id[ZY_DEVICE_ID_MAX];
} zy_device;
/* ZY_BAD_FIELD (device.public_key, device.sig) when the key or its signature over "ZSC1 device" || th is wrong. */
ZY_CHECKED zy_status zy_device_prove(const zy_call *call, const zy_device_in *in, zy_device *ret_device, zy_err *err);
