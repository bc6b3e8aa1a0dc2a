/* The channel sessions of this process: keys and replay windows, which are never shared between processes. */
#pragma once

#include <pthread.h>

#include "channel/channel.h"

typedef struct zy_session {
    zy_channel channel;                   /* keys are constant; highest and window are under `lock` */
    uint8_t digest[ZY_SM3_BYTES];         /* SM3(session id): what the login row knows of it */
    zy_time created_at;
    zy_time used_at;                      /* under `lock` */
    pthread_mutex_t lock;
    int refs;                             /* under the shard's lock */
    bool gone;                            /* taken out of the table, freed by the last reference */
    struct zy_session *next;              /* in its bucket */
} zy_session;

typedef struct zy_sessions zy_sessions;

typedef struct zy_sessions_limits {
    size_t max;          /* sessions in all; beyond: ZY_CHANNEL_BUSY */
    zy_dur lifetime;     /* since the hello or rotation */
    zy_dur idle;         /* since the last call whose tag was right */
} zy_sessions_limits;

zy_sessions *zy_sessions_new(const zy_sessions_limits *limits);
void zy_sessions_free(zy_sessions *s);
/* Takes a copy of the channel; ZY_CHANNEL_BUSY when the table is full even after the dead were swept. */
ZY_CHECKED zy_status zy_sessions_add(zy_sessions *s, const zy_channel *channel, zy_time now);
/* A reference to a living session, or ZY_CHANNEL_EXPIRED; give it back with zy_sessions_release. */
ZY_CHECKED zy_status zy_sessions_find(zy_sessions *s, const uint8_t id[ZY_ZSC_SESSION_ID_BYTES], zy_time now,
                                      zy_session **ret_session);
void zy_sessions_release(zy_sessions *s, zy_session *session);
/* Takes the session out: its id answers CHANNEL_EXPIRED from now on. */
void zy_sessions_remove(zy_sessions *s, zy_session *session);
size_t zy_sessions_count(const zy_sessions *s);
