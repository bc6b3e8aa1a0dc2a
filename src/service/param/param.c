/* Parameters and switches in force: a cache of two small tables, read anew at most each REFRESH_MS. */
#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "service/param/param_repo.h"

#define ROWS_MAX     256
#define SWITCHES_MAX 256
#define API_NAME_MAX 64
#define REFRESH_MS   2000

typedef struct slot {
    const zy_param_row *row;
    int64_t value;
} slot;

typedef struct cache {
    slot params[ROWS_MAX];
    size_t param_count;
    char closed[SWITCHES_MAX][API_NAME_MAX];
    size_t closed_count;
    int64_t read_at_ns; /* 0: never */
    const zy_db *db;    /* whose values these are */
} cache;
static cache now_in_force;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static slot *find(zy_str name)
{
    for (size_t i = 0; i < now_in_force.param_count; i++)
        if (zy_str_eq_c(name, now_in_force.params[i].row->name))
            return &now_in_force.params[i];
    return NULL;
}

void zy_param_register(const zy_param_row *rows, size_t count)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++) {
        assert(rows[i].min <= rows[i].fallback && rows[i].fallback <= rows[i].max);
        if (find(zy_str_of(rows[i].name)) != NULL)
            continue;
        assert(now_in_force.param_count < ROWS_MAX);
        now_in_force.params[now_in_force.param_count++] = (slot){ &rows[i], rows[i].fallback };
    }
    now_in_force.read_at_ns = 0;
    pthread_mutex_unlock(&lock);
}

/* What the tables say, before it is put in force at once. */
typedef struct reading {
    struct {
        char name[API_NAME_MAX];
        int64_t value;
    } params[ROWS_MAX];
    size_t param_count;
    char closed[SWITCHES_MAX][API_NAME_MAX];
    size_t closed_count;
} reading;

static zy_status read_tables(zy_rtx *rtx, void *arg, zy_err *err)
{
    reading *r = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *params = NULL;
    bool more = true;
    r->param_count = r->closed_count = 0;
    ZY_TRY(param_rows(rtx, &params, err));
    while (r->param_count < ROWS_MAX) {
        ZY_TRY(zy_stmt_next(params, &more, err));
        if (!more)
            break;
        ZY_TRY(zy_str_copy(zy_col_text(params, 0), r->params[r->param_count].name, API_NAME_MAX));
        r->params[r->param_count++].value = zy_col_int(params, 1);
    }
    ZY_AUTO(zy_stmt_free) zy_stmt *switches = NULL;
    ZY_TRY(switch_rows(rtx, &switches, err));
    while (r->closed_count < SWITCHES_MAX) {
        ZY_TRY(zy_stmt_next(switches, &more, err));
        if (!more)
            break;
        ZY_TRY(zy_str_copy(zy_col_text(switches, 0), r->closed[r->closed_count++], API_NAME_MAX));
    }
    return ZY_OK;
}

static void put_in_force(const reading *r)
{
    for (size_t i = 0; i < now_in_force.param_count; i++)
        now_in_force.params[i].value = now_in_force.params[i].row->fallback;
    for (size_t i = 0; i < r->param_count; i++) {
        slot *s = find(zy_str_of(r->params[i].name));
        /* A value outside the clauses' bounds never comes into force, however it got into the table. */
        if (s != NULL && r->params[i].value >= s->row->min && r->params[i].value <= s->row->max)
            s->value = r->params[i].value;
    }
    memcpy(now_in_force.closed, r->closed, sizeof r->closed);
    now_in_force.closed_count = r->closed_count;
}

/* Called with the lock; the lock is left while the database is read, other threads go on with the old values. */
static void refresh(zy_env *env)
{
    int64_t now = zy_clock_monotonic_ns();
    if (now_in_force.db == env->db && now_in_force.read_at_ns != 0 &&
        now - now_in_force.read_at_ns < REFRESH_MS * INT64_C(1000000))
        return;
    bool first = now_in_force.db != env->db || now_in_force.read_at_ns == 0;
    if (!first)
        now_in_force.read_at_ns = now; /* this thread reads; the others do not wait */
    static __thread reading r;
    zy_err err = { 0 };
    if (!first)
        pthread_mutex_unlock(&lock);
    zy_status status = zy_db_read(env->db, "param.refresh", read_tables, &r, &err);
    if (!first)
        pthread_mutex_lock(&lock);
    if (status != ZY_OK) {
        zy_log_err("param.refresh_failed", &err);
        return;
    }
    put_in_force(&r);
    now_in_force.db = env->db;
    now_in_force.read_at_ns = now;
}

int64_t zy_param_get(zy_env *env, const char *name)
{
    pthread_mutex_lock(&lock);
    refresh(env);
    slot *s = find(zy_str_of(name));
    assert(s != NULL);
    int64_t value = s->value;
    pthread_mutex_unlock(&lock);
    return value;
}

bool zy_switch_closed(zy_env *env, const char *api)
{
    bool closed = false;
    pthread_mutex_lock(&lock);
    refresh(env);
    for (size_t i = 0; i < now_in_force.closed_count && !closed; i++)
        closed = strcmp(now_in_force.closed[i], api) == 0;
    pthread_mutex_unlock(&lock);
    return closed;
}

const zy_param_row *zy_param_find(zy_str name)
{
    pthread_mutex_lock(&lock);
    slot *s = find(name);
    const zy_param_row *row = s != NULL ? s->row : NULL;
    pthread_mutex_unlock(&lock);
    return row;
}

zy_status zy_param_read(zy_rtx *rtx, const zy_param_row *row, int64_t *ret_value, zy_err *err)
{
    zy_status status = param_one(rtx, zy_str_of(row->name), ret_value, err);
    if (status == ZY_NOT_FOUND)
        *ret_value = row->fallback;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

zy_status zy_switch_read(zy_rtx *rtx, zy_str api, bool *ret_closed, zy_err *err)
{
    zy_status status = switch_one(rtx, api, ret_closed, err);
    if (status == ZY_NOT_FOUND)
        *ret_closed = false;
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

zy_status zy_param_set(zy_tx *tx, zy_env *env, zy_str name, int64_t value, zy_err *err)
{
    const zy_param_row *row = zy_param_find(name);
    if (row == NULL)
        return zy_fail(err, ZY_NOT_FOUND, "name", "no such parameter");
    if (value < row->min || value > row->max)
        return zy_fail(err, ZY_BAD_FIELD, "value", "outside the bounds of %s", row->name);
    return param_put(tx, name, value, zy_env_now(env), err);
}

zy_status zy_switch_set(zy_tx *tx, zy_env *env, zy_str api, bool closed, zy_err *err)
{
    if (api.n == 0 || api.n >= API_NAME_MAX)
        return zy_fail(err, ZY_BAD_FIELD, "api", "not the name of an API");
    return switch_put(tx, api, closed, zy_env_now(env), err);
}

void zy_param_list(zy_env *env, zy_json *ret_array)
{
    pthread_mutex_lock(&lock);
    refresh(env);
    for (size_t i = 0; i < now_in_force.param_count; i++) {
        const slot *s = &now_in_force.params[i];
        zy_json *o = zy_json_object();
        zy_json_set_c(o, "name", s->row->name);
        zy_json_set_int(o, "value", s->value);
        zy_json_set_int(o, "fallback", s->row->fallback);
        zy_json_set_int(o, "min", s->row->min);
        zy_json_set_int(o, "max", s->row->max);
        zy_json_set_c(o, "unit", s->row->unit);
        zy_json_set_c(o, "title_zh", s->row->title_zh);
        zy_json_set_c(o, "title_en", s->row->title_en);
        zy_json_push(ret_array, o);
    }
    pthread_mutex_unlock(&lock);
}

void zy_param_reload(void)
{
    pthread_mutex_lock(&lock);
    now_in_force.read_at_ns = 0;
    pthread_mutex_unlock(&lock);
}
