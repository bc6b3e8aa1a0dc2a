/* The two DER shapes of SM2, read strictly: what is not the one canonical encoding is refused
 * before OpenSSL sees it (its readers ignore trailing bytes). */
#include <string.h>

#include "crypto/internal.h"

#define TAG_INTEGER  0x02
#define TAG_OCTETS   0x04
#define TAG_SEQUENCE 0x30
#define SCALAR_BYTES 32

typedef struct {
    const uint8_t *p;
    size_t n;
} der;

/* Takes one element with this tag off the front: minimal length of at most 3 bytes. */
static bool der_take(der *in, uint8_t tag, der *ret_value)
{
    if (in->n < 2 || in->p[0] != tag)
        return false;
    size_t length = in->p[1], head = 2;
    if (length > 0x82)
        return false;
    if (length >= 0x80) {
        size_t bytes = length & 0x7f;
        if (bytes == 0 || in->n < 2 + bytes)
            return false;
        length = bytes == 1 ? in->p[2] : zy_get_u16(in->p + 2);
        if (length < (bytes == 1 ? 0x80u : 0x100u))
            return false;
        head += bytes;
    }
    if (in->n - head < length)
        return false;
    *ret_value = (der){in->p + head, length};
    *in = (der){in->p + head + length, in->n - head - length};
    return true;
}

/* A positive integer of at most 256 bits in its shortest form, widened to 32 bytes. */
static bool der_scalar(der *in, uint8_t out[SCALAR_BYTES])
{
    der v;
    if (!der_take(in, TAG_INTEGER, &v) || v.n == 0 || (v.p[0] & 0x80) != 0)
        return false;
    if (v.n > 1 && v.p[0] == 0) {
        if ((v.p[1] & 0x80) == 0)
            return false;
        v = (der){v.p + 1, v.n - 1};
    }
    if (v.n > SCALAR_BYTES)
        return false;
    memset(out, 0, SCALAR_BYTES - v.n);
    memcpy(out + SCALAR_BYTES - v.n, v.p, v.n);
    return true;
}

static size_t put_scalar(const uint8_t scalar[SCALAR_BYTES], uint8_t *out)
{
    size_t skip = 0;
    while (skip < SCALAR_BYTES - 1 && scalar[skip] == 0)
        skip++;
    size_t n = SCALAR_BYTES - skip, lead = scalar[skip] >> 7;
    out[0] = TAG_INTEGER;
    out[1] = (uint8_t)(n + lead);
    out[2] = 0;
    memcpy(out + 2 + lead, scalar + skip, n);
    return 2 + lead + n;
}

size_t zy_sm2_sig_to_der(const uint8_t sig[ZY_SM2_SIG_BYTES], uint8_t out[ZY_SM2_SIG_DER_MAX])
{
    size_t n = put_scalar(sig, out + 2);
    n += put_scalar(sig + SCALAR_BYTES, out + 2 + n);
    out[0] = TAG_SEQUENCE;
    out[1] = (uint8_t)n;
    return n + 2;
}

zy_status zy_sm2_sig_from_der(const uint8_t *p, size_t n, uint8_t sig[ZY_SM2_SIG_BYTES])
{
    der in = {p, n}, seq;
    uint8_t r[SCALAR_BYTES], s[SCALAR_BYTES];
    if (!der_take(&in, TAG_SEQUENCE, &seq) || in.n != 0 || !der_scalar(&seq, r) ||
        !der_scalar(&seq, s) || seq.n != 0)
        return ZY_SIGNATURE_BAD;
    memcpy(sig, r, sizeof r);
    memcpy(sig + sizeof r, s, sizeof s);
    return ZY_OK;
}

zy_status zy_sm2_cipher_check(const uint8_t *p, size_t n, size_t *ret_plain_n)
{
    der in = {p, n}, seq, hash, cipher;
    uint8_t coordinate[SCALAR_BYTES];
    if (!der_take(&in, TAG_SEQUENCE, &seq) || in.n != 0 || !der_scalar(&seq, coordinate) ||
        !der_scalar(&seq, coordinate) || !der_take(&seq, TAG_OCTETS, &hash) ||
        hash.n != ZY_SM3_BYTES || !der_take(&seq, TAG_OCTETS, &cipher) || cipher.n == 0 ||
        seq.n != 0)
        return ZY_SIGNATURE_BAD;
    *ret_plain_n = cipher.n;
    return ZY_OK;
}
