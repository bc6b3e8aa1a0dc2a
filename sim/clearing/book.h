/* The house's book: what book.c keeps and door.c, control.c and keep.c use. Everything here with the lock held. */
#pragma once

#include <pthread.h>

#include "connector/clearing_wire.h"
#include "house.h"

#define ID_MAX       ZY_CLEARING_ID_MAX
#define TEXT_MAX     ZY_CLEARING_NAME_MAX
#define PHONE_MAX    24
#define SEEN_MAX     4096
#define MEMBERS_MAX  8
#define PLANS_MAX    16
#define PLANTED_MAX  64
#define CLOSED_MAX   64

typedef struct book_transfer {
    char id[ID_MAX], order_ref[ID_MAX], way[8];
    char from_bank[ZY_CLEARING_BANK_MAX], to_bank[ZY_CLEARING_BANK_MAX];
    char from_number[ZY_CLEARING_NUMBER_MAX], to_number[ZY_CLEARING_NUMBER_MAX];
    char from_name[TEXT_MAX], to_name[TEXT_MAX], memo[TEXT_MAX];
    char status[5], reason[5];
    char return_id[ID_MAX], return_reason[5]; /* "": it has not come back */
    zy_money amount;
    zy_day taken_on, day, return_day; /* when it came; when it was settled; when it came back */
} book_transfer;

typedef struct book_mail { /* for a member */
    char bank[ZY_CLEARING_BANK_MAX], id[ID_MAX], original_id[ID_MAX], item_id[ID_MAX], status[5], reason[5];
    zy_iso_kind kind;
    int64_t number;   /* 0: not in the mailbox yet */
    int64_t ready_ms; /* of the house's clock */
    zy_day day;
} book_mail;

typedef struct book_binding {
    char phone[PHONE_MAX], bank[ZY_CLEARING_BANK_MAX], number[ZY_CLEARING_NUMBER_MAX], name[TEXT_MAX];
} book_binding;

typedef struct book_planted {
    house_difference difference;
    char id[ID_MAX];
    zy_day day;
    zy_money amount;
} book_planted;

#define BOOK_LIST(type) struct { type *rows; size_t count, room; }

struct clearing_house {
    pthread_mutex_t lock;
    const zy_clock *clock;
    char folder[200]; /* "": nothing is kept */
    zy_sm2_key *sign, *box, *stranger;
    zy_wire_peer members[MEMBERS_MAX];
    size_t member_count;
    BOOK_LIST(book_transfer) transfers;
    BOOK_LIST(book_mail) mail;
    BOOK_LIST(book_binding) bindings;
    BOOK_LIST(house_account) accounts;
    int64_t last_number, last_id;
    char recalls[8];
    bool holding;
    house_plan plans[PLANS_MAX];
    size_t plan_count;
    book_planted planted[PLANTED_MAX];
    size_t planted_count;
    zy_day closed[CLOSED_MAX];
    size_t closed_count;
    char seen[SEEN_MAX][ZY_WIRE_ID_MAX];
    size_t seen_count;
    zy_wire_head last_head; /* of the answer before */
    zy_buf last_body;
};

/* One more row, zeroed, or NULL. */
#define BOOK_ADD(list) book_grow((void **)&(list)->rows, &(list)->count, &(list)->room, sizeof *(list)->rows)
void *book_grow(void **rows, size_t *count, size_t *room, size_t size);

book_transfer *book_transfer_find(clearing_house *h, zy_str id);
const house_account *book_account_find(const clearing_house *h, zy_str bank, zy_str number);
book_binding *book_binding_find(clearing_house *h, zy_str phone);
void book_new_id(clearing_house *h, const char *prefix, char out[ID_MAX]);
/* Takes a transfer: gives its status, and a repeated one's as it stands. plan: what a trick says, or NULL. */
ZY_CHECKED zy_status book_take(clearing_house *h, const zy_iso_message *m, const house_plan *plan, book_transfer **ret_transfer);
ZY_CHECKED zy_status book_recall(clearing_house *h, const zy_iso_message *m, zy_str bank);
ZY_CHECKED zy_status book_return(clearing_house *h, book_transfer *t, const char *reason);
/* A credit's bank answers: ZY_NOT_FOUND, ZY_STATE_CONFLICT. */
ZY_CHECKED zy_status book_credit_answered(clearing_house *h, const zy_iso_message *m, zy_str bank);
/* false, with the reason, when it cannot be. */
ZY_CHECKED zy_status book_bind(clearing_house *h, const zy_iso_message *m, bool *ret_done);
ZY_CHECKED zy_status book_mail_add(clearing_house *h, const book_mail *mail);
/* The first mail of a bank behind a number; NULL: there is none. What is ready gets its number first. */
const book_mail *book_mail_next(clearing_house *h, zy_str bank, int64_t after);
bool book_day_is_closed(const clearing_house *h, zy_day day);

/* "王*丽": the first character and, of three or more, the last. */
void book_mask(zy_str name, zy_buf *out);

ZY_CHECKED zy_status keep_read(clearing_house *h, zy_err *err);
void keep_write(clearing_house *h);
void door_answer(zy_http *http, void *house);
