#include "zy_test_staff.h"

#include <string.h>

static void totp_of(const char *user, uint8_t out[20])
{
    size_t n = strlen(user);
    for (size_t i = 0; i < 20; i++)
        out[i] = (uint8_t)user[i % n];
}

typedef struct add_job {
    zy_env *env;
    zy_staff_row *row;
    zy_id staff;
} add_job;

static zy_status add_unit(zy_tx *tx, void *arg, zy_err *err)
{
    add_job *job = arg;
    return zy_staff_insert(tx, job->env, job->row, &job->staff, err);
}

zy_status zy_test_staff_add(zy_env *env, const char *user, const char *name, const char *role, zy_id *ret_staff)
{
    zy_err err = { 0 };
    ZY_TRY(zy_staff_start(env, &err));
    uint8_t totp[20];
    zy_secret password = { .n = strlen(ZY_TEST_STAFF_PASSWORD) };
    memcpy(password.bytes, ZY_TEST_STAFF_PASSWORD, password.n);
    totp_of(user, totp);
    const zy_staff_new staff = { .user = zy_str_of(user), .name = zy_str_of(name), .role = zy_str_of(role),
                                 .password = &password, .totp_secret = totp,
                                 .password_rounds = (unsigned)zy_config_int(env->config, "password.iterations") };
    add_job job = { .env = env };
    ZY_TRY(zy_staff_prepare(env, &staff, &job.row, &err));
    zy_status status = zy_db_run(env->db, "test.staff", add_unit, &job, &err);
    zy_staff_row_free(job.row);
    ZY_TRY(status);
    if (ret_staff != NULL)
        *ret_staff = job.staff;
    return ZY_OK;
}

void zy_test_staff_code(const zy_env *env, const char *user, int64_t offset_s, char out[7])
{
    uint8_t totp[20];
    totp_of(user, totp);
    if (zy_totp(totp, sizeof totp, zy_env_now(env).ms / 1000 + offset_s, out) != ZY_OK)
        memcpy(out, "000000", 7);
}
