/* The table of keys and its file format. */
#include <string.h>

#include "crypto/keystore.h"

#define FORMAT           1
#define ENTRY_HEAD_BYTES 12
#define PASSPHRASE_MIN   8
#define PASSPHRASE_MAX   1024

static const char MAGIC[6] = "ZYKEYS";

static const struct {
    zy_key_kind kind;
    const char *name;
} PURPOSES[ZY_KEY_PURPOSE_END] = {
    [ZY_KEY_FIELD] = {ZY_KIND_SM4, "field"},
    [ZY_KEY_INDEX] = {ZY_KIND_HMAC, "index"},
    [ZY_KEY_CHANNEL] = {ZY_KIND_SM2, "channel"},
    [ZY_KEY_PASSWORD_BOX] = {ZY_KIND_SM2, "password-box"},
    [ZY_KEY_PEPPER] = {ZY_KIND_HMAC, "pepper"},
    [ZY_KEY_TOKEN] = {ZY_KIND_SM4, "token"},
    [ZY_KEY_BACKUP] = {ZY_KIND_SM4, "backup"},
    [ZY_KEY_AUDIT] = {ZY_KIND_SM2, "audit"},
    [ZY_KEY_SESSION] = {ZY_KIND_SM4, "session"},
    [ZY_KEY_RECEIPT] = {ZY_KIND_SM2, "receipt"},
    [ZY_KEY_CA] = {ZY_KIND_SM2, "ca"},
    [ZY_KEY_CLEARING] = {ZY_KIND_SM2, "clearing"},
    [ZY_KEY_CLEARING_BOX] = {ZY_KIND_SM2, "clearing-box"},
};

static bool purpose_known(unsigned purpose)
{
    return purpose > 0 && purpose < ZY_KEY_PURPOSE_END;
}

const char *zy_key_purpose_name(zy_key_purpose purpose)
{
    return purpose_known(purpose) ? PURPOSES[purpose].name : "unknown";
}

zy_status zy_key_purpose_parse(zy_str s, zy_key_purpose *ret_purpose)
{
    for (unsigned i = 1; i < ZY_KEY_PURPOSE_END; i++) {
        if (!zy_str_eq_c(s, PURPOSES[i].name))
            continue;
        *ret_purpose = (zy_key_purpose)i;
        return ZY_OK;
    }
    return ZY_BAD_FIELD;
}

zy_key_kind zy_key_kind_of(zy_key_purpose purpose)
{
    return PURPOSES[purpose].kind;
}

size_t zy_key_raw_bytes(zy_key_purpose purpose)
{
    return PURPOSES[purpose].kind == ZY_KIND_SM4 ? ZY_SM4_BYTES : ZY_KEY_RAW_MAX;
}

/* --- the table --- */

zy_keystore *zy_keystore_new(void)
{
    return zy_locked_new(sizeof(zy_keystore));
}

static void entry_clear(zy_key_entry *e)
{
    zy_sm2_key_free(e->sm2);
    zy_wipe(e, sizeof *e);
}

void zy_keystore_clear(zy_keystore *ks)
{
    for (size_t i = 0; i < ks->count; i++)
        entry_clear(&ks->entry[i]);
    ks->count = 0;
}

void zy_keystore_free(zy_keystore *ks)
{
    if (ks == NULL)
        return;
    zy_keystore_clear(ks);
    zy_locked_free(ks, sizeof *ks);
}

zy_status zy_keystore_unlock(zy_keystore *ks, zy_str passphrase)
{
    uint8_t master[ZY_SM3_BYTES];
    zy_status status = zy_pbkdf2_sm3(passphrase.p, passphrase.n, ks->salt, sizeof ks->salt,
                                     ks->rounds, master, sizeof master);
    if (status == ZY_OK)
        status =
            zy_hkdf_expand(master, ZY_STR("ZY keystore seal"), ks->seal_key, sizeof ks->seal_key);
    if (status == ZY_OK)
        status = zy_hkdf_expand(master, ZY_STR("ZY keystore mac"), ks->mac_key, sizeof ks->mac_key);
    zy_wipe(master, sizeof master);
    return status;
}

zy_status zy_keystore_new_passphrase(zy_keystore *ks, zy_str passphrase, zy_err *err)
{
    if (passphrase.n < PASSPHRASE_MIN || passphrase.n > PASSPHRASE_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "passphrase", "a passphrase has %d to %d bytes",
                       PASSPHRASE_MIN, PASSPHRASE_MAX);
    ks->rounds = ZY_KEYSTORE_ROUNDS;
    ZY_TRY(zy_random(ks->salt, sizeof ks->salt));
    return zy_keystore_unlock(ks, passphrase);
}

zy_key_entry *zy_keystore_find(zy_keystore *ks, zy_key_purpose purpose, uint16_t version)
{
    for (size_t i = 0; i < ks->count; i++)
        if (ks->entry[i].info.purpose == purpose && ks->entry[i].info.version == version)
            return &ks->entry[i];
    return NULL;
}

zy_key_entry *zy_keystore_active(zy_keystore *ks, zy_key_purpose purpose)
{
    for (size_t i = 0; i < ks->count; i++)
        if (ks->entry[i].info.purpose == purpose && ks->entry[i].info.state == ZY_KEY_ACTIVE)
            return &ks->entry[i];
    return NULL;
}

/* Where a new entry of this purpose belongs: behind all of the same and lower purposes. */
static size_t place_behind(const zy_keystore *ks, zy_key_purpose purpose)
{
    size_t at = 0;
    while (at < ks->count && ks->entry[at].info.purpose <= purpose)
        at++;
    return at;
}

/* From raw bytes to a usable key: the SM2 object and its public half. */
static zy_status entry_complete(zy_key_entry *e)
{
    e->info.is_sm2 = zy_key_kind_of(e->info.purpose) == ZY_KIND_SM2;
    if (!e->info.is_sm2 || e->info.state == ZY_KEY_DESTROYED)
        return ZY_OK;
    ZY_TRY(zy_sm2_from_scalar(e->raw, &e->sm2));
    zy_sm2_public(e->sm2, e->info.public_key);
    return ZY_OK;
}

static zy_status entry_generate(zy_key_entry *e)
{
    if (zy_key_kind_of(e->info.purpose) != ZY_KIND_SM2)
        return zy_random(e->raw, zy_key_raw_bytes(e->info.purpose));
    e->info.is_sm2 = true;
    ZY_TRY(zy_sm2_generate(&e->sm2));
    zy_sm2_public(e->sm2, e->info.public_key);
    return zy_sm2_to_scalar(e->sm2, e->raw);
}

zy_status zy_keystore_add(zy_keystore *ks, zy_key_purpose purpose, zy_time now, zy_err *err)
{
    if (!purpose_known(purpose))
        return zy_fail(err, ZY_BAD_FIELD, "purpose", "no such purpose");
    if (ks->count == ZY_KEYSTORE_ENTRIES_MAX)
        return zy_fail(err, ZY_OVERFLOW, NULL, "the keystore is full");
    zy_key_entry *former = zy_keystore_active(ks, purpose);
    if (former != NULL && former->info.version == UINT16_MAX)
        return zy_fail(err, ZY_OVERFLOW, NULL, "no version left for this purpose");
    zy_key_entry fresh = {.info = {.purpose = purpose, .state = ZY_KEY_ACTIVE, .created_at = now}};
    fresh.info.version = former != NULL ? (uint16_t)(former->info.version + 1) : 1;
    zy_status status = entry_generate(&fresh);
    if (status != ZY_OK) {
        entry_clear(&fresh);
        return zy_fail(err, status, NULL, "making a key failed");
    }
    if (former != NULL)
        former->info.state = ZY_KEY_DECRYPT_ONLY;
    size_t at = place_behind(ks, purpose);
    memmove(&ks->entry[at + 1], &ks->entry[at], (ks->count - at) * sizeof ks->entry[0]);
    ks->entry[at] = fresh;
    ks->count++;
    zy_wipe(&fresh, sizeof fresh);
    return ZY_OK;
}

void zy_keystore_drop_newest(zy_keystore *ks, zy_key_purpose purpose)
{
    zy_key_entry *newest = zy_keystore_active(ks, purpose);
    size_t at = (size_t)(newest - ks->entry);
    uint16_t version = newest->info.version;
    entry_clear(newest);
    ks->count--;
    memmove(newest, newest + 1, (ks->count - at) * sizeof ks->entry[0]);
    zy_wipe(&ks->entry[ks->count], sizeof ks->entry[0]);
    zy_key_entry *former = zy_keystore_find(ks, purpose, (uint16_t)(version - 1));
    if (former != NULL)
        former->info.state = ZY_KEY_ACTIVE;
}

/* --- the file format --- */

static void put_head(const zy_keystore *ks, uint8_t head[ZY_KEYSTORE_HEAD_BYTES])
{
    memcpy(head, MAGIC, sizeof MAGIC);
    zy_put_u16(head + 6, FORMAT);
    zy_put_u32(head + 8, ks->rounds);
    memcpy(head + 12, ks->salt, sizeof ks->salt);
    zy_put_u16(head + 28, (uint16_t)ks->count);
}

static void put_entry_head(const zy_key_info *info, uint8_t head[ENTRY_HEAD_BYTES])
{
    head[0] = (uint8_t)info->purpose;
    zy_put_u16(head + 1, info->version);
    head[3] = (uint8_t)info->state;
    zy_put_u64(head + 4, (uint64_t)info->created_at.ms);
}

/* The associated data of an entry: the file's head without the count, then its own. */
#define ENTRY_AAD(file_head, entry_head)                                                           \
    ZY_PARTS(ZY_PART((file_head), ZY_KEYSTORE_HEAD_BYTES - 2),                                     \
             ZY_PART((entry_head), ENTRY_HEAD_BYTES))

static size_t sealed_bytes(zy_key_purpose purpose)
{
    return ZY_GCM_IV_BYTES + zy_key_raw_bytes(purpose) + ZY_GCM_TAG_BYTES;
}

static zy_status encode_entry(const zy_keystore *ks, const uint8_t *file_head,
                              const zy_key_entry *e, zy_buf *out)
{
    uint8_t head[ENTRY_HEAD_BYTES], sealed[ZY_GCM_IV_BYTES + ZY_KEY_RAW_MAX + ZY_GCM_TAG_BYTES];
    put_entry_head(&e->info, head);
    zy_buf_add(out, head, sizeof head);
    if (e->info.state == ZY_KEY_DESTROYED)
        return ZY_OK;
    ZY_TRY(zy_random(sealed, ZY_GCM_IV_BYTES));
    ZY_TRY(zy_sm4_gcm_seal(ks->seal_key, sealed, ENTRY_AAD(file_head, head), e->raw,
                           zy_key_raw_bytes(e->info.purpose), sealed + ZY_GCM_IV_BYTES));
    zy_buf_add(out, sealed, sealed_bytes(e->info.purpose));
    return ZY_OK;
}

zy_status zy_keystore_encode(const zy_keystore *ks, zy_buf *out)
{
    uint8_t head[ZY_KEYSTORE_HEAD_BYTES], mac[ZY_SM3_BYTES];
    put_head(ks, head);
    zy_buf_add(out, head, sizeof head);
    for (size_t i = 0; i < ks->count; i++)
        ZY_TRY(encode_entry(ks, head, &ks->entry[i], out));
    if (zy_buf_failed(out))
        return ZY_NO_MEMORY;
    ZY_TRY(zy_hmac_sm3(ks->mac_key, sizeof ks->mac_key, &ZY_PART(out->p, out->n), 1, mac));
    zy_buf_add(out, mac, sizeof mac);
    return zy_buf_failed(out) ? ZY_NO_MEMORY : ZY_OK;
}

static zy_status malformed(zy_err *err)
{
    return zy_fail(err, ZY_CONFIG_BAD, NULL, "not a keystore file, or a damaged one");
}

zy_status zy_keystore_read_head(zy_str file, zy_keystore *ks, zy_err *err)
{
    if (file.n < ZY_KEYSTORE_HEAD_BYTES + ZY_SM3_BYTES || file.n > ZY_KEYSTORE_FILE_MAX ||
        memcmp(file.p, MAGIC, sizeof MAGIC) != 0)
        return malformed(err);
    uint8_t head[ZY_KEYSTORE_HEAD_BYTES];
    memcpy(head, file.p, sizeof head);
    uint32_t rounds = zy_get_u32(head + 8);
    if (zy_get_u16(head + 6) != FORMAT || rounds < ZY_KEYSTORE_ROUNDS ||
        rounds > ZY_KEYSTORE_ROUNDS_MAX || zy_get_u16(head + 28) > ZY_KEYSTORE_ENTRIES_MAX)
        return malformed(err);
    ks->rounds = rounds;
    memcpy(ks->salt, head + 12, sizeof ks->salt);
    return ZY_OK;
}

/* Ascending order, and one active version per purpose: its newest. */
static bool follows(const zy_key_entry *before, const zy_key_info *info)
{
    if (before == NULL)
        return true;
    if (info->purpose != before->info.purpose)
        return info->purpose > before->info.purpose && before->info.state == ZY_KEY_ACTIVE;
    return info->version > before->info.version && before->info.state != ZY_KEY_ACTIVE;
}

static bool take_entry_head(zy_str *rest, uint8_t head[ENTRY_HEAD_BYTES], zy_key_info *ret_info)
{
    if (rest->n < ENTRY_HEAD_BYTES)
        return false;
    memcpy(head, rest->p, ENTRY_HEAD_BYTES);
    *rest = zy_str_sub(*rest, ENTRY_HEAD_BYTES, rest->n);
    const unsigned state = head[3];
    const uint64_t created = zy_get_u64(head + 4);
    if (!purpose_known(head[0]) || state < ZY_KEY_ACTIVE || state > ZY_KEY_DESTROYED ||
        created > INT64_MAX)
        return false;
    *ret_info = (zy_key_info){.purpose = (zy_key_purpose)head[0],
                              .version = zy_get_u16(head + 1),
                              .state = (zy_key_state)state,
                              .created_at = {(int64_t)created}};
    return ret_info->version > 0;
}

static zy_status decode_entry(zy_str *rest, const uint8_t *file_head, zy_keystore *ks, zy_err *err)
{
    uint8_t head[ENTRY_HEAD_BYTES];
    zy_key_info info;
    if (!take_entry_head(rest, head, &info) ||
        !follows(ks->count > 0 ? &ks->entry[ks->count - 1] : NULL, &info))
        return malformed(err);
    zy_key_entry *e =
        &ks->entry[ks->count++]; /* counted at once: the caller clears what was read */
    e->info = info;
    if (info.state != ZY_KEY_DESTROYED) {
        const size_t n = sealed_bytes(info.purpose);
        if (rest->n < n)
            return malformed(err);
        uint8_t iv[ZY_GCM_IV_BYTES];
        memcpy(iv, rest->p, sizeof iv);
        if (zy_sm4_gcm_open(ks->seal_key, iv, ENTRY_AAD(file_head, head), rest->p + sizeof iv,
                            n - sizeof iv, e->raw) != ZY_OK)
            return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "a key of the keystore was altered");
        *rest = zy_str_sub(*rest, n, rest->n);
    }
    return entry_complete(e) == ZY_OK ? ZY_OK : malformed(err);
}

static zy_status decode_entries(zy_str rest, const uint8_t *file_head, zy_keystore *ks, zy_err *err)
{
    for (unsigned left = zy_get_u16(file_head + 28); left > 0; left--)
        ZY_TRY(decode_entry(&rest, file_head, ks, err));
    if (rest.n != 0 || (ks->count > 0 && ks->entry[ks->count - 1].info.state != ZY_KEY_ACTIVE))
        return malformed(err);
    return ZY_OK;
}

zy_status zy_keystore_decode(zy_str file, zy_keystore *ks, zy_err *err)
{
    ZY_TRY(zy_keystore_read_head(file, ks, err));
    const size_t body_n = file.n - ZY_SM3_BYTES;
    uint8_t mac[ZY_SM3_BYTES], head[ZY_KEYSTORE_HEAD_BYTES];
    ZY_TRY(zy_hmac_sm3(ks->mac_key, sizeof ks->mac_key, &ZY_PART(file.p, body_n), 1, mac));
    if (!zy_ct_equal(mac, file.p + body_n, sizeof mac))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "wrong passphrase, or an altered keystore");
    memcpy(head, file.p, sizeof head);
    zy_status status =
        decode_entries(zy_str_bytes(file.p + sizeof head, body_n - sizeof head), head, ks, err);
    if (status != ZY_OK)
        zy_keystore_clear(ks);
    return status;
}
