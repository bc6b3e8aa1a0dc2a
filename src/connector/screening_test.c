/* Screening connectors: a list in a file, and a system over HTTP that signs what it says. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "connector/screening_internal.h"
#include "connector/signed.h"
#include "crypto/crypto.h"
#include "net/net.h"
#include "zy_test.h"

#define NOW   ((zy_time){ INT64_C(1795392000000) })
#define KEY   "0123456789abcdef0123456789abcdef"
#define BLACK "11010519491231002X"
#define HIGH  "440524188001010014"
#define OTHER "110101200002290013"

/* --- a folder with a configuration --- */

typedef struct home {
    char folder[64], conf[96], list[96], key[96];
    zy_config *config;
    zy_screening *screening;
} home;

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static zy_status home_open(home *h, const char *text, const char *key, zy_err *err)
{
    static const zy_config_row *const TABLES[] = { ZY_SCREENING_CONFIG };
    const size_t counts[] = { ZY_SCREENING_CONFIG_COUNT };
    *h = (home){ .folder = "/tmp/zy_screening_XXXXXX" };
    assert_non_null(mkdtemp(h->folder));
    snprintf(h->conf, sizeof h->conf, "%s/zhangyin.conf", h->folder);
    snprintf(h->list, sizeof h->list, "%s/screening-list.txt", h->folder);
    snprintf(h->key, sizeof h->key, "%s/screening-key", h->folder);
    write_text(h->conf, text, 0600);
    write_text(h->key, key, 0600);
    ASSERT_OK(zy_config_load(h->conf, true, TABLES, counts, 1, &h->config, err));
    return zy_screening_open(h->config, &h->screening, err);
}

static void home_close(home *h)
{
    zy_screening_free(h->screening);
    zy_config_free(h->config);
    unlink(h->list);
    unlink(h->conf);
    unlink(h->key);
    assert_int_equal(rmdir(h->folder), 0);
}

static zy_status ask(home *h, const char *id_no, zy_screening_result *r, zy_err *err)
{
    return zy_screening_ask(h->screening, ZY_STR("张三"), zy_str_of(id_no), NOW, r, err);
}

/* --- the list --- */

static void a_list_tells_who_stands_on_it(void **state)
{
    (void)state;
    home h;
    zy_screening_result r;
    zy_err err = { 0 };
    ASSERT_OK(home_open(&h, "", KEY, &err));
    write_text(h.list, "# people\n\nhigh " HIGH " 名单二\r\nblacklist 11010519491231002x\n", 0600);
    ASSERT_OK(ask(&h, BLACK, &r, &err));
    assert_true(r.blacklisted);
    ASSERT_OK(ask(&h, HIGH, &r, &err));
    assert_false(r.blacklisted);
    assert_int_equal(r.grade, ZY_AML_HIGH);
    ASSERT_OK(ask(&h, OTHER, &r, &err));
    assert_false(r.blacklisted);
    assert_int_equal(r.grade, ZY_AML_LOW);
    home_close(&h);
}

static void a_replaced_list_is_read_again(void **state)
{
    (void)state;
    home h;
    zy_screening_result r;
    zy_err err = { 0 };
    char fresh[128];
    ASSERT_OK(home_open(&h, "", KEY, &err));
    write_text(h.list, "high " HIGH "\n", 0600);
    ASSERT_OK(ask(&h, BLACK, &r, &err));
    assert_false(r.blacklisted);
    snprintf(fresh, sizeof fresh, "%s.new", h.list);
    write_text(fresh, "blacklist " BLACK "\n", 0600);
    assert_int_equal(rename(fresh, h.list), 0);
    ASSERT_OK(ask(&h, BLACK, &r, &err));
    assert_true(r.blacklisted);
    home_close(&h);
}

static void without_a_good_list_nobody_is_judged(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        mode_t mode;
    } BAD[] = { { "high " HIGH "\n", 0644 }, { "high 123\n", 0600 }, { "low " HIGH "\n", 0600 }, { HIGH "\n", 0600 },
                { "high " HIGH "\nblacklist " HIGH "\n", 0600 } };
    home h;
    zy_screening_result r;
    zy_err err = { 0 };
    ASSERT_OK(home_open(&h, "", KEY, &err));
    ASSERT_STATUS(ask(&h, OTHER, &r, &err), ZY_CONNECTOR_FAILED);
    for (size_t i = 0; i < ZY_COUNT(BAD); i++) {
        write_text(h.list, BAD[i].text, BAD[i].mode);
        ASSERT_STATUS(ask(&h, OTHER, &r, &err), ZY_CONNECTOR_FAILED);
        assert_null(strstr(err.detail, HIGH)); /* a detail goes to the log */
    }
    home_close(&h);
}

/* --- a system that answers as it is told --- */

typedef enum { GOOD, UNSIGNED, OTHER_KEY, REPLAYED, OTHER_SHAPE, LARGE, FAILS } manner;
typedef struct system_side {
    manner manner;
    zy_server *server;
    int questions;
    bool asked_rightly;
    char url[64];
} system_side;

static void write_answer(zy_http *http, manner how, zy_str id)
{
    char body[6000], signature[ZY_SIGNED_HEX_MAX];
    int n = snprintf(body, sizeof body, "{\"v\":1,\"id\":\"" ZY_STR_FMT "\",\"blacklisted\":false,\"grade\":\"%s\",\"reference\":\"R-7\"}",
                     ZY_STR_ARG(how == REPLAYED ? ZY_STR("00000000000000000000000000000000") : id),
                     how == OTHER_SHAPE ? "none" : "medium");
    if (how == LARGE) {
        memset(body + n, ' ', 5000 - (size_t)n);
        n = 5000;
    }
    ASSERT_OK(zy_signed_make(how == OTHER_KEY ? ZY_STR("another key of 26 letters.") : ZY_STR(KEY), ZY_SCREENING_ANSWERS,
                                zy_str_bytes(body, (size_t)n), signature));
    if (how != UNSIGNED)
        zy_http_set(http, ZY_SIGNED_HEADER, zy_str_of(signature));
    zy_http_write(http, ZY_STR("application/json"), body, (size_t)n);
}

static void system_answers(zy_http *http, void *arg)
{
    system_side *s = arg;
    zy_str signature = { 0 }, id = { 0 }, id_no = { 0 };
    ZY_AUTO(zy_json_free) zy_json *question = NULL;
    s->questions++;
    s->asked_rightly = zy_http_header(http, ZY_SIGNED_HEADER, &signature) &&
                       zy_signed_check(ZY_STR(KEY), ZY_SCREENING_ASKS, zy_http_body(http), signature) == ZY_OK &&
                       zy_json_parse(zy_http_body(http), &question) == ZY_OK && zy_json_str(question, "id", &id) && id.n == 32 &&
                       zy_json_str(question, "id_no", &id_no) && zy_str_eq_c(id_no, OTHER);
    if (s->manner == FAILS)
        zy_http_refuse(http, ZY_INTERNAL);
    else
        write_answer(http, s->manner, id);
}

static void system_start(system_side *s, home *h, manner how)
{
    const zy_route route = { .path = "/screen", .methods = ZY_HTTP_POST, .body_max = 4096, .fn = system_answers, .arg = s };
    const zy_listener listener = { .name = "system", .address = ZY_STR("127.0.0.1"), .routes = &route, .route_count = 1 };
    const zy_server_options options = { .loops = 1, .workers = 1 };
    char conf[200];
    zy_err err = { 0 };
    *s = (system_side){ .manner = how };
    ASSERT_OK(zy_server_start(&options, &listener, 1, &s->server, NULL));
    snprintf(conf, sizeof conf, "screening.connector = http\nscreening.url = http://127.0.0.1:%d/screen\n",
             zy_server_port(s->server, "system"));
    ASSERT_OK(home_open(h, conf, KEY "\n", &err));
}

static void system_stop(system_side *s, home *h)
{
    home_close(h);
    zy_server_drain(s->server, 1000);
}

static void a_signed_answer_to_this_question_counts(void **state)
{
    (void)state;
    system_side s;
    home h;
    zy_screening_result r;
    zy_err err = { 0 };
    system_start(&s, &h, GOOD);
    ASSERT_OK(ask(&h, OTHER, &r, &err));
    assert_true(s.asked_rightly);
    assert_false(r.blacklisted);
    assert_int_equal(r.grade, ZY_AML_MEDIUM);
    assert_string_equal(r.reference, "R-7");
    system_stop(&s, &h);
}

static void any_other_answer_is_none(void **state)
{
    ZY_PROVES("mb.access-ease.d.1");
    (void)state;
    static const manner MANNERS[] = { UNSIGNED, OTHER_KEY, REPLAYED, OTHER_SHAPE, LARGE, FAILS };
    for (size_t i = 0; i < ZY_COUNT(MANNERS); i++) {
        system_side s;
        home h;
        zy_screening_result r = { .reference = "untouched" };
        zy_err err = { 0 };
        system_start(&s, &h, MANNERS[i]);
        ASSERT_STATUS(ask(&h, OTHER, &r, &err), ZY_CONNECTOR_FAILED);
        assert_string_equal(r.reference, "untouched");
        assert_null(strstr(err.detail, OTHER));
        assert_int_equal(s.questions, 1);
        system_stop(&s, &h);
    }
}

static void a_system_that_is_away_gives_no_verdict(void **state)
{
    (void)state;
    system_side s;
    home h;
    zy_screening_result r;
    zy_err err = { 0 };
    system_start(&s, &h, GOOD);
    zy_server_drain(s.server, 1000);
    ASSERT_STATUS(ask(&h, OTHER, &r, &err), ZY_CONNECTOR_FAILED);
    home_close(&h);
}

static void urls_in_the_clear_and_short_keys_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *conf, *key, *field;
    } BAD[] = {
        { "screening.connector = http\n", KEY, "screening.url" },
        { "screening.connector = http\nscreening.url = http://aml.example.com/screen\n", KEY, "screening.url" },
        { "screening.connector = http\nscreening.url = https://u@aml.example.com/\n", KEY, "screening.url" },
        { "screening.connector = http\nscreening.url = https://aml.example.com/\n", "short", "screening.key" },
    };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++) {
        home h;
        zy_err err = { 0 };
        ASSERT_STATUS(home_open(&h, BAD[i].conf, BAD[i].key, &err), ZY_CONFIG_BAD);
        ASSERT_STR(zy_str_of(err.field), BAD[i].field);
        home_close(&h);
    }
}

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        cmocka_unit_test(a_list_tells_who_stands_on_it),        cmocka_unit_test(a_replaced_list_is_read_again),
        cmocka_unit_test(without_a_good_list_nobody_is_judged), cmocka_unit_test(a_signed_answer_to_this_question_counts),
        cmocka_unit_test(any_other_answer_is_none),             cmocka_unit_test(a_system_that_is_away_gives_no_verdict),
        cmocka_unit_test(urls_in_the_clear_and_short_keys_are_refused),
    };
    if (zy_crypto_start(NULL) != ZY_OK)
        return 1;
    return zy_test_main("screening", TESTS, ZY_COUNT(TESTS));
}
