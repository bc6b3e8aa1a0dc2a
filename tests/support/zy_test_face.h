/* For tests: a face provider behind a real connection, beside the bank under test. */
#pragma once

#include "api/env.h"
#include "../../sim/face/provider.h"

#define FACE_BESIDE_KEY "0123456789abcdef0123456789abcdef"

extern face_provider face_beside;
void face_beside_start(zy_env *env);
void face_beside_stop(zy_env *env);
/* The bank connects again, and signs its questions with `key`. */
void face_beside_connect(zy_env *env, const char *key);
/* The provider goes away, and comes back (at another port: connect again). */
void face_beside_silence(void);
void face_beside_speak(void);
