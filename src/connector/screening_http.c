/* A screening system over HTTPS: a signed question, a signed answer (README.md has the protocol). */
#include "connector/screening_internal.h"
#include "connector/signed_http.h"

static const signed_kind KIND = {
    .name = "the screening system", .url = "screening.url", .key = "screening.key", .asks = ZY_SCREENING_ASKS,
    .answers = ZY_SCREENING_ANSWERS, .connect_ms = 3000, .total_ms = 6000, .at_once = 8,
};

static zy_status http_open(const zy_config *config, void **ret_state, zy_err *err)
{
    signed_system *system = NULL;
    ZY_TRY(signed_open(&KIND, config, &system, err));
    *ret_state = system;
    return ZY_OK;
}

static void http_free(void *state)
{
    signed_free(state);
}

typedef struct person {
    zy_str name, id_no;
} person;

static void write_member(zy_buf *out, const char *name, zy_str value)
{
    ZY_AUTO(zy_json_free) zy_json *text = zy_json_new_str(value);
    zy_buf_fmt(out, ",\"%s\":", name);
    zy_json_write(text, out);
}

static void write_person(zy_buf *members, const void *arg)
{
    const person *p = arg;
    zy_buf_c(members, "\"kind\":\"resident_id\"");
    write_member(members, "name", p->name);
    write_member(members, "id_no", p->id_no);
}

static zy_status read_result(const zy_json *answer, void *ret)
{
    return screening_answer_read(answer, ret);
}

static zy_status http_ask(void *state, zy_str name, zy_str id_no, zy_time now, zy_screening_result *ret_result, zy_err *err)
{
    const person p = { name, id_no };
    const signed_question question = { .path = "", .now = now, .write = write_person, .arg = &p, .read = read_result };
    return signed_ask(state, &question, ret_result, err);
}

const screening_system SCREENING_HTTP = { http_open, http_ask, http_free };
