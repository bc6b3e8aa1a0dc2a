/* Dynamic tokens: what a code is good for, how often, and what the staff can do with a token. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/approval/approval.h"
#include "service/factor/factor.h"
#include "service/identity/identity.h"
#include "service/token/token_internal.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

#define MINE   "ZY00000001"
#define SPARE  "ZY00000002"
#define OTHERS "ZY00000003"

static zy_env *env;
static zy_api_registry *registry;
static zy_json *said;
static zy_id mine, somebody, requested; /* requested: the last one */
static const zy_id MAKER = { 11 }, CHECKER = { 12 };
static const uint8_t ORDER[ZY_SM3_BYTES] = { 1, 2, 3 }, ANOTHER_ORDER[ZY_SM3_BYTES] = { 1, 2, 4 };

static const char FILE_TEXT[] = "# of the maker\n" MINE ",00112233445566778899aabbccddeeff\n" SPARE
                                ",000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n" OTHERS
                                ",ffeeddccbbaa99887766554433221100\n";

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
    return strcmp(permission, "token.make") == 0 || strcmp(permission, "token.view") == 0;
}

static int set_up(void **state)
{
    (void)state;
    const zy_api_hooks hooks = { NULL, let_in, NULL };
    said = NULL;
    if (zy_test_env_open(&env) != ZY_OK || zy_registry_new(env, &registry, NULL) != ZY_OK ||
        zy_registry_add(registry, ZY_TOKEN_APIS, ZY_TOKEN_API_COUNT, NULL) != ZY_OK || zy_token_start(env, NULL) != ZY_OK)
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
    zy_registry_free(registry);
    zy_test_env_close(env);
    return 0;
}

static void turn(zy_dur by)
{
    zy_clock_fake_turn(zy_test_env_clock(env), by);
}

/* --- calls --- */

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
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.7"), .customer = who };
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

static const char *text(const char *key)
{
    static char out[64];
    zy_str s = { 0 };
    if (!zy_json_str(zy_json_get(said, "body"), key, &s))
        fail_msg("no text %s", key);
    ASSERT_OK(zy_str_copy(s, out, sizeof out));
    return out;
}

static zy_status decide(bool approve)
{
    return zy_approval_decide(env, requested, CHECKER, approve, ZY_STR("看过"), NULL);
}

static void import_file(void)
{
    char base64[1000], body[1200];
    zy_base64_encode(FILE_TEXT, sizeof FILE_TEXT - 1, base64);
    snprintf(body, sizeof body, "{\"file\":\"%s\",\"reason\":\"新到一批\"}", base64);
    ASSERT_OK(as_staff("token.import", body));
}

static zy_status ask_assign(const char *serial, zy_id customer)
{
    char id[ZY_ID_TEXT_MAX], body[200];
    zy_id_format(customer, id);
    snprintf(body, sizeof body, "{\"serial\":\"%s\",\"customer_id\":\"%s\",\"reason\":\"柜台领取\"}", serial, id);
    return as_staff("token.assign", body);
}

static zy_status ask_deed(const char *api, const char *serial)
{
    char body[200];
    snprintf(body, sizeof body, "{\"serial\":\"%s\",\"reason\":\"客户要求\"}", serial);
    return as_staff(api, body);
}

static const char *state_of(zy_id customer)
{
    ASSERT_OK(as_customer(customer, "token.get", "{}"));
    return text("state");
}

/* --- what the devices show --- */

typedef struct code {
    char digits[ZY_TOKEN_DIGITS + 1];
} code;

/* The code that a token shows whose clock is `off` steps ahead of ours. */
static code shown(const char *serial, int64_t off, const char *challenge)
{
    ZY_AUTO(zy_token_file_free) zy_token_file *file = NULL;
    code c = { { 0 } };
    ASSERT_OK(zy_token_file_parse(zy_str_of(FILE_TEXT), &file, NULL));
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->lines[i].serial, serial) == 0)
            ASSERT_OK(zy_token_code(file->lines[i].seed, file->lines[i].seed_n, zy_env_now(env).ms / 60000 + off,
                                    zy_str_of(challenge), c.digits));
    assert_int_equal(strlen(c.digits), ZY_TOKEN_DIGITS);
    return c;
}

static code code_for(const char *serial, int64_t off, const uint8_t order[ZY_SM3_BYTES])
{
    char challenge[ZY_TOKEN_CHALLENGE_CHARS + 1];
    ASSERT_OK(zy_token_challenge(order, challenge));
    return shown(serial, off, challenge);
}

static code another(code c)
{
    c.digits[0] = (char)('0' + (c.digits[0] - '0' + 1) % 10);
    return c;
}

static zy_status two(zy_id who, const char *api, const char *serial, code first, code second)
{
    char body[200], named[60] = "";
    if (serial != NULL)
        snprintf(named, sizeof named, "\"serial\":\"%s\",", serial);
    snprintf(body, sizeof body, "{%s\"code\":\"%s\",\"next_code\":\"%s\"}", named, first.digits, second.digits);
    return as_customer(who, api, body);
}

/* A token of `who`, activated by its codes of the last and of this minute. */
static void give(const char *serial, zy_id who)
{
    ASSERT_OK(ask_assign(serial, who));
    ASSERT_OK(decide(true));
    ASSERT_OK(two(who, "token.activate", serial, shown(serial, -1, ""), shown(serial, 0, "")));
    turn(ZY_MINUTES(1));
}

static void give_mine(void)
{
    import_file();
    ASSERT_OK(decide(true));
    give(MINE, mine);
}

/* --- the factor --- */

static zy_status verify_as(zy_id who, const uint8_t order[ZY_SM3_BYTES], code c, zy_json *evidence)
{
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.7"), .customer = who };
    zy_call call = { .env = env, .caller = &caller, .now = zy_env_now(env) };
    const zy_factor_subject subject = { .customer = who, .digest = order };
    const zy_factor_value value = { .text = zy_str_of(c.digits) };
    return ZY_TOKEN_FACTOR.check(&call, &subject, &value, evidence, NULL);
}

static zy_status verify(const uint8_t order[ZY_SM3_BYTES], code c)
{
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    return verify_as(mine, order, c, evidence);
}

static void the_code_to_an_orders_challenge_is_accepted_once(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-txn-verify.p3", "mb.auth-tech-choice.a3", "mb.auth-methods.p2");
    give_mine();
    code c = code_for(MINE, 0, ORDER);
    ASSERT_OK(verify(ORDER, c));
    ASSERT_STATUS(verify(ORDER, c), ZY_FACTOR_WRONG);
    turn(ZY_MINUTES(1));
    ASSERT_STATUS(verify(ORDER, c), ZY_FACTOR_WRONG);
    ASSERT_OK(verify(ORDER, code_for(MINE, 0, ORDER)));
}

static void a_code_is_good_for_its_own_order_alone(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-design.d-ii");
    give_mine();
    ASSERT_STATUS(verify(ANOTHER_ORDER, code_for(MINE, 0, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(verify(ORDER, shown(MINE, 0, "")), ZY_FACTOR_WRONG); /* a code of the moment pays for nothing */
    ASSERT_OK(verify(ORDER, code_for(MINE, 0, ORDER)));
}

static void the_code_of_somebody_elses_token_is_refused(void **state)
{
    (void)state;
    ZY_PROVES("mb.def-txn-verify.p3", "mb.auth-tech-choice.a3");
    give_mine();
    give(OTHERS, somebody);
    ASSERT_STATUS(verify(ORDER, code_for(OTHERS, 0, ORDER)), ZY_FACTOR_WRONG);
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    ASSERT_OK(verify_as(somebody, ORDER, code_for(OTHERS, 0, ORDER), evidence));
}

enum { AT_ONCE = 32 };
typedef struct racer {
    code c;
    zy_status status;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    r->status = verify(ORDER, r->c);
    return NULL;
}

static void a_code_used_32_times_at_once_succeeds_once(void **state)
{
    (void)state;
    give_mine();
    pthread_t threads[AT_ONCE];
    racer racers[AT_ONCE];
    int won = 0;
    for (int i = 0; i < AT_ONCE; i++) {
        racers[i] = (racer){ code_for(MINE, 0, ORDER), ZY_INTERNAL };
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        won += racers[i].status == ZY_OK;
    }
    assert_int_equal(won, 1);
}

static void begin_shows_the_challenge_of_the_order(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-design.d-ii", "mb.enhanced-auth.g.1");
    give_mine();
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .customer = mine };
    zy_call call = { .env = env, .caller = &caller, .now = zy_env_now(env) };
    const zy_factor_subject subject = { .customer = mine, .digest = ORDER };
    char want[ZY_TOKEN_CHALLENGE_CHARS + 1], other[ZY_TOKEN_CHALLENGE_CHARS + 1];
    zy_str got = { 0 };
    ASSERT_OK(ZY_TOKEN_FACTOR.begin(&call, &subject, body, NULL));
    ASSERT_OK(zy_token_challenge(ORDER, want));
    ASSERT_OK(zy_token_challenge(ANOTHER_ORDER, other));
    assert_true(zy_json_str(body, "challenge", &got));
    ASSERT_STR(got, want);
    assert_string_not_equal(want, other);
    assert_int_equal(strspn(want, "0123456789"), ZY_TOKEN_CHALLENGE_CHARS);
}

typedef struct evidence_job {
    zy_factor_subject subject;
    const zy_json *evidence;
    bool enrolled;
} evidence_job;

static zy_status look_at_evidence(zy_rtx *rtx, void *arg, zy_err *err)
{
    const evidence_job *job = arg;
    return ZY_TOKEN_FACTOR.verify_evidence(rtx, env, &job->subject, job->evidence, err);
}

static zy_status evidence_says(zy_id customer, const uint8_t *order, const zy_json *evidence)
{
    evidence_job job = { { .customer = customer, .digest = order }, evidence, false };
    return zy_db_read(env->db, "test.evidence", look_at_evidence, &job, NULL);
}

static void what_is_kept_fits_the_order_and_the_customer_alone(void **state)
{
    (void)state;
    give_mine();
    ZY_AUTO(zy_json_free) zy_json *evidence = zy_json_object();
    ZY_AUTO_BUF kept = { 0 };
    code c = code_for(MINE, 0, ORDER);
    ASSERT_OK(verify_as(mine, ORDER, c, evidence));
    zy_json_write(evidence, &kept);
    assert_null(strstr(kept.p, c.digits));
    ASSERT_OK(evidence_says(mine, ORDER, evidence));
    ASSERT_STATUS(evidence_says(mine, ANOTHER_ORDER, evidence), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(evidence_says(somebody, ORDER, evidence), ZY_SIGNATURE_BAD);
}

static zy_status look_enrolled(zy_rtx *rtx, void *arg, zy_err *err)
{
    evidence_job *job = arg;
    const zy_caller caller = { .customer = job->subject.customer };
    return ZY_TOKEN_FACTOR.enrolled(rtx, env, &caller, &job->enrolled, err);
}

static bool enrolled(zy_id who)
{
    evidence_job job = { .subject = { .customer = who } };
    ASSERT_OK(zy_db_read(env->db, "test.enrolled", look_enrolled, &job, NULL));
    return job.enrolled;
}

/* --- time --- */

static void a_clock_two_steps_off_is_followed_and_three_are_not(void **state)
{
    (void)state;
    ZY_PROVES("mb.auth-tech-choice.a3");
    give_mine();
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 3, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(verify(ORDER, code_for(MINE, 2, ORDER)));
    turn(ZY_MINUTES(10));
    ASSERT_OK(verify(ORDER, code_for(MINE, 4, ORDER))); /* two were learned */
    turn(ZY_MINUTES(10));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 1, ORDER)), ZY_FACTOR_WRONG);
}

static void a_step_before_the_last_used_one_is_refused(void **state)
{
    (void)state;
    give_mine();
    turn(ZY_MINUTES(10));
    ASSERT_OK(verify(ORDER, code_for(MINE, 1, ORDER)));
    ASSERT_STATUS(verify(ANOTHER_ORDER, code_for(MINE, 0, ANOTHER_ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(verify(ANOTHER_ORDER, code_for(MINE, 1, ANOTHER_ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(verify(ANOTHER_ORDER, code_for(MINE, 2, ANOTHER_ORDER)));
}

static void two_codes_bring_a_token_back_that_ran_ten_steps_off(void **state)
{
    (void)state;
    give_mine();
    turn(ZY_MINUTES(60));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, -9, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(two(mine, "token.sync", NULL, shown(MINE, -9, ""), shown(MINE, -7, "")), ZY_FACTOR_WRONG);
    ASSERT_STATUS(two(mine, "token.sync", NULL, shown(MINE, -11, ""), shown(MINE, -10, "")), ZY_FACTOR_WRONG);
    ASSERT_OK(two(mine, "token.sync", NULL, shown(MINE, -9, ""), shown(MINE, -8, "")));
    turn(ZY_MINUTES(1));
    ASSERT_OK(verify(ORDER, code_for(MINE, -8, ORDER)));
}

/* --- wrong codes --- */

static void five_wrong_codes_stop_the_right_one_for_half_an_hour(void **state)
{
    (void)state;
    give_mine();
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(verify(ORDER, another(code_for(MINE, 0, ORDER))), ZY_FACTOR_WRONG);
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_LOCKED);
    turn(ZY_MS(30 * 60000 - 1));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_LOCKED);
    turn(ZY_MS(1));
    ASSERT_OK(verify(ORDER, code_for(MINE, 0, ORDER)));
}

static void wrong_ten_times(void)
{
    for (int i = 0; i < 10; i++) {
        if (i == 5)
            turn(ZY_MINUTES(30));
        ASSERT_STATUS(verify(ORDER, another(code_for(MINE, 0, ORDER))), ZY_FACTOR_WRONG);
    }
}

static void ten_wrong_codes_in_a_day_lock_the_token_until_staff_lift_it(void **state)
{
    (void)state;
    give_mine();
    wrong_ten_times();
    assert_string_equal(state_of(mine), "locked");
    assert_false(enrolled(mine));
    turn(ZY_DAYS(3));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_LOCKED);
    ASSERT_OK(ask_deed("token.unlock", MINE));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_LOCKED);
    ASSERT_OK(decide(true));
    assert_true(enrolled(mine));
    ASSERT_OK(verify(ORDER, code_for(MINE, 0, ORDER)));
}

static void guessing_never_gets_more_than_its_tries(void **state)
{
    (void)state;
    give_mine();
    int judged = 0;
    for (int minute = 0; minute < 24 * 60; minute += 5) { /* a day's guesses from everywhere */
        zy_status status = verify(ORDER, another(code_for(MINE, 0, ORDER)));
        judged += status == ZY_FACTOR_WRONG;
        assert_true(status == ZY_FACTOR_WRONG || status == ZY_LOCKED);
        turn(ZY_MINUTES(5));
    }
    assert_int_equal(judged, 10);
}

static void odd_values_are_wrong_codes(void **state)
{
    (void)state;
    give_mine();
    static const code ODD[] = { { "" }, { "12345" }, { "abcdef" } };
    for (size_t i = 0; i < ZY_COUNT(ODD); i++)
        ASSERT_STATUS(verify(ORDER, ODD[i]), ZY_FACTOR_WRONG);
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .customer = mine };
    zy_call call = { .env = env, .caller = &caller, .now = zy_env_now(env) };
    const zy_factor_subject subject = { .customer = mine, .digest = ORDER };
    const zy_factor_value value = { .has_secret = true };
    ASSERT_STATUS(ZY_TOKEN_FACTOR.check(&call, &subject, &value, NULL, NULL), ZY_BAD_FIELD);
}

/* --- activation --- */

static void a_token_is_worth_nothing_before_its_activation(void **state)
{
    (void)state;
    import_file();
    ASSERT_OK(decide(true));
    assert_string_equal(state_of(mine), "none");
    ASSERT_OK(ask_assign(MINE, mine));
    assert_string_equal(state_of(mine), "none");
    ASSERT_OK(decide(true));
    assert_string_equal(state_of(mine), "inactive");
    assert_false(enrolled(mine));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(two(mine, "token.activate", MINE, shown(MINE, -1, ""), shown(MINE, 0, "")));
    assert_string_equal(state_of(mine), "active");
    assert_true(enrolled(mine));
    assert_string_equal(text("serial_tail"), "0001");
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_FACTOR_WRONG); /* its step was used up */
}

static void activation_fails_alike_for_every_reason(void **state)
{
    (void)state;
    import_file();
    ASSERT_OK(decide(true));
    ASSERT_OK(ask_assign(MINE, mine));
    ASSERT_OK(decide(true));
    code first = shown(MINE, -1, ""), second = shown(MINE, 0, "");
    ASSERT_STATUS(two(mine, "token.activate", SPARE, first, second), ZY_FACTOR_WRONG);      /* another serial */
    ASSERT_STATUS(two(mine, "token.activate", MINE, second, first), ZY_FACTOR_WRONG);       /* the wrong way round */
    ASSERT_STATUS(two(mine, "token.activate", MINE, first, another(second)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(two(somebody, "token.activate", MINE, first, second), ZY_FACTOR_WRONG);   /* somebody else's */
    ASSERT_OK(two(mine, "token.activate", MINE, first, second));
    ASSERT_STATUS(two(mine, "token.activate", MINE, first, second), ZY_FACTOR_WRONG);       /* twice */
}

static void whoever_has_no_token_is_locked_like_the_others(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(verify(ORDER, (code){ "123456" }), ZY_FACTOR_WRONG);
    ASSERT_STATUS(verify(ORDER, (code){ "123456" }), ZY_LOCKED);
}

/* --- loss, replacement, end --- */

static void a_token_that_was_reported_lost_is_closed_at_once(void **state)
{
    (void)state;
    give_mine();
    ASSERT_OK(as_customer(mine, "token.lost", "{}"));
    assert_string_equal(state_of(mine), "lost");
    assert_false(enrolled(mine));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(as_customer(mine, "token.lost", "{}"), ZY_NOT_FOUND);
}

static zy_status ask_replace(const char *old, const char *fresh)
{
    char body[200];
    snprintf(body, sizeof body, "{\"serial\":\"%s\",\"new_serial\":\"%s\",\"reason\":\"电池耗尽\"}", old, fresh);
    return as_staff("token.replace", body);
}

static void a_replacement_retires_the_old_token_and_its_seed(void **state)
{
    (void)state;
    give_mine();
    ASSERT_OK(ask_replace(MINE, SPARE));
    ASSERT_OK(decide(true));
    assert_string_equal(state_of(mine), "inactive");
    ASSERT_OK(two(mine, "token.activate", SPARE, shown(SPARE, -1, ""), shown(SPARE, 0, "")));
    turn(ZY_MINUTES(1));
    ASSERT_STATUS(verify(ORDER, code_for(MINE, 0, ORDER)), ZY_FACTOR_WRONG);
    ASSERT_OK(verify(ORDER, code_for(SPARE, 0, ORDER)));
    ASSERT_STATUS(ask_deed("token.retire", MINE), ZY_STATE_CONFLICT);
    ASSERT_STATUS(ask_replace(SPARE, MINE), ZY_STATE_CONFLICT);
}

static void deeds_need_the_right_state_and_two_people(void **state)
{
    (void)state;
    give_mine();
    ASSERT_STATUS(ask_assign(MINE, somebody), ZY_STATE_CONFLICT);
    ASSERT_STATUS(ask_assign(SPARE, mine), ZY_STATE_CONFLICT); /* has one */
    ASSERT_STATUS(ask_assign(SPARE, (zy_id){ 77 }), ZY_NOT_FOUND);
    ASSERT_STATUS(ask_assign("ZY99999999", somebody), ZY_NOT_FOUND);
    ASSERT_STATUS(ask_deed("token.unlock", MINE), ZY_STATE_CONFLICT);
    ASSERT_STATUS(ask_deed("token.lost", SPARE), ZY_STATE_CONFLICT);
    ASSERT_OK(ask_deed("token.lost", MINE));
    ASSERT_STATUS(zy_approval_decide(env, requested, MAKER, true, ZY_STR(""), NULL), ZY_MAKER_IS_CHECKER);
    assert_string_equal(state_of(mine), "active");
    ASSERT_OK(decide(true));
    assert_string_equal(state_of(mine), "lost");
}

/* --- import --- */

static size_t in_stock(void)
{
    ASSERT_OK(as_staff("token.search", "{\"state\":\"stock\"}"));
    return zy_json_count(zy_json_get(zy_json_get(said, "body"), "tokens"));
}

static void a_file_of_seeds_waits_for_the_checker(void **state)
{
    (void)state;
    import_file();
    assert_int_equal(in_stock(), 0);
    ASSERT_OK(decide(true));
    assert_int_equal(in_stock(), 3);
    char base64[1000], body[1200];
    zy_base64_encode(FILE_TEXT, sizeof FILE_TEXT - 1, base64);
    snprintf(body, sizeof body, "{\"file\":\"%s\",\"reason\":\"又一次\"}", base64);
    ASSERT_STATUS(as_staff("token.import", body), ZY_ALREADY_EXISTS);
}

static void a_file_that_nobody_approves_is_dropped(void **state)
{
    (void)state;
    int64_t dropped = 0;
    import_file();
    turn(ZY_DAYS(7));
    ASSERT_OK(zy_token_expire(env, 10, &dropped, NULL));
    assert_int_equal(dropped, 0);
    turn(ZY_MS(ZY_DAYS(1).ms + 1));
    ASSERT_OK(zy_token_expire(env, 10, &dropped, NULL));
    assert_int_equal(dropped, 1);
    ASSERT_STATUS(decide(true), ZY_STATE_CONFLICT);
    assert_int_equal(in_stock(), 0);
}

static zy_status read_everything(zy_rtx *rtx, void *arg, zy_err *err)
{
    static const zy_sql SQL = { "test.all_text",
        "SELECT hex(seed) || ' ' FROM token UNION ALL SELECT hex(content) FROM token_batch"
        " UNION ALL SELECT payload || before_state || after_state FROM approval_request UNION ALL SELECT detail FROM audit_record",
        0,
        "SELECT upper(encode(seed, 'hex')) FROM token UNION ALL SELECT upper(encode(content, 'hex')) FROM token_batch"
        " UNION ALL SELECT payload || before_state || after_state FROM approval_request UNION ALL SELECT detail FROM audit_record" };
    zy_buf *out = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL, ZY_NO_ARGS, &rows, err));
    for (bool more = true; more;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (more)
            zy_buf_str(out, zy_col_text(rows, 0));
    }
    return ZY_OK;
}

static void no_seed_stands_in_clear_in_any_row(void **state)
{
    (void)state;
    ZY_AUTO_BUF all = { 0 };
    import_file();
    ASSERT_OK(zy_db_read(env->db, "test.all", read_everything, &all, NULL)); /* while the file waits */
    ASSERT_OK(decide(true));
    give(MINE, mine);
    ASSERT_OK(zy_db_read(env->db, "test.all", read_everything, &all, NULL));
    assert_non_null(strstr(all.p, MINE)); /* serials may */
    static const char *const SEEDS[] = { "00112233445566778899AABBCCDDEEFF", "00112233445566778899aabbccddeeff",
                                         "000102030405060708090A0B", "FFEEDDCCBBAA99887766", "30303131323233333434" };
    for (size_t i = 0; i < ZY_COUNT(SEEDS); i++)
        assert_null(strstr(all.p, SEEDS[i]));
}

static void a_file_is_read_strictly(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", "\n# nothing\n", "ZY00000001\n", "ZY00000001,0011\n", "zy00000001,00112233445566778899aabbccddeeff\n",
        "ZY1,00112233445566778899aabbccddeeff\n", "ZY00000001,00112233445566778899aabbccddeeff,\n",
        "ZY00000001,00112233445566778899aabbccddeefg\n",
        "ZY00000001,00112233445566778899aabbccddeeff\nZY00000001,10112233445566778899aabbccddeeff\n",
        "ZY00000001,000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20\n",
    };
    for (size_t i = 0; i < ZY_COUNT(BAD); i++) {
        zy_token_file *file = NULL;
        zy_err err = { 0 };
        ASSERT_STATUS(zy_token_file_parse(zy_str_of(BAD[i]), &file, &err), ZY_BAD_FIELD);
        assert_null(strstr(err.detail, "0011"));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_code_to_an_orders_challenge_is_accepted_once),
        TEST(a_code_is_good_for_its_own_order_alone),
        TEST(the_code_of_somebody_elses_token_is_refused),
        TEST(a_code_used_32_times_at_once_succeeds_once),
        TEST(begin_shows_the_challenge_of_the_order),
        TEST(what_is_kept_fits_the_order_and_the_customer_alone),
        TEST(a_clock_two_steps_off_is_followed_and_three_are_not),
        TEST(a_step_before_the_last_used_one_is_refused),
        TEST(two_codes_bring_a_token_back_that_ran_ten_steps_off),
        TEST(five_wrong_codes_stop_the_right_one_for_half_an_hour),
        TEST(ten_wrong_codes_in_a_day_lock_the_token_until_staff_lift_it),
        TEST(guessing_never_gets_more_than_its_tries),
        TEST(odd_values_are_wrong_codes),
        TEST(a_token_is_worth_nothing_before_its_activation),
        TEST(activation_fails_alike_for_every_reason),
        TEST(whoever_has_no_token_is_locked_like_the_others),
        TEST(a_token_that_was_reported_lost_is_closed_at_once),
        TEST(a_replacement_retires_the_old_token_and_its_seed),
        TEST(deeds_need_the_right_state_and_two_people),
        TEST(a_file_of_seeds_waits_for_the_checker),
        TEST(a_file_that_nobody_approves_is_dropped),
        TEST(no_seed_stands_in_clear_in_any_row),
        TEST(a_file_is_read_strictly),
    };
    return zy_test_main("token", tests, ZY_COUNT(tests));
}
