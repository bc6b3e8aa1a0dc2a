/* Statements and receipts from real logins through the dispatcher, on both engines. */
#include <stdio.h>
#include <stdlib.h>

#include "bank/account/account.h"
#include "bank/security/order_world.h"
#include "bank/statement/statement.h"
#include "service/document/document.h"
#include "zy_test.h"
#include "zy_test_env.h"

static int set_up(void **state)
{
    zy_err err = { 0 };
    order_world_open(state);
    world *w = *state;
    ASSERT_OK(zy_registry_add(w->registry, ZY_DOCUMENT_APIS, ZY_DOCUMENT_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_STATEMENT_APIS, ZY_STATEMENT_API_COUNT, &err));
    zy_document_start();
    zy_statement_start();
    return 0;
}

static void pay(phone *p, order *o)
{
    ASSERT_OK(order_prepare_transfer(p, o));
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    ASSERT_OK(order_confirm(p, o));
}

static zy_status make(phone *p, zy_id account, const char *from, const char *to, const char *format)
{
    char id[ZY_ID_TEXT_MAX], body[200];
    zy_id_format(account, id);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"format\":\"%s\"}", id, from, to, format);
    return phone_call(p, "statement.make", body);
}

/* All chunks of the document that the last answer named, and its code. */
static void fetch(phone *p, zy_buf *out, char code[ZY_DOCUMENT_CODE_MAX])
{
    char id[40], body[120];
    uint8_t piece[65536];
    snprintf(id, sizeof id, "%s", phone_text(p, "document_id"));
    snprintf(code, ZY_DOCUMENT_CODE_MAX, "%s", phone_text(p, "code"));
    for (int chunk = 0;; chunk++) {
        zy_str content = { 0 };
        size_t n = 0;
        snprintf(body, sizeof body, "{\"document_id\":\"%s\",\"chunk\":%d}", id, chunk);
        ASSERT_OK(phone_call(p, "document.get", body));
        assert_true(zy_json_str(zy_json_get(p->answer, "body"), "content", &content));
        ASSERT_OK(zy_base64_decode(content, piece, sizeof piece, &n));
        zy_buf_add(out, piece, n);
        if (phone_flag(p, "last"))
            return;
    }
}

static zy_status check(phone *p, const char *code)
{
    char body[80];
    snprintf(body, sizeof body, "{\"code\":\"%s\"}", code);
    return phone_call(p, "document.check", body);
}

static void a_statement_is_masked_sealed_and_checked_by_its_code(void **state)
{
    static const char *const FORMATS[] = { "pdf", "csv" };
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    pay(&p, &o);
    for (size_t i = 0; i < ZY_COUNT(FORMATS); i++) {
        ZY_AUTO_BUF file = { .max = 8u << 20 };
        zy_document_seal seal;
        char code[ZY_DOCUMENT_CODE_MAX];
        ASSERT_OK(make(&p, cards.account, "2026-11-01", "2026-11-30", FORMATS[i]));
        fetch(&p, &file, code);
        ASSERT_OK(zy_document_verify(w->env->keys, zy_buf_view(&file), &seal));
        assert_string_equal(seal.code, code);
        assert_null(memmem(file.p, file.n, cards.number, strlen(cards.number)));
        assert_null(memmem(file.p, file.n, LI.name, strlen(LI.name)));
        ASSERT_OK(check(&p, code));
        assert_true(phone_flag(&p, "right"));
        assert_string_equal(phone_text(&p, "kind"), "statement");
        assert_memory_equal(phone_text(&p, "facts.number"), "6217 ****", 9);
        file.p[file.n / 2] ^= 1;
        ASSERT_STATUS(zy_document_verify(w->env->keys, zy_buf_view(&file), &seal), ZY_SIGNATURE_BAD);
    }
    assert_int_equal(world_audits(w, "document.made"), 2);
    phone_free(&p);
}

static void a_csv_holds_the_entries_of_the_ledger(void **state)
{
    phone p;
    order o;
    char code[ZY_DOCUMENT_CODE_MAX];
    ZY_AUTO_BUF file = { 0 };
    phone_log_in(&p, *state, "own");
    pay(&p, &o);
    ASSERT_OK(make(&p, cards.account, "2026-11-01", "2026-11-30", "csv"));
    fetch(&p, &file, code);
    assert_non_null(strstr(file.p, "\"-12.34\",\"99,987.66\""));
    assert_non_null(strstr(file.p, "\"100,000.00\",\"100,000.00\""));
    assert_non_null(strstr(file.p, code));
    phone_free(&p);
}

static void documents_of_others_and_odd_periods_are_refused(void **state)
{
    phone p;
    phone_log_in(&p, *state, "own");
    ASSERT_STATUS(make(&p, cards.to_account, "2026-11-01", "2026-11-30", "csv"), ZY_NOT_FOUND);
    ASSERT_STATUS(make(&p, cards.account, "2026-11-30", "2026-11-01", "csv"), ZY_BAD_FIELD);
    ASSERT_STATUS(make(&p, cards.account, "2025-11-01", "2026-11-30", "csv"), ZY_BAD_FIELD);
    ASSERT_STATUS(make(&p, cards.account, "2026-11-01", "2026-11-30", "exe"), ZY_BAD_FIELD);
    ASSERT_STATUS(phone_call(&p, "document.get", "{\"document_id\":\"0000000000001\",\"chunk\":0}"), ZY_NOT_FOUND);
    phone_free(&p);
}

static void a_receipt_is_for_orders_that_were_carried_out(void **state)
{
    ZY_PROVES("mb.def-txn-record.p2");
    world *w = *state;
    phone p;
    order open, done;
    char body[100], code[ZY_DOCUMENT_CODE_MAX];
    ZY_AUTO_BUF file = { .max = 8u << 20 };
    zy_document_seal seal;
    phone_log_in(&p, w, "own");
    ASSERT_OK(order_prepare_transfer(&p, &open));
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", open.id);
    ASSERT_STATUS(phone_call(&p, "order.receipt", body), ZY_ORDER_STATE);
    pay(&p, &done);
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", done.id);
    ASSERT_OK(phone_call(&p, "order.receipt", body));
    fetch(&p, &file, code);
    ASSERT_OK(zy_document_verify(w->env->keys, zy_buf_view(&file), &seal));
    ASSERT_OK(check(&p, code));
    assert_string_equal(phone_text(&p, "facts.order_kind"), "transfer.internal");
    phone_free(&p);
}

/* What a stranger hears: right or wrong, and after some tries in a minute from one address nothing more. */
static void a_code_is_told_right_or_wrong_and_not_often(void **state)
{
    phone p;
    int asked = 0;
    zy_status status;
    phone_make(&p, *state, "stranger", "203.0.113.44");
    while ((status = check(&p, "ABCDEFGHIJKLMNOP")) == ZY_OK) {
        assert_false(phone_flag(&p, "right"));
        assert_in_range(++asked, 1, 1000);
    }
    assert_int_equal(status, ZY_RATE_LIMITED);
    phone_free(&p);
}

static void files_are_gone_after_a_day_and_codes_stay(void **state)
{
    world *w = *state;
    zy_err err = { 0 };
    phone p;
    char code[ZY_DOCUMENT_CODE_MAX];
    ZY_AUTO_BUF file = { 0 };
    int64_t dropped = 0;
    phone_log_in(&p, w, "own");
    ASSERT_OK(make(&p, cards.account, "2026-11-01", "2026-11-30", "csv"));
    fetch(&p, &file, code);
    ASSERT_OK(zy_document_expire(w->env, 100, &dropped, &err));
    assert_int_equal(dropped, 0);
    world_turn(w, ZY_DAYS(2));
    ASSERT_OK(zy_document_expire(w->env, 100, &dropped, &err));
    assert_int_equal(dropped, 1);
    phone_free(&p);
    phone_make(&p, w, "stranger", "203.0.113.44");
    ASSERT_OK(check(&p, code));
    assert_true(phone_flag(&p, "right"));
    phone_free(&p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_close)
    const struct CMUnitTest tests[] = {
        TEST(a_statement_is_masked_sealed_and_checked_by_its_code),
        TEST(a_csv_holds_the_entries_of_the_ledger),
        TEST(documents_of_others_and_odd_periods_are_refused),
        TEST(a_receipt_is_for_orders_that_were_carried_out),
        TEST(a_code_is_told_right_or_wrong_and_not_often),
        TEST(files_are_gone_after_a_day_and_codes_stay),
    };
    return zy_test_main("statement", tests, ZY_COUNT(tests));
}
