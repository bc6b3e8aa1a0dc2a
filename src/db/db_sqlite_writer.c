/* SQLite: one thread writes. It takes whatever units wait, runs each in a savepoint of one
 * transaction, and wakes their callers when the commit is on disk. Units that arrive meanwhile form
 * the next group: nobody waits for a group to fill. */
#include <assert.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "db/db_sqlite.h"

/* A caller that sleeps; lives on its stack. */
struct sqlite_waiter {
    const zy_unit *unit;
    zy_err *err;
    zy_status status;
    zy_outcome outcome;
    sqlite_waiter *next;
    atomic_uint done; /* a futex */
};

static const zy_sql SQL_BEGIN = {"db.begin", "BEGIN IMMEDIATE", 0, NULL};
static const zy_sql SQL_COMMIT = {"db.commit", "COMMIT", 0, NULL};
static const zy_sql SQL_ROLLBACK = {"db.rollback", "ROLLBACK", 0, NULL};
static const zy_sql SQL_SAVEPOINT = {"db.savepoint", "SAVEPOINT unit", 0, NULL};
static const zy_sql SQL_RELEASE = {"db.release", "RELEASE unit", 0, NULL};
static const zy_sql SQL_UNDO = {"db.undo", "ROLLBACK TO unit", 0, NULL};

/* ---- sleeping and waking ---- */

static void sleep_until_done(sqlite_waiter *w)
{
    while (atomic_load_explicit(&w->done, memory_order_acquire) == 0)
        syscall(SYS_futex, &w->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
}

/* The waiter may be gone as soon as done is set: only its address is used after that, and waking an
 * address where nobody sleeps is harmless. */
static void wake(sqlite_waiter *w)
{
    atomic_store_explicit(&w->done, 1, memory_order_release);
    syscall(SYS_futex, &w->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void wake_all(sqlite_waiter *group)
{
    while (group != NULL) {
        sqlite_waiter *next = group->next;
        wake(group);
        group = next;
    }
}

/* ---- one group ---- */

static void set_status(sqlite_waiter *w, zy_status status, const zy_err *why)
{
    w->status = status;
    if (w->err != NULL && why != NULL)
        *w->err = *why;
}

/* Everyone who had succeeded fails; those who failed on their own keep their reason. */
static void fail_group(sqlite_waiter *group, zy_status status, const zy_err *why)
{
    for (sqlite_waiter *w = group; w != NULL; w = w->next)
        if (w->status == ZY_OK)
            set_status(w, status, why);
}

static void drop_connection(sqlite_writer *writer)
{
    sqlite_conn_close(writer->conn);
    writer->conn = NULL;
}

static void roll_back(sqlite_writer *writer)
{
    if (sqlite3_get_autocommit(writer->conn->h) == 0 &&
        sqlite_run(writer->conn, &SQL_ROLLBACK, NULL) != ZY_OK)
        drop_connection(writer);
}

static zy_status begin(sqlite_db *d, zy_err *err)
{
    sqlite_writer *writer = &d->writer;
    zy_status status = zy_db_fault_begin();
    if (status != ZY_OK)
        return zy_fail(err, status, "", "begin: injected fault");
    if (writer->conn == NULL)
        ZY_TRY(sqlite_conn_open(&d->db, true, &writer->conn, err));
    return sqlite_run(writer->conn, &SQL_BEGIN, err);
}

/* A full disk or an I/O error makes SQLite undo the whole transaction: false then. */
static bool run_unit(sqlite_conn *c, sqlite_waiter *w)
{
    w->status = sqlite_run(c, &SQL_SAVEPOINT, w->err);
    if (w->status != ZY_OK)
        return sqlite3_get_autocommit(c->h) == 0;
    w->status = zy_unit_call(w->unit, &c->tx, w->err);
    assert(c->open_stmts == 0);
    if (sqlite3_get_autocommit(c->h) != 0)
        return false;
    if (w->status != ZY_OK && sqlite_run(c, &SQL_UNDO, NULL) != ZY_OK)
        return false;
    zy_status released = sqlite_run(c, &SQL_RELEASE, w->status == ZY_OK ? w->err : NULL);
    if (w->status == ZY_OK)
        w->status = released;
    return released == ZY_OK;
}

static zy_status run_units(sqlite_conn *c, sqlite_waiter *group, unsigned *ret_done, bool *ret_hook,
                           zy_err *err)
{
    for (sqlite_waiter *w = group; w != NULL; w = w->next) {
        if (!run_unit(c, w))
            return zy_fail(err, ZY_DB_ERROR, "", "the group's transaction was undone while %s ran",
                           w->unit->name);
        *ret_done += w->status == ZY_OK;
        *ret_hook = *ret_hook || (w->status == ZY_OK && !w->unit->schema);
    }
    return ZY_OK;
}

static zy_status call_hook(sqlite_writer *writer, zy_err *err)
{
    pthread_mutex_lock(&writer->lock);
    zy_status (*hook)(zy_tx *, void *, zy_err *) = writer->before_commit;
    void *arg = writer->before_commit_arg;
    pthread_mutex_unlock(&writer->lock);
    if (hook == NULL)
        return ZY_OK;
    zy_unit unit = {"db.before_commit", hook, arg, false};
    zy_status status = zy_unit_call(&unit, &writer->conn->tx, err);
    assert(writer->conn->open_stmts == 0);
    if (status == ZY_OK && sqlite3_get_autocommit(writer->conn->h) != 0)
        status =
            zy_fail(err, ZY_DB_ERROR, "", "the group's transaction was undone before its commit");
    return status;
}

/* An I/O error at COMMIT leaves open whether the frames reached the disk: a crash before the next
 * commit could bring them back, so nobody is told "undone". */
static zy_status commit(sqlite_writer *writer, zy_err *err)
{
    zy_status status = zy_db_fault_commit();
    if (status != ZY_OK)
        return zy_fail(err, status, "", "commit: injected fault");
    status = sqlite_run(writer->conn, &SQL_COMMIT, err);
    if (status == ZY_OK || (sqlite3_errcode(writer->conn->h) & 0xff) != SQLITE_IOERR)
        return status;
    drop_connection(writer);
    return zy_fail(err, ZY_OUTCOME_UNKNOWN, "", "an I/O error at COMMIT");
}

static void lose_answer(sqlite_writer *writer, sqlite_waiter *group)
{
    drop_connection(writer);
    for (sqlite_waiter *w = group; w != NULL; w = w->next)
        if (w->status == ZY_OK) {
            w->status = ZY_OUTCOME_UNKNOWN;
            w->outcome = ZY_COMMIT_LOST;
        }
}

static zy_status run_transaction(sqlite_db *d, sqlite_waiter *group, unsigned *ret_done,
                                 zy_err *err)
{
    bool hook = false;
    ZY_TRY(begin(d, err));
    ZY_TRY(run_units(d->writer.conn, group, ret_done, &hook, err));
    if (hook)
        ZY_TRY(call_hook(&d->writer, err));
    return *ret_done > 0 ? commit(&d->writer, err) : ZY_OK;
}

static void run_group(sqlite_db *d, sqlite_waiter *group)
{
    zy_err err = {0};
    unsigned done = 0, all = 0;
    for (sqlite_waiter *w = group; w != NULL; w = w->next)
        all++;
    zy_status status = run_transaction(d, group, &done, &err);
    if (status != ZY_OK) {
        fail_group(group, status, &err);
        done = 0;
    }
    if (d->writer.conn != NULL)
        roll_back(&d->writer); /* what did not commit */
    if (done > 0) {
        atomic_fetch_add(&d->db.count.commits, 1);
        if (zy_db_fault_commit_lost() != ZY_OK)
            lose_answer(&d->writer, group);
    }
    atomic_fetch_add(&d->db.count.units, done);
    atomic_fetch_add(&d->db.count.failed, all - done);
    atomic_fetch_sub(&d->db.count.waiting, all);
    wake_all(group);
}

/* ---- the thread ---- */

/* Cuts up to group_max waiters off the queue; NULL when stopping and nobody waits. */
static sqlite_waiter *next_group(sqlite_db *d)
{
    sqlite_writer *writer = &d->writer;
    pthread_mutex_lock(&writer->lock);
    while (writer->first == NULL && !writer->stopping) {
        writer->asleep = true;
        pthread_cond_wait(&writer->work, &writer->lock);
        writer->asleep = false;
    }
    sqlite_waiter *group = writer->first, **end = &writer->first;
    for (unsigned n = 0; n < d->db.options.group_max && *end != NULL; n++)
        end = &(*end)->next;
    if (group != NULL) {
        writer->first = *end;
        *end = NULL;
        if (writer->first == NULL)
            writer->end = &writer->first;
    }
    pthread_mutex_unlock(&writer->lock);
    return group;
}

static void *writer_main(void *arg)
{
    sqlite_db *d = arg;
    pthread_setname_np(pthread_self(), "zy-writer");
    for (sqlite_waiter *group = next_group(d); group != NULL; group = next_group(d))
        run_group(d, group);
    return NULL;
}

zy_status sqlite_writer_run(zy_db *db, const zy_unit *unit, zy_outcome *ret_outcome, zy_err *err)
{
    sqlite_writer *writer = &((sqlite_db *)db)->writer;
    sqlite_waiter w = {.unit = unit, .err = err, .outcome = ZY_RAN};
    atomic_fetch_add(&db->count.waiting, 1);
    pthread_mutex_lock(&writer->lock);
    *writer->end = &w;
    writer->end = &w.next;
    if (writer->asleep)
        pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    sleep_until_done(&w);
    *ret_outcome = w.outcome;
    return w.status;
}

void zy_db_set_before_commit(zy_db *db, zy_status (*fn)(zy_tx *, void *, zy_err *), void *arg)
{
    if (db->engine->kind != ZY_DB_SQLITE)
        return;
    sqlite_writer *writer = &((sqlite_db *)db)->writer;
    pthread_mutex_lock(&writer->lock);
    writer->before_commit = fn;
    writer->before_commit_arg = arg;
    pthread_mutex_unlock(&writer->lock);
}

zy_status sqlite_writer_start(sqlite_db *d, zy_err *err)
{
    sqlite_writer *writer = &d->writer;
    ZY_TRY(sqlite_conn_open(&d->db, true, &writer->conn, err));
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->work, NULL);
    writer->end = &writer->first;
    writer->before_commit = d->db.options.before_commit;
    writer->before_commit_arg = d->db.options.before_commit_arg;
    writer->started = pthread_create(&writer->thread, NULL, writer_main, d) == 0;
    if (!writer->started) {
        sqlite_writer_stop(d);
        return zy_fail(err, ZY_NO_MEMORY, "", "the writer thread");
    }
    return ZY_OK;
}

void sqlite_writer_stop(sqlite_db *d)
{
    sqlite_writer *writer = &d->writer;
    if (writer->started) {
        pthread_mutex_lock(&writer->lock);
        writer->stopping = true;
        pthread_cond_signal(&writer->work);
        pthread_mutex_unlock(&writer->lock);
        pthread_join(writer->thread, NULL);
    }
    sqlite_conn_close(writer->conn);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
}
