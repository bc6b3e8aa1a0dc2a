/* An interbank clearing house with several member banks, as a bank's connector `clearing.connector = http` meets it
 * (src/connector/README.md; README.md here says by which rules it plays). For demos and tests. */
#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "connector/clearing.h"
#include "net/net.h"

#define HOUSE_CODE "000000000012" /* the house's own */

typedef struct clearing_house clearing_house; /* may be shared between threads */

/* folder: keeps house-sign.key and house-box.key (32 bytes, mode 0600) and state.json; what is missing is made. NULL: fresh keys, and
 * everything is forgotten when it is closed. */
ZY_CHECKED zy_status clearing_house_open(const char *folder, const zy_clock *clock, clearing_house **ret_house, zy_err *err);
void clearing_house_close(clearing_house *house);
/* The house's public keys, 130 hex digits each, for `clearing.house_sign_key` and `clearing.house_box_key`. */
void clearing_house_keys(const clearing_house *house, char sign_hex[131], char box_hex[131]);
/* A bank that takes part by itself: its public keys. Registered again, the new keys count. */
ZY_CHECKED zy_status clearing_house_member(clearing_house *house, zy_str code, zy_str sign_hex, zy_str box_hex);
#define CLEARING_HOUSE_ROUTES 2
/* The messages' address, and /control: a POST of one JSON object for clearing_house_control. */
void clearing_house_routes(clearing_house *house, zy_route out[CLEARING_HOUSE_ROUTES]);

/* --- what tests and demos play --- */

/* What becomes of the next `count` messages of a kind ("pacs.008", "mailbox"; "" for any). */
typedef enum house_trick {
    HOUSE_SWALLOW_BEFORE = 1, /* no answer, and it was never seen */
    HOUSE_SWALLOW_AFTER,      /* done, but no answer */
    HOUSE_REJECT,             /* transfers: refused with the reason */
    HOUSE_LATE,               /* transfers: PDNG, and the final status comes to the mailbox after ms */
    HOUSE_LATE_REJECT,        /* the same, and the status is a refusal with the reason */
    HOUSE_TWICE,              /* transfers: the answer, and the same status in the mailbox, twice */
    HOUSE_SLOW,               /* the answer comes after ms of real time */
    HOUSE_BAD_SIGNATURE,      /* one bit of the signature is wrong */
    HOUSE_OTHER_SIGNER,       /* signed, but with another key */
    HOUSE_REPLAY,             /* the answer to the question before, once more */
    HOUSE_ALTERED,            /* one byte of the body is another */
    HOUSE_BAD_XML,            /* signed, but it does not follow its schema */
    HOUSE_TRICK_END
} house_trick;
typedef struct house_plan {
    house_trick trick;
    char on[16];
    int64_t count, ms;
    char reason[5];
} house_plan;
void clearing_house_plan(clearing_house *house, const house_plan *plan);
void clearing_house_plans_clear(clearing_house *house);

typedef struct house_account {
    char bank[ZY_CLEARING_BANK_MAX], number[ZY_CLEARING_NUMBER_MAX], name[ZY_CLEARING_NAME_MAX];
    char state[8]; /* "open", "closed" (AC04), "frozen" (AC06) */
} house_account;
ZY_CHECKED zy_status clearing_house_account(clearing_house *house, const house_account *account);
/* Somebody at another member pays an account of `to_bank`: it lies in that bank's mailbox as pacs.008. */
typedef struct house_credit {
    zy_str id, order_ref, from_bank, from_name, from_number, to_bank, to_name, to_number, memo;
    zy_money amount;
} house_credit;
ZY_CHECKED zy_status clearing_house_credit(clearing_house *house, const house_credit *credit);
/* A settled transfer comes back (pacs.004). ZY_NOT_FOUND, ZY_STATE_CONFLICT (not settled, or back already). */
ZY_CHECKED zy_status clearing_house_return(clearing_house *house, zy_str message_id, const char *reason);
/* What recalls are answered from now on: "agree" (CNCL, then pacs.004), "refuse" (RJCR), "wait" (PDCR). */
ZY_CHECKED zy_status clearing_house_recalls(clearing_house *house, const char *policy);
/* Holds the mailbox back, and lets what gathered in go, in order or the other way round. */
void clearing_house_hold(clearing_house *house);
void clearing_house_release(clearing_house *house, bool reversed);
/* The day's file may be fetched from now on, as it would be by itself after the day. */
void clearing_house_close_day(clearing_house *house, zy_day day);
/* A difference in the day's file that the house does not know of. */
typedef enum { HOUSE_LINE_MISSING = 1, HOUSE_LINE_EXTRA, HOUSE_LINE_AMOUNT, HOUSE_LINE_OUTCOME } house_difference;
ZY_CHECKED zy_status clearing_house_plant(clearing_house *house, house_difference difference, zy_str message_id, zy_day day, zy_money amount);
/* What the house itself knows of a transfer or credit: ACSC, PDNG, RJCT, or "" when it never came. */
void clearing_house_status(clearing_house *house, zy_str message_id, char ret_status[5], bool *ret_returned);
/* Money that went from and to a bank, settled and not returned. */
void clearing_house_position(clearing_house *house, zy_str bank, zy_money *ret_paid, zy_money *ret_received);

/* One command as JSON ({"do":"credit",…}: README.md) and its answer. */
ZY_CHECKED zy_status clearing_house_control(clearing_house *house, zy_str command, zy_buf *ret_answer, zy_err *err);
