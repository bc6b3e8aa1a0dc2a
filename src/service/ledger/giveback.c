/* What moves money back that a journal moved: corrections (冲正: the whole journal, once) and refunds (parts of it, never
 * more than it moved, account by account). And the value days that callers choose. */
#include "service/ledger/ledger_repo.h"

#include <inttypes.h>
#include <stdlib.h>

/* What the journal moves, one entry an account. Its legs are in the order of their accounts. */
static int nets_of(const zy_journal *j, zy_leg nets[ZY_LEGS_MAX])
{
    int count = 0;
    for (int i = 0; i < j->leg_count; i++)
        if (count > 0 && zy_id_eq(nets[count - 1].account, j->legs[i].account))
            nets[count - 1].amount.fen += j->legs[i].amount.fen;
        else
            nets[count++] = j->legs[i];
    return count;
}

static const zy_leg *net_of(const zy_leg *nets, int count, zy_id account)
{
    for (int i = 0; i < count; i++)
        if (zy_id_eq(nets[i].account, account))
            return &nets[i];
    return NULL;
}

static zy_status claim(zy_tx *tx, zy_id original, const zy_leg *first, const zy_leg *back, zy_err *err)
{
    bool against = first != NULL && (first->amount.fen < 0) != (back->amount.fen < 0);
    if (!against || llabs(back->amount.fen) > llabs(first->amount.fen))
        return zy_fail(err, ZY_STATE_CONFLICT, "", "journal %" PRId64 " did not move that on account %" PRId64, original.v,
                       back->account.v);
    return ledger_claim_return(tx, original, back->account, (zy_money){ llabs(first->amount.fen) },
                               (zy_money){ llabs(back->amount.fen) }, err);
}

static bool mirrors(const zy_leg *first, int first_count, const zy_leg *back, int back_count)
{
    for (int i = 0; i < first_count; i++) {
        const zy_leg *other = net_of(back, back_count, first[i].account);
        if ((other != NULL ? other->amount.fen : 0) != -first[i].amount.fen)
            return false;
    }
    return true;
}

zy_status ledger_check_return(zy_tx *tx, const zy_journal *j, zy_err *err)
{
    zy_id original = j->reverses.v != 0 ? j->reverses : j->refunds;
    zy_leg first[ZY_LEGS_MAX], back[ZY_LEGS_MAX];
    int first_count = 0, back_count = nets_of(j, back);
    if (original.v == 0)
        return ZY_OK;
    if (j->reverses.v != 0 && j->refunds.v != 0)
        return zy_fail(err, ZY_INTERNAL, "", "journal %" PRId64 " corrects and refunds", j->id.v);
    ZY_TRY(ledger_select_nets(zy_tx_read(tx), original, first, &first_count, err));
    if (first_count == 0)
        return zy_fail(err, ZY_NOT_FOUND, "", "journal %" PRId64 " gives back nothing", j->id.v);
    if (j->reverses.v != 0 && !mirrors(first, first_count, back, back_count))
        return zy_fail(err, ZY_STATE_CONFLICT, "", "journal %" PRId64 " is not the mirror of what it corrects", j->id.v);
    for (int i = 0; i < back_count; i++)
        if (back[i].amount.fen != 0)
            ZY_TRY(claim(tx, original, net_of(first, first_count, back[i].account), &back[i], err));
    return j->refunds.v == 0 ? ZY_OK : ledger_insert_refund(tx, j->id, j->refunds, err);
}

zy_status zy_ledger_mirror(zy_rtx *rtx, zy_id original, zy_journal *journal, zy_err *err)
{
    zy_journal made = *journal;
    ZY_TRY(ledger_select_nets(rtx, original, made.legs, &made.leg_count, err));
    if (made.leg_count == 0)
        return zy_fail(err, ZY_NOT_FOUND, "", "no journal %" PRId64, original.v);
    for (int i = 0; i < made.leg_count; i++)
        made.legs[i].amount.fen = -made.legs[i].amount.fen;
    made.reverses = original;
    *journal = made;
    return ZY_OK;
}

/* ---- value days ---- */

zy_status ledger_keep_value_day(zy_tx *tx, const zy_journal *j, zy_err *err)
{
    zy_day today = { 0 };
    zy_leg nets[ZY_LEGS_MAX];
    if (j->value_day.days == 0)
        return ZY_OK;
    ZY_TRY(ledger_read_day(zy_tx_read(tx), &today, err));
    if (j->value_day.days < today.days - ZY_VALUE_DAYS_BACK || j->value_day.days > today.days + ZY_VALUE_DAYS_AHEAD)
        return zy_fail(err, ZY_BAD_FIELD, "value_day", "journal %" PRId64 ": a value day too far from the accounting day", j->id.v);
    int count = nets_of(j, nets);
    for (int i = 0; i < count; i++) {
        if (nets[i].internal || nets[i].amount.fen == 0)
            continue;
        if (llabs(nets[i].amount.fen) > LEDGER_VALUED_FEN_MAX)
            return zy_fail(err, ZY_OVERFLOW, "", "journal %" PRId64 ": an amount too high for a value day", j->id.v);
        const ledger_valued row = { .journal = j->id, .account = nets[i].account, .amount = nets[i].amount, .day = today,
                                    .value_day = j->value_day, .days = today.days - j->value_day.days,
                                    .days_360 = zy_day_count_360(today) - zy_day_count_360(j->value_day) };
        ZY_TRY(ledger_insert_valued(tx, &row, err));
    }
    return ZY_OK;
}
