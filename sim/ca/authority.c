#include "authority.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"

#define PATH_MAX_BYTES 4200
#define SCALAR_BYTES   32
#define ISSUED_MAX     10000
#define REVOKED_MAX    10000
#define REQUEST_MAX    16384
#define ROOT_LIFE      ZY_DAYS(20 * 365)
#define LIST_LIFE      ZY_HOURS(24)
#define SKEW           ZY_MINUTES(5)

typedef struct issued {
    char request_id[65];
    zy_buf der;
} issued;

struct authority {
    const zy_clock *clock;
    char token[128], revoked_path[PATH_MAX_BYTES];
    zy_sm2_key *key;
    zy_buf root;
    pthread_mutex_t lock;
    issued issued[ISSUED_MAX];
    size_t issued_count;
    zy_x509_revoked revoked[REVOKED_MAX];
    size_t revoked_count;
    uint64_t number;
};

/* --- its files --- */

static zy_status write_file(const char *path, const void *p, size_t n, zy_err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, p, n) == (ssize_t)n;
    if (fd >= 0)
        close(fd);
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "cannot write %.150s: %s", path, strerror(errno));
}

static bool read_file(const char *path, zy_buf *out)
{
    char piece[4096];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(out, piece, n);
    fclose(file);
    return true;
}

static zy_status load_key(authority *a, const char *path, zy_err *err)
{
    ZY_AUTO_SECRET_BUF kept = { 0 };
    uint8_t scalar[SCALAR_BYTES];
    if (read_file(path, &kept))
        return kept.n == SCALAR_BYTES ? zy_sm2_from_scalar((const uint8_t *)kept.p, &a->key)
                                      : zy_fail(err, ZY_CONFIG_BAD, NULL, "%.150s is no key", path);
    ZY_TRY(zy_sm2_generate(&a->key));
    ZY_TRY(zy_sm2_to_scalar(a->key, scalar));
    zy_status status = write_file(path, scalar, sizeof scalar, err);
    zy_wipe(scalar, sizeof scalar);
    return status;
}

static zy_x509_signer by(const authority *a)
{
    return (zy_x509_signer){ .key = a->key };
}

static zy_status load_root(authority *a, const char *path, zy_err *err)
{
    zy_time now = zy_clock_now(a->clock);
    if (read_file(path, &a->root))
        return ZY_OK;
    ZY_TRY(zy_x509_root_make(by(a), ZY_STR("Demo Certification Authority"), (zy_time){ now.ms - SKEW.ms }, zy_time_add(now, ROOT_LIFE),
                             &a->root));
    return write_file(path, a->root.p, a->root.n, err);
}

/* Lines `serial at`. */
static void load_revoked(authority *a)
{
    ZY_AUTO_BUF text = { 0 };
    zy_str rest, line;
    if (!read_file(a->revoked_path, &text))
        return;
    rest = zy_buf_view(&text);
    while (zy_str_next(&rest, '\n', &line) && a->revoked_count < REVOKED_MAX) {
        zy_x509_revoked *r = &a->revoked[a->revoked_count];
        zy_str serial = { 0 }, at = { 0 };
        (void)zy_str_next(&line, ' ', &serial);
        (void)zy_str_next(&line, ' ', &at);
        if (serial.n > 0 && zy_str_copy(serial, r->serial, sizeof r->serial) == ZY_OK && zy_str_i64(at, &r->at.ms) == ZY_OK)
            a->revoked_count++;
    }
}

static zy_status open_files(authority *a, const char *folder, zy_err *err)
{
    char key[PATH_MAX_BYTES], root[PATH_MAX_BYTES];
    snprintf(key, sizeof key, "%s/key.der", folder);
    snprintf(root, sizeof root, "%s/ca-roots.der", folder);
    snprintf(a->revoked_path, sizeof a->revoked_path, "%s/revoked", folder);
    ZY_TRY(load_key(a, key, err));
    ZY_TRY(load_root(a, root, err));
    load_revoked(a);
    return ZY_OK;
}

zy_status authority_open(const char *folder, zy_str token, const zy_clock *clock, authority **ret_authority, zy_err *err)
{
    authority *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ZY_NO_MEMORY;
    a->clock = clock;
    a->number = (uint64_t)zy_clock_now(clock).ms; /* of the next list: grows over restarts */
    pthread_mutex_init(&a->lock, NULL);
    zy_status status = token.n > 0 ? zy_str_copy(token, a->token, sizeof a->token) : ZY_CONFIG_BAD;
    if (status == ZY_OK)
        status = open_files(a, folder, err);
    if (status != ZY_OK) {
        authority_close(a);
        return status;
    }
    *ret_authority = a;
    return ZY_OK;
}

void authority_close(authority *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->issued_count; i++)
        zy_buf_free(&a->issued[i].der);
    zy_sm2_key_free(a->key);
    zy_buf_free(&a->root);
    pthread_mutex_destroy(&a->lock);
    free(a);
}

/* --- the protocol --- */

static zy_status check_token(const authority *a, zy_http *http)
{
    zy_str given = { 0 }, scheme = ZY_STR("Bearer ");
    if (!zy_http_header(http, "Authorization", &given) || !zy_str_starts(given, scheme))
        return ZY_LOGIN_REQUIRED;
    given = zy_str_sub(given, scheme.n, given.n);
    return zy_str_eq_c(given, a->token) ? ZY_OK : ZY_PERMISSION_DENIED;
}

static void write_json(zy_http *http, const zy_json *json)
{
    ZY_AUTO_BUF text = { 0 };
    zy_json_write(json, &text);
    zy_http_write(http, ZY_STR("application/json"), text.p, text.n);
}

typedef struct asked {
    zy_str id, common_name, unit;
    zy_x509_leaf leaf;
} asked;

static zy_status read_asked(const zy_json *in, asked *ret)
{
    zy_str csr = { 0 };
    uint8_t der[ZY_X509_DER_MAX];
    size_t n = 0;
    if (!zy_json_str(in, "request_id", &ret->id) || !zy_json_str(in, "common_name", &ret->leaf.common_name) ||
        !zy_json_str(in, "unit", &ret->leaf.unit) || !zy_json_int(in, "not_before", &ret->leaf.from.ms) ||
        !zy_json_int(in, "not_after", &ret->leaf.to.ms) || !zy_json_str(in, "csr", &csr) || ret->id.n == 0 || ret->id.n > 64 ||
        ret->leaf.common_name.n > 64 || ret->leaf.unit.n > 64 || ret->leaf.to.ms <= ret->leaf.from.ms)
        return ZY_BAD_FIELD;
    ZY_TRY(zy_base64_decode(csr, der, sizeof der, &n));
    return zy_x509_request_check(zy_str_bytes(der, n), ret->leaf.public_key);
}

static issued *find_issued(authority *a, zy_str id)
{
    for (size_t i = 0; i < a->issued_count; i++)
        if (zy_str_eq_c(id, a->issued[i].request_id))
            return &a->issued[i];
    return NULL;
}

/* The lock is held. The same request gives the same certificate. */
static zy_status issue(authority *a, const asked *in, const issued **ret_issued)
{
    issued *there = find_issued(a, in->id);
    zy_x509_leaf leaf = in->leaf;
    *ret_issued = there;
    if (there != NULL)
        return ZY_OK;
    if (a->issued_count == ISSUED_MAX)
        return ZY_BUSY;
    issued *fresh = &a->issued[a->issued_count];
    ZY_TRY(zy_str_copy(in->id, fresh->request_id, sizeof fresh->request_id));
    ZY_TRY(zy_random(leaf.serial, sizeof leaf.serial));
    leaf.serial[0] &= 0x7f;
    ZY_TRY(zy_x509_issue(by(a), zy_buf_view(&a->root), &leaf, &fresh->der));
    a->issued_count++;
    *ret_issued = fresh;
    return ZY_OK;
}

static void certificates(zy_http *http, void *arg)
{
    authority *a = arg;
    asked in = { .id = { 0 } };
    char text[4 * ((ZY_X509_DER_MAX + 2) / 3) + 1];
    const issued *one = NULL;
    ZY_AUTO(zy_json_free) zy_json *body = NULL;
    zy_status status = check_token(a, http);
    if (status == ZY_OK)
        status = zy_json_parse(zy_http_body(http), &body);
    if (status == ZY_OK)
        status = read_asked(body, &in);
    pthread_mutex_lock(&a->lock);
    if (status == ZY_OK)
        status = issue(a, &in, &one);
    if (status == ZY_OK)
        zy_base64_encode(one->der.p, one->der.n, text);
    pthread_mutex_unlock(&a->lock);
    if (status != ZY_OK) {
        zy_http_refuse(http, status);
        return;
    }
    ZY_AUTO(zy_json_free) zy_json *answer = zy_json_object();
    zy_json_set_c(answer, "certificate", text);
    write_json(http, answer);
}

/* The lock is held. */
static zy_status add_revoked(authority *a, zy_str serial, int64_t at)
{
    for (size_t i = 0; i < a->revoked_count; i++)
        if (zy_str_eq_c(serial, a->revoked[i].serial))
            return ZY_OK;
    if (a->revoked_count == REVOKED_MAX)
        return ZY_BUSY;
    zy_x509_revoked *r = &a->revoked[a->revoked_count];
    ZY_TRY(zy_str_copy(serial, r->serial, sizeof r->serial));
    r->at.ms = at;
    FILE *file = fopen(a->revoked_path, "a");
    if (file == NULL)
        return ZY_IO_ERROR;
    fprintf(file, "%s %" PRId64 "\n", r->serial, at);
    fclose(file);
    a->revoked_count++;
    return ZY_OK;
}

static void revocations(zy_http *http, void *arg)
{
    authority *a = arg;
    zy_str serial = { 0 };
    int64_t at = 0;
    uint8_t bytes[ZY_X509_SERIAL_MAX / 2];
    size_t n = 0;
    ZY_AUTO(zy_json_free) zy_json *body = NULL;
    zy_status status = check_token(a, http);
    if (status == ZY_OK)
        status = zy_json_parse(zy_http_body(http), &body);
    if (status == ZY_OK && (!zy_json_str(body, "serial", &serial) || !zy_json_int(body, "at", &at) ||
                            zy_hex_decode(serial, bytes, sizeof bytes, &n) != ZY_OK || n == 0))
        status = ZY_BAD_FIELD;
    pthread_mutex_lock(&a->lock);
    if (status == ZY_OK)
        status = add_revoked(a, serial, at);
    pthread_mutex_unlock(&a->lock);
    if (status != ZY_OK)
        zy_http_refuse(http, status);
    else
        zy_http_write(http, ZY_STR("application/json"), "{}", 2);
}

static void list(zy_http *http, void *arg)
{
    authority *a = arg;
    zy_time now = zy_clock_now(a->clock);
    ZY_AUTO_BUF der = { .max = ZY_X509_CRL_MAX };
    zy_status status = check_token(a, http);
    pthread_mutex_lock(&a->lock);
    if (status == ZY_OK)
        status = zy_x509_crl_make(by(a), zy_buf_view(&a->root), a->revoked, a->revoked_count, a->number++,
                                  (zy_time){ now.ms - SKEW.ms }, zy_time_add(now, LIST_LIFE), &der);
    pthread_mutex_unlock(&a->lock);
    if (status != ZY_OK)
        zy_http_refuse(http, status);
    else
        zy_http_write(http, ZY_STR("application/pkix-crl"), der.p, der.n);
}

void authority_routes(authority *a, zy_route out[AUTHORITY_ROUTES])
{
    const zy_route routes[AUTHORITY_ROUTES] = {
        { "/v1/certificates", ZY_HTTP_POST, REQUEST_MAX, "application/json", certificates, a },
        { "/v1/revocations", ZY_HTTP_POST, REQUEST_MAX, "application/json", revocations, a },
        { "/v1/crl", ZY_HTTP_GET, 0, NULL, list, a },
    };
    memcpy(out, routes, sizeof routes);
}
