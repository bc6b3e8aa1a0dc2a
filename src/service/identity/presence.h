/* When each login of this node was last active: kept in memory, written to the rows together and not more often than each
 * 30 s, so that a call costs no write. Another node may thus end an idle login up to 35 s early, never late. Used by
 * src/service/identity alone. */
#pragma once

#include "service/identity/identity.h"

#define ZY_PRESENCE_FLUSH ZY_SECONDS(5)  /* a round of writing */
#define ZY_PRESENCE_WRITE ZY_SECONDS(30) /* one row, at most */

ZY_CHECKED zy_status zy_presence_start(zy_env *env, zy_err *err);
void zy_presence_stop(void); /* writes what is left */
/* row_says: the row's last_seen as it was read. */
void zy_presence_touch(zy_id login, zy_time now, zy_time row_says);
/* The later of what the row says and what this node saw. */
zy_time zy_presence_last(zy_id login, zy_time row_says);
/* all: also the rows that were written a moment ago. */
ZY_CHECKED zy_status zy_presence_flush(zy_env *env, bool all, zy_err *err);
