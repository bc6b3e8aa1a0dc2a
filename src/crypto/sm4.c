/* SM4-GCM on libgcrypt (OpenSSL 3.0 has none). A handle per call: opening costs less than a lock,
 * and closing wipes the key schedule. */
#include <gcrypt.h>
#include <stdlib.h>

#include "crypto/internal.h"

static zy_status gcm_begin(const uint8_t *key, const uint8_t *iv, const zy_part *aad, size_t count,
                           gcry_cipher_hd_t *ret_handle)
{
    gcry_cipher_hd_t h;
    if (gcry_cipher_open(&h, GCRY_CIPHER_SM4, GCRY_CIPHER_MODE_GCM, 0) != 0)
        return ZY_CRYPTO_FAILED;
    bool good = gcry_cipher_setkey(h, key, ZY_SM4_BYTES) == 0 &&
                gcry_cipher_setiv(h, iv, ZY_GCM_IV_BYTES) == 0;
    for (size_t i = 0; good && i < count; i++)
        good = aad[i].n == 0 || gcry_cipher_authenticate(h, aad[i].p, aad[i].n) == 0;
    if (!good) {
        gcry_cipher_close(h);
        return ZY_CRYPTO_FAILED;
    }
    *ret_handle = h;
    return ZY_OK;
}

/* libgcrypt wants the output's room beside an input; equal pointers mean "in place". */
static bool gcm_encrypt(gcry_cipher_hd_t h, const void *in, size_t n, uint8_t *out)
{
    if (n == 0)
        return true;
    if (in == out)
        return gcry_cipher_encrypt(h, out, n, NULL, 0) == 0;
    return gcry_cipher_encrypt(h, out, n, in, n) == 0;
}

zy_status zy_sm4_gcm_seal(const uint8_t key[ZY_SM4_BYTES], const uint8_t iv[ZY_GCM_IV_BYTES],
                          const zy_part *aad, size_t aad_count, const void *plain, size_t n,
                          uint8_t *out)
{
    ZY_TRY(zy_crypto_gate());
    gcry_cipher_hd_t h;
    ZY_TRY(gcm_begin(key, iv, aad, aad_count, &h));
    bool good =
        gcm_encrypt(h, plain, n, out) && gcry_cipher_gettag(h, out + n, ZY_GCM_TAG_BYTES) == 0;
    gcry_cipher_close(h);
    if (good)
        return ZY_OK;
    zy_wipe(out, n + ZY_GCM_TAG_BYTES);
    return ZY_CRYPTO_FAILED;
}

zy_status zy_sm4_gcm_open_into(const uint8_t key[ZY_SM4_BYTES], const uint8_t iv[ZY_GCM_IV_BYTES],
                               const zy_part *aad, size_t aad_count, const void *in, size_t in_n,
                               uint8_t *out)
{
    ZY_TRY(zy_crypto_gate());
    if (in_n < ZY_GCM_TAG_BYTES)
        return ZY_SIGNATURE_BAD;
    size_t n = in_n - ZY_GCM_TAG_BYTES;
    gcry_cipher_hd_t h;
    ZY_TRY(gcm_begin(key, iv, aad, aad_count, &h));
    zy_status status = ZY_CRYPTO_FAILED;
    if (n == 0 || gcry_cipher_decrypt(h, out, n, in, n) == 0)
        status = gcry_cipher_checktag(h, (const uint8_t *)in + n, ZY_GCM_TAG_BYTES) == 0
                     ? ZY_OK
                     : ZY_SIGNATURE_BAD;
    gcry_cipher_close(h);
    if (status != ZY_OK)
        zy_wipe(out, n);
    return status;
}

/* GCM decrypts before it can check: the plaintext waits aside until the tag proved right. */
zy_status zy_sm4_gcm_open(const uint8_t key[ZY_SM4_BYTES], const uint8_t iv[ZY_GCM_IV_BYTES],
                          const zy_part *aad, size_t aad_count, const void *in, size_t in_n,
                          uint8_t *out)
{
    ZY_TRY(zy_crypto_gate());
    if (in_n < ZY_GCM_TAG_BYTES)
        return ZY_SIGNATURE_BAD;
    size_t n = in_n - ZY_GCM_TAG_BYTES;
    uint8_t *aside = malloc(n > 0 ? n : 1);
    if (aside == NULL)
        return ZY_NO_MEMORY;
    zy_status status = zy_sm4_gcm_open_into(key, iv, aad, aad_count, in, in_n, aside);
    for (size_t i = 0; status == ZY_OK && i < n; i++)
        out[i] = aside[i];
    zy_wipe(aside, n);
    free(aside);
    return status;
}
