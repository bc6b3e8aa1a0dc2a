/* Wrong tries: counted before a secret is checked, so that tries at the same time cannot slip through together. Used by
 * src/service/identity, and by bank/registration.
 *
 * A login counts twice: for the name that was typed, and for whom it means. What is shown (LOCKED) comes from the name's
 * counter alone, which is the same for somebody's and nobody's names; whether a login is let in, from both. So neither a
 * lock nor its absence tells whether a name is somebody's, or whether two names are the same person's.
 *
 * A customer's bound device has a counter of its own, so a stranger cannot lock him out there. A device and an address are
 * counted over all names: that is what stops one password being tried on many customers. */
#pragma once

#include "service/identity/identity.h"

typedef enum {
    ZY_TRY_LOGIN, ZY_TRY_PAY, ZY_TRY_PASSKEY, ZY_TRY_FACE, ZY_TRY_CARRIER, ZY_TRY_RESET_OF, ZY_TRY_USED, /* of a customer */
    ZY_TRY_ACCOUNT,                                                                      /* of an account: its own password; of a customer: cards that he adds */
    ZY_TRY_NAME, ZY_TRY_NOBODY, ZY_TRY_RESET, ZY_TRY_RESET_NOBODY,                       /* of a typed name */
} zy_try_kind;
/* Where a try comes from, whoever it is for. BOUND: a device that the customer has bound. */
typedef enum {
    ZY_FROM_DEVICE, ZY_FROM_ADDRESS,
    /* Registrations (bank/registration): who asks, and what was typed, whether it is somebody's or nobody's. */
    ZY_FROM_REGISTER_ADDRESS, ZY_FROM_REGISTER_DEVICE, ZY_FROM_REGISTER_PHONE, ZY_FROM_REGISTER_CARD, ZY_FROM_REGISTER_ID,
    ZY_FROM_ALIAS, /* aliases that one customer tries */
    ZY_FROM_FACE_DEVICE, /* faces in front of one device */
} zy_try_source;

/* Whose counter: a customer's secret, key, face or SIM card (LOGIN, PAY, PASSKEY, FACE, CARRIER; RESET_OF: a forgotten password; USED: a new password compared
 * with former ones), or the blind index of a typed name (NAME, RESET; NOBODY, RESET_NOBODY: the second counter of a name that is
 * nobody's). */
ZY_CHECKED zy_status zy_try_key(zy_env *env, zy_try_kind kind, zy_id customer, const uint8_t *name_index,
                                uint8_t out[ZY_SM3_BYTES]);
/* Takes a try, unless it is locked: 5 in a row failed less than 30 min ago, or 10 in a day (then until somebody lifts it). */
ZY_CHECKED zy_status zy_try_take(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, bool *ret_locked, zy_err *err);
/* The try was right: it does not count, and the row of wrong ones ends. */
ZY_CHECKED zy_status zy_try_forgive(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err);
/* Nobody could say whether the try was right (service/face, when its provider is away): as if it had not been taken. */
ZY_CHECKED zy_status zy_try_return(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err);
/* Was the last taken try the one that locks? For the notice to the customer. */
ZY_CHECKED zy_status zy_try_is_locked(zy_rtx *rtx, const uint8_t key[ZY_SM3_BYTES], zy_time now, bool *ret_locked, zy_err *err);
/* Locks it until somebody lifts it. */
ZY_CHECKED zy_status zy_try_block(zy_tx *tx, const uint8_t key[ZY_SM3_BYTES], zy_time now, zy_err *err);
/* Is it locked until somebody lifts it? */
ZY_CHECKED zy_status zy_try_is_blocked(zy_rtx *rtx, const uint8_t key[ZY_SM3_BYTES], bool *ret_blocked, zy_err *err);

/* The counter of a customer's own bound device, for LOGIN or RESET_OF; device_id as the session proved it. */
ZY_CHECKED zy_status zy_try_bound_key(zy_env *env, zy_try_kind kind, zy_id customer, zy_str device_id, uint8_t out[ZY_SM3_BYTES]);
/* The counter of a device or a network (zy_network_of). */
ZY_CHECKED zy_status zy_try_source_key(zy_env *env, zy_try_source source, zy_str value, uint8_t out[ZY_SM3_BYTES]);
/* Counts a wrong try of a source: every login.<source>_wrong_step of a day lock it for 30 min, login.<source>_wrong_day until
 * midnight in Beijing. A right try takes nothing back: else whoever has one account could go on for ever. */
ZY_CHECKED zy_status zy_try_source_wrong(zy_tx *tx, zy_env *env, zy_try_source source, const uint8_t key[ZY_SM3_BYTES], zy_time now,
                                         zy_err *err);
/* The same, before what is tried is looked at: a locked source takes no try, so that many at the same time cannot slip through.
 * What was right may be given back with zy_try_forgive where the source is a thing that was typed. Sources are taken in their
 * order, so that nobody waits in a circle. */
ZY_CHECKED zy_status zy_try_source_take(zy_tx *tx, zy_env *env, zy_try_source source, const uint8_t key[ZY_SM3_BYTES], zy_time now,
                                        bool *ret_locked, zy_err *err);
/* The parameters of the sources. */
void zy_tries_start(void);
