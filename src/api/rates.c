/* Rate limits: fixed windows in memory, in shards, with a bounded number of keys. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"

#define SHARDS 32 /* power of two */
#define WAYS   8  /* slots that one key may stand in */

typedef struct window {
    uint64_t key;      /* 0: empty */
    int64_t ends_ms;
    unsigned taken;
} window;

typedef struct shard {
    pthread_mutex_t lock;
    window *windows;
} shard;

struct zy_rates {
    const zy_clock *clock;
    size_t sets; /* of WAYS windows, in each shard */
    uint64_t seed;
    shard shards[SHARDS];
};

zy_rates *zy_rates_new(size_t max_keys, const zy_clock *clock)
{
    zy_rates *r = calloc(1, sizeof *r);
    if (r == NULL)
        return NULL;
    r->clock = clock;
    r->sets = max_keys / (SHARDS * WAYS) + 1;
    bool good = zy_random(&r->seed, sizeof r->seed) == ZY_OK;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&r->shards[i].lock, NULL);
        r->shards[i].windows = calloc(r->sets * WAYS, sizeof(window));
        good = good && r->shards[i].windows != NULL;
    }
    if (good)
        return r;
    zy_rates_free(r);
    return NULL;
}

void zy_rates_free(zy_rates *r)
{
    if (r == NULL)
        return;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&r->shards[i].lock);
        free(r->shards[i].windows);
    }
    free(r);
}

/* FNV-1a from a random start, then mixed: outsiders cannot aim at a set. Not for secrets. */
static uint64_t hash(const zy_rates *r, const char *what, zy_str who)
{
    uint64_t h = r->seed ^ UINT64_C(0xcbf29ce484222325);
    for (; *what != '\0'; what++)
        h = (h ^ (uint8_t)*what) * UINT64_C(0x100000001b3);
    h = (h ^ 0xff) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < who.n; i++)
        h = (h ^ (uint8_t)who.p[i]) * UINT64_C(0x100000001b3);
    h ^= h >> 32;
    h *= UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
    return h != 0 ? h : 1;
}

/* The key's window, or the slot that gives way: an empty or ended one, else the one that ends first. */
static window *slot_of(window *set, uint64_t key, int64_t now)
{
    window *best = &set[0];
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].ends_ms <= now ? best->ends_ms > now : best->ends_ms > now && set[i].ends_ms < best->ends_ms)
            best = &set[i];
    }
    return best;
}

bool zy_rates_take(zy_rates *r, const char *what, zy_str who, unsigned per_window, zy_dur length)
{
    uint64_t key = hash(r, what, who);
    shard *sh = &r->shards[key % SHARDS];
    int64_t now = zy_clock_now(r->clock).ms;
    pthread_mutex_lock(&sh->lock);
    window *w = slot_of(&sh->windows[key / SHARDS % r->sets * WAYS], key, now);
    if (w->key != key || w->ends_ms <= now)
        *w = (window){ .key = key, .ends_ms = now + length.ms };
    bool within = w->taken < per_window;
    w->taken += within;
    pthread_mutex_unlock(&sh->lock);
    return within;
}

unsigned zy_rates_taken(zy_rates *r, const char *what, zy_str who)
{
    uint64_t key = hash(r, what, who);
    shard *sh = &r->shards[key % SHARDS];
    int64_t now = zy_clock_now(r->clock).ms;
    pthread_mutex_lock(&sh->lock);
    const window *w = slot_of(&sh->windows[key / SHARDS % r->sets * WAYS], key, now);
    unsigned taken = w->key == key && w->ends_ms > now ? w->taken : 0;
    pthread_mutex_unlock(&sh->lock);
    return taken;
}
