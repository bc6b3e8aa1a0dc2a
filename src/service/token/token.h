/* Dynamic tokens (GB/T 38556 on SM3): small devices that show a code of the moment, and to a typed challenge the code of an
 * order. A token's life: in stock, assigned (inactive), active, locked, lost, retired. */
#pragma once

#include "api/api.h"

#define ZY_TOKEN_SERIAL_MIN      8
#define ZY_TOKEN_SERIAL_MAX      20
#define ZY_TOKEN_SEED_MIN        16
#define ZY_TOKEN_SEED_MAX        32
#define ZY_TOKEN_STEP_S          60
#define ZY_TOKEN_DIGITS          6
#define ZY_TOKEN_CHALLENGE_CHARS 8
#define ZY_TOKEN_FILE_MAX        45000 /* bytes of one import */
#define ZY_TOKEN_FILE_TOKENS     500

/* --- The file of an import: a line `serial,seed in hex` for each token; empty lines and lines from # on are passed over --- */
typedef struct zy_token_line {
    char serial[ZY_TOKEN_SERIAL_MAX + 1]; /* 0-9 A-Z */
    uint8_t seed[ZY_TOKEN_SEED_MAX];
    size_t seed_n;
} zy_token_line;
typedef struct zy_token_file {
    zy_token_line lines[ZY_TOKEN_FILE_TOKENS];
    size_t count;
} zy_token_file;
void zy_token_file_free(zy_token_file *file); /* wipes */
ZY_AUTO_DEFINE(zy_token_file, zy_token_file_free)
/* ZY_BAD_FIELD: a line that is none (err tells its number alone), no line, too many, or a serial twice. */
ZY_CHECKED zy_status zy_token_file_parse(zy_str text, zy_token_file **ret_file, zy_err *err);

/* --- What a token computes --- */
/* What the customer types into the token: decimal digits out of the order's digest. */
ZY_CHECKED zy_status zy_token_challenge(const uint8_t digest[ZY_SM3_BYTES], char ret_challenge[ZY_TOKEN_CHALLENGE_CHARS + 1]);
/* The code at a time step; challenge empty: the code of the moment. */
ZY_CHECKED zy_status zy_token_code(const void *seed, size_t seed_n, int64_t step, zy_str challenge,
                                   char ret_code[ZY_TOKEN_DIGITS + 1]);

/* --- The service --- */
/* Registers the token.* parameters and the approval kinds token.import, token.assign, token.replace, token.lost,
 * token.unlock, token.retire. */
ZY_CHECKED zy_status zy_token_start(zy_env *env, zy_err *err);
/* The factor `token`: begin gives the order's challenge, check takes the code to it. */
extern const struct zy_factor ZY_TOKEN_FACTOR;
/* Adds a token: to stock, or assigned to a customer and inactive. ZY_ALREADY_EXISTS: the serial is known, or the customer has
 * a token in use. Leaves no audit record: the caller's deed does. */
ZY_CHECKED zy_status zy_token_add(zy_tx *tx, zy_env *env, const zy_token_line *line, zy_id customer, zy_err *err);
/* Drops import files that nobody approved in time; at most max. */
ZY_CHECKED zy_status zy_token_expire(zy_env *env, int max, int64_t *ret_dropped, zy_err *err);

/* Customers' door: token.get, token.activate, token.sync, token.lost. Staff: token.search, token.import, token.assign,
 * token.replace, token.lost, token.unlock, token.retire. */
extern const zy_api ZY_TOKEN_APIS[];
extern const size_t ZY_TOKEN_API_COUNT;
