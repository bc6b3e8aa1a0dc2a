/* What a running node shares: handed to handlers and services, made once by the program. */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "crypto/keys.h"
#include "db/db.h"
#include "connector/carrier.h"
#include "connector/clearing.h"
#include "connector/face.h"
#include "connector/screening.h"
#include "connector/sms.h"

typedef struct zy_env {
    zy_db *db;
    zy_keys *keys;
    const zy_clock *clock;
    const zy_config *config;
    zy_id_maker *ids;
    unsigned node;
    zy_sms *sms;
    zy_screening *screening; /* who may become a customer by himself; NULL in programs that register nobody */
    zy_face *face;           /* who compares faces; NULL: nobody does */
    zy_carrier *carrier;     /* who says which number a phone has; NULL: nobody does */
    zy_clearing *clearing;   /* who clears between banks; NULL: nobody does */
    bool demo;
} zy_env;

static inline zy_time zy_env_now(const zy_env *env) { return zy_clock_now(env->clock); }
