/* The bound device's key as a factor of orders: it signs the digest of what the customer saw. Unlocking the key is the
 * device's affair (gesture, fingerprint, face); what is proven here is that it is that device. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/factor/factor.h"
#include "service/identity/identity_factors.h"
#include "service/identity/session.h"

static zy_status verify(const uint8_t public_key[ZY_SM2_PUB_BYTES], const uint8_t digest[ZY_SM3_BYTES], zy_str sig_text)
{
    uint8_t sig[ZY_SM2_SIG_BYTES];
    size_t n = 0;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    if (zy_base64_decode(sig_text, sig, sizeof sig, &n) != ZY_OK || n != sizeof sig)
        return ZY_SIGNATURE_BAD;
    ZY_TRY(zy_sm2_pub_from(public_key, ZY_SM2_PUB_BYTES, &pub));
    return zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, ZY_SM3_BYTES)), sig);
}

static void set_bytes(zy_json *evidence, const char *name, const uint8_t *p, size_t n)
{
    char text[4 * ((ZY_SM2_PUB_BYTES + 2) / 3) + 1];
    zy_base64_encode(p, n, text);
    zy_json_set_c(evidence, name, text);
}

zy_status zy_device_key_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence,
                              zy_err *err)
{
    login_row login;
    ZY_TRY(zy_session_current(call->env, call->caller, &login, err));
    if (!call->caller->device_bound || strcmp(login.device_state, "bound") != 0)
        return zy_fail(err, ZY_FACTOR_MISSING, NULL, "the device is not bound");
    zy_status status = verify(login.public_key, subject->digest, value->text);
    if (status != ZY_OK)
        return status == ZY_SIGNATURE_BAD ? zy_fail(err, ZY_FACTOR_WRONG, NULL, "the device's signature") : status;
    zy_json_set_c(evidence, "device_id", login.device_id);
    set_bytes(evidence, "public_key", login.public_key, sizeof login.public_key);
    zy_json_set_str(evidence, "signature", value->text);
    return ZY_OK;
}

zy_status zy_device_key_verify(zy_rtx *rtx, zy_env *env, const zy_factor_subject *subject, const zy_json *evidence, zy_err *err)
{
    (void)rtx;
    (void)env;
    uint8_t key[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    zy_str key_text, sig;
    if (!zy_json_str(evidence, "public_key", &key_text) || !zy_json_str(evidence, "signature", &sig) ||
        zy_base64_decode(key_text, key, sizeof key, &n) != ZY_OK || n != sizeof key || verify(key, subject->digest, sig) != ZY_OK)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the evidence of a device's signature");
    return ZY_OK;
}
