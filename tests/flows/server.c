#include "server.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "zy_test_db.h"

#define BANKS_MAX    4
#define READY_WAIT_S 90 /* a server built with sanitizers, on a machine that does other things, too */
#define STOP_WAIT_S  60
#define DOORS        4  /* ports in a row */

static bank *banks[BANKS_MAX];

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void short_wait(void)
{
    const struct timespec t = { .tv_nsec = 10000000 };
    nanosleep(&t, NULL);
}

/* --- the program --- */

static const char *program(void)
{
    static char path[BANK_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);
    path[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        fail_msg("where is this program?");
    strcpy(slash + 1, "zhangyin");
    return path;
}

/* In the child, after fork: dies with the test program, whatever ends that. */
static void become(char *const argv[], int out, unsigned port)
{
    char base[16];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(base, sizeof base, "%u", port);
    if (port != 0)
        setenv("ZY_PORT_BASE", base, 1);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execv(argv[0], argv);
    _exit(127);
}

static pid_t spawn(char *const argv[], int out, unsigned port)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        fail_msg("fork: %s", strerror(errno));
    if (pid == 0)
        become(argv, out, port);
    return pid;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            fail_msg("waitpid: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(char *const argv[], zy_buf *out)
{
    int ends[2];
    char piece[4096];
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail_msg("pipe: %s", strerror(errno));
    pid_t pid = spawn(argv, ends[1], 0);
    close(ends[1]);
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0 || (n < 0 && errno == EINTR);)
        if (n > 0 && out != NULL)
            zy_buf_add(out, piece, (size_t)n);
    close(ends[0]);
    return wait_for(pid);
}

int bank_tool(const bank *b, zy_buf *out, const char *word, ...)
{
    char words[16][BANK_PATH_MAX], *argv[20];
    int n = 0;
    va_list more;
    snprintf(words[n++], BANK_PATH_MAX, "%s", program());
    va_start(more, word);
    for (const char *w = word; w != NULL && n < 12; w = va_arg(more, const char *))
        snprintf(words[n++], BANK_PATH_MAX, "%s", w);
    va_end(more);
    snprintf(words[n++], BANK_PATH_MAX, "--home");
    snprintf(words[n++], BANK_PATH_MAX, "%s", b->home);
    for (int i = 0; i < n; i++)
        argv[i] = words[i];
    argv[n] = NULL;
    return run(argv, out);
}

static void must_run(const bank *b, int code, const zy_buf *out)
{
    if (code != 0)
        fail_msg("zhangyin ended with %d on %s: " ZY_STR_FMT, code, b->home, ZY_STR_ARG(zy_buf_view(out)));
}

/* --- the database --- */

static bool pg_command(const char *what, const char *name, const char *after)
{
    char sql[200];
    snprintf(sql, sizeof sql, "%s %s %s", what, name, after);
    PGconn *connection = PQconnectdb(getenv("ZY_TEST_PG"));
    PGresult *result = PQexec(connection, sql);
    bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!done)
        print_error("%s: %s\n", sql, PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return done;
}

static void make_database(bank *b)
{
    static unsigned count;
    if (zy_test_db_kind() != ZY_DB_PG)
        return;
    if (getenv("ZY_TEST_PG") == NULL)
        fail_msg("ZY_TEST_PG must be the connection string of a test server");
    snprintf(b->pg_name, sizeof b->pg_name, "zf_%ld_%u", (long)getpid(), ++count);
    if (!pg_command("CREATE DATABASE", b->pg_name, ""))
        fail_msg("the test server makes no database");
    snprintf(b->pg, sizeof b->pg, "%s dbname=%s", getenv("ZY_TEST_PG"), b->pg_name);
}

/* --- starting and stopping --- */

static bool port_is_free(unsigned port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool is_free = bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
    close(fd);
    return is_free;
}

/* Below the range from which the system gives ports away. */
static unsigned pick_port(void)
{
    static unsigned next;
    if (next == 0)
        next = (unsigned)getpid() * 29 % 11000;
    for (int tries = 0; tries < 500; tries++) {
        unsigned base = 20000 + (next = (next + 7) % 11000);
        unsigned open = 0;
        while (open < DOORS && port_is_free(base + open))
            open++;
        if (open == DOORS)
            return base;
    }
    fail_msg("no free ports");
    return 0;
}

static size_t drop(char *p, size_t size, size_t n, void *arg)
{
    (void)p;
    (void)arg;
    return size * n;
}

static long http_status(const bank *b, const char *scheme, unsigned port, const char *path)
{
    char url[128], cert[BANK_PATH_MAX + 20];
    long status = 0;
    CURL *curl = curl_easy_init();
    snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", scheme, port, path);
    snprintf(cert, sizeof cert, "%s/tls/server.pem", b->home);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CAINFO, cert);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return status;
}

/* The customer door serves and the ops door says that the server is ready. */
static bool answers(const bank *b)
{
    return http_status(b, "https", b->port, "/config.json") == 200 && http_status(b, "http", b->port + 3, "/ready") == 200;
}

static void show_log(const bank *b)
{
    char line[1000];
    FILE *log = fopen(b->log, "r");
    while (log != NULL && fgets(line, sizeof line, log) != NULL)
        print_error("# %s", line);
    if (log != NULL)
        fclose(log);
}

/* False: it ended by itself. */
static bool wait_until_up(bank *b)
{
    int64_t until = now_ms() + READY_WAIT_S * 1000;
    while (now_ms() < until) {
        if (waitpid(b->pid, NULL, WNOHANG) == b->pid) {
            b->pid = 0;
            return false;
        }
        if (answers(b))
            return true;
        short_wait();
    }
    show_log(b);
    fail_msg("the server does not answer");
    return false;
}

static void start_once(bank *b)
{
    char name[BANK_PATH_MAX], serve[] = "serve", option[] = "--home";
    snprintf(name, sizeof name, "%s", program());
    char *const argv[] = { name, serve, option, b->home, NULL };
    int log = open(b->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        fail_msg("%s: %s", b->log, strerror(errno));
    b->pid = spawn(argv, log, b->port);
    close(log);
}

/* Somebody may take the port between the look and the start; a restarted server keeps its port for its clients. */
void bank_start(bank *b)
{
    bool first = b->port == 0;
    for (int tries = 0; tries < 5; tries++) {
        if (first)
            b->port = pick_port();
        start_once(b);
        if (wait_until_up(b))
            return;
    }
    show_log(b);
    fail_msg("the server does not start");
}

void bank_stop(bank *b)
{
    int status = 0;
    int64_t until = now_ms() + STOP_WAIT_S * 1000;
    kill(b->pid, SIGTERM);
    while (waitpid(b->pid, &status, WNOHANG) == 0) {
        if (now_ms() > until)
            fail_msg("the server does not end");
        short_wait();
    }
    b->pid = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show_log(b);
        fail_msg("the server ended with %#x", (unsigned)status);
    }
}

void bank_kill(bank *b)
{
    kill(b->pid, SIGKILL);
    wait_for(b->pid);
    b->pid = 0;
}

/* --- making --- */

static void free_all(void)
{
    for (size_t i = 0; i < BANKS_MAX; i++)
        if (banks[i] != NULL)
            bank_free(banks[i]);
}

static bank *make_bank(void)
{
    static bool registered;
    const char *folder = getenv("TMPDIR");
    bank *b = calloc(1, sizeof *b);
    size_t i = 0;
    if (!registered) {
        registered = atexit(free_all) == 0;
        curl_global_init(CURL_GLOBAL_DEFAULT);
    }
    while (i < BANKS_MAX && banks[i] != NULL)
        i++;
    if (b == NULL || i == BANKS_MAX) {
        free(b);
        fail_msg("too many banks");
    }
    snprintf(b->home, sizeof b->home, "%.300s/zy_flow_XXXXXX", folder != NULL ? folder : "/tmp");
    if (mkdtemp(b->home) == NULL)
        fail_msg("cannot make %s", b->home);
    snprintf(b->log, sizeof b->log, "%.300s/server.log", b->home);
    banks[i] = b;
    make_database(b);
    return b;
}

void bank_free(bank *b)
{
    char command[BANK_PATH_MAX + 16];
    if (b == NULL)
        return;
    if (b->pid != 0)
        bank_kill(b);
    for (size_t i = 0; i < BANKS_MAX; i++)
        if (banks[i] == b)
            banks[i] = NULL;
    if (b->pg_name[0] != '\0')
        pg_command("DROP DATABASE IF EXISTS", b->pg_name, "WITH (FORCE)");
    snprintf(command, sizeof command, "rm -rf '%s'", b->home);
    if (system(command) != 0)
        print_error("%s is left behind\n", b->home);
    free(b);
}

static zy_json *read_demo(const bank *b)
{
    char path[BANK_PATH_MAX + 20], piece[4096];
    ZY_AUTO_BUF text = { 0 };
    zy_json *demo = NULL;
    snprintf(path, sizeof path, "%s/demo.json", b->home);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        zy_buf_add(&text, piece, n);
    fclose(file);
    ASSERT_OK(zy_json_parse(zy_buf_view(&text), &demo));
    return demo;
}

static void read_person(const zy_json *from, bank_person *p)
{
    const zy_json *account = zy_json_at(zy_json_get(from, "accounts"), 0);
    bank_text(from, "user", p->user, sizeof p->user);
    bank_text(from, "password", p->password, sizeof p->password);
    bank_text(from, "pay_password", p->pay_password, sizeof p->pay_password);
    bank_text(from, "phone", p->phone, sizeof p->phone);
    bank_text(from, "name", p->name, sizeof p->name);
    bank_text(account, "number", p->number, sizeof p->number);
    p->balance_fen = bank_number(account, "balance_fen");
}

static void read_bank(bank *b)
{
    char key[100];
    size_t n = 0;
    ZY_AUTO(zy_json_free) zy_json *demo = read_demo(b);
    const zy_json *people = zy_json_get(demo, "customers"), *server_key = zy_json_get(demo, "server_key");
    b->people_count = zy_json_count(people) < BANK_PEOPLE_MAX ? zy_json_count(people) : BANK_PEOPLE_MAX;
    for (size_t i = 0; i < b->people_count; i++)
        read_person(zy_json_at(people, i), &b->people[i]);
    bank_text(server_key, "public_key", key, sizeof key);
    ASSERT_OK(zy_base64_decode(zy_str_of(key), b->key, sizeof b->key, &n));
    assert_int_equal(n, sizeof b->key);
    b->key_id = (uint16_t)bank_number(server_key, "id");
}

bank *bank_new(const char *kind, unsigned customers)
{
    char count[16];
    ZY_AUTO_BUF out = { 0 };
    zy_err err = { 0 };
    ASSERT_OK(zy_crypto_start(&err));
    bank *b = make_bank();
    snprintf(count, sizeof count, "%u", customers);
    int code = b->pg[0] == '\0' ? bank_tool(b, &out, "init", "--kind", kind, "--customers", count, NULL)
                                : bank_tool(b, &out, "init", "--kind", kind, "--customers", count, "--pg", b->pg, NULL);
    must_run(b, code, &out);
    bank_start(b);
    read_bank(b);
    return b;
}

static void command(const char *text)
{
    if (system(text) != 0)
        fail_msg("%s", text);
}

/* The keys and the configuration of a home, and who may come there. */
static bank *copy_home(const bank *of)
{
    static const char *const NAMES[] = { "zhangyin.conf", "passphrase", "keystore", "tls" };
    char text[3 * BANK_PATH_MAX];
    bank *b = make_bank();
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++) {
        snprintf(text, sizeof text, "cp -a '%s/%s' '%s/'", of->home, NAMES[i], b->home);
        command(text);
    }
    memcpy(b->people, of->people, sizeof b->people);
    b->people_count = of->people_count;
    b->key_id = of->key_id;
    memcpy(b->key, of->key, sizeof b->key);
    return b;
}

bank *bank_new_empty_copy(const bank *of)
{
    char text[3 * BANK_PATH_MAX];
    bank *b = copy_home(of);
    if (b->pg[0] != '\0') {
        snprintf(text, sizeof text, "sed -i 's|^db.pg = .*|db.pg = %s|' '%s/zhangyin.conf'", b->pg, b->home);
        command(text);
    }
    return b;
}

bank *bank_new_peer(const bank *of)
{
    char text[4 * BANK_PATH_MAX];
    bank *b = copy_home(of);
    snprintf(text, sizeof text, "sed -i -e '/^node *=/d' -e '$a node = 1' '%s/zhangyin.conf'", b->home);
    command(text);
    snprintf(text, sizeof text, "umask 077 && touch '%s/mailbox.jsonl' && ln -f '%s/mailbox.jsonl' '%s/mailbox.jsonl'", of->home,
             of->home, b->home);
    command(text);
    return b;
}

bank_person *bank_people(bank *b, size_t i)
{
    assert_true(i < b->people_count);
    return &b->people[i];
}
