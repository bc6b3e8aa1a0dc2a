#include "service/identity/device.h"

const zy_field ZY_DEVICE_FIELDS[5] = {
    ZY_FIELD(zy_device_in, name, ZY_F_TEXT, 1, 60),
    ZY_FIELD(zy_device_in, os, ZY_F_TEXT, 1, 40),
    ZY_FIELD(zy_device_in, fingerprint, ZY_F_TEXT, 1, 256, ZY_SENSITIVE),
    ZY_FIELD(zy_device_in, public_key, ZY_F_BASE64, 88, 88),
    ZY_FIELD(zy_device_in, sig, ZY_F_BASE64, 88, 88),
};

static zy_status wrong(zy_err *err, const char *field)
{
    return zy_fail(err, ZY_BAD_FIELD, field, "the device's proof");
}

zy_status zy_device_prove(const zy_call *call, const zy_device_in *in, zy_device *ret_device, zy_err *err)
{
    zy_device d;
    uint8_t sig[ZY_SM2_SIG_BYTES];
    size_t n = 0;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    if (zy_base64_decode(in->public_key, d.public_key, sizeof d.public_key, &n) != ZY_OK ||
        zy_sm2_pub_from(d.public_key, n, &pub) != ZY_OK)
        return wrong(err, "device.public_key");
    if (zy_base64_decode(in->sig, sig, sizeof sig, &n) != ZY_OK || n != sizeof sig)
        return wrong(err, "device.sig");
    zy_status status = zy_sm2_verify(pub, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(call->caller->channel_th, ZY_SM3_BYTES)), sig);
    if (status != ZY_OK)
        return status == ZY_SIGNATURE_BAD ? wrong(err, "device.sig") : status;
    ZY_TRY(zy_zsc_device_id(d.public_key, d.device_id));
    *ret_device = d;
    return ZY_OK;
}
