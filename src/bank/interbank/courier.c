/* The threads that speak with the clearing house. A question blocks for its answer, so there are several; the database decides who takes what. */
#include "bank/interbank/interbank_internal.h"
#include "bank/phonepay/phonepay.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#define SENDERS      3
#define SEND_ONCE    16
#define MAIL_ONCE    100
#define NUMBERS_ONCE 8
#define RECALLS_ONCE 8
#define PAUSE_MS     500

struct zy_courier {
    zy_env *env;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    pthread_t threads[SENDERS + 1];
    int count;
};

static bool pause_thread(zy_courier *c)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)PAUSE_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&c->lock);
    if (!c->stopping)
        pthread_cond_timedwait(&c->wake, &c->lock, &until);
    bool go_on = !c->stopping;
    pthread_mutex_unlock(&c->lock);
    return go_on;
}

static bool is_stopping(zy_courier *c)
{
    pthread_mutex_lock(&c->lock);
    bool stopping = c->stopping;
    pthread_mutex_unlock(&c->lock);
    return stopping;
}

/* As long as there is something, without a pause. */
static void work(zy_courier *c, const char *event, int at_once, zy_status (*task)(zy_env *, int, int64_t *, zy_err *))
{
    for (int64_t done = 1; done > 0 && !is_stopping(c);) {
        zy_err err = { 0 };
        if (task(c->env, at_once, &done, &err) != ZY_OK) {
            zy_log_err(event, &err);
            return;
        }
    }
}

static void *send_thread(void *arg)
{
    zy_courier *c = arg;
    while (pause_thread(c))
        work(c, "interbank.send", SEND_ONCE, zy_interbank_send);
    return NULL;
}

static void *mail_thread(void *arg)
{
    zy_courier *c = arg;
    while (pause_thread(c)) {
        work(c, "interbank.collect", MAIL_ONCE, zy_interbank_collect);
        work(c, "interbank.recall", RECALLS_ONCE, zy_interbank_recall);
        work(c, "phonepay.keep", NUMBERS_ONCE, zy_phonepay_keep);
    }
    return NULL;
}

zy_status zy_courier_start(zy_env *env, zy_courier **ret_courier, zy_err *err)
{
    *ret_courier = NULL;
    if (env->clearing == NULL)
        return ZY_OK;
    zy_courier *c = calloc(1, sizeof *c);
    if (c == NULL)
        return zy_fail(err, ZY_NO_MEMORY, NULL, "no memory for the courier");
    c->env = env;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    for (; c->count <= SENDERS; c->count++)
        if (pthread_create(&c->threads[c->count], NULL, c->count < SENDERS ? send_thread : mail_thread, c) != 0) {
            zy_courier_stop(c);
            return zy_fail(err, ZY_NO_MEMORY, NULL, "no thread for the courier");
        }
    *ret_courier = c;
    return ZY_OK;
}

void zy_courier_stop(zy_courier *c)
{
    if (c == NULL)
        return;
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_cond_broadcast(&c->wake);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->count; i++)
        pthread_join(c->threads[i], NULL);
    pthread_cond_destroy(&c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
