/* The keystore's reader. The first byte chooses: the bytes as they are, or closed with a right MAC
 * so that the entries behind it are reached. Property: what is accepted encodes and decodes to the
 * same table. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keystore.h"

static void check_same(zy_keystore *a, zy_keystore *b)
{
    assert(a->count == b->count && a->count <= ZY_KEYSTORE_ENTRIES_MAX);
    for (size_t i = 0; i < a->count; i++) {
        assert(a->entry[i].info.version == b->entry[i].info.version);
        assert(a->entry[i].info.state == b->entry[i].info.state);
        assert(memcmp(a->entry[i].raw, b->entry[i].raw, ZY_KEY_RAW_MAX) == 0);
    }
}

static void check_accepted(zy_keystore *ks)
{
    static zy_keystore *again;
    if (again == NULL)
        again = zy_keystore_new();
    memcpy(again->seal_key, ks->seal_key, sizeof again->seal_key);
    memcpy(again->mac_key, ks->mac_key, sizeof again->mac_key);
    ZY_AUTO_BUF out = {0};
    assert(zy_keystore_encode(ks, &out) == ZY_OK);
    assert(zy_keystore_decode(zy_buf_view(&out), again, NULL) == ZY_OK);
    check_same(ks, again);
    zy_keystore_clear(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static zy_keystore *ks;
    if (ks == NULL)
        ks = zy_keystore_new();
    if (size == 0)
        return 0;
    ZY_AUTO_BUF file = {0};
    zy_buf_add(&file, data + 1, size - 1);
    if ((data[0] & 1) != 0) {
        uint8_t mac[ZY_SM3_BYTES];
        assert(zy_hmac_sm3(ks->mac_key, sizeof ks->mac_key, &ZY_PART(file.p, file.n), 1, mac) ==
               ZY_OK);
        zy_buf_add(&file, mac, sizeof mac);
    }
    if (zy_keystore_decode(zy_buf_view(&file), ks, NULL) == ZY_OK)
        check_accepted(ks);
    else
        assert(ks->count == 0);
    zy_keystore_clear(ks);
    return 0;
}
