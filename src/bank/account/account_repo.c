#include "bank/account/account_repo.h"

#include <string.h>

#define ACCOUNT_COLUMNS "id, customer, kind, content"

static const zy_sql SQL_ADD = { "account.add",
    "INSERT INTO bank_account (id, customer, kind, content, number_index, opened_at) VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (number_index) DO NOTHING", 6, NULL };

zy_status account_insert(zy_tx *tx, const account_row *row, const uint8_t index[ZY_SM3_BYTES], zy_time now, zy_err *err)
{
    zy_str content = zy_buf_view(&row->content_sealed);
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(row->id.v), ZY_I(row->customer.v), ZY_TC(row->kind), ZY_B(content.p, content.n),
                                  ZY_B(index, ZY_SM3_BYTES), ZY_I(now.ms)),
                          1, ZY_ALREADY_EXISTS, err);
}

void account_row_free(account_row *row)
{
    zy_buf_free(&row->content_sealed);
}

zy_status account_row_read(const zy_stmt *s, account_row *row)
{
    *row = (account_row){ .id = zy_col_id(s, 0), .customer = zy_col_id(s, 1) };
    ZY_TRY(zy_str_copy(zy_col_text(s, 2), row->kind, sizeof row->kind));
    zy_buf_str(&row->content_sealed, zy_col_blob(s, 3));
    return ZY_OK;
}

static zy_status select_one(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, int arg_count, account_row *row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, sql, args, arg_count, &stmt, err));
    return account_row_read(stmt, row);
}

static const zy_sql SQL_OWN = { "account.own",
    "SELECT " ACCOUNT_COLUMNS " FROM bank_account WHERE id = $1 AND customer = $2 AND operable >= $3", 3, NULL };

zy_status account_select_own(zy_rtx *rtx, zy_id customer, zy_id id, bool removed_too, account_row *row, zy_err *err)
{
    return select_one(rtx, &SQL_OWN, ZY_ARGS(ZY_I(id.v), ZY_I(customer.v), ZY_I(!removed_too)), row, err);
}

static const zy_sql SQL_ANY = { "account.any", "SELECT " ACCOUNT_COLUMNS " FROM bank_account WHERE id = $1", 1, NULL };

zy_status account_select_any(zy_rtx *rtx, zy_id id, account_row *row, zy_err *err)
{
    return select_one(rtx, &SQL_ANY, ZY_ARGS(ZY_I(id.v)), row, err);
}

static const zy_sql SQL_BY_INDEX = { "account.by_index",
    "SELECT " ACCOUNT_COLUMNS " FROM bank_account WHERE number_index = $1", 1, NULL };

zy_status account_select_by_index(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], account_row *row, zy_err *err)
{
    return select_one(rtx, &SQL_BY_INDEX, ZY_ARGS(ZY_B(index, ZY_SM3_BYTES)), row, err);
}

static const zy_sql SQL_ALL = { "account.all",
    "SELECT " ACCOUNT_COLUMNS " FROM bank_account WHERE customer = $1 AND operable = $2 AND (closed_at <> 0) = ($3 <> 0) ORDER BY id LIMIT $4",
    4, NULL };

zy_status account_select_all(zy_rtx *rtx, zy_id customer, zy_account_which which, int limit, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_ALL,
                    ZY_ARGS(ZY_I(customer.v), ZY_I(which != ZY_ACCOUNTS_REMOVED), ZY_I(which == ZY_ACCOUNTS_CLOSED), ZY_I(limit)),
                    ret_rows, err);
}

/* ---- cards ---- */

static const zy_sql SQL_CARD_ADD = { "card.add",
    "INSERT INTO bank_card (account, phone_index, pin_record, issued_at) VALUES ($1, $2, $3, $4) ON CONFLICT (account) DO NOTHING",
    4, NULL };

zy_status card_insert(zy_tx *tx, const zy_card *card, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CARD_ADD,
                          ZY_ARGS(ZY_I(card->account.v), ZY_B(card->phone_index, sizeof card->phone_index),
                                  ZY_B(card->pin_record, sizeof card->pin_record), ZY_I(now.ms)),
                          1, ZY_ALREADY_EXISTS, err);
}

static const zy_sql SQL_CARD = { "card.of_account", "SELECT phone_index, pin_record FROM bank_card WHERE account = $1", 1, NULL };

static zy_status copy_exact(zy_str from, uint8_t *out, size_t size, zy_err *err)
{
    if (from.n != size)
        return zy_fail(err, ZY_INTERNAL, NULL, "a card's row of another shape");
    memcpy(out, from.p, size);
    return ZY_OK;
}

zy_status card_select(zy_rtx *rtx, zy_id account, zy_card *card, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_CARD, ZY_ARGS(ZY_I(account.v)), &stmt, err));
    *card = (zy_card){ .account = account };
    ZY_TRY(copy_exact(zy_col_blob(stmt, 0), card->phone_index, sizeof card->phone_index, err));
    return copy_exact(zy_col_blob(stmt, 1), card->pin_record, sizeof card->pin_record, err);
}
