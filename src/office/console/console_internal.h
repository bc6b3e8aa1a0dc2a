/* Used by src/office/console alone. */
#pragma once

#include "office/console/console.h"
#include "service/approval/approval.h"

#define CONSOLE_PAGE     20
#define CONSOLE_PAGE_MAX 50

typedef struct customer_search_in {
    zy_str q, cursor;
    int64_t limit;
} customer_search_in;
typedef struct customer_unlock_in {
    zy_id customer_id;
    zy_str reason;
} customer_unlock_in;
typedef struct order_search_in {
    zy_id customer_id;
    zy_str state, cursor;
    zy_day from, to;
    bool has_customer, has_from, has_to;
    int64_t limit;
} order_search_in;
typedef struct audit_search_in {
    zy_str event, actor_kind, cursor;
    zy_id actor, object;
    zy_day from, to;
    bool has_actor, has_object, has_from, has_to;
    int64_t limit;
} audit_search_in;
typedef struct api_switch_in {
    zy_str api, reason;
    bool closed;
} api_switch_in;
typedef struct param_change_in {
    zy_str name, reason;
    int64_t value;
} param_change_in;
typedef struct policy_change_in {
    zy_str scene, options, reason;
} policy_change_in;
typedef struct approval_list_in {
    zy_str state, cursor;
    int64_t limit;
} approval_list_in;
typedef struct approval_decide_in {
    zy_id request_id;
    bool approve;
    zy_str comment;
} approval_decide_in;

typedef struct case_list_in {
    zy_str state, cursor;
    int64_t limit;
} case_list_in;
typedef struct case_close_in {
    zy_id case_id;
    zy_str note;
} case_close_in;

/* The registry that the switchboard lists: set by zy_console_start. */
zy_api_registry *console_registry(void);

/* Records that somebody looked, before the answer leaves; the call fails when it cannot. `count`: how many rows were seen;
 * seen: their ids, NULL when `object` or the filter says enough. */
typedef struct console_look {
    const char *event, *object_kind, *filter;
    zy_id object;
    size_t count;
    const zy_json *seen;
} console_look;
ZY_CHECKED zy_status console_looked(zy_call *call, const console_look *look, zy_err *err);

/* --- console_view.c --- */
zy_status console_customer_search(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_order_search(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_audit_search(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_overview(zy_call *call, const void *in, zy_json *body, zy_err *err);
/* --- console_case.c: differences between our books and the clearing house's --- */
zy_status console_case_list(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_case_close(zy_call *call, const void *in, zy_json *body, zy_err *err);
/* --- console_verify.c --- */
zy_status console_audit_verify(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_ledger_verify(zy_call *call, const void *in, zy_json *body, zy_err *err);
/* --- console_request.c: what one asks for and another approves --- */
extern const zy_approval_kind CONSOLE_API_SWITCH, CONSOLE_PARAM_CHANGE, CONSOLE_CUSTOMER_UNLOCK;
zy_status console_customer_unlock(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_api_list(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_api_switch(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_param_list(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_param_change(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_policy_list(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_policy_change(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_approval_list(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status console_approval_decide(zy_call *call, const void *in, zy_json *body, zy_err *err);

/* A copy of `list` in which each object has `<name_key>`: the name of the staff member whose id stands in `id_key` ("" when
 * it is nobody of the staff). only_kind: NULL, or the value that "actor_kind" must have. */
typedef struct console_names {
    const char *id_key, *name_key, *only_kind;
} console_names;
ZY_CHECKED zy_status console_add_names(zy_rtx *rtx, zy_env *env, const zy_json *list, const console_names *names, size_t count,
                                       zy_json *ret_array, zy_err *err);
