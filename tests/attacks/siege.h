/* Guessing. The thief has everything but one secret (sessions, other factors, addresses and devices as he likes), and tries that one
 * at its interface: through the dispatcher, over a channel, with real encryption, as a client does.
 *
 * What is shown does not depend on what he guesses: after as many wrong tries as are allowed, every further guess IS the right
 * secret, and all of them are refused. Nothing that he could have guessed would have been let in, so what he can find is bounded by
 * the tries that were looked at, and those are counted here over simulated days.
 *
 * How many over all fronts, shared out as the tables say: 40,000 in `./dev test`, 1,000,000 with --full (ZY_TEST_FULL). Cheap fronts
 * (codes) take most of them; where every guess costs elliptic curve operations (passwords, signatures) or asks a system outside it is
 * fewer. Each guess is one call of the interface; calls to get there are not counted. */
#pragma once

#include "attacked.h"

#define IN_A_ROW 5

typedef struct siege {
    world *w;
    phone p; /* of the thief */
    attack_thing thing;
    char code[7];       /* what was sent, where something was */
    unsigned guesses;   /* so far */
    unsigned looked_at; /* guesses that were compared with the secret */
    unsigned serial;
    void *tool;         /* of a front */
} siege;

/* One interface. Where a code is sent, `send` gets a fresh one; elsewhere it brings the thief to where he can guess (again, after
 * the clock was turned). */
typedef struct front {
    const char *name;
    unsigned share; /* of a thousand guesses */
    unsigned days;  /* simulated */
    unsigned most;  /* that may be looked at in all these days: the stated tries */
    zy_status (*send)(siege *s);
    zy_status (*guess)(siege *s, bool right);
} front;

unsigned guesses_of(const front *f);
void open_siege(siege *s, world *w);
/* Must be refused. */
void guess_wrong(const front *f, siege *s);
/* The right secret, count times: must be refused. */
void guess_right_in_vain(const front *f, siege *s, unsigned count);
/* Prints what was done, and looks at how many guesses were compared. */
void end_siege(const front *f, siege *s);
/* Five wrong, the right one in vain; after the 30 minutes five more, and again in vain until midnight: day after day. */
void besiege_secret(const front *f, world *w);
/* The limits by minute are not what this is about: the clock goes on while he guesses, and the login stays alive. */
void take_time(siege *s, int64_t seconds);
/* A phone of the thief with a login of LI: whatever he had to know for it, he knew; and an order of his. */
zy_status log_in(siege *s);
zy_status log_in_and_pay(siege *s);
/* The thief holds LI's own phone, unlocked: logged in and bound. */
void own_phone(siege *s, world *w);
