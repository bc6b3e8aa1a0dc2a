#include "door/partner/partner_door.h"

#include <stdlib.h>

#include "service/param/param.h"

enum { ROUTE_APIS, ROUTE_OPENAPI, ROUTE_COUNT };
#define DOCUMENT_MAX (4u << 20)

struct zy_partner_door {
    zy_env *env;
    zy_api_registry *registry;
    zy_route routes[ROUTE_COUNT];
};

static void write_json(zy_http *http, const zy_buf *text)
{
    if (zy_buf_failed(text))
        zy_http_refuse(http, ZY_INTERNAL);
    else
        zy_http_write(http, ZY_STR("application/json"), text->p, text->n);
}

static zy_json *api_json(zy_env *env, const zy_api *api)
{
    zy_json *o = zy_json_object();
    zy_json_set_c(o, "name", api->name);
    zy_json_set_int(o, "version", api->version != 0 ? api->version : 1);
    zy_json_set_c(o, "state", zy_switch_closed(env, api->name) ? "closed" : "open");
    return o;
}

static void list_apis(zy_http *http, void *arg)
{
    const zy_partner_door *door = arg;
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json *apis = zy_json_array();
    zy_json_set(answer, "apis", apis);
    for (size_t i = 0; i < zy_registry_count(door->registry); i++) {
        const zy_api *api = zy_registry_at(door->registry, i);
        if (api->door == ZY_DOOR_PARTNER)
            zy_json_push(apis, api_json(door->env, api));
    }
    ZY_AUTO_BUF text = { .max = DOCUMENT_MAX };
    zy_json_write(answer, &text);
    write_json(http, &text);
}

static void openapi(zy_http *http, void *arg)
{
    const zy_partner_door *door = arg;
    ZY_AUTO_BUF text = { .max = DOCUMENT_MAX };
    zy_openapi_write(door->registry, ZY_DOOR_PARTNER, &text);
    write_json(http, &text);
}

zy_status zy_partner_door_new(zy_env *env, zy_api_registry *registry, zy_partner_door **ret_door, zy_err *err)
{
    zy_partner_door *door = calloc(1, sizeof *door);
    if (door == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the partner door");
    *door = (zy_partner_door){
        .env = env, .registry = registry,
        .routes = {
            [ROUTE_APIS] = { "/open/v1/apis", ZY_HTTP_GET, 0, NULL, list_apis, door },
            [ROUTE_OPENAPI] = { "/open/v1/openapi.json", ZY_HTTP_GET, 0, NULL, openapi, door },
        },
    };
    *ret_door = door;
    return ZY_OK;
}

void zy_partner_door_free(zy_partner_door *door)
{
    free(door);
}

const zy_route *zy_partner_door_routes(const zy_partner_door *door, size_t *ret_count)
{
    *ret_count = ROUTE_COUNT;
    return door->routes;
}
