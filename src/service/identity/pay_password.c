/* The transaction password as a factor of orders. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "service/identity/identity_repo.h"
#include "service/identity/login.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"

#define PURPOSE_TRANSACTION 2

typedef struct pay_job {
    zy_call *call;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES], key[ZY_SM3_BYTES];
    bool locked, right;
} pay_job;

static zy_status read_record(zy_rtx *rtx, void *arg, zy_err *err)
{
    pay_job *job = arg;
    char state[16];
    return credential_find(rtx, job->call->caller->customer, "pay", job->record, state, err);
}

static zy_status take_try(zy_tx *tx, void *arg, zy_err *err)
{
    pay_job *job = arg;
    return zy_try_take(tx, job->key, job->call->now, &job->locked, err);
}

static zy_status audit_factor(zy_tx *tx, const pay_job *job, const char *event, const char *result, zy_err *err)
{
    const zy_caller *c = job->call->caller;
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = c->customer, .object_kind = "",
                              .address = c->address, .device = zy_str_of(c->device_id), .trace = zy_str_of(job->call->trace),
                              .result = zy_str_of(result) };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

static zy_status record_result(zy_tx *tx, void *arg, zy_err *err)
{
    const pay_job *job = arg;
    bool locked = false;
    if (job->right) {
        ZY_TRY(zy_try_forgive(tx, job->key, job->call->now, err));
        return audit_factor(tx, job, "factor.pay_password_ok", "OK", err);
    }
    ZY_TRY(audit_factor(tx, job, "factor.pay_password_wrong", "FACTOR_WRONG", err));
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), job->key, job->call->now, &locked, err));
    if (!locked)
        return ZY_OK;
    return zy_notify_add(tx, job->call->env, job->call->caller->customer, "security", ZY_STR("交易密码已暂时锁定"),
                         ZY_STR("交易密码多次输入错误，已暂停使用30分钟。如非本人操作，请立即联系客服。"), err);
}

zy_status zy_factor_pay_password(zy_call *call, zy_str challenge_id, zy_str cipher_base64, zy_err *err)
{
    zy_env *env = call->env;
    pay_job job = { .call = call };
    ZY_AUTO_SECRET secret = { .n = 0 };
    const zy_secret_in in = { challenge_id, cipher_base64 };
    ZY_TRY(zy_secret_take(call, &in, PURPOSE_TRANSACTION, &secret, err));
    ZY_TRY(zy_try_key(env, ZY_TRY_PAY, call->caller->customer, NULL, job.key));
    ZY_TRY(zy_db_read(env->db, "factor.pay_record", read_record, &job, err));
    ZY_TRY(zy_db_run(env->db, "factor.pay_try", take_try, &job, err));
    if (job.locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong transaction passwords");
    zy_status status = zy_hash_pool_check(env->keys, &secret, job.record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    job.right = status == ZY_OK;
    ZY_TRY(zy_db_run(env->db, "factor.pay_result", record_result, &job, err));
    return job.right ? ZY_OK : zy_fail(err, ZY_FACTOR_WRONG, NULL, "transaction password");
}
