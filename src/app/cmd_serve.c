/* zhangyin serve: the doors, until SIGTERM or SIGINT. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/cmd.h"
#include "app/program.h"
#include "bank/interbank/interbank.h"
#include "base/log.h"
#include "door/customer/customer.h"
#include "door/ops/ops_door.h"
#include "door/partner/partner_door.h"
#include "door/staff/staff_door.h"
#include "net/net.h"
#include "service/audit/audit.h"
#include "service/cert/cert.h"
#include "service/outbox/outbox.h"
#include "service/param/param.h"

enum { HOME, DOORS };
enum { CUSTOMER, PARTNER, STAFF, OPS, DOOR_COUNT };
static const char *const DOOR_NAMES[DOOR_COUNT] = { "customer", "partner", "staff", "ops" };

#define HOUSEKEEPING_S 30

typedef struct serving {
    zy_app *app;
    bool open[DOOR_COUNT];
    zy_static *h5, *console;
    zy_customer_door *customer;
    zy_partner_door *partner;
    zy_staff_door *staff;
    zy_ops_door *ops;
    zy_sealer *sealer;
    zy_outbox *outbox;
    zy_courier *courier;
    zy_server *server;
    zy_net_proxies proxies[DOOR_COUNT];
    char csp[ZY_CSP_MAX]; /* of the customer door, where it is not a constant */
} serving;

static void metrics(void *arg, zy_buf *out)
{
    const serving *s = arg;
    zy_server_stats stats = { 0 };
    if (s->server != NULL)
        zy_server_stats_get(s->server, &stats);
    zy_buf_fmt(out, "zy_connections_open %llu\nzy_connections_accepted_total %llu\nzy_http_requests_total %llu\n"
                    "zy_http_refused_total %llu\nzy_http_queued %llu\n",
               (unsigned long long)stats.open, (unsigned long long)stats.accepted, (unsigned long long)stats.requests,
               (unsigned long long)stats.refused, (unsigned long long)stats.queued);
    if (s->customer != NULL)
        zy_buf_fmt(out, "zy_channel_sessions %zu\n", zy_customer_door_sessions(s->customer));
}

static bool pick_doors(const char *list, bool open[DOOR_COUNT])
{
    if (list == NULL) {
        for (int d = 0; d < DOOR_COUNT; d++)
            open[d] = true;
        return true;
    }
    zy_str rest = zy_str_of(list), name;
    while (zy_str_next(&rest, ',', &name)) {
        bool known = false;
        for (int d = 0; d < DOOR_COUNT; d++)
            if (zy_str_eq_c(name, DOOR_NAMES[d]))
                known = open[d] = true;
        if (!known)
            return false;
    }
    return true;
}

/* A web client that was not built leaves its door without pages; the door itself works. */
static zy_status load_files(const zy_config *config, const char *row, zy_static **ret_files, zy_err *err)
{
    zy_str folder = zy_config_text(config, row);
    zy_status status = zy_static_load(folder.p, (size_t)zy_config_int(config, "net.static_max"), ret_files, err);
    if (status != ZY_NOT_FOUND && status != ZY_IO_ERROR)
        return status;
    zy_log_warn("web.missing", ZY_L_C("setting", row));
    *ret_files = NULL;
    return ZY_OK;
}

static zy_status open_doors(serving *s, zy_err *err)
{
    zy_app *app = s->app;
    ZY_TRY(load_files(app->config, "net.h5_dir", &s->h5, err));
    ZY_TRY(load_files(app->config, "net.console_dir", &s->console, err));
    if (s->open[CUSTOMER])
        ZY_TRY(zy_customer_door_new(&app->env, app->registry, s->h5, &s->customer, err));
    if (s->open[PARTNER])
        ZY_TRY(zy_partner_door_new(&app->env, app->registry, &s->partner, err));
    if (s->open[STAFF])
        ZY_TRY(zy_staff_door_new(&app->env, app->registry, s->console, &s->staff, err));
    if (s->open[OPS])
        ZY_TRY(zy_ops_door_new(&app->env, app->registry, metrics, s, &s->ops, err));
    return ZY_OK;
}

static const zy_route *routes_of(const serving *s, int door, size_t *ret_count)
{
    switch (door) {
    case CUSTOMER:
        return zy_customer_door_routes(s->customer, ret_count);
    case PARTNER:
        return zy_partner_door_routes(s->partner, ret_count);
    case STAFF:
        return zy_staff_door_routes(s->staff, ret_count);
    default:
        return zy_ops_door_routes(s->ops, ret_count);
    }
}

/* The demo desk shows the phone client in a frame of its own origin; a page may ask the carriers' gateway for a token. */
static zy_status choose_csp(serving *s, zy_listener *l, zy_err *err)
{
    zy_str gateway = s->app->env.carrier != NULL ? zy_config_text(s->app->config, "carrier.page_url") : (zy_str){ 0 };
    if (s->app->env.demo)
        l->csp = ZY_CSP_FRAMED;
    if (gateway.n == 0)
        return ZY_OK;
    l->csp = s->csp;
    return zy_csp_connecting(gateway, s->app->env.demo, s->csp, err);
}

static zy_status listen_all(serving *s, zy_err *err)
{
    zy_listener listeners[DOOR_COUNT];
    zy_server_options options;
    size_t count = 0;
    for (int d = 0; d < DOOR_COUNT; d++) {
        if (!s->open[d])
            continue;
        zy_listener *l = &listeners[count++];
        *l = (zy_listener){ 0 };
        ZY_TRY(zy_net_listener(s->app->config, DOOR_NAMES[d], &s->proxies[d], l, err));
        l->internal_only = d == STAFF || d == OPS;
        if (d == CUSTOMER)
            ZY_TRY(choose_csp(s, l, err));
        l->camera = d == CUSTOMER && s->app->env.face != NULL;
        l->routes = routes_of(s, d, &l->route_count);
    }
    zy_net_options(s->app->config, &options);
    return zy_server_start(&options, listeners, count, &s->server, err);
}

static zy_status start_services(serving *s, zy_err *err)
{
    const zy_api_hooks hooks = { zy_switch_closed, zy_identity_login, zy_audit_refusal };
    zy_env *env = &s->app->env;
    zy_registry_hooks(s->app->registry, &hooks);
    ZY_TRY(zy_identity_start(env, &ZY_CUSTOMER_DOOR_HOOKS, err));
    ZY_TRY(zy_cert_open(env, err));
    ZY_TRY(zy_sealer_start(env, &s->sealer, err));
    ZY_TRY(zy_courier_start(env, &s->courier, err));
    return zy_outbox_start(env, &s->outbox, err);
}

static void stop_all(serving *s)
{
    if (s->server != NULL)
        zy_server_drain(s->server, zy_config_int(s->app->config, "net.drain_timeout"));
    zy_courier_stop(s->courier);
    zy_outbox_stop(s->outbox);
    zy_identity_stop();
    zy_cert_close();
    zy_sealer_stop(s->sealer);
    zy_customer_door_free(s->customer);
    zy_partner_door_free(s->partner);
    zy_staff_door_free(s->staff);
    zy_ops_door_free(s->ops);
    zy_static_free(s->h5);
    zy_static_free(s->console);
}

/* The signals were blocked before any thread was made, so that only this wait takes them. */
static void wait_for_end(serving *s, const sigset_t *signals)
{
    const struct timespec every = { .tv_sec = HOUSEKEEPING_S };
    while (sigtimedwait(signals, NULL, &every) < 0)
        zy_app_keep_house(s->app);
}

static void say_where(const serving *s)
{
    for (int d = 0; d < DOOR_COUNT; d++)
        if (s->open[d])
            zy_log_info("door.open", ZY_L_C("door", DOOR_NAMES[d]), ZY_L_INT("port", zy_server_port(s->server, DOOR_NAMES[d])));
    zy_log_info("server.ready");
}

static int serve(const cmd *c, char **v)
{
    (void)c;
    serving s = { 0 };
    zy_err err = { 0 };
    if (!pick_doors(v[DOORS], s.open)) {
        fputs("zhangyin: --doors takes a list of customer,partner,staff,ops\n", stderr);
        return EXIT_USAGE;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_SERVER, &s.app, &err);
    if (status == ZY_OK)
        status = zy_program_check(s.app, &err);
    if (status == ZY_OK)
        status = start_services(&s, &err);
    if (status == ZY_OK)
        status = open_doors(&s, &err);
    if (status == ZY_OK)
        status = listen_all(&s, &err);
    if (status == ZY_OK && s.app->env.demo)
        status = zy_demo_doors(s.app, &err);
    if (status == ZY_OK) {
        say_where(&s);
        wait_for_end(&s, &signals);
        zy_log_info("server.draining");
    }
    if (s.app != NULL)
        stop_all(&s);
    zy_app_close(s.app);
    return status == ZY_OK ? EXIT_DONE : cmd_failed("serve", status, &err);
}

const cmd CMD_SERVE = {
    "serve", "opens the doors and serves until SIGTERM", serve,
    { [HOME] = { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" },
      [DOORS] = { "--doors", "LIST", "some of customer,partner,staff,ops (default: all)" } },
    "ZY_PORT_BASE=N moves the ports: customer N, partner N+1, staff N+2, ops N+3.\n",
};
