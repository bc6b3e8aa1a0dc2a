/* The bank's own CA: one root, whose key is the CA key of the key service. */
#include <stdlib.h>
#include <string.h>

#include "connector/ca_internal.h"

#define ROOT_LIFE ZY_DAYS(20 * 365)
#define SKEW      ZY_MINUTES(5) /* clocks of those who check */

typedef struct own {
    zy_keys *keys;
    char name[256];
} own;

static zy_status own_open(const zy_config *config, zy_keys *keys, void **ret_state, zy_err *err)
{
    own *o = calloc(1, sizeof *o);
    if (o == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the ca connector");
    o->keys = keys;
    zy_status status = zy_str_copy(zy_config_text(config, "ca.name"), o->name, sizeof o->name);
    if (status != ZY_OK) {
        free(o);
        return zy_fail(err, ZY_CONFIG_BAD, "ca.name", "too long");
    }
    *ret_state = o;
    return ZY_OK;
}

static zy_status failed(zy_status status, zy_err *err)
{
    if (status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_CONFIG_BAD, "ca.connector", "the keystore has no CA key; make one with: zhangyin keys rotate ca");
    return status == ZY_OK ? ZY_OK : zy_fail(err, status, NULL, "the bank's own CA");
}

static zy_status own_certificates(void *state, zy_str kept, zy_time now, zy_buf *ret_cas, zy_err *err)
{
    const own *o = state;
    if (kept.n == 0)
        return failed(zy_x509_root_make((zy_x509_signer){ .keys = o->keys }, zy_str_of(o->name), (zy_time){ now.ms - SKEW.ms },
                                        zy_time_add(now, ROOT_LIFE), ret_cas), err);
    zy_buf_str(ret_cas, kept);
    return zy_buf_failed(ret_cas) ? ZY_NO_MEMORY : ZY_OK;
}

static zy_status own_issue(void *state, zy_str cas, const zy_ca_request *request, zy_buf *ret_der, zy_err *err)
{
    const own *o = state;
    zy_x509_leaf leaf = { .common_name = request->common_name, .unit = request->unit, .from = request->from, .to = request->to };
    memcpy(leaf.public_key, request->public_key, sizeof leaf.public_key);
    ZY_TRY(zy_random(leaf.serial, sizeof leaf.serial));
    leaf.serial[0] &= 0x7f;
    return failed(zy_x509_issue((zy_x509_signer){ .keys = o->keys }, cas, &leaf, ret_der), err);
}

static zy_status own_revoke(void *state, zy_str serial, zy_time at, zy_err *err)
{
    (void)state;
    (void)serial;
    (void)at;
    (void)err;
    return ZY_OK;
}

static zy_status own_list(void *state, zy_str cas, const zy_ca_revoked *r, zy_buf *ret_der, zy_err *err)
{
    const own *o = state;
    return failed(zy_x509_crl_make((zy_x509_signer){ .keys = o->keys }, cas, r->rows, r->count, r->number,
                                   (zy_time){ r->now.ms - SKEW.ms }, r->next, ret_der), err);
}

const ca_kind CA_OWN = { own_open, own_certificates, own_issue, own_revoke, own_list, free };
