/* The whole way of a transfer through the dispatcher: accounts, orders, factors, postings, on both engines. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank/account/account.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "service/identity/identity.h"
#include "service/identity/standing.h"
#include "service/notify/notify.h"
#include "zy_test.h"
#include "zy_test_env.h"

enum { MONEY = 20000000, PREPARED_ID_MAX = 64 };
#define START ((zy_time){ INT64_C(1795399200000) }) /* 2026-11-23 10:00 in Beijing */

typedef struct person {
    zy_id customer, account, second;
    char number[24], second_number[24];
    const char *name, *phone, *pay_password;
    zy_caller caller;
    uint8_t channel_th[32];
} person;

typedef struct bank {
    zy_env *made, env;
    zy_clock *clock;
    zy_api_registry *registry;
    person li, wang;
    unsigned serial; /* of idempotency ids */
    zy_err err;
} bank;

typedef struct order {
    char id[ZY_ID_TEXT_MAX], digest[2 * ZY_SM3_BYTES + 1], text[2000];
} order;

/* ---- the bank ---- */

static zy_status test_login(zy_env *env, zy_caller *caller, const zy_api *api, zy_time now, zy_err *err)
{
    (void)env, (void)api, (void)now;
    return caller->customer.v != 0 ? ZY_OK : zy_fail(err, ZY_LOGIN_REQUIRED, "", "nobody");
}

static zy_status test_rotate(zy_caller *caller, zy_str login_id, uint8_t digest[ZY_SM3_BYTES], uint8_t k_res[ZY_SM3_BYTES], zy_err *err)
{
    (void)caller, (void)login_id, (void)digest, (void)k_res;
    return zy_fail(err, ZY_INTERNAL, "", "no login in these tests");
}

static void test_session_digest(const zy_caller *caller, uint8_t out[ZY_SM3_BYTES])
{
    memcpy(out, caller->channel_th, ZY_SM3_BYTES);
}

typedef struct people_job {
    bank *b;
    zy_customer_row *rows[2];
} people_job;

static zy_status open_accounts(zy_tx *tx, bank *b, person *p, zy_err *err)
{
    ZY_TRY(zy_account_open(tx, &b->env, p->customer, zy_str_of(p->number), "debit", ZY_STR("工资卡"), &p->account, err));
    return zy_account_open(tx, &b->env, p->customer, zy_str_of(p->second_number), "debit", ZY_STR("零用"), &p->second, err);
}

static zy_status fund(zy_tx *tx, bank *b, zy_id account, int64_t fen, zy_err *err)
{
    zy_journal j = { .id = zy_id_next(b->env.ids), .summary_code = "OPN", .summary = ZY_STR("开户"), .leg_count = 2,
                     .legs = { { .account = ZY_LEDGER_CAPITAL, .amount = { -fen }, .internal = true },
                               { .account = account, .amount = { fen } } } };
    return zy_ledger_post(tx, &j, zy_env_now(&b->env), err);
}

static zy_status people_unit(zy_tx *tx, void *arg, zy_err *err)
{
    people_job *job = arg;
    bank *b = job->b;
    person *people[] = { &b->li, &b->wang };
    ZY_TRY(zy_ledger_init(tx, zy_day_of(START), START, err));
    for (int i = 0; i < 2; i++) {
        ZY_TRY(zy_customer_insert(tx, &b->env, job->rows[i], &people[i]->customer, err));
        ZY_TRY(open_accounts(tx, b, people[i], err));
    }
    return fund(tx, b, b->li.account, MONEY, err);
}

static void secret_of(const char *text, zy_secret *out)
{
    out->n = strlen(text);
    memcpy(out->bytes, text, out->n);
}

static zy_customer_row *new_person(bank *b, const person *p, const char *customer_no, const char *id_no)
{
    ZY_AUTO_SECRET login = { .n = 0 };
    ZY_AUTO_SECRET pay = { .n = 0 };
    secret_of("Kq7mWz2p9", &login);
    secret_of(p->pay_password, &pay);
    zy_customer_new c = { .customer_no = zy_str_of(customer_no), .name = zy_str_of(p->name), .id_no = zy_str_of(id_no),
                          .phone = zy_str_of(p->phone), .login_password = &login, .pay_password = &pay, .password_rounds = 1000 };
    zy_customer_row *row = NULL;
    ASSERT_OK(zy_customer_prepare(&b->env, &c, &row, &b->err));
    return row;
}

static void open_people(bank *b)
{
    people_job job = { .b = b };
    job.rows[0] = new_person(b, &b->li, "1000000001", "110101199003074354");
    job.rows[1] = new_person(b, &b->wang, "1000000002", "110101199003070134");
    ASSERT_OK(zy_db_run(b->env.db, "test.people", people_unit, &job, &b->err));
    for (int i = 0; i < 2; i++)
        zy_customer_row_free(job.rows[i]);
}

static void caller_of(person *p, int64_t login)
{
    memset(p->channel_th, (int)(login & 0xff), sizeof p->channel_th);
    p->caller = (zy_caller){ .door = ZY_DOOR_CUSTOMER, .address = ZY_STR("127.0.0.1"), .customer = p->customer,
                             .login = { login }, .channel_th = p->channel_th };
    snprintf(p->caller.device_id, sizeof p->caller.device_id, "device-%lld", (long long)login);
}

static void open_registry(bank *b)
{
    static const zy_api_hooks HOOKS = { .login = test_login };
    static const zy_identity_hooks IDENTITY = { .rotate = test_rotate, .session_digest = test_session_digest };
    ASSERT_OK(zy_registry_new(&b->env, &b->registry, &b->err));
    zy_registry_hooks(b->registry, &HOOKS);
    ASSERT_OK(zy_registry_add(b->registry, ZY_IDENTITY_APIS, ZY_IDENTITY_API_COUNT, &b->err));
    ASSERT_OK(zy_registry_add(b->registry, ZY_ACCOUNT_APIS, ZY_ACCOUNT_API_COUNT, &b->err));
    ASSERT_OK(zy_registry_add(b->registry, ZY_TRANSFER_APIS, ZY_TRANSFER_API_COUNT, &b->err));
    ASSERT_OK(zy_registry_add(b->registry, ZY_FLOW_APIS, ZY_FLOW_API_COUNT, &b->err));
    ASSERT_OK(zy_registry_add(b->registry, ZY_NOTIFY_APIS, ZY_NOTIFY_API_COUNT, &b->err));
    ASSERT_OK(zy_identity_start(&b->env, &IDENTITY, &b->err));
    ASSERT_OK(zy_transfer_start(&b->env, &b->err));
}

static int set_up(void **state)
{
    bank *b = calloc(1, sizeof *b);
    b->li = (person){ .name = "李小龙", .phone = "13800000001", .pay_password = "802417" };
    b->wang = (person){ .name = "Anna·Wang", .phone = "13800000002", .pay_password = "593026" };
    zy_card_number("621700", 1, b->li.number);
    zy_card_number("621700", 2, b->li.second_number);
    zy_card_number("621700", 3, b->wang.number);
    zy_card_number("621700", 4, b->wang.second_number);
    ASSERT_OK(zy_test_env_open(&b->made));
    b->env = *b->made;
    b->clock = zy_test_env_clock(b->made);
    open_registry(b);
    open_people(b);
    caller_of(&b->li, 11);
    caller_of(&b->wang, 22);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bank *b = *state;
    zy_fault_arm("", 0, ZY_OK);
    zy_identity_stop();
    zy_registry_free(b->registry);
    zy_test_env_close(b->made);
    free(b);
    return 0;
}

/* ---- calls ---- */

/* Every call is 4 s after the one before: a person's pace, below the rate limits. ret_answer may be NULL. */
static zy_status call_raw(bank *b, const zy_caller *caller, const char *api, const char *id, zy_str body, zy_json **ret_answer)
{
    zy_caller copy = *caller;
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1 << 20);
    ZY_AUTO_BUF out = { 0 };
    zy_status status = ZY_INTERNAL;
    zy_dispatch_named(b->registry, &copy, arena, zy_str_of(api), zy_str_of(id), body, &out, &status);
    if (ret_answer != NULL)
        ASSERT_OK(zy_json_parse(zy_buf_view(&out), ret_answer));
    return status;
}

static zy_status call(bank *b, const person *p, const char *api, const char *id, zy_json **ret_answer, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

static zy_status call(bank *b, const person *p, const char *api, const char *id, zy_json **ret_answer, const char *format, ...)
{
    char body[2000];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(body, sizeof body, format, args);
    va_end(args);
    assert_in_range(n, 0, sizeof body - 1);
    zy_clock_fake_turn(b->clock, ZY_SECONDS(4));
    return call_raw(b, &p->caller, api, id, zy_str_bytes(body, (size_t)n), ret_answer);
}

static const char *new_id(bank *b)
{
    static char id[32];
    snprintf(id, sizeof id, "idempotency-%08u", ++b->serial);
    return id;
}

static void text_member(const zy_json *object, const char *name, char *out, size_t size)
{
    zy_str value;
    assert_true(zy_json_str(object, name, &value));
    ASSERT_OK(zy_str_copy(value, out, size));
}

static int64_t int_member(const zy_json *object, const char *name)
{
    int64_t value = 0;
    assert_true(zy_json_int(object, name, &value));
    return value;
}

static zy_status prepare_as(bank *b, const char *id, int64_t fen, order *o)
{
    char from[ZY_ID_TEXT_MAX];
    zy_id_format(b->li.account, from);
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    zy_status status = call(b, &b->li, "transfer.prepare", id, &answer,
                            "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%lld,"
                            "\"memo\":\"房租 \\\"十一月\\\"\"}",
                            from, b->wang.number, b->wang.name, (long long)fen);
    if (status != ZY_OK)
        return status;
    const zy_json *body = zy_json_get(answer, "body");
    text_member(body, "order_id", o->id, sizeof o->id);
    text_member(body, "digest", o->digest, sizeof o->digest);
    text_member(body, "text", o->text, sizeof o->text);
    return ZY_OK;
}

static zy_status prepare(bank *b, int64_t fen, order *o)
{
    return prepare_as(b, new_id(b), fen, o);
}

/* What a client does with a transaction password: encrypts it to a fresh challenge. */
static void password_value(bank *b, const person *p, const char *password, char *out, size_t size)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ASSERT_OK(call(b, p, "auth.challenge", NULL, &answer, "{}"));
    const zy_json *body = zy_json_get(answer, "body");
    char id[80], challenge[32], key[120], cipher[800];
    uint8_t plain[82] = { 0 }, public_key[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    text_member(body, "challenge_id", id, sizeof id);
    text_member(body, "challenge", challenge, sizeof challenge);
    text_member(body, "public_key", key, sizeof key);
    ASSERT_OK(zy_base64_decode(zy_str_of(challenge), plain, 16, &n));
    plain[16] = 2;
    plain[17] = (uint8_t)strlen(password);
    memcpy(plain + 18, password, strlen(password));
    ASSERT_OK(zy_base64_decode(zy_str_of(key), public_key, sizeof public_key, &n));
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_AUTO_BUF box = { 0 };
    ASSERT_OK(zy_sm2_pub_from(public_key, n, &pub));
    ASSERT_OK(zy_sm2_encrypt(pub, plain, sizeof plain, &box));
    assert_in_range(box.n, 1, 500);
    zy_base64_encode(box.p, box.n, cipher);
    snprintf(out, size, "{\"challenge_id\":\"%s\",\"cipher\":\"%s\"}", id, cipher);
}

static zy_status verify_password(bank *b, const person *p, const order *o, const char *password)
{
    char value[1200];
    password_value(b, p, password, value, sizeof value);
    return call(b, p, "order.factor.verify", NULL, NULL, "{\"order_id\":\"%s\",\"factor\":\"pay_password\",\"value\":%s}", o->id, value);
}

static const zy_sql SQL_NEWEST_TEXT = { "test.newest_text",
    "SELECT id, payload FROM outbox WHERE state = 'waiting' ORDER BY id DESC LIMIT 1", 0, NULL };

typedef struct text_job {
    bank *b;
    char code[8], text[600];
} text_job;

static zy_status read_text(zy_rtx *rtx, void *arg, zy_err *err)
{
    text_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_AUTO(zy_json_free) zy_json *message = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_NEWEST_TEXT, ZY_NO_ARGS, &row, err));
    zy_str sealed = zy_col_blob(row, 1);
    ZY_TRY(zy_keys_open_cell(job->b->env.keys, ZY_KEY_FIELD, (zy_cell){ "outbox", "payload", zy_col_id(row, 0) }, sealed.p, sealed.n,
                             &plain));
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &message));
    text_member(message, "text", job->text, sizeof job->text);
    return ZY_OK;
}

/* The six digits of the newest text message. */
static void newest_code(text_job *job)
{
    ASSERT_OK(zy_db_read(job->b->env.db, "test.text", read_text, job, &job->b->err));
    for (const char *at = job->text; *at != 0; at++)
        if (strspn(at, "0123456789") == 6 && (at == job->text || at[-1] < '0' || at[-1] > '9')) {
            memcpy(job->code, at, 6);
            return;
        }
    fail_msg("no code in the text message");
}

static zy_status begin_sms(bank *b, const person *p, const order *o)
{
    return call(b, p, "order.factor.begin", NULL, NULL, "{\"order_id\":\"%s\",\"factor\":\"sms\"}", o->id);
}

static zy_status verify_code(bank *b, const person *p, const order *o, const char *code)
{
    return call(b, p, "order.factor.verify", NULL, NULL, "{\"order_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", o->id, code);
}

static void authorise(bank *b, const order *o)
{
    text_job job = { .b = b };
    ASSERT_OK(verify_password(b, &b->li, o, b->li.pay_password));
    ASSERT_OK(begin_sms(b, &b->li, o));
    newest_code(&job);
    ASSERT_OK(verify_code(b, &b->li, o, job.code));
}

static zy_status confirm(bank *b, const person *p, const order *o)
{
    return call(b, p, "order.confirm", NULL, NULL, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", o->id, o->digest);
}

static void pay(bank *b, int64_t fen)
{
    order o;
    ASSERT_OK(prepare(b, fen, &o));
    authorise(b, &o);
    ASSERT_OK(confirm(b, &b->li, &o));
}

/* ---- what is there ---- */

typedef struct balance_job {
    zy_id account;
    zy_balance balance;
} balance_job;

static zy_status balance_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    balance_job *job = arg;
    return zy_ledger_balance(rtx, job->account, &job->balance, err);
}

static zy_money balance_of(bank *b, zy_id account)
{
    balance_job job = { .account = account };
    ASSERT_OK(zy_db_read(b->env.db, "test.balance", balance_read, &job, &b->err));
    return job.balance.balance;
}

typedef struct count_job {
    const zy_sql *sql;
    int64_t count;
} count_job;

static zy_status count_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    count_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, job->sql, ZY_NO_ARGS, &row, err));
    job->count = zy_col_int(row, 0);
    return ZY_OK;
}

static int64_t count_of(bank *b, const zy_sql *sql)
{
    count_job job = { sql, -1 };
    ASSERT_OK(zy_db_read(b->env.db, "test.count", count_read, &job, &b->err));
    return job.count;
}

static const zy_sql SQL_JOURNALS = { "test.journals", "SELECT count(*) FROM ledger_journal WHERE summary_code = 'TRF'", 0, NULL };
static const zy_sql SQL_MESSAGES = { "test.messages", "SELECT count(*) FROM message WHERE kind = 'transfer'", 0, NULL };
static const zy_sql SQL_TEXTS = { "test.texts", "SELECT count(*) FROM outbox", 0, NULL };
static const zy_sql SQL_USED = { "test.used", "SELECT coalesce(sum(used_fen), 0) FROM order_limit", 0, NULL };
static const zy_sql SQL_ORDERS = { "test.orders", "SELECT count(*) FROM flow_order", 0, NULL };
static const zy_sql SQL_POSTED = { "test.posted", "SELECT count(*) FROM flow_order WHERE state = 'posted'", 0, NULL };
static const zy_sql SQL_KEPT = { "test.kept", "SELECT count(*) FROM api_idempotency", 0, NULL };
static const zy_sql SQL_UNRECORDED = { "test.unrecorded",
    "SELECT (SELECT count(*) FROM flow_order o WHERE NOT EXISTS (SELECT 1 FROM audit_record a WHERE a.id = o.audit_id))"
    " + (SELECT count(*) FROM ledger_journal j WHERE j.order_id <> 0"
    " AND NOT EXISTS (SELECT 1 FROM audit_record a WHERE a.id = j.audit_id AND a.event = 'order.posted'))"
    " + (SELECT count(*) FROM audit_record a WHERE a.event = 'order.posted'"
    " AND NOT EXISTS (SELECT 1 FROM ledger_journal j WHERE j.audit_id = a.id AND j.order_id = a.object))", 0, NULL };
static const zy_sql SQL_CONFIRM_REFUSED = { "test.confirm_refused",
    "SELECT count(*) FROM order_step WHERE step = 'confirm' AND result <> 'OK'", 0, NULL };

/* All that a transfer of `fen` changes is there `times` times, and the books are right. */
static void assert_carried_out(bank *b, int64_t fen, int64_t times)
{
    zy_ledger_report report = { 0 };
    zy_status status = zy_ledger_verify(&b->env, NULL, NULL, &report, &b->err);
    if (status != ZY_OK)
        print_error("%s\n", report.first_fault);
    ASSERT_OK(status);
    ASSERT_FEN(balance_of(b, b->li.account), MONEY - fen * times);
    ASSERT_FEN(balance_of(b, b->wang.account), fen * times);
    assert_int_equal(count_of(b, &SQL_JOURNALS), times);
    assert_int_equal(count_of(b, &SQL_POSTED), times);
    assert_int_equal(count_of(b, &SQL_USED), fen * times);
    assert_int_equal(count_of(b, &SQL_MESSAGES), 2 * times);
    assert_int_equal(count_of(b, &SQL_UNRECORDED), 0);
}

static void assert_state(bank *b, const order *o, const char *state)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    char got[16];
    ASSERT_OK(call(b, &b->li, "order.get", NULL, &answer, "{\"order_id\":\"%s\"}", o->id));
    text_member(zy_json_get(answer, "body"), "state", got, sizeof got);
    assert_string_equal(got, state);
}

static const char *answer_text(const zy_json *answer, zy_buf *out)
{
    zy_buf_clear(out);
    zy_json_write(zy_json_get(answer, "body"), out);
    return out->p;
}

/* ---- the way that works ---- */

static void a_transfer_is_carried_out_once_and_both_are_told(void **state)
{
    ZY_PROVES("mb.transfer.a.1", "mb.def-mobile-bank.p4", "mb.def-txn-record.p1", "mb.logic-design.b");
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 123456, &o));
    authorise(b, &o);
    assert_carried_out(b, 0, 0);
    ZY_AUTO(zy_json_free) zy_json *first = NULL;
    ZY_AUTO(zy_json_free) zy_json *again = NULL;
    ZY_AUTO_BUF first_text = { 0 };
    ZY_AUTO_BUF again_text = { 0 };
    ASSERT_OK(call(b, &b->li, "order.confirm", NULL, &first, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", o.id, o.digest));
    ASSERT_OK(call(b, &b->li, "order.confirm", NULL, &again, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", o.id, o.digest));
    assert_string_equal(answer_text(first, &first_text), answer_text(again, &again_text));
    assert_non_null(strstr(first_text.p, "\"state\":\"posted\""));
    assert_null(strstr(first_text.p, b->wang.number));
    assert_null(strstr(first_text.p, b->wang.name));
    assert_carried_out(b, 123456, 1);
    assert_state(b, &o, "posted");
}

static void balances_and_entries_are_those_of_the_ledger(void **state)
{
    ZY_PROVES("mb.account-service.a.1", "mb.account-service.a.2", "mb.masking.e-i", "mb.x-data-security.d-iv");
    bank *b = *state;
    char id[ZY_ID_TEXT_MAX];
    pay(b, 500);
    pay(b, 700);
    ZY_AUTO(zy_json_free) zy_json *list = NULL;
    ASSERT_OK(call(b, &b->li, "account.list", NULL, &list, "{}"));
    const zy_json *accounts = zy_json_get(zy_json_get(list, "body"), "accounts");
    assert_int_equal(zy_json_count(accounts), 2);
    assert_int_equal(int_member(zy_json_at(accounts, 0), "balance_fen"), MONEY - 1200);
    zy_str number;
    assert_true(zy_json_str(zy_json_at(accounts, 0), "number", &number));
    assert_non_null(strstr(number.p, "****"));
    zy_id_format(b->li.account, id);
    ZY_AUTO(zy_json_free) zy_json *page = NULL;
    ASSERT_OK(call(b, &b->li, "account.transactions", NULL, &page, "{\"account_id\":\"%s\",\"limit\":2}", id));
    const zy_json *entries = zy_json_get(zy_json_get(page, "body"), "entries");
    assert_int_equal(int_member(zy_json_at(entries, 0), "amount_fen"), -700);
    assert_int_equal(int_member(zy_json_at(entries, 0), "balance_fen"), MONEY - 1200);
    assert_int_equal(int_member(zy_json_at(entries, 1), "amount_fen"), -500);
    zy_str other_side;
    assert_true(zy_json_str(zy_json_at(entries, 0), "counterparty", &other_side));
    assert_non_null(strstr(other_side.p, "****"));
    assert_null(strstr(other_side.p, b->wang.number));
    assert_null(strstr(other_side.p, b->wang.name));
    char cursor[80];
    text_member(zy_json_get(page, "body"), "cursor", cursor, sizeof cursor);
    ZY_AUTO(zy_json_free) zy_json *rest = NULL;
    ASSERT_OK(call(b, &b->li, "account.transactions", NULL, &rest, "{\"account_id\":\"%s\",\"cursor\":\"%s\"}", id, cursor));
    entries = zy_json_get(zy_json_get(rest, "body"), "entries");
    assert_int_equal(zy_json_count(entries), 1);
    assert_int_equal(int_member(zy_json_at(entries, 0), "amount_fen"), MONEY);
    ASSERT_STATUS(call(b, &b->li, "account.transactions", NULL, NULL,
                       "{\"account_id\":\"%s\",\"from\":\"2026-11-24\",\"to\":\"2026-11-23\"}", id), ZY_BAD_FIELD);
    ZY_AUTO(zy_json_free) zy_json *none = NULL;
    ASSERT_OK(call(b, &b->li, "account.transactions", NULL, &none, "{\"account_id\":\"%s\",\"to\":\"2026-11-22\"}", id));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(none, "body"), "entries")), 0);
}

static void own_accounts_pay_each_other_without_a_warning(void **state)
{
    ZY_PROVES("mb.transfer.a.3");
    bank *b = *state;
    char from[ZY_ID_TEXT_MAX], risk[16], others[ZY_ID_TEXT_MAX];
    order o;
    zy_id_format(b->li.account, from);
    zy_id_format(b->wang.account, others);
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ASSERT_OK(call(b, &b->li, "transfer.prepare", new_id(b), &answer,
                   "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":9}", from,
                   b->li.second_number, b->li.name));
    const zy_json *body = zy_json_get(answer, "body");
    text_member(body, "order_id", o.id, sizeof o.id);
    text_member(body, "digest", o.digest, sizeof o.digest);
    text_member(body, "risk", risk, sizeof risk);
    assert_string_equal(risk, "low");
    authorise(b, &o);
    ASSERT_OK(confirm(b, &b->li, &o));
    ASSERT_FEN(balance_of(b, b->li.second), 9);
    ASSERT_FEN(balance_of(b, b->li.account), MONEY - 9);
    ASSERT_STATUS(call(b, &b->li, "transfer.prepare", new_id(b), NULL,
                       "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":9}", others,
                       b->li.second_number, b->li.name), ZY_NOT_FOUND);
}

typedef struct scope_job {
    zy_id customer;
    const char *from, *to;
} scope_job;

static zy_status scope_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const scope_job *job = arg;
    return zy_customer_set_scope(tx, job->customer, job->from, job->to, err);
}

static void whom_the_counter_has_not_signed_pays_his_own_accounts_alone(void **state)
{
    ZY_PROVES("mb.access-ease.d.2");
    bank *b = *state;
    char from[ZY_ID_TEXT_MAX];
    order o;
    scope_job job = { b->li.customer, "full", "self" };
    zy_id_format(b->li.account, from);
    ASSERT_OK(call(b, &b->li, "payee.add", new_id(b), NULL, "{\"name\":\"%s\",\"number\":\"%s\"}", b->wang.name, b->wang.number));
    ASSERT_OK(zy_db_run(b->env.db, "test.scope", scope_unit, &job, &b->err));
    ASSERT_STATUS(prepare(b, 100, &o), ZY_SCOPE_LIMITED);
    static const char OTHER[] = "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":9}";
    /* Nor does he learn whether a number and a name belong together. */
    ASSERT_STATUS(call(b, &b->li, "transfer.prepare", new_id(b), NULL, OTHER, from, b->wang.number, "某某某"), ZY_SCOPE_LIMITED);
    ASSERT_STATUS(call(b, &b->li, "transfer.prepare", new_id(b), NULL, OTHER, from, "6217000000000099", "某某某"), ZY_SCOPE_LIMITED);
    ASSERT_STATUS(call(b, &b->li, "payee.add", new_id(b), NULL, "{\"name\":\"%s\",\"number\":\"%s\"}", b->wang.name, b->wang.number),
                  ZY_SCOPE_LIMITED);
    ASSERT_OK(call(b, &b->li, "transfer.prepare", new_id(b), NULL, OTHER, from, b->li.second_number, b->li.name));
    job = (scope_job){ b->li.customer, "self", "full" };
    ASSERT_OK(zy_db_run(b->env.db, "test.scope", scope_unit, &job, &b->err));
    ASSERT_OK(prepare(b, 100, &o));
}

static void the_text_is_canonical_and_the_digest_is_its_sm3(void **state)
{
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 123456, &o));
    uint8_t digest[ZY_SM3_BYTES];
    char hex[2 * ZY_SM3_BYTES + 1], want[600], masked[ZY_MASK_MAX];
    ASSERT_OK(zy_sm3(ZY_PARTS(ZY_PART(o.text, strlen(o.text))), digest));
    zy_hex_encode(digest, sizeof digest, hex);
    assert_string_equal(hex, o.digest);
    zy_mask_card(zy_str_of(b->li.number), masked);
    snprintf(want, sizeof want,
             "zhangyin-order/1\norder_id=%s\nkind=transfer.internal\nfrom_account=%s\nto_account=%s\nto_name=%s\n"
             "amount_fen=123456\nfee_fen=0\ncurrency=CNY\nmemo=房租 \"十一月\"\nprepared_at=2026-11-23T10:00:04.000+08:00",
             o.id, masked, b->wang.number, b->wang.name);
    assert_string_equal(o.text, want);
}

/* ---- factors ---- */

static void factors_are_verified_in_order_and_once(void **state)
{
    ZY_PROVES("mb.server-validation.g", "mb.logic-design.a", "j225.6.3.2.c1", "j225.6.3.2.c2", "mb.def-txn-verify.p1",
              "j225.6.2.1.1.key.p1", "j225.6.2.1.1.key.a", "mb.login-factors.c");
    bank *b = *state;
    order o;
    text_job job = { .b = b };
    ASSERT_OK(prepare(b, 100, &o));
    int64_t texts = count_of(b, &SQL_TEXTS);
    ASSERT_STATUS(begin_sms(b, &b->li, &o), ZY_FACTOR_ORDER);
    ASSERT_STATUS(verify_code(b, &b->li, &o, "123456"), ZY_FACTOR_ORDER);
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_FACTOR_ORDER);
    assert_int_equal(count_of(b, &SQL_TEXTS), texts); /* no text message left before the password */
    ASSERT_STATUS(verify_password(b, &b->li, &o, "111222"), ZY_FACTOR_WRONG);
    ASSERT_STATUS(begin_sms(b, &b->li, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(verify_password(b, &b->li, &o, b->li.pay_password));
    ASSERT_STATUS(verify_password(b, &b->li, &o, b->li.pay_password), ZY_FACTOR_ORDER);
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(begin_sms(b, &b->li, &o));
    newest_code(&job);
    assert_non_null(strstr(job.text, "1.00"));
    char wrong[8];
    memcpy(wrong, job.code, sizeof wrong);
    wrong[0] = (char)(wrong[0] == '9' ? '0' : wrong[0] + 1);
    ASSERT_STATUS(verify_code(b, &b->li, &o, wrong), ZY_FACTOR_WRONG);
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(verify_code(b, &b->li, &o, job.code));
    ASSERT_STATUS(verify_code(b, &b->li, &o, job.code), ZY_FACTOR_ORDER);
    ASSERT_STATUS(begin_sms(b, &b->li, &o), ZY_FACTOR_ORDER);
    assert_carried_out(b, 0, 0);
    ASSERT_OK(confirm(b, &b->li, &o));
    assert_carried_out(b, 100, 1);
}

static void an_old_code_is_refused_and_a_new_one_works(void **state)
{
    ZY_PROVES("mb.def-txn-verify.p1");
    bank *b = *state;
    order o;
    text_job first = { .b = b }, second = { .b = b };
    ASSERT_OK(prepare(b, 100, &o));
    ASSERT_OK(verify_password(b, &b->li, &o, b->li.pay_password));
    ASSERT_OK(begin_sms(b, &b->li, &o));
    newest_code(&first);
    zy_clock_fake_turn(b->clock, ZY_SECONDS(60));
    ASSERT_STATUS(verify_code(b, &b->li, &o, first.code), ZY_CODE_EXPIRED);
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(begin_sms(b, &b->li, &o));
    newest_code(&second);
    ASSERT_OK(verify_code(b, &b->li, &o, second.code));
    ASSERT_OK(confirm(b, &b->li, &o));
    assert_carried_out(b, 100, 1);
}

static void a_code_of_one_order_opens_no_other(void **state)
{
    bank *b = *state;
    order first, other;
    text_job job = { .b = b };
    ASSERT_OK(prepare(b, 100, &first));
    ASSERT_OK(prepare(b, 200, &other));
    ASSERT_OK(verify_password(b, &b->li, &first, b->li.pay_password));
    ASSERT_OK(verify_password(b, &b->li, &other, b->li.pay_password));
    ASSERT_OK(begin_sms(b, &b->li, &first));
    newest_code(&job);
    assert_int_not_equal(verify_code(b, &b->li, &other, job.code), ZY_OK);
    ASSERT_STATUS(confirm(b, &b->li, &other), ZY_FACTOR_ORDER);
}

static void another_login_cannot_finish_an_order(void **state)
{
    ZY_PROVES("mb.logic-design.a");
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    person later = b->li;
    caller_of(&later, 12);
    ASSERT_STATUS(confirm(b, &later, &o), ZY_ORDER_STATE);
    assert_carried_out(b, 0, 0);
    ASSERT_OK(confirm(b, &b->li, &o));
    ASSERT_OK(confirm(b, &later, &o)); /* what is done may be asked for again */
    assert_carried_out(b, 100, 1);
}

static void the_values_of_factors_have_their_own_types(void **state)
{
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    ASSERT_STATUS(call(b, &b->li, "order.factor.verify", NULL, NULL, "{\"order_id\":\"%s\",\"factor\":\"pay_password\",\"value\":\"123456\"}",
                       o.id), ZY_BAD_FIELD);
    ASSERT_STATUS(call(b, &b->li, "order.factor.verify", NULL, NULL, "{\"order_id\":\"%s\",\"factor\":\"pay_password\",\"value\":7}", o.id),
                  ZY_BAD_FIELD);
    ASSERT_STATUS(call(b, &b->li, "order.factor.verify", NULL, NULL, "{\"order_id\":\"%s\",\"factor\":\"pay_password\"}", o.id),
                  ZY_BAD_FIELD);
    ASSERT_STATUS(call(b, &b->li, "order.factor.verify", NULL, NULL, "{\"order_id\":\"%s\",\"factor\":\"sms\",\"value\":\"12 45\"}", o.id),
                  ZY_BAD_FIELD);
}

static void customer_chooses_among_what_the_policy_offers(void **state)
{
    ZY_PROVES("mb.enhanced-auth.f");
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    ASSERT_STATUS(call(b, &b->li, "order.factors.choose", NULL, NULL, "{\"order_id\":\"%s\",\"factors\":\"pay_password\"}", o.id),
                  ZY_BAD_FIELD);
    ASSERT_STATUS(call(b, &b->li, "order.factors.choose", NULL, NULL, "{\"order_id\":\"%s\",\"factors\":\"sms+face\"}", o.id),
                  ZY_BAD_FIELD);
    ASSERT_OK(call(b, &b->li, "order.factors.choose", NULL, NULL, "{\"order_id\":\"%s\",\"factors\":\"pay_password+sms\"}", o.id));
    ASSERT_STATUS(call(b, &b->wang, "order.factors.choose", NULL, NULL,
                       "{\"order_id\":\"%s\",\"factors\":\"pay_password+sms\"}", o.id), ZY_NOT_FOUND);
    authorise(b, &o);
    ASSERT_OK(confirm(b, &b->li, &o));
}

/* The order's row says another combination than the policy offered: somebody changed it in the database. */
static void combination_that_was_not_offered_is_never_carried_out(void **state)
{
    ZY_PROVES("mb.enhanced-auth.p1", "mb.auth-tech-choice.a");
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    ASSERT_OK(verify_password(b, &b->li, &o, b->li.pay_password));
    const char *deed = "UPDATE flow_order SET factors_needed = 1, state = 'authorised'";
    ASSERT_OK(zy_db_test_exec_script(b->env.db, deed, deed, &b->err));
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_INTERNAL);
    assert_carried_out(b, 0, 0);
}

/* ---- what is refused ---- */

static void other_peoples_things_are_not_found(void **state)
{
    ZY_PROVES("mb.server-validation.d", "mb.account-service.a.1", "mb.account-service.a.2");
    bank *b = *state;
    order o;
    char account[ZY_ID_TEXT_MAX];
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    zy_id_format(b->li.account, account);
    static const char *const APIS[] = { "order.get", "order.cancel" };
    for (size_t i = 0; i < ZY_COUNT(APIS); i++)
        ASSERT_STATUS(call(b, &b->wang, APIS[i], NULL, NULL, "{\"order_id\":\"%s\"}", o.id), ZY_NOT_FOUND);
    ASSERT_STATUS(confirm(b, &b->wang, &o), ZY_NOT_FOUND);
    ASSERT_STATUS(begin_sms(b, &b->wang, &o), ZY_NOT_FOUND);
    ASSERT_STATUS(verify_code(b, &b->wang, &o, "123456"), ZY_NOT_FOUND);
    ASSERT_STATUS(call(b, &b->wang, "account.transactions", NULL, NULL, "{\"account_id\":\"%s\"}", account), ZY_NOT_FOUND);
    person nobody = { .caller = b->li.caller };
    nobody.caller.customer = (zy_id){ 0 };
    ASSERT_STATUS(confirm(b, &nobody, &o), ZY_LOGIN_REQUIRED);
    assert_carried_out(b, 0, 0);
    ASSERT_OK(confirm(b, &b->li, &o));
}

static void an_order_is_confirmed_for_its_digest_alone(void **state)
{
    bank *b = *state;
    order o, other;
    ASSERT_OK(prepare(b, 100, &o));
    ASSERT_OK(prepare(b, 200, &other));
    authorise(b, &o);
    order mixed = o;
    memcpy(mixed.digest, other.digest, sizeof mixed.digest);
    ASSERT_STATUS(confirm(b, &b->li, &mixed), ZY_DIGEST_MISMATCH);
    assert_carried_out(b, 0, 0);
    ASSERT_OK(confirm(b, &b->li, &o));
    ASSERT_STATUS(confirm(b, &b->li, &mixed), ZY_DIGEST_MISMATCH);
    assert_carried_out(b, 100, 1);
}

static void figures_of_the_server_cannot_be_sent_along(void **state)
{
    ZY_PROVES("mb.server-validation.f", "mb.server-validation.h-ii");
    bank *b = *state;
    char from[ZY_ID_TEXT_MAX];
    order o, other;
    zy_id_format(b->li.account, from);
    static const char *const FIGURES[] = { "fee_fen", "limit_fen", "total_fen", "risk", "state", "customer" };
    for (size_t i = 0; i < ZY_COUNT(FIGURES); i++)
        ASSERT_STATUS(call(b, &b->li, "transfer.prepare", new_id(b), NULL,
                           "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":100,\"%s\":1}",
                           from, b->wang.number, b->wang.name, FIGURES[i]), ZY_BAD_FIELD);
    ASSERT_OK(prepare_as(b, "one-idempotency-id", 100, &o));
    authorise(b, &o);
    ASSERT_STATUS(prepare_as(b, "one-idempotency-id", 900, &other), ZY_IDEMPOTENCY_CONFLICT);
    ASSERT_STATUS(call(b, &b->li, "order.confirm", NULL, NULL, "{\"order_id\":\"%s\",\"digest\":\"%s\",\"amount_fen\":900}", o.id,
                       o.digest), ZY_BAD_FIELD);
    ASSERT_OK(confirm(b, &b->li, &o));
    assert_carried_out(b, 100, 1);
}

static void a_cancelled_order_stays_cancelled(void **state)
{
    ZY_PROVES("mb.rollback.a");
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    ASSERT_OK(call(b, &b->li, "order.cancel", NULL, NULL, "{\"order_id\":\"%s\"}", o.id));
    ASSERT_OK(call(b, &b->li, "order.cancel", NULL, NULL, "{\"order_id\":\"%s\"}", o.id));
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_ORDER_STATE);
    assert_state(b, &o, "cancelled");
    assert_carried_out(b, 0, 0);
    pay(b, 300);
    ASSERT_OK(prepare(b, 300, &o));
    authorise(b, &o);
    ASSERT_OK(confirm(b, &b->li, &o));
    ASSERT_STATUS(call(b, &b->li, "order.cancel", NULL, NULL, "{\"order_id\":\"%s\"}", o.id), ZY_ORDER_STATE);
    assert_carried_out(b, 300, 2);
}

static void an_order_dies_after_ten_minutes_with_its_factors(void **state)
{
    bank *b = *state;
    order o;
    int64_t done = 0;
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    zy_clock_fake_turn(b->clock, ZY_MINUTES(10));
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_ORDER_EXPIRED);
    ASSERT_STATUS(begin_sms(b, &b->li, &o), ZY_ORDER_EXPIRED);
    assert_state(b, &o, "expired");
    ASSERT_OK(zy_flow_expire(&b->env, 100, &done, &b->err));
    assert_int_equal(done, 1);
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_ORDER_EXPIRED);
    assert_carried_out(b, 0, 0);
}

static void a_wrong_name_and_an_unknown_number_answer_alike(void **state)
{
    ZY_PROVES("mb.server-validation.c-ii");
    bank *b = *state;
    char from[ZY_ID_TEXT_MAX], unknown[24];
    ZY_AUTO(zy_json_free) zy_json *first = NULL;
    ZY_AUTO(zy_json_free) zy_json *second = NULL;
    zy_id_format(b->li.account, from);
    zy_card_number("621700", 99, unknown);
    #define TO(answer, number, name)                                                                                              \
    call(b, &b->li, "transfer.prepare", new_id(b), (answer),                                                                  \
         "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":100}", from, (number), (name))
    ASSERT_STATUS(TO(&first, b->wang.number, "王小明"), ZY_PAYEE_MISMATCH);
    ASSERT_STATUS(TO(&second, unknown, b->wang.name), ZY_PAYEE_MISMATCH);
    assert_int_equal(zy_json_count(zy_json_get(first, "fields")), zy_json_count(zy_json_get(second, "fields")));
    assert_null(zy_json_get(first, "body"));
    ASSERT_STATUS(TO(NULL, unknown, b->li.name), ZY_PAYEE_MISMATCH);
    ASSERT_STATUS(TO(NULL, b->li.number, b->li.name), ZY_SAME_ACCOUNT);
    ASSERT_STATUS(TO(NULL, b->wang.number, "anna wang"), ZY_PAYEE_MISMATCH); /* a space is no dot */
    ASSERT_OK(TO(NULL, b->wang.number, " ANNA • WANG "));
#undef TO
}

static void amounts_outside_the_rules_are_refused(void **state)
{
    ZY_PROVES("mb.logic-design.b");
    bank *b = *state;
    static const char *const AMOUNTS[] = { "0", "-1", "1.5", "\"100\"", "100000001", "9223372036854775807", "1e3" };
    char from[ZY_ID_TEXT_MAX];
    order o;
    zy_id_format(b->li.account, from);
    for (size_t i = 0; i < ZY_COUNT(AMOUNTS); i++) {
        zy_status status = call(b, &b->li, "transfer.prepare", new_id(b), NULL,
                                "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%s}", from,
                                b->wang.number, b->wang.name, AMOUNTS[i]);
        assert_true(status == ZY_BAD_FIELD || status == ZY_BAD_REQUEST);
    }
    ASSERT_STATUS(prepare(b, MONEY + 1, &o), ZY_BALANCE_TOO_LOW);
    assert_int_equal(count_of(b, &SQL_ORDERS), 0);
}

typedef struct fund_job {
    bank *b;
    zy_id account;
    int64_t fen;
} fund_job;

static zy_status move_unit(zy_tx *tx, void *arg, zy_err *err)
{
    fund_job *job = arg;
    return fund(tx, job->b, job->account, job->fen, err);
}

static void spend_elsewhere(bank *b, int64_t fen)
{
    fund_job job = { b, b->li.account, -fen };
    ASSERT_OK(zy_db_run(b->env.db, "test.spend", move_unit, &job, &b->err));
}

static void money_that_is_gone_by_then_refuses_and_leaves_the_order(void **state)
{
    ZY_PROVES("mb.rollback.a", "mb.def-mobile-bank.p4");
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    spend_elsewhere(b, MONEY - 99);
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_BALANCE_TOO_LOW);
    ASSERT_FEN(balance_of(b, b->li.account), 99);
    assert_int_equal(count_of(b, &SQL_USED), 0);
    assert_int_equal(count_of(b, &SQL_MESSAGES), 0);
    assert_int_equal(count_of(b, &SQL_CONFIRM_REFUSED), 1);
    assert_state(b, &o, "authorised");
    spend_elsewhere(b, -(MONEY - 99));
    ASSERT_OK(confirm(b, &b->li, &o));
    assert_carried_out(b, 100, 1);
}

typedef struct state_job {
    zy_id account;
    const char *state;
} state_job;

static zy_status state_unit(zy_tx *tx, void *arg, zy_err *err)
{
    state_job *job = arg;
    return zy_ledger_set_state(tx, job->account, job->state, err);
}

static void set_state(bank *b, zy_id account, const char *state)
{
    state_job job = { account, state };
    ASSERT_OK(zy_db_run(b->env.db, "test.state", state_unit, &job, &b->err));
}

static void account_states_count_at_prepare_and_at_confirm(void **state)
{
    bank *b = *state;
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    set_state(b, b->li.account, "frozen");
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_ACCOUNT_STATE);
    order second;
    ASSERT_STATUS(prepare(b, 100, &second), ZY_ACCOUNT_STATE);
    set_state(b, b->li.account, "active");
    set_state(b, b->wang.account, "closed");
    ASSERT_STATUS(confirm(b, &b->li, &o), ZY_ACCOUNT_STATE);
    ASSERT_STATUS(prepare(b, 100, &second), ZY_PAYEE_MISMATCH);
    assert_carried_out(b, 0, 0);
}

/* ---- limits ---- */

static void limits_hold_to_the_fen_and_for_one_beijing_day(void **state)
{
    ZY_PROVES("j225.6.3.2.d1", "mb.x-risk-control.b2", "mb.enhanced-auth.a");
    bank *b = *state;
    order o, waiting;
    ASSERT_STATUS(prepare(b, 5000001, &o), ZY_TRANSFER_LIMIT);
    pay(b, 4999000);
    ASSERT_STATUS(prepare(b, 1001, &o), ZY_TRANSFER_LIMIT);
    ASSERT_OK(prepare(b, 1000, &waiting));
    ASSERT_OK(prepare(b, 1000, &o));
    authorise(b, &waiting);
    zy_clock_fake_turn(b->clock, ZY_SECONDS(40));
    authorise(b, &o);
    ASSERT_OK(confirm(b, &b->li, &o));
    ASSERT_STATUS(confirm(b, &b->li, &waiting), ZY_TRANSFER_LIMIT);
    assert_state(b, &waiting, "authorised");
    ASSERT_STATUS(prepare(b, 1, &o), ZY_TRANSFER_LIMIT);
    zy_time now = zy_clock_now(b->clock);
    zy_time midnight = zy_day_start((zy_day){ zy_day_of(now).days + 1 });
    zy_clock_fake_turn(b->clock, (zy_dur){ midnight.ms - now.ms - 5000 });
    ASSERT_STATUS(prepare(b, 1, &o), ZY_TRANSFER_LIMIT); /* 1 s before midnight in Beijing */
    pay(b, 5000000);
    assert_int_equal(count_of(b, &SQL_USED), 10000000);
}

/* ---- at once ---- */

typedef struct racer {
    bank *b;
    const order *o;
    zy_status status;
    zy_buf body;
    pthread_t thread;
} racer;

static void *race(void *arg)
{
    racer *r = arg;
    char request[200];
    int n = snprintf(request, sizeof request, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", r->o->id, r->o->digest);
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    r->status = call_raw(r->b, &r->b->li.caller, "order.confirm", NULL, zy_str_bytes(request, (size_t)n), &answer);
    answer_text(answer, &r->body);
    return NULL;
}

static void sixteen_that_confirm_at_once_post_once_and_hear_the_same(void **state)
{
    ZY_PROVES("mb.logic-design.b");
    bank *b = *state;
    racer racers[16];
    order o;
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    for (int i = 0; i < 16; i++) {
        racers[i] = (racer){ .b = b, .o = &o };
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 16; i++)
        pthread_join(racers[i].thread, NULL);
    for (int i = 0; i < 16; i++) {
        ASSERT_STATUS(racers[i].status, ZY_OK);
        assert_string_equal(racers[i].body.p, racers[0].body.p);
    }
    for (int i = 0; i < 16; i++)
        zy_buf_free(&racers[i].body);
    assert_carried_out(b, 100, 1);
}

static void orders_confirmed_at_once_cannot_pass_the_days_limit(void **state)
{
    ZY_PROVES("j225.6.3.2.d1", "mb.x-risk-control.b2");
    bank *b = *state;
    racer racers[4];
    order orders[4];
    int done = 0;
    for (int i = 0; i < 4; i++) {
        ASSERT_OK(prepare(b, 2000000, &orders[i]));
        authorise(b, &orders[i]);
        zy_clock_fake_turn(b->clock, ZY_SECONDS(35));
    }
    for (int i = 0; i < 4; i++) {
        racers[i] = (racer){ .b = b, .o = &orders[i] };
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(racers[i].thread, NULL);
        assert_true(racers[i].status == ZY_OK || racers[i].status == ZY_TRANSFER_LIMIT);
        done += racers[i].status == ZY_OK;
        zy_buf_free(&racers[i].body);
    }
    assert_int_equal(done, 2);
    assert_carried_out(b, 2000000, 2);
}

/* ---- repeats ---- */

static void a_repeated_prepare_gives_the_first_order(void **state)
{
    bank *b = *state;
    order first, again;
    ASSERT_OK(prepare_as(b, "the-same-idempotency-id", 100, &first));
    spend_elsewhere(b, MONEY);
    ASSERT_OK(prepare_as(b, "the-same-idempotency-id", 100, &again)); /* whatever has changed since */
    assert_string_equal(first.id, again.id);
    assert_string_equal(first.text, again.text);
    ASSERT_STATUS(prepare_as(b, "the-same-idempotency-id", 101, &again), ZY_IDEMPOTENCY_CONFLICT);
    ASSERT_STATUS(prepare_as(b, "another-idempotency-id", 100, &again), ZY_BALANCE_TOO_LOW);
    assert_int_equal(count_of(b, &SQL_ORDERS), 1);
    assert_int_equal(count_of(b, &SQL_KEPT), 1);
}

/* ---- faults ---- */

/* Arms the n-th database call with status, runs deed, and tells whether the deed came through without meeting the fault. */
static bool met_no_fault(bank *b, long n, zy_status with, zy_status (*deed)(bank *, void *), void *arg, zy_status *ret_status)
{
    zy_fault_arm("db.", n, with);
    *ret_status = deed(b, arg);
    bool through = zy_fault_passed() < n;
    zy_fault_arm("", 0, ZY_OK);
    return through;
}

typedef struct prepare_arg {
    char id[32];
    order order;
} prepare_arg;

static zy_status prepare_deed(bank *b, void *arg)
{
    prepare_arg *p = arg;
    return prepare_as(b, p->id, 100, &p->order);
}

static zy_status confirm_deed(bank *b, void *arg)
{
    return confirm(b, &b->li, arg);
}

static void any_call_may_fail_in_prepare_and_a_repeat_works(void **state)
{
    ZY_PROVES("mb.rollback.p1", "mb.rollback.a");
    bank *b = *state;
    bool through = false;
    int64_t orders = 0;
    for (long n = 1; !through && n < 200; n++) {
        prepare_arg arg = { .id = "" };
        zy_status status;
        snprintf(arg.id, sizeof arg.id, "%s", new_id(b));
        through = met_no_fault(b, n, ZY_DB_ERROR, prepare_deed, &arg, &status);
        if (through)
            ASSERT_OK(status);
        ASSERT_OK(prepare_deed(b, &arg)); /* the same id: no second order */
        orders++;
        assert_int_equal(count_of(b, &SQL_ORDERS), orders);
        assert_int_equal(count_of(b, &SQL_KEPT), orders);
    }
    assert_true(through);
    assert_carried_out(b, 0, 0);
}

static void any_call_may_fail_in_confirm_and_a_repeat_works(void **state)
{
    ZY_PROVES("mb.rollback.p1", "mb.rollback.a");
    bank *b = *state;
    bool through = false;
    int64_t done = 0;
    for (long n = 1; !through && n < 200; n++) {
        order o;
        zy_status status;
        ASSERT_OK(prepare(b, 100, &o));
        authorise(b, &o);
        through = met_no_fault(b, n, ZY_DB_ERROR, confirm_deed, &o, &status);
        int64_t posted = count_of(b, &SQL_POSTED);
        assert_true(posted == done || posted == done + 1);
        if (status == ZY_OK)
            assert_int_equal(posted, done + 1);
        assert_carried_out(b, 100, posted); /* all of it or nothing */
        ASSERT_OK(confirm(b, &b->li, &o));
        assert_carried_out(b, 100, ++done);
        zy_clock_fake_turn(b->clock, ZY_SECONDS(35));
    }
    assert_true(through);
}

static void a_lost_commit_answer_is_found_out(void **state)
{
    bank *b = *state;
    order o;
    prepare_arg arg = { .id = "lost-idempotency-id" };
    zy_fault_arm("db.commit_lost", 1, ZY_DB_ERROR);
    ASSERT_OK(prepare_deed(b, &arg));
    zy_fault_arm("", 0, ZY_OK);
    o = arg.order;
    authorise(b, &o);
    zy_fault_arm("db.commit_lost", 1, ZY_DB_ERROR);
    ASSERT_OK(confirm(b, &b->li, &o));
    zy_fault_arm("", 0, ZY_OK);
    assert_carried_out(b, 100, 1);
}

/* ---- the payee book ---- */

static void payees_are_picked_from_a_book_of_ones_own(void **state)
{
    ZY_PROVES("mb.masking.e-i", "mb.x-data-security.d-iv");
    bank *b = *state;
    char payee[ZY_ID_TEXT_MAX], from[ZY_ID_TEXT_MAX];
    order o;
    zy_id_format(b->li.account, from);
    ASSERT_STATUS(call(b, &b->li, "payee.add", new_id(b), NULL, "{\"name\":\"王小明\",\"number\":\"%s\"}", b->wang.number),
                  ZY_PAYEE_MISMATCH);
    ZY_AUTO(zy_json_free) zy_json *added = NULL;
    ASSERT_OK(call(b, &b->li, "payee.add", "payee-idempotency-1", &added, "{\"name\":\"%s\",\"number\":\"%s\",\"alias\":\"房东\"}",
                   b->wang.name, b->wang.number));
    text_member(zy_json_get(added, "body"), "payee_id", payee, sizeof payee);
    ASSERT_OK(call(b, &b->li, "payee.add", "payee-idempotency-1", NULL, "{\"name\":\"%s\",\"number\":\"%s\",\"alias\":\"房东\"}",
                   b->wang.name, b->wang.number));
    ASSERT_STATUS(call(b, &b->li, "payee.add", new_id(b), NULL, "{\"name\":\"%s\",\"number\":\"%s\"}", b->wang.name, b->wang.number),
                  ZY_ALREADY_EXISTS);
    ZY_AUTO(zy_json_free) zy_json *list = NULL;
    ZY_AUTO_BUF text = { 0 };
    ASSERT_OK(call(b, &b->li, "payee.list", NULL, &list, "{}"));
    answer_text(list, &text);
    assert_null(strstr(text.p, b->wang.number));
    assert_null(strstr(text.p, b->wang.name));
    assert_non_null(strstr(text.p, "房东"));
    ASSERT_STATUS(call(b, &b->wang, "payee.remove", NULL, NULL, "{\"payee_id\":\"%s\"}", payee), ZY_NOT_FOUND);
    static const char BY_ID[] = "{\"from_account_id\":\"%s\",\"payee_id\":\"%s\",\"amount_fen\":100}";
    ZY_AUTO(zy_json_free) zy_json *prepared = NULL;
    ASSERT_OK(call(b, &b->li, "transfer.prepare", new_id(b), &prepared, BY_ID, from, payee));
    answer_text(prepared, &text);
    assert_null(strstr(text.p, b->wang.number));
    const zy_json *body = zy_json_get(prepared, "body");
    text_member(body, "order_id", o.id, sizeof o.id);
    text_member(body, "digest", o.digest, sizeof o.digest);
    authorise(b, &o);
    ASSERT_OK(confirm(b, &b->li, &o));
    assert_carried_out(b, 100, 1);
    ASSERT_STATUS(call(b, &b->wang, "transfer.prepare", new_id(b), NULL, BY_ID, from, payee), ZY_NOT_FOUND);
    ASSERT_OK(call(b, &b->li, "payee.remove", NULL, NULL, "{\"payee_id\":\"%s\"}", payee));
    ASSERT_STATUS(call(b, &b->li, "payee.remove", NULL, NULL, "{\"payee_id\":\"%s\"}", payee), ZY_NOT_FOUND);
    ASSERT_STATUS(call(b, &b->li, "transfer.prepare", new_id(b), NULL, BY_ID, from, payee), ZY_NOT_FOUND);
    ASSERT_STATUS(call(b, &b->li, "transfer.prepare", new_id(b), NULL, "{\"from_account_id\":\"%s\",\"amount_fen\":100}", from),
                  ZY_BAD_FIELD);
}

static void the_first_transfer_to_somebody_carries_a_warning(void **state)
{
    bank *b = *state;
    char from[ZY_ID_TEXT_MAX], risk[16], notice[400];
    zy_id_format(b->li.account, from);
    static const char *const RISKS[] = { "medium", "low" };
    for (size_t i = 0; i < 2; i++) {
        ZY_AUTO(zy_json_free) zy_json *answer = NULL;
        ASSERT_OK(call(b, &b->li, "transfer.prepare", new_id(b), &answer,
                       "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":1}", from, b->wang.number,
                       b->wang.name));
        text_member(zy_json_get(answer, "body"), "risk", risk, sizeof risk);
        text_member(zy_json_get(answer, "body"), "notice", notice, sizeof notice);
        assert_string_equal(risk, RISKS[i]);
        assert_int_equal(notice[0] != 0, i == 0);
        pay(b, 1);
    }
}

/* ---- rows in the database ---- */

static void a_row_that_was_changed_is_not_carried_out(void **state)
{
    ZY_PROVES("mb.server-validation.h-ii");
    bank *b = *state;
    order o;
    char deed[200], undo[200];
    ASSERT_OK(prepare(b, 100, &o));
    authorise(b, &o);
    const struct {
        const char *column;
        int64_t bad, good;
    } COLUMNS[] = { { "amount_fen", 1, 100 }, { "to_account", b->wang.second.v, b->wang.account.v },
                    { "from_account", b->li.second.v, b->li.account.v }, { "fee_fen", 1, 0 } };
    for (size_t i = 0; i < ZY_COUNT(COLUMNS); i++) {
        snprintf(deed, sizeof deed, "UPDATE flow_order SET %s = %lld", COLUMNS[i].column, (long long)COLUMNS[i].bad);
        snprintf(undo, sizeof undo, "UPDATE flow_order SET %s = %lld", COLUMNS[i].column, (long long)COLUMNS[i].good);
        ASSERT_OK(zy_db_test_exec_script(b->env.db, deed, deed, &b->err));
        ASSERT_STATUS(confirm(b, &b->li, &o), ZY_INTERNAL);
        ASSERT_OK(zy_db_test_exec_script(b->env.db, undo, undo, &b->err));
    }
    assert_carried_out(b, 0, 0);
    ASSERT_OK(confirm(b, &b->li, &o));
}

static const zy_sql SQL_PLAIN = { "test.plain",
    "SELECT content FROM flow_order UNION ALL SELECT answer FROM flow_order UNION ALL SELECT content FROM bank_account"
    " UNION ALL SELECT content FROM bank_payee", 0, NULL };
static const zy_sql SQL_PLAIN_TEXT = { "test.plain_text",
    "SELECT answer FROM api_idempotency UNION ALL SELECT detail FROM audit_record UNION ALL SELECT counterparty FROM ledger_posting",
    0, NULL };

typedef struct plain_job {
    const zy_sql *sql;
    const char *words[4];
    int rows;
    bool found;
} plain_job;

static zy_status plain_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    plain_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, job->sql, ZY_NO_ARGS, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        zy_str blob = zy_col_blob(rows, 0);
        job->rows++;
        for (size_t i = 0; i < ZY_COUNT(job->words); i++)
            job->found = job->found || (blob.n > 0 && memmem(blob.p, blob.n, job->words[i], strlen(job->words[i])) != NULL);
    }
}

static void names_numbers_and_memos_are_sealed_in_the_rows(void **state)
{
    bank *b = *state;
    ASSERT_OK(call(b, &b->li, "payee.add", new_id(b), NULL, "{\"name\":\"%s\",\"number\":\"%s\"}", b->wang.name, b->wang.number));
    pay(b, 100);
    plain_job job = { .sql = &SQL_PLAIN, .words = { b->wang.number, b->wang.name, "房租", "6217" } };
    ASSERT_OK(zy_db_read(b->env.db, "test.plain", plain_read, &job, &b->err));
    assert_int_equal(job.rows, 7);
    assert_false(job.found);
    job = (plain_job){ .sql = &SQL_PLAIN_TEXT, .words = { b->wang.number, b->wang.name, b->li.name, b->li.number } };
    ASSERT_OK(zy_db_read(b->env.db, "test.plain", plain_read, &job, &b->err));
    assert_true(job.rows > 5);
    assert_false(job.found);
}

typedef struct search_job {
    bank *b;
    zy_order_filter filter;
    zy_json *found;
    zy_id next;
} search_job;

static zy_status search_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    search_job *job = arg;
    return zy_order_search(rtx, &job->b->env, &job->filter, job->found, &job->next, err);
}

static size_t search(bank *b, zy_order_filter filter, zy_id *ret_next)
{
    search_job job = { b, filter, zy_json_array(), { 0 } };
    ZY_AUTO_BUF text = { 0 };
    ASSERT_OK(zy_db_read(b->env.db, "test.search", search_read, &job, &b->err));
    size_t found = zy_json_count(job.found);
    zy_json_write(job.found, &text);
    assert_null(strstr(text.p, b->wang.number));
    assert_null(strstr(text.p, b->wang.name));
    zy_json_free(job.found);
    *ret_next = job.next;
    return found;
}

static void staff_find_orders_without_personal_data(void **state)
{
    bank *b = *state;
    order o;
    zy_id next;
    pay(b, 100);
    ASSERT_OK(prepare(b, 200, &o));
    assert_int_equal(search(b, (zy_order_filter){ .limit = 10 }, &next), 2);
    assert_int_equal(next.v, 0);
    assert_int_equal(search(b, (zy_order_filter){ .limit = 1 }, &next), 1);
    assert_int_equal(search(b, (zy_order_filter){ .limit = 1, .before = next }, &next), 1);
    assert_int_equal(search(b, (zy_order_filter){ .limit = 10, .state = ZY_STR("posted") }, &next), 1);
    assert_int_equal(search(b, (zy_order_filter){ .limit = 10, .customer = b->li.customer, .state = ZY_STR("prepared") }, &next), 1);
    assert_int_equal(search(b, (zy_order_filter){ .limit = 10, .customer = b->wang.customer }, &next), 0);
    assert_int_equal(search(b, (zy_order_filter){ .limit = 10, .to = START }, &next), 0);
    ZY_AUTO(zy_json_free) zy_json *list = NULL;
    ASSERT_OK(call(b, &b->li, "order.list", NULL, &list, "{\"limit\":10}"));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(list, "body"), "orders")), 2);
}

static void card_numbers_carry_a_check_digit(void **state)
{
    (void)state;
    char number[24];
    assert_true(zy_card_luhn(ZY_STR("4111111111111111")));
    assert_false(zy_card_luhn(ZY_STR("4111111111111112")));
    assert_false(zy_card_luhn(ZY_STR("41111111111111a1")));
    assert_false(zy_card_luhn(ZY_STR("0")));
    for (uint32_t serial = 0; serial < 500; serial += 7) {
        zy_card_number("621700", serial, number);
        assert_int_equal(strlen(number), 16);
        assert_true(zy_card_luhn(zy_str_of(number)));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transfer_is_carried_out_once_and_both_are_told),
        TEST(balances_and_entries_are_those_of_the_ledger),
        TEST(own_accounts_pay_each_other_without_a_warning),
        TEST(whom_the_counter_has_not_signed_pays_his_own_accounts_alone),
        TEST(the_text_is_canonical_and_the_digest_is_its_sm3),
        TEST(factors_are_verified_in_order_and_once),
        TEST(an_old_code_is_refused_and_a_new_one_works),
        TEST(a_code_of_one_order_opens_no_other),
        TEST(another_login_cannot_finish_an_order),
        TEST(the_values_of_factors_have_their_own_types),
        TEST(customer_chooses_among_what_the_policy_offers),
        TEST(combination_that_was_not_offered_is_never_carried_out),
        TEST(other_peoples_things_are_not_found),
        TEST(an_order_is_confirmed_for_its_digest_alone),
        TEST(figures_of_the_server_cannot_be_sent_along),
        TEST(a_cancelled_order_stays_cancelled),
        TEST(an_order_dies_after_ten_minutes_with_its_factors),
        TEST(a_wrong_name_and_an_unknown_number_answer_alike),
        TEST(amounts_outside_the_rules_are_refused),
        TEST(money_that_is_gone_by_then_refuses_and_leaves_the_order),
        TEST(account_states_count_at_prepare_and_at_confirm),
        TEST(limits_hold_to_the_fen_and_for_one_beijing_day),
        TEST(sixteen_that_confirm_at_once_post_once_and_hear_the_same),
        TEST(orders_confirmed_at_once_cannot_pass_the_days_limit),
        TEST(a_repeated_prepare_gives_the_first_order),
        TEST(any_call_may_fail_in_prepare_and_a_repeat_works),
        TEST(any_call_may_fail_in_confirm_and_a_repeat_works),
        TEST(a_lost_commit_answer_is_found_out),
        TEST(payees_are_picked_from_a_book_of_ones_own),
        TEST(the_first_transfer_to_somebody_carries_a_warning),
        TEST(a_row_that_was_changed_is_not_carried_out),
        TEST(names_numbers_and_memos_are_sealed_in_the_rows),
        TEST(staff_find_orders_without_personal_data),
        cmocka_unit_test(card_numbers_carry_a_check_digit),
    };
    return zy_test_main("transfer", tests, ZY_COUNT(tests));
}
