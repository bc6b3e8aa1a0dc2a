/* Bugs that were published of other ledgers, each as a test of this one. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "service/ledger/ledger_world.h"
#include "zy_test.h"
#include "zy_test_db.h"

#define THREADS 16

/* ---- many at once ---- */

typedef struct worker {
    fixture mine;     /* an err of its own */
    int no;
    zy_id id;
    zy_status (*deed)(struct worker *w);
    zy_status result;
    pthread_t thread;
} worker;

static void *work(void *arg)
{
    worker *w = arg;
    w->result = w->deed(w);
    return NULL;
}

/* How many of the threads succeed; every other one must hear `otherwise` (0: any refusal). */
static int at_once(fixture *f, zy_status (*deed)(worker *w), zy_id id, zy_status otherwise)
{
    worker workers[THREADS];
    int good = 0;
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){ .mine = *f, .no = i, .id = id, .deed = deed };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        good += workers[i].result == ZY_OK;
        if (workers[i].result != ZY_OK && otherwise != ZY_OK)
            ASSERT_STATUS(workers[i].result, otherwise);
    }
    return good;
}

/* ---- the row of the payee is not locked: of two credits at once one is lost ---- */

static zy_status pay_the_same(worker *w)
{
    zy_status status = ZY_OK;
    for (int i = 0; status == ZY_OK && i < 10; i++)
        status = move(&w->mine, 1 + w->no % (ACCOUNTS - 1), 0, 7);
    return status;
}

static void credits_to_one_account_at_once_all_arrive(void **state)
{
    fixture *f = *state;
    assert_int_equal(at_once(f, pay_the_same, (zy_id){ 0 }, ZY_OK), THREADS);
    ASSERT_FEN(balance_of(f, 0).balance, MONEY + 7 * 10 * THREADS);
    assert_books_right(f);
}

static zy_status spend_all(worker *w)
{
    return move(&w->mine, 0, 1 + w->no % (ACCOUNTS - 1), MONEY);
}

static void money_is_spent_once_by_sixteen_at_once(void **state)
{
    ZY_PROVES("mb.logic-design.b");
    fixture *f = *state;
    assert_int_equal(at_once(f, spend_all, (zy_id){ 0 }, ZY_BALANCE_TOO_LOW), 1);
    ASSERT_FEN(balance_of(f, 0).balance, 0);
    assert_books_right(f);
}

/* Payments in a circle lock their accounts in opposite orders. */
static zy_status pay_in_a_circle(worker *w)
{
    zy_status status = ZY_OK;
    for (int i = 0; status == ZY_OK && i < 10; i++)
        status = w->no % 2 ? move(&w->mine, 0, 1, 3) : move(&w->mine, 1, 0, 3);
    return status;
}

static void payments_against_each_other_do_not_wait_in_a_circle(void **state)
{
    fixture *f = *state;
    assert_int_equal(at_once(f, pay_in_a_circle, (zy_id){ 0 }, ZY_OK), THREADS);
    ASSERT_FEN(balance_of(f, 0).balance, MONEY);
    assert_books_right(f);
}

/* ---- a commit that skips a leg ---- */

static zy_journal sixteen_legs(fixture *f)
{
    zy_journal j = { .id = zy_id_next(f->ids), .audit = { 7 }, .summary_code = "TRF", .summary = ZY_STR("多方") };
    for (int i = 0; i < 15; i++)
        j.legs[i] = leg(1 + i % (ACCOUNTS - 1), 11);
    j.legs[15] = leg(0, -11 * 15);
    j.leg_count = 16;
    return j;
}

static void of_sixteen_legs_all_are_kept_or_none_whatever_call_fails(void **state)
{
    ZY_PROVES("mb.rollback.p1");
    static const zy_sql LEGS = { "test.legs", "SELECT count(*) FROM ledger_posting WHERE journal = (SELECT max(id) FROM ledger_journal)",
                                 0, NULL };
    fixture *f = *state;
    int64_t moved = 0;
    bool through = false;
    for (long n = 1; !through && n < 200; n++) {
        zy_journal j = sixteen_legs(f);
        zy_fault_arm("db.", n, ZY_DB_ERROR);
        zy_status status = post(f, &j);
        through = zy_fault_passed() < n;
        zy_fault_arm("", 0, ZY_OK);
        int64_t spent = MONEY - balance_of(f, 0).balance.fen - moved;
        assert_true(spent == 0 || spent == 11 * 15);
        if (status == ZY_OK)
            assert_int_equal(spent, 11 * 15);
        if (spent != 0)
            assert_int_equal(number(f, &LEGS), 16);
        moved += spent;
    }
    assert_true(through);
    assert_books_right(f);
}

/* ---- a refund that is paid twice ---- */

static zy_status refund_thirty(worker *w)
{
    zy_journal j = journal2(&w->mine, leg(1, -30), leg(0, 30));
    j.refunds = w->id;
    j.summary_code = "RFD";
    return post(&w->mine, &j);
}

static zy_status reverse_all(worker *w)
{
    zy_journal j = journal2(&w->mine, leg(1, -100), leg(0, 100));
    j.reverses = w->id;
    j.summary_code = "REV";
    return post(&w->mine, &j);
}

static void refunds_at_once_never_exceed_what_was_paid(void **state)
{
    fixture *f = *state;
    zy_journal first = journal2(f, leg(0, -100), leg(1, 100));
    ASSERT_OK(post(f, &first));
    assert_int_equal(at_once(f, refund_thirty, first.id, ZY_STATE_CONFLICT), 3);
    ASSERT_FEN(balance_of(f, 0).balance, MONEY - 10);
    assert_int_equal(at_once(f, reverse_all, first.id, ZY_STATE_CONFLICT), 0);
    assert_books_right(f);
}

static void a_correction_at_once_by_sixteen_is_made_once(void **state)
{
    fixture *f = *state;
    zy_journal first = journal2(f, leg(0, -100), leg(1, 100));
    ASSERT_OK(post(f, &first));
    assert_int_equal(at_once(f, reverse_all, first.id, ZY_STATE_CONFLICT), 1);
    assert_int_equal(at_once(f, refund_thirty, first.id, ZY_STATE_CONFLICT), 0);
    ASSERT_FEN(balance_of(f, 0).balance, MONEY);
    assert_books_right(f);
}

/* ---- a hold that is released twice frees money that somebody else holds ---- */

static zy_status release_it(worker *w)
{
    return release(&w->mine, w->id);
}

static zy_status capture_or_release(worker *w)
{
    zy_journal j = journal2(&w->mine, leg(0, -400), leg(1, 400));
    j.legs[0].hold = w->id;
    return w->no % 2 ? release(&w->mine, w->id) : post(&w->mine, &j);
}

static void a_hold_is_released_once_and_frees_nobody_elses_money(void **state)
{
    fixture *f = *state;
    ASSERT_OK(hold(f, 0, 400, (zy_id){ 1 }));
    ASSERT_OK(hold(f, 0, 500, (zy_id){ 2 }));
    assert_int_equal(at_once(f, release_it, (zy_id){ 1 }, ZY_STATE_CONFLICT), 1);
    ASSERT_FEN(balance_of(f, 0).held, 500);
    assert_int_equal(at_once(f, capture_or_release, (zy_id){ 2 }, ZY_STATE_CONFLICT), 1);
    ASSERT_FEN(balance_of(f, 0).held, 0);
    assert_books_right(f);
}

/* ---- the key of a request is used again, with another amount ---- */

typedef struct keyed_job {
    worker *w;
    zy_call call;
    int64_t fen;
} keyed_job;

static zy_status keyed_unit(zy_tx *tx, void *arg, zy_err *err)
{
    keyed_job *job = arg;
    ZY_AUTO(zy_json_free) zy_json *known = NULL;
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json_set_int(answer, "fen", job->fen);
    ZY_TRY(zy_idempotency_find(zy_tx_read(tx), &job->call, &known, err));
    if (known != NULL)
        return ZY_OK;
    zy_journal j = journal2(&job->w->mine, leg(0, -job->fen), leg(1, job->fen));
    ZY_TRY(zy_ledger_post(tx, &j, NOW, err));
    return zy_idempotency_keep(tx, &job->call, answer, err);
}

static zy_status pay_under_one_key(worker *w)
{
    static const zy_api API = { .name = "test.pay" };
    zy_caller caller = { .customer = { 5 } };
    keyed_job job = { .w = w, .fen = 100 + w->no % 2,
                      .call = { .env = &w->mine.env, .api = &API, .caller = &caller, .now = NOW, .idempotency_id = ZY_STR("one-key-for-all") } };
    job.call.request_digest[0] = (uint8_t)job.fen;
    zy_status status = ZY_DB_UNIQUE; /* PostgreSQL: who comes second fails and asks again, as a client does */
    for (int tries = 0; status == ZY_DB_UNIQUE && tries < 5; tries++)
        status = zy_db_run(w->mine.env.db, "test.keyed", keyed_unit, &job, &w->mine.err);
    return status;
}

static void one_key_pays_once_and_another_amount_under_it_is_refused(void **state)
{
    fixture *f = *state;
    assert_int_equal(at_once(f, pay_under_one_key, (zy_id){ 0 }, ZY_IDEMPOTENCY_CONFLICT), THREADS / 2);
    int64_t paid = MONEY - balance_of(f, 0).balance.fen;
    assert_true(paid == 100 || paid == 101);
    assert_books_right(f);
}

/* ---- numbers ---- */

static void legs_whose_sum_wraps_around_to_zero_are_refused(void **state)
{
    fixture *f = *state;
    zy_journal j = journal2(f, own(ZY_LEDGER_CASH, INT64_C(1) << 62), own(ZY_LEDGER_FEES, INT64_C(1) << 62));
    j.legs[2] = own(ZY_LEDGER_CLEARING, INT64_C(1) << 62);
    j.legs[3] = own(ZY_LEDGER_CAPITAL, INT64_C(1) << 62);
    j.leg_count = 4; /* 2^64 */
    ASSERT_STATUS(post(f, &j), ZY_OVERFLOW);
    j = journal2(f, leg(0, INT64_MIN), leg(1, INT64_MIN));
    ASSERT_STATUS(post(f, &j), ZY_OVERFLOW);
    j = journal2(f, leg(0, -0), leg(1, 0)); /* nothing, either way round */
    ASSERT_STATUS(post(f, &j), ZY_INTERNAL);
    assert_books_right(f);
}

static void a_balance_does_not_wrap_by_many_large_credits(void **state)
{
    fixture *f = *state;
    const int64_t most = INT64_C(100000000000000000);
    ASSERT_OK(deposit(f, 0, most - MONEY));
    for (int i = 0; i < 100; i++) /* 100 times more would pass 2^63 */
        ASSERT_STATUS(deposit(f, 0, most), ZY_OVERFLOW);
    ASSERT_FEN(balance_of(f, 0).balance, most);
    assert_books_right(f);
}

/* ---- rounding: fractions that nobody has ---- */

static void interest_that_is_rounded_is_what_the_bank_pays_to_the_fen(void **state)
{
    static const zy_sql OWED = { "test.owed", "SELECT payable_fen FROM ledger_interest_book", 0, NULL };
    static const zy_sql EXPENSE = { "test.expense", "SELECT -sum(amount_fen) FROM ledger_posting WHERE account = 5", 0, NULL };
    static const zy_sql PAID = { "test.paid", "SELECT sum(paid_fen) FROM ledger_interest_paid", 0, NULL };
    fixture *f = *state;
    zy_ledger_start();
    bool done = false;
    for (int i = 0; i < ACCOUNTS; i++) /* each day is worth less than a fen, each quarter ends in a fraction */
        ASSERT_OK(deposit(f, i, 377777 + i));
    for (int day = 0; day < 28; day++) { /* to the end of 2026-12-20 */
        zy_day today = day_now(f);
        zy_clock_fake_turn(f->clock, ZY_DAYS(1));
        ASSERT_OK(cut_off(f, today));
        ASSERT_OK(zy_ledger_day_end(&f->env, ZY_SECONDS(60), &done, &f->err));
    }
    assert_true(number(f, &PAID) > 0);
    assert_int_equal(number(f, &EXPENSE), number(f, &PAID));
    assert_int_equal(number(f, &OWED), 0);
    assert_books_right(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(credits_to_one_account_at_once_all_arrive),
        TEST(money_is_spent_once_by_sixteen_at_once),
        TEST(payments_against_each_other_do_not_wait_in_a_circle),
        TEST(of_sixteen_legs_all_are_kept_or_none_whatever_call_fails),
        TEST(refunds_at_once_never_exceed_what_was_paid),
        TEST(a_correction_at_once_by_sixteen_is_made_once),
        TEST(a_hold_is_released_once_and_frees_nobody_elses_money),
        TEST(one_key_pays_once_and_another_amount_under_it_is_refused),
        TEST(legs_whose_sum_wraps_around_to_zero_are_refused),
        TEST(a_balance_does_not_wrap_by_many_large_credits),
        TEST(interest_that_is_rounded_is_what_the_bank_pays_to_the_fen),
    };
    return zy_test_main("ledger_bugs", tests, ZY_COUNT(tests));
}
