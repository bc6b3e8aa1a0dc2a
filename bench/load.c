/* bench_load: many customers at once, each on a TLS connection of its own, through HTTPS and ZSC/1. One event loop a
 * process; several processes share the customers, since a process may hold too few files for all of them.
 *
 *   bench_load MODE HOME HOST PORT SESSIONS SECONDS PROCESSES SERVER_PID
 *   modes: hello | login | list | transfer | soak
 *
 * Prints one line of JSON; cpu_ms is the processor time of the server by call; client_login_ms that of
 * the customers' side by login, in mode login, both of the measured time alone.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "channel/channel.h"

#define SOAK_EVERY_MS   10000
#define LOGINS_AT_ONCE  48
#define AT_ONCE         64 /* lists or transfers, of the sessions in turn: none may call more often than its limits let it */
#define BUCKETS         4000 /* of 0.1 ms up to 100 ms, then of 1 ms */
#define PROCESSES_MAX   8

enum { HELLO, LOGIN, LIST, TRANSFER, SOAK, MODES };
static const char *const MODE_NAMES[MODES] = { "hello", "login", "list", "transfer", "soak" };

typedef struct tally { /* one a process, in shared memory */
    uint64_t bucket[BUCKETS], count, errors, logged_in;
    int64_t max_us;
    char first_error[160];
} tally;

typedef struct shared {
    volatile int go;      /* the measured time runs */
    volatile int stop;
    tally of[PROCESSES_MAX];
} shared;

typedef struct person {
    const char *user, *password, *pay_password, *phone, *number, *name;
} person;

struct session;
typedef void (*step_fn)(struct session *s, const zy_json *answer);

typedef struct session {
    struct evhttp_connection *conn;
    zy_channel channel;
    zy_zsc_hello *hello;
    zy_sm2_key *device;
    const person *who;
    unsigned index;
    step_fn next;
    void (*on_code)(struct session *s, const char *code);
    char code[7];         /* came before the answer that it was sent; "" otherwise */
    bool begun;           /* that answer came */
    char login_id[40], order_id[40], digest[65], account_id[40];
    uint64_t seq;
    int64_t began_us;
    unsigned transfers;
    bool ready, busy;     /* busy: a list or transfer is on its way */
    struct event *timer;
} session;

static struct {
    int mode;
    const char *home, *host;
    int port;
    unsigned first, count, people_count;
    person *people;
    session *sessions;
    struct event_base *base;
    SSL_CTX *tls;
    zy_json *demo;
    uint16_t key_id;
    uint8_t key[ZY_SM2_PUB_BYTES];
    zy_sm2_pub *box;
    uint8_t box_bytes[ZY_SM2_PUB_BYTES];
    shared *shared;
    tally *own;
    unsigned next_login, next_turn;
    long mailbox_at;
    uint64_t ids;
} run;

static int64_t now_us(void)
{
    return zy_clock_monotonic_ns() / 1000;
}

static void error_of(session *s, const char *what)
{
    if (run.shared->stop)
        return;
    if (run.own->errors++ == 0)
        snprintf(run.own->first_error, sizeof run.own->first_error, "customer %u: %s", s->index, what);
}

static void count_one(session *s)
{
    int64_t us = now_us() - s->began_us;
    size_t at = us < 100000 ? (size_t)(us / 100) : 1000 + (size_t)((us - 100000) / 1000);
    if (!run.shared->go || run.shared->stop)
        return;
    run.own->bucket[at < BUCKETS ? at : BUCKETS - 1]++;
    run.own->count++;
    if (us > run.own->max_us)
        run.own->max_us = us;
}

/* --- HTTP --- */

static void answered(struct evhttp_request *req, void *arg);

static void post(session *s, const char *path, const char *seq, const void *p, size_t n)
{
    char session_text[ZY_ZSC_SESSION_TEXT_MAX], host[64];
    struct evhttp_request *req = evhttp_request_new(answered, s);
    struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
    snprintf(host, sizeof host, "%s:%d", run.host, run.port);
    evhttp_add_header(headers, "Host", host);
    evhttp_add_header(headers, "Content-Type", "application/octet-stream");
    if (seq != NULL) {
        zy_zsc_session_text(s->channel.session_id, session_text);
        evhttp_add_header(headers, "ZSC-Session", session_text);
        evhttp_add_header(headers, "ZSC-Seq", seq);
    }
    evbuffer_add(evhttp_request_get_output_buffer(req), p, n);
    if (evhttp_make_request(s->conn, req, EVHTTP_REQ_POST, path) != 0)
        error_of(s, "request");
}

static void connect_session(session *s)
{
    struct bufferevent *bev = bufferevent_openssl_socket_new(run.base, -1, SSL_new(run.tls), BUFFEREVENT_SSL_CONNECTING,
                                                             BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    s->conn = evhttp_connection_base_bufferevent_new(run.base, NULL, bev, run.host, (unsigned short)run.port);
    evhttp_connection_set_timeout(s->conn, 60);
}

static void call(session *s, const char *api, const char *id, const char *body, step_fn next)
{
    char head[256], seq[24];
    ZY_AUTO_BUF plain = { 0 };
    snprintf(head, sizeof head, "{\"api\":\"%s\",\"v\":1,\"t\":%lld", api, (long long)zy_clock_now(zy_clock_system()).ms);
    zy_buf_c(&plain, head);
    if (id != NULL)
        zy_buf_fmt(&plain, ",\"id\":\"%s\"", id);
    zy_buf_fmt(&plain, ",\"body\":%s}", body);
    uint8_t *sealed = malloc(plain.n + ZY_GCM_TAG_BYTES);
    s->seq++;
    s->next = next;
    snprintf(seq, sizeof seq, "%llu", (unsigned long long)s->seq);
    if (sealed == NULL || zy_zsc_seal(&s->channel, true, s->seq, plain.p, plain.n, sealed) != ZY_OK)
        abort();
    post(s, "/zsc/1/call", seq, sealed, plain.n + ZY_GCM_TAG_BYTES);
    free(sealed);
}

static void hello_answered(session *s, const void *p, size_t n);

/* As every client of the product does: no waiting for an acknowledgement between head and body. */
static void send_at_once(session *s)
{
    int on = 1;
    setsockopt(bufferevent_getfd(evhttp_connection_get_bufferevent(s->conn)), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void answered(struct evhttp_request *req, void *arg)
{
    session *s = arg;
    if (req == NULL || evhttp_request_get_response_code(req) != 200) {
        error_of(s, req == NULL ? "no answer" : "an answer other than 200");
        return;
    }
    struct evbuffer *in = evhttp_request_get_input_buffer(req);
    size_t n = evbuffer_get_length(in);
    const uint8_t *p = evbuffer_pullup(in, -1);
    if (s->hello != NULL) {
        send_at_once(s);
        hello_answered(s, p, n);
        return;
    }
    uint8_t *plain = malloc(n + 1);
    zy_json *answer = NULL;
    if (plain != NULL && zy_zsc_open(&s->channel, false, s->seq, p, n, plain) == ZY_OK &&
        zy_json_parse(zy_str_bytes(plain, n - ZY_GCM_TAG_BYTES), &answer) == ZY_OK)
        s->next(s, answer);
    else
        error_of(s, "an answer that does not open");
    zy_json_free(answer);
    free(plain);
}

/* The body of an OK answer, or NULL after counting an error. */
static const zy_json *ok_body(session *s, const zy_json *answer)
{
    zy_str code;
    char what[100];
    if (zy_json_str(answer, "code", &code) && zy_str_eq_c(code, "OK"))
        return zy_json_get(answer, "body");
    snprintf(what, sizeof what, "code " ZY_STR_FMT, ZY_STR_ARG(code));
    error_of(s, what);
    return NULL;
}

static bool copy_member(const zy_json *body, const char *name, char *out, size_t size)
{
    zy_str text;
    return zy_json_str(body, name, &text) && zy_str_copy(text, out, size) == ZY_OK;
}

/* --- hello and login --- */

static void logged_in(session *s);
static void challenge_came(session *s, const zy_json *answer);

static void say_hello(session *s)
{
    uint8_t request[ZY_ZSC_HELLO_REQUEST_BYTES];
    s->began_us = now_us();
    if (zy_zsc_client_hello(run.key_id, run.key, request, &s->hello) != ZY_OK)
        abort();
    post(s, "/zsc/1/hello", NULL, request, sizeof request);
}

static void hello_answered(session *s, const void *p, size_t n)
{
    uint32_t lifetime;
    zy_time time;
    zy_status status = zy_zsc_client_finish(s->hello, p, n, &s->channel, &lifetime, &time);
    zy_zsc_hello_free(s->hello);
    s->hello = NULL;
    s->seq = 0;
    if (status != ZY_OK) {
        error_of(s, "hello");
        return;
    }
    if (run.mode != HELLO) {
        call(s, "auth.challenge", NULL, "{}", challenge_came);
        return;
    }
    count_one(s);
    if (!run.shared->stop)
        say_hello(s);
}

/* {"challenge_id","cipher"} for a secret. */
static bool secret_member(const zy_json *challenge, uint8_t purpose, const char *secret, char *out, size_t size)
{
    zy_str id, text;
    uint8_t plain[82] = { 0 };
    size_t n = 0;
    char cipher_text[400];
    ZY_AUTO_BUF cipher = { 0 };
    if (!zy_json_str(challenge, "challenge_id", &id) || !zy_json_str(challenge, "challenge", &text) ||
        zy_base64_decode(text, plain, 16, &n) != ZY_OK)
        return false;
    if (run.box == NULL) {
        zy_str key;
        if (!zy_json_str(challenge, "public_key", &key) ||
            zy_base64_decode(key, run.box_bytes, sizeof run.box_bytes, &n) != ZY_OK ||
            zy_sm2_pub_from(run.box_bytes, n, &run.box) != ZY_OK)
            return false;
    }
    plain[16] = purpose;
    plain[17] = (uint8_t)strlen(secret);
    memcpy(plain + 18, secret, strlen(secret));
    if (zy_sm2_encrypt(run.box, plain, sizeof plain, &cipher) != ZY_OK)
        return false;
    zy_base64_encode(cipher.p, cipher.n, cipher_text);
    snprintf(out, size, "{\"challenge_id\":\"" ZY_STR_FMT "\",\"cipher\":\"%s\"}", ZY_STR_ARG(id), cipher_text);
    return true;
}

static void finish_came(session *s, const zy_json *answer)
{
    zy_channel fresh;
    uint8_t k_res[ZY_SM3_BYTES];
    if (ok_body(s, answer) == NULL || zy_zsc_rotate(&s->channel, zy_str_of(s->login_id), &fresh, k_res) != ZY_OK)
        return;
    s->channel = fresh;
    s->seq = 0;
    logged_in(s);
}

static void login_code(session *s, const char *code)
{
    char body[160];
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", s->login_id, code);
    call(s, "auth.login.finish", NULL, body, finish_came);
}

/* The text may overtake the answer that it was sent; one call at a time is on its way. */
static void use_code(session *s)
{
    void (*on_code)(session *, const char *) = s->on_code;
    char code[7];
    if (!s->begun || s->code[0] == '\0' || on_code == NULL)
        return;
    memcpy(code, s->code, sizeof code);
    s->code[0] = '\0';
    s->on_code = NULL;
    on_code(s, code);
}

static void begin_came(session *s, const zy_json *answer)
{
    s->begun = ok_body(s, answer) != NULL;
    use_code(s);
}

static void begin_sms(session *s, const char *api, const char *body, void (*on_code)(session *, const char *))
{
    s->on_code = on_code;
    s->begun = false;
    s->code[0] = '\0';
    call(s, api, NULL, body, begin_came);
}

static void start_came(session *s, const zy_json *answer)
{
    char body[120];
    const zy_json *b = ok_body(s, answer);
    if (b == NULL || !copy_member(b, "login_id", s->login_id, sizeof s->login_id))
        return;
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"sms\"}", s->login_id);
    begin_sms(s, "auth.login.factor.begin", body, login_code);
}

static void challenge_came(session *s, const zy_json *answer)
{
    char secret[520], body[1200], public_text[89], sig_text[89];
    uint8_t public_key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    const zy_json *b = ok_body(s, answer);
    if (b == NULL)
        return;
    if (!secret_member(b, 1, s->who->password, secret, sizeof secret)) {
        error_of(s, "no cipher");
        return;
    }
    zy_sm2_public(s->device, public_key);
    if (zy_sm2_sign(s->device, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(s->channel.th, ZY_SM3_BYTES)), sig) != ZY_OK)
        abort();
    zy_base64_encode(public_key, sizeof public_key, public_text);
    zy_base64_encode(sig, sizeof sig, sig_text);
    snprintf(body, sizeof body,
             "{\"user\":\"%s\",\"password\":%s,\"device\":{\"name\":\"load\",\"os\":\"Linux\",\"fingerprint\":\"f%u\","
             "\"public_key\":\"%s\",\"sig\":\"%s\"}}", s->who->user, secret, s->index, public_text, sig_text);
    call(s, "auth.login.start", NULL, body, start_came);
}

/* Texts are read as the mailbox grows; the phone tells whose it is. */
static void read_mailbox(evutil_socket_t fd, short what, void *arg)
{
    char path[4200], line[2000];
    (void)fd;
    (void)what;
    (void)arg;
    snprintf(path, sizeof path, "%s/mailbox.jsonl", run.home);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return;
    fseek(file, run.mailbox_at, SEEK_SET);
    while (fgets(line, sizeof line, file) != NULL && line[strlen(line) - 1] == '\n') {
        run.mailbox_at = ftell(file);
        const char *phone = strstr(line, "\"phone\":\"138"), *code = strstr(line, "验证码");
        if (phone == NULL || code == NULL)
            continue;
        unsigned index = (unsigned)strtoul(phone + 12, NULL, 10) - 1;
        char digits[7] = "";
        snprintf(digits, sizeof digits, "%.6s", code + strlen("验证码"));
        if (index < run.first || index >= run.first + run.count)
            continue;
        session *s = &run.sessions[index - run.first];
        memcpy(s->code, digits, sizeof s->code);
        use_code(s);
    }
    fclose(file);
}

static void start_next_login(void)
{
    if (run.next_login < run.count)
        say_hello(&run.sessions[run.next_login++]);
}

/* --- what a logged-in customer does --- */

static void list_came(session *s, const zy_json *answer);

static void ask_list(session *s)
{
    s->busy = true;
    s->began_us = now_us();
    call(s, "account.list", NULL, "{}", list_came);
}

/* The next session that is free does its piece of work. */
static void take_turn(void (*work)(session *))
{
    for (unsigned tried = 0; tried < run.count && !run.shared->stop; tried++) {
        session *s = &run.sessions[run.next_turn++ % run.count];
        if (s->ready && !s->busy) {
            work(s);
            return;
        }
    }
}

static void list_came(session *s, const zy_json *answer)
{
    s->busy = false;
    if (ok_body(s, answer) != NULL)
        count_one(s);
    if (run.mode == LIST)
        take_turn(ask_list);
}

static void soak_tick(evutil_socket_t fd, short what, void *arg)
{
    session *s = arg;
    (void)fd;
    (void)what;
    const struct timeval every = { SOAK_EVERY_MS / 1000, SOAK_EVERY_MS % 1000 * 1000 };
    if (run.shared->stop)
        return;
    if (!s->busy)
        ask_list(s);
    else
        error_of(s, "no answer for 10 s");
    event_add(s->timer, &every);
}

/* From the login on, so that the front server keeps the connection; the phases are spread evenly. */
static void begin_soak(session *s)
{
    int phase = (int)(s->index * 7919ull % SOAK_EVERY_MS);
    const struct timeval first = { phase / 1000, phase % 1000 * 1000 };
    s->timer = evtimer_new(run.base, soak_tick, s);
    event_add(s->timer, &first);
}

static void transfer_begin(session *s);

static void confirm_came(session *s, const zy_json *answer)
{
    s->busy = false;
    if (ok_body(s, answer) != NULL)
        count_one(s);
    take_turn(transfer_begin);
}

static void sms_verified(session *s, const zy_json *answer)
{
    char body[200];
    if (ok_body(s, answer) == NULL)
        return;
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"digest\":\"%s\"}", s->order_id, s->digest);
    call(s, "order.confirm", NULL, body, confirm_came);
}

static void order_code(session *s, const char *code)
{
    char body[200];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", s->order_id, code);
    call(s, "order.factor.verify", NULL, body, sms_verified);
}

static void pay_verified(session *s, const zy_json *answer)
{
    char body[120];
    if (ok_body(s, answer) == NULL)
        return;
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"sms\"}", s->order_id);
    begin_sms(s, "order.factor.begin", body, order_code);
}

static void pay_challenge_came(session *s, const zy_json *answer)
{
    char secret[520], body[700];
    const zy_json *b = ok_body(s, answer);
    if (b == NULL || !secret_member(b, 2, s->who->pay_password, secret, sizeof secret))
        return;
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",\"factor\":\"pay_password\",\"value\":%s}", s->order_id, secret);
    call(s, "order.factor.verify", NULL, body, pay_verified);
}

static void prepared(session *s, const zy_json *answer)
{
    const zy_json *b = ok_body(s, answer);
    if (b != NULL && copy_member(b, "order_id", s->order_id, sizeof s->order_id) &&
        copy_member(b, "digest", s->digest, sizeof s->digest))
        call(s, "auth.challenge", NULL, "{}", pay_challenge_came);
}

static void transfer_begin(session *s)
{
    char body[400], id[40];
    const person *to = &run.people[(s->index + 1) % run.people_count];
    s->busy = true;
    s->began_us = now_us();
    snprintf(id, sizeof id, "load-%08x-%08x-%u", (unsigned)getpid(), s->index, s->transfers++);
    snprintf(body, sizeof body, "{\"from_account_id\":\"%s\",\"to_account_no\":\"%s\",\"to_name\":\"%s\",\"amount_fen\":1}",
             s->account_id, to->number, to->name);
    call(s, "transfer.prepare", id, body, prepared);
}

static void first_list_came(session *s, const zy_json *answer)
{
    const zy_json *b = ok_body(s, answer);
    if (b != NULL && copy_member(zy_json_at(zy_json_get(b, "accounts"), 0), "account_id", s->account_id, sizeof s->account_id))
        s->ready = true;
    run.own->logged_in++;
    if (run.mode == SOAK)
        begin_soak(s);
    start_next_login();
}

static void logged_in(session *s)
{
    if (run.mode == LOGIN) {
        count_one(s);
        run.own->logged_in++;
        if (!run.shared->stop)
            start_next_login();
        return;
    }
    call(s, "account.list", NULL, "{}", first_list_came);
}

/* The measured time begins: everybody who is ready starts. */
static void poll_go(evutil_socket_t fd, short what, void *arg)
{
    static bool going;
    (void)fd;
    (void)what;
    (void)arg;
    if (run.shared->stop) {
        const struct timeval drain = { 2, 0 };
        event_base_loopexit(run.base, &drain);
        return;
    }
    if (!run.shared->go || going)
        return;
    going = true;
    for (int i = 0; i < AT_ONCE && (run.mode == LIST || run.mode == TRANSFER); i++)
        take_turn(run.mode == LIST ? ask_list : transfer_begin);
}

static void child(int number, int processes, unsigned sessions)
{
    const struct timeval mailbox_every = { 0, 20000 }, go_every = { 0, 20000 };
    struct stat st;
    char path[4200];
    run.own = &run.shared->of[number];
    run.first = sessions * (unsigned)number / (unsigned)processes;
    run.count = sessions * (unsigned)(number + 1) / (unsigned)processes - run.first;
    run.base = event_base_new();
    run.tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(run.tls, SSL_MODE_RELEASE_BUFFERS);
    run.sessions = calloc(run.count, sizeof *run.sessions);
    snprintf(path, sizeof path, "%s/mailbox.jsonl", run.home);
    run.mailbox_at = stat(path, &st) == 0 ? (long)st.st_size : 0;
    for (unsigned i = 0; i < run.count; i++) {
        session *s = &run.sessions[i];
        s->index = run.first + i;
        s->who = &run.people[s->index % run.people_count];
        if (zy_sm2_generate(&s->device) != ZY_OK)
            abort();
        connect_session(s);
    }
    struct event *mailbox = event_new(run.base, -1, EV_PERSIST, read_mailbox, NULL);
    struct event *go = event_new(run.base, -1, EV_PERSIST, poll_go, NULL);
    event_add(mailbox, &mailbox_every);
    event_add(go, &go_every);
    if (run.mode == HELLO)
        for (unsigned i = 0; i < run.count; i++)
            say_hello(&run.sessions[i]);
    else
        for (int i = 0; i < LOGINS_AT_ONCE; i++)
            start_next_login();
    event_base_dispatch(run.base);
    _exit(0);
}

/* --- the parent --- */

static bool load_demo(void)
{
    char path[4200], piece[65536];
    zy_str key;
    int64_t id = 0;
    size_t n = 0;
    ZY_AUTO_BUF text = { .max = 1u << 30 };
    snprintf(path, sizeof path, "%s/demo.json", run.home);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    for (size_t k; (k = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(&text, piece, k);
    fclose(file);
    if (zy_json_parse(zy_buf_view(&text), &run.demo) != ZY_OK)
        return false;
    const zy_json *server_key = zy_json_get(run.demo, "server_key"), *customers = zy_json_get(run.demo, "customers");
    if (!zy_json_str(server_key, "public_key", &key) || !zy_json_int(server_key, "id", &id) ||
        zy_base64_decode(key, run.key, sizeof run.key, &n) != ZY_OK)
        return false;
    run.key_id = (uint16_t)id;
    run.people_count = (unsigned)zy_json_count(customers);
    run.people = calloc(run.people_count, sizeof *run.people);
    for (unsigned i = 0; i < run.people_count; i++) {
        const zy_json *c = zy_json_at(customers, i);
        person *p = &run.people[i];
        const struct {
            const char *name, **to;
        } members[] = { { "user", &p->user }, { "password", &p->password }, { "pay_password", &p->pay_password },
                        { "phone", &p->phone }, { "name", &p->name } };
        zy_str v;
        for (size_t k = 0; k < ZY_COUNT(members); k++)
            *members[k].to = zy_json_str(c, members[k].name, &v) ? v.p : "";
        p->number = zy_json_str(zy_json_at(zy_json_get(c, "accounts"), 0), "number", &v) ? v.p : "";
    }
    return true;
}

static long rss_kib(const char *pid)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmRSS: %ld kB", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

/* User and system time of a process, all its threads, in ms. */
static double cpu_ms(const char *pid)
{
    char path[64], line[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (file != NULL && fgets(line, sizeof line, file) != NULL && strrchr(line, ')') != NULL)
        (void)sscanf(strrchr(line, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    if (file != NULL)
        fclose(file);
    return (double)(user + system) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

static double percentile(const tally *t, double p)
{
    uint64_t want = (uint64_t)((double)t->count * p), sum = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        if ((sum += t->bucket[i]) > want)
            return i < 1000 ? (double)i / 10 + 0.1 : (double)(i - 1000) + 101;
    return 0;
}

static void add_up(tally *all, int processes)
{
    *all = (tally){ 0 };
    for (int p = 0; p < processes; p++) {
        const tally *t = &run.shared->of[p];
        for (size_t i = 0; i < BUCKETS; i++)
            all->bucket[i] += t->bucket[i];
        all->count += t->count;
        all->errors += t->errors;
        all->logged_in += t->logged_in;
        all->max_us = t->max_us > all->max_us ? t->max_us : all->max_us;
        if (all->first_error[0] == '\0')
            memcpy(all->first_error, t->first_error, sizeof all->first_error);
    }
}

static double children_ms(const pid_t *children, int processes)
{
    double ms = 0;
    for (int p = 0; p < processes; p++) {
        char pid[16];
        snprintf(pid, sizeof pid, "%d", (int)children[p]);
        ms += cpu_ms(pid);
    }
    return ms;
}

/* What must have happened before anything is measured: the customers' side has made its keys, the first wave is through. */
static uint64_t logins_before(unsigned sessions, int processes)
{
    return run.mode == HELLO ? 0 : run.mode == LOGIN ? (uint64_t)LOGINS_AT_ONCE * (unsigned)processes : sessions;
}

static uint64_t logged_in_now(int processes)
{
    uint64_t n = 0;
    for (int p = 0; p < processes; p++)
        n += run.shared->of[p].logged_in + run.shared->of[p].errors;
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 9) {
        fputs("usage: bench_load hello|login|list|transfer|soak HOME HOST PORT SESSIONS SECONDS PROCESSES SERVER_PID\n", stderr);
        return 2;
    }
    while (run.mode < MODES && strcmp(argv[1], MODE_NAMES[run.mode]) != 0)
        run.mode++;
    run.home = argv[2];
    run.host = argv[3];
    run.port = atoi(argv[4]);
    unsigned sessions = (unsigned)atoi(argv[5]);
    int seconds = atoi(argv[6]), processes = atoi(argv[7]);
    const char *pid = argv[8];
    if (run.mode == MODES || processes < 1 || processes > PROCESSES_MAX || zy_crypto_start(NULL) != ZY_OK || !load_demo())
        return 2;
    run.shared = mmap(NULL, sizeof *run.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    long rss_before = rss_kib(pid);
    pid_t children[PROCESSES_MAX] = { 0 };
    for (int p = 0; p < processes; p++)
        if ((children[p] = fork()) == 0)
            child(p, processes, sessions);
    int64_t start = now_us();
    while (logged_in_now(processes) < logins_before(sessions, processes) && now_us() - start < INT64_C(900000000))
        usleep(200000);
    sleep(1);
    int64_t login_us = now_us() - start;
    int64_t from = now_us();
    double cpu = cpu_ms(pid), clients_ms = children_ms(children, processes);
    run.shared->go = 1;
    sleep((unsigned)seconds);
    run.shared->stop = 1;
    cpu = cpu_ms(pid) - cpu;
    clients_ms = children_ms(children, processes) - clients_ms;
    double took = (double)(now_us() - from) / 1e6;
    long rss_after = rss_kib(pid);
    while (wait(NULL) > 0 || errno == EINTR)
        continue;
    tally all;
    add_up(&all, processes);
    printf("{\"mode\":\"%s\",\"sessions\":%u,\"count\":%llu,\"per_s\":%.1f,\"p50_ms\":%.1f,\"p95_ms\":%.1f,\"p99_ms\":%.1f,"
           "\"max_ms\":%.1f,\"cpu_ms\":%.3f,\"errors\":%llu,\"logged_in\":%llu,\"setup_s\":%.1f,\"rss_before_kib\":%ld,\"rss_after_kib\":%ld,"
           "\"kib_per_session\":%.1f,\"client_login_ms\":%.3f,\"first_error\":\"%s\"}\n",
           MODE_NAMES[run.mode], sessions, (unsigned long long)all.count, (double)all.count / took, percentile(&all, .5),
           percentile(&all, .95), percentile(&all, .99), (double)all.max_us / 1000, all.count > 0 ? cpu / (double)all.count : 0.0, (unsigned long long)all.errors,
           (unsigned long long)all.logged_in, (double)login_us / 1e6, rss_before, rss_after,
           all.logged_in > 0 ? (double)(rss_after - rss_before) / (double)all.logged_in : 0.0,
           all.count > 0 ? clients_ms / (double)all.count : 0.0, all.first_error);
    return all.errors == 0 ? 0 : 1;
}
