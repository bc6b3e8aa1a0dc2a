/* A mailbox instead of a gateway: a file of JSON lines, for demo and test banks. Several processes may write and read it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "connector/sms_internal.h"

#define TAIL_FIRST (64 * 1024) /* the newest text to a phone mostly stands near the end */

static zy_status mailbox_open(const zy_config *config, bool demo, void **ret_state, zy_err *err)
{
    if (!demo)
        return zy_fail(err, ZY_CONFIG_BAD, "sms.connector",
                       "the mailbox shows codes to whoever reads it: only banks made with --demo may use it");
    *ret_state = zy_str_dup(zy_config_text(config, "sms.mailbox"));
    return ZY_OK;
}

/* Opens, checks that it is a file of ours that nobody else reads, and locks. */
static int open_locked(const char *path, int flags, int lock)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct stat st;
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) == 0 && flock(fd, lock) == 0)
        return fd;
    close(fd);
    return -1;
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

/* A writer that was killed may have left half a line: the next one must not be glued to it. */
static bool ends_inside_a_line(int fd)
{
    char last = '\n';
    off_t size = lseek(fd, 0, SEEK_END);
    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static zy_status mailbox_send(void *state, zy_str phone, zy_str text, zy_time now, zy_err *err)
{
    const char *path = state;
    ZY_AUTO(zy_json_free) zy_json *line = zy_json_object();
    ZY_AUTO_SECRET_BUF out = { 0 };
    zy_json_set_int(line, "at", now.ms);
    zy_json_set_str(line, "phone", phone);
    zy_json_set_str(line, "text", text);
    int fd = open_locked(path, O_RDWR | O_APPEND | O_CREAT, LOCK_EX);
    if (fd < 0)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the mailbox cannot be opened, or others may read it");
    if (ends_inside_a_line(fd))
        zy_buf_char(&out, '\n');
    zy_json_write(line, &out);
    zy_buf_char(&out, '\n');
    bool good = write_all(fd, zy_buf_view(&out));
    close(fd);
    return good ? ZY_OK : zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the mailbox cannot be written");
}

static void mailbox_free(void *state)
{
    free(state);
}

const sms_carrier SMS_MAILBOX = { mailbox_open, mailbox_send, mailbox_free };

/* --- reading --- */

static bool is_to(zy_str line, zy_str phone, zy_time *ret_at, zy_buf *ret_text)
{
    ZY_AUTO(zy_json_free) zy_json *message = NULL;
    zy_str to, text;
    int64_t at = 0;
    if (memmem(line.p, line.n, phone.p, phone.n) == NULL || zy_json_parse(line, &message) != ZY_OK ||
        !zy_json_str(message, "phone", &to) || !zy_str_eq(to, phone) || !zy_json_str(message, "text", &text) ||
        !zy_json_int(message, "at", &at))
        return false;
    ret_at->ms = at;
    zy_buf_clear(ret_text);
    zy_buf_str(ret_text, text);
    return true;
}

/* From the last line of the tail up; the first may be cut off and is then no JSON. */
static bool find_in(zy_str tail, zy_str phone, zy_time *ret_at, zy_buf *ret_text)
{
    while (tail.n > 0) {
        const char *end = memrchr(tail.p, '\n', tail.n);
        size_t from = end != NULL ? (size_t)(end - tail.p) + 1 : 0;
        if (from < tail.n && is_to(zy_str_sub(tail, from, tail.n), phone, ret_at, ret_text))
            return true;
        tail.n = end != NULL ? from - 1 : 0;
    }
    return false;
}

static zy_status search(int fd, zy_str phone, zy_time *ret_at, zy_buf *ret_text)
{
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t tail = TAIL_FIRST;; tail *= 8) {
        size_t n = (size_t)(tail < size ? tail : size);
        char *bytes = malloc(n + 1);
        if (bytes == NULL)
            return ZY_NO_MEMORY;
        ssize_t got = pread(fd, bytes, n, size - (off_t)n);
        bool found = got > 0 && find_in(zy_str_bytes(bytes, (size_t)got), phone, ret_at, ret_text);
        explicit_bzero(bytes, n);
        free(bytes);
        if (found)
            return ZY_OK;
        if (tail >= size)
            return ZY_NOT_FOUND;
    }
}

zy_status zy_mailbox_newest(const char *path, zy_str phone, zy_time *ret_at, zy_buf *ret_text)
{
    if (phone.n == 0)
        return ZY_NOT_FOUND;
    int fd = open_locked(path, O_RDONLY, LOCK_SH);
    if (fd < 0)
        return ZY_NOT_FOUND;
    zy_status status = search(fd, phone, ret_at, ret_text);
    close(fd);
    return status;
}

/* The first run of exactly six digits: "【bank】验证码123456，…". */
static bool find_code(zy_str text, char code[7])
{
    size_t run = 0;
    for (size_t i = 0; i <= text.n; i++) {
        bool digit = i < text.n && text.p[i] >= '0' && text.p[i] <= '9';
        if (!digit && run == 6) {
            memcpy(code, text.p + i - 6, 6);
            code[6] = '\0';
            return true;
        }
        run = digit ? run + 1 : 0;
    }
    return false;
}

zy_status zy_mailbox_code(const char *path, zy_str phone, zy_time *after, char ret_code[7])
{
    zy_time at;
    ZY_AUTO_SECRET_BUF text = { 0 };
    ZY_TRY(zy_mailbox_newest(path, phone, &at, &text));
    if (at.ms <= after->ms || !find_code(zy_buf_view(&text), ret_code))
        return ZY_NOT_FOUND;
    *after = at;
    return ZY_OK;
}
