/* Certificate authorities: which one. */
#include <stdlib.h>

#include "connector/ca_internal.h"

const zy_config_row ZY_CA_CONFIG[] = {
    { "ca.connector", ZY_C_CHOICE, "own", 0, 0, "own|http", "own: the bank's CA key; http: an authority outside" },
    { "ca.name", ZY_C_TEXT, "Zhangyin Bank Root CA", 1, 60, NULL, "own: common name of the root that is made at first use" },
    { "ca.url", ZY_C_TEXT, "", 0, 500, NULL, "http: https URL of the authority (http only to this machine)" },
    { "ca.token", ZY_C_SECRET_FILE, "ca-token", 0, 0, NULL, "http: file (mode 0600) with the bearer token of the bank" },
    { "ca.roots", ZY_C_PATH, "ca-roots.der", 1, 4000, NULL,
      "http: file with the authority's certificates, DER one behind the other, the root first" },
};
const size_t ZY_CA_CONFIG_COUNT = ZY_COUNT(ZY_CA_CONFIG);

struct zy_ca {
    const ca_kind *kind;
    void *state;
};

zy_status zy_ca_open(const zy_config *config, zy_keys *keys, zy_ca **ret_ca, zy_err *err)
{
    const ca_kind *kind = zy_str_eq_c(zy_config_text(config, "ca.connector"), "http") ? &CA_HTTP : &CA_OWN;
    zy_ca *ca = malloc(sizeof *ca);
    if (ca == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the ca connector");
    *ca = (zy_ca){ kind, NULL };
    zy_status status = kind->open(config, keys, &ca->state, err);
    if (status != ZY_OK) {
        free(ca);
        return status;
    }
    *ret_ca = ca;
    return ZY_OK;
}

void zy_ca_free(zy_ca *ca)
{
    if (ca == NULL)
        return;
    ca->kind->free(ca->state);
    free(ca);
}

zy_status zy_ca_certificates(zy_ca *ca, zy_str kept, zy_time now, zy_buf *ret_cas, zy_err *err)
{
    return ca->kind->certificates(ca->state, kept, now, ret_cas, err);
}

zy_status zy_ca_issue(zy_ca *ca, zy_str cas, const zy_ca_request *request, zy_buf *ret_der, zy_err *err)
{
    return ca->kind->issue(ca->state, cas, request, ret_der, err);
}

zy_status zy_ca_revoke(zy_ca *ca, zy_str serial, zy_time at, zy_err *err)
{
    return ca->kind->revoke(ca->state, serial, at, err);
}

zy_status zy_ca_list(zy_ca *ca, zy_str cas, const zy_ca_revoked *revoked, zy_buf *ret_der, zy_err *err)
{
    return ca->kind->list(ca->state, cas, revoked, ret_der, err);
}
