/* zhangyin ledger day-end: for operators who do not want to wait for housekeeping, or whose bank is served by another machine. */
#include "app/cmd.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

enum { HOME };

static zy_status print_row(const zy_trial_row *row, void *arg)
{
    char debit[ZY_MONEY_TEXT_MAX], credit[ZY_MONEY_TEXT_MAX], balance[ZY_MONEY_TEXT_MAX];
    (void)arg;
    zy_money_format_grouped(row->debit, debit);
    zy_money_format_grouped(row->credit, credit);
    zy_money_format_grouped(row->balance, balance);
    printf("%-8.*s %-8.*s %-9s %24s %24s %24s\n", (int)row->branch.n, row->branch.p, (int)row->subject.n, row->subject.p,
           row->internal ? "own" : "customers", debit, credit, balance);
    return ZY_OK;
}

static zy_status print_trial(zy_rtx *rtx, void *arg, zy_err *err)
{
    zy_day day = { 0 };
    char text[ZY_DAY_TEXT_MAX];
    (void)arg;
    zy_status status = zy_ledger_last_day_end(rtx, &day, err);
    if (status == ZY_NOT_FOUND) {
        puts("no day has ended yet");
        return ZY_OK;
    }
    ZY_TRY(status);
    zy_day_format(day, text);
    printf("%s\n%-8s %-8s %-9s %24s %24s %24s\n", text, "branch", "subject", "", "debit", "credit", "balance");
    return zy_ledger_trial(rtx, day, print_row, NULL, err);
}

static int day_end(const cmd *c, char **v)
{
    zy_err err = { 0 };
    bool done = false;
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    while (status == ZY_OK && !done)
        status = zy_ledger_day_end(&app->env, ZY_SECONDS(10), &done, &err);
    if (status == ZY_OK)
        status = zy_db_read(app->env.db, "ledger.trial", print_trial, NULL, &err);
    if (status == ZY_OK)
        status = zy_audit_seal_now(&app->env, &err);
    return status == ZY_OK ? EXIT_DONE : cmd_failed(c->name, status, &err);
}

const cmd CMD_LEDGER_DAY_END = { "ledger day-end", "carries out what is left of the day-ends; prints the last trial balance", day_end,
    { [HOME] = { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" } },
    "Housekeeping of a running server does the same by itself after midnight. May be stopped and called again.\n" };
