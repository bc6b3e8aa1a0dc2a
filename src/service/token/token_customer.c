/* What a customer does with his token. */
#include "service/notify/notify.h"
#include "service/token/token_check.h"

/* --- token.get --- */

typedef struct own_job {
    zy_call *call;
    token_row row;
} own_job;

static zy_status read_own(zy_rtx *rtx, void *arg, zy_err *err)
{
    own_job *job = arg;
    return token_of_customer(rtx, job->call->caller->customer, &job->row, err);
}

zy_status token_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    own_job job = { .call = call };
    zy_status status = zy_db_read(call->env->db, "token.get", read_own, &job, err);
    if (status == ZY_NOT_FOUND) {
        zy_json_set_c(body, "state", "none");
        return ZY_OK;
    }
    ZY_TRY(status);
    zy_json_set_c(body, "state", token_state_name(job.row.state));
    zy_json_set_c(body, "serial_tail", token_serial_tail(&job.row));
    zy_json_set_int(body, "assigned_at", job.row.assigned_at.ms);
    if (job.row.activated_at.ms != 0)
        zy_json_set_int(body, "activated_at", job.row.activated_at.ms);
    return ZY_OK;
}

/* --- token.activate, token.sync: two codes that followed each other --- */

static zy_status two_codes(zy_call *call, const token_codes_in *in, const token_check *how, zy_json *body, zy_err *err)
{
    token_check check = *how;
    check.call = call;
    check.serial = in->serial;
    check.proof = (token_proof){ .codes = { in->code, in->next_code }, .count = 2 };
    ZY_TRY(token_check_codes(&check, err));
    zy_json_set_c(body, "state", token_state_name(TOKEN_ACTIVE));
    return ZY_OK;
}

zy_status token_activate_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    static const token_check HOW = { .states = TOKEN_INACTIVE, .event_ok = "token.activated", .event_wrong = "token.activate_wrong" };
    return two_codes(call, input, &HOW, body, err);
}

zy_status token_sync_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    static const token_check HOW = { .states = TOKEN_ACTIVE, .event_ok = "token.synced", .event_wrong = "token.sync_wrong" };
    return two_codes(call, input, &HOW, body, err);
}

/* --- token.lost: takes effect at once; only the counter gives another --- */

static zy_status lose_unit(zy_tx *tx, void *arg, zy_err *err)
{
    own_job *job = arg;
    zy_call *call = job->call;
    ZY_TRY(token_of_customer_lock(tx, call->caller->customer, &job->row, err));
    ZY_TRY(token_update_state(tx, &job->row, TOKEN_LOST, call->now, err));
    ZY_TRY(token_audit(tx, call, "token.lost", &job->row, ZY_OK, err));
    return zy_notify_add(tx, call->env, call->caller->customer, "security", ZY_STR("动态令牌已挂失"),
                         ZY_STR("您的动态令牌已挂失，不能再用于交易验证。补办请到网点办理。"), err);
}

zy_status token_lost_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    own_job job = { .call = call };
    ZY_TRY(zy_db_run(call->env->db, "token.lost", lose_unit, &job, err));
    zy_json_set_c(body, "state", token_state_name(TOKEN_LOST));
    return ZY_OK;
}
