/* A customer's passkeys: how one is made, which there are, their names, and how they go. */
#include <string.h>

#include "service/audit/audit.h"
#include "service/identity/device_internal.h"
#include "service/identity/passkey.h"
#include "service/identity/session.h"
#include "service/notify/notify.h"
#include "service/param/param.h"

#define NAME_MAX_BYTES 128
#define SHOWN_MAX      20 /* the upper bound of passkey.max */
#define HANDLE_BYTES   16
#define PURPOSE_SET    "set"

/* --- passkey.begin: what a browser needs to make one --- */

static zy_status usable_here(const zy_call *call, zy_err *err)
{
    if (!passkey_is_on(call->env))
        return zy_fail(err, ZY_API_CLOSED, NULL, "this bank has no passkeys");
    return call->caller->device_bound ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, NULL, "a passkey is for a bound device");
}

static zy_status check_room(zy_rtx *rtx, zy_env *env, zy_id customer, zy_err *err)
{
    int64_t kept = 0, on = 0;
    ZY_TRY(passkey_count(rtx, customer, (zy_id){ 0 }, &kept, &on, err));
    return kept < zy_param_get(env, "passkey.max") ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, NULL, "as many passkeys as there may be");
}

static zy_status room_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const zy_call *call = arg;
    return check_room(rtx, call->env, call->caller->customer, err);
}

/* What the authenticator keeps with the key: tells nothing, and is the same for all keys of a customer. */
static zy_status set_user(zy_call *call, zy_json *body)
{
    char id[ZY_ID_TEXT_MAX], handle[4 * ((HANDLE_BYTES + 2) / 3) + 1];
    uint8_t index[ZY_SM3_BYTES];
    zy_id_format(call->caller->customer, id);
    ZY_TRY(zy_keys_index(call->env->keys, "passkey.user", zy_str_of(id), index));
    zy_base64url_encode(index, HANDLE_BYTES, handle);
    zy_json_set_c(body, "user", handle);
    return ZY_OK;
}

static passkey_challenge set_challenge(const zy_call *call)
{
    passkey_challenge c = { .login = call->caller->login, .purpose = PURPOSE_SET };
    memcpy(c.bound, call->caller->channel_th, sizeof c.bound);
    return c;
}

zy_status passkey_begin_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    passkey_challenge c = set_challenge(call);
    ZY_TRY(usable_here(call, err));
    ZY_TRY(zy_db_read(call->env->db, "passkey.room", room_read, call, err));
    ZY_TRY(set_user(call, body));
    zy_json_set_str(body, "rp_name", zy_config_text(call->env->config, "brand.name"));
    return passkey_ask(call, &c, call->caller->customer, call->caller->device, body, err);
}

/* --- for orders --- */

static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    return passkey_challenge_take(tx, arg, err);
}

static zy_status check_made(zy_call *call, const passkey_challenge *c, zy_str client_data, zy_str authenticator_data,
                            zy_webauthn_made *ret_made)
{
    uint8_t client[ZY_WEBAUTHN_CLIENT_MAX], data[ZY_WEBAUTHN_DATA_MAX], challenge[ZY_WEBAUTHN_CHALLENGE];
    size_t client_n = 0, data_n = 0;
    zy_webauthn_site site = passkey_site(call->env);
    if (zy_base64url_decode(client_data, client, sizeof client, &client_n) != ZY_OK ||
        zy_base64url_decode(authenticator_data, data, sizeof data, &data_n) != ZY_OK)
        return ZY_SIGNATURE_BAD;
    ZY_TRY(passkey_challenge_bytes(c, challenge));
    return zy_webauthn_made_check(&site, challenge, zy_str_bytes(client, client_n), zy_str_bytes(data, data_n), ret_made);
}

zy_status zy_passkey_read(zy_call *call, zy_str client_data, zy_str authenticator_data, zy_webauthn_made *ret_made, zy_err *err)
{
    passkey_challenge c = set_challenge(call);
    ZY_TRY(usable_here(call, err));
    zy_status status = zy_db_run(call->env->db, "passkey.made", take_unit, &c, err);
    if (status == ZY_NOT_FOUND || (status == ZY_OK && zy_time_passed(call->now, c.made_at, PASSKEY_CHALLENGE_LIFE)))
        return zy_fail(err, ZY_CHALLENGE_BAD, NULL, "no challenge waits for a passkey");
    ZY_TRY(status);
    status = check_made(call, &c, client_data, authenticator_data, ret_made);
    return status == ZY_SIGNATURE_BAD ? zy_fail(err, ZY_SIGNATURE_BAD, "authenticator_data", "not a passkey of this site") : status;
}

static zy_status must_be_bound(zy_tx *tx, zy_id customer, zy_id device, zy_err *err)
{
    char state[16];
    ZY_TRY(customer_lock(tx, customer, err));
    ZY_TRY(device_state_find(zy_tx_read(tx), customer, device, state, err));
    return strcmp(state, "bound") == 0 ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, NULL, "a passkey is for a bound device");
}

static zy_status insert(zy_tx *tx, zy_env *env, const zy_passkey_new *p, zy_id id, zy_time now, zy_err *err)
{
    uint8_t digest[ZY_SM3_BYTES];
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART(p->credential.p, p->credential.n)), digest));
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, (zy_cell){ "passkey", "name", id }, p->name.p, p->name.n, &sealed));
    const passkey_new row = { .id = id, .customer = p->customer, .device = p->device, .credential = p->credential,
                              .credential_digest = digest, .public_key = p->public_key, .name = zy_buf_view(&sealed),
                              .sign_count = p->sign_count };
    return passkey_insert(tx, &row, now, err);
}

zy_status zy_passkey_put(zy_tx *tx, zy_env *env, const zy_passkey_new *p, zy_time now, zy_err *err)
{
    zy_id id = zy_id_next(env->ids);
    ZY_TRY(must_be_bound(tx, p->customer, p->device, err));
    ZY_TRY(check_room(zy_tx_read(tx), env, p->customer, err));
    ZY_TRY(insert(tx, env, p, id, now, err));
    const zy_audit record = { .event = "passkey.set", .actor_kind = "customer", .actor = p->customer, .object_kind = "passkey",
                              .object = id, .result = ZY_STR("OK") };
    ZY_TRY(zy_audit_add(tx, env, &record, NULL, err));
    return zy_notify_add(tx, env, p->customer, "security", ZY_STR("通行密钥已创建"),
                         ZY_STR("您已在绑定的设备上创建通行密钥，可用指纹或面容登录并确认交易。如非本人操作，请立即报告设备丢失并联系客服。"), err);
}

/* --- passkey.list --- */

typedef struct list_job {
    zy_call *call;
    zy_json *passkeys;
} list_job;

static zy_status open_name(zy_env *env, zy_id id, zy_str sealed, char out[NAME_MAX_BYTES])
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, (zy_cell){ "passkey", "name", id }, sealed.p, sealed.n, &plain));
    return zy_str_copy(zy_buf_view(&plain), out, NAME_MAX_BYTES);
}

static zy_status push_passkey(const list_job *job, const zy_stmt *row)
{
    zy_id id = zy_col_id(row, 0);
    char name[NAME_MAX_BYTES];
    ZY_TRY(open_name(job->call->env, id, zy_col_blob(row, 1), name));
    zy_json *o = zy_json_object();
    zy_json_set_id(o, "passkey_id", id);
    zy_json_set_c(o, "name", name);
    zy_json_set_str(o, "state", zy_col_text(row, 2));
    zy_json_set_str(o, "reason", zy_col_text(row, 3));
    zy_json_set_int(o, "made_at", zy_col_int(row, 4));
    if (zy_col_int(row, 5) != 0)
        zy_json_set_int(o, "used_at", zy_col_int(row, 5));
    zy_json_set_bool(o, "current", zy_id_eq(zy_col_id(row, 6), job->call->caller->device));
    zy_json_push(job->passkeys, o);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    const list_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(passkey_page(rtx, job->call->caller->customer, SHOWN_MAX, &rows, err));
    for (bool more = true;;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(push_passkey(job, rows));
    }
}

zy_status passkey_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    list_job job = { call, zy_json_array() };
    zy_json_set(body, "passkeys", job.passkeys);
    zy_json_set_int(body, "max", zy_param_get(call->env, "passkey.max"));
    zy_json_set_str(body, "rp_id", passkey_is_on(call->env) ? passkey_site(call->env).rp_id : ZY_STR(""));
    return zy_db_read(call->env->db, "passkey.list", list_read, &job, err);
}

/* --- passkey.rename, passkey.remove --- */

typedef struct change_job {
    zy_call *call;
    zy_id passkey;
    zy_str sealed;
} change_job;

static zy_status rename_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const change_job *job = arg;
    zy_id customer = job->call->caller->customer;
    ZY_TRY(passkey_rename(tx, customer, job->passkey, job->sealed, err));
    return passkey_audit(tx, job->call, customer, "passkey.renamed", job->passkey, NULL, ZY_OK, err);
}

zy_status passkey_rename_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const passkey_rename_in *in = input;
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(zy_keys_seal(call->env->keys, ZY_KEY_FIELD, (zy_cell){ "passkey", "name", in->passkey_id }, in->name.p, in->name.n, &sealed));
    change_job job = { call, in->passkey_id, zy_buf_view(&sealed) };
    return zy_db_run(call->env->db, "passkey.rename", rename_unit, &job, err);
}

static zy_status remove_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const change_job *job = arg;
    const zy_call *call = job->call;
    zy_id customer = call->caller->customer;
    ZY_TRY(passkey_remove(tx, customer, job->passkey, call->now, err));
    ZY_TRY(passkey_audit(tx, call, customer, "passkey.removed", job->passkey, NULL, ZY_OK, err));
    return zy_notify_add(tx, call->env, customer, "security", ZY_STR("通行密钥已删除"),
                         ZY_STR("您的一个通行密钥已删除，不能再用于登录和确认交易。如非本人操作，请立即修改密码并联系客服。"), err);
}

zy_status passkey_remove_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)body;
    const passkey_id_in *in = input;
    change_job job = { .call = call, .passkey = in->passkey_id };
    return zy_db_run(call->env->db, "passkey.remove", remove_unit, &job, err);
}
