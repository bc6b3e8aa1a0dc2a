/* What a client reports of the device it runs on, and what follows from it. Nobody has to report; what is reported is only
 * ever held against the device, never in its favour. Used by src/service/identity alone. */
#pragma once

#include "service/identity/identity.h"

/* The optional `environment` member of auth.login.start, auth.quick.start and auth.resume. */
typedef struct zy_environment_in {
    bool root, emulator, debugger, hook, repackaged, proxy, screen_shared;
    zy_str version;
} zy_environment_in;
#define ZY_ENVIRONMENT_FIELD_COUNT 8
extern const zy_field ZY_ENVIRONMENT_FIELDS[ZY_ENVIRONMENT_FIELD_COUNT];
/* The member itself, in the API's input struct `struct_t { bool has_environment; zy_environment_in environment; }`. */
#define ZY_ENVIRONMENT_FIELD(struct_t)                                                                        \
    ZY_FIELD(struct_t, environment, ZY_F_OBJECT, 0, 0, ZY_OPTIONAL, ZY_HAS(struct_t, has_environment),          \
             .object = ZY_ENVIRONMENT_FIELDS, .object_count = ZY_ENVIRONMENT_FIELD_COUNT,                       \
             .help = "what the client found out about its device")

/* What follows: a warning; no binding, no factors of a bound device, lower limits; no login. */
typedef enum { ZY_ENVIRONMENT_SAFE, ZY_ENVIRONMENT_WARN, ZY_ENVIRONMENT_LIMIT, ZY_ENVIRONMENT_REFUSE } zy_environment_level;

/* Registers the parameters environment.*: the level of each finding. */
void zy_environment_start(void);
/* The findings as bits, kept with the login. */
int64_t zy_environment_bits(zy_env *env, const zy_environment_in *in);
/* By the parameters in force now: those of the worst finding. */
zy_environment_level zy_environment_judge(zy_env *env, int64_t bits);
const char *zy_environment_word(zy_environment_level level); /* "safe", "warn", "limit", "refuse" */
/* ZY_DEVICE_UNSAFE with an audit record when the report forbids the login that is asked for. */
ZY_CHECKED zy_status zy_environment_check(const zy_call *call, int64_t bits, zy_err *err);
/* "1.10.2" against "1.9": by number, part by part; what is no number counts as 0. */
int zy_version_compare(zy_str a, zy_str b);
