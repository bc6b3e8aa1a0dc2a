/* The rows of this room, and what the program makes of them. */
#include "net/net.h"

#include <stdio.h>
#include <string.h>

#define DOOR_ROWS(door, address, port)                                                                 \
    { "net." door "_address", ZY_C_TEXT, address, 2, 45, NULL,                                          \
      "address that the " door " door listens on" },                                                   \
    { "net." door "_port", ZY_C_INT, port, 0, 65535, NULL, "port of the " door " door; 0 takes any" }
#define TLS_ROWS(door)                                                                                 \
    { "net." door "_tls", ZY_C_BOOL, "true", 0, 0, NULL,                                                \
      "the " door " door speaks TLS itself (false only behind a proxy on this machine)" },              \
    { "net." door "_cert", ZY_C_PATH, "tls/server.pem", 0, 4096, NULL,                                  \
      "TLS certificate chain of the " door " door (PEM)" },                                            \
    { "net." door "_key", ZY_C_PATH, "tls/server.key", 0, 4096, NULL,                                   \
      "its private key (PEM, mode 0600)" }

const zy_config_row zy_net_config_rows[] = {
    DOOR_ROWS("customer", "127.0.0.1", "8443"),
    TLS_ROWS("customer"),
    DOOR_ROWS("partner", "127.0.0.1", "8444"),
    TLS_ROWS("partner"),
    DOOR_ROWS("staff", "127.0.0.1", "9443"),
    TLS_ROWS("staff"),
    DOOR_ROWS("ops", "127.0.0.1", "9100"),
    { "net.ops_tls", ZY_C_BOOL, "false", 0, 0, NULL, "the ops door speaks TLS" },
    { "net.ops_cert", ZY_C_PATH, "tls/server.pem", 0, 4096, NULL, "TLS certificate chain of the ops door" },
    { "net.ops_key", ZY_C_PATH, "tls/server.key", 0, 4096, NULL, "its private key (PEM, mode 0600)" },
    { "net.hsts", ZY_C_BOOL, "true", 0, 0, NULL, "browsers are told to use HTTPS only, for a year" },
    { "net.h5_dir", ZY_C_PATH, "web/h5", 0, 4096, NULL, "folder of the customers' web client" },
    { "net.console_dir", ZY_C_PATH, "web/console", 0, 4096, NULL, "folder of the staff's console" },
    { "net.static_max", ZY_C_INT, "67108864", 1024, 1073741824, "bytes",
      "all files of one web client together" },
    { "net.trusted_proxies", ZY_C_TEXT, "", 0, 1000, NULL,
      "addresses or networks (comma separated) whose X-Forwarded-For is believed" },
    { "net.connections_per_address", ZY_C_INT, "64", 0, 1000000, NULL,
      "open connections of one client address; 0: no limit" },
    { "net.connections_max", ZY_C_INT, "0", 0, 1000000, NULL,
      "open connections of the process; 0: what its file limit allows" },
    { "net.loops", ZY_C_INT, "0", 0, 256, NULL, "event loops; 0: one a core" },
    { "net.workers", ZY_C_INT, "128", 1, 4096, NULL, "threads that run requests" },
    { "net.worker_stack", ZY_C_INT, "262144", 65536, 16777216, "bytes", "stack of such a thread" },
    { "net.queue_max", ZY_C_INT, "4096", 1, 1000000, NULL,
      "requests that may wait for a worker; beyond, BUSY" },
    { "net.header_max", ZY_C_INT, "16384", 1024, 65536, "bytes", "head of a request" },
    { "net.arena_max", ZY_C_INT, "1048576", 65536, 67108864, "bytes", "memory of a request" },
    { "net.read_timeout", ZY_C_INT, "15000", 100, 300000, "ms",
      "for a whole request to arrive, and for an answer to make progress" },
    { "net.idle_timeout", ZY_C_INT, "75000", 100, 3600000, "ms", "a connection without a request" },
    { "net.drain_timeout", ZY_C_INT, "10000", 0, 300000, "ms", "running requests at shutdown" },
};
const size_t zy_net_config_row_count = ZY_COUNT(zy_net_config_rows);

void zy_net_options(const zy_config *config, zy_server_options *ret_options)
{
    *ret_options = (zy_server_options){
        .loops = (unsigned)zy_config_int(config, "net.loops"),
        .workers = (unsigned)zy_config_int(config, "net.workers"),
        .queue_max = (size_t)zy_config_int(config, "net.queue_max"),
        .header_max = (size_t)zy_config_int(config, "net.header_max"),
        .arena_max = (size_t)zy_config_int(config, "net.arena_max"),
        .read_timeout_ms = zy_config_int(config, "net.read_timeout"),
        .idle_timeout_ms = zy_config_int(config, "net.idle_timeout"),
        .connections_max = (size_t)zy_config_int(config, "net.connections_max"),
        .worker_stack = (size_t)zy_config_int(config, "net.worker_stack"),
    };
}

/* Cuts the list at its commas, in place. */
static zy_status split_proxies(zy_str list, zy_net_proxies *proxies, zy_err *err)
{
    size_t count = 0;
    if (zy_str_copy(list, proxies->text, sizeof proxies->text) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "net.trusted_proxies", "too long");
    for (char *rest = proxies->text, *one; (one = strsep(&rest, ", ")) != NULL;) {
        if (*one == '\0')
            continue;
        if (count == ZY_COUNT(proxies->list) - 1)
            return zy_fail(err, ZY_CONFIG_BAD, "net.trusted_proxies", "more than %zu entries", count);
        proxies->list[count++] = one;
    }
    proxies->list[count] = NULL;
    return ZY_OK;
}

static const struct {
    const char *door;
    bool internal_only;
} DOORS[] = { { "customer", false }, { "partner", false }, { "staff", true }, { "ops", true } };

static zy_str door_text(const zy_config *config, const char *door, const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "net.%s_%s", door, what);
    return zy_config_text(config, name);
}

static void fill_listener(const zy_config *config, size_t which, zy_listener *l)
{
    char name[64];
    l->name = DOORS[which].door;
    l->internal_only = DOORS[which].internal_only;
    l->address = door_text(config, l->name, "address");
    l->cert_path = door_text(config, l->name, "cert");
    l->key_path = door_text(config, l->name, "key");
    snprintf(name, sizeof name, "net.%s_port", l->name);
    l->port = (uint16_t)zy_config_int(config, name);
    snprintf(name, sizeof name, "net.%s_tls", l->name);
    l->tls = zy_config_bool(config, name);
    l->hsts = l->tls && zy_config_bool(config, "net.hsts");
    l->connections_per_address = (unsigned)zy_config_int(config, "net.connections_per_address");
}

zy_status zy_net_listener(const zy_config *config, const char *door, zy_net_proxies *proxies,
                          zy_listener *ret_listener, zy_err *err)
{
    zy_listener listener = { .trusted_proxies = proxies->list };
    ZY_TRY(split_proxies(zy_config_text(config, "net.trusted_proxies"), proxies, err));
    for (size_t i = 0; i < ZY_COUNT(DOORS); i++) {
        if (strcmp(DOORS[i].door, door) != 0)
            continue;
        fill_listener(config, i, &listener);
        *ret_listener = listener;
        return ZY_OK;
    }
    return zy_fail(err, ZY_CONFIG_BAD, door, "no such door");
}
