/* The keystore's file: private, replaced in one step, never two writers at once. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fault.h"
#include "crypto/keystore.h"

#define PATH_MAX_BYTES 4000

static zy_status io_error(zy_err *err, const char *what)
{
    return zy_fail(err, ZY_IO_ERROR, NULL, "keystore: %s: %s", what, strerrorname_np(errno));
}

static zy_status check_private(int fd, zy_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return io_error(err, "stat");
    if (!S_ISREG(st.st_mode) || st.st_size > ZY_KEYSTORE_FILE_MAX)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "not a keystore file, or a damaged one");
    if ((st.st_mode & 07177) != 0)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "the keystore must have mode 0600, it has %04o",
                       (unsigned)st.st_mode & 07777);
    if (st.st_uid != geteuid() && geteuid() != 0)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "the keystore belongs to another user");
    return ZY_OK;
}

static zy_status read_all(int fd, zy_buf *out, zy_err *err)
{
    char chunk[4096];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return ZY_OK;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_error(err, "read");
        if (out->n + (size_t)n > ZY_KEYSTORE_FILE_MAX)
            return zy_fail(err, ZY_CONFIG_BAD, NULL, "the keystore is too large");
        zy_buf_add(out, chunk, (size_t)n);
    }
}

zy_status zy_keyfile_read(const char *path, zy_buf *ret_bytes, zy_err *err)
{
    /* O_NONBLOCK: a FIFO in the file's place must not hang the start. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "there is no keystore file");
    if (fd < 0)
        return io_error(err, "open");
    zy_status status = check_private(fd, err);
    if (status == ZY_OK)
        status = read_all(fd, ret_bytes, err);
    close(fd);
    return status;
}

/* --- writing --- */

typedef struct {
    int dir; /* locked while we write */
    char temporary[PATH_MAX_BYTES + 8];
} writer;

static zy_status writer_begin(const char *path, writer *w, zy_err *err)
{
    const size_t n = strlen(path);
    if (n == 0 || n > PATH_MAX_BYTES)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "the keystore's path is empty or too long");
    char folder[PATH_MAX_BYTES + 1];
    memcpy(folder, path, n + 1);
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        memcpy(folder, ".", 2);
    else
        slash[slash == folder ? 1 : 0] = '\0';
    memcpy(w->temporary, path, n);
    memcpy(w->temporary + n, ".new", 5);
    w->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w->dir < 0)
        return io_error(err, "folder");
    if (flock(w->dir, LOCK_EX) == 0)
        return ZY_OK;
    close(w->dir);
    return io_error(err, "lock");
}

static void writer_end(writer *w)
{
    (void)unlink(w->temporary); /* gone already when all went well */
    close(w->dir);
}

static zy_status write_all(int fd, zy_str bytes, zy_err *err)
{
    for (size_t done = 0; done < bytes.n;) {
        ssize_t n = write(fd, bytes.p + done, bytes.n - done);
        if (n < 0 && errno != EINTR)
            return io_error(err, "write");
        done += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? ZY_OK : io_error(err, "fsync");
}

static zy_status write_temporary(const writer *w, zy_str bytes, zy_err *err)
{
    ZY_FAULT("crypto.keyfile.write");
    (void)unlink(w->temporary); /* left by a crash; the lock says that nobody writes it */
    int fd = open(w->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_error(err, "create");
    zy_status status = write_all(fd, bytes, err);
    if (close(fd) != 0 && status == ZY_OK)
        status = io_error(err, "close");
    return status;
}

static zy_status put_in_place(const writer *w, const char *path, bool replace, zy_err *err)
{
    ZY_FAULT("crypto.keyfile.rename");
    int failed = replace ? rename(w->temporary, path) : link(w->temporary, path);
    if (failed && errno == EEXIST)
        return zy_fail(err, ZY_ALREADY_EXISTS, NULL, "there is a keystore file already");
    if (failed)
        return io_error(err, "rename");
    return fsync(w->dir) == 0 ? ZY_OK : io_error(err, "fsync of the folder");
}

static zy_status still_ours(const char *path, const uint8_t last_mac[ZY_SM3_BYTES], zy_err *err)
{
    ZY_AUTO_BUF now = {0};
    ZY_TRY(zy_keyfile_read(path, &now, err));
    if (now.n < ZY_SM3_BYTES || memcmp(now.p + now.n - ZY_SM3_BYTES, last_mac, ZY_SM3_BYTES) != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL,
                       "another process has changed the keystore; open it anew");
    return ZY_OK;
}

static zy_status keyfile_write(const char *path, const uint8_t *last_mac, zy_str bytes, zy_err *err)
{
    writer w;
    ZY_TRY(writer_begin(path, &w, err));
    zy_status status = last_mac != NULL ? still_ours(path, last_mac, err) : ZY_OK;
    if (status == ZY_OK)
        status = write_temporary(&w, bytes, err);
    if (status == ZY_OK)
        status = put_in_place(&w, path, last_mac != NULL, err);
    writer_end(&w);
    return status;
}

zy_status zy_keyfile_create(const char *path, zy_str bytes, zy_err *err)
{
    return keyfile_write(path, NULL, bytes, err);
}

zy_status zy_keyfile_replace(const char *path, const uint8_t last_mac[ZY_SM3_BYTES], zy_str bytes,
                             zy_err *err)
{
    return keyfile_write(path, last_mac, bytes, err);
}
