/* What the staff does with certificates, by maker and checker: registers a device's key, freezes, lifts, revokes. */
#include "service/approval/approval.h"
#include "service/audit/audit.h"
#include "service/cert/cert_internal.h"
#include "service/identity/identity.h"
#include "service/identity/tries.h"

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

static zy_status audit_staff(zy_tx *tx, zy_env *env, const char *event, zy_id checker, zy_id certificate, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "staff", .actor = checker, .object = certificate,
                              .object_kind = "certificate", .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

/* --- registering the key of a device --- */

typedef struct registering {
    zy_cert_request request;
    const cert_kind *kind;
    uint8_t csr[ZY_X509_DER_MAX], key_digest[ZY_SM3_BYTES];
} registering;

/* The request was checked when it was asked for; its signature is not checked again inside a unit. The key is kept beside it. */
static zy_status read_registering(zy_rtx *rtx, zy_env *env, const zy_json *payload, registering *r, zy_err *err)
{
    ZY_AUTO_PERSON person;
    zy_str customer = { 0 }, kind = { 0 }, csr = { 0 }, key = { 0 };
    size_t n = 0, key_n = 0;
    bool known = false;
    if (!zy_json_str(payload, "customer_id", &customer) || !zy_json_str(payload, "kind", &kind) ||
        !zy_json_str(payload, "csr", &csr) || !zy_json_str(payload, "public_key", &key) ||
        zy_id_parse(customer, &r->request.customer) != ZY_OK || (r->kind = cert_kind_find(kind)) == NULL ||
        zy_base64_decode(csr, r->csr, sizeof r->csr, &n) != ZY_OK ||
        zy_base64_decode(key, r->request.public_key, ZY_SM2_PUB_BYTES, &key_n) != ZY_OK || key_n != ZY_SM2_PUB_BYTES)
        return bad_payload(err);
    r->request.kind = r->kind->name;
    r->request.csr = zy_str_bytes(r->csr, n);
    zy_status status = zy_customer_person(rtx, env, r->request.customer, &person, err);
    if (status != ZY_OK)
        return status == ZY_NOT_FOUND ? zy_fail(err, ZY_NOT_FOUND, "customer_id", "no such customer") : status;
    ZY_TRY(cert_key_digest(r->request.public_key, r->key_digest));
    ZY_TRY(cert_key_known(rtx, r->key_digest, &known, err));
    return known ? zy_fail(err, ZY_ALREADY_EXISTS, "csr", "the key was certified before") : ZY_OK;
}

static zy_status register_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    registering r = { .kind = NULL };
    char digest[2 * ZY_SM3_BYTES + 1];
    ZY_TRY(read_registering(rtx, env, payload, &r, err));
    zy_hex_encode(r.key_digest, sizeof r.key_digest, digest);
    zy_json_set_id(before, "customer_id", r.request.customer);
    zy_json_set_id(after, "customer_id", r.request.customer);
    zy_json_set_c(after, "kind", r.kind->name);
    zy_json_set_c(after, "key_sm3", digest);
    return ZY_OK;
}

static zy_status register_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    zy_id id;
    registering r = { .kind = NULL };
    ZY_TRY(read_registering(zy_tx_read(tx), env, payload, &r, err));
    ZY_TRY(zy_cert_grant(tx, env, &r.request, &id, err));
    return audit_staff(tx, env, "cert.registered", checker, id, err);
}

static const zy_approval_kind REGISTER = { "cert.register", "cert.make", "cert.check", register_describe, register_apply, NULL };

zy_status cert_register_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const cert_register_in *in = input;
    zy_cert_request checked = { .customer = in->customer_id };
    char key[4 * ((ZY_SM2_PUB_BYTES + 2) / 3) + 1];
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    ZY_TRY(zy_cert_request_read(call, in->csr, &checked, err));
    zy_base64_encode(checked.public_key, sizeof checked.public_key, key);
    zy_json_set_id(payload, "customer_id", in->customer_id);
    zy_json_set_str(payload, "kind", in->kind);
    zy_json_set_str(payload, "csr", in->csr);
    zy_json_set_c(payload, "public_key", key);
    return request(call, &REGISTER, payload, in->reason, body, err);
}

/* --- deeds on one certificate --- */

typedef struct deed {
    const char *name;
    unsigned from;
    cert_state to;
    const char *event, *title, *text;
} deed;
static const deed DEEDS[] = {
    { "cert.freeze", CERT_VALID, CERT_FROZEN, "cert.frozen", "数字证书已冻结", "已冻结，暂不能用于交易签名。" },
    { "cert.unfreeze", CERT_FROZEN, CERT_VALID, "cert.unfrozen", "数字证书已解冻", "已解冻，可以继续使用。" },
    { "cert.revoke", CERT_GRANTED | CERT_VALID | CERT_FROZEN, CERT_REVOKED, "cert.revoked", "数字证书已吊销",
      "已吊销，不能再用于交易签名。" },
};

static zy_status read_deed(zy_rtx *rtx, const zy_json *payload, const deed **ret_deed, cert_row *row, zy_err *err)
{
    zy_str name = { 0 }, id_text = { 0 };
    zy_id id;
    if (!zy_json_str(payload, "deed", &name) || !zy_json_str(payload, "certificate_id", &id_text) ||
        zy_id_parse(id_text, &id) != ZY_OK)
        return bad_payload(err);
    for (size_t i = 0; i < ZY_COUNT(DEEDS); i++)
        if (zy_str_eq_c(name, DEEDS[i].name))
            *ret_deed = &DEEDS[i];
    if (*ret_deed == NULL)
        return bad_payload(err);
    ZY_TRY(cert_by_id(rtx, id, row, err));
    if ((row->state & (*ret_deed)->from) == 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "certificate_id", "the certificate is %s", cert_state_name(row->state));
    return ZY_OK;
}

static zy_status deed_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    (void)env;
    const deed *d = NULL;
    CERT_AUTO_ROW row = { .state = 0 };
    ZY_TRY(read_deed(rtx, payload, &d, &row, err));
    const struct {
        zy_json *object;
        cert_state state;
    } SIDES[] = { { before, row.state }, { after, d->to } };
    for (size_t i = 0; i < ZY_COUNT(SIDES); i++) {
        zy_json_set_id(SIDES[i].object, "certificate_id", row.id);
        zy_json_set_id(SIDES[i].object, "customer_id", row.customer);
        zy_json_set_c(SIDES[i].object, "serial", row.serial);
        zy_json_set_c(SIDES[i].object, "state", cert_state_name(SIDES[i].state));
    }
    return ZY_OK;
}

/* Lifted: the wrong signatures are forgotten. */
static zy_status forget_wrong(zy_tx *tx, zy_env *env, const cert_row *row, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(cert_try_key(env, row->customer, row->kind, key));
    return zy_try_forgive(tx, key, zy_env_now(env), err);
}

static zy_status deed_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    const deed *d = NULL;
    CERT_AUTO_ROW row = { .state = 0 };
    ZY_TRY(read_deed(zy_tx_read(tx), payload, &d, &row, err));
    ZY_TRY(cert_update_state(tx, &row, d->to, d->to == CERT_REVOKED ? "staff" : "", zy_env_now(env), err));
    ZY_TRY(audit_staff(tx, env, d->event, checker, row.id, err));
    if (d->to == CERT_VALID)
        ZY_TRY(forget_wrong(tx, env, &row, err));
    return cert_notify(tx, env, &row, d->title, d->text, err);
}

static const zy_approval_kind KINDS[] = {
    { "cert.freeze", "cert.make", "cert.check", deed_describe, deed_apply, NULL },
    { "cert.unfreeze", "cert.make", "cert.check", deed_describe, deed_apply, NULL },
    { "cert.revoke", "cert.make", "cert.check", deed_describe, deed_apply, cert_after_revoking },
};

void cert_register_deeds(void)
{
    zy_approval_register(&REGISTER);
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        zy_approval_register(&KINDS[i]);
}

zy_status cert_deed_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const cert_revoke_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "deed", call->api->name);
    zy_json_set_id(payload, "certificate_id", in->certificate_id);
    return request(call, zy_approval_find(zy_str_of(call->api->name)), payload, in->reason, body, err);
}

/* --- the list --- */

typedef struct search_job {
    zy_time now;
    cert_filter filter;
    zy_json *certificates;
    zy_id last;
} search_job;

static void push_row(search_job *job, const cert_row *row)
{
    zy_json *o = zy_json_object();
    job->last = row->id;
    zy_json_push(job->certificates, o);
    zy_json_set_id(o, "certificate_id", row->id);
    zy_json_set_id(o, "customer_id", row->customer);
    zy_json_set_c(o, "kind", row->kind);
    zy_json_set_c(o, "state", cert_state_shown(row, job->now));
    zy_json_set_c(o, "serial", row->serial);
    zy_json_set_c(o, "reason", row->reason);
    zy_json_set_int(o, "created_at", row->created_at.ms);
    zy_json_set_int(o, "not_before", row->not_before.ms);
    zy_json_set_int(o, "not_after", row->not_after.ms);
    zy_json_set_int(o, "ended_at", row->ended_at.ms);
}

static zy_status search_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    search_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    CERT_AUTO_ROW row = { .state = 0 };
    ZY_TRY(cert_page(rtx, &job->filter, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(cert_row_read(rows, &row, err));
        push_row(job, &row);
    }
}

zy_status cert_search_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const cert_search_in *in = input;
    zy_time unused;
    char cursor[ZY_CURSOR_MAX] = "";
    search_job job = { .now = call->now, .filter = { in->customer_id, { 0 }, in->state, in->limit ? (int)in->limit : PAGE_DEFAULT } };
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &unused, &job.filter.before, err));
    job.certificates = zy_json_array();
    zy_json_set(body, "certificates", job.certificates);
    ZY_TRY(zy_db_read(call->env->db, "cert.search", search_read, &job, err));
    if ((int)zy_json_count(job.certificates) == job.filter.limit)
        zy_cursor_write((zy_time){ 0 }, job.last, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}
