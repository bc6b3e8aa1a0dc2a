/* bench_statement HOME ENTRIES: pages of the statement of one account that has so many entries, over ten years: the newest, one in the
 * middle that a cursor leads to, the first page of a month, and the oldest. The entries are made in sets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "service/ledger/ledger.h"

#define ACCOUNT 1000
#define PART    250000 /* entries in a unit of the filling */
#define DAYS    3650
#define PAGE    50
#define TRIES   400

static zy_app *app;
static int64_t entries;

static void check(zy_status status, const zy_err *err)
{
    if (status != ZY_OK) {
        fprintf(stderr, "bench_statement: %s %s\n", zy_status_name(status), err->detail);
        exit(1);
    }
}

/* --- filling: one journal and the account's posting for each number from $1 on --- */

#define NUMBERS "WITH RECURSIVE n(i) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST($2 AS BIGINT)) "
#define DAY     "17000 + i * 3650 / CAST($3 AS BIGINT)"
static const zy_sql FILL[] = {
    { "bench.journals", "INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count, summary_code, summary) "
      NUMBERS "SELECT i + 1, " DAY ", " DAY ", (" DAY ") * 86400000, 0, 0, 0, 2, 'TRF', 'bench' FROM n", 3, NULL },
    { "bench.postings", "INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty) " NUMBERS
      "SELECT i + 1, 1, 1000, " DAY ", 1, i + 1, '*三 6217 **** 5678' FROM n", 3, NULL },
};

static zy_status fill_part(zy_tx *tx, void *arg, zy_err *err)
{
    const int64_t *from = arg;
    int64_t to = *from + PART < entries ? *from + PART : entries;
    for (size_t i = 0; i < ZY_COUNT(FILL); i++)
        ZY_TRY(zy_exec(tx, &FILL[i], ZY_ARGS(ZY_I(*from), ZY_I(to), ZY_I(entries)), NULL, err));
    return ZY_OK;
}

static const zy_sql ANALYZE = { "bench.analyze", "ANALYZE", 0, NULL };

static zy_status analyze(zy_tx *tx, void *arg, zy_err *err)
{
    (void)arg;
    return zy_exec(tx, &ANALYZE, ZY_NO_ARGS, NULL, err);
}

static void fill(void)
{
    zy_err err = { 0 };
    for (int64_t from = 0; from < entries; from += PART)
        check(zy_db_run(app->env.db, "bench.fill", fill_part, &from, &err), &err);
    check(zy_db_run(app->env.db, "bench.analyze", analyze, NULL, &err), &err);
}

/* --- pages --- */

typedef struct page {
    zy_entry_filter filter;
    int count;
} page;

static zy_status count_entry(const zy_entry *entry, void *arg)
{
    page *p = arg;
    (void)entry;
    p->count++;
    return ZY_OK;
}

static zy_status read_page(zy_rtx *rtx, void *arg, zy_err *err)
{
    page *p = arg;
    p->count = 0;
    return zy_ledger_entries(rtx, &p->filter, count_entry, p, err);
}

static int by_value(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Milliseconds at the 99th of a hundred; each page is full. */
static double p99_of(page p)
{
    static int64_t took[TRIES];
    for (int i = 0; i < TRIES; i++) {
        zy_err err = { 0 };
        int64_t start = zy_clock_monotonic_ns();
        check(zy_db_read(app->env.db, "bench.page", read_page, &p, &err), &err);
        took[i] = zy_clock_monotonic_ns() - start;
        if (p.count != PAGE) {
            fprintf(stderr, "bench_statement: a page of %d entries\n", p.count);
            exit(1);
        }
    }
    qsort(took, TRIES, sizeof *took, by_value);
    return (double)took[TRIES * 99 / 100] / 1e6;
}

int main(int argc, char **argv)
{
    zy_err err = { 0 };
    entries = argc == 3 ? atoll(argv[2]) : 0;
    if (entries < 1000 * PAGE || entries > 100000000) {
        fputs("usage: bench_statement HOME ENTRIES\n", stderr);
        return 2;
    }
    check(zy_app_open(argv[1], ZY_APP_SERVER, &app, &err), &err);
    fill();
    const zy_entry_filter any = { .account = { ACCOUNT }, .limit = PAGE };
    page newest = { .filter = any }, middle = { .filter = any }, month = { .filter = any }, oldest = { .filter = any };
    middle.filter.before.v = entries / 2;
    month.filter.from.days = 17000 + DAYS / 3;
    month.filter.to.days = month.filter.from.days + 30;
    oldest.filter.before.v = 2 * PAGE;
    printf("newest_ms=%.2f middle_ms=%.2f month_ms=%.2f oldest_ms=%.2f\n", p99_of(newest), p99_of(middle), p99_of(month), p99_of(oldest));
    zy_app_close(app);
    return 0;
}
