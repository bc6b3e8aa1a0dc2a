/* The keystore: the table of keys in locked memory, its file format, and the file. Internal.
 *
 * File: "ZYKEYS" | format u16 = 1 | rounds u32 | salt 16 | count u16 | entries | HMAC-SM3 of all
 * before (32) Entry: purpose u8 | version u16 | state u8 | created_ms u64 | (unless destroyed) iv
 * 12 | key | tag 16 Entries ascend by purpose and version. The entry's head and the file's salt and
 * rounds are the associated data of its seal. Both keys come by HKDF-Expand from PBKDF2 of the
 * passphrase. */
#pragma once

#include "crypto/internal.h"
#include "crypto/keys.h"

#define ZY_KEYSTORE_ROUNDS      100000
#define ZY_KEYSTORE_ROUNDS_MAX  10000000
#define ZY_KEYSTORE_ENTRIES_MAX 512
#define ZY_KEYSTORE_SALT_BYTES  16
#define ZY_KEYSTORE_HEAD_BYTES  30
#define ZY_KEYSTORE_FILE_MAX    (64 * 1024)
#define ZY_KEY_RAW_MAX          32

typedef struct zy_key_entry {
    zy_key_info info;
    uint8_t raw[ZY_KEY_RAW_MAX]; /* zero when destroyed */
    zy_sm2_key *sm2;             /* of SM2 purposes, NULL when destroyed */
} zy_key_entry;

typedef struct zy_keystore {
    uint8_t salt[ZY_KEYSTORE_SALT_BYTES];
    uint32_t rounds;
    uint8_t seal_key[ZY_SM4_BYTES];
    uint8_t mac_key[ZY_SM3_BYTES];
    size_t count;
    zy_key_entry entry[ZY_KEYSTORE_ENTRIES_MAX];
} zy_keystore;

typedef enum { ZY_KIND_SM4, ZY_KIND_HMAC, ZY_KIND_SM2 } zy_key_kind;
zy_key_kind zy_key_kind_of(zy_key_purpose purpose);
size_t zy_key_raw_bytes(zy_key_purpose purpose);

zy_keystore *zy_keystore_new(void); /* in locked memory */
void zy_keystore_free(zy_keystore *ks);
ZY_AUTO_DEFINE(zy_keystore, zy_keystore_free)
void zy_keystore_clear(zy_keystore *ks); /* frees and wipes the entries */

/* Fills seal_key and mac_key from the passphrase, salt and rounds (costly). */
ZY_CHECKED zy_status zy_keystore_unlock(zy_keystore *ks, zy_str passphrase);
/* A fresh salt, then as unlock. */
ZY_CHECKED zy_status zy_keystore_new_passphrase(zy_keystore *ks, zy_str passphrase, zy_err *err);

zy_key_entry *zy_keystore_find(zy_keystore *ks, zy_key_purpose purpose, uint16_t version);
zy_key_entry *zy_keystore_active(zy_keystore *ks, zy_key_purpose purpose);
/* Makes a key and puts it in its place as the active one; the former active becomes decrypt-only.
 */
ZY_CHECKED zy_status zy_keystore_add(zy_keystore *ks, zy_key_purpose purpose, zy_time now,
                                     zy_err *err);
/* Undoes the last zy_keystore_add of that purpose. */
void zy_keystore_drop_newest(zy_keystore *ks, zy_key_purpose purpose);

ZY_CHECKED zy_status zy_keystore_encode(const zy_keystore *ks, zy_buf *out);
/* Reads salt and rounds, which unlock needs, with bounds. ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_keystore_read_head(zy_str file, zy_keystore *ks, zy_err *err);
/* The whole file: MAC first, then the entries. ZY_SIGNATURE_BAD, ZY_CONFIG_BAD. ks is unlocked and
 * empty. */
ZY_CHECKED zy_status zy_keystore_decode(zy_str file, zy_keystore *ks, zy_err *err);

/* A regular file of ours, mode 0600 or stricter, of bounded length. */
ZY_CHECKED zy_status zy_keyfile_read(const char *path, zy_buf *ret_bytes, zy_err *err);
/* Makes a file that must not exist (ZY_ALREADY_EXISTS). */
ZY_CHECKED zy_status zy_keyfile_create(const char *path, zy_str bytes, zy_err *err);
/* Replaces the file in one step when it still ends with `last_mac`: ZY_STATE_CONFLICT when somebody
 * else has written it since. */
ZY_CHECKED zy_status zy_keyfile_replace(const char *path, const uint8_t last_mac[ZY_SM3_BYTES],
                                        zy_str bytes, zy_err *err);
