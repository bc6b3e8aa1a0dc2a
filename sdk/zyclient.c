#include "zyclient.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_MAX   (2u << 20)
#define TRIES_MAX    3
#define SECRET_PLAIN 82
#define SECRET_MAX   64
#define K_RES_MAX    8 /* resumes lost in a row that the login outlives */

struct zy_client {
    zy_client_options options;
    char url[256], ca_file[4200], device_name[64];
    CURL *curl;
    zy_channel channel;
    bool has_channel;
    int64_t skew_ms;           /* server's clock minus ours */
    char login_id[40];         /* "": not logged in */
    /* Newest first. One is the server's: which one is unknown after answers of resumes were lost. */
    uint8_t k_res[K_RES_MAX][ZY_SM3_BYTES];
    size_t k_res_count;
};

zy_status zy_client_new(const zy_client_options *options, zy_client **ret_client, zy_err *err)
{
    zy_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ZY_NO_MEMORY;
    c->options = *options;
    snprintf(c->url, sizeof c->url, "%s", options->url);
    snprintf(c->ca_file, sizeof c->ca_file, "%s", options->ca_file != NULL ? options->ca_file : "");
    snprintf(c->device_name, sizeof c->device_name, "%s", options->device_name != NULL ? options->device_name : "libzyclient");
    c->curl = curl_easy_init();
    if (c->curl == NULL) {
        free(c);
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no HTTP client");
    }
    *ret_client = c;
    return ZY_OK;
}

void zy_client_free(zy_client *c)
{
    if (c == NULL)
        return;
    curl_easy_cleanup(c->curl);
    zy_wipe(c, sizeof *c);
    free(c);
}

zy_channel *zy_client_channel(zy_client *c)
{
    return c->has_channel ? &c->channel : NULL;
}

void zy_client_drop_channel(zy_client *c)
{
    zy_channel_wipe(&c->channel);
    c->has_channel = false;
}

bool zy_client_is(const zy_json *answer, const char *code)
{
    zy_str s;
    return zy_json_str(answer, "code", &s) && zy_str_eq_c(s, code);
}

/* --- the wire --- */

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
    zy_client_wire *wire = arg;
    zy_buf_add(&wire->body, p, size * n);
    return zy_buf_failed(&wire->body) ? 0 : size * n;
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
    zy_client_wire *wire = arg;
    if (size * n > 8 && strncasecmp(p, "ZSC-Seq:", 8) == 0)
        wire->has_seq = true;
    return size * n;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char line[256];
    if (value == NULL)
        return list;
    snprintf(line, sizeof line, "%s: %s", name, value);
    return curl_slist_append(list, line);
}

zy_status zy_client_post(zy_client *c, const char *path, const char *session, const char *seq, const void *p, size_t n,
                         zy_client_wire *ret_wire, zy_err *err)
{
    char url[400];
    zy_client_wire wire = { .body = { .max = ANSWER_MAX } };
    struct curl_slist *headers = add_header(NULL, "Content-Type", "application/octet-stream");
    headers = add_header(headers, "ZSC-Session", session);
    headers = add_header(headers, "ZSC-Seq", seq);
    headers = curl_slist_append(headers, "Expect:");
    snprintf(url, sizeof url, "%s%s", c->url, path);
    curl_easy_reset(c->curl); /* keeps the connection */
    curl_easy_setopt(c->curl, CURLOPT_URL, url);
    curl_easy_setopt(c->curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS, c->options.timeout_ms > 0 ? c->options.timeout_ms : 15000L);
    if (c->ca_file[0] != '\0')
        curl_easy_setopt(c->curl, CURLOPT_CAINFO, c->ca_file);
    curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE, (long)n);
    curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, n > 0 ? p : "");
    curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &wire);
    curl_easy_setopt(c->curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(c->curl, CURLOPT_HEADERDATA, &wire);
    CURLcode code = curl_easy_perform(c->curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        zy_buf_free(&wire.body);
        return zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "no answer: %s", curl_easy_strerror(code));
    }
    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &wire.http);
    *ret_wire = wire;
    return ZY_OK;
}

/* --- hello --- */

static zy_status finish_hello(zy_client *c, zy_zsc_hello *hello, const zy_client_wire *wire, zy_err *err)
{
    uint32_t lifetime_s = 0;
    zy_time server_time = { 0 };
    if (wire->http != 200)
        return zy_fail(err, wire->http == 410 ? ZY_CHANNEL_KEY : ZY_CHANNEL_BAD, NULL, "hello answered %ld", wire->http);
    ZY_TRY(zy_zsc_client_finish(hello, wire->body.p, wire->body.n, &c->channel, &lifetime_s, &server_time));
    c->skew_ms = server_time.ms - zy_clock_now(zy_clock_system()).ms;
    c->has_channel = true;
    return ZY_OK;
}

zy_status zy_client_hello(zy_client *c, zy_err *err)
{
    uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES];
    ZY_AUTO(zy_zsc_hello_free) zy_zsc_hello *hello = NULL;
    zy_client_wire wire = { 0 };
    zy_client_drop_channel(c);
    ZY_TRY(zy_zsc_client_hello(c->options.server_key_id, c->options.server_key, request, &hello));
    ZY_TRY(zy_client_post(c, "/zsc/1/hello", NULL, NULL, request, sizeof request, &wire, err));
    zy_status status = finish_hello(c, hello, &wire, err);
    zy_buf_free(&wire.body);
    return status == ZY_SIGNATURE_BAD ? zy_fail(err, status, NULL, "the server is not the one whose key is pinned") : status;
}

/* --- one exchange --- */

static void write_envelope(const zy_client *c, const char *api, const char *id, const zy_json *body, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *envelope = zy_json_object();
    zy_json_set_c(envelope, "api", api);
    zy_json_set_int(envelope, "v", 1);
    zy_json_set_int(envelope, "t", zy_clock_now(zy_clock_system()).ms + c->skew_ms);
    if (id != NULL)
        zy_json_set_c(envelope, "id", id);
    zy_json_set(envelope, "body", body != NULL ? zy_json_copy(body) : zy_json_object());
    zy_json_write(envelope, out);
}

static zy_status open_answer(zy_client *c, uint64_t seq, const zy_client_wire *wire, zy_json **ret_answer, zy_err *err)
{
    if (wire->body.n < ZY_ZSC_BODY_MIN)
        return zy_fail(err, ZY_CHANNEL_BAD, NULL, "an answer of %zu bytes", wire->body.n);
    size_t n = wire->body.n - ZY_GCM_TAG_BYTES;
    uint8_t *plain = malloc(wire->body.n);
    if (plain == NULL)
        return ZY_NO_MEMORY;
    zy_status status = zy_zsc_open(&c->channel, false, seq, wire->body.p, wire->body.n, plain);
    if (status == ZY_OK)
        status = zy_json_parse(zy_str_bytes(plain, n), ret_answer);
    zy_wipe(plain, n);
    free(plain);
    return status;
}

/* Which of the fixed refusals an unsealed answer is; a 5xx without ZSC-Seq says nothing about what happened. */
static zy_status refusal(const zy_client_wire *wire, zy_err *err)
{
    static const struct {
        const char *code;
        zy_status status;
    } REFUSALS[] = { { "CHANNEL_EXPIRED", ZY_CHANNEL_EXPIRED }, { "CHANNEL_REPLAY", ZY_CHANNEL_REPLAY },
                     { "CHANNEL_BUSY", ZY_CHANNEL_BUSY },       { "CHANNEL_BAD", ZY_CHANNEL_BAD } };
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    if (zy_json_parse(zy_buf_view(&wire->body), &answer) == ZY_OK)
        for (size_t i = 0; i < ZY_COUNT(REFUSALS); i++)
            if (zy_client_is(answer, REFUSALS[i].code))
                return zy_fail(err, REFUSALS[i].status, NULL, "%s", REFUSALS[i].code);
    return zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "HTTP %ld", wire->http);
}

/* A seq is used once, whatever comes of it. */
static zy_status exchange(zy_client *c, const char *api, const char *id, const zy_json *body, zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    char session[ZY_ZSC_SESSION_TEXT_MAX], seq_text[24];
    uint64_t seq = ++c->channel.highest;
    write_envelope(c, api, id, body, &plain);
    if (plain.n + ZY_GCM_TAG_BYTES > ZY_ZSC_BODY_MAX)
        return zy_fail(err, ZY_REQUEST_TOO_LARGE, NULL, "the call is too large");
    uint8_t *sealed = malloc(plain.n + ZY_GCM_TAG_BYTES);
    if (sealed == NULL)
        return ZY_NO_MEMORY;
    zy_client_wire wire = { 0 };
    zy_zsc_session_text(c->channel.session_id, session);
    snprintf(seq_text, sizeof seq_text, "%llu", (unsigned long long)seq);
    zy_status status = zy_zsc_seal(&c->channel, true, seq, plain.p, plain.n, sealed);
    if (status == ZY_OK)
        status = zy_client_post(c, "/zsc/1/call", session, seq_text, sealed, plain.n + ZY_GCM_TAG_BYTES, &wire, err);
    free(sealed);
    if (status == ZY_OK)
        status = wire.http == 200 && wire.has_seq ? open_answer(c, seq, &wire, ret_answer, err) : refusal(&wire, err);
    zy_buf_free(&wire.body);
    return status;
}

/* --- rotation and resume --- */

static zy_status rotate(zy_client *c, const char *login_id)
{
    zy_channel fresh;
    uint8_t k_res[ZY_SM3_BYTES];
    ZY_TRY(zy_zsc_rotate(&c->channel, zy_str_of(login_id), &fresh, k_res));
    c->channel = fresh;
    zy_wipe(c->k_res, sizeof c->k_res);
    memcpy(c->k_res[0], k_res, sizeof k_res);
    c->k_res_count = 1;
    if (login_id != c->login_id)
        snprintf(c->login_id, sizeof c->login_id, "%s", login_id);
    zy_wipe(&fresh, sizeof fresh);
    zy_wipe(k_res, sizeof k_res);
    return ZY_OK;
}

/* The answer of a resume was lost: the key that it would have brought may be the server's by now. */
static zy_status remember_lost(zy_client *c)
{
    zy_channel fresh;
    uint8_t k_res[ZY_SM3_BYTES];
    ZY_TRY(zy_zsc_rotate(&c->channel, zy_str_of(c->login_id), &fresh, k_res));
    if (c->k_res_count < K_RES_MAX)
        c->k_res_count++;
    memmove(c->k_res[1], c->k_res[0], (c->k_res_count - 1) * sizeof c->k_res[0]);
    memcpy(c->k_res[0], k_res, sizeof k_res);
    zy_wipe(&fresh, sizeof fresh);
    zy_wipe(k_res, sizeof k_res);
    return ZY_OK;
}

zy_status zy_client_device(zy_client *c, zy_json **ret_device, zy_err *err)
{
    uint8_t public_key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    char public_text[89], sig_text[89], id[ZY_DEVICE_ID_MAX];
    if (!c->has_channel)
        ZY_TRY(zy_client_hello(c, err));
    zy_sm2_public(c->options.device_key, public_key);
    ZY_TRY(zy_sm2_sign(c->options.device_key, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(c->channel.th, ZY_SM3_BYTES)), sig));
    ZY_TRY(zy_zsc_device_id(public_key, id));
    zy_base64_encode(public_key, sizeof public_key, public_text);
    zy_base64_encode(sig, sizeof sig, sig_text);
    zy_json *device = zy_json_object();
    zy_json_set_c(device, "name", c->device_name);
    zy_json_set_c(device, "os", "Linux");
    zy_json_set_c(device, "fingerprint", id);
    zy_json_set_c(device, "public_key", public_text);
    zy_json_set_c(device, "sig", sig_text);
    *ret_device = device;
    return ZY_OK;
}

static zy_status resume_with(zy_client *c, const uint8_t k_res[ZY_SM3_BYTES], zy_json **ret_answer, zy_err *err)
{
    uint8_t proof[ZY_SM3_BYTES];
    char proof_text[45];
    zy_json *device = NULL;
    ZY_TRY(zy_client_hello(c, err));
    ZY_TRY(zy_zsc_resume_proof(k_res, c->channel.th, proof));
    ZY_TRY(zy_client_device(c, &device, err));
    zy_base64_encode(proof, sizeof proof, proof_text);
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_json_set_c(body, "login_id", c->login_id);
    zy_json_set_c(body, "proof", proof_text);
    zy_json_set(body, "device", device);
    return exchange(c, "auth.resume", NULL, body, ret_answer, err);
}

/* The newest key first. A proof that is refused costs nothing. */
static zy_status resume(zy_client *c, zy_err *err)
{
    for (size_t i = 0; i < c->k_res_count; i++) {
        ZY_AUTO(zy_json_free) zy_json *answer = NULL;
        zy_status status = resume_with(c, c->k_res[i], &answer, err);
        if (status != ZY_OK) {
            if (c->has_channel && status != ZY_CHANNEL_EXPIRED)
                ZY_TRY(remember_lost(c));
            zy_client_drop_channel(c); /* it is not known to be the login's */
            return status;
        }
        if (zy_client_is(answer, "OK"))
            return rotate(c, c->login_id);
        if (!zy_client_is(answer, "LOGIN_REQUIRED")) {
            zy_client_drop_channel(c);
            return zy_fail(err, ZY_BUSY, NULL, "the login could not be resumed now; it may be later");
        }
    }
    c->login_id[0] = '\0';
    return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "the login is over");
}

static zy_status renew(zy_client *c, zy_err *err)
{
    return c->login_id[0] != '\0' ? resume(c, err) : zy_client_hello(c, err);
}

zy_status zy_client_call(zy_client *c, const char *api, const char *id, const zy_json *body, zy_json **ret_answer, zy_err *err)
{
    zy_status status = ZY_OK;
    bool renewed = false;
    if (!c->has_channel)
        ZY_TRY(renew(c, err));
    for (int tries = 1; tries <= TRIES_MAX; tries++) {
        status = exchange(c, api, id, body, ret_answer, err);
        bool again = id != NULL && (status == ZY_OUTCOME_UNKNOWN || status == ZY_CHANNEL_REPLAY);
        if (status == ZY_CHANNEL_EXPIRED && !renewed) {
            ZY_TRY(renew(c, err)); /* the call never reached a handler: it may be said again, with or without an id */
            renewed = again = true;
        }
        if (!again)
            return status;
    }
    return status;
}

/* --- login and orders --- */

static zy_status make_cipher(const zy_json *challenge, uint8_t purpose, const char *secret, zy_buf *cipher, zy_err *err)
{
    zy_str challenge_text, key_text;
    uint8_t plain[SECRET_PLAIN] = { 0 }, key[ZY_SM2_PUB_BYTES];
    size_t n = 0, length = strlen(secret);
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    if (length > SECRET_MAX)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "a secret has at most %d bytes", SECRET_MAX);
    if (!zy_json_str(challenge, "challenge", &challenge_text) || !zy_json_str(challenge, "public_key", &key_text) ||
        zy_base64_decode(challenge_text, plain, 16, &n) != ZY_OK || n != 16 ||
        zy_base64_decode(key_text, key, sizeof key, &n) != ZY_OK || zy_sm2_pub_from(key, n, &pub) != ZY_OK)
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a challenge of another shape");
    plain[16] = purpose;
    plain[17] = (uint8_t)length;
    memcpy(plain + 18, secret, length);
    zy_status status = zy_sm2_encrypt(pub, plain, sizeof plain, cipher);
    zy_wipe(plain, sizeof plain);
    return status;
}

zy_status zy_client_secret(zy_client *c, uint8_t purpose, const char *secret, zy_json **ret_member, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_AUTO_BUF cipher = { 0 };
    zy_str id;
    char text[400];
    ZY_TRY(zy_client_call(c, "auth.challenge", NULL, NULL, &answer, err));
    const zy_json *challenge = zy_json_get(answer, "body");
    if (!zy_client_is(answer, "OK") || !zy_json_str(challenge, "challenge_id", &id))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "no challenge");
    ZY_TRY(make_cipher(challenge, purpose, secret, &cipher, err));
    if (4 * ((cipher.n + 2) / 3) + 1 > sizeof text)
        return ZY_INTERNAL;
    zy_base64_encode(cipher.p, cipher.n, text);
    zy_json *member = zy_json_object();
    zy_json_set_str(member, "challenge_id", id);
    zy_json_set_c(member, "cipher", text);
    *ret_member = member;
    return ZY_OK;
}

static zy_status start_login(zy_client *c, const char *user, const char *password, zy_json **ret_answer, zy_err *err)
{
    zy_json *secret = NULL, *device = NULL;
    ZY_TRY(zy_client_secret(c, 1, password, &secret, err));
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_json_set_c(body, "user", user);
    zy_json_set(body, "password", secret);
    ZY_TRY(zy_client_device(c, &device, err));
    zy_json_set(body, "device", device);
    return zy_client_call(c, "auth.login.start", NULL, body, ret_answer, err);
}

/* A call whose body is {name: value, "factor": "sms", extra…}; replaces *answer. */
static zy_status factor_call(zy_client *c, const char *api, const char *name, const char *value, const char *factor,
                             const char *code, zy_json **answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_json_set_c(body, name, value);
    zy_json_set_c(body, "factor", factor);
    if (code != NULL)
        zy_json_set_c(body, "value", code);
    zy_json_free(*answer);
    *answer = NULL;
    return zy_client_call(c, api, NULL, body, answer, err);
}

static bool masked_phone(const zy_json *answer, char out[64])
{
    zy_str phone;
    return zy_json_str(zy_json_get(answer, "body"), "phone", &phone) && zy_str_copy(phone, out, 64) == ZY_OK;
}

zy_status zy_client_login(zy_client *c, const char *user, const char *password, zy_client_code_fn ask_code, void *arg,
                          zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_str id;
    char login_id[40], code[16] = "", phone[64] = "";
    c->login_id[0] = '\0';
    ZY_TRY(zy_client_hello(c, err));
    ZY_TRY(start_login(c, user, password, &answer, err));
    if (zy_client_is(answer, "OK") && zy_json_str(zy_json_get(answer, "body"), "login_id", &id)) {
        ZY_TRY(zy_str_copy(id, login_id, sizeof login_id));
        ZY_TRY(factor_call(c, "auth.login.factor.begin", "login_id", login_id, "sms", NULL, &answer, err));
        if (zy_client_is(answer, "OK") && masked_phone(answer, phone)) {
            if (!ask_code(arg, phone, code))
                return zy_fail(err, ZY_FACTOR_WRONG, NULL, "no code was given");
            ZY_TRY(factor_call(c, "auth.login.finish", "login_id", login_id, "sms", code, &answer, err));
            if (zy_client_is(answer, "OK"))
                ZY_TRY(rotate(c, login_id));
        }
    }
    *ret_answer = ZY_STEAL(answer);
    return ZY_OK;
}

static zy_status check_digest(const zy_json *order, char order_id[40], char digest_text[65], zy_err *err)
{
    zy_str id, text, digest;
    uint8_t own[ZY_SM3_BYTES];
    if (!zy_json_str(order, "order_id", &id) || !zy_json_str(order, "text", &text) || !zy_json_str(order, "digest", &digest))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "not a prepared order");
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_STR(text)), own));
    zy_hex_encode(own, sizeof own, digest_text);
    if (!zy_str_eq_c(digest, digest_text))
        return zy_fail(err, ZY_DIGEST_MISMATCH, NULL, "the digest is not that of the text");
    return zy_str_copy(id, order_id, 40);
}

static zy_status verify_pay_password(zy_client *c, const char *order_id, const char *pay_password, zy_json **answer, zy_err *err)
{
    zy_json *secret = NULL;
    ZY_TRY(zy_client_secret(c, 2, pay_password, &secret, err));
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_json_set_c(body, "order_id", order_id);
    zy_json_set_c(body, "factor", "pay_password");
    zy_json_set(body, "value", secret);
    return zy_client_call(c, "order.factor.verify", NULL, body, answer, err);
}

static zy_status confirm(zy_client *c, const char *order_id, const char *digest, zy_json **answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_json_set_c(body, "order_id", order_id);
    zy_json_set_c(body, "digest", digest);
    zy_json_free(*answer);
    *answer = NULL;
    zy_status status = zy_client_call(c, "order.confirm", NULL, body, answer, err);
    for (int tries = 1; tries < TRIES_MAX && (status == ZY_OUTCOME_UNKNOWN || status == ZY_CHANNEL_REPLAY); tries++)
        status = zy_client_call(c, "order.confirm", NULL, body, answer, err); /* repeating it gives the same answer */
    return status;
}

zy_status zy_client_prove(zy_client *c, const zy_json *prepared, const char *pay_password, zy_client_code_fn ask_code, void *arg,
                          zy_json **ret_answer, zy_err *err)
{
    char order_id[40], digest[65], code[16] = "", phone[64] = "";
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_TRY(check_digest(zy_json_get(prepared, "body"), order_id, digest, err));
    ZY_TRY(verify_pay_password(c, order_id, pay_password, &answer, err));
    if (zy_client_is(answer, "OK"))
        ZY_TRY(factor_call(c, "order.factor.begin", "order_id", order_id, "sms", NULL, &answer, err));
    if (zy_client_is(answer, "OK") && masked_phone(answer, phone)) {
        if (!ask_code(arg, phone, code))
            return zy_fail(err, ZY_FACTOR_WRONG, NULL, "no code was given");
        ZY_TRY(factor_call(c, "order.factor.verify", "order_id", order_id, "sms", code, &answer, err));
        if (zy_client_is(answer, "OK"))
            ZY_TRY(confirm(c, order_id, digest, &answer, err));
    }
    *ret_answer = ZY_STEAL(answer);
    return ZY_OK;
}
