#include "db/db_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

zy_status zy_pool_init(zy_pool *pool, unsigned max, zy_err *err)
{
    *pool = (zy_pool){.max = max, .idle = calloc(max, sizeof *pool->idle)};
    if (pool->idle == NULL)
        return zy_fail(err, ZY_NO_MEMORY, "", "the connection pool");
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->freed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&pool->lock, NULL);
    return ZY_OK;
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += ms % 1000 * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static bool none_free(const zy_pool *pool)
{
    return pool->idle_count == 0 && pool->opened >= pool->max;
}

zy_status zy_pool_take(zy_pool *pool, int64_t wait_ms, void **ret_item, zy_err *err)
{
    pthread_mutex_lock(&pool->lock);
    if (none_free(pool)) {
        struct timespec until = after_ms(wait_ms);
        while (none_free(pool) &&
               pthread_cond_timedwait(&pool->freed, &pool->lock, &until) != ETIMEDOUT)
            ;
    }
    bool taken = !none_free(pool);
    if (taken && pool->idle_count > 0) {
        *ret_item = pool->idle[--pool->idle_count];
    } else if (taken) {
        pool->opened++;
        *ret_item = NULL;
    }
    pthread_mutex_unlock(&pool->lock);
    return taken ? ZY_OK : zy_fail(err, ZY_BUSY, "", "no database connection became free");
}

void zy_pool_give(zy_pool *pool, void *item)
{
    pthread_mutex_lock(&pool->lock);
    if (item == NULL)
        pool->opened--;
    else
        pool->idle[pool->idle_count++] = item;
    pthread_cond_signal(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

void zy_pool_close(zy_pool *pool, void (*free_item)(void *item))
{
    pthread_mutex_lock(&pool->lock);
    while (pool->opened > pool->idle_count)
        pthread_cond_wait(&pool->freed, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->idle_count; i++)
        free_item(pool->idle[i]);
    free(pool->idle);
    pthread_cond_destroy(&pool->freed);
    pthread_mutex_destroy(&pool->lock);
}
