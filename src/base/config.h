/* Configuration: one file of `name = value` lines; typed rows with default, bounds and unit. */
#pragma once

#include "base/str.h"

typedef enum { ZY_C_INT, ZY_C_BOOL, ZY_C_TEXT, ZY_C_CHOICE, ZY_C_PATH, ZY_C_SECRET_FILE } zy_config_kind;

/* A row: what may be configured. Each room has a table of its rows; the program hands all of them in. */
typedef struct zy_config_row {
    const char *name;          /* "net.customer_port" */
    zy_config_kind kind;
    const char *fallback;      /* default, as it would stand in the file; NULL: must be given */
    int64_t min, max;          /* INT: bounds; TEXT: length bounds */
    const char *unit_or_choices; /* "ms", "fen", "bytes"; CHOICE: "sqlite|pg" */
    const char *help;          /* one line for the generated example file and `doctor` */
} zy_config_row;

typedef struct zy_config zy_config;

/* Reads the file (path NULL or missing with must_exist=false: defaults only). Refuses unknown or
 * repeated names, values out of bounds, and a SECRET_FILE that others than its owner may read
 * (mode 0600 at most; one that is missing is told by zy_config_secret). Relative PATH and SECRET_FILE values are relative to the file's folder.
 * ZY_CONFIG_BAD with err->field = name and what to do in err->detail. */
ZY_CHECKED zy_status zy_config_load(const char *path, bool must_exist, const zy_config_row *const *tables,
                                    const size_t *counts, size_t table_count, zy_config **ret_config,
                                    zy_err *err);
void zy_config_free(zy_config *c);
/* Overrides a value, as ZY_* environment variables and command-line flags do; same checks. */
ZY_CHECKED zy_status zy_config_set(zy_config *c, const char *name, zy_str value, zy_err *err);
/* Asking for a name that no row declares is our own mistake (assert). */
int64_t zy_config_int(const zy_config *c, const char *name);
bool zy_config_bool(const zy_config *c, const char *name);
zy_str zy_config_text(const zy_config *c, const char *name);      /* TEXT, CHOICE, PATH: terminated too */
/* The content of a SECRET_FILE without its last newline, into a buffer the caller wipes. */
ZY_CHECKED zy_status zy_config_secret(const zy_config *c, const char *name, zy_buf *ret_secret, zy_err *err);
/* A commented example file with every row: docs/operations and `zhangyin init` use it. */
void zy_config_example(const zy_config_row *const *tables, const size_t *counts, size_t table_count,
                       zy_buf *out);
