/* zhangyin-ca: plays a certificate authority outside the bank, for demos and tests. Loopback only. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "authority.h"
#include "base/log.h"

typedef struct arguments {
    const char *port, *token, *folder;
} arguments;

static int usage(void)
{
    fputs("usage: zhangyin-ca --port PORT --token TOKEN --folder DIR\n"
          "Answers a bank's connector `ca.connector = http` on 127.0.0.1:PORT; DIR/ca-roots.der is for the bank's `ca.roots`.\n",
          stderr);
    return 2;
}

static zy_status serve(authority *a, unsigned port, const sigset_t *signals, zy_err *err)
{
    zy_route routes[AUTHORITY_ROUTES];
    zy_server *server = NULL;
    int signal_number = 0;
    authority_routes(a, routes);
    const zy_listener listener = { .name = "ca", .address = ZY_STR("127.0.0.1"), .port = (uint16_t)port, .internal_only = true,
                                   .routes = routes, .route_count = ZY_COUNT(routes) };
    const zy_server_options options = { .workers = 4 };
    ZY_TRY(zy_server_start(&options, &listener, 1, &server, err));
    zy_log_info("ca.ready", ZY_L_INT("port", port));
    sigwait(signals, &signal_number);
    zy_server_drain(server, 1000);
    return ZY_OK;
}

static zy_status run(const arguments *in, unsigned port, const sigset_t *signals, zy_err *err)
{
    authority *a = NULL;
    ZY_TRY(zy_crypto_start(err));
    ZY_TRY(authority_open(in->folder, zy_str_of(in->token), zy_clock_system(), &a, err));
    zy_status status = serve(a, port, signals, err);
    authority_close(a);
    return status;
}

static bool read_arguments(int argc, char **argv, arguments *in, unsigned *ret_port)
{
    uint64_t port = 0;
    const struct {
        const char *name;
        const char **value;
    } ARGUMENTS[] = { { "--port", &in->port }, { "--token", &in->token }, { "--folder", &in->folder } };
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < ZY_COUNT(ARGUMENTS); k++)
            if (strcmp(argv[i], ARGUMENTS[k].name) == 0)
                *ARGUMENTS[k].value = argv[i + 1];
    if (argc != 7 || in->token == NULL || in->folder == NULL || zy_str_u64(zy_str_of(in->port), &port) != ZY_OK || port == 0 ||
        port > 65535)
        return false;
    *ret_port = (unsigned)port;
    return true;
}

int main(int argc, char **argv)
{
    arguments in = { 0 };
    unsigned port = 0;
    sigset_t signals;
    zy_err err = { 0 };
    if (!read_arguments(argc, argv, &in, &port))
        return usage();
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    zy_status status = run(&in, port, &signals, &err);
    if (status != ZY_OK)
        fprintf(stderr, "zhangyin-ca: %s: %s\n", zy_status_name(status), err.detail);
    return status == ZY_OK ? 0 : 1;
}
