/* Both databases must come out alike: same numbers, tables, columns, kinds, nullability, unique
 * keys. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "db/db_internal.h"
#include "zy_test.h"
#include "zy_test_db.h"

static const zy_sql COLUMNS = {
    "schema.columns",
    "SELECT m.name || '.' || p.name || ' ' || p.type || CASE WHEN p.\"notnull\" OR p.pk > 0 THEN ' "
    "NOT NULL' ELSE '' END"
    " FROM sqlite_master m JOIN pragma_table_info(m.name) p"
    " WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1",
    0,
    "SELECT (table_name || '.' || column_name || ' ' || CASE data_type WHEN 'bigint' THEN "
    "'INTEGER' WHEN 'text' THEN 'TEXT'"
    "  WHEN 'bytea' THEN 'BLOB' ELSE data_type END || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' "
    "ELSE '' END)"
    "  COLLATE \"C\""
    " FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1"};
static const zy_sql UNIQUE_KEYS = {
    "schema.unique_keys",
    "SELECT m.name || ': ' || (SELECT group_concat(i.name) FROM"
    "   (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno) i)"
    " FROM sqlite_master m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' AND "
    "l.\"unique\" = 1"
    " UNION SELECT m.name || ': ' || (SELECT group_concat(k.name) FROM"
    "   (SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk) k)"
    " FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    "  AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE pk > 0) ORDER BY 1",
    0,
    "SELECT DISTINCT (c.relname::text || ': ' || (SELECT string_agg(a.attname::text, ',' ORDER BY "
    "k.place)"
    "   FROM unnest(i.indkey::smallint[]) WITH ORDINALITY k (number, place)"
    "   JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number)) COLLATE \"C\""
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = "
    "c.relnamespace"
    " WHERE i.indisunique AND n.nspname = current_schema() ORDER BY 1"};

typedef struct listing {
    const zy_sql *sql;
    zy_buf text;
} listing;

static zy_status list(zy_rtx *rtx, void *arg, zy_err *err)
{
    listing *l = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query(rtx, l->sql, ZY_NO_ARGS, &stmt, err));
    for (;;) {
        bool row = false;
        ZY_TRY(zy_stmt_next(stmt, &row, err));
        if (!row)
            return ZY_OK;
        zy_buf_str(&l->text, zy_col_text(stmt, 0));
        zy_buf_char(&l->text, '\n');
    }
}

static listing list_of(zy_db *db, const zy_sql *sql)
{
    listing l = {.sql = sql};
    zy_err err;
    ASSERT_OK(zy_db_read(db, sql->name, list, &l, &err));
    assert_false(zy_buf_failed(&l.text));
    return l;
}

/* Prints the lines that only one side has. */
static size_t only_in(zy_str a, zy_str b, const char *side)
{
    size_t count = 0;
    for (zy_str rest = a, line; zy_str_next(&rest, '\n', &line);) {
        bool found = false;
        for (zy_str others = b, other; !found && zy_str_next(&others, '\n', &other);)
            found = zy_str_eq(line, other);
        if (!found)
            print_error("only %s: " ZY_STR_FMT "\n", side, ZY_STR_ARG(line));
        count += !found;
    }
    return count;
}

static size_t differences(zy_db *sqlite, zy_db *pg, const zy_sql *sql)
{
    listing a = list_of(sqlite, sql), b = list_of(pg, sql);
    assert_true(a.text.n > 0);
    size_t different = only_in(zy_buf_view(&a.text), zy_buf_view(&b.text), "SQLite") +
                       only_in(zy_buf_view(&b.text), zy_buf_view(&a.text), "PostgreSQL");
    zy_buf_free(&a.text);
    zy_buf_free(&b.text);
    return different;
}

static void both_databases_have_the_same_migrations(void **state)
{
    (void)state;
    for (const zy_migration_file *file = ZY_MIGRATION_FILES; file->name != NULL; file++) {
        int twins = 0, same_number = 0;
        for (const zy_migration_file *other = ZY_MIGRATION_FILES; other->name != NULL; other++) {
            twins += other->kind != file->kind && strcmp(other->name, file->name) == 0;
            same_number += other->kind == file->kind && other->number == file->number;
        }
        if (twins != 1 || same_number != 1)
            fail_msg("%s has no twin, or its number is used twice", file->name);
    }
}

static void both_databases_come_out_alike(void **state)
{
    (void)state;
    zy_db *pg = NULL, *sqlite = NULL;
    ASSERT_OK(zy_test_db_open(&pg)); /* on SQLite: a second build of the same must be alike, too */
    char folder[] = "/tmp/zt_schema_XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/bank.db", folder);
    zy_err err = {0};
    ASSERT_OK(zy_db_open(&(zy_db_options){.kind = ZY_DB_SQLITE, .target = zy_str_of(path)}, &sqlite,
                         &err));
    ASSERT_OK(zy_db_migrate(sqlite, NULL, NULL, &err));
    size_t different = differences(sqlite, pg, &COLUMNS) + differences(sqlite, pg, &UNIQUE_KEYS);
    zy_db_close(sqlite);
    unlink(path);
    rmdir(folder);
    zy_test_db_close(pg);
    assert_int_equal(different, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_databases_have_the_same_migrations),
        cmocka_unit_test(both_databases_come_out_alike),
    };
    return zy_test_main("schema", tests, ZY_COUNT(tests));
}
