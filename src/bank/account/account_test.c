/* What customers and staff do about accounts, from real logins through the dispatcher, on both engines. */
#include <stdio.h>
#include <stdlib.h>

#include "bank/account/account.h"
#include "bank/account/card.h"
#include "bank/security/order_world.h"
#include "service/approval/approval.h"
#include "service/ledger/ledger.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define PIN "610482"

static const char *with_id(const char *format, zy_id account)
{
    static char body[400];
    char id[ZY_ID_TEXT_MAX];
    zy_id_format(account, id);
    snprintf(body, sizeof body, "{\"account_id\":\"%s\"%s}", id, format);
    return body;
}

static void prove(phone *p, const order *o)
{
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    world_turn(p->w, ZY_SECONDS(6));
}

static zy_status prepare_pay(phone *p, int64_t fen, order *o)
{
    char from[ZY_ID_TEXT_MAX], body[400];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":%lld}", from,
             cards.to_number, WANG.name, (long long)fen);
    return order_prepare(p, "transfer.prepare", body, o);
}

static size_t listed(phone *p, const char *body)
{
    ASSERT_OK(phone_call(p, "account.list", body));
    return zy_json_count(zy_json_get(zy_json_get(p->answer, "body"), "accounts"));
}

static int64_t figure(const phone *p, const char *name)
{
    int64_t value = -1;
    assert_true(zy_json_int(zy_json_get(p->answer, "body"), name, &value));
    return value;
}

static const char *alias_of_first(phone *p)
{
    static char alias[128];
    zy_str text = { 0 };
    ASSERT_OK(phone_call(p, "account.list", "{}"));
    assert_true(zy_json_str(zy_json_at(zy_json_get(zy_json_get(p->answer, "body"), "accounts"), 0), "alias", &text));
    ASSERT_OK(zy_str_copy(text, alias, sizeof alias));
    return alias;
}

/* ---- loss ---- */

static void report_loss(phone *p, order *o)
{
    ASSERT_OK(order_prepare(p, "account.loss.prepare", with_id("", cards.account), o));
    ASSERT_OK(order_verify_password(p, o, LI.pay_password)); /* one factor */
    ASSERT_OK(order_confirm(p, o));
}

static void a_lost_account_pays_nothing_from_that_moment(void **state)
{
    ZY_PROVES("mb.account-service.b.2", "mb.server-validation.j");
    world *w = *state;
    phone p;
    order prepared, o;
    phone_log_in(&p, w, "own");
    ASSERT_OK(prepare_pay(&p, 1234, &prepared));
    prove(&p, &prepared);
    report_loss(&p, &o);
    assert_int_equal(zy_str_starts(zy_str_of(phone_text(&p, "receipt.number")), ZY_STR("6217")), true);
    ASSERT_STATUS(order_confirm(&p, &prepared), ZY_ACCOUNT_STATE); /* also what was prepared before */
    ASSERT_STATUS(prepare_pay(&p, 1, &o), ZY_ACCOUNT_STATE);
    ASSERT_STATUS(order_prepare(&p, "account.loss.prepare", with_id("", cards.account), &o), ZY_STATE_CONFLICT);
    ASSERT_STATUS(order_prepare(&p, "account.loss.prepare", with_id("", cards.to_account), &o), ZY_NOT_FOUND);
    phone_free(&p);
}

static void a_loss_is_lifted_by_two_factors(void **state)
{
    ZY_PROVES("mb.account-service.b.2");
    phone p;
    order o;
    phone_log_in(&p, *state, "own");
    ASSERT_STATUS(order_prepare(&p, "account.loss_lift.prepare", with_id("", cards.account), &o), ZY_STATE_CONFLICT);
    report_loss(&p, &o);
    ASSERT_OK(order_prepare(&p, "account.loss_lift.prepare", with_id("", cards.account), &o));
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(prepare_pay(&p, 1, &o));
    phone_free(&p);
}

/* ---- the staff ---- */

static zy_status staff_does(world *w, const char *kind, zy_id account)
{
    zy_err err = { 0 };
    zy_id request;
    char id[ZY_ID_TEXT_MAX];
    const zy_id maker = { 101 }, checker = { 102 };
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_id_format(account, id);
    zy_json_set_c(payload, "deed", kind);
    zy_json_set_c(payload, "account_id", id);
    zy_status status = zy_approval_request(w->env, zy_approval_find(zy_str_of(kind)), maker, payload, ZY_STR("公安协查"), &request, &err);
    if (status != ZY_OK)
        return status;
    ASSERT_STATUS(zy_approval_decide(w->env, request, maker, true, ZY_STR("同意"), &err), ZY_MAKER_IS_CHECKER);
    return zy_approval_decide(w->env, request, checker, true, ZY_STR("同意"), &err);
}

static void two_of_the_staff_freeze_an_account_and_each_reason_stands_by_itself(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    ASSERT_OK(staff_does(w, "account.freeze", cards.account));
    ASSERT_STATUS(staff_does(w, "account.freeze", cards.account), ZY_STATE_CONFLICT);
    ASSERT_OK(staff_does(w, "account.stop_payment", cards.account));
    ASSERT_STATUS(prepare_pay(&p, 1, &o), ZY_ACCOUNT_STATE);
    report_loss(&p, &o);
    ASSERT_OK(staff_does(w, "account.unfreeze", cards.account));
    ASSERT_STATUS(prepare_pay(&p, 1, &o), ZY_ACCOUNT_STATE);
    ASSERT_OK(staff_does(w, "account.resume_payment", cards.account));
    ASSERT_STATUS(prepare_pay(&p, 1, &o), ZY_ACCOUNT_STATE); /* still lost */
    ASSERT_OK(order_prepare(&p, "account.loss_lift.prepare", with_id("", cards.account), &o));
    prove(&p, &o);
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(prepare_pay(&p, 1, &o));
    assert_int_equal(world_audits(w, "account.frozen"), 1);
    assert_int_equal(world_audits(w, "account.payment_resumed"), 1);
    phone_free(&p);
}

static void a_customer_cannot_lift_what_the_staff_froze(void **state)
{
    phone p;
    order o;
    phone_log_in(&p, *state, "own");
    ASSERT_OK(staff_does(*state, "account.freeze", cards.account));
    ASSERT_STATUS(order_prepare(&p, "account.loss_lift.prepare", with_id("", cards.account), &o), ZY_STATE_CONFLICT);
    phone_free(&p);
}

/* ---- alias ---- */

static void an_alias_is_kept_and_odd_ones_are_refused(void **state)
{
    ZY_PROVES("mb.account-service.b.3");
    static const char *const ODD[] = { "<script>", "a\\\"b", "12345678901234567890x", "", "a;b" };
    phone p;
    char extra[100];
    phone_log_in(&p, *state, "own");
    ASSERT_OK(phone_call(&p, "account.alias.set", with_id(",\"alias\":\" 旅行 2026 \"", cards.account)));
    assert_string_equal(alias_of_first(&p), "旅行 2026");
    for (size_t i = 0; i < ZY_COUNT(ODD); i++) {
        snprintf(extra, sizeof extra, ",\"alias\":\"%s\"", ODD[i]);
        ASSERT_STATUS(phone_call(&p, "account.alias.set", with_id(extra, cards.account)), ZY_BAD_FIELD);
    }
    ASSERT_STATUS(phone_call(&p, "account.alias.set", with_id(",\"alias\":\"我的\"", cards.to_account)), ZY_NOT_FOUND);
    assert_string_equal(alias_of_first(&p), "旅行 2026");
    assert_int_equal(world_audits(*state, "account.alias_set"), 1);
    phone_free(&p);
}

/* ---- added and removed ---- */

static zy_status issue_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    ZY_AUTO_SECRET pin = { .n = sizeof PIN - 1 };
    uint8_t record[ZY_PASSWORD_RECORD_BYTES];
    memcpy(pin.bytes, PIN, pin.n);
    ZY_TRY(zy_password_make(w->env->keys, &pin, 10000, record));
    ZY_TRY(zy_card_issue(tx, w->env, cards.account, zy_str_of(LI.phone), record, err));
    return zy_card_issue(tx, w->env, cards.to_account, zy_str_of(LI.phone), record, err);
}

static zy_status prepare_add(phone *p, const char *number, const char *phone_no, const char *pin, order *o)
{
    char secret[700], body[900];
    phone_secret(p, pin, 4, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"card_no\":\"%s\",\"phone\":\"%s\",\"pin\":%s}", number, phone_no, secret);
    return order_prepare(p, "account.add.prepare", body, o);
}

static void a_removed_card_is_unusable_until_it_is_added_again(void **state)
{
    ZY_PROVES("mb.account-service.b.1");
    world *w = *state;
    zy_err err = { 0 };
    phone p;
    order o;
    ASSERT_OK(zy_db_run(w->env->db, "test.issue", issue_unit, w, &err));
    phone_log_in(&p, w, "own");
    ASSERT_STATUS(prepare_add(&p, cards.number, LI.phone, PIN, &o), ZY_ALREADY_EXISTS);
    ASSERT_STATUS(phone_call(&p, "account.remove", with_id("", cards.to_account)), ZY_NOT_FOUND);
    ASSERT_OK(phone_call(&p, "account.remove", with_id("", cards.account)));
    assert_int_equal(listed(&p, "{}"), 0);
    assert_int_equal(listed(&p, "{\"which\":\"removed\"}"), 1);
    ASSERT_STATUS(prepare_pay(&p, 1, &o), ZY_NOT_FOUND);
    ASSERT_STATUS(phone_call(&p, "account.transactions", with_id("", cards.account)), ZY_NOT_FOUND);
    ASSERT_STATUS(phone_call(&p, "account.alias.set", with_id(",\"alias\":\"卡\"", cards.account)), ZY_NOT_FOUND);
    ASSERT_OK(prepare_add(&p, cards.number, LI.phone, PIN, &o));
    prove(&p, &o);
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(prepare_pay(&p, 1, &o));
    phone_free(&p);
}

static void what_does_not_belong_together_adds_nothing_and_answers_alike(void **state)
{
    ZY_PROVES("mb.account-service.b.1");
    world *w = *state;
    zy_err err = { 0 };
    phone p;
    order o;
    char unknown[24];
    ASSERT_OK(zy_db_run(w->env->db, "test.issue", issue_unit, w, &err));
    phone_log_in(&p, w, "own");
    zy_card_number("621700", 99, unknown);
    ASSERT_STATUS(prepare_add(&p, cards.to_number, LI.phone, PIN, &o), ZY_REGISTER_FAILED); /* another person's card */
    ASSERT_STATUS(prepare_add(&p, unknown, LI.phone, PIN, &o), ZY_REGISTER_FAILED);
    ASSERT_STATUS(prepare_add(&p, cards.number, WANG.phone, PIN, &o), ZY_REGISTER_FAILED);
    ASSERT_STATUS(prepare_add(&p, cards.number, LI.phone, "111222", &o), ZY_REGISTER_FAILED);
    ASSERT_STATUS(prepare_add(&p, unknown, LI.phone, "111222", &o), ZY_REGISTER_FAILED);
    ASSERT_STATUS(prepare_add(&p, cards.number, LI.phone, PIN, &o), ZY_LOCKED); /* five wrong ones of this customer */
    phone_free(&p);
}

/* ---- limits ---- */

static void a_lower_limit_holds_at_once_and_a_higher_one_takes_an_order(void **state)
{
    ZY_PROVES("mb.account-service.b.4");
    world *w = *state;
    phone p;
    order prepared, o;
    phone_log_in(&p, w, "own");
    ASSERT_OK(phone_call(&p, "limit.get", "{}"));
    assert_int_equal(figure(&p, "once_fen"), 100000000);
    ASSERT_OK(prepare_pay(&p, 300000, &prepared));
    prove(&p, &prepared);
    ASSERT_OK(phone_call(&p, "limit.lower", "{\"once_fen\":200000,\"day_fen\":250000}"));
    ASSERT_STATUS(order_confirm(&p, &prepared), ZY_TRANSFER_LIMIT); /* also what was prepared before */
    ASSERT_STATUS(prepare_pay(&p, 200001, &o), ZY_TRANSFER_LIMIT);
    ASSERT_OK(prepare_pay(&p, 200000, &o));
    prove(&p, &o);
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_STATUS(prepare_pay(&p, 50001, &o), ZY_TRANSFER_LIMIT);
    ASSERT_STATUS(phone_call(&p, "limit.lower", "{\"once_fen\":200000,\"day_fen\":250001}"), ZY_STATE_CONFLICT);
    ASSERT_STATUS(phone_call(&p, "limit.lower", "{\"once_fen\":200000,\"day_fen\":100000}"), ZY_BAD_FIELD);
    ASSERT_STATUS(order_prepare(&p, "limit.raise.prepare", "{\"once_fen\":100,\"day_fen\":200}", &o), ZY_STATE_CONFLICT);
    ASSERT_OK(order_prepare(&p, "limit.raise.prepare", "{\"once_fen\":300000,\"day_fen\":600000}", &o));
    ASSERT_OK(order_verify_password(&p, &o, LI.pay_password));
    ASSERT_STATUS(order_confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(order_verify_sms(&p, &o));
    ASSERT_OK(order_confirm(&p, &o));
    ASSERT_OK(phone_call(&p, "limit.get", "{}"));
    assert_int_equal(figure(&p, "day_fen"), 600000);
    assert_int_equal(figure(&p, "day_used_fen"), 200000);
    world_turn(w, ZY_SECONDS(30));
    ASSERT_OK(prepare_pay(&p, 300000, &o));
    phone_free(&p);
}

/* ---- what there is ---- */

static void the_menu_of_accounts_answers_for_own_accounts_alone(void **state)
{
    ZY_PROVES("mb.account-service.p1");
    static const char *const APIS[] = { "account.transactions", "account.remove", "account.quota" };
    phone p, stranger;
    phone_log_in(&p, *state, "own");
    ASSERT_OK(phone_call(&p, "account.overview", "{}"));
    assert_int_equal(figure(&p, "total_fen"), 10000000);
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "groups")), 1);
    assert_int_equal(listed(&p, "{}"), 1);
    ASSERT_OK(phone_call(&p, "account.transactions", with_id("", cards.account)));
    for (size_t i = 0; i < ZY_COUNT(APIS); i++)
        ASSERT_STATUS(phone_call(&p, APIS[i], with_id("", cards.to_account)), ZY_NOT_FOUND);
    phone_make(&stranger, *state, "nobody", "203.0.113.9");
    ASSERT_STATUS(phone_call(&stranger, "account.overview", "{}"), ZY_LOGIN_REQUIRED);
    phone_free(&stranger);
    phone_free(&p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, order_world_open, world_close)
    const struct CMUnitTest tests[] = {
        TEST(a_lost_account_pays_nothing_from_that_moment),
        TEST(a_loss_is_lifted_by_two_factors),
        TEST(two_of_the_staff_freeze_an_account_and_each_reason_stands_by_itself),
        TEST(a_customer_cannot_lift_what_the_staff_froze),
        TEST(an_alias_is_kept_and_odd_ones_are_refused),
        TEST(a_removed_card_is_unusable_until_it_is_added_again),
        TEST(what_does_not_belong_together_adds_nothing_and_answers_alike),
        TEST(a_lower_limit_holds_at_once_and_a_higher_one_takes_an_order),
        TEST(the_menu_of_accounts_answers_for_own_accounts_alone),
    };
    return zy_test_main("account", tests, ZY_COUNT(tests));
}
