/* Passes requests on to the customers' door, whose certificate it trusts, so that a browser meets no warning. */
#include "desk.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX  (16u << 20)
#define TIMEOUT_MS  20000L

/* Request and answer headers that mean something to the other side. */
static const char *const REQUEST_HEADERS[] = { "Content-Type", "ZSC-Session", "ZSC-Seq", "If-None-Match", "Accept-Encoding" };
static const char *const ANSWER_HEADERS[] = { "content-type", "zsc-seq", "etag", "cache-control", "content-encoding", "vary",
                                              "content-security-policy" };

typedef struct passage {
    zy_http *http;
    zy_buf body;
    char type[128];
} passage;

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
    passage *x = arg;
    zy_buf_add(&x->body, p, size * n);
    return zy_buf_failed(&x->body) ? 0 : size * n;
}

static bool same_name(zy_str a, const char *lower)
{
    size_t n = strlen(lower);
    if (a.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((a.p[i] >= 'A' && a.p[i] <= 'Z' ? a.p[i] + 32 : a.p[i]) != lower[i])
            return false;
    return true;
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
    passage *x = arg;
    zy_str rest = zy_str_bytes(p, size * n), name;
    if (!zy_str_next(&rest, ':', &name) || rest.n == 0)
        return size * n;
    zy_str value = zy_str_trim(rest);
    for (size_t i = 0; i < ZY_COUNT(ANSWER_HEADERS); i++) {
        if (!same_name(name, ANSWER_HEADERS[i]))
            continue;
        if (i == 0)
            snprintf(x->type, sizeof x->type, ZY_STR_FMT, ZY_STR_ARG(value));
        else
            zy_http_set(x->http, ANSWER_HEADERS[i], value);
    }
    return size * n;
}

static struct curl_slist *request_headers(zy_http *http)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; i < ZY_COUNT(REQUEST_HEADERS); i++) {
        zy_str value;
        char line[1024];
        if (!zy_http_header(http, REQUEST_HEADERS[i], &value) || value.n > 900)
            continue;
        snprintf(line, sizeof line, "%s: " ZY_STR_FMT, REQUEST_HEADERS[i], ZY_STR_ARG(value));
        list = curl_slist_append(list, line);
    }
    return list;
}

/* One connection to the door for each worker thread, kept open. */
static CURL *own_handle(void)
{
    static __thread CURL *handle;
    if (handle == NULL)
        handle = curl_easy_init();
    else
        curl_easy_reset(handle);
    return handle;
}

static long pass_on(CURL *curl, const desk_proxy *proxy, passage *x)
{
    char url[4600];
    long status = 0;
    zy_str body = zy_http_body(x->http), path = zy_http_path(x->http);
    struct curl_slist *headers = request_headers(x->http);
    snprintf(url, sizeof url, "%s" ZY_STR_FMT, proxy->customer, ZY_STR_ARG(path));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_CAINFO, proxy->ca);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, x);
    if (zy_http_method_of(x->http) == ZY_HTTP_POST) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)body.n);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.n > 0 ? body.p : "");
    }
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return status;
}

void desk_proxy_serve(zy_http *http, void *arg)
{
    passage x = { .http = http, .body = { .max = ANSWER_MAX } };
    CURL *curl = own_handle();
    long status = curl != NULL ? pass_on(curl, arg, &x) : 0;
    if (status == 0) {
        static const char DOWN[] = "The bank does not answer. Is zhangyin serve running?\n";
        zy_http_status(http, 502);
        zy_http_write(http, ZY_STR("text/plain; charset=utf-8"), DOWN, sizeof DOWN - 1);
    } else {
        zy_http_status(http, (int)status);
        if (x.body.n > 0)
            zy_http_write(http, zy_str_of(x.type), x.body.p, x.body.n);
    }
    zy_buf_free(&x.body);
}
