/* The server itself, driven through raw sockets and OpenSSL on a port of its own. */
#include "zy_test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "net/net.h"

#define READ_TIMEOUT_MS 600
#define IDLE_TIMEOUT_MS 900
#define HEADER_MAX      4096
#define ECHO_MAX        2000
#define PER_ADDRESS     6

typedef struct answer {
    char bytes[256 * 1024];
    size_t n, head_n;
    int status;
} answer;

static struct {
    char folder[64], cert[96], key[96], web[96];
    zy_static *files;
    zy_server *server;
    pthread_mutex_t gate; /* /gate waits for it */
    atomic_int inside;
    zy_sse *_Atomic stream;
} world;

/* --- The server's side --- */

static void say(zy_http *h, const char *text)
{
    zy_http_write(h, ZY_STR("text/plain"), text, strlen(text));
}

static void run_hello(zy_http *h, void *arg)
{
    say(h, arg);
}

static void run_echo(zy_http *h, void *arg)
{
    (void)arg;
    zy_http_write(h, ZY_STR("application/octet-stream"), zy_http_body(h).p, zy_http_body(h).n);
}

static void run_gate(zy_http *h, void *arg)
{
    (void)arg;
    atomic_fetch_add(&world.inside, 1);
    pthread_mutex_lock(&world.gate);
    pthread_mutex_unlock(&world.gate);
    say(h, "through");
}

static void run_peer(zy_http *h, void *arg)
{
    (void)arg;
    zy_http_write(h, ZY_STR("text/plain"), zy_http_peer(h).p, zy_http_peer(h).n);
}

static void run_facts(zy_http *h, void *arg)
{
    (void)arg;
    zy_str q = { NULL, 0 }, c = { NULL, 0 };
    bool has_q = zy_http_query(h, "q", &q), has_c = zy_http_cookie(h, "sid", &c);
    zy_str text = zy_arena_fmt(zy_http_arena(h), "path=" ZY_STR_FMT " q=%d" ZY_STR_FMT " sid=%d" ZY_STR_FMT,
                               ZY_STR_ARG(zy_http_path(h)), has_q, ZY_STR_ARG(q), has_c, ZY_STR_ARG(c));
    zy_http_set(h, "Set-Cookie", ZY_STR("a=b; Secure; HttpOnly; SameSite=Strict"));
    zy_http_write(h, ZY_STR("text/plain"), text.p, text.n);
}

static void run_refuse(zy_http *h, void *arg)
{
    (void)arg;
    zy_http_set(h, "X-Before", ZY_STR("gone"));
    say(h, "half an answer");
    zy_http_refuse(h, ZY_LOGIN_REQUIRED);
}

static void run_events(zy_http *h, void *arg)
{
    (void)arg;
    zy_sse *s = zy_http_sse(h);
    zy_sse_send(s, "first", ZY_STR("a\nb"));
    atomic_store(&world.stream, s);
}

static zy_route ROUTES[] = {
    { "/hello", ZY_HTTP_GET | ZY_HTTP_HEAD, 0, NULL, run_hello, (void *)(uintptr_t) "hello" },
    { "/api/", ZY_HTTP_GET, 0, NULL, run_hello, (void *)(uintptr_t) "prefix" },
    { "/api/exact", ZY_HTTP_GET, 0, NULL, run_hello, (void *)(uintptr_t) "exact" },
    { "/echo", ZY_HTTP_POST, ECHO_MAX, "application/octet-stream", run_echo, NULL },
    { "/big", ZY_HTTP_POST, 200000, NULL, run_echo, NULL },
    { "/gate", ZY_HTTP_GET, 0, NULL, run_gate, NULL },
    { "/peer", ZY_HTTP_GET, 0, NULL, run_peer, NULL },
    { "/facts/", ZY_HTTP_GET, 0, NULL, run_facts, NULL },
    { "/refuse", ZY_HTTP_GET, 0, NULL, run_refuse, NULL },
    { "/events", ZY_HTTP_GET, 0, NULL, run_events, NULL },
    { "/web/", ZY_HTTP_GET | ZY_HTTP_HEAD, 0, NULL, zy_static_serve, NULL },
};

static void write_file(const char *name, const char *bytes, size_t n)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", world.web, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void make_web(void)
{
    static char script[20000];
    char path[200];
    for (size_t i = 0; i < sizeof script; i++)
        script[i] = "let a=1;\n"[i % 9];
    snprintf(world.web, sizeof world.web, "%s/web", world.folder);
    assert_int_equal(mkdir(world.web, 0700), 0);
    snprintf(path, sizeof path, "%s/assets", world.web);
    assert_int_equal(mkdir(path, 0700), 0);
    write_file("index.html", "<!doctype html>home", 19);
    write_file("assets/app-Dk3f9a2b.js", script, sizeof script);
    write_file("logo.png", "\x89PNG", 4);
    write_file(".secret.html", "hidden", 6);
    write_file("assets/app-Dk3f9a2b.js.map", "{}", 2);
    write_file("index.html.bak", "old", 3);
    write_file("release.tar.gz", "all", 3);
    snprintf(path, sizeof path, "%s/link.txt", world.web);
    assert_int_equal(symlink("/etc/passwd", path), 0);
}

static zy_listener plain_listener(const char *name)
{
    return (zy_listener){ .name = name, .address = ZY_STR("127.0.0.1"), .routes = ROUTES,
                          .route_count = ZY_COUNT(ROUTES) };
}

static zy_server *start(const zy_server_options *options, const zy_listener *listeners, size_t count)
{
    zy_err err = { 0 };
    zy_server *server = NULL;
    zy_status status = zy_server_start(options, listeners, count, &server, &err);
    if (status != ZY_OK)
        fail_msg("%s: %s", zy_status_name(status), err.detail);
    return server;
}

static void start_world_server(void)
{
    static const char *const trusted[] = { "127.0.0.0/8", NULL };
    zy_listener l[] = { plain_listener("plain"), plain_listener("tls"), plain_listener("proxied"),
                        plain_listener("six"), plain_listener("framed"), plain_listener("few") };
    zy_server_options options = { .loops = 2, .workers = 8, .read_timeout_ms = READ_TIMEOUT_MS,
                                  .idle_timeout_ms = IDLE_TIMEOUT_MS, .header_max = HEADER_MAX };
    l[1].tls = true;
    l[1].hsts = true;
    l[1].cert_path = zy_str_of(world.cert);
    l[1].key_path = zy_str_of(world.key);
    l[2].trusted_proxies = trusted;
    l[2].connections_per_address = 1;
    l[3].address = ZY_STR("::1");
    l[4].csp = ZY_CSP_FRAMED;
    l[4].camera = true;
    l[5].connections_per_address = PER_ADDRESS;
    world.server = start(&options, l, ZY_COUNT(l));
}

static int build_world(void **state)
{
    (void)state;
    zy_err err = { 0 };
    snprintf(world.folder, sizeof world.folder, "/tmp/zy_net_XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    snprintf(world.cert, sizeof world.cert, "%s/cert.pem", world.folder);
    snprintf(world.key, sizeof world.key, "%s/key.pem", world.folder);
    ASSERT_OK(zy_net_make_certificate(world.cert, world.key, NULL, &err));
    make_web();
    ASSERT_OK(zy_static_load(world.web, 1 << 20, &world.files, &err));
    ROUTES[ZY_COUNT(ROUTES) - 1].arg = world.files;
    pthread_mutex_init(&world.gate, NULL);
    start_world_server();
    return 0;
}

static int end_world(void **state)
{
    (void)state;
    char command[128];
    zy_server_drain(world.server, 500);
    zy_static_free(world.files);
    pthread_mutex_destroy(&world.gate);
    snprintf(command, sizeof command, "rm -rf %s", world.folder);
    return system(command) == 0 ? 0 : -1;
}

/* --- The client's side --- */

static int connect_port(uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct timeval patience = { 5, 0 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static int connect_to(const char *listener)
{
    return connect_port(zy_server_port(world.server, listener));
}

static void send_bytes(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the server may have hung up already; the answer tells */
        bytes += sent;
        n -= (size_t)sent;
    }
}

static void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

static const char *header_of(const answer *a, const char *name)
{
    static char value[1024];
    char key[80];
    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *at = strstr(a->bytes, key);
    if (at == NULL || (size_t)(at - a->bytes) >= a->head_n)
        return NULL;
    at += strlen(key);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\r"), at);
    return value;
}

static const char *body_of(const answer *a)
{
    return a->bytes + a->head_n;
}

static bool is_whole(answer *a, bool to_end)
{
    char *end = memmem(a->bytes, a->n, "\r\n\r\n", 4);
    if (end == NULL || to_end)
        return false;
    a->head_n = (size_t)(end - a->bytes) + 4;
    const char *length = header_of(a, "Content-Length");
    return a->n >= a->head_n + (length != NULL ? strtoul(length, NULL, 10) : 0);
}

static void judge(answer *a)
{
    char *end = memmem(a->bytes, a->n, "\r\n\r\n", 4);
    a->head_n = end != NULL ? (size_t)(end - a->bytes) + 4 : a->n;
    a->status = a->n > 12 && memcmp(a->bytes, "HTTP/1.1 ", 9) == 0 ? atoi(a->bytes + 9) : 0;
}

/* Reads one answer, or all until the server closes. status 0: it closed without one. */
static void read_answer(int fd, answer *a, bool to_end)
{
    a->n = a->head_n = 0;
    a->bytes[0] = '\0';
    while (a->n < sizeof a->bytes - 1 && !is_whole(a, to_end)) {
        ssize_t got = recv(fd, a->bytes + a->n, sizeof a->bytes - 1 - a->n, 0);
        if (got <= 0)
            break;
        a->n += (size_t)got;
        a->bytes[a->n] = '\0';
    }
    judge(a);
}

static answer *ask(const char *listener, const char *request)
{
    static answer a;
    int fd = connect_to(listener);
    send_text(fd, request);
    read_answer(fd, &a, true);
    close(fd);
    return &a;
}

#define END "Host: localhost\r\nConnection: close\r\n\r\n"

/* Waits until the counter has the value, at most 5 s. */
static void wait_for(atomic_int *counter, int value)
{
    for (int i = 0; i < 500 && atomic_load(counter) != value; i++)
        usleep(10000);
    assert_int_equal(atomic_load(counter), value);
}

/* True when the server closes within ms. */
static bool closes_within(int fd, int ms)
{
    char sink[4096];
    int64_t until = zy_clock_monotonic_ns() / 1000000 + ms;
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        int64_t left = until - zy_clock_monotonic_ns() / 1000000;
        if (left <= 0 || poll(&p, 1, (int)left) <= 0)
            return false;
        if (recv(fd, sink, sizeof sink, 0) <= 0)
            return true;
    }
}

/* --- Requests and answers --- */

static void a_request_reaches_its_handler(void **state)
{
    (void)state;
    answer *a = ask("plain", "GET /hello HTTP/1.1\r\n" END);
    assert_int_equal(a->status, 200);
    assert_string_equal(body_of(a), "hello");
    assert_string_equal(body_of(ask("plain", "GET /api/x HTTP/1.1\r\n" END)), "prefix");
    assert_string_equal(body_of(ask("plain", "GET /api/exact HTTP/1.1\r\n" END)), "exact");
}

static void head_answers_without_a_body(void **state)
{
    (void)state;
    answer *a = ask("plain", "HEAD /hello HTTP/1.1\r\n" END);
    assert_int_equal(a->status, 200);
    assert_string_equal(header_of(a, "Content-Length"), "5");
    assert_string_equal(body_of(a), "");
}

static void query_cookie_and_path_are_decoded(void **state)
{
    (void)state;
    assert_string_equal(body_of(ask("plain", "GET /facts/%E6%8E%8C?p=1&q=a%2Fb+c HTTP/1.1\r\n"
                                             "Cookie: x=1; sid=abc\r\n" END)),
                        "path=/facts/掌 q=1a/b c sid=1abc");
    assert_string_equal(body_of(ask("plain", "GET /facts/?q=1&q=2 HTTP/1.1\r\nCookie: sid=a; sid=b\r\n" END)),
                        "path=/facts/ q=0 sid=0");
}

static void a_refusal_replaces_what_was_said_before(void **state)
{
    (void)state;
    answer *a = ask("plain", "GET /refuse HTTP/1.1\r\n" END);
    assert_int_equal(a->status, 401);
    assert_string_equal(body_of(a), "{\"code\":\"LOGIN_REQUIRED\"}");
    assert_null(header_of(a, "X-Before"));
}

static void a_connection_serves_many_requests(void **state)
{
    (void)state;
    static answer a;
    int fd = connect_to("plain");
    for (int i = 0; i < 20; i++) {
        send_text(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\n"
                      "Content-Length: 3\r\n\r\nabc");
        read_answer(fd, &a, false);
        assert_int_equal(a.status, 200);
        assert_string_equal(body_of(&a), "abc");
        assert_string_equal(header_of(&a, "Connection"), "keep-alive");
    }
    send_text(fd, "GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n");
    read_answer(fd, &a, false);
    assert_int_equal(a.status, 404);
    send_text(fd, "GET /hello HTTP/1.1\r\n" END);
    read_answer(fd, &a, true);
    assert_int_equal(a.status, 200);
    close(fd);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    answer *a = ask("plain", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                             "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n"
                             "Content-Type: application/octet-stream; a=b\r\n\r\nsecond"
                             "GET /api/x HTTP/1.1\r\n" END);
    char *first = strstr(a->bytes, "\r\n\r\nhello"), *second = strstr(a->bytes, "\r\n\r\nsecond"),
         *third = strstr(a->bytes, "\r\n\r\nprefix");
    assert_true(first != NULL && second > first && third > second);
}

static void a_body_may_come_byte_by_byte(void **state)
{
    (void)state;
    static answer a;
    int fd = connect_to("plain");
    const char *request = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                          "Content-Type: application/octet-stream\r\n\r\nabcd";
    for (const char *c = request; *c != '\0'; c++) {
        send_bytes(fd, c, 1);
        usleep(1000);
    }
    read_answer(fd, &a, false);
    assert_string_equal(body_of(&a), "abcd");
    close(fd);
}

static void a_client_that_asks_first_is_told_to_continue(void **state)
{
    (void)state;
    static answer a;
    int fd = connect_to("plain");
    send_text(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
                  "Content-Type: application/octet-stream\r\n\r\n");
    read_answer(fd, &a, false);
    assert_int_equal(a.status, 100);
    send_text(fd, "ok");
    read_answer(fd, &a, false);
    assert_int_equal(a.status, 200);
    assert_string_equal(body_of(&a), "ok");
    close(fd);
}

/* --- What is refused --- */

typedef struct refusal {
    const char *request;
    int status;
    const char *code;
} refusal;

static const refusal REFUSALS[] = {
    { "GET /nowhere HTTP/1.1\r\n" END, 404, "API_UNKNOWN" },
    { "POST /hello HTTP/1.1\r\n" END, 405, "METHOD_NOT_ALLOWED" },
    { "GET /echo HTTP/1.1\r\n" END, 405, "METHOD_NOT_ALLOWED" },
    { "PUT /hello HTTP/1.1\r\n" END, 501, "METHOD_NOT_ALLOWED" },
    { "POST /echo HTTP/1.1\r\nContent-Length: 2001\r\n" END, 413, "REQUEST_TOO_LARGE" },
    { "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Type: text/html\r\n" END "x", 415, "BAD_REQUEST" },
    { "POST /echo HTTP/1.1\r\nContent-Length: 1\r\n" END "x", 415, "BAD_REQUEST" },
    { "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" END "x", 400, "BAD_REQUEST" },
    { "POST /echo HTTP/1.1\r\nContent-Length: +1\r\n" END "x", 400, "BAD_REQUEST" },
    { "POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n" END "x", 400, "BAD_REQUEST" },
    { "POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" END "0\r\n\r\n", 411, "BAD_REQUEST" },
    { "GET /hello HTTP/1.1\r\n\r\n", 400, "BAD_REQUEST" },
    { "GET /web/../hello HTTP/1.1\r\n" END, 400, "BAD_REQUEST" },
    { "GET /web/%2e%2e/hello HTTP/1.1\r\n" END, 400, "BAD_REQUEST" },
    { "GET /hello%00 HTTP/1.1\r\n" END, 400, "BAD_REQUEST" },
    { "GET /web%2fx HTTP/1.1\r\n" END, 400, "BAD_REQUEST" },
    { "GET http://a/hello HTTP/1.1\r\n" END, 400, "BAD_REQUEST" },
    { "GET /hello HTTP/1.0\r\n" END, 505, "BAD_REQUEST" },
    { "\x16\x03\x01\x02\r\n\r\n", 400, "BAD_REQUEST" },
};

static void bad_requests_are_refused_alike(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.5.p1");
    for (size_t i = 0; i < ZY_COUNT(REFUSALS); i++) {
        char want[64];
        answer *a = ask("plain", REFUSALS[i].request);
        snprintf(want, sizeof want, "{\"code\":\"%s\"}", REFUSALS[i].code);
        if (a->status != REFUSALS[i].status || strcmp(body_of(a), want) != 0)
            fail_msg("%s -> %d %s", REFUSALS[i].request, a->status, body_of(a));
        assert_string_equal(header_of(a, "Connection"), "close");
        assert_string_equal(header_of(a, "Content-Type"), "application/json");
        assert_null(header_of(a, "Server"));
        assert_null(header_of(a, "X-Powered-By"));
    }
}

static void nothing_behind_a_bad_request_is_run(void **state)
{
    (void)state;
    answer *a = ask("plain", "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 60\r\n\r\n"
                             "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(a->status, 400);
    assert_null(strstr(a->bytes + 9, "HTTP/1.1 "));
    a = ask("plain", "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n"
                     "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(a->status, 404);
    assert_null(strstr(a->bytes + 9, "HTTP/1.1 "));
}

static void methods_that_are_allowed_are_named(void **state)
{
    (void)state;
    assert_string_equal(header_of(ask("plain", "POST /hello HTTP/1.1\r\n" END), "Allow"), "GET, HEAD");
}

static void a_head_that_is_too_long_is_refused(void **state)
{
    (void)state;
    static char request[3 * HEADER_MAX];
    size_t n = (size_t)sprintf(request, "GET /hello HTTP/1.1\r\nHost: a\r\nX: ");
    memset(request + n, 'x', sizeof request - n - 1);
    answer *a = ask("plain", request);
    assert_int_equal(a->status, 431);
    memcpy(request + 2 * HEADER_MAX, "\r\n\r\n", 5);
    a = ask("plain", request);
    assert_int_equal(a->status, 431);
}

static void a_body_that_is_too_long_is_refused_before_it_is_read(void **state)
{
    (void)state;
    static answer a;
    int fd = connect_to("plain");
    send_text(fd, "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 200001\r\n\r\n");
    read_answer(fd, &a, true);
    assert_int_equal(a.status, 413);
    close(fd);
}

static void a_large_body_within_the_limit_arrives_whole(void **state)
{
    (void)state;
    static char body[200000];
    static answer a;
    memset(body, 'b', sizeof body);
    int fd = connect_to("plain");
    send_text(fd, "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    send_bytes(fd, body, sizeof body);
    read_answer(fd, &a, false);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.n - a.head_n, sizeof body);
    assert_memory_equal(body_of(&a), body, sizeof body);
    close(fd);
}

static void a_slow_head_is_cut_off(void **state)
{
    (void)state;
    int fd = connect_to("plain");
    int64_t begun = zy_clock_monotonic_ns();
    send_text(fd, "GET /hello HTTP/1.1\r\n");
    /* A byte now and then must not buy time. */
    for (int i = 0; i < 20 && !closes_within(fd, 100); i++)
        send_text(fd, "x");
    int64_t ms = (zy_clock_monotonic_ns() - begun) / 1000000;
    assert_in_range(ms, READ_TIMEOUT_MS - 50, READ_TIMEOUT_MS + 800);
    close(fd);
}

static void a_slow_body_is_cut_off(void **state)
{
    (void)state;
    int fd = connect_to("plain");
    send_text(fd, "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nab");
    assert_false(closes_within(fd, READ_TIMEOUT_MS / 2));
    assert_true(closes_within(fd, READ_TIMEOUT_MS + 800));
    close(fd);
}

static void an_idle_connection_is_closed(void **state)
{
    (void)state;
    static answer a;
    int fd = connect_to("plain");
    send_text(fd, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    read_answer(fd, &a, false);
    assert_false(closes_within(fd, IDLE_TIMEOUT_MS / 2));
    assert_true(closes_within(fd, IDLE_TIMEOUT_MS + 800));
    close(fd);
}

static void one_address_has_a_limit_of_connections(void **state)
{
    (void)state;
    int fd[PER_ADDRESS];
    answer *a;
    for (size_t i = 0; i < PER_ADDRESS; i++)
        fd[i] = connect_to("few");
    usleep(50000);
    int extra = connect_to("few");
    assert_true(closes_within(extra, 400));
    close(extra);
    for (size_t i = 0; i < PER_ADDRESS; i++)
        close(fd[i]);
    usleep(100000);
    a = ask("few", "GET /hello HTTP/1.1\r\n" END); /* the places are free again */
    assert_int_equal(a->status, 200);
}

static void all_connections_have_a_limit(void **state)
{
    (void)state;
    zy_listener l = plain_listener("tiny");
    zy_server_options options = { .loops = 1, .workers = 1, .connections_max = 2 };
    zy_server_stats stats;
    zy_server *server = start(&options, &l, 1);
    int a = connect_port(zy_server_port(server, "tiny")), b = connect_port(zy_server_port(server, "tiny"));
    usleep(50000);
    int c = connect_port(zy_server_port(server, "tiny"));
    assert_true(closes_within(c, 1000));
    assert_false(closes_within(a, 100));
    zy_server_stats_get(server, &stats);
    assert_int_equal(stats.open, 2);
    assert_int_equal(stats.accepted, 2);
    assert_int_equal(stats.refused, 1);
    close(a);
    close(b);
    close(c);
    zy_server_drain(server, 1000);
}

static void a_full_queue_answers_busy(void **state)
{
    (void)state;
    static answer a;
    zy_listener l = plain_listener("tiny");
    zy_server_options options = { .loops = 1, .workers = 1, .queue_max = 1 };
    zy_server *server = start(&options, &l, 1);
    uint16_t port = zy_server_port(server, "tiny");
    int fd[3];
    atomic_store(&world.inside, 0);
    pthread_mutex_lock(&world.gate);
    fd[0] = connect_port(port);
    send_text(fd[0], "GET /gate HTTP/1.1\r\n" END);
    wait_for(&world.inside, 1);
    fd[1] = connect_port(port);
    send_text(fd[1], "GET /gate HTTP/1.1\r\n" END);
    zy_server_stats stats = { 0 };
    for (int i = 0; i < 500 && stats.queued != 1; i++) {
        usleep(10000);
        zy_server_stats_get(server, &stats);
    }
    assert_int_equal(stats.queued, 1);
    fd[2] = connect_port(port);
    send_text(fd[2], "GET /gate HTTP/1.1\r\n" END);
    read_answer(fd[2], &a, true);
    assert_int_equal(a.status, 503);
    assert_string_equal(body_of(&a), "{\"code\":\"BUSY\"}");
    pthread_mutex_unlock(&world.gate);
    for (int i = 0; i < 2; i++) {
        read_answer(fd[i], &a, true);
        assert_string_equal(body_of(&a), "through");
    }
    for (int i = 0; i < 3; i++)
        close(fd[i]);
    zy_server_drain(server, 1000);
}

static void a_client_that_leaves_harms_nobody(void **state)
{
    (void)state;
    atomic_store(&world.inside, 0);
    pthread_mutex_lock(&world.gate);
    for (int i = 1; i <= 3; i++) {
        struct linger reset = { 1, 0 };
        int fd = connect_to("plain");
        send_text(fd, "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
        wait_for(&world.inside, i);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
    usleep(50000);
    pthread_mutex_unlock(&world.gate);
    assert_int_equal(ask("plain", "GET /hello HTTP/1.1\r\n" END)->status, 200);
}

static void a_client_that_floods_ahead_is_cut_off(void **state)
{
    (void)state;
    static char flood[600000];
    memset(flood, 'x', sizeof flood);
    atomic_store(&world.inside, 0);
    pthread_mutex_lock(&world.gate);
    int fd = connect_to("plain");
    send_text(fd, "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&world.inside, 1);
    struct timeval patience = { 2, 0 };
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    send_bytes(fd, flood, sizeof flood);
    assert_true(closes_within(fd, 2000));
    pthread_mutex_unlock(&world.gate);
    close(fd);
}

/* --- Headers, proxies, addresses --- */

static void every_answer_carries_the_security_headers(void **state)
{
    (void)state;
    ZY_PROVES("mb.server-data-protect.n");
    static const char *const requests[] = { "GET /hello HTTP/1.1\r\n" END, "GET /nowhere HTTP/1.1\r\n" END,
                                            "rubbish\r\n\r\n", "GET /web/ HTTP/1.1\r\n" END };
    for (size_t i = 0; i < ZY_COUNT(requests); i++) {
        answer *a = ask("plain", requests[i]);
        assert_string_equal(header_of(a, "Content-Security-Policy"), ZY_CSP_DEFAULT);
        assert_string_equal(header_of(a, "X-Frame-Options"), "DENY");
        assert_string_equal(header_of(a, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(header_of(a, "Referrer-Policy"), "no-referrer");
        assert_string_equal(header_of(a, "Cross-Origin-Opener-Policy"), "same-origin");
        assert_string_equal(header_of(a, "Cross-Origin-Resource-Policy"), "same-origin");
        assert_non_null(strstr(header_of(a, "Permissions-Policy"), "camera=(), microphone=()"));
        assert_string_equal(header_of(a, "Cache-Control"), i == 3 ? "no-cache" : "no-store");
        assert_null(header_of(a, "Strict-Transport-Security"));
        assert_null(header_of(a, "Server"));
    }
    assert_non_null(strstr(ZY_CSP_DEFAULT, "frame-ancestors 'none'"));
    assert_null(strstr(ZY_CSP_DEFAULT, "unsafe"));
}

static void a_listener_may_let_itself_be_framed(void **state)
{
    (void)state;
    answer *a = ask("framed", "GET /hello HTTP/1.1\r\n" END);
    assert_string_equal(header_of(a, "X-Frame-Options"), "SAMEORIGIN");
    assert_non_null(strstr(header_of(a, "Content-Security-Policy"), "frame-ancestors 'self'"));
}

static void a_listener_may_give_its_own_pages_the_camera(void **state)
{
    (void)state;
    answer *a = ask("framed", "GET /hello HTTP/1.1\r\n" END);
    assert_non_null(strstr(header_of(a, "Permissions-Policy"), "camera=(self), microphone=()"));
}

static void a_forwarded_address_counts_only_behind_a_proxy_of_ours(void **state)
{
    (void)state;
    const char *request = "GET /peer HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\n"
                          "X-Forwarded-For: 203.0.113.9, 127.0.0.2\r\n" END;
    assert_string_equal(body_of(ask("plain", request)), "127.0.0.1");
    assert_string_equal(body_of(ask("proxied", request)), "203.0.113.9");
    /* a proxy's connections are not one client's */
    int a = connect_to("proxied"), b = connect_to("proxied");
    assert_false(closes_within(a, 100) || closes_within(b, 100));
    close(a);
    close(b);
}

static void ipv6_is_served(void **state)
{
    (void)state;
    ZY_PROVES("mb.x-compatibility.d");
    static answer a;
    struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                               .sin6_port = htons(zy_server_port(world.server, "six")) };
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    send_text(fd, "GET /peer HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n");
    read_answer(fd, &a, true);
    assert_string_equal(body_of(&a), "::1");
    close(fd);
}

static void an_internal_door_does_not_open_to_the_public(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.6.3.p2");
    static const char *const addresses[] = { "0.0.0.0", "::", "8.8.8.8", "2001:db8::1", "::ffff:0.0.0.0" };
    zy_server_options options = { .loops = 1, .workers = 1 };
    for (size_t i = 0; i < ZY_COUNT(addresses); i++) {
        zy_server *server = NULL;
        zy_err err = { 0 };
        zy_listener l = plain_listener("staff");
        l.internal_only = true;
        l.address = zy_str_of(addresses[i]);
        ASSERT_STATUS(zy_server_start(&options, &l, 1, &server, &err), ZY_CONFIG_BAD);
        assert_null(server);
        assert_string_equal(err.field, "staff");
    }
    zy_listener l = plain_listener("staff");
    l.internal_only = true;
    zy_server_drain(start(&options, &l, 1), 0);
}

static void a_port_in_use_is_an_error(void **state)
{
    (void)state;
    zy_server *server = NULL;
    zy_err err = { 0 };
    zy_listener l = plain_listener("second");
    zy_server_options options = { .loops = 2, .workers = 1 };
    l.port = zy_server_port(world.server, "plain");
    ASSERT_STATUS(zy_server_start(&options, &l, 1, &server, &err), ZY_IO_ERROR);
    assert_non_null(strstr(err.detail, "in use"));
}

/* --- Static files --- */

static void static_files_are_served_with_their_types(void **state)
{
    (void)state;
    answer *a = ask("plain", "GET /web/ HTTP/1.1\r\n" END);
    assert_string_equal(body_of(a), "<!doctype html>home");
    assert_string_equal(header_of(a, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(header_of(a, "Cache-Control"), "no-cache");
    a = ask("plain", "GET /web/assets/app-Dk3f9a2b.js HTTP/1.1\r\n" END);
    assert_string_equal(header_of(a, "Content-Type"), "text/javascript; charset=utf-8");
    assert_string_equal(header_of(a, "Cache-Control"), "public, max-age=31536000, immutable");
    assert_int_equal(a->n - a->head_n, 20000);
    assert_null(header_of(a, "Content-Encoding"));
    a = ask("plain", "GET /web/logo.png HTTP/1.1\r\n" END);
    assert_string_equal(header_of(a, "Content-Type"), "image/png");
}

static void static_files_are_sent_compressed_to_those_who_can(void **state)
{
    (void)state;
    static Bytef text[30000];
    answer *a = ask("plain", "GET /web/assets/app-Dk3f9a2b.js HTTP/1.1\r\nAccept-Encoding: br, gzip\r\n" END);
    assert_string_equal(header_of(a, "Content-Encoding"), "gzip");
    assert_string_equal(header_of(a, "Vary"), "Accept-Encoding");
    z_stream z = { .next_in = (Bytef *)(uintptr_t)body_of(a), .avail_in = (uInt)(a->n - a->head_n),
                   .next_out = text, .avail_out = sizeof text };
    assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, 20000);
    assert_memory_equal(text, "let a=1;\nlet a=1;", 17);
    inflateEnd(&z);
    a = ask("plain", "GET /web/assets/app-Dk3f9a2b.js HTTP/1.1\r\nAccept-Encoding: gzip;q=0\r\n" END);
    assert_null(header_of(a, "Content-Encoding"));
}

static void a_known_file_is_not_sent_again(void **state)
{
    (void)state;
    char etag[64], request[256];
    snprintf(etag, sizeof etag, "%s", header_of(ask("plain", "GET /web/ HTTP/1.1\r\n" END), "ETag"));
    snprintf(request, sizeof request, "GET /web/ HTTP/1.1\r\nIf-None-Match: \"x\", W/%s\r\n" END, etag);
    answer *a = ask("plain", request);
    assert_int_equal(a->status, 304);
    assert_string_equal(header_of(a, "ETag"), etag);
    assert_string_equal(body_of(a), "");
    assert_null(header_of(a, "Content-Length"));
    assert_int_equal(ask("plain", "GET /web/ HTTP/1.1\r\nIf-None-Match: \"x\"\r\n" END)->status, 200);
}

static void pages_of_the_client_answer_its_index(void **state)
{
    (void)state;
    answer *a = ask("plain", "GET /web/transfer/confirm HTTP/1.1\r\n" END);
    assert_int_equal(a->status, 200);
    assert_string_equal(body_of(a), "<!doctype html>home");
    assert_int_equal(ask("plain", "GET /web/none.js HTTP/1.1\r\n" END)->status, 404);
    assert_int_equal(ask("plain", "GET /web/assets/none-Dk3f9a2b.js HTTP/1.1\r\n" END)->status, 404);
}

static void only_files_of_a_web_client_are_served(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-tech.a19");
    static const char *const closed[] = { "/web/.secret.html", "/web/link.txt", "/web/assets/app-Dk3f9a2b.js.map",
                                          "/web/index.html.bak", "/web/release.tar.gz" };
    static const char *const bad[] = { "/web/../etc/passwd", "/web/..%2f..%2fetc/passwd", "/web/%2e%2e/x.html",
                                       "/web/..\\x.html", "/web//etc/passwd" };
    char request[256];
    for (size_t i = 0; i < ZY_COUNT(closed); i++) {
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" END, closed[i]);
        assert_int_equal(ask("plain", request)->status, 404);
    }
    for (size_t i = 0; i < ZY_COUNT(bad); i++) {
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\n" END, bad[i]);
        assert_int_equal(ask("plain", request)->status, 400);
    }
    /* a folder is no list of its files */
    assert_null(strstr(body_of(ask("plain", "GET /web/assets/ HTTP/1.1\r\n" END)), "app-"));
}

static void static_files_have_a_limit_together(void **state)
{
    (void)state;
    zy_static *files = NULL;
    zy_err err = { 0 };
    ASSERT_STATUS(zy_static_load(world.web, 10000, &files, &err), ZY_CONFIG_BAD);
    ASSERT_STATUS(zy_static_load("/nonexistent/web", 10000, &files, &err), ZY_IO_ERROR);
    assert_null(files);
}

/* --- Server-sent events --- */

static zy_sse *take_stream(void)
{
    for (int i = 0; i < 500 && atomic_load(&world.stream) == NULL; i++)
        usleep(10000);
    zy_sse *s = atomic_exchange(&world.stream, NULL);
    assert_non_null(s);
    return s;
}

static void events_reach_the_client_until_the_stream_is_closed(void **state)
{
    (void)state;
    static answer a;
    int fd = connect_to("plain");
    send_text(fd, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    zy_sse *s = take_stream();
    assert_true(zy_sse_send(s, "second", ZY_STR("{\"n\":2}")));
    assert_false(zy_sse_send(s, "bad\nname", ZY_STR("x")));
    assert_false(zy_sse_send(s, "bad", ZY_STR("a\rdata: forged")));
    zy_sse_close(s);
    read_answer(fd, &a, true);
    assert_int_equal(a.status, 200);
    assert_string_equal(header_of(&a, "Content-Type"), "text/event-stream");
    assert_string_equal(body_of(&a), "event: first\ndata: a\ndata: b\n\nevent: second\ndata: {\"n\":2}\n\n");
    close(fd);
}

static void a_stream_without_a_client_says_so(void **state)
{
    (void)state;
    int fd = connect_to("plain");
    send_text(fd, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    zy_sse *s = take_stream();
    close(fd);
    bool sent = true;
    for (int i = 0; i < 300 && sent; i++) {
        usleep(10000);
        sent = zy_sse_send(s, "tick", ZY_STR(""));
    }
    assert_false(sent);
    zy_sse_close(s);
}

static void a_client_that_does_not_read_loses_its_stream(void **state)
{
    (void)state;
    static char data[32 * 1024];
    memset(data, 'd', sizeof data);
    int fd = connect_to("plain");
    send_text(fd, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    zy_sse *s = take_stream();
    bool sent = true;
    for (int i = 0; i < 2000 && sent; i++) {
        sent = zy_sse_send(s, "much", zy_str_bytes(data, sizeof data));
        usleep(1000);
    }
    assert_false(sent);
    zy_sse_close(s);
    close(fd);
}

/* --- Ending --- */

typedef struct drain_job {
    zy_server *server;
    atomic_int done;
} drain_job;

static void *run_drain(void *arg)
{
    drain_job *job = arg;
    zy_server_drain(job->server, 5000);
    atomic_store(&job->done, 1);
    return NULL;
}

static void draining_ends_running_requests_and_takes_no_new_ones(void **state)
{
    (void)state;
    static answer a;
    zy_listener l = plain_listener("ending");
    zy_server_options options = { .loops = 2, .workers = 2 };
    drain_job job = { .server = start(&options, &l, 1) };
    uint16_t port = zy_server_port(job.server, "ending");
    pthread_t thread;
    atomic_store(&world.inside, 0);
    pthread_mutex_lock(&world.gate);
    int busy = connect_port(port), idle = connect_port(port), streaming = connect_port(port);
    send_text(idle, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    read_answer(idle, &a, false);
    send_text(streaming, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    zy_sse *s = take_stream();
    send_text(busy, "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(&world.inside, 1);
    pthread_create(&thread, NULL, run_drain, &job);
    assert_true(closes_within(idle, 2000));
    assert_true(closes_within(streaming, 2000));
    assert_int_equal(atomic_load(&job.done), 0);
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int late = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_not_equal(connect(late, (struct sockaddr *)&to, sizeof to), 0);
    pthread_mutex_unlock(&world.gate);
    read_answer(busy, &a, true);
    assert_string_equal(body_of(&a), "through");
    assert_string_equal(header_of(&a, "Connection"), "close");
    close(busy);
    close(idle);
    close(streaming);
    close(late);
    pthread_join(thread, NULL);
    assert_false(zy_sse_send(s, "late", ZY_STR("x"))); /* a handle may outlive the server */
    zy_sse_close(s);
}

static void draining_does_not_wait_for_ever(void **state)
{
    (void)state;
    zy_listener l = plain_listener("ending");
    zy_server_options options = { .loops = 1, .workers = 1 };
    zy_server *server = start(&options, &l, 1);
    int fd = connect_port(zy_server_port(server, "ending"));
    send_text(fd, "GET /hello HTTP");
    usleep(50000);
    int64_t begun = zy_clock_monotonic_ns();
    zy_server_drain(server, 300);
    assert_in_range((zy_clock_monotonic_ns() - begun) / 1000000, 250, 1500);
    close(fd);
}

/* --- TLS --- */

typedef struct tls_wish {
    int min, max;
    const char *ciphers_12, *ciphers_13;
    char *groups;
    int level; /* OpenSSL security level of the client; 0 lets it offer anything */
} tls_wish;

static SSL *handshake(int fd, const tls_wish *wish)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(ctx);
    SSL_CTX_set_security_level(ctx, wish->level);
    SSL_CTX_set_min_proto_version(ctx, wish->min);
    SSL_CTX_set_max_proto_version(ctx, wish->max);
    if (wish->ciphers_12 != NULL)
        assert_int_equal(SSL_CTX_set_cipher_list(ctx, wish->ciphers_12), 1);
    if (wish->ciphers_13 != NULL)
        assert_int_equal(SSL_CTX_set_ciphersuites(ctx, wish->ciphers_13), 1);
    if (wish->groups != NULL)
        assert_int_equal(SSL_CTX_set1_groups_list(ctx, wish->groups), 1);
    assert_int_equal(SSL_CTX_load_verify_locations(ctx, world.cert, NULL), 1);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    SSL *ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    SSL_set1_host(ssl, "localhost");
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1) {
        SSL_free(ssl);
        ERR_clear_error();
        return NULL;
    }
    return ssl;
}

static bool can_handshake(const tls_wish *wish)
{
    int fd = connect_to("tls");
    SSL *ssl = handshake(fd, wish);
    bool can = ssl != NULL;
    SSL_free(ssl);
    close(fd);
    return can;
}

static void ask_tls(const tls_wish *wish, const char *request, answer *a)
{
    int fd = connect_to("tls");
    SSL *ssl = handshake(fd, wish);
    assert_non_null(ssl);
    assert_int_equal(SSL_write(ssl, request, (int)strlen(request)), (int)strlen(request));
    int got;
    a->n = 0;
    while ((got = SSL_read(ssl, a->bytes + a->n, (int)(sizeof a->bytes - 1 - a->n))) > 0)
        a->n += (size_t)got;
    a->bytes[a->n] = '\0';
    assert_int_equal(SSL_get_error(ssl, got), SSL_ERROR_ZERO_RETURN); /* ended with close_notify */
    judge(a);
    SSL_free(ssl);
    close(fd);
}

static const tls_wish TLS12 = { TLS1_2_VERSION, TLS1_2_VERSION, NULL, NULL, NULL, 1 };
static const tls_wish TLS13 = { TLS1_3_VERSION, TLS1_3_VERSION, NULL, NULL, NULL, 1 };

static void requests_travel_over_tls(void **state)
{
    (void)state;
    static answer a;
    const tls_wish *wishes[] = { &TLS12, &TLS13 };
    for (size_t i = 0; i < ZY_COUNT(wishes); i++) {
        ask_tls(wishes[i], "GET /hello HTTP/1.1\r\n" END, &a);
        assert_int_equal(a.status, 200);
        assert_string_equal(body_of(&a), "hello");
        assert_non_null(strstr(header_of(&a, "Strict-Transport-Security"), "max-age=31536000"));
    }
}

static void a_large_body_travels_over_tls(void **state)
{
    (void)state;
    static char request[200200];
    static answer a;
    int n = sprintf(request, "POST /big HTTP/1.1\r\nContent-Length: 200000\r\n" END);
    memset(request + n, 'b', 200000);
    ask_tls(&TLS13, request, &a);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.n - a.head_n, 200000);
}

static void plain_requests_to_a_tls_door_are_not_served(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.5.2.a", "mb.system-design-tech.a15-1");
    answer *a = ask("tls", "GET /hello HTTP/1.1\r\n" END);
    assert_int_equal(a->status, 0);
    assert_null(strstr(a->bytes, "hello"));
}

static void old_versions_and_weak_suites_are_refused(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.8.p2", "mb.system-design-tech.a15-1", "mb.system-design-tech.a15-3");
    static const tls_wish refused[] = {
        { TLS1_VERSION, TLS1_VERSION, "ALL:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_2_VERSION, TLS1_2_VERSION, "AES128-GCM-SHA256:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_2_VERSION, TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_2_VERSION, TLS1_2_VERSION, "aNULL:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_2_VERSION, TLS1_2_VERSION, "eNULL:@SECLEVEL=0", NULL, NULL, 0 },
        { TLS1_3_VERSION, TLS1_3_VERSION, NULL, "TLS_AES_128_CCM_8_SHA256", NULL, 0 },
    };
    const tls_wish taken[] = {
        { TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-GCM-SHA256", NULL, NULL, 1 },
        { TLS1_2_VERSION, TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305", NULL, NULL, 1 },
        { TLS1_3_VERSION, TLS1_3_VERSION, NULL, "TLS_AES_256_GCM_SHA384", (char[]){ "P-256" }, 1 },
        { TLS1_3_VERSION, TLS1_3_VERSION, NULL, "TLS_CHACHA20_POLY1305_SHA256", (char[]){ "X25519" }, 1 },
    };
    for (size_t i = 0; i < ZY_COUNT(refused); i++) {
        if (can_handshake(&refused[i]))
            fail_msg("offer %zu was taken", i);
    }
    for (size_t i = 0; i < ZY_COUNT(taken); i++) {
        if (!can_handshake(&taken[i]))
            fail_msg("offer %zu was refused", i);
    }
}

static void renegotiation_is_refused(void **state)
{
    (void)state;
    int fd = connect_to("tls");
    SSL *ssl = handshake(fd, &TLS12);
    assert_non_null(ssl);
    assert_int_equal(SSL_renegotiate(ssl), 1);
    assert_int_not_equal(SSL_do_handshake(ssl), 1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION);
    ERR_clear_error();
    SSL_free(ssl);
    close(fd);
}

static void a_client_that_does_not_finish_its_handshake_is_cut_off(void **state)
{
    (void)state;
    int fd = connect_to("tls");
    send_bytes(fd, "\x16\x03\x01\x02\x00\x01", 6);
    assert_true(closes_within(fd, READ_TIMEOUT_MS + 800));
    close(fd);
}

static zy_status start_with_key(const char *cert, const char *key, zy_err *err)
{
    zy_server *server = NULL;
    zy_listener l = plain_listener("bad");
    zy_server_options options = { .loops = 1, .workers = 1 };
    l.tls = true;
    l.cert_path = zy_str_of(cert);
    l.key_path = zy_str_of(key);
    zy_status status = zy_server_start(&options, &l, 1, &server, err);
    if (status == ZY_OK)
        zy_server_drain(server, 0);
    return status;
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    (void)state;
    zy_err err = { 0 };
    assert_int_equal(chmod(world.key, 0644), 0);
    ASSERT_STATUS(start_with_key(world.cert, world.key, &err), ZY_CONFIG_BAD);
    assert_non_null(strstr(err.detail, "others may read"));
    assert_int_equal(chmod(world.key, 0600), 0);
    ASSERT_OK(start_with_key(world.cert, world.key, &err));
}

static void a_key_of_another_certificate_is_refused(void **state)
{
    (void)state;
    char cert[128], key[128];
    zy_err err = { 0 };
    snprintf(cert, sizeof cert, "%s/other.pem", world.folder);
    snprintf(key, sizeof key, "%s/other.key", world.folder);
    ASSERT_OK(zy_net_make_certificate(cert, key, (const char *const[]){ "bank.example", NULL }, &err));
    ASSERT_STATUS(start_with_key(world.cert, key, &err), ZY_CONFIG_BAD);
    ASSERT_STATUS(start_with_key("/nonexistent.pem", world.key, &err), ZY_CONFIG_BAD);
    ASSERT_STATUS(start_with_key(world.cert, "/nonexistent.key", &err), ZY_CONFIG_BAD);
}

static void the_made_certificate_names_its_hosts(void **state)
{
    (void)state;
    struct stat st;
    zy_err err = { 0 };
    FILE *f = fopen(world.cert, "r");
    assert_non_null(f);
    X509 *cert = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    assert_int_equal(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
    assert_int_equal(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
    assert_int_equal(X509_check_ip_asc(cert, "::1", 0), 1);
    assert_int_equal(X509_check_host(cert, "bank.example", 0, 0, NULL), 0);
    X509_free(cert);
    assert_int_equal(stat(world.key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ASSERT_STATUS(zy_net_make_certificate("/tmp/x", "/tmp/y", (const char *const[]){ "a,DNS:evil", NULL }, &err),
                  ZY_BAD_FIELD);
}

/* --- Configuration --- */

static void listeners_come_from_the_configuration(void **state)
{
    (void)state;
    const zy_config_row *tables[] = { zy_net_config_rows };
    size_t counts[] = { zy_net_config_row_count };
    zy_config *config = NULL;
    zy_err err = { 0 };
    zy_net_proxies proxies;
    zy_listener l;
    zy_server_options options;
    ASSERT_OK(zy_config_load(NULL, false, tables, counts, 1, &config, &err));
    ASSERT_OK(zy_config_set(config, "net.trusted_proxies", ZY_STR("127.0.0.1, 10.0.0.0/8"), &err));
    ASSERT_OK(zy_net_listener(config, "customer", &proxies, &l, &err));
    assert_int_equal(l.port, 8443);
    assert_true(l.tls && l.hsts && !l.internal_only);
    assert_string_equal(l.trusted_proxies[0], "127.0.0.1");
    assert_string_equal(l.trusted_proxies[1], "10.0.0.0/8");
    assert_null(l.trusted_proxies[2]);
    ASSERT_OK(zy_net_listener(config, "staff", &proxies, &l, &err));
    assert_true(l.internal_only);
    ASSERT_OK(zy_net_listener(config, "ops", &proxies, &l, &err));
    assert_true(l.internal_only && !l.tls);
    ASSERT_STATUS(zy_net_listener(config, "back", &proxies, &l, &err), ZY_CONFIG_BAD);
    zy_net_options(config, &options);
    assert_int_equal(options.workers, 128);
    zy_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_reaches_its_handler),
        cmocka_unit_test(head_answers_without_a_body),
        cmocka_unit_test(query_cookie_and_path_are_decoded),
        cmocka_unit_test(a_refusal_replaces_what_was_said_before),
        cmocka_unit_test(a_connection_serves_many_requests),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_body_may_come_byte_by_byte),
        cmocka_unit_test(a_client_that_asks_first_is_told_to_continue),
        cmocka_unit_test(bad_requests_are_refused_alike),
        cmocka_unit_test(nothing_behind_a_bad_request_is_run),
        cmocka_unit_test(methods_that_are_allowed_are_named),
        cmocka_unit_test(a_head_that_is_too_long_is_refused),
        cmocka_unit_test(a_body_that_is_too_long_is_refused_before_it_is_read),
        cmocka_unit_test(a_large_body_within_the_limit_arrives_whole),
        cmocka_unit_test(a_slow_head_is_cut_off),
        cmocka_unit_test(a_slow_body_is_cut_off),
        cmocka_unit_test(an_idle_connection_is_closed),
        cmocka_unit_test(one_address_has_a_limit_of_connections),
        cmocka_unit_test(all_connections_have_a_limit),
        cmocka_unit_test(a_full_queue_answers_busy),
        cmocka_unit_test(a_client_that_leaves_harms_nobody),
        cmocka_unit_test(a_client_that_floods_ahead_is_cut_off),
        cmocka_unit_test(every_answer_carries_the_security_headers),
        cmocka_unit_test(a_listener_may_let_itself_be_framed),
        cmocka_unit_test(a_listener_may_give_its_own_pages_the_camera),
        cmocka_unit_test(a_forwarded_address_counts_only_behind_a_proxy_of_ours),
        cmocka_unit_test(ipv6_is_served),
        cmocka_unit_test(an_internal_door_does_not_open_to_the_public),
        cmocka_unit_test(a_port_in_use_is_an_error),
        cmocka_unit_test(static_files_are_served_with_their_types),
        cmocka_unit_test(static_files_are_sent_compressed_to_those_who_can),
        cmocka_unit_test(a_known_file_is_not_sent_again),
        cmocka_unit_test(pages_of_the_client_answer_its_index),
        cmocka_unit_test(only_files_of_a_web_client_are_served),
        cmocka_unit_test(static_files_have_a_limit_together),
        cmocka_unit_test(events_reach_the_client_until_the_stream_is_closed),
        cmocka_unit_test(a_stream_without_a_client_says_so),
        cmocka_unit_test(a_client_that_does_not_read_loses_its_stream),
        cmocka_unit_test(draining_ends_running_requests_and_takes_no_new_ones),
        cmocka_unit_test(draining_does_not_wait_for_ever),
        cmocka_unit_test(requests_travel_over_tls),
        cmocka_unit_test(a_large_body_travels_over_tls),
        cmocka_unit_test(plain_requests_to_a_tls_door_are_not_served),
        cmocka_unit_test(old_versions_and_weak_suites_are_refused),
        cmocka_unit_test(renegotiation_is_refused),
        cmocka_unit_test(a_client_that_does_not_finish_its_handshake_is_cut_off),
        cmocka_unit_test(a_key_that_others_may_read_is_refused),
        cmocka_unit_test(a_key_of_another_certificate_is_refused),
        cmocka_unit_test(the_made_certificate_names_its_hosts),
        cmocka_unit_test(listeners_come_from_the_configuration),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return _cmocka_run_group_tests("net", tests, ZY_COUNT(tests), build_world, end_world) == 0 ? 0 : 1;
}
