/* Used by src/service/identity alone. */
#pragma once

#include "service/identity/login.h"

/* Checks {challenge_id, cipher} against the gesture of a device. ZY_LOGIN_FAILED also when none is set; the fifth wrong one in a
 * row switches it off and tells the customer. Takes its own units. */
zy_status gesture_check(zy_call *call, zy_id customer, zy_id device, const zy_secret_in *in, zy_err *err);
