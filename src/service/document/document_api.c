/* document.get, document.check */
#include <string.h>

#include "service/document/document_internal.h"

const zy_out ZY_DOCUMENT_MADE_OUTS[ZY_DOCUMENT_MADE_OUT_COUNT] = {
    ZY_OUT("document_id", ZY_O_STR), ZY_OUT("code", ZY_O_STR, .help = "printed on it; document.check takes it"),
    ZY_OUT("format", ZY_O_STR), ZY_OUT("bytes", ZY_O_INT), ZY_OUT("chunks", ZY_O_INT, .help = "fetched by document.get, for a day"),
};

/* ---- document.get ---- */

typedef struct get_in {
    zy_id document_id;
    int64_t chunk;
} get_in;
static const zy_field GET_FIELDS[] = {
    ZY_FIELD(get_in, document_id, ZY_F_ID, 1, 40),
    ZY_FIELD(get_in, chunk, ZY_F_INT, 0, DOCUMENT_MAX / CHUNK_BYTES),
};
static const zy_out GET_OUTS[] = { ZY_OUT("content", ZY_O_STR, .help = "base64"), ZY_OUT("last", ZY_O_BOOL) };

typedef struct get_job {
    zy_call *call;
    const get_in *in;
    zy_buf plain;
    bool last;
} get_job;

static zy_status get_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    get_job *job = arg;
    const get_in *in = job->in;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    zy_buf_clear(&job->plain);
    ZY_TRY(document_select_chunk(rtx, job->call->caller->customer, in->document_id, in->chunk, &row, err));
    zy_str sealed = zy_col_blob(row, 0);
    job->last = in->chunk + 1 == zy_col_int(row, 1);
    return zy_keys_open_cell(job->call->env->keys, ZY_KEY_FIELD, (zy_cell){ "document_chunk", "content", in->document_id }, sealed.p,
                             sealed.n, &job->plain);
}

static zy_status get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    get_job job = { .call = call, .in = input };
    static const size_t TEXT_MAX = 4 * ((CHUNK_BYTES + 2) / 3) + 1;
    zy_status status = zy_db_read(call->env->db, "document.get", get_read, &job, err);
    char *text = status == ZY_OK ? zy_arena_alloc(call->arena, TEXT_MAX) : NULL;
    if (text != NULL) {
        zy_base64_encode(job.plain.p, job.plain.n, text);
        zy_json_set_c(body, "content", text);
        zy_json_set_bool(body, "last", job.last);
        zy_wipe(text, TEXT_MAX);
    }
    zy_buf_wipe(&job.plain);
    return status == ZY_OK && text == NULL ? ZY_REQUEST_TOO_LARGE : status;
}

/* ---- document.check: is there a document with this code, and what does it say? ---- */

typedef struct check_in {
    zy_str code;
} check_in;
static const zy_field CHECK_FIELDS[] = {
    ZY_FIELD(check_in, code, ZY_F_TOKEN, ZY_DOCUMENT_CODE_MAX - 1, ZY_DOCUMENT_CODE_MAX - 1, .help = "as printed, upper case"),
};
static const zy_out FACT_OUTS[] = {
    ZY_OUT("number", ZY_O_STR, .optional = true, .help = "masked"), ZY_OUT("from", ZY_O_STR, .optional = true),
    ZY_OUT("to", ZY_O_STR, .optional = true), ZY_OUT("entries", ZY_O_INT, .optional = true),
    ZY_OUT("order_kind", ZY_O_STR, .optional = true), ZY_OUT("amount_fen", ZY_O_INT, .optional = true),
    ZY_OUT("at", ZY_O_INT, .optional = true),
};
static const zy_out CHECK_OUTS[] = {
    ZY_OUT("right", ZY_O_BOOL), ZY_OUT("kind", ZY_O_STR, .optional = true), ZY_OUT("made_at", ZY_O_INT, .optional = true),
    ZY_OUT("facts", ZY_O_OBJECT, ZY_MEMBERS(FACT_OUTS), .optional = true),
};

typedef struct check_job {
    zy_str code;
    zy_json *body;
} check_job;

static zy_status check_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    check_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    zy_json *facts = NULL;
    zy_status status = document_select_code(rtx, job->code, &row, err);
    zy_json_set_bool(job->body, "right", status == ZY_OK);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? ZY_OK : status;
    ZY_TRY(zy_json_parse(zy_col_text(row, 2), &facts));
    zy_json_set_str(job->body, "kind", zy_col_text(row, 0));
    zy_json_set_int(job->body, "made_at", zy_col_int(row, 1));
    zy_json_set(job->body, "facts", facts);
    return ZY_OK;
}

static zy_status check_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const check_in *in = input;
    check_job job = { in->code, body };
    return zy_db_read(call->env->db, "document.check", check_read, &job, err);
}

const zy_api ZY_DOCUMENT_APIS[] = {
    { .name = "document.get", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 200,
      .title = "A piece of a document of one's own", ZY_FIELDS(get_in, GET_FIELDS), ZY_OUTS(GET_OUTS), .run = get_run },
    { .name = "document.check", .door = ZY_DOOR_CUSTOMER, .class = ZY_PUBLIC, .per_minute = 10,
      .title = "Is the code on a document one of this bank's, and what stands on that document, masked", ZY_FIELDS(check_in, CHECK_FIELDS),
      ZY_OUTS(CHECK_OUTS), .run = check_run },
};
const size_t ZY_DOCUMENT_API_COUNT = ZY_COUNT(ZY_DOCUMENT_APIS);
