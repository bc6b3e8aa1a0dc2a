/* The login APIs as rows, and how the room starts and stops. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/identity/captcha.h"
#include "service/identity/challenge.h"
#include "service/identity/hash_pool.h"
#include "service/identity/identity_factors.h"
#include "service/identity/login.h"
#include "service/identity/passkey.h"
#include "service/identity/password_aid.h"
#include "service/identity/password_change.h"
#include "service/identity/presence.h"
#include "service/identity/session.h"
#include "service/identity/standing.h"
#include "service/identity/tries.h"
#include "service/param/param.h"

#define HASH_QUEUE_MAX  256

const zy_config_row ZY_IDENTITY_CONFIG[] = {
    { "password.iterations", ZY_C_INT, "100000", 10000, 10000000, "rounds",
      "PBKDF2-HMAC-SM3 rounds of new passwords; below 100000 only in test and bench banks" },
    { "password.threads", ZY_C_INT, "0", 0, 64, "threads", "threads that hash passwords; 0: one a core" },
    { "client.minimum_version", ZY_C_TEXT, "0.1.0", 1, 20, NULL, "older clients are asked to update" },
    { "captcha.font", ZY_C_PATH, "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", 1, 4000, NULL,
      "font of the graphic captcha" },
    { "passkey.rp_id", ZY_C_TEXT, "", 0, 253, NULL, "domain that passkeys belong to (bank.example); empty: no passkeys. It cannot be changed later" },
    { "passkey.origins", ZY_C_TEXT, "", 0, 1000, NULL,
      "origins of the phone client, with commas: https://m.bank.example; http://localhost:* for demos" },
};
const size_t ZY_IDENTITY_CONFIG_COUNT = ZY_COUNT(ZY_IDENTITY_CONFIG);

/* Idle logout, background: DECISIONS "background" (5 min); the clause's bound is 15 min. */
static const zy_param_row PARAMS[] = {
    { "login.attack_failures", 300, 10, 100000, "a minute", "每分钟登录失败达到此数时全部登录需图形验证码",
      "failures a minute of a node at which every login is asked for a captcha" },
    { "login.idle_s", 300, 60, 900, "s", "登录无操作自动退出时间", "idle time after which a login ends" },
    { "login.background_s", 300, 30, 900, "s", "客户端转入后台后自动退出时间", "time in the background after which a login ends" },
    { "login.dormant_days", 90, 30, 365, "d", "长期未登录天数", "days of absence after which a login asks for more" },
    { "device.bound_max", 1, 1, 5, "devices", "可绑定设备数", "devices that a customer may bind" },
};

static const zy_identity_hooks *hooks;

const zy_identity_hooks *zy_identity_hooks_now(void)
{
    return hooks;
}

static zy_status check_rounds(const zy_config *config, zy_err *err)
{
    zy_str kind = zy_config_text(config, "bank.kind");
    bool weaker = zy_str_eq_c(kind, "test") || zy_str_eq_c(kind, "bench");
    if (zy_config_int(config, "password.iterations") < 100000 && !weaker)
        return zy_fail(err, ZY_CONFIG_BAD, "password.iterations", "at least 100000 outside test and bench banks");
    return ZY_OK;
}

zy_status zy_identity_start(zy_env *env, const zy_identity_hooks *door, zy_err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t threads = zy_config_int(env->config, "password.threads");
    hooks = door;
    zy_param_register(PARAMS, ZY_COUNT(PARAMS));
    zy_tries_start();
    zy_password_start();
    zy_password_aid_start();
    zy_environment_start();
    zy_sms_code_start(env);
    ZY_TRY(zy_identity_factors_start(err));
    ZY_TRY(passkey_start(env, err));
    ZY_TRY(check_rounds(env->config, err));
    ZY_TRY(zy_captcha_start(env->config, err));
    ZY_TRY(zy_login_rules_start(env, err));
    ZY_TRY(zy_presence_start(env, err));
    return zy_hash_pool_start(threads > 0 ? (unsigned)threads : cores > 0 ? (unsigned)cores : 1, HASH_QUEUE_MAX, err);
}

void zy_identity_stop(void)
{
    zy_hash_pool_stop();
    zy_presence_stop();
    zy_login_rules_stop();
    zy_captcha_stop();
}

/* --- app.bootstrap --- */

typedef struct client_in {
    zy_str kind, version;
} client_in;
typedef struct bootstrap_in {
    client_in client;
} bootstrap_in;
static const zy_field CLIENT_FIELDS[] = {
    ZY_FIELD(client_in, kind, ZY_F_CODE, 1, 20),
    ZY_FIELD(client_in, version, ZY_F_CODE, 1, 20),
};
static const zy_field BOOTSTRAP_FIELDS[] = {
    ZY_FIELD(bootstrap_in, client, ZY_F_OBJECT, 0, 0, .object = CLIENT_FIELDS, .object_count = ZY_COUNT(CLIENT_FIELDS)),
};
static const zy_out POLICY_OUTS[] = {
    ZY_OUT("login_min", ZY_O_INT), ZY_OUT("login_max", ZY_O_INT), ZY_OUT("pay_digits", ZY_O_INT),
};
static const zy_out FEATURE_OUTS[] = { ZY_OUT("transfer", ZY_O_BOOL), ZY_OUT("messages", ZY_O_BOOL) };
static const zy_out CLIENT_OUTS[] = { ZY_OUT("verdict", ZY_O_STR, .help = "ok or update"), ZY_OUT("minimum", ZY_O_STR) };
static const zy_out BOOTSTRAP_OUTS[] = {
    ZY_OUT("server_time", ZY_O_INT),
    ZY_OUT("client", ZY_O_OBJECT, ZY_MEMBERS(CLIENT_OUTS)),
    ZY_OUT("password_policy", ZY_O_OBJECT, ZY_MEMBERS(POLICY_OUTS)),
    ZY_OUT("privacy_version", ZY_O_STR),
    ZY_OUT("features", ZY_O_OBJECT, ZY_MEMBERS(FEATURE_OUTS)),
};

static zy_status bootstrap(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)err;
    const bootstrap_in *in = input;
    zy_env *env = call->env;
    zy_str minimum = zy_config_text(env->config, "client.minimum_version");
    zy_json *client = zy_json_object(), *policy = zy_json_object(), *features = zy_json_object();
    zy_json_set_c(client, "verdict", zy_version_compare(in->client.version, minimum) < 0 ? "update" : "ok");
    zy_json_set_str(client, "minimum", minimum);
    zy_json_set_int(policy, "login_min", 8);
    zy_json_set_int(policy, "login_max", 64);
    zy_json_set_int(policy, "pay_digits", 6);
    zy_json_set_bool(features, "transfer", !zy_switch_closed(env, "transfer.prepare"));
    zy_json_set_bool(features, "messages", !zy_switch_closed(env, "message.list"));
    zy_json_set_int(body, "server_time", call->now.ms);
    zy_json_set(body, "client", client);
    zy_json_set(body, "password_policy", policy);
    zy_json_set_c(body, "privacy_version", ZY_PRIVACY_VERSION);
    zy_json_set(body, "features", features);
    return ZY_OK;
}

/* --- auth.captcha, auth.challenge --- */

static const zy_out CAPTCHA_OUTS[] = {
    ZY_OUT("captcha_id", ZY_O_STR), ZY_OUT("image", ZY_O_STR, .help = "PNG, base64"), ZY_OUT("expires_at", ZY_O_INT),
};

static zy_status captcha(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    char id[ZY_CAPTCHA_ID_MAX];
    ZY_AUTO_BUF png = { 0 };
    zy_time expires_at = zy_time_add(call->now, ZY_CAPTCHA_LIFE);
    ZY_TRY(zy_captcha_make(call->caller->channel_th, call->now, id, &png));
    char *text = zy_arena_alloc(call->arena, 4 * ((png.n + 2) / 3) + 1);
    if (text == NULL)
        return zy_fail(err, ZY_REQUEST_TOO_LARGE, NULL, "the captcha's picture");
    zy_base64_encode(png.p, png.n, text);
    zy_json_set_c(body, "captcha_id", id);
    zy_json_set_c(body, "image", text);
    zy_json_set_int(body, "expires_at", expires_at.ms);
    return ZY_OK;
}

static const zy_out CHALLENGE_OUTS[] = {
    ZY_OUT("challenge_id", ZY_O_STR), ZY_OUT("challenge", ZY_O_STR, .help = "16 bytes, base64"), ZY_OUT("key_id", ZY_O_INT),
    ZY_OUT("public_key", ZY_O_STR, .help = "65 bytes, base64"),
};

static zy_status challenge(zy_call *call, const void *input, zy_json *body, zy_err *err)
{
    (void)input;
    (void)err;
    char id[ZY_CHALLENGE_ID_MAX], challenge_text[25], key_text[89];
    uint8_t bytes[16];
    zy_key_info key;
    ZY_TRY(zy_keys_active(call->env->keys, ZY_KEY_PASSWORD_BOX, &key));
    ZY_TRY(zy_challenge_make(call->caller->channel_th, call->now, id, bytes));
    zy_base64_encode(bytes, sizeof bytes, challenge_text);
    zy_base64_encode(key.public_key, sizeof key.public_key, key_text);
    zy_json_set_c(body, "challenge_id", id);
    zy_json_set_c(body, "challenge", challenge_text);
    zy_json_set_int(body, "key_id", key.version);
    zy_json_set_c(body, "public_key", key_text);
    return ZY_OK;
}

/* --- the rows --- */

static const zy_field CAPTCHA_FIELDS[] = {
    ZY_FIELD(captcha_in, captcha_id, ZY_F_TOKEN, 1, 64),
    ZY_FIELD(captcha_in, text, ZY_F_CODE, 1, 10),
};
static const zy_field LOGIN_START_FIELDS[] = {
    ZY_FIELD(login_start_in, user, ZY_F_USER, 1, 60, ZY_SENSITIVE),
    ZY_FIELD(login_start_in, password, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
    ZY_FIELD(login_start_in, captcha, ZY_F_OBJECT, 0, 0, ZY_OPTIONAL, ZY_HAS(login_start_in, has_captcha),
             .object = CAPTCHA_FIELDS, .object_count = ZY_COUNT(CAPTCHA_FIELDS)),
    ZY_FIELD(login_start_in, device, ZY_F_OBJECT, 0, 0, .object = ZY_DEVICE_FIELDS, .object_count = ZY_COUNT(ZY_DEVICE_FIELDS)),
    ZY_ENVIRONMENT_FIELD(login_start_in),
};
static const zy_out LOGIN_START_OUTS[] = {
    ZY_OUT("login_id", ZY_O_STR),
    ZY_OUT("factors", ZY_O_STRS, .help = "in this order: pay_password by auth.login.factor.verify, sms by auth.login.finish"),
    ZY_OUT("instead", ZY_O_STRS, .optional = true, .help = "what may stand in the place of sms: carrier, by auth.login.carrier"),
    ZY_OUT("reason", ZY_O_STR, .optional = true, .help = "dormant: after a long absence more is asked"),
    ZY_OUT("captcha_required", ZY_O_BOOL, .optional = true),
};
static const zy_field FACTOR_BEGIN_FIELDS[] = {
    ZY_FIELD(factor_begin_in, login_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(factor_begin_in, factor, ZY_F_TOKEN, 1, 20),
};
static const zy_out FACTOR_BEGIN_OUTS[] = {
    ZY_OUT("phone", ZY_O_STR, .optional = true, .help = "sms: masked"),
    ZY_OUT("expires_at", ZY_O_INT, .optional = true, .help = "sms"),
    ZY_OUT("nonce", ZY_O_STR, .optional = true, .help = "carrier: what the phone asks its carrier with"),
    ZY_OUT("page_url", ZY_O_STR, .optional = true, .help = "carrier: where a page asks; empty: an app asks by its own library"),
};
static const zy_field LOGIN_CARRIER_FIELDS[] = {
    ZY_FIELD(login_carrier_in, login_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(login_carrier_in, token, ZY_F_TEXT, 1, ZY_CARRIER_TOKEN_MAX, ZY_SENSITIVE),
};
static const zy_field LOGIN_VERIFY_FIELDS[] = {
    ZY_FIELD(login_verify_in, login_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(login_verify_in, factor, ZY_F_TOKEN, 1, 20),
    ZY_FIELD(login_verify_in, value, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
};
static const zy_out LOGIN_VERIFY_OUTS[] = { ZY_OUT("factors", ZY_O_STRS, .help = "still needed") };
static const zy_field LOGIN_FINISH_FIELDS[] = {
    ZY_FIELD(login_finish_in, login_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(login_finish_in, factor, ZY_F_TOKEN, 1, 20),
    ZY_FIELD(login_finish_in, value, ZY_F_DIGITS, 6, 6, ZY_SENSITIVE),
};
static const zy_field RESUME_FIELDS[] = {
    ZY_FIELD(resume_in, login_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(resume_in, proof, ZY_F_BASE64, 44, 44, ZY_SENSITIVE),
    ZY_FIELD(resume_in, device, ZY_F_OBJECT, 0, 0, .object = ZY_DEVICE_FIELDS, .object_count = ZY_COUNT(ZY_DEVICE_FIELDS)),
    ZY_ENVIRONMENT_FIELD(resume_in),
};

static const zy_field PASSWORD_START_FIELDS[] = {
    ZY_FIELD(password_start_in, kind, ZY_F_ENUM, 1, 8, .choices = "login|pay"),
    ZY_FIELD(password_start_in, old, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
    ZY_FIELD(password_start_in, password, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS,
             .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
};
#define FLAW_OUT \
    ZY_OUT("flaw", ZY_O_STR, .optional = true, .help = "with PASSWORD_WEAK: length, classes, common, repeats, similar or used")
static const zy_out PASSWORD_START_OUTS[] = {
    ZY_OUT("change_id", ZY_O_STR), ZY_OUT("phone", ZY_O_STR), ZY_OUT("expires_at", ZY_O_INT), FLAW_OUT,
};
static const zy_field PASSWORD_FINISH_FIELDS[] = {
    ZY_FIELD(password_finish_in, change_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(password_finish_in, code, ZY_F_DIGITS, 6, 6, ZY_SENSITIVE),
};
static const zy_field RESET_START_FIELDS[] = {
    ZY_FIELD(reset_start_in, user, ZY_F_USER, 1, 60, ZY_SENSITIVE),
    ZY_FIELD(reset_start_in, id_no, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS),
             .help = "encrypted with purpose 6"),
    ZY_FIELD(reset_start_in, pay_password, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS,
             .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
    ZY_FIELD(reset_start_in, captcha, ZY_F_OBJECT, 0, 0, .object = CAPTCHA_FIELDS, .object_count = ZY_COUNT(CAPTCHA_FIELDS)),
    ZY_FIELD(reset_start_in, device, ZY_F_OBJECT, 0, 0, .object = ZY_DEVICE_FIELDS, .object_count = ZY_COUNT(ZY_DEVICE_FIELDS)),
};
static const zy_out RESET_START_OUTS[] = { ZY_OUT("reset_id", ZY_O_STR), ZY_OUT("phone", ZY_O_STR), ZY_OUT("expires_at", ZY_O_INT) };
static const zy_field RESET_FINISH_FIELDS[] = {
    ZY_FIELD(reset_finish_in, reset_id, ZY_F_TOKEN, 1, 40),
    ZY_FIELD(reset_finish_in, code, ZY_F_DIGITS, 6, 6, ZY_SENSITIVE),
    ZY_FIELD(reset_finish_in, password, ZY_F_OBJECT, 0, 0, .object = ZY_SECRET_FIELDS, .object_count = ZY_COUNT(ZY_SECRET_FIELDS)),
};
static const zy_out RESET_FINISH_OUTS[] = { FLAW_OUT };
static const zy_field ALIAS_SET_FIELDS[] = { ZY_FIELD(alias_set_in, alias, ZY_F_USER, 6, 20) };

#define CUSTOMER_API(api_name, api_class, rate, words, handler) \
    .name = (api_name), .door = ZY_DOOR_CUSTOMER, .class = (api_class), .per_minute = (rate), .title = (words), .run = (handler)

const zy_api ZY_IDENTITY_APIS[] = {
    { CUSTOMER_API("app.bootstrap", ZY_PUBLIC, 60, "What a client must know at its start", bootstrap),
      ZY_FIELDS(bootstrap_in, BOOTSTRAP_FIELDS), ZY_OUTS(BOOTSTRAP_OUTS) },
    { CUSTOMER_API("auth.captcha", ZY_PUBLIC, 20, "A graphic captcha", captcha), ZY_NO_FIELDS, ZY_OUTS(CAPTCHA_OUTS) },
    { CUSTOMER_API("auth.challenge", ZY_PUBLIC, 60, "A challenge to encrypt a password to", challenge), ZY_NO_FIELDS,
      ZY_OUTS(CHALLENGE_OUTS) },
    { CUSTOMER_API("auth.login.start", ZY_PUBLIC, 30, "User and password; the first factor", zy_auth_login_start),
      .audited = true, ZY_FIELDS(login_start_in, LOGIN_START_FIELDS), ZY_OUTS(LOGIN_START_OUTS) },
    { CUSTOMER_API("auth.login.factor.begin", ZY_PUBLIC, 20, "Sends the login code", zy_auth_login_factor_begin),
      .audited = true, ZY_FIELDS(factor_begin_in, FACTOR_BEGIN_FIELDS), ZY_OUTS(FACTOR_BEGIN_OUTS) },
    { CUSTOMER_API("auth.login.factor.verify", ZY_PUBLIC, 20, "The transaction password, after a long absence",
                   zy_auth_login_factor_verify),
      .audited = true, ZY_FIELDS(login_verify_in, LOGIN_VERIFY_FIELDS), ZY_OUTS(LOGIN_VERIFY_OUTS) },
    { CUSTOMER_API("auth.login.finish", ZY_PUBLIC, 30, "The login code; the channel rotates", zy_auth_login_finish),
      .audited = true, ZY_FIELDS(login_finish_in, LOGIN_FINISH_FIELDS), .outs = ZY_SESSION_OUTS, .out_count = ZY_SESSION_OUT_COUNT },
    { CUSTOMER_API("auth.login.carrier", ZY_PUBLIC, 20, "The carrier's token instead of the login code; the channel rotates",
                   zy_auth_login_carrier),
      .audited = true, ZY_FIELDS(login_carrier_in, LOGIN_CARRIER_FIELDS), .outs = ZY_SESSION_OUTS, .out_count = ZY_SESSION_OUT_COUNT },
    { CUSTOMER_API("password.change.start", ZY_PROTECTED, 10, "Changes a password: the old one, the new one; sends a code",
                   zy_password_change_start),
      .audited = true, .critical = true, ZY_FIELDS(password_start_in, PASSWORD_START_FIELDS), ZY_OUTS(PASSWORD_START_OUTS) },
    { CUSTOMER_API("password.change.finish", ZY_PROTECTED, 10, "The code; a changed login password ends the login",
                   zy_password_change_finish),
      .audited = true, .critical = true, ZY_FIELDS(password_finish_in, PASSWORD_FINISH_FIELDS) },
    { CUSTOMER_API("password.reset.start", ZY_PUBLIC, 10, "A forgotten login password: what one knows; sends a code",
                   zy_password_reset_start),
      .audited = true, .critical = true, ZY_FIELDS(reset_start_in, RESET_START_FIELDS), ZY_OUTS(RESET_START_OUTS) },
    { CUSTOMER_API("password.reset.finish", ZY_PUBLIC, 10, "The code and the new login password", zy_password_reset_finish),
      .audited = true, .critical = true, ZY_FIELDS(reset_finish_in, RESET_FINISH_FIELDS), ZY_OUTS(RESET_FINISH_OUTS) },
    { CUSTOMER_API("auth.session", ZY_PROTECTED, 60, "The facts of this login", zy_auth_session), ZY_NO_FIELDS,
      .outs = ZY_SESSION_OUTS, .out_count = ZY_SESSION_OUT_COUNT },
    { CUSTOMER_API("auth.resume", ZY_PUBLIC, 30, "Moves a login to this channel; it rotates", zy_auth_resume), .audited = true,
      ZY_FIELDS(resume_in, RESUME_FIELDS), .outs = ZY_SESSION_OUTS, .out_count = ZY_SESSION_OUT_COUNT },
    { CUSTOMER_API("auth.logout", ZY_PROTECTED, 30, "Ends this login", zy_auth_logout), ZY_NO_FIELDS },
    { CUSTOMER_API("alias.set", ZY_PRIVATE, 5, "A name of one's own to log in with", zy_alias_set), .audited = true,
      ZY_FIELDS(alias_set_in, ALIAS_SET_FIELDS) },
    { CUSTOMER_API("profile.get", ZY_PROTECTED, 60, "Who is logged in, masked", zy_profile_get), ZY_NO_FIELDS,
      .outs = ZY_SESSION_OUTS, .out_count = ZY_SESSION_OUT_COUNT },
};
const size_t ZY_IDENTITY_API_COUNT = ZY_COUNT(ZY_IDENTITY_APIS);
