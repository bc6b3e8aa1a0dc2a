/* What is typed on a soft keyboard: kept masked in memory that is neither swapped nor dumped, and wiped. */
#pragma once

#include "crypto/crypto.h"

#define ZY_KEYPAD_MAX 64 /* bytes, as in the password's plaintext */

typedef struct zy_keypad zy_keypad;
/* ZY_NO_MEMORY when the memory cannot be locked: a secret is not taken into memory that may reach a disk. */
ZY_CHECKED zy_status zy_keypad_new(zy_keypad **ret_keypad);
void zy_keypad_free(zy_keypad *k); /* wipes */
ZY_AUTO_DEFINE(zy_keypad, zy_keypad_free)

/* One more character (UTF-8, 1-4 bytes). ZY_REQUEST_TOO_LARGE when full, ZY_BAD_FIELD when it is none. Each push masks the
 * whole anew, so that two pictures of the memory do not show what was typed between them. */
ZY_CHECKED zy_status zy_keypad_push(zy_keypad *k, zy_str character);
ZY_CHECKED zy_status zy_keypad_pop(zy_keypad *k); /* the last character; nothing when empty */
void zy_keypad_clear(zy_keypad *k);
size_t zy_keypad_count(const zy_keypad *k);       /* characters: what a shell shows as dots */
/* The clear bytes, padded with zeros; the caller wipes `out` at once. Returns their number. */
size_t zy_keypad_read(const zy_keypad *k, uint8_t out[ZY_KEYPAD_MAX]);

/* The places of a keyboard's keys, drawn anew: order[i] is the key at place i. count at most 256. */
ZY_CHECKED zy_status zy_keypad_shuffle(uint8_t *order, size_t count);
