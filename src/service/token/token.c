/* Tokens: what they are, how a code is checked, and the factor of orders. */
#include "service/token/token.h"

#include <string.h>

#include "service/audit/audit.h"
#include "service/factor/factor.h"
#include "service/identity/tries.h"
#include "service/notify/notify.h"
#include "service/param/param.h"
#include "service/token/token_check.h"

static const zy_param_row PARAMS[] = {
    { "token.cap_fen", 100000000, 0, 100000000, "fen", "动态令牌单笔上限", "most of one transaction by dynamic token" },
    { "token.window_steps", 2, 0, 5, "steps", "动态令牌时间偏差（步）", "steps that a token's clock may be off" },
    { "token.sync_steps", 10, 1, 20, "steps", "动态令牌同步窗口（步）", "steps that two codes may bring back" },
};

static const struct {
    token_state state;
    const char *name;
} STATES[] = { { TOKEN_STOCK, "stock" },   { TOKEN_INACTIVE, "inactive" }, { TOKEN_ACTIVE, "active" },
               { TOKEN_LOCKED, "locked" }, { TOKEN_LOST, "lost" },         { TOKEN_RETIRED, "retired" } };

const char *token_state_name(token_state state)
{
    for (size_t i = 0; i < ZY_COUNT(STATES); i++)
        if (STATES[i].state == state)
            return STATES[i].name;
    return "";
}

token_state token_state_parse(zy_str name)
{
    for (size_t i = 0; i < ZY_COUNT(STATES); i++)
        if (zy_str_eq_c(name, STATES[i].name))
            return STATES[i].state;
    return 0;
}

void token_seed_wipe(token_seed *seed)
{
    zy_wipe(seed, sizeof *seed);
}

/* --- seals --- */

static zy_cell seed_cell(zy_id token)
{
    return (zy_cell){ "token", "seed", token };
}

static zy_cell batch_cell(zy_id batch)
{
    return (zy_cell){ "token_batch", "content", batch };
}

zy_status token_seal(zy_env *env, zy_id token, const void *seed, size_t n, zy_buf *ret_sealed)
{
    return zy_keys_seal(env->keys, ZY_KEY_TOKEN, seed_cell(token), seed, n, ret_sealed);
}

zy_status token_seal_batch(zy_env *env, zy_id batch, zy_str text, zy_buf *ret_sealed)
{
    return zy_keys_seal(env->keys, ZY_KEY_TOKEN, batch_cell(batch), text.p, text.n, ret_sealed);
}

zy_status token_open_batch(zy_env *env, zy_id batch, zy_str sealed, zy_buf *ret_text)
{
    return zy_keys_open_cell(env->keys, ZY_KEY_TOKEN, batch_cell(batch), sealed.p, sealed.n, ret_text);
}

static zy_status open_seed(zy_env *env, const token_row *row, token_seed *ret_seed)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_TOKEN, seed_cell(row->id), row->sealed, row->sealed_n, &plain));
    if (plain.n < ZY_TOKEN_SEED_MIN || plain.n > sizeof ret_seed->bytes)
        return ZY_INTERNAL;
    memcpy(ret_seed->bytes, plain.p, plain.n);
    ret_seed->n = plain.n;
    return ZY_OK;
}

zy_status zy_token_add(zy_tx *tx, zy_env *env, const zy_token_line *line, zy_id customer, zy_err *err)
{
    token_row row = { .id = zy_id_next(env->ids), .customer = customer, .step_s = ZY_TOKEN_STEP_S,
                      .state = customer.v != 0 ? TOKEN_INACTIVE : TOKEN_STOCK };
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(zy_str_copy(zy_str_of(line->serial), row.serial, sizeof row.serial));
    ZY_TRY(token_seal(env, row.id, line->seed, line->seed_n, &sealed));
    return token_insert(tx, &row, zy_buf_view(&sealed), zy_env_now(env), err);
}

/* --- checking codes --- */

zy_status token_try_key(zy_env *env, zy_id customer, uint8_t out[ZY_SM3_BYTES])
{
    char text[ZY_ID_TEXT_MAX];
    zy_id_format(customer, text);
    return zy_keys_index(env->keys, "try.token", zy_str_of(text), out);
}

zy_status token_audit(zy_tx *tx, const zy_call *call, const char *event, const token_row *row, zy_status result, zy_err *err)
{
    const zy_caller *c = call->caller;
    const zy_audit record = { .event = event, .actor_kind = "customer", .actor = c->customer, .object = row->id,
                              .object_kind = "token", .address = c->address, .device = zy_str_of(c->device_id),
                              .trace = zy_str_of(call->trace), .result = zy_str_of(zy_status_name(result)) };
    return zy_audit_add(tx, call->env, &record, NULL, err);
}

/* Whoever has no token costs what one with a token costs: the search runs over a seed that is nobody's. */
static zy_status find_token(zy_tx *tx, token_check *check, token_seed *ret_seed, zy_err *err)
{
    zy_status status = token_of_customer_lock(tx, check->call->caller->customer, &check->row, err);
    check->known = status == ZY_OK && (check->states & check->row.state) != 0 &&
                   (check->serial.n == 0 || zy_str_eq_c(check->serial, check->row.serial));
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    if (status == ZY_OK)
        return open_seed(check->call->env, &check->row, ret_seed);
    check->row = (token_row){ .step_s = ZY_TOKEN_STEP_S };
    *ret_seed = (token_seed){ .n = ZY_TOKEN_SEED_MIN };
    return ZY_OK;
}

static zy_status search(zy_tx *tx, token_check *check, bool *ret_right, zy_err *err)
{
    TOKEN_AUTO_SEED seed = { .n = 0 };
    bool found = false;
    ZY_TRY(find_token(tx, check, &seed, err));
    const token_row *row = &check->row;
    int64_t now_step = check->call->now.ms / 1000 / row->step_s;
    ZY_TRY(token_find_step(&seed, &check->proof, now_step + row->drift, row->last_step, &found, &check->step));
    check->drift = check->step - now_step;
    *ret_right = found && check->known;
    return ZY_OK;
}

static zy_status keep_right(zy_tx *tx, token_check *check, const uint8_t key[ZY_SM3_BYTES], zy_err *err)
{
    zy_call *call = check->call;
    ZY_TRY(zy_try_forgive(tx, key, call->now, err));
    ZY_TRY(token_update_used(tx, &check->row, check->step, check->drift, call->now, err));
    ZY_TRY(token_audit(tx, call, check->event_ok, &check->row, ZY_OK, err));
    if (check->row.state != TOKEN_INACTIVE)
        return ZY_OK;
    return zy_notify_add(tx, call->env, call->caller->customer, "security", ZY_STR("动态令牌已激活"),
                         ZY_STR("您的动态令牌已激活，可用于交易验证。如非本人操作，请立即联系客服。"), err);
}

/* Ten wrong codes in a day lock the token itself; five in a row keep it waiting. */
static zy_status lock_if_due(zy_tx *tx, token_check *check, const uint8_t key[ZY_SM3_BYTES], zy_err *err)
{
    zy_call *call = check->call;
    bool locked = false, blocked = false;
    ZY_TRY(zy_try_is_locked(zy_tx_read(tx), key, call->now, &locked, err));
    ZY_TRY(zy_try_is_blocked(zy_tx_read(tx), key, &blocked, err));
    if (blocked && check->row.state == TOKEN_ACTIVE) {
        ZY_TRY(token_update_state(tx, &check->row, TOKEN_LOCKED, call->now, err));
        ZY_TRY(token_audit(tx, call, "token.locked", &check->row, ZY_LOCKED, err));
    }
    if (!locked)
        return ZY_OK;
    return zy_notify_add(tx, call->env, call->caller->customer, "security", ZY_STR("动态令牌已暂停使用"),
                         blocked ? ZY_STR("动态令牌验证码多次输入错误，令牌已锁定，请联系客服或到网点解锁。")
                                 : ZY_STR("动态令牌验证码多次输入错误，已暂停使用30分钟。如非本人操作，请立即联系客服。"),
                         err);
}

static zy_status check_unit(zy_tx *tx, void *arg, zy_err *err)
{
    token_check *check = arg;
    uint8_t key[ZY_SM3_BYTES];
    bool locked = false, right = false;
    ZY_TRY(token_try_key(check->call->env, check->call->caller->customer, key));
    ZY_TRY(zy_try_take(tx, key, check->call->now, &locked, err));
    ZY_TRY(search(tx, check, &right, err));
    check->result = locked ? ZY_LOCKED : right ? ZY_OK : ZY_FACTOR_WRONG;
    if (check->result == ZY_OK)
        return keep_right(tx, check, key, err);
    ZY_TRY(token_audit(tx, check->call, check->event_wrong, &check->row, check->result, err));
    return locked ? ZY_OK : lock_if_due(tx, check, key, err);
}

zy_status token_check_codes(token_check *check, zy_err *err)
{
    zy_env *env = check->call->env;
    check->proof.window = zy_param_get(env, check->proof.count == 1 ? "token.window_steps" : "token.sync_steps");
    ZY_TRY(zy_db_run(env->db, "token.check", check_unit, check, err));
    return check->result == ZY_OK ? ZY_OK : zy_fail(err, check->result, NULL, "dynamic token");
}

/* --- the factor --- */

static zy_status is_enrolled(zy_rtx *rtx, zy_env *env, const zy_caller *caller, bool *ret_enrolled, zy_err *err)
{
    (void)env;
    token_row row = { .state = 0 };
    zy_status status = token_of_customer(rtx, caller->customer, &row, err);
    *ret_enrolled = status == ZY_OK && row.state == TOKEN_ACTIVE;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

typedef struct read_job {
    zy_id customer;
    token_row row;
} read_job;

static zy_status read_token(zy_rtx *rtx, void *arg, zy_err *err)
{
    read_job *job = arg;
    return token_of_customer(rtx, job->customer, &job->row, err);
}

static zy_status factor_begin(zy_call *call, const zy_factor_subject *subject, zy_json *body, zy_err *err)
{
    char challenge[ZY_TOKEN_CHALLENGE_CHARS + 1];
    read_job job = { .customer = subject->customer };
    ZY_TRY(zy_db_read(call->env->db, "token.begin", read_token, &job, err));
    ZY_TRY(zy_token_challenge(subject->digest, challenge));
    zy_json_set_c(body, "challenge", challenge);
    zy_json_set_c(body, "serial_tail", token_serial_tail(&job.row));
    return ZY_OK;
}

static zy_status factor_check(zy_call *call, const zy_factor_subject *subject, const zy_factor_value *value, zy_json *evidence,
                              zy_err *err)
{
    char challenge[ZY_TOKEN_CHALLENGE_CHARS + 1];
    if (value->has_secret)
        return zy_fail(err, ZY_BAD_FIELD, "value", "not a value of this factor");
    ZY_TRY(zy_token_challenge(subject->digest, challenge));
    token_check check = { .call = call, .states = TOKEN_ACTIVE, .event_ok = "factor.token_ok", .event_wrong = "factor.token_wrong",
                          .proof = { .challenge = zy_str_of(challenge), .codes = { value->text }, .count = 1 } };
    ZY_TRY(token_check_codes(&check, err));
    zy_json_set_id(evidence, "token", check.row.id);
    zy_json_set_c(evidence, "serial", check.row.serial);
    zy_json_set_c(evidence, "challenge", challenge);
    zy_json_set_int(evidence, "step", check.step);
    return ZY_OK;
}

/* The code itself is not kept: what can be shown later is that the challenge was this order's, and the token this customer's. */
static zy_status factor_verify(zy_rtx *rtx, zy_env *env, const zy_factor_subject *subject, const zy_json *evidence, zy_err *err)
{
    (void)env;
    char challenge[ZY_TOKEN_CHALLENGE_CHARS + 1];
    zy_str was = { 0 }, serial = { 0 };
    token_row row;
    ZY_TRY(zy_token_challenge(subject->digest, challenge));
    if (!zy_json_str(evidence, "challenge", &was) || !zy_json_str(evidence, "serial", &serial) ||
        !zy_str_eq_c(was, challenge))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the token answered to another order");
    ZY_TRY(token_by_serial(rtx, serial, &row, err));
    if (!zy_id_eq(row.customer, subject->customer))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the token is not the customer's");
    return ZY_OK;
}

const zy_factor ZY_TOKEN_FACTOR = {
    .bit = ZY_FACTOR_TOKEN, .name = "token", .title_zh = "动态令牌", .title_en = "Dynamic token", .kind = ZY_FK_POSSESSION,
    .cap_param = "token.cap_fen", .enrolled = is_enrolled, .begin = factor_begin, .check = factor_check,
    .verify_evidence = factor_verify,
};

/* --- start, housekeeping --- */

zy_status zy_token_start(zy_env *env, zy_err *err)
{
    (void)env;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    token_register_deeds();
    return zy_factor_register(&ZY_TOKEN_FACTOR) == ZY_OK ? ZY_OK : zy_fail(err, ZY_CONFIG_BAD, "", "the factor token");
}

#define BATCH_LIFE ZY_DAYS(8) /* a request for approval lives seven */

typedef struct drop_job {
    zy_time before;
    int max;
    int64_t *ret_dropped;
} drop_job;

static zy_status drop_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const drop_job *job = arg;
    return token_batch_drop(tx, job->before, job->max, job->ret_dropped, err);
}

zy_status zy_token_expire(zy_env *env, int max, int64_t *ret_dropped, zy_err *err)
{
    drop_job job = { { zy_env_now(env).ms - BATCH_LIFE.ms }, max, ret_dropped };
    return zy_db_run(env->db, "token.expire", drop_unit, &job, err);
}
