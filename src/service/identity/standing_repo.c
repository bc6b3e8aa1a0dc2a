#include "service/identity/standing_repo.h"

#include <string.h>

static const zy_sql SQL_READ = { "standing.read", "SELECT state, scope, phone_changed_at FROM customer WHERE id = $1", 1, NULL };

zy_status standing_read(zy_rtx *rtx, zy_id customer, zy_standing *s, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_READ, ZY_ARGS(ZY_I(customer.v)), &stmt, err));
    ZY_TRY(zy_str_copy(zy_col_text(stmt, 0), s->state, sizeof s->state));
    s->phone_changed_at.ms = zy_col_int(stmt, 2);
    return zy_str_copy(zy_col_text(stmt, 1), s->scope, sizeof s->scope);
}

static const zy_sql SQL_OPEN = { "standing.open",
    "UPDATE customer SET state = 'active', scope = $2, must_change = 0 WHERE id = $1 AND state IN ('counter', 'cancelled')", 2, NULL };

zy_status standing_open(zy_tx *tx, zy_id customer, const char *scope, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_OPEN, ZY_ARGS(ZY_I(customer.v), ZY_TC(scope)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_SCOPE = { "standing.scope", "UPDATE customer SET scope = $3 WHERE id = $1 AND scope = $2", 3, NULL };

zy_status scope_move(zy_tx *tx, zy_id customer, const char *from, const char *to, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_SCOPE, ZY_ARGS(ZY_I(customer.v), ZY_TC(from), ZY_TC(to)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_PHONE_CHANGED = { "standing.phone_changed", "UPDATE customer SET phone_changed_at = $2 WHERE id = $1", 2, NULL };

zy_status standing_phone_changed(zy_tx *tx, zy_id customer, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_PHONE_CHANGED, ZY_ARGS(ZY_I(customer.v), ZY_I(now.ms)), 1, ZY_NOT_FOUND, err);
}

static const zy_sql SQL_CELLS[] = {
    { "identity.name_put", "UPDATE customer_identity SET name = $2 WHERE customer = $1", 2, NULL },
    { "identity.phone_put", "UPDATE customer_identity SET phone = $2 WHERE customer = $1", 2, NULL },
    { "identity.alias_put", "UPDATE customer_identity SET alias = $2 WHERE customer = $1", 2, NULL },
};

zy_status identity_cell_put(zy_tx *tx, zy_id customer, const char *column, zy_str sealed, zy_err *err)
{
    static const char *const COLUMNS[] = { "name", "phone", "alias" };
    for (size_t i = 0; i < ZY_COUNT(COLUMNS); i++)
        if (strcmp(column, COLUMNS[i]) == 0)
            return zy_exec_expect(tx, &SQL_CELLS[i], ZY_ARGS(ZY_I(customer.v), ZY_B(sealed.p, sealed.n)), 1, ZY_NOT_FOUND, err);
    return zy_fail(err, ZY_INTERNAL, NULL, "no such column of customer_identity");
}

static const zy_sql SQL_NAME_DROP = { "login_name.drop", "DELETE FROM login_name WHERE customer = $1 AND kind = $2", 2, NULL };
static const zy_sql SQL_NAMES_DROP = { "login_name.drop_all", "DELETE FROM login_name WHERE customer = $1", 1, NULL };
static const zy_sql SQL_CREDENTIAL_DROP = { "credential.drop", "DELETE FROM credential WHERE customer = $1", 1, NULL };

zy_status login_name_drop(zy_tx *tx, zy_id customer, const char *kind, zy_err *err)
{
    if (kind == NULL)
        return zy_exec(tx, &SQL_NAMES_DROP, ZY_ARGS(ZY_I(customer.v)), NULL, err);
    return zy_exec(tx, &SQL_NAME_DROP, ZY_ARGS(ZY_I(customer.v), ZY_TC(kind)), NULL, err);
}

zy_status credential_drop(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec(tx, &SQL_CREDENTIAL_DROP, ZY_ARGS(ZY_I(customer.v)), NULL, err);
}
