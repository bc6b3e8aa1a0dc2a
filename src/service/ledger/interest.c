/* Demand deposits as in China: the balances at the ends of the days add up to a product, the quarter ends on the 20th, its
 * whole product bears the rate of that day, and what comes of it is posted on the 21st; an account that closes is settled
 * at the rate of then, up to the day before. */
#include "service/ledger/interest.h"

#include <inttypes.h>

#include "service/param/param.h"

#define DEMAND_SUBJECT "2011"
#define BEHIND_MAX     40 /* days that one account may accrue by itself */

static const zy_param_row PARAMS[] = {
    { ZY_LEDGER_DEMAND_RATE, 50000, 0, 10000000, "1e-8", "活期存款年利率（亿分之一）", "Demand deposit rate a year, in 1e-8" },
};

void interest_start(void)
{
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
}

bool interest_settles_on(zy_day day)
{
    return zy_day_of_month(day) == 20 && zy_day_month(day) % 3 == 0;
}

/* Read from the table, not from the cache of parameters, which gives the default when it cannot be filled. */
zy_status interest_note_rate(zy_tx *tx, zy_day day, zy_err *err)
{
    int64_t known = -1, rate_e8 = 0;
    ZY_TRY(zy_param_read(zy_tx_read(tx), &PARAMS[0], &rate_e8, err));
    zy_status status = ledger_read_rate(zy_tx_read(tx), DEMAND_SUBJECT, day, &known, err);
    if (status != ZY_OK && status != ZY_NOT_FOUND)
        return status;
    return known == rate_e8 ? ZY_OK : ledger_upsert_rate(tx, DEMAND_SUBJECT, day, rate_e8, err);
}

zy_status interest_accrue_day(zy_tx *tx, const account_span *span, zy_day day, zy_err *err)
{
    const zy_day next = { day.days + 1 };
    return interest_accrue(tx, span, day, 1, zy_day_count_360(next) - zy_day_count_360(day), err);
}

/* Draws ids until `count` follow one another: nobody else's lies between them. */
static zy_id reserve_ids(zy_env *env, int64_t count)
{
    for (;;) {
        zy_id first = zy_id_next(env->ids), last = first;
        for (int64_t i = 1; i < count; i++)
            last = zy_id_next(env->ids);
        if (last.v - first.v == count - 1)
            return first;
    }
}

zy_status interest_settle(zy_tx *tx, zy_env *env, interest_payment *p, zy_err *err)
{
    p->first_journal = reserve_ids(env, p->span.count);
    ZY_TRY(interest_lock(tx, &p->span, err));
    ZY_TRY(interest_decide(tx, p, err));
    if (p->count == 0)
        return ZY_OK;
    ZY_TRY(interest_pay(tx, p, err));
    return interest_add_payable(tx, (zy_money){ -p->total.fen }, err);
}

/* ---- an account that closes ---- */

static zy_status catch_up(zy_tx *tx, const account_span *span, zy_day through, zy_day today, zy_err *err)
{
    zy_day day;
    ZY_TRY(day_end_accrued(zy_tx_read(tx), &day, err));
    if (day.days == 0 && through.days < 0) /* before the first day-end there are no products */
        return ZY_OK;
    for (day.days = (day.days > through.days ? day.days : through.days) + 1; day.days < today.days; day.days++) {
        if (today.days - day.days > BEHIND_MAX)
            return zy_fail(err, ZY_STATE_CONFLICT, "", "the day-end is too many days behind");
        ZY_TRY(interest_accrue_day(tx, span, day, err));
    }
    return ZY_OK;
}

zy_status zy_ledger_settle_account(zy_tx *tx, zy_env *env, zy_id account, zy_id audit, zy_time now, zy_money *ret_interest, zy_err *err)
{
    interest_account_row row;
    zy_day today;
    interest_payment p = { .span = { .after = account.v - 1, .last = account.v, .count = 1 }, .audit = audit, .now = now };
    ZY_TRY(interest_lock_account(tx, account, &row, err));
    if (row.bears) {
        ZY_TRY(ledger_read_day(zy_tx_read(tx), &today, err));
        ZY_TRY(catch_up(tx, &p.span, row.through, today, err));
        p.day = (zy_day){ today.days - 1 };
        ZY_TRY(interest_settle(tx, env, &p, err));
    }
    *ret_interest = p.total;
    return ZY_OK;
}

/* ---- rules and rates ---- */

zy_status zy_ledger_set_rule(zy_tx *tx, const char *subject, const char *basis, zy_err *err)
{
    return ledger_upsert_rule(tx, subject, basis, err);
}

zy_status zy_ledger_set_rate(zy_tx *tx, const char *subject, zy_day from, int64_t rate_e8, zy_err *err)
{
    if (rate_e8 < 0 || rate_e8 > INT64_C(100000000))
        return zy_fail(err, ZY_BAD_FIELD, "rate_e8", "a rate of %" PRId64 "e-8 a year", rate_e8);
    return ledger_upsert_rate(tx, subject, from, rate_e8, err);
}
