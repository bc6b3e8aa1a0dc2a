/* The key service: keys by purpose, version and state, in the shape of the national device interface
 * (SDF, GM/T 0018). The software device keeps them in an encrypted keystore file; keys never leave. */
#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "crypto/crypto.h"

typedef enum zy_key_purpose {
    ZY_KEY_FIELD = 1,      /* SM4: protected columns */
    ZY_KEY_INDEX,          /* HMAC-SM3: blind indexes */
    ZY_KEY_CHANNEL,        /* SM2: server hello signatures */
    ZY_KEY_PASSWORD_BOX,   /* SM2: passwords encrypted by clients */
    ZY_KEY_PEPPER,         /* HMAC-SM3: over the password hash */
    ZY_KEY_TOKEN,          /* SM4: seeds of one-time codes */
    ZY_KEY_BACKUP,         /* SM4: backups */
    ZY_KEY_AUDIT,          /* SM2: audit checkpoints */
    ZY_KEY_SESSION,        /* SM4: k_res of login sessions */
    ZY_KEY_RECEIPT,        /* SM2: receipts */
    ZY_KEY_CA,             /* SM2: certificates and revocation lists of the bank's own CA (crypto/x509.h) */
    ZY_KEY_CLEARING,       /* SM2: messages to the clearing house */
    ZY_KEY_CLEARING_BOX,   /* SM2: fields that the clearing house encrypts to the bank */
    ZY_KEY_PURPOSE_END
} zy_key_purpose;

typedef enum { ZY_KEY_ACTIVE = 1, ZY_KEY_DECRYPT_ONLY, ZY_KEY_DESTROYED } zy_key_state;

typedef struct zy_keys zy_keys; /* may be shared between threads */

typedef struct zy_key_info {
    zy_key_purpose purpose;
    uint16_t version; /* 1.. ; for SM2 purposes this is the wire's key id */
    zy_key_state state;
    zy_time created_at;
    bool is_sm2;
    uint8_t public_key[ZY_SM2_PUB_BYTES]; /* is_sm2 only */
} zy_key_info;

/* Makes a keystore file (0600, must not exist) with one active key of each purpose. The master key is
 * PBKDF2-HMAC-SM3 (salt in the file, 100,000 rounds) of the passphrase; each entry is SM4-GCM sealed
 * with purpose, version and state as associated data, and the whole file carries a MAC. */
ZY_CHECKED zy_status zy_keys_create(const char *path, zy_str passphrase, const zy_clock *clock, zy_err *err);
/* ZY_NOT_FOUND: no file; ZY_CONFIG_BAD: mode looser than 0600, or no keystore; ZY_SIGNATURE_BAD: wrong
 * passphrase, or an altered file. */
ZY_CHECKED zy_status zy_keys_open(const char *path, zy_str passphrase, zy_keys **ret_keys, zy_err *err);
void zy_keys_free(zy_keys *keys); /* wipes */
ZY_AUTO_DEFINE(zy_keys, zy_keys_free)
/* Adds a new active version; the former becomes decrypt-only. Saves the file atomically; when that fails
 * nothing has changed. ZY_STATE_CONFLICT for INDEX (blind indexes carry no version) and when another
 * process has changed the file since. */
ZY_CHECKED zy_status zy_keys_rotate(zy_keys *keys, zy_key_purpose purpose, const zy_clock *clock, zy_err *err);
/* Destroys a decrypt-only version (its bytes are gone). ZY_STATE_CONFLICT for an active one. */
ZY_CHECKED zy_status zy_keys_destroy(zy_keys *keys, zy_key_purpose purpose, uint16_t version, zy_err *err);
/* Seals the same keys under a new passphrase. */
ZY_CHECKED zy_status zy_keys_rewrap(zy_keys *keys, zy_str new_passphrase, zy_err *err);
size_t zy_keys_list(const zy_keys *keys, zy_key_info *out, size_t max);
const char *zy_key_purpose_name(zy_key_purpose purpose);
ZY_CHECKED zy_status zy_key_purpose_parse(zy_str s, zy_key_purpose *ret_purpose);
ZY_CHECKED zy_status zy_keys_active(const zy_keys *keys, zy_key_purpose purpose, zy_key_info *ret_info);

/* --- Protected columns --- */
/* Where a ciphertext stands; it opens nowhere else. */
typedef struct zy_cell { const char *table; const char *column; zy_id row; } zy_cell;
/* Output: version u16 | iv 12 | ciphertext | tag: n + ZY_SEALED_EXTRA bytes. purpose: FIELD, TOKEN,
 * SESSION or BACKUP. The bytes are appended to ret_sealed. */
#define ZY_SEALED_EXTRA 30
ZY_CHECKED zy_status zy_keys_seal(zy_keys *keys, zy_key_purpose purpose, zy_cell cell, const void *plain,
                                  size_t n, zy_buf *ret_sealed);
/* ZY_SIGNATURE_BAD when it was altered or moved from another cell. The plaintext goes to a buffer
 * that the caller wipes (ZY_AUTO_SECRET_BUF). */
ZY_CHECKED zy_status zy_keys_open_cell(zy_keys *keys, zy_key_purpose purpose, zy_cell cell, const void *sealed,
                                       size_t n, zy_buf *ret_plain);
/* Keyed blind index of a normalised value, for `domain` ("customer.phone"): equal values give equal indexes. */
ZY_CHECKED zy_status zy_keys_index(zy_keys *keys, const char *domain, zy_str value, uint8_t out[ZY_SM3_BYTES]);
/* HMAC with the pepper of a version (0: the active one, told back). */
ZY_CHECKED zy_status zy_keys_pepper(zy_keys *keys, uint16_t version, const void *p, size_t n, uint8_t out[ZY_SM3_BYTES],
                                    uint16_t *ret_version);
/* --- SM2 with keys of the service --- version 0: the active one */
/* CHANNEL signs server hellos, AUDIT audit checkpoints, RECEIPT receipts, CLEARING messages to the clearing house: another label is
 * ZY_BAD_FIELD.
 * A decrypt-only version signs hellos alone (clients may still pin it): otherwise ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_keys_sign(zy_keys *keys, zy_key_purpose purpose, uint16_t version, zy_str label,
                                  const zy_part *parts, size_t count, uint8_t sig[ZY_SM2_SIG_BYTES]);
ZY_CHECKED zy_status zy_keys_public(const zy_keys *keys, zy_key_purpose purpose, uint16_t version,
                                    uint8_t out[ZY_SM2_PUB_BYTES]); /* ZY_NOT_FOUND: unknown or destroyed */
ZY_CHECKED zy_status zy_keys_decrypt(zy_keys *keys, uint16_t version, const void *cipher, size_t n, uint8_t *out,
                                     size_t size, size_t *ret_n); /* PASSWORD_BOX */
/* The same with CLEARING_BOX: with the active version, then with those that decrypt only (the house may not have our new key yet). */
ZY_CHECKED zy_status zy_keys_clearing_open(zy_keys *keys, const void *cipher, size_t n, uint8_t *out, size_t size, size_t *ret_n);

/* --- Secrets that people type --- */
typedef struct zy_secret { uint8_t bytes[64]; size_t n; } zy_secret; /* no log or JSON function takes it */
void zy_secret_wipe(zy_secret *s);
#define ZY_AUTO_SECRET __attribute__((cleanup(zy_secret_wipe))) zy_secret

/* Password record: salt 16 | rounds u32 | pepper version u16 | HMAC(pepper, PBKDF2(...)) 32. */
#define ZY_PASSWORD_RECORD_BYTES 54
ZY_CHECKED zy_status zy_password_make(zy_keys *keys, const zy_secret *secret, unsigned rounds,
                                      uint8_t record[ZY_PASSWORD_RECORD_BYTES]);
/* ZY_FACTOR_WRONG when it does not match (constant time). The costly PBKDF2 is inside. */
ZY_CHECKED zy_status zy_password_check(zy_keys *keys, const zy_secret *secret,
                                       const uint8_t record[ZY_PASSWORD_RECORD_BYTES]);
/* A record that no password matches and that costs the same to check: for unknown users. */
ZY_CHECKED zy_status zy_password_dummy(zy_keys *keys, unsigned rounds, uint8_t record[ZY_PASSWORD_RECORD_BYTES]);
/* Opens what a client encrypted to a challenge (secure-channel.md, "Passwords"): decrypts the DER
 * cipher with PASSWORD_BOX key `key_id`, checks length 82, challenge, purpose, padding; wipes.
 * ZY_CHALLENGE_BAD. */
ZY_CHECKED zy_status zy_secret_open(zy_keys *keys, uint16_t key_id, const void *cipher, size_t n,
                                    const uint8_t challenge[16], uint8_t purpose, zy_secret *ret_secret);
