#include "service/identity/hash_pool.h"

#include <pthread.h>
#include <stdlib.h>

#define THREADS_MAX 64

typedef struct job {
    zy_keys *keys;
    const zy_secret *secret;
    const uint8_t *record;
    zy_status status;
    bool done;
    pthread_cond_t finished;
    struct job *next;
} job;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work;
    job *first, **last;
    unsigned waiting, queue_max, threads;
    bool stopping;
    uint64_t hashed;
    pthread_t thread[THREADS_MAX];
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

static job *next_job(void)
{
    while (pool.first == NULL && !pool.stopping)
        pthread_cond_wait(&pool.work, &pool.lock);
    job *j = pool.first;
    if (j == NULL)
        return NULL;
    pool.first = j->next;
    if (pool.first == NULL)
        pool.last = &pool.first;
    pool.waiting--;
    return j;
}

static void *run(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&pool.lock);
    for (job *j; (j = next_job()) != NULL;) {
        pthread_mutex_unlock(&pool.lock);
        zy_status status = zy_password_check(j->keys, j->secret, j->record);
        pthread_mutex_lock(&pool.lock);
        j->status = status;
        j->done = true;
        pool.hashed++;
        pthread_cond_signal(&j->finished);
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

zy_status zy_hash_pool_start(unsigned threads, unsigned queue_max, zy_err *err)
{
    pool.stopping = false;
    pool.first = NULL;
    pool.last = &pool.first;
    pool.waiting = 0;
    pool.hashed = 0;
    pool.queue_max = queue_max;
    for (pool.threads = 0; pool.threads < threads && pool.threads < THREADS_MAX; pool.threads++)
        if (pthread_create(&pool.thread[pool.threads], NULL, run, NULL) != 0) {
            zy_hash_pool_stop();
            return zy_fail(err, ZY_NO_MEMORY, NULL, "no thread for password hashing");
        }
    return ZY_OK;
}

void zy_hash_pool_stop(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.stopping = true;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
    for (unsigned i = 0; i < pool.threads; i++)
        pthread_join(pool.thread[i], NULL);
    pool.threads = 0;
}

uint64_t zy_hash_pool_hashed(void)
{
    pthread_mutex_lock(&pool.lock);
    uint64_t hashed = pool.hashed;
    pthread_mutex_unlock(&pool.lock);
    return hashed;
}

zy_status zy_hash_pool_check(zy_keys *keys, const zy_secret *secret, const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_err *err)
{
    job j = { .keys = keys, .secret = secret, .record = record, .finished = PTHREAD_COND_INITIALIZER };
    pthread_mutex_lock(&pool.lock);
    bool taken = pool.threads > 0 && !pool.stopping && pool.waiting < pool.queue_max;
    if (taken) {
        *pool.last = &j;
        pool.last = &j.next;
        pool.waiting++;
        pthread_cond_signal(&pool.work);
        while (!j.done)
            pthread_cond_wait(&j.finished, &pool.lock);
    }
    pthread_mutex_unlock(&pool.lock);
    pthread_cond_destroy(&j.finished);
    return taken ? j.status : zy_fail(err, ZY_BUSY, NULL, "the password hashing queue is full");
}
