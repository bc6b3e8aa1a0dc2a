/* The statements of param_value and api_switch; used by src/service/param alone. */
#pragma once

#include "service/param/param.h"

zy_status param_rows(zy_rtx *rtx, zy_stmt **ret_rows, zy_err *err);  /* name, value */
zy_status switch_rows(zy_rtx *rtx, zy_stmt **ret_rows, zy_err *err); /* api: those that are closed */
/* ZY_NOT_FOUND: never set. */
zy_status param_one(zy_rtx *rtx, zy_str name, int64_t *ret_value, zy_err *err);
zy_status switch_one(zy_rtx *rtx, zy_str api, bool *ret_closed, zy_err *err);
zy_status param_put(zy_tx *tx, zy_str name, int64_t value, zy_time now, zy_err *err);
zy_status switch_put(zy_tx *tx, zy_str api, bool closed, zy_time now, zy_err *err);
