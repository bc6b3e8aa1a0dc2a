/* Pictures on their way: a challenge of random actions and what the client sent for it, in memory alone, bound to the channel, to
 * what it is for and to whom. Used by service/face alone. */
#pragma once

#include "connector/face.h"
#include "crypto/crypto.h"
#include "base/id.h"

#define CAPTURE_ID_BYTES 16
#define CAPTURE_ID_MAX   (2 * CAPTURE_ID_BYTES + 1)
#define CAPTURE_TOTAL    128 /* of a node: 32 MiB of pictures */
#define CAPTURE_NOBODYS  64  /* of them, of who is not logged in: the others stay for customers */

typedef struct capture_use {
    zy_id customer, object;
    const char *purpose;             /* "enrol", "order", "reset" */
    uint8_t digest[ZY_SM3_BYTES];    /* of what is proven; zero where there is no text; of a reset: the name's index */
    char device_id[33];              /* of a reset: who began it; "" */
    bool device_bound;
} capture_use;

typedef struct capture {
    struct capture *next;
    char id[CAPTURE_ID_MAX];
    uint8_t th[ZY_SM3_BYTES];
    zy_time ends_at;
    capture_use use;
    zy_face_action action[ZY_FACE_ACTIONS_MAX];
    int actions, frames;             /* frames: how many have come */
    uint8_t *frame[ZY_FACE_ACTIONS_MAX * ZY_FACE_FRAMES_MAX];
    size_t frame_n[ZY_FACE_ACTIONS_MAX * ZY_FACE_FRAMES_MAX];
} capture;

/* Draws `actions` different actions in random order, of the face's parts and of the whole face. An earlier capture of the channel
 * is dropped. ZY_BUSY: too many wait; ZY_BAD_REQUEST: no channel. */
zy_status capture_make(const uint8_t *th, zy_time now, zy_dur life, int actions, const capture_use *use, capture *ret_challenge);
/* The next picture, and no other: ZY_FACTOR_ORDER. ZY_CHALLENGE_BAD: unknown, too late, another channel's. ZY_BAD_FIELD: no JPEG
 * of a good size. */
zy_status capture_add(const uint8_t *th, zy_str id, zy_time now, int action, int frame, zy_str picture);
/* Takes it out, once, for that use alone, and complete: else ZY_CHALLENGE_BAD, and it is gone. The caller frees it. */
zy_status capture_take(const uint8_t *th, zy_str id, zy_time now, const capture_use *use, capture **ret_capture);
/* What a capture of that purpose is for, without taking it; ZY_CHALLENGE_BAD. */
zy_status capture_use_of(const uint8_t *th, zy_str id, zy_time now, const char *purpose, capture_use *ret_use);
void capture_free(capture *c); /* wipes; accepts NULL */
ZY_AUTO_DEFINE(capture, capture_free)
void capture_clear(zy_time now); /* drops those that have ended */
void capture_clear_all(void);
size_t capture_count(void);

/* As the connector takes them; borrowed from c. */
void capture_pictures(const capture *c, zy_face_pictures *ret_pictures);
/* "blink,turn_left" */
#define CAPTURE_ACTIONS_MAX 64
void capture_actions_text(const capture *c, char out[CAPTURE_ACTIONS_MAX]);
/* SM3 over all pictures with their lengths. */
zy_status capture_digest(const capture *c, uint8_t out[ZY_SM3_BYTES]);
