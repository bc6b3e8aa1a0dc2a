/* The connector `http` against the simulator of an authority: what goes over the wire, and what is not believed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authority.h"
#include "connector/ca.h"
#include "zy_test.h"

#define NOW   ((zy_time){ INT64_C(1795399200000) })
#define TOKEN "a token of the bank"

typedef struct world {
    char folder[64];
    zy_clock *clock;
    authority *a;
    zy_server *server;
    zy_config *config;
    zy_ca *ca;
    zy_sm2_key *key;
    zy_buf cas, csr;
} world;

static void write_text(const world *w, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", w->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

static zy_status open_ca(world *w, const char *url, const char *token)
{
    static const zy_config_row *const TABLES[] = { ZY_CA_CONFIG };
    const size_t counts[] = { ZY_CA_CONFIG_COUNT };
    char conf[300], path[128];
    zy_ca_free(w->ca);
    zy_config_free(w->config);
    w->ca = NULL;
    w->config = NULL;
    snprintf(conf, sizeof conf, "ca.connector = http\nca.url = %s\n", url);
    write_text(w, "zhangyin.conf", conf);
    write_text(w, "ca-token", token);
    snprintf(path, sizeof path, "%s/zhangyin.conf", w->folder);
    ZY_TRY(zy_config_load(path, true, TABLES, counts, 1, &w->config, NULL));
    return zy_ca_open(w->config, NULL, &w->ca, NULL);
}

static void serve(world *w)
{
    zy_route routes[AUTHORITY_ROUTES];
    authority_routes(w->a, routes);
    const zy_listener listener = { .name = "ca", .address = ZY_STR("127.0.0.1"), .internal_only = true, .routes = routes,
                                   .route_count = ZY_COUNT(routes) };
    const zy_server_options options = { .workers = 2 };
    ASSERT_OK(zy_server_start(&options, &listener, 1, &w->server, NULL));
}

static void url_of(const world *w, char out[64])
{
    snprintf(out, 64, "http://127.0.0.1:%d", zy_server_port(w->server, "ca"));
}

static int set_up(void **state)
{
    world *w = calloc(1, sizeof *w);
    char url[64];
    assert_non_null(w);
    strcpy(w->folder, "/tmp/zy_ca_XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    ASSERT_OK(zy_crypto_start(NULL));
    w->clock = zy_clock_fake_new(NOW);
    ASSERT_OK(authority_open(w->folder, ZY_STR(TOKEN), w->clock, &w->a, NULL));
    serve(w);
    url_of(w, url);
    ASSERT_OK(open_ca(w, url, TOKEN "\n"));
    ASSERT_OK(zy_ca_certificates(w->ca, (zy_str){ 0 }, NOW, &w->cas, NULL));
    ASSERT_OK(zy_sm2_generate(&w->key));
    ASSERT_OK(zy_x509_request_make(w->key, ZY_STR("phone"), &w->csr));
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    char command[128];
    if (w->server != NULL)
        zy_server_drain(w->server, 1000);
    authority_close(w->a);
    zy_ca_free(w->ca);
    zy_config_free(w->config);
    zy_sm2_key_free(w->key);
    zy_buf_free(&w->cas);
    zy_buf_free(&w->csr);
    zy_clock_fake_free(w->clock);
    snprintf(command, sizeof command, "rm -r %s", w->folder);
    assert_int_equal(system(command), 0);
    free(w);
    return 0;
}

static zy_status issue(world *w, const char *id, zy_buf *ret_der)
{
    zy_ca_request request = { .id = zy_str_of(id), .csr = zy_buf_view(&w->csr), .common_name = ZY_STR("c@1"),
                              .unit = ZY_STR("soft_key"), .from = NOW, .to = { NOW.ms + ZY_DAYS(730).ms } };
    zy_sm2_public(w->key, request.public_key);
    return zy_ca_issue(w->ca, zy_buf_view(&w->cas), &request, ret_der, NULL);
}

static zy_status list(world *w, zy_buf *ret_der)
{
    const zy_ca_revoked none = { .now = NOW };
    return zy_ca_list(w->ca, zy_buf_view(&w->cas), &none, ret_der, NULL);
}

static void an_authority_outside_issues_for_the_key_that_was_asked_for(void **state)
{
    ZY_PROVES("mb.def-txn-verify.p7");
    world *w = *state;
    ZY_AUTO_BUF der = { 0 }, again = { 0 }, other = { 0 };
    zy_x509_info info;
    uint8_t point[ZY_SM2_PUB_BYTES];
    ASSERT_OK(issue(w, "request-1", &der));
    ASSERT_OK(zy_x509_verify(zy_buf_view(&der), zy_buf_view(&w->cas), (zy_time){ NOW.ms + 1000 }, &info, NULL));
    zy_sm2_public(w->key, point);
    assert_memory_equal(info.public_key, point, sizeof point);
    assert_string_equal(info.subject, "c@1");
    ASSERT_OK(issue(w, "request-1", &again));
    assert_true(zy_str_eq(zy_buf_view(&der), zy_buf_view(&again)));
    ASSERT_OK(issue(w, "request-2", &other));
    assert_false(zy_str_eq(zy_buf_view(&der), zy_buf_view(&other)));
}

static void what_was_revoked_stands_on_its_list_also_after_a_restart(void **state)
{
    world *w = *state;
    ZY_AUTO_BUF der = { 0 }, before = { .max = ZY_X509_CRL_MAX }, after = { .max = ZY_X509_CRL_MAX };
    zy_x509_info info;
    bool revoked = true;
    char url[64];
    ASSERT_OK(issue(w, "request-1", &der));
    ASSERT_OK(zy_x509_read(zy_buf_view(&der), &info));
    ASSERT_OK(list(w, &before));
    ASSERT_OK(zy_x509_crl_has(zy_buf_view(&before), zy_buf_view(&der), zy_buf_view(&w->cas), NOW, &revoked, NULL));
    assert_false(revoked);
    ASSERT_OK(zy_ca_revoke(w->ca, zy_str_of(info.serial), NOW, NULL));
    ASSERT_OK(zy_ca_revoke(w->ca, zy_str_of(info.serial), NOW, NULL));
    zy_server_drain(w->server, 1000);
    authority_close(w->a);
    w->a = NULL;
    ASSERT_OK(authority_open(w->folder, ZY_STR(TOKEN), w->clock, &w->a, NULL));
    serve(w);
    url_of(w, url);
    ASSERT_OK(open_ca(w, url, TOKEN));
    ASSERT_OK(list(w, &after));
    ASSERT_OK(zy_x509_crl_has(zy_buf_view(&after), zy_buf_view(&der), zy_buf_view(&w->cas), NOW, &revoked, NULL));
    assert_true(revoked);
}

static void a_wrong_token_gets_nothing(void **state)
{
    world *w = *state;
    ZY_AUTO_BUF der = { 0 };
    char url[64];
    url_of(w, url);
    ASSERT_OK(open_ca(w, url, "another token"));
    ASSERT_STATUS(issue(w, "request-1", &der), ZY_CONNECTOR_FAILED);
    ASSERT_STATUS(zy_ca_revoke(w->ca, ZY_STR("01"), NOW, NULL), ZY_CONNECTOR_FAILED);
    ASSERT_STATUS(list(w, &der), ZY_CONNECTOR_FAILED);
    assert_int_equal(der.n, 0);
}

static void a_request_that_is_none_is_refused_for_good(void **state)
{
    world *w = *state;
    ZY_AUTO_BUF der = { 0 };
    w->csr.p[w->csr.n - 1] ^= 1;
    ASSERT_STATUS(issue(w, "request-1", &der), ZY_BAD_FIELD);
}

static void an_authority_that_is_away_may_come_back(void **state)
{
    world *w = *state;
    ZY_AUTO_BUF der = { 0 };
    zy_server_drain(w->server, 1000);
    w->server = NULL;
    ASSERT_STATUS(issue(w, "request-1", &der), ZY_CONNECTOR_FAILED);
}

static void only_safe_addresses_and_kept_roots_are_taken(void **state)
{
    world *w = *state;
    char path[128];
    static const char *const BAD[] = { "http://ca.example", "ftp://127.0.0.1:1", "https://user@ca.example", "https://ca.example?x=1" };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++)
        ASSERT_STATUS(open_ca(w, BAD[i], TOKEN), ZY_CONFIG_BAD);
    snprintf(path, sizeof path, "%s/ca-roots.der", w->folder);
    assert_int_equal(unlink(path), 0);
    ASSERT_STATUS(open_ca(w, "https://ca.example", TOKEN), ZY_CONFIG_BAD);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_authority_outside_issues_for_the_key_that_was_asked_for),
        TEST(what_was_revoked_stands_on_its_list_also_after_a_restart),
        TEST(a_wrong_token_gets_nothing),
        TEST(a_request_that_is_none_is_refused_for_good),
        TEST(an_authority_that_is_away_may_come_back),
        TEST(only_safe_addresses_and_kept_roots_are_taken),
    };
    return zy_test_main("ca", tests, ZY_COUNT(tests));
}
