/* For tests: a clearing house behind a real connection, beside the bank under test. */
#pragma once

#include "api/env.h"
#include "../../sim/clearing/house.h"

#define CLEARING_BESIDE_US "313999000016" /* the bank under test: directory.own_code of zy_test_env */

/* Opens the house with the environment's clock, joins it, and sets env->clearing. */
clearing_house *clearing_beside_start(zy_env *env);
void clearing_beside_stop(zy_env *env);
