/* A passkey as a factor of orders: it signs a challenge that holds the order's digest. What it signed is kept with the order, and
 * can be checked years later. */
#include <string.h>

#include "service/identity/passkey.h"

#define PURPOSE_ORDER "order"
#define JSON_MAX      5400 /* bytes of the value: four texts in base64url */

static passkey_challenge challenge_of(const zy_call *call, const zy_factor_subject *subject)
{
    passkey_challenge c = { .login = call->caller->login, .purpose = PURPOSE_ORDER };
    memcpy(c.bound, subject->digest, sizeof c.bound);
    return c;
}

static zy_status enrolled(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool *ret_enrolled, zy_err *err)
{
    int64_t kept = 0, on = 0;
    ZY_TRY(passkey_count(rtx, caller->customer, caller->device, &kept, &on, err));
    *ret_enrolled = on > 0 && passkey_is_on(env);
    return ZY_OK;
}

static zy_status begin(zy_call *call, const zy_factor_subject *subject, zy_json *body, zy_err *err)
{
    passkey_challenge c = challenge_of(call, subject);
    if (!call->caller->device_bound)
        return zy_fail(err, ZY_FACTOR_MISSING, NULL, "the device is not bound");
    return passkey_ask(call, &c, subject->customer, call->caller->device, body, err);
}

/* base64 of {"credential_id","client_data","authenticator_data","signature"} */
static zy_status read_value(zy_call *call, zy_str base64, passkey_in *in, zy_err *err)
{
    uint8_t *text = zy_arena_alloc(call->arena, JSON_MAX);
    size_t n = 0;
    ZY_AUTO(zy_json_free) zy_json *json = NULL;
    if (text == NULL)
        return zy_fail(err, ZY_REQUEST_TOO_LARGE, "value", "what a passkey signed");
    if (zy_base64_decode(base64, text, JSON_MAX, &n) != ZY_OK || zy_json_parse(zy_str_bytes(text, n), &json) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "value", "not what a passkey signed");
    zy_status status = zy_decode(PASSKEY_FIELDS, ZY_COUNT(PASSKEY_FIELDS), json, call->arena, in, err);
    return status == ZY_BAD_FIELD ? zy_fail(err, ZY_BAD_FIELD, "value", "not what a passkey signed") : status;
}

static void set_bytes(zy_json *evidence, const char *name, const uint8_t *p, size_t n)
{
    char text[4 * ((ZY_WEBAUTHN_KEY_BYTES + 2) / 3) + 1];
    zy_base64url_encode(p, n, text);
    zy_json_set_c(evidence, name, text);
}

static void keep_evidence(const passkey_check_job *job, zy_json *evidence)
{
    zy_webauthn_site site = passkey_site(job->call->env);
    zy_json_set_id(evidence, "passkey_id", job->row.id);
    zy_json_set_int(evidence, "at", job->call->now.ms);
    zy_json_set_str(evidence, "rp_id", site.rp_id);
    zy_json_set_str(evidence, "origins", site.origins);
    set_bytes(evidence, "public_key", job->row.public_key, sizeof job->row.public_key);
    set_bytes(evidence, "nonce", job->challenge.nonce, sizeof job->challenge.nonce);
    zy_json_set_str(evidence, "client_data", job->in->client_data);
    zy_json_set_str(evidence, "authenticator_data", job->in->authenticator_data);
    zy_json_set_str(evidence, "signature", job->in->signature);
}

static zy_status check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence, zy_err *err)
{
    passkey_in in = { .signature = { 0 } };
    passkey_check_job job = { .call = call, .customer = subject->customer, .device = call->caller->device,
                              .challenge = challenge_of(call, subject), .in = &in };
    if (!call->caller->device_bound)
        return zy_fail(err, ZY_FACTOR_MISSING, NULL, "the device is not bound");
    ZY_TRY(read_value(call, value->text, &in, err));
    ZY_TRY(passkey_check(&job, err));
    keep_evidence(&job, evidence);
    return ZY_OK;
}

/* --- years later --- */

typedef struct kept {
    zy_id passkey;
    int64_t at;
    zy_webauthn_site site;
    passkey_challenge challenge;
    uint8_t public_key[ZY_WEBAUTHN_KEY_BYTES], client[ZY_WEBAUTHN_CLIENT_MAX], data[ZY_WEBAUTHN_DATA_MAX],
        signature[ZY_WEBAUTHN_SIGNATURE_MAX];
    size_t client_n, data_n, signature_n;
} kept;

static bool get_bytes(const zy_json *evidence, const char *name, uint8_t *out, size_t size, size_t *ret_n)
{
    zy_str text = { 0 };
    return zy_json_str(evidence, name, &text) && zy_base64url_decode(text, out, size, ret_n) == ZY_OK;
}

static bool read_kept(const zy_json *e, kept *k)
{
    zy_str id = { 0 };
    size_t key_n = 0, nonce_n = 0;
    return zy_json_str(e, "passkey_id", &id) && zy_id_parse(id, &k->passkey) == ZY_OK && zy_json_int(e, "at", &k->at) &&
           zy_json_str(e, "rp_id", &k->site.rp_id) && zy_json_str(e, "origins", &k->site.origins) &&
           get_bytes(e, "public_key", k->public_key, sizeof k->public_key, &key_n) && key_n == sizeof k->public_key &&
           get_bytes(e, "nonce", k->challenge.nonce, sizeof k->challenge.nonce, &nonce_n) && nonce_n == sizeof k->challenge.nonce &&
           get_bytes(e, "client_data", k->client, sizeof k->client, &k->client_n) &&
           get_bytes(e, "authenticator_data", k->data, sizeof k->data, &k->data_n) &&
           get_bytes(e, "signature", k->signature, sizeof k->signature, &k->signature_n);
}

/* It was this customer's, not ended before it signed, and is the key that was registered. */
static bool was_in_use(const passkey_row *row, const zy_factor_subject *subject, const kept *k)
{
    return zy_id_eq(row->customer, subject->customer) && memcmp(row->public_key, k->public_key, sizeof k->public_key) == 0 &&
           row->made_at.ms <= k->at && (row->ended_at.ms == 0 || k->at <= row->ended_at.ms);
}

static zy_status verify_kept(const kept *k)
{
    uint8_t challenge[ZY_WEBAUTHN_CHALLENGE];
    uint32_t count = 0;
    const zy_webauthn_assertion assertion = { zy_str_bytes(k->client, k->client_n), zy_str_bytes(k->data, k->data_n),
                                              zy_str_bytes(k->signature, k->signature_n) };
    ZY_TRY(passkey_challenge_bytes(&k->challenge, challenge));
    return zy_webauthn_verify(&k->site, challenge, k->public_key, &assertion, &count);
}

static zy_status verify_evidence(zy_rtx *rtx, zy_env *env, const zy_factor_subject *subject, const zy_json *evidence, zy_err *err)
{
    (void)env;
    passkey_row row;
    kept k = { .challenge = { .purpose = PURPOSE_ORDER } };
    memcpy(k.challenge.bound, subject->digest, sizeof k.challenge.bound);
    if (!read_kept(evidence, &k))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "what was kept is not whole");
    zy_status status = passkey_by_id(rtx, k.passkey, &row, err);
    if (status == ZY_NOT_FOUND || (status == ZY_OK && !was_in_use(&row, subject, &k)))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the passkey was not in use by this customer then");
    ZY_TRY(status);
    status = verify_kept(&k);
    return status == ZY_OK ? ZY_OK : zy_fail(err, status, NULL, "what was signed does not fit the order");
}

const zy_factor PASSKEY_FACTOR = { .bit = ZY_FACTOR_PASSKEY, .name = "passkey", .title_zh = "通行密钥", .title_en = "Passkey",
                                   .kind = ZY_FK_POSSESSION, .bound_device = true, .cap_param = "factor.passkey.cap_fen",
                                   .enrolled = enrolled, .begin = begin, .check = check, .verify_evidence = verify_evidence };
