#include "service/identity/sms_code_repo.h"

#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

static const zy_sql SQL_SENDER_TAKE = { "sms_sender.take",
    "INSERT INTO sms_sender (who, events, window_at, taken, last_at) VALUES ($1, 1, $2, 1, $2)"
    " ON CONFLICT (who) DO UPDATE SET events = sms_sender.events + 1, last_at = $2,"
    " taken = CASE WHEN sms_sender.window_at <= $3 THEN 1 ELSE sms_sender.taken + 1 END,"
    " window_at = CASE WHEN sms_sender.window_at <= $3 THEN $2 ELSE sms_sender.window_at END", 3, NULL };
static const zy_sql SQL_SENDER_READ = { "sms_sender.read", "SELECT events, taken FROM sms_sender WHERE who = $1", 1, NULL };

zy_status sms_sender_take(zy_tx *tx, const uint8_t who[ZY_SM3_BYTES], zy_time now, int64_t *ret_events, int64_t *ret_taken,
                          zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_exec(tx, &SQL_SENDER_TAKE, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES), ZY_I(now.ms), ZY_I(now.ms - HOUR_MS)), NULL, err));
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_SENDER_READ, ZY_ARGS(ZY_B(who, ZY_SM3_BYTES)), &stmt, err));
    *ret_events = zy_col_int(stmt, 0);
    *ret_taken = zy_col_int(stmt, 1);
    return ZY_OK;
}

static const zy_sql SQL_SENT = { "sms_code.sent",
    "SELECT COALESCE(SUM(CASE WHEN created_at > $3 THEN 1 ELSE 0 END), 0), COUNT(*), COALESCE(MAX(created_at), 0)"
    " FROM sms_code WHERE phone = $1 AND kind = $2 AND created_at > $4", 4, NULL };
static const zy_sql SQL_SENT_BINDING = { "sms_code.sent_binding",
    "SELECT COUNT(*), COALESCE(MAX(created_at), 0) FROM sms_code WHERE binding = $1", 1, NULL };

zy_status sms_code_sent(zy_rtx *rtx, const sms_code_row *row, sms_sent *ret_sent, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *to_phone = NULL;
    ZY_AUTO(zy_stmt_free) zy_stmt *of_binding = NULL;
    int64_t now = row->created_at.ms;
    ZY_TRY(zy_query_one(rtx, &SQL_SENT,
                        ZY_ARGS(ZY_B(row->phone, ZY_SM3_BYTES), ZY_TC(row->kind), ZY_I(now - HOUR_MS), ZY_I(now - DAY_MS)),
                        &to_phone, err));
    *ret_sent = (sms_sent){ .in_hour = zy_col_int(to_phone, 0), .in_day = zy_col_int(to_phone, 1),
                            .last = zy_col_time(to_phone, 2) };
    zy_stmt_free(ZY_STEAL(to_phone));
    ZY_TRY(zy_query_one(rtx, &SQL_SENT_BINDING, ZY_ARGS(ZY_B(row->binding, ZY_SM3_BYTES)), &of_binding, err));
    ret_sent->of_binding = zy_col_int(of_binding, 0);
    ret_sent->last_of_binding = zy_col_time(of_binding, 1);
    return ZY_OK;
}

static const zy_sql SQL_ADD = { "sms_code.add",
    "INSERT INTO sms_code (id, customer, kind, phone, binding, event, digest, state, tries, created_at, expires_at, done_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, 'live', 0, $8, $9, 0)", 9, NULL };

zy_status sms_code_insert(zy_tx *tx, const sms_code_row *r, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_ADD,
                          ZY_ARGS(ZY_I(r->id.v), ZY_I(r->customer.v), ZY_TC(r->kind), ZY_B(r->phone, ZY_SM3_BYTES),
                                  ZY_B(r->binding, ZY_SM3_BYTES), ZY_I(r->event), ZY_B(r->digest, ZY_SM3_BYTES),
                                  ZY_I(r->created_at.ms), ZY_I(r->expires_at.ms)),
                          1, ZY_INTERNAL, err);
}

#define SELECT_LIVE "SELECT id, digest, tries, expires_at FROM sms_code WHERE binding = $1 AND state = 'live'"
static const zy_sql SQL_LIVE = { "sms_code.live", SELECT_LIVE, 1, SELECT_LIVE " FOR UPDATE" };

zy_status sms_code_live(zy_tx *tx, const uint8_t binding[ZY_SM3_BYTES], sms_code_row *ret_row, zy_err *err)
{
    ZY_AUTO(zy_stmt_free) zy_stmt *stmt = NULL;
    ZY_TRY(zy_query_one(zy_tx_read(tx), &SQL_LIVE, ZY_ARGS(ZY_B(binding, ZY_SM3_BYTES)), &stmt, err));
    zy_str digest = zy_col_blob(stmt, 1);
    if (digest.n != ZY_SM3_BYTES)
        return zy_fail(err, ZY_INTERNAL, NULL, "a live code without a digest");
    memcpy(ret_row->digest, digest.p, ZY_SM3_BYTES);
    ret_row->id = zy_col_id(stmt, 0);
    ret_row->tries = zy_col_int(stmt, 2);
    ret_row->expires_at = zy_col_time(stmt, 3);
    return ZY_OK;
}

static const zy_sql SQL_COUNT_TRY = { "sms_code.count_try",
    "UPDATE sms_code SET tries = tries + 1 WHERE id = $1 AND state = 'live'", 1, NULL };

zy_status sms_code_count_try(zy_tx *tx, zy_id id, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_COUNT_TRY, ZY_ARGS(ZY_I(id.v)), 1, ZY_DB_CONFLICT, err);
}

static const zy_sql SQL_CLOSE = { "sms_code.close",
    "UPDATE sms_code SET state = $2, done_at = $3, digest = $4 WHERE id = $1 AND state = 'live'", 4, NULL };

zy_status sms_code_close(zy_tx *tx, zy_id id, const char *state, zy_time now, zy_err *err)
{
    return zy_exec_expect(tx, &SQL_CLOSE, ZY_ARGS(ZY_I(id.v), ZY_TC(state), ZY_I(now.ms), ZY_B("", 0)), 1, ZY_DB_CONFLICT, err);
}

static const zy_sql SQL_REPLACE = { "sms_code.replace",
    "UPDATE sms_code SET state = 'replaced', done_at = $2, digest = $3 WHERE binding = $1 AND state = 'live'", 3, NULL };

zy_status sms_code_replace(zy_tx *tx, const uint8_t binding[ZY_SM3_BYTES], zy_time now, zy_err *err)
{
    return zy_exec(tx, &SQL_REPLACE, ZY_ARGS(ZY_B(binding, ZY_SM3_BYTES), ZY_I(now.ms), ZY_B("", 0)), NULL, err);
}

static const zy_sql SQL_DROP = { "sms_code.drop",
    "DELETE FROM sms_code WHERE id IN (SELECT id FROM sms_code WHERE created_at < $1 ORDER BY created_at LIMIT $2)", 2, NULL };
static const zy_sql SQL_SENDER_DROP = { "sms_sender.drop",
    "DELETE FROM sms_sender WHERE last_at < $1 AND who IN"
    " (SELECT who FROM sms_sender WHERE last_at < $1 ORDER BY last_at LIMIT $2)", 2, NULL };

zy_status sms_code_drop(zy_tx *tx, zy_time before, int max, int64_t *ret_dropped, zy_err *err)
{
    int64_t codes = 0, senders = 0;
    ZY_TRY(zy_exec(tx, &SQL_DROP, ZY_ARGS(ZY_I(before.ms), ZY_I(max)), &codes, err));
    ZY_TRY(zy_exec(tx, &SQL_SENDER_DROP, ZY_ARGS(ZY_I(before.ms), ZY_I(max)), &senders, err));
    *ret_dropped = codes + senders;
    return ZY_OK;
}
