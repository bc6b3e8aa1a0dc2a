/* A self-signed certificate for demos and tests; a bank brings its own. */
#include "net/net.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/address.h"

#define LIFETIME_DAYS 825

static const char *const LOCAL[] = { "localhost", "127.0.0.1", "::1", NULL };

static bool is_host_name(const char *host)
{
    size_t n = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*");
    return n > 0 && n < 254 && host[n] == '\0';
}

/* "DNS:localhost,IP:127.0.0.1"; each part is checked, because commas would add more. */
static zy_status alt_names(const char *const *hosts, zy_buf *out, zy_err *err)
{
    for (size_t i = 0; hosts[i] != NULL; i++) {
        zy_address address;
        bool is_address = zy_address_parse(zy_str_of(hosts[i]), &address) == ZY_OK;
        if (!is_address && !is_host_name(hosts[i]))
            return zy_fail(err, ZY_BAD_FIELD, "hosts", "name %zu is no host", i);
        zy_buf_fmt(out, "%s%s:%s", i > 0 ? "," : "", is_address ? "IP" : "DNS", hosts[i]);
    }
    return out->n > 0 && !zy_buf_failed(out) ? ZY_OK : ZY_BAD_FIELD;
}

static bool add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool done = e != NULL && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return done;
}

static bool set_serial(X509 *cert)
{
    unsigned char random[8];
    if (RAND_bytes(random, sizeof random) != 1)
        return false;
    uint64_t serial;
    memcpy(&serial, random, sizeof serial);
    return ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1 | 1) == 1;
}

static bool set_subject(X509 *cert, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    return X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC,
                                      (const unsigned char *)"Zhangyin self-signed", -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                                      0) == 1 &&
           X509_set_issuer_name(cert, subject) == 1;
}

static bool fill(X509 *cert, EVP_PKEY *key, const char *name, const char *names)
{
    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) && set_subject(cert, name) &&
           X509_gmtime_adj(X509_getm_notBefore(cert), -3600) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(cert), (long)LIFETIME_DAYS * 86400) != NULL &&
           X509_set_pubkey(cert, key) == 1 && add_extension(cert, NID_subject_alt_name, names) &&
           add_extension(cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, NID_ext_key_usage, "serverAuth") &&
           X509_sign(cert, key, EVP_sha256()) > 0;
}

static FILE *create(const char *path, mode_t mode)
{
    unlink(path); /* an older file might be readable by others */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    return fd < 0 ? NULL : fdopen(fd, "w");
}

static zy_status written(FILE *f, bool good, const char *path, zy_err *err)
{
    bool closed = f != NULL && fclose(f) == 0;
    return good && closed ? ZY_OK : zy_fail(err, ZY_IO_ERROR, "", "%s: %s", path, strerror(errno));
}

static zy_status save(X509 *cert, EVP_PKEY *key, const char *cert_path, const char *key_path, zy_err *err)
{
    FILE *f = create(key_path, 0600);
    bool good = f != NULL && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1;
    ZY_TRY(written(f, good, key_path, err));
    f = create(cert_path, 0644);
    good = f != NULL && PEM_write_X509(f, cert) == 1;
    return written(f, good, cert_path, err);
}

zy_status zy_net_make_certificate(const char *cert_path, const char *key_path, const char *const *hosts,
                                  zy_err *err)
{
    ZY_AUTO_BUF names = { 0 };
    hosts = hosts != NULL ? hosts : LOCAL;
    ZY_TRY(alt_names(hosts, &names, err));
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    zy_status status = ZY_CRYPTO_FAILED;
    if (key != NULL && cert != NULL && fill(cert, key, hosts[0], names.p))
        status = save(cert, key, cert_path, key_path, err);
    X509_free(cert);
    EVP_PKEY_free(key);
    return status;
}
