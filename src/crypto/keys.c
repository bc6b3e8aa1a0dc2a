/* The key service on the software device. Keys are used here and leave only sealed. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keystore.h"

#define NAME_MAX_BYTES 64
#define VERSION_BYTES  2

struct zy_keys {
    pthread_rwlock_t lock; /* over the table; a key in use holds it shared */
    char *path;
    uint8_t file_mac[ZY_SM3_BYTES]; /* what the file ended with when we last read or wrote it */
    zy_keystore *store;
};

static zy_keys *keys_new(const char *path)
{
    zy_keys *keys = calloc(1, sizeof *keys);
    zy_keystore *store = zy_keystore_new();
    if (keys == NULL || store == NULL) {
        free(keys);
        zy_keystore_free(store);
        return NULL;
    }
    pthread_rwlock_init(&keys->lock, NULL);
    keys->path = zy_str_dup(zy_str_of(path));
    keys->store = store;
    return keys;
}

void zy_keys_free(zy_keys *keys)
{
    if (keys == NULL)
        return;
    zy_keystore_free(keys->store);
    pthread_rwlock_destroy(&keys->lock);
    free(keys->path);
    free(keys);
}

static void remember_mac(zy_keys *keys, const zy_buf *file)
{
    memcpy(keys->file_mac, file->p + file->n - ZY_SM3_BYTES, ZY_SM3_BYTES);
}

/* --- life of the store --- */

zy_status zy_keys_create(const char *path, zy_str passphrase, const zy_clock *clock, zy_err *err)
{
    ZY_TRY(zy_crypto_start(err));
    ZY_AUTO(zy_keystore_free) zy_keystore *store = zy_keystore_new();
    if (store == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for keys");
    ZY_TRY(zy_keystore_new_passphrase(store, passphrase, err));
    for (int purpose = 1; purpose < ZY_KEY_PURPOSE_END; purpose++)
        ZY_TRY(zy_keystore_add(store, (zy_key_purpose)purpose, zy_clock_now(clock), err));
    ZY_AUTO_BUF file = {0};
    ZY_TRY(zy_keystore_encode(store, &file));
    return zy_keyfile_create(path, zy_buf_view(&file), err);
}

zy_status zy_keys_open(const char *path, zy_str passphrase, zy_keys **ret_keys, zy_err *err)
{
    ZY_TRY(zy_crypto_start(err));
    ZY_AUTO_BUF file = {0};
    ZY_TRY(zy_keyfile_read(path, &file, err));
    ZY_AUTO(zy_keys_free) zy_keys *keys = keys_new(path);
    if (keys == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for keys");
    ZY_TRY(zy_keystore_read_head(zy_buf_view(&file), keys->store, err));
    ZY_TRY(zy_keystore_unlock(keys->store, passphrase));
    ZY_TRY(zy_keystore_decode(zy_buf_view(&file), keys->store, err));
    remember_mac(keys, &file);
    *ret_keys = ZY_STEAL(keys);
    return ZY_OK;
}

static zy_status save(zy_keys *keys, const zy_keystore *store, zy_err *err)
{
    ZY_AUTO_BUF file = {0};
    ZY_TRY(zy_keystore_encode(store, &file));
    ZY_TRY(zy_keyfile_replace(keys->path, keys->file_mac, zy_buf_view(&file), err));
    remember_mac(keys, &file);
    return ZY_OK;
}

zy_status zy_keys_rotate(zy_keys *keys, zy_key_purpose purpose, const zy_clock *clock, zy_err *err)
{
    /* Blind indexes carry no version: under a new key every stored one would be missed. */
    if (purpose == ZY_KEY_INDEX)
        return zy_fail(err, ZY_STATE_CONFLICT, "purpose",
                       "the index key stays until all indexes are rebuilt");
    pthread_rwlock_wrlock(&keys->lock);
    zy_status status = zy_keystore_add(keys->store, purpose, zy_clock_now(clock), err);
    if (status == ZY_OK) {
        status = save(keys, keys->store, err);
        if (status != ZY_OK)
            zy_keystore_drop_newest(keys->store, purpose);
    }
    pthread_rwlock_unlock(&keys->lock);
    return status;
}

static zy_status destroy_locked(zy_keys *keys, zy_key_purpose purpose, uint16_t version,
                                zy_err *err)
{
    zy_key_entry *e = zy_keystore_find(keys->store, purpose, version);
    if (e == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "version", "no such key");
    if (e->info.state != ZY_KEY_DECRYPT_ONLY)
        return zy_fail(err, ZY_STATE_CONFLICT, "version",
                       "only a decrypt-only key can be destroyed");
    e->info.state = ZY_KEY_DESTROYED;
    zy_status status = save(keys, keys->store, err);
    if (status != ZY_OK) {
        e->info.state = ZY_KEY_DECRYPT_ONLY;
        return status;
    }
    zy_sm2_key_free(ZY_STEAL(e->sm2));
    zy_wipe(e->raw, sizeof e->raw);
    zy_wipe(e->info.public_key, sizeof e->info.public_key);
    return ZY_OK;
}

zy_status zy_keys_destroy(zy_keys *keys, zy_key_purpose purpose, uint16_t version, zy_err *err)
{
    pthread_rwlock_wrlock(&keys->lock);
    zy_status status = destroy_locked(keys, purpose, version, err);
    pthread_rwlock_unlock(&keys->lock);
    return status;
}

zy_status zy_keys_rewrap(zy_keys *keys, zy_str new_passphrase, zy_err *err)
{
    ZY_AUTO(zy_keystore_free) zy_keystore *fresh = zy_keystore_new();
    if (fresh == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for keys");
    ZY_TRY(zy_keystore_new_passphrase(fresh, new_passphrase, err)); /* costly: before the lock */
    pthread_rwlock_wrlock(&keys->lock);
    zy_keystore *store = keys->store;
    memcpy(fresh->entry, store->entry, store->count * sizeof store->entry[0]);
    fresh->count = store->count;
    zy_status status = save(keys, fresh, err);
    if (status == ZY_OK) {
        memcpy(store->salt, fresh->salt, sizeof store->salt);
        store->rounds = fresh->rounds;
        memcpy(store->seal_key, fresh->seal_key, sizeof store->seal_key);
        memcpy(store->mac_key, fresh->mac_key, sizeof store->mac_key);
    }
    pthread_rwlock_unlock(&keys->lock);
    fresh->count = 0; /* the SM2 objects stay with the store; the bytes are wiped with the memory */
    return status;
}

/* --- finding keys --- */

/* The lock is not part of what `const` promises: readers of a const service take it too. */
static zy_keys *lockable(const zy_keys *keys)
{
    union {
        const zy_keys *read;
        zy_keys *lock;
    } u = {keys};
    return u.lock;
}

/* What a use asks of a key's state. */
typedef enum { FOR_NEW, FOR_OLD } use;

/* The lock is held. Version 0: the active one. ZY_NOT_FOUND: unknown, destroyed, or too old for
 * this use. */
static zy_status pick(const zy_keys *keys, zy_key_purpose purpose, uint16_t version, use why,
                      const zy_key_entry **ret_entry)
{
    const zy_key_entry *e = version == 0 ? zy_keystore_active(keys->store, purpose)
                                         : zy_keystore_find(keys->store, purpose, version);
    if (e == NULL || e->info.state == ZY_KEY_DESTROYED ||
        (why == FOR_NEW && e->info.state != ZY_KEY_ACTIVE))
        return ZY_NOT_FOUND;
    *ret_entry = e;
    return ZY_OK;
}

typedef struct raw_key {
    uint8_t bytes[ZY_KEY_RAW_MAX];
    uint16_t version;
} raw_key;

static void raw_key_wipe(raw_key *k)
{
    zy_wipe(k, sizeof *k);
}
#define AUTO_RAW_KEY __attribute__((cleanup(raw_key_wipe))) raw_key

static zy_status copy_raw(const zy_keys *keys, zy_key_purpose purpose, uint16_t version, use why,
                          raw_key *ret_key)
{
    ZY_TRY(zy_crypto_gate());
    zy_keys *locked = lockable(keys);
    pthread_rwlock_rdlock(&locked->lock);
    const zy_key_entry *e = NULL;
    zy_status status = pick(keys, purpose, version, why, &e);
    if (status == ZY_OK) {
        memcpy(ret_key->bytes, e->raw, sizeof ret_key->bytes);
        ret_key->version = e->info.version;
    }
    pthread_rwlock_unlock(&locked->lock);
    return status;
}

size_t zy_keys_list(const zy_keys *keys, zy_key_info *out, size_t max)
{
    zy_keys *locked = lockable(keys);
    pthread_rwlock_rdlock(&locked->lock);
    size_t n = keys->store->count < max ? keys->store->count : max;
    for (size_t i = 0; i < n; i++)
        out[i] = keys->store->entry[i].info;
    pthread_rwlock_unlock(&locked->lock);
    return n;
}

zy_status zy_keys_active(const zy_keys *keys, zy_key_purpose purpose, zy_key_info *ret_info)
{
    zy_keys *locked = lockable(keys);
    pthread_rwlock_rdlock(&locked->lock);
    const zy_key_entry *e = NULL;
    zy_status status = pick(keys, purpose, 0, FOR_NEW, &e);
    if (status == ZY_OK)
        *ret_info = e->info;
    pthread_rwlock_unlock(&locked->lock);
    return status;
}

/* --- protected columns --- */

typedef struct {
    uint8_t p[16 + 2 * (NAME_MAX_BYTES + 1) + 8];
    size_t n;
} cell_aad;

static bool add_name(cell_aad *aad, const char *name)
{
    const size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_BYTES)
        return false;
    aad->p[aad->n++] = (uint8_t)n;
    memcpy(aad->p + aad->n, name, n);
    aad->n += n;
    return true;
}

/* "ZY cell" | purpose | version | table | column | row: the ciphertext opens in this place alone.
 */
static zy_status cell_bind(zy_key_purpose purpose, uint16_t version, zy_cell cell, cell_aad *aad)
{
    static const char LABEL[7] = "ZY cell";
    memcpy(aad->p, LABEL, sizeof LABEL);
    aad->p[7] = (uint8_t)purpose;
    zy_put_u16(aad->p + 8, version);
    aad->n = 10;
    if (!add_name(aad, cell.table) || !add_name(aad, cell.column))
        return ZY_BAD_FIELD;
    zy_put_u64(aad->p + aad->n, (uint64_t)cell.row.v);
    aad->n += 8;
    return ZY_OK;
}

static bool seals(zy_key_purpose purpose)
{
    return purpose == ZY_KEY_FIELD || purpose == ZY_KEY_TOKEN || purpose == ZY_KEY_SESSION ||
           purpose == ZY_KEY_BACKUP;
}

zy_status zy_keys_seal(zy_keys *keys, zy_key_purpose purpose, zy_cell cell, const void *plain,
                       size_t n, zy_buf *ret_sealed)
{
    if (!seals(purpose) || n > SIZE_MAX - ZY_SEALED_EXTRA)
        return ZY_BAD_FIELD;
    AUTO_RAW_KEY key;
    ZY_TRY(copy_raw(keys, purpose, 0, FOR_NEW, &key));
    cell_aad aad;
    ZY_TRY(cell_bind(purpose, key.version, cell, &aad));
    uint8_t *sealed = malloc(n + ZY_SEALED_EXTRA);
    if (sealed == NULL)
        return ZY_NO_MEMORY;
    uint8_t *iv = sealed + VERSION_BYTES;
    zy_put_u16(sealed, key.version);
    zy_status status = zy_random(iv, ZY_GCM_IV_BYTES);
    if (status == ZY_OK)
        status = zy_sm4_gcm_seal(key.bytes, iv, &ZY_PART(aad.p, aad.n), 1, plain, n,
                                 iv + ZY_GCM_IV_BYTES);
    if (status == ZY_OK) {
        zy_buf_add(ret_sealed, sealed, n + ZY_SEALED_EXTRA);
        status = zy_buf_failed(ret_sealed) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
    }
    free(sealed);
    return status;
}

zy_status zy_keys_open_cell(zy_keys *keys, zy_key_purpose purpose, zy_cell cell, const void *sealed,
                            size_t n, zy_buf *ret_plain)
{
    if (!seals(purpose))
        return ZY_BAD_FIELD;
    if (n < ZY_SEALED_EXTRA || zy_get_u16(sealed) == 0)
        return ZY_SIGNATURE_BAD;
    AUTO_RAW_KEY key;
    zy_status status = copy_raw(keys, purpose, zy_get_u16(sealed), FOR_OLD, &key);
    if (status !=
        ZY_OK) /* the version was altered, or its key is gone: either way it does not open */
        return status == ZY_NOT_FOUND ? ZY_SIGNATURE_BAD : status;
    cell_aad aad;
    ZY_TRY(cell_bind(purpose, key.version, cell, &aad));
    const uint8_t *iv = (const uint8_t *)sealed + VERSION_BYTES;
    const size_t plain_n = n - ZY_SEALED_EXTRA;
    uint8_t *plain = malloc(plain_n > 0 ? plain_n : 1);
    if (plain == NULL)
        return ZY_NO_MEMORY;
    status = zy_sm4_gcm_open_into(key.bytes, iv, &ZY_PART(aad.p, aad.n), 1, iv + ZY_GCM_IV_BYTES,
                                  plain_n + ZY_GCM_TAG_BYTES, plain);
    if (status == ZY_OK) {
        zy_buf_add(ret_plain, plain, plain_n);
        status = zy_buf_failed(ret_plain) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
    }
    zy_wipe(plain, plain_n);
    free(plain);
    return status;
}

/* --- keyed digests --- */

zy_status zy_keys_index(zy_keys *keys, const char *domain, zy_str value, uint8_t out[ZY_SM3_BYTES])
{
    const size_t n = strlen(domain);
    if (n == 0 || n > NAME_MAX_BYTES)
        return ZY_BAD_FIELD;
    AUTO_RAW_KEY key;
    ZY_TRY(copy_raw(keys, ZY_KEY_INDEX, 0, FOR_NEW, &key));
    const uint8_t domain_n = (uint8_t)n;
    return zy_hmac_sm3(key.bytes, sizeof key.bytes,
                       ZY_PARTS(ZY_PART(&domain_n, 1), ZY_PART(domain, n), ZY_PART_STR(value)),
                       out);
}

zy_status zy_keys_pepper(zy_keys *keys, uint16_t version, const void *p, size_t n,
                         uint8_t out[ZY_SM3_BYTES], uint16_t *ret_version)
{
    AUTO_RAW_KEY key;
    ZY_TRY(copy_raw(keys, ZY_KEY_PEPPER, version, FOR_OLD, &key));
    ZY_TRY(zy_hmac_sm3(key.bytes, sizeof key.bytes, &ZY_PART(p, n), 1, out));
    if (ret_version != NULL)
        *ret_version = key.version;
    return ZY_OK;
}

/* --- SM2 keys of the service --- */

/* What each signing key may sign: a key signs under one label alone. */
static const struct signer {
    zy_key_purpose purpose;
    zy_str label;
    use versions; /* hellos are signed for clients that still pin the former key */
} SIGNERS[] = {
    {ZY_KEY_CHANNEL, ZY_STR_INIT("ZSC1 server hello"), FOR_OLD},
    {ZY_KEY_AUDIT, ZY_STR_INIT("ZY audit checkpoint"), FOR_NEW},
    {ZY_KEY_RECEIPT, ZY_STR_INIT("ZY receipt"), FOR_NEW},
    {ZY_KEY_CLEARING, ZY_STR_INIT("ZY clearing"), FOR_NEW},
};

static const struct signer *signer_of(zy_key_purpose purpose)
{
    for (size_t i = 0; i < ZY_COUNT(SIGNERS); i++)
        if (SIGNERS[i].purpose == purpose)
            return &SIGNERS[i];
    return NULL;
}

zy_status zy_keys_sign(zy_keys *keys, zy_key_purpose purpose, uint16_t version, zy_str label,
                       const zy_part *parts, size_t count, uint8_t sig[ZY_SM2_SIG_BYTES])
{
    const struct signer *signer = signer_of(purpose);
    if (signer == NULL || !zy_str_eq(label, signer->label))
        return ZY_BAD_FIELD;
    pthread_rwlock_rdlock(&keys->lock);
    const zy_key_entry *e = NULL;
    zy_status status = pick(keys, purpose, version, signer->versions, &e);
    if (status == ZY_OK)
        status = zy_sm2_sign(e->sm2, label, parts, count, sig);
    pthread_rwlock_unlock(&keys->lock);
    return status;
}

zy_status zy_keys_lend(struct zy_keys *keys, int purpose,
                       zy_status (*fn)(const zy_sm2_key *key, void *arg), void *arg)
{
    ZY_TRY(zy_crypto_gate());
    pthread_rwlock_rdlock(&keys->lock);
    const zy_key_entry *e = NULL;
    zy_status status = pick(keys, (zy_key_purpose)purpose, 0, FOR_NEW, &e);
    if (status == ZY_OK)
        status = fn(e->sm2, arg);
    pthread_rwlock_unlock(&keys->lock);
    return status;
}

zy_status zy_keys_public(const zy_keys *keys, zy_key_purpose purpose, uint16_t version,
                         uint8_t out[ZY_SM2_PUB_BYTES])
{
    zy_keys *locked = lockable(keys);
    pthread_rwlock_rdlock(&locked->lock);
    const zy_key_entry *e = NULL;
    zy_status status = pick(keys, purpose, version, FOR_OLD, &e);
    if (status == ZY_OK && !e->info.is_sm2)
        status = ZY_BAD_FIELD;
    if (status == ZY_OK)
        memcpy(out, e->info.public_key, ZY_SM2_PUB_BYTES);
    pthread_rwlock_unlock(&locked->lock);
    return status;
}

zy_status zy_keys_decrypt(zy_keys *keys, uint16_t version, const void *cipher, size_t n,
                          uint8_t *out, size_t size, size_t *ret_n)
{
    pthread_rwlock_rdlock(&keys->lock);
    const zy_key_entry *e = NULL;
    zy_status status = pick(keys, ZY_KEY_PASSWORD_BOX, version, FOR_OLD, &e);
    if (status == ZY_OK)
        status = zy_sm2_decrypt(e->sm2, cipher, n, out, size, ret_n);
    pthread_rwlock_unlock(&keys->lock);
    return status;
}

zy_status zy_keys_clearing_open(zy_keys *keys, const void *cipher, size_t n, uint8_t *out, size_t size, size_t *ret_n)
{
    ZY_TRY(zy_crypto_gate());
    zy_status status = ZY_NOT_FOUND;
    pthread_rwlock_rdlock(&keys->lock);
    for (size_t i = keys->store->count; i > 0 && status != ZY_OK; i--) { /* newer versions stand behind older ones */
        const zy_key_entry *e = &keys->store->entry[i - 1];
        if (e->info.purpose == ZY_KEY_CLEARING_BOX && e->sm2 != NULL)
            status = zy_sm2_decrypt(e->sm2, cipher, n, out, size, ret_n);
    }
    pthread_rwlock_unlock(&keys->lock);
    return status;
}
