/* account.close, account.password.change, account.password.reset */
#include <stdio.h>
#include <string.h>

#include "bank/account/eaccount.h"
#include "service/identity/password_aid.h"
#include "service/ledger/ledger.h"

typedef struct change_job {
    zy_call *call;
    zy_id account;
    unsigned use;
    zy_account own, bound;
    eaccount_row row;
    zy_balance balance;
} change_job;

static void change_job_wipe(change_job *job)
{
    zy_wipe(job, sizeof *job);
}
#define CHANGE_JOB_AUTO __attribute__((cleanup(change_job_wipe))) change_job

static zy_status change_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    change_job *job = arg;
    zy_env *env = job->call->env;
    zy_id customer = job->call->caller->customer;
    ZY_TRY(eaccount_own(rtx, env, customer, job->account, job->use, &job->own, &job->row, err));
    ZY_TRY(account_owned(rtx, env, customer, job->row.bound, &job->bound, err));
    return zy_ledger_balance(rtx, job->account, &job->balance, err);
}

static void line_account(zy_order_lines *lines, const char *name, const zy_account *account, const char *label)
{
    char masked[ZY_MASK_MAX];
    zy_mask_card(zy_str_of(account->number), masked);
    zy_order_line(lines, name, zy_str_of(masked), label, zy_str_of(masked));
}

/* ---- account.close ---- */

static zy_status check_closable(const change_job *job, zy_err *err)
{
    if (strcmp(job->own.state, "active") != 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "account_id", "the account is %s", job->own.state);
    if (job->balance.held.fen > 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "account_id", "something is held");
    if (strcmp(job->bound.state, "closed") == 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, "account_id", "the bound account is closed");
    return ZY_OK;
}

static void close_describe(zy_order_lines *lines, const void *arg)
{
    const change_job *job = arg;
    line_account(lines, "account", &job->own, "注销账户");
    zy_order_line(lines, "balance", ZY_STR("all"), "账户余额", ZY_STR("全部转入绑定账户"));
    line_account(lines, "bound_account", &job->bound, "绑定账户");
}

static void set_masked(zy_json *o, const char *name, const char *number)
{
    char masked[ZY_MASK_MAX];
    zy_mask_card(zy_str_of(number), masked);
    zy_json_set_c(o, name, masked);
}

zy_status eaccount_close_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const eaccount_close_in *in = input;
    CHANGE_JOB_AUTO job = { .call = call, .account = in->account_id, .use = ZY_USE_CLOSE };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "account.close", change_read, &job, err));
    ZY_TRY(check_closable(&job, err));
    ZY_TRY(eaccount_password_check(call, &job.row, &in->password, err));
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "account", job.account.v);
    zy_json_set_int(payload, "bound", job.row.bound.v);
    set_masked(payload, "number", job.own.number);
    set_masked(payload, "bound_number", job.bound.number);
    const zy_prepare prepare = { .kind = &EACCOUNT_CLOSE_KIND, .describe = close_describe, .arg = &job,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = ZY_STR("注销电子账户"),
                                            .notice = ZY_STR("注销后账户不能恢复，交易记录仍可查询。") } };
    return zy_order_prepare(call, &prepare, body, err);
}

/* Whatever is on it now: nothing is left behind, and a posting that slips in between makes the closing fail. */
static zy_status return_balance(zy_tx *tx, const zy_order *o, const zy_json *payload, zy_id audit, zy_money balance, zy_err *err)
{
    zy_journal journal = {
        .id = o->journal, .order = o->id, .audit = audit, .summary_code = "CLS", .summary = ZY_STR("销户转出"),
        .legs = { { .account = payload_id(payload, "account"), .amount = { -balance.fen },
                    .counterparty = payload_str(payload, "bound_number") },
                  { .account = payload_id(payload, "bound"), .amount = balance, .counterparty = payload_str(payload, "number") } },
        .leg_count = 2,
    };
    return zy_ledger_post(tx, &journal, o->done_at, err);
}

static zy_status close_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)env;
    zy_id account = payload_id(payload, "account");
    zy_balance now;
    ZY_TRY(zy_ledger_balance(zy_tx_read(tx), account, &now, err));
    if (strcmp(now.state, "active") != 0 || now.held.fen > 0)
        return zy_fail(err, ZY_ACCOUNT_STATE, NULL, "the account is %s, or something is held", now.state);
    if (now.balance.fen > 0)
        ZY_TRY(return_balance(tx, o, payload, audit, now.balance, err));
    ZY_TRY(zy_ledger_set_state(tx, account, "closed", err));
    return eaccount_close(tx, account, o->done_at, err);
}

static zy_status tell(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, const char *title, const char *what, zy_err *err)
{
    char number[ZY_MASK_MAX] = "";
    ZY_AUTO_BUF words = { 0 };
    ZY_TRY(zy_str_copy(payload_str(payload, "number"), number, sizeof number));
    zy_buf_fmt(&words, "您尾号" ZY_STR_FMT "的电子账户%s。如非本人操作，请立即联系客服。", ZY_STR_ARG(number_tail(number)), what);
    return zy_customer_tell(tx, env, o->customer, zy_str_of(title), zy_buf_view(&words), err);
}

static zy_status close_notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    return tell(tx, env, o, payload, "电子账户已注销", "已注销，余额已转入绑定账户", err);
}

static void receipt(const zy_order *o, const zy_json *payload, zy_json *out)
{
    (void)o;
    zy_json_set_str(out, "number", payload_str(payload, "number"));
}

const zy_order_kind EACCOUNT_CLOSE_KIND = { .name = "account.close", .title_zh = "注销电子账户", .scene = "account.close",
                                            .execute = close_execute, .notify = close_notify, .receipt = receipt };

/* ---- account.password.change, account.password.reset ---- */

static void password_describe(zy_order_lines *lines, const void *arg)
{
    const change_job *job = arg;
    line_account(lines, "account", &job->own, "电子账户");
    zy_order_line(lines, "what", ZY_STR("password"), "办理内容", ZY_STR("设置新的账户密码"));
}

static zy_status store_password(change_job *job, const cipher_in *in, zy_json *body, zy_err *err)
{
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    ZY_TRY(zy_pay_password_record(job->call, in->challenge_id, in->cipher, record, body, err));
    zy_json *payload = zy_json_object();
    zy_json_set_int(payload, "account", job->account.v);
    set_masked(payload, "number", job->own.number);
    payload_set_record(payload, record);
    zy_wipe(record, sizeof record);
    const zy_prepare prepare = { .kind = &EACCOUNT_PASSWORD_KIND, .describe = password_describe, .arg = job,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = ZY_STR("设置电子账户密码") } };
    return zy_order_prepare(job->call, &prepare, body, err);
}

static zy_status prepare_password(zy_call *call, const eaccount_password_in *in, bool knows_old, zy_json *body, zy_err *err)
{
    CHANGE_JOB_AUTO job = { .call = call, .account = in->account_id, .use = ZY_USE_PASSWORD };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "account.password", change_read, &job, err));
    if (knows_old)
        ZY_TRY(eaccount_password_check(call, &job.row, &in->old, err));
    return store_password(&job, &in->password, body, err);
}

zy_status eaccount_password_change_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    return prepare_password(call, input, true, body, err);
}

zy_status eaccount_password_reset_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    return prepare_password(call, input, false, body, err);
}

/* A new password lifts the lock that wrong ones made. */
static zy_status password_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    zy_id account = payload_id(payload, "account");
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    ZY_TRY(payload_record(payload, record, err));
    zy_status status = eaccount_set_password(tx, account, record, err);
    zy_wipe(record, sizeof record);
    ZY_TRY(status);
    ZY_TRY(eaccount_forgive(tx, env, ZY_TRY_ACCOUNT, account, o->done_at, err));
    return eaccount_forgive(tx, env, ZY_TRY_USED, o->customer, o->done_at, err);
}

static zy_status password_notify(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_err *err)
{
    return tell(tx, env, o, payload, "电子账户密码已设置", "密码已重新设置", err);
}

const zy_order_kind EACCOUNT_PASSWORD_KIND = { .name = "account.password", .title_zh = "设置电子账户密码", .scene = "account.password",
                                               .execute = password_execute, .notify = password_notify, .receipt = receipt };
