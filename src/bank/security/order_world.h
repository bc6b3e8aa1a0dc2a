/* For the tests of orders that move no money: the people of login_world.h with accounts, and what a phone does with an order. */
#pragma once

#include "service/identity/login_world.h"
#include "service/ledger/ledger.h"

struct order_cards {
    char number[24], to_number[24];
    zy_id account, to_account;
};
extern struct order_cards cards; /* LI's and WANG's */

typedef struct order {
    char id[40], digest[80], text[2000];
} order;

int order_world_open(void **state);
/* A prepare API with a body; keeps the order. */
zy_status order_prepare(phone *p, const char *api, const char *body, order *o);
zy_status order_prepare_transfer(phone *p, order *o);
/* value: JSON. */
zy_status order_verify(phone *p, const order *o, const char *factor, const char *value);
zy_status order_verify_password(phone *p, const order *o, const char *password);
zy_status order_verify_sms(phone *p, const order *o);
zy_status order_confirm(phone *p, const order *o);
zy_status order_choose(phone *p, const order *o, const char *factors);
/* Transaction password, code, confirmation: all has to go well. */
void order_carry(phone *p, const order *o);
/* A phone of LI's, logged in; and binding it. */
void phone_log_in(phone *p, world *w, const char *name);
void phone_bind(phone *p);

/* What is on an account now, and what LI's transfers of this day count in his limit (fen). */
zy_balance order_balance(world *w, zy_id account);
int64_t order_used_today(world *w);
/* LI's standing with the bank: "active" to "frozen" and so on. */
void order_set_standing(world *w, const char *from, const char *to);
