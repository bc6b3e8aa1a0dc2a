/* Roles: what each may do as delivered, what the bank changed, and the bounds of such changes. One row per permission, so that a
 * reader sees who holds it. */
#include <assert.h>
#include <string.h>

#include "office/staff/staff_internal.h"
#include "service/audit/audit.h"

enum { TELLER, RISK, AUDITOR, ADMIN, SECURITY };
#define R(role) (1u << (role))
#define ALL_BUT_SECURITY (R(TELLER) | R(RISK) | R(AUDITOR) | R(ADMIN))

static const char *const ROLES[] = { [TELLER] = "teller", [RISK] = "risk", [AUDITOR] = "auditor", [ADMIN] = "admin",
                                     [SECURITY] = "security" };

/* Least privilege: a role has what its work needs. Whoever makes a request never checks it (service/approval). */
static const staff_permission PERMISSIONS[] = {
    { "customer.view", STAFF_DUTY_LOOK, ALL_BUT_SECURITY },
    { "order.view", STAFF_DUTY_LOOK, ALL_BUT_SECURITY },
    { "approval.view", STAFF_DUTY_LOOK, ALL_BUT_SECURITY | R(SECURITY) },
    { "staff.view", STAFF_DUTY_LOOK, R(AUDITOR) | R(SECURITY) },
    { "audit.view", STAFF_DUTY_LOOK, R(AUDITOR) | R(ADMIN) },
    { "audit.verify", STAFF_DUTY_LOOK, R(AUDITOR) | R(ADMIN) },
    { "customer.unlock.make", STAFF_DUTY_BUSINESS, R(TELLER) | R(RISK) },
    { "customer.unlock.check", STAFF_DUTY_BUSINESS, R(ADMIN) },
    { "customer.make", STAFF_DUTY_BUSINESS, R(TELLER) | R(RISK) },
    { "customer.check", STAFF_DUTY_BUSINESS, R(ADMIN) },
    { "registration.check", STAFF_DUTY_BUSINESS, R(RISK) | R(ADMIN) }, /* of the head office: nobody makes these but customers */
    { "api.make", STAFF_DUTY_SYSTEM, R(RISK) | R(ADMIN) },
    { "api.check", STAFF_DUTY_SYSTEM, R(ADMIN) },
    { "param.make", STAFF_DUTY_SYSTEM, R(RISK) | R(ADMIN) },
    { "param.check", STAFF_DUTY_SYSTEM, R(ADMIN) },
    { "token.view", STAFF_DUTY_LOOK, R(TELLER) | R(AUDITOR) | R(ADMIN) },
    { "token.make", STAFF_DUTY_BUSINESS, R(TELLER) },
    { "token.check", STAFF_DUTY_BUSINESS, R(ADMIN) },
    { "cert.view", STAFF_DUTY_LOOK, R(TELLER) | R(AUDITOR) | R(ADMIN) },
    { "cert.make", STAFF_DUTY_BUSINESS, R(TELLER) },
    { "cert.check", STAFF_DUTY_BUSINESS, R(ADMIN) },
    { "case.view", STAFF_DUTY_LOOK, R(RISK) | R(AUDITOR) | R(ADMIN) },
    { "case.close", STAFF_DUTY_BUSINESS, R(RISK) },
    { "staff.make", STAFF_DUTY_SECURITY, R(SECURITY) },
    { "staff.check", STAFF_DUTY_SECURITY, R(SECURITY) },
    { "role.make", STAFF_DUTY_SECURITY, R(SECURITY) },
    { "role.check", STAFF_DUTY_SECURITY, R(SECURITY) },
    { "staff.review", STAFF_DUTY_AUDIT, R(AUDITOR) },
    { "policy.make", STAFF_DUTY_SYSTEM, R(RISK) },
    { "policy.check", STAFF_DUTY_SYSTEM, R(ADMIN) },
};
static_assert(ZY_COUNT(PERMISSIONS) <= 64, "the changes of a role are bits of 64");

/* Duties that no role may hold together: who makes accounts does no business, runs no system and exports no reviews of himself;
 * who reviews does nothing else. */
#define D(duty) (1u << (duty))
static const unsigned EXCLUDES[] = {
    [STAFF_DUTY_SECURITY] = D(STAFF_DUTY_BUSINESS) | D(STAFF_DUTY_SYSTEM) | D(STAFF_DUTY_AUDIT),
    [STAFF_DUTY_AUDIT] = D(STAFF_DUTY_BUSINESS) | D(STAFF_DUTY_SYSTEM) | D(STAFF_DUTY_SECURITY),
};

/* --- the tables --- */

int staff_permission_find(const char *word)
{
    for (size_t i = 0; i < ZY_COUNT(PERMISSIONS); i++)
        if (strcmp(PERMISSIONS[i].word, word) == 0)
            return (int)i;
    return -1;
}

size_t staff_role_count(void)
{
    return ZY_COUNT(ROLES);
}

int staff_role_find(const char *role)
{
    for (size_t i = 0; i < ZY_COUNT(ROLES); i++)
        if (strcmp(ROLES[i], role) == 0)
            return (int)i;
    return -1;
}

/* --- who may --- */

#define BIT(i) (UINT64_C(1) << (i))

static uint64_t delivered(int role)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < ZY_COUNT(PERMISSIONS); i++)
        if ((PERMISSIONS[i].roles & R(role)) != 0)
            bits |= BIT(i);
    return bits;
}

static uint64_t in_force(int role, uint64_t granted, uint64_t withdrawn)
{
    return (delivered(role) | granted) & ~withdrawn;
}

bool zy_staff_may(const zy_staff_session *session, const char *permission)
{
    int role = staff_role_find(session->role), word = staff_permission_find(permission);
    return role >= 0 && word >= 0 && session->stage == ZY_STAFF_READY &&
           (in_force(role, session->granted, session->withdrawn) & BIT(word)) != 0;
}

bool zy_staff_has_permission(const zy_caller *caller, const char *permission)
{
    const zy_staff_call *call = caller->staff_session;
    return call != NULL && call->session.staff.v != 0 && zy_staff_may(&call->session, permission);
}

zy_status zy_staff_gate(const zy_staff_session *session, zy_str api, zy_err *err)
{
    static const char *const OPEN[] = { "staff.session", "staff.logout", "staff.totp.begin", "staff.totp.confirm",
                                        "staff.password.change" };
    for (size_t i = 0; i < ZY_COUNT(OPEN); i++)
        if (zy_str_eq_c(api, OPEN[i]))
            return ZY_OK;
    return session->stage == ZY_STAFF_READY ? ZY_OK : zy_fail(err, ZY_MUST_CHANGE_PASSWORD, NULL, "not set up yet");
}

void staff_permissions(const zy_staff_session *session, zy_json *ret_array)
{
    for (size_t i = 0; i < ZY_COUNT(PERMISSIONS); i++)
        if (zy_staff_may(session, PERMISSIONS[i].word))
            zy_json_push(ret_array, zy_json_new_str(zy_str_of(PERMISSIONS[i].word)));
}

zy_status staff_rights_of(zy_rtx *rtx, const char *role, staff_role_rights *rights, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    *rights = (staff_role_rights){ 0 };
    ZY_TRY(staff_role_changes(rtx, role, &rows, err));
    for (;;) {
        bool more = false;
        char word[64];
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(zy_str_copy(zy_col_text(rows, 0), word, sizeof word));
        int i = staff_permission_find(word); /* a word of an earlier release: nobody asks for it */
        if (i >= 0 && zy_col_int(rows, 1) != 0)
            rights->granted |= BIT(i);
        else if (i >= 0)
            rights->withdrawn |= BIT(i);
    }
}

/* --- the bounds --- */

static unsigned duties_of(uint64_t bits)
{
    unsigned duties = 0;
    for (size_t i = 0; i < ZY_COUNT(PERMISSIONS); i++)
        if ((bits & BIT(i)) != 0)
            duties |= D(PERMISSIONS[i].duty);
    return duties;
}

bool staff_duties_fit(uint64_t bits)
{
    unsigned duties = duties_of(bits);
    for (size_t d = 0; d < ZY_COUNT(EXCLUDES); d++)
        if ((duties & D(d)) != 0 && (duties & EXCLUDES[d]) != 0)
            return false;
    return true;
}

uint64_t staff_delivered(int role)
{
    return delivered(role);
}

zy_status staff_check_enough(zy_rtx *rtx, zy_err *err)
{
    const uint64_t make = BIT(staff_permission_find("staff.make")), check = BIT(staff_permission_find("staff.check"));
    int64_t able[ZY_COUNT(ROLES)] = { 0 }, makers = 0, checkers = 0, either = 0;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(staff_able_by_role(rtx, &rows, err));
    for (bool more = true; more;) {
        char role[32];
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (more && zy_str_copy(zy_col_text(rows, 0), role, sizeof role) == ZY_OK && staff_role_find(role) >= 0)
            able[staff_role_find(role)] = zy_col_int(rows, 1);
    }
    for (size_t i = 0; i < ZY_COUNT(ROLES); i++) {
        staff_role_rights rights;
        ZY_TRY(staff_rights_of(rtx, ROLES[i], &rights, err));
        uint64_t bits = in_force((int)i, rights.granted, rights.withdrawn);
        makers += (bits & make) != 0 ? able[i] : 0;
        checkers += (bits & check) != 0 ? able[i] : 0;
        either += (bits & (make | check)) != 0 ? able[i] : 0;
    }
    if (makers < 1 || checkers < 1 || either < 2)
        return zy_fail(err, ZY_STATE_CONFLICT, NULL, "too few administrators of the staff would remain");
    return ZY_OK;
}

/* --- changes of a role --- */

static zy_status read_change(const zy_json *payload, char role[32], char word[64], bool *ret_granted, zy_err *err)
{
    zy_str r, w;
    if (!zy_json_str(payload, "role", &r) || !zy_json_str(payload, "permission", &w) ||
        !zy_json_bool(payload, "granted", ret_granted))
        return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
    if (zy_str_copy(r, role, 32) != ZY_OK || staff_role_find(role) < 0)
        return zy_fail(err, ZY_NOT_FOUND, "role", "no such role");
    if (zy_str_copy(w, word, 64) != ZY_OK || staff_permission_find(word) < 0)
        return zy_fail(err, ZY_NOT_FOUND, "permission", "no such permission");
    return ZY_OK;
}

static zy_status role_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    (void)env;
    char role[32], word[64];
    bool granted = false;
    staff_role_rights rights;
    ZY_TRY(read_change(payload, role, word, &granted, err));
    ZY_TRY(staff_rights_of(rtx, role, &rights, err));
    uint64_t now = in_force(staff_role_find(role), rights.granted, rights.withdrawn), bit = BIT(staff_permission_find(word));
    if (((now & bit) != 0) == granted)
        return zy_fail(err, ZY_STATE_CONFLICT, "granted", "it stands so already");
    if (granted && !staff_duties_fit(now | bit))
        return zy_fail(err, ZY_BAD_FIELD, "permission", "its duty and another one of the role exclude each other");
    zy_json *const sides[] = { before, after };
    for (size_t i = 0; i < ZY_COUNT(sides); i++) {
        zy_json_set_c(sides[i], "role", role);
        zy_json_set_c(sides[i], "permission", word);
        zy_json_set_bool(sides[i], "granted", i == 0 ? !granted : granted);
    }
    return ZY_OK;
}

static zy_status role_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    char role[32], word[64];
    bool granted = false;
    ZY_AUTO_BUF detail = { 0 };
    ZY_TRY(read_change(payload, role, word, &granted, err));
    ZY_TRY(staff_lock_active(tx, err));
    ZY_TRY(staff_role_set(tx, role, word, granted, zy_env_now(env), err));
    ZY_TRY(staff_check_enough(zy_tx_read(tx), err));
    zy_buf_fmt(&detail, "{\"role\":\"%s\",\"permission\":\"%s\",\"granted\":%s}", role, word, granted ? "true" : "false");
    const zy_audit record = { .event = "staff.role_changed", .actor_kind = "staff", .actor = checker, .object_kind = "role",
                              .result = ZY_STR("OK"), .detail = zy_buf_view(&detail) };
    return zy_audit_add(tx, env, &record, NULL, err);
}

const zy_approval_kind STAFF_ROLE_CHANGE = { "role.change", "role.make", "role.check", role_describe, role_apply, NULL };

zy_status role_change_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const role_change_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_str(payload, "role", in->role);
    zy_json_set_str(payload, "permission", in->permission);
    zy_json_set_bool(payload, "granted", in->granted);
    return staff_request(call, &STAFF_ROLE_CHANGE, payload, in->reason, body, err);
}

/* --- the table for the console --- */

static const char *duty_word(staff_duty duty)
{
    static const char *const WORDS[] = { [STAFF_DUTY_LOOK] = "look", [STAFF_DUTY_BUSINESS] = "business",
                                         [STAFF_DUTY_SYSTEM] = "system", [STAFF_DUTY_SECURITY] = "security",
                                         [STAFF_DUTY_AUDIT] = "audit" };
    return WORDS[duty];
}

static zy_status push_role(zy_rtx *rtx, int role, zy_json *roles, zy_err *err)
{
    staff_role_rights rights;
    ZY_TRY(staff_rights_of(rtx, ROLES[role], &rights, err));
    uint64_t bits = in_force(role, rights.granted, rights.withdrawn);
    zy_json *o = zy_json_object(), *words = zy_json_array(), *changed = zy_json_array();
    for (size_t i = 0; i < ZY_COUNT(PERMISSIONS); i++) {
        if ((bits & BIT(i)) != 0)
            zy_json_push(words, zy_json_new_str(zy_str_of(PERMISSIONS[i].word)));
        if (((bits ^ delivered(role)) & BIT(i)) != 0)
            zy_json_push(changed, zy_json_new_str(zy_str_of(PERMISSIONS[i].word)));
    }
    zy_json_set_c(o, "role", ROLES[role]);
    zy_json_set(o, "permissions", words);
    zy_json_set(o, "changed", changed);
    zy_json_push(roles, o);
    return ZY_OK;
}

static zy_status roles_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    for (size_t i = 0; i < ZY_COUNT(ROLES); i++)
        ZY_TRY(push_role(rtx, (int)i, arg, err));
    return ZY_OK;
}

zy_status role_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    ZY_AUTO(zy_json_free) zy_json *roles = zy_json_array();
    zy_json *permissions = zy_json_array();
    zy_json_set(body, "permissions", permissions);
    for (size_t i = 0; i < ZY_COUNT(PERMISSIONS); i++) {
        zy_json *o = zy_json_object();
        zy_json_set_c(o, "permission", PERMISSIONS[i].word);
        zy_json_set_c(o, "duty", duty_word(PERMISSIONS[i].duty));
        zy_json_push(permissions, o);
    }
    ZY_TRY(zy_db_read(call->env->db, "staff.roles", roles_read, roles, err));
    zy_json_set(body, "roles", ZY_STEAL(roles));
    return ZY_OK;
}
