/* The sealer: blocks of the node's chain, and signed checkpoints over them. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "service/audit/audit_repo.h"

#define BLOCK_RECORDS_MAX      5000
#define SEAL_EVERY_MS          200
#define SEAL_NOW_TRIES         250
#define SEAL_NOW_WAIT_MS       20
#define CHECKPOINT_AFTER       1000 /* records */
#define CHECKPOINT_AFTER_TIME  ZY_SECONDS(10)

/* Appends one block of what waits below the horizon. *ret_more: the block was full. */
static zy_status seal_block(zy_tx *tx, zy_env *env, int64_t horizon_tx, bool *ret_more, zy_err *err)
{
    audit_block block;
    ZY_TRY(audit_last_block(zy_tx_read(tx), (int64_t)env->node, &block, err));
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(audit_unsealed(zy_tx_read(tx), &block, horizon_tx, BLOCK_RECORDS_MAX, &rows, err));
    block.records = 0;
    for (;;) {
        bool more = false;
        ZY_TRY(zy_stmt_next(rows, &more, err));
        if (!more)
            break;
        zy_str digest = zy_col_blob(rows, 2);
        if (digest.n != ZY_SM3_BYTES)
            return zy_fail(err, ZY_AUDIT_BROKEN, NULL, "a record without a digest waits for its seal");
        block.upto_id = zy_col_int(rows, 0);
        block.upto_tx = zy_col_int(rows, 1);
        ZY_TRY(audit_chain(block.h, digest.p));
        block.records++;
    }
    *ret_more = block.records == BLOCK_RECORDS_MAX;
    if (block.records == 0)
        return ZY_OK;
    block.no++;
    block.total += block.records;
    block.at = zy_env_now(env);
    return audit_block_insert(tx, &block, err);
}

/* SQLite: inside the writer's commit, so that nothing unsealed is ever durable. */
static zy_status seal_before_commit(zy_tx *tx, void *arg, zy_err *err)
{
    bool more = true;
    while (more)
        ZY_TRY(seal_block(tx, arg, INT64_MAX, &more, err));
    return ZY_OK;
}

void zy_audit_attach(zy_env *env)
{
    if (zy_db_kind_of(env->db) == ZY_DB_SQLITE)
        zy_db_set_before_commit(env->db, seal_before_commit, env);
}

typedef struct seal_job {
    zy_env *env;
    bool more;
} seal_job;

static zy_status seal_unit(zy_tx *tx, void *arg, zy_err *err)
{
    seal_job *job = arg;
    int64_t horizon = 0;
    ZY_TRY(audit_lock_node(tx, (int64_t)job->env->node, err));
    ZY_TRY(audit_horizon(zy_tx_read(tx), &horizon, err));
    return seal_block(tx, job->env, horizon, &job->more, err);
}

/* PostgreSQL: what was committed since, in units of their own. */
static zy_status seal_committed(zy_env *env, zy_err *err)
{
    if (zy_db_kind_of(env->db) == ZY_DB_SQLITE)
        return ZY_OK;
    seal_job job = { env, true };
    while (job.more)
        ZY_TRY(zy_db_run(env->db, "audit.seal", seal_unit, &job, err));
    return ZY_OK;
}

/* A restored PostgreSQL counts transactions from a small number again: a new era keeps the order ascending. */
static zy_status mend_era_unit(zy_tx *tx, void *arg, zy_err *err)
{
    zy_env *env = arg;
    audit_block last;
    int64_t horizon = 0;
    ZY_TRY(audit_lock_node(tx, (int64_t)env->node, err));
    ZY_TRY(audit_last_block(zy_tx_read(tx), (int64_t)env->node, &last, err));
    ZY_TRY(audit_horizon(zy_tx_read(tx), &horizon, err));
    return horizon < last.upto_tx ? audit_next_era(tx, err) : ZY_OK;
}

typedef struct points {
    zy_env *env;
    audit_block block;
    audit_checkpoint checkpoint;
} points;

static zy_status read_points(zy_rtx *rtx, void *arg, zy_err *err)
{
    points *p = arg;
    ZY_TRY(audit_last_block(rtx, (int64_t)p->env->node, &p->block, err));
    zy_status status = audit_last_checkpoint(rtx, (int64_t)p->env->node, &p->checkpoint, err);
    if (status == ZY_NOT_FOUND)
        p->checkpoint = (audit_checkpoint){ .node = (int64_t)p->env->node };
    return status == ZY_NOT_FOUND ? ZY_OK : status;
}

static zy_status checkpoint_unit(zy_tx *tx, void *arg, zy_err *err)
{
    return audit_checkpoint_insert(tx, arg, err);
}

/* Signs outside the writer: an SM2 signature there would hold everybody up. */
static zy_status checkpoint(zy_env *env, bool at_once, zy_err *err)
{
    points p = { .env = env };
    ZY_TRY(zy_db_read(env->db, "audit.points", read_points, &p, err));
    int64_t fresh = p.block.total - p.checkpoint.total;
    bool due = at_once || fresh >= CHECKPOINT_AFTER ||
               zy_time_passed(zy_env_now(env), p.checkpoint.at, CHECKPOINT_AFTER_TIME);
    if (fresh == 0 || !due)
        return ZY_OK;
    zy_key_info key;
    ZY_TRY(zy_keys_active(env->keys, ZY_KEY_AUDIT, &key));
    audit_checkpoint c = { .node = p.block.node, .no = p.block.no, .total = p.block.total, .at = zy_env_now(env),
                           .key_version = key.version };
    memcpy(c.h, p.block.h, sizeof c.h);
    uint8_t message[AUDIT_CHECKPOINT_BYTES];
    audit_checkpoint_message(&c, message);
    ZY_TRY(zy_keys_sign(env->keys, ZY_KEY_AUDIT, key.version, ZY_LABEL_AUDIT_CHECKPOINT,
                        ZY_PARTS(ZY_PART(message, sizeof message)), c.sig));
    return zy_db_run(env->db, "audit.checkpoint", checkpoint_unit, &c, err);
}

typedef struct left_job {
    zy_env *env;
    bool some;
} left_job;

static zy_status read_left(zy_rtx *rtx, void *arg, zy_err *err)
{
    left_job *job = arg;
    audit_block last;
    ZY_AUTO(zy_stmt_free) zy_stmt *rows = NULL;
    ZY_TRY(audit_last_block(rtx, (int64_t)job->env->node, &last, err));
    ZY_TRY(audit_unsealed(rtx, &last, INT64_MAX, 1, &rows, err));
    return zy_stmt_next(rows, &job->some, err);
}

/* A transaction that runs elsewhere in the cluster holds the horizon back: what is committed waits for its end. */
zy_status zy_audit_seal_now(zy_env *env, zy_err *err)
{
    left_job left = { env, true };
    for (int tries = 0; left.some && tries < SEAL_NOW_TRIES; tries++) {
        if (tries > 0)
            nanosleep(&(struct timespec){ .tv_nsec = SEAL_NOW_WAIT_MS * 1000000L }, NULL);
        ZY_TRY(seal_committed(env, err));
        ZY_TRY(zy_db_read(env->db, "audit.left", read_left, &left, err));
    }
    return checkpoint(env, true, err);
}

struct zy_sealer {
    zy_env *env;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
};

/* Sleeps until the next round; false when it is time to end. */
static bool wait_round(zy_sealer *s)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += SEAL_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&s->lock);
    if (!s->stopping)
        pthread_cond_timedwait(&s->wake, &s->lock, &until);
    bool go_on = !s->stopping;
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

static void *run(void *arg)
{
    zy_sealer *s = arg;
    while (wait_round(s)) {
        zy_err err = { 0 };
        if (seal_committed(s->env, &err) != ZY_OK || checkpoint(s->env, false, &err) != ZY_OK)
            zy_log_err("audit.seal_failed", &err);
    }
    return NULL;
}

zy_status zy_sealer_start(zy_env *env, zy_sealer **ret_sealer, zy_err *err)
{
    zy_audit_attach(env);
    if (zy_db_kind_of(env->db) == ZY_DB_PG)
        ZY_TRY(zy_db_run(env->db, "audit.mend_era", mend_era_unit, env, err));
    zy_sealer *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ZY_NO_MEMORY;
    s->env = env;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->wake, NULL);
    if (pthread_create(&s->thread, NULL, run, s) != 0) {
        free(s);
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no thread for the sealer");
    }
    *ret_sealer = s;
    return ZY_OK;
}

void zy_sealer_stop(zy_sealer *s)
{
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    pthread_cond_signal(&s->wake);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    zy_err err = { 0 };
    if (zy_audit_seal_now(s->env, &err) != ZY_OK)
        zy_log_err("audit.seal_failed", &err);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->wake);
    free(s);
}
