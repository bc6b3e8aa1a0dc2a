/* The statements of policy_rule; used by src/service/factor alone. */
#pragma once

#include "api/api.h"

#define POLICY_TEXT_MAX 400 /* of a rule's options */

/* The options that staff have set for a scene; "" when the rule of the release stands. */
zy_status policy_rule_read(zy_rtx *rtx, const char *scene, char ret_options[POLICY_TEXT_MAX], zy_err *err);
zy_status policy_rule_write(zy_tx *tx, const char *scene, zy_str options, zy_time now, zy_err *err);
