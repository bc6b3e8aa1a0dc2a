/* A request: made when its head is here, looked at by handlers, freed when its answer is on the way. */
#include "net/internal.h"

#include <stdlib.h>
#include <string.h>

zy_http *zy_http_new(zy_conn *c)
{
    zy_http *h = calloc(1, sizeof *h);
    if (h == NULL)
        return NULL;
    h->arena = zy_arena_new(c->loop->server->options.arena_max);
    h->content = evbuffer_new();
    h->out = evbuffer_new();
    h->conn = c;
    h->loop = c->loop;
    h->door = c->door;
    h->status = 200;
    if (h->arena == NULL || h->content == NULL || h->out == NULL) {
        zy_http_free(h);
        return NULL;
    }
    return h;
}

void zy_http_free(zy_http *h)
{
    if (h == NULL)
        return;
    zy_arena_free(h->arena);
    if (h->content != NULL)
        evbuffer_free(h->content);
    if (h->out != NULL)
        evbuffer_free(h->out);
    free(h);
}

static bool route_matches(const zy_route *route, zy_str path, size_t length)
{
    bool is_prefix = length > 0 && route->path[length - 1] == '/';
    return is_prefix ? zy_str_starts(path, zy_str_bytes(route->path, length))
                     : zy_str_eq(path, zy_str_bytes(route->path, length));
}

static const zy_route *find_route(const zy_door *door, zy_str path)
{
    const zy_route *best = NULL;
    size_t best_length = 0;
    for (size_t i = 0; i < door->route_count; i++) {
        size_t length = strlen(door->routes[i].path);
        if (length >= best_length && route_matches(&door->routes[i], path, length)) {
            best = &door->routes[i];
            best_length = length;
        }
    }
    return best;
}

static bool has_type(const zy_http *h, const char *wanted)
{
    zy_str rest, type;
    return zy_http_header(h, "content-type", &rest) && zy_str_next(&rest, ';', &type) &&
           zy_str_same(zy_str_trim(type), wanted);
}

static zy_http_verdict check_route(const zy_http *h)
{
    const zy_route *route = h->route;
    if (route == NULL)
        return 404;
    if ((route->methods & h->head.method) == 0)
        return 405;
    if (h->head.content_length > route->body_max)
        return 413;
    if (h->head.method == ZY_HTTP_POST && route->content_type != NULL && !has_type(h, route->content_type))
        return 415;
    return 0;
}

static zy_str join_values(zy_http *h, const char *name)
{
    zy_str all = { NULL, 0 };
    for (size_t i = 0; i < h->head.header_count; i++) {
        zy_str value = h->head.headers[i].value;
        if (!zy_str_same(h->head.headers[i].name, name))
            continue;
        all = all.n == 0 ? value
                         : zy_arena_fmt(h->arena, ZY_STR_FMT "," ZY_STR_FMT, ZY_STR_ARG(all),
                                        ZY_STR_ARG(value));
    }
    return all;
}

static zy_str find_peer(zy_http *h)
{
    char text[ZY_ADDRESS_TEXT_MAX];
    zy_address peer = h->conn->peer;
    if (zy_networks_have(h->door->trusted, h->door->trusted_count, &peer))
        peer = zy_address_forwarded(&peer, join_values(h, "x-forwarded-for"), h->door->trusted,
                                    h->door->trusted_count);
    zy_address_format(&peer, text);
    return zy_arena_str(h->arena, zy_str_of(text));
}

zy_http_verdict zy_http_begin(zy_http *h, struct evbuffer *input, size_t n)
{
    char *bytes = zy_arena_alloc(h->arena, n);
    if (bytes == NULL)
        return 431;
    evbuffer_remove(input, bytes, n);
    h->received_at = zy_clock_now(zy_clock_system());
    zy_http_verdict verdict = zy_head_parse(zy_str_bytes(bytes, n), &h->head);
    if (verdict != 0)
        return verdict;
    h->close = h->head.close;
    char *path = zy_arena_alloc(h->arena, h->head.path.n);
    if (path == NULL)
        return 431;
    if (zy_path_decode(h->head.path, path, &h->path.n) != ZY_OK)
        return 400;
    h->path.p = path;
    h->peer = find_peer(h);
    h->route = find_route(h->door, h->path);
    return check_route(h);
}

zy_arena *zy_http_arena(zy_http *h)
{
    return h->arena;
}

zy_http_method zy_http_method_of(const zy_http *h)
{
    return h->head.method;
}

zy_str zy_http_path(const zy_http *h)
{
    return h->path;
}

zy_str zy_http_body(const zy_http *h)
{
    return h->body;
}

zy_str zy_http_peer(const zy_http *h)
{
    return h->peer;
}

zy_time zy_http_received_at(const zy_http *h)
{
    return h->received_at;
}

bool zy_http_header(const zy_http *h, const char *name, zy_str *ret_value)
{
    return zy_head_find(&h->head, name, ret_value);
}

static bool decode(zy_http *h, zy_str raw, zy_str *ret_value)
{
    size_t n = 0;
    char *out = zy_arena_alloc(h->arena, raw.n + 1);
    if (out == NULL || zy_query_decode(raw, out, &n) != ZY_OK)
        return false;
    *ret_value = zy_str_bytes(out, n);
    return true;
}

bool zy_http_query(zy_http *h, const char *name, zy_str *ret_value)
{
    zy_str rest = h->head.query, pair, value = { NULL, 0 };
    unsigned found = 0;
    while (zy_str_next(&rest, '&', &pair)) {
        zy_str key, raw = pair;
        if (!zy_str_next(&raw, '=', &key) || !decode(h, key, &key) || !zy_str_eq_c(key, name))
            continue;
        value = raw;
        found++;
    }
    return found == 1 && decode(h, value, ret_value);
}

bool zy_http_cookie(zy_http *h, const char *name, zy_str *ret_value)
{
    zy_str rest, pair, value = { NULL, 0 };
    unsigned found = 0;
    if (!zy_http_header(h, "cookie", &rest))
        return false;
    while (zy_str_next(&rest, ';', &pair)) {
        zy_str key, raw = zy_str_trim(pair);
        if (!zy_str_next(&raw, '=', &key) || !zy_str_eq_c(key, name))
            continue;
        value = raw;
        found++;
    }
    if (found == 1)
        *ret_value = value;
    return found == 1;
}
