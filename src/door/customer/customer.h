/* The customers' door: ZSC/1 over HTTPS (docs: secure-channel.md), the web client's files and its config.json.
 * Bytes in, bytes out: what a call means is the dispatcher's affair. */
#pragma once

#include "api/api.h"
#include "net/net.h"
#include "service/identity/identity.h"

typedef struct zy_customer_door zy_customer_door;
/* files: the H5 client, or NULL for a door without one (404). The registry outlives the door. */
ZY_CHECKED zy_status zy_customer_door_new(zy_env *env, zy_api_registry *registry, zy_static *files,
                                          zy_customer_door **ret_door, zy_err *err);
void zy_customer_door_free(zy_customer_door *door); /* wipes every session's keys */
/* The door's routes, valid as long as the door. */
const zy_route *zy_customer_door_routes(const zy_customer_door *door, size_t *ret_count);
/* What identity needs of the door: rotation of the session that a call came on. */
extern const zy_identity_hooks ZY_CUSTOMER_DOOR_HOOKS;
size_t zy_customer_door_sessions(const zy_customer_door *door); /* for metrics */

extern const zy_config_row ZY_CHANNEL_CONFIG[]; /* channel.* */
extern const size_t ZY_CHANNEL_CONFIG_COUNT;
