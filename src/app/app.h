/* The program: opens a bank's home, wires the rooms, serves the doors; every command uses the same wiring. */
#pragma once

#include "api/api.h"

typedef struct zy_app {
    zy_env env;
    zy_api_registry *registry;
    zy_config *config;
    char home[4096];
} zy_app;
/* Opens $home/zhangyin.conf, keystore, database, connectors; does not migrate. node: config or ZY_ID_NODE_TOOL for tools. */
ZY_CHECKED zy_status zy_app_open(const char *home, bool tool, zy_app **ret_app, zy_err *err);
void zy_app_close(zy_app *app);
/* All API tables of all rooms (src/app/modules.c lists them). */
ZY_CHECKED zy_status zy_app_register(zy_api_registry *r, zy_err *err);
/* One entry per subcommand in src/app/main.c's table. */
int zy_cmd_init(int argc, char **argv);
int zy_cmd_serve(int argc, char **argv);
