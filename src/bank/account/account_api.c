/* account.list, account.transactions */
#include "bank/account/account.h"
#include "service/ledger/ledger.h"

#define ACCOUNTS_MAX 50 /* of one customer */
#define PAGE_DEFAULT 20

/* ---- account.list ---- */

typedef struct list_job {
    zy_call *call;
    zy_json *accounts;
} list_job;

static zy_status push_account(const zy_account *a, zy_money balance, zy_money available, void *arg)
{
    list_job *job = arg;
    zy_json *out = zy_json_object();
    zy_json_set_id(out, "account_id", a->id);
    zy_json_set_c(out, "kind", a->kind);
    zy_json_set_c(out, "alias", a->alias);
    zy_json_set_c(out, "number", a->number);
    zy_json_set_int(out, "balance_fen", balance.fen);
    zy_json_set_int(out, "available_fen", available.fen);
    zy_json_set_c(out, "state", a->state);
    zy_json_push(job->accounts, out);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    return zy_account_each(rtx, job->call->env, job->call->caller->customer, ACCOUNTS_MAX, push_account, job, err);
}

static zy_status account_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    list_job job = { call, zy_json_array() };
    zy_json_set(body, "accounts", job.accounts);
    return zy_db_read(call->env->db, "account.list", list_read, &job, err);
}

static const zy_out ACCOUNT_OUTS[] = {
    ZY_OUT("account_id", ZY_O_STR),  ZY_OUT("kind", ZY_O_STR),         ZY_OUT("alias", ZY_O_STR),
    ZY_OUT("number", ZY_O_STR, .mask = ZY_M_CARD), ZY_OUT("balance_fen", ZY_O_INT), ZY_OUT("available_fen", ZY_O_INT),
    ZY_OUT("state", ZY_O_STR),
};
static const zy_out LIST_OUTS[] = { ZY_OUT("accounts", ZY_O_LIST, ZY_MEMBERS(ACCOUNT_OUTS)) };

/* ---- account.transactions ---- */

typedef struct transactions_in {
    zy_id account_id;
    zy_day from, to;
    int64_t limit;
    zy_str cursor;
} transactions_in;
static const zy_field TRANSACTIONS_FIELDS[] = {
    ZY_FIELD(transactions_in, account_id, ZY_F_ID, 1, 40),
    ZY_FIELD(transactions_in, from, ZY_F_DAY, 0, 0, ZY_OPTIONAL, .help = "first accounting day"),
    ZY_FIELD(transactions_in, to, ZY_F_DAY, 0, 0, ZY_OPTIONAL, .help = "last accounting day"),
    ZY_FIELD(transactions_in, limit, ZY_F_INT, 1, 100, ZY_OPTIONAL),
    ZY_FIELD(transactions_in, cursor, ZY_F_CODE, 0, ZY_CURSOR_MAX - 1, ZY_OPTIONAL),
};
static const zy_out ENTRY_OUTS[] = {
    ZY_OUT("at", ZY_O_INT), ZY_OUT("amount_fen", ZY_O_INT, .help = "signed"), ZY_OUT("balance_fen", ZY_O_INT),
    ZY_OUT("counterparty", ZY_O_STR, .help = "masked"), ZY_OUT("summary", ZY_O_STR), ZY_OUT("order_id", ZY_O_STR),
};
static const zy_out TRANSACTIONS_OUTS[] = { ZY_OUT("entries", ZY_O_LIST, ZY_MEMBERS(ENTRY_OUTS)), ZY_OUT("cursor", ZY_O_STR) };

typedef struct entries_job {
    zy_call *call;
    zy_entry_filter filter;
    zy_json *entries;
    zy_id last;
    zy_time last_at;
} entries_job;

static zy_status push_entry(const zy_entry *e, void *arg)
{
    entries_job *job = arg;
    zy_json *out = zy_json_object();
    zy_json_set_int(out, "at", e->at.ms);
    zy_json_set_int(out, "amount_fen", e->amount.fen);
    zy_json_set_int(out, "balance_fen", e->balance_after.fen);
    zy_json_set_str(out, "counterparty", e->counterparty);
    zy_json_set_str(out, "summary", e->summary);
    zy_json_set_id(out, "order_id", e->order);
    zy_json_push(job->entries, out);
    job->last = e->posting;
    job->last_at = e->at;
    return ZY_OK;
}

static zy_status entries_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    entries_job *job = arg;
    ZY_AUTO_ACCOUNT own = { 0 };
    ZY_TRY(zy_account_own(rtx, job->call->env, job->call->caller->customer, job->filter.account, &own, err));
    return zy_ledger_entries(rtx, &job->filter, push_entry, job, err);
}

static zy_status account_transactions(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const transactions_in *in = input;
    if (in->to.days != 0 && in->from.days > in->to.days)
        return zy_fail(err, ZY_BAD_FIELD, "from", "after `to`");
    entries_job job = { .call = call, .entries = zy_json_array(),
                        .filter = { .account = in->account_id, .from = in->from, .to = in->to,
                                    .limit = (int)(in->limit != 0 ? in->limit : PAGE_DEFAULT) } };
    zy_json_set(body, "entries", job.entries);
    zy_time at = { 0 };
    if (in->cursor.n > 0)
        ZY_TRY(zy_cursor_parse(in->cursor, &at, &job.filter.before, err));
    ZY_TRY(zy_db_read(call->env->db, "account.transactions", entries_read, &job, err));
    char cursor[ZY_CURSOR_MAX] = "";
    if ((int)zy_json_count(job.entries) == job.filter.limit)
        zy_cursor_write(job.last_at, job.last, cursor);
    zy_json_set_c(body, "cursor", cursor);
    return ZY_OK;
}

const zy_api ZY_ACCOUNT_APIS[] = {
    { .name = "account.list", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "The customer's accounts with their balances", ZY_NO_FIELDS, ZY_OUTS(LIST_OUTS), .run = account_list },
    { .name = "account.transactions", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 120,
      .title = "Entries of an own account, newest first", ZY_FIELDS(transactions_in, TRANSACTIONS_FIELDS),
      ZY_OUTS(TRANSACTIONS_OUTS), .run = account_transactions },
};
const size_t ZY_ACCOUNT_API_COUNT = ZY_COUNT(ZY_ACCOUNT_APIS);
