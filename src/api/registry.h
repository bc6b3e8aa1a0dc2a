/* The registry's inside; used by src/api alone. */
#pragma once

#include <stdatomic.h>

#include "api/api.h"

#define REGISTRY_MAX   512
#define STATUS_SLOTS   80 /* more than ZY_STATUS_LIST has */
#define LATENCY_SLOTS  10

typedef struct api_metrics {
    atomic_ullong by_status[STATUS_SLOTS];
    atomic_ullong by_latency[LATENCY_SLOTS]; /* cumulative bounds of metrics.c, the last: beyond */
    atomic_ullong took_us;
} api_metrics;

struct zy_api_registry {
    zy_env *env;
    zy_api_hooks hooks;
    zy_rates *rates;
    unsigned address_factor;
    const zy_api *apis[REGISTRY_MAX]; /* ordered by door and name */
    api_metrics *metrics[REGISTRY_MAX];
    size_t count;
};

/* Place of an API in the registry; count when it is not there. */
size_t registry_index(const zy_api_registry *r, zy_door door, zy_str name);

/* May the character stand in a text of this type? (decode.c; the documents are made from the same rule) */
bool decode_allows(zy_field_type type, uint32_t c);
