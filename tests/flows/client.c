/* The customers of the stories. */
#include <stdio.h>
#include <time.h>

#include "connector/sms.h"
#include "server.h"

#define CODE_WAIT_MS  30000
#define CALL_WAIT_MS  60000
#define POLL_MS       5

void bank_client_open(bank *b, size_t person, bank_client *c)
{
    char url[64], ca[BANK_PATH_MAX + 20];
    zy_err err = { 0 };
    *c = (bank_client){ .bank = b, .person = bank_people(b, person) };
    ASSERT_OK(zy_sm2_generate(&c->device));
    snprintf(url, sizeof url, "https://127.0.0.1:%u", b->port);
    snprintf(ca, sizeof ca, "%s/tls/server.pem", b->home);
    zy_client_options options = { .url = url, .ca_file = ca, .server_key_id = b->key_id, .device_key = c->device,
                                  .device_name = "flow", .timeout_ms = CALL_WAIT_MS };
    memcpy(options.server_key, b->key, sizeof b->key);
    ASSERT_OK(zy_client_new(&options, &c->zy, &err));
}

void bank_client_close(bank_client *c)
{
    zy_json_free(c->answer);
    zy_client_free(c->zy);
    zy_sm2_key_free(c->device);
    *c = (bank_client){ 0 };
}

bool bank_read_code(void *client, const char *masked_phone, char code[16])
{
    bank_client *c = client;
    char mailbox[BANK_PATH_MAX + 20];
    const struct timespec poll = { .tv_nsec = POLL_MS * 1000000 };
    (void)masked_phone;
    snprintf(mailbox, sizeof mailbox, "%s/mailbox.jsonl", c->bank->home);
    for (int waited = 0; waited < CODE_WAIT_MS; waited += POLL_MS) {
        if (zy_mailbox_code(mailbox, zy_str_of(c->person->phone), &c->person->code_at, code) == ZY_OK)
            return true;
        nanosleep(&poll, NULL);
    }
    return false;
}

static void take_answer(bank_client *c, zy_json *answer)
{
    zy_json_free(c->answer);
    c->answer = answer;
}

void bank_expect(const bank_client *c, const char *code, const char *file, int line)
{
    if (zy_client_is(c->answer, code))
        return;
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(c->answer, &text);
    print_error("%s was expected, the answer is " ZY_STR_FMT "\n", code, ZY_STR_ARG(zy_buf_view(&text)));
    _fail(file, line);
}

static zy_status call(bank_client *c, const char *api, const char *id, zy_str text, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = NULL;
    zy_json *answer = NULL;
    if (text.n > 0)
        ASSERT_OK(zy_json_parse(text, &body));
    ZY_TRY(zy_client_call(c->zy, api, id, body, &answer, err));
    take_answer(c, answer);
    return ZY_OK;
}

__attribute__((format(printf, 2, 0))) static zy_str format_body(char out[4096], const char *format, va_list more)
{
    int n = vsnprintf(out, 4096, format, more);
    assert_in_range(n, 0, 4095);
    return zy_str_bytes(out, (size_t)n);
}

zy_status bank_try(bank_client *c, const char *api, const char *id, zy_err *err, const char *format, ...)
{
    char text[4096];
    va_list more;
    va_start(more, format);
    zy_str body = format_body(text, format, more);
    va_end(more);
    return call(c, api, id, body, err);
}

const zy_json *bank_ask(bank_client *c, const char *code, const char *api, const char *id, const char *format, ...)
{
    char text[4096];
    zy_err err = { 0 };
    va_list more;
    va_start(more, format);
    zy_str body = format_body(text, format, more);
    va_end(more);
    zy_status status = call(c, api, id, body, &err);
    if (status != ZY_OK)
        fail_msg("%s: %s %s", api, zy_status_name(status), err.detail);
    if (!zy_client_is(c->answer, code))
        print_error("%s " ZY_STR_FMT "\n", api, ZY_STR_ARG(body));
    BANK_EXPECT(c, code);
    return zy_json_get(c->answer, "body");
}

void bank_text(const zy_json *object, const char *name, char *out, size_t size)
{
    zy_str value = { 0 };
    if (!zy_json_str(object, name, &value))
        fail_msg("%s is missing", name);
    ASSERT_OK(zy_str_copy(value, out, size));
}

int64_t bank_number(const zy_json *object, const char *name)
{
    int64_t value = 0;
    if (!zy_json_int(object, name, &value))
        fail_msg("%s is missing", name);
    return value;
}

void bank_login(bank_client *c)
{
    zy_json *answer = NULL;
    zy_err err = { 0 };
    zy_status status = zy_client_login(c->zy, c->person->user, c->person->password, bank_read_code, c, &answer, &err);
    if (status != ZY_OK)
        fail_msg("login: %s %s", zy_status_name(status), err.detail);
    take_answer(c, answer);
    BANK_EXPECT(c, "OK");
    const zy_json *body = bank_ask(c, "OK", "account.list", NULL, "{}");
    bank_text(zy_json_at(zy_json_get(body, "accounts"), 0), "account_id", c->account, sizeof c->account);
}

int64_t bank_balance(bank_client *c)
{
    char id[40];
    const zy_json *accounts = zy_json_get(bank_ask(c, "OK", "account.list", NULL, "{}"), "accounts");
    for (size_t i = 0; i < zy_json_count(accounts); i++) {
        bank_text(zy_json_at(accounts, i), "account_id", id, sizeof id);
        if (strcmp(id, c->account) == 0)
            return bank_number(zy_json_at(accounts, i), "balance_fen");
    }
    fail_msg("the account is gone");
    return 0;
}

void bank_id(char out[40])
{
    uint8_t random[16];
    ASSERT_OK(zy_random(random, sizeof random));
    zy_base64url_encode(random, sizeof random, out);
}

/* --- transfers --- */

void bank_prepare(bank_client *from, const char *code, const bank_person *to, int64_t fen, bank_order *ret_order)
{
    bank_id(ret_order->id);
    const zy_json *body = bank_ask(from, code, "transfer.prepare", ret_order->id,
                                   "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\","
                                   "\"amount_fen\":%lld}",
                                   from->account, to->number, to->name, (long long)fen);
    if (strcmp(code, "OK") != 0)
        return;
    bank_text(body, "order_id", ret_order->order_id, sizeof ret_order->order_id);
    bank_text(body, "digest", ret_order->digest, sizeof ret_order->digest);
}

const zy_json *bank_factor(bank_client *c, const char *code, const char *order_id, const char *pay_password)
{
    ZY_AUTO(zy_json_free) zy_json *secret = NULL;
    ZY_AUTO_BUF text = { 0 };
    zy_err err = { 0 };
    ASSERT_OK(zy_client_secret(c->zy, 2, pay_password, &secret, &err));
    zy_json_write(secret, &text);
    return bank_ask(c, code, "order.factor.verify", NULL,
                    "{\"order_id\":\"%s\",\"factor\":\"pay_password\",\"value\":" ZY_STR_FMT "}", order_id, ZY_STR_ARG(zy_buf_view(&text)));
}

void bank_authorise(bank_client *c, const bank_order *order)
{
    char code[16];
    bank_factor(c, "OK", order->order_id, c->person->pay_password);
    bank_ask(c, "OK", "order.factor.begin", NULL, "{\"order_id\":\"%s\",\"factor\":\"sms\"}", order->order_id);
    assert_true(bank_read_code(c, "", code));
    bank_ask(c, "OK", "order.factor.verify", NULL,
             "{\"order_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", order->order_id,
             code);
}

const zy_json *bank_confirm(bank_client *c, const char *code, const bank_order *order)
{
    return bank_ask(c, code, "order.confirm", NULL, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", order->order_id, order->digest);
}

void bank_transfer(bank_client *from, const bank_person *to, int64_t fen, bank_order *ret_order)
{
    bank_prepare(from, "OK", to, fen, ret_order);
    bank_authorise(from, ret_order);
    bank_confirm(from, "OK", ret_order);
}
