/* Memory that lives as long as a request, with a ceiling. */
#pragma once

#include "base/str.h"

typedef struct zy_arena zy_arena;

/* max_bytes: the ceiling of all allocations together; NULL when memory is out. */
zy_arena *zy_arena_new(size_t max_bytes);
void zy_arena_free(zy_arena *a);  /* accepts NULL; memory is overwritten before it is given back */
void zy_arena_reset(zy_arena *a); /* empties it, keeps the first block */
size_t zy_arena_used(const zy_arena *a);
/* Zeroed, aligned for any type; NULL above the ceiling or when memory is out. */
void *zy_arena_alloc(zy_arena *a, size_t size);
void *zy_arena_array(zy_arena *a, size_t count, size_t size); /* refuses count*size overflow */
#define ZY_NEW(arena, type, count) ((type *)zy_arena_array((arena), (count), sizeof(type)))
/* Copies; the copy is terminated. {NULL,0} above the ceiling (an empty s gives a non-NULL p). */
zy_str zy_arena_str(zy_arena *a, zy_str s);
zy_str zy_arena_fmt(zy_arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
ZY_AUTO_DEFINE(zy_arena, zy_arena_free)
