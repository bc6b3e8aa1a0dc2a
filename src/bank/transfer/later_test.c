/* What becomes of orders behind their confirmation, and orders by mandate, on both engines. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bank/account/account.h"
#include "bank/security/order_world.h"
#include "bank/transfer/transfer.h"
#include "flow/flow.h"
#include "zy_test.h"
#include "zy_test_env.h"

enum { MONEY = 10000000, KEPT = 300000, AT_ONCE = 8 };

/* ---- a kind that keeps its money first, and its API ---- */

static zy_status kept_execute(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)env, (void)payload;
    const zy_hold hold = { .id = o->journal, .account = o->from_account, .order = o->id, .amount = o->amount,
                           .expires_at = zy_time_add(o->done_at, ZY_HOURS(48)) };
    zy_journal j = { .id = o->journal, .order = o->id, .audit = audit, .summary_code = "TRF", .summary = ZY_STR("转账"), .leg_count = 2,
                     .legs = { { .account = o->from_account, .amount = { -o->amount.fen } },
                               { .account = ZY_LEDGER_CLEARING, .amount = o->amount, .internal = true } } };
    return o->state == ZY_OS_HELD ? zy_ledger_hold(tx, &hold, o->done_at, err) : zy_ledger_post(tx, &j, o->done_at, err);
}

static zy_status kept_cancel(zy_tx *tx, zy_env *env, const zy_order *o, const zy_json *payload, zy_id audit, zy_err *err)
{
    (void)payload, (void)audit;
    return zy_ledger_release(tx, o->journal, zy_env_now(env), err);
}

static const zy_order_kind KEPT_KIND = {
    .name = "test.kept", .title_zh = "测试", .scene = "transfer", .limit_category = "transfer", .execute = kept_execute,
    .cancel = kept_cancel, .limit_once_param = "transfer.once_limit_fen", .limit_day_param = "transfer.day_limit_fen",
};
static const zy_order_kind LASTING_KIND = {
    .name = "test.lasting", .title_zh = "测试", .scene = "transfer", .limit_category = "transfer", .execute = kept_execute,
    .limit_once_param = "transfer.once_limit_fen", .limit_day_param = "transfer.day_limit_fen",
};

typedef struct kept_in {
    zy_money amount_fen;
    zy_str then;
} kept_in;

static void kept_describe(zy_order_lines *lines, const void *arg)
{
    const kept_in *in = arg;
    zy_order_line(lines, "then", in->then, "然后", in->then);
}

static zy_status kept_prepare(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const kept_in *in = input;
    bool lasting = zy_str_eq_c(in->then, "lasting");
    zy_prepare prepare = { .kind = lasting ? &LASTING_KIND : &KEPT_KIND, .describe = kept_describe, .arg = in,
                           .draft = { .amount = in->amount_fen, .from_account = cards.account, .risk = "low",
                                      .then = zy_str_eq_c(in->then, "pending") ? ZY_OS_PENDING : ZY_OS_HELD,
                                      .payload = zy_json_object(), .sms_purpose = ZY_STR("测试") } };
    return zy_order_prepare(call, &prepare, body, err);
}

static const zy_field KEPT_FIELDS[] = { ZY_FIELD(kept_in, amount_fen, ZY_F_MONEY, 1, 100000000),
                                        ZY_FIELD(kept_in, then, ZY_F_CODE, 1, 10) };
static const zy_api KEPT_API[] = {
    { .name = "test.kept.prepare", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 60, .idempotent = true, .audited = true,
      .critical = true, .title = "For this test", ZY_FIELDS(kept_in, KEPT_FIELDS), .outs = ZY_ORDER_PREPARED_OUTS,
      .out_count = ZY_ORDER_PREPARED_OUT_COUNT, .run = kept_prepare },
};

static int set_up(void **state)
{
    zy_err err = { 0 };
    order_world_open(state);
    world *w = *state;
    ASSERT_OK(zy_registry_add(w->registry, KEPT_API, 1, &err));
    ASSERT_OK(zy_flow_register(&KEPT_KIND));
    ASSERT_OK(zy_flow_register(&LASTING_KIND));
    return 0;
}

/* ---- what the tests ask ---- */

static zy_id id_of(const char *text)
{
    zy_id id = { 0 };
    ASSERT_OK(zy_id_parse(zy_str_of(text), &id));
    return id;
}

static void confirm_kept(phone *p, const char *then, order *o)
{
    char body[100];
    snprintf(body, sizeof body, "{\"amount_fen\":%d,\"then\":\"%s\"}", KEPT, then);
    ASSERT_OK(order_prepare(p, "test.kept.prepare", body, o));
    ASSERT_OK(order_verify_password(p, o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, o));
    ASSERT_OK(order_confirm(p, o));
}

static zy_status cancel(phone *p, const order *o)
{
    char body[80];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", o->id);
    return phone_call(p, "order.cancel", body);
}

static void assert_state(phone *p, const order *o, const char *state)
{
    char body[80];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", o->id);
    ASSERT_OK(phone_call(p, "order.get", body));
    assert_string_equal(phone_text(p, "state"), state);
}

typedef struct move_job {
    zy_env *env;
    zy_kept_order *kept;
    zy_order_state to;
    const char *reason;
    bool capture, release;
} move_job;

static zy_status move_unit(zy_tx *tx, void *arg, zy_err *err)
{
    move_job *job = arg;
    const zy_order *o = &job->kept->order;
    zy_id audit = { 0 };
    zy_time now = zy_env_now(job->env);
    const zy_order_move move = { .order = o, .to = job->to, .step = "due", .reason = zy_str_of(job->reason), .at = now };
    ZY_TRY(zy_order_move_on(tx, job->env, &move, &audit, err));
    if (job->release)
        ZY_TRY(zy_ledger_release(tx, o->journal, now, err));
    zy_journal j = { .id = zy_id_next(job->env->ids), .order = o->id, .audit = audit, .summary_code = "TRF", .summary = ZY_STR("转账"),
                     .legs = { { .account = o->from_account, .amount = { -o->amount.fen }, .hold = o->journal },
                               { .account = ZY_LEDGER_CLEARING, .amount = o->amount, .internal = true } }, .leg_count = 2 };
    return job->capture ? zy_ledger_post(tx, &j, now, err) : ZY_OK;
}

static zy_status move_on(world *w, const order *o, move_job job)
{
    zy_err err = { 0 };
    ZY_KEPT_ORDER_AUTO kept = { 0 };
    ASSERT_OK(zy_order_read(w->env, id_of(o->id), &kept, &err));
    job.env = w->env;
    job.kept = &kept;
    job.reason = job.reason != NULL ? job.reason : "";
    return zy_db_run(w->env->db, "test.move", move_unit, &job, &err);
}

/* ---- held and pending ---- */

static void what_is_held_comes_back_when_its_customer_cancels(void **state)
{
    ZY_PROVES("mb.rollback.a");
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    confirm_kept(&p, "held", &o);
    assert_string_equal(phone_text(&p, "state"), "held");
    assert_int_equal(order_balance(w, cards.account).held.fen, KEPT);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY);
    assert_int_equal(order_used_today(w), KEPT);
    ASSERT_OK(order_confirm(&p, &o)); /* the same answer, once more */
    assert_string_equal(phone_text(&p, "state"), "held");
    assert_int_equal(order_balance(w, cards.account).held.fen, KEPT);
    ASSERT_OK(cancel(&p, &o));
    assert_string_equal(phone_text(&p, "state"), "cancelled");
    ASSERT_OK(cancel(&p, &o));
    assert_int_equal(order_balance(w, cards.account).held.fen, 0);
    assert_int_equal(order_balance(w, cards.account).available.fen, MONEY);
    assert_int_equal(order_used_today(w), 0);
    assert_int_equal(world_audits(w, "order.held"), 1);
    assert_int_equal(world_audits(w, "order.cancelled"), 1);
    phone_free(&p);
}

static void a_kind_without_cancel_stays_held(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    confirm_kept(&p, "lasting", &o);
    ASSERT_STATUS(cancel(&p, &o), ZY_ORDER_STATE);
    assert_int_equal(order_balance(w, cards.account).held.fen, KEPT);
    assert_state(&p, &o, "held");
    phone_free(&p);
}

static void what_is_held_is_posted_once(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    confirm_kept(&p, "held", &o);
    ASSERT_OK(move_on(w, &o, (move_job){ .to = ZY_OS_POSTED, .capture = true }));
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - KEPT);
    assert_int_equal(order_balance(w, cards.account).held.fen, 0);
    ASSERT_STATUS(move_on(w, &o, (move_job){ .to = ZY_OS_POSTED, .capture = true }), ZY_ORDER_STATE);
    ASSERT_STATUS(move_on(w, &o, (move_job){ .to = ZY_OS_FAILED }), ZY_ORDER_STATE);
    ASSERT_STATUS(cancel(&p, &o), ZY_ORDER_STATE);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - KEPT);
    assert_int_equal(order_used_today(w), KEPT);
    assert_state(&p, &o, "posted");
    phone_free(&p);
}

/* Two tasks read the order while it is held; the second's move finds another state and undoes its unit. */
static void of_two_moves_the_second_changes_nothing(void **state)
{
    world *w = *state;
    zy_err err = { 0 };
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    confirm_kept(&p, "held", &o);
    ZY_KEPT_ORDER_AUTO stale = { 0 };
    ASSERT_OK(zy_order_read(w->env, id_of(o.id), &stale, &err));
    ASSERT_OK(cancel(&p, &o));
    move_job job = { .env = w->env, .kept = &stale, .to = ZY_OS_POSTED, .reason = "", .capture = true };
    ASSERT_STATUS(zy_db_run(w->env->db, "test.move", move_unit, &job, &err), ZY_ORDER_STATE);
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY);
    phone_free(&p);
}

static void a_failure_frees_the_limits_of_its_own_day_alone(void **state)
{
    world *w = *state;
    phone p;
    order today, yesterday;
    phone_log_in(&p, w, "own");
    confirm_kept(&p, "held", &today);
    ASSERT_OK(move_on(w, &today, (move_job){ .to = ZY_OS_FAILED, .reason = "ACCOUNT_STATE", .release = true }));
    assert_int_equal(order_used_today(w), 0);
    assert_state(&p, &today, "failed");
    assert_string_equal(phone_text(&p, "reason"), "ACCOUNT_STATE");
    confirm_kept(&p, "held", &yesterday);
    world_turn(w, ZY_HOURS(24));
    ASSERT_OK(move_on(w, &yesterday, (move_job){ .to = ZY_OS_FAILED, .release = true }));
    assert_int_equal(order_used_today(w), 0);
    assert_int_equal(order_balance(w, cards.account).available.fen, MONEY);
    phone_free(&p);
}

static void pending_money_has_left_and_settles(void **state)
{
    world *w = *state;
    phone p;
    order o;
    phone_log_in(&p, w, "own");
    confirm_kept(&p, "pending", &o);
    assert_string_equal(phone_text(&p, "state"), "pending");
    assert_int_equal(order_balance(w, cards.account).balance.fen, MONEY - KEPT);
    ASSERT_STATUS(cancel(&p, &o), ZY_ORDER_STATE);
    ASSERT_STATUS(move_on(w, &o, (move_job){ .to = ZY_OS_POSTED }), ZY_ORDER_STATE);
    ASSERT_OK(move_on(w, &o, (move_job){ .to = ZY_OS_SETTLED }));
    ASSERT_STATUS(move_on(w, &o, (move_job){ .to = ZY_OS_FAILED }), ZY_ORDER_STATE);
    ASSERT_OK(move_on(w, &o, (move_job){ .to = ZY_OS_REVERSED, .reason = "AC04" }));
    assert_state(&p, &o, "reversed");
    assert_int_equal(order_used_today(w), KEPT); /* it had happened */
    phone_free(&p);
}

/* ---- mandates ---- */

/* A transfer to WANG that is carried out becomes a mandate; kinds that give mandates are ordinary ones. */
static zy_id mandate_of(phone *p)
{
    order o;
    ASSERT_OK(order_prepare_transfer(p, &o));
    ASSERT_OK(order_verify_password(p, &o, LI.pay_password));
    ASSERT_OK(order_verify_sms(p, &o));
    ASSERT_OK(order_confirm(p, &o));
    return id_of(o.id);
}

typedef struct carried {
    zy_id order;
    zy_order_state state;
    zy_err err;
} carried;

static zy_status carry_out(world *w, zy_mandated m, int64_t fen, carried *ret)
{
    const zy_transfer_ask ask = { .customer = m.customer, .from_account = cards.account, .to_number = zy_str_of(cards.to_number),
                                  .to_name = zy_str_of(WANG.name), .amount = { fen }, .memo = ZY_STR("每月") };
    ZY_AUTO(zy_transfer_plan_free) zy_transfer_plan *plan = NULL;
    ret->err = (zy_err){ 0 };
    ZY_TRY(zy_transfer_plan_new(w->env, &ask, zy_env_now(w->env), &plan, &ret->err));
    const zy_prepare prepare = zy_transfer_plan_take(plan);
    m.prepare = &prepare;
    return zy_order_carry_out(w->env, &m, zy_env_now(w->env), &ret->order, &ret->state, &ret->err);
}

static void a_mandate_pays_once_for_each_number(void **state)
{
    ZY_PROVES("mb.def-txn-record.p1");
    world *w = *state;
    phone p;
    carried first, again, other;
    phone_log_in(&p, w, "own");
    zy_id mandate = mandate_of(&p);
    int64_t before = order_balance(w, cards.account).balance.fen, used = order_used_today(w);
    zy_mandated m = { .mandate = mandate, .seq = 1, .customer = LI.id };
    ASSERT_OK(carry_out(w, m, 5000, &first));
    ASSERT_OK(carry_out(w, m, 5000, &again));
    assert_true(zy_id_eq(first.order, again.order));
    assert_int_equal(again.state, ZY_OS_POSTED);
    m.seq = 2;
    ASSERT_OK(carry_out(w, m, 7000, &other));
    assert_false(zy_id_eq(first.order, other.order));
    assert_int_equal(order_balance(w, cards.account).balance.fen, before - 12000);
    assert_int_equal(order_used_today(w), used + 12000);
    char id[ZY_ID_TEXT_MAX], body[80], parent[ZY_ID_TEXT_MAX];
    zy_id_format(first.order, id);
    zy_id_format(mandate, parent);
    snprintf(body, sizeof body, "{\"order_id\":\"%s\"}", id);
    ASSERT_OK(phone_call(&p, "order.get", body));
    assert_string_equal(phone_text(&p, "state"), "posted");
    assert_string_equal(phone_text(&p, "mandate_id"), parent);
    zy_str text = { 0 };
    assert_true(zy_json_str(zy_json_get(p.answer, "body"), "text", &text));
    assert_non_null(memmem(text.p, text.n, parent, strlen(parent)));
    assert_int_equal(zy_json_count(zy_json_get(zy_json_get(p.answer, "body"), "factors")), 0);
    phone_free(&p);
}

static void a_mandate_is_its_customers_own_and_stands(void **state)
{
    world *w = *state;
    phone p;
    order open;
    carried c;
    phone_log_in(&p, w, "own");
    zy_id mandate = mandate_of(&p);
    ASSERT_OK(order_prepare_transfer(&p, &open));
    int64_t before = order_balance(w, cards.account).balance.fen;
    const zy_mandated nobodys = { .mandate = { 12345 }, .seq = 1, .customer = LI.id };
    const zy_mandated unproven = { .mandate = id_of(open.id), .seq = 1, .customer = LI.id };
    ASSERT_STATUS(carry_out(w, nobodys, 5000, &c), ZY_ORDER_STATE);
    ASSERT_STATUS(carry_out(w, unproven, 5000, &c), ZY_ORDER_STATE);
    const zy_prepare borrowed = { .kind = &KEPT_KIND, .describe = kept_describe, .arg = &(kept_in){ .then = ZY_STR("held") },
                                  .draft = { .amount = { 1 }, .from_account = cards.account, .risk = "low", .payload = zy_json_object() } };
    const zy_mandated others = { .mandate = mandate, .seq = 1, .customer = WANG.id, .prepare = &borrowed };
    ASSERT_STATUS(zy_order_carry_out(w->env, &others, zy_env_now(w->env), &c.order, &c.state, &c.err), ZY_ORDER_STATE);
    assert_int_equal(order_balance(w, cards.account).balance.fen, before);
    phone_free(&p);
}

static void a_refused_run_changes_nothing_and_is_recorded(void **state)
{
    world *w = *state;
    phone p;
    carried c;
    phone_log_in(&p, w, "own");
    zy_mandated m = { .mandate = mandate_of(&p), .seq = 1, .customer = LI.id };
    int64_t before = order_balance(w, cards.account).balance.fen, used = order_used_today(w);
    zy_err err = { 0 };
    /* more than is there when it is carried out: the plan was made when there was enough */
    const zy_prepare late = { .kind = &KEPT_KIND, .describe = kept_describe, .arg = &(kept_in){ .then = ZY_STR("pending") },
                              .draft = { .amount = { before + 1 }, .from_account = cards.account, .risk = "low", .then = ZY_OS_PENDING,
                                         .payload = zy_json_object() } };
    m.prepare = &late;
    ASSERT_STATUS(zy_order_carry_out(w->env, &m, zy_env_now(w->env), &c.order, &c.state, &err), ZY_BALANCE_TOO_LOW);
    assert_int_equal(order_balance(w, cards.account).balance.fen, before);
    assert_int_equal(order_used_today(w), used);
    assert_int_equal(world_audits(w, "order.refused"), 1);
    ASSERT_OK(carry_out(w, m, 5000, &c)); /* the number is still free */
    assert_int_equal(order_balance(w, cards.account).balance.fen, before - 5000);
    phone_free(&p);
}

static void what_a_batch_has_counted_is_not_counted_again(void **state)
{
    world *w = *state;
    phone p;
    carried c;
    phone_log_in(&p, w, "own");
    const zy_mandated m = { .mandate = mandate_of(&p), .seq = 1, .customer = LI.id, .counted = true };
    int64_t used = order_used_today(w);
    ASSERT_OK(carry_out(w, m, 5000, &c));
    assert_int_equal(order_used_today(w), used);
    phone_free(&p);
}

typedef struct worker {
    world *w;
    zy_mandated m;
    carried c;
    zy_status status;
} worker;

static void *work(void *arg)
{
    worker *k = arg;
    k->status = carry_out(k->w, k->m, 5000, &k->c);
    return NULL;
}

static void of_eight_nodes_one_pays(void **state)
{
    world *w = *state;
    phone p;
    pthread_t threads[AT_ONCE];
    worker workers[AT_ONCE];
    phone_log_in(&p, w, "own");
    const zy_mandated m = { .mandate = mandate_of(&p), .seq = 7, .customer = LI.id };
    int64_t before = order_balance(w, cards.account).balance.fen;
    for (int i = 0; i < AT_ONCE; i++) {
        workers[i] = (worker){ .w = w, .m = m };
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(threads[i], NULL);
        ASSERT_OK(workers[i].status);
        assert_true(zy_id_eq(workers[i].c.order, workers[0].c.order));
    }
    assert_int_equal(order_balance(w, cards.account).balance.fen, before - 5000);
    phone_free(&p);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_held_comes_back_when_its_customer_cancels),
        TEST(a_kind_without_cancel_stays_held),
        TEST(what_is_held_is_posted_once),
        TEST(of_two_moves_the_second_changes_nothing),
        TEST(a_failure_frees_the_limits_of_its_own_day_alone),
        TEST(pending_money_has_left_and_settles),
        TEST(a_mandate_pays_once_for_each_number),
        TEST(a_mandate_is_its_customers_own_and_stands),
        TEST(a_refused_run_changes_nothing_and_is_recorded),
        TEST(what_a_batch_has_counted_is_not_counted_again),
        TEST(of_eight_nodes_one_pays),
    };
    return zy_test_main("later", tests, ZY_COUNT(tests));
}
