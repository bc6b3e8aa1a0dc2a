/* A face provider that looks at marks in the pictures and not at faces; README.md says by which rule. */
#pragma once

#include "../system/system.h"

typedef struct face_provider {
    bool camera_is_genuine; /* a picture without a mark shows whoever is asked for, alive and doing what was asked */
} face_provider;

/* A provider whose questions are signed with `key`. */
void face_provider_system(face_provider *provider, sim_system *ret_system);
/* Forgets which pictures it has seen and whom it was told to forget: for tests. */
void face_provider_reset(void);

/* A picture with a mark, as a test makes it: `serial` tells one picture of the same from another. */
void face_picture_write(const char *person, const char *action, bool live, unsigned serial, zy_buf *out);
