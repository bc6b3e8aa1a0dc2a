#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK ((size_t)8192)

/* Free bytes of a block are always zero: calloc'd at first, overwritten at reset. */
typedef struct block {
    struct block *next; /* the older one */
    size_t used, size;
    alignas(max_align_t) char bytes[];
} block;

struct zy_arena {
    size_t max, used;
    block *newest;
};

static block *block_new(size_t size, block *next)
{
    block *b = calloc(1, sizeof *b + size);
    if (b != NULL) {
        b->size = size;
        b->next = next;
    }
    return b;
}

static void block_free(block *b)
{
    explicit_bzero(b->bytes, b->used);
    free(b);
}

zy_arena *zy_arena_new(size_t max_bytes)
{
    zy_arena *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->max = max_bytes;
    a->newest = block_new(max_bytes < FIRST_BLOCK ? max_bytes : FIRST_BLOCK, NULL);
    if (a->newest == NULL) {
        free(a);
        return NULL;
    }
    return a;
}

void zy_arena_reset(zy_arena *a)
{
    while (a->newest->next != NULL) {
        block *older = a->newest->next;
        block_free(a->newest);
        a->newest = older;
    }
    explicit_bzero(a->newest->bytes, a->newest->used);
    a->newest->used = 0;
    a->used = 0;
}

void zy_arena_free(zy_arena *a)
{
    if (a == NULL)
        return;
    zy_arena_reset(a);
    free(a->newest);
    free(a);
}

size_t zy_arena_used(const zy_arena *a)
{
    return a->used;
}

void *zy_arena_alloc(zy_arena *a, size_t size)
{
    const size_t align = alignof(max_align_t);
    size_t left = a->max - a->used;
    if (size > left)
        return NULL;
    size_t rounded = size == 0 ? align : (size + align - 1) / align * align;
    if (rounded < size || rounded > left)
        return NULL;
    if (rounded > a->newest->size - a->newest->used) {
        /* Doubling keeps the number of blocks small; the ceiling bounds the last one. */
        size_t want = a->newest->size * 2 < left ? a->newest->size * 2 : left;
        block *b = block_new(want > rounded ? want : rounded, a->newest);
        if (b == NULL)
            return NULL;
        a->newest = b;
    }
    void *p = a->newest->bytes + a->newest->used;
    a->newest->used += rounded;
    a->used += rounded;
    return p;
}

void *zy_arena_array(zy_arena *a, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return NULL;
    return zy_arena_alloc(a, bytes);
}

zy_str zy_arena_str(zy_arena *a, zy_str s)
{
    char *p = s.n < SIZE_MAX ? zy_arena_alloc(a, s.n + 1) : NULL;
    if (p == NULL)
        return (zy_str){ NULL, 0 };
    if (s.n != 0)
        memcpy(p, s.p, s.n);
    return (zy_str){ p, s.n };
}

zy_str zy_arena_fmt(zy_arena *a, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *p = n >= 0 ? zy_arena_alloc(a, (size_t)n + 1) : NULL;
    if (p != NULL)
        vsnprintf(p, (size_t)n + 1, format, again);
    va_end(again);
    return p != NULL ? (zy_str){ p, (size_t)n } : (zy_str){ NULL, 0 };
}
