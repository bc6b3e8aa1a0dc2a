#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/identity/captcha.h"
#include "service/identity/hash_pool.h"
#include "service/identity/identity_repo.h"
#include "service/identity/login_world.h"
#include "service/identity/session.h"
#include "service/identity/tries.h"
#include "zy_test.h"

#define THREADS 16

/* One try to log in, with a solved captcha at hand. */
static zy_status try_password(phone *p, const char *user, const char *password)
{
    char id[ZY_CAPTCHA_ID_MAX];
    ASSERT_OK(zy_captcha_keep(p->channel.th, zy_env_now(p->w->env), "ACEFH", id));
    const attempt a = { .user = user, .password = password, .captcha_id = id, .captcha_text = "acefh" };
    return phone_login_start(p, &a);
}

static void fail_times(phone *p, const char *user, int times)
{
    for (int i = 0; i < times; i++)
        ASSERT_STATUS(try_password(p, user, "Wrong2026tree"), ZY_LOGIN_FAILED);
}

/* --- the way in --- */

static void password_and_code_open_a_session(void **state)
{
    ZY_PROVES("mb.login-factors.g", "j225.6.2.1.1.p1", "mb.auth-tech-choice.a1", "mb.user-id.b", "mb.pi-use.e");
    world *w = *state;
    phone p;
    char code[7];
    phone_make(&p, w, "first", "203.0.113.7");
    const char *const names[] = { LI.phone, LI.customer_no, LI.alias, "plum.TREE" };
    for (size_t i = 0; i < ZY_COUNT(names); i++) {
        const attempt a = { .user = names[i], .password = LI.password };
        phone_hello(&p);
        ASSERT_OK(phone_login_start(&p, &a));
        world_turn(w, ZY_MINUTES(1));
        ASSERT_OK(phone_code(&p, LI.phone, code));
        assert_string_equal(phone_text(&p, "phone"), "139****0001");
        ASSERT_OK(phone_login_finish(&p, code));
        assert_string_equal(phone_text(&p, "customer.name"), "**一");
        assert_string_equal(phone_text(&p, "customer.phone"), "139****0001");
        assert_string_equal(phone_text(&p, "last_login.device"), i == 0 ? "" : "first");
        assert_string_equal(phone_text(&p, "device_state"), "new");
        ASSERT_OK(phone_call(&p, "auth.session", "{}"));
        assert_string_equal(phone_text(&p, "login_id"), p.login_id);
        ASSERT_OK(phone_call(&p, "profile.get", "{}"));
    }
    assert_int_equal(world_audits(w, "login.ok"), 4);
    assert_int_equal(world_audits(w, "device.new"), 1);
    phone_free(&p);
}

static void nothing_opens_before_both_factors(void **state)
{
    ZY_PROVES("mb.login-factors.g", "j225.6.2.1.1.p1", "j225.6.2.1.1.base.a1", "mb.auth-mechanism.b10", "mb.login-factors.f");
    world *w = *state;
    phone p;
    char code[7], id[ZY_CAPTCHA_ID_MAX];
    phone_make(&p, w, "first", "203.0.113.7");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_STATUS(phone_call(&p, "auth.session", "{}"), ZY_LOGIN_REQUIRED);
    ASSERT_OK(zy_captcha_keep(p.channel.th, zy_env_now(w->env), "ACEFH", id)); /* a captcha is no factor */
    const attempt solved = { .user = LI.phone, .password = "Wrong2026tree", .captcha_id = id, .captcha_text = "ACEFH" };
    ASSERT_STATUS(phone_login_start(&p, &solved), ZY_LOGIN_FAILED);
    ASSERT_OK(try_password(&p, a.user, a.password));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_LOGIN_REQUIRED);
    ASSERT_STATUS(phone_resume(&p), ZY_LOGIN_REQUIRED);
    ASSERT_STATUS(phone_login_finish(&p, "000000"), ZY_CODE_EXPIRED);
    ASSERT_OK(phone_code(&p, LI.phone, code));
    code[5] = code[5] == '9' ? '0' : (char)(code[5] + 1);
    ASSERT_STATUS(phone_login_finish(&p, code), ZY_FACTOR_WRONG);
    ASSERT_STATUS(phone_call(&p, "auth.session", "{}"), ZY_LOGIN_REQUIRED);
    phone_free(&p);
}

static void a_login_is_finished_on_the_channel_it_began_on(void **state)
{
    ZY_PROVES("j225.6.2.2.a3");
    world *w = *state;
    phone p, other;
    char code[7];
    phone_make(&p, w, "first", "203.0.113.7");
    phone_make(&other, w, "other", "203.0.113.8");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    ASSERT_OK(phone_code(&p, LI.phone, code));
    memcpy(other.login_id, p.login_id, sizeof other.login_id);
    ASSERT_STATUS(phone_login_finish(&other, code), ZY_LOGIN_REQUIRED);
    world_turn(w, ZY_SECONDS(59));
    ASSERT_OK(phone_login_finish(&p, code));
    ASSERT_STATUS(phone_login_finish(&p, code), ZY_LOGIN_REQUIRED);
    phone_free(&p);
    phone_free(&other);
}

static void a_started_login_lives_ten_minutes(void **state)
{
    world *w = *state;
    phone p;
    char code[7];
    phone_make(&p, w, "first", "203.0.113.7");
    const attempt a = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &a));
    world_turn(w, ZY_MINUTES(10));
    ASSERT_STATUS(phone_code(&p, LI.phone, code), ZY_LOGIN_REQUIRED);
    phone_free(&p);
}

static void password_ciphers_serve_once_and_for_their_purpose(void **state)
{
    ZY_PROVES("mb.crypto-plan.a-1", "mb.auth-design.a");
    world *w = *state;
    phone p;
    char secret[700], body[1700];
    phone_make(&p, w, "first", "203.0.113.7");
    phone_secret(&p, LI.password, 2, secret, sizeof secret); /* made for another purpose */
    static const char DEVICE[] = "{\"name\":\"n\",\"os\":\"o\",\"fingerprint\":\"f\",\"public_key\":\"%s\",\"sig\":\"%s\"}";
    uint8_t key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    char key_text[92], sig_text[92], device[500];
    zy_sm2_public(p.key, key);
    ASSERT_OK(zy_sm2_sign(p.key, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(p.channel.th, ZY_SM3_BYTES)), sig));
    zy_base64_encode(key, sizeof key, key_text);
    zy_base64_encode(sig, sizeof sig, sig_text);
    snprintf(device, sizeof device, DEVICE, key_text, sig_text);
    snprintf(body, sizeof body, "{\"user\":\"%s\",\"password\":%s,\"device\":%s}", LI.phone, secret, device);
    ASSERT_STATUS(phone_call(&p, "auth.login.start", body), ZY_CHALLENGE_BAD);
    phone_secret(&p, LI.password, 1, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"user\":\"%s\",\"password\":%s,\"device\":%s}", LI.phone, secret, device);
    ASSERT_OK(phone_call(&p, "auth.login.start", body));
    ASSERT_STATUS(phone_call(&p, "auth.login.start", body), ZY_CHALLENGE_BAD); /* the captured message again */
    assert_int_equal(world_audits(w, "login.failed"), 0);                     /* and is no wrong password */
    phone_free(&p);
}

static void a_device_that_cannot_prove_its_key_is_refused(void **state)
{
    ZY_PROVES("mb.channel-client.a-1", "mb.crypto-plan.a-1");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *another = NULL;
    ASSERT_OK(zy_sm2_generate(&another));
    const attempt a = { .user = LI.phone, .password = LI.password, .signer = another };
    uint64_t before = zy_hash_pool_hashed();
    ASSERT_STATUS(phone_login_start(&p, &a), ZY_BAD_FIELD);
    assert_int_equal(zy_hash_pool_hashed(), before);
    phone_free(&p);
}

static void a_first_password_opens_nothing_else(void **state)
{
    ZY_PROVES("mb.static-password.f-i", "mb.system-design-ops.c2-2", "mb.password-reset.b-ii");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login(&p, &WANG));
    assert_true(phone_flag(&p, "must_change_password"));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_MUST_CHANGE_PASSWORD);
    ASSERT_STATUS(phone_call(&p, "message.list", "{}"), ZY_MUST_CHANGE_PASSWORD);
    ASSERT_OK(phone_call(&p, "auth.logout", "{}"));
    phone_free(&p);
}

/* --- failures tell nothing --- */

static void take_answer(const phone *p, zy_buf *out)
{
    const zy_json *body = zy_json_get(p->answer, "body");
    zy_str code = { 0 }, message = { 0 };
    (void)zy_json_str(p->answer, "code", &code);
    (void)zy_json_str(p->answer, "message", &message);
    zy_buf_str(out, code);
    zy_buf_str(out, message);
    assert_int_equal(zy_json_count(zy_json_get(p->answer, "fields")), 0);
    if (body != NULL)
        zy_json_write_sorted(body, out);
    zy_buf_char(out, '\n');
}

static zy_status suspend_unit(zy_tx *tx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.suspend", "UPDATE customer SET state = 'suspended' WHERE id = $1", 1, NULL };
    const person *who = arg;
    return zy_exec_expect(tx, &SQL, ZY_ARGS(ZY_I(who->id.v)), 1, ZY_INTERNAL, err);
}

/* Twelve wrong passwords, over a lock of 30 min: what was answered, and how many hashes it cost. */
static uint64_t collect_failures(world *w, const char *user, const char *password, zy_buf *out)
{
    phone p;
    phone_make(&p, w, "guess", "203.0.113.99");
    uint64_t before = zy_hash_pool_hashed();
    const attempt plain = { .user = user, .password = password };
    (void)phone_login_start(&p, &plain);
    take_answer(&p, out);
    (void)phone_login_start(&p, &plain); /* without a captcha */
    take_answer(&p, out);
    for (int i = 0; i < 11; i++) {
        (void)try_password(&p, user, password);
        take_answer(&p, out);
        if (i == 6)
            world_turn(w, ZY_MINUTES(30));
    }
    phone_free(&p);
    return zy_hash_pool_hashed() - before;
}

static void failures_are_the_same_for_somebody_and_nobody(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i", "mb.enhanced-auth.h.1", "j225.6.2.1.1.base.a3", "j225.6.2.1.1.base.b1",
              "mb.auth-tech-choice.a1");
    world *w = *state;
    zy_err err = { 0 };
    ZY_AUTO_BUF known = { 0 };
    ZY_AUTO_BUF unknown = { 0 };
    ZY_AUTO_BUF suspended = { 0 };
    uint64_t hashes = collect_failures(w, LI.phone, "Wrong2026tree", &known);
    assert_int_equal(hashes, 12); /* each but the one that lacked a captcha: also those that a lock refused */
    assert_int_equal(collect_failures(w, "13911179999", "Wrong2026tree", &unknown), hashes);
    ASSERT_OK(zy_db_run(w->env->db, "test.suspend", suspend_unit, &WANG, &err));
    assert_int_equal(collect_failures(w, WANG.phone, WANG.password, &suspended), hashes);
    assert_string_equal(known.p, unknown.p);
    assert_string_equal(known.p, suspended.p);
    assert_non_null(strstr(known.p, "LOGIN_FAILED"));
    assert_non_null(strstr(known.p, "LOCKED"));
    assert_non_null(strstr(known.p, "CAPTCHA_REQUIRED"));
}

static void the_right_password_of_a_locked_customer_is_no_oracle(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.enhanced-auth.h.2");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    fail_times(&p, LI.phone, 5);
    ASSERT_STATUS(try_password(&p, LI.phone, LI.password), ZY_LOCKED); /* the very answer that a wrong one gets */
    ASSERT_STATUS(try_password(&p, LI.phone, "Wrong2026tree"), ZY_LOCKED);
    /* The customer's other names do not get in either, and do not tell that they are the same person's. */
    ASSERT_STATUS(try_password(&p, LI.alias, LI.password), ZY_LOGIN_FAILED);
    ASSERT_STATUS(try_password(&p, LI.alias, "Wrong2026tree"), ZY_LOGIN_FAILED);
    phone_free(&p);
}

/* --- locks --- */

static void five_wrong_passwords_lock_for_thirty_minutes(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.b-ii", "j225.6.2.1.1.base.a2", "j225.6.2.1.1.base.b2",
              "mb.enhanced-auth.h.2", "mb.system-design-tech.a6-1");
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    fail_times(&p, LI.phone, 4);
    ASSERT_OK(try_password(&p, LI.phone, LI.password)); /* the right one begins a new row of tries */
    fail_times(&p, LI.phone, 4);
    assert_int_equal(world_audits(w, "login.locked"), 0);
    fail_times(&p, LI.phone, 1);
    assert_int_equal(world_audits(w, "login.locked"), 1);
    assert_int_equal(world_audits(w, "login.failed"), 9);
    world_turn(w, ZY_MS(30 * 60000 - 1));
    ASSERT_STATUS(try_password(&p, LI.phone, LI.password), ZY_LOCKED);
    world_turn(w, ZY_MS(1));
    ASSERT_OK(try_password(&p, LI.phone, LI.password));
    phone_free(&p);
}

static zy_status unlock_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    return zy_identity_unlock(tx, w->env, LI.id, err);
}

static void ten_wrong_passwords_in_a_day_lock_until_somebody_lifts_it(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.b-iii");
    world *w = *state;
    phone p;
    zy_err err = { 0 };
    phone_make(&p, w, "first", "203.0.113.7");
    fail_times(&p, LI.phone, 5);
    world_turn(w, ZY_MINUTES(30));
    fail_times(&p, LI.phone, 5);
    world_turn(w, ZY_DAYS(3));
    ASSERT_OK(zy_identity_expire(w->env, 100, &err));
    ASSERT_STATUS(try_password(&p, LI.phone, LI.password), ZY_LOCKED);
    ASSERT_STATUS(try_password(&p, LI.customer_no, LI.password), ZY_LOGIN_FAILED);
    ASSERT_OK(zy_db_run(w->env->db, "test.unlock", unlock_unit, w, &err));
    ASSERT_OK(try_password(&p, LI.phone, LI.password));
    phone_free(&p);
}

typedef struct take_job {
    world *w;
    int *let_in;
    pthread_mutex_t *lock;
    uint8_t key[ZY_SM3_BYTES];
    bool locked;
} take_job;

static zy_status take_unit(zy_tx *tx, void *arg, zy_err *err)
{
    take_job *job = arg;
    return zy_try_take(tx, job->key, zy_env_now(job->w->env), &job->locked, err);
}

static void *take_one(void *arg)
{
    take_job *job = arg;
    if (zy_db_run(job->w->env->db, "test.take", take_unit, job, NULL) != ZY_OK || job->locked)
        return NULL;
    pthread_mutex_lock(job->lock);
    (*job->let_in)++;
    pthread_mutex_unlock(job->lock);
    return NULL;
}

static void tries_at_the_same_time_do_not_slip_through(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    pthread_t threads[THREADS];
    take_job jobs[THREADS];
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int let_in = 0;
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (take_job){ .w = w, .let_in = &let_in, .lock = &lock };
        ASSERT_OK(zy_try_key(w->env, ZY_TRY_LOGIN, LI.id, NULL, jobs[i].key));
        assert_int_equal(pthread_create(&threads[i], NULL, take_one, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(let_in, 5);
}

static void failures_are_recorded_with_who_where_and_why(void **state)
{
    ZY_PROVES("mb.auth-failure.a-ii");
    world *w = *state;
    phone p;
    char who[ZY_ID_TEXT_MAX], device[ZY_DEVICE_ID_MAX];
    uint8_t key[ZY_SM2_PUB_BYTES];
    phone_make(&p, w, "first", "203.0.113.7");
    zy_sm2_public(p.key, key);
    ASSERT_OK(zy_zsc_device_id(key, device));
    zy_id_format(LI.id, who);
    fail_times(&p, LI.phone, 5);
    ASSERT_STATUS(try_password(&p, LI.phone, LI.password), ZY_LOCKED);
    ASSERT_STATUS(try_password(&p, "13911179999", "Wrong2026tree"), ZY_LOGIN_FAILED);
    static const char *const RESULTS[] = { "LOGIN_FAILED", "LOCKED", "LOGIN_FAILED" }; /* newest first */
    ZY_AUTO(zy_json_free) zy_json *records = world_audit_records(w, "login.failed");
    assert_int_equal(zy_json_count(records), 7);
    for (size_t i = 0; i < ZY_COUNT(RESULTS); i++) {
        const zy_json *r = zy_json_at(records, i);
        const struct {
            const char *member, *want;
        } MEMBERS[] = { { "result", RESULTS[i] },      { "actor_kind", i == 0 ? "anonymous" : "customer" },
                        { "actor", i == 0 ? "" : who }, { "address", p.address }, { "device", device } };
        for (size_t k = 0; k < ZY_COUNT(MEMBERS); k++) {
            zy_str text = { 0 };
            assert_true(zy_json_str(r, MEMBERS[k].member, &text));
            ASSERT_STR(text, MEMBERS[k].want);
        }
    }
    phone_free(&p);
}

static void a_burst_of_logins_from_one_address_is_stopped(void **state)
{
    ZY_PROVES("mb.system-design-tech.a6-1");
    world *w = *state;
    phone p, other;
    phone_make(&p, w, "first", "203.0.113.7");
    phone_make(&other, w, "other", "203.0.113.8");
    int calls = 0;
    while (phone_call(&p, "auth.login.start", "{}") == ZY_BAD_FIELD && calls < 10000)
        calls++;
    ASSERT_STATUS(phone_call(&p, "auth.login.start", "{}"), ZY_RATE_LIMITED);
    assert_in_range(calls, 30, 3000);
    ASSERT_STATUS(phone_call(&other, "auth.login.start", "{}"), ZY_BAD_FIELD);
    world_turn(w, ZY_MINUTES(1));
    ASSERT_STATUS(phone_call(&p, "auth.login.start", "{}"), ZY_BAD_FIELD);
    phone_free(&p);
    phone_free(&other);
}

/* --- captcha --- */

static void a_captcha_is_asked_after_the_first_failure(void **state)
{
    ZY_PROVES("mb.enhanced-auth.h.2", "mb.system-design-tech.a6-1");
    world *w = *state;
    phone p, other;
    phone_make(&p, w, "first", "203.0.113.7");
    phone_make(&other, w, "other", "203.0.113.8");
    const attempt wrong = { .user = LI.phone, .password = "Wrong2026tree" }, right = { .user = LI.phone, .password = LI.password };
    const attempt by_another = { .user = WANG.phone, .password = WANG.password };
    ASSERT_STATUS(phone_login_start(&p, &wrong), ZY_LOGIN_FAILED);
    assert_true(phone_flag(&p, "captcha_required"));
    ASSERT_STATUS(phone_login_start(&p, &right), ZY_CAPTCHA_REQUIRED);
    ASSERT_STATUS(phone_login_start(&other, &right), ZY_CAPTCHA_REQUIRED);      /* by name */
    ASSERT_STATUS(phone_login_start(&p, &by_another), ZY_CAPTCHA_REQUIRED);     /* by device */
    ASSERT_OK(phone_login_start(&other, &by_another));
    char id[ZY_CAPTCHA_ID_MAX];
    ASSERT_OK(zy_captcha_keep(p.channel.th, zy_env_now(w->env), "ACEFH", id));
    const attempt misread = { LI.phone, LI.password, id, "ACEFJ", NULL }, again = { LI.phone, LI.password, id, "ACEFH", NULL };
    ASSERT_STATUS(phone_login_start(&p, &misread), ZY_CAPTCHA_REQUIRED);
    ASSERT_STATUS(phone_login_start(&p, &again), ZY_CAPTCHA_REQUIRED); /* spent */
    ASSERT_OK(try_password(&p, LI.phone, LI.password));
    phone_free(&p);
    phone_free(&other);
}

static void an_address_with_many_failures_is_asked_too(void **state)
{
    world *w = *state;
    phone p;
    const attempt right = { .user = WANG.phone, .password = WANG.password };
    for (int i = 0; i < 5; i++) { /* each time another device and another name */
        char name[16];
        snprintf(name, sizeof name, "1391117%04d", 8000 + i);
        const attempt wrong = { .user = name, .password = "Wrong2026tree" };
        phone_make(&p, w, "guess", "203.0.113.77");
        ASSERT_STATUS(phone_login_start(&p, &wrong), ZY_LOGIN_FAILED);
        phone_free(&p);
    }
    phone_make(&p, w, "guess", "203.0.113.77");
    ASSERT_STATUS(phone_login_start(&p, &right), ZY_CAPTCHA_REQUIRED);
    phone_free(&p);
    phone_make(&p, w, "guess", "203.0.113.78");
    ASSERT_OK(phone_login_start(&p, &right));
    phone_free(&p);
}

/* --- codes --- */

typedef struct finish_thread {
    phone p;
    const char *code;
    zy_status status;
    pthread_barrier_t *start;
} finish_thread;

static void *finish_one(void *arg)
{
    finish_thread *t = arg;
    pthread_barrier_wait(t->start);
    t->status = phone_login_finish(&t->p, t->code);
    return NULL;
}

static void one_code_from_many_connections_logs_in_once(void **state)
{
    world *w = *state;
    phone p;
    char code[7];
    finish_thread threads[32];
    pthread_t ids[32];
    pthread_barrier_t start;
    const attempt a = { .user = LI.phone, .password = LI.password };
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(phone_login_start(&p, &a));
    ASSERT_OK(phone_code(&p, LI.phone, code));
    pthread_barrier_init(&start, NULL, ZY_COUNT(threads));
    for (size_t i = 0; i < ZY_COUNT(threads); i++) {
        threads[i] = (finish_thread){ .p = p, .code = code, .start = &start };
        threads[i].p.answer = NULL;
        assert_int_equal(pthread_create(&ids[i], NULL, finish_one, &threads[i]), 0);
    }
    int good = 0;
    for (size_t i = 0; i < ZY_COUNT(threads); i++) {
        pthread_join(ids[i], NULL);
        good += threads[i].status == ZY_OK;
        if (threads[i].status == ZY_OK)
            ASSERT_OK(phone_call(&threads[i].p, "auth.session", "{}"));
        zy_json_free(threads[i].p.answer);
    }
    assert_int_equal(good, 1);
    assert_int_equal(world_audits(w, "login.ok"), 1);
    pthread_barrier_destroy(&start);
    phone_free(&p);
}

/* --- the hash pool --- */

typedef struct hash_thread {
    zy_env *env;
    const uint8_t *record;
    zy_status status;
} hash_thread;

static void *hash_one(void *arg)
{
    hash_thread *t = arg;
    const zy_secret secret = { .bytes = "Plum2026tree", .n = 12 };
    t->status = zy_hash_pool_check(t->env->keys, &secret, t->record, NULL);
    return NULL;
}

static void a_full_hashing_queue_answers_busy(void **state)
{
    world *w = *state;
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    zy_err err = { 0 };
    hash_thread threads[THREADS];
    pthread_t ids[THREADS];
    ASSERT_OK(zy_password_dummy(w->env->keys, 100000, record)); /* slow enough for a queue to grow */
    zy_hash_pool_stop();
    ASSERT_OK(zy_hash_pool_start(1, 2, &err));
    for (int i = 0; i < THREADS; i++) {
        threads[i] = (hash_thread){ .env = w->env, .record = record };
        assert_int_equal(pthread_create(&ids[i], NULL, hash_one, &threads[i]), 0);
    }
    int busy = 0, done = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(ids[i], NULL);
        busy += threads[i].status == ZY_BUSY;
        done += threads[i].status == ZY_FACTOR_WRONG;
    }
    assert_int_equal(busy + done, THREADS);
    assert_true(done >= 2 && busy >= 1);
    assert_int_equal((int)zy_hash_pool_hashed(), done);
}

static void few_hash_rounds_are_refused_in_a_real_bank(void **state)
{
    world *w = *state;
    zy_config *config;
    zy_err err = { 0 };
    memcpy(&config, &w->env->config, sizeof config); /* the test's own */
    zy_identity_stop();
    static const char *const KINDS[] = { "production", "demo" };
    for (size_t i = 0; i < ZY_COUNT(KINDS); i++) {
        ASSERT_OK(zy_config_set(config, "bank.kind", zy_str_of(KINDS[i]), &err));
        ASSERT_STATUS(zy_identity_start(w->env, zy_identity_hooks_now(), &err), ZY_CONFIG_BAD);
    }
    ASSERT_OK(zy_config_set(config, "password.iterations", ZY_STR("100000"), &err));
    ASSERT_OK(zy_identity_start(w->env, zy_identity_hooks_now(), &err));
}

/* --- the transaction password --- */

static zy_status pay(phone *p, const person *who, const char *password, uint8_t purpose)
{
    char secret[700], cipher[512], id[64];
    zy_caller caller;
    zy_err err = { 0 };
    phone_secret(p, password, purpose, secret, sizeof secret);
    assert_int_equal(sscanf(secret, "{\"challenge_id\":\"%63[^\"]\",\"cipher\":\"%511[^\"]\"}", id, cipher), 2);
    zy_call call = phone_context(p, &caller, who);
    return zy_factor_pay_password(&call, zy_str_of(id), zy_str_of(cipher), &err);
}

static void the_transaction_password_has_counters_of_its_own(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-failure.b-ii", "mb.auth-failure.b-iii", "mb.auth-failure.a-ii");
    world *w = *state;
    phone p;
    zy_err err = { 0 };
    phone_make(&p, w, "first", "203.0.113.7");
    ASSERT_OK(pay(&p, &LI, LI.pay_password, 2));
    ASSERT_STATUS(pay(&p, &LI, LI.pay_password, 1), ZY_CHALLENGE_BAD);
    ASSERT_STATUS(pay(&p, &LI, LI.password, 2), ZY_FACTOR_WRONG); /* the login password is another */
    for (int i = 0; i < 4; i++)
        ASSERT_STATUS(pay(&p, &LI, "111222", 2), ZY_FACTOR_WRONG);
    ASSERT_STATUS(pay(&p, &LI, LI.pay_password, 2), ZY_LOCKED);
    ASSERT_OK(try_password(&p, LI.phone, LI.password)); /* logging in is not locked by it */
    ASSERT_OK(pay(&p, &WANG, WANG.pay_password, 2));
    world_turn(w, ZY_MINUTES(30));
    ASSERT_OK(pay(&p, &LI, LI.pay_password, 2));
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(pay(&p, &LI, "111222", 2), ZY_FACTOR_WRONG);
    world_turn(w, ZY_DAYS(2));
    ASSERT_STATUS(pay(&p, &LI, LI.pay_password, 2), ZY_LOCKED); /* ten in a day */
    ASSERT_OK(zy_db_run(w->env->db, "test.unlock", unlock_unit, w, &err));
    ASSERT_OK(pay(&p, &LI, LI.pay_password, 2));
    assert_int_equal(world_audits(w, "factor.pay_password_wrong"), 10);
    assert_int_equal(world_audits(w, "factor.pay_password_ok"), 4);
    phone_free(&p);
}

/* --- bootstrap --- */

static void bootstrap_tells_a_client_whether_it_is_too_old(void **state)
{
    world *w = *state;
    phone p;
    phone_make(&p, w, "first", "203.0.113.7");
    static const struct {
        const char *version, *verdict;
    } ROWS[] = { { "0.1.0", "ok" }, { "0.0.9", "update" }, { "0.1", "ok" }, { "0.10.0", "ok" }, { "1", "ok" }, { "x", "update" } };
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        char body[80];
        snprintf(body, sizeof body, "{\"client\":{\"kind\":\"h5\",\"version\":\"%s\"}}", ROWS[i].version);
        ASSERT_OK(phone_call(&p, "app.bootstrap", body));
        assert_string_equal(phone_text(&p, "client.verdict"), ROWS[i].verdict);
    }
    phone_free(&p);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(password_and_code_open_a_session),
        STORY(nothing_opens_before_both_factors),
        STORY(a_login_is_finished_on_the_channel_it_began_on),
        STORY(a_started_login_lives_ten_minutes),
        STORY(password_ciphers_serve_once_and_for_their_purpose),
        STORY(a_device_that_cannot_prove_its_key_is_refused),
        STORY(a_first_password_opens_nothing_else),
        STORY(failures_are_the_same_for_somebody_and_nobody),
        STORY(the_right_password_of_a_locked_customer_is_no_oracle),
        STORY(five_wrong_passwords_lock_for_thirty_minutes),
        STORY(ten_wrong_passwords_in_a_day_lock_until_somebody_lifts_it),
        STORY(tries_at_the_same_time_do_not_slip_through),
        STORY(failures_are_recorded_with_who_where_and_why),
        STORY(a_burst_of_logins_from_one_address_is_stopped),
        STORY(a_captcha_is_asked_after_the_first_failure),
        STORY(an_address_with_many_failures_is_asked_too),
        STORY(one_code_from_many_connections_logs_in_once),
        STORY(a_full_hashing_queue_answers_busy),
        STORY(few_hash_rounds_are_refused_in_a_real_bank),
        STORY(the_transaction_password_has_counters_of_its_own),
        STORY(bootstrap_tells_a_client_whether_it_is_too_old),
    };
    return zy_test_main("login", tests, ZY_COUNT(tests));
}
