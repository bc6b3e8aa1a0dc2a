/* statement.make, order.receipt */
#pragma once

#include "api/api.h"

extern const zy_api ZY_STATEMENT_APIS[];
extern const size_t ZY_STATEMENT_API_COUNT;
void zy_statement_start(void); /* parameters */
