/* zhangyin-clearing: plays an interbank clearing house with several member banks, for demos and tests. Loopback only. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "house.h"

typedef struct arguments {
    const char *port, *folder, *member;
} arguments;

static int usage(void)
{
    fputs("usage: zhangyin-clearing --port PORT --folder DIR --member CODE:SIGN_KEY:BOX_KEY\n"
          "Answers a bank's connector `clearing.connector = http` on 127.0.0.1:PORT. The member's public keys (130 hex digits) come "
          "from\n"
          "`zhangyin keys public`; DIR keeps the house's own keys and its book, and DIR/bank.conf has what the bank's zhangyin.conf "
          "needs.\n",
          stderr);
    return 2;
}

static zy_status serve(clearing_house *h, uint16_t port, const sigset_t *signals, zy_err *err)
{
    zy_route routes[CLEARING_HOUSE_ROUTES];
    zy_server *server = NULL;
    int signal_number = 0;
    clearing_house_routes(h, routes);
    const zy_listener listener = { .name = "clearing",
                                   .address = ZY_STR("127.0.0.1"),
                                   .port = port,
                                   .internal_only = true,
                                   .routes = routes,
                                   .route_count = ZY_COUNT(routes) };
    const zy_server_options options = { .workers = 8 };
    ZY_TRY(zy_server_start(&options, &listener, 1, &server, err));
    zy_log_info("clearing.ready", ZY_L_INT("port", port));
    sigwait(signals, &signal_number);
    zy_server_drain(server, 1000);
    return ZY_OK;
}

static zy_status add_member(clearing_house *h, const char *member, zy_str *ret_code, zy_err *err)
{
    zy_str rest = zy_str_of(member), code, sign, box;
    if (!zy_str_next(&rest, ':', &code) || !zy_str_next(&rest, ':', &sign) || !zy_str_next(&rest, ':', &box) || rest.p != NULL ||
        clearing_house_member(h, code, sign, box) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "--member takes CODE:SIGN_KEY:BOX_KEY");
    *ret_code = code;
    return ZY_OK;
}

/* What the bank's configuration needs. */
static zy_status write_config(const clearing_house *h, const arguments *in, zy_str code, zy_err *err)
{
    char path[300], sign[131], box[131];
    clearing_house_keys(h, sign, box);
    snprintf(path, sizeof path, "%s/bank.conf", in->folder);
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return zy_fail(err, ZY_IO_ERROR, NULL, "%.150s cannot be written", path);
    fprintf(file, "clearing.connector = http\nclearing.url = http://127.0.0.1:%s\nclearing.member = " ZY_STR_FMT "\n", in->port,
            ZY_STR_ARG(code));
    fprintf(file, "clearing.house = " HOUSE_CODE "\nclearing.house_sign_key = %s\nclearing.house_box_key = %s\n", sign, box);
    return fclose(file) == 0 ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "%.150s cannot be written", path);
}

static zy_status run(const arguments *in, uint16_t port, const sigset_t *signals, zy_err *err)
{
    clearing_house *h = NULL;
    zy_str code = { 0 };
    ZY_TRY(zy_crypto_start(err));
    ZY_TRY(clearing_house_open(in->folder, zy_clock_system(), &h, err));
    zy_status status = add_member(h, in->member, &code, err);
    if (status == ZY_OK)
        status = write_config(h, in, code, err);
    if (status == ZY_OK)
        status = serve(h, port, signals, err);
    clearing_house_close(h);
    return status;
}

static bool read_arguments(int argc, char **argv, arguments *in, uint16_t *ret_port)
{
    uint64_t port = 0;
    const struct {
        const char *name;
        const char **value;
    } ARGUMENTS[] = { { "--port", &in->port }, { "--folder", &in->folder }, { "--member", &in->member } };
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < ZY_COUNT(ARGUMENTS); k++)
            if (strcmp(argv[i], ARGUMENTS[k].name) == 0)
                *ARGUMENTS[k].value = argv[i + 1];
    if (argc != 7 || in->folder == NULL || in->member == NULL || zy_str_u64(zy_str_of(in->port), &port) != ZY_OK || port == 0 ||
        port > 65535)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

int main(int argc, char **argv)
{
    arguments in = { 0 };
    uint16_t port = 0;
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
        fprintf(stderr, "zhangyin-clearing: %s: %s\n", zy_status_name(status), err.detail);
    return status == ZY_OK ? 0 : 1;
}
