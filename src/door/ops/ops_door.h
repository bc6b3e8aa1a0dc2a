/* The operators' door, internal only: GET /live (the process runs), /ready (database answers, crypto works, schema current:
 * 503 otherwise), /metrics (Prometheus text), /status (JSON: version, node, uptime, the checks of /ready, switched-off APIs). */
#pragma once

#include "api/api.h"
#include "net/net.h"

typedef struct zy_ops_door zy_ops_door;
/* more: adds the program's own metrics (sessions, server); may be NULL. */
ZY_CHECKED zy_status zy_ops_door_new(zy_env *env, zy_api_registry *registry, void (*more)(void *arg, zy_buf *out), void *arg,
                                     zy_ops_door **ret_door, zy_err *err);
void zy_ops_door_free(zy_ops_door *door);
const zy_route *zy_ops_door_routes(const zy_ops_door *door, size_t *ret_count);
