#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "connector/sms.h"
#include "net/net.h"
#include "zy_test.h"

#define NOW   ((zy_time){ INT64_C(1795392000000) })
#define PHONE ZY_STR("13800000001")

/* --- a folder with a configuration --- */

typedef struct home {
    char folder[64], conf[96], mailbox[96];
    zy_config *config;
} home;

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static zy_status home_open(home *h, const char *text)
{
    static const zy_config_row *const TABLES[] = { ZY_SMS_CONFIG };
    const size_t counts[] = { ZY_SMS_CONFIG_COUNT };
    char secret[96];
    *h = (home){ .folder = "/tmp/zy_sms_XXXXXX" };
    assert_non_null(mkdtemp(h->folder));
    snprintf(h->conf, sizeof h->conf, "%s/zhangyin.conf", h->folder);
    snprintf(h->mailbox, sizeof h->mailbox, "%s/mailbox.jsonl", h->folder);
    snprintf(secret, sizeof secret, "%s/sms-password", h->folder);
    write_text(h->conf, text, 0600);
    write_text(secret, "p&ss wörd\n", 0600);
    return zy_config_load(h->conf, true, TABLES, counts, 1, &h->config, NULL);
}

static void home_close(home *h)
{
    char secret[96];
    snprintf(secret, sizeof secret, "%s/sms-password", h->folder);
    zy_config_free(h->config);
    unlink(h->mailbox);
    unlink(h->conf);
    unlink(secret);
    assert_int_equal(rmdir(h->folder), 0);
}

/* --- mailbox --- */

static void mailbox_is_refused_outside_demo_banks(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    zy_err err = { 0 };
    ASSERT_OK(home_open(&h, "sms.connector = mailbox\n"));
    ASSERT_STATUS(zy_sms_open(h.config, false, &sms, &err), ZY_CONFIG_BAD);
    ASSERT_STR(zy_str_of(err.field), "sms.connector");
    assert_null(sms);
    home_close(&h);
}

static void mailbox_gives_the_newest_text_to_a_phone(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    zy_time at = { 0 };
    ZY_AUTO_BUF text = { 0 };
    struct stat st;
    ASSERT_OK(home_open(&h, "sms.connector = mailbox\n"));
    ASSERT_OK(zy_sms_open(h.config, true, &sms, NULL));
    ASSERT_STATUS(zy_mailbox_newest(h.mailbox, PHONE, &at, &text), ZY_NOT_FOUND);
    ASSERT_OK(zy_sms_send(sms, PHONE, ZY_STR("first"), NOW, NULL));
    ASSERT_OK(zy_sms_send(sms, PHONE, ZY_STR("【银行】\"second\"\n"), (zy_time){ NOW.ms + 1 }, NULL));
    ASSERT_OK(zy_sms_send(sms, ZY_STR("13800000002"), ZY_STR("to 13800000001? no"), (zy_time){ NOW.ms + 2 }, NULL));
    ASSERT_OK(zy_mailbox_newest(h.mailbox, PHONE, &at, &text));
    ASSERT_STR(zy_buf_view(&text), "【银行】\"second\"\n");
    assert_int_equal(at.ms, NOW.ms + 1);
    ASSERT_STATUS(zy_mailbox_newest(h.mailbox, ZY_STR("1380000000"), &at, &text), ZY_NOT_FOUND);
    assert_int_equal(stat(h.mailbox, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    zy_sms_free(sms);
    home_close(&h);
}

static void mailbox_that_others_may_read_is_not_used(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    ASSERT_OK(home_open(&h, "sms.connector = mailbox\n"));
    ASSERT_OK(zy_sms_open(h.config, true, &sms, NULL));
    write_text(h.mailbox, "", 0644);
    ASSERT_STATUS(zy_sms_send(sms, PHONE, ZY_STR("secret"), NOW, NULL), ZY_CONNECTOR_FAILED);
    zy_sms_free(sms);
    home_close(&h);
}

static void half_a_line_of_a_killed_writer_harms_no_other(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    zy_time at = { 0 };
    ZY_AUTO_BUF text = { 0 };
    ASSERT_OK(home_open(&h, "sms.connector = mailbox\n"));
    write_text(h.mailbox, "{\"at\":1,\"phone\":\"138000", 0600);
    ASSERT_OK(zy_sms_open(h.config, true, &sms, NULL));
    ASSERT_OK(zy_sms_send(sms, PHONE, ZY_STR("whole"), NOW, NULL));
    ASSERT_OK(zy_mailbox_newest(h.mailbox, PHONE, &at, &text));
    ASSERT_STR(zy_buf_view(&text), "whole");
    zy_sms_free(sms);
    home_close(&h);
}

static void old_text_is_found_in_a_long_mailbox(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    zy_time at = { 0 };
    ZY_AUTO_BUF text = { 0 };
    ASSERT_OK(home_open(&h, "sms.connector = mailbox\n"));
    ASSERT_OK(zy_sms_open(h.config, true, &sms, NULL));
    ASSERT_OK(zy_sms_send(sms, PHONE, ZY_STR("old"), NOW, NULL));
    for (int i = 0; i < 2000; i++)
        ASSERT_OK(zy_sms_send(sms, ZY_STR("13900000000"), ZY_STR("a text of another phone, to fill the tail that is read"),
                              NOW, NULL));
    ASSERT_OK(zy_mailbox_newest(h.mailbox, PHONE, &at, &text));
    ASSERT_STR(zy_buf_view(&text), "old");
    zy_sms_free(sms);
    home_close(&h);
}

enum { WRITERS = 8, EACH = 50 };

static void *write_some(void *arg)
{
    for (int i = 0; i < EACH; i++)
        if (zy_sms_send(arg, PHONE, ZY_STR("来自多个线程的短信，各占一行"), NOW, NULL) != ZY_OK)
            return arg;
    return NULL;
}

static void texts_written_at_the_same_time_stay_whole(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    pthread_t threads[WRITERS];
    char line[256];
    int lines = 0;
    ASSERT_OK(home_open(&h, "sms.connector = mailbox\n"));
    ASSERT_OK(zy_sms_open(h.config, true, &sms, NULL));
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, sms), 0);
    for (int i = 0; i < WRITERS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    FILE *f = fopen(h.mailbox, "r");
    assert_non_null(f);
    for (; fgets(line, sizeof line, f) != NULL; lines++) {
        zy_json *j = NULL;
        ASSERT_OK(zy_json_parse(zy_str_trim(zy_str_of(line)), &j));
        zy_json_free(j);
    }
    fclose(f);
    assert_int_equal(lines, WRITERS * EACH);
    zy_sms_free(sms);
    home_close(&h);
}

static void odd_phones_and_texts_are_refused(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    char longest[2002];
    static const char *const PHONES[] = { "", "1234", "+123a5678", "138 0000 0001", "123456789012345678901", "13800000001&x=1" };
    memset(longest, 'a', sizeof longest);
    ASSERT_OK(home_open(&h, "sms.connector = mailbox\n"));
    ASSERT_OK(zy_sms_open(h.config, true, &sms, NULL));
    for (size_t i = 0; i < ZY_COUNT(PHONES); i++)
        ASSERT_STATUS(zy_sms_send(sms, zy_str_of(PHONES[i]), ZY_STR("text"), NOW, NULL), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_sms_send(sms, PHONE, ZY_STR(""), NOW, NULL), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_sms_send(sms, PHONE, ZY_STR("\xff"), NOW, NULL), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_sms_send(sms, PHONE, zy_str_bytes(longest, 2001), NOW, NULL), ZY_BAD_FIELD);
    ASSERT_OK(zy_sms_send(sms, ZY_STR("+8613800000001"), zy_str_bytes(longest, 2000), NOW, NULL));
    zy_sms_free(sms);
    home_close(&h);
}

/* --- a gateway of one thread: answers each connection with the next of `answers` --- */

typedef struct fake_gateway {
    int fd;
    char url[64], request[4096];
    const char *const *answers; /* status lines and headers; NULL ends it */
    pthread_t thread;
    int served;
} fake_gateway;

static void *serve(void *arg)
{
    fake_gateway *g = arg;
    for (; *g->answers != NULL; g->answers++) {
        int c = accept(g->fd, NULL, NULL);
        if (c < 0)
            return NULL;
        size_t n = 0;
        for (ssize_t got = 1; got > 0 && n < sizeof g->request - 1; n += (size_t)got) {
            got = recv(c, g->request + n, sizeof g->request - 1 - n, 0);
            if (got <= 0)
                break;
            g->request[n + (size_t)got] = '\0';
            if (strstr(g->request, "\r\n\r\n") != NULL)
                break;
        }
        char answer[512];
        int length = snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", *g->answers);
        (void)!send(c, answer, (size_t)length, MSG_NOSIGNAL);
        close(c);
        g->served++;
    }
    return NULL;
}

static void gateway_start(fake_gateway *g, const char *const *answers)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t n = sizeof a;
    *g = (fake_gateway){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .answers = answers };
    assert_int_equal(bind(g->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(g->fd, 8), 0);
    assert_int_equal(getsockname(g->fd, (struct sockaddr *)&a, &n), 0);
    snprintf(g->url, sizeof g->url, "http://127.0.0.1:%d/cgi-bin/sendsms", ntohs(a.sin_port));
    assert_int_equal(pthread_create(&g->thread, NULL, serve, g), 0);
}

static void gateway_stop(fake_gateway *g)
{
    shutdown(g->fd, SHUT_RDWR);
    pthread_join(g->thread, NULL);
    close(g->fd);
}

static zy_sms *sms_to(home *h, const char *url)
{
    char text[256];
    zy_sms *sms = NULL;
    snprintf(text, sizeof text, "sms.connector = http\nsms.url = %s\nsms.username = bank\nsms.from = 95599\n", url);
    ASSERT_OK(home_open(h, text));
    ASSERT_OK(zy_sms_open(h->config, false, &sms, NULL));
    return sms;
}

static void gateway_is_asked_the_way_kannel_wants(void **state)
{
    (void)state;
    static const char *const ANSWERS[] = { "202 Accepted", NULL };
    fake_gateway g;
    home h;
    gateway_start(&g, ANSWERS);
    zy_sms *sms = sms_to(&h, g.url);
    ASSERT_OK(zy_sms_send(sms, ZY_STR("+8613800000001"), ZY_STR("码1&2=3 +"), NOW, NULL));
    gateway_stop(&g);
    static const char WANT[] = "GET /cgi-bin/sendsms?username=bank&password=p%26ss%20w%C3%B6rd&from=95599&charset=UTF-8&coding=2"
                               "&to=%2B8613800000001&text=%E7%A0%811%262%3D3%20%2B HTTP/1.1\r\n";
    g.request[sizeof WANT - 1] = '\0';
    ASSERT_STR(zy_str_of(g.request), WANT);
    zy_sms_free(sms);
    home_close(&h);
}

static void each_answer_of_a_gateway_has_one_meaning(void **state)
{
    (void)state;
    static const char *const ANSWERS[] = {
        "200 OK", "400 Bad Request", "404 Not Found", "403 Forbidden", "429 Too Many Requests", "500 Oops", "503 Later",
        "302 Found\r\nLocation: http://127.0.0.1:1/", NULL,
    };
    static const zy_status WANT[] = { ZY_OK, ZY_BAD_FIELD, ZY_BAD_FIELD, ZY_CONNECTOR_FAILED, ZY_CONNECTOR_FAILED,
                                      ZY_CONNECTOR_FAILED, ZY_CONNECTOR_FAILED, ZY_CONNECTOR_FAILED };
    fake_gateway g;
    home h;
    gateway_start(&g, ANSWERS);
    zy_sms *sms = sms_to(&h, g.url);
    for (size_t i = 0; i < ZY_COUNT(WANT); i++) {
        zy_err err = { 0 };
        ASSERT_STATUS(zy_sms_send(sms, PHONE, ZY_STR("secret 123456"), NOW, &err), WANT[i]);
        assert_null(strstr(err.detail, "123456"));
        assert_null(strstr(err.detail, "138"));
    }
    gateway_stop(&g);
    assert_int_equal(g.served, ZY_COUNT(WANT));
    zy_sms_free(sms);
    home_close(&h);
}

static void count_request(zy_http *http, void *arg)
{
    (void)http;
    ++*(int *)arg;
}

/* The certificate is good but for one thing: nobody vouches for it. */
static void gateway_with_a_certificate_of_its_own_gets_nothing(void **state)
{
    (void)state;
    home h;
    char url[96], cert[64], key[64];
    int requests = 0;
    const zy_route route = { .path = "/cgi-bin/sendsms", .methods = ZY_HTTP_GET, .fn = count_request, .arg = &requests };
    snprintf(cert, sizeof cert, "/tmp/zy_sms_cert_%ld", (long)getpid());
    snprintf(key, sizeof key, "/tmp/zy_sms_key_%ld", (long)getpid());
    ASSERT_OK(zy_net_make_certificate(cert, key, NULL, NULL));
    const zy_listener listener = { .name = "gateway", .address = ZY_STR("127.0.0.1"), .tls = true, .cert_path = zy_str_of(cert),
                                   .key_path = zy_str_of(key), .routes = &route, .route_count = 1 };
    const zy_server_options options = { .loops = 1, .workers = 1 };
    zy_server *server = NULL;
    ASSERT_OK(zy_server_start(&options, &listener, 1, &server, NULL));
    snprintf(url, sizeof url, "https://127.0.0.1:%d/cgi-bin/sendsms", zy_server_port(server, "gateway"));
    zy_sms *sms = sms_to(&h, url);
    ASSERT_STATUS(zy_sms_send(sms, PHONE, ZY_STR("text"), NOW, NULL), ZY_CONNECTOR_FAILED);
    assert_int_equal(requests, 0);
    zy_sms_free(sms);
    zy_server_drain(server, 1000);
    home_close(&h);
    unlink(cert);
    unlink(key);
}

static void gateway_that_is_away_may_come_back(void **state)
{
    (void)state;
    static const char *const NONE[] = { NULL };
    fake_gateway g;
    home h;
    gateway_start(&g, NONE);
    zy_sms *sms = sms_to(&h, g.url);
    gateway_stop(&g); /* nobody listens on that port now */
    ASSERT_STATUS(zy_sms_send(sms, PHONE, ZY_STR("text"), NOW, NULL), ZY_CONNECTOR_FAILED);
    zy_sms_free(sms);
    home_close(&h);
}

static void password_never_goes_in_the_clear_to_another_machine(void **state)
{
    (void)state;
    static const char *const URLS[] = { "http://sms.example.com/cgi-bin/sendsms", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/",
                                        "https://user@sms.example.com/", "http://127.0.0.1:80@sms.example.com/",
                                        "https://sms.example.com/?to=1" };
    for (size_t i = 0; i < ZY_COUNT(URLS); i++) {
        home h;
        zy_sms *sms = NULL;
        zy_err err = { 0 };
        char text[160];
        snprintf(text, sizeof text, "sms.url = %s\n", URLS[i]);
        ASSERT_OK(home_open(&h, text));
        ASSERT_STATUS(zy_sms_open(h.config, false, &sms, &err), ZY_CONFIG_BAD);
        ASSERT_STR(zy_str_of(err.field), "sms.url");
        home_close(&h);
    }
}

static void without_a_gateway_a_bank_opens_but_texts_wait(void **state)
{
    (void)state;
    home h;
    zy_sms *sms = NULL;
    ASSERT_OK(home_open(&h, ""));
    ASSERT_OK(zy_sms_open(h.config, false, &sms, NULL));
    ASSERT_STATUS(zy_sms_send(sms, PHONE, ZY_STR("text"), NOW, NULL), ZY_CONNECTOR_FAILED);
    zy_sms_free(sms);
    home_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mailbox_is_refused_outside_demo_banks),
        cmocka_unit_test(mailbox_gives_the_newest_text_to_a_phone),
        cmocka_unit_test(mailbox_that_others_may_read_is_not_used),
        cmocka_unit_test(half_a_line_of_a_killed_writer_harms_no_other),
        cmocka_unit_test(old_text_is_found_in_a_long_mailbox),
        cmocka_unit_test(texts_written_at_the_same_time_stay_whole),
        cmocka_unit_test(odd_phones_and_texts_are_refused),
        cmocka_unit_test(gateway_is_asked_the_way_kannel_wants),
        cmocka_unit_test(each_answer_of_a_gateway_has_one_meaning),
        cmocka_unit_test(gateway_with_a_certificate_of_its_own_gets_nothing),
        cmocka_unit_test(gateway_that_is_away_may_come_back),
        cmocka_unit_test(password_never_goes_in_the_clear_to_another_machine),
        cmocka_unit_test(without_a_gateway_a_bank_opens_but_texts_wait),
    };
    return zy_test_main("sms", tests, ZY_COUNT(tests));
}
