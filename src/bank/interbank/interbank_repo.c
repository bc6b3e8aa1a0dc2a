#include "bank/interbank/interbank_internal.h"

/* ---- what goes out ---- */

#define OUT_COLUMNS "order_id, state, way, to_bank, amount_fen, journal_id, sent_at, due_at, tries, reason, filed_day"

static zy_status out_read(const zy_stmt *s, out_row *row)
{
    *row = (out_row){ .order = zy_col_id(s, 0), .amount = zy_col_money(s, 4), .journal = zy_col_id(s, 5), .sent_at = zy_col_time(s, 6),
                      .due_at = zy_col_time(s, 7), .tries = zy_col_int(s, 8), .filed_day = { (int32_t)zy_col_int(s, 10) } };
    ZY_TRY(zy_str_copy(zy_col_text(s, 1), row->state, sizeof row->state));
    ZY_TRY(zy_str_copy(zy_col_text(s, 2), row->way, sizeof row->way));
    ZY_TRY(zy_str_copy(zy_col_text(s, 3), row->to_bank, sizeof row->to_bank));
    return zy_str_copy(zy_col_text(s, 9), row->reason, sizeof row->reason);
}

static zy_status out_each(zy_stmt *rows, int max, out_row *ret_rows, int *ret_count, zy_err *err)
{
    for (*ret_count = 0; *ret_count < max; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(out_read(rows, &ret_rows[*ret_count]));
    }
    return ZY_OK;
}

static const zy_sql SQL_OUT_ADD = { "interbank.out_add",
    "INSERT INTO interbank_out (" OUT_COLUMNS ") VALUES ($1, 'ready', $2, $3, $4, $5, 0, $6, 0, '', 0)", 6, NULL };

zy_status out_insert(zy_tx *tx, const zy_interbank_out *out, const char *way, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_OUT_ADD,
                          ZY_ARGS(ZY_I(out->order.v), ZY_TC(way), ZY_T(out->to_bank), ZY_I(out->amount.fen), ZY_I(out->journal.v),
                                  ZY_I(out->send_at.ms)),
                          1, ZY_INTERNAL, err);
}

#define SELECT_DUE                                                                                                    \
    "SELECT " OUT_COLUMNS " FROM interbank_out WHERE state IN ('ready', 'asked') AND due_at <= $1 ORDER BY due_at, order_id LIMIT $2"
static const zy_sql SQL_OUT_DUE = { "interbank.out_due", SELECT_DUE, 2, SELECT_DUE " FOR UPDATE SKIP LOCKED" };

zy_status out_due(zy_tx *tx, zy_time now, int max, out_row *ret_rows, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(zy_tx_read(tx), &SQL_OUT_DUE, ZY_ARGS(ZY_I(now.ms), ZY_I(max)), &rows, err));
    return out_each(rows, max, ret_rows, ret_count, err);
}

static const zy_sql SQL_OUT_LEASE = { "interbank.out_lease",
    "UPDATE interbank_out SET due_at = $2, tries = tries + 1, sent_at = CASE WHEN state = 'ready' THEN $3 ELSE sent_at END,"
    " state = 'asked' WHERE order_id = $1 AND state IN ('ready', 'asked') AND due_at = $4", 4, NULL };

zy_status out_lease(zy_tx *tx, const out_row *row, zy_time due_at, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_OUT_LEASE, ZY_ARGS(ZY_I(row->order.v), ZY_I(due_at.ms), ZY_I(now.ms), ZY_I(row->due_at.ms)), 1,
                          ZY_DB_CONFLICT, err);
}

static const zy_sql SQL_OUT_AGAIN = { "interbank.out_again",
    "UPDATE interbank_out SET state = $2, due_at = $3 WHERE order_id = $1 AND state = 'asked'", 3, NULL };

zy_status out_again(zy_tx *tx, zy_id order, const char *state, zy_time due_at, zy_err *err)
{
    return zy_exec(tx, &SQL_OUT_AGAIN, ZY_ARGS(ZY_I(order.v), ZY_TC(state), ZY_I(due_at.ms)), NULL, err);
}

static const zy_sql SQL_OUT = { "interbank.out", "SELECT " OUT_COLUMNS " FROM interbank_out WHERE order_id = $1", 1, NULL };

zy_status out_select(zy_rtx *rtx, zy_id order, out_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_OUT, ZY_ARGS(ZY_I(order.v)), &row, err));
    return out_read(row, ret_row);
}

static const zy_sql SQL_OUT_CLOSE = { "interbank.out_close",
    "UPDATE interbank_out SET state = $3, reason = $4 WHERE order_id = $1 AND state = $2", 4, NULL };

zy_status out_close(zy_tx *tx, const out_row *row, const char *state, const char *reason, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_OUT_CLOSE, ZY_ARGS(ZY_I(row->order.v), ZY_TC(row->state), ZY_TC(state), ZY_TC(reason)), 1,
                          ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_OUT_FILE = { "interbank.out_file", "UPDATE interbank_out SET filed_day = $2 WHERE order_id = $1", 2, NULL };

zy_status out_file(zy_tx *tx, zy_id order, zy_day day, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_OUT_FILE, ZY_ARGS(ZY_I(order.v), ZY_I(day.days)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_OUT_UNFILED = { "interbank.out_unfiled",
    "SELECT " OUT_COLUMNS " FROM interbank_out WHERE sent_at >= $1 AND sent_at < $2 AND (sent_at > $3 OR (sent_at = $3 AND order_id > $4))"
    " AND filed_day = 0 ORDER BY sent_at, order_id LIMIT $5", 5, NULL };

zy_status out_unfiled(zy_rtx *rtx, zy_time from, zy_time to, const out_row *after, int max, out_row *ret_rows, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    int64_t at = after != NULL ? after->sent_at.ms : 0, id = after != NULL ? after->order.v : 0;
    ZY_TRY(zy_query(rtx, &SQL_OUT_UNFILED, ZY_ARGS(ZY_I(from.ms), ZY_I(to.ms), ZY_I(at), ZY_I(id), ZY_I(max)), &rows, err));
    return out_each(rows, max, ret_rows, ret_count, err);
}

/* ---- what came in ---- */

#define IN_COLUMNS "message_id, number, kind, state, order_id, account, amount_fen, from_bank, day, reason, answered, at, filed_day"

static zy_status in_read(const zy_stmt *s, in_row *row)
{
    *row = (in_row){ .number = zy_col_int(s, 1), .order = zy_col_id(s, 4), .account = zy_col_id(s, 5), .amount = zy_col_money(s, 6),
                     .day = { (int32_t)zy_col_int(s, 8) }, .answered = zy_col_int(s, 10) == 1, .at = zy_col_time(s, 11),
                     .filed_day = { (int32_t)zy_col_int(s, 12) } };
    ZY_TRY(zy_str_copy(zy_col_text(s, 0), row->message_id, sizeof row->message_id));
    ZY_TRY(zy_str_copy(zy_col_text(s, 2), row->kind, sizeof row->kind));
    ZY_TRY(zy_str_copy(zy_col_text(s, 3), row->state, sizeof row->state));
    ZY_TRY(zy_str_copy(zy_col_text(s, 7), row->from_bank, sizeof row->from_bank));
    return zy_str_copy(zy_col_text(s, 9), row->reason, sizeof row->reason);
}

static zy_status in_each(zy_stmt *rows, int max, in_row *ret_rows, int *ret_count, zy_err *err)
{
    for (*ret_count = 0; *ret_count < max; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(in_read(rows, &ret_rows[*ret_count]));
    }
    return ZY_OK;
}

static const zy_sql SQL_IN_ADD = { "interbank.in_add",
    "INSERT INTO interbank_in (" IN_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)"
    " ON CONFLICT (message_id) DO NOTHING", 12, NULL };

zy_status in_insert(zy_tx *tx, const in_row *row, bool *ret_new, zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, &SQL_IN_ADD,
                   ZY_ARGS(ZY_TC(row->message_id), ZY_I(row->number), ZY_TC(row->kind), ZY_TC(row->state), ZY_I(row->order.v),
                           ZY_I(row->account.v), ZY_I(row->amount.fen), ZY_TC(row->from_bank), ZY_I(row->day.days), ZY_TC(row->reason),
                           ZY_I(row->answered), ZY_I(row->at.ms)),
                   &changed, err));
    *ret_new = changed == 1;
    return ZY_OK;
}

static const zy_sql SQL_IN = { "interbank.in", "SELECT " IN_COLUMNS " FROM interbank_in WHERE message_id = $1", 1, NULL };

zy_status in_select(zy_rtx *rtx, zy_str message_id, in_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_IN, ZY_ARGS(ZY_T(message_id)), &row, err));
    return in_read(row, ret_row);
}

static const zy_sql SQL_IN_UNANSWERED = { "interbank.in_unanswered",
    "SELECT " IN_COLUMNS " FROM interbank_in WHERE answered = 0 AND number > $1 ORDER BY number LIMIT $2", 2, NULL };

zy_status in_unanswered(zy_rtx *rtx, int64_t after, int max, in_row *ret_rows, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_IN_UNANSWERED, ZY_ARGS(ZY_I(after), ZY_I(max)), &rows, err));
    return in_each(rows, max, ret_rows, ret_count, err);
}

static const zy_sql SQL_IN_ANSWERED = { "interbank.in_answered", "UPDATE interbank_in SET answered = 1 WHERE message_id = $1", 1, NULL };

zy_status in_answered(zy_tx *tx, zy_str message_id, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_IN_ANSWERED, ZY_ARGS(ZY_T(message_id)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_IN_FILE = { "interbank.in_file", "UPDATE interbank_in SET filed_day = $2 WHERE message_id = $1", 2, NULL };

zy_status in_file(zy_tx *tx, zy_str message_id, zy_day day, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_IN_FILE, ZY_ARGS(ZY_T(message_id), ZY_I(day.days)), 1, ZY_INTERNAL, err);
}

static const zy_sql SQL_IN_UNFILED = { "interbank.in_unfiled",
    "SELECT " IN_COLUMNS " FROM interbank_in WHERE day = $1 AND message_id > $2 AND filed_day = 0 ORDER BY message_id LIMIT $3", 3, NULL };

zy_status in_unfiled(zy_rtx *rtx, zy_day day, zy_str after, int max, in_row *ret_rows, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(rtx, &SQL_IN_UNFILED, ZY_ARGS(ZY_I(day.days), ZY_T(after), ZY_I(max)), &rows, err));
    return in_each(rows, max, ret_rows, ret_count, err);
}

static const zy_sql SQL_MAILBOX = { "interbank.mailbox", "SELECT number FROM interbank_mailbox WHERE name = 'house'", 0, NULL };

zy_status mailbox_read(zy_rtx *rtx, int64_t *ret_number, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_MAILBOX, NULL, 0, &row, err));
    *ret_number = zy_col_int(row, 0);
    return ZY_OK;
}

static const zy_sql SQL_ADVANCE = { "interbank.mailbox_advance",
    "UPDATE interbank_mailbox SET number = $2 WHERE name = 'house' AND number = $1", 2, NULL };

zy_status mailbox_advance(zy_tx *tx, int64_t behind, int64_t number, zy_err *err)
{
    return zy_exec(tx, &SQL_ADVANCE, ZY_ARGS(ZY_I(behind), ZY_I(number)), NULL, err);
}

/* ---- days and cases ---- */

static const zy_sql SQL_DAY_NEXT = { "interbank.day_next", "SELECT max(day) + 1 FROM interbank_day", 0, NULL };
static const zy_sql SQL_FIRST = { "interbank.first",
    "SELECT min(at) FROM (SELECT min(sent_at) AS at FROM interbank_out WHERE sent_at > 0"
    " UNION ALL SELECT min(at) AS at FROM interbank_in) f", 0, NULL };

zy_status day_next(zy_rtx *rtx, zy_day *ret_day, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *last = NULL;
    ZY_AUTO(zy_stmt_free) zy_stmt *first = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_DAY_NEXT, NULL, 0, &last, err));
    if (!zy_col_null(last, 0)) {
        *ret_day = (zy_day){ (int32_t)zy_col_int(last, 0) };
        return ZY_OK;
    }
    ZY_TRY(zy_query_one(rtx, &SQL_FIRST, NULL, 0, &first, err));
    if (zy_col_null(first, 0))
        return ZY_NOT_FOUND;
    *ret_day = zy_day_of(zy_col_time(first, 0));
    return ZY_OK;
}

static const zy_sql SQL_DAY_DONE = { "interbank.day_done",
    "INSERT INTO interbank_day (day, lines, cases, at) VALUES ($1, $2, $3, $4) ON CONFLICT (day) DO NOTHING", 4, NULL };

zy_status day_done(zy_tx *tx, zy_day day, int64_t lines, int64_t cases, zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_DAY_DONE, ZY_ARGS(ZY_I(day.days), ZY_I(lines), ZY_I(cases), ZY_I(now.ms)), NULL, err);
}

#define CASE_COLUMNS                                                                                              \
    "id, day, message_id, difference, our_fen, their_fen, our_state, their_state, state, note, opened_at, closed_at, closed_by"
static const zy_sql SQL_CASE_ADD = { "interbank.case_add",
    "INSERT INTO interbank_case (" CASE_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', '', $9, 0, 0)"
    " ON CONFLICT (day, message_id, difference) DO NOTHING", 9, NULL };

zy_status case_insert(zy_tx *tx, zy_id id, const case_row *row, zy_time now, bool *ret_new, zy_err *err)
{
    int64_t changed = 0;
    ZY_TRY(zy_exec(tx, &SQL_CASE_ADD,
                   ZY_ARGS(ZY_I(id.v), ZY_I(row->day.days), ZY_T(row->message_id), ZY_TC(row->difference), ZY_I(row->our.fen),
                           ZY_I(row->their.fen), ZY_TC(row->our_state), ZY_TC(row->their_state), ZY_I(now.ms)),
                   &changed, err));
    *ret_new = changed == 1;
    return ZY_OK;
}

static const zy_sql SQL_CASE_CLOSE = { "interbank.case_close",
    "UPDATE interbank_case SET state = 'closed', note = $2, closed_by = $3, closed_at = $4 WHERE id = $1 AND state = 'open'", 4, NULL };

zy_status case_close(zy_tx *tx, zy_id id, zy_str note, zy_id staff, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CASE_CLOSE, ZY_ARGS(ZY_I(id.v), ZY_T(note), ZY_I(staff.v), ZY_I(now.ms)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_CASES = { "interbank.cases",
    "SELECT " CASE_COLUMNS " FROM interbank_case WHERE id < $1 ORDER BY id DESC LIMIT $2", 2, NULL };
static const zy_sql SQL_CASES_STATE = { "interbank.cases_state",
    "SELECT " CASE_COLUMNS " FROM interbank_case WHERE id < $1 AND state = $3 ORDER BY id DESC LIMIT $2", 3, NULL };

zy_status case_page(zy_rtx *rtx, const zy_case_filter *f, zy_stmt **ret_rows, zy_err *err)
{
    zy_val before = ZY_I(f->before.v != 0 ? f->before.v : INT64_MAX), limit = ZY_I(f->limit);
    if (f->state.n > 0)
        return zy_query(rtx, &SQL_CASES_STATE, ZY_ARGS(before, limit, ZY_T(f->state)), ret_rows, err);
    return zy_query(rtx, &SQL_CASES, ZY_ARGS(before, limit), ret_rows, err);
}

/* ---- recalls ---- */

#define RECALL_COLUMNS "id, order_id, amount_fen, code, state, answer, tries, due_at, made_at, answered_at"
static const zy_sql SQL_RECALL_ADD = { "interbank.recall_add",
    "INSERT INTO interbank_recall (" RECALL_COLUMNS ") VALUES ($1, $2, $3, $4, 'ready', '', 0, $5, $6, 0) ON CONFLICT (order_id) DO NOTHING",
    6, NULL };

zy_status recall_insert(zy_tx *tx, const recall_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RECALL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->order.v), ZY_I(r->amount.fen), ZY_TC(r->code), ZY_I(r->due_at.ms), ZY_I(r->made_at.ms)),
                          1, ZY_STATE_CONFLICT, err);
}

static zy_status read_recall(const zy_stmt *s, recall_row *ret)
{
    *ret = (recall_row){ .id = zy_col_id(s, 0), .order = zy_col_id(s, 1), .amount = zy_col_money(s, 2), .tries = zy_col_int(s, 6),
                         .due_at = zy_col_time(s, 7), .made_at = zy_col_time(s, 8), .answered_at = zy_col_time(s, 9) };
    ZY_TRY(zy_str_copy(zy_col_text(s, 3), ret->code, sizeof ret->code));
    ZY_TRY(zy_str_copy(zy_col_text(s, 4), ret->state, sizeof ret->state));
    return zy_str_copy(zy_col_text(s, 5), ret->answer, sizeof ret->answer);
}

static zy_status one_recall(zy_rtx *rtx, const zy_sql *sql, int64_t key, recall_row *ret, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, sql, ZY_ARGS(ZY_I(key)), &row, err));
    return read_recall(row, ret);
}

static const zy_sql SQL_RECALL = { "interbank.recall", "SELECT " RECALL_COLUMNS " FROM interbank_recall WHERE id = $1", 1, NULL };
static const zy_sql SQL_RECALL_OF = { "interbank.recall_of", "SELECT " RECALL_COLUMNS " FROM interbank_recall WHERE order_id = $1", 1, NULL };
static const zy_sql SQL_RECALL_DUE = { "interbank.recall_due",
    "SELECT " RECALL_COLUMNS " FROM interbank_recall WHERE state = 'ready' AND due_at <= $1 ORDER BY due_at, id LIMIT 1", 1, NULL };

zy_status recall_select(zy_rtx *rtx, zy_id id, recall_row *ret, zy_err *err)
{
    return one_recall(rtx, &SQL_RECALL, id.v, ret, err);
}

zy_status recall_of(zy_rtx *rtx, zy_id order, recall_row *ret, zy_err *err)
{
    return one_recall(rtx, &SQL_RECALL_OF, order.v, ret, err);
}

zy_status recall_due(zy_rtx *rtx, zy_time now, recall_row *ret, zy_err *err)
{
    return one_recall(rtx, &SQL_RECALL_DUE, now.ms, ret, err);
}

static const zy_sql SQL_RECALL_LEASE = { "interbank.recall_lease",
    "UPDATE interbank_recall SET due_at = $3, tries = tries + 1 WHERE id = $1 AND tries = $2 AND state = 'ready'", 3, NULL };

zy_status recall_lease(zy_tx *tx, const recall_row *r, zy_time due_at, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RECALL_LEASE, ZY_ARGS(ZY_I(r->id.v), ZY_I(r->tries), ZY_I(due_at.ms)), 1, ZY_STATE_CONFLICT, err);
}

static const zy_sql SQL_RECALL_ASKED = { "interbank.recall_asked",
    "UPDATE interbank_recall SET state = 'asked' WHERE id = $1 AND state = 'ready'", 1, NULL };

zy_status recall_asked(zy_tx *tx, zy_id id, zy_err *err)
{
    return zy_exec(tx, &SQL_RECALL_ASKED, ZY_ARGS(ZY_I(id.v)), NULL, err); /* its answer may have been faster */
}

static const zy_sql SQL_RECALL_ANSWER = { "interbank.recall_answer",
    "UPDATE interbank_recall SET state = $2, answer = $3, answered_at = $4 WHERE id = $1 AND state IN ('ready', 'asked', 'waiting')", 4, NULL };

zy_status recall_answer(zy_tx *tx, const recall_row *r, const char *state, zy_time now, bool *ret_changed, zy_err *err)
{
    int64_t changed = 0;
    bool waiting = zy_str_eq_c(zy_str_of(state), "waiting");
    ZY_TRY(zy_exec(tx, &SQL_RECALL_ANSWER, ZY_ARGS(ZY_I(r->id.v), ZY_TC(state), ZY_TC(r->answer), ZY_I(waiting ? 0 : now.ms)), &changed, err));
    *ret_changed = changed == 1;
    return ZY_OK;
}

static const zy_sql SQL_RECALL_PAGE = { "interbank.recall_page",
    "SELECT " RECALL_COLUMNS " FROM interbank_recall WHERE id < $1 ORDER BY id DESC LIMIT $2", 2, NULL };

zy_status recall_page(zy_rtx *rtx, zy_id order, zy_id before, int limit, recall_fn each, void *arg, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    if (order.v != 0)
        ZY_TRY(zy_query(rtx, &SQL_RECALL_OF, ZY_ARGS(ZY_I(order.v)), &rows, err));
    else
        ZY_TRY(zy_query(rtx, &SQL_RECALL_PAGE, ZY_ARGS(ZY_I(before.v), ZY_I(limit)), &rows, err));
    for (;;) {
        recall_row r;
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        ZY_TRY(read_recall(rows, &r));
        ZY_TRY(each(&r, arg));
    }
}
