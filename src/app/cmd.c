#include "app/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *cmd_home(const char *given)
{
    const char *home = given != NULL ? given : getenv("ZY_HOME");
    return home != NULL && *home != '\0' ? home : "var";
}

int cmd_failed(const char *what, zy_status status, const zy_err *err)
{
    fprintf(stderr, "zhangyin: %s: %s", what, zy_status_name(status));
    if (err != NULL && err->field[0] != '\0')
        fprintf(stderr, " (%s)", err->field);
    if (err != NULL && err->detail[0] != '\0')
        fprintf(stderr, ": %s", err->detail);
    fputc('\n', stderr);
    return EXIT_FAILED;
}

static bool progress_open;

void cmd_progress(const char *what, uint64_t done, uint64_t of)
{
    if (!isatty(2))
        return;
    progress_open = true;
    if (of > 0)
        fprintf(stderr, "\r%s %llu of %llu\033[K", what, (unsigned long long)done, (unsigned long long)of);
    else
        fprintf(stderr, "\r%s %llu\033[K", what, (unsigned long long)done);
}

void cmd_progress_end(void)
{
    if (progress_open)
        fputs("\r\033[K", stderr);
    progress_open = false;
}

bool cmd_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
    int64_t value = 0;
    if (zy_str_i64(zy_str_of(text), &value) != ZY_OK || value < min || value > max) {
        fprintf(stderr, "zhangyin: %s takes a whole number from %lld to %lld\n", name, (long long)min, (long long)max);
        return false;
    }
    *ret_value = value;
    return true;
}
