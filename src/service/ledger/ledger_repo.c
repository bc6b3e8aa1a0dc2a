#include "service/ledger/ledger_repo.h"

const zy_sql LEDGER_AUDIT_LINK = { "ledger.audit_link",
    "SELECT id, audit_id FROM ledger_journal WHERE id > $1 AND audit_id <> 0 ORDER BY id LIMIT $2", 2, NULL };

static const zy_sql SQL_ACCOUNT = { "ledger.account_add",
    "INSERT INTO ledger_account (id, currency, subject, branch, internal, opened_at) VALUES ($1, $2, $3, $4, $5, $6)", 6, NULL };

zy_status ledger_insert_account(zy_tx *tx, const zy_ledger_account *a, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ACCOUNT,
                          ZY_ARGS(ZY_I(a->id.v), ZY_TC(a->currency), ZY_TC(a->subject), ZY_TC(a->branch), ZY_I(a->internal),
                                  ZY_I(now.ms)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_BALANCE_ADD = { "ledger.balance_add",
    "INSERT INTO ledger_balance (account, balance_fen, held_fen, state) VALUES ($1, 0, 0, 'active')", 1, NULL };

zy_status ledger_insert_balance(zy_tx *tx, zy_id account, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_BALANCE_ADD, ZY_ARGS(ZY_I(account.v)), 1, ZY_INTERNAL, err);
}

static zy_status changes_one(zy_tx *tx, const zy_sql *sql, const zy_val *args, int arg_count, bool *ret_one, zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, sql, args, arg_count, &changed, err));
    *ret_one = changed == 1;
    return ZY_OK;
}

/* What moves a balance, and when it may. */
#define MOVED(amount, freed) "balance_fen = balance_fen + " amount ", held_fen = held_fen - " freed
#define MAY_MOVE(amount, freed)                                                                                          \
    "held_fen >= " freed " AND balance_fen + " amount " >= held_fen - " freed " AND balance_fen + " amount                \
    " <= 100000000000000000 AND (state = 'active' OR (state = 'frozen' AND " amount " > 0))"

static const zy_sql SQL_MOVE = { "ledger.move",
    "UPDATE ledger_balance SET " MOVED("$2", "$3") " WHERE account = $1 AND " MAY_MOVE("$2", "$3"), 3, NULL };

zy_status ledger_move(zy_tx *tx, zy_id account, zy_money amount, zy_money from_hold, bool *ret_moved, zy_err *err)
{
    return changes_one(tx, &SQL_MOVE, ZY_ARGS(ZY_I(account.v), ZY_I(amount.fen), ZY_I(from_hold.fen)), ret_moved, err);
}

static const zy_sql SQL_BALANCE = { "ledger.balance",
    "SELECT balance_fen, held_fen, state FROM ledger_balance WHERE account = $1", 1, NULL };

zy_status ledger_read_balance(zy_rtx *rtx, zy_id account, ledger_balance_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_BALANCE, ZY_ARGS(ZY_I(account.v)), &row, err));
    ledger_balance_row read = { .balance = zy_col_money(row, 0), .held = zy_col_money(row, 1) };
    ZY_TRY(zy_str_copy(zy_col_text(row, 2), read.state, sizeof read.state));
    *ret_row = read;
    return ZY_OK;
}

/* A closed account stays closed, and closes empty. */
static const zy_sql SQL_STATE = { "ledger.state",
    "UPDATE ledger_balance SET state = $2 WHERE account = $1 AND state <> 'closed'"
    " AND ($2 <> 'closed' OR balance_fen = 0)", 2, NULL };

zy_status ledger_update_state(zy_tx *tx, zy_id account, const char *state, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_STATE, ZY_ARGS(ZY_I(account.v), ZY_TC(state)), 1, ZY_STATE_CONFLICT, err);
}

/* VALUES with scalar subqueries, not INSERT ... SELECT: SQLite keeps a second copy of every page that a statement of
 * several rows changes. On PostgreSQL, where a CHECK costs as much as the row that it looks at (its expression is read anew
 * by each statement), what is not well made finds no day, and NULL is refused; and the lock that the insert takes on the
 * journal comes before the snapshot that reads the day: a cut-off takes one that conflicts with it, so no posting of the
 * old day is committed after it. */
#define TODAY_IF(well_made) "(SELECT d.day FROM ledger_day d WHERE d.one = 1 AND " well_made ")"
static const zy_sql SQL_JOURNAL = { "ledger.journal_add",
    "INSERT INTO ledger_journal (id, day, value_day, at, order_id, audit_id, reverses, leg_count, summary_code, summary)"
    " VALUES ($1, " TODAY_IF("$1 > 0 AND $7 BETWEEN 2 AND 16") ", $2, $3, $4, $5, $6, $7, $8, $9)", 9, NULL };

zy_status ledger_insert_journal(zy_tx *tx, const zy_journal *j, zy_time now, zy_err *err)
{
    zy_day value_day = j->value_day.days != 0 ? j->value_day : zy_day_of(now);
    return zy_exec_expect(tx, &SQL_JOURNAL,
                          ZY_ARGS(ZY_I(j->id.v), ZY_I(value_day.days), ZY_I(now.ms), ZY_I(j->order.v), ZY_I(j->audit.v),
                                  ZY_I(j->reverses.v), ZY_I(j->leg_count), ZY_TC(j->summary_code), ZY_T(j->summary)),
                          1, ZY_INTERNAL, err);
}

#define POSTING_COLUMNS "INSERT INTO ledger_posting (journal, leg, account, day, amount_fen, balance_after_fen, counterparty) "
#define POSTING_ROW(balance_after)                                                                                     \
    "$1, $2, $3, " TODAY_IF("$4 <> 0 AND $4 BETWEEN -100000000000000000 AND 100000000000000000") ", $4, " balance_after ", $5"
#define POSTING(balance_after) POSTING_COLUMNS "VALUES (" POSTING_ROW(balance_after) ")"
static const zy_sql SQL_POSTING = { "ledger.posting_add",
    POSTING("(SELECT b.balance_fen FROM ledger_balance b WHERE b.account = $3)"), 5, NULL };
/* The bank's own accounts keep no balance; PostgreSQL sees here that it is one. */
static const zy_sql SQL_OWN_POSTING = { "ledger.own_posting_add", POSTING("NULL"), 5, POSTING("zy_ledger_own($3)") };

zy_status ledger_insert_posting(zy_tx *tx, zy_id journal, int leg_no, const zy_leg *leg, zy_err *err)
{
    return zy_exec_expect(tx, leg->internal ? &SQL_OWN_POSTING : &SQL_POSTING,
                          ZY_ARGS(ZY_I(journal.v), ZY_I(leg_no), ZY_I(leg->account.v), ZY_I(leg->amount.fen), ZY_T(leg->counterparty)),
                          1, ZY_INTERNAL, err);
}

/* PostgreSQL: both in one statement, which fails instead of changing nothing, so that COMMIT need not wait for the answer.
 * MATERIALIZED: the posting's id is drawn when the balance is locked, so that ids of an account go up in the order of its
 * balances. */
static const zy_sql SQL_MOVE_POSTING = { "ledger.move_posting_add",
    "WITH moved AS (UPDATE ledger_balance SET " MOVED("$4", "$6") ", state = CASE WHEN " MAY_MOVE("$4", "$6")
    " THEN state ELSE zy_ledger_refuse($3, $4) END WHERE account = $3 RETURNING balance_fen),"
    " now AS MATERIALIZED (SELECT coalesce((SELECT m.balance_fen FROM moved m), zy_ledger_missing($3)) AS balance_fen) "
    POSTING_COLUMNS "SELECT " POSTING_ROW("n.balance_fen") " FROM now n", 6, NULL, .sure = true };

zy_status ledger_move_and_insert(zy_tx *tx, zy_id journal, int leg_no, const zy_leg *leg, zy_money from_hold, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_MOVE_POSTING,
                          ZY_ARGS(ZY_I(journal.v), ZY_I(leg_no), ZY_I(leg->account.v), ZY_I(leg->amount.fen), ZY_T(leg->counterparty),
                                  ZY_I(from_hold.fen)),
                          1, ZY_INTERNAL, err);
}

static const zy_sql SQL_INTERNAL = { "ledger.internal", "SELECT count(*) FROM ledger_account WHERE id = $1 AND internal = 1", 1,
                                     NULL };

zy_status ledger_is_internal(zy_rtx *rtx, zy_id account, bool *ret_internal, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_INTERNAL, ZY_ARGS(ZY_I(account.v)), &row, err));
    *ret_internal = zy_col_int(row, 0) == 1;
    return ZY_OK;
}

static const zy_sql SQL_DAY = { "ledger.day", "SELECT day FROM ledger_day WHERE one = 1", 0, NULL };

zy_status ledger_read_day(zy_rtx *rtx, zy_day *ret_day, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_DAY, ZY_NO_ARGS, &row, err));
    *ret_day = (zy_day){ (int32_t)zy_col_int(row, 0) };
    return ZY_OK;
}

static const zy_sql SQL_DAY_ADD = { "ledger.day_add",
    "INSERT INTO ledger_day (one, day, changed_at) VALUES (1, $1, $2)", 2, NULL };

zy_status ledger_insert_day(zy_tx *tx, zy_day day, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_DAY_ADD, ZY_ARGS(ZY_I(day.days), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}

/* Conflicts with what every insert into the journal holds until its commit. SQLite has one writer. */
static const zy_sql SQL_DAY_LOCK = { "ledger.day_lock", "LOCK TABLE ledger_journal IN SHARE ROW EXCLUSIVE MODE", 0, NULL };

zy_status ledger_lock_day(zy_tx *tx, zy_err *err)
{
    if (zy_rtx_kind(zy_tx_read(tx)) == ZY_DB_SQLITE)
        return ZY_OK;
    return zy_exec(tx, &SQL_DAY_LOCK, ZY_NO_ARGS, NULL, err);
}

static const zy_sql SQL_DAY_MOVE = { "ledger.day_move",
    "UPDATE ledger_day SET day = day + 1, changed_at = $2 WHERE one = 1 AND day = $1", 2, NULL };
/* Nobody posts now, and ids are drawn while posting: those of one day are all below those of the next. */
static const zy_sql SQL_CUT_OFF = { "ledger.cut_off",
    "INSERT INTO ledger_cut_off (day, at, last_posting) VALUES ($1, $2, (SELECT coalesce(max(id), 0) FROM ledger_posting))", 2, NULL };

zy_status ledger_move_day(zy_tx *tx, zy_day from, zy_time now, zy_err *err)
{
    ZY_TRY(zy_exec_expect(tx, &SQL_DAY_MOVE, ZY_ARGS(ZY_I(from.days), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err));
    return zy_exec_expect(tx, &SQL_CUT_OFF, ZY_ARGS(ZY_I(from.days), ZY_I(now.ms)), 1, ZY_INTERNAL, err);
}

/* An account's days never go back while its posting ids go up, so (day, id) is the order of the ids, and the page
 * begins at the day of the posting that the last page ended with. One upper bound of the day: of two, SQLite's search begins at the first. */
static const zy_sql SQL_ENTRIES = { "ledger.entries",
    "SELECT p.id, p.journal, j.order_id, j.at, p.amount_fen, p.balance_after_fen, p.counterparty, j.summary_code, j.summary"
    " FROM ledger_posting p JOIN ledger_journal j ON j.id = p.journal"
    " WHERE p.account = $1 AND p.day >= $2 AND p.id < $4 AND p.day <="
    " coalesce((SELECT CASE WHEN q.day < $3 THEN q.day ELSE $3 END FROM ledger_posting q WHERE q.id = $4), $3)"
    " ORDER BY p.day DESC, p.id DESC LIMIT $5", 5, NULL };

zy_status ledger_select_entries(zy_rtx *rtx, const zy_entry_filter *f, zy_stmt **ret_rows, zy_err *err)
{
    return zy_query(rtx, &SQL_ENTRIES,
                    ZY_ARGS(ZY_I(f->account.v), ZY_I(f->from.days), ZY_I(f->to.days != 0 ? f->to.days : INT32_MAX),
                            ZY_I(f->before.v != 0 ? f->before.v : INT64_MAX), ZY_I(f->limit)),
                    ret_rows, err);
}
