/* The key service: keystore file, protected columns, key life, secrets that people type. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "crypto/keystore.h"
#include "zy_test.h"

#define PASSPHRASE ZY_STR("correct horse battery staple")

typedef struct {
    char folder[64], path[96];
    zy_clock *clock;
    zy_keys *keys;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/zy-keys-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/keystore", f->folder);
    f->clock = zy_clock_fake_new((zy_time){1700000000000});
    zy_err err = {0};
    ASSERT_OK(zy_keys_create(f->path, PASSPHRASE, f->clock, &err));
    ASSERT_OK(zy_keys_open(f->path, PASSPHRASE, &f->keys, &err));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    zy_fault_arm("", 0, ZY_OK);
    zy_keys_free(f->keys);
    zy_clock_fake_free(f->clock);
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0); /* nothing else was left behind */
    free(f);
    return 0;
}

static void reopen(fixture *f)
{
    zy_keys_free(f->keys);
    f->keys = NULL;
    ASSERT_OK(zy_keys_open(f->path, PASSPHRASE, &f->keys, NULL));
}

static zy_buf slurp(const char *path)
{
    zy_buf b = {0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        zy_buf_add(&b, chunk, n);
    fclose(file);
    return b;
}

static void spill(const char *path, const void *p, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(p, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static zy_status try_open(const fixture *f, zy_str passphrase)
{
    zy_keys *keys = NULL;
    zy_status status = zy_keys_open(f->path, passphrase, &keys, NULL);
    assert_true((status == ZY_OK) == (keys != NULL));
    zy_keys_free(keys);
    return status;
}

/* --- the file --- */

static void a_new_keystore_has_one_active_key_of_each_purpose(void **state)
{
    ZY_PROVES("mb.key-separation.b");
    fixture *f = *state;
    zy_key_info info[32];
    size_t n = zy_keys_list(f->keys, info, ZY_COUNT(info));
    assert_int_equal(n, ZY_KEY_PURPOSE_END - 1);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(info[i].purpose, i + 1);
        assert_int_equal(info[i].version, 1);
        assert_int_equal(info[i].state, ZY_KEY_ACTIVE);
        assert_int_equal(info[i].created_at.ms, 1700000000000);
        assert_int_equal(info[i].is_sm2, zy_key_kind_of(info[i].purpose) == ZY_KIND_SM2);
        zy_key_purpose back;
        ASSERT_OK(zy_key_purpose_parse(zy_str_of(zy_key_purpose_name(info[i].purpose)), &back));
        assert_int_equal(back, info[i].purpose);
        for (size_t k = 0; info[i].is_sm2 && k < i; k++)
            if (info[k].is_sm2)
                assert_memory_not_equal(info[i].public_key, info[k].public_key, ZY_SM2_PUB_BYTES);
    }
    zy_key_purpose none;
    ASSERT_STATUS(zy_key_purpose_parse(ZY_STR("fields"), &none), ZY_BAD_FIELD);
    assert_int_equal(zy_keys_list(f->keys, info, 3), 3);
}

static void the_file_is_private_and_made_only_once(void **state)
{
    ZY_PROVES("mb.key-basic.c");
    fixture *f = *state;
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    ZY_AUTO_BUF before = slurp(f->path);
    ASSERT_STATUS(zy_keys_create(f->path, PASSPHRASE, f->clock, NULL), ZY_ALREADY_EXISTS);
    ZY_AUTO_BUF after = slurp(f->path);
    assert_int_equal(before.n, after.n);
    assert_memory_equal(before.p, after.p, after.n);
}

static bool holds(const zy_buf *hay, const uint8_t *needle, size_t n)
{
    return memmem(hay->p, hay->n, needle, n) != NULL;
}

static void no_key_stands_in_the_file_in_clear(void **state)
{
    ZY_PROVES("j225.6.1.4.b1", "mb.key-basic.c", "mb.key-lifecycle.d1", "mb.key-lifecycle.b3");
    fixture *f = *state;
    ZY_AUTO_BUF file = slurp(f->path);
    ZY_AUTO(zy_keystore_free) zy_keystore *ks = zy_keystore_new();
    ASSERT_OK(zy_keystore_read_head(zy_buf_view(&file), ks, NULL));
    ASSERT_OK(zy_keystore_unlock(ks, PASSPHRASE));
    ASSERT_OK(zy_keystore_decode(zy_buf_view(&file), ks, NULL));
    assert_int_equal(ks->count, ZY_KEY_PURPOSE_END - 1);
    for (size_t i = 0; i < ks->count; i++)
        assert_false(holds(&file, ks->entry[i].raw, 8)); /* not even eight bytes of one */
    assert_false(holds(&file, ks->seal_key, 8));
    assert_false(holds(&file, ks->mac_key, 8));
}

static void a_wrong_passphrase_opens_nothing(void **state)
{
    ZY_PROVES("j225.6.1.4.b2");
    fixture *f = *state;
    ASSERT_STATUS(try_open(f, ZY_STR("correct horse battery stapl")), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(try_open(f, (zy_str){NULL, 0}), ZY_SIGNATURE_BAD);
    ASSERT_OK(try_open(f, PASSPHRASE));
    char other[112];
    snprintf(other, sizeof other, "%s2", f->path);
    ASSERT_STATUS(zy_keys_create(other, ZY_STR("short"), f->clock, NULL), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_keys_open(other, PASSPHRASE, &(zy_keys *){NULL}, NULL), ZY_NOT_FOUND);
}

static void a_loose_mode_or_a_link_is_refused(void **state)
{
    ZY_PROVES("j225.6.1.4.b2", "mb.key-basic.c");
    fixture *f = *state;
    static const mode_t LOOSE[] = {0640, 0604, 0660, 0666, 0610, 0700, 0644};
    for (size_t i = 0; i < ZY_COUNT(LOOSE); i++) {
        assert_int_equal(chmod(f->path, LOOSE[i]), 0);
        ASSERT_STATUS(try_open(f, PASSPHRASE), ZY_CONFIG_BAD);
    }
    assert_int_equal(chmod(f->path, 0400), 0);
    ASSERT_OK(try_open(f, PASSPHRASE));
    char link_path[112];
    snprintf(link_path, sizeof link_path, "%s.link", f->path);
    assert_int_equal(symlink(f->path, link_path), 0);
    ASSERT_STATUS(zy_keys_open(link_path, PASSPHRASE, &(zy_keys *){NULL}, NULL), ZY_IO_ERROR);
    assert_int_equal(unlink(link_path), 0);
}

/* Decodes with the right keys, so that no case costs a PBKDF2. */
static void every_altered_byte_and_every_cut_is_refused(void **state)
{
    fixture *f = *state;
    ZY_AUTO_BUF file = slurp(f->path);
    ZY_AUTO(zy_keystore_free) zy_keystore *ks = zy_keystore_new();
    ASSERT_OK(zy_keystore_read_head(zy_buf_view(&file), ks, NULL));
    ASSERT_OK(zy_keystore_unlock(ks, PASSPHRASE));
    for (size_t i = 0; i < file.n; i++) {
        file.p[i] ^= 0x20;
        zy_status status = zy_keystore_decode(zy_buf_view(&file), ks, NULL);
        assert_true(status == ZY_SIGNATURE_BAD || status == ZY_CONFIG_BAD);
        assert_int_equal(ks->count, 0);
        file.p[i] ^= 0x20;
        status = zy_keystore_decode(zy_str_bytes(file.p, i), ks, NULL);
        assert_true(status == ZY_SIGNATURE_BAD || status == ZY_CONFIG_BAD);
    }
    ASSERT_OK(zy_keystore_decode(zy_buf_view(&file), ks, NULL));
}

static void an_altered_or_cut_file_does_not_open(void **state)
{
    fixture *f = *state;
    ZY_AUTO_BUF file = slurp(f->path);
    file.p[file.n / 2] ^= 1;
    spill(f->path, file.p, file.n);
    ASSERT_STATUS(try_open(f, PASSPHRASE), ZY_SIGNATURE_BAD);
    file.p[file.n / 2] ^= 1;
    spill(f->path, file.p, file.n - 1);
    ASSERT_STATUS(try_open(f, PASSPHRASE), ZY_SIGNATURE_BAD);
    spill(f->path, file.p, 0);
    ASSERT_STATUS(try_open(f, PASSPHRASE), ZY_CONFIG_BAD);
    static char large[ZY_KEYSTORE_FILE_MAX + 1];
    memcpy(large, file.p, file.n);
    spill(f->path, large, sizeof large);
    ASSERT_STATUS(try_open(f, PASSPHRASE), ZY_CONFIG_BAD);
}

/* Even with a right MAC, an entry that was moved to another purpose does not open. */
static void a_key_cannot_be_given_another_purpose(void **state)
{
    ZY_PROVES("j225.6.1.4.c", "mb.key-separation.b");
    fixture *f = *state;
    ZY_AUTO_BUF file = slurp(f->path);
    ZY_AUTO(zy_keystore_free) zy_keystore *ks = zy_keystore_new();
    ASSERT_OK(zy_keystore_read_head(zy_buf_view(&file), ks, NULL));
    ASSERT_OK(zy_keystore_unlock(ks, PASSPHRASE));
    const size_t last = file.n - ZY_SM3_BYTES - (12 + 12 + 32 + 16); /* the last entry */
    assert_int_equal(file.p[last], ZY_KEY_PURPOSE_END - 1);
    uint8_t *mac = (uint8_t *)file.p + file.n - ZY_SM3_BYTES;
    static const struct {
        size_t at;
        char byte;
    } MOVES[] = {
        {0, ZY_KEY_PURPOSE_END}, /* no such purpose */
        {2, 2},                  /* another version */
        {3, ZY_KEY_DECRYPT_ONLY},
        {11, 1}, /* another age */
    };
    for (size_t i = 0; i < ZY_COUNT(MOVES); i++) {
        const char was = file.p[last + MOVES[i].at];
        file.p[last + MOVES[i].at] = MOVES[i].byte;
        ASSERT_OK(zy_hmac_sm3(ks->mac_key, 32, &ZY_PART(file.p, file.n - ZY_SM3_BYTES), 1, mac));
        zy_status status = zy_keystore_decode(zy_buf_view(&file), ks, NULL);
        assert_true(status == ZY_SIGNATURE_BAD || status == ZY_CONFIG_BAD);
        file.p[last + MOVES[i].at] = was;
    }
    ASSERT_OK(zy_hmac_sm3(ks->mac_key, 32, &ZY_PART(file.p, file.n - ZY_SM3_BYTES), 1, mac));
    ASSERT_OK(zy_keystore_decode(zy_buf_view(&file), ks, NULL));
}

static void a_failed_save_changes_nothing(void **state)
{
    fixture *f = *state;
    static const char *const POINTS[] = {"crypto.keyfile.write", "crypto.keyfile.rename"};
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_CHANNEL, f->clock, NULL));
    ZY_AUTO_BUF before = slurp(f->path);
    zy_key_info list[32], again[32];
    size_t n = zy_keys_list(f->keys, list, 32);
    for (size_t i = 0; i < ZY_COUNT(POINTS); i++) {
        zy_fault_arm(POINTS[i], 1, ZY_IO_ERROR);
        ASSERT_STATUS(zy_keys_rotate(f->keys, ZY_KEY_FIELD, f->clock, NULL), ZY_IO_ERROR);
        zy_fault_arm(POINTS[i], 1, ZY_IO_ERROR);
        ASSERT_STATUS(zy_keys_destroy(f->keys, ZY_KEY_CHANNEL, 1, NULL), ZY_IO_ERROR);
        zy_fault_arm(POINTS[i], 1, ZY_IO_ERROR);
        ASSERT_STATUS(zy_keys_rewrap(f->keys, ZY_STR("another passphrase"), NULL), ZY_IO_ERROR);
        zy_fault_arm("", 0, ZY_OK);
        assert_int_equal(zy_keys_list(f->keys, again, 32), n);
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(list[k].state, again[k].state);
            assert_int_equal(list[k].version, again[k].version);
        }
        ZY_AUTO_BUF after = slurp(f->path);
        assert_int_equal(before.n, after.n);
        assert_memory_equal(before.p, after.p, before.n);
    }
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_FIELD, f->clock, NULL)); /* and it still works */
    reopen(f);
}

static void two_writers_do_not_lose_each_others_keys(void **state)
{
    fixture *f = *state;
    zy_keys *second = NULL;
    ASSERT_OK(zy_keys_open(f->path, PASSPHRASE, &second, NULL));
    ASSERT_OK(zy_keys_rotate(second, ZY_KEY_AUDIT, f->clock, NULL));
    ASSERT_STATUS(zy_keys_rotate(f->keys, ZY_KEY_FIELD, f->clock, NULL), ZY_STATE_CONFLICT);
    zy_keys_free(second);
    reopen(f);
    zy_key_info info;
    ASSERT_OK(zy_keys_active(f->keys, ZY_KEY_AUDIT, &info));
    assert_int_equal(info.version, 2);
}

static void rewrap_changes_the_passphrase_and_keeps_the_keys(void **state)
{
    fixture *f = *state;
    uint8_t before[ZY_SM3_BYTES], after[ZY_SM3_BYTES];
    ASSERT_OK(zy_keys_index(f->keys, "t", ZY_STR("v"), before));
    ASSERT_STATUS(zy_keys_rewrap(f->keys, ZY_STR("short"), NULL), ZY_BAD_FIELD);
    ASSERT_OK(zy_keys_rewrap(f->keys, ZY_STR("a new passphrase"), NULL));
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_FIELD, f->clock, NULL)); /* saves under the new one */
    ASSERT_STATUS(try_open(f, PASSPHRASE), ZY_SIGNATURE_BAD);
    zy_keys_free(f->keys);
    f->keys = NULL;
    ASSERT_OK(zy_keys_open(f->path, ZY_STR("a new passphrase"), &f->keys, NULL));
    ASSERT_OK(zy_keys_index(f->keys, "t", ZY_STR("v"), after));
    assert_memory_equal(before, after, sizeof before);
}

/* --- protected columns --- */

static const zy_cell CELL = {"customer_identity", "phone_enc", {4711}};

static zy_buf seal_text(fixture *f, zy_cell cell, const char *text)
{
    zy_buf sealed = {0};
    ASSERT_OK(zy_keys_seal(f->keys, ZY_KEY_FIELD, cell, text, strlen(text), &sealed));
    assert_int_equal(sealed.n, strlen(text) + ZY_SEALED_EXTRA);
    return sealed;
}

static zy_status open_text(fixture *f, zy_cell cell, const zy_buf *sealed, const char *want)
{
    ZY_AUTO_SECRET_BUF plain = {0};
    zy_status status = zy_keys_open_cell(f->keys, ZY_KEY_FIELD, cell, sealed->p, sealed->n, &plain);
    if (status == ZY_OK)
        ASSERT_STR(zy_buf_view(&plain), want);
    else
        assert_int_equal(plain.n, 0);
    return status;
}

static void a_column_opens_in_its_own_cell_alone(void **state)
{
    ZY_PROVES("mb.crypto-common.b-1", "mb.crypto-common.b-2", "mb.crypto-plan.a-2",
              "mb.crypto-plan.a-3");
    fixture *f = *state;
    ZY_AUTO_BUF sealed = seal_text(f, CELL, "13800138000");
    ASSERT_OK(open_text(f, CELL, &sealed, "13800138000"));
    const zy_cell elsewhere[] = {
        {"customer_identity", "phone_enc", {4712}},
        {"customer_identity", "name_enc", {4711}},
        {"staff", "phone_enc", {4711}},
        {"customer_identit", "yphone_enc", {4711}}, /* the same letters, cut elsewhere */
    };
    for (size_t i = 0; i < ZY_COUNT(elsewhere); i++)
        ASSERT_STATUS(open_text(f, elsewhere[i], &sealed, ""), ZY_SIGNATURE_BAD);
    ZY_AUTO_SECRET_BUF plain = {0};
    ASSERT_STATUS(zy_keys_open_cell(f->keys, ZY_KEY_TOKEN, CELL, sealed.p, sealed.n, &plain),
                  ZY_SIGNATURE_BAD);
}

static void swapped_rows_are_noticed(void **state)
{
    ZY_PROVES("mb.crypto-common.b-2", "mb.crypto-plan.a-3");
    fixture *f = *state;
    const zy_cell a = {"customer_identity", "id_no_enc", {1}},
                  b = {"customer_identity", "id_no_enc", {2}};
    ZY_AUTO_BUF of_a = seal_text(f, a, "110101199001011237"),
                of_b = seal_text(f, b, "110101199001015553");
    ASSERT_STATUS(open_text(f, a, &of_b, ""), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(open_text(f, b, &of_a, ""), ZY_SIGNATURE_BAD);
}

static void every_altered_byte_of_a_column_is_noticed(void **state)
{
    ZY_PROVES("mb.crypto-common.b-2");
    fixture *f = *state;
    ZY_AUTO_BUF sealed = seal_text(f, CELL, "6217001234567890123");
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] ^= 1; /* bytes 0 and 1: a version that never was */
        ASSERT_STATUS(open_text(f, CELL, &sealed, ""), ZY_SIGNATURE_BAD);
        sealed.p[i] ^= 1;
        const zy_buf cut = {.p = sealed.p, .n = i};
        ASSERT_STATUS(open_text(f, CELL, &cut, ""), ZY_SIGNATURE_BAD);
    }
    sealed.p[1] = 0; /* version 0 must not mean "the active one" */
    ASSERT_STATUS(open_text(f, CELL, &sealed, ""), ZY_SIGNATURE_BAD);
}

static void equal_values_seal_differently_and_never_in_clear(void **state)
{
    ZY_PROVES("mb.crypto-module.c-2", "mb.crypto-common.b-1");
    fixture *f = *state;
    ZY_AUTO_BUF one = seal_text(f, CELL, "13800138000"), two = seal_text(f, CELL, "13800138000");
    assert_memory_not_equal(one.p + 2, two.p + 2, ZY_GCM_IV_BYTES);
    assert_memory_not_equal(one.p + 14, two.p + 14, 11);
    assert_null(memmem(one.p, one.n, "13800138", 8));
    ZY_AUTO_BUF empty = seal_text(f, CELL, "");
    ASSERT_OK(open_text(f, CELL, &empty, ""));
}

static void only_sealing_purposes_seal(void **state)
{
    ZY_PROVES("mb.key-separation.b", "j225.6.1.4.c");
    fixture *f = *state;
    for (int purpose = 0; purpose <= ZY_KEY_PURPOSE_END; purpose++) {
        ZY_AUTO_BUF sealed = {0};
        const bool good = purpose == ZY_KEY_FIELD || purpose == ZY_KEY_TOKEN ||
                          purpose == ZY_KEY_BACKUP || purpose == ZY_KEY_SESSION;
        ASSERT_STATUS(zy_keys_seal(f->keys, (zy_key_purpose)purpose, CELL, "x", 1, &sealed),
                      good ? ZY_OK : ZY_BAD_FIELD);
        assert_true(good == (sealed.n > 0));
    }
    ZY_AUTO_BUF sealed = {0};
    ASSERT_STATUS(zy_keys_seal(f->keys, ZY_KEY_FIELD, (zy_cell){"", "c", {1}}, "x", 1, &sealed),
                  ZY_BAD_FIELD);
}

static void indexes_are_equal_only_for_equal_values_of_one_domain(void **state)
{
    fixture *f = *state;
    uint8_t a[ZY_SM3_BYTES], b[ZY_SM3_BYTES], plain[ZY_SM3_BYTES];
    ASSERT_OK(zy_keys_index(f->keys, "customer.phone", ZY_STR("13800138000"), a));
    ASSERT_OK(zy_keys_index(f->keys, "customer.phone", ZY_STR("13800138000"), b));
    assert_memory_equal(a, b, sizeof a);
    ASSERT_OK(zy_sm3(ZY_PARTS(ZY_PART_LABEL("13800138000")), plain));
    assert_memory_not_equal(a, plain,
                            sizeof a); /* keyed: a list of all numbers does not reverse it */
    ASSERT_OK(zy_keys_index(f->keys, "customer.phone", ZY_STR("13800138001"), b));
    assert_memory_not_equal(a, b, sizeof a);
    ASSERT_OK(zy_keys_index(f->keys, "customer.phone1", ZY_STR("3800138000"), b));
    assert_memory_not_equal(a, b, sizeof a);
    reopen(f);
    ASSERT_OK(zy_keys_index(f->keys, "customer.phone", ZY_STR("13800138000"), b));
    assert_memory_equal(a, b, sizeof a);
    ASSERT_STATUS(zy_keys_rotate(f->keys, ZY_KEY_INDEX, f->clock, NULL), ZY_STATE_CONFLICT);
}

/* --- life of a key --- */

static void rotation_keeps_old_data_and_uses_the_new_key(void **state)
{
    ZY_PROVES("mb.key-lifecycle.a", "j225.6.1.4.f");
    fixture *f = *state;
    ZY_AUTO_BUF old = seal_text(f, CELL, "old");
    zy_clock_fake_turn(f->clock, ZY_DAYS(365));
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_FIELD, f->clock, NULL));
    ZY_AUTO_BUF fresh = seal_text(f, CELL, "new");
    assert_int_equal(fresh.p[1], 2);
    ASSERT_OK(open_text(f, CELL, &old, "old"));
    ASSERT_OK(open_text(f, CELL, &fresh, "new"));
    reopen(f);
    ASSERT_OK(open_text(f, CELL, &old, "old"));
    ASSERT_OK(open_text(f, CELL, &fresh, "new"));
    zy_key_info info;
    ASSERT_OK(zy_keys_active(f->keys, ZY_KEY_FIELD, &info));
    assert_int_equal(info.version, 2);
    assert_int_equal(info.created_at.ms, 1700000000000 + 365LL * 86400000);
    fresh.p[1] = 1; /* the old key's name on the new key's bytes */
    ASSERT_STATUS(open_text(f, CELL, &fresh, ""), ZY_SIGNATURE_BAD);
}

static void a_destroyed_key_is_gone(void **state)
{
    ZY_PROVES("mb.key-lifecycle.a", "j225.6.1.4.e1");
    fixture *f = *state;
    ZY_AUTO_BUF old = seal_text(f, CELL, "old");
    ASSERT_STATUS(zy_keys_destroy(f->keys, ZY_KEY_FIELD, 1, NULL), ZY_STATE_CONFLICT);
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_FIELD, f->clock, NULL));
    ASSERT_STATUS(zy_keys_destroy(f->keys, ZY_KEY_FIELD, 2, NULL), ZY_STATE_CONFLICT);
    ASSERT_STATUS(zy_keys_destroy(f->keys, ZY_KEY_FIELD, 3, NULL), ZY_NOT_FOUND);
    ZY_AUTO_BUF before = slurp(f->path);
    ASSERT_OK(zy_keys_destroy(f->keys, ZY_KEY_FIELD, 1, NULL));
    ASSERT_STATUS(zy_keys_destroy(f->keys, ZY_KEY_FIELD, 1, NULL), ZY_STATE_CONFLICT);
    ZY_AUTO_BUF after = slurp(f->path);
    assert_int_equal(before.n - after.n, 12 + 16 + 16); /* its bytes left the file */
    for (int pass = 0; pass < 2; pass++) {
        ASSERT_STATUS(open_text(f, CELL, &old, ""), ZY_SIGNATURE_BAD);
        reopen(f);
    }
    zy_key_info info[32];
    assert_int_equal(zy_keys_list(f->keys, info, 32), ZY_KEY_PURPOSE_END);
    assert_int_equal(info[0].state, ZY_KEY_DESTROYED);
}

static void each_signing_key_signs_its_own_label_alone(void **state)
{
    ZY_PROVES("j225.6.1.4.c", "mb.key-separation.b");
    fixture *f = *state;
    static const struct {
        zy_key_purpose purpose;
        zy_str label;
    } RIGHT[] = {
        {ZY_KEY_CHANNEL, ZY_STR_INIT("ZSC1 server hello")},
        {ZY_KEY_AUDIT, ZY_STR_INIT("ZY audit checkpoint")},
        {ZY_KEY_RECEIPT, ZY_STR_INIT("ZY receipt")},
        {ZY_KEY_CLEARING, ZY_STR_INIT("ZY clearing")},
    };
    for (int purpose = 1; purpose < ZY_KEY_PURPOSE_END; purpose++)
        for (size_t i = 0; i < ZY_COUNT(RIGHT); i++) {
            uint8_t sig[ZY_SM2_SIG_BYTES], point[ZY_SM2_PUB_BYTES];
            const bool good = RIGHT[i].purpose == (zy_key_purpose)purpose;
            ASSERT_STATUS(zy_keys_sign(f->keys, (zy_key_purpose)purpose, 0, RIGHT[i].label,
                                       ZY_PARTS(ZY_PART_LABEL("x")), sig),
                          good ? ZY_OK : ZY_BAD_FIELD);
            if (!good)
                continue;
            ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
            ASSERT_OK(zy_keys_public(f->keys, RIGHT[i].purpose, 1, point));
            ASSERT_OK(zy_sm2_pub_from(point, sizeof point, &pub));
            ASSERT_OK(zy_sm2_verify(pub, RIGHT[i].label, ZY_PARTS(ZY_PART_LABEL("x")), sig));
        }
    uint8_t point[ZY_SM2_PUB_BYTES];
    ASSERT_STATUS(zy_keys_public(f->keys, ZY_KEY_FIELD, 0, point), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_keys_public(f->keys, ZY_KEY_CHANNEL, 9, point), ZY_NOT_FOUND);
}

static void a_former_key_signs_hellos_and_nothing_else(void **state)
{
    ZY_PROVES("mb.key-lifecycle.a");
    fixture *f = *state;
    uint8_t sig[ZY_SM2_SIG_BYTES], point[ZY_SM2_PUB_BYTES];
    const zy_part x = ZY_PART("x", 1);
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_CHANNEL, f->clock, NULL));
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_AUDIT, f->clock, NULL));
    ASSERT_OK(zy_keys_sign(f->keys, ZY_KEY_CHANNEL, 1, ZY_LABEL_SERVER_HELLO, &x, 1, sig));
    ASSERT_STATUS(zy_keys_sign(f->keys, ZY_KEY_AUDIT, 1, ZY_LABEL_AUDIT_CHECKPOINT, &x, 1, sig),
                  ZY_NOT_FOUND);
    ASSERT_OK(
        zy_keys_public(f->keys, ZY_KEY_AUDIT, 1, point)); /* old checkpoints stay verifiable */
    ASSERT_OK(zy_keys_destroy(f->keys, ZY_KEY_CHANNEL, 1, NULL));
    ASSERT_STATUS(zy_keys_sign(f->keys, ZY_KEY_CHANNEL, 1, ZY_LABEL_SERVER_HELLO, &x, 1, sig),
                  ZY_NOT_FOUND);
    ASSERT_STATUS(zy_keys_public(f->keys, ZY_KEY_CHANNEL, 1, point), ZY_NOT_FOUND);
}

static void *use_keys(void *arg)
{
    fixture *f = arg;
    uint8_t sig[ZY_SM2_SIG_BYTES];
    for (int i = 0; i < 30; i++) {
        ZY_AUTO_BUF sealed = {0}, plain = {0};
        const zy_part x = ZY_PART("x", 1);
        if (zy_keys_seal(f->keys, ZY_KEY_FIELD, CELL, "abc", 3, &sealed) != ZY_OK ||
            zy_keys_open_cell(f->keys, ZY_KEY_FIELD, CELL, sealed.p, sealed.n, &plain) != ZY_OK ||
            plain.n != 3 ||
            zy_keys_sign(f->keys, ZY_KEY_RECEIPT, 0, ZY_LABEL_RECEIPT, &x, 1, sig) != ZY_OK)
            return f;
    }
    return NULL;
}

static void keys_rotate_under_use(void **state)
{
    fixture *f = *state;
    pthread_t user[4];
    for (size_t i = 0; i < ZY_COUNT(user); i++)
        assert_int_equal(pthread_create(&user[i], NULL, use_keys, f), 0);
    for (int i = 0; i < 5; i++) {
        ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_FIELD, f->clock, NULL));
        ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_RECEIPT, f->clock, NULL));
    }
    for (size_t i = 0; i < ZY_COUNT(user); i++) {
        void *failed = f;
        assert_int_equal(pthread_join(user[i], &failed), 0);
        assert_null(failed);
    }
}

/* --- secrets --- */

static zy_secret secret_of(const char *text)
{
    zy_secret s = {.n = strlen(text)};
    memcpy(s.bytes, text, s.n);
    return s;
}

static void a_password_matches_itself_alone(void **state)
{
    ZY_PROVES("mb.server-data-protect.g");
    fixture *f = *state;
    const zy_secret right = secret_of("Secret-2026"), wrong = secret_of("Secret-2027"),
                    longer = secret_of("Secret-2026a");
    const zy_secret empty = {.n = 0};
    uint8_t record[ZY_PASSWORD_RECORD_BYTES], again[ZY_PASSWORD_RECORD_BYTES];
    ASSERT_OK(zy_password_make(f->keys, &right, 1000, record));
    ASSERT_OK(zy_password_make(f->keys, &right, 1000, again));
    assert_memory_not_equal(record, again, 16);
    assert_memory_not_equal(record + 22, again + 22, 32);
    ASSERT_OK(zy_password_check(f->keys, &right, record));
    ASSERT_STATUS(zy_password_check(f->keys, &wrong, record), ZY_FACTOR_WRONG);
    ASSERT_STATUS(zy_password_check(f->keys, &longer, record), ZY_FACTOR_WRONG);
    ASSERT_STATUS(zy_password_check(f->keys, &empty, record), ZY_FACTOR_WRONG);
    ASSERT_STATUS(zy_password_make(f->keys, &empty, 1000, record), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_password_make(f->keys, &right, 0, record), ZY_BAD_FIELD);
    for (size_t i = 0; i < sizeof again; i += 3) {
        if (i >= 16 && i < 20)
            continue; /* rounds: a huge number would only cost time */
        again[i] ^= 1;
        assert_int_not_equal(zy_password_check(f->keys, &right, again), ZY_OK);
        again[i] ^= 1;
    }
    memset(again + 16, 0xff, 4); /* an altered record cannot make us hash for an hour */
    ASSERT_STATUS(zy_password_check(f->keys, &right, again), ZY_CRYPTO_FAILED);
}

/* Without the pepper the record is worth nothing: it is not the PBKDF2 itself. */
static void a_record_needs_the_pepper(void **state)
{
    fixture *f = *state;
    const zy_secret s = secret_of("Secret-2026");
    uint8_t record[ZY_PASSWORD_RECORD_BYTES], hash[ZY_SM3_BYTES];
    ASSERT_OK(zy_password_make(f->keys, &s, 1000, record));
    ASSERT_OK(zy_pbkdf2_sm3(s.bytes, s.n, record, 16, 1000, hash, sizeof hash));
    assert_memory_not_equal(hash, record + 22, sizeof hash);
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_PEPPER, f->clock, NULL));
    ASSERT_OK(zy_password_check(f->keys, &s, record)); /* under its own version */
    uint8_t fresh[ZY_PASSWORD_RECORD_BYTES];
    ASSERT_OK(zy_password_make(f->keys, &s, 1000, fresh));
    assert_int_equal(fresh[21], 2);
    ASSERT_OK(zy_keys_destroy(f->keys, ZY_KEY_PEPPER, 1, NULL));
    ASSERT_STATUS(zy_password_check(f->keys, &s, record), ZY_NOT_FOUND);
    ASSERT_OK(zy_password_check(f->keys, &s, fresh));
}

static void a_dummy_record_matches_nothing_at_the_same_cost(void **state)
{
    fixture *f = *state;
    const zy_secret s = secret_of("Secret-2026");
    uint8_t real[ZY_PASSWORD_RECORD_BYTES], dummy[ZY_PASSWORD_RECORD_BYTES];
    ASSERT_OK(zy_password_make(f->keys, &s, 1000, real));
    ASSERT_OK(zy_password_dummy(f->keys, 1000, dummy));
    assert_memory_equal(real + 16, dummy + 16, 6); /* rounds and pepper: the same work */
    ASSERT_STATUS(zy_password_check(f->keys, &s, dummy), ZY_FACTOR_WRONG);
}

typedef struct {
    uint8_t m[90];
    size_t n;
} message;

static const uint8_t CHALLENGE[16] = "0123456789abcde";

static message typed(uint8_t purpose, const char *text)
{
    message t = {.n = 82};
    memcpy(t.m, CHALLENGE, 16);
    t.m[16] = purpose;
    t.m[17] = (uint8_t)strlen(text);
    memcpy(t.m + 18, text, strlen(text));
    return t;
}

static zy_status open_typed(fixture *f, uint16_t key_id, const message *t, uint8_t purpose,
                            zy_secret *ret)
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ASSERT_OK(zy_keys_public(f->keys, ZY_KEY_PASSWORD_BOX, 0, point));
    ASSERT_OK(zy_sm2_pub_from(point, sizeof point, &pub));
    ZY_AUTO_BUF cipher = {0};
    ASSERT_OK(zy_sm2_encrypt(pub, t->m, t->n, &cipher));
    return zy_secret_open(f->keys, key_id, cipher.p, cipher.n, CHALLENGE, purpose, ret);
}

static void a_typed_secret_opens_for_its_challenge_and_purpose(void **state)
{
    ZY_PROVES("j225.6.1.4.d");
    fixture *f = *state;
    ZY_AUTO_SECRET s = {.n = 99};
    message t = typed(1, "Secret-2026");
    ASSERT_OK(open_typed(f, 1, &t, 1, &s));
    ASSERT_STR(zy_str_bytes(s.bytes, s.n), "Secret-2026");
    char longest[65];
    memset(longest, 'p', 64);
    longest[64] = '\0';
    t = typed(2, longest);
    ASSERT_OK(open_typed(f, 1, &t, 2, &s));
    assert_int_equal(s.n, 64);
    ASSERT_OK(zy_keys_rotate(f->keys, ZY_KEY_PASSWORD_BOX, f->clock, NULL));
    t = typed(1, "Secret-2026");
    ASSERT_OK(open_typed(f, 2, &t, 1, &s));
    ASSERT_STATUS(open_typed(f, 1, &t, 1, &s), ZY_CHALLENGE_BAD); /* encrypted to version 2 */
}

static void a_wrong_typed_secret_is_refused(void **state)
{
    ZY_PROVES("j225.6.1.4.d");
    fixture *f = *state;
    ZY_AUTO_SECRET s = {.n = 99};
    const message good = typed(1, "Secret-2026");
    ASSERT_STATUS(open_typed(f, 1, &good, 2, &s), ZY_CHALLENGE_BAD);
    ASSERT_STATUS(open_typed(f, 0, &good, 1, &s), ZY_CHALLENGE_BAD);
    ASSERT_STATUS(open_typed(f, 7, &good, 1, &s), ZY_CHALLENGE_BAD);
    static const struct {
        size_t at;
        uint8_t byte;
    } EDITS[] = {
        {0, 'x'},   {15, 'x'}, /* another challenge */
        {16, 0},    {16, 3},   /* another purpose */
        {17, 0},    {17, 65},
        {17, 255},  {17, 10}, /* shorter than what stands there: dirty padding */
        {17, 12},             /* longer: a NUL inside */
        {29, 1},    {81, 1},  /* dirty padding */
        {18, 0xff},           /* not UTF-8 */
    };
    for (size_t i = 0; i < ZY_COUNT(EDITS); i++) {
        message bad = good;
        bad.m[EDITS[i].at] = EDITS[i].byte;
        ASSERT_STATUS(open_typed(f, 1, &bad, 1, &s), ZY_CHALLENGE_BAD);
    }
    static const size_t LENGTHS[] = {1, 18, 29, 81, 83, 90};
    for (size_t i = 0; i < ZY_COUNT(LENGTHS); i++) {
        message bad = good;
        bad.n = LENGTHS[i];
        ASSERT_STATUS(open_typed(f, 1, &bad, 1, &s), ZY_CHALLENGE_BAD);
    }
    assert_int_equal(s.n, 99); /* never written */
    uint8_t junk[300] = {0x30};
    ASSERT_STATUS(zy_secret_open(f->keys, 1, junk, sizeof junk, CHALLENGE, 1, &s),
                  ZY_CHALLENGE_BAD);
    ASSERT_STATUS(zy_secret_open(f->keys, 1, junk, 0, CHALLENGE, 1, &s), ZY_CHALLENGE_BAD);
}

static void a_typed_secret_is_refused_with_any_byte_altered(void **state)
{
    fixture *f = *state;
    uint8_t point[ZY_SM2_PUB_BYTES];
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ASSERT_OK(zy_keys_public(f->keys, ZY_KEY_PASSWORD_BOX, 0, point));
    ASSERT_OK(zy_sm2_pub_from(point, sizeof point, &pub));
    const message t = typed(1, "Secret-2026");
    ZY_AUTO_BUF cipher = {0};
    ASSERT_OK(zy_sm2_encrypt(pub, t.m, t.n, &cipher));
    ZY_AUTO_SECRET s = {.n = 99};
    for (size_t i = 0; i < cipher.n; i++) {
        cipher.p[i] ^= 1;
        ASSERT_STATUS(zy_secret_open(f->keys, 1, cipher.p, cipher.n, CHALLENGE, 1, &s),
                      ZY_CHALLENGE_BAD);
        cipher.p[i] ^= 1;
        ASSERT_STATUS(zy_secret_open(f->keys, 1, cipher.p, i, CHALLENGE, 1, &s), ZY_CHALLENGE_BAD);
    }
    ASSERT_OK(zy_secret_open(f->keys, 1, cipher.p, cipher.n, CHALLENGE, 1, &s));
    zy_secret_wipe(&s);
    for (size_t i = 0; i < sizeof s.bytes; i++)
        assert_int_equal(s.bytes[i], 0);
}

#define KEYS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEYS_TEST(a_new_keystore_has_one_active_key_of_each_purpose),
        KEYS_TEST(the_file_is_private_and_made_only_once),
        KEYS_TEST(no_key_stands_in_the_file_in_clear),
        KEYS_TEST(a_wrong_passphrase_opens_nothing),
        KEYS_TEST(a_loose_mode_or_a_link_is_refused),
        KEYS_TEST(every_altered_byte_and_every_cut_is_refused),
        KEYS_TEST(an_altered_or_cut_file_does_not_open),
        KEYS_TEST(a_key_cannot_be_given_another_purpose),
        KEYS_TEST(a_failed_save_changes_nothing),
        KEYS_TEST(two_writers_do_not_lose_each_others_keys),
        KEYS_TEST(rewrap_changes_the_passphrase_and_keeps_the_keys),
        KEYS_TEST(a_column_opens_in_its_own_cell_alone),
        KEYS_TEST(swapped_rows_are_noticed),
        KEYS_TEST(every_altered_byte_of_a_column_is_noticed),
        KEYS_TEST(equal_values_seal_differently_and_never_in_clear),
        KEYS_TEST(only_sealing_purposes_seal),
        KEYS_TEST(indexes_are_equal_only_for_equal_values_of_one_domain),
        KEYS_TEST(rotation_keeps_old_data_and_uses_the_new_key),
        KEYS_TEST(a_destroyed_key_is_gone),
        KEYS_TEST(each_signing_key_signs_its_own_label_alone),
        KEYS_TEST(a_former_key_signs_hellos_and_nothing_else),
        KEYS_TEST(keys_rotate_under_use),
        KEYS_TEST(a_password_matches_itself_alone),
        KEYS_TEST(a_record_needs_the_pepper),
        KEYS_TEST(a_dummy_record_matches_nothing_at_the_same_cost),
        KEYS_TEST(a_typed_secret_opens_for_its_challenge_and_purpose),
        KEYS_TEST(a_wrong_typed_secret_is_refused),
        KEYS_TEST(a_typed_secret_is_refused_with_any_byte_altered),
    };
    return zy_test_main("crypto_keys", tests, ZY_COUNT(tests));
}
