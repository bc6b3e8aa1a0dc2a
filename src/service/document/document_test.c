/* Documents and their seals, without a bank around them. */
#include <stdio.h>
#include <stdlib.h>

#include "service/document/document_internal.h"
#include "zy_test.h"
#include "zy_test_env.h"

static int set_up(void **state)
{
    zy_env *env = NULL;
    ASSERT_OK(zy_test_env_open(&env));
    *state = env;
    return 0;
}

static int tear_down(void **state)
{
    zy_test_env_close(*state);
    return 0;
}

static zy_json *rows_of(const char *const *cells, size_t rows, size_t columns)
{
    zy_json *out = zy_json_array();
    for (size_t r = 0; r < rows; r++) {
        zy_json *row = zy_json_array();
        for (size_t c = 0; c < columns; c++)
            zy_json_push(row, zy_json_new_str(zy_str_of(cells[r * columns + c])));
        zy_json_push(out, row);
    }
    return out;
}

static const zy_document_column COLUMNS[] = { { "摘要", 0.6f, false }, { "金额", 0.4f, true } };
static const zy_document_line LINES[] = { { "户名", "*三" } };

static void any_changed_byte_breaks_the_seal(void **state)
{
    zy_env *env = *state;
    ZY_AUTO_BUF file = { 0 };
    zy_document_seal seal;
    static const char *const CELLS[] = { "工资", "1,234.00" };
    ZY_AUTO(zy_json_free) zy_json *rows = rows_of(CELLS, 1, 2);
    const zy_document d = { .kind = "statement", .title = "明细", .lines = LINES, .line_count = 1, .columns = COLUMNS, .column_count = 2,
                            .rows = rows };
    zy_err err = { 0 };
    ASSERT_OK(document_csv(env, &d, "ABCDEFGHIJKLMNOP", &file, &err));
    ASSERT_OK(document_seal(env->keys, '#', "ABCDEFGHIJKLMNOP", &file));
    ASSERT_OK(zy_document_verify(env->keys, zy_buf_view(&file), &seal));
    assert_string_equal(seal.code, "ABCDEFGHIJKLMNOP");
    for (size_t i = 0; i < file.n; i += 7) {
        file.p[i] ^= 1;
        assert_int_not_equal(zy_document_verify(env->keys, zy_buf_view(&file), &seal), ZY_OK);
        file.p[i] ^= 1;
    }
    ASSERT_STATUS(zy_document_verify(env->keys, zy_str_sub(zy_buf_view(&file), 0, file.n - 1), &seal), ZY_BAD_REQUEST);
    ASSERT_STATUS(zy_document_verify(env->keys, ZY_STR("hello\n"), &seal), ZY_BAD_REQUEST);
    ASSERT_STATUS(zy_document_verify(env->keys, (zy_str){ 0 }, &seal), ZY_BAD_REQUEST);
}

static void a_document_outlives_the_rotation_of_its_key(void **state)
{
    zy_env *env = *state;
    ZY_AUTO_BUF file = { 0 };
    zy_document_seal seal;
    zy_buf_c(&file, "content\n");
    ASSERT_OK(document_seal(env->keys, '#', "ABCDEFGHIJKLMNOP", &file));
    ASSERT_OK(zy_keys_rotate(env->keys, ZY_KEY_RECEIPT, env->clock, NULL));
    ASSERT_OK(zy_document_verify(env->keys, zy_buf_view(&file), &seal));
    assert_int_equal(seal.key_version, 1);
}

static void a_spreadsheet_runs_nothing_of_a_csv(void **state)
{
    static const char *const CELLS[] = { "=HYPERLINK(\"http://x\")", "-12.50", "@cmd", "+8", "-1+1", "a\"b" };
    static const char *const WANT[] = { "\"'=HYPERLINK(\"\"http://x\"\")\",\"-12.50\"\r\n", "\"'@cmd\",\"+8\"\r\n",
                                        "\"'-1+1\",\"a\"\"b\"\r\n" };
    ZY_AUTO_BUF file = { 0 };
    ZY_AUTO(zy_json_free) zy_json *rows = rows_of(CELLS, 3, 2);
    const zy_document d = { .title = "明细", .columns = COLUMNS, .column_count = 2, .rows = rows };
    zy_err err = { 0 };
    ASSERT_OK(document_csv(*state, &d, "ABCDEFGHIJKLMNOP", &file, &err));
    for (size_t i = 0; i < ZY_COUNT(WANT); i++)
        assert_non_null(strstr(file.p, WANT[i]));
}

static void a_long_table_goes_on_on_further_pages(void **state)
{
    ZY_AUTO_BUF file = { .max = DOCUMENT_MAX };
    zy_json *rows = zy_json_array();
    static const char *const CELLS[] = { "很长的摘要很长的摘要很长的摘要很长的摘要很长的摘要很长的摘要很长的摘要", "1,234,567.89" };
    for (int i = 0; i < 1000; i++) {
        zy_json *row = rows_of(CELLS, 1, 2);
        zy_json_push(rows, zy_json_copy(zy_json_at(row, 0)));
        zy_json_free(row);
    }
    const zy_document d = { .title = "明细", .lines = LINES, .line_count = 1, .columns = COLUMNS, .column_count = 2, .rows = rows };
    zy_err err = { 0 };
    ASSERT_OK(document_pdf(*state, &d, "ABCDEFGHIJKLMNOP", &file, &err));
    zy_json_free(rows);
    assert_memory_equal(file.p, "%PDF-", 5);
    assert_in_range(file.n, 10000, DOCUMENT_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(any_changed_byte_breaks_the_seal),
        TEST(a_document_outlives_the_rotation_of_its_key),
        TEST(a_spreadsheet_runs_nothing_of_a_csv),
        TEST(a_long_table_goes_on_on_further_pages),
    };
    return zy_test_main("document", tests, ZY_COUNT(tests));
}
