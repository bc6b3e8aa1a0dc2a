#include "app/app.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "bank/account/account.h"
#include "bank/directory/directory.h"
#include "bank/registration/registration.h"
#include "bank/route/route.h"
#include "base/log.h"
#include "connector/ca.h"
#include "door/customer/customer.h"
#include "net/net.h"
#include "service/audit/audit.h"
#include "service/document/document.h"
#include "service/face/face.h"
#include "service/identity/identity.h"

#define LOCK_WAIT_S 10

static const zy_config_row APP_CONFIG[] = {
    { "node", ZY_C_INT, "0", 0, ZY_ID_NODE_MAX - 1, NULL, "number of this node; each running node needs its own" },
    { "bank.kind", ZY_C_CHOICE, "production", 0, 0, "production|demo|test|bench", "demo, test and bench banks may be weaker" },
    { "db.kind", ZY_C_CHOICE, "sqlite", 0, 0, "sqlite|pg", "database engine" },
    { "db.path", ZY_C_PATH, "bank.db", 1, 4000, NULL, "database file of SQLite" },
    { "db.pg", ZY_C_TEXT, "", 0, 1000, NULL, "connection string of PostgreSQL, without a password (use a passfile)" },
    { "db.connections", ZY_C_INT, "32", 1, 500, NULL, "connections to PostgreSQL, or read connections of SQLite" },
    { "db.group_max", ZY_C_INT, "256", 1, 1024, NULL, "transactions in one durable commit of SQLite" },
    { "db.lock_timeout", ZY_C_INT, "5000", 100, 60000, "ms", "wait for a row lock at most" },
    { "keys.store", ZY_C_PATH, "keystore", 1, 4000, NULL, "encrypted keystore of the software device" },
    { "keys.passphrase", ZY_C_SECRET_FILE, "passphrase", 0, 0, NULL,
      "file (mode 0600) with the keystore's passphrase; the environment's ZY_PASSPHRASE goes before it" },
    { "log.level", ZY_C_CHOICE, "info", 0, 0, "debug|info|warn|error", "lowest level that is logged" },
};

typedef struct tables {
    const zy_config_row *rows[24];
    size_t counts[24], n;
} tables;

static tables all_rows(void)
{
    const struct {
        const zy_config_row *rows;
        size_t count;
    } ROOMS[] = {
        { APP_CONFIG, ZY_COUNT(APP_CONFIG) },
        { zy_net_config_rows, zy_net_config_row_count },
        { ZY_API_CONFIG, ZY_API_CONFIG_COUNT },
        { ZY_SMS_CONFIG, ZY_SMS_CONFIG_COUNT },
        { ZY_IDENTITY_CONFIG, ZY_IDENTITY_CONFIG_COUNT },
        { ZY_CHANNEL_CONFIG, ZY_CHANNEL_CONFIG_COUNT },
        { ZY_CA_CONFIG, ZY_CA_CONFIG_COUNT },
        { ZY_DOCUMENT_CONFIG, ZY_DOCUMENT_CONFIG_COUNT },
        { ZY_ACCOUNT_CONFIG, ZY_ACCOUNT_CONFIG_COUNT },
        { ZY_DIRECTORY_CONFIG, ZY_DIRECTORY_CONFIG_COUNT },
        { ZY_ROUTE_CONFIG, ZY_ROUTE_CONFIG_COUNT },
        { ZY_REGISTRATION_CONFIG, ZY_REGISTRATION_CONFIG_COUNT },
        { ZY_SCREENING_CONFIG, ZY_SCREENING_CONFIG_COUNT },
        { ZY_CARRIER_CONFIG, ZY_CARRIER_CONFIG_COUNT },
        { ZY_FACE_CONFIG, ZY_FACE_CONFIG_COUNT },
        { ZY_CLEARING_CONFIG, ZY_CLEARING_CONFIG_COUNT },
    };
    tables t = { .n = ZY_COUNT(ROOMS) };
    static_assert(ZY_COUNT(ROOMS) <= ZY_COUNT(t.rows), "more rooms than tables");
    for (size_t i = 0; i < ZY_COUNT(ROOMS); i++) {
        t.rows[i] = ROOMS[i].rows;
        t.counts[i] = ROOMS[i].count;
    }
    return t;
}

zy_status zy_app_path(const char *home, const char *name, char out[ZY_HOME_PATH_MAX])
{
    int n = snprintf(out, ZY_HOME_PATH_MAX, "%s/%s", home, name);
    return n > 0 && n < ZY_HOME_PATH_MAX ? ZY_OK : ZY_REQUEST_TOO_LARGE;
}

void zy_app_config_example(zy_buf *out)
{
    tables t = all_rows();
    zy_config_example(t.rows, t.counts, t.n, out);
}

/* ZY_PORT_BASE: customer = base, partner = base + 1, staff = base + 2, ops = base + 3. */
static zy_status move_ports(zy_config *config, zy_err *err)
{
    static const char *const PORTS[] = { "net.customer_port", "net.partner_port", "net.staff_port", "net.ops_port" };
    const char *text = getenv("ZY_PORT_BASE");
    if (text == NULL || *text == '\0')
        return ZY_OK;
    uint64_t base = 0;
    if (zy_str_u64(zy_str_of(text), &base) != ZY_OK || base < 1 || base > 65000)
        return zy_fail(err, ZY_CONFIG_BAD, "ZY_PORT_BASE", "a port from 1 to 65000 is expected");
    for (size_t i = 0; i < ZY_COUNT(PORTS); i++) {
        char port[8];
        snprintf(port, sizeof port, "%u", (unsigned)(base + i));
        ZY_TRY(zy_config_set(config, PORTS[i], zy_str_of(port), err));
    }
    return ZY_OK;
}

zy_status zy_app_config(const char *home, zy_config **ret_config, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    tables t = all_rows();
    ZY_TRY(zy_app_path(home, "zhangyin.conf", path));
    if (access(path, R_OK) != 0)
        return zy_fail(err, ZY_CONFIG_BAD, "home", "there is no bank in %.150s (%s); make one with: zhangyin init --home DIR",
                       home, strerror(errno));
    zy_config *config = NULL;
    ZY_TRY(zy_config_load(path, true, t.rows, t.counts, t.n, &config, err));
    zy_status status = move_ports(config, err);
    if (status != ZY_OK) {
        zy_config_free(config);
        return status;
    }
    *ret_config = config;
    return ZY_OK;
}

static zy_log_level log_level(const zy_config *config)
{
    static const char *const NAMES[] = { "debug", "info", "warn", "error" };
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++)
        if (zy_str_eq_c(zy_config_text(config, "log.level"), NAMES[i]))
            return (zy_log_level)i;
    return ZY_LOG_INFO;
}

static zy_status open_keys(zy_app *app, zy_err *err)
{
    ZY_AUTO_SECRET_BUF passphrase = { 0 };
    const char *given = getenv("ZY_PASSPHRASE");
    if (given != NULL && *given != '\0')
        zy_buf_c(&passphrase, given);
    else
        ZY_TRY(zy_config_secret(app->config, "keys.passphrase", &passphrase, err));
    ZY_TRY(zy_crypto_start(err));
    return zy_keys_open(zy_config_text(app->config, "keys.store").p, zy_buf_view(&passphrase), &app->env.keys, err);
}

static zy_status open_db(zy_app *app, const char *db_copy, zy_err *err)
{
    const zy_config *c = app->config;
    bool pg = db_copy == NULL && zy_str_eq_c(zy_config_text(c, "db.kind"), "pg");
    const zy_db_options options = {
        .kind = pg ? ZY_DB_PG : ZY_DB_SQLITE,
        .target = db_copy != NULL ? zy_str_of(db_copy) : zy_config_text(c, pg ? "db.pg" : "db.path"),
        .connections = (unsigned)zy_config_int(c, "db.connections"),
        .group_max = (unsigned)zy_config_int(c, "db.group_max"),
        .lock_timeout_ms = zy_config_int(c, "db.lock_timeout"),
    };
    return zy_db_open(&options, &app->env.db, err);
}

/* Two command-line programs at once would break the order of node 63's audit records. */
static zy_status take_lock(zy_app *app, zy_err *err)
{
    char path[ZY_HOME_PATH_MAX];
    ZY_TRY(zy_app_path(app->home, "tool.lock", path));
    app->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (app->lock_fd < 0)
        return zy_fail(err, ZY_IO_ERROR, NULL, "cannot open tool.lock in the home: %s", strerror(errno));
    for (int tries = 0; tries < LOCK_WAIT_S * 10; tries++) {
        if (flock(app->lock_fd, LOCK_EX | LOCK_NB) == 0)
            return ZY_OK;
        usleep(100000);
    }
    return zy_fail(err, ZY_BUSY, NULL, "another zhangyin command works on this home; try again when it has ended");
}

static zy_status check_schema(zy_app *app, zy_err *err)
{
    bool current = false;
    ZY_TRY(zy_db_schema_current(app->env.db, &current, err));
    if (!current)
        return zy_fail(err, ZY_CONFIG_BAD, NULL, "the database has another schema; run: zhangyin migrate --home DIR");
    return ZY_OK;
}

static zy_status open_all(zy_app *app, const char *home, zy_app_use use, bool any_schema, const char *db_copy, zy_err *err)
{
    ZY_TRY(zy_str_copy(zy_str_of(home), app->home, sizeof app->home));
    ZY_TRY(zy_app_config(home, &app->config, err));
    zy_log_open(2, log_level(app->config));
    if (use != ZY_APP_SERVER)
        ZY_TRY(take_lock(app, err));
    ZY_TRY(open_keys(app, err));
    if (use == ZY_APP_KEYS)
        return ZY_OK;
    ZY_TRY(open_db(app, db_copy, err));
    zy_env *env = &app->env;
    env->clock = zy_clock_system();
    env->config = app->config;
    env->node = use == ZY_APP_TOOL ? ZY_ID_NODE_TOOL : (unsigned)zy_config_int(app->config, "node");
    env->demo = !zy_str_eq_c(zy_config_text(app->config, "bank.kind"), "production");
    env->ids = zy_id_maker_new(env->node, env->clock);
    if (env->ids == NULL)
        return ZY_NO_MEMORY;
    zy_audit_attach(env);
    ZY_TRY(zy_sms_open(app->config, env->demo, &env->sms, err));
    ZY_TRY(zy_screening_open(app->config, &env->screening, err));
    ZY_TRY(zy_face_open(app->config, &env->face, err));
    ZY_TRY(zy_carrier_open(app->config, &env->carrier, err));
    ZY_TRY(zy_clearing_open(app->config, env->keys, &env->clearing, err));
    if (!any_schema)
        ZY_TRY(check_schema(app, err));
    ZY_TRY(zy_registry_new(env, &app->registry, err));
    return zy_app_register(env, app->registry, err);
}

static zy_status open_app(const char *home, zy_app_use use, bool any_schema, const char *db_copy, zy_app **ret_app,
                          zy_err *err)
{
    ZY_AUTO(zy_app_close) zy_app *app = calloc(1, sizeof *app);
    if (app == NULL)
        return ZY_NO_MEMORY;
    app->lock_fd = -1;
    ZY_TRY(open_all(app, home, use, any_schema, db_copy, err));
    *ret_app = ZY_STEAL(app);
    return ZY_OK;
}

zy_status zy_app_open(const char *home, zy_app_use use, zy_app **ret_app, zy_err *err)
{
    return open_app(home, use, false, NULL, ret_app, err);
}

zy_status zy_app_open_any_schema(const char *home, zy_app_use use, zy_app **ret_app, zy_err *err)
{
    return open_app(home, use, true, NULL, ret_app, err);
}

zy_status zy_app_open_copy(const char *home, const char *db_copy, zy_app **ret_app, zy_err *err)
{
    return open_app(home, ZY_APP_TOOL, false, db_copy, ret_app, err);
}

void zy_app_close(zy_app *app)
{
    if (app == NULL)
        return;
    zy_registry_free(app->registry);
    zy_face_stop();
    zy_face_free(app->env.face);
    zy_carrier_free(app->env.carrier);
    zy_clearing_free(app->env.clearing);
    zy_screening_free(app->env.screening);
    zy_sms_free(app->env.sms);
    zy_db_close(app->env.db);
    zy_keys_free(app->env.keys);
    zy_id_maker_free(app->env.ids);
    zy_config_free(app->config);
    if (app->lock_fd >= 0)
        close(app->lock_fd);
    free(app);
}
