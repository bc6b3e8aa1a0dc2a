/* What is set up once and what the house does by itself: parameters, the first two administrators, unused accounts. */
#include <stdio.h>
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"
#include "service/param/param.h"

#define FIRST_PEOPLE 2
#define SLEEP_AT_ONCE 32

/* The bounds are the clauses' own: at least 7 characters, 4 earlier passwords, 90 days. */
static const zy_param_row PARAMS[] = {
    { "staff.password_min", 8, 7, 32, "chars", "员工口令最短长度", "shortest password of the staff" },
    { "staff.password_history", 5, 4, 24, "count", "员工口令不得与前几次相同", "earlier passwords of the staff that may not return" },
    { "staff.password_days", 90, 1, 90, "days", "员工口令有效天数", "days that a password of the staff is valid" },
    { "staff.unused_days", 90, 7, 90, "days", "员工账号闲置停用天数", "unused days after which a staff account is put to sleep" },
    { "staff.address_tries", 20, 5, 100, "count", "同一地址一天内登录失败锁定次数", "wrong logins of the staff from one address that lock it" },
};

zy_status zy_staff_start(zy_env *env, zy_err *err)
{
    (void)env;
    (void)err;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    staff_register_kinds();
    return ZY_OK;
}

/* --- the first two --- */

typedef struct first_job {
    zy_env *env;
    staff_row rows[FIRST_PEOPLE];
} first_job;

static zy_status first_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const first_job *job = arg;
    int64_t count = 0;
    ZY_TRY(staff_count(zy_tx_read(tx), &count, err));
    if (count != 0)
        return zy_fail(err, ZY_ALREADY_EXISTS, NULL, "there are accounts of the staff; they make others");
    for (size_t i = 0; i < FIRST_PEOPLE; i++) {
        ZY_TRY(staff_insert(tx, &job->rows[i], err));
        const zy_audit record = { .event = "staff.first_made", .actor_kind = "system", .object_kind = "staff",
                                  .object = job->rows[i].id, .result = ZY_STR("OK") };
        ZY_TRY(zy_audit_add(tx, job->env, &record, NULL, err));
    }
    return ZY_OK;
}

static zy_status first_row(zy_env *env, const zy_staff_person *person, size_t i, staff_row *row,
                           char ret_password[ZY_STAFF_FIRST_PASSWORD_MAX], zy_err *err)
{
    zy_err why = { 0 };
    zy_status status = staff_person_row(env, person, "security", row, &why);
    if (status != ZY_OK) {
        char field[sizeof why.field + 4];
        snprintf(field, sizeof field, "%zu.%s", i, why.field);
        return zy_fail(err, status, field, "%s", why.detail);
    }
    row->created_at = zy_env_now(env);
    return staff_make_first(env, row, row->created_at, ret_password);
}

zy_status zy_staff_first(zy_env *env, const zy_staff_person people[2], char ret_passwords[2][ZY_STAFF_FIRST_PASSWORD_MAX],
                         zy_err *err)
{
    first_job job = { .env = env };
    if (zy_str_eq(people[0].phone, people[1].phone))
        return zy_fail(err, ZY_BAD_FIELD, "1.phone", "two people have two phones");
    for (size_t i = 0; i < FIRST_PEOPLE; i++)
        ZY_TRY(first_row(env, &people[i], i, &job.rows[i], ret_passwords[i], err));
    if (memcmp(job.rows[0].person, job.rows[1].person, sizeof job.rows[0].person) == 0)
        return zy_fail(err, ZY_BAD_FIELD, "1.id_no", "the same person");
    return zy_db_run(env->db, "staff.first", first_unit, &job, err);
}

/* --- lifting a lock at the server --- */

typedef struct unlock_job {
    zy_env *env;
    char user[64];
} unlock_job;

static zy_status unlock_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const unlock_job *job = arg;
    staff_row row;
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(staff_by_user(zy_tx_read(tx), zy_str_of(job->user), &row, err));
    ZY_TRY(staff_tries_key(job->env, job->user, key));
    ZY_TRY(staff_try_drop(tx, key, err));
    const zy_audit record = { .event = "staff.unlocked_at_server", .actor_kind = "system", .object_kind = "staff",
                              .object = row.id, .result = ZY_STR("OK") };
    return zy_audit_add(tx, job->env, &record, NULL, err);
}

zy_status zy_staff_unlock_at_server(zy_env *env, zy_str user, zy_err *err)
{
    unlock_job job = { .env = env };
    ZY_TRY(staff_user_normal(user, job.user));
    return zy_db_run(env->db, "staff.unlock", unlock_unit, &job, err);
}

/* --- unused accounts --- */

typedef struct sleep_job {
    zy_env *env;
    zy_time before;
    zy_id ids[SLEEP_AT_ONCE], one;
    int count;
} sleep_job;

static zy_status unused_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    sleep_job *job = arg;
    return staff_unused(rtx, job->before, job->count, job->ids, &job->count, err);
}

static zy_status sleep_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const sleep_job *job = arg;
    staff_row row;
    ZY_TRY(staff_lock_active(tx, err));
    ZY_TRY(staff_by_id(zy_tx_read(tx), job->one, &row, err));
    if (row.used_at.ms >= job->before.ms)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "used meanwhile");
    ZY_TRY(staff_set_state(tx, row.id, "active", "asleep", row.used_at, err));
    ZY_TRY(staff_end_session_by_rule(tx, job->env, row.id, "unused", err));
    ZY_TRY(staff_check_enough(zy_tx_read(tx), err));
    const zy_audit record = { .event = "staff.asleep", .actor_kind = "system", .object_kind = "staff", .object = row.id,
                              .result = ZY_STR("OK") };
    return zy_audit_add(tx, job->env, &record, NULL, err);
}

zy_status zy_staff_sleep_unused(zy_env *env, int max, int64_t *ret_count, zy_err *err)
{
    sleep_job job = { .env = env, .count = max < SLEEP_AT_ONCE ? max : SLEEP_AT_ONCE };
    job.before.ms = zy_env_now(env).ms - ZY_DAYS(zy_param_get(env, "staff.unused_days")).ms;
    *ret_count = 0;
    ZY_TRY(zy_db_read(env->db, "staff.unused", unused_read, &job, err));
    for (int i = 0; i < job.count; i++) {
        job.one = job.ids[i];
        zy_status status = zy_db_run(env->db, "staff.asleep", sleep_unit, &job, err);
        if (status != ZY_OK && status != ZY_STATE_CONFLICT) /* conflict: used meanwhile, or one of the last who can work */
            return status;
        *ret_count += status == ZY_OK;
    }
    return ZY_OK;
}
