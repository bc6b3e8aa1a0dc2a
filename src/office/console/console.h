/* What the console page offers: customers (masked), orders, audit search and verification, the API switchboard and
 * parameters by maker and checker, approvals. */
#pragma once

#include "api/api.h"

/* customer.search, customer.unlock (request), order.search, audit.search, audit.verify, ledger.verify, api.list,
 * api.switch (request), param.list, param.change (request), approval.list, approval.decide, overview.figures. Each look at
 * customers, orders and audit records leaves an audit record before the answer does. */
extern const zy_api ZY_CONSOLE_APIS[];
extern const size_t ZY_CONSOLE_API_COUNT;
/* Registers the approval kinds. The registry is what the switchboard lists. */
ZY_CHECKED zy_status zy_console_start(zy_env *env, zy_api_registry *registry, zy_err *err);
