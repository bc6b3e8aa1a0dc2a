/* Transfers on a date or by a rule: schedule.prepare and what follows it. The order that arranges them carries the factors and is the
 * mandate of every run (flow.h). mb.transfer.b.1, b.2. */
#pragma once

#include "api/api.h"

/* Carries out what is due, at most max runs; any node may do it at any time. ret_done: runs that have a result now. */
ZY_CHECKED zy_status zy_schedule_run(zy_env *env, int max, int64_t *ret_done, zy_err *err);

/* The customer leaves mobile banking: nothing runs any more, whoever comes back later. In the caller's unit. */
ZY_CHECKED zy_status zy_schedule_leave(zy_tx *tx, zy_id customer, zy_time now, zy_err *err);

extern const zy_api ZY_SCHEDULE_APIS[];
extern const size_t ZY_SCHEDULE_API_COUNT;
/* Registers the kind of orders transfer.schedule and the parameters schedule.*. */
ZY_CHECKED zy_status zy_schedule_start(zy_env *env, zy_err *err);
