/* Negative tests that are generated from the tables of the APIs: what a table demands is tried against a door.
 *
 * For each API of a door: without login; another version; an unknown API beside it; a clock that is off both ways; a body that is no
 * JSON or no object; the idempotency id missing, too short, too long, with a wrong character (or given where none is asked
 * for); an unknown field; and for each field, also of nested objects: missing, of another type, too short, too long, past its
 * range both ways, with a character that it does not allow. Each must answer the documented code and name the field.
 *
 * A unit test hands in a function that calls zy_dispatch. A whole-server test hands in one that makes the call over the
 * channel with libzyclient, with a logged-in client and (for `logged_in` false) one that is not:
 *
 *     zy_negative n = { .registry = r, .door = ZY_DOOR_CUSTOMER, .call = over_the_channel, .arg = &clients, .within_rates = true };
 *     zy_api_negative(&n);
 *
 * where r is a registry filled by zy_app_register, which needs no database. No call that is made here is well-formed, so none
 * can change anything, not even log out. Rate limits come before the fields: let `rest` turn the clock on (unit tests), or set
 * `within_rates`, which makes at most per_minute - 1 calls of an API, spread over its cases; `round` 0, 1, 2 ... shifts which ones. */
#pragma once

#include "api/api.h"

typedef struct zy_negative_call {
    const char *api;
    int64_t version;
    int64_t skew_ms;  /* t = the right time + this */
    const char *id;   /* NULL: none */
    const char *body; /* JSON, maybe broken */
    bool logged_in;
} zy_negative_call;

typedef struct zy_negative_answer {
    char code[40];
    char field[64]; /* the first of `fields`, "" when there is none */
} zy_negative_answer;

typedef struct zy_negative {
    const zy_api_registry *registry;
    zy_door door;
    /* Makes the call; false: it could not be made or gave no answer that can be read. */
    bool (*call)(void *arg, const zy_negative_call *call, zy_negative_answer *ret_answer);
    void *arg;
    void (*rest)(void *arg);  /* before each call; may be NULL */
    bool no_envelope;         /* the way carries neither version nor time (zy_dispatch_named, the staff door) */
    bool within_rates;
    unsigned round;
    const char *const *skip;  /* names of APIs to leave out, ended by NULL; may be NULL */
} zy_negative;

/* Makes the calls, returns how many; fails the running test after the last one, naming each API and field that answered otherwise. */
size_t zy_api_negative(const zy_negative *n);
/* The same without failing the test: returns how many answered otherwise. */
size_t zy_api_negative_failures(const zy_negative *n, size_t *ret_made);
/* How many calls there are for one API, and a body that is right in every field (for tests of one API's own). */
size_t zy_api_negative_cases(const zy_api *api, bool no_envelope);
void zy_api_good_body(const zy_api *api, zy_buf *out);
