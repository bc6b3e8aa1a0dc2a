#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mask.h"

#define LINE_MAX_BYTES 8192
#define TEXT_MAX_BYTES 512 /* of one value */
#define TRACE_MAX      64

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* one line is one piece of the file */
static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_lowest = ZY_LOG_INFO;
static _Thread_local char trace_id[TRACE_MAX];

void zy_log_open(int fd, zy_log_level lowest)
{
    atomic_store(&log_fd, fd);
    atomic_store(&log_lowest, (int)lowest);
}

void zy_log_trace(zy_str trace)
{
    zy_str clipped = zy_str_clip_utf8(trace, TRACE_MAX - 1);
    if (zy_str_copy(clipped, trace_id, sizeof trace_id) != ZY_OK)
        trace_id[0] = 0;
}

zy_str zy_log_trace_now(void)
{
    return zy_str_of(trace_id);
}

/* A line on the stack: logging must work when memory is out. */
typedef struct line {
    char p[LINE_MAX_BYTES];
    size_t n;
} line;

/* The room for "}\n" is never given away. A value that does not fit is left out whole. */
static bool add(line *l, const char *p, size_t n)
{
    if (n > sizeof l->p - 2 - l->n)
        return false;
    memcpy(l->p + l->n, p, n);
    l->n += n;
    return true;
}

static bool add_rune(line *l, zy_str s, size_t *at)
{
    size_t from = *at;
    uint32_t rune = zy_str_rune(s, at);
    /* U+007F-9F and the line separators are control characters for some viewers of logs. */
    if (rune < 0x20 || (rune >= 0x7f && rune < 0xa0) || rune == 0x2028 || rune == 0x2029 || rune == 0xfffd) {
        char escape[8];
        int n = snprintf(escape, sizeof escape, "\\u%04x", (unsigned)rune & 0xffffu);
        return add(l, escape, (size_t)n);
    }
    if (rune == '"' || rune == '\\')
        return add(l, "\\", 1) && add(l, s.p + from, 1);
    return add(l, s.p + from, *at - from);
}

static bool add_text(line *l, zy_str s)
{
    s = zy_str_clip_utf8(s, TEXT_MAX_BYTES);
    bool fits = add(l, "\"", 1);
    for (size_t at = 0; fits && at < s.n;)
        fits = add_rune(l, s, &at);
    return fits && add(l, "\"", 1);
}

static bool add_screened_text(line *l, zy_str s)
{
    char copy[TEXT_MAX_BYTES];
    s = zy_str_clip_utf8(s, sizeof copy);
    if (s.n != 0)
        memcpy(copy, s.p, s.n);
    zy_mask_in_text(copy, s.n);
    return add_text(l, zy_str_bytes(copy, s.n));
}

static bool add_int(line *l, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, v);
    return add(l, text, (size_t)n);
}

static bool add_value(line *l, const zy_log_field *f)
{
    static void (*const MASKS[])(zy_str, char *) = {
        [ZY_LOGF_PHONE] = zy_mask_phone,
        [ZY_LOGF_NAME] = zy_mask_name,
        [ZY_LOGF_CARD] = zy_mask_card,
        [ZY_LOGF_ADDR_IP] = zy_mask_ip,
    };
    if (f->kind == ZY_LOGF_INT)
        return add_int(l, f->i);
    if (f->kind == ZY_LOGF_TEXT)
        return add_screened_text(l, f->s);
    char text[ZY_MASK_MAX] = "";
    if (f->kind == ZY_LOGF_ID)
        zy_id_format((zy_id){ f->i }, text);
    else
        MASKS[f->kind](f->s, text);
    return add_text(l, zy_str_of(text));
}

static void add_member(line *l, const char *key, const zy_log_field *f)
{
    size_t before = l->n;
    bool fits = add(l, ",", 1) && add_text(l, zy_str_of(key)) && add(l, ":", 1) && add_value(l, f);
    if (!fits)
        l->n = before;
}

/* What every line begins with: short words of ours, which always fit. */
static void add_head(line *l, const char *key, const char *value)
{
    add(l, l->n == 0 ? "{" : ",", 1);
    add_text(l, zy_str_of(key));
    add(l, ":", 1);
    add_text(l, zy_str_of(value));
}

static void write_line(line *l)
{
    l->p[l->n++] = '}';
    l->p[l->n++] = '\n';
    int fd = atomic_load(&log_fd);
    pthread_mutex_lock(&lock);
    for (size_t done = 0; done < l->n;) {
        ssize_t n = write(fd, l->p + done, l->n - done);
        if (n < 0 && errno != EINTR)
            break; /* there is nobody to tell */
        done += n > 0 ? (size_t)n : 0;
    }
    pthread_mutex_unlock(&lock);
}

void zy_log_write(zy_log_level level, const char *event, const zy_log_field *fields, size_t count)
{
    static const char *const LEVELS[] = { "debug", "info", "warn", "error" };
    if ((int)level < atomic_load(&log_lowest))
        return;
    line l;
    char now[ZY_TIME_TEXT_MAX];
    l.n = 0;
    zy_time_format(zy_clock_now(zy_clock_system()), now);
    add_head(&l, "at", now);
    add_head(&l, "level", LEVELS[level]);
    add_head(&l, "event", event);
    if (trace_id[0] != 0)
        add_head(&l, "trace", trace_id);
    for (size_t i = 0; i < count; i++)
        add_member(&l, fields[i].key, &fields[i]);
    write_line(&l);
}

void zy_log_err(const char *event, const zy_err *err)
{
    /* What a caller was refused is no fault of ours: it must not drown what is. */
    zy_log_level level = zy_status_http(err->status) < 500 ? ZY_LOG_WARN : ZY_LOG_ERROR;
    ZY_LOG_(level, event, ZY_L_C("status", zy_status_name(err->status)), ZY_L_C("field", err->field),
            ZY_L_C("detail", err->detail));
}
