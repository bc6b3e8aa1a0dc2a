/* Passkeys over the APIs: made by an order on a bound device, used to log in and to prove orders, and every way in which that may
 * go wrong; on both engines. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank/security/order_world.h"
#include "flow/flow.h"
#include "service/audit/audit.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_passkey.h"

#define RP     "bank.example"
#define ORIGIN "https://m.bank.example"
#define BOTH   "pay_password+passkey"

/* ---- what a page does ---- */

static void take_challenge(const phone *p, const char *path, uint8_t challenge[32])
{
    size_t n = 0;
    ASSERT_OK(zy_base64url_decode(zy_str_of(phone_text(p, path)), challenge, 32, &n));
    assert_int_equal(n, 32);
}

/* passkey.begin, the browser, passkey.set.prepare. */
static zy_status prepare_passkey(phone *p, const zy_test_passkey *k, order *o)
{
    uint8_t challenge[32];
    zy_test_passkey_answer a;
    char json[2200], body[2300];
    ZY_TRY(phone_call(p, "passkey.begin", "{}"));
    take_challenge(p, "challenge", challenge);
    zy_test_passkey_create(k, challenge, &a);
    zy_test_passkey_json(k, &a, json, sizeof json);
    snprintf(body, sizeof body, "{\"name\":\"my finger\",%s", strstr(json, "\"client_data\""));
    return order_prepare(p, "passkey.set.prepare", body, o);
}

static zy_status set_passkey(phone *p, const zy_test_passkey *k)
{
    order o;
    ZY_TRY(prepare_passkey(p, k, &o));
    ASSERT_OK(order_verify_password(p, &o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, &o));
    return order_confirm(p, &o);
}

/* A phone of LI's, bound, with a passkey. */
static void own_phone(phone *p, world *w, zy_test_passkey *k)
{
    zy_test_passkey_make(k, RP, ORIGIN);
    phone_log_in(p, w, "own");
    phone_bind(p);
    ASSERT_OK(set_passkey(p, k));
    world_turn(w, ZY_MINUTES(1));
}

static void leave(phone *p, zy_test_passkey *k)
{
    phone_free(p);
    zy_test_passkey_free(k);
}

static zy_status quick_start(phone *p)
{
    char device[500], body[600];
    phone_device(p, device, sizeof device);
    snprintf(body, sizeof body, "{\"device\":%s,\"factor\":\"passkey\"}", device);
    zy_status status = phone_call(p, "auth.quick.start", body);
    if (status == ZY_OK)
        ASSERT_OK(zy_str_copy(zy_str_of(phone_text(p, "login_id")), p->login_id, sizeof p->login_id));
    return status;
}

static zy_status quick_finish(phone *p, const zy_test_passkey *k, const zy_test_passkey_answer *a)
{
    char json[2200], body[2400];
    zy_test_passkey_json(k, a, json, sizeof json);
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"passkey\":%s}", p->login_id, json);
    return phone_call(p, "auth.quick.passkey", body);
}

static zy_status quick_login(phone *p, zy_test_passkey *k)
{
    uint8_t challenge[32];
    zy_test_passkey_answer a;
    phone_hello(p);
    ZY_TRY(quick_start(p));
    take_challenge(p, "passkey.challenge", challenge);
    zy_test_passkey_sign(k, challenge, &a);
    return quick_finish(p, k, &a);
}

static zy_status ask(phone *p, const order *o, uint8_t challenge[32])
{
    char body[120];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"passkey\"}", o->id);
    zy_status status = phone_call(p, "order.factor.begin", body);
    if (status == ZY_OK)
        take_challenge(p, "challenge", challenge);
    return status;
}

static zy_status show(phone *p, const order *o, const zy_test_passkey *k, const zy_test_passkey_answer *a)
{
    char json[2200], value[3000] = "\"";
    zy_test_passkey_json(k, a, json, sizeof json);
    zy_base64_encode(json, strlen(json), value + 1);
    strcat(value, "\"");
    return order_verify(p, o, "passkey", value);
}

/* A transfer whose turn the passkey is. */
static void prepare_turn(phone *p, order *o)
{
    ASSERT_OK(order_prepare_transfer(p, o));
    ASSERT_OK(order_choose(p, o, BOTH));
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
}

static zy_status prove(phone *p, const order *o, zy_test_passkey *k)
{
    uint8_t challenge[32];
    zy_test_passkey_answer a;
    ZY_TRY(ask(p, o, challenge));
    zy_test_passkey_sign(k, challenge, &a);
    return show(p, o, k, &a);
}

/* ---- making one ---- */

static void a_passkey_is_made_by_two_factors_on_a_bound_device(void **state)
{
    ZY_PROVES("mb.auth-mechanism.p1", "mb.auth-mechanism.b4.1", "mb.auth-mechanism.b4.2");
    world *w = *state;
    phone p;
    order o;
    zy_test_passkey k;
    zy_test_passkey_make(&k, RP, ORIGIN);
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(prepare_passkey(&p, &k, &o), ZY_STATE_CONFLICT); /* not bound */
    phone_bind(&p);
    ASSERT_OK(prepare_passkey(&p, &k, &o));
    assert_non_null(strstr(o.text, "kind=passkey.set"));
    assert_non_null(strstr(o.text, "name=my finger"));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(phone_call(&p, "passkey.list", "{}"));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "passkeys")), 1);
    assert_int_equal(world_audits(w, "passkey.set"), 1);
    ASSERT_STATUS(set_passkey(&p, &k), ZY_ALREADY_EXISTS); /* the same key again */
    leave(&p, &k);
}

static void a_made_key_answers_its_challenge_once_and_in_time(void **state)
{
    ZY_PROVES("mb.login-factors.d3-ii");
    world *w = *state;
    phone p;
    order o;
    uint8_t challenge[32];
    zy_test_passkey k;
    zy_test_passkey_answer a;
    char json[2200], body[2300];
    zy_test_passkey_make(&k, RP, ORIGIN);
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    ASSERT_OK(phone_call(&p, "passkey.begin", "{}"));
    take_challenge(&p, "challenge", challenge);
    zy_test_passkey_create(&k, challenge, &a);
    zy_test_passkey_json(&k, &a, json, sizeof json);
    snprintf(body, sizeof body, "{\"name\":\"k\",%s", strstr(json, "\"client_data\""));
    ASSERT_OK(order_prepare(&p, "passkey.set.prepare", body, &o));
    ASSERT_STATUS(order_prepare(&p, "passkey.set.prepare", body, &o), ZY_CHALLENGE_BAD);
    ASSERT_OK(phone_call(&p, "passkey.begin", "{}"));
    ASSERT_STATUS(order_prepare(&p, "passkey.set.prepare", body, &o), ZY_SIGNATURE_BAD); /* the former's challenge */
    ASSERT_OK(phone_call(&p, "passkey.begin", "{}"));
    world_turn(w, ZY_SECONDS(120));
    ASSERT_STATUS(order_prepare(&p, "passkey.set.prepare", body, &o), ZY_CHALLENGE_BAD);
    leave(&p, &k);
}

static void a_key_without_a_verified_user_is_not_made(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b");
    world *w = *state;
    phone p;
    order o;
    zy_test_passkey k;
    zy_test_passkey_make(&k, RP, ORIGIN);
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    k.no_verification = true;
    ASSERT_STATUS(prepare_passkey(&p, &k, &o), ZY_SIGNATURE_BAD);
    k.no_verification = false;
    k.origin = "https://bank.evil.example";
    ASSERT_STATUS(prepare_passkey(&p, &k, &o), ZY_SIGNATURE_BAD);
    k.origin = ORIGIN;
    k.rp_id = "evil.example";
    ASSERT_STATUS(prepare_passkey(&p, &k, &o), ZY_SIGNATURE_BAD);
    leave(&p, &k);
}

static void there_are_no_more_than_the_bank_allows(void **state)
{
    world *w = *state;
    phone p;
    zy_test_passkey k[5], more;
    order o;
    zy_test_passkey_make(&more, RP, ORIGIN);
    own_phone(&p, w, &k[0]);
    for (int i = 1; i < 5; i++) {
        zy_test_passkey_make(&k[i], RP, ORIGIN);
        world_turn(w, ZY_MINUTES(15));
        ASSERT_OK(phone_login(&p, &LI));
        ASSERT_OK(set_passkey(&p, &k[i]));
        zy_test_passkey_free(&k[i]);
    }
    ASSERT_STATUS(prepare_passkey(&p, &more, &o), ZY_STATE_CONFLICT);
    zy_test_passkey_free(&more);
    leave(&p, &k[0]);
}

/* ---- logging in ---- */

static void a_bound_device_and_its_passkey_open_a_session(void **state)
{
    ZY_PROVES("mb.login-factors.a", "mb.login-factors.g", "mb.auth-mechanism.p1", "mb.innovation-content.d", "mb.access-ease.c",
              "mb.auth-tech-choice.a5", "mb.x-biometrics.a");
    world *w = *state;
    phone p;
    zy_test_passkey k;
    zy_str method = { 0 };
    own_phone(&p, w, &k);
    ASSERT_OK(phone_call(&p, "auth.logout", "{}"));
    phone_hello(&p);
    ASSERT_OK(quick_start(&p));
    assert_string_equal(phone_text(&p, "passkey.rp_id"), RP);
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED); /* the device's key alone opens nothing */
    ASSERT_OK(quick_login(&p, &k));
    assert_string_equal(phone_text(&p, "device_state"), "bound");
    ASSERT_OK(phone_call(&p, "session.list", "{}"));
    assert_true(zy_json_str(zy_json_at(zy_json_get(zy_json_get(p.answer, "body"), "sessions"), 0), "method", &method));
    ASSERT_STR(method, "passkey");
    leave(&p, &k);
}

static void what_opened_a_session_opens_no_second_one(void **state)
{
    ZY_PROVES("mb.login-factors.d3-ii");
    world *w = *state;
    phone p;
    uint8_t challenge[32];
    zy_test_passkey k;
    zy_test_passkey_answer a;
    own_phone(&p, w, &k);
    phone_hello(&p);
    ASSERT_OK(quick_start(&p));
    take_challenge(&p, "passkey.challenge", challenge);
    zy_test_passkey_sign(&k, challenge, &a);
    phone before = p;
    ASSERT_OK(quick_finish(&p, &k, &a));
    before.answer = NULL;
    ASSERT_STATUS(quick_finish(&before, &k, &a), ZY_LOGIN_REQUIRED); /* the same login */
    zy_json_free(before.answer);
    phone_hello(&p);
    ASSERT_OK(quick_start(&p));
    ASSERT_STATUS(quick_finish(&p, &k, &a), ZY_LOGIN_FAILED); /* another login, another challenge */
    leave(&p, &k);
}

static void a_passkey_signs_in_time_or_not_at_all(void **state)
{
    world *w = *state;
    phone p;
    uint8_t challenge[32];
    zy_test_passkey k;
    zy_test_passkey_answer a;
    own_phone(&p, w, &k);
    for (int i = 0; i < 2; i++) {
        phone_hello(&p);
        ASSERT_OK(quick_start(&p));
        take_challenge(&p, "passkey.challenge", challenge);
        zy_test_passkey_sign(&k, challenge, &a);
        world_turn(w, ZY_SECONDS(i == 0 ? 119 : 120));
        ASSERT_STATUS(quick_finish(&p, &k, &a), i == 0 ? ZY_OK : ZY_CHALLENGE_BAD);
    }
    leave(&p, &k);
}

/* Everything that is wrong is one answer. */
static void what_is_signed_otherwise_opens_nothing(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i");
    static const struct {
        const char *origin, *rp_id, *type;
        bool no_verification, no_presence, crossed, other_key;
    } LIES[] = { { .origin = "https://m.bank.example.evil.example" }, { .rp_id = "evil.example" }, { .type = "webauthn.create" },
                 { .no_verification = true }, { .no_presence = true }, { .crossed = true }, { .other_key = true } };
    world *w = *state;
    phone p;
    zy_test_passkey k, thief;
    own_phone(&p, w, &k);
    zy_test_passkey_make(&thief, RP, ORIGIN);
    memcpy(thief.id, k.id, sizeof k.id);
    for (size_t i = 0; i < ZY_COUNT(LIES); i++) {
        zy_test_passkey liar = LIES[i].other_key ? thief : k;
        liar.origin = LIES[i].origin != NULL ? LIES[i].origin : ORIGIN;
        liar.rp_id = LIES[i].rp_id != NULL ? LIES[i].rp_id : RP;
        liar.type = LIES[i].type;
        liar.no_verification = LIES[i].no_verification;
        liar.no_presence = LIES[i].no_presence;
        liar.crossed = LIES[i].crossed;
        ASSERT_STATUS(quick_login(&p, &liar), ZY_LOGIN_FAILED);
        ASSERT_OK(quick_login(&p, &k)); /* a right one forgets the wrong one */
        world_turn(w, ZY_MINUTES(1));
    }
    assert_int_equal(world_audits(w, "factor.passkey_wrong"), ZY_COUNT(LIES));
    zy_test_passkey_free(&thief);
    leave(&p, &k);
}

static void five_wrong_ones_switch_the_devices_passkeys_off(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    phone p;
    zy_test_passkey k, thief;
    zy_str s = { 0 };
    own_phone(&p, w, &k);
    zy_test_passkey_make(&thief, RP, ORIGIN);
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(quick_login(&p, &thief), ZY_LOGIN_FAILED); /* a key that nobody registered counts, too */
    ASSERT_STATUS(quick_login(&p, &k), ZY_LOGIN_FAILED);
    world_turn(w, ZY_HOURS(1));
    ASSERT_STATUS(quick_login(&p, &k), ZY_LOGIN_FAILED); /* it stays off */
    assert_int_equal(world_audits(w, "passkey.off"), 1);
    ASSERT_OK(phone_login(&p, &LI)); /* the password is another factor with other tries */
    ASSERT_OK(phone_call(&p, "passkey.list", "{}"));
    const zy_json *row = zy_json_at(zy_json_get(zy_json_get(p.answer, "body"), "passkeys"), 0);
    assert_true(zy_json_str(row, "state", &s));
    ASSERT_STR(s, "off");
    assert_true(zy_json_str(row, "reason", &s));
    ASSERT_STR(s, "wrong");
    zy_test_passkey_free(&thief);
    leave(&p, &k);
}

static void a_counter_that_goes_back_is_a_copied_key(void **state)
{
    world *w = *state;
    phone p;
    zy_test_passkey k;
    zy_str title = { 0 };
    own_phone(&p, w, &k);
    zy_test_passkey copy = k;
    ASSERT_OK(quick_login(&p, &k));
    ASSERT_STATUS(quick_login(&p, &copy), ZY_LOGIN_FAILED); /* both have signed once */
    ASSERT_STATUS(quick_login(&p, &k), ZY_LOGIN_FAILED);    /* nobody can tell which is the customer's */
    assert_int_equal(world_audits(w, "passkey.off"), 1);
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(phone_call(&p, "message.list", "{}"));
    bool told = false;
    const zy_json *messages = zy_json_get(zy_json_get(p.answer, "body"), "messages");
    for (size_t i = 0; i < zy_json_count(messages); i++)
        told = told || (zy_json_str(zy_json_at(messages, i), "title", &title) && zy_str_eq_c(title, "通行密钥已停用"));
    assert_true(told);
    leave(&p, &k);
}

/* Synced passkeys have none. */
static void an_authenticator_without_a_counter_may_sign_again(void **state)
{
    world *w = *state;
    phone p;
    zy_test_passkey k;
    zy_test_passkey_make(&k, RP, ORIGIN);
    k.counts = false;
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    ASSERT_OK(set_passkey(&p, &k));
    for (int i = 0; i < 3; i++) {
        world_turn(w, ZY_MINUTES(1));
        ASSERT_OK(quick_login(&p, &k));
    }
    leave(&p, &k);
}

static void with_the_device_its_passkeys_go(void **state)
{
    ZY_PROVES("j225.6.3.1.g", "j225.6.2.2.h");
    static const char *const WAYS[] = { "device.unbind", "passkey.remove", "device.lost" };
    world *w = *state;
    for (size_t i = 0; i < ZY_COUNT(WAYS); i++) {
        phone p;
        zy_test_passkey k;
        zy_str id = { 0 };
        char body[80] = "{}";
        own_phone(&p, w, &k);
        ASSERT_OK(phone_call(&p, i == 1 ? "passkey.list" : "device.list", "{}"));
        const zy_json *list = zy_json_get(zy_json_get(p.answer, "body"), i == 1 ? "passkeys" : "devices");
        assert_true(zy_json_str(zy_json_at(list, 0), i == 1 ? "passkey_id" : "device_id", &id));
        if (i < 2)
            snprintf(body, sizeof body, "{\"%s\":\"" ZY_STR_FMT "\"}", i == 1 ? "passkey_id" : "device_id", ZY_STR_ARG(id));
        ASSERT_OK(phone_call(&p, WAYS[i], body));
        ASSERT_STATUS(quick_login(&p, &k), ZY_LOGIN_FAILED);
        leave(&p, &k);
        world_turn(w, ZY_HOURS(1));
        if (i == 1) { /* the device is bound still, and takes the place of none */
            ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE device SET state = 'new', bound_at = 0",
                                             "UPDATE device SET state = 'new', bound_at = 0", NULL));
        }
    }
}

static void other_peoples_passkeys_are_not_found(void **state)
{
    ZY_PROVES("j225.6.1.6.1.a");
    world *w = *state;
    phone p, wang;
    zy_test_passkey k;
    zy_str id = { 0 };
    char body[120];
    own_phone(&p, w, &k);
    ASSERT_OK(phone_call(&p, "passkey.list", "{}"));
    assert_true(zy_json_str(zy_json_at(zy_json_get(zy_json_get(p.answer, "body"), "passkeys"), 0), "passkey_id", &id));
    snprintf(body, sizeof body, "{\"passkey_id\":\"" ZY_STR_FMT "\",\"name\":\"mine\"}", ZY_STR_ARG(id));
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE customer SET must_change = 0", "UPDATE customer SET must_change = 0", NULL));
    phone_make(&wang, w, "wang", "203.0.113.9");
    ASSERT_OK(phone_login(&wang, &WANG));
    ASSERT_STATUS(phone_call(&wang, "passkey.rename", body), ZY_NOT_FOUND);
    ASSERT_OK(phone_call(&p, "passkey.rename", body));
    char *comma = strchr(body, ',');
    memcpy(comma, "}", 2);
    ASSERT_STATUS(phone_call(&wang, "passkey.remove", body), ZY_NOT_FOUND);
    ASSERT_OK(phone_call(&p, "passkey.remove", body));
    ASSERT_STATUS(phone_call(&p, "passkey.remove", body), ZY_NOT_FOUND);
    phone_free(&wang);
    leave(&p, &k);
}

/* ---- proving orders ---- */

typedef struct prove_job {
    world *w;
    zy_id order;
    zy_json *report;
    bool right;
} prove_job;

static zy_status prove_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prove_job *job = arg;
    return zy_order_prove(rtx, job->w->env, job->order, job->report, &job->right, err);
}

static bool still_proves(world *w, const order *o)
{
    prove_job job = { .w = w, .report = zy_json_object() };
    zy_err err = { 0 };
    ASSERT_OK(zy_id_parse(zy_str_of(o->id), &job.order));
    ASSERT_OK(zy_db_read(w->env->db, "test.prove", prove_read, &job, &err));
    zy_json_free(job.report);
    return job.right;
}

static void a_transfer_is_signed_and_proven_years_later(void **state)
{
    ZY_PROVES("j225.6.1.5.3.p2", "mb.x-data-security.p7", "mb.innovation-content.d", "mb.auth-methods.p2", "mb.x-biometrics.a");
    world *w = *state;
    phone p;
    order o, other;
    uint8_t challenge[32];
    zy_test_passkey k;
    zy_test_passkey_answer a;
    own_phone(&p, w, &k);
    prepare_turn(&p, &o);
    ASSERT_OK(order_prepare_transfer(&p, &other));
    ASSERT_OK(order_choose(&p, &other, BOTH));
    ASSERT_OK(order_verify_password(&p, &other, LI.pay_password));
    ASSERT_OK(ask(&p, &other, challenge));
    zy_test_passkey_sign(&k, challenge, &a);
    ASSERT_STATUS(show(&p, &o, &k, &a), ZY_CHALLENGE_BAD); /* nothing was asked for this order */
    uint8_t own[32];
    ASSERT_OK(ask(&p, &o, own));
    ASSERT_STATUS(show(&p, &o, &k, &a), ZY_FACTOR_WRONG); /* another order was signed */
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(prove(&p, &o, &k));
    ASSERT_OK(order_confirm(&p, &o));
    world_turn(w, ZY_DAYS(3650));
    assert_true(still_proves(w, &o));
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE passkey SET ended_at = 1", "UPDATE passkey SET ended_at = 1", NULL));
    assert_false(still_proves(w, &o)); /* it would have been ended then */
    leave(&p, &k);
}

static void evidence_fits_its_own_order_alone(void **state)
{
    ZY_PROVES("mb.crypto-plan.a-4");
    world *w = *state;
    phone p;
    order o;
    zy_test_passkey k;
    own_phone(&p, w, &k);
    prepare_turn(&p, &o);
    ASSERT_OK(prove(&p, &o, &k));
    ASSERT_OK(order_confirm(&p, &o));
    assert_true(still_proves(w, &o));
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE flow_order SET amount_fen = amount_fen + 1 WHERE amount_fen > 0",
                                     "UPDATE flow_order SET amount_fen = amount_fen + 1 WHERE amount_fen > 0", NULL));
    assert_false(still_proves(w, &o));
    leave(&p, &k);
}

static void the_passkey_of_another_customer_proves_nothing(void **state)
{
    world *w = *state;
    phone p;
    order o;
    zy_test_passkey k, wangs;
    own_phone(&p, w, &k);
    zy_test_passkey_make(&wangs, RP, ORIGIN);
    prepare_turn(&p, &o);
    ASSERT_STATUS(prove(&p, &o, &wangs), ZY_FACTOR_WRONG);
    memcpy(wangs.id, k.id, sizeof k.id);
    ASSERT_STATUS(prove(&p, &o, &wangs), ZY_FACTOR_WRONG);
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE passkey SET customer = customer + 1", "UPDATE passkey SET customer = customer + 1",
                                     NULL));
    ASSERT_STATUS(prove(&p, &o, &k), ZY_FACTOR_WRONG); /* the key is right, and somebody else's */
    zy_test_passkey_free(&wangs);
    leave(&p, &k);
}

static void a_passkey_is_offered_where_it_works(void **state)
{
    ZY_PROVES("mb.x-biometrics.b", "mb.auth-mechanism.b4.1");
    world *w = *state;
    phone p;
    order o;
    zy_test_passkey k;
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_STATUS(order_choose(&p, &o, BOTH), ZY_BAD_FIELD); /* none is set */
    zy_test_passkey_make(&k, RP, ORIGIN);
    ASSERT_OK(set_passkey(&p, &k));
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_OK(order_choose(&p, &o, BOTH));
    ASSERT_STATUS(order_choose(&p, &o, "passkey"), ZY_BAD_FIELD); /* never alone where money moves */
    leave(&p, &k);
}

static void no_biometric_feature_reaches_the_bank(void **state)
{
    ZY_PROVES("mb.pi-sensitive.c2", "mb.login-factors.d3-i");
    world *w = *state;
    phone p;
    zy_test_passkey k;
    own_phone(&p, w, &k);
    ASSERT_OK(phone_call(&p, "passkey.list", "{}"));
    static const char *const KNOWN[] = { "passkey_id", "name", "state", "reason", "made_at", "current" };
    const zy_json *row = zy_json_at(zy_json_get(zy_json_get(p.answer, "body"), "passkeys"), 0);
    assert_int_equal(zy_json_count(row), ZY_COUNT(KNOWN));
    for (size_t i = 0; i < ZY_COUNT(KNOWN); i++)
        assert_non_null(zy_json_get(row, KNOWN[i]));
    leave(&p, &k);
}

/* ---- at the same moment ---- */

#define RACERS 16

typedef struct racer {
    phone p;
    const order *o;
    const zy_test_passkey *k;
    const zy_test_passkey_answer *a;
    pthread_barrier_t *start;
    zy_status status;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    pthread_barrier_wait(r->start);
    r->status = show(&r->p, r->o, r->k, r->a);
    return NULL;
}

static void of_sixteen_uses_at_once_one_succeeds(void **state)
{
    ZY_PROVES("mb.login-factors.d3-ii");
    world *w = *state;
    phone p;
    order o;
    uint8_t challenge[32];
    zy_test_passkey k;
    zy_test_passkey_answer a;
    static racer racers[RACERS];
    pthread_t threads[RACERS];
    pthread_barrier_t start;
    int right = 0;
    own_phone(&p, w, &k);
    prepare_turn(&p, &o);
    ASSERT_OK(ask(&p, &o, challenge));
    zy_test_passkey_sign(&k, challenge, &a);
    pthread_barrier_init(&start, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (racer){ .p = p, .o = &o, .k = &k, .a = &a, .start = &start };
        racers[i].p.answer = NULL;
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        right += racers[i].status == ZY_OK;
        if (racers[i].status != ZY_OK && racers[i].status != ZY_CHALLENGE_BAD && racers[i].status != ZY_FACTOR_ORDER)
            fail_msg("racer %d: %s", i, zy_status_name(racers[i].status));
        zy_json_free(racers[i].p.answer);
    }
    pthread_barrier_destroy(&start);
    assert_int_equal(right, 1);
    ASSERT_OK(order_confirm(&p, &o));
    leave(&p, &k);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, order_world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_passkey_is_made_by_two_factors_on_a_bound_device),
        STORY(a_made_key_answers_its_challenge_once_and_in_time),
        STORY(a_key_without_a_verified_user_is_not_made),
        STORY(there_are_no_more_than_the_bank_allows),
        STORY(a_bound_device_and_its_passkey_open_a_session),
        STORY(what_opened_a_session_opens_no_second_one),
        STORY(a_passkey_signs_in_time_or_not_at_all),
        STORY(what_is_signed_otherwise_opens_nothing),
        STORY(five_wrong_ones_switch_the_devices_passkeys_off),
        STORY(a_counter_that_goes_back_is_a_copied_key),
        STORY(an_authenticator_without_a_counter_may_sign_again),
        STORY(with_the_device_its_passkeys_go),
        STORY(other_peoples_passkeys_are_not_found),
        STORY(a_transfer_is_signed_and_proven_years_later),
        STORY(evidence_fits_its_own_order_alone),
        STORY(the_passkey_of_another_customer_proves_nothing),
        STORY(a_passkey_is_offered_where_it_works),
        STORY(no_biometric_feature_reaches_the_bank),
        STORY(of_sixteen_uses_at_once_one_succeeds),
    };
    return zy_test_main("passkey", tests, ZY_COUNT(tests));
}
