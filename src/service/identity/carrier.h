/* The own-number check as a factor (connector/carrier.h): possession of the SIM card, like a code by SMS, so never beside one, and
 * never alone (policy.c). What the carrier was asked belongs to one purpose by its nonce. Used by this room and bank/registration. */
#pragma once

#include "api/api.h"

/* Registers the factor.carrier.* parameters and the factor. */
ZY_CHECKED zy_status zy_carrier_factor_start(zy_err *err);
/* Can it be asked for at all: a gateway is connected, and staff have not switched it off? */
bool zy_carrier_is_on(zy_env *env);
/* Adds instead: ["carrier"] to an answer that asks for a code by SMS, when it is on. */
void zy_carrier_tell(zy_env *env, zy_json *body);
/* Tells what the phone asks its carrier for: {nonce, page_url}. binding: what it is for (a login, an order's digest, a
 * registration). ZY_FACTOR_AWAY: it cannot be asked for. */
ZY_CHECKED zy_status zy_carrier_begin(zy_call *call, zy_str binding, zy_json *body, zy_err *err);
/* Is the phone that the token was made on the customer's, by number `phone`? Counts wrong ones by customer. evidence (may be NULL)
 * gets {carrier, number, at}. ZY_FACTOR_WRONG; ZY_LOCKED: five wrong ones in a row, or ten in a day; ZY_FACTOR_AWAY: nobody could
 * say. Takes units of its own. */
ZY_CHECKED zy_status zy_carrier_verify(zy_call *call, zy_id customer, zy_str phone, zy_str binding, zy_str token, zy_json *evidence,
                                       zy_err *err);
/* The same by the number that the customer is known under. */
ZY_CHECKED zy_status zy_carrier_verify_own(zy_call *call, zy_id customer, zy_str binding, zy_str token, zy_json *evidence, zy_err *err);
