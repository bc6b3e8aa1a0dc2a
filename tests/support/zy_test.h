/* What every unit test includes: cmocka, and assertions that print fen and statuses in words.
 *
 * A test program is one *_test.c with main() { return zy_test_main("ledger", tests, count); }.
 * It prints TAP; tools/run-tests runs it, and runs it twice, with ZY_TEST_DB=sqlite and =pg, when it
 * is linked with zy_test_db.h's functions. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/status.h"
#include "base/money.h"

int zy_test_main(const char *suite, const struct CMUnitTest *tests, size_t count);

void zy_test_status(zy_status got, zy_status want, const char *expr, const char *file, int line);
void zy_test_fen(zy_money got, int64_t want, const char *expr, const char *file, int line);
#define ASSERT_OK(expr)           zy_test_status((expr), ZY_OK, #expr, __FILE__, __LINE__)
#define ASSERT_STATUS(expr, want) zy_test_status((expr), (want), #expr, __FILE__, __LINE__)
#define ASSERT_FEN(money, fen)    zy_test_fen((money), (fen), #money, __FILE__, __LINE__)
#define ASSERT_STR(got, want)     zy_test_str((got), (want), #got, __FILE__, __LINE__)
void zy_test_str(zy_str got, const char *want, const char *expr, const char *file, int line);

/* Names the clauses that the enclosing test proves; conformance/claims.tsv must agree.
 * ZY_PROVES("mb.logic-tx.a1", "j225.6.3.2.a1"); */
#define ZY_PROVES(...) ((void)sizeof((const char *[]){ __VA_ARGS__ }))
