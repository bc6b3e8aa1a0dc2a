/* What an answer costs must not tell what it does not say. Here the work itself is counted, which no load of the machine disturbs:
 * statements at the database, units, and password hashes of a call, and the answer's bytes. (The time it takes is measured by
 * bench_timing.) Each pair differs only in what a stranger must not learn. */
#include <stdio.h>
#include <stdlib.h>

#include "attacked.h"
#include "base/fault.h"
#include "bank/account/account.h"
#include "service/identity/hash_pool.h"
#include "zy_test.h"
#include "zy_test_env.h"

#define BODY_MAX 3000
#define NEVER    1000000000L

typedef struct work {
    long statements;
    uint64_t hashes, units;
    zy_status status;
    char answer[600]; /* without the trace */
} work;

static void keep_answer(const phone *p, char *out, size_t size)
{
    static const char *const MEMBERS[] = { "code", "message", "fields", "body" };
    ZY_AUTO_BUF text = { 0 };
    for (size_t i = 0; i < ZY_COUNT(MEMBERS); i++) {
        const zy_json *member = zy_json_get(p->answer, MEMBERS[i]);
        if (member != NULL)
            zy_json_write(member, &text);
    }
    ASSERT_OK(zy_str_copy(zy_buf_view(&text), out, size));
}

static work measure(phone *p, const char *api, const char *body)
{
    work w = { 0 };
    zy_db *db = p->w->env->db;
    uint64_t hashed = zy_hash_pool_hashed(), units = zy_db_stats_now(db).units;
    zy_fault_arm("db.exec", NEVER, ZY_DB_ERROR); /* never due: it counts */
    w.status = phone_call(p, api, body);
    w.statements = zy_fault_passed();
    zy_fault_arm("db.exec", 0, ZY_OK);
    w.hashes = zy_hash_pool_hashed() - hashed;
    w.units = zy_db_stats_now(db).units - units;
    keep_answer(p, w.answer, sizeof w.answer);
    return w;
}

static void assert_same(const work *a, const work *b)
{
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->answer, b->answer);
    assert_int_equal(a->hashes, b->hashes);
    assert_int_equal(a->units, b->units);
    assert_int_equal(a->statements, b->statements);
    assert_true(a->statements > 3);
    assert_int_equal(a->hashes, 1);
}

/* A device, an address and a channel of its own for each. */
static void new_phone(phone *p, world *w)
{
    phone_make(p, w, "stranger", "10.0.0.1");
    attack_from_elsewhere(p);
}

static work login(world *w, const char *user, const char *password)
{
    phone p;
    char body[BODY_MAX];
    new_phone(&p, w);
    attack_login_body(&p, user, password, body, sizeof body);
    work made = measure(&p, "auth.login.start", body);
    phone_free(&p);
    return made;
}

static void an_unknown_name_costs_what_a_wrong_password_costs(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i", "mb.enhanced-auth.h.1");
    (void)login(*state, "13700000000", "Wrong2026tree"); /* statements are prepared once */
    work nobody = login(*state, "13700000001", "Wrong2026tree"), somebody = login(*state, LI.phone, "Wrong2026tree");
    assert_same(&nobody, &somebody);
    ASSERT_STATUS(somebody.status, ZY_LOGIN_FAILED);
}

static void a_locked_name_costs_the_same_whoever_it_is_and_whatever_the_password(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i", "mb.enhanced-auth.h.1");
    for (int i = 0; i < 5; i++) {
        (void)login(*state, "13700000001", "Wrong2026tree");
        (void)login(*state, LI.phone, "Wrong2026tree");
    }
    work nobody = login(*state, "13700000001", "Wrong2026tree"), wrong = login(*state, LI.phone, "Wrong2026tree"),
         right = login(*state, LI.phone, LI.password);
    ASSERT_STATUS(right.status, ZY_LOCKED);
    assert_same(&nobody, &wrong);
    assert_same(&nobody, &right);
}

/* Locked by guesses at another of his names: the right password costs and says what a wrong one of a name that is not locked does. */
static void the_right_password_behind_a_lock_costs_what_a_wrong_one_costs(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i");
    for (int i = 0; i < 5; i++)
        (void)login(*state, LI.phone, "Wrong2026tree");
    work wrong = login(*state, LI.alias, "Wrong2026tree"), right = login(*state, LI.alias, LI.password);
    ASSERT_STATUS(right.status, ZY_LOGIN_FAILED);
    assert_same(&wrong, &right);
}

static work reset(world *w, const char *user, const char *pay_password, const char *id_no)
{
    phone p;
    char body[BODY_MAX];
    new_phone(&p, w);
    attack_reset_body(&p, user, id_no, pay_password, body, sizeof body);
    work made = measure(&p, "password.reset.start", body);
    phone_free(&p);
    return made;
}

static void a_reset_of_nobody_costs_what_one_of_somebody_costs(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i", "mb.enhanced-auth.h.1");
    (void)reset(*state, "13700000000", "975310", LI.id_no);
    work nobody = reset(*state, "13700000001", "975310", LI.id_no), wrong = reset(*state, LI.phone, "975310", LI.id_no),
         other = reset(*state, LI.phone, LI.pay_password, WANG.id_no);
    ASSERT_STATUS(other.status, ZY_LOGIN_FAILED);
    assert_same(&nobody, &wrong);
    assert_same(&nobody, &other);
}

typedef struct applicant {
    const char *id_no, *card_no, *phone, *pin;
} applicant;

static work enroll(world *w, const applicant *a)
{
    phone p;
    char body[BODY_MAX], numbers[80];
    new_phone(&p, w);
    snprintf(numbers, sizeof numbers, "%s %s %s", a->id_no, a->card_no, a->phone);
    attack_register_body_of(&p, numbers, a->pin, body, sizeof body);
    work made = measure(&p, "register.start", body);
    phone_free(&p);
    return made;
}

static void a_registration_that_fails_costs_the_same_whatever_does_not_fit(void **state)
{
    ZY_PROVES("mb.auth-failure.a-i");
    char no_card[24];
    zy_card_number("629988", 999, no_card);
    const applicant he = { LOOT.he_id_no, LOOT.he_card, LOOT.he_phone, "975310" };
    applicant others[] = { he, he, he };
    others[0].id_no = "11010519491231002X"; /* nobody's */
    others[1].card_no = no_card;
    others[2].phone = "13966660000";
    (void)enroll(*state, &he); /* the first try with something makes its counter */
    for (size_t i = 0; i < ZY_COUNT(others); i++)
        (void)enroll(*state, &others[i]);
    world_turn(*state, ZY_MINUTES(31));
    work wrong_pin = enroll(*state, &he);
    ASSERT_STATUS(wrong_pin.status, ZY_REGISTER_FAILED);
    for (size_t i = 0; i < ZY_COUNT(others); i++) {
        world_turn(*state, ZY_MINUTES(31));
        work other = enroll(*state, &others[i]);
        assert_same(&wrong_pin, &other);
    }
}

#define ATTACK(name) cmocka_unit_test_setup_teardown(name, attacked_open, attacked_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ATTACK(an_unknown_name_costs_what_a_wrong_password_costs),
        ATTACK(a_locked_name_costs_the_same_whoever_it_is_and_whatever_the_password),
        ATTACK(the_right_password_behind_a_lock_costs_what_a_wrong_one_costs),
        ATTACK(a_reset_of_nobody_costs_what_one_of_somebody_costs),
        ATTACK(a_registration_that_fails_costs_the_same_whatever_does_not_fit),
    };
    return zy_test_main("attack_work", tests, ZY_COUNT(tests));
}
