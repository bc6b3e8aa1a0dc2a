/* The factor `face`: a provider outside compares pictures of somebody who does what a random challenge asks, with its authority's
 * own photo. Nothing biometric is stored here: pictures live in memory until they are compared, 90 s at most; what is kept is the
 * provider's number, its verdict, the challenge and a keyed digest (DECISIONS "biometrics"). */
#pragma once

#include "api/api.h"

#define ZY_FACE_CONSENT_VERSION "1" /* of the text that clients show before it is used */

/* Registers the face.* parameters and the factor. */
ZY_CHECKED zy_status zy_face_start(zy_env *env, zy_err *err);
void zy_face_stop(void); /* wipes the pictures that wait */
extern const struct zy_factor ZY_FACE_FACTOR;

/* The customer agreed, in an order: from now on he may let himself be compared for the first time. With audit record and message.
 * ZY_STATE_CONFLICT: he had agreed before. */
ZY_CHECKED zy_status zy_face_consent(zy_tx *tx, zy_env *env, zy_id customer, zy_id order, zy_time now, zy_err *err);
/* May he agree now? ZY_FACTOR_AWAY: the bank has no provider; ZY_STATE_CONFLICT: he did before. */
ZY_CHECKED zy_status zy_face_may_consent(zy_rtx *rtx, zy_env *env, zy_id customer, zy_err *err);

/* Housekeeping: tells the provider what to forget, drops records of comparisons past face.keep_days; at most `max` of each. */
ZY_CHECKED zy_status zy_face_keep(zy_env *env, int max, zy_err *err);

/* Customers' door: face.get, face.enrol.begin, face.frame, face.enrol.finish, face.withdraw. */
extern const zy_api ZY_FACE_APIS[];
extern const size_t ZY_FACE_API_COUNT;
