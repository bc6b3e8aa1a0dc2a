/* An event loop: one thread, its connections, its mailbox. */
#include "net/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TICK_MS 200

int64_t zy_now_ms(void)
{
    return zy_clock_monotonic_ns() / 1000000;
}

void zy_loop_post(zy_loop *loop, zy_mail *mail)
{
    pthread_mutex_lock(&loop->lock);
    bool was_empty = STAILQ_EMPTY(&loop->mail);
    STAILQ_INSERT_TAIL(&loop->mail, mail, link);
    pthread_mutex_unlock(&loop->lock);
    if (was_empty) {
        uint64_t one = 1;
        ssize_t n = write(loop->wake_fd, &one, sizeof one);
        (void)n; /* a full counter wakes the loop as well */
    }
}

static zy_mail *take_mail(zy_loop *loop)
{
    pthread_mutex_lock(&loop->lock);
    zy_mail *mail = STAILQ_FIRST(&loop->mail);
    if (mail != NULL)
        STAILQ_REMOVE_HEAD(&loop->mail, link);
    pthread_mutex_unlock(&loop->lock);
    return mail;
}

static void on_mail(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    zy_loop *loop = arg;
    uint64_t count;
    ssize_t n = read(fd, &count, sizeof count);
    (void)n;
    loop->now_ms = zy_now_ms();
    zy_mail *mail;
    while ((mail = take_mail(loop)) != NULL)
        mail->run(loop, mail);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    zy_loop *loop = arg;
    loop->now_ms = zy_now_ms();
    zy_conn_tick(loop);
}

static void *run(void *arg)
{
    zy_loop *loop = arg;
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

static bool add_events(zy_loop *loop)
{
    struct timeval every = { 0, TICK_MS * 1000 };
    loop->wake = event_new(loop->base, loop->wake_fd, EV_READ | EV_PERSIST, on_mail, loop);
    loop->tick = event_new(loop->base, -1, EV_PERSIST, on_tick, loop);
    return loop->wake != NULL && loop->tick != NULL && event_add(loop->wake, NULL) == 0 &&
           event_add(loop->tick, &every) == 0;
}

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    if (config == NULL)
        return NULL;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

zy_status zy_loop_open(zy_loop *loop, zy_server *server, zy_err *err)
{
    loop->server = server;
    loop->now_ms = zy_now_ms();
    STAILQ_INIT(&loop->mail);
    for (size_t i = 0; i < ZY_CONN_STATES; i++)
        TAILQ_INIT(&loop->conns[i]);
    pthread_mutex_init(&loop->lock, NULL);
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->base = new_base();
    if (loop->wake_fd < 0 || loop->base == NULL || !add_events(loop))
        return zy_fail(err, ZY_NO_MEMORY, "", "event loop: %s", strerror(errno));
    return ZY_OK;
}

zy_status zy_loop_run(zy_loop *loop, zy_err *err)
{
    int failed = pthread_create(&loop->thread, NULL, run, loop);
    return failed == 0 ? ZY_OK : zy_fail(err, ZY_NO_MEMORY, "", "event loop: error %d", failed);
}

static void run_stop(zy_loop *loop, zy_mail *mail)
{
    free(mail);
    zy_conn_close_all(loop);
    event_base_loopbreak(loop->base);
}

void zy_loop_stop(zy_loop *loop)
{
    zy_mail *mail = calloc(1, sizeof *mail);
    if (mail == NULL)
        abort();
    mail->run = run_stop;
    zy_loop_post(loop, mail);
    pthread_join(loop->thread, NULL);
}

void zy_loop_free(zy_loop *loop)
{
    zy_mail *mail;
    if (loop->server == NULL)
        return; /* never opened */
    while ((mail = take_mail(loop)) != NULL)
        mail->run(loop, mail);
    if (loop->wake != NULL)
        event_free(loop->wake);
    if (loop->tick != NULL)
        event_free(loop->tick);
    if (loop->base != NULL)
        event_base_free(loop->base); /* runs what libevent put off, the closed sockets among it */
    if (loop->wake_fd >= 0)
        close(loop->wake_fd);
    pthread_mutex_destroy(&loop->lock);
}
