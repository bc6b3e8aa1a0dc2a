/* zhangyin doctor: what is wrong with a home, and how to mend it. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/cmd.h"
#include "app/program.h"
#include "net/net.h"

enum { HOME };

typedef struct visit {
    const char *home;
    zy_app *app;     /* NULL until it could be opened */
    zy_err err;
    int faults;
} visit;

static void good(const char *what)
{
    printf("  ok    %s\n", what);
}

static void bad(visit *v, const char *what, const char *mend)
{
    printf("  BAD   %s\n        -> %s\n", what, mend);
    v->faults++;
}

static void check_modes(visit *v)
{
    static const char *const SECRETS[] = { "passphrase", "keystore", "zhangyin.conf", "tls/server.key", "demo.json", "mailbox.jsonl" };
    bool fine = true;
    for (size_t i = 0; i < ZY_COUNT(SECRETS); i++) {
        char path[ZY_HOME_PATH_MAX], what[ZY_HOME_PATH_MAX + 64], mend[ZY_HOME_PATH_MAX + 64];
        struct stat st;
        if (zy_app_path(v->home, SECRETS[i], path) != ZY_OK || stat(path, &st) != 0 || (st.st_mode & 077) == 0)
            continue;
        fine = false;
        snprintf(what, sizeof what, "%s can be read by others (mode %03o)", path, st.st_mode & 0777);
        snprintf(mend, sizeof mend, "chmod 600 %s", path);
        bad(v, what, mend);
    }
    if (fine)
        good("files with secrets are their owner's alone");
}

static void check_open(visit *v)
{
    zy_status status = zy_app_open_any_schema(v->home, ZY_APP_TOOL, &v->app, &v->err);
    if (status == ZY_OK) {
        good("configuration, keystore and database open");
        return;
    }
    char what[400];
    snprintf(what, sizeof what, "%s %s: %s", zy_status_name(status), v->err.field, v->err.detail);
    bad(v, what, "mend what the line says; `zhangyin config` lists every setting with its bounds");
}

static void check_schema(visit *v)
{
    bool current = false;
    if (v->app == NULL)
        return;
    if (zy_db_schema_current(v->app->env.db, &current, &v->err) == ZY_OK && current)
        good("the database has this program's schema");
    else
        bad(v, "the database has another schema", "stop the nodes, make a backup, then: zhangyin migrate");
}

static void check_program(visit *v)
{
    if (v->app == NULL)
        return;
    if (zy_program_check(v->app, &v->err) == ZY_OK)
        good("nothing speaks against this program and its libraries");
    else
        bad(v, v->err.detail, "find out who changed it; after an upgrade of your own: zhangyin program record");
}

static void check_files(visit *v)
{
    static const char *const ROWS[] = { "net.customer_cert", "net.customer_key", "net.h5_dir", "net.console_dir", "captcha.font", "document.font" };
    if (v->app == NULL)
        return;
    for (size_t i = 0; i < ZY_COUNT(ROWS); i++) {
        zy_str path = zy_config_text(v->app->config, ROWS[i]);
        char what[ZY_HOME_PATH_MAX + 100], mend[160];
        if (access(path.p, R_OK) == 0)
            continue;
        snprintf(what, sizeof what, "%s names %s, which cannot be read (%s)", ROWS[i], path.p, strerror(errno));
        snprintf(mend, sizeof mend, "build or install it, or set %s in zhangyin.conf", ROWS[i]);
        bad(v, what, mend);
    }
}

static void check_limits(visit *v)
{
    struct rlimit files = { 0 };
    struct statvfs disk;
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max >= 20000)
        good("enough open files for 18,000 connections");
    else
        bad(v, "the hard limit of open files is below 20,000", "raise it (LimitNOFILE= in the unit), or put nginx in front");
    if (statvfs(v->home, &disk) == 0 && (unsigned long long)disk.f_bavail * disk.f_frsize < (1ull << 30))
        bad(v, "less than 1 GiB of disk is left in the home", "make room before the database cannot write");
    else
        good("room on the disk");
}

/* A keystore that is older than the clearing house has no keys for it. */
static void check_clearing(visit *v)
{
    static const zy_key_purpose NEEDED[] = { ZY_KEY_CLEARING, ZY_KEY_CLEARING_BOX };
    if (v->app == NULL || v->app->env.clearing == NULL)
        return;
    bool fine = true;
    for (size_t i = 0; i < ZY_COUNT(NEEDED); i++) {
        zy_key_info info;
        char what[100], mend[100];
        if (zy_keys_active(v->app->env.keys, NEEDED[i], &info) == ZY_OK)
            continue;
        fine = false;
        snprintf(what, sizeof what, "the keystore has no key %s", zy_key_purpose_name(NEEDED[i]));
        snprintf(mend, sizeof mend, "zhangyin keys rotate %s, and tell the house its public half", zy_key_purpose_name(NEEDED[i]));
        bad(v, what, mend);
    }
    if (fine)
        good("keys for the clearing house are there");
}

static void check_demo(visit *v)
{
    if (v->app != NULL && v->app->env.demo)
        printf("  note  this is a %s bank: known passwords, mailbox, no HSTS; never let it meet real customers\n",
               zy_config_text(v->app->config, "bank.kind").p);
}

static int doctor(const cmd *c, char **values)
{
    static void (*const CHECKS[])(visit *v) = { check_open, check_schema, check_program, check_modes, check_files, check_limits,
                                                check_clearing, check_demo };
    (void)c;
    visit v = { .home = cmd_home(values[HOME]) };
    printf("zhangyin doctor: %s\n", v.home);
    for (size_t i = 0; i < ZY_COUNT(CHECKS); i++)
        CHECKS[i](&v);
    zy_app_close(v.app);
    if (v.faults == 0)
        puts("healthy");
    else
        printf("%d to mend\n", v.faults);
    return v.faults == 0 ? EXIT_DONE : EXIT_FOUND_FAULTS;
}

const cmd CMD_DOCTOR = { "doctor", "explains what is wrong with a home and how to mend it", doctor,
    { [HOME] = { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" } }, NULL };
