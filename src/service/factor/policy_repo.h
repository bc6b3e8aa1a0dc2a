/* The statements of policy_rule and policy_preference; used by src/service/factor alone. */
#pragma once

#include "api/api.h"

#define POLICY_TEXT_MAX 400 /* of a rule's options */

typedef struct policy_texts {
    char options[POLICY_TEXT_MAX];   /* that staff have set for a scene; "": the rule of the release stands */
    char preferred[POLICY_TEXT_MAX]; /* that the customer allows of them; "": all */
} policy_texts;
zy_status policy_rule_read(zy_rtx *rtx, const char *scene, zy_id customer, policy_texts *ret_texts, zy_err *err);
zy_status policy_rule_write(zy_tx *tx, const char *scene, zy_str options, zy_time now, zy_err *err);
/* options empty: all are allowed again. */
zy_status policy_preference_write(zy_tx *tx, zy_id customer, const char *scene, zy_str options, zy_time now, zy_err *err);
zy_status policy_preference_forget(zy_tx *tx, zy_id customer, zy_err *err);
