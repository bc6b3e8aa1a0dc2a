/* The HTTP server: libevent's event loops, buffers and TLS, http_parser with a strict policy on top, a pool of
 * workers. No table, no key of the bank, no business here. Requests that RFC 9112 calls invalid never
 * reach a handler. */
#pragma once

#include <stdbool.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/str.h"

typedef struct zy_server zy_server;
typedef struct zy_http zy_http; /* one request and its answer, on a worker thread */

typedef enum { ZY_HTTP_GET = 1, ZY_HTTP_POST = 2, ZY_HTTP_HEAD = 4 } zy_http_method;

/* A handler runs on a worker thread, fills the answer and returns; the loop sends it. */
typedef void (*zy_http_fn)(zy_http *http, void *arg);

typedef struct zy_route {
    const char *path;    /* exact, or a prefix when it ends with '/' ; the longest match wins */
    unsigned methods;    /* mask; others answer 405 */
    size_t body_max;     /* bytes; larger answers 413 before it is read whole */
    const char *content_type; /* POST: required content type without parameters, NULL for any */
    zy_http_fn fn;
    void *arg;
} zy_route;

/* What every answer carries unless the listener says otherwise. A listener whose policy says
 * frame-ancestors 'self' may show its own pages in frames (X-Frame-Options follows). */
#define ZY_CSP_WITH(connect, frames)                                                            \
    "default-src 'self'; script-src 'self'; style-src 'self'; "                                \
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'" connect "; object-src 'none'; " \
    "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors " frames
#define ZY_CSP_WITH_FRAMES(frames) ZY_CSP_WITH("", frames)
#define ZY_CSP_DEFAULT ZY_CSP_WITH_FRAMES("'none'")
#define ZY_CSP_FRAMED  ZY_CSP_WITH_FRAMES("'self'")
/* The same with one more origin that scripts may ask: that of `url`. ZY_BAD_FIELD: no http(s) URL, or one with letters that have
 * a meaning in a policy. */
#define ZY_CSP_MAX 700
ZY_CHECKED zy_status zy_csp_connecting(zy_str url, bool framed, char out[ZY_CSP_MAX], zy_err *err);

/* The strings of routes, and csp, must outlive the server; the rest is copied. */
typedef struct zy_listener {
    const char *name;       /* "customer" */
    zy_str address;         /* "127.0.0.1", "::1", "0.0.0.0" */
    uint16_t port;          /* 0: any, told by zy_server_port */
    bool internal_only;     /* staff, ops: refuses to bind to a public or wildcard address */
    bool tls;
    zy_str cert_path, key_path; /* PEM */
    bool hsts;              /* send Strict-Transport-Security */
    const char *csp;        /* Content-Security-Policy of every answer; NULL: the strict default */
    bool camera;            /* its own pages may ask for the camera */
    const char *const *trusted_proxies; /* addresses or address/bits whose X-Forwarded-For is believed; NULL-terminated */
    unsigned connections_per_address;   /* 0: no limit */
    const zy_route *routes;
    size_t route_count;
} zy_listener;

typedef struct zy_server_options {
    unsigned loops;              /* event loops, default one a core */
    unsigned workers;            /* default 128 */
    size_t queue_max;            /* requests waiting for a worker; beyond: 503 */
    size_t header_max, arena_max;/* bytes */
    int64_t read_timeout_ms, idle_timeout_ms;
    size_t connections_max;      /* default and ceiling: what the limit of open files allows */
    size_t worker_stack;         /* bytes, default 256 KiB */
} zy_server_options;             /* a field left 0 takes its default */

ZY_CHECKED zy_status zy_server_start(const zy_server_options *options, const zy_listener *listeners, size_t count,
                                     zy_server **ret_server, zy_err *err);
uint16_t zy_server_port(const zy_server *server, const char *listener);
/* Stops accepting, lets running requests end (at most wait_ms), closes idle connections, then frees. */
void zy_server_drain(zy_server *server, int64_t wait_ms);
typedef struct zy_server_stats {
    uint64_t accepted, open, requests, refused, queued;
} zy_server_stats;
void zy_server_stats_get(const zy_server *server, zy_server_stats *ret_stats);
/* Raises the soft limit of open files to the hard one (zy_server_start does it) and returns it. */
size_t zy_net_raise_file_limit(void);
/* True when the address is loopback or private (RFC 1918, RFC 4193, link-local). */
bool zy_net_is_internal(zy_str address);

/* Configuration rows, names "net.*". */
extern const zy_config_row zy_net_config_rows[];
extern const size_t zy_net_config_row_count;
void zy_net_options(const zy_config *config, zy_server_options *ret_options);
/* Fills what the rows say of a door ("customer", "partner", "staff", "ops"): address, port, TLS, limits,
 * trusted proxies; the routes and csp are the caller's. The texts belong to config, the list of proxies
 * to the caller's `proxies`. ZY_CONFIG_BAD for a door that has no rows or a bad list. */
typedef struct zy_net_proxies {
    char text[1024];
    const char *list[33];
} zy_net_proxies;
ZY_CHECKED zy_status zy_net_listener(const zy_config *config, const char *door, zy_net_proxies *proxies,
                                     zy_listener *ret_listener, zy_err *err);

/* Makes a self-signed TLS certificate (EC P-256, 825 days) for the names and addresses in hosts
 * (NULL-terminated; NULL: localhost, 127.0.0.1, ::1) and its key (mode 0600). Existing files are replaced.
 * For demos and tests. ZY_IO_ERROR, ZY_CRYPTO_FAILED, ZY_BAD_FIELD (a bad host). */
ZY_CHECKED zy_status zy_net_make_certificate(const char *cert_path, const char *key_path,
                                             const char *const *hosts, zy_err *err);

/* --- The request --- all borrowed until the handler returns */
zy_arena *zy_http_arena(zy_http *h);
zy_http_method zy_http_method_of(const zy_http *h);
zy_str zy_http_path(const zy_http *h);                       /* decoded, no "..", no NUL */
bool zy_http_query(zy_http *h, const char *name, zy_str *ret_value); /* decoded; false too when given twice */
bool zy_http_header(const zy_http *h, const char *name, zy_str *ret_value); /* a repeated header is refused earlier where RFC 9110 forbids it */
bool zy_http_cookie(zy_http *h, const char *name, zy_str *ret_value); /* false too when given twice */
zy_str zy_http_body(const zy_http *h);
zy_str zy_http_peer(const zy_http *h);                       /* client address, after trusted_proxies */
zy_time zy_http_received_at(const zy_http *h);
/* --- The answer --- */
void zy_http_status(zy_http *h, int status);                 /* default 200 */
void zy_http_set(zy_http *h, const char *name, zy_str value);/* refuses CR, LF, NUL by assert */
void zy_http_write(zy_http *h, zy_str content_type, const void *p, size_t n); /* copied; repeated calls append */
/* Fixed JSON {"code":"NAME"} with the status's HTTP number. */
void zy_http_refuse(zy_http *h, zy_status status);

/* Server-sent events: turns the answer into a stream; the handler returns, events are sent from any
 * thread until the stream is closed or the client goes away. */
typedef struct zy_sse zy_sse;
zy_sse *zy_http_sse(zy_http *h);
bool zy_sse_send(zy_sse *s, const char *event, zy_str data); /* false: the client is gone */
void zy_sse_close(zy_sse *s);

/* Static files of a web client: read at start, hashed (ETag), kept gzip-compressed beside plain.
 * File names with a content hash are immutable for a year; index.html is no-cache; unknown paths
 * without an extension answer index.html (single-page client). */
typedef struct zy_static zy_static;
/* A route "/x/" serves the folder below it. */
ZY_CHECKED zy_status zy_static_load(const char *folder, size_t max_bytes, zy_static **ret_static, zy_err *err);
void zy_static_free(zy_static *s);
void zy_static_serve(zy_http *h, void *zy_static_ptr); /* a zy_http_fn */
