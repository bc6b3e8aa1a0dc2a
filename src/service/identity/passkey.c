/* Challenges for passkeys, and judging what they signed. */
#include "service/identity/passkey.h"

#include <stdio.h>
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

#define CREDENTIALS_MAX 20

zy_webauthn_site passkey_site(zy_env *env)
{
    return (zy_webauthn_site){ zy_config_text(env->config, "passkey.rp_id"), zy_config_text(env->config, "passkey.origins") };
}

zy_status passkey_start(zy_env *env, zy_err *err)
{
    zy_webauthn_site site = passkey_site(env);
    if (site.rp_id.n == 0 && site.origins.n == 0)
        return ZY_OK;
    bool demo_site = zy_str_eq_c(site.rp_id, "localhost");
    if (demo_site && zy_str_eq_c(zy_config_text(env->config, "bank.kind"), "production"))
        return zy_fail(err, ZY_CONFIG_BAD, "passkey.rp_id", "localhost is for demos and tests");
    if (zy_webauthn_site_check(&site) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "passkey.origins", "passkey.rp_id is a domain, passkey.origins are https origins of it");
    return ZY_OK;
}

bool passkey_is_on(zy_env *env)
{
    return passkey_site(env).rp_id.n > 0 && zy_param_get(env, "factor.passkey.on") == 1;
}

/* --- challenges --- */

zy_status passkey_challenge_bytes(const passkey_challenge *c, uint8_t out[ZY_WEBAUTHN_CHALLENGE])
{
    static const char LABEL[] = "ZSC1 passkey ";
    return zy_sm3(ZY_PARTS(ZY_PART(LABEL, sizeof LABEL - 1), ZY_PART(c->purpose, strlen(c->purpose) + 1),
                           ZY_PART(c->nonce, sizeof c->nonce), ZY_PART(c->bound, sizeof c->bound)), out);
}

static zy_status put_unit(zy_tx *tx, void *arg, zy_err *err)
{
    return passkey_challenge_put(tx, arg, err);
}

zy_status passkey_challenge_make(zy_call *call, passkey_challenge *c, zy_json *body, zy_err *err)
{
    uint8_t challenge[ZY_WEBAUTHN_CHALLENGE];
    char text[4 * ((ZY_WEBAUTHN_CHALLENGE + 2) / 3) + 1];
    c->made_at = call->now;
    ZY_TRY(zy_random(c->nonce, sizeof c->nonce));
    ZY_TRY(passkey_challenge_bytes(c, challenge));
    ZY_TRY(zy_db_run(call->env->db, "passkey.ask", put_unit, c, err));
    zy_base64url_encode(challenge, sizeof challenge, text);
    zy_json_set_c(body, "challenge", text);
    zy_json_set_str(body, "rp_id", passkey_site(call->env).rp_id);
    zy_json_set_int(body, "expires_at", zy_time_add(call->now, PASSKEY_CHALLENGE_LIFE).ms);
    return ZY_OK;
}

typedef struct credentials_job {
    zy_id customer, device;
    zy_json *credentials;
} credentials_job;

static void push_credential(zy_json *credentials, zy_str id)
{
    char text[4 * ((ZY_WEBAUTHN_ID_MAX + 2) / 3) + 1];
    if (id.n > ZY_WEBAUTHN_ID_MAX)
        return;
    zy_base64url_encode(id.p, id.n, text);
    zy_json_push(credentials, zy_json_new_str(zy_str_of(text)));
}

static zy_status credentials_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const credentials_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(passkey_credentials(rtx, job->customer, job->device, CREDENTIALS_MAX, &rows, err));
    for (bool more = true;;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        push_credential(job->credentials, zy_col_blob(rows, 0));
    }
}

zy_status passkey_ask(zy_call *call, passkey_challenge *c, zy_id customer, zy_id device, zy_json *body, zy_err *err)
{
    credentials_job job = { customer, device, zy_json_array() };
    zy_json_set(body, "credentials", job.credentials);
    ZY_TRY(zy_db_read(call->env->db, "passkey.credentials", credentials_read, &job, err));
    return passkey_challenge_make(call, c, body, err);
}

/* --- judging --- */

/* What came, as bytes. */
typedef struct signed_bytes {
    uint8_t credential[ZY_WEBAUTHN_ID_MAX], client[ZY_WEBAUTHN_CLIENT_MAX], data[ZY_WEBAUTHN_DATA_MAX],
        signature[ZY_WEBAUTHN_SIGNATURE_MAX];
    size_t credential_n, client_n, data_n, signature_n;
} signed_bytes;

static bool decode(const passkey_in *in, signed_bytes *b)
{
    return zy_base64url_decode(in->credential_id, b->credential, sizeof b->credential, &b->credential_n) == ZY_OK &&
           zy_base64url_decode(in->client_data, b->client, sizeof b->client, &b->client_n) == ZY_OK &&
           zy_base64url_decode(in->authenticator_data, b->data, sizeof b->data, &b->data_n) == ZY_OK &&
           zy_base64url_decode(in->signature, b->signature, sizeof b->signature, &b->signature_n) == ZY_OK;
}

static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    passkey_check_job *job = arg;
    uint8_t key[ZY_SM3_BYTES];
    zy_status status = passkey_challenge_take(tx, &job->challenge, err);
    job->locked = false;
    job->asked = status == ZY_OK && !zy_time_passed(job->call->now, job->challenge.made_at, PASSKEY_CHALLENGE_LIFE);
    if (status != ZY_OK || !job->asked)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    ZY_TRY(zy_try_key(job->call->env, ZY_TRY_PASSKEY, job->customer, NULL, key));
    return zy_try_take(tx, key, job->call->now, &job->locked, err);
}

typedef struct find_job {
    passkey_check_job *job;
    uint8_t digest[ZY_SM3_BYTES];
} find_job;

static zy_status find_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const find_job *f = arg;
    zy_status status = passkey_find(rtx, f->job->customer, f->job->device, f->digest, &f->job->row, err);
    f->job->found = status == ZY_OK;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

/* ZY_SIGNATURE_BAD, whatever the reason is. */
static zy_status judge(passkey_check_job *job, zy_err *err)
{
    signed_bytes b;
    uint8_t challenge[ZY_WEBAUTHN_CHALLENGE];
    find_job find = { .job = job };
    zy_webauthn_site site = passkey_site(job->call->env);
    if (!decode(job->in, &b))
        return ZY_SIGNATURE_BAD;
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(b.credential, b.credential_n)), find.digest));
    ZY_TRY(zy_db_read(job->call->env->db, "passkey.find", find_read, &find, err));
    if (!job->found)
        return ZY_SIGNATURE_BAD;
    ZY_TRY(passkey_challenge_bytes(&job->challenge, challenge));
    const zy_webauthn_assertion assertion = { zy_str_bytes(b.client, b.client_n), zy_str_bytes(b.data, b.data_n),
                                              zy_str_bytes(b.signature, b.signature_n) };
    return zy_webauthn_verify(&site, challenge, job->row.public_key, &assertion, &job->sign_count);
}

/* --- what comes of it --- */

zy_status passkey_audit(zy_tx *tx, const zy_call *call, zy_id customer, const char *event, zy_id passkey, const char *reason,
                        zy_status result, zy_err *err)
{
    char detail[64] = "";
    if (reason != NULL)
        snprintf(detail, sizeof detail, "{\"reason\":\"%s\"}", reason);
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = customer, .object_kind = "passkey", .object = passkey,
                              .address = call->caller->address, .device = zy_str_of(call->caller->device_id),
                              .trace = zy_str_of(call->trace), .result = zy_str_of(zy_status_name(result)),
                              .detail = zy_str_of(detail) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* A copy of the key signed elsewhere: nobody can tell which of them is the customer's. */
static zy_status lock_clone(zy_tx *tx, const passkey_check_job *job, zy_err *err)
{
    ZY_TRY(passkey_switch_off(tx, job->row.id, "cloned", job->call->now, err));
    ZY_TRY(passkey_audit(tx, job->call, job->customer, "passkey.off", job->row.id, "cloned", ZY_FACTOR_WRONG, err));
    return zy_notify_add(tx, job->call->env, job->customer, "security", ZY_STR("通行密钥已停用"),
                         ZY_STR("您的一个通行密钥的签名计数异常，可能已被复制，现已停用。请检查您的设备，删除后重新创建；如非本人操作，请联系客服。"),
                         err);
}

static zy_status switch_off_if_due(zy_tx *tx, const passkey_check_job *job, const uint8_t key[ZY_SM3_BYTES], zy_err *err)
{
    bool locked = false;
    int64_t count = 0;
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), key, job->call->now, &locked, err));
    if (!locked)
        return ZY_OK;
    ZY_TRY(passkey_switch_off_device(tx, job->customer, job->device, "wrong", job->call->now, &count, err));
    if (count == 0)
        return ZY_OK;
    ZY_TRY(passkey_audit(tx, job->call, job->customer, "passkey.off", (zy_id){ 0 }, "wrong", ZY_LOCKED, err));
    return zy_notify_add(tx, job->call->env, job->customer, "security", ZY_STR("通行密钥已停用"),
                         ZY_STR("通行密钥连续5次验证未通过，本设备的通行密钥已停用。请使用密码登录后重新创建。如非本人操作，请尽快检查您的设备。"),
                         err);
}

static zy_status count_use(zy_tx *tx, passkey_check_job *job, bool *ret_counted, zy_err *err)
{
    passkey_row now;
    ZY_TRY(passkey_use(tx, job->row.id, job->sign_count, job->call->now, ret_counted, err));
    if (*ret_counted)
        return ZY_OK;
    ZY_TRY(passkey_by_id(zy_tx_read(tx), job->row.id, &now, err));
    job->cloned = strcmp(now.state, "on") == 0;
    return job->cloned ? lock_clone(tx, job, err) : ZY_OK;
}

static zy_status result_unit(zy_tx *tx, void *arg, zy_err *err)
{
    passkey_check_job *job = arg;
    uint8_t key[ZY_SM3_BYTES];
    bool counted = false;
    job->cloned = false;
    ZY_TRY(zy_try_key(job->call->env, ZY_TRY_PASSKEY, job->customer, NULL, key));
    if (job->verified)
        ZY_TRY(count_use(tx, job, &counted, err));
    job->right = counted;
    if (!counted) {
        ZY_TRY(passkey_audit(tx, job->call, job->customer, "factor.passkey_wrong", job->row.id, NULL, ZY_FACTOR_WRONG, err));
        return switch_off_if_due(tx, job, key, err);
    }
    ZY_TRY(zy_try_forgive(tx, key, job->call->now, err));
    return passkey_audit(tx, job->call, job->customer, "factor.passkey_ok", job->row.id, NULL, ZY_OK, err);
}

zy_status passkey_check(passkey_check_job *job, zy_err *err)
{
    zy_db *db = job->call->env->db;
    ZY_TRY(zy_db_run(db, "passkey.try", take_unit, job, err));
    if (!job->asked)
        return zy_fail(err, ZY_CHALLENGE_BAD, NULL, "no challenge waits for a passkey");
    if (job->locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong passkeys");
    zy_status status = judge(job, err);
    if (status != ZY_OK && status != ZY_SIGNATURE_BAD)
        return status;
    job->verified = status == ZY_OK;
    ZY_TRY(zy_db_run(db, "passkey.result", result_unit, job, err));
    return job->right ? ZY_OK : zy_fail(err, ZY_FACTOR_WRONG, NULL, job->cloned ? "the counter went back" : "passkey");
}
