/* Double entry: what may be posted, in which order rows are locked, and why a posting is refused. */
#include "service/ledger/ledger_repo.h"

#include <inttypes.h>
#include <string.h>

#include "service/audit/audit.h"

#define SUMMARY_CHARS_MAX 60

/* ---- accounts ---- */

zy_status zy_ledger_open_account(zy_tx *tx, const zy_ledger_account *account, zy_time now, zy_err *err)
{
    if (account->id.v <= 0 || !zy_str_eq_c(ZY_STR("CNY"), account->currency))
        return zy_fail(err, ZY_BAD_FIELD, "currency", "only CNY accounts with an id are kept");
    ZY_TRY(ledger_insert_account(tx, account, now, err));
    return account->internal ? ZY_OK : ledger_insert_balance(tx, account->id, err);
}

zy_status zy_ledger_balance(zy_rtx *rtx, zy_id account, zy_balance *ret_balance, zy_err *err)
{
    ledger_balance_row row;
    ZY_TRY(ledger_read_balance(rtx, account, &row, err));
    zy_balance b = { .balance = row.balance, .held = row.held };
    memcpy(b.state, row.state, sizeof b.state);
    ZY_TRY(zy_money_sub(b.balance, b.held, &b.available));
    *ret_balance = b;
    return ZY_OK;
}

zy_status zy_ledger_set_state(zy_tx *tx, zy_id account, const char *state, zy_err *err)
{
    static const char *const STATES[] = { "active", "frozen", "closed" };
    for (size_t i = 0; i < ZY_COUNT(STATES); i++)
        if (strcmp(state, STATES[i]) == 0)
            return ledger_update_state(tx, account, state, err);
    return zy_fail(err, ZY_BAD_FIELD, "state", "unknown account state");
}

zy_status ledger_refusal(zy_tx *tx, zy_id account, zy_money amount, zy_err *err)
{
    ledger_balance_row row;
    zy_status status = ledger_read_balance(zy_tx_read(tx), account, &row, err);
    if (status == ZY_NOT_FOUND)
        return zy_fail(err, ZY_INTERNAL, "", "account %" PRId64 " has no balance row", account.v);
    ZY_TRY(status);
    bool closed = strcmp(row.state, "closed") == 0, active = strcmp(row.state, "active") == 0;
    if (closed || (!active && amount.fen < 0))
        return zy_fail(err, ZY_ACCOUNT_STATE, "", "account %" PRId64, account.v);
    if (amount.fen > 0 && row.balance.fen + amount.fen > LEDGER_FEN_MAX)
        return zy_fail(err, ZY_OVERFLOW, "", "account %" PRId64, account.v);
    return zy_fail(err, ZY_BALANCE_TOO_LOW, "", "account %" PRId64, account.v);
}

static zy_status amount_check(zy_money amount, zy_err *err)
{
    if (amount.fen > LEDGER_FEN_MAX || amount.fen < -LEDGER_FEN_MAX)
        return zy_fail(err, ZY_OVERFLOW, "", "an amount above the ledger's bound");
    return ZY_OK;
}

/* ---- posting ---- */

void zy_ledger_start(void)
{
    zy_audit_link(&LEDGER_AUDIT_LINK);
    interest_start();
}

static zy_status leg_check(const zy_leg *leg, zy_err *err)
{
    ZY_TRY(amount_check(leg->amount, err));
    bool may_capture = leg->amount.fen < 0 && !leg->internal;
    if (leg->account.v <= 0 || leg->amount.fen == 0 || leg->hold.v < 0 || (leg->hold.v != 0 && !may_capture))
        return zy_fail(err, ZY_INTERNAL, "", "account %" PRId64 ": no such leg", leg->account.v);
    return ZY_OK;
}

static zy_status journal_check(const zy_journal *j, zy_err *err)
{
    if (j->id.v <= 0 || j->leg_count < 2 || j->leg_count > ZY_LEGS_MAX || zy_str_chars(j->summary) > SUMMARY_CHARS_MAX)
        return zy_fail(err, ZY_INTERNAL, "", "journal %" PRId64 " is not well made", j->id.v);
    int64_t total = 0; /* 16 legs of at most 10^17 fit */
    for (int i = 0; i < j->leg_count; i++) {
        ZY_TRY(leg_check(&j->legs[i], err));
        total += j->legs[i].amount.fen;
    }
    if (total != 0)
        return zy_fail(err, ZY_INTERNAL, "", "journal %" PRId64 " does not balance", j->id.v);
    return ZY_OK;
}

/* By account, legs of one account in the given order: everybody locks rows in the same order. */
static void sort_legs(zy_journal *j)
{
    for (int i = 1; i < j->leg_count; i++) {
        zy_leg leg = j->legs[i];
        int at = i;
        for (; at > 0 && j->legs[at - 1].account.v > leg.account.v; at--)
            j->legs[at] = j->legs[at - 1];
        j->legs[at] = leg;
    }
}

/* SQLite: the answer to each statement is seen at once. */
static zy_status move_seen(zy_tx *tx, const zy_leg *leg, zy_money freed, zy_err *err)
{
    bool done = false;
    if (leg->internal) {
        ZY_TRY(ledger_is_internal(zy_tx_read(tx), leg->account, &done, err));
        return done ? ZY_OK : zy_fail(err, ZY_INTERNAL, "", "account %" PRId64 " is not the bank's own", leg->account.v);
    }
    ZY_TRY(ledger_move(tx, leg->account, leg->amount, freed, &done, err));
    return done ? ZY_OK : ledger_refusal(tx, leg->account, leg->amount, err);
}

static zy_status post_leg(zy_tx *tx, const zy_journal *j, int i, zy_time now, zy_err *err)
{
    const zy_leg *leg = &j->legs[i];
    zy_money freed = { 0 };
    if (leg->hold.v != 0)
        ZY_TRY(ledger_capture(tx, j, leg, now, &freed, err));
    bool sqlite = zy_rtx_kind(zy_tx_read(tx)) == ZY_DB_SQLITE;
    if (!sqlite && !leg->internal)
        return ledger_move_and_insert(tx, j->id, i + 1, leg, freed, err);
    if (sqlite)
        ZY_TRY(move_seen(tx, leg, freed, err));
    return ledger_insert_posting(tx, j->id, i + 1, leg, err);
}

zy_status zy_ledger_post(zy_tx *tx, const zy_journal *journal, zy_time now, zy_err *err)
{
    ZY_TRY(journal_check(journal, err));
    zy_journal sorted = *journal;
    sort_legs(&sorted);
    ZY_TRY(ledger_check_return(tx, &sorted, err));
    ZY_TRY(ledger_keep_value_day(tx, &sorted, err));
    ZY_TRY(ledger_insert_journal(tx, &sorted, now, err));
    for (int i = 0; i < sorted.leg_count; i++)
        ZY_TRY(post_leg(tx, &sorted, i, now, err));
    return ZY_OK;
}

/* ---- the accounting day ---- */

zy_status zy_ledger_day(zy_rtx *rtx, zy_day *ret_day, zy_err *err)
{
    return ledger_read_day(rtx, ret_day, err);
}

zy_status zy_ledger_cut_off(zy_tx *tx, zy_day expected_now, zy_time now, zy_err *err)
{
    if (expected_now.days > zy_day_of(now).days)
        return zy_fail(err, ZY_STATE_CONFLICT, "", "the accounting day is ahead of the calendar already");
    ZY_TRY(ledger_lock_day(tx, err));
    return ledger_move_day(tx, expected_now, now, err);
}

/* ---- statements ---- */

static zy_entry entry_of(const zy_stmt *row)
{
    return (zy_entry){ .posting = zy_col_id(row, 0), .journal = zy_col_id(row, 1), .order = zy_col_id(row, 2),
                       .at = zy_col_time(row, 3), .amount = zy_col_money(row, 4), .balance_after = zy_col_money(row, 5),
                       .counterparty = zy_col_text(row, 6), .summary_code = zy_col_text(row, 7), .summary = zy_col_text(row, 8) };
}

zy_status zy_ledger_entries(zy_rtx *rtx, const zy_entry_filter *filter, zy_status (*each)(const zy_entry *entry, void *arg),
                            void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(ledger_select_entries(rtx, filter, &rows, err));
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        zy_entry entry = entry_of(rows);
        ZY_TRY(each(&entry, arg));
    }
}

/* ---- the first accounts ---- */

zy_status zy_ledger_init(zy_tx *tx, zy_day first_day, zy_time now, zy_err *err)
{
    static const struct {
        zy_id id;
        const char *subject;
    } OWN[] = { { ZY_LEDGER_CASH, "1001" }, { ZY_LEDGER_FEES, "5111" }, { ZY_LEDGER_CLEARING, "3001" },
                { ZY_LEDGER_CAPITAL, "4001" }, { ZY_LEDGER_INTEREST_EXPENSE, "5211" }, { ZY_LEDGER_INTEREST_PAYABLE, "2231" },
                { ZY_LEDGER_TRANSIT, "3002" } };
    ZY_TRY(ledger_insert_day(tx, first_day, now, err));
    for (size_t i = 0; i < ZY_COUNT(OWN); i++) {
        zy_ledger_account account = { .id = OWN[i].id, .currency = "CNY", .subject = OWN[i].subject, .branch = "0001",
                                      .internal = true };
        ZY_TRY(zy_ledger_open_account(tx, &account, now, err));
    }
    return ZY_OK;
}
