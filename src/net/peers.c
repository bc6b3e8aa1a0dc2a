/* How many connections each client has: one small table a listener. */
#include "net/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BUCKETS 4096

typedef struct peer {
    struct peer *next;
    zy_address key;
    unsigned count;
} peer;

struct zy_peers {
    pthread_mutex_t lock;
    unsigned max;
    uint64_t seed; /* so that nobody can aim at one bucket */
    peer *bucket[BUCKETS];
};

zy_peers *zy_peers_new(unsigned max_per_client)
{
    zy_peers *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->max = max_per_client;
    pthread_mutex_init(&p->lock, NULL);
    if (getrandom(&p->seed, sizeof p->seed, 0) != (ssize_t)sizeof p->seed) {
        zy_peers_free(p);
        return NULL;
    }
    return p;
}

void zy_peers_free(zy_peers *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (p->bucket[i] != NULL) {
            peer *next = p->bucket[i]->next;
            free(p->bucket[i]);
            p->bucket[i] = next;
        }
    }
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

static peer **find(zy_peers *p, const zy_address *key)
{
    uint64_t half[2];
    memcpy(half, key->b, sizeof half);
    peer **at = &p->bucket[mix(mix(half[0] ^ p->seed) ^ half[1]) % BUCKETS];
    while (*at != NULL && memcmp((*at)->key.b, key->b, sizeof key->b) != 0)
        at = &(*at)->next;
    return at;
}

static bool count_up(peer **at, const zy_address *key, unsigned max)
{
    if (*at == NULL) {
        *at = calloc(1, sizeof **at);
        if (*at == NULL)
            return false;
        (*at)->key = *key;
    }
    if ((*at)->count >= max)
        return false;
    (*at)->count++;
    return true;
}

bool zy_peers_enter(zy_peers *p, const zy_address *address)
{
    zy_address key = zy_address_client_key(address);
    pthread_mutex_lock(&p->lock);
    bool entered = count_up(find(p, &key), &key, p->max);
    pthread_mutex_unlock(&p->lock);
    return entered;
}

void zy_peers_leave(zy_peers *p, const zy_address *address)
{
    zy_address key = zy_address_client_key(address);
    pthread_mutex_lock(&p->lock);
    peer **at = find(p, &key), *found = *at;
    assert(found != NULL && found->count > 0);
    if (--found->count == 0) {
        *at = found->next;
        free(found);
    }
    pthread_mutex_unlock(&p->lock);
}
