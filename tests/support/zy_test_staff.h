/* Staff for tests: people with a known password and code secret, and the codes of a moment. */
#pragma once

#include "office/staff/staff.h"

#define ZY_TEST_STAFF_PASSWORD "Correct#4horse"

/* user's code secret is its own name, repeated to 20 bytes. */
ZY_CHECKED zy_status zy_test_staff_add(zy_env *env, const char *user, const char *name, const char *role, zy_id *ret_staff);
/* The code of `user` at the environment's now + offset_s. */
void zy_test_staff_code(const zy_env *env, const char *user, int64_t offset_s, char out[7]);
