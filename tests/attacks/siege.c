#include "siege.h"

#include <stdlib.h>
#include <string.h>

#include "zy_test.h"

unsigned guesses_of(const front *f)
{
    const char *db = getenv("ZY_TEST_DB");
    bool pg = db != NULL && strcmp(db, "pg") == 0; /* the same code above another engine: a quarter shows it */
    unsigned all = getenv("ZY_TEST_FULL") == NULL ? 40000 : pg ? 250000 : 1000000;
    return all / 1000 * f->share;
}

void open_siege(siege *s, world *w)
{
    *s = (siege){ .w = w };
    phone_make(&s->p, w, "thief", "203.0.113.66");
}

/* These say that the secret was compared. LOGIN_FAILED is also said where a lock hides (tries.h); so what is right and refused
 * tells the two apart. */
static bool was_looked_at(zy_status status)
{
    return status == ZY_FACTOR_WRONG || status == ZY_LOGIN_FAILED || status == ZY_REGISTER_FAILED;
}

void guess_wrong(const front *f, siege *s)
{
    zy_status status = f->guess(s, false);
    if (status == ZY_OK)
        fail_msg("%s: a wrong secret was let in", f->name);
    s->guesses++;
    s->looked_at += was_looked_at(status);
}

void guess_right_in_vain(const front *f, siege *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (f->guess(s, true) == ZY_OK)
            fail_msg("%s: let in by guess %u, after %u tries", f->name, s->guesses, s->looked_at);
        s->guesses++;
    }
}

void end_siege(const front *f, siege *s)
{
    print_message("# %s: %u guesses, %u looked at in %u days\n", f->name, s->guesses, s->looked_at, f->days);
    assert_in_range(s->looked_at, 1, f->most);
    phone_free(&s->p);
}

void besiege_secret(const front *f, world *w)
{
    siege s;
    unsigned each = guesses_of(f) / (f->days * 2);
    open_siege(&s, w);
    for (unsigned half = 0; half < 2 * f->days; half++) {
        bool may = f->send == NULL || f->send(&s) == ZY_OK;
        for (int i = 0; i < IN_A_ROW && may; i++)
            guess_wrong(f, &s);
        if (may)
            guess_right_in_vain(f, &s, each - IN_A_ROW);
        world_turn(w, half % 2 == 0 ? ZY_MINUTES(31) : ZY_HOURS(24));
    }
    end_siege(f, &s);
}

zy_status log_in(siege *s)
{
    phone_hello(&s->p);
    attack_from_elsewhere(&s->p);
    return phone_login(&s->p, &LI);
}

zy_status log_in_and_pay(siege *s)
{
    ZY_TRY(log_in(s));
    attack_transfer(&s->p, &s->thing);
    return ZY_OK;
}

void take_time(siege *s, int64_t seconds)
{
    attack_from_elsewhere(&s->p);
    if (++s->serial % 16 == 0)
        world_turn(s->w, ZY_SECONDS(seconds));
}

void own_phone(siege *s, world *w)
{
    open_siege(s, w);
    ASSERT_OK(phone_login(&s->p, &LI));
    attack_bind(&s->p);
}
