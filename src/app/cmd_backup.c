/* zhangyin backup | restore: consistent while serving, encrypted with SM4. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/backup.h"
#include "app/cmd.h"
#include "service/audit/audit.h"

enum { HOME, FILE_NAME };
extern char **environ;

/* A file of the bank in the clear stands in a folder of its own (0700) beside the target, which goes when the command ends. */
typedef struct clear_file {
    char folder[ZY_HOME_PATH_MAX], path[ZY_HOME_PATH_MAX + 8];
} clear_file;

static zy_status clear_file_make(const char *beside, clear_file *f, zy_err *err)
{
    int n = snprintf(f->folder, sizeof f->folder, "%s.XXXXXX", beside);
    if (n <= 0 || n >= (int)sizeof f->folder || mkdtemp(f->folder) == NULL)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot make a folder beside %.120s: %s", beside, strerror(errno));
    snprintf(f->path, sizeof f->path, "%s/clear", f->folder);
    return ZY_OK;
}

static void clear_file_remove(const clear_file *f)
{
    unlink(f->path); /* gone already when it was put in place */
    rmdir(f->folder);
}

static zy_status run_program(char *const argv[], zy_err *err)
{
    pid_t pid;
    int status = 0;
    int failed = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (failed != 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot run %s (Debian package postgresql-client): %s", argv[0], strerror(failed));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return good ? ZY_OK : zy_fail(err, ZY_IO_ERROR, NULL, "%s failed; see its message above", argv[0]);
}

static void copied(int done, int total, void *arg)
{
    (void)arg;
    cmd_progress("pages copied:", (uint64_t)done, (uint64_t)total);
}

static bool uses_pg(const zy_app *app)
{
    return zy_str_eq_c(zy_config_text(app->config, "db.kind"), "pg");
}

static zy_status copy_database(zy_app *app, char *path, zy_err *err)
{
    if (!uses_pg(app))
        return zy_db_copy_sqlite(app->env.db, path, copied, NULL, err);
    char target[1100];
    ZY_TRY(zy_str_copy(zy_config_text(app->config, "db.pg"), target, sizeof target));
    char dump[] = "pg_dump", format[] = "--format=custom", owner[] = "--no-owner", name[] = "--dbname", file[] = "--file";
    char *const argv[] = { dump, format, owner, file, path, name, target, NULL };
    return run_program(argv, err);
}

static zy_status seal_file(zy_app *app, const char *plain_path, const char *to, uint64_t *ret_bytes, zy_err *err)
{
    FILE *in = fopen(plain_path, "rb");
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *out = fd >= 0 ? fdopen(fd, "wb") : NULL;
    zy_status status = in != NULL && out != NULL ? zy_backup_seal(app->env.keys, in, out, ret_bytes, err)
                                                 : zy_fail(err, ZY_IO_ERROR, "--to", "cannot make it: %s", strerror(errno));
    if (status == ZY_OK && fsync(fileno(out)) != 0)
        status = zy_fail(err, ZY_IO_ERROR, "--to", "cannot write it: %s", strerror(errno));
    if (in != NULL)
        fclose(in);
    if (out != NULL)
        fclose(out);
    if (status != ZY_OK && out != NULL)
        unlink(to);
    return status;
}

static void note(zy_app *app, const char *event)
{
    const zy_audit record = { .event = event, .actor_kind = "system", .object_kind = "", .result = ZY_STR("OK") };
    zy_audit_note(&app->env, &record);
}

static zy_status make_backup(zy_app *app, const char *to, uint64_t *ret_bytes, zy_err *err)
{
    clear_file plain;
    note(app, "backup.made");
    ZY_TRY(zy_audit_seal_now(&app->env, err));
    ZY_TRY(clear_file_make(to, &plain, err));
    zy_status status = copy_database(app, plain.path, err);
    cmd_progress_end();
    if (status == ZY_OK)
        status = seal_file(app, plain.path, to, ret_bytes, err);
    clear_file_remove(&plain);
    return status;
}

static int backup(const cmd *c, char **v)
{
    zy_err err = { 0 };
    uint64_t bytes = 0;
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    if (v[FILE_NAME] == NULL) {
        fputs("zhangyin backup: --to FILE is missing\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    if (status == ZY_OK)
        status = make_backup(app, v[FILE_NAME], &bytes, &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    printf("%llu bytes are in %s, sealed with the backup key\nkeep the keystore and its passphrase too, somewhere else: without "
           "them no backup opens\n", (unsigned long long)bytes, v[FILE_NAME]);
    return EXIT_DONE;
}

/* --- restore --- */

static zy_status put_sqlite(zy_app *app, const char *plain, zy_err *err)
{
    const char *path = zy_config_text(app->config, "db.path").p;
    if (access(path, F_OK) == 0)
        return zy_fail(err, ZY_ALREADY_EXISTS, "db.path", "there is a database already; move %.120s (with -wal, -shm) away first", path);
    if (rename(plain, path) != 0)
        return zy_fail(err, ZY_IO_ERROR, "db.path", "cannot put it there: %s", strerror(errno));
    return ZY_OK;
}

static zy_status put_pg(zy_app *app, char *plain, zy_err *err)
{
    char target[1100];
    ZY_TRY(zy_str_copy(zy_config_text(app->config, "db.pg"), target, sizeof target));
    char program[] = "pg_restore", owner[] = "--no-owner", stop[] = "--exit-on-error", one[] = "--single-transaction",
         name[] = "--dbname";
    char *const argv[] = { program, owner, stop, one, name, target, plain, NULL };
    return run_program(argv, err);
}

static zy_status open_into(zy_app *app, FILE *in, const char *path, uint64_t *ret_bytes, zy_err *err)
{
    FILE *out = fopen(path, "wb");
    if (out == NULL)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot make the restored file: %s", strerror(errno));
    fchmod(fileno(out), 0600);
    zy_status status = zy_backup_open(app->env.keys, in, out, ret_bytes, err);
    bool synced = fsync(fileno(out)) == 0;
    fclose(out);
    return status != ZY_OK || synced ? status : zy_fail(err, ZY_IO_ERROR, NULL, "cannot write the restored file");
}

static zy_status restore_into(zy_app *app, FILE *in, uint64_t *ret_bytes, zy_err *err)
{
    clear_file plain;
    char beside[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_app_path(app->home, "restored", beside));
    ZY_TRY(clear_file_make(beside, &plain, err));
    zy_status status = open_into(app, in, plain.path, ret_bytes, err);
    if (status == ZY_OK)
        status = uses_pg(app) ? put_pg(app, plain.path, err) : put_sqlite(app, plain.path, err);
    clear_file_remove(&plain);
    return status;
}

static int restore(const cmd *c, char **v)
{
    zy_err err = { 0 };
    uint64_t bytes = 0;
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    FILE *in = v[FILE_NAME] != NULL ? fopen(v[FILE_NAME], "rb") : NULL;
    if (in == NULL) {
        fprintf(stderr, "zhangyin restore: --from FILE: %s\n", v[FILE_NAME] == NULL ? "is missing" : strerror(errno));
        return EXIT_USAGE;
    }
    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_KEYS, &app, &err);
    if (status == ZY_OK)
        status = restore_into(app, in, &bytes, &err);
    fclose(in);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    printf("%llu bytes are restored; check them with: zhangyin audit verify, zhangyin audit ledger\n", (unsigned long long)bytes);
    return EXIT_DONE;
}

#define HOME_OPTION { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" }
const cmd CMD_BACKUP = { "backup", "writes a consistent, encrypted backup while the bank serves", backup,
    { [HOME] = HOME_OPTION, [FILE_NAME] = { "--to", "FILE", "the new file" } }, NULL };
const cmd CMD_RESTORE = { "restore", "puts a backup into a home without database (or an empty PostgreSQL database)", restore,
    { [HOME] = HOME_OPTION, [FILE_NAME] = { "--from", "FILE", "the backup" } },
    "The home needs the keystore and passphrase that the backup was made with. Stop the server first.\n" };
