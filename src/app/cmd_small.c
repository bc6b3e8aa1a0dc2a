/* Commands of a few lines: migrate, mailbox, openapi, typescript, config, version. */
#include <string.h>

#include "app/cmd.h"
#include "connector/sms.h"

enum { HOME, SECOND };

static void migrated(const char *file, void *arg)
{
    (void)arg;
    fprintf(stderr, "%s\n", file);
}

static int migrate(const cmd *c, char **v)
{
    (void)c;
    zy_err err = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = zy_app_open_any_schema(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    if (status == ZY_OK)
        status = zy_db_migrate(app->env.db, migrated, NULL, &err);
    if (status != ZY_OK)
        return cmd_failed("migrate", status, &err);
    puts("the database has this program's schema");
    return EXIT_DONE;
}

const cmd CMD_MIGRATE = { "migrate", "brings the database to this program's schema", migrate,
    { [HOME] = { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" } }, NULL };

static int mailbox(const cmd *c, char **v)
{
    (void)c;
    zy_err err = { 0 };
    zy_config *config = NULL;
    zy_time at;
    char time[ZY_TIME_TEXT_MAX];
    ZY_AUTO_BUF text = { 0 };
    if (v[SECOND] == NULL) {
        fputs("zhangyin mailbox: --phone is missing\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = zy_app_config(cmd_home(v[HOME]), &config, &err);
    if (status == ZY_OK)
        status = zy_mailbox_newest(zy_config_text(config, "sms.mailbox").p, zy_str_of(v[SECOND]), &at, &text);
    zy_config_free(config);
    if (status == ZY_NOT_FOUND) {
        fprintf(stderr, "zhangyin: no text to %s yet\n", v[SECOND]);
        return EXIT_FAILED;
    }
    if (status != ZY_OK)
        return cmd_failed("mailbox", status, &err);
    zy_time_format_short(at, time);
    printf("%s  " ZY_STR_FMT "\n", time, ZY_STR_ARG(zy_buf_view(&text)));
    return EXIT_DONE;
}

const cmd CMD_MAILBOX = { "mailbox", "prints the newest text message to a phone (demo banks)", mailbox,
    { [HOME] = { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" },
      [SECOND] = { "--phone", "NUMBER", "the phone" } }, NULL };

/* --- documents out of the API tables: no home is needed --- */

typedef void (*document_fn)(const zy_api_registry *r, zy_door door, zy_buf *out);

static bool parse_door(const char *text, zy_door *ret_door)
{
    static const struct {
        const char *name;
        zy_door door;
    } DOORS[] = { { "customer", ZY_DOOR_CUSTOMER }, { "staff", ZY_DOOR_STAFF }, { "partner", ZY_DOOR_PARTNER } };
    *ret_door = ZY_DOOR_CUSTOMER;
    for (size_t i = 0; text != NULL && i < ZY_COUNT(DOORS); i++)
        if (strcmp(text, DOORS[i].name) == 0) {
            *ret_door = DOORS[i].door;
            return true;
        }
    return text == NULL;
}

static int print_document(const char *name, const char *door_text, document_fn write)
{
    zy_door door;
    zy_err err = { 0 };
    zy_env env = { .clock = zy_clock_system() };
    zy_api_registry *registry = NULL;
    ZY_AUTO_BUF out = { .max = 16u << 20 };
    if (!parse_door(door_text, &door)) {
        fputs("zhangyin: --door takes customer, staff or partner\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = zy_crypto_start(&err);
    if (status == ZY_OK)
        status = zy_registry_new(&env, &registry, &err);
    if (status == ZY_OK)
        status = zy_app_register(&env, registry, &err);
    if (status == ZY_OK) {
        write(registry, door, &out);
        fwrite(out.p, 1, out.n, stdout);
    }
    zy_registry_free(registry);
    return status == ZY_OK ? EXIT_DONE : cmd_failed(name, status, &err);
}

static int openapi(const cmd *c, char **v)
{
    return print_document(c->name, v[0], zy_openapi_write);
}

static int typescript(const cmd *c, char **v)
{
    return print_document(c->name, v[0], zy_typescript_write);
}

#define DOOR_OPTION { "--door", "DOOR", "customer (default), staff or partner" }
const cmd CMD_OPENAPI = { "openapi", "prints the OpenAPI 3.1 document of a door", openapi, { DOOR_OPTION }, NULL };
const cmd CMD_TYPESCRIPT = { "typescript", "prints the TypeScript types of a door", typescript, { DOOR_OPTION }, NULL };

static int config(const cmd *c, char **v)
{
    (void)c;
    (void)v;
    ZY_AUTO_BUF out = { 0 };
    zy_app_config_example(&out);
    fwrite(out.p, 1, out.n, stdout);
    return EXIT_DONE;
}

const cmd CMD_CONFIG = { "config", "prints every setting with its default, bounds and meaning", config, { { 0 } }, NULL };

static int version(const cmd *c, char **v)
{
    (void)c;
    (void)v;
    puts("zhangyin " ZY_VERSION);
    return EXIT_DONE;
}

const cmd CMD_VERSION = { "version", "prints the version", version, { { 0 } }, NULL };
