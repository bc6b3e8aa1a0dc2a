/* Starting, accepting, draining. The first loop accepts and deals connections out in turn, so that
 * long-lived ones are spread evenly and a second server on the same port is noticed. */
#include "net/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"

#define FILES_KEPT      256 /* for databases, logs, connectors */
#define BACKLOG         4096
#define DRAIN_STEP_US   5000
#define ACCEPT_PAUSE_MS 100

size_t zy_net_raise_file_limit(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 1024;
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0 && getrlimit(RLIMIT_NOFILE, &files) != 0)
        return 1024;
    return files.rlim_cur;
}

static size_t connections_possible(void)
{
    size_t files = zy_net_raise_file_limit();
    return files > 2 * FILES_KEPT ? files - FILES_KEPT : files / 2;
}

static void fill_defaults(zy_server_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t possible = connections_possible();
    if (o->loops == 0)
        o->loops = cores > 0 ? (unsigned)cores : 1;
    if (o->workers == 0)
        o->workers = 128;
    if (o->queue_max == 0)
        o->queue_max = 4096;
    if (o->header_max == 0)
        o->header_max = (size_t)16 * 1024;
    if (o->arena_max == 0)
        o->arena_max = (size_t)1024 * 1024;
    if (o->read_timeout_ms == 0)
        o->read_timeout_ms = 15000;
    if (o->idle_timeout_ms == 0)
        o->idle_timeout_ms = 75000;
    if (o->worker_stack == 0)
        o->worker_stack = (size_t)256 * 1024;
    if (o->connections_max == 0 || o->connections_max > possible)
        o->connections_max = possible;
}

/* --- Accepting; all on the first loop --- */

typedef struct connection_mail {
    zy_mail mail;
    zy_door *door;
    zy_address peer;
    int fd;
    bool counted;
} connection_mail;

static void run_connection(zy_loop *loop, zy_mail *mail)
{
    connection_mail *m = (connection_mail *)(void *)mail;
    zy_conn_open(loop, m->door, m->fd, &m->peer, m->counted);
    free(m);
}

static void deal_out(zy_door *door, int fd, const zy_address *peer, bool counted)
{
    zy_server *server = door->server;
    connection_mail *m = calloc(1, sizeof *m);
    if (m == NULL) {
        close(fd);
        if (counted)
            zy_peers_leave(door->peers, peer);
        return;
    }
    *m = (connection_mail){ { .run = run_connection }, door, *peer, fd, counted };
    atomic_fetch_add(&server->open, 1);
    atomic_fetch_add(&server->accepted, 1);
    zy_loop_post(&server->loops[server->next_loop++ % server->options.loops], &m->mail);
}

static void admit(zy_door *door, int fd, const zy_address *peer)
{
    zy_server *server = door->server;
    bool counted = door->peers != NULL && !zy_networks_have(door->trusted, door->trusted_count, peer);
    bool room = atomic_load(&server->open) < server->options.connections_max;
    if (room && (!counted || zy_peers_enter(door->peers, peer))) {
        deal_out(door, fd, peer, counted);
        return;
    }
    atomic_fetch_add(&server->refused, 1);
    close(fd);
}

/* Out of files: waiting connections would wake us for ever, so look away for a moment. */
static void pause_accepting(zy_server *server)
{
    struct timeval pause = { 0, ACCEPT_PAUSE_MS * 1000 };
    for (size_t i = 0; i < server->door_count; i++)
        event_del(server->doors[i].accepting);
    event_add(server->accept_again, &pause);
}

static void on_accept_again(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    zy_server *server = arg;
    for (size_t i = 0; i < server->door_count; i++) {
        if (server->doors[i].accepting != NULL)
            event_add(server->doors[i].accepting, NULL);
    }
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    zy_door *door = arg;
    for (int i = 0; i < BACKLOG; i++) {
        struct sockaddr_storage from;
        socklen_t n = sizeof from;
        zy_address peer;
        int client = accept4(fd, (struct sockaddr *)&from, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client >= 0) {
            zy_address_of_socket((struct sockaddr *)&from, &peer);
            admit(door, client, &peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            pause_accepting(door->server);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

/* --- Doors --- */

static zy_status check_listener(const zy_listener *l, zy_err *err)
{
    zy_address address;
    if (zy_address_parse(l->address, &address) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, l->name, "'" ZY_STR_FMT "' is no address",
                       ZY_STR_ARG(l->address));
    if (l->internal_only && !zy_address_is_internal(&address))
        return zy_fail(err, ZY_CONFIG_BAD, l->name,
                       "the %s door is for the internal network only and does not listen on " ZY_STR_FMT,
                       l->name, ZY_STR_ARG(l->address));
    return ZY_OK;
}

static zy_status read_trusted(zy_door *door, const zy_listener *l, zy_err *err)
{
    for (size_t i = 0; l->trusted_proxies != NULL && l->trusted_proxies[i] != NULL; i++) {
        if (i == ZY_PROXIES_MAX ||
            zy_network_parse(zy_str_of(l->trusted_proxies[i]), &door->trusted[i]) != ZY_OK)
            return zy_fail(err, ZY_CONFIG_BAD, l->name, "trusted proxy %zu: not an address", i + 1);
        door->trusted_count++;
    }
    return ZY_OK;
}

static socklen_t socket_address(zy_str text, uint16_t port, struct sockaddr_storage *sa)
{
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
    zy_address address;
    memset(sa, 0, sizeof *sa);
    if (zy_address_parse(text, &address) != ZY_OK)
        return 0;
    if (memchr(text.p, ':', text.n) == NULL) {
        memcpy(&in.sin_addr, address.b + 12, 4);
        memcpy(sa, &in, sizeof in);
        return sizeof in;
    }
    memcpy(&in6.sin6_addr, address.b, 16);
    memcpy(sa, &in6, sizeof in6);
    return sizeof in6;
}

static bool bind_socket(int fd, const struct sockaddr_storage *sa, socklen_t n)
{
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (sa->ss_family == AF_INET6) /* "::" serves IPv4 too */
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    return bind(fd, (const struct sockaddr *)sa, n) == 0 && listen(fd, BACKLOG) == 0;
}

static uint16_t bound_port(int fd)
{
    struct sockaddr_storage sa;
    socklen_t n = sizeof sa;
    if (getsockname(fd, (struct sockaddr *)&sa, &n) != 0)
        return 0;
    in_port_t port;
    memcpy(&port, (char *)&sa + offsetof(struct sockaddr_in, sin_port), sizeof port);
    return ntohs(port); /* at the same place for both families */
}

static zy_status listen_on(zy_door *door, const zy_listener *l, zy_err *err)
{
    struct sockaddr_storage sa;
    socklen_t n = socket_address(l->address, l->port, &sa);
    door->fd = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (door->fd < 0 || !bind_socket(door->fd, &sa, n))
        return zy_fail(err, ZY_IO_ERROR, l->name, "cannot listen on " ZY_STR_FMT " port %u: %s",
                       ZY_STR_ARG(l->address), l->port, strerror(errno));
    door->port = bound_port(door->fd);
    return ZY_OK;
}

static zy_status copy_routes(zy_door *door, const zy_listener *l, zy_err *err)
{
    door->routes = calloc(l->route_count + 1, sizeof *door->routes);
    if (door->routes == NULL)
        return ZY_NO_MEMORY;
    for (size_t i = 0; i < l->route_count; i++) {
        const zy_route *route = &l->routes[i];
        if (route->path == NULL || route->path[0] != '/' || route->fn == NULL || route->methods == 0)
            return zy_fail(err, ZY_CONFIG_BAD, l->name, "route %zu is incomplete", i);
        door->routes[i] = *route;
        door->route_count++;
        if (route->body_max > door->body_max)
            door->body_max = route->body_max;
    }
    return ZY_OK;
}

static zy_status open_door(zy_door *door, zy_server *server, const zy_listener *l, zy_err *err)
{
    door->server = server;
    door->fd = -1;
    door->hsts = l->hsts && l->tls;
    door->camera = l->camera;
    door->csp = l->csp != NULL ? l->csp : ZY_CSP_DEFAULT;
    door->name = zy_str_dup(zy_str_of(l->name));
    ZY_TRY(check_listener(l, err));
    ZY_TRY(read_trusted(door, l, err));
    ZY_TRY(copy_routes(door, l, err));
    if (l->tls)
        ZY_TRY(zy_tls_open(l->name, l->cert_path, l->key_path, &door->tls, err));
    if (l->connections_per_address > 0) {
        door->peers = zy_peers_new(l->connections_per_address);
        if (door->peers == NULL)
            return ZY_NO_MEMORY;
    }
    return listen_on(door, l, err);
}

static void close_door(zy_door *door)
{
    if (door->server == NULL)
        return; /* never opened */
    if (door->accepting != NULL)
        event_free(door->accepting);
    if (door->fd >= 0)
        close(door->fd);
    door->accepting = NULL;
    door->fd = -1;
}

static void free_door(zy_door *door)
{
    close_door(door);
    zy_peers_free(door->peers);
    SSL_CTX_free(door->tls);
    free(door->routes);
    free(door->name);
}

/* --- The server --- */

static zy_status open_all(zy_server *server, const zy_listener *listeners, zy_err *err)
{
    for (size_t i = 0; i < server->door_count; i++)
        ZY_TRY(open_door(&server->doors[i], server, &listeners[i], err));
    for (unsigned i = 0; i < server->options.loops; i++)
        ZY_TRY(zy_loop_open(&server->loops[i], server, err));
    return zy_pool_start(server->options.workers, server->options.worker_stack,
                         server->options.queue_max, &server->pool, err);
}

static zy_status accept_all(zy_server *server)
{
    struct event_base *base = server->loops[0].base;
    server->accept_again = event_new(base, -1, 0, on_accept_again, server);
    if (server->accept_again == NULL)
        return ZY_NO_MEMORY;
    for (size_t i = 0; i < server->door_count; i++) {
        zy_door *door = &server->doors[i];
        door->accepting = event_new(base, door->fd, EV_READ | EV_PERSIST, on_accept, door);
        if (door->accepting == NULL || event_add(door->accepting, NULL) != 0)
            return ZY_NO_MEMORY;
    }
    return ZY_OK;
}

static zy_status run_all(zy_server *server, zy_err *err)
{
    ZY_TRY(accept_all(server));
    for (; server->loops_started < server->options.loops; server->loops_started++)
        ZY_TRY(zy_loop_run(&server->loops[server->loops_started], err));
    return ZY_OK;
}

static void stop_all(zy_server *server)
{
    zy_pool_stop(server->pool);
    for (unsigned i = 0; i < server->loops_started; i++)
        zy_loop_stop(&server->loops[i]);
    for (size_t i = 0; i < server->door_count; i++)
        close_door(&server->doors[i]); /* its event goes before the base that it belongs to */
    if (server->accept_again != NULL)
        event_free(server->accept_again);
    for (unsigned i = 0; i < server->options.loops; i++)
        zy_loop_free(&server->loops[i]);
    for (size_t i = 0; i < server->door_count; i++)
        free_door(&server->doors[i]);
    zy_pool_free(server->pool);
    free(server->loops);
    free(server->doors);
    free(server);
}

static zy_server *new_server(const zy_server_options *options, size_t door_count)
{
    zy_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return NULL;
    server->options = *options;
    fill_defaults(&server->options);
    server->doors = calloc(door_count, sizeof *server->doors);
    server->loops = calloc(server->options.loops, sizeof *server->loops);
    if (server->doors == NULL || server->loops == NULL) {
        free(server->doors);
        free(server->loops);
        free(server);
        return NULL;
    }
    server->door_count = door_count;
    return server;
}

zy_status zy_server_start(const zy_server_options *options, const zy_listener *listeners, size_t count,
                          zy_server **ret_server, zy_err *err)
{
    sigset_t all, before;
    zy_server *server = new_server(options, count);
    if (server == NULL)
        return ZY_NO_MEMORY;
    signal(SIGPIPE, SIG_IGN); /* a client that went away is an error of its own connection */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the program's main thread */
    zy_status status = open_all(server, listeners, err);
    if (status == ZY_OK)
        status = run_all(server, err);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != ZY_OK) {
        stop_all(server);
        return status;
    }
    for (size_t i = 0; i < count; i++)
        zy_log_info("net.listening", ZY_L_C("door", server->doors[i].name),
                    ZY_L_INT("port", server->doors[i].port));
    *ret_server = server;
    return ZY_OK;
}

uint16_t zy_server_port(const zy_server *server, const char *listener)
{
    for (size_t i = 0; i < server->door_count; i++) {
        if (strcmp(server->doors[i].name, listener) == 0)
            return server->doors[i].port;
    }
    return 0;
}

static void run_drain(zy_loop *loop, zy_mail *mail)
{
    zy_server *server = loop->server;
    free(mail);
    for (size_t i = 0; loop == &server->loops[0] && i < server->door_count; i++)
        close_door(&server->doors[i]);
    zy_conn_drain_all(loop);
}

void zy_server_drain(zy_server *server, int64_t wait_ms)
{
    if (server == NULL)
        return;
    int64_t until = zy_now_ms() + wait_ms;
    atomic_store(&server->draining, true);
    for (unsigned i = 0; i < server->options.loops; i++) {
        zy_mail *mail = calloc(1, sizeof *mail);
        if (mail == NULL)
            break;
        mail->run = run_drain;
        zy_loop_post(&server->loops[i], mail);
    }
    while (atomic_load(&server->open) > 0 && zy_now_ms() < until)
        usleep(DRAIN_STEP_US);
    zy_log_info("net.drained", ZY_L_INT("cut", atomic_load(&server->open)));
    stop_all(server);
}

void zy_server_stats_get(const zy_server *server, zy_server_stats *ret_stats)
{
    *ret_stats = (zy_server_stats){
        .accepted = atomic_load(&server->accepted),
        .open = atomic_load(&server->open),
        .requests = atomic_load(&server->requests),
        .refused = atomic_load(&server->refused),
        .queued = zy_pool_waiting(server->pool),
    };
}
