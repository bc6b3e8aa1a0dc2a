/* Row ids: 63 bits, time-ordered: 42 bits ms since 2020-01-01 UTC | 6 bits node | 15 bits counter. */
#pragma once

#include "base/clock.h"

typedef struct zy_id { int64_t v; } zy_id; /* 0: none */

#define ZY_ID_NODE_MAX  63
#define ZY_ID_NODE_TOOL 63 /* command-line programs that write beside a running server */
#define ZY_ID_TEXT_MAX  16

/* Makes ids of one node, thread-safe, strictly increasing even when the clock steps back. */
typedef struct zy_id_maker zy_id_maker;
zy_id_maker *zy_id_maker_new(unsigned node, const zy_clock *clock);
void zy_id_maker_free(zy_id_maker *m);
zy_id zy_id_next(zy_id_maker *m);
/* No id that is made at or after t, on any node, is smaller: rows of a span are a range of their keys. */
zy_id zy_id_floor(zy_time t);

bool zy_id_eq(zy_id a, zy_id b);
/* The opaque text of the wire: 13 characters of Crockford base32, upper case. */
void zy_id_format(zy_id id, char out[ZY_ID_TEXT_MAX]);
ZY_CHECKED zy_status zy_id_parse(zy_str s, zy_id *ret_id); /* exact inverse, but 0 is refused; ZY_BAD_FIELD */
