/* A whole bank for the stories in this folder: a home made by `zhangyin init`, the program itself as a child
 * process, and customers who speak to it through libzyclient. Everything here fails the test when it does not work.
 * ZY_TEST_DB names the engine; with pg, ZY_TEST_PG is a server where databases may be made. */
#pragma once

#include <sys/types.h>

#include "zy_test.h"
#include "zyclient.h"

#define BANK_PATH_MAX 512

typedef struct bank_person {
    char user[40], password[40], pay_password[16], phone[24], name[64], number[24];
    int64_t balance_fen; /* of the account `number`, when the bank was made */
    zy_time code_at;     /* of the newest code that was read */
} bank_person;

#define BANK_PEOPLE_MAX 64
typedef struct bank {
    char home[BANK_PATH_MAX], log[BANK_PATH_MAX], pg[BANK_PATH_MAX], pg_name[64];
    unsigned port; /* of the customer door */
    pid_t pid;     /* 0: not running */
    bank_person people[BANK_PEOPLE_MAX];
    size_t people_count;
    uint16_t key_id;
    uint8_t key[ZY_SM2_PUB_BYTES];
} bank;

/* Makes a home with `customers` people (3 of them named, the others with one account each) and starts the server. kind:
 * "test", or "bench", whose passwords take a tenth of the work. */
bank *bank_new(const char *kind, unsigned customers);
/* A home with the same keys and configuration but no people and no database: what a backup is restored into. */
bank *bank_new_empty_copy(const bank *of);
/* Another server of the same bank: its own process, home and port, the same database and keys. PostgreSQL only. */
bank *bank_new_peer(const bank *of);
void bank_start(bank *b);
void bank_stop(bank *b);  /* SIGTERM; the server must end by itself with 0 */
void bank_kill(bank *b);  /* SIGKILL, at once */
void bank_free(bank *b);  /* what is left at exit is freed by itself */
bank_person *bank_people(bank *b, size_t i);
/* Runs `zhangyin WORDS… --home HOME`; NULL ends the words. Returns the exit code; *out (may be NULL): what it said. */
int bank_tool(const bank *b, zy_buf *out, const char *word, ...) __attribute__((sentinel));

/* --- a customer with a device --- */
typedef struct bank_client {
    bank *bank;
    bank_person *person;
    zy_sm2_key *device;
    zy_client *zy;
    zy_json *answer;     /* the last one */
    char account[40];    /* filled by bank_login */
} bank_client;

void bank_client_open(bank *b, size_t person, bank_client *c); /* a device nobody knows */
void bank_client_close(bank_client *c);
/* Password and code; the code of the answer must be "OK". */
void bank_login(bank_client *c);
/* For zy_client_login and zy_client_prove: waits for the code that was sent to the client's person. */
bool bank_read_code(void *client, const char *masked_phone, char code[16]);
/* One call whose body is the formatted JSON. Its answer must carry `code`; the answer's body is lent until the next call. */
const zy_json *bank_ask(bank_client *c, const char *code, const char *api, const char *id, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same without a code that is expected; c->answer has it. */
zy_status bank_try(bank_client *c, const char *api, const char *id, zy_err *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void bank_expect(const bank_client *c, const char *code, const char *file, int line);
#define BANK_EXPECT(client, code) bank_expect((client), (code), __FILE__, __LINE__)
/* A member that must be there. */
void bank_text(const zy_json *object, const char *name, char *out, size_t size);
int64_t bank_number(const zy_json *object, const char *name);
int64_t bank_balance(bank_client *c); /* of c->account */
void bank_id(char out[40]); /* a new idempotency id */

/* --- transfers --- */
typedef struct bank_order {
    char order_id[40], digest[80], id[40];
} bank_order;

/* transfer.prepare from the client's account to the person; `code` is expected. */
void bank_prepare(bank_client *from, const char *code, const bank_person *to, int64_t fen, bank_order *ret_order);
/* The transaction password of an order. */
const zy_json *bank_factor(bank_client *c, const char *code, const char *order_id, const char *pay_password);
/* Transaction password and code. */
void bank_authorise(bank_client *c, const bank_order *order);
const zy_json *bank_confirm(bank_client *c, const char *code, const bank_order *order);
/* The whole of it. */
void bank_transfer(bank_client *from, const bank_person *to, int64_t fen, bank_order *ret_order);
