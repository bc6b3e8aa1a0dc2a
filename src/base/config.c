#include "base/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX_BYTES   ((size_t)256 * 1024)
#define VALUE_MAX_BYTES  4096
#define SECRET_MAX_BYTES 4096

typedef struct setting {
    const zy_config_row *row;
    char *value; /* NULL: not given yet */
    int64_t number;
    bool in_file;
} setting;

struct zy_config {
    char *folder; /* with '/' at its end, or "": relative paths start here */
    size_t count;
    setting *settings; /* sorted by name */
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const setting *)a)->row->name, ((const setting *)b)->row->name);
}

static setting *find(const zy_config *c, const char *name)
{
    zy_config_row row = { .name = name };
    setting wanted = { .row = &row };
    return bsearch(&wanted, c->settings, c->count, sizeof *c->settings, by_name);
}

static const setting *get(const zy_config *c, const char *name)
{
    const setting *s = find(c, name);
    assert(s != NULL);
    return s;
}

/* --- Values --- */

static zy_status bad_value(const zy_config_row *row, zy_err *err, const char *wanted)
{
    return zy_fail(err, ZY_CONFIG_BAD, row->name, "%s must be %s", row->name, wanted);
}

static zy_status take_int(const zy_config *c, const zy_config_row *row, zy_str text, setting *s, zy_err *err)
{
    (void)c;
    int64_t number;
    if (zy_str_i64(text, &number) != ZY_OK || number < row->min || number > row->max)
        return zy_fail(err, ZY_CONFIG_BAD, row->name, "%s must be a whole number from %" PRId64 " to %" PRId64 "%s%s",
                       row->name, row->min, row->max, row->unit_or_choices != NULL ? " " : "",
                       row->unit_or_choices != NULL ? row->unit_or_choices : "");
    s->number = number;
    s->value = zy_str_dup(text);
    return ZY_OK;
}

static zy_status take_bool(const zy_config *c, const zy_config_row *row, zy_str text, setting *s, zy_err *err)
{
    (void)c;
    if (!zy_str_eq_c(text, "true") && !zy_str_eq_c(text, "false"))
        return bad_value(row, err, "true or false");
    s->number = text.n == 4;
    s->value = zy_str_dup(text);
    return ZY_OK;
}

static zy_status take_text(const zy_config *c, const zy_config_row *row, zy_str text, setting *s, zy_err *err)
{
    (void)c;
    int64_t max = row->max != 0 ? row->max : VALUE_MAX_BYTES;
    if ((int64_t)text.n < row->min || (int64_t)text.n > max)
        return zy_fail(err, ZY_CONFIG_BAD, row->name, "%s must have %" PRId64 " to %" PRId64 " bytes", row->name,
                       row->min, max);
    s->value = zy_str_dup(text);
    return ZY_OK;
}

static zy_status take_choice(const zy_config *c, const zy_config_row *row, zy_str text, setting *s, zy_err *err)
{
    (void)c;
    zy_str rest = zy_str_of(row->unit_or_choices), choice;
    while (zy_str_next(&rest, '|', &choice))
        if (zy_str_eq(choice, text)) {
            s->value = zy_str_dup(text);
            return ZY_OK;
        }
    return zy_fail(err, ZY_CONFIG_BAD, row->name, "%s must be one of %s", row->name, row->unit_or_choices);
}

static zy_status take_path(const zy_config *c, const zy_config_row *row, zy_str text, setting *s, zy_err *err)
{
    (void)err;
    (void)row;
    bool relative = text.n > 0 && text.p[0] != '/';
    ZY_AUTO_BUF path = { 0 };
    zy_buf_c(&path, relative ? c->folder : "");
    zy_buf_str(&path, text);
    s->value = zy_str_dup(zy_buf_view(&path));
    return ZY_OK;
}

static zy_status check_secret_mode(const zy_config_row *row, const struct stat *st, zy_err *err)
{
    if (!S_ISREG(st->st_mode))
        return bad_value(row, err, "a regular file");
    if ((st->st_mode & 077) != 0)
        return zy_fail(err, ZY_CONFIG_BAD, row->name,
                       "the file of %s may be read by others than its owner: chmod 600 it", row->name);
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return zy_fail(err, ZY_CONFIG_BAD, row->name, "the file of %s belongs to another user: chown it", row->name);
    return ZY_OK;
}

/* A file that is not there yet is told when the secret is asked for: `init` makes it. */
static zy_status take_secret_file(const zy_config *c, const zy_config_row *row, zy_str text, setting *s,
                                  zy_err *err)
{
    setting path = { 0 };
    ZY_TRY(take_path(c, row, text, &path, err));
    struct stat st;
    zy_status status = stat(path.value, &st) == 0 ? check_secret_mode(row, &st, err) : ZY_OK;
    if (status != ZY_OK) {
        free(path.value);
        return status;
    }
    s->value = path.value;
    return ZY_OK;
}

static zy_status take(const zy_config *c, setting *s, zy_str text, zy_err *err)
{
    static zy_status (*const TAKE[])(const zy_config *, const zy_config_row *, zy_str, setting *, zy_err *) = {
        [ZY_C_INT] = take_int,       [ZY_C_BOOL] = take_bool, [ZY_C_TEXT] = take_text,
        [ZY_C_CHOICE] = take_choice, [ZY_C_PATH] = take_path, [ZY_C_SECRET_FILE] = take_secret_file,
    };
    if (text.n > VALUE_MAX_BYTES || !zy_str_is_utf8(text))
        return bad_value(s->row, err, "UTF-8 text of at most 4096 bytes");
    setting fresh = { 0 };
    ZY_TRY(TAKE[s->row->kind](c, s->row, text, &fresh, err));
    free(s->value);
    s->value = fresh.value;
    s->number = fresh.number;
    return ZY_OK;
}

/* --- The file --- */

static zy_status read_file(int fd, size_t max, zy_buf *out)
{
    char piece[4096];
    ssize_t n;
    out->max = max;
    while ((n = read(fd, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ZY_IO_ERROR;
        zy_buf_add(out, piece, (size_t)n);
        explicit_bzero(piece, (size_t)n);
        if (zy_buf_failed(out))
            return ZY_REQUEST_TOO_LARGE;
    }
    return ZY_OK;
}

static zy_status take_line(zy_config *c, const char *path, size_t number, zy_str text, zy_err *err)
{
    text = zy_str_trim(text);
    if (text.n == 0 || text.p[0] == '#')
        return ZY_OK;
    const char *equals = memchr(text.p, '=', text.n);
    if (equals == NULL)
        return zy_fail(err, ZY_CONFIG_BAD, "", "%s:%zu: a line is `name = value` or a # comment", path, number);
    zy_str name = zy_str_trim((zy_str){ text.p, (size_t)(equals - text.p) });
    zy_str value = zy_str_trim(zy_str_sub(text, (size_t)(equals - text.p) + 1, text.n));
    char key[64];
    setting *s = zy_str_copy(name, key, sizeof key) == ZY_OK ? find(c, key) : NULL;
    if (s == NULL)
        return zy_fail(err, ZY_CONFIG_BAD, "", "%s:%zu: there is no setting of this name", path, number);
    if (s->in_file)
        return zy_fail(err, ZY_CONFIG_BAD, s->row->name, "%s:%zu: %s stands twice", path, number, s->row->name);
    s->in_file = true;
    return take(c, s, value, err);
}

static zy_status take_file(zy_config *c, const char *path, bool must_exist, zy_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && !must_exist)
        return ZY_OK;
    if (fd < 0)
        return zy_fail(err, ZY_CONFIG_BAD, "", "cannot open %s: %s", path, strerror(errno));
    ZY_AUTO_BUF text = { 0 };
    zy_status status = read_file(fd, FILE_MAX_BYTES, &text);
    close(fd);
    if (status != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "", "%s cannot be read or is larger than 256 KiB", path);
    zy_str rest = zy_buf_view(&text), one;
    for (size_t number = 1; zy_str_next(&rest, '\n', &one); number++)
        ZY_TRY(take_line(c, path, number, one, err));
    return ZY_OK;
}

static zy_status take_fallbacks(zy_config *c, zy_err *err)
{
    for (size_t i = 0; i < c->count; i++) {
        setting *s = &c->settings[i];
        if (s->value != NULL)
            continue;
        if (s->row->fallback == NULL)
            return zy_fail(err, ZY_CONFIG_BAD, s->row->name, "%s must be given: %s", s->row->name, s->row->help);
        ZY_TRY(take(c, s, zy_str_of(s->row->fallback), err));
    }
    return ZY_OK;
}

static zy_config *config_new(const char *path, const zy_config_row *const *tables, const size_t *counts,
                             size_t table_count)
{
    zy_config *c = calloc(1, sizeof *c);
    size_t count = 0;
    for (size_t t = 0; t < table_count; t++)
        count += counts[t];
    if (c != NULL)
        c->settings = calloc(count + 1, sizeof *c->settings);
    if (c == NULL || c->settings == NULL)
        abort();
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    c->folder = zy_str_dup((zy_str){ path, slash != NULL ? (size_t)(slash - path) + 1 : 0 });
    for (size_t t = 0; t < table_count; t++)
        for (size_t i = 0; i < counts[t]; i++)
            c->settings[c->count++].row = &tables[t][i];
    qsort(c->settings, c->count, sizeof *c->settings, by_name);
    for (size_t i = 1; i < c->count; i++)
        assert(by_name(&c->settings[i - 1], &c->settings[i]) < 0); /* two rows of one name */
    return c;
}

zy_status zy_config_load(const char *path, bool must_exist, const zy_config_row *const *tables, const size_t *counts,
                         size_t table_count, zy_config **ret_config, zy_err *err)
{
    zy_config *c = config_new(path, tables, counts, table_count);
    zy_status status = path != NULL ? take_file(c, path, must_exist, err) : ZY_OK;
    if (status == ZY_OK)
        status = take_fallbacks(c, err);
    if (status != ZY_OK) {
        zy_config_free(c);
        return status;
    }
    *ret_config = c;
    return ZY_OK;
}

void zy_config_free(zy_config *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count; i++)
        free(c->settings[i].value);
    free(c->settings);
    free(c->folder);
    free(c);
}

zy_status zy_config_set(zy_config *c, const char *name, zy_str value, zy_err *err)
{
    setting *s = find(c, name);
    if (s == NULL)
        return zy_fail(err, ZY_CONFIG_BAD, "", "there is no setting of this name");
    return take(c, s, value, err);
}

int64_t zy_config_int(const zy_config *c, const char *name)
{
    const setting *s = get(c, name);
    assert(s->row->kind == ZY_C_INT);
    return s->number;
}

bool zy_config_bool(const zy_config *c, const char *name)
{
    const setting *s = get(c, name);
    assert(s->row->kind == ZY_C_BOOL);
    return s->number != 0;
}

zy_str zy_config_text(const zy_config *c, const char *name)
{
    const setting *s = get(c, name);
    assert(s->row->kind == ZY_C_TEXT || s->row->kind == ZY_C_CHOICE || s->row->kind == ZY_C_PATH);
    return zy_str_of(s->value);
}

zy_status zy_config_secret(const zy_config *c, const char *name, zy_buf *ret_secret, zy_err *err)
{
    const setting *s = get(c, name);
    assert(s->row->kind == ZY_C_SECRET_FILE);
    int fd = open(s->value, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return zy_fail(err, ZY_CONFIG_BAD, name, "cannot open the file of %s: %s", name, strerror(errno));
    struct stat st;
    ZY_AUTO_SECRET_BUF secret = { 0 };
    zy_status status = fstat(fd, &st) == 0 ? check_secret_mode(s->row, &st, err) : ZY_IO_ERROR;
    if (status == ZY_OK)
        status = read_file(fd, SECRET_MAX_BYTES, &secret);
    close(fd);
    if (status == ZY_CONFIG_BAD)
        return status;
    if (status != ZY_OK || secret.n == 0)
        return zy_fail(err, ZY_CONFIG_BAD, name, "the file of %s cannot be read, is empty or larger than 4096 bytes",
                       name);
    zy_str text = zy_buf_view(&secret);
    if (zy_str_ends(text, ZY_STR("\n")))
        text.n--;
    zy_buf_str(ret_secret, text);
    return zy_buf_failed(ret_secret) ? ZY_NO_MEMORY : ZY_OK;
}

/* --- The example file --- */

static void example_row(const zy_config_row *row, zy_buf *out)
{
    static const char *const KINDS[] = {
        [ZY_C_INT] = "number", [ZY_C_BOOL] = "true|false", [ZY_C_TEXT] = "text",
        [ZY_C_CHOICE] = "",    [ZY_C_PATH] = "path",       [ZY_C_SECRET_FILE] = "path of a file with mode 0600",
    };
    zy_buf_fmt(out, "# %s (%s%s", row->help, KINDS[row->kind],
               row->kind == ZY_C_CHOICE ? row->unit_or_choices : "");
    if (row->kind == ZY_C_INT)
        zy_buf_fmt(out, " %" PRId64 "..%" PRId64 "%s%s", row->min, row->max,
                   row->unit_or_choices != NULL ? " " : "", row->unit_or_choices != NULL ? row->unit_or_choices : "");
    zy_buf_fmt(out, ")\n%s%s = %s\n", row->fallback != NULL ? "#" : "", row->name,
               row->fallback != NULL ? row->fallback : "");
}

void zy_config_example(const zy_config_row *const *tables, const size_t *counts, size_t table_count, zy_buf *out)
{
    zy_buf_c(out, "# Zhangyin's settings. A line is `name = value`; what is commented out is the default.\n");
    for (size_t t = 0; t < table_count; t++) {
        zy_buf_char(out, '\n');
        for (size_t i = 0; i < counts[t]; i++)
            example_row(&tables[t][i], out);
    }
}
