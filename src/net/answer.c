/* Answers: what a handler says, the headers that every answer carries, the bytes for the wire. */
#include "net/internal.h"

#include <assert.h>
#include <string.h>
#include <time.h>

#define CONTENT_MAX ((size_t)32 * 1024 * 1024)

static const struct {
    int status;
    const char *reason;
    zy_status code; /* of the fixed JSON */
} ANSWERS[] = {
    { 200, "OK", ZY_OK },
    { 201, "Created", ZY_OK },
    { 202, "Accepted", ZY_OK },
    { 204, "No Content", ZY_OK },
    { 302, "Found", ZY_OK },
    { 303, "See Other", ZY_OK },
    { 304, "Not Modified", ZY_OK },
    { 400, "Bad Request", ZY_BAD_REQUEST },
    { 401, "Unauthorized", ZY_LOGIN_REQUIRED },
    { 403, "Forbidden", ZY_PERMISSION_DENIED },
    { 404, "Not Found", ZY_API_UNKNOWN },
    { 405, "Method Not Allowed", ZY_METHOD_NOT_ALLOWED },
    { 409, "Conflict", ZY_STATE_CONFLICT },
    { 410, "Gone", ZY_CHANNEL_KEY },
    { 411, "Length Required", ZY_BAD_REQUEST },
    { 413, "Content Too Large", ZY_REQUEST_TOO_LARGE },
    { 414, "URI Too Long", ZY_REQUEST_TOO_LARGE },
    { 415, "Unsupported Media Type", ZY_BAD_REQUEST },
    { 417, "Expectation Failed", ZY_BAD_REQUEST },
    { 423, "Locked", ZY_LOCKED },
    { 429, "Too Many Requests", ZY_RATE_LIMITED },
    { 431, "Request Header Fields Too Large", ZY_REQUEST_TOO_LARGE },
    { 500, "Internal Server Error", ZY_INTERNAL },
    { 501, "Not Implemented", ZY_METHOD_NOT_ALLOWED },
    { 503, "Service Unavailable", ZY_BUSY },
    { 504, "Gateway Timeout", ZY_TIMEOUT },
    { 505, "HTTP Version Not Supported", ZY_BAD_REQUEST },
};

/* What every answer carries unless the handler set its own. */
static const struct {
    const char *name, *value;
} ALWAYS[] = {
    { "Cache-Control", "no-store" },
    { "X-Content-Type-Options", "nosniff" },
    { "Referrer-Policy", "no-referrer" },
    { "Cross-Origin-Opener-Policy", "same-origin" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
};

static const char *reason_of(int status)
{
    for (size_t i = 0; i < ZY_COUNT(ANSWERS); i++) {
        if (ANSWERS[i].status == status)
            return ANSWERS[i].reason;
    }
    return "";
}

void zy_http_status(zy_http *h, int status)
{
    h->status = status;
}

static bool is_header_safe(zy_str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c == '\r' || c == '\n' || c == '\0')
            return false;
    }
    return true;
}

void zy_http_set(zy_http *h, const char *name, zy_str value)
{
    assert(zy_is_token(zy_str_of(name)) && is_header_safe(value) && h->set_count < ZY_SET_MAX);
    zy_str copy = zy_arena_str(h->arena, value);
    if (copy.p == NULL) { /* an answer without a header it should have is no answer */
        h->status = 500;
        return;
    }
    h->set[h->set_count++] = (zy_header){ zy_str_of(name), copy };
}

static void add_content(zy_http *h, zy_str content_type, const void *p, size_t n, bool copy)
{
    int failed = evbuffer_get_length(h->content) + n > CONTENT_MAX;
    if (!failed)
        failed = copy ? evbuffer_add(h->content, p, n)
                      : evbuffer_add_reference(h->content, p, n, NULL, NULL);
    assert(is_header_safe(content_type));
    h->content_type = zy_arena_str(h->arena, content_type);
    if (failed || h->content_type.p == NULL) {
        evbuffer_drain(h->content, evbuffer_get_length(h->content));
        h->status = 500;
    }
}

void zy_http_write(zy_http *h, zy_str content_type, const void *p, size_t n)
{
    add_content(h, content_type, p, n, true);
}

void zy_http_refer(zy_http *h, zy_str content_type, const void *p, size_t n)
{
    add_content(h, content_type, p, n, false);
}

static void refuse(zy_http *h, int http_status, zy_status code)
{
    char json[64];
    int n = snprintf(json, sizeof json, "{\"code\":\"%s\"}", zy_status_name(code));
    evbuffer_drain(h->content, evbuffer_get_length(h->content));
    h->set_count = 0;
    h->status = http_status;
    add_content(h, ZY_STR("application/json"), json, (size_t)n, true);
}

void zy_http_refuse(zy_http *h, zy_status status)
{
    refuse(h, zy_status_http(status), status);
}

void zy_http_refuse_http(zy_http *h, int http_status)
{
    zy_status code = ZY_INTERNAL;
    for (size_t i = 0; i < ZY_COUNT(ANSWERS); i++) {
        if (ANSWERS[i].status == http_status)
            code = ANSWERS[i].code;
    }
    refuse(h, http_status, code);
}

static bool is_set(const zy_http *h, const char *name)
{
    for (size_t i = 0; i < h->set_count; i++) {
        if (zy_str_same(h->set[i].name, name))
            return true;
    }
    return false;
}

static void add_date(zy_http *h)
{
    char text[64];
    time_t seconds = (time_t)(h->received_at.ms / 1000);
    struct tm tm;
    if (h->received_at.ms == 0) /* refused before its head was read */
        seconds = (time_t)(zy_clock_now(zy_clock_system()).ms / 1000);
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
    evbuffer_add(h->out, text, strlen(text));
}

/* The older header for what the policy says of frames. */
static const char *frame_options(const char *csp)
{
    if (strstr(csp, "frame-ancestors 'none'") != NULL)
        return "X-Frame-Options: DENY\r\n";
    return strstr(csp, "frame-ancestors 'self'") != NULL ? "X-Frame-Options: SAMEORIGIN\r\n" : "";
}

/* The camera is for the pages of a door that says so, and for nobody whom they may frame. */
static const char *permissions_of(const zy_http *h)
{
    return h->door->camera ? "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"
                           : "camera=(), microphone=(), geolocation=(), payment=(), usb=()";
}

static void add_security_headers(zy_http *h)
{
    for (size_t i = 0; i < ZY_COUNT(ALWAYS); i++) {
        if (!is_set(h, ALWAYS[i].name))
            evbuffer_add_printf(h->out, "%s: %s\r\n", ALWAYS[i].name, ALWAYS[i].value);
    }
    if (!is_set(h, "Permissions-Policy"))
        evbuffer_add_printf(h->out, "Permissions-Policy: %s\r\n", permissions_of(h));
    if (!is_set(h, "Content-Security-Policy"))
        evbuffer_add_printf(h->out, "Content-Security-Policy: %s\r\n%s", h->door->csp,
                            frame_options(h->door->csp));
    if (h->door->hsts)
        evbuffer_add_printf(h->out, "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n");
}

static void add_allow(zy_http *h)
{
    static const struct {
        zy_http_method method;
        const char *name;
    } ALLOW[] = { { ZY_HTTP_GET, "GET" }, { ZY_HTTP_HEAD, "HEAD" }, { ZY_HTTP_POST, "POST" } };
    const char *separator = "Allow: ";
    for (size_t i = 0; i < ZY_COUNT(ALLOW); i++) {
        if ((h->route->methods & ALLOW[i].method) == 0)
            continue;
        evbuffer_add_printf(h->out, "%s%s", separator, ALLOW[i].name);
        separator = ", ";
    }
    evbuffer_add(h->out, "\r\n", 2);
}

static bool has_no_content(const zy_http *h)
{
    return h->status == 204 || h->status == 304;
}

static void add_framing(zy_http *h)
{
    if (h->content_type.n > 0 && !has_no_content(h))
        evbuffer_add_printf(h->out, "Content-Type: " ZY_STR_FMT "\r\n", ZY_STR_ARG(h->content_type));
    if (h->stream == NULL && !has_no_content(h))
        evbuffer_add_printf(h->out, "Content-Length: %zu\r\n", evbuffer_get_length(h->content));
    evbuffer_add_printf(h->out, "Connection: %s\r\n", h->close ? "close" : "keep-alive");
}

void zy_http_finish(zy_http *h)
{
    h->close = h->close || h->stream != NULL || atomic_load(&h->door->server->draining);
    evbuffer_expand(h->out, 1024);
    evbuffer_add_printf(h->out, "HTTP/1.1 %d %s\r\n", h->status, reason_of(h->status));
    add_date(h);
    add_framing(h);
    if (h->status == 405 && h->route != NULL)
        add_allow(h);
    if (h->status == 503)
        evbuffer_add_printf(h->out, "Retry-After: 1\r\n");
    for (size_t i = 0; i < h->set_count; i++)
        evbuffer_add_printf(h->out, ZY_STR_FMT ": " ZY_STR_FMT "\r\n", ZY_STR_ARG(h->set[i].name),
                            ZY_STR_ARG(h->set[i].value));
    add_security_headers(h);
    evbuffer_add(h->out, "\r\n", 2);
    if (h->head.method != ZY_HTTP_HEAD && !has_no_content(h))
        evbuffer_add_buffer(h->out, h->content);
}
