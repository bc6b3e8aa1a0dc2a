/* The interbank clearing house: ISO 20022 messages over HTTPS, each signed with SM2, their personal fields encrypted with SM4 between
 * the systems. Which one is chosen by configuration (`clearing.connector`); README.md has the protocol. */
#pragma once

#include "base/clock.h"
#include "base/config.h"
#include "base/money.h"
#include "crypto/keys.h"

#define ZY_CLEARING_ID_MAX     36  /* Max35Text and a NUL: letters, digits and -_./ */
#define ZY_CLEARING_BANK_MAX   15  /* a bank code of 12 or 14 digits and a NUL */
#define ZY_CLEARING_NUMBER_MAX 35  /* Max34Text and a NUL */
#define ZY_CLEARING_NAME_MAX   421 /* Max140Text in UTF-8 and a NUL */
/* A message that is older than this is refused by whoever receives it. So "they never received it" (ZY_CLEARING_UNKNOWN_THERE) is
 * final once the transfer was sent longer ago than this; before, the very same message may still be on its way. */
#define ZY_CLEARING_WINDOW     ZY_MINUTES(5)

/* 网上支付跨行清算 (at once, all day), 大额 (at once, in its hours), 小额批量 (settled with its batch) */
typedef enum { ZY_CLEARING_INSTANT = 1, ZY_CLEARING_LARGE, ZY_CLEARING_BATCH } zy_clearing_way;
typedef enum {
    ZY_CLEARING_SETTLED = 1,   /* final: the money has gone (a recall asks for it back) */
    ZY_CLEARING_PENDING,       /* received; its status comes by collect */
    ZY_CLEARING_REJECTED,      /* final: reason says why, no money has gone */
    ZY_CLEARING_UNKNOWN_THERE, /* of zy_clearing_query alone */
} zy_clearing_outcome;

typedef struct zy_clearing_transfer { /* pacs.008; strings borrowed */
    zy_str message_id;         /* ours, unique for good: repeating it is answered as the first time */
    zy_str order_ref;          /* end-to-end id */
    zy_clearing_way way;
    zy_money amount;           /* above 0, at most ZY_CLEARING_AMOUNT_MAX */
    zy_day day;
    zy_str from_name, from_number; /* encrypted on the way */
    zy_str to_bank;            /* 12-digit bank code */
    zy_str to_name, to_number; /* encrypted on the way */
    zy_str memo;               /* encrypted on the way; may be empty */
} zy_clearing_transfer;
#define ZY_CLEARING_AMOUNT_MAX INT64_C(100000000000000) /* fen: 10^12 yuan, as the schemas have it */

typedef struct zy_clearing_answer {
    zy_clearing_outcome outcome;
    char reason[5]; /* ISO external code: AC01, AC04, AM04, …, or "" */
    zy_day day;     /* of the settlement; 0 when nothing was settled */
} zy_clearing_answer;

typedef struct zy_clearing zy_clearing; /* may be shared between threads */

/* `none`: *ret_clearing is NULL, and no money goes to other banks. `http`: a house behind HTTPS; keys (borrowed) sign with
 * ZY_KEY_CLEARING and decrypt with ZY_KEY_CLEARING_BOX. ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_clearing_open(const zy_config *config, zy_keys *keys, zy_clearing **ret_clearing, zy_err *err);
void zy_clearing_free(zy_clearing *clearing); /* accepts NULL */
ZY_AUTO_DEFINE(zy_clearing, zy_clearing_free)
/* Our own bank code; empty for NULL. */
zy_str zy_clearing_own_bank(const zy_clearing *clearing);

/* All calls below block for the connector's timeout: never inside a unit of work. No answer, one that is not proven to be the house's
 * to this very question, and clearing NULL: ZY_CONNECTOR_FAILED. ZY_BUSY: too many wait, nothing was sent. ZY_BAD_FIELD: a field that
 * no message can carry (the schema says which), nothing was sent. */

/* After ZY_CONNECTOR_FAILED the outcome is UNKNOWN: only a query, a later message or the day's file decides. */
ZY_CHECKED zy_status zy_clearing_send(zy_clearing *clearing, const zy_clearing_transfer *transfer, zy_time now, zy_clearing_answer *ret,
                                      zy_err *err);
/* pacs.028 asks for the status of a transfer that was sent. */
ZY_CHECKED zy_status zy_clearing_query(zy_clearing *clearing, zy_str message_id, zy_time now, zy_clearing_answer *ret, zy_err *err);
/* camt.056 asks for the return of a settled transfer; the answer (camt.029, and pacs.004 when it was agreed) comes by collect.
 * recall_id is ours and unique: repeating it does no harm. reason: an ISO code (DUPL, CUST, FRAD, TECH, …). */
ZY_CHECKED zy_status zy_clearing_recall(zy_clearing *clearing, zy_str message_id, zy_str recall_id, const char *reason, zy_time now,
                                        zy_err *err);

typedef struct zy_clearing_account {
    char bank[ZY_CLEARING_BANK_MAX];
    char number[ZY_CLEARING_NUMBER_MAX];
    char name[ZY_CLEARING_NAME_MAX]; /* masked by the house: 林*兰 */
} zy_clearing_account;
/* acmt.023/024 with a phone number in place of the account: which account is registered for it. ZY_NOT_FOUND. */
ZY_CHECKED zy_status zy_clearing_lookup_phone(zy_clearing *clearing, zy_str phone, zy_time now, zy_clearing_account *ret, zy_err *err);
/* acmt.023/024: is this the name of that account? False for an account that is not there, too. */
ZY_CHECKED zy_status zy_clearing_verify(zy_clearing *clearing, zy_str bank, zy_str number, zy_str name, zy_time now, bool *ret_match,
                                        zy_err *err);
/* acmt.022/024: registers (bind) or removes a phone number for an account of ours. ZY_ALREADY_EXISTS: the number is bound to another
 * account; ZY_NOT_FOUND: it is not bound to this one (unbinding). Repeating it does no harm. */
ZY_CHECKED zy_status zy_clearing_bind_phone(zy_clearing *clearing, zy_str phone, zy_str number, zy_str name, bool bind, zy_time now,
                                            zy_err *err);

/* What the house has for us: incoming credits (pacs.008 of others), late statuses (pacs.002), returns (pacs.004), answers to recalls
 * (camt.029). It may hold anything twice and in any order: message_id tells what was there before. UNREADABLE: signed by the house,
 * but nothing that we know or that its schema allows; only its number is given: somebody has to look, and the next ones still come. */
typedef enum {
    ZY_CLEARING_IN_CREDIT = 1,
    ZY_CLEARING_IN_STATUS,
    ZY_CLEARING_IN_RETURN,
    ZY_CLEARING_IN_RECALL_ANSWER,
    ZY_CLEARING_IN_UNREADABLE,
} zy_clearing_in_kind;
typedef struct zy_clearing_in {
    zy_clearing_in_kind kind;
    int64_t number;            /* of the mailbox, ascending: what collect continues after */
    zy_str message_id;         /* theirs */
    zy_str original_id;        /* STATUS, RETURN, RECALL_ANSWER: of our transfer */
    zy_str recall_id;          /* RECALL_ANSWER: of our recall */
    zy_str order_ref;          /* CREDIT, RETURN: end-to-end id */
    zy_clearing_way way;       /* CREDIT */
    zy_money amount;           /* CREDIT, RETURN */
    zy_day day;
    zy_clearing_answer answer; /* STATUS: of our transfer; RECALL_ANSWER: SETTLED agreed, PENDING, REJECTED; RETURN: its reason */
    zy_str from_bank, from_name, from_number, to_name, to_number, memo; /* CREDIT */
} zy_clearing_in;              /* strings live until `each` returns */
/* Calls `each` for at most `max` (0 to 1000) messages behind number `after`, in the order of their numbers; what it returns ends the
 * collecting. The house keeps what it has: whoever begins at 0 gets everything again. */
ZY_CHECKED zy_status zy_clearing_collect(zy_clearing *clearing, int64_t after, int max, zy_time now,
                                         zy_status (*each)(const zy_clearing_in *in, void *arg), void *arg, zy_err *err);
/* Our answer to an incoming credit: taken, or refused with a reason (pacs.002). Repeatable; the first answer stands: the other one
 * behind it is ZY_STATE_CONFLICT. ZY_NOT_FOUND: the house knows no such credit to us. */
ZY_CHECKED zy_status zy_clearing_answer_credit(zy_clearing *clearing, zy_str message_id, bool accept, const char *reason, zy_time now,
                                               zy_err *err);

/* The end-of-day file (camt.053): every transfer and return of that day as the house knows it. */
typedef struct zy_clearing_line {
    zy_str message_id; /* of the transfer; of the return when is_return */
    zy_str order_ref;
    bool ours;         /* we pay: a transfer that we sent. A return to us, and a credit, are not */
    zy_money amount;
    zy_clearing_outcome outcome; /* SETTLED, PENDING, REJECTED */
    bool is_return;
} zy_clearing_line;
/* All pages are read and proven (signatures, order, count and sums of both directions) before `each` is called for the first line.
 * ZY_NOT_FOUND: the house has not closed that day yet. */
ZY_CHECKED zy_status zy_clearing_day_file(zy_clearing *clearing, zy_day day, zy_time now,
                                          zy_status (*each)(const zy_clearing_line *line, void *arg), void *arg, zy_err *err);

/* clearing.* rows for the configuration. */
extern const zy_config_row ZY_CLEARING_CONFIG[];
extern const size_t ZY_CLEARING_CONFIG_COUNT;
