#include "zy_test_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "connector/ca.h"
#include "zy_test_db.h"

#define START_MS INT64_C(1795399200000) /* 2026-11-23 10:00:00 +08:00 */
#define NODE     5

static const zy_config_row TEST_CONFIG[] = {
    { "bank.kind", ZY_C_CHOICE, "test", 0, 0, "production|demo|test|bench", "kind" },
    { "brand.name", ZY_C_TEXT, "云澜银行", 1, 60, NULL, "name" },
    { "brand.name_en", ZY_C_TEXT, "Yunlan Bank", 1, 60, NULL, "name" },
    { "password.iterations", ZY_C_INT, "10000", 1, 10000000, "rounds", "rounds" },
    { "captcha.font", ZY_C_PATH, "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", 1, 4000, NULL, "font" },
    { "password.threads", ZY_C_INT, "2", 0, 64, NULL, "threads" },
    { "register.cards", ZY_C_TEXT, "629988:16:测试卡", 0, 1000, NULL, "cards" },
    { "account.eaccount_bin", ZY_C_TEXT, "629989", 6, 6, NULL, "numbers of e-accounts" },
    { "directory.own_code", ZY_C_TEXT, "313999000016", 0, 12, NULL, "clearing code" },
    { "route.workdays", ZY_C_TEXT, "", 0, 2000, NULL, "working days" },
    { "document.font", ZY_C_PATH, "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 1, 4000, NULL, "font" },
    { "client.minimum_version", ZY_C_TEXT, "0.1.0", 1, 20, NULL, "version" },
    { "passkey.rp_id", ZY_C_TEXT, "bank.example", 0, 253, NULL, "domain" },
    { "passkey.origins", ZY_C_TEXT, "https://m.bank.example", 0, 1000, NULL, "origins" },
};

static struct {
    zy_env env;
    zy_config *config;
    zy_clock *clock;
    char folder[256];
} made;

static zy_status write_text(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", made.folder, name);
    FILE *f = fopen(path, "w");
    if (f == NULL)
        return ZY_IO_ERROR;
    fputs(text, f);
    fclose(f);
    chmod(path, 0600);
    return ZY_OK;
}

static const char *own_line;

void zy_test_env_set(const char *line)
{
    own_line = line;
}

static zy_status open_config(void)
{
    char path[512], text[300];
    const zy_config_row *const tables[] = { TEST_CONFIG, ZY_API_CONFIG, ZY_SMS_CONFIG, ZY_CA_CONFIG, ZY_SCREENING_CONFIG, ZY_CARRIER_CONFIG, ZY_FACE_CONFIG,
                                              ZY_CLEARING_CONFIG };
    const size_t counts[] = { ZY_COUNT(TEST_CONFIG), ZY_API_CONFIG_COUNT, ZY_SMS_CONFIG_COUNT, ZY_CA_CONFIG_COUNT, ZY_SCREENING_CONFIG_COUNT,
                              ZY_CARRIER_CONFIG_COUNT, ZY_FACE_CONFIG_COUNT, ZY_CLEARING_CONFIG_COUNT };
    snprintf(text, sizeof text, "sms.connector = mailbox\n%s\n", own_line != NULL ? own_line : "");
    ZY_TRY(write_text("zhangyin.conf", text));
    snprintf(path, sizeof path, "%s/zhangyin.conf", made.folder);
    return zy_config_load(path, true, tables, counts, ZY_COUNT(counts), &made.config, NULL);
}

/* Its 100,000 rounds are paid once a program: the keystore is kept from one environment to the next, in a folder of its own (a
 * number of a process comes again). */
static char keys_folder[40];

static zy_status open_keys(void)
{
    char path[60];
    bool first = keys_folder[0] == '\0';
    if (first) {
        snprintf(keys_folder, sizeof keys_folder, "/tmp/zt_keys_XXXXXX");
        if (mkdtemp(keys_folder) == NULL)
            return ZY_IO_ERROR;
    }
    snprintf(path, sizeof path, "%s/keys", keys_folder);
    if (first)
        ZY_TRY(zy_keys_create(path, ZY_STR("only for tests"), zy_clock_system(), NULL));
    return zy_keys_open(path, ZY_STR("only for tests"), &made.env.keys, NULL);
}

static void remove_keys(void)
{
    char path[60];
    snprintf(path, sizeof path, "%s/keys", keys_folder);
    unlink(path);
    rmdir(keys_folder);
}

zy_status zy_test_env_open(zy_env **ret_env)
{
    static bool registered;
    if (!registered)
        atexit(remove_keys);
    registered = true;
    memset(&made, 0, sizeof made);
    snprintf(made.folder, sizeof made.folder, "/tmp/zt_env_XXXXXX");
    if (mkdtemp(made.folder) == NULL)
        return ZY_IO_ERROR;
    zy_env *env = &made.env;
    made.clock = zy_clock_fake_new((zy_time){ START_MS });
    ZY_TRY(zy_crypto_start(NULL));
    ZY_TRY(open_config());
    ZY_TRY(open_keys());
    ZY_TRY(zy_test_db_open(&env->db));
    env->clock = made.clock;
    env->config = made.config;
    env->node = NODE;
    env->demo = true;
    env->ids = zy_id_maker_new(NODE, made.clock);
    ZY_TRY(zy_sms_open(made.config, true, &env->sms, NULL));
    ZY_TRY(zy_clearing_open(made.config, env->keys, &env->clearing, NULL));
    *ret_env = env;
    return ZY_OK;
}

void zy_test_env_close(zy_env *env)
{
    zy_test_db_close(env->db);
    zy_sms_free(env->sms);
    zy_clearing_free(env->clearing);
    zy_keys_free(env->keys);
    zy_id_maker_free(env->ids);
    zy_config_free(made.config);
    zy_clock_fake_free(made.clock);
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", made.folder);
    if (system(command) != 0)
        fprintf(stderr, "a test folder stays behind: %s\n", made.folder);
}

zy_clock *zy_test_env_clock(zy_env *env)
{
    (void)env;
    return made.clock;
}

const char *zy_test_env_folder(void)
{
    return made.folder;
}
