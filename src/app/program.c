#include "app/program.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/audit/audit.h"

#define MANIFEST     "program.manifest"
#define MANIFEST_NEW "program.manifest.new"
#define MANIFEST_MAX 4096
#define MODULES_MAX  16
#define SEAL_DOMAIN  "program.manifest"

/* Where the cryptography is, beside the program itself. */
static const char *const LIBRARIES[] = { "libcrypto.so.", "libfido2.so.", "libgcrypt.so.", "libgpg-error.so.", "libssl.so." };

typedef struct module {
    char name[64];
    char digest[2 * ZY_SM3_BYTES + 1];
} module;

typedef struct modules {
    module list[MODULES_MAX];
    size_t count;
    zy_status status;
    zy_err *err;
} modules;

/* ---- what runs now ---- */

static zy_status digest_open(int fd, const char *name, char out[2 * ZY_SM3_BYTES + 1], zy_err *err)
{
    struct stat st;
    uint8_t digest[ZY_SM3_BYTES];
    if (fstat(fd, &st) != 0 || st.st_size <= 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot look at %.120s", name);
    void *bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot read %.120s: %s", name, strerror(errno));
    zy_status status = zy_sm3(ZY_PARTS(ZY_PART(bytes, (size_t)st.st_size)), digest);
    munmap(bytes, (size_t)st.st_size);
    if (status == ZY_OK)
        zy_hex_encode(digest, sizeof digest, out);
    return status;
}

static zy_status add(modules *m, const char *path, const char *name)
{
    if (m->count == MODULES_MAX || strlen(name) >= sizeof m->list[0].name)
        return zy_fail(m->err, ZY_INTERNAL, NULL, "more libraries than expected");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return zy_fail(m->err, ZY_IO_ERROR, NULL, "cannot open %.120s: %s", path, strerror(errno));
    module *to = &m->list[m->count++];
    memcpy(to->name, name, strlen(name) + 1);
    zy_status status = digest_open(fd, path, to->digest, m->err);
    close(fd);
    return status;
}

static bool is_listed(const char *name)
{
    for (size_t i = 0; i < ZY_COUNT(LIBRARIES); i++)
        if (strncmp(name, LIBRARIES[i], strlen(LIBRARIES[i])) == 0)
            return true;
    return false;
}

static int each_loaded(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size;
    modules *m = arg;
    const char *slash = strrchr(info->dlpi_name, '/');
    if (slash != NULL && is_listed(slash + 1))
        m->status = add(m, info->dlpi_name, slash + 1);
    return m->status == ZY_OK ? 0 : 1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const module *)a)->name, ((const module *)b)->name);
}

/* One line each, sorted, and a line with the seal over them. */
static zy_status write_manifest(zy_app *app, modules *m, zy_buf *out, zy_err *err)
{
    uint8_t seal[ZY_SM3_BYTES];
    char text[2 * ZY_SM3_BYTES + 1];
    *m = (modules){ .err = err };
    ZY_TRY(add(m, "/proc/self/exe", "zhangyin"));
    (void)dl_iterate_phdr(each_loaded, m);
    ZY_TRY(m->status);
    qsort(m->list, m->count, sizeof m->list[0], by_name);
    zy_buf_c(out, "zhangyin-program/1\n");
    for (size_t i = 0; i < m->count; i++)
        zy_buf_fmt(out, "%s %s\n", m->list[i].digest, m->list[i].name);
    ZY_TRY(zy_keys_index(app->env.keys, SEAL_DOMAIN, zy_buf_view(out), seal));
    zy_hex_encode(seal, sizeof seal, text);
    zy_buf_fmt(out, "seal %s\n", text);
    return zy_buf_failed(out) ? ZY_NO_MEMORY : ZY_OK;
}

/* ---- recording ---- */

static zy_status note(zy_app *app, const char *event, zy_status result)
{
    const zy_audit record = { .event = event, .actor_kind = "system", .object_kind = "program",
                              .result = zy_str_of(zy_status_name(result)) };
    zy_audit_note(&app->env, &record);
    return result;
}

static zy_status write_whole(const char *path, zy_str text, zy_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot make %.120s: %s", path, strerror(errno));
    bool good = write(fd, text.p, text.n) == (ssize_t)text.n && fsync(fd) == 0;
    close(fd);
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "cannot write %.120s", path);
}

zy_status zy_program_record(zy_app *app, zy_err *err)
{
    modules now;
    char path[ZY_HOME_PATH_MAX], fresh[ZY_HOME_PATH_MAX];
    ZY_AUTO_BUF text = { 0 };
    ZY_TRY(write_manifest(app, &now, &text, err));
    ZY_TRY(zy_app_path(app->home, MANIFEST, path));
    ZY_TRY(zy_app_path(app->home, MANIFEST_NEW, fresh));
    ZY_TRY(write_whole(fresh, zy_buf_view(&text), err));
    if (rename(fresh, path) != 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot replace %.120s: %s", path, strerror(errno));
    return note(app, "program.recorded", ZY_OK);
}

/* ---- checking ---- */

static zy_status read_recorded(zy_app *app, char out[MANIFEST_MAX], zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_app_path(app->home, MANIFEST, path));
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return ZY_NOT_FOUND;
    ssize_t n = fd >= 0 ? read(fd, out, MANIFEST_MAX - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (n < 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot read %.120s: %s", path, strerror(errno));
    out[n] = '\0';
    return ZY_OK;
}

static zy_status say_what_differs(const char *recorded, const modules *now, zy_err *err)
{
    char line[200];
    for (size_t i = 0; i < now->count; i++) {
        snprintf(line, sizeof line, "\n%s %s\n", now->list[i].digest, now->list[i].name);
        if (strstr(recorded, line) == NULL)
            return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the program file %s is not the one that was recorded; when you know why: "
                           "zhangyin program record", now->list[i].name);
    }
    return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the program manifest was altered, or is of another bank; when you know why: "
                   "zhangyin program record");
}

zy_status zy_program_check(zy_app *app, zy_err *err)
{
    modules now;
    char recorded[MANIFEST_MAX];
    ZY_AUTO_BUF text = { 0 };
    zy_status status = read_recorded(app, recorded, err);
    if (status == ZY_NOT_FOUND && app->env.demo)
        return ZY_OK;
    if (status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "it was never recorded which program this bank runs: zhangyin program record");
    ZY_TRY(status);
    ZY_TRY(write_manifest(app, &now, &text, err));
    if (text.n == strlen(recorded) && zy_ct_equal(text.p, recorded, text.n))
        return ZY_OK;
    return note(app, "program.refused", say_what_differs(recorded, &now, err));
}
