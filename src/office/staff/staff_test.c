/* Staff: who gets in, for how long, and what a role may do. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "office/staff/staff.h"
#include "service/audit/audit.h"
#include "service/identity/hash_pool.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_staff.h"

static zy_env *env;
static zy_api_registry *registry;
static zy_id teller;

static int set_up(void **state)
{
    (void)state;
    zy_err err = { 0 };
    if (zy_test_env_open(&env) != ZY_OK || zy_hash_pool_start(2, 64, &err) != ZY_OK ||
        zy_registry_new(env, &registry, &err) != ZY_OK ||
        zy_registry_add(registry, ZY_STAFF_APIS, ZY_STAFF_API_COUNT, &err) != ZY_OK)
        return -1;
    const zy_api_hooks hooks = { NULL, NULL, zy_audit_refusal };
    zy_registry_hooks(registry, &hooks);
    return zy_test_staff_add(env, "teller01", "方圆", "teller", &teller) == ZY_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
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

static zy_status dispatch(const char *api, const char *body, zy_staff_call *staff, zy_buf *out)
{
    zy_status status = ZY_INTERNAL;
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = ZY_STR("10.0.0.7"), .staff = staff->session.staff,
                         .has_permission = zy_staff_has_permission, .staff_session = staff };
    zy_arena *arena = zy_arena_new(1u << 20);
    zy_dispatch_named(registry, &caller, arena, zy_str_of(api), (zy_str){ 0 }, zy_str_of(body), out, &status);
    zy_arena_free(arena);
    return status;
}

static zy_status try_login(const char *user, const char *password, const char *code, zy_staff_call *staff)
{
    char body[256];
    ZY_AUTO_BUF out = { 0 };
    *staff = (zy_staff_call){ 0 };
    snprintf(body, sizeof body, "{\"user\":\"%s\",\"password\":\"%s\",\"code\":\"%s\"}", user, password, code);
    return dispatch("staff.login", body, staff, &out);
}

static zy_status login_now(const char *user, zy_staff_call *staff)
{
    char code[7];
    zy_test_staff_code(env, user, 0, code);
    return try_login(user, ZY_TEST_STAFF_PASSWORD, code, staff);
}

static zy_status find(const char *token, zy_staff_session *session)
{
    zy_err err = { 0 };
    return zy_staff_session_find(env, zy_str_of(token), zy_env_now(env), session, &err);
}

static void wrong_code(const char *user, char out[7])
{
    zy_test_staff_code(env, user, 0, out);
    out[0] = out[0] == '9' ? '0' : (char)(out[0] + 1);
}

/* --- the audit --- */

typedef struct count_job {
    const char *event;
    int64_t count;
    zy_id actor;
} count_job;

static zy_status count_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    count_job *job = arg;
    zy_id next;
    ZY_AUTO(zy_json_free) zy_json *records = zy_json_array();
    const zy_audit_filter filter = { .event_prefix = zy_str_of(job->event), .actor = job->actor, .limit = 100 };
    ZY_TRY(zy_audit_search(rtx, &filter, records, &next, err));
    job->count = (int64_t)zy_json_count(records);
    return ZY_OK;
}

static int64_t audits(const char *event, zy_id actor)
{
    zy_err err = { 0 };
    count_job job = { event, 0, actor };
    ASSERT_OK(zy_db_read(env->db, "test.count", count_unit, &job, &err));
    return job.count;
}

/* --- logging in --- */

static void password_and_code_open_a_session(void **state)
{
    (void)state;
    ZY_PROVES("mb.pi-management.q");
    zy_staff_call staff;
    zy_staff_session found;
    ASSERT_OK(login_now("teller01", &staff));
    assert_int_equal(strlen(staff.token), 43);
    ASSERT_OK(find(staff.token, &found));
    assert_true(zy_id_eq(found.staff, teller));
    assert_string_equal(found.name, "方圆");
    assert_string_equal(found.role, "teller");
    assert_string_equal(found.csrf, staff.session.csrf);
    assert_int_equal(audits("staff.login_ok", teller), 1);
}

static void the_user_may_be_typed_in_capitals(void **state)
{
    (void)state;
    char code[7];
    zy_staff_call staff;
    zy_test_staff_code(env, "teller01", 0, code);
    ASSERT_OK(try_login("TELLER01", ZY_TEST_STAFF_PASSWORD, code, &staff));
}

static void the_token_never_stands_in_the_answer(void **state)
{
    (void)state;
    char code[7], body[200];
    ZY_AUTO_BUF out = { 0 };
    zy_staff_call staff = { 0 };
    zy_test_staff_code(env, "teller01", 0, code);
    snprintf(body, sizeof body, "{\"user\":\"teller01\",\"password\":\"%s\",\"code\":\"%s\"}", ZY_TEST_STAFF_PASSWORD, code);
    ASSERT_OK(dispatch("staff.login", body, &staff, &out));
    assert_non_null(strstr(out.p, staff.session.csrf));
    assert_non_null(strstr(out.p, "customer.unlock.make"));
    assert_null(strstr(out.p, staff.token));
}

static void unknown_user_wrong_password_and_wrong_code_are_one_answer(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.b-i", "mb.auth-tech-choice.b-ii");
    char right[7], wrong[7];
    zy_staff_call staff;
    zy_test_staff_code(env, "teller01", 0, right);
    wrong_code("teller01", wrong);
    ASSERT_STATUS(try_login("nobody99", ZY_TEST_STAFF_PASSWORD, right, &staff), ZY_LOGIN_FAILED);
    ASSERT_STATUS(try_login("teller01", "Wrong#4horse", right, &staff), ZY_LOGIN_FAILED);
    ASSERT_STATUS(try_login("teller01", ZY_TEST_STAFF_PASSWORD, wrong, &staff), ZY_LOGIN_FAILED);
    assert_int_equal(staff.token[0], '\0');
    assert_int_equal(audits("staff.login_failed", (zy_id){ 0 }), 3);
    assert_int_equal(audits("staff.login_failed", teller), 2);
}

static void a_code_works_once(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.6.3.p1", "mb.auth-tech-choice.b-ii");
    char code[7], before[7];
    zy_staff_call staff;
    zy_test_staff_code(env, "teller01", 0, code);
    zy_test_staff_code(env, "teller01", -30, before);
    ASSERT_OK(try_login("teller01", ZY_TEST_STAFF_PASSWORD, code, &staff));
    ASSERT_STATUS(try_login("teller01", ZY_TEST_STAFF_PASSWORD, code, &staff), ZY_LOGIN_FAILED);
    ASSERT_STATUS(try_login("teller01", ZY_TEST_STAFF_PASSWORD, before, &staff), ZY_LOGIN_FAILED);
    turn(ZY_SECONDS(30));
    ASSERT_OK(login_now("teller01", &staff));
}

static void codes_of_the_steps_beside_fit_and_no_others(void **state)
{
    (void)state;
    char code[7];
    zy_staff_call staff;
    zy_test_staff_code(env, "teller01", -60, code);
    ASSERT_STATUS(try_login("teller01", ZY_TEST_STAFF_PASSWORD, code, &staff), ZY_LOGIN_FAILED);
    zy_test_staff_code(env, "teller01", 60, code);
    ASSERT_STATUS(try_login("teller01", ZY_TEST_STAFF_PASSWORD, code, &staff), ZY_LOGIN_FAILED);
    zy_test_staff_code(env, "teller01", -30, code);
    ASSERT_OK(try_login("teller01", ZY_TEST_STAFF_PASSWORD, code, &staff));
    zy_test_staff_code(env, "teller01", 30, code);
    ASSERT_OK(try_login("teller01", ZY_TEST_STAFF_PASSWORD, code, &staff));
}

typedef struct racer {
    char code[7];
    zy_status status;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    zy_staff_call staff;
    r->status = try_login("teller01", ZY_TEST_STAFF_PASSWORD, r->code, &staff);
    return NULL;
}

static void a_code_used_from_many_places_at_once_opens_one_session(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t thread[THREADS];
    racer racers[THREADS];
    int opened = 0;
    for (int i = 0; i < THREADS; i++) {
        zy_test_staff_code(env, "teller01", 0, racers[i].code);
        assert_int_equal(pthread_create(&thread[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        opened += racers[i].status == ZY_OK;
    }
    assert_int_equal(opened, 1);
}

/* --- locks --- */

static void fail_times(const char *user, int times)
{
    zy_staff_call staff;
    for (int i = 0; i < times; i++)
        ASSERT_STATUS(try_login(user, "Wrong#4horse", "000000", &staff), ZY_LOGIN_FAILED);
}

static void five_wrong_tries_lock_for_half_an_hour(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.6.3.p1");
    zy_staff_call staff;
    fail_times("teller01", 5);
    ASSERT_STATUS(login_now("teller01", &staff), ZY_LOCKED);
    assert_int_equal(audits("staff.locked", teller), 1);
    turn(ZY_MINUTES(29));
    ASSERT_STATUS(login_now("teller01", &staff), ZY_LOCKED);
    turn(ZY_MINUTES(1));
    ASSERT_OK(login_now("teller01", &staff));
}

static void a_name_that_nobody_has_locks_as_well(void **state)
{
    (void)state;
    zy_staff_call staff;
    fail_times("nobody99", 5);
    ASSERT_STATUS(try_login("nobody99", "Wrong#4horse", "000000", &staff), ZY_LOCKED);
    ASSERT_OK(login_now("teller01", &staff));
}

static void a_login_ends_the_row_of_wrong_tries(void **state)
{
    (void)state;
    zy_staff_call staff;
    fail_times("teller01", 4);
    ASSERT_OK(login_now("teller01", &staff));
    turn(ZY_MINUTES(1));
    fail_times("teller01", 4);
    ASSERT_OK(login_now("teller01", &staff));
}

/* --- sessions --- */

static void a_later_login_ends_the_earlier(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.b-iii");
    zy_staff_call first, second;
    zy_staff_session found;
    ASSERT_OK(login_now("teller01", &first));
    turn(ZY_SECONDS(30));
    ASSERT_OK(login_now("teller01", &second));
    ASSERT_STATUS(find(first.token, &found), ZY_LOGIN_REQUIRED);
    ASSERT_OK(find(second.token, &found));
    assert_int_equal(audits("staff.session_ended", teller), 1);
}

static void an_idle_session_ends(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.b-iii", "mb.auth-failure.c");
    zy_staff_call staff;
    zy_staff_session found;
    ASSERT_OK(login_now("teller01", &staff));
    for (int i = 0; i < 3; i++) { /* used: it lives on */
        turn(ZY_MINUTES(14));
        ASSERT_OK(find(staff.token, &found));
    }
    turn(ZY_MINUTES(15));
    ASSERT_STATUS(find(staff.token, &found), ZY_LOGIN_REQUIRED);
    assert_int_equal(audits("staff.session_ended", teller), 1);
}

static void a_session_ends_after_eight_hours_however_it_is_used(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.b-iii");
    zy_staff_call staff;
    zy_staff_session found;
    ASSERT_OK(login_now("teller01", &staff));
    for (int i = 0; i < 47; i++) {
        turn(ZY_MINUTES(10));
        ASSERT_OK(find(staff.token, &found));
    }
    turn(ZY_MINUTES(10));
    ASSERT_STATUS(find(staff.token, &found), ZY_LOGIN_REQUIRED);
}

static void logout_ends_the_session(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.b-iii");
    zy_staff_call staff;
    zy_staff_session found;
    ZY_AUTO_BUF out = { 0 };
    ASSERT_OK(login_now("teller01", &staff));
    ASSERT_OK(dispatch("staff.logout", "{}", &staff, &out));
    assert_true(staff.ended);
    ASSERT_STATUS(find(staff.token, &found), ZY_LOGIN_REQUIRED);
}

static void tokens_of_other_shapes_find_nothing(void **state)
{
    (void)state;
    zy_staff_call staff;
    zy_staff_session found;
    ASSERT_OK(login_now("teller01", &staff));
    char other[64];
    snprintf(other, sizeof other, "%s", staff.token);
    other[0] = other[0] == 'A' ? 'B' : 'A';
    const char *const tokens[] = { "", "x", other, "********************************************",
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
    for (size_t i = 0; i < ZY_COUNT(tokens); i++)
        ASSERT_STATUS(find(tokens[i], &found), ZY_LOGIN_REQUIRED);
}

static void somebody_disabled_is_out_at_once_and_stays_out(void **state)
{
    (void)state;
    ZY_PROVES("mb.sec-mgmt.i-1");
    zy_err err = { 0 };
    zy_staff_call staff;
    zy_staff_session found;
    ASSERT_OK(login_now("teller01", &staff));
    const char *script = "UPDATE staff SET state = 'disabled'";
    ASSERT_OK(zy_db_test_exec_script(env->db, script, script, &err));
    ASSERT_STATUS(find(staff.token, &found), ZY_LOGIN_REQUIRED);
    turn(ZY_MINUTES(1));
    ASSERT_STATUS(login_now("teller01", &staff), ZY_LOGIN_FAILED);
}

/* --- rows and roles --- */

static void roles_hold_what_their_work_needs(void **state)
{
    (void)state;
    ZY_PROVES("mb.pi-management.h.1", "mb.pi-management.h.2", "mb.pi-management.o");
    static const struct {
        const char *role, *permission;
        bool may;
    } CASES[] = {
        { "teller", "customer.view", true },       { "teller", "customer.unlock.make", true },
        { "teller", "customer.unlock.check", false }, { "teller", "audit.view", false },
        { "teller", "api.make", false },           { "teller", "param.check", false },
        { "risk", "api.make", true },              { "risk", "api.check", false },
        { "risk", "param.make", true },            { "risk", "param.check", false },
        { "auditor", "audit.view", true },         { "auditor", "audit.verify", true },
        { "auditor", "api.make", false },          { "auditor", "customer.unlock.make", false },
        { "admin", "api.check", true },            { "admin", "param.check", true },
        { "admin", "customer.unlock.check", true }, { "admin", "customer.unlock.make", false },
        { "guest", "customer.view", false },       { "", "customer.view", false },
        { "admin", "", false },                    { "admin", "everything", false },
    };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        zy_staff_session s = { .staff = { 1 } };
        snprintf(s.role, sizeof s.role, "%s", CASES[i].role);
        if (zy_staff_may(&s, CASES[i].permission) != CASES[i].may)
            fail_msg("%s may %s: not as written", CASES[i].role, CASES[i].permission);
    }
}

static zy_status prepare(const char *user, const char *role, const char *password_text)
{
    static const uint8_t totp[20];
    zy_err err = { 0 };
    zy_secret password = { .n = strlen(password_text) };
    memcpy(password.bytes, password_text, password.n);
    ZY_AUTO(zy_staff_row_free) zy_staff_row *row = NULL;
    const zy_staff_new s = { zy_str_of(user), ZY_STR("某人"), zy_str_of(role), &password, totp, 10000 };
    return zy_staff_prepare(env, &s, &row, &err);
}

static void weak_passwords_and_unknown_roles_are_refused(void **state)
{
    (void)state;
    ZY_PROVES("mb.static-password.b", "mb.static-password.b1-i", "mb.static-password.b1-ii", "mb.static-password.b2");
    ASSERT_OK(prepare("someone", "risk", "bamboo7x"));
    ASSERT_STATUS(prepare("someone", "risk", "abcdefg1"), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare("someone", "risk", "Password2026"), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare("someone", "risk", "bamboo7"), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare("someone", "risk", "bamboo-raft"), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare("someone", "risk", "48150162"), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare("someone", "risk", "x-Someone-1"), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare("someone", "root", "bamboo7x"), ZY_BAD_FIELD);
    ASSERT_STATUS(prepare("", "risk", "bamboo7x"), ZY_BAD_FIELD);
}

static void a_user_name_is_taken_once(void **state)
{
    (void)state;
    ASSERT_STATUS(zy_test_staff_add(env, "Teller01", "另一位", "admin", NULL), ZY_ALREADY_EXISTS);
}

typedef struct stored {
    char name[200], totp[200];
} stored;

static zy_status read_stored(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.stored", "SELECT name, totp FROM staff", 0, NULL };
    stored *s = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_NO_ARGS, &stmt, err));
    zy_str name = zy_col_blob(stmt, 0), totp = zy_col_blob(stmt, 1);
    memcpy(s->name, name.p, name.n);
    memcpy(s->totp, totp.p, totp.n);
    return ZY_OK;
}

static void name_and_code_secret_are_sealed_at_rest(void **state)
{
    (void)state;
    zy_err err = { 0 };
    stored s = { { 0 }, { 0 } };
    ASSERT_OK(zy_db_read(env->db, "test.stored", read_stored, &s, &err));
    assert_null(memmem(s.name, sizeof s.name, "方圆", strlen("方圆")));
    assert_null(memmem(s.totp, sizeof s.totp, "teller01", 8));
}

static zy_status read_name(zy_rtx *rtx, void *arg, zy_err *err)
{
    char *name = arg;
    ZY_TRY(zy_staff_name(rtx, env, (zy_id){ 77 }, name, 64, err));
    assert_string_equal(name, "");
    return zy_staff_name(rtx, env, teller, name, 64, err);
}

static void a_name_is_found_by_id(void **state)
{
    (void)state;
    zy_err err = { 0 };
    char name[64];
    ASSERT_OK(zy_db_read(env->db, "test.name", read_name, name, &err));
    assert_string_equal(name, "方圆");
}

#define T(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(password_and_code_open_a_session),
        T(the_user_may_be_typed_in_capitals),
        T(the_token_never_stands_in_the_answer),
        T(unknown_user_wrong_password_and_wrong_code_are_one_answer),
        T(a_code_works_once),
        T(codes_of_the_steps_beside_fit_and_no_others),
        T(a_code_used_from_many_places_at_once_opens_one_session),
        T(five_wrong_tries_lock_for_half_an_hour),
        T(a_name_that_nobody_has_locks_as_well),
        T(a_login_ends_the_row_of_wrong_tries),
        T(a_later_login_ends_the_earlier),
        T(an_idle_session_ends),
        T(a_session_ends_after_eight_hours_however_it_is_used),
        T(logout_ends_the_session),
        T(tokens_of_other_shapes_find_nothing),
        T(somebody_disabled_is_out_at_once_and_stays_out),
        T(roles_hold_what_their_work_needs),
        T(weak_passwords_and_unknown_roles_are_refused),
        T(a_user_name_is_taken_once),
        T(name_and_code_secret_are_sealed_at_rest),
        T(a_name_is_found_by_id),
    };
    return zy_test_main("staff", tests, ZY_COUNT(tests));
}
