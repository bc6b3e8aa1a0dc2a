/* Registering from the first call to the first login; who is refused, who waits; what the counter does about customers. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bank/registration/registration_internal.h"
#include "service/identity/captcha.h"
#include "service/identity/hash_pool.h"
#include "service/identity/login_world.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_carrier.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

#define ROUNDS     10000
#define CARD_PIN   "739158"
#define PASSWORD   "Harvest-71-moon"
#define PAY        "824917"
#define CAPTCHA    "ACEFH"
#define MAKER      ((zy_id){ 11 })
#define CHECKER    ((zy_id){ 12 })

/* People whom the counter knows. */
typedef struct holder {
    zy_id id;
    const char *name, *phone, *customer_no;
    char id_no[20], card_no[24], second_no[24];
} holder;

static holder HE = { .name = "何 测三", .phone = "13922220003", .customer_no = "9020260003", .id_no = "11010119900412301" };
static holder MENG = { .name = "孟测四", .phone = "13922220004", .customer_no = "9020260004", .id_no = "11010119820219304" };
static holder CHENG = { .name = "程测五", .phone = "13922220005", .customer_no = "9020260005", .id_no = "11010119930730305" };

/* --- the world --- */

typedef struct holder_job {
    zy_env *env;
    holder *h;
    zy_customer_row *row;
    uint8_t pin[ZY_PASSWORD_RECORD_BYTES];
} holder_job;

static zy_status holder_unit(zy_tx *tx, void *arg, zy_err *err)
{
    holder_job *job = arg;
    holder *h = job->h;
    zy_id account, second;
    ZY_TRY(zy_customer_insert(tx, job->env, job->row, &h->id, err));
    ZY_TRY(zy_account_open(tx, job->env, h->id, zy_str_of(h->card_no), "debit", ZY_STR("日常"), &account, err));
    ZY_TRY(zy_account_open(tx, job->env, h->id, zy_str_of(h->second_no), "debit", ZY_STR("储蓄"), &second, err));
    return zy_card_issue(tx, job->env, account, zy_str_of(h->phone), job->pin, err);
}

static void add_holder(zy_env *env, holder *h, uint32_t serial)
{
    holder_job job = { .env = env, .h = h };
    zy_secret pin = { .n = strlen(CARD_PIN) };
    zy_err err = { 0 };
    memcpy(pin.bytes, CARD_PIN, pin.n);
    h->id_no[17] = zy_id_no_check(h->id_no);
    h->id_no[18] = '\0';
    zy_card_number("629988", serial, h->card_no);
    zy_card_number("629988", serial + 1, h->second_no);
    const zy_customer_new c = { .customer_no = zy_str_of(h->customer_no), .name = zy_str_of(h->name), .id_no = zy_str_of(h->id_no),
                                .phone = ZY_STR("13933330000"), .counter_only = true };
    ASSERT_OK(zy_customer_prepare(env, &c, &job.row, &err));
    ASSERT_OK(zy_password_make(env->keys, &pin, ROUNDS, job.pin));
    ASSERT_OK(zy_db_run(env->db, "test.holder", holder_unit, &job, &err));
    zy_customer_row_free(job.row);
}

static const char *list_path(void)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/screening-list.txt", zy_test_env_folder());
    return path;
}

static void write_list(void)
{
    FILE *f = fopen(list_path(), "w");
    assert_non_null(f);
    fprintf(f, "high %s\nblacklist %s\n", MENG.id_no, CHENG.id_no);
    fclose(f);
    assert_int_equal(chmod(list_path(), 0600), 0);
}

static zy_status ledger_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const zy_env *env = arg;
    return zy_ledger_init(tx, zy_day_of(zy_env_now(env)), zy_env_now(env), err);
}

static int set_up(void **state)
{
    if (world_open(state) != 0)
        return -1;
    world *w = *state;
    zy_err err = { 0 };
    ASSERT_OK(zy_registry_add(w->registry, ZY_REGISTRATION_APIS, ZY_REGISTRATION_API_COUNT, &err));
    ASSERT_OK(zy_registration_start(w->env, &err));
    ASSERT_OK(zy_screening_open(w->env->config, &w->env->screening, &err));
    zy_ledger_start();
    ASSERT_OK(zy_db_run(w->env->db, "test.ledger", ledger_unit, w->env, &err));
    add_holder(w->env, &HE, 100);
    add_holder(w->env, &MENG, 200);
    add_holder(w->env, &CHENG, 300);
    write_list();
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    zy_screening_free(w->env->screening);
    return world_close(state);
}

/* --- a phone that registers --- */

typedef struct typed {
    const char *name, *id_no, *card_no, *pin, *phone, *consent;
} typed;

static typed of_holder(const holder *h)
{
    return (typed){ h->name, h->id_no, h->card_no, CARD_PIN, h->phone, ZY_PRIVACY_VERSION };
}

/* As a client encrypts them. */
static void secret_numbers(phone *p, const char *id_no, const char *card_no, const char *number, char out[700])
{
    char text[80];
    snprintf(text, sizeof text, "%s %s %s", id_no, card_no, number);
    phone_secret(p, text, 6, out, 700);
}

static zy_status start(phone *p, const typed *t)
{
    char numbers[700], pin[700], device[500], captcha[ZY_CAPTCHA_ID_MAX], body[2900];
    secret_numbers(p, t->id_no, t->card_no, t->phone, numbers);
    phone_secret(p, t->pin, 4, pin, sizeof pin);
    phone_device(p, device, sizeof device);
    ASSERT_OK(zy_captcha_keep(p->channel.th, zy_env_now(p->w->env), CAPTCHA, captcha));
    snprintf(body, sizeof body,
             "{\"privacy_version\":\"%s\",\"name\":\"%s\",\"numbers\":%s,\"card_pin\":%s,"
             "\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"" CAPTCHA "\"},\"device\":%s}",
             t->consent, t->name, numbers, pin, captcha, device);
    zy_status status = phone_call(p, "register.start", body);
    if (status == ZY_OK)
        snprintf(p->login_id, sizeof p->login_id, "%s", phone_text(p, "registration_id"));
    return status;
}

static zy_status get_code(phone *p, const char *number, char ret_code[7])
{
    char body[120];
    snprintf(body, sizeof body, "{\"registration_id\":\"%s\",\"factor\":\"sms\"}", p->login_id);
    zy_status status = phone_call(p, "register.factor.begin", body);
    if (status == ZY_OK)
        world_newest_code(p->w, number, ret_code);
    return status;
}

static void finish_body(phone *p, const char *code, const char *password, const char *pay, char *out, size_t size)
{
    char a[700], b[700];
    phone_secret(p, password, 3, a, sizeof a);
    phone_secret(p, pay, 3, b, sizeof b);
    snprintf(out, size, "{\"registration_id\":\"%s\",\"value\":\"%s\",\"login_password\":%s,\"pay_password\":%s}", p->login_id, code, a, b);
}

static zy_status finish(phone *p, const char *code, const char *password, const char *pay)
{
    char body[1800];
    finish_body(p, code, password, pay, body, sizeof body);
    return phone_call(p, "register.finish", body);
}

static zy_status all_of_it(phone *p, const holder *h)
{
    char code[7];
    const typed t = of_holder(h);
    ZY_TRY(start(p, &t));
    ZY_TRY(get_code(p, h->phone, code));
    return finish(p, code, PASSWORD, PAY);
}

static void another_phone(phone *p, world *w, int i)
{
    static char names[64][8], addresses[64][20];
    snprintf(names[i], sizeof names[i], "p%d", i);
    snprintf(addresses[i], sizeof addresses[i], "203.0.113.%d", i);
    phone_make(p, w, names[i], addresses[i]);
}

static zy_status log_in(world *w, const char *user, const char *sms_to, const char *password)
{
    phone p;
    char code[7];
    const attempt a = { .user = user, .password = password };
    world_turn(w, ZY_MINUTES(31));
    another_phone(&p, w, 60);
    zy_status status = phone_login_start(&p, &a);
    if (status == ZY_OK) {
        ASSERT_OK(phone_code(&p, sms_to, code));
        status = phone_login_finish(&p, code);
    }
    phone_free(&p);
    return status;
}

typedef struct standing_job {
    zy_id customer;
    zy_standing s;
} standing_job;

static zy_status standing_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    standing_job *job = arg;
    return zy_customer_standing(rtx, job->customer, &job->s, err);
}

static void assert_stands(world *w, const holder *h, const char *state, const char *scope)
{
    standing_job job = { .customer = h->id };
    zy_err err = { 0 };
    ASSERT_OK(zy_db_read(w->env->db, "test.standing", standing_unit, &job, &err));
    assert_string_equal(job.s.state, state);
    assert_string_equal(job.s.scope, scope);
}

/* --- it works --- */

static void whoever_proves_everything_becomes_a_customer(void **state)
{
    ZY_PROVES("mb.access-ease.d.1", "mb.user-id.a-i", "mb.enhanced-auth.e");
    world *w = *state;
    phone p;
    another_phone(&p, w, 1);
    ASSERT_OK(all_of_it(&p, &HE));
    assert_string_equal(phone_text(&p, "state"), "done");
    assert_stands(w, &HE, "active", "self");
    assert_non_null(strstr(world_newest_text(w, HE.phone), "已成功注册手机银行"));
    assert_int_equal(world_audits(w, "register.started"), 1);
    assert_int_equal(world_audits(w, "register.done"), 1);
    ASSERT_OK(log_in(w, HE.phone, HE.phone, PASSWORD));
    ASSERT_OK(log_in(w, HE.customer_no, HE.phone, PASSWORD));
    phone_free(&p);
}

static zy_status finish_by_carrier(phone *p, const char *token, const char *code)
{
    char a[700], b[700], body[1900];
    phone_secret(p, PASSWORD, 3, a, sizeof a);
    phone_secret(p, PAY, 3, b, sizeof b);
    snprintf(body, sizeof body, "{\"registration_id\":\"%s\",%s\"carrier_token\":\"%s\",\"login_password\":%s,\"pay_password\":%s}",
             p->login_id, code, token, a, b);
    return phone_call(p, "register.finish", body);
}

static void the_carriers_word_for_the_number_stands_for_the_code(void **state)
{
    ZY_PROVES("mb.auth-methods.a-ii");
    world *w = *state;
    phone p;
    char token[40], body[120];
    const typed t = of_holder(&HE);
    carrier_beside_start(w->env);
    another_phone(&p, w, 1);
    ASSERT_OK(start(&p, &t));
    snprintf(body, sizeof body, "{\"registration_id\":\"%s\",\"factor\":\"carrier\"}", p.login_id);
    ASSERT_OK(phone_call(&p, "register.factor.begin", body));
    char nonce[40];
    snprintf(nonce, sizeof nonce, "%s", phone_text(&p, "nonce"));
    snprintf(carrier_beside.phone, sizeof carrier_beside.phone, "%s", MENG.phone);
    ASSERT_OK(carrier_token(&carrier_beside, zy_str_of(nonce), token, NULL));
    ASSERT_STATUS(finish_by_carrier(&p, token, ""), ZY_FACTOR_WRONG);
    snprintf(carrier_beside.phone, sizeof carrier_beside.phone, "%s", HE.phone);
    ASSERT_OK(carrier_token(&carrier_beside, zy_str_of(nonce), token, NULL));
    ASSERT_STATUS(finish_by_carrier(&p, token, "\"value\":\"123456\","), ZY_BAD_FIELD); /* one of the two */
    ASSERT_OK(finish_by_carrier(&p, token, ""));
    assert_string_equal(phone_text(&p, "state"), "done");
    assert_stands(w, &HE, "active", "self");
    phone_free(&p);
    carrier_beside_stop(w->env);
}

/* What a stranger sees: everything but the trace. */
static void answer_without_trace(const phone *p, zy_buf *out)
{
    static const char *const MEMBERS[] = { "code", "message", "fields", "body" };
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++) {
        const zy_json *member = zy_json_get(p->answer, MEMBERS[i]);
        if (member != NULL)
            zy_json_write(member, out);
    }
}

static void any_one_thing_wrong_is_refused_alike(void **state)
{
    ZY_PROVES("mb.user-id.a-i", "mb.access-ease.d.1", "j225.6.2.1.1.base.a3", "mb.enhanced-auth.e");
    world *w = *state;
    const typed good = of_holder(&HE);
    typed wrong[7];
    for (size_t i = 0; i < ZY_COUNT(wrong); i++)
        wrong[i] = good;
    wrong[0].name = "何测四";
    wrong[1].id_no = MENG.id_no;
    wrong[2].card_no = MENG.card_no;
    wrong[3].pin = "739159";
    wrong[4].phone = MENG.phone;
    wrong[5].id_no = "11010519491231002X"; /* nobody's */
    wrong[6].card_no = HE.second_no;       /* an account without a card */
    ZY_AUTO_BUF first = { 0 };
    for (size_t i = 0; i < ZY_COUNT(wrong); i++) {
        phone p;
        ZY_AUTO_BUF answer = { 0 };
        world_turn(w, ZY_MINUTES(31));
        another_phone(&p, w, (int)i);
        uint64_t hashed = zy_hash_pool_hashed();
        ASSERT_STATUS(start(&p, &wrong[i]), ZY_REGISTER_FAILED);
        assert_int_equal(zy_hash_pool_hashed() - hashed, 1); /* the same work for all */
        answer_without_trace(&p, &answer);
        if (i == 0)
            zy_buf_str(&first, zy_buf_view(&answer));
        ASSERT_STR(zy_buf_view(&answer), first.p);
        phone_free(&p);
    }
    assert_int_equal(world_audits(w, "register."), 0);
    assert_int_equal(world_audits(w, "api.refused"), ZY_COUNT(wrong));
    assert_stands(w, &HE, "counter", "full");
}

static void an_identity_has_one_user_for_good(void **state)
{
    ZY_PROVES("mb.user-id.p1", "mb.user-id.a-ii");
    world *w = *state;
    phone p, q;
    typed t = of_holder(&HE);
    ZY_AUTO_BUF wrong = { 0 }, known = { 0 };
    another_phone(&p, w, 1);
    another_phone(&q, w, 2);
    ASSERT_OK(all_of_it(&p, &HE));
    ASSERT_STATUS(start(&q, &t), ZY_REGISTER_FAILED);
    answer_without_trace(&q, &known);
    t.pin = "111222";
    ASSERT_STATUS(start(&q, &t), ZY_REGISTER_FAILED);
    answer_without_trace(&q, &wrong);
    ASSERT_STR(zy_buf_view(&known), wrong.p); /* that he is a customer is no stranger's business */
    phone_free(&p);
    phone_free(&q);
}

/* --- many at once --- */

#define AT_ONCE 16
typedef struct racer {
    phone p;
    char body[2400];
    const char *api;
    zy_status status;
} racer;

static void *run_racer(void *arg)
{
    racer *r = arg;
    r->status = phone_call(&r->p, r->api, r->body);
    return NULL;
}

static int race(racer *racers, zy_status want)
{
    pthread_t threads[AT_ONCE];
    int count = 0;
    for (int i = 0; i < AT_ONCE; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_racer, &racers[i]), 0);
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        count += racers[i].status == want;
    }
    return count;
}

static void of_sixteen_at_once_one_becomes_a_customer(void **state)
{
    ZY_PROVES("mb.user-id.a-ii");
    world *w = *state;
    racer *racers = calloc(AT_ONCE, sizeof *racers);
    const typed t = of_holder(&HE);
    for (int i = 0; i < AT_ONCE; i++) {
        char code[7];
        another_phone(&racers[i].p, w, i);
        ASSERT_OK(start(&racers[i].p, &t));
        ASSERT_OK(get_code(&racers[i].p, HE.phone, code));
        finish_body(&racers[i].p, code, PASSWORD, PAY, racers[i].body, sizeof racers[i].body);
        racers[i].api = "register.finish";
    }
    assert_int_equal(race(racers, ZY_OK), 1);
    for (int i = 0; i < AT_ONCE; i++) {
        assert_true(racers[i].status == ZY_OK || racers[i].status == ZY_REGISTER_FAILED);
        phone_free(&racers[i].p);
    }
    free(racers);
    assert_int_equal(world_audits(w, "register.done"), 1);
    ASSERT_OK(log_in(w, HE.phone, HE.phone, PASSWORD));
}

static void wrong_pins_at_once_cannot_slip_through(void **state)
{
    world *w = *state;
    racer *racers = calloc(AT_ONCE, sizeof *racers);
    for (int i = 0; i < AT_ONCE; i++) {
        char numbers[700], pin[700], device[500], captcha[ZY_CAPTCHA_ID_MAX];
        racer *r = &racers[i];
        another_phone(&r->p, w, i);
        secret_numbers(&r->p, HE.id_no, HE.card_no, HE.phone, numbers);
        phone_secret(&r->p, "000000", 4, pin, sizeof pin);
        phone_device(&r->p, device, sizeof device);
        ASSERT_OK(zy_captcha_keep(r->p.channel.th, zy_env_now(w->env), CAPTCHA, captcha));
        snprintf(r->body, sizeof r->body,
                 "{\"privacy_version\":\"1\",\"name\":\"%s\",\"numbers\":%s,\"card_pin\":%s,"
                 "\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"" CAPTCHA "\"},\"device\":%s}",
                 HE.name, numbers, pin, captcha, device);
        r->api = "register.start";
    }
    assert_int_equal(race(racers, ZY_REGISTER_FAILED), 5);
    for (int i = 0; i < AT_ONCE; i++) {
        assert_true(racers[i].status == ZY_REGISTER_FAILED || racers[i].status == ZY_LOCKED);
        phone_free(&racers[i].p);
    }
    free(racers);
}

/* A box for another purpose or of another channel: none is opened. */
static void numbers_travel_in_a_box_of_their_own(void **state)
{
    ZY_PROVES("mb.secure-input.a5");
    world *w = *state;
    phone p;
    char numbers[700], pin[700], device[500], captcha[ZY_CAPTCHA_ID_MAX], body[2900];
    another_phone(&p, w, 1);
    for (int i = 0; i < 2; i++) {
        snprintf(body, sizeof body, "%s %s %s", HE.id_no, HE.card_no, HE.phone);
        phone_secret(&p, body, i == 0 ? 4 : 6, numbers, sizeof numbers);
        phone_secret(&p, CARD_PIN, 4, pin, sizeof pin);
        phone_device(&p, device, sizeof device);
        ASSERT_OK(zy_captcha_keep(p.channel.th, zy_env_now(w->env), CAPTCHA, captcha));
        snprintf(body, sizeof body,
                 "{\"privacy_version\":\"1\",\"name\":\"%s\",\"numbers\":%s,\"card_pin\":%s,"
                 "\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"" CAPTCHA "\"},\"device\":%s}",
                 HE.name, numbers, pin, captcha, device);
        assert_null(strstr(body, HE.card_no));
        assert_null(strstr(body, HE.id_no));
        ASSERT_STATUS(phone_call(&p, "register.start", body), i == 0 ? ZY_CHALLENGE_BAD : ZY_OK);
        ASSERT_STATUS(phone_call(&p, "register.start", body), ZY_CHALLENGE_BAD); /* and it opens once */
    }
    phone_free(&p);
}

/* --- limits --- */

static void wrong_tries_lock_what_was_typed_whoever_it_is(void **state)
{
    ZY_PROVES("j225.6.2.1.1.base.b2");
    world *w = *state;
    typed he = of_holder(&HE), nobody = of_holder(&HE);
    const typed right = of_holder(&HE);
    typed *const both[] = { &he, &nobody };
    he.pin = "111222";
    nobody.id_no = "11010519491231002X";
    nobody.card_no = "6299880000000998";
    nobody.phone = "13955550000";
    char card_no[24];
    zy_card_number("629988", 777, card_no);
    nobody.card_no = card_no;
    for (int who = 0; who < 2; who++)
        for (int i = 0; i < 6; i++) {
            phone p;
            another_phone(&p, w, 10 * who + i);
            ASSERT_STATUS(start(&p, both[who]), i < 5 ? ZY_REGISTER_FAILED : ZY_LOCKED);
            phone_free(&p);
        }
    phone p;
    another_phone(&p, w, 30);
    ASSERT_STATUS(start(&p, &right), ZY_LOCKED);
    world_turn(w, ZY_MINUTES(31));
    ASSERT_OK(start(&p, &right));
    phone_free(&p);
}

static void a_device_may_not_try_for_ever(void **state)
{
    world *w = *state;
    phone p;
    another_phone(&p, w, 1);
    for (int i = 0; i < 6; i++) {
        char phone_no[12];
        typed t = of_holder(&HE);
        snprintf(phone_no, sizeof phone_no, "1395555%04d", i);
        t.phone = phone_no;
        zy_status status = start(&p, &t);
        ASSERT_STATUS(status, i < 5 ? ZY_REGISTER_FAILED : ZY_LOCKED);
    }
    phone_free(&p);
}

/* --- what begins it --- */

static void without_agreement_and_captcha_nothing_is_looked_at(void **state)
{
    world *w = *state;
    phone p;
    typed t = of_holder(&HE);
    t.consent = "0";
    another_phone(&p, w, 1);
    uint64_t hashed = zy_hash_pool_hashed();
    ASSERT_STATUS(start(&p, &t), ZY_BAD_FIELD);
    char numbers[700], pin[700], device[500], body[2900];
    secret_numbers(&p, HE.id_no, HE.card_no, HE.phone, numbers);
    phone_secret(&p, CARD_PIN, 4, pin, sizeof pin);
    phone_device(&p, device, sizeof device);
    snprintf(body, sizeof body,
             "{\"privacy_version\":\"1\",\"name\":\"%s\",\"numbers\":%s,\"card_pin\":%s,"
             "\"captcha\":{\"captcha_id\":\"none\",\"text\":\"WRONG\"},\"device\":%s}",
             HE.name, numbers, pin, device);
    ASSERT_STATUS(phone_call(&p, "register.start", body), ZY_CAPTCHA_REQUIRED);
    assert_int_equal(zy_hash_pool_hashed(), hashed);
    phone_free(&p);
}

static void a_registration_stays_on_its_channel_and_ends(void **state)
{
    world *w = *state;
    phone p, thief;
    char code[7];
    const typed t = of_holder(&HE);
    another_phone(&p, w, 1);
    another_phone(&thief, w, 2);
    ASSERT_OK(start(&p, &t));
    memcpy(thief.login_id, p.login_id, sizeof thief.login_id);
    ASSERT_STATUS(get_code(&thief, HE.phone, code), ZY_NOT_FOUND);
    ASSERT_OK(get_code(&p, HE.phone, code));
    ASSERT_STATUS(finish(&thief, code, PASSWORD, PAY), ZY_NOT_FOUND);
    ASSERT_STATUS(finish(&p, "000000", PASSWORD, PAY), ZY_FACTOR_WRONG);
    world_turn(w, ZY_MINUTES(10));
    ASSERT_STATUS(finish(&p, code, PASSWORD, PAY), ZY_NOT_FOUND);
    zy_err err = { 0 };
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(zy_registration_expire(w->env, 100, &err));
    ASSERT_OK(all_of_it(&p, &HE));
    ASSERT_STATUS(finish(&p, code, PASSWORD, PAY), ZY_NOT_FOUND);
    phone_free(&p);
    phone_free(&thief);
}

static void weak_passwords_are_told_before_the_code_is_spent(void **state)
{
    ZY_PROVES("mb.password-reset.a-i", "mb.password-reset.h-ii", "mb.static-password.c");
    world *w = *state;
    phone p;
    char code[7];
    static const struct {
        const char *login, *pay, *flaw;
    } CASES[] = { { "short1", PAY, "length" }, { "Password1", PAY, "common" }, { PASSWORD, "123456", "repeats" },
                  { PASSWORD, CARD_PIN, "used" } };
    const typed t = of_holder(&HE);
    another_phone(&p, w, 1);
    ASSERT_OK(start(&p, &t));
    ASSERT_OK(get_code(&p, HE.phone, code));
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        ASSERT_STATUS(finish(&p, code, CASES[i].login, CASES[i].pay), ZY_PASSWORD_WEAK);
        assert_string_equal(phone_text(&p, "flaw"), CASES[i].flaw);
    }
    ASSERT_OK(finish(&p, code, PASSWORD, PAY));
    phone_free(&p);
}

/* --- blacklist and grade --- */

static void whoever_is_on_the_blacklist_is_sent_to_the_counter(void **state)
{
    ZY_PROVES("mb.access-ease.d.1");
    world *w = *state;
    phone p;
    const typed t = of_holder(&CHENG);
    another_phone(&p, w, 1);
    ASSERT_STATUS(start(&p, &t), ZY_REGISTER_COUNTER);
    assert_int_equal(world_audits(w, "register.blacklisted"), 1);
    assert_int_equal(world_audits(w, "register.started"), 0);
    assert_stands(w, &CHENG, "counter", "full");
    phone_free(&p);
}

static void without_an_answer_about_somebody_he_is_not_let_in(void **state)
{
    world *w = *state;
    phone p;
    const typed t = of_holder(&HE);
    another_phone(&p, w, 1);
    assert_int_equal(unlink(list_path()), 0);
    ASSERT_STATUS(start(&p, &t), ZY_BUSY); /* how a failure of ours reads outside */
    assert_int_equal(world_audits(w, "register.started"), 0);
    write_list();
    ASSERT_OK(start(&p, &t));
    phone_free(&p);
}

static zy_status newest_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    zy_id next;
    return zy_approval_list(rtx, ZY_STR("waiting"), (zy_id){ 0 }, 10, arg, &next, err);
}

static zy_id waiting_request(world *w, zy_json **ret_list)
{
    zy_err err = { 0 };
    zy_str text;
    zy_id id;
    *ret_list = zy_json_array();
    ASSERT_OK(zy_db_read(w->env->db, "test.approvals", newest_unit, *ret_list, &err));
    assert_int_equal(zy_json_count(*ret_list), 1);
    assert_true(zy_json_str(zy_json_at(*ret_list, 0), "request_id", &text));
    ASSERT_OK(zy_id_parse(text, &id));
    return id;
}

static zy_status decide(world *w, zy_id request, zy_id checker, bool approve)
{
    zy_err err = { 0 };
    return zy_approval_decide(w->env, request, checker, approve, ZY_STR("看过"), &err);
}

static void a_high_grade_waits_for_the_head_office(void **state)
{
    ZY_PROVES("mb.access-ease.d.1");
    world *w = *state;
    phone p;
    const typed t = of_holder(&MENG);
    another_phone(&p, w, 1);
    ASSERT_OK(all_of_it(&p, &MENG));
    assert_string_equal(phone_text(&p, "state"), "waiting");
    assert_stands(w, &MENG, "counter", "full");
    assert_non_null(strstr(world_newest_text(w, MENG.phone), "正在审核"));
    ASSERT_STATUS(log_in(w, MENG.phone, MENG.phone, PASSWORD), ZY_LOGIN_FAILED);
    ASSERT_STATUS(start(&p, &t), ZY_REGISTER_WAITING);
    ZY_AUTO(zy_json_free) zy_json *list = NULL;
    zy_id request = waiting_request(w, &list);
    zy_str shown;
    assert_true(zy_json_str(zy_json_at(list, 0), "after", &shown));
    assert_null(memmem(shown.p, shown.n, MENG.id_no, strlen(MENG.id_no)));
    assert_null(memmem(shown.p, shown.n, MENG.phone, strlen(MENG.phone)));
    ASSERT_OK(decide(w, request, CHECKER, true));
    assert_stands(w, &MENG, "active", "self");
    ASSERT_OK(log_in(w, MENG.phone, MENG.phone, PASSWORD));
    ASSERT_STATUS(decide(w, request, CHECKER, true), ZY_STATE_CONFLICT);
    phone_free(&p);
}

static void what_the_head_office_refuses_ends_and_may_be_tried_again(void **state)
{
    world *w = *state;
    phone p;
    another_phone(&p, w, 1);
    ASSERT_OK(all_of_it(&p, &MENG));
    ZY_AUTO(zy_json_free) zy_json *list = NULL;
    ASSERT_OK(decide(w, waiting_request(w, &list), CHECKER, false));
    assert_stands(w, &MENG, "counter", "full");
    assert_non_null(strstr(world_newest_text(w, MENG.phone), "未通过审核"));
    assert_int_equal(world_audits(w, "register.refused"), 1);
    world_turn(w, ZY_MINUTES(2));
    ASSERT_OK(all_of_it(&p, &MENG));
    phone_free(&p);
}

static void what_nobody_decides_ends_after_a_week(void **state)
{
    world *w = *state;
    phone p;
    zy_err err = { 0 };
    another_phone(&p, w, 1);
    ASSERT_OK(all_of_it(&p, &MENG));
    world_turn(w, ZY_DAYS(8));
    ASSERT_OK(zy_registration_expire(w->env, 100, &err));
    assert_non_null(strstr(world_newest_text(w, MENG.phone), "未通过审核"));
    assert_int_equal(world_audits(w, "register.expired"), 1);
    ASSERT_OK(all_of_it(&p, &MENG));
    phone_free(&p);
}

/* --- the counter --- */

static zy_status ask_deed(world *w, const char *api, const holder *h, const char *name, const char *number, zy_id *ret_request)
{
    zy_err err = { 0 };
    zy_caller caller = { .door = ZY_DOOR_STAFF, .staff = MAKER };
    zy_call call = { .env = w->env, .caller = &caller, .now = zy_env_now(w->env),
                     .api = zy_registry_find(w->registry, ZY_DOOR_STAFF, zy_str_of(api)) };
    const customer_deed_in in = { .customer_id = h->id, .reason = ZY_STR("柜面办理"), .name = zy_str_of(name), .phone = zy_str_of(number) };
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_str text;
    assert_non_null(call.api);
    ZY_TRY(call.api->run(&call, &in, body, &err));
    assert_true(zy_json_str(body, "request_id", &text));
    return zy_id_parse(text, ret_request);
}

static zy_status deed(world *w, const char *api, const holder *h, const char *name, const char *number)
{
    zy_id request;
    ZY_TRY(ask_deed(w, api, h, name, number, &request));
    assert_int_equal(decide(w, request, MAKER, true), ZY_MAKER_IS_CHECKER);
    return decide(w, request, CHECKER, true);
}

static void the_counter_signs_whom_it_has_seen(void **state)
{
    ZY_PROVES("mb.access-ease.d.2");
    world *w = *state;
    phone p;
    another_phone(&p, w, 1);
    ASSERT_STATUS(deed(w, "customer.sign", &HE, NULL, NULL), ZY_STATE_CONFLICT); /* no customer yet */
    ASSERT_OK(all_of_it(&p, &HE));
    ASSERT_OK(deed(w, "customer.sign", &HE, NULL, NULL));
    assert_stands(w, &HE, "active", "full");
    assert_non_null(strstr(world_newest_text(w, HE.phone), "可以向他人转账"));
    assert_int_equal(world_audits(w, "customer.signed"), 1);
    ASSERT_STATUS(deed(w, "customer.sign", &HE, NULL, NULL), ZY_STATE_CONFLICT);
    phone_free(&p);
}

static void a_changed_phone_is_told_to_both_and_ends_the_login(void **state)
{
    world *w = *state;
    phone p;
    static const char FRESH[] = "13966660001";
    another_phone(&p, w, 1);
    ASSERT_OK(phone_login(&p, &LI));
    const holder li = { .id = LI.id };
    ASSERT_STATUS(deed(w, "customer.change", &li, NULL, WANG.phone), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(deed(w, "customer.change", &li, NULL, NULL), ZY_BAD_FIELD);
    ASSERT_OK(deed(w, "customer.change", &li, "李新名", FRESH));
    ASSERT_STATUS(phone_call(&p, "auth.session", "{}"), ZY_LOGIN_REQUIRED);
    assert_non_null(strstr(world_newest_text(w, LI.phone), "已变更"));
    assert_non_null(strstr(world_newest_text(w, FRESH), "已变更"));
    ASSERT_STATUS(log_in(w, LI.phone, LI.phone, LI.password), ZY_LOGIN_FAILED);
    ASSERT_OK(log_in(w, FRESH, FRESH, LI.password));
    phone_free(&p);
}

/* A stranger who got the counter to take down his own number gains nothing by it for a day, and the customer was told. */
static void nothing_is_reset_by_a_phone_number_that_is_new(void **state)
{
    ZY_PROVES("mb.system-design-tech.a11-2");
    world *w = *state;
    phone p;
    zy_id request;
    static const char FRESH_PHONE[] = "13966660001";
    const holder li = { .id = LI.id };
    another_phone(&p, w, 1);
    ASSERT_OK(ask_deed(w, "customer.login_password_reset", &li, NULL, NULL, &request));
    ASSERT_OK(deed(w, "customer.change", &li, NULL, FRESH_PHONE));
    ASSERT_STATUS(decide(w, request, CHECKER, true), ZY_PHONE_TOO_NEW); /* what was asked for before, either */
    ASSERT_STATUS(deed(w, "customer.login_password_reset", &li, NULL, NULL), ZY_PHONE_TOO_NEW);
    ASSERT_STATUS(deed(w, "customer.pay_password_reset", &li, NULL, NULL), ZY_PHONE_TOO_NEW);
    ASSERT_STATUS(phone_reset_start(&p, FRESH_PHONE, LI.id_no, LI.pay_password), ZY_LOGIN_FAILED);
    world_turn(w, ZY_HOURS(23));
    phone_hello(&p);
    ASSERT_STATUS(phone_reset_start(&p, FRESH_PHONE, LI.id_no, LI.pay_password), ZY_LOGIN_FAILED);
    ASSERT_STATUS(deed(w, "customer.login_password_reset", &li, NULL, NULL), ZY_PHONE_TOO_NEW);
    world_turn(w, ZY_HOURS(1));
    phone_hello(&p);
    ASSERT_OK(phone_reset_start(&p, FRESH_PHONE, LI.id_no, LI.pay_password));
    ASSERT_OK(deed(w, "customer.login_password_reset", &li, NULL, NULL));
    phone_free(&p);
}

static void a_refused_change_leaves_nothing_behind(void **state)
{
    world *w = *state;
    zy_id request;
    const holder li = { .id = LI.id };
    ASSERT_OK(ask_deed(w, "customer.change", &li, NULL, "13966660001", &request));
    ASSERT_OK(decide(w, request, CHECKER, false));
    ASSERT_OK(log_in(w, LI.phone, LI.phone, LI.password));
    ASSERT_OK(ask_deed(w, "customer.change", &li, NULL, "13966660001", &request));
    world_turn(w, ZY_DAYS(8));
    zy_err err = { 0 };
    ASSERT_OK(zy_registration_expire(w->env, 100, &err)); /* the sealed change is gone with its request */
    ASSERT_STATUS(decide(w, request, CHECKER, true), ZY_STATE_CONFLICT);
}

static void a_suspended_customer_cannot_log_in_until_resumed(void **state)
{
    world *w = *state;
    phone p;
    const holder li = { .id = LI.id };
    another_phone(&p, w, 1);
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(deed(w, "customer.suspend", &li, NULL, NULL));
    ASSERT_STATUS(phone_call(&p, "auth.session", "{}"), ZY_LOGIN_REQUIRED);
    ASSERT_STATUS(log_in(w, LI.phone, LI.phone, LI.password), ZY_LOGIN_FAILED);
    ASSERT_OK(deed(w, "customer.resume", &li, NULL, NULL));
    ASSERT_OK(log_in(w, LI.phone, LI.phone, LI.password));
    phone_free(&p);
}

static void whoever_is_cancelled_may_register_again(void **state)
{
    world *w = *state;
    phone p;
    another_phone(&p, w, 1);
    ASSERT_OK(all_of_it(&p, &HE));
    ASSERT_OK(deed(w, "customer.sign", &HE, NULL, NULL));
    ASSERT_OK(deed(w, "customer.cancel", &HE, NULL, NULL));
    assert_stands(w, &HE, "cancelled", "full");
    ASSERT_STATUS(log_in(w, HE.phone, HE.phone, PASSWORD), ZY_LOGIN_FAILED);
    ASSERT_OK(all_of_it(&p, &HE));
    assert_stands(w, &HE, "active", "self"); /* what the counter signed once counts no more */
    ASSERT_OK(log_in(w, HE.phone, HE.phone, PASSWORD));
    phone_free(&p);
}

/* --- forgotten passwords, at the counter --- */

#define FRESH "Harvest-71-moon"

static void temporary_of(world *w, char out[13])
{
    static const char BEFORE[] = "临时密码";
    const char *found = strstr(world_newest_text(w, LI.phone), BEFORE);
    assert_non_null(found);
    snprintf(out, 13, "%s", found + strlen(BEFORE));
}

static zy_status change_password(phone *p, const char *old, const char *fresh)
{
    char a[700], b[700], id[40], code[7], body[1600];
    world_turn(p->w, ZY_MINUTES(2));
    phone_secret(p, old, 1, a, sizeof a);
    phone_secret(p, fresh, 3, b, sizeof b);
    snprintf(body, sizeof body, "{\"kind\":\"login\",\"old\":%s,\"password\":%s}", a, b);
    zy_status status = phone_call(p, "password.change.start", body);
    if (status != ZY_OK)
        return status;
    snprintf(id, sizeof id, "%s", phone_text(p, "change_id"));
    world_newest_code(p->w, LI.phone, code);
    snprintf(body, sizeof body, "{\"change_id\":\"%s\",\"code\":\"%s\"}", id, code);
    return phone_call(p, "password.change.finish", body);
}

static zy_status log_in_as(phone *p, const char *password)
{
    person li = LI;
    li.password = password;
    world_turn(p->w, ZY_MINUTES(2));
    phone_hello(p);
    return phone_login(p, &li);
}

static zy_status approved_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    zy_id next;
    return zy_approval_list(rtx, ZY_STR("approved"), (zy_id){ 0 }, 10, arg, &next, err);
}

static void assert_nowhere(world *w, const char *secret)
{
    static const char *const EVENTS[] = { "approval.", "customer.", "login.", "sms." };
    ZY_AUTO(zy_json_free) zy_json *list = zy_json_array();
    ZY_AUTO_BUF text = { 0 };
    zy_err err = { 0 };
    ASSERT_OK(zy_db_read(w->env->db, "test.list", approved_read, list, &err));
    assert_int_equal(zy_json_count(list), 1);
    zy_json_write(list, &text);
    for (size_t i = 0; i < ZY_COUNT(EVENTS); i++) {
        ZY_AUTO(zy_json_free) zy_json *records = world_audit_records(w, EVENTS[i]);
        zy_json_write(records, &text);
    }
    assert_false(zy_buf_failed(&text));
    assert_null(memmem(text.p, text.n, secret, strlen(secret)));
}

static void a_temporary_password_goes_to_the_phone_alone_and_opens_its_change(void **state)
{
    ZY_PROVES("mb.static-password.e-i", "mb.static-password.f-i", "mb.static-password.h-ii");
    world *w = *state;
    phone p;
    char temporary[13];
    const holder li = { .id = LI.id };
    another_phone(&p, w, 1);
    ASSERT_OK(phone_login(&p, &LI));
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(deed(w, "customer.login_password_reset", &li, NULL, NULL));
    ASSERT_STATUS(phone_call(&p, "auth.session", "{}"), ZY_LOGIN_REQUIRED);
    temporary_of(w, temporary);
    assert_int_equal(strlen(temporary), 12);
    assert_nowhere(w, temporary);
    assert_int_equal(world_audits(w, "customer.login_password_reset"), 1);
    ASSERT_OK(log_in_as(&p, temporary));
    assert_true(phone_flag(&p, "must_change_password"));
    ASSERT_STATUS(phone_call(&p, "profile.get", "{}"), ZY_MUST_CHANGE_PASSWORD);
    ASSERT_STATUS(change_password(&p, temporary, temporary), ZY_PASSWORD_WEAK);
    ASSERT_STATUS(change_password(&p, temporary, LI.password), ZY_PASSWORD_WEAK); /* the forgotten one, either */
    ASSERT_OK(change_password(&p, temporary, FRESH));
    ASSERT_OK(log_in_as(&p, FRESH));
    assert_false(phone_flag(&p, "must_change_password"));
    world_turn(w, ZY_DAYS(1));
    ASSERT_OK(log_in_as(&p, FRESH)); /* this one does not end */
    phone_free(&p);
}

static void a_temporary_password_is_over_after_an_hour(void **state)
{
    ZY_PROVES("mb.static-password.e-ii", "mb.static-password.e-iii");
    world *w = *state;
    phone p;
    char temporary[13];
    const holder li = { .id = LI.id };
    another_phone(&p, w, 1);
    world_turn(w, ZY_MINUTES(1));
    ASSERT_OK(deed(w, "customer.login_password_reset", &li, NULL, NULL));
    temporary_of(w, temporary);
    world_turn(w, ZY_MINUTES(57));
    ASSERT_OK(log_in_as(&p, temporary)); /* at 59 min */
    ASSERT_STATUS(change_password(&p, temporary, FRESH), ZY_FACTOR_WRONG); /* at 61 min */
    ASSERT_STATUS(log_in_as(&p, temporary), ZY_LOGIN_FAILED);
    ASSERT_OK(deed(w, "customer.login_password_reset", &li, NULL, NULL));
    ASSERT_STATUS(log_in(w, LI.phone, LI.phone, LI.password), ZY_LOGIN_FAILED); /* the former one */
    ASSERT_OK(deed(w, "customer.login_password_reset", &li, NULL, NULL));
    temporary_of(w, temporary);
    world_turn(w, ZY_MINUTES(31));
    ASSERT_OK(log_in_as(&p, temporary));
    phone_free(&p);
}

static void a_lock_until_somebody_lifts_it_ends_with_the_reset_at_the_counter(void **state)
{
    ZY_PROVES("mb.auth-failure.b-iii");
    world *w = *state;
    phone p;
    char temporary[13];
    const holder li = { .id = LI.id };
    for (int i = 0; i < 10; i++) {
        if (i == 5)
            world_turn(w, ZY_MINUTES(31));
        another_phone(&p, w, 10 + i);
        char captcha[ZY_CAPTCHA_ID_MAX];
        ASSERT_OK(zy_captcha_keep(p.channel.th, zy_env_now(w->env), CAPTCHA, captcha));
        const attempt wrong = { .user = LI.phone, .password = "Wrong2026tree", .captcha_id = captcha, .captcha_text = CAPTCHA };
        ASSERT_STATUS(phone_login_start(&p, &wrong), ZY_LOGIN_FAILED);
        phone_free(&p);
    }
    world_turn(w, ZY_DAYS(2));
    ASSERT_STATUS(log_in(w, LI.phone, LI.phone, LI.password), ZY_LOCKED);
    ASSERT_OK(deed(w, "customer.login_password_reset", &li, NULL, NULL));
    temporary_of(w, temporary);
    world_turn(w, ZY_MINUTES(31));
    another_phone(&p, w, 30);
    ASSERT_OK(log_in_as(&p, temporary));
    phone_free(&p);
}

static void only_active_customers_are_given_passwords(void **state)
{
    world *w = *state;
    const holder li = { .id = LI.id };
    zy_id request;
    ASSERT_STATUS(deed(w, "customer.login_password_reset", &HE, NULL, NULL), ZY_STATE_CONFLICT); /* no customer yet */
    ASSERT_STATUS(deed(w, "customer.pay_password_reset", &HE, NULL, NULL), ZY_STATE_CONFLICT);
    ASSERT_OK(ask_deed(w, "customer.login_password_reset", &li, NULL, NULL, &request));
    ASSERT_OK(deed(w, "customer.suspend", &li, NULL, NULL));
    ASSERT_STATUS(decide(w, request, CHECKER, true), ZY_STATE_CONFLICT);
    ASSERT_OK(deed(w, "customer.resume", &li, NULL, NULL));
    ASSERT_OK(ask_deed(w, "customer.login_password_reset", &li, NULL, NULL, &request));
    ASSERT_OK(decide(w, request, CHECKER, false));
    ASSERT_OK(log_in(w, LI.phone, LI.phone, LI.password)); /* nothing happened to it */
}

/* --- aliases --- */

static zy_status set_alias(phone *p, const char *alias)
{
    char body[100];
    world_turn(p->w, ZY_SECONDS(20));
    snprintf(body, sizeof body, "{\"alias\":\"%s\"}", alias);
    return phone_call(p, "alias.set", body);
}

static void an_alias_of_ones_own_opens_the_login(void **state)
{
    ZY_PROVES("mb.user-id.b");
    world *w = *state;
    phone p;
    another_phone(&p, w, 1);
    ASSERT_OK(phone_login(&p, &LI));
    ASSERT_OK(set_alias(&p, "Blue.Heron"));
    assert_int_equal(world_audits(w, "alias.set"), 1);
    ASSERT_OK(log_in(w, "blue.heron", LI.phone, LI.password));
    ASSERT_STATUS(log_in(w, LI.alias, LI.phone, LI.password), ZY_LOGIN_FAILED); /* the former one */
    phone_free(&p);
}

static void taken_and_telling_aliases_have_one_answer(void **state)
{
    ZY_PROVES("mb.user-id.b");
    world *w = *state;
    phone p;
    ZY_AUTO_BUF first = { 0 };
    static const char *const HIS[] = { "plum.tree", "a13922220", "b19900412", "c90202600" }; /* another's; like his own numbers */
    static const char *const SHAPES[] = { "1abcdef", "a_long_alias_of_21_cha", "short" };
    const person he = { .phone = HE.phone, .password = PASSWORD };
    another_phone(&p, w, 1);
    ASSERT_OK(all_of_it(&p, &HE));
    world_turn(w, ZY_MINUTES(2));
    phone_hello(&p);
    ASSERT_OK(phone_login(&p, &he));
    for (size_t i = 0; i < ZY_COUNT(SHAPES); i++)
        ASSERT_STATUS(set_alias(&p, SHAPES[i]), ZY_BAD_FIELD);
    for (size_t i = 0; i < ZY_COUNT(HIS); i++) {
        ZY_AUTO_BUF answer = { 0 };
        ASSERT_STATUS(set_alias(&p, HIS[i]), ZY_ALIAS_REFUSED);
        answer_without_trace(&p, &answer);
        if (i == 0)
            zy_buf_str(&first, zy_buf_view(&answer));
        ASSERT_STR(zy_buf_view(&answer), first.p);
    }
    phone_free(&p);
}

static void nobody_learns_many_aliases_of_others(void **state)
{
    ZY_PROVES("mb.user-id.b");
    world *w = *state;
    phone p;
    another_phone(&p, w, 1);
    ASSERT_OK(phone_login(&p, &LI));
    for (int i = 0; i < 10; i++) {
        char alias[20];
        snprintf(alias, sizeof alias, "guess%dx%d", i, i);
        ASSERT_OK(set_alias(&p, alias));
    }
    ASSERT_STATUS(set_alias(&p, "one.more"), ZY_LOCKED);
    phone_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        TEST(whoever_proves_everything_becomes_a_customer),
        TEST(the_carriers_word_for_the_number_stands_for_the_code),
        TEST(any_one_thing_wrong_is_refused_alike),
        TEST(an_identity_has_one_user_for_good),
        TEST(of_sixteen_at_once_one_becomes_a_customer),
        TEST(numbers_travel_in_a_box_of_their_own),
        TEST(wrong_pins_at_once_cannot_slip_through),
        TEST(wrong_tries_lock_what_was_typed_whoever_it_is),
        TEST(a_device_may_not_try_for_ever),
        TEST(without_agreement_and_captcha_nothing_is_looked_at),
        TEST(a_registration_stays_on_its_channel_and_ends),
        TEST(weak_passwords_are_told_before_the_code_is_spent),
        TEST(whoever_is_on_the_blacklist_is_sent_to_the_counter),
        TEST(without_an_answer_about_somebody_he_is_not_let_in),
        TEST(a_high_grade_waits_for_the_head_office),
        TEST(what_the_head_office_refuses_ends_and_may_be_tried_again),
        TEST(what_nobody_decides_ends_after_a_week),
        TEST(the_counter_signs_whom_it_has_seen),
        TEST(a_changed_phone_is_told_to_both_and_ends_the_login),
        TEST(nothing_is_reset_by_a_phone_number_that_is_new),
        TEST(a_refused_change_leaves_nothing_behind),
        TEST(a_suspended_customer_cannot_log_in_until_resumed),
        TEST(whoever_is_cancelled_may_register_again),
        TEST(a_temporary_password_goes_to_the_phone_alone_and_opens_its_change),
        TEST(a_temporary_password_is_over_after_an_hour),
        TEST(a_lock_until_somebody_lifts_it_ends_with_the_reset_at_the_counter),
        TEST(only_active_customers_are_given_passwords),
        TEST(an_alias_of_ones_own_opens_the_login),
        TEST(taken_and_telling_aliases_have_one_answer),
        TEST(nobody_learns_many_aliases_of_others),
    };
    return zy_test_main("registration", TESTS, ZY_COUNT(TESTS));
}
