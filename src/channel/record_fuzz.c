/* Sealed bodies, headers and sequence numbers from outside: nothing forged opens, parsing is canonical. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "channel/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (zy_crypto_start(NULL) != ZY_OK)
        abort();
    zy_channel c = { 0 };
    if (zy_random(&c, sizeof c) != ZY_OK)
        abort();
    if (size > 0 && size <= ZY_ZSC_BODY_MAX + 1) {
        uint8_t *out = malloc(size);
        assert(out != NULL);
        assert(zy_zsc_open(&c, true, 1, data, size, out) == ZY_CHANNEL_BAD);
        free(out);
    }
    zy_str text = zy_str_bytes(data, size);
    uint8_t id[ZY_ZSC_SESSION_ID_BYTES];
    if (zy_zsc_session_parse(text, id) == ZY_OK) {
        char back[ZY_ZSC_SESSION_TEXT_MAX];
        zy_zsc_session_text(id, back);
        assert(zy_str_eq_c(text, back));
    }
    uint64_t seq = 0;
    if (zy_zsc_seq_parse(text, &seq) == ZY_OK) {
        char back[24];
        snprintf(back, sizeof back, "%llu", (unsigned long long)seq);
        assert(zy_str_eq_c(text, back));
    }
    return 0;
}
