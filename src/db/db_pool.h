/* A bounded set of connections: who takes one waits a bounded time. */
#pragma once

#include <pthread.h>

#include "db/db.h"

typedef struct zy_pool {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    void **idle; /* a stack: the warm ones are used first */
    unsigned idle_count, opened, max;
} zy_pool;

ZY_CHECKED zy_status zy_pool_init(zy_pool *pool, unsigned max, zy_err *err);
/* Takes an idle item, or the right to open one (*ret_item NULL). ZY_BUSY after wait_ms. */
ZY_CHECKED zy_status zy_pool_take(zy_pool *pool, int64_t wait_ms, void **ret_item, zy_err *err);
/* Gives an item back; NULL: it is gone (or was not opened). */
void zy_pool_give(zy_pool *pool, void *item);
/* Waits for those that are out, frees all. */
void zy_pool_close(zy_pool *pool, void (*free_item)(void *item));
