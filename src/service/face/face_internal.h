/* Shared by the files of this room alone. */
#pragma once

#include "service/face/capture.h"
#include "service/face/face.h"

typedef struct face_row {
    zy_id customer, order;
    char state[16];                    /* "consented", "enrolled" */
    char version[8];
    char reference[ZY_FACE_NUMBER_MAX]; /* opened; "" until enrolled */
    zy_time consented_at, enrolled_at;
} face_row;
void face_row_wipe(face_row *row);
#define FACE_AUTO_ROW __attribute__((cleanup(face_row_wipe))) face_row

typedef struct face_check_row {
    zy_id id;
    const capture_use *use;
    const zy_face_verdict *verdict;
    bool right;
    const char *actions;
    uint8_t frames[ZY_SM3_BYTES];
} face_check_row;

/* --- compare.c: one comparison --- */
typedef struct face_compare {
    zy_call *call;
    capture_use use;
    const char *event_ok, *event_wrong;
    /* What is done in the unit of a right one; may be NULL. */
    zy_status (*keep)(zy_tx *tx, const struct face_compare *compare, zy_err *err);
    /* results */
    zy_face_verdict verdict;
    char actions[CAPTURE_ACTIONS_MAX];
    uint8_t frames[ZY_SM3_BYTES];
    zy_status result;
} face_compare;
/* Draws a challenge for it and fills the answer of a begin. ZY_LOCKED, ZY_FACTOR_AWAY. */
zy_status face_begin(zy_call *call, const capture_use *use, zy_json *body, zy_err *err);
/* Takes a try of the customer and of the device, asks the provider, counts. ZY_FACTOR_WRONG, ZY_LOCKED (of a reset: wrong, too), ZY_CHALLENGE_BAD;
 * ZY_FACTOR_AWAY: the provider gave no verdict, and nothing was counted. */
zy_status face_compare_run(face_compare *compare, zy_str capture_id, zy_err *err);
zy_status face_audit(zy_tx *tx, const zy_call *call, zy_id customer, const char *event, zy_status result, zy_err *err);
/* What is kept of a comparison, and whether it still fits the customer and the text. */
zy_status face_evidence_write(zy_env *env, const face_compare *compare, zy_json *evidence);
zy_status face_evidence_check(zy_env *env, zy_id customer, const uint8_t digest[ZY_SM3_BYTES], const zy_json *evidence);

/* --- reset.c: handlers --- */
extern const zy_field FACE_RESET_FIELDS[4];
typedef struct face_finish_in {
    zy_str capture_id;
} face_finish_in;
zy_status face_reset_start_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status face_reset_finish_run(zy_call *call, const void *in, zy_json *body, zy_err *err);

/* --- face_repo.c --- */
zy_status face_insert(zy_tx *tx, zy_id customer, zy_id order, zy_time now, zy_err *err); /* ZY_STATE_CONFLICT: there is one */
zy_status face_find(zy_rtx *rtx, zy_env *env, zy_id customer, face_row *ret_row, zy_err *err); /* ZY_NOT_FOUND */
/* consented -> enrolled; ZY_STATE_CONFLICT. */
zy_status face_enrolled(zy_tx *tx, zy_env *env, zy_id customer, const char *reference, zy_time now, zy_err *err);
zy_status face_delete(zy_tx *tx, zy_id customer, zy_err *err);
zy_status face_check_insert(zy_tx *tx, const face_check_row *row, zy_time now, zy_err *err);
zy_status face_checks_delete(zy_tx *tx, zy_id customer, zy_err *err);
zy_status face_checks_drop(zy_tx *tx, zy_time before, int max, zy_err *err);
typedef struct face_forget_row {
    zy_id id;
    char reference[ZY_FACE_NUMBER_MAX];
    int64_t tries;
} face_forget_row;
zy_status face_forget_insert(zy_tx *tx, zy_env *env, const char *reference, zy_time now, zy_err *err);
/* The one that has been due longest; ZY_NOT_FOUND. */
zy_status face_forget_due(zy_rtx *rtx, zy_env *env, zy_time now, face_forget_row *ret_row, zy_err *err);
zy_status face_forget_done(zy_tx *tx, zy_id id, zy_err *err);
zy_status face_forget_later(zy_tx *tx, const face_forget_row *row, zy_time due_at, zy_err *err);
