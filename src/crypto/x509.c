/* Reading and judging certificates. OpenSSL parses and builds the path; SM2 signatures of requests and lists are checked by
 * our own SM2 (OpenSSL 3.0 gives them no user id). */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "crypto/x509_internal.h"

static const char USER_ID[] = "1234567812345678";

X509 *zy_x509_parse(zy_str der)
{
    if (der.n == 0 || der.n > ZY_X509_DER_MAX)
        return NULL;
    const uint8_t *p = (const uint8_t *)der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    if (x != NULL && p == (const uint8_t *)der.p + der.n)
        return x;
    X509_free(x);
    ERR_clear_error();
    return NULL;
}

/* --- the parts of a certificate --- */

/* The bytes of the point themselves: uncompressed, named curve SM2, on it. */
static zy_status public_of(const X509_PUBKEY *pub, uint8_t out[ZY_SM2_PUB_BYTES])
{
    const uint8_t *point = NULL;
    int n = 0, kind = 0;
    X509_ALGOR *alg = NULL;
    const void *curve = NULL;
    const ASN1_OBJECT *oid = NULL;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *checked = NULL;
    if (pub == NULL || X509_PUBKEY_get0_param(NULL, &point, &n, &alg, pub) != 1)
        return zy_ossl_fail(ZY_BAD_FIELD);
    X509_ALGOR_get0(&oid, &kind, &curve, alg);
    if (OBJ_obj2nid(oid) != NID_X9_62_id_ecPublicKey || kind != V_ASN1_OBJECT || OBJ_obj2nid(curve) != NID_sm2)
        return zy_ossl_fail(ZY_BAD_FIELD);
    ZY_TRY(zy_sm2_pub_from(point, n > 0 ? (size_t)n : 0, &checked));
    memcpy(out, point, ZY_SM2_PUB_BYTES);
    return ZY_OK;
}

static zy_status serial_of(const ASN1_INTEGER *serial, char out[ZY_X509_SERIAL_MAX])
{
    int n = ASN1_STRING_length(serial);
    if (n < 1 || n > (ZY_X509_SERIAL_MAX - 1) / 2 || ASN1_STRING_type(serial) != V_ASN1_INTEGER)
        return ZY_BAD_FIELD;
    zy_hex_encode(ASN1_STRING_get0_data(serial), (size_t)n, out);
    return ZY_OK;
}

static zy_status name_of(const X509_NAME *name, char out[ZY_X509_NAME_MAX])
{
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0)
        return ZY_BAD_FIELD;
    const ASN1_STRING *s = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    uint8_t *text = NULL;
    int n = ASN1_STRING_to_UTF8(&text, s);
    zy_status status = n > 0 ? zy_str_copy(zy_str_bytes(text, (size_t)n), out, ZY_X509_NAME_MAX) : ZY_BAD_FIELD;
    OPENSSL_free(text);
    return status == ZY_OK ? ZY_OK : zy_ossl_fail(ZY_BAD_FIELD);
}

static zy_status time_of(const ASN1_TIME *t, zy_time *ret_time)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return zy_ossl_fail(ZY_BAD_FIELD);
    ret_time->ms = (int64_t)timegm(&tm) * 1000;
    return ZY_OK;
}

static zy_status info_of(const X509 *x, zy_x509_info *ret_info)
{
    zy_x509_info info;
    memset(&info, 0, sizeof info);
    ZY_TRY(serial_of(X509_get0_serialNumber(x), info.serial));
    ZY_TRY(name_of(X509_get_subject_name(x), info.subject));
    ZY_TRY(name_of(X509_get_issuer_name(x), info.issuer));
    ZY_TRY(time_of(X509_get0_notBefore(x), &info.not_before));
    ZY_TRY(time_of(X509_get0_notAfter(x), &info.not_after));
    ZY_TRY(public_of(X509_get_X509_PUBKEY(x), info.public_key));
    *ret_info = info;
    return ZY_OK;
}

zy_status zy_x509_read(zy_str der, zy_x509_info *ret_info)
{
    ZY_TRY(zy_crypto_gate());
    X509 *x = zy_x509_parse(der);
    if (x == NULL)
        return ZY_BAD_FIELD;
    zy_status status = X509_get_version(x) == X509_VERSION_3 ? info_of(x, ret_info) : ZY_BAD_FIELD;
    X509_free(x);
    return status;
}

/* --- SM2 signatures over DER --- */

static zy_status check_signature(const uint8_t public_key[ZY_SM2_PUB_BYTES], const uint8_t *tbs, int tbs_n,
                                 const X509_ALGOR *alg, const ASN1_BIT_STRING *signature)
{
    const ASN1_OBJECT *oid = NULL;
    uint8_t sig[ZY_SM2_SIG_BYTES], e[ZY_SM3_BYTES];
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    X509_ALGOR_get0(&oid, NULL, NULL, alg);
    bool whole_bytes = (signature->flags & 7) == 0; /* no unused bits */
    if (tbs_n <= 0 || OBJ_obj2nid(oid) != NID_SM2_with_SM3 || !whole_bytes)
        return zy_ossl_fail(ZY_SIGNATURE_BAD);
    ZY_TRY(zy_sm2_pub_from(public_key, ZY_SM2_PUB_BYTES, &pub));
    if (zy_sm2_sig_from_der(ASN1_STRING_get0_data(signature), (size_t)ASN1_STRING_length(signature), sig) != ZY_OK)
        return ZY_SIGNATURE_BAD;
    ZY_TRY(zy_sm2_pub_digest(pub, ZY_PARTS(ZY_PART(tbs, (size_t)tbs_n)), e));
    return zy_sm2_verify_digest(pub, e, sig);
}

static zy_status check_request(X509_REQ *request, uint8_t public_key[ZY_SM2_PUB_BYTES])
{
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *alg = NULL;
    uint8_t *tbs = NULL;
    ZY_TRY(public_of(X509_REQ_get_X509_PUBKEY(request), public_key));
    int n = i2d_re_X509_REQ_tbs(request, &tbs);
    X509_REQ_get0_signature(request, &signature, &alg);
    zy_status status = check_signature(public_key, tbs, n, alg, signature);
    OPENSSL_free(tbs);
    return status;
}

zy_status zy_x509_request_check(zy_str der, uint8_t ret_public_key[ZY_SM2_PUB_BYTES])
{
    ZY_TRY(zy_crypto_gate());
    uint8_t public_key[ZY_SM2_PUB_BYTES];
    const uint8_t *p = (const uint8_t *)der.p;
    if (der.n == 0 || der.n > ZY_X509_DER_MAX)
        return ZY_BAD_FIELD;
    X509_REQ *request = d2i_X509_REQ(NULL, &p, (long)der.n);
    zy_status status = ZY_BAD_FIELD;
    if (request != NULL && p == (const uint8_t *)der.p + der.n)
        status = check_request(request, public_key);
    X509_REQ_free(request);
    ERR_clear_error();
    if (status == ZY_OK)
        memcpy(ret_public_key, public_key, sizeof public_key);
    return status;
}

/* --- the path to the root --- */

typedef struct authorities {
    X509 *certificates[ZY_X509_CAS_MAX];
    int count;
} authorities;

static void authorities_free(authorities *a)
{
    for (int i = 0; i < a->count; i++)
        X509_free(a->certificates[i]);
}
#define AUTO_AUTHORITIES __attribute__((cleanup(authorities_free))) authorities

/* The user id that OpenSSL hashes before the certificate when it checks an SM2 signature. */
static bool give_user_id(X509 *x)
{
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    if (id == NULL || ASN1_OCTET_STRING_set(id, (const uint8_t *)USER_ID, sizeof USER_ID - 1) != 1) {
        ASN1_OCTET_STRING_free(id);
        return false;
    }
    X509_set0_distinguishing_id(x, id);
    return true;
}

static zy_status read_authorities(zy_str cas, authorities *ret)
{
    const uint8_t *p = (const uint8_t *)cas.p, *end = p + cas.n;
    while (p < end && ret->count < ZY_X509_CAS_MAX) {
        X509 *x = d2i_X509(NULL, &p, end - p);
        if (x == NULL)
            break;
        ret->certificates[ret->count++] = x;
        if (!give_user_id(x))
            return zy_ossl_fail(ZY_NO_MEMORY);
    }
    return p == end && ret->count > 0 ? ZY_OK : zy_ossl_fail(ZY_BAD_FIELD);
}

static X509_STORE *store_of(const authorities *a)
{
    X509_STORE *store = X509_STORE_new();
    if (store != NULL && X509_STORE_add_cert(store, a->certificates[0]) == 1)
        return store;
    X509_STORE_free(store);
    return NULL;
}

static STACK_OF(X509) *between_of(const authorities *a)
{
    STACK_OF(X509) *between = sk_X509_new_null();
    for (int i = 1; between != NULL && i < a->count; i++)
        sk_X509_push(between, a->certificates[i]);
    return between;
}

static zy_status walk_path(X509 *leaf, const authorities *a, zy_time at, zy_err *err)
{
    X509_STORE *store = store_of(a);
    STACK_OF(X509) *between = between_of(a);
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    zy_status status = ZY_NO_MEMORY;
    if (store == NULL || between == NULL || ctx == NULL || X509_STORE_CTX_init(ctx, store, leaf, between) != 1)
        goto done;
    X509_VERIFY_PARAM *how = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    X509_VERIFY_PARAM_set_time(how, at.ms / 1000);
    X509_VERIFY_PARAM_set_depth(how, ZY_X509_CAS_MAX);
    status = ZY_OK;
    if (X509_verify_cert(ctx) != 1)
        status = zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the certificate: %s",
                         X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
done:
    X509_STORE_CTX_free(ctx);
    sk_X509_free(between);
    X509_STORE_free(store);
    ERR_clear_error();
    return status;
}

static bool may_sign_for_a_user(X509 *x)
{
    uint32_t usage = X509_get_key_usage(x); /* all bits without the extension */
    return X509_check_ca(x) == 0 && usage != UINT32_MAX && (usage & (X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_NON_REPUDIATION)) != 0;
}

static zy_status verify_leaf(X509 *leaf, zy_str cas, zy_time at, zy_x509_info *ret_info, zy_err *err)
{
    AUTO_AUTHORITIES a = {.count = 0};
    zy_x509_info info;
    if (X509_get_version(leaf) != X509_VERSION_3 || info_of(leaf, &info) != ZY_OK || !give_user_id(leaf))
        return zy_fail(err, ZY_BAD_FIELD, "certificate", "no X.509 v3 certificate with an SM2 key");
    ZY_TRY(read_authorities(cas, &a));
    ZY_TRY(walk_path(leaf, &a, at, err));
    if (!may_sign_for_a_user(leaf))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the certificate is not one for signatures of a user");
    *ret_info = info;
    return ZY_OK;
}

zy_status zy_x509_verify(zy_str der, zy_str cas, zy_time at, zy_x509_info *ret_info, zy_err *err)
{
    ZY_TRY(zy_crypto_gate());
    X509 *leaf = zy_x509_parse(der);
    if (leaf == NULL)
        return zy_fail(err, ZY_BAD_FIELD, "certificate", "no certificate");
    zy_status status = verify_leaf(leaf, cas, at, ret_info, err);
    X509_free(leaf);
    return status;
}

/* --- revocation lists --- */

static X509 *issuer_among(const authorities *a, const X509_NAME *name)
{
    for (int i = 0; i < a->count; i++)
        if (X509_NAME_cmp(X509_get_subject_name(a->certificates[i]), name) == 0)
            return a->certificates[i];
    return NULL;
}

static zy_status check_crl(X509_CRL *crl, X509 *issuer, zy_time at, zy_err *err)
{
    const ASN1_BIT_STRING *signature = NULL;
    const X509_ALGOR *alg = NULL;
    uint8_t public_key[ZY_SM2_PUB_BYTES], *tbs = NULL;
    zy_time from = { 0 }, to = { 0 };
    if ((X509_get_key_usage(issuer) & X509v3_KU_CRL_SIGN) == 0)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the issuer may sign no revocation list");
    if (X509_CRL_get0_nextUpdate(crl) == NULL || time_of(X509_CRL_get0_lastUpdate(crl), &from) != ZY_OK ||
        time_of(X509_CRL_get0_nextUpdate(crl), &to) != ZY_OK || at.ms < from.ms || at.ms >= to.ms)
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "the revocation list is not in force");
    ZY_TRY(public_of(X509_get_X509_PUBKEY(issuer), public_key));
    int n = i2d_re_X509_CRL_tbs(crl, &tbs);
    X509_CRL_get0_signature(crl, &signature, &alg);
    zy_status status = check_signature(public_key, tbs, n, alg, signature);
    OPENSSL_free(tbs);
    return status;
}

/* A list with a critical extension (of a part, of changes alone) is no whole list. */
static bool has_critical(const X509_CRL *crl)
{
    return X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0;
}

static zy_status look_up(X509_CRL *crl, X509 *leaf, zy_str cas, zy_time at, bool *ret_revoked, zy_err *err)
{
    AUTO_AUTHORITIES a = {.count = 0};
    X509_REVOKED *entry = NULL;
    ZY_TRY(read_authorities(cas, &a));
    X509 *issuer = issuer_among(&a, X509_get_issuer_name(leaf));
    if (issuer == NULL || X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0 ||
        has_critical(crl))
        return zy_fail(err, ZY_SIGNATURE_BAD, NULL, "not the revocation list of the certificate's issuer");
    ZY_TRY(check_crl(crl, issuer, at, err));
    *ret_revoked = X509_CRL_get0_by_cert(crl, &entry, leaf) == 1;
    return ZY_OK;
}

zy_status zy_x509_crl_has(zy_str der, zy_str certificate, zy_str cas, zy_time at, bool *ret_revoked, zy_err *err)
{
    ZY_TRY(zy_crypto_gate());
    const uint8_t *p = (const uint8_t *)der.p;
    X509 *leaf = zy_x509_parse(certificate);
    X509_CRL *crl = der.n > 0 && der.n <= ZY_X509_CRL_MAX ? d2i_X509_CRL(NULL, &p, (long)der.n) : NULL;
    zy_status status = ZY_SIGNATURE_BAD;
    if (leaf != NULL && crl != NULL && p == (const uint8_t *)der.p + der.n)
        status = look_up(crl, leaf, cas, at, ret_revoked, err);
    else
        status = zy_fail(err, ZY_SIGNATURE_BAD, NULL, "no revocation list");
    X509_CRL_free(crl);
    X509_free(leaf);
    ERR_clear_error();
    return status;
}
