/* The staff's door: the console's files, and POST /api/<name> with the body {…} as JSON; cookie session, X-CSRF-Token on
 * every call but staff.login (and staff.session from our own Origin); Origin must be the door's own. Answers as in zy_dispatch. */
#pragma once

#include "api/api.h"
#include "net/net.h"

typedef struct zy_staff_door zy_staff_door;
ZY_CHECKED zy_status zy_staff_door_new(zy_env *env, zy_api_registry *registry, zy_static *files, zy_staff_door **ret_door,
                                       zy_err *err);
void zy_staff_door_free(zy_staff_door *door);
const zy_route *zy_staff_door_routes(const zy_staff_door *door, size_t *ret_count);
