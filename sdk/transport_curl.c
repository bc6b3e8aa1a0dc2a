/* Requests over HTTPS by libcurl. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "zyclient.h"

#define ANSWER_MAX      (2u << 20)
#define TIMEOUT_MS      15000L
#define CONNECT_MS      10000L
#define URL_BYTES       256
#define PATH_BYTES      4200
#define SEQ_HEADER      "ZSC-Seq:"

typedef struct curl_transport {
    char url[URL_BYTES], ca_file[PATH_BYTES];
    long timeout_ms;
    CURL *curl;
} curl_transport;

static size_t take_body(char *p, size_t size, size_t n, void *arg)
{
    zy_client_wire *wire = arg;
    zy_buf_add(&wire->body, p, size * n);
    return zy_buf_failed(&wire->body) ? 0 : size * n;
}

static size_t take_header(char *p, size_t size, size_t n, void *arg)
{
    zy_client_wire *wire = arg;
    zy_str line = zy_str_bytes(p, size * n);
    const size_t name = sizeof SEQ_HEADER - 1;
    if (line.n > name && strncasecmp(p, SEQ_HEADER, name) == 0) {
        wire->has_seq = true;
        if (zy_str_copy(zy_str_trim(zy_str_sub(line, name, line.n)), wire->seq, sizeof wire->seq) != ZY_OK)
            wire->seq[0] = '\0';
    }
    return line.n;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *name, const char *value)
{
    char line[256];
    if (value == NULL)
        return list;
    snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(list, line);
    return longer != NULL ? longer : list; /* a missing header is refused by the server */
}

static struct curl_slist *headers_of(const zy_client_request *r)
{
    struct curl_slist *headers = add_header(NULL, "Content-Type", "application/octet-stream");
    headers = add_header(headers, "ZSC-Session", r->session);
    headers = add_header(headers, "ZSC-Seq", r->seq);
    return add_header(headers, "Expect", "");
}

static void set_up(const curl_transport *t, const char *url, const zy_client_request *r, struct curl_slist *headers,
                   zy_client_wire *wire)
{
    CURL *curl = t->curl;
    curl_easy_reset(curl); /* keeps the connection */
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, t->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    if (t->ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, t->ca_file);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)r->n);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, r->n > 0 ? r->body : "");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, wire);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, wire);
}

static zy_status post(void *arg, const zy_client_request *r, zy_client_wire *ret_wire, zy_err *err)
{
    curl_transport *t = arg;
    char url[URL_BYTES + 100];
    zy_client_wire wire = { .body = { .max = ANSWER_MAX } };
    snprintf(url, sizeof url, "%s%s", t->url, r->path);
    struct curl_slist *headers = headers_of(r);
    set_up(t, url, r, headers, &wire);
    CURLcode code = curl_easy_perform(t->curl);
    curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &wire.http);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        zy_buf_free(&wire.body);
        return zy_fail(err, ZY_OUTCOME_UNKNOWN, NULL, "no answer: %s", curl_easy_strerror(code));
    }
    *ret_wire = wire;
    return ZY_OK;
}

static void transport_free(void *arg)
{
    curl_transport *t = arg;
    curl_easy_cleanup(t->curl);
    free(t);
}

zy_status zy_client_curl(const char *url, const char *ca_file, long timeout_ms, zy_client_transport *ret_transport, zy_err *err)
{
    curl_transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ZY_NO_MEMORY;
    t->timeout_ms = timeout_ms > 0 ? timeout_ms : TIMEOUT_MS;
    t->curl = curl_easy_init();
    *ret_transport = (zy_client_transport){ post, transport_free, t };
    if (t->curl != NULL && zy_str_copy(zy_str_of(url), t->url, sizeof t->url) == ZY_OK &&
        zy_str_copy(zy_str_of(ca_file), t->ca_file, sizeof t->ca_file) == ZY_OK)
        return ZY_OK;
    transport_free(t);
    return zy_fail(err, ZY_CONFIG_BAD, NULL, "no HTTP client, or its address is too long");
}
