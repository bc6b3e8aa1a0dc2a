/* zhangyin program record | check: which program and libraries this bank runs. */
#include "app/cmd.h"
#include "app/program.h"

enum { HOME };
#define HOME_OPTION { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" }

static int run(const cmd *c, char **v, zy_status (*what)(zy_app *, zy_err *), const char *done)
{
    zy_err err = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    if (status == ZY_OK)
        status = what(app, &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    puts(done);
    return EXIT_DONE;
}

static int record(const cmd *c, char **v)
{
    return run(c, v, zy_program_record, "recorded; every start compares with it from now on");
}

static int check(const cmd *c, char **v)
{
    return run(c, v, zy_program_check, "nothing differs from what was recorded");
}

const cmd CMD_PROGRAM_RECORD = {
    "program record", "records the program and its libraries: after each upgrade of either", record, { [HOME] = HOME_OPTION },
    "What is recorded stands in HOME/program.manifest under a seal of the bank's keys, and leaves an audit record.\n",
};
const cmd CMD_PROGRAM_CHECK = {
    "program check", "compares the program and its libraries with what was recorded, as each start does", check,
    { [HOME] = HOME_OPTION }, NULL,
};
