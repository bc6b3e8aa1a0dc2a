/* Roles: what each may do as delivered. One row per permission, so that a reader sees who holds it. */
#include <string.h>

#include "office/staff/staff_internal.h"

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
    { "audit.view", STAFF_DUTY_LOOK, R(AUDITOR) | R(ADMIN) },
    { "audit.verify", STAFF_DUTY_LOOK, R(AUDITOR) | R(ADMIN) },
    { "customer.unlock.make", STAFF_DUTY_BUSINESS, R(TELLER) | R(RISK) },
    { "customer.unlock.check", STAFF_DUTY_BUSINESS, R(ADMIN) },
    { "api.make", STAFF_DUTY_SYSTEM, R(RISK) | R(ADMIN) },
    { "api.check", STAFF_DUTY_SYSTEM, R(ADMIN) },
    { "param.make", STAFF_DUTY_SYSTEM, R(RISK) | R(ADMIN) },
    { "param.check", STAFF_DUTY_SYSTEM, R(ADMIN) },
    { "token.view", STAFF_DUTY_LOOK, R(TELLER) | R(AUDITOR) | R(ADMIN) },
    { "token.make", STAFF_DUTY_BUSINESS, R(TELLER) },
    { "token.check", STAFF_DUTY_BUSINESS, R(ADMIN) },
};

/* --- the tables --- */

size_t staff_permission_count(void)
{
    return ZY_COUNT(PERMISSIONS);
}

const staff_permission *staff_permission_at(size_t i)
{
    return &PERMISSIONS[i];
}

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

const char *staff_role_at(size_t i)
{
    return ROLES[i];
}

int staff_role_find(const char *role)
{
    for (size_t i = 0; i < ZY_COUNT(ROLES); i++)
        if (strcmp(ROLES[i], role) == 0)
            return (int)i;
    return -1;
}

/* --- who may --- */

bool zy_staff_may(const zy_staff_session *session, const char *permission)
{
    int role = staff_role_find(session->role), word = staff_permission_find(permission);
    return role >= 0 && word >= 0 && (PERMISSIONS[word].roles & R(role)) != 0;
}

bool zy_staff_has_permission(const zy_caller *caller, const char *permission)
{
    const zy_staff_call *call = caller->staff_session;
    return call != NULL && call->session.staff.v != 0 && zy_staff_may(&call->session, permission);
}

void staff_permissions(const zy_staff_session *session, zy_json *ret_array)
{
    for (size_t i = 0; i < ZY_COUNT(PERMISSIONS); i++)
        if (zy_staff_may(session, PERMISSIONS[i].word))
            zy_json_push(ret_array, zy_json_new_str(zy_str_of(PERMISSIONS[i].word)));
}
