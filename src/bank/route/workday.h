/* Working days of the mainland: Monday to Friday, but for what the State Council arranges for a year: holidays and the weekend days
 * that are worked instead. The arrangement of a year is published in the autumn before; beyond the last one known only the fixed
 * first days of the holidays are kept (1 January, 1 May, 1 to 3 October). */
#pragma once

#include "base/clock.h"

bool zy_workday(zy_day day);
/* The first working day behind this one. */
zy_day zy_workday_next(zy_day day);
/* Is the year of this day arranged in this release? */
bool zy_workday_known(zy_day day);
