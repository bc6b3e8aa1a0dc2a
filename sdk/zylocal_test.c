/* What the client keeps: the soft keyboard's buffer in memory, the store on disk. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zy_test.h"
#include "zykeypad.h"
#include "zystore.h"

/* --- the keyboard --- */

static void type(zy_keypad *k, const char *text)
{
    zy_str s = zy_str_of(text);
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        zy_str_rune(s, &at);
        ASSERT_OK(zy_keypad_push(k, zy_str_sub(s, from, at - from)));
    }
}

static void what_is_typed_is_read_back_and_nothing_stays_of_what_is_taken_back(void **state)
{
    (void)state;
    ZY_AUTO(zy_keypad_free) zy_keypad *k = NULL;
    uint8_t out[ZY_KEYPAD_MAX], zeros[ZY_KEYPAD_MAX] = { 0 };
    ASSERT_OK(zy_keypad_new(&k));
    type(k, "a掌€😀9");
    assert_int_equal(zy_keypad_count(k), 5);
    assert_int_equal(zy_keypad_read(k, out), 12);
    assert_memory_equal(out, "a掌€😀9", 12);
    ASSERT_OK(zy_keypad_pop(k));
    ASSERT_OK(zy_keypad_pop(k));
    assert_int_equal(zy_keypad_count(k), 3);
    assert_int_equal(zy_keypad_read(k, out), 7);
    assert_memory_equal(out, "a掌€", 7);
    assert_memory_equal(out + 7, zeros, ZY_KEYPAD_MAX - 7);
    zy_keypad_clear(k);
    assert_int_equal(zy_keypad_read(k, out), 0);
    assert_memory_equal(out, zeros, sizeof out);
    ASSERT_OK(zy_keypad_pop(k));
}

/* The buffer itself, as somebody who can read the process's memory finds it. */
static void what_is_typed_does_not_stand_in_memory(void **state)
{
    ZY_PROVES("mb.system-design-tech.a4-2");
    (void)state;
    ZY_AUTO(zy_keypad_free) zy_keypad *k = NULL;
    uint8_t before[2 * ZY_KEYPAD_MAX], after[2 * ZY_KEYPAD_MAX];
    ASSERT_OK(zy_keypad_new(&k));
    type(k, "Tr0ub4dor");
    memcpy(before, (const void *)k, sizeof before);
    assert_null(memmem(before, sizeof before, "Tr0", 3));
    assert_null(memmem(before, sizeof before, "dor", 3));
    type(k, "!");
    memcpy(after, (const void *)k, sizeof after);
    unsigned same = 0;
    for (size_t i = 0; i < sizeof before; i++)
        same += before[i] == after[i];
    assert_in_range(same, 0, 12); /* all was masked anew; chance leaves less than one in two hundred */
    zy_keypad_clear(k);
    memcpy(after, (const void *)k, sizeof after);
    for (size_t i = 0; i < sizeof after; i++)
        assert_int_equal(after[i], 0);
}

static void only_whole_characters_are_taken_up_to_64_bytes(void **state)
{
    (void)state;
    ZY_AUTO(zy_keypad_free) zy_keypad *k = NULL;
    ASSERT_OK(zy_keypad_new(&k));
    ASSERT_STATUS(zy_keypad_push(k, ZY_STR("")), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_keypad_push(k, ZY_STR("ab")), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_keypad_push(k, ZY_STR("\xE6\x8E")), ZY_BAD_FIELD);
    for (int i = 0; i < 63; i++)
        ASSERT_OK(zy_keypad_push(k, ZY_STR("x")));
    ASSERT_STATUS(zy_keypad_push(k, ZY_STR("é")), ZY_REQUEST_TOO_LARGE);
    ASSERT_OK(zy_keypad_push(k, ZY_STR("y")));
    ASSERT_STATUS(zy_keypad_push(k, ZY_STR("z")), ZY_REQUEST_TOO_LARGE);
    assert_int_equal(zy_keypad_count(k), 64);
}

static void keys_are_laid_out_anew_with_each_key_as_likely_at_each_place(void **state)
{
    (void)state;
    enum { KEYS = 10, ROUNDS = 5000 };
    unsigned seen[KEYS][KEYS] = { 0 };
    for (int i = 0; i < ROUNDS; i++) {
        uint8_t order[KEYS];
        unsigned all = 0;
        ASSERT_OK(zy_keypad_shuffle(order, KEYS));
        for (int place = 0; place < KEYS; place++) {
            all |= 1u << order[place];
            seen[place][order[place]]++;
        }
        assert_int_equal(all, (1u << KEYS) - 1); /* each key once */
    }
    for (int place = 0; place < KEYS; place++)
        for (int key = 0; key < KEYS; key++) /* 500 expected; 8 standard deviations */
            assert_in_range(seen[place][key], 330, 670);
}

/* --- the store --- */

typedef struct folder {
    char path[64], file[128], key[128];
} folder;

static int make_folder(void **state)
{
    folder *f = calloc(1, sizeof *f);
    if (f == NULL || zy_crypto_start(NULL) != ZY_OK)
        return -1;
    const char *tmp = getenv("TMPDIR");
    snprintf(f->path, sizeof f->path, "%s/zystoreXXXXXX", tmp != NULL && strlen(tmp) < 40 ? tmp : "/tmp");
    if (mkdtemp(f->path) == NULL)
        return -1;
    snprintf(f->file, sizeof f->file, "%s/store", f->path);
    snprintf(f->key, sizeof f->key, "%s/key", f->path);
    *state = f;
    return 0;
}

static int remove_folder(void **state)
{
    folder *f = *state;
    (void)unlink(f->file);
    (void)unlink(f->key);
    int failed = rmdir(f->path); /* nothing else may be left in it */
    free(f);
    return failed;
}

static size_t read_raw(const char *path, uint8_t *out, size_t size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(out, 1, size, file);
    fclose(file);
    return n;
}

static void write_raw(const char *path, const uint8_t *p, size_t n)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fwrite(p, 1, n, file), n);
    assert_int_equal(ftruncate(fileno(file), (off_t)n), 0);
    fclose(file);
}

static zy_status read_back(const folder *f, const zy_store_lock *lock, const char *name, zy_buf *out)
{
    zy_err err = { 0 };
    return zy_store_read(f->file, lock, name, out, &err);
}

static void what_is_kept_opens_with_its_passphrase_and_its_name_alone(void **state)
{
    const folder *f = *state;
    const zy_store_lock right = { .passphrase = "correct horse" }, wrong = { .passphrase = "correct horsf" }, file = { .key_file = f->key };
    ZY_AUTO_SECRET_BUF out = { 0 };
    zy_err err = { 0 };
    struct stat st;
    uint8_t raw[512];
    ASSERT_STATUS(read_back(f, &right, "login", &out), ZY_NOT_FOUND);
    ASSERT_OK(zy_store_write(f->file, &right, "login", "resume-key-material", 19, &err));
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_null(memmem(raw, read_raw(f->file, raw, sizeof raw), "resume-key", 10));
    ASSERT_STATUS(read_back(f, &wrong, "login", &out), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(read_back(f, &right, "device key", &out), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(read_back(f, &file, "login", &out), ZY_BAD_FIELD);
    assert_int_equal(out.n, 0);
    ASSERT_OK(read_back(f, &right, "login", &out));
    ASSERT_STR(zy_buf_view(&out), "resume-key-material");
}

static void every_changed_byte_and_every_cut_is_noticed(void **state)
{
    const folder *f = *state;
    const zy_store_lock lock = { .key_file = f->key };
    ZY_AUTO_SECRET_BUF out = { 0 };
    zy_err err = { 0 };
    uint8_t raw[512];
    ASSERT_OK(zy_store_write(f->file, &lock, "login", "resume", 6, &err));
    size_t n = read_raw(f->file, raw, sizeof raw);
    for (size_t i = 0; i < n; i++) {
        raw[i] ^= 4;
        write_raw(f->file, raw, n);
        zy_status status = read_back(f, &lock, "login", &out);
        assert_true(status == ZY_SIGNATURE_BAD || status == ZY_BAD_FIELD);
        raw[i] ^= 4;
        write_raw(f->file, raw, i);
        ASSERT_STATUS(read_back(f, &lock, "login", &out), ZY_SIGNATURE_BAD);
    }
    write_raw(f->file, raw, n);
    ASSERT_OK(read_back(f, &lock, "login", &out));
}

static void a_file_that_others_may_read_is_refused(void **state)
{
    const folder *f = *state;
    const zy_store_lock lock = { .key_file = f->key };
    ZY_AUTO_SECRET_BUF out = { 0 };
    zy_err err = { 0 };
    ASSERT_OK(zy_store_write(f->file, &lock, "login", "resume", 6, &err));
    assert_int_equal(chmod(f->key, 0640), 0);
    ASSERT_STATUS(read_back(f, &lock, "login", &out), ZY_CONFIG_BAD);
    assert_int_equal(chmod(f->key, 0600), 0);
    assert_int_equal(chmod(f->file, 0604), 0);
    ASSERT_STATUS(read_back(f, &lock, "login", &out), ZY_CONFIG_BAD);
    assert_int_equal(unlink(f->file), 0);
    assert_int_equal(symlink(f->key, f->file), 0);
    ASSERT_STATUS(read_back(f, &lock, "login", &out), ZY_IO_ERROR);
}

static void a_devices_key_is_made_once_and_stands_in_no_file_in_clear(void **state)
{
    ZY_PROVES("j225.6.1.4.b1");
    const folder *f = *state;
    const zy_store_lock lock = { .passphrase = "a phone's secret" };
    zy_err err = { 0 };
    uint8_t scalar[32], first[ZY_SM2_PUB_BYTES], again[ZY_SM2_PUB_BYTES], raw[512];
    char hex[65], base64[45];
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *made = NULL, *loaded = NULL;
    ASSERT_OK(zy_store_device_key(f->file, &lock, &made, &err));
    ASSERT_OK(zy_store_device_key(f->file, &lock, &loaded, &err));
    zy_sm2_public(made, first);
    zy_sm2_public(loaded, again);
    assert_memory_equal(first, again, sizeof first);
    ASSERT_OK(zy_sm2_to_scalar(made, scalar));
    zy_hex_encode(scalar, sizeof scalar, hex);
    zy_base64_encode(scalar, sizeof scalar, base64);
    size_t n = read_raw(f->file, raw, sizeof raw);
    assert_null(memmem(raw, n, scalar, 8));
    assert_null(memmem(raw, n, hex, 16));
    assert_null(memmem(raw, n, base64, 10));
}

static void another_passphrase_does_not_replace_a_devices_key(void **state)
{
    const folder *f = *state;
    const zy_store_lock right = { .passphrase = "a phone's secret" }, wrong = { .passphrase = "another" };
    zy_err err = { 0 };
    uint8_t before[512], after[512];
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *made = NULL, *other = NULL;
    ASSERT_OK(zy_store_device_key(f->file, &right, &made, &err));
    size_t n = read_raw(f->file, before, sizeof before);
    ASSERT_STATUS(zy_store_device_key(f->file, &wrong, &other, &err), ZY_SIGNATURE_BAD);
    assert_null(other);
    assert_int_equal(read_raw(f->file, after, sizeof after), n);
    assert_memory_equal(before, after, n);
}

#define F(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_typed_is_read_back_and_nothing_stays_of_what_is_taken_back),
        cmocka_unit_test(what_is_typed_does_not_stand_in_memory),
        cmocka_unit_test(only_whole_characters_are_taken_up_to_64_bytes),
        cmocka_unit_test(keys_are_laid_out_anew_with_each_key_as_likely_at_each_place),
        F(what_is_kept_opens_with_its_passphrase_and_its_name_alone),
        F(every_changed_byte_and_every_cut_is_noticed),
        F(a_file_that_others_may_read_is_refused),
        F(a_devices_key_is_made_once_and_stands_in_no_file_in_clear),
        F(another_passphrase_does_not_replace_a_devices_key),
    };
    return zy_test_main("zylocal", tests, ZY_COUNT(tests));
}
