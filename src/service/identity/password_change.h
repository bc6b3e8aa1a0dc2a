/* Setting passwords: change by who is logged in, reset by who forgot. Used by src/service/identity alone. */
#pragma once

#include "service/identity/login.h"
#include "service/identity/password_repo.h"
#include "service/identity/password_rules.h"

typedef struct password_start_in { /* of password.change.start */
    zy_str kind;
    zy_secret_in old, password;
} password_start_in;
typedef struct password_finish_in {
    zy_str change_id, code;
} password_finish_in;
typedef struct reset_start_in { /* of password.reset.start */
    zy_str user;
    zy_secret_in id_no, pay_password;
    captcha_in captcha;
    zy_device_in device;
} reset_start_in;
typedef struct reset_finish_in {
    zy_str reset_id, code;
    zy_secret_in password;
} reset_finish_in;

zy_status zy_password_change_start(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_password_change_finish(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_password_reset_start(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status zy_password_reset_finish(zy_call *call, const void *in, zy_json *body, zy_err *err);

/* The parameters password.days, password.history. */
void zy_password_start(void);
/* Is the login password older than password.days? */
ZY_CHECKED zy_status zy_password_is_old(zy_rtx *rtx, zy_env *env, zy_id customer, zy_time now, bool *ret_old, zy_err *err);

/* Is a temporary password over (0: it is none)? */
bool password_is_over(zy_time until, zy_time now);
/* In a unit: the record takes the place of the present one, which goes into the history. */
ZY_CHECKED zy_status password_put(zy_tx *tx, zy_env *env, zy_id customer, const char *kind,
                                  const uint8_t record[ZY_PASSWORD_RECORD_BYTES], zy_time now, zy_err *err);
/* In a unit: tells the customer by message and text that this password was changed. */
ZY_CHECKED zy_status password_tell(zy_tx *tx, zy_env *env, zy_id customer, const char *kind, zy_time now, zy_err *err);

/* What both ways share. kind: "login" or "pay". */
#define PASSWORD_PENDING_LIFE ZY_MINUTES(10)
/* By the rules and against the last ones; ZY_PASSWORD_WEAK with body.flaw. ZY_LOCKED: compared too often without setting one. */
ZY_CHECKED zy_status password_judge(zy_call *call, zy_id customer, const char *kind, const zy_secret *secret, zy_json *body,
                                    zy_err *err);
/* Fills token, id and channel, and binds the code that will be sent: "password:<token>". */
ZY_CHECKED zy_status password_pending_make(zy_call *call, password_pending *p, zy_err *err);
zy_str password_binding(const password_pending *p, char out[64]);
/* The one that began on this channel and still lives; ZY_CODE_EXPIRED. */
ZY_CHECKED zy_status password_pending_load(zy_call *call, zy_str token, bool reset, password_pending *ret_pending, zy_err *err);
/* In a unit: the pending one is used up, the record set, all logins end, the customer is told. */
ZY_CHECKED zy_status password_apply(zy_tx *tx, zy_call *call, const password_pending *p, const char *event, zy_err *err);
