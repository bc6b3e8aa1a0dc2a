/* What a password must be (DECISIONS "login password"; mb.static-password, j225.6.2.1.2): one place for all ways to set one. */
#pragma once

#include "service/identity/identity.h"

typedef enum {
    ZY_FLAW_NONE,
    ZY_FLAW_LENGTH,   /* login: 8 to 64 characters; transaction: six digits */
    ZY_FLAW_CLASSES,  /* letters and digits */
    ZY_FLAW_COMMON,   /* among the common ones, also with digits or signs around */
    ZY_FLAW_REPEATS,  /* runs and repeats */
    ZY_FLAW_SIMILAR,  /* to the name's pinyin, the id number, the phone, the customer number or the alias */
    ZY_FLAW_USED,     /* one of the last five, or the present one */
} zy_password_flaw;
const char *zy_password_flaw_name(zy_password_flaw flaw); /* "length", … as clients read it */

zy_password_flaw zy_password_rules_login(const zy_secret *secret, const zy_person *person);
zy_password_flaw zy_password_rules_pay(const zy_secret *secret, const zy_person *person);

/* A name in small ASCII letters without anything between: "linxiaolan". out: "" when it cannot be told. ZY_INTERNAL. */
ZY_CHECKED zy_status zy_pinyin(zy_str name, char *out, size_t size);

/* Small letters, sorted, a line each (made at build from common_passwords.txt). */
extern const char ZY_COMMON_PASSWORDS[];
/* Is it in that list? word: small letters. */
bool zy_password_is_listed(zy_str word);
