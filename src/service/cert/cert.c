/* Certificates: kinds, states, requests, and what is registered at start. */
#include "service/cert/cert.h"

#include <string.h>

#include "service/audit/audit.h"
#include "service/cert/cert_internal.h"
#include "service/factor/factor.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

static const zy_param_row PARAMS[] = {
    { "cert.soft_key_cap_fen", 100000000, 0, 100000000, "fen", "软Ukey单笔上限", "most of one transaction by soft UKey" },
    { "cert.bluetooth_key_cap_fen", 500000000, 0, 10000000000, "fen", "蓝牙Key单笔上限", "most of one transaction by Bluetooth key" },
    { "cert.phone_shield_cap_fen", 100000000, 0, 100000000, "fen", "手机盾单笔上限", "most of one transaction by phone shield" },
    { "cert.soft_key_days", 730, 30, 1825, "days", "软Ukey证书有效期", "life of a soft UKey's certificate" },
    { "cert.device_days", 1825, 30, 1825, "days", "蓝牙Key与手机盾证书有效期", "life of a device's certificate" },
    { "cert.remind_days", 30, 7, 90, "days", "证书到期提醒", "days before a certificate's end that the customer is told" },
    { "cert.list_hours", 24, 1, 72, "hours", "证书吊销列表有效期", "how long a revocation list counts" },
};

static const cert_kind KINDS[] = {
    { "soft_key", "软Ukey", false, "cert.soft_key_days" },
    { "bluetooth_key", "蓝牙Key", true, "cert.device_days" },
    { "phone_shield", "手机盾", true, "cert.device_days" },
};

const cert_kind *cert_kind_find(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        if (zy_str_eq_c(name, KINDS[i].name))
            return &KINDS[i];
    return NULL;
}

static const struct {
    cert_state state;
    const char *name;
} STATES[] = { { CERT_GRANTED, "granted" }, { CERT_VALID, "valid" }, { CERT_FROZEN, "frozen" }, { CERT_REVOKED, "revoked" } };

const char *cert_state_name(cert_state state)
{
    for (size_t i = 0; i < ZY_COUNT(STATES); i++)
        if (STATES[i].state == state)
            return STATES[i].name;
    return "";
}

cert_state cert_state_parse(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(STATES); i++)
        if (zy_str_eq_c(name, STATES[i].name))
            return STATES[i].state;
    return 0;
}

const char *cert_state_shown(const cert_row *row, zy_time now)
{
    bool in_use = row->state == CERT_VALID || row->state == CERT_FROZEN;
    return in_use && now.ms >= row->not_after.ms ? "expired" : cert_state_name(row->state);
}

/* --- what leaves traces --- */

zy_status cert_audit(zy_tx *tx, const zy_call *call, const char *event, zy_id certificate, zy_status result, zy_err *err)
{
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = c->customer, .object = certificate,
                              .object_kind = "certificate", .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = zy_str_of(zy_status_name(result)) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

zy_status cert_notify(zy_tx *tx, zy_env *env, const cert_row *row, const char *title, const char *what, zy_err *err)
{
    const cert_kind *kind = cert_kind_find(zy_str_of(row->kind));
    ZY_AUTO_BUF text = { 0 };
    zy_buf_fmt(&text, "您的%s证书%s如非本人操作，请立即联系客服。", kind != NULL ? kind->title_zh : "", what);
    return zy_notify_add(tx, env, row->customer, "security", zy_str_of(title), zy_buf_view(&text), err);
}

/* --- requests --- */

zy_status cert_key_digest(const uint8_t public_key[ZY_SM2_PUB_BYTES], uint8_t out[ZY_SM3_BYTES])
{
    return zy_sm3(ZY_PARTS(ZY_PART(public_key, ZY_SM2_PUB_BYTES)), out);
}

typedef struct known_job {
    uint8_t digest[ZY_SM3_BYTES];
    bool known;
} known_job;

static zy_status look_known(zy_rtx *rtx, void *arg, zy_err *err)
{
    known_job *job = arg;
    return cert_key_known(rtx, job->digest, &job->known, err);
}

zy_status zy_cert_request_read(zy_call *call, zy_str csr_base64, zy_cert_request *ret_request, zy_err *err)
{
    known_job job = { .known = false };
    size_t n = 0;
    uint8_t *der = zy_arena_alloc(call->arena, ZY_X509_DER_MAX);
    if (der == NULL)
        return ZY_REQUEST_TOO_LARGE;
    if (zy_base64_decode(csr_base64, der, ZY_X509_DER_MAX, &n) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "csr", "no base64 of at most %d bytes", ZY_X509_DER_MAX);
    zy_status status = zy_x509_request_check(zy_str_bytes(der, n), ret_request->public_key);
    if (status != ZY_OK)
        return zy_fail(err, status, "csr", "no request with an SM2 key, or its key did not sign it");
    ZY_TRY(cert_key_digest(ret_request->public_key, job.digest));
    ZY_TRY(zy_db_read(call->env->db, "cert.key_known", look_known, &job, err));
    if (job.known)
        return zy_fail(err, ZY_ALREADY_EXISTS, "csr", "the key was certified before");
    ret_request->csr = zy_str_bytes(der, n);
    return ZY_OK;
}

zy_status zy_cert_grant(zy_tx *tx, zy_env *env, const zy_cert_request *request, zy_id *ret_certificate, zy_err *err)
{
    zy_time now = zy_env_now(env);
    zy_id id = zy_id_next(env->ids);
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(cert_key_digest(request->public_key, digest));
    ZY_TRY(cert_drop_granted(tx, request->customer, request->kind, now, err));
    ZY_TRY(cert_insert(tx, request, id, digest, now, err));
    *ret_certificate = id;
    return ZY_OK;
}

zy_status zy_cert_start(zy_env *env, zy_err *err)
{
    (void)env;
    static const zy_factor *const FACTORS[] = { &ZY_SOFT_KEY_FACTOR, &ZY_BLUETOOTH_KEY_FACTOR, &ZY_PHONE_SHIELD_FACTOR };
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    cert_register_deeds();
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++)
        if (zy_factor_register(FACTORS[i]) != ZY_OK)
            return zy_fail(err, ZY_CONFIG_BAD, NULL, "the factor %s cannot be registered", FACTORS[i]->name);
    return ZY_OK;
}
