/* Certificate authorities, behind one small interface; which one is chosen by configuration (`ca.connector`). */
#pragma once

#include "base/config.h"
#include "crypto/x509.h"

typedef struct zy_ca zy_ca; /* may be shared between threads */

/* `own`: the bank's own CA, with the CA key of the key service. `http`: an authority outside (README.md has the protocol). */
ZY_CHECKED zy_status zy_ca_open(const zy_config *config, zy_keys *keys, zy_ca **ret_ca, zy_err *err);
void zy_ca_free(zy_ca *ca);
ZY_AUTO_DEFINE(zy_ca, zy_ca_free)

/* The authority's certificates, DER one behind the other, the root first. kept: what was given before, empty at first: `own`
 * gives that again or makes a root; `http` gives those of its file. */
ZY_CHECKED zy_status zy_ca_certificates(zy_ca *ca, zy_str kept, zy_time now, zy_buf *ret_cas, zy_err *err);

typedef struct zy_ca_request {
    zy_str id;          /* the same one for a repetition: it gives the same certificate where the authority keeps them */
    zy_str csr;         /* PKCS#10, checked already */
    zy_str common_name, unit;
    zy_time from, to;
    uint8_t public_key[ZY_SM2_PUB_BYTES]; /* of csr */
} zy_ca_request;
/* What comes back is not yet checked. May block for the connector's timeout: never inside a unit of work.
 * ZY_CONNECTOR_FAILED (try again), ZY_BAD_FIELD (never will). */
ZY_CHECKED zy_status zy_ca_issue(zy_ca *ca, zy_str cas, const zy_ca_request *request, zy_buf *ret_der, zy_err *err);
/* Tells the authority; `own` has nothing to be told: its list is made from what is handed to zy_ca_list. */
ZY_CHECKED zy_status zy_ca_revoke(zy_ca *ca, zy_str serial, zy_time at, zy_err *err);
/* The revocation list of now. revoked: all that this bank revoked; what an authority outside lists is its own. */
typedef struct zy_ca_revoked {
    const zy_x509_revoked *rows;
    size_t count;
    uint64_t number; /* of the list */
    zy_time now, next;
} zy_ca_revoked;
ZY_CHECKED zy_status zy_ca_list(zy_ca *ca, zy_str cas, const zy_ca_revoked *revoked, zy_buf *ret_der, zy_err *err);

/* ca.* rows for the configuration. */
extern const zy_config_row ZY_CA_CONFIG[];
extern const size_t ZY_CA_CONFIG_COUNT;
