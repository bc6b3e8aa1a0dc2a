/* Deeds of the console: what one member of the staff asks for and another approves. */
#include "office/console/console_internal.h"
#include "service/audit/audit.h"
#include "service/factor/factor.h"
#include "service/identity/password_aid.h"
#include "service/param/param.h"

static zy_status bad_payload(zy_err *err)
{
    return zy_fail(err, ZY_INTERNAL, NULL, "a request whose content is not of its kind");
}

static void drop_cache(zy_env *env)
{
    (void)env;
    zy_param_reload();
}

static zy_status request(zy_call *call, const zy_approval_kind *kind, const zy_json *payload, zy_str reason, zy_json *body,
                         zy_err *err)
{
    zy_id id;
    ZY_TRY(zy_approval_request(call->env, kind, call->caller->staff, payload, reason, &id, err));
    zy_json_set_id(body, "request_id", id);
    return ZY_OK;
}

/* --- the API switchboard --- */

static zy_status switch_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    (void)env;
    zy_str api;
    bool closed = false, now = false;
    if (!zy_json_str(payload, "api", &api) || !zy_json_bool(payload, "closed", &closed))
        return bad_payload(err);
    if (zy_registry_find(console_registry(), ZY_DOOR_CUSTOMER, api) == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "api", "no such API at the customers' door");
    ZY_TRY(zy_switch_read(rtx, api, &now, err));
    if (now == closed)
        return zy_fail(err, ZY_STATE_CONFLICT, "closed", "it stands so already");
    zy_json_set_str(before, "api", api);
    zy_json_set_bool(before, "closed", now);
    zy_json_set_str(after, "api", api);
    zy_json_set_bool(after, "closed", closed);
    return ZY_OK;
}

static zy_status switch_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    (void)checker;
    zy_str api;
    bool closed = false;
    if (!zy_json_str(payload, "api", &api) || !zy_json_bool(payload, "closed", &closed))
        return bad_payload(err);
    return zy_switch_set(tx, env, api, closed, err);
}

const zy_approval_kind CONSOLE_API_SWITCH = { "api.switch", "api.make", "api.check", switch_describe, switch_apply, drop_cache };

zy_status console_api_switch(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const api_switch_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_str(payload, "api", in->api);
    zy_json_set_bool(payload, "closed", in->closed);
    return request(call, &CONSOLE_API_SWITCH, payload, in->reason, body, err);
}

static const char *class_name(zy_class class)
{
    static const char *const NAMES[] = { [ZY_PUBLIC] = "public", [ZY_PROTECTED] = "protected", [ZY_PRIVATE] = "private" };
    return NAMES[class];
}

zy_status console_api_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    (void)err;
    zy_api_registry *r = console_registry();
    zy_json *apis = zy_json_array();
    zy_json_set(body, "apis", apis);
    for (size_t i = 0; i < zy_registry_count(r); i++) {
        const zy_api *api = zy_registry_at(r, i);
        if (api->door != ZY_DOOR_CUSTOMER)
            continue;
        zy_json *o = zy_json_object();
        zy_json_set_c(o, "api", api->name);
        zy_json_set_c(o, "title", api->title);
        zy_json_set_c(o, "class", class_name(api->class));
        zy_json_set_bool(o, "critical", api->critical);
        zy_json_set_int(o, "per_minute", api->per_minute);
        zy_json_set_bool(o, "closed", zy_switch_closed(call->env, api->name));
        zy_json_push(apis, o);
    }
    return ZY_OK;
}

/* --- parameters --- */

static zy_status param_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    (void)env;
    zy_str name;
    int64_t value = 0, now = 0;
    if (!zy_json_str(payload, "name", &name) || !zy_json_int(payload, "value", &value))
        return bad_payload(err);
    const zy_param_row *row = zy_param_find(name);
    if (row == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "name", "no such parameter");
    if (value < row->min || value > row->max)
        return zy_fail(err, ZY_BAD_FIELD, "value", "outside the bounds of %s", row->name);
    ZY_TRY(zy_param_read(rtx, row, &now, err));
    if (now == value)
        return zy_fail(err, ZY_STATE_CONFLICT, "value", "it stands so already");
    zy_json_set_str(before, "name", name);
    zy_json_set_int(before, "value", now);
    zy_json_set_str(after, "name", name);
    zy_json_set_int(after, "value", value);
    return ZY_OK;
}

static zy_status param_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    (void)checker;
    zy_str name;
    int64_t value = 0;
    if (!zy_json_str(payload, "name", &name) || !zy_json_int(payload, "value", &value))
        return bad_payload(err);
    return zy_param_set(tx, env, name, value, err);
}

const zy_approval_kind CONSOLE_PARAM_CHANGE = { "param.change", "param.make", "param.check", param_describe, param_apply,
                                                drop_cache };

zy_status console_param_change(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const param_change_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_str(payload, "name", in->name);
    zy_json_set_int(payload, "value", in->value);
    return request(call, &CONSOLE_PARAM_CHANGE, payload, in->reason, body, err);
}

zy_status console_param_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    (void)err;
    zy_json *params = zy_json_array();
    zy_json_set(body, "params", params);
    zy_param_list(call->env, params);
    return ZY_OK;
}

/* --- the policy of factors --- */

static zy_status policy_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    return zy_policy_list(rtx, arg, err);
}

zy_status console_policy_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    zy_json *scenes = zy_json_array(), *factors = zy_json_array();
    zy_json_set(body, "scenes", scenes);
    zy_json_set(body, "factors", factors);
    zy_policy_factors(call->env, factors);
    return zy_db_read(call->env->db, "console.policy", policy_read, scenes, err);
}

zy_status console_policy_change(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const policy_change_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_str(payload, "scene", in->scene);
    zy_json_set_str(payload, "options", in->options);
    return request(call, &ZY_POLICY_CHANGE, payload, in->reason, body, err);
}

/* --- lifting a customer's lock --- */

static zy_status read_customer(const zy_json *payload, zy_id *ret_customer, zy_err *err)
{
    zy_str text;
    if (!zy_json_str(payload, "customer_id", &text) || zy_id_parse(text, ret_customer) != ZY_OK)
        return bad_payload(err);
    return ZY_OK;
}

static zy_status unlock_describe(zy_rtx *rtx, zy_env *env, const zy_json *payload, zy_json *before, zy_json *after, zy_err *err)
{
    zy_id customer;
    bool locked = false;
    ZY_TRY(read_customer(payload, &customer, err));
    ZY_TRY(zy_tries_locked(rtx, env, customer, &locked, err));
    if (!locked)
        return zy_fail(err, ZY_STATE_CONFLICT, "customer_id", "nothing of this customer is locked");
    zy_json_set_id(before, "customer_id", customer);
    zy_json_set_bool(before, "locked", true);
    zy_json_set_id(after, "customer_id", customer);
    zy_json_set_bool(after, "locked", false);
    return ZY_OK;
}

static zy_status unlock_apply(zy_tx *tx, zy_env *env, const zy_json *payload, zy_id maker, zy_id checker, zy_err *err)
{
    (void)maker;
    zy_id customer;
    ZY_TRY(read_customer(payload, &customer, err));
    ZY_TRY(zy_identity_unlock(tx, env, customer, err));
    ZY_TRY(zy_customer_tell(tx, env, customer, ZY_STR("手机银行已解锁"),
                            ZY_STR("网点已为您解除手机银行的锁定。如非本人办理，请立即联系客服。"), err));
    const zy_audit record = { .event = "customer.unlocked", .actor_kind = "staff", .actor = checker, .object_kind = "customer",
                              .object = customer, .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

const zy_approval_kind CONSOLE_CUSTOMER_UNLOCK = { "customer.unlock", "customer.unlock.make", "customer.unlock.check",
                                                   unlock_describe, unlock_apply, NULL };

zy_status console_customer_unlock(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const customer_unlock_in *in = input;
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_id(payload, "customer_id", in->customer_id);
    return request(call, &CONSOLE_CUSTOMER_UNLOCK, payload, in->reason, body, err);
}

/* --- the checkers' inbox --- */

typedef struct list_job {
    zy_env *env;
    zy_str state;
    zy_id before, next;
    int limit;
    zy_json *requests;
} list_job;

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const console_names NAMES[] = { { "maker", "maker_name", NULL }, { "checker", "checker_name", NULL } };
    list_job *job = arg;
    ZY_AUTO(zy_json_free) zy_json *found = zy_json_array();
    ZY_TRY(zy_approval_list(rtx, job->state, job->before, job->limit, found, &job->next, err));
    return console_add_names(rtx, job->env, found, NAMES, ZY_COUNT(NAMES), job->requests, err);
}

zy_status console_approval_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const approval_list_in *in = input;
    zy_time unused;
    char cursor[ZY_CURSOR_MAX] = "";
    ZY_AUTO(zy_json_free) zy_json *requests = zy_json_array();
    list_job job = { .env = call->env, .state = in->state, .limit = in->limit != 0 ? (int)in->limit : CONSOLE_PAGE,
                     .requests = requests };
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &unused, &job.before, err));
    ZY_TRY(zy_db_read(call->env->db, "console.approvals", list_read, &job, err));
    if (job.next.v != 0)
        zy_cursor_write((zy_time){ 0 }, job.next, cursor);
    zy_json_set(body, "requests", ZY_STEAL(requests));
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

typedef struct kind_job {
    zy_id request;
    const zy_approval_kind *kind;
} kind_job;

static zy_status kind_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    kind_job *job = arg;
    return zy_approval_kind_of(rtx, job->request, &job->kind, err);
}

/* A request's kind never changes, so the permission that was found here holds for what is decided after. */
static zy_status check_checker(const zy_call *call, zy_id request_id, zy_err *err)
{
    kind_job job = { .request = request_id };
    const zy_caller *caller = call->caller;
    ZY_TRY(zy_db_read(call->env->db, "console.kind", kind_read, &job, err));
    if (caller->has_permission == NULL || !caller->has_permission(caller, job.kind->permission_check))
        return zy_fail(err, ZY_PERMISSION_DENIED, NULL, "needs %s", job.kind->permission_check);
    return ZY_OK;
}

zy_status console_approval_decide(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const approval_decide_in *in = input;
    if (!in->approve && in->comment.n == 0)
        return zy_fail(err, ZY_BAD_FIELD, "comment", "who refuses says why");
    ZY_TRY(check_checker(call, in->request_id, err));
    ZY_TRY(zy_approval_decide(call->env, in->request_id, call->caller->staff, in->approve, in->comment, err));
    zy_json_set_c(body, "state", in->approve ? "approved" : "refused");
    return ZY_OK;
}
