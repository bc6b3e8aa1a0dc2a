/* The console: masked looks that are recorded, and deeds by maker and checker. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "office/console/console.h"
#include "office/staff/staff.h"
#include "service/audit/audit.h"
#include "service/identity/identity.h"
#include "service/identity/tries.h"
#include "service/ledger/ledger.h"
#include "service/param/param.h"
#include "zy_api_negative.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_staff.h"

static zy_env *env;
static zy_api_registry *registry;
static zy_staff_call teller, risk, auditor, admin;
static zy_json *said; /* the last answer */

static const zy_param_row PARAMS[] = {
    { "test.console_fen", 5000, 100, 10000, "fen", "测试限额", "test limit" },
};

/* --- the world --- */

static zy_status add_person(const char *user, const char *name, const char *role, zy_staff_call *ret_call)
{
    *ret_call = (zy_staff_call){ 0 };
    ZY_TRY(zy_test_staff_add(env, user, name, role, &ret_call->session.staff));
    snprintf(ret_call->session.role, sizeof ret_call->session.role, "%s", role);
    return ZY_OK;
}

typedef struct customer_job {
    zy_customer_row *row;
    zy_id id;
} customer_job;

static zy_status customer_unit(zy_tx *tx, void *arg, zy_err *err)
{
    customer_job *job = arg;
    return zy_customer_insert(tx, env, job->row, &job->id, err);
}

static zy_id add_customer(const char *no, const char *name, const char *phone, const char *id_no)
{
    static const uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    zy_err err = { 0 };
    const zy_customer_new c = { .customer_no = zy_str_of(no), .name = zy_str_of(name), .id_no = zy_str_of(id_no),
                                .phone = zy_str_of(phone), .login_record = record, .pay_record = record };
    customer_job job = { NULL, { 0 } };
    ASSERT_OK(zy_customer_prepare(env, &c, &job.row, &err));
    zy_status status = zy_db_run(env->db, "test.customer", customer_unit, &job, &err);
    zy_customer_row_free(job.row);
    ASSERT_OK(status);
    return job.id;
}

static zy_status ledger_unit(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    zy_time now = zy_env_now(env);
    return zy_ledger_init(tx, zy_day_of(now), now, err);
}

static zy_status fill_registry(zy_err *err)
{
    const zy_api_hooks hooks = { zy_switch_closed, NULL, zy_audit_refusal };
    ZY_TRY(zy_registry_new(env, &registry, err));
    ZY_TRY(zy_registry_add(registry, ZY_STAFF_APIS, ZY_STAFF_API_COUNT, err));
    ZY_TRY(zy_registry_add(registry, ZY_CONSOLE_APIS, ZY_CONSOLE_API_COUNT, err));
    ZY_TRY(zy_registry_add(registry, ZY_IDENTITY_APIS, ZY_IDENTITY_API_COUNT, err));
    ZY_TRY(zy_registry_add(registry, ZY_TRANSFER_APIS, ZY_TRANSFER_API_COUNT, err));
    zy_registry_hooks(registry, &hooks);
    return zy_console_start(env, registry, err);
}

static int set_up(void **state)
{
    (void)state;
    zy_err err = { 0 };
    said = NULL;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    if (zy_test_env_open(&env) != ZY_OK || fill_registry(&err) != ZY_OK ||
        zy_db_run(env->db, "test.ledger", ledger_unit, NULL, &err) != ZY_OK)
        return -1;
    zy_audit_attach(env);
    zy_param_reload();
    return add_person("teller01", "方圆", "teller", &teller) == ZY_OK && add_person("risk01", "周明", "risk", &risk) == ZY_OK &&
                   add_person("audit01", "韩松", "auditor", &auditor) == ZY_OK &&
                   add_person("admin01", "许静", "admin", &admin) == ZY_OK
               ? 0
               : -1;
}

static int tear_down(void **state)
{
    (void)state;
    zy_json_free(said);
    zy_registry_free(registry);
    zy_test_env_close(env);
    return 0;
}

/* --- calls --- */

static zy_status call_into(zy_staff_call *who, zy_door door, const char *api, const char *body, zy_buf *out)
{
    zy_status status = ZY_INTERNAL;
    zy_arena *arena = zy_arena_new(1u << 20);
    zy_caller caller = { .door = door, .address = ZY_STR("10.0.0.7") };
    if (who != NULL) {
        caller.staff = who->session.staff;
        caller.has_permission = zy_staff_has_permission;
        caller.staff_session = who;
    }
    zy_dispatch_named(registry, &caller, arena, zy_str_of(api), (zy_str){ 0 }, zy_str_of(body), out, &status);
    zy_arena_free(arena);
    return status;
}

static zy_status ask(zy_staff_call *who, const char *api, const char *body)
{
    ZY_AUTO_BUF out = { 0 };
    zy_status status = call_into(who, ZY_DOOR_STAFF, api, body, &out);
    zy_json_free(said);
    said = NULL;
    ASSERT_OK(zy_json_parse(zy_buf_view(&out), &said));
    return status;
}

static zy_status ask_fmt(zy_staff_call *who, const char *api, const char *format, const char *argument)
{
    ZY_AUTO_BUF body = { 0 };
    for (const char *p = format; *p != '\0'; p++) {
        if (*p == '%')
            zy_buf_c(&body, argument);
        else
            zy_buf_char(&body, *p);
    }
    return ask(who, api, body.p);
}

static const zy_json *body_get(const char *key)
{
    return zy_json_get(zy_json_get(said, "body"), key);
}

static const zy_json *row(const char *list, size_t i)
{
    return zy_json_at(body_get(list), i);
}

static zy_str text(const zy_json *object, const char *key)
{
    zy_str s = { 0 };
    if (!zy_json_str(object, key, &s))
        fail_msg("no text %s", key);
    return s;
}

static int64_t number(const zy_json *object, const char *key)
{
    int64_t v = 0;
    if (!zy_json_int(object, key, &v))
        fail_msg("no number %s", key);
    return v;
}

static void keep(const zy_json *object, const char *key, char out[64])
{
    ASSERT_OK(zy_str_copy(text(object, key), out, 64));
}

static size_t audits(const char *event, zy_id actor)
{
    char id[ZY_ID_TEXT_MAX], body[200];
    zy_id_format(actor, id);
    snprintf(body, sizeof body, "{\"event\":\"%s\",\"actor\":\"%s\",\"limit\":50}", event, id);
    ASSERT_OK(ask(&auditor, "audit.search", body));
    return zy_json_count(body_get("records"));
}

/* --- who may --- */

static void every_api_of_the_console_needs_a_login(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.6.3.p1", "mb.auth-tech-choice.b-i", "mb.auth-tech-choice.p1");
    for (size_t i = 0; i < ZY_CONSOLE_API_COUNT; i++)
        ASSERT_STATUS(ask(NULL, ZY_CONSOLE_APIS[i].name, "{}"), ZY_LOGIN_REQUIRED);
}

static void a_role_reaches_no_more_than_its_permissions(void **state)
{
    (void)state;
    ZY_PROVES("mb.pi-management.h.1", "mb.pi-management.h.2", "mb.pi-management.o", "mb.harmony-log.d1-2",
              "mb.server-validation.e");
    static const struct {
        zy_staff_call *who;
        const char *api;
    } CASES[] = {
        { &teller, "audit.search" }, { &teller, "audit.verify" }, { &teller, "ledger.verify" }, { &teller, "api.switch" },
        { &teller, "param.change" }, { &risk, "audit.search" },   { &risk, "audit.verify" },    { &auditor, "api.switch" },
        { &auditor, "param.change" }, { &auditor, "customer.unlock" }, { &admin, "customer.unlock" },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++)
        ASSERT_STATUS(ask(CASES[i].who, CASES[i].api, "{}"), ZY_PERMISSION_DENIED);
    assert_int_equal(audits("api.refused", teller.session.staff), 5);
}

static bool may_all(const zy_caller *caller, const char *permission)
{
    (void)caller;
    (void)permission;
    return true;
}

static bool call_badly(void *arg, const zy_negative_call *c, zy_negative_answer *ret_answer)
{
    (void)arg;
    zy_staff_call who = admin;
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = ZY_STR("10.0.0.7"), .has_permission = may_all, .staff_session = &who,
                         .staff = { c->logged_in ? admin.session.staff.v : 0 } };
    zy_status status = ZY_INTERNAL;
    zy_str code, field = { 0 };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_AUTO_BUF out = { 0 };
    zy_dispatch_named(registry, &caller, arena, zy_str_of(c->api), zy_str_of(c->id), zy_str_of(c->body), &out, &status);
    if (zy_json_parse(zy_buf_view(&out), &answer) != ZY_OK || !zy_json_str(answer, "code", &code))
        return false;
    zy_json_as_str(zy_json_at(zy_json_get(answer, "fields"), 0), &field);
    return zy_str_copy(code, ret_answer->code, sizeof ret_answer->code) == ZY_OK &&
           zy_str_copy(field, ret_answer->field, sizeof ret_answer->field) == ZY_OK;
}

static void turn_a_minute(void *arg)
{
    (void)arg;
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_MINUTES(1));
}

static void whatever_the_tables_forbid_is_refused_and_named(void **state)
{
    (void)state;
    const zy_negative n = { .registry = registry, .door = ZY_DOOR_STAFF, .call = call_badly, .rest = turn_a_minute,
                            .no_envelope = true };
    assert_true(zy_api_negative(&n) > 200);
}

/* --- looks --- */

static void customers_are_shown_masked(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.3.1.e3", "mb.pi-technique.j.1", "mb.masking-rules.c");
    add_customer("10020030040", "李小丰", "13800000001", "110101199003071234");
    ASSERT_OK(ask(&teller, "customer.search", "{}"));
    const zy_json *c = row("customers", 0);
    ASSERT_STR(text(c, "name"), "**丰");
    ASSERT_STR(text(c, "phone"), "138****0001");
    ASSERT_STR(text(c, "id_no"), "1****************4");
    ZY_AUTO_BUF whole = { 0 };
    zy_json_write(said, &whole);
    assert_null(strstr(whole.p, "李小丰"));
    assert_null(strstr(whole.p, "13800000001"));
    assert_null(strstr(whole.p, "110101199003071234"));
}

static void a_customer_is_found_by_a_whole_value_alone(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-service-system.p3");
    add_customer("10020030040", "李小丰", "13800000001", "110101199003071234");
    add_customer("10020030041", "赵云", "13800000002", "110101199003071242");
    static const char *const WHOLE[] = { "13800000002", "10020030041", "110101199003071242" };
    for (size_t i = 0; i < ZY_COUNT(WHOLE); i++) {
        ASSERT_OK(ask_fmt(&teller, "customer.search", "{\"q\":\"%\"}", WHOLE[i]));
        assert_int_equal(zy_json_count(body_get("customers")), 1);
        ASSERT_STR(text(row("customers", 0), "name"), "*云");
    }
    ASSERT_OK(ask(&teller, "customer.search", "{\"q\":\"1380000\"}"));
    assert_int_equal(zy_json_count(body_get("customers")), 0);
}

static void each_look_at_customers_is_recorded_with_whom_was_seen(void **state)
{
    (void)state;
    ZY_PROVES("mb.pi-management.q");
    char id[64];
    add_customer("10020030040", "李小丰", "13800000001", "110101199003071234");
    ASSERT_OK(ask(&teller, "customer.search", "{\"q\":\"13800000001\"}"));
    keep(row("customers", 0), "customer_id", id);
    ASSERT_OK(ask(&teller, "customer.search", "{}"));
    assert_int_equal(audits("staff.customer_viewed", teller.session.staff), 2);
    const zy_json *record = row("records", 1); /* the first look */
    ASSERT_STR(text(record, "object"), id);
    ASSERT_STR(text(record, "address"), "10.0.0.7");
    ASSERT_STR(text(record, "actor_name"), "方圆");
    assert_null(memmem(text(record, "detail").p, text(record, "detail").n, "13800000001", 11));
    ASSERT_OK(ask_fmt(&auditor, "audit.search", "{\"object\":\"%\"}", id));
    assert_int_equal(zy_json_count(body_get("records")), 2);
}

#ifdef ZY_FAULTS
static void what_cannot_be_recorded_is_not_shown(void **state)
{
    (void)state;
    ZY_PROVES("mb.pi-management.q");
    zy_err err = { 0 };
    add_customer("10020030040", "李小丰", "13800000001", "110101199003071234");
    const char *gone = "DROP TABLE audit_record";
    ASSERT_OK(zy_db_test_exec_script(env->db, gone, gone, &err));
    assert_int_not_equal(ask(&teller, "customer.search", "{}"), ZY_OK);
    assert_null(body_get("customers"));
}
#endif

static void customers_come_in_pages(void **state)
{
    (void)state;
    char cursor[64], no[16], phone[16], id_no[24];
    for (int i = 0; i < 5; i++) {
        snprintf(no, sizeof no, "1002003004%d", i);
        snprintf(phone, sizeof phone, "1380000000%d", i);
        snprintf(id_no, sizeof id_no, "11010119900307123%d", i);
        add_customer(no, "李小丰", phone, id_no);
    }
    ASSERT_OK(ask(&teller, "customer.search", "{\"limit\":3}"));
    assert_int_equal(zy_json_count(body_get("customers")), 3);
    keep(zy_json_get(said, "body"), "cursor", cursor);
    ASSERT_OK(ask_fmt(&teller, "customer.search", "{\"limit\":3,\"cursor\":\"%\"}", cursor));
    assert_int_equal(zy_json_count(body_get("customers")), 2);
    ASSERT_STR(text(zy_json_get(said, "body"), "cursor"), "");
    ASSERT_STATUS(ask(&teller, "customer.search", "{\"cursor\":\"nonsense\"}"), ZY_BAD_FIELD);
    ASSERT_STATUS(ask(&teller, "customer.search", "{\"limit\":51}"), ZY_BAD_FIELD);
}

/* --- orders --- */

typedef struct order_row {
    zy_id customer;
    const char *state;
    int64_t fen;
    zy_time at;
} order_row;

static zy_status order_unit(zy_tx *tx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.order",
        "INSERT INTO flow_order (id, customer, login, kind, state, risk, amount_fen, fee_fen, from_account, to_account, content,"
        " digest, factors_needed, factors_done, created_at, expires_at, done_at, journal_id, audit_id, answer)"
        " VALUES ($1, $2, 1, 'transfer.internal', $3, 'low', $4, 0, 7, 8, $5, $6, 3, 3, $7, $7, $7, 0, 0, $5)", 7, NULL };
    static const uint8_t digest[ZY_SM3_BYTES];
    const order_row *o = arg;
    return zy_exec(tx, &SQL,
                   ZY_ARGS(ZY_I(zy_id_next(env->ids).v), ZY_I(o->customer.v), ZY_TC(o->state), ZY_I(o->fen), ZY_B("", 0),
                           ZY_B(digest, sizeof digest), ZY_I(o->at.ms)),
                   NULL, err);
}

static void add_order(zy_id customer, const char *state, int64_t fen, zy_time at)
{
    zy_err err = { 0 };
    order_row o = { customer, state, fen, at };
    ASSERT_OK(zy_db_run(env->db, "test.order", order_unit, &o, &err));
}

static void orders_are_found_by_customer_state_and_day(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-service-system.p3");
    char id[ZY_ID_TEXT_MAX];
    zy_time now = zy_env_now(env);
    zy_id one = zy_id_next(env->ids), other = zy_id_next(env->ids);
    zy_id_format(one, id);
    add_order(one, "posted", 10000, now);
    add_order(one, "cancelled", 20000, now);
    add_order(other, "posted", 30000, now);
    ASSERT_OK(ask(&teller, "order.search", "{}"));
    assert_int_equal(zy_json_count(body_get("orders")), 3);
    ASSERT_OK(ask_fmt(&teller, "order.search", "{\"customer_id\":\"%\",\"state\":\"posted\"}", id));
    assert_int_equal(zy_json_count(body_get("orders")), 1);
    assert_int_equal(number(row("orders", 0), "amount_fen"), 10000);
    ASSERT_OK(ask(&teller, "order.search", "{\"from\":\"2026-11-23\",\"to\":\"2026-11-23\"}"));
    assert_int_equal(zy_json_count(body_get("orders")), 3);
    ASSERT_OK(ask(&teller, "order.search", "{\"from\":\"2026-11-24\"}"));
    assert_int_equal(zy_json_count(body_get("orders")), 0);
    ASSERT_OK(ask(&teller, "order.search", "{\"to\":\"2026-11-22\"}"));
    assert_int_equal(zy_json_count(body_get("orders")), 0);
    ASSERT_STATUS(ask(&teller, "order.search", "{\"state\":\"nothing\"}"), ZY_BAD_FIELD);
    assert_int_equal(audits("staff.orders_viewed", teller.session.staff), 5);
}

static void the_overview_counts_what_is_of_today(void **state)
{
    (void)state;
    zy_time now = zy_env_now(env);
    zy_id customer = add_customer("10020030040", "李小丰", "13800000001", "110101199003071234");
    add_order(customer, "posted", 9999, (zy_time){ now.ms - ZY_DAYS(1).ms });
    add_order(customer, "posted", 10000, now);
    add_order(customer, "posted", 2500, now);
    add_order(customer, "cancelled", 70000, now);
    ASSERT_OK(ask(&risk, "param.change", "{\"name\":\"test.console_fen\",\"value\":200,\"reason\":\"调整\"}"));
    ASSERT_OK(ask(&teller, "overview.figures", "{}"));
    const zy_json *b = zy_json_get(said, "body");
    assert_int_equal(number(b, "customers"), 1);
    assert_int_equal(number(b, "orders_today"), 3);
    assert_int_equal(number(b, "orders_posted_today"), 2);
    assert_int_equal(number(b, "amount_today_fen"), 12500);
    assert_int_equal(number(b, "approvals_waiting"), 1);
    assert_int_equal(number(b, "logins_today"), 0);
    assert_int_equal(zy_json_count(body_get("orders_by_state")), 2);
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_DAYS(8));
    ASSERT_OK(ask(&teller, "overview.figures", "{}"));
    b = zy_json_get(said, "body");
    assert_int_equal(number(b, "orders_today"), 0);
    assert_int_equal(number(b, "approvals_waiting"), 0); /* dead by its age */
}

/* --- maker and checker --- */

static void request(zy_staff_call *maker, const char *api, const char *body, char ret_id[64])
{
    ASSERT_OK(ask(maker, api, body));
    keep(zy_json_get(said, "body"), "request_id", ret_id);
}

static zy_status decide(zy_staff_call *checker, const char *id, bool approve)
{
    return ask_fmt(checker, "approval.decide",
                   approve ? "{\"request_id\":\"%\",\"approve\":true,\"comment\":\"\"}"
                           : "{\"request_id\":\"%\",\"approve\":false,\"comment\":\"不同意\"}",
                   id);
}

static zy_status call_customer(const char *api)
{
    ZY_AUTO_BUF out = { 0 };
    return call_into(NULL, ZY_DOOR_CUSTOMER, api, "{}", &out);
}

static void an_api_is_closed_by_maker_and_checker(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-mgmt.b3-2", "mb.def-service-system.p2");
    char id[64];
    ASSERT_STATUS(call_customer("transfer.prepare"), ZY_LOGIN_REQUIRED); /* open: the next check speaks */
    request(&risk, "api.switch", "{\"api\":\"transfer.prepare\",\"closed\":true,\"reason\":\"系统维护\"}", id);
    ASSERT_STATUS(call_customer("transfer.prepare"), ZY_LOGIN_REQUIRED);
    ASSERT_OK(decide(&admin, id, true));
    ASSERT_STR(text(zy_json_get(said, "body"), "state"), "approved");
    ASSERT_STATUS(call_customer("transfer.prepare"), ZY_API_CLOSED);
    ASSERT_STATUS(call_customer("auth.session"), ZY_LOGIN_REQUIRED);
    ASSERT_OK(ask(&teller, "overview.figures", "{}"));
    assert_int_equal(number(zy_json_get(said, "body"), "apis_closed"), 1);
    request(&risk, "api.switch", "{\"api\":\"transfer.prepare\",\"closed\":false,\"reason\":\"维护完成\"}", id);
    ASSERT_OK(decide(&admin, id, true));
    ASSERT_STATUS(call_customer("transfer.prepare"), ZY_LOGIN_REQUIRED);
}

static void nobody_checks_a_request_of_his_own(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-mgmt.b3-2");
    char id[64];
    request(&admin, "api.switch", "{\"api\":\"transfer.prepare\",\"closed\":true,\"reason\":\"系统维护\"}", id);
    ASSERT_STATUS(decide(&admin, id, true), ZY_MAKER_IS_CHECKER);
    ASSERT_STATUS(call_customer("transfer.prepare"), ZY_LOGIN_REQUIRED);
    assert_int_equal(audits("approval.approved", admin.session.staff), 0);
}

static void checking_needs_the_permission_of_the_kind(void **state)
{
    (void)state;
    ZY_PROVES("mb.server-validation.e");
    char id[64];
    request(&admin, "param.change", "{\"name\":\"test.console_fen\",\"value\":200,\"reason\":\"调整\"}", id);
    ASSERT_STATUS(decide(&teller, id, true), ZY_PERMISSION_DENIED);
    ASSERT_STATUS(decide(&risk, id, true), ZY_PERMISSION_DENIED);
    ASSERT_STATUS(decide(&auditor, id, false), ZY_PERMISSION_DENIED);
    ASSERT_STATUS(decide(&admin, "0000000000001", true), ZY_NOT_FOUND);
    assert_int_equal(zy_param_get(env, "test.console_fen"), 5000);
}

static void switches_of_the_staff_door_and_of_nothing_are_refused(void **state)
{
    (void)state;
    ASSERT_STATUS(ask(&risk, "api.switch", "{\"api\":\"staff.login\",\"closed\":true,\"reason\":\"系统维护\"}"), ZY_NOT_FOUND);
    ASSERT_STATUS(ask(&risk, "api.switch", "{\"api\":\"no.such\",\"closed\":true,\"reason\":\"系统维护\"}"), ZY_NOT_FOUND);
    ASSERT_STATUS(ask(&risk, "api.switch", "{\"api\":\"auth.session\",\"closed\":false,\"reason\":\"系统维护\"}"),
                  ZY_STATE_CONFLICT);
    ASSERT_STATUS(ask(&risk, "api.switch", "{\"api\":\"auth.session\",\"closed\":true}"), ZY_BAD_FIELD);
}

static void the_switchboard_lists_what_customers_may_call(void **state)
{
    (void)state;
    ASSERT_OK(ask(&risk, "api.list", "{}"));
    size_t customer_apis = 0, seen = 0;
    for (size_t i = 0; i < zy_registry_count(registry); i++)
        customer_apis += zy_registry_at(registry, i)->door == ZY_DOOR_CUSTOMER;
    assert_int_equal(zy_json_count(body_get("apis")), customer_apis);
    for (size_t i = 0; i < customer_apis; i++) {
        bool closed = true;
        assert_true(zy_json_bool(row("apis", i), "closed", &closed) && !closed);
        seen += zy_str_eq_c(text(row("apis", i), "api"), "auth.session") && zy_str_eq_c(text(row("apis", i), "class"), "protected");
    }
    assert_int_equal(seen, 1);
}

static void a_parameter_changes_within_its_bounds_by_two_people(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-service-system.p2", "mb.system-design-mgmt.b3-2");
    char id[64];
    ASSERT_STATUS(ask(&risk, "param.change", "{\"name\":\"test.console_fen\",\"value\":99,\"reason\":\"调整\"}"), ZY_BAD_FIELD);
    ASSERT_STATUS(ask(&risk, "param.change", "{\"name\":\"test.console_fen\",\"value\":10001,\"reason\":\"调整\"}"), ZY_BAD_FIELD);
    ASSERT_STATUS(ask(&risk, "param.change", "{\"name\":\"test.console_fen\",\"value\":5000,\"reason\":\"调整\"}"),
                  ZY_STATE_CONFLICT);
    ASSERT_STATUS(ask(&risk, "param.change", "{\"name\":\"no.such\",\"value\":1,\"reason\":\"调整\"}"), ZY_NOT_FOUND);
    request(&risk, "param.change", "{\"name\":\"test.console_fen\",\"value\":200,\"reason\":\"调整\"}", id);
    assert_int_equal(zy_param_get(env, "test.console_fen"), 5000);
    ASSERT_OK(decide(&admin, id, true));
    assert_int_equal(zy_param_get(env, "test.console_fen"), 200);
    ASSERT_STATUS(decide(&admin, id, true), ZY_STATE_CONFLICT);
}

static void the_inbox_tells_who_asks_for_what(void **state)
{
    (void)state;
    char id[64];
    request(&risk, "param.change", "{\"name\":\"test.console_fen\",\"value\":200,\"reason\":\"调整限额\"}", id);
    ASSERT_OK(ask(&admin, "approval.list", "{\"state\":\"waiting\"}"));
    const zy_json *r = row("requests", 0);
    ASSERT_STR(text(r, "kind"), "param.change");
    ASSERT_STR(text(r, "maker_name"), "周明");
    ASSERT_STR(text(r, "checker_name"), "");
    ASSERT_STR(text(r, "reason"), "调整限额");
    ASSERT_STR(text(r, "before"), "{\"name\":\"test.console_fen\",\"value\":5000}");
    ASSERT_STR(text(r, "after"), "{\"name\":\"test.console_fen\",\"value\":200}");
    ASSERT_OK(decide(&admin, id, false));
    ASSERT_OK(ask(&admin, "approval.list", "{\"state\":\"refused\"}"));
    ASSERT_STR(text(row("requests", 0), "checker_name"), "许静");
    ASSERT_STR(text(row("requests", 0), "comment"), "不同意");
    assert_int_equal(zy_param_get(env, "test.console_fen"), 5000);
}

static void who_refuses_says_why(void **state)
{
    (void)state;
    char id[64];
    request(&risk, "param.change", "{\"name\":\"test.console_fen\",\"value\":200,\"reason\":\"调整\"}", id);
    ASSERT_STATUS(ask_fmt(&admin, "approval.decide", "{\"request_id\":\"%\",\"approve\":false}", id), ZY_BAD_FIELD);
}

static zy_status lock_unit(zy_tx *tx, void *arg, zy_err *err)
{
    uint8_t key[ZY_SM3_BYTES];
    bool locked = false;
    ZY_TRY(zy_try_key(env, ZY_TRY_PAY, *(zy_id *)arg, NULL, key));
    return zy_try_take(tx, key, zy_env_now(env), &locked, err);
}

static bool is_locked(void)
{
    bool locked = false;
    ASSERT_OK(ask(&teller, "customer.search", "{}"));
    assert_true(zy_json_bool(row("customers", 0), "locked", &locked));
    return locked;
}

static void a_locked_customer_is_freed_by_two_people(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.3.3.e3", "mb.def-service-system.p4", "mb.auth-failure.b-iii");
    zy_err err = { 0 };
    char id[64], body[200], customer_text[ZY_ID_TEXT_MAX];
    zy_id customer = add_customer("10020030040", "李小丰", "13800000001", "110101199003071234");
    zy_id_format(customer, customer_text);
    snprintf(body, sizeof body, "{\"customer_id\":\"%s\",\"reason\":\"客户本人柜面申请\"}", customer_text);
    ASSERT_STATUS(ask(&teller, "customer.unlock", body), ZY_STATE_CONFLICT);
    for (int i = 0; i < 10; i++) { /* ten in a day: no time lifts that */
        ASSERT_OK(zy_db_run(env->db, "test.lock", lock_unit, &customer, &err));
        zy_clock_fake_turn(zy_test_env_clock(env), ZY_MINUTES(31));
    }
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_DAYS(2));
    assert_true(is_locked());
    request(&teller, "customer.unlock", body, id);
    assert_true(is_locked());
    ASSERT_STATUS(decide(&teller, id, true), ZY_PERMISSION_DENIED);
    ASSERT_OK(decide(&admin, id, true));
    assert_false(is_locked());
    assert_int_equal(audits("customer.unlocked", admin.session.staff), 1);
    ASSERT_STR(text(row("records", 0), "object"), customer_text);
}

/* --- audit and verification --- */

static void audit_records_are_searched_by_event_actor_and_day(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-service-system.p3");
    ASSERT_OK(ask(&teller, "customer.search", "{}"));
    ASSERT_OK(ask(&risk, "customer.search", "{}"));
    ASSERT_OK(ask(&auditor, "audit.search", "{\"event\":\"staff.customer\",\"actor_kind\":\"staff\"}"));
    assert_int_equal(zy_json_count(body_get("records")), 2);
    ASSERT_OK(ask(&auditor, "audit.search", "{\"event\":\"staff.customer\",\"from\":\"2026-11-24\"}"));
    assert_int_equal(zy_json_count(body_get("records")), 0);
    ASSERT_OK(ask(&auditor, "audit.search", "{\"event\":\"staff.customer\",\"to\":\"2026-11-23\"}"));
    assert_int_equal(zy_json_count(body_get("records")), 2);
    ASSERT_OK(ask(&auditor, "audit.search", "{\"actor_kind\":\"customer\"}"));
    assert_int_equal(zy_json_count(body_get("records")), 0);
    ASSERT_STATUS(ask(&auditor, "audit.search", "{\"actor_kind\":\"robot\"}"), ZY_BAD_FIELD);
    assert_int_equal(audits("staff.audit_viewed", auditor.session.staff), 4);
}

static void verification_finds_sound_books_and_leaves_a_record(void **state)
{
    (void)state;
    bool good = false;
    zy_err err = { 0 };
    ASSERT_OK(ask(&teller, "customer.search", "{}"));
    ASSERT_OK(zy_audit_seal_now(env, &err));
    ASSERT_OK(ask(&auditor, "audit.verify", "{}"));
    assert_true(zy_json_bool(zy_json_get(said, "body"), "good", &good) && good);
    assert_true(number(zy_json_get(said, "body"), "records") > 0);
    ASSERT_OK(ask(&auditor, "ledger.verify", "{}"));
    assert_true(zy_json_bool(zy_json_get(said, "body"), "good", &good) && good);
    assert_int_equal(audits("audit.verified", auditor.session.staff), 1);
    assert_int_equal(audits("ledger.verified", auditor.session.staff), 1);
}

#ifdef ZY_FAULTS
static void verification_tells_of_an_altered_record(void **state)
{
    (void)state;
    bool good = true;
    zy_err err = { 0 };
    ASSERT_OK(ask(&teller, "customer.search", "{}"));
    ASSERT_OK(zy_audit_seal_now(env, &err));
    const char *sqlite = "DROP TRIGGER audit_record_no_update; UPDATE audit_record SET result = 'FAILED'"
                         " WHERE event = 'staff.customer_viewed'";
    const char *pg = "DROP TRIGGER audit_record_append_only ON audit_record; UPDATE audit_record SET result = 'FAILED'"
                     " WHERE event = 'staff.customer_viewed'";
    ASSERT_OK(zy_db_test_exec_script(env->db, sqlite, pg, &err));
    ASSERT_OK(ask(&auditor, "audit.verify", "{}"));
    assert_true(zy_json_bool(zy_json_get(said, "body"), "good", &good) && !good);
    assert_true(number(zy_json_get(said, "body"), "faults") > 0);
    assert_true(text(zy_json_get(said, "body"), "first_fault").n > 0);
    assert_int_equal(audits("audit.verified", auditor.session.staff), 1);
    ASSERT_STR(text(row("records", 0), "result"), "AUDIT_BROKEN");
}
#endif

typedef struct runner {
    zy_status status;
} runner;

static void *verify_in_a_thread(void *arg)
{
    ZY_AUTO_BUF out = { 0 };
    zy_staff_call who = auditor;
    ((runner *)arg)->status = call_into(&who, ZY_DOOR_STAFF, "audit.verify", "{}", &out);
    return NULL;
}

static void verifications_do_not_pile_up(void **state)
{
    (void)state;
    enum { THREADS = 6 };
    pthread_t thread[THREADS];
    runner runners[THREADS];
    int done = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, verify_in_a_thread, &runners[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        done += runners[i].status == ZY_OK;
        assert_true(runners[i].status == ZY_OK || runners[i].status == ZY_BUSY);
    }
    assert_true(done >= 1);
    ASSERT_OK(ask(&auditor, "audit.verify", "{}")); /* the place is free again */
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_api_of_the_console_needs_a_login),
        T(a_role_reaches_no_more_than_its_permissions),
        T(whatever_the_tables_forbid_is_refused_and_named),
        T(customers_are_shown_masked),
        T(a_customer_is_found_by_a_whole_value_alone),
        T(each_look_at_customers_is_recorded_with_whom_was_seen),
#ifdef ZY_FAULTS
        T(what_cannot_be_recorded_is_not_shown),
        T(verification_tells_of_an_altered_record),
#endif
        T(customers_come_in_pages),
        T(orders_are_found_by_customer_state_and_day),
        T(the_overview_counts_what_is_of_today),
        T(an_api_is_closed_by_maker_and_checker),
        T(nobody_checks_a_request_of_his_own),
        T(checking_needs_the_permission_of_the_kind),
        T(switches_of_the_staff_door_and_of_nothing_are_refused),
        T(the_switchboard_lists_what_customers_may_call),
        T(a_parameter_changes_within_its_bounds_by_two_people),
        T(the_inbox_tells_who_asks_for_what),
        T(who_refuses_says_why),
        T(a_locked_customer_is_freed_by_two_people),
        T(audit_records_are_searched_by_event_actor_and_day),
        T(verification_finds_sound_books_and_leaves_a_record),
        T(verifications_do_not_pile_up),
    };
    return zy_test_main("console", tests, ZY_COUNT(tests));
}
