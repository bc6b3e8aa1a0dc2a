/* A fresh, migrated database for a test, on the engine named by ZY_TEST_DB ("sqlite", which is also
 * the default, or "pg"). tools/run-tests finds the programs that use this and runs them once on each.
 * For pg, ZY_TEST_PG is the libpq connection string of a server where databases may be created. */
#pragma once

#include "db/db.h"

/* Fails the test when there is none. Close it with zy_test_db_close, not zy_db_close: that also
 * removes the file or the database (what a failed test leaves open is removed at exit). */
zy_status zy_test_db_open(zy_db **ret_db);
/* The same with options of the test's own; kind and target are filled in here. */
zy_status zy_test_db_open_with(const zy_db_options *options, zy_db **ret_db);
void zy_test_db_close(zy_db *db);
/* Closes the connections and opens the same database again, as a restart of the program does. */
zy_status zy_test_db_reopen(zy_db **db);
zy_db_kind zy_test_db_kind(void);
/* Where the database is, for a test that starts another process on it. Valid until it is closed. */
zy_str zy_test_db_target(const zy_db *db);
