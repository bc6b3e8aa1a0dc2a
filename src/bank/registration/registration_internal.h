/* What the files of this room share. */
#pragma once

#include "bank/account/card.h"
#include "bank/registration/registration.h"
#include "base/id_no.h"
#include "connector/screening.h"
#include "service/approval/approval.h"
#include "service/identity/carrier.h"
#include "service/identity/login.h"
#include "service/identity/password_aid.h"
#include "service/identity/standing.h"

#define REGISTRATION_LIFE      ZY_MINUTES(10) /* from the first page to the code */
#define REGISTRATION_WAITS     ZY_DAYS(7)     /* as long as an approval request */
#define REGISTRATION_TOKEN_MAX 23             /* base64url of 16 bytes, terminated */
#define PHONE_MAX              16

/* --- rules.c: what can be told from a form alone --- */
#define CARD_KINDS_MAX 16
typedef struct card_kind {
    char prefix[10], name[64];
    unsigned digits;
} card_kind;
typedef struct card_table {
    card_kind kinds[CARD_KINDS_MAX];
    size_t count;
} card_table;
/* "629988:16:云澜借记卡,…": prefix of 6 to 9 digits, length of the number, name. ZY_CONFIG_BAD. */
zy_status card_table_parse(zy_str text, card_table *ret_table, zy_err *err);
/* Which of our cards is it, by its longest prefix? NULL: none, or its length or check digit is another. */
const card_kind *card_table_find(const card_table *table, zy_str number);
zy_status registration_rules_start(zy_env *env, zy_err *err);

typedef struct register_form {
    zy_str name, id_no, card_no, phone;
} register_form;
/* "ID CARD PHONE", as they were typed and encrypted; what they are is left to registration_check_form. ZY_BAD_FIELD "numbers". */
zy_status registration_read_numbers(zy_str text, register_form *form, zy_err *err);
/* ZY_BAD_FIELD with the field; ZY_REGISTER_COUNTER: too young or too old to do this alone. Tells nothing about anybody. */
zy_status registration_check_form(zy_env *env, const register_form *form, zy_id_no *ret_id_no, zy_err *err);
zy_status register_rules_run(zy_call *call, const void *in, zy_json *body, zy_err *err);

/* --- a registration --- */
typedef struct registration_row {
    zy_id id, customer, account;
    char token[REGISTRATION_TOKEN_MAX];
    char state[16];                       /* started, waiting, done, refused, expired */
    uint8_t session_digest[ZY_SM3_BYTES];
    char device_id[ZY_DEVICE_ID_MAX];
    char consent[24], grade[16], reference[ZY_SCREENING_REFERENCE_MAX];
    char phone[PHONE_MAX];                /* opened */
    uint8_t login_record[ZY_PASSWORD_RECORD_BYTES], pay_record[ZY_PASSWORD_RECORD_BYTES];
    bool has_records;
    zy_time created_at, expires_at;
} registration_row;
void registration_row_wipe(registration_row *row);
#define REGISTRATION_AUTO __attribute__((cleanup(registration_row_wipe))) registration_row

typedef struct register_start_in {
    zy_str privacy_version, name;
    zy_secret_in numbers, card_pin;
    captcha_in captcha;
    zy_device_in device;
} register_start_in;
typedef struct register_begin_in {
    zy_str registration_id, factor;
} register_begin_in;
typedef struct register_finish_in {
    zy_str registration_id, value, carrier_token; /* one of the two */
    zy_secret_in login_password, pay_password;
} register_finish_in;
typedef struct customer_deed_in {
    zy_id customer_id;
    zy_str reason, name, phone;
} customer_deed_in;

zy_status register_start_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status register_begin_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status register_finish_run(zy_call *call, const void *in, zy_json *body, zy_err *err);
zy_status customer_deed_run(zy_call *call, const void *in, zy_json *body, zy_err *err);

/* --- accept.c --- */
extern const zy_approval_kind REGISTRATION_ACCEPT;
/* Mobile banking is opened with self scope: audit record, message and text are part of it. */
zy_status registration_open(zy_tx *tx, zy_env *env, const registration_row *row, zy_err *err);
zy_status registration_audit(zy_tx *tx, zy_env *env, const char *event, const registration_row *row, zy_str detail, zy_err *err);
/* A text to the phone, behind the bank's name. */
zy_status registration_text(zy_tx *tx, zy_env *env, zy_str phone, zy_str words, zy_err *err);

/* --- counter.c --- */
void registration_counter_start(void);

/* --- registration_repo.c --- */
/* As started. */
zy_status registration_insert(zy_tx *tx, zy_env *env, const registration_row *row, zy_err *err);
zy_status registration_by_token(zy_rtx *rtx, zy_env *env, zy_str token, registration_row *ret_row, zy_err *err);
zy_status registration_by_id(zy_rtx *rtx, zy_env *env, zy_id id, registration_row *ret_row, zy_err *err);
zy_status registration_waits(zy_rtx *rtx, zy_id customer, zy_time now, bool *ret_waits, zy_err *err);
/* Moves it on from the state that was read, with records only when it waits then. ZY_STATE_CONFLICT: somebody
 * was first; ZY_DB_UNIQUE: another one of this customer waits. */
zy_status registration_move(zy_tx *tx, const registration_row *row, const char *to, zy_time now, zy_time expires_at, zy_err *err);
/* Started ones that are over. */
zy_status registration_drop(zy_tx *tx, zy_time now, int max, zy_err *err);
/* Ids of waiting ones that are over, at most max. */
zy_status registration_overdue(zy_rtx *rtx, zy_time now, int max, zy_id *ret_ids, int *ret_count, zy_err *err);

typedef struct customer_change {
    zy_id id, customer;
    char name[200], phone[PHONE_MAX]; /* "": stays as it is */
} customer_change;
zy_status customer_change_insert(zy_tx *tx, zy_env *env, const customer_change *change, zy_err *err);
zy_status customer_change_read(zy_rtx *rtx, zy_env *env, zy_id id, customer_change *ret_change, zy_err *err); /* ZY_NOT_FOUND */
zy_status customer_change_delete(zy_tx *tx, zy_id id, zy_err *err);
zy_status customer_change_drop(zy_tx *tx, zy_time older_than, int max, zy_err *err);
