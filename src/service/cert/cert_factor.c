/* What a certified key signs, as a factor of orders; and whether it is right, years later. */
#include <string.h>

#include "base/log.h"
#include "service/audit/audit.h"
#include "service/cert/cert_internal.h"
#include "service/factor/factor.h"
#include "service/identity/tries.h"

/* --- reading --- */

typedef struct use {
    zy_call *call;
    const char *kind;
    cert_row row;
    zy_buf cas, list;
    bool found, revoked; /* revoked: says the authority's list */
} use;

static void use_free(use *u)
{
    cert_row_free(&u->row);
    zy_buf_free(&u->cas);
    zy_buf_free(&u->list);
}
#define AUTO_USE __attribute__((cleanup(use_free))) use

static zy_status read_use(zy_rtx *rtx, void *arg, zy_err *err)
{
    use *u = arg;
    int64_t number;
    zy_time made_at;
    zy_buf_clear(&u->cas);
    zy_buf_clear(&u->list);
    zy_status status = cert_in_use(rtx, u->call->caller->customer, u->kind, &u->row, err);
    u->found = status == ZY_OK;
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    ZY_TRY(cert_authority_by_id(rtx, u->row.authority, &u->cas, err));
    return cert_list_read(rtx, u->row.authority, &u->list, &number, &made_at, err);
}

static bool on_its_device(const cert_row *row, const zy_caller *caller)
{
    return row->device[0] == '\0' || (caller->device_bound && strcmp(row->device, caller->device_id) == 0);
}

static zy_status enrolled(zy_rtx *rtx, zy_env *env, const zy_caller *caller, const char *kind, bool *ret_enrolled, zy_err *err)
{
    CERT_AUTO_ROW row = { .state = 0 };
    zy_status status = cert_in_use(rtx, caller->customer, kind, &row, err);
    *ret_enrolled = status == ZY_OK && row.state == CERT_VALID && zy_env_now(env).ms < row.not_after.ms &&
                    on_its_device(&row, caller);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

/* --- judging --- */

static zy_status verify_signature(const uint8_t public_key[ZY_SM2_PUB_BYTES], const uint8_t *digest,
                                  const uint8_t signature[ZY_SM2_SIG_BYTES])
{
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_TRY(zy_sm2_pub_from(public_key, ZY_SM2_PUB_BYTES, &pub));
    return zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, ZY_SM3_BYTES)), signature);
}

static zy_status read_signature(zy_str base64, uint8_t out[ZY_SM2_SIG_BYTES])
{
    size_t n = 0;
    return zy_base64_decode(base64, out, ZY_SM2_SIG_BYTES, &n) == ZY_OK && n == ZY_SM2_SIG_BYTES ? ZY_OK : ZY_SIGNATURE_BAD;
}

/* Before a try is taken: when our own list is not in force, the customer has done nothing wrong. */
static zy_status check_list(use *u, zy_err *err)
{
    if (!u->found)
        return ZY_OK;
    zy_status status = zy_x509_crl_has(zy_buf_view(&u->list), zy_buf_view(&u->row.body), zy_buf_view(&u->cas), u->call->now,
                                       &u->revoked, err);
    return status == ZY_SIGNATURE_BAD ? zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "no revocation list in force") : status;
}

/* ZY_SIGNATURE_BAD, whatever the reason is. */
static zy_status judge(const use *u, const zy_factor_subject *subject, zy_str value, zy_err *err)
{
    uint8_t signature[ZY_SM2_SIG_BYTES];
    zy_x509_info info;
    if (!u->found || u->revoked || u->row.state != CERT_VALID || !on_its_device(&u->row, u->call->caller))
        return ZY_SIGNATURE_BAD;
    ZY_TRY(zy_x509_verify(zy_buf_view(&u->row.body), zy_buf_view(&u->cas), u->call->now, &info, err));
    ZY_TRY(read_signature(value, signature));
    return verify_signature(info.public_key, subject->digest, signature);
}

/* --- tries --- */

typedef struct try_job {
    const use *u;
    uint8_t key[ZY_SM3_BYTES];
    bool locked, right;
} try_job;

zy_status cert_try_key(zy_env *env, zy_id customer, const char *kind, uint8_t out[ZY_SM3_BYTES])
{
    char text[ZY_ID_TEXT_MAX];
    ZY_AUTO_BUF domain = { 0 };
    zy_buf_fmt(&domain, "try.cert.%s", kind);
    zy_id_format(customer, text);
    return zy_keys_index(env->keys, domain.p, zy_str_of(text), out);
}

static zy_status take_try(zy_tx *tx, void *arg, zy_err *err)
{
    try_job *job = arg;
    return zy_try_take(tx, job->key, job->u->call->now, &job->locked, err);
}

/* Ten wrong in a day freeze the certificate until staff lift it; five in a row wait. */
static zy_status freeze_if_due(zy_tx *tx, const try_job *job, zy_err *err)
{
    const use *u = job->u;
    bool locked = false, blocked = false;
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), job->key, u->call->now, &locked, err));
    ZY_TRY(zy_try_is_blocked(zy_tx_read(tx), job->key, &blocked, err));
    if (!locked || !u->found)
        return ZY_OK;
    if (blocked && u->row.state == CERT_VALID) {
        ZY_TRY(cert_update_state(tx, &u->row, CERT_FROZEN, "wrong", u->call->now, err));
        ZY_TRY(cert_audit(tx, u->call, "cert.frozen", u->row.id, ZY_LOCKED, err));
    }
    return cert_notify(tx, u->call->env, &u->row, "数字证书已暂停使用",
                       blocked ? "签名多次验证未通过，已冻结，请到网点办理解冻。" : "签名多次验证未通过，已暂停使用30分钟。", err);
}

static zy_status record_try(zy_tx *tx, void *arg, zy_err *err)
{
    const try_job *job = arg;
    const use *u = job->u;
    if (!job->right) {
        ZY_TRY(cert_audit(tx, u->call, "factor.cert_wrong", u->row.id, ZY_FACTOR_WRONG, err));
        return freeze_if_due(tx, job, err);
    }
    ZY_TRY(zy_try_forgive(tx, job->key, u->call->now, err));
    return cert_audit(tx, u->call, "factor.cert_ok", u->row.id, ZY_OK, err);
}

/* --- the factor --- */

static void keep_evidence(const use *u, zy_str value, zy_json *evidence)
{
    char der[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1];
    zy_base64_encode(u->row.body.p, u->row.body.n, der);
    zy_json_set_id(evidence, "certificate_id", u->row.id);
    zy_json_set_c(evidence, "serial", u->row.serial);
    zy_json_set_c(evidence, "certificate", der);
    zy_json_set_str(evidence, "signature", value);
    zy_json_set_int(evidence, "at", u->call->now.ms);
}

static zy_status check(zy_call *call, const char *kind, const zy_factor_subject *subject, const zy_factor_value *value,
                       zy_json *evidence, zy_err *err)
{
    zy_env *env = call->env;
    AUTO_USE u = { .call = call, .kind = kind, .list = { .max = ZY_X509_CRL_MAX } };
    try_job job = { .u = &u };
    if (value->has_secret)
        return zy_fail(err, ZY_BAD_FIELD, "value", "not a value of this factor");
    ZY_TRY(zy_db_read(env->db, "cert.use", read_use, &u, err));
    ZY_TRY(check_list(&u, err));
    ZY_TRY(cert_try_key(env, call->caller->customer, kind, job.key));
    ZY_TRY(zy_db_run(env->db, "cert.try", take_try, &job, err));
    if (job.locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong signatures");
    zy_status status = judge(&u, subject, value->text, err);
    if (status != ZY_OK && status != ZY_SIGNATURE_BAD && status != ZY_BAD_FIELD)
        return status;
    job.right = status == ZY_OK;
    ZY_TRY(zy_db_run(env->db, "cert.result", record_try, &job, err));
    if (!job.right)
        return zy_fail(err, ZY_FACTOR_WRONG, NULL, "signature of a certified key");
    keep_evidence(&u, value->text, evidence);
    return ZY_OK;
}

/* --- years later --- */

typedef struct kept {
    zy_id certificate;
    int64_t at;
    uint8_t der[ZY_X509_DER_MAX], signature[ZY_SM2_SIG_BYTES];
    size_t der_n;
} kept;

static zy_status read_kept(const zy_json *evidence, kept *k)
{
    zy_str id = { 0 }, der = { 0 }, signature = { 0 };
    if (!zy_json_str(evidence, "certificate_id", &id) || !zy_json_str(evidence, "certificate", &der) ||
        !zy_json_str(evidence, "signature", &signature) || !zy_json_int(evidence, "at", &k->at) ||
        zy_id_parse(id, &k->certificate) != ZY_OK || zy_base64_decode(der, k->der, sizeof k->der, &k->der_n) != ZY_OK)
        return ZY_SIGNATURE_BAD;
    return read_signature(signature, k->signature);
}

/* The certificate was this customer's and this kind's, not ended before the signature, and is the one that was issued. */
static bool was_in_use(const cert_row *row, const char *kind, const zy_factor_subject *subject, const kept *k)
{
    return zy_id_eq(row->customer, subject->customer) && strcmp(row->kind, kind) == 0 &&
           zy_str_eq(zy_buf_view(&row->body), zy_str_bytes(k->der, k->der_n)) && row->issued_at.ms <= k->at &&
           (row->ended_at.ms == 0 || k->at <= row->ended_at.ms);
}

static zy_status verify_kept(zy_rtx *rtx, const char *kind, const zy_factor_subject *subject, const zy_json *evidence, zy_err *err)
{
    kept k = { .at = 0 };
    zy_x509_info info;
    CERT_AUTO_ROW row = { .state = 0 };
    ZY_AUTO_BUF cas = { 0 };
    if (read_kept(evidence, &k) != ZY_OK)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "what was kept is not whole");
    zy_status status = cert_by_id(rtx, k.certificate, &row, err);
    if (status == ZY_NOT_FOUND || (status == ZY_OK && !was_in_use(&row, kind, subject, &k)))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the certificate was not in use by this customer then");
    ZY_TRY(status);
    ZY_TRY(cert_authority_by_id(rtx, row.authority, &cas, err));
    ZY_TRY(zy_x509_verify(zy_buf_view(&row.body), zy_buf_view(&cas), (zy_time){ k.at }, &info, err));
    status = verify_signature(info.public_key, subject->digest, k.signature);
    return status == ZY_OK ? ZY_OK : zy_fail(err, status, NULL, "the signature does not fit the order");
}

/* --- the three kinds --- */

#define KIND_FACTOR(prefix, constant, kind_name, kind_bit, zh, en, bound)                                                         \
    static zy_status prefix##_enrolled(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool *ret_enrolled, zy_err *err)        \
    {                                                                                                                             \
        return enrolled(rtx, env, caller, kind_name, ret_enrolled, err);                                                          \
    }                                                                                                                             \
    static zy_status prefix##_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value,                \
                                    zy_json *evidence, zy_err *err)                                                               \
    {                                                                                                                             \
        return check(call, kind_name, subject, value, evidence, err);                                                             \
    }                                                                                                                             \
    static zy_status prefix##_verify(zy_rtx *rtx, zy_env *env, const zy_factor_subject *subject, const zy_json *evidence,         \
                                     zy_err *err)                                                                                 \
    {                                                                                                                             \
        (void)env;                                                                                                                \
        return verify_kept(rtx, kind_name, subject, evidence, err);                                                               \
    }                                                                                                                             \
    const zy_factor constant = { .bit = (kind_bit), .name = (kind_name), .title_zh = (zh), .title_en = (en),                      \
                                 .kind = ZY_FK_POSSESSION, .bound_device = (bound), .cap_param = "cert." kind_name "_cap_fen",    \
                                 .enrolled = prefix##_enrolled, .check = prefix##_check, .verify_evidence = prefix##_verify }

KIND_FACTOR(soft_key, ZY_SOFT_KEY_FACTOR, "soft_key", ZY_FACTOR_SOFT_KEY, "软Ukey", "Soft UKey", true);
KIND_FACTOR(bluetooth_key, ZY_BLUETOOTH_KEY_FACTOR, "bluetooth_key", ZY_FACTOR_BLUETOOTH_KEY, "蓝牙Key", "Bluetooth key", false);
KIND_FACTOR(phone_shield, ZY_PHONE_SHIELD_FACTOR, "phone_shield", ZY_FACTOR_PHONE_SHIELD, "手机盾", "Phone shield", false);
