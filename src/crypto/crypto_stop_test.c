/* The failed state: once a self-test, a pair or the random source fails, nothing comes out any
 * more. Each case runs in a child, since the state lasts until the process ends. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "zy_test.h"

#define SELFTEST_COUNT 11

static bool untouched(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0x5a)
            return false;
    return true;
}

/* True when every function refuses and leaves its output alone. */
static bool everything_is_stopped(void)
{
    uint8_t out[256], in[32] = {1}, iv[12] = {0};
    memset(out, 0x5a, sizeof out);
    zy_sm2_key *key = NULL;
    zy_sm2_pub *pub = NULL;
    const uint64_t t = 1;
    const zy_part part = ZY_PART(in, sizeof in);
    uint8_t point[ZY_SM2_PUB_BYTES] = {4};
    char code[9] = "ZZ";
    const zy_status got[] = {
        zy_random(out, 16),
        zy_sm3(&part, 1, out),
        zy_hmac_sm3(in, 32, &part, 1, out),
        zy_hkdf_extract(in, 32, in, 32, out),
        zy_hkdf_expand(in, ZY_STR("x"), out, 16),
        zy_pbkdf2_sm3(in, 8, in, 8, 1, out, 16),
        zy_hmac_sha1(in, 20, in, 20, out),
        zy_sm4_gcm_seal(in, iv, NULL, 0, in, 32, out),
        zy_sm4_gcm_open(in, iv, NULL, 0, in, 32, out),
        zy_sm2_generate(&key),
        zy_sm2_generate_ephemeral(&key),
        zy_sm2_from_scalar(in, &key),
        zy_sm2_pub_from(point, sizeof point, &pub),
        zy_otp_sm3(in, 16, &t, NULL, ZY_STR("1234"), 6, code),
        zy_totp(in, 20, 59, code),
        zy_crypto_start(NULL),
    };
    for (size_t i = 0; i < ZY_COUNT(got); i++)
        if (got[i] != ZY_CRYPTO_STOPPED)
            return false;
    return untouched(out, sizeof out) && key == NULL && pub == NULL && strcmp(code, "ZZ") == 0 &&
           zy_crypto_stopped();
}

static void in_child(bool (*holds)(int), int arg)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(holds(arg) ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static bool nth_selftest_stops(int nth)
{
    zy_fault_arm("crypto.selftest", nth, ZY_CRYPTO_FAILED);
    return zy_crypto_start(NULL) == ZY_CRYPTO_STOPPED && everything_is_stopped();
}

static void every_failed_selftest_stops_all_output(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-module.a", "mb.crypto-module.b-1", "mb.crypto-module.b-2",
              "mb.crypto-module.c-3");
    for (int nth = 1; nth <= SELFTEST_COUNT; nth++)
        in_child(nth_selftest_stops, nth);
}

static bool all_selftests_pass_when_none_fails(int unused)
{
    (void)unused;
    zy_fault_arm("crypto.selftest", SELFTEST_COUNT + 1, ZY_CRYPTO_FAILED);
    return zy_crypto_start(NULL) == ZY_OK && zy_fault_passed() == SELFTEST_COUNT &&
           !zy_crypto_stopped() && zy_crypto_start(NULL) == ZY_OK &&
           zy_fault_passed() == SELFTEST_COUNT;
}

static void selftests_run_once_and_all_of_them(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-module.a", "mb.crypto-module.c-3");
    in_child(all_selftests_pass_when_none_fails, 0);
}

static bool first_use_is_tested(int unused)
{
    (void)unused;
    zy_fault_arm("crypto.selftest", 1, ZY_CRYPTO_FAILED);
    uint8_t out[ZY_SM3_BYTES];
    return zy_sm3(&ZY_PART("abc", 3), 1, out) == ZY_CRYPTO_STOPPED;
}

static void nothing_comes_out_before_the_selftests(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-module.a");
    in_child(first_use_is_tested, 0);
}

static bool random_failure_stops(int unused)
{
    (void)unused;
    if (zy_crypto_start(NULL) != ZY_OK)
        return false;
    uint8_t out[32] = {1};
    zy_fault_arm("crypto.random", 1, ZY_CRYPTO_FAILED);
    if (zy_random(out, sizeof out) != ZY_CRYPTO_STOPPED || out[0] != 0)
        return false;
    zy_fault_arm("crypto.random", 0, ZY_OK);
    return everything_is_stopped();
}

static bool pairwise_failure_stops(int unused)
{
    (void)unused;
    if (zy_crypto_start(NULL) != ZY_OK)
        return false;
    zy_sm2_key *key = NULL;
    zy_fault_arm("crypto.pairwise", 1, ZY_CRYPTO_FAILED);
    if (zy_sm2_generate(&key) != ZY_CRYPTO_STOPPED || key != NULL)
        return false;
    zy_fault_arm("crypto.pairwise", 0, ZY_OK);
    return everything_is_stopped();
}

static void failures_at_run_time_stop_all_output(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-module.b-1", "mb.crypto-module.b-2", "mb.key-basic.b");
    in_child(random_failure_stops, 0);
    in_child(pairwise_failure_stops, 0);
}

static bool stop_is_final(int unused)
{
    (void)unused;
    if (zy_crypto_start(NULL) != ZY_OK)
        return false;
    zy_crypto_stop("test");
    return everything_is_stopped();
}

static void a_stop_lasts(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-module.b-1");
    in_child(stop_is_final, 0);
}

int main(void)
{
    zy_log_open(-1, ZY_LOG_ERROR); /* the children's expected failures */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failed_selftest_stops_all_output),
        cmocka_unit_test(selftests_run_once_and_all_of_them),
        cmocka_unit_test(nothing_comes_out_before_the_selftests),
        cmocka_unit_test(failures_at_run_time_stop_all_output),
        cmocka_unit_test(a_stop_lasts),
    };
    return zy_test_main("crypto_stop", tests, ZY_COUNT(tests));
}
