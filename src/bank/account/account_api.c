/* account.list, account.transactions, and the rows of the APIs on e-accounts. */
#include "bank/account/manage.h"
#include "service/ledger/ledger.h"

#include <string.h>

#define ACCOUNTS_MAX 50 /* of one customer */
#define PAGE_DEFAULT 20

/* ---- account.list ---- */

typedef struct list_in {
    zy_str which;
} list_in;
static const zy_field LIST_FIELDS[] = {
    ZY_FIELD(list_in, which, ZY_F_ENUM, 1, 10, ZY_OPTIONAL, .choices = "used|removed|closed", .help = "without it: used"),
};

typedef struct list_job {
    zy_call *call;
    zy_account_which which;
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
    zy_json_set(out, "uses", account_uses_json(a));
    zy_json_push(job->accounts, out);
    return ZY_OK;
}

static zy_status list_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    list_job *job = arg;
    return zy_account_each(rtx, job->call->env, job->call->caller->customer, job->which, ACCOUNTS_MAX, push_account, job, err);
}

static zy_status account_list(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const list_in *in = input;
    list_job job = { .call = call, .accounts = zy_json_array() };
    if (zy_str_eq_c(in->which, "removed"))
        job.which = ZY_ACCOUNTS_REMOVED;
    else if (zy_str_eq_c(in->which, "closed"))
        job.which = ZY_ACCOUNTS_CLOSED;
    zy_json_set(body, "accounts", job.accounts);
    return zy_db_read(call->env->db, "account.list", list_read, &job, err);
}

static const zy_out ACCOUNT_OUTS[] = {
    ZY_OUT("account_id", ZY_O_STR),  ZY_OUT("kind", ZY_O_STR),         ZY_OUT("alias", ZY_O_STR),
    ZY_OUT("number", ZY_O_STR, .mask = ZY_M_CARD), ZY_OUT("balance_fen", ZY_O_INT), ZY_OUT("available_fen", ZY_O_INT),
    ZY_OUT("state", ZY_O_STR),
    ZY_OUT("uses", ZY_O_STRS, .help = "what it can be used for: back (e-accounts are bound to it), remove, close, password, quota"),
};
static const zy_out LIST_OUTS[] = { ZY_OUT("accounts", ZY_O_LIST, ZY_MEMBERS(ACCOUNT_OUTS)) };

/* ---- account.overview: what there is, by kind ---- */

#define KINDS_MAX 4

typedef struct overview_job {
    zy_call *call;
    struct {
        char kind[16];
        int64_t count;
        zy_money balance;
    } groups[KINDS_MAX];
    size_t count;
    zy_money total, available;
} overview_job;

static zy_status add_account(const zy_account *a, zy_money balance, zy_money available, void *arg)
{
    overview_job *job = arg;
    size_t i = 0;
    while (i < job->count && strcmp(job->groups[i].kind, a->kind) != 0)
        i++;
    if (i == KINDS_MAX)
        return ZY_INTERNAL;
    if (i == job->count) {
        memcpy(job->groups[i].kind, a->kind, sizeof a->kind);
        job->count++;
    }
    job->groups[i].count++;
    ZY_TRY(zy_money_add(job->groups[i].balance, balance, &job->groups[i].balance));
    ZY_TRY(zy_money_add(job->total, balance, &job->total));
    return zy_money_add(job->available, available, &job->available);
}

static zy_status overview_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    overview_job *job = arg;
    *job = (overview_job){ .call = job->call };
    return zy_account_each(rtx, job->call->env, job->call->caller->customer, ZY_ACCOUNTS_USED, ACCOUNTS_MAX, add_account, job, err);
}

static zy_status account_overview(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    overview_job job = { .call = call };
    ZY_TRY(zy_db_read(call->env->db, "account.overview", overview_read, &job, err));
    zy_json *groups = zy_json_array();
    for (size_t i = 0; i < job.count; i++) {
        zy_json *group = zy_json_object();
        zy_json_set_c(group, "kind", job.groups[i].kind);
        zy_json_set_int(group, "count", job.groups[i].count);
        zy_json_set_int(group, "balance_fen", job.groups[i].balance.fen);
        zy_json_push(groups, group);
    }
    zy_json_set_int(body, "total_fen", job.total.fen);
    zy_json_set_int(body, "available_fen", job.available.fen);
    zy_json_set(body, "groups", groups);
    return ZY_OK;
}

static const zy_out GROUP_OUTS[] = { ZY_OUT("kind", ZY_O_STR), ZY_OUT("count", ZY_O_INT), ZY_OUT("balance_fen", ZY_O_INT) };
static const zy_out OVERVIEW_OUTS[] = { ZY_OUT("total_fen", ZY_O_INT), ZY_OUT("available_fen", ZY_O_INT),
                                        ZY_OUT("groups", ZY_O_LIST, ZY_MEMBERS(GROUP_OUTS)) };

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

/* ---- class II and III accounts ---- */

static const zy_field CIPHER_FIELDS[] = {
    ZY_FIELD(cipher_in, challenge_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(cipher_in, cipher, ZY_F_BASE64, 100, 400, ZY_SENSITIVE),
};
#define CIPHER(struct_t, member, words) \
    ZY_FIELD(struct_t, member, ZY_F_OBJECT, 0, 0, .object = CIPHER_FIELDS, .object_count = ZY_COUNT(CIPHER_FIELDS), .help = (words))
#define ACCOUNT_ID(struct_t) ZY_FIELD(struct_t, account_id, ZY_F_ID, 1, 40)
static const zy_field OPEN_FIELDS[] = {
    ZY_FIELD(eaccount_open_in, kind, ZY_F_ENUM, 1, 10, .choices = "class2|class3"),
    ZY_FIELD(eaccount_open_in, bound_account_id, ZY_F_ID, 1, 40, .help = "an own class I account at this bank"),
    ZY_FIELD(eaccount_open_in, alias, ZY_F_TEXT, 0, 20, ZY_OPTIONAL),
    CIPHER(eaccount_open_in, password, "the account's own: six digits, encrypted with purpose 3"),
};
static const zy_field CLOSE_FIELDS[] = {
    ACCOUNT_ID(eaccount_close_in),
    CIPHER(eaccount_close_in, password, "the account's own, encrypted with purpose 4"),
};
static const zy_field PASSWORD_CHANGE_FIELDS[] = {
    ACCOUNT_ID(eaccount_password_in),
    CIPHER(eaccount_password_in, old, "encrypted with purpose 4"),
    CIPHER(eaccount_password_in, password, "the new one, encrypted with purpose 3"),
};
static const zy_field PASSWORD_RESET_FIELDS[] = {
    ACCOUNT_ID(eaccount_password_in),
    CIPHER(eaccount_password_in, password, "the new one, encrypted with purpose 3"),
};
static const zy_field QUOTA_FIELDS[] = { ACCOUNT_ID(account_id_in) };
static const zy_out QUOTA_WAY_OUTS[] = {
    ZY_OUT("day_limit_fen", ZY_O_INT), ZY_OUT("day_used_fen", ZY_O_INT), ZY_OUT("year_limit_fen", ZY_O_INT),
    ZY_OUT("year_used_fen", ZY_O_INT),
};
static const zy_out QUOTA_OUTS[] = {
    ZY_OUT("kind", ZY_O_STR), ZY_OUT("bound_account_id", ZY_O_STR), ZY_OUT("bound_number", ZY_O_STR, .mask = ZY_M_CARD),
    ZY_OUT("balance_max_fen", ZY_O_INT, .help = "0: no bound"), ZY_OUT("in", ZY_O_OBJECT, ZY_MEMBERS(QUOTA_WAY_OUTS)),
    ZY_OUT("out", ZY_O_OBJECT, ZY_MEMBERS(QUOTA_WAY_OUTS)),
};

/* ---- loss, alias, added and removed, limits; the staff ---- */

static const zy_field ALIAS_FIELDS[] = {
    ACCOUNT_ID(account_alias_in),
    ZY_FIELD(account_alias_in, alias, ZY_F_TEXT, 1, 20, .help = "letters, digits and simple signs"),
};
static const zy_field ADD_FIELDS[] = {
    ZY_FIELD(account_add_in, card_no, ZY_F_CARD, 16, 19, ZY_SENSITIVE),
    ZY_FIELD(account_add_in, phone, ZY_F_DIGITS, 11, 11, ZY_SENSITIVE, .help = "left with the bank for this card"),
    CIPHER(account_add_in, pin, "the card's PIN, encrypted with purpose 4"),
};
static const zy_field LIMIT_FIELDS[] = {
    ZY_FIELD(limit_in, once_fen, ZY_F_MONEY, 1, 100000000),
    ZY_FIELD(limit_in, day_fen, ZY_F_MONEY, 1, 100000000),
};
static const zy_out LIMIT_OUTS[] = {
    ZY_OUT("once_fen", ZY_O_INT, .help = "in force"), ZY_OUT("day_fen", ZY_O_INT, .help = "in force"),
    ZY_OUT("bank_once_fen", ZY_O_INT), ZY_OUT("bank_day_fen", ZY_O_INT), ZY_OUT("day_used_fen", ZY_O_INT),
};
static const zy_field SEARCH_FIELDS[] = { ZY_FIELD(account_search_in, customer_id, ZY_F_ID, 1, 40) };
static const zy_out FOUND_OUTS[] = {
    ZY_OUT("account_id", ZY_O_STR), ZY_OUT("kind", ZY_O_STR), ZY_OUT("number", ZY_O_STR, .mask = ZY_M_CARD), ZY_OUT("state", ZY_O_STR),
    ZY_OUT("blocks", ZY_O_STRS, .help = "why nothing is debited: loss, freeze, stop_payment"),
};
static const zy_out SEARCH_OUTS[] = { ZY_OUT("accounts", ZY_O_LIST, ZY_MEMBERS(FOUND_OUTS)) };
static const zy_field DEED_FIELDS[] = {
    ZY_FIELD(account_deed_in, account_id, ZY_F_ID, 1, 40),
    ZY_FIELD(account_deed_in, reason, ZY_F_TEXT, 2, 200, .help = "for whoever checks it"),
};
static const zy_out REQUESTED_OUTS[] = { ZY_OUT("request_id", ZY_O_STR) };
#define DEED_API(api_name, words)                                                                                                    \
    { .name = (api_name), .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = "customer.make", .per_minute = 20,             \
      .audited = true, .title = (words), .run = account_deed_run, ZY_FIELDS(account_deed_in, DEED_FIELDS), ZY_OUTS(REQUESTED_OUTS) }

#define PREPARE_API(api_name, words, handler)                                                                              \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .idempotent = true, .audited = true, \
    .critical = true, .title = (words), .run = (handler), .outs = ZY_ORDER_PREPARED_OUTS, .out_count = ZY_ORDER_PREPARED_OUT_COUNT

const zy_api ZY_ACCOUNT_APIS[] = {
    { .name = "account.list", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "The customer's accounts with their balances", ZY_FIELDS(list_in, LIST_FIELDS), ZY_OUTS(LIST_OUTS), .run = account_list },
    { .name = "account.transactions", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 120,
      .title = "Entries of an own account, newest first", ZY_FIELDS(transactions_in, TRANSACTIONS_FIELDS),
      ZY_OUTS(TRANSACTIONS_OUTS), .run = account_transactions },
    { PREPARE_API("account.open.prepare", "Prepares a class II or III account bound to an own card", eaccount_open_prepare_run),
      ZY_FIELDS(eaccount_open_in, OPEN_FIELDS) },
    { PREPARE_API("account.close.prepare", "Prepares the closing of an e-account; its balance goes to the bound account",
                  eaccount_close_prepare_run), ZY_FIELDS(eaccount_close_in, CLOSE_FIELDS) },
    { PREPARE_API("account.password.change.prepare", "Prepares a new password of an e-account by whoever knows the old one",
                  eaccount_password_change_prepare_run), ZY_FIELDS(eaccount_password_in, PASSWORD_CHANGE_FIELDS) },
    { PREPARE_API("account.password.reset.prepare", "Prepares a new password of an e-account without the old one",
                  eaccount_password_reset_prepare_run), ZY_FIELDS(eaccount_password_in, PASSWORD_RESET_FIELDS) },
    { .name = "account.quota", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "What may pass through an e-account, and what has", ZY_FIELDS(account_id_in, QUOTA_FIELDS), ZY_OUTS(QUOTA_OUTS),
      .run = account_quota_run },
    { .name = "account.overview", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "What the customer has, by kind of account", ZY_NO_FIELDS, ZY_OUTS(OVERVIEW_OUTS), .run = account_overview },
    { PREPARE_API("account.loss.prepare", "Prepares a loss report: nothing is debited any more", account_loss_prepare_run),
      ZY_FIELDS(account_id_in, QUOTA_FIELDS) },
    { PREPARE_API("account.loss_lift.prepare", "Prepares that a loss report is lifted", account_loss_lift_prepare_run),
      ZY_FIELDS(account_id_in, QUOTA_FIELDS) },
    { PREPARE_API("account.add.prepare", "Prepares that a further own card is used here", account_add_prepare_run),
      ZY_FIELDS(account_add_in, ADD_FIELDS) },
    { .name = "account.remove", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .audited = true,
      .title = "An own card is not used here any more", ZY_FIELDS(account_id_in, QUOTA_FIELDS), .run = account_remove_run },
    { .name = "account.alias.set", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 20, .audited = true,
      .title = "What an own account is called", ZY_FIELDS(account_alias_in, ALIAS_FIELDS), .run = account_alias_set_run },
    { .name = "limit.get", .door = ZY_DOOR_CUSTOMER, .class = ZY_PROTECTED, .per_minute = 60,
      .title = "Limits of transfers: the bank's, the customer's own, and what the day has seen", ZY_NO_FIELDS, ZY_OUTS(LIMIT_OUTS),
      .run = limit_get_run },
    { .name = "limit.lower", .door = ZY_DOOR_CUSTOMER, .class = ZY_PRIVATE, .per_minute = 10, .audited = true,
      .title = "Lowers the customer's own limits, at once", ZY_FIELDS(limit_in, LIMIT_FIELDS), .run = limit_lower_run },
    { PREPARE_API("limit.raise.prepare", "Prepares higher own limits", limit_raise_prepare_run), ZY_FIELDS(limit_in, LIMIT_FIELDS) },
    { .name = "account.search", .door = ZY_DOOR_STAFF, .class = ZY_PROTECTED, .permission = "customer.view", .per_minute = 60,
      .audited = true, .title = "A customer's accounts, masked", ZY_FIELDS(account_search_in, SEARCH_FIELDS), ZY_OUTS(SEARCH_OUTS),
      .run = account_search_run },
    DEED_API("account.freeze", "Asks to freeze an account: nothing is debited"),
    DEED_API("account.unfreeze", "Asks to end a freeze"),
    DEED_API("account.stop_payment", "Asks to stop payment from an account"),
    DEED_API("account.resume_payment", "Asks to let an account pay again"),
};
const size_t ZY_ACCOUNT_API_COUNT = ZY_COUNT(ZY_ACCOUNT_APIS);
