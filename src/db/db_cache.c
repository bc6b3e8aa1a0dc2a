#include <stdlib.h>

#include "db/db_internal.h"

static size_t slot_of(const zy_sql_cache *c, const zy_sql *key)
{
    size_t at = (size_t)(((uintptr_t)key >> 4) * 0x9E3779B97F4A7C15u >> 20) & (c->size - 1);
    while (c->slots[at].key != NULL && c->slots[at].key != key)
        at = (at + 1) & (c->size - 1);
    return at;
}

void *zy_sql_cache_get(const zy_sql_cache *c, const zy_sql *key)
{
    return c->size == 0 ? NULL : c->slots[slot_of(c, key)].value;
}

static void grow(zy_sql_cache *c)
{
    zy_sql_cache bigger = {.size = c->size == 0 ? 128 : c->size * 2, .used = c->used};
    bigger.slots = calloc(bigger.size, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        abort();
    for (size_t i = 0; i < c->size; i++)
        if (c->slots[i].key != NULL)
            bigger.slots[slot_of(&bigger, c->slots[i].key)] = c->slots[i];
    free(c->slots);
    *c = bigger;
}

void zy_sql_cache_put(zy_sql_cache *c, const zy_sql *key, void *value)
{
    if (c->used * 2 >= c->size)
        grow(c);
    c->slots[slot_of(c, key)] = (struct zy_sql_slot){key, value};
    c->used++;
}

void zy_sql_cache_clear(zy_sql_cache *c, void (*free_value)(void *value))
{
    for (size_t i = 0; i < c->size; i++)
        if (c->slots[i].key != NULL)
            free_value(c->slots[i].value);
    free(c->slots);
    *c = (zy_sql_cache){0};
}
