/* TLS for a listener: 1.2 and 1.3, forward secrecy and AEAD only. */
#include "net/internal.h"

#include <openssl/err.h>
#include <string.h>
#include <sys/stat.h>

static const char CIPHERS_12[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
static const char CIPHERS_13[] = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                 "TLS_CHACHA20_POLY1305_SHA256";
/* Not const: OpenSSL's macro casts it so. */
static char GROUPS[] = "X25519:P-256:P-384";
static const unsigned char ALPN_HTTP11[] = "\x08http/1.1";

static int choose_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                       const unsigned char *in, unsigned in_n, void *arg)
{
    (void)ssl;
    (void)arg;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_n, ALPN_HTTP11, sizeof ALPN_HTTP11 - 1, in, in_n) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static zy_status fail(zy_err *err, const char *name, const char *what, const char *path)
{
    char reason[160];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    return zy_fail(err, ZY_CONFIG_BAD, name, "%s %s: %s", what, path, reason);
}

static zy_status check_key_file(const char *name, const char *path, zy_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return zy_fail(err, ZY_CONFIG_BAD, name, "TLS key %s: no such file", path);
    if ((st.st_mode & (S_IRWXO | S_IWGRP | S_IXGRP)) != 0)
        return zy_fail(err, ZY_CONFIG_BAD, name, "TLS key %s: others may read it; chmod 600", path);
    return ZY_OK;
}

static bool set_policy(SSL_CTX *tls)
{
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    /* Idle connections give their record buffers back; resumption by tickets keeps nothing here. */
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 1);
    SSL_CTX_set_timeout(tls, 3600);
    SSL_CTX_set_alpn_select_cb(tls, choose_alpn, NULL);
    return SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(tls, CIPHERS_12) == 1 &&
           SSL_CTX_set_ciphersuites(tls, CIPHERS_13) == 1 && SSL_CTX_set1_groups_list(tls, GROUPS) == 1;
}

static zy_status load_pair(SSL_CTX *tls, const char *name, const char *cert, const char *key, zy_err *err)
{
    if (SSL_CTX_use_certificate_chain_file(tls, cert) != 1)
        return fail(err, name, "TLS certificate", cert);
    ZY_TRY(check_key_file(name, key, err));
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls) != 1)
        return fail(err, name, "TLS key", key);
    return ZY_OK;
}

zy_status zy_tls_open(const char *name, zy_str cert_path, zy_str key_path, SSL_CTX **ret_tls, zy_err *err)
{
    char cert[4096], key[4096];
    ZY_TRY(zy_str_copy(cert_path, cert, sizeof cert));
    ZY_TRY(zy_str_copy(key_path, key, sizeof key));
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    if (tls == NULL)
        return ZY_NO_MEMORY;
    zy_status status = set_policy(tls) ? load_pair(tls, name, cert, key, err)
                                       : fail(err, name, "TLS policy", "");
    if (status != ZY_OK)
        SSL_CTX_free(tls);
    else
        *ret_tls = tls;
    return status;
}
