#include "service/factor/policy_repo.h"

static const zy_sql SQL_READ = { "policy.read", "SELECT options FROM policy_rule WHERE scene = $1", 1, NULL };

zy_status policy_rule_read(zy_rtx *rtx, const char *scene, char ret_options[POLICY_TEXT_MAX], zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ret_options[0] = '\0';
    zy_status status = zy_query_one(rtx, &SQL_READ, ZY_ARGS(ZY_TC(scene)), &row, err);
    if (status == ZY_NOT_FOUND)
        return ZY_OK;
    ZY_TRY(status);
    return zy_str_copy(zy_col_text(row, 0), ret_options, POLICY_TEXT_MAX);
}

static const zy_sql SQL_WRITE = { "policy.write",
    "INSERT INTO policy_rule (scene, options, changed_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (scene) DO UPDATE SET options = excluded.options, changed_at = excluded.changed_at", 3, NULL };

zy_status policy_rule_write(zy_tx *tx, const char *scene, zy_str options, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_WRITE, ZY_ARGS(ZY_TC(scene), ZY_T(options), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}
