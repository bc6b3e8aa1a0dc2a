/* zhangyin audit verify | ledger | export | order: also on a copy of the database. */
#include <string.h>

#include "app/cmd.h"
#include "flow/flow.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

enum { HOME, DB, ORDER };
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

typedef struct prove_job {
    zy_env *env;
    zy_id order;
    zy_json *report;
    bool right;
} prove_job;

static zy_status prove_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prove_job *job = arg;
    return zy_order_prove(rtx, job->env, job->order, job->report, &job->right, err);
}

static zy_status read_order_id(const char *text, zy_id *ret_id, zy_err *err)
{
    if (text == NULL || zy_id_parse(zy_str_of(text), ret_id) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "ORDER", "an order's number is expected (13 characters)");
    return ZY_OK;
}

static int order(const cmd *c, char **v)
{
    zy_err err = { 0 };
    ZY_AUTO_BUF text = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    ZY_AUTO(zy_json_free) zy_json *report = zy_json_object();
    prove_job job = { .report = report };
    zy_status status = read_order_id(v[ORDER], &job.order, &err);
    if (status == ZY_OK)
        status = open_books(v, &app, &err);
    if (status == ZY_OK) {
        job.env = &app->env;
        status = zy_db_read_snapshot(app->env.db, "audit.order", prove_read, &job, &err);
    }
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    zy_json_write_pretty(report, &text);
    printf("%s\n", text.p);
    if (!job.right)
        return found("order", "the text or a proof does not fit (see text_right and proof above)");
    puts("order: its text is the one that was proven; every proof that can be checked again is right");
    return EXIT_DONE;
}

const cmd CMD_AUDIT_VERIFY = { "audit verify", "proves that no audit record was altered, removed or reordered", verify,
    { [HOME] = HOME_OPTION, [DB] = DB_OPTION }, NULL };
const cmd CMD_AUDIT_LEDGER = { "audit ledger", "recomputes all balances; the trial balance must be zero", ledger,
    { [HOME] = HOME_OPTION, [DB] = DB_OPTION }, NULL };
const cmd CMD_AUDIT_EXPORT = { "audit export", "prints the signed checkpoints, to be kept elsewhere", export_checkpoints,
    { [HOME] = HOME_OPTION, [DB] = DB_OPTION }, NULL };
const cmd CMD_AUDIT_ORDER = { "audit order", "prints what proves an order, and checks it again", order,
    { [HOME] = HOME_OPTION, [DB] = DB_OPTION, [ORDER] = { "ORDER", NULL, "the order's number" } }, NULL };
