#include "system.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

zy_status sim_read_file(const char *path, zy_buf *out, zy_err *err)
{
    char piece[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot read %.150s", path);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(out, piece, n);
    fclose(file);
    return zy_buf_failed(out) ? ZY_REQUEST_TOO_LARGE : ZY_OK;
}

/* --- a question --- */

static zy_status judge(const struct sim_place *place, zy_http *http, zy_json *ret_answer, zy_err *err)
{
    const sim_system *s = place->system;
    ZY_AUTO(zy_json_free) zy_json *question = NULL;
    zy_str signature = { 0 }, id;
    if (!zy_http_header(http, ZY_SIGNED_HEADER, &signature) ||
        zy_signed_check(zy_buf_view(&s->key), s->asks, zy_http_body(http), signature) != ZY_OK)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "a question that the bank did not sign");
    ZY_TRY(zy_json_parse(zy_http_body(http), &question));
    if (!zy_json_str(question, "id", &id))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without id");
    zy_json_set_int(ret_answer, "v", 1);
    zy_json_set_str(ret_answer, "id", id);
    return place->answer(s->arg, question, ret_answer, err);
}

static void answer(zy_http *http, void *arg)
{
    const struct sim_place *place = arg;
    const sim_system *s = place->system;
    zy_err err = { 0 };
    char signature[ZY_SIGNED_HEX_MAX];
    ZY_AUTO_BUF text = { 0 };
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_status status = judge(place, http, body, &err);
    zy_json_write(body, &text);
    if (status == ZY_OK)
        status = zy_signed_make(zy_buf_view(&s->key), s->answers, zy_buf_view(&text), signature);
    if (status != ZY_OK) {
        zy_log_warn("sim.refused", ZY_L_C("system", s->name), ZY_L_C("why", err.detail));
        zy_http_refuse(http, status);
        return;
    }
    zy_http_set(http, ZY_SIGNED_HEADER, zy_str_of(signature));
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

void sim_routes_make(const sim_system *s, sim_routes *r)
{
    for (size_t i = 0; i < s->question_count; i++) {
        r->places[i].system = s;
        r->places[i].answer = s->questions[i].answer;
        r->routes[i] = (zy_route){ s->questions[i].path, ZY_HTTP_POST, s->question_max, NULL, answer, &r->places[i] };
    }
    for (size_t i = 0; i < s->page_count; i++)
        r->routes[s->question_count + i] = s->pages[i];
    r->count = s->question_count + s->page_count;
}

/* --- the program --- */

static zy_status serve(sim_system *s, const char *key_path, uint16_t port, const sigset_t *signals, zy_err *err)
{
    sim_routes routes;
    sim_routes_make(s, &routes);
    const zy_listener listener = { .name = s->name, .address = ZY_STR("127.0.0.1"), .port = port, .internal_only = true,
                                   .routes = routes.routes, .route_count = routes.count };
    const zy_server_options options = { .workers = 4 };
    zy_server *server = NULL;
    int signal_number = 0;
    ZY_TRY(zy_crypto_start(err));
    ZY_TRY(sim_read_file(key_path, &s->key, err));
    while (s->key.n > 0 && s->key.p[s->key.n - 1] == '\n')
        s->key.n--;
    if (s->start != NULL)
        ZY_TRY(s->start(err));
    ZY_TRY(zy_server_start(&options, &listener, 1, &server, err));
    zy_log_info("sim.ready", ZY_L_C("system", s->name), ZY_L_INT("port", port));
    sigwait(signals, &signal_number);
    zy_server_drain(server, 1000);
    return ZY_OK;
}

static bool read_options(const sim_option *options, size_t count, int argc, char **argv)
{
    size_t seen = 0;
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < count; k++)
            if (strcmp(argv[i], options[k].name) == 0 && *options[k].value == NULL) {
                *options[k].value = argv[i + 1];
                seen++;
            }
    return seen == count && argc == (int)(1 + 2 * count);
}

static bool read_arguments(sim_system *s, int argc, char **argv, const char **ret_key, uint16_t *ret_port)
{
    const char *port = NULL;
    uint64_t number = 0;
    sim_option all[SIM_OPTIONS_MAX + 2] = { { "--port", &port }, { "--key", ret_key } };
    memcpy(all + 2, s->options, s->option_count * sizeof *all);
    if (!read_options(all, s->option_count + 2, argc, argv) || zy_str_u64(zy_str_of(port), &number) != ZY_OK || number == 0 ||
        number > 65535)
        return false;
    *ret_port = (uint16_t)number;
    return true;
}

int sim_main(sim_system *s, int argc, char **argv)
{
    const char *key_path = NULL;
    uint16_t port = 0;
    sigset_t signals;
    zy_err err = { 0 };
    if (!read_arguments(s, argc, argv, &key_path, &port)) {
        fputs(s->usage, stderr);
        return 2;
    }
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    zy_status status = serve(s, key_path, port, &signals, &err);
    zy_buf_wipe(&s->key);
    if (status != ZY_OK)
        fprintf(stderr, "zhangyin-%s: %s: %s\n", s->name, zy_status_name(status), err.detail);
    return status == ZY_OK ? 0 : 1;
}
