/* Server-side face recognition: a provider compares pictures with its authority's own photo and tells whether somebody alive did
 * what he was asked to do. Which one is chosen by configuration (`face.connector`); README.md has the protocol. */
#pragma once

#include "base/clock.h"
#include "base/config.h"

/* What somebody in front of the camera is asked to do: parts of the face, and the whole of it. */
typedef enum { ZY_FACE_BLINK, ZY_FACE_OPEN_MOUTH, ZY_FACE_SMILE, ZY_FACE_TURN_LEFT, ZY_FACE_TURN_RIGHT, ZY_FACE_NOD } zy_face_action;
#define ZY_FACE_ACTION_KINDS 6
const char *zy_face_action_name(zy_face_action action); /* "turn_left" */
bool zy_face_action_is_whole(zy_face_action action);

#define ZY_FACE_ACTIONS_MAX 4
#define ZY_FACE_FRAMES_MAX  2     /* pictures of one action, all of them needed */
#define ZY_FACE_FRAME_MAX   32768 /* bytes of a picture: as base64 it fits into one call of the channel */
#define ZY_FACE_FRAME_MIN   64

/* The pictures, in the order of the challenge. Not owned. */
typedef struct zy_face_pictures {
    zy_face_action action[ZY_FACE_ACTIONS_MAX];
    zy_str frame[ZY_FACE_ACTIONS_MAX][ZY_FACE_FRAMES_MAX]; /* JPEG */
    int actions;
} zy_face_pictures;

#define ZY_FACE_NUMBER_MAX 65
#define ZY_FACE_SCORE_MAX  10000
typedef struct zy_face_verdict {
    bool match, live;                   /* the same person; alive, and did what was asked in its order */
    int64_t score;                      /* of the comparison, 0 to ZY_FACE_SCORE_MAX */
    char number[ZY_FACE_NUMBER_MAX];    /* the provider's own of this comparison */
    char reference[ZY_FACE_NUMBER_MAX]; /* under which the provider knows the person; of zy_face_enrol alone, and only when right */
} zy_face_verdict;

typedef struct zy_face zy_face; /* may be shared between threads */
/* `none`: *ret_face is NULL, and nobody can use the factor. `http`: a provider behind HTTPS. */
ZY_CHECKED zy_status zy_face_open(const zy_config *config, zy_face **ret_face, zy_err *err);
void zy_face_free(zy_face *face); /* accepts NULL */

/* The calls below may block for the connector's timeout: never inside a unit of work. No answer, or one that is not proven to be
 * the provider's to this very question, and face NULL: ZY_CONNECTOR_FAILED; too many wait for one: ZY_BUSY. */

/* Compares with the authority's photo of who bears this name and number; the provider remembers him under a reference. */
ZY_CHECKED zy_status zy_face_enrol(zy_face *face, zy_str name, zy_str id_no, const zy_face_pictures *pictures, zy_time now,
                                   zy_face_verdict *ret_verdict, zy_err *err);
/* Compares with whom the provider knows under a reference. */
ZY_CHECKED zy_status zy_face_check(zy_face *face, zy_str reference, const zy_face_pictures *pictures, zy_time now,
                                   zy_face_verdict *ret_verdict, zy_err *err);
/* The provider deletes what it has under a reference; telling it twice does no harm. */
ZY_CHECKED zy_status zy_face_forget(zy_face *face, zy_str reference, zy_time now, zy_err *err);

/* face.* rows for the configuration. */
extern const zy_config_row ZY_FACE_CONFIG[];
extern const size_t ZY_FACE_CONFIG_COUNT;

/* --- The protocol, for its two ends (src/connector/face.c, sim/face) --- */
#define ZY_FACE_ASKS        "ZY face request\n"
#define ZY_FACE_ANSWERS     "ZY face answer\n"
#define ZY_FACE_PATH_ENROL  "/references"
#define ZY_FACE_PATH_CHECK  "/checks"
#define ZY_FACE_PATH_FORGET "/forget"
#define ZY_FACE_QUESTION_MAX (ZY_FACE_ACTIONS_MAX * ZY_FACE_FRAMES_MAX * ((ZY_FACE_FRAME_MAX + 2) / 3 * 4 + 4) + 4096)
