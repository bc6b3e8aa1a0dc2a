/* The client's encrypted local store: small files (the device's key, a login to resume), each sealed with SM4-GCM under a
 * key made of a passphrase or of a private key file. A file opens under its own name alone. */
#pragma once

#include "base/json.h"
#include "crypto/crypto.h"

/* Exactly one of the two. */
typedef struct zy_store_lock {
    const char *passphrase; /* PBKDF2 on HMAC-SM3, 200,000 rounds */
    const char *key_file;   /* 32 random bytes, mode 0600; made when it is missing */
} zy_store_lock;

#define ZY_STORE_BYTES_MAX 4096

/* Replaces path in one step (mode 0600). name: what it is, "device key". ZY_IO_ERROR, ZY_BAD_FIELD. */
ZY_CHECKED zy_status zy_store_write(const char *path, const zy_store_lock *lock, const char *name, const void *p, size_t n,
                                    zy_err *err);
/* ZY_NOT_FOUND; ZY_CONFIG_BAD when others may read it; ZY_SIGNATURE_BAD when the passphrase, the key file or the name is
 * another, or a byte was changed. *ret_bytes: the caller wipes it. */
ZY_CHECKED zy_status zy_store_read(const char *path, const zy_store_lock *lock, const char *name, zy_buf *ret_bytes, zy_err *err);

/* The device's key: loaded, or made and kept when there is none. */
ZY_CHECKED zy_status zy_store_device_key(const char *path, const zy_store_lock *lock, zy_sm2_key **ret_key, zy_err *err);
