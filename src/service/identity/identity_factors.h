/* The bound device's key as a factor. Used by src/service/identity alone. */
#pragma once

#include "service/factor/factor.h"

zy_status zy_device_key_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence,
                              zy_err *err);
zy_status zy_device_key_verify(zy_rtx *rtx, zy_env *env, const zy_factor_subject *subject, const zy_json *evidence, zy_err *err);
