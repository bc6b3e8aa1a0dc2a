#include "attacked.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "app/app.h"
#include "bank/account/account.h"
#include "bank/account/card.h"
#include "base/id_no.h"
#include "office/staff/staff.h"
#include "service/audit/audit.h"
#include "service/cert/cert.h"
#include "service/identity/captcha.h"
#include "service/ledger/ledger.h"
#include "service/param/param.h"
#include "service/token/token.h"
#include "zy_test.h"
#include "zy_test_env.h"
#include "zy_test_staff.h"

#define BODY_MAX 3000
#define MONEY    INT64_C(100000000)

static const uint8_t SEED[ZY_TOKEN_SEED_MIN] = "seed of a token";
treasure LOOT = { .he_name = "何测三", .he_phone = "13922220003", .he_id_no = "11010119900412301" };

/* --- the bank --- */

typedef struct fill_job {
    world *w;
    zy_customer_row *he;
    uint8_t pin[ZY_PASSWORD_RECORD_BYTES];
} fill_job;

static zy_status fill_accounts(zy_tx *tx, const fill_job *job, zy_err *err)
{
    zy_env *env = job->w->env;
    zy_id to, card;
    char number[24];
    zy_card_number("621700", 1, number);
    zy_card_number("621700", 2, LOOT.to_number);
    zy_card_number("629988", 100, LOOT.he_card);
    ZY_TRY(zy_account_open(tx, env, LI.id, zy_str_of(number), "debit", ZY_STR("工资卡"), &LOOT.account, err));
    ZY_TRY(zy_account_open(tx, env, WANG.id, zy_str_of(LOOT.to_number), "debit", ZY_STR("零用"), &to, err));
    ZY_TRY(zy_account_open(tx, env, LOOT.he, zy_str_of(LOOT.he_card), "debit", ZY_STR("日常"), &card, err));
    ZY_TRY(zy_card_issue(tx, env, card, zy_str_of(LOOT.he_phone), job->pin, err));
    zy_journal j = { .id = zy_id_next(env->ids), .summary_code = "OPN", .summary = ZY_STR("开户"), .leg_count = 2,
                     .legs = { { .account = ZY_LEDGER_CAPITAL, .amount = { -MONEY }, .internal = true },
                               { .account = LOOT.account, .amount = { MONEY } } } };
    return zy_ledger_post(tx, &j, zy_env_now(env), err);
}

static zy_status fill_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const fill_job *job = arg;
    zy_env *env = job->w->env;
    zy_token_line line = { .serial = ATTACK_SERIAL, .seed_n = sizeof SEED };
    memcpy(line.seed, SEED, sizeof SEED);
    ZY_TRY(zy_ledger_init(tx, zy_day_of(zy_env_now(env)), zy_env_now(env), err));
    ZY_TRY(zy_customer_insert(tx, env, job->he, &LOOT.he, err));
    ZY_TRY(zy_token_add(tx, env, &line, LI.id, err));
    return fill_accounts(tx, job, err);
}

static void fill(world *w)
{
    fill_job job = { .w = w };
    zy_secret pin = { .n = strlen(ATTACK_PIN) };
    memcpy(pin.bytes, ATTACK_PIN, pin.n);
    LOOT.he_id_no[17] = zy_id_no_check(LOOT.he_id_no);
    const zy_customer_new he = { .customer_no = ZY_STR("9020260003"), .name = zy_str_of(LOOT.he_name), .id_no = zy_str_of(LOOT.he_id_no),
                                 .phone = ZY_STR("13933330000"), .counter_only = true };
    ASSERT_OK(zy_password_make(w->env->keys, &pin, 1, job.pin));
    ASSERT_OK(zy_customer_prepare(w->env, &he, &job.he, NULL));
    ASSERT_OK(zy_db_run(w->env->db, "test.fill", fill_unit, &job, NULL));
    zy_customer_row_free(job.he);
}

/* A screening list on which nobody stands. */
static void write_list(void)
{
    char path[300];
    snprintf(path, sizeof path, "%s/screening-list.txt", zy_test_env_folder());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(chmod(path, 0600), 0);
}

int attacked_open(void **state)
{
    static const zy_api_hooks HOOKS = { .login = zy_identity_login, .refused = zy_audit_refusal };
    zy_test_env_set("password.iterations = 1");
    if (world_open(state) != 0)
        return -1;
    world *w = *state;
    zy_err err = { 0 };
    zy_registry_free(w->registry);
    ASSERT_OK(zy_registry_new(w->env, &w->registry, &err));
    ASSERT_OK(zy_app_register(w->env, w->registry, &err));
    zy_registry_hooks(w->registry, &HOOKS);
    ASSERT_OK(zy_screening_open(w->env->config, &w->env->screening, &err));
    ASSERT_OK(zy_cert_open(w->env, &err));
    write_list();
    fill(w);
    ASSERT_OK(zy_test_staff_add(w->env, ATTACK_STAFF, "方圆", "teller", NULL));
    world_turn(w, ZY_MINUTES(1)); /* passwords are older than what happens to them */
    return 0;
}

int attacked_close(void **state)
{
    world *w = *state;
    zy_cert_close();
    zy_screening_free(w->env->screening);
    return world_close(state);
}

typedef struct param_job {
    zy_env *env;
    const char *name;
    int64_t value;
} param_job;

static zy_status param_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const param_job *job = arg;
    return zy_param_set(tx, job->env, zy_str_of(job->name), job->value, err);
}

void attacked_param(world *w, const char *name, int64_t value)
{
    param_job job = { w->env, name, value };
    ASSERT_OK(zy_db_run(w->env->db, "test.param", param_unit, &job, NULL));
    zy_param_reload();
}

/* --- calls --- */

void attack_from_elsewhere(phone *p)
{
    static unsigned serial;
    static char address[4][20];
    char *out = address[serial % 4];
    unsigned n = ++serial;
    snprintf(out, sizeof address[0], "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
    p->address = out;
}

zy_status attack_call(phone *p, const char *api, const char *format, ...)
{
    char body[BODY_MAX];
    va_list more;
    va_start(more, format);
    int n = vsnprintf(body, sizeof body, format, more);
    va_end(more);
    assert_in_range(n, 0, BODY_MAX - 1);
    return phone_call(p, api, body);
}

zy_status attack_order(phone *p, const char *api, const char *format, ...)
{
    char body[BODY_MAX];
    va_list more;
    va_start(more, format);
    int n = vsnprintf(body, sizeof body, format, more);
    va_end(more);
    assert_in_range(n, 0, BODY_MAX - 1);
    return phone_order(p, api, body);
}

static void keep(const phone *p, const char *name, char *out, size_t size)
{
    ASSERT_OK(zy_str_copy(zy_str_of(phone_text(p, name)), out, size));
}

static zy_status keep_thing(const phone *p, zy_status status, const char *name, attack_thing *thing)
{
    if (status == ZY_OK)
        keep(p, name, thing->id, sizeof thing->id);
    return status;
}

/* --- bodies --- */

void attack_captcha(phone *p, char out[120])
{
    char id[ZY_CAPTCHA_ID_MAX];
    ASSERT_OK(zy_captcha_keep(p->channel.th, zy_env_now(p->w->env), ATTACK_CAPTCHA, id));
    snprintf(out, 120, "{\"captcha_id\":\"%s\",\"text\":\"" ATTACK_CAPTCHA "\"}", id);
}

void attack_login_body(phone *p, const char *user, const char *password, char *out, size_t size)
{
    char secret[700], device[500], captcha[120];
    attack_captcha(p, captcha);
    phone_secret(p, password, 1, secret, sizeof secret);
    phone_device(p, device, sizeof device);
    snprintf(out, size, "{\"user\":\"%s\",\"password\":%s,\"device\":%s,\"captcha\":%s}", user, secret, device, captcha);
}

void attack_reset_body(phone *p, const char *user, const char *id_no, const char *pay_password, char *out, size_t size)
{
    char numbers[700], secret[700], device[500], captcha[120];
    attack_captcha(p, captcha);
    phone_secret(p, id_no, 6, numbers, sizeof numbers);
    phone_secret(p, pay_password, 2, secret, sizeof secret);
    phone_device(p, device, sizeof device);
    snprintf(out, size, "{\"user\":\"%s\",\"id_no\":%s,\"pay_password\":%s,\"captcha\":%s,\"device\":%s}", user, numbers, secret, captcha,
             device);
}

void attack_register_body(phone *p, const char *card_pin, char *out, size_t size)
{
    char numbers[80];
    snprintf(numbers, sizeof numbers, "%s %s %s", LOOT.he_id_no, LOOT.he_card, LOOT.he_phone);
    attack_register_body_of(p, numbers, card_pin, out, size);
}

void attack_register_body_of(phone *p, const char *text, const char *card_pin, char *out, size_t size)
{
    char numbers[700], secret[700], device[500], captcha[120];
    attack_captcha(p, captcha);
    phone_secret(p, text, 6, numbers, sizeof numbers);
    phone_secret(p, card_pin, 4, secret, sizeof secret);
    phone_device(p, device, sizeof device);
    snprintf(out, size,
             "{\"privacy_version\":\"1\",\"name\":\"%s\",\"numbers\":%s,\"card_pin\":%s,\"captcha\":%s,\"device\":%s}", LOOT.he_name,
             numbers, secret, captcha, device);
}

void attack_change_body(phone *p, const char *kind, const char *old, const char *fresh, char *out, size_t size)
{
    char a[700], b[700];
    phone_secret(p, old, strcmp(kind, "login") == 0 ? 1 : 2, a, sizeof a);
    phone_secret(p, fresh, 3, b, sizeof b);
    snprintf(out, size, "{\"kind\":\"%s\",\"old\":%s,\"password\":%s}", kind, a, b);
}

void attack_pay_body(phone *p, const attack_thing *order, const char *pay_password, char *out, size_t size)
{
    char secret[700];
    phone_secret(p, pay_password, 2, secret, sizeof secret);
    snprintf(out, size, "{\"order_id\":\"%s\",\"factor\":\"pay_password\",\"value\":%s}", order->id, secret);
}

/* --- ways --- */

zy_status attack_reset_start(phone *p, attack_thing *ret_reset)
{
    char body[BODY_MAX];
    attack_reset_body(p, LI.phone, LI.id_no, LI.pay_password, body, sizeof body);
    return keep_thing(p, phone_call(p, "password.reset.start", body), "reset_id", ret_reset);
}

zy_status attack_register_start(phone *p, attack_thing *ret_registration)
{
    char body[BODY_MAX];
    attack_register_body(p, ATTACK_PIN, body, sizeof body);
    return keep_thing(p, phone_call(p, "register.start", body), "registration_id", ret_registration);
}

zy_status attack_change_start(phone *p, const char *kind, const char *old, const char *fresh, attack_thing *ret_change)
{
    char body[BODY_MAX];
    attack_change_body(p, kind, old, fresh, body, sizeof body);
    return keep_thing(p, phone_call(p, "password.change.start", body), "change_id", ret_change);
}

static void keep_order(const phone *p, attack_thing *order)
{
    keep(p, "order_id", order->id, sizeof order->id);
    keep(p, "digest", order->digest, sizeof order->digest);
}

void attack_transfer(phone *p, attack_thing *ret_order)
{
    char from[ZY_ID_TEXT_MAX];
    zy_id_format(LOOT.account, from);
    ASSERT_OK(attack_order(p, "transfer.prepare", "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":1234}",
                           from, LOOT.to_number, WANG.name));
    keep_order(p, ret_order);
}

zy_status attack_choose(phone *p, const attack_thing *order, const char *factors)
{
    return attack_call(p, "order.factors.choose", "{\"order_id\":\"%s\",\"factors\":\"%s\"}", order->id, factors);
}

zy_status attack_pay(phone *p, const attack_thing *order, const char *pay_password)
{
    char body[BODY_MAX];
    attack_pay_body(p, order, pay_password, body, sizeof body);
    return phone_call(p, "order.factor.verify", body);
}

void attack_order_sms(phone *p, const attack_thing *order, char ret_code[7])
{
    ASSERT_OK(attack_call(p, "order.factor.begin", "{\"order_id\":\"%s\",\"factor\":\"sms\"}", order->id));
    world_newest_code(p->w, LI.phone, ret_code);
}

zy_status attack_verify(phone *p, const attack_thing *order, const char *factor, const char *value)
{
    return attack_call(p, "order.factor.verify", "{\"order_id\":\"%s\",\"factor\":\"%s\",\"value\":\"%s\"}", order->id, factor, value);
}

zy_status attack_confirm(phone *p, const attack_thing *order)
{
    return attack_call(p, "order.confirm", "{\"order_id\":\"%s\",\"digest\":\"%s\"}", order->id, order->digest);
}

static void by_password_and_sms(phone *p, attack_thing *order)
{
    char code[7];
    keep_order(p, order);
    ASSERT_OK(attack_pay(p, order, LI.pay_password));
    attack_order_sms(p, order, code);
    ASSERT_OK(attack_verify(p, order, "sms", code));
    ASSERT_OK(attack_confirm(p, order));
}

void attack_bind(phone *p)
{
    attack_thing order;
    ASSERT_OK(attack_order(p, "device.bind.prepare", "{}"));
    by_password_and_sms(p, &order);
}

void attack_gesture(phone *p)
{
    char secret[700];
    attack_thing order;
    phone_secret(p, ATTACK_GESTURE, 5, secret, sizeof secret);
    ASSERT_OK(attack_order(p, "gesture.set.prepare", "{\"gesture\":%s}", secret));
    keep_order(p, &order);
    ASSERT_OK(attack_pay(p, &order, LI.pay_password));
    ASSERT_OK(attack_confirm(p, &order));
}

void attack_soft_key(phone *p)
{
    char csr[2000];
    attack_thing order;
    ZY_AUTO_BUF der = { 0 };
    ASSERT_OK(zy_x509_request_make(p->key, ZY_STR("phone"), &der));
    zy_base64_encode(der.p, der.n, csr);
    ASSERT_OK(attack_order(p, "cert.apply.prepare", "{\"csr\":\"%s\"}", csr));
    by_password_and_sms(p, &order);
    ASSERT_OK(phone_call(p, "cert.issue", "{}"));
}

void attack_sign(const phone *p, const attack_thing *order, char out[96])
{
    uint8_t digest[ZY_SM3_BYTES], sig[ZY_SM2_SIG_BYTES];
    size_t n = 0;
    ASSERT_OK(zy_hex_decode(zy_str_of(order->digest), digest, sizeof digest, &n));
    ASSERT_OK(zy_sm2_sign(p->key, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, n)), sig));
    zy_base64_encode(sig, sizeof sig, out);
}

void attack_token_code(const world *w, int64_t off, const char *challenge, char out[7])
{
    ASSERT_OK(zy_token_code(SEED, sizeof SEED, zy_env_now(w->env).ms / 1000 / ZY_TOKEN_STEP_S + off, zy_str_of(challenge), out));
}

void attack_token_order(phone *p, const attack_thing *order, char out[7])
{
    char challenge[ZY_TOKEN_CHALLENGE_CHARS + 1];
    uint8_t digest[ZY_SM3_BYTES];
    size_t n = 0;
    ASSERT_OK(zy_hex_decode(zy_str_of(order->digest), digest, sizeof digest, &n));
    ASSERT_OK(zy_token_challenge(digest, challenge));
    attack_token_code(p->w, 0, challenge, out);
}

zy_status attack_activate(phone *p)
{
    char first[7], second[7];
    attack_token_code(p->w, -1, "", first);
    attack_token_code(p->w, 0, "", second);
    return attack_call(p, "token.activate", "{\"serial\":\"" ATTACK_SERIAL "\",\"code\":\"%s\",\"next_code\":\"%s\"}", first, second);
}

void attack_wrong(const char *code, char out[7])
{
    memmove(out, code, 7);
    out[0] = code[0] == '9' ? '0' : (char)(code[0] + 1);
}

/* --- staff --- */

zy_status attack_staff(world *w, const char *address, const char *password, const char *code)
{
    char body[256];
    zy_status status = ZY_INTERNAL;
    zy_staff_call staff = { .ended = false };
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = zy_str_of(address), .has_permission = zy_staff_has_permission,
                         .staff_session = &staff };
    ZY_AUTO_BUF out = { 0 };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    snprintf(body, sizeof body, "{\"user\":\"" ATTACK_STAFF "\",\"password\":\"%s\",\"code\":\"%s\"}", password, code);
    zy_dispatch_named(w->registry, &caller, arena, ZY_STR("staff.login"), (zy_str){ 0 }, zy_str_of(body), &out, &status);
    return status;
}

/* --- at once --- */

typedef struct starter {
    pthread_barrier_t *gate;
    racer *r;
} starter;

static void *run_racer(void *arg)
{
    const starter *s = arg;
    racer *r = s->r;
    phone own = *r->p;
    own.answer = NULL;
    pthread_barrier_wait(s->gate);
    r->status = phone_call(&own, r->api, r->body);
    zy_json_free(own.answer);
    zy_channel_wipe(&own.channel);
    return NULL;
}

int attack_race(racer racers[ATTACK_AT_ONCE])
{
    pthread_barrier_t gate;
    pthread_t threads[ATTACK_AT_ONCE];
    starter starters[ATTACK_AT_ONCE];
    int right = 0;
    assert_int_equal(pthread_barrier_init(&gate, NULL, ATTACK_AT_ONCE), 0);
    for (int i = 0; i < ATTACK_AT_ONCE; i++) {
        starters[i] = (starter){ &gate, &racers[i] };
        assert_int_equal(pthread_create(&threads[i], NULL, run_racer, &starters[i]), 0);
    }
    for (int i = 0; i < ATTACK_AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        right += racers[i].status == ZY_OK;
    }
    pthread_barrier_destroy(&gate);
    for (int i = 0; i < ATTACK_AT_ONCE && right != 1; i++)
        print_message("%s: %s\n", racers[i].api, zy_status_name(racers[i].status));
    return right;
}

int attack_at_once(phone *p, const char *api, const char *body)
{
    racer racers[ATTACK_AT_ONCE];
    for (int i = 0; i < ATTACK_AT_ONCE; i++)
        racers[i] = (racer){ p, api, (char *)(uintptr_t)body, ZY_INTERNAL };
    return attack_race(racers);
}
