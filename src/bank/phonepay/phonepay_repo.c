#include <string.h>

#include "bank/phonepay/phonepay_internal.h"

/* A number that was released is bound anew by its next owner, but not before every old question about it is dead. */
static const zy_sql SQL_PUT = { "phonepay.put",
    "INSERT INTO phone_binding (phone_index, customer, account, content, state, changed_at, next_try_at, tries, unsure_until)"
    " VALUES ($1, $2, $3, $4, 'binding', $5, $5, 0, 0)"
    " ON CONFLICT (phone_index) DO UPDATE SET customer = excluded.customer, account = excluded.account, content = excluded.content,"
    " state = 'binding', changed_at = excluded.changed_at, tries = 0,"
    " next_try_at = CASE WHEN phone_binding.unsure_until > excluded.changed_at THEN phone_binding.unsure_until ELSE excluded.changed_at END"
    " WHERE phone_binding.state = 'released'", 5, NULL };

zy_status binding_put(zy_tx *tx, const binding *b, zy_str sealed, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PUT,
                          ZY_ARGS(ZY_B(b->index, ZY_SM3_BYTES), ZY_I(b->customer.v), ZY_I(b->account.v), ZY_B(sealed.p, sealed.n),
                                  ZY_I(b->changed_at.ms)), 1, ZY_ALREADY_EXISTS, err);
}

#define COLUMNS "phone_index, customer, account, content, state, changed_at, next_try_at, tries, unsure_until"

static zy_status read_row(const zy_stmt *row, binding *b, zy_str *ret_sealed)
{
    zy_str index = zy_col_blob(row, 0);
    if (index.n != sizeof b->index)
        return ZY_INTERNAL;
    memcpy(b->index, index.p, sizeof b->index);
    b->customer = zy_col_id(row, 1);
    b->account = zy_col_id(row, 2);
    *ret_sealed = zy_col_blob(row, 3);
    b->changed_at = zy_col_time(row, 5);
    b->next_try_at = zy_col_time(row, 6);
    b->tries = zy_col_int(row, 7);
    b->unsure_until = zy_col_time(row, 8);
    return zy_str_copy(zy_col_text(row, 4), b->state, sizeof b->state);
}

static const zy_sql SQL_OF_CUSTOMER = { "phonepay.of_customer",
    "SELECT " COLUMNS " FROM phone_binding WHERE customer = $1 AND state <> 'released' ORDER BY changed_at DESC LIMIT 1", 1, NULL };

zy_status binding_by_customer(zy_rtx *rtx, zy_id customer, binding *ret_binding, zy_stmt **ret_row, zy_str *ret_sealed, zy_err *err)
{
    ZY_TRY(zy_query_one(rtx, &SQL_OF_CUSTOMER, ZY_ARGS(ZY_I(customer.v)), ret_row, err));
    return read_row(*ret_row, ret_binding, ret_sealed);
}

static const zy_sql SQL_OF_INDEX = { "phonepay.of_index", "SELECT " COLUMNS " FROM phone_binding WHERE phone_index = $1", 1, NULL };

zy_status binding_by_index(zy_rtx *rtx, const uint8_t index[ZY_SM3_BYTES], binding *ret_binding, zy_stmt **ret_row, zy_str *ret_sealed,
                           zy_err *err)
{
    ZY_TRY(zy_query_one(rtx, &SQL_OF_INDEX, ZY_ARGS(ZY_B(index, ZY_SM3_BYTES)), ret_row, err));
    return read_row(*ret_row, ret_binding, ret_sealed);
}

static const zy_sql SQL_DUE = { "phonepay.due",
    "SELECT " COLUMNS " FROM phone_binding WHERE next_try_at > 0 AND next_try_at <= $1 ORDER BY next_try_at LIMIT 1", 1, NULL };

zy_status binding_due(zy_rtx *rtx, zy_time now, binding *ret_binding, zy_stmt **ret_row, zy_str *ret_sealed, zy_err *err)
{
    ZY_TRY(zy_query_one(rtx, &SQL_DUE, ZY_ARGS(ZY_I(now.ms)), ret_row, err));
    return read_row(*ret_row, ret_binding, ret_sealed);
}

static const zy_sql SQL_MOVE = { "phonepay.move",
    "UPDATE phone_binding SET state = $4, changed_at = $5, next_try_at = $6, tries = $7, unsure_until = $8"
    " WHERE phone_index = $1 AND state = $2 AND next_try_at = $3", 8, NULL };

zy_status binding_move(zy_tx *tx, const binding *from, const binding *to, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_MOVE,
                          ZY_ARGS(ZY_B(from->index, ZY_SM3_BYTES), ZY_TC(from->state), ZY_I(from->next_try_at.ms), ZY_TC(to->state),
                                  ZY_I(to->changed_at.ms), ZY_I(to->next_try_at.ms), ZY_I(to->tries), ZY_I(to->unsure_until.ms)), 1,
                          ZY_STATE_CONFLICT, err);
}

/* ---- payees ---- */

static const zy_sql SQL_PAYEE = { "phonepay.payee",
    "INSERT INTO phone_payee (id, customer, login, content, expires_at) VALUES ($1, $2, $3, $4, $5)", 5, NULL };

zy_status phone_payee_insert(zy_tx *tx, const payee_row *row, zy_str sealed, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PAYEE,
                          ZY_ARGS(ZY_I(row->id.v), ZY_I(row->customer.v), ZY_I(row->login.v), ZY_B(sealed.p, sealed.n),
                                  ZY_I(row->expires_at.ms)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_PAYEE_FIND = { "phonepay.payee_find",
    "SELECT content FROM phone_payee WHERE id = $1 AND customer = $2 AND login = $3 AND expires_at > $4", 4, NULL };

zy_status phone_payee_select(zy_rtx *rtx, const payee_row *row, zy_time now, zy_stmt **ret_row, zy_err *err)
{
    return zy_query_one(rtx, &SQL_PAYEE_FIND, ZY_ARGS(ZY_I(row->id.v), ZY_I(row->customer.v), ZY_I(row->login.v), ZY_I(now.ms)), ret_row,
                        err);
}

static const zy_sql SQL_PAYEE_EXPIRE = { "phonepay.payee_expire",
    "DELETE FROM phone_payee WHERE id IN (SELECT id FROM phone_payee WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)", 2, NULL };

zy_status phone_payee_expire(zy_tx *tx, zy_time now, int max, int64_t *ret_dropped, zy_err *err)
{
    return zy_exec(tx, &SQL_PAYEE_EXPIRE, ZY_ARGS(ZY_I(now.ms), ZY_I(max)), ret_dropped, err);
}

static const zy_sql SQL_COUNT = { "phonepay.count",
    "INSERT INTO phone_lookup (customer, day, used) VALUES ($1, $2, 1)"
    " ON CONFLICT (customer) DO UPDATE SET used = CASE WHEN phone_lookup.day = excluded.day THEN phone_lookup.used + 1 ELSE 1 END,"
    " day = excluded.day WHERE phone_lookup.day <> excluded.day OR phone_lookup.used < $3", 3, NULL };

zy_status lookup_count(zy_tx *tx, zy_id customer, zy_day day, int64_t most, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_COUNT, ZY_ARGS(ZY_I(customer.v), ZY_I(day.days), ZY_I(most)), 1, ZY_RATE_LIMITED, err);
}
