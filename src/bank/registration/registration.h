/* People become customers of mobile banking by themselves (register.*), and the counter signs, changes, suspends, resumes and
 * cancels them by maker and checker (customer.sign …). */
#pragma once

#include "api/api.h"

/* Customers' door: register.rules, register.start, register.factor.begin, register.finish. Staff: customer.sign, customer.change,
 * customer.suspend, customer.resume, customer.cancel, customer.login_password_reset, customer.pay_password_reset (requests). */
extern const zy_api ZY_REGISTRATION_APIS[];
extern const size_t ZY_REGISTRATION_API_COUNT;
/* Registers the register.* parameters and the approval kinds registration.accept and customer.*; reads the table of cards.
 * ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_registration_start(zy_env *env, zy_err *err);
/* Drops registrations that nobody finished, ends those that nobody decided, and drops changes whose request is over: at most max of
 * each. */
ZY_CHECKED zy_status zy_registration_expire(zy_env *env, int max, zy_err *err);

extern const zy_config_row ZY_REGISTRATION_CONFIG[]; /* register.cards */
extern const size_t ZY_REGISTRATION_CONFIG_COUNT;
