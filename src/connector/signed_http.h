/* One signed question over HTTPS, and its signed answer; used by the connectors of this room alone. */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "connector/signed.h"

typedef struct signed_kind {
    const char *name;            /* "the screening system": for the log */
    const char *url, *key;       /* names of the configuration's rows */
    const char *asks, *answers;  /* labels of the signatures */
    long connect_ms, total_ms;
    int at_once;                 /* questions: a slow system must not hold all workers */
} signed_kind;

typedef struct signed_system signed_system; /* may be shared between threads */
/* ZY_CONFIG_BAD: an address in the clear to another machine, a key of fewer than 16 bytes. */
zy_status signed_open(const signed_kind *kind, const zy_config *config, signed_system **ret_system, zy_err *err);
void signed_free(signed_system *system); /* accepts NULL */

typedef struct signed_question {
    const char *path;                             /* behind the configured address; "" */
    zy_time now;
    void (*write)(zy_buf *members, const void *arg); /* the question's own: `"name":value,…` */
    const void *arg;
    /* Reads what the answer says; ZY_BAD_REQUEST: another shape. */
    zy_status (*read)(const zy_json *answer, void *ret);
} signed_question;
/* No answer, or one that is not proven to be the system's to this very question: ZY_CONNECTOR_FAILED; too many wait for
 * one: ZY_BUSY. What was sent and received is wiped. */
zy_status signed_ask(signed_system *system, const signed_question *question, void *ret, zy_err *err);
