/* cert.apply.prepare: the customer sees and proves which key is going to sign for him. */
#include "bank/security/cert_order.h"

#include "flow/flow.h"
#include "service/cert/cert.h"

typedef struct apply_in {
    zy_str csr;
} apply_in;

/* What the person compares: the first eight bytes of the key's SM3, in groups. */
static void fingerprint_of(const uint8_t digest[ZY_SM3_BYTES], char out[24])
{
    for (size_t i = 0; i < 4; i++) {
        zy_hex_encode(digest + 2 * i, 2, out + 5 * i);
        out[5 * i + 4] = i < 3 ? ' ' : '\0';
    }
}

typedef struct describe_arg {
    const zy_cert_request *request;
    char key[2 * ZY_SM3_BYTES + 1], fingerprint[24];
} describe_arg;

static void describe(zy_order_lines *lines, const void *input)
{
    const describe_arg *arg = input;
    zy_order_line(lines, "key_kind", zy_str_of(arg->request->kind), "证书种类", ZY_STR("软Ukey"));
    zy_order_line(lines, "key_sm3", zy_str_of(arg->key), "密钥指纹", zy_str_of(arg->fingerprint));
    zy_order_line(lines, "device_id", arg->request->device, NULL, (zy_str){ 0 });
}

static zy_json *payload_of(const zy_cert_request *request, zy_str csr_base64)
{
    char key[4 * ((ZY_SM2_PUB_BYTES + 2) / 3) + 1];
    zy_json *payload = zy_json_object();
    zy_base64_encode(request->public_key, sizeof request->public_key, key);
    zy_json_set_str(payload, "device", request->device);
    zy_json_set_str(payload, "csr", csr_base64);
    zy_json_set_c(payload, "public_key", key);
    return payload;
}

/* Checked at prepare, sealed since. */
static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *order, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    zy_cert_request request = { .customer = order->customer, .kind = "soft_key" };
    uint8_t csr[ZY_X509_DER_MAX];
    zy_str csr_text = { 0 }, key = { 0 };
    size_t n = 0, key_n = 0;
    zy_id certificate;
    if (!zy_json_str(payload, "device", &request.device) || !zy_json_str(payload, "csr", &csr_text) ||
        !zy_json_str(payload, "public_key", &key) || zy_base64_decode(csr_text, csr, sizeof csr, &n) != ZY_OK ||
        zy_base64_decode(key, request.public_key, ZY_SM2_PUB_BYTES, &key_n) != ZY_OK || key_n != ZY_SM2_PUB_BYTES)
        return zy_fail(err, ZY_INTERNAL, NULL, "an order whose content is not of its kind");
    request.csr = zy_str_bytes(csr, n);
    return zy_cert_grant(tx, env, &request, &certificate, err);
}

static const zy_order_kind CERT_KIND = { .name = "cert.issue", .title_zh = "申请数字证书", .scene = "cert.issue",
                                         .execute = execute };

static zy_status apply_prepare(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const apply_in *in = input;
    const zy_caller *caller = call->caller;
    bool repeated = false;
    zy_cert_request request = { .customer = caller->customer, .kind = "soft_key", .device = zy_str_of(caller->device_id) };
    describe_arg arg = { .request = &request };
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    if (!caller->device_bound)
        return zy_fail(err, ZY_FACTOR_MISSING, NULL, "a soft UKey lives on a bound device");
    ZY_TRY(zy_cert_request_read(call, in->csr, &request, err));
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(request.public_key, ZY_SM2_PUB_BYTES)), digest));
    zy_hex_encode(digest, sizeof digest, arg.key);
    fingerprint_of(digest, arg.fingerprint);
    const zy_prepare prepare = { .kind = &CERT_KIND, .describe = describe, .arg = &arg,
                                 .draft = { .risk = "medium", .payload = payload_of(&request, in->csr),
                                            .sms_purpose = ZY_STR("申请软Ukey数字证书") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static const zy_field APPLY_FIELDS[] = {
    ZY_FIELD(apply_in, csr, ZY_F_BASE64, 100, (ZY_X509_DER_MAX + 2) / 3 * 4, .help = "PKCS#10, DER, made and signed by the new key"),
};

const zy_api ZY_CERT_ORDER_APIS[] = {
    { .name = "cert.apply.prepare", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .idempotent = true,
      .audited = true, .critical = true, .title = "Prepares the order for a soft UKey's certificate",
      ZY_FIELDS(apply_in, APPLY_FIELDS), .outs = ZY_ORDER_PREPARED_OUTS, .out_count = ZY_ORDER_PREPARED_OUT_COUNT,
      .run = apply_prepare },
};
const size_t ZY_CERT_ORDER_API_COUNT = ZY_COUNT(ZY_CERT_ORDER_APIS);

zy_status zy_cert_order_start(zy_env *env, zy_err *err)
{
    (void)env;
    (void)err;
    return zy_flow_register(&CERT_KIND);
}
