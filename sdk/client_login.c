/* Device, secrets and login. */
#include <string.h>

#include "client_internal.h"

#define CHALLENGE_BYTES 16
#define SECRET_AT       (CHALLENGE_BYTES + 2)
#define PLAIN_BYTES     (SECRET_AT + ZY_KEYPAD_MAX)
#define CIPHER_TEXT     400

enum { PURPOSE_LOGIN = 1 };

/* --- the device --- */

zy_status zy_client_device(zy_client *c, zy_json **ret_device, zy_err *err)
{
    uint8_t public_key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    char public_text[89], sig_text[89], id[ZY_DEVICE_ID_MAX];
    if (!c->has_channel)
        ZY_TRY(zy_client_ready(c, err));
    zy_sm2_public(c->options.device_key, public_key);
    ZY_TRY(zy_sm2_sign(c->options.device_key, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(c->channel.th, ZY_SM3_BYTES)), sig));
    ZY_TRY(zy_zsc_device_id(public_key, id));
    zy_base64_encode(public_key, sizeof public_key, public_text);
    zy_base64_encode(sig, sizeof sig, sig_text);
    zy_json *device = zy_json_object();
    zy_json_set_c(device, "name", c->device_name);
    zy_json_set_c(device, "os", c->device_os);
    zy_json_set_c(device, "fingerprint", id);
    zy_json_set_c(device, "public_key", public_text);
    zy_json_set_c(device, "sig", sig_text);
    *ret_device = device;
    return ZY_OK;
}

/* --- secrets --- */

typedef struct challenge {
    zy_json *answer; /* owns what the others lend */
    zy_str id;
    uint8_t bytes[CHALLENGE_BYTES];
    zy_sm2_pub *key;
} challenge;

static void challenge_free(challenge *ch)
{
    zy_json_free(ch->answer);
    zy_sm2_pub_free(ch->key);
}

static zy_status challenge_get(zy_client *c, challenge *ch, zy_err *err)
{
    zy_str bytes_text, key_text;
    uint8_t key[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    ZY_TRY(zy_client_query(c, "auth.challenge", NULL, &ch->answer, err));
    const zy_json *body = zy_json_get(ch->answer, "body");
    if (!zy_client_is(ch->answer, "OK") || !zy_json_str(body, "challenge_id", &ch->id) ||
        !zy_json_str(body, "challenge", &bytes_text) || !zy_json_str(body, "public_key", &key_text) ||
        zy_base64_decode(bytes_text, ch->bytes, sizeof ch->bytes, &n) != ZY_OK || n != CHALLENGE_BYTES ||
        zy_base64_decode(key_text, key, sizeof key, &n) != ZY_OK || zy_sm2_pub_from(key, n, &ch->key) != ZY_OK)
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "no challenge, or one of another shape");
    return ZY_OK;
}

/* plain: its secret stands in place; the rest is filled here. */
static zy_status seal_secret(zy_client *c, uint8_t purpose, uint8_t plain[PLAIN_BYTES], size_t n, zy_json **ret_member, zy_err *err)
{
    __attribute__((cleanup(challenge_free))) challenge ch = { 0 };
    ZY_AUTO_BUF cipher = { 0 };
    char text[CIPHER_TEXT];
    if (n == 0 || n > ZY_KEYPAD_MAX)
        return zy_fail(err, ZY_BAD_FIELD, NULL, "a secret has 1 to %d bytes", ZY_KEYPAD_MAX);
    ZY_TRY(challenge_get(c, &ch, err));
    memcpy(plain, ch.bytes, CHALLENGE_BYTES);
    plain[CHALLENGE_BYTES] = purpose;
    plain[CHALLENGE_BYTES + 1] = (uint8_t)n;
    ZY_TRY(zy_sm2_encrypt(ch.key, plain, PLAIN_BYTES, &cipher));
    if (4 * ((cipher.n + 2) / 3) + 1 > sizeof text)
        return ZY_INTERNAL;
    zy_base64_encode(cipher.p, cipher.n, text);
    zy_json *member = zy_json_object();
    zy_json_set_str(member, "challenge_id", ch.id);
    zy_json_set_c(member, "cipher", text);
    *ret_member = member;
    return ZY_OK;
}

zy_status zy_client_secret(zy_client *c, uint8_t purpose, const char *secret, zy_json **ret_member, zy_err *err)
{
    uint8_t plain[PLAIN_BYTES] = { 0 };
    size_t n = strlen(secret);
    if (n <= ZY_KEYPAD_MAX)
        memcpy(plain + SECRET_AT, secret, n);
    zy_status status = seal_secret(c, purpose, plain, n, ret_member, err);
    zy_wipe(plain, sizeof plain);
    return status;
}

zy_status zy_client_secret_typed(zy_client *c, uint8_t purpose, const zy_keypad *keypad, zy_json **ret_member, zy_err *err)
{
    uint8_t plain[PLAIN_BYTES] = { 0 };
    size_t n = zy_keypad_read(keypad, plain + SECRET_AT);
    zy_status status = seal_secret(c, purpose, plain, n, ret_member, err);
    zy_wipe(plain, sizeof plain);
    return status;
}

/* --- login --- */

zy_status zy_client_login_start(zy_client *c, const char *user, const zy_json *secret, const zy_json *captcha,
                                zy_json **ret_answer, zy_err *err)
{
    zy_json *device = NULL;
    ZY_TRY(zy_client_device(c, &device, err));
    ZY_AUTO(zy_json_free) zy_json *body = zy_json_object();
    zy_json_set_c(body, "user", user);
    zy_json_set(body, "password", zy_json_copy(secret));
    if (captcha != NULL)
        zy_json_set(body, "captcha", zy_json_copy(captcha));
    zy_json_set(body, "device", device);
    return zy_client_exchange(c, "auth.login.start", NULL, body, ret_answer, err);
}

static zy_json *factor_body(const char *name, const char *value, const char *factor)
{
    zy_json *body = zy_json_object();
    zy_json_set_c(body, name, value);
    zy_json_set_c(body, "factor", factor);
    return body;
}

zy_status zy_client_login_begin(zy_client *c, const char *login_id, const char *factor, zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = factor_body("login_id", login_id, factor);
    return zy_client_call(c, "auth.login.factor.begin", NULL, body, ret_answer, err);
}

zy_status zy_client_login_finish(zy_client *c, const char *login_id, const char *factor, const char *value,
                                 zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *body = factor_body("login_id", login_id, factor);
    if (!c->has_channel) /* a pending login dies with its channel */
        return zy_fail(err, ZY_CHANNEL_EXPIRED, NULL, "the channel of this login is gone");
    zy_json_set_c(body, "value", value);
    return zy_client_rotating(c, "auth.login.finish", login_id, body, ret_answer, err);
}

zy_status zy_client_ask_code(const zy_json *begun, zy_client_code_fn ask_code, void *arg, char code[16], zy_err *err)
{
    zy_str phone;
    char text[64];
    if (!zy_json_str(zy_json_get(begun, "body"), "phone", &phone) || zy_str_copy(phone, text, sizeof text) != ZY_OK)
        return zy_fail(err, ZY_BAD_REQUEST, NULL, "the answer names no phone");
    return ask_code(arg, text, code) ? ZY_OK : zy_fail(err, ZY_FACTOR_WRONG, NULL, "no code was given");
}

static zy_status login_with_code(zy_client *c, const char *login_id, zy_client_code_fn ask_code, void *arg, zy_json **answer,
                                 zy_err *err)
{
    char code[16] = "";
    zy_json_free(ZY_STEAL(*answer));
    ZY_TRY(zy_client_login_begin(c, login_id, "sms", answer, err));
    if (!zy_client_is(*answer, "OK"))
        return ZY_OK;
    ZY_TRY(zy_client_ask_code(*answer, ask_code, arg, code, err));
    zy_json_free(ZY_STEAL(*answer));
    zy_status status = zy_client_login_finish(c, login_id, "sms", code, answer, err);
    zy_wipe(code, sizeof code);
    return status;
}

zy_status zy_client_login(zy_client *c, const char *user, const char *password, zy_client_code_fn ask_code, void *arg,
                          zy_json **ret_answer, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL, *secret = NULL;
    zy_str id;
    char login_id[sizeof c->login.login_id];
    zy_client_forget_login(c);
    ZY_TRY(zy_client_hello(c, err));
    ZY_TRY(zy_client_secret(c, PURPOSE_LOGIN, password, &secret, err));
    ZY_TRY(zy_client_login_start(c, user, secret, NULL, &answer, err));
    if (zy_client_is(answer, "OK") && zy_json_str(zy_json_get(answer, "body"), "login_id", &id)) {
        ZY_TRY(zy_str_copy(id, login_id, sizeof login_id));
        ZY_TRY(login_with_code(c, login_id, ask_code, arg, &answer, err));
    }
    *ret_answer = ZY_STEAL(answer);
    return ZY_OK;
}

zy_status zy_client_logout(zy_client *c, zy_err *err)
{
    ZY_AUTO(zy_json_free) zy_json *answer = NULL;
    if (c->login.login_id[0] == '\0')
        return ZY_OK;
    zy_status status = zy_client_query(c, "auth.logout", NULL, &answer, err);
    zy_client_forget_login(c);
    zy_client_drop_channel(c);
    return status == ZY_LOGIN_REQUIRED ? ZY_OK : status; /* it was over already */
}
