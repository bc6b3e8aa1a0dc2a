/* A small ZSC/1 server inside the test program: one login, honest crypto, faults on demand. It is the client's transport. */
#pragma once

#include "zyclient.h"

#define FAKE_SESSIONS 32
#define FAKE_CALLS    64

typedef enum fake_fault {
    FAKE_NONE,
    FAKE_LOST_REQUEST, /* never came */
    FAKE_LOST_ANSWER,  /* was done, and nobody heard of it */
    FAKE_HTTP_502,     /* was done, a proxy answers */
    FAKE_FORGED,       /* a bit of the answer is flipped */
    FAKE_WRONG_SEQ,    /* the answer names another seq */
    FAKE_REPLAYED,     /* the answer is that of a replay */
    FAKE_CHANNEL_BUSY, /* refused in clear, not done */
    FAKE_BUSY,         /* a sealed BUSY, not done */
    FAKE_SKEW,         /* a sealed CLOCK_SKEW, not done */
} fake_fault;

typedef struct fake_call {
    char api[40], id[70];
    uint64_t seq;
    uint8_t session[ZY_ZSC_SESSION_ID_BYTES];
    int64_t at_ms;
} fake_call;

typedef struct fake_session {
    zy_channel channel;
    bool alive, logged_in;
} fake_session;

typedef struct fake_server {
    zy_sm2_key *key, *password_key;
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    fake_session sessions[FAKE_SESSIONS];
    size_t session_count;
    uint8_t k_res[ZY_SM3_BYTES];
    bool login_ended, resume_used;
    int64_t clock_ms;              /* 0: the system's */
    bool lies_about_digest;
    fake_call calls[FAKE_CALLS];   /* what was opened, in order */
    size_t call_count, hellos, done; /* done: how often thing.do was carried out */
    char done_id[70];
    struct {
        const char *api;
        fake_fault fault;
        unsigned times;
    } faults[4];
    uint8_t secret[82];            /* the newest password message that was opened */
    size_t secret_n;
    zy_buf wire;                   /* everything that was sent to it */
} fake_server;

#define FAKE_KEY_ID   7
#define FAKE_LOGIN_ID "login-0001"
#define FAKE_CODE     "314159"

void fake_start(fake_server *s);
void fake_stop(fake_server *s);
void fake_break(fake_server *s, const char *api, fake_fault fault, unsigned times); /* the next calls of this API */
void fake_forget_channels(fake_server *s); /* as after a restart */
zy_client_transport fake_transport(fake_server *s);
size_t fake_count(const fake_server *s, const char *api);
