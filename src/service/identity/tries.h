/* Wrong tries: counted before a secret is checked, so that tries at the same time cannot slip through together. Used by
 * src/service/identity.
 *
 * A login counts twice: for the name that was typed, and for whom it means. What is shown (LOCKED) comes from the name's
 * counter alone, which is the same for somebody's and nobody's names; whether a login is let in, from both. So neither a
 * lock nor its absence tells whether a name is somebody's, or whether two names are the same person's. */
#pragma once

#include "service/identity/identity.h"

typedef enum { ZY_TRY_LOGIN, ZY_TRY_PAY, ZY_TRY_NAME, ZY_TRY_NOBODY } zy_try_kind;

/* Whose counter: a customer's secret (LOGIN, PAY), or the blind index of a typed name (NAME; NOBODY: the second counter of
 * a name that is nobody's). */
ZY_CHECKED zy_status zy_try_key(zy_env *env, zy_try_kind kind, zy_id customer, const uint8_t *name_index,
                                uint8_t out[ZY_SM3_BYTES]);
/* Takes a try, unless it is locked: 5 in a row failed less than 30 min ago, or 10 in a day (then until somebody lifts it). */
ZY_CHECKED zy_status zy_try_take(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, bool *ret_locked, zy_err *err);
/* The try was right: it does not count, and the row of wrong ones ends. */
ZY_CHECKED zy_status zy_try_forgive(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err);
/* Was the last taken try the one that locks? For the notice to the customer. */
ZY_CHECKED zy_status zy_try_is_locked(zy_rtx *rtx, const uint8_t key[ZY_SM3_BYTES], zy_time now, bool *ret_locked, zy_err *err);
/* Is it locked until somebody lifts it? */
ZY_CHECKED zy_status zy_try_is_blocked(zy_rtx *rtx, const uint8_t key[ZY_SM3_BYTES], bool *ret_blocked, zy_err *err);
