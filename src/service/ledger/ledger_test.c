#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/ledger/ledger_world.h"
#include "zy_test.h"
#include "zy_test_db.h"

/* ---- posting ---- */

static void a_posting_moves_money_and_keeps_the_books_balanced(void **state)
{
    fixture *f = *state;
    ASSERT_OK(move(f, 0, 1, 12345));
    ASSERT_FEN(balance_of(f, 0).balance, MONEY - 12345);
    ASSERT_FEN(balance_of(f, 1).available, MONEY + 12345);
    assert_books_right(f);
}

static void the_last_fen_can_be_spent_and_not_one_more(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(move(f, 0, 1, MONEY + 1), ZY_BALANCE_TOO_LOW);
    ASSERT_OK(move(f, 0, 1, MONEY));
    ASSERT_STATUS(move(f, 0, 1, 1), ZY_BALANCE_TOO_LOW);
    ASSERT_FEN(balance_of(f, 0).balance, 0);
    assert_books_right(f);
}

static void a_refused_journal_leaves_nothing_behind(void **state)
{
    fixture *f = *state;
    zy_journal j = journal2(f, leg(1, 50), leg(2, -MONEY - 50));
    j.legs[2] = leg(0, MONEY);
    j.leg_count = 3;
    ASSERT_STATUS(post(f, &j), ZY_BALANCE_TOO_LOW);
    for (int i = 0; i < 3; i++)
        ASSERT_FEN(balance_of(f, i).balance, MONEY);
    assert_books_right(f);
}

static void journals_that_do_not_balance_are_refused(void **state)
{
    fixture *f = *state;
    zy_journal j = journal2(f, leg(0, -100), leg(1, 99));
    ASSERT_STATUS(post(f, &j), ZY_INTERNAL);
    j = journal2(f, leg(0, 0), leg(1, 0));
    ASSERT_STATUS(post(f, &j), ZY_INTERNAL);
    j.leg_count = 1;
    ASSERT_STATUS(post(f, &j), ZY_INTERNAL);
    j = journal2(f, leg(0, -100), own(account_no(1), 100));
    ASSERT_STATUS(post(f, &j), ZY_INTERNAL); /* a customer's account said to be the bank's own */
    j = journal2(f, leg(0, -100), leg(777, 100));
    ASSERT_STATUS(post(f, &j), ZY_INTERNAL);
    assert_books_right(f);
}

static void amounts_that_would_overflow_are_refused(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(deposit(f, 0, INT64_MAX), ZY_OVERFLOW);
    zy_journal j = journal2(f, leg(0, INT64_MIN), leg(1, INT64_MAX));
    ASSERT_STATUS(post(f, &j), ZY_OVERFLOW);
    ASSERT_OK(deposit(f, 0, INT64_C(100000000000000000) - MONEY));
    ASSERT_STATUS(deposit(f, 0, 1), ZY_OVERFLOW);
    ASSERT_OK(move(f, 0, 1, 1));
    assert_books_right(f);
}

static void one_journal_id_and_one_order_post_once(void **state)
{
    fixture *f = *state;
    zy_journal j = journal2(f, leg(0, -100), leg(1, 100));
    j.order = (zy_id){ 4711 };
    ASSERT_OK(post(f, &j));
    ASSERT_STATUS(post(f, &j), ZY_DB_UNIQUE);
    j.id = zy_id_next(f->ids);
    ASSERT_STATUS(post(f, &j), ZY_DB_UNIQUE);
    ASSERT_FEN(balance_of(f, 1).balance, MONEY + 100);
    assert_books_right(f);
}

static zy_journal correction(fixture *f, const zy_journal *first)
{
    zy_journal back = *first;
    back.id = zy_id_next(f->ids);
    back.reverses = first->id;
    back.summary_code = "REV";
    for (int i = 0; i < back.leg_count; i++)
        back.legs[i].amount.fen = -first->legs[i].amount.fen;
    return back;
}

static void a_correction_mirrors_its_journal_and_is_made_once(void **state)
{
    fixture *f = *state;
    zy_journal first = journal2(f, leg(0, -110), leg(1, 100));
    first.legs[2] = own(ZY_LEDGER_FEES, 10);
    first.leg_count = 3;
    ASSERT_OK(post(f, &first));
    zy_journal back = correction(f, &first);
    back.reverses = (zy_id){ 999 };
    ASSERT_STATUS(post(f, &back), ZY_NOT_FOUND);
    back = correction(f, &first);
    back.legs[1].amount.fen = -99;
    back.legs[2].amount.fen = -11;
    ASSERT_STATUS(post(f, &back), ZY_STATE_CONFLICT);
    back = correction(f, &first);
    back.legs[2].account = ZY_LEDGER_CASH;
    ASSERT_STATUS(post(f, &back), ZY_STATE_CONFLICT);
    back = correction(f, &first);
    back.legs[1] = own(ZY_LEDGER_CASH, -100);
    ASSERT_STATUS(post(f, &back), ZY_STATE_CONFLICT);
    back = correction(f, &first);
    ASSERT_OK(post(f, &back));
    back.id = zy_id_next(f->ids);
    ASSERT_STATUS(post(f, &back), ZY_STATE_CONFLICT);
    ASSERT_FEN(balance_of(f, 0).balance, MONEY);
    assert_books_right(f);
}

typedef struct mirror_job {
    zy_id original;
    zy_journal journal;
} mirror_job;

static zy_status mirror_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    mirror_job *job = arg;
    return zy_ledger_mirror(rtx, job->original, &job->journal, err);
}

static void the_ledger_makes_the_mirror_of_a_journal(void **state)
{
    fixture *f = *state;
    zy_journal first = journal2(f, leg(0, -110), leg(1, 60));
    first.legs[2] = leg(1, 40);
    first.legs[3] = own(ZY_LEDGER_FEES, 10);
    first.leg_count = 4;
    ASSERT_OK(post(f, &first));
    mirror_job job = { .original = first.id, .journal = journal2(f, leg(0, 0), leg(0, 0)) };
    ASSERT_OK(zy_db_read(f->env.db, "test.mirror", mirror_read, &job, &f->err));
    ASSERT_OK(post(f, &job.journal));
    for (int i = 0; i < 2; i++)
        ASSERT_FEN(balance_of(f, i).balance, MONEY);
    job.original = (zy_id){ 999 };
    ASSERT_STATUS(zy_db_read(f->env.db, "test.mirror", mirror_read, &job, &f->err), ZY_NOT_FOUND);
    assert_books_right(f);
}

static zy_status refund(fixture *f, zy_id original, int64_t payer, int64_t payee, int64_t fee)
{
    zy_journal back = journal2(f, leg(0, payer), leg(1, -payee));
    back.legs[2] = own(ZY_LEDGER_FEES, -fee);
    back.leg_count = fee != 0 ? 3 : 2;
    back.refunds = original;
    back.summary_code = "RFD";
    return post(f, &back);
}

static void refunds_never_give_back_more_than_the_journal_moved_on_any_account(void **state)
{
    fixture *f = *state;
    zy_journal first = journal2(f, leg(0, -110), leg(1, 100));
    first.legs[2] = own(ZY_LEDGER_FEES, 10);
    first.leg_count = 3;
    ASSERT_OK(post(f, &first));
    ASSERT_OK(refund(f, first.id, 40, 40, 0));
    ASSERT_STATUS(refund(f, first.id, 61, 61, 0), ZY_STATE_CONFLICT);
    ASSERT_STATUS(refund(f, first.id, 71, 60, 11), ZY_STATE_CONFLICT); /* more of the fee than there was */
    ASSERT_STATUS(refund(f, first.id, -5, -5, 0), ZY_STATE_CONFLICT);  /* the same way again */
    ASSERT_STATUS(refund(f, (zy_id){ 999 }, 1, 1, 0), ZY_NOT_FOUND);
    zy_journal whole = correction(f, &first);
    ASSERT_STATUS(post(f, &whole), ZY_STATE_CONFLICT); /* a part is back already */
    ASSERT_OK(refund(f, first.id, 70, 60, 10));
    ASSERT_STATUS(refund(f, first.id, 1, 1, 0), ZY_STATE_CONFLICT);
    ASSERT_FEN(balance_of(f, 0).balance, MONEY);
    ASSERT_FEN(balance_of(f, 1).balance, MONEY);
    assert_books_right(f);
}

/* What an account gives and takes in one journal moves nothing: it is counted nowhere, and the books are right. */
static void legs_that_cancel_out_give_back_nothing(void **state)
{
    fixture *f = *state;
    zy_journal first = journal2(f, leg(0, -100), leg(1, 100));
    ASSERT_OK(post(f, &first));
    zy_journal back = journal2(f, leg(1, -30), leg(0, 30));
    back.legs[2] = leg(2, -7);
    back.legs[3] = leg(2, 7);
    back.leg_count = 4;
    back.refunds = first.id;
    ASSERT_OK(post(f, &back));
    ASSERT_FEN(balance_of(f, 0).balance, MONEY - 70);
    ASSERT_FEN(balance_of(f, 2).balance, MONEY);
    assert_books_right(f);
}

static void journals_of_one_unit_stand_or_fall_together(void **state)
{
    ZY_PROVES("mb.rollback.p1");
    fixture *f = *state;
    zy_journal a = journal2(f, leg(0, -70), leg(1, 70)), b = journal2(f, leg(2, -MONEY - 1), leg(3, MONEY + 1));
    ASSERT_STATUS(post_both(f, &a, &b), ZY_BALANCE_TOO_LOW);
    for (int i = 0; i < 4; i++)
        ASSERT_FEN(balance_of(f, i).balance, MONEY);
    b = journal2(f, leg(1, -MONEY - 70), leg(2, MONEY + 70)); /* spends what the first one brings */
    ASSERT_OK(post_both(f, &a, &b));
    ASSERT_FEN(balance_of(f, 1).balance, 0);
    assert_books_right(f);
}

/* ---- holds ---- */

static zy_status capture(fixture *f, zy_id hold, int account, int64_t fen)
{
    zy_journal j = journal2(f, leg(account, -fen), leg(1, fen));
    j.legs[0].hold = hold;
    return post(f, &j);
}

static void held_money_cannot_be_spent_but_by_its_hold(void **state)
{
    fixture *f = *state;
    zy_id big = { 1 }, small = { 2 };
    ASSERT_OK(hold(f, 0, MONEY - 10, big));
    ASSERT_STATUS(hold(f, 0, 11, small), ZY_BALANCE_TOO_LOW);
    ASSERT_STATUS(move(f, 0, 1, 11), ZY_BALANCE_TOO_LOW);
    ASSERT_OK(move(f, 0, 1, 10));
    ASSERT_FEN(balance_of(f, 0).available, 0);
    ASSERT_OK(capture(f, big, 0, 1000)); /* a part: the rest is free again */
    ASSERT_FEN(balance_of(f, 0).held, 0);
    ASSERT_FEN(balance_of(f, 0).available, MONEY - 1010);
    ASSERT_OK(hold(f, 0, 5000, small));
    ASSERT_OK(capture(f, small, 0, 5600)); /* with a fee that nobody held */
    ASSERT_FEN(balance_of(f, 0).available, MONEY - 6610);
    assert_books_right(f);
}

static void a_hold_ends_once_and_belongs_to_its_account(void **state)
{
    fixture *f = *state;
    zy_id a = { 1 }, b = { 2 };
    ASSERT_OK(hold(f, 0, 500, a));
    ASSERT_OK(hold(f, 0, 700, b));
    ASSERT_STATUS(hold(f, 2, 700, b), ZY_DB_UNIQUE);
    ASSERT_STATUS(capture(f, a, 2, 500), ZY_STATE_CONFLICT);
    ASSERT_STATUS(capture(f, (zy_id){ 3 }, 0, 500), ZY_STATE_CONFLICT);
    ASSERT_OK(capture(f, a, 0, 500));
    ASSERT_STATUS(capture(f, a, 0, 500), ZY_STATE_CONFLICT);
    ASSERT_STATUS(release(f, a), ZY_STATE_CONFLICT);
    ASSERT_FEN(balance_of(f, 0).held, 700);
    ASSERT_OK(release(f, b));
    ASSERT_STATUS(release(f, b), ZY_STATE_CONFLICT);
    ASSERT_STATUS(capture(f, b, 0, 1), ZY_STATE_CONFLICT);
    ASSERT_FEN(balance_of(f, 0).available, MONEY - 500);
    assert_books_right(f);
}

static void holds_that_are_not_well_made_are_refused(void **state)
{
    fixture *f = *state;
    ASSERT_STATUS(hold(f, 0, 0, (zy_id){ 1 }), ZY_INTERNAL);
    ASSERT_STATUS(hold(f, 0, -5, (zy_id){ 1 }), ZY_INTERNAL);
    ASSERT_STATUS(hold(f, 0, INT64_MAX, (zy_id){ 1 }), ZY_OVERFLOW);
    ASSERT_STATUS(hold(f, 0, 5, (zy_id){ 0 }), ZY_INTERNAL);
    ASSERT_STATUS(hold_until(f, 0, 5, (zy_id){ 1 }, NOW), ZY_INTERNAL);
    ASSERT_STATUS(hold_until(f, 0, 5, (zy_id){ 1 }, zy_time_add(NOW, ZY_DAYS(401))), ZY_INTERNAL);
    zy_journal j = journal2(f, leg(0, -10), leg(1, 10));
    j.legs[1].hold = (zy_id){ 1 }; /* a credit captures nothing */
    ASSERT_STATUS(post(f, &j), ZY_INTERNAL);
    assert_books_right(f);
}

static void holds_expire_and_are_freed_by_housekeeping(void **state)
{
    fixture *f = *state;
    int64_t done = 0;
    for (int i = 1; i <= 5; i++)
        ASSERT_OK(hold_until(f, i % 2, 100, (zy_id){ i }, zy_time_add(NOW, ZY_MINUTES(i))));
    zy_clock_fake_turn(f->clock, ZY_MINUTES(3));
    ASSERT_STATUS(capture(f, (zy_id){ 1 }, 1, 10), ZY_STATE_CONFLICT); /* too old, whoever is first */
    ASSERT_OK(zy_ledger_expire_holds(&f->env, 2, &done, &f->err));
    assert_int_equal(done, 2);
    ASSERT_OK(zy_ledger_expire_holds(&f->env, 500, &done, &f->err));
    assert_int_equal(done, 1);
    ASSERT_OK(zy_ledger_expire_holds(&f->env, 500, &done, &f->err));
    assert_int_equal(done, 0);
    ASSERT_FEN(balance_of(f, 0).held, 100);
    ASSERT_FEN(balance_of(f, 1).held, 100);
    ASSERT_OK(capture(f, (zy_id){ 4 }, 0, 100));
    assert_books_right(f);
}

/* ---- value days ---- */

static zy_status post_valued(fixture *f, int days_off, int64_t fen)
{
    zy_journal j = journal2(f, own(ZY_LEDGER_CASH, -fen), leg(0, fen));
    j.value_day = (zy_day){ day_now(f).days + days_off };
    return post(f, &j);
}

static void a_value_day_is_kept_within_its_bounds(void **state)
{
    static const zy_sql KEPT = { "test.valued",
        "SELECT count(*) FROM ledger_value_dated v JOIN ledger_journal j ON j.id = v.journal AND j.value_day = v.value_day"
        " WHERE v.account = 100 AND v.fen_days = v.amount_fen * (v.day - v.value_day)", 0, NULL };
    fixture *f = *state;
    ASSERT_OK(post_valued(f, -31, 10));
    ASSERT_OK(post_valued(f, 7, 10));
    ASSERT_STATUS(post_valued(f, -32, 10), ZY_BAD_FIELD);
    ASSERT_STATUS(post_valued(f, 8, 10), ZY_BAD_FIELD);
    ASSERT_STATUS(post_valued(f, 1, INT64_C(1000000000000001)), ZY_OVERFLOW);
    assert_int_equal(number(f, &KEPT), 2);
    assert_books_right(f);
}

static void a_frozen_account_takes_money_and_gives_none(void **state)
{
    fixture *f = *state;
    ASSERT_OK(set_state(f, 0, "frozen"));
    ASSERT_STATUS(move(f, 0, 1, 1), ZY_ACCOUNT_STATE);
    ASSERT_STATUS(hold(f, 0, 1, (zy_id){ 1 }), ZY_ACCOUNT_STATE);
    ASSERT_OK(move(f, 1, 0, 1));
    ASSERT_STATUS(set_state(f, 0, "closed"), ZY_STATE_CONFLICT); /* not empty */
    ASSERT_OK(set_state(f, 0, "active"));
    ASSERT_OK(move(f, 0, 1, MONEY + 1));
    ASSERT_OK(set_state(f, 0, "closed"));
    ASSERT_STATUS(move(f, 1, 0, 1), ZY_ACCOUNT_STATE);
    ASSERT_STATUS(set_state(f, 0, "active"), ZY_STATE_CONFLICT);
    ASSERT_STATUS(set_state(f, 0, "odd"), ZY_BAD_FIELD);
}

static void journals_and_postings_cannot_be_changed_or_removed(void **state)
{
    ZY_PROVES("mb.def-txn-record.p3");
    fixture *f = *state;
    static const char *const DEEDS[] = {
        "UPDATE ledger_posting SET amount_fen = amount_fen + 1", "DELETE FROM ledger_posting",
        "UPDATE ledger_journal SET at = at + 1", "DELETE FROM ledger_journal",
        "UPDATE ledger_balance SET held_fen = -1", "UPDATE ledger_balance SET balance_fen = held_fen - 1",
    };
    for (size_t i = 0; i < ZY_COUNT(DEEDS); i++)
        assert_int_not_equal(zy_db_test_exec_script(f->env.db, DEEDS[i], DEEDS[i], &f->err), ZY_OK);
    assert_books_right(f);
}

/* ---- the accounting day ---- */

static void cut_off_moves_the_day_once(void **state)
{
    fixture *f = *state;
    zy_day first = zy_day_of(NOW);
    ASSERT_OK(cut_off(f, first));
    ASSERT_STATUS(cut_off(f, first), ZY_STATE_CONFLICT);
    zy_day day = day_now(f);
    assert_int_equal(day.days, first.days + 1);
    ASSERT_STATUS(cut_off(f, day), ZY_STATE_CONFLICT); /* the calendar is not there yet */
}

typedef struct mover {
    fixture *f;
    int seed, moves;
    pthread_t thread;
} mover;

static void *move_about(void *arg)
{
    mover *m = arg;
    fixture mine = { .env = m->f->env, .ids = m->f->ids };
    unsigned random = (unsigned)m->seed * 2654435761u + 1;
    for (int i = 0; i < m->moves; i++) {
        random = random * 1103515245u + 12345u;
        int from = (int)(random >> 16) % ACCOUNTS, to = (from + 1 + (int)(random >> 8) % (ACCOUNTS - 1)) % ACCOUNTS;
        zy_status status = move(&mine, from, to, 1 + (int64_t)(random % 500));
        if (status != ZY_OK && status != ZY_BALANCE_TOO_LOW)
            return (void *)(uintptr_t)status;
    }
    return NULL;
}

static void sixty_four_threads_lose_nothing_while_the_day_changes(void **state)
{
    ZY_PROVES("mb.logic-design.b");
    fixture *f = *state;
    mover movers[64];
    for (int i = 0; i < 64; i++) {
        movers[i] = (mover){ .f = f, .seed = i, .moves = 20 };
        assert_int_equal(pthread_create(&movers[i].thread, NULL, move_about, &movers[i]), 0);
    }
    ASSERT_OK(cut_off(f, zy_day_of(NOW)));
    for (int i = 0; i < 64; i++) {
        void *result = NULL;
        pthread_join(movers[i].thread, &result);
        ASSERT_STATUS((zy_status)(uintptr_t)result, ZY_OK);
    }
    int64_t total = 0;
    for (int i = 0; i < ACCOUNTS; i++)
        total += balance_of(f, i).balance.fen;
    assert_int_equal(total, (int64_t)ACCOUNTS * MONEY);
    assert_books_right(f);
}

/* ---- statements ---- */

typedef struct entries_job {
    zy_entry_filter filter;
    int count;
    zy_entry entries[8];
    char counterparty[64];
} entries_job;

static zy_status take_entry(const zy_entry *entry, void *arg)
{
    entries_job *job = arg;
    job->entries[job->count++] = *entry;
    return zy_str_copy(entry->counterparty, job->counterparty, sizeof job->counterparty);
}

static zy_status entries_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    entries_job *job = arg;
    job->count = 0;
    return zy_ledger_entries(rtx, &job->filter, take_entry, job, err);
}

static void list_entries(fixture *f, entries_job *job)
{
    ASSERT_OK(zy_db_read(f->env.db, "test.entries", entries_read, job, &f->err));
}

static void a_statement_is_newest_first_and_pages_through_days(void **state)
{
    ZY_PROVES("mb.account-service.a.2");
    fixture *f = *state;
    zy_day first = zy_day_of(NOW);
    for (int i = 1; i <= 3; i++)
        ASSERT_OK(move(f, 0, 1, i));
    ASSERT_OK(cut_off(f, first));
    for (int i = 4; i <= 5; i++)
        ASSERT_OK(move(f, 0, 1, i));
    entries_job job = { .filter = { .account = account_no(0), .limit = 2 } };
    list_entries(f, &job);
    ASSERT_FEN(job.entries[0].amount, -5);
    ASSERT_FEN(job.entries[0].balance_after, MONEY - 15);
    assert_string_equal(job.counterparty, "*三 \"6217\" \\ 0001");
    job.filter.before = job.entries[1].posting;
    list_entries(f, &job);
    ASSERT_FEN(job.entries[0].amount, -3);
    ASSERT_FEN(job.entries[1].amount, -2);
    job.filter = (zy_entry_filter){ .account = account_no(0), .from = { first.days + 1 }, .to = { first.days + 1 }, .limit = 8 };
    list_entries(f, &job);
    assert_int_equal(job.count, 2);
    job.filter = (zy_entry_filter){ .account = account_no(0), .to = first, .limit = 8 };
    list_entries(f, &job);
    assert_int_equal(job.count, 4);
    ASSERT_FEN(job.entries[3].amount, MONEY);
}

/* ---- faults ---- */

static void any_failing_call_leaves_the_books_as_they_were(void **state)
{
    ZY_PROVES("mb.rollback.p1");
    fixture *f = *state;
    int64_t moved = 0;
    bool through = false;
    for (long n = 1; !through && n < 100; n++) {
        zy_fault_arm("db.", n, ZY_DB_ERROR);
        zy_status status = move(f, 0, 1, 10);
        through = zy_fault_passed() < n;
        zy_fault_arm("", 0, ZY_OK);
        if (through)
            ASSERT_OK(status);
        bool took = balance_of(f, 1).balance.fen == MONEY + moved + 10;
        moved += took ? 10 : 0;
        if (status != ZY_OUTCOME_UNKNOWN)
            assert_int_equal(took, status == ZY_OK);
        ASSERT_FEN(balance_of(f, 0).balance, MONEY - moved);
        ASSERT_FEN(balance_of(f, 1).balance, MONEY + moved);
    }
    assert_true(through);
    assert_books_right(f);
}

/* ---- the same journals on the reference and on both engines ---- */

typedef struct model {
    int64_t balance[ACCOUNTS];
} model;

/* What must happen, told without the ledger. */
static zy_status model_move(model *m, int from, int to, int64_t fen)
{
    if (fen <= 0)
        return ZY_INTERNAL;
    if (m->balance[from] < fen)
        return ZY_BALANCE_TOO_LOW;
    m->balance[from] -= fen;
    m->balance[to] += fen;
    return ZY_OK;
}

static void random_journals_end_as_the_reference_says(void **state)
{
    fixture *f = *state;
    model m;
    for (int i = 0; i < ACCOUNTS; i++)
        m.balance[i] = MONEY;
    srand(20261122);
    for (int i = 0; i < 300; i++) {
        int from = rand() % ACCOUNTS, to = (from + 1 + rand() % (ACCOUNTS - 1)) % ACCOUNTS;
        int64_t fen = rand() % (3 * MONEY / 2);
        ASSERT_STATUS(move(f, from, to, fen), model_move(&m, from, to, fen));
    }
    for (int i = 0; i < ACCOUNTS; i++)
        ASSERT_FEN(balance_of(f, i).balance, m.balance[i]);
    assert_books_right(f);
}

static const zy_sql SQL_DUMP = { "test.dump",
    "SELECT j.id, j.day, j.value_day, j.at, j.order_id, j.audit_id, j.reverses, j.leg_count, p.leg, p.account, p.day,"
    " p.amount_fen, coalesce(p.balance_after_fen, -1), j.summary_code, j.summary, p.counterparty"
    " FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal ORDER BY p.id", 0, NULL };
static const zy_sql SQL_DUMP_BALANCES = { "test.dump_balances",
    "SELECT account, balance_fen, held_fen, state FROM ledger_balance ORDER BY account", 0, NULL };
static const zy_sql SQL_DUMP_HOLDS = { "test.dump_holds",
    "SELECT id, account, amount_fen, captured_fen, journal, expires_at, state FROM ledger_hold ORDER BY id", 0, NULL };
static const zy_sql SQL_DUMP_RETURNED = { "test.dump_returned",
    "SELECT journal, account, total_fen, returned_fen FROM ledger_returned ORDER BY journal, account", 0, NULL };

static zy_status dump_rows(zy_rtx *rtx, const zy_sql *sql, int ints, int texts, zy_buf *out, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, sql, ZY_NO_ARGS, &rows, err));
    for (bool more = true; more;) {
        ZY_TRY(zy_stmt_next(rows, &more, err));
        for (int i = 0; more && i < ints + texts; i++) {
            if (i < ints)
                zy_buf_fmt(out, "%lld|", (long long)zy_col_int(rows, i));
            else
                zy_buf_fmt(out, ZY_STR_FMT "|", ZY_STR_ARG(zy_col_text(rows, i)));
        }
        zy_buf_char(out, '\n');
    }
    return ZY_OK;
}

static zy_status dump(zy_rtx *rtx, void *arg, zy_err *err)
{
    ZY_TRY(dump_rows(rtx, &SQL_DUMP, 13, 3, arg, err));
    ZY_TRY(dump_rows(rtx, &SQL_DUMP_BALANCES, 3, 1, arg, err));
    ZY_TRY(dump_rows(rtx, &SQL_DUMP_HOLDS, 6, 1, arg, err));
    return dump_rows(rtx, &SQL_DUMP_RETURNED, 4, 0, arg, err);
}

static zy_journal random_journal(fixture *f, zy_id id, zy_id last)
{
    (void)f;
    zy_journal j = { .id = id, .order = { rand() % 3 == 0 ? rand() % 60 : 0 }, .audit = { 5 }, .summary_code = "TRF",
                     .summary = ZY_STR("说明"), .leg_count = 2 + rand() % 4 };
    int64_t total = 0;
    for (int i = 0; i < j.leg_count; i++) {
        j.legs[i] = leg(rand() % (ACCOUNTS + (rand() % 40 == 0)), rand() % 40000 - 20000);
        if (rand() % 5 == 0)
            j.legs[i] = own(ZY_LEDGER_CASH, j.legs[i].amount.fen);
        if (!j.legs[i].internal && j.legs[i].amount.fen < 0 && rand() % 6 == 0)
            j.legs[i].hold.v = 1000000 + rand() % 600;
        if (i + 1 == j.leg_count)
            j.legs[i].amount.fen = -total;
        total += j.legs[i].amount.fen;
    }
    if (rand() % 10 == 0)
        j.reverses = rand() % 4 == 0 ? (zy_id){ 12345 } : last;
    else if (rand() % 10 == 0)
        j.refunds = last;
    return j;
}

static zy_status random_deed(fixture *f, zy_id id, zy_id last)
{
    static const char *const STATES[] = { "active", "frozen", "closed", "active" };
    switch (rand() % 12) {
    case 0:
        return hold(f, rand() % ACCOUNTS, rand() % 30000, id);
    case 1:
        return release(f, (zy_id){ 1000000 + rand() % 600 });
    case 2:
        return set_state(f, rand() % ACCOUNTS, STATES[rand() % 4]);
    case 3: {
        mirror_job job = { .original = last, .journal = journal2(f, leg(0, 0), leg(0, 0)) };
        job.journal.id = id;
        return zy_db_read(f->env.db, "test.mirror", mirror_read, &job, &f->err) == ZY_OK ? post(f, &job.journal) : ZY_NOT_FOUND;
    }
    default: {
        zy_journal j = random_journal(f, id, last);
        return post(f, &j);
    }
    }
}

static void run_sequence(fixture *f, zy_buf *trace)
{
    srand(42);
    zy_id last = { 1 };
    for (int i = 0; i < 600; i++) {
        zy_id id = { 1000000 + i };
        zy_status status = random_deed(f, id, last);
        zy_buf_fmt(trace, "%d %s\n", i, zy_status_name(status));
        if (status == ZY_OK)
            last = id;
    }
    ASSERT_OK(zy_db_read(f->env.db, "test.dump", dump, trace, &f->err));
}

/* ids of the first deposits differ from run to run, so this test makes its own */
static void fill_with_known_ids(fixture *f)
{
    for (int i = 0; i < ACCOUNTS; i++) {
        zy_journal j = journal2(f, own(ZY_LEDGER_CASH, -40000), leg(i, 40000));
        j.id = (zy_id){ 500 + i };
        ASSERT_OK(post(f, &j));
    }
}

/* In the PostgreSQL run the SQLite path is the measure of the function in sql/pg: same statuses, rows, balances. */
static void both_engines_post_alike(void **state)
{
    fixture *f = *state;
    ZY_AUTO_BUF here = { .max = 16 << 20 }, there = { .max = 16 << 20 };
    fill_with_known_ids(f);
    run_sequence(f, &here);
    assert_books_right(f);
    bool pg = zy_test_db_kind() == ZY_DB_PG;
    if (pg)
        setenv("ZY_TEST_DB", "sqlite", 1);
    void *other = NULL;
    set_up(&other);
    if (pg)
        setenv("ZY_TEST_DB", "pg", 1);
    fill_with_known_ids(other);
    run_sequence(other, &there);
    tear_down(&other);
    assert_int_equal(here.n, there.n);
    assert_string_equal(here.p, there.p);
    static const char *const SEEN[] = { "BALANCE_TOO_LOW", "ACCOUNT_STATE", "NOT_FOUND", "DB_UNIQUE", "INTERNAL", "STATE_CONFLICT" };
    for (size_t i = 0; i < ZY_COUNT(SEEN); i++)
        assert_non_null(strstr(here.p, SEEN[i]));
}

/* ---- verification ---- */

static const char UNGUARD_SQLITE[] =
    "DROP TRIGGER ledger_posting_no_update; DROP TRIGGER ledger_posting_no_delete; DROP TRIGGER ledger_journal_no_update;"
    "DROP TRIGGER ledger_journal_no_delete; DROP TRIGGER ledger_refund_no_update; DROP TRIGGER ledger_refund_no_delete;";
static const char UNGUARD_PG[] = "ALTER TABLE ledger_posting DISABLE TRIGGER USER; ALTER TABLE ledger_journal DISABLE TRIGGER USER;"
                                  "ALTER TABLE ledger_refund DISABLE TRIGGER USER;";

static void verification_finds_what_was_tampered_with(void **state)
{
    ZY_PROVES("mb.logic-design.b");
    static const struct {
        const char *sql, *undo;
    } DEEDS[] = {
        { "UPDATE ledger_posting SET amount_fen = amount_fen + 1 WHERE id = (SELECT max(id) FROM ledger_posting)",
          "UPDATE ledger_posting SET amount_fen = amount_fen - 1 WHERE id = (SELECT max(id) FROM ledger_posting)" },
        { "UPDATE ledger_posting SET balance_after_fen = balance_after_fen + 1 WHERE id = (SELECT max(id) FROM ledger_posting)",
          "UPDATE ledger_posting SET balance_after_fen = balance_after_fen - 1 WHERE id = (SELECT max(id) FROM ledger_posting)" },
        { "UPDATE ledger_balance SET balance_fen = balance_fen + 1 WHERE account = 101",
          "UPDATE ledger_balance SET balance_fen = balance_fen - 1 WHERE account = 101" },
        { "UPDATE ledger_posting SET day = day - 1 WHERE id = (SELECT max(id) FROM ledger_posting)",
          "UPDATE ledger_posting SET day = day + 1 WHERE id = (SELECT max(id) FROM ledger_posting)" },
        { "UPDATE ledger_posting SET journal = 77 WHERE id = (SELECT max(id) FROM ledger_posting)",
          "UPDATE ledger_posting SET journal = (SELECT max(id) FROM ledger_journal) WHERE journal = 77" },
        { "UPDATE ledger_day SET day = day - 1", "UPDATE ledger_day SET day = day + 1" },
        { "UPDATE ledger_hold SET amount_fen = amount_fen + 1", "UPDATE ledger_hold SET amount_fen = amount_fen - 1" },
        { "UPDATE ledger_hold SET state = 'captured'", "UPDATE ledger_hold SET state = 'held'" },
        { "UPDATE ledger_balance SET held_fen = held_fen - 1 WHERE account = 100",
          "UPDATE ledger_balance SET held_fen = held_fen + 1 WHERE account = 100" },
        { "UPDATE ledger_returned SET returned_fen = returned_fen - 1", "UPDATE ledger_returned SET returned_fen = returned_fen + 1" },
        { "INSERT INTO ledger_refund (journal, refunds) SELECT min(id), max(id) FROM ledger_journal",
          "DELETE FROM ledger_refund WHERE journal = (SELECT min(id) FROM ledger_journal)" },
        { "INSERT INTO ledger_returned (journal, account, total_fen, returned_fen) VALUES (1, 100, 5, 5)",
          "DELETE FROM ledger_returned WHERE journal = 1" },
        /* a whole journal with both legs gone; last, for it cannot be undone */
        { "DELETE FROM ledger_posting WHERE journal = (SELECT max(id) FROM ledger_journal);"
          "DELETE FROM ledger_journal WHERE id = (SELECT max(id) FROM ledger_journal)", NULL },
    };
    fixture *f = *state;
    zy_journal first = journal2(f, leg(0, -55), leg(1, 55));
    ASSERT_OK(post(f, &first));
    ASSERT_OK(refund(f, first.id, 5, 5, 0));
    ASSERT_OK(hold(f, 0, 77, (zy_id){ 1 }));
    ASSERT_OK(zy_db_test_exec_script(f->env.db, UNGUARD_SQLITE, UNGUARD_PG, &f->err));
    for (size_t i = 0; i < ZY_COUNT(DEEDS); i++) {
        assert_books_right(f);
        ASSERT_OK(zy_db_test_exec_script(f->env.db, DEEDS[i].sql, DEEDS[i].sql, &f->err));
        zy_ledger_report report = { 0 };
        ASSERT_STATUS(zy_ledger_verify(&f->env, NULL, NULL, &report, &f->err), ZY_AUDIT_BROKEN);
        assert_true(report.faults > 0 && report.first_fault[0] != 0);
        if (DEEDS[i].undo != NULL)
            ASSERT_OK(zy_db_test_exec_script(f->env.db, DEEDS[i].undo, DEEDS[i].undo, &f->err));
    }
}

static void verification_finds_a_deleted_leg(void **state)
{
    fixture *f = *state;
    ASSERT_OK(move(f, 0, 1, 55));
    ASSERT_OK(zy_db_test_exec_script(f->env.db, UNGUARD_SQLITE, UNGUARD_PG, &f->err));
    static const char DEED[] = "DELETE FROM ledger_posting WHERE id = (SELECT min(id) FROM ledger_posting)";
    ASSERT_OK(zy_db_test_exec_script(f->env.db, DEED, DEED, &f->err));
    zy_ledger_report report = { 0 };
    ASSERT_STATUS(zy_ledger_verify(&f->env, NULL, NULL, &report, &f->err), ZY_AUDIT_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_posting_moves_money_and_keeps_the_books_balanced),
        TEST(the_last_fen_can_be_spent_and_not_one_more),
        TEST(a_refused_journal_leaves_nothing_behind),
        TEST(journals_that_do_not_balance_are_refused),
        TEST(amounts_that_would_overflow_are_refused),
        TEST(one_journal_id_and_one_order_post_once),
        TEST(a_correction_mirrors_its_journal_and_is_made_once),
        TEST(the_ledger_makes_the_mirror_of_a_journal),
        TEST(refunds_never_give_back_more_than_the_journal_moved_on_any_account),
        TEST(legs_that_cancel_out_give_back_nothing),
        TEST(journals_of_one_unit_stand_or_fall_together),
        TEST(held_money_cannot_be_spent_but_by_its_hold),
        TEST(a_hold_ends_once_and_belongs_to_its_account),
        TEST(holds_that_are_not_well_made_are_refused),
        TEST(holds_expire_and_are_freed_by_housekeeping),
        TEST(a_value_day_is_kept_within_its_bounds),
        TEST(a_frozen_account_takes_money_and_gives_none),
        TEST(journals_and_postings_cannot_be_changed_or_removed),
        TEST(cut_off_moves_the_day_once),
        TEST(sixty_four_threads_lose_nothing_while_the_day_changes),
        TEST(a_statement_is_newest_first_and_pages_through_days),
        TEST(any_failing_call_leaves_the_books_as_they_were),
        TEST(random_journals_end_as_the_reference_says),
        cmocka_unit_test_setup_teardown(both_engines_post_alike, set_up, tear_down),
        TEST(verification_finds_what_was_tampered_with),
        TEST(verification_finds_a_deleted_leg),
    };
    return zy_test_main("ledger", tests, ZY_COUNT(tests));
}
