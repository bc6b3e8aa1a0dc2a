/* What the staff does with tokens: everything that changes one, by maker and checker. */
#include "service/approval/approval.h"
#include "service/audit/audit.h"
#include "service/identity/identity.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/token/token_internal.h"

#define PAGE_DEFAULT 20

static zy_status request(zy_call *call, const zy_approval_kind *kind, const zy_json *payload, zy_str reason, zy_json *body,
                         zy_err *err)
{
    zy_id id;
    ZY_TRY(zy_approval_request(call->env, kind, call->caller->staff, payload, reason, &id, err));
    zy_json_set_id(body, "request_id", id);
    return ZY_OK;
}

static zy_status bad_payload(zy_err *err)
{
    return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
}

static zy_status audit_staff(zy_tx *tx, zy_env *env, const char *event, zy_id checker, const char *object_kind, zy_id object,
                             zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "staff", .actor = checker, .object = object,
                              .object_kind = object_kind, .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

/* --- import: the file waits sealed in token_batch; a request names it by number alone --- */

static zy_status open_batch(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_id *ret_batch, zy_token_file **ret_file,
                            zy_err *err)
{
    zy_str id = { 0 };
    ZY_AUTO_BUF sealed = { 0 };
    ZY_AUTO_SECRET_BUF text = { 0 };
    if (!zy_json_str(payload, "batch", &id) || zy_id_parse(id, ret_batch) != ZY_OK)
        return bad_payload(err);
    zy_status status = token_batch_read(rtx, *ret_batch, &sealed, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? zy_fail(err, ZY_STATE_CONFLICT, NULL, "the file is gone") : status;
    ZY_TRY(token_open_batch(env, *ret_batch, zy_buf_view(&sealed), &text));
    return zy_token_file_parse(zy_buf_view(&text), ret_file, err);
}

static zy_status known_already(zy_rtx *rtx, const zy_token_file *file, zy_err *err)
{
    token_row row;
    for (size_t i = 0; i < file->count; i++) {
        zy_status status = token_by_serial(rtx, zy_str_of(file->lines[i].serial), &row, err);
        if (status != ZY_NOT_FOUND)
            return status == ZY_OK ? zy_fail(err, ZY_ALREADY_EXISTS, "file", "a serial is known already") : status;
    }
    return ZY_OK;
}

static zy_status import_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    zy_id batch;
    ZY_AUTO(zy_token_file_free) zy_token_file *file = NULL;
    ZY_TRY(open_batch(rtx, env, payload, &batch, &file, err));
    ZY_TRY(known_already(rtx, file, err));
    zy_json_set_id(before, "batch", batch);
    zy_json_set_id(after, "batch", batch);
    zy_json_set_int(after, "tokens", (int64_t)file->count);
    zy_json_set_c(after, "first_serial", file->lines[0].serial);
    zy_json_set_c(after, "last_serial", file->lines[file->count - 1].serial);
    return ZY_OK;
}

static zy_status import_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    zy_id batch;
    ZY_AUTO(zy_token_file_free) zy_token_file *file = NULL;
    ZY_TRY(open_batch(zy_tx_read(tx), env, payload, &batch, &file, err));
    for (size_t i = 0; i < file->count; i++)
        ZY_TRY(zy_token_add(tx, env, &file->lines[i], (zy_id){ 0 }, err));
    ZY_TRY(token_batch_delete(tx, batch, err));
    return audit_staff(tx, env, "token.imported", checker, "token_batch", batch, err);
}

static const zy_approval_kind IMPORT = { "token.import", "token.make", "token.check", import_describe, import_apply, NULL };

typedef struct import_job {
    zy_env *env;
    zy_id batch;
    size_t tokens;
    zy_buf sealed;
} import_job;

static zy_status keep_batch(zy_tx *tx, void *arg, zy_err *err)
{
    const import_job *job = arg;
    return token_batch_insert(tx, job->batch, zy_buf_view(&job->sealed), job->tokens, zy_env_now(job->env), err);
}

static zy_status read_file(zy_call *call, zy_str base64, import_job *job, zy_err *err)
{
    ZY_AUTO_SECRET_BUF text = { 0 };
    ZY_AUTO(zy_token_file_free) zy_token_file *file = NULL;
    uint8_t *bytes = zy_arena_alloc(call->arena, ZY_TOKEN_FILE_MAX);
    size_t n = 0;
    if (bytes == NULL)
        return ZY_REQUEST_TOO_LARGE;
    if (zy_base64_decode(base64, bytes, ZY_TOKEN_FILE_MAX, &n) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "file", "larger than %d bytes", ZY_TOKEN_FILE_MAX);
    zy_buf_add(&text, bytes, n);
    zy_wipe(bytes, n);
    ZY_TRY(zy_token_file_parse(zy_buf_view(&text), &file, err));
    job->tokens = file->count;
    return token_seal_batch(call->env, job->batch, zy_buf_view(&text), &job->sealed);
}

zy_status token_import_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const token_import_in *in = input;
    import_job job = { .env = call->env, .batch = zy_id_next(call->env->ids) };
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_id(payload, "batch", job.batch);
    zy_status status = read_file(call, in->file, &job, err);
    if (status == ZY_OK)
        status = zy_db_run(call->env->db, "token.import", keep_batch, &job, err);
    zy_buf_free(&job.sealed);
    return status == ZY_OK ? request(call, &IMPORT, payload, in->reason, body, err) : status;
}

/* --- deeds on one token --- */

/* What a deed finds and makes: all five are this. */
typedef struct deed {
    const char *name;
    unsigned from;       /* states in which it may be done */
    token_state to;
    bool takes_customer; /* assign */
    bool takes_another;  /* replace */
    const char *event;
    const char *title, *text; /* to the customer; NULL: he is not told */
} deed;
static const deed DEEDS[] = {
    { "token.assign", TOKEN_STOCK, TOKEN_INACTIVE, true, false, "token.assigned", "动态令牌已发放",
      "柜台已为您发放动态令牌，请在手机银行安全中心激活后使用。" },
    { "token.replace", TOKEN_INACTIVE | TOKEN_ACTIVE | TOKEN_LOCKED | TOKEN_LOST, TOKEN_RETIRED, false, true, "token.replaced",
      "动态令牌已更换", "您的动态令牌已更换，请在手机银行安全中心激活新令牌后使用。" },
    { "token.lost", TOKEN_INACTIVE | TOKEN_ACTIVE | TOKEN_LOCKED, TOKEN_LOST, false, false, "token.lost", "动态令牌已挂失",
      "您的动态令牌已挂失，不能再用于交易验证。补办请到网点办理。" },
    { "token.unlock", TOKEN_LOCKED, TOKEN_ACTIVE, false, false, "token.unlocked", "动态令牌已解锁",
      "您的动态令牌已解锁，可以继续使用。如非本人办理，请立即联系客服。" },
    { "token.retire", TOKEN_STOCK | TOKEN_INACTIVE | TOKEN_ACTIVE | TOKEN_LOCKED | TOKEN_LOST, TOKEN_RETIRED, false, false,
      "token.retired", "动态令牌已注销", "您的动态令牌已注销，不能再用于交易验证。" },
};

/* A request as it was asked for, with the tokens as they are now. */
typedef struct deed_case {
    const deed *deed;
    zy_id customer;
    token_row row, other; /* other: the new one of a replacement */
} deed_case;

static const deed *deed_find(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(DEEDS); i++)
        if (zy_str_eq_c(name, DEEDS[i].name))
            return &DEEDS[i];
    return NULL;
}

/* zy_customer_person is the proof that there is such a customer; what it says is not looked at. */
static zy_status check_customer(zy_rtx *rtx, zy_env *env, zy_id customer, zy_err *err)
{
    ZY_AUTO_PERSON person;
    token_row own;
    zy_status status = zy_customer_person(rtx, env, customer, &person, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? zy_fail(err, ZY_NOT_FOUND, "customer_id", "no such customer") : status;
    status = token_of_customer(rtx, customer, &own, err);
    if (status == ZY_OK && own.state != TOKEN_LOST)
        return zy_fail(err, ZY_STATE_CONFLICT, "customer_id", "has a token in use");
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status find_in_state(zy_rtx *rtx, zy_str serial, unsigned states, const char *field, token_row *ret_row, zy_err *err)
{
    zy_status status = token_by_serial(rtx, serial, ret_row, err);
    if (status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_NOT_FOUND, field, "no such token");
    if (status == ZY_OK && (ret_row->state & states) == 0)
        return zy_fail(err, ZY_STATE_CONFLICT, field, "the token is %s", token_state_name(ret_row->state));
    return status;
}

static zy_status read_case(zy_rtx *rtx, zy_env *env, const zy_json *payload, deed_case *ret_case, zy_err *err)
{
    zy_str name = { 0 }, serial = { 0 }, other = { 0 }, customer = { 0 };
    deed_case c = { .deed = NULL };
    if (!zy_json_str(payload, "deed", &name) || !zy_json_str(payload, "serial", &serial) ||
        (c.deed = deed_find(name)) == NULL)
        return bad_payload(err);
    ZY_TRY(find_in_state(rtx, serial, c.deed->from, "serial", &c.row, err));
    c.customer = c.row.customer;
    if (c.deed->takes_another) {
        if (!zy_json_str(payload, "new_serial", &other))
            return bad_payload(err);
        ZY_TRY(find_in_state(rtx, other, TOKEN_STOCK, "new_serial", &c.other, err));
    }
    if (c.deed->takes_customer) {
        if (!zy_json_str(payload, "customer_id", &customer) || zy_id_parse(customer, &c.customer) != ZY_OK)
            return bad_payload(err);
        ZY_TRY(check_customer(rtx, env, c.customer, err));
    }
    *ret_case = c;
    return ZY_OK;
}

static zy_status deed_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    deed_case c;
    ZY_TRY(read_case(rtx, env, payload, &c, err));
    zy_json_set_c(before, "serial", c.row.serial);
    zy_json_set_c(before, "state", token_state_name(c.row.state));
    zy_json_set_id(before, "customer_id", c.row.customer);
    zy_json_set_c(after, "serial", c.row.serial);
    zy_json_set_c(after, "state", token_state_name(c.deed->to));
    zy_json_set_id(after, "customer_id", c.customer);
    if (c.deed->takes_another)
        zy_json_set_c(after, "new_serial", c.other.serial);
    return ZY_OK;
}

static zy_status carry_out(zy_tx *tx, zy_env *env, const deed_case *c, zy_err *err)
{
    zy_time now = zy_env_now(env);
    uint8_t key[ZY_SM3_BYTES];
    if (c->deed->takes_customer)
        return token_update_assigned(tx, &c->row, c->customer, now, err);
    if (c->deed->to == TOKEN_RETIRED)
        ZY_TRY(token_update_retired(tx, &c->row, now, err));
    else
        ZY_TRY(token_update_state(tx, &c->row, c->deed->to, now, err));
    if (c->deed->takes_another)
        ZY_TRY(token_update_assigned(tx, &c->other, c->customer, now, err));
    if (c->deed->to != TOKEN_ACTIVE)
        return ZY_OK;
    ZY_TRY(token_try_key(env, c->customer, key)); /* unlocked: the wrong codes are forgotten */
    return zy_try_forgive(tx, key, now, err);
}

static zy_status deed_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    deed_case c;
    ZY_TRY(read_case(zy_tx_read(tx), env, payload, &c, err));
    ZY_TRY(carry_out(tx, env, &c, err));
    ZY_TRY(audit_staff(tx, env, c.deed->event, checker, "token", c.row.id, err));
    if (c.customer.v == 0)
        return ZY_OK;
    return zy_notify_add(tx, env, c.customer, "security", zy_str_of(c.deed->title), zy_str_of(c.deed->text), err);
}

#define DEED_KIND(name) { name, "token.make", "token.check", deed_describe, deed_apply, NULL }
static const zy_approval_kind KINDS[] = { DEED_KIND("token.assign"), DEED_KIND("token.replace"), DEED_KIND("token.lost"),
                                          DEED_KIND("token.unlock"), DEED_KIND("token.retire") };

void token_register_deeds(void)
{
    zy_approval_register(&IMPORT);
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        zy_approval_register(&KINDS[i]);
}

zy_status token_deed_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const token_deed_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "deed", call->api->name);
    zy_json_set_str(payload, "serial", in->serial);
    zy_json_set_str(payload, "new_serial", in->new_serial);
    zy_json_set_id(payload, "customer_id", in->customer_id);
    return request(call, zy_approval_find(zy_str_of(call->api->name)), payload, in->reason, body, err);
}

/* --- the list --- */

typedef struct search_job {
    token_filter filter;
    zy_json *tokens;
    zy_id last;
} search_job;

static void push_token(search_job *job, const token_row *row)
{
    zy_json *o = zy_json_object();
    job->last = row->id;
    zy_json_push(job->tokens, o);
    zy_json_set_c(o, "serial", row->serial);
    zy_json_set_c(o, "state", token_state_name(row->state));
    zy_json_set_id(o, "customer_id", row->customer);
    zy_json_set_int(o, "drift_steps", row->drift);
    zy_json_set_int(o, "imported_at", row->imported_at.ms);
    zy_json_set_int(o, "assigned_at", row->assigned_at.ms);
    zy_json_set_int(o, "activated_at", row->activated_at.ms);
}

static zy_status search_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    search_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(token_page(rtx, &job->filter, &rows, err));
    for (;;) {
        bool more = false;
        token_row row;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(token_row_read(rows, &row, err));
        push_token(job, &row);
    }
}

zy_status token_search_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const token_search_in *in = input;
    zy_time unused;
    char cursor[ZY_CURSOR_MAX] = "";
    search_job job = { .filter = { in->serial, in->state, in->customer_id, { 0 }, in->limit ? (int)in->limit : PAGE_DEFAULT } };
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &unused, &job.filter.before, err));
    job.tokens = zy_json_array();
    zy_json_set(body, "tokens", job.tokens);
    ZY_TRY(zy_db_read(call->env->db, "token.search", search_read, &job, err));
    if ((int)zy_json_count(job.tokens) == job.filter.limit)
        zy_cursor_write((zy_time){ 0 }, job.last, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}
