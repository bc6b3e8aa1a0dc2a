/* The transaction and the login password as factors of orders. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "service/identity/identity_repo.h"
#include "service/identity/login.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"

typedef struct secret_kind {
    const char *name;
    zy_secret_purpose purpose; /* of the client's encryption */
    zy_try_kind tries;
    const char *right, *wrong; /* audit events */
    const char *title, *message; /* to the customer, when it locks */
} secret_kind;
static const secret_kind PAY = { "pay", ZY_SECRET_TRANSACTION, ZY_TRY_PAY, "factor.pay_password_ok", "factor.pay_password_wrong", "交易密码已暂时锁定",
                                 "交易密码多次输入错误，已暂停使用30分钟。如非本人操作，请立即联系客服。" };
static const secret_kind LOGIN = { "login", ZY_SECRET_LOGIN, ZY_TRY_LOGIN, "factor.login_password_ok", "factor.login_password_wrong", "登录密码已暂时锁定",
                                   "验证登录密码时多次输入错误，已暂停使用30分钟。如非本人操作，请立即联系客服。" };

typedef struct secret_job {
    zy_call *call;
    const secret_kind *kind;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES], key[ZY_SM3_BYTES];
    bool locked, right;
} secret_job;

static zy_status read_record(zy_rtx *rtx, void *arg, zy_err *err)
{
    secret_job *job = arg;
    char state[16];
    return credential_find(rtx, job->call->caller->customer, job->kind->name, job->record, state, err);
}

static zy_status take_try(zy_tx *tx, void *arg, zy_err *err)
{
    secret_job *job = arg;
    return zy_try_take(tx, job->key, job->call->now, &job->locked, err);
}

static zy_status audit_factor(zy_tx *tx, const secret_job *job, const char *event, const char *result, zy_err *err)
{
    const zy_caller *c = job->call->caller;
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = c->customer, .object_kind = "",
                              .address = c->address, .device = zy_str_of(c->device_id), .trace = zy_str_of(job->call->trace),
                              .result = zy_str_of(result) };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

static zy_status record_result(zy_tx *tx, void *arg, zy_err *err)
{
    const secret_job *job = arg;
    const secret_kind *kind = job->kind;
    bool locked = false;
    if (job->right) {
        ZY_TRY(zy_try_forgive(tx, job->key, job->call->now, err));
        return audit_factor(tx, job, kind->right, "OK", err);
    }
    ZY_TRY(audit_factor(tx, job, kind->wrong, "FACTOR_WRONG", err));
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), job->key, job->call->now, &locked, err));
    if (!locked)
        return ZY_OK;
    return zy_notify_add(tx, job->call->env, job->call->caller->customer, "security", zy_str_of(kind->title),
                         zy_str_of(kind->message), err);
}

static zy_status make_key(secret_job *job)
{
    const zy_caller *c = job->call->caller;
    if (job->kind->tries == ZY_TRY_LOGIN && c->device_bound)
        return zy_try_bound_key(job->call->env, ZY_TRY_LOGIN, c->customer, zy_str_of(c->device_id), job->key);
    return zy_try_key(job->call->env, job->kind->tries, c->customer, NULL, job->key);
}

static zy_status check_secret(zy_call *call, const secret_kind *kind, zy_str challenge_id, zy_str cipher_base64, zy_err *err)
{
    zy_env *env = call->env;
    secret_job job = { .call = call, .kind = kind };
    ZY_AUTO_SECRET secret = { .n = 0 };
    const zy_secret_in in = { challenge_id, cipher_base64 };
    ZY_TRY(zy_secret_take(call, &in, kind->purpose, &secret, err));
    ZY_TRY(make_key(&job));
    ZY_TRY(zy_db_read(env->db, "factor.secret_record", read_record, &job, err));
    ZY_TRY(zy_db_run(env->db, "factor.secret_try", take_try, &job, err));
    if (job.locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many wrong %s passwords", kind->name);
    zy_status status = zy_hash_pool_check(env->keys, &secret, job.record, err);
    if (status != ZY_OK && status != ZY_FACTOR_WRONG)
        return status;
    job.right = status == ZY_OK;
    ZY_TRY(zy_db_run(env->db, "factor.secret_result", record_result, &job, err));
    return job.right ? ZY_OK : zy_fail(err, ZY_FACTOR_WRONG, NULL, "%s password", kind->name);
}

zy_status zy_factor_pay_password(zy_call *call, zy_str challenge_id, zy_str cipher_base64, zy_err *err)
{
    return check_secret(call, &PAY, challenge_id, cipher_base64, err);
}

zy_status zy_factor_login_password(zy_call *call, zy_str challenge_id, zy_str cipher_base64, zy_err *err)
{
    return check_secret(call, &LOGIN, challenge_id, cipher_base64, err);
}
