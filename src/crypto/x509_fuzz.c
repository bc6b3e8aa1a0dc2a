/* Strangers' certificates, requests and lists: nothing leads to an authority whose key nobody has, and what is taken has a key
 * on the curve. */
#include <assert.h>

#include "crypto/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((zy_time){ INT64_C(1795399200000) })

static zy_buf root, leaf;

static void make_authority(void)
{
    zy_sm2_key *key = NULL;
    zy_x509_leaf l = { .serial = { 1 }, .common_name = ZY_STR("user"), .from = NOW, .to = { NOW.ms + 86400000 } };
    assert(zy_sm2_generate(&key) == ZY_OK);
    zy_sm2_public(key, l.public_key);
    assert(zy_x509_root_make((zy_x509_signer){ .key = key }, ZY_STR("root"), NOW, (zy_time){ NOW.ms + 86400000 }, &root) == ZY_OK);
    assert(zy_x509_issue((zy_x509_signer){ .key = key }, zy_buf_view(&root), &l, &leaf) == ZY_OK);
    zy_sm2_key_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zy_x509_info info;
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    bool revoked = false;
    zy_str der = zy_str_bytes(data, size);
    if (root.n == 0)
        make_authority();
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    if (zy_x509_request_check(der, public_key) == ZY_OK)
        assert(zy_sm2_pub_from(public_key, sizeof public_key, &pub) == ZY_OK);
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *of_read = NULL;
    if (zy_x509_read(der, &info) == ZY_OK)
        assert(zy_sm2_pub_from(info.public_key, sizeof info.public_key, &of_read) == ZY_OK);
    assert(zy_x509_verify(der, zy_buf_view(&root), NOW, &info, NULL) != ZY_OK);
    assert(zy_x509_verify(zy_buf_view(&leaf), der, NOW, &info, NULL) != ZY_OK);
    assert(zy_x509_crl_has(der, zy_buf_view(&leaf), zy_buf_view(&root), NOW, &revoked, NULL) != ZY_OK);
    return 0;
}
