/* zhangyin staff first | review | unlock: what is done at the server, before or beside the console. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cmd.h"
#include "office/staff/staff.h"
#include "service/audit/audit.h"

enum { HOME, USER };
#define HOME_OPTION { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" }

/* --- staff first --- */

enum { P_USER, P_NAME, P_NO, P_ID, P_PHONE, P_BRANCH, P_COUNT };
static const char *const QUESTIONS[P_COUNT] = { "user (to log in)",      "name",         "staff number",
                                                "identity card number", "mobile phone", "branch" };
typedef struct person {
    char answers[P_COUNT][96];
} person;

static bool ask(const char *question, char *out, size_t size)
{
    fprintf(stderr, "  %s: ", question);
    if (fgets(out, (int)size, stdin) == NULL)
        return false;
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

static bool ask_person(const char *which, person *p)
{
    fprintf(stderr, "%s administrator:\n", which);
    for (int i = 0; i < P_COUNT; i++)
        if (!ask(QUESTIONS[i], p->answers[i], sizeof p->answers[i]))
            return false;
    return true;
}

static zy_staff_person person_of(const person *p)
{
    return (zy_staff_person){ zy_str_of(p->answers[P_USER]), zy_str_of(p->answers[P_NAME]), zy_str_of(p->answers[P_NO]),
                              zy_str_of(p->answers[P_ID]),   zy_str_of(p->answers[P_PHONE]), zy_str_of(p->answers[P_BRANCH]) };
}

/* One after the other at the keyboard: on a terminal the first one's password is gone from the screen before the second one's
 * comes. */
static void hand_over(const person people[2], char passwords[2][ZY_STAFF_FIRST_PASSWORD_MAX])
{
    static const char *const WHICH[] = { "first", "second" };
    char line[8];
    for (int i = 0; i < 2; i++) {
        fprintf(stderr, "\nOnly the %s administrator (%s) looks here now. Press Enter: ", WHICH[i], people[i].answers[P_USER]);
        (void)!fgets(line, sizeof line, stdin);
        printf("%s  %s\n", people[i].answers[P_USER], passwords[i]);
        fflush(stdout);
        fputs("This first password opens the console for 60 minutes, to set up the code generator and a password of your own.\n"
              "Press Enter when it is noted: ", stderr);
        (void)!fgets(line, sizeof line, stdin);
        if (isatty(STDOUT_FILENO))
            fputs("\033[2J\033[3J\033[H", stdout);
    }
}

static zy_status make_first(const char *home, const person people[2], char passwords[2][ZY_STAFF_FIRST_PASSWORD_MAX], zy_err *err)
{
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    const zy_staff_person both[2] = { person_of(&people[0]), person_of(&people[1]) };
    ZY_TRY(zy_app_open(home, ZY_APP_TOOL, &app, err));
    ZY_TRY(zy_staff_first(&app->env, both, passwords, err));
    return zy_audit_seal_now(&app->env, err);
}

static int first(const cmd *c, char **v)
{
    zy_err err = { 0 };
    person people[2] = { 0 };
    char passwords[2][ZY_STAFF_FIRST_PASSWORD_MAX] = { { 0 } };
    if (!ask_person("first", &people[0]) || !ask_person("second", &people[1])) {
        fputs("\nzhangyin: two administrators are needed\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = make_first(cmd_home(v[HOME]), people, passwords, &err);
    if (status == ZY_OK)
        hand_over(people, passwords);
    zy_wipe(people, sizeof people);
    zy_wipe(passwords, sizeof passwords);
    return status == ZY_OK ? EXIT_DONE : cmd_failed(c->name, status, &err);
}

const cmd CMD_STAFF_FIRST = { "staff first", "makes the first two administrators, who make everybody else", first,
    { [HOME] = HOME_OPTION },
    "Asks for two different people on the terminal. Refused when there is any account of the staff." };

/* --- staff review --- */

typedef struct review_job {
    zy_env *env;
    zy_id before;
    zy_buf *csv;
} review_job;

static zy_status review_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    review_job *job = arg;
    return zy_staff_review(rtx, job->env, &job->before, job->csv, err);
}

static zy_status write_review(zy_env *env, zy_err *err)
{
    const zy_audit record = { .event = "staff.review_exported", .actor_kind = "system", .object_kind = "staff",
                              .result = ZY_STR("OK") };
    review_job job = { .env = env };
    do {
        ZY_AUTO_BUF csv = { 0 };
        job.csv = &csv;
        ZY_TRY(zy_db_read(env->db, "staff.review", review_read, &job, err));
        fwrite(csv.p, 1, csv.n, stdout);
    } while (job.before.v != 0);
    zy_audit_note(env, &record);
    return zy_audit_seal_now(env, err);
}

static int review(const cmd *c, char **v)
{
    zy_err err = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    if (status == ZY_OK)
        status = write_review(&app->env, &err);
    return status == ZY_OK ? EXIT_DONE : cmd_failed(c->name, status, &err);
}

const cmd CMD_STAFF_REVIEW = { "staff review", "prints who has which access, as CSV for auditors", review,
    { [HOME] = HOME_OPTION }, NULL };

/* --- staff unlock --- */

static zy_status lift(const char *home, const char *user, zy_err *err)
{
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    ZY_TRY(zy_app_open(home, ZY_APP_TOOL, &app, err));
    ZY_TRY(zy_staff_unlock_at_server(&app->env, zy_str_of(user), err));
    return zy_audit_seal_now(&app->env, err);
}

static int unlock(const cmd *c, char **v)
{
    zy_err err = { 0 };
    if (v[USER] == NULL) {
        fputs("zhangyin staff unlock: --user is missing\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = lift(cmd_home(v[HOME]), v[USER], &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    printf("%s may try again\n", v[USER]);
    return EXIT_DONE;
}

const cmd CMD_STAFF_UNLOCK = { "staff unlock", "lifts the lock of an account when no two administrators can", unlock,
    { [HOME] = HOME_OPTION, [USER] = { "--user", "USER", "who is locked" } },
    "Two administrators do this in the console. It leaves an audit record." };
