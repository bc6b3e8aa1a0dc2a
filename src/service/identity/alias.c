/* alias.set: a name of the customer's own to log in with, so that neither phone nor card number need be typed. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/identity_repo.h"
#include "service/identity/standing_repo.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"

#define ALIAS_MIN    6
#define ALIAS_MAX    20
#define DIGITS_ALIKE 4 /* so many digits in a row of phone, identity or customer number give somebody away */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool has_shape(zy_str alias)
{
    if (alias.n < ALIAS_MIN || alias.n > ALIAS_MAX || !is_letter(alias.p[0]))
        return false;
    for (size_t i = 0; i < alias.n; i++)
        if (!is_letter(alias.p[i]) && memchr("0123456789._-", alias.p[i], 13) == NULL)
            return false;
    return true;
}

/* Do `alias` and `number` have a row of digits in common? */
static bool is_alike(zy_str alias, const char *number)
{
    size_t n = strlen(number);
    for (size_t i = 0; n >= DIGITS_ALIKE && i + DIGITS_ALIKE <= n; i++)
        if (memmem(alias.p, alias.n, number + i, DIGITS_ALIKE) != NULL)
            return true;
    return false;
}

zy_status zy_alias_check(zy_str alias, const zy_person *person, zy_err *err)
{
    if (!has_shape(alias))
        return zy_fail(err, ZY_BAD_FIELD, "alias", "%d to %d letters and digits, a letter first", ALIAS_MIN, ALIAS_MAX);
    bool alike = is_alike(alias, person->phone) || is_alike(alias, person->id_no) || is_alike(alias, person->customer_no);
    return alike ? zy_fail(err, ZY_ALIAS_REFUSED, "alias", "like a number of the person") : ZY_OK;
}

typedef struct alias_job {
    zy_call *call;
    char alias[ALIAS_MAX + 1]; /* in one spelling */
    bool locked, taken;
} alias_job;

/* Somebody who tries many learns which names are others': each try counts as one of a day. */
static zy_status take_try(zy_tx *tx, alias_job *job, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(job->call->caller->customer, id);
    ZY_TRY(zy_try_source_key(job->call->env, ZY_FROM_ALIAS, zy_str_of(id), key));
    return zy_try_source_take(tx, job->call->env, ZY_FROM_ALIAS, key, job->call->now, &job->locked, err);
}

static zy_status owner_of(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], zy_id *ret_owner, zy_err *err)
{
    *ret_owner = (zy_id){ 0 };
    zy_status status = login_name_find(rtx, index, ret_owner, err);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status put_alias(zy_tx *tx, alias_job *job, const uint8_t index[ZY_SM3_BYTES], zy_err *err)
{
    zy_env *env = job->call->env;
    const zy_caller *caller = job->call->caller;
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(login_name_drop(tx, caller->customer, "alias", err));
    ZY_TRY(login_name_insert(tx, caller->customer, "alias", index, err));
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, (zy_cell){ "customer_identity", "alias", caller->customer }, job->alias,
                        strlen(job->alias), &sealed));
    ZY_TRY(identity_cell_put(tx, caller->customer, "alias", zy_buf_view(&sealed), err));
    const zy_audit record = { .event = "alias.set", .actor_kind = "customer", .actor = caller->customer, .object_kind = "customer",
                              .object = caller->customer, .address = caller->address, .device = zy_str_of(caller->device_id),
                              .trace = zy_str_of(job->call->trace), .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, env, &record, NULL, err));
    return zy_notify_add(tx, env, caller->customer, "security", ZY_STR("登录名已设置"),
                         ZY_STR("您的登录名已更新，可用它登录手机银行。如非本人操作，请立即修改密码并联系客服。"), err);
}

static zy_status alias_unit(zy_tx *tx, void *arg, zy_err *err)
{
    alias_job *job = arg;
    zy_env *env = job->call->env;
    zy_id customer = job->call->caller->customer, owner;
    ZY_AUTO_PERSON person = { 0 };
    uint8_t index[ZY_SM3_BYTES];
    ZY_TRY(take_try(tx, job, err));
    if (job->locked)
        return ZY_OK;
    ZY_TRY(zy_customer_person(zy_tx_read(tx), env, customer, &person, err));
    ZY_TRY(zy_login_name_index(env, zy_str_of(job->alias), index));
    ZY_TRY(owner_of(zy_tx_read(tx), index, &owner, err));
    zy_status status = zy_alias_check(zy_str_of(job->alias), &person, err);
    if (status != ZY_OK && status != ZY_ALIAS_REFUSED)
        return status;
    job->taken = status != ZY_OK || (owner.v != 0 && !zy_id_eq(owner, customer));
    return job->taken ? ZY_OK : put_alias(tx, job, index, err);
}

/* Names that are another's, and those that give the customer away, have the same answer; the try is counted in each case. */
zy_status zy_alias_set(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const alias_set_in *in = input;
    alias_job job = { .call = call };
    (void)body;
    if (!has_shape(in->alias))
        return zy_fail(err, ZY_BAD_FIELD, "alias", "%d to %d letters and digits, a letter first", ALIAS_MIN, ALIAS_MAX);
    for (size_t i = 0; i < in->alias.n; i++)
        job.alias[i] = in->alias.p[i] >= 'A' && in->alias.p[i] <= 'Z' ? (char)(in->alias.p[i] - 'A' + 'a') : in->alias.p[i];
    ZY_TRY(zy_db_run(call->env->db, "alias.set", alias_unit, &job, err));
    if (job.locked)
        return zy_fail(err, ZY_LOCKED, NULL, "too many aliases tried");
    return job.taken ? zy_fail(err, ZY_ALIAS_REFUSED, "alias", "not free, or like a number of the person") : ZY_OK;
}
