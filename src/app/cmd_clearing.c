/* zhangyin clearing verify: were the kept letters really signed by whom they say? */
#include <string.h>

#include "app/cmd.h"
#include "connector/clearing_letters.h"

enum { FILE_NAME, FORMER_KEY, HOME };
#define KEYS_MAX 256

typedef struct signers {
    zy_str member, house; /* codes */
    zy_sm2_pub *own[KEYS_MAX];
    size_t own_count;
    zy_sm2_pub *theirs[2]; /* of now, and a former one */
} signers;

static void signers_clear(signers *s)
{
    for (size_t i = 0; i < s->own_count; i++)
        zy_sm2_pub_free(s->own[i]);
    for (size_t i = 0; i < ZY_COUNT(s->theirs); i++)
        zy_sm2_pub_free(s->theirs[i]);
}

static zy_status signed_by_one(zy_sm2_pub *const *keys, size_t count, const zy_wire_head *head, zy_str body)
{
    zy_status status = ZY_SIGNATURE_BAD;
    for (size_t i = 0; i < count && status != ZY_OK; i++)
        if (keys[i] != NULL)
            status = zy_wire_signed(keys[i], head, body);
    return status;
}

static zy_status check(const zy_wire_head *head, zy_str body, void *arg)
{
    const signers *s = arg;
    const char *from = head->text[ZY_WIRE_FROM], *to = head->text[ZY_WIRE_TO];
    if (zy_str_eq_c(s->member, from) && zy_str_eq_c(s->house, to))
        return signed_by_one(s->own, s->own_count, head, body);
    if (zy_str_eq_c(s->house, from) && zy_str_eq_c(s->member, to))
        return signed_by_one(s->theirs, ZY_COUNT(s->theirs), head, body);
    return ZY_SIGNATURE_BAD;
}

static zy_status key_of(zy_str hex, zy_sm2_pub **ret_pub)
{
    uint8_t point[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    ZY_TRY(zy_hex_decode(hex, point, sizeof point, &n));
    return zy_sm2_pub_from(point, n, ret_pub);
}

static zy_status own_keys(const zy_keys *keys, signers *s)
{
    zy_key_info info[KEYS_MAX];
    size_t n = zy_keys_list(keys, info, KEYS_MAX);
    for (size_t i = 0; i < n; i++)
        if (info[i].purpose == ZY_KEY_CLEARING && info[i].state != ZY_KEY_DESTROYED)
            ZY_TRY(zy_sm2_pub_from(info[i].public_key, ZY_SM2_PUB_BYTES, &s->own[s->own_count++]));
    return ZY_OK;
}

static zy_status gather(const zy_app *app, const char *former, signers *s, zy_err *err)
{
    s->member = zy_config_text(app->config, "clearing.member");
    s->house = zy_config_text(app->config, "clearing.house");
    ZY_TRY(own_keys(app->env.keys, s));
    if (key_of(zy_config_text(app->config, "clearing.house_sign_key"), &s->theirs[0]) != ZY_OK)
        return zy_fail(err, ZY_CONFIG_BAD, "clearing.house_sign_key", "no key of a house is configured");
    if (former != NULL && key_of(zy_str_of(former), &s->theirs[1]) != ZY_OK)
        return zy_fail(err, ZY_BAD_FIELD, "--former-key", "130 hex digits are expected");
    return ZY_OK;
}

static int verify(const cmd *c, char **v)
{
    zy_err err = { 0 };
    signers s = { .own_count = 0 };
    zy_letters_found found = { 0 };
    ZY_AUTO(zy_app_close) zy_app *app = NULL;
    if (v[FILE_NAME] == NULL) {
        fputs("zhangyin clearing verify: name a file of letters\n", stderr);
        return EXIT_USAGE;
    }
    zy_status status = zy_app_open(cmd_home(v[HOME]), ZY_APP_TOOL, &app, &err);
    if (status == ZY_OK)
        status = gather(app, v[FORMER_KEY], &s, &err);
    if (status == ZY_OK)
        status = zy_letters_verify(v[FILE_NAME], check, &s, &found, &err);
    signers_clear(&s);
    if (status != ZY_OK)
        return cmd_failed(c->name, status, &err);
    printf("%llu letters are signed as they say", (unsigned long long)found.good);
    if (found.bad > 0)
        printf(", %llu are not (the first in line %llu)", (unsigned long long)found.bad, (unsigned long long)found.first_bad);
    puts("");
    return found.bad == 0 ? EXIT_DONE : EXIT_FOUND_FAULTS;
}

const cmd CMD_CLEARING_VERIFY = { "clearing verify",
                                  "checks the signatures of kept letters to and from the clearing house",
                                  verify,
                                  { [FILE_NAME] = { "FILE", NULL, "a day's letters (clearing.letters)" },
                                    [FORMER_KEY] = { "--former-key", "HEX", "a key that the house signed with before" },
                                    [HOME] = { "--home", "DIR", "the bank's home (default: ZY_HOME, else var)" } },
                                  NULL };
