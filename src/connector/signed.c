#include "connector/signed.h"

zy_status zy_signed_make(zy_str key, const char *label, zy_str body, char out[ZY_SIGNED_HEX_MAX])
{
    uint8_t mac[ZY_SM3_BYTES];
    ZY_TRY(zy_hmac_sm3(key.p, key.n, ZY_PARTS(ZY_PART_STR(zy_str_of(label)), ZY_PART_STR(body)), mac));
    zy_hex_encode(mac, sizeof mac, out);
    return ZY_OK;
}

zy_status zy_signed_check(zy_str key, const char *label, zy_str body, zy_str signature)
{
    char want[ZY_SIGNED_HEX_MAX];
    ZY_TRY(zy_signed_make(key, label, body, want));
    bool same = signature.n == sizeof want - 1 && zy_ct_equal(signature.p, want, sizeof want - 1);
    return same ? ZY_OK : ZY_SIGNATURE_BAD;
}

zy_status zy_signed_answer_parse(zy_str body, zy_str id, zy_json **ret_answer)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_str echoed;
    int64_t version = 0;
    ZY_TRY(zy_json_parse(body, &answer));
    if (!zy_json_int(answer, "v", &version) || version != 1 || !zy_json_str(answer, "id", &echoed) || !zy_str_eq(echoed, id))
        return ZY_BAD_REQUEST;
    *ret_answer = ZY_STEAL(answer);
    return ZY_OK;
}
