/* The algorithms: published vectors, agreement of the two libraries, and what must be refused. */
#include <gcrypt.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "crypto/internal.h"
#include "zy_test.h"
#include "../../tests/vectors/sm.h"

typedef struct {
    uint8_t p[512];
    size_t n;
} bytes;

static bytes hex(const char *text)
{
    bytes b = {.n = 0};
    ASSERT_OK(zy_hex_decode(zy_str_of(text), b.p, sizeof b.p, &b.n));
    return b;
}

static void assert_hex(const void *got, size_t n, const char *want)
{
    const bytes b = hex(want);
    assert_int_equal(n, b.n);
    assert_memory_equal(got, b.p, n);
}

static void sm3_gives_the_published_digests(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.4.a", "mb.crypto-plan.b");
    for (size_t i = 0; i < ZY_COUNT(ZY_SM3_VECTORS); i++) {
        uint8_t out[ZY_SM3_BYTES];
        ASSERT_OK(zy_sm3(
            ZY_PARTS(ZY_PART(ZY_SM3_VECTORS[i].message, strlen(ZY_SM3_VECTORS[i].message))), out));
        assert_hex(out, sizeof out, ZY_SM3_VECTORS[i].digest);
    }
}

static void sm3_of_parts_is_sm3_of_the_whole(void **state)
{
    (void)state;
    uint8_t message[300], whole[ZY_SM3_BYTES], parts[ZY_SM3_BYTES], other[ZY_SM3_BYTES];
    ASSERT_OK(zy_random(message, sizeof message));
    ASSERT_OK(zy_sm3(&ZY_PART(message, sizeof message), 1, whole));
    for (size_t cut = 0; cut <= sizeof message; cut += 37) {
        ASSERT_OK(zy_sm3(
            ZY_PARTS(ZY_PART(message, cut), ZY_PART(message + cut, sizeof message - cut)), parts));
        assert_memory_equal(parts, whole, sizeof whole);
    }
    gcry_md_hash_buffer(GCRY_MD_SM3, other, message, sizeof message);
    assert_memory_equal(other, whole, sizeof whole);
}

static void hmac_sm3_agrees_with_both_libraries(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ZY_HMAC_VECTORS); i++) {
        const bytes key = hex(ZY_HMAC_VECTORS[i].key);
        const char *message = ZY_HMAC_VECTORS[i].message;
        uint8_t out[ZY_SM3_BYTES];
        ASSERT_OK(zy_hmac_sm3(key.p, key.n, ZY_PARTS(ZY_PART(message, strlen(message))), out));
        assert_hex(out, sizeof out, ZY_HMAC_VECTORS[i].mac);
        gcry_md_hd_t h;
        assert_int_equal(gcry_md_open(&h, GCRY_MD_SM3, GCRY_MD_FLAG_HMAC), 0);
        assert_int_equal(gcry_md_setkey(h, key.p, key.n), 0);
        gcry_md_write(h, message, strlen(message));
        assert_memory_equal(gcry_md_read(h, GCRY_MD_SM3), out, sizeof out);
        gcry_md_close(h);
    }
}

static void an_empty_hmac_key_is_a_key(void **state)
{
    (void)state;
    uint8_t one[ZY_SM3_BYTES], two[ZY_SM3_BYTES];
    ASSERT_OK(zy_hmac_sm3(NULL, 0, &ZY_PART("a", 1), 1, one));
    ASSERT_OK(zy_hmac_sm3("", 0, &ZY_PART("a", 1), 1, two));
    assert_memory_equal(one, two, sizeof one);
    static const uint8_t ZEROS[32];
    ASSERT_OK(zy_hmac_sm3(ZEROS, 32, &ZY_PART("a", 1), 1, two));
    assert_memory_equal(one, two, sizeof one);
}

static void hkdf_gives_the_known_answer(void **state)
{
    (void)state;
    const bytes salt = hex(ZY_HKDF_SALT), ikm = hex(ZY_HKDF_IKM), info = hex(ZY_HKDF_INFO);
    uint8_t prk[ZY_SM3_BYTES], okm[42];
    ASSERT_OK(zy_hkdf_extract(salt.p, salt.n, ikm.p, ikm.n, prk));
    assert_hex(prk, sizeof prk, ZY_HKDF_PRK);
    ASSERT_OK(zy_hkdf_expand(prk, zy_str_bytes(info.p, info.n), okm, sizeof okm));
    assert_hex(okm, sizeof okm, ZY_HKDF_OKM);
    ASSERT_STATUS(zy_hkdf_expand(prk, ZY_STR("x"), okm, 0), ZY_BAD_FIELD);
    static uint8_t too_long[255 * ZY_SM3_BYTES + 1];
    ASSERT_STATUS(zy_hkdf_expand(prk, ZY_STR("x"), too_long, sizeof too_long), ZY_BAD_FIELD);
}

static void hkdf_expands_without_info(void **state)
{
    (void)state;
    uint8_t prk[ZY_SM3_BYTES] = {7}, okm[ZY_SM3_BYTES], want[ZY_SM3_BYTES];
    ASSERT_OK(zy_hkdf_expand(prk, (zy_str){NULL, 0}, okm, sizeof okm));
    ASSERT_OK(zy_hmac_sm3(prk, sizeof prk, &ZY_PART("\x01", 1), 1, want));
    assert_memory_equal(okm, want, sizeof want);
}

static void pbkdf2_gives_the_known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ZY_PBKDF2_VECTORS); i++) {
        const char *secret = ZY_PBKDF2_VECTORS[i].secret, *salt = ZY_PBKDF2_VECTORS[i].salt;
        const unsigned rounds = ZY_PBKDF2_VECTORS[i].rounds;
        uint8_t out[64], other[64];
        size_t n = strlen(ZY_PBKDF2_VECTORS[i].out) / 2;
        ASSERT_OK(zy_pbkdf2_sm3(secret, strlen(secret), salt, strlen(salt), rounds, out, n));
        assert_hex(out, n, ZY_PBKDF2_VECTORS[i].out);
        assert_int_equal(gcry_kdf_derive(secret, strlen(secret), GCRY_KDF_PBKDF2, GCRY_MD_SM3, salt,
                                         strlen(salt), rounds, n, other),
                         0);
        assert_memory_equal(other, out, n);
    }
    uint8_t out[1];
    ASSERT_STATUS(zy_pbkdf2_sm3("a", 1, "b", 1, 0, out, 1), ZY_BAD_FIELD);
}

/* --- SM4-GCM --- */

static void sm4_gcm_gives_the_published_ciphertexts(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.4.a", "mb.crypto-plan.b");
    for (size_t i = 0; i < ZY_COUNT(ZY_GCM_VECTORS); i++) {
        const bytes key = hex(ZY_GCM_VECTORS[i].key), iv = hex(ZY_GCM_VECTORS[i].iv),
                    aad = hex(ZY_GCM_VECTORS[i].aad);
        const bytes plain = hex(ZY_GCM_VECTORS[i].plain);
        const zy_part part = ZY_PART(aad.p, aad.n);
        uint8_t sealed[600], back[600];
        ASSERT_OK(zy_sm4_gcm_seal(key.p, iv.p, &part, 1, plain.p, plain.n, sealed));
        assert_hex(sealed, plain.n + ZY_GCM_TAG_BYTES, ZY_GCM_VECTORS[i].sealed);
        ASSERT_OK(zy_sm4_gcm_open(key.p, iv.p, &part, 1, sealed, plain.n + ZY_GCM_TAG_BYTES, back));
        assert_memory_equal(back, plain.p, plain.n);
    }
}

static void sm4_gcm_works_in_place_and_with_split_data(void **state)
{
    (void)state;
    uint8_t key[16], iv[12], data[1000 + 16], want[1000], sealed[1000 + 16];
    ASSERT_OK(zy_random(key, sizeof key));
    ASSERT_OK(zy_random(iv, sizeof iv));
    ASSERT_OK(zy_random(want, sizeof want));
    memcpy(data, want, sizeof want);
    ASSERT_OK(zy_sm4_gcm_seal(key, iv, &ZY_PART("head|tail", 9), 1, want, sizeof want, sealed));
    ASSERT_OK(zy_sm4_gcm_seal(key, iv,
                              ZY_PARTS(ZY_PART("head", 4), ZY_PART("", 0), ZY_PART("|tail", 5)),
                              data, sizeof want, data));
    assert_memory_equal(data, sealed, sizeof sealed);
    ASSERT_OK(zy_sm4_gcm_open(key, iv, &ZY_PART("head|tail", 9), 1, data, sizeof data, data));
    assert_memory_equal(data, want, sizeof want);
}

static void any_flipped_bit_is_refused_and_nothing_is_written(void **state)
{
    (void)state;
    ZY_PROVES("mb.crypto-module.b-2", "mb.crypto-plan.a-3");
    uint8_t key[16] = {1}, iv[12] = {2}, plain[21] = "twenty-one bytes here", sealed[21 + 16],
            out[21];
    const zy_part aad = ZY_PART("aad", 3);
    ASSERT_OK(zy_sm4_gcm_seal(key, iv, &aad, 1, plain, sizeof plain, sealed));
    for (size_t bit = 0; bit < sizeof sealed * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(out, 0x5a, sizeof out);
        ASSERT_STATUS(zy_sm4_gcm_open(key, iv, &aad, 1, sealed, sizeof sealed, out),
                      ZY_SIGNATURE_BAD);
        for (size_t i = 0; i < sizeof out; i++)
            assert_int_equal(out[i], 0x5a);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t n = 0; n < sizeof sealed; n++)
        ASSERT_STATUS(zy_sm4_gcm_open(key, iv, &aad, 1, sealed, n, out), ZY_SIGNATURE_BAD);
    ASSERT_STATUS(zy_sm4_gcm_open(key, iv, &ZY_PART("aae", 3), 1, sealed, sizeof sealed, out),
                  ZY_SIGNATURE_BAD);
    iv[11] ^= 1;
    ASSERT_STATUS(zy_sm4_gcm_open(key, iv, &aad, 1, sealed, sizeof sealed, out), ZY_SIGNATURE_BAD);
}

static void a_failed_open_into_leaves_zeros(void **state)
{
    (void)state;
    uint8_t key[16] = {1}, iv[12] = {2}, plain[40] = "secret", sealed[56], out[40];
    ASSERT_OK(zy_sm4_gcm_seal(key, iv, NULL, 0, plain, sizeof plain, sealed));
    sealed[55] ^= 1;
    ASSERT_STATUS(zy_sm4_gcm_open_into(key, iv, NULL, 0, sealed, sizeof sealed, out),
                  ZY_SIGNATURE_BAD);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], 0);
}

/* --- SM2 --- */

static zy_sm2_key *published_key(void)
{
    const bytes d = hex(ZY_SM2_D);
    zy_sm2_key *key = NULL;
    ASSERT_OK(zy_sm2_from_scalar(d.p, &key));
    return key;
}

static zy_sm2_pub *public_of(const zy_sm2_key *key)
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    zy_sm2_pub *pub = NULL;
    zy_sm2_public(key, point);
    ASSERT_OK(zy_sm2_pub_from(point, sizeof point, &pub));
    return pub;
}

static void sm2_agrees_with_the_published_example(void **state)
{
    (void)state;
    ZY_PROVES("j225.6.1.4.a", "mb.crypto-plan.b");
    const bytes p = hex(ZY_SM2_P), sig = hex(ZY_SM2_SIG), e_cipher = hex(ZY_SM2_CIPHER),
                peer = hex(ZY_SM2_PEER);
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = published_key();
    uint8_t point[ZY_SM2_PUB_BYTES], e[32], plain[64], z[32];
    zy_sm2_public(key, point);
    assert_memory_equal(point, p.p, sizeof point);
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = public_of(key);
    ASSERT_OK(zy_sm2_pub_digest(pub, ZY_PARTS(ZY_PART_LABEL("message digest")), e));
    assert_hex(e, sizeof e, ZY_SM2_E);
    ASSERT_OK(zy_sm2_verify_digest(pub, e, sig.p));
    size_t n = 0;
    ASSERT_OK(zy_sm2_decrypt(key, e_cipher.p, e_cipher.n, plain, sizeof plain, &n));
    assert_int_equal(n, 19);
    assert_memory_equal(plain, "encryption standard", n);
    ASSERT_OK(zy_sm2_ecdh(key, peer.p, z));
    assert_hex(z, sizeof z, ZY_SM2_SHARED);
}

static void a_signature_binds_label_and_every_part(void **state)
{
    (void)state;
    ZY_PROVES("j225.3.4.p1", "mb.crypto-plan.a-4", "mb.server-data-protect.b");
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL, *other = NULL;
    ASSERT_OK(zy_sm2_generate(&key));
    ASSERT_OK(zy_sm2_generate(&other));
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = public_of(key);
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *stranger = public_of(other);
    uint8_t sig[ZY_SM2_SIG_BYTES];
    ASSERT_OK(zy_sm2_sign(key, ZY_LABEL_ORDER,
                          ZY_PARTS(ZY_PART_LABEL("pay "), ZY_PART_LABEL("100")), sig));
    ASSERT_OK(zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART_LABEL("pay 100")), sig));
    ASSERT_STATUS(zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART_LABEL("pay 900")), sig),
                  ZY_SIGNATURE_BAD);
    ASSERT_STATUS(zy_sm2_verify(pub, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART_LABEL("pay 100")), sig),
                  ZY_SIGNATURE_BAD);
    ASSERT_STATUS(zy_sm2_verify(stranger, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART_LABEL("pay 100")), sig),
                  ZY_SIGNATURE_BAD);
    for (size_t bit = 0; bit < sizeof sig * 8; bit += 31) {
        sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ASSERT_STATUS(zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART_LABEL("pay 100")), sig),
                      ZY_SIGNATURE_BAD);
        sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    memset(sig, 0, sizeof sig);
    ASSERT_STATUS(zy_sm2_verify(pub, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART_LABEL("pay 100")), sig),
                  ZY_SIGNATURE_BAD);
    ASSERT_STATUS(zy_sm2_sign(key, (zy_str){NULL, 0}, ZY_PARTS(ZY_PART_LABEL("x")), sig),
                  ZY_BAD_FIELD);
}

/* OpenSSL's own one-call SM2 must accept what ours signs: the cached Z is the right one. */
static void openssl_itself_accepts_our_signature(void **state)
{
    (void)state;
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = published_key();
    uint8_t sig[ZY_SM2_SIG_BYTES], der[ZY_SM2_SIG_DER_MAX];
    ASSERT_OK(zy_sm2_sign(key, ZY_LABEL_RECEIPT, ZY_PARTS(ZY_PART_LABEL(" 42")), sig));
    const bytes point = hex(ZY_SM2_P);
    EVP_PKEY *pkey = EVP_PKEY_new();
    EVP_PKEY_CTX *gen = EVP_PKEY_CTX_new_from_name(NULL, "SM2", NULL);
    EVP_PKEY *params = NULL;
    assert_int_equal(EVP_PKEY_paramgen_init(gen), 1);
    assert_int_equal(EVP_PKEY_CTX_set_group_name(gen, "SM2"), 1);
    assert_int_equal(EVP_PKEY_paramgen(gen, &params), 1);
    assert_int_equal(EVP_PKEY_set1_encoded_public_key(params, point.p, point.n), 1);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(params, NULL);
    assert_int_equal(EVP_PKEY_CTX_set1_id(ctx, "1234567812345678", 16), 1);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_MD_CTX_set_pkey_ctx(md, ctx);
    assert_int_equal(EVP_DigestVerifyInit(md, NULL, EVP_sm3(), NULL, params), 1);
    assert_int_equal(EVP_DigestVerify(md, der, zy_sm2_sig_to_der(sig, der),
                                      (const uint8_t *)"ZY receipt 42", 13),
                     1);
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_CTX_free(gen);
    EVP_PKEY_free(params);
    EVP_PKEY_free(pkey);
}

/* ... and libgcrypt, an implementation of its own. */
static void libgcrypt_accepts_our_signature(void **state)
{
    (void)state;
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ASSERT_OK(zy_sm2_generate(&key));
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = public_of(key);
    uint8_t sig[ZY_SM2_SIG_BYTES], e[32], point[ZY_SM2_PUB_BYTES];
    ASSERT_OK(zy_sm2_sign(key, ZY_LABEL_RECEIPT, ZY_PARTS(ZY_PART_LABEL(" 42")), sig));
    ASSERT_OK(zy_sm2_pub_digest(pub, ZY_PARTS(ZY_PART_LABEL("ZY receipt 42")), e));
    zy_sm2_public(key, point);
    gcry_sexp_t s_key, s_sig, s_data;
    assert_int_equal(
        gcry_sexp_build(&s_key, NULL, "(public-key (ecc (curve sm2p256v1) (q %b)))", 65, point), 0);
    assert_int_equal(
        gcry_sexp_build(&s_sig, NULL, "(sig-val (sm2 (r %b) (s %b)))", 32, sig, 32, sig + 32), 0);
    assert_int_equal(gcry_sexp_build(&s_data, NULL, "(data (flags sm2) (hash sm3 %b))", 32, e), 0);
    assert_int_equal(gcry_pk_verify(s_sig, s_data, s_key), 0);
    gcry_sexp_release(s_key);
    gcry_sexp_release(s_sig);
    gcry_sexp_release(s_data);
}

static void bad_points_are_refused(void **state)
{
    (void)state;
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = published_key();
    for (size_t i = 0; i < ZY_COUNT(ZY_SM2_BAD_POINTS); i++) {
        const bytes point = hex(ZY_SM2_BAD_POINTS[i].point);
        zy_sm2_pub *pub = NULL;
        ASSERT_STATUS(zy_sm2_pub_from(point.p, point.n, &pub), ZY_BAD_FIELD);
        assert_null(pub);
        uint8_t z[32];
        if (point.n == ZY_SM2_PUB_BYTES)
            ASSERT_STATUS(zy_sm2_ecdh(key, point.p, z), ZY_BAD_FIELD);
    }
    zy_sm2_pub *pub = NULL;
    ASSERT_STATUS(zy_sm2_pub_from("", 0, &pub), ZY_BAD_FIELD);
}

static void scalars_out_of_range_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ZY_SM2_BAD_SCALARS); i++) {
        const bytes d = hex(ZY_SM2_BAD_SCALARS[i]);
        zy_sm2_key *key = NULL;
        ASSERT_STATUS(zy_sm2_from_scalar(d.p, &key), ZY_BAD_FIELD);
        assert_null(key);
    }
    const bytes largest = hex(ZY_SM2_LARGEST_SCALAR);
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ASSERT_OK(zy_sm2_from_scalar(largest.p, &key));
    uint8_t back[32];
    ASSERT_OK(zy_sm2_to_scalar(key, back));
    assert_memory_equal(back, largest.p, sizeof back);
}

static void both_sides_of_an_ecdh_agree(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        ZY_AUTO(zy_sm2_key_free) zy_sm2_key *a = NULL, *b = NULL;
        ASSERT_OK(zy_sm2_generate_ephemeral(&a));
        ASSERT_OK(zy_sm2_generate_ephemeral(&b));
        uint8_t pa[ZY_SM2_PUB_BYTES], pb[ZY_SM2_PUB_BYTES], za[32], zb[32];
        zy_sm2_public(a, pa);
        zy_sm2_public(b, pb);
        ASSERT_OK(zy_sm2_ecdh(a, pb, za));
        ASSERT_OK(zy_sm2_ecdh(b, pa, zb));
        assert_memory_equal(za, zb, sizeof za);
    }
}

static void an_ephemeral_key_neither_signs_nor_decrypts(void **state)
{
    (void)state;
    ZY_PROVES("mb.key-separation.b");
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = NULL;
    ASSERT_OK(zy_sm2_generate_ephemeral(&key));
    const bytes cipher = hex(ZY_SM2_CIPHER);
    uint8_t sig[ZY_SM2_SIG_BYTES], out[64];
    size_t n = 0;
    ASSERT_STATUS(zy_sm2_sign(key, ZY_LABEL_ORDER, ZY_PARTS(ZY_PART_LABEL("x")), sig),
                  ZY_BAD_FIELD);
    ASSERT_STATUS(zy_sm2_decrypt(key, cipher.p, cipher.n, out, sizeof out, &n), ZY_BAD_FIELD);
}

static void sm2_decrypts_only_what_was_not_altered(void **state)
{
    (void)state;
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *key = published_key();
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = public_of(key);
    uint8_t out[82];
    size_t n = 0;
    for (size_t size = 1; size <= sizeof out; size += 9) {
        ZY_AUTO_BUF cipher = {0};
        uint8_t plain[82] = {3};
        plain[size - 1] = 9;
        ASSERT_OK(zy_sm2_encrypt(pub, plain, size, &cipher));
        ASSERT_OK(zy_sm2_decrypt(key, cipher.p, cipher.n, out, sizeof out, &n));
        assert_int_equal(n, size);
        assert_memory_equal(out, plain, size);
        if (size > 1)
            ASSERT_STATUS(zy_sm2_decrypt(key, cipher.p, cipher.n, out, size - 1, &n),
                          ZY_SIGNATURE_BAD);
    }
    const bytes good = hex(ZY_SM2_CIPHER);
    for (size_t i = 0; i < good.n; i++) {
        bytes bad = good;
        bad.p[i] ^= 0x41;
        n = 77;
        memset(out, 0x5a, sizeof out);
        ASSERT_STATUS(zy_sm2_decrypt(key, bad.p, bad.n, out, sizeof out, &n), ZY_SIGNATURE_BAD);
        assert_int_equal(n, 77);
        assert_int_equal(out[0], 0x5a);
        ASSERT_STATUS(zy_sm2_decrypt(key, good.p, i, out, sizeof out, &n), ZY_SIGNATURE_BAD);
    }
}

static void only_canonical_der_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ZY_SM2_BAD_DER); i++) {
        const bytes der = hex(ZY_SM2_BAD_DER[i].der);
        size_t n = 0;
        uint8_t sig[ZY_SM2_SIG_BYTES];
        ASSERT_STATUS(zy_sm2_cipher_check(der.p, der.n, &n), ZY_SIGNATURE_BAD);
        ASSERT_STATUS(zy_sm2_sig_from_der(der.p, der.n, sig), ZY_SIGNATURE_BAD);
    }
    bytes longer = hex(ZY_SM2_CIPHER);
    longer.p[longer.n++] = 0;
    size_t n = 0;
    ASSERT_STATUS(zy_sm2_cipher_check(longer.p, longer.n, &n), ZY_SIGNATURE_BAD);
}

static void signatures_survive_der(void **state)
{
    (void)state;
    uint8_t sig[ZY_SM2_SIG_BYTES], der[ZY_SM2_SIG_DER_MAX], back[ZY_SM2_SIG_BYTES];
    for (size_t zeros = 0; zeros < 32; zeros++) {
        memset(sig, 0xff, sizeof sig);
        memset(sig, 0, zeros);
        sig[32 + zeros] = 0x7f;
        size_t n = zy_sm2_sig_to_der(sig, der);
        ASSERT_OK(zy_sm2_sig_from_der(der, n, back));
        assert_memory_equal(back, sig, sizeof sig);
    }
}

/* --- One-time codes --- */

static void otp_gives_the_published_codes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ZY_OTP_VECTORS); i++) {
        const bytes key = hex(ZY_OTP_VECTORS[i].key);
        char code[9];
        ASSERT_OK(zy_otp_sm3(key.p, key.n, &ZY_OTP_VECTORS[i].t, &ZY_OTP_VECTORS[i].counter,
                             zy_str_of(ZY_OTP_VECTORS[i].challenge), 6, code));
        assert_string_equal(code, ZY_OTP_VECTORS[i].code);
    }
}

static void otp_depends_on_every_input_and_refuses_bad_ones(void **state)
{
    (void)state;
    const bytes key = hex(ZY_OTP_VECTORS[0].key);
    const uint64_t t = 28;
    const uint32_t counter = 5;
    char a[9], b[9], c[9];
    ASSERT_OK(zy_otp_sm3(key.p, key.n, &t, NULL, ZY_STR("12345678"), 8, a));
    ASSERT_OK(zy_otp_sm3(key.p, key.n, NULL, &counter, ZY_STR("12345678"), 8, b));
    ASSERT_OK(zy_otp_sm3(key.p, key.n, &t, NULL, ZY_STR("12345679"), 8, c));
    assert_int_equal(strlen(a), 8);
    assert_string_not_equal(a, b);
    assert_string_not_equal(a, c);
    char many[65] = {0};
    memset(many, '1', sizeof many);
    ASSERT_STATUS(zy_otp_sm3(key.p, 15, &t, NULL, ZY_STR("1234"), 6, a), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_otp_sm3(key.p, 16, NULL, NULL, ZY_STR("1234"), 6, a), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_otp_sm3(key.p, 16, &t, NULL, ZY_STR("1234"), 5, a), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_otp_sm3(key.p, 16, &t, NULL, ZY_STR("1234"), 9, a), ZY_BAD_FIELD);
    ASSERT_STATUS(zy_otp_sm3(key.p, 16, &t, NULL, (zy_str){many, 65}, 6, a), ZY_BAD_FIELD);
}

static void totp_gives_the_codes_of_rfc_6238(void **state)
{
    (void)state;
    for (size_t i = 0; i < ZY_COUNT(ZY_TOTP_VECTORS); i++) {
        char code[7];
        ASSERT_OK(zy_totp("12345678901234567890", 20, ZY_TOTP_VECTORS[i].unix_s, code));
        assert_string_equal(code, ZY_TOTP_VECTORS[i].code);
    }
    char code[7];
    ASSERT_STATUS(zy_totp("12345678901234567890", 20, -1, code), ZY_BAD_FIELD);
}

static void random_bytes_do_not_repeat(void **state)
{
    (void)state;
    uint8_t seen[64][16];
    for (size_t i = 0; i < 64; i++) {
        ASSERT_OK(zy_random(seen[i], 16));
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(seen[i], seen[k], 16);
    }
}

static void wipe_clears_and_compare_compares(void **state)
{
    (void)state;
    uint8_t a[8] = "secret", b[8] = "secret";
    assert_true(zy_ct_equal(a, b, sizeof a));
    b[7] = 1;
    assert_false(zy_ct_equal(a, b, sizeof a));
    zy_wipe(a, sizeof a);
    for (size_t i = 0; i < sizeof a; i++)
        assert_int_equal(a[i], 0);
    zy_wipe(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm3_gives_the_published_digests),
        cmocka_unit_test(sm3_of_parts_is_sm3_of_the_whole),
        cmocka_unit_test(hmac_sm3_agrees_with_both_libraries),
        cmocka_unit_test(an_empty_hmac_key_is_a_key),
        cmocka_unit_test(hkdf_gives_the_known_answer),
        cmocka_unit_test(hkdf_expands_without_info),
        cmocka_unit_test(pbkdf2_gives_the_known_answers),
        cmocka_unit_test(sm4_gcm_gives_the_published_ciphertexts),
        cmocka_unit_test(sm4_gcm_works_in_place_and_with_split_data),
        cmocka_unit_test(any_flipped_bit_is_refused_and_nothing_is_written),
        cmocka_unit_test(a_failed_open_into_leaves_zeros),
        cmocka_unit_test(sm2_agrees_with_the_published_example),
        cmocka_unit_test(a_signature_binds_label_and_every_part),
        cmocka_unit_test(openssl_itself_accepts_our_signature),
        cmocka_unit_test(libgcrypt_accepts_our_signature),
        cmocka_unit_test(bad_points_are_refused),
        cmocka_unit_test(scalars_out_of_range_are_refused),
        cmocka_unit_test(both_sides_of_an_ecdh_agree),
        cmocka_unit_test(an_ephemeral_key_neither_signs_nor_decrypts),
        cmocka_unit_test(sm2_decrypts_only_what_was_not_altered),
        cmocka_unit_test(only_canonical_der_is_read),
        cmocka_unit_test(signatures_survive_der),
        cmocka_unit_test(otp_gives_the_published_codes),
        cmocka_unit_test(otp_depends_on_every_input_and_refuses_bad_ones),
        cmocka_unit_test(totp_gives_the_codes_of_rfc_6238),
        cmocka_unit_test(random_bytes_do_not_repeat),
        cmocka_unit_test(wipe_clears_and_compare_compares),
    };
    return zy_test_main("crypto", tests, ZY_COUNT(tests));
}
