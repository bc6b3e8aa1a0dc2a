/* zhangyin keys list | rotate | destroy | rewrap. Each change leaves an audit record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/cmd.h"
#include "service/audit/audit.h"

enum { HOME, PURPOSE, VERSION };
enum { NEW_PASSPHRASE = 1 };
#define HOME_OPTION    { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" }
#define PURPOSE_OPTION { "PURPOSE", NULL, "a purpose that keys list shows" }
#define KEYS_MAX       256

static int list(const cmd *c, char **v)
{
    static const char *const STATES[] = { "", "active", "decrypt-only", "destroyed" };
    zy_err err = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_key_info keys[KEYS_MAX];
    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    size_t n = zy_keys_list(app->env.keys, keys, KEYS_MAX);
    for (size_t i = 0; i < n; i++) {
        char made[ZY_TIME_TEXT_MAX];
        zy_time_format_short(keys[i].created_at, made);
        printf("%-14s version %-3u %-13s %s  %s\n", zy_key_purpose_name(keys[i].purpose), keys[i].version,
               STATES[keys[i].state], keys[i].is_sm2 ? "SM2" : "SM4/HMAC", made);
    }
    return EXIT_DONE;
}

/* The record is written first: a key operation that cannot be audited is not done. */
static void note(zy_app *app, const char *event, const char *purpose, const char *version)
{
    ZY_AUTO_BUF detail = { 0 };
    zy_buf_fmt(&detail, "{\"purpose\":\"%s\",\"version\":\"%s\"}", purpose, version);
    const zy_audit record = { .event = event, .actor_kind = "system", .object_kind = "key", .result = ZY_STR("OK"),
                              .detail = zy_buf_view(&detail) };
    zy_audit_note(&app->env, &record);
}

static zy_status open_for(const cmd *c, char **v, zy_app **ret_app, zy_key_purpose *ret_purpose, zy_err *err)
{
    (void)c;
    if (v[PURPOSE] == NULL || zy_key_purpose_parse(zy_str_of(v[PURPOSE]), ret_purpose) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "PURPOSE", "name a purpose that `zhangyin keys list` shows");
    return zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, ret_app, err);
}

static int rotate(const cmd *c, char **v)
{
    zy_err err = { 0 };
    zy_key_purpose purpose;
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = open_for(c, v, &app, &purpose, &err);
    if (status == ZY_OK)
        note(app, "key.rotated", v[PURPOSE], "");
    if (status == ZY_OK)
        status = zy_keys_rotate(app->env.keys, purpose, app->env.clock, &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    printf("%s has a new active version; restart the running nodes so that they use it\n", v[PURPOSE]);
    return EXIT_DONE;
}

static int destroy(const cmd *c, char **v)
{
    zy_err err = { 0 };
    zy_key_purpose purpose;
    int64_t version = 0;
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    if (v[VERSION] == NULL || !cmd_number("VERSION", v[VERSION], 1, 65535, &version))
        return EXIT_USAGE;
    zy_status status = open_for(c, v, &app, &purpose, &err);
    if (status == ZY_OK)
        note(app, "key.destroyed", v[PURPOSE], v[VERSION]);
    if (status == ZY_OK)
        status = zy_keys_destroy(app->env.keys, purpose, (uint16_t)version, &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    printf("version %lld of %s is destroyed: what it sealed cannot be opened any more\n", (long long)version, v[PURPOSE]);
    return EXIT_DONE;
}

static zy_status read_passphrase(const char *path, zy_buf *out, zy_err *err)
{
    char line[1200];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return zy_fail(err, ZY_IO_ERROR, "--new", "cannot read it: %s", strerror(errno));
    if (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        zy_buf_c(out, line);
    }
    zy_wipe(line, sizeof line);
    fclose(file);
    return out->n > 0 ? ZY_OK : zy_fail(err, ZY_BAD_FIELD, "--new", "the file is empty");
}

static int rewrap(const cmd *c, char **v)
{
    zy_err err = { 0 };
    ZY_AUTO_SECRET_BUF passphrase = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    if (v[NEW_PASSPHRASE] == NULL) {
        fputs("zhangyin keys rewrap: --new FILE is missing\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = read_passphrase(v[NEW_PASSPHRASE], &passphrase, &err);
    if (status == ZY_OK)
        status = zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    if (status == ZY_OK)
        note(app, "key.rewrapped", "", "");
    if (status == ZY_OK)
        status = zy_keys_rewrap(app->env.keys, zy_buf_view(&passphrase), &err);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    puts("the keystore is sealed under the new passphrase; put it into the passphrase file (or ZY_PASSPHRASE) before the next start");
    return EXIT_DONE;
}

/* What another system needs to check or encrypt with: the clearing house, an auditor. */
static int public(const cmd *c, char **v)
{
    zy_err err = { 0 };
    zy_key_purpose purpose;
    uint8_t point[ZY_SM2_PUB_BYTES];
    char hex[2 * ZY_SM2_PUB_BYTES + 1];
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    zy_status status = open_for(c, v, &app, &purpose, &err);
    if (status == ZY_OK)
        status = zy_keys_public(app->env.keys, purpose, 0, point);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    zy_hex_encode(point, sizeof point, hex);
    puts(hex);
    return EXIT_DONE;
}

const cmd CMD_KEYS_LIST = { "keys list", "lists the keys: purpose, version, state", list, { [HOME] = HOME_OPTION }, NULL };
const cmd CMD_KEYS_PUBLIC = { "keys public", "prints the public half of an SM2 key", public,
    { [HOME] = HOME_OPTION, [PURPOSE] = PURPOSE_OPTION }, NULL };
const cmd CMD_KEYS_ROTATE = { "keys rotate", "makes a new active version of a key", rotate,
    { [HOME] = HOME_OPTION, [PURPOSE] = PURPOSE_OPTION }, NULL };
const cmd CMD_KEYS_DESTROY = { "keys destroy", "destroys a decrypt-only version of a key", destroy,
    { [HOME] = HOME_OPTION, [PURPOSE] = PURPOSE_OPTION, [VERSION] = { "VERSION", NULL, "its number" } }, NULL };
const cmd CMD_KEYS_REWRAP = { "keys rewrap", "seals the keystore under a new passphrase", rewrap,
    { [HOME] = HOME_OPTION, [NEW_PASSPHRASE] = { "--new", "FILE", "file (mode 0600) with the new passphrase" } }, NULL };
