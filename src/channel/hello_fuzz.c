/* Hello requests and responses as a stranger would send them: the documented status or a working session. */
#include <assert.h>
#include <string.h>

#include "channel/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static zy_sm2_key *server_key;
static uint8_t server_pub[ZY_SM2_PUB_BYTES];

static zy_status the_key(void *arg, uint16_t key_id, uint8_t out[ZY_SM2_PUB_BYTES])
{
    (void)arg;
    if (key_id != 1)
        return ZY_NOT_FOUND;
    memcpy(out, server_pub, sizeof server_pub);
    return ZY_OK;
}

static zy_status sign(void *arg, uint16_t key_id, const uint8_t th[ZY_SM3_BYTES], uint8_t sig[ZY_SM2_SIG_BYTES])
{
    (void)arg;
    (void)key_id;
    return zy_sm2_sign(server_key, ZY_LABEL_SERVER_HELLO, ZY_PARTS(ZY_PART(th, ZY_SM3_BYTES)), sig);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (server_key == NULL) {
        if (zy_crypto_start(NULL) != ZY_OK || zy_sm2_generate(&server_key) != ZY_OK)
            assert(!"crypto");
        zy_sm2_public(server_key, server_pub);
    }
    const zy_hello_signer signer = { the_key, sign, NULL };
    uint8_t response[ZY_ZSC_HELLO_RESPONSE_BYTES];
    zy_channel channel = { 0 };
    zy_status status = zy_zsc_server_hello(data, size, &signer, 5, 60, (zy_time){ 1 }, response, &channel);
    assert(status == ZY_OK || status == ZY_CHANNEL_BAD || status == ZY_CHANNEL_KEY);
    assert(status != ZY_OK || (size == ZY_ZSC_HELLO_REQUEST_BYTES && channel.session_id[0] >> 2 == 5));

    /* The client side: nothing that the pinned key did not sign is ever believed. */
    uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES];
    ZY_AUTO(zy_zsc_hello_free) zy_zsc_hello *hello = NULL;
    uint32_t lifetime = 0;
    zy_time time = { 0 };
    if (zy_zsc_client_hello(1, server_pub, request, &hello) == ZY_OK)
        assert(zy_zsc_client_finish(hello, data, size, &channel, &lifetime, &time) != ZY_OK);
    return 0;
}
