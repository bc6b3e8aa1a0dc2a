/* Calls of ZSC/1: session id and sequence on the wire, sealing and opening, the replay window. */
#include <string.h>

#include "channel/channel.h"

void zy_zsc_session_text(const uint8_t id[ZY_ZSC_SESSION_ID_BYTES], char out[ZY_ZSC_SESSION_TEXT_MAX])
{
    zy_base64url_encode(id, ZY_ZSC_SESSION_ID_BYTES, out);
}

zy_status zy_zsc_session_parse(zy_str header, uint8_t id[ZY_ZSC_SESSION_ID_BYTES])
{
    uint8_t bytes[ZY_ZSC_SESSION_ID_BYTES];
    size_t n = 0;
    if (header.n != ZY_ZSC_SESSION_TEXT_MAX - 1 ||
        zy_base64url_decode(header, bytes, sizeof bytes, &n) != ZY_OK || n != sizeof bytes)
        return ZY_CHANNEL_BAD;
    memcpy(id, bytes, sizeof bytes);
    return ZY_OK;
}

zy_status zy_zsc_seq_parse(zy_str header, uint64_t *ret_seq)
{
    uint64_t seq = 0;
    if (zy_str_u64(header, &seq) != ZY_OK || seq < 1 || seq > (uint64_t)ZY_ZSC_SEQ_MAX)
        return ZY_CHANNEL_BAD;
    *ret_seq = seq;
    return ZY_OK;
}

/* What sealing and opening share: key and nonce of a direction, and the bytes of seq for the AAD. */
typedef struct direction {
    const uint8_t *key;
    uint8_t nonce[ZY_GCM_IV_BYTES];
    uint8_t seq[8];
} direction;

static direction direction_of(const zy_channel *c, bool from_client, uint64_t seq)
{
    direction d = { .key = from_client ? c->key_c2s : c->key_s2c };
    memcpy(d.nonce, from_client ? c->iv_c2s : c->iv_s2c, sizeof d.nonce);
    for (int i = 0; i < 8; i++) {
        d.seq[i] = (uint8_t)(seq >> (56 - 8 * i));
        d.nonce[ZY_GCM_IV_BYTES - 8 + i] ^= d.seq[i];
    }
    return d;
}

#define CALL_AAD(c, d) \
    ZY_PARTS(ZY_PART_LABEL("ZSC1"), ZY_PART((c)->session_id, sizeof(c)->session_id), ZY_PART((d).seq, sizeof(d).seq))

zy_status zy_zsc_seal(const zy_channel *c, bool from_client, uint64_t seq, const void *plain, size_t n, uint8_t *out)
{
    direction d = direction_of(c, from_client, seq);
    return zy_sm4_gcm_seal(d.key, d.nonce, CALL_AAD(c, d), plain, n, out);
}

zy_status zy_zsc_open(const zy_channel *c, bool from_client, uint64_t seq, const void *in, size_t n, uint8_t *out)
{
    if (n < ZY_ZSC_BODY_MIN || n > ZY_ZSC_BODY_MAX)
        return ZY_CHANNEL_BAD;
    direction d = direction_of(c, from_client, seq);
    zy_status status = zy_sm4_gcm_open(d.key, d.nonce, CALL_AAD(c, d), in, n, out);
    return status == ZY_SIGNATURE_BAD ? ZY_CHANNEL_BAD : status;
}

static bool window_bit(const zy_channel *c, uint64_t seq)
{
    return c->window[seq % ZY_ZSC_WINDOW / 64] >> (seq % 64) & 1;
}

static void window_mark(zy_channel *c, uint64_t seq, bool seen)
{
    uint64_t bit = UINT64_C(1) << (seq % 64);
    uint64_t *word = &c->window[seq % ZY_ZSC_WINDOW / 64];
    *word = seen ? *word | bit : *word & ~bit;
}

zy_status zy_zsc_window_take(zy_channel *c, uint64_t seq)
{
    /* The highest seq is seen by being the highest; the bits stand for the WINDOW numbers behind it. */
    if (seq <= c->highest) {
        if (seq == c->highest || c->highest - seq > ZY_ZSC_WINDOW || window_bit(c, seq))
            return ZY_CHANNEL_REPLAY;
        window_mark(c, seq, true);
        return ZY_OK;
    }
    if (seq - c->highest > ZY_ZSC_WINDOW) {
        memset(c->window, 0, sizeof c->window);
    } else {
        window_mark(c, c->highest, true);
        for (uint64_t skipped = c->highest + 1; skipped < seq; skipped++)
            window_mark(c, skipped, false);
    }
    c->highest = seq;
    return ZY_OK;
}
