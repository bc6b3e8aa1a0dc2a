/* For tests: a gateway of the carriers behind a real connection, beside the bank under test. */
#pragma once

#include "api/env.h"
#include "../../sim/carrier/gateway.h"

extern carrier_gateway carrier_beside; /* phone: the SIM card; silent: says nothing */
void carrier_beside_start(zy_env *env);
void carrier_beside_stop(zy_env *env);
void carrier_beside_change_key(void); /* the gateway's, not the bank's */
