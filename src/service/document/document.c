/* Making a document: code, file, seal, and keeping it for its owner. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/document/document_internal.h"

typedef struct make_job {
    zy_call *call;
    document_row row;
    zy_buf chunks[DOCUMENT_MAX / CHUNK_BYTES + 1]; /* sealed */
    zy_buf facts;
} make_job;

static void make_job_free(make_job *job)
{
    for (int64_t i = 0; i < job->row.chunks; i++)
        zy_buf_free(&job->chunks[i]);
    zy_buf_free(&job->facts);
}
#define MAKE_JOB_AUTO __attribute__((cleanup(make_job_free))) make_job

static zy_status draw_code(char out[ZY_DOCUMENT_CODE_MAX])
{
    uint8_t random[10];
    ZY_TRY(zy_random(random, sizeof random));
    zy_base32_encode(random, sizeof random, out);
    return ZY_OK;
}

static zy_status render(zy_env *env, const zy_document *d, const char *format, const char *code, zy_buf *file, zy_err *err)
{
    bool pdf = strcmp(format, "pdf") == 0;
    ZY_TRY(pdf ? document_pdf(env, d, code, file, err) : document_csv(env, d, code, file, err));
    return document_seal(env->keys, pdf ? '%' : '#', code, file);
}

static zy_cell chunk_cell(zy_id document)
{
    return (zy_cell){ "document_chunk", "content", document };
}

static zy_status seal_chunks(make_job *job, const zy_buf *file)
{
    for (size_t at = 0; at < file->n; at += CHUNK_BYTES) {
        size_t n = file->n - at < CHUNK_BYTES ? file->n - at : CHUNK_BYTES;
        zy_buf *chunk = &job->chunks[job->row.chunks++];
        ZY_TRY(zy_keys_seal(job->call->env->keys, ZY_KEY_FIELD, chunk_cell(job->row.id), file->p + at, n, chunk));
    }
    return ZY_OK;
}

static zy_status make_unit(zy_tx *tx, void *arg, zy_err *err)
{
    make_job *job = arg;
    const zy_call *call = job->call;
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = "document.made", .actor_kind = "customer", .actor = c->customer, .object_kind = "document",
                              .object = job->row.id, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("OK"), .detail = zy_buf_view(&job->facts) };
    ZY_TRY(zy_audit_add(tx, call->env, &record, &job->row.audit, err));
    ZY_TRY(document_insert(tx, &job->row, err));
    for (int64_t i = 0; i < job->row.chunks; i++)
        ZY_TRY(document_insert_chunk(tx, job->row.id, i, zy_buf_view(&job->chunks[i]), call->now, err));
    return ZY_OK;
}

zy_status zy_document_make(zy_call *call, const zy_document *d, zy_str format, zy_json *body, zy_err *err)
{
    MAKE_JOB_AUTO job = { .call = call };
    document_row *row = &job.row;
    ZY_AUTO_SECRET_BUF file = { .max = DOCUMENT_MAX };
    *row = (document_row){ .id = zy_id_next(call->env->ids), .customer = call->caller->customer, .kind = d->kind,
                           .format = zy_str_eq_c(format, "csv") ? "csv" : "pdf", .made_at = call->now };
    ZY_TRY(draw_code(row->code));
    ZY_TRY(render(call->env, d, row->format, row->code, &file, err));
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(file.p, file.n)), row->digest));
    ZY_TRY(seal_chunks(&job, &file));
    zy_json_write(d->facts, &job.facts);
    row->facts = zy_buf_view(&job.facts);
    row->bytes = (int64_t)file.n;
    ZY_TRY(zy_db_run(call->env->db, "document.make", make_unit, &job, err));
    zy_json_set_id(body, "document_id", row->id);
    zy_json_set_c(body, "code", row->code);
    zy_json_set_c(body, "format", row->format);
    zy_json_set_int(body, "bytes", row->bytes);
    zy_json_set_int(body, "chunks", row->chunks);
    return ZY_OK;
}

/* ---- housekeeping ---- */

typedef struct expire_job {
    zy_time older_than;
    int max;
    int64_t dropped;
} expire_job;

static zy_status expire_unit(zy_tx *tx, void *arg, zy_err *err)
{
    expire_job *job = arg;
    return document_drop_chunks(tx, job->older_than, job->max, &job->dropped, err);
}

zy_status zy_document_expire(zy_env *env, int max, int64_t *ret_dropped, zy_err *err)
{
    expire_job job = { .older_than = { zy_env_now(env).ms - DOCUMENT_LIFE.ms }, .max = max };
    ZY_TRY(zy_db_run(env->db, "document.expire", expire_unit, &job, err));
    *ret_dropped = job.dropped;
    return ZY_OK;
}

void zy_document_start(void)
{
    zy_audit_link(&DOCUMENT_AUDIT_LINK);
}

const zy_config_row ZY_DOCUMENT_CONFIG[] = {
    { "document.font", ZY_C_PATH, "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 1, 4000, NULL,
      "TrueType font with Chinese characters for PDF documents" },
};
const size_t ZY_DOCUMENT_CONFIG_COUNT = ZY_COUNT(ZY_DOCUMENT_CONFIG);
