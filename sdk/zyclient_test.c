/* The client against a small server of its own: what it survives, and what it never does. */
#include <stdio.h>
#include <stdlib.h>

#include "fake_server.h"
#include "zy_test.h"

typedef struct world {
    fake_server server;
    zy_sm2_key *device;
    zy_client *client;
    zy_client_state told; /* by the hook */
    unsigned times_told;
    zy_json *answer;
    zy_err err;
} world;

static void on_login(void *arg, const zy_client_state *state)
{
    world *w = arg;
    w->told = *state;
    w->times_told++;
}

static void open_client(world *w)
{
    zy_client_transport transport = fake_transport(&w->server);
    zy_client_options options = { .server_key_id = FAKE_KEY_ID, .device_key = w->device, .transport = &transport,
                                  .on_login = on_login, .on_login_arg = w };
    memcpy(options.server_key, w->server.public_key, sizeof options.server_key);
    ASSERT_OK(zy_client_new(&options, &w->client, &w->err));
}

static int set_up(void **state)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fake_start(&w->server);
    ASSERT_OK(zy_sm2_generate(&w->device));
    open_client(w);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    zy_json_free(w->answer);
    zy_client_free(w->client);
    zy_sm2_key_free(w->device);
    fake_stop(&w->server);
    free(w);
    return 0;
}

static bool give_code(void *arg, const char *masked_phone, char code[16])
{
    (void)arg;
    ASSERT_STR(zy_str_of(masked_phone), "138****0001");
    snprintf(code, 16, "%s", FAKE_CODE);
    return true;
}

static zy_status try_login(world *w)
{
    zy_json_free(ZY_STEAL(w->answer));
    return zy_client_login(w->client, "alice", "Passw0rd-of-alice", give_code, NULL, &w->answer, &w->err);
}

static void login(world *w)
{
    ASSERT_OK(try_login(w));
    assert_true(zy_client_is(w->answer, "OK"));
}

static zy_status try_call(world *w, const char *api, const char *id)
{
    zy_json_free(ZY_STEAL(w->answer));
    return zy_client_call(w->client, api, id, NULL, &w->answer, &w->err);
}

static void do_thing(world *w, const char *id, const char *code)
{
    ASSERT_OK(try_call(w, "thing.do", id));
    assert_true(zy_client_is(w->answer, code));
}

static bool holds(const zy_buf *haystack, const char *needle)
{
    return haystack->n > 0 && memmem(haystack->p, haystack->n, needle, strlen(needle)) != NULL;
}

/* --- the channel --- */

static void nothing_of_a_call_is_seen_on_the_wire(void **state)
{
    ZY_PROVES("j225.6.1.8.p5");
    world *w = *state;
    login(w);
    do_thing(w, "id-0000000000000001", "OK");
    assert_false(holds(&w->server.wire, "thing.do"));
    assert_false(holds(&w->server.wire, "alice"));
    assert_false(holds(&w->server.wire, "id-0000000000000001"));
    assert_false(holds(&w->server.wire, "\"api\""));
}

static void a_server_without_the_pinned_key_is_refused(void **state)
{
    world *w = *state;
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *another = NULL;
    ASSERT_OK(zy_sm2_generate(&another));
    zy_sm2_key *own = w->server.key;
    w->server.key = another; /* signs, but is not the pinned one */
    ASSERT_STATUS(zy_client_hello(w->client, &w->err), ZY_SIGNATURE_BAD);
    assert_null(zy_client_channel(w->client));
    ASSERT_STATUS(try_call(w, "auth.challenge", NULL), ZY_SIGNATURE_BAD);
    assert_int_equal(w->server.call_count, 0);
    w->server.key = own;
}

static void a_retired_key_is_told_from_a_broken_channel(void **state)
{
    world *w = *state;
    zy_client_transport transport = fake_transport(&w->server);
    zy_client_options options = { .server_key_id = 9, .device_key = w->device, .transport = &transport };
    ZY_AUTO(zy_client_free) zy_client *old = NULL;
    memcpy(options.server_key, w->server.public_key, sizeof options.server_key);
    ASSERT_OK(zy_client_new(&options, &old, &w->err));
    ASSERT_STATUS(zy_client_hello(old, &w->err), ZY_CHANNEL_KEY);
}

static void the_servers_clock_is_taken_over(void **state)
{
    world *w = *state;
    w->server.clock_ms = zy_clock_now(zy_clock_system()).ms + 3600000;
    ASSERT_OK(try_call(w, "auth.challenge", NULL));
    assert_in_range(w->server.calls[0].at_ms, w->server.clock_ms - 5000, w->server.clock_ms + 60000);
    w->server.clock_ms += 7200000;
    fake_break(&w->server, "auth.challenge", FAKE_SKEW, 1);
    ASSERT_OK(try_call(w, "auth.challenge", NULL)); /* told of a skew: says hello again and repeats */
    assert_true(zy_client_is(w->answer, "OK"));
    assert_int_equal(w->server.hellos, 2);
    assert_in_range(w->server.calls[2].at_ms, w->server.clock_ms - 5000, w->server.clock_ms + 60000);
}

/* --- lost and forged answers --- */

static void a_lost_answer_is_asked_again_under_the_same_id_and_the_next_seq(void **state)
{
    ZY_PROVES("j225.6.1.8.p5"); /* a changed answer is not believed */
    static const fake_fault LOSSES[] = { FAKE_LOST_REQUEST, FAKE_LOST_ANSWER, FAKE_HTTP_502, FAKE_FORGED,
                                         FAKE_WRONG_SEQ,    FAKE_REPLAYED,    FAKE_CHANNEL_BUSY };
    world *w = *state;
    login(w);
    for (size_t i = 0; i < ZY_COUNT(LOSSES); i++) {
        char id[40];
        size_t before = w->server.call_count, done = w->server.done;
        snprintf(id, sizeof id, "id-%018zu", i);
        fake_break(&w->server, "thing.do", LOSSES[i], 1);
        do_thing(w, id, "OK");
        assert_int_equal(w->server.done, done + 1); /* once, whatever was lost */
        for (size_t k = before; k < w->server.call_count; k++)
            ASSERT_STR(zy_str_of(w->server.calls[k].id), id);
        if (w->server.call_count - before == 2)
            assert_true(w->server.calls[before + 1].seq > w->server.calls[before].seq);
    }
    assert_int_equal(w->server.hellos, 1); /* none of it cost a channel */
}

static void a_call_without_an_id_is_not_said_twice(void **state)
{
    static const fake_fault LOSSES[] = { FAKE_LOST_ANSWER, FAKE_HTTP_502, FAKE_FORGED, FAKE_WRONG_SEQ };
    world *w = *state;
    login(w);
    for (size_t i = 0; i < ZY_COUNT(LOSSES); i++) {
        size_t before = fake_count(&w->server, "thing.do");
        fake_break(&w->server, "thing.do", LOSSES[i], 1);
        ASSERT_STATUS(try_call(w, "thing.do", NULL), ZY_OUTCOME_UNKNOWN);
        assert_null(w->answer);
        assert_int_equal(fake_count(&w->server, "thing.do"), before + 1);
    }
}

static void a_query_is_repeated_without_an_id(void **state)
{
    world *w = *state;
    login(w);
    fake_break(&w->server, "auth.session", FAKE_LOST_ANSWER, 2);
    zy_json_free(ZY_STEAL(w->answer));
    ASSERT_OK(zy_client_query(w->client, "auth.session", NULL, &w->answer, &w->err));
    assert_int_equal(fake_count(&w->server, "auth.session"), 3);
}

static void it_gives_up_after_three_and_says_that_the_outcome_is_unknown(void **state)
{
    world *w = *state;
    login(w);
    fake_break(&w->server, "thing.do", FAKE_LOST_ANSWER, 3);
    ASSERT_STATUS(try_call(w, "thing.do", "id-0000000000000001"), ZY_OUTCOME_UNKNOWN);
    assert_int_equal(fake_count(&w->server, "thing.do"), 3);
    do_thing(w, "id-0000000000000001", "OK"); /* asked later, it is the same thing */
    assert_int_equal(w->server.done, 1);
}

static void a_call_that_is_too_large_is_not_sent_and_costs_no_seq(void **state)
{
    world *w = *state;
    ASSERT_OK(zy_client_hello(w->client, &w->err));
    uint64_t seq = zy_client_channel(w->client)->highest;
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    char *text = malloc(70001);
    assert_non_null(text);
    memset(text, 'a', 70000);
    text[70000] = '\0';
    zy_json_set_c(body, "text", text);
    free(text);
    ASSERT_STATUS(zy_client_call(w->client, "thing.do", NULL, body, &w->answer, &w->err), ZY_REQUEST_TOO_LARGE);
    assert_true(zy_client_channel(w->client)->highest == seq);
    assert_int_equal(w->server.call_count, 0);
}

/* --- login and resume --- */

static void a_login_rotates_the_session(void **state)
{
    world *w = *state;
    uint8_t before[ZY_ZSC_SESSION_ID_BYTES];
    ASSERT_OK(zy_client_hello(w->client, &w->err));
    memcpy(before, zy_client_channel(w->client)->session_id, sizeof before);
    login(w);
    assert_memory_not_equal(before, zy_client_channel(w->client)->session_id, sizeof before);
    do_thing(w, "id-0000000000000001", "OK");
    assert_int_equal(w->server.calls[w->server.call_count - 1].seq, 1);
    assert_int_equal(w->times_told, 1);
    assert_string_equal(w->told.login_id, FAKE_LOGIN_ID);
}

static void a_wrong_code_logs_nobody_in(void **state)
{
    world *w = *state;
    zy_json *secret = NULL;
    ASSERT_OK(zy_client_hello(w->client, &w->err));
    ASSERT_OK(zy_client_secret(w->client, 1, "Passw0rd-of-alice", &secret, &w->err));
    zy_status status = zy_client_login_start(w->client, "alice", secret, NULL, &w->answer, &w->err);
    zy_json_free(secret);
    ASSERT_OK(status);
    zy_json_free(ZY_STEAL(w->answer));
    ASSERT_OK(zy_client_login_finish(w->client, FAKE_LOGIN_ID, "sms", "000000", &w->answer, &w->err));
    assert_true(zy_client_is(w->answer, "FACTOR_WRONG"));
    assert_int_equal(w->times_told, 0);
    zy_json_free(ZY_STEAL(w->answer));
    ASSERT_OK(zy_client_login_finish(w->client, FAKE_LOGIN_ID, "sms", FAKE_CODE, &w->answer, &w->err));
    assert_true(zy_client_is(w->answer, "OK")); /* the channel is the same, the right code still counts */
}

static void a_lost_login_answer_is_found_on_the_new_session(void **state)
{
    static const fake_fault LOSSES[] = { FAKE_LOST_ANSWER, FAKE_HTTP_502, FAKE_FORGED };
    world *w = *state;
    for (size_t i = 0; i < ZY_COUNT(LOSSES); i++) {
        fake_break(&w->server, "auth.login.finish", LOSSES[i], 1);
        login(w);
        assert_int_equal(fake_count(&w->server, "auth.login.finish"), i + 1);
        do_thing(w, "id-0000000000000001", "OK");
    }
}

static void a_login_that_never_came_leaves_nobody_logged_in(void **state)
{
    world *w = *state;
    fake_break(&w->server, "auth.login.finish", FAKE_LOST_REQUEST, 1);
    ASSERT_STATUS(try_login(w), ZY_OUTCOME_UNKNOWN);
    assert_int_equal(w->times_told, 0);
    login(w);
}

static void a_channel_that_is_gone_costs_a_round_trip_and_no_login(void **state)
{
    world *w = *state;
    login(w);
    for (int i = 0; i < 3; i++) {
        fake_forget_channels(&w->server);
        do_thing(w, NULL, "OK");
    }
    assert_int_equal(w->server.done, 3);
    assert_int_equal(fake_count(&w->server, "auth.login.start"), 1);
    assert_int_equal(fake_count(&w->server, "auth.resume"), 3);
}

static void a_lost_resume_answer_does_not_lose_the_login(void **state)
{
    static const fake_fault LOSSES[] = { FAKE_LOST_ANSWER, FAKE_LOST_REQUEST, FAKE_HTTP_502 };
    world *w = *state;
    login(w);
    for (size_t i = 0; i < ZY_COUNT(LOSSES); i++) {
        fake_forget_channels(&w->server);
        fake_break(&w->server, "auth.resume", LOSSES[i], 1);
        do_thing(w, NULL, "OK");
    }
    assert_int_equal(fake_count(&w->server, "auth.login.start"), 1);
    assert_int_equal(w->told.key_count, 1);
}

/* The answer is lost, and the new session is not to be asked either: then both keys are kept and tried. */
static void after_a_resume_without_any_answer_both_keys_are_tried(void **state)
{
    world *w = *state;
    login(w);
    fake_forget_channels(&w->server);
    fake_break(&w->server, "auth.resume", FAKE_LOST_ANSWER, 1);
    fake_break(&w->server, "auth.session", FAKE_LOST_REQUEST, 3);
    do_thing(w, NULL, "OK"); /* the newer key was right */
    fake_forget_channels(&w->server);
    fake_break(&w->server, "auth.resume", FAKE_LOST_REQUEST, 1);
    do_thing(w, NULL, "OK"); /* the older one was */
    assert_int_equal(fake_count(&w->server, "auth.login.start"), 1);
    assert_int_equal(w->told.key_count, 1);
}

static void a_resume_that_is_refused_for_now_keeps_the_login(void **state)
{
    world *w = *state;
    login(w);
    fake_forget_channels(&w->server);
    fake_break(&w->server, "auth.resume", FAKE_BUSY, 1);
    ASSERT_STATUS(try_call(w, "thing.do", NULL), ZY_BUSY);
    assert_string_equal(w->told.login_id, FAKE_LOGIN_ID);
    do_thing(w, NULL, "OK");
}

static void a_login_that_ended_elsewhere_is_over_here(void **state)
{
    world *w = *state;
    login(w);
    w->server.login_ended = true;
    do_thing(w, NULL, "LOGIN_REQUIRED");
    assert_string_equal(w->told.login_id, "");
    assert_int_equal(w->told.key_count, 0);

    w->server.login_ended = false;
    login(w);
    w->server.login_ended = true;
    fake_forget_channels(&w->server);
    ASSERT_STATUS(try_call(w, "thing.do", NULL), ZY_LOGIN_REQUIRED);
    assert_string_equal(w->told.login_id, "");
}

static void a_kept_login_is_taken_up_by_a_new_client(void **state)
{
    world *w = *state;
    zy_client_state kept = { 0 }, nobody = { 0 };
    login(w);
    zy_client_state_of(w->client, &kept);
    zy_client_free(w->client);
    open_client(w);
    ASSERT_STATUS(zy_client_restore(w->client, &nobody), ZY_BAD_FIELD);
    ASSERT_OK(zy_client_restore(w->client, &kept));
    do_thing(w, NULL, "OK");
    assert_int_equal(fake_count(&w->server, "auth.login.start"), 1);
    assert_memory_not_equal(kept.keys[0], w->told.keys[0], ZY_SM3_BYTES); /* a proof works once, so does its key */
}

static void a_logout_ends_the_login_here_even_when_nobody_answers(void **state)
{
    world *w = *state;
    login(w);
    fake_break(&w->server, "auth.logout", FAKE_LOST_REQUEST, 3);
    ASSERT_STATUS(zy_client_logout(w->client, &w->err), ZY_OUTCOME_UNKNOWN);
    assert_string_equal(w->told.login_id, "");
    do_thing(w, NULL, "LOGIN_REQUIRED");
}

/* --- secrets and orders --- */

static void a_password_travels_as_82_bytes_under_the_servers_key(void **state)
{
    world *w = *state;
    uint8_t want[82] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 17 };
    memcpy(want + 18, "Passw0rd-of-alice", 17);
    login(w);
    assert_int_equal(w->server.secret_n, sizeof want);
    assert_memory_equal(w->server.secret, want, sizeof want);
}

static void a_typed_secret_travels_like_a_given_one(void **state)
{
    world *w = *state;
    ZY_AUTO(zy_keypad_free) zy_keypad *pad = NULL;
    ZY_AUTO(zy_json_free) zy_json *member = NULL, *body = zy_json_object();
    ASSERT_OK(zy_keypad_new(&pad));
    for (const char *p = "246810"; *p != '\0'; p++)
        ASSERT_OK(zy_keypad_push(pad, zy_str_bytes(p, 1)));
    ASSERT_OK(zy_client_secret_typed(w->client, 2, pad, &member, &w->err));
    zy_json_set_c(body, "factor", "pay_password");
    zy_json_set(body, "value", ZY_STEAL(member));
    ASSERT_OK(zy_client_call(w->client, "order.factor.verify", NULL, body, &w->answer, &w->err));
    assert_int_equal(w->server.secret[16], 2);
    assert_int_equal(w->server.secret[17], 6);
    assert_memory_equal(w->server.secret + 18, "246810\0", 7);
}

static void a_secret_of_no_length_or_too_much_is_refused(void **state)
{
    world *w = *state;
    zy_json *member = NULL;
    char long_one[ZY_KEYPAD_MAX + 2] = { 0 };
    memset(long_one, 'x', ZY_KEYPAD_MAX + 1);
    ASSERT_STATUS(zy_client_secret(w->client, 1, "", &member, &w->err), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_client_secret(w->client, 1, long_one, &member, &w->err), ZY_BAD_FIELD);
    assert_int_equal(w->server.call_count, 0);
}

static void an_order_is_proved_step_by_step_and_confirmed(void **state)
{
    world *w = *state;
    login(w);
    ZY_AUTO(zy_json_free) zy_json *prepared = NULL;
    ASSERT_OK(zy_client_call(w->client, "thing.prepare", NULL, NULL, &prepared, &w->err));
    zy_json_free(ZY_STEAL(w->answer));
    fake_break(&w->server, "order.confirm", FAKE_LOST_ANSWER, 1);
    ASSERT_OK(zy_client_prove(w->client, prepared, "246810", give_code, NULL, &w->answer, &w->err));
    assert_true(zy_client_is(w->answer, "OK"));
    assert_int_equal(fake_count(&w->server, "order.factor.verify"), 2);
    assert_int_equal(fake_count(&w->server, "order.confirm"), 2);
}

static void an_order_whose_digest_is_not_that_of_its_text_gets_no_secret(void **state)
{
    world *w = *state;
    login(w);
    ZY_AUTO(zy_json_free) zy_json *prepared = NULL;
    w->server.lies_about_digest = true;
    ASSERT_OK(zy_client_call(w->client, "thing.prepare", NULL, NULL, &prepared, &w->err));
    zy_json_free(ZY_STEAL(w->answer));
    size_t challenges = fake_count(&w->server, "auth.challenge");
    ASSERT_STATUS(zy_client_prove(w->client, prepared, "246810", give_code, NULL, &w->answer, &w->err), ZY_DIGEST_MISMATCH);
    assert_int_equal(fake_count(&w->server, "auth.challenge"), challenges);
    assert_int_equal(fake_count(&w->server, "order.factor.verify"), 0);
    assert_int_equal(fake_count(&w->server, "order.confirm"), 0);
}

static void an_orders_signature_verifies_over_its_text_alone(void **state)
{
    world *w = *state;
    uint8_t public_key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES], digest[ZY_SM3_BYTES];
    char text[ZY_CLIENT_SIG_TEXT];
    size_t n;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    zy_sm2_public(w->device, public_key);
    ASSERT_OK(zy_sm2_pub_from(public_key, sizeof public_key, &pub));
    ASSERT_OK(zy_client_order_sign(w->client, ZY_STR("zhangyin-order/1\namount_fen=1"), text));
    ASSERT_OK(zy_base64_decode(zy_str_of(text), sig, sizeof sig, &n));
    ASSERT_OK(zy_sm3(ZY_PARTS(ZY_PART_LABEL("zhangyin-order/1\namount_fen=1")), digest));
    ASSERT_OK(zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, sizeof digest)), sig));
    ASSERT_OK(zy_sm3(ZY_PARTS(ZY_PART_LABEL("zhangyin-order/1\namount_fen=2")), digest));
    ASSERT_STATUS(zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, sizeof digest)), sig), ZY_SIGNATURE_BAD);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_of_a_call_is_seen_on_the_wire),
        T(a_server_without_the_pinned_key_is_refused),
        T(a_retired_key_is_told_from_a_broken_channel),
        T(the_servers_clock_is_taken_over),
        T(a_lost_answer_is_asked_again_under_the_same_id_and_the_next_seq),
        T(a_call_without_an_id_is_not_said_twice),
        T(a_query_is_repeated_without_an_id),
        T(it_gives_up_after_three_and_says_that_the_outcome_is_unknown),
        T(a_call_that_is_too_large_is_not_sent_and_costs_no_seq),
        T(a_login_rotates_the_session),
        T(a_wrong_code_logs_nobody_in),
        T(a_lost_login_answer_is_found_on_the_new_session),
        T(a_login_that_never_came_leaves_nobody_logged_in),
        T(a_channel_that_is_gone_costs_a_round_trip_and_no_login),
        T(a_lost_resume_answer_does_not_lose_the_login),
        T(after_a_resume_without_any_answer_both_keys_are_tried),
        T(a_resume_that_is_refused_for_now_keeps_the_login),
        T(a_login_that_ended_elsewhere_is_over_here),
        T(a_kept_login_is_taken_up_by_a_new_client),
        T(a_logout_ends_the_login_here_even_when_nobody_answers),
        T(a_password_travels_as_82_bytes_under_the_servers_key),
        T(a_typed_secret_travels_like_a_given_one),
        T(a_secret_of_no_length_or_too_much_is_refused),
        T(an_order_is_proved_step_by_step_and_confirmed),
        T(an_order_whose_digest_is_not_that_of_its_text_gets_no_secret),
        T(an_orders_signature_verifies_over_its_text_alone),
    };
    return zy_test_main("zyclient", tests, ZY_COUNT(tests));
}
