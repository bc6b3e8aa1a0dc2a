#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/audit/audit.h"
#include "service/ledger/ledger_world.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_db.h"

/* Accounts 100-103 bear interest by ACT/360 (2011), 110-111 by ACT/365, 112-113 by 30/360. */
enum { OTHERS = 4, ALL = ACCOUNTS + OTHERS, DAYS = 125 };
static const struct rule {
    const char *subject, *basis;
    int64_t year;
} RULES[] = { { "2011", "ACT/360", 360 }, { "T365", "ACT/365", 365 }, { "T30", "30/360", 360 } };

static const struct rule *rule_of(int account)
{
    return &RULES[account < ACCOUNTS ? 0 : account < ACCOUNTS + 2 ? 1 : 2];
}

static int64_t rate_on(int account, int day)
{
    return account < ACCOUNTS ? (day < 60 ? 50000 : 350000) : 1234567;
}

/* ---- what must come out, told without the ledger ---- */

typedef struct model {
    zy_day first;
    int64_t balance[ALL], paid[ALL];
    __int128 product[ALL];
} model;

static int64_t weight(const model *m, int account, int day)
{
    zy_day d = { m->first.days + day }, next = { d.days + 1 };
    char text[ZY_DAY_TEXT_MAX];
    if (strcmp(rule_of(account)->basis, "30/360") != 0)
        return 1;
    zy_day_format(d, text);
    int this_day = atoi(text + 8);
    zy_day_format(next, text);
    int next_day = atoi(text + 8);
    if (this_day > 30)
        return 1;              /* counted as the 30th: one day to the 1st */
    if (next_day == 1)
        return 31 - this_day;  /* the last of a month of 28, 29 or 30 days */
    return next_day == 31 ? 0 : 1;
}

static int64_t worth(const model *m, int account, int day)
{
    __int128 n = (__int128)rule_of(account)->year * 100000000;
    return (int64_t)((2 * m->product[account] * rate_on(account, day) + n) / (2 * n));
}

static void model_end_day(model *m, int day)
{
    char text[ZY_DAY_TEXT_MAX];
    zy_day_format((zy_day){ m->first.days + day }, text);
    bool settles = strcmp(text + 8, "20") == 0 && (atoi(text + 5) % 3) == 0;
    for (int i = 0; i < ALL; i++) {
        m->product[i] += (__int128)m->balance[i] * weight(m, i, day);
        if (!settles)
            continue;
        m->paid[i] += worth(m, i, day);
        m->balance[i] += worth(m, i, day); /* on the next day */
        m->product[i] = 0;
    }
}

/* ---- the world ---- */

static zy_status open_others(zy_tx *tx, void *arg, zy_err *err)
{
    zy_day day = zy_day_of(NOW);
    (void)arg;
    for (int i = ACCOUNTS; i < ALL; i++) {
        zy_ledger_account a = { .id = account_no(i), .currency = "CNY", .subject = rule_of(i)->subject, .branch = "0002" };
        ZY_TRY(zy_ledger_open_account(tx, &a, NOW, err));
    }
    for (size_t i = 1; i < ZY_COUNT(RULES); i++) {
        ZY_TRY(zy_ledger_set_rule(tx, RULES[i].subject, RULES[i].basis, err));
        ZY_TRY(zy_ledger_set_rate(tx, RULES[i].subject, day, 1234567, err));
    }
    return ZY_OK;
}

static zy_status set_rate_param(zy_tx *tx, void *arg, zy_err *err)
{
    fixture *f = arg;
    return zy_param_set(tx, &f->env, ZY_STR(ZY_LEDGER_DEMAND_RATE), 350000, err);
}

static int set_up_bank(void **state)
{
    set_up(state);
    fixture *f = *state;
    zy_ledger_start();
    zy_param_reload();
    ASSERT_OK(zy_db_run(f->env.db, "test.others", open_others, NULL, &f->err));
    return 0;
}

static void next_day(fixture *f)
{
    zy_day day = day_now(f);
    zy_clock_fake_turn(f->clock, ZY_DAYS(1));
    ASSERT_OK(cut_off(f, day));
}

static void end_days(fixture *f)
{
    bool done = false;
    ASSERT_OK(zy_ledger_day_end(&f->env, ZY_SECONDS(60), &done, &f->err));
    assert_true(done);
}

static void move_at_random(fixture *f, model *m)
{
    for (int i = 0; i < 3; i++) {
        int account = rand() % ALL;
        int64_t fen = rand() % 900000000 - (int64_t)(rand() % 2) * 500000000;
        if (fen == 0 || m->balance[account] + fen < 0)
            continue;
        ASSERT_OK(deposit(f, account, fen));
        m->balance[account] += fen;
    }
}

static void assert_as_the_model(fixture *f, const model *m, int last_day)
{
    static const zy_sql PAYABLE = { "test.payable", "SELECT payable_fen FROM ledger_interest_book", 0, NULL };
    static const zy_sql POSTED = { "test.posted", "SELECT sum(amount_fen) FROM ledger_posting WHERE account = 6", 0, NULL };
    int64_t owed = 0;
    for (int i = 0; i < ALL; i++) {
        ASSERT_FEN(balance_of(f, i).balance, m->balance[i]);
        owed += worth(m, i, last_day);
    }
    assert_int_equal(number(f, &PAYABLE), owed);
    assert_int_equal(number(f, &POSTED), owed);
    assert_books_right(f);
}

static void live_through(fixture *f, model *m, int from, int to)
{
    for (int day = from; day < to; day++) {
        if (day == 60) {
            ASSERT_OK(zy_db_run(f->env.db, "test.rate", set_rate_param, f, &f->err));
            zy_param_reload();
        }
        move_at_random(f, m);
        next_day(f);
        model_end_day(m, day);
        end_days(f);
    }
}

/* ---- tests ---- */

static void interest_is_exact_by_every_count_of_days_over_two_quarters(void **state)
{
    static const zy_sql PAID = { "test.paid", "SELECT count(*) FROM ledger_interest_paid", 0, NULL };
    fixture *f = *state;
    model m = { .first = zy_day_of(NOW) };
    srand(20);
    live_through(f, &m, 0, DAYS);
    assert_as_the_model(f, &m, DAYS - 1);
    assert_true(number(f, &PAID) > ALL);
    int64_t paid = 0;
    for (int i = 0; i < ALL; i++)
        paid += m.paid[i];
    assert_true(paid > 1000000);
}

/* 2026-12-20 is day 27. */
#define QUARTER_END 27

static void a_day_end_that_is_killed_at_any_call_goes_on_and_ends_the_same(void **state)
{
    ZY_PROVES("mb.rollback.p1");
    static const zy_sql ENDED = { "test.ended", "SELECT count(*) FROM ledger_day_end WHERE stage = 'done'", 0, NULL };
    static const zy_sql PAID = { "test.paid", "SELECT count(*) FROM ledger_interest_paid", 0, NULL };
    fixture *f = *state;
    model m = { .first = zy_day_of(NOW) };
    srand(21);
    live_through(f, &m, 0, QUARTER_END);
    next_day(f);
    model_end_day(&m, QUARTER_END);
    bool done = false;
    long failed = 0;
    for (long n = 1; !done && n < 400; n++) {
        zy_fault_arm("db.", n, ZY_DB_ERROR);
        zy_status status = zy_ledger_day_end(&f->env, ZY_SECONDS(60), &done, &f->err);
        zy_fault_arm("", 0, ZY_OK);
        failed += status != ZY_OK;
        done = status == ZY_OK && done;
    }
    assert_true(done && failed > 10);
    assert_int_equal(number(f, &ENDED), QUARTER_END + 1);
    assert_true(number(f, &PAID) > 0);
    assert_as_the_model(f, &m, QUARTER_END);
    end_days(f); /* and nothing happens twice */
    assert_as_the_model(f, &m, QUARTER_END);
}

static void *end_days_too(void *arg)
{
    fixture *f = arg;
    fixture mine = { .env = f->env };
    bool done = false;
    zy_status status;
    do
        status = zy_ledger_day_end(&mine.env, ZY_SECONDS(60), &done, &mine.err);
    while (status == ZY_OK && !done);
    return (void *)(uintptr_t)status;
}

static void *move_meanwhile(void *arg)
{
    fixture *f = arg;
    fixture mine = { .env = f->env, .ids = f->ids };
    for (int i = 0; i < 40; i++) {
        zy_status status = move(&mine, i % ACCOUNTS, (i + 3) % ACCOUNTS, 1 + i);
        if (status != ZY_OK && status != ZY_BALANCE_TOO_LOW)
            return (void *)(uintptr_t)status;
    }
    return NULL;
}

static void two_nodes_end_a_day_once_while_customers_pay(void **state)
{
    static const zy_sql PAID = { "test.paid_sum", "SELECT sum(paid_fen) FROM ledger_interest_paid", 0, NULL };
    fixture *f = *state;
    model m = { .first = zy_day_of(NOW) };
    srand(22);
    for (int i = 0; i < ALL; i++) {
        ASSERT_OK(deposit(f, i, 777777777));
        m.balance[i] = 777777777;
    }
    live_through(f, &m, 0, QUARTER_END);
    next_day(f);
    model_end_day(&m, QUARTER_END);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < 2 ? end_days_too : move_meanwhile, f), 0);
    for (int i = 0; i < 4; i++) {
        void *result = NULL;
        pthread_join(threads[i], &result);
        ASSERT_STATUS((zy_status)(uintptr_t)result, ZY_OK);
    }
    int64_t paid = 0;
    for (int i = 0; i < ALL; i++)
        paid += m.paid[i];
    assert_int_equal(number(f, &PAID), paid);
    assert_books_right(f);
}

typedef struct settle_job {
    fixture *f;
    zy_id account;
    zy_money interest;
} settle_job;

static zy_status settle_unit(zy_tx *tx, void *arg, zy_err *err)
{
    settle_job *job = arg;
    return zy_ledger_settle_account(tx, &job->f->env, job->account, (zy_id){ 7 }, zy_env_now(&job->f->env), &job->interest, err);
}

static int64_t settle(fixture *f, int account)
{
    settle_job job = { .f = f, .account = account_no(account) };
    ASSERT_OK(zy_db_run(f->env.db, "test.settle", settle_unit, &job, &f->err));
    return job.interest.fen;
}

static void an_account_that_closes_is_paid_up_to_the_day_before(void **state)
{
    fixture *f = *state;
    ASSERT_OK(deposit(f, 0, 1000000000));
    for (int day = 0; day < 10; day++) {
        next_day(f);
        end_days(f);
    }
    next_day(f); /* the day-end of this one is late */
    int64_t expected = (2 * INT64_C(1000000000) * 11 * 50000 / 36000 + 1000000) / 2000000;
    assert_int_equal(settle(f, 0), expected);
    assert_int_equal(settle(f, 0), 0);
    ASSERT_FEN(balance_of(f, 0).balance, 1000000000 + expected);
    ASSERT_OK(deposit(f, 0, -1000000000 - expected));
    ASSERT_OK(set_state(f, 0, "closed"));
    end_days(f);
    next_day(f);
    end_days(f);
    static const zy_sql LEFT = { "test.left", "SELECT sum(fen_days) FROM ledger_interest", 0, NULL };
    static const zy_sql PAYABLE = { "test.payable", "SELECT payable_fen FROM ledger_interest_book", 0, NULL };
    assert_int_equal(number(f, &LEFT), 0);
    assert_int_equal(number(f, &PAYABLE), 0);
    assert_books_right(f);
}

static void an_account_that_closes_before_the_settlement_came_to_it_is_paid_once(void **state)
{
    static const zy_sql PAID = { "test.paid", "SELECT count(*) FROM ledger_interest_paid", 0, NULL };
    fixture *f = *state;
    ASSERT_OK(deposit(f, 0, 1000000000));
    ASSERT_OK(deposit(f, 1, 1000000000));
    for (int day = 0; day < QUARTER_END; day++) {
        next_day(f);
        end_days(f);
    }
    next_day(f);
    int64_t paid = settle(f, 0);
    assert_true(paid > 0);
    end_days(f);
    assert_int_equal(number(f, &PAID), 2);
    ASSERT_FEN(balance_of(f, 0).balance, 1000000000 + paid);
    ASSERT_FEN(balance_of(f, 1).balance, 1000000000 + paid);
    assert_books_right(f);
}

static void a_value_day_moves_the_interest_and_not_the_balance(void **state)
{
    static const zy_sql PRODUCT = { "test.product", "SELECT fen_days FROM ledger_interest WHERE account = 100", 0, NULL };
    fixture *f = *state;
    zy_journal j = journal2(f, own(ZY_LEDGER_CASH, -1000), leg(0, 1000));
    j.value_day = (zy_day){ day_now(f).days - 10 };
    ASSERT_OK(post(f, &j));
    j = journal2(f, own(ZY_LEDGER_CASH, -500), leg(0, 500));
    j.value_day = (zy_day){ day_now(f).days + 2 };
    ASSERT_OK(post(f, &j));
    ASSERT_FEN(balance_of(f, 0).available, 1500);
    for (int i = 0; i < 3; i++) {
        next_day(f);
        end_days(f);
    }
    assert_int_equal(number(f, &PRODUCT), 1000 * 13 + 500 * 1);
    assert_books_right(f);
}

static zy_status rate_back(zy_tx *tx, void *arg, zy_err *err)
{
    return zy_ledger_set_rate(tx, "T365", *(zy_day *)arg, 7, err);
}

static zy_status rule_other(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_ledger_set_rule(tx, "T365", "30/360", err);
}

static void rates_and_rules_are_not_changed_for_days_that_ended(void **state)
{
    fixture *f = *state;
    zy_day today = day_now(f), later = { today.days + 5 };
    ASSERT_OK(deposit(f, ACCOUNTS, 5000));
    next_day(f);
    end_days(f);
    ASSERT_STATUS(zy_db_run(f->env.db, "test.rate", rate_back, &today, &f->err), ZY_STATE_CONFLICT);
    ASSERT_STATUS(zy_db_run(f->env.db, "test.rule", rule_other, NULL, &f->err), ZY_STATE_CONFLICT);
    ASSERT_OK(zy_db_run(f->env.db, "test.rate", rate_back, &later, &f->err));
}

typedef struct trial_job {
    zy_day day;
    int64_t rows, debit, credit, balance, customers;
} trial_job;

static zy_status add_row(const zy_trial_row *row, void *arg)
{
    trial_job *job = arg;
    job->rows++;
    job->debit += row->debit.fen;
    job->credit += row->credit.fen;
    job->balance += row->balance.fen;
    job->customers += row->internal ? 0 : row->balance.fen;
    return ZY_OK;
}

static zy_status trial_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    trial_job *job = arg;
    return zy_ledger_trial(rtx, job->day, add_row, job, err);
}

static void the_trial_balance_of_a_day_is_kept_by_branch_and_subject(void **state)
{
    fixture *f = *state;
    trial_job job = { .day = day_now(f) };
    ASSERT_OK(deposit(f, 0, 1000));
    ASSERT_OK(move(f, 0, ACCOUNTS, 300));
    next_day(f);
    ASSERT_OK(deposit(f, 1, 77)); /* of the next day */
    end_days(f);
    ASSERT_OK(zy_db_read(f->env.db, "test.trial", trial_read, &job, &f->err));
    assert_int_equal(job.rows, 3);
    assert_int_equal(job.debit, 1300);
    assert_int_equal(job.credit, 1300);
    assert_int_equal(job.balance, 0);
    assert_int_equal(job.customers, 1000);
    next_day(f);
    end_days(f);
    job = (trial_job){ .day = { job.day.days + 1 } };
    ASSERT_OK(zy_db_read(f->env.db, "test.trial", trial_read, &job, &f->err));
    assert_int_equal(job.debit, 77);
    assert_int_equal(job.customers, 1077);
    static const char DEED[] = "UPDATE ledger_trial SET balance_fen = balance_fen + 1 WHERE internal = 0";
    ASSERT_OK(zy_db_test_exec_script(f->env.db, DEED, DEED, &f->err));
    zy_ledger_report report = { 0 };
    ASSERT_STATUS(zy_ledger_verify(&f->env, NULL, NULL, &report, &f->err), ZY_AUDIT_BROKEN);
}

static void a_day_whose_sums_are_wrong_stays_open(void **state)
{
    fixture *f = *state;
    bool done = false;
    ASSERT_OK(deposit(f, 0, 1000));
    static const char DEED[] = "UPDATE ledger_balance SET balance_fen = balance_fen + 1 WHERE account = 100";
    ASSERT_OK(zy_db_test_exec_script(f->env.db, DEED, DEED, &f->err));
    next_day(f);
    ASSERT_STATUS(zy_ledger_day_end(&f->env, ZY_SECONDS(60), &done, &f->err), ZY_AUDIT_BROKEN);
    ASSERT_STATUS(zy_ledger_day_end(&f->env, ZY_SECONDS(60), &done, &f->err), ZY_AUDIT_BROKEN);
    static const char UNDO[] = "UPDATE ledger_balance SET balance_fen = balance_fen - 1 WHERE account = 100";
    ASSERT_OK(zy_db_test_exec_script(f->env.db, UNDO, UNDO, &f->err));
    end_days(f);
    assert_books_right(f);
}

#define BANK_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_bank, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BANK_TEST(interest_is_exact_by_every_count_of_days_over_two_quarters),
        BANK_TEST(a_day_end_that_is_killed_at_any_call_goes_on_and_ends_the_same),
        BANK_TEST(two_nodes_end_a_day_once_while_customers_pay),
        BANK_TEST(an_account_that_closes_is_paid_up_to_the_day_before),
        BANK_TEST(an_account_that_closes_before_the_settlement_came_to_it_is_paid_once),
        BANK_TEST(a_value_day_moves_the_interest_and_not_the_balance),
        BANK_TEST(rates_and_rules_are_not_changed_for_days_that_ended),
        BANK_TEST(the_trial_balance_of_a_day_is_kept_by_branch_and_subject),
        BANK_TEST(a_day_whose_sums_are_wrong_stays_open),
    };
    return zy_test_main("ledger_day_end", tests, ZY_COUNT(tests));
}
