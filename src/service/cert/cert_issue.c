/* The way to the authority: its certificates, what it issues, its revocation list. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "connector/ca.h"
#include "service/audit/audit.h"
#include "service/cert/cert_internal.h"
#include "service/param/param.h"

#define REVOKED_MAX  50000
#define TELL_AT_ONCE 20
#define SKEW         ZY_MINUTES(5)

static zy_ca *connector;

/* --- the authority that is in use --- */

typedef struct authority {
    zy_id id;
    zy_buf cas;
} authority;

static void authority_free(authority *a)
{
    zy_buf_free(&a->cas);
}
#define AUTO_AUTHORITY __attribute__((cleanup(authority_free))) authority

static zy_status read_authority(zy_rtx *rtx, void *arg, zy_err *err)
{
    authority *a = arg;
    zy_buf_clear(&a->cas);
    return cert_authority_newest(rtx, &a->id, &a->cas, err);
}

typedef struct keep_job {
    zy_id id;
    zy_str cas;
    zy_time now;
} keep_job;

static zy_status keep_authority(zy_tx *tx, void *arg, zy_err *err)
{
    const keep_job *job = arg;
    return cert_authority_insert(tx, job->id, job->cas, job->now, err);
}

/* Reads what is kept; the first time, or when the authority has other certificates now, keeps those. */
static zy_status settle_authority(zy_env *env, authority *a, zy_err *err)
{
    ZY_AUTO_BUF cas = { 0 };
    zy_status status = zy_db_read(env->db, "cert.authority", read_authority, a, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    ZY_TRY(zy_ca_certificates(connector, zy_buf_view(&a->cas), zy_env_now(env), &cas, err));
    if (zy_str_eq(zy_buf_view(&cas), zy_buf_view(&a->cas)))
        return ZY_OK;
    keep_job job = { { a->id.v + 1 }, zy_buf_view(&cas), zy_env_now(env) };
    ZY_TRY(zy_db_run(env->db, "cert.authority_keep", keep_authority, &job, err));
    return zy_db_read(env->db, "cert.authority", read_authority, a, err); /* another node may have been first */
}

zy_status zy_cert_authority(zy_env *env, zy_buf *ret_cas, zy_err *err)
{
    AUTO_AUTHORITY a = { .id = { 0 } };
    ZY_TRY(zy_db_read(env->db, "cert.authority", read_authority, &a, err));
    zy_buf_str(ret_cas, zy_buf_view(&a.cas));
    return zy_buf_failed(ret_cas) ? ZY_NO_MEMORY : ZY_OK;
}

/* --- the revocation list --- */

typedef struct list_job {
    zy_env *env;
    zy_id authority;
    zy_buf body;
    int64_t number;
    zy_time made_at, now, next;
    zy_x509_revoked *rows;
    size_t count;
} list_job;

static void list_job_free(list_job *job)
{
    zy_buf_free(&job->body);
    free(job->rows);
}
#define AUTO_LIST_JOB __attribute__((cleanup(list_job_free))) list_job

static zy_status read_list(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    zy_buf_clear(&job->body);
    zy_status status = cert_list_read(rtx, job->authority, &job->body, &job->number, &job->made_at, err);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status read_revoked(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(cert_revoked_rows(rtx, job->authority, REVOKED_MAX + 1, &rows, err));
    for (job->count = 0;; job->count++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        if (job->count == REVOKED_MAX)
            return zy_fail(err, ZY_OVERFLOW, NULL, "more than %d revoked certificates of one authority", REVOKED_MAX);
        job->rows[job->count].at = zy_col_time(rows, 1);
        ZY_TRY(zy_str_copy(zy_col_text(rows, 0), job->rows[job->count].serial, sizeof job->rows[0].serial));
    }
}

static zy_status put_list(zy_tx *tx, void *arg, zy_err *err)
{
    const list_job *job = arg;
    return cert_list_put(tx, job->authority, zy_buf_view(&job->body), job->number + 1, job->now, job->next, err);
}

/* Makes and keeps a new list. The rows are read after the number: whoever overtakes has seen at least as much. */
static zy_status make_list(list_job *job, zy_str cas, zy_err *err)
{
    zy_env *env = job->env;
    job->rows = calloc(REVOKED_MAX, sizeof *job->rows);
    if (job->rows == NULL)
        return ZY_NO_MEMORY;
    ZY_TRY(zy_db_read(env->db, "cert.list", read_list, job, err));
    ZY_TRY(zy_db_read(env->db, "cert.revoked", read_revoked, job, err));
    const zy_ca_revoked revoked = { job->rows, job->count, (uint64_t)job->number + 1, job->now, job->next };
    zy_buf_clear(&job->body);
    ZY_TRY(zy_ca_list(connector, cas, &revoked, &job->body, err));
    return zy_db_run(env->db, "cert.list_put", put_list, job, err);
}

static zy_status renew_list(zy_env *env, zy_err *err)
{
    AUTO_AUTHORITY a = { .id = { 0 } };
    zy_time now = zy_env_now(env);
    AUTO_LIST_JOB job = { .env = env, .now = now, .body = { .max = ZY_X509_CRL_MAX },
                          .next = zy_time_add(now, ZY_HOURS(zy_param_get(env, "cert.list_hours"))) };
    ZY_TRY(settle_authority(env, &a, err));
    job.authority = a.id;
    zy_status status = make_list(&job, zy_buf_view(&a.cas), err);
    return status == ZY_STATE_CONFLICT ? ZY_OK : status; /* another node's is newer */
}

zy_status zy_cert_list(zy_env *env, zy_buf *ret_crl, zy_err *err)
{
    AUTO_AUTHORITY a = { .id = { 0 } };
    ZY_TRY(zy_db_read(env->db, "cert.authority", read_authority, &a, err));
    AUTO_LIST_JOB job = { .env = env, .authority = a.id, .body = { .max = ZY_X509_CRL_MAX } };
    ZY_TRY(zy_db_read(env->db, "cert.list", read_list, &job, err));
    if (job.body.n == 0)
        return zy_fail(err, ZY_NOT_FOUND, NULL, "no revocation list yet");
    zy_buf_str(ret_crl, zy_buf_view(&job.body));
    return zy_buf_failed(ret_crl) ? ZY_NO_MEMORY : ZY_OK;
}

/* A list is renewed when half of its time is over: a failure leaves the other half to come again. */
static zy_status renew_list_if_due(zy_env *env, zy_err *err)
{
    AUTO_AUTHORITY a = { .id = { 0 } };
    ZY_TRY(settle_authority(env, &a, err));
    AUTO_LIST_JOB job = { .env = env, .authority = a.id, .body = { .max = ZY_X509_CRL_MAX } };
    ZY_TRY(zy_db_read(env->db, "cert.list", read_list, &job, err));
    zy_dur half = ZY_MINUTES(30 * zy_param_get(env, "cert.list_hours"));
    if (job.body.n > 0 && !zy_time_passed(zy_env_now(env), job.made_at, half))
        return ZY_OK;
    return renew_list(env, err);
}

/* --- issuing --- */

typedef struct issue_job {
    zy_env *env;
    cert_row *row;
    zy_x509_info info;
    zy_str der;
    bool superseded;
} issue_job;

static zy_status issue_unit(zy_tx *tx, void *arg, zy_err *err)
{
    issue_job *job = arg;
    zy_time now = zy_env_now(job->env);
    const zy_audit record = { .event = "cert.issued", .actor_kind = "system", .object = job->row->id, .object_kind = "certificate",
                              .result = ZY_STR("OK") };
    ZY_TRY(cert_supersede(tx, job->row, now, err));
    ZY_TRY(cert_update_issued(tx, job->row, &job->info, job->der, now, err));
    ZY_TRY(zy_audit_add(tx, job->env, &record, NULL, err));
    return cert_notify(tx, job->env, job->row, "数字证书已签发", "已签发，可用于交易签名。", err);
}

/* The name says nothing about the person: ids of ours alone. */
static void common_name_of(const cert_row *row, char out[2 * ZY_ID_TEXT_MAX])
{
    char customer[ZY_ID_TEXT_MAX], id[ZY_ID_TEXT_MAX];
    zy_id_format(row->customer, customer);
    zy_id_format(row->id, id);
    zy_str both[] = { zy_str_of(customer), ZY_STR("@"), zy_str_of(id) };
    char *p = out;
    for (size_t i = 0; i < ZY_COUNT(both); p += both[i].n, i++)
        memcpy(p, both[i].p, both[i].n);
    *p = '\0';
}

static zy_status ask_authority(zy_env *env, const cert_row *row, zy_str cas, zy_buf *ret_der, zy_err *err)
{
    char id[ZY_ID_TEXT_MAX], name[2 * ZY_ID_TEXT_MAX];
    zy_time now = zy_env_now(env);
    const cert_kind *kind = cert_kind_find(zy_str_of(row->kind));
    if (kind == NULL)
        return zy_fail(err, ZY_INTERNAL, NULL, "a certificate of no kind");
    zy_id_format(row->id, id);
    common_name_of(row, name);
    zy_ca_request request = { .id = zy_str_of(id), .csr = zy_buf_view(&row->request), .common_name = zy_str_of(name),
                              .unit = zy_str_of(row->kind), .from = { now.ms - SKEW.ms },
                              .to = zy_time_add(now, ZY_DAYS(zy_param_get(env, kind->years_param))) };
    zy_status status = zy_x509_request_check(request.csr, request.public_key);
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "a kept request that is none");
    return zy_ca_issue(connector, cas, &request, ret_der, err);
}

/* What the authority sent is checked like a stranger's: it leads to the root, and is for the key that was asked for. */
static zy_status check_issued(const cert_row *row, zy_str der, zy_str cas, zy_time now, zy_x509_info *ret_info, zy_err *err)
{
    uint8_t wanted[ZY_SM2_PUB_BYTES];
    ZY_TRY(zy_x509_verify(der, cas, now, ret_info, err));
    ZY_TRY(zy_x509_request_check(zy_buf_view(&row->request), wanted));
    if (memcmp(wanted, ret_info->public_key, sizeof wanted) != 0)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the authority certified another key");
    return ZY_OK;
}

zy_status cert_issue(zy_env *env, const cert_row *row, zy_err *err)
{
    AUTO_AUTHORITY a = { .id = { 0 } };
    ZY_AUTO_BUF der = { 0 };
    if (connector == NULL)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "no connector to the authority");
    ZY_TRY(settle_authority(env, &a, err));
    ZY_TRY(ask_authority(env, row, zy_buf_view(&a.cas), &der, err));
    cert_row fresh = *row;
    fresh.authority = a.id;
    issue_job job = { .env = env, .row = &fresh, .der = zy_buf_view(&der) };
    zy_status status = check_issued(row, job.der, zy_buf_view(&a.cas), zy_env_now(env), &job.info, err);
    if (status != ZY_OK)
        return zy_fail(err, ZY_CONNECTOR_FAILED, NULL, "what the authority sent is not taken");
    ZY_TRY(zy_db_run(env->db, "cert.issue", issue_unit, &job, err));
    cert_after_revoking(env); /* the former one may have ended */
    return ZY_OK;
}

/* --- start and housekeeping --- */

zy_status zy_cert_open(zy_env *env, zy_err *err)
{
    zy_cert_close();
    ZY_TRY(zy_ca_open(env->config, env->keys, &connector, err));
    AUTO_AUTHORITY a = { .id = { 0 } };
    ZY_TRY(settle_authority(env, &a, err));
    zy_err late = { 0 };
    if (renew_list_if_due(env, &late) != ZY_OK) /* an authority outside that is away now keeps no bank from starting */
        zy_log_err("cert.list", &late);
    return ZY_OK;
}

void zy_cert_close(void)
{
    zy_ca_free(connector);
    connector = NULL;
}

typedef struct page_job {
    cert_row *rows;
    int count, max;
    zy_time before;
} page_job;

static zy_status read_rows(page_job *job, zy_stmt *rows, zy_err *err)
{
    for (job->count = 0; job->count < job->max; job->count++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(cert_row_read(rows, &job->rows[job->count], err));
    }
    return ZY_OK;
}

static zy_status read_granted(zy_rtx *rtx, void *arg, zy_err *err)
{
    page_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    const cert_filter filter = { .state = ZY_STR("granted"), .limit = job->max };
    ZY_TRY(cert_page(rtx, &filter, &rows, err));
    return read_rows(job, rows, err);
}

static zy_status read_ending(zy_rtx *rtx, void *arg, zy_err *err)
{
    page_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(cert_ending(rtx, job->before, job->max, &rows, err));
    return read_rows(job, rows, err);
}

typedef struct remind_job {
    zy_env *env;
    const cert_row *row;
} remind_job;

static zy_status remind_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const remind_job *job = arg;
    ZY_TRY(cert_update_reminded(tx, job->row->id, err));
    return cert_notify(tx, job->env, job->row, "数字证书即将到期", "即将到期，请及时在安全中心更新或到网点办理。", err);
}

static zy_status remind(zy_env *env, const cert_row *row, zy_err *err)
{
    remind_job job = { env, row };
    return zy_db_run(env->db, "cert.remind", remind_unit, &job, err);
}

/* Does `deed` to each row that `read` finds; one that fails keeps the others from nothing. */
static zy_status each(zy_env *env, page_job *job, zy_read_fn read, zy_status (*deed)(zy_env *, const cert_row *, zy_err *),
                      zy_err *err)
{
    job->rows = calloc((size_t)job->max, sizeof *job->rows);
    if (job->rows == NULL)
        return ZY_NO_MEMORY;
    zy_status status = zy_db_read(env->db, "cert.keep", read, job, err);
    for (int i = 0; i < job->count && status == ZY_OK; i++) {
        zy_err one = { 0 };
        zy_status done = deed(env, &job->rows[i], &one);
        if (done != ZY_OK && done != ZY_STATE_CONFLICT)
            zy_log_err("cert.keep", &one);
    }
    for (int i = 0; i < job->max; i++)
        cert_row_free(&job->rows[i]);
    free(job->rows);
    return status;
}

/* --- what the authority has to know --- */

static zy_status read_untold(zy_rtx *rtx, void *arg, zy_err *err)
{
    page_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(cert_untold(rtx, job->max, &rows, err));
    return read_rows(job, rows, err);
}

static zy_status told_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const zy_id *id = arg;
    return cert_update_told(tx, *id, err);
}

static zy_status tell(zy_env *env, const cert_row *row, zy_err *err)
{
    zy_id id = row->id;
    ZY_TRY(zy_ca_revoke(connector, zy_str_of(row->serial), row->ended_at, err));
    return zy_db_run(env->db, "cert.told", told_unit, &id, err);
}

static zy_status tell_some(zy_env *env, int max, zy_err *err)
{
    page_job untold = { .max = max };
    return each(env, &untold, read_untold, tell, err);
}

void cert_after_revoking(zy_env *env)
{
    zy_err err = { 0 };
    if (connector != NULL && (tell_some(env, TELL_AT_ONCE, &err) != ZY_OK || renew_list(env, &err) != ZY_OK))
        zy_log_err("cert.list", &err);
}

zy_status zy_cert_keep(zy_env *env, int max, zy_err *err)
{
    zy_dur ahead = ZY_DAYS(zy_param_get(env, "cert.remind_days"));
    page_job granted = { .max = max }, ending = { .max = max, .before = zy_time_add(zy_env_now(env), ahead) };
    if (connector == NULL)
        return ZY_OK;
    ZY_TRY(tell_some(env, max, err));
    ZY_TRY(renew_list_if_due(env, err));
    ZY_TRY(each(env, &granted, read_granted, cert_issue, err));
    return each(env, &ending, read_ending, remind, err);
}
