/* A gateway with Kannel's sendsms interface, over libcurl. Its answers are judged by their HTTP status alone. */
#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "connector/http_url.h"
#include "connector/sms_internal.h"

#define CONNECT_TIMEOUT_MS 5000L
#define TOTAL_TIMEOUT_MS   10000L
#define ANSWER_MAX         (64 * 1024)

typedef struct gateway {
    pthread_mutex_t lock; /* one handle, so that the connection is used again */
    CURL *curl;
    zy_buf base; /* URL with everything but the message; holds the password */
} gateway;

static void gateway_free(void *state)
{
    gateway *g = state;
    if (g == NULL)
        return;
    curl_easy_cleanup(g->curl);
    zy_buf_wipe(&g->base);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

static void add_parameter(gateway *g, zy_buf *url, char before, const char *name, zy_str value)
{
    char *escaped = curl_easy_escape(g->curl, value.p != NULL ? value.p : "", (int)value.n);
    zy_buf_fmt(url, "%c%s=", before, name);
    if (escaped != NULL) {
        zy_buf_c(url, escaped);
        explicit_bzero(escaped, strlen(escaped));
    } else {
        url->failed = true;
    }
    curl_free(escaped);
}

static zy_status fill_base(gateway *g, const zy_config *config, zy_err *err)
{
    ZY_AUTO_SECRET_BUF password = { 0 };
    zy_str url = zy_config_text(config, "sms.url"), from = zy_config_text(config, "sms.from");
    if (!connector_url_is_safe(url)) /* it holds the password */
        return zy_fail(err, ZY_CONFIG_BAD, "sms.url", "an https URL is expected (http to this machine), without user, ? and #");
    ZY_TRY(zy_config_secret(config, "sms.password", &password, err));
    zy_buf_str(&g->base, url);
    add_parameter(g, &g->base, '?', "username", zy_config_text(config, "sms.username"));
    add_parameter(g, &g->base, '&', "password", zy_buf_view(&password));
    if (from.n > 0)
        add_parameter(g, &g->base, '&', "from", from);
    zy_buf_c(&g->base, "&charset=UTF-8&coding=2");
    return zy_buf_failed(&g->base) ? ZY_NO_MEMORY : ZY_OK;
}

static void start_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Without a URL the bank can be made and looked after, but its texts wait in the outbox: that is said aloud. */
static zy_status gateway_open(const zy_config *config, bool demo, void **ret_state, zy_err *err)
{
    (void)demo;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    gateway *g = calloc(1, sizeof *g);
    if (g == NULL)
        return ZY_NO_MEMORY;
    pthread_mutex_init(&g->lock, NULL);
    g->curl = curl_easy_init();
    zy_status status = g->curl != NULL ? ZY_OK : ZY_NO_MEMORY;
    if (zy_config_text(config, "sms.url").n == 0)
        zy_log_warn("sms.no_gateway", ZY_L_C("why", "sms.url is not set"));
    else if (status == ZY_OK)
        status = fill_base(g, config, err);
    if (status != ZY_OK) {
        gateway_free(g);
        return status;
    }
    *ret_state = g;
    return ZY_OK;
}

static size_t count_answer(char *bytes, size_t size, size_t n, void *arg)
{
    (void)bytes;
    size_t *seen = arg;
    *seen += size * n;
    return *seen <= ANSWER_MAX ? size * n : 0;
}

static CURLcode get(gateway *g, const char *url, long *ret_http)
{
    size_t seen = 0;
    CURL *c = g->curl;
    curl_easy_reset(c);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(c, CURLOPT_PROXY, ""); /* whatever the environment says: the URL holds a password */
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, TOTAL_TIMEOUT_MS);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, count_answer);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &seen);
    CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, ret_http);
    return code;
}

/* A refused message will be refused again; a refused login, a wait or a limit of the gateway may pass. */
static zy_status judge(long http, zy_err *err)
{
    static const long MAY_PASS[] = { 401, 403, 407, 408, 425, 429 };
    zy_status status = http >= 400 && http < 500 ? ZY_BAD_FIELD : ZY_CONNECTOR_FAILED;
    if (http >= 200 && http < 300)
        return ZY_OK;
    for (size_t i = 0; i < ZY_COUNT(MAY_PASS); i++)
        if (http == MAY_PASS[i])
            status = ZY_CONNECTOR_FAILED;
    return zy_fail(err, status, NULL, "the sms gateway answered %ld", http);
}

static zy_status gateway_send(void *state, zy_str phone, zy_str text, zy_time now, zy_err *err)
{
    (void)now;
    gateway *g = state;
    ZY_AUTO_SECRET_BUF url = { 0 };
    long http = 0;
    if (g->base.n == 0)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "sms.url is not set");
    pthread_mutex_lock(&g->lock);
    zy_buf_str(&url, zy_buf_view(&g->base));
    add_parameter(g, &url, '&', "to", phone);
    add_parameter(g, &url, '&', "text", text);
    CURLcode code = zy_buf_failed(&url) ? CURLE_OUT_OF_MEMORY : get(g, url.p, &http);
    pthread_mutex_unlock(&g->lock);
    if (code != CURLE_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "the sms gateway: %s", curl_easy_strerror(code));
    return judge(http, err);
}

const sms_carrier SMS_HTTP = { gateway_open, gateway_send, gateway_free };
