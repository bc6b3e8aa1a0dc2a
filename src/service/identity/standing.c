#include <string.h>

#include "service/factor/factor.h"
#include "service/identity/device_repo.h"
#include "service/identity/identity_repo.h"
#include "service/identity/passkey_repo.h"
#include "service/identity/standing_repo.h"
#include "service/param/param.h"

zy_status zy_customer_standing(zy_rtx *rtx, zy_id customer, zy_standing *ret_standing, zy_err *err)
{
    return standing_read(rtx, customer, ret_standing, err);
}

zy_status zy_customer_needs_active(zy_rtx *rtx, zy_id customer, zy_err *err)
{
    zy_standing s;
    ZY_TRY(standing_read(rtx, customer, &s, err));
    return strcmp(s.state, "active") == 0 ? ZY_OK : zy_fail(err, ZY_ACCOUNT_STATE, NULL, "the customer is %s", s.state);
}

zy_status zy_customer_needs_full(zy_rtx *rtx, zy_id customer, zy_err *err)
{
    zy_standing s;
    ZY_TRY(standing_read(rtx, customer, &s, err));
    return strcmp(s.scope, "full") == 0 ? ZY_OK : zy_fail(err, ZY_SCOPE_LIMITED, NULL, "not signed at the counter yet");
}

zy_status zy_customer_by_id_no(zy_rtx *rtx, zy_env *env, zy_str id_no, zy_id *ret_customer, zy_err *err)
{
    uint8_t index[ZY_SM3_BYTES];
    ZY_TRY(zy_keys_index(env->keys, "id_no", id_no, index));
    return id_no_find(rtx, index, ret_customer, err);
}

zy_status zy_customer_by_login_name(zy_rtx *rtx, zy_env *env, zy_str name, zy_id *ret_customer, zy_err *err)
{
    uint8_t index[ZY_SM3_BYTES];
    ZY_TRY(zy_login_name_index(env, name, index));
    return login_name_find(rtx, index, ret_customer, err);
}

static zy_status put_cell(zy_tx *tx, zy_env *env, zy_id customer, const char *column, zy_str plain, zy_err *err)
{
    ZY_AUTO_BUF sealed = { 0 };
    ZY_TRY(zy_keys_seal(env->keys, ZY_KEY_FIELD, (zy_cell){ "customer_identity", column, customer }, plain.p, plain.n, &sealed));
    return identity_cell_put(tx, customer, column, zy_buf_view(&sealed), err);
}

static zy_status add_name(zy_tx *tx, zy_env *env, zy_id customer, const char *kind, zy_str name, zy_err *err)
{
    uint8_t index[ZY_SM3_BYTES];
    ZY_TRY(zy_login_name_index(env, name, index));
    return login_name_insert(tx, customer, kind, index, err);
}

/* The state is looked at under the row's lock, so that whoever comes second is told that, and not what he stumbled over. */
static zy_status check_may_enrol(zy_tx *tx, zy_id customer, zy_err *err)
{
    zy_standing s;
    ZY_TRY(customer_lock(tx, customer, err));
    ZY_TRY(standing_read(zy_tx_read(tx), customer, &s, err));
    bool may = strcmp(s.state, "counter") == 0 || strcmp(s.state, "cancelled") == 0;
    return may ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, NULL, "a customer of mobile banking already");
}

zy_status zy_customer_enrol(zy_tx *tx, zy_env *env, zy_id customer, const zy_enrolment *e, zy_err *err)
{
    ZY_AUTO_PERSON person = { 0 };
    zy_time now = zy_env_now(env);
    ZY_TRY(check_may_enrol(tx, customer, err));
    ZY_TRY(zy_customer_person(zy_tx_read(tx), env, customer, &person, err));
    ZY_TRY(standing_open(tx, customer, e->scope, err));
    ZY_TRY(add_name(tx, env, customer, "phone", e->phone, err));
    ZY_TRY(add_name(tx, env, customer, "customer_no", zy_str_of(person.customer_no), err));
    ZY_TRY(put_cell(tx, env, customer, "phone", e->phone, err));
    ZY_TRY(credential_insert(tx, customer, "login", e->login_record, now, err));
    return credential_insert(tx, customer, "pay", e->pay_record, now, err);
}

zy_status zy_customer_set_state(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err)
{
    return customer_set_state(tx, customer, from, to, err);
}

zy_status zy_customer_set_scope(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err)
{
    return scope_move(tx, customer, from, to, err);
}

zy_status zy_customer_set_phone(zy_tx *tx, zy_env *env, zy_id customer, zy_str phone, zy_err *err)
{
    ZY_TRY(login_name_drop(tx, customer, "phone", err));
    ZY_TRY(add_name(tx, env, customer, "phone", phone, err));
    ZY_TRY(standing_phone_changed(tx, customer, zy_env_now(env), err));
    return put_cell(tx, env, customer, "phone", phone, err);
}

bool zy_customer_phone_rests(zy_env *env, const zy_standing *standing, zy_time now)
{
    zy_dur rest = ZY_HOURS(zy_param_get(env, "password.after_phone_change_h"));
    return standing->phone_changed_at.ms != 0 && !zy_time_passed(now, standing->phone_changed_at, rest);
}

zy_status zy_customer_set_name(zy_tx *tx, zy_env *env, zy_id customer, zy_str name, zy_err *err)
{
    return put_cell(tx, env, customer, "name", name, err);
}

zy_status zy_customer_cancel(zy_tx *tx, zy_env *env, zy_id customer, const char *from, zy_err *err)
{
    int64_t unbound = 0;
    ZY_TRY(zy_identity_end_logins(tx, env, customer, "cancelled", err));
    ZY_TRY(customer_set_state(tx, customer, from, "cancelled", err));
    ZY_TRY(zy_identity_unlock(tx, env, customer, err)); /* while his names are known: their counters go, too */
    ZY_TRY(put_cell(tx, env, customer, "alias", ZY_STR(""), err));
    ZY_TRY(login_name_drop(tx, customer, NULL, err));
    ZY_TRY(credential_drop(tx, customer, err));
    ZY_TRY(gesture_drop_all(tx, customer, err));
    ZY_TRY(passkey_drop_all(tx, customer, "cancelled", zy_env_now(env), NULL, err));
    ZY_TRY(zy_preference_forget(tx, customer, err));
    return device_unbind_all(tx, customer, "new", &unbound, err);
}
