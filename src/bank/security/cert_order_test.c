/* From the request of a new key to a transfer that it signed, and what is left of it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank/account/account.h"
#include "bank/security/cert_order.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "service/approval/approval.h"
#include "service/cert/cert.h"
#include "service/identity/identity.h"
#include "service/notify/notify.h"
#include "service/param/param.h"
#include "service/token/token.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

#define PAY_PASSWORD "802417"
#define SERIAL       "ZY00000001"
#define STEP_S       60
#define MONEY        INT64_C(250000000)
#define MILLION      INT64_C(100000000) /* yuan, in fen */

static zy_env *env;
static zy_api_registry *registry;
static zy_json *said;
static zy_id mine, theirs, from;
static char to_number[24];
static zy_sm2_key *key;
static zy_caller caller;
static uint8_t th[ZY_SM3_BYTES];
static int64_t last_step;
static const uint8_t SEED[ZY_TOKEN_SEED_MIN] = "seed of a token";

/* --- the world --- */

static zy_status let_in(zy_env *e, zy_caller *c, const zy_api *api, zy_time now, zy_err *err)
{
    (void)e;
    (void)api;
    (void)now;
    return c->customer.v != 0 ? ZY_OK : zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "nobody");
}

static zy_status no_rotation(zy_caller *c, zy_str login_id, uint8_t digest[ZY_SM3_BYTES], uint8_t k_res[ZY_SM3_BYTES], zy_err *err)
{
    (void)c;
    (void)login_id;
    (void)digest;
    (void)k_res;
    return zy_fail(err, ZY_INTERNAL, NULL, "no channel");
}

static void no_digest(const zy_caller *c, uint8_t out[ZY_SM3_BYTES])
{
    (void)c;
    memset(out, 0, ZY_SM3_BYTES);
}

static zy_customer_row *new_person(const char *no, const char *name, const char *phone, const char *id_no)
{
    const zy_secret login = { .bytes = "Kq7mWz2p9", .n = 9 }, pay = { .bytes = PAY_PASSWORD, .n = 6 };
    const zy_customer_new c = { .customer_no = zy_str_of(no), .name = zy_str_of(name), .id_no = zy_str_of(id_no),
                                .phone = zy_str_of(phone), .login_password = &login, .pay_password = &pay,
                                .password_rounds = 1000 };
    zy_customer_row *row = NULL;
    ASSERT_OK(zy_customer_prepare(env, &c, &row, NULL));
    return row;
}

static zy_status fill_unit(zy_tx *tx, void *arg, zy_err *err)
{
    zy_customer_row **rows = arg;
    zy_time now = zy_env_now(env);
    zy_id to;
    char number[24];
    zy_token_line line = { .serial = SERIAL, .seed_n = sizeof SEED };
    memcpy(line.seed, SEED, sizeof SEED);
    ZY_TRY(zy_ledger_init(tx, zy_day_of(now), now, err));
    ZY_TRY(zy_customer_insert(tx, env, rows[0], &mine, err));
    ZY_TRY(zy_customer_insert(tx, env, rows[1], &theirs, err));
    zy_card_number("621700", 1, number);
    zy_card_number("621700", 2, to_number);
    ZY_TRY(zy_account_open(tx, env, mine, zy_str_of(number), "debit", ZY_STR("工资卡"), &from, err));
    ZY_TRY(zy_account_open(tx, env, theirs, zy_str_of(to_number), "debit", ZY_STR("工资卡"), &to, err));
    zy_journal j = { .id = zy_id_next(env->ids), .summary_code = "OPN", .summary = ZY_STR("开户"), .leg_count = 2,
                     .legs = { { .account = ZY_LEDGER_CAPITAL, .amount = { -MONEY }, .internal = true },
                               { .account = from, .amount = { MONEY } } } };
    ZY_TRY(zy_ledger_post(tx, &j, now, err));
    return zy_token_add(tx, env, &line, mine, err);
}

static void fill(void)
{
    zy_customer_row *rows[] = { new_person("1000000001", "李小龙", "13800000001", "110101199003074354"),
                                new_person("1000000002", "王安娜", "13800000002", "110101199003070134") };
    ASSERT_OK(zy_db_run(env->db, "test.fill", fill_unit, rows, NULL));
    zy_customer_row_free(rows[0]);
    zy_customer_row_free(rows[1]);
}

static void fill_registry(void)
{
    static const zy_api_hooks HOOKS = { NULL, let_in, NULL };
    static const zy_identity_hooks IDENTITY = { no_rotation, no_digest };
    const struct {
        const zy_api *apis;
        size_t count;
    } TABLES[] = { { ZY_IDENTITY_APIS, ZY_IDENTITY_API_COUNT }, { ZY_FLOW_APIS, ZY_FLOW_API_COUNT },
                   { ZY_TRANSFER_APIS, ZY_TRANSFER_API_COUNT }, { ZY_TOKEN_APIS, ZY_TOKEN_API_COUNT },
                   { ZY_CERT_APIS, ZY_CERT_API_COUNT },         { ZY_CERT_ORDER_APIS, ZY_CERT_ORDER_API_COUNT } };
    ASSERT_OK(zy_registry_new(env, &registry, NULL));
    zy_registry_hooks(registry, &HOOKS);
    for (size_t i = 0; i < ZY_COUNT(TABLES); i++)
        ASSERT_OK(zy_registry_add(registry, TABLES[i].apis, TABLES[i].count, NULL));
    ASSERT_OK(zy_identity_start(env, &IDENTITY, NULL));
    ASSERT_OK(zy_transfer_start(env, NULL));
    ASSERT_OK(zy_token_start(env, NULL));
    ASSERT_OK(zy_cert_start(env, NULL));
    ASSERT_OK(zy_cert_order_start(env, NULL));
    ASSERT_OK(zy_cert_open(env, NULL));
}

static int set_up(void **state)
{
    (void)state;
    said = NULL;
    last_step = 0;
    ASSERT_OK(zy_test_env_open(&env));
    fill_registry();
    fill();
    ASSERT_OK(zy_sm2_generate(&key));
    caller = (zy_caller){ .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.7"), .customer = mine, .login = { 11 },
                          .device_bound = true, .device_id = "0123456789abcdef0123456789abcdef", .channel_th = th };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    zy_json_free(said);
    zy_sm2_key_free(key);
    zy_registry_free(registry);
    zy_cert_close();
    zy_identity_stop();
    zy_test_env_close(env);
    return 0;
}

/* --- calls --- */

static zy_status call(const char *api, const char *id, const char *format, ...) __attribute__((format(printf, 3, 4)));

static zy_status call(const char *api, const char *id, const char *format, ...)
{
    char body[9000];
    va_list args;
    zy_caller copy = caller;
    zy_status status = ZY_INTERNAL;
    ZY_AUTO_BUF out = { 0 };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    va_start(args, format);
    int n = vsnprintf(body, sizeof body, format, args);
    va_end(args);
    assert_in_range(n, 0, sizeof body - 1);
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_SECONDS(4));
    zy_dispatch_named(registry, &copy, arena, zy_str_of(api), zy_str_of(id), zy_str_of(body), &out, &status);
    zy_json_free(said);
    said = NULL;
    ASSERT_OK(zy_json_parse(zy_buf_view(&out), &said));
    return status;
}

static void text(const char *name, char *out, size_t size)
{
    zy_str s = { 0 };
    if (!zy_json_str(zy_json_get(said, "body"), name, &s))
        fail_msg("no text %s", name);
    ASSERT_OK(zy_str_copy(s, out, size));
}

static void password_value(char out[1300])
{
    char id[80], challenge[32], public_text[120], cipher[800];
    uint8_t plain[82] = { 0 }, public_key[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_AUTO_BUF box = { 0 };
    ASSERT_OK(call("auth.challenge", NULL, "{}"));
    text("challenge_id", id, sizeof id);
    text("challenge", challenge, sizeof challenge);
    text("public_key", public_text, sizeof public_text);
    ASSERT_OK(zy_base64_decode(zy_str_of(challenge), plain, 16, &n));
    plain[16] = 2;
    plain[17] = sizeof PAY_PASSWORD - 1;
    memcpy(plain + 18, PAY_PASSWORD, sizeof PAY_PASSWORD - 1);
    ASSERT_OK(zy_base64_decode(zy_str_of(public_text), public_key, sizeof public_key, &n));
    ASSERT_OK(zy_sm2_pub_from(public_key, n, &pub));
    ASSERT_OK(zy_sm2_encrypt(pub, plain, sizeof plain, &box));
    zy_base64_encode(box.p, box.n, cipher);
    snprintf(out, 1300, "{\"challenge_id\":\"%s\",\"cipher\":\"%s\"}", id, cipher);
}

/* The code of a step that was not used yet. */
static void token_code(const char *challenge, char out[ZY_TOKEN_DIGITS + 1])
{
    while (zy_env_now(env).ms / 1000 / STEP_S <= last_step)
        zy_clock_fake_turn(zy_test_env_clock(env), ZY_SECONDS(STEP_S));
    last_step = zy_env_now(env).ms / 1000 / STEP_S;
    ASSERT_OK(zy_token_code(SEED, sizeof SEED, last_step, zy_str_of(challenge), out));
}

static void activate_token(void)
{
    char first[ZY_TOKEN_DIGITS + 1], second[ZY_TOKEN_DIGITS + 1];
    token_code("", first);
    token_code("", second);
    ASSERT_OK(call("token.activate", NULL, "{\"serial\":\"" SERIAL "\",\"code\":\"%s\",\"next_code\":\"%s\"}", first, second));
}

typedef struct order {
    char id[40], digest[65];
} order;

static void keep_order(order *ret_order)
{
    text("order_id", ret_order->id, sizeof ret_order->id);
    text("digest", ret_order->digest, sizeof ret_order->digest);
}

static void request_text(char out[2000])
{
    ZY_AUTO_BUF der = { 0 };
    ASSERT_OK(zy_x509_request_make(key, ZY_STR("phone"), &der));
    assert_in_range(der.n, 100, 1400);
    zy_base64_encode(der.p, der.n, out);
}

static zy_status apply(const char *id, order *ret_order)
{
    char csr[2000];
    request_text(csr);
    zy_status status = call("cert.apply.prepare", id, "{\"csr\":\"%s\"}", csr);
    if (status == ZY_OK)
        keep_order(ret_order);
    return status;
}

static void prove_password(const order *o)
{
    char value[1300];
    password_value(value);
    ASSERT_OK(call("order.factor.verify", NULL, "{\"order_id\":\"%s\",\"factor\":\"pay_password\",\"value\":%s}", o->id, value));
}

static zy_status prove_text(const order *o, const char *factor, const char *value)
{
    return call("order.factor.verify", NULL, "{\"order_id\":\"%s\",\"factor\":\"%s\",\"value\":\"%s\"}", o->id, factor, value);
}

static void prove_token(const order *o)
{
    char challenge[20], tail[8], code[ZY_TOKEN_DIGITS + 1];
    ASSERT_OK(call("order.factor.begin", NULL, "{\"order_id\":\"%s\",\"factor\":\"token\"}", o->id));
    text("challenge", challenge, sizeof challenge);
    text("serial_tail", tail, sizeof tail);
    assert_string_equal(tail, "0001");
    token_code(challenge, code);
    ASSERT_OK(prove_text(o, "token", code));
}

static zy_status choose(const order *o, const char *factors)
{
    return call("order.factors.choose", NULL, "{\"order_id\":\"%s\",\"factors\":\"%s\"}", o->id, factors);
}

static zy_status confirm(const order *o)
{
    return call("order.confirm", NULL, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", o->id, o->digest);
}

/* The whole way of a certificate, by transaction password and token. */
static void get_certificate(order *ret_order)
{
    activate_token();
    ASSERT_OK(apply("request-0000000000000001", ret_order));
    ASSERT_OK(choose(ret_order, "pay_password+token"));
    prove_password(ret_order);
    prove_token(ret_order);
    ASSERT_OK(confirm(ret_order));
    ASSERT_OK(call("cert.issue", NULL, "{}"));
}

static void sign(const order *o, char out[100])
{
    uint8_t digest[ZY_SM3_BYTES], sig[ZY_SM2_SIG_BYTES];
    size_t n = 0;
    ASSERT_OK(zy_hex_decode(zy_str_of(o->digest), digest, sizeof digest, &n));
    ASSERT_OK(zy_sm2_sign(key, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART(digest, n)), sig));
    zy_base64_encode(sig, sizeof sig, out);
}

static zy_status prepare_transfer(int64_t fen, order *ret_order)
{
    char account[ZY_ID_TEXT_MAX];
    static int n;
    char id[40];
    zy_id_format(from, account);
    snprintf(id, sizeof id, "transfer-%012d", ++n);
    zy_status status = call("transfer.prepare", id,
                            "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"王安娜\",\"amount_fen\":%lld}", account,
                            to_number, (long long)fen);
    if (status == ZY_OK)
        keep_order(ret_order);
    return status;
}

typedef struct prove_job {
    zy_id order;
    zy_json *report;
    bool right;
} prove_job;

static zy_status prove_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prove_job *job = arg;
    return zy_order_prove(rtx, env, job->order, job->report, &job->right, err);
}

static bool proves(const order *o, zy_json **ret_report)
{
    prove_job job = { .report = zy_json_object() };
    ASSERT_OK(zy_id_parse(zy_str_of(o->id), &job.order));
    ASSERT_OK(zy_db_read(env->db, "test.prove", prove_read, &job, NULL));
    if (ret_report != NULL)
        *ret_report = job.report;
    else
        zy_json_free(job.report);
    return job.right;
}

static zy_str proof_of(const zy_json *report, const char *step)
{
    const zy_json *steps = zy_json_get(report, "steps");
    for (size_t i = 0; i < zy_json_count(steps); i++) {
        zy_str name = { 0 }, proof = { 0 };
        if (zy_json_str(zy_json_at(steps, i), "step", &name) && zy_str_eq_c(name, step) &&
            zy_json_str(zy_json_at(steps, i), "proof", &proof))
            return proof;
    }
    return (zy_str){ 0 };
}

/* --- what holds --- */

static void a_certificate_is_granted_by_two_factors(void **state)
{
    (void)state;
    order o;
    activate_token();
    ASSERT_OK(apply("request-0000000000000001", &o));
    ASSERT_STATUS(call("cert.issue", NULL, "{}"), ZY_NOT_FOUND);
    ASSERT_OK(choose(&o, "pay_password+token"));
    ASSERT_STATUS(confirm(&o), ZY_FACTOR_ORDER);
    prove_password(&o);
    ASSERT_STATUS(confirm(&o), ZY_FACTOR_ORDER);
    ASSERT_STATUS(prove_text(&o, "token", "000000"), ZY_FACTOR_WRONG);
    prove_token(&o);
    ASSERT_STATUS(call("cert.issue", NULL, "{}"), ZY_NOT_FOUND);
    ASSERT_OK(confirm(&o));
    ASSERT_OK(call("cert.issue", NULL, "{}"));
    ASSERT_STATUS(apply("request-0000000000000002", &o), ZY_ALREADY_EXISTS); /* the same key again */
}

static void only_a_bound_device_may_ask(void **state)
{
    (void)state;
    order o;
    caller.device_bound = false;
    ASSERT_STATUS(apply("request-0000000000000001", &o), ZY_FACTOR_MISSING);
}

static void an_altered_request_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-ops.c3-2");
    ZY_AUTO_BUF der = { 0 };
    char csr[2000];
    ASSERT_OK(zy_x509_request_make(key, ZY_STR("phone"), &der));
    der.p[der.n - 1] ^= 1;
    zy_base64_encode(der.p, der.n, csr);
    ASSERT_STATUS(call("cert.apply.prepare", "request-0000000000000001", "{\"csr\":\"%s\"}", csr), ZY_SIGNATURE_BAD);
}

static void a_transfer_is_signed_by_the_soft_key_and_proven_years_later(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-txn-verify.p2", "mb.def-txn-verify.p8", "j225.6.1.5.3.p2", "mb.x-data-security.p7", "mb.auth-methods.p2");
    order cert, o, other;
    char value[100];
    get_certificate(&cert);
    ASSERT_OK(prepare_transfer(10000000, &o)); /* above what a text message may stand for */
    ASSERT_OK(choose(&o, "pay_password+soft_key"));
    prove_password(&o);
    ASSERT_OK(prepare_transfer(10000001, &other));
    sign(&other, value); /* another amount */
    ASSERT_STATUS(prove_text(&o, "soft_key", value), ZY_FACTOR_WRONG);
    ASSERT_STATUS(confirm(&o), ZY_FACTOR_ORDER);
    sign(&o, value);
    ASSERT_OK(prove_text(&o, "soft_key", value));
    ASSERT_OK(confirm(&o));
    ASSERT_STATUS(prove_text(&other, "soft_key", value), ZY_FACTOR_ORDER);
    zy_clock_fake_turn(zy_test_env_clock(env), ZY_DAYS(3650));
    ZY_AUTO(zy_json_free) zy_json *report = NULL;
    assert_true(proves(&o, &report));
    ASSERT_STR(proof_of(report, "soft_key"), "right");
    assert_true(proves(&cert, NULL));
}

/* Up to the clause's million yuan, and not a fen more: the field of the amount ends there, and so does what staff may set. */
static void stands_for_a_million(const char *factors, const char *factor, const char *cap)
{
    order o;
    char value[100];
    assert_int_equal(zy_param_find(zy_str_of(cap))->max, MILLION);
    ASSERT_STATUS(prepare_transfer(MILLION + 1, &o), ZY_BAD_FIELD);
    ASSERT_OK(prepare_transfer(MILLION, &o));
    ASSERT_STATUS(choose(&o, "pay_password+sms"), ZY_BAD_FIELD); /* a text message may not */
    ASSERT_OK(choose(&o, factors));
    prove_password(&o);
    if (strcmp(factor, "token") == 0) {
        prove_token(&o);
    } else {
        sign(&o, value);
        ASSERT_OK(prove_text(&o, factor, value));
    }
    ASSERT_OK(confirm(&o));
}

static void a_token_stands_for_a_million_yuan_and_not_a_fen_more(void **state)
{
    (void)state;
    ZY_PROVES("mb.enhanced-auth.c", "mb.login-factors.c");
    activate_token();
    stands_for_a_million("pay_password+token", "token", "token.cap_fen");
}

static void a_soft_key_stands_for_a_million_yuan_and_not_a_fen_more(void **state)
{
    (void)state;
    ZY_PROVES("mb.enhanced-auth.b");
    order cert;
    get_certificate(&cert);
    stands_for_a_million("pay_password+soft_key", "soft_key", "cert.soft_key_cap_fen");
}

/* The counter registers the shield of a phone: by two of the staff, for the key that it has made. */
static void register_shield(void)
{
    ZY_AUTO_BUF der = { 0 };
    zy_id request;
    zy_err err = { 0 };
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    char base64[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1], key_text[92];
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_sm2_public(key, public_key);
    zy_base64_encode(public_key, sizeof public_key, key_text);
    ASSERT_OK(zy_x509_request_make(key, ZY_STR("key"), &der));
    zy_base64_encode(der.p, der.n, base64);
    zy_json_set_id(payload, "customer_id", mine);
    zy_json_set_c(payload, "kind", "phone_shield");
    zy_json_set_c(payload, "csr", base64);
    zy_json_set_c(payload, "public_key", key_text);
    ASSERT_OK(zy_approval_request(env, zy_approval_find(ZY_STR("cert.register")), (zy_id){ 71 }, payload, ZY_STR("柜台办理"), &request, &err));
    ASSERT_OK(zy_approval_decide(env, request, (zy_id){ 72 }, true, ZY_STR("同意"), &err));
    ASSERT_OK(zy_cert_keep(env, 10, &err));
}

static void a_phone_shield_stands_for_a_million_yuan_and_not_a_fen_more(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-methods.b-ii");
    register_shield();
    stands_for_a_million("pay_password+phone_shield", "phone_shield", "cert.phone_shield_cap_fen");
}

static zy_status bend_amount(zy_tx *tx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.bend", "UPDATE flow_order SET amount_fen = amount_fen + 1 WHERE id = $1", 1, NULL };
    return zy_exec(tx, &SQL, ZY_ARGS(ZY_I(((const zy_id *)arg)->v)), NULL, err);
}

static void an_order_that_was_changed_in_the_database_is_noticed(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-plan.a-4");
    order cert, o;
    char value[100];
    zy_id id;
    get_certificate(&cert);
    ASSERT_OK(prepare_transfer(10000000, &o));
    ASSERT_OK(choose(&o, "pay_password+soft_key"));
    prove_password(&o);
    sign(&o, value);
    ASSERT_OK(prove_text(&o, "soft_key", value));
    ASSERT_OK(confirm(&o));
    assert_true(proves(&o, NULL));
    ASSERT_OK(zy_id_parse(zy_str_of(o.id), &id));
    ASSERT_OK(zy_db_run(env->db, "test.bend", bend_amount, &id, NULL));
    assert_false(proves(&o, NULL));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_certificate_is_granted_by_two_factors),
        TEST(only_a_bound_device_may_ask),
        TEST(an_altered_request_is_refused),
        TEST(a_transfer_is_signed_by_the_soft_key_and_proven_years_later),
        TEST(a_token_stands_for_a_million_yuan_and_not_a_fen_more),
        TEST(a_soft_key_stands_for_a_million_yuan_and_not_a_fen_more),
        TEST(a_phone_shield_stands_for_a_million_yuan_and_not_a_fen_more),
        TEST(an_order_that_was_changed_in_the_database_is_noticed),
    };
    return zy_test_main("cert_order", tests, ZY_COUNT(tests));
}
