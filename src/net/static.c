/* A web client's files, all in memory: plain, gzip-compressed, with their tags. Nothing is read from
 * disk while serving, so no path of a request ever reaches the file system. */
#include "net/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define DEPTH_MAX 8
#define FILES_MAX 10000
#define NAME_MAX_BYTES 512
#define HASH_CHARS 8

/* What a web client is made of. Any other file (source maps, backups, archives) is not served. */
static const struct {
    const char *extension, *type;
    bool compressed_well;
} TYPES[] = {
    { ".html", "text/html; charset=utf-8", true },
    { ".js", "text/javascript; charset=utf-8", true },
    { ".mjs", "text/javascript; charset=utf-8", true },
    { ".css", "text/css; charset=utf-8", true },
    { ".json", "application/json", true },
    { ".webmanifest", "application/manifest+json", true },
    { ".svg", "image/svg+xml", true },
    { ".txt", "text/plain; charset=utf-8", true },
    { ".wasm", "application/wasm", true },
    { ".ttf", "font/ttf", true },
    { ".woff", "font/woff", false },
    { ".woff2", "font/woff2", false },
    { ".png", "image/png", false },
    { ".jpg", "image/jpeg", false },
    { ".jpeg", "image/jpeg", false },
    { ".webp", "image/webp", false },
    { ".gif", "image/gif", false },
    { ".ico", "image/x-icon", false },
    { ".mp3", "audio/mpeg", false },
};
typedef struct zy_file {
    char *path; /* "/assets/index-Dk3f9a2b.js" */
    const char *type;
    char *plain, *gzip; /* gzip NULL: not worth it */
    size_t plain_n, gzip_n;
    char etag[24];
    bool immutable;
} zy_file;

struct zy_static {
    zy_file *files; /* sorted by path */
    size_t count, room, bytes, max_bytes;
};

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const zy_file *)a)->path, ((const zy_file *)b)->path);
}

static const zy_file *find_file(const zy_static *s, const char *path)
{
    zy_file key = { .path = (char *)(uintptr_t)path };
    if (s->count == 0)
        return NULL;
    return bsearch(&key, s->files, s->count, sizeof key, compare_files);
}

static size_t type_of(const char *path)
{
    size_t i = 0;
    while (i < ZY_COUNT(TYPES) && !zy_str_ends(zy_str_of(path), zy_str_of(TYPES[i].extension)))
        i++;
    return i;
}

/* Names as the bundler writes them: "-" or "." and eight characters of a hash before the extension. */
static bool has_content_hash(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL || dot - path < HASH_CHARS + 2)
        return false;
    const char *hash = dot - HASH_CHARS;
    bool telling = false;
    for (const char *c = hash; c < dot; c++) {
        bool upper_or_digit = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z');
        if (!upper_or_digit && !(*c >= 'a' && *c <= 'z') && *c != '-' && *c != '_')
            return false;
        telling = telling || upper_or_digit;
    }
    return telling && (hash[-1] == '-' || hash[-1] == '.');
}

/* FNV-1a: tells versions of our own files apart, no more. */
static void tag(zy_file *f)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (size_t i = 0; i < f->plain_n; i++)
        h = (h ^ (unsigned char)f->plain[i]) * 0x100000001b3U;
    snprintf(f->etag, sizeof f->etag, "\"%016llx\"", (unsigned long long)h);
}

static bool deflate_all(z_stream *z, zy_file *f)
{
    size_t bound = deflateBound(z, f->plain_n);
    f->gzip = malloc(bound);
    if (f->gzip == NULL)
        return false;
    z->next_in = (Bytef *)f->plain;
    z->avail_in = (uInt)f->plain_n;
    z->next_out = (Bytef *)f->gzip;
    z->avail_out = (uInt)bound;
    return deflate(z, Z_FINISH) == Z_STREAM_END;
}

/* Kept only when it saves a tenth. */
static void compress_file(zy_file *f)
{
    z_stream z = { 0 };
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    bool done = deflate_all(&z, f);
    f->gzip_n = z.total_out;
    deflateEnd(&z);
    if (done && f->gzip_n < f->plain_n - f->plain_n / 10)
        return;
    free(f->gzip);
    f->gzip = NULL;
    f->gzip_n = 0;
}

static zy_status read_all(int fd, char *p, size_t n)
{
    for (size_t have = 0; have < n;) {
        ssize_t got = read(fd, p + have, n - have);
        if (got <= 0 && !(got < 0 && errno == EINTR))
            return ZY_IO_ERROR;
        have += got > 0 ? (size_t)got : 0;
    }
    return ZY_OK;
}

static zy_file *new_file(zy_static *s)
{
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 64 : s->room * 2;
        zy_file *grown = reallocarray(s->files, room, sizeof *grown);
        if (grown == NULL)
            return NULL;
        s->files = grown;
        s->room = room;
    }
    s->files[s->count] = (zy_file){ 0 };
    return &s->files[s->count++];
}

static zy_status add_file(zy_static *s, int fd, size_t n, const char *path, zy_err *err)
{
    size_t type = type_of(path);
    if (type == ZY_COUNT(TYPES))
        return ZY_OK;
    if (n > s->max_bytes - s->bytes || s->count == FILES_MAX)
        return zy_fail(err, ZY_CONFIG_BAD, "static", "%s: the files together are too large", path);
    zy_file *f = new_file(s);
    if (f == NULL || (f->plain = malloc(n + 1)) == NULL)
        return ZY_NO_MEMORY;
    f->path = zy_str_dup(zy_str_of(path));
    f->plain_n = n;
    s->bytes += n;
    if (read_all(fd, f->plain, n) != ZY_OK)
        return zy_fail(err, ZY_IO_ERROR, "static", "%s: cannot be read", path);
    f->type = TYPES[type].type;
    f->immutable = has_content_hash(path);
    tag(f);
    if (TYPES[type].compressed_well && n > 256)
        compress_file(f);
    return ZY_OK;
}

static zy_status load_folder(zy_static *s, int fd, const char *path, unsigned depth, zy_err *err);

/* Files and folders only: no links, nothing hidden. */
static zy_status load_entry(zy_static *s, int folder, const char *name, const char *parent,
                            unsigned depth, zy_err *err)
{
    char path[NAME_MAX_BYTES];
    struct stat st;
    if (name[0] == '.')
        return ZY_OK;
    if ((size_t)snprintf(path, sizeof path, "%s/%s", parent, name) >= sizeof path || depth > DEPTH_MAX)
        return zy_fail(err, ZY_CONFIG_BAD, "static", "%s: too deep", name);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return zy_fail(err, ZY_IO_ERROR, "static", "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
        return ZY_OK;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, "static", "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return load_folder(s, fd, path, depth + 1, err);
    zy_status status = add_file(s, fd, (size_t)st.st_size, path, err);
    close(fd);
    return status;
}

/* Takes fd over. */
static zy_status load_folder(zy_static *s, int fd, const char *path, unsigned depth, zy_err *err)
{
    zy_status status = ZY_OK;
    DIR *d = fdopendir(fd);
    if (d == NULL) {
        close(fd);
        return ZY_NO_MEMORY;
    }
    for (struct dirent *e; status == ZY_OK && (e = readdir(d)) != NULL;)
        status = load_entry(s, fd, e->d_name, path, depth, err);
    closedir(d);
    return status;
}

zy_status zy_static_load(const char *folder, size_t max_bytes, zy_static **ret_static, zy_err *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, "static", "%s: %s", folder, strerror(errno));
    zy_static *s = calloc(1, sizeof *s);
    if (s == NULL) {
        close(fd);
        return ZY_NO_MEMORY;
    }
    s->max_bytes = max_bytes;
    zy_status status = load_folder(s, fd, "", 0, err);
    if (status != ZY_OK) {
        zy_static_free(s);
        return status;
    }
    if (s->count > 0)
        qsort(s->files, s->count, sizeof *s->files, compare_files);
    *ret_static = s;
    return ZY_OK;
}

void zy_static_free(zy_static *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->count; i++) {
        free(s->files[i].path);
        free(s->files[i].plain);
        free(s->files[i].gzip);
    }
    free(s->files);
    free(s);
}

/* The path below the route, without the route's own prefix. */
static zy_str path_below(const zy_http *h)
{
    size_t skip = strlen(h->route->path);
    if (skip == 0 || h->route->path[skip - 1] != '/' || skip > h->path.n)
        return h->path;
    return zy_str_sub(h->path, skip - 1, h->path.n - skip + 1);
}

static bool has_extension(zy_str path)
{
    zy_str rest = path, last = path;
    while (zy_str_next(&rest, '/', &last))
        ;
    return memchr(last.p, '.', last.n) != NULL;
}

static const zy_file *choose(const zy_static *s, zy_str path)
{
    char name[NAME_MAX_BYTES];
    bool folder = path.n > 0 && path.p[path.n - 1] == '/';
    if ((size_t)snprintf(name, sizeof name, ZY_STR_FMT "%s", ZY_STR_ARG(path),
                         folder ? "index.html" : "") >= sizeof name)
        return NULL;
    const zy_file *f = find_file(s, name);
    if (f == NULL && !has_extension(path))
        f = find_file(s, "/index.html");
    return f;
}

static bool client_has(const zy_http *h, const zy_file *f)
{
    for (size_t i = 0; i < h->head.header_count; i++) {
        zy_str list = h->head.headers[i].value, one;
        if (!zy_str_same(h->head.headers[i].name, "if-none-match"))
            continue;
        while (zy_str_next(&list, ',', &one)) {
            one = zy_str_trim(one);
            if (zy_str_starts(one, ZY_STR("W/")))
                one = zy_str_sub(one, 2, one.n - 2);
            if (zy_str_eq_c(one, f->etag) || zy_str_eq(one, ZY_STR("*")))
                return true;
        }
    }
    return false;
}

void zy_static_serve(zy_http *h, void *zy_static_ptr)
{
    zy_str encodings = { NULL, 0 };
    const zy_file *f = choose(zy_static_ptr, path_below(h));
    if (f == NULL) {
        zy_http_refuse(h, ZY_NOT_FOUND);
        return;
    }
    bool zipped = f->gzip != NULL && zy_http_header(h, "accept-encoding", &encodings) &&
                  zy_list_has(encodings, "gzip");
    zy_http_set(h, "Cache-Control",
                f->immutable ? ZY_STR("public, max-age=31536000, immutable") : ZY_STR("no-cache"));
    zy_http_set(h, "ETag", zy_str_of(f->etag));
    if (f->gzip != NULL)
        zy_http_set(h, "Vary", ZY_STR("Accept-Encoding"));
    if (client_has(h, f)) {
        zy_http_status(h, 304);
        return;
    }
    if (zipped)
        zy_http_set(h, "Content-Encoding", ZY_STR("gzip"));
    zy_http_refer(h, zy_str_of(f->type), zipped ? f->gzip : f->plain, zipped ? f->gzip_n : f->plain_n);
}
