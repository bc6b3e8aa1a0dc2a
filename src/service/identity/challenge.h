/* Challenges that clients encrypt passwords to (auth.challenge): 120 s, used once, on the channel they were made for. */
#pragma once

#include "service/identity/tokens.h"

#define ZY_CHALLENGE_ID_MAX      ZY_TOKEN_ID_MAX
#define ZY_CHALLENGE_BYTES       ZY_TOKEN_VALUE
#define ZY_CHALLENGE_LIFE_MS     120000
#define ZY_CHALLENGE_PER_CHANNEL 16
#define ZY_CHALLENGE_TOTAL       200000

/* th: transcript hash of the channel's hello. A channel's oldest challenge makes room for its 17th. ZY_BUSY when there are
 * too many altogether; ZY_BAD_REQUEST without a channel. */
ZY_CHECKED zy_status zy_challenge_make(const uint8_t *th, zy_time now, char ret_id[ZY_CHALLENGE_ID_MAX],
                                       uint8_t ret_challenge[ZY_CHALLENGE_BYTES]);
/* Gives the challenge once; ZY_CHALLENGE_BAD ever after, for another channel, and from 120 s on. */
ZY_CHECKED zy_status zy_challenge_take(const uint8_t *th, zy_str id, zy_time now, uint8_t ret_challenge[ZY_CHALLENGE_BYTES]);
