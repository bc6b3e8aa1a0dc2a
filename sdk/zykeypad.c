#include "zykeypad.h"

#include <string.h>
#include <sys/mman.h>

struct zy_keypad {
    uint8_t mask[ZY_KEYPAD_MAX], masked[ZY_KEYPAD_MAX]; /* beyond n: the mask alone */
    size_t n;
};

zy_status zy_keypad_new(zy_keypad **ret_keypad)
{
    zy_keypad *k = mmap(NULL, sizeof *k, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (k == MAP_FAILED)
        return ZY_NO_MEMORY;
    if (mlock(k, sizeof *k) != 0 || madvise(k, sizeof *k, MADV_DONTDUMP) != 0) {
        munmap(k, sizeof *k);
        return ZY_NO_MEMORY;
    }
    *ret_keypad = k;
    return ZY_OK;
}

void zy_keypad_free(zy_keypad *k)
{
    if (k == NULL)
        return;
    zy_wipe(k, sizeof *k);
    munmap(k, sizeof *k); /* unlocks, too */
}

static zy_status mask_anew(zy_keypad *k)
{
    uint8_t fresh[ZY_KEYPAD_MAX];
    ZY_TRY(zy_random(fresh, sizeof fresh));
    for (size_t i = 0; i < ZY_KEYPAD_MAX; i++) {
        k->masked[i] ^= (uint8_t)(k->mask[i] ^ fresh[i]);
        k->mask[i] = fresh[i];
    }
    zy_wipe(fresh, sizeof fresh);
    return ZY_OK;
}

zy_status zy_keypad_push(zy_keypad *k, zy_str character)
{
    if (!zy_str_is_utf8(character) || zy_str_chars(character) != 1)
        return ZY_BAD_FIELD;
    if (character.n > ZY_KEYPAD_MAX - k->n)
        return ZY_REQUEST_TOO_LARGE;
    ZY_TRY(mask_anew(k));
    for (size_t i = 0; i < character.n; i++, k->n++)
        k->masked[k->n] = (uint8_t)character.p[i] ^ k->mask[k->n];
    return ZY_OK;
}

static bool begins_character(const zy_keypad *k, size_t at)
{
    return ((k->masked[at] ^ k->mask[at]) & 0xC0) != 0x80;
}

zy_status zy_keypad_pop(zy_keypad *k)
{
    if (k->n == 0)
        return ZY_OK;
    ZY_TRY(mask_anew(k));
    do {
        k->n--;
    } while (!begins_character(k, k->n));
    memcpy(k->masked + k->n, k->mask + k->n, ZY_KEYPAD_MAX - k->n);
    return ZY_OK;
}

void zy_keypad_clear(zy_keypad *k)
{
    zy_wipe(k, sizeof *k);
}

size_t zy_keypad_count(const zy_keypad *k)
{
    size_t count = 0;
    for (size_t i = 0; i < k->n; i++)
        count += begins_character(k, i);
    return count;
}

size_t zy_keypad_read(const zy_keypad *k, uint8_t out[ZY_KEYPAD_MAX])
{
    for (size_t i = 0; i < ZY_KEYPAD_MAX; i++)
        out[i] = k->masked[i] ^ k->mask[i];
    return k->n;
}

/* A number below `limit` (1-256), each as likely as the others. */
static zy_status draw(size_t limit, size_t *ret_number)
{
    uint8_t byte;
    do {
        ZY_TRY(zy_random(&byte, 1));
    } while (byte >= 256 / limit * limit);
    *ret_number = byte % limit;
    return ZY_OK;
}

zy_status zy_keypad_shuffle(uint8_t *order, size_t count)
{
    if (count > 256)
        return ZY_BAD_FIELD;
    for (size_t i = 0; i < count; i++)
        order[i] = (uint8_t)i;
    for (size_t left = count; left > 1; left--) {
        size_t chosen = 0;
        ZY_TRY(draw(left, &chosen));
        uint8_t kept = order[chosen];
        order[chosen] = order[left - 1];
        order[left - 1] = kept;
    }
    return ZY_OK;
}
