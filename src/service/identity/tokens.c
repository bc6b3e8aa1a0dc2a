#include "service/identity/tokens.h"

#include <stdlib.h>
#include <string.h>

struct zy_token {
    zy_token *next_in_bucket;
    zy_token *older, *newer;
    zy_time made_at;
    uint8_t th[ZY_SM3_BYTES], id[ZY_TOKEN_ID_BYTES], value[ZY_TOKEN_VALUE];
};

/* A transcript hash holds both sides' fresh keys: it is evenly spread, and nobody can choose it. */
static zy_token_shard *shard_of(zy_tokens *t, const uint8_t *th)
{
    return &t->shards[th[0] % ZY_TOKEN_SHARDS];
}

static zy_token **bucket_of(zy_token_shard *s, const uint8_t *th)
{
    return &s->buckets[((unsigned)th[1] << 8 | th[2]) % ZY_TOKEN_BUCKETS];
}

/* *link is the token's place in its bucket. */
static void remove_at(zy_token_shard *s, zy_token **link)
{
    zy_token *k = *link;
    *link = k->next_in_bucket;
    *(k->older != NULL ? &k->older->newer : &s->oldest) = k->newer;
    *(k->newer != NULL ? &k->newer->older : &s->newest) = k->older;
    s->count--;
    zy_wipe(k, sizeof *k);
    free(k);
}

static void remove_token(zy_token_shard *s, const zy_token *k)
{
    zy_token **link = bucket_of(s, k->th);
    while (*link != k)
        link = &(*link)->next_in_bucket;
    remove_at(s, link);
}

static void remove_ended(zy_tokens *t, zy_token_shard *s, zy_time now)
{
    while (s->oldest != NULL && zy_time_passed(now, s->oldest->made_at, t->life))
        remove_token(s, s->oldest);
}

/* Newest first: what stands behind the channel's first per_channel - 1 makes room. */
static void make_room(zy_tokens *t, zy_token_shard *s, const uint8_t *th)
{
    unsigned seen = 0;
    for (zy_token **link = bucket_of(s, th); *link != NULL;) {
        if (memcmp((*link)->th, th, ZY_SM3_BYTES) == 0 && ++seen >= t->per_channel)
            remove_at(s, link);
        else
            link = &(*link)->next_in_bucket;
    }
}

static void insert(zy_token_shard *s, zy_token *k)
{
    zy_token **bucket = bucket_of(s, k->th);
    k->next_in_bucket = *bucket;
    *bucket = k;
    k->older = s->newest;
    *(s->newest != NULL ? &s->newest->newer : &s->oldest) = k;
    s->newest = k;
    s->count++;
}

zy_status zy_tokens_add(zy_tokens *t, const uint8_t *th, zy_time now, const uint8_t value[ZY_TOKEN_VALUE],
                        char ret_id[ZY_TOKEN_ID_MAX])
{
    if (th == NULL)
        return ZY_BAD_REQUEST;
    zy_token *k = calloc(1, sizeof *k);
    if (k == NULL)
        return ZY_NO_MEMORY;
    k->made_at = now;
    memcpy(k->th, th, sizeof k->th);
    memcpy(k->value, value, sizeof k->value);
    zy_status status = zy_random(k->id, sizeof k->id);
    zy_token_shard *s = shard_of(t, th);
    char id[ZY_TOKEN_ID_MAX];
    zy_base64url_encode(k->id, sizeof k->id, id);
    pthread_mutex_lock(&s->lock);
    remove_ended(t, s, now);
    make_room(t, s, th);
    if (status == ZY_OK && s->count >= (t->total + ZY_TOKEN_SHARDS - 1) / ZY_TOKEN_SHARDS)
        status = ZY_BUSY;
    if (status == ZY_OK)
        insert(s, k);
    pthread_mutex_unlock(&s->lock);
    if (status != ZY_OK) {
        zy_wipe(k, sizeof *k);
        free(k);
        return status;
    }
    memcpy(ret_id, id, sizeof id);
    return ZY_OK;
}

zy_status zy_tokens_take(zy_tokens *t, const uint8_t *th, zy_str id_text, zy_time now, uint8_t ret_value[ZY_TOKEN_VALUE])
{
    uint8_t id[ZY_TOKEN_ID_BYTES];
    size_t n = 0;
    if (th == NULL || zy_base64url_decode(id_text, id, sizeof id, &n) != ZY_OK || n != sizeof id)
        return ZY_NOT_FOUND;
    zy_status status = ZY_NOT_FOUND;
    zy_token_shard *s = shard_of(t, th);
    pthread_mutex_lock(&s->lock);
    for (zy_token **link = bucket_of(s, th); *link != NULL; link = &(*link)->next_in_bucket) {
        if (memcmp((*link)->th, th, ZY_SM3_BYTES) != 0 || !zy_ct_equal((*link)->id, id, sizeof id))
            continue;
        if (!zy_time_passed(now, (*link)->made_at, t->life)) {
            memcpy(ret_value, (*link)->value, ZY_TOKEN_VALUE);
            status = ZY_OK;
        }
        remove_at(s, link);
        break;
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

void zy_tokens_clear(zy_tokens *t)
{
    for (size_t i = 0; i < ZY_TOKEN_SHARDS; i++) {
        zy_token_shard *s = &t->shards[i];
        pthread_mutex_lock(&s->lock);
        while (s->oldest != NULL)
            remove_token(s, s->oldest);
        pthread_mutex_unlock(&s->lock);
    }
}

unsigned zy_tokens_count(zy_tokens *t)
{
    unsigned count = 0;
    for (size_t i = 0; i < ZY_TOKEN_SHARDS; i++) {
        zy_token_shard *s = &t->shards[i];
        pthread_mutex_lock(&s->lock);
        count += s->count;
        pthread_mutex_unlock(&s->lock);
    }
    return count;
}
