/* What the suites of the ledger share: a fresh database with customers' accounts 100 to 109, and one-line deeds, each a unit. */
#pragma once

#include "service/ledger/ledger.h"

enum { FIRST = 100, ACCOUNTS = 10, MONEY = 1000000 };
#define NOW ((zy_time){ INT64_C(1795392000000) }) /* 2026-11-22 16:00 UTC: the 23rd in Beijing */

typedef struct fixture {
    zy_env env;
    zy_clock *clock; /* fake: stands at NOW until it is turned */
    zy_id_maker *ids;
    zy_err err;
} fixture;

zy_id account_no(int i);
zy_leg leg(int account, int64_t fen);
zy_leg own(zy_id account, int64_t fen);
zy_journal journal2(fixture *f, zy_leg from, zy_leg to);
zy_status post(fixture *f, const zy_journal *j);
zy_status post_both(fixture *f, const zy_journal *a, const zy_journal *b); /* in one unit */
zy_status move(fixture *f, int from, int to, int64_t fen);
zy_status deposit(fixture *f, int account, int64_t fen);
zy_status hold_until(fixture *f, int account, int64_t fen, zy_id id, zy_time expires_at);
zy_status hold(fixture *f, int account, int64_t fen, zy_id id); /* for an hour */
zy_status release(fixture *f, zy_id hold);
zy_status set_state(fixture *f, int account, const char *state);
zy_status cut_off(fixture *f, zy_day day);
zy_day day_now(fixture *f);
zy_balance balance_of(fixture *f, int account);
int64_t number(fixture *f, const zy_sql *sql); /* of a statement that gives one */
void assert_books_right(fixture *f);

int set_up(void **state);
int set_up_with_money(void **state);
int tear_down(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_with_money, tear_down)
