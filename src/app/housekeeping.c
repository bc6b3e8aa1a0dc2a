/* What is done now and then while serving. Each task may run on any node at any time: it does what is due, once. */
#include "app/app.h"
#include "bank/batch/batch.h"
#include "bank/interbank/interbank.h"
#include "bank/phonepay/phonepay.h"
#include "bank/registration/registration.h"
#include "bank/schedule/schedule.h"
#include "bank/security/security.h"
#include "bank/transfer/transfer.h"
#include "base/log.h"
#include "flow/flow.h"
#include "service/cert/cert.h"
#include "service/document/document.h"
#include "service/face/face.h"
#include "office/staff/staff.h"
#include "service/identity/identity.h"
#include "service/ledger/ledger.h"
#include "service/token/token.h"

#define EXPIRE_AT_ONCE       500
#define CERTIFICATES_AT_ONCE 50
#define FACES_AT_ONCE        50
#define SCHEDULES_AT_ONCE    64
#define BATCH_ROWS_AT_ONCE   2000
#define BATCHES_AT_ONCE      64
#define DAY_END_AT_ONCE      ZY_SECONDS(5)

static zy_status expire_orders(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_flow_expire(env, EXPIRE_AT_ONCE, &done, err);
}

static zy_status read_day(zy_rtx *rtx, void *arg, zy_err *err)
{
    return zy_ledger_day(rtx, arg, err);
}

typedef struct cut_off_job {
    zy_env *env;
    zy_day day;
} cut_off_job;

static zy_status cut_off(zy_tx *tx, void *arg, zy_err *err)
{
    const cut_off_job *job = arg;
    return zy_ledger_cut_off(tx, job->day, zy_env_now(job->env), err);
}

/* 日切: the accounting day follows the Beijing calendar; another node may be first. */
static zy_status follow_calendar(zy_env *env, zy_err *err)
{
    cut_off_job job = { .env = env };
    ZY_TRY(zy_db_read(env->db, "ledger.day", read_day, &job.day, err));
    for (; job.day.days < zy_day_of(zy_env_now(env)).days; job.day.days++) {
        zy_status status = zy_db_run(env->db, "ledger.cut_off", cut_off, &job, err);
        if (status != ZY_OK)
            return status == ZY_STATE_CONFLICT ? ZY_OK : status;
    }
    return ZY_OK;
}

/* A large bank's takes several rounds. */
static zy_status end_days(zy_env *env, zy_err *err)
{
    bool done = false;
    return zy_ledger_day_end(env, DAY_END_AT_ONCE, &done, err);
}

/* 对账: as soon as the house has closed the day. */
static zy_status reconcile(zy_env *env, zy_err *err)
{
    int64_t cases = 0;
    zy_status status = zy_interbank_reconcile(env, &cases, err);
    if (cases > 0)
        zy_log_info("interbank.cases", ZY_L_INT("cases", cases));
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status run_schedules(zy_env *env, zy_err *err)
{
    int64_t done = 1;
    while (done > 0)
        ZY_TRY(zy_schedule_run(env, SCHEDULES_AT_ONCE, &done, err));
    return ZY_OK;
}

static zy_status pay_batches(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_batch_run(env, BATCH_ROWS_AT_ONCE, &done, err);
}

static zy_status expire_batches(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_batch_expire(env, BATCHES_AT_ONCE, &done, err);
}

static zy_status deliver_transfers(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_transfer_run_due(env, &done, err);
}

static zy_status expire_holds(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_ledger_expire_holds(env, EXPIRE_AT_ONCE, &done, err);
}

static zy_status expire_logins(zy_env *env, zy_err *err)
{
    return zy_identity_expire(env, EXPIRE_AT_ONCE, err);
}

static zy_status expire_token_files(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_token_expire(env, EXPIRE_AT_ONCE, &done, err);
}

static zy_status expire_reveals(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_security_expire(env, EXPIRE_AT_ONCE, &done, err);
}

static zy_status expire_documents(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_document_expire(env, EXPIRE_AT_ONCE, &done, err);
}

static zy_status expire_registrations(zy_env *env, zy_err *err)
{
    return zy_registration_expire(env, EXPIRE_AT_ONCE, err);
}

static zy_status sleep_unused(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_staff_sleep_unused(env, EXPIRE_AT_ONCE, &done, err);
}

static zy_status keep_certificates(zy_env *env, zy_err *err)
{
    return zy_cert_keep(env, CERTIFICATES_AT_ONCE, err);
}

static zy_status keep_faces(zy_env *env, zy_err *err)
{
    return zy_face_keep(env, FACES_AT_ONCE, err);
}

static zy_status expire_phone_payees(zy_env *env, zy_err *err)
{
    int64_t done = 0;
    return zy_phonepay_expire(env, EXPIRE_AT_ONCE, &done, err);
}

void zy_app_keep_house(zy_app *app)
{
    static const struct {
        const char *event;
        zy_status (*run)(zy_env *env, zy_err *err);
    } TASKS[] = { { "housekeeping.orders", expire_orders }, { "housekeeping.day", follow_calendar },
                  { "housekeeping.day_end", end_days },
                  { "housekeeping.reconcile", reconcile },
                  { "housekeeping.schedules", run_schedules },
                  { "housekeeping.delayed", deliver_transfers },
                  { "housekeeping.batches", pay_batches },
                  { "housekeeping.stale_batches", expire_batches },
                  { "housekeeping.holds", expire_holds },
                  { "housekeeping.logins", expire_logins }, { "housekeeping.token_files", expire_token_files },
                  { "housekeeping.registrations", expire_registrations },
                  { "housekeeping.certificates", keep_certificates },
                  { "housekeeping.faces", keep_faces },
                  { "housekeeping.phone_payees", expire_phone_payees },
                  { "housekeeping.documents", expire_documents },
                  { "housekeeping.reveals", expire_reveals },
                  { "housekeeping.staff", sleep_unused } };
    for (size_t i = 0; i < ZY_COUNT(TASKS); i++) {
        zy_err err = { 0 };
        if (TASKS[i].run(&app->env, &err) != ZY_OK)
            zy_log_err(TASKS[i].event, &err);
    }
}
