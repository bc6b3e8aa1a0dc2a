#include "service/identity/login_world.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "service/audit/audit.h"
#include "service/identity/captcha.h"
#include "service/notify/notify.h"
#include "service/outbox/outbox.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"

person LI = { .customer_no = "9020260001", .name = "李测一", .id_no = "110101199003077715", .phone = "13911170001",
              .alias = "Plum.Tree", .password = "Plum2026tree", .pay_password = "275913" };
person WANG = { .customer_no = "9020260002", .name = "王测二", .id_no = "110101199003077728", .phone = "13911170002",
                .alias = "", .password = "Plum2026tree", .pay_password = "275913", .must_change = true };

/* --- the channel of a call, as the customer door has it --- */

typedef struct call_channel {
    zy_channel *channel, rotated;
    uint8_t k_res[ZY_SM3_BYTES];
    bool has_rotated;
} call_channel;

static zy_status digest_of(const zy_channel *c, uint8_t out[ZY_SM3_BYTES])
{
    return zy_sm3(ZY_PARTS(ZY_PART(c->session_id, sizeof c->session_id)), out);
}

static zy_status rotate(zy_caller *caller, zy_str login_id, uint8_t ret_session_digest[ZY_SM3_BYTES],
                        uint8_t ret_k_res[ZY_SM3_BYTES], zy_err *err)
{
    (void)err;
    call_channel *c = caller->channel;
    ZY_TRY(zy_zsc_rotate(c->channel, login_id, &c->rotated, ret_k_res));
    memcpy(c->k_res, ret_k_res, sizeof c->k_res); /* both sides derive it */
    c->has_rotated = true;
    return digest_of(&c->rotated, ret_session_digest);
}

static void session_digest(const zy_caller *caller, uint8_t out[ZY_SM3_BYTES])
{
    const call_channel *c = caller->channel;
    assert_int_equal(digest_of(c->channel, out), ZY_OK);
}

static const zy_identity_hooks HOOKS = { rotate, session_digest };

/* --- the world --- */

static zy_status insert_unit(zy_tx *tx, void *arg, zy_err *err)
{
    void **a = arg;
    return zy_customer_insert(tx, a[0], a[1], a[2], err);
}

static void add_person(zy_env *env, person *p)
{
    zy_secret login = { .n = strlen(p->password) }, pay = { .n = strlen(p->pay_password) };
    memcpy(login.bytes, p->password, login.n);
    memcpy(pay.bytes, p->pay_password, pay.n);
    const zy_customer_new c = { .customer_no = zy_str_of(p->customer_no), .name = zy_str_of(p->name),
                                .id_no = zy_str_of(p->id_no), .phone = zy_str_of(p->phone), .alias = zy_str_of(p->alias),
                                .login_password = &login, .pay_password = &pay, .password_rounds = (unsigned)zy_config_int(env->config, "password.iterations"),
                                .must_change_password = p->must_change };
    zy_customer_row *row = NULL;
    zy_err err = { 0 };
    ASSERT_OK(zy_customer_prepare(env, &c, &row, &err));
    void *arg[] = { env, row, &p->id };
    ASSERT_OK(zy_db_run(env->db, "test.customer", insert_unit, arg, &err));
    zy_customer_row_free(row);
}

static void add_apis(world *w)
{
    static const zy_api_hooks DISPATCH = { .login = zy_identity_login, .refused = zy_audit_refusal };
    zy_err err = { 0 };
    ASSERT_OK(zy_registry_new(w->env, &w->registry, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_IDENTITY_APIS, ZY_IDENTITY_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_DEVICE_APIS, ZY_DEVICE_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_PASSKEY_APIS, ZY_PASSKEY_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_NOTIFY_APIS, ZY_NOTIFY_API_COUNT, &err));
    zy_registry_hooks(w->registry, &DISPATCH);
}

int world_open(void **state)
{
    world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    zy_err err = { 0 };
    ASSERT_OK(zy_test_env_open(&w->env));
    ASSERT_OK(zy_identity_start(w->env, &HOOKS, &err));
    add_apis(w);
    add_person(w->env, &LI);
    add_person(w->env, &WANG);
    *state = w;
    return 0;
}

int world_close(void **state)
{
    world *w = *state;
    zy_identity_stop();
    zy_registry_free(w->registry);
    zy_test_env_close(w->env);
    free(w);
    return 0;
}

void world_restart(world *w)
{
    zy_err err = { 0 };
    zy_identity_stop();
    ASSERT_OK(zy_identity_start(w->env, &HOOKS, &err));
}

void world_turn(world *w, zy_dur by)
{
    zy_clock_fake_turn(zy_test_env_clock(w->env), by);
}

/* --- phones --- */

void phone_hello(phone *p)
{
    zy_channel_wipe(&p->channel);
    ASSERT_OK(zy_random(&p->channel.session_id, sizeof p->channel.session_id));
    ASSERT_OK(zy_random(&p->channel.th, sizeof p->channel.th));
    ASSERT_OK(zy_random(&p->channel.prk, sizeof p->channel.prk));
}

void phone_make(phone *p, world *w, const char *name, const char *address)
{
    *p = (phone){ .w = w, .name = name, .address = address };
    ASSERT_OK(zy_sm2_generate(&p->key));
    phone_hello(p);
}

void phone_free(phone *p)
{
    zy_sm2_key_free(p->key);
    zy_json_free(p->answer);
    zy_channel_wipe(&p->channel);
}

static zy_status answer_code(const zy_json *answer)
{
    static const struct {
        const char *name;
        zy_status status;
    } NAMES[] = {
#define NAME_ROW(status_name, number, http, text) { #status_name, ZY_##status_name },
        ZY_STATUS_LIST(NAME_ROW)
#undef NAME_ROW
    };
    zy_str code = { 0 };
    assert_true(zy_json_str(answer, "code", &code));
    for (size_t i = 0; i < ZY_COUNT(NAMES); i++)
        if (zy_str_eq_c(code, NAMES[i].name))
            return NAMES[i].status;
    return ZY_INTERNAL;
}

static void take_rotation(phone *p, const call_channel *c)
{
    if (!c->has_rotated)
        return;
    p->channel = c->rotated;
    memcpy(p->k_res, c->k_res, sizeof p->k_res);
}

static zy_status call_with(phone *p, const char *api, const char *id, const char *body)
{
    call_channel c = { .channel = &p->channel };
    zy_caller caller = { .door = ZY_DOOR_CUSTOMER, .address = zy_str_of(p->address), .channel = &c,
                         .channel_th = p->channel.th };
    ZY_AUTO(zy_arena_free) zy_arena *arena = zy_arena_new(1 << 20);
    ZY_AUTO_BUF request = { 0 };
    ZY_AUTO_BUF out = { 0 };
    zy_buf_fmt(&request, "{\"api\":\"%s\",\"v\":1,\"t\":%lld,%s\"body\":%s}", api, (long long)zy_env_now(p->w->env).ms, id, body);
    zy_status told = zy_dispatch(p->w->registry, &caller, arena, zy_buf_view(&request), &out);
    zy_json_free(ZY_STEAL(p->answer));
    ASSERT_OK(zy_json_parse(zy_buf_view(&out), &p->answer));
    assert_int_equal(told, answer_code(p->answer));
    if (told == ZY_OK)
        take_rotation(p, &c);
    return told;
}

zy_status phone_call(phone *p, const char *api, const char *body)
{
    return call_with(p, api, "", body);
}

zy_status phone_order(phone *p, const char *api, const char *body)
{
    static unsigned serial;
    char id[60];
    snprintf(id, sizeof id, "\"id\":\"phone-order-%010u\",", ++serial);
    return call_with(p, api, id, body);
}

static const zy_json *at_path(const phone *p, const char *path)
{
    const zy_json *at = zy_json_get(p->answer, "body");
    zy_str rest = zy_str_of(path), part;
    while (zy_str_next(&rest, '.', &part)) {
        char key[40];
        ASSERT_OK(zy_str_copy(part, key, sizeof key));
        at = at != NULL ? zy_json_get(at, key) : NULL;
    }
    return at;
}

const char *phone_text(const phone *p, const char *path)
{
    static char text[4][256];
    static int turn;
    zy_str s = { 0 };
    char *out = text[turn++ % 4];
    *out = '\0';
    if (zy_json_as_str(at_path(p, path), &s))
        ASSERT_OK(zy_str_copy(s, out, sizeof text[0]));
    return out;
}

bool phone_flag(const phone *p, const char *name)
{
    bool flag = false;
    return zy_json_as_bool(at_path(p, name), &flag) && flag;
}

/* --- what a client computes --- */

#define SECRET_PLAIN 82 /* challenge 16 | purpose | length | password 64 */

void phone_secret(phone *p, const char *password, uint8_t purpose, char *out, size_t size)
{
    uint8_t plain[SECRET_PLAIN] = { 0 }, key[ZY_SM2_PUB_BYTES];
    size_t n = 0;
    ASSERT_OK(phone_call(p, "auth.challenge", "{}"));
    ASSERT_OK(zy_base64_decode(zy_str_of(phone_text(p, "challenge")), plain, 16, &n));
    ASSERT_OK(zy_base64_decode(zy_str_of(phone_text(p, "public_key")), key, sizeof key, &n));
    plain[16] = purpose;
    plain[17] = (uint8_t)strlen(password);
    memcpy(plain + 18, password, strlen(password));
    ZY_AUTO(zy_sm2_pub_free) zy_sm2_pub *pub = NULL;
    ZY_AUTO_BUF cipher = { 0 };
    char text[512];
    ASSERT_OK(zy_sm2_pub_from(key, sizeof key, &pub));
    ASSERT_OK(zy_sm2_encrypt(pub, plain, sizeof plain, &cipher));
    zy_base64_encode(cipher.p, cipher.n, text);
    snprintf(out, size, "{\"challenge_id\":\"%s\",\"cipher\":\"%s\"}", phone_text(p, "challenge_id"), text);
}

static void device_json(const phone *p, const zy_sm2_key *signer, char *out, size_t size)
{
    uint8_t key[ZY_SM2_PUB_BYTES], sig[ZY_SM2_SIG_BYTES];
    char key_text[92], sig_text[92];
    zy_sm2_public(p->key, key);
    ASSERT_OK(zy_sm2_sign(signer != NULL ? signer : p->key, ZY_LABEL_DEVICE, ZY_PARTS(ZY_PART(p->channel.th, ZY_SM3_BYTES)),
                          sig));
    zy_base64_encode(key, sizeof key, key_text);
    zy_base64_encode(sig, sizeof sig, sig_text);
    snprintf(out, size, "{\"name\":\"%s\",\"os\":\"TestOS 1\",\"fingerprint\":\"fp-%s\",\"public_key\":\"%s\",\"sig\":\"%s\"}",
             p->name, p->fingerprint != NULL ? p->fingerprint : p->name, key_text, sig_text);
}

/* ,"environment":{…} or nothing. */
static const char *environment_json(const phone *p, char out[200])
{
    snprintf(out, 200, "%s%s", p->environment != NULL ? ",\"environment\":" : "", p->environment != NULL ? p->environment : "");
    return out;
}

void phone_device(phone *p, char *out, size_t size)
{
    device_json(p, NULL, out, size);
}

zy_status phone_reset_start(phone *p, const char *user, const char *id_no, const char *pay_password)
{
    char secret[700], numbers[700], device[500], captcha[ZY_CAPTCHA_ID_MAX], body[2400];
    ASSERT_OK(zy_captcha_keep(p->channel.th, zy_env_now(p->w->env), "ACEFH", captcha));
    phone_secret(p, pay_password, 2, secret, sizeof secret);
    phone_secret(p, id_no, 6, numbers, sizeof numbers);
    phone_device(p, device, sizeof device);
    snprintf(body, sizeof body,
             "{\"user\":\"%s\",\"id_no\":%s,\"pay_password\":%s,\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"acefh\"},"
             "\"device\":%s}", user, numbers, secret, captcha, device);
    return phone_call(p, "password.reset.start", body);
}

zy_status phone_login_start(phone *p, const attempt *a)
{
    char secret[700], device[500], captcha[200] = "", environment[200], body[1900];
    phone_secret(p, a->password, 1, secret, sizeof secret);
    device_json(p, a->signer, device, sizeof device);
    if (a->captcha_id != NULL)
        snprintf(captcha, sizeof captcha, ",\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"%s\"}", a->captcha_id, a->captcha_text);
    snprintf(body, sizeof body, "{\"user\":\"%s\",\"password\":%s,\"device\":%s%s%s}", a->user, secret, device, captcha,
             environment_json(p, environment));
    zy_status status = phone_call(p, "auth.login.start", body);
    if (status == ZY_OK)
        ASSERT_OK(zy_str_copy(zy_str_of(phone_text(p, "login_id")), p->login_id, sizeof p->login_id));
    return status;
}

const char *world_newest_text(world *w, const char *number)
{
    static char out[600];
    char path[400];
    int sent = 0;
    zy_time at;
    zy_err err = { 0 };
    ZY_AUTO_BUF text = { 0 };
    do
        ASSERT_OK(zy_outbox_run_once(w->env, &sent, &err));
    while (sent > 0);
    ZY_AUTO_BUF file = { 0 };
    zy_buf_str(&file, zy_config_text(w->env->config, "sms.mailbox"));
    snprintf(path, sizeof path, "%s", file.p);
    *out = '\0';
    if (zy_mailbox_newest(path, zy_str_of(number), &at, &text) == ZY_OK)
        ASSERT_OK(zy_str_copy(zy_buf_view(&text), out, sizeof out));
    return out;
}

void world_newest_code(world *w, const char *number, char ret_code[7])
{
    static const char BEFORE[] = "验证码";
    const char *found = strstr(world_newest_text(w, number), BEFORE);
    assert_non_null(found);
    snprintf(ret_code, 7, "%s", found + strlen(BEFORE));
}

zy_status phone_code(phone *p, const char *number, char ret_code[7])
{
    char body[100];
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"sms\"}", p->login_id);
    zy_status status = phone_call(p, "auth.login.factor.begin", body);
    if (status != ZY_OK)
        return status;
    world_newest_code(p->w, number, ret_code);
    return ZY_OK;
}

zy_status phone_login_finish(phone *p, const char *code)
{
    char body[140];
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"factor\":\"sms\",\"value\":\"%s\"}", p->login_id, code);
    return phone_call(p, "auth.login.finish", body);
}

zy_status phone_login(phone *p, const person *who)
{
    char code[7];
    const attempt a = { .user = who->phone, .password = who->password };
    ZY_TRY(phone_login_start(p, &a));
    ZY_TRY(phone_code(p, who->phone, code));
    return phone_login_finish(p, code);
}

zy_status phone_resume(phone *p)
{
    uint8_t proof[ZY_SM3_BYTES];
    char proof_text[48], device[500], environment[200], body[900];
    ASSERT_OK(zy_zsc_resume_proof(p->k_res, p->channel.th, proof));
    zy_base64_encode(proof, sizeof proof, proof_text);
    device_json(p, NULL, device, sizeof device);
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"proof\":\"%s\",\"device\":%s%s}", p->login_id, proof_text, device,
             environment_json(p, environment));
    return phone_call(p, "auth.resume", body);
}

zy_status phone_quick_start(phone *p)
{
    char device[500], environment[200], body[800];
    device_json(p, NULL, device, sizeof device);
    snprintf(body, sizeof body, "{\"device\":%s%s}", device, environment_json(p, environment));
    zy_status status = phone_call(p, "auth.quick.start", body);
    if (status == ZY_OK)
        ASSERT_OK(zy_str_copy(zy_str_of(phone_text(p, "login_id")), p->login_id, sizeof p->login_id));
    return status;
}

zy_status phone_quick_finish(phone *p, const char *points)
{
    char secret[700], body[800];
    phone_secret(p, points, 5, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"login_id\":\"%s\",\"gesture\":%s}", p->login_id, secret);
    return phone_call(p, "auth.quick.finish", body);
}

zy_call phone_context(phone *p, zy_caller *caller, const person *who)
{
    *caller = (zy_caller){ .door = ZY_DOOR_CUSTOMER, .address = zy_str_of(p->address), .customer = who->id,
                           .channel_th = p->channel.th };
    return (zy_call){ .env = p->w->env, .caller = caller, .now = zy_env_now(p->w->env), .trace = "TEST" };
}

/* --- looking --- */

typedef struct audit_job {
    const char *event;
    zy_json *found;
} audit_job;

static zy_status audit_unit(zy_rtx *rtx, void *arg, zy_err *err)
{
    audit_job *job = arg;
    const zy_audit_filter filter = { .event_prefix = zy_str_of(job->event), .limit = 100 };
    zy_id next;
    return zy_audit_search(rtx, &filter, job->found, &next, err);
}

zy_json *world_audit_records(world *w, const char *event)
{
    audit_job job = { event, zy_json_array() };
    zy_err err = { 0 };
    ASSERT_OK(zy_db_read(w->env->db, "test.audits", audit_unit, &job, &err));
    return job.found;
}

int world_audits(world *w, const char *event)
{
    ZY_AUTO(zy_json_free) zy_json *found = world_audit_records(w, event);
    return (int)zy_json_count(found);
}
