#include "zy_test_http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "zy_test.h"

static struct {
    zy_server *server;
    char cert[64], key[64], origin[64];
} world;

static zy_status start(const zy_route *routes, size_t count, zy_err *err)
{
    const zy_server_options options = { .loops = 1, .workers = 4, .worker_stack = 1u << 20 }; /* room for a sanitizer */
    snprintf(world.cert, sizeof world.cert, "/tmp/zt_http_%ld.pem", (long)getpid());
    snprintf(world.key, sizeof world.key, "/tmp/zt_http_%ld.key", (long)getpid());
    ZY_TRY(zy_net_make_certificate(world.cert, world.key, NULL, err));
    const zy_listener listener = { .name = "test", .address = ZY_STR("127.0.0.1"), .tls = true,
                                   .cert_path = zy_str_of(world.cert), .key_path = zy_str_of(world.key), .routes = routes,
                                   .route_count = count };
    ZY_TRY(zy_server_start(&options, &listener, 1, &world.server, err));
    snprintf(world.origin, sizeof world.origin, "https://127.0.0.1:%u", zy_server_port(world.server, "test"));
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ZY_OK : ZY_INTERNAL;
}

zy_status zy_test_http_start(const zy_route *routes, size_t count)
{
    zy_err err = { 0 };
    zy_status status = start(routes, count, &err);
    if (status != ZY_OK)
        fprintf(stderr, "no test server: %s %s %s\n", zy_status_name(status), err.field, err.detail);
    return status;
}

void zy_test_http_stop(void)
{
    zy_server_drain(world.server, 500);
    curl_global_cleanup();
    unlink(world.cert);
    unlink(world.key);
}

const char *zy_test_http_origin(void)
{
    return world.origin;
}

typedef struct text {
    char *p;
    size_t n, size;
} text;

static size_t keep(char *p, size_t size, size_t count, void *arg)
{
    text *t = arg;
    size_t n = size * count, room = t->size - 1 - t->n, fits = n < room ? n : room;
    memcpy(t->p + t->n, p, fits);
    t->n += fits;
    t->p[t->n] = '\0';
    return n;
}

void zy_test_http_ask(const char *method, const char *path, const char *const *headers, const char *body,
                      zy_test_answer *answer)
{
    char url[512];
    CURL *curl = curl_easy_init();
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    text head = { answer->head, 0, sizeof answer->head }, content = { answer->body, 0, sizeof answer->body };
    answer->head[0] = answer->body[0] = '\0';
    for (size_t i = 0; headers != NULL && headers[i] != NULL; i++)
        list = curl_slist_append(list, headers[i]);
    snprintf(url, sizeof url, "%s%s", world.origin, path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, world.cert);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &head);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &content);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    if (body != NULL)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    CURLcode result = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    if (result != CURLE_OK)
        fail_msg("%s %s: %s", method, path, curl_easy_strerror(result));
}

bool zy_test_http_header(const zy_test_answer *answer, const char *name, char *out, size_t size)
{
    size_t name_n = strlen(name);
    zy_str rest = zy_str_of(answer->head), line;
    while (zy_str_next(&rest, '\n', &line)) {
        if (line.n <= name_n || strncasecmp(line.p, name, name_n) != 0 || line.p[name_n] != ':')
            continue;
        return zy_str_copy(zy_str_trim(zy_str_sub(line, name_n + 1, line.n)), out, size) == ZY_OK;
    }
    return false;
}
