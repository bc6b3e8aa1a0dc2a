/* Guessing what somebody holds or is: passkeys, the face, the number of the SIM card. See siege.h. The providers of faces and of
 * numbers play outside, behind a real connection. */
#include <stdio.h>
#include <string.h>

#include "connector/face.h"
#include "siege.h"
#include "zy_test.h"
#include "zy_test_carrier.h"
#include "zy_test_face.h"
#include "zy_test_passkey.h"

#define BODY_MAX 3000
#define RP       "bank.example"
#define ORIGIN   "https://m.bank.example"
#define STRANGER "110101200002290013"

/* --- an order of LI's, proven --- */

static void keep_order(siege *s)
{
    snprintf(s->thing.id, sizeof s->thing.id, "%s", phone_text(&s->p, "order_id"));
    snprintf(s->thing.digest, sizeof s->thing.digest, "%s", phone_text(&s->p, "digest"));
}

static void prove_order(siege *s)
{
    char code[7];
    keep_order(s);
    ASSERT_OK(attack_pay(&s->p, &s->thing, LI.pay_password));
    attack_order_sms(&s->p, &s->thing, code);
    ASSERT_OK(attack_verify(&s->p, &s->thing, "sms", code));
    ASSERT_OK(attack_confirm(&s->p, &s->thing));
}

/* --- passkeys: the thief holds the unlocked phone, but not the finger --- */

typedef struct fingers {
    zy_test_passkey own, other;
    uint8_t challenge[32];
} fingers;

static void take_challenge(siege *s, const char *path)
{
    fingers *f = s->tool;
    size_t n = 0;
    ASSERT_OK(zy_base64url_decode(zy_str_of(phone_text(&s->p, path)), f->challenge, sizeof f->challenge, &n));
}

static void set_passkey(siege *s)
{
    fingers *f = s->tool;
    zy_test_passkey_answer made;
    char json[2200];
    ASSERT_OK(phone_call(&s->p, "passkey.begin", "{}"));
    take_challenge(s, "challenge");
    zy_test_passkey_create(&f->own, f->challenge, &made);
    zy_test_passkey_json(&f->own, &made, json, sizeof json);
    ASSERT_OK(attack_order(&s->p, "passkey.set.prepare", "{\"name\":\"my finger\",%s", strstr(json, "\"client_data\"")));
    prove_order(s);
}

static void phone_with_passkey(siege *s, fingers *f, world *w)
{
    *f = (fingers){ .challenge = { 0 } };
    zy_test_passkey_make(&f->own, RP, ORIGIN);
    zy_test_passkey_make(&f->other, RP, ORIGIN);
    memcpy(f->other.id, f->own.id, sizeof f->own.id); /* says that it is the other's key */
    own_phone(s, w);
    s->tool = f;
    set_passkey(s);
}

static void end_passkeys(const front *of, siege *s)
{
    fingers *f = s->tool;
    zy_test_passkey_free(&f->own);
    zy_test_passkey_free(&f->other);
    end_siege(of, s);
}

static void sign(siege *s, bool right, char *out, size_t size)
{
    fingers *f = s->tool;
    zy_test_passkey_answer a;
    zy_test_passkey *key = right ? &f->own : &f->other;
    zy_test_passkey_sign(key, f->challenge, &a);
    zy_test_passkey_json(key, &a, out, size);
}

/* Once the key is switched off no login begins; he goes on with what he has. */
static zy_status guess_login(siege *s, bool right)
{
    char device[500], json[2200];
    take_time(s, 1);
    phone_device(&s->p, device, sizeof device);
    if (attack_call(&s->p, "auth.quick.start", "{\"device\":%s,\"factor\":\"passkey\"}", device) == ZY_OK) {
        ASSERT_OK(zy_str_copy(zy_str_of(phone_text(&s->p, "login_id")), s->p.login_id, sizeof s->p.login_id));
        take_challenge(s, "passkey.challenge");
    }
    sign(s, right, json, sizeof json);
    return attack_call(&s->p, "auth.quick.passkey", "{\"login_id\":\"%s\",\"passkey\":%s}", s->p.login_id, json);
}

static void passkeys_of_logins(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.login-factors.d");
    static const front F = { "passkey at login", 1, 1, IN_A_ROW, NULL, guess_login };
    siege s;
    fingers f;
    phone_with_passkey(&s, &f, *state);
    phone_hello(&s.p);
    for (int i = 0; i < IN_A_ROW; i++)
        guess_wrong(&F, &s);
    guess_right_in_vain(&F, &s, guesses_of(&F) / 2);
    world_turn(*state, ZY_HOURS(25));
    phone_hello(&s.p);
    guess_right_in_vain(&F, &s, guesses_of(&F) / 2);
    end_passkeys(&F, &s);
}

static zy_status guess_order(siege *s, bool right)
{
    char json[2200], value[3000];
    take_time(s, 1);
    ZY_TRY(attack_call(&s->p, "order.factor.begin", "{\"order_id\":\"%s\",\"factor\":\"passkey\"}", s->thing.id));
    take_challenge(s, "challenge");
    sign(s, right, json, sizeof json);
    zy_base64_encode(json, strlen(json), value);
    return attack_call(&s->p, "order.factor.verify", "{\"order_id\":\"%s\",\"factor\":\"passkey\",\"value\":\"%s\"}", s->thing.id, value);
}

static void passkeys_of_orders(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    static const front F = { "passkey of an order", 1, 1, IN_A_ROW, NULL, guess_order };
    siege s;
    fingers f;
    phone_with_passkey(&s, &f, *state);
    attack_transfer(&s.p, &s.thing);
    ASSERT_OK(attack_choose(&s.p, &s.thing, "pay_password+passkey"));
    ASSERT_OK(attack_pay(&s.p, &s.thing, LI.pay_password));
    for (int i = 0; i < IN_A_ROW; i++)
        guess_wrong(&F, &s);
    guess_right_in_vain(&F, &s, guesses_of(&F));
    attack_transfer(&s.p, &s.thing); /* of the next order it is no factor any more */
    ASSERT_STATUS(attack_choose(&s.p, &s.thing, "pay_password+passkey"), ZY_BAD_FIELD);
    end_passkeys(&F, &s);
}

/* --- the number of the SIM card: he knows the password, and has a phone with another card --- */

static zy_status begin_login(siege *s)
{
    char body[BODY_MAX];
    phone_hello(&s->p);
    attack_from_elsewhere(&s->p);
    attack_login_body(&s->p, LI.phone, LI.password, body, sizeof body);
    ZY_TRY(phone_call(&s->p, "auth.login.start", body));
    return zy_str_copy(zy_str_of(phone_text(&s->p, "login_id")), s->p.login_id, sizeof s->p.login_id);
}

static zy_status guess_number(siege *s, bool right)
{
    char token[40];
    take_time(s, 16);
    snprintf(carrier_beside.phone, sizeof carrier_beside.phone, "%s", right ? LI.phone : WANG.phone);
    ZY_TRY(attack_call(&s->p, "auth.login.factor.begin", "{\"login_id\":\"%s\",\"factor\":\"carrier\"}", s->p.login_id));
    ASSERT_OK(carrier_token(&carrier_beside, zy_str_of(phone_text(&s->p, "nonce")), token, NULL));
    return attack_call(&s->p, "auth.login.carrier", "{\"login_id\":\"%s\",\"token\":\"%s\"}", s->p.login_id, token);
}

static void numbers_of_sim_cards(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i", "mb.auth-methods.a-i");
    static const front F = { "own number at login", 1, 3, 10, begin_login, guess_number };
    world *w = *state;
    carrier_beside_start(w->env);
    besiege_secret(&F, w);
    carrier_beside_stop(w->env);
}

/* --- the face: he knows name and identity number, and shows his own --- */

static void show(siege *s, const char *who)
{
    static unsigned serial;
    const zy_json *actions = zy_json_get(zy_json_get(s->p.answer, "body"), "actions");
    char capture[40], action[ZY_FACE_ACTIONS_MAX][16], image[1000];
    zy_str text = { 0 };
    int count = (int)zy_json_count(actions);
    assert_in_range(count, 2, ZY_FACE_ACTIONS_MAX);
    ASSERT_OK(zy_str_copy(zy_str_of(phone_text(&s->p, "capture_id")), capture, sizeof capture));
    for (int i = 0; i < count; i++) {
        assert_true(zy_json_as_str(zy_json_at(actions, (size_t)i), &text));
        ASSERT_OK(zy_str_copy(text, action[i], sizeof action[i]));
    }
    for (int i = 0; i < count * ZY_FACE_FRAMES_MAX; i++) {
        ZY_AUTO_BUF picture = { 0 };
        face_picture_write(who, action[i / ZY_FACE_FRAMES_MAX], true, ++serial, &picture);
        assert_in_range(picture.n, 1, sizeof image / 4 * 3 - 4);
        zy_base64_encode(picture.p, picture.n, image);
        ASSERT_OK(attack_call(&s->p, "face.frame", "{\"capture_id\":\"%s\",\"action\":%d,\"frame\":%d,\"image\":\"%s\"}", capture,
                              i / ZY_FACE_FRAMES_MAX, i % ZY_FACE_FRAMES_MAX, image));
    }
    snprintf(s->thing.id, sizeof s->thing.id, "%s", capture);
}

static void enrol_face(world *w)
{
    siege s;
    own_phone(&s, w);
    ASSERT_OK(attack_order(&s.p, "face.agree.prepare", "{\"consent_version\":\"1\"}"));
    prove_order(&s);
    ASSERT_OK(phone_call(&s.p, "face.enrol.begin", "{}"));
    show(&s, LI.id_no);
    ASSERT_OK(attack_call(&s.p, "face.enrol.finish", "{\"capture_id\":\"%s\"}", s.thing.id));
    phone_free(&s.p);
}

static zy_status guess_face(siege *s, bool right)
{
    char numbers[700], device[500], captcha[120];
    take_time(s, 16);
    phone_hello(&s->p);
    attack_captcha(&s->p, captcha);
    phone_secret(&s->p, LI.id_no, 6, numbers, sizeof numbers);
    phone_device(&s->p, device, sizeof device);
    ZY_TRY(attack_call(&s->p, "password.reset.face.start", "{\"user\":\"%s\",\"id_no\":%s,\"captcha\":%s,\"device\":%s}", LI.phone,
                       numbers, captcha, device));
    show(s, right ? LI.id_no : STRANGER);
    return attack_call(&s->p, "password.reset.face.finish", "{\"capture_id\":\"%s\"}", s->thing.id);
}

static void faces_of_resets(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    static const front F = { "face of a reset", 1, 3, 10, NULL, guess_face };
    world *w = *state;
    face_beside_start(w->env);
    enrol_face(w);
    besiege_secret(&F, w);
    face_beside_stop(w->env);
}

#define SIEGE(name) cmocka_unit_test_setup_teardown(name, attacked_open, attacked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SIEGE(passkeys_of_logins),
        SIEGE(passkeys_of_orders),
        SIEGE(numbers_of_sim_cards),
        SIEGE(faces_of_resets),
    };
    return zy_test_main("attack_held", tests, ZY_COUNT(tests));
}
