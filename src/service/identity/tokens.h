/* A bounded store in memory of short-lived things that are bound to a channel and may be taken once: challenges and
 * captchas. Used by src/service/identity alone. */
#pragma once

#include <pthread.h>

#include "crypto/crypto.h"
#include "base/clock.h"

#define ZY_TOKEN_ID_BYTES   16
#define ZY_TOKEN_ID_MAX     23 /* base64url, terminated */
#define ZY_TOKEN_VALUE      16
#define ZY_TOKEN_SHARDS     64
#define ZY_TOKEN_BUCKETS    1024

typedef struct zy_token zy_token;
typedef struct zy_token_shard {
    pthread_mutex_t lock;
    zy_token *buckets[ZY_TOKEN_BUCKETS]; /* all of one channel are in one bucket, newest first */
    zy_token *oldest, *newest;           /* all have the same life: the order of making is the order of ending */
    unsigned count;
} zy_token_shard;
typedef struct zy_tokens {
    zy_dur life;
    unsigned per_channel, total;
    zy_token_shard shards[ZY_TOKEN_SHARDS];
} zy_tokens;
/* A static store: zy_tokens store = ZY_TOKENS(120000, 16, 200000); */
#define ZY_TOKENS(life_ms, per_channel_, total_)                                   \
    { .life = { (life_ms) }, .per_channel = (per_channel_), .total = (total_),           \
      .shards = { [0 ... ZY_TOKEN_SHARDS - 1] = { .lock = PTHREAD_MUTEX_INITIALIZER } } }

/* Keeps value for the channel with transcript hash th; its id is random. A channel that has per_channel of them loses its
 * oldest. ZY_BUSY when the store is full; ZY_BAD_REQUEST without a channel. */
ZY_CHECKED zy_status zy_tokens_add(zy_tokens *t, const uint8_t *th, zy_time now, const uint8_t value[ZY_TOKEN_VALUE],
                                   char ret_id[ZY_TOKEN_ID_MAX]);
/* Takes it out: ZY_NOT_FOUND when it is unknown, another channel's, taken before or at the end of its life. */
ZY_CHECKED zy_status zy_tokens_take(zy_tokens *t, const uint8_t *th, zy_str id, zy_time now, uint8_t ret_value[ZY_TOKEN_VALUE]);
void zy_tokens_clear(zy_tokens *t);
unsigned zy_tokens_count(zy_tokens *t);
