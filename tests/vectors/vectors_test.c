/* The codec against the published vectors (zsc1.json), which the web client is held to as well: a hello with known ephemeral
 * keys, records, a rotation, a resume, a device. The keys are also derived here step by step from secure-channel.md. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "zy_test.h"

/* The file itself: the vectors fix the client's ephemeral key, which no function of the codec lets a caller choose. */
#include "channel/hello.c"

static const char *const FILES[] = { "tests/vectors/zsc1.json", "../tests/vectors/zsc1.json" };

typedef struct vectors {
    zy_json *all;
    zy_zsc_hello *hello;
    zy_channel channel; /* of the hello, as the client finishes it */
} vectors;

static zy_json *read_vectors(void)
{
    char text[65536];
    FILE *file = NULL;
    for (size_t i = 0; i < ZY_COUNT(FILES) && file == NULL; i++)
        file = fopen(FILES[i], "rb");
    if (file == NULL)
        return NULL;
    size_t n = fread(text, 1, sizeof text, file);
    fclose(file);
    zy_json *all = NULL;
    return n < sizeof text && zy_json_parse(zy_str_bytes(text, n), &all) == ZY_OK ? all : NULL;
}

static zy_str text_of(const zy_json *object, const char *name)
{
    zy_str s = { 0 };
    if (!zy_json_str(object, name, &s))
        fail_msg("the vectors have no %s", name);
    return s;
}

static size_t bytes_of(const zy_json *object, const char *name, uint8_t *out, size_t size)
{
    size_t n = 0;
    ASSERT_OK(zy_hex_decode(text_of(object, name), out, size, &n));
    return n;
}

/* Bytes of exactly this length. */
static void take(const zy_json *object, const char *name, uint8_t *out, size_t n)
{
    assert_int_equal(bytes_of(object, name, out, n), n);
}

static int64_t number_of(const zy_json *object, const char *name)
{
    int64_t value = 0;
    assert_true(zy_json_int(object, name, &value));
    return value;
}

static void expect(const zy_json *object, const char *name, const void *got, size_t n)
{
    uint8_t want[128];
    assert_true(n <= sizeof want);
    take(object, name, want, n);
    if (memcmp(got, want, n) != 0)
        fail_msg("%s differs from the vectors", name);
}

static void expect_session(const zy_json *want, const zy_channel *got)
{
    char header[ZY_ZSC_SESSION_TEXT_MAX];
    uint8_t id[ZY_ZSC_SESSION_ID_BYTES];
    expect(want, "th", got->th, sizeof got->th);
    expect(want, "prk", got->prk, sizeof got->prk);
    expect(want, "k_c2s", got->key_c2s, sizeof got->key_c2s);
    expect(want, "iv_c2s", got->iv_c2s, sizeof got->iv_c2s);
    expect(want, "k_s2c", got->key_s2c, sizeof got->key_s2c);
    expect(want, "iv_s2c", got->iv_s2c, sizeof got->iv_s2c);
    expect(want, "session_id", got->session_id, sizeof got->session_id);
    zy_zsc_session_text(got->session_id, header);
    ASSERT_STR(text_of(want, "session_header"), header);
    ASSERT_OK(zy_zsc_session_parse(zy_str_of(header), id));
    assert_memory_equal(id, got->session_id, sizeof id);
}

static const zy_json *part_of(const vectors *v, const char *name)
{
    const zy_json *part = zy_json_get(v->all, name);
    assert_non_null(part);
    return part;
}

/* --- set-up: the hello as its client holds it --- */

static zy_zsc_hello *make_hello(const zy_json *all)
{
    const zy_json *hello = zy_json_get(all, "hello");
    uint8_t scalar[32];
    zy_zsc_hello *h = calloc(1, sizeof *h);
    assert_non_null(h);
    take(hello, "request", h->request, sizeof h->request);
    take(zy_json_get(all, "server_key"), "public_key", h->server_key, sizeof h->server_key);
    take(hello, "client_eph_private", scalar, sizeof scalar);
    ASSERT_OK(zy_sm2_from_scalar(scalar, &h->eph));
    return h;
}

static zy_status finish(const vectors *v, const uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES], zy_channel *ret_channel,
                        uint32_t *ret_lifetime_s, zy_time *ret_time)
{
    return zy_zsc_client_finish(v->hello, response, ZY_ZSC_HELLO_RESPONSE_BYTES, ret_channel, ret_lifetime_s, ret_time);
}

static int set_up(void **state)
{
    vectors *v = calloc(1, sizeof *v);
    uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES];
    uint32_t lifetime_s = 0;
    zy_time time = { 0 };
    if (v == NULL || zy_crypto_start(NULL) != ZY_OK || (v->all = read_vectors()) == NULL)
        return -1;
    v->hello = make_hello(v->all);
    take(part_of(v, "hello"), "response", response, sizeof response);
    if (finish(v, response, &v->channel, &lifetime_s, &time) != ZY_OK)
        return -1;
    *state = v;
    return 0;
}

static int tear_down(void **state)
{
    vectors *v = *state;
    zy_json_free(v->all);
    zy_zsc_hello_free(v->hello);
    zy_channel_wipe(&v->channel);
    free(v);
    return 0;
}

/* --- hello --- */

static void a_hello_gives_the_published_keys_and_session_id(void **state)
{
    ZY_PROVES("mb.channel-client.b2");
    const vectors *v = *state;
    const zy_json *hello = part_of(v, "hello");
    uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES];
    zy_channel channel = { 0 };
    uint32_t lifetime_s = 0;
    zy_time time = { 0 };
    take(hello, "response", response, sizeof response);
    ASSERT_OK(finish(v, response, &channel, &lifetime_s, &time));
    expect_session(hello, &channel);
    assert_int_equal(channel.session_id[0] >> 2, number_of(hello, "node"));
    assert_int_equal(lifetime_s, number_of(hello, "lifetime_s"));
    assert_int_equal(time.ms, number_of(hello, "time_ms"));
}

static void the_request_is_built_as_it_is_written(void **state)
{
    const vectors *v = *state;
    const uint8_t *request = v->hello->request;
    uint8_t eph[ZY_SM2_PUB_BYTES];
    zy_sm2_public(v->hello->eph, eph);
    assert_memory_equal(request, "ZSC1\x01\x00", 6);
    assert_int_equal(request[6] << 8 | request[7], number_of(part_of(v, "server_key"), "id"));
    assert_memory_equal(request + 40, eph, sizeof eph);
}

/* Nothing of hello.c: the transcript and the key schedule by the page's own words. */
static void the_keys_follow_from_the_transcript_step_by_step(void **state)
{
    ZY_PROVES("mb.channel-client.b1-1", "mb.channel-client.b2");
    const vectors *v = *state;
    const zy_json *hello = part_of(v, "hello");
    uint8_t response[180], th[32], z[32], prk[32], bytes[16], key[65];
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *server = NULL;
    take(hello, "response", response, sizeof response);
    take(part_of(v, "server_key"), "public_key", key, sizeof key);
    ASSERT_OK(zy_sm3(ZY_PARTS(ZY_PART_LABEL("ZSC1 transcript"), ZY_PART(key, 65), ZY_PART(v->hello->request, 105),
                              ZY_PART(response, 116)), th));
    expect(hello, "th", th, sizeof th);
    ASSERT_OK(zy_sm2_pub_from(key, sizeof key, &server));
    ASSERT_OK(zy_sm2_verify(server, ZY_STR("ZSC1 server hello"), ZY_PARTS(ZY_PART(th, 32)), response + 116));
    ASSERT_OK(zy_sm2_ecdh(v->hello->eph, response + 51, z));
    ASSERT_OK(zy_hkdf_extract(th, 32, z, 32, prk));
    expect(hello, "prk", prk, sizeof prk);
    ASSERT_OK(zy_hkdf_expand(prk, ZY_STR("zsc1 c2s key"), bytes, 16));
    expect(hello, "k_c2s", bytes, 16);
    ASSERT_OK(zy_hkdf_expand(prk, ZY_STR("zsc1 c2s iv"), bytes, 12));
    expect(hello, "iv_c2s", bytes, 12);
    ASSERT_OK(zy_hkdf_expand(prk, ZY_STR("zsc1 s2c key"), bytes, 16));
    expect(hello, "k_s2c", bytes, 16);
    ASSERT_OK(zy_hkdf_expand(prk, ZY_STR("zsc1 s2c iv"), bytes, 12));
    expect(hello, "iv_s2c", bytes, 12);
    ASSERT_OK(zy_hkdf_expand(prk, ZY_STR("zsc1 session id"), bytes, 16));
    bytes[0] = (uint8_t)(bytes[0] & 3) | (uint8_t)(number_of(hello, "node") << 2);
    expect(hello, "session_id", bytes, 16);
}

static void a_published_hello_with_any_bit_changed_is_refused(void **state)
{
    const vectors *v = *state;
    uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES];
    take(part_of(v, "hello"), "response", response, sizeof response);
    for (size_t i = 0; i < sizeof response; i++) {
        zy_channel channel = { 0 };
        uint32_t lifetime_s;
        zy_time time;
        response[i] ^= (uint8_t)(1 << i % 8);
        assert_int_not_equal(finish(v, response, &channel, &lifetime_s, &time), ZY_OK);
        response[i] ^= (uint8_t)(1 << i % 8);
    }
}

static zy_status no_key(void *arg, uint16_t key_id, uint8_t out[ZY_SM2_PUB_BYTES])
{
    (void)arg;
    (void)key_id;
    (void)out;
    fail_msg("the server looked for its key before it had refused the point");
    return ZY_NOT_FOUND;
}

static void bad_points_are_refused_before_any_arithmetic(void **state)
{
    const vectors *v = *state;
    const zy_hello_signer signer = { .public_key = no_key };
    const char *name;
    const zy_json *value;
    size_t count = 0;
    for (void *at = NULL; zy_json_next(part_of(v, "bad_points"), &at, &name, &value); count++) {
        uint8_t point[65] = { 0 }, request[ZY_ZSC_HELLO_REQUEST_BYTES], response[ZY_ZSC_HELLO_RESPONSE_BYTES], z[32];
        size_t n = bytes_of(part_of(v, "bad_points"), name, point, sizeof point);
        zy_channel channel = { 0 };
        zy_sm2_pub *pub = NULL;
        ASSERT_STATUS(zy_sm2_pub_from(point, n, &pub), ZY_BAD_FIELD);
        assert_null(pub);
        ASSERT_STATUS(zy_sm2_ecdh(v->hello->eph, point, z), ZY_BAD_FIELD);
        memcpy(request, v->hello->request, sizeof request);
        memcpy(request + 40, point, sizeof point); /* a short one in its own length, then zeros */
        ASSERT_STATUS(zy_zsc_server_hello(request, sizeof request, &signer, 1, 60, (zy_time){ 0 }, response, &channel),
                      ZY_CHANNEL_BAD);
    }
    assert_int_equal(count, 5);
}

/* --- records --- */

static void records_are_sealed_to_the_published_bytes_and_open_again(void **state)
{
    ZY_PROVES("mb.channel-client.b1-1");
    const vectors *v = *state;
    const zy_json *records = part_of(v, "records");
    assert_int_equal(zy_json_count(records), 8);
    for (size_t i = 0; i < zy_json_count(records); i++) {
        const zy_json *r = zy_json_at(records, i);
        bool from_client = zy_str_eq_c(text_of(r, "from"), "client");
        uint64_t seq = (uint64_t)number_of(r, "seq");
        uint8_t plain[512], want[528], got[528];
        size_t n = bytes_of(r, "plain", plain, sizeof plain);
        take(r, "sealed", want, n + ZY_GCM_TAG_BYTES);
        ASSERT_OK(zy_zsc_seal(&v->channel, from_client, seq, plain, n, got));
        assert_memory_equal(got, want, n + ZY_GCM_TAG_BYTES);
        ASSERT_OK(zy_zsc_open(&v->channel, from_client, seq, want, n + ZY_GCM_TAG_BYTES, got));
        assert_memory_equal(got, plain, n);
        ASSERT_STATUS(zy_zsc_open(&v->channel, !from_client, seq, want, n + ZY_GCM_TAG_BYTES, got), ZY_CHANNEL_BAD);
        ASSERT_STATUS(zy_zsc_open(&v->channel, from_client, seq == 1 ? 7 : seq - 1, want, n + ZY_GCM_TAG_BYTES, got),
                      ZY_CHANNEL_BAD);
    }
}

/* --- login, resume, device --- */

static void a_login_rotates_to_the_published_session_and_resume_key(void **state)
{
    const vectors *v = *state;
    const zy_json *login = part_of(v, "login");
    zy_channel rotated = { 0 };
    uint8_t k_res[ZY_SM3_BYTES], th[ZY_SM3_BYTES], prk[ZY_SM3_BYTES], bytes[ZY_SM3_BYTES];
    zy_str login_id = text_of(login, "login_id");
    ASSERT_OK(zy_zsc_rotate(&v->channel, login_id, &rotated, k_res));
    expect_session(login, &rotated);
    expect(login, "k_res", k_res, sizeof k_res);
    /* and by the page's own words */
    ASSERT_OK(zy_sm3(ZY_PARTS(ZY_PART_LABEL("ZSC1 login"), ZY_PART(v->channel.th, 32), ZY_PART_STR(login_id)), th));
    ASSERT_OK(zy_hkdf_extract(th, 32, v->channel.prk, 32, prk));
    expect(login, "prk", prk, sizeof prk);
    ASSERT_OK(zy_hkdf_expand(prk, ZY_STR("zsc1 resume"), bytes, 32));
    expect(login, "k_res", bytes, sizeof bytes);
}

static void a_resumes_proof_is_the_published_one(void **state)
{
    const vectors *v = *state;
    const zy_json *resume = part_of(v, "resume");
    uint8_t k_res[ZY_SM3_BYTES], th[ZY_SM3_BYTES], proof[ZY_SM3_BYTES];
    take(part_of(v, "login"), "k_res", k_res, sizeof k_res);
    take(resume, "th", th, sizeof th);
    ASSERT_OK(zy_zsc_resume_proof(k_res, th, proof));
    expect(resume, "proof", proof, sizeof proof);
    ASSERT_OK(zy_hmac_sm3(k_res, 32, ZY_PARTS(ZY_PART_LABEL("ZSC1 resume"), ZY_PART(th, 32)), proof));
    expect(resume, "proof", proof, sizeof proof);
}

static void a_device_is_named_and_verified_alike(void **state)
{
    const vectors *v = *state;
    const zy_json *device = part_of(v, "device");
    uint8_t scalar[32], public_key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    char id[ZY_DEVICE_ID_MAX];
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    take(device, "private_key", scalar, sizeof scalar);
    ASSERT_OK(zy_sm2_from_scalar(scalar, &key));
    zy_sm2_public(key, public_key);
    expect(device, "public_key", public_key, sizeof public_key);
    ASSERT_OK(zy_zsc_device_id(public_key, id));
    ASSERT_STR(text_of(device, "device_id"), id);
    take(device, "sig", sig, sizeof sig);
    ASSERT_OK(zy_sm2_pub_from(public_key, sizeof public_key, &pub));
    ASSERT_OK(zy_sm2_verify(pub, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(v->channel.th, 32)), sig));
    ASSERT_STATUS(zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(v->channel.th, 32)), sig), ZY_SIGNATURE_BAD);
    sig[63] ^= 1;
    ASSERT_STATUS(zy_sm2_verify(pub, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(v->channel.th, 32)), sig), ZY_SIGNATURE_BAD);
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_hello_gives_the_published_keys_and_session_id),
        T(the_request_is_built_as_it_is_written),
        T(the_keys_follow_from_the_transcript_step_by_step),
        T(a_published_hello_with_any_bit_changed_is_refused),
        T(bad_points_are_refused_before_any_arithmetic),
        T(records_are_sealed_to_the_published_bytes_and_open_again),
        T(a_login_rotates_to_the_published_session_and_resume_key),
        T(a_resumes_proof_is_the_published_one),
        T(a_device_is_named_and_verified_alike),
    };
    return zy_test_main("vectors", tests, ZY_COUNT(tests));
}
