#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "door/customer/sessions.h"

#define SHARDS          64 /* power of two */
#define BUCKETS         1024
#define SWEEP_EVERY     ZY_SECONDS(5)

typedef struct shard {
    pthread_mutex_t lock;
    zy_session *buckets[BUCKETS];
    zy_time swept_at;
} shard;

struct zy_sessions {
    zy_sessions_limits limits;
    atomic_size_t count;
    shard shards[SHARDS];
};

/* Session ids are HKDF output: any of their bytes but the first (the node) is as good as a hash. */
static shard *shard_of(zy_sessions *s, const uint8_t *id)
{
    return &s->shards[id[1] % SHARDS];
}

static zy_session **bucket_of(shard *sh, const uint8_t *id)
{
    return &sh->buckets[(id[2] << 8 | id[3]) % BUCKETS];
}

zy_sessions *zy_sessions_new(const zy_sessions_limits *limits)
{
    zy_sessions *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->limits = *limits;
    for (int i = 0; i < SHARDS; i++)
        pthread_mutex_init(&s->shards[i].lock, NULL);
    return s;
}

static void session_free(zy_session *session)
{
    pthread_mutex_destroy(&session->lock);
    zy_wipe(session, sizeof *session);
    free(session);
}

void zy_sessions_free(zy_sessions *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < SHARDS; i++) {
        for (int b = 0; b < BUCKETS; b++)
            for (zy_session *n = s->shards[i].buckets[b], *next; n != NULL; n = next) {
                next = n->next;
                session_free(n);
            }
        pthread_mutex_destroy(&s->shards[i].lock);
    }
    free(s);
}

static bool is_dead(const zy_sessions *s, zy_session *session, zy_time now)
{
    pthread_mutex_lock(&session->lock);
    zy_time used_at = session->used_at;
    pthread_mutex_unlock(&session->lock);
    return zy_time_passed(now, session->created_at, s->limits.lifetime) || zy_time_passed(now, used_at, s->limits.idle);
}

/* Under the shard's lock: out of its bucket, freed now or by the last reference. */
static void unlink_session(zy_sessions *s, shard *sh, zy_session *session)
{
    for (zy_session **at = bucket_of(sh, session->channel.session_id); *at != NULL; at = &(*at)->next)
        if (*at == session) {
            *at = session->next;
            break;
        }
    session->gone = true;
    atomic_fetch_sub(&s->count, 1);
    if (session->refs == 0)
        session_free(session);
}

static void sweep(zy_sessions *s, shard *sh, zy_time now)
{
    sh->swept_at = now;
    for (int b = 0; b < BUCKETS; b++)
        for (zy_session *n = sh->buckets[b], *next; n != NULL; n = next) {
            next = n->next;
            if (is_dead(s, n, now))
                unlink_session(s, sh, n);
        }
}

/* Each addition sweeps its own shard when that was not done lately; a full table sweeps all of them. */
static void make_room(zy_sessions *s, shard *own, zy_time now)
{
    bool full = atomic_load(&s->count) >= s->limits.max;
    for (int i = 0; i < SHARDS; i++) {
        shard *sh = &s->shards[i];
        if (sh != own && !full)
            continue;
        pthread_mutex_lock(&sh->lock);
        if (zy_time_passed(now, sh->swept_at, SWEEP_EVERY))
            sweep(s, sh, now);
        pthread_mutex_unlock(&sh->lock);
    }
}

zy_status zy_sessions_add(zy_sessions *s, const zy_channel *channel, zy_time now)
{
    shard *sh = shard_of(s, channel->session_id);
    make_room(s, sh, now);
    if (atomic_fetch_add(&s->count, 1) >= s->limits.max) {
        atomic_fetch_sub(&s->count, 1);
        return ZY_CHANNEL_BUSY;
    }
    zy_session *session = calloc(1, sizeof *session);
    if (session == NULL ||
        zy_sm3(ZY_PARTS(ZY_PART(channel->session_id, ZY_ZSC_SESSION_ID_BYTES)), session->digest) != ZY_OK) {
        free(session);
        atomic_fetch_sub(&s->count, 1);
        return ZY_CHANNEL_BUSY;
    }
    session->channel = *channel;
    session->created_at = session->used_at = now;
    pthread_mutex_init(&session->lock, NULL);
    pthread_mutex_lock(&sh->lock);
    zy_session **bucket = bucket_of(sh, channel->session_id);
    session->next = *bucket;
    *bucket = session;
    pthread_mutex_unlock(&sh->lock);
    return ZY_OK;
}

zy_status zy_sessions_find(zy_sessions *s, const uint8_t id[ZY_ZSC_SESSION_ID_BYTES], zy_time now, zy_session **ret_session)
{
    shard *sh = shard_of(s, id);
    zy_status status = ZY_CHANNEL_EXPIRED;
    pthread_mutex_lock(&sh->lock);
    for (zy_session *n = *bucket_of(sh, id); n != NULL; n = n->next) {
        if (!zy_ct_equal(n->channel.session_id, id, ZY_ZSC_SESSION_ID_BYTES))
            continue;
        if (is_dead(s, n, now)) {
            unlink_session(s, sh, n);
        } else {
            n->refs++;
            *ret_session = n;
            status = ZY_OK;
        }
        break;
    }
    pthread_mutex_unlock(&sh->lock);
    return status;
}

void zy_sessions_release(zy_sessions *s, zy_session *session)
{
    if (session == NULL)
        return;
    shard *sh = shard_of(s, session->channel.session_id);
    pthread_mutex_lock(&sh->lock);
    bool last = --session->refs == 0 && session->gone;
    pthread_mutex_unlock(&sh->lock);
    if (last)
        session_free(session);
}

void zy_sessions_remove(zy_sessions *s, zy_session *session)
{
    shard *sh = shard_of(s, session->channel.session_id);
    pthread_mutex_lock(&sh->lock);
    if (!session->gone)
        unlink_session(s, sh, session);
    pthread_mutex_unlock(&sh->lock);
}

size_t zy_sessions_count(const zy_sessions *s)
{
    return atomic_load(&s->count);
}
