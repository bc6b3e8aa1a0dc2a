/* The carriers' gateway as a program: it knows which SIM card is in "the phone" because it is told, where a real one knows it by
 * the mobile network. README.md has the rules. */
#pragma once

#include "../system/system.h"

#define CARRIER_TOKENS_MAX 256
#define CARRIER_TOKEN_LIFE ZY_MINUTES(2)

typedef struct carrier_gateway {
    zy_status (*sim)(struct carrier_gateway *gateway, char ret_phone[16], zy_err *err); /* the SIM card's number now; "": none */
    const char *path;           /* for a `sim` that reads a file */
    char phone[16];             /* for a `sim` of a test */
    const zy_clock *clock;
    bool silent;                /* answers no question of the bank: for tests */
} carrier_gateway;

/* A gateway whose questions are signed with the system's key; it also serves POST /tokens to the phone. One a process. */
void carrier_gateway_system(carrier_gateway *gateway, sim_system *ret_system);
/* The number is the first line of the file `path`. */
zy_status carrier_sim_of_file(carrier_gateway *gateway, char ret_phone[16], zy_err *err);
/* A token for the phone, as POST /tokens gives it: ZY_NOT_FOUND without a SIM card. */
zy_status carrier_token(carrier_gateway *gateway, zy_str nonce, char ret_token[40], zy_err *err);
