/* Making certificates, requests and revocation lists. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "crypto/x509_internal.h"

static const char USER_ID[] = "1234567812345678";

/* What is signed: one of the three. */
typedef struct signed_thing {
    X509 *certificate;
    X509_REQ *request;
    X509_CRL *crl;
} signed_thing;

static int sign_with(const signed_thing *t, EVP_MD_CTX *md)
{
    if (t->certificate != NULL)
        return X509_sign_ctx(t->certificate, md);
    return t->request != NULL ? X509_REQ_sign_ctx(t->request, md) : X509_CRL_sign_ctx(t->crl, md);
}

static zy_status sign_by_key(const zy_sm2_key *key, void *arg)
{
    EVP_PKEY *pkey = zy_sm2_key_pkey(key);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX *ctx = pkey != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
    bool good = false;
    if (md != NULL && ctx != NULL && EVP_PKEY_CTX_set1_id(ctx, USER_ID, sizeof USER_ID - 1) == 1) {
        EVP_MD_CTX_set_pkey_ctx(md, ctx);
        good = EVP_DigestSignInit(md, NULL, zy_alg.sm3, NULL, pkey) == 1 && sign_with(arg, md) > 0;
    }
    EVP_MD_CTX_free(md);
    EVP_PKEY_CTX_free(ctx);
    return good ? ZY_OK : zy_ossl_fail(ZY_CRYPTO_FAILED);
}

static zy_status sign_by(zy_x509_signer signer, signed_thing *thing)
{
    if (signer.key != NULL)
        return sign_by_key(signer.key, thing);
    return zy_keys_lend(signer.keys, ZY_KEY_CA, sign_by_key, thing);
}

static zy_status copy_public(const zy_sm2_key *key, void *out)
{
    zy_sm2_public(key, out);
    return ZY_OK;
}

static zy_status public_of_signer(zy_x509_signer signer, uint8_t out[ZY_SM2_PUB_BYTES])
{
    if (signer.key != NULL)
        return copy_public(signer.key, out);
    return zy_keys_lend(signer.keys, ZY_KEY_CA, copy_public, out);
}

/* --- parts --- */

static bool add_name(X509_NAME *name, const char *field, zy_str text)
{
    return text.n == 0 ||
           X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const uint8_t *)text.p, (int)text.n, -1, 0) == 1;
}

static bool set_time(ASN1_TIME *out, zy_time t)
{
    return out != NULL && ASN1_TIME_set(out, t.ms / 1000) != NULL;
}

static bool set_public(X509_PUBKEY *out, const uint8_t public_key[ZY_SM2_PUB_BYTES])
{
    uint8_t *copy = OPENSSL_memdup(public_key, ZY_SM2_PUB_BYTES);
    if (copy != NULL && X509_PUBKEY_set0_param(out, OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT,
                                               OBJ_nid2obj(NID_sm2), copy, ZY_SM2_PUB_BYTES) == 1)
        return true;
    OPENSSL_free(copy);
    return false;
}

static bool set_serial(ASN1_INTEGER *out, const uint8_t *bytes, size_t n)
{
    BIGNUM *number = BN_bin2bn(bytes, (int)n, NULL);
    bool good = number != NULL && !BN_is_zero(number) && BN_to_ASN1_INTEGER(number, out) != NULL;
    BN_free(number);
    return good;
}

typedef struct extension {
    int nid;
    const char *value;
} extension;

static bool add_extensions(X509 *x, X509 *issuer, const extension *extensions, size_t count)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, extensions[i].nid, extensions[i].value);
        bool added = e != NULL && X509_add_ext(x, e, -1) == 1;
        X509_EXTENSION_free(e);
        if (!added)
            return false;
    }
    return true;
}

/* Appends what i2d gave (n bytes at p), and frees it. */
static zy_status append_der(uint8_t *p, int n, zy_buf *ret_der)
{
    if (n <= 0)
        return zy_ossl_fail(ZY_CRYPTO_FAILED);
    zy_buf_add(ret_der, p, (size_t)n);
    OPENSSL_free(p);
    return zy_buf_failed(ret_der) ? ZY_NO_MEMORY : ZY_OK;
}

/* --- requests --- */

static bool fill_request(X509_REQ *request, const zy_sm2_key *key, zy_str common_name)
{
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    zy_sm2_public(key, public_key);
    return X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
           add_name(X509_REQ_get_subject_name(request), "CN", common_name) &&
           set_public(X509_REQ_get_X509_PUBKEY(request), public_key);
}

zy_status zy_x509_request_make(const zy_sm2_key *key, zy_str common_name, zy_buf *ret_der)
{
    ZY_TRY(zy_crypto_gate());
    signed_thing t = {.request = X509_REQ_new()};
    zy_status status = zy_sm2_key_pkey(key) != NULL && t.request != NULL && fill_request(t.request, key, common_name)
                           ? sign_by_key(key, &t)
                           : zy_ossl_fail(ZY_CRYPTO_FAILED);
    uint8_t *der = NULL;
    if (status == ZY_OK) {
        int n = i2d_X509_REQ(t.request, &der);
        status = append_der(der, n, ret_der);
    }
    X509_REQ_free(t.request);
    return status;
}

/* --- certificates --- */

static bool fill_certificate(X509 *x, const zy_x509_leaf *leaf)
{
    X509_NAME *subject = X509_get_subject_name(x);
    return X509_set_version(x, X509_VERSION_3) == 1 &&
           set_serial(X509_get_serialNumber(x), leaf->serial, sizeof leaf->serial) &&
           set_time(X509_getm_notBefore(x), leaf->from) && set_time(X509_getm_notAfter(x), leaf->to) &&
           add_name(subject, "OU", leaf->unit) && add_name(subject, "CN", leaf->common_name) &&
           set_public(X509_get_X509_PUBKEY(x), leaf->public_key);
}

static zy_status finish_certificate(X509 *x, X509 *issuer, zy_x509_signer signer, const extension *extensions, size_t count,
                                    zy_buf *ret_der)
{
    signed_thing t = {.certificate = x};
    uint8_t *der = NULL;
    if (X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1 || !add_extensions(x, issuer, extensions, count))
        return zy_ossl_fail(ZY_CRYPTO_FAILED);
    ZY_TRY(sign_by(signer, &t));
    int n = i2d_X509(x, &der);
    return append_der(der, n, ret_der);
}

zy_status zy_x509_root_make(zy_x509_signer signer, zy_str common_name, zy_time from, zy_time to, zy_buf *ret_der)
{
    static const extension EXTENSIONS[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign,cRLSign"},
        {NID_subject_key_identifier, "hash"},
    };
    zy_x509_leaf root = {.common_name = common_name, .from = from, .to = to};
    ZY_TRY(zy_crypto_gate());
    ZY_TRY(zy_random(root.serial, sizeof root.serial));
    root.serial[0] &= 0x7f;
    ZY_TRY(public_of_signer(signer, root.public_key));
    X509 *x = X509_new();
    zy_status status = x != NULL && fill_certificate(x, &root)
                           ? finish_certificate(x, x, signer, EXTENSIONS, ZY_COUNT(EXTENSIONS), ret_der)
                           : zy_ossl_fail(ZY_CRYPTO_FAILED);
    X509_free(x);
    return status;
}

zy_status zy_x509_issue(zy_x509_signer signer, zy_str root, const zy_x509_leaf *leaf, zy_buf *ret_der)
{
    static const extension EXTENSIONS[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature,nonRepudiation"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
    };
    ZY_TRY(zy_crypto_gate());
    X509 *issuer = zy_x509_parse(root), *x = X509_new();
    zy_status status = issuer != NULL && x != NULL && (leaf->serial[0] & 0x80) == 0 && fill_certificate(x, leaf)
                           ? finish_certificate(x, issuer, signer, EXTENSIONS, ZY_COUNT(EXTENSIONS), ret_der)
                           : zy_ossl_fail(ZY_CRYPTO_FAILED);
    X509_free(x);
    X509_free(issuer);
    return status;
}

/* --- revocation lists --- */

static bool add_revoked(X509_CRL *crl, const zy_x509_revoked *r)
{
    uint8_t serial[ZY_X509_SERIAL_MAX / 2];
    size_t n = 0;
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *at = ASN1_TIME_new();
    bool good = entry != NULL && number != NULL && zy_hex_decode(zy_str_of(r->serial), serial, sizeof serial, &n) == ZY_OK &&
                set_serial(number, serial, n) && set_time(at, r->at) && X509_REVOKED_set_serialNumber(entry, number) == 1 &&
                X509_REVOKED_set_revocationDate(entry, at) == 1;
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(at);
    if (good && X509_CRL_add0_revoked(crl, entry) == 1)
        return true;
    X509_REVOKED_free(entry);
    return false;
}

static bool add_number(X509_CRL *crl, X509 *issuer, uint64_t number)
{
    ASN1_INTEGER *n = ASN1_INTEGER_new();
    bool good = n != NULL && ASN1_INTEGER_set_uint64(n, number) == 1 &&
                X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, X509V3_ADD_DEFAULT) == 1;
    ASN1_INTEGER_free(n);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
    X509_EXTENSION *key = good ? X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid:always") : NULL;
    good = key != NULL && X509_CRL_add_ext(crl, key, -1) == 1;
    X509_EXTENSION_free(key);
    return good;
}

static bool fill_crl(X509_CRL *crl, X509 *issuer, zy_time this_update, zy_time next_update)
{
    ASN1_TIME *from = ASN1_TIME_new(), *to = ASN1_TIME_new();
    bool good = X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1 &&
                X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)) == 1 && set_time(from, this_update) &&
                set_time(to, next_update) && X509_CRL_set1_lastUpdate(crl, from) == 1 && X509_CRL_set1_nextUpdate(crl, to) == 1;
    ASN1_TIME_free(from);
    ASN1_TIME_free(to);
    return good;
}

static zy_status make_crl(X509_CRL *crl, zy_x509_signer signer, zy_buf *ret_der)
{
    signed_thing t = {.crl = crl};
    uint8_t *der = NULL;
    X509_CRL_sort(crl);
    ZY_TRY(sign_by(signer, &t));
    int n = i2d_X509_CRL(crl, &der);
    return append_der(der, n, ret_der);
}

zy_status zy_x509_crl_make(zy_x509_signer signer, zy_str root, const zy_x509_revoked *revoked, size_t count, uint64_t number,
                           zy_time this_update, zy_time next_update, zy_buf *ret_der)
{
    ZY_TRY(zy_crypto_gate());
    X509 *issuer = zy_x509_parse(root);
    X509_CRL *crl = X509_CRL_new();
    bool good = issuer != NULL && crl != NULL && fill_crl(crl, issuer, this_update, next_update) &&
                add_number(crl, issuer, number);
    for (size_t i = 0; good && i < count; i++)
        good = add_revoked(crl, &revoked[i]);
    zy_status status = good ? make_crl(crl, signer, ret_der) : zy_ossl_fail(ZY_CRYPTO_FAILED);
    X509_CRL_free(crl);
    X509_free(issuer);
    return status;
}
