#include "net/head.h"

#include <string.h>
#include <strings.h>

/* Fields that a sender may repeat because their values are lists (RFC 9110, 5.3). Absent means: one. */
static const char *const REPEATABLE[] = {
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection",
    "forwarded", "if-match", "if-none-match", "pragma", "prefer", "te", "trailer", "upgrade", "via",
    "x-forwarded-for",
};

static const struct {
    const char *name;
    zy_http_method method;
} METHODS[] = { { "GET", ZY_HTTP_GET }, { "POST", ZY_HTTP_POST }, { "HEAD", ZY_HTTP_HEAD } };

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(unsigned char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(unsigned char c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

static bool all_are(zy_str s, bool (*is)(unsigned char))
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is((unsigned char)s.p[i]))
            return false;
    }
    return true;
}

static bool is_token_byte(unsigned char c)
{
    return is_alnum(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

/* RFC 3986's pchar, '/' and '?', and '%' (whose digits are checked apart). */
static bool is_target_byte(unsigned char c)
{
    return is_alnum(c) || is_one_of(c, "-._~!$&'()*+,;=:@/?%");
}

static bool is_value_byte(unsigned char c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static bool is_host_byte(unsigned char c)
{
    return is_alnum(c) || is_one_of(c, "-._");
}

static bool is_ipv6_byte(unsigned char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || is_one_of(c, ":.");
}

/* Optional white space is SP and HTAB, nothing else. */
static zy_str trim_ows(zy_str s)
{
    while (s.n > 0 && is_one_of((unsigned char)s.p[0], " \t"))
        s = zy_str_sub(s, 1, s.n - 1);
    while (s.n > 0 && is_one_of((unsigned char)s.p[s.n - 1], " \t"))
        s.n--;
    return s;
}

bool zy_is_token(zy_str s)
{
    return s.n > 0 && all_are(s, is_token_byte);
}

bool zy_str_same(zy_str a, const char *b)
{
    return a.n == strlen(b) && (a.n == 0 || strncasecmp(a.p, b, a.n) == 0);
}

static int hex_value(unsigned char c)
{
    if (is_digit(c))
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte at raw[*i], an escape counting as one; false for a bad escape or NUL. */
static bool next_byte(zy_str raw, size_t *i, unsigned char *ret_byte, bool *ret_escaped)
{
    unsigned char c = (unsigned char)raw.p[*i];
    *ret_escaped = c == '%';
    *i += 1;
    if (c == '%') {
        if (raw.n - *i < 2)
            return false;
        int high = hex_value((unsigned char)raw.p[*i]), low = hex_value((unsigned char)raw.p[*i + 1]);
        if (high < 0 || low < 0)
            return false;
        c = (unsigned char)(high * 16 + low);
        *i += 2;
    }
    *ret_byte = c;
    return c != 0;
}

static bool segments_are_plain(zy_str path)
{
    zy_str rest = zy_str_sub(path, 1, path.n - 1), segment;
    while (zy_str_next(&rest, '/', &segment)) {
        if (zy_str_eq(segment, ZY_STR(".")) || zy_str_eq(segment, ZY_STR("..")))
            return false;
    }
    return memmem(path.p, path.n, "//", 2) == NULL;
}

zy_status zy_path_decode(zy_str raw, char *out, size_t *ret_n)
{
    size_t n = 0;
    if (raw.n == 0 || raw.p[0] != '/')
        return ZY_BAD_REQUEST;
    for (size_t i = 0; i < raw.n;) {
        unsigned char c;
        bool escaped;
        if (!next_byte(raw, &i, &c, &escaped) || c < 0x20 || c == 0x7f || c == '\\' ||
            (escaped && (c == '/' || c == '%')))
            return ZY_BAD_REQUEST;
        out[n++] = (char)c;
    }
    zy_str path = zy_str_bytes(out, n);
    if (!segments_are_plain(path) || !zy_str_is_utf8(path))
        return ZY_BAD_REQUEST;
    *ret_n = n;
    return ZY_OK;
}

zy_status zy_query_decode(zy_str raw, char *out, size_t *ret_n)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.n;) {
        unsigned char c;
        bool escaped;
        if (!next_byte(raw, &i, &c, &escaped))
            return ZY_BAD_REQUEST;
        out[n++] = (char)(c == '+' && !escaped ? ' ' : c);
    }
    if (!zy_str_is_utf8(zy_str_bytes(out, n)))
        return ZY_BAD_REQUEST;
    *ret_n = n;
    return ZY_OK;
}

static bool escapes_are_good(zy_str s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned char c;
        bool escaped;
        if (!next_byte(s, &i, &c, &escaped))
            return false;
    }
    return true;
}

/* Cuts a line that ends with CRLF off *rest; a CR or LF anywhere else is no line. */
static bool next_line(zy_str *rest, zy_str *ret_line)
{
    const char *lf = memchr(rest->p, '\n', rest->n);
    if (lf == NULL || lf == rest->p || lf[-1] != '\r')
        return false;
    size_t n = (size_t)(lf - rest->p);
    *ret_line = zy_str_bytes(rest->p, n - 1);
    *rest = zy_str_sub(*rest, n + 1, rest->n - n - 1);
    return memchr(ret_line->p, '\r', ret_line->n) == NULL && memchr(ret_line->p, 0, ret_line->n) == NULL;
}

static zy_http_verdict read_method(zy_str name, zy_http_method *ret_method)
{
    for (size_t i = 0; i < ZY_COUNT(METHODS); i++) {
        if (zy_str_eq_c(name, METHODS[i].name)) {
            *ret_method = METHODS[i].method;
            return 0;
        }
    }
    return zy_is_token(name) ? 501 : 400;
}

static zy_http_verdict read_version(zy_str version)
{
    if (zy_str_eq(version, ZY_STR("HTTP/1.1")))
        return 0;
    bool of_http = version.n == 8 && zy_str_starts(version, ZY_STR("HTTP/")) &&
                   is_digit((unsigned char)version.p[5]) && version.p[6] == '.' &&
                   is_digit((unsigned char)version.p[7]);
    return of_http ? 505 : 400;
}

/* Origin form only: an absolute URI, "*" and a host:port are for proxies, which this is not. */
static zy_http_verdict read_target(zy_str target, zy_head *head)
{
    if (target.n > ZY_TARGET_MAX)
        return 414;
    if (target.n == 0 || target.p[0] != '/' || !all_are(target, is_target_byte) || !escapes_are_good(target))
        return 400;
    zy_str rest = target;
    zy_str_next(&rest, '?', &head->path);
    if (head->path.n < target.n)
        head->query = zy_str_sub(target, head->path.n + 1, target.n - head->path.n - 1);
    return 0;
}

static zy_http_verdict read_request_line(zy_str line, zy_head *head)
{
    zy_str rest = line, method, target, version;
    if (!zy_str_next(&rest, ' ', &method) || !zy_str_next(&rest, ' ', &target) ||
        !zy_str_next(&rest, ' ', &version) || method.n + target.n + version.n + 2 != line.n)
        return 400;
    zy_http_verdict verdict = read_version(version);
    if (verdict == 0)
        verdict = read_method(method, &head->method);
    return verdict != 0 ? verdict : read_target(target, head);
}

/* A line that begins with white space (obs-fold) has no token before its colon and falls here. */
static zy_http_verdict read_header(zy_str line, zy_head *head)
{
    const char *colon = memchr(line.p, ':', line.n);
    if (colon == NULL)
        return 400;
    if (head->header_count == ZY_HEADERS_MAX)
        return 431;
    size_t n = (size_t)(colon - line.p);
    zy_header h = { zy_str_bytes(line.p, n), trim_ows(zy_str_sub(line, n + 1, line.n - n - 1)) };
    if (!zy_is_token(h.name) || !all_are(h.value, is_value_byte))
        return 400;
    head->headers[head->header_count++] = h;
    return 0;
}

static bool may_repeat(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(REPEATABLE); i++) {
        if (zy_str_same(name, REPEATABLE[i]))
            return true;
    }
    return false;
}

static bool repeats_wrongly(const zy_head *head)
{
    for (size_t i = 1; i < head->header_count; i++) {
        zy_str name = head->headers[i].name;
        for (size_t j = 0; j < i; j++) {
            zy_str other = head->headers[j].name;
            if (name.n == other.n && strncasecmp(name.p, other.p, name.n) == 0 && !may_repeat(name))
                return true;
        }
    }
    return false;
}

static bool port_is_good(zy_str port)
{
    return port.n >= 1 && port.n <= 5 && all_are(port, is_digit);
}

static bool host_is_good(zy_str host)
{
    size_t n = 0;
    if (host.n > 2 && host.p[0] == '[') {
        const char *end = memchr(host.p, ']', host.n);
        if (end == NULL || !all_are(zy_str_sub(host, 1, (size_t)(end - host.p) - 1), is_ipv6_byte))
            return false;
        n = (size_t)(end - host.p) + 1;
    } else {
        while (n < host.n && is_host_byte((unsigned char)host.p[n]))
            n++;
    }
    if (n == 0 || host.n > 255)
        return false;
    return n == host.n || (host.p[n] == ':' && port_is_good(zy_str_sub(host, n + 1, host.n - n - 1)));
}

/* A body comes with one plain Content-Length; chunked bodies answer 411, as RFC 9112 6.3 allows. */
static zy_http_verdict read_framing(zy_head *head)
{
    zy_str length, coding;
    bool has_length = zy_head_find(head, "content-length", &length);
    if (zy_head_find(head, "transfer-encoding", &coding))
        return !has_length && zy_str_same(coding, "chunked") ? 411 : has_length ? 400 : 501;
    if (!has_length)
        return 0;
    if (zy_str_u64(length, &head->content_length) != ZY_OK)
        return 400;
    return head->method == ZY_HTTP_POST || head->content_length == 0 ? 0 : 400;
}

static zy_http_verdict read_expectation(zy_head *head)
{
    zy_str value;
    if (!zy_head_find(head, "expect", &value))
        return 0;
    head->expects_continue = zy_str_same(value, "100-continue");
    return head->expects_continue ? 0 : 417;
}

static bool wants_close(const zy_head *head)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (zy_str_same(head->headers[i].name, "connection") &&
            zy_list_has(head->headers[i].value, "close"))
            return true;
    }
    return false;
}

static zy_http_verdict check_fields(zy_head *head)
{
    zy_str host;
    if (repeats_wrongly(head) || !zy_head_find(head, "host", &host) || !host_is_good(host))
        return 400;
    zy_http_verdict verdict = read_framing(head);
    head->close = wants_close(head);
    return verdict != 0 ? verdict : read_expectation(head);
}

zy_http_verdict zy_head_parse(zy_str bytes, zy_head *ret_head)
{
    zy_str rest = bytes, line;
    ret_head->header_count = 0;
    ret_head->content_length = 0;
    ret_head->method = 0;
    ret_head->path = ret_head->query = (zy_str){ NULL, 0 };
    ret_head->close = ret_head->expects_continue = false;
    if (!next_line(&rest, &line))
        return 400;
    zy_http_verdict verdict = read_request_line(line, ret_head);
    while (verdict == 0) {
        if (!next_line(&rest, &line))
            return 400;
        if (line.n == 0)
            return rest.n == 0 ? check_fields(ret_head) : 400;
        verdict = read_header(line, ret_head);
    }
    return verdict;
}

bool zy_head_find(const zy_head *head, const char *name, zy_str *ret_value)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (zy_str_same(head->headers[i].name, name)) {
            *ret_value = head->headers[i].value;
            return true;
        }
    }
    return false;
}

static bool is_zero_byte(unsigned char c)
{
    return c == '0' || c == '.';
}

static bool is_quality_zero(zy_str parameters)
{
    zy_str part;
    while (zy_str_next(&parameters, ';', &part)) {
        part = trim_ows(part);
        if (part.n >= 3 && strncasecmp(part.p, "q=", 2) == 0)
            return all_are(zy_str_sub(part, 2, part.n - 2), is_zero_byte);
    }
    return false;
}

bool zy_list_has(zy_str list, const char *token)
{
    zy_str entry;
    while (zy_str_next(&list, ',', &entry)) {
        zy_str rest = entry, name;
        if (zy_str_next(&rest, ';', &name) && zy_str_same(trim_ows(name), token))
            return !is_quality_zero(rest);
    }
    return false;
}
