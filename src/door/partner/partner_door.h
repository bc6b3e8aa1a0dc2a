/* The open platform's door. In this release: GET /open/v1/apis (name, version and state of what partners may call: none
 * yet) and the OpenAPI document at /open/v1/openapi.json; everything else 404. */
#pragma once

#include "api/api.h"
#include "net/net.h"

typedef struct zy_partner_door zy_partner_door;
ZY_CHECKED zy_status zy_partner_door_new(zy_env *env, zy_api_registry *registry, zy_partner_door **ret_door, zy_err *err);
void zy_partner_door_free(zy_partner_door *door);
const zy_route *zy_partner_door_routes(const zy_partner_door *door, size_t *ret_count);
