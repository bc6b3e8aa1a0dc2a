/* zhangyin audit verify | ledger | export: also on a copy of the database. */
#include <string.h>

#include "app/cmd.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

enum { HOME, DB };
#define HOME_OPTION { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" }
#define DB_OPTION   { "--db", "FILE", "a copy of the SQLite database instead of the home's own" }

/* Opens for reading: on a copy nothing but the keys comes from the home. */
static zy_status open_books(char **v, zy_app **ret_app, zy_err *err)
{
    return zy_app_open_copy(cmd_home(v[HOME]), v[DB], ret_app, err);
}

static void progress(int64_t done, void *what)
{
    cmd_progress(what, (uint64_t)done, 0);
}

static int found(const char *what, const char *first)
{
    printf("%s: FAULTS WERE FOUND\nfirst: %s\n", what, first);
    return EXIT_FOUND_FAULTS;
}

static int verify(const cmd *c, char **v)
{
    static char what[] = "records checked:";
    zy_err err = { 0 };
    zy_audit_report r = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = open_books(v, &app, &err);
    if (status == ZY_OK)
        status = zy_audit_verify(&app->env, progress, what, &r, &err);
    cmd_progress_end();
    if (status != ZY_OK && status != ZY_AUDIT_BROKEN)
        return cmd_failed(c->name, status, &err);
    printf("nodes %lld, records %lld, sealed %lld, not sealed yet %lld, signed checkpoints %lld, named by other rows %lld, faults %lld\n",
           (long long)r.nodes, (long long)r.records, (long long)r.sealed, (long long)r.unsealed, (long long)r.checkpoints,
           (long long)r.linked, (long long)r.faults);
    if (status == ZY_AUDIT_BROKEN)
        return found("audit", r.first_fault);
    puts("audit: every record, chain and signature is as it was written");
    return EXIT_DONE;
}

static int ledger(const cmd *c, char **v)
{
    static char what[] = "rows checked:";
    zy_err err = { 0 };
    zy_ledger_report r = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    char customers[ZY_MONEY_TEXT_MAX], own[ZY_MONEY_TEXT_MAX];
    zy_status status = open_books(v, &app, &err);
    if (status == ZY_OK)
        status = zy_ledger_verify(&app->env, progress, what, &r, &err);
    cmd_progress_end();
    if (status != ZY_OK && status != ZY_AUDIT_BROKEN)
        return cmd_failed(c->name, status, &err);
    zy_money_format_grouped(r.total_customer, customers);
    zy_money_format_grouped(r.total_internal, own);
    printf("accounts %lld, journals %lld, postings %lld, customers %s, own %s, faults %lld\n", (long long)r.accounts,
           (long long)r.journals, (long long)r.postings, customers, own, (long long)r.faults);
    if (status == ZY_AUDIT_BROKEN)
        return found("ledger", r.first_fault);
    puts("ledger: every balance follows from its postings; the trial balance is zero");
    return EXIT_DONE;
}

static int export_checkpoints(const cmd *c, char **v)
{
    zy_err err = { 0 };
    ZY_AUTO_BUF out = { .max = 1u << 30 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = open_books(v, &app, &err);
    if (status == ZY_OK)
        status = zy_audit_export_checkpoints(&app->env, &out, &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    fwrite(out.p, 1, out.n, stdout);
    return EXIT_DONE;
}

const cmd CMD_AUDIT_VERIFY = { "audit verify", "proves that no audit record was altered, removed or reordered", verify,
    { [HOME] = HOME_OPTION, [DB] = DB_OPTION }, NULL };
const cmd CMD_AUDIT_LEDGER = { "audit ledger", "recomputes all balances; the trial balance must be zero", ledger,
    { [HOME] = HOME_OPTION, [DB] = DB_OPTION }, NULL };
const cmd CMD_AUDIT_EXPORT = { "audit export", "prints the signed checkpoints, to be kept elsewhere", export_checkpoints,
    { [HOME] = HOME_OPTION, [DB] = DB_OPTION }, NULL };
