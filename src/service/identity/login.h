/* Logging in: password, then a code by SMS. Used by src/service/identity alone. */
#pragma once

#include "service/identity/device.h"

typedef struct zy_secret_in {
    zy_str challenge_id, cipher;
} zy_secret_in;
extern const zy_field ZY_SECRET_FIELDS[2];
/* Opens what a client encrypted to a challenge of this channel. purpose: 1 login, 2 transaction. ZY_CHALLENGE_BAD. */
ZY_CHECKED zy_status zy_secret_take(zy_call *call, const zy_secret_in *in, uint8_t purpose, zy_secret *ret_secret, zy_err *err);

typedef struct captcha_in {
    zy_str captcha_id, text;
} captcha_in;
typedef struct login_start_in {
    zy_str user;
    zy_secret_in password;
    captcha_in captcha;
    bool has_captcha;
    zy_device_in device;
} login_start_in;
typedef struct factor_begin_in {
    zy_str login_id, factor;
} factor_begin_in;
typedef struct login_finish_in {
    zy_str login_id, factor, value;
} login_finish_in;

/* The record that no password matches, and that costs what a customer's costs. */
void zy_login_nobody(uint8_t record[ZY_PASSWORD_RECORD_BYTES]);
ZY_CHECKED zy_status zy_login_rules_start(zy_env *env, zy_err *err);
void zy_login_rules_stop(void);
zy_status zy_auth_login_start(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_login_factor_begin(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_login_finish(zy_call *call, const void *in, zy_json *body, zy_err *err);
