#include "door/staff/staff_door.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "office/staff/staff.h"
#include "service/audit/audit.h"

#define BODY_MAX          (64u << 10)
#define ANSWER_MAX        (4u << 20)
#define API_PREFIX        "/api/"
#define LOGIN_API         "staff.login"
#define SESSION_API       "staff.session"
#define REFUSALS_RECORDED 10 /* a minute and address: a flood fills neither the audit nor the disk */
#define COOKIE_TAIL       "; Path=/; Secure; HttpOnly; SameSite=Strict"

enum { ROUTE_API, ROUTE_CONFIG, ROUTE_FILES, ROUTE_COUNT };

struct zy_staff_door {
    zy_env *env;
    zy_api_registry *registry;
    zy_rates *rates;
    zy_route routes[ROUTE_COUNT];
    size_t route_count;
};

static void refuse(zy_staff_door *door, zy_http *http, zy_status status)
{
    zy_http_refuse(http, status);
    if (!zy_rates_take(door->rates, "refused", zy_http_peer(http), REFUSALS_RECORDED, ZY_MINUTES(1)))
        return;
    const zy_audit record = { .event = "staff.call_refused", .actor_kind = "anonymous", .object_kind = "",
                              .address = zy_http_peer(http), .result = zy_str_of(zy_status_name(status)) };
    zy_audit_note(door->env, &record);
}

/* --- the checks before a call --- */

/* A page of another origin cannot leave this header out or forge it. */
static bool origin_is_ours(const zy_http *http)
{
    static const zy_str SCHEME = ZY_STR_INIT("https://");
    zy_str origin, host;
    if (!zy_http_header(http, "Origin", &origin))
        return true;
    return zy_http_header(http, "Host", &host) && zy_str_starts(origin, SCHEME) &&
           zy_str_eq(zy_str_sub(origin, SCHEME.n, origin.n), host);
}

static bool csrf_fits(const zy_http *http, const zy_staff_session *session)
{
    zy_str given;
    size_t n = strlen(session->csrf);
    return zy_http_header(http, "X-CSRF-Token", &given) && given.n == n && zy_ct_equal(given.p, session->csrf, n);
}

/* A page that was loaded anew asks for its token: staff.session changes nothing, and only a page of our own origin, which the
 * browser vouches for here, can read the answer. */
static bool may_ask_for_token(const zy_http *http, zy_str api)
{
    zy_str origin;
    return zy_str_eq_c(api, SESSION_API) && zy_http_header(http, "Origin", &origin);
}

/* No cookie, or the cookie of a session that is over: nobody is logged in, and the dispatcher says so. */
static zy_status find_session(zy_staff_door *door, zy_http *http, zy_staff_session *ret_session)
{
    zy_str token;
    zy_err err = { 0 };
    if (!zy_http_cookie(http, ZY_STAFF_COOKIE, &token))
        return ZY_OK;
    zy_status status = zy_staff_session_find(door->env, token, zy_env_now(door->env), ret_session, &err);
    return status == ZY_LOGIN_REQUIRED ? ZY_OK : status;
}

static zy_status check_call(zy_staff_door *door, zy_http *http, zy_str api, zy_staff_call *staff)
{
    if (!origin_is_ours(http))
        return ZY_CSRF_BAD;
    if (zy_str_eq_c(api, LOGIN_API)) /* begins anew: an earlier cookie has no say in it */
        return ZY_OK;
    ZY_TRY(find_session(door, http, &staff->session));
    if (staff->session.staff.v == 0)
        return ZY_OK;
    if (!csrf_fits(http, &staff->session) && !may_ask_for_token(http, api))
        return ZY_CSRF_BAD;
    return zy_staff_gate(&staff->session, api, NULL);
}

/* --- the answer --- */

static void set_cookie(zy_http *http, const zy_staff_call *staff)
{
    char cookie[160];
    if (staff->token[0] != '\0')
        snprintf(cookie, sizeof cookie, ZY_STAFF_COOKIE "=%s" COOKIE_TAIL, staff->token);
    else if (staff->ended)
        snprintf(cookie, sizeof cookie, ZY_STAFF_COOKIE "=; Max-Age=0" COOKIE_TAIL);
    else
        return;
    zy_http_set(http, "Set-Cookie", zy_str_of(cookie));
    zy_wipe(cookie, sizeof cookie);
}

static void run(zy_staff_door *door, zy_http *http, zy_str api, zy_staff_call *staff)
{
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = zy_http_peer(http), .staff = staff->session.staff,
                         .login = staff->session.session, .login_at = staff->session.login_at,
                         .has_permission = zy_staff_has_permission, .staff_session = staff };
    ZY_AUTO_SECRET_BUF out = { .max = ANSWER_MAX };
    zy_status status = ZY_INTERNAL;
    zy_str id = { 0 };
    (void)zy_http_header(http, "Idempotency-Key", &id);
    zy_dispatch_named(door->registry, &caller, zy_http_arena(http), api, id, zy_http_body(http), &out, &status);
    if (zy_buf_failed(&out)) {
        refuse(door, http, ZY_INTERNAL);
        return;
    }
    set_cookie(http, staff);
    zy_http_status(http, zy_status_http(status));
    zy_http_write(http, ZY_STR("application/json"), out.p, out.n);
}

static void call(zy_http *http, void *arg)
{
    zy_staff_door *door = arg;
    zy_staff_call staff = { 0 };
    zy_str path = zy_http_path(http), api = zy_str_sub(path, strlen(API_PREFIX), path.n);
    zy_status status = check_call(door, http, api, &staff);
    if (status == ZY_OK)
        run(door, http, api, &staff);
    else
        refuse(door, http, status);
    zy_wipe(&staff, sizeof staff);
}

/* What the console's page must know before a login. */
static void config_json(zy_http *http, void *arg)
{
    const zy_staff_door *door = arg;
    const zy_env *env = door->env;
    ZY_AUTO(zy_json_free) zy_json *config = zy_json_object();
    zy_json *brand = zy_json_object();
    zy_json_set_str(brand, "name", zy_config_text(env->config, "brand.name"));
    zy_json_set_str(brand, "name_en", zy_config_text(env->config, "brand.name_en"));
    zy_json_set(config, "brand", brand);
    zy_json_set_bool(config, "demo", env->demo);
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(config, &text);
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

zy_status zy_staff_door_new(zy_env *env, zy_api_registry *registry, zy_static *files, zy_staff_door **ret_door, zy_err *err)
{
    zy_staff_door *door = calloc(1, sizeof *door);
    if (door == NULL)
        return ZY_NO_MEMORY;
    *door = (zy_staff_door){
        .env = env, .registry = registry, .rates = zy_rates_new(10000, env->clock),
        .routes = {
            [ROUTE_API] = { API_PREFIX, ZY_HTTP_POST, BODY_MAX, "application/json", call, door },
            [ROUTE_CONFIG] = { "/config.json", ZY_HTTP_GET, 0, NULL, config_json, door },
            [ROUTE_FILES] = { "/", ZY_HTTP_GET | ZY_HTTP_HEAD, 0, NULL, zy_static_serve, files },
        },
        .route_count = files != NULL ? ROUTE_COUNT : ROUTE_FILES,
    };
    if (door->rates == NULL) {
        zy_staff_door_free(door);
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the staff door");
    }
    *ret_door = door;
    return ZY_OK;
}

void zy_staff_door_free(zy_staff_door *door)
{
    if (door == NULL)
        return;
    zy_rates_free(door->rates);
    free(door);
}

const zy_route *zy_staff_door_routes(const zy_staff_door *door, size_t *ret_count)
{
    *ret_count = door->route_count;
    return door->routes;
}
