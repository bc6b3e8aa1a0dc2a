/* Orders that move no money, from real logins through the dispatcher, on both engines. */
#include <stdio.h>
#include <stdlib.h>

#include "bank/security/order_world.h"
#include "bank/security/security.h"
#include "flow/flow.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define GESTURE "14753"

static zy_status prepare_gesture(phone *p, const char *points, order *o)
{
    char secret[700], body[760];
    phone_secret(p, points, 5, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"gesture\":%s}", secret);
    return order_prepare(p, "gesture.set.prepare", body, o);
}

static void set_gesture(phone *p)
{
    order o;
    ASSERT_OK(prepare_gesture(p, GESTURE, &o));
    ASSERT_OK(order_verify_password(p, &o, LI.pay_password));
    ASSERT_OK(order_confirm(p, &o));
}

/* ---- binding ---- */

static void a_device_is_bound_by_two_factors_of_different_kinds(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b4.1", "j225.6.3.3.b2", "mb.auth-tech-choice.b-ii", "j225.6.2.1.1.key.b",
              "j225.6.2.1.1.key.p1", "j225.6.2.1.1.key.a");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_OK(order_prepare(&p, "device.bind.prepare", "{}", &o));
    assert_non_null(strstr(o.text, "kind=device.bind"));
    assert_non_null(strstr(o.text, "device=own"));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER); /* one is not enough */
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(order_confirm(&p, &o)); /* a repeat hears the same */
    ASSERT_OK(phone_call(&p, "auth.session", "{}"));
    assert_string_equal(phone_text(&p, "device_state"), "bound");
    assert_int_equal(world_audits(w, "device.bound"), 1);
    ASSERT_STATUS(order_prepare(&p, "device.bind.prepare", "{}", &o), ZY_STATE_CONFLICT);
    phone_free(&p);
}

static void the_order_names_the_device_that_is_unbound_for_it(void **state)
{
    ZY_PROVES("j225.6.3.3.b3");
    world *w = *state;
    phone first, second;
    order o;
    phone_log_in(&first, w, "first");
    phone_bind(&first);
    phone_log_in(&second, w, "second");
    ASSERT_OK(order_prepare(&second, "device.bind.prepare", "{}", &o));
    assert_non_null(strstr(o.text, "replaces=first"));
    ASSERT_OK(order_verify_password(&second, &o, LI.pay_password));
    ASSERT_OK(order_verify_sms(&second, &o));
    ASSERT_OK(order_confirm(&second, &o));
    world_turn(w, ZY_MINUTES(2));
    phone_hello(&first);
    ASSERT_OK(phone_login(&first, &LI));
    assert_string_equal(phone_text(&first, "device_state"), "new");
    phone_free(&first);
    phone_free(&second);
}

static void an_unsafe_device_is_not_bound_and_pays_little(void **state)
{
    ZY_PROVES("mb.env-risk-warning.c", "j225.6.1.9.2.p3", "mb.env-monitor.c", "mb.risk-strategy-terminal.c");
    world *w = *state;
    phone p;
    order o;
    char from[ZY_ID_TEXT_MAX], body[300];
    phone_make(&p, w, "rooted", "203.0.113.7");
    p.environment = "{\"root\":true}";
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_STATUS(order_prepare(&p, "device.bind.prepare", "{}", &o), ZY_DEVICE_UNSAFE);
    zy_id_format(cards.account, from);
    static const struct {
        int fen;
        zy_status status;
    } CASES[] = { { 100000, ZY_OK }, { 100001, ZY_TRANSFER_LIMIT } };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%d}", from,
                 cards.to_number, WANG.name, CASES[i].fen);
        ASSERT_STATUS(order_prepare(&p, "transfer.prepare", body, &o), CASES[i].status);
    }
    phone_free(&p);
}

/* ---- the device's key as a factor ---- */

static void signature_of(const zy_sm2_key *key, const char *digest_hex, char out[96])
{
    uint8_t digest[ZY_SM3_BYTES], sig[ZY_SM2_SIG_BYTES];
    size_t n = 0;
    ASSERT_OK(zy_hex_decode(zy_str_of(digest_hex), digest, sizeof digest, &n));
    ASSERT_OK(zy_sm2_sign(key, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, sizeof digest)), sig));
    out[0] = '"';
    zy_base64_encode(sig, sizeof sig, out + 1);
    strcat(out, "\"");
}

static void a_bound_device_signs_what_the_customer_saw(void **state)
{
    ZY_PROVES("mb.server-data-protect.h.2");
    world *w = *state;
    phone p;
    order o, another;
    char sig[96];
    phone_log_in(&p, w, "own");
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_STATUS(order_choose(&p, &o, "pay_password+device_key"), ZY_BAD_FIELD); /* closed on a device that is not bound */
    phone_bind(&p);
    ASSERT_OK(order_prepare_transfer(&p, &o));
    ASSERT_OK(order_prepare_transfer(&p, &another));
    ASSERT_OK(order_choose(&p, &o, "pay_password+device_key"));
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *thief = NULL;
    ASSERT_OK(zy_sm2_generate(&thief));
    signature_of(thief, o.digest, sig);
    ASSERT_STATUS(order_verify(&p, &o, "device_key", sig), ZY_FACTOR_WRONG);
    signature_of(p.key, another.digest, sig);
    ASSERT_STATUS(order_verify(&p, &o, "device_key", sig), ZY_FACTOR_WRONG); /* of another order */
    ASSERT_STATUS(order_verify(&p, &o, "device_key", "\"123456\""), ZY_FACTOR_WRONG);
    signature_of(p.key, o.digest, sig);
    ASSERT_OK(order_verify(&p, &o, "device_key", sig));
    ASSERT_OK(order_confirm(&p, &o));
    phone_free(&p);
}

static void evidence_of_a_signature_can_be_checked_later(void **state)
{
    world *w = *state;
    phone p;
    order o;
    char sig[96], key_text[96];
    uint8_t key[ZY_SM2_PUB_BYTES], digest[ZY_SM3_BYTES];
    size_t n = 0;
    phone_log_in(&p, w, "own");
    ASSERT_OK(order_prepare_transfer(&p, &o));
    signature_of(p.key, o.digest, sig);
    sig[strlen(sig) - 1] = '\0';
    zy_sm2_public(p.key, key);
    zy_base64_encode(key, sizeof key, key_text);
    ASSERT_OK(zy_hex_decode(zy_str_of(o.digest), digest, sizeof digest, &n));
    const zy_factor *factor = zy_factor_by_name(ZY_STR("device_key"));
    zy_factor_subject subject = { .digest = digest };
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    zy_err err = { 0 };
    ASSERT_STATUS(factor->verify_evidence(NULL, w->env, &subject, evidence, &err), ZY_SIGNATURE_BAD);
    zy_json_set_c(evidence, "public_key", key_text);
    zy_json_set_c(evidence, "signature", sig + 1);
    ASSERT_OK(factor->verify_evidence(NULL, w->env, &subject, evidence, &err));
    digest[0] ^= 1;
    ASSERT_STATUS(factor->verify_evidence(NULL, w->env, &subject, evidence, &err), ZY_SIGNATURE_BAD);
    phone_free(&p);
}

/* ---- gestures ---- */

static void a_gesture_is_set_by_a_fresh_factor_on_a_bound_device(void **state)
{
    ZY_PROVES("mb.access-ease.c");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(prepare_gesture(&p, GESTURE, &o), ZY_STATE_CONFLICT);
    phone_bind(&p);
    ASSERT_STATUS(prepare_gesture(&p, "1234", &o), ZY_BAD_FIELD);
    ASSERT_OK(prepare_gesture(&p, GESTURE, &o));
    assert_null(strstr(o.text, GESTURE));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_OK(order_confirm(&p, &o));
    phone_hello(&p);
    ASSERT_OK(phone_quick_start(&p));
    ASSERT_OK(phone_quick_finish(&p, GESTURE));
    ASSERT_OK(phone_call(&p, "gesture.off", "{}"));
    ASSERT_STATUS(phone_call(&p, "gesture.off", "{}"), ZY_STATE_CONFLICT);
    phone_hello(&p);
    ASSERT_STATUS(phone_quick_start(&p), ZY_LOGIN_FAILED);
    phone_free(&p);
}

static void an_order_of_an_unbound_device_sets_no_gesture(void **state)
{
    world *w = *state;
    phone p;
    order o;
    zy_err err = { 0 };
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    ASSERT_OK(prepare_gesture(&p, GESTURE, &o));
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE device SET state = 'new'", "UPDATE device SET state = 'new'", &err));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_STATE_CONFLICT);
    phone_free(&p);
}

/* ---- reveal ---- */

static zy_status prepare_reveal(phone *p, const char *what, order *o)
{
    char account[ZY_ID_TEXT_MAX], body[140];
    zy_id_format(cards.account, account);
    if (strcmp(what, "card_number") == 0)
        snprintf(body, sizeof body, "{\"what\":\"%s\",\"account_id\":\"%s\"}", what, account);
    else
        snprintf(body, sizeof body, "{\"what\":\"%s\"}", what);
    return order_prepare(p, "data.reveal.prepare", body, o);
}

static zy_status reveal(phone *p, const order *o)
{
    char body[80];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", o->id);
    return phone_call(p, "reveal.get", body);
}

static void allowed(phone *p, const char *what, order *o)
{
    ASSERT_OK(prepare_reveal(p, what, o));
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_confirm(p, o));
}

static void whole_numbers_are_shown_once_after_a_fresh_factor(void **state)
{
    ZY_PROVES("mb.masking.d-ii", "mb.masking.d-iii", "mb.pi-use.g.2", "mb.x-data-security.d-iii", "j225.6.2.1.1.key.p1",
              "mb.masking-rules.f", "mb.masking-rules.d");
    world *w = *state;
    phone p;
    order o;
    const struct {
        const char *what, *value;
    } CASES[] = { { "card_number", cards.number }, { "id_no", LI.id_no }, { "phone", LI.phone } };
    phone_log_in(&p, w, "own");
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        ASSERT_OK(prepare_reveal(&p, CASES[i].what, &o));
        assert_null(strstr(o.text, CASES[i].value));
        ASSERT_STATUS(reveal(&p, &o), ZY_NOT_FOUND); /* not yet */
        ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
        ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
        ASSERT_OK(order_confirm(&p, &o));
        ZY_AUTO_BUF confirmed = { 0 };
        zy_json_write(p.answer, &confirmed);
        assert_null(strstr(confirmed.p, CASES[i].value));
        ASSERT_OK(reveal(&p, &o));
        assert_string_equal(phone_text(&p, "value"), CASES[i].value);
        ASSERT_STATUS(reveal(&p, &o), ZY_NOT_FOUND);
        world_turn(w, ZY_MINUTES(1));
    }
    ZY_AUTO(zy_json_free) zy_json *records = world_audit_records(w, "data.revealed");
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(records, &text);
    assert_int_equal(zy_json_count(records), 3);
    for (size_t i = 0; i < ZY_COUNT(CASES); i++)
        assert_null(strstr(text.p, CASES[i].value));
    phone_free(&p);
}

static void what_was_allowed_ends_after_thirty_seconds(void **state)
{
    ZY_PROVES("mb.masking.d-iii");
    world *w = *state;
    phone p;
    order in_time, late;
    phone_log_in(&p, w, "own");
    allowed(&p, "card_number", &in_time);
    world_turn(w, ZY_SECONDS(29));
    ASSERT_OK(reveal(&p, &in_time));
    allowed(&p, "card_number", &late);
    world_turn(w, ZY_SECONDS(30));
    ASSERT_STATUS(reveal(&p, &late), ZY_NOT_FOUND);
    phone_free(&p);
}

static void another_login_or_customer_sees_nothing(void **state)
{
    ZY_PROVES("j225.6.1.6.1.a");
    world *w = *state;
    phone p, wang;
    order o;
    zy_err err = { 0 };
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE customer SET must_change = 0", "UPDATE customer SET must_change = 0", &err));
    phone_make(&wang, w, "wang", "203.0.113.9");
    ASSERT_OK(phone_login(&wang, &WANG));
    ASSERT_STATUS(prepare_reveal(&wang, "card_number", &o), ZY_NOT_FOUND); /* LI's account */
    phone_log_in(&p, w, "own");
    phone_bind(&p);
    set_gesture(&p);
    allowed(&p, "phone", &o);
    ASSERT_STATUS(reveal(&wang, &o), ZY_NOT_FOUND);
    phone_hello(&p);
    ASSERT_OK(phone_quick_start(&p));
    ASSERT_OK(phone_quick_finish(&p, GESTURE));
    ASSERT_STATUS(reveal(&p, &o), ZY_NOT_FOUND);
    phone_free(&p);
    phone_free(&wang);
}

static void an_account_is_for_its_card_number_alone(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(order_prepare(&p, "data.reveal.prepare", "{\"what\":\"card_number\"}", &o), ZY_BAD_FIELD);
    ASSERT_STATUS(order_prepare(&p, "data.reveal.prepare", "{\"what\":\"phone\",\"account_id\":\"0000000000001\"}", &o), ZY_BAD_FIELD);
    ASSERT_STATUS(order_prepare(&p, "data.reveal.prepare", "{\"what\":\"pin\"}", &o), ZY_BAD_FIELD);
    phone_free(&p);
}

static void a_lost_device_is_found_again_by_two_factors(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b4.1");
    world *w = *state;
    phone own, other;
    order o;
    char body[80];
    zy_err err = { 0 };
    phone_log_in(&own, w, "own");
    ASSERT_OK(phone_call(&own, "device.list", "{}"));
    zy_str id = { 0 };
    assert_true(zy_json_str(zy_json_at(zy_json_get(zy_json_get(own.answer, "body"), "devices"), 0), "device_id", &id));
    snprintf(body, sizeof body, "{\"device_id\":\"" ZY_STR_FMT "\"}", ZY_STR_ARG(id));
    phone_log_in(&other, w, "other");
    ASSERT_OK(zy_db_test_exec_script(w->env->db, "UPDATE device SET state = 'lost' WHERE id = (SELECT min(id) FROM device)",
                                     "UPDATE device SET state = 'lost' WHERE id = (SELECT min(id) FROM device)", &err));
    ASSERT_OK(order_prepare(&other, "device.found.prepare", body, &o));
    ASSERT_OK(order_verify_password(&other, &o, LI.pay_password));
    ASSERT_OK(order_verify_sms(&other, &o));
    ASSERT_OK(order_confirm(&other, &o));
    world_turn(w, ZY_HOURS(1));
    phone_hello(&own);
    ASSERT_OK(phone_login(&own, &LI));
    phone_free(&own);
    phone_free(&other);
}

static void what_was_allowed_long_ago_is_dropped(void **state)
{
    world *w = *state;
    phone p;
    order o;
    int64_t dropped = 0;
    zy_err err = { 0 };
    phone_log_in(&p, w, "own");
    allowed(&p, "phone", &o);
    ASSERT_OK(zy_security_expire(w->env, 100, &dropped, &err));
    assert_int_equal(dropped, 0);
    world_turn(w, ZY_DAYS(3));
    ASSERT_OK(zy_security_expire(w->env, 100, &dropped, &err));
    assert_int_equal(dropped, 1);
    phone_free(&p);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, order_world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_device_is_bound_by_two_factors_of_different_kinds),
        STORY(the_order_names_the_device_that_is_unbound_for_it),
        STORY(an_unsafe_device_is_not_bound_and_pays_little),
        STORY(a_bound_device_signs_what_the_customer_saw),
        STORY(evidence_of_a_signature_can_be_checked_later),
        STORY(a_gesture_is_set_by_a_fresh_factor_on_a_bound_device),
        STORY(an_order_of_an_unbound_device_sets_no_gesture),
        STORY(whole_numbers_are_shown_once_after_a_fresh_factor),
        STORY(what_was_allowed_ends_after_thirty_seconds),
        STORY(another_login_or_customer_sees_nothing),
        STORY(an_account_is_for_its_card_number_alone),
        STORY(a_lost_device_is_found_again_by_two_factors),
        STORY(what_was_allowed_long_ago_is_dropped),
    };
    return zy_test_main("security", tests, ZY_COUNT(tests));
}
