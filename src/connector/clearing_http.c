/* The house over HTTPS. */
#include "connector/clearing_internal.h"

static void house_free(void *state)
{
    (void)state;
}

const clearing_kind CLEARING_HTTP = { .free = house_free };

zy_status clearing_http_open(const zy_config *config, zy_keys *keys, void **ret_state, zy_err *err)
{
    (void)config;
    (void)keys;
    (void)ret_state;
    return zy_fail(err, ZY_CONFIG_BAD, "clearing.connector", "http is not in this build");
}
