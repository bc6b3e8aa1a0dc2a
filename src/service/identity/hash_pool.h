/* Password hashing has a small pool of its own, so that a storm of logins cannot take all workers and cores. */
#pragma once

#include "service/identity/identity.h"

ZY_CHECKED zy_status zy_hash_pool_start(unsigned threads, unsigned queue_max, zy_err *err);
void zy_hash_pool_stop(void);
/* How many passwords were hashed since the start. */
uint64_t zy_hash_pool_hashed(void);
/* zy_password_check on a thread of the pool; the caller sleeps meanwhile. ZY_BUSY when the queue is full. */
ZY_CHECKED zy_status zy_hash_pool_check(zy_keys *keys, const zy_secret *secret, const uint8_t record[ZY_PASSWORD_RECORD_BYTES],
                                        zy_err *err);
