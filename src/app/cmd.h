/* What the subcommands share: options, output, exit codes. Used by the program alone. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "app/app.h"

/* Exit codes of every command. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_FOUND_FAULTS = 3 };

typedef struct cmd_option {
    const char *name;         /* "--home"; a positional argument has a name without dashes */
    const char *argument;     /* "DIR"; NULL: a switch */
    const char *help;
} cmd_option;

#define CMD_OPTIONS_MAX 12
typedef struct cmd {
    const char *name, *summary; /* name may hold a space: "audit verify" */
    int (*run)(const struct cmd *cmd, char **values); /* values[i] belongs to options[i]; NULL: not given; "" for switches */
    cmd_option options[CMD_OPTIONS_MAX];
    const char *more;         /* shown after the options by --help */
} cmd;

extern const cmd *const COMMANDS[]; /* NULL-terminated */

/* --home, else ZY_HOME, else "var". */
const char *cmd_home(const char *given);
/* Prints what failed and what to do; returns EXIT_FAILED. */
int cmd_failed(const char *what, zy_status status, const zy_err *err);
/* A line on stderr that rewrites itself on a terminal: "what 1,234 of 10,000". */
void cmd_progress(const char *what, uint64_t done, uint64_t of);
void cmd_progress_end(void);
/* A decimal option within bounds; false after a message. */
bool cmd_number(const char *name, const char *text, int64_t min, int64_t max, int64_t *ret_value);
