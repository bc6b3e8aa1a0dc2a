/* Writing and searching audit records. */
#include <string.h>

#include "base/log.h"
#include "service/audit/audit_repo.h"

#define DETAIL_MAX 2000

/* The hash's input for one column: its length, then its bytes, so that no two rows share an input. */
static void add_text(zy_buf *b, zy_str s)
{
    uint8_t n[4] = { (uint8_t)(s.n >> 24), (uint8_t)(s.n >> 16), (uint8_t)(s.n >> 8), (uint8_t)s.n };
    zy_buf_add(b, n, sizeof n);
    zy_buf_str(b, s);
}

static void put_u64(uint8_t out[8], int64_t v)
{
    for (int i = 0; i < 8; i++)
        out[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
}

static void add_int(zy_buf *b, int64_t v)
{
    uint8_t bytes[8];
    put_u64(bytes, v);
    zy_buf_add(b, bytes, sizeof bytes);
}

zy_status audit_digest(const audit_row *r, uint8_t out[ZY_SM3_BYTES])
{
    ZY_AUTO_BUF b = { 0 };
    add_int(&b, r->id.v);
    add_int(&b, r->node);
    add_int(&b, r->at.ms);
    add_text(&b, r->event);
    add_text(&b, r->actor_kind);
    add_int(&b, r->actor.v);
    add_text(&b, r->object_kind);
    add_int(&b, r->object.v);
    const zy_str texts[] = { r->address, r->device, r->trace, r->result, r->detail };
    for (size_t i = 0; i < ZY_COUNT(texts); i++)
        add_text(&b, texts[i]);
    if (zy_buf_failed(&b))
        return ZY_NO_MEMORY;
    return zy_sm3(ZY_PARTS(ZY_PART(b.p, b.n)), out);
}

zy_status audit_chain(uint8_t h[ZY_SM3_BYTES], const void *digest)
{
    return zy_sm3(ZY_PARTS(ZY_PART(h, ZY_SM3_BYTES), ZY_PART(digest, ZY_SM3_BYTES)), h);
}

void audit_checkpoint_message(const audit_checkpoint *c, uint8_t out[AUDIT_CHECKPOINT_BYTES])
{
    out[0] = (uint8_t)c->node;
    put_u64(out + 1, c->no);
    put_u64(out + 9, c->total);
    put_u64(out + 17, c->at.ms);
    memcpy(out + 25, c->h, ZY_SM3_BYTES);
}

zy_status zy_audit_add(zy_tx *tx, zy_env *env, const zy_audit *a, zy_id *ret_id, zy_err *err)
{
    audit_row row = {
        .id = zy_id_next(env->ids), .node = (int64_t)env->node, .at = zy_env_now(env),
        .event = zy_str_of(a->event), .actor_kind = zy_str_of(a->actor_kind), .actor = a->actor,
        .object_kind = zy_str_of(a->object_kind), .object = a->object, .address = a->address, .device = a->device,
        .trace = a->trace, .result = a->result, .detail = zy_str_clip_utf8(a->detail, DETAIL_MAX),
    };
    uint8_t digest[ZY_SM3_BYTES];
    ZY_TRY(audit_digest(&row, digest));
    row.digest = zy_str_bytes(digest, sizeof digest);
    ZY_TRY(audit_insert(tx, &row, err));
    if (ret_id != NULL)
        *ret_id = row.id;
    return ZY_OK;
}

typedef struct note_job {
    zy_env *env;
    const zy_audit *record;
} note_job;

static zy_status note_unit(zy_tx *tx, void *arg, zy_err *err)
{
    note_job *job = arg;
    return zy_audit_add(tx, job->env, job->record, NULL, err);
}

void zy_audit_note(zy_env *env, const zy_audit *record)
{
    zy_err err = { 0 };
    note_job job = { env, record };
    if (zy_db_run(env->db, "audit.note", note_unit, &job, &err) != ZY_OK)
        zy_log_err("audit.note_lost", &err);
}

static zy_json *to_json(const audit_row *r)
{
    zy_json *o = zy_json_object();
    zy_json_set_id(o, "id", r->id);
    zy_json_set_int(o, "at", r->at.ms);
    zy_json_set_int(o, "node", r->node);
    zy_json_set_id(o, "actor", r->actor);
    zy_json_set_id(o, "object", r->object);
    const struct {
        const char *key;
        zy_str value;
    } texts[] = { { "event", r->event },     { "actor_kind", r->actor_kind }, { "object_kind", r->object_kind },
                  { "address", r->address }, { "device", r->device },         { "trace", r->trace },
                  { "result", r->result },   { "detail", r->detail } };
    for (size_t i = 0; i < ZY_COUNT(texts); i++)
        zy_json_set_str(o, texts[i].key, texts[i].value);
    return o;
}

zy_status zy_audit_search(zy_rtx *rtx, const zy_audit_filter *filter, zy_json *ret_array, zy_id *ret_next, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(audit_search_rows(rtx, filter, &rows, err));
    bool more = true;
    int count = 0;
    zy_id last = { 0 };
    for (;;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        audit_row row;
        audit_row_read(rows, &row);
        zy_json_push(ret_array, to_json(&row));
        last = row.id;
        count++;
    }
    *ret_next = count == filter->limit ? last : (zy_id){ 0 };
    return ZY_OK;
}

void zy_audit_refusal(const zy_call *call, zy_status status, const zy_err *err)
{
    if (status == ZY_RATE_LIMITED) /* the limit is what keeps a flood out of the books, too */
        return;
    const zy_caller *caller = call->caller;
    ZY_AUTO_BUF detail = { .max = DETAIL_MAX };
    zy_buf_fmt(&detail, "{\"api\":\"%s\",\"field\":\"%s\"}", call->api->name, err->field);
    const zy_audit record = {
        .event = "api.refused",
        .actor_kind = caller->staff.v != 0 ? "staff" : caller->customer.v != 0 ? "customer" : "anonymous",
        .actor = caller->staff.v != 0 ? caller->staff : caller->customer,
        .object_kind = "",
        .address = caller->address,
        .device = zy_str_of(caller->device_id),
        .trace = zy_str_of(call->trace),
        .result = zy_str_of(zy_status_name(status)),
        .detail = zy_buf_view(&detail),
    };
    zy_audit_note(call->env, &record);
}
