#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "door/customer/customer.h"
#include "door/customer/sessions.h"
#include "service/audit/audit.h"
#include "service/cert/cert.h"

#define ANSWER_MAX         (1u << 20)
#define REFUSALS_RECORDED  10 /* a minute and address: a flood fills neither the audit nor the disk */

const zy_config_row ZY_CHANNEL_CONFIG[] = {
    { "channel.sessions_max", ZY_C_INT, "100000", 100, 1000000, "sessions", "channel sessions a process keeps at most" },
    { "channel.lifetime_s", ZY_C_INT, "28800", 60, 86400, "s", "life of a channel session" },
    { "channel.idle_s", ZY_C_INT, "900", 30, 3600, "s", "a channel session without a call ends after this" },
    { "channel.hello_per_minute", ZY_C_INT, "600", 1, 10000000, "hellos", "hellos of one address in a minute" },
    { "brand.name", ZY_C_TEXT, "云澜银行", 1, 60, NULL, "name of the institution, Chinese" },
    { "brand.name_en", ZY_C_TEXT, "Yunlan Bank", 1, 60, NULL, "name of the institution, English" },
};
const size_t ZY_CHANNEL_CONFIG_COUNT = ZY_COUNT(ZY_CHANNEL_CONFIG);

enum { ROUTE_HELLO, ROUTE_CALL, ROUTE_CONFIG, ROUTE_CA, ROUTE_CRL, ROUTE_FILES, ROUTE_COUNT };

struct zy_customer_door {
    zy_env *env;
    zy_api_registry *registry;
    zy_static *files;
    zy_sessions *sessions;
    zy_rates *rates;
    unsigned hello_per_minute;
    uint32_t lifetime_s;
    zy_route routes[ROUTE_COUNT];
    size_t route_count;
};

/* A call in progress: what the rotation hook reaches through zy_caller.channel. */
typedef struct call_channel {
    zy_session *session;
    zy_channel rotated;
    bool has_rotated;
} call_channel;

static zy_status rotate(zy_caller *caller, zy_str login_id, uint8_t ret_session_digest[ZY_SM3_BYTES],
                        uint8_t ret_k_res[ZY_SM3_BYTES], zy_err *err)
{
    call_channel *c = caller->channel;
    if (c == NULL)
        return zy_fail(err, ZY_INTERNAL, NULL, "a login outside a channel");
    ZY_TRY(zy_zsc_rotate(&c->session->channel, login_id, &c->rotated, ret_k_res));
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(c->rotated.session_id, sizeof c->rotated.session_id)), ret_session_digest));
    c->has_rotated = true;
    return ZY_OK;
}

static void session_digest(const zy_caller *caller, uint8_t out[ZY_SM3_BYTES])
{
    const call_channel *c = caller->channel;
    memcpy(out, c->session->digest, ZY_SM3_BYTES);
}

const zy_identity_hooks ZY_CUSTOMER_DOOR_HOOKS = { rotate, session_digest };

static void refuse(zy_customer_door *door, zy_http *http, const char *what, zy_status status)
{
    zy_http_refuse(http, status);
    if (!zy_rates_take(door->rates, "refused", zy_http_peer(http), REFUSALS_RECORDED, ZY_MINUTES(1)))
        return;
    const zy_audit record = { .event = what, .actor_kind = "anonymous", .object_kind = "", .address = zy_http_peer(http),
                              .result = zy_str_of(zy_status_name(status)) };
    zy_audit_note(door->env, &record);
}

/* --- hello --- */

static zy_status public_key(void *arg, uint16_t key_id, uint8_t out[ZY_SM2_PUB_BYTES])
{
    zy_env *env = arg;
    return key_id == 0 ? ZY_NOT_FOUND : zy_keys_public(env->keys, ZY_KEY_CHANNEL, key_id, out);
}

static zy_status sign_hello(void *arg, uint16_t key_id, const uint8_t th[ZY_SM3_BYTES], uint8_t sig[ZY_SM2_SIG_BYTES])
{
    zy_env *env = arg;
    return zy_keys_sign(env->keys, ZY_KEY_CHANNEL, key_id, ZY_LABEL_SERVER_HELLO, ZY_PARTS(ZY_PART(th, ZY_SM3_BYTES)), sig);
}

static void hello(zy_http *http, void *arg)
{
    zy_customer_door *door = arg;
    zy_env *env = door->env;
    if (!zy_rates_take(door->rates, "hello", zy_http_peer(http), door->hello_per_minute, ZY_MINUTES(1))) {
        refuse(door, http, "channel.hello_refused", ZY_CHANNEL_BUSY);
        return;
    }
    const zy_hello_signer signer = { public_key, sign_hello, env };
    uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES];
    zy_channel channel = { 0 };
    zy_str body = zy_http_body(http);
    zy_time now = zy_env_now(env);
    zy_status status = zy_zsc_server_hello(body.p, body.n, &signer, (uint8_t)env->node, door->lifetime_s, now, response,
                                           &channel);
    if (status == ZY_OK)
        status = zy_sessions_add(door->sessions, &channel, now);
    zy_channel_wipe(&channel);
    if (status != ZY_OK) {
        refuse(door, http, "channel.hello_refused", status);
        return;
    }
    zy_http_write(http, ZY_STR("application/octet-stream"), response, sizeof response);
}

/* --- call --- */

typedef struct record_in {
    uint64_t seq;
    zy_session *session; /* a reference */
    uint8_t *plain;
    size_t plain_n;
} record_in;

/* The checks in the order that secure-channel.md gives them. */
static zy_status open_record(zy_customer_door *door, zy_http *http, zy_time now, record_in *in)
{
    zy_str session_text, seq_text, body = zy_http_body(http);
    uint8_t id[ZY_ZSC_SESSION_ID_BYTES];
    if (!zy_http_header(http, "ZSC-Session", &session_text) || !zy_http_header(http, "ZSC-Seq", &seq_text))
        return ZY_CHANNEL_BAD;
    ZY_TRY(zy_zsc_session_parse(session_text, id));
    ZY_TRY(zy_zsc_seq_parse(seq_text, &in->seq));
    if (body.n < ZY_ZSC_BODY_MIN || body.n > ZY_ZSC_BODY_MAX)
        return ZY_CHANNEL_BAD;
    ZY_TRY(zy_sessions_find(door->sessions, id, now, &in->session));
    in->plain_n = body.n - ZY_GCM_TAG_BYTES;
    in->plain = zy_arena_alloc(zy_http_arena(http), body.n);
    if (in->plain == NULL)
        return ZY_CHANNEL_BUSY;
    ZY_TRY(zy_zsc_open(&in->session->channel, true, in->seq, body.p, body.n, in->plain));
    pthread_mutex_lock(&in->session->lock);
    zy_status status = zy_zsc_window_take(&in->session->channel, in->seq);
    if (status == ZY_OK)
        in->session->used_at = now;
    pthread_mutex_unlock(&in->session->lock);
    return status;
}

static zy_status write_record(zy_http *http, const record_in *in, zy_str plain)
{
    uint8_t *sealed = zy_arena_alloc(zy_http_arena(http), plain.n + ZY_GCM_TAG_BYTES);
    if (sealed == NULL)
        return ZY_CHANNEL_BUSY;
    ZY_TRY(zy_zsc_seal(&in->session->channel, false, in->seq, plain.p, plain.n, sealed));
    char seq[24];
    snprintf(seq, sizeof seq, "%llu", (unsigned long long)in->seq);
    zy_http_set(http, "ZSC-Seq", zy_str_of(seq));
    zy_http_write(http, ZY_STR("application/octet-stream"), sealed, plain.n + ZY_GCM_TAG_BYTES);
    return ZY_OK;
}

/* The answer is sealed under the old keys already; from now on only the new session's id is known. */
static zy_status finish_rotation(zy_customer_door *door, call_channel *c, zy_time now)
{
    zy_sessions_remove(door->sessions, c->session); /* first: so there is room even in a full table */
    return zy_sessions_add(door->sessions, &c->rotated, now);
}

static zy_status answer_call(zy_customer_door *door, zy_http *http, const record_in *in, zy_time now)
{
    call_channel c = { .session = in->session };
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = zy_http_peer(http), .channel = &c,
                         .channel_th = in->session->channel.th };
    ZY_AUTO_SECRET_BUF plain = { .max = ANSWER_MAX };
    zy_status outcome = zy_dispatch(door->registry, &caller, zy_http_arena(http), zy_str_bytes(in->plain, in->plain_n), &plain);
    zy_status status = zy_buf_failed(&plain) ? ZY_INTERNAL : write_record(http, in, zy_buf_view(&plain));
    if (status == ZY_OK && outcome == ZY_OK && c.has_rotated)
        status = finish_rotation(door, &c, now);
    zy_channel_wipe(&c.rotated);
    return status;
}

static void call(zy_http *http, void *arg)
{
    zy_customer_door *door = arg;
    zy_time now = zy_env_now(door->env);
    record_in in = { 0 };
    zy_status status = open_record(door, http, now, &in);
    if (status == ZY_OK)
        status = answer_call(door, http, &in, now);
    if (status != ZY_OK)
        refuse(door, http, "channel.call_refused", status);
    zy_sessions_release(door->sessions, in.session);
}

/* --- what the web client must know before its first hello --- */

static void config_json(zy_http *http, void *arg)
{
    zy_customer_door *door = arg;
    zy_env *env = door->env;
    zy_key_info key;
    if (zy_keys_active(env->keys, ZY_KEY_CHANNEL, &key) != ZY_OK) {
        zy_http_refuse(http, ZY_INTERNAL);
        return;
    }
    char public_text[4 * ((ZY_SM2_PUB_BYTES + 2) / 3) + 1];
    zy_base64_encode(key.public_key, sizeof key.public_key, public_text);
    ZY_AUTO(zy_json_free) zy_json *config = zy_json_object();
    zy_json *server_key = zy_json_object(), *brand = zy_json_object();
    zy_json_set_int(server_key, "id", key.version);
    zy_json_set_c(server_key, "public_key", public_text);
    zy_json_set(config, "server_key", server_key);
    zy_json_set_str(brand, "name", zy_config_text(env->config, "brand.name"));
    zy_json_set_str(brand, "name_en", zy_config_text(env->config, "brand.name_en"));
    zy_json_set(config, "brand", brand);
    zy_json_set_bool(config, "demo", env->demo);
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(config, &text);
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

/* --- for whoever checks a customer's signature: the authority's certificates and its revocation list --- */

#define CA_PER_MINUTE 30

static void write_ca(zy_customer_door *door, zy_http *http, zy_status (*read)(zy_env *env, zy_buf *out, zy_err *err), zy_str type)
{
    ZY_AUTO_BUF der = { .max = ZY_X509_CRL_MAX };
    zy_err err = { 0 };
    zy_status status = ZY_RATE_LIMITED;
    if (zy_rates_take(door->rates, "ca", zy_http_peer(http), CA_PER_MINUTE, ZY_MINUTES(1)))
        status = read(door->env, &der, &err);
    if (status == ZY_OK)
        zy_http_write(http, type, der.p, der.n);
    else
        zy_http_refuse(http, status);
}

static void ca_authority(zy_http *http, void *arg)
{
    write_ca(arg, http, zy_cert_authority, ZY_STR("application/pkix-cert"));
}

static void ca_list(zy_http *http, void *arg)
{
    write_ca(arg, http, zy_cert_list, ZY_STR("application/pkix-crl"));
}

zy_status zy_customer_door_new(zy_env *env, zy_api_registry *registry, zy_static *files, zy_customer_door **ret_door,
                               zy_err *err)
{
    zy_customer_door *door = calloc(1, sizeof *door);
    if (door == NULL)
        return ZY_NO_MEMORY;
    const zy_sessions_limits limits = {
        .max = (size_t)zy_config_int(env->config, "channel.sessions_max"),
        .lifetime = ZY_SECONDS(zy_config_int(env->config, "channel.lifetime_s")),
        .idle = ZY_SECONDS(zy_config_int(env->config, "channel.idle_s")),
    };
    *door = (zy_customer_door){
        .env = env, .registry = registry, .files = files, .sessions = zy_sessions_new(&limits),
        .rates = zy_rates_new(100000, env->clock), .lifetime_s = (uint32_t)(limits.lifetime.ms / 1000),
        .hello_per_minute = (unsigned)zy_config_int(env->config, "channel.hello_per_minute"),
        .routes = {
            [ROUTE_HELLO] = { "/zsc/1/hello", ZY_HTTP_POST, 1024, "application/octet-stream", hello, door },
            [ROUTE_CALL] = { "/zsc/1/call", ZY_HTTP_POST, ZY_ZSC_BODY_MAX, NULL, call, door },
            [ROUTE_CONFIG] = { "/config.json", ZY_HTTP_GET, 0, NULL, config_json, door },
            [ROUTE_CA] = { "/ca/authority.der", ZY_HTTP_GET, 0, NULL, ca_authority, door },
            [ROUTE_CRL] = { "/ca/revoked.crl", ZY_HTTP_GET, 0, NULL, ca_list, door },
            [ROUTE_FILES] = { "/", ZY_HTTP_GET | ZY_HTTP_HEAD, 0, NULL, zy_static_serve, files },
        },
        .route_count = files != NULL ? ROUTE_COUNT : ROUTE_FILES,
    };
    if (door->sessions == NULL || door->rates == NULL) {
        zy_customer_door_free(door);
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for channel sessions");
    }
    *ret_door = door;
    return ZY_OK;
}

void zy_customer_door_free(zy_customer_door *door)
{
    if (door == NULL)
        return;
    zy_sessions_free(door->sessions);
    zy_rates_free(door->rates);
    free(door);
}

const zy_route *zy_customer_door_routes(const zy_customer_door *door, size_t *ret_count)
{
    *ret_count = door->route_count;
    return door->routes;
}

size_t zy_customer_door_sessions(const zy_customer_door *door)
{
    return zy_sessions_count(door->sessions);
}
