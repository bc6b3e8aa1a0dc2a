/* Guessing at the door: by device, by address, over many names; and what a stranger cannot do to a customer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/identity/login_world.h"
#include "service/identity/captcha.h"
#include "service/param/param.h"
#include "zy_test.h"
#include "zy_test_db.h"

/* With a solved captcha each time: machines solve them, too. */
static zy_status guess(phone *p, const char *user, const char *password)
{
    char id[ZY_CAPTCHA_ID_MAX];
    ASSERT_OK(zy_captcha_keep(p->channel.th, zy_env_now(p->w->env), "ACEFH", id));
    const attempt a = { .user = user, .password = password, .captcha_id = id, .captcha_text = "acefh" };
    return phone_login_start(p, &a);
}

static void make_phone(phone *p, world *w, int number, const char *address)
{
    char name[20];
    snprintf(name, sizeof name, "phone %d", number);
    phone_make(p, w, strdup(name), address);
}

static void free_phone(phone *p)
{
    char *name = (char *)(uintptr_t)p->name;
    phone_free(p);
    free(name);
}

typedef struct param_job {
    zy_env *env;
    const char *name;
    int64_t value;
} param_job;

static zy_status set_param(zy_tx *tx, void *arg, zy_err *err)
{
    const param_job *job = arg;
    return zy_param_set(tx, job->env, zy_str_of(job->name), job->value, err);
}

static void world_param(world *w, const char *name, int64_t value)
{
    zy_err err = { 0 };
    param_job job = { w->env, name, value };
    ASSERT_OK(zy_db_run(w->env->db, "test.param", set_param, &job, &err));
    zy_param_reload();
}

#define BIND "UPDATE device SET state = 'bound'"
static void bind_all_devices(world *w)
{
    zy_err err = { 0 };
    ASSERT_OK(zy_db_test_exec_script(w->env->db, BIND, BIND, &err));
}

static void a_stranger_cannot_lock_a_customer_out_of_his_bound_device(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    phone own, stranger;
    phone_make(&own, w, "own", "203.0.113.7");
    phone_make(&stranger, w, "stranger", "203.0.113.8");
    ASSERT_OK(phone_login(&own, &LI));
    bind_all_devices(w);
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(guess(&stranger, LI.phone, "Wrong2026tree"), ZY_LOGIN_FAILED);
    ASSERT_STATUS(guess(&stranger, LI.phone, LI.password), ZY_LOCKED);
    phone_hello(&own);
    ASSERT_OK(guess(&own, LI.phone, LI.password));
    /* what the customer does to himself counts there */
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(guess(&own, LI.phone, "Wrong2026tree"), ZY_LOGIN_FAILED);
    ASSERT_STATUS(guess(&own, LI.alias, LI.password), ZY_LOCKED);
    world_turn(w, ZY_MINUTES(30));
    ASSERT_OK(guess(&own, LI.alias, LI.password));
    phone_free(&own);
    phone_free(&stranger);
}

static zy_status unlock_unit(zy_tx *tx, void *arg, zy_err *err)
{
    const world *w = arg;
    return zy_identity_unlock(tx, w->env, LI.id, err);
}

static void staff_lift_the_lock_of_a_bound_device(void **state)
{
    world *w = *state;
    phone own;
    zy_err err = { 0 };
    phone_make(&own, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(&own, &LI));
    bind_all_devices(w);
    phone_hello(&own);
    for (int i = 0; i < 5; i++)
        ASSERT_STATUS(guess(&own, LI.phone, "Wrong2026tree"), ZY_LOGIN_FAILED);
    ASSERT_STATUS(guess(&own, LI.phone, LI.password), ZY_LOCKED);
    ASSERT_OK(zy_db_run(w->env->db, "test.unlock", unlock_unit, w, &err));
    ASSERT_OK(guess(&own, LI.phone, LI.password));
    phone_free(&own);
}

/* A bound device is the customer's for his own login alone. */
static void a_bound_device_that_guesses_at_others_is_locked_like_any(void **state)
{
    world *w = *state;
    phone own;
    char name[20];
    phone_make(&own, w, "own", "203.0.113.7");
    ASSERT_OK(phone_login(&own, &LI));
    bind_all_devices(w);
    phone_hello(&own);
    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof name, "1390000%04d", i);
        ASSERT_STATUS(guess(&own, name, "Wrong2026tree"), ZY_LOGIN_FAILED);
    }
    ASSERT_STATUS(guess(&own, WANG.phone, WANG.password), ZY_LOCKED);
    ASSERT_OK(guess(&own, LI.phone, LI.password));
    phone_free(&own);
}

static void one_password_tried_on_many_names_locks_the_device(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    phone p, other;
    char name[20];
    phone_make(&p, w, "guess", "203.0.113.99");
    for (int i = 0; i < 9; i++) {
        snprintf(name, sizeof name, "1390000%04d", i);
        ASSERT_STATUS(guess(&p, name, "Wrong2026tree"), ZY_LOGIN_FAILED);
        if (i == 4) /* an account of the guesser's own takes nothing back */
            ASSERT_OK(guess(&p, WANG.phone, WANG.password));
    }
    ASSERT_STATUS(guess(&p, "13900009999", "Wrong2026tree"), ZY_LOGIN_FAILED);
    ASSERT_STATUS(guess(&p, LI.phone, LI.password), ZY_LOCKED); /* right, and told nothing */
    phone_make(&other, w, "other", "203.0.113.98");
    ASSERT_OK(guess(&other, LI.phone, LI.password));
    world_turn(w, ZY_MINUTES(30));
    ASSERT_OK(guess(&p, LI.phone, LI.password));
    phone_free(&p);
    phone_free(&other);
}

static void the_thirtieth_wrong_try_of_a_device_locks_it_for_the_day(void **state)
{
    world *w = *state;
    phone p;
    char name[20];
    phone_make(&p, w, "guess", "203.0.113.99");
    for (int i = 0; i < 30; i++) {
        if (i % 10 == 0)
            world_turn(w, ZY_MINUTES(30));
        snprintf(name, sizeof name, "1390000%04d", i);
        ASSERT_STATUS(guess(&p, name, "Wrong2026tree"), ZY_LOGIN_FAILED);
    }
    world_turn(w, ZY_MINUTES(31));
    ASSERT_STATUS(guess(&p, LI.phone, LI.password), ZY_LOCKED);
    world_turn(w, ZY_HOURS(24));
    ASSERT_OK(guess(&p, LI.phone, LI.password));
    phone_free(&p);
}

/* Each with a device and a name of its own. */
static void fail_from(world *w, int count, const char *address, zy_status last)
{
    static int names;
    for (int i = 0; i < count; i++) {
        phone p;
        char name[20];
        make_phone(&p, w, i, address);
        snprintf(name, sizeof name, "1391000%04d", names++ % 10000);
        ASSERT_STATUS(guess(&p, name, "Wrong2026tree"), i == count - 1 ? last : ZY_LOGIN_FAILED);
        free_phone(&p);
    }
}

static void many_devices_of_one_address_lock_the_address(void **state)
{
    ZY_PROVES("mb.auth-failure.b-i");
    world *w = *state;
    phone p, elsewhere;
    world_param(w, "login.address_wrong_step", 20);
    fail_from(w, 21, "2001:db8:1:2::1", ZY_LOCKED);
    phone_make(&p, w, "same network", "2001:db8:1:2:ffff::9");
    ASSERT_STATUS(guess(&p, LI.phone, LI.password), ZY_LOCKED);
    phone_make(&elsewhere, w, "elsewhere", "2001:db8:1:3::1");
    ASSERT_OK(guess(&elsewhere, LI.phone, LI.password));
    world_turn(w, ZY_MINUTES(30));
    ASSERT_OK(guess(&p, LI.phone, LI.password));
    phone_free(&p);
    phone_free(&elsewhere);
}

static void under_attack_everybody_solves_a_captcha(void **state)
{
    ZY_PROVES("mb.enhanced-auth.h.2");
    world *w = *state;
    phone p;
    char address[32];
    world_param(w, "login.attack_failures", 10);
    phone_make(&p, w, "calm", "203.0.113.200");
    const attempt plain = { .user = LI.phone, .password = LI.password };
    ASSERT_OK(phone_login_start(&p, &plain));
    for (int i = 0; i < 10; i++) {
        snprintf(address, sizeof address, "198.51.100.%d", i + 1);
        fail_from(w, 1, address, ZY_LOGIN_FAILED);
    }
    ASSERT_STATUS(phone_login_start(&p, &plain), ZY_CAPTCHA_REQUIRED);
    ASSERT_OK(guess(&p, LI.phone, LI.password));
    world_turn(w, ZY_SECONDS(61));
    ASSERT_OK(phone_login_start(&p, &plain));
    phone_free(&p);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_stranger_cannot_lock_a_customer_out_of_his_bound_device),
        STORY(staff_lift_the_lock_of_a_bound_device),
        STORY(a_bound_device_that_guesses_at_others_is_locked_like_any),
        STORY(one_password_tried_on_many_names_locks_the_device),
        STORY(the_thirtieth_wrong_try_of_a_device_locks_it_for_the_day),
        STORY(many_devices_of_one_address_lock_the_address),
        STORY(under_attack_everybody_solves_a_captcha),
    };
    return zy_test_main("login_guard", tests, ZY_COUNT(tests));
}
