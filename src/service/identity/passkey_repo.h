/* The statements of passkeys and their challenges; used by src/service/identity alone. */
#pragma once

#include "crypto/webauthn.h"
#include "service/identity/identity_repo.h"

typedef struct passkey_row {
    zy_id id, customer, device;
    char state[16], reason[16];
    uint8_t public_key[ZY_WEBAUTHN_KEY_BYTES];
    int64_t sign_count;
    zy_time made_at, ended_at;
} passkey_row;
typedef struct passkey_new {
    zy_id id, customer, device;
    zy_str credential, name; /* name: sealed */
    const uint8_t *credential_digest, *public_key;
    int64_t sign_count;
} passkey_new;

/* ZY_ALREADY_EXISTS: a key with that credential id was there before, whosever it was. */
zy_status passkey_insert(zy_tx *tx, const passkey_new *row, zy_time now, zy_err *err);
/* Of that customer and device, on. ZY_NOT_FOUND. */
zy_status passkey_find(zy_rtx *rtx, zy_id customer, zy_id device, const uint8_t credential_digest[ZY_SM3_BYTES], passkey_row *ret_row,
                       zy_err *err);
zy_status passkey_by_id(zy_rtx *rtx, zy_id id, passkey_row *ret_row, zy_err *err);
/* id, name (sealed), state, reason, made_at, used_at, device; newest first, without removed ones. */
zy_status passkey_page(zy_rtx *rtx, zy_id customer, int limit, zy_stmt **ret_rows, zy_err *err);
/* The credential ids of those that are on, of a device. */
zy_status passkey_credentials(zy_rtx *rtx, zy_id customer, zy_id device, int limit, zy_stmt **ret_rows, zy_err *err);
/* Those that are not removed, and those of the device that are on. */
zy_status passkey_count(zy_rtx *rtx, zy_id customer, zy_id device, int64_t *ret_kept, int64_t *ret_on, zy_err *err);
/* A use: the counter has to have gone up, unless the authenticator has none. *ret_counted: it did, and the key is on. */
zy_status passkey_use(zy_tx *tx, zy_id id, int64_t sign_count, zy_time now, bool *ret_counted, zy_err *err);
zy_status passkey_rename(zy_tx *tx, zy_id customer, zy_id id, zy_str name_sealed, zy_err *err); /* ZY_NOT_FOUND */
/* Ends one (removed): ZY_NOT_FOUND. */
zy_status passkey_remove(zy_tx *tx, zy_id customer, zy_id id, zy_time now, zy_err *err);
zy_status passkey_switch_off(zy_tx *tx, zy_id id, const char *reason, zy_time now, zy_err *err);
/* Those of a device that are on, switched off; *ret_count: how many. */
zy_status passkey_switch_off_device(zy_tx *tx, zy_id customer, zy_id device, const char *reason, zy_time now, int64_t *ret_count,
                                    zy_err *err);
/* All that are left of a device or of a customer, removed; *ret_count may be NULL. */
zy_status passkey_drop_device(zy_tx *tx, zy_id device, const char *reason, zy_time now, int64_t *ret_count, zy_err *err);
zy_status passkey_drop_all(zy_tx *tx, zy_id customer, const char *reason, zy_time now, int64_t *ret_count, zy_err *err);

/* --- challenges --- */
typedef struct passkey_challenge {
    zy_id login;
    const char *purpose;
    uint8_t nonce[32], bound[ZY_SM3_BYTES];
    zy_time made_at;
} passkey_challenge;
/* One for a login, purpose and thing at a time: a new one takes the place of the former. */
zy_status passkey_challenge_put(zy_tx *tx, const passkey_challenge *c, zy_err *err);
/* Takes out the one for login, purpose and bound: finds nonce and made_at. ZY_NOT_FOUND when there is none, or another took it
 * at the same moment. */
zy_status passkey_challenge_take(zy_tx *tx, passkey_challenge *c, zy_err *err);
zy_status passkey_challenge_expire(zy_tx *tx, zy_time older_than, int max, int64_t *ret_dropped, zy_err *err);
