/* The request's head: http_parser (libhttp-parser) takes it apart and judges its framing; what stands here is policy on top of it,
 * checks of what RFC 9112 and 9110 forbid and it lets through, and decoding of paths. */
#include "net/head.h"

#include <http_parser.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Fields that a sender may repeat because their values are lists (RFC 9110, 5.3). Absent means: one. */
static const char *const REPEATABLE[] = {
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection",
    "forwarded", "if-match", "if-none-match", "pragma", "prefer", "te", "trailer", "upgrade", "via",
    "x-forwarded-for",
};

static const struct {
    enum http_method theirs;
    zy_http_method ours;
} METHODS[] = { { HTTP_GET, ZY_HTTP_GET }, { HTTP_POST, ZY_HTTP_POST }, { HTTP_HEAD, ZY_HTTP_HEAD } };

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

/* --- what the parser found --- */

typedef struct found {
    zy_head *head;
    zy_str target;
    zy_http_verdict verdict; /* of a callback that stopped the parser */
    bool complete;
} found;

static int on_target(http_parser *parser, const char *at, size_t n)
{
    found *f = parser->data;
    f->target = zy_str_bytes(at, n);
    return 0;
}

static int on_name(http_parser *parser, const char *at, size_t n)
{
    found *f = parser->data;
    if (f->head->header_count == ZY_HEADERS_MAX) {
        f->verdict = 431;
        return 1;
    }
    f->head->headers[f->head->header_count++] = (zy_header){ zy_str_bytes(at, n), { NULL, 0 } };
    return 0;
}

/* A second piece for one name would be a folded line: those do not come this far. */
static int on_value(http_parser *parser, const char *at, size_t n)
{
    found *f = parser->data;
    zy_header *h = &f->head->headers[f->head->header_count - 1];
    if (h->value.p != NULL)
        return 1;
    h->value = trim_ows(zy_str_bytes(at, n));
    return 0;
}

/* The body is read elsewhere: the parser is done with the head. */
static int on_end(http_parser *parser)
{
    found *f = parser->data;
    f->complete = true;
    http_parser_pause(parser, 1);
    return 0;
}

static const http_parser_settings CALLBACKS = {
    .on_url = on_target, .on_header_field = on_name, .on_header_value = on_value, .on_headers_complete = on_end,
};

/* --- lines: the parser, as Debian builds it, takes bare LF, any byte behind a CR, folded lines and empty lines in front --- */

/* Each line ends with CRLF, has no other CR or LF, and does not begin with white space (a fold). */
static bool lines_are_plain(zy_str bytes)
{
    zy_str rest = bytes;
    while (rest.n > 0) {
        const char *lf = memchr(rest.p, '\n', rest.n);
        if (lf == NULL || lf == rest.p || is_one_of((unsigned char)rest.p[0], " \t"))
            return false;
        size_t n = (size_t)(lf - rest.p);
        if (memchr(rest.p, '\r', n) != lf - 1)
            return false;
        rest = zy_str_sub(rest, n + 1, rest.n - n - 1);
    }
    return true;
}

/* --- the request line --- */

/* An error of the parser, as an HTTP status: a method that it does not know may still be one (RFC 9110, 9.1). */
static zy_http_verdict judge_error(const http_parser *parser, zy_str bytes)
{
    zy_str rest = bytes, word;
    bool method = HTTP_PARSER_ERRNO(parser) == HPE_INVALID_METHOD && zy_str_next(&rest, ' ', &word) && rest.p != NULL &&
                  zy_is_token(word);
    return method ? 501 : 400;
}

/* One space between the parts and none around them: the line is as long as what was found in it. And the protocol is HTTP:
 * the library, as Debian builds it, reads past these letters. */
static bool request_line_is_plain(const http_parser *parser, zy_str bytes, zy_str target)
{
    size_t method = strlen(http_method_str((enum http_method)parser->method));
    const char *end = memchr(bytes.p, '\r', bytes.n), *protocol = target.p + target.n;
    return target.p == bytes.p + method + 1 && end == protocol + sizeof " HTTP/1.1" - 1 &&
           memcmp(protocol, " HTTP/", sizeof " HTTP/" - 1) == 0;
}

static zy_http_verdict judge_method(const http_parser *parser, zy_http_method *ret_method)
{
    for (size_t i = 0; i < ZY_COUNT(METHODS); i++) {
        if (parser->method == METHODS[i].theirs) {
            *ret_method = METHODS[i].ours;
            return 0;
        }
    }
    return 501;
}

/* Origin form only: an absolute URI, "*" and a host:port are for proxies, which this is not. */
static zy_http_verdict judge_target(zy_str target, zy_head *head)
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

static zy_http_verdict judge_request_line(const http_parser *parser, zy_str bytes, zy_str target, zy_head *head)
{
    if (!request_line_is_plain(parser, bytes, target))
        return 400;
    if (parser->http_major != 1 || parser->http_minor != 1)
        return 505;
    zy_http_verdict verdict = judge_method(parser, &head->method);
    return verdict != 0 ? verdict : judge_target(target, head);
}

/* --- fields --- */

/* The parser takes a control byte at the beginning of a value, and a space in a name. */
static bool fields_are_clean(const zy_head *head)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (!zy_is_token(head->headers[i].name) || !all_are(head->headers[i].value, is_value_byte))
            return false;
    }
    return true;
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

/* A body comes with one plain Content-Length; chunked bodies answer 411, as RFC 9112 6.3 allows. The parser has read the
 * number and refused a second one and one beside a coding; it takes leading zeros and an empty value. */
static zy_http_verdict judge_framing(const http_parser *parser, zy_head *head)
{
    zy_str length, coding;
    char plain[24];
    if (zy_head_find(head, "transfer-encoding", &coding))
        return zy_str_same(coding, "chunked") ? 411 : 501;
    if (!zy_head_find(head, "content-length", &length))
        return 0;
    snprintf(plain, sizeof plain, "%llu", (unsigned long long)parser->content_length);
    if (!zy_str_eq_c(length, plain))
        return 400;
    head->content_length = parser->content_length;
    return head->method == ZY_HTTP_POST || head->content_length == 0 ? 0 : 400;
}

static zy_http_verdict judge_expectation(zy_head *head)
{
    zy_str value;
    if (!zy_head_find(head, "expect", &value))
        return 0;
    head->expects_continue = zy_str_same(value, "100-continue");
    return head->expects_continue ? 0 : 417;
}

/* The parser overlooks "close" beside a tab or an odd token. */
static bool wants_close(const zy_head *head)
{
    for (size_t i = 0; i < head->header_count; i++) {
        if (zy_str_same(head->headers[i].name, "connection") && zy_list_has(head->headers[i].value, "close"))
            return true;
    }
    return false;
}

static zy_http_verdict judge_fields(const http_parser *parser, zy_head *head)
{
    zy_str host;
    if (!fields_are_clean(head) || repeats_wrongly(head) || !zy_head_find(head, "host", &host) || !host_is_good(host))
        return 400;
    zy_http_verdict verdict = judge_framing(parser, head);
    head->close = wants_close(head);
    return verdict != 0 ? verdict : judge_expectation(head);
}

zy_http_verdict zy_head_parse(zy_str bytes, zy_head *ret_head)
{
    found f = { .head = ret_head };
    http_parser parser;
    ret_head->header_count = 0;
    ret_head->content_length = 0;
    ret_head->method = 0;
    ret_head->path = ret_head->query = (zy_str){ NULL, 0 };
    ret_head->close = ret_head->expects_continue = false;
    if (bytes.n == 0 || !lines_are_plain(bytes))
        return 400;
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &f;
    size_t used = http_parser_execute(&parser, &CALLBACKS, bytes.p, bytes.n);
    if (f.verdict != 0)
        return f.verdict;
    if (!f.complete)
        return judge_error(&parser, bytes);
    if (used + 1 != bytes.n) /* it stops at the head's last LF */
        return 400;
    zy_http_verdict verdict = judge_request_line(&parser, bytes, f.target, ret_head);
    return verdict != 0 ? verdict : judge_fields(&parser, ret_head);
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
