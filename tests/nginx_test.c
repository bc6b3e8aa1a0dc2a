/* The production layout: the kept nginx configuration before two nodes. Needs nginx (Debian: nginx-light). */
#include "zy_test.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/net.h"

static const char *const MAKE_CONF[] = { "deploy/nginx/make-conf", "../deploy/nginx/make-conf" };

static struct {
    char folder[64], cert[96], key[96];
    zy_server *node[2];
    unsigned port;
    pid_t nginx;
} world;

static void run_name(zy_http *h, void *arg)
{
    zy_http_write(h, ZY_STR("text/plain"), arg, strlen(arg));
}

static void run_peer(zy_http *h, void *arg)
{
    (void)arg;
    zy_http_write(h, ZY_STR("text/plain"), zy_http_peer(h).p, zy_http_peer(h).n);
}

static zy_server *start_node(const char *name)
{
    static const char *const trusted[] = { "127.0.0.1", NULL };
    zy_route routes[] = {
        { "/zsc/1/call", ZY_HTTP_POST, 65536, NULL, run_name, (void *)(uintptr_t)name },
        { "/zsc/1/hello", ZY_HTTP_POST, 105, NULL, run_name, (void *)(uintptr_t)name },
        { "/peer", ZY_HTTP_GET, 0, NULL, run_peer, NULL },
    };
    zy_listener l = { .name = "customer", .address = ZY_STR("127.0.0.1"), .routes = routes,
                      .route_count = ZY_COUNT(routes), .trusted_proxies = trusted };
    zy_server_options options = { .loops = 1, .workers = 2 };
    zy_server *server = NULL;
    zy_err err = { 0 };
    if (zy_server_start(&options, &l, 1, &server, &err) != ZY_OK)
        fail_msg("%s", err.detail);
    return server;
}

/* A port that was free a moment ago. */
static unsigned free_port(void)
{
    zy_server *server = start_node("probe");
    unsigned port = zy_server_port(server, "customer");
    zy_server_drain(server, 0);
    return port;
}

static void make_configuration(void)
{
    char command[1024];
    size_t i = 0;
    while (i < ZY_COUNT(MAKE_CONF) - 1 && access(MAKE_CONF[i], X_OK) != 0)
        i++;
    world.port = free_port();
    snprintf(command, sizeof command,
             "%s --dir %s --listen 127.0.0.1:%u --cert %s --key %s --node 0=127.0.0.1:%u --node 63=127.0.0.1:%u "
             "--workers 1 --files 512 --hello-rate 5 --foreground > %s/nginx.conf",
             MAKE_CONF[i], world.folder, world.port, world.cert, world.key,
             zy_server_port(world.node[0], "customer"), zy_server_port(world.node[1], "customer"),
             world.folder);
    assert_int_equal(system(command), 0);
}

static void start_nginx(void)
{
    char conf[128];
    snprintf(conf, sizeof conf, "%s/nginx.conf", world.folder);
    world.nginx = fork();
    if (world.nginx == 0) {
        execlp("nginx", "nginx", "-c", conf, (char *)NULL);
        execl("/usr/sbin/nginx", "nginx", "-c", conf, (char *)NULL);
        _exit(127);
    }
}

static int build_world(void **state)
{
    (void)state;
    zy_err err = { 0 };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    snprintf(world.folder, sizeof world.folder, "/tmp/zy_nginx_XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    snprintf(world.cert, sizeof world.cert, "%s/cert.pem", world.folder);
    snprintf(world.key, sizeof world.key, "%s/key.pem", world.folder);
    ASSERT_OK(zy_net_make_certificate(world.cert, world.key, NULL, &err));
    world.node[0] = start_node("first");
    world.node[1] = start_node("last");
    make_configuration();
    start_nginx();
    return 0;
}

static int end_world(void **state)
{
    (void)state;
    char command[128];
    int status;
    kill(world.nginx, SIGQUIT);
    waitpid(world.nginx, &status, 0);
    for (size_t i = 0; i < ZY_COUNT(world.node); i++)
        zy_server_drain(world.node[i], 200);
    curl_global_cleanup();
    snprintf(command, sizeof command, "rm -rf %s", world.folder);
    return system(command) == 0 ? 0 : -1;
}

/* --- The client --- */

typedef struct question {
    const char *path;
    const char *headers[4];
    size_t body; /* bytes to POST; 0: GET */
    const char *method;
    long tls; /* CURL_SSLVERSION_...; 0: any */
} question;

static struct {
    char head[8192], body[8192];
    size_t head_n, body_n;
    long status;
    CURLcode result;
} said;

static size_t keep(char *p, size_t n, char *out, size_t *ret_n, size_t size)
{
    size_t fits = n < size - 1 - *ret_n ? n : size - 1 - *ret_n;
    memcpy(out + *ret_n, p, fits);
    *ret_n += fits;
    out[*ret_n] = '\0';
    return n;
}

static size_t on_head(char *p, size_t size, size_t n, void *arg)
{
    (void)arg;
    return keep(p, size * n, said.head, &said.head_n, sizeof said.head);
}

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    (void)arg;
    return keep(p, size * n, said.body, &said.body_n, sizeof said.body);
}

static void set_up(CURL *curl, const question *q, struct curl_slist *headers)
{
    static char body[70000], url[256];
    snprintf(url, sizeof url, "https://localhost:%u%s", world.port, q->path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, world.cert);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_head);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
    if (q->tls != 0)
        curl_easy_setopt(curl, CURLOPT_SSLVERSION, q->tls | q->tls << 16);
    if (q->body > 0) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)q->body);
    }
    if (q->method != NULL)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, q->method);
}

static void ask(question q)
{
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    assert_non_null(curl);
    for (size_t i = 0; i < ZY_COUNT(q.headers) && q.headers[i] != NULL; i++)
        headers = curl_slist_append(headers, q.headers[i]);
    set_up(curl, &q, headers);
    said.head_n = said.body_n = 0;
    said.head[0] = said.body[0] = '\0';
    said.status = 0;
    for (int i = 0; i < 100; i++) { /* nginx needs a moment to start */
        said.result = curl_easy_perform(curl);
        if (said.result != CURLE_COULDNT_CONNECT)
            break;
        usleep(50000);
    }
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &said.status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
}

#define CALL(session) ((question){ .path = "/zsc/1/call", .headers = { "ZSC-Session: " session }, .body = 400 })

/* --- What holds --- */

static void calls_go_to_the_node_of_their_session(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        ask(CALL("ABCDEFGHIJKLMNOPQRSTUV"));
        assert_int_equal(said.result, CURLE_OK);
        assert_string_equal(said.body, "first");
        ask(CALL("_BCDEFGHIJKLMNOPQRSTUV"));
        assert_string_equal(said.body, "last");
    }
    ask(CALL("aBCDEFGHIJKLMNOPQRSTUV")); /* a node that is not there, and not node A */
    assert_int_equal(said.status, 200);
    ask((question){ .path = "/zsc/1/hello", .body = 105 });
    assert_int_equal(said.status, 200);
}

static void the_client_cannot_choose_its_address(void **state)
{
    (void)state;
    ask((question){ .path = "/peer", .headers = { "X-Forwarded-For: 6.6.6.6" } });
    assert_string_equal(said.body, "127.0.0.1");
}

static void answers_carry_the_headers_once(void **state)
{
    (void)state;
    ask((question){ .path = "/peer" });
    assert_non_null(strcasestr(said.head, "strict-transport-security: max-age=31536000"));
    assert_non_null(strcasestr(said.head, "frame-ancestors 'none'"));
    char *first = strcasestr(said.head, "x-content-type-options");
    assert_non_null(first);
    assert_null(strcasestr(first + 1, "x-content-type-options"));
    assert_null(strcasestr(said.head, "nginx/"));
}

static void limits_answer_as_the_server_does(void **state)
{
    (void)state;
    question large = CALL("ABCDEFGHIJKLMNOPQRSTUV");
    large.body = 65537;
    ask(large);
    assert_int_equal(said.status, 413);
    assert_string_equal(said.body, "{\"code\":\"REQUEST_TOO_LARGE\"}");
    assert_non_null(strcasestr(said.head, "cache-control: no-store"));
    ask((question){ .path = "/peer", .method = "DELETE" });
    assert_int_equal(said.status, 405);
    assert_string_equal(said.body, "{\"code\":\"METHOD_NOT_ALLOWED\"}");
    ask((question){ .path = "/../etc/passwd" });
    assert_int_equal(said.status, 400);
    ask((question){ .path = "/%2e%2e/%2e%2e/etc/passwd" });
    assert_int_equal(said.status, 400);
    long status = 200;
    for (int i = 0; i < 30 && status == 200; i++) {
        ask((question){ .path = "/zsc/1/hello", .body = 105 });
        status = said.status;
    }
    assert_int_equal(status, 429);
    assert_string_equal(said.body, "{\"code\":\"RATE_LIMITED\"}");
}

static void old_tls_is_refused_at_the_edge(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-tech.a15-3");
    ask((question){ .path = "/peer", .tls = CURL_SSLVERSION_TLSv1_1 });
    assert_int_equal(said.result, CURLE_SSL_CONNECT_ERROR);
    ask((question){ .path = "/peer", .tls = CURL_SSLVERSION_TLSv1_2 });
    assert_int_equal(said.status, 200);
    ask((question){ .path = "/peer", .tls = CURL_SSLVERSION_TLSv1_3 });
    assert_int_equal(said.status, 200);
}

static void calls_of_a_dead_node_go_to_another(void **state)
{
    (void)state;
    zy_server_drain(world.node[1], 200);
    world.node[1] = NULL;
    for (int i = 0; i < 4; i++) {
        ask(CALL("_BCDEFGHIJKLMNOPQRSTUV"));
        assert_int_equal(said.status, 200);
        assert_string_equal(said.body, "first");
    }
    zy_server_drain(world.node[0], 200);
    world.node[0] = NULL;
    ask(CALL("ABCDEFGHIJKLMNOPQRSTUV"));
    assert_int_equal(said.status, 503);
    assert_string_equal(said.body, "{\"code\":\"BUSY\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_go_to_the_node_of_their_session),
        cmocka_unit_test(the_client_cannot_choose_its_address),
        cmocka_unit_test(answers_carry_the_headers_once),
        cmocka_unit_test(limits_answer_as_the_server_does),
        cmocka_unit_test(old_tls_is_refused_at_the_edge),
        cmocka_unit_test(calls_of_a_dead_node_go_to_another),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return _cmocka_run_group_tests("nginx", tests, ZY_COUNT(tests), build_world, end_world) == 0 ? 0 : 1;
}
