/* For src/connector and its tests. */
#pragma once

#include "base/json.h"
#include "connector/carrier.h"

/* What an answer to `checks` says. ZY_BAD_REQUEST: another shape. */
zy_status carrier_check_read(const zy_json *answer, void *ret_verdict);
