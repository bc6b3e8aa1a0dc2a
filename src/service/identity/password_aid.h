/* Ways on for who forgot a password or locked it. What the counter does by maker and checker (bank/registration): a temporary login
 * password, and the permission to set a new transaction password. What the customer does himself with two factors (bank/security):
 * using that permission, and lifting the lock of the transaction password. Units of the caller; the audit record is his. */
#pragma once

#include "service/identity/identity.h"

/* Tells by message and, for who cannot log in or looks at another screen, by a text to the phone. */
ZY_CHECKED zy_status zy_customer_tell(zy_tx *tx, zy_env *env, zy_id customer, zy_str title, zy_str words, zy_err *err);

/* The parameters password.temporary_min, password.after_phone_change_h, pay.unlock_days. */
void zy_password_aid_start(void);
/* A random password and its record: to be wiped. */
typedef struct zy_temporary_password {
    zy_secret secret;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
} zy_temporary_password;
/* Costs a hash: before the unit. */
ZY_CHECKED zy_status zy_password_temporary_make(zy_env *env, zy_temporary_password *ret_password, zy_err *err);
/* The login password becomes `password`, which goes to the customer's phone by a text and nowhere else. It opens nothing but its own
 * change, for password.temporary_min minutes. Locks of the login are lifted: whoever came to the counter proved himself there. */
ZY_CHECKED zy_status zy_password_temporary(zy_tx *tx, zy_env *env, zy_id customer, const zy_temporary_password *password,
                                           zy_err *err);

/* Locks the transaction password and lets the customer set a new one, once, for password.temporary_min minutes. */
ZY_CHECKED zy_status zy_pay_password_grant(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err);

typedef struct zy_pay_password_facts {
    bool locked;         /* by wrong tries, or by the counter */
    bool may_unlock;     /* by the customer himself */
    zy_time set_until;   /* he may set a new one until then; 0: he may not */
} zy_pay_password_facts;
ZY_CHECKED zy_status zy_pay_password_facts_read(zy_rtx *rtx, zy_env *env, zy_id customer, zy_pay_password_facts *ret_facts,
                                                zy_err *err);
/* The record of a new one that came as {challenge_id, cipher}. ZY_PASSWORD_WEAK with body.flaw; ZY_CHALLENGE_BAD. Costs hashes. */
ZY_CHECKED zy_status zy_pay_password_record(zy_call *call, zy_str challenge_id, zy_str cipher_base64,
                                            uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_json *body, zy_err *err);
/* Sets it by the counter's permission, lifts the lock, tells the customer. ZY_STATE_CONFLICT: there is no permission (any more). */
ZY_CHECKED zy_status zy_pay_password_set(zy_tx *tx, zy_env *env, zy_id customer, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                                         zy_time now, zy_err *err);
/* Lifts the lock, tells the customer. ZY_STATE_CONFLICT: it is not locked; ZY_LOCKED: not by himself (the counter locked it, or he
 * did it less than pay.unlock_days ago). */
ZY_CHECKED zy_status zy_pay_password_unlock(zy_tx *tx, zy_env *env, zy_id customer, zy_time now, zy_err *err);
