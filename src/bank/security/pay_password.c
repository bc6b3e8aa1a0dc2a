/* The transaction password without the old one: pay_password.get, pay_password.set (after the counter's reset), pay_password.unlock.
 * Both orders take the login password and something that the customer has. */
#include "bank/security/security_internal.h"
#include "service/identity/password_aid.h"

typedef struct facts_job {
    zy_call *call;
    zy_pay_password_facts facts;
} facts_job;

static zy_status facts_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    facts_job *job = arg;
    return zy_pay_password_facts_read(rtx, job->call->env, job->call->caller->customer, &job->facts, err);
}

zy_status pay_password_get_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    facts_job job = { .call = call };
    ZY_TRY(zy_db_read(call->env->db, "pay_password.get", facts_read, &job, err));
    zy_json_set_bool(body, "locked", job.facts.locked);
    zy_json_set_bool(body, "may_unlock", job.facts.may_unlock);
    zy_json_set_int(body, "set_until", job.facts.set_until.ms);
    return ZY_OK;
}

static void describe(zy_order_lines *lines, const void *arg)
{
    const zy_str *words = arg;
    zy_order_line(lines, "what", ZY_STR("pay_password"), "办理内容", *words);
}

/* ---- pay_password.set ---- */

static zy_status keep_record(zy_call *call, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_json *body, zy_err *err)
{
    static const zy_str WORDS = { "设置新的交易密码", sizeof "设置新的交易密码" - 1 };
    char hex[2 * ZY_PASSWORD_RECORD_BYTES + 1];
    zy_hex_encode(record, ZY_PASSWORD_RECORD_BYTES, hex);
    zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "record", hex);
    zy_wipe(hex, sizeof hex);
    const zy_prepare prepare = { .kind = &PAY_SET_KIND, .describe = describe, .arg = &WORDS,
                                 .draft = { .risk = "high", .payload = payload, .sms_purpose = WORDS } };
    return zy_order_prepare(call, &prepare, body, err);
}

zy_status pay_password_set_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const pay_password_set_in *in = input;
    facts_job job = { .call = call };
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "pay_password.set", facts_read, &job, err));
    if (job.facts.set_until.ms == 0)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the counter has allowed nothing, or it is over");
    ZY_TRY(zy_pay_password_record(call, in->password.challenge_id, in->password.cipher, record, body, err));
    zy_status status = keep_record(call, record, body, err);
    zy_wipe(record, sizeof record);
    return status;
}

static zy_status set_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)audit;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    ZY_TRY(security_payload_record(payload, record, err));
    zy_status status = zy_pay_password_set(tx, env, o->customer, record, o->done_at, err);
    zy_wipe(record, sizeof record);
    return status;
}

/* ---- pay_password.unlock ---- */

zy_status pay_password_unlock_prepare_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    static const zy_str WORDS = { "解锁交易密码", sizeof "解锁交易密码" - 1 };
    (void)input;
    facts_job job = { .call = call };
    bool repeated = false;
    ZY_TRY(zy_order_repeat(call, body, &repeated, err));
    if (repeated)
        return ZY_OK;
    ZY_TRY(zy_db_read(call->env->db, "pay_password.unlock", facts_read, &job, err));
    if (!job.facts.locked)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the transaction password is not locked");
    if (!job.facts.may_unlock)
        return zy_fail(err, ZY_LOCKED, NULL, "not by the customer himself: the counter");
    const zy_prepare prepare = { .kind = &PAY_UNLOCK_KIND, .describe = describe, .arg = &WORDS,
                                 .draft = { .risk = "high", .payload = zy_json_object(), .sms_purpose = WORDS,
                                            .notice = ZY_STR("请确认您仍记得交易密码；如已忘记，请携带证件到网点重置。") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static zy_status unlock_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)payload;
    (void)audit;
    return zy_pay_password_unlock(tx, env, o->customer, o->done_at, err);
}

const zy_order_kind PAY_SET_KIND = { .name = "pay_password.set", .title_zh = "设置交易密码", .scene = "pay.set",
                                     .execute = set_execute };
const zy_order_kind PAY_UNLOCK_KIND = { .name = "pay_password.unlock", .title_zh = "解锁交易密码", .scene = "pay.unlock",
                                        .execute = unlock_execute };
