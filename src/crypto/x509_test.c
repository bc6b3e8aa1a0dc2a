/* Certificates with SM2 keys: what is taken, and the many things that are not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/x509.h"
#include "zy_test.h"

#define NOW   ((zy_time){ INT64_C(1795399200000) })
#define AT(days) ((zy_time){ NOW.ms + INT64_C(86400000) * (days) })

typedef struct fixture {
    zy_sm2_key *ca, *user;
    zy_buf root, certificate;
    zy_x509_leaf leaf;
} fixture;

static zy_x509_signer by(const zy_sm2_key *key)
{
    return (zy_x509_signer){ .key = key };
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    ASSERT_OK(zy_crypto_start(NULL));
    ASSERT_OK(zy_sm2_generate(&f->ca));
    ASSERT_OK(zy_sm2_generate(&f->user));
    ASSERT_OK(zy_x509_root_make(by(f->ca), ZY_STR("云澜银行根证书"), AT(-10), AT(3650), &f->root));
    f->leaf = (zy_x509_leaf){ .serial = { 0x12, 0x34 }, .common_name = ZY_STR("0HJK@soft_key"), .unit = ZY_STR("soft_key"),
                              .from = AT(-1), .to = AT(365) };
    zy_sm2_public(f->user, f->leaf.public_key);
    ASSERT_OK(zy_x509_issue(by(f->ca), zy_buf_view(&f->root), &f->leaf, &f->certificate));
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    zy_sm2_key_free(f->ca);
    zy_sm2_key_free(f->user);
    zy_buf_free(&f->root);
    zy_buf_free(&f->certificate);
    free(f);
    return 0;
}

static zy_status verify(const fixture *f, zy_str der, zy_time at)
{
    zy_x509_info info;
    return zy_x509_verify(der, zy_buf_view(&f->root), at, &info, NULL);
}

static void an_issued_certificate_says_what_it_was_issued_for(void **state)
{
    fixture *f = *state;
    zy_x509_info info;
    ASSERT_OK(zy_x509_verify(zy_buf_view(&f->certificate), zy_buf_view(&f->root), NOW, &info, NULL));
    assert_string_equal(info.subject, "0HJK@soft_key");
    assert_string_equal(info.issuer, "云澜银行根证书");
    assert_string_equal(info.serial, "12340000000000000000000000000000");
    assert_int_equal(info.not_before.ms, AT(-1).ms);
    assert_int_equal(info.not_after.ms, AT(365).ms);
    assert_memory_equal(info.public_key, f->leaf.public_key, ZY_SM2_PUB_BYTES);
    ASSERT_OK(zy_x509_read(zy_buf_view(&f->certificate), &info));
}

static void a_certificate_is_good_from_its_first_to_its_last_moment(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(verify(f, zy_buf_view(&f->certificate), (zy_time){ AT(-1).ms - 1000 }), ZY_SIGNATURE_BAD);
    ASSERT_OK(verify(f, zy_buf_view(&f->certificate), AT(-1)));
    ASSERT_OK(verify(f, zy_buf_view(&f->certificate), (zy_time){ AT(365).ms - 1000 }));
    ASSERT_STATUS(verify(f, zy_buf_view(&f->certificate), (zy_time){ AT(365).ms + 1000 }), ZY_SIGNATURE_BAD);
}

static void a_changed_byte_anywhere_is_noticed(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < f->certificate.n; i++) {
        f->certificate.p[i] ^= 1;
        assert_int_not_equal(verify(f, zy_buf_view(&f->certificate), NOW), ZY_OK);
        f->certificate.p[i] ^= 1;
    }
    ASSERT_OK(verify(f, zy_buf_view(&f->certificate), NOW));
    zy_buf_char(&f->certificate, '\0'); /* something behind it */
    ASSERT_STATUS(verify(f, zy_buf_view(&f->certificate), NOW), ZY_BAD_FIELD);
}

static void certificates_of_others_are_refused(void **state)
{
    fixture *f = *state;
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *other = NULL;
    ZY_AUTO_BUF same_name = { 0 }, forged = { 0 }, below = { 0 };
    ASSERT_OK(zy_sm2_generate(&other));
    /* A root of the same name with another key, and what it issues. */
    ASSERT_OK(zy_x509_root_make(by(other), ZY_STR("云澜银行根证书"), AT(-10), AT(3650), &same_name));
    ASSERT_OK(zy_x509_issue(by(other), zy_buf_view(&same_name), &f->leaf, &forged));
    ASSERT_STATUS(verify(f, zy_buf_view(&forged), NOW), ZY_SIGNATURE_BAD);
    /* What a user's key signs is nobody's certificate: a user is no authority. */
    ASSERT_OK(zy_x509_issue(by(f->user), zy_buf_view(&f->certificate), &f->leaf, &below));
    ASSERT_STATUS(verify(f, zy_buf_view(&below), NOW), ZY_SIGNATURE_BAD);
    zy_buf cas = { 0 };
    zy_buf_str(&cas, zy_buf_view(&f->root));
    zy_buf_str(&cas, zy_buf_view(&f->certificate));
    zy_x509_info info;
    ASSERT_STATUS(zy_x509_verify(zy_buf_view(&below), zy_buf_view(&cas), NOW, &info, NULL), ZY_SIGNATURE_BAD);
    zy_buf_free(&cas);
    /* The root itself is no user's. */
    ASSERT_STATUS(verify(f, zy_buf_view(&f->root), NOW), ZY_SIGNATURE_BAD);
}

static void openssl_takes_what_we_make(void **state)
{
    fixture *f = *state;
    char folder[] = "/tmp/zy_x509_XXXXXX", path[64], command[400];
    assert_non_null(mkdtemp(folder));
    const struct {
        const char *name;
        const zy_buf *der;
    } FILES[] = { { "root", &f->root }, { "leaf", &f->certificate } };
    for (size_t i = 0; i < ZY_COUNT(FILES); i++) {
        snprintf(path, sizeof path, "%s/%s.der", folder, FILES[i].name);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(FILES[i].der->p, 1, FILES[i].der->n, file), FILES[i].der->n);
        fclose(file);
    }
    snprintf(command, sizeof command,
             "cd %s && openssl x509 -inform DER -in root.der -out root.pem && openssl x509 -inform DER -in leaf.der -out leaf.pem &&"
             " openssl verify -attime %lld -vfyopt distid:1234567812345678 -CAfile root.pem leaf.pem", folder,
             (long long)(NOW.ms / 1000));
    int verified = system(command);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(verified, 0);
}

/* --- requests --- */

static void a_request_proves_that_the_key_is_at_hand(void **state)
{
    fixture *f = *state;
    ZY_AUTO_BUF request = { 0 };
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    ASSERT_OK(zy_x509_request_make(f->user, ZY_STR("phone"), &request));
    ASSERT_OK(zy_x509_request_check(zy_buf_view(&request), public_key));
    assert_memory_equal(public_key, f->leaf.public_key, sizeof public_key);
    for (size_t i = 0; i < request.n; i++) {
        request.p[i] ^= 1;
        if (zy_x509_request_check(zy_buf_view(&request), public_key) == ZY_OK)
            fail_msg("byte %zu of %zu was changed", i, request.n);
        request.p[i] ^= 1;
    }
    ASSERT_STATUS(zy_x509_request_check(zy_str_sub(zy_buf_view(&request), 0, request.n - 1), public_key), ZY_BAD_FIELD);
}

/* The request of one key with the point of another put in, and with points that are none. */
static void a_request_with_another_point_is_refused(void **state)
{
    fixture *f = *state;
    ZY_AUTO_BUF request = { 0 };
    uint8_t public_key[ZY_SM2_PUB_BYTES], point[ZY_SM2_PUB_BYTES], ca[ZY_SM2_PUB_BYTES];
    ASSERT_OK(zy_x509_request_make(f->user, ZY_STR("phone"), &request));
    zy_sm2_public(f->user, point);
    zy_sm2_public(f->ca, ca);
    char *at = memmem(request.p, request.n, point, sizeof point);
    assert_non_null(at);
    memcpy(at, ca, sizeof ca); /* no proof of possession */
    ASSERT_STATUS(zy_x509_request_check(zy_buf_view(&request), public_key), ZY_SIGNATURE_BAD);
    memcpy(at, point, sizeof point);
    at[64] ^= 1; /* off the curve */
    ASSERT_STATUS(zy_x509_request_check(zy_buf_view(&request), public_key), ZY_BAD_FIELD);
    memset(at + 1, 0, 64);
    ASSERT_STATUS(zy_x509_request_check(zy_buf_view(&request), public_key), ZY_BAD_FIELD);
}

static void a_request_of_another_kind_of_key_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *command;
    } KINDS[] = {
        { "openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=x -outform DER 2>/dev/null" },
        { "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=x -outform DER "
          "2>/dev/null" },
    };
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++) {
        uint8_t der[ZY_X509_DER_MAX], public_key[ZY_SM2_PUB_BYTES];
        FILE *pipe = popen(KINDS[i].command, "r");
        assert_non_null(pipe);
        size_t n = fread(der, 1, sizeof der, pipe);
        assert_int_equal(pclose(pipe), 0);
        assert_true(n > 100);
        ASSERT_STATUS(zy_x509_request_check(zy_str_bytes(der, n), public_key), ZY_BAD_FIELD);
    }
}

/* --- revocation lists --- */

static zy_status crl_says(const fixture *f, zy_str crl, zy_time at, bool *ret_revoked)
{
    return zy_x509_crl_has(crl, zy_buf_view(&f->certificate), zy_buf_view(&f->root), at, ret_revoked, NULL);
}

static void a_list_names_what_was_revoked_and_nothing_else(void **state)
{
    fixture *f = *state;
    bool revoked = true;
    zy_x509_revoked rows[2] = { { "00ff", NOW }, { "12340000000000000000000000000000", NOW } };
    ZY_AUTO_BUF none = { 0 }, one = { 0 }, two = { 0 };
    ASSERT_OK(zy_x509_crl_make(by(f->ca), zy_buf_view(&f->root), rows, 0, 1, AT(0), AT(1), &none));
    ASSERT_OK(zy_x509_crl_make(by(f->ca), zy_buf_view(&f->root), rows, 1, 2, AT(0), AT(1), &one));
    ASSERT_OK(zy_x509_crl_make(by(f->ca), zy_buf_view(&f->root), rows, 2, 3, AT(0), AT(1), &two));
    ASSERT_OK(crl_says(f, zy_buf_view(&none), NOW, &revoked));
    assert_false(revoked);
    ASSERT_OK(crl_says(f, zy_buf_view(&one), NOW, &revoked));
    assert_false(revoked);
    ASSERT_OK(crl_says(f, zy_buf_view(&two), NOW, &revoked));
    assert_true(revoked);
}

static void a_list_that_is_old_changed_or_anothers_is_refused(void **state)
{
    fixture *f = *state;
    bool revoked = false;
    ZY_AUTO_BUF crl = { 0 }, of_user = { 0 };
    ASSERT_OK(zy_x509_crl_make(by(f->ca), zy_buf_view(&f->root), NULL, 0, 1, AT(0), AT(1), &crl));
    ASSERT_STATUS(crl_says(f, zy_buf_view(&crl), (zy_time){ AT(0).ms - 1000 }, &revoked), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(crl_says(f, zy_buf_view(&crl), AT(1), &revoked), ZY_SIGNATURE_BAD);
    ASSERT_OK(zy_x509_crl_make(by(f->user), zy_buf_view(&f->root), NULL, 0, 1, AT(0), AT(1), &of_user));
    ASSERT_STATUS(crl_says(f, zy_buf_view(&of_user), NOW, &revoked), ZY_SIGNATURE_BAD);
    for (size_t i = 0; i < crl.n; i++) {
        crl.p[i] ^= 1;
        ASSERT_STATUS(crl_says(f, zy_buf_view(&crl), NOW, &revoked), ZY_SIGNATURE_BAD);
        crl.p[i] ^= 1;
    }
}

static void the_key_services_ca_key_signs_too(void **state)
{
    fixture *f = *state;
    char path[] = "/tmp/zy_x509_keys_XXXXXX";
    ZY_AUTO(zy_keys_free) zy_keys *keys = NULL;
    ZY_AUTO_BUF root = { 0 }, certificate = { 0 };
    zy_x509_info info;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    ASSERT_OK(zy_keys_create(path, ZY_STR("only for tests"), zy_clock_system(), NULL));
    ASSERT_OK(zy_keys_open(path, ZY_STR("only for tests"), &keys, NULL));
    unlink(path);
    const zy_x509_signer signer = { .keys = keys };
    ASSERT_OK(zy_x509_root_make(signer, ZY_STR("root"), AT(-1), AT(10), &root));
    ASSERT_OK(zy_x509_issue(signer, zy_buf_view(&root), &f->leaf, &certificate));
    ASSERT_OK(zy_x509_verify(zy_buf_view(&certificate), zy_buf_view(&root), NOW, &info, NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_issued_certificate_says_what_it_was_issued_for),
        TEST(a_certificate_is_good_from_its_first_to_its_last_moment),
        TEST(a_changed_byte_anywhere_is_noticed),
        TEST(certificates_of_others_are_refused),
        TEST(openssl_takes_what_we_make),
        TEST(a_request_proves_that_the_key_is_at_hand),
        TEST(a_request_with_another_point_is_refused),
        TEST(a_request_of_another_kind_of_key_is_refused),
        TEST(a_list_names_what_was_revoked_and_nothing_else),
        TEST(a_list_that_is_old_changed_or_anothers_is_refused),
        TEST(the_key_services_ca_key_signs_too),
    };
    return zy_test_main("crypto_x509", tests, ZY_COUNT(tests));
}
