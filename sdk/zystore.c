/* File: "ZYST" | version 1 | kind 1 | rounds u32 | salt 16 | iv 12 | sealed bytes and tag. All before the sealed bytes, and
 * the name, is authenticated with them. */
#include "zystore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC        "ZYST"
#define VERSION      1
#define ROUNDS       200000
#define ROUNDS_MAX   10000000
#define SALT_BYTES   16
#define KEY_FILE     32
#define SCALAR_BYTES 32
#define PATH_BYTES   4096
#define DEVICE_NAME  "device key"

enum { KIND_PASSPHRASE = 1, KIND_KEY_FILE = 2 };
enum { AT_VERSION = 4, AT_KIND = 5, AT_ROUNDS = 6, AT_SALT = 10, AT_IV = AT_SALT + SALT_BYTES,
       HEAD_BYTES = AT_IV + ZY_GCM_IV_BYTES };

/* --- files --- */

static zy_status io_error(zy_err *err, const char *what)
{
    return zy_fail(err, ZY_IO_ERROR, NULL, "store: %s: %s", what, strerrorname_np(errno));
}

static zy_status read_private(const char *path, size_t max, zy_buf *ret_bytes, zy_err *err)
{
    char bytes[ZY_STORE_BYTES_MAX + 256];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? zy_fail(err, ZY_NOT_FOUND, NULL, "store: there is no such file") : io_error(err, "open");
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0;
    ssize_t n = good ? read(fd, bytes, sizeof bytes) : 0;
    close(fd);
    if (!good)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "store: not a file, or others may read it (mode 0600 is needed)");
    if (n < 0 || (size_t)n > max)
        return n < 0 ? io_error(err, "read") : zy_fail(err, ZY_SIGNATURE_BAD, NULL, "store: the file is too large");
    zy_buf_add(ret_bytes, bytes, (size_t)n);
    zy_wipe(bytes, (size_t)n);
    return ZY_OK;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return fsync(fd) == 0;
}

static zy_status sync_folder(const char *path, zy_err *err)
{
    char folder[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    ZY_TRY(zy_str_copy(slash == NULL ? ZY_STR(".") : zy_str_bytes(path, (size_t)(slash - path) + 1), folder, sizeof folder));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return io_error(err, "open the folder");
    int failed = fsync(fd);
    close(fd);
    return failed ? io_error(err, "fsync of the folder") : ZY_OK;
}

static zy_status put_in_place(const char *fresh, const char *path, bool replace, zy_err *err)
{
    if (replace)
        return rename(fresh, path) == 0 ? ZY_OK : io_error(err, "rename");
    int failed = link(fresh, path);
    int why = errno;
    (void)unlink(fresh);
    errno = why;
    if (failed && why == EEXIST)
        return ZY_ALREADY_EXISTS;
    return failed ? io_error(err, "link") : ZY_OK;
}

/* Whole or not at all. replace false: ZY_ALREADY_EXISTS when there is one. */
static zy_status write_private(const char *path, const void *p, size_t n, bool replace, zy_err *err)
{
    char fresh[PATH_BYTES];
    int length = snprintf(fresh, sizeof fresh, "%s.%ld.new", path, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof fresh)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "store: the path is too long");
    (void)unlink(fresh); /* left by a crash of a process with our number */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return io_error(err, "create");
    bool good = write_all(fd, p, n);
    good = close(fd) == 0 && good;
    if (!good) {
        zy_status status = io_error(err, "write");
        (void)unlink(fresh);
        return status;
    }
    ZY_TRY(put_in_place(fresh, path, replace, err));
    return sync_folder(path, err);
}

/* --- keys --- */

static zy_status make_key_file(const char *path, zy_err *err)
{
    uint8_t key[KEY_FILE];
    ZY_TRY(zy_random(key, sizeof key));
    zy_status status = write_private(path, key, sizeof key, false, err);
    zy_wipe(key, sizeof key);
    return status == ZY_ALREADY_EXISTS ? ZY_OK : status; /* another process was first; theirs holds */
}

static zy_status key_of_file(const char *path, bool make, const uint8_t salt[SALT_BYTES], uint8_t key[ZY_SM4_BYTES], zy_err *err)
{
    ZY_AUTO_SECRET_BUF bytes = { 0 };
    uint8_t prk[ZY_SM3_BYTES];
    if (make && access(path, F_OK) != 0)
        ZY_TRY(make_key_file(path, err));
    ZY_TRY(read_private(path, KEY_FILE, &bytes, err));
    if (bytes.n != KEY_FILE)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "store: the key file is damaged");
    zy_status status = zy_hkdf_extract(salt, SALT_BYTES, bytes.p, bytes.n, prk);
    if (status == ZY_OK)
        status = zy_hkdf_expand(prk, ZY_STR("zyclient store"), key, ZY_SM4_BYTES);
    zy_wipe(prk, sizeof prk);
    return status;
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static zy_status key_of(const zy_store_lock *lock, bool make, const uint8_t head[HEAD_BYTES], uint8_t key[ZY_SM4_BYTES], zy_err *err)
{
    if ((head[AT_KIND] == KIND_PASSPHRASE) != (lock->passphrase != NULL) || (lock->passphrase != NULL) == (lock->key_file != NULL))
        return zy_fail(err, ZY_BAD_FIELD, NULL, "store: locked in another way");
    if (lock->key_file != NULL)
        return key_of_file(lock->key_file, make, head + AT_SALT, key, err);
    uint32_t rounds = get_u32(head + AT_ROUNDS);
    if (rounds == 0 || rounds > ROUNDS_MAX)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "store: damaged");
    return zy_pbkdf2_sm3(lock->passphrase, strlen(lock->passphrase), head + AT_SALT, SALT_BYTES, rounds, key, ZY_SM4_BYTES);
}

/* --- reading and writing --- */

static zy_status make_head(const zy_store_lock *lock, uint8_t head[HEAD_BYTES])
{
    memcpy(head, MAGIC, 4);
    head[AT_VERSION] = VERSION;
    head[AT_KIND] = lock->passphrase != NULL ? KIND_PASSPHRASE : KIND_KEY_FILE;
    for (int i = 0; i < 4; i++)
        head[AT_ROUNDS + i] = lock->passphrase != NULL ? (uint8_t)(ROUNDS >> (24 - 8 * i)) : 0;
    return zy_random(head + AT_SALT, SALT_BYTES + ZY_GCM_IV_BYTES);
}

#define STORE_AAD(head, name) ZY_PARTS(ZY_PART((head), HEAD_BYTES), ZY_PART((name), strlen(name)))

zy_status zy_store_write(const char *path, const zy_store_lock *lock, const char *name, const void *p, size_t n, zy_err *err)
{
    uint8_t file[HEAD_BYTES + ZY_STORE_BYTES_MAX + ZY_GCM_TAG_BYTES], key[ZY_SM4_BYTES];
    if (n > ZY_STORE_BYTES_MAX)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "store: at most %d bytes", ZY_STORE_BYTES_MAX);
    ZY_TRY(make_head(lock, file));
    ZY_TRY(key_of(lock, true, file, key, err));
    zy_status status = zy_sm4_gcm_seal(key, file + AT_IV, STORE_AAD(file, name), p, n, file + HEAD_BYTES);
    zy_wipe(key, sizeof key);
    ZY_TRY(status);
    return write_private(path, file, HEAD_BYTES + n + ZY_GCM_TAG_BYTES, true, err);
}

zy_status zy_store_read(const char *path, const zy_store_lock *lock, const char *name, zy_buf *ret_bytes, zy_err *err)
{
    ZY_AUTO_BUF file = { 0 };
    uint8_t plain[ZY_STORE_BYTES_MAX], key[ZY_SM4_BYTES];
    ZY_TRY(read_private(path, HEAD_BYTES + ZY_STORE_BYTES_MAX + ZY_GCM_TAG_BYTES, &file, err));
    const uint8_t *head = (const uint8_t *)file.p;
    if (file.n < HEAD_BYTES + ZY_GCM_TAG_BYTES || memcmp(head, MAGIC, 4) != 0 || head[AT_VERSION] != VERSION)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "store: damaged, or not one of ours");
    ZY_TRY(key_of(lock, false, head, key, err));
    size_t sealed = file.n - HEAD_BYTES;
    zy_status status = zy_sm4_gcm_open(key, head + AT_IV, STORE_AAD(head, name), head + HEAD_BYTES, sealed, plain);
    zy_wipe(key, sizeof key);
    if (status == ZY_SIGNATURE_BAD)
        return zy_fail(err, status, NULL, "store: another passphrase or key file, or damaged");
    ZY_TRY(status);
    zy_buf_add(ret_bytes, plain, sealed - ZY_GCM_TAG_BYTES);
    zy_wipe(plain, sizeof plain);
    return ZY_OK;
}

/* --- the device's key --- */

static zy_status make_device_key(const char *path, const zy_store_lock *lock, zy_sm2_key **ret_key, zy_err *err)
{
    uint8_t scalar[SCALAR_BYTES];
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ZY_TRY(zy_sm2_generate(&key));
    ZY_TRY(zy_sm2_to_scalar(key, scalar));
    zy_status status = zy_store_write(path, lock, DEVICE_NAME, scalar, sizeof scalar, err);
    zy_wipe(scalar, sizeof scalar);
    ZY_TRY(status);
    *ret_key = ZY_STEAL(key);
    return ZY_OK;
}

zy_status zy_store_device_key(const char *path, const zy_store_lock *lock, zy_sm2_key **ret_key, zy_err *err)
{
    ZY_AUTO_SECRET_BUF scalar = { 0 };
    if (access(path, F_OK) != 0 && errno == ENOENT)
        return make_device_key(path, lock, ret_key, err);
    ZY_TRY(zy_store_read(path, lock, DEVICE_NAME, &scalar, err));
    if (scalar.n != SCALAR_BYTES)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "store: not a device key");
    return zy_sm2_from_scalar((const uint8_t *)scalar.p, ret_key);
}
