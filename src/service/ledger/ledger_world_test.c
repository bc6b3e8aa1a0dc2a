#include <stdlib.h>

#include "service/ledger/ledger_world.h"
#include "zy_test.h"
#include "zy_test_db.h"

zy_id account_no(int i)
{
    return (zy_id){ FIRST + i };
}

/* ---- units ---- */

static zy_status init_books(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    ZY_TRY(zy_ledger_init(tx, zy_day_of(NOW), NOW, err));
    for (int i = 0; i < ACCOUNTS; i++) {
        zy_ledger_account a = { .id = account_no(i), .currency = "CNY", .subject = "2011", .branch = "0001" };
        ZY_TRY(zy_ledger_open_account(tx, &a, NOW, err));
    }
    return ZY_OK;
}

typedef struct post_job {
    const zy_journal *journals[2];
    zy_time now;
} post_job;

static zy_status post_unit(zy_tx *tx, void *arg, zy_err *err)
{
    post_job *job = arg;
    for (size_t i = 0; i < ZY_COUNT(job->journals) && job->journals[i] != NULL; i++)
        ZY_TRY(zy_ledger_post(tx, job->journals[i], job->now, err));
    return ZY_OK;
}

zy_status post_both(fixture *f, const zy_journal *a, const zy_journal *b)
{
    post_job job = { { a, b }, zy_env_now(&f->env) };
    return zy_db_run(f->env.db, "test.post", post_unit, &job, &f->err);
}

zy_status post(fixture *f, const zy_journal *j)
{
    return post_both(f, j, NULL);
}

zy_journal journal2(fixture *f, zy_leg from, zy_leg to)
{
    return (zy_journal){ .id = zy_id_next(f->ids), .audit = { 7 }, .summary_code = "TRF", .summary = ZY_STR("转账"),
                         .legs = { from, to }, .leg_count = 2 };
}

zy_leg leg(int account, int64_t fen)
{
    return (zy_leg){ .account = account_no(account), .amount = { fen }, .counterparty = ZY_STR("*三 \"6217\" \\ 0001") };
}

zy_leg own(zy_id account, int64_t fen)
{
    return (zy_leg){ .account = account, .amount = { fen }, .internal = true };
}

zy_status move(fixture *f, int from, int to, int64_t fen)
{
    zy_journal j = journal2(f, leg(from, -fen), leg(to, fen));
    return post(f, &j);
}

zy_status deposit(fixture *f, int account, int64_t fen)
{
    zy_journal j = journal2(f, own(ZY_LEDGER_CASH, -fen), leg(account, fen));
    return post(f, &j);
}

typedef struct hold_job {
    zy_hold hold;
    zy_time now;
} hold_job;

static zy_status hold_unit(zy_tx *tx, void *arg, zy_err *err)
{
    hold_job *job = arg;
    return zy_ledger_hold(tx, &job->hold, job->now, err);
}

static zy_status release_unit(zy_tx *tx, void *arg, zy_err *err)
{
    hold_job *job = arg;
    return zy_ledger_release(tx, job->hold.id, job->now, err);
}

zy_status hold_until(fixture *f, int account, int64_t fen, zy_id id, zy_time expires_at)
{
    hold_job job = { .hold = { .id = id, .account = account_no(account), .order = { 88 }, .amount = { fen }, .expires_at = expires_at },
                     .now = zy_env_now(&f->env) };
    return zy_db_run(f->env.db, "test.hold", hold_unit, &job, &f->err);
}

zy_status hold(fixture *f, int account, int64_t fen, zy_id id)
{
    return hold_until(f, account, fen, id, zy_time_add(zy_env_now(&f->env), ZY_HOURS(1)));
}

zy_status release(fixture *f, zy_id hold)
{
    hold_job job = { .hold.id = hold, .now = zy_env_now(&f->env) };
    return zy_db_run(f->env.db, "test.release", release_unit, &job, &f->err);
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

zy_status set_state(fixture *f, int account, const char *state)
{
    state_job job = { account_no(account), state };
    return zy_db_run(f->env.db, "test.state", state_unit, &job, &f->err);
}

typedef struct day_job {
    zy_day day;
    zy_time now;
} day_job;

static zy_status cut_off_unit(zy_tx *tx, void *arg, zy_err *err)
{
    day_job *job = arg;
    return zy_ledger_cut_off(tx, job->day, job->now, err);
}

zy_status cut_off(fixture *f, zy_day day)
{
    day_job job = { day, zy_env_now(&f->env) };
    return zy_db_run(f->env.db, "test.cut_off", cut_off_unit, &job, &f->err);
}

typedef struct balance_job {
    zy_id account;
    zy_balance balance;
} balance_job;

static zy_status balance_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    balance_job *job = arg;
    return zy_ledger_balance(rtx, job->account, &job->balance, err);
}

zy_balance balance_of(fixture *f, int account)
{
    balance_job job = { .account = account_no(account) };
    ASSERT_OK(zy_db_read(f->env.db, "test.balance", balance_read, &job, &f->err));
    return job.balance;
}

static zy_status day_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    return zy_ledger_day(rtx, arg, err);
}

zy_day day_now(fixture *f)
{
    zy_day day = { 0 };
    ASSERT_OK(zy_db_read(f->env.db, "test.day", day_read, &day, &f->err));
    return day;
}

typedef struct number_job {
    const zy_sql *sql;
    int64_t value;
} number_job;

static zy_status number_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    number_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, job->sql, ZY_NO_ARGS, &row, err));
    job->value = zy_col_int(row, 0);
    return ZY_OK;
}

int64_t number(fixture *f, const zy_sql *sql)
{
    number_job job = { .sql = sql };
    ASSERT_OK(zy_db_read(f->env.db, "test.number", number_read, &job, &f->err));
    return job.value;
}

void assert_books_right(fixture *f)
{
    zy_ledger_report report;
    zy_status status = zy_ledger_verify(&f->env, NULL, NULL, &report, &f->err);
    if (status != ZY_OK)
        print_error("%s\n", report.first_fault);
    ASSERT_OK(status);
    ASSERT_FEN(report.total_customer, -report.total_internal.fen);
}

/* ---- fixture ---- */

int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    f->clock = zy_clock_fake_new(NOW);
    f->ids = zy_id_maker_new(1, f->clock);
    f->env.clock = f->clock;
    f->env.ids = f->ids;
    ASSERT_OK(zy_test_db_open(&f->env.db));
    ASSERT_OK(zy_db_run(f->env.db, "test.init", init_books, NULL, &f->err));
    *state = f;
    return 0;
}

int set_up_with_money(void **state)
{
    set_up(state);
    for (int i = 0; i < ACCOUNTS; i++)
        ASSERT_OK(deposit(*state, i, MONEY));
    return 0;
}

int tear_down(void **state)
{
    fixture *f = *state;
    zy_fault_arm("", 0, ZY_OK);
    zy_test_db_close(f->env.db);
    zy_id_maker_free(f->ids);
    zy_clock_fake_free(f->clock);
    free(f);
    return 0;
}
