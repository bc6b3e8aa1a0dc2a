#include <string.h>

#include "bank/account/eaccount.h"

static const zy_sql SQL_ADD = { "eaccount.add",
    "INSERT INTO bank_eaccount (account, customer, class, slot, bound, pin_record, opened_at, closed_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, 0) ON CONFLICT DO NOTHING", 7, NULL };

zy_status eaccount_insert(zy_tx *tx, const eaccount_row *r, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->account.v), ZY_I(r->customer.v), ZY_I(r->class), ZY_I(r->slot), ZY_I(r->bound.v),
                                  ZY_B(r->pin_record, sizeof r->pin_record), ZY_I(now.ms)),
                          1, ZY_DB_CONFLICT, err);
}

static const zy_sql SQL_FIND = { "eaccount.find",
    "SELECT account, customer, class, slot, bound, pin_record FROM bank_eaccount WHERE account = $1", 1, NULL };

zy_status eaccount_select(zy_rtx *rtx, zy_id account, eaccount_row *r, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_FIND, ZY_ARGS(ZY_I(account.v)), &row, err));
    *r = (eaccount_row){ .account = zy_col_id(row, 0), .customer = zy_col_id(row, 1), .class = zy_col_int(row, 2),
                         .slot = zy_col_int(row, 3), .bound = zy_col_id(row, 4) };
    zy_str record = zy_col_blob(row, 5);
    if (record.n != sizeof r->pin_record)
        return zy_fail(err, ZY_INTERNAL, NULL, "a password record of another shape");
    memcpy(r->pin_record, record.p, record.n);
    return ZY_OK;
}

static const zy_sql SQL_SLOTS = { "eaccount.slots",
    "SELECT slot FROM bank_eaccount WHERE customer = $1 AND class = $2 AND closed_at = 0 ORDER BY slot", 2, NULL };

zy_status eaccount_free_slot(zy_rtx *rtx, zy_id customer, int64_t class, int64_t *ret_slot, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    int64_t slot = 1;
    bool taken = true;
    ZY_TRY(zy_query(rtx, &SQL_SLOTS, ZY_ARGS(ZY_I(customer.v), ZY_I(class)), &rows, err));
    for (;;) {
        ZY_TRY(zy_stmt_next(rows, &taken, err));
        if (!taken || zy_col_int(rows, 0) != slot)
            break;
        slot++;
    }
    *ret_slot = slot;
    return ZY_OK;
}

static const zy_sql SQL_PASSWORD = { "eaccount.password", "UPDATE bank_eaccount SET pin_record = $2 WHERE account = $1 AND closed_at = 0",
    2, NULL };

zy_status eaccount_set_password(zy_tx *tx, zy_id account, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PASSWORD, ZY_ARGS(ZY_I(account.v), ZY_B(record, ZY_PASSWORD_RECORD_BYTES)), 1, ZY_STATE_CONFLICT,
                          err);
}

static const zy_sql SQL_CLOSE = { "eaccount.close", "UPDATE bank_eaccount SET closed_at = $2 WHERE account = $1 AND closed_at = 0", 2,
    NULL };
static const zy_sql SQL_CLOSE_BOOK = { "account.close", "UPDATE bank_account SET closed_at = $2 WHERE id = $1 AND closed_at = 0", 2,
    NULL };

zy_status eaccount_close(zy_tx *tx, zy_id account, zy_time now, zy_err *err)
{
    ZY_TRY(zy_exec_expect(tx, &SQL_CLOSE, ZY_ARGS(ZY_I(account.v), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err));
    return zy_exec_expect(tx, &SQL_CLOSE_BOOK, ZY_ARGS(ZY_I(account.v), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err);
}

/* ---- quotas ---- */

/* The first of a span is below the limit by itself: compared here. */
static const zy_sql SQL_TAKE = { "quota.take",
    "INSERT INTO bank_quota (account, direction, span, start, used_fen) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (account, direction, span, start) DO UPDATE SET used_fen = bank_quota.used_fen + excluded.used_fen"
    " WHERE bank_quota.used_fen + excluded.used_fen <= $6", 6, NULL };

zy_status quota_take(zy_tx *tx, const quota_use *u, zy_money amount, zy_err *err)
{
    if (amount.fen > u->limit.fen)
        return zy_fail(err, ZY_ACCOUNT_QUOTA, "amount_fen", "above the quota of a %s", u->span);
    return zy_exec_expect(tx, &SQL_TAKE,
                          ZY_ARGS(ZY_I(u->account.v), ZY_TC(u->direction), ZY_TC(u->span), ZY_I(u->start.days), ZY_I(amount.fen),
                                  ZY_I(u->limit.fen)),
                          1, ZY_ACCOUNT_QUOTA, err);
}

static const zy_sql SQL_USED = { "quota.used",
    "SELECT coalesce(sum(used_fen), 0) FROM bank_quota WHERE account = $1 AND direction = $2 AND span = $3 AND start = $4", 4, NULL };

zy_status quota_used(zy_rtx *rtx, const quota_use *u, zy_money *ret_used, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_USED,
                        ZY_ARGS(ZY_I(u->account.v), ZY_TC(u->direction), ZY_TC(u->span), ZY_I(u->start.days)), &row, err));
    *ret_used = zy_col_money(row, 0);
    return ZY_OK;
}
