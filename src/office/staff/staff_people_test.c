/* People of the staff: made, set up, changed, closed by two others; passwords, locks, roles and their bounds. */
#include <stdio.h>
#include <stdlib.h>

#include "connector/sms.h"
#include "office/console/console.h"
#include "office/staff/staff_internal.h"
#include "service/approval/approval.h"
#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "service/outbox/outbox.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_staff.h"

#define LIN_PHONE "13800000021"
#define LIN_ID    "990000199001010017"
#define CHOSEN    "Bamboo#raft7"

static zy_env *env;
static zy_api_registry *registry;
static zy_staff_call sec1, sec2, teller, admin, auditor, risk;
static zy_json *said;

/* --- the world --- */

static zy_status add(const char *user, const char *name, const char *role, zy_staff_call *ret_call)
{
    *ret_call = (zy_staff_call){ 0 };
    ZY_TRY(zy_test_staff_add(env, user, name, role, &ret_call->session.staff));
    snprintf(ret_call->session.role, sizeof ret_call->session.role, "%s", role);
    snprintf(ret_call->session.user, sizeof ret_call->session.user, "%s", user);
    return ZY_OK;
}

static zy_status fill_registry(zy_err *err)
{
    const zy_api_hooks hooks = { NULL, NULL, zy_audit_refusal };
    ZY_TRY(zy_registry_new(env, &registry, err));
    ZY_TRY(zy_registry_add(registry, ZY_STAFF_APIS, ZY_STAFF_API_COUNT, err));
    ZY_TRY(zy_registry_add(registry, ZY_CONSOLE_APIS, ZY_CONSOLE_API_COUNT, err));
    zy_registry_hooks(registry, &hooks);
    return zy_console_start(env, registry, err);
}

static int set_up_empty(void **state)
{
    (void)state;
    zy_err err = { 0 };
    said = NULL;
    return zy_test_env_open(&env) == ZY_OK && zy_hash_pool_start(2, 64, &err) == ZY_OK && zy_staff_start(env, &err) == ZY_OK &&
                   fill_registry(&err) == ZY_OK
               ? 0
               : -1;
}

static int set_up(void **state)
{
    static const struct {
        const char *user, *name, *role;
        zy_staff_call *call;
    } PEOPLE[] = { { "sec01", "沈岚", "security", &sec1 },   { "sec02", "陆平", "security", &sec2 },
                   { "teller01", "方圆", "teller", &teller }, { "admin01", "许静", "admin", &admin },
                   { "audit01", "韩松", "auditor", &auditor }, { "risk01", "周明", "risk", &risk } };
    if (set_up_empty(state) != 0)
        return -1;
    for (size_t i = 0; i < ZY_COUNT(PEOPLE); i++)
        if (add(PEOPLE[i].user, PEOPLE[i].name, PEOPLE[i].role, PEOPLE[i].call) != ZY_OK)
            return -1;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    zy_json_free(said);
    zy_registry_free(registry);
    zy_hash_pool_stop();
    zy_test_env_close(env);
    return 0;
}

static void turn(zy_dur by)
{
    zy_clock_fake_turn(zy_test_env_clock(env), by);
}

/* --- calls, as the door makes them --- */

static const char *address = "10.0.0.7";

static zy_status ask(zy_staff_call *who, const char *api, const char *format, ...) __attribute__((format(printf, 3, 4)));

static zy_status ask(zy_staff_call *who, const char *api, const char *format, ...)
{
    char body[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(body, sizeof body, format, args);
    va_end(args);
    zy_status status = ZY_INTERNAL;
    ZY_AUTO_BUF out = { .max = 4u << 20 };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = zy_str_of(address), .staff = who->session.staff,
                         .login = who->session.session, .has_permission = zy_staff_has_permission, .staff_session = who };
    zy_dispatch_named(registry, &caller, arena, zy_str_of(api), (zy_str){ 0 }, zy_str_of(body), &out, &status);
    zy_json_free(said);
    said = NULL;
    ASSERT_OK(zy_json_parse(zy_buf_view(&out), &said));
    return status;
}

static const zy_json *got(const char *key)
{
    return zy_json_get(zy_json_get(said, "body"), key);
}

static zy_str got_text(const char *key)
{
    zy_str text = { 0 };
    if (!zy_json_as_str(got(key), &text))
        fail_msg("no %s in the answer", key);
    return text;
}

static const char *id_text(const zy_staff_call *who)
{
    static char texts[4][ZY_ID_TEXT_MAX];
    static unsigned turn_of;
    char *out = texts[turn_of++ % 4];
    zy_id_format(who->session.staff, out);
    return out;
}

static zy_status login(const char *user, const char *password, const char *code, zy_staff_call *ret_call)
{
    *ret_call = (zy_staff_call){ 0 };
    if (code[0] == '\0')
        return ask(ret_call, "staff.login", "{\"user\":\"%s\",\"password\":\"%s\"}", user, password);
    return ask(ret_call, "staff.login", "{\"user\":\"%s\",\"password\":\"%s\",\"code\":\"%s\"}", user, password, code);
}

static zy_status login_as(const char *user, zy_staff_call *ret_call)
{
    char code[7];
    turn(ZY_SECONDS(31)); /* a code works once */
    zy_test_staff_code(env, user, 0, code);
    return login(user, ZY_TEST_STAFF_PASSWORD, code, ret_call);
}

/* The session as the door finds it, now. */
static zy_status refresh(zy_staff_call *who)
{
    zy_err err = { 0 };
    return zy_staff_session_find(env, zy_str_of(who->token), zy_env_now(env), &who->session, &err);
}

static zy_status decide(zy_staff_call *checker, zy_id request)
{
    zy_err err = { 0 };
    return zy_approval_decide(env, request, checker->session.staff, true, (zy_str){ 0 }, &err);
}

static zy_id request_id(void)
{
    zy_id id = { 0 };
    ASSERT_OK(zy_id_parse(got_text("request_id"), &id));
    return id;
}

/* maker asks, checker approves. */
#define BY_TWO(maker, checker, ...)                \
    do {                                           \
        ASSERT_OK(ask((maker), __VA_ARGS__));      \
        ASSERT_OK(decide((checker), request_id())); \
    } while (0)

static zy_status ask_create(const char *user, const char *staff_no, const char *id_no, const char *phone)
{
    return ask(&sec1, "staff.create",
               "{\"user\":\"%s\",\"name\":\"林晓\",\"staff_no\":\"%s\",\"id_no\":\"%s\",\"phone\":\"%s\",\"role\":\"teller\","
               "\"branch\":\"0101\",\"reason\":\"新员工入职\"}",
               user, staff_no, id_no, phone);
}

/* The password in the newest text to the phone. */
static void texted(const char *phone, char out[ZY_STAFF_FIRST_PASSWORD_MAX])
{
    static const char MARK[] = "初始密码为";
    int sent = 1;
    zy_time at;
    ZY_AUTO_BUF text = { 0 };
    char path[512];
    while (sent > 0)
        ASSERT_OK(zy_outbox_run_once(env, &sent, NULL));
    snprintf(path, sizeof path, "%s/mailbox.jsonl", zy_test_env_folder());
    ASSERT_OK(zy_mailbox_newest(path, zy_str_of(phone), &at, &text));
    const char *found = memmem(text.p, text.n, MARK, strlen(MARK));
    assert_non_null(found);
    memcpy(out, found + strlen(MARK), 12);
    out[12] = '\0';
}

static void code_of(const char *base32, char out[7])
{
    uint8_t secret[32];
    size_t n = 0;
    ASSERT_OK(zy_base32_decode(zy_str_of(base32), secret, sizeof secret, &n));
    ASSERT_OK(zy_totp(secret, n, zy_env_now(env).ms / 1000, out));
}

/* Lin Xiao: made, with the first password in hand. */
static void make_lin(char first[ZY_STAFF_FIRST_PASSWORD_MAX])
{
    ASSERT_OK(ask_create("lin.xiao", "880021", LIN_ID, LIN_PHONE));
    ASSERT_OK(decide(&sec2, request_id()));
    texted(LIN_PHONE, first);
}

static void set_generator_up(zy_staff_call *who, char secret[40])
{
    char code[7];
    ASSERT_OK(ask(who, "staff.totp.begin", "{}"));
    ASSERT_OK(zy_str_copy(got_text("secret"), secret, 40));
    code_of(secret, code);
    ASSERT_OK(ask(who, "staff.totp.confirm", "{\"code\":\"%s\"}", code));
    ASSERT_OK(refresh(who));
}

/* Lin Xiao: made, set up, ready to log in with CHOSEN and codes of `secret`. */
static void make_lin_ready(char secret[40])
{
    char first[ZY_STAFF_FIRST_PASSWORD_MAX];
    zy_staff_call lin;
    make_lin(first);
    ASSERT_OK(login("lin.xiao", first, "", &lin));
    set_generator_up(&lin, secret);
    ASSERT_OK(ask(&lin, "staff.password.change", "{\"old\":\"%s\",\"new\":\"%s\"}", first, CHOSEN));
}

static zy_status login_lin(const char *secret, const char *password, zy_staff_call *ret_call)
{
    char code[7];
    turn(ZY_SECONDS(31));
    code_of(secret, code);
    return login("lin.xiao", password, code, ret_call);
}

/* --- the audit --- */

typedef struct count_job {
    const char *event;
    int64_t count;
} count_job;

static zy_status count_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    count_job *job = arg;
    zy_id next;
    ZY_AUTO(zy_json_free) zy_json *records = zy_json_array();
    const zy_audit_filter filter = { .event_prefix = zy_str_of(job->event), .limit = 100 };
    ZY_TRY(zy_audit_search(rtx, &filter, records, &next, err));
    job->count = (int64_t)zy_json_count(records);
    return ZY_OK;
}

static int64_t audits(const char *event)
{
    zy_err err = { 0 };
    count_job job = { event, 0 };
    ASSERT_OK(zy_db_read(env->db, "test.count", count_unit, &job, &err));
    return job.count;
}

/* --- a new member of staff --- */

static void somebody_new_is_made_by_two_and_sets_up_alone(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.f-i", "mb.password-reset.b-ii", "mb.static-password.f-ii");
    char first[ZY_STAFF_FIRST_PASSWORD_MAX], secret[40];
    zy_staff_call lin;
    make_lin(first);
    ASSERT_OK(login("lin.xiao", first, "", &lin));
    assert_int_equal(lin.session.stage, ZY_STAFF_ENROL);
    set_generator_up(&lin, secret);
    assert_int_equal(lin.session.stage, ZY_STAFF_PASSWORD);
    ASSERT_OK(ask(&lin, "staff.password.change", "{\"old\":\"%s\",\"new\":\"%s\"}", first, CHOSEN));
    assert_true(lin.ended);
    ASSERT_STATUS(refresh(&lin), ZY_LOGIN_REQUIRED);
    ASSERT_OK(login_lin(secret, CHOSEN, &lin));
    assert_int_equal(lin.session.stage, ZY_STAFF_READY);
    assert_true(zy_staff_may(&lin.session, "customer.view"));
    ASSERT_STATUS(login_lin(secret, first, &lin), ZY_LOGIN_FAILED);
    assert_int_equal(audits("staff.created"), 1);
    assert_int_equal(audits("staff.generator_set_up"), 1);
    assert_int_equal(audits("staff.password_changed"), 1);
}

static void a_first_password_opens_nothing_but_the_way_to_ones_own(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.f-i", "mb.password-reset.b-i");
    static const char *const CLOSED[] = { "customer.search", "overview.figures", "api.list", "param.list", "staff.list",
                                          "approval.list" };
    char first[ZY_STAFF_FIRST_PASSWORD_MAX], secret[40];
    zy_staff_call lin;
    make_lin(first);
    ASSERT_OK(login("lin.xiao", first, "", &lin));
    for (int stage = 0; stage < 2; stage++) {
        for (size_t i = 0; i < ZY_COUNT(CLOSED); i++)
            ASSERT_STATUS(zy_staff_gate(&lin.session, zy_str_of(CLOSED[i]), NULL), ZY_MUST_CHANGE_PASSWORD);
        assert_false(zy_staff_may(&lin.session, "customer.view"));
        ASSERT_STATUS(ask(&lin, "customer.search", "{}"), ZY_PERMISSION_DENIED);
        if (stage == 0) {
            ASSERT_STATUS(ask(&lin, "staff.password.change", "{\"old\":\"%s\",\"new\":\"%s\"}", first, CHOSEN), ZY_FACTOR_ORDER);
            set_generator_up(&lin, secret);
        }
    }
    ASSERT_STATUS(ask(&lin, "staff.totp.begin", "{}"), ZY_STATE_CONFLICT);
}

static void a_first_password_dies_after_an_hour(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.e-ii", "mb.static-password.e-iii");
    char first[ZY_STAFF_FIRST_PASSWORD_MAX];
    zy_staff_call lin;
    make_lin(first);
    turn(ZY_MINUTES(59));
    ASSERT_OK(login("lin.xiao", first, "", &lin));
    turn(ZY_MINUTES(1));
    ASSERT_STATUS(login("lin.xiao", first, "", &lin), ZY_LOGIN_FAILED);
}

static void first_passwords_differ_and_have_letters_and_digits(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.f-ii", "mb.static-password.e-i");
    char seen[8][ZY_STAFF_FIRST_PASSWORD_MAX];
    make_lin(seen[0]);
    zy_staff_call lin;
    ASSERT_OK(login("lin.xiao", seen[0], "", &lin));
    for (size_t i = 1; i < ZY_COUNT(seen); i++) {
        turn(ZY_SECONDS(20));
        BY_TWO(&sec1, &sec2, "staff.reset", "{\"staff_id\":\"%s\",\"totp\":true,\"reason\":\"口令遗失\"}", id_text(&lin));
        texted(LIN_PHONE, seen[i]);
        assert_non_null(strpbrk(seen[i], "23456789"));
        assert_non_null(strpbrk(seen[i], "abcdefghjkmnpqrstuvwxyz"));
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(seen[i], seen[k]);
    }
}

static void a_wrong_first_code_does_not_set_the_generator_up(void **state)
{
    (void)state;
    char first[ZY_STAFF_FIRST_PASSWORD_MAX], code[7], secret[40];
    zy_staff_call lin;
    make_lin(first);
    ASSERT_OK(login("lin.xiao", first, "", &lin));
    ASSERT_STATUS(ask(&lin, "staff.totp.confirm", "{\"code\":\"123456\"}"), ZY_FACTOR_WRONG); /* before a secret was shown */
    ASSERT_OK(ask(&lin, "staff.totp.begin", "{}"));
    ASSERT_OK(zy_str_copy(got_text("secret"), secret, sizeof secret));
    assert_non_null(memmem(got_text("uri").p, got_text("uri").n, secret, strlen(secret)));
    ASSERT_OK(ask(&lin, "staff.totp.begin", "{}")); /* shown once: another call makes another */
    code_of(secret, code);
    ASSERT_STATUS(ask(&lin, "staff.totp.confirm", "{\"code\":\"%s\"}", code), ZY_FACTOR_WRONG);
    for (int i = 0; i < 3; i++)
        (void)ask(&lin, "staff.totp.confirm", "{\"code\":\"000000\"}");
    ASSERT_STATUS(ask(&lin, "staff.totp.confirm", "{\"code\":\"000000\"}"), ZY_LOCKED);
    assert_int_equal(audits("staff.generator_refused"), 5);
}

/* --- one person, one account --- */

static void shared_and_default_names_are_refused(void **state)
{
    (void)state;
    static const char *const NAMES[] = { "admin", "Admin", "admin01", "root", "test", "test_9", "guest", "system1", "12345",
                                         "operator", "public.1" };
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++) {
        ASSERT_STATUS(ask_create(NAMES[i], "880021", LIN_ID, LIN_PHONE), ZY_BAD_FIELD);
        turn(ZY_MINUTES(1)); /* the API's own rate */
    }
    ASSERT_OK(ask_create("admin.li", "880021", LIN_ID, LIN_PHONE));
}

static void a_person_has_one_account(void **state)
{
    (void)state;
    char first[ZY_STAFF_FIRST_PASSWORD_MAX];
    ASSERT_OK(ask_create("lin.early", "880022", LIN_ID, "13800000022")); /* asked for before, decided after */
    zy_id waiting = request_id();
    make_lin(first);
    ASSERT_STATUS(ask_create("lin.second", "880023", LIN_ID, "13800000023"), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(ask_create("other", "880021", "990000199001010025", "13800000023"), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(ask_create("Lin.Xiao", "880024", "990000199001010025", "13800000023"), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(decide(&sec2, waiting), ZY_ALREADY_EXISTS);
}

static void what_is_no_identity_or_phone_or_role_is_refused(void **state)
{
    (void)state;
    ASSERT_STATUS(ask_create("lin.xiao", "880021", "990000199001010016", LIN_PHONE), ZY_BAD_FIELD);
    ASSERT_STATUS(ask_create("lin.xiao", "880021", "99000019900101001X", LIN_PHONE), ZY_BAD_FIELD);
    ASSERT_STATUS(ask_create("lin.xiao", "880021", LIN_ID, "23800000021"), ZY_BAD_FIELD);
    ASSERT_STATUS(ask(&sec1, "staff.change", "{\"staff_id\":\"%s\",\"role\":\"root\",\"branch\":\"1\",\"reason\":\"调岗\"}",
                      id_text(&teller)),
                  ZY_BAD_FIELD);
}

typedef struct leak_job {
    int64_t rows;
} leak_job;

static zy_status leak_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.leak",
        "SELECT count(*) FROM (SELECT payload || before_state || after_state AS t FROM approval_request UNION ALL"
        " SELECT detail AS t FROM audit_record) x WHERE t LIKE '%林晓%' OR t LIKE '%13800000021%' OR t LIKE '%990000199001010017%'",
        0, NULL };
    leak_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_NO_ARGS, &stmt, err));
    job->rows = zy_col_int(stmt, 0);
    return ZY_OK;
}

static void nothing_personal_stands_in_requests_or_records(void **state)
{
    (void)state;
    zy_err err = { 0 };
    leak_job job = { -1 };
    char secret[40];
    make_lin_ready(secret);
    ASSERT_OK(zy_db_read(env->db, "test.leak", leak_read, &job, &err));
    assert_int_equal(job.rows, 0);
}

/* --- maker and checker --- */

static void nobody_decides_about_himself(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-mgmt.b3-2");
    static const char *const APIS[] = { "staff.suspend", "staff.close", "staff.reopen", "staff.unlock" };
    for (size_t i = 0; i < ZY_COUNT(APIS); i++)
        ASSERT_STATUS(ask(&sec1, APIS[i], "{\"staff_id\":\"%s\",\"reason\":\"自己\"}", id_text(&sec1)), ZY_PERMISSION_DENIED);
    ASSERT_STATUS(ask(&sec1, "staff.change", "{\"staff_id\":\"%s\",\"role\":\"admin\",\"branch\":\"1\",\"reason\":\"自己\"}",
                      id_text(&sec1)),
                  ZY_PERMISSION_DENIED);
    ASSERT_STATUS(ask(&sec1, "staff.reset", "{\"staff_id\":\"%s\",\"totp\":true,\"reason\":\"自己\"}", id_text(&sec1)),
                  ZY_PERMISSION_DENIED);
    ASSERT_OK(ask(&sec1, "staff.change", "{\"staff_id\":\"%s\",\"role\":\"admin\",\"branch\":\"1\",\"reason\":\"别人\"}",
                  id_text(&sec2)));
    zy_id request = request_id();
    ASSERT_STATUS(decide(&sec2, request), ZY_PERMISSION_DENIED);
    ASSERT_STATUS(decide(&sec1, request), ZY_MAKER_IS_CHECKER);
}

static void a_change_of_role_ends_the_session_and_holds_at_the_next(void **state)
{
    (void)state;
    ZY_PROVES("mb.server-validation.e", "mb.pi-management.o");
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    BY_TWO(&sec1, &sec2, "staff.change", "{\"staff_id\":\"%s\",\"role\":\"auditor\",\"branch\":\"0202\",\"reason\":\"调岗\"}",
           id_text(&teller));
    ASSERT_STATUS(refresh(&open), ZY_LOGIN_REQUIRED);
    ASSERT_OK(login_as("teller01", &open));
    assert_true(zy_staff_may(&open.session, "audit.view"));
    assert_false(zy_staff_may(&open.session, "customer.unlock.make"));
}

static void a_leaver_is_thrown_out_at_once_and_stays_out(void **state)
{
    (void)state;
    ZY_PROVES("mb.sec-mgmt.i-1");
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    ASSERT_OK(refresh(&open));
    BY_TWO(&sec1, &sec2, "staff.close", "{\"staff_id\":\"%s\",\"reason\":\"离职\"}", id_text(&teller));
    ASSERT_STATUS(refresh(&open), ZY_LOGIN_REQUIRED);
    ASSERT_STATUS(login_as("teller01", &open), ZY_LOGIN_FAILED);
    assert_int_equal(audits("staff.closed"), 1);
    assert_int_equal(audits("staff.session_ended"), 1);
    ASSERT_STATUS(ask(&sec1, "staff.close", "{\"staff_id\":\"%s\",\"reason\":\"再次\"}", id_text(&teller)), ZY_STATE_CONFLICT);
}

static void who_comes_back_begins_anew(void **state)
{
    (void)state;
    char first[ZY_STAFF_FIRST_PASSWORD_MAX], secret[40], code[7];
    zy_staff_call lin;
    make_lin_ready(secret);
    ASSERT_OK(login_lin(secret, CHOSEN, &lin));
    const char *id = id_text(&lin);
    BY_TWO(&sec1, &sec2, "staff.suspend", "{\"staff_id\":\"%s\",\"reason\":\"长假\"}", id);
    ASSERT_STATUS(login_lin(secret, CHOSEN, &lin), ZY_LOGIN_FAILED);
    BY_TWO(&sec2, &sec1, "staff.reopen", "{\"staff_id\":\"%s\",\"reason\":\"返岗\"}", id);
    ASSERT_STATUS(login_lin(secret, CHOSEN, &lin), ZY_LOGIN_FAILED);
    texted(LIN_PHONE, first);
    ASSERT_OK(login("lin.xiao", first, "", &lin));
    assert_int_equal(lin.session.stage, ZY_STAFF_ENROL);
    code_of(secret, code); /* of the generator from before */
    ASSERT_STATUS(ask(&lin, "staff.totp.confirm", "{\"code\":\"%s\"}", code), ZY_FACTOR_WRONG);
}

static void the_last_administrators_cannot_be_closed(void **state)
{
    (void)state;
    zy_staff_call third;
    ASSERT_OK(add("sec03", "何山", "security", &third));
    ASSERT_OK(ask(&sec1, "staff.close", "{\"staff_id\":\"%s\",\"reason\":\"离职\"}", id_text(&third)));
    zy_id third_closed = request_id();
    ASSERT_OK(ask(&third, "staff.close", "{\"staff_id\":\"%s\",\"reason\":\"离职\"}", id_text(&sec1)));
    zy_id first_closed = request_id();
    ASSERT_OK(decide(&sec2, first_closed));
    ASSERT_STATUS(decide(&sec2, third_closed), ZY_STATE_CONFLICT); /* one alone would remain */
    ASSERT_STATUS(ask(&third, "staff.suspend", "{\"staff_id\":\"%s\",\"reason\":\"自己\"}", id_text(&third)),
                  ZY_PERMISSION_DENIED);
}

static void a_session_is_ended_by_an_administrator_at_once(void **state)
{
    (void)state;
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    ASSERT_OK(ask(&sec1, "staff.session.end", "{\"staff_id\":\"%s\"}", id_text(&teller)));
    ASSERT_STATUS(refresh(&open), ZY_LOGIN_REQUIRED);
    assert_int_equal(audits("staff.session_ended_by"), 1);
    ASSERT_STATUS(ask(&sec1, "staff.session.end", "{\"staff_id\":\"0000000000009\"}"), ZY_NOT_FOUND);
}

/* --- passwords --- */

static zy_status change(zy_staff_call *who, const char *old, const char *new)
{
    return ask(who, "staff.password.change", "{\"old\":\"%s\",\"new\":\"%s\"}", old, new);
}

static void a_chosen_password_keeps_the_rules(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.b", "mb.static-password.b1-i", "mb.static-password.b1-ii", "mb.static-password.b2",
              "mb.password-reset.c", "mb.static-password.p1");
    static const char *const WEAK[] = { "Raft#27", "bamboo#raft", "4815016273", "x-Teller01-9", "Password2026!", "aaaa#bcd7",
                                        "Fangyuan#77" };
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    for (size_t i = 0; i < ZY_COUNT(WEAK); i++)
        ASSERT_STATUS(change(&open, ZY_TEST_STAFF_PASSWORD, WEAK[i]), ZY_BAD_FIELD);
    ASSERT_STATUS(change(&open, "Wrong#pass7", CHOSEN), ZY_FACTOR_WRONG);
    ASSERT_OK(refresh(&open));
    ASSERT_OK(change(&open, ZY_TEST_STAFF_PASSWORD, CHOSEN));
    ASSERT_STATUS(refresh(&open), ZY_LOGIN_REQUIRED);
    assert_int_equal(audits("staff.password_refused"), 1);
}

static void the_last_passwords_do_not_return(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.c3-iii", "mb.static-password.c3-iv", "mb.password-reset.e");
    char secret[40], old[32] = CHOSEN, next[32];
    zy_staff_call lin;
    make_lin_ready(secret);
    for (int i = 0; i < 5; i++) {
        ASSERT_OK(login_lin(secret, old, &lin));
        ASSERT_STATUS(change(&lin, old, old), ZY_BAD_FIELD);
        ASSERT_STATUS(change(&lin, old, CHOSEN), ZY_BAD_FIELD);
        snprintf(next, sizeof next, "Bamboo#raft-%d", i + 20);
        ASSERT_OK(change(&lin, old, next));
        snprintf(old, sizeof old, "%s", next);
        turn(ZY_MINUTES(2));
    }
    ASSERT_OK(login_lin(secret, old, &lin));
    ASSERT_STATUS(change(&lin, old, CHOSEN), ZY_BAD_FIELD); /* the fifth before */
    ASSERT_OK(change(&lin, old, "Willow#lake-1"));
    ASSERT_OK(login_lin(secret, "Willow#lake-1", &lin));
    ASSERT_OK(change(&lin, "Willow#lake-1", CHOSEN)); /* the seventh */
}

static void a_reset_does_not_let_an_earlier_password_return(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.c3-iii", "mb.static-password.h-ii");
    char secret[40], first[ZY_STAFF_FIRST_PASSWORD_MAX];
    zy_staff_call lin;
    make_lin_ready(secret);
    ASSERT_OK(login_lin(secret, CHOSEN, &lin));
    BY_TWO(&sec1, &sec2, "staff.reset", "{\"staff_id\":\"%s\",\"totp\":false,\"reason\":\"忘记口令\"}", id_text(&lin));
    ASSERT_STATUS(refresh(&lin), ZY_LOGIN_REQUIRED);
    texted(LIN_PHONE, first);
    ASSERT_STATUS(login("lin.xiao", first, "", &lin), ZY_LOGIN_FAILED); /* the generator still counts */
    ASSERT_STATUS(login_lin(secret, CHOSEN, &lin), ZY_LOGIN_FAILED);
    ASSERT_OK(login_lin(secret, first, &lin));
    assert_int_equal(lin.session.stage, ZY_STAFF_PASSWORD);
    ASSERT_STATUS(change(&lin, first, CHOSEN), ZY_BAD_FIELD);
    ASSERT_OK(change(&lin, first, "Willow#lake-1"));
    ASSERT_OK(login_lin(secret, "Willow#lake-1", &lin));
}

static void a_password_must_change_after_ninety_days(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.d", "j225.6.2.1.2.d");
    zy_staff_call open;
    turn(ZY_DAYS(89));
    ASSERT_OK(login_as("teller01", &open));
    assert_int_equal(open.session.stage, ZY_STAFF_READY);
    turn(ZY_DAYS(1));
    ASSERT_OK(login_as("teller01", &open));
    assert_int_equal(open.session.stage, ZY_STAFF_PASSWORD);
    ASSERT_STATUS(ask(&open, "customer.search", "{}"), ZY_PERMISSION_DENIED);
    ASSERT_OK(change(&open, ZY_TEST_STAFF_PASSWORD, CHOSEN));
}

static void the_figures_of_passwords_are_parameters_within_the_clauses_bounds(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.a");
    ASSERT_STATUS(ask(&risk, "param.change", "{\"name\":\"staff.password_days\",\"value\":91,\"reason\":\"放宽\"}"), ZY_BAD_FIELD);
    ASSERT_STATUS(ask(&risk, "param.change", "{\"name\":\"staff.password_min\",\"value\":6,\"reason\":\"放宽\"}"), ZY_BAD_FIELD);
    ASSERT_STATUS(ask(&risk, "param.change", "{\"name\":\"staff.password_history\",\"value\":3,\"reason\":\"放宽\"}"), ZY_BAD_FIELD);
    BY_TWO(&risk, &admin, "param.change", "{\"name\":\"staff.password_min\",\"value\":12,\"reason\":\"收紧\"}");
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    ASSERT_STATUS(change(&open, ZY_TEST_STAFF_PASSWORD, "Short#pass7"), ZY_BAD_FIELD);
    BY_TWO(&risk, &admin, "param.change", "{\"name\":\"staff.password_min\",\"value\":8,\"reason\":\"恢复\"}");
}

static void guessing_the_old_password_locks_as_at_the_login(void **state)
{
    (void)state;
    ZY_PROVES("mb.password-reset.d");
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(change(&open, "Wrong#pass7", CHOSEN), ZY_FACTOR_WRONG);
    ASSERT_STATUS(change(&open, ZY_TEST_STAFF_PASSWORD, CHOSEN), ZY_LOCKED);
    ASSERT_STATUS(login_as("teller01", &open), ZY_LOCKED);
}

/* --- locks --- */

static void fail_logins(const char *user, int times)
{
    zy_staff_call nobody;
    for (int i = 0; i < times; i++)
        ASSERT_STATUS(login(user, "Wrong#pass7", "000000", &nobody), ZY_LOGIN_FAILED);
}

static void ten_wrong_in_a_day_block_until_two_others_lift_it(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-failure.b-iii");
    zy_staff_call open;
    fail_logins("teller01", 5);
    turn(ZY_MINUTES(31));
    fail_logins("teller01", 5);
    turn(ZY_DAYS(3));
    ASSERT_STATUS(login_as("teller01", &open), ZY_LOCKED);
    assert_int_equal(audits("staff.blocked"), 1);
    ASSERT_OK(ask(&sec1, "staff.list", "{\"q\":\"teller01\"}"));
    zy_str lock = { 0 };
    assert_true(zy_json_str(zy_json_at(got("people"), 0), "lock", &lock));
    ASSERT_STR(lock, "blocked");
    BY_TWO(&sec1, &sec2, "staff.unlock", "{\"staff_id\":\"%s\",\"reason\":\"本人核实\"}", id_text(&teller));
    ASSERT_OK(login_as("teller01", &open));
    assert_int_equal(audits("staff.unlocked"), 1);
    ASSERT_STATUS(ask(&sec1, "staff.unlock", "{\"staff_id\":\"%s\",\"reason\":\"再次\"}", id_text(&teller)), ZY_STATE_CONFLICT);
}

static void a_name_that_nobody_has_is_blocked_just_so(void **state)
{
    (void)state;
    zy_staff_call open;
    fail_logins("nobody.here", 5);
    turn(ZY_MINUTES(31));
    fail_logins("nobody.here", 5);
    turn(ZY_DAYS(3));
    fail_logins("teller01", 1); /* forgets old rows on its way */
    ASSERT_STATUS(login("nobody.here", "Wrong#pass7", "000000", &open), ZY_LOCKED);
}

static void many_names_from_one_address_lock_the_address(void **state)
{
    (void)state;
    zy_staff_call open;
    char user[32];
    for (int i = 0; i < 20; i++) {
        snprintf(user, sizeof user, "name-%d", i);
        ASSERT_STATUS(login(user, "Wrong#pass7", "000000", &open), ZY_LOGIN_FAILED);
        if (i % 10 == 9)
            turn(ZY_MINUTES(1)); /* below the API's own rate */
    }
    ASSERT_STATUS(login_as("teller01", &open), ZY_LOCKED);
    address = "10.0.0.8";
    ASSERT_OK(login_as("teller01", &open));
    address = "10.0.0.7";
    turn(ZY_MINUTES(31));
    ASSERT_OK(login_as("teller01", &open));
}

static void ones_own_login_does_not_forgive_the_address_its_guesses(void **state)
{
    (void)state;
    zy_staff_call open;
    char user[32];
    for (int i = 0; i < 20; i++) {
        snprintf(user, sizeof user, "name-%d", i);
        ASSERT_STATUS(login(user, "Wrong#pass7", "000000", &open), ZY_LOGIN_FAILED);
        if (i % 5 == 4 && i < 15)
            ASSERT_OK(login_as("risk01", &open));
        if (i % 5 == 4)
            turn(ZY_MINUTES(1));
    }
    ASSERT_STATUS(login_as("teller01", &open), ZY_LOCKED);
}

static void a_lock_is_lifted_at_the_server_and_recorded(void **state)
{
    (void)state;
    zy_err err = { 0 };
    zy_staff_call open;
    fail_logins("sec01", 5);
    ASSERT_STATUS(login_as("sec01", &open), ZY_LOCKED);
    ASSERT_STATUS(zy_staff_unlock_at_server(env, ZY_STR("no.body"), &err), ZY_NOT_FOUND);
    ASSERT_OK(zy_staff_unlock_at_server(env, ZY_STR("Sec01"), &err));
    ASSERT_OK(login_as("sec01", &open));
    assert_int_equal(audits("staff.unlocked_at_server"), 1);
}

static void a_login_tells_of_the_one_before_and_of_wrong_tries(void **state)
{
    (void)state;
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    assert_int_equal(open.session.previous_at.ms, 0);
    zy_time before = zy_env_now(env);
    fail_logins("teller01", 2);
    address = "10.0.0.8";
    ASSERT_OK(login_as("teller01", &open));
    address = "10.0.0.7";
    ASSERT_OK(refresh(&open));
    assert_int_equal(open.session.previous_at.ms, before.ms);
    assert_string_equal(open.session.previous_address, "10.0.0.7");
    assert_int_equal(open.session.failed_before, 2);
}

/* --- unused accounts --- */

static void accounts_that_nobody_uses_for_ninety_days_fall_asleep(void **state)
{
    (void)state;
    zy_err err = { 0 };
    zy_staff_call open;
    int64_t count = 0;
    turn(ZY_DAYS(60));
    ASSERT_OK(login_as("risk01", &open));
    turn(ZY_DAYS(31));
    ASSERT_OK(zy_staff_sleep_unused(env, 100, &count, &err));
    assert_int_equal(count, 3); /* teller, admin, auditor: the two administrators of the staff are the last */
    ASSERT_STATUS(login_as("teller01", &open), ZY_LOGIN_FAILED);
    ASSERT_OK(login_as("risk01", &open));
    ASSERT_OK(login_as("sec01", &open));
    assert_int_equal(audits("staff.asleep"), 3);
    ASSERT_OK(zy_staff_sleep_unused(env, 100, &count, &err));
    assert_int_equal(count, 0);
}

/* --- roles --- */

static void change_role(const char *role, const char *permission, bool granted, zy_status asked, zy_status decided)
{
    ASSERT_STATUS(ask(&sec1, "role.change", "{\"role\":\"%s\",\"permission\":\"%s\",\"granted\":%s,\"reason\":\"岗位调整\"}", role,
                      permission, granted ? "true" : "false"),
                  asked);
    if (asked == ZY_OK)
        ASSERT_STATUS(decide(&sec2, request_id()), decided);
}

static void a_role_changes_by_two_and_at_once_for_who_is_logged_in(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-service-system.p2", "mb.pi-management.o");
    zy_staff_call open;
    ASSERT_OK(login_as("teller01", &open));
    assert_true(zy_staff_may(&open.session, "customer.unlock.make"));
    change_role("teller", "customer.unlock.make", false, ZY_OK, ZY_OK);
    ASSERT_OK(refresh(&open));
    assert_false(zy_staff_may(&open.session, "customer.unlock.make"));
    ASSERT_STATUS(ask(&open, "customer.unlock", "{}"), ZY_PERMISSION_DENIED);
    change_role("teller", "customer.unlock.make", false, ZY_STATE_CONFLICT, ZY_OK);
    change_role("teller", "audit.view", true, ZY_OK, ZY_OK);
    ASSERT_OK(refresh(&open));
    assert_true(zy_staff_may(&open.session, "audit.view"));
    assert_int_equal(audits("staff.role_changed"), 2);
}

static void the_delivered_roles_keep_the_bounds(void **state)
{
    (void)state;
    ZY_PROVES("mb.sec-mgmt.e");
    for (int role = 0; role < (int)staff_role_count(); role++)
        assert_true(staff_duties_fit(staff_delivered(role)));
}

static void a_role_changes_within_its_bounds_alone(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-tech.a27");
    change_role("security", "customer.unlock.make", true, ZY_BAD_FIELD, ZY_OK); /* makes accounts: does no business */
    change_role("security", "param.make", true, ZY_BAD_FIELD, ZY_OK);           /* … runs no system */
    change_role("security", "staff.review", true, ZY_BAD_FIELD, ZY_OK);         /* … reviews not itself */
    change_role("admin", "staff.make", true, ZY_BAD_FIELD, ZY_OK);
    change_role("auditor", "customer.unlock.make", true, ZY_BAD_FIELD, ZY_OK);
    change_role("auditor", "role.check", true, ZY_BAD_FIELD, ZY_OK);
    change_role("root", "audit.view", true, ZY_NOT_FOUND, ZY_OK);
    change_role("teller", "everything", true, ZY_NOT_FOUND, ZY_OK);
    change_role("security", "staff.check", false, ZY_OK, ZY_STATE_CONFLICT); /* nobody could check any more */
}

/* --- the review --- */

static void the_review_lists_everybody_for_auditors(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-service-system.p3");
    zy_staff_call odd, open;
    ASSERT_OK(add("=cmd.odd", "\"引号\"", "teller", &odd));
    ASSERT_OK(login_as("teller01", &open));
    ASSERT_OK(ask(&auditor, "staff.review", "{}"));
    zy_str csv = got_text("csv");
    assert_non_null(memmem(csv.p, csv.n, "\"teller01\",\"方圆\",\"teller\"", strlen("\"teller01\",\"方圆\",\"teller\"")));
    assert_non_null(memmem(csv.p, csv.n, "\"'=cmd.odd\",\"\"\"引号\"\"\"", strlen("\"'=cmd.odd\",\"\"\"引号\"\"\"")));
    ASSERT_STR(got_text("cursor"), "");
    size_t lines = 0;
    for (size_t i = 0; i < csv.n; i++)
        lines += csv.p[i] == '\n';
    assert_int_equal(lines, 8); /* titles and seven people */
    assert_int_equal(audits("staff.review_exported"), 1);
}

static void the_list_comes_in_pages_masked_and_recorded(void **state)
{
    (void)state;
    char first[ZY_STAFF_FIRST_PASSWORD_MAX], cursor[ZY_CURSOR_MAX];
    make_lin(first);
    ASSERT_OK(ask(&auditor, "staff.list", "{\"limit\":4}"));
    assert_int_equal(zy_json_count(got("people")), 4);
    zy_str phone = { 0 };
    assert_true(zy_json_str(zy_json_at(got("people"), 0), "phone", &phone));
    ASSERT_STR(phone, "138****0021");
    ASSERT_OK(zy_str_copy(got_text("cursor"), cursor, sizeof cursor));
    ASSERT_OK(ask(&auditor, "staff.list", "{\"limit\":4,\"cursor\":\"%s\"}", cursor));
    assert_int_equal(zy_json_count(got("people")), 3);
    ASSERT_STR(got_text("cursor"), "");
    static const char *const FILTERS[] = { "{\"q\":\"880021\"}", "{\"q\":\"Lin.Xiao\"}", "{\"role\":\"admin\"}" };
    for (size_t i = 0; i < ZY_COUNT(FILTERS); i++) {
        ASSERT_OK(ask(&auditor, "staff.list", "%s", FILTERS[i]));
        assert_int_equal(zy_json_count(got("people")), 1);
    }
    assert_int_equal(audits("staff.staff_viewed"), 5);
}

/* --- the first two --- */

static const zy_staff_person FIRST_TWO[2] = {
    { ZY_STR_INIT("shen.lan"), ZY_STR_INIT("沈岚"), ZY_STR_INIT("1001"), ZY_STR_INIT(LIN_ID), ZY_STR_INIT("13800000031"), ZY_STR_INIT("0001") },
    { ZY_STR_INIT("lu.ping"), ZY_STR_INIT("陆平"), ZY_STR_INIT("1002"), ZY_STR_INIT("990000199001010025"), ZY_STR_INIT("13800000032"), ZY_STR_INIT("0001") },
};

static void the_first_two_are_made_once_and_set_up_themselves(void **state)
{
    (void)state;
    ZY_PROVES("mb.user-id.c", "mb.static-password.f-i");
    zy_err err = { 0 };
    char passwords[2][ZY_STAFF_FIRST_PASSWORD_MAX], secret[40];
    zy_staff_call open;
    ASSERT_OK(zy_staff_first(env, FIRST_TWO, passwords, &err));
    assert_string_not_equal(passwords[0], passwords[1]);
    ASSERT_OK(login("shen.lan", passwords[0], "", &open));
    assert_int_equal(open.session.stage, ZY_STAFF_ENROL);
    set_generator_up(&open, secret);
    ASSERT_OK(change(&open, passwords[0], CHOSEN));
    ASSERT_STATUS(zy_staff_first(env, FIRST_TWO, passwords, &err), ZY_ALREADY_EXISTS);
    assert_int_equal(audits("staff.first_made"), 2);
}

static void the_first_two_are_two_people(void **state)
{
    (void)state;
    zy_err err = { 0 };
    char passwords[2][ZY_STAFF_FIRST_PASSWORD_MAX];
    zy_staff_person two[2] = { FIRST_TWO[0], FIRST_TWO[0] };
    ASSERT_STATUS(zy_staff_first(env, two, passwords, &err), ZY_BAD_FIELD);
    two[1].phone = FIRST_TWO[1].phone;
    ASSERT_STATUS(zy_staff_first(env, two, passwords, &err), ZY_BAD_FIELD);
    assert_string_equal(err.field, "1.id_no");
    two[1].id_no = FIRST_TWO[1].id_no;
    ASSERT_STATUS(zy_staff_first(env, two, passwords, &err), ZY_ALREADY_EXISTS); /* the same name and number */
    two[1] = FIRST_TWO[1];
    two[1].user = ZY_STR("admin");
    ASSERT_STATUS(zy_staff_first(env, two, passwords, &err), ZY_BAD_FIELD);
    assert_string_equal(err.field, "1.user");
    assert_int_equal(audits("staff.first_made"), 0);
}

#define T(test)  cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define T0(test) cmocka_unit_test_setup_teardown(test, set_up_empty, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(somebody_new_is_made_by_two_and_sets_up_alone),
        T(a_first_password_opens_nothing_but_the_way_to_ones_own),
        T(a_first_password_dies_after_an_hour),
        T(first_passwords_differ_and_have_letters_and_digits),
        T(a_wrong_first_code_does_not_set_the_generator_up),
        T(shared_and_default_names_are_refused),
        T(a_person_has_one_account),
        T(what_is_no_identity_or_phone_or_role_is_refused),
        T(nothing_personal_stands_in_requests_or_records),
        T(nobody_decides_about_himself),
        T(a_change_of_role_ends_the_session_and_holds_at_the_next),
        T(a_leaver_is_thrown_out_at_once_and_stays_out),
        T(who_comes_back_begins_anew),
        T(the_last_administrators_cannot_be_closed),
        T(a_session_is_ended_by_an_administrator_at_once),
        T(a_chosen_password_keeps_the_rules),
        T(the_last_passwords_do_not_return),
        T(a_reset_does_not_let_an_earlier_password_return),
        T(a_password_must_change_after_ninety_days),
        T(the_figures_of_passwords_are_parameters_within_the_clauses_bounds),
        T(guessing_the_old_password_locks_as_at_the_login),
        T(ten_wrong_in_a_day_block_until_two_others_lift_it),
        T(a_name_that_nobody_has_is_blocked_just_so),
        T(many_names_from_one_address_lock_the_address),
        T(ones_own_login_does_not_forgive_the_address_its_guesses),
        T(a_lock_is_lifted_at_the_server_and_recorded),
        T(a_login_tells_of_the_one_before_and_of_wrong_tries),
        T(accounts_that_nobody_uses_for_ninety_days_fall_asleep),
        T(a_role_changes_by_two_and_at_once_for_who_is_logged_in),
        T(the_delivered_roles_keep_the_bounds),
        T(a_role_changes_within_its_bounds_alone),
        T(the_review_lists_everybody_for_auditors),
        T(the_list_comes_in_pages_masked_and_recorded),
        T0(the_first_two_are_made_once_and_set_up_themselves),
        T0(the_first_two_are_two_people),
    };
    return zy_test_main("staff_people", tests, ZY_COUNT(tests));
}
