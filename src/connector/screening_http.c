/* A screening system over HTTPS: a signed question, a signed answer (README.md has the protocol). */
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "connector/http_url.h"
#include "connector/screening_internal.h"
#include "crypto/crypto.h"

#define CONNECT_TIMEOUT_MS 3000L
#define TOTAL_TIMEOUT_MS   6000L
#define ANSWER_MAX         4096
#define KEY_MIN            16
#define ASKING_MAX         8 /* at once: a slow system must not hold all workers */

typedef struct system_state {
    char url[501];
    zy_buf key;
    atomic_int asking;
} system_state;

typedef struct exchange {
    char id[SCREENING_ID_MAX];
    zy_buf question, answer;
    char signature[ZY_SCREENING_SIGNATURE_MAX]; /* of the answer */
    long http;
} exchange;

static void exchange_wipe(exchange *x)
{
    zy_buf_wipe(&x->question);
    zy_buf_wipe(&x->answer);
}

static void http_free(void *state)
{
    system_state *s = state;
    if (s == NULL)
        return;
    zy_buf_wipe(&s->key);
    free(s);
}

static zy_status fill_state(system_state *s, const zy_config *config, zy_err *err)
{
    zy_str url = zy_config_text(config, "screening.url");
    if (!connector_url_is_safe(url) || zy_str_copy(url, s->url, sizeof s->url) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "screening.url", "an https URL is expected (http to this machine), without user, ? and #");
    ZY_TRY(zy_config_secret(config, "screening.key", &s->key, err));
    return s->key.n >= KEY_MIN ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "screening.key", "%d bytes or more are expected", KEY_MIN);
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static zy_status http_open(const zy_config *config, void **ret_state, zy_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    system_state *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ZY_NO_MEMORY;
    zy_status status = fill_state(s, config, err);
    if (status != ZY_OK) {
        http_free(s);
        return status;
    }
    *ret_state = s;
    return ZY_OK;
}

/* --- one question --- */

static zy_status write_question(exchange *x, zy_str name, zy_str id_no, zy_time now)
{
    uint8_t random[(SCREENING_ID_MAX - 1) / 2];
    ZY_TRY(zy_random(random, sizeof random));
    zy_hex_encode(random, sizeof random, x->id);
    ZY_AUTO(zy_json_free) zy_json *question = zy_json_object();
    zy_json_set_int(question, "v", 1);
    zy_json_set_c(question, "id", x->id);
    zy_json_set_int(question, "at", now.ms);
    zy_json_set_c(question, "kind", "resident_id");
    zy_json_set_str(question, "name", name);
    zy_json_set_str(question, "id_no", id_no);
    zy_json_write(question, &x->question);
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
    static const char NAME[] = ZY_SCREENING_SIGNATURE ":";
    exchange *x = arg;
    zy_str line = zy_str_bytes(bytes, size * n);
    if (line.n > sizeof NAME - 1 && strncasecmp(line.p, NAME, sizeof NAME - 1) == 0 &&
        zy_str_copy(zy_str_trim(zy_str_sub(line, sizeof NAME - 1, line.n)), x->signature, sizeof x->signature) != ZY_OK)
        return 0;
    return size * n;
}

static CURLcode post(CURL *c, const system_state *s, exchange *x, struct curl_slist *headers)
{
    curl_easy_setopt(c, CURLOPT_URL, s->url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TOTAL_TIMEOUT_MS);
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
static CURLcode send_question(const system_state *s, exchange *x, const char *signature)
{
    char line[128];
    snprintf(line, sizeof line, ZY_SCREENING_SIGNATURE ": %s", signature);
    struct curl_slist *first = curl_slist_append(NULL, "Content-Type: application/json");
    struct curl_slist *headers = first != NULL ? curl_slist_append(first, line) : NULL;
    CURL *c = curl_easy_init();
    CURLcode code = c != NULL && headers != NULL ? post(c, s, x, headers) : CURLE_OUT_OF_MEMORY;
    curl_easy_cleanup(c);
    curl_slist_free_all(first);
    return code;
}

static zy_status exchange_run(const system_state *s, exchange *x, zy_err *err)
{
    char signature[ZY_SCREENING_SIGNATURE_MAX];
    ZY_TRY(zy_screening_sign(zy_buf_view(&s->key), ZY_SCREENING_ASKS, zy_buf_view(&x->question), signature));
    CURLcode code = send_question(s, x, signature);
    if (code != CURLE_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the screening system: %s", curl_easy_strerror(code));
    if (x->http != 200)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the screening system answered %ld", x->http);
    if (zy_screening_verify(zy_buf_view(&s->key), ZY_SCREENING_ANSWERS, zy_buf_view(&x->answer), zy_str_of(x->signature)) != ZY_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the screening system's answer is not signed by it");
    return ZY_OK;
}

static zy_status ask_once(system_state *s, zy_str name, zy_str id_no, zy_time now, zy_screening_result *ret_result, zy_err *err)
{
    __attribute__((cleanup(exchange_wipe))) exchange x = { .answer = { .max = ANSWER_MAX } };
    ZY_TRY(write_question(&x, name, id_no, now));
    ZY_TRY(exchange_run(s, &x, err));
    if (screening_answer_parse(zy_buf_view(&x.answer), zy_str_of(x.id), ret_result) != ZY_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the screening system's answer is of another shape, or to another question");
    return ZY_OK;
}

static zy_status http_ask(void *state, zy_str name, zy_str id_no, zy_time now, zy_screening_result *ret_result, zy_err *err)
{
    system_state *s = state;
    zy_status status = ZY_BUSY;
    if (atomic_fetch_add(&s->asking, 1) < ASKING_MAX)
        status = ask_once(s, name, id_no, now, ret_result, err);
    else
        (void)zy_fail(err, ZY_BUSY, NULL, "%d questions wait for the screening system", ASKING_MAX);
    atomic_fetch_sub(&s->asking, 1);
    return status;
}

const screening_system SCREENING_HTTP = { http_open, http_ask, http_free };
