/* The order that asks for a soft UKey's certificate: cert.apply.prepare, scene "cert.issue". What it grants is collected by
 * cert.issue (service/cert). */
#pragma once

#include "api/api.h"

/* Registers the order kind cert.issue. */
ZY_CHECKED zy_status zy_cert_order_start(zy_env *env, zy_err *err);
extern const zy_api ZY_CERT_ORDER_APIS[];
extern const size_t ZY_CERT_ORDER_API_COUNT;
