/* The console's APIs as rows, and what it registers at start. */
#include "office/console/console_internal.h"
#include "service/factor/factor.h"

static zy_api_registry *listed;

zy_api_registry *console_registry(void)
{
    return listed;
}

zy_status zy_console_start(zy_env *env, zy_api_registry *registry, zy_err *err)
{
    (void)env;
    (void)err;
    listed = registry;
    zy_approval_register(&CONSOLE_API_SWITCH);
    zy_approval_register(&CONSOLE_PARAM_CHANGE);
    zy_approval_register(&CONSOLE_CUSTOMER_UNLOCK);
    zy_approval_register(&ZY_POLICY_CHANGE);
    return ZY_OK;
}

/* --- fields --- */

#define PAGE_FIELDS(struct_t)                                             \
    ZY_FIELD(struct_t, limit, ZY_F_INT, 1, CONSOLE_PAGE_MAX, ZY_OPTIONAL), \
    ZY_FIELD(struct_t, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL)
#define DAY_FIELDS(struct_t)                                                                                           \
    ZY_FIELD(struct_t, from, ZY_F_DAY, 0, 0, ZY_OPTIONAL, ZY_HAS(struct_t, has_from)),                                 \
    ZY_FIELD(struct_t, to, ZY_F_DAY, 0, 0, ZY_OPTIONAL, ZY_HAS(struct_t, has_to), .help = "counts to its end")
#define REASON_FIELD(struct_t) ZY_FIELD(struct_t, reason, ZY_F_TEXT, 2, 200)

static const zy_field CUSTOMER_SEARCH_FIELDS[] = {
    ZY_FIELD(customer_search_in, q, ZY_F_USER, 0, 60, ZY_OPTIONAL, ZY_SENSITIVE,
             .help = "customer number, phone, identity number or alias, whole; empty: all"),
    PAGE_FIELDS(customer_search_in),
};
static const zy_field CUSTOMER_UNLOCK_FIELDS[] = {
    ZY_FIELD(customer_unlock_in, customer_id, ZY_F_ID, 1, 40),
    REASON_FIELD(customer_unlock_in),
};
static const zy_field ORDER_SEARCH_FIELDS[] = {
    ZY_FIELD(order_search_in, customer_id, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(order_search_in, has_customer)),
    ZY_FIELD(order_search_in, state, ZY_F_CODE, 0, 20, ZY_OPTIONAL),
    DAY_FIELDS(order_search_in),
    PAGE_FIELDS(order_search_in),
};
static const zy_field AUDIT_SEARCH_FIELDS[] = {
    ZY_FIELD(audit_search_in, event, ZY_F_CODE, 0, 60, ZY_OPTIONAL, .help = "how the event begins"),
    ZY_FIELD(audit_search_in, actor_kind, ZY_F_ENUM, 1, 20, ZY_OPTIONAL, .choices = "customer|staff|system|anonymous"),
    ZY_FIELD(audit_search_in, actor, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(audit_search_in, has_actor)),
    ZY_FIELD(audit_search_in, object, ZY_F_ID, 1, 40, ZY_OPTIONAL, ZY_HAS(audit_search_in, has_object)),
    DAY_FIELDS(audit_search_in),
    PAGE_FIELDS(audit_search_in),
};
static const zy_field API_SWITCH_FIELDS[] = {
    ZY_FIELD(api_switch_in, api, ZY_F_CODE, 1, 63),
    ZY_FIELD(api_switch_in, closed, ZY_F_BOOL, 0, 0),
    REASON_FIELD(api_switch_in),
};
static const zy_field PARAM_CHANGE_FIELDS[] = {
    ZY_FIELD(param_change_in, name, ZY_F_CODE, 1, 63),
    ZY_FIELD(param_change_in, value, ZY_F_INT, -1000000000000000, 1000000000000000),
    REASON_FIELD(param_change_in),
};
static const zy_field POLICY_CHANGE_FIELDS[] = {
    ZY_FIELD(policy_change_in, scene, ZY_F_CODE, 1, 63),
    ZY_FIELD(policy_change_in, options, ZY_F_TEXT, 1, 399, .help = "\"pay_password+sms|pay_password+token\", the default first"),
    REASON_FIELD(policy_change_in),
};
static const zy_field APPROVAL_LIST_FIELDS[] = {
    ZY_FIELD(approval_list_in, state, ZY_F_ENUM, 1, 20, ZY_OPTIONAL, .choices = "waiting|approved|refused"),
    PAGE_FIELDS(approval_list_in),
};
static const zy_field APPROVAL_DECIDE_FIELDS[] = {
    ZY_FIELD(approval_decide_in, request_id, ZY_F_ID, 1, 40),
    ZY_FIELD(approval_decide_in, approve, ZY_F_BOOL, 0, 0),
    ZY_FIELD(approval_decide_in, comment, ZY_F_TEXT, 0, 200, ZY_OPTIONAL, .help = "needed to refuse"),
};

static const zy_field CASE_LIST_FIELDS[] = {
    ZY_FIELD(case_list_in, state, ZY_F_ENUM, 1, 20, ZY_OPTIONAL, .choices = "open|closed"),
    PAGE_FIELDS(case_list_in),
};
static const zy_field CASE_CLOSE_FIELDS[] = {
    ZY_FIELD(case_close_in, case_id, ZY_F_ID, 1, 40),
    ZY_FIELD(case_close_in, note, ZY_F_TEXT, 4, 300, .help = "what was found"),
};

/* --- answers; customers come masked from identity, whole values never reach this room --- */

static const zy_out CUSTOMER_OUTS[] = {
    ZY_OUT("customer_id", ZY_O_STR), ZY_OUT("customer_no", ZY_O_STR), ZY_OUT("name", ZY_O_STR, .help = "masked"),
    ZY_OUT("phone", ZY_O_STR, .help = "masked"), ZY_OUT("id_no", ZY_O_STR, .help = "masked"),
    ZY_OUT("state", ZY_O_STR), ZY_OUT("scope", ZY_O_STR, .help = "full, or self: not signed at the counter"),
    ZY_OUT("created_at", ZY_O_INT), ZY_OUT("locked", ZY_O_BOOL),
};
static const zy_out CUSTOMER_SEARCH_OUTS[] = { ZY_OUT("customers", ZY_O_LIST, ZY_MEMBERS(CUSTOMER_OUTS)),
                                               ZY_OUT("cursor", ZY_O_STR) };
static const zy_out REQUESTED_OUTS[] = { ZY_OUT("request_id", ZY_O_STR) };
static const zy_out ORDER_OUTS[] = {
    ZY_OUT("order_id", ZY_O_STR), ZY_OUT("customer_id", ZY_O_STR), ZY_OUT("kind", ZY_O_STR), ZY_OUT("state", ZY_O_STR),
    ZY_OUT("risk", ZY_O_STR), ZY_OUT("amount_fen", ZY_O_INT), ZY_OUT("fee_fen", ZY_O_INT),
    ZY_OUT("from_account_id", ZY_O_STR), ZY_OUT("to_account_id", ZY_O_STR), ZY_OUT("at", ZY_O_INT),
    ZY_OUT("done_at", ZY_O_INT), ZY_OUT("journal_id", ZY_O_STR), ZY_OUT("audit_id", ZY_O_STR), ZY_OUT("digest", ZY_O_STR),
};
static const zy_out ORDER_SEARCH_OUTS[] = { ZY_OUT("orders", ZY_O_LIST, ZY_MEMBERS(ORDER_OUTS)), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out AUDIT_OUTS[] = {
    ZY_OUT("id", ZY_O_STR), ZY_OUT("at", ZY_O_INT), ZY_OUT("node", ZY_O_INT), ZY_OUT("event", ZY_O_STR),
    ZY_OUT("actor_kind", ZY_O_STR), ZY_OUT("actor", ZY_O_STR), ZY_OUT("actor_name", ZY_O_STR, .help = "of staff"),
    ZY_OUT("object_kind", ZY_O_STR), ZY_OUT("object", ZY_O_STR), ZY_OUT("address", ZY_O_STR), ZY_OUT("device", ZY_O_STR),
    ZY_OUT("trace", ZY_O_STR), ZY_OUT("result", ZY_O_STR), ZY_OUT("detail", ZY_O_STR),
};
static const zy_out AUDIT_SEARCH_OUTS[] = { ZY_OUT("records", ZY_O_LIST, ZY_MEMBERS(AUDIT_OUTS)), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out AUDIT_VERIFY_OUTS[] = {
    ZY_OUT("good", ZY_O_BOOL), ZY_OUT("records", ZY_O_INT), ZY_OUT("sealed", ZY_O_INT), ZY_OUT("unsealed", ZY_O_INT),
    ZY_OUT("checkpoints", ZY_O_INT), ZY_OUT("nodes", ZY_O_INT), ZY_OUT("linked", ZY_O_INT), ZY_OUT("faults", ZY_O_INT),
    ZY_OUT("first_fault", ZY_O_STR),
};
static const zy_out LEDGER_VERIFY_OUTS[] = {
    ZY_OUT("good", ZY_O_BOOL), ZY_OUT("accounts", ZY_O_INT), ZY_OUT("journals", ZY_O_INT), ZY_OUT("postings", ZY_O_INT),
    ZY_OUT("total_customer_fen", ZY_O_INT), ZY_OUT("total_internal_fen", ZY_O_INT), ZY_OUT("faults", ZY_O_INT),
    ZY_OUT("first_fault", ZY_O_STR),
};
static const zy_out API_OUTS[] = {
    ZY_OUT("api", ZY_O_STR), ZY_OUT("title", ZY_O_STR), ZY_OUT("class", ZY_O_STR, .help = "public, protected or private"),
    ZY_OUT("critical", ZY_O_BOOL), ZY_OUT("per_minute", ZY_O_INT), ZY_OUT("closed", ZY_O_BOOL),
};
static const zy_out API_LIST_OUTS[] = { ZY_OUT("apis", ZY_O_LIST, ZY_MEMBERS(API_OUTS)) };
static const zy_out PARAM_OUTS[] = {
    ZY_OUT("name", ZY_O_STR), ZY_OUT("value", ZY_O_INT), ZY_OUT("fallback", ZY_O_INT), ZY_OUT("min", ZY_O_INT),
    ZY_OUT("max", ZY_O_INT), ZY_OUT("unit", ZY_O_STR), ZY_OUT("title_zh", ZY_O_STR), ZY_OUT("title_en", ZY_O_STR),
};
static const zy_out PARAM_LIST_OUTS[] = { ZY_OUT("params", ZY_O_LIST, ZY_MEMBERS(PARAM_OUTS)) };
static const zy_out SCENE_OUTS[] = {
    ZY_OUT("scene", ZY_O_STR), ZY_OUT("title_zh", ZY_O_STR), ZY_OUT("title_en", ZY_O_STR),
    ZY_OUT("options", ZY_O_STR, .help = "in force: \"pay_password+sms|pay_password+token\", the default first"),
    ZY_OUT("release", ZY_O_STR, .help = "as released"), ZY_OUT("changed", ZY_O_BOOL),
    ZY_OUT("money", ZY_O_BOOL, .help = "one factor of each option stands for an amount"),
    ZY_OUT("kinds", ZY_O_INT, .help = "at least so many kinds of factors"),
};
static const zy_out FACTOR_OUTS[] = {
    ZY_OUT("factor", ZY_O_STR), ZY_OUT("title_zh", ZY_O_STR), ZY_OUT("title_en", ZY_O_STR),
    ZY_OUT("kind", ZY_O_STR, .help = "knowledge, possession or inherence"), ZY_OUT("on", ZY_O_BOOL),
    ZY_OUT("sent_last", ZY_O_BOOL, .help = "only after another factor"),
    ZY_OUT("cap_fen", ZY_O_INT, .help = "most that it stands for; 0: no amount"),
};
static const zy_out POLICY_LIST_OUTS[] = { ZY_OUT("scenes", ZY_O_LIST, ZY_MEMBERS(SCENE_OUTS)),
                                           ZY_OUT("factors", ZY_O_LIST, ZY_MEMBERS(FACTOR_OUTS)) };
static const zy_out REQUEST_OUTS[] = {
    ZY_OUT("request_id", ZY_O_STR), ZY_OUT("kind", ZY_O_STR), ZY_OUT("state", ZY_O_STR), ZY_OUT("maker", ZY_O_STR),
    ZY_OUT("maker_name", ZY_O_STR), ZY_OUT("checker", ZY_O_STR), ZY_OUT("checker_name", ZY_O_STR), ZY_OUT("reason", ZY_O_STR),
    ZY_OUT("comment", ZY_O_STR), ZY_OUT("before", ZY_O_STR, .help = "JSON text"), ZY_OUT("after", ZY_O_STR, .help = "JSON text"),
    ZY_OUT("at", ZY_O_INT), ZY_OUT("decided_at", ZY_O_INT),
};
static const zy_out APPROVAL_LIST_OUTS[] = { ZY_OUT("requests", ZY_O_LIST, ZY_MEMBERS(REQUEST_OUTS)), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out APPROVAL_DECIDE_OUTS[] = { ZY_OUT("state", ZY_O_STR) };
static const zy_out CASE_OUTS[] = {
    ZY_OUT("case_id", ZY_O_STR), ZY_OUT("day", ZY_O_STR), ZY_OUT("message_id", ZY_O_STR),
    ZY_OUT("difference", ZY_O_STR, .help = "unknown_here, missing_there, amount, outcome, unplaced, unreadable"),
    ZY_OUT("our_fen", ZY_O_INT), ZY_OUT("their_fen", ZY_O_INT), ZY_OUT("our_state", ZY_O_STR), ZY_OUT("their_state", ZY_O_STR),
    ZY_OUT("state", ZY_O_STR), ZY_OUT("note", ZY_O_STR), ZY_OUT("opened_at", ZY_O_INT), ZY_OUT("closed_at", ZY_O_INT),
};
static const zy_out CASE_LIST_OUTS[] = { ZY_OUT("cases", ZY_O_LIST, ZY_MEMBERS(CASE_OUTS)), ZY_OUT("cursor", ZY_O_STR) };
static const zy_out STATE_OUTS[] = { ZY_OUT("state", ZY_O_STR), ZY_OUT("count", ZY_O_INT), ZY_OUT("amount_fen", ZY_O_INT) };
static const zy_out OVERVIEW_OUTS[] = {
    ZY_OUT("at", ZY_O_INT), ZY_OUT("customers", ZY_O_INT), ZY_OUT("logins_today", ZY_O_INT), ZY_OUT("orders_today", ZY_O_INT),
    ZY_OUT("orders_posted_today", ZY_O_INT), ZY_OUT("amount_today_fen", ZY_O_INT, .help = "of today's posted orders"),
    ZY_OUT("approvals_waiting", ZY_O_INT), ZY_OUT("apis_closed", ZY_O_INT),
    ZY_OUT("orders_by_state", ZY_O_LIST, ZY_MEMBERS(STATE_OUTS)),
};

/* --- rows --- */

#define STAFF_API(api_name, word, rate, words, handler)                                                       \
    .name = (api_name), .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = (word), .per_minute = (rate), \
    .audited = true, .title = (words), .run = (handler)

const zy_api ZY_CONSOLE_APIS[] = {
    { STAFF_API("customer.search", "customer.view", 60, "Customers, masked; each look is recorded", console_customer_search),
      ZY_FIELDS(customer_search_in, CUSTOMER_SEARCH_FIELDS), ZY_OUTS(CUSTOMER_SEARCH_OUTS) },
    { STAFF_API("customer.unlock", "customer.unlock.make", 20, "Asks to lift a customer's lock", console_customer_unlock),
      ZY_FIELDS(customer_unlock_in, CUSTOMER_UNLOCK_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { STAFF_API("order.search", "order.view", 60, "Orders, newest first", console_order_search),
      ZY_FIELDS(order_search_in, ORDER_SEARCH_FIELDS), ZY_OUTS(ORDER_SEARCH_OUTS) },
    { STAFF_API("audit.search", "audit.view", 60, "Audit records, newest first", console_audit_search),
      ZY_FIELDS(audit_search_in, AUDIT_SEARCH_FIELDS), ZY_OUTS(AUDIT_SEARCH_OUTS) },
    { STAFF_API("audit.verify", "audit.verify", 10, "Proves that no audit record was altered", console_audit_verify),
      ZY_NO_FIELDS, ZY_OUTS(AUDIT_VERIFY_OUTS) },
    { STAFF_API("ledger.verify", "audit.verify", 10, "Recomputes all balances", console_ledger_verify), ZY_NO_FIELDS,
      ZY_OUTS(LEDGER_VERIFY_OUTS) },
    { STAFF_API("api.list", NULL, 60, "The switchboard: APIs of the customers' door", console_api_list), ZY_NO_FIELDS,
      ZY_OUTS(API_LIST_OUTS) },
    { STAFF_API("api.switch", "api.make", 20, "Asks to close or open an API", console_api_switch),
      ZY_FIELDS(api_switch_in, API_SWITCH_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { STAFF_API("param.list", NULL, 60, "Parameters with their bounds", console_param_list), ZY_NO_FIELDS,
      ZY_OUTS(PARAM_LIST_OUTS) },
    { STAFF_API("param.change", "param.make", 20, "Asks to change a parameter", console_param_change),
      ZY_FIELDS(param_change_in, PARAM_CHANGE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { STAFF_API("policy.list", NULL, 60, "Which factors each scene asks for, and inside what bounds", console_policy_list),
      ZY_NO_FIELDS, ZY_OUTS(POLICY_LIST_OUTS) },
    { STAFF_API("policy.change", "policy.make", 20, "Asks to change what a scene asks for", console_policy_change),
      ZY_FIELDS(policy_change_in, POLICY_CHANGE_FIELDS), ZY_OUTS(REQUESTED_OUTS) },
    { STAFF_API("approval.list", "approval.view", 60, "Requests with what changes", console_approval_list),
      ZY_FIELDS(approval_list_in, APPROVAL_LIST_FIELDS), ZY_OUTS(APPROVAL_LIST_OUTS) },
    { STAFF_API("approval.decide", "approval.view", 30, "Approves or refuses another's request", console_approval_decide),
      ZY_FIELDS(approval_decide_in, APPROVAL_DECIDE_FIELDS), ZY_OUTS(APPROVAL_DECIDE_OUTS) },
    { STAFF_API("case.list", "case.view", 60, "Differences to the clearing house's books, newest first", console_case_list),
      ZY_FIELDS(case_list_in, CASE_LIST_FIELDS), ZY_OUTS(CASE_LIST_OUTS) },
    { STAFF_API("case.close", "case.close", 20, "Closes a case with what was found", console_case_close),
      ZY_FIELDS(case_close_in, CASE_CLOSE_FIELDS) },
    { STAFF_API("overview.figures", NULL, 60, "The figures of today", console_overview), ZY_NO_FIELDS, ZY_OUTS(OVERVIEW_OUTS) },
};
const size_t ZY_CONSOLE_API_COUNT = ZY_COUNT(ZY_CONSOLE_APIS);
