/* Certificates of customers' keys: whose signature counts, when, and what can be shown of it years later. */
#include <stdio.h>
#include <stdlib.h>

#include "service/approval/approval.h"
#include "service/cert/cert_internal.h"
#include "service/factor/factor.h"
#include "service/identity/identity.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

#define PHONE "0123456789abcdef0123456789abcdef" /* device id */

static zy_env *env;
static zy_api_registry *registry;
static zy_json *said;
static zy_id mine, somebody, requested;
static zy_sm2_key *key, *other_key;
static const zy_id MAKER = { 11 }, CHECKER = { 12 };
static const uint8_t ORDER[ZY_SM3_BYTES] = { 1, 2, 3 }, ANOTHER_ORDER[ZY_SM3_BYTES] = { 1, 2, 4 };

/* --- the world --- */

typedef struct customer_job {
    zy_customer_row *row;
    zy_id id;
} customer_job;

static zy_status customer_unit(zy_tx *tx, void *arg, zy_err *err)
{
    customer_job *job = arg;
    return zy_customer_insert(tx, env, job->row, &job->id, err);
}

static zy_id add_customer(const char *no, const char *phone, const char *id_no)
{
    static const uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    const zy_customer_new c = { .customer_no = zy_str_of(no), .name = ZY_STR("李小丰"), .id_no = zy_str_of(id_no),
                                .phone = zy_str_of(phone), .login_record = record, .pay_record = record };
    customer_job job = { NULL, { 0 } };
    ASSERT_OK(zy_customer_prepare(env, &c, &job.row, NULL));
    zy_status status = zy_db_run(env->db, "test.customer", customer_unit, &job, NULL);
    zy_customer_row_free(job.row);
    ASSERT_OK(status);
    return job.id;
}

static zy_status let_in(zy_env *e, zy_caller *caller, const zy_api *api, zy_time now, zy_err *err)
{
    (void)e;
    (void)api;
    (void)now;
    return caller->customer.v != 0 ? ZY_OK : zy_fail(err, ZY_LOGIN_REQUIRED, NULL, "nobody");
}

static bool may_all(const zy_caller *caller, const char *permission)
{
    (void)caller;
    return strcmp(permission, "cert.make") == 0 || strcmp(permission, "cert.view") == 0;
}

static int set_up(void **state)
{
    (void)state;
    const zy_api_hooks hooks = { NULL, let_in, NULL };
    said = NULL;
    if (zy_test_env_open(&env) != ZY_OK || zy_registry_new(env, &registry, NULL) != ZY_OK ||
        zy_registry_add(registry, ZY_CERT_APIS, ZY_CERT_API_COUNT, NULL) != ZY_OK || zy_cert_start(env, NULL) != ZY_OK ||
        zy_cert_open(env, NULL) != ZY_OK || zy_sm2_generate(&key) != ZY_OK || zy_sm2_generate(&other_key) != ZY_OK)
        return -1;
    zy_registry_hooks(registry, &hooks);
    mine = add_customer("10020030040", "13800000001", "110101199003071234");
    somebody = add_customer("10020030041", "13800000002", "110101199003071242");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    zy_json_free(said);
    zy_sm2_key_free(key);
    zy_sm2_key_free(other_key);
    zy_registry_free(registry);
    zy_cert_close();
    zy_test_env_close(env);
    return 0;
}

static void turn(zy_dur by)
{
    zy_clock_fake_turn(zy_test_env_clock(env), by);
}

/* --- calls --- */

static zy_caller on_phone(zy_id who)
{
    return (zy_caller){ .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.7"), .customer = who, .device_bound = true,
                        .device_id = PHONE };
}

static zy_status dispatch(zy_caller *caller, const char *api, const char *body)
{
    zy_status status = ZY_INTERNAL;
    ZY_AUTO_BUF out = { 0 };
    zy_arena *arena = zy_arena_new(1u << 20);
    zy_dispatch_named(registry, caller, arena, zy_str_of(api), (zy_str){ 0 }, zy_str_of(body), &out, &status);
    zy_arena_free(arena);
    zy_json_free(said);
    said = NULL;
    ASSERT_OK(zy_json_parse(zy_buf_view(&out), &said));
    return status;
}

static zy_status as_customer(zy_id who, const char *api, const char *body)
{
    zy_caller caller = on_phone(who);
    return dispatch(&caller, api, body);
}

static zy_status as_staff(const char *api, const char *body)
{
    zy_str request;
    zy_caller caller = { .door = ZY_DOOR_STAFF, .address = ZY_STR("10.0.0.7"), .staff = MAKER, .has_permission = may_all };
    zy_status status = dispatch(&caller, api, body);
    if (zy_json_str(zy_json_get(said, "body"), "request_id", &request))
        ASSERT_OK(zy_id_parse(request, &requested));
    return status;
}

static zy_status decide(bool approve)
{
    return zy_approval_decide(env, requested, CHECKER, approve, ZY_STR("看过"), NULL);
}

typedef struct grant_job {
    zy_cert_request request;
    zy_id id;
} grant_job;

static zy_status grant_unit(zy_tx *tx, void *arg, zy_err *err)
{
    grant_job *job = arg;
    return zy_cert_grant(tx, env, &job->request, &job->id, err);
}

static zy_status read_request(const zy_sm2_key *k, zy_arena *arena, zy_cert_request *ret)
{
    ZY_AUTO_BUF der = { 0 };
    char base64[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1];
    zy_caller caller = on_phone(mine);
    zy_call call = { .env = env, .caller = &caller, .arena = arena, .now = zy_env_now(env) };
    ASSERT_OK(zy_x509_request_make(k, ZY_STR("phone"), &der));
    zy_base64_encode(der.p, der.n, base64);
    return zy_cert_request_read(&call, zy_str_of(base64), ret, NULL);
}

/* What an order of cert.issue does. */
static zy_status grant(zy_id who, const zy_sm2_key *k)
{
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    grant_job job = { .request = { .customer = who, .kind = "soft_key", .device = ZY_STR(PHONE) } };
    ZY_TRY(read_request(k, arena, &job.request));
    return zy_db_run(env->db, "test.grant", grant_unit, &job, NULL);
}

static void give(zy_id who, const zy_sm2_key *k)
{
    ASSERT_OK(grant(who, k));
    ASSERT_OK(as_customer(who, "cert.issue", "{}"));
}

static const zy_json *newest(zy_id who)
{
    ASSERT_OK(as_customer(who, "cert.get", "{}"));
    return zy_json_at(zy_json_get(zy_json_get(said, "body"), "certificates"), 0);
}

static const char *text(const zy_json *object, const char *name)
{
    static char out[128];
    zy_str s = { 0 };
    if (!zy_json_str(object, name, &s))
        fail_msg("no text %s", name);
    ASSERT_OK(zy_str_copy(s, out, sizeof out));
    return out;
}

static zy_status deed(const char *api, zy_id who)
{
    char body[200], id[64];
    snprintf(id, sizeof id, "%s", text(newest(who), "certificate_id"));
    snprintf(body, sizeof body, "{\"certificate_id\":\"%s\",\"reason\":\"客户要求\"}", id);
    ZY_TRY(as_staff(api, body));
    return decide(true);
}

/* --- the factor --- */

typedef struct value {
    char base64[4 * ((ZY_SM2_SIG_BYTES + 2) / 3) + 1];
} value;

static value sign_as(const zy_sm2_key *k, zy_str label, const uint8_t order[ZY_SM3_BYTES])
{
    uint8_t sig[ZY_SM2_SIG_BYTES];
    value v;
    ASSERT_OK(zy_sm2_sign(k, label, ZY_PARTS(ZY_PART(order, ZY_SM3_BYTES)), sig));
    zy_base64_encode(sig, sizeof sig, v.base64);
    return v;
}

static value sign(const zy_sm2_key *k, const uint8_t order[ZY_SM3_BYTES])
{
    return sign_as(k, ZY_LABEL_ORDER, order);
}

static zy_status check_with(const zy_factor *f, zy_caller caller, const uint8_t order[ZY_SM3_BYTES], value v, zy_json *evidence)
{
    zy_call call = { .env = env, .caller = &caller, .now = zy_env_now(env) };
    const zy_factor_subject subject = { .customer = caller.customer, .digest = order };
    const zy_factor_value given = { .text = zy_str_of(v.base64) };
    return f->check(&call, &subject, &given, evidence, NULL);
}

static zy_status verify_as(zy_id who, const uint8_t order[ZY_SM3_BYTES], value v)
{
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    return check_with(&ZY_SOFT_KEY_FACTOR, on_phone(who), order, v, evidence);
}

static zy_status verify(const uint8_t order[ZY_SM3_BYTES], value v)
{
    return verify_as(mine, order, v);
}

static void a_signature_over_the_order_counts_and_over_another_does_not(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-txn-verify.p2", "j225.6.1.5.3.p2", "mb.auth-tech-choice.a4");
    give(mine, key);
    ASSERT_OK(verify(ORDER, sign(key, ORDER)));
    ASSERT_STATUS(verify(ORDER, sign(key, ANOTHER_ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(verify(ORDER, sign_as(key, ZY_LABEL_DEVICE, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(verify(ORDER, sign(other_key, ORDER)), ZY_FACTOR_WRONG);
}

static void somebody_elses_certificate_signs_nothing_of_mine(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.a4", "mb.def-txn-verify.p8", "mb.def-txn-verify.p4");
    give(mine, key);
    give(somebody, other_key);
    ASSERT_STATUS(verify(ORDER, sign(other_key, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(verify_as(somebody, ORDER, sign(other_key, ORDER)));
}

static void no_certificate_no_signature(void **state)
{
    (void)state;
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(grant(mine, key)); /* granted is not issued */
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_FACTOR_WRONG);
}

static void the_key_counts_on_its_own_bound_device_alone(void **state)
{
    (void)state;
    give(mine, key);
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    zy_caller other = on_phone(mine), not_bound = on_phone(mine);
    other.device_id[0] = 'f';
    not_bound.device_bound = false;
    ASSERT_STATUS(check_with(&ZY_SOFT_KEY_FACTOR, other, ORDER, sign(key, ORDER), evidence), ZY_FACTOR_WRONG);
    ASSERT_STATUS(check_with(&ZY_SOFT_KEY_FACTOR, not_bound, ORDER, sign(key, ORDER), evidence), ZY_FACTOR_WRONG);
    ASSERT_STATUS(dispatch(&other, "cert.issue", "{}"), ZY_NOT_FOUND);
    assert_int_equal(zy_json_count(evidence), 0);
}

static void an_expired_certificate_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.a4", "mb.def-txn-verify.p8");
    give(mine, key);
    for (int day = 0; day < 729; day++)
        turn(ZY_DAYS(1));
    ASSERT_OK(zy_cert_keep(env, 10, NULL));
    ASSERT_OK(verify(ORDER, sign(key, ORDER)));
    turn(ZY_DAYS(1));
    ASSERT_OK(zy_cert_keep(env, 10, NULL));
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_FACTOR_WRONG);
    assert_string_equal(text(newest(mine), "state"), "expired");
}

static void a_revoked_certificate_is_refused_and_stands_on_the_list(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.a4", "mb.def-txn-verify.p8");
    ZY_AUTO_BUF cas = { 0 }, before = { 0 }, after = { 0 };
    uint8_t der[ZY_X509_DER_MAX];
    size_t n = 0;
    bool revoked = true;
    zy_str base64 = { 0 };
    char id[64], body[100];
    give(mine, key);
    assert_true(zy_json_str(zy_json_get(zy_json_get(said, "body"), "certificate"), "certificate", &base64));
    ASSERT_OK(zy_base64_decode(base64, der, sizeof der, &n));
    ASSERT_OK(zy_cert_authority(env, &cas, NULL));
    ASSERT_OK(zy_cert_list(env, &before, NULL));
    ASSERT_OK(zy_x509_crl_has(zy_buf_view(&before), zy_str_bytes(der, n), zy_buf_view(&cas), zy_env_now(env), &revoked, NULL));
    assert_false(revoked);
    snprintf(id, sizeof id, "%s", text(newest(mine), "certificate_id"));
    snprintf(body, sizeof body, "{\"certificate_id\":\"%s\"}", id);
    ASSERT_STATUS(as_customer(somebody, "cert.revoke", body), ZY_NOT_FOUND);
    ASSERT_OK(as_customer(mine, "cert.revoke", body));
    ASSERT_STATUS(as_customer(mine, "cert.revoke", body), ZY_STATE_CONFLICT);
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(zy_cert_list(env, &after, NULL));
    ASSERT_OK(zy_x509_crl_has(zy_buf_view(&after), zy_str_bytes(der, n), zy_buf_view(&cas), zy_env_now(env), &revoked, NULL));
    assert_true(revoked);
}

static zy_status bend_list(zy_tx *tx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.bend", "UPDATE cert_list SET body = $1", 1, NULL };
    const zy_buf *body = arg;
    return zy_exec(tx, &SQL, ZY_ARGS(ZY_B(body->p, body->n)), NULL, err);
}

static void without_a_list_in_force_nothing_counts_and_nobody_is_blamed(void **state)
{
    (void)state;
    give(mine, key);
    turn(ZY_HOURS(24)); /* nobody renewed it */
    for (int i = 0; i < 6; i++)
        ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_CONNECTOR_FAILED);
    ASSERT_OK(zy_cert_keep(env, 10, NULL));
    ASSERT_OK(verify(ORDER, sign(key, ORDER)));
    ZY_AUTO_BUF list = { 0 };
    ASSERT_OK(zy_cert_list(env, &list, NULL));
    list.p[list.n / 2] ^= 1;
    ASSERT_OK(zy_db_run(env->db, "test.bend", bend_list, &list, NULL));
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_CONNECTOR_FAILED);
}

static void the_list_is_renewed_in_time(void **state)
{
    (void)state;
    give(mine, key);
    for (int hour = 0; hour < 100; hour++) {
        turn(ZY_HOURS(1));
        ASSERT_OK(zy_cert_keep(env, 10, NULL));
        ASSERT_OK(verify(ORDER, sign(key, ORDER)));
    }
}

static void freezing_stops_and_lifting_lets_go_on(void **state)
{
    (void)state;
    give(mine, key);
    ASSERT_OK(deed("cert.freeze", mine));
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(deed("cert.freeze", mine), ZY_STATE_CONFLICT);
    ASSERT_OK(deed("cert.unfreeze", mine));
    ASSERT_OK(verify(ORDER, sign(key, ORDER)));
    ASSERT_OK(deed("cert.revoke", mine));
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_FACTOR_WRONG);
}

static void wrong_signatures_lock_for_half_an_hour(void **state)
{
    (void)state;
    give(mine, key);
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(verify(ORDER, sign(other_key, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_LOCKED);
    turn(ZY_MINUTES(30));
    ASSERT_OK(zy_cert_keep(env, 10, NULL));
    ASSERT_OK(verify(ORDER, sign(key, ORDER)));
}

static void ten_wrong_signatures_in_a_day_freeze_the_certificate(void **state)
{
    (void)state;
    give(mine, key);
    for (int i = 0; i < 10; i++) {
        if (i == 5)
            turn(ZY_MINUTES(30));
        ASSERT_STATUS(verify(ORDER, sign(other_key, ORDER)), ZY_FACTOR_WRONG);
    }
    assert_string_equal(text(newest(mine), "state"), "frozen");
    turn(ZY_HOURS(10));
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_LOCKED);
    ASSERT_OK(deed("cert.unfreeze", mine));
    ASSERT_OK(verify(ORDER, sign(key, ORDER)));
}

static void odd_values_are_wrong_signatures(void **state)
{
    (void)state;
    give(mine, key);
    static const value ODD[] = { { "" }, { "AAAA" }, { "not base64 at all" } };
    for (size_t i = 0; i < ZY_COUNT(ODD); i++)
        ASSERT_STATUS(verify(ORDER, ODD[i]), ZY_FACTOR_WRONG);
}

/* --- requests --- */

static void a_key_is_certified_once(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-ops.c3-2");
    give(mine, key);
    ASSERT_STATUS(grant(mine, key), ZY_ALREADY_EXISTS); /* a replayed request */
    ASSERT_STATUS(grant(somebody, key), ZY_ALREADY_EXISTS);
}

static void a_bad_request_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("mb.system-design-ops.c3-1", "mb.system-design-ops.c3-2");
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    ZY_AUTO_BUF der = { 0 };
    char base64[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1];
    uint8_t point[ZY_SM2_PUB_BYTES], other[ZY_SM2_PUB_BYTES];
    zy_caller caller = on_phone(mine);
    zy_call call = { .env = env, .caller = &caller, .arena = arena, .now = zy_env_now(env) };
    zy_cert_request r;
    ASSERT_OK(zy_x509_request_make(key, ZY_STR("phone"), &der));
    zy_sm2_public(key, point);
    zy_sm2_public(other_key, other);
    uint8_t *at = memmem(der.p, der.n, point, sizeof point);
    assert_non_null(at);
    static const struct {
        int what;
        zy_status want;
    } CASES[] = { { 0, ZY_SIGNATURE_BAD }, { 1, ZY_BAD_FIELD }, { 2, ZY_BAD_FIELD } };
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        memcpy(at, CASES[i].what == 0 ? other : point, sizeof point); /* another's key: no proof of possession */
        if (CASES[i].what == 1)
            at[64] ^= 1; /* off the curve */
        if (CASES[i].what == 2)
            memset(at + 1, 0, 64);
        zy_base64_encode(der.p, der.n, base64);
        ASSERT_STATUS(zy_cert_request_read(&call, zy_str_of(base64), &r, NULL), CASES[i].want);
    }
    ASSERT_STATUS(zy_cert_request_read(&call, ZY_STR("AAAA"), &r, NULL), ZY_BAD_FIELD);
}

static void a_renewal_ends_the_former_certificate(void **state)
{
    (void)state;
    give(mine, key);
    ASSERT_OK(as_customer(mine, "cert.issue", "{}")); /* a lost answer is given again */
    give(mine, other_key);
    ASSERT_STATUS(verify(ORDER, sign(key, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(verify(ORDER, sign(other_key, ORDER)));
    newest(mine);
    const zy_json *former = zy_json_at(zy_json_get(zy_json_get(said, "body"), "certificates"), 1);
    assert_string_equal(text(former, "state"), "revoked");
}

static void the_certificate_is_of_our_profile(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-design.e");
    ZY_AUTO_BUF cas = { 0 };
    uint8_t der[ZY_X509_DER_MAX], point[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    zy_str base64 = { 0 };
    zy_x509_info info;
    give(mine, key);
    assert_true(zy_json_str(zy_json_get(zy_json_get(said, "body"), "certificate"), "certificate", &base64));
    ASSERT_OK(zy_base64_decode(base64, der, sizeof der, &n));
    ASSERT_OK(zy_cert_authority(env, &cas, NULL));
    ASSERT_OK(zy_x509_verify(zy_str_bytes(der, n), zy_buf_view(&cas), zy_env_now(env), &info, NULL));
    zy_sm2_public(key, point);
    assert_memory_equal(info.public_key, point, sizeof point);
    assert_int_equal((info.not_after.ms - zy_env_now(env).ms) / 86400000, 730);
    assert_string_equal(info.issuer, "Zhangyin Bank Root CA");
}

/* --- devices of the counter --- */

static zy_status ask_register(zy_id who, const char *kind, const zy_sm2_key *k)
{
    ZY_AUTO_BUF der = { 0 };
    char base64[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1], id[ZY_ID_TEXT_MAX], body[sizeof base64 + 200];
    ASSERT_OK(zy_x509_request_make(k, ZY_STR("key"), &der));
    zy_base64_encode(der.p, der.n, base64);
    zy_id_format(who, id);
    snprintf(body, sizeof body, "{\"customer_id\":\"%s\",\"kind\":\"%s\",\"csr\":\"%s\",\"reason\":\"柜台办理\"}", id, kind, base64);
    return as_staff("cert.register", body);
}

static zy_status check_kind(const zy_factor *f, const zy_sm2_key *k)
{
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    return check_with(f, on_phone(mine), ORDER, sign(k, ORDER), evidence);
}

static void a_device_that_the_counter_registered_signs(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-txn-verify.p7", "mb.def-txn-verify.p4");
    static const zy_factor *const FACTORS[] = { &ZY_BLUETOOTH_KEY_FACTOR, &ZY_PHONE_SHIELD_FACTOR };
    zy_sm2_key *const KEYS[] = { key, other_key };
    for (size_t i = 0; i < ZY_COUNT(FACTORS); i++) {
        ASSERT_STATUS(check_kind(FACTORS[i], KEYS[i]), ZY_FACTOR_WRONG);
        ASSERT_OK(ask_register(mine, FACTORS[i]->name, KEYS[i]));
        ASSERT_OK(zy_cert_keep(env, 10, NULL));
        ASSERT_STATUS(check_kind(FACTORS[i], KEYS[i]), ZY_FACTOR_WRONG); /* not yet checked by a second person */
        ASSERT_OK(decide(true));
        ASSERT_OK(zy_cert_keep(env, 10, NULL));
        ASSERT_OK(check_kind(FACTORS[i], KEYS[i]));
        ASSERT_STATUS(verify(ORDER, sign(KEYS[i], ORDER)), ZY_FACTOR_WRONG); /* it is no soft key */
    }
    ASSERT_STATUS(ask_register(somebody, "bluetooth_key", key), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(ask_register((zy_id){ 77 }, "bluetooth_key", key), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(ask_register(mine, "soft_key", key), ZY_BAD_FIELD);
}

/* --- what is kept --- */

typedef struct evidence_job {
    zy_factor_subject subject;
    const zy_json *evidence;
    bool enrolled;
} evidence_job;

static zy_status look_at_evidence(zy_rtx *rtx, void *arg, zy_err *err)
{
    const evidence_job *job = arg;
    return ZY_SOFT_KEY_FACTOR.verify_evidence(rtx, env, &job->subject, job->evidence, err);
}

static zy_status evidence_says(zy_id customer, const uint8_t *order, const zy_json *evidence)
{
    evidence_job job = { { .customer = customer, .digest = order }, evidence, false };
    return zy_db_read(env->db, "test.evidence", look_at_evidence, &job, NULL);
}

static void what_was_signed_can_be_shown_years_later(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-plan.a-4", "mb.x-data-security.p7", "j225.6.1.5.3.p2");
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    give(mine, key);
    ASSERT_OK(check_with(&ZY_SOFT_KEY_FACTOR, on_phone(mine), ORDER, sign(key, ORDER), evidence));
    turn(ZY_DAYS(10));
    ASSERT_OK(deed("cert.revoke", mine));
    turn(ZY_DAYS(3650));
    ASSERT_OK(evidence_says(mine, ORDER, evidence)); /* expired and revoked since: it was in force then */
    ASSERT_STATUS(evidence_says(mine, ANOTHER_ORDER, evidence), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(evidence_says(somebody, ORDER, evidence), ZY_SIGNATURE_BAD);
    ZY_AUTO(zy_json_free) zy_json *later = zy_json_copy(evidence);
    zy_json_set_int(later, "at", zy_env_now(env).ms); /* said to be of a time when the certificate was over */
    ASSERT_STATUS(evidence_says(mine, ORDER, later), ZY_SIGNATURE_BAD);
    ZY_AUTO(zy_json_free) zy_json *forged = zy_json_copy(evidence);
    zy_json_set_c(forged, "signature", sign(other_key, ORDER).base64);
    ASSERT_STATUS(evidence_says(mine, ORDER, forged), ZY_SIGNATURE_BAD);
    ZY_AUTO(zy_json_free) zy_json *empty = zy_json_object();
    ASSERT_STATUS(evidence_says(mine, ORDER, empty), ZY_SIGNATURE_BAD);
}

static zy_status look_enrolled(zy_rtx *rtx, void *arg, zy_err *err)
{
    evidence_job *job = arg;
    const zy_caller caller = on_phone(job->subject.customer);
    return ZY_SOFT_KEY_FACTOR.enrolled(rtx, env, &caller, &job->enrolled, err);
}

static bool enrolled(void)
{
    evidence_job job = { .subject = { .customer = mine } };
    ASSERT_OK(zy_db_read(env->db, "test.enrolled", look_enrolled, &job, NULL));
    return job.enrolled;
}

static void the_factor_is_offered_while_the_certificate_is_in_force(void **state)
{
    (void)state;
    assert_false(enrolled());
    give(mine, key);
    assert_true(enrolled());
    ASSERT_OK(deed("cert.freeze", mine));
    assert_false(enrolled());
    ASSERT_OK(deed("cert.unfreeze", mine));
    turn(ZY_DAYS(731));
    assert_false(enrolled());
}

static zy_status count_messages(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.messages", "SELECT count(*) FROM message WHERE customer = $1", 1, NULL };
    int64_t *count = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL, ZY_ARGS(ZY_I(mine.v)), &stmt, err));
    *count = zy_col_int(stmt, 0);
    return ZY_OK;
}

static int64_t messages(void)
{
    int64_t count = 0;
    ASSERT_OK(zy_db_read(env->db, "test.messages", count_messages, &count, NULL));
    return count;
}

static void an_ending_certificate_is_told_once(void **state)
{
    (void)state;
    give(mine, key);
    int64_t before = messages();
    turn(ZY_DAYS(699));
    ASSERT_OK(zy_cert_keep(env, 10, NULL));
    assert_int_equal(messages(), before);
    turn(ZY_DAYS(2));
    ASSERT_OK(zy_cert_keep(env, 10, NULL));
    ASSERT_OK(zy_cert_keep(env, 10, NULL));
    assert_int_equal(messages(), before + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_signature_over_the_order_counts_and_over_another_does_not),
        TEST(somebody_elses_certificate_signs_nothing_of_mine),
        TEST(no_certificate_no_signature),
        TEST(the_key_counts_on_its_own_bound_device_alone),
        TEST(an_expired_certificate_is_refused),
        TEST(a_revoked_certificate_is_refused_and_stands_on_the_list),
        TEST(without_a_list_in_force_nothing_counts_and_nobody_is_blamed),
        TEST(the_list_is_renewed_in_time),
        TEST(freezing_stops_and_lifting_lets_go_on),
        TEST(wrong_signatures_lock_for_half_an_hour),
        TEST(ten_wrong_signatures_in_a_day_freeze_the_certificate),
        TEST(odd_values_are_wrong_signatures),
        TEST(a_key_is_certified_once),
        TEST(a_bad_request_is_refused),
        TEST(a_renewal_ends_the_former_certificate),
        TEST(the_certificate_is_of_our_profile),
        TEST(a_device_that_the_counter_registered_signs),
        TEST(what_was_signed_can_be_shown_years_later),
        TEST(the_factor_is_offered_while_the_certificate_is_in_force),
        TEST(an_ending_certificate_is_told_once),
    };
    return zy_test_main("cert", tests, ZY_COUNT(tests));
}
