/* A whole zy_env for tests of the upper rooms: a fresh database (zy_test_db.h), a keystore, a clock that is turned by hand. */
#pragma once

#include "api/env.h"

/* One environment at a time. kind "test"; the mailbox connector writes into the environment's own folder. */
ZY_CHECKED zy_status zy_test_env_open(zy_env **ret_env);
void zy_test_env_close(zy_env *env);
zy_clock *zy_test_env_clock(zy_env *env); /* for zy_clock_fake_turn; starts at 2026-11-23 10:00 Beijing */
const char *zy_test_env_folder(void);
/* A line of configuration for the environments that are opened from now on; NULL: none. */
void zy_test_env_set(const char *line);
