#include "zy_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int zy_test_main(const char *suite, const struct CMUnitTest *tests, size_t count)
{
    /* TAP on standard output is what tools/run-tests reads; the environment may ask for another. */
    if (getenv("CMOCKA_MESSAGE_OUTPUT") == NULL)
        cmocka_set_message_output(CM_OUTPUT_TAP);
    const char *filter = getenv("ZY_TEST_FILTER");
    if (filter != NULL && filter[0] != 0)
        cmocka_set_test_filter(filter);
    printf("# suite: %s\n", suite);
    fflush(stdout);
    return _cmocka_run_group_tests(suite, tests, count, NULL, NULL) == 0 ? 0 : 1;
}

void zy_test_status(zy_status got, zy_status want, const char *expr, const char *file, int line)
{
    if (got == want)
        return;
    print_error("%s gave %s, not %s\n", expr, zy_status_name(got), zy_status_name(want));
    _fail(file, line);
}

void zy_test_fen(zy_money got, int64_t want, const char *expr, const char *file, int line)
{
    if (got.fen == want)
        return;
    char got_text[ZY_MONEY_TEXT_MAX], want_text[ZY_MONEY_TEXT_MAX];
    zy_money_format_grouped(got, got_text);
    zy_money_format_grouped((zy_money){ want }, want_text);
    print_error("%s is %" PRId64 " fen (%s), not %" PRId64 " fen (%s)\n", expr, got.fen, got_text, want, want_text);
    _fail(file, line);
}

void zy_test_str(zy_str got, const char *want, const char *expr, const char *file, int line)
{
    if (zy_str_eq_c(got, want))
        return;
    print_error("%s is \"" ZY_STR_FMT "\", not \"%s\"\n", expr, ZY_STR_ARG(got), want);
    _fail(file, line);
}
