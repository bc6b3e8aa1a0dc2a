/* zhangyin init: makes a bank's home. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cmd.h"
#include "app/program.h"
#include "net/net.h"
#include "service/audit/audit.h"
#include "service/ledger/ledger.h"

#define BENCH_ROUNDS 10000

enum { HOME, DEMO, CUSTOMERS, PG, KIND, ROUNDS };

typedef struct plan { /* what the caller asked for */
    const char *home, *kind, *db, *pg;
    int64_t customers, rounds;
} plan;

static zy_status write_file(const char *home, const char *name, zy_str text, mode_t mode, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_app_path(home, name, path));
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot make %.120s: %s", path, strerror(errno));
    ssize_t n = write(fd, text.p, text.n);
    bool good = n == (ssize_t)text.n && fsync(fd) == 0;
    close(fd);
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "cannot write %.120s", path);
}

static zy_status make_folder(const char *path, zy_err *err)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot make the folder %.120s: %s", path, strerror(errno));
    return ZY_OK;
}

/* The built web clients: in the source tree of this very program, or where it was installed. */
static void add_web_folders(zy_buf *config)
{
    static const struct {
        const char *setting, *places[2];
    } CLIENTS[] = { { "net.h5_dir", { "../../web/h5/dist", "../share/zhangyin/h5" } },
                    { "net.console_dir", { "../../web/console/dist", "../share/zhangyin/console" } } };
    char exe[ZY_HOME_PATH_MAX], path[ZY_HOME_PATH_MAX + 64], whole[ZY_HOME_PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(exe, '/');
    if (slash == NULL)
        return;
    *slash = '\0';
    for (size_t i = 0; i < ZY_COUNT(CLIENTS); i++)
        for (size_t k = 0; k < ZY_COUNT(CLIENTS[i].places); k++) {
            snprintf(path, sizeof path, "%s/%s", exe, CLIENTS[i].places[k]);
            if (realpath(path, whole) != NULL) {
                zy_buf_fmt(config, "%s = %s\n", CLIENTS[i].setting, whole);
                break;
            }
        }
}

/* What this bank sets apart from the defaults; the example below it lists every name. */
static zy_status write_config(const plan *p, zy_err *err)
{
    ZY_AUTO_BUF text = { 0 };
    zy_buf_fmt(&text, "# A bank of zhangyin. Every name, its default and its bounds: zhangyin config\n"
                      "bank.kind = %s\ndb.kind = %s\n", p->kind, p->db);
    if (p->pg != NULL)
        zy_buf_fmt(&text, "db.pg = %s\n", p->pg);
    if (strcmp(p->kind, "production") != 0) /* no year-long HSTS for 127.0.0.1 */
        zy_buf_c(&text, "sms.connector = mailbox\nnet.hsts = false\n"
                        "passkey.rp_id = localhost\npasskey.origins = http://localhost:*,https://localhost:*\n");
    if (strcmp(p->kind, "bench") == 0)
        zy_buf_fmt(&text, "password.iterations = %d\nnet.connections_per_address = 0\nchannel.hello_per_minute = 10000000\n"
                          "api.address_factor = 1000000\n", (int)p->rounds);
    add_web_folders(&text);
    return write_file(p->home, "zhangyin.conf", zy_buf_view(&text), 0600, err);
}

static zy_status make_keys(const char *home, zy_err *err)
{
    uint8_t random[24];
    char passphrase[40], path[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_crypto_start(err));
    ZY_TRY(zy_random(random, sizeof random));
    zy_base64url_encode(random, sizeof random, passphrase);
    zy_status status = write_file(home, "passphrase", zy_str_of(passphrase), 0600, err);
    if (status == ZY_OK)
        status = zy_app_path(home, "keystore", path);
    if (status == ZY_OK)
        status = zy_keys_create(path, zy_str_of(passphrase), zy_clock_system(), err);
    zy_wipe(random, sizeof random);
    zy_wipe(passphrase, sizeof passphrase);
    return status;
}

static zy_status make_certificate(const char *home, zy_err *err)
{
    char folder[ZY_HOME_PATH_MAX], cert[ZY_HOME_PATH_MAX], key[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_app_path(home, "tls", folder));
    ZY_TRY(make_folder(folder, err));
    ZY_TRY(zy_app_path(home, "tls/server.pem", cert));
    ZY_TRY(zy_app_path(home, "tls/server.key", key));
    return zy_net_make_certificate(cert, key, NULL, err);
}

static zy_status first_rows(zy_tx *tx, void *arg, zy_err *err)
{
    zy_env *env = arg;
    zy_time now = zy_env_now(env);
    zy_time first = { now.ms - (env->demo ? ZY_DAYS(ZY_DEMO_DAYS).ms : 0) };
    ZY_TRY(zy_ledger_init(tx, zy_day_of(first), first, err));
    const zy_audit record = { .event = "bank.made", .actor_kind = "system", .object_kind = "", .result = ZY_STR("OK") };
    return zy_audit_add(tx, env, &record, NULL, err);
}

static void migrated(const char *file, void *arg)
{
    (void)arg;
    cmd_progress(file, 0, 0);
}

static zy_status fill(const char *home, bool demo, unsigned customers, zy_err *err)
{
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    ZY_TRY(zy_app_open_any_schema(home, ZY_APP_TOOL, &app, err));
    ZY_TRY(zy_db_migrate(app->env.db, migrated, NULL, err));
    ZY_TRY(zy_db_run(app->env.db, "bank.first_rows", first_rows, &app->env, err));
    if (demo)
        ZY_TRY(zy_demo_fill(app, customers, cmd_progress, err));
    else
        ZY_TRY(zy_program_record(app, err));
    return zy_audit_seal_now(&app->env, err);
}

static zy_status make_home(const plan *p, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    ZY_TRY(make_folder(p->home, err));
    ZY_TRY(zy_app_path(p->home, "zhangyin.conf", path));
    if (access(path, F_OK) == 0)
        return zy_fail(err, ZY_ALREADY_EXISTS, "home", "there is a bank in %.120s already", p->home);
    ZY_TRY(make_keys(p->home, err));
    ZY_TRY(make_certificate(p->home, err));
    ZY_TRY(write_config(p, err));
    return fill(p->home, strcmp(p->kind, "production") != 0, (unsigned)p->customers, err);
}

static bool read_plan(char **v, plan *p)
{
    *p = (plan){ .home = cmd_home(v[HOME]), .kind = v[KIND] != NULL ? v[KIND] : v[DEMO] != NULL ? "demo" : "production",
                 .db = v[PG] != NULL ? "pg" : "sqlite", .pg = v[PG], .customers = 3, .rounds = BENCH_ROUNDS };
    if (v[ROUNDS] != NULL && strcmp(p->kind, "bench") != 0) {
        fputs("zhangyin: --password-rounds is for --kind bench; a real bank sets password.iterations\n", stderr);
        return false;
    }
    return (v[CUSTOMERS] == NULL || cmd_number("--customers", v[CUSTOMERS], 3, 1000000, &p->customers)) &&
           (v[ROUNDS] == NULL || cmd_number("--password-rounds", v[ROUNDS], BENCH_ROUNDS, 1000000, &p->rounds));
}

static int init(const cmd *c, char **v)
{
    (void)c;
    plan p;
    if (!read_plan(v, &p))
        return EXIT_USAGE;
    zy_err err = { 0 };
    zy_status status = make_home(&p, &err);
    cmd_progress_end();
    if (status != ZY_OK) {
        (void)cmd_failed("init", status, &err);
        if (status != ZY_ALREADY_EXISTS)
            fprintf(stderr, "zhangyin: what was begun in %s is of no use; remove it before the next try\n", p.home);
        return EXIT_FAILED;
    }
    printf("a %s bank is in %s\n", p.kind, p.home);
    return EXIT_DONE;
}

const cmd CMD_INIT = {
    "init", "makes a bank's home: configuration, keys, certificate, database", init,
    { [HOME] = { "--home", "DIR", "the home (default: ZY_HOME, else var)" },
      [DEMO] = { "--demo", NULL, "a demo bank with customers, accounts and staff; passwords in demo.json" },
      [CUSTOMERS] = { "--customers", "N", "customers of the demo (default 3)" },
      [PG] = { "--pg", "CONNINFO", "use this PostgreSQL database instead of SQLite" },
      [KIND] = { "--kind", "KIND", "production, demo, test or bench (weaker password hashes: never for a real bank)" },
      [ROUNDS] = { "--password-rounds", "N", "of a bank of kind bench (default 10000)" } },
    NULL,
};
