/* zhangyin-desk: the demo desk. Loopback only, demo only: it shows passwords. */
#include "desk.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define PAGE_MAX       (4u << 20)
#define TOKEN_BODY_MAX 200

typedef struct desk {
    char *home;
    desk_proxy proxy;
    zy_static *page;
    unsigned port;
} desk;

static int usage(void)
{
    fputs("usage: zhangyin-desk [--home DIR] [--page DIR]\n"
          "Shows the demo bank of DIR (default: ZY_HOME, else var) on a page of its own; see demo.json for the address.\n",
          stderr);
    return 2;
}

static void people(zy_http *http, void *arg)
{
    const desk *d = arg;
    zy_err err = { 0 };
    ZY_AUTO(zy_json_free) zy_json *list = NULL;
    if (desk_people(d->home, &list, &err) != ZY_OK) {
        zy_http_refuse(http, ZY_INTERNAL);
        return;
    }
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(list, &text);
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

/* A page elsewhere must not read this one through a name of its own (DNS rebinding). */
static bool is_own_host(zy_http *http)
{
    zy_str host;
    return zy_http_header(http, "Host", &host) &&
           (zy_str_starts(host, ZY_STR("127.0.0.1:")) || zy_str_starts(host, ZY_STR("localhost:")));
}

typedef struct guarded {
    zy_http_fn fn;
    void *arg;
} guarded;

static void guard(zy_http *http, void *arg)
{
    const guarded *g = arg;
    if (is_own_host(http))
        g->fn(http, g->arg);
    else
        zy_http_refuse(http, ZY_PERMISSION_DENIED);
}

/* "/" is the desk; the phone's frame begins at /index.html, which like all else is the customers' door's. */
static void front(zy_http *http, void *arg)
{
    desk *d = arg;
    if (zy_str_eq_c(zy_http_path(http), "/"))
        zy_static_serve(http, d->page);
    else
        desk_proxy_serve(http, &d->proxy);
}

/* The page's folder: beside the sources when run from a build, else where it was installed. */
static zy_status load_page(const char *given, zy_static **ret_page, zy_err *err)
{
    static const char *const PLACES[] = { "../../sim/desk/page", "../sim/desk/page", "../share/zhangyin/desk" };
    char exe[4096], path[4200];
    if (given != NULL)
        return zy_static_load(given, PAGE_MAX, ret_page, err);
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash != NULL)
        *slash = '\0';
    for (size_t i = 0; i < ZY_COUNT(PLACES); i++) {
        snprintf(path, sizeof path, "%s/%s", exe, PLACES[i]);
        if (access(path, R_OK) == 0)
            return zy_static_load(path, PAGE_MAX, ret_page, err);
    }
    return zy_fail(err, ZY_IO_ERROR, NULL, "the desk's page is missing; say where with --page DIR");
}

static zy_status read_demo(desk *d, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *demo = NULL;
    zy_str customer, ca, own;
    ZY_TRY(desk_demo(d->home, &demo, err));
    const zy_json *doors = zy_json_get(demo, "doors");
    if (!zy_json_str(doors, "customer", &customer) || !zy_json_str(demo, "ca", &ca) || !zy_json_str(doors, "desk", &own))
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "demo.json names no doors: start zhangyin serve first");
    ZY_TRY(zy_str_copy(customer, d->proxy.customer, sizeof d->proxy.customer));
    ZY_TRY(zy_str_copy(ca, d->proxy.ca, sizeof d->proxy.ca));
    zy_str rest = own, part;
    while (zy_str_next(&rest, ':', &part)) /* the last part is the port */
        continue;
    uint64_t port = 0;
    ZY_TRY(zy_str_u64(part, &port));
    const char *moved = getenv("ZY_PORT_BASE"); /* the server may still be writing this start's demo.json */
    d->port = moved != NULL && *moved != '\0' ? (unsigned)atoi(moved) + 4 : (unsigned)port;
    if (moved != NULL && *moved != '\0')
        snprintf(d->proxy.customer, sizeof d->proxy.customer, "https://127.0.0.1:%d", atoi(moved));
    return ZY_OK;
}

static zy_status serve(desk *d, const sigset_t *signals, zy_err *err)
{
    guarded page = { zy_static_serve, d->page }, list = { people, d }, texts = { desk_inbox_serve, NULL },
            tokens = { desk_tokens_serve, d->home }, simcard = { desk_simcard_serve, d->home }, rest = { front, d };
    const zy_route routes[] = {
        { "/", ZY_HTTP_GET | ZY_HTTP_POST | ZY_HTTP_HEAD, 70000, NULL, guard, &rest },
        { "/desk/", ZY_HTTP_GET | ZY_HTTP_HEAD, 0, NULL, guard, &page },
        { "/desk/people.json", ZY_HTTP_GET, 0, NULL, guard, &list },
        { "/desk/inbox", ZY_HTTP_GET, 0, NULL, guard, &texts },
        { "/desk/simcard.json", ZY_HTTP_GET | ZY_HTTP_POST, TOKEN_BODY_MAX, "application/json", guard, &simcard },
        { "/desk/tokens.json", ZY_HTTP_GET | ZY_HTTP_POST, TOKEN_BODY_MAX, "application/json", guard, &tokens },
    };
    const zy_listener listener = { .name = "desk", .address = ZY_STR("127.0.0.1"), .port = (uint16_t)d->port,
                                   .internal_only = true, .csp = ZY_CSP_FRAMED, .camera = true, .routes = routes,
                                   .route_count = ZY_COUNT(routes) };
    const zy_server_options options = { .workers = 16 };
    zy_server *server = NULL;
    int signal_number = 0;
    ZY_TRY(zy_server_start(&options, &listener, 1, &server, err));
    zy_log_info("desk.ready", ZY_L_INT("port", d->port));
    sigwait(signals, &signal_number);
    desk_inbox_stop();
    zy_server_drain(server, 1000);
    return ZY_OK;
}

static zy_status run(desk *d, const char *page, const sigset_t *signals, zy_err *err)
{
    char mailbox[4200];
    snprintf(mailbox, sizeof mailbox, "%s/mailbox.jsonl", d->home);
    ZY_TRY(read_demo(d, err));
    ZY_TRY(load_page(page, &d->page, err));
    ZY_TRY(desk_inbox_start(mailbox, err));
    zy_status status = serve(d, signals, err);
    zy_static_free(d->page);
    return status;
}

int main(int argc, char **argv)
{
    desk d = { .home = getenv("ZY_HOME") };
    const char *page = NULL;
    sigset_t signals;
    zy_err err = { 0 };
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc || (strcmp(argv[i], "--home") != 0 && strcmp(argv[i], "--page") != 0))
            return usage();
        if (argv[i][2] == 'h')
            d.home = argv[i + 1];
        else
            page = argv[i + 1];
    }
    static char usual[] = "var";
    if (d.home == NULL || *d.home == '\0')
        d.home = usual;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    zy_status status = run(&d, page, &signals, &err);
    if (status != ZY_OK)
        fprintf(stderr, "zhangyin-desk: %s: %s\n", zy_status_name(status), err.detail);
    return status == ZY_OK ? 0 : 1;
}
