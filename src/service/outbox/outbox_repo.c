#include "service/outbox/outbox_repo.h"

static const zy_sql SQL_ADD = { "outbox.add",
    "INSERT INTO outbox (id, channel, purpose, payload, state, tries, due_at, expires_at, created_at, done_at, last_error)"
    " VALUES ($1, $2, $3, $4, 'waiting', 0, $5, $6, $5, 0, '')", 6, NULL };

zy_status outbox_insert(zy_tx *tx, zy_id id, const char *channel, const char *purpose, zy_str payload, zy_time now,
                        zy_time expires_at, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(id.v), ZY_TC(channel), ZY_TC(purpose), ZY_B(payload.p, payload.n), ZY_I(now.ms),
                                  ZY_I(expires_at.ms)),
                          1, ZY_INTERNAL, err);
}

#define SELECT_DUE                                                                                               \
    "SELECT id, tries, expires_at, payload FROM outbox WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id" \
    " LIMIT $2"
static const zy_sql SQL_DUE = { "outbox.due", SELECT_DUE, 2, SELECT_DUE " FOR UPDATE SKIP LOCKED" };

zy_status outbox_due(zy_tx *tx, zy_time now, int max, outbox_row *ret_rows, int *ret_count, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(zy_query(zy_tx_read(tx), &SQL_DUE, ZY_ARGS(ZY_I(now.ms), ZY_I(max)), &rows, err));
    for (*ret_count = 0;; (*ret_count)++) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            return ZY_OK;
        outbox_row *row = &ret_rows[*ret_count];
        row->id = zy_col_id(rows, 0);
        row->tries = zy_col_int(rows, 1);
        row->expires_at = zy_col_time(rows, 2);
        zy_buf_clear(&row->payload);
        zy_buf_str(&row->payload, zy_col_blob(rows, 3));
    }
}

static const zy_sql SQL_LEASE = { "outbox.lease",
    "UPDATE outbox SET due_at = $2, tries = tries + 1 WHERE id = $1 AND state = 'waiting'", 2, NULL };

zy_status outbox_lease(zy_tx *tx, zy_id id, zy_time due_at, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_LEASE, ZY_ARGS(ZY_I(id.v), ZY_I(due_at.ms)), 1, ZY_DB_CONFLICT, err);
}

static const zy_sql SQL_DONE = { "outbox.done",
    "UPDATE outbox SET state = $2, done_at = $3, last_error = $4, payload = $5 WHERE id = $1", 5, NULL };

zy_status outbox_done(zy_tx *tx, zy_id id, const char *state, zy_time now, const char *error, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_DONE, ZY_ARGS(ZY_I(id.v), ZY_TC(state), ZY_I(now.ms), ZY_TC(error), ZY_B("", 0)), 1,
                          ZY_INTERNAL, err);
}

static const zy_sql SQL_RETRY = { "outbox.retry",
    "UPDATE outbox SET due_at = $2, last_error = $3 WHERE id = $1 AND state = 'waiting'", 3, NULL };

zy_status outbox_retry(zy_tx *tx, zy_id id, zy_time due_at, const char *error, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_RETRY, ZY_ARGS(ZY_I(id.v), ZY_I(due_at.ms), ZY_TC(error)), 1, ZY_INTERNAL, err);
}
