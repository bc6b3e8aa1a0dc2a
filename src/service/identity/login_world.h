/* For the tests of logging in: a bank's node in one process, its customers, and phones that speak to it over real channels. */
#pragma once

#include "service/identity/identity.h"

typedef struct world {
    zy_env *env;
    zy_api_registry *registry;
} world;

/* Made-up people. Their numbers stand nowhere else, so that the database's bytes can be searched for them. */
typedef struct person {
    zy_id id;
    const char *customer_no, *name, *id_no, *phone, *alias, *password, *pay_password;
    bool must_change;
} person;
extern person LI, WANG;

/* A phone: its device key, its address, the channel it is on and the login it has. */
typedef struct phone {
    world *w;
    zy_sm2_key *key;
    const char *address, *name;
    const char *fingerprint; /* NULL: its name's */
    const char *environment; /* what it reports of itself, JSON; NULL: nothing */
    zy_channel channel;
    char login_id[32];
    uint8_t k_res[ZY_SM3_BYTES];
    zy_json *answer; /* the last one */
} phone;

int world_open(void **state);
int world_close(void **state);
/* Stops the room and starts it again, as a restart does. */
void world_restart(world *w);
void world_turn(world *w, zy_dur by);

void phone_make(phone *p, world *w, const char *name, const char *address);
void phone_free(phone *p);
/* Another hello: a channel of its own. */
void phone_hello(phone *p);
/* A call with a body as JSON text; what it answered. The answer stays in p->answer. */
zy_status phone_call(phone *p, const char *api, const char *body);
/* The same with a fresh idempotency id. */
zy_status phone_order(phone *p, const char *api, const char *body);
/* A text of the last answer, by path ("customer.name"); "" when there is none. */
const char *phone_text(const phone *p, const char *path);
bool phone_flag(const phone *p, const char *name);

typedef struct attempt {
    const char *user, *password;
    const char *captcha_id, *captcha_text; /* NULL: none */
    const zy_sm2_key *signer;              /* NULL: the phone's own key */
} attempt;
/* The `device` member: the key's proof on the present channel. */
void phone_device(phone *p, char *out, size_t size);
zy_status phone_login_start(phone *p, const attempt *a);
/* password.reset.start with a captcha that was solved. */
zy_status phone_reset_start(phone *p, const char *user, const char *id_no, const char *pay_password);
/* Asks for the code and reads it off the mailbox of that number. */
zy_status phone_code(phone *p, const char *number, char ret_code[7]);
zy_status phone_login_finish(phone *p, const char *code);
/* All of it. */
zy_status phone_login(phone *p, const person *who);
/* The proof and the device of auth.resume on the present channel. */
zy_status phone_resume(phone *p);
/* auth.quick.start and finish. points: "12569". */
zy_status phone_quick_start(phone *p);
zy_status phone_quick_finish(phone *p, const char *points);
/* A secret encrypted to a fresh challenge, as {"challenge_id","cipher"}. purpose: a zy_secret_purpose, or a wrong one. */
void phone_secret(phone *p, const char *password, uint8_t purpose, char *out, size_t size);
/* zy_call of a logged-in phone, for functions below the dispatcher. */
zy_call phone_context(phone *p, zy_caller *caller, const person *who);

/* The newest text to a number; "" when there is none. */
const char *world_newest_text(world *w, const char *number);
/* The code in it. */
void world_newest_code(world *w, const char *number, char ret_code[7]);
/* The audit records of that event, newest first; the caller frees them. */
zy_json *world_audit_records(world *w, const char *event);
/* How many there are. */
int world_audits(world *w, const char *event);
