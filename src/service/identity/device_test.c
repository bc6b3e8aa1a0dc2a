/* Devices, quick login, what clients report of their devices, and the life of login sessions. */
#include <stdio.h>
#include <stdlib.h>

#include "service/identity/device_repo.h"
#include "service/identity/login_world.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

#define GESTURE "14753"

/* --- below the orders: binding and gestures as bank/security carries them out --- */

typedef struct bind_job {
    world *w;
    zy_id device, replaces;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
} bind_job;

static zy_status bind_unit(zy_tx *tx, void *arg, zy_err *err)
{
    bind_job *job = arg;
    return zy_device_bind(tx, job->w->env, LI.id, job->device, job->replaces, zy_env_now(job->w->env), err);
}

static zy_status gesture_unit(zy_tx *tx, void *arg, zy_err *err)
{
    bind_job *job = arg;
    return zy_gesture_put(tx, job->w->env, LI.id, job->device, job->record, zy_env_now(job->w->env), err);
}

/* The id of the device with that name in the last device.list. */
static zy_id device_named(phone *p, const char *name)
{
    ASSERT_OK(phone_call(p, "device.list", "{}"));
    const zy_json *devices = zy_json_get(zy_json_get(p->answer, "body"), "devices");
    for (size_t i = 0; i < zy_json_count(devices); i++) {
        zy_str text = { 0 }, id = { 0 };
        zy_id out = { 0 };
        assert_true(zy_json_str(zy_json_at(devices, i), "name", &text));
        assert_true(zy_json_str(zy_json_at(devices, i), "device_id", &id));
        if (zy_str_eq_c(text, name)) {
            ASSERT_OK(zy_id_parse(id, &out));
            return out;
        }
    }
    return (zy_id){ 0 };
}

static const zy_json *device_row_of(phone *p, const char *name)
{
    char text[ZY_ID_TEXT_MAX];
    zy_id_format(device_named(p, name), text);
    const zy_json *devices = zy_json_get(zy_json_get(p->answer, "body"), "devices");
    for (size_t i = 0; i < zy_json_count(devices); i++) {
        zy_str id = { 0 };
        if (zy_json_str(zy_json_at(devices, i), "device_id", &id) && zy_str_eq_c(id, text))
            return zy_json_at(devices, i);
    }
    fail_msg("no device of that name");
    return NULL;
}

static const char *state_of(phone *p, const char *name)
{
    static char state[16];
    zy_str s = { 0 };
    assert_true(zy_json_str(device_row_of(p, name), "state", &s));
    ASSERT_OK(zy_str_copy(s, state, sizeof state));
    return state;
}

static void bind(phone *p, zy_id replaces)
{
    zy_err err = { 0 };
    bind_job job = { .w = p->w, .device = device_named(p, p->name), .replaces = replaces };
    ASSERT_OK(zy_db_run(p->w->env->db, "test.bind", bind_unit, &job, &err));
}

static void set_gesture(phone *p, const char *points)
{
    zy_err err = { 0 };
    zy_secret secret = { .n = strlen(points) };
    bind_job job = { .w = p->w, .device = device_named(p, p->name) };
    memcpy(secret.bytes, points, secret.n);
    ASSERT_OK(zy_password_make(p->w->env->keys, &secret, 10000, job.record));
    ASSERT_OK(zy_db_run(p->w->env->db, "test.gesture", gesture_unit, &job, &err));
}

/* A phone of LI's, logged in, bound, with a gesture. */
static void own_phone(phone *p, world *w)
{
    phone_make(p, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(p, &LI));
    bind(p, (zy_id){ 0 });
    set_gesture(p, GESTURE);
    world_turn(w, ZY_MINUTES(1));
}

static void device_body(phone *p, const char *name, char out[80])
{
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(device_named(p, name), id);
    snprintf(out, 80, "{\"device_id\":\"%s\"}", id);
}

/* --- quick login --- */

static void a_bound_device_and_its_gesture_open_a_session(void **state)
{
    ZY_PROVES("mb.login-factors.a", "mb.login-factors.g", "j225.6.3.3.b2");
    world *w = *state;
    phone p;
    own_phone(&p, w);
    ASSERT_OK(phone_call(&p, "auth.logout", "{}"));
    phone_hello(&p);
    uint8_t before[ZY_ZSC_SESSION_ID_BYTES];
    memcpy(before, p.channel.session_id, sizeof before);
    ASSERT_OK(phone_quick_start(&p));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED); /* the key alone opens nothing */
    ASSERT_OK(phone_quick_finish(&p, GESTURE));
    assert_string_equal(phone_text(&p, "device_state"), "bound");
    assert_string_equal(phone_text(&p, "customer.phone"), "139****0001");
    assert_memory_not_equal(before, p.channel.session_id, sizeof before);
    ASSERT_OK(phone_call(&p, "session.list", "{}"));
    const zy_json *sessions = zy_json_get(zy_json_get(p.answer, "body"), "sessions");
    zy_str method = { 0 };
    assert_true(zy_json_str(zy_json_at(sessions, 0), "method", &method));
    ASSERT_STR(method, "gesture");
    phone_free(&p);
}

/* Neither two secrets nor two things that one has: each way in keeps its own factors. */
static void the_ways_to_log_in_cannot_be_mixed(void **state)
{
    world *w = *state;
    phone p;
    char body[200];
    own_phone(&p, w);
    phone_hello(&p);
    ASSERT_OK(phone_quick_start(&p));
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"sms\"}", p.login_id);
    ASSERT_STATUS(phone_call(&p, "auth.login.factor.begin", body), ZY_FACTOR_ORDER);
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    ASSERT_STATUS(phone_quick_finish(&p, GESTURE), ZY_FACTOR_ORDER);
    phone_free(&p);
}

static void five_wrong_gestures_switch_it_off(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.login-factors.b-i");
    world *w = *state;
    phone p;
    own_phone(&p, w);
    phone_hello(&p);
    ASSERT_OK(phone_quick_start(&p));
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(phone_quick_finish(&p, i % 2 == 0 ? "12345" : "98765"), ZY_LOGIN_FAILED);
    ASSERT_STATUS(phone_quick_finish(&p, GESTURE), ZY_LOGIN_FAILED);
    ASSERT_STATUS(phone_quick_start(&p), ZY_LOGIN_FAILED);
    assert_int_equal(world_audits(w, "login.gesture_wrong"), 5);
    assert_int_equal(world_audits(w, "gesture.off"), 1);
    ASSERT_OK(phone_login(&p, &LI)); /* the password is another secret with other tries */
    phone_free(&p);
}

static void a_right_gesture_forgets_the_wrong_ones(void **state)
{
    world *w = *state;
    phone p;
    own_phone(&p, w);
    for (int round = 0; round < 3; round++) {
        phone_hello(&p);
        ASSERT_OK(phone_quick_start(&p));
        for (int i = 0; i < 4; i++)
            ASSERT_STATUS(phone_quick_finish(&p, "12345"), ZY_LOGIN_FAILED);
        ASSERT_OK(phone_quick_finish(&p, GESTURE));
        world_turn(w, ZY_MINUTES(1));
    }
    phone_free(&p);
}

static void who_holds_no_bound_device_hears_one_answer(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i", "j225.6.2.1.1.base.a3");
    world *w = *state;
    phone own, other, changed;
    own_phone(&own, w);
    phone_make(&other, w, "other", "203.0.113.8");
    ASSERT_STATUS(phone_quick_start(&other), ZY_LOGIN_FAILED); /* nobody's device */
    ASSERT_OK(phone_login(&other, &LI));
    phone_hello(&other);
    ASSERT_STATUS(phone_quick_start(&other), ZY_LOGIN_FAILED); /* known, not bound */
    changed = own;
    changed.fingerprint = "another";
    phone_hello(&changed);
    ASSERT_STATUS(phone_quick_start(&changed), ZY_LOGIN_FAILED); /* the key on another device */
    own = changed;
    own.fingerprint = NULL;
    phone_hello(&own);
    ASSERT_STATUS(phone_quick_start(&own), ZY_LOGIN_FAILED); /* and now it is bound no more */
    assert_int_equal(world_audits(w, "login.quick_refused"), 4);
    phone_free(&own);
    phone_free(&other);
}

static void a_gesture_needs_five_points_each_once(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b1", "mb.login-factors.d1", "mb.auth-mechanism.b");
    world *w = *state;
    phone p;
    phone_make(&p, w, "own", "203.0.113.7");
    static const struct {
        const char *points;
        zy_status status;
    } CASES[] = { { "1236", ZY_BAD_FIELD }, { "12321", ZY_BAD_FIELD }, { "12340", ZY_BAD_FIELD }, { "1234a", ZY_BAD_FIELD },
                  { "1234567891", ZY_BAD_FIELD }, { "12369", ZY_OK }, { "123456789", ZY_OK } };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        char secret[700];
        zy_caller caller;
        uint8_t record[ZY_PASSWORD_RECORD_BYTES];
        zy_err err = { 0 };
        ZY_AUTO(zy_json_free) zy_json *in = NULL;
        zy_str id = { 0 }, cipher = { 0 };
        phone_secret(&p, CASES[i].points, 5, secret, sizeof secret);
        zy_call call = phone_context(&p, &caller, &LI);
        ASSERT_OK(zy_json_parse(zy_str_of(secret), &in));
        assert_true(zy_json_str(in, "challenge_id", &id) && zy_json_str(in, "cipher", &cipher));
        ASSERT_STATUS(zy_gesture_record(&call, id, cipher, record, &err), CASES[i].status);
    }
    phone_free(&p);
}

/* --- devices --- */

static void one_device_is_bound_and_the_next_takes_its_place(void **state)
{
    ZY_PROVES("j225.6.3.3.b2", "j225.6.3.3.b3");
    world *w = *state;
    phone first, second;
    zy_err err = { 0 };
    own_phone(&first, w);
    zy_id bound = device_named(&first, "own");
    phone_make(&second, w, "second", "203.0.113.8");
    ASSERT_OK(phone_login(&second, &LI));
    bind_job job = { .w = w, .device = device_named(&second, "second") };
    ASSERT_STATUS(zy_db_run(w->env->db, "test.bind", bind_unit, &job, &err), ZY_STATE_CONFLICT); /* not what the order said */
    bind(&second, bound);
    assert_string_equal(state_of(&second, "own"), "new");
    assert_string_equal(state_of(&second, "second"), "bound");
    phone_hello(&first);
    ASSERT_STATUS(phone_quick_start(&first), ZY_LOGIN_FAILED);
    phone_free(&first);
    phone_free(&second);
}

static void a_device_is_bound_to_one_customer_only(void **state)
{
    ZY_PROVES("j225.6.3.3.b2");
    world *w = *state;
    phone p;
    zy_err err = { 0 };
    own_phone(&p, w);
    WANG.must_change = false;
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE customer SET must_change = 0", "UPDATE customer SET must_change = 0", &err));
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &WANG));
    bind_job job = { .w = w, .device = device_named(&p, "own") };
    ASSERT_STATUS(zy_db_run(w->env->db, "test.bind", bind_unit, &job, &err), ZY_STATE_CONFLICT);
    WANG.must_change = true;
    phone_free(&p);
}

static void unbinding_ends_the_login_on_that_device(void **state)
{
    ZY_PROVES("j225.6.2.2.h");
    world *w = *state;
    phone p;
    char body[80];
    own_phone(&p, w);
    device_body(&p, "own", body);
    ASSERT_OK(phone_call(&p, "device.unbind", body));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    assert_int_equal(world_audits(w, "device.unbound"), 1);
    phone_hello(&p);
    ASSERT_STATUS(phone_quick_start(&p), ZY_LOGIN_FAILED);
    ASSERT_OK(phone_login(&p, &LI));
    assert_string_equal(phone_text(&p, "device_state"), "new");
    ASSERT_STATUS(phone_call(&p, "device.unbind", body), ZY_STATE_CONFLICT);
    phone_free(&p);
}

static void other_peoples_devices_are_not_found(void **state)
{
    ZY_PROVES("j225.6.1.6.1.a");
    world *w = *state;
    phone li, wang;
    char body[80], rename[140];
    zy_err err = { 0 };
    own_phone(&li, w);
    device_body(&li, "own", body);
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE customer SET must_change = 0", "UPDATE customer SET must_change = 0", &err));
    phone_make(&wang, w, "wang", "203.0.113.9");
    ASSERT_OK(phone_login(&wang, &WANG));
    ASSERT_STATUS(phone_call(&wang, "device.unbind", body), ZY_NOT_FOUND);
    ASSERT_STATUS(phone_call(&wang, "device.lost", body), ZY_NOT_FOUND);
    snprintf(rename, sizeof rename, "%.*s,\"name\":\"mine\"}", (int)strlen(body) - 1, body);
    ASSERT_STATUS(phone_call(&wang, "device.rename", rename), ZY_NOT_FOUND);
    ASSERT_OK(phone_call(&li, "device.rename", rename));
    assert_int_not_equal(device_named(&li, "mine").v, 0);
    phone_free(&li);
    phone_free(&wang);
}

static void a_changed_fingerprint_lowers_a_bound_device(void **state)
{
    ZY_PROVES("mb.system-design-tech.a26-4", "mb.risk-strategy-terminal.b", "mb.x-risk-policy.b");
    world *w = *state;
    phone p;
    own_phone(&p, w);
    p.fingerprint = "another";
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &LI));
    assert_string_equal(phone_text(&p, "device_state"), "new");
    assert_string_equal(state_of(&p, "own"), "new");
    assert_int_equal(world_audits(w, "device.unbound"), 1);
    phone_free(&p);
}

static void a_login_cannot_be_resumed_on_a_changed_device(void **state)
{
    ZY_PROVES("j225.6.2.2.h", "mb.system-design-tech.a26-2", "mb.risk-strategy-terminal.b");
    world *w = *state;
    phone p;
    own_phone(&p, w);
    p.fingerprint = "another";
    phone_hello(&p);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED);
    p.fingerprint = NULL;
    phone_hello(&p);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED); /* it has ended */
    assert_int_equal(world_audits(w, "login.ended"), 1);
    phone_free(&p);
}

static zy_status unlock_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    return zy_identity_unlock(tx, w->env, LI.id, err);
}

static void a_lost_device_freezes_everything_until_staff_lift_it(void **state)
{
    ZY_PROVES("j225.6.3.1.g");
    world *w = *state;
    phone own, other;
    char body[80];
    zy_err err = { 0 };
    own_phone(&own, w);
    phone_make(&other, w, "other", "203.0.113.8");
    ASSERT_OK(phone_login(&other, &LI));
    device_body(&other, "own", body);
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(phone_call(&other, "device.lost", body));
    ASSERT_STATUS(phone_call(&other, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    assert_non_null(strstr(world_newest_text(w, LI.phone), "冻结"));
    phone_hello(&own);
    ASSERT_STATUS(phone_quick_start(&own), ZY_LOGIN_FAILED);
    phone_hello(&other);
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_STATUS(phone_login_start(&other, &a), ZY_LOGIN_FAILED);
    ASSERT_OK(zy_db_run(w->env->db, "test.unlock", unlock_unit, w, &err));
    world_turn(w, ZY_HOURS(1));
    ASSERT_OK(phone_login(&other, &LI));
    world_turn(w, ZY_HOURS(1));
    phone_hello(&own);
    ASSERT_STATUS(phone_login_start(&own, &a), ZY_LOGIN_FAILED); /* the lost one stays closed */
    ASSERT_STATUS(phone_reset_start(&own, LI.phone, LI.id_no, LI.pay_password), ZY_LOGIN_FAILED);
    assert_int_equal(world_audits(w, "password.reset_begun"), 1);
    phone_free(&own);
    phone_free(&other);
}

/* Nor does it count as the bound device: strangers' locks hold for it, too, and its tries are those of anybody. */
static void a_lost_device_begins_no_reset_and_is_nobodys(void **state)
{
    ZY_PROVES("j225.6.3.1.g", "mb.password-reset.f");
    world *w = *state;
    phone own, other;
    char body[80];
    zy_err err = { 0 };
    own_phone(&own, w);
    phone_make(&other, w, "other", "203.0.113.8");
    ASSERT_OK(phone_login(&other, &LI));
    device_body(&other, "own", body);
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(phone_call(&other, "device.lost", body));
    ASSERT_OK(zy_db_run(w->env->db, "test.unlock", unlock_unit, w, &err));
    phone_hello(&own);
    for (int i = 0; i < 5; i++) {
        world_turn(w, ZY_MINUTES(1));
        ASSERT_STATUS(phone_reset_start(&own, LI.phone, LI.id_no, LI.pay_password), ZY_LOGIN_FAILED);
    }
    phone_hello(&other);
    ASSERT_STATUS(phone_reset_start(&other, LI.phone, LI.id_no, LI.pay_password), ZY_LOCKED); /* the name's tries, not a bound device's */
    world_turn(w, ZY_MINUTES(31));
    phone_hello(&other);
    ASSERT_OK(phone_reset_start(&other, LI.phone, LI.id_no, LI.pay_password));
    phone_free(&own);
    phone_free(&other);
}

/* --- environment --- */

static void an_unsafe_client_is_refused_or_limited(void **state)
{
    ZY_PROVES("mb.env-risk-warning.a.2", "mb.env-risk-warning.c", "j225.6.1.9.2.p3", "mb.env-monitor.c", "j225.6.3.3.c2",
              "mb.risk-strategy-terminal.c", "mb.risk-strategy-terminal.d", "mb.x-risk-policy.c", "mb.x-risk-policy.d");
    world *w = *state;
    static const struct {
        const char *report, *level; /* NULL: refused */
    } CASES[] = {
        { "{\"repackaged\":true}", NULL },       { "{\"debugger\":true}", NULL },    { "{\"hook\":true,\"root\":false}", NULL },
        { "{\"root\":true}", "limit" },          { "{\"emulator\":true}", "limit" }, { "{\"proxy\":true}", "warn" },
        { "{\"version\":\"0.0.1\"}", "warn" },   { "{\"version\":\"9.0\"}", "safe" }, { "{}", "safe" },
        { "{\"proxy\":true,\"root\":true}", "limit" },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        phone p;
        phone_make(&p, w, "client", "203.0.113.7");
        p.environment = CASES[i].report;
        if (CASES[i].level == NULL) {
            const attempt a = { .user = LI.phone, .password = LI.password };
            ASSERT_STATUS(phone_login_start(&p, &a), ZY_DEVICE_UNSAFE);
        } else {
            ASSERT_OK(phone_login(&p, &LI));
            assert_string_equal(phone_text(&p, "environment"), CASES[i].level);
        }
        phone_free(&p);
        world_turn(w, ZY_MINUTES(30));
    }
    assert_int_equal(world_audits(w, "device.environment"), 8);
}

static void a_limited_device_is_no_bound_device(void **state)
{
    ZY_PROVES("mb.env-risk-warning.a.2");
    world *w = *state;
    phone p;
    own_phone(&p, w);
    ASSERT_OK(phone_call(&p, "auth.session", "{}"));
    p.environment = "{\"root\":true}";
    phone_hello(&p);
    ASSERT_OK(phone_resume(&p)); /* found later: counts from then on */
    assert_string_equal(phone_text(&p, "environment"), "limit");
    p.environment = NULL;
    phone_hello(&p);
    ASSERT_OK(phone_resume(&p)); /* and is not taken back by silence */
    assert_string_equal(phone_text(&p, "environment"), "limit");
    p.environment = "{\"root\":true}";
    phone_hello(&p);
    ASSERT_STATUS(phone_quick_start(&p), ZY_LOGIN_FAILED);
    p.environment = "{\"debugger\":true}";
    phone_hello(&p);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED);
    assert_int_equal(world_audits(w, "login.ended"), 1);
    phone_free(&p);
}

/* --- sessions --- */

static void a_client_in_the_background_is_logged_out(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b11", "mb.login-factors.h", "mb.auth-failure.c");
    world *w = *state;
    phone p;
    phone_make(&p, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(phone_call(&p, "session.background", "{}"));
    world_turn(w, ZY_SECONDS(299));
    ASSERT_OK(phone_call(&p, "profile.get", "{}")); /* back in time */
    world_turn(w, ZY_SECONDS(200));
    ASSERT_OK(phone_call(&p, "profile.get", "{}"));
    ASSERT_OK(phone_call(&p, "session.background", "{}"));
    world_turn(w, ZY_SECONDS(150));
    world_restart(w); /* as another process that shares the database */
    ASSERT_OK(phone_call(&p, "session.background", "{}")); /* telling it again wins no time */
    ASSERT_OK(phone_call(&p, "auth.session", "{}"));       /* nor does a heartbeat */
    world_turn(w, ZY_SECONDS(150));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    phone_hello(&p);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED);
    phone_free(&p);
}

static void the_list_shows_the_last_logins_masked(void **state)
{
    ZY_PROVES("mb.system-design-tech.a26-1");
    world *w = *state;
    phone p;
    phone_make(&p, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    world_turn(w, ZY_MINUTES(2));
    ASSERT_OK(phone_call(&p, "auth.logout", "{}"));
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(phone_call(&p, "session.list", "{}"));
    const zy_json *sessions = zy_json_get(zy_json_get(p.answer, "body"), "sessions");
    assert_int_equal(zy_json_count(sessions), 2);
    static const struct {
        const char *member, *first, *second;
    } WANT[] = { { "state", "active", "ended" }, { "ended_reason", "", "logout" }, { "address", "203.0.*.*", "203.0.*.*" },
                 { "device", "own", "own" }, { "method", "password", "password" } };
    for (size_t i = 0; i < ZY_COUNT(WANT); i++) {
        zy_str a = { 0 }, b = { 0 };
        assert_true(zy_json_str(zy_json_at(sessions, 0), WANT[i].member, &a));
        assert_true(zy_json_str(zy_json_at(sessions, 1), WANT[i].member, &b));
        ASSERT_STR(a, WANT[i].first);
        ASSERT_STR(b, WANT[i].second);
    }
    bool current = false;
    assert_true(zy_json_bool(zy_json_at(sessions, 0), "current", &current) && current);
    phone_free(&p);
}

/* Somebody who knows the password waits for a code: the customer, who is logged in, sends him away. */
static void logins_that_others_have_begun_can_be_ended(void **state)
{
    world *w = *state;
    phone own, thief;
    char code[7];
    phone_make(&own, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(&own, &LI));
    world_turn(w, ZY_MINUTES(1));
    phone_make(&thief, w, "thief", "203.0.113.66");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&thief, &a));
    ASSERT_OK(phone_code(&thief, LI.phone, code));
    ASSERT_OK(phone_call(&own, "session.end_others", "{}"));
    ASSERT_STATUS(phone_login_finish(&thief, code), ZY_LOGIN_REQUIRED);
    ASSERT_OK(phone_call(&own, "profile.get", "{}"));
    phone_free(&own);
    phone_free(&thief);
}

static zy_status verify_pay_password(phone *p, const char *password)
{
    char secret[700], body[900];
    phone_secret(p, password, 2, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"pay_password\",\"value\":%s}", p->login_id, secret);
    return phone_call(p, "auth.login.factor.verify", body);
}

static void after_a_long_absence_more_is_asked(void **state)
{
    ZY_PROVES("mb.env-risk-warning.e");
    world *w = *state;
    phone p;
    char code[7];
    own_phone(&p, w);
    world_turn(w, ZY_DAYS(91));
    phone_hello(&p);
    ASSERT_STATUS(phone_quick_start(&p), ZY_LOGIN_FAILED);
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    assert_string_equal(phone_text(&p, "reason"), "dormant");
    char begin[100];
    snprintf(begin, sizeof begin, "{\"login_id\":\"%s\",\"factor\":\"sms\"}", p.login_id);
    ASSERT_STATUS(phone_call(&p, "auth.login.factor.begin", begin), ZY_FACTOR_ORDER); /* no text before the password */
    ASSERT_STATUS(verify_pay_password(&p, "111222"), ZY_FACTOR_WRONG);
    ASSERT_OK(verify_pay_password(&p, LI.pay_password));
    ASSERT_STATUS(verify_pay_password(&p, LI.pay_password), ZY_FACTOR_ORDER);
    ASSERT_OK(phone_code(&p, LI.phone, code));
    ASSERT_OK(phone_login_finish(&p, code));
    assert_string_equal(phone_text(&p, "device_state"), "new");
    assert_string_equal(state_of(&p, "own"), "new");
    ASSERT_OK(phone_call(&p, "message.list", "{}"));
    zy_str title = { 0 };
    assert_true(zy_json_str(zy_json_at(zy_json_get(zy_json_get(p.answer, "body"), "messages"), 0), "title", &title));
    ASSERT_STR(title, "长时间未登录提醒");
    phone_free(&p);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_bound_device_and_its_gesture_open_a_session),
        STORY(the_ways_to_log_in_cannot_be_mixed),
        STORY(five_wrong_gestures_switch_it_off),
        STORY(a_right_gesture_forgets_the_wrong_ones),
        STORY(who_holds_no_bound_device_hears_one_answer),
        STORY(a_gesture_needs_five_points_each_once),
        STORY(one_device_is_bound_and_the_next_takes_its_place),
        STORY(a_device_is_bound_to_one_customer_only),
        STORY(unbinding_ends_the_login_on_that_device),
        STORY(other_peoples_devices_are_not_found),
        STORY(a_changed_fingerprint_lowers_a_bound_device),
        STORY(a_login_cannot_be_resumed_on_a_changed_device),
        STORY(a_lost_device_begins_no_reset_and_is_nobodys),
        STORY(a_lost_device_freezes_everything_until_staff_lift_it),
        STORY(an_unsafe_client_is_refused_or_limited),
        STORY(a_limited_device_is_no_bound_device),
        STORY(a_client_in_the_background_is_logged_out),
        STORY(the_list_shows_the_last_logins_masked),
        STORY(logins_that_others_have_begun_can_be_ended),
        STORY(after_a_long_absence_more_is_asked),
    };
    return zy_test_main("device", tests, ZY_COUNT(tests));
}
