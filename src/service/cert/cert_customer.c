/* What a customer does with his certificates; a new one is asked for by an order of kind cert.issue. */
#include <string.h>

#include "service/cert/cert_internal.h"

#define SHOWN_MAX 20

static zy_json *show(const cert_row *row, zy_time now)
{
    zy_json *o = zy_json_object();
    zy_json_set_id(o, "certificate_id", row->id);
    zy_json_set_c(o, "kind", row->kind);
    zy_json_set_c(o, "state", cert_state_shown(row, now));
    zy_json_set_c(o, "serial", row->serial);
    zy_json_set_int(o, "created_at", row->created_at.ms);
    zy_json_set_int(o, "not_before", row->not_before.ms);
    zy_json_set_int(o, "not_after", row->not_after.ms);
    return o;
}

/* --- cert.get --- */

typedef struct own_job {
    zy_call *call;
    zy_json *certificates;
} own_job;

static zy_status read_own(zy_rtx *rtx, void *arg, zy_err *err)
{
    const own_job *job = arg;
    const zy_caller *c = job->call->caller;
    const cert_filter filter = { .customer = c->customer, .limit = SHOWN_MAX };
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    CERT_AUTO_ROW row = { .state = 0 };
    ZY_TRY(cert_page(rtx, &filter, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(cert_row_read(rows, &row, err));
        zy_json *o = show(&row, job->call->now);
        zy_json_set_bool(o, "this_device", row.device[0] != '\0' && strcmp(row.device, c->device_id) == 0);
        zy_json_push(job->certificates, o);
    }
}

zy_status cert_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    own_job job = { call, zy_json_array() };
    zy_json_set(body, "certificates", job.certificates);
    return zy_db_read(call->env->db, "cert.get", read_own, &job, err);
}

/* --- cert.issue: collects what an order granted; a repetition gives the same certificate --- */

typedef struct collect_job {
    zy_call *call;
    cert_row row;
    bool granted;
} collect_job;

static void collect_job_free(collect_job *job)
{
    cert_row_free(&job->row);
}

static zy_status read_collect(zy_rtx *rtx, void *arg, zy_err *err)
{
    collect_job *job = arg;
    zy_status status = cert_granted(rtx, job->call->caller->customer, "soft_key", &job->row, err);
    job->granted = status == ZY_OK;
    return status == ZY_NOT_FOUND ? cert_in_use(rtx, job->call->caller->customer, "soft_key", &job->row, err) : status;
}

zy_status cert_issue_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    char der[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1];
    __attribute__((cleanup(collect_job_free))) collect_job job = { .call = call };
    ZY_TRY(zy_db_read(call->env->db, "cert.collect", read_collect, &job, err));
    if (strcmp(job.row.device, call->caller->device_id) != 0)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "granted to another device");
    if (job.granted) {
        zy_status status = cert_issue(call->env, &job.row, err);
        if (status != ZY_OK && status != ZY_STATE_CONFLICT)
            return status;
        ZY_TRY(zy_db_read(call->env->db, "cert.collect", read_collect, &job, err));
    }
    if (job.row.body.n == 0 || job.row.body.n > ZY_X509_DER_MAX)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "not issued");
    zy_base64_encode(job.row.body.p, job.row.body.n, der);
    zy_json *o = show(&job.row, call->now);
    zy_json_set_c(o, "certificate", der);
    zy_json_set(body, "certificate", o);
    return ZY_OK;
}

/* --- cert.revoke: one's own, at once --- */

typedef struct revoke_job {
    zy_call *call;
    zy_id id;
    cert_row row;
} revoke_job;

static void revoke_job_free(revoke_job *job)
{
    cert_row_free(&job->row);
}

static zy_status revoke_unit(zy_tx *tx, void *arg, zy_err *err)
{
    revoke_job *job = arg;
    zy_call *call = job->call;
    ZY_TRY(cert_by_id(zy_tx_read(tx), job->id, &job->row, err));
    if (!zy_id_eq(job->row.customer, call->caller->customer))
        return zy_fail(err, ZY_NOT_FOUND, "certificate_id", "somebody else's");
    if (job->row.state == CERT_REVOKED)
        return zy_fail(err, ZY_STATE_CONFLICT, "certificate_id", "revoked already");
    ZY_TRY(cert_update_state(tx, &job->row, CERT_REVOKED, "customer", call->now, err));
    ZY_TRY(cert_audit(tx, call, "cert.revoked", job->id, ZY_OK, err));
    return cert_notify(tx, call->env, &job->row, "数字证书已吊销", "已吊销，不能再用于交易签名。", err);
}

zy_status cert_revoke_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const cert_revoke_in *in = input;
    __attribute__((cleanup(revoke_job_free))) revoke_job job = { .call = call, .id = in->certificate_id };
    ZY_TRY(zy_db_run(call->env->db, "cert.revoke", revoke_unit, &job, err));
    cert_after_revoking(call->env);
    zy_json_set_c(body, "state", cert_state_name(CERT_REVOKED));
    return ZY_OK;
}
