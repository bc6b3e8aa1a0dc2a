/* Critical operations that move no money, as orders: binding a device, setting a gesture, showing personal data whole,
 * agreeing to face recognition. */
#pragma once

#include "api/api.h"

extern const zy_api ZY_SECURITY_APIS[];
extern const size_t ZY_SECURITY_API_COUNT;
/* Registers the kinds of orders. */
ZY_CHECKED zy_status zy_security_start(zy_env *env, zy_err *err);
/* Drops what may be seen no more; at most `max` rows a call. */
ZY_CHECKED zy_status zy_security_expire(zy_env *env, int max, int64_t *ret_dropped, zy_err *err);
