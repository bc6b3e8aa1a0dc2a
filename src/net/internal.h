/* What the files of this room share. Loops own connections; a request belongs to its connection's loop
 * until it is handed to a worker, and comes back by the loop's mailbox. No libevent object is ever
 * touched by two threads at once, so libevent runs without locks. */
#pragma once

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "net/address.h"
#include "net/head.h"
#include "net/net.h"

#define ZY_SET_MAX 24

typedef struct zy_loop zy_loop;
typedef struct zy_conn zy_conn;
typedef struct zy_pool zy_pool;
typedef struct zy_peers zy_peers;

/* One letter to a loop: run() is called on the loop's thread and frees the letter. */
typedef struct zy_mail {
    STAILQ_ENTRY(zy_mail) link;
    void (*run)(zy_loop *loop, struct zy_mail *mail);
} zy_mail;

/* A listener at run time. */
typedef struct zy_door {
    zy_server *server;
    char *name;
    int fd;
    uint16_t port;
    SSL_CTX *tls; /* NULL: plain */
    bool hsts;
    const char *csp;
    bool camera;
    zy_network trusted[ZY_PROXIES_MAX];
    size_t trusted_count;
    zy_peers *peers; /* connections by client; NULL: no limit */
    zy_route *routes;
    size_t route_count;
    size_t body_max; /* of all routes */
    struct event *accepting;
} zy_door;

/* --- One connection; only its loop touches it --- */
typedef enum {
    ZY_CONN_READ,   /* a request is coming in: one deadline for all of it */
    ZY_CONN_IDLE,   /* between requests */
    ZY_CONN_WRITE,  /* an answer is going out: must progress */
    ZY_CONN_STREAM, /* server-sent events: the deadline sends a heartbeat */
    ZY_CONN_LINGER, /* told the client that we are done, waiting for its end */
    ZY_CONN_BUSY,   /* with a worker: no deadline */
    ZY_CONN_STATES
} zy_conn_state;

struct zy_conn {
    TAILQ_ENTRY(zy_conn) link; /* in its state's list, which is ordered by deadline */
    zy_loop *loop;
    zy_door *door;
    struct bufferevent *bev; /* NULL: gone, while a worker still holds the request */
    zy_http *http;           /* the request being read or served */
    zy_sse *stream;
    int64_t deadline_ms;
    size_t pending;   /* bytes of output when the deadline was set */
    size_t scanned;   /* bytes of input known not to end the head */
    zy_address peer;
    zy_conn_state state;
    bool counted, close_after;
};

TAILQ_HEAD(zy_conn_list, zy_conn);

struct zy_loop {
    zy_server *server;
    struct event_base *base;
    struct event *wake, *tick;
    int wake_fd;
    pthread_t thread;
    pthread_mutex_t lock; /* guards mail */
    STAILQ_HEAD(, zy_mail) mail;
    struct zy_conn_list conns[ZY_CONN_STATES];
    int64_t now_ms;
    bool draining;
};

struct zy_server {
    zy_server_options options;
    zy_door *doors;
    size_t door_count;
    zy_loop *loops;
    unsigned loops_started;
    unsigned next_loop; /* round robin; only the accepting loop uses it */
    zy_pool *pool;
    struct event *accept_again;
    atomic_bool draining;
    atomic_uint_fast64_t accepted, open, requests, refused;
};

struct zy_http {
    zy_mail mail;
    STAILQ_ENTRY(zy_http) waiting; /* in the pool's queue */
    zy_conn *conn;
    zy_loop *loop;
    const zy_door *door;
    const zy_route *route;
    zy_arena *arena;
    zy_head head;
    zy_str path, body, peer;
    zy_time received_at;
    /* the answer */
    int status;
    zy_header set[ZY_SET_MAX];
    size_t set_count;
    zy_str content_type;
    struct evbuffer *content, *out; /* the body; the whole answer */
    zy_sse *stream;
    bool close;
};

/* loop.c */
zy_status zy_loop_open(zy_loop *loop, zy_server *server, zy_err *err);
zy_status zy_loop_run(zy_loop *loop, zy_err *err);
void zy_loop_stop(zy_loop *loop); /* ends its thread; call once it has no visitors left or time is up */
void zy_loop_free(zy_loop *loop);
void zy_loop_post(zy_loop *loop, zy_mail *mail);
int64_t zy_now_ms(void); /* monotonic */

/* conn.c */
void zy_conn_open(zy_loop *loop, zy_door *door, int fd, const zy_address *peer, bool counted);
void zy_conn_close(zy_conn *c);
void zy_conn_enter(zy_conn *c, zy_conn_state state);
void zy_conn_tick(zy_loop *loop);
void zy_conn_drain_all(zy_loop *loop);
void zy_conn_close_all(zy_loop *loop);

/* request.c */
zy_http *zy_http_new(zy_conn *c);
void zy_http_free(zy_http *h);
/* Takes n bytes of head off the input, checks them and finds the route; 0, or the status to refuse with. */
zy_http_verdict zy_http_begin(zy_http *h, struct evbuffer *input, size_t n);
/* answer.c */
void zy_http_refer(zy_http *h, zy_str content_type, const void *p, size_t n); /* not copied */
void zy_http_refuse_http(zy_http *h, int http_status);
void zy_http_finish(zy_http *h); /* builds `out` */
/* Hands a finished answer to its loop. */
void zy_http_deliver(zy_loop *loop, zy_mail *mail);

/* pool.c */
zy_status zy_pool_start(unsigned workers, size_t stack, size_t queue_max, zy_pool **ret_pool, zy_err *err);
bool zy_pool_push(zy_pool *pool, zy_http *h); /* false: full or stopping */
size_t zy_pool_waiting(zy_pool *pool);
void zy_pool_stop(zy_pool *pool); /* waits for running handlers, refuses waiting and later ones */
void zy_pool_free(zy_pool *pool);

/* peers.c */
zy_peers *zy_peers_new(unsigned max_per_client);
void zy_peers_free(zy_peers *p);
bool zy_peers_enter(zy_peers *p, const zy_address *address); /* false: has its number already */
void zy_peers_leave(zy_peers *p, const zy_address *address);

/* tls.c */
zy_status zy_tls_open(const char *name, zy_str cert_path, zy_str key_path, SSL_CTX **ret_tls, zy_err *err);

/* sse.c; on the loop's thread */
void zy_sse_attach(zy_sse *s, zy_conn *c); /* c NULL: the client was gone already */
void zy_sse_detach(zy_sse *s);
