/* People by maker and checker: who asks is one, who approves another, and neither is the person it is about. */
#include <string.h>

#include "base/mask.h"
#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"
#include "service/outbox/outbox.h"

#define ACTIVE "active"

zy_status staff_request(zy_call *call, const zy_approval_kind *kind, const zy_json *payload, zy_str reason, zy_json *body,
                        zy_err *err)
{
    zy_id id;
    ZY_TRY(zy_approval_request(call->env, kind, call->caller->staff, payload, reason, &id, err));
    zy_json_set_id(body, "request_id", id);
    return ZY_OK;
}

static zy_status bad_payload(zy_err *err)
{
    return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
}

static zy_status not_oneself(zy_id subject, zy_id by, zy_err *err)
{
    return zy_id_eq(subject, by) ? zy_fail(err, ZY_PERMISSION_DENIED, NULL, "nobody decides about his own account") : ZY_OK;
}

static zy_status read_subject(const zy_json *payload, zy_id *ret_staff, zy_err *err)
{
    zy_str text;
    return zy_json_str(payload, "staff_id", &text) && zy_id_parse(text, ret_staff) == ZY_OK ? ZY_OK : bad_payload(err);
}

static zy_status find_subject(zy_rtx *rtx, const zy_json *payload, staff_row *ret_row, zy_err *err)
{
    zy_id id;
    ZY_TRY(read_subject(payload, &id, err));
    return staff_by_id(rtx, id, ret_row, err);
}

/* The row, for a deed that the two may do. */
static zy_status claim_subject(zy_tx *tx, const zy_json *payload, zy_id maker, zy_id checker, staff_row *ret_row, zy_err *err)
{
    ZY_TRY(find_subject(zy_tx_read(tx), payload, ret_row, err));
    ZY_TRY(not_oneself(ret_row->id, maker, err));
    return not_oneself(ret_row->id, checker, err);
}

/* What a checker sees of a person; name and phone masked, since it stays in the request and in the audit. */
static zy_status describe_row(zy_env *env, const staff_row *row, zy_json *out)
{
    char name[64], phone[32], masked[ZY_MASK_MAX];
    ZY_TRY(staff_open_name(env, row, name, sizeof name));
    ZY_TRY(staff_open_phone(env, row, phone, sizeof phone));
    zy_mask_name(zy_str_of(name), masked);
    zy_json_set_c(out, "name", masked);
    zy_json_set_c(out, "user", row->user);
    zy_json_set_c(out, "staff_no", row->staff_no);
    zy_json_set_c(out, "role", row->role);
    zy_json_set_c(out, "branch", row->branch);
    zy_json_set_c(out, "state", row->state);
    if (phone[0] != '\0')
        zy_mask_phone(zy_str_of(phone), masked);
    zy_json_set_c(out, "phone", phone[0] != '\0' ? masked : "");
    zy_wipe(phone, sizeof phone);
    return ZY_OK;
}

static zy_status audit(zy_tx *tx, zy_env *env, const char *event, zy_id checker, zy_id staff, zy_err *err)
{
    const zy_audit record = { .event = event, .actor_kind = "staff", .actor = checker, .object_kind = "staff", .object = staff,
                              .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

/* --- first passwords go to the person's own phone: neither maker nor checker sees them --- */

static zy_status text_first(zy_tx *tx, zy_env *env, const staff_row *row, const char *password, zy_err *err)
{
    ZY_AUTO_SECRET_BUF text = { 0 };
    char phone[32];
    ZY_TRY(staff_open_phone(env, row, phone, sizeof phone));
    if (phone[0] == '\0')
        return zy_fail(err, ZY_STATE_CONFLICT, "phone", "no phone to send the first password to");
    zy_buf_fmt(&text, "【" ZY_STR_FMT "】您的员工账号%s的初始密码为%s，60分钟内有效，仅用于登录管理平台并设置本人密码。切勿告诉他人。",
               ZY_STR_ARG(zy_config_text(env->config, "brand.name")), row->user, password);
    zy_status status = zy_outbox_sms(tx, env, zy_str_of(phone), zy_buf_view(&text), "notice", row->initial_until, err);
    zy_wipe(phone, sizeof phone);
    return status;
}

static zy_status give_first(zy_tx *tx, zy_env *env, staff_row *row, zy_err *err)
{
    char password[ZY_STAFF_FIRST_PASSWORD_MAX];
    ZY_TRY(staff_make_first(env, row, zy_env_now(env), password));
    zy_status status = text_first(tx, env, row, password, err);
    zy_wipe(password, sizeof password);
    return status;
}

/* Another first password for somebody who has an account; with a new code generator to be set up, too, when the old one may be in
 * other hands. */
static zy_status begin_anew(zy_tx *tx, zy_env *env, staff_row *row, bool generator, zy_err *err)
{
    ZY_TRY(staff_keep_password(tx, zy_id_next(env->ids), row, err));
    ZY_TRY(give_first(tx, env, row, err));
    if (generator) {
        row->enrolled = false;
        ZY_TRY(staff_new_totp(env, row, NULL));
    }
    return staff_set_first(tx, row, err);
}

static void send_texts(zy_env *env)
{
    (void)env;
    zy_outbox_poke();
}

/* --- staff.create: the payload holds the person sealed, as the row will --- */

static void set_base64(zy_json *o, const char *key, const uint8_t *p, size_t n)
{
    char text[256];
    zy_base64_encode(p, n, text);
    zy_json_set_c(o, key, text);
}

static bool get_base64(const zy_json *o, const char *key, uint8_t *out, size_t size, size_t *ret_n)
{
    zy_str text;
    return zy_json_str(o, key, &text) && zy_base64_decode(text, out, size, ret_n) == ZY_OK;
}

static bool get_text(const zy_json *o, const char *key, char *out, size_t size)
{
    zy_str text;
    return zy_json_str(o, key, &text) && zy_str_copy(text, out, size) == ZY_OK;
}

static void write_new(const staff_row *row, zy_json *payload)
{
    zy_json_set_id(payload, "staff_id", row->id);
    zy_json_set_c(payload, "user", row->user);
    zy_json_set_c(payload, "staff_no", row->staff_no);
    zy_json_set_c(payload, "role", row->role);
    zy_json_set_c(payload, "branch", row->branch);
    set_base64(payload, "name", row->name, row->name_n);
    set_base64(payload, "phone", row->phone, row->phone_n);
    set_base64(payload, "person", row->person, sizeof row->person);
}

static zy_status read_new(const zy_json *payload, staff_row *row, zy_err *err)
{
    size_t person_n = 0;
    *row = (staff_row){ .has_person = true, .state = ACTIVE };
    ZY_TRY(read_subject(payload, &row->id, err));
    bool good = get_text(payload, "user", row->user, sizeof row->user) &&
                get_text(payload, "staff_no", row->staff_no, sizeof row->staff_no) &&
                get_text(payload, "role", row->role, sizeof row->role) &&
                get_text(payload, "branch", row->branch, sizeof row->branch) &&
                get_base64(payload, "name", row->name, sizeof row->name, &row->name_n) &&
                get_base64(payload, "phone", row->phone, sizeof row->phone, &row->phone_n) &&
                get_base64(payload, "person", row->person, sizeof row->person, &person_n);
    return good && person_n == sizeof row->person ? ZY_OK : bad_payload(err);
}

static zy_status create_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    staff_row row;
    bool exists = false;
    (void)before;
    ZY_TRY(read_new(payload, &row, err));
    ZY_TRY(staff_exists(rtx, zy_str_of(row.user), zy_str_of(row.staff_no), row.person, &exists, err));
    if (exists)
        return zy_fail(err, ZY_ALREADY_EXISTS, NULL, "the user, the number or the person has an account");
    return describe_row(env, &row, after);
}

static zy_status create_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    staff_row row;
    ZY_TRY(read_new(payload, &row, err));
    row.created_at = zy_env_now(env);
    ZY_TRY(staff_new_totp(env, &row, NULL));
    ZY_TRY(give_first(tx, env, &row, err));
    ZY_TRY(staff_insert(tx, &row, err));
    return audit(tx, env, "staff.created", checker, row.id, err);
}

static const zy_approval_kind CREATE = { "staff.create", "staff.make", "staff.check", create_describe, create_apply, send_texts };

zy_status staff_create_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const staff_create_in *in = input;
    const zy_staff_person person = { in->user, in->name, in->staff_no, in->id_no, in->phone, in->branch };
    char role[32];
    staff_row row;
    if (zy_str_copy(in->role, role, sizeof role) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "role", "no such role");
    ZY_TRY(staff_person_row(call->env, &person, role, &row, err));
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    write_new(&row, payload);
    return staff_request(call, &CREATE, payload, in->reason, body, err);
}

/* --- staff.change: role, branch, phone --- */

static zy_status read_post(const zy_json *payload, staff_row *row, zy_err *err)
{
    zy_str phone;
    if (!get_text(payload, "role", row->role, sizeof row->role) || !get_text(payload, "branch", row->branch, sizeof row->branch))
        return bad_payload(err);
    if (!zy_json_str(payload, "phone", &phone))
        return ZY_OK;
    return get_base64(payload, "phone", row->phone, sizeof row->phone, &row->phone_n) ? ZY_OK : bad_payload(err);
}

static zy_status change_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    staff_row row;
    ZY_TRY(find_subject(rtx, payload, &row, err));
    ZY_TRY(describe_row(env, &row, before));
    ZY_TRY(read_post(payload, &row, err));
    return describe_row(env, &row, after);
}

/* A new role begins with a new login, so that nothing of the old one is left on a page. */
static zy_status change_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    staff_row row;
    char role[32];
    ZY_TRY(staff_lock_active(tx, err));
    ZY_TRY(claim_subject(tx, payload, maker, checker, &row, err));
    memcpy(role, row.role, sizeof role);
    ZY_TRY(read_post(payload, &row, err));
    ZY_TRY(staff_set_post(tx, &row, err));
    if (strcmp(role, row.role) != 0) {
        ZY_TRY(staff_end_session_by_rule(tx, env, row.id, "role_changed", err));
        ZY_TRY(staff_check_enough(zy_tx_read(tx), err));
    }
    return audit(tx, env, "staff.changed", checker, row.id, err);
}

static const zy_approval_kind CHANGE = { "staff.change", "staff.make", "staff.check", change_describe, change_apply, NULL };

zy_status staff_change_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const staff_change_in *in = input;
    staff_row row = { .id = in->staff_id };
    ZY_TRY(not_oneself(in->staff_id, call->caller->staff, err));
    if (zy_str_copy(in->role, row.role, sizeof row.role) != ZY_OK || staff_role_find(row.role) < 0)
        return zy_fail(err, ZY_BAD_FIELD, "role", "no such role");
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_id(payload, "staff_id", in->staff_id);
    zy_json_set_str(payload, "role", in->role);
    zy_json_set_str(payload, "branch", in->branch);
    if (in->phone.n > 0) {
        ZY_TRY(staff_phone_row(call->env, in->phone, &row, err));
        set_base64(payload, "phone", row.phone, row.phone_n);
    }
    return staff_request(call, &CHANGE, payload, in->reason, body, err);
}

/* --- staff.suspend, staff.close, staff.reopen --- */

typedef struct move {
    const char *deed, *from[4], *to, *event; /* from: ends with NULL */
} move;
static const move MOVES[] = {
    { "suspend", { ACTIVE }, "suspended", "staff.suspended" },
    { "close", { ACTIVE, "suspended", "asleep" }, "closed", "staff.closed" },
    { "reopen", { "suspended", "asleep", "closed" }, ACTIVE, "staff.reopened" },
};

static const move *find_move(const zy_json *payload)
{
    zy_str deed;
    for (size_t i = 0; zy_json_str(payload, "deed", &deed) && i < ZY_COUNT(MOVES); i++)
        if (zy_str_eq_c(deed, MOVES[i].deed))
            return &MOVES[i];
    return NULL;
}

static bool leads_from(const move *m, const char *state)
{
    for (size_t i = 0; m->from[i] != NULL; i++)
        if (strcmp(m->from[i], state) == 0)
            return true;
    return false;
}

static zy_status move_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    staff_row row;
    const move *m = find_move(payload);
    if (m == NULL)
        return bad_payload(err);
    ZY_TRY(find_subject(rtx, payload, &row, err));
    if (!leads_from(m, row.state))
        return zy_fail(err, ZY_STATE_CONFLICT, "staff_id", "an account that is %s", row.state);
    ZY_TRY(describe_row(env, &row, before));
    ZY_TRY(describe_row(env, &row, after));
    zy_json_set_c(after, "state", m->to);
    return ZY_OK;
}

static zy_status move_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    staff_row row;
    const move *m = find_move(payload);
    ZY_TRY(staff_lock_active(tx, err));
    ZY_TRY(claim_subject(tx, payload, maker, checker, &row, err));
    bool opens = strcmp(m->to, ACTIVE) == 0;
    ZY_TRY(staff_set_state(tx, row.id, row.state, m->to, opens ? zy_env_now(env) : row.used_at, err));
    if (opens) {
        ZY_TRY(begin_anew(tx, env, &row, true, err)); /* what one knew and had may be known and had by others */
    } else {
        ZY_TRY(staff_end_session_by_rule(tx, env, row.id, m->to, err));
        ZY_TRY(staff_check_enough(zy_tx_read(tx), err));
    }
    return audit(tx, env, m->event, checker, row.id, err);
}

static const zy_approval_kind SUSPEND = { "staff.suspend", "staff.make", "staff.check", move_describe, move_apply, NULL };
static const zy_approval_kind CLOSE = { "staff.close", "staff.make", "staff.check", move_describe, move_apply, NULL };
static const zy_approval_kind REOPEN = { "staff.reopen", "staff.make", "staff.check", move_describe, move_apply, send_texts };

static zy_status ask_move(zy_call *call, const zy_approval_kind *kind, const char *deed, const staff_one_in *in, zy_json *body,
                          zy_err *err)
{
    ZY_TRY(not_oneself(in->staff_id, call->caller->staff, err));
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_id(payload, "staff_id", in->staff_id);
    zy_json_set_c(payload, "deed", deed);
    return staff_request(call, kind, payload, in->reason, body, err);
}

zy_status staff_suspend_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    return ask_move(call, &SUSPEND, "suspend", in, body, err);
}

zy_status staff_close_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    return ask_move(call, &CLOSE, "close", in, body, err);
}

zy_status staff_reopen_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    return ask_move(call, &REOPEN, "reopen", in, body, err);
}

/* --- staff.reset: a first password again, with or without a new code generator --- */

static zy_status reset_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    staff_row row;
    bool totp = false;
    if (!zy_json_bool(payload, "totp", &totp))
        return bad_payload(err);
    ZY_TRY(find_subject(rtx, payload, &row, err));
    if (strcmp(row.state, ACTIVE) != 0)
        return zy_fail(err, ZY_STATE_CONFLICT, "staff_id", "an account that is %s", row.state);
    ZY_TRY(describe_row(env, &row, before));
    ZY_TRY(describe_row(env, &row, after));
    zy_json_set_bool(before, "enrolled", row.enrolled);
    zy_json_set_bool(after, "enrolled", row.enrolled && !totp);
    zy_json_set_bool(before, "first_password", row.must_change);
    zy_json_set_bool(after, "first_password", true);
    return ZY_OK;
}

static zy_status reset_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    staff_row row;
    bool totp = false;
    (void)zy_json_bool(payload, "totp", &totp); /* described above in this very transaction */
    ZY_TRY(staff_lock_active(tx, err));
    ZY_TRY(claim_subject(tx, payload, maker, checker, &row, err));
    ZY_TRY(begin_anew(tx, env, &row, totp, err));
    ZY_TRY(staff_end_session_by_rule(tx, env, row.id, "reset", err));
    ZY_TRY(staff_check_enough(zy_tx_read(tx), err));
    return audit(tx, env, totp ? "staff.generator_reset" : "staff.password_reset", checker, row.id, err);
}

static const zy_approval_kind RESET = { "staff.reset", "staff.make", "staff.check", reset_describe, reset_apply, send_texts };

zy_status staff_reset_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const staff_reset_in *in = input;
    ZY_TRY(not_oneself(in->staff_id, call->caller->staff, err));
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_id(payload, "staff_id", in->staff_id);
    zy_json_set_bool(payload, "totp", in->totp);
    return staff_request(call, &RESET, payload, in->reason, body, err);
}

/* --- staff.unlock --- */

static zy_status unlock_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    staff_row row;
    staff_lock lock;
    ZY_TRY(find_subject(rtx, payload, &row, err));
    ZY_TRY(staff_tries_locked(rtx, env, row.user, zy_env_now(env), &lock, err));
    if (lock == STAFF_OPEN)
        return zy_fail(err, ZY_STATE_CONFLICT, "staff_id", "the account is not locked");
    ZY_TRY(describe_row(env, &row, before));
    ZY_TRY(describe_row(env, &row, after));
    zy_json_set_bool(before, "locked", true);
    zy_json_set_bool(after, "locked", false);
    return ZY_OK;
}

static zy_status unlock_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    staff_row row;
    uint8_t key[ZY_SM3_BYTES];
    ZY_TRY(claim_subject(tx, payload, maker, checker, &row, err));
    ZY_TRY(staff_tries_key(env, row.user, key));
    ZY_TRY(staff_try_drop(tx, key, err));
    return audit(tx, env, "staff.unlocked", checker, row.id, err);
}

static const zy_approval_kind UNLOCK = { "staff.unlock", "staff.make", "staff.check", unlock_describe, unlock_apply, NULL };

zy_status staff_unlock_run(zy_call *call, const void *in, zy_json *body, zy_err *err)
{
    return ask_move(call, &UNLOCK, "unlock", in, body, err);
}

/* --- staff.session.end: at once, by one alone: it takes nothing from anybody but the open page --- */

typedef struct end_job {
    const zy_call *call;
    zy_id staff;
} end_job;

static zy_status end_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const end_job *job = arg;
    staff_row row;
    ZY_TRY(staff_by_id(zy_tx_read(tx), job->staff, &row, err));
    ZY_TRY(staff_end_session(tx, job->call, row.id, "ended_by_staff", err));
    const zy_audit record = { .event = "staff.session_ended_by", .actor_kind = "staff", .actor = job->call->caller->staff,
                              .object_kind = "staff", .object = row.id, .address = job->call->caller->address,
                              .trace = zy_str_of(job->call->trace), .result = ZY_STR("OK") };
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

zy_status staff_session_end_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const staff_one_in *in = input;
    (void)body;
    end_job job = { call, in->staff_id };
    return zy_db_run(call->env->db, "staff.session_end", end_unit, &job, err);
}

void staff_register_kinds(void)
{
    static const zy_approval_kind *const KINDS[] = { &CREATE, &CHANGE, &SUSPEND, &CLOSE,  &REOPEN,
                                                     &RESET,  &UNLOCK, &STAFF_ROLE_CHANGE };
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++)
        zy_approval_register(KINDS[i]);
}
