#include "service/identity/challenge.h"

static zy_tokens challenges = ZY_TOKENS(ZY_CHALLENGE_LIFE_MS, ZY_CHALLENGE_PER_CHANNEL, ZY_CHALLENGE_TOTAL);

zy_status zy_challenge_make(const uint8_t *th, zy_time now, char ret_id[ZY_CHALLENGE_ID_MAX],
                            uint8_t ret_challenge[ZY_CHALLENGE_BYTES])
{
    ZY_TRY(zy_random(ret_challenge, ZY_CHALLENGE_BYTES));
    return zy_tokens_add(&challenges, th, now, ret_challenge, ret_id);
}

zy_status zy_challenge_take(const uint8_t *th, zy_str id, zy_time now, uint8_t ret_challenge[ZY_CHALLENGE_BYTES])
{
    zy_status status = zy_tokens_take(&challenges, th, id, now, ret_challenge);
    return status == ZY_NOT_FOUND ? ZY_CHALLENGE_BAD : status;
}
