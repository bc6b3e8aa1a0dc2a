/* Statements about where customers stand; used by src/service/identity alone. */
#pragma once

#include "service/identity/standing.h"

/* The phone number is another one from now on. */
zy_status standing_phone_changed(zy_tx *tx, zy_id customer, zy_time now, zy_err *err);
zy_status standing_read(zy_rtx *rtx, zy_id customer, zy_standing *ret_standing, zy_err *err);
/* counter or cancelled -> active. ZY_STATE_CONFLICT. */
zy_status standing_open(zy_tx *tx, zy_id customer, const char *scope, zy_err *err);
zy_status scope_move(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err);
/* column: "name", "phone" or "alias". */
zy_status identity_cell_put(zy_tx *tx, zy_id customer, const char *column, zy_str sealed, zy_err *err);
/* kind NULL: all of the customer's. */
zy_status login_name_drop(zy_tx *tx, zy_id customer, const char *kind, zy_err *err);
zy_status credential_drop(zy_tx *tx, zy_id customer, zy_err *err);
