/* Batches of up to 1,000 transfers: batch.start, batch.rows, batch.prepare and what follows. The order that confirms a batch carries the
 * factors and is the mandate of every row (flow.h). mb.transfer.p2. */
#pragma once

#include "api/api.h"

/* Pays the next rows of the batches that are confirmed, at most max; any node may do it at any time. ret_done: rows that have a result. */
ZY_CHECKED zy_status zy_batch_run(zy_env *env, int max, int64_t *ret_done, zy_err *err);
/* Housekeeping: drops batches that nobody has confirmed for a day, at most max. */
ZY_CHECKED zy_status zy_batch_expire(zy_env *env, int max, int64_t *ret_done, zy_err *err);

extern const zy_api ZY_BATCH_APIS[];
extern const size_t ZY_BATCH_API_COUNT;
/* Registers the kind of orders transfer.batch and the parameters batch.*. */
ZY_CHECKED zy_status zy_batch_start(zy_env *env, zy_err *err);
