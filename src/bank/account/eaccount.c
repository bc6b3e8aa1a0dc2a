/* What the orders on e-accounts share: whose it is, what a payload holds, the account's own password. */
#include <string.h>

#include "bank/account/account_repo.h"
#include "bank/account/manage.h"
#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "service/identity/login.h"


zy_id payload_id(const zy_json *payload, const char *name)
{
    int64_t v = 0;
    (void)zy_json_int(payload, name, &v);
    return (zy_id){ v };
}

zy_str payload_str(const zy_json *payload, const char *name)
{
    zy_str value = { 0 };
    (void)zy_json_str(payload, name, &value);
    return value;
}

void payload_set_record(zy_json *payload, const uint8_t record[ZY_PASSWORD_RECORD_BYTES])
{
    char hex[2 * ZY_PASSWORD_RECORD_BYTES + 1];
    zy_hex_encode(record, ZY_PASSWORD_RECORD_BYTES, hex);
    zy_json_set_c(payload, "record", hex);
    zy_wipe(hex, sizeof hex);
}

zy_status payload_record(const zy_json *payload, uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_err *err)
{
    size_t n = 0;
    if (zy_hex_decode(payload_str(payload, "record"), ret_record, ZY_PASSWORD_RECORD_BYTES, &n) != ZY_OK || n != ZY_PASSWORD_RECORD_BYTES)
        return zy_fail(err, ZY_INTERNAL, NULL, "an order without its secret");
    return ZY_OK;
}

zy_str number_tail(const char *number)
{
    size_t n = strlen(number);
    return zy_str_of(n > 4 ? number + n - 4 : number);
}

zy_status eaccount_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, unsigned use, zy_account *ret_account,
                       eaccount_row *ret_row, zy_err *err)
{
    ZY_TRY(zy_account_own(rtx, env, customer, account, ret_account, err));
    ZY_TRY(account_needs(ret_account, use, err));
    if (strcmp(ret_account->state, "closed") == 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "account_id", "the account is closed");
    return eaccount_select(rtx, account, ret_row, err);
}

/* ---- the account's own password ---- */

typedef struct try_job {
    zy_call *call;
    zy_id account;
    uint8_t key[ZY_SM3_BYTES];
    bool locked;
    zy_status result;
} try_job;

static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    try_job *job = arg;
    return zy_try_take(tx, job->key, job->call->now, &job->locked, err);
}

static zy_status result_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const try_job *job = arg;
    const zy_call *call = job->call;
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = "account.password_wrong", .actor_kind = "customer", .actor = c->customer, .object_kind = "account",
                              .object = job->account, .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = ZY_STR("FACTOR_WRONG") };
    if (job->result == ZY_OK)
        return zy_try_forgive(tx, job->key, call->now, err);
    if (job->result != ZY_FACTOR_WRONG)
        return zy_try_return(tx, job->key, call->now, err);
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

zy_status eaccount_password_check(zy_call *call, const eaccount_row *row, const cipher_in *in, zy_err *err)
{
    zy_env *env = call->env;
    try_job job = { .call = call, .account = row->account };
    ZY_AUTO_SECRET secret = { .n = 0 };
    const zy_secret_in cipher = { in->challenge_id, in->cipher };
    ZY_TRY(zy_secret_take(call, &cipher, ZY_SECRET_CARD_PIN, &secret, err));
    ZY_TRY(zy_try_key(env, ZY_TRY_ACCOUNT, row->account, NULL, job.key));
    ZY_TRY(zy_db_run(env->db, "account.password_try", take_unit, &job, err));
    if (job.locked)
        return zy_fail(err, ZY_LOCKED, "password", "too many wrong passwords of this account");
    job.result = zy_hash_pool_check(env->keys, &secret, row->pin_record, err);
    ZY_TRY(zy_db_run(env->db, "account.password_result", result_unit, &job, err));
    return job.result == ZY_OK ? ZY_OK : zy_fail(err, job.result, "password", "the account's password");
}

zy_status eaccount_forgive(zy_tx *tx, zy_env *env, zy_try_kind kind, zy_id whose, zy_time now, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(zy_try_key(env, kind, whose, NULL, key));
    return zy_try_forgive(tx, key, now, err);
}

/* ---- start ---- */

const zy_config_row ZY_ACCOUNT_CONFIG[] = {
    { "account.eaccount_bin", ZY_C_TEXT, "629989", 6, 6, NULL, "first six digits of the numbers of class II and III accounts" },
};
const size_t ZY_ACCOUNT_CONFIG_COUNT = ZY_COUNT(ZY_ACCOUNT_CONFIG);

zy_status zy_account_start(zy_env *env, zy_err *err)
{
    (void)env;
    const zy_order_kind *const ORDERS[] = { &EACCOUNT_OPEN_KIND, &EACCOUNT_CLOSE_KIND,     &EACCOUNT_PASSWORD_KIND, &ACCOUNT_LOSS_KIND,
                                            &ACCOUNT_ADD_KIND,   &ACCOUNT_LOSS_LIFT_KIND, &LIMIT_RAISE_KIND };
    account_kinds_start();
    account_staff_start();
    for (size_t i = 0; i < ZY_COUNT(ORDERS); i++)
        if (zy_flow_register(ORDERS[i]) != ZY_OK)
            return zy_fail(err, ZY_CONFIG_BAD, "", "too many kinds of orders");
    return ZY_OK;
}
