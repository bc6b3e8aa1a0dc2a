/* Logging in: password, then a code by SMS. Used by src/service/identity alone. */
#pragma once

#include "service/identity/device.h"
#include "service/identity/environment.h"
#include "service/identity/identity_repo.h"

typedef struct zy_secret_in {
    zy_str challenge_id, cipher;
} zy_secret_in;
extern const zy_field ZY_SECRET_FIELDS[2];
/* What a secret was typed for (secure-channel.md): the number travels with it, so that none can be used for another. */
typedef enum zy_secret_purpose {
    ZY_SECRET_LOGIN = 1,
    ZY_SECRET_TRANSACTION = 2,
    ZY_SECRET_NEW = 3,      /* a new password, of either kind */
    ZY_SECRET_CARD_PIN = 4, /* of a card or of an e-account */
    ZY_SECRET_GESTURE = 5,
    ZY_SECRET_NUMBERS = 6,  /* of a person: identity number, card number, phone */
} zy_secret_purpose;
/* Opens what a client encrypted to a challenge of this channel. ZY_CHALLENGE_BAD. */
ZY_CHECKED zy_status zy_secret_take(zy_call *call, const zy_secret_in *in, zy_secret_purpose purpose, zy_secret *ret_secret, zy_err *err);

typedef struct captcha_in {
    zy_str captcha_id, text;
} captcha_in;
typedef struct login_start_in {
    zy_str user;
    zy_secret_in password;
    captcha_in captcha;
    bool has_captcha;
    zy_device_in device;
    bool has_environment;
    zy_environment_in environment;
} login_start_in;
typedef struct factor_begin_in {
    zy_str login_id, factor;
} factor_begin_in;
typedef struct login_finish_in {
    zy_str login_id, factor, value;
} login_finish_in;
typedef struct login_carrier_in {
    zy_str login_id, token;
} login_carrier_in;
typedef struct login_verify_in {
    zy_str login_id, factor;
    zy_secret_in value;
} login_verify_in;

/* The record that no password matches, and that costs what a customer's costs. */
void zy_login_nobody(uint8_t record[ZY_PASSWORD_RECORD_BYTES]);
ZY_CHECKED zy_status zy_login_rules_start(zy_env *env, zy_err *err);
void zy_login_rules_stop(void);

/* --- shared by the ways to log in --- */
/* Fresh ids, this channel, this address. */
ZY_CHECKED zy_status zy_login_new(const zy_call *call, login_row *ret_login);
/* When and on what the customer logged in before. */
ZY_CHECKED zy_status zy_login_previous(zy_rtx *rtx, login_row *login, zy_err *err);
/* Has the customer been away for so long that a login asks for more (login.dormant_days)? */
bool zy_login_is_dormant(zy_env *env, const login_row *login, zy_time now);
/* The login that began on this very channel, is not finished, and asks for this factor now; everything else is one answer,
 * ZY_LOGIN_REQUIRED, but ZY_FACTOR_ORDER for a factor whose turn it is not. The device that proved itself when it began
 * becomes the caller's. */
ZY_CHECKED zy_status zy_login_pending(zy_call *call, zy_str login_id, unsigned bit, login_row *ret_login, zy_err *err);
/* The last factor was right: rotates the channel, ends the earlier login, answers the session's facts. */
ZY_CHECKED zy_status zy_login_complete(zy_call *call, login_row *login, zy_json *body, zy_err *err);

zy_status zy_auth_login_start(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_login_factor_begin(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_login_factor_verify(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_login_carrier(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_auth_login_finish(zy_call *call, const void *in, zy_json *body, zy_err *err);
