/* The banks of the country with their clearing codes, and whose card a number is: bank.recognise, bank.search. */
#pragma once

#include "api/api.h"

#define ZY_BANK_CODE_DIGITS 12

typedef enum { ZY_CARD_DEBIT = 1, ZY_CARD_CREDIT, ZY_CARD_SEMI_CREDIT, ZY_CARD_PREPAID } zy_card_kind;
const char *zy_card_kind_name(zy_card_kind kind); /* "debit", "credit", "semi_credit", "prepaid" */

typedef struct zy_bank {
    const char *code; /* 清算行号, 12 digits */
    const char *name;
    const char *letters; /* "ICBC" */
} zy_bank;

/* This bank itself: its code (empty when neither directory.own_code nor clearing.member says it) and its name, brand.name. They live as
 * long as the configuration. */
zy_str zy_bank_own_code(const zy_env *env);
zy_str zy_bank_own_name(const zy_env *env);
/* An empty code means this bank, too: for payees that were never anywhere else. */
bool zy_bank_is_own(const zy_env *env, zy_str code);
/* NULL: no bank of the table has this code. */
const zy_bank *zy_bank_by_code(zy_str code);
/* The name of this bank or of one of the table; empty: unknown. */
zy_str zy_bank_name_of(const zy_env *env, zy_str code);

typedef struct zy_bank_card {
    bool own;     /* of this bank */
    zy_str code;  /* of its bank; empty when it is this bank and it has none */
    zy_str name;
    zy_card_kind kind;
    bool whole;   /* as many digits as such a card has, and its check digit is right */
} zy_bank_card;
/* Whose card begins so? digits: 6 to 19 of them, also fewer than the whole number. The longest known beginning counts; among those of
 * one beginning the card's length. False: nobody's that is known here. */
bool zy_bank_recognise(const zy_env *env, zy_str digits, zy_bank_card *ret_card);

extern const zy_api ZY_DIRECTORY_APIS[];
extern const size_t ZY_DIRECTORY_API_COUNT;
extern const zy_config_row ZY_DIRECTORY_CONFIG[]; /* directory.* */
extern const size_t ZY_DIRECTORY_CONFIG_COUNT;
/* Is what the configuration says of this bank well formed? ZY_CONFIG_BAD. */
ZY_CHECKED zy_status zy_directory_start(zy_env *env, zy_err *err);
