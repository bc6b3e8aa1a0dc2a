/* The dispatcher: every check that an API's row asks for, then its handler, then its masks. */
#include "api/registry.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "net/address.h"

#define CLOCK_SKEW_MAX_MS 300000
#define ID_MIN            16
#define ID_MAX            64

/* A request on its way; what is borrowed from `envelope` lives as long as it. */
typedef struct request {
    zy_api_registry *registry;
    zy_call call;
    zy_str api_name, id;
    const zy_json *body;      /* NULL: an empty object */
    bool has_time;
    int64_t version, t_ms;
} request;

static void new_trace(char out[24])
{
    uint8_t random[10];
    if (zy_random(random, sizeof random) != ZY_OK)
        memset(random, 0, sizeof random); /* a trace is no secret: a stopped crypto room must still be reported */
    zy_base32_encode(random, sizeof random, out);
}

/* --- the envelope: {"api","v","t","id","body"} --- */

static zy_status bad_envelope(zy_err *err, const char *member)
{
    return zy_fail(err, ZY_BAD_REQUEST, member, "the envelope of the call");
}

static zy_status read_envelope(request *rq, const zy_json *envelope, zy_err *err)
{
    static const char *const MEMBERS[] = { "api", "v", "t", "id", "body" };
    void *iter = NULL;
    const char *key;
    const zy_json *value;
    if (zy_json_type(envelope) != ZY_JSON_OBJECT)
        return bad_envelope(err, NULL);
    while (zy_json_next(envelope, &iter, &key, &value)) {
        bool known = false;
        for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++)
            known = known || strcmp(key, MEMBERS[i]) == 0;
        if (!known)
            return bad_envelope(err, NULL);
    }
    if (!zy_json_str(envelope, "api", &rq->api_name))
        return bad_envelope(err, "api");
    if (!zy_json_int(envelope, "v", &rq->version))
        return bad_envelope(err, "v");
    if (!zy_json_int(envelope, "t", &rq->t_ms))
        return bad_envelope(err, "t");
    rq->has_time = true;
    if (zy_json_get(envelope, "id") != NULL && !zy_json_str(envelope, "id", &rq->id))
        return bad_envelope(err, "id");
    rq->body = zy_json_get(envelope, "body");
    return ZY_OK;
}

/* --- the checks, in the order of api.h --- */

static zy_status find_api(request *rq, zy_err *err)
{
    zy_call *call = &rq->call;
    call->api = zy_registry_find(rq->registry, call->caller->door, rq->api_name);
    if (call->api == NULL)
        return zy_fail(err, ZY_API_UNKNOWN, "api", "no such API at this door");
    unsigned version = call->api->version != 0 ? call->api->version : 1;
    if (rq->version != (int64_t)version)
        return zy_fail(err, ZY_API_UNKNOWN, "v", "no such version of %s", call->api->name);
    return ZY_OK;
}

static zy_status check_open(const request *rq, zy_err *err)
{
    const zy_api_registry *r = rq->registry;
    if (r->hooks.closed != NULL && r->hooks.closed(r->env, rq->call.api->name))
        return zy_fail(err, ZY_API_CLOSED, NULL, "switched off: %s", rq->call.api->name);
    return ZY_OK;
}

static zy_status check_clock(const request *rq, zy_err *err)
{
    if (!rq->has_time)
        return ZY_OK;
    int64_t now = rq->call.now.ms;
    if (rq->t_ms < now - CLOCK_SKEW_MAX_MS || rq->t_ms > now + CLOCK_SKEW_MAX_MS)
        return zy_fail(err, ZY_CLOCK_SKEW, "t", "more than 300 s off");
    return ZY_OK;
}

static zy_status check_access(request *rq, zy_err *err)
{
    zy_call *call = &rq->call;
    const zy_api *api = call->api;
    if (api->class == ZY_PUBLIC)
        return ZY_OK;
    if (api->door == ZY_DOOR_CUSTOMER) {
        if (rq->registry->hooks.login == NULL)
            return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "nobody can be logged in here");
        return rq->registry->hooks.login(call->env, call->caller, api, call->now, err);
    }
    if (call->caller->staff.v == 0)
        return zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "no staff session");
    if (api->permission != NULL &&
        (call->caller->has_permission == NULL || !call->caller->has_permission(call->caller, api->permission)))
        return zy_fail(err, ZY_PERMISSION_DENIED, NULL, "needs %s", api->permission);
    return ZY_OK;
}

zy_str zy_network_of(zy_str address, char out[ZY_NETWORK_TEXT_MAX])
{
    zy_address parsed;
    static_assert(ZY_NETWORK_TEXT_MAX >= ZY_ADDRESS_TEXT_MAX, "an address fits");
    if (zy_address_parse(address, &parsed) != ZY_OK)
        return address;
    parsed = zy_address_client_key(&parsed);
    zy_address_format(&parsed, out);
    return zy_str_of(out);
}

static bool take_of_address(const request *rq)
{
    const zy_api *api = rq->call.api;
    char text[ZY_NETWORK_TEXT_MAX];
    uint64_t most = api->per_minute_address != 0 ? api->per_minute_address : api->per_minute;
    most *= rq->registry->address_factor;
    return zy_rates_take(rq->registry->rates, api->name, zy_network_of(rq->call.caller->address, text),
                         most < UINT_MAX ? (unsigned)most : UINT_MAX, ZY_MINUTES(1));
}

static zy_status check_rates(const request *rq, zy_err *err)
{
    const zy_api *api = rq->call.api;
    const zy_caller *caller = rq->call.caller;
    zy_rates *rates = rq->registry->rates;
    if (!take_of_address(rq))
        return zy_fail(err, ZY_RATE_LIMITED, NULL, "by address");
    zy_id person = caller->staff.v != 0 ? caller->staff : caller->customer;
    if (person.v != 0) {
        char text[ZY_ID_TEXT_MAX];
        zy_id_format(person, text);
        if (!zy_rates_take(rates, api->name, zy_str_of(text), api->per_minute, ZY_MINUTES(1)))
            return zy_fail(err, ZY_RATE_LIMITED, NULL, "by person");
    }
    if (caller->device_id[0] != '\0' &&
        !zy_rates_take(rates, api->name, zy_str_of(caller->device_id), api->per_minute, ZY_MINUTES(1)))
        return zy_fail(err, ZY_RATE_LIMITED, NULL, "by device");
    return ZY_OK;
}

static bool is_idempotency_id(zy_str id)
{
    if (id.n < ID_MIN || id.n > ID_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

/* The digest of what the caller asked for: the fields as sent, members in one order. */
static zy_status take_id(request *rq, zy_err *err)
{
    zy_call *call = &rq->call;
    if (!call->api->idempotent)
        return rq->id.p == NULL ? ZY_OK : zy_fail(err, ZY_BAD_FIELD, "id", "this API takes no id");
    if (!is_idempotency_id(rq->id))
        return zy_fail(err, ZY_BAD_FIELD, "id", "16 to 64 characters of A-Za-z0-9_-");
    call->idempotency_id = rq->id;
    ZY_AUTO_SECRET_BUF text = { 0 };
    if (rq->body != NULL)
        zy_json_write_sorted(rq->body, &text);
    if (zy_buf_failed(&text))
        return zy_fail(err, ZY_REQUEST_TOO_LARGE, NULL, "no digest of a part of the content");
    return zy_sm3(ZY_PARTS(ZY_PART(call->api->name, strlen(call->api->name) + 1), ZY_PART(text.p, text.n)),
                  call->request_digest);
}

static zy_status decode_body(request *rq, void **ret_in, zy_err *err)
{
    const zy_api *api = rq->call.api;
    void *in = zy_arena_alloc(rq->call.arena, api->input_size != 0 ? api->input_size : 1);
    if (in == NULL)
        return ZY_REQUEST_TOO_LARGE;
    ZY_AUTO(zy_json_free) zy_json *empty = rq->body == NULL ? zy_json_object() : NULL;
    ZY_TRY(zy_decode(api->fields, api->field_count, rq->body != NULL ? rq->body : empty, rq->call.arena, in, err));
    *ret_in = in;
    return ZY_OK;
}

static zy_status run_checked(request *rq, zy_json *body, zy_err *err)
{
    void *in = NULL;
    ZY_TRY(find_api(rq, err));
    ZY_TRY(check_open(rq, err));
    ZY_TRY(check_clock(rq, err));
    ZY_TRY(check_access(rq, err));
    ZY_TRY(check_rates(rq, err));
    ZY_TRY(take_id(rq, err));
    ZY_TRY(decode_body(rq, &in, err));
    return rq->call.api->run(&rq->call, in, body, err);
}

/* --- the answer --- */

static void write_answer(const request *rq, zy_status status, const zy_json *body, const zy_err *err, zy_buf *out)
{
    const zy_api *api = rq->call.api;
    zy_json *masked = api != NULL ? zy_mask_body(api->outs, api->out_count, body) : zy_json_object();
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json_set_c(answer, "code", zy_status_name(status));
    if (status != ZY_OK) {
        zy_json_set_c(answer, "message", zy_status_text(status));
        zy_json_set_c(answer, "trace", rq->call.trace);
        zy_json *fields = zy_json_array();
        if (err->field[0] != '\0' && zy_status_http(status) < 500)
            zy_json_push(fields, zy_json_new_str(zy_str_of(err->field)));
        zy_json_set(answer, "fields", fields);
    }
    if (status == ZY_OK || zy_json_count(masked) > 0)
        zy_json_set(answer, "body", masked);
    else
        zy_json_free(masked);
    zy_json_write(answer, out);
}

static void report(const request *rq, zy_status status, const zy_err *err, int64_t took_ns)
{
    const zy_api *api = rq->call.api;
    if (status != ZY_OK)
        zy_log_err(api != NULL ? api->name : "api.unknown", err);
    if (api == NULL)
        return;
    zy_log_info("call", ZY_L_C("api", api->name), ZY_L_C("code", zy_status_name(status)), ZY_L_INT("us", took_ns / 1000));
    zy_api_metrics_add(rq->registry, api, status, took_ns);
    if (status != ZY_OK && api->audited && rq->registry->hooks.refused != NULL)
        rq->registry->hooks.refused(&rq->call, status, err);
}

/* What the wire says: statuses of our own inside are one and the same to a caller. */
static zy_status outward(zy_status status)
{
    switch (status) {
    case ZY_OVERFLOW:
    case ZY_NO_MEMORY:
    case ZY_DB_ERROR:
    case ZY_DB_UNIQUE:
    case ZY_CRYPTO_FAILED:
    case ZY_IO_ERROR:
    case ZY_CONFIG_BAD:
        return ZY_INTERNAL;
    case ZY_DB_CONFLICT:
    case ZY_CRYPTO_STOPPED:
    case ZY_CONNECTOR_FAILED:
    case ZY_TIMEOUT:
    case ZY_OUTCOME_UNKNOWN:
        return ZY_BUSY;
    default:
        return status;
    }
}

static zy_status answer_request(request *rq, zy_status status, zy_err *err, zy_buf *out)
{
    int64_t start = zy_clock_monotonic_ns();
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    if (status == ZY_OK)
        status = run_checked(rq, body, err);
    if (status != ZY_OK && err->status != status)
        err->status = status; /* failed without a word: the log still tells which */
    zy_status said = outward(status);
    write_answer(rq, said, body, err, out);
    report(rq, status, err, zy_clock_monotonic_ns() - start);
    zy_log_trace((zy_str){ 0 });
    return said;
}

static request start_request(zy_api_registry *r, zy_caller *caller, zy_arena *arena)
{
    request rq = { .registry = r,
                   .call = { .env = r->env, .caller = caller, .arena = arena, .now = zy_env_now(r->env) },
                   .version = 1 };
    new_trace(rq.call.trace);
    zy_log_trace(zy_str_of(rq.call.trace));
    return rq;
}

zy_status zy_dispatch(zy_api_registry *r, zy_caller *caller, zy_arena *arena, zy_str text, zy_buf *out)
{
    zy_err err = { 0 };
    request rq = start_request(r, caller, arena);
    ZY_AUTO(zy_json_free) zy_json *envelope = NULL;
    zy_status status = zy_json_parse(text, &envelope);
    if (status == ZY_OK)
        status = read_envelope(&rq, envelope, &err);
    return answer_request(&rq, status, &err, out);
}

void zy_dispatch_named(zy_api_registry *r, zy_caller *caller, zy_arena *arena, zy_str api, zy_str idempotency_id, zy_str text,
                       zy_buf *out, zy_status *ret_status)
{
    zy_err err = { 0 };
    request rq = start_request(r, caller, arena);
    rq.api_name = api;
    rq.id = idempotency_id;
    ZY_AUTO(zy_json_free) zy_json *body = NULL;
    zy_status status = zy_json_parse(text, &body);
    rq.body = body;
    *ret_status = answer_request(&rq, status, &err, out);
}
