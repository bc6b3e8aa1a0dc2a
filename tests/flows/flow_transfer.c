/* Story: money goes from one customer to another, over the whole server, and what must not move it. */
#include <stdio.h>

#include "server.h"

static struct {
    bank *bank;
    bank_client payer, payee;
} world;

/* Both are logged in all the time: a login by its code costs seconds in a sanitizer's build. */
static void be_there(void)
{
    if (world.bank != NULL)
        return;
    world.bank = bank_new("test", 10);
    bank_client_open(world.bank, 3, &world.payer);
    bank_client_open(world.bank, 4, &world.payee);
    bank_login(&world.payer);
    bank_login(&world.payee);
}

static void entry_of(bank_client *c, const char *order_id, int64_t fen, int64_t balance)
{
    char id[40];
    const zy_json *entries = zy_json_get(
        bank_ask(c, "OK", "account.transactions", NULL, "{\"account_id\":\"%s\",\"limit\":50}", c->account), "entries");
    int found = 0;
    for (size_t i = 0; i < zy_json_count(entries); i++) {
        const zy_json *entry = zy_json_at(entries, i);
        bank_text(entry, "order_id", id, sizeof id);
        if (strcmp(id, order_id) != 0)
            continue;
        found++;
        assert_int_equal(bank_number(entry, "amount_fen"), fen);
        assert_int_equal(bank_number(entry, "balance_fen"), balance);
    }
    assert_int_equal(found, 1);
}

static void text_of(const zy_json *j, zy_buf *out)
{
    zy_buf_clear(out);
    zy_json_write_sorted(j, out);
}

static void a_transfer_moves_money_once_and_both_sides_see_it(void **state)
{
    (void)state;
    ZY_PROVES("mb.transfer.a.1");
    be_there();
    bank_order order;
    ZY_AUTO_BUF first = { 0 }, again = { 0 };
    int64_t from = bank_balance(&world.payer), to = bank_balance(&world.payee);
    bank_prepare(&world.payer, "OK", world.payee.person, 12345, &order);
    bank_authorise(&world.payer, &order);
    const zy_json *body = bank_confirm(&world.payer, "OK", &order), *receipt = zy_json_get(body, "receipt");
    char text[80];
    bank_text(body, "state", text, sizeof text);
    assert_string_equal(text, "posted");
    assert_int_equal(bank_number(receipt, "amount_fen"), 12345);
    bank_text(receipt, "order_id", text, sizeof text);
    assert_string_equal(text, order.order_id);
    bank_text(receipt, "digest", text, sizeof text);
    assert_string_equal(text, order.digest);
    text_of(body, &first);
    for (int i = 0; i < 3; i++) {
        text_of(bank_confirm(&world.payer, "OK", &order), &again);
        assert_string_equal(again.p, first.p);
    }
    assert_int_equal(bank_balance(&world.payer), from - 12345);
    assert_int_equal(bank_balance(&world.payee), to + 12345);
    entry_of(&world.payer, order.order_id, -12345, from - 12345);
    entry_of(&world.payee, order.order_id, 12345, to + 12345);
}

static void a_repeated_prepare_gives_the_first_order_and_another_content_a_conflict(void **state)
{
    (void)state;
    be_there();
    char id[40], text[80];
    bank_order order;
    const bank_person *to = world.payee.person;
    bank_prepare(&world.payer, "OK", to, 700, &order);
#define PREPARE "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%d}"
    const zy_json *body = bank_ask(&world.payer, "OK", "transfer.prepare", order.id, PREPARE, world.payer.account,
             to->number, to->name, 700);
    bank_text(body, "order_id", text, sizeof text);
    assert_string_equal(text, order.order_id);
    bank_ask(&world.payer, "IDEMPOTENCY_CONFLICT", "transfer.prepare", order.id, PREPARE, world.payer.account,
             to->number, to->name, 701);
    bank_id(id);
    body = bank_ask(&world.payer, "OK", "transfer.prepare", id, PREPARE, world.payer.account, to->number, to->name, 700);
    bank_text(body, "order_id", text, sizeof text);
    assert_string_not_equal(text, order.order_id);
    bank_ask(&world.payer, "BAD_FIELD", "transfer.prepare", NULL, PREPARE, world.payer.account, to->number, to->name, 700);
}

static void factors_have_their_order_and_the_digest_is_checked(void **state)
{
    (void)state;
    ZY_PROVES("mb.enhanced-auth.g.2");
    be_there();
    bank_order order, wrong;
    int64_t before = bank_balance(&world.payer);
    bank_prepare(&world.payer, "OK", world.payee.person, 100, &order);
    bank_confirm(&world.payer, "FACTOR_ORDER", &order);
    bank_ask(&world.payer, "FACTOR_ORDER", "order.factor.begin", NULL, "{\"order_id\":\"%s\",\"factor\":\"sms\"}", order.order_id);
    bank_ask(&world.payer, "FACTOR_ORDER", "order.factor.verify", NULL,
             "{\"order_id\":\"%s\",\"factor\":\"sms\",\"value\":\"000000\"}", order.order_id);
    bank_factor(&world.payer, "FACTOR_WRONG", order.order_id, "000111");
    bank_authorise(&world.payer, &order);
    bank_factor(&world.payer, "FACTOR_ORDER", order.order_id, world.payer.person->pay_password);
    wrong = order;
    wrong.digest[0] = wrong.digest[0] == '0' ? '1' : '0';
    bank_confirm(&world.payer, "DIGEST_MISMATCH", &wrong);
    assert_int_equal(bank_balance(&world.payer), before);
    bank_confirm(&world.payer, "OK", &order);
    assert_int_equal(bank_balance(&world.payer), before - 100);
}

static void other_peoples_things_are_not_found(void **state)
{
    (void)state;
    be_there();
    bank_order order;
    char id[40];
    bank_id(id);
    bank_prepare(&world.payer, "OK", world.payee.person, 100, &order);
    bank_ask(&world.payee, "NOT_FOUND", "order.get", NULL, "{\"order_id\":\"%s\"}", order.order_id);
    bank_ask(&world.payee, "NOT_FOUND", "order.cancel", NULL, "{\"order_id\":\"%s\"}", order.order_id);
    bank_confirm(&world.payee, "NOT_FOUND", &order);
    bank_factor(&world.payee, "NOT_FOUND", order.order_id, world.payee.person->pay_password);
    bank_ask(&world.payee, "NOT_FOUND", "order.factor.begin", NULL, "{\"order_id\":\"%s\",\"factor\":\"sms\"}", order.order_id);
    bank_ask(&world.payee, "NOT_FOUND", "account.transactions", NULL, "{\"account_id\":\"%s\"}", world.payer.account);
    bank_ask(&world.payee, "NOT_FOUND", "transfer.prepare", id, PREPARE, world.payer.account, world.payer.person->number,
             world.payer.person->name, 100);
    const zy_json *added = bank_ask(&world.payer, "OK", "payee.add", id, "{\"name\":\"%s\",\"number\":\"%s\"}",
                                    world.payee.person->name, world.payee.person->number);
    char payee[40];
    bank_text(added, "payee_id", payee, sizeof payee);
    bank_ask(&world.payee, "NOT_FOUND", "payee.remove", NULL, "{\"payee_id\":\"%s\"}", payee);
    bank_id(id);
    bank_ask(&world.payee, "NOT_FOUND", "transfer.prepare", id, "{\"from_account_id\":\"%s\",\"payee_id\":\"%s\",\"amount_fen\":1}",
             world.payee.account, payee);
    bank_ask(&world.payer, "OK", "order.cancel", NULL, "{\"order_id\":\"%s\"}", order.order_id);
    bank_confirm(&world.payer, "ORDER_STATE", &order);
}

static void prepare_raw(const char *code, const char *amount)
{
    char id[40];
    bank_id(id);
    bank_ask(&world.payer, code, "transfer.prepare", id,
             "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%s}", world.payer.account,
             world.payee.person->number, world.payee.person->name, amount);
}

static void amounts_that_are_none_are_refused(void **state)
{
    (void)state;
    be_there();
    static const char *const AMOUNTS[] = { "0", "-1", "-9223372036854775808", "9223372036854775807", "100000001", "\"100\"", "null",
                                           "true", "[1]" };
    int64_t before = bank_balance(&world.payer);
    for (size_t i = 0; i < ZY_COUNT(AMOUNTS); i++)
        prepare_raw("BAD_FIELD", AMOUNTS[i]);
    assert_int_equal(bank_balance(&world.payer), before);
}

static void a_wrong_name_and_an_unknown_account_answer_alike(void **state)
{
    (void)state;
    be_there();
    /* the number's last digit is its check digit: the unknown one is well-formed */
    bank_client *c = &world.payee; /* the payer's prepares of this minute are nearly used up */
    char id[40], unknown[24];
    ZY_AUTO_BUF wrong_name = { 0 }, no_account = { 0 };
    const bank_person *to = world.payer.person;
    snprintf(unknown, sizeof unknown, "%s", "6299889999999999");
    bank_id(id);
    bank_ask(c, "PAYEE_MISMATCH", "transfer.prepare", id, PREPARE, c->account, to->number, "王不对", 100);
    text_of(zy_json_get(c->answer, "fields"), &wrong_name);
    assert_null(zy_json_get(c->answer, "body"));
    bank_id(id);
    bank_ask(c, "PAYEE_MISMATCH", "transfer.prepare", id, PREPARE, c->account, unknown, to->name, 100);
    text_of(zy_json_get(c->answer, "fields"), &no_account);
    assert_null(zy_json_get(c->answer, "body"));
    assert_string_equal(wrong_name.p, no_account.p);
}

static void the_days_limit_holds_at_confirm(void **state)
{
    (void)state;
    be_there();
    bank_client rich;
    bank_order first, second;
    char id[40];
    bank_client_open(world.bank, 0, &rich);
    bank_login(&rich);
    bank_id(id);
    bank_ask(&rich, "TRANSFER_LIMIT", "transfer.prepare", id, PREPARE, rich.account, world.payee.person->number,
             world.payee.person->name, 5000001);
    bank_prepare(&rich, "OK", world.payee.person, 3000000, &first);
    bank_prepare(&rich, "OK", world.payee.person, 3000000, &second);
    bank_authorise(&rich, &first);
    bank_authorise(&rich, &second);
    bank_confirm(&rich, "OK", &first);
    int64_t left = bank_balance(&rich);
    bank_confirm(&rich, "TRANSFER_LIMIT", &second);
    assert_int_equal(bank_balance(&rich), left);
    bank_client_close(&rich);
}

static void books_and_audit_are_whole_afterwards(void **state)
{
    (void)state;
    be_there();
    ZY_AUTO_BUF out = { 0 };
    bank_client_close(&world.payer);
    bank_client_close(&world.payee);
    bank_stop(world.bank);
    assert_int_equal(bank_tool(world.bank, &out, "audit", "verify", NULL), 0);
    assert_int_equal(bank_tool(world.bank, &out, "audit", "ledger", NULL), 0);
    bank_free(world.bank);
    world.bank = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_moves_money_once_and_both_sides_see_it),
        cmocka_unit_test(a_repeated_prepare_gives_the_first_order_and_another_content_a_conflict),
        cmocka_unit_test(factors_have_their_order_and_the_digest_is_checked),
        cmocka_unit_test(other_peoples_things_are_not_found),
        cmocka_unit_test(a_wrong_name_and_an_unknown_account_answer_alike),
        cmocka_unit_test(the_days_limit_holds_at_confirm),
        cmocka_unit_test(amounts_that_are_none_are_refused),
        cmocka_unit_test(books_and_audit_are_whole_afterwards),
    };
    return zy_test_main("flow_transfer", tests, ZY_COUNT(tests));
}
