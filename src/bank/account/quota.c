/* What may pass through class II and III accounts (DECISIONS "e-account quotas"): counted in the posting's own unit, behind the
 * posting, when the balance row of the account is this unit's: so of many at once exactly those pass that fit. */
#include <string.h>

#include "bank/account/eaccount.h"
#include "service/ledger/ledger.h"
#include "service/param/param.h"

enum { SPANS = 2 };
static const char *const SPAN_NAMES[SPANS] = { "day", "year" };

static zy_day year_start(zy_day day)
{
    char text[ZY_DAY_TEXT_MAX];
    zy_day start = day;
    zy_day_format(day, text);
    memcpy(text + strlen(text) - 5, "01-01", 5);
    return zy_day_parse(zy_str_of(text), &start) == ZY_OK ? start : day;
}

static void uses_of(zy_env *env, const account_kind *kind, zy_id account, const char *direction, zy_time at, quota_use out[SPANS])
{
    zy_day day = zy_day_of(at);
    const zy_day starts[SPANS] = { day, year_start(day) };
    for (int i = 0; i < SPANS; i++)
        out[i] = (quota_use){ .account = account, .direction = direction, .span = SPAN_NAMES[i], .start = starts[i],
                              .limit = { zy_param_get(env, kind->limit[i]) } };
}

static const account_kind *kind_of_class(int64_t class)
{
    return account_kind_find(class == 2 ? ZY_STR("class2") : ZY_STR("class3"));
}

/* One account of a movement: with `other` on the far side, which may be its bound account. */
typedef struct side {
    zy_id account, other;
    const char *direction;
    eaccount_row row;
    const account_kind *kind; /* NULL: no quotas */
} side;

static zy_status read_side(zy_rtx *rtx, side *s, zy_err *err)
{
    zy_status status = eaccount_select(rtx, s->account, &s->row, err);
    if (status == ZY_OK)
        s->kind = kind_of_class(s->row.class);
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static void sides_of(const zy_account_move *move, side out[2])
{
    out[0] = (side){ .account = move->from, .other = move->to, .direction = "out" };
    out[1] = (side){ .account = move->to, .other = move->from, .direction = "in" };
}

/* coming: what is not on the balance yet. */
static zy_status check_balance(zy_rtx *rtx, zy_env *env, const side *s, zy_money coming, zy_err *err)
{
    zy_balance balance;
    if (s->kind->balance == NULL || strcmp(s->direction, "in") != 0)
        return ZY_OK;
    ZY_TRY(zy_ledger_balance(rtx, s->account, &balance, err));
    if (zy_money_add(balance.balance, coming, &balance.balance) != ZY_OK || balance.balance.fen > zy_param_get(env, s->kind->balance))
        return zy_fail(err, ZY_ACCOUNT_QUOTA, "amount_fen", "more than the account may hold");
    return ZY_OK;
}

static bool is_counted(const side *s)
{
    return !zy_id_eq(s->other, s->row.bound);
}

zy_status zy_quota_count(zy_tx *tx, zy_env *env, const zy_account_move *move, zy_time at, zy_err *err)
{
    side sides[2];
    quota_use uses[SPANS];
    sides_of(move, sides);
    for (int i = 0; i < 2; i++) {
        side *s = &sides[i];
        ZY_TRY(read_side(zy_tx_read(tx), s, err));
        if (s->kind == NULL)
            continue;
        uses_of(env, s->kind, s->account, s->direction, at, uses);
        for (int u = 0; u < SPANS && is_counted(s); u++)
            ZY_TRY(quota_take(tx, &uses[u], move->amount, err));
        ZY_TRY(check_balance(zy_tx_read(tx), env, s, (zy_money){ 0 }, err));
    }
    return ZY_OK;
}

static zy_status check_use(zy_rtx *rtx, const quota_use *use, zy_money amount, zy_err *err)
{
    zy_money used, total;
    ZY_TRY(quota_used(rtx, use, &used, err));
    if (zy_money_add(used, amount, &total) != ZY_OK || total.fen > use->limit.fen)
        return zy_fail(err, ZY_ACCOUNT_QUOTA, "amount_fen", "above the quota of a %s", use->span);
    return ZY_OK;
}

zy_status zy_quota_check(zy_rtx *rtx, zy_env *env, const zy_account_move *move, zy_time at, zy_err *err)
{
    side sides[2];
    quota_use uses[SPANS];
    sides_of(move, sides);
    for (int i = 0; i < 2; i++) {
        side *s = &sides[i];
        ZY_TRY(read_side(rtx, s, err));
        if (s->kind == NULL)
            continue;
        uses_of(env, s->kind, s->account, s->direction, at, uses);
        for (int u = 0; u < SPANS && is_counted(s); u++)
            ZY_TRY(check_use(rtx, &uses[u], move->amount, err));
        ZY_TRY(check_balance(rtx, env, s, move->amount, err));
    }
    return ZY_OK;
}

/* ---- account.quota ---- */

typedef struct quota_job {
    zy_call *call;
    zy_id account;
    zy_account own, bound;
    eaccount_row row;
    zy_money used[2][SPANS];
} quota_job;

static void quota_job_wipe(quota_job *job)
{
    zy_wipe(job, sizeof *job);
}

static const char *const DIRECTIONS[] = { "in", "out" };

static zy_status quota_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    quota_job *job = arg;
    zy_env *env = job->call->env;
    zy_id customer = job->call->caller->customer;
    quota_use uses[SPANS];
    ZY_TRY(eaccount_own(rtx, env, customer, job->account, ZY_USE_QUOTA, &job->own, &job->row, err));
    ZY_TRY(account_owned(rtx, env, customer, job->row.bound, &job->bound, err));
    for (int d = 0; d < 2; d++) {
        uses_of(env, kind_of_class(job->row.class), job->account, DIRECTIONS[d], job->call->now, uses);
        for (int u = 0; u < SPANS; u++)
            ZY_TRY(quota_used(rtx, &uses[u], &job->used[d][u], err));
    }
    return ZY_OK;
}

static zy_json *direction_json(const quota_job *job, const account_kind *kind, int d)
{
    static const char *const NAMES[SPANS][2] = { { "day_limit_fen", "day_used_fen" }, { "year_limit_fen", "year_used_fen" } };
    zy_json *out = zy_json_object();
    for (int u = 0; u < SPANS; u++) {
        zy_json_set_int(out, NAMES[u][0], zy_param_get(job->call->env, kind->limit[u]));
        zy_json_set_int(out, NAMES[u][1], job->used[d][u].fen);
    }
    return out;
}

zy_status account_quota_run(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    const account_id_in *in = input;
    __attribute__((cleanup(quota_job_wipe))) quota_job job = { .call = call, .account = in->account_id };
    ZY_TRY(zy_db_read(call->env->db, "account.quota", quota_read, &job, err));
    const account_kind *kind = kind_of_class(job.row.class);
    zy_json_set_c(body, "kind", kind->name);
    zy_json_set_id(body, "bound_account_id", job.row.bound);
    zy_json_set_c(body, "bound_number", job.bound.number);
    zy_json_set_int(body, "balance_max_fen", kind->balance != NULL ? zy_param_get(call->env, kind->balance) : 0);
    for (int d = 0; d < 2; d++)
        zy_json_set(body, DIRECTIONS[d], direction_json(&job, kind, d));
    return ZY_OK;
}
