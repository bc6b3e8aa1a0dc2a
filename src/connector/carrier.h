/* One-tap own-number check (本机号码一键认证): the phone's carrier knows by its mobile network which number a phone has, and gives
 * the page or the app a token; the bank redeems it, and hears whether the number is the one that it knows. The number itself is
 * never told. Which gateway of the carriers is asked is chosen by configuration (`carrier.connector`); README.md has the protocol. */
#pragma once

#include "base/clock.h"
#include "base/config.h"

#define ZY_CARRIER_TOKEN_MAX  512 /* bytes */
#define ZY_CARRIER_NUMBER_MAX 65
#define ZY_CARRIER_NAME_MAX   17
typedef struct zy_carrier_verdict {
    bool match;                          /* the token is fresh, was made for this nonce, and its phone has this number */
    char name[ZY_CARRIER_NAME_MAX];      /* which carrier: "mobile", "telecom", "unicom", "broadcast" */
    char number[ZY_CARRIER_NUMBER_MAX];  /* the gateway's own of this inquiry */
} zy_carrier_verdict;

typedef struct zy_carrier zy_carrier; /* may be shared between threads */
/* `none`: *ret_carrier is NULL, and nobody can use the factor. `http`: a gateway behind HTTPS. */
ZY_CHECKED zy_status zy_carrier_open(const zy_config *config, zy_carrier **ret_carrier, zy_err *err);
void zy_carrier_free(zy_carrier *carrier); /* accepts NULL */
/* Redeems a token, which is used up by it. May block for the connector's timeout: never inside a unit of work. No answer, or one
 * that is not proven to be the gateway's to this very question, and carrier NULL: ZY_CONNECTOR_FAILED; too many wait for one:
 * ZY_BUSY. */
ZY_CHECKED zy_status zy_carrier_check(zy_carrier *carrier, zy_str phone, zy_str token, zy_str nonce, zy_time now,
                                      zy_carrier_verdict *ret_verdict, zy_err *err);

/* carrier.* rows for the configuration. */
extern const zy_config_row ZY_CARRIER_CONFIG[];
extern const size_t ZY_CARRIER_CONFIG_COUNT;

/* --- The protocol, for its two ends (src/connector/carrier.c, sim/carrier) --- */
#define ZY_CARRIER_ASKS       "ZY carrier request\n"
#define ZY_CARRIER_ANSWERS    "ZY carrier answer\n"
#define ZY_CARRIER_PATH_CHECK "/checks"
