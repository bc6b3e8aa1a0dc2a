/* Story: what somebody between customer and bank may try with the secure channel, and what outlives a restart. */
#include <stdio.h>

#include "channel/channel.h"
#include "server.h"

#define PLAIN_MAX 512

static struct {
    bank *bank;
    bank_client client; /* a channel of its own for the wire's tests; never logged in */
} world;

static zy_channel *channel(void)
{
    zy_err err = { 0 };
    if (world.bank == NULL) {
        world.bank = bank_new("test", 10);
        bank_client_open(world.bank, 3, &world.client);
    }
    if (zy_client_channel(world.client.zy) == NULL)
        ASSERT_OK(zy_client_hello(world.client.zy, &err));
    return zy_client_channel(world.client.zy);
}

typedef struct message {
    char session[ZY_ZSC_SESSION_TEXT_MAX], seq[24];
    uint8_t bytes[PLAIN_MAX + ZY_GCM_TAG_BYTES];
    size_t n;
} message;

/* A sealed app.bootstrap under that number. */
static message sealed(const zy_channel *c, uint64_t seq)
{
    char plain[PLAIN_MAX];
    message m = { .n = 0 };
    int n = snprintf(plain, sizeof plain,
                     "{\"api\":\"app.bootstrap\",\"v\":1,\"t\":%lld,\"body\":{\"client\":{\"kind\":\"test\",\"version\":\"9\"}}}",
                     (long long)zy_clock_now(zy_clock_system()).ms);
    zy_zsc_session_text(c->session_id, m.session);
    snprintf(m.seq, sizeof m.seq, "%llu", (unsigned long long)seq);
    ASSERT_OK(zy_zsc_seal(c, true, seq, plain, (size_t)n, m.bytes));
    m.n = (size_t)n + ZY_GCM_TAG_BYTES;
    return m;
}

/* code NULL: an answer that is sealed; otherwise the fixed refusal, word for word. */
static void expect(const char *path, const char *session, const char *seq, const void *p, size_t n, long http, const char *code)
{
    zy_client_wire wire = { 0 };
    zy_err err = { 0 };
    char refusal[64];
    zy_status status = zy_client_post(world.client.zy, path, session, seq, p, n, &wire, &err);
    if (status != ZY_OK)
        fail_msg("no answer: %s", err.detail);
    assert_int_equal(wire.http, http);
    assert_int_equal(wire.has_seq, code == NULL && seq != NULL);
    if (code != NULL) {
        snprintf(refusal, sizeof refusal, "{\"code\":\"%s\"}", code);
        ASSERT_STR(zy_buf_view(&wire.body), refusal);
    }
    zy_buf_free(&wire.body);
}

static void call(const message *m, long http, const char *code)
{
    expect("/zsc/1/call", m->session, m->seq, m->bytes, m->n, http, code);
}

/* --- calls --- */

static void a_replayed_message_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.a4", "mb.system-design-ops.c5-1");
    message m = sealed(channel(), ++channel()->highest), next;
    call(&m, 200, NULL);
    for (int i = 0; i < 3; i++)
        call(&m, 409, "CHANNEL_REPLAY");
    next = sealed(channel(), ++channel()->highest);
    call(&next, 200, NULL);
    call(&m, 409, "CHANNEL_REPLAY");
}

static void any_flipped_bit_is_refused_and_costs_nothing(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.a2", "mb.system-design-ops.c5-1", "j225.6.2.2.a1");
    message m = sealed(channel(), ++channel()->highest);
    for (size_t bit = 0; bit < 8 * m.n; bit += 61) {
        m.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        call(&m, 400, "CHANNEL_BAD");
        m.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t i = m.n - ZY_GCM_TAG_BYTES; i < m.n; i++) {
        m.bytes[i] ^= 0x80;
        call(&m, 400, "CHANNEL_BAD");
        m.bytes[i] ^= 0x80;
    }
    message moved = m;
    snprintf(moved.seq, sizeof moved.seq, "%llu", (unsigned long long)channel()->highest + 1);
    call(&moved, 400, "CHANNEL_BAD"); /* sealed for another number */
    call(&m, 200, NULL);              /* none of them touched the window */
}

static void numbers_may_come_out_of_order_within_the_window(void **state)
{
    (void)state;
    zy_channel *c = channel();
    uint64_t low = c->highest + 1, high = low + 5000;
    message m = sealed(c, high);
    call(&m, 200, NULL);
    c->highest = high;
    static const uint64_t BEHIND[] = { 1, 700, 2, 1023, 512 };
    for (size_t i = 0; i < ZY_COUNT(BEHIND); i++) {
        m = sealed(c, high - BEHIND[i]);
        call(&m, 200, NULL);
        call(&m, 409, "CHANNEL_REPLAY");
    }
    m = sealed(c, high - ZY_ZSC_WINDOW - 1);
    call(&m, 409, "CHANNEL_REPLAY");
    m = sealed(c, low);
    call(&m, 409, "CHANNEL_REPLAY");
    m = sealed(c, high + 1);
    call(&m, 200, NULL);
    c->highest = high + 1;
}

static void bodies_of_a_wrong_size_are_refused(void **state)
{
    (void)state;
    static uint8_t large[ZY_ZSC_BODY_MAX + 1];
    message m = sealed(channel(), ++channel()->highest);
    for (size_t n = 0; n < m.n; n += n < 20 ? 1 : 29)
        expect("/zsc/1/call", m.session, m.seq, m.bytes, n, 400, "CHANNEL_BAD");
    expect("/zsc/1/call", m.session, m.seq, m.bytes, m.n - 1, 400, "CHANNEL_BAD");
    expect("/zsc/1/call", m.session, m.seq, large, ZY_ZSC_BODY_MAX, 400, "CHANNEL_BAD");
    expect("/zsc/1/call", m.session, m.seq, large, sizeof large, 413, "REQUEST_TOO_LARGE");
    call(&m, 200, NULL);
}

static void headers_that_are_missing_or_wrong_are_refused(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.a2", "j225.6.2.2.e2");
    static const char *const SEQS[] = { NULL, "0", "-1", "+1", "01", "1.0", "1e3", "0x10", "1 2", "seven", "9007199254740992",
                                        "18446744073709551616" };
    static const char *const SESSIONS[] = { NULL, "A", "AAAAAAAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAAAAAAAAAA",
                                            "AAAAAAAAAAAAAAAAAAAA==",
                                            "AAAAAAAAAAAAAAAAAAAA!A", "AAAAAAAAAAAAAAAAAAAAAB" };
    message m = sealed(channel(), ++channel()->highest);
    for (size_t i = 0; i < ZY_COUNT(SEQS); i++)
        expect("/zsc/1/call", m.session, SEQS[i], m.bytes, m.n, 400, "CHANNEL_BAD");
    for (size_t i = 0; i < ZY_COUNT(SESSIONS); i++)
        expect("/zsc/1/call", SESSIONS[i], m.seq, m.bytes, m.n, 400, "CHANNEL_BAD");
    call(&m, 200, NULL);
}

static void a_session_that_is_not_known_has_expired(void **state)
{
    ZY_PROVES("j225.6.2.2.a3");
    (void)state;
    message m = sealed(channel(), ++channel()->highest), other = m;
    other.session[5] = other.session[5] == 'A' ? 'B' : 'A';
    call(&other, 401, "CHANNEL_EXPIRED");
    call(&m, 200, NULL);
}

/* --- hello --- */

static void hello(uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES], size_t at, uint8_t value, long http, const char *code)
{
    uint8_t kept = request[at];
    request[at] = value;
    expect("/zsc/1/hello", NULL, NULL, request, ZY_ZSC_HELLO_REQUEST_BYTES, http, code);
    request[at] = kept;
}

static void hellos_of_another_shape_are_refused(void **state)
{
    (void)state;
    channel();
    enum { SUITE = 4, FLAGS = 5, KEY_ID = 6, POINT = 40 };
    uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES + 1] = { 0 };
    ZY_AUTO(zy_zsc_hello_free) zy_zsc_hello *h = NULL;
    ASSERT_OK(zy_zsc_client_hello(world.bank->key_id, world.bank->key, request, &h));
    hello(request, KEY_ID, 0x7f, 410, "CHANNEL_KEY");
    hello(request, 0, 'X', 400, "CHANNEL_BAD");
    hello(request, SUITE, 2, 400, "CHANNEL_BAD");
    hello(request, FLAGS, 1, 400, "CHANNEL_BAD");
    for (int first = 0; first < 8; first++)
        if (first != 4)
            hello(request, POINT, (uint8_t)first, 400, "CHANNEL_BAD");
    hello(request, POINT + 9, (uint8_t)(request[POINT + 9] ^ 1), 400, "CHANNEL_BAD"); /* off the curve */
    expect("/zsc/1/hello", NULL, NULL, request, 0, 400, "CHANNEL_BAD");
    expect("/zsc/1/hello", NULL, NULL, request, ZY_ZSC_HELLO_REQUEST_BYTES - 1, 400, "CHANNEL_BAD");
    expect("/zsc/1/hello", NULL, NULL, request, ZY_ZSC_HELLO_REQUEST_BYTES + 1, 400, "CHANNEL_BAD");
    expect("/zsc/1/hello", NULL, NULL, request, ZY_ZSC_HELLO_REQUEST_BYTES, 200, NULL);
}

static void a_server_with_another_key_is_not_trusted(void **state)
{
    (void)state;
    channel();
    zy_err err = { 0 };
    bank_client fooled;
    uint8_t kept[ZY_SM2_PUB_BYTES];
    memcpy(kept, world.bank->key, sizeof kept);
    zy_sm2_public(world.client.device, world.bank->key); /* some key that is not the server's */
    bank_client_open(world.bank, 3, &fooled);
    memcpy(world.bank->key, kept, sizeof kept);
    ASSERT_STATUS(zy_client_hello(fooled.zy, &err), ZY_SIGNATURE_BAD);
    assert_null(zy_client_channel(fooled.zy));
    bank_client_close(&fooled);
}

/* --- logins --- */

typedef struct login {
    char id[40];
    uint8_t k_res[ZY_SM3_BYTES];
    zy_channel before; /* it rotated */
} login;

static zy_status device_of(bank_client *c, zy_buf *out)
{
    zy_err err = { 0 };
    ZY_AUTO(zy_json_free) zy_json *device = NULL;
    ZY_TRY(zy_client_device(c->zy, &device, &err));
    zy_buf_clear(out);
    zy_json_write(device, out);
    return ZY_OK;
}

/* What zy_client_login does, step by step, so that the keys are at hand. */
static void log_in_by_hand(bank_client *c, login *ret_login)
{
    ZY_AUTO(zy_json_free) zy_json *secret = NULL;
    ZY_AUTO_BUF password = { 0 }, device = { 0 };
    zy_err err = { 0 };
    char code[16];
    ASSERT_OK(zy_client_hello(c->zy, &err));
    ASSERT_OK(zy_client_secret(c->zy, 1, c->person->password, &secret, &err));
    ASSERT_OK(device_of(c, &device));
    zy_json_write(secret, &password);
    const zy_json *body = bank_ask(c, "OK", "auth.login.start", NULL, "{\"user\":\"%s\",\"password\":%s,\"device\":%s}",
                                   c->person->user, password.p, device.p);
    bank_text(body, "login_id", ret_login->id, sizeof ret_login->id);
    bank_ask(c, "OK", "auth.login.factor.begin", NULL, "{\"login_id\":\"%s\",\"factor\":\"sms\"}", ret_login->id);
    assert_true(bank_read_code(c, "", code));
    bank_ask(c, "OK", "auth.login.finish", NULL, "{\"login_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", ret_login->id, code);
    ret_login->before = *zy_client_channel(c->zy);
    ASSERT_OK(zy_zsc_rotate(&ret_login->before, zy_str_of(ret_login->id), zy_client_channel(c->zy), ret_login->k_res));
}

/* auth.resume on a fresh channel; on success the channel rotates and *l has the next key. */
static void resume_by_hand(bank_client *c, const char *code, login *l)
{
    uint8_t proof[ZY_SM3_BYTES];
    char proof_text[45];
    zy_err err = { 0 };
    ZY_AUTO_BUF device = { 0 };
    ASSERT_OK(zy_client_hello(c->zy, &err));
    ASSERT_OK(zy_zsc_resume_proof(l->k_res, zy_client_channel(c->zy)->th, proof));
    zy_base64_encode(proof, sizeof proof, proof_text);
    ASSERT_OK(device_of(c, &device));
    bank_ask(c, code, "auth.resume", NULL, "{\"login_id\":\"%s\",\"proof\":\"%s\",\"device\":%s}", l->id, proof_text, device.p);
    if (strcmp(code, "OK") != 0)
        return;
    l->before = *zy_client_channel(c->zy);
    ASSERT_OK(zy_zsc_rotate(&l->before, zy_str_of(l->id), zy_client_channel(c->zy), l->k_res));
}

static void the_old_session_is_dead_after_the_login(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.p1", "j225.6.2.2.c1");
    channel();
    bank_client c;
    login l;
    bank_client_open(world.bank, 4, &c);
    log_in_by_hand(&c, &l);
    assert_memory_not_equal(l.before.session_id, zy_client_channel(c.zy)->session_id, ZY_ZSC_SESSION_ID_BYTES);
    message old = sealed(&l.before, l.before.highest + 1);
    call(&old, 401, "CHANNEL_EXPIRED");
    bank_ask(&c, "OK", "auth.session", NULL, "{}");
    bank_client_close(&c);
}

static void a_resume_proof_works_once_and_for_its_device(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.p1", "j225.6.2.2.a4", "j225.6.2.2.a3");
    channel();
    bank_client c, thief;
    login first, later;
    bank_client_open(world.bank, 5, &c);
    bank_client_open(world.bank, 5, &thief);
    log_in_by_hand(&c, &first);
    zy_channel own = *zy_client_channel(c.zy);
    resume_by_hand(&thief, "LOGIN_REQUIRED", &first); /* the key, but another device */
    bank_ask(&c, "OK", "auth.session", NULL, "{}");   /* which did the login no harm */
    later = first;
    resume_by_hand(&c, "OK", &later);
    bank_ask(&c, "OK", "auth.session", NULL, "{}");
    message old = sealed(&own, own.highest + 10);
    call(&old, 200, NULL); /* the channel still stands, but no login is on it: app.bootstrap is public */
    resume_by_hand(&c, "LOGIN_REQUIRED", &first); /* that proof was used up */
    resume_by_hand(&c, "OK", &later);
    bank_ask(&c, "OK", "auth.logout", NULL, "{}");
    resume_by_hand(&c, "LOGIN_REQUIRED", &later);
    bank_client_close(&c);
    bank_client_close(&thief);
}

static void a_later_login_ends_the_earlier(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.p1");
    channel();
    bank_client earlier, later;
    bank_client_open(world.bank, 6, &earlier);
    bank_client_open(world.bank, 6, &later);
    bank_login(&earlier);
    bank_login(&later);
    bank_ask(&earlier, "LOGIN_REQUIRED", "account.list", NULL, "{}");
    bank_ask(&later, "OK", "account.list", NULL, "{}");
    bank_client_close(&earlier);
    bank_client_close(&later);
}

static void without_a_login_nothing_of_a_customer_is_told(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.p1", "mb.system-design-ops.c5-1", "j225.6.2.2.d", "mb.auth-tech-choice.p1", "mb.auth-tech-choice.b-i",
              "mb.masking.b", "mb.masking-rules.e");
    static const char *const APIS[] = { "account.list", "auth.session", "profile.get", "auth.logout", "payee.list", "order.list" };
    channel();
    bank_client c;
    bank_client_open(world.bank, 7, &c);
    for (size_t i = 0; i < ZY_COUNT(APIS); i++)
        bank_ask(&c, "LOGIN_REQUIRED", APIS[i], NULL, "{}");
    bank_login(&c);
    bank_ask(&c, "OK", "auth.logout", NULL, "{}");
    for (size_t i = 0; i < ZY_COUNT(APIS); i++)
        bank_ask(&c, "LOGIN_REQUIRED", APIS[i], NULL, "{}");
    bank_client_close(&c);
}

static void a_login_outlives_a_restart_of_the_server(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.2.2.a4");
    channel();
    bank_client c;
    char before[40], after[40];
    bank_client_open(world.bank, 8, &c);
    bank_login(&c);
    bank_text(bank_ask(&c, "OK", "auth.session", NULL, "{}"), "login_id", before, sizeof before);
    message old = sealed(channel(), ++channel()->highest);
    bank_stop(world.bank);
    bank_start(world.bank);
    call(&old, 401, "CHANNEL_EXPIRED"); /* captured before, sent after: its session is gone */
    bank_text(bank_ask(&c, "OK", "auth.session", NULL, "{}"), "login_id", after, sizeof after);
    assert_string_equal(before, after);
    bank_kill(world.bank);
    bank_start(world.bank);
    bank_ask(&c, "OK", "account.list", NULL, "{}");
    bank_client_close(&c);
    zy_client_drop_channel(world.client.zy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replayed_message_is_refused),
        cmocka_unit_test(any_flipped_bit_is_refused_and_costs_nothing),
        cmocka_unit_test(numbers_may_come_out_of_order_within_the_window),
        cmocka_unit_test(bodies_of_a_wrong_size_are_refused),
        cmocka_unit_test(headers_that_are_missing_or_wrong_are_refused),
        cmocka_unit_test(a_session_that_is_not_known_has_expired),
        cmocka_unit_test(hellos_of_another_shape_are_refused),
        cmocka_unit_test(a_server_with_another_key_is_not_trusted),
        cmocka_unit_test(the_old_session_is_dead_after_the_login),
        cmocka_unit_test(a_resume_proof_works_once_and_for_its_device),
        cmocka_unit_test(a_later_login_ends_the_earlier),
        cmocka_unit_test(without_a_login_nothing_of_a_customer_is_told),
        cmocka_unit_test(a_login_outlives_a_restart_of_the_server),
    };
    return zy_test_main("flow_channel", tests, ZY_COUNT(tests));
}
