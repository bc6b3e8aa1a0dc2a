#include "connector/signed_http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "connector/http_url.h"

#define ANSWER_MAX 4096
#define KEY_MIN    16
#define URL_MAX    501
#define PATH_CHARS  40

struct signed_system {
    const signed_kind *kind;
    char url[URL_MAX];
    zy_buf key;
    atomic_int asking;
};

typedef struct exchange {
    char url[URL_MAX + PATH_CHARS], id[ZY_SIGNED_ID_MAX];
    zy_buf question, answer;
    char signature[ZY_SIGNED_HEX_MAX]; /* of the answer */
    long http;
} exchange;

static void exchange_wipe(exchange *x)
{
    zy_buf_wipe(&x->question);
    zy_buf_wipe(&x->answer);
}

void signed_free(signed_system *s)
{
    if (s == NULL)
        return;
    zy_buf_wipe(&s->key);
    free(s);
}

static zy_status fill(signed_system *s, const zy_config *config, zy_err *err)
{
    zy_str url = zy_config_text(config, s->kind->url);
    if (!connector_url_is_safe(url) || zy_str_copy(url, s->url, sizeof s->url) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, s->kind->url, "an https URL is expected (http to this machine), without user, ? and #");
    ZY_TRY(zy_config_secret(config, s->kind->key, &s->key, err));
    return s->key.n >= KEY_MIN ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, s->kind->key, "%d bytes or more are expected", KEY_MIN);
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

zy_status signed_open(const signed_kind *kind, const zy_config *config, signed_system **ret_system, zy_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    signed_system *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ZY_NO_MEMORY;
    s->kind = kind;
    zy_status status = fill(s, config, err);
    if (status != ZY_OK) {
        signed_free(s);
        return status;
    }
    *ret_system = s;
    return ZY_OK;
}

/* --- one question --- */

static zy_status write_question(const signed_system *s, exchange *x, const signed_question *q)
{
    uint8_t random[(ZY_SIGNED_ID_MAX - 1) / 2];
    ZY_TRY(zy_random(random, sizeof random));
    zy_hex_encode(random, sizeof random, x->id);
    if (snprintf(x->url, sizeof x->url, "%s%s", s->url, q->path) >= (int)sizeof x->url)
        return ZY_INTERNAL;
    zy_buf_fmt(&x->question, "{\"v\":1,\"id\":\"%s\",\"at\":%lld,", x->id, (long long)q->now.ms);
    q->write(&x->question, q->arg);
    zy_buf_char(&x->question, '}');
    return zy_buf_failed(&x->question) ? ZY_NO_MEMORY : ZY_OK;
}

static size_t keep_answer(char *bytes, size_t size, size_t n, void *arg)
{
    exchange *x = arg;
    zy_buf_add(&x->answer, bytes, size * n);
    return zy_buf_failed(&x->answer) ? 0 : size * n;
}

static size_t keep_signature(char *bytes, size_t size, size_t n, void *arg)
{
    static const char NAME[] = ZY_SIGNED_HEADER ":";
    exchange *x = arg;
    zy_str line = zy_str_bytes(bytes, size * n);
    if (line.n > sizeof NAME - 1 && strncasecmp(line.p, NAME, sizeof NAME - 1) == 0 &&
        zy_str_copy(zy_str_trim(zy_str_sub(line, sizeof NAME - 1, line.n)), x->signature, sizeof x->signature) != ZY_OK)
        return 0;
    return size * n;
}

static CURLcode post(CURL *c, const signed_kind *kind, exchange *x, struct curl_slist *headers)
{
    curl_easy_setopt(c, CURLOPT_URL, x->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, kind->connect_ms);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, kind->total_ms);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, x->question.p);
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)x->question.n);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, keep_signature);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, x);
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &x->http);
    return code;
}

/* A handle a question: a slow one holds nobody else up. */
static CURLcode send_question(const signed_kind *kind, exchange *x, const char *signature)
{
    char line[sizeof ZY_SIGNED_HEADER + ZY_SIGNED_HEX_MAX + 2];
    snprintf(line, sizeof line, ZY_SIGNED_HEADER ": %s", signature);
    struct curl_slist *first = curl_slist_append(NULL, "Content-Type: application/json");
    struct curl_slist *headers = first != NULL ? curl_slist_append(first, line) : NULL;
    CURL *c = curl_easy_init();
    CURLcode code = c != NULL && headers != NULL ? post(c, kind, x, headers) : CURLE_OUT_OF_MEMORY;
    curl_easy_cleanup(c);
    curl_slist_free_all(first);
    return code;
}

static zy_status exchange_run(const signed_system *s, exchange *x, zy_err *err)
{
    char signature[ZY_SIGNED_HEX_MAX];
    const signed_kind *k = s->kind;
    ZY_TRY(zy_signed_make(zy_buf_view(&s->key), k->asks, zy_buf_view(&x->question), signature));
    CURLcode code = send_question(k, x, signature);
    if (code != CURLE_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "%s: %s", k->name, curl_easy_strerror(code));
    if (x->http != 200)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "%s answered %ld", k->name, x->http);
    if (zy_signed_check(zy_buf_view(&s->key), k->answers, zy_buf_view(&x->answer), zy_str_of(x->signature)) != ZY_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the answer of %s is not signed by it", k->name);
    return ZY_OK;
}

static zy_status ask_once(const signed_system *s, const signed_question *q, void *ret, zy_err *err)
{
    __attribute__((cleanup(exchange_wipe))) exchange x = { .answer = { .max = ANSWER_MAX } };
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_TRY(write_question(s, &x, q));
    ZY_TRY(exchange_run(s, &x, err));
    if (zy_signed_answer_parse(zy_buf_view(&x.answer), zy_str_of(x.id), &answer) != ZY_OK || q->read(answer, ret) != ZY_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the answer of %s has another shape, or is to another question", s->kind->name);
    return ZY_OK;
}

zy_status signed_ask(signed_system *s, const signed_question *question, void *ret, zy_err *err)
{
    zy_status status = ZY_BUSY;
    if (atomic_fetch_add(&s->asking, 1) < s->kind->at_once)
        status = ask_once(s, question, ret, err);
    else
        (void)zy_fail(err, ZY_BUSY, NULL, "%d questions wait for %s", s->kind->at_once, s->kind->name);
    atomic_fetch_sub(&s->asking, 1);
    return status;
}
