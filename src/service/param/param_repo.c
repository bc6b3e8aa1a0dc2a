#include "service/param/param_repo.h"

static const zy_sql SQL_PARAMS = { "param.all", "SELECT name, value FROM param_value", 0, NULL };
static const zy_sql SQL_SWITCHES = { "switch.closed", "SELECT api FROM api_switch WHERE closed = 1", 0, NULL };
static const zy_sql SQL_PARAM_PUT = { "param.put",
    "INSERT INTO param_value (name, value, changed_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at", 3, NULL };
static const zy_sql SQL_SWITCH_PUT = { "switch.put",
    "INSERT INTO api_switch (api, closed, changed_at) VALUES ($1, $2, $3)"
    " ON CONFLICT (api) DO UPDATE SET closed = excluded.closed, changed_at = excluded.changed_at", 3, NULL };

zy_status param_rows(zy_rtx *rtx, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_PARAMS, ZY_NO_ARGS, ret_rows, err);
}

zy_status switch_rows(zy_rtx *rtx, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_SWITCHES, ZY_NO_ARGS, ret_rows, err);
}

zy_status param_put(zy_tx *tx, zy_str name, int64_t value, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_PARAM_PUT, ZY_ARGS(ZY_T(name), ZY_I(value), ZY_I(now.ms)), NULL, err);
}

zy_status switch_put(zy_tx *tx, zy_str api, bool closed, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_SWITCH_PUT, ZY_ARGS(ZY_T(api), ZY_I(closed), ZY_I(now.ms)), NULL, err);
}

static const zy_sql SQL_PARAM_ONE = { "param.one", "SELECT value FROM param_value WHERE name = $1", 1, NULL };

zy_status param_one(zy_rtx *rtx, zy_str name, int64_t *ret_value, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_PARAM_ONE, ZY_ARGS(ZY_T(name)), &stmt, err));
    *ret_value = zy_col_int(stmt, 0);
    return ZY_OK;
}

static const zy_sql SQL_SWITCH_ONE = { "switch.one", "SELECT closed FROM api_switch WHERE api = $1", 1, NULL };

zy_status switch_one(zy_rtx *rtx, zy_str api, bool *ret_closed, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_SWITCH_ONE, ZY_ARGS(ZY_T(api)), &stmt, err));
    *ret_closed = zy_col_int(stmt, 0) != 0;
    return ZY_OK;
}
