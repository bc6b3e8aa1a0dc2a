/* Server-sent events. Held by the caller until zy_sse_close and by the connection until it ends. The
 * lock makes "open" and "post to the loop" one step, so that no letter goes to a loop that is gone. */
#include "net/internal.h"

#include <stdlib.h>
#include <string.h>

#define EVENT_MAX   ((size_t)64 * 1024)
#define PENDING_MAX ((size_t)256 * 1024)

struct zy_sse {
    pthread_mutex_t lock;
    zy_loop *loop;
    bool open;      /* under lock */
    unsigned holds; /* under lock */
    zy_conn *conn;  /* the rest: the loop's thread only */
    bool ending;    /* closed before the answer's head was sent */
    struct evbuffer *early; /* sent before the answer's head was */
};

typedef struct sse_mail {
    zy_mail mail;
    zy_sse *sse;
    zy_buf text; /* empty: close */
} sse_mail;

static void release(zy_sse *s)
{
    pthread_mutex_lock(&s->lock);
    bool last = --s->holds == 0;
    pthread_mutex_unlock(&s->lock);
    if (!last)
        return;
    evbuffer_free(s->early);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

zy_sse *zy_http_sse(zy_http *h)
{
    zy_sse *s = calloc(1, sizeof *s);
    if (s == NULL || (s->early = evbuffer_new()) == NULL) {
        free(s);
        zy_http_refuse(h, ZY_NO_MEMORY);
        return NULL;
    }
    pthread_mutex_init(&s->lock, NULL);
    s->loop = h->loop;
    s->open = true;
    s->holds = 2;
    h->stream = s;
    h->content_type = ZY_STR("text/event-stream");
    zy_http_set(h, "X-Accel-Buffering", ZY_STR("no"));
    return s;
}

static void write_event(zy_sse *s, zy_str text)
{
    struct evbuffer *to = s->conn != NULL ? bufferevent_get_output(s->conn->bev) : s->early;
    if (evbuffer_get_length(to) + text.n <= PENDING_MAX)
        evbuffer_add(to, text.p, text.n);
    else if (s->conn != NULL)
        zy_conn_close(s->conn); /* it reads too slowly to be told everything */
}

static void end_stream(zy_sse *s)
{
    zy_conn *c = s->conn;
    s->ending = true;
    if (c == NULL)
        return;
    c->stream = NULL;
    c->close_after = true;
    zy_conn_enter(c, ZY_CONN_WRITE);
    bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
    zy_sse_detach(s);
}

static void run_event(zy_loop *loop, zy_mail *mail)
{
    (void)loop;
    sse_mail *m = (sse_mail *)(void *)mail;
    pthread_mutex_lock(&m->sse->lock);
    bool open = m->sse->open;
    pthread_mutex_unlock(&m->sse->lock);
    if (open && m->text.n > 0)
        write_event(m->sse, zy_buf_view(&m->text));
    else if (open)
        end_stream(m->sse);
    zy_buf_free(&m->text);
    release(m->sse);
    free(m);
}

/* Takes the text over. */
static bool post(zy_sse *s, zy_buf *text)
{
    sse_mail *m = calloc(1, sizeof *m);
    pthread_mutex_lock(&s->lock);
    bool sent = m != NULL && s->open;
    if (sent) {
        *m = (sse_mail){ .mail = { .run = run_event }, .sse = s, .text = *text };
        s->holds++;
        zy_loop_post(s->loop, &m->mail);
    }
    pthread_mutex_unlock(&s->lock);
    if (!sent) {
        zy_buf_free(text);
        free(m);
    }
    return sent;
}

bool zy_sse_send(zy_sse *s, const char *event, zy_str data)
{
    zy_buf text = { .max = EVENT_MAX };
    zy_str line;
    if (!zy_is_token(zy_str_of(event)) || (data.n > 0 && memchr(data.p, '\r', data.n) != NULL))
        return false;
    zy_buf_fmt(&text, "event: %s\n", event);
    if (data.n == 0)
        zy_buf_c(&text, "data:\n");
    while (zy_str_next(&data, '\n', &line))
        zy_buf_fmt(&text, "data: " ZY_STR_FMT "\n", ZY_STR_ARG(line));
    zy_buf_char(&text, '\n');
    if (zy_buf_failed(&text)) {
        zy_buf_free(&text);
        return false;
    }
    return post(s, &text);
}

void zy_sse_close(zy_sse *s)
{
    zy_buf none = { 0 };
    if (s == NULL)
        return;
    post(s, &none);
    release(s);
}

void zy_sse_attach(zy_sse *s, zy_conn *c)
{
    s->conn = c;
    if (c == NULL) {
        zy_sse_detach(s);
        return;
    }
    evbuffer_add_buffer(bufferevent_get_output(c->bev), s->early);
    if (s->ending)
        end_stream(s);
}

void zy_sse_detach(zy_sse *s)
{
    pthread_mutex_lock(&s->lock);
    s->open = false;
    pthread_mutex_unlock(&s->lock);
    s->conn = NULL;
    release(s);
}
