/* What the attacks are made on: every room of the program in one process, real channels, a clock that is turned by hand, and one
 * customer (LI) with everything worth having: accounts, a token, cards, a certificate when asked for. Password hashes are of one
 * round here: what is counted are tries, not the cost of one. */
#pragma once

#include "service/identity/login_world.h"

#define ATTACK_CAPTCHA  "ACEFH"
#define ATTACK_GESTURE  "14753"
#define ATTACK_PIN      "739158" /* of HE's card */
#define ATTACK_SERIAL   "ZY00000001"
#define ATTACK_NEW      "Harvest-71-moon"
#define ATTACK_NEW_PAY  "824917"
#define ATTACK_STAFF    "teller01"

/* LI's accounts; HE is a person whom only the counter knows. */
typedef struct treasure {
    zy_id account;
    char to_number[24];       /* WANG's account */
    char he_id_no[20], he_card[24];
    const char *he_name, *he_phone;
    zy_id he;
} treasure;
extern treasure LOOT;

int attacked_open(void **state); /* *state: a world */
int attacked_close(void **state);
/* A parameter as staff have set it. */
void attacked_param(world *w, const char *name, int64_t value);
/* Another address for each call: "10.x.y.z". */
void attack_from_elsewhere(phone *p);
/* api with a body that is formatted. */
zy_status attack_call(phone *p, const char *api, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same with an idempotency id of its own. */
zy_status attack_order(phone *p, const char *api, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* --- bodies --- */
/* {"captcha_id","text"} of a captcha that was solved. */
void attack_captcha(phone *p, char out[120]);
void attack_login_body(phone *p, const char *user, const char *password, char *out, size_t size);
void attack_reset_body(phone *p, const char *user, const char *id_no, const char *pay_password, char *out, size_t size);
void attack_register_body(phone *p, const char *card_pin, char *out, size_t size);
/* The same with other numbers: identity, card and phone, with a space between. */
void attack_register_body_of(phone *p, const char *numbers, const char *card_pin, char *out, size_t size);

/* --- ways --- */
typedef struct attack_thing {
    char id[40], digest[80]; /* of an order, a reset, a change, a registration */
} attack_thing;
zy_status attack_reset_start(phone *p, attack_thing *ret_reset);
zy_status attack_register_start(phone *p, attack_thing *ret_registration);
zy_status attack_change_start(phone *p, const char *kind, const char *old, const char *fresh, attack_thing *ret_change);
/* The same as a body for password.change.start, purpose and all. */
void attack_change_body(phone *p, const char *kind, const char *old, const char *fresh, char *out, size_t size);
void attack_transfer(phone *p, attack_thing *ret_order);
zy_status attack_choose(phone *p, const attack_thing *order, const char *factors);
/* {"order_id","factor","value"} of a transaction password, and its call. */
void attack_pay_body(phone *p, const attack_thing *order, const char *pay_password, char *out, size_t size);
zy_status attack_pay(phone *p, const attack_thing *order, const char *pay_password);
/* order.factor.begin; then the code that came to LI. */
void attack_order_sms(phone *p, const attack_thing *order, char ret_code[7]);
zy_status attack_verify(phone *p, const attack_thing *order, const char *factor, const char *value);
zy_status attack_confirm(phone *p, const attack_thing *order);
void attack_bind(phone *p);      /* device.bind by transaction password and code */
void attack_gesture(phone *p);   /* of a bound device */
void attack_soft_key(phone *p);  /* a certificate for the phone's own key */
void attack_sign(const phone *p, const attack_thing *order, char out[96]); /* base64 */
/* The token's code of the moment + off steps, for a challenge ("" none). */
void attack_token_code(const world *w, int64_t off, const char *challenge, char out[7]);
/* What the token shows for an order. */
void attack_token_order(phone *p, const attack_thing *order, char out[7]);
zy_status attack_activate(phone *p);
/* Another code than that. */
void attack_wrong(const char *code, char out[7]);

/* --- staff --- */
zy_status attack_staff(world *w, const char *address, const char *password, const char *code);

/* --- at once --- */
#define ATTACK_AT_ONCE 32
typedef struct racer {
    phone *p;      /* its own copy of the channel is used: what rotates does not disturb the others */
    const char *api;
    char *body;    /* lent */
    zy_status status;
} racer;
/* The same call from 32 connections; how many answered OK. */
int attack_at_once(phone *p, const char *api, const char *body);
/* Calls that differ. */
int attack_race(racer racers[ATTACK_AT_ONCE]);
