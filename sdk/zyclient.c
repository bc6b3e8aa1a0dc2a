/* The channel: hello, sequence numbers, retries, rotation and resume. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client_internal.h"

#define TRIES_MAX          3
#define WAIT_MS            200 /* before a repetition, times the number of tries */
#define LIFETIME_MARGIN_MS 30000 /* at most: a channel is renewed before it ends under a call */

zy_status zy_client_new(const zy_client_options *options, zy_client **ret_client, zy_err *err)
{
    ZY_AUTO(zy_client_free) zy_client *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ZY_NO_MEMORY;
    c->options = *options;
    snprintf(c->device_name, sizeof c->device_name, "%s", options->device_name != NULL ? options->device_name : "libzyclient");
    snprintf(c->device_os, sizeof c->device_os, "%s", options->device_os != NULL ? options->device_os : "Linux");
    if (options->transport != NULL)
        c->transport = *options->transport;
    else
        ZY_TRY(zy_client_curl(options->url, options->ca_file, options->timeout_ms, &c->transport, err));
    *ret_client = ZY_STEAL(c);
    return ZY_OK;
}

void zy_client_free(zy_client *c)
{
    if (c == NULL)
        return;
    if (c->transport.free != NULL)
        c->transport.free(c->transport.arg);
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

static int64_t own_ms(void)
{
    return zy_clock_now(zy_clock_system()).ms;
}

zy_time zy_client_now(const zy_client *c)
{
    return (zy_time){ own_ms() + c->skew_ms };
}

static void wait_ms(long ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    nanosleep(&t, NULL);
}

zy_status zy_client_post(zy_client *c, const char *path, const char *session, const char *seq, const void *p, size_t n,
                         zy_client_wire *ret_wire, zy_err *err)
{
    const zy_client_request request = { path, session, seq, p, n };
    return c->transport.post(c->transport.arg, &request, ret_wire, err);
}

/* --- refusals in clear --- */

/* Which of the fixed refusals an unsealed answer is; a 5xx says nothing about what happened. */
static zy_status refusal(const zy_client_wire *wire, zy_err *err)
{
    static const struct {
        const char *code;
        zy_status status;
    } REFUSALS[] = { { "CHANNEL_EXPIRED", ZY_CHANNEL_EXPIRED }, { "CHANNEL_REPLAY", ZY_CHANNEL_REPLAY },
                     { "CHANNEL_BUSY", ZY_CHANNEL_BUSY },       { "CHANNEL_BAD", ZY_CHANNEL_BAD },
                     { "CHANNEL_KEY", ZY_CHANNEL_KEY } };
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    if (wire->http < 500 && zy_json_parse(zy_buf_view(&wire->body), &answer) == ZY_OK)
        for (size_t i = 0; i < ZY_COUNT(REFUSALS); i++)
            if (zy_client_is(answer, REFUSALS[i].code))
                return zy_fail(err, REFUSALS[i].status, NULL, "%s", REFUSALS[i].code);
    return zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "HTTP %ld", wire->http);
}

bool zy_client_may_have_acted(zy_status status)
{
    return status == ZY_OUTCOME_UNKNOWN || status == ZY_CHANNEL_REPLAY || status == ZY_CHANNEL_EXPIRED || status == ZY_CHANNEL_BUSY;
}

/* --- hello --- */

static zy_status finish_hello(zy_client *c, zy_zsc_hello *hello, const zy_client_wire *wire, int64_t sent_ms, zy_err *err)
{
    uint32_t lifetime_s = 0;
    zy_time server_time = { 0 };
    if (wire->http != 200)
        return refusal(wire, err);
    zy_status status = zy_zsc_client_finish(hello, wire->body.p, wire->body.n, &c->channel, &lifetime_s, &server_time);
    if (status == ZY_SIGNATURE_BAD)
        return zy_fail(err, status, NULL, "the server is not the one whose key is pinned");
    ZY_TRY(status);
    int64_t now = own_ms();
    c->skew_ms = server_time.ms - (sent_ms + now) / 2;
    int64_t lifetime_ms = (int64_t)lifetime_s * 1000, margin_ms = lifetime_ms / 10;
    c->expires_ms = sent_ms + lifetime_ms - (margin_ms < LIFETIME_MARGIN_MS ? margin_ms : LIFETIME_MARGIN_MS);
    c->has_channel = true;
    return ZY_OK;
}

static zy_status hello_once(zy_client *c, zy_err *err)
{
    uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES];
    ZY_AUTO(zy_zsc_hello_free) zy_zsc_hello *hello = NULL;
    zy_client_wire wire = { 0 };
    int64_t sent_ms = own_ms();
    ZY_TRY(zy_zsc_client_hello(c->options.server_key_id, c->options.server_key, request, &hello));
    ZY_TRY(zy_client_post(c, "/zsc/1/hello", NULL, NULL, request, sizeof request, &wire, err));
    zy_status status = finish_hello(c, hello, &wire, sent_ms, err);
    zy_buf_free(&wire.body);
    return status;
}

zy_status zy_client_hello(zy_client *c, zy_err *err)
{
    zy_client_drop_channel(c);
    zy_status status = hello_once(c, err);
    for (int tries = 1; tries < TRIES_MAX && (status == ZY_OUTCOME_UNKNOWN || status == ZY_CHANNEL_BUSY); tries++) {
        wait_ms(WAIT_MS * tries); /* a hello changes nothing: it may always be said again */
        status = hello_once(c, err);
    }
    return status;
}

/* --- one exchange --- */

static void write_envelope(const zy_client *c, const char *api, const char *id, const zy_json *body, zy_buf *out)
{
    ZY_AUTO(zy_json_free) zy_json *envelope = zy_json_object();
    zy_json_set_c(envelope, "api", api);
    zy_json_set_int(envelope, "v", 1);
    zy_json_set_int(envelope, "t", zy_client_now(c).ms);
    if (id != NULL)
        zy_json_set_c(envelope, "id", id);
    zy_json_set(envelope, "body", body != NULL ? zy_json_copy(body) : zy_json_object());
    zy_json_write(envelope, out);
}

/* An answer that does not open says nothing: somebody on the way made it. */
static zy_status open_answer(zy_client *c, uint64_t seq, const zy_client_wire *wire, zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_str code;
    if (wire->body.n < ZY_ZSC_BODY_MIN)
        return zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "an answer of %zu bytes", wire->body.n);
    size_t n = wire->body.n - ZY_GCM_TAG_BYTES;
    uint8_t *plain = malloc(wire->body.n);
    if (plain == NULL)
        return ZY_NO_MEMORY;
    zy_status status = zy_zsc_open(&c->channel, false, seq, wire->body.p, wire->body.n, plain);
    if (status == ZY_OK)
        status = zy_json_parse(zy_str_bytes(plain, n), &answer);
    zy_wipe(plain, n);
    free(plain);
    if (status != ZY_OK || !zy_json_str(answer, "code", &code))
        return zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "an answer that does not open");
    *ret_answer = ZY_STEAL(answer);
    return ZY_OK;
}

static zy_status send_sealed(zy_client *c, uint64_t seq, const zy_buf *plain, zy_client_wire *ret_wire, zy_err *err)
{
    char session[ZY_ZSC_SESSION_TEXT_MAX], seq_text[24];
    uint8_t *sealed = malloc(plain->n + ZY_GCM_TAG_BYTES);
    if (sealed == NULL)
        return ZY_NO_MEMORY;
    zy_zsc_session_text(c->channel.session_id, session);
    snprintf(seq_text, sizeof seq_text, "%llu", (unsigned long long)seq);
    zy_status status = zy_zsc_seal(&c->channel, true, seq, plain->p, plain->n, sealed);
    if (status == ZY_OK)
        status = zy_client_post(c, "/zsc/1/call", session, seq_text, sealed, plain->n + ZY_GCM_TAG_BYTES, ret_wire, err);
    free(sealed);
    if (status == ZY_OK && ret_wire->has_seq && strcmp(ret_wire->seq, seq_text) != 0)
        ret_wire->has_seq = false; /* the answer to something else */
    return status;
}

/* A seq is used once, whatever comes of it. */
zy_status zy_client_exchange(zy_client *c, const char *api, const char *id, const zy_json *body, zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_client_wire wire = { 0 };
    write_envelope(c, api, id, body, &plain);
    if (zy_buf_failed(&plain) || plain.n + ZY_GCM_TAG_BYTES > ZY_ZSC_BODY_MAX)
        return zy_fail(err, ZY_REQUEST_TOO_LARGE, NULL, "the call is too large");
    uint64_t seq = ++c->channel.highest;
    ZY_TRY(send_sealed(c, seq, &plain, &wire, err));
    zy_status status = wire.http == 200 && wire.has_seq ? open_answer(c, seq, &wire, ret_answer, err) : refusal(&wire, err);
    zy_buf_free(&wire.body);
    return status;
}

/* --- the login's state --- */

static void tell_login(const zy_client *c)
{
    if (c->options.on_login != NULL)
        c->options.on_login(c->options.on_login_arg, &c->login);
}

void zy_client_state_of(const zy_client *c, zy_client_state *ret_state)
{
    *ret_state = c->login;
}

zy_status zy_client_restore(zy_client *c, const zy_client_state *state)
{
    size_t n = strnlen(state->login_id, sizeof state->login_id);
    if (n == 0 || n == sizeof state->login_id || state->key_count == 0 || state->key_count > ZY_CLIENT_RESUME_KEYS)
        return ZY_BAD_FIELD;
    zy_client_drop_channel(c);
    c->login = *state;
    return ZY_OK;
}

void zy_client_forget_login(zy_client *c)
{
    bool had = c->login.login_id[0] != '\0';
    zy_wipe(&c->login, sizeof c->login);
    if (had)
        tell_login(c);
}

/* --- rotation --- */

static zy_status rotation_make(const zy_client *c, const char *login_id, zy_rotation *r)
{
    if (strlen(login_id) >= sizeof c->login.login_id)
        return ZY_BAD_FIELD;
    return zy_zsc_rotate(&c->channel, zy_str_of(login_id), &r->channel, r->k_res);
}

static void adopt(zy_client *c, const zy_rotation *r, const char *login_id)
{
    zy_client_state fresh = { .key_count = 1 };
    snprintf(fresh.login_id, sizeof fresh.login_id, "%s", login_id);
    memcpy(fresh.keys[0], r->k_res, ZY_SM3_BYTES);
    c->channel = r->channel;
    c->login = fresh;
    zy_wipe(&fresh, sizeof fresh);
    tell_login(c);
}

/* Which of the keys the server knows now is not known: the newest is tried first. */
static void keep_key(zy_client *c, const uint8_t k_res[ZY_SM3_BYTES])
{
    if (c->login.key_count < ZY_CLIENT_RESUME_KEYS)
        c->login.key_count++;
    memmove(c->login.keys[1], c->login.keys[0], (c->login.key_count - 1) * ZY_SM3_BYTES);
    memcpy(c->login.keys[0], k_res, ZY_SM3_BYTES);
    tell_login(c);
}

/* Was the rotation done although its answer was lost? Only the new session can tell. */
static bool rotated_all_the_same(zy_client *c, zy_rotation *r, zy_json **ret_answer)
{
    zy_err unused = { 0 };
    zy_channel before = c->channel;
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_status status = ZY_OUTCOME_UNKNOWN;
    c->channel = r->channel;
    for (int tries = 1; tries <= TRIES_MAX && status == ZY_OUTCOME_UNKNOWN; tries++)
        status = zy_client_exchange(c, "auth.session", NULL, NULL, &answer, &unused);
    r->channel = c->channel; /* its seqs are used */
    c->channel = before;
    zy_channel_wipe(&before);
    if (status != ZY_OK || !zy_client_is(answer, "OK"))
        return false;
    *ret_answer = ZY_STEAL(answer);
    return true;
}

static zy_status rotate_by(zy_client *c, const char *api, const char *login_id, const zy_json *body, zy_rotation *r,
                           zy_json **ret_answer, zy_err *err)
{
    ZY_TRY(rotation_make(c, login_id, r));
    zy_status status = zy_client_exchange(c, api, NULL, body, ret_answer, err);
    if (status == ZY_OK && zy_client_is(*ret_answer, "OK")) {
        adopt(c, r, login_id);
    } else if (zy_client_may_have_acted(status)) {
        if (rotated_all_the_same(c, r, ret_answer)) {
            adopt(c, r, login_id);
            return ZY_OK;
        }
        if (strcmp(c->login.login_id, login_id) == 0)
            keep_key(c, r->k_res);
        zy_client_drop_channel(c); /* whether its keys still hold is not known */
    }
    return status;
}

zy_status zy_client_rotating(zy_client *c, const char *api, const char *login_id, const zy_json *body, zy_json **ret_answer,
                             zy_err *err)
{
    zy_rotation r = { 0 };
    zy_status status = rotate_by(c, api, login_id, body, &r, ret_answer, err);
    zy_wipe(&r, sizeof r);
    return status;
}

/* --- resume --- */

static zy_status make_proof(zy_client *c, const uint8_t k_res[ZY_SM3_BYTES], zy_json **ret_body, zy_err *err)
{
    uint8_t proof[ZY_SM3_BYTES];
    char proof_text[45];
    zy_json *device = NULL;
    ZY_TRY(zy_zsc_resume_proof(k_res, c->channel.th, proof));
    ZY_TRY(zy_client_device(c, &device, err));
    zy_base64_encode(proof, sizeof proof, proof_text);
    zy_json *body = zy_json_object();
    zy_json_set_c(body, "login_id", c->login.login_id);
    zy_json_set_c(body, "proof", proof_text);
    zy_json_set(body, "device", device);
    *ret_body = body;
    return ZY_OK;
}

/* ZY_LOGIN_REQUIRED when the server does not take this key; another refusal (BUSY) leaves the login as it was. */
static zy_status resume_with(zy_client *c, const uint8_t k_res[ZY_SM3_BYTES], zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = NULL, *answer = NULL;
    char login_id[sizeof c->login.login_id];
    memcpy(login_id, c->login.login_id, sizeof login_id);
    ZY_TRY(make_proof(c, k_res, &body, err));
    ZY_TRY(zy_client_rotating(c, "auth.resume", login_id, body, &answer, err));
    if (zy_client_is(answer, "OK"))
        return ZY_OK;
    if (zy_client_is(answer, "LOGIN_REQUIRED"))
        return ZY_LOGIN_REQUIRED;
    return zy_fail(err, ZY_BUSY, NULL, "the login could not be resumed now");
}

static zy_status resume(zy_client *c, zy_err *err)
{
    zy_client_state tried = c->login; /* the keys may move while they are tried */
    zy_status status = ZY_LOGIN_REQUIRED;
    for (size_t i = 0; i < tried.key_count && status == ZY_LOGIN_REQUIRED; i++)
        status = resume_with(c, tried.keys[i], err);
    zy_wipe(&tried, sizeof tried);
    if (status == ZY_LOGIN_REQUIRED) {
        zy_client_forget_login(c);
        return zy_fail(err, status, NULL, "the login is over");
    }
    if (status != ZY_OK)
        zy_client_drop_channel(c); /* the next call begins with a resume again */
    return status;
}

zy_status zy_client_ready(zy_client *c, zy_err *err)
{
    if (c->has_channel && own_ms() < c->expires_ms)
        return ZY_OK;
    for (int tries = 1;; tries++) {
        ZY_TRY(zy_client_hello(c, err));
        if (c->login.login_id[0] == '\0')
            return ZY_OK;
        zy_status status = resume(c, err);
        if (!zy_client_may_have_acted(status) || tries >= TRIES_MAX)
            return status;
        wait_ms(WAIT_MS * tries);
    }
}

/* --- calls --- */

/* Whether a call that ended so may be said again: one that reached no handler always, another if that does no harm. */
static bool say_again(zy_client *c, zy_status status, bool harmless, int tries)
{
    if (status == ZY_CHANNEL_EXPIRED) {
        zy_client_drop_channel(c);
        return true;
    }
    if (!harmless || !zy_client_may_have_acted(status))
        return false;
    wait_ms(WAIT_MS * tries);
    return true;
}

static zy_status call(zy_client *c, const char *api, const char *id, const zy_json *body, bool harmless, zy_json **ret_answer,
                      zy_err *err)
{
    for (int tries = 1;; tries++) {
        ZY_AUTO(zy_json_free) zy_json *answer = NULL;
        ZY_TRY(zy_client_ready(c, err));
        zy_status status = zy_client_exchange(c, api, id, body, &answer, err);
        bool skewed = status == ZY_OK && zy_client_is(answer, "CLOCK_SKEW") && tries == 1;
        if (skewed)
            zy_client_drop_channel(c); /* the next hello sets our clock right */
        else if (status == ZY_OK) {
            if (zy_client_is(answer, "LOGIN_REQUIRED"))
                zy_client_forget_login(c);
            *ret_answer = ZY_STEAL(answer);
            return ZY_OK;
        } else if (tries >= TRIES_MAX || !say_again(c, status, harmless, tries))
            return status;
    }
}

zy_status zy_client_call(zy_client *c, const char *api, const char *id, const zy_json *body, zy_json **ret_answer, zy_err *err)
{
    return call(c, api, id, body, id != NULL, ret_answer, err);
}

zy_status zy_client_query(zy_client *c, const char *api, const zy_json *body, zy_json **ret_answer, zy_err *err)
{
    return call(c, api, NULL, body, true, ret_answer, err);
}
