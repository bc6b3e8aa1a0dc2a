#include "base/id.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_MS     INT64_C(1577836800000) /* 2020-01-01 UTC */
#define COUNTER_BITS 15
#define NODE_BITS    6
#define TICK_BITS    (42 + COUNTER_BITS) /* milliseconds and counter run on as one number */
#define TEXT_CHARS   13

static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

struct zy_id_maker {
    const zy_clock *clock;
    uint64_t node;
    _Atomic uint64_t last; /* ms << COUNTER_BITS | counter */
};

zy_id_maker *zy_id_maker_new(unsigned node, const zy_clock *clock)
{
    assert(node <= ZY_ID_NODE_MAX);
    zy_id_maker *m = calloc(1, sizeof *m);
    if (m == NULL)
        abort();
    m->clock = clock;
    m->node = node;
    atomic_init(&m->last, 0);
    return m;
}

void zy_id_maker_free(zy_id_maker *m)
{
    free(m);
}

/* A counter that runs over borrows from the next millisecond, and a clock that stepped back is not
 * followed: both keep the order. */
zy_id zy_id_next(zy_id_maker *m)
{
    int64_t ms = zy_clock_now(m->clock).ms - EPOCH_MS;
    uint64_t from_clock = ms > 0 ? (uint64_t)ms << COUNTER_BITS : 0;
    uint64_t last = atomic_load(&m->last), next;
    do
        next = from_clock > last ? from_clock : last + 1;
    while (!atomic_compare_exchange_weak(&m->last, &last, next));
    assert(next >> TICK_BITS == 0); /* the year 2159 */
    uint64_t counter = next & ((1u << COUNTER_BITS) - 1);
    return (zy_id){ (int64_t)((next >> COUNTER_BITS) << (NODE_BITS + COUNTER_BITS) |
                              m->node << COUNTER_BITS | counter) };
}

zy_id zy_id_floor(zy_time t)
{
    int64_t ms = t.ms - EPOCH_MS;
    return (zy_id){ ms > 0 ? ms << (NODE_BITS + COUNTER_BITS) : 0 };
}

bool zy_id_eq(zy_id a, zy_id b)
{
    return a.v == b.v;
}

void zy_id_format(zy_id id, char out[ZY_ID_TEXT_MAX])
{
    uint64_t rest = (uint64_t)id.v;
    for (int i = TEXT_CHARS - 1; i >= 0; i--) {
        out[i] = DIGITS[rest & 31];
        rest >>= 5;
    }
    out[TEXT_CHARS] = 0;
}

zy_status zy_id_parse(zy_str s, zy_id *ret_id)
{
    if (s.n != TEXT_CHARS || s.p[0] > '7')
        return ZY_BAD_FIELD; /* the first character has three bits */
    uint64_t value = 0;
    for (size_t i = 0; i < s.n; i++) {
        const char *digit = s.p[i] != 0 ? strchr(DIGITS, s.p[i]) : NULL;
        if (digit == NULL)
            return ZY_BAD_FIELD;
        value = value << 5 | (uint64_t)(digit - DIGITS);
    }
    if (value == 0)
        return ZY_BAD_FIELD; /* "none" is never sent */
    ret_id->v = (int64_t)value;
    return ZY_OK;
}
