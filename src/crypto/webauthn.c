#include "crypto/webauthn.h"

#include <fido.h>
#include <fido/es256.h>
#include <string.h>

#include "base/json.h"
#include "crypto/internal.h"

#define RP_HASH_BYTES 32
#define FLAG_USER_PRESENT  0x01
#define FLAG_USER_VERIFIED 0x04
#define FLAG_KEY_INCLUDED  0x40

#define AUTO_CRED __attribute__((cleanup(fido_cred_free))) fido_cred_t
#define AUTO_ASSERTION __attribute__((cleanup(fido_assert_free))) fido_assert_t
#define AUTO_KEY __attribute__((cleanup(es256_pk_free))) es256_pk_t

/* libfido2 wants texts that end. */
typedef struct domain {
    char text[254];
} domain;

/* --- the site --- */

static const zy_str LOCAL = ZY_STR_INIT("localhost");

static bool is_digits(zy_str s)
{
    uint64_t port = 0;
    return zy_str_u64(s, &port) == ZY_OK && port > 0 && port < 65536;
}

static bool is_port(zy_str port, bool local)
{
    return is_digits(port) || (local && zy_str_eq_c(port, "*"));
}

static bool is_host_of(zy_str host, zy_str rp_id)
{
    if (zy_str_eq(host, rp_id))
        return true;
    return host.n > rp_id.n + 1 && zy_str_ends(host, rp_id) && host.p[host.n - rp_id.n - 1] == '.';
}

/* scheme://host[:port] in small letters, as browsers write it. */
static bool is_origin(zy_str origin, zy_str rp_id)
{
    static const zy_str HTTPS = ZY_STR_INIT("https://"), HTTP = ZY_STR_INIT("http://");
    bool secure = zy_str_starts(origin, HTTPS);
    zy_str rest, host, port;
    if (!secure && !zy_str_starts(origin, HTTP))
        return false;
    rest = zy_str_sub(origin, secure ? HTTPS.n : HTTP.n, origin.n);
    if (!zy_str_next(&rest, ':', &host) || !is_host_of(host, rp_id))
        return false;
    bool local = zy_str_eq(host, LOCAL);
    if (!secure && !local)
        return false;
    if (rest.p == NULL)
        return true;
    return zy_str_next(&rest, ':', &port) && rest.p == NULL && is_port(port, local);
}

static bool is_domain(zy_str s)
{
    bool letter = false;
    if (s.n == 0 || s.n >= sizeof(domain))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool small = c >= 'a' && c <= 'z';
        if (!small && !(c >= '0' && c <= '9') && c != '-' && c != '.')
            return false;
        letter = letter || small;
    }
    return letter && s.p[0] != '.' && s.p[s.n - 1] != '.'; /* an address is no domain */
}

zy_status zy_webauthn_site_check(const zy_webauthn_site *site)
{
    zy_str rest = site->origins, origin;
    int count = 0;
    if (!is_domain(site->rp_id))
        return ZY_CONFIG_BAD;
    for (; zy_str_next(&rest, ',', &origin); count++)
        if (!is_origin(origin, site->rp_id))
            return ZY_CONFIG_BAD;
    return count > 0 && count <= ZY_WEBAUTHN_ORIGINS_MAX ? ZY_OK : ZY_CONFIG_BAD;
}

/* "http://localhost:*" is every port of it; anything else is itself. */
static bool is_same_origin(zy_str allowed, zy_str said)
{
    if (!zy_str_ends(allowed, ZY_STR(":*")))
        return zy_str_eq(allowed, said);
    zy_str stem = zy_str_sub(allowed, 0, allowed.n - 1);
    return zy_str_starts(said, stem) && is_digits(zy_str_sub(said, stem.n, said.n));
}

static bool is_own_origin(const zy_webauthn_site *site, zy_str said)
{
    zy_str rest = site->origins, origin;
    while (zy_str_next(&rest, ',', &origin))
        if (is_same_origin(origin, said))
            return true;
    return false;
}

/* --- what the browser says --- */

static bool is_own_challenge(zy_str said, const uint8_t challenge[ZY_WEBAUTHN_CHALLENGE])
{
    uint8_t bytes[ZY_WEBAUTHN_CHALLENGE];
    size_t n = 0;
    return zy_base64url_decode(said, bytes, sizeof bytes, &n) == ZY_OK && n == sizeof bytes &&
           zy_ct_equal(bytes, challenge, sizeof bytes);
}

static zy_status check_client_data(const zy_webauthn_site *site, const char *type, const uint8_t challenge[ZY_WEBAUTHN_CHALLENGE],
                                   zy_str client_data)
{
    ZY_AUTO(zy_json_free) zy_json *said = NULL;
    zy_str said_type = { 0 }, said_challenge = { 0 }, origin = { 0 };
    bool crossed = false;
    if (client_data.n == 0 || client_data.n > ZY_WEBAUTHN_CLIENT_MAX || zy_json_parse(client_data, &said) != ZY_OK ||
        !zy_json_str(said, "type", &said_type) || !zy_json_str(said, "challenge", &said_challenge) ||
        !zy_json_str(said, "origin", &origin))
        return ZY_SIGNATURE_BAD;
    if (zy_json_get(said, "crossOrigin") != NULL && (!zy_json_bool(said, "crossOrigin", &crossed) || crossed))
        return ZY_SIGNATURE_BAD; /* in somebody else's frame */
    return zy_str_eq_c(said_type, type) && is_own_challenge(said_challenge, challenge) && is_own_origin(site, origin)
               ? ZY_OK
               : ZY_SIGNATURE_BAD;
}

static bool is_for_domain(zy_str authenticator_data, zy_str rp_id)
{
    uint8_t hash[RP_HASH_BYTES];
    size_t n = 0;
    return authenticator_data.n > sizeof hash && EVP_Q_digest(NULL, "SHA256", NULL, rp_id.p, rp_id.n, hash, &n) == 1 &&
           n == sizeof hash && zy_ct_equal(hash, authenticator_data.p, sizeof hash);
}

/* ZY_SIGNATURE_BAD unless it is a point of the curve. */
static zy_status load_key(const uint8_t public_key[ZY_WEBAUTHN_KEY_BYTES], es256_pk_t **ret_key)
{
    AUTO_KEY *key = es256_pk_new();
    if (key == NULL)
        return ZY_NO_MEMORY;
    EVP_PKEY *point = es256_pk_from_ptr(key, public_key, ZY_WEBAUTHN_KEY_BYTES) == FIDO_OK ? es256_pk_to_EVP_PKEY(key) : NULL;
    if (point == NULL)
        return ZY_SIGNATURE_BAD;
    EVP_PKEY_free(point);
    *ret_key = ZY_STEAL(key);
    return ZY_OK;
}

/* --- made --- */

static bool is_verified(uint8_t flags)
{
    const uint8_t wanted = FLAG_USER_PRESENT | FLAG_USER_VERIFIED | FLAG_KEY_INCLUDED;
    return (flags & wanted) == wanted;
}

static zy_status take_made(const fido_cred_t *cred, zy_webauthn_made *ret_made)
{
    zy_webauthn_made made = { .id_n = fido_cred_id_len(cred), .count = fido_cred_sigcount(cred) };
    AUTO_KEY *key = NULL;
    if (made.id_n == 0 || made.id_n > sizeof made.id || fido_cred_pubkey_len(cred) != sizeof made.public_key ||
        !is_verified(fido_cred_flags(cred)))
        return ZY_SIGNATURE_BAD;
    memcpy(made.id, fido_cred_id_ptr(cred), made.id_n);
    memcpy(made.public_key, fido_cred_pubkey_ptr(cred), sizeof made.public_key);
    ZY_TRY(load_key(made.public_key, &key));
    *ret_made = made;
    return ZY_OK;
}

zy_status zy_webauthn_made_check(const zy_webauthn_site *site, const uint8_t challenge[ZY_WEBAUTHN_CHALLENGE], zy_str client_data,
                                 zy_str data, zy_webauthn_made *ret_made)
{
    ZY_TRY(zy_crypto_gate());
    ZY_TRY(check_client_data(site, "webauthn.create", challenge, client_data));
    AUTO_CRED *cred = fido_cred_new();
    if (cred == NULL)
        return ZY_NO_MEMORY;
    if (data.n > ZY_WEBAUTHN_DATA_MAX || !is_for_domain(data, site->rp_id) || fido_cred_set_type(cred, COSE_ES256) != FIDO_OK ||
        fido_cred_set_authdata_raw(cred, (const uint8_t *)data.p, data.n) != FIDO_OK)
        return zy_ossl_fail(ZY_SIGNATURE_BAD);
    return zy_ossl_fail(take_made(cred, ret_made));
}

/* --- signed --- */

static bool set_assertion(fido_assert_t *a, const domain *rp, const zy_webauthn_assertion *s)
{
    return fido_assert_set_rp(a, rp->text) == FIDO_OK && fido_assert_set_count(a, 1) == FIDO_OK &&
           fido_assert_set_up(a, FIDO_OPT_TRUE) == FIDO_OK && fido_assert_set_uv(a, FIDO_OPT_TRUE) == FIDO_OK &&
           fido_assert_set_clientdata(a, (const uint8_t *)s->client_data.p, s->client_data.n) == FIDO_OK &&
           fido_assert_set_authdata_raw(a, 0, (const uint8_t *)s->authenticator_data.p, s->authenticator_data.n) == FIDO_OK &&
           fido_assert_set_sig(a, 0, (const uint8_t *)s->signature.p, s->signature.n) == FIDO_OK;
}

static zy_status verify(const zy_webauthn_site *site, const uint8_t public_key[ZY_WEBAUTHN_KEY_BYTES], const zy_webauthn_assertion *s,
                        uint32_t *ret_count)
{
    domain rp;
    AUTO_KEY *key = NULL;
    AUTO_ASSERTION *a = fido_assert_new();
    if (a == NULL)
        return ZY_NO_MEMORY;
    ZY_TRY(load_key(public_key, &key));
    if (zy_str_copy(site->rp_id, rp.text, sizeof rp.text) != ZY_OK || !set_assertion(a, &rp, s) ||
        fido_assert_verify(a, 0, COSE_ES256, key) != FIDO_OK)
        return ZY_SIGNATURE_BAD;
    *ret_count = fido_assert_sigcount(a, 0);
    return ZY_OK;
}

zy_status zy_webauthn_verify(const zy_webauthn_site *site, const uint8_t challenge[ZY_WEBAUTHN_CHALLENGE],
                             const uint8_t public_key[ZY_WEBAUTHN_KEY_BYTES], const zy_webauthn_assertion *s, uint32_t *ret_count)
{
    ZY_TRY(zy_crypto_gate());
    if (s->authenticator_data.n == 0 || s->authenticator_data.n > ZY_WEBAUTHN_DATA_MAX || s->signature.n == 0 ||
        s->signature.n > ZY_WEBAUTHN_SIGNATURE_MAX)
        return ZY_SIGNATURE_BAD;
    ZY_TRY(check_client_data(site, "webauthn.get", challenge, s->client_data));
    return zy_ossl_fail(verify(site, public_key, s, ret_count));
}
