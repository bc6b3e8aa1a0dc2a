#include "fake_server.h"

#include <stdio.h>
#include <string.h>

#include "zy_test.h"

#define ORDER_TEXT "zhangyin-order/1\norder_id=o1\nkind=transfer\namount_fen=100"

void fake_start(fake_server *s)
{
    memset(s, 0, sizeof *s);
    ASSERT_OK(zy_crypto_start(NULL));
    ASSERT_OK(zy_sm2_generate(&s->key));
    ASSERT_OK(zy_sm2_generate(&s->password_key));
    zy_sm2_public(s->key, s->public_key);
}

void fake_stop(fake_server *s)
{
    zy_sm2_key_free(s->key);
    zy_sm2_key_free(s->password_key);
    zy_buf_free(&s->wire);
}

void fake_break(fake_server *s, const char *api, fake_fault fault, unsigned times)
{
    for (size_t i = 0; i < ZY_COUNT(s->faults); i++)
        if (s->faults[i].times == 0) {
            s->faults[i].api = api;
            s->faults[i].fault = fault;
            s->faults[i].times = times;
            return;
        }
    fail_msg("too many faults");
}

void fake_forget_channels(fake_server *s)
{
    for (size_t i = 0; i < s->session_count; i++)
        s->sessions[i].alive = false;
}

size_t fake_count(const fake_server *s, const char *api)
{
    size_t n = 0;
    for (size_t i = 0; i < s->call_count; i++)
        n += strcmp(s->calls[i].api, api) == 0;
    return n;
}

static fake_fault take_fault(fake_server *s, const char *api)
{
    for (size_t i = 0; i < ZY_COUNT(s->faults); i++)
        if (s->faults[i].times > 0 && strcmp(s->faults[i].api, api) == 0) {
            s->faults[i].times--;
            return s->faults[i].fault;
        }
    return FAKE_NONE;
}

/* --- hello --- */

static zy_status key_of(void *arg, uint16_t key_id, uint8_t out[ZY_SM2_PUB_BYTES])
{
    const fake_server *s = arg;
    memcpy(out, s->public_key, ZY_SM2_PUB_BYTES);
    return key_id == FAKE_KEY_ID ? ZY_OK : ZY_NOT_FOUND;
}

static zy_status sign(void *arg, uint16_t key_id, const uint8_t th[ZY_SM3_BYTES], uint8_t sig[ZY_SM2_SIG_BYTES])
{
    const fake_server *s = arg;
    (void)key_id;
    return zy_sm2_sign(s->key, ZY_LABEL_SERVER_HELLO, ZY_PARTS(ZY_PART(th, ZY_SM3_BYTES)), sig);
}

static void refuse(zy_client_wire *wire, long http, const char *code)
{
    wire->http = http;
    zy_buf_fmt(&wire->body, "{\"code\":\"%s\"}", code);
}

static fake_session *add_session(fake_server *s, const zy_channel *channel)
{
    assert_true(s->session_count < FAKE_SESSIONS);
    fake_session *fresh = &s->sessions[s->session_count++];
    *fresh = (fake_session){ .channel = *channel, .alive = true };
    return fresh;
}

static void hello(fake_server *s, const zy_client_request *r, zy_client_wire *wire)
{
    const zy_hello_signer signer = { key_of, sign, s };
    uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES];
    zy_channel channel = { 0 };
    zy_time now = { s->clock_ms != 0 ? s->clock_ms : zy_clock_now(zy_clock_system()).ms };
    s->hellos++;
    zy_status status = zy_zsc_server_hello(r->body, r->n, &signer, 3, 600, now, response, &channel);
    if (status != ZY_OK) {
        refuse(wire, zy_status_http(status), zy_status_name(status));
        return;
    }
    add_session(s, &channel);
    wire->http = 200;
    zy_buf_add(&wire->body, response, sizeof response);
}

/* --- the APIs --- */

typedef struct call_in {
    fake_server *s;
    fake_session *session;
    const zy_json *body;
    const char *id;
    zy_json *out;       /* the answer's body */
    const char *code;
    zy_channel rotated;
    bool has_rotated;
} call_in;

static bool device_is_right(const call_in *in)
{
    const zy_json *device = zy_json_get(in->body, "device");
    zy_str key_text, sig_text;
    uint8_t key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    size_t n;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    return zy_json_str(device, "public_key", &key_text) && zy_json_str(device, "sig", &sig_text) &&
           zy_base64_decode(key_text, key, sizeof key, &n) == ZY_OK && zy_base64_decode(sig_text, sig, sizeof sig, &n) == ZY_OK &&
           zy_sm2_pub_from(key, sizeof key, &pub) == ZY_OK &&
           zy_sm2_verify(pub, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(in->session->channel.th, ZY_SM3_BYTES)), sig) == ZY_OK;
}

static void open_secret(call_in *in, const zy_json *member)
{
    zy_str text;
    uint8_t cipher[300];
    size_t n;
    assert_true(zy_json_str(member, "cipher", &text));
    ASSERT_OK(zy_base64_decode(text, cipher, sizeof cipher, &n));
    ASSERT_OK(zy_sm2_decrypt(in->s->password_key, cipher, n, in->s->secret, sizeof in->s->secret, &in->s->secret_n));
}

static void rotate(call_in *in)
{
    ASSERT_OK(zy_zsc_rotate(&in->session->channel, ZY_STR(FAKE_LOGIN_ID), &in->rotated, in->s->k_res));
    in->has_rotated = true;
}

static void do_challenge(call_in *in)
{
    uint8_t key[ZY_SM2_PUB_BYTES];
    char text[100];
    zy_sm2_public(in->s->password_key, key);
    zy_base64_encode(key, sizeof key, text);
    zy_json_set_c(in->out, "challenge_id", "c1");
    zy_json_set_c(in->out, "challenge", "AAECAwQFBgcICQoLDA0ODw==");
    zy_json_set_c(in->out, "public_key", text);
}

static void do_start(call_in *in)
{
    open_secret(in, zy_json_get(in->body, "password"));
    in->code = device_is_right(in) ? "OK" : "LOGIN_FAILED";
    zy_json_set_c(in->out, "login_id", FAKE_LOGIN_ID);
}

static void do_begin(call_in *in)
{
    zy_json_set_c(in->out, "phone", "138****0001");
}

static void do_finish(call_in *in)
{
    zy_str value;
    if (zy_json_str(in->body, "value", &value) && zy_str_eq_c(value, FAKE_CODE))
        rotate(in);
    else
        in->code = "FACTOR_WRONG";
}

static void do_session(call_in *in)
{
    in->code = in->session->logged_in && !in->s->login_ended ? "OK" : "LOGIN_REQUIRED";
}

static void do_resume(call_in *in)
{
    zy_str proof_text;
    uint8_t proof[ZY_SM3_BYTES], want[ZY_SM3_BYTES];
    size_t n;
    assert_true(zy_json_str(in->body, "proof", &proof_text));
    ASSERT_OK(zy_base64_decode(proof_text, proof, sizeof proof, &n));
    ASSERT_OK(zy_zsc_resume_proof(in->s->k_res, in->session->channel.th, want));
    if (memcmp(proof, want, sizeof want) != 0 || !device_is_right(in) || in->s->login_ended)
        in->code = "LOGIN_REQUIRED";
    else
        rotate(in);
}

static void do_thing(call_in *in)
{
    do_session(in);
    if (strcmp(in->code, "OK") != 0)
        return;
    if (in->id == NULL || strcmp(in->id, in->s->done_id) != 0)
        in->s->done++;
    snprintf(in->s->done_id, sizeof in->s->done_id, "%s", in->id != NULL ? in->id : "");
    zy_json_set_int(in->out, "done", (int64_t)in->s->done);
}

static void do_prepare(call_in *in)
{
    uint8_t digest[ZY_SM3_BYTES];
    char text[ZY_CLIENT_DIGEST_TEXT];
    ASSERT_OK(zy_sm3(ZY_PARTS(ZY_PART_LABEL(ORDER_TEXT)), digest));
    digest[0] ^= in->s->lies_about_digest;
    zy_hex_encode(digest, sizeof digest, text);
    zy_json_set_c(in->out, "order_id", "o1");
    zy_json_set_c(in->out, "text", ORDER_TEXT);
    zy_json_set_c(in->out, "digest", text);
}

static void do_verify(call_in *in)
{
    zy_str factor, value;
    zy_json *left = zy_json_array();
    zy_json_set(in->out, "factors", left);
    assert_true(zy_json_str(in->body, "factor", &factor));
    if (zy_str_eq_c(factor, "pay_password")) {
        open_secret(in, zy_json_get(in->body, "value"));
        zy_json_push(left, zy_json_new_str(ZY_STR("sms")));
    } else if (!zy_json_str(in->body, "value", &value) || !zy_str_eq_c(value, FAKE_CODE))
        in->code = "FACTOR_WRONG";
}

static void do_confirm(call_in *in)
{
    in->s->done = 1;
    zy_json_set_c(in->out, "state", "posted");
}

static const struct {
    const char *api;
    void (*run)(call_in *in);
} APIS[] = {
    { "auth.challenge", do_challenge },   { "auth.login.start", do_start },   { "auth.login.factor.begin", do_begin },
    { "auth.login.finish", do_finish },   { "auth.session", do_session },     { "auth.resume", do_resume },
    { "auth.logout", do_session },        { "thing.do", do_thing },           { "thing.prepare", do_prepare },
    { "order.factor.verify", do_verify }, { "order.factor.begin", do_begin }, { "order.confirm", do_confirm },
};

/* --- a call --- */

static fake_session *find_session(fake_server *s, const char *text)
{
    uint8_t id[ZY_ZSC_SESSION_ID_BYTES];
    ASSERT_OK(zy_zsc_session_parse(zy_str_of(text), id));
    for (size_t i = 0; i < s->session_count; i++)
        if (s->sessions[i].alive && memcmp(s->sessions[i].channel.session_id, id, sizeof id) == 0)
            return &s->sessions[i];
    return NULL;
}

static fake_call *note_call(fake_server *s, const zy_json *envelope, uint64_t seq, const fake_session *session)
{
    zy_str api, id;
    assert_true(s->call_count < FAKE_CALLS);
    fake_call *call = &s->calls[s->call_count++];
    assert_true(zy_json_str(envelope, "api", &api));
    ASSERT_OK(zy_str_copy(api, call->api, sizeof call->api));
    if (zy_json_str(envelope, "id", &id))
        ASSERT_OK(zy_str_copy(id, call->id, sizeof call->id));
    assert_true(zy_json_int(envelope, "t", &call->at_ms));
    call->seq = seq;
    memcpy(call->session, session->channel.session_id, sizeof call->session);
    return call;
}

static void run_api(call_in *in, const fake_call *call, fake_fault fault)
{
    in->code = fault == FAKE_BUSY ? "BUSY" : fault == FAKE_SKEW ? "CLOCK_SKEW" : "OK";
    if (strcmp(in->code, "OK") != 0)
        return;
    for (size_t i = 0; i < ZY_COUNT(APIS); i++)
        if (strcmp(APIS[i].api, call->api) == 0) {
            APIS[i].run(in);
            return;
        }
    in->code = "API_UNKNOWN";
}

static void answer(call_in *in, uint64_t seq, fake_fault fault, zy_client_wire *wire)
{
    ZY_AUTO(zy_json_free) zy_json *out = zy_json_object();
    ZY_AUTO_BUF plain = { 0 };
    zy_json_set_c(out, "code", in->code);
    zy_json_set(out, "body", in->out);
    zy_json_write(out, &plain);
    uint8_t sealed[4096];
    assert_true(plain.n + ZY_GCM_TAG_BYTES <= sizeof sealed);
    ASSERT_OK(zy_zsc_seal(&in->session->channel, false, seq, plain.p, plain.n, sealed));
    sealed[plain.n / 2] ^= fault == FAKE_FORGED;
    wire->http = 200;
    wire->has_seq = true;
    snprintf(wire->seq, sizeof wire->seq, "%llu", (unsigned long long)seq + (fault == FAKE_WRONG_SEQ));
    zy_buf_add(&wire->body, sealed, plain.n + ZY_GCM_TAG_BYTES);
    if (in->has_rotated) {
        in->session->alive = false;
        add_session(in->s, &in->rotated)->logged_in = true;
    }
}

static void handle(fake_server *s, fake_session *session, uint64_t seq, const zy_json *envelope, fake_fault fault,
                   zy_client_wire *wire)
{
    const fake_call *call = note_call(s, envelope, seq, session);
    call_in in = { .s = s, .session = session, .body = zy_json_get(envelope, "body"), .out = zy_json_object(),
                   .id = call->id[0] != '\0' ? call->id : NULL };
    run_api(&in, call, fault);
    answer(&in, seq, fault, wire);
}

static zy_status call(fake_server *s, const zy_client_request *r, zy_client_wire *wire, zy_err *err)
{
    uint64_t seq = 0;
    uint8_t plain[8192];
    zy_str api;
    ZY_AUTO(zy_json_free) zy_json *envelope = NULL;
    fake_session *session = find_session(s, r->session);
    if (session == NULL) {
        refuse(wire, 401, "CHANNEL_EXPIRED");
        return ZY_OK;
    }
    ASSERT_OK(zy_zsc_seq_parse(zy_str_of(r->seq), &seq));
    assert_true(r->n <= sizeof plain);
    ASSERT_OK(zy_zsc_open(&session->channel, true, seq, r->body, r->n, plain)); /* the client seals rightly */
    ASSERT_OK(zy_zsc_window_take(&session->channel, seq));                      /* and never twice under one seq */
    ASSERT_OK(zy_json_parse(zy_str_bytes(plain, r->n - ZY_GCM_TAG_BYTES), &envelope));
    assert_true(zy_json_str(envelope, "api", &api));
    char name[40];
    ASSERT_OK(zy_str_copy(api, name, sizeof name));
    fake_fault fault = take_fault(s, name);
    if (fault == FAKE_LOST_REQUEST)
        return zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "lost");
    if (fault == FAKE_CHANNEL_BUSY || fault == FAKE_REPLAYED) {
        refuse(wire, 429, fault == FAKE_REPLAYED ? "CHANNEL_REPLAY" : "CHANNEL_BUSY");
        return ZY_OK;
    }
    handle(s, session, seq, envelope, fault, wire);
    if (fault == FAKE_LOST_ANSWER || fault == FAKE_HTTP_502)
        zy_buf_free(&wire->body);
    if (fault == FAKE_HTTP_502)
        *wire = (zy_client_wire){ .http = 502 };
    return fault == FAKE_LOST_ANSWER ? zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "lost") : ZY_OK;
}

static zy_status post(void *arg, const zy_client_request *r, zy_client_wire *ret_wire, zy_err *err)
{
    fake_server *s = arg;
    zy_client_wire wire = { 0 };
    zy_buf_add(&s->wire, r->body, r->n);
    zy_status status = ZY_OK;
    if (strcmp(r->path, "/zsc/1/hello") == 0)
        hello(s, r, &wire);
    else
        status = call(s, r, &wire, err);
    if (status == ZY_OK)
        *ret_wire = wire;
    return status;
}

zy_client_transport fake_transport(fake_server *s)
{
    return (zy_client_transport){ .post = post, .arg = s };
}
