/* zhangyin: the table of commands, their options and help. */
#include <string.h>

#include "app/cmd.h"

extern const cmd CMD_INIT, CMD_SERVE, CMD_MIGRATE, CMD_DOCTOR, CMD_MAILBOX, CMD_CALL, CMD_AUDIT_VERIFY, CMD_AUDIT_LEDGER, CMD_LEDGER_DAY_END,
    CMD_AUDIT_EXPORT, CMD_AUDIT_ORDER, CMD_STAFF_FIRST, CMD_STAFF_REVIEW, CMD_STAFF_UNLOCK, CMD_KEYS_LIST, CMD_KEYS_PUBLIC,
    CMD_KEYS_ROTATE, CMD_KEYS_DESTROY, CMD_CLEARING_VERIFY, CMD_RECEIPT_VERIFY,
    CMD_KEYS_REWRAP, CMD_BACKUP, CMD_RESTORE, CMD_CONFORMANCE, CMD_OPENAPI, CMD_TYPESCRIPT, CMD_CONFIG, CMD_VERSION,
    CMD_PROGRAM_RECORD, CMD_PROGRAM_CHECK;

const cmd *const COMMANDS[] = {
    &CMD_INIT,         &CMD_SERVE,        &CMD_MIGRATE,     &CMD_DOCTOR,      &CMD_MAILBOX,     &CMD_CALL,
    &CMD_AUDIT_VERIFY, &CMD_AUDIT_LEDGER, &CMD_AUDIT_EXPORT, &CMD_AUDIT_ORDER, &CMD_LEDGER_DAY_END,
    &CMD_STAFF_FIRST, &CMD_STAFF_REVIEW, &CMD_STAFF_UNLOCK,
    &CMD_KEYS_LIST,    &CMD_KEYS_PUBLIC,   &CMD_KEYS_ROTATE,  &CMD_KEYS_DESTROY,
    &CMD_RECEIPT_VERIFY, &CMD_CLEARING_VERIFY, &CMD_KEYS_REWRAP,  &CMD_BACKUP,       &CMD_RESTORE,     &CMD_PROGRAM_RECORD, &CMD_PROGRAM_CHECK, &CMD_CONFORMANCE, &CMD_OPENAPI,     &CMD_TYPESCRIPT,
    &CMD_CONFIG,       &CMD_VERSION,      NULL,
};

static void usage(FILE *out)
{
    fputs("zhangyin (掌银): a personal mobile-finance platform\n\nusage: zhangyin COMMAND [options]\n\n", out);
    for (const cmd *const *c = COMMANDS; *c != NULL; c++)
        fprintf(out, "  %-18s %s\n", (*c)->name, (*c)->summary);
    fputs("\nzhangyin COMMAND --help tells a command's options.\n", out);
}

static bool is_positional(const cmd_option *o)
{
    return o->name[0] != '-';
}

static void help(const cmd *c)
{
    printf("zhangyin %s", c->name);
    for (const cmd_option *o = c->options; o->name != NULL; o++) {
        if (is_positional(o))
            printf(" %s", o->name);
        else if (o->argument != NULL)
            printf(" [%s %s]", o->name, o->argument);
        else
            printf(" [%s]", o->name);
    }
    printf("\n\n%s\n", c->summary);
    if (c->options[0].name != NULL)
        puts("");
    for (const cmd_option *o = c->options; o->name != NULL; o++) {
        char left[64];
        snprintf(left, sizeof left, "%s %s", o->name, !is_positional(o) && o->argument != NULL ? o->argument : "");
        printf("  %-24s %s\n", left, o->help);
    }
    if (c->more != NULL)
        printf("\n%s", c->more);
    puts("\nexit codes: 0 done, 1 failed, 2 wrong usage, 3 faults were found");
}

static int find_option(const cmd *c, const char *word, bool positional)
{
    for (int i = 0; i < CMD_OPTIONS_MAX && c->options[i].name != NULL; i++)
        if (is_positional(&c->options[i]) == positional && (positional || strcmp(c->options[i].name, word) == 0))
            return i;
    return -1;
}

static int next_positional(const cmd *c, char **values)
{
    for (int i = 0; i < CMD_OPTIONS_MAX && c->options[i].name != NULL; i++)
        if (is_positional(&c->options[i]) && values[i] == NULL)
            return i;
    return -1;
}

static int wrong(const cmd *c, const char *what, const char *word)
{
    fprintf(stderr, "zhangyin %s: %s%s%s; see: zhangyin %s --help\n", c->name, what, word != NULL ? " " : "",
            word != NULL ? word : "", c->name);
    return EXIT_USAGE;
}

static int run(const cmd *c, int argc, char **argv)
{
    static char on[] = "";
    char *values[CMD_OPTIONS_MAX] = { NULL };
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help(c);
            return EXIT_DONE;
        }
        bool option = argv[i][0] == '-' && argv[i][1] != '\0';
        int at = option ? find_option(c, argv[i], false) : next_positional(c, values);
        if (at < 0)
            return wrong(c, option ? "unknown option" : "too many arguments:", argv[i]);
        if (!option)
            values[at] = argv[i];
        else if (c->options[at].argument == NULL)
            values[at] = on;
        else if (++i < argc)
            values[at] = argv[i];
        else
            return wrong(c, "an argument is missing after", argv[i - 1]);
    }
    return c->run(c, values);
}

/* The command whose words begin the line; *ret_words: how many. */
static const cmd *find_command(int argc, char **argv, int *ret_words)
{
    char two[64] = "";
    if (argc > 2)
        snprintf(two, sizeof two, "%s %s", argv[1], argv[2]);
    for (const cmd *const *c = COMMANDS; *c != NULL; c++) {
        bool pair = strchr((*c)->name, ' ') != NULL;
        if (strcmp((*c)->name, pair ? two : argv[1]) == 0) {
            *ret_words = pair ? 2 : 1;
            return *c;
        }
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return EXIT_DONE;
    }
    int words = 0;
    const cmd *c = find_command(argc, argv, &words);
    if (c == NULL) {
        fprintf(stderr, "zhangyin: there is no command '%s'; zhangyin --help lists them\n", argv[1]);
        return EXIT_USAGE;
    }
    return run(c, argc - 1 - words, argv + 1 + words);
}
