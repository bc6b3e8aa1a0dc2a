#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/identity/identity.h"
#include "service/outbox/outbox.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

#define LOGIN     ZY_STR("login:abc")
#define ORDER     ZY_STR("order:0123456789abcdef")
#define TO_LOG_IN ZY_STR("登录手机银行")
#define TO_PAY    ZY_STR("向*三转账100.00元，尾号1234")
#define LIFE_S    60

enum { CUSTOMERS = 3 };

typedef struct fixture {
    zy_env *env;
    zy_id customers[CUSTOMERS];
    zy_caller caller;
    zy_call call;
} fixture;

static void phone_of(int i, char out[16])
{
    snprintf(out, 16, "1380000000%d", i % 10);
}

static zy_status insert_customer(zy_tx *tx, void *arg, zy_err *err)
{
    void **args = arg;
    return zy_customer_insert(tx, args[0], args[1], args[2], err);
}

static zy_id make_customer(zy_env *env, int i)
{
    char phone[16], number[16], id_no[32];
    const zy_secret secret = { .bytes = "Secret-123", .n = 10 };
    phone_of(i, phone);
    snprintf(number, sizeof number, "9000%d", i % 10);
    snprintf(id_no, sizeof id_no, "11010119900101000%d", i % 10);
    const zy_customer_new customer = { .customer_no = zy_str_of(number), .name = ZY_STR("张三"), .id_no = zy_str_of(id_no),
                                       .phone = zy_str_of(phone), .login_password = &secret, .pay_password = &secret,
                                       .password_rounds = 10000 };
    zy_customer_row *row = NULL;
    zy_id id = { 0 };
    ASSERT_OK(zy_customer_prepare(env, &customer, &row, NULL));
    void *args[] = { env, row, &id };
    ASSERT_OK(zy_db_run(env->db, "test.customer", insert_customer, args, NULL));
    zy_customer_row_free(row);
    return id;
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    ASSERT_OK(zy_test_env_open(&f->env));
    zy_param_register(ZY_SMS_CODE_PARAMS, ZY_SMS_CODE_PARAM_COUNT); /* a real bank's limits, though this is a test bank */
    zy_sms_code_start(f->env);
    for (int i = 0; i < CUSTOMERS; i++)
        f->customers[i] = make_customer(f->env, i);
    f->caller = (zy_caller){ .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("192.0.2.7") };
    f->call = (zy_call){ .env = f->env, .caller = &f->caller, .now = zy_env_now(f->env) };
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    zy_test_env_close(f->env);
    free(f);
    return 0;
}

static void turn(fixture *f, zy_dur by)
{
    zy_clock_fake_turn(zy_test_env_clock(f->env), by);
    f->call.now = zy_env_now(f->env);
}

static zy_status begin(fixture *f, int customer, zy_str binding, bool in_session)
{
    char phone[ZY_MASK_MAX];
    zy_time ends;
    return zy_sms_code_begin(&f->call, f->customers[customer], binding, in_session, in_session ? TO_PAY : TO_LOG_IN, phone, &ends,
                             NULL);
}

static zy_status check(fixture *f, int customer, zy_str binding, zy_str code)
{
    return zy_sms_code_check(&f->call, f->customers[customer], binding, code, NULL);
}

/* Delivers what waits and reads the newest text to the customer's phone. */
static void newest_text(fixture *f, int customer, zy_buf *ret_text)
{
    char phone[16], path[300];
    zy_time at;
    int sent = 0;
    ASSERT_OK(zy_outbox_run_once(f->env, &sent, NULL));
    phone_of(customer, phone);
    snprintf(path, sizeof path, "%s/mailbox.jsonl", zy_test_env_folder());
    ASSERT_OK(zy_mailbox_newest(path, zy_str_of(phone), &at, ret_text));
}

typedef struct code {
    char digits[8];
} code;

/* The six digits behind 验证码. */
static code newest_code(fixture *f, int customer)
{
    ZY_AUTO_BUF text = { 0 };
    code c = { { 0 } };
    newest_text(f, customer, &text);
    const char *at = strstr(text.p, "验证码");
    assert_non_null(at);
    memcpy(c.digits, at + strlen("验证码"), 6);
    assert_int_equal(strspn(c.digits, "0123456789"), 6);
    return c;
}

static code wrong_code(code right)
{
    right.digits[5] = (char)('0' + (right.digits[5] - '0' + 1) % 10);
    return right;
}

/* --- using --- */

static void right_code_is_accepted_once(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.2", "mb.login-factors.d2-i", "mb.system-design-tech.a24-2", "j225.6.2.1.3.sms.b",
              "j225.6.2.1.3.sms.d", "mb.auth-mechanism.b");
    fixture *f = *state;
    ASSERT_OK(begin(f, 0, LOGIN, false));
    code c = newest_code(f, 0);
    ASSERT_OK(check(f, 0, LOGIN, zy_str_of(c.digits)));
    ASSERT_STATUS(check(f, 0, LOGIN, zy_str_of(c.digits)), ZY_CODE_EXPIRED);
}

static void code_ends_at_exactly_60_seconds(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.3", "mb.login-factors.d2-ii", "mb.system-design-tech.a24-1");
    fixture *f = *state;
    ASSERT_OK(begin(f, 0, LOGIN, false));
    ASSERT_OK(begin(f, 1, LOGIN, false));
    code early = newest_code(f, 0), late = newest_code(f, 1);
    turn(f, ZY_MS(LIFE_S * 1000 - 1));
    ASSERT_OK(check(f, 0, LOGIN, zy_str_of(early.digits)));
    turn(f, ZY_MS(1));
    ASSERT_STATUS(check(f, 1, LOGIN, zy_str_of(late.digits)), ZY_CODE_EXPIRED);
}

static void third_wrong_try_kills_the_code(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c", "mb.auth-mechanism.b");
    fixture *f = *state;
    ASSERT_OK(begin(f, 0, LOGIN, false));
    ASSERT_OK(begin(f, 1, LOGIN, false));
    code c = newest_code(f, 0), saved = newest_code(f, 1);
    for (int i = 0; i < 2; i++) {
        ASSERT_STATUS(check(f, 0, LOGIN, zy_str_of(wrong_code(c).digits)), ZY_FACTOR_WRONG);
        ASSERT_STATUS(check(f, 1, LOGIN, zy_str_of(wrong_code(saved).digits)), ZY_FACTOR_WRONG);
    }
    ASSERT_OK(check(f, 1, LOGIN, zy_str_of(saved.digits))); /* after two, still good */
    ASSERT_STATUS(check(f, 0, LOGIN, zy_str_of(wrong_code(c).digits)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(check(f, 0, LOGIN, zy_str_of(c.digits)), ZY_CODE_EXPIRED);
}

static void code_is_good_for_its_own_binding_and_customer_alone(void **state)
{
    ZY_PROVES("mb.login-factors.d2-iv");
    fixture *f = *state;
    ASSERT_OK(begin(f, 0, LOGIN, false));
    code c = newest_code(f, 0);
    ASSERT_STATUS(check(f, 0, ORDER, zy_str_of(c.digits)), ZY_CODE_EXPIRED);
    ASSERT_STATUS(check(f, 1, LOGIN, zy_str_of(c.digits)), ZY_CODE_EXPIRED);
    ASSERT_OK(begin(f, 0, ORDER, true));
    code other = newest_code(f, 0);
    if (strcmp(c.digits, other.digits) != 0)
        ASSERT_STATUS(check(f, 0, ORDER, zy_str_of(c.digits)), ZY_FACTOR_WRONG);
    ASSERT_OK(check(f, 0, ORDER, zy_str_of(other.digits)));
    ASSERT_OK(check(f, 0, LOGIN, zy_str_of(c.digits)));
}

static void odd_codes_are_wrong_codes(void **state)
{
    fixture *f = *state;
    ASSERT_OK(begin(f, 0, LOGIN, false));
    code c = newest_code(f, 0);
    char longer[32];
    snprintf(longer, sizeof longer, "%s%s%s", c.digits, c.digits, c.digits);
    ASSERT_STATUS(check(f, 0, LOGIN, ZY_STR("")), ZY_FACTOR_WRONG);
    ASSERT_STATUS(check(f, 0, LOGIN, zy_str_of(longer)), ZY_FACTOR_WRONG);
    ASSERT_STATUS(check(f, 0, (zy_str){ 0 }, zy_str_of(c.digits)), ZY_BAD_FIELD);
    ASSERT_OK(check(f, 0, LOGIN, zy_str_of(c.digits)));
}

enum { RACERS = 32 };
typedef struct racer {
    fixture *f;
    zy_call call;
    zy_caller caller;
    const char *digits;
    zy_status status;
} racer;

static void *race_to_check(void *arg)
{
    racer *r = arg;
    r->status = zy_sms_code_check(&r->call, r->f->customers[0], ORDER, zy_str_of(r->digits), NULL);
    return NULL;
}

static void race(fixture *f, const char *digits, racer racers[RACERS])
{
    pthread_t threads[RACERS];
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (racer){ .f = f, .call = f->call, .caller = f->caller, .digits = digits };
        racers[i].call.caller = &racers[i].caller;
        assert_int_equal(pthread_create(&threads[i], NULL, race_to_check, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++)
        pthread_join(threads[i], NULL);
}

static int count_status(const racer racers[RACERS], zy_status status)
{
    int n = 0;
    for (int i = 0; i < RACERS; i++)
        n += racers[i].status == status;
    return n;
}

static void code_used_from_32_threads_at_once_succeeds_once(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.2", "mb.login-factors.d2-i", "mb.system-design-tech.a24-2");
    fixture *f = *state;
    static racer racers[RACERS];
    ASSERT_OK(begin(f, 0, ORDER, true));
    code c = newest_code(f, 0);
    race(f, c.digits, racers);
    assert_int_equal(count_status(racers, ZY_OK), 1);
    assert_int_equal(count_status(racers, ZY_CODE_EXPIRED), RACERS - 1);
}

static void wrong_tries_at_once_are_all_counted(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.c");
    fixture *f = *state;
    static racer racers[RACERS];
    ASSERT_OK(begin(f, 0, ORDER, true));
    code c = newest_code(f, 0);
    race(f, wrong_code(c).digits, racers);
    assert_int_equal(count_status(racers, ZY_FACTOR_WRONG), 3);
    assert_int_equal(count_status(racers, ZY_CODE_EXPIRED), RACERS - 3);
    ASSERT_STATUS(check(f, 0, ORDER, zy_str_of(c.digits)), ZY_CODE_EXPIRED);
}

/* --- the text --- */

static void text_names_bank_purpose_and_life(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.5", "mb.login-factors.d2-iv", "mb.enhanced-auth.f", "mb.masking-rules.a");
    fixture *f = *state;
    char want[400], phone[ZY_MASK_MAX];
    zy_time ends;
    ZY_AUTO_BUF login = { 0 }, order = { 0 };
    ASSERT_OK(zy_sms_code_begin(&f->call, f->customers[0], LOGIN, false, TO_LOG_IN, phone, &ends, NULL));
    ASSERT_STR(zy_str_of(phone), "138****0000");
    assert_int_equal(ends.ms, f->call.now.ms + LIFE_S * 1000);
    newest_text(f, 0, &login);
    snprintf(want, sizeof want, "【云澜银行】验证码%.6s，您正在登录手机银行，60秒内有效。切勿告诉他人，银行工作人员不会索要。",
             strstr(login.p, "验证码") + strlen("验证码"));
    ASSERT_STR(zy_buf_view(&login), want);
    ASSERT_OK(begin(f, 0, ORDER, true));
    newest_text(f, 0, &order);
    assert_non_null(strstr(order.p, "您正在向*三转账100.00元，尾号1234，"));
}

static void code_without_a_purpose_is_not_made(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.5");
    fixture *f = *state;
    char phone[ZY_MASK_MAX], longest[301];
    zy_time ends;
    memset(longest, 'a', sizeof longest);
    const zy_str purposes[] = { { 0 }, ZY_STR("\xff"), zy_str_bytes(longest, sizeof longest) };
    for (size_t i = 0; i < ZY_COUNT(purposes); i++)
        ASSERT_STATUS(zy_sms_code_begin(&f->call, f->customers[0], LOGIN, false, purposes[i], phone, &ends, NULL), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_sms_code_begin(&f->call, f->customers[0], (zy_str){ 0 }, false, TO_LOG_IN, phone, &ends, NULL), ZY_BAD_FIELD);
}

static void text_that_waited_too_long_is_not_sent(void **state)
{
    fixture *f = *state;
    int sent = 0;
    ASSERT_OK(begin(f, 0, LOGIN, false));
    turn(f, ZY_SECONDS(LIFE_S));
    ASSERT_OK(zy_outbox_run_once(f->env, &sent, NULL));
    assert_int_equal(sent, 0);
}

/* --- limits: codes that a stranger can ask for --- */

static void login_codes_to_a_phone_are_1_a_minute_and_5_an_hour(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.a");
    fixture *f = *state;
    for (int i = 0; i < 5; i++) {
        ASSERT_OK(begin(f, 0, LOGIN, false));
        turn(f, ZY_MS(59999));
        if (i < 4)
            ASSERT_STATUS(begin(f, 0, ZY_STR("login:another"), false), ZY_RATE_LIMITED);
        turn(f, ZY_MS(1));
    }
    ASSERT_STATUS(begin(f, 0, LOGIN, false), ZY_RATE_LIMITED);
    ASSERT_OK(begin(f, 1, LOGIN, false)); /* another phone */
    turn(f, ZY_MINUTES(55));
    ASSERT_OK(begin(f, 0, LOGIN, false)); /* the first is an hour old */
}

static void login_codes_to_a_phone_are_10_a_day(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.a");
    fixture *f = *state;
    for (int i = 0; i < 10; i++) {
        ASSERT_OK(begin(f, 0, LOGIN, false));
        turn(f, ZY_MINUTES(30));
    }
    ASSERT_STATUS(begin(f, 0, LOGIN, false), ZY_LOCKED);
    turn(f, ZY_HOURS(19));
    ASSERT_OK(begin(f, 0, LOGIN, false)); /* the first is a day old */
    ASSERT_STATUS(begin(f, 0, LOGIN, false), ZY_LOCKED);
}

static zy_status begin_at_once(fixture *f, int customer, int64_t n)
{
    char binding[32];
    snprintf(binding, sizeof binding, "login:%d", (int)n);
    return begin(f, customer, zy_str_of(binding), false);
}

static zy_status set_param(zy_tx *tx, void *arg, zy_err *err)
{
    void **args = arg;
    return zy_param_set(tx, args[0], zy_str_of(args[1]), *(int64_t *)args[2], err);
}

static void param(fixture *f, const char *name, int64_t value)
{
    char text[40];
    snprintf(text, sizeof text, "%s", name);
    void *args[] = { f->env, text, &value };
    ASSERT_OK(zy_db_run(f->env->db, "test.param", set_param, args, NULL));
    zy_param_reload();
}

static void life_beyond_60_seconds_cannot_be_set(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.3", "mb.auth-design.d-i");
    fixture *f = *state;
    int64_t value = 61;
    char name[] = "sms.code_life_s";
    void *args[] = { f->env, name, &value };
    ASSERT_STATUS(zy_db_run(f->env->db, "test.param", set_param, args, NULL), ZY_BAD_FIELD);
}

static void login_codes_for_a_device_or_an_address_are_limited_by_the_hour(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.a");
    fixture *f = *state;
    param(f, "sms.device_per_hour", 2);
    param(f, "sms.address_per_hour", 3);
    snprintf(f->caller.device_id, sizeof f->caller.device_id, "device-1");
    for (int i = 0; i < 2; i++)
        ASSERT_OK(begin_at_once(f, i, i));
    ASSERT_STATUS(begin_at_once(f, 2, 2), ZY_RATE_LIMITED); /* the device */
    snprintf(f->caller.device_id, sizeof f->caller.device_id, "device-2");
    ASSERT_OK(begin_at_once(f, 2, 3)); /* what was refused did not count */
    turn(f, ZY_MINUTES(2));
    ASSERT_STATUS(begin_at_once(f, 0, 4), ZY_RATE_LIMITED); /* the address */
    f->caller.address = ZY_STR("192.0.2.8");
    ASSERT_OK(begin_at_once(f, 0, 5));
    turn(f, ZY_MINUTES(58));
    f->caller.address = ZY_STR("192.0.2.7");
    ASSERT_OK(begin_at_once(f, 1, 6));
}

typedef struct asker {
    fixture *f;
    zy_call call;
    zy_caller caller;
    int number;
    zy_status status;
} asker;

static void *ask(void *arg)
{
    asker *a = arg;
    char binding[32], phone[ZY_MASK_MAX];
    zy_time ends;
    snprintf(binding, sizeof binding, "login:%d", a->number);
    a->status = zy_sms_code_begin(&a->call, a->f->customers[0], zy_str_of(binding), false, TO_LOG_IN, phone, &ends, NULL);
    return NULL;
}

static void of_codes_asked_for_at_once_one_is_sent(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.a");
    fixture *f = *state;
    static asker askers[RACERS];
    pthread_t threads[RACERS];
    int made = 0, refused = 0, sent = 0;
    for (int i = 0; i < RACERS; i++) {
        askers[i] = (asker){ .f = f, .call = f->call, .caller = f->caller, .number = i };
        askers[i].call.caller = &askers[i].caller;
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        made += askers[i].status == ZY_OK;
        refused += askers[i].status == ZY_RATE_LIMITED;
    }
    assert_int_equal(made, 1);
    assert_int_equal(refused, RACERS - 1);
    ASSERT_OK(zy_outbox_run_once(f->env, &sent, NULL));
    assert_int_equal(sent, 1);
}

/* --- limits: codes inside a session --- */

static void order_has_one_live_code_resent_after_30_seconds_3_times(void **state)
{
    ZY_PROVES("j225.6.2.1.3.sms.a");
    fixture *f = *state;
    ASSERT_OK(begin(f, 0, ORDER, true));
    code first = newest_code(f, 0);
    turn(f, ZY_MS(29999));
    ASSERT_STATUS(begin(f, 0, ORDER, true), ZY_RATE_LIMITED);
    turn(f, ZY_MS(1));
    ASSERT_OK(begin(f, 0, ORDER, true));
    code second = newest_code(f, 0);
    if (strcmp(first.digits, second.digits) != 0)
        ASSERT_STATUS(check(f, 0, ORDER, zy_str_of(first.digits)), ZY_FACTOR_WRONG);
    ASSERT_OK(check(f, 0, ORDER, zy_str_of(second.digits)));
    turn(f, ZY_SECONDS(30));
    ASSERT_OK(begin(f, 0, ORDER, true));
    turn(f, ZY_SECONDS(30));
    ASSERT_STATUS(begin(f, 0, ORDER, true), ZY_LOCKED);
    ASSERT_OK(begin(f, 0, ZY_STR("order:another"), true)); /* another order at once */
}

static void groups_are_counted_apart(void **state)
{
    fixture *f = *state;
    param(f, "sms.session_per_day", 5);
    for (int i = 0; i < 5; i++) {
        char binding[32];
        snprintf(binding, sizeof binding, "order:%d", i);
        ASSERT_OK(begin(f, 0, zy_str_of(binding), true));
    }
    ASSERT_STATUS(begin(f, 0, ORDER, true), ZY_LOCKED);
    ASSERT_OK(begin(f, 0, LOGIN, false)); /* no minute's wait for the orders' codes */
    ASSERT_OK(begin(f, 1, LOGIN, false));
    ASSERT_OK(begin(f, 1, ORDER, true));
}

/* --- what is kept --- */

static const zy_sql SQL_ALL_CODES = { "test.codes",
    "SELECT state, digest, phone, binding, event FROM sms_code ORDER BY id", 0, NULL };
static const zy_sql SQL_ALL_OUTBOX = { "test.outbox", "SELECT payload FROM outbox", 0, NULL };
static const zy_sql SQL_AUDIT = { "test.audit",
    "SELECT event, result, detail FROM audit_record WHERE event LIKE 'sms.%' ORDER BY id", 0, NULL };

typedef struct dump {
    const zy_sql *sql;
    int columns;
    zy_buf out;
    int rows;
} dump;

static zy_status dump_rows(zy_rtx *rtx, void *arg, zy_err *err)
{
    dump *d = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query(rtx, d->sql, ZY_NO_ARGS, &stmt, err));
    for (bool more = true;; d->rows++) {
        ZY_TRY(zy_stmt_next(stmt, &more, err));
        if (!more)
            return ZY_OK;
        for (int i = 0; i < d->columns; i++) {
            zy_buf_str(&d->out, d->sql == &SQL_ALL_OUTBOX || (d->sql == &SQL_ALL_CODES && i >= 1 && i <= 3) ? zy_col_blob(stmt, i)
                                                                                                          : zy_col_text(stmt, i));
            zy_buf_char(&d->out, i + 1 < d->columns ? ' ' : '\n');
        }
    }
}

static void dump_all(fixture *f, dump *d)
{
    d->rows = 0;
    ASSERT_OK(zy_db_read(f->env->db, "test.dump", dump_rows, d, NULL));
}

static void code_and_phone_stand_nowhere_in_the_database(void **state)
{
    ZY_PROVES("mb.enhanced-auth.f");
    fixture *f = *state;
    dump codes = { .sql = &SQL_ALL_CODES, .columns = 4 }, outbox = { .sql = &SQL_ALL_OUTBOX, .columns = 1 };
    dump audit = { .sql = &SQL_AUDIT, .columns = 3 };
    ASSERT_OK(begin(f, 0, LOGIN, false));
    dump_all(f, &outbox); /* before it is sent and emptied */
    code c = newest_code(f, 0);
    dump_all(f, &codes);
    dump_all(f, &audit);
    assert_int_equal(codes.rows, 1);
    assert_int_equal(outbox.rows, 1);
    assert_int_equal(audit.rows, 1);
    const dump *all[] = { &codes, &outbox, &audit };
    for (size_t i = 0; i < ZY_COUNT(all); i++) {
        assert_null(memmem(all[i]->out.p, all[i]->out.n, c.digits, 6));
        assert_null(memmem(all[i]->out.p, all[i]->out.n, "13800000000", 11));
    }
    zy_buf_free(&codes.out);
    zy_buf_free(&outbox.out);
    zy_buf_free(&audit.out);
}

static void each_step_leaves_its_audit_record(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b2.1");
    fixture *f = *state;
    dump audit = { .sql = &SQL_AUDIT, .columns = 2 };
    ASSERT_OK(begin(f, 0, LOGIN, false));
    code c = newest_code(f, 0);
    ASSERT_STATUS(check(f, 0, LOGIN, zy_str_of(wrong_code(c).digits)), ZY_FACTOR_WRONG);
    ASSERT_OK(check(f, 0, LOGIN, zy_str_of(c.digits)));
    ASSERT_STATUS(check(f, 0, LOGIN, zy_str_of(c.digits)), ZY_CODE_EXPIRED);
    dump_all(f, &audit);
    ASSERT_STR(zy_buf_view(&audit.out), "sms.sent OK\nsms.wrong FACTOR_WRONG\nsms.ok OK\nsms.wrong CODE_EXPIRED\n");
    zy_buf_free(&audit.out);
}

static zy_status expire(zy_tx *tx, void *arg, zy_err *err)
{
    fixture *f = ((void **)arg)[0];
    return zy_sms_code_expire(tx, f->call.now, 100, ((void **)arg)[1], err);
}

static void rows_that_no_limit_counts_are_dropped(void **state)
{
    fixture *f = *state;
    int64_t dropped = 0;
    void *args[] = { f, &dropped };
    ASSERT_OK(begin(f, 0, LOGIN, false));
    turn(f, ZY_DAYS(2));
    ASSERT_OK(begin(f, 1, LOGIN, false));
    ASSERT_OK(zy_db_run(f->env->db, "test.expire", expire, args, NULL));
    assert_int_equal(dropped, 0); /* exactly two days old */
    turn(f, ZY_MS(1));
    ASSERT_OK(zy_db_run(f->env->db, "test.expire", expire, args, NULL));
    assert_int_equal(dropped, 2); /* the code, and its phone's row */
}

/* --- how codes are made --- */

static void codes_are_evenly_spread(void **state)
{
    ZY_PROVES("mb.system-design-tech.a12-1", "mb.login-factors.d2-iii", "mb.auth-mechanism.b2.4");
    (void)state;
    enum { CODES = 20000 };
    int seen[6][10] = { { 0 } };
    char digits[8];
    for (uint32_t i = 0; i < CODES; i++) {
        ASSERT_OK(zy_sms_code_digits(ZY_STR("the digest of a binding, 32 bytes"), i, digits));
        assert_int_equal(strlen(digits), 6);
        for (int k = 0; k < 6; k++)
            seen[k][digits[k] - '0']++;
    }
    for (int k = 0; k < 6; k++) {
        double chi_square = 0;
        for (int d = 0; d < 10; d++)
            chi_square += (seen[k][d] - CODES / 10.0) * (seen[k][d] - CODES / 10.0) / (CODES / 10.0);
        assert_true(chi_square < 46); /* 9 degrees of freedom: less than one in a million passes it by chance */
    }
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        EACH(right_code_is_accepted_once),
        EACH(code_ends_at_exactly_60_seconds),
        EACH(life_beyond_60_seconds_cannot_be_set),
        EACH(third_wrong_try_kills_the_code),
        EACH(code_is_good_for_its_own_binding_and_customer_alone),
        EACH(odd_codes_are_wrong_codes),
        EACH(code_used_from_32_threads_at_once_succeeds_once),
        EACH(wrong_tries_at_once_are_all_counted),
        EACH(text_names_bank_purpose_and_life),
        EACH(code_without_a_purpose_is_not_made),
        EACH(text_that_waited_too_long_is_not_sent),
        EACH(login_codes_to_a_phone_are_1_a_minute_and_5_an_hour),
        EACH(login_codes_to_a_phone_are_10_a_day),
        EACH(login_codes_for_a_device_or_an_address_are_limited_by_the_hour),
        EACH(of_codes_asked_for_at_once_one_is_sent),
        EACH(order_has_one_live_code_resent_after_30_seconds_3_times),
        EACH(groups_are_counted_apart),
        EACH(code_and_phone_stand_nowhere_in_the_database),
        EACH(each_step_leaves_its_audit_record),
        EACH(rows_that_no_limit_counts_are_dropped),
        EACH(codes_are_evenly_spread),
    };
    return zy_test_main("sms_code", tests, ZY_COUNT(tests));
}
