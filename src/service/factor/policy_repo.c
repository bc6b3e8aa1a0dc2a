#include "service/factor/policy_repo.h"

/* The rule and the customer's preference in one round trip. */
static const zy_sql SQL_READ = { "policy.read",
    "SELECT COALESCE((SELECT options FROM policy_rule WHERE scene = $1), ''),"
    " COALESCE((SELECT options FROM policy_preference WHERE customer = $2 AND scene = $1), '')", 2, NULL };

zy_status policy_rule_read(zy_rtx *rtx, const char *scene, zy_id customer, policy_texts *ret_texts, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_READ, ZY_ARGS(ZY_TC(scene), ZY_I(customer.v)), &row, err));
    ZY_TRY(zy_str_copy(zy_col_text(row, 0), ret_texts->options, sizeof ret_texts->options));
    return zy_str_copy(zy_col_text(row, 1), ret_texts->preferred, sizeof ret_texts->preferred);
}

static const zy_sql SQL_WRITE = { "policy.write",
    "INSERT INTO policy_rule (scene, options, changed_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (scene) DO UPDATE SET options = excluded.options, changed_at = excluded.changed_at", 3, NULL };

zy_status policy_rule_write(zy_tx *tx, const char *scene, zy_str options, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_WRITE, ZY_ARGS(ZY_TC(scene), ZY_T(options), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_PREFER = { "policy.prefer",
    "INSERT INTO policy_preference (customer, scene, options, changed_at) VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (customer, scene) DO UPDATE SET options = excluded.options, changed_at = excluded.changed_at", 4, NULL };
static const zy_sql SQL_UNPREFER = { "policy.unprefer", "DELETE FROM policy_preference WHERE customer = $1 AND scene = $2", 2, NULL };
static const zy_sql SQL_FORGET = { "policy.forget", "DELETE FROM policy_preference WHERE customer = $1", 1, NULL };

zy_status policy_preference_write(zy_tx *tx, zy_id customer, const char *scene, zy_str options, zy_time now, zy_err *err)
{
    if (options.n == 0)
        return zy_exec(tx, &SQL_UNPREFER, ZY_ARGS(ZY_I(customer.v), ZY_TC(scene)), NULL, err);
    return zy_exec_expect(tx, &SQL_PREFER, ZY_ARGS(ZY_I(customer.v), ZY_TC(scene), ZY_T(options), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}

zy_status policy_preference_forget(zy_tx *tx, zy_id customer, zy_err *err)
{
    return zy_exec(tx, &SQL_FORGET, ZY_ARGS(ZY_I(customer.v)), NULL, err);
}
