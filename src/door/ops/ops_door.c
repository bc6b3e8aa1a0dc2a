#include "door/ops/ops_door.h"

#include <stdlib.h>

#include "base/log.h"
#include "service/param/param.h"

enum { ROUTE_LIVE, ROUTE_READY, ROUTE_METRICS, ROUTE_STATUS, ROUTE_COUNT };
#define METRICS_MAX (4u << 20)

struct zy_ops_door {
    zy_env *env;
    zy_api_registry *registry;
    void (*more)(void *arg, zy_buf *out);
    void *more_arg;
    zy_time started_at;
    zy_route routes[ROUTE_COUNT];
};

static void write_json(zy_http *http, const zy_json *answer)
{
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(answer, &text);
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

static void live(zy_http *http, void *arg)
{
    (void)arg;
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json_set_bool(answer, "live", true);
    write_json(http, answer);
}

/* --- may calls be sent here? --- */

typedef struct health {
    bool database, schema, crypto;
} health;

static health check_health(const zy_ops_door *door)
{
    zy_err err = { 0 };
    health h = { .crypto = !zy_crypto_stopped() };
    h.database = zy_db_schema_current(door->env->db, &h.schema, &err) == ZY_OK;
    if (!h.database)
        zy_log_err("ops.database", &err);
    return h;
}

static bool is_ready(health h)
{
    return h.database && h.schema && h.crypto;
}

static zy_json *health_json(health h)
{
    zy_json *o = zy_json_object();
    zy_json_set_bool(o, "ready", is_ready(h));
    zy_json_set_bool(o, "database", h.database);
    zy_json_set_bool(o, "schema", h.schema);
    zy_json_set_bool(o, "crypto", h.crypto);
    return o;
}

static void ready(zy_http *http, void *arg)
{
    health h = check_health(arg);
    ZY_AUTO(zy_json_free) zy_json *answer = health_json(h);
    zy_http_status(http, is_ready(h) ? 200 : 503);
    write_json(http, answer);
}

/* --- figures --- */

static void write_metric(zy_buf *out, const char *name, const char *type, uint64_t value)
{
    zy_buf_fmt(out, "# TYPE %s %s\n%s %llu\n", name, type, name, (unsigned long long)value);
}

static void write_db(const zy_ops_door *door, zy_buf *out)
{
    zy_db_stats s = zy_db_stats_now(door->env->db);
    write_metric(out, "zy_db_commits_total", "counter", s.commits);
    write_metric(out, "zy_db_units_total", "counter", s.units);
    write_metric(out, "zy_db_failed_total", "counter", s.failed);
    write_metric(out, "zy_db_retries_total", "counter", s.retries);
    write_metric(out, "zy_db_lost_total", "counter", s.lost);
    write_metric(out, "zy_db_waiting", "gauge", s.waiting);
}

static void metrics(zy_http *http, void *arg)
{
    const zy_ops_door *door = arg;
    ZY_AUTO_BUF out = { .max = METRICS_MAX };
    write_metric(&out, "zy_crypto_stopped", "gauge", zy_crypto_stopped());
    write_db(door, &out);
    zy_api_metrics_write(door->registry, &out);
    if (door->more != NULL)
        door->more(door->more_arg, &out);
    if (zy_buf_failed(&out))
        zy_http_refuse(http, ZY_INTERNAL);
    else
        zy_http_write(http, ZY_STR("text/plain; version=0.0.4; charset=utf-8"), out.p, out.n);
}

static zy_json *closed_apis(const zy_ops_door *door)
{
    zy_json *list = zy_json_array();
    for (size_t i = 0; i < zy_registry_count(door->registry); i++) {
        const zy_api *api = zy_registry_at(door->registry, i);
        if (zy_switch_closed(door->env, api->name))
            zy_json_push(list, zy_json_new_str(zy_str_of(api->name)));
    }
    return list;
}

static void status(zy_http *http, void *arg)
{
    const zy_ops_door *door = arg;
    const zy_env *env = door->env;
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json_set_c(answer, "version", ZY_VERSION);
    zy_json_set_int(answer, "node", env->node);
    zy_json_set_int(answer, "started_at", door->started_at.ms);
    zy_json_set_int(answer, "uptime_s", zy_time_since(zy_env_now(env), door->started_at).ms / 1000);
    zy_json_set_c(answer, "database_kind", zy_db_kind_of(env->db) == ZY_DB_PG ? "pg" : "sqlite");
    zy_json_set_bool(answer, "demo", env->demo);
    zy_json_set(answer, "health", health_json(check_health(door)));
    zy_json_set(answer, "closed_apis", closed_apis(door));
    write_json(http, answer);
}

zy_status zy_ops_door_new(zy_env *env, zy_api_registry *registry, void (*more)(void *arg, zy_buf *out), void *arg,
                          zy_ops_door **ret_door, zy_err *err)
{
    zy_ops_door *door = calloc(1, sizeof *door);
    if (door == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the operators' door");
    *door = (zy_ops_door){
        .env = env, .registry = registry, .more = more, .more_arg = arg, .started_at = zy_env_now(env),
        .routes = {
            [ROUTE_LIVE] = { "/live", ZY_HTTP_GET, 0, NULL, live, door },
            [ROUTE_READY] = { "/ready", ZY_HTTP_GET, 0, NULL, ready, door },
            [ROUTE_METRICS] = { "/metrics", ZY_HTTP_GET, 0, NULL, metrics, door },
            [ROUTE_STATUS] = { "/status", ZY_HTTP_GET, 0, NULL, status, door },
        },
    };
    *ret_door = door;
    return ZY_OK;
}

void zy_ops_door_free(zy_ops_door *door)
{
    free(door);
}

const zy_route *zy_ops_door_routes(const zy_ops_door *door, size_t *ret_count)
{
    *ret_count = ROUTE_COUNT;
    return door->routes;
}
