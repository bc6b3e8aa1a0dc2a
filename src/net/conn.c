/* A connection's life: read a head, check it, read the body, hand the request to a worker, send the
 * answer, and again. One request at a time; what a client pipelines waits in the input buffer. */
#include "net/internal.h"

#include <event2/bufferevent_ssl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#define LINGER_MS    1000
#define HEARTBEAT_MS 15000
#define STREAM_PENDING_MAX ((size_t)256 * 1024)

static int64_t time_allowed(const zy_conn *c, zy_conn_state state)
{
    const zy_server_options *o = &c->loop->server->options;
    switch (state) {
    case ZY_CONN_READ:
    case ZY_CONN_WRITE:
        return o->read_timeout_ms;
    case ZY_CONN_IDLE:
        return o->idle_timeout_ms;
    case ZY_CONN_STREAM:
        return HEARTBEAT_MS;
    case ZY_CONN_LINGER:
        return LINGER_MS;
    case ZY_CONN_BUSY:
    case ZY_CONN_STATES:
        break;
    }
    return 0;
}

void zy_conn_enter(zy_conn *c, zy_conn_state state)
{
    TAILQ_REMOVE(&c->loop->conns[c->state], c, link);
    c->state = state;
    c->deadline_ms = c->loop->now_ms + time_allowed(c, state);
    c->pending = c->bev != NULL ? evbuffer_get_length(bufferevent_get_output(c->bev)) : 0;
    TAILQ_INSERT_TAIL(&c->loop->conns[state], c, link);
}

static void forget(zy_conn *c)
{
    zy_server *server = c->loop->server;
    TAILQ_REMOVE(&c->loop->conns[c->state], c, link);
    if (c->counted)
        zy_peers_leave(c->door->peers, &c->peer);
    free(c);
    atomic_fetch_sub(&server->open, 1);
}

void zy_conn_close(zy_conn *c)
{
    if (c->stream != NULL)
        zy_sse_detach(c->stream);
    c->stream = NULL;
    if (c->bev != NULL)
        bufferevent_free(c->bev);
    c->bev = NULL;
    if (c->state == ZY_CONN_BUSY)
        return; /* zy_http_deliver forgets it when the worker gives the request back */
    zy_http_free(c->http);
    forget(c);
}

/* Says goodbye and reads on for a moment: closing with unread input would destroy our last answer. */
static void linger(zy_conn *c)
{
    SSL *ssl = c->door->tls != NULL ? bufferevent_openssl_get_ssl(c->bev) : NULL;
    if (ssl != NULL)
        SSL_shutdown(ssl);
    shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    zy_conn_enter(c, ZY_CONN_LINGER);
}

/* The answer is out: on to the next request, which may be waiting already. */
static void answered(zy_conn *c)
{
    if (c->close_after || c->loop->draining) {
        linger(c);
        return;
    }
    zy_conn_enter(c, ZY_CONN_IDLE);
    if (evbuffer_get_length(bufferevent_get_input(c->bev)) > 0) /* not from here: no recursion */
        bufferevent_trigger(c->bev, EV_READ, BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

/* Most answers fit into the socket's buffer; that saves the way over "writable" events. */
static bool sent_at_once(zy_conn *c, struct evbuffer *out)
{
    if (c->door->tls != NULL || evbuffer_get_length(bufferevent_get_output(c->bev)) > 0)
        return false;
    evbuffer_write(out, bufferevent_getfd(c->bev)); /* an error shows again at the next write */
    return evbuffer_get_length(out) == 0;
}

static void open_stream(zy_conn *c, zy_http *h)
{
    c->stream = h->stream;
    bufferevent_write_buffer(c->bev, h->out);
    zy_conn_enter(c, ZY_CONN_STREAM);
    zy_sse_attach(h->stream, c);
}

/* Sends what zy_http_finish built, and gives the request up. */
static void send_answer(zy_conn *c)
{
    zy_http *h = c->http;
    c->http = NULL;
    c->close_after = c->close_after || h->close;
    if (h->stream != NULL) {
        open_stream(c, h);
    } else if (sent_at_once(c, h->out)) {
        answered(c);
    } else {
        bufferevent_write_buffer(c->bev, h->out);
        zy_conn_enter(c, ZY_CONN_WRITE);
    }
    zy_http_free(h);
}

static void refuse(zy_conn *c, zy_http_verdict verdict, bool close_after)
{
    atomic_fetch_add_explicit(&c->loop->server->refused, 1, memory_order_relaxed);
    c->http->close = c->http->close || close_after;
    zy_http_refuse_http(c->http, verdict);
    zy_http_finish(c->http);
    send_answer(c);
}

void zy_http_deliver(zy_loop *loop, zy_mail *mail)
{
    (void)loop;
    zy_http *h = (zy_http *)(void *)((char *)mail - offsetof(zy_http, mail));
    zy_conn *c = h->conn;
    if (c->bev != NULL) {
        send_answer(c);
        return;
    }
    if (h->stream != NULL)
        zy_sse_attach(h->stream, NULL);
    zy_http_free(h);
    forget(c);
}

static void dispatch(zy_conn *c)
{
    atomic_fetch_add_explicit(&c->loop->server->requests, 1, memory_order_relaxed);
    zy_conn_enter(c, ZY_CONN_BUSY);
    if (!zy_pool_push(c->loop->server->pool, c->http))
        refuse(c, 503, false);
}

/* The length of the head with its empty line, or 0 while it is not all here. */
static size_t head_length(zy_conn *c, struct evbuffer *input)
{
    struct evbuffer_ptr from, end;
    size_t back = c->scanned > 3 ? c->scanned - 3 : 0;
    evbuffer_ptr_set(input, &from, back, EVBUFFER_PTR_SET);
    end = evbuffer_search(input, "\r\n\r\n", 4, &from);
    c->scanned = evbuffer_get_length(input);
    return end.pos < 0 ? 0 : (size_t)end.pos + 4;
}

static void invite_body(zy_conn *c, struct evbuffer *input)
{
    const zy_head *head = &c->http->head;
    if (head->expects_continue && evbuffer_get_length(input) < head->content_length)
        bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* True when a good head was taken off the input. */
static bool read_head(zy_conn *c, struct evbuffer *input)
{
    size_t n = head_length(c, input), max = c->loop->server->options.header_max;
    bool too_long = n > max || (n == 0 && c->scanned >= max);
    if (n == 0 && !too_long)
        return false;
    c->http = zy_http_new(c);
    if (c->http == NULL) {
        zy_conn_close(c);
        return false;
    }
    c->scanned = 0;
    zy_http_verdict verdict = 431;
    if (!too_long)
        verdict = zy_http_begin(c->http, input, n);
    if (verdict == 0) {
        invite_body(c, input);
        return true;
    }
    /* Only a good head (404, 405) without a body tells where the next one begins. */
    bool framed = (verdict == 404 || verdict == 405) && c->http->head.content_length == 0;
    refuse(c, verdict, !framed);
    return false;
}

static void read_body(zy_conn *c, struct evbuffer *input)
{
    zy_http *h = c->http;
    size_t n = (size_t)h->head.content_length;
    if (evbuffer_get_length(input) < n)
        return;
    if (n > 0) {
        char *p = zy_arena_alloc(h->arena, n);
        if (p == NULL) {
            refuse(c, 413, true);
            return;
        }
        evbuffer_remove(input, p, n);
        h->body = zy_str_bytes(p, n);
    }
    dispatch(c);
}

static void feed(zy_conn *c)
{
    struct evbuffer *input = bufferevent_get_input(c->bev);
    if (c->state == ZY_CONN_IDLE && evbuffer_get_length(input) > 0)
        zy_conn_enter(c, ZY_CONN_READ);
    if (c->state != ZY_CONN_READ)
        return;
    if (c->http != NULL || read_head(c, input))
        read_body(c, input);
}

/* No read watermark does this: suspended, bufferevent_openssl forgets what OpenSSL has decrypted. */
static bool sends_too_far_ahead(const zy_conn *c, size_t waiting)
{
    return (c->state == ZY_CONN_BUSY || c->state == ZY_CONN_WRITE) &&
           waiting > c->loop->server->options.header_max + c->door->body_max;
}

static void on_read(struct bufferevent *bev, void *arg)
{
    zy_conn *c = arg;
    struct evbuffer *input = bufferevent_get_input(bev);
    size_t waiting = evbuffer_get_length(input);
    c->loop->now_ms = zy_now_ms();
    if (c->state == ZY_CONN_LINGER || c->state == ZY_CONN_STREAM)
        evbuffer_drain(input, waiting);
    else if (sends_too_far_ahead(c, waiting))
        zy_conn_close(c);
    else
        feed(c);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    zy_conn *c = arg;
    if (c->state != ZY_CONN_WRITE || evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return;
    c->loop->now_ms = zy_now_ms();
    answered(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)bev;
    zy_conn *c = arg;
    c->loop->now_ms = zy_now_ms();
    bool ended = (what & BEV_EVENT_EOF) != 0, broken = (what & BEV_EVENT_ERROR) != 0;
    if (ended && !broken && (c->state == ZY_CONN_BUSY || c->state == ZY_CONN_WRITE))
        c->close_after = true; /* it may have closed its half only and wait for the answer */
    else if (ended || broken)
        zy_conn_close(c);
}

static struct bufferevent *new_bufferevent(zy_loop *loop, const zy_door *door, int fd)
{
    if (door->tls == NULL)
        return bufferevent_socket_new(loop->base, fd, BEV_OPT_CLOSE_ON_FREE);
    SSL *ssl = SSL_new(door->tls);
    if (ssl == NULL)
        return NULL;
    struct bufferevent *bev = bufferevent_openssl_socket_new(loop->base, fd, ssl,
                                                             BUFFEREVENT_SSL_ACCEPTING,
                                                             BEV_OPT_CLOSE_ON_FREE);
    if (bev == NULL)
        SSL_free(ssl);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

void zy_conn_open(zy_loop *loop, zy_door *door, int fd, const zy_address *peer, bool counted)
{
    int on = 1;
    zy_conn *c = calloc(1, sizeof *c);
    struct bufferevent *bev = c != NULL ? new_bufferevent(loop, door, fd) : NULL;
    if (bev == NULL) {
        free(c);
        close(fd);
        if (counted)
            zy_peers_leave(door->peers, peer);
        atomic_fetch_sub(&loop->server->open, 1);
        return;
    }
    *c = (zy_conn){ .loop = loop, .door = door, .bev = bev, .peer = *peer, .counted = counted };
    TAILQ_INSERT_TAIL(&loop->conns[ZY_CONN_READ], c, link);
    zy_conn_enter(c, ZY_CONN_READ);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bufferevent_setcb(bev, on_read, on_written, on_event, c);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void expire(zy_conn *c)
{
    size_t pending = evbuffer_get_length(bufferevent_get_output(c->bev));
    bool moves = c->state == ZY_CONN_WRITE && pending < c->pending;
    bool beats = c->state == ZY_CONN_STREAM && pending < STREAM_PENDING_MAX;
    if (beats)
        bufferevent_write(c->bev, ":\n\n", 3);
    if (moves || beats)
        zy_conn_enter(c, c->state);
    else
        zy_conn_close(c);
}

void zy_conn_tick(zy_loop *loop)
{
    for (zy_conn_state state = 0; state < ZY_CONN_BUSY; state++) {
        zy_conn *c;
        while ((c = TAILQ_FIRST(&loop->conns[state])) != NULL && c->deadline_ms <= loop->now_ms)
            expire(c);
    }
}

static void close_list(struct zy_conn_list *list, bool (*which)(const zy_conn *))
{
    zy_conn *c, *next;
    for (c = TAILQ_FIRST(list); c != NULL; c = next) {
        next = TAILQ_NEXT(c, link);
        if (which(c))
            zy_conn_close(c);
    }
}

static bool any(const zy_conn *c)
{
    (void)c;
    return true;
}

static bool has_sent_nothing(const zy_conn *c)
{
    return c->http == NULL && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0;
}

void zy_conn_drain_all(zy_loop *loop)
{
    loop->draining = true;
    close_list(&loop->conns[ZY_CONN_IDLE], any);
    close_list(&loop->conns[ZY_CONN_STREAM], any);
    close_list(&loop->conns[ZY_CONN_READ], has_sent_nothing);
}

void zy_conn_close_all(zy_loop *loop)
{
    for (zy_conn_state state = 0; state < ZY_CONN_STATES; state++)
        close_list(&loop->conns[state], any);
}
