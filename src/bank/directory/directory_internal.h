/* The tables of make-tables.mjs. */
#pragma once

#include "bank/directory/directory.h"

typedef struct directory_bin {
    const char *prefix; /* 2 to 10 digits */
    uint8_t length;     /* of the whole number, 13 to 19 */
    uint8_t bank;       /* index in DIRECTORY_BANKS */
    uint8_t kind;       /* zy_card_kind */
} directory_bin;

extern const zy_bank DIRECTORY_BANKS[]; /* by code */
extern const size_t DIRECTORY_BANK_COUNT;
extern const directory_bin DIRECTORY_BINS[]; /* by prefix, then length */
extern const size_t DIRECTORY_BIN_COUNT;

#define DIRECTORY_PREFIX_MAX 10
