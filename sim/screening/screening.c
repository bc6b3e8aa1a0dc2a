/* zhangyin-screening: plays a bank's screening system, for demos and tests. Loopback only; who is on which list stands in a file
 * like that of the `list` connector. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "connector/screening_internal.h"
#include "crypto/crypto.h"
#include "net/net.h"

#define QUESTION_MAX 4096

typedef struct simulator {
    const char *people, *key_path;
    unsigned port;
    zy_buf key;
} simulator;

static int usage(void)
{
    fputs("usage: zhangyin-screening --port PORT --key FILE --people FILE\n"
          "Answers questions of a bank's screening connector `http` on 127.0.0.1:PORT. FILE of people: lines of\n"
          "`blacklist|high|medium NUMBER`; it is read at each question.\n", stderr);
    return 2;
}

static zy_status read_file(const char *path, zy_buf *out, zy_err *err)
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

static zy_status look_up(const simulator *s, zy_str id_no, zy_screening_result *ret_result, zy_err *err)
{
    ZY_AUTO_SECRET_BUF text = { .max = SCREENING_LIST_MAX_BYTES };
    screening_list list = { 0 };
    ZY_TRY(read_file(s->people, &text, err));
    ZY_TRY(screening_list_parse(zy_buf_view(&text), &list, err));
    screening_list_find(&list, id_no, ret_result);
    screening_list_free(&list);
    return ZY_OK;
}

static zy_status judge(const simulator *s, zy_http *http, zy_json *ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *question = NULL;
    zy_str signature = { 0 }, id, id_no;
    zy_screening_result r;
    if (!zy_http_header(http, ZY_SCREENING_SIGNATURE, &signature) ||
        zy_screening_verify(zy_buf_view(&s->key), ZY_SCREENING_ASKS, zy_http_body(http), signature) != ZY_OK)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "a question that the bank did not sign");
    ZY_TRY(zy_json_parse(zy_http_body(http), &question));
    if (!zy_json_str(question, "id", &id) || !zy_json_str(question, "id_no", &id_no))
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "a question without id or id_no");
    ZY_TRY(look_up(s, id_no, &r, err));
    zy_json_set_int(ret_answer, "v", 1);
    zy_json_set_str(ret_answer, "id", id);
    zy_json_set_bool(ret_answer, "blacklisted", r.blacklisted);
    zy_json_set_c(ret_answer, "grade", zy_aml_grade_name(r.grade));
    zy_json_set_str(ret_answer, "reference", zy_str_sub(id, 0, 12));
    return ZY_OK;
}

static void answer(zy_http *http, void *arg)
{
    const simulator *s = arg;
    zy_err err = { 0 };
    char signature[ZY_SCREENING_SIGNATURE_MAX];
    ZY_AUTO_BUF text = { 0 };
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_status status = judge(s, http, body, &err);
    zy_json_write(body, &text);
    if (status == ZY_OK)
        status = zy_screening_sign(zy_buf_view(&s->key), ZY_SCREENING_ANSWERS, zy_buf_view(&text), signature);
    if (status != ZY_OK) {
        zy_log_warn("screening.refused", ZY_L_C("why", err.detail));
        zy_http_refuse(http, status);
        return;
    }
    zy_http_set(http, ZY_SCREENING_SIGNATURE, zy_str_of(signature));
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

static zy_status serve(simulator *s, const sigset_t *signals, zy_err *err)
{
    const zy_route route = { "/screen", ZY_HTTP_POST, QUESTION_MAX, NULL, answer, s };
    const zy_listener listener = { .name = "screening", .address = ZY_STR("127.0.0.1"), .port = (uint16_t)s->port,
                                   .internal_only = true, .routes = &route, .route_count = 1 };
    const zy_server_options options = { .workers = 4 };
    zy_server *server = NULL;
    int signal_number = 0;
    ZY_TRY(zy_crypto_start(err));
    ZY_TRY(read_file(s->key_path, &s->key, err));
    while (s->key.n > 0 && s->key.p[s->key.n - 1] == '\n')
        s->key.n--;
    ZY_TRY(zy_server_start(&options, &listener, 1, &server, err));
    zy_log_info("screening.ready", ZY_L_INT("port", s->port));
    sigwait(signals, &signal_number);
    zy_server_drain(server, 1000);
    return ZY_OK;
}

static bool read_arguments(int argc, char **argv, simulator *s)
{
    const char *port = NULL;
    uint64_t number = 0;
    const struct {
        const char *name;
        const char **value;
    } ARGUMENTS[] = { { "--port", &port }, { "--key", &s->key_path }, { "--people", &s->people } };
    for (int i = 1; i + 1 < argc; i += 2)
        for (size_t k = 0; k < ZY_COUNT(ARGUMENTS); k++)
            if (strcmp(argv[i], ARGUMENTS[k].name) == 0)
                *ARGUMENTS[k].value = argv[i + 1];
    if (argc != 7 || s->key_path == NULL || s->people == NULL || zy_str_u64(zy_str_of(port), &number) != ZY_OK || number == 0 ||
        number > 65535)
        return false;
    s->port = (unsigned)number;
    return true;
}

int main(int argc, char **argv)
{
    simulator s = { 0 };
    sigset_t signals;
    zy_err err = { 0 };
    if (!read_arguments(argc, argv, &s))
        return usage();
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    zy_status status = serve(&s, &signals, &err);
    zy_buf_wipe(&s.key);
    if (status != ZY_OK)
        fprintf(stderr, "zhangyin-screening: %s: %s\n", zy_status_name(status), err.detail);
    return status == ZY_OK ? 0 : 1;
}
