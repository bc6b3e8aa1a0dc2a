#include "service/identity/presence.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "service/identity/identity_repo.h"

#define SLOTS      (1u << 17) /* power of two; a login that is pushed out falls back to its row */
#define WAYS       4
#define FLUSH_UNIT 2000       /* rows in one transaction */

typedef struct slot {
    int64_t login, last_ms, written_ms;
} slot;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    slot *slots;
    zy_env *env;
    pthread_t thread;
    bool running, stopping;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER };

/* The login's slot, or with `make` the one that gives way to it: an empty one, else the one that was seen longest ago. */
static slot *find(zy_id login, bool make)
{
    uint64_t h = (uint64_t)login.v * UINT64_C(0x9e3779b97f4a7c15) >> 40;
    slot *set = &seen.slots[h % (SLOTS / WAYS) * WAYS], *oldest = &set[0];
    for (int i = 0; i < WAYS; i++) {
        if (set[i].login == login.v)
            return &set[i];
        if (set[i].last_ms < oldest->last_ms)
            oldest = &set[i];
    }
    if (!make)
        return NULL;
    *oldest = (slot){ .login = login.v };
    return oldest;
}

void zy_presence_touch(zy_id login, zy_time now, zy_time row_says)
{
    pthread_mutex_lock(&seen.lock);
    if (seen.slots != NULL) {
        slot *s = find(login, true);
        s->last_ms = now.ms;
        if (s->written_ms < row_says.ms)
            s->written_ms = row_says.ms;
    }
    pthread_mutex_unlock(&seen.lock);
}

zy_time zy_presence_last(zy_id login, zy_time row_says)
{
    pthread_mutex_lock(&seen.lock);
    const slot *s = seen.slots != NULL ? find(login, false) : NULL;
    if (s != NULL && s->last_ms > row_says.ms)
        row_says.ms = s->last_ms;
    pthread_mutex_unlock(&seen.lock);
    return row_says;
}

typedef struct flush_job {
    slot rows[FLUSH_UNIT];
    int count;
} flush_job;

static zy_status write_rows(zy_tx *tx, void *arg, zy_err *err)
{
    const flush_job *job = arg;
    for (int i = 0; i < job->count; i++)
        ZY_TRY(login_touch(tx, (zy_id){ job->rows[i].login }, (zy_time){ job->rows[i].last_ms }, err));
    return ZY_OK;
}

static int by_login(const void *a, const void *b)
{
    const slot *x = a, *y = b;
    return (x->login > y->login) - (x->login < y->login);
}

/* Takes the next slots that are due from *at on. Rows are written in id order, as everywhere. */
static void collect(size_t *at, int64_t due_ms, flush_job *job)
{
    job->count = 0;
    pthread_mutex_lock(&seen.lock);
    for (; *at < SLOTS && job->count < FLUSH_UNIT; (*at)++)
        if (seen.slots[*at].last_ms - seen.slots[*at].written_ms >= due_ms) {
            seen.slots[*at].written_ms = seen.slots[*at].last_ms;
            job->rows[job->count++] = seen.slots[*at];
        }
    pthread_mutex_unlock(&seen.lock);
    qsort(job->rows, (size_t)job->count, sizeof job->rows[0], by_login);
}

zy_status zy_presence_flush(zy_env *env, bool all, zy_err *err)
{
    zy_status status = ZY_OK;
    flush_job *job = calloc(1, sizeof *job);
    if (job == NULL)
        return ZY_NO_MEMORY;
    for (size_t at = 0; at < SLOTS && status == ZY_OK;) {
        collect(&at, all ? 1 : ZY_PRESENCE_WRITE.ms, job);
        if (job->count > 0)
            status = zy_db_run(env->db, "presence.flush", write_rows, job, err);
    }
    free(job);
    return status;
}

static bool wait_round(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ZY_PRESENCE_FLUSH.ms / 1000;
    pthread_mutex_lock(&seen.lock);
    if (!seen.stopping)
        pthread_cond_timedwait(&seen.wake, &seen.lock, &until);
    bool go_on = !seen.stopping;
    pthread_mutex_unlock(&seen.lock);
    return go_on;
}

static void flush_and_log(bool all)
{
    zy_err err = { 0 };
    if (zy_presence_flush(seen.env, all, &err) != ZY_OK)
        zy_log_err("presence.flush_failed", &err);
}

static void *run(void *arg)
{
    (void)arg;
    while (wait_round())
        flush_and_log(false);
    return NULL;
}

zy_status zy_presence_start(zy_env *env, zy_err *err)
{
    slot *slots = calloc(SLOTS, sizeof *slots);
    if (slots == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for presence");
    pthread_mutex_lock(&seen.lock);
    seen.slots = slots;
    seen.env = env;
    seen.stopping = false;
    pthread_mutex_unlock(&seen.lock);
    seen.running = pthread_create(&seen.thread, NULL, run, NULL) == 0;
    return seen.running ? ZY_OK : zy_fail(err, ZY_NO_MEMORY, NULL, "no thread for presence");
}

void zy_presence_stop(void)
{
    if (!seen.running)
        return;
    pthread_mutex_lock(&seen.lock);
    seen.stopping = true;
    pthread_cond_signal(&seen.wake);
    pthread_mutex_unlock(&seen.lock);
    pthread_join(seen.thread, NULL);
    seen.running = false;
    flush_and_log(true);
    pthread_mutex_lock(&seen.lock);
    free(seen.slots);
    seen.slots = NULL;
    pthread_mutex_unlock(&seen.lock);
}
