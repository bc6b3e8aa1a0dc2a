/* Who is it: customers with protected identity data, login, factors, devices, login sessions. */
#pragma once

#include "api/api.h"
#include "channel/channel.h"
#include "crypto/webauthn.h"
#include "service/identity/sms_code.h"

/* --- Customers --- */
typedef struct zy_customer_new {
    zy_str customer_no;      /* digits, unique: the counter's number */
    zy_str name, id_no, phone;
    zy_str alias;            /* optional login alias, unique */
    const zy_secret *login_password, *pay_password;
    const uint8_t *login_record, *pay_record; /* made already (bulk import): the passwords are not looked at */
    unsigned password_rounds;
    bool must_change_password;
    bool counter_only;       /* known at the counter, without mobile banking yet: no login names, no passwords */
} zy_customer_new;
/* Seals identity data into customer_identity (rows apart from the business row), blind-indexes phone, id, alias,
 * number. Password hashing is done before the transaction: zy_customer_prepare, then zy_customer_insert in a unit. */
typedef struct zy_customer_row zy_customer_row;
ZY_CHECKED zy_status zy_customer_prepare(zy_env *env, const zy_customer_new *customer, zy_customer_row **ret_row, zy_err *err);
ZY_CHECKED zy_status zy_customer_insert(zy_tx *tx, zy_env *env, const zy_customer_row *row, zy_id *ret_customer, zy_err *err);
void zy_customer_row_free(zy_customer_row *row);

/* The blind index of what somebody typed to log in, in one spelling. */
ZY_CHECKED zy_status zy_login_name_index(zy_env *env, zy_str typed, uint8_t out[ZY_SM3_BYTES]);

typedef struct zy_person {   /* decrypted; wiped by zy_person_wipe; never logged */
    char name[200], phone[32], id_no[32], customer_no[32], alias[64];
} zy_person;
void zy_person_wipe(zy_person *p);
#define ZY_AUTO_PERSON __attribute__((cleanup(zy_person_wipe))) zy_person
/* Reads and opens a customer's identity data. ZY_NOT_FOUND. Does no audit: the caller says why it looked. */
ZY_CHECKED zy_status zy_customer_person(zy_rtx *rtx, zy_env *env, zy_id customer, zy_person *ret_person, zy_err *err);
/* The work of zy_customer_person for nobody: whether a name is somebody's must not be told by the time an answer takes. */
ZY_CHECKED zy_status zy_customer_nobody(zy_rtx *rtx, zy_env *env, zy_err *err);
/* Customer list for the console: masked {customer_id, customer_no, name, phone, id_no, state, scope, created_at, locked},
 * keyset paged; q matches customer_no, phone, id or alias exactly (blind index), empty: all. */
ZY_CHECKED zy_status zy_customer_search(zy_rtx *rtx, zy_env *env, zy_str q, zy_id before, int limit, zy_json *ret_array,
                                        zy_id *ret_next, zy_err *err);

#define ZY_PRIVACY_VERSION "1" /* of the privacy text that clients show */

/* --- The login APIs: app.bootstrap, auth.* (customer-api.md) --- */
extern const zy_api ZY_IDENTITY_APIS[];
extern const size_t ZY_IDENTITY_API_COUNT;
/* What the customer door does when a login or resume finished: it rotates the channel of the call. `rotate` gives
 * the new channel's SM3(session id) and k_res; the door swaps the channel after the answer was encrypted. */
typedef struct zy_identity_hooks {
    zy_status (*rotate)(zy_caller *caller, zy_str login_id, uint8_t ret_session_digest[ZY_SM3_BYTES],
                        uint8_t ret_k_res[ZY_SM3_BYTES], zy_err *err);
    /* the digest of the session that the call came on */
    void (*session_digest)(const zy_caller *caller, uint8_t out[ZY_SM3_BYTES]);
} zy_identity_hooks;
ZY_CHECKED zy_status zy_identity_start(zy_env *env, const zy_identity_hooks *hooks, zy_err *err); /* challenge store, captcha fonts, hash pool */
void zy_identity_stop(void);
/* The dispatcher's login hook (zy_api_hooks.login): reads the login row by session digest, checks state and idle time. */
ZY_CHECKED zy_status zy_identity_login(zy_env *env, zy_caller *caller, const zy_api *api, zy_time now, zy_err *err);
/* Ends all logins of a customer (console, later login). */
ZY_CHECKED zy_status zy_identity_end_logins(zy_tx *tx, zy_env *env, zy_id customer, const char *reason, zy_err *err);
/* Is anything of a customer locked that zy_identity_unlock lifts: transaction password, passkey, face, login (by his names, on
 * his bound devices, a reset), or everything frozen by himself (device.lost)? */
ZY_CHECKED zy_status zy_tries_locked(zy_rtx *rtx, zy_env *env, zy_id customer, bool *ret_locked, zy_err *err);
/* For the overview: how many customers there are, and logins finished since `since` (a day at most: it reads them). */
ZY_CHECKED zy_status zy_identity_figures(zy_rtx *rtx, zy_time since, int64_t *ret_customers, int64_t *ret_logins, zy_err *err);
ZY_CHECKED zy_status zy_identity_unlock(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err);
/* The same for the login alone: whoever proved himself otherwise. */
ZY_CHECKED zy_status zy_identity_unlock_login(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err);

/* The same for the transaction password alone. */
ZY_CHECKED zy_status zy_identity_unlock_pay(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err);

/* Drops logins that were never finished, codes, and counters that count nothing any more: at most `max` rows of each. */
ZY_CHECKED zy_status zy_identity_expire(zy_env *env, int max, zy_err *err);

/* --- Devices, for orders (bank/security) --- */
#define ZY_DEVICE_NAME_MAX 260
typedef struct zy_device_facts {
    zy_id device;
    char state[16];                /* "new", "bound", "lost" */
    char name[ZY_DEVICE_NAME_MAX];
    zy_id replaces;                /* what is unbound when this one is bound: the longest bound one; 0: there is room */
} zy_device_facts;
/* The device of the caller's login. */
ZY_CHECKED zy_status zy_device_current(zy_rtx *rtx, zy_env *env, const zy_caller *caller, zy_device_facts *ret_facts, zy_err *err);
/* The name of a device of that customer; ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_device_name(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id device, char ret_name[ZY_DEVICE_NAME_MAX],
                                    zy_err *err);
/* Binds a new device, with audit record and message. ZY_STATE_CONFLICT: it is not new, is bound by another customer, or others
 * are bound than when `replaces` was told. */
ZY_CHECKED zy_status zy_device_bind(zy_tx *tx, zy_env *env, zy_id customer, zy_id device, zy_id replaces, zy_time now, zy_err *err);
/* A lost device may log in again (as a new one). */
ZY_CHECKED zy_status zy_device_found(zy_tx *tx, zy_env *env, zy_id customer, zy_id device, zy_err *err);
/* The record of a gesture that came as {challenge_id, cipher}: ZY_BAD_FIELD for fewer than 5 points or one point twice. Costs
 * a password hash. */
ZY_CHECKED zy_status zy_gesture_record(zy_call *call, zy_str challenge_id, zy_str cipher_base64,
                                       uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err);
/* Sets it on a bound device, with audit record and message. ZY_STATE_CONFLICT when it is not bound. */
ZY_CHECKED zy_status zy_gesture_put(zy_tx *tx, zy_env *env, zy_id customer, zy_id device,
                                    const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_time now, zy_err *err);
/* What a browser made for the challenge of passkey.begin (texts in base64url). ZY_CHALLENGE_BAD, ZY_SIGNATURE_BAD,
 * ZY_STATE_CONFLICT when the device is not bound, ZY_API_CLOSED when this bank has no passkeys. */
ZY_CHECKED zy_status zy_passkey_read(zy_call *call, zy_str client_data, zy_str authenticator_data, zy_webauthn_made *ret_made,
                                     zy_err *err);
typedef struct zy_passkey_new {
    zy_id customer, device;
    zy_str credential;         /* bytes */
    const uint8_t *public_key; /* ZY_WEBAUTHN_KEY_BYTES */
    int64_t sign_count;
    zy_str name;
} zy_passkey_new;
/* Keeps it for a bound device, with audit record and message. ZY_STATE_CONFLICT when the device is not bound or there are as many
 * as there may be; ZY_ALREADY_EXISTS for a key that was registered before. */
ZY_CHECKED zy_status zy_passkey_put(zy_tx *tx, zy_env *env, const zy_passkey_new *passkey, zy_time now, zy_err *err);
/* passkey.*, auth.quick.passkey */
extern const zy_api ZY_PASSKEY_APIS[];
extern const size_t ZY_PASSKEY_API_COUNT;
/* device.*, session.*, gesture.off, auth.quick.* */
extern const zy_api ZY_DEVICE_APIS[];
extern const size_t ZY_DEVICE_API_COUNT;

/* --- Factors, for orders --- */
/* Registers those of this room: transaction password, code by SMS, the bound device's key, passkeys. A part of zy_identity_start;
 * by itself for programs that check what proves an order and let nobody in. */
ZY_CHECKED zy_status zy_identity_factors_start(zy_err *err);
/* Checks {challenge_id, cipher} against the customer's transaction password; counts failures: 5 in a row lock it
 * 30 min, 10 a day until staff lift it. ZY_FACTOR_WRONG, ZY_LOCKED, ZY_CHALLENGE_BAD. Takes its own unit. */
ZY_CHECKED zy_status zy_factor_pay_password(zy_call *call, zy_str challenge_id, zy_str cipher_base64, zy_err *err);
/* The same with the login password, within the limits of logins: on a bound device those of the device, so that strangers' guesses
 * elsewhere do not count here. */
ZY_CHECKED zy_status zy_factor_login_password(zy_call *call, zy_str challenge_id, zy_str cipher_base64, zy_err *err);
/* Codes by SMS: zy_sms_code_begin, zy_sms_code_check of service/identity/sms_code.h. */

extern const zy_config_row ZY_IDENTITY_CONFIG[];
extern const size_t ZY_IDENTITY_CONFIG_COUNT;   /* password.iterations, login.idle_ms, … */
