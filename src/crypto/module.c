/* State of the module: untested, ready, failed. Once failed, failed until the process ends. */
#include <gcrypt.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"
#include "base/log.h"
#include "crypto/internal.h"

enum { STATE_NEW, STATE_READY, STATE_FAILED };

static _Atomic int g_state = STATE_NEW;
static pthread_mutex_t g_start_lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local bool t_testing; /* this thread runs the self-tests */

zy_algorithms zy_alg;

zy_status zy_ossl_fail(zy_status status)
{
    ERR_clear_error();
    return status;
}

void zy_crypto_stop(const char *reason)
{
    if (atomic_exchange(&g_state, STATE_FAILED) != STATE_FAILED)
        zy_log_error("crypto.stopped", ZY_L_C("reason", reason));
}

bool zy_crypto_stopped(void)
{
    return atomic_load(&g_state) == STATE_FAILED;
}

static EVP_MAC_CTX *hmac_template(const char *digest)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    EVP_MAC_free(mac); /* the context holds its own reference */
    char name[16];
    if (ctx == NULL || zy_str_copy(zy_str_of(digest), name, sizeof name) != ZY_OK)
        goto fail;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_MAC_CTX_set_params(ctx, params) == 1)
        return ctx;
fail:
    EVP_MAC_CTX_free(ctx);
    return NULL;
}

static bool load_algorithms(void)
{
    if (!gcry_check_version("1.10.0"))
        return false;
    if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
        gcry_control(GCRYCTL_DISABLE_SECMEM,
                     0); /* its keys live on our side; handles are wiped on close */
        gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    }
    zy_alg = (zy_algorithms){
        .sm3 = EVP_MD_fetch(NULL, "SM3", NULL),
        .hmac_sm3 = hmac_template("SM3"),
        .hmac_sha1 = hmac_template("SHA1"),
        .hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL),
        .pbkdf2 = EVP_KDF_fetch(NULL, "PBKDF2", NULL),
        .curve = EC_GROUP_new_by_curve_name(NID_sm2),
    };
    return zy_alg.sm3 != NULL && zy_alg.hmac_sm3 != NULL && zy_alg.hmac_sha1 != NULL &&
           zy_alg.hkdf != NULL && zy_alg.pbkdf2 != NULL && zy_alg.curve != NULL;
}

static void test_and_settle(void)
{
    const char *failed = "algorithms missing";
    t_testing = true;
    bool fit = load_algorithms() && zy_selftest_run(&failed) == ZY_OK;
    t_testing = false;
    int untested = STATE_NEW; /* a stop that came meanwhile stands */
    if (fit)
        atomic_compare_exchange_strong(&g_state, &untested, STATE_READY);
    else
        zy_crypto_stop(failed);
    ERR_clear_error();
}

zy_status zy_crypto_start(zy_err *err)
{
    if (atomic_load(&g_state) == STATE_NEW) {
        pthread_mutex_lock(&g_start_lock);
        if (atomic_load(&g_state) == STATE_NEW)
            test_and_settle();
        pthread_mutex_unlock(&g_start_lock);
    }
    if (atomic_load(&g_state) == STATE_READY)
        return ZY_OK;
    return zy_fail(err, ZY_CRYPTO_STOPPED, NULL,
                   "the crypto module has stopped; see crypto.stopped in the log");
}

zy_status zy_crypto_gate(void)
{
    int state = atomic_load_explicit(&g_state, memory_order_acquire);
    if (state == STATE_READY || (state == STATE_NEW && t_testing))
        return ZY_OK;
    return zy_crypto_start(NULL);
}

void zy_wipe(void *p, size_t n)
{
    if (p != NULL)
        OPENSSL_cleanse(p, n);
}

bool zy_ct_equal(const void *a, const void *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

static zy_status random_once(void *out, size_t n)
{
    ZY_FAULT("crypto.random");
    return RAND_priv_bytes_ex(NULL, out, n, 256) == 1 ? ZY_OK : ZY_CRYPTO_FAILED;
}

zy_status zy_random(void *out, size_t n)
{
    ZY_TRY(zy_crypto_gate());
    if (random_once(out, n) == ZY_OK)
        return ZY_OK;
    zy_wipe(out, n);
    zy_crypto_stop("random source failed");
    return zy_ossl_fail(ZY_CRYPTO_STOPPED);
}

static size_t whole_pages(size_t n)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (n + page - 1) / page * page;
}

void *zy_locked_new(size_t n)
{
    size_t size = whole_pages(n);
    void *p = aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size);
    if (p == NULL)
        return NULL;
    memset(p, 0, size);
    /* Best effort: a small RLIMIT_MEMLOCK must not keep a bank from starting. */
    (void)mlock(p, size);
    (void)madvise(p, size, MADV_DONTDUMP);
    return p;
}

void zy_locked_free(void *p, size_t n)
{
    if (p == NULL)
        return;
    size_t size = whole_pages(n);
    zy_wipe(p, size);
    (void)madvise(p, size, MADV_DODUMP); /* the pages go back to the heap as they came */
    (void)munlock(p, size);
    free(p);
}
