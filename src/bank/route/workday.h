/* Working days of the mainland: Monday to Friday, but for what the State Council arranges for a year: holidays and the weekend days
 * that are worked instead. The arrangement of a year is published in the autumn before; a bank need not wait for a release that has
 * it, but names its days in the configuration (route.workdays). Beyond the last year known only the fixed first days of the holidays
 * are kept (1 January, 1 May, 1 to 3 October). */
#pragma once

#include "base/clock.h"

bool zy_workday(zy_day day);
/* The first working day behind this one. */
zy_day zy_workday_next(zy_day day);
/* Is the year of this day arranged, in this release or in the configuration? */
bool zy_workday_known(zy_day day);

/* At start: "2027-01-01:off,2027-02-20:on", at most 100 days, each once; they go before the release's own. Empty: none. ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_workday_configure(zy_str text, zy_err *err);
