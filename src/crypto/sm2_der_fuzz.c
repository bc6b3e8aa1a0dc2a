/* The DER readers in front of OpenSSL. Properties: a signature that reads also writes back to the
 * very same bytes (so no two encodings mean one signature); a cipher that passes the check never
 * crashes the decryption and what it yields has the length that was announced. */
#include <assert.h>
#include <string.h>

#include "crypto/internal.h"

static zy_sm2_key *key(void)
{
    static zy_sm2_key *one;
    static const uint8_t SCALAR[32] = {1, 2, 3};
    if (one == NULL)
        assert(zy_sm2_from_scalar(SCALAR, &one) == ZY_OK);
    return one;
}

static void check_signature(const uint8_t *data, size_t size)
{
    uint8_t sig[ZY_SM2_SIG_BYTES], der[ZY_SM2_SIG_DER_MAX];
    if (zy_sm2_sig_from_der(data, size, sig) != ZY_OK)
        return;
    assert(size <= sizeof der && zy_sm2_sig_to_der(sig, der) == size &&
           memcmp(der, data, size) == 0);
}

static void check_cipher(const uint8_t *data, size_t size)
{
    size_t announced = 0, got = 0;
    uint8_t out[4096];
    if (zy_sm2_cipher_check(data, size, &announced) != ZY_OK) {
        assert(zy_sm2_decrypt(key(), data, size, out, sizeof out, &got) == ZY_SIGNATURE_BAD);
        return;
    }
    assert(announced > 0 && announced < size);
    if (zy_sm2_decrypt(key(), data, size, out, sizeof out, &got) == ZY_OK)
        assert(got == announced);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_signature(data, size);
    check_cipher(data, size);
    return 0;
}
