/* The payee book, and the question whether number and name belong together. */
#include <string.h>

#include "bank/directory/directory.h"
#include "bank/interbank/interbank.h"
#include "bank/transfer/transfer_internal.h"
#include "service/audit/audit.h"
#include "service/identity/standing.h"

#define BOOK_MAX     200 /* payees of one customer */
#define PAGE_DEFAULT 20
#define OUR_BANK     "本行"

void payee_wipe(payee *p)
{
    zy_wipe(p, sizeof *p);
}

/* ---- accounts ---- */

static zy_status any_account(const zy_account *account, zy_money balance, zy_money available, void *arg)
{
    (void)balance, (void)available;
    *(zy_account *)arg = *account;
    return ZY_OK;
}

/* An unknown number costs as many reads and openings as a known one. */
zy_status payee_account(zy_rtx *rtx, zy_env *env, zy_id caller, const payee *p, zy_account *ret_account, zy_err *err)
{
    ZY_AUTO_ACCOUNT account = { 0 };
    zy_status found = zy_account_by_number(rtx, env, zy_str_of(p->number), &account, NULL);
    if (found != ZY_OK && found != ZY_NOT_FOUND)
        return zy_fail(err, found, "", "the payee's account");
    if (found == ZY_NOT_FOUND || !zy_id_eq(account.customer, caller)) /* who may not pay others learns nothing of them */
        ZY_TRY(zy_customer_needs_full(rtx, caller, err));
    if (found == ZY_NOT_FOUND)
        ZY_TRY(zy_account_each(rtx, env, caller, ZY_ACCOUNTS_USED, 1, any_account, &account, err));
    ZY_AUTO_PERSON owner = { 0 };
    ZY_TRY(zy_customer_person(rtx, env, found == ZY_OK ? account.customer : caller, &owner, err));
    bool same = zy_same_name(zy_str_of(owner.name), zy_str_of(p->name));
    if (found != ZY_OK || !same || strcmp(account.state, "closed") == 0)
        return zy_fail(err, ZY_PAYEE_MISMATCH, "", "number and name do not belong together");
    *ret_account = account;
    return ZY_OK;
}

/* ---- rows ---- */

static zy_cell content_cell(zy_id id)
{
    return (zy_cell){ "bank_payee", "content", id };
}

static zy_status seal_content(zy_env *env, const payee *p, zy_buf *ret_sealed)
{
    ZY_AUTO(zy_json_free) zy_json *content = zy_json_object();
    zy_json_set_c(content, "name", p->name);
    zy_json_set_c(content, "number", p->number);
    zy_json_set_c(content, "alias", p->alias);
    if (p->bank[0] != '\0')
        zy_json_set_c(content, "bank", p->bank);
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_json_write(content, &plain);
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, content_cell(p->id), plain.p, plain.n, ret_sealed);
}

static zy_status copy_member(const zy_json *content, const char *name, char *out, size_t size)
{
    zy_str value;
    if (!zy_json_str(content, name, &value))
        return ZY_INTERNAL;
    return zy_str_copy(value, out, size);
}

static zy_status open_row(zy_env *env, const zy_stmt *row, payee *p)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_str sealed = zy_col_blob(row, 1);
    p->id = zy_col_id(row, 0);
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, content_cell(p->id), sealed.p, sealed.n, &plain));
    ZY_AUTO(zy_json_free) zy_json *content = NULL;
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &content));
    ZY_TRY(copy_member(content, "name", p->name, sizeof p->name));
    ZY_TRY(copy_member(content, "number", p->number, sizeof p->number));
    if (zy_json_get(content, "bank") != NULL)
        ZY_TRY(copy_member(content, "bank", p->bank, sizeof p->bank));
    return copy_member(content, "alias", p->alias, sizeof p->alias);
}

zy_status payee_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id id, payee *ret_payee, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(payee_select(rtx, customer, id, &row, err));
    return open_row(env, row, ret_payee);
}

/* ---- payee.list ---- */

typedef struct list_job {
    zy_call *call;
    zy_id before, last;
    zy_time last_at;
    int64_t limit;
    zy_json *payees;
} list_job;

static zy_status push_payee(list_job *job, const zy_stmt *row)
{
    PAYEE_AUTO p = { 0 };
    ZY_TRY(open_row(job->call->env, row, &p));
    job->last = p.id;
    job->last_at = zy_col_time(row, 2);
    zy_json *out = zy_json_object();
    zy_json_set_id(out, "payee_id", p.id);
    zy_json_set_c(out, "name", p.name);
    zy_json_set_c(out, "number", p.number);
    bool own = zy_bank_is_own(job->call->env, zy_str_of(p.bank));
    zy_json_set_str(out, "bank", own ? ZY_STR(OUR_BANK) : zy_bank_name_of(job->call->env, zy_str_of(p.bank)));
    zy_json_set_c(out, "bank_code", p.bank);
    zy_json_set_c(out, "alias", p.alias);
    zy_json_push(job->payees, out);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(payee_select_page(rtx, job->call->caller->customer, job->before, job->limit, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(push_payee(job, rows));
    }
}

zy_status payee_list_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const payee_list_in *in = input;
    list_job job = { .call = call, .before = { INT64_MAX }, .limit = in->limit != 0 ? in->limit : PAGE_DEFAULT,
                     .payees = zy_json_array() };
    zy_json_set(body, "payees", job.payees);
    zy_time at = { 0 };
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.before, err));
    ZY_TRY(zy_db_read(call->env->db, "payee.list", list_read, &job, err));
    char cursor[ZY_CURSOR_MAX] = "";
    if ((int64_t)zy_json_count(job.payees) == job.limit)
        zy_cursor_write(job.last_at, job.last, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

/* ---- payee.add, payee.remove ---- */

static zy_audit payee_audit(const zy_call *call, const char *event, zy_id id)
{
    return (zy_audit){ .event = event, .actor_kind = "customer", .actor = call->caller->customer, .object = id,
                       .object_kind = "payee", .address = call->caller->address, .device = zy_str_of(call->caller->device_id),
                       .trace = zy_str_of(call->trace), .result = ZY_STR("OK") };
}

typedef struct add_job {
    zy_call *call;
    payee typed;
    zy_account account;
    zy_str sealed;
    zy_json *answer, *earlier;
} add_job;

/* Whether number and name of another bank belong together is for that bank to say, when it is paid. */
static zy_status foreign_account(zy_rtx *rtx, add_job *job, zy_err *err)
{
    zy_str bank = zy_str_of(job->typed.bank);
    ZY_TRY(zy_customer_needs_full(rtx, job->call->caller->customer, err));
    if (zy_bank_by_code(bank) == NULL)
        return zy_fail(err, ZY_BAD_FIELD, "bank", "no such bank");
    return zy_interbank_place(job->call->env, bank, zy_str_of(job->typed.number), &job->account.id, err);
}

static zy_status add_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    add_job *job = arg;
    zy_env *env = job->call->env;
    zy_id customer = job->call->caller->customer;
    if (zy_bank_is_own(env, zy_str_of(job->typed.bank)))
        ZY_TRY(payee_account(rtx, env, customer, &job->typed, &job->account, err));
    else
        ZY_TRY(foreign_account(rtx, job, err));
    int64_t count = 0;
    ZY_TRY(payee_count(rtx, customer, &count, err));
    return count < BOOK_MAX ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, "", "the payee book is full");
}

static zy_status add_unit(zy_tx *tx, void *arg, zy_err *err)
{
    add_job *job = arg;
    zy_json_free(job->earlier);
    job->earlier = NULL;
    ZY_TRY(zy_idempotency_find(zy_tx_read(tx), job->call, &job->earlier, err));
    if (job->earlier != NULL)
        return ZY_OK;
    zy_audit record = payee_audit(job->call, "payee.added", job->typed.id);
    ZY_TRY(zy_audit_add(tx, job->call->env, &record, NULL, err));
    ZY_TRY(payee_insert(tx, job->typed.id, job->call->caller->customer, job->account.id, job->sealed, job->call->now, err));
    return zy_idempotency_keep(tx, job->call, job->answer, err);
}

static zy_status add_decided(zy_rtx *rtx, void *arg, bool *ret_committed, zy_err *err)
{
    add_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    zy_status status = payee_select(rtx, job->call->caller->customer, job->typed.id, &row, err);
    *ret_committed = status == ZY_OK;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status add_payee(add_job *job, const payee_add_in *in, zy_err *err)
{
    zy_env *env = job->call->env;
    ZY_TRY(zy_str_copy(zy_str_trim(in->name), job->typed.name, sizeof job->typed.name));
    ZY_TRY(zy_str_copy(in->number, job->typed.number, sizeof job->typed.number));
    ZY_TRY(zy_str_copy(in->alias, job->typed.alias, sizeof job->typed.alias));
    if (!zy_bank_is_own(env, in->bank))
        ZY_TRY(zy_str_copy(in->bank, job->typed.bank, sizeof job->typed.bank));
    ZY_TRY(zy_db_read(env->db, "payee.check", add_read, job, err));
    ZY_AUTO_BUF sealed = { 0 };
    job->typed.id = zy_id_next(env->ids);
    ZY_TRY(seal_content(env, &job->typed, &sealed));
    job->sealed = zy_buf_view(&sealed);
    zy_json_set_id(job->answer, "payee_id", job->typed.id);
    return zy_db_run_decided(env->db, "payee.add", add_unit, add_decided, job, err);
}

static zy_status repeat_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    add_job *job = arg;
    return zy_idempotency_find(rtx, job->call, &job->earlier, err);
}

static void put_answer(const add_job *job, zy_json *body)
{
    zy_str id = { 0 };
    (void)zy_json_str(job->earlier != NULL ? job->earlier : job->answer, "payee_id", &id);
    zy_json_set_str(body, "payee_id", id);
}

zy_status payee_add_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    add_job job = { .call = call, .answer = zy_json_object() };
    zy_status status = zy_db_read(call->env->db, "payee.repeat", repeat_read, &job, err);
    if (status == ZY_OK && job.earlier == NULL)
        status = add_payee(&job, input, err);
    if (status == ZY_OK)
        put_answer(&job, body);
    payee_wipe(&job.typed);
    zy_account_wipe(&job.account);
    zy_json_free(job.answer);
    zy_json_free(job.earlier);
    return status;
}

typedef struct remove_job {
    zy_call *call;
    zy_id payee;
} remove_job;

static zy_status remove_unit(zy_tx *tx, void *arg, zy_err *err)
{
    remove_job *job = arg;
    zy_audit record = payee_audit(job->call, "payee.removed", job->payee);
    ZY_TRY(payee_delete(tx, job->call->caller->customer, job->payee, err));
    return zy_audit_add(tx, job->call->env, &record, NULL, err);
}

zy_status payee_remove_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const payee_id_in *in = input;
    (void)body;
    remove_job job = { call, in->payee_id };
    return zy_db_run(call->env->db, "payee.remove", remove_unit, &job, err);
}
