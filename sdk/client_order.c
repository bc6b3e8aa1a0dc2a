/* Orders: what is confirmed is what was shown. */
#include <string.h>

#include "client_internal.h"

enum { PURPOSE_TRANSACTION = 2 };

zy_status zy_client_order_check(const zy_json *order, char ret_order_id[40], char ret_digest[ZY_CLIENT_DIGEST_TEXT], zy_err *err)
{
    zy_str id, text, digest;
    uint8_t own[ZY_SM3_BYTES];
    if (!zy_json_str(order, "order_id", &id) || !zy_json_str(order, "text", &text) || !zy_json_str(order, "digest", &digest))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "not a prepared order");
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_STR(text)), own));
    zy_hex_encode(own, sizeof own, ret_digest);
    if (!zy_str_eq_c(digest, ret_digest))
        return zy_fail(err, ZY_DIGEST_MISMATCH, NULL, "the digest is not that of the text");
    return zy_str_copy(id, ret_order_id, 40);
}

zy_status zy_client_order_sign(const zy_client *c, zy_str text, char ret_signature[ZY_CLIENT_SIG_TEXT])
{
    uint8_t digest[ZY_SM3_BYTES], sig[ZY_SM2_SIG_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_STR(text)), digest));
    ZY_TRY(zy_sm2_sign(c->options.device_key, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, sizeof digest)), sig));
    zy_base64_encode(sig, sizeof sig, ret_signature);
    return ZY_OK;
}

static zy_json *order_body(const char *order_id, const char *name, const char *value)
{
    zy_json *body = zy_json_object();
    zy_json_set_c(body, "order_id", order_id);
    zy_json_set_c(body, name, value);
    return body;
}

zy_status zy_client_order_begin(zy_client *c, const char *order_id, const char *factor, zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = order_body(order_id, "factor", factor);
    return zy_client_call(c, "order.factor.begin", NULL, body, ret_answer, err);
}

zy_status zy_client_order_verify(zy_client *c, const char *order_id, const char *factor, const zy_json *value,
                                 zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = order_body(order_id, "factor", factor);
    zy_json_set(body, "value", zy_json_copy(value));
    return zy_client_call(c, "order.factor.verify", NULL, body, ret_answer, err);
}

zy_status zy_client_order_confirm(zy_client *c, const char *order_id, const char *digest, zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = order_body(order_id, "digest", digest);
    return zy_client_query(c, "order.confirm", body, ret_answer, err); /* repeating it gives the same answer */
}

/* The next step is taken only after an OK; *answer is the last one. */
static zy_status prove_by_password(zy_client *c, const char *order_id, const char *pay_password, zy_json **answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *secret = NULL;
    ZY_TRY(zy_client_secret(c, PURPOSE_TRANSACTION, pay_password, &secret, err));
    return zy_client_order_verify(c, order_id, "pay_password", secret, answer, err);
}

static zy_status prove_by_code(zy_client *c, const char *order_id, zy_client_code_fn ask_code, void *arg, zy_json **answer,
                               zy_err *err)
{
    char code[16] = "";
    zy_json_free(ZY_STEAL(*answer));
    ZY_TRY(zy_client_order_begin(c, order_id, "sms", answer, err));
    if (!zy_client_is(*answer, "OK"))
        return ZY_OK;
    ZY_TRY(zy_client_ask_code(*answer, ask_code, arg, code, err));
    ZY_AUTO(zy_json_free) zy_json *value = zy_json_new_str(zy_str_of(code));
    zy_wipe(code, sizeof code);
    zy_json_free(ZY_STEAL(*answer));
    return zy_client_order_verify(c, order_id, "sms", value, answer, err);
}

static bool still_needs(const zy_json *answer, const char *factor)
{
    const zy_json *factors = zy_json_get(zy_json_get(answer, "body"), "factors");
    zy_str name;
    for (size_t i = 0; i < zy_json_count(factors); i++)
        if (zy_json_as_str(zy_json_at(factors, i), &name) && zy_str_eq_c(name, factor))
            return true;
    return false;
}

zy_status zy_client_prove(zy_client *c, const zy_json *prepared, const char *pay_password, zy_client_code_fn ask_code, void *arg,
                          zy_json **ret_answer, zy_err *err)
{
    char order_id[40], digest[ZY_CLIENT_DIGEST_TEXT];
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_TRY(zy_client_order_check(zy_json_get(prepared, "body"), order_id, digest, err));
    ZY_TRY(prove_by_password(c, order_id, pay_password, &answer, err));
    if (zy_client_is(answer, "OK") && still_needs(answer, "sms"))
        ZY_TRY(prove_by_code(c, order_id, ask_code, arg, &answer, err));
    if (zy_client_is(answer, "OK")) {
        zy_json_free(ZY_STEAL(answer));
        ZY_TRY(zy_client_order_confirm(c, order_id, digest, &answer, err));
    }
    *ret_answer = ZY_STEAL(answer);
    return ZY_OK;
}
