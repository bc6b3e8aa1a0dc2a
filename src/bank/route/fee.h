/* The fee schedule of transfers to other banks: steps by amount, a share of them by way, free ones of a month. */
#pragma once

#include "bank/route/route.h"

void fee_start(void);
/* What the schedule says for that way and amount. */
zy_money fee_of(zy_env *env, zy_route_way way, zy_money amount);
/* How many more transfers of this month the customer has free. */
ZY_CHECKED zy_status fee_free_left(zy_rtx *rtx, zy_env *env, zy_id customer, zy_time at, int64_t *ret_left, zy_err *err);

/* --- route_repo.c --- */
zy_status free_use_read(zy_rtx *rtx, zy_id customer, zy_day month, int64_t *ret_used, zy_err *err);
zy_status free_use_add(zy_tx *tx, zy_id customer, zy_day month, zy_err *err);
