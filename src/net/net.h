/* The HTTP server: libevent's evhttp over TLS, event loops and a pool of workers. No table, no key of
 * the bank, no business here. Requests that RFC 9112 calls invalid never reach a handler. */
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

typedef struct zy_listener {
    const char *name;       /* "customer" */
    zy_str address;         /* "127.0.0.1", "::1", "0.0.0.0" */
    uint16_t port;          /* 0: any, told by zy_server_port */
    bool internal_only;     /* staff, ops: refuses to bind to a public or wildcard address */
    bool tls;
    zy_str cert_path, key_path; /* PEM */
    bool hsts;              /* send Strict-Transport-Security */
    const char *csp;        /* Content-Security-Policy of every answer; NULL: the strict default */
    const char *const *trusted_proxies; /* addresses whose X-Forwarded-For is believed; NULL-terminated */
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
    size_t connections_max;
} zy_server_options;

ZY_CHECKED zy_status zy_server_start(const zy_server_options *options, const zy_listener *listeners, size_t count,
                                     zy_server **ret_server, zy_err *err);
uint16_t zy_server_port(const zy_server *server, const char *listener);
/* Stops accepting, lets running requests end (at most wait_ms), closes idle connections, then frees. */
void zy_server_drain(zy_server *server, int64_t wait_ms);
typedef struct zy_server_stats {
    uint64_t accepted, open, requests, refused, queued;
} zy_server_stats;
void zy_server_stats_get(const zy_server *server, zy_server_stats *ret_stats);
/* True when the address is loopback or private (RFC 1918, RFC 4193, link-local). */
bool zy_net_is_internal(zy_str address);

/* --- The request --- all borrowed until the handler returns */
zy_arena *zy_http_arena(zy_http *h);
zy_http_method zy_http_method_of(const zy_http *h);
zy_str zy_http_path(const zy_http *h);                       /* decoded, no "..", no NUL */
bool zy_http_query(zy_http *h, const char *name, zy_str *ret_value); /* decoded */
bool zy_http_header(const zy_http *h, const char *name, zy_str *ret_value); /* a repeated header is refused earlier where RFC 9110 forbids it */
bool zy_http_cookie(zy_http *h, const char *name, zy_str *ret_value);
zy_str zy_http_body(const zy_http *h);
zy_str zy_http_peer(const zy_http *h);                       /* client address, after trusted_proxies */
zy_time zy_http_received_at(const zy_http *h);
/* --- The answer --- */
void zy_http_status(zy_http *h, int status);                 /* default 200 */
void zy_http_set(zy_http *h, const char *name, zy_str value);/* refuses CR, LF, NUL by assert */
void zy_http_write(zy_http *h, zy_str content_type, const void *p, size_t n); /* copied */
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
ZY_CHECKED zy_status zy_static_load(const char *folder, size_t max_bytes, zy_static **ret_static, zy_err *err);
void zy_static_free(zy_static *s);
void zy_static_serve(zy_http *h, void *zy_static_ptr); /* a zy_http_fn */
