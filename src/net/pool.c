/* The workers: threads with small stacks before one bounded queue. */
#include "net/internal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__)
#define STACK_FACTOR 16
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STACK_FACTOR 16
#endif
#endif
#ifndef STACK_FACTOR
#define STACK_FACTOR 1
#endif

struct zy_pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    STAILQ_HEAD(, zy_http) queue;
    size_t waiting, queue_max;
    unsigned asleep;
    bool waking; /* one sleeper is on its way */
    bool stopping;
    unsigned count;
    pthread_t thread[];
};

/* Sleepers wake one after the other, each calling the next while work is left: quick requests are then
 * served by few threads that stay warm, slow ones still bring out all. */
static void call_one(zy_pool *pool)
{
    if (STAILQ_EMPTY(&pool->queue) || pool->asleep == 0 || pool->waking)
        return;
    pool->waking = true;
    pthread_cond_signal(&pool->work);
}

static void sleep_until_called(zy_pool *pool)
{
    pool->asleep++;
    pthread_cond_wait(&pool->work, &pool->lock);
    pool->asleep--;
    pool->waking = false;
}

static zy_http *take(zy_pool *pool, bool *ret_refuse)
{
    pthread_mutex_lock(&pool->lock);
    while (STAILQ_EMPTY(&pool->queue) && !pool->stopping)
        sleep_until_called(pool);
    zy_http *h = STAILQ_FIRST(&pool->queue);
    if (h != NULL) {
        STAILQ_REMOVE_HEAD(&pool->queue, waiting);
        pool->waiting--;
    }
    call_one(pool);
    *ret_refuse = pool->stopping;
    pthread_mutex_unlock(&pool->lock);
    return h;
}

static void serve(zy_http *h, bool refuse)
{
    if (refuse)
        zy_http_refuse(h, ZY_BUSY);
    else
        h->route->fn(h, h->route->arg);
    zy_log_trace(ZY_STR(""));
    zy_http_finish(h);
    h->mail.run = zy_http_deliver;
    zy_loop_post(h->loop, &h->mail);
}

static void *work(void *arg)
{
    zy_pool *pool = arg;
    zy_http *h;
    bool refuse;
    while ((h = take(pool, &refuse)) != NULL)
        serve(h, refuse);
    return NULL;
}

bool zy_pool_push(zy_pool *pool, zy_http *h)
{
    pthread_mutex_lock(&pool->lock);
    bool room = pool->waiting < pool->queue_max && !pool->stopping;
    if (room) {
        STAILQ_INSERT_TAIL(&pool->queue, h, waiting);
        pool->waiting++;
        call_one(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return room;
}

size_t zy_pool_waiting(zy_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t waiting = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}

void zy_pool_stop(zy_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->count; i++)
        pthread_join(pool->thread[i], NULL);
    pool->count = 0;
}

void zy_pool_free(zy_pool *pool)
{
    if (pool == NULL)
        return;
    zy_pool_stop(pool);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

static zy_status start_threads(zy_pool *pool, unsigned workers, size_t stack, zy_err *err)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    int failed = pthread_attr_setstacksize(&attr, stack * STACK_FACTOR);
    while (failed == 0 && pool->count < workers) {
        failed = pthread_create(&pool->thread[pool->count], &attr, work, pool);
        if (failed == 0)
            pool->count++;
    }
    pthread_attr_destroy(&attr);
    if (failed != 0)
        return zy_fail(err, ZY_NO_MEMORY, "", "worker %u of %u: error %d", pool->count, workers, failed);
    return ZY_OK;
}

zy_status zy_pool_start(unsigned workers, size_t stack, size_t queue_max, zy_pool **ret_pool, zy_err *err)
{
    zy_pool *pool = calloc(1, sizeof *pool + workers * sizeof pool->thread[0]);
    if (pool == NULL)
        return ZY_NO_MEMORY;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    STAILQ_INIT(&pool->queue);
    pool->queue_max = queue_max;
    zy_status status = start_threads(pool, workers, stack, err);
    if (status != ZY_OK)
        zy_pool_free(pool);
    else
        *ret_pool = pool;
    return status;
}
