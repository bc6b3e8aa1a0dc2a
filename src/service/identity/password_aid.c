#include "service/identity/password_aid.h"

#include "service/identity/login.h"
#include "service/identity/password_change.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/outbox/outbox.h"
#include "service/param/param.h"

#define TEMPORARY_CHARS 12 /* of 31: 59 random bits */
#define NOTICE_LIFE     ZY_HOURS(1)

static const zy_param_row PARAMS[] = {
    { "password.temporary_min", 60, 10, 60, "min", "临时密码及网点重置的有效时间", "minutes that a temporary password or a reset at the counter lives" },
    { "password.after_phone_change_h", 24, 1, 720, "h", "变更手机号后多久才能重置密码",
      "hours after a change of the phone number in which no password is reset" },
    { "pay.unlock_days", 30, 1, 365, "days", "自助解锁交易密码的最短间隔", "days between two liftings of the transaction password's lock by the customer" },
};

void zy_password_aid_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
}

zy_status zy_customer_tell(zy_tx *tx, zy_env *env, zy_id customer, zy_str title, zy_str words, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    ZY_AUTO_SECRET_BUF text = { 0 };
    zy_str brand = zy_config_text(env->config, "brand.name");
    ZY_TRY(zy_notify_add(tx, env, customer, "security", title, words, err));
    ZY_TRY(zy_customer_person(zy_tx_read(tx), env, customer, &person, err));
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】" ZY_STR_FMT, ZY_STR_ARG(brand), ZY_STR_ARG(words));
    zy_time until = zy_time_add(zy_env_now(env), NOTICE_LIFE);
    return zy_outbox_sms(tx, env, zy_str_of(person.phone), zy_buf_view(&text), "notice", until, err);
}

static zy_time life_ends(zy_env *env)
{
    return zy_time_add(zy_env_now(env), ZY_MINUTES(zy_param_get(env, "password.temporary_min")));
}

/* --- the temporary login password --- */

/* Without what is easily misread; at least one letter and one digit come of drawing again. */
static zy_status draw(zy_secret *out)
{
    static const char CHARS[] = "abcdefghjkmnpqrstuvwxyz23456789";
    const size_t kinds = sizeof CHARS - 1, fair = 256 - 256 % kinds;
    bool letter = false, digit = false;
    while (!letter || !digit) {
        letter = digit = false;
        for (out->n = 0; out->n < TEMPORARY_CHARS;) {
            uint8_t byte;
            ZY_TRY(zy_random(&byte, 1));
            if (byte >= fair)
                continue;
            char c = CHARS[byte % kinds];
            letter = letter || c >= 'a';
            digit = digit || c <= '9';
            out->bytes[out->n++] = (uint8_t)c;
        }
    }
    return ZY_OK;
}

static zy_status text_temporary(zy_tx *tx, zy_env *env, zy_id customer, const zy_secret *secret, zy_time until, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    ZY_AUTO_SECRET_BUF text = { 0 };
    zy_str brand = zy_config_text(env->config, "brand.name");
    ZY_TRY(zy_customer_person(zy_tx_read(tx), env, customer, &person, err));
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】网点已为您重置登录密码。临时密码%.*s，%lld分钟内有效，仅可用于登录后修改密码，请勿告诉任何人，包括银行员工。"
                     "如非本人办理，请立即联系客服。",
               ZY_STR_ARG(brand), (int)secret->n, (const char *)secret->bytes,
               (long long)zy_param_get(env, "password.temporary_min"));
    return zy_outbox_sms(tx, env, zy_str_of(person.phone), zy_buf_view(&text), "login", until, err);
}

zy_status zy_password_temporary_make(zy_env *env, zy_temporary_password *ret_password, zy_err *err)
{
    zy_status status = draw(&ret_password->secret);
    if (status != ZY_OK)
        return zy_fail(err, status, NULL, "no randomness");
    return zy_password_make(env->keys, &ret_password->secret, (unsigned)zy_config_int(env->config, "password.iterations"),
                            ret_password->record);
}

zy_status zy_password_temporary(zy_tx *tx, zy_env *env, zy_id customer, const zy_temporary_password *password, zy_err *err)
{
    zy_time until = life_ends(env);
    ZY_TRY(password_put(tx, env, customer, "login", password->record, zy_env_now(env), err));
    ZY_TRY(credential_until_set(tx, customer, "login", until, err));
    ZY_TRY(customer_must_change(tx, customer, err));
    ZY_TRY(zy_identity_unlock_login(tx, env, customer, err));
    return text_temporary(tx, env, customer, &password->secret, until, err);
}

/* --- the transaction password --- */

zy_status zy_pay_password_grant(zy_tx *tx, zy_env *env, zy_id customer, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(zy_try_key(env, ZY_TRY_PAY, customer, NULL, key));
    ZY_TRY(zy_try_block(tx, key, zy_env_now(env), err));
    return pay_aid_grant(tx, customer, life_ends(env), err);
}

zy_status zy_pay_password_facts_read(zy_rtx *rtx, zy_env *env, zy_id customer, zy_pay_password_facts *f, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    pay_aid aid;
    zy_time now = zy_env_now(env);
    zy_dur rest = ZY_DAYS(zy_param_get(env, "pay.unlock_days"));
    *f = (zy_pay_password_facts){ 0 };
    ZY_TRY(zy_try_key(env, ZY_TRY_PAY, customer, NULL, key));
    ZY_TRY(zy_try_is_locked(rtx, key, now, &f->locked, err));
    ZY_TRY(pay_aid_read(rtx, customer, &aid, err));
    bool rested = aid.unlocked_at.ms == 0 || zy_time_passed(now, aid.unlocked_at, rest);
    f->may_unlock = f->locked && aid.set_until.ms == 0 && rested;
    f->set_until = aid.set_until.ms > now.ms ? aid.set_until : (zy_time){ 0 };
    return ZY_OK;
}

zy_status zy_pay_password_record(zy_call *call, zy_str challenge_id, zy_str cipher_base64,
                                 uint8_t ret_record[ZY_PASSWORD_RECORD_BYTES], zy_json *body, zy_err *err)
{
    const zy_secret_in in = { challenge_id, cipher_base64 };
    unsigned rounds = (unsigned)zy_config_int(call->env->config, "password.iterations");
    ZY_AUTO_SECRET secret = { .n = 0 };
    ZY_TRY(zy_secret_take(call, &in, ZY_SECRET_NEW, &secret, err));
    ZY_TRY(password_judge(call, call->caller->customer, "pay", &secret, body, err));
    return zy_password_make(call->env->keys, &secret, rounds, ret_record);
}

zy_status zy_pay_password_set(zy_tx *tx, zy_env *env, zy_id customer, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_time now,
                              zy_err *err)
{
    ZY_TRY(pay_aid_take(tx, customer, now, err));
    ZY_TRY(password_put(tx, env, customer, "pay", record, now, err));
    ZY_TRY(zy_identity_unlock_pay(tx, env, customer, err));
    return password_tell(tx, env, customer, "pay", now, err);
}

zy_status zy_pay_password_unlock(zy_tx *tx, zy_env *env, zy_id customer, zy_time now, zy_err *err)
{
    zy_pay_password_facts facts;
    ZY_TRY(zy_pay_password_facts_read(zy_tx_read(tx), env, customer, &facts, err));
    if (!facts.locked)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "the transaction password is not locked");
    if (!facts.may_unlock)
        return zy_fail(err, ZY_LOCKED, NULL, "not by the customer himself: the counter");
    ZY_TRY(zy_identity_unlock_pay(tx, env, customer, err));
    ZY_TRY(pay_aid_unlocked(tx, customer, now, err));
    return zy_customer_tell(tx, env, customer, ZY_STR("交易密码已解锁"), ZY_STR("您的交易密码锁定已由您自助解除。如非本人操作，请立即联系客服。"),
                            err);
}
