/* Server-side face recognition from the consent to the order, with the simulated provider behind a real connection; both engines. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bank/security/security.h"
#include "flow/flow.h"
#include "service/approval/approval.h"
#include "service/face/capture.h"
#include "service/face/face.h"
#include "service/factor/factor.h"
#include "service/identity/captcha.h"
#include "service/identity/login_world.h"
#include "service/identity/tries.h"
#include "zy_test.h"
#include "zy_test_db.h"
#include "zy_test_env.h"
#include "zy_test_face.h"

static unsigned serial; /* of the last picture */

/* --- the bank and its provider --- */

static int set_up(void **state)
{
    zy_err err = { 0 };
    WANG.must_change = false;
    world_open(state);
    world *w = *state;
    ASSERT_OK(zy_registry_add(w->registry, ZY_SECURITY_APIS, ZY_SECURITY_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_FLOW_APIS, ZY_FLOW_API_COUNT, &err));
    ASSERT_OK(zy_registry_add(w->registry, ZY_FACE_APIS, ZY_FACE_API_COUNT, &err));
    ASSERT_OK(zy_security_start(w->env, &err));
    ASSERT_OK(zy_face_start(w->env, &err));
    face_beside_start(w->env);
    return 0;
}

static int tear_down(void **state)
{
    world *w = *state;
    zy_face_stop();
    face_beside_stop(w->env);
    return world_close(state);
}

static void logged_in(phone *p, world *w, const person *who, const char *name)
{
    phone_make(p, w, name, "203.0.113.7");
    ASSERT_OK(phone_login(p, who));
    world_turn(w, ZY_MINUTES(1));
}

/* --- orders --- */

typedef struct order {
    char id[40], digest[80];
} order;

static zy_status prepare(phone *p, const char *api, const char *body, order *o)
{
    ZY_TRY(phone_order(p, api, body));
    snprintf(o->id, sizeof o->id, "%s", phone_text(p, "order_id"));
    snprintf(o->digest, sizeof o->digest, "%s", phone_text(p, "digest"));
    return ZY_OK;
}

static zy_status on_order(phone *p, const char *api, const order *o, const char *members)
{
    char body[900];
    snprintf(body, sizeof body, "{\"order_id\":\"%s\",%s}", o->id, members);
    return phone_call(p, api, body);
}

static zy_status verify_password(phone *p, const order *o, const person *who)
{
    char secret[700], members[800];
    phone_secret(p, who->pay_password, 2, secret, sizeof secret);
    snprintf(members, sizeof members, "\"factor\":\"pay_password\",\"value\":%s", secret);
    return on_order(p, "order.factor.verify", o, members);
}

static zy_status verify_sms(phone *p, const order *o, const person *who)
{
    char members[80];
    ZY_TRY(on_order(p, "order.factor.begin", o, "\"factor\":\"sms\""));
    const char *found = strstr(world_newest_text(p->w, who->phone), "验证码");
    assert_non_null(found);
    snprintf(members, sizeof members, "\"factor\":\"sms\",\"value\":\"%.6s\"", found + strlen("验证码"));
    return on_order(p, "order.factor.verify", o, members);
}

static zy_status confirm(phone *p, const order *o)
{
    char members[100];
    snprintf(members, sizeof members, "\"digest\":\"%s\"", o->digest);
    return on_order(p, "order.confirm", o, members);
}

/* --- faces --- */

typedef struct challenge {
    char id[CAPTURE_ID_MAX];
    char action[ZY_FACE_ACTIONS_MAX][16];
    int actions;
} challenge;

static void read_challenge(const phone *p, challenge *c)
{
    const zy_json *body = zy_json_get(p->answer, "body"), *actions = zy_json_get(body, "actions");
    int64_t frames = 0, most = 0;
    zy_str text = { 0 };
    assert_true(zy_json_int(body, "frames", &frames) && frames == ZY_FACE_FRAMES_MAX);
    assert_true(zy_json_int(body, "frame_max", &most) && most == ZY_FACE_FRAME_MAX);
    snprintf(c->id, sizeof c->id, "%s", phone_text(p, "capture_id"));
    c->actions = (int)zy_json_count(actions);
    assert_in_range(c->actions, 2, ZY_FACE_ACTIONS_MAX);
    for (int i = 0; i < c->actions; i++) {
        assert_true(zy_json_as_str(zy_json_at(actions, (size_t)i), &text));
        ASSERT_OK(zy_str_copy(text, c->action[i], sizeof c->action[i]));
    }
}

/* How somebody behaves in front of the camera. */
typedef enum { GENUINE, STRANGER, OTHER_ACTIONS, SPOOF, REPLAY, NO_MARK } manner;

static zy_status send_frame(phone *p, const char *capture_id, int action, int frame, zy_str picture)
{
    char text[4 * ((ZY_FACE_FRAME_MAX + 40) / 3) + 8];
    ZY_AUTO_BUF body = { 0 };
    zy_base64_encode(picture.p, picture.n, text);
    zy_buf_fmt(&body, "{\"capture_id\":\"%s\",\"action\":%d,\"frame\":%d,\"image\":\"%s\"}", capture_id, action, frame, text);
    zy_buf_char(&body, '\0');
    return phone_call(p, "face.frame", body.p);
}

static void make_picture(manner how, const person *who, const challenge *c, int action, zy_buf *out)
{
    static const char NO_MARK_AT_ALL[] = "\xff\xd8\xff\xe0\x00\x04zz";
    const char *shown = c->action[how == OTHER_ACTIONS ? (action + 1) % c->actions : action];
    if (how == NO_MARK) {
        zy_buf_add(out, NO_MARK_AT_ALL, sizeof NO_MARK_AT_ALL - 1);
        zy_buf_fmt(out, "%060u\xff\xd9", ++serial);
        return;
    }
    face_picture_write(how == STRANGER ? "110101200002290013" : who->id_no, shown, how != SPOOF, how == REPLAY ? 0 : ++serial, out);
}

static void send_all(phone *p, const person *who, const challenge *c, manner how)
{
    for (int i = 0; i < c->actions; i++)
        for (int k = 0; k < ZY_FACE_FRAMES_MAX; k++) {
            ZY_AUTO_BUF picture = { 0 };
            make_picture(how, who, c, i, &picture);
            ASSERT_OK(send_frame(p, c->id, i, k, zy_buf_view(&picture)));
        }
}

static zy_status finish_enrol(phone *p, const challenge *c)
{
    char body[80];
    snprintf(body, sizeof body, "{\"capture_id\":\"%s\"}", c->id);
    return phone_call(p, "face.enrol.finish", body);
}

static zy_status enrol_as(phone *p, const person *who, manner how)
{
    challenge c;
    ZY_TRY(phone_call(p, "face.enrol.begin", "{}"));
    read_challenge(p, &c);
    send_all(p, who, &c, how);
    return finish_enrol(p, &c);
}

static void agree(phone *p, const person *who)
{
    order o;
    ASSERT_OK(prepare(p, "face.agree.prepare", "{\"consent_version\":\"1\"}", &o));
    ASSERT_OK(verify_password(p, &o, who));
    ASSERT_OK(verify_sms(p, &o, who));
    ASSERT_OK(confirm(p, &o));
}

/* Somebody with a face at the bank. */
static void enrolled(phone *p, world *w, const person *who, const char *name)
{
    logged_in(p, w, who, name);
    agree(p, who);
    ASSERT_OK(enrol_as(p, who, GENUINE));
}

static void begin_face(phone *p, const order *o, challenge *c)
{
    ASSERT_OK(on_order(p, "order.factor.begin", o, "\"factor\":\"face\""));
    read_challenge(p, c);
}

static zy_status verify_face(phone *p, const order *o, const challenge *c)
{
    char members[100];
    snprintf(members, sizeof members, "\"factor\":\"face\",\"value\":\"%s\"", c->id);
    return on_order(p, "order.factor.verify", o, members);
}

static zy_status prove_face(phone *p, const person *who, const order *o, manner how)
{
    challenge c;
    ZY_TRY(on_order(p, "order.factor.begin", o, "\"factor\":\"face\""));
    read_challenge(p, &c);
    send_all(p, who, &c, how);
    return verify_face(p, o, &c);
}

/* A device.bind that is to be proven by face and text. */
static void bind_by_face(phone *p, order *o)
{
    ASSERT_OK(prepare(p, "device.bind.prepare", "{}", o));
    ASSERT_OK(on_order(p, "order.factors.choose", o, "\"factors\":\"sms+face\""));
}

/* --- consent and enrolment --- */

static void nobody_is_compared_before_he_agreed_by_two_factors(void **state)
{
    ZY_PROVES("mb.system-design-tech.a13-1");
    world *w = *state;
    phone p;
    order o;
    logged_in(&p, w, &LI, "own");
    ASSERT_OK(phone_call(&p, "face.get", "{}"));
    assert_string_equal(phone_text(&p, "state"), "none");
    assert_true(phone_flag(&p, "available"));
    ASSERT_STATUS(phone_call(&p, "face.enrol.begin", "{}"), ZY_STATE_CONFLICT);
    ASSERT_STATUS(prepare(&p, "face.agree.prepare", "{\"consent_version\":\"2\"}", &o), ZY_BAD_FIELD);
    ASSERT_OK(prepare(&p, "face.agree.prepare", "{\"consent_version\":\"1\"}", &o));
    zy_str text = { 0 };
    assert_true(zy_json_str(zy_json_get(p.answer, "body"), "text", &text));
    assert_non_null(strstr(text.p, "\nconsent=人脸识别信息处理同意书"));
    assert_non_null(strstr(text.p, "\nwithdrawal="));
    ASSERT_OK(verify_password(&p, &o, &LI));
    ASSERT_STATUS(confirm(&p, &o), ZY_FACTOR_ORDER);
    ASSERT_OK(verify_sms(&p, &o, &LI));
    ASSERT_OK(confirm(&p, &o));
    ASSERT_OK(phone_call(&p, "face.get", "{}"));
    assert_string_equal(phone_text(&p, "state"), "consented");
    assert_int_equal(world_audits(w, "face.consented"), 1);
    ASSERT_STATUS(prepare(&p, "face.agree.prepare", "{\"consent_version\":\"1\"}", &o), ZY_STATE_CONFLICT);
    phone_free(&p);
}

static void only_whom_the_authority_knows_by_that_name_and_number_is_enrolled(void **state)
{
    ZY_PROVES("mb.enhanced-auth.i.2");
    world *w = *state;
    phone p;
    logged_in(&p, w, &LI, "own");
    agree(&p, &LI);
    ASSERT_STATUS(enrol_as(&p, &LI, STRANGER), ZY_FACTOR_WRONG);
    ASSERT_STATUS(enrol_as(&p, &LI, SPOOF), ZY_FACTOR_WRONG);
    ASSERT_STATUS(enrol_as(&p, &LI, NO_MARK), ZY_FACTOR_WRONG); /* --camera stranger */
    ASSERT_OK(enrol_as(&p, &LI, GENUINE));
    ASSERT_OK(phone_call(&p, "face.get", "{}"));
    assert_string_equal(phone_text(&p, "state"), "enrolled");
    assert_int_equal(world_audits(w, "face.enrolled"), 1);
    assert_int_equal(world_audits(w, "face.enrol_wrong"), 3);
    ASSERT_STATUS(phone_call(&p, "face.enrol.begin", "{}"), ZY_STATE_CONFLICT);
    phone_free(&p);
}

/* --- the factor --- */

typedef struct prove_job {
    world *w;
    zy_id order;
    zy_json *report;
    bool right;
} prove_job;

static zy_status prove_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    prove_job *job = arg;
    job->right = true;
    return zy_order_prove(rtx, job->w->env, job->order, job->report, &job->right, err);
}

static void a_new_device_is_bound_by_face_and_text(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b4.1");
    world *w = *state;
    phone p;
    order o;
    ZY_AUTO(zy_json_free) zy_json *report = zy_json_object();
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    ASSERT_STATUS(on_order(&p, "order.factor.begin", &o, "\"factor\":\"sms\""), ZY_FACTOR_ORDER); /* nothing is sent first */
    ASSERT_OK(prove_face(&p, &LI, &o, GENUINE));
    ASSERT_STATUS(confirm(&p, &o), ZY_FACTOR_ORDER); /* a face alone is nothing */
    ASSERT_OK(verify_sms(&p, &o, &LI));
    ASSERT_OK(confirm(&p, &o));
    ASSERT_OK(phone_call(&p, "auth.session", "{}"));
    assert_string_equal(phone_text(&p, "device_state"), "bound");
    assert_int_equal(world_audits(w, "factor.face_ok"), 1);
    prove_job job = { .w = w, .report = report };
    ASSERT_OK(zy_id_parse(zy_str_of(o.id), &job.order));
    ASSERT_OK(zy_db_read(w->env->db, "test.prove", prove_read, &job, NULL));
    assert_true(job.right);
    phone_free(&p);
}

static void a_kept_verdict_is_of_its_order_and_customer_alone(void **state)
{
    world *w = *state;
    phone p;
    order o;
    ZY_AUTO(zy_json_free) zy_json *report = zy_json_object(), *evidence = NULL;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    ASSERT_OK(prove_face(&p, &LI, &o, GENUINE));
    prove_job job = { .w = w, .report = report };
    ASSERT_OK(zy_id_parse(zy_str_of(o.id), &job.order));
    ASSERT_OK(zy_db_read(w->env->db, "test.prove", prove_read, &job, NULL));
    const zy_json *steps = zy_json_get(report, "steps");
    for (size_t i = 0; i < zy_json_count(steps); i++)
        if (zy_json_get(zy_json_at(steps, i), "evidence") != NULL)
            evidence = zy_json_copy(zy_json_get(zy_json_at(steps, i), "evidence"));
    assert_non_null(evidence);
    uint8_t digest[ZY_SM3_BYTES], other[ZY_SM3_BYTES] = { 1 };
    size_t n = 0;
    ASSERT_OK(zy_hex_decode(zy_str_of(o.digest), digest, sizeof digest, &n));
    zy_factor_subject subject = { .customer = LI.id, .object = job.order, .digest = digest };
    ASSERT_OK(ZY_FACE_FACTOR.verify_evidence(NULL, w->env, &subject, evidence, NULL));
    subject.digest = other;
    ASSERT_STATUS(ZY_FACE_FACTOR.verify_evidence(NULL, w->env, &subject, evidence, NULL), ZY_SIGNATURE_BAD);
    subject = (zy_factor_subject){ .customer = WANG.id, .digest = digest };
    ASSERT_STATUS(ZY_FACE_FACTOR.verify_evidence(NULL, w->env, &subject, evidence, NULL), ZY_SIGNATURE_BAD);
    subject.customer = LI.id;
    zy_json_set_int(evidence, "score", 9999);
    ASSERT_STATUS(ZY_FACE_FACTOR.verify_evidence(NULL, w->env, &subject, evidence, NULL), ZY_SIGNATURE_BAD);
    phone_free(&p);
}

static void strangers_photos_masks_and_other_actions_are_not_the_customer(void **state)
{
    ZY_PROVES("mb.enhanced-auth.i.1", "mb.auth-mechanism.b5.1");
    static const manner WRONG[] = { STRANGER, OTHER_ACTIONS, SPOOF };
    world *w = *state;
    phone p;
    order o;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    for (size_t i = 0; i < ZY_COUNT(WRONG); i++)
        ASSERT_STATUS(prove_face(&p, &LI, &o, WRONG[i]), ZY_FACTOR_WRONG);
    assert_int_equal(world_audits(w, "factor.face_wrong"), (int)ZY_COUNT(WRONG));
    ASSERT_OK(prove_face(&p, &LI, &o, GENUINE));
    phone_free(&p);
}

static void a_picture_that_came_before_is_a_photo(void **state)
{
    ZY_PROVES("mb.login-factors.d3-ii");
    world *w = *state;
    phone p;
    order o;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    ASSERT_STATUS(prove_face(&p, &LI, &o, REPLAY), ZY_FACTOR_WRONG); /* both pictures of an action are the same */
    phone_free(&p);
}

/* --- the challenge --- */

static void challenges_are_random_and_mix_parts_with_the_whole_face(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b5.2");
    (void)state;
    const capture_use use = { .purpose = "order" };
    uint8_t th[ZY_SM3_BYTES] = { 7 };
    unsigned first = 0;
    for (int count = 2; count <= ZY_FACE_ACTIONS_MAX; count++)
        for (int round = 0; round < 200; round++) {
            capture c;
            unsigned seen = 0;
            int whole = 0;
            ASSERT_OK(capture_make(th, (zy_time){ 1000 }, ZY_SECONDS(90), count, &use, &c));
            for (int i = 0; i < count; i++) {
                assert_int_equal(seen & 1u << c.action[i], 0); /* none twice */
                seen |= 1u << c.action[i];
                whole += zy_face_action_is_whole(c.action[i]);
            }
            assert_in_range(whole, 1, count - 1);
            first |= 1u << c.action[0];
        }
    assert_int_equal(first, (1u << ZY_FACE_ACTION_KINDS) - 1); /* any may come first */
    assert_int_equal(capture_count(), 1);                      /* a channel has one */
    zy_face_stop();
    assert_int_equal(capture_count(), 0);
}

static void a_challenge_is_for_one_order_one_channel_once_and_short(void **state)
{
    ZY_PROVES("mb.login-factors.d3-ii");
    world *w = *state;
    phone p, other;
    order o, another;
    challenge c;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    bind_by_face(&p, &another);
    begin_face(&p, &o, &c);
    send_all(&p, &LI, &c, GENUINE);
    ASSERT_STATUS(verify_face(&p, &another, &c), ZY_CHALLENGE_BAD); /* of another order: and it is spent */
    ASSERT_STATUS(verify_face(&p, &o, &c), ZY_CHALLENGE_BAD);
    begin_face(&p, &o, &c);
    send_all(&p, &LI, &c, GENUINE);
    ASSERT_OK(verify_face(&p, &o, &c));
    ASSERT_STATUS(verify_face(&p, &o, &c), ZY_FACTOR_ORDER);
    ASSERT_STATUS(finish_enrol(&p, &c), ZY_CHALLENGE_BAD);
    begin_face(&p, &another, &c);
    logged_in(&other, w, &WANG, "foreign");
    ZY_AUTO_BUF picture = { 0 };
    face_picture_write(LI.id_no, c.action[0], true, 1, &picture);
    ASSERT_STATUS(send_frame(&other, c.id, 0, 0, zy_buf_view(&picture)), ZY_CHALLENGE_BAD);
    world_turn(w, ZY_SECONDS(31)); /* with the minute of the login: past 90 s */
    ASSERT_STATUS(send_frame(&p, c.id, 0, 0, zy_buf_view(&picture)), ZY_CHALLENGE_BAD);
    phone_free(&p);
    phone_free(&other);
}

static void pictures_come_whole_in_their_order_and_of_a_good_size(void **state)
{
    world *w = *state;
    phone p;
    order o;
    challenge c;
    static char large[ZY_FACE_FRAME_MAX + 1];
    ZY_AUTO_BUF picture = { 0 };
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    begin_face(&p, &o, &c);
    face_picture_write(LI.id_no, c.action[0], true, 1, &picture);
    zy_str good = zy_buf_view(&picture);
    ASSERT_STATUS(send_frame(&p, c.id, 0, 1, good), ZY_FACTOR_ORDER);
    ASSERT_STATUS(send_frame(&p, c.id, 1, 0, good), ZY_FACTOR_ORDER);
    ASSERT_OK(send_frame(&p, c.id, 0, 0, good));
    ASSERT_STATUS(send_frame(&p, c.id, 0, 0, good), ZY_FACTOR_ORDER);
    ASSERT_STATUS(send_frame(&p, c.id, 0, 1, zy_str_sub(good, 0, good.n - 1)), ZY_BAD_FIELD);
    memset(large, 'x', sizeof large);
    memcpy(large, "\xff\xd8\xff", 3);
    memcpy(large + sizeof large - 2, "\xff\xd9", 2);
    ASSERT_STATUS(send_frame(&p, c.id, 0, 1, zy_str_bytes(large, sizeof large)), ZY_BAD_FIELD);
    memcpy(large + ZY_FACE_FRAME_MAX - 2, "\xff\xd9", 2);
    ASSERT_OK(send_frame(&p, c.id, 0, 1, zy_str_bytes(large, ZY_FACE_FRAME_MAX)));
    ASSERT_STATUS(verify_face(&p, &o, &c), ZY_CHALLENGE_BAD); /* not all of them */
    assert_int_equal(world_audits(w, "factor.face_wrong"), 0); /* nobody was asked */
    phone_free(&p);
}

/* --- locks --- */

static void five_wrong_faces_lock_the_customer_on_every_device(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b6.1", "mb.auth-mechanism.b6.2");
    world *w = *state;
    phone p, second;
    order o;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    for (int i = 0; i < 3; i++)
        ASSERT_STATUS(prove_face(&p, &LI, &o, STRANGER), ZY_FACTOR_WRONG);
    phone_free(&p);
    logged_in(&second, w, &LI, "second");
    bind_by_face(&second, &o);
    for (int i = 0; i < 2; i++)
        ASSERT_STATUS(prove_face(&second, &LI, &o, STRANGER), ZY_FACTOR_WRONG);
    ASSERT_STATUS(prove_face(&second, &LI, &o, GENUINE), ZY_LOCKED);
    ASSERT_OK(on_order(&second, "order.factors.choose", &o, "\"factors\":\"pay_password+sms\"")); /* the way out */
    ASSERT_OK(verify_password(&second, &o, &LI));
    phone_free(&second);
}

static zy_status unlock_unit(zy_tx *tx, void *arg, zy_err *err)
{
    return zy_identity_unlock(tx, arg, LI.id, err);
}

static void staff_lift_the_lock_of_a_customer(void **state)
{
    world *w = *state;
    phone p, other;
    order o;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(prove_face(&p, &LI, &o, STRANGER), ZY_FACTOR_WRONG);
    phone_free(&p);
    ASSERT_OK(zy_db_run(w->env->db, "test.unlock", unlock_unit, w->env, NULL));
    logged_in(&other, w, &LI, "other");
    bind_by_face(&other, &o);
    ASSERT_OK(prove_face(&other, &LI, &o, GENUINE));
    phone_free(&other);
}

static void five_wrong_faces_lock_the_device_for_everybody(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b6.2");
    world *w = *state;
    phone p;
    order o;
    enrolled(&p, w, &LI, "shared");
    bind_by_face(&p, &o);
    for (int i = 0; i < 3; i++)
        ASSERT_STATUS(prove_face(&p, &LI, &o, STRANGER), ZY_FACTOR_WRONG);
    ASSERT_OK(prove_face(&p, &LI, &o, GENUINE)); /* takes back what the customer's counter has, and not the device's */
    ASSERT_OK(phone_login(&p, &WANG));
    world_turn(w, ZY_MINUTES(1));
    agree(&p, &WANG);
    ASSERT_STATUS(enrol_as(&p, &WANG, STRANGER), ZY_FACTOR_WRONG);
    ASSERT_STATUS(enrol_as(&p, &WANG, STRANGER), ZY_FACTOR_WRONG);
    ASSERT_STATUS(enrol_as(&p, &WANG, GENUINE), ZY_LOCKED);
    world_turn(w, ZY_MINUTES(31));
    ASSERT_OK(phone_login(&p, &WANG));
    ASSERT_OK(enrol_as(&p, &WANG, GENUINE));
    phone_free(&p);
}

/* --- a provider that is away, or that is somebody else --- */

static void without_a_verdict_nobody_is_let_through_and_nothing_is_counted(void **state)
{
    ZY_PROVES("mb.x-biometrics.b");
    world *w = *state;
    phone p;
    order o;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    face_beside_connect(w->env, "another key of more than 16 bytes");
    for (int i = 0; i < 7; i++)
        ASSERT_STATUS(prove_face(&p, &LI, &o, GENUINE), ZY_FACTOR_AWAY);
    face_beside_connect(w->env, FACE_BESIDE_KEY);
    ASSERT_OK(prove_face(&p, &LI, &o, GENUINE));
    phone_free(&p);
}

static void a_bank_without_a_provider_does_not_offer_faces(void **state)
{
    world *w = *state;
    phone p;
    order o;
    enrolled(&p, w, &LI, "own");
    zy_face_free(w->env->face);
    w->env->face = NULL;
    ASSERT_OK(prepare(&p, "device.bind.prepare", "{}", &o));
    ASSERT_STATUS(on_order(&p, "order.factors.choose", &o, "\"factors\":\"sms+face\""), ZY_BAD_FIELD);
    ASSERT_OK(phone_call(&p, "face.get", "{}"));
    assert_false(phone_flag(&p, "available"));
    ASSERT_STATUS(prepare(&p, "face.agree.prepare", "{\"consent_version\":\"1\"}", &o), ZY_FACTOR_AWAY);
    phone_free(&p);
}

/* --- a forgotten password --- */

static zy_status reset_start(phone *p, const char *user, const char *id_no)
{
    char numbers[700], device[500], captcha[ZY_CAPTCHA_ID_MAX], body[1700];
    ASSERT_OK(zy_captcha_keep(p->channel.th, zy_env_now(p->w->env), "ACEFH", captcha));
    phone_secret(p, id_no, 6, numbers, sizeof numbers);
    phone_device(p, device, sizeof device);
    snprintf(body, sizeof body, "{\"user\":\"%s\",\"id_no\":%s,\"captcha\":{\"captcha_id\":\"%s\",\"text\":\"acefh\"},\"device\":%s}",
             user, numbers, captcha, device);
    return phone_call(p, "password.reset.face.start", body);
}

static zy_status reset_by(phone *p, const char *user, const char *id_no, const person *shown, manner how)
{
    challenge c;
    char body[80];
    ZY_TRY(reset_start(p, user, id_no));
    read_challenge(p, &c);
    send_all(p, shown, &c, how);
    snprintf(body, sizeof body, "{\"capture_id\":\"%s\"}", c.id);
    return phone_call(p, "password.reset.face.finish", body);
}

static void a_forgotten_password_is_reset_by_face_and_text(void **state)
{
    ZY_PROVES("mb.password-reset.g");
    world *w = *state;
    phone p, other;
    char id[40], code[7], secret[700], body[900];
    enrolled(&p, w, &LI, "own");
    phone_make(&other, w, "other", "203.0.113.9");
    ASSERT_OK(reset_by(&other, LI.phone, LI.id_no, &LI, GENUINE));
    snprintf(id, sizeof id, "%s", phone_text(&other, "reset_id"));
    world_newest_code(w, LI.phone, code);
    phone_secret(&other, "Harvest71moon", 3, secret, sizeof secret);
    snprintf(body, sizeof body, "{\"reset_id\":\"%s\",\"code\":\"%s\",\"password\":%s}", id, code, secret);
    ASSERT_STATUS(phone_call(&p, "password.reset.finish", body), ZY_CODE_EXPIRED); /* of another channel */
    ASSERT_OK(phone_call(&other, "password.reset.finish", body));
    assert_int_equal(world_audits(w, "password.reset_face_ok"), 1);
    phone_free(&p);
    phone_free(&other);
}

static void whose_face_is_wrong_hears_what_nobody_hears(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i");
    world *w = *state;
    phone own;
    const struct {
        const char *user, *id_no;
        manner how;
    } CASES[] = { { "13900000099", LI.id_no, GENUINE },    /* nobody */
                  { LI.customer_no, WANG.id_no, GENUINE }, /* another number */
                  { WANG.phone, WANG.id_no, GENUINE },     /* no face at the bank */
                  { LI.phone, LI.id_no, STRANGER } };
    enrolled(&own, w, &LI, "own");
    int texts = world_audits(w, "sms.sent");
    for (size_t i = 0; i < ZY_COUNT(CASES); i++) {
        phone p;
        char address[20];
        snprintf(address, sizeof address, "203.0.113.%zu", 20 + i);
        phone_make(&p, w, "guess", address);
        for (int k = 0; k < 5; k++)
            ASSERT_STATUS(reset_by(&p, CASES[i].user, CASES[i].id_no, &LI, CASES[i].how), ZY_LOGIN_FAILED);
        ASSERT_STATUS(reset_start(&p, CASES[i].user, CASES[i].id_no), ZY_LOCKED);
        phone_free(&p);
    }
    assert_int_equal(world_audits(w, "sms.sent"), texts);
    phone_free(&own);
}

static void captures_of_nobody_leave_room_for_customers(void **state)
{
    (void)state;
    const capture_use reset = { .purpose = "reset" }, customers_own = { .purpose = "order" };
    capture c;
    for (unsigned i = 0; i < CAPTURE_TOTAL + 1; i++) {
        const uint8_t th[ZY_SM3_BYTES] = { (uint8_t)i, 1 }, customers[ZY_SM3_BYTES] = { (uint8_t)i, 2 };
        zy_status nobodys = capture_make(th, (zy_time){ 1000 }, ZY_SECONDS(90), 3, &reset, &c);
        assert_int_equal(nobodys, i < CAPTURE_NOBODYS ? ZY_OK : ZY_BUSY);
        if (i < CAPTURE_TOTAL - CAPTURE_NOBODYS)
            ASSERT_OK(capture_make(customers, (zy_time){ 1000 }, ZY_SECONDS(90), 3, &customers_own, &c));
    }
    assert_int_equal(capture_count(), CAPTURE_TOTAL);
    capture_clear((zy_time){ 91000 }); /* and they end by themselves */
    assert_int_equal(capture_count(), 0);
}

/* --- what is kept, and what is deleted --- */

static const zy_sql SQL_COUNT = { "test.face_count",
    "SELECT (SELECT count(*) FROM face_check), (SELECT count(*) FROM face_enrolment), (SELECT count(*) FROM face_forget)", 0, NULL };

typedef struct count_job {
    int64_t checks, enrolments, forgets;
} count_job;

static zy_status count_read(zy_rtx *rtx, void *arg, zy_err *err)
{
    count_job *job = arg;
    ZY_AUTO(zy_stmt_free) zy_stmt *row = NULL;
    ZY_TRY(zy_query_one(rtx, &SQL_COUNT, NULL, 0, &row, err));
    *job = (count_job){ zy_col_int(row, 0), zy_col_int(row, 1), zy_col_int(row, 2) };
    return ZY_OK;
}

static count_job counts(world *w)
{
    count_job job;
    ASSERT_OK(zy_db_read(w->env->db, "test.count", count_read, &job, NULL));
    return job;
}

static void taking_the_consent_back_deletes_what_is_held_here_and_there(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b3.2", "mb.system-design-tech.a14");
    world *w = *state;
    phone p;
    order o;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    assert_int_equal(counts(w).checks, 1);
    face_beside_silence();
    ASSERT_OK(phone_call(&p, "face.withdraw", "{}"));
    ASSERT_OK(phone_call(&p, "face.get", "{}"));
    assert_string_equal(phone_text(&p, "state"), "none");
    assert_int_equal(counts(w).checks, 0);
    assert_int_equal(counts(w).enrolments, 0);
    assert_int_equal(counts(w).forgets, 1);
    assert_int_equal(world_audits(w, "face.withdrawn"), 1);
    ASSERT_STATUS(phone_call(&p, "face.withdraw", "{}"), ZY_NOT_FOUND);
    ASSERT_OK(zy_face_keep(w->env, 10, NULL)); /* the provider is away: it is told later */
    assert_int_equal(counts(w).forgets, 1);
    face_beside_speak();
    face_beside_connect(w->env, FACE_BESIDE_KEY);
    ASSERT_OK(zy_face_keep(w->env, 10, NULL)); /* not due yet */
    assert_int_equal(counts(w).forgets, 1);
    world_turn(w, ZY_MINUTES(2));
    ASSERT_OK(zy_face_keep(w->env, 10, NULL));
    assert_int_equal(counts(w).forgets, 0);
    assert_int_equal(world_audits(w, "face.forgotten"), 1);
    phone_free(&p);
}

static void a_face_withdrawn_after_the_order_was_prepared_proves_nothing(void **state)
{
    world *w = *state;
    phone p;
    order o;
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    ASSERT_OK(phone_call(&p, "face.withdraw", "{}"));
    ASSERT_STATUS(prove_face(&p, &LI, &o, GENUINE), ZY_FACTOR_WRONG);
    phone_free(&p);
}

static void find_in_file(const char *path, const char *what)
{
    FILE *file = fopen(path, "rb");
    static char bytes[8 << 20];
    if (file == NULL)
        return;
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    assert_null(memmem(bytes, n, what, strlen(what)));
}

static void no_picture_is_stored(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b7", "mb.pi-sensitive.b", "mb.pi-sensitive.c", "mb.pi-sensitive.c1", "mb.pi-sensitive.c3");
    world *w = *state;
    phone p;
    order o;
    char path[400];
    enrolled(&p, w, &LI, "own");
    bind_by_face(&p, &o);
    ASSERT_OK(prove_face(&p, &LI, &o, GENUINE));
    ASSERT_STATUS(prove_face(&p, &LI, &o, GENUINE), ZY_FACTOR_ORDER);
    assert_int_equal(capture_count(), 0); /* and none waits */
    if (zy_test_db_kind() == ZY_DB_SQLITE) {
        snprintf(path, sizeof path, ZY_STR_FMT, ZY_STR_ARG(zy_test_db_target(w->env->db)));
        find_in_file(path, "ZY-FACE");
        strcat(path, "-wal");
        find_in_file(path, "ZY-FACE");
    }
    phone_free(&p);
}

static void records_of_comparisons_end(void **state)
{
    world *w = *state;
    phone p;
    enrolled(&p, w, &LI, "own");
    ASSERT_OK(zy_face_keep(w->env, 10, NULL));
    assert_int_equal(counts(w).checks, 1);
    world_turn(w, ZY_DAYS(1826));
    ASSERT_OK(zy_face_keep(w->env, 10, NULL));
    assert_int_equal(counts(w).checks, 0);
    assert_int_equal(counts(w).enrolments, 1);
    phone_free(&p);
}

/* --- policy --- */

static zy_status ask_rule(world *w, const char *options)
{
    ZY_AUTO(zy_json_free) zy_json *payload = zy_json_object();
    zy_json_set_c(payload, "scene", "device.bind");
    zy_json_set_c(payload, "options", options);
    zy_id request;
    return zy_approval_request(w->env, &ZY_POLICY_CHANGE, (zy_id){ 11 }, payload, ZY_STR("试一试"), &request, NULL);
}

static void staff_cannot_make_a_face_alone_enough(void **state)
{
    ZY_PROVES("mb.auth-mechanism.b4.1");
    world *w = *state;
    ASSERT_STATUS(ask_rule(w, "face"), ZY_BAD_FIELD);
    ASSERT_STATUS(ask_rule(w, "pay_password+sms|face"), ZY_BAD_FIELD);
    ASSERT_OK(ask_rule(w, "pay_password+face"));
}

int main(void)
{
#define FACE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    static const struct CMUnitTest TESTS[] = {
        FACE_TEST(nobody_is_compared_before_he_agreed_by_two_factors),
        FACE_TEST(only_whom_the_authority_knows_by_that_name_and_number_is_enrolled),
        FACE_TEST(a_new_device_is_bound_by_face_and_text),
        FACE_TEST(a_kept_verdict_is_of_its_order_and_customer_alone),
        FACE_TEST(strangers_photos_masks_and_other_actions_are_not_the_customer),
        FACE_TEST(a_picture_that_came_before_is_a_photo),
        FACE_TEST(challenges_are_random_and_mix_parts_with_the_whole_face),
        FACE_TEST(a_challenge_is_for_one_order_one_channel_once_and_short),
        FACE_TEST(pictures_come_whole_in_their_order_and_of_a_good_size),
        FACE_TEST(five_wrong_faces_lock_the_customer_on_every_device),
        FACE_TEST(staff_lift_the_lock_of_a_customer),
        FACE_TEST(five_wrong_faces_lock_the_device_for_everybody),
        FACE_TEST(without_a_verdict_nobody_is_let_through_and_nothing_is_counted),
        FACE_TEST(a_bank_without_a_provider_does_not_offer_faces),
        FACE_TEST(a_forgotten_password_is_reset_by_face_and_text),
        FACE_TEST(whose_face_is_wrong_hears_what_nobody_hears),
        FACE_TEST(captures_of_nobody_leave_room_for_customers),
        FACE_TEST(taking_the_consent_back_deletes_what_is_held_here_and_there),
        FACE_TEST(a_face_withdrawn_after_the_order_was_prepared_proves_nothing),
        FACE_TEST(no_picture_is_stored),
        FACE_TEST(records_of_comparisons_end),
        FACE_TEST(staff_cannot_make_a_face_alone_enough),
    };
    return zy_test_main("face", TESTS, ZY_COUNT(TESTS));
}
