/* When each login of this node was last active: kept in memory, written to the rows every few seconds together, so that a
 * call costs no write. Used by src/service/identity alone. */
#pragma once

#include "service/identity/identity.h"

#define ZY_PRESENCE_FLUSH ZY_SECONDS(5)

ZY_CHECKED zy_status zy_presence_start(zy_env *env, zy_err *err);
void zy_presence_stop(void); /* writes what is left */
void zy_presence_touch(zy_id login, zy_time now);
/* The later of what the row says and what this node saw. */
zy_time zy_presence_last(zy_id login, zy_time row_says);
ZY_CHECKED zy_status zy_presence_flush(zy_env *env, zy_err *err);
