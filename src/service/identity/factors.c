/* The factors that this room owns, as the registry sees them. */
#include "service/factor/factor.h"
#include "service/identity/carrier.h"
#include "service/identity/identity.h"
#include "service/identity/identity_factors.h"
#include "service/identity/passkey.h"
#include "service/param/param.h"

/* mb.enhanced-auth.a: at most 50,000 CNY. */
static const zy_param_row PARAMS[] = {
    { .name = "factor.sms.cap_fen", .fallback = 5000000, .min = 1, .max = 5000000, .unit = "fen",
      .title_zh = "短信验证码单笔及单日限额", .title_en = "Most that a text message stands for, one transfer and a day" },
    { .name = "factor.device_key.cap_fen", .fallback = 5000000, .min = 1, .max = 5000000, .unit = "fen",
      .title_zh = "绑定设备签名单笔及单日限额", .title_en = "Most that a bound device's signature stands for, one transfer and a day" },
    { .name = "factor.passkey.cap_fen", .fallback = 5000000, .min = 1, .max = 5000000, .unit = "fen",
      .title_zh = "通行密钥单笔及单日限额", .title_en = "Most that a passkey stands for, one transfer and a day" },
    { .name = "passkey.max", .fallback = 5, .min = 1, .max = 20, .unit = "passkeys", .title_zh = "每位客户的通行密钥数上限",
      .title_en = "Passkeys that a customer may have" },
};

static zy_status login_password_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value,
                                      zy_json *evidence, zy_err *err)
{
    (void)subject;
    (void)evidence;
    return zy_factor_login_password(call, value->challenge_id, value->cipher, err);
}

static zy_status password_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence,
                                zy_err *err)
{
    (void)subject;
    (void)evidence;
    return zy_factor_pay_password(call, value->challenge_id, value->cipher, err);
}

/* A code is worth something for this text alone. */
static zy_str binding_of(const zy_factor_subject *subject, char out[2 * ZY_SM3_BYTES + 1])
{
    zy_hex_encode(subject->digest, ZY_SM3_BYTES, out);
    return zy_str_of(out);
}

static zy_status sms_begin(zy_call *call, const zy_factor_subject *subject, zy_json *body, zy_err *err)
{
    char binding[2 * ZY_SM3_BYTES + 1], phone[ZY_MASK_MAX];
    zy_time expires_at = { 0 };
    ZY_TRY(zy_sms_code_begin(call, subject->customer, binding_of(subject, binding), true, subject->purpose, phone, &expires_at, err));
    zy_json_set_c(body, "phone", phone);
    zy_json_set_int(body, "expires_at", expires_at.ms);
    return ZY_OK;
}

static zy_status sms_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence,
                           zy_err *err)
{
    char binding[2 * ZY_SM3_BYTES + 1];
    (void)evidence;
    return zy_sms_code_check(call, subject->customer, binding_of(subject, binding), value->text, err);
}

static const zy_factor FACTORS[] = {
    { .bit = ZY_FACTOR_PAY_PASSWORD, .name = "pay_password", .title_zh = "交易密码", .title_en = "Transaction password",
      .kind = ZY_FK_KNOWLEDGE, .check = password_check },
    { .bit = ZY_FACTOR_LOGIN_PASSWORD, .name = "login_password", .title_zh = "登录密码", .title_en = "Login password",
      .kind = ZY_FK_KNOWLEDGE, .check = login_password_check },
    { .bit = ZY_FACTOR_SMS, .name = "sms", .title_zh = "短信验证码", .title_en = "SMS code", .kind = ZY_FK_POSSESSION,
      .sent_last = true, .cap_param = "factor.sms.cap_fen", .begin = sms_begin, .check = sms_check },
    { .bit = ZY_FACTOR_DEVICE_KEY, .name = "device_key", .title_zh = "绑定设备签名", .title_en = "Signature of the bound device",
      .kind = ZY_FK_POSSESSION, .bound_device = true, .cap_param = "factor.device_key.cap_fen", .check = zy_device_key_check,
      .verify_evidence = zy_device_key_verify },
};

zy_status zy_identity_factors_start(zy_err *err)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++)
        if (zy_factor_register(&FACTORS[i]) != ZY_OK)
            return zy_fail(err, ZY_CONFIG_BAD, "", "factor %s", FACTORS[i].name);
    if (zy_factor_register(&PASSKEY_FACTOR) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "", "factor passkey");
    return zy_carrier_factor_start(err);
}
