/* Story: the program or one of its libraries is altered on the disk, and the bank does not open. The commands are those that an
 * operator types; the bank is one of kind production, whose database is a file whatever the engine of the other stories is. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server.h"

static char folder[BANK_PATH_MAX];

/* The exit code of a command line; what it says goes to folder/said. */
static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
    char words[2 * BANK_PATH_MAX], line[4 * BANK_PATH_MAX];
    va_list more;
    va_start(more, format);
    int n = vsnprintf(words, sizeof words, format, more);
    va_end(more);
    assert_in_range(n, 1, sizeof words - 1);
    snprintf(line, sizeof line, "cd '%s' && timeout 60 %s > said 2>&1", folder, words);
    int status = system(line);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool said(const char *words)
{
    return run("grep -q '%s' said.kept", words) == 0;
}

/* Keeps what the command before this said. */
static void keep_said(void)
{
    char line[3 * BANK_PATH_MAX];
    snprintf(line, sizeof line, "cp '%s/said' '%s/said.kept'", folder, folder);
    assert_int_equal(system(line), 0);
}

static void assert_refused(const char *why)
{
    assert_int_equal(run("./zhangyin program check --home home"), 1);
    keep_said();
    assert_true(said(why));
    assert_int_equal(run("./zhangyin serve --home home"), 1);
    keep_said();
    assert_true(said(why));
}

/* A copy of the program, and a bank of it. */
static int open_bank(void **state)
{
    (void)state;
    char own[BANK_PATH_MAX];
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/zy-program-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(folder));
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    assert_in_range(n, 1, sizeof own - 2);
    own[n] = '\0';
    *strrchr(own, '/') = '\0';
    assert_int_equal(run("cp '%s/zhangyin' zhangyin", own), 0);
    assert_int_equal(run("./zhangyin init --home home"), 0);
    return 0;
}

static int close_bank(void **state)
{
    (void)state;
    assert_int_equal(run("rm -r home zhangyin"), 0);
    char line[3 * BANK_PATH_MAX];
    snprintf(line, sizeof line, "rm -rf '%s'", folder);
    return system(line);
}

static void a_changed_byte_of_the_program_keeps_the_bank_shut(void **state)
{
    ZY_PROVES("mb.crypto-module.c-1");
    (void)state;
    assert_int_equal(run("./zhangyin program check --home home"), 0);
    assert_int_equal(run("sh -c 'printf x >> zhangyin'"), 0);
    assert_refused("file zhangyin is not the one");
    assert_int_equal(run("./zhangyin program record --home home"), 0);
    assert_int_equal(run("./zhangyin program check --home home"), 0);
    assert_int_equal(run("sh -c 'cat home/bank.db* | grep -aq program.refused'"), 0);
    assert_int_equal(run("sh -c 'cat home/bank.db* | grep -aq program.recorded'"), 0);
}

static void a_changed_byte_of_a_library_keeps_the_bank_shut(void **state)
{
    ZY_PROVES("mb.crypto-module.c-1");
    (void)state;
    assert_int_equal(run("sh -c 'mkdir -p lib && cp -L $(ldd ./zhangyin | sed -n \"s/.*libgcrypt.so.20 => \\([^ ]*\\).*/\\1/p\") lib/'"), 0);
    assert_int_equal(run("env LD_LIBRARY_PATH=lib ./zhangyin program check --home home"), 0); /* elsewhere, but the same */
    assert_int_equal(run("sh -c 'printf x >> lib/libgcrypt.so.20'"), 0);
    assert_int_equal(run("env LD_LIBRARY_PATH=lib ./zhangyin program check --home home"), 1);
    keep_said();
    assert_true(said("file libgcrypt.so.20 is not the one"));
    assert_int_equal(run("./zhangyin program check --home home"), 0);
}

static void a_manifest_is_not_written_by_hand_and_not_left_out(void **state)
{
    ZY_PROVES("mb.crypto-module.c-1");
    (void)state;
    assert_int_equal(run("cp home/program.manifest kept"), 0);
    assert_int_equal(run("sed -i 's/^seal ./seal z/' home/program.manifest"), 0);
    assert_refused("was altered, or is of another bank");
    assert_int_equal(run("rm home/program.manifest"), 0);
    assert_refused("never recorded");
    assert_int_equal(run("./zhangyin init --home another"), 0);
    assert_int_equal(run("cp another/program.manifest home/program.manifest"), 0);
    assert_refused("was altered, or is of another bank");
    assert_int_equal(run("cp kept home/program.manifest"), 0);
    assert_int_equal(run("./zhangyin program check --home home"), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, open_bank, close_bank)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_changed_byte_of_the_program_keeps_the_bank_shut),
        STORY(a_changed_byte_of_a_library_keeps_the_bank_shut),
        STORY(a_manifest_is_not_written_by_hand_and_not_left_out),
    };
    return zy_test_main("flow_program", tests, ZY_COUNT(tests));
}
