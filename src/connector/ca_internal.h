/* What an authority gives to ca.c; used by src/connector alone. */
#pragma once

#include "connector/ca.h"

typedef struct ca_kind {
    zy_status (*open)(const zy_config *config, zy_keys *keys, void **ret_state, zy_err *err);
    zy_status (*certificates)(void *state, zy_str kept, zy_time now, zy_buf *ret_cas, zy_err *err);
    zy_status (*issue)(void *state, zy_str cas, const zy_ca_request *request, zy_buf *ret_der, zy_err *err);
    zy_status (*revoke)(void *state, zy_str serial, zy_time at, zy_err *err);
    zy_status (*list)(void *state, zy_str cas, const zy_ca_revoked *revoked, zy_buf *ret_der, zy_err *err);
    void (*free)(void *state); /* accepts NULL */
} ca_kind;

extern const ca_kind CA_OWN, CA_HTTP;
