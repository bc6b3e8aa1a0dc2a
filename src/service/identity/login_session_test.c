#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/identity/identity_repo.h"
#include "service/identity/login_world.h"
#include "service/identity/presence.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

typedef struct find_job {
    const char *login_id;
    login_row *row;
} find_job;

static zy_status find_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    find_job *job = arg;
    return login_by_id(rtx, zy_str_of(job->login_id), job->row, err);
}

static zy_status find_login(world *w, const char *login_id, login_row *ret_row)
{
    find_job job = { login_id, ret_row };
    zy_err err = { 0 };
    return zy_db_read(w->env->db, "test.login", find_unit, &job, &err);
}

/* --- one login at a time --- */

static void the_later_login_ends_the_earlier_and_both_are_told(void **state)
{
    ZY_PROVES("mb.auth-design.f", "j225.6.2.2.f", "mb.x-risk-control.a2", "mb.risk-control-open.f2");
    world *w = *state;
    phone first, second;
    phone_make(&first, w, "first", "203.0.113.7");
    phone_make(&second, w, "second", "203.0.113.8");
    ASSERT_OK(phone_login(&first, &LI));
    ASSERT_OK(phone_call(&first, "profile.get", "{}"));
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(phone_login(&second, &LI));
    ASSERT_STATUS(phone_call(&first, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    phone_hello(&first);
    ASSERT_STATUS(phone_resume(&first), ZY_LOGIN_REQUIRED);
    ASSERT_OK(phone_call(&second, "message.list", "{}"));
    const zy_json *messages = zy_json_get(zy_json_get(second.answer, "body"), "messages");
    zy_str title = { 0 };
    assert_true(zy_json_str(zy_json_at(messages, 0), "title", &title));
    ASSERT_STR(title, "此前的登录已退出");
    assert_non_null(strstr(world_newest_text(w, LI.phone), "在另一台设备登录"));
    assert_int_equal(world_audits(w, "login.ended"), 1);
    phone_free(&first);
    phone_free(&second);
}

static void logging_in_again_on_one_device_sends_no_text(void **state)
{
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    world_turn(w, ZY_MINUTES(1));
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &LI));
    assert_null(strstr(world_newest_text(w, LI.phone), "另一台设备"));
    assert_int_equal(world_audits(w, "login.ended"), 1);
    phone_free(&p);
}

#define RACERS 6

typedef struct racer {
    phone p;
    char code[7];
    zy_status status;
    pthread_barrier_t *start;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    pthread_barrier_wait(r->start);
    r->status = phone_login_finish(&r->p, r->code);
    return NULL;
}

static void logins_finished_at_the_same_time_leave_one(void **state)
{
    ZY_PROVES("mb.auth-design.f", "j225.6.2.2.f");
    world *w = *state;
    racer racers[RACERS];
    pthread_t ids[RACERS];
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        const attempt a = { .user = LI.phone, .password = LI.password };
        racers[i] = (racer){ .start = &start };
        phone_make(&racers[i].p, w, "racer", "203.0.113.7");
        ASSERT_OK(phone_login_start(&racers[i].p, &a));
        ASSERT_OK(phone_code(&racers[i].p, LI.phone, racers[i].code));
    }
    for (int i = 0; i < RACERS; i++)
        assert_int_equal(pthread_create(&ids[i], NULL, race, &racers[i]), 0);
    int alive = 0;
    for (int i = 0; i < RACERS; i++) {
        pthread_join(ids[i], NULL);
        ASSERT_OK(racers[i].status);
    }
    for (int i = 0; i < RACERS; i++) {
        alive += phone_call(&racers[i].p, "auth.session", "{}") == ZY_OK;
        phone_free(&racers[i].p);
    }
    assert_int_equal(alive, 1);
    assert_int_equal(world_audits(w, "login.ended"), RACERS - 1);
    pthread_barrier_destroy(&start);
}

static zy_status end_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    return zy_identity_end_logins(tx, w->env, LI.id, "staff", err);
}

static void staff_can_end_a_login(void **state)
{
    world *w = *state;
    phone p;
    zy_err err = { 0 };
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(zy_db_run(w->env->db, "test.end", end_unit, w, &err)); /* there is none */
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(zy_db_run(w->env->db, "test.end", end_unit, w, &err));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    assert_int_equal(world_audits(w, "login.ended"), 1);
    phone_free(&p);
}

/* --- idle, logout --- */

static void an_idle_login_ends(void **state)
{
    ZY_PROVES("mb.x-risk-control.a1", "mb.risk-control-open.f1", "mb.auth-failure.c1-i", "mb.auth-failure.c1-ii",
              "mb.auth-tech-choice.b-iii", "j225.6.2.2.b", "mb.auth-failure.c");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    for (int i = 0; i < 3; i++) { /* who does something stays */
        world_turn(w, ZY_SECONDS(299));
        ASSERT_OK(phone_call(&p, "profile.get", "{}"));
    }
    world_turn(w, ZY_SECONDS(200));
    ASSERT_OK(phone_call(&p, "auth.session", "{}")); /* asking is no activity */
    world_turn(w, ZY_SECONDS(100));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    phone_hello(&p);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED);
    assert_int_equal(world_audits(w, "login.ended"), 1);
    ASSERT_OK(phone_login(&p, &LI));
    phone_free(&p);
}

static void an_idle_login_cannot_be_resumed(void **state)
{
    ZY_PROVES("mb.auth-failure.c1-ii", "j225.6.2.2.b");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    world_turn(w, ZY_SECONDS(300));
    phone_hello(&p);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED);
    phone_free(&p);
}

static void presence_is_written_at_most_each_half_minute(void **state)
{
    world *w = *state;
    phone p;
    login_row row;
    zy_err err = { 0 };
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    zy_time login_at = zy_env_now(w->env);
    static const struct {
        int turn_s, row_says_s;
    } STEPS[] = { { 20, 0 }, { 9, 0 }, { 1, 30 }, { 20, 30 }, { 10, 60 } };
    for (size_t i = 0; i < ZY_COUNT(STEPS); i++) {
        world_turn(w, ZY_SECONDS(STEPS[i].turn_s));
        ASSERT_OK(phone_call(&p, "profile.get", "{}"));
        ASSERT_OK(zy_presence_flush(w->env, false, &err));
        ASSERT_OK(find_login(w, p.login_id, &row));
        assert_int_equal(row.last_seen.ms, login_at.ms + STEPS[i].row_says_s * 1000);
    }
    phone_free(&p);
}

static void logout_ends_the_login_everywhere(void **state)
{
    ZY_PROVES("j225.6.2.2.d");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(phone_call(&p, "auth.logout", "{}"));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    ASSERT_STATUS(phone_call(&p, "auth.logout", "{}"), ZY_LOGIN_REQUIRED);
    phone_hello(&p);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED);
    assert_int_equal(world_audits(w, "login.ended"), 1);
    phone_free(&p);
}

/* --- resume --- */

static void a_login_outlives_its_channel_and_a_restart(void **state)
{
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    for (int i = 0; i < 3; i++) {
        phone gone = p;
        gone.answer = NULL;
        world_restart(w);
        phone_hello(&p);
        ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
        ASSERT_OK(phone_resume(&p));
        assert_string_equal(phone_text(&p, "customer.name"), "**一");
        ASSERT_OK(phone_call(&p, "profile.get", "{}"));
        ASSERT_STATUS(phone_call(&gone, "profile.get", "{}"), ZY_LOGIN_REQUIRED); /* it moved */
        zy_json_free(gone.answer);
    }
    assert_int_equal(world_audits(w, "login.resumed"), 3);
    phone_free(&p);
}

static void a_proof_works_once(void **state)
{
    ZY_PROVES("mb.crypto-plan.a-1");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    phone_hello(&p);
    phone captured = p;
    captured.answer = NULL;
    ASSERT_OK(phone_resume(&p));
    ASSERT_STATUS(phone_resume(&captured), ZY_LOGIN_REQUIRED); /* the same message on the same channel */
    phone_hello(&captured);
    ASSERT_STATUS(phone_resume(&captured), ZY_LOGIN_REQUIRED); /* the old key on a fresh one */
    ASSERT_OK(phone_call(&p, "profile.get", "{}"));
    zy_json_free(captured.answer);
    phone_free(&p);
}

static void another_device_cannot_resume(void **state)
{
    ZY_PROVES("mb.system-design-tech.a26-2", "mb.crypto-plan.a-1");
    world *w = *state;
    phone p, thief;
    phone_make(&p, w, "first", "203.0.113.7");
    phone_make(&thief, w, "thief", "203.0.113.8");
    ASSERT_OK(phone_login(&p, &LI));
    memcpy(thief.login_id, p.login_id, sizeof thief.login_id);
    memcpy(thief.k_res, p.k_res, sizeof thief.k_res); /* stolen, but not the device's key */
    ASSERT_STATUS(phone_resume(&thief), ZY_LOGIN_REQUIRED);
    phone_hello(&p);
    p.k_res[0] ^= 1;
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED); /* nor with the device's key alone */
    p.k_res[0] ^= 1;
    ASSERT_OK(phone_resume(&p));
    phone_free(&p);
    phone_free(&thief);
}

typedef struct resumer {
    phone p;
    zy_status status;
    pthread_barrier_t *start;
} resumer;

static void *resume_one(void *arg)
{
    resumer *r = arg;
    pthread_barrier_wait(r->start);
    r->status = phone_resume(&r->p);
    return NULL;
}

static void of_many_resumes_at_the_same_time_one_succeeds(void **state)
{
    world *w = *state;
    phone p;
    resumer resumers[8];
    pthread_t ids[8];
    pthread_barrier_t start;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &LI));
    pthread_barrier_init(&start, NULL, ZY_COUNT(resumers));
    for (size_t i = 0; i < ZY_COUNT(resumers); i++) {
        resumers[i] = (resumer){ .p = p, .start = &start };
        resumers[i].p.answer = NULL;
        phone_hello(&resumers[i].p);
        assert_int_equal(pthread_create(&ids[i], NULL, resume_one, &resumers[i]), 0);
    }
    int good = 0;
    for (size_t i = 0; i < ZY_COUNT(resumers); i++) {
        pthread_join(ids[i], NULL);
        good += resumers[i].status == ZY_OK;
        zy_json_free(resumers[i].p.answer);
    }
    assert_int_equal(good, 1);
    pthread_barrier_destroy(&start);
    phone_free(&p);
}

/* --- what is stored --- */

typedef struct look_job {
    const char *needle;
    int found;
} look_job;

/* Every column of the identity tables that could hold it. */
static const zy_sql LOOKS[] = {
    { "test.look1", "SELECT name, phone, id_no, customer_no, alias, id_no_index FROM customer_identity", 0, NULL },
    { "test.look2", "SELECT name_index, kind FROM login_name", 0, NULL },
    { "test.look3", "SELECT record FROM credential", 0, NULL },
    { "test.look4", "SELECT device_id, name, os, fingerprint FROM device", 0, NULL },
    { "test.look5", "SELECT login_id, k_res, session_digest, ended_reason FROM login_session", 0, NULL },
    { "test.look6", "SELECT digest, binding, phone FROM sms_code", 0, NULL },
    { "test.look7", "SELECT payload FROM outbox", 0, NULL },
    { "test.look8", "SELECT content FROM message", 0, NULL },
    { "test.look9", "SELECT event, detail, address, device, result FROM audit_record", 0, NULL },
    { "test.look10", "SELECT who FROM try_counter", 0, NULL },
};
static const int LOOK_COLUMNS[] = { 6, 2, 1, 4, 4, 3, 1, 1, 5, 1 };

static zy_status look_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    look_job *job = arg;
    for (size_t i = 0; i < ZY_COUNT(LOOKS); i++) {
        ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
        ZY_TRY(zy_query(rtx, &LOOKS[i], ZY_NO_ARGS, &rows, err));
        for (bool more = true;;) {
            ZY_TRY(zy_stmt_next(rows, &more, err));
            if (!more)
                break;
            for (int c = 0; c < LOOK_COLUMNS[i]; c++) {
                zy_str value = zy_col_blob(rows, c);
                if (value.p != NULL && memmem(value.p, value.n, job->needle, strlen(job->needle)) != NULL)
                    job->found++;
            }
        }
    }
    return ZY_OK;
}

static int find_in_file(const char *path, const char *needle)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return 0;
    ZY_AUTO_BUF bytes = { .max = 64 << 20 };
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        zy_buf_add(&bytes, part, n);
    fclose(f);
    return memmem(bytes.p, bytes.n, needle, strlen(needle)) != NULL;
}

static int find_in_bank(world *w, const char *needle)
{
    look_job job = { needle, 0 };
    zy_err err = { 0 };
    ASSERT_OK(zy_db_read(w->env->db, "test.look", look_unit, &job, &err));
    if (zy_test_db_kind() != ZY_DB_SQLITE)
        return job.found;
    static const char *const FILES[] = { "", "-wal" };
    for (size_t i = 0; i < ZY_COUNT(FILES); i++) {
        char path[600];
        snprintf(path, sizeof path, ZY_STR_FMT "%s", ZY_STR_ARG(zy_test_db_target(w->env->db)), FILES[i]);
        job.found += find_in_file(path, needle);
    }
    return job.found;
}

static void stored_rows_hold_no_identity_and_no_secret_in_clear(void **state)
{
    ZY_PROVES("mb.auth-design.a", "j225.6.2.1.2.a2", "mb.pi-sensitive.a", "mb.def-sensitive-info.p1", "mb.masking.c");
    world *w = *state;
    phone p, other;
    char code[7];
    const attempt wrong = { .user = LI.phone, .password = "Wrong2026tree" };
    phone_make(&p, w, "Li's private phone", "203.0.113.7");
    phone_make(&other, w, "Li's other phone", "203.0.113.8");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    ASSERT_OK(phone_code(&p, LI.phone, code));
    ASSERT_OK(phone_login_finish(&p, code));
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(phone_login(&other, &LI));
    ASSERT_STATUS(phone_login_start(&p, &wrong), ZY_LOGIN_FAILED);
    const char *const needles[] = { LI.name, LI.phone, LI.id_no, LI.customer_no, "Plum.Tree", "plum.tree", LI.password,
                                    "Wrong2026tree", "Li's private phone", "fp-Li's", code };
    for (size_t i = 0; i < ZY_COUNT(needles); i++)
        if (find_in_bank(w, needles[i]) != 0)
            fail_msg("found in clear: %s", needles[i]);
    assert_true(find_in_bank(w, "TestOS 1") > 0); /* the search does find what is there */
    phone_free(&p);
    phone_free(&other);
}

static zy_status record_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    uint8_t(*records)[ZY_PASSWORD_RECORD_BYTES] = arg;
    char s[16];
    ZY_TRY(credential_find(rtx, LI.id, "login", records[0], s, err));
    return credential_find(rtx, WANG.id, "login", records[1], s, err);
}

static void equal_passwords_are_stored_differently(void **state)
{
    ZY_PROVES("mb.auth-design.b");
    world *w = *state;
    uint8_t records[2][ZY_PASSWORD_RECORD_BYTES];
    zy_err err = { 0 };
    assert_string_equal(LI.password, WANG.password);
    ASSERT_OK(zy_db_read(w->env->db, "test.records", record_unit, records, &err));
    assert_memory_not_equal(records[0], records[1], 16);           /* salt */
    assert_memory_not_equal(records[0] + 22, records[1] + 22, 32); /* hash */
}

/* --- the console's list --- */

typedef struct search_job {
    world *w;
    zy_str q;
    zy_id before, next;
    int limit;
    zy_json *found;
} search_job;

static zy_status search_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    search_job *job = arg;
    return zy_customer_search(rtx, job->w->env, job->q, job->before, job->limit, job->found, &job->next, err);
}

static const zy_json *search(search_job *job)
{
    zy_err err = { 0 };
    zy_json_free(job->found);
    job->found = zy_json_array();
    ASSERT_OK(zy_db_read(job->w->env->db, "test.search", search_unit, job, &err));
    return job->found;
}

static void customers_are_found_by_any_whole_name_and_shown_masked(void **state)
{
    ZY_PROVES("mb.masking.d-i");
    world *w = *state;
    search_job job = { .w = w, .limit = 10 };
    const char *const names[] = { LI.phone, LI.customer_no, LI.id_no, LI.alias };
    for (size_t i = 0; i < ZY_COUNT(names); i++) {
        zy_str text = { 0 };
        job.q = zy_str_of(names[i]);
        const zy_json *row = zy_json_at(search(&job), 0);
        assert_int_equal(zy_json_count(job.found), 1);
        assert_true(zy_json_str(row, "name", &text));
        ASSERT_STR(text, "**一");
        assert_true(zy_json_str(row, "phone", &text));
        ASSERT_STR(text, "139****0001");
        assert_true(zy_json_str(row, "id_no", &text));
        ASSERT_STR(text, "1****************5");
    }
    job.q = ZY_STR("1391117"); /* a part is nobody's */
    assert_int_equal(zy_json_count(search(&job)), 0);
    job.q = (zy_str){ 0 };
    job.limit = 1;
    assert_int_equal(zy_json_count(search(&job)), 1);
    assert_true(zy_id_eq(job.next, WANG.id)); /* newest first */
    job.before = job.next;
    assert_int_equal(zy_json_count(search(&job)), 1);
    job.before = job.next;
    assert_int_equal(zy_json_count(search(&job)), 0);
    assert_int_equal(job.next.v, 0);
    zy_json_free(job.found);
}

/* --- what is left behind --- */

static void unfinished_logins_and_old_counters_are_dropped(void **state)
{
    world *w = *state;
    phone p;
    login_row row;
    zy_err err = { 0 };
    phone_make(&p, w, "first", "203.0.113.7");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    world_turn(w, ZY_DAYS(1));
    ASSERT_OK(zy_identity_expire(w->env, 100, &err));
    ASSERT_OK(find_login(w, p.login_id, &row));
    world_turn(w, ZY_DAYS(2));
    ASSERT_OK(zy_identity_expire(w->env, 100, &err));
    ASSERT_STATUS(find_login(w, p.login_id, &row), ZY_NOT_FOUND);
    phone_free(&p);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(the_later_login_ends_the_earlier_and_both_are_told),
        STORY(logging_in_again_on_one_device_sends_no_text),
        STORY(logins_finished_at_the_same_time_leave_one),
        STORY(staff_can_end_a_login),
        STORY(an_idle_login_ends),
        STORY(an_idle_login_cannot_be_resumed),
        STORY(presence_is_written_at_most_each_half_minute),
        STORY(logout_ends_the_login_everywhere),
        STORY(a_login_outlives_its_channel_and_a_restart),
        STORY(a_proof_works_once),
        STORY(another_device_cannot_resume),
        STORY(of_many_resumes_at_the_same_time_one_succeeds),
        STORY(stored_rows_hold_no_identity_and_no_secret_in_clear),
        STORY(equal_passwords_are_stored_differently),
        STORY(customers_are_found_by_any_whole_name_and_shown_masked),
        STORY(unfinished_logins_and_old_counters_are_dropped),
    };
    return zy_test_main("login_session", tests, ZY_COUNT(tests));
}
