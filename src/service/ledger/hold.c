/* Holds: money of an account that is kept for one purpose until it is captured, released or too old. */
#include "service/ledger/ledger_repo.h"

#include <inttypes.h>

#define HOLD_LIFE_MAX ZY_DAYS(400)

static zy_status hold_check(const zy_hold *hold, zy_time now, zy_err *err)
{
    if (hold->amount.fen > LEDGER_FEN_MAX || hold->amount.fen < -LEDGER_FEN_MAX)
        return zy_fail(err, ZY_OVERFLOW, "", "an amount above the ledger's bound");
    if (hold->id.v <= 0 || hold->amount.fen <= 0 || hold->expires_at.ms <= now.ms ||
        zy_time_passed(hold->expires_at, now, HOLD_LIFE_MAX))
        return zy_fail(err, ZY_INTERNAL, "", "hold %" PRId64 " is not well made", hold->id.v);
    return ZY_OK;
}

zy_status zy_ledger_hold(zy_tx *tx, const zy_hold *hold, zy_time now, zy_err *err)
{
    bool done = false;
    ZY_TRY(hold_check(hold, now, err));
    ZY_TRY(ledger_hold_more(tx, hold->account, hold->amount, &done, err));
    if (!done)
        return ledger_refusal(tx, hold->account, (zy_money){ -hold->amount.fen }, err);
    return ledger_insert_hold(tx, hold, now, err);
}

/* A hold ends before its account's balance row is locked, on every way: nobody waits in a circle. */
static zy_status end_hold(zy_tx *tx, zy_id id, const char *state, zy_time now, bool *ret_ended, zy_err *err)
{
    zy_hold hold;
    bool done = false;
    ZY_TRY(ledger_end_hold(tx, id, state, now, ret_ended, err));
    if (!*ret_ended)
        return ZY_OK;
    ZY_TRY(ledger_read_hold(zy_tx_read(tx), id, &hold, err));
    ZY_TRY(ledger_hold_less(tx, hold.account, hold.amount, &done, err));
    return done ? ZY_OK : zy_fail(err, ZY_INTERNAL, "", "account %" PRId64 " holds less than its holds", hold.account.v);
}

zy_status zy_ledger_release(zy_tx *tx, zy_id hold, zy_time now, zy_err *err)
{
    bool ended = false;
    ZY_TRY(end_hold(tx, hold, "released", now, &ended, err));
    return ended ? ZY_OK : zy_fail(err, ZY_STATE_CONFLICT, "", "hold %" PRId64 " is not held", hold.v);
}

zy_status ledger_capture(zy_tx *tx, const zy_journal *j, const zy_leg *leg, zy_time now, zy_money *ret_freed, zy_err *err)
{
    zy_hold hold;
    bool captured = false;
    ZY_TRY(ledger_capture_hold(tx, leg, j->id, now, &captured, err));
    if (!captured)
        return zy_fail(err, ZY_STATE_CONFLICT, "", "hold %" PRId64 " is not held", leg->hold.v);
    ZY_TRY(ledger_read_hold(zy_tx_read(tx), leg->hold, &hold, err));
    *ret_freed = hold.amount;
    return ZY_OK;
}

/* ---- too old ---- */

#define EXPIRE_MAX 1000

typedef struct expire_job {
    zy_time now;
    int max;
    int64_t done;
} expire_job;

static zy_status expire_unit(zy_tx *tx, void *arg, zy_err *err)
{
    expire_job *job = arg;
    zy_id ids[EXPIRE_MAX];
    int count = 0;
    ZY_TRY(ledger_select_expired(zy_tx_read(tx), job->now, job->max, ids, &count, err));
    job->done = 0;
    for (int i = 0; i < count; i++) {
        bool ended = false; /* false: another node was faster */
        ZY_TRY(end_hold(tx, ids[i], "expired", job->now, &ended, err));
        job->done += ended;
    }
    return ZY_OK;
}

zy_status zy_ledger_expire_holds(zy_env *env, int max, int64_t *ret_done, zy_err *err)
{
    expire_job job = { .now = zy_env_now(env), .max = max < EXPIRE_MAX ? max : EXPIRE_MAX };
    ZY_TRY(zy_db_run(env->db, "ledger.expire_holds", expire_unit, &job, err));
    *ret_done = job.done;
    return ZY_OK;
}
