#include "checker.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static void fault(checked_books *b, const char *what, int64_t id)
{
    if (b->faults++ == 0)
        snprintf(b->first_fault, sizeof b->first_fault, "%s %lld", what, (long long)id);
}

typedef void (*row_fn)(checked_books *b, sqlite3_stmt *row);

static int each(sqlite3 *db, const char *sql, checked_books *b, row_fn fn)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    while (rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
        fn(b, stmt);
    int end = sqlite3_finalize(stmt);
    return rc != SQLITE_OK ? rc : end;
}

/* The legs of a journal stand together: one writer makes them one after the other. */
static int64_t open_journal, open_sum, open_legs;

static void close_journal(checked_books *b)
{
    if (open_journal != 0 && (open_sum != 0 || open_legs < 2))
        fault(b, "journal does not balance:", open_journal);
    open_sum = open_legs = 0;
}

static void posting(checked_books *b, sqlite3_stmt *row)
{
    int64_t id = sqlite3_column_int64(row, 0), journal = sqlite3_column_int64(row, 1), account = sqlite3_column_int64(row, 2),
            fen = sqlite3_column_int64(row, 3);
    if (journal != open_journal) {
        close_journal(b);
        open_journal = journal;
    }
    open_legs++;
    b->postings++;
    if (account <= 0 || account >= CHECKED_ACCOUNTS || __builtin_add_overflow(open_sum, fen, &open_sum) ||
        __builtin_add_overflow(b->balance[account], fen, &b->balance[account])) {
        fault(b, "posting of no account, or too much:", id);
        return;
    }
    if (sqlite3_column_type(row, 4) != SQLITE_NULL && (sqlite3_column_int64(row, 4) != b->balance[account] || b->balance[account] < 0))
        fault(b, "posting whose balance does not add up:", id);
}

static void journal(checked_books *b, sqlite3_stmt *row)
{
    b->journals = sqlite3_column_int64(row, 0);
}

static void hold(checked_books *b, sqlite3_stmt *row)
{
    int64_t account = sqlite3_column_int64(row, 0);
    if (account > 0 && account < CHECKED_ACCOUNTS)
        b->held[account] += sqlite3_column_int64(row, 1);
}

static void balance(checked_books *b, sqlite3_stmt *row)
{
    int64_t account = sqlite3_column_int64(row, 0);
    if (account <= 0 || account >= CHECKED_ACCOUNTS || sqlite3_column_int64(row, 1) != b->balance[account] ||
        sqlite3_column_int64(row, 2) != b->held[account])
        fault(b, "balance or hold that is not the sum of its rows:", account);
}

static void counted_twice(checked_books *b, sqlite3_stmt *row)
{
    fault(b, "an order that posted twice:", sqlite3_column_int64(row, 0));
}

int check_books(const char *file, checked_books *ret_books)
{
    sqlite3 *db = NULL;
    checked_books b = { .faults = 0 };
    int64_t total = 0;
    int rc = sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL);
    open_journal = open_sum = open_legs = 0;
    if (rc == SQLITE_OK)
        rc = each(db, "SELECT id, journal, account, amount_fen, balance_after_fen FROM ledger_posting ORDER BY id", &b, posting);
    close_journal(&b);
    if (rc == SQLITE_OK)
        rc = each(db, "SELECT count(*) FROM ledger_journal", &b, journal);
    if (rc == SQLITE_OK)
        rc = each(db, "SELECT account, amount_fen FROM ledger_hold WHERE state = 'held'", &b, hold);
    if (rc == SQLITE_OK)
        rc = each(db, "SELECT account, balance_fen, held_fen FROM ledger_balance", &b, balance);
    if (rc == SQLITE_OK)
        rc = each(db, "SELECT order_id FROM ledger_journal WHERE order_id <> 0 AND summary_code <> 'RFD' GROUP BY order_id, summary_code"
                      " HAVING count(*) > 1", &b, counted_twice);
    sqlite3_close(db);
    for (int i = 0; i < CHECKED_ACCOUNTS; i++)
        if (__builtin_add_overflow(total, b.balance[i], &total))
            fault(&b, "sum of all accounts: overflow at", i);
    if (total != 0)
        fault(&b, "sum of all accounts:", total);
    *ret_books = b;
    return rc;
}
