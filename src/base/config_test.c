#include "base/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zy_test.h"

static const zy_config_row NET_ROWS[] = {
    { "net.port", ZY_C_INT, "8443", 1, 65535, NULL, "Port of the door" },
    { "net.idle_ms", ZY_C_INT, "30000", 1000, 600000, "ms", "Idle connections end after this" },
    { "net.tls", ZY_C_BOOL, "true", 0, 0, NULL, "Serve TLS" },
};
static const zy_config_row DB_ROWS[] = {
    { "db.kind", ZY_C_CHOICE, "sqlite", 0, 0, "sqlite|pg", "Engine" },
    { "db.file", ZY_C_PATH, "bank.db", 0, 0, NULL, "Database file" },
    { "bank.name", ZY_C_TEXT, "掌银", 2, 30, NULL, "Name of the bank" },
    { "keys.passphrase", ZY_C_SECRET_FILE, "pass", 0, 0, NULL, "Passphrase of the keystore" },
};
static const zy_config_row NEEDED_ROWS[] = {
    { "bank.code", ZY_C_TEXT, NULL, 1, 8, NULL, "Code of the bank" },
};
static const zy_config_row *const TABLES[] = { NET_ROWS, DB_ROWS, NEEDED_ROWS };
static const size_t COUNTS[] = { ZY_COUNT(NET_ROWS), ZY_COUNT(DB_ROWS), ZY_COUNT(NEEDED_ROWS) };
#define WITHOUT_NEEDED 2
#define ALL            3

static char folder[64], conf[128], pass[128];

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/zy_config_XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(conf, sizeof conf, "%s/bank.conf", folder);
    snprintf(pass, sizeof pass, "%s/pass", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(conf);
    unlink(pass);
    return rmdir(folder);
}

static zy_status load(const char *text, size_t tables, zy_config **ret_config, zy_err *err)
{
    write_file(conf, text, 0644);
    return zy_config_load(conf, true, TABLES, COUNTS, tables, ret_config, err);
}

/* The file is refused, the error names the field and does not repeat the value. */
static void refuses(const char *text, const char *field)
{
    zy_config *c = NULL;
    zy_err err = { 0 };
    zy_status status = load(text, WITHOUT_NEEDED, &c, &err);
    zy_config_free(c);
    if (status != ZY_CONFIG_BAD || strcmp(err.field, field) != 0 || err.detail[0] == 0)
        fail_msg("%s gave %s, field %s: %s", text, zy_status_name(status), err.field, err.detail);
}

static void defaults_stand_without_a_file(void **state)
{
    (void)state;
    zy_config *c = NULL;
    zy_err err = { 0 };
    ASSERT_OK(zy_config_load(NULL, false, TABLES, COUNTS, WITHOUT_NEEDED, &c, &err));
    assert_int_equal(zy_config_int(c, "net.port"), 8443);
    assert_true(zy_config_bool(c, "net.tls"));
    ASSERT_STR(zy_config_text(c, "db.file"), "bank.db");
    ASSERT_STR(zy_config_text(c, "bank.name"), "掌银");
    zy_config_free(c);
    ASSERT_OK(zy_config_load(conf, false, TABLES, COUNTS, WITHOUT_NEEDED, &c, &err));
    zy_config_free(c);
    ASSERT_STATUS(zy_config_load(conf, true, TABLES, COUNTS, WITHOUT_NEEDED, &c, &err), ZY_CONFIG_BAD);
}

static void values_of_the_file_win(void **state)
{
    (void)state;
    zy_config *c = NULL;
    zy_err err = { 0 };
    ASSERT_OK(load("# a comment\n\n  net.port=9000 \r\nnet.tls = false\ndb.kind = pg\nbank.name = 甲 = 乙\ndb.file = /var/b.db\n",
                   WITHOUT_NEEDED, &c, &err));
    assert_int_equal(zy_config_int(c, "net.port"), 9000);
    assert_false(zy_config_bool(c, "net.tls"));
    ASSERT_STR(zy_config_text(c, "db.kind"), "pg");
    ASSERT_STR(zy_config_text(c, "bank.name"), "甲 = 乙");
    ASSERT_STR(zy_config_text(c, "db.file"), "/var/b.db");
    zy_config_free(c);
}

static void relative_paths_start_at_the_file(void **state)
{
    (void)state;
    zy_config *c = NULL;
    zy_err err = { 0 };
    char want[160];
    ASSERT_OK(load("db.file = data/x.db\n", WITHOUT_NEEDED, &c, &err));
    snprintf(want, sizeof want, "%s/data/x.db", folder);
    ASSERT_STR(zy_config_text(c, "db.file"), want);
    zy_config_free(c);
}

static void unknown_and_repeated_names_are_refused(void **state)
{
    (void)state;
    refuses("net.prot = 1\n", "");
    refuses("port = 1\n", "");
    refuses("= 1\n", "");
    refuses("net.port 1\n", "");
    refuses("net.port = 1\nnet.port = 1\n", "net.port");
}

static void values_out_of_bounds_are_refused(void **state)
{
    (void)state;
    refuses("net.port = 0\n", "net.port");
    refuses("net.port = 65536\n", "net.port");
    refuses("net.port = 80x\n", "net.port");
    refuses("net.port =\n", "net.port");
    refuses("net.port = 99999999999999999999\n", "net.port");
    refuses("net.tls = yes\n", "net.tls");
    refuses("db.kind = mysql\n", "db.kind");
    refuses("db.kind = sqlite|pg\n", "db.kind");
    refuses("bank.name = x\n", "bank.name");
    refuses("bank.name = 1234567890123456789012345678901\n", "bank.name");
    refuses("bank.name = \xff\xff\n", "bank.name");
}

static void needed_value_must_be_given(void **state)
{
    (void)state;
    zy_config *c = NULL;
    zy_err err = { 0 };
    ASSERT_STATUS(load("net.port = 1\n", ALL, &c, &err), ZY_CONFIG_BAD);
    assert_string_equal(err.field, "bank.code");
    ASSERT_OK(load("bank.code = 0001\n", ALL, &c, &err));
    ASSERT_STR(zy_config_text(c, "bank.code"), "0001");
    zy_config_free(c);
}

static void secret_file_that_others_may_read_is_refused(void **state)
{
    (void)state;
    static const mode_t OPEN[] = { 0644, 0640, 0604, 0660, 0602, 0610 };
    for (size_t i = 0; i < ZY_COUNT(OPEN); i++) {
        write_file(pass, "secret\n", OPEN[i]);
        refuses("keys.passphrase = pass\n", "keys.passphrase");
    }
    zy_config *c = NULL;
    zy_err err = { 0 };
    write_file(pass, "secret\n", 0600);
    ASSERT_OK(load("keys.passphrase = pass\n", WITHOUT_NEEDED, &c, &err));
    ZY_AUTO_SECRET_BUF secret = { 0 };
    ASSERT_OK(zy_config_secret(c, "keys.passphrase", &secret, &err));
    ASSERT_STR(zy_buf_view(&secret), "secret");
    assert_int_equal(chmod(pass, 0644), 0); /* opened up after the start */
    ASSERT_STATUS(zy_config_secret(c, "keys.passphrase", &secret, &err), ZY_CONFIG_BAD);
    assert_null(strstr(err.detail, "secret\n"));
    zy_config_free(c);
}

static void missing_empty_or_huge_secret_is_told_when_asked_for(void **state)
{
    (void)state;
    zy_config *c = NULL;
    zy_err err = { 0 };
    ZY_AUTO_SECRET_BUF secret = { 0 };
    ASSERT_OK(load("", WITHOUT_NEEDED, &c, &err));
    ASSERT_STATUS(zy_config_secret(c, "keys.passphrase", &secret, &err), ZY_CONFIG_BAD);
    write_file(pass, "", 0600);
    ASSERT_STATUS(zy_config_secret(c, "keys.passphrase", &secret, &err), ZY_CONFIG_BAD);
    static char huge[6000];
    memset(huge, 'x', sizeof huge - 1);
    write_file(pass, huge, 0600);
    ASSERT_STATUS(zy_config_secret(c, "keys.passphrase", &secret, &err), ZY_CONFIG_BAD);
    assert_int_equal(secret.n, 0);
    zy_config_free(c);
}

static void overrides_pass_the_same_checks(void **state)
{
    (void)state;
    zy_config *c = NULL;
    zy_err err = { 0 };
    ASSERT_OK(load("net.port = 9000\n", WITHOUT_NEEDED, &c, &err));
    ASSERT_STATUS(zy_config_set(c, "net.port", ZY_STR("70000"), &err), ZY_CONFIG_BAD);
    ASSERT_STATUS(zy_config_set(c, "net.prot", ZY_STR("1"), &err), ZY_CONFIG_BAD);
    assert_int_equal(zy_config_int(c, "net.port"), 9000);
    ASSERT_OK(zy_config_set(c, "net.port", ZY_STR("9001"), &err));
    assert_int_equal(zy_config_int(c, "net.port"), 9001);
    zy_config_free(c);
}

static void example_file_holds_every_row_and_loads(void **state)
{
    (void)state;
    ZY_AUTO_BUF example = { 0 };
    zy_config_example(TABLES, COUNTS, WITHOUT_NEEDED, &example);
    for (size_t t = 0; t < WITHOUT_NEEDED; t++)
        for (size_t i = 0; i < COUNTS[t]; i++)
            assert_non_null(strstr(example.p, TABLES[t][i].name));
    zy_config *c = NULL;
    zy_err err = { 0 };
    ASSERT_OK(load(example.p, WITHOUT_NEEDED, &c, &err));
    zy_config_free(c);
    /* Uncommented, it says the same. */
    ZY_AUTO_BUF bare = { 0 };
    zy_str rest = zy_buf_view(&example), one;
    while (zy_str_next(&rest, '\n', &one)) {
        bool setting = one.n > 1 && one.p[0] == '#' && one.p[1] != ' ';
        zy_buf_str(&bare, setting ? zy_str_sub(one, 1, one.n) : one);
        zy_buf_char(&bare, '\n');
    }
    ASSERT_OK(load(bare.p, WITHOUT_NEEDED, &c, &err));
    assert_int_equal(zy_config_int(c, "net.idle_ms"), 30000);
    zy_config_free(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
int main(void)
{
    static const struct CMUnitTest TESTS[] = {
        TEST(defaults_stand_without_a_file),
        TEST(values_of_the_file_win),
        TEST(relative_paths_start_at_the_file),
        TEST(unknown_and_repeated_names_are_refused),
        TEST(values_out_of_bounds_are_refused),
        TEST(needed_value_must_be_given),
        TEST(secret_file_that_others_may_read_is_refused),
        TEST(missing_empty_or_huge_secret_is_told_when_asked_for),
        TEST(overrides_pass_the_same_checks),
        TEST(example_file_holds_every_row_and_loads),
    };
    return zy_test_main("config", TESTS, ZY_COUNT(TESTS));
}
