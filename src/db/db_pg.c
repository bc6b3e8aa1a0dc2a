/* PostgreSQL: a pool of connections in libpq's pipeline mode, server-side prepared statements,
 * binary parameters and results. What is sent is judged at the next flush: before a result is read,
 * and before COMMIT is sent; when nothing but errors could be found there, COMMIT travels along, and
 * a unit without reads takes one round trip. Sessions are read-only unless a unit begins, so that a read cannot
 * write. */
#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "db/db_internal.h"
#include "db/db_pool.h"

enum {
    PENDING_MAX = 64, /* small answers: they fit the socket's buffer while we still send */
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_NUMERIC = 1700,
};

typedef struct pg_prepared {
    char name[16];
    Oid types[ZY_DB_PARAMS_MAX]; /* 0: so far only NULL was seen */
    bool sent;                   /* the server has it, or will have it before what is sent next */
    bool sure;                   /* zy_sql.sure, or seen in the text */
} pg_prepared;

typedef enum { SENT_CONTROL, SENT_PREPARE, SENT_EXPECT, SENT_QUERY } pg_kind;

typedef struct pg_pending {
    pg_kind kind;
    const zy_sql *sql;
    const char *tag;       /* CONTROL: the only good answer */
    pg_prepared *prepared; /* PREPARE */
    int64_t rows;          /* EXPECT */
    bool sure;
    zy_status otherwise;
} pg_pending;

typedef struct pg_conn {
    zy_tx tx; /* first: a zy_tx or zy_rtx of this engine points here */
    PGconn *h;
    zy_sql_cache cache;
    pg_pending pending[PENDING_MAX];
    int pending_count;
    int open_stmts;
    unsigned serial; /* of prepared names */
    bool conflict;   /* 40001 or 40P01 was seen in this transaction */
    bool unsure;     /* in this flush a statement that was sure changed other rows than it said */
    bool lost;
} pg_conn;

typedef struct pg_db {
    zy_db db;
    zy_pool pool; /* of pg_conn */
} pg_db;

typedef struct pg_stmt {
    zy_stmt stmt;
    pg_conn *conn;
    PGresult *result;
    int row;
} pg_stmt;

static const zy_sql SQL_CONTROL = {.name = "db.transaction"};

/* ---- failures ---- */

static const struct {
    const char *state;
    zy_status status;
} STATES[] = {
    {"23505", ZY_DB_UNIQUE}, {"40001", ZY_DB_CONFLICT}, {"40P01", ZY_DB_CONFLICT},
    {"55P03", ZY_BUSY},      {"57014", ZY_TIMEOUT},
};

static const char *or_empty(const char *s)
{
    return s != NULL ? s : "";
}

/* Our functions raise statuses: 20001 travels as Z2001. */
static zy_status own_status(const char *state)
{
    char *end = NULL;
    long n = state[0] == 'Z' ? strtol(state + 1, &end, 10) : 0;
    return end == state + 5 && *end == '\0' ? (zy_status)(n / 1000 * 10000 + n % 1000) : ZY_DB_ERROR;
}

/* Messages of class 42 speak of the statement only; others may hold values of a row. */
static zy_status fail_result(pg_conn *c, const zy_sql *sql, const PGresult *r, zy_err *err)
{
    const char *state = or_empty(PQresultErrorField(r, PG_DIAG_SQLSTATE));
    bool speaks_of_statement = strncmp(state, "42", 2) == 0;
    zy_status status = own_status(state);
    for (size_t i = 0; i < ZY_COUNT(STATES); i++)
        if (strcmp(state, STATES[i].state) == 0)
            status = STATES[i].status;
    c->conflict = c->conflict || status == ZY_DB_CONFLICT;
    return zy_fail(err, status, "", "%s: postgres %s %s%s", sql->name, state,
                   or_empty(PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME)),
                   speaks_of_statement ? or_empty(PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY))
                                       : "");
}

static zy_status lose(pg_conn *c, zy_err *err)
{
    c->lost = true;
    c->pending_count = 0;
    return zy_tx_doom(&c->tx, zy_fail(err, ZY_BUSY, "", "the connection to the database was lost"));
}

/* ---- sending and judging ---- */

static zy_status judge(pg_conn *c, const pg_pending *p, PGresult *r, zy_err *err)
{
    ExecStatusType got = PQresultStatus(r);
    bool good = got == PGRES_COMMAND_OK || got == PGRES_TUPLES_OK;
    if (!good && p->kind == SENT_PREPARE)
        p->prepared->sent = false;
    if (got == PGRES_PIPELINE_ABORTED)
        return zy_fail(err, ZY_DB_ERROR, "", "%s: not run", p->sql->name);
    if (!good) {
        zy_status status = fail_result(c, p->sql, r, err);
        bool first = status == ZY_DB_UNIQUE && p->kind == SENT_EXPECT && p->otherwise == ZY_DB_CONFLICT;
        return first ? ZY_DB_CONFLICT : status; /* somebody else was first, and the caller has a way on */
    }
    if (p->kind == SENT_CONTROL && strcmp(PQcmdStatus(r), p->tag) != 0)
        return zy_fail(err, ZY_DB_ERROR, "", "%s: no %s", p->sql->name, p->tag);
    if (p->kind == SENT_EXPECT) {
        int64_t rows = strtoll(PQcmdTuples(r), NULL, 10);
        if (rows != p->rows && p->sure)
            c->unsure = true; /* what is sent behind it must fail */
        else if (rows != p->rows)
            return zy_fail(err, p->otherwise, "", "%s: %" PRId64 " rows instead of %" PRId64,
                           p->sql->name, rows, p->rows);
    }
    return ZY_OK;
}

/* Each command's answer ends with a NULL. */
static void skip_to_null(PGconn *h)
{
    PGresult *r;
    while (PQstatus(h) == CONNECTION_OK && (r = PQgetResult(h)) != NULL)
        PQclear(r);
}

static bool read_sync(PGconn *h)
{
    PGresult *r = PQgetResult(h);
    bool sync = r != NULL && PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    return sync;
}

/* Sends what is queued, waits, judges. The first failure is the transaction's. ret_result (may be
 * NULL) gets the answer to the query that was sent last. */
static zy_status flush(pg_conn *c, PGresult **ret_result, zy_err *err)
{
    if (c->lost)
        return lose(c, err);
    if (c->pending_count == 0)
        return ZY_OK;
    if (PQpipelineSync(c->h) != 1)
        return lose(c, err);
    zy_status status = ZY_OK;
    PGresult *last = NULL;
    c->unsure = false;
    for (int i = 0; i < c->pending_count; i++) {
        PQclear(last);
        last = PQgetResult(c->h);
        if (last == NULL)
            return lose(c, err);
        zy_status one = judge(c, &c->pending[i], last, status == ZY_OK ? err : NULL);
        if (status == ZY_OK)
            status = one;
        skip_to_null(c->h);
    }
    c->pending_count = 0;
    if (!read_sync(c->h))
        status = lose(c, err);
    if (status == ZY_OK && c->unsure) {
        assert(PQtransactionStatus(c->h) == PQTRANS_INTRANS); /* else it was committed */
        status = zy_fail(err, ZY_INTERNAL, "", "a statement changed other rows than it said");
    }
    if (status == ZY_OK && ret_result != NULL)
        *ret_result = last;
    else
        PQclear(last);
    return status == ZY_OK ? ZY_OK : zy_tx_doom(&c->tx, status);
}

static pg_pending *queue(pg_conn *c, pg_kind kind, const zy_sql *sql)
{
    assert(c->pending_count < PENDING_MAX);
    pg_pending *p = &c->pending[c->pending_count++];
    *p = (pg_pending){.kind = kind, .sql = sql};
    return p;
}

/* What begins and ends transactions: prepared when the session is set up, queued like the rest. */
typedef enum { BEGIN_WRITE, BEGIN_SNAPSHOT, COMMIT, ROLLBACK, CONTROLS } pg_control;
static const struct {
    const char *name, *text, *tag; /* tag: the only good answer */
} CONTROL[CONTROLS] = {
    [BEGIN_WRITE] = {"begin_write", "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", "BEGIN"},
    [BEGIN_SNAPSHOT] = {"begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "BEGIN"},
    [COMMIT] = {"commit", "COMMIT", "COMMIT"},
    [ROLLBACK] = {"rollback", "ROLLBACK", "ROLLBACK"},
};

static zy_status control(pg_conn *c, pg_control what, zy_err *err)
{
    if (c->lost || PQsendQueryPrepared(c->h, CONTROL[what].name, 0, NULL, NULL, NULL, 1) != 1)
        return lose(c, err);
    queue(c, SENT_CONTROL, &SQL_CONTROL)->tag = CONTROL[what].tag;
    return ZY_OK;
}

static zy_status prepare_controls(pg_conn *c, zy_err *err)
{
    zy_status status = ZY_OK;
    for (int i = 0; i < CONTROLS && status == ZY_OK; i++) {
        PGresult *r = PQprepare(c->h, CONTROL[i].name, CONTROL[i].text, 0, NULL);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            status = fail_result(c, &SQL_CONTROL, r, err);
        PQclear(r);
    }
    return status;
}

static const Oid TYPE_OF[] = {
    [ZY_V_NULL] = 0, [ZY_V_INT] = OID_INT8, [ZY_V_TEXT] = OID_TEXT, [ZY_V_BLOB] = OID_BYTEA};

/* INSERT of given values, without a way around a conflict, and calls of our functions. */
static bool is_sure(const char *text)
{
    if (strncmp(text, "INSERT INTO ", 12) == 0)
        return strstr(text, ") VALUES (") != NULL && strstr(text, "ON CONFLICT") == NULL;
    return strncmp(text, "SELECT zy_", 10) == 0 && strstr(text, " FROM ") == NULL;
}

/* Types are declared by what is bound (inferred ones would make `$1 > 0` a 32-bit comparison); a
 * parameter that was NULL so far is prepared again when its type is seen. */
static zy_status make_ready(pg_conn *c, const zy_sql *sql, const zy_val *args,
                            pg_prepared **ret_prepared, zy_err *err)
{
    pg_prepared *p = zy_sql_cache_get(&c->cache, sql);
    if (p == NULL) {
        p = calloc(1, sizeof *p);
        if (p == NULL)
            return zy_fail(err, ZY_NO_MEMORY, "", "%s", sql->name);
        zy_sql_cache_put(&c->cache, sql, p);
    }
    for (int i = 0; i < sql->params; i++)
        if (p->types[i] == 0 && args[i].kind != ZY_V_NULL) {
            p->types[i] = TYPE_OF[args[i].kind];
            p->sent = false;
        }
    if (!p->sent) {
        snprintf(p->name, sizeof p->name, "s%u", ++c->serial);
        const char *text = sql->pg_text != NULL ? sql->pg_text : sql->text;
        if (PQsendPrepare(c->h, p->name, text, sql->params, p->types) != 1)
            return lose(c, err);
        queue(c, SENT_PREPARE, sql)->prepared = p;
        p->sure = sql->sure || is_sure(text);
        p->sent = true;
    }
    *ret_prepared = p;
    return ZY_OK;
}

static int send_prepared(pg_conn *c, const pg_prepared *p, const zy_sql *sql, const zy_val *args)
{
    const char *values[ZY_DB_PARAMS_MAX];
    int lengths[ZY_DB_PARAMS_MAX], formats[ZY_DB_PARAMS_MAX];
    uint64_t ints[ZY_DB_PARAMS_MAX];
    for (int i = 0; i < sql->params; i++) {
        const zy_val *v = &args[i];
        formats[i] = 1;
        if (v->kind == ZY_V_INT) {
            ints[i] = __builtin_bswap64((uint64_t)v->i);
            values[i] = (const char *)&ints[i];
            lengths[i] = (int)sizeof ints[i];
        } else {
            assert(v->s.n <= INT32_MAX);
            values[i] = v->kind == ZY_V_NULL ? NULL : or_empty(v->s.p);
            lengths[i] = (int)v->s.n;
        }
    }
    return PQsendQueryPrepared(c->h, p->name, sql->params, values, lengths, formats, 1);
}

static zy_status send_statement(pg_conn *c, const zy_sql *sql, const zy_val *args, pg_kind kind,
                                pg_pending **ret_pending, zy_err *err)
{
    if (c->pending_count + 2 > PENDING_MAX || c->lost)
        ZY_TRY(flush(c, NULL, err));
    pg_prepared *p = NULL;
    ZY_TRY(make_ready(c, sql, args, &p, err));
    if (send_prepared(c, p, sql, args) != 1)
        return lose(c, err);
    *ret_pending = queue(c, kind, sql);
    (*ret_pending)->sure = p->sure;
    return ZY_OK;
}

static zy_status run_statement(pg_conn *c, const zy_sql *sql, const zy_val *args,
                               PGresult **ret_result, zy_err *err)
{
    pg_pending *pending = NULL;
    ZY_TRY(send_statement(c, sql, args, SENT_QUERY, &pending, err));
    return flush(c, ret_result, err);
}

/* ---- statements ---- */

static zy_status exec(zy_tx *tx, const zy_sql *sql, const zy_val *args, int64_t *ret_changed,
                      zy_err *err)
{
    PGresult *result = NULL;
    ZY_TRY(run_statement((pg_conn *)tx, sql, args, &result, err));
    if (ret_changed != NULL)
        *ret_changed = strtoll(PQcmdTuples(result), NULL, 10);
    PQclear(result);
    return ZY_OK;
}

static zy_status expect(zy_tx *tx, const zy_sql *sql, const zy_val *args, int64_t rows,
                        zy_status otherwise, zy_err *err)
{
    pg_pending *pending = NULL;
    ZY_TRY(send_statement((pg_conn *)tx, sql, args, SENT_EXPECT, &pending, err));
    pending->rows = rows;
    pending->otherwise = otherwise;
    return ZY_OK;
}

static zy_status query(zy_rtx *rtx, const zy_sql *sql, const zy_val *args, zy_stmt **ret_stmt,
                       zy_err *err)
{
    pg_conn *c = (pg_conn *)rtx;
    PGresult *result = NULL;
    ZY_TRY(run_statement(c, sql, args, &result, err));
    pg_stmt *s = PQresultStatus(result) == PGRES_TUPLES_OK ? calloc(1, sizeof *s) : NULL;
    if (s == NULL) {
        PQclear(result);
        return zy_fail(err, ZY_DB_ERROR, "", "%s: gives no rows, or no memory for them", sql->name);
    }
    *s = (pg_stmt){.stmt.engine = &ZY_ENGINE_PG, .conn = c, .result = result, .row = -1};
    c->open_stmts++;
    *ret_stmt = &s->stmt;
    return ZY_OK;
}

/* libpq runs several statements at once only outside pipeline mode. */
static zy_status script(zy_tx *tx, const char *text, zy_err *err)
{
    pg_conn *c = (pg_conn *)tx;
    ZY_TRY(flush(c, NULL, err));
    if (PQexitPipelineMode(c->h) != 1)
        return lose(c, err);
    PGresult *r = PQexec(c->h, text);
    ExecStatusType got = PQresultStatus(r);
    zy_status status = ZY_OK;
    if (got != PGRES_COMMAND_OK && got != PGRES_TUPLES_OK)
        status = zy_tx_doom(tx, zy_fail(err, ZY_DB_ERROR, "", "script: %s",
                                        or_empty(PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY))));
    PQclear(r);
    if (PQstatus(c->h) != CONNECTION_OK || PQenterPipelineMode(c->h) != 1)
        return lose(c, err);
    return status;
}

static zy_status next(zy_stmt *stmt, bool *ret_row, zy_err *err)
{
    (void)err;
    pg_stmt *s = (pg_stmt *)stmt;
    if (s->row < PQntuples(s->result))
        s->row++;
    *ret_row = s->row < PQntuples(s->result);
    return ZY_OK;
}

static void stmt_free(zy_stmt *stmt)
{
    pg_stmt *s = (pg_stmt *)stmt;
    s->conn->open_stmts--;
    PQclear(s->result);
    free(s);
}

static const pg_stmt *on_row(const zy_stmt *stmt, int col)
{
    const pg_stmt *s = (const pg_stmt *)stmt;
    assert(s->row >= 0 && s->row < PQntuples(s->result) && col >= 0 && col < PQnfields(s->result));
    return s;
}

static bool col_null(const zy_stmt *stmt, int col)
{
    const pg_stmt *s = on_row(stmt, col);
    return PQgetisnull(s->result, s->row, col);
}

static uint64_t big_endian(const char *p, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

/* NUMERIC, as sum() of BIGINT gives it: digits of base 10000, the first worth 10000^weight. */
static int64_t numeric_int(const char *p)
{
    int digits = (int)big_endian(p, 2), weight = (int16_t)big_endian(p + 2, 2);
    unsigned sign = (unsigned)big_endian(p + 4, 2);
    assert((sign == 0 || sign == 0x4000) && digits <= weight + 1);
    int64_t v = 0;
    for (int i = 0; i <= weight; i++) {
        int64_t digit = i < digits ? (int64_t)big_endian(p + 8 + 2 * i, 2) : 0;
        bool overflow =
            __builtin_mul_overflow(v, 10000, &v) || __builtin_sub_overflow(v, digit, &v);
        assert(!overflow);
    }
    assert(sign != 0 || v != INT64_MIN);
    return sign == 0 ? -v : v;
}

/* A silent 0 for a column that is no number would be a wrong amount. */
static int64_t col_int(const zy_stmt *stmt, int col)
{
    const pg_stmt *s = on_row(stmt, col);
    if (PQgetisnull(s->result, s->row, col))
        return 0;
    const char *p = PQgetvalue(s->result, s->row, col);
    switch (PQftype(s->result, col)) {
    case OID_INT8:
        return (int64_t)big_endian(p, 8);
    case OID_INT4:
        return (int32_t)big_endian(p, 4);
    case OID_INT2:
        return (int16_t)big_endian(p, 2);
    case OID_BOOL:
        return *p != 0;
    case OID_NUMERIC:
        return numeric_int(p);
    default:
        assert(!"the column is no number");
        return 0;
    }
}

static zy_str col_bytes(const zy_stmt *stmt, int col)
{
    const pg_stmt *s = on_row(stmt, col);
    Oid type = PQftype(s->result, col);
    assert(type != OID_INT8 && type != OID_INT4 && type != OID_INT2 && type != OID_BOOL &&
           type != OID_NUMERIC);
    return zy_str_bytes(PQgetvalue(s->result, s->row, col),
                        (size_t)PQgetlength(s->result, s->row, col));
}

/* ---- connections ---- */

static void conn_free(void *item)
{
    pg_conn *c = item;
    if (c == NULL)
        return;
    zy_sql_cache_clear(&c->cache, free);
    PQfinish(c->h);
    free(c);
}

static void no_notice(void *arg, const PGresult *r)
{
    (void)arg;
    (void)r;
}

/* Reads are read-only by the session's default; a unit's BEGIN says READ WRITE. A commit that is
 * not on disk is no commit: synchronous_commit may be stronger than "on", never off. */
static const char SESSION[] =
    "SELECT set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false),"
    " set_config('idle_in_transaction_session_timeout', $2, false), set_config('timezone', 'UTC', "
    "false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN "
    "'on'"
    "   ELSE current_setting('synchronous_commit') END, false),"
    " set_config('default_transaction_read_only', 'on', false)";

static zy_status set_up(pg_conn *c, int64_t lock_timeout_ms, zy_err *err)
{
    char lock_ms[24];
    snprintf(lock_ms, sizeof lock_ms, "%" PRId64, lock_timeout_ms);
    const char *values[] = {lock_ms, "30000"};
    PGresult *r = PQexecParams(c->h, SESSION, 2, NULL, values, NULL, NULL, 0);
    zy_status status = ZY_OK;
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        status = fail_result(c, &SQL_CONTROL, r, err);
    PQclear(r);
    ZY_TRY(status);
    ZY_TRY(prepare_controls(c, err));
    if (strcmp(or_empty(PQparameterStatus(c->h, "server_encoding")), "UTF8") != 0)
        return zy_fail(err, ZY_CONFIG_BAD, "db.target", "the database's encoding must be UTF8");
    return PQenterPipelineMode(c->h) == 1 ? ZY_OK : lose(c, err);
}

/* What stands before dbname can be overridden by the connection string, what stands after cannot.
 */
static zy_status conn_open(zy_db *db, pg_conn **ret_conn, zy_err *err)
{
    const char *keys[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                          "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                          "dbname",           "client_encoding",  NULL};
    const char *values[] = {"5",    "10", "5", "3", "20000", "zhangyin", db->options.target.p,
                            "UTF8", NULL};
    pg_conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "a database connection");
    c->tx.r.db = db;
    c->h = PQconnectdbParams(keys, values, 1);
    zy_status status;
    if (PQstatus(c->h) != CONNECTION_OK) {
        status = zy_fail(err, ZY_BUSY, "db.target", "cannot connect to PostgreSQL");
    } else {
        PQsetNoticeReceiver(c->h, no_notice, NULL);
        status = set_up(c, db->options.lock_timeout_ms, err);
    }
    if (status == ZY_OK)
        *ret_conn = c;
    else
        conn_free(c);
    return status;
}

/* An idle server says nothing but its farewell (or that its settings changed: then a new session is
 * right, too). Seen without asking it. */
static bool alive(pg_conn *c)
{
    struct pollfd f = {.fd = PQsocket(c->h), .events = POLLIN};
    return poll(&f, 1, 0) == 0;
}

static zy_status conn_get(pg_db *d, pg_conn **ret_conn, zy_err *err)
{
    void *item = NULL;
    atomic_fetch_add(&d->db.count.waiting, 1);
    zy_status status = zy_pool_take(&d->pool, d->db.options.lock_timeout_ms, &item, err);
    atomic_fetch_sub(&d->db.count.waiting, 1);
    ZY_TRY(status);
    pg_conn *c = item;
    if (c != NULL && !alive(c)) {
        conn_free(c);
        c = NULL;
    }
    if (c == NULL && (status = conn_open(&d->db, &c, err)) != ZY_OK) {
        zy_pool_give(&d->pool, NULL);
        return status;
    }
    c->conflict = false;
    c->tx.doomed = ZY_OK;
    *ret_conn = c;
    return ZY_OK;
}

static void conn_put(pg_db *d, pg_conn *c)
{
    assert(c->open_stmts == 0);
    if (c->lost) {
        conn_free(c);
        c = NULL;
    }
    zy_pool_give(&d->pool, c);
}

/* ---- transactions ---- */

/* An error in what is queued would skip a ROLLBACK sent with it, so it goes alone. */
static void roll_back(pg_conn *c)
{
    if (flush(c, NULL, NULL) == ZY_OK || !c->lost) {
        if (control(c, ROLLBACK, NULL) != ZY_OK || flush(c, NULL, NULL) != ZY_OK)
            c->lost = true;
    }
    if (!c->lost && PQtransactionStatus(c->h) != PQTRANS_IDLE)
        c->lost = true;
}

static zy_status begin(pg_conn *c, zy_err *err)
{
    zy_status status = zy_db_fault_begin();
    if (status != ZY_OK)
        return zy_fail(err, status, "", "begin: injected fault");
    return control(c, BEGIN_WRITE, err);
}

/* Could the answers to what is queued hold anything but errors that is worth knowing before COMMIT? An error keeps the
 * server from running the COMMIT behind it. */
static bool commit_may_travel_along(const pg_conn *c)
{
    for (int i = 0; i < c->pending_count; i++)
        if (c->pending[i].kind == SENT_QUERY || (c->pending[i].kind == SENT_EXPECT && !c->pending[i].sure))
            return false;
    return c->pending_count < PENDING_MAX;
}

static zy_status commit(pg_conn *c, zy_outcome *ret_outcome, zy_err *err)
{
    zy_status status = zy_db_fault_commit();
    if (status != ZY_OK) {
        roll_back(c);
        return zy_fail(err, status, "", "commit: injected fault");
    }
    status = control(c, COMMIT, err);
    if (status == ZY_OK)
        status = flush(c, NULL, err);
    if (status == ZY_OK && zy_db_fault_commit_lost() != ZY_OK)
        status = lose(c, err);
    if (c->lost)
        *ret_outcome = ZY_COMMIT_LOST;
    else if (c->conflict)
        *ret_outcome = ZY_CONFLICTED;
    if (status != ZY_OK && !c->lost && PQtransactionStatus(c->h) != PQTRANS_IDLE)
        roll_back(c); /* what stood before COMMIT failed */
    return status;
}

static zy_status run_transaction(pg_conn *c, const zy_unit *unit, zy_outcome *ret_outcome,
                                 zy_err *err)
{
    zy_status status = begin(c, err);
    if (status == ZY_OK)
        status = zy_unit_call(unit, &c->tx, err);
    if (status == ZY_OK && !commit_may_travel_along(c))
        status = flush(c, NULL, err);
    if (status == ZY_OK)
        return commit(c, ret_outcome, err);
    if (c->conflict || c->lost) /* COMMIT was not sent: surely undone */
        *ret_outcome = ZY_CONFLICTED;
    roll_back(c);
    return status;
}

static zy_status run_once(zy_db *db, const zy_unit *unit, zy_outcome *ret_outcome, zy_err *err)
{
    pg_db *d = (pg_db *)db;
    pg_conn *c = NULL;
    ZY_TRY(conn_get(d, &c, err));
    zy_status status = run_transaction(c, unit, ret_outcome, err);
    if (status == ZY_OK)
        atomic_fetch_add(&db->count.units, 1);
    atomic_fetch_add(status == ZY_OK ? &db->count.commits : &db->count.failed, 1);
    conn_put(d, c);
    return status;
}

static zy_status read_run(zy_db *db, bool snapshot, zy_read_fn fn, void *arg, zy_err *err)
{
    pg_db *d = (pg_db *)db;
    pg_conn *c = NULL;
    ZY_TRY(conn_get(d, &c, err));
    zy_status status = ZY_OK;
    if (snapshot)
        status = control(c, BEGIN_SNAPSHOT, err);
    if (status == ZY_OK)
        status = fn(&c->tx.r, arg, err);
    if (snapshot)
        roll_back(c);
    conn_put(d, c);
    return status;
}

/* ---- opening and closing ---- */

/* One connection at once, so that a wrong target is told at the start; the others when needed. */
static zy_status db_start(pg_db *d, zy_err *err)
{
    ZY_TRY(zy_pool_init(&d->pool, d->db.options.connections, err));
    pg_conn *c = NULL;
    zy_status status = conn_get(d, &c, err);
    if (status == ZY_OK)
        conn_put(d, c);
    else
        zy_pool_close(&d->pool, conn_free);
    return status;
}

static zy_status db_open(const zy_db_options *options, zy_db **ret_db, zy_err *err)
{
    pg_db *d = calloc(1, sizeof *d);
    if (d == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "the database");
    d->db.engine = &ZY_ENGINE_PG;
    d->db.options = *options;
    zy_status status = db_start(d, err);
    if (status != ZY_OK) {
        free(d);
        return status;
    }
    *ret_db = &d->db;
    return ZY_OK;
}

static void db_close(zy_db *db)
{
    pg_db *d = (pg_db *)db;
    zy_pool_close(&d->pool, conn_free);
    free(d);
}

const zy_db_engine ZY_ENGINE_PG = {
    .kind = ZY_DB_PG,
    .open = db_open,
    .close = db_close,
    .run = run_once,
    .read = read_run,
    .exec = exec,
    .expect = expect,
    .query = query,
    .script = script,
    .next = next,
    .stmt_free = stmt_free,
    .col_int = col_int,
    .col_bytes = col_bytes,
    .col_null = col_null,
};
