/* Messages to the outside, written in the deed's transaction, delivered at least once. */
#pragma once

#include "api/env.h"

/* Queues one text message; the text is sealed (it holds codes and personal data). expires_at: not sent later
 * than that (0: never expires). purpose: "login", "order", "notice". */
ZY_CHECKED zy_status zy_outbox_sms(zy_tx *tx, zy_env *env, zy_str phone, zy_str text, const char *purpose,
                                   zy_time expires_at, zy_err *err);
/* Wakes the dispatcher after a commit (a poll runs anyway, each second). */
void zy_outbox_poke(void);
/* The dispatcher thread: claims due rows (SKIP LOCKED on PostgreSQL), sends through connectors, retries with
 * back-off (1 s doubling to 5 min), 10 tries, then the dead-letter state. Sent texts are wiped from the row. */
typedef struct zy_outbox zy_outbox;
ZY_CHECKED zy_status zy_outbox_start(zy_env *env, zy_outbox **ret_outbox, zy_err *err);
void zy_outbox_stop(zy_outbox *o);
/* One round without a thread, for tests and tools; tells how many were sent. */
ZY_CHECKED zy_status zy_outbox_run_once(zy_env *env, int *ret_sent, zy_err *err);
