/* What the files of this room share. */
#pragma once

#include "bank/security/security.h"
#include "flow/flow.h"
#include "service/identity/identity.h"

#define REVEAL_LIFE ZY_SECONDS(30) /* DECISIONS "full card number" */

typedef struct found_in {
    zy_id device_id;
} found_in;
typedef struct cipher_in { /* a secret, encrypted */
    zy_str challenge_id, cipher;
} cipher_in;
typedef struct gesture_set_in {
    cipher_in gesture;
} gesture_set_in;
typedef struct passkey_set_in {
    zy_str name, client_data, authenticator_data;
} passkey_set_in;
typedef struct reveal_in {
    zy_str what;
    zy_id account_id;
    bool has_account;
} reveal_in;
typedef struct reveal_get_in {
    zy_id order_id;
} reveal_get_in;
typedef struct face_agree_in {
    zy_str consent_version;
} face_agree_in;

typedef struct pay_password_set_in {
    cipher_in password;
} pay_password_set_in;
typedef struct preference_in {
    zy_str scene, options;
} preference_in;

zy_status device_bind_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status device_found_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status gesture_set_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status passkey_set_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status reveal_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status reveal_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status face_agree_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status pay_password_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status pay_password_set_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status pay_password_unlock_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status preference_get_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status preference_set_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status preference_lower_prepare_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
extern const zy_order_kind DEVICE_BIND_KIND, DEVICE_FOUND_KIND, GESTURE_SET_KIND, PASSKEY_SET_KIND, REVEAL_KIND, FACE_AGREE_KIND,
    PAY_SET_KIND, PAY_UNLOCK_KIND, PREFERENCE_LOWER_KIND;
zy_id security_payload_id(const zy_json *payload, const char *name);
/* The secret's record of a payload: "record". */
zy_status security_payload_record(const zy_json *payload, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err);

/* --- security_repo.c --- */
typedef struct reveal_row {
    zy_id order, customer, login, account;
    char what[16];
} reveal_row;
zy_status reveal_allow(zy_tx *tx, const reveal_row *row, zy_time now, zy_err *err);
/* Takes it: only of this customer, this login, not taken yet, allowed after `since`. ZY_NOT_FOUND. */
zy_status reveal_take(zy_tx *tx, const reveal_row *row, zy_time since, zy_time now, zy_err *err);
zy_status reveal_find(zy_rtx *rtx, zy_id order, zy_id customer, reveal_row *ret_row, zy_err *err);
zy_status reveal_expire(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err);
