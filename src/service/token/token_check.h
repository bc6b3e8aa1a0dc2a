/* Checking codes against a customer's token; used by this room alone. */
#pragma once

#include <string.h>

#include "service/token/token_internal.h"

typedef struct token_check {
    zy_call *call;
    const char *event_ok, *event_wrong;
    unsigned states;  /* in which the token may be */
    zy_str serial;    /* empty: whatever the customer's token is */
    token_proof proof;
    /* results */
    zy_status result;
    token_row row;    /* the token before the check */
    bool known;
    int64_t step, drift;
} token_check;
/* One unit: takes a try, looks for the step, and uses the step up. ZY_FACTOR_WRONG, ZY_LOCKED. */
zy_status token_check_codes(token_check *check, zy_err *err);

/* The last four of a serial: what a customer is shown. */
static inline const char *token_serial_tail(const token_row *row)
{
    size_t n = strlen(row->serial);
    return row->serial + (n > 4 ? n - 4 : 0);
}
