/* Passkeys made and used by an authenticator in software, right and wrong in every way that the standard names. */
#include "crypto/webauthn.h"

#include <string.h>

#include "zy_test.h"
#include "zy_test_passkey.h"

#define RP     "bank.example"
#define ORIGIN "https://m.bank.example"

static const zy_webauthn_site SITE = { ZY_STR_INIT(RP), ZY_STR_INIT("https://bank.example," ORIGIN) };
static const uint8_t CHALLENGE[32] = { 1, 2, 3 };

static int set_up(void **state)
{
    static zy_test_passkey key;
    zy_test_passkey_make(&key, RP, ORIGIN);
    *state = &key;
    return 0;
}

static int tear_down(void **state)
{
    zy_test_passkey_free(*state);
    return 0;
}

static zy_status make(const zy_test_passkey_answer *a, zy_webauthn_made *ret_made)
{
    return zy_webauthn_made_check(&SITE, CHALLENGE, zy_str_bytes(a->client_data, a->client_data_n), zy_str_bytes(a->data, a->data_n),
                                  ret_made);
}

static zy_status verify_with(const uint8_t *public_key, const zy_test_passkey_answer *a, uint32_t *ret_count)
{
    const zy_webauthn_assertion assertion = { zy_str_bytes(a->client_data, a->client_data_n), zy_str_bytes(a->data, a->data_n),
                                              zy_str_bytes(a->signature, a->signature_n) };
    return zy_webauthn_verify(&SITE, CHALLENGE, public_key, &assertion, ret_count);
}

static zy_status verify(const zy_test_passkey *k, const zy_test_passkey_answer *a)
{
    uint32_t count = 0;
    return verify_with(k->public_key, a, &count);
}

static void what_was_made_can_sign(void **state)
{
    zy_test_passkey *k = *state;
    zy_test_passkey_answer a;
    zy_webauthn_made made;
    uint32_t count = 0;
    zy_test_passkey_create(k, CHALLENGE, &a);
    ASSERT_OK(make(&a, &made));
    assert_int_equal(made.id_n, sizeof k->id);
    assert_memory_equal(made.id, k->id, sizeof k->id);
    assert_memory_equal(made.public_key, k->public_key, sizeof k->public_key);
    k->count = 41;
    zy_test_passkey_sign(k, CHALLENGE, &a);
    ASSERT_OK(verify_with(made.public_key, &a, &count));
    assert_int_equal(count, 42);
}

/* The one lie of each row is noticed, when a key is made and when it signs. */
static void what_is_said_otherwise_is_refused(void **state)
{
    ZY_PROVES("mb.login-factors.d3-ii");
    static const zy_test_passkey LIES[] = {
        { .no_verification = true }, { .no_presence = true }, { .crossed = true }, { .origin = "https://bank.example.evil.example" },
        { .origin = "http://m.bank.example" }, { .origin = "https://m.bank.example:444" }, { .rp_id = "evil.example" },
        { .type = "payment.get" }, { .type = "" },
    };
    zy_test_passkey *k = *state;
    for (size_t i = 0; i < ZY_COUNT(LIES); i++) {
        zy_test_passkey liar = *k;
        zy_test_passkey_answer a;
        zy_webauthn_made made;
        liar.no_verification = LIES[i].no_verification;
        liar.no_presence = LIES[i].no_presence;
        liar.crossed = LIES[i].crossed;
        liar.type = LIES[i].type;
        liar.origin = LIES[i].origin != NULL ? LIES[i].origin : liar.origin;
        liar.rp_id = LIES[i].rp_id != NULL ? LIES[i].rp_id : liar.rp_id;
        zy_test_passkey_create(&liar, CHALLENGE, &a);
        ASSERT_STATUS(make(&a, &made), ZY_SIGNATURE_BAD);
        zy_test_passkey_sign(&liar, CHALLENGE, &a);
        ASSERT_STATUS(verify(&liar, &a), ZY_SIGNATURE_BAD);
    }
}

static void a_made_key_is_no_signature_and_the_other_way_round(void **state)
{
    zy_test_passkey *k = *state;
    zy_test_passkey_answer a;
    zy_webauthn_made made;
    k->type = "webauthn.get";
    zy_test_passkey_create(k, CHALLENGE, &a);
    ASSERT_STATUS(make(&a, &made), ZY_SIGNATURE_BAD);
    k->type = "webauthn.create";
    zy_test_passkey_sign(k, CHALLENGE, &a);
    ASSERT_STATUS(verify(k, &a), ZY_SIGNATURE_BAD);
    k->type = NULL;
}

static void another_challenge_or_key_is_refused(void **state)
{
    zy_test_passkey *k = *state, other;
    zy_test_passkey_answer a;
    zy_webauthn_made made;
    static const uint8_t OTHER[32] = { 1, 2, 4 };
    zy_test_passkey_create(k, OTHER, &a);
    ASSERT_STATUS(make(&a, &made), ZY_SIGNATURE_BAD);
    zy_test_passkey_sign(k, OTHER, &a);
    ASSERT_STATUS(verify(k, &a), ZY_SIGNATURE_BAD);
    zy_test_passkey_sign(k, CHALLENGE, &a);
    zy_test_passkey_make(&other, RP, ORIGIN);
    ASSERT_STATUS(verify(&other, &a), ZY_SIGNATURE_BAD);
    zy_test_passkey_free(&other);
    static const uint8_t NO_POINT[ZY_WEBAUTHN_KEY_BYTES] = { 5 };
    uint32_t count;
    ASSERT_STATUS(verify_with(NO_POINT, &a, &count), ZY_SIGNATURE_BAD);
}

/* Every bit of what was signed, and of the signature. */
static void each_changed_bit_is_refused(void **state)
{
    zy_test_passkey *k = *state;
    zy_test_passkey_answer right;
    zy_test_passkey_sign(k, CHALLENGE, &right);
    for (size_t i = 0; i < 8 * right.data_n; i++) {
        zy_test_passkey_answer a = right;
        a.data[i / 8] ^= (uint8_t)(1u << i % 8);
        ASSERT_STATUS(verify(k, &a), ZY_SIGNATURE_BAD);
    }
    for (size_t i = 0; i < right.client_data_n; i++) {
        zy_test_passkey_answer a = right;
        a.client_data[i] ^= 1;
        ASSERT_STATUS(verify(k, &a), ZY_SIGNATURE_BAD);
    }
    for (size_t i = 0; i < right.signature_n; i++) {
        zy_test_passkey_answer a = right;
        a.signature[i] ^= 1;
        ASSERT_STATUS(verify(k, &a), ZY_SIGNATURE_BAD);
    }
    ASSERT_OK(verify(k, &right));
}

static void cut_off_bytes_are_refused(void **state)
{
    zy_test_passkey *k = *state;
    zy_test_passkey_answer made, used;
    zy_webauthn_made ret;
    zy_test_passkey_create(k, CHALLENGE, &made);
    for (size_t n = 0, whole = made.data_n; n < whole; n++) {
        made.data_n = n;
        ASSERT_STATUS(make(&made, &ret), ZY_SIGNATURE_BAD);
    }
    zy_test_passkey_sign(k, CHALLENGE, &used);
    for (size_t n = 0, whole = used.data_n; n < whole; n++) {
        used.data_n = n;
        ASSERT_STATUS(verify(k, &used), ZY_SIGNATURE_BAD);
    }
}

static void only_es256_keys_on_the_curve_are_taken(void **state)
{
    zy_test_passkey *k = *state;
    zy_test_passkey_answer a;
    zy_webauthn_made made;
    const size_t cose = 37 + 16 + 2 + sizeof k->id;
    zy_test_passkey_create(k, CHALLENGE, &a);
    a.data[cose + 4] = 0x27; /* EdDSA */
    ASSERT_STATUS(make(&a, &made), ZY_SIGNATURE_BAD);
    zy_test_passkey_create(k, CHALLENGE, &a);
    a.data[cose + 6] = 0x02; /* P-384 */
    ASSERT_STATUS(make(&a, &made), ZY_SIGNATURE_BAD);
    zy_test_passkey_create(k, CHALLENGE, &a);
    a.data[a.data_n - 1] ^= 1; /* beside the curve */
    ASSERT_STATUS(make(&a, &made), ZY_SIGNATURE_BAD);
}

static void a_site_has_a_domain_and_origins_of_it(void **state)
{
    (void)state;
    static const struct {
        const char *rp_id, *origins;
        zy_status status;
    } CASES[] = {
        { "bank.example", "https://bank.example", ZY_OK },
        { "bank.example", "https://bank.example,https://m.bank.example:8443", ZY_OK },
        { "localhost", "http://localhost:*,https://localhost:8443", ZY_OK },
        { "", "https://bank.example", ZY_CONFIG_BAD },
        { "127.0.0.1", "https://127.0.0.1", ZY_CONFIG_BAD },
        { "Bank.example", "https://Bank.example", ZY_CONFIG_BAD },
        { "bank.example", "", ZY_CONFIG_BAD },
        { "bank.example", "http://bank.example", ZY_CONFIG_BAD },
        { "bank.example", "https://bank.example:*", ZY_CONFIG_BAD },
        { "bank.example", "https://bank.example:0", ZY_CONFIG_BAD },
        { "bank.example", "https://bank.example/", ZY_CONFIG_BAD },
        { "bank.example", "https://evilbank.example", ZY_CONFIG_BAD },
        { "bank.example", "https://bank.example,", ZY_CONFIG_BAD },
        { "bank.example", "https://bank.example:443:443", ZY_CONFIG_BAD },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        const zy_webauthn_site site = { zy_str_of(CASES[i].rp_id), zy_str_of(CASES[i].origins) };
        ASSERT_STATUS(zy_webauthn_site_check(&site), CASES[i].status);
    }
}

static void any_port_of_localhost_is_a_port(void **state)
{
    static const zy_webauthn_site LOCAL = { ZY_STR_INIT("localhost"), ZY_STR_INIT("http://localhost:*") };
    static const struct {
        const char *origin;
        zy_status status;
    } CASES[] = { { "http://localhost:8440", ZY_OK }, { "http://localhost", ZY_SIGNATURE_BAD }, { "http://localhost:", ZY_SIGNATURE_BAD },
                  { "http://localhost:84.evil.example", ZY_SIGNATURE_BAD }, { "https://localhost:8440", ZY_SIGNATURE_BAD } };
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_test_passkey k;
        zy_test_passkey_answer a;
        zy_webauthn_made made;
        zy_test_passkey_make(&k, "localhost", CASES[i].origin);
        zy_test_passkey_create(&k, CHALLENGE, &a);
        ASSERT_STATUS(zy_webauthn_made_check(&LOCAL, CHALLENGE, zy_str_bytes(a.client_data, a.client_data_n),
                                             zy_str_bytes(a.data, a.data_n), &made), CASES[i].status);
        zy_test_passkey_free(&k);
    }
}

#define KEY_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEY_TEST(what_was_made_can_sign),
        KEY_TEST(what_is_said_otherwise_is_refused),
        KEY_TEST(a_made_key_is_no_signature_and_the_other_way_round),
        KEY_TEST(another_challenge_or_key_is_refused),
        KEY_TEST(each_changed_bit_is_refused),
        KEY_TEST(cut_off_bytes_are_refused),
        KEY_TEST(only_es256_keys_on_the_curve_are_taken),
        cmocka_unit_test(a_site_has_a_domain_and_origins_of_it),
        cmocka_unit_test(any_port_of_localhost_is_a_port),
    };
    return zy_test_main("crypto_webauthn", tests, ZY_COUNT(tests));
}
