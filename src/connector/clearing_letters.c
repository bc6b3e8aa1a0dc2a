#include "connector/clearing_letters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"

#define LINE_MAX_BYTES (2 * ZY_ISO_BYTES_MAX)

zy_status zy_letters_folder(const char *folder, zy_err *err)
{
    struct stat st;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return zy_fail(err, ZY_CONFIG_BAD, "clearing.letters", "the folder cannot be made: %s", strerror(errno));
    if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 077) != 0)
        return zy_fail(err, ZY_CONFIG_BAD, "clearing.letters", "a folder of mode 0700 is expected");
    return ZY_OK;
}

/* --- writing --- */

static int open_locked(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A writer that was killed may have left half a line: the next one must not be glued to it. */
static bool ends_inside_a_line(int fd)
{
    char last = '\n';
    off_t size = lseek(fd, 0, SEEK_END);
    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static bool write_all(int fd, zy_str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = zy_str_sub(s, (size_t)n, s.n);
    }
    return true;
}

static zy_status line_of(const zy_wire_head *head, zy_str body, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *line = zy_json_object();
    zy_json *fields = zy_json_array();
    char *text = malloc(4 * ((body.n + 2) / 3) + 1);
    for (int i = 0; i < ZY_WIRE_FIELDS; i++)
        zy_json_push(fields, zy_json_new_str(zy_str_of(head->text[i])));
    zy_json_set(line, "head", fields);
    if (text == NULL)
        return ZY_NO_MEMORY;
    zy_base64_encode(body.p, body.n, text);
    zy_json_set_c(line, "body", text);
    free(text);
    zy_json_write(line, out);
    zy_buf_char(out, '\n');
    return zy_buf_failed(out) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

zy_status zy_letters_add(const char *folder, const zy_wire_head *head, zy_str body, zy_time now, zy_err *err)
{
    char day[ZY_DAY_TEXT_MAX], path[ZY_LETTERS_PATH_MAX];
    ZY_AUTO_BUF line = { .max = LINE_MAX_BYTES };
    zy_day_format(zy_day_of(now), day);
    if (snprintf(path, sizeof path, "%s/letters-%s.jsonl", folder, day) >= (int)sizeof path)
        return zy_fail(err, ZY_IO_ERROR, NULL, "the path of the letters is too long");
    ZY_TRY(line_of(head, body, &line));
    int fd = open_locked(path);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "the day's letters cannot be opened, or others may read them");
    bool good = !ends_inside_a_line(fd) || write_all(fd, ZY_STR("\n"));
    good = good && write_all(fd, zy_buf_view(&line)) && fdatasync(fd) == 0;
    good = close(fd) == 0 && good;
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "a letter cannot be kept");
}

/* --- verifying --- */

static zy_status letter_of(zy_str line, zy_wire_head *head, uint8_t *body, size_t size, size_t *ret_n)
{
    ZY_AUTO(zy_json_free) zy_json *letter = NULL;
    zy_str text;
    ZY_TRY(zy_json_parse(line, &letter));
    const zy_json *fields = zy_json_get(letter, "head");
    if (zy_json_count(fields) != ZY_WIRE_FIELDS || !zy_json_str(letter, "body", &text))
        return ZY_BAD_REQUEST;
    for (size_t i = 0; i < ZY_WIRE_FIELDS; i++) {
        zy_str value;
        if (!zy_json_as_str(zy_json_at(fields, i), &value))
            return ZY_BAD_REQUEST;
        ZY_TRY(zy_str_copy(value, head->text[i], ZY_WIRE_TEXT_MAX));
    }
    return zy_base64_decode(text, body, size, ret_n);
}

static zy_status check_line(zy_str line, uint8_t *body, zy_letter_check check, void *arg)
{
    zy_wire_head head;
    size_t n = 0;
    ZY_TRY(letter_of(line, &head, body, ZY_ISO_BYTES_MAX, &n));
    return check(&head, zy_str_bytes(body, n), arg);
}

zy_status zy_letters_verify(const char *path, zy_letter_check check, void *arg, zy_letters_found *ret_found, zy_err *err)
{
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "%.150s cannot be read: %s", path, strerror(errno));
    uint8_t *body = malloc(ZY_ISO_BYTES_MAX);
    *ret_found = (zy_letters_found){ 0 };
    for (ssize_t n; body != NULL && (n = getline(&line, &room, file)) > 0;) {
        zy_str text = zy_str_trim(zy_str_bytes(line, (size_t)n));
        if (text.n <= LINE_MAX_BYTES && check_line(text, body, check, arg) == ZY_OK)
            ret_found->good++;
        else if (ret_found->bad++ == 0)
            ret_found->first_bad = ret_found->good + 1;
    }
    bool whole = body != NULL && !ferror(file);
    fclose(file);
    free(line);
    free(body);
    return whole ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "%.150s cannot be read to its end", path);
}
