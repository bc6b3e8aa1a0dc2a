/* Whose account is it, and under which number. */
#include <stdio.h>
#include <string.h>

#include "bank/account/account_repo.h"
#include "bank/account/eaccount.h"
#include "service/ledger/ledger.h"

#define INDEX_DOMAIN "account.number"

void zy_account_wipe(zy_account *a)
{
    zy_wipe(a, sizeof *a);
}

/* ---- numbers ---- */

static unsigned luhn_sum(const char *digits, size_t n, bool double_last)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        bool twice = ((n - 1 - i) % 2 == 0) == double_last;
        unsigned d = (unsigned)(digits[i] - '0') * (twice ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum;
}

bool zy_card_luhn(zy_str digits)
{
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
    return digits.n >= 12 && digits.n <= 19 && luhn_sum(digits.p, digits.n, false) % 10 == 0;
}

void zy_card_number(const char *bin, uint32_t serial, char out[24])
{
    int n = snprintf(out, 20, "%.9s%09u", bin, serial % 1000000000u);
    out[n] = (char)('0' + (10 - luhn_sum(out, (size_t)n, true) % 10) % 10);
    out[n + 1] = 0;
}

/* ---- rows ---- */

static zy_cell content_cell(zy_id id)
{
    return (zy_cell){ "bank_account", "content", id };
}

zy_status account_seal_content(zy_env *env, zy_id id, zy_str number, zy_str alias, zy_buf *ret_sealed)
{
    ZY_AUTO(zy_json_free) zy_json *content = zy_json_object();
    zy_json_set_str(content, "number", number);
    zy_json_set_str(content, "alias", alias);
    ZY_AUTO_SECRET_BUF plain = { 0 };
    zy_json_write(content, &plain);
    return zy_keys_seal(env->keys, ZY_KEY_FIELD, content_cell(id), plain.p, plain.n, ret_sealed);
}

static zy_status copy_member(const zy_json *content, const char *name, char *out, size_t size)
{
    zy_str value;
    if (!zy_json_str(content, name, &value))
        return ZY_INTERNAL;
    return zy_str_copy(value, out, size);
}

/* Number, alias and the state that the ledger keeps. */
static zy_status open_row(zy_rtx *rtx, zy_env *env, const account_row *row, zy_account *a, zy_balance *balance, zy_err *err)
{
    ZY_AUTO_SECRET_BUF plain = { 0 };
    ZY_TRY(zy_keys_open_cell(env->keys, ZY_KEY_FIELD, content_cell(row->id), row->content_sealed.p, row->content_sealed.n, &plain));
    ZY_AUTO(zy_json_free) zy_json *content = NULL;
    ZY_TRY(zy_json_parse(zy_buf_view(&plain), &content));
    *a = (zy_account){ .id = row->id, .customer = row->customer };
    memcpy(a->kind, row->kind, sizeof a->kind);
    ZY_TRY(copy_member(content, "number", a->number, sizeof a->number));
    ZY_TRY(copy_member(content, "alias", a->alias, sizeof a->alias));
    ZY_TRY(zy_ledger_balance(rtx, row->id, balance, err));
    memcpy(a->state, balance->state, sizeof a->state);
    return ZY_OK;
}

static zy_status index_of(zy_env *env, zy_str number, uint8_t out[ZY_SM3_BYTES])
{
    return zy_keys_index(env->keys, INDEX_DOMAIN, number, out);
}

zy_status zy_account_open(zy_tx *tx, zy_env *env, zy_id customer, zy_str number, const char *kind, zy_str alias,
                          zy_id *ret_account, zy_err *err)
{
    if (!zy_card_luhn(number))
        return zy_fail(err, ZY_BAD_FIELD, "number", "not a card number");
    uint8_t index[ZY_SM3_BYTES];
    zy_time now = zy_env_now(env);
    ACCOUNT_ROW_AUTO row = { .id = zy_id_next(env->ids), .customer = customer };
    ZY_TRY(zy_str_copy(zy_str_of(kind), row.kind, sizeof row.kind));
    ZY_TRY(account_seal_content(env, row.id, number, alias, &row.content_sealed));
    ZY_TRY(index_of(env, number, index));
    ZY_TRY(account_insert(tx, &row, index, now, err));
    zy_ledger_account ledger = { .id = row.id, .currency = "CNY", .subject = "2011", .branch = "0001" };
    ZY_TRY(zy_ledger_open_account(tx, &ledger, now, err));
    *ret_account = row.id;
    return ZY_OK;
}

static zy_status read_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, bool removed_too, zy_account *ret_account, zy_err *err)
{
    ACCOUNT_ROW_AUTO row = { 0 };
    zy_balance balance;
    ZY_TRY(account_select_own(rtx, customer, account, removed_too, &row, err));
    return open_row(rtx, env, &row, ret_account, &balance, err);
}

zy_status zy_account_own(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, zy_account *ret_account, zy_err *err)
{
    return read_own(rtx, env, customer, account, false, ret_account, err);
}

zy_status account_owned(zy_rtx *rtx, zy_env *env, zy_id customer, zy_id account, zy_account *ret_account, zy_err *err)
{
    return read_own(rtx, env, customer, account, true, ret_account, err);
}

zy_status account_any(zy_rtx *rtx, zy_env *env, zy_id account, zy_account *ret_account, zy_err *err)
{
    ACCOUNT_ROW_AUTO row = { 0 };
    zy_balance balance;
    ZY_TRY(account_select_any(rtx, account, &row, err));
    return open_row(rtx, env, &row, ret_account, &balance, err);
}

zy_status zy_account_by_number(zy_rtx *rtx, zy_env *env, zy_str number, zy_account *ret_account, zy_err *err)
{
    ACCOUNT_ROW_AUTO row = { 0 };
    zy_balance balance;
    uint8_t index[ZY_SM3_BYTES];
    ZY_TRY(index_of(env, number, index));
    ZY_TRY(account_select_by_index(rtx, index, &row, err));
    return open_row(rtx, env, &row, ret_account, &balance, err);
}

zy_status zy_account_each(zy_rtx *rtx, zy_env *env, zy_id customer, zy_account_which which, int limit, zy_account_fn each,
                          void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(account_select_all(rtx, customer, which, limit, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ACCOUNT_ROW_AUTO row = { 0 };
        ZY_AUTO_ACCOUNT account = { 0 };
        zy_balance balance;
        ZY_TRY(account_row_read(rows, &row));
        ZY_TRY(open_row(rtx, env, &row, &account, &balance, err));
        ZY_TRY(each(&account, balance.balance, balance.available, arg));
    }
}
