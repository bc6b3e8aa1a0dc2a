/* Business parameters: figures with bounds that staff change by maker and checker, and the API switchboard. */
#pragma once
#include "api/env.h"
#include "base/json.h"

typedef struct zy_param_row {
    const char *name;      /* "transfer.daily_limit_fen" */
    int64_t fallback, min, max; /* the bounds are the clauses' own */
    const char *unit;
    const char *title_zh, *title_en;
} zy_param_row;
/* Rooms register their rows at start. */
void zy_param_register(const zy_param_row *rows, size_t count);
/* The value in force: cached, refreshed at most each 2 s from the table on every node; the default otherwise. */
int64_t zy_param_get(zy_env *env, const char *name);
/* Called by approval when a change was checked. ZY_BAD_FIELD outside the bounds. */
ZY_CHECKED zy_status zy_param_set(zy_tx *tx, zy_env *env, zy_str name, int64_t value, zy_err *err);
/* For comparisons inside a transaction: the row of a name (NULL: none), and what the tables say now, without the cache. */
const zy_param_row *zy_param_find(zy_str name);
ZY_CHECKED zy_status zy_param_read(zy_rtx *rtx, const zy_param_row *row, int64_t *ret_value, zy_err *err);
ZY_CHECKED zy_status zy_switch_read(zy_rtx *rtx, zy_str api, bool *ret_closed, zy_err *err);
/* Pushes {name, value, fallback, min, max, unit, title_zh, title_en}. */
void zy_param_list(zy_env *env, zy_json *ret_array);

/* The switchboard: APIs that are turned off. Same cache; zy_param_reload drops it on this node. */
bool zy_switch_closed(zy_env *env, const char *api);
ZY_CHECKED zy_status zy_switch_set(zy_tx *tx, zy_env *env, zy_str api, bool closed, zy_err *err);
void zy_param_reload(void);
