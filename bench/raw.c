/* bench_raw: what the machine can do at best: the limits that the other figures stand beside.
 *
 *   bench_raw sm2              processor time of the SM2 work of a server's hello: ephemeral pair, ECDH, signature
 *   bench_raw pbkdf2 ROUNDS    of one PBKDF2-HMAC-SM3
 *   bench_raw hashes ROUNDS SECONDS   how many of these all cores make a second, and the processor time of one then
 *   bench_raw fsync FOLDER     time of appending 4 KiB to a file and fdatasync
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/crypto.h"

#define SPAN_MS 2000.0

static double ms_of(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool hello_work(const zy_sm2_key *server, const uint8_t peer[ZY_SM2_PUB_BYTES])
{
    static const uint8_t TH[ZY_SM3_BYTES];
    uint8_t z[32], sig[ZY_SM2_SIG_BYTES];
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *own = NULL;
    return zy_sm2_generate_ephemeral(&own) == ZY_OK && zy_sm2_ecdh(own, peer, z) == ZY_OK &&
           zy_sm2_sign(server, ZY_LABEL_SERVER_HELLO, ZY_PARTS(ZY_PART(TH, sizeof TH)), sig) == ZY_OK;
}

static int sm2(void)
{
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *server = NULL;
    ZY_AUTO(zy_sm2_key_free) zy_sm2_key *client = NULL;
    uint8_t peer[ZY_SM2_PUB_BYTES];
    if (zy_sm2_generate(&server) != ZY_OK || zy_sm2_generate(&client) != ZY_OK)
        return 1;
    zy_sm2_public(client, peer);
    long n = 0;
    double start = ms_of(CLOCK_PROCESS_CPUTIME_ID), took = 0;
    for (; took < SPAN_MS; n++, took = ms_of(CLOCK_PROCESS_CPUTIME_ID) - start)
        if (!hello_work(server, peer))
            return 1;
    printf("cpu_ms=%.3f\n", took / (double)n);
    return 0;
}

static int pbkdf2(unsigned rounds)
{
    uint8_t out[ZY_SM3_BYTES];
    long n = 0;
    double start = ms_of(CLOCK_PROCESS_CPUTIME_ID), took = 0;
    for (; took < SPAN_MS; n++, took = ms_of(CLOCK_PROCESS_CPUTIME_ID) - start)
        if (zy_pbkdf2_sm3("a password", 10, "sixteen bytes ..", 16, rounds, out, sizeof out) != ZY_OK)
            return 1;
    printf("cpu_ms=%.3f\n", took / (double)n);
    return 0;
}

/* What all cores together can hash a second: the ceiling of logins. */
#define HASHERS_MAX 256
typedef struct hasher {
    unsigned rounds;
    double until;
    long done;
} hasher;

static void *hash_until(void *arg)
{
    hasher *h = arg;
    uint8_t out[ZY_SM3_BYTES];
    while (ms_of(CLOCK_MONOTONIC) < h->until &&
           zy_pbkdf2_sm3("a password", 10, "sixteen bytes ..", 16, h->rounds, out, sizeof out) == ZY_OK)
        h->done++;
    return NULL;
}

static int hashes(unsigned rounds, int seconds)
{
    pthread_t threads[HASHERS_MAX];
    hasher hashers[HASHERS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN), done = 0;
    if (cores < 1 || cores > HASHERS_MAX)
        return 1;
    double start = ms_of(CLOCK_MONOTONIC), cpu = ms_of(CLOCK_PROCESS_CPUTIME_ID);
    for (long i = 0; i < cores; i++) {
        hashers[i] = (hasher){ rounds, start + 1000.0 * seconds, 0 };
        pthread_create(&threads[i], NULL, hash_until, &hashers[i]);
    }
    for (long i = 0; i < cores; i++) {
        pthread_join(threads[i], NULL);
        done += hashers[i].done;
    }
    if (done == 0)
        return 1;
    printf("per_s=%.2f cpu_ms=%.3f\n", 1000.0 * (double)done / (ms_of(CLOCK_MONOTONIC) - start),
           (ms_of(CLOCK_PROCESS_CPUTIME_ID) - cpu) / (double)done);
    return 0;
}

static int sync_time(const char *folder)
{
    char path[4200], block[4096];
    long n = 0;
    snprintf(path, sizeof path, "%s/fsync.bin", folder);
    memset(block, 7, sizeof block);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    double start = ms_of(CLOCK_MONOTONIC), took = 0;
    for (; fd >= 0 && took < SPAN_MS; n++, took = ms_of(CLOCK_MONOTONIC) - start)
        if (write(fd, block, sizeof block) != sizeof block || fdatasync(fd) != 0)
            break;
    if (fd < 0 || took < SPAN_MS)
        return 1;
    close(fd);
    unlink(path);
    printf("ms=%.3f\n", took / (double)n);
    return 0;
}

int main(int argc, char **argv)
{
    if (zy_crypto_start(NULL) != ZY_OK)
        return 1;
    if (argc == 2 && strcmp(argv[1], "sm2") == 0)
        return sm2();
    if (argc == 3 && strcmp(argv[1], "pbkdf2") == 0 && atoi(argv[2]) > 0)
        return pbkdf2((unsigned)atoi(argv[2]));
    if (argc == 4 && strcmp(argv[1], "hashes") == 0 && atoi(argv[2]) > 0 && atoi(argv[3]) > 0)
        return hashes((unsigned)atoi(argv[2]), atoi(argv[3]));
    if (argc == 3 && strcmp(argv[1], "fsync") == 0)
        return sync_time(argv[2]);
    fputs("usage: bench_raw sm2 | pbkdf2 ROUNDS | hashes ROUNDS SECONDS | fsync FOLDER\n", stderr);
    return 2;
}
