/* passkey.set: the customer sees on which device, under which name and with which key a passkey is going to stand for him. */
#include <string.h>

#include "bank/security/security_internal.h"

typedef struct set_job {
    zy_call *call;
    const passkey_set_in *in;
    zy_device_facts facts;
    zy_webauthn_made made;
    char key[2 * ZY_SM3_BYTES + 1], fingerprint[24];
} set_job;

/* What the person compares: the first eight bytes of the key's SM3, in groups. */
static zy_status fingerprint_of(set_job *job)
{
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(job->made.public_key, sizeof job->made.public_key)), digest));
    zy_hex_encode(digest, sizeof digest, job->key);
    for (size_t i = 0; i < 4; i++) {
        memcpy(job->fingerprint + 5 * i, job->key + 4 * i, 4);
        job->fingerprint[5 * i + 4] = i < 3 ? ' ' : '\0';
    }
    return ZY_OK;
}

static zy_status facts_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    set_job *job = arg;
    return zy_device_current(rtx, job->call->env, job->call->caller, &job->facts, err);
}

static void describe(zy_order_lines *lines, const void *arg)
{
    const set_job *job = arg;
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(job->facts.device, id);
    zy_order_line(lines, "device_id", zy_str_of(id), NULL, (zy_str){ 0 });
    zy_order_line(lines, "device", zy_str_of(job->facts.name), "创建通行密钥的设备", zy_str_of(job->facts.name));
    zy_order_line(lines, "name", job->in->name, "通行密钥名称", job->in->name);
    zy_order_line(lines, "key_sm3", zy_str_of(job->key), "密钥指纹", zy_str_of(job->fingerprint));
}

static zy_json *payload_of(const set_job *job)
{
    char credential[4 * ((ZY_WEBAUTHN_ID_MAX + 2) / 3) + 1], key[2 * ZY_WEBAUTHN_KEY_BYTES + 1];
    zy_json *payload = zy_json_object();
    zy_base64url_encode(job->made.id, job->made.id_n, credential);
    zy_hex_encode(job->made.public_key, sizeof job->made.public_key, key);
    zy_json_set_int(payload, "device", job->facts.device.v);
    zy_json_set_c(payload, "credential", credential);
    zy_json_set_c(payload, "public_key", key);
    zy_json_set_int(payload, "sign_count", job->made.count);
    zy_json_set_str(payload, "name", job->in->name);
    return payload;
}

zy_status passkey_set_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    set_job job = { .call = call, .in = input };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_passkey_read(call, job.in->client_data, job.in->authenticator_data, &job.made, err));
    ZY_TRY(fingerprint_of(&job));
    ZY_TRY(zy_db_read(call->env->db, "passkey.set", facts_read, &job, err));
    const zy_prepare prepare = { .kind = &PASSKEY_SET_KIND, .describe = describe, .arg = &job,
                                 .draft = { .risk = "high", .payload = payload_of(&job), .sms_purpose = ZY_STR("创建通行密钥"),
                                            .notice = ZY_STR("创建后，本设备可用指纹或面容登录并确认交易。请确认设备中录入的指纹和面容均为本人。") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    uint8_t credential[ZY_WEBAUTHN_ID_MAX], key[ZY_WEBAUTHN_KEY_BYTES];
    size_t credential_n = 0, key_n = 0;
    zy_str credential_text = { 0 }, key_text = { 0 };
    zy_passkey_new p = { .customer = o->customer, .device = security_payload_id(payload, "device"), .public_key = key };
    (void)zy_json_str(payload, "credential", &credential_text);
    (void)zy_json_str(payload, "public_key", &key_text);
    if (zy_base64url_decode(credential_text, credential, sizeof credential, &credential_n) != ZY_OK ||
        zy_hex_decode(key_text, key, sizeof key, &key_n) != ZY_OK || key_n != sizeof key || !zy_json_str(payload, "name", &p.name) ||
        !zy_json_int(payload, "sign_count", &p.sign_count))
        return zy_fail(err, ZY_INTERNAL, NULL, "an order without its passkey");
    p.credential = zy_str_bytes(credential, credential_n);
    return zy_passkey_put(tx, env, &p, o->done_at, err);
}

const zy_order_kind PASSKEY_SET_KIND = { .name = "passkey.set", .title_zh = "创建通行密钥", .scene = "passkey.set", .execute = execute };
