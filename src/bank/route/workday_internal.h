/* The table of src/bank/directory/make-tables.mjs. */
#pragma once

#include <stddef.h>

#include "bank/route/workday.h"

typedef struct workday_exception {
    int32_t day; /* since 1970-01-01 */
    bool works;
} workday_exception;

extern const workday_exception WORKDAY_EXCEPTIONS[]; /* by day */
extern const size_t WORKDAY_EXCEPTION_COUNT;
extern const int WORKDAY_LAST_YEAR;
