/* The ZSC/1 codec, both sides against each other and against what a thief may send. */
#include <stdio.h>
#include <stdlib.h>

#include "channel/channel.h"
#include "zy_test.h"

typedef struct pair {
    zy_sm2_key *server_key;
    uint8_t server_pub[ZY_SM2_PUB_BYTES];
    zy_channel server, client;
    uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES], response[ZY_ZSC_HELLO_RESPONSE_BYTES];
    zy_zsc_hello *hello;
} pair;

static zy_status find_key(void *arg, uint16_t key_id, uint8_t out[ZY_SM2_PUB_BYTES])
{
    const pair *p = arg;
    if (key_id != 7)
        return ZY_NOT_FOUND;
    memcpy(out, p->server_pub, ZY_SM2_PUB_BYTES);
    return ZY_OK;
}

static zy_status sign(void *arg, uint16_t key_id, const uint8_t th[ZY_SM3_BYTES], uint8_t sig[ZY_SM2_SIG_BYTES])
{
    const pair *p = arg;
    (void)key_id;
    return zy_sm2_sign(p->server_key, ZY_LABEL_SERVER_HELLO, ZY_PARTS(ZY_PART(th, ZY_SM3_BYTES)), sig);
}

static zy_status answer(pair *p, const void *request, size_t n)
{
    const zy_hello_signer signer = { find_key, sign, p };
    return zy_zsc_server_hello(request, n, &signer, 9, 1800, (zy_time){ 1700000000123 }, p->response, &p->server);
}

static int set_up(void **state)
{
    pair *p = calloc(1, sizeof *p);
    if (p == NULL || zy_crypto_start(NULL) != ZY_OK || zy_sm2_generate(&p->server_key) != ZY_OK)
        return -1;
    zy_sm2_public(p->server_key, p->server_pub);
    *state = p;
    return zy_zsc_client_hello(7, p->server_pub, p->request, &p->hello) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    pair *p = *state;
    zy_sm2_key_free(p->server_key);
    zy_zsc_hello_free(p->hello);
    free(p);
    return 0;
}

static void open_pair(pair *p)
{
    uint32_t lifetime = 0;
    zy_time at = { 0 };
    ASSERT_OK(answer(p, p->request, sizeof p->request));
    ASSERT_OK(zy_zsc_client_finish(p->hello, p->response, sizeof p->response, &p->client, &lifetime, &at));
    assert_int_equal(lifetime, 1800);
    assert_int_equal(at.ms, 1700000000123);
}

static void both_sides_agree_on_keys_and_the_id_names_the_node(void **state)
{
    ZY_PROVES("j225.6.2.2.c2");
    pair *p = *state;
    open_pair(p);
    assert_memory_equal(p->server.session_id, p->client.session_id, 16);
    assert_memory_equal(p->server.key_c2s, p->client.key_c2s, 16);
    assert_memory_equal(p->server.key_s2c, p->client.key_s2c, 16);
    assert_memory_not_equal(p->server.key_c2s, p->server.key_s2c, 16);
    assert_int_equal(p->server.session_id[0] >> 2, 9);
}

static void a_call_and_its_answer_open_on_the_other_side_only_in_their_direction(void **state)
{
    ZY_PROVES("j225.6.2.2.a1");
    pair *p = *state;
    open_pair(p);
    const char plain[] = "{\"api\":\"account.list\"}";
    uint8_t sealed[sizeof plain + 16], out[sizeof plain + 16];
    ASSERT_OK(zy_zsc_seal(&p->client, true, 1, plain, sizeof plain, sealed));
    ASSERT_OK(zy_zsc_open(&p->server, true, 1, sealed, sizeof sealed, out));
    assert_memory_equal(out, plain, sizeof plain);
    ASSERT_STATUS(zy_zsc_open(&p->server, false, 1, sealed, sizeof sealed, out), ZY_CHANNEL_BAD);
    ASSERT_STATUS(zy_zsc_open(&p->server, true, 2, sealed, sizeof sealed, out), ZY_CHANNEL_BAD);
}

static void every_flipped_bit_of_a_call_is_refused(void **state)
{
    ZY_PROVES("mb.channel-client.b1-2");
    pair *p = *state;
    open_pair(p);
    const char plain[] = "{\"amount_fen\":1}";
    uint8_t sealed[sizeof plain + 16], out[sizeof plain + 16];
    ASSERT_OK(zy_zsc_seal(&p->client, true, 3, plain, sizeof plain, sealed));
    for (size_t bit = 0; bit < sizeof sealed * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ASSERT_STATUS(zy_zsc_open(&p->server, true, 3, sealed, sizeof sealed, out), ZY_CHANNEL_BAD);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ASSERT_OK(zy_zsc_open(&p->server, true, 3, sealed, sizeof sealed, out));
    ASSERT_STATUS(zy_zsc_open(&p->server, true, 3, sealed, 16, out), ZY_CHANNEL_BAD);
}

static void every_changed_byte_of_a_hello_answer_is_refused_by_the_client(void **state)
{
    pair *p = *state;
    ASSERT_OK(answer(p, p->request, sizeof p->request));
    for (size_t i = 0; i < sizeof p->response; i++) {
        uint8_t bad[sizeof p->response];
        memcpy(bad, p->response, sizeof bad);
        bad[i] ^= 0x10;
        zy_channel c;
        uint32_t lifetime;
        zy_time at;
        assert_int_not_equal(zy_zsc_client_finish(p->hello, bad, sizeof bad, &c, &lifetime, &at), ZY_OK);
    }
}

static void a_malformed_hello_is_refused_before_any_arithmetic(void **state)
{
    ZY_PROVES("mb.channel-client.b2");
    pair *p = *state;
    static const struct {
        size_t at;
        uint8_t value;
        zy_status want;
    } bad[] = {
        { 0, 'z', ZY_CHANNEL_BAD },  { 4, 2, ZY_CHANNEL_BAD },     { 5, 1, ZY_CHANNEL_BAD },
        { 7, 8, ZY_CHANNEL_KEY },    { 40, 0x02, ZY_CHANNEL_BAD }, { 40, 0x06, ZY_CHANNEL_BAD },
        { 40, 0x00, ZY_CHANNEL_BAD },
    };
    for (size_t i = 0; i < ZY_COUNT(bad); i++) {
        uint8_t request[sizeof p->request];
        memcpy(request, p->request, sizeof request);
        request[bad[i].at] = bad[i].value;
        ASSERT_STATUS(answer(p, request, sizeof request), bad[i].want);
    }
    uint8_t off_curve[sizeof p->request];
    memcpy(off_curve, p->request, sizeof off_curve);
    off_curve[104] ^= 1;
    ASSERT_STATUS(answer(p, off_curve, sizeof off_curve), ZY_CHANNEL_BAD);
    memset(off_curve + 41, 0, 64); /* 04 || 0 || 0 */
    ASSERT_STATUS(answer(p, off_curve, sizeof off_curve), ZY_CHANNEL_BAD);
    ASSERT_STATUS(answer(p, p->request, sizeof p->request - 1), ZY_CHANNEL_BAD);
    ASSERT_STATUS(answer(p, p->request, 0), ZY_CHANNEL_BAD);
}

static void a_seq_is_taken_once_within_the_highest_and_1024_behind_it(void **state)
{
    (void)state;
    zy_channel c = { 0 };
    ASSERT_OK(zy_zsc_window_take(&c, 1));
    ASSERT_STATUS(zy_zsc_window_take(&c, 1), ZY_CHANNEL_REPLAY);
    ASSERT_OK(zy_zsc_window_take(&c, 5));
    ASSERT_OK(zy_zsc_window_take(&c, 3));
    ASSERT_STATUS(zy_zsc_window_take(&c, 3), ZY_CHANNEL_REPLAY);
    ASSERT_OK(zy_zsc_window_take(&c, 1029));                         /* 1024 after 5 */
    ASSERT_STATUS(zy_zsc_window_take(&c, 5), ZY_CHANNEL_REPLAY);     /* seen, still in the window */
    ASSERT_STATUS(zy_zsc_window_take(&c, 4), ZY_CHANNEL_REPLAY);     /* never seen, out of the window */
    ASSERT_OK(zy_zsc_window_take(&c, 6));
    ASSERT_STATUS(zy_zsc_window_take(&c, 6), ZY_CHANNEL_REPLAY);
    ASSERT_OK(zy_zsc_window_take(&c, 100000));
    ASSERT_OK(zy_zsc_window_take(&c, 98976));                        /* exactly 1024 behind */
    ASSERT_STATUS(zy_zsc_window_take(&c, 98975), ZY_CHANNEL_REPLAY);
    ASSERT_OK(zy_zsc_window_take(&c, (uint64_t)ZY_ZSC_SEQ_MAX));
}

static void the_window_agrees_with_a_plain_set_over_random_sequences(void **state)
{
    (void)state;
    enum { RANGE = 6000 };
    for (unsigned seed = 1; seed <= 20; seed++) {
        srand(seed);
        zy_channel c = { 0 };
        bool seen[RANGE + 1] = { false };
        uint64_t highest = 0, base = 1;
        for (int i = 0; i < 4000; i++) {
            base += (uint64_t)(rand() % 3);
            uint64_t seq = base + (uint64_t)(rand() % 40 == 0 ? rand() % 1500 : rand() % 20);
            if (rand() % 30 == 0)
                seq = seq > 1100 ? seq - 1100 + (uint64_t)(rand() % 200) : 1;
            if (seq > RANGE)
                break;
            bool fresh = seq > highest || (highest - seq <= ZY_ZSC_WINDOW && !seen[seq]);
            assert_int_equal(zy_zsc_window_take(&c, seq) == ZY_OK, fresh);
            seen[seq] = true;
            highest = seq > highest ? seq : highest;
        }
    }
}

static void headers_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad_seq[] = { "", "0", "01", "+1", " 1", "1 ", "-1", "1.0", "9007199254740992", "0x1",
                                           "18446744073709551617" };
    uint64_t seq = 0;
    for (size_t i = 0; i < ZY_COUNT(bad_seq); i++)
        ASSERT_STATUS(zy_zsc_seq_parse(zy_str_of(bad_seq[i]), &seq), ZY_CHANNEL_BAD);
    ASSERT_OK(zy_zsc_seq_parse(ZY_STR("9007199254740991"), &seq));
    assert_true(seq == (uint64_t)ZY_ZSC_SEQ_MAX);

    uint8_t id[16];
    ASSERT_OK(zy_zsc_session_parse(ZY_STR("AAAAAAAAAAAAAAAAAAAAAA"), id));
    ASSERT_STATUS(zy_zsc_session_parse(ZY_STR("AAAAAAAAAAAAAAAAAAAAAB"), id), ZY_CHANNEL_BAD); /* stray bits */
    ASSERT_STATUS(zy_zsc_session_parse(ZY_STR("AAAAAAAAAAAAAAAAAAAAAA=="), id), ZY_CHANNEL_BAD);
    ASSERT_STATUS(zy_zsc_session_parse(ZY_STR("AAAAAAAAAAAAAAAAAAAA+/"), id), ZY_CHANNEL_BAD);
}

static void rotation_gives_both_sides_the_same_new_session_on_the_same_node(void **state)
{
    ZY_PROVES("j225.6.2.2.c1", "j225.6.2.2.c2");
    pair *p = *state;
    open_pair(p);
    zy_channel server, client, other;
    uint8_t k_server[32], k_client[32], k_other[32];
    ASSERT_OK(zy_zsc_rotate(&p->server, ZY_STR("login-1"), &server, k_server));
    ASSERT_OK(zy_zsc_rotate(&p->client, ZY_STR("login-1"), &client, k_client));
    assert_memory_equal(server.session_id, client.session_id, 16);
    assert_memory_equal(k_server, k_client, 32);
    assert_int_equal(server.highest, 0);
    assert_int_equal(server.session_id[0] >> 2, 9);
    assert_memory_not_equal(server.session_id, p->server.session_id, 16);
    ASSERT_OK(zy_zsc_rotate(&p->server, ZY_STR("login-2"), &other, k_other));
    assert_memory_not_equal(server.session_id, other.session_id, 16);
    assert_memory_not_equal(k_server, k_other, 32);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(both_sides_agree_on_keys_and_the_id_names_the_node),
        T(a_call_and_its_answer_open_on_the_other_side_only_in_their_direction),
        T(every_flipped_bit_of_a_call_is_refused),
        T(every_changed_byte_of_a_hello_answer_is_refused_by_the_client),
        T(a_malformed_hello_is_refused_before_any_arithmetic),
        T(a_seq_is_taken_once_within_the_highest_and_1024_behind_it),
        T(the_window_agrees_with_a_plain_set_over_random_sequences),
        T(headers_are_read_strictly),
        T(rotation_gives_both_sides_the_same_new_session_on_the_same_node),
    };
    return zy_test_main("channel", tests, ZY_COUNT(tests));
}
