/* bench_timing HOME SAMPLES: does the time of an answer tell whether a name is somebody's? Somebody's and nobody's names are tried with
 * a wrong secret, one call at a time, in an order drawn by lot, each name once, by the whole program in this process. Taken is the
 * processor time of all its threads, which the load of the machine disturbs less than time on the wall. As dudect does, samples above
 * the 90th percentile of both are left out, and the two means compared by Welch's t: |t| above 4.5 would be a difference.
 * HOME: a bank of kind bench with customers. It is not fit for use afterwards: many are locked. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/app.h"
#include "service/identity/captcha.h"
#include "service/identity/identity.h"

#define SAMPLES_MAX      100000
#define FIRST_PHONE      10 /* the first people of a bank have names of their own */
#define CALLS_OF_DEVICE  8  /* the tenth wrong one locks it */
#define CROP             0.9
#define CAPTCHA          "ACEFH"
#define ID_NO            6  /* the purpose of a person's numbers */
#define SECRET_PLAIN     82 /* challenge 16 | purpose | length | password 64 */

typedef struct sample {
    double us;
    bool somebody;
} sample;

/* One way in, with what is typed there. */
typedef struct way {
    const char *name, *api, *secret, *member, *id_no;
    uint8_t purpose;
} way;
static const way WAYS[] = {
    { "login", "auth.login.start", "Wrong2026tree", "password", NULL, 1 },
    { "reset", "password.reset.start", "975310", "pay_password", "110101199003070134", 2 },
};

static zy_app *app;
static zy_sm2_key *device;
static uint8_t th[ZY_SM3_BYTES];
static unsigned calls;

static void must(zy_status status, const char *what)
{
    if (status == ZY_OK)
        return;
    fprintf(stderr, "bench_timing: %s: %s\n", what, zy_status_name(status));
    exit(1);
}

static zy_status no_rotation(zy_caller *caller, zy_str login_id, uint8_t digest[ZY_SM3_BYTES], uint8_t k_res[ZY_SM3_BYTES], zy_err *err)
{
    (void)caller;
    (void)login_id;
    (void)digest;
    (void)k_res;
    return zy_fail(err, ZY_INTERNAL, NULL, "nobody gets in here");
}

static void digest_of_channel(const zy_caller *caller, uint8_t out[ZY_SM3_BYTES])
{
    memcpy(out, caller->channel_th, ZY_SM3_BYTES);
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* A call from an address of its own; the time that it took. The answer is the caller's. */
static double call(const char *api, const char *body, zy_json **ret_answer)
{
    char address[20];
    unsigned n = ++calls;
    snprintf(address, sizeof address, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = zy_str_of(address), .channel_th = th };
    zy_status status = ZY_INTERNAL;
    ZY_AUTO_BUF out = { 0 };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1u << 20);
    double start = cpu_us();
    zy_dispatch_named(app->registry, &caller, arena, zy_str_of(api), (zy_str){ 0 }, zy_str_of(body), &out, &status);
    double took = cpu_us() - start;
    must(zy_json_parse(zy_buf_view(&out), ret_answer), "an answer");
    return took;
}

static void text(const zy_json *body, const char *name, char *out, size_t size)
{
    zy_str s = { 0 };
    must(zy_json_str(body, name, &s) ? zy_str_copy(s, out, size) : ZY_NOT_FOUND, name);
}

static void make_secret(const char *typed, uint8_t purpose, char *out, size_t size)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_AUTO_BUF cipher = { 0 };
    char id[80], challenge[40], key_text[120], cipher_text[512];
    uint8_t plain[SECRET_PLAIN] = { 0 }, key[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    (void)call("auth.challenge", "{}", &answer);
    const zy_json *body = zy_json_get(answer, "body");
    text(body, "challenge_id", id, sizeof id);
    text(body, "challenge", challenge, sizeof challenge);
    text(body, "public_key", key_text, sizeof key_text);
    must(zy_base64_decode(zy_str_of(challenge), plain, 16, &n), "the challenge");
    plain[16] = purpose;
    plain[17] = (uint8_t)strlen(typed);
    memcpy(plain + 18, typed, strlen(typed));
    must(zy_base64_decode(zy_str_of(key_text), key, sizeof key, &n), "the key");
    must(zy_sm2_pub_from(key, n, &pub), "the key");
    must(zy_sm2_encrypt(pub, plain, sizeof plain, &cipher), "the cipher");
    zy_base64_encode(cipher.p, cipher.n, cipher_text);
    snprintf(out, size, "{\"challenge_id\":\"%s\",\"cipher\":\"%s\"}", id, cipher_text);
}

static void make_device(char *out, size_t size)
{
    uint8_t key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    char key_text[92], sig_text[92];
    zy_sm2_public(device, key);
    must(zy_sm2_sign(device, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(th, sizeof th)), sig), "the device");
    zy_base64_encode(key, sizeof key, key_text);
    zy_base64_encode(sig, sizeof sig, sig_text);
    snprintf(out, size, "{\"name\":\"bench\",\"os\":\"bench\",\"fingerprint\":\"bench\",\"public_key\":\"%s\",\"sig\":\"%s\"}", key_text, sig_text);
}

static double take(const way *w, const char *user)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    char secret[700], id_no[700], more[720] = "", own[500], captcha[ZY_CAPTCHA_ID_MAX], code[40], body[2700];
    make_secret(w->secret, w->purpose, secret, sizeof secret);
    if (w->id_no != NULL) {
        make_secret(w->id_no, ID_NO, id_no, sizeof id_no);
        snprintf(more, sizeof more, "\"id_no\":%s,", id_no);
    }
    make_device(own, sizeof own);
    must(zy_captcha_keep(th, zy_env_now(&app->env), CAPTCHA, captcha), "the captcha");
    snprintf(body, sizeof body,
             "{\"user\":\"%s\",\"%s\":%s,%s\"device\":%s,\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"" CAPTCHA "\"}}", user, w->member,
             secret, more, own, captcha);
    double took = call(w->api, body, &answer);
    text(answer, "code", code, sizeof code);
    must(strcmp(code, "LOGIN_FAILED") == 0 ? ZY_OK : ZY_INTERNAL, code);
    return took;
}

static int by_time(const void *a, const void *b)
{
    const sample *x = a, *y = b;
    return (x->us > y->us) - (x->us < y->us);
}

typedef struct moments {
    double n, mean, m2;
} moments;

static void add(moments *m, double x)
{
    double d = x - m->mean;
    m->mean += d / ++m->n;
    m->m2 += d * (x - m->mean);
}

static void judge(const way *w, sample *samples, size_t n)
{
    moments m[2] = { { 0 }, { 0 } };
    qsort(samples, n, sizeof *samples, by_time);
    for (size_t i = 0; i < (size_t)(CROP * (double)n); i++)
        add(&m[samples[i].somebody], samples[i].us);
    double error = sqrt(m[0].m2 / (m[0].n - 1) / m[0].n + m[1].m2 / (m[1].n - 1) / m[1].n);
    printf("way=%s samples=%zu nobody_us=%.1f somebody_us=%.1f t=%.2f abs_t=%.2f\n", w->name, n, m[0].mean, m[1].mean,
           (m[1].mean - m[0].mean) / error, fabs(m[1].mean - m[0].mean) / error);
}

static void measure(const way *w, unsigned count)
{
    sample *samples = calloc(count, sizeof *samples);
    must(samples != NULL ? ZY_OK : ZY_NO_MEMORY, "samples");
    for (unsigned i = 0; i < count; i++) {
        char user[20];
        uint8_t lot = 0;
        if (i % CALLS_OF_DEVICE == 0) {
            zy_sm2_key_free(device);
            must(zy_sm2_generate(&device), "a device");
            must(zy_random(th, sizeof th), "a channel");
        }
        must(zy_random(&lot, 1), "the lot");
        samples[i].somebody = (lot & 1) != 0;
        snprintf(user, sizeof user, "%s%08u", samples[i].somebody ? "138" : "137", FIRST_PHONE + i);
        samples[i].us = take(w, user);
    }
    judge(w, samples, count);
    free(samples);
}

int main(int argc, char **argv)
{
    static const zy_identity_hooks HOOKS = { no_rotation, digest_of_channel };
    zy_err err = { 0 };
    unsigned count = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
    if (count < 100 || count > SAMPLES_MAX) {
        fputs("usage: bench_timing HOME SAMPLES\n", stderr);
        return 2;
    }
    must(zy_app_open(argv[1], ZY_APP_SERVER, &app, &err), err.detail);
    must(zy_identity_start(&app->env, &HOOKS, &err), err.detail);
    for (size_t i = 0; i < ZY_COUNT(WAYS); i++)
        measure(&WAYS[i], count);
    zy_identity_stop();
    zy_sm2_key_free(device);
    zy_app_close(app);
    return 0;
}
