/* What a token computes, as the server does it. */
#include <string.h>

#include "service/token/token_internal.h"

zy_status zy_token_challenge(const uint8_t digest[ZY_SM3_BYTES], char ret_challenge[ZY_TOKEN_CHALLENGE_CHARS + 1])
{
    uint8_t hash[ZY_SM3_BYTES];
    ZY_TRY(zy_sm3(ZY_PARTS(ZY_PART_LABEL("ZY token challenge"), ZY_PART(digest, ZY_SM3_BYTES)), hash));
    uint64_t number = 0;
    for (size_t i = 0; i < sizeof number; i++)
        number = number << 8 | hash[i];
    for (size_t i = ZY_TOKEN_CHALLENGE_CHARS; i > 0; i--, number /= 10)
        ret_challenge[i - 1] = (char)('0' + number % 10);
    ret_challenge[ZY_TOKEN_CHALLENGE_CHARS] = '\0';
    return ZY_OK;
}

zy_status zy_token_code(const void *seed, size_t seed_n, int64_t step, zy_str challenge, char ret_code[ZY_TOKEN_DIGITS + 1])
{
    const uint64_t t = (uint64_t)step;
    return zy_otp_sm3(seed, seed_n, &t, NULL, challenge, ZY_TOKEN_DIGITS, ret_code);
}

static zy_status fits(const token_seed *seed, int64_t step, zy_str challenge, zy_str code, bool *ret_fits)
{
    char want[ZY_TOKEN_DIGITS + 1];
    ZY_TRY(zy_token_code(seed->bytes, seed->n, step, challenge, want));
    *ret_fits = code.n == ZY_TOKEN_DIGITS && zy_ct_equal(want, code.p, ZY_TOKEN_DIGITS);
    zy_wipe(want, sizeof want);
    return ZY_OK;
}

zy_status token_find_step(const token_seed *seed, const token_proof *proof, int64_t centre, int64_t after, bool *ret_found,
                          int64_t *ret_step)
{
    bool found = false;
    for (int64_t step = centre - proof->window; step <= centre + proof->window; step++) {
        bool all = true;
        for (int i = 0; i < proof->count; i++) {
            bool one = false;
            ZY_TRY(fits(seed, step + i, proof->challenge, proof->codes[i], &one));
            all &= one;
        }
        if (!all || found || step <= after)
            continue;
        found = true;
        *ret_step = step + proof->count - 1;
    }
    *ret_found = found;
    return ZY_OK;
}
