/* Customers with accounts and phones that carry orders out, for the tests of this room. */
#include "bank/security/order_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "bank/account/account.h"
#include "bank/route/route.h"
#include "bank/security/security.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "service/identity/standing.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define START ((zy_time){ INT64_C(1795399200000) })

struct order_cards cards;

/* ---- the bank ---- */

static zy_status cards_unit(zy_tx *tx, void *arg, zy_err *err)
{
    world *w = arg;
    ZY_TRY(zy_ledger_init(tx, zy_day_of(START), START, err));
    ZY_TRY(zy_account_open(tx, w->env, LI.id, zy_str_of(cards.number), "debit", ZY_STR("工资卡"), &cards.account, err));
    ZY_TRY(zy_account_open(tx, w->env, WANG.id, zy_str_of(cards.to_number), "debit", ZY_STR("零用"), &cards.to_account, err));
    zy_journal j = { .id = zy_id_next(w->env->ids), .summary_code = "OPN", .summary = ZY_STR("开户"), .leg_count = 2,
                     .legs = { { .account = ZY_LEDGER_CAPITAL, .amount = { -10000000 }, .internal = true },
                               { .account = cards.account, .amount = { 10000000 } } } };
    return zy_ledger_post(tx, &j, zy_env_now(w->env), err);
}

int order_world_open(void **state)
{
    zy_err err = { 0 };
    world_open(state);
    world *w = *state;
    zy_card_number("621700", 1, cards.number);
    zy_card_number("621700", 2, cards.to_number);
    ASSERT_OK(zy_registry_add(w->registry, ZY_ACCOUNT_APIS, ZY_ACCOUNT_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_TRANSFER_APIS, ZY_TRANSFER_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_SECURITY_APIS, ZY_SECURITY_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_FLOW_APIS, ZY_FLOW_API_COUNT, &err));
    ASSERT_OK(zy_account_start(w->env, &err));
    ASSERT_OK(zy_route_start(w->env, &err));
    ASSERT_OK(zy_transfer_start(w->env, &err));
    ASSERT_OK(zy_security_start(w->env, &err));
    ASSERT_OK(zy_db_run(w->env->db, "test.cards", cards_unit, w, &err));
    return 0;
}

/* ---- what a customer does with an order ---- */

zy_status order_prepare(phone *p, const char *api, const char *body, order *o)
{
    zy_status status = phone_order(p, api, body);
    if (status != ZY_OK)
        return status;
    zy_str text = { 0 };
    snprintf(o->id, sizeof o->id, "%s", phone_text(p, "order_id"));
    snprintf(o->digest, sizeof o->digest, "%s", phone_text(p, "digest"));
    assert_true(zy_json_str(zy_json_get(p->answer, "body"), "text", &text));
    ASSERT_OK(zy_str_copy(text, o->text, sizeof o->text));
    return ZY_OK;
}

zy_status order_verify(phone *p, const order *o, const char *factor, const char *value)
{
    char body[4096];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"%s\",\"value\":%s}", o->id, factor, value);
    return phone_call(p, "order.factor.verify", body);
}

zy_status order_verify_password(phone *p, const order *o, const char *password)
{
    char secret[700];
    phone_secret(p, password, 2, secret, sizeof secret);
    return order_verify(p, o, "pay_password", secret);
}

zy_status order_verify_sms(phone *p, const order *o)
{
    char body[120], code[12] = "\"";
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"sms\"}", o->id);
    ZY_TRY(phone_call(p, "order.factor.begin", body));
    const char *found = strstr(world_newest_text(p->w, LI.phone), "验证码");
    assert_non_null(found);
    memcpy(code + 1, found + strlen("验证码"), 6);
    code[7] = '"';
    return order_verify(p, o, "sms", code);
}

zy_status order_confirm(phone *p, const order *o)
{
    char body[200];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", o->id, o->digest);
    return phone_call(p, "order.confirm", body);
}

zy_status order_choose(phone *p, const order *o, const char *factors)
{
    char body[200];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factors\":\"%s\"}", o->id, factors);
    return phone_call(p, "order.factors.choose", body);
}

void phone_bind(phone *p)
{
    order o;
    ASSERT_OK(order_prepare(p, "device.bind.prepare", "{}", &o));
    ASSERT_OK(order_verify_password(p, &o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, &o));
    ASSERT_OK(order_confirm(p, &o));
    ASSERT_OK(phone_call(p, "auth.session", "{}"));
    assert_string_equal(phone_text(p, "device_state"), "bound");
}

void phone_log_in(phone *p, world *w, const char *name)
{
    phone_make(p, w, name, "203.0.113.7");
    ASSERT_OK(phone_login(p, &LI));
    world_turn(w, ZY_MINUTES(1));
}

zy_status order_prepare_transfer(phone *p, order *o)
{
    char from[ZY_ID_TEXT_MAX], body[300];
    zy_id_format(cards.account, from);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":1234}", from,
             cards.to_number, WANG.name);
    return order_prepare(p, "transfer.prepare", body, o);
}

void order_carry(phone *p, const order *o)
{
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    ASSERT_OK(order_confirm(p, o));
}

/* ---- what the bank has written down ---- */

typedef struct account_job {
    zy_id account;
    zy_balance balance;
} account_job;

static zy_status read_account(zy_rtx *rtx, void *arg, zy_err *err)
{
    account_job *job = arg;
    return zy_ledger_balance(rtx, job->account, &job->balance, err);
}

zy_balance order_balance(world *w, zy_id account)
{
    zy_err err = { 0 };
    account_job job = { .account = account };
    ASSERT_OK(zy_db_read(w->env->db, "test.balance", read_account, &job, &err));
    return job.balance;
}

typedef struct used_job {
    zy_time now;
    zy_money used;
} used_job;

static zy_status read_used(zy_rtx *rtx, void *arg, zy_err *err)
{
    used_job *job = arg;
    return zy_order_day_used(rtx, LI.id, "transfer", zy_day_of(job->now), &job->used, err);
}

int64_t order_used_today(world *w)
{
    zy_err err = { 0 };
    used_job job = { .now = zy_env_now(w->env) };
    ASSERT_OK(zy_db_read(w->env->db, "test.used", read_used, &job, &err));
    return job.used.fen;
}

typedef struct standing_job {
    const char *from, *to;
} standing_job;

static zy_status standing_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const standing_job *job = arg;
    return zy_customer_set_state(tx, LI.id, job->from, job->to, err);
}

void order_set_standing(world *w, const char *from, const char *to)
{
    zy_err err = { 0 };
    standing_job job = { from, to };
    ASSERT_OK(zy_db_run(w->env->db, "test.standing", standing_unit, &job, &err));
}
