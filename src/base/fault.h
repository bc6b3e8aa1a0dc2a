/* Named fault points for tests; compiled out of release builds (meson option `faults`). */
#pragma once

#include "base/status.h"

#ifdef ZY_FAULTS
/* Arms: the n-th (from 1) passing of a point whose name begins with prefix fails with status; 0 disarms.
 * Counting starts at arming. */
void zy_fault_arm(const char *prefix, long nth, zy_status status);
/* How often points with that prefix were passed since arming. */
long zy_fault_passed(void);
zy_status zy_fault_hit(const char *name);
/* Returns the armed status from the enclosing function when the point is due. */
#define ZY_FAULT(name) ZY_TRY(zy_fault_hit(name))
#else
#define ZY_FAULT(name) ((void)0)
#endif
