/* Interest on deposits: by product (积数), exact in whole numbers; half a fen rounds up. Inside this room only. */
#pragma once

#include "service/ledger/dayend.h"

/* The last day of a quarter's interest: the 20th of March, June, September, December. */
bool interest_settles_on(zy_day day);
/* The rate of demand deposits on this day is the parameter's. */
zy_status interest_note_rate(zy_tx *tx, zy_day day, zy_err *err);
zy_status interest_accrue_day(zy_tx *tx, const account_span *span, zy_day day, zy_err *err);
/* Pays the span's accounts up to p->day under p->audit at p->now; fills count and total. */
zy_status interest_settle(zy_tx *tx, zy_env *env, interest_payment *p, zy_err *err);
