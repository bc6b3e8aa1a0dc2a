/* An authority outside, over HTTPS and JSON (README.md). Nothing that it says is believed here: the caller checks certificates
 * and lists against the roots of the file. */
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "connector/ca_internal.h"
#include "connector/http_url.h"

#define CONNECT_TIMEOUT_MS 5000L
#define TOTAL_TIMEOUT_MS   15000L
#define ROOTS_MAX          (ZY_X509_CAS_MAX * ZY_X509_DER_MAX)

typedef struct outside {
    pthread_mutex_t lock; /* one handle, so that the connection is used again */
    CURL *curl;
    struct curl_slist *headers;
    char url[501];
    zy_buf roots;
} outside;

static void outside_free(void *state)
{
    outside *o = state;
    if (o == NULL)
        return;
    for (struct curl_slist *h = o->headers; h != NULL; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(o->headers);
    curl_easy_cleanup(o->curl);
    zy_buf_free(&o->roots);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

static zy_status read_roots(outside *o, const char *path, zy_err *err)
{
    char bytes[ROOTS_MAX + 1];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return zy_fail(err, ZY_CONFIG_BAD, "ca.roots", "cannot be read: %s", strerror(errno));
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (n == 0 || n > ROOTS_MAX)
        return zy_fail(err, ZY_CONFIG_BAD, "ca.roots", "empty, or larger than %d bytes", ROOTS_MAX);
    zy_buf_add(&o->roots, bytes, n);
    return zy_buf_failed(&o->roots) ? ZY_NO_MEMORY : ZY_OK;
}

static zy_status set_headers(outside *o, const zy_config *config, zy_err *err)
{
    ZY_AUTO_SECRET_BUF token = { 0 }, line = { 0 };
    ZY_TRY(zy_config_secret(config, "ca.token", &token, err));
    zy_buf_c(&line, "Authorization: Bearer ");
    zy_buf_str(&line, zy_buf_view(&token));
    o->headers = curl_slist_append(NULL, line.p);
    struct curl_slist *both = curl_slist_append(o->headers, "Content-Type: application/json");
    if (both == NULL)
        return ZY_NO_MEMORY;
    o->headers = both;
    return ZY_OK;
}

static zy_status fill(outside *o, const zy_config *config, zy_err *err)
{
    zy_str url = zy_config_text(config, "ca.url");
    if (!connector_url_is_safe(url) || /* the token travels with each call */
        zy_str_copy(url, o->url, sizeof o->url) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "ca.url", "an https URL is expected (http to this machine), without user, ? and #");
    ZY_TRY(read_roots(o, zy_config_text(config, "ca.roots").p, err));
    ZY_TRY(set_headers(o, config, err));
    o->curl = curl_easy_init();
    return o->curl != NULL ? ZY_OK : ZY_NO_MEMORY;
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static zy_status outside_open(const zy_config *config, zy_keys *keys, void **ret_state, zy_err *err)
{
    (void)keys;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    outside *o = calloc(1, sizeof *o);
    if (o == NULL)
        return ZY_NO_MEMORY;
    pthread_mutex_init(&o->lock, NULL);
    zy_status status = fill(o, config, err);
    if (status != ZY_OK) {
        outside_free(o);
        return status;
    }
    *ret_state = o;
    return ZY_OK;
}

/* --- calls --- */

static size_t keep_answer(char *bytes, size_t size, size_t n, void *arg)
{
    zy_buf *answer = arg;
    zy_buf_add(answer, bytes, size * n);
    return zy_buf_failed(answer) ? 0 : size * n;
}

/* body NULL: a GET. The lock is held. */
static CURLcode perform(outside *o, const char *url, const char *body, zy_buf *answer, long *ret_http)
{
    CURL *c = o->curl;
    curl_easy_reset(c);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, o->headers);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TOTAL_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, answer);
    if (body != NULL)
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, body);
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_http);
    return code;
}

static zy_status judge(long http, zy_err *err)
{
    static const long MAY_PASS[] = { 401, 403, 408, 425, 429 };
    if (http >= 200 && http < 300)
        return ZY_OK;
    bool may_pass = http < 400 || http >= 500;
    for (size_t i = 0; i < ZY_COUNT(MAY_PASS); i++)
        may_pass |= http == MAY_PASS[i];
    return zy_fail(err, may_pass ? ZY_CONNECTOR_FAILED : ZY_BAD_FIELD, NULL, "the authority answered %ld", http);
}

static zy_status talk(outside *o, const char *path, const zy_json *body, zy_buf *answer, zy_err *err)
{
    char url[600];
    long http = 0;
    ZY_AUTO_BUF text = { 0 };
    snprintf(url, sizeof url, "%s%s", o->url, path);
    if (body != NULL)
        zy_json_write(body, &text);
    pthread_mutex_lock(&o->lock);
    CURLcode code = perform(o, url, body != NULL ? text.p : NULL, answer, &http);
    pthread_mutex_unlock(&o->lock);
    if (code != CURLE_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the authority: %s", curl_easy_strerror(code));
    return judge(http, err);
}

static zy_status outside_certificates(void *state, zy_str kept, zy_time now, zy_buf *ret_cas, zy_err *err)
{
    (void)kept;
    (void)now;
    (void)err;
    const outside *o = state;
    zy_buf_str(ret_cas, zy_buf_view(&o->roots));
    return zy_buf_failed(ret_cas) ? ZY_NO_MEMORY : ZY_OK;
}

static zy_json *issue_body(const zy_ca_request *r)
{
    char csr[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1];
    zy_json *body = zy_json_object();
    zy_base64_encode(r->csr.p, r->csr.n, csr);
    zy_json_set_str(body, "request_id", r->id);
    zy_json_set_str(body, "common_name", r->common_name);
    zy_json_set_str(body, "unit", r->unit);
    zy_json_set_int(body, "not_before", r->from.ms);
    zy_json_set_int(body, "not_after", r->to.ms);
    zy_json_set_c(body, "csr", csr);
    return body;
}

static zy_status outside_issue(void *state, zy_str cas, const zy_ca_request *request, zy_buf *ret_der, zy_err *err)
{
    (void)cas;
    uint8_t der[ZY_X509_DER_MAX];
    size_t n = 0;
    zy_str certificate = { 0 };
    ZY_AUTO_BUF answer = { .max = 4 * ZY_X509_DER_MAX };
    ZY_AUTO(zy_json_free) zy_json *said = NULL;
    if (request->csr.n > ZY_X509_DER_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "csr", "larger than %d bytes", ZY_X509_DER_MAX);
    ZY_AUTO(zy_json_free) zy_json *body = issue_body(request);
    ZY_TRY(talk(state, "/v1/certificates", body, &answer, err));
    if (zy_json_parse(zy_buf_view(&answer), &said) != ZY_OK || !zy_json_str(said, "certificate", &certificate) ||
        zy_base64_decode(certificate, der, sizeof der, &n) != ZY_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the authority's answer holds no certificate");
    zy_buf_add(ret_der, der, n);
    return zy_buf_failed(ret_der) ? ZY_NO_MEMORY : ZY_OK;
}

static zy_status outside_revoke(void *state, zy_str serial, zy_time at, zy_err *err)
{
    ZY_AUTO_BUF answer = { .max = 4096 };
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_json_set_str(body, "serial", serial);
    zy_json_set_int(body, "at", at.ms);
    return talk(state, "/v1/revocations", body, &answer, err);
}

static zy_status outside_list(void *state, zy_str cas, const zy_ca_revoked *revoked, zy_buf *ret_der, zy_err *err)
{
    (void)cas;
    (void)revoked;
    ZY_AUTO_BUF answer = { .max = ZY_X509_CRL_MAX };
    ZY_TRY(talk(state, "/v1/crl", NULL, &answer, err));
    zy_buf_str(ret_der, zy_buf_view(&answer));
    return zy_buf_failed(ret_der) ? ZY_NO_MEMORY : ZY_OK;
}

const ca_kind CA_HTTP = { outside_open, outside_certificates, outside_issue, outside_revoke, outside_list, outside_free };
