/* The program: opens a bank's home and wires the rooms; every command uses the same wiring.
 *
 * A home is a folder: zhangyin.conf, passphrase, keystore, tls/, bank.db (SQLite), mailbox.jsonl and demo.json (demo), program.manifest (program.h). */
#pragma once

#include "api/api.h"

#define ZY_HOME_PATH_MAX 4096

typedef struct zy_app {
    zy_env env;
    zy_config *config;
    zy_api_registry *registry;
    int lock_fd; /* tools that write take turns: they share a node id; -1: no lock */
    char home[ZY_HOME_PATH_MAX];
} zy_app;

/* How a command wants the home opened. */
typedef enum {
    ZY_APP_SERVER, /* node id of the configuration */
    ZY_APP_TOOL,   /* node id 63, takes the tools' lock, waits for it at most 10 s: ZY_BUSY */
    ZY_APP_KEYS,   /* as a tool, with configuration and keys alone: no database, no rooms */
} zy_app_use;

/* Reads the configuration (environment ZY_PORT_BASE moves the ports), opens keystore, database and connectors, registers
 * all rooms. Does not migrate; refuses a database of another schema (ZY_CONFIG_BAD). */
ZY_CHECKED zy_status zy_app_open(const char *home, zy_app_use use, zy_app **ret_app, zy_err *err);
/* The same without the schema check: for migrate and doctor. */
ZY_CHECKED zy_status zy_app_open_any_schema(const char *home, zy_app_use use, zy_app **ret_app, zy_err *err);
/* For checks: db_copy (may be NULL) is a copy of the SQLite database that stands in for the home's own. */
ZY_CHECKED zy_status zy_app_open_copy(const char *home, const char *db_copy, zy_app **ret_app, zy_err *err);
void zy_app_close(zy_app *app);
ZY_AUTO_DEFINE(zy_app, zy_app_close)

/* Configuration alone, for commands that need no database. */
ZY_CHECKED zy_status zy_app_config(const char *home, zy_config **ret_config, zy_err *err);
void zy_app_config_example(zy_buf *out);
/* home/name into out; ZY_REQUEST_TOO_LARGE. */
ZY_CHECKED zy_status zy_app_path(const char *home, const char *name, char out[ZY_HOME_PATH_MAX]);
/* What is done now and then while serving: orders that ran out, old idempotency answers, the cut-off at midnight. */
void zy_app_keep_house(zy_app *app);
/* Every room's API tables and start-up registrations (parameters, order kinds, approval kinds, audit links): modules.c. */
ZY_CHECKED zy_status zy_app_register(zy_env *env, zy_api_registry *registry, zy_err *err);

/* --- The demo bank --- */
#define ZY_DEMO_DAYS 60 /* of history: a demo's first accounting day lies so far back */
/* Customers, accounts and staff of a demo; writes home/demo.json. customers: 3 to 1,000,000. */
ZY_CHECKED zy_status zy_demo_fill(zy_app *app, unsigned customers, void (*progress)(const char *what, uint64_t done, uint64_t of),
                                  zy_err *err);
#define ZY_DEMO_BIN "629988" /* of the demo bank alone */
/* People with cards and without mobile banking, for register.start: pushes {name, id_no, card_no, card_pin, phone, grade}; writes the
 * list that the screening connector reads. */
ZY_CHECKED zy_status zy_demo_unregistered(zy_app *app, zy_json *ret_list, zy_err *err);
/* A posting between an account and the clearing account. */
ZY_CHECKED zy_status zy_demo_post(zy_tx *tx, zy_env *env, zy_id account, int64_t fen, const char *code, const char *summary,
                                  const char *counterparty, zy_time at, zy_err *err);
/* Puts the addresses of this start into home/demo.json. */
ZY_CHECKED zy_status zy_demo_doors(zy_app *app, zy_err *err);
